package read

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"feedd/internal/feed"
	"feedd/internal/feed/feedtest"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

var inHanoi = feed.Source{ID: "s", Timezone: time.FixedZone("ICT", 7*3600)}

// threeItems is a small healthy feed; the tests damage it.
const threeItems = `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Báo Ví dụ</title><link>https://bao.example.vn/</link><description>Tin</description>
<item><title>Bão số 4 vào bờ</title><link>https://bao.example.vn/1.html</link><guid>a-417</guid><pubDate>Wed, 14 Aug 2024 10:44:00 GMT+7</pubDate><description>Gió mạnh &amp; mưa lớn.</description></item>
<item><title>Giá vàng tăng</title><link>https://bao.example.vn/2.html</link><guid>a-402</guid><pubDate>14/08/2024 10:44</pubDate><description><![CDATA[<p>Lên cao.</p>]]></description></item>
<item><title>Đội tuyển thắng</title><link>https://bao.example.vn/3.html</link><guid>a-399</guid><pubDate>Wed, 14 Aug 2024 03:44:00 GMT</pubDate><description>Ba bàn.</description></item>
</channel></rss>
`

var threeTitles = []string{"Bão số 4 vào bờ", "Giá vàng tăng", "Đội tuyển thắng"}

func titles(doc *Document) []string {
	var out []string
	for _, it := range doc.Items {
		out = append(out, it.Title)
	}
	return out
}

func mustRead(t *testing.T, b []byte) *Document {
	t.Helper()
	doc, err := Read(Body{Bytes: b, URL: "https://bao.example.vn/rss/home.rss"}, inHanoi, testNow)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestReadHealthy(t *testing.T) {
	doc := mustRead(t, []byte(threeItems))
	if len(doc.Warnings) != 0 {
		t.Errorf("a healthy feed has warnings: %q", doc.Warnings)
	}
	if doc.Type != "rss" || doc.Version != "2.0" || doc.Title != "Báo Ví dụ" || doc.Link != "https://bao.example.vn/" {
		t.Errorf("%+v", doc)
	}
	when := time.Date(2024, 8, 14, 3, 44, 0, 0, time.UTC)
	want := []feed.Item{
		{Source: "s", Key: "g:a-417", GUID: "a-417", URL: "https://bao.example.vn/1.html", Canonical: "https://bao.example.vn/1.html", Title: threeTitles[0], Summary: "Gió mạnh & mưa lớn.", Published: when},
		{Source: "s", Key: "g:a-402", GUID: "a-402", URL: "https://bao.example.vn/2.html", Canonical: "https://bao.example.vn/2.html", Title: threeTitles[1], Summary: "<p>Lên cao.</p>", Published: when},
		{Source: "s", Key: "g:a-399", GUID: "a-399", URL: "https://bao.example.vn/3.html", Canonical: "https://bao.example.vn/3.html", Title: threeTitles[2], Summary: "Ba bàn.", Published: when},
	}
	if diff := cmp.Diff(want, doc.Items); diff != "" {
		t.Error(diff)
	}
}

func utf16Of(s string, mark, big bool) []byte {
	var b []byte
	if mark {
		s = "\uFEFF" + s
	}
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return b
}

func inCodePage(p *codePage, s string) []byte {
	var b []byte
next:
	for _, r := range s {
		if r < 0x80 {
			b = append(b, byte(r))
			continue
		}
		for i, u := range p.upper {
			if u == r {
				b = append(b, byte(i+0x80))
				continue next
			}
		}
		for c, l := range p.lower {
			if l == r {
				b = append(b, c)
				continue next
			}
		}
		panic("not in the code page: " + string(r))
	}
	return b
}

func TestReadCharacters(t *testing.T) {
	declared := func(label string) string { return strings.Replace(threeItems, "UTF-8", label, 1) }
	bare := threeItems[strings.IndexByte(threeItems, '\n')+1:]
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, threeItems)
	z.Close()
	// windows-1258 writes tones as characters of their own.
	var half strings.Builder
	for _, r := range declared("windows-1258") {
		if _, ok := charmap.Windows1258.EncodeRune(r); ok {
			half.WriteRune(r)
			continue
		}
		d := []rune(norm.NFD.String(string(r)))
		half.WriteString(norm.NFC.String(string(d[:len(d)-1])) + string(d[len(d)-1:]))
		if len(d) == 3 && (d[1] == 0x323) { // the tone stands before the circumflex in NFD
			s := half.String()
			s = s[:len(s)-len(norm.NFC.String(string(d[:2]))+string(d[2:]))] + norm.NFC.String(string([]rune{d[0], d[2]})) + string(d[1])
			half.Reset()
			half.WriteString(s)
		}
	}
	w1258, err := charmap.Windows1258.NewEncoder().String(half.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name        string
		body        []byte
		contentType string
		warns       bool
	}{
		{"byte order mark", []byte("\xef\xbb\xbf" + threeItems), "", false},
		{"utf-16le with mark", utf16Of(declared("utf-16"), true, false), "", false},
		{"utf-16be without mark", utf16Of(declared("utf-16"), false, true), "", false},
		{"utf-8 that says it is utf-16", []byte(declared("utf-16")), "", true},
		{"utf-8 that says it is latin-1", []byte(declared("iso-8859-1")), "text/xml; charset=iso-8859-1", true},
		{"windows-1258", []byte(w1258), "", false},
		{"viscii", inCodePage(viscii, declared("VISCII")), "", false},
		{"viscii by header", inCodePage(viscii, bare), "text/xml; charset=viscii", false},
		{"tcvn3", inCodePage(tcvn, declared("x-viet-tcvn")), "", false},
		{"gzip without a header", packed.Bytes(), "", true},
		{"a header that grows in lower case", []byte(threeItems), "\u0130\xff\xff\xff charset=utf-8", false},
		{"no declaration", []byte(bare), "", false},
		{"a label nobody knows", []byte(declared("x-nope")), "", true},
	} {
		doc, err := Read(Body{Bytes: tt.body, ContentType: tt.contentType}, inHanoi, testNow)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(threeTitles, titles(doc)); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		if (len(doc.Warnings) > 0) != tt.warns {
			t.Errorf("%s: warnings %q", tt.name, doc.Warnings)
		}
	}
}

