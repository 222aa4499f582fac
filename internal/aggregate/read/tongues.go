package read

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What 8-bit and double-byte text says is judged by how it reads: decoded by the right charset, most of
// its letters are those that its language uses most; decoded by a wrong one, they are rare letters,
// capitals within words, signs within words.

// tongue is a language, or several that write alike, with the charsets that publishers use for it,
// the likelier first, and its letters beyond ASCII.
type tongue struct {
	langs   string // codes, with a space around each
	labels  []string
	common  string // the letters that make up most of a text
	further string // the others
	run     int    // how many of them stand in a row at most; 0 in scripts that have no others
}

// A few hundred characters make up most of a Chinese text; the decoding that shows them is right.
const (
	commonSimplified  = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运笔"
	commonTraditional = "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交規萬取拉格望覺術領共確傳師觀清今切院讓識候帶導爭運筆"
	commonHangul      = "이다의는에을가를고하은로한도지기사서자인어시대과나그있해리정부아일전들수제안으만주보공동장구원연상여성신조선국비위무성라년오유방진회간조경화관민소식용위들스게까면세계발음할것러모"
)

var tongues = []tongue{
	{" fr ", []string{"windows-1252", "macintosh"}, "éèàêç", "âîôûùëïœæñö", 2},
	{" de ", []string{"windows-1252", "macintosh"}, "äöüß", "éèàê", 2},
	{" es ca gl ", []string{"windows-1252", "macintosh"}, "áéíóúñ", "üçàèòï¿¡ªº", 2},
	{" pt ", []string{"windows-1252", "macintosh"}, "ãçáéíóúâêôõ", "àüñªº", 2},
	{" it ", []string{"windows-1252"}, "àèéìòù", "îâêöü", 2},
	{" da no nb nn ", []string{"windows-1252"}, "æøå", "éäöüèòô", 2},
	{" sv fi ", []string{"windows-1252"}, "åäö", "éüàø", 2},
	{" is fo ", []string{"windows-1252"}, "ðþæöáéíóúý", "", 2},
	{" en nl id ms sq ", []string{"windows-1252"}, "éëïöü", "èàêçäáíóúñâôßå", 2},
	{" ru uk be bg mk sr kk ky mn tg ", []string{"windows-1251", "koi8-r", "koi8-u", "iso-8859-5", "ibm866", "x-mac-cyrillic"}, "оеаинтсрвлкмдпу", "бгжзйфхцчшщъыьэюяёіїєґўђѓѕјљњћќџ№", 0},
	{" el ", []string{"windows-1253", "iso-8859-7"}, "αοιετνσςρκπηάόίήυμλωέ", "βγδζθξφχψύώϊϋΐΰ", 0},
	{" th ", []string{"windows-874"}, "านรกเงอมยลวดทสตะปบคหแจพชขใไโ่้ีิัุ์็ืู", "ฉซญณถธผฝฟภศษฬฮฯำึๆ๊๋", 0},
	{" he yi ", []string{"windows-1255", "iso-8859-8"}, "יוהלאתרבשמנ", "גדזחטךכםןסעףפץצק", 0},
	{" ar fa ur ps ", []string{"windows-1256", "iso-8859-6"}, "ايلمنرتوبةدسع", "ءآأؤإئثجحخذزشصضطظغفقكهىپچژکگیًٌٍَُِّْ،؛؟", 0},
	{" pl ", []string{"iso-8859-2", "windows-1250"}, "ąęłóśżźćń", "éáöü", 2},
	{" cs sk ", []string{"windows-1250", "iso-8859-2"}, "áíěéýžščřůú", "ťďňóľĺŕäôöü", 2},
	{" hu ", []string{"iso-8859-2", "windows-1250"}, "áéöőüűíóú", "äëç", 2},
	{" ro ", []string{"iso-8859-2", "windows-1250"}, "ăâîșțşţ", "éáö", 2},
	{" sl hr bs sr sh ", []string{"windows-1250", "iso-8859-2"}, "čšžćđ", "éäöü", 2},
	{" tr az ", []string{"windows-1254", "iso-8859-9"}, "ıİişüöğç", "âîûé", 2},
	{" lt ", []string{"windows-1257", "iso-8859-13", "iso-8859-4"}, "ąčęėįšųūž", "éöü", 2},
	{" lv ", []string{"windows-1257", "iso-8859-13", "iso-8859-4"}, "āčēģīķļņšūž", "éöü", 2},
	{" et ", []string{"windows-1257", "iso-8859-15"}, "õäöü", "šžé", 2},
	{" ja ", []string{"shift_jis", "euc-jp", "iso-2022-jp"}, "", "", 0},
	{" zh zh-cn zh-sg zh-hans ", []string{"gb18030"}, commonSimplified, "", 0},
	{" zh zh-tw zh-hk zh-mo zh-hant ", []string{"big5"}, commonTraditional, "", 0},
	{" ko ", []string{"euc-kr"}, commonHangul, "", 0},
	{" vi ", []string{"windows-1258", "tcvn3", "viscii"}, "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ", "", 3},
}

