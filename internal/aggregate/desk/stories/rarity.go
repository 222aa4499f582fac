package stories

import (
	"math"

	"feedd/internal/aggregate/desk/words"
)

// rarity weighs words by how rare they are in the stream itself: the name everybody writes today says
// less than the table of frequencies, made of other years, makes believe.
type rarity struct {
	documents func(word uint32) int32 // that have a word, given as in a Text, without its weight; -1 when nobody counts
	all       func() int
}

// believed is for how many documents the table of frequencies speaks: until the stream has as many, it
// says more.
const believed = 300

// weight is the inverse document frequency of a packed word among n documents.
func (r *rarity) weight(p uint32, n float32) float32 {
	const unit = 1. / words.WeightUnit
	df := r.documents(p >> 8)
	if df < 0 {
		return float32(p&0xFF) * unit
	}
	return logOf((n + believed) / (float32(df) + expected[p&0xFF] + 0.5))
}

// share is how rare a packed word is, as a share of how rare a word can be: a stream that grows makes no word rarer for that.
func (r *rarity) share(p uint32) float32 {
	if r.documents == nil {
		return 0
	}
	n := float32(r.all())
	return r.weight(p, n) / logOf((n+believed)/0.5)
}

// shares remembers what share gave for the words asked last beside one report: its names are asked again for each of the
// texts that it is compared with.
type shares struct {
	slots [1 << sharesBits]wordShare
	turn  uint32 // of the report
}

const sharesBits = 6

type wordShare struct {
	word  uint32 // packed
	turn  uint32 // slots of another one are free
	share float32
}

// begin forgets what was asked.
func (t *shares) begin() {
	if t.turn++; t.turn == 0 { // once in four thousand million reports
		*t = shares{turn: 1}
	}
}

func (t *shares) of(r *rarity, p uint32) float32 {
	s := &t.slots[p*2654435769>>(32-sharesBits)]
	if s.turn != t.turn || s.word != p {
		*s = wordShare{p, t.turn, r.share(p)}
	}
	return s.share
}

// expected is how many of the believed documents have a word, by its weight.
var expected = func() (t [256]float32) {
	for w := range t {
		t[w] = believed * float32(math.Exp(-float64(w)/words.WeightUnit))
	}
	return t
}()

// logOf is the natural logarithm to three digits, from a table: it is asked some hundred times an item.
func logOf(x float32) float32 {
	const fraction = 23 - logBits
	bits := math.Float32bits(max(x, 1)) - 127<<23
	return float32(bits>>23)*math.Ln2 + logs[bits>>fraction&(1<<logBits-1)]
}

const logBits = 9

var logs = func() (t [1 << logBits]float32) {
	for i := range t {
		t[i] = float32(math.Log(1 + (float64(i)+.5)/(1<<logBits)))
	}
	return t
}()

// streamCosine compares all words of a text with those of the report named last, weighed by the stream.
func (sc *Scorer) streamCosine(a *words.Open) float64 {
	pr := &sc.probe
	if sc.rare.documents == nil {
		return cosine(pr.all.Dot(a.All()), a.Norm, pr.doc.Norm)
	}
	n := pr.weighOwn(&sc.rare)
	var dot, norm float32
	for _, p := range a.All() {
		w := pr.weigh(&sc.rare, p, n)
		norm += w.squared
		dot += w.shared
	}
	if norm == 0 || pr.rareNorm == 0 {
		return 0
	}
	return min(1, float64(dot)/math.Sqrt(float64(norm)*float64(pr.rareNorm)))
}

// streamAtMost is more than streamCosine gives, or as much, from the words that both have alone: those of the
// other text add to its length, which is that of what both have at least.
func (sc *Scorer) streamAtMost(a *words.Open) float64 {
	pr := &sc.probe
	if sc.rare.documents == nil {
		return 1
	}
	n := pr.weighOwn(&sc.rare)
	pr.meet(a.Text)
	all := a.All()
	var dot float32
	for _, h := range pr.all.Hits() {
		if p, own := all[h.At], &pr.own[h.Slot]; own.word == p {
			dot += own.squared
		} else {
			dot += pr.weigh(&sc.rare, p, n).squared
		}
	}
	if pr.rareNorm == 0 {
		return 0
	}
	const rounding = 1e-6
	return min(1, math.Sqrt(float64(dot)/float64(pr.rareNorm))+rounding)
}

// weighOwn weighs the report's own words, once, and returns among how many documents.
func (b *probe) weighOwn(r *rarity) float32 {
	n := float32(r.all())
	if b.rareNorm == 0 {
		b.weighed.begin()
		if len(b.own) < b.all.Size() {
			b.own = make([]ownWeight, b.all.Size())
		}
		for _, p := range b.doc.All() {
			w := b.weigh(r, p, n).squared
			b.rareNorm += w
			b.own[b.all.Find(p)] = ownWeight{p, w}
		}
	}
	return n
}

// ownWeight is what the stream makes of a word of the report itself.
type ownWeight struct {
	word    uint32 // packed
	squared float32
}

// weighing remembers what words weigh beside one report: the texts that it is compared with have many
// words in common with it and with each other.
type weighing struct {
	slots [1 << weighingBits]weight
	turn  uint32 // of the report
	used  int
}

const weighingBits = 11

// weight is what the stream makes of a word.
type weight struct {
	word    uint32 // packed
	turn    uint32 // slots of another one are free
	squared float32
	shared  float32 // the same where the report has the word, else 0
}

// begin forgets what was weighed.
func (t *weighing) begin() {
	t.used = 0
	if t.turn++; t.turn == 0 { // once in four thousand million reports
		*t = weighing{turn: 1}
	}
}

// weigh gives the weight of a packed word among n documents.
func (b *probe) weigh(r *rarity, p uint32, n float32) weight {
	t := &b.weighed
	i := p * 2654435769 >> (32 - weighingBits)
	for t.slots[i].turn == t.turn {
		if t.slots[i].word == p {
			return t.slots[i]
		}
		i = (i + 1) % (1 << weighingBits)
	}
	w := weight{word: p, turn: t.turn, squared: r.weight(p, n)}
	w.squared *= w.squared
	if b.all.Find(p) >= 0 {
		w.shared = w.squared
	}
	if t.used < len(t.slots)/2 { // else it is weighed each time
		t.slots[i], t.used = w, t.used+1
	}
	return w
}

// Counts counts in how many of the texts shown to it a word stands, and what acronyms do for: the stream of a file of
// pairs.
type Counts struct {
	documents map[uint32]int32
	meant     meanings
	all       int
}

// Add takes one text.
func (c *Counts) Add(t *words.Text) {
	if c.documents == nil {
		c.documents, c.meant = map[uint32]int32{}, meanings{}
	}
	c.all++
	c.meant.saw(t, 1)
	for _, p := range t.All() {
		c.documents[p>>8]++
	}
}

// of weighs words by the texts that were counted.
func (c *Counts) of() rarity {
	return rarity{
		documents: func(word uint32) int32 { return c.documents[word] },
		all:       func() int { return c.all },
	}
}
