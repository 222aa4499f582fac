package sections

import (
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"feedd/internal/feed"
)

// Label is an example of a section.
type Label feed.Label

// NewLabel returns the label that an item is an example of a section, in the way an outlet files, "" for
// the editor's.
func NewLabel(it *feed.Item, src feed.Source, section, outlet string) Label {
	l := Label{
		Item: it.ID, Section: section, Language: languageOf(it, src), Outlet: outlet,
		Text: it.Title + "\n" + firstWords(feed.PlainText(it.SummaryHead()), mostSummaryWords),
	}
	if !it.FirstSeen.IsZero() {
		l.At = it.FirstSeen.Unix()
	}
	return l
}

// firstWords cuts a text behind its first n words.
func firstWords(text string, n int) string {
	if fewWords(text, n) {
		return text
	}
	words := feed.Cut(nil, text)
	if len(words) <= n {
		return text
	}
	return text[:words[n-1].End]
}

// fewWords tells at a glance, counting whatever may stand between two words, that a text has at
// most n of them.
func fewWords(text string, n int) bool {
	for _, r := range text {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', 'À' <= r && r <= 'ɏ', 'Ḁ' <= r && r <= 'ỿ':
		default:
			n--
		}
	}
	return n > 0
}

// Model is what the sections learned: for each language, how often each feature stood in the
// examples of each section. It classifies by naive Bayes, complement and multinomial together,
// over several families of features. Adding and taking back an example is adding to counts; there
// is no training.
//
// A Model is safe for concurrent use.
type Model struct {
	mu        sync.Mutex
	languages map[string]*learned
	memory    learning
	weighing  weighing

	late    atomic.Bool // it has not been asked, see LateModel
	reading sync.Mutex
	read    func() (*Model, error)
	err     error
}

// LateModel returns a model that knows nothing until the first item comes that it has a say in. Where
// sources, categories and rules file all that comes, that is never, and it costs neither time nor memory.
// When decides what it will know then.
func LateModel(now time.Time) *Model {
	m := &Model{weighing: weighing{week: Week(now)}}
	m.late.Store(true)
	return m
}

// When says how a late model comes to know what it is asked: read returns a model that knows the examples
// of that moment, whose content it takes over. What LearnLabel is given before is not learned: it must be
// among what read finds. Of a model that knows, nothing changes.
func (m *Model) When(read func() (*Model, error)) {
	m.reading.Lock()
	defer m.reading.Unlock()
	m.read = read
}

var errNeverRead = errors.New("nothing says how to read what the sections learned")

// know makes a late model know. Nobody who calls it holds m.mu.
func (m *Model) know() {
	if !m.late.Load() {
		return
	}
	m.reading.Lock()
	defer m.reading.Unlock()
	if !m.late.Load() || m.err != nil {
		return
	}
	if m.read == nil {
		m.err = errNeverRead
		return
	}
	full, err := m.read()
	if m.read = nil; err != nil {
		m.err = err
		return
	}
	m.mu.Lock()
	m.languages, m.weighing = full.languages, full.weighing
	m.mu.Unlock()
	m.late.Store(false)
}

// Err tells why a late model that was asked knows nothing. What was decided by it counts for nothing.
func (m *Model) Err() error {
	m.reading.Lock()
	defer m.reading.Unlock()
	return m.err
}

// NewModel returns a model that knows nothing, to which all examples will count alike.
func NewModel() *Model { return NewWeighingModel(Weighing{}) }

// NewWeighingModel returns a model that knows nothing, to which examples will count by their age and
// their outlet.
func NewWeighingModel(w Weighing) *Model {
	return &Model{languages: map[string]*learned{}, weighing: newWeighing(w)}
}

// Aged tells whether examples would count otherwise by now.
func (m *Model) Aged(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.weighing.week != Week(now)
}

// LearnLabel adds (sign 1) or takes back (sign -1) an example of a section. What is taken back must
// have been added with the same text.
func (m *Model) LearnLabel(l Label, sign int) {
	if m.late.Load() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if h := (hashed{l.hash(), l, m.weighing.of(&l)}); h.weight != 0 {
		m.in(l.Language).learn(&m.memory, &h, sign)
	}
}

// LearnAll adds all examples, for which labels calls each once, to a model that knows none, and finds what corrects
// their evidence. It counts many together, which takes half the time. With an error what the model knows is of no use.
func (m *Model) LearnAll(labels func(each func(Label)) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	samples := map[*learned]*correctionSample{}
	err := labels(func(l Label) {
		h := hashed{l.hash(), l, m.weighing.of(&l)}
		if h.weight == 0 {
			return
		}
		c := m.in(l.Language)
		if samples[c] == nil {
			samples[c], c.later = &correctionSample{}, &laterCounts{}
		}
		c.learn(&m.memory, &h, 1)
		if l.At <= 0 || Week(time.Unix(l.At, 0)) < m.weighing.week {
			samples[c].take(h)
		}
	})
	if err != nil {
		return err
	}
	for c, s := range samples {
		c.countLater()
		c.later = nil
		c.correct(&m.memory, s.lowest())
	}
	return nil
}

