package judge

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"feedd/internal/aggregate/desk/stories"
	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// RankWithVectors trains word vectors so that a headline finds its own summary among those of others, from
// texts without labels: tables with the columns title and summary or text. Then it ranks all pairs of
// reports of each labelled stream by the models that are fitted without the stream's outlets and years,
// with the cosine of the vectors added to their log-odds at some weights, and writes the average precision
// of each. It says what such vectors are worth; none are part of feedd, see docs/measurements.md. Only the
// streams of a language in which the tables are say something, and only if the tables are of other outlets.
//
// A text is the sum of the vectors of its words and pairs of words, brought to length 1. Of each batch of
// headlines and summaries the cross-entropy of finding one by the other is minimised, both ways (InfoNCE,
// van den Oord et al., 2018), by AdaGrad with one step width a word. All that is random comes from a fixed
// start, and nothing is computed side by side, so that the same texts give the same figures.
func (l *Labelled) RankWithVectors(out io.Writer, tables ...io.Reader) error {
	var texts []headline
	known := map[string]bool{}
	for _, in := range tables {
		err := readTable(in, []string{"title"}, func(row tableRow) error {
			const short = 40 // bytes: such a summary tells nothing
			title, summary := row.get("title"), feed.PlainText(cmp.Or(row.get("summary"), row.get("text")))
			if len(summary) < short || known[title] {
				return nil
			}
			known[title] = true
			texts = append(texts, headline{termsOf(l.rd.Read(title, "")), termsOf(l.rd.Read("", summary))})
			return nil
		})
		if err != nil {
			return err
		}
	}
	f := newHeadlineFit(texts, vectorBatch)
	f.train()
	fmt.Fprintf(out, "trained on %d headlines, %d terms\n", len(f.texts), len(f.terms))
	l.sample()
	for _, family := range slices.Compact(slices.Sorted(maps.Values(families))) {
		m := l.fit("", func(i int) bool { return families[l.pairs[i].set] != family }, func(i int) bool { return families[l.days[i].set] != family })
		sc := stories.NewScorer(m)
		for i := range l.days {
			if d := &l.days[i]; families[d.set] == family {
				sc.Amid(l.countsOf(d.set))
				f.rank(out, sc, d)
			}
		}
	}
	return nil
}

// rank writes the average precision of all pairs of a day at each weight of the vectors.
func (f *headlineFit) rank(out io.Writer, sc *stories.Scorer, d *labelledDay) {
	weights := []float64{0, 1, 2, 4}
	directions := make([][]float32, len(d.rows))
	for i := range d.rows {
		directions[i] = f.direction(termsOf(d.rows[i].d))
	}
	lists := make([][]ranked, len(weights))
	for k, a := range d.rows {
		for n, b := range d.rows[:k] {
			if a.at-b.at > window {
				continue
			}
			j := sc.Score(b.d, a.d, a.at-b.at, a.outlet == b.outlet)
			const least = 1e-9
			odds := math.Log((j.P + least) / (1 - j.P + least))
			cosine := float64(dot(directions[k], directions[n]))
			for w, weight := range weights {
				lists[w] = append(lists[w], ranked{odds + weight*cosine, a.cluster == b.cluster})
			}
		}
	}
	fmt.Fprintf(out, "%-10s %7d pairs ", d.set, len(lists[0]))
	for w, weight := range weights {
		fmt.Fprintf(out, "  weight %g: %.3f", weight, averagePrecision(lists[w]))
	}
	fmt.Fprintln(out)
}

// termsOf are the words of a text and its pairs of neighbours, each once.
func termsOf(d *words.Text) (terms []uint32) {
	const pair = 1 << 24 // sets them apart from words
	for _, p := range d.All() {
		terms = append(terms, p>>8)
	}
	for _, p := range d.Pairs(nil) {
		terms = append(terms, p>>8|pair)
	}
	return terms
}

// headline is the terms of a headline and of its summary.
type headline [2][]uint32

const (
	vectorLength = 64     // coordinates
	vectorTerms  = 29_000 // at a byte a coordinate and four a term they are less than 2 MB
	vectorBatch  = 512    // headlines that are told apart at a time
	vectorTurns  = 6      // through all of them
	vectorTexts  = 5      // that a term must stand in
)

// headlineFit is one fit. Terms are known by their places in terms.
type headlineFit struct {
	terms   []uint32
	places  map[uint32]int32
	vectors []float32 // by term, vectorLength each
	squares []float32 // by term: what its gradients came to
	texts   [][2][]int32
	batch   int
	rng     *rand.Rand

	sides [2]side
	alike []float32 // of each headline and each summary of the batch
}

// side is the headlines of a batch, or the summaries: their directions, what these were divided by, and the
// gradients.
type side struct{ at, grad, norm, sum []float32 }

