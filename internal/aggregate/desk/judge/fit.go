package judge

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"feedd/internal/aggregate/desk/stories"
	"feedd/internal/aggregate/desk/words"
)

// Fitting makes the two files the scores stand on, data/frequencies.tsv and data/model.json, from
// labelled headlines. Run it through internal/aggregate/desk/judge/fit.

// CountWords writes the table of word and pair frequencies of the texts in the streams (TSV with the
// columns title and summary or text): in how many of 10,000 documents of the group of streams in
// which it is most frequent. So a name that is in the news now does not tell more because it was
// not in it some years ago, nor an English word because most texts are Vietnamese. Words of fewer
// than least documents of a group are left out; so are pairs of fewer than leastPair.
func CountWords(out io.Writer, provenance string, least, leastPair int, groups ...[]io.Reader) error {
	const per = 10_000
	type count struct{ docs, last int }
	var counts map[string]*count
	docs := 0
	rd, err := words.NewCounter(func(text string) {
		c := counts[text]
		if c == nil {
			c = &count{}
			counts[text] = c
		}
		if c.last != docs {
			c.docs, c.last = c.docs+1, docs
		}
	})
	if err != nil {
		return err
	}
	frequent := map[string]float64{}
	for _, streams := range groups {
		counts, docs = map[string]*count{}, 0
		for _, in := range streams {
			err := readTable(in, []string{"title"}, func(row tableRow) error {
				docs++
				rd.Read(row.get("title"), cmp.Or(row.get("summary"), row.get("text")))
				return nil
			})
			if err != nil {
				return err
			}
		}
		for text, c := range counts {
			if isPair := strings.Contains(text, " "); !isPair && c.docs >= least || isPair && c.docs >= leastPair {
				frequent[text] = max(frequent[text], math.Round(10*per*float64(c.docs)/float64(docs))/10)
			}
		}
	}
	keys := slices.Sorted(maps.Keys(frequent))
	slices.SortStableFunc(keys, func(a, b string) int { return cmp.Compare(frequent[b], frequent[a]) })
	fmt.Fprintf(out, "# %s\n%d\t\n", provenance, per)
	for _, text := range keys {
		if _, err := fmt.Fprintf(out, "%g\t%s\n", frequent[text], text); err != nil {
			return err
		}
	}
	return nil
}

// sample is one labelled pair.
type sample struct {
	x        [stories.Features]float64
	y        bool
	weight   float64
	language words.Language
}

// sample computes the features of everything labelled.
func (l *Labelled) sample() {
	sc := stories.NewScorer(nil)
	for i := range l.pairs {
		l.pairs[i].sample(sc, l.countsOf(l.pairs[i].set), l.countsOf(l.pairs[i].set+"+"))
	}
	for i := range l.days {
		l.days[i].sample(sc, l.countsOf(l.days[i].set))
	}
}

// take computes the features of a pair, nil when a veto decides about it.
func take(sc *stories.Scorer, a, b *words.Text, hours float64, outlet, same bool, weight float64) (s *sample, told bool) {
	j := sc.Compare(a, b, hours, outlet)
	if j.Veto != "" {
		return nil, false
	}
	return &sample{j.X, same, weight, words.Common(a.Language, b.Language)}, j.Told
}

func (p *labelledPair) sample(sc *stories.Scorer, bare, whole *stories.Counts) {
	sc.Amid(bare)
	w := setWeight[p.set]
	p.title, _ = take(sc, p.bare[0], p.bare[1], p.hours, p.outlet, p.same, w.title)
	if p.title != nil && p.rated {
		p.duplicateTitle = &sample{p.title.x, p.duplicate, w.dup, p.title.language}
	}
	if p.whole[0] == nil {
		return
	}
	sc.Amid(whole)
	text, told := take(sc, p.whole[0], p.whole[1], p.hours, p.outlet, p.same, w.text)
	if text == nil || !told {
		return
	}
	p.text = text
	if p.rated {
		p.duplicateText = &sample{text.x, p.duplicate, w.dup, text.language}
	}
}

// sample computes the features of all pairs of a day's reports that are no farther apart than a story
// takes in reports.
func (d *labelledDay) sample(sc *stories.Scorer, counts *stories.Counts) {
	const window = 72 // hours
	w := setWeight[d.set]
	if w.title == 0 && w.text == 0 {
		return
	}
	sc.Amid(counts)
	for k, a := range d.rows {
		for _, b := range d.rows[:k] {
			if a.at-b.at > window {
				continue
			}
			same := a.cluster == b.cluster
			j := sc.Compare(b.d, a.d, a.at-b.at, a.outlet == b.outlet)
			if j.Alike() < stories.Gate && !same || j.Veto != "" {
				continue
			}
			s := sample{j.X, same, w.title, words.Common(a.d.Language, b.d.Language)}
			d.title = append(d.title, s)
			if s.weight = w.text; j.Told {
				d.text = append(d.text, s)
			}
		}
	}
	balance(d.title)
	balance(d.text)
}

