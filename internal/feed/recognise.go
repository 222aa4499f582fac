package feed

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
)

// From look to look an item is what it was when its guid or address is known and its headline or text
// is recognisably the same; or when both are new, but its source told the same headline at the same
// publication time or with the same text, as after a move, or under addresses that hold a session. A
// known guid or address with another headline, another text and a later date is another item: some
// sources number the places of their list, or show something new every day at one address.

// Recognition finds what the items of one document are. It reads each item once, however often it is asked.
type Recognition struct {
	doc      []Item
	now      time.Time
	numbered func(host string) bool
	tells    telling
	profiles map[*Item]*profile
}

// NewRecognition returns the recognition of a document, which is given whole. numbered says whether a host means
// the numbers in its addresses as the identity of articles, see Numbering.
func NewRecognition(doc []Item, now time.Time, numbered func(host string) bool) *Recognition {
	return &Recognition{doc: doc, now: now, numbered: numbered, profiles: map[*Item]*profile{}}
}

// profile is what is known of an item, which must not change meanwhile.
func (r *Recognition) profile(it *Item) *profile {
	p := r.profiles[it]
	if p == nil {
		p = profileOf(it)
		r.profiles[it] = p
	}
	return p
}

// Among finds which stored items of the source those of the document are. open are the places in it of the
// items to be recognised, stored those that may be them: what the other items of the document are is not among
// these.
//
// It returns for each of open the place in stored, or -1. No stored item is found twice.
func (r *Recognition) Among(open []int, stored []*Item) []int {
	found := make([]int, len(open))
	for i := range found {
		found[i] = -1
	}
	if len(open) == 0 || len(stored) == 0 {
		return found
	}
	if r.tells.guids == nil {
		r.tells = r.telling()
	}
	m := matcher{
		now: r.now, numbered: r.numbered, tells: r.tells, days: map[string]map[int64]bool{},
		open: len(open), most: 5*len(open) >= 4*len(r.doc),
	}
	ours, theirs := make([]*profile, len(open)), make([]*profile, len(stored))
	boiler := map[string]string{} // the headline of each text, "" when it is that of several
	for i, n := range open {
		p := r.profile(&r.doc[n])
		ours[i] = p
		if t := p.plain(); t != "" {
			if h, ok := boiler[t]; ok && h != p.headline {
				boiler[t] = ""
			} else if !ok {
				boiler[t] = p.headline
			}
		}
	}
	for _, p := range ours {
		t := p.plain()
		p.boilerplate = t != "" && boiler[t] == "" && p.headline != ""
	}
	for i := range stored {
		p := r.profile(stored[i])
		theirs[i] = p
		if m.days[p.headline] == nil {
			m.days[p.headline] = map[int64]bool{}
		}
		m.days[p.headline][p.it.Date().Unix()/86400] = true
	}

	type pair struct{ ours, theirs, strength int }
	var pairs []pair
	for _, c := range candidates(ours, theirs) {
		if s := m.strength(ours[c[0]], theirs[c[1]]); s > 0 {
			pairs = append(pairs, pair{c[0], c[1], s})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(b.strength-a.strength, a.ours-b.ours, cmp.Compare(stored[b.theirs].ID, stored[a.theirs].ID))
	})
	taken := make([]bool, len(stored))
	for _, p := range pairs {
		if found[p.ours] < 0 && !taken[p.theirs] {
			found[p.ours], taken[p.theirs] = p.theirs, true
		}
	}
	return found
}

// Repeated returns the first of these reports of the outlet that an item of the document, by its place,
// tells once more, see Repeats; nil for none.
func (r *Recognition) Repeated(place int, stored []*Item) *Item {
	p := r.profile(&r.doc[place])
	for _, it := range stored {
		if o := r.profile(it); p.repeats(o) {
			return it
		}
	}
	return nil
}

// Repeats says whether a report tells nothing that another one of its outlet did not: the same
// headline at the same time or with the same text, as in two feeds of one outlet, or on one list
// under two addresses. Then they are one entry, and neither is news to the other.
func Repeats(it, other *Item) bool { return profileOf(it).repeats(profileOf(other)) }

func (p *profile) repeats(o *profile) bool {
	if p.headline == "" || p.headline != o.headline {
		return false
	}
	if p.link != "" && p.link == o.link && NamesArticle(p.link) {
		return true
	}
	text := p.textSaid(o)
	switch moment := p.moment(o); {
	case moment == sameTime:
		return text >= textAlike || text == textUnknown && p.specific() || p.it.Source != o.it.Source && text == textOther && p.longHeadline()
	case moment == undated:
		return text == textSame || text == textUnknown && p.specific() && p.it.Source != o.it.Source
	default:
		return text == textSame && p.wordy() && apart(p.it, o.it) < aday/2 && !differentFile(p.it, o.it)
	}
}