func newHeadlineFit(texts []headline, batch int) *headlineFit {
	const n = vectorLength
	f := &headlineFit{batch: batch, rng: rand.New(rand.NewPCG(1, 1)), alike: make([]float32, batch*batch)}
	count := termCounts(texts)
	for t, c := range count {
		if c >= vectorTexts {
			f.terms = append(f.terms, t)
		}
	}
	slices.SortFunc(f.terms, func(a, b uint32) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	f.terms = f.terms[:min(len(f.terms), vectorTerms)]
	f.places = map[uint32]int32{}
	for i, t := range f.terms {
		f.places[t] = int32(i)
		idf := math.Log(float64(len(texts)) / float64(count[t]))
		for range n { // random directions: at the start the cosine is about that of the words themselves
			f.vectors = append(f.vectors, float32(f.rng.NormFloat64()*idf/8))
		}
	}
	f.squares = make([]float32, len(f.terms))
	for _, text := range texts {
		var known [2][]int32
		for s, terms := range text {
			for _, t := range terms {
				if i, ok := f.places[t]; ok {
					known[s] = append(known[s], i)
				}
			}
		}
		if len(known[0]) > 1 && len(known[1]) > 1 {
			f.texts = append(f.texts, known)
		}
	}
	for s := range f.sides {
		f.sides[s] = side{make([]float32, batch*n), make([]float32, batch*n), make([]float32, batch), make([]float32, batch)}
	}
	return f
}

// termCounts counts the texts that each term stands in.
func termCounts(texts []headline) map[uint32]int {
	count, last := map[uint32]int{}, map[uint32]int{}
	for i, text := range texts {
		for _, terms := range text {
			for _, t := range terms {
				if last[t] != i+1 {
					last[t] = i + 1
					count[t]++
				}
			}
		}
	}
	return count
}

// train goes through the texts in batches, each time in another order and with smaller steps.
func (f *headlineFit) train() {
	const rate = 0.05
	order := make([]int, len(f.texts))
	for i := range order {
		order[i] = i
	}
	for turn := range vectorTurns {
		step := float32(rate * (1 - float64(turn)/vectorTurns))
		f.rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for rest := order; len(rest) >= f.batch; rest = rest[f.batch:] {
			f.place(rest[:f.batch])
			f.compare()
			f.pull()
			f.move(rest[:f.batch], step)
		}
	}
}

// place finds the directions of a batch's texts.
func (f *headlineFit) place(batch []int) {
	const n = vectorLength
	for s := range f.sides {
		side := &f.sides[s]
		clear(side.at)
		clear(side.grad)
		for i, text := range batch {
			at := side.at[i*n:][:n]
			for _, t := range f.texts[text][s] {
				for k, x := range f.vectors[int(t)*n:][:n] {
					at[k] += x
				}
			}
			side.norm[i] = float32(math.Sqrt(float64(dot(at, at)))) + 1e-6
			for k := range at {
				at[k] /= side.norm[i]
			}
		}
	}
}

// dot is a product of two vectors. The conversions keep what is multiplied and added from being rounded
// once on one machine and twice on another.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(a) >= 4 && len(b) >= 4 {
		s0 += float32(a[0] * b[0])
		s1 += float32(a[1] * b[1])
		s2 += float32(a[2] * b[2])
		s3 += float32(a[3] * b[3])
		a, b = a[4:], b[4:]
	}
	return s0 + s1 + s2 + s3
}

// compare finds how alike each headline and each summary are, as exp of their cosine over the temperature.
func (f *headlineFit) compare() {
	const n, temperature = vectorLength, 0.05
	clear(f.sides[0].sum)
	clear(f.sides[1].sum)
	for i := range f.batch {
		for j := range f.batch {
			cosine := dot(f.sides[0].at[i*n:][:n], f.sides[1].at[j*n:][:n])
			e := float32(math.Exp(float64((cosine - 1) / temperature)))
			f.alike[i*f.batch+j] = e
			f.sides[0].sum[i] += e
			f.sides[1].sum[j] += e
		}
	}
}

// pull finds the gradients of the directions: each is drawn to its own text and away from those it is taken for.
func (f *headlineFit) pull() {
	const n, nothing = vectorLength, 1e-5
	a, b := &f.sides[0], &f.sides[1]
	for i := range f.batch {
		for j := range f.batch {
			g := f.alike[i*f.batch+j] * (1/a.sum[i] + 1/b.sum[j]) / 2
			if i == j {
				g--
			}
			if g > -nothing && g < nothing {
				continue
			}
			add(a.grad[i*n:][:n], b.at[j*n:][:n], g)
			add(b.grad[j*n:][:n], a.at[i*n:][:n], g)
		}
	}
}

// add adds a multiple of a vector.
func add(to, from []float32, times float32) {
	for k, x := range from {
		to[k] += float32(times * x)
	}
}

// move takes the vectors of the terms a step against their gradients.
func (f *headlineFit) move(batch []int, step float32) {
	const n = vectorLength
	for s := range f.sides {
		side := &f.sides[s]
		for i, text := range batch {
			at, grad := side.at[i*n:][:n], side.grad[i*n:][:n]
			add(grad, at, -dot(at, grad)) // along the direction nothing changes
			for k := range grad {
				grad[k] /= side.norm[i]
			}
			square := dot(grad, grad) / n
			for _, t := range f.texts[text][s] {
				f.squares[t] += square
				add(f.vectors[int(t)*n:][:n], grad, -step/(float32(math.Sqrt(float64(f.squares[t])))+1e-8))
			}
		}
	}
}

// direction is that of a text with these terms; all zero where none is known.
func (f *headlineFit) direction(terms []uint32) []float32 {
	const n = vectorLength
	sum := make([]float32, n)
	for _, t := range terms {
		if i, ok := f.places[t]; ok {
			add(sum, f.vectors[int(i)*n:][:n], 1)
		}
	}
	if norm := float32(math.Sqrt(float64(dot(sum, sum)))); norm > 0 {
		for k := range sum {
			sum[k] /= norm
		}
	}
	return sum
}
