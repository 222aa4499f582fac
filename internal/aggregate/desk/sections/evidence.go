package sections

import (
	"math"
	"slices"
	"strings"

	"feedd/internal/feed"
)

// labelsNeeded is how many labelled items a section needs before the model alone may file there.
const labelsNeeded = 50

// evidence is what soft rules and the learned model make of one item.
type evidence struct {
	section     int // into filer.sections: the likeliest; -1 when nothing is known
	probability float64
	labels      int // of that section, in the item's language; 0 when the model had no part in it
	compared    int // sections the model compared
}

// fileByEvidence places an item under its likeliest section, if that is likely enough.
func (f *Filer) fileByEvidence(it *feed.Item, w *filing) {
	ev := f.weigh(it, w)
	if ev.section < 0 || ev.probability < f.set.Confidence {
		return
	}
	s := &f.sections[ev.section]
	byModel := f.set.Learn && s.Learn && ev.labels >= labelsNeeded
	if !byModel && w.soft[ev.section] <= 0 {
		return
	}
	p := feed.Placement{Section: s.ID, By: byLearned, Probability: ev.probability}
	p.Line, p.Evidence = f.explain(w, ev)
	place(it, p)
}

// weigh adds the soft rules' weights to the calibrated log-odds of the model. The sections that
// compete are those the model has examples of in the item's language and those a soft rule speaks
// for; a section without examples stands at the mean of the others.
func (f *Filer) weigh(it *feed.Item, w *filing) evidence {
	w.odds = resize(w.odds, len(f.sections))
	w.in = slices.Grow(w.in[:0], len(f.sections))
	ev := evidence{section: -1}
	var c *learned
	if f.set.Learn && f.model != nil {
		f.model.know()
		f.model.mu.Lock()
		defer f.model.mu.Unlock()
		c = f.model.languages[w.read.language]
	}
	if c != nil {
		ev.compared = f.weighByModel(c, it, w)
	}
	if soft := slices.ContainsFunc(w.soft, func(x float64) bool { return x != 0 }); ev.compared == 0 && !soft {
		return ev
	}
	for i, x := range w.soft {
		if (x != 0 || ev.compared == 0) && !slices.Contains(w.in, i) && f.speaks(i, w.read.language) {
			w.in = append(w.in, i)
		}
		w.odds[i] += x
	}
	slices.Sort(w.in)
	ev.section, ev.probability = likeliest(w.odds, w.in)
	if ev.section >= 0 && ev.compared > 0 {
		if j, ok := c.index[f.sections[ev.section].ID]; ok {
			ev.labels = c.docs[j]
		}
	}
	return ev
}

// weighByModel sets the log-odds of the sections that the model has examples of, against their mean,
// and returns how many there are: 0 where there are too few to compare.
func (f *Filer) weighByModel(c *learned, it *feed.Item, w *filing) (compared int) {
	c.fit(&f.model.memory)
	if len(w.read.passages) == 0 { // see decide
		w.read.read(it, f.sources[it.Source], f.rules.fields)
	}
	title, summary := w.read.passages[0], w.read.passages[1]
	w.learn.set.extract(w.read.language, title.text, title.words, summary.words)
	if !w.learn.set.accented && c.restores() {
		c.restore(&w.restore, &w.learn.set, title.words, summary.words)
	}
	if out, any := f.neverAny.in(title.words, summary.words); any {
		w.learn.set.strike(&out)
	}
	w.factor, w.near = c.scale.factors(w.learn.set.words)
	w.learn.scores = c.score(w.learn.scores, &w.learn.set, -1, 0)
	at := c.vectors.place(&w.learn.set)
	w.learn.near = c.nearby(w.learn.near, &at, -1, 0, f.topicsOf(c, w))
	w.learn.corrections = c.corrections(w.learn.corrections, &w.learn.set)
	c.silence(f, w)
	mean := 0.0
	for i := range f.sections {
		if j, ok := c.index[f.sections[i].ID]; ok && c.docs[j] > 0 && f.speaks(i, w.read.language) {
			w.in = append(w.in, i)
			w.odds[i] = w.factor*w.learn.scores[j] + w.near*w.learn.near[j] + w.learn.corrections[j]
			mean += w.odds[i]
		}
	}
	if len(w.in) < 2 {
		w.in = w.in[:0]
		clear(w.odds)
		return 0
	}
	for _, i := range w.in {
		w.odds[i] -= mean / float64(len(w.in))
	}
	return len(w.in)
}

// likeliest returns the section of the highest log-odds, the first of equals, and its probability; -1
// where none competes.
func likeliest(odds []float64, in []int) (section int, probability float64) {
	section = -1
	for _, i := range in {
		if section < 0 || odds[i] > odds[section] {
			section = i
		}
	}
	if section < 0 {
		return -1, 0
	}
	z := 0.0
	for _, i := range in {
		z += math.Exp(odds[i] - odds[section])
	}
	return section, 1 / z
}

