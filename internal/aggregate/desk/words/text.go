package words

import (
	"math"
	"math/bits"
	"slices"
)

// Text is what is remembered of a report's text. A desk holds one for each report of its window, and
// compares each new report with some twenty of them: what all of these are asked, the words, lies open;
// the rest is packed, and Open lays it out.
type Text struct {
	block []uint32 // see pack
	Exact uint64   // of the headline's normal form; equal means equal
	Norm  float32  // the length of All as a vector

	all    uint16 // how many there are of each part of the block
	dates  uint8
	names  uint8
	folds  uint8
	slots  uint8
	title  uint8
	row    uint8
	seldom uint8 // which of the parts are there that most texts lack, by bit

	Language Language
	Genres   uint16 // kinds of piece that are written about an event, by bit
	Length   uint8  // of the headline, words
	Head     uint8  // tokens before the first colon or bar, 0 when there is none
	Tail     uint8  // tokens before the last one
	Marked   bool   // written with diacritics
	Digest   bool
	Advice   bool // how to cook, what to eat
	Angle    bool // looks at an event from aside
	Told     bool // has a summary
}

// All are the words of headline and summary, packed, each once.
func (d *Text) All() []uint32 { return d.block[d.dates:][:d.all] }

// Names are the names among them, and their neighbouring names.
func (d *Text) Names() []uint32 { return d.block[int(d.dates)+int(d.all):][:d.names] }

// Pack holds a word of a set in 32 bits: 24 of its hash, 8 of its weight. Two words of two
// reports are taken for one by mistake once in some thousands of comparisons, which moves a
// cosine a little; it halves the memory.
func Pack(h uint32, weight float32) uint32 { return Hashed(h) | uint32(says(weight)) }

// Hashed is what of a hash is kept.
func Hashed(h uint32) uint32 { return h &^ 0xFF }

const WeightUnit = 20

// says is a weight in weight units, bounded.
func says(weight float32) uint8 { return uint8(min(255, max(1, weight*WeightUnit))) }

// Open is a text laid open, to be compared with others.
type Open struct {
	*Text
	Title []Token // of the headline, the first MostTokens
	Circumstances
	Steps    uint64    // which words of a next step the headline has
	Days     [2]uint16 // named in title and summary: month*100+day
	HeadHash uint32    // of the tokens before the first colon or bar
	Meaning  Meaning
	Short    bool // has a token that is an acronym
	slots    []slot

	bearing  bearing // while a text is read; see Text.Cosine
	directed bool
}

// MostTokens of a headline are remembered one by one.
const MostTokens = 40

// The block holds one part behind the other, numbers of 32 bits:
//
//	dates   of the text, which are no words of it, hashed
//	all     words, packed
//	names   packed
//	folds   of the headline's tokens whose fold is not their norm, hashed
//	slots   three each: the key and the value
//	seldom  steps, hash of the head, days, the days of the week with them, places, ages, the direction and the meaning of an acronym, where there are any
//
// and behind them bytes, four to a number:
//
//	row     of headline and summary, which word stands at each place: its number among dates and words
//	weights of the pair that the word at each place is with the one before it, 0 where none is told
//	tokens  three each, of the headline: flags, initial, weight
//	kinds   of the slots
//
// A pair is not kept but made of its words again when texts are compared in full, which is seldom.
const (
	nowhere      = 0xFF // a word without a number, in the row
	mostDates    = 2 * MostTokens
	mostRow      = 0xFF
	foldIsOther  = 0x80 // in a token's initial
	slotNumbers  = 3
	tokenNumbers = 3 // bytes
	dayBits      = 11
)

// bits of seldom, and how many numbers each part takes.
const (
	hasSteps = iota
	hasHead
	hasDays
	hasPlaces
	hasAges
	hasDirection
	hasMeaning
)

var seldomNumbers = [...]int{hasSteps: 2, hasHead: 1, hasDays: 1, hasPlaces: 4, hasAges: 1, hasDirection: directionNumbers, hasMeaning: 2}

// packing is what a text is packed from, used again for each.
type packing struct {
	dates   []uint32
	row     []uint8
	dated   []bool  // by place of the row
	pairs   []uint8 // weights, by place of the row
	places  int     // of the text, of which the row has the first
	told    []int   // by pair: the place where it stands first
	numbers []uint32
	bytes   []uint8
	spare   []uint32 // of what blocks are cut from
}

// cutFrom is how many numbers are allocated at once for some thirty blocks: one by one they would be rounded up, by a twentieth
// in the mean. Texts are forgotten in the order in which they were read, mostly.
const cutFrom = 2 << 10

