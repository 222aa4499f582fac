package feed

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// DateOrder says which of two numbers is the day where both could be.
type DateOrder int

// The orders of day and month in a date of three numbers.
const (
	OrderUnknown DateOrder = iota // day first, unless only the other way is not in the future
	DayFirst
	MonthFirst
)

// Dates reads the dates of one document. Zone holds for dates that name none; nil means UTC, and
// the caller must say so to the reader of the document. Now bounds what is credible and anchors
// relative times.
type Dates struct {
	Zone  *time.Location
	Now   time.Time
	Order DateOrder
}

// earliest is the first instant a news item may claim: before the Web no page had a date, and
// zero values of many systems (0001, 1899, 1970) lie before it.
var earliest = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

// ParseDate reads a date as feeds and pages write it, in UTC. It is false for what is no date, and
// for a date that cannot be true: before 1990 or later than now.
//
//	Wed, 14 Aug 2024 10:44:00 GMT+7         offsets behind GMT and UTC, with or without space and colon
//	Wed, 14 Aug 2024 10:44:00 ICT           names of zones; unknown ones give way to loc
//	Thứ tư, 14/8/2024, 10:44 (GMT+7)        the weekday is never believed: many are wrong
//	14 Tháng Tám, 2024 | 14 août 2024       month names of a dozen languages
//	14/8/2024 10:44 CH | 8/14/2024 10:44 PM AM and PM with slashes put the month first
//	1723607040 | 1723607040000              Unix seconds, milliseconds
//	4 giờ trước | 2 hours ago | hôm qua     before now
//	14/8 10:44                              the last such day that is not in the future
//	2024-08-14                              midnight in loc
//
// A loc of nil stands for UTC.
func ParseDate(raw string, loc *time.Location, now time.Time) (time.Time, bool) {
	t, _, ok := Dates{Zone: loc, Now: now}.Parse(raw)
	return t, ok
}

// Parse is ParseDate for a date of the document. Zoned is false when the date named no zone, so
// that Zone decided.
func (d Dates) Parse(raw string) (t time.Time, zoned, ok bool) {
	if len(raw) > 200 {
		return time.Time{}, false, false
	}
	raw = strings.TrimSpace(raw)
	t, zoned, ok = parseRFC822(raw)
	if !ok {
		t, zoned, ok = parseRFC3339(raw)
	}
	if !ok {
		p := dateParser{Dates: d}
		if p.Zone == nil {
			p.Zone = time.UTC
		}
		t, zoned, ok = p.parse(raw)
		zoned = zoned || p.named
	}
	if !ok {
		return d.parseParts(raw)
	}
	if t.Before(earliest) || t.After(d.Now) {
		return time.Time{}, zoned, false
	}
	return t.UTC(), zoned, true
}

// parseParts looks for the date among what a page puts on one line with it: "Lan Anh | 14/8/2024 10:44 | 12 bình
// luận". It is that part which is a date and no time alone.
func (d Dates) parseParts(raw string) (t time.Time, zoned, ok bool) {
	for _, sign := range [...]string{"|", "·", "•", " - ", " – "} {
		if !strings.Contains(raw, sign) {
			continue
		}
		for part := range strings.SplitSeq(raw, sign) {
			if !strings.ContainsAny(part, "0123456789") || timeAlone.MatchString(part) {
				continue
			}
			if t, zoned, ok = d.Parse(part); ok {
				return t, zoned, ok
			}
		}
	}
	return time.Time{}, false, false
}

// timeAlone is a time of day without a day.
var timeAlone = regexp.MustCompile(`^\s*[0-9]{1,2}[:h][0-9]{2}(?::[0-9]{2})?\s*$`)

// OrderOf decides the order of day and month for a document whose dates are raws: one date with a
// number above 12 settles it for all, unless another contradicts it.
func OrderOf(raws ...string) DateOrder {
	order := OrderUnknown
	for _, raw := range raws {
		if len(raw) > 200 || !strings.ContainsAny(raw, "/-.") {
			continue
		}
		a, b, numeric := leadingPair(raw)
		if !numeric {
			continue
		}
		this := OrderUnknown
		switch {
		case a > 12 && a <= 31 && b >= 1 && b <= 12:
			this = DayFirst
		case b > 12 && b <= 31 && a >= 1 && a <= 12:
			this = MonthFirst
		default:
			continue
		}
		if order != OrderUnknown && order != this {
			return OrderUnknown
		}
		order = this
	}
	return order
}