// topicsOf gives, by the model's sections, what the terms of soft rules say about their topics.
func (f *Filer) topicsOf(c *learned, w *filing) []point {
	if !f.softRules {
		return nil
	}
	w.topics = slices.Grow(w.topics[:0], len(c.sections))[:len(c.sections)]
	clear(w.topics)
	for i, s := range f.sections {
		if j, ok := c.index[s.ID]; ok {
			w.topics[j] = f.topics[i]
		}
	}
	return w.topics
}

// topic is the sum of the places of the terms of a section's soft rules. A term says somewhat less
// than an example, for it is one word of many; beside many examples the terms no longer matter.
func topic(s feed.Section) (sum point) {
	var set featureSet
	for _, r := range s.Rules {
		if r.Weight <= 0 {
			continue
		}
		for _, p := range slices.Concat(r.Any, r.All) {
			if !strings.HasPrefix(p.Text, "/") {
				words := feed.Cut(nil, p.Text)
				language := languageOf(&feed.Item{Title: p.Text}, feed.Source{Language: s.Language})
				set.extract(language, "", words, nil)
				at := vectorsOf(language).place(&set)
				for j := range at {
					sum[j] += at[j] * unit * 7 / 10
				}
			}
		}
	}
	return sum
}

// explain names what spoke for a section, with its weight in log-odds against the mean of the
// sections: soft rules with their lines, then words. The line is that of the first soft rule.
func (f *Filer) explain(w *filing, ev evidence) (line int, all []feed.Evidence) {
	for _, h := range w.holds {
		if o, r := f.owner[h.rule], &f.rules.rules[h.rule]; o.purpose == toEnter && o.section == ev.section && r.weight != 0 {
			if line == 0 {
				line = o.line
			}
			all = append(all, feed.Evidence{Kind: feed.EvidenceRule, Line: o.line, Adds: r.weight})
		}
	}
	if ev.labels > 0 {
		f.model.mu.Lock()
		all = f.words(all, w, ev)
		f.model.mu.Unlock()
	}
	return line, all
}

// words adds the words and pairs of words that spoke loudest for a section, and the form of the
// headline and the company its words keep where they did.
func (f *Filer) words(all []feed.Evidence, w *filing, ev evidence) []feed.Evidence {
	const most = 5
	c := f.model.languages[w.read.language]
	self := c.index[f.sections[ev.section].ID]
	w.of = w.of[:0]
	for _, i := range w.in {
		if j, ok := c.index[f.sections[i].ID]; ok {
			w.of = append(w.of, j)
		}
	}
	if out, any := f.never[ev.section].in(w.read.passages[0].words, w.read.passages[1].words); any {
		w.learn.set.strike(&out)
	}
	w.adds = resize(w.adds, standings)
	parts := partsOf(&w.learn.set)
	for i := range w.learn.set.list {
		at := &w.learn.set.list[i]
		w.adds[stand(at)] += w.factor*c.speaks(at, parts, self, w.of) + c.correctsBy(at, w.learn.set.words, self, w.of)
	}
	w.adds[relatedPlace] = w.learn.near[self]
	for _, j := range w.of {
		w.adds[relatedPlace] -= w.learn.near[j] / float64(len(w.of))
	}
	w.adds[relatedPlace] *= w.near
	loudest := make([]int, 0, most+1) // places worth telling
	for at, a := range w.adds {
		if a <= .05 || len(loudest) == most && a <= w.adds[loudest[most-1]] {
			continue
		}
		i := len(loudest)
		for i > 0 && w.adds[loudest[i-1]] < a {
			i--
		}
		if loudest = slices.Insert(loudest, i, at); len(loudest) > most {
			loudest = loudest[:most]
		}
	}
	for _, at := range loudest {
		e := feed.Evidence{Adds: math.Round(w.adds[at]*100) / 100}
		switch at {
		case formPlace:
			e.Kind = feed.EvidenceForm
		case relatedPlace:
			e.Kind = feed.EvidenceRelated
		default:
			p := &w.read.passages[at/(2*mostSummaryWords)]
			from := at / 2 % mostSummaryWords
			e.Words = p.text[p.words[from].Start:p.words[from+at%2].End]
		}
		all = append(all, e)
	}
	return all
}

// The places that features stand at: of the title, then of the summary, each word and the pair
// that begins there; then the form of the headline, and what the word vectors say.
const (
	formPlace = 2*2*mostSummaryWords + iota
	relatedPlace
	standings
)

// stand numbers the place of a feature.
func stand(s *seen) int {
	at := 2 * int(s.word)
	if s.summary {
		at += 2 * mostSummaryWords
	}
	switch s.feature.kind() {
	case twoNormal, twoFolded:
		at++
	case shape:
		at = formPlace
	}
	return at
}
