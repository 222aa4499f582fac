package sections

import (
	"math"
	"slices"
)

// Naive Bayes takes each word for independent of the others, and they are not: what two words say that always stand
// together it counts twice. How it errs shows in the examples themselves, each asked with itself left out. The
// correction is what features have to add so that they err less: a softmax regression whose offset is the evidence
// of the counts, which begins at nothing and is stopped early (a discriminative model on top of naive Bayes, as Wang
// and Manning, 2012). The counts carry the decision still, and learn from an example at once; the correction is
// found with the model, each week anew.
//
// It is found from the examples of before this week, in an order that depends on nothing but them: so two desks that
// begin on different days of a week correct alike.

// correction is what the features of one language add to the evidence.
type correction struct {
	index    numbering
	sections []int  // the learned sections that it corrects
	weights  []int8 // by feature and section, in steps of correctionStep
}

const correctionStep = .02

// mostCorrected bounds the examples that a correction is found from, and so the time that takes.
const mostCorrected = 10_000

// correctionSample is the examples of the lowest hashes, among some more.
type correctionSample struct{ labels []hashed }

func (s *correctionSample) take(h hashed) {
	if s.labels = append(s.labels, h); len(s.labels) >= 2*mostCorrected {
		s.lowest()
	}
}

func (s *correctionSample) lowest() []hashed {
	slices.SortFunc(s.labels, compareHashed)
	if len(s.labels) > mostCorrected {
		s.labels = slices.Delete(s.labels, mostCorrected, len(s.labels))
	}
	return s.labels
}

// correct finds the correction of a language. With few examples there is none: how the evidence errs is not to be
// seen in them.
func (c *learned) correct(w *learning, labels []hashed) {
	const leastExamples = 50 // a section
	c.fit(w)
	c.correction = correction{}
	f := correcting{}
	for _, j := range c.order {
		if c.docs[j] > 0 && c.competes(j) {
			f.sections = append(f.sections, j)
		}
	}
	if len(f.sections) < 2 || len(labels) < leastExamples*len(f.sections) {
		return
	}
	for i := range labels {
		if self, known := c.index[labels[i].label.Section]; known && c.docs[self] > 0 && c.competes(self) {
			f.examples = append(f.examples, f.example(c, w, &labels[i], self))
		}
	}
	f.balance()
	f.train()
	c.correction = f.done()
}

// balance makes what a section's examples weigh together grow with the root of their number. The counts know nothing
// of how often a section occurs. The correction would learn it from what all headlines have, such as their form, and
// it is half true: it holds for what comes from where the examples do, and another outlet divides its space otherwise.
func (f *correcting) balance() {
	const most = 4 // times what an example weighs: a section with next to none is not blown up
	sums, total := make([]float64, len(f.sections)), 0.0
	for i := range f.examples {
		e := &f.examples[i]
		sums[e.self] += e.weight
		total += e.weight
	}
	for i := range f.examples {
		e := &f.examples[i]
		e.weight *= min(most, math.Sqrt(total/(sums[e.self]*float64(len(sums)))))
	}
}

// correcting is a correction while it is found.
type correcting struct {
	index    numbering
	sections []int
	examples []corrected
	weights  []float32 // by feature and section
	squares  []float32 // by feature: what its gradients came to
}

// corrected is an example that is asked with itself left out.
type corrected struct {
	features []int32   // by their numbers
	evidence []float64 // by section
	self     int       // into sections
	scale    float64
	weight   float64
}

// corrects tells whether a feature has a share in the correction: one that says something by its counts, as of the
// last score. Parts of words have none: they are in every text by the dozen, and gain nothing beside the words.
func (s *seen) corrects() bool { return s.counts != 0 && s.feature.kind() != part }

// correctionScale is what the sum over the features of a text is multiplied by: they are the more, the longer it is.
func correctionScale(words int) float64 { return 1 / math.Sqrt(5*float64(max(words, 1))) }

