package read

import (
	"strings"
	"testing"

	"feedd/internal/feed"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"
)

// headlines in the languages whose sites still serve old charsets, with these charsets.
var headlines = []struct {
	lang, charsets string
	titles         []string
}{
	{"ru", "windows-1251 koi8-r iso-8859-5 ibm866", []string{"Мэр открыл новый мост", "Цены на хлеб снова растут", "Дожди идут вторую неделю"}},
	{"uk", "windows-1251 koi8-u", []string{"Міст через річку відкрили знову", "Їжаки прокинулися раніше", "У селі збудували школу"}},
	{"bg", "windows-1251", []string{"Кметът откри новия пазар", "Снегът затвори прохода", "Започна гроздоберът"}},
	{"sr", "windows-1251", []string{"Отворен нови мост преко Саве", "Жетва је почела раније", "Ученици засадили дрвеће"}},
	{"pl", "iso-8859-2 windows-1250", []string{"Rzeka wróciła do koryta", "Żniwa zaczęły się wcześniej", "Dzieci zasadziły drzewa przy drodze"}},
	{"cs", "iso-8859-2 windows-1250", []string{"Řeka se vrátila do koryta", "Žně začaly dříve než loni", "Děti zasadily stromy u cesty"}},
	{"sk", "iso-8859-2 windows-1250", []string{"Rieka sa vrátila do koryta", "Žatva sa začala skôr ako vlani", "Ľudia zasadili stromy pri ceste"}},
	{"hu", "iso-8859-2 windows-1250", []string{"A folyó visszatért a medrébe", "Korábban kezdődött az aratás", "Fákat ültettek a gyerekek az út mellé, sőt gyűjtöttek is"}},
	{"ro", "iso-8859-2 windows-1250", []string{"Râul s-a întors în albie", "Secerişul a început mai devreme", "Copiii au plantat pomi lângă şcoală, oraşul a plătit"}},
	{"hr", "iso-8859-2 windows-1250", []string{"Rijeka se vratila u korito", "Žetva počela ranije nego lani", "Učenici zasadili drveće uz cestu, građani plješću"}},
	{"el", "windows-1253 iso-8859-7", []string{"Άνοιξε ξανά το παλιό λιμάνι", "Η συγκομιδή άρχισε νωρίς", "Οι μαθητές φύτεψαν δέντρα"}},
	{"tr", "windows-1254 iso-8859-9", []string{"Irmağın suyu yeniden yükseldi", "Hasat bu yıl erken başladı", "Öğrenciler yol boyuna ağaç dikti"}},
	{"th", "windows-874", []string{"เปิดสะพานข้ามแม่น้ำแห่งใหม่", "ชาวนาเริ่มเกี่ยวข้าวเร็วขึ้น", "นักเรียนปลูกต้นไม้ริมถนน"}},
	{"he", "windows-1255", []string{"הגשר החדש נפתח לתנועה", "הקציר התחיל מוקדם השנה", "התלמידים נטעו עצים"}},
	{"ar", "windows-1256 iso-8859-6", []string{"افتتاح الجسر الجديد فوق النهر", "بدأ الحصاد مبكرا هذا العام", "التلاميذ يغرسون الأشجار"}},
	{"lt", "windows-1257", []string{"Upė vėl teka sava vaga", "Šiemet pjūtis prasidėjo anksčiau", "Mokiniai pasodino medžių prie kelio"}},
	{"ja", "shift_jis euc-jp", []string{"川に新しい橋が開通した", "稲刈りが例年より早く始まる", "児童が道ばたに木を植える"}},
	{"zh", "gb18030", []string{"河上新桥今天通车了", "今年收割比往年开始得早", "学生们在路边种下树苗"}},
	{"zh-TW", "big5", []string{"河上的新橋今天通車了", "今年收割比往年開始得早", "學生們在路邊種下樹苗"}},
	{"ko", "euc-kr", []string{"강 위에 새 다리가 열렸다", "올해 추수가 일찍 시작됐다", "학생들이 길가에 나무를 심었다"}},
	{"fr", "windows-1252", []string{"La rivière a retrouvé son lit", "La récolte a commencé plus tôt cet été", "Les élèves ont planté des arbres"}},
	{"de", "windows-1252", []string{"Der Fluß kehrt in sein Bett zurück", "Die Ernte begann früher als üblich", "Schüler pflanzen Bäume an der Straße"}},
	{"es", "windows-1252", []string{"El río volvió a su cauce", "La siega empezó más temprano este año", "Los niños plantaron árboles"}},
	{"pt", "windows-1252", []string{"O rio voltou à sua posição", "A colheita começou mais cedo, não há chuva", "Crianças plantam árvores na estação"}},
	{"sv", "windows-1252", []string{"Ån är åter i sin fåra", "Skörden började tidigt i år", "Elever planterade träd längs vägen"}},
	{"vi", "windows-1258 tcvn3 viscii", []string{"Cầu mới qua sông đã mở", "Vụ gặt năm nay đến sớm", "Học sinh trồng cây bên đường"}},
}