func TestReadUndeclared8Bit(t *testing.T) {
	for _, tt := range []struct{ title, lang, bytes string }{
		{"Économie : l’été à crédit", "fr", "\xc9conomie : l\x92\xe9t\xe9 \xe0 cr\xe9dit"},
		{"Noël très doux", "fr", "No\xebl tr\xe8s doux"},
	} {
		doc := mustRead(t, []byte(`<rss version="2.0"><channel><title>x</title><item><title>`+tt.bytes+`</title><guid>1</guid></item></channel></rss>`))
		if got := doc.Items[0].Title; got != tt.title || len(doc.Warnings) == 0 {
			t.Errorf("%q, want %q (%q)", got, tt.title, doc.Warnings)
		}
	}
	doc := mustRead(t, []byte(strings.Replace(threeItems, "Ba bàn.", "Ba b\xff bàn, caf\xe9.", 1)))
	if s := doc.Items[2].Summary; s != "Ba b\uFFFD bàn, café." || len(doc.Warnings) != 1 {
		t.Errorf("%q %q", s, doc.Warnings)
	}
}

// TestReadDamaged: what is broken, and what must still come out of it.
func TestReadDamaged(t *testing.T) {
	change := func(old, new string) string {
		if !strings.Contains(threeItems, old) {
			panic(old)
		}
		return strings.Replace(threeItems, old, new, 1)
	}
	all := threeTitles
	for _, tt := range []struct {
		name, doc string
		want      []string
		warning   string // a part of one of the warnings
	}{
		{"text before", "Notice: undefined index\n" + threeItems, all, "text before the feed"},
		{"markup before", "<br />\n<b>Warning</b>: x in <b>/rss.php</b><br />\n" + threeItems, all, "markup before the feed"},
		{"blank lines before", "\n\n " + threeItems, all, ""},
		{"a root after 6 kB", "<!--" + strings.Repeat("x", 6000) + "-->" + threeItems[39:], all, ""},
		{"an entity of HTML", change("Ba bàn.", "Ba b&agrave;n&nbsp;."), all, "&agrave;"},
		{"a bare ampersand", change("Ba bàn.", "A&B & C"), all, `bare "&"`},
		{"a bare less-than", change("Ba bàn.", "3 < 5"), all, `"<" starts no tag`},
		{"a control character", change("Ba bàn.", "Ba\x1f bàn"), all, "control character"},
		{"a forbidden reference", change("Ba bàn.", "Ba&#x1F; bàn"), all, "XML forbids"},
		{"an open <br>", change("Ba bàn.", "Ba<br>bàn"), all, ""},
		{"a misspelt end tag of a title", change("vào bờ</title>", "vào bờ</titlex>"), all, "</titlex> was taken for </title>"},
		{"a misspelt end tag of a link", change("1.html</link>", "1.html</linkk>"), all, "</linkk> was taken for </link>"},
		{"a title that does not end", change("vào bờ</title>", "vào bờ"), all, "<title> that does not end"},
		{"a guid that does not end", change("a-417</guid>", "a-417"), all, "<guid> that does not end"},
		{"an item that does not end", change("mưa lớn.</description></item>", "mưa lớn.</description>"), all, "<item> that does not end"},
		{"end tags in another case", change("vào bờ</title>", "vào bờ</TITLE>"), all, ""},
		{"no end tags at the end", change("</channel></rss>", ""), all, "ends without </channel>, </rss>"},
		{"cut within the third item's title", threeItems[:strings.Index(threeItems, "tuyển thắng")], all[:2], "breaks off in item 3, which was dropped"},
		{"cut within the third item's text", threeItems[:strings.Index(threeItems, "Ba bàn")], all, "breaks off in item 3, which was kept"},
		{"cut within a CDATA section", threeItems[:strings.Index(threeItems, "Lên cao")], all[:2], "breaks off in item 2, which was kept"},
		{"a CDATA section that does not end", strings.Replace(change("<p>Lên cao.</p>]]>", "<p>Lên cao.</p>"), "Ba bàn.", "<![CDATA[Ba bàn.]]>", 1), all, "a CDATA section that does not end"},
		{"a CDATA section that half ends", strings.Replace(change("vào bờ</title>", "vào bờ]]</title>"), "<title>Bão", "<title><![CDATA[Bão", 1), all, "a CDATA section that does not end"},
		{"a CDATA section in a spelling of its own", strings.Replace(change("vào bờ</title>", "vào bờ]]></title>"), "<title>Bão", "<title><! [cdata [Bão", 1), all, ""},
		{"a CDATA section that ends twice", change("vào bờ</title>", "vào bờ]]></title>"), all, ""},
		{"junk behind the end", threeItems + "<script>x=1&y</script>", all, ""},
		{"an attribute without quotes", change(`<rss version="2.0">`, `<rss version=2.0>`), all, ""},
		{"an attribute twice", change(`<rss version="2.0">`, `<rss version="2.0" version="2.0">`), all, ""},
		{"a prefix nobody declared", change("<guid>a-417", "<media:x/><guid>a-417"), all, ""},
		{"a channel without rss", strings.Replace(change(`<rss version="2.0">`, ""), "</rss>", "", 1), all, "<channel> without <rss>"},
		{"an entity of its own", strings.Replace(change("Bão số 4", "&bao; số 4"), "<rss", `<!DOCTYPE rss [<!ENTITY bao "Bão">]><rss`, 1), all, ""},
	} {
		doc, err := Read(Body{Bytes: []byte(tt.doc)}, inHanoi, testNow)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(tt.want, titles(doc)); diff != "" {
			t.Errorf("%s: %s\n%q", tt.name, diff, doc.Warnings)
		}
		if !strings.Contains(strings.Join(doc.Warnings, "\n"), tt.warning) {
			t.Errorf("%s: warnings %q, want %q in one", tt.name, doc.Warnings, tt.warning)
		}
		for i, it := range doc.Items {
			if want := fmt.Sprintf("https://bao.example.vn/%d.html", i+1); it.URL != want {
				t.Errorf("%s: item %d has the address %q", tt.name, i, it.URL)
			}
		}
	}
}