// leadingPair finds the first two numbers of a date like 13/09/2026.
func leadingPair(raw string) (a, b int, ok bool) {
	for i := 0; i < len(raw); i++ {
		if !isDigit(raw[i]) {
			continue
		}
		a, n := atoi(raw[i:])
		if n > 2 {
			return 0, 0, false
		}
		rest := raw[i+n:]
		if rest == "" || rest[0] != '/' && rest[0] != '-' && rest[0] != '.' {
			i += n - 1
			continue
		}
		b, m := atoi(rest[1:])
		if m == 0 || m > 2 || len(rest) > m+1 && rest[m+1] != rest[0] && rest[m+1] != ' ' || len(rest) == m+1 && rest[0] == '.' {
			return 0, 0, false
		}
		return a, b, true
	}
	return 0, 0, false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// atoi reads the decimal digits that s starts with, and says how many they are.
func atoi(s string) (v, n int) {
	for n < len(s) && n < 18 && isDigit(s[n]) {
		v = v*10 + int(s[n]-'0')
		n++
	}
	return v, n
}

// parseRFC822 is the fast way for what nearly every feed writes: "Wed, 14 Aug 2024 10:44:00 +0700",
// with or without the weekday, the zone numeric, GMT, UTC or Z.
func parseRFC822(s string) (t time.Time, zoned, ok bool) {
	if len(s) > 5 && s[3] == ',' && s[4] == ' ' {
		s = s[5:]
	}
	day, n := atoi(s)
	if n == 0 || n > 2 || len(s) < n+19 || s[n] != ' ' || s[n+4] != ' ' || s[n+9] != ' ' {
		return t, false, false
	}
	month := shortMonth(s[n+1 : n+4])
	year, m := atoi(s[n+5 : n+9])
	if month == 0 || m != 4 {
		return t, false, false
	}
	s = s[n+10:]
	if s[2] != ':' || s[5] != ':' {
		return t, false, false
	}
	hour, a := atoi(s[:2])
	minute, b := atoi(s[3:5])
	second, c := atoi(s[6:8])
	if a != 2 || b != 2 || c != 2 || hour > 23 || minute > 59 || second > 59 || day < 1 || day > monthDays(year, month) {
		return t, false, false
	}
	offset := 0
	switch zone := s[8:]; zone {
	case " GMT", " UTC", " Z", " UT", " +0000":
	default:
		if len(zone) != 6 || zone[0] != ' ' || zone[1] != '+' && zone[1] != '-' {
			return t, false, false
		}
		v, n := atoi(zone[2:])
		if n != 4 || v%100 > 59 || v > 1400 {
			return t, false, false
		}
		offset = v/100*3600 + v%100*60
		if zone[1] == '-' {
			offset = -offset
		}
	}
	t = time.Date(year, time.Month(month), day, hour, minute, second-offset, 0, time.UTC)
	return t, true, true
}

// parseRFC3339 is the fast way for Atom and JSON Feed: "2024-08-14T10:44:00+07:00".
func parseRFC3339(s string) (t time.Time, zoned, ok bool) {
	if len(s) < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return t, false, false
	}
	year, a := atoi(s[:4])
	month, b := atoi(s[5:7])
	day, c := atoi(s[8:10])
	hour, d := atoi(s[11:13])
	minute, e := atoi(s[14:16])
	second, f := atoi(s[17:19])
	if a != 4 || b != 2 || c != 2 || d != 2 || e != 2 || f != 2 || month < 1 || month > 12 ||
		day < 1 || day > monthDays(year, month) || hour > 23 || minute > 59 || second > 59 {
		return t, false, false
	}
	s = s[19:]
	if s[0] == '.' {
		_, n := atoi(s[1:])
		s = s[n+1:]
	}
	offset := 0
	if s != "Z" {
		if len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':' {
			return t, false, false
		}
		h, n := atoi(s[1:3])
		m, k := atoi(s[4:6])
		if n != 2 || k != 2 || h > 14 || m > 59 {
			return t, false, false
		}
		offset = h*3600 + m*60
		if s[0] == '-' {
			offset = -offset
		}
	}
	return time.Date(year, time.Month(month), day, hour, minute, second-offset, 0, time.UTC), true, true
}

