package judge

import (
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
	place := func(topic, side int) []float32 {
		var terms []uint32
		for w := range of {
			terms = append(terms, term(topic, side, w))
		}
		return f.direction(terms)
	}
	for topic := range topics {
		other := (topic + 1) % topics
		own, others := dot(place(topic, 0), place(topic, 1)), dot(place(topic, 0), place(other, 1))
		if own < others+.5 {
			t.Errorf("topic %d: cosine %.2f to its own summaries, %.2f to those of topic %d", topic, own, others, other)
		}
	}
}