func TestReadRDFWithoutLinks(t *testing.T) {
	doc := mustRead(t, []byte(`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel rdf:about="https://bao.example.vn/"><title>x</title></channel>
<item rdf:about="https://bao.example.vn/1.html"><title>A</title></item><item rdf:about="https://bao.example.vn/2.html"><title>B</title></item></rdf:RDF>`))
	if len(doc.Items) != 2 || doc.Items[1].URL != "https://bao.example.vn/2.html" || doc.Version != "1.0" {
		t.Errorf("%+v", doc.Items)
	}
}

func TestReadNestedItems(t *testing.T) {
	doc := mustRead(t, []byte(`<rss><channel><title>x</title><item><title>A</title><guid>1</guid><item><title>B</title><guid>2</guid></item></item></channel></rss>`))
	if diff := cmp.Diff([]string{"A", "B"}, titles(doc)); diff != "" {
		t.Error(diff)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, tt := range []struct{ name, doc, want string }{
		{"nothing", " \n", "empty"},
		{"a page", "<!DOCTYPE html><html><head><title>503</title></head><body><p>Bận</body></html>", "web page"},
		{"a page with RDF in a comment", `<html><head><title>x</title></head><body><!-- <rdf:RDF xmlns:rdf="x"><rdf:Description dc:title="y"/></rdf:RDF> --></body></html>`, "web page"},
		{"JSON of another kind", `{"status": "ok", "data": []}`, "not a JSON Feed"},
		{"text", "Xin chào", "neither a feed nor a page"},
		{"nested elements", `<rss><channel>` + strings.Repeat("<a:b>", 200000), "nested more than 100 deep"},
		{"nested elements that are closed", `<rss><channel>` + strings.Repeat("<a:b>", 5000) + strings.Repeat("</a:b>", 5000) + `</channel></rss>`, "nested more than 100 deep"},
		{"namespaces", `<rss ` + strings.Repeat(`xmlns:a="b" `, 5000) + `><channel></channel></rss>`, "namespaces"},
		{"XML of another kind", `<?xml version="1.0"?><opml version="2.0"><body/></opml>`, "whose root is <opml>"},
		{"an image", "\x89PNG\r\n\x1a\n\x00\x00", "neither a feed nor a page"},
	} {
		start := time.Now()
		_, err := Read(Body{Bytes: []byte(tt.doc)}, feed.Source{}, testNow)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q in it", tt.name, err, tt.want)
		}
		if d := time.Since(start); d > hang {
			t.Errorf("%s took %s", tt.name, d)
		}
	}
	if _, err := Read(Body{Bytes: []byte("Xin chào")}, feed.Source{}, testNow); !errors.Is(err, errNoFeed) {
		t.Errorf("%v is not errNoFeed", err)
	}
}