// cut returns an empty block that has room for n numbers.
func (p *packing) cut(n int) []uint32 {
	if n > len(p.spare) {
		if n > cutFrom/8 {
			return make([]uint32, 0, n)
		}
		p.spare = make([]uint32, cutFrom)
	}
	block := p.spare[:0:n]
	p.spare = p.spare[n:]
	return block
}

// pack fills the block of d. all and names are packed words.
func (p *packing) pack(d *Open, title []spelled, all, names []uint32) {
	t := d.Text
	title = title[:min(len(title), MostTokens)]
	names = names[:min(len(names), math.MaxUint8)]
	t.all, t.dates, t.names = uint16(len(all)), uint8(len(p.dates)), uint8(len(names))
	t.slots, t.title, t.row = uint8(len(d.slots)), uint8(len(title)), uint8(len(p.row))
	for i, at := range p.row {
		if !p.dated[i] && at != nowhere {
			p.row[i] += t.dates
		}
	}
	n := append(append(append(p.numbers[:0], p.dates...), all...), names...)

	b := append(append(p.bytes[:0], p.row...), p.pairs...)
	t.folds = 0
	for i := range title {
		token := &title[i]
		initial := token.Initial
		if token.Fold != token.Norm {
			n = append(n, Hashed(token.Fold))
			t.folds++
			initial |= foldIsOther
		}
		b = append(b, token.Flags, initial, says(token.weight))
	}
	for _, s := range d.slots {
		value := math.Float64bits(s.value)
		n = append(n, s.key, uint32(value), uint32(value>>32))
		b = append(b, uint8(s.kind))
	}
	n = p.packSeldom(d, n)

	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	t.block = append(p.cut(len(n)+len(b)/4), n...)
	for ; len(b) > 0; b = b[4:] {
		t.block = append(t.block, uint32(b[0])|uint32(b[1])<<8|uint32(b[2])<<16|uint32(b[3])<<24)
	}
	p.numbers, p.bytes = n, b[:0]
}

// packSeldom appends what few texts have.
func (p *packing) packSeldom(d *Open, n []uint32) []uint32 {
	has := uint8(0)
	if d.Steps != 0 {
		n, has = append(n, uint32(d.Steps), uint32(d.Steps>>32)), has|1<<hasSteps
	}
	if d.HeadHash != 0 {
		n, has = append(n, d.HeadHash), has|1<<hasHead
	}
	if d.Days[0] != 0 || d.weekdays != 0 {
		n, has = append(n, uint32(d.Days[0])|uint32(d.Days[1])<<dayBits|uint32(d.weekdays)<<(2*dayBits)), has|1<<hasDays
	}
	if d.places[0] != 0 {
		n, has = append(n, d.places[:]...), has|1<<hasPlaces
	}
	if a := d.ages; a[0] != 0 {
		n, has = append(n, uint32(a[0])|uint32(a[1])<<8|uint32(a[2])<<16|uint32(a[3])<<24), has|1<<hasAges
	}
	if d.directed {
		n, has = append(n, d.bearing[:]...), has|1<<hasDirection
	}
	if m := d.Meaning; m.Acronym != 0 {
		n, has = append(n, m.Acronym|uint32(m.Long.Words), m.Long.hash), has|1<<hasMeaning
	}
	d.seldom = has
	return n
}

// part returns where a part that few texts have begins, -1 where this one lacks it.
func (d *Text) part(which int) int {
	if d.seldom>>which&1 == 0 {
		return -1
	}
	at := int(d.dates) + int(d.all) + int(d.names) + int(d.folds) + slotNumbers*int(d.slots)
	for k := range which {
		if d.seldom>>k&1 != 0 {
			at += seldomNumbers[k]
		}
	}
	return at
}

// bytes returns the bytes behind the numbers.
func (d *Text) bytes() packedBytes {
	at := int(d.dates) + int(d.all) + int(d.names) + int(d.folds) + slotNumbers*int(d.slots)
	for has := d.seldom; has != 0; has &= has - 1 {
		at += seldomNumbers[bits.TrailingZeros8(has)]
	}
	return d.block[at:]
}

// packedBytes are bytes, four to a number.
type packedBytes []uint32

func (b packedBytes) at(i int) uint8 { return uint8(b[uint(i)/4] >> (8 * (uint(i) % 4))) }

// Steps are the words of a next step that the headline has, by bit.
func (d *Text) Steps() uint64 {
	if at := d.part(hasSteps); at >= 0 {
		return uint64(d.block[at]) | uint64(d.block[at+1])<<32
	}
	return 0
}

// Meaning is what the text says that an acronym stands for.
func (d *Text) Meaning() (m Meaning) {
	if at := d.part(hasMeaning); at >= 0 {
		m = Meaning{Hashed(d.block[at]), Phrase{d.block[at+1], uint8(d.block[at])}}
	}
	return m
}

