package judge

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Headlines and summaries of three topics, which have no word in common: the words of one topic must come out
// near each other, since a headline can find its summary by nothing else.
func TestHeadlinesFindTheirSummaries(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const topics, of = 3, 12
	var texts []headline
	term := func(topic, side, i int) uint32 { return uint32(topic*1000 + side*100 + i) }
	for i := range 900 {
		var text headline
		for side := range text {
			for _, w := range rng.Perm(of)[:4] {
				text[side] = append(text[side], term(i%topics, side, w))
			}
		}
		texts = append(texts, text)
	}
	fit := func() *headlineFit {
		f := newHeadlineFit(texts, 64)
		f.train()
		return f
	}
	f := fit()
	if !slices.Equal(f.vectors, fit().vectors) {
		t.Error("fitting twice gives other vectors")
	}
	place := func(topic, side int) (sum [vectorLength]float32) {
		for w := range of {
			if i, ok := f.places[term(topic, side, w)]; ok {
				add(sum[:], f.vectors[int(i)*vectorLength:][:vectorLength], 1)
			}
		}
		return sum
	}
	for topic := range topics {
		title, own, other := place(topic, 0), place(topic, 1), place((topic+1)%topics, 1)
		cosine := func(a, b [vectorLength]float32) float64 {
			return float64(dot(a[:], b[:])) / math.Sqrt(float64(dot(a[:], a[:]))*float64(dot(b[:], b[:])))
		}
		if own, others := cosine(title, own), cosine(title, other); own < others+.5 {
			t.Errorf("topic %d: cosine %.2f to its own summaries, %.2f to those of another", topic, own, others)
		}
	}
}

// What is written is what is read: the table that comes of a fit gives texts their directions.
func TestVectorsAreWritten(t *testing.T) {
	var texts []headline
	for i := range uint32(10) {
		texts = append(texts, headline{{2 * (i % 2), 2*(i%2) + 1}, {2 * (i % 2), 2*(i%2) + 1}})
	}
	f := newHeadlineFit(texts, 2)
	var out bytes.Buffer
	if err := f.write(&out); err != nil {
		t.Fatal(err)
	}
	raw := out.Bytes()
	if n := binary.LittleEndian.Uint32(raw); n != 4 || len(raw) != 4+4*(4+vectorLength) {
		t.Fatalf("%d terms in %d bytes", n, len(raw))
	}
	largest := int8(0)
	for _, x := range raw[4+4*4:] {
		largest = max(largest, int8(x))
	}
	if largest < 100 {
		t.Errorf("the largest coordinate is %d of 127", largest)
	}
}
