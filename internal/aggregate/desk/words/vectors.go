package words

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"sync"
)

// Word vectors know which words keep company: two outlets tell one event in words of their own. They were
// made from unlabelled headlines and their summaries, so that a headline finds its own summary by them; only
// figures are in the table. There is one for Vietnamese: of the English texts at hand they learned nothing.

// Dimensions is how many coordinates a vector has.
const Dimensions = 64

// bearing is where the words of a text point together: a vector of about the length directionLength, its
// coordinates as signed bytes, four to a number.
type bearing [directionNumbers]uint32

const (
	directionNumbers = Dimensions / 4
	directionLength  = 127
)

// Cosine is that of the angle between the directions of two headlines. A text has one where it is a headline
// without a summary, in a language that has vectors, and hardly all its words are unknown: else nothing is known.
func (d *Text) Cosine(o *Text) (cosine float64, known bool) {
	p, q := d.part(hasDirection), o.part(hasDirection)
	if p < 0 || q < 0 {
		return 0, false
	}
	a, b := d.block[p:][:directionNumbers], o.block[q:][:directionNumbers]
	var s0, s1, s2, s3 int32
	for i, x := range a {
		y := b[i]
		s0 += int32(int8(x)) * int32(int8(y))
		s1 += int32(int8(x>>8)) * int32(int8(y>>8))
		s2 += int32(int8(x>>16)) * int32(int8(y>>16))
		s3 += int32(int8(x>>24)) * int32(int8(y>>24))
	}
	return max(-1, min(1, float64(s0+s1+s2+s3)/(directionLength*directionLength))), true
}

// Terms are what of a text may have a vector: its words and its pairs of neighbours, each once.
func (d *Text) Terms() []uint32 { return terms(nil, d.All(), d.Pairs(nil)) }

func terms(dst, all, pairs []uint32) []uint32 {
	const pair = 1 << 24 // sets them apart from words
	for _, p := range all {
		dst = append(dst, p>>8)
	}
	for _, p := range pairs {
		dst = append(dst, p>>8|pair)
	}
	return dst
}

// vectors are those of a language's terms: for each, by its number, a row of Dimensions bytes, eight in a
// uint64, each the signed coordinate plus a bias.
type vectors struct {
	numbers Table
	rows    []uint64
}

const (
	rowLength  = Dimensions / 8
	vectorBias = 128
)

var vietnameseVectors = sync.OnceValue(func() *vectors {
	raw, err := data.ReadFile("data/vectors-vi.bin")
	if err == nil {
		var v *vectors
		if v, err = readVectors(raw); err == nil {
			return v
		}
	}
	panic(err)
})

// readVectors reads a line that says where the vectors come from and then, in little endian, the number of
// terms, the terms, and for each a row of signed bytes.
func readVectors(raw []byte) (*vectors, error) {
	_, raw, found := bytes.Cut(raw, []byte("\n"))
	if !found || len(raw) < 4 {
		return nil, fmt.Errorf("vectors: cut off")
	}
	n := int(binary.LittleEndian.Uint32(raw))
	if raw = raw[4:]; len(raw) != n*(4+Dimensions) {
		return nil, fmt.Errorf("vectors: %d bytes for %d terms", len(raw), n)
	}
	v := &vectors{rows: make([]uint64, n*rowLength)}
	for i := range n {
		v.numbers.Put(binary.LittleEndian.Uint32(raw[4*i:]), int32(i))
	}
	for i := range v.rows {
		const signs = vectorBias * 0x0101010101010101
		v.rows[i] = binary.LittleEndian.Uint64(raw[4*n+8*i:]) ^ signs
	}
	return v, nil
}

// direction is that of a text with these terms; there is none where hardly any is known. It adds up four coordinates at a
// time, in 16 bits each: no text has so many terms that they run over.
func (v *vectors) direction(terms []uint32) (d bearing, known bool) {
	const lanes, few, most = 0x00FF00FF00FF00FF, 2, 256
	var even, odd [rowLength]uint64
	met := 0
	for _, t := range terms {
		n := v.numbers.Find(t)
		if n < 0 || met == most {
			continue
		}
		met++
		for j, x := range v.rows[int(n)*rowLength:][:rowLength] {
			even[j] += x & lanes
			odd[j] += x >> 8 & lanes
		}
	}
	if met < few {
		return d, false
	}
	var sum [Dimensions]float64
	norm := 0.0
	for i := range sum {
		lane := even[i/8]
		if i%2 == 1 {
			lane = odd[i/8]
		}
		sum[i] = float64(int(lane>>(16*(i%8/2))&0xFFFF) - vectorBias*met)
		norm += float64(sum[i] * sum[i])
	}
	if norm == 0 {
		return d, false
	}
	scale := directionLength / math.Sqrt(norm)
	for i, x := range sum {
		d[i/4] |= uint32(uint8(int8(max(-127, min(127, math.Round(x*scale)))))) << (8 * (i % 4))
	}
	return d, true
}