func shortMonth(s string) int {
	switch s {
	case "Jan":
		return 1
	case "Feb":
		return 2
	case "Mar":
		return 3
	case "Apr":
		return 4
	case "May":
		return 5
	case "Jun":
		return 6
	case "Jul":
		return 7
	case "Aug":
		return 8
	case "Sep":
		return 9
	case "Oct":
		return 10
	case "Nov":
		return 11
	case "Dec":
		return 12
	}
	return 0
}

func monthDays(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// dateParser takes a date apart in any order: the words say what they are, and what is left of the
// numbers are day, month and year.
type dateParser struct {
	Dates
	toks []dateToken

	hour, minute, second int
	haveTime, haveSecond bool
	clockAt, clockEnd    int   // the tokens of the time
	unknown              []int // words that were not understood
	half                 int   // 0 none, 1 before noon, 2 after noon
	latinHalf            bool

	offset             int
	zoned              bool
	named              bool   // Zone is the date's own
	abbrev             string // a zone's name whose meaning depends on Zone
	year, month, day   int
	nums               []dateToken // numbers not yet understood
	numSep             byte
	weekdayMonth       int // a word that is a weekday in one language and a month in another
	namedMonth, direct bool
	back               time.Duration
	relative           bool
	daysBack           int
	haveDaysBack       bool
}

type dateToken struct {
	text  string
	num   int
	digit int  // how many digits; 0 for a word or a sign
	sep   byte // the sign itself, 0 for words and numbers
	space bool // white space stands before it
}

func (p *dateParser) parse(raw string) (time.Time, bool, bool) {
	raw = p.namedZone(raw)
	s := thaiMonths.Replace(strings.ToLower(norm.NFC.String(raw)))
	if i := strings.IndexByte(s, '['); i > 0 {
		s = s[:i] // 2024-08-14T10:44:00+07:00[Asia/Ho_Chi_Minh]
	}
	if t, ok := unixTime(s); ok {
		return t, true, true
	}
	if strings.ContainsAny(s, "前전") { // or the expression would be tried on every date
		if past := eastAsianPast.FindStringSubmatch(s); past != nil && units[past[2]] > 0 {
			n, _ := atoi(past[1])
			return p.Now.Add(-time.Duration(min(n, 10000)) * units[past[2]]).Truncate(time.Minute), true, true
		}
	}
	p.scan(s)
	if len(p.toks) == 0 || len(p.toks) > 40 {
		return time.Time{}, false, false
	}
	if compact, ok := p.compact(); ok {
		return compact, p.zoned, true
	}
	if !p.classify() {
		return time.Time{}, false, false
	}
	return p.result()
}

// zoneName is a time zone as the IANA database names it: America/New_York.
var zoneName = regexp.MustCompile(`\b[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_-]+){1,2}\b`)

// namedZone takes the name of a zone out of a date and keeps to it.
func (p *dateParser) namedZone(raw string) string {
	if strings.IndexByte(raw, '/') < 0 {
		return raw
	}
	at := zoneName.FindStringIndex(raw)
	if at == nil {
		return raw
	}
	zone, err := time.LoadLocation(raw[at[0]:at[1]])
	if err != nil {
		return raw
	}
	p.Zone, p.named = zone, true
	return raw[:at[0]] + raw[at[1]:]
}

// unixTime reads a bare number of ten (seconds), thirteen (milliseconds) or sixteen digits, also as .NET writes it:
// /Date(1723607040000+0700)/.
func unixTime(s string) (time.Time, bool) {
	if within, ok := strings.CutPrefix(s, "/date("); ok {
		_, n := atoi(within)
		s = within[:n]
	}
	s, frac, _ := strings.Cut(s, ".")
	v, n := atoi(s)
	if n != len(s) || strings.Trim(frac, "0123456789") != "" {
		return time.Time{}, false
	}
	switch n {
	case 9, 10:
		return time.Unix(int64(v), 0), true
	case 13:
		return time.UnixMilli(int64(v)), true
	case 16:
		return time.UnixMicro(int64(v)), true
	}
	return time.Time{}, false
}

func (p *dateParser) scan(s string) {
	space := false
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case isDigit(c):
			v, n := atoi(s[i:])
			p.toks = append(p.toks, dateToken{text: s[i : i+n], num: v, digit: n, space: space})
			i += n
			space = false
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			space = true
			i++
		case c < utf8.RuneSelf && !('a' <= c && c <= 'z'):
			p.toks = append(p.toks, dateToken{text: s[i : i+1], sep: c, space: space})
			i++
			space = false
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			switch r {
			case 0xA0, 0x202F, 0x2009, 0x3000, 0x200B, 0xFEFF, 0x200E, 0x200F:
				space = true
				i += n
				continue
			case '–', '—', '−', '‑':
				p.toks = append(p.toks, dateToken{text: "-", sep: '-', space: space})
				i += n
				space = false
				continue
			case '年', '月', '日', '时', '時', '分', '秒', '点', '點', '년', '월', '일', '시', '분', '초':
				p.toks = append(p.toks, dateToken{text: s[i : i+n], space: space})
				i += n
				space = false
				continue
			}
			j := i
			for j < len(s) {
				r, n := utf8.DecodeRuneInString(s[j:])
				if r < utf8.RuneSelf && !('a' <= r && r <= 'z') || r == 0xA0 || r == 0x202F || r == '年' || r == '月' || r == '日' {
					break
				}
				j += n
			}
			if j == i {
				j = i + n
			}
			p.toks = append(p.toks, dateToken{text: s[i:j], space: space})
			i = j
			space = false
		}
	}
}