const aday = 24 * time.Hour

// profile is an item as far as recognising it goes.
type profile struct {
	it          *Item
	headline    string // in normal form
	link, place string // canonical address, and with what stands behind "#"
	boilerplate bool   // its text is that of other items, too

	text  string // plain, in normal form; see plain
	read  bool
	known map[string]bool // the words of the text
	heads map[string]bool // the words of the headline
}

func profileOf(it *Item) *profile {
	p := &profile{it: it, headline: Normal(it.Title), link: it.Canonical}
	if f := fragmentOf(it.URL); f != "" && p.link != "" {
		p.place = p.link + "#" + f
	}
	return p
}

// plain is the item's text in normal form, "" when it says no more than the headline.
func (p *profile) plain() string {
	if !p.read {
		p.read = true
		if p.text = Normal(clipped(p.it.Summary)); p.text == "" || p.text == p.headline {
			p.text = Normal(clipped(p.it.Content))
		}
		if p.text == p.headline {
			p.text = ""
		}
	}
	return p.text
}

// clipped is the beginning of a text, which is enough to know it by.
func clipped(html string) string {
	const most = 2000
	text := PlainText(html)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return text
}

func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range pieces(text) {
		set[w] = true
	}
	return set
}

// pieces are the words of a text in normal form; of scripts that put no space between words, every
// two letters.
func pieces(normal string) (list []string) {
	for w := range strings.FieldsSeq(normal) {
		if !unspaced(w) {
			list = append(list, w)
			continue
		}
		letters := []rune(w)
		for i := range max(1, len(letters)-1) {
			list = append(list, string(letters[i:min(i+2, len(letters))]))
		}
	}
	return list
}

// unspaced says whether a word is of a script that writes its words without spaces.
func unspaced(w string) bool {
	for _, r := range w {
		if r >= 0x0E00 && r <= 0x0EFF || r >= 0x1000 && r <= 0x109F || r >= 0x1780 && r <= 0x17FF || r >= 0x3040 && r <= 0x9FFF || r >= 0xF900 && r <= 0xFAFF || r >= 0x20000 {
			return true
		}
	}
	return false
}

// Specific says whether a headline has so many words that it is not written twice by chance.
func Specific(title string) bool { return len(pieces(Normal(title))) >= specificWords }

const specificWords = 5

func (p *profile) specific() bool     { return len(pieces(p.headline)) >= specificWords }
func (p *profile) longHeadline() bool { return len(pieces(p.headline)) >= specificWords+2 }

// wordy says whether the text is more than a phrase.
func (p *profile) wordy() bool { return len(pieces(p.plain())) >= 5 }

// What two texts have in common.
const (
	textUnknown = -1 // one of them is empty, or says nothing of its own
	textOther   = 0
	textAlike   = 1
	textNear    = 2 // hardly a word is another
	textSame    = 3
)

func (p *profile) textLike(o *profile) int {
	if p.boilerplate {
		return textUnknown
	}
	return p.textSaid(o)
}

// textSaid is textLike whatever else has the text.
func (p *profile) textSaid(o *profile) int {
	a, b := p.plain(), o.plain()
	if a == "" || b == "" {
		return textUnknown
	}
	if a == b {
		return textSame
	}
	if p.known == nil {
		p.known = wordSet(a)
	}
	if o.known == nil {
		o.known = wordSet(b)
	}
	both := common(p.known, o.known)
	less, all := min(len(p.known), len(o.known)), len(p.known)+len(o.known)-both
	switch {
	case 10*both >= 8*all:
		return textNear
	case 10*both >= 6*less && both >= 3:
		return textAlike // one may be the beginning of the other
	}
	return textOther
}

func common(a, b map[string]bool) (n int) {
	if len(b) < len(a) {
		a, b = b, a
	}
	for w := range a {
		if b[w] {
			n++
		}
	}
	return n
}

// What two headlines have in common.
const (
	headOther = 0
	headAlike = 1 // half of their words
	headNear  = 2 // one word is another, or spelt in another way
	headSame  = 3
)

