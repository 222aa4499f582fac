package desk

import (
	"math"
	"slices"
	"strings"
)

// scale turns evidence into log-odds that are as good as they claim: multiplied by
//
//	exp(sharpness) * (words/10)^-fade
//
// Naive Bayes is too sure of itself, the more so the longer the text, since its features repeat
// each other. How much so differs from one installation to another, and is measured on its own
// examples, each scored as if it had not been learned.
type scale struct{ sharpness, fade float64 }

// What is believed of the scale before anything is measured.
var usual = scale{0, .45}

func (s scale) factor(words int) float64 {
	return math.Exp(s.sharpness - s.fade*math.Log(float64(max(words, 1))/10))
}

// heldOut is a part of the labels, chosen by their hashes so that the choice does not depend on
// the order in which they came: those whose hash is below a bound, which halves whenever there are
// too many. Some more are kept than are used, for the case that labels are taken back.
type heldOut struct {
	labels []hashed // sorted by hash
	halved int
}

type hashed struct {
	hash  uint64
	label Label
}

const (
	sampleUsed = 400
	sampleKept = 4 * sampleUsed
)

func (l *Label) hash() uint64 {
	return mix(hashWord(l.Text)*31 + hashWord(l.Section) + uint64(l.Item))
}

func compareHashed(a, b hashed) int {
	switch {
	case a.hash < b.hash:
		return -1
	case a.hash > b.hash:
		return 1
	}
	return strings.Compare(a.label.Text, b.label.Text)
}

func (s *heldOut) learn(l Label, sign int) {
	h := hashed{l.hash(), l}
	if h.hash>>(64-s.halved) != 0 && s.halved > 0 {
		return
	}
	i, found := slices.BinarySearchFunc(s.labels, h, compareHashed)
	if sign < 0 {
		if found {
			s.labels = slices.Delete(s.labels, i, i+1)
		}
		return
	}
	s.labels = slices.Insert(s.labels, i, h)
	for len(s.labels) > sampleKept {
		s.halved++
		for len(s.labels) > 0 && s.labels[len(s.labels)-1].hash>>(64-s.halved) != 0 {
			s.labels = s.labels[:len(s.labels)-1]
		}
	}
}

// fit measures the scale, by the likelihood of the sample's labels with a prior that keeps a small
// sample from extremes.
func (c *learned) fit(w *learning) {
	if !c.changed {
		return
	}
	c.changed = false
	c.scale = usual
	n := len(c.sections)
	labels := c.sample.labels[:min(len(c.sample.labels), sampleUsed)]
	if n < 2 || len(labels) == 0 {
		return
	}
	scores := make([]float64, 0, len(labels)*n)
	words := make([]float64, len(labels)) // ln(words/10)
	truth := make([]int, len(labels))
	for i, h := range labels {
		w.extract(h.label)
		truth[i] = c.index[h.label.Section]
		w.scores = c.score(w.scores, &w.set, truth[i])
		scores = append(scores, w.scores...)
		words[i] = math.Log(float64(max(w.set.words, 1)) / 10)
	}
	// Newton's method in two dimensions, where the function is smooth and has one hill.
	s := usual
	for range 12 {
		g0, g1 := -(s.sharpness-usual.sharpness)/priorSharpness, -(s.fade-usual.fade)/priorFade
		h00, h01, h11 := 1/priorSharpness, 0.0, 1/priorFade
		for i := range labels {
			row := scores[i*n : (i+1)*n]
			k := math.Exp(s.sharpness - s.fade*words[i])
			top := slices.Max(row)
			var z, mean, square float64
			for _, j := range c.order {
				if c.docs[j] == 0 {
					continue
				}
				e := math.Exp(k * (row[j] - top))
				z += e
				mean += e * row[j]
				square += e * row[j] * row[j]
			}
			mean /= z
			variance := max(square/z-mean*mean, 0)
			d := k * (row[truth[i]] - mean) // by the logarithm of k
			g0 += d
			g1 -= d * words[i]
			h := k * k * variance // Fisher's information
			h00 += h
			h01 -= h * words[i]
			h11 += h * words[i] * words[i]
		}
		det := h00*h11 - h01*h01
		step0, step1 := (h11*g0-h01*g1)/det, (h00*g1-h01*g0)/det
		s.sharpness += max(-.5, min(.5, step0))
		s.fade += max(-.2, min(.2, step1))
		if math.Abs(step0)+math.Abs(step1) < 1e-6 {
			break
		}
	}
	c.scale = s
}

// Variances of the prior.
const (
	priorSharpness = .25
	priorFade      = .01
)