// compact reads the forms that are one run of digits: 20240814, 20240814T104400Z, 20240814104400.
func (p *dateParser) compact() (time.Time, bool) {
	t := p.toks[0]
	if t.digit != 8 && t.digit != 12 && t.digit != 14 {
		return time.Time{}, false
	}
	s := t.text
	num := func(i, n int) int { v, _ := atoi(s[i : i+n]); return v }
	y, mo, d := num(0, 4), num(4, 2), num(6, 2)
	if mo < 1 || mo > 12 || d < 1 || d > monthDays(y, mo) {
		return time.Time{}, false
	}
	p.year, p.month, p.day = y, mo, d
	rest := p.toks[1:]
	if t.digit > 8 {
		p.hour, p.minute, p.haveTime = num(8, 2), num(10, 2), true
		if t.digit == 14 {
			p.second = num(12, 2)
		}
	} else if len(rest) > 1 && rest[0].text == "t" && (rest[1].digit == 6 || rest[1].digit == 4) {
		s = rest[1].text + "00"
		p.hour, p.minute, p.second, p.haveTime = num(0, 2), num(2, 2), num(4, 2), true
		rest = rest[2:]
	} else if len(rest) > 0 && rest[0].text == "t" {
		rest = rest[1:]
	}
	p.toks = rest
	p.direct = true
	if !p.classify() {
		return time.Time{}, false
	}
	at, _, ok := p.result()
	return at, ok
}

// classify gives every token its meaning. It is false when a word is left that does not occur in dates.
func (p *dateParser) classify() bool {
	if p.relativeTime() {
		return true
	}
	for i := 0; i < len(p.toks); {
		t := p.toks[i]
		switch {
		case t.digit > 0:
			i += p.number(i)
		case t.sep == '+' || t.sep == '-':
			if n := p.signed(i); n > 0 {
				i += n
				continue
			}
			i++
		case t.sep != 0:
			i++
		default:
			n := p.word(i)
			if n == 0 {
				p.unknown = append(p.unknown, i)
				n = 1
			}
			i += n
		}
	}
	// A label before a date ("Ngày đăng:") is accepted, prose with numbers in it is not.
	return len(p.unknown) <= 3
}

// doubtful is true of an hour that a word beside it may put into the other half of the day, when that
// word was not understood. What stands behind seconds is the name of a zone.
func (p *dateParser) doubtful() bool {
	if !p.haveTime || p.half != 0 || p.haveSecond || p.hour == 0 || p.hour > 12 {
		return false
	}
	for _, i := range p.unknown {
		before, _ := utf8.DecodeRuneInString(p.at(i).text)
		if i == p.clockEnd || i == p.clockAt-1 && before > 0x590 { // Latin, Greek and Cyrillic have prepositions there
			return true
		}
	}
	return false
}

func (p *dateParser) at(i int) dateToken {
	if i < 0 || i >= len(p.toks) {
		return dateToken{}
	}
	return p.toks[i]
}