func (p *profile) headLike(o *profile) int {
	if p.headline == o.headline {
		if p.headline == "" {
			return headOther
		}
		return headSame
	}
	if p.heads == nil {
		p.heads = wordSet(p.headline)
	}
	if o.heads == nil {
		o.heads = wordSet(o.headline)
	}
	both := common(p.heads, o.heads)
	all := len(p.heads) + len(o.heads) - both
	switch {
	case both == 0:
		return headOther
	case min(len(p.heads), len(o.heads))-both <= 1 && both >= 3 || 10*both >= 8*all:
		return headNear
	case 2*both >= all || Alike(p.it.Title, o.it.Title):
		return headAlike
	}
	return headOther
}

// misspelt says whether two headlines differ in the spelling of a word or two.
func (p *profile) misspelt(o *profile) bool {
	a, b := strings.Fields(p.headline), strings.Fields(o.headline)
	if len(a) != len(b) || len(a) < 3 {
		return false
	}
	wrong := 0
	for i := range a {
		if a[i] != b[i] {
			if wrong++; wrong > 2 || !spelling(a[i], b[i]) {
				return false
			}
		}
	}
	return true
}

// spelling says whether two words are one in two spellings: a letter or two are others, missing or
// too many.
func spelling(a, b string) bool {
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	longest := max(len([]rune(a)), len([]rune(b)))
	return 3*max(len(x), len(y)) <= longest
}

// toTheSecond says whether two items have one publication time, told to the second.
func (p *profile) toTheSecond(o *profile) bool {
	a, b := p.it.Published, o.it.Published
	return a.Unix() == b.Unix() && a.Second() != 0
}

// How two publication times stand to each other.
const (
	undated  = iota // one of them is not known
	sameTime        // within a minute
	earlier
	later
)

func (p *profile) moment(o *profile) int {
	a, b := p.it.Published, o.it.Published
	switch {
	case a.IsZero() || b.IsZero():
		return undated
	case a.Sub(b).Abs() < time.Minute:
		return sameTime
	case a.Before(b):
		return earlier
	}
	return later
}

// apart is the time between two publications, 0 when it is not known.
func apart(a, b *Item) time.Duration {
	if a.Published.IsZero() || b.Published.IsZero() {
		return 0
	}
	return a.Published.Sub(b.Published).Abs()
}

// differentFile says whether the files or pictures of two items are others.
func differentFile(a, b *Item) bool {
	if len(a.Enclosures) > 0 && len(b.Enclosures) > 0 && pictureOf(a.Enclosures[0].URL) != pictureOf(b.Enclosures[0].URL) {
		return true
	}
	return a.Image != "" && b.Image != "" && pictureOf(a.Image) != pictureOf(b.Image)
}

// telling counts what the items of a document have of guids and addresses: what several have says
// of none which it is.
type telling struct {
	guids, links, places map[string]int
	moments              map[int64]int
	headlines            map[string]int // in normal form
	positions            bool           // the guids are those of places
	counted              bool           // they may be: they count as such, be they ever so few
}

func (r *Recognition) telling() telling {
	doc := r.doc
	t := telling{map[string]int{}, map[string]int{}, map[string]int{}, map[int64]int{}, map[string]int{}, guidsArePositions(doc), guidsCount(doc)}
	type three struct{ guid, link, place string }
	seen := map[three]bool{} // the same item several times counts once
	for i := range doc {
		p := three{strings.TrimSpace(doc[i].GUID), doc[i].Canonical, ""}
		if f := fragmentOf(doc[i].URL); f != "" {
			p.place = p.link + "#" + f
		}
		if key := (three{doc[i].Key, p.link, p.place}); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		t.guids[p.guid]++
		t.links[p.link]++
		t.places[p.place]++
		t.moments[doc[i].Published.Unix()]++
		t.headlines[r.profile(&doc[i]).headline]++
	}
	return t
}

// matcher weighs pairs of a document's items and stored ones.
type matcher struct {
	now      time.Time
	numbered func(host string) bool
	tells    telling
	days     map[string]map[int64]bool // on which a headline was told
	open     int                       // items to be recognised
	most     bool                      // they are nearly all of the document
}

// anew says whether the document has other names for nearly all of its items, at least so many.
func (m *matcher) anew(least int) bool { return m.most && m.open >= least }

