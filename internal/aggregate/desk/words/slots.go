package words

import (
	"math"
	"strconv"
	"strings"

	"feedd/internal/feed"
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
)

// year is the key of a period that is a bare year.
var year = Hash("năm nào")

// number reads a number at words[i] and appends its token; it returns how many words it took, 0
// when there is none. Slots are noted in d when it is not nil.
func (rd *Reader) number(dst *[]spelled, first int, words []wordform, i int, text string, marked bool, d *Text) int {
	if c := words[i].Fold[0]; c < '0' || c > '9' {
		return rd.numberWord(dst, words, i, text, marked, d)
	}
	w := words[i]
	note := func(s slot) {
		if d != nil {
			d.slots = append(d.slots, s)
		}
	}
	digits, tail := cutDigits(w.Fold)
	if len(digits) > 12 {
		return 0
	}
	groups, sep, n := []string{digits}, "", 1
	for tail == "" && i+n < len(words) && len(groups) < 4 {
		gap := strings.TrimSpace(between(text, words[i+n-1], words[i+n]))
		raw := between(text, words[i+n-1], words[i+n])
		more, rest := cutDigits(words[i+n].Fold)
		if more == "" || sep != "" && gap != sep {
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
		sep = gap
		groups, tail = append(groups, more), rest
		n++
	}
	var before wordform
	if i > 0 {
		before = words[i-1]
	}
	at := func(k int) int { v, _ := strconv.Atoi(groups[k]); return v }
	isDay := len(groups) >= 2 && len(groups[0]) <= 2 && len(groups[1]) <= 2 && at(0) >= 1 && at(0) <= 31 && at(1) >= 1 && at(1) <= 12
	dated := func() int {
		*dst = append(*dst, dateToken(at(1)*100+at(0)))
		note(slot{date, 0, float64(at(1)*100 + at(0))})
		return n
	}
	switch {
	case len(groups) == 3 && isDay && (len(groups[2]) == 4 || len(groups[2]) == 2 && sep != ","):
		return dated()
	case len(groups) == 2 && len(groups[1]) == 4 && len(groups[0]) <= 2 && sep != "," && at(0) <= 12 && at(1) >= 1900 && at(1) < 2100: // month.year
		*dst = append(*dst, numberToken(float64(at(0))), dateToken(at(1)))
		note(slot{period, Hash("thang"), float64(at(0))})
		note(slot{period, year, float64(at(1))})
		return n
	case len(groups) == 2 && isDay && tail == "" && sep != ",":
		next := ""
		if i+n < len(words) {
			next = words[i+n].Fold
		}
		after := text[words[i+n-1].End:]
		ends := i+n == len(words) || strings.HasPrefix(after, ":") || strings.HasPrefix(after, ",")
		told := datedBy[before.Fold]
		switch sep {
		case "/":
			return dated()
		case "-":
			if told || at(0) > 20 || ends && !before.Upper && marked && !wins[before.Fold] {
				return dated()
			}
		case ".":
			if multiplier(next, marked) == 0 && !unitWord(next) && (told || ends && marked) {
				return dated()
			}
		}
	}
	if sep == "-" && len(groups) == 2 && len(groups[0]) <= 2 && len(groups[1]) <= 2 && tail == "" {
		hi, lo := max(at(0), at(1)), min(at(0), at(1))
		t := spelled{text: "score"}
		t.Norm = Hash("score:" + strconv.Itoa(hi*100+lo))
		t.Fold, t.Flags, t.weight = t.Norm, IsNumber, 4
		*dst = append(*dst, t)
		note(slot{score, 0, float64(hi*100 + lo)})
		return n
	}
	if sep == "/" || sep == "-" { // no date, no score: the first number alone
		groups, n = groups[:1], 1
		_, tail = cutDigits(w.Fold)
	}

	v := decimal(groups, sep, marked)
	// Multipliers, glued or behind: 8 nghìn, 210K, 2.5bn, 14 nghìn tỷ.
	dollars := w.Start > 0 && (text[w.Start-1] == '$') || strings.HasSuffix(text[:w.Start], "€") || strings.HasSuffix(text[:w.Start], "£")
	scaled := false
	if tail != "" {
		if m := multiplier(tail, marked && !dollars); m > 0 {
			v, tail, scaled = v*m, "", true
		}
	}
	for tail == "" && i+n < len(words) {
		m := multiplier(words[i+n].Fold, true)
		if m == 0 || !marked && ambiguousMultiplier[words[i+n].Fold] && !scaled && len(words[i+n].Fold) < 2 {
			break
		}
		v, scaled = v*m, true
		n++
	}

	// "8 tháng 9", "3 March"
	if !scaled && sep == "" && tail == "" && v <= 31 && v >= 1 && i+n < len(words) {
		if words[i+n].Fold == "thang" && i+n+1 < len(words) {
			if m, rest := cutDigits(words[i+n+1].Fold); m != "" && rest == "" {
				if mv, _ := strconv.Atoi(m); mv >= 1 && mv <= 12 {
					*dst = append(*dst, dateToken(mv*100+int(v)))
					note(slot{date, 0, float64(mv*100 + int(v))})
					return n + 2
				}
			}
		}
		if m := months[words[i+n].Fold]; m > 0 && words[i+n].Upper {
			*dst = append(*dst, dateToken(m*100+int(v)))
			note(slot{date, 0, float64(m*100 + int(v))})
			return n + 1
		}
	}
	if !scaled && sep == "" && len(digits) == 4 && v >= 1900 && v < 2100 && tail == "" {
		*dst = append(*dst, dateToken(int(v)))
		note(slot{period, year, v})
		return n
	}
	*dst = append(*dst, numberToken(v))
	kind, key := rd.counted(words, i, n, text, tail, scaled, marked)
	note(slot{kind, key, v})
	if tail != "" {
		if p, ok := rd.lx.units.find([]wordform{{normal: Hash(tail), fold: Hash(tail)}}, false); ok {
			*dst = rd.unit(*dst, p)
		} else {
			t := spelled{text: tail}
			t.Norm, t.Fold = Hash(tail), Hash(tail)
			*dst = append(*dst, t)
		}
	} else if i+n < len(words) {
		if p, ok := rd.lx.units.find(words[i+n:], marked); ok {
			*dst = rd.unit(*dst, p)
			return n + len(p.words)
		}
	}
	return n
}

// unit appends the words of a unit but those of a percentage: they are a sign as often.
func (rd *Reader) unit(dst []spelled, p *lexeme) []spelled {
	if p.tokens[0].Norm == percent {
		return dst
	}
	return rd.replace(dst, p, p.to[0], nil)
}

// percent is the key of a percentage, the first of its words.
var percent = Hash(feed.Normal("phần"))

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
	if tail == "" && strings.HasPrefix(strings.TrimPrefix(text[words[i+n-1].End:], " "), "%") {
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
	if i+n < len(words) {
		if p, ok := rd.lx.units.find(words[i+n:], marked); ok {
			return quantity, p.tokens[0].Norm
		}
	}
	return quantity, Hash(next)
}

// countable: what a number counts begins with a small letter.
func countable(w wordform) bool { return !w.Upper }

// numberWord reads "ba công nhân", "XIV", "March 3".
func (rd *Reader) numberWord(dst *[]spelled, words []wordform, i int, text string, marked bool, d *Text) int {
	w := &words[i]
	if !w.Upper && !rd.lx.numeral.has(w.normal) {
		return 0 // months and Roman numerals have capitals
	}
	if m := months[w.Fold]; m > 0 && w.Upper && i+1 < len(words) {
		if digits, tail := cutDigits(words[i+1].Fold); digits != "" && len(digits) <= 2 && (tail == "" || len(tail) == 2) {
			day, _ := strconv.Atoi(digits)
			*dst = append(*dst, dateToken(m*100+day))
			if d != nil {
				d.slots = append(d.slots, slot{date, 0, float64(m*100 + day)})
			}
			return 2
		}
	}
	v, n := 0, 1
	if r := roman(text[w.Start:w.End]); r > 0 && (len(w.Fold) > 1 && r < 40 || i > 0 && rd.lx.numbers(&words[i-1], marked)) {
		v = r
	} else if !rd.lx.numeral.has(w.normal) {
		return 0
	} else if u := ordinals[w.Fold]; u > 0 && i+1 < len(words) && rd.lx.numbers(&words[i+1], marked) { // third quarter
		*dst = append(*dst, numberToken(float64(u)))
		if d != nil {
			d.slots = append(d.slots, slot{period, words[i+1].fold, float64(u)})
		}
		return 1
	} else if u := numerals[w.Normal]; u > 0 && (w.Marked || marked || englishNumerals[w.Fold]) {
		if w.Upper && i+1 < len(words) && words[i+1].Upper && !isUpper(text[w.Start:w.End]) {
			return 0 // Hai Bà Trưng
		}
		if w.Normal == "năm" && !(i+1 < len(words) && counts[words[i+1].Fold]) {
			return 0
		}
		if i+1 < len(words) && notNumber[w.Fold+" "+words[i+1].Fold] {
			return 0
		}
		v = u
		if more, k := tens(words[i:]); marked && k > 0 {
			v, n = more, k
		}
	}
	if v == 0 {
		return 0
	}
	*dst = append(*dst, numberToken(float64(v)))
	if d != nil {
		kind, key := rd.counted(words, i, n, text, "", false, marked)
		if kind == date {
			kind = quantity
		}
		d.slots = append(d.slots, slot{kind, key, float64(v)})
	}
	return n
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

// NumeralFold returns the hash of a number's word without diacritics, by the hash of the number; 0
// where it has none.
func NumeralFold(norm uint32) uint32 { return numeralFolds[norm] }

// numeralFolds are the numerals as they are written without diacritics.
var numeralFolds = map[uint32]uint32{
	numberHash(2): Hash("hai"), numberHash(3): Hash("ba"), numberHash(4): Hash("bon"), numberHash(5): Hash("nam"), numberHash(6): Hash("sau"),
	numberHash(7): Hash("bay"), numberHash(8): Hash("tam"), numberHash(9): Hash("chin"), numberHash(10): Hash("muoi"),
}

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
func (rd *Reader) contradictions(d *Text, words []wordform, text string, caps bool) {
	said, until := -1, 0 // the pair of opposites of the last phrase of several words, and its end
	for i := 0; i < len(words); i++ {
		w := &words[i]
		if p, ok := rd.lx.places.find(words[i:], d.Marked); ok {
			capital := w.Upper && !caps
			if capital || len(p.words) > 1 && (caps || !d.Marked) {
				d.slots = append(d.slots, slot{where, 0, float64(p.value)})
			}
		}
		rd.lx.hints.each(words[i:], d.Marked, func(p *lexeme) {
			switch p.hint {
			case isOpposite:
				if pair := p.value >> 1; pair != said || i >= until { // "quyết thắng" is no "thắng"
					d.slots = append(d.slots, slot{direction, 0, float64(p.value)})
					if len(p.words) > 1 {
						said, until = pair, i+len(p.words)
					}
				}
			case isChoice:
				d.slots = append(d.slots, slot{choice, 0, float64(p.value)})
			case isAngle:
				d.Angle = true
			case isAdvice:
				d.Advice = true
			case isGenre:
				if p.value&1 == 0 || i == 0 || strings.ContainsAny(between(text, words[i-1], *w), ":|.?!,;–—") {
					d.Genres |= 1 << (p.value >> 1)
				}
			case isStep:
				d.Steps |= 1 << (p.value % 64)
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