// number understands the number at i together with what follows it, and says how many tokens that
// took.
func (p *dateParser) number(i int) int {
	t := p.at(i)
	next := p.at(i + 1)
	after := p.at(i + 2)
	if n := p.clock(i); n > 0 {
		return n
	}
	// 10.44 or 10.44.05 after a finished date, as some Nordic, German and Italian outlets write it.
	if !p.haveTime && p.dated() && next.sep == '.' && after.digit == 2 && t.digit <= 2 && t.num <= 23 && after.num <= 59 {
		p.hour, p.minute, p.haveTime = t.num, after.num, true
		if s := p.at(i + 4); p.at(i+3).sep == '.' && s.digit == 2 && s.num <= 59 {
			p.second, p.haveSecond = s.num, true
			return 5
		}
		return 3
	}
	// 14/8/2024, 2024-08-14, 14.8.24: three numbers with one sign between them.
	if p.year == 0 && p.month == 0 && (next.sep == '/' || next.sep == '-' || next.sep == '.') && after.digit > 0 {
		third := p.at(i + 4)
		if p.at(i+3).sep == next.sep && third.digit > 0 && !(third.space && p.at(i+5).sep == ':') {
			if p.three(t, after, third, next.sep) {
				return 5
			}
		} else if p.two(t, after, next.sep) {
			return 3
		}
	}
	switch next.text {
	case "年", "년":
		p.year = t.num
		return 2
	case "月", "월":
		p.month, p.namedMonth = t.num, true
		return 2
	case "日", "일":
		p.day = t.num
		return 2
	case "st", "nd", "rd", "th", "er", "º", "ª", "e":
		if !next.space && t.digit <= 2 {
			p.nums = append(p.nums, t)
			return 2
		}
	}
	p.nums = append(p.nums, t)
	return 1
}

// dated is true when day, month and year stand before: in numbers, or with the month's name.
func (p *dateParser) dated() bool {
	if p.year != 0 {
		return len(p.nums) == 0
	}
	return p.month != 0 && len(p.nums) == 2 && (p.nums[0].digit == 4 || p.nums[1].digit == 4)
}

// clock understands a time of day: 10:44, 10:44:00.123, 10h44, 10 giờ 44 phút, 3 p.m.
func (p *dateParser) clock(i int) int {
	t, next, after := p.at(i), p.at(i+1), p.at(i+2)
	if p.haveTime || t.digit > 2 || t.num > 24 {
		return 0
	}
	hourWord := isHourWord(next.text) && (next.text != "h" || !next.space)
	minutes := after.digit > 0 && after.digit <= 2 && after.num <= 59
	// "8h 27/11/2026": what follows the hour is the day.
	dayFollows := after.space && p.at(i+4).digit > 0 && (p.at(i+3).sep == '/' || p.at(i+3).sep == '-' || p.at(i+3).sep == '.')
	n := 0
	switch {
	case next.sep == ':' && minutes || hourWord && minutes && !dayFollows:
		p.minute = after.num
		n = 3 + p.seconds(i+3)
	case next.sep == '.' && minutes && after.digit == 2 && p.isHalf(i+3):
		p.minute = after.num
		n = 3
	case next.sep == '.' && minutes && after.digit == 2 && p.at(i+3).sep == '.' && p.at(i+4).digit == 2 && p.isHalf(i+5):
		p.minute, p.second, p.haveSecond = after.num, min(p.at(i+4).num, 59), true
		n = 5
	case hourWord:
		n = 2
	case p.isHalf(i + 1):
		n = 1
	default:
		return 0
	}
	p.hour, p.haveTime = t.num, true
	p.clockAt, p.clockEnd = i, i+n
	return n
}

// seconds understands what follows the minutes: their word, and seconds with or without a fraction.
func (p *dateParser) seconds(i int) int {
	n := 0
	if isMinuteWord(p.at(i).text) && !p.isHalf(i) {
		n++
	}
	switch s := p.at(i + n + 1); {
	case p.at(i+n).sep == ':' && s.digit > 0 && s.digit <= 2 && s.num <= 60:
		p.second, p.haveSecond = s.num, true
		n += 2
		if sep := p.at(i + n).sep; (sep == '.' || sep == ',' || sep == ':') && p.at(i+n+1).digit > 0 && !p.at(i+n+1).space {
			n += 2
		}
	case p.at(i+n).digit > 0 && isSecondWord(s.text):
		p.second, p.haveSecond = p.at(i+n).num, true
		n += 2
	}
	return n
}