func TestReadBounds(t *testing.T) {
	var list strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&list, `<item><guid>%d-x</guid><title>a</title></item>`, i)
	}
	many := `<rss version="2.0"><channel><title>x</title>` + list.String() + `</channel></rss>`
	src := feed.Source{MaxItems: 10}
	for _, doc := range []string{many, strings.Replace(many, "</title></item>", "</titlex></item>", 1)} {
		got, err := Read(Body{Bytes: []byte(doc)}, src, testNow)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Items) != 10 || !strings.Contains(strings.Join(got.Warnings, "\n"), "only the newest 10 items were taken") {
			t.Errorf("%d items, %q", len(got.Items), got.Warnings)
		}
	}
	long := strings.Replace(threeItems, "Giá vàng tăng", strings.Repeat("Giá vàng ", 100000), 1)
	got := mustRead(t, []byte(long))
	if len(got.Items) != 3 || len(got.Items[1].Title) > maxTitle || !strings.Contains(strings.Join(got.Warnings, "\n"), "titles longer than 1000 bytes were cut") {
		t.Errorf("title of %d bytes, %q", len(got.Items[1].Title), got.Warnings)
	}
	bomb := `<!DOCTYPE rss [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY x SYSTEM "file:///etc/hostname">]>` +
		`<rss><channel><title>x</title><item><title>&c; &x;</title><guid>1</guid></item></channel></rss>`
	if got := mustRead(t, []byte(bomb)); got.Items[0].Title != "&c; &x;" {
		t.Errorf("entities were expanded: %q", got.Items[0].Title)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for range 40 {
		z.Write(make([]byte, 1<<20))
	}
	z.Close()
	if _, err := Read(Body{Bytes: packed.Bytes()}, feed.Source{}, testNow); err == nil || !strings.Contains(err.Error(), "more than 16 MB") {
		t.Errorf("a compressed bomb: %v", err)
	}
}