// Lay lays a text open. What o held is overwritten.
func (o *Open) Lay(d *Text) {
	*o = Open{Text: d, Title: o.Title[:0], slots: o.slots[:0]}
	b := d.bytes()
	folds := int(d.dates) + int(d.all) + int(d.names)
	tokens := 2 * int(d.row)
	for i := range int(d.title) {
		flags, initial := b.at(tokens+tokenNumbers*i), b.at(tokens+tokenNumbers*i+1)
		at := b.at(i)
		norm := d.block[at]
		t := Token{Norm: Hashed(norm), Fold: Hashed(norm), says: b.at(tokens + tokenNumbers*i + 2), Flags: flags, Initial: initial &^ foldIsOther, number: nowhere}
		if at >= d.dates {
			t.number = at - d.dates
		}
		if initial&foldIsOther != 0 {
			t.Fold = d.block[folds]
			folds++
		}
		o.Short = o.Short || flags&IsAcronym != 0
		o.Title = append(o.Title, t)
	}
	kinds, at := tokens+tokenNumbers*int(d.title), folds
	for i := range int(d.slots) {
		o.slots = append(o.slots, slot{slotKind(b.at(kinds + i)), d.block[at], math.Float64frombits(uint64(d.block[at+1]) | uint64(d.block[at+2])<<32)})
		at += slotNumbers
	}
	if d.seldom != 0 {
		o.laySeldom()
	}
}

// In tells which tokens of the headline stand in a set that has just met the words of the text, by bit.
func (o *Open) In(set *Set) (tokens uint64) {
	var met uint64 // of the first words, among which are those of the headline
	for _, h := range set.Hits() {
		met |= 1 << uint(h.At)
	}
	for i := range o.Title {
		t := &o.Title[i]
		if t.number < 64 {
			tokens |= met >> t.number & 1 << i
		} else if set.Find(t.Norm) >= 0 {
			tokens |= 1 << i
		}
	}
	return tokens
}

func (o *Open) laySeldom() {
	o.Steps, o.Meaning = o.Text.Steps(), o.Text.Meaning()
	if at := o.part(hasHead); at >= 0 {
		o.HeadHash = o.block[at]
	}
	if at := o.part(hasDays); at >= 0 {
		days := o.block[at]
		o.Days = [2]uint16{uint16(days & (1<<dayBits - 1)), uint16(days >> dayBits & (1<<dayBits - 1))}
		o.weekdays = uint8(days >> (2 * dayBits))
	}
	if at := o.part(hasPlaces); at >= 0 {
		copy(o.places[:], o.block[at:])
	}
	if at := o.part(hasAges); at >= 0 {
		for i := range o.ages {
			o.ages[i] = uint8(o.block[at] >> (8 * i))
		}
	}
}

// Pairs appends the neighbouring words of headline and summary to dst, packed, each pair once.
func (d *Text) Pairs(dst []uint32) []uint32 {
	b, before := d.bytes(), uint32(0)
	for i := range int(d.row) {
		word := uint32(0)
		if at := b.at(i); at != nowhere {
			word = d.block[at]
		}
		if weight := b.at(int(d.row) + i); weight != 0 {
			dst = append(dst, Hashed(pairHash(Hashed(before), Hashed(word)))|uint32(weight))
		}
		before = word
	}
	return dst
}

// begin makes room for a text.
func (p *packing) begin() {
	p.dates, p.row, p.dated, p.pairs, p.told, p.places = p.dates[:0], p.row[:0], p.dated[:0], p.pairs[:0], p.told[:0], 0
}

// word notes which word stands at the next place, by its number among all words.
func (p *packing) word(number int) { p.place(number, false) }

// date notes a date at the next place, by its hash.
func (p *packing) date(h uint32) {
	at := slices.Index(p.dates, Hashed(h))
	if at < 0 && len(p.dates) < mostDates {
		at = len(p.dates)
		p.dates = append(p.dates, Hashed(h))
	}
	p.place(at, true)
}

func (p *packing) place(number int, date bool) {
	if p.places++; p.places > mostRow {
		return
	}
	if number < 0 || number >= nowhere-mostDates {
		number = nowhere
	}
	p.row, p.dated, p.pairs = append(p.row, uint8(number)), append(p.dated, date), append(p.pairs, 0)
}

// pair says that the word noted last and the one before it are the pair with this number, and what it
// weighs: of several weights the least counts. What stands behind the row, or is nowhere, is no pair.
func (p *packing) pair(number int, weight uint8) {
	last := p.places - 1
	if number == len(p.told) {
		p.told = append(p.told, last)
	}
	at := p.told[number]
	if at >= len(p.row) || p.row[at] == nowhere || p.row[at-1] == nowhere {
		return
	}
	if w := p.pairs[at]; w == 0 || weight < w {
		p.pairs[at] = weight
	}
}