func (p *dateParser) three(a, b, c dateToken, sep byte) bool {
	switch {
	case a.digit == 4:
		p.year, p.month, p.day = a.num, b.num, c.num
		if b.num > 12 && c.num <= 12 {
			p.month, p.day = c.num, b.num
		}
	case c.digit == 4 || c.digit == 2:
		if a.digit > 2 || b.digit > 2 {
			return false
		}
		p.year = fullYear(c)
		p.day, p.month = a.num, b.num
		if sep != '.' {
			p.direct = false
			p.numSep = sep
		} else {
			p.direct = true
		}
	default:
		return false
	}
	if a.digit == 4 {
		p.direct = true
	}
	return true
}

func (p *dateParser) two(a, b dateToken, sep byte) bool {
	switch {
	case a.digit == 4 && b.digit == 2 && b.num >= 1 && b.num <= 12 && sep != '.':
		p.year, p.month, p.day, p.direct = a.num, b.num, 1, true
	case a.digit == 4 && b.digit == 3 && sep == '-' && b.num >= 1 && b.num <= 366:
		// ISO 8601's day of the year.
		d := time.Date(a.num, 1, b.num, 0, 0, 0, 0, time.UTC)
		p.year, p.month, p.day, p.direct = d.Year(), int(d.Month()), d.Day(), true
	case b.digit == 4 && a.digit <= 2 && a.num >= 1 && a.num <= 12 && sep != '.':
		p.year, p.month, p.day, p.direct = b.num, a.num, 1, true
	case a.digit <= 2 && b.digit <= 2 && sep == '/' && a.num >= 1 && b.num >= 1:
		p.day, p.month, p.numSep = a.num, b.num, sep
	case a.digit == 2 && b.digit == 2 && sep == '-' && p.clocked() && a.num >= 1 && b.num >= 1:
		// "12-01 23:26" writes the month first, as a date of ISO 8601 whose year is left out.
		p.month, p.day, p.direct = a.num, b.num, true
		if a.num > 12 || p.Order == DayFirst && b.num <= 12 {
			p.month, p.day = b.num, a.num
		}
	case a.digit <= 2 && b.digit <= 2 && sep == '.' && p.clocked() && a.num >= 1 && a.num <= 31 && b.num >= 1 && b.num <= 12:
		p.day, p.month, p.direct = a.num, b.num, true
	default:
		return false
	}
	return true
}

// clocked is true of a date with a time of day.
func (p *dateParser) clocked() bool {
	for _, t := range p.toks {
		if t.sep == ':' || isHourWord(t.text) {
			return true
		}
	}
	return false
}

// fullYear makes four digits of two: 69 to 99 are of the last century.
func fullYear(t dateToken) int {
	if t.digit > 2 {
		return t.num
	}
	if t.num < 69 {
		return 2000 + t.num
	}
	return 1900 + t.num
}

// signed reads an offset from UTC: +7, +07, +0700, +07:00, behind a time or a zone's name.
func (p *dateParser) signed(i int) int {
	t, num := p.at(i), p.at(i+1)
	if !p.haveTime && !p.direct || num.digit == 0 || num.space || num.digit > 4 {
		return 0
	}
	if before := p.at(i - 1); before.text != "" && monthNames[before.text] != 0 {
		return 0 // 14-Sep-12
	}
	if t.sep == '-' && t.space && num.digit < 4 && p.year == 0 {
		return 0 // "10:44 - 14/8/2024"
	}
	if t.sep == '-' && (p.at(i+2).sep == '/' || p.at(i+2).sep == '-') {
		return 0
	}
	h, m, n := num.num, 0, 2
	switch num.digit {
	case 3, 4:
		h, m = num.num/100, num.num%100
	default:
		if p.at(i+2).sep == ':' && p.at(i+3).digit == 2 {
			m = p.at(i + 3).num
			n = 4
		}
	}
	if h > 14 || m > 59 {
		return 0
	}
	p.offset = h*3600 + m*60
	if t.sep == '-' {
		p.offset = -p.offset
	}
	p.zoned, p.abbrev = true, ""
	return n
}

