package sections

import (
	_ "embed"
	"encoding/binary"
	"math"
	"sync"

	"feedd/internal/feed"
)

// Word vectors know which words keep company: that "bác sĩ" and "bệnh viện" are near each other
// before any section has an example with both. They were made from unlabelled headlines by
// FitVectors; only figures are in them. They count most while a section has few examples.

const Dimensions = 64

//go:embed data/vectors-vi.bin
var vectorsVi []byte

//go:embed data/vectors-en.bin
var vectorsEn []byte

// vectors are the vectors of a language's words and pairs of words in normal form: for each, by its
// number, a row of dimensions signed bytes. The rows stay where the file is.
type vectors struct {
	index numbering
	rows  []byte
}

// bias is added to a coordinate so that many can be added up in one uint64.
const (
	bias   = 128
	biases = bias * 0x0101010101010101
)

var (
	vietnameseVectors = sync.OnceValue(func() *vectors { return readVectors(vectorsVi) })
	otherVectors      = sync.OnceValue(func() *vectors { return readVectors(vectorsEn) })
)

// vectorsOf returns the vectors for texts in a language; all that is not Vietnamese is read as
// English, where it will meet few known words if it is not.
func vectorsOf(language string) *vectors {
	if language == "vi" {
		return vietnameseVectors()
	}
	return otherVectors()
}

func readVectors(raw []byte) *vectors {
	n := int(binary.LittleEndian.Uint32(raw))
	v := &vectors{rows: raw[4+4*n:]}
	for i := range n {
		v.index.number(Feature(binary.LittleEndian.Uint32(raw[4+4*i:])))
	}
	return v
}

// term is the word or pair of words, in normal form, that a feature of the set stands for: where the
// diacritics are neither written nor guessed, that of the letters as they are.
func (s *featureSet) term(f Feature) (term Feature, ok bool) {
	k := f.kind()
	if s.accented || s.restored {
		return f, k == oneNormal || k == twoNormal
	}
	return f - Feature(k) + Feature(k-oneFolded+oneNormal), k == oneFolded || k == twoFolded
}

// Terms finds in texts what has a vector: words and pairs of words, by their hashes.
type Terms struct {
	set  featureSet
	list []Feature
}

// Of returns the terms of a text, each once; they are overwritten by the next call.
func (t *Terms) Of(language, title, summary string) []Feature {
	t.set.extract(language, title, feed.Cut(nil, title), feed.Cut(nil, summary))
	t.list = t.list[:0]
	for _, s := range t.set.list {
		if term, ok := t.set.term(s.feature); ok {
			t.list = append(t.list, term)
		}
	}
	return t.list
}

// point is a text's place among the topics, a vector of length unitLength. It is made of whole
// numbers, so that sums of many do not depend on the order.
type point [Dimensions]int64

const unitLength = 1 << 12

// place gives the place of a text; all zero when it has no known word. It adds up four coordinates
// at a time, in 16 bits each: a text has not so many words that they run over.
func (v *vectors) place(set *featureSet) (p point) {
	const lanes = 0x00FF00FF00FF00FF
	var even, odd [Dimensions / 8]uint64
	known := 0
	for i := range set.list {
		term, ok := set.term(set.list[i].feature)
		if !ok {
			continue
		}
		if n := v.index.find(term); n >= 0 {
			known++
			row := v.rows[n*Dimensions:][:Dimensions]
			for j := range even {
				x := binary.LittleEndian.Uint64(row[8*j:]) ^ biases
				even[j] += x & lanes
				odd[j] += x >> 8 & lanes
			}
		}
	}
	var sum [Dimensions]int32
	for j := range even {
		for k := range 4 {
			sum[8*j+2*k] = int32(even[j]>>(16*k)&0xFFFF) - int32(bias*known)
			sum[8*j+2*k+1] = int32(odd[j]>>(16*k)&0xFFFF) - int32(bias*known)
		}
	}
	for j, x := range sum {
		p[j] = int64(x)
	}
	if norm := p.norm(); norm > 0 {
		for j := range p {
			p[j] = int64(math.Round(float64(p[j]) / norm * unitLength))
		}
	}
	return p
}

func (p *point) norm() float64 {
	s := 0.0
	for _, x := range p {
		s += float64(x) * float64(x)
	}
	return math.Sqrt(s)
}

func (p *point) add(q *point, sign int64) {
	for j := range p {
		p[j] += sign * q[j]
	}
}

// cosine is that of the angle between p and the sum of a and b; 0 where one has no direction.
func (p *point) cosine(a, b *point) float64 {
	var dot, pp, qq float64
	for j, x := range p {
		y := float64(a[j]) + float64(b[j])
		dot += float64(x) * y
		pp += float64(x) * float64(x)
		qq += y * y
	}
	if pp == 0 || qq == 0 {
		return 0
	}
	return dot / math.Sqrt(pp*qq)
}

// numbering gives features numbers from 0 up, in the order they come. It is a hash table with open
// addressing and nothing in it but features and numbers: a text has hundreds of features, most of
// them never met, and to see that should cost one miss of the cache.
type numbering struct {
	slots []numbered // a power of two of them
	used  int
}

// numbered is a slot, free while its feature is 0.
type numbered struct {
	feature Feature
	number  int32
}

const smallestNumbering = 1 << 10

// begin is where the search for a feature begins: its hash, which is above the bits of its kind.
func (f Feature) begin() uint32 { return uint32(f)>>kindBits ^ uint32(f)<<27 }

// slot is where a feature stands, or the free slot where it would. There must be a free one.
func (x *numbering) slot(f Feature) *numbered {
	mask := uint32(len(x.slots) - 1)
	for i := f.begin() & mask; ; i = (i + 1) & mask {
		if s := &x.slots[i]; s.feature == f || s.feature == 0 {
			return s
		}
	}
}

// find returns the number of a feature, or -1.
func (x *numbering) find(f Feature) int {
	if len(x.slots) == 0 {
		return -1
	}
	if s := x.slot(f); s.feature == f {
		return int(s.number)
	}
	return -1
}

// number is find that gives a new feature the next number.
func (x *numbering) number(f Feature) int {
	if 3*x.used >= 2*len(x.slots) {
		x.grow(max(2*len(x.slots), smallestNumbering))
	}
	s := x.slot(f)
	if s.feature != f {
		*s = numbered{f, int32(x.used)}
		x.used++
	}
	return int(s.number)
}

func (x *numbering) grow(size int) {
	old := x.slots
	x.slots = make([]numbered, size)
	for _, s := range old {
		if s.feature != 0 {
			*x.slot(s.feature) = s
		}
	}
}