// fit fits the models to the pairs and days that use lets pass.
func (l *Labelled) fit(provenance string, pair, day func(int) bool) *stories.Models {
	var title, text, dup, dupText []sample
	add := func(list *[]sample, s *sample) {
		if s != nil && s.weight > 0 {
			*list = append(*list, *s)
		}
	}
	for i := range l.pairs {
		if p := &l.pairs[i]; pair(i) {
			add(&title, p.title)
			add(&text, p.text)
			add(&dup, p.duplicateTitle)
			add(&dupText, p.duplicateText)
		}
	}
	for i := range l.days {
		if day(i) {
			title, text = append(title, l.days[i].title...), append(text, l.days[i].text...)
		}
	}
	family := func(use func(words.Language) bool, own bool) *stories.Family {
		f := &stories.Family{
			Title: fit(enough(of(title, use), title), stories.TitleFeatures, 0.5),
			Text:  fit(enough(of(text, use), text), stories.Features, 0.5),
		}
		if len(of(text, use)) < few && len(of(title, use)) >= few {
			f.Text = between(f.Title, f.Text)
		}
		if !own {
			use = func(words.Language) bool { return true }
		}
		f.Duplicate = fit(of(dup, use), stories.TitleFeatures, 0.5)
		f.Copy = fit(of(dupText, use), stories.Features, 0.5)
		return f
	}
	ms := &stories.Models{
		Provenance: provenance,
		Vietnamese: family(func(l words.Language) bool { return l == words.Vietnamese }, true),
		// Few pairs of other languages say whether they are interchangeable: that is learned from all.
		English: family(func(l words.Language) bool { return l == words.English }, false),
		Other:   family(func(words.Language) bool { return true }, false),
	}
	ms.Vietnamese.Title.Weights[stories.FeatureNames[stories.Vectors]] = vectorsWeight
	ms.Vietnamese.Text.Bias = round(ms.Vietnamese.Text.Bias + vietnameseTexts)
	return ms.Compile()
}

// vietnameseTexts is added to the bias of the Vietnamese model with summaries. The labelled days are
// balanced for the fit; in a whole day the share of positives among the pairs compared is far lower.
// In cross-validation by sets the other models did better without such a correction.
const vietnameseTexts = -0.65

// vectorsWeight is what the cosine of the word vectors counts in Vietnamese, by headlines alone. It is not fitted:
// most pairs there are to fit it to are of the outlets and years the vectors were trained on, where they say more
// than elsewhere. Headlines with summaries have enough words in common without them. It was chosen on the days of three
// outlets, by headlines alone and with models fitted without these outlets.
const vectorsWeight = 3

// few samples of a language are too few to fit a model to.
const few = 200

// between returns the model half way between two. It judges texts with summaries in a language of which only headlines
// are labelled: how much the summaries of one event have in common differs from language to language, so what is known
// from others counts half, and the headlines, which are of the language, for the other half.
func between(a, b *stories.Model) *stories.Model {
	m := &stories.Model{Bias: round((a.Bias + b.Bias) / 2), Weights: map[string]float64{}}
	for _, name := range stories.FeatureNames {
		if w := round((a.Weights[name] + b.Weights[name]) / 2); w != 0 {
			m.Weights[name] = w
		}
	}
	return m
}

// enough returns the samples of one language, those of all where that one has hardly any.
func enough(own, all []sample) []sample {
	if len(own) < few {
		return all
	}
	return own
}

// of returns the samples of the languages that use lets pass.
func of(list []sample, use func(words.Language) bool) []sample {
	var some []sample
	for _, s := range list {
		if use(s.language) {
			some = append(some, s)
		}
	}
	return some
}

// FitStories fits the models to all that is labelled and writes them as JSON. Nothing in it is
// random: the same data give the same figures.
func (l *Labelled) FitStories(out io.Writer) error {
	l.sample()
	all := func(int) bool { return true }
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(l.fit("fitted by internal/aggregate/desk/judge/fit on "+strings.Join(l.files, " "), all, all))
}

// balance lowers the weight of the pairs of two events, of which a day has very many, to three
// times what the pairs of one event weigh together.
func balance(list []sample) {
	var one, two float64
	for _, s := range list {
		if s.y {
			one += s.weight
		} else {
			two += s.weight
		}
	}
	const ratio = 3
	if two <= ratio*one {
		return
	}
	for i := range list {
		if !list[i].y {
			list[i].weight *= ratio * one / two
		}
	}
}

// setWeight is what a pair of a set counts in each fit. The sets are of unlike size and unlike
// strictness: what "one event" means in the days and the hand-labelled pairs is what feedd means.
var setWeight = map[string]struct{ title, text, dup float64 }{
	"vi_syn":    {1, 0, 1},
	"en_syn":    {2, 0, 2},
	"vi_real":   {2, 4, 1},
	"vi_series": {1, 0, 0.5},
	"own":       {1.5, 0, 0.5},
	"vi_mds":    {0.05, 0.15, 0},
	"uci":       {0.03, 0, 0},
	"vi_stream": {0.7, 1, 0.7},
	"day":       {0.3, 0.5, 0},
	"vi_day1":   {0.3, 0.5, 0},
	"vi_day2":   {0.3, 0.5, 0},
	"mds":       {0, 0, 0},
	"vn18":      {0.5, 0, 0},
	"mined":     {0.3, 0.3, 0},
	"gva":       {0.3, 0.3, 0},
	"ecb":       {0.4, 0.4, 0},
	"neus":      {0.1, 0.1, 0},
	"allsides":  {0.3, 0.3, 0},
}