// example reads one example.
func (f *correcting) example(c *learned, w *learning, h *hashed, self int) corrected {
	const elsewhere = 4 // how many other examples a feature must be in
	w.extract(h.label)
	w.scores = c.score(w.scores, &w.set, self, h.weight)
	at := c.vectors.place(&w.set)
	w.near = c.nearby(w.near, &at, self, h.weight, nil)
	score, near := c.scale.factors(w.set.words)
	e := corrected{scale: correctionScale(w.set.words), weight: float64(h.weight) / unit}
	for i, j := range f.sections {
		e.evidence = append(e.evidence, score*w.scores[j]+near*w.near[j])
		if j == self {
			e.self = i
		}
	}
	for i := range w.set.list {
		at := &w.set.list[i]
		if !at.corrects() {
			continue
		}
		if _, sum := c.cells.at(at.counts); int(sum)-h.weight >= elsewhere*unit {
			e.features = append(e.features, int32(f.index.number(at.feature)))
		}
	}
	return e
}

// train goes through the examples by AdaGrad, with one step width a feature.
func (f *correcting) train() {
	const turns, rate, still = 12, .1, .1
	n := len(f.sections)
	f.weights, f.squares = make([]float32, f.index.used*n), make([]float32, f.index.used)
	slope := make([]float64, n)
	for range turns {
		for i := range f.examples {
			e := &f.examples[i]
			f.ask(slope, e)
			softmax(slope)
			slope[e.self]--
			square := 0.0
			for s := range slope {
				slope[s] *= e.scale * e.weight
				square += slope[s] * slope[s]
			}
			square /= float64(n)
			for _, k := range e.features {
				f.squares[k] += float32(square)
				step := rate / math.Sqrt(float64(f.squares[k])+still)
				for s, x := range f.weights[int(k)*n:][:n] {
					f.weights[int(k)*n+s] = x - float32(step*slope[s])
				}
			}
		}
	}
}

// ask gives the corrected evidence of an example.
func (f *correcting) ask(dst []float64, e *corrected) {
	clear(dst)
	n := len(dst)
	for _, k := range e.features {
		for s, x := range f.weights[int(k)*n:][:n] {
			dst[s] += float64(x)
		}
	}
	for s := range dst {
		dst[s] = e.evidence[s] + e.scale*dst[s]
	}
}

// softmax makes probabilities of log-odds.
func softmax(odds []float64) {
	top, z := slices.Max(odds), 0.0
	for s, x := range odds {
		odds[s] = math.Exp(x - top)
		z += odds[s]
	}
	for s := range odds {
		odds[s] /= z
	}
}

// done packs what was found, without the features that add nothing.
func (f *correcting) done() correction {
	done := correction{sections: f.sections}
	n := len(f.sections)
	steps := make([]int8, n)
	for _, slot := range f.index.slots {
		if slot.feature == 0 {
			continue
		}
		any := false
		for s, x := range f.weights[int(slot.number)*n:][:n] {
			steps[s] = int8(max(-127, min(127, math.Round(float64(x)/correctionStep))))
			any = any || steps[s] != 0
		}
		if any {
			done.index.number(slot.feature)
			done.weights = append(done.weights, steps...)
		}
	}
	return done
}

// of returns what a feature adds for each of the corrected sections, in steps; nil for one that adds nothing.
func (c *correction) of(f Feature) []int8 {
	k := c.index.find(f)
	if k < 0 {
		return nil
	}
	n := len(c.sections)
	return c.weights[k*n:][:n]
}

// corrections gives what the features of a text add to the evidence for each of the learned sections, as log-odds.
// score must have been called for the set.
func (c *learned) corrections(dst []float64, set *featureSet) []float64 {
	dst = resize(dst, len(c.sections))
	if len(c.correction.weights) == 0 {
		return dst
	}
	scale := correctionStep * correctionScale(set.words)
	for i := range set.list {
		if at := &set.list[i]; at.corrects() {
			for s, x := range c.correction.of(at.feature) {
				dst[c.correction.sections[s]] += float64(x)
			}
		}
	}
	for s := range dst {
		dst[s] *= scale
	}
	return dst
}

// correctsBy is what a feature alone adds for section self, in a text of so many words, against the mean of the given
// sections. score must have been called for the set that it is of.
func (c *learned) correctsBy(at *seen, words, self int, among []int) float64 {
	if !at.corrects() {
		return 0
	}
	row := c.correction.of(at.feature)
	own, mean := 0.0, 0.0
	for s, x := range row {
		j := c.correction.sections[s]
		if j == self {
			own = float64(x)
		}
		if slices.Contains(among, j) {
			mean += float64(x) / float64(len(among))
		}
	}
	return (own - mean) * correctionStep * correctionScale(words)
}
