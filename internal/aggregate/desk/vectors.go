package desk

import (
	_ "embed"
	"encoding/binary"
	"math"
	"sync"
)

// Word vectors know which words keep company: that "bác sĩ" and "bệnh viện" are near each other
// before any section has an example with both. They were made from unlabelled headlines by
// FitVectors; only figures are in them. They count most while a section has few examples.

const dimensions = 48

//go:embed data/vectors-vi.bin
var vectorsVi []byte

//go:embed data/vectors-en.bin
var vectorsEn []byte

// vectors are the vectors of a language's words and pairs of words.
type vectors struct {
	index numbering
	data  []byte // int8, dimensions a row, by number of the feature
}

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
	v := &vectors{data: raw[4+4*n:]}
	for i := range n {
		v.index.number(feature(binary.LittleEndian.Uint32(raw[4+4*i:])))
	}
	return v
}

func hasVector(f feature) bool {
	k := f.kind()
	return k == oneFolded || k == twoFolded
}

// point is a text's place among the topics, a vector of length unitLength. It is made of whole
// numbers, so that sums of many do not depend on the order.
type point [dimensions]int64

const unitLength = 1 << 12

// place gives the place of a text; all zero when it has no known word.
func (v *vectors) place(set *featureSet) (p point) {
	var sum [dimensions]int32
	for i := range set.list {
		f := set.list[i].feature
		if !hasVector(f) {
			continue
		}
		if n := v.index.find(f); n >= 0 {
			row := v.data[n*dimensions : (n+1)*dimensions]
			for j := range sum {
				sum[j] += int32(int8(row[j]))
			}
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
		y := float64(a[j] + b[j])
		dot += float64(x) * y
		pp += float64(x) * float64(x)
		qq += y * y
	}
	if pp == 0 || qq == 0 {
		return 0
	}
	return dot / math.Sqrt(pp*qq)
}