// weights are those of the features, and the bias, which stands last.
type weights [stories.Features + 1]float64

// curvature is a matrix of second derivatives, of which the lower half is filled.
type curvature [stories.Features + 1][stories.Features + 1]float64

const bias = stories.Features

// regression is a logistic regression with a ridge penalty on the first n features.
type regression struct {
	list  []sample
	n     int
	ridge float64
}

// fit finds the weights of the first n features that minimise the logistic loss with a ridge
// penalty, none against its sign: Newton's method on the weights that may move.
func fit(list []sample, n int, ridge float64) *stories.Model {
	const rounds, near = 60, 1e-7
	r := regression{list, n, ridge}
	var w weights
	loss := r.loss(&w)
	for range rounds {
		grad, hess := r.derivatives(&w)
		free := r.free(&w, &grad)
		moved := r.descend(&w, &loss, free, solve(&hess, &grad, free))
		if moved < near {
			break
		}
	}
	m := &stories.Model{Bias: round(w[bias]), Weights: map[string]float64{}}
	for k := range n {
		if v := round(w[k]); v != 0 {
			m.Weights[stories.FeatureNames[k]] = v
		}
	}
	return m
}

// logit is the log-odds that the weights give a sample.
func (r *regression) logit(w *weights, s *sample) float64 {
	z := w[bias]
	for k := range r.n {
		z += w[k] * s.x[k]
	}
	return z
}

// loss is the logistic loss with the penalty.
func (r *regression) loss(w *weights) float64 {
	sum := 0.0
	for k := range r.n {
		sum += r.ridge / 2 * w[k] * w[k]
	}
	for i := range r.list {
		s := &r.list[i]
		z := r.logit(w, s)
		if s.y {
			z = -z
		}
		sum += s.weight * softplus(z)
	}
	return sum
}

// derivatives are those of the loss, the first and the second.
func (r *regression) derivatives(w *weights) (grad weights, hess curvature) {
	for i := range r.list {
		s := &r.list[i]
		p := 1 / (1 + math.Exp(-r.logit(w, s)))
		e, v := s.weight*(p-number(s.y)), s.weight*p*(1-p)
		for a, x := range s.x[:r.n] {
			if x == 0 {
				continue
			}
			grad[a] += e * x
			for b := range a + 1 {
				hess[a][b] += v * x * s.x[b]
			}
			hess[bias][a] += v * x
		}
		grad[bias] += e
		hess[bias][bias] += v
	}
	for k := range r.n {
		grad[k] += r.ridge * w[k]
		hess[k][k] += r.ridge
	}
	return grad, hess
}

// free are the weights that may move: all but that of the vectors, which is not fitted, and those at zero that
// would go against their sign.
func (r *regression) free(w, grad *weights) []int {
	var list []int
	for k := range r.n {
		if k == stories.Vectors {
			continue
		}
		if sign := stories.Signs[k]; sign == 0 || w[k] != 0 || float64(sign)*grad[k] < 0 {
			list = append(list, k)
		}
	}
	return append(list, bias)
}

// descend moves the free weights by the step, halved until the loss does not grow, and stops at zero
// those that would change their sign. It returns how far a weight moved at most.
func (r *regression) descend(w *weights, loss *float64, free []int, step []float64) (moved float64) {
	for size := 1.0; size > 1e-6; size /= 2 {
		next := *w
		for i, k := range free {
			next[k] -= size * step[i]
			if k != bias && float64(stories.Signs[k])*next[k] < 0 {
				next[k] = 0
			}
		}
		if after := r.loss(&next); after <= *loss {
			for _, k := range free {
				moved = max(moved, math.Abs(next[k]-w[k]))
			}
			*w, *loss = next, after
			break
		}
	}
	return moved
}

// softplus is ln(1+exp(z)).
func softplus(z float64) float64 { return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) }

// solve returns hess⁻¹·grad over the given rows and columns; the lower half of hess is filled.
func solve(hess *curvature, grad *weights, rows []int) []float64 {
	n := len(rows)
	l, x := matrix(n, n), make([]float64, n)
	for i := range n {
		for j := range i + 1 {
			s := hess[rows[i]][rows[j]]
			for k := range j {
				s -= l[i][k] * l[j][k]
			}
			if i == j {
				l[i][i] = math.Sqrt(max(s, 1e-9))
			} else {
				l[i][j] = s / l[j][j]
			}
		}
	}
	for i := range n {
		s := grad[rows[i]]
		for k := range i {
			s -= l[i][k] * x[k]
		}
		x[i] = s / l[i][i]
	}
	for i := n - 1; i >= 0; i-- {
		s := x[i]
		for k := i + 1; k < n; k++ {
			s -= l[k][i] * x[k]
		}
		x[i] = s / l[i][i]
	}
	return x
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func round(v float64) float64 { return math.Round(v*1000) / 1000 }