// in is what is known in a language.
func (m *Model) in(language string) *learned {
	c := m.languages[language]
	if c == nil {
		c = newLearned(language)
		m.languages[language] = c
	}
	return c
}

// Labels returns how many examples a section has, in all languages.
func (m *Model) Labels(section string) int {
	m.know()
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, c := range m.languages {
		if i, ok := c.index[section]; ok {
			n += c.docs[i]
		}
	}
	return n
}

// Settle calibrates the model now rather than at its next decision.
func (m *Model) Settle() {
	m.know()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.languages {
		c.fit(&m.memory)
	}
}

// learning is the memory one example or one decision needs.
type learning struct {
	title, summary []feed.Word
	set            featureSet
	slots          []int // of the features of set
	scores         []float64
	near           []float64
	corrections    []float64
}

func (w *learning) extract(l Label) {
	title, summary, _ := strings.Cut(l.Text, "\n")
	w.title, w.summary = feed.Cut(w.title[:0], title), feed.Cut(w.summary[:0], summary)
	w.set.extract(l.Language, title, w.title, w.summary)
}

// learned is what is known in one language. Sections that begin with feed.NotSection stand beside
// the others and never compete: their examples make their words say less of every section, and
// least of the one that had them to itself.
type learned struct {
	sections []string
	index    map[string]int // into sections
	order    []int          // the sections sorted by id, so that sums do not depend on history
	docs     []int          // labels by section, each as one

	cells  table
	later  *laterCounts   // what is not in cells and vocab yet; nil when all is counted at once
	totals [kinds][]int64 // occurrences by section, in units
	total  [kinds]int64
	vocab  [kinds]int       // features with a sum above 0
	logIn  [kinds][]float64 // ln(totals+alpha*vocab), as of the last fit
	logOut [kinds][]float64 // the same of all other sections

	variants variants
	accented int // labels with diacritics

	vectors *vectors
	centres []point // by section: the sum of its examples' places

	sample     heldOut
	scale      scale
	changed    bool // since scale was fitted
	correction correction
}

func newLearned(language string) *learned {
	return &learned{index: map[string]int{}, variants: variants{}, vectors: vectorsOf(language)}
}

// section returns the number of a section, a new one where need be.
func (c *learned) section(id string) int {
	if i, ok := c.index[id]; ok {
		return i
	}
	i := len(c.sections)
	c.sections, c.docs, c.centres = append(c.sections, id), append(c.docs, 0), append(c.centres, point{})
	c.index[id] = i
	for k := range c.totals {
		c.totals[k] = append(c.totals[k], 0)
	}
	at, _ := slices.BinarySearchFunc(c.order, id, func(j int, id string) int { return strings.Compare(c.sections[j], id) })
	c.order = slices.Insert(c.order, at, i)
	c.cells.widen(i + 1)
	return i
}

// competes tells whether a section is one that items are filed under.
func (c *learned) competes(section int) bool {
	return !strings.HasPrefix(c.sections[section], feed.NotSection)
}

// learn counts an example: sign 1 adds it and -1 takes it back, its weight is what it counts, in units.
func (c *learned) learn(w *learning, h *hashed, sign int) {
	l, n := &h.label, sign*h.weight
	w.extract(*l)
	s := c.section(l.Section)
	c.docs[s] += sign
	for i := range w.set.list {
		k := w.set.list[i].feature.kind()
		c.totals[k][s] += int64(n)
		c.total[k] += int64(n)
	}
	c.count(w, s, n)
	if w.set.accented {
		c.accented += sign
		if sign > 0 {
			c.variants.note(w.title)
			c.variants.note(w.summary)
		}
	}
	at := c.vectors.place(&w.set)
	c.centres[s].add(&at, int64(n))
	if c.competes(s) {
		c.sample.learn(h, sign)
	}
	c.changed = true
}

// count adds n units to the counts of a text's features, now or with many others.
func (c *learned) count(w *learning, section, n int) {
	if c.later != nil {
		for i := range w.set.list {
			c.later.waiting = append(c.later.waiting, laterCount{w.set.list[i].feature, uint16(section), int16(n)})
		}
		if len(c.later.waiting) >= countedTogether {
			c.countLater()
		}
		return
	}
	// As for score, first where all are and then what is there.
	w.slots = c.cells.slotsOf(w.slots[:0], w.set.list)
	for i, slot := range w.slots {
		c.vocab[w.set.list[i].feature.kind()] += c.cells.add(slot, section, int32(n))
	}
}