// writes says whether the tongue is of a language, as BCP 47 names it. An unknown one may be any but
// Vietnamese, whose letters are so many that its code pages make words of anything.
func (t *tongue) writes(lang string) bool {
	lang = strings.ToLower(lang)
	if lang == "" {
		return t.run < 3
	}
	if strings.Contains(t.langs, " "+lang+" ") {
		return true
	}
	if short, _, regional := strings.Cut(lang, "-"); regional && short != "zh" {
		return strings.Contains(t.langs, " "+short+" ")
	}
	return false
}

// known says whether there is a tongue for the language.
func known(lang string) bool {
	for i := range tongues {
		if lang != "" && tongues[i].writes(lang) {
			return true
		}
	}
	return false
}

// How well text reads: a text that is right reaches well above readsWell, one that is wrong stays
// below readsBadly. It takes leastLetters to say so.
const (
	readsWell    = 0.8
	readsBadly   = 0.3
	leastLetters = 5
)

// readable is how well decoded text reads in a language, in the best of all when lang is unknown: the
// mean over its characters beyond ASCII, from -3 to 2. It is 0 when there are none.
func readable(text []byte, lang string) (best float64, letters int) {
	if !known(lang) {
		lang = ""
	}
	best = -3
	for i := range tongues {
		if t := &tongues[i]; t.writes(lang) {
			if v, n := t.reads(text); n > 0 && v > best {
				best, letters = v, n
			}
		}
	}
	if letters == 0 {
		best = 0
	}
	return best, letters
}

// reads is readable in one tongue.
func (t *tongue) reads(text []byte) (mean float64, letters int) {
	sum := 0.0
	before, run := ' ', 0 // the character before, and how many letters beyond ASCII end there
	marks := 0            // of Thai, which no Thai text does without
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		if r < utf8.RuneSelf {
			before, run = r, 0
			continue
		}
		v, counts := t.value(r)
		next, _ := utf8.DecodeRune(text)
		switch {
		case counts && (unicode.IsLetter(r) || unicode.IsMark(r)):
			run++
			switch {
			case unicode.IsUpper(r) && unicode.IsLower(before):
				v = -3
			case t.run > 0 && run > t.run:
				v = -2
			case t.run == 0 && (isASCIILetter(before) || isASCIILetter(next)):
				v = -2
			case unicode.IsUpper(r) && unicode.IsUpper(before):
				v -= 0.3 // a text in capitals is rarer than a wrong charset
			}
			if strings.ContainsRune("ัิีึืุู็่้์", r) {
				marks++
			}
		case !counts:
			run = 0
			if unicode.IsLetter(before) && (unicode.IsLetter(next) && r != '’' && r != '·' || !unicode.IsPunct(r) && r > 0xA0) {
				counts, v = true, -2
			}
		}
		if counts {
			sum += v
			letters++
		}
		before = r
	}
	if letters == 0 {
		return 0, 0
	}
	if t.labels[0] == "windows-874" && 12*marks < letters {
		return -1, letters
	}
	return sum / float64(letters), letters
}

func isASCIILetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }

// value is what a character speaks for the tongue; punctuation does not count.
func (t *tongue) value(r rune) (v float64, counts bool) {
	switch {
	case r == utf8.RuneError || r < 0xA0 || unicode.Is(unicode.Co, r):
		return -3, true
	case r == 0xA0 || r >= 0x2010 && r <= 0x203A || r == '«' || r == '»' || r == '§' || r == '°' || r == '€' || r == '№' || r == '©' || r == '®' || r == '™' || r == '·' || r == '£' || r == '½' || r == '×':
		return 0, false
	case r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFF60:
		if len(t.further) > 0 || t.run > 0 {
			return -1, true
		}
		return 0, false
	}
	switch low := unicode.ToLower(r); {
	case strings.ContainsRune(t.common, low):
		return 2, true
	case strings.ContainsRune(t.further, low):
		return 1, true
	}
	return t.block(r), true
}

// block is what a character speaks for the tongue that has it not in its lists.
func (t *tongue) block(r rune) float64 {
	hangul := r >= 0xAC00 && r <= 0xD7A3
	han := r >= 0x4E00 && r <= 0x9FA5
	kana := r >= 0x3041 && r <= 0x30FF
	switch t.labels[0] {
	case "shift_jis":
		switch {
		case kana:
			return 2
		case han:
			return 0.7
		}
	case "gb18030", "big5":
		if han {
			return 0.5
		}
	case "euc-kr":
		switch {
		case hangul:
			return 0.8
		case han:
			return -0.5
		}
	}
	return -2
}

// guessTongue names the charset by which bytes read best in a language, or in any when it is unknown.
// It is not ok when they read well by none.
func guessTongue(b []byte, lang string) (label string, ok bool) {
	if !known(lang) {
		lang = ""
	}
	high := 0
	for _, c := range b {
		if c >= utf8.RuneSelf {
			high++
		}
	}
	if lang == "" && high < leastLetters {
		return "", false
	}
	best := readsWell
	for i := range tongues {
		t := &tongues[i]
		if !t.writes(lang) {
			continue
		}
		for _, l := range t.labels {
			out, decodes := decodeAs(b, l)
			if !decodes {
				continue
			}
			if v, n := t.reads(out); n > 0 && v > best+0.02 {
				best, label = v, l
			}
		}
	}
	return label, label != ""
}