// strength says how surely p, of the document, is the stored o; 0 for not at all.
func (m *matcher) strength(p, o *profile) int {
	guid := strings.TrimSpace(p.it.GUID)
	sameGUID := guid != "" && m.tells.guids[guid] == 1 && !m.tells.positions &&
		(guid == strings.TrimSpace(o.it.GUID) || o.it.Opens == p.it.OwnEntry()) // the guid it had last, or first
	ownLink := p.link != "" && m.tells.links[p.link] == 1 && NamesArticle(p.link)
	sameLink := ownLink && p.link == o.link || p.place != "" && p.place == o.place && m.tells.places[p.place] == 1
	otherGUID := guid != "" && o.it.GUID != "" && !sameGUID
	otherLink := ownLink && o.link != "" && p.link != o.link
	known := sameGUID || sameLink
	nameless := !ownLink && (guid == "" || m.tells.guids[guid] > 1 || m.tells.counted) // nothing but what it says tells which it is

	head, text, moment := p.headLike(o), p.textLike(o), p.moment(o)
	wait := apart(p.it, o.it)
	if moment == undated {
		wait = m.now.Sub(o.it.FirstSeen) // what it is now it may have become since
	}
	newer := moment == later || moment == undated && wait >= aday/2
	if newer && head != headSame && text != textSame && head > headOther && m.nextIssue(p, o, text, wait) {
		return 0
	}
	bonus := max(text, 0)
	if moment == sameTime {
		bonus += 5
	}
	if sameGUID && sameLink {
		bonus += 4
	}
	switch {
	case head == headSame && known:
		if otherGUID && newer && wait >= aday/2 && (text == textOther || text > textOther && text < textSame && figuresDiffer(p.plain(), o.plain())) {
			return 0 // told every day at one address
		}
		return 100 + bonus
	case known && head < headNear && text == textOther && newer && (otherGUID || otherLink):
		return 0
	case known && (head >= headAlike || text == textSame):
		return 80 + 2*head + bonus
	case known && text == textNear && !(newer && wait >= aday/2 && figuresDiffer(p.plain(), o.plain())),
		known && text == textAlike && !(newer && (otherLink || wait >= aday/2)):
		return 75 + bonus
	case head == headSame && moment == sameTime && (text != textOther || p.specific() || nameless && m.tells.headlines[p.headline] == 1):
		return 70 + bonus
	case head == headSame && text == textSame && !m.series(p, o, wait):
		return 60 + bonus
	case head == headSame && moment == undated && text == textUnknown && p.specific() && (m.anew(3) || wait < aday/2):
		return 50
	case head == headSame && m.anew(3) && p.specific() && (text == textNear || text == textAlike && wait < aday/2) && !figuresDiffer(p.plain(), o.plain()):
		return 48 + bonus
	case head == headSame && moment == earlier && p.specific() && text == textNear && !figuresDiffer(p.plain(), o.plain()):
		return 46 + bonus // the next issue would be later: its date was said otherwise when it was stored
	case m.sameNumber(p, o):
		return 55 + bonus
	case !known && figuresDiffer(p.headline, o.headline):
		return 0 // of a series, rather than corrected
	case (nameless || wait < aday/2) && p.specific() && !figuresDiffer(p.plain(), o.plain()) &&
		(head == headSame && text >= textNear || head >= headNear && text == textSame),
		moment == sameTime && text == textSame && p.wordy(),
		moment == sameTime && text >= textAlike && head >= headAlike && p.toTheSecond(o),
		moment == sameTime && text != textOther && p.misspelt(o),
		moment == sameTime && text == textUnknown && head == headNear && p.toTheSecond(o) && m.tells.moments[p.it.Published.Unix()] == 1,
		head >= headAlike && text == textSame && p.wordy() && (wait < aday/2 || m.anew(2)):
		return 40 + 2*head + bonus // a headline corrected, and the address with it
	case known && moment == sameTime && (!otherGUID && !otherLink || m.tells.moments[p.it.Published.Unix()] == 1), // that of all items tells nothing
		known && !otherGUID && !otherLink && (!newer || text == textUnknown && wait < aday/4):
		return 30 + bonus // written anew from the first word to the last
	}
	return 0
}

// series says of two items under one headline, with one text, whether they are two issues of
// something regular all the same.
func (m *matcher) series(p, o *profile, wait time.Duration) bool {
	if m.anew(3) || p.moment(o) == undated || wait < aday/2 {
		return false
	}
	return differentFile(p.it, o.it) || len(m.days[p.headline]) > 1 || !p.wordy()
}

// nextIssue says of two items with headlines alike whether p is the next issue of what is told
// again and again: the headline names another day, or has other figures over another text.
func (m *matcher) nextIssue(p, o *profile, text int, wait time.Duration) bool {
	if wait >= aday/4 && daysDiffer(p.it.Title, o.it.Title) {
		return true
	}
	return text == textOther && figuresDiffer(p.headline, o.headline)
}

