package words

import (
	"math"
	"strconv"
	"strings"
)

// A slot is what a headline of a series fills in anew each time: its date, its edition, its
// figure, its place. Two headlines that fill one slot differently are seldom one event, however
// many words they share.
type slot struct {
	kind  slotKind
	key   uint32 // what is counted or numbered; for a place or an opposite, unused
	value float64
}

type slotKind uint8

const (
	date      slotKind = iota // month*100+day; month 0 when only the day is named
	period                    // tháng 7, vòng 5, kỳ 2, World Cup 2026: key names the series
	score                     // 3-1
	quantity                  // 120 trường học: key is what is counted
	casualty                  // people in an accident; may grow while it is told
	where                     // index in the gazetteer
	direction                 // side of a pair of opposites
	choice                    // one of a group that exclude each other
	oneOf                     // quận 8, quận Gò Vấp: key is the kind, value which one
)

// year is the key of a period that is a bare year.
var year = Hash("năm nào")

// figure is a number of a headline while it is read.
type figure struct {
	words  []wordform
	at, n  int    // its first word, and how many words it takes
	text   string // which the words are of
	marked bool   // the text has diacritics

	groups [4]string // its digits, as they are parted: 20, 11 and 2025
	count  int       // of groups
	sep    string    // what parts them: "." "," "/" "-"; "" for a single group
	tail   string    // what is glued to the last: K, of 210K

	tokens []spelled // those before it, and its own
	d      *Open     // nil where nobody asks for slots
}

// number reads a number at words[i] and appends its tokens; n is how many words it took, 0 when there
// is none. Slots are noted in d when it is not nil.
func (rd *Reader) number(dst []spelled, words []wordform, i int, text string, marked bool, d *Open) (tokens []spelled, n int) {
	if c := words[i].Fold[0]; c < '0' || c > '9' {
		return rd.numberWord(dst, words, i, text, marked, d)
	}
	f := figure{words: words, at: i, text: text, marked: marked, tokens: dst, d: d}
	if !f.gather() {
		return dst, 0
	}
	if f.date() || f.score() {
		return f.tokens, f.n
	}
	if f.sep == "/" || f.sep == "-" { // the first number alone
		f.count, f.n = 1, 1
		_, f.tail = cutDigits(words[i].Fold)
	}
	v, scaled := f.value()
	if !scaled && f.sep == "" && f.tail == "" && (f.dayAndMonth(v) || f.year(v)) {
		return f.tokens, f.n
	}
	f.says(numberToken(v))
	kind, key := rd.counted(words, i, f.n, text, f.tail, scaled, marked)
	f.note(slot{kind, key, v})
	if f.tail != "" {
		t := spelled{text: f.tail}
		t.Norm = Hash(f.tail)
		t.Fold = t.Norm
		f.says(t)
	} else {
		f.n += perCent(words[i+f.n:])
	}
	return f.tokens, f.n
}

func (f *figure) says(t spelled) { f.tokens = append(f.tokens, t) }

func (f *figure) note(s slot) {
	if f.d != nil {
		f.d.slots = append(f.d.slots, s)
	}
}

// saysDate takes the figure for a day of a month.
func (f *figure) saysDate(month, day int) {
	f.says(dateToken(month*100 + day))
	f.note(slot{date, 0, float64(month*100 + day)})
}

// behind returns the k-th word behind the figure without diacritics, "" where there is none.
func (f *figure) behind(k int) string {
	if i := f.at + f.n + k; i < len(f.words) {
		return f.words[i].Fold
	}
	return ""
}

// group returns a group's value.
func (f *figure) group(k int) int { v, _ := strconv.Atoi(f.groups[k]); return v }