func TestReadFields(t *testing.T) {
	const rss = `<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>T&amp;amp;T</title><link>/</link><atom:link rel="self" href="https://bao.example.vn/rss"/><atom:link rel="hub" href="https://hub.example.org/"/><language>vi_VN</language><ttl>30</ttl><skipHours><hour>0</hour><hour>24</hour></skipHours><skipDays><day>Sunday</day></skipDays>
<item><title>&lt;b&gt;Đậm&lt;/b&gt; &amp;amp; Vec&lt;T&gt; GiÃ¡ vÃ ng</title><feedburner:origLink>https://bao.example.vn/goc.html</feedburner:origLink><link>https://feedproxy.example.org/~r/x</link><guid isPermaLink="false">https://bao.example.vn/?p=1</guid>
<dc:creator>An</dc:creator><dc:creator>Bình</dc:creator><category>Kinh tế</category><category> Kinh tế </category><dc:subject>Vàng</dc:subject>
<media:content url="/anh.jpg" medium="image"/><enclosure url="a.mp3" type="audio/mpeg" length="12"/><content:encoded>&lt;p&gt;&lt;a href="x.html"&gt;x&lt;/a&gt;</content:encoded></item>
<item><title>Không có link</title><guid>https://bao.example.vn/2.html</guid><author>an@bao.example.vn (An)</author><description>&lt;img width="1" height="1" src="https://t.example.org/"&gt;&lt;img src="/2.jpg"&gt;</description><pubDate>Wed, 14 Aug 2099 10:44:00 GMT</pubDate></item>
<item><description>Chỉ có một câu, không có tiêu đề.</description></item>
<item><category>không có gì</category></item></channel></rss>`
	doc := mustRead(t, []byte(rss))
	if doc.Title != "T&T" || doc.Link != "https://bao.example.vn/" || doc.FeedLink != "https://bao.example.vn/rss" || doc.Hub != "https://hub.example.org/" ||
		doc.Language != "vi-VN" || doc.TTL != 30*time.Minute || len(doc.SkipHours) != 2 || len(doc.SkipDays) != 1 {
		t.Errorf("%+v", doc)
	}
	if len(doc.Items) != 3 {
		t.Fatalf("%d items", len(doc.Items))
	}
	it := doc.Items[0]
	if it.URL != "https://bao.example.vn/goc.html" || it.Image != "https://bao.example.vn/anh.jpg" || it.Key != "g:https://bao.example.vn/?p=1" ||
		it.Base != "https://bao.example.vn/rss/home.rss" || it.Language != "vi-VN" {
		t.Errorf("%+v", it)
	}
	if diff := cmp.Diff([]feed.Person{{Name: "An"}, {Name: "Bình"}}, it.Authors); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Kinh tế", "Vàng"}, it.Categories); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]feed.Enclosure{{URL: "https://bao.example.vn/rss/a.mp3", Type: "audio/mpeg", Length: 12}}, it.Enclosures); diff != "" {
		t.Error(diff)
	}
	it = doc.Items[1]
	if it.URL != "https://bao.example.vn/2.html" || it.Image != "https://bao.example.vn/2.jpg" || !it.Published.IsZero() || it.Authors[0] != (feed.Person{Name: "An", Email: "an@bao.example.vn"}) {
		t.Errorf("%+v", it)
	}
	if it := doc.Items[2]; it.Title != "Chỉ có một câu, không có tiêu đề." || it.Key == "" {
		t.Errorf("an item without a title: %+v", it)
	}
}