// laterCounts are what examples add to the counts, until it is enough to be counted together. The table is larger than
// what a processor has at hand, and the features of a text lie all over it; in the order of the table those of two
// thousand texts go through it once.
type laterCounts struct{ waiting, sorted []laterCount }

type laterCount struct {
	feature Feature
	section uint16
	units   int16 // what an example counts, see weighing
}

const countedTogether = 1 << 19

// countLater counts what waits, in about the order of the table.
func (c *learned) countLater() {
	const partBits = 8
	partOf := func(x *laterCount) uint32 { return x.feature.spread() >> (32 - partBits) }
	l := c.later
	var next [1<<partBits + 1]int // by part, where its next one goes
	for i := range l.waiting {
		next[partOf(&l.waiting[i])+1]++
	}
	for i := range next[1:] {
		next[i+1] += next[i]
	}
	l.sorted = slices.Grow(l.sorted[:0], len(l.waiting))[:len(l.waiting)]
	for i := range l.waiting {
		x := &l.waiting[i]
		at := &next[partOf(x)]
		l.sorted[*at] = *x
		*at++
	}
	// What a part lacks is made room for before it is counted, by what the first ones lacked, at once for all: new features that come
	// in this order crowd while the table is too small for all. That is more than enough, for a feature may come again.
	const asked = 1 << partBits / 16 // parts
	absent := 0
	for i := range l.sorted[:next[asked-1]] {
		if c.cells.find(l.sorted[i].feature) == 0 {
			absent++
		}
	}
	c.cells.reserve(absent << partBits / asked)
	from := 0
	for _, to := range next[:1<<partBits] { // where each part ends by now
		part := l.sorted[from:to]
		from = to
		c.cells.reserve(len(part)) // should they have been unlike the others
		for i := range part {
			x := &part[i]
			c.vocab[x.feature.kind()] += c.cells.add(c.cells.slot(x.feature), int(x.section), int32(x.units))
		}
	}
	l.waiting = l.waiting[:0]
}

// A feature's evidence for a section is a mixture of two naive Bayes estimates, both smoothed by
// alpha: of the feature in the section (multinomial), and of the feature in all other sections
// (complement; Rennie et al. 2003). The first knows what a section is about, the second what it is
// not about, from more data. One text's features are far from independent, so each counts for a
// part only. The parts were fitted on labelled headlines, in Vietnamese and English, by the
// likelihood of held-out titles; they differ little from set to set. alpha is in units, as counts are.
const alpha = 0.2 * unit

type part2 struct{ complement, multinomial float64 }

var (
	partsAccented = [kinds]part2{
		oneNormal: {.10, .18}, twoNormal: {.35, .11}, part: {.09, 0}, ending: {0, .12}, capital: {.37, 0}, shape: {0, .17},
	}
	partsBare = [kinds]part2{ // Vietnamese without diacritics
		oneFolded: {.15, .11}, twoFolded: {.26, .09}, part: {.02, .06}, ending: {.12, .14}, capital: {.16, .03}, shape: {0, .23},
	}
	partsForeign = [kinds]part2{
		oneFolded: {.20, .12}, twoFolded: {.14, .03}, part: {.03, .065}, ending: {0, .26}, capital: {.02, .16}, shape: {0, .26},
	}
)

// partsRestored weighs a text without diacritics half as it is and half as it was meant.
var partsRestored = func() (p [kinds]part2) {
	for k := range p {
		a, b := partsAccented[k], partsBare[k]
		p[k] = part2{(a.complement + b.complement) / 2, (a.multinomial + b.multinomial) / 2}
	}
	return p
}()

func partsOf(set *featureSet) *[kinds]part2 {
	switch {
	case set.accented:
		return &partsAccented
	case set.restored:
		return &partsRestored
	case set.vietnamese:
		return &partsBare
	}
	return &partsForeign
}

// logs[n] is ln(n+alpha).
var logs = func() (t [8192]float64) {
	for n := range t {
		t[n] = math.Log(float64(n) + alpha)
	}
	return t
}()

func logCount(n int32) float64 {
	if uint32(n) < uint32(len(logs)) {
		return logs[n]
	}
	return math.Log(float64(n) + alpha)
}