// gather takes the groups of digits that are parted by one and the same sign. It says false where
// the first has more digits than a figure has.
func (f *figure) gather() bool {
	digits, tail := cutDigits(f.words[f.at].Fold)
	if len(digits) > 12 {
		return false
	}
	f.groups[0], f.count, f.n, f.tail = digits, 1, 1, tail
	for f.tail == "" && f.at+f.n < len(f.words) && f.count < len(f.groups) {
		last, next := f.words[f.at+f.n-1], f.words[f.at+f.n]
		raw := between(f.text, last, next)
		gap := strings.TrimSpace(raw)
		more, rest := cutDigits(next.Fold)
		if more == "" || f.sep != "" && gap != f.sep {
			break
		}
		if gap == "–" {
			gap = "-"
		}
		if gap != "." && gap != "," && gap != "/" && gap != "-" || raw != gap && gap != "-" {
			break
		}
		if raw != gap && !(len(digits) == 4 && len(more) == 4) { // "2025 - 2026"
			break
		}
		f.sep, f.tail = gap, rest
		f.groups[f.count] = more
		f.count++
		f.n++
	}
	return true
}

// date takes the groups for a date, where they are one: 20/11/2025, 11.2025, 20-11.
func (f *figure) date() bool {
	if f.count < 2 || len(f.groups[0]) > 2 {
		return false
	}
	last := f.groups[f.count-1]
	isDay := len(f.groups[1]) <= 2 && f.group(0) >= 1 && f.group(0) <= 31 && f.group(1) >= 1 && f.group(1) <= 12
	switch {
	case f.count == 3 && isDay && (len(last) == 4 || len(last) == 2 && f.sep != ","):
		f.saysDate(f.group(1), f.group(0))
	case f.count == 2 && len(last) == 4 && f.sep != "," && f.group(0) <= 12 && f.group(1) >= 1900 && f.group(1) < 2100:
		f.saysMonth(f.group(0), f.group(1))
	case f.count == 2 && isDay && f.tail == "" && f.isDayOfMonth():
		f.saysDate(f.group(1), f.group(0))
	default:
		return false
	}
	return true
}

// saysMonth takes the figure for a month of a year.
func (f *figure) saysMonth(month, of int) {
	f.says(numberToken(float64(month)))
	f.says(dateToken(of))
	f.note(slot{period, Hash("thang"), float64(month)})
	f.note(slot{period, year, float64(of)})
}

// isDayOfMonth says whether two groups that could be day and month are: 2-1 is a score as often, and
// 2.1 a quantity.
func (f *figure) isDayOfMonth() bool {
	var before wordform
	if f.at > 0 {
		before = f.words[f.at-1]
	}
	after := f.text[f.words[f.at+f.n-1].End:]
	ends := f.at+f.n == len(f.words) || strings.HasPrefix(after, ":") || strings.HasPrefix(after, ",")
	told := datedBy[before.Fold]
	switch f.sep {
	case "/":
		return true
	case "-":
		return told || f.group(0) > 20 || ends && !before.Upper && f.marked && !wins[before.Fold]
	case ".":
		next := f.behind(0)
		return multiplier(next, f.marked) == 0 && !unitWord(next) && (told || ends && f.marked)
	}
	return false
}

// score takes two groups for the score of a match, whoever is named first.
func (f *figure) score() bool {
	if f.sep != "-" || f.count != 2 || len(f.groups[0]) > 2 || len(f.groups[1]) > 2 || f.tail != "" {
		return false
	}
	hi, lo := max(f.group(0), f.group(1)), min(f.group(0), f.group(1))
	t := spelled{text: "score"}
	t.Norm = Hash("score:" + strconv.Itoa(hi*100+lo))
	t.Fold, t.Flags, t.weight = t.Norm, IsNumber, 4
	f.says(t)
	f.note(slot{score, 0, float64(hi*100 + lo)})
	return true
}

// value is the number with its multipliers, glued or behind: 8 nghìn, 210K, 2.5bn, 14 nghìn tỷ.
// scaled says that there are some.
func (f *figure) value() (v float64, scaled bool) {
	v = decimal(f.groups[:f.count], f.sep, f.marked)
	if f.tail != "" {
		if m := multiplier(f.tail, f.marked && !f.isMoney()); m > 0 {
			v, f.tail, scaled = v*m, "", true
		}
	}
	for f.tail == "" && f.at+f.n < len(f.words) {
		word := f.behind(0)
		m := multiplier(word, true)
		if m == 0 || !f.marked && ambiguousMultiplier[word] && !scaled && len(word) < 2 {
			break
		}
		v, scaled = v*m, true
		f.n++
	}
	return v, scaled
}

