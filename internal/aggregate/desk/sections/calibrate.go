package sections

import (
	"math"
	"slices"
	"strings"
)

// scale turns evidence into calibrated log-odds:
//
//	exp(sharpness) * (score*(words/10)^-fade + nearby)
//
// The probabilities of naive Bayes are too high, the more so the longer the text, since its features are
// not independent. By how much differs from one installation to another, and is measured on its own
// examples, each scored with itself left out.
type scale struct{ sharpness, fade float64 }

// usual is the mean of the prior: the scale before anything is measured.
var usual = scale{0, .45}

// factors returns what a score and a nearness are multiplied by.
func (s scale) factors(words int) (score, near float64) {
	near = math.Exp(s.sharpness)
	return near * math.Exp(-s.fade*lengthOf(words)), near
}

// lengthOf is the natural logarithm of words/10.
func lengthOf(words int) float64 { return math.Log(float64(max(words, 1)) / 10) }

// heldOut is a part of the labels, chosen by their hashes so that the choice does not depend on
// the order in which they came: those whose hash is below a bound, which halves whenever there are
// too many. Some more are kept than are used, for the case that labels are taken back.
type heldOut struct {
	labels []hashed // sorted by hash
	halved int
}

type hashed struct {
	hash   uint64
	label  Label
	weight int // of the label, in units
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

func (s *heldOut) learn(h *hashed, sign int) {
	if h.hash>>(64-s.halved) != 0 && s.halved > 0 {
		return
	}
	i, found := slices.BinarySearchFunc(s.labels, *h, compareHashed)
	if sign < 0 {
		if found {
			s.labels = slices.Delete(s.labels, i, i+1)
		}
		return
	}
	s.labels = slices.Insert(s.labels, i, *h)
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
	c.settle()
	c.scale = usual
	labels := c.sample.labels[:min(len(c.sample.labels), sampleUsed)]
	if len(c.sections) < 2 || len(labels) == 0 {
		return
	}
	c.scale = c.measure(w, labels).likeliest()
}

// calibration is the sample with the evidence for each section, from which the scale is found.
type calibration struct {
	n             int       // sections
	scores, nears []float64 // of each label, n
	lengths       []float64
	truth         []int // the section of each label
	in            []int // the sections that compete, in an order that does not depend on history

	u, v []float64 // by section, the slopes of the log-odds by sharpness and by fade; used again
}

// measure scores each label with itself left out.
func (c *learned) measure(w *learning, labels []hashed) *calibration {
	n := len(c.sections)
	k := &calibration{
		n:      n,
		scores: make([]float64, 0, len(labels)*n), nears: make([]float64, 0, len(labels)*n),
		lengths: make([]float64, len(labels)), truth: make([]int, len(labels)),
		u: make([]float64, n), v: make([]float64, n),
	}
	for i, h := range labels {
		w.extract(h.label)
		k.truth[i] = c.index[h.label.Section]
		w.scores = c.score(w.scores, &w.set, k.truth[i], h.weight)
		at := c.vectors.place(&w.set)
		w.near = c.nearby(w.near, &at, k.truth[i], h.weight, nil)
		k.scores, k.nears = append(k.scores, w.scores...), append(k.nears, w.near...)
		k.lengths[i] = lengthOf(w.set.words)
	}
	for _, j := range c.order {
		if c.docs[j] > 0 && c.competes(j) {
			k.in = append(k.in, j)
		}
	}
	return k
}

// likeliest finds the scale by Newton's method in two dimensions with Fisher's information.
func (k *calibration) likeliest() scale {
	s := usual
	for range 12 {
		g, h := k.slope(s)
		det := h.sharp*h.fade - h.both*h.both
		step0, step1 := (h.fade*g.sharpness-h.both*g.fade)/det, (h.sharp*g.fade-h.both*g.sharpness)/det
		s.sharpness += max(-.5, min(.5, step0))
		s.fade += max(-.2, min(.2, step1))
		if math.Abs(step0)+math.Abs(step1) < 1e-6 {
			break
		}
	}
	return s
}

// information is Fisher's information of a scale, a symmetric matrix.
type information struct{ sharp, both, fade float64 }

// slope is the gradient of the log-likelihood with its prior, and the information.
func (k *calibration) slope(s scale) (g scale, h information) {
	g = scale{-(s.sharpness - usual.sharpness) / priorSharpness, -(s.fade - usual.fade) / priorFade}
	h = information{1 / priorSharpness, 0, 1 / priorFade}
	u, v, near := k.u, k.v, math.Exp(s.sharpness)
	for i, truth := range k.truth {
		score := near * math.Exp(-s.fade*k.lengths[i])
		top := math.Inf(-1)
		for _, j := range k.in {
			own := score * k.scores[i*k.n+j]
			u[j], v[j] = own+near*k.nears[i*k.n+j], -k.lengths[i]*own
			top = max(top, u[j])
		}
		var z, mu, mv, uu, uv, vv float64
		for _, j := range k.in {
			e := math.Exp(u[j] - top)
			z, mu, mv = z+e, mu+e*u[j], mv+e*v[j]
		}
		mu, mv = mu/z, mv/z
		for _, j := range k.in {
			e, du, dv := math.Exp(u[j]-top)/z, u[j]-mu, v[j]-mv
			uu, uv, vv = uu+e*du*du, uv+e*du*dv, vv+e*dv*dv
		}
		g = scale{g.sharpness + u[truth] - mu, g.fade + v[truth] - mv}
		h = information{h.sharp + uu, h.both + uv, h.fade + vv}
	}
	return g, h
}

// Variances of the prior.
const (
	priorSharpness = .25
	priorFade      = .01
)