// score gives the evidence for every section, not yet calibrated: only the differences matter.
// When the text itself is among the examples, self is its section and it is left out with the weight
// it has there; else self is -1, and settle must have been called since the last example.
func (c *learned) score(dst []float64, set *featureSet, self, weight int) []float64 {
	dst = resize(dst, len(c.sections))
	parts := partsOf(set)
	// To look all up before reading what was found lets the memory be waited for once.
	for i := range set.list {
		at := &set.list[i]
		at.counts = 0
		if p := &parts[at.feature.kind()]; p.complement != 0 || p.multinomial != 0 {
			at.counts = c.cells.find(at.feature)
		}
	}
	known, own := c.addCounts(dst, set, parts, self, int32(weight))
	for k := range kinds {
		if known[k] == 0 {
			continue
		}
		p, n := parts[k], float64(known[k])
		if self < 0 {
			for s := range dst {
				dst[s] += n * (p.complement*c.logOut[k][s] - p.multinomial*c.logIn[k][s])
			}
			continue
		}
		total := c.total[k] - own[k]*int64(weight)
		smooth := alpha * float64(c.vocab[k])
		for s := range dst {
			in := c.totals[k][s]
			if s == self {
				in -= own[k] * int64(weight)
			}
			dst[s] += n * (p.complement*math.Log(float64(total-in)+smooth) - p.multinomial*math.Log(float64(in)+smooth))
		}
	}
	return dst
}

// addCounts adds the part of the evidence that the counts of the single features are. It returns, by
// kind, how many features have counts, and how many the text has.
func (c *learned) addCounts(dst []float64, set *featureSet, parts *[kinds]part2, self int, weight int32) (known, own [kinds]int64) {
	for i := range set.list {
		k := set.list[i].feature.kind()
		own[k]++
		if set.list[i].counts == 0 {
			continue
		}
		cells, sum := c.cells.at(set.list[i].counts)
		if self >= 0 {
			sum -= weight
		}
		if sum <= 0 {
			continue
		}
		known[k]++
		p := parts[k]
		switch {
		case p.multinomial == 0:
			for s, x := range cells {
				if s == self {
					x -= weight
				}
				dst[s] -= p.complement * logCount(sum-x)
			}
		case p.complement == 0:
			for s, x := range cells {
				if s == self {
					x -= weight
				}
				dst[s] += p.multinomial * logCount(x)
			}
		default:
			for s, x := range cells {
				if s == self {
					x -= weight
				}
				dst[s] += p.multinomial*logCount(x) - p.complement*logCount(sum-x)
			}
		}
	}
	return known, own
}

// settle computes what decisions need of the totals.
func (c *learned) settle() {
	for k := range kinds {
		smooth := alpha * float64(c.vocab[k])
		c.logIn[k], c.logOut[k] = c.logIn[k][:0], c.logOut[k][:0]
		for _, in := range c.totals[k] {
			c.logIn[k] = append(c.logIn[k], math.Log(float64(in)+smooth))
			c.logOut[k] = append(c.logOut[k], math.Log(float64(c.total[k]-in)+smooth))
		}
	}
}

// speaks gives the evidence of one feature alone for section self, against the mean of the given
// sections. score must have been called for the set that it is of.
func (c *learned) speaks(at *seen, parts *[kinds]part2, self int, sections []int) float64 {
	row, sum := c.cells.at(at.counts)
	if sum <= 0 {
		return 0
	}
	k := at.feature.kind()
	p, own, mean := parts[k], 0.0, 0.0
	for _, s := range sections {
		x := row[s]
		adds := p.multinomial*(logCount(x)-c.logIn[k][s]) - p.complement*(logCount(sum-x)-c.logOut[k][s])
		mean += adds
		if s == self {
			own = adds
		}
	}
	return own - mean/float64(len(sections))
}

// What a cosine of 1 between a text and the examples of a section adds to the evidence, with no
// examples at all and with so many a section that it is half of that: the more examples, the more
// words have been met, and what their company says matters less. Fitted like the parts.
const (
	nearnessAtFirst = 16.0
	nearnessHalved  = 50.0
)

// nearby gives the evidence of the word vectors: how near the text's place is to the middle of
// each section's examples. topics, where there are any, stand beside the examples; self is as for
// score.
func (c *learned) nearby(dst []float64, at *point, self, weight int, topics []point) []float64 {
	dst = resize(dst, len(c.sections))
	docs, sections := 0, 0
	for s, n := range c.docs {
		if n > 0 && c.competes(s) {
			docs += n
			sections++
		}
	}
	nearness := nearnessAtFirst / (1 + float64(docs)/float64(max(sections, 1))/nearnessHalved)
	var none point
	for s := range dst {
		beside := &none
		if topics != nil {
			beside = &topics[s]
		}
		if s == self {
			rest := c.centres[s]
			rest.add(at, -int64(weight))
			dst[s] = nearness * at.cosine(&rest, beside)
			continue
		}
		dst[s] = nearness * at.cosine(&c.centres[s], beside)
	}
	return dst
}