// isMoney says whether a currency's sign stands before the figure.
func (f *figure) isMoney() bool {
	before := f.text[:f.words[f.at].Start]
	return strings.HasSuffix(before, "$") || strings.HasSuffix(before, "€") || strings.HasSuffix(before, "£")
}

// dayAndMonth takes the number for a day whose month is in words behind it: "8 tháng 9", "3 March".
func (f *figure) dayAndMonth(v float64) bool {
	if v < 1 || v > 31 || f.at+f.n >= len(f.words) {
		return false
	}
	next := f.words[f.at+f.n]
	if next.Fold == "thang" && f.at+f.n+1 < len(f.words) {
		if digits, rest := cutDigits(f.behind(1)); digits != "" && rest == "" {
			if month, _ := strconv.Atoi(digits); month >= 1 && month <= 12 {
				f.saysDate(month, int(v))
				f.n += 2
				return true
			}
		}
	}
	if month := months[next.Fold]; month > 0 && next.Upper {
		f.saysDate(month, int(v))
		f.n++
		return true
	}
	return false
}

// year takes a bare number of four digits for a year.
func (f *figure) year(v float64) bool {
	if len(f.groups[0]) != 4 || v < 1900 || v >= 2100 {
		return false
	}
	f.says(dateToken(int(v)))
	f.note(slot{period, year, v})
	return true
}

// perCent returns how many words at the head of those behind a number are the sign of a percentage, written out.
func perCent(words []wordform) int {
	switch {
	case len(words) == 0:
	case words[0].Fold == "percent", words[0].Fold == "pct":
		return 1
	case len(words) > 1 && (words[0].Fold == "phan" && words[1].Fold == "tram" || words[0].Fold == "per" && words[1].Fold == "cent"):
		return 2
	}
	return 0
}

// percent is the key of a percentage.
var percent = Hash("%")

// counted says what a number of a headline numbers or counts.
func (rd *Reader) counted(words []wordform, i, n int, text, tail string, scaled, marked bool) (slotKind, uint32) {
	var before wordform
	if i > 0 {
		before = words[i-1]
	}
	next := ""
	if i+n < len(words) {
		next = words[i+n].Fold
		if strings.ContainsAny(between(text, words[i+n-1], words[i+n]), ",.:;|") {
			next = ""
		}
	}
	const person = "nguoi"
	if !scaled && tail == "" && next != person && rd.lx.numbers(&before, marked) && before.Fold != "ngay" && !unitWord(next) {
		return period, before.fold // a missing girl of grade 5 is no five missing
	}
	for k := i + n; k < min(len(words), i+n+4); k++ {
		if rd.lx.casualties[words[k].fold] || k+1 < len(words) && rd.lx.casualties[Hash(words[k].Fold+" "+words[k+1].Fold)] {
			return casualty, 0
		}
	}
	for k := max(0, i-6); k < i; k++ {
		if !scaled && (rd.lx.casualties[words[k].fold] && k > 0 && words[k-1].Fold == "nguoi" || words[k].Fold == "toll") {
			return casualty, 0
		}
	}
	if tail == "" && (strings.HasPrefix(strings.TrimPrefix(text[words[i+n-1].End:], " "), "%") || perCent(words[i+n:]) > 0) {
		return quantity, percent
	}
	if !scaled && tail == "" {
		if before.Fold == "ngay" {
			return date, 0
		}
		if rd.lx.numbers(&before, marked) && !unitWord(next) {
			return period, before.fold
		}
		if before.Upper && !unitWord(next) && between(text, before, words[i]) != ", " && !capitalsMeanNothing(words, text) &&
			(i+n == len(words) || next == "" || !countable(words[i+n])) {
			return period, before.fold
		}
	}
	if tail != "" {
		return quantity, Hash(tail)
	}
	return quantity, Hash(next)
}

// countable: what a number counts begins with a small letter.
func countable(w wordform) bool { return !w.Upper }