// encoded is text in a charset; false when the charset lacks one of its characters.
func encoded(t *testing.T, text, label string) ([]byte, bool) {
	t.Helper()
	if table := vietnamese(label); table != nil {
		var out []byte
		for _, r := range text {
			at := strings.IndexRune(string(table.upper[:]), r)
			if r < 0x80 {
				out = append(out, byte(r))
			} else if at >= 0 {
				out = append(out, byte(0x80+len([]rune(string(table.upper[:])[:at]))))
			} else {
				return nil, false
			}
		}
		return out, true
	}
	enc, _ := charset.Lookup(label)
	out, err := enc.NewEncoder().Bytes([]byte(text))
	return out, err == nil
}

// TestCharsets reads a short feed of each language in each charset: declared as it is, under a nickname,
// with a wrong header over it, and undeclared with the feed's language, the source's, and none.
func TestCharsets(t *testing.T) {
	nickname := strings.NewReplacer("windows-", "win-", "koi8-r", "koi8r", "iso-8859-", "ISO_8859_", "shift_jis", "cp932", "euc-jp", "eucjp", "euc-kr", "cp949", "gb18030", "cp936", "big5", "cp950", "win-874", "tis620")
	for _, h := range headlines {
		for label := range strings.FieldsSeq(h.charsets) {
			var items []byte
			for _, title := range h.titles {
				b, ok := encoded(t, title, label)
				if !ok {
					if h.lang == "vi" || h.lang == "ro" {
						items = nil
						break
					}
					t.Fatalf("%s cannot write %q", label, title)
				}
				items = append(append(append(items, "<item><title>"...), b...), "</title><link>https://e.org/"+string(rune('a'+len(items)%26))+"</link></item>"...)
			}
			if items == nil {
				continue
			}
			doc := func(declaration, lang string) []byte {
				return append(append([]byte(`<?xml version="1.0"`+declaration+`?><rss version="2.0"><channel><title>x</title>`+lang), items...), "</channel></rss>"...)
			}
			lang := "<language>" + h.lang + "</language>"
			for how, in := range map[string]struct {
				body Body
				src  feed.Source
			}{
				"declared":                        {Body{Bytes: doc(` encoding="`+label+`"`, "")}, feed.Source{}},
				"in the header":                   {Body{Bytes: doc("", ""), ContentType: "text/xml; charset=" + label}, feed.Source{}},
				"nickname":                        {Body{Bytes: doc(` encoding="`+nickname.Replace(label)+`"`, "")}, feed.Source{}},
				"under a wrong header":            {Body{Bytes: doc(` encoding="`+label+`"`, lang), ContentType: "text/xml; charset=ISO-8859-1"}, feed.Source{}},
				"header over a wrong declaration": {Body{Bytes: doc(` encoding="ISO-8859-1"`, lang), ContentType: "text/xml; charset=" + label}, feed.Source{}},
				"called UTF-8":                    {Body{Bytes: doc(` encoding="UTF-8"`, lang), ContentType: "text/xml; charset=utf-8"}, feed.Source{}},
				"called Latin-1":                  {Body{Bytes: doc(` encoding="ISO-8859-1"`, lang)}, feed.Source{}},
				"undeclared":                      {Body{Bytes: doc("", lang)}, feed.Source{}},
				"the source's language":           {Body{Bytes: doc("", "")}, feed.Source{Language: h.lang}},
				"no language":                     {Body{Bytes: doc("", "")}, feed.Source{}},
			} {
				if how == "no language" && (h.lang == "sr" || h.lang == "vi" || strings.HasPrefix(label, "iso-8859-5")) {
					continue // too little to go by
				}
				got, err := Read(in.body, in.src, testNow)
				if err != nil {
					t.Errorf("%s %s, %s: %v", h.lang, label, how, err)
					continue
				}
				for i := range got.Items {
					if got.Items[i].Title != h.titles[i] {
						t.Errorf("%s %s, %s: %q, want %q (%q)", h.lang, label, how, got.Items[i].Title, h.titles[i], got.Warnings)
						break
					}
				}
			}
		}
	}
}

// TestLatin2ThatIsWindows: bytes that ISO 8859-2 has no letters for are those of windows-1250, whatever is declared.
func TestLatin2ThatIsWindows(t *testing.T) {
	const title = "Příští vlak přijede později"
	for _, declared := range []string{"iso-8859-2", "ISO8859-2"} {
		b, err := charmap.Windows1250.NewEncoder().String(`<?xml version="1.0" encoding="` + declared + `"?><rss><channel><title>x</title><item><title>` + title + `</title></item></channel></rss>`)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := Read(Body{Bytes: []byte(b)}, feed.Source{}, testNow)
		if err != nil || doc.Items[0].Title != title {
			t.Errorf("%s: %v, %q", declared, err, doc.Items[0].Title)
		}
	}
}