func (m *matcher) sameNumber(p, o *profile) bool {
	host, number := ArticleNumber(p.link)
	if number == "" {
		return false
	}
	theirs, other := ArticleNumber(o.link)
	return host == theirs && number == other && m.numbered != nil && m.numbered(host)
}

// figuresDiffer says whether two texts in normal form have other numbers.
func figuresDiffer(a, b string) bool {
	return !slices.Equal(figuresOf(a), figuresOf(b))
}

func figuresOf(normal string) (list []string) {
	for w := range strings.FieldsSeq(normal) {
		if w[0] >= '0' && w[0] <= '9' {
			list = append(list, w)
		}
	}
	return list
}

var (
	datePattern = regexp.MustCompile(`\d{1,4}[/.\-]\d{1,2}(?:[/.\-]\d{2,4})?|\d{1,2}月\d{1,2}日|(?i:ngày|day|tag|jour|kỳ|số|no\.?|#|episode|tập)\s?\d+`)
	dayPattern  = regexp.MustCompile(`(?i)\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|thứ (?:hai|ba|tư|năm|sáu|bảy)(?:\PL|$)|chủ nhật|` +
		`\b(?:january|february|march|april|may|june|july|august|september|october|november|december) \d{1,2}\b|` +
		`\b\d{1,2} (?:january|february|march|april|may|june|july|august|september|october|november|december)\b`)
)

// daysDiffer says whether two headlines both name a day or an issue, and another one each.
func daysDiffer(a, b string) bool {
	for _, re := range [...]*regexp.Regexp{datePattern, dayPattern} {
		x, y := re.FindAllString(a, -1), re.FindAllString(b, -1)
		if len(x) > 0 && len(y) > 0 && !slices.EqualFunc(x, y, strings.EqualFold) {
			return true
		}
	}
	return false
}

// candidates are the pairs that have anything in common by which they may be the same. What too many
// have in common says nothing.
func candidates(ours, theirs []*profile) [][2]int {
	const most = 40 // stored items with one mark, the newest
	by := map[string][]int{}
	put := func(kind, mark string, i int) {
		if mark != "" {
			by[kind+mark] = append(by[kind+mark], i)
		}
	}
	each := func(p *profile, put func(kind, mark string)) {
		put("g:", strings.TrimSpace(p.it.GUID))
		put("l:", p.link)
		put("h:", p.headline)
		put("x:", p.plain())
		if host, number := ArticleNumber(p.link); number != "" {
			put("n:", host+" "+number)
		}
	}
	order := make([]int, len(theirs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(theirs[b].it.ID, theirs[a].it.ID) }) // newest first
	for _, i := range order {
		each(theirs[i], func(kind, mark string) { put(kind, mark, i) })
		if t := theirs[i].it.Published; !t.IsZero() {
			put("m:", t.UTC().Truncate(time.Minute).Format(time.RFC3339), i)
		}
	}
	have := map[[2]int]bool{}
	var pairs [][2]int
	add := func(i int, list []int) {
		for _, j := range list[:min(len(list), most)] {
			if k := [2]int{i, j}; !have[k] {
				have[k] = true
				pairs = append(pairs, k)
			}
		}
	}
	for i := range ours {
		each(ours[i], func(kind, mark string) {
			if mark != "" {
				add(i, by[kind+mark])
			}
		})
		if t := ours[i].it.Published; !t.IsZero() {
			for d := -1; d <= 1; d++ { // within a minute may be in the next
				add(i, by["m:"+t.UTC().Truncate(time.Minute).Add(time.Duration(d)*time.Minute).Format(time.RFC3339)])
			}
		}
	}
	return pairs
}

// HeadlineMark is a hash by which reports under one headline are found; those under others may have
// it, too. 0 for none.
func HeadlineMark(title string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h, n := uint64(offset), 0
	mix := func(r rune) {
		for ; r > 0; r >>= 8 {
			h = (h ^ uint64(r&0xff)) * prime
		}
		n++
	}
	for _, r := range title {
		if r < 0x80 {
			if l := asciiWord[r]; l != 0 {
				mix(rune(l))
			}
			continue
		}
		if l, ok := letterOf(r); ok {
			mix(l.fold)
		} else if r > 0x300 && (r < 0x2000 || r > 0x206F) && !(r >= 0x300 && r <= 0x36F) {
			mix(r)
		}
	}
	if n == 0 {
		return 0
	}
	return max(h, 1)
}