// numberWord reads "ba công nhân", "XIV", "March 3".
func (rd *Reader) numberWord(dst []spelled, words []wordform, i int, text string, marked bool, d *Open) (tokens []spelled, n int) {
	w := &words[i]
	if !w.Upper && !rd.lx.numeral.has(w.normal) {
		return dst, 0 // months and Roman numerals have capitals
	}
	f := figure{words: words, at: i, n: 1, text: text, marked: marked, tokens: dst, d: d}
	if f.monthAndDay() {
		return f.tokens, f.n
	}
	v := roman(text[w.Start:w.End])
	if v == 0 || !(len(w.Fold) > 1 && v < 40 || i > 0 && rd.lx.numbers(&words[i-1], marked)) {
		if !rd.lx.numeral.has(w.normal) {
			return dst, 0
		}
		if u := ordinals[w.Fold]; u > 0 && i+1 < len(words) && rd.lx.numbers(&words[i+1], marked) { // third quarter
			f.says(numberToken(float64(u)))
			f.note(slot{period, words[i+1].fold, float64(u)})
			return f.tokens, f.n
		}
		v = f.numeral()
	}
	if v == 0 {
		return dst, 0
	}
	f.says(numberToken(float64(v)))
	if d != nil {
		kind, key := rd.counted(words, i, f.n, text, "", false, marked)
		if kind == date {
			kind = quantity
		}
		f.note(slot{kind, key, float64(v)})
	}
	return f.tokens, f.n
}

// monthAndDay takes an English month and the number behind it for a date.
func (f *figure) monthAndDay() bool {
	w := &f.words[f.at]
	month := months[w.Fold]
	if month == 0 || !w.Upper || f.at+1 >= len(f.words) {
		return false
	}
	digits, tail := cutDigits(f.words[f.at+1].Fold)
	if digits == "" || len(digits) > 2 || tail != "" && len(tail) != 2 { // 3, 3rd
		return false
	}
	day, _ := strconv.Atoi(digits)
	f.saysDate(month, day)
	f.n = 2
	return true
}

// numeral reads a number in letters, 0 where its word means something else here.
func (f *figure) numeral() int {
	w := &f.words[f.at]
	v := numerals[w.Normal]
	if v == 0 || !w.Marked && !f.marked && !englishNumerals[w.Fold] {
		return 0
	}
	if f.at+1 < len(f.words) {
		next := &f.words[f.at+1]
		if w.Upper && next.Upper && !isUpper(f.text[w.Start:w.End]) {
			return 0 // Hai Bà Trưng
		}
		if notNumber[w.Fold+" "+next.Fold] {
			return 0
		}
	}
	if w.Normal == "năm" && !counts[f.behind(0)] {
		return 0 // a year
	}
	if more, n := tens(f.words[f.at:]); f.marked && n > 0 {
		v, f.n = more, n
	}
	return v
}

func cutDigits(s string) (digits, tail string) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return s[:n], s[n:]
}

// decimal reads groups of digits: 8.000, 2,1, 1,234.5.
func decimal(groups []string, sep string, marked bool) float64 {
	if len(groups) == 1 {
		v, _ := strconv.ParseFloat(groups[0], 64)
		return v
	}
	thousands := groups[0] != "0"
	for _, g := range groups[1:] {
		thousands = thousands && len(g) == 3
	}
	if sep == "," && marked && len(groups) == 2 {
		thousands = false
	}
	join := "."
	if thousands || len(groups) > 2 {
		join = ""
	}
	v, _ := strconv.ParseFloat(strings.Join(groups, join), 64)
	return v
}