func TestTitle(t *testing.T) {
	for in, want := range map[string]string{
		"GiÃ¡ vÃ\u00a0ng":          "Giá vàng",
		"SÃO PAULO":                "SÃO PAULO",
		"Ng&ocirc;i sao &amp; tỏa": "Ngôi sao & tỏa",
		"<b>a</b> <i>b":            "a b",
		"Vec<T> & <title>":         "Vec<T> & <title>",
		"a\uFFFDb":                 "ab",
		"Ho\u0300a":                "Hòa",
	} {
		r := reader{}
		if got := r.title(in, false); got != want {
			t.Errorf("title(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNotesGetTheirFirstWords(t *testing.T) {
	text := strings.Repeat("Mưa lớn ở miền Trung. ", 20)
	doc := mustRead(t, []byte(`<rss><channel><title>x</title><item><guid>1</guid><description>&lt;p&gt;`+text+`</description></item></channel></rss>`))
	if got := doc.Items[0].Title; !strings.HasPrefix(got, "Mưa lớn ở miền Trung.") || !strings.HasSuffix(got, "…") || len(got) > 130 {
		t.Errorf("%q", got)
	}
}

func TestRelativeAddresses(t *testing.T) {
	const doc = `<rss version="2.0" xml:base="https://cdn.example.org/kho/"><channel><title>x</title><link>https://bao.example.vn/</link><item><title>A</title><link>a.html</link><description>&lt;img src="b.jpg"&gt;</description></item></channel></rss>`
	it := mustRead(t, []byte(doc)).Items[0]
	if it.URL != "https://cdn.example.org/kho/a.html" || it.Image != "https://cdn.example.org/kho/b.jpg" || it.Base != "https://cdn.example.org/kho/" {
		t.Errorf("%s %s %s", it.URL, it.Image, it.Base)
	}
	it = mustRead(t, []byte(strings.Replace(doc, ` xml:base="https://cdn.example.org/kho/"`, "", 1))).Items[0]
	if it.URL != "https://bao.example.vn/rss/a.html" || it.Base != "https://bao.example.vn/rss/home.rss" {
		t.Errorf("%s %s", it.URL, it.Base)
	}
}

func TestLinksOfAlertsLeadToTheOutlet(t *testing.T) {
	doc := mustRead(t, []byte(`<feed xmlns="http://www.w3.org/2005/Atom"><title>Google Alert</title><entry><id>tag:google.com,2013:googlealerts/feed:1</id><title type="html">Cầu &lt;b&gt;sập&lt;/b&gt;</title>
<link href="https://www.google.com/url?rct=j&amp;sa=t&amp;url=https://bao.example/c-1.html%3Futm_source%3Dx&amp;ct=ga"/></entry></feed>`))
	if it := doc.Items[0]; it.URL != "https://bao.example/c-1.html?utm_source=x" || it.Canonical != "https://bao.example/c-1.html" || it.Key != "g:tag:google.com,2013:googlealerts/feed:1" {
		t.Errorf("%q, %q, %q", it.URL, it.Canonical, it.Key)
	}
}

func TestSharedGUIDIsNoIdentity(t *testing.T) {
	doc := mustRead(t, []byte(strings.NewReplacer("a-417", "0", "a-402", "0", "a-399", "0").Replace(threeItems)))
	if len(doc.Items) != 3 || doc.Items[0].Key != "l:https://bao.example.vn/1.html" || len(doc.Warnings) != 1 {
		t.Errorf("%+v %q", doc.Items, doc.Warnings)
	}
}

func TestDayFirstByDocument(t *testing.T) {
	const doc = `<rss><channel><title>x</title><item><guid>1</guid><pubDate>05/09/2024 07:05</pubDate></item><item><guid>2</guid><pubDate>%s/2024 07:05</pubDate></item></channel></rss>`
	for pair, want := range map[string]time.Month{"13/09": time.September, "09/13": time.May} {
		got := mustRead(t, fmt.Appendf(nil, doc, pair))
		if m := got.Items[0].Published.Month(); m != want {
			t.Errorf("beside %s, 05/09 is in %s", pair, m)
		}
	}
}

func TestZonelessDatesWarn(t *testing.T) {
	doc, err := Read(Body{Bytes: []byte(threeItems)}, feed.Source{}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(doc.Warnings, "\n"), "1 dates name no zone and were read as UTC") {
		t.Errorf("%q", doc.Warnings)
	}
}

func TestReadAtom(t *testing.T) {
	const doc = `<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://bao.example.vn/" xml:lang="vi"><title>Báo</title><id>tag:x</id><updated>2024-08-14T10:44:00+07:00</updated>
<link rel="hub" href="https://hub.example.org/"/><link rel="self" href="/feed.atom"/><author><name>Ban biên tập</name></author>
<entry><title type="html">Gi&amp;aacute; v&amp;agrave;ng</title><id>tag:x,1</id><link href="1.html"/><link rel="enclosure" href="/1.jpg" type="image/jpeg" length="9"/><updated>2024-08-14T10:50:00+07:00</updated><published>2024-08-14T10:44:00+07:00</published><category term="kt" label="Kinh tế"/></entry></feed>`
	d := mustRead(t, []byte(doc))
	it := d.Items[0]
	if d.Type != "atom" || d.FeedID != "tag:x" || d.FeedLink != "https://bao.example.vn/feed.atom" || d.Hub == "" || d.Language != "vi" ||
		it.Title != "Giá vàng" || it.URL != "https://bao.example.vn/1.html" || it.Image != "https://bao.example.vn/1.jpg" ||
		it.Authors[0].Name != "Ban biên tập" || it.Categories[0] != "Kinh tế" || !it.Updated.After(it.Published) {
		t.Errorf("%+v\n%+v", d, it)
	}
	other := mustRead(t, []byte(strings.Replace(doc, "http://www.w3.org/2005/Atom", "https://www.w3.org/2005/atom", 1)))
	if len(other.Items) != 1 || len(other.Warnings) != 1 {
		t.Errorf("an Atom feed in a misspelt namespace: %d items, %q", len(other.Items), other.Warnings)
	}
}

func TestReadJSON(t *testing.T) {
	const item = `{"id": %s, "url": "https://bao.example.vn/%d", "title": "Tin %d", "content_html": "<p>x</p>", "date_published": "2024-08-14T10:44:00+07:00", "tags": ["a"], "authors": [{"name": "An"}]}`
	one, two := fmt.Sprintf(item, `"1"`, 1, 1), fmt.Sprintf(item, "2", 2, 2)
	head := `{"version": "https://jsonfeed.org/version/1.1", "title": "Báo", "home_page_url": "https://bao.example.vn/", "hubs": [{"type": "WebSub", "url": "https://hub.example.org/"}], "items": [`
	for _, tt := range []struct {
		name, doc string
		items     int
		warns     bool
	}{
		{"healthy", head + one + "," + two + "]}", 2, false},
		{"byte order mark", "\uFEFF" + head + one + "]}", 1, false},
		{"null items", head + one + ",null]}", 1, false},
		{"null authors", head + strings.Replace(one, `{"name": "An"}`, "null", 1) + "]}", 1, false},
		{"authors that are text", head + strings.Replace(one, `[{"name": "An"}]`, `"An"`, 1) + "]}", 1, true},
		{"a trailing comma", head + one + ",]}", 1, true},
		{"a raw line break", head + strings.Replace(one, "Tin 1", "Tin\n1", 1) + "]}", 1, true},
		{"cut", head + one + "," + two[:40], 1, true},
	} {
		doc, err := Read(Body{Bytes: []byte(tt.doc)}, inHanoi, testNow)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if len(doc.Items) != tt.items || doc.Items[0].Key != "g:1" || doc.Items[0].Published.IsZero() || (len(doc.Warnings) > 0) != tt.warns {
			t.Errorf("%s: %+v %q", tt.name, doc.Items, doc.Warnings)
		}
	}
}

// TestReadCorpus reads every real feed there is, and loses none.
func TestReadCorpus(t *testing.T) {
	dir := feedtest.Shared(t, "corpus/real")
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	docs, items := 0, 0
	for _, f := range files {
		if filepath.Base(f) == "MANIFEST.csv" {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Preview(Body{Bytes: b}, feed.Source{}, testNow)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
			continue
		}
		docs++
		items += len(p.Items)
		for _, it := range p.Items {
			if strings.ContainsFunc(it.Title, func(r rune) bool { return r == '\uFFFD' || r < ' ' || r >= 0x7f && r < 0xa0 }) {
				t.Errorf("%s: title %q", filepath.Base(f), it.Title)
			}
			if it.Published == "" && it.Updated == "" && it.PublishedRaw+it.UpdatedRaw != "" {
				t.Errorf("%s: date %q %q", filepath.Base(f), it.PublishedRaw, it.UpdatedRaw)
			}
		}
	}
	if docs < 178 || items < 2928 { // and one stands twice in its document
		t.Errorf("%d documents and %d items, want at least 178 and 2928", docs, items)
	}
}

// A guid keeps its identity in a store that cannot hold every character.
func TestGUIDWithoutNUL(t *testing.T) {
	doc := mustRead(t, []byte(`{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [{"id": "a\u0000b", "title": "A", "url": "https://bao.example.vn/1.html"}]}`))
	if len(doc.Items) != 1 || doc.Items[0].GUID != "ab" || doc.Items[0].Key != "g:ab" {
		t.Errorf("%+v", doc.Items)
	}
}