// result puts the parts together.
func (p *dateParser) result() (time.Time, bool, bool) {
	var none time.Time
	if p.relative {
		return p.Now.Add(-p.back).Truncate(time.Minute), true, true
	}
	if p.haveDaysBack {
		n := p.Now.In(p.Zone).AddDate(0, 0, -p.daysBack)
		p.year, p.month, p.day, p.direct = n.Year(), int(n.Month()), n.Day(), true
		p.nums = nil
	}
	if p.month == 0 && p.weekdayMonth != 0 {
		p.month, p.namedMonth = p.weekdayMonth, true
	}
	if !p.assignNumbers() {
		return none, p.zoned, false
	}
	switch {
	case !p.haveTime:
	case p.doubtful():
		p.hour, p.minute, p.haveTime = 0, 0, false
	case p.half == 1 && p.hour == 12:
		p.hour = 0
	case p.half == 2 && p.hour < 12:
		p.hour += 12
	}
	if p.hour > 24 || p.minute > 59 || p.second > 60 {
		return none, p.zoned, false
	}
	if p.year == 0 && p.month == 0 && p.day == 0 {
		if !p.haveTime || p.half == 0 && len(p.toks) > 8 {
			return none, p.zoned, false
		}
		// A time alone is today's, or yesterday's when that has not come yet.
		n := p.Now.In(p.Zone)
		t := p.date(n.Year(), int(n.Month()), n.Day())
		if t.After(p.Now) {
			t = p.date(n.Year(), int(n.Month()), n.Day()-1)
		}
		return t, p.zoned, true
	}
	if p.numSep != 0 && !p.direct && !p.namedMonth {
		p.orderNumbers()
	}
	if p.month < 1 || p.month > 12 || p.day < 1 {
		return none, p.zoned, false
	}
	if p.year > 2400 {
		p.year -= 543 // Thailand counts from the Buddha's death
	}
	if p.year == 0 {
		n := p.Now.In(p.Zone)
		p.year = n.Year()
		if p.date(p.year, p.month, p.day).After(p.Now) {
			p.year--
		}
	}
	if p.year < 1000 || p.year > 9999 || p.day > monthDays(p.year, p.month) {
		return none, p.zoned, false
	}
	return p.date(p.year, p.month, p.day), p.zoned, true
}

// orderNumbers decides which of day and month is which.
func (p *dateParser) orderNumbers() {
	swap := false
	switch {
	case p.month > 12 && p.day <= 12:
		swap = true
	case p.day > 12:
	case p.latinHalf && p.numSep == '/':
		swap = true
	case p.Order == MonthFirst:
		swap = true
	case p.Order == OrderUnknown && p.year != 0:
		swap = p.date(p.year, p.month, p.day).After(p.Now) && !p.date(p.year, p.day, p.month).After(p.Now)
	}
	if swap {
		p.day, p.month = p.month, p.day
	}
}

// assignNumbers gives the numbers that stood alone a meaning, beside a month that had a name.
func (p *dateParser) assignNumbers() bool {
	for _, t := range p.nums {
		switch {
		case t.digit == 4 && p.year == 0 && (p.namedMonth || p.month == 0):
			p.year = t.num
		case t.digit <= 2 && p.day == 0 && t.num >= 1 && t.num <= 31 && p.namedMonth:
			p.day = t.num
		case t.digit == 2 && p.year == 0 && p.namedMonth:
			p.year = fullYear(t)
		case t.digit == 4 && p.year != 0 && p.haveSecond && !p.zoned && t.num <= 1400 && t.num%100 < 60:
			p.offset, p.zoned = t.num/100*3600+t.num%100*60, true // +0700 that went through a form, where + is a space
		case t.digit <= 2 && p.namedMonth && p.year != 0 && p.haveTime:
			// a number behind the date without a meaning of its own
		default:
			return false
		}
	}
	if p.namedMonth && p.year != 0 && p.day == 0 {
		p.day = 1
	}
	if p.year != 0 && p.month == 0 && !p.haveTime && len(p.toks) == 1 && p.year >= 1990 && p.year <= 2100 {
		p.month, p.day = 1, 1
	}
	return true
}

func (p *dateParser) date(year, month, day int) time.Time {
	loc := p.Zone
	if p.zoned {
		loc = time.UTC
	}
	t := time.Date(year, time.Month(month), day, p.hour, p.minute, p.second, 0, loc)
	if p.abbrev != "" {
		// A name that the source's own zone uses means that one: CST is China's in Shanghai.
		if name, _ := t.In(p.Zone).Zone(); strings.EqualFold(name, p.abbrev) {
			return time.Date(year, time.Month(month), day, p.hour, p.minute, p.second, 0, p.Zone)
		}
	}
	return t.Add(-time.Duration(p.offset) * time.Second)
}