func plainNumber(s string) (float64, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

func numberToken(v float64) spelled {
	t := spelled{text: "#"}
	t.Norm = numberHash(v)
	t.Fold, t.Flags = t.Norm, IsNumber
	switch {
	case v <= 10:
		t.weight = 2.5
	case v < 100 && v == math.Trunc(v):
		t.weight = 4
	default:
		t.weight = 5.5
	}
	return t
}

func numberHash(v float64) uint32 {
	b := math.Float64bits(v)
	h := uint32(b>>32)*2654435761 ^ uint32(b)*40503
	return (h ^ h>>13) * 16777619
}

func dateToken(v int) spelled {
	t := numberToken(float64(v))
	t.Norm ^= 0x5bd1e995
	t.Fold, t.Flags, t.weight = t.Norm, IsNumber|IsDate, 1
	if v < 1300 { // no year
		t.day = uint16(v)
	}
	return t
}

// multiplier returns what a word behind a number multiplies it by, 0 when it is none. In
// Vietnamese a lone m is metres and b no billion.
func multiplier(w string, vietnamese bool) float64 {
	switch w {
	case "nghin", "ngan", "k", "thousand":
		return 1e3
	case "trieu", "tr", "million", "mn", "mln":
		return 1e6
	case "ty", "ti", "billion", "bn":
		return 1e9
	case "trillion", "tn":
		return 1e12
	case "m":
		if !vietnamese {
			return 1e6
		}
	case "b":
		if !vietnamese {
			return 1e9
		}
	}
	return 0
}

var ambiguousMultiplier = map[string]bool{"k": true, "m": true, "b": true}

func unitWord(w string) bool { return units[w] }

var units = words("usd dong ty ti trieu nghin ngan phan tram do km m kg g ha tan giay phut gio diem cm m2 percent bn billion million euro dollars points percent mile miles")

// datedBy are words before a day and month.
var datedBy = words("ngay nay sang trua chieu toi dem hom phien den tu gioi tuan truoc sau ngay vietlott ngay 6 45 55 on by until")

var wins = words("thang thua hoa ha dan voi so doi win beat lose draw")

var numerals = map[string]int{
	"hai": 2, "ba": 3, "bôn1": 4, "năm": 5, "sau1": 6, "bay3": 7, "bây3": 7, "tam1": 8, "chin1": 9, "mươi2": 10,
	"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "dozen": 12,
}

// tens reads "mười lăm", "hai mươi", "hai mươi mốt": the value and how many words it has, 0 when it
// is no such number.
func tens(words []wordform) (v, n int) {
	switch {
	case words[0].Normal == "mươi2":
		v, n = 10, 1
	case len(words) > 1 && words[1].Normal == "mươi" && numerals[words[0].Normal] > 1:
		v, n = 10*numerals[words[0].Normal], 2
	default:
		return 0, 0
	}
	if n < len(words) {
		if u := behindTens[words[n].Normal]; u > 0 {
			return v + u, n + 1
		}
	}
	return v, n
}

// behindTens are the numerals as they are said behind tens.
var behindTens = map[string]int{
	"môt5": 1, "môt1": 1, "hai": 2, "ba": 3, "bôn1": 4, "tư": 4, "lăm": 5, "nhăm": 5, "sau1": 6, "bay3": 7, "bây3": 7, "tam1": 8, "chin1": 9,
}

// ordinals say which one before what they number.
var ordinals = map[string]int{
	"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
}

var englishNumerals = words("two three four five six seven eight nine ten twelve dozen")

// NumeralFold returns the hash of a number's word without diacritics, by the hash of the number, both
// as a Token has them; 0 where it has none.
func NumeralFold(norm uint32) uint32 { return numeralFolds[norm] }

// numeralFolds are the numerals as they are written without diacritics.
var numeralFolds = func() map[uint32]uint32 {
	folds := map[uint32]uint32{}
	for i, word := range []string{"hai", "ba", "bon", "nam", "sau", "bay", "tam", "chin", "muoi"} {
		folds[Hashed(numberHash(float64(2+i)))] = Hashed(Hash(word))
	}
	return folds
}()

// counts are words behind "năm" where it is five, not a year.
var counts = words("nguoi cong ngu nan em be chau hoc tau xe can thang tuan ngay gio phut vu tinh doi cau con ban giai lan ngoi dia bo nuoc nguyen nhom chiec doanh du diem trieu ty ti nghin nha nu ong")

// notNumber are pairs of words that only look like a numeral.
var notNumber = words2("ba me", "ba con", "ba dinh", "ba ria", "ba lan", "ba vi", "ba na", "ba be", "ba trung", "hai ba", "hai phong", "hai duong", "hai van", "hai quan", "ba noi", "ba ngoai", "sau khi", "sau vu", "ten of")

var months = map[string]int{
	"jan": 1, "january": 1, "feb": 2, "february": 2, "mar": 3, "march": 3, "apr": 4, "april": 4, "may": 5, "jun": 6, "june": 6,
	"jul": 7, "july": 7, "aug": 8, "august": 8, "sep": 9, "sept": 9, "september": 9, "oct": 10, "october": 10, "nov": 11, "november": 11, "dec": 12, "december": 12,
}

func words(list string) map[string]bool { return words2(strings.Fields(list)...) }

func words2(list ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range list {
		m[w] = true
	}
	return m
}

// roman reads a Roman numeral in capitals, 0 when it is none.
func roman(s string) int {
	v, last := 0, 0
	for i := len(s) - 1; i >= 0; i-- {
		d := 0
		switch s[i] {
		case 'I':
			d = 1
		case 'V':
			d = 5
		case 'X':
			d = 10
		default:
			return 0
		}
		if d < last {
			v -= d
		} else {
			v, last = v+d, d
		}
	}
	return v
}

// contradictions notes the places, directions, digests and next steps of a headline.
func (rd *Reader) contradictions(d *Open, words []wordform, text string, caps bool) {
	said, until := -1, 0 // the pair of opposites of the last phrase of several words, and its end
	none := -1           // where a phrase stands that is no advice, whatever it begins with
	for i := 0; i < len(words); i++ {
		w := &words[i]
		if p, ok := rd.lx.places.find(words[i:], d.Marked); ok {
			capital := w.Upper && !caps
			if capital || p.length() > 1 && (caps || !d.Marked) {
				d.slots = append(d.slots, slot{where, 0, float64(p.value)})
			}
		}
		rd.lx.hints.each(words[i:], d.Marked, func(p *lexeme) {
			switch p.hint {
			case isOpposite:
				if pair := p.value >> 1; pair != said || i >= until { // "quyết thắng" is no "thắng"
					d.slots = append(d.slots, slot{direction, 0, float64(p.value)})
					if p.length() > 1 {
						said, until = pair, i+p.length()
					}
				}
			case isChoice:
				d.slots = append(d.slots, slot{choice, 0, float64(p.value)})
			case isAngle:
				d.Angle = true
			case isAdvice:
				d.Advice = d.Advice || i != none && (p.value&1 == 0 || atHead(words, i, text))
			case isNoAdvice:
				none = i
			case isGenre:
				if p.value&1 == 0 || atHead(words, i, text) {
					d.Genres |= 1 << (p.value >> 1)
				}
			case isStep:
				d.Steps |= 1 << (p.value % 64)
			case isKind:
				if which, ok := rd.which(words[i:], p.length(), text, d.Marked, caps); ok {
					d.slots = append(d.slots, slot{oneOf, uint32(p.value), which})
				}
			}
		})
		if i <= 1 {
			if _, ok := rd.lx.digests.find(words[i:], d.Marked); ok {
				d.Digest = true
			}
		}
	}
	// Long parts between bars: several stories in one line.
	if bars := strings.Count(text, "|"); bars >= 2 && len(words) >= 6*(bars+1) {
		d.Digest = true
	}
}

// atHead says whether a headline, or a part of one, begins with a word, or with a number and the word.
func atHead(words []wordform, i int, text string) bool {
	return i == 0 || i == 1 && words[0].Fold[0] <= '9' || strings.ContainsAny(between(text, words[i-1], words[i]), ":|.?!,;–—")
}

// which says which one of a kind is meant where words begin with the kind, of n words: the number behind it or the
// name, of which two words tell enough. Two names of one place are one. An acronym may stand for any name.
func (rd *Reader) which(words []wordform, n int, text string, marked, caps bool) (float64, bool) {
	if n >= len(words) || between(text, words[n-1], words[n]) != " " {
		return 0, false
	}
	name := words[n:]
	if digits, tail := cutDigits(name[0].Fold); digits != "" {
		v, _ := strconv.Atoi(digits)
		return -float64(v), tail == ""
	}
	if caps || !name[0].Upper || len(name[0].Fold) > 1 && !name[0].Marked && isUpper(text[name[0].Start:name[0].End]) {
		return 0, false
	}
	if p, ok := rd.lx.places.find(name, marked); ok {
		return aPlace + float64(p.value), true
	}
	h := name[0].fold
	if len(name) > 1 && name[1].Upper && between(text, name[0], name[1]) == " " {
		h = pairHash(h, name[1].fold)
	}
	return float64(h), true
}

// aPlace is added to the place in the gazetteer, beyond all hashes.
const aPlace = 1 << 33
