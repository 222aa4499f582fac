package judge

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"

	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// FitHeadlineVectors writes the table of word vectors that words reads, data/vectors-vi.bin, from texts without
// labels: tables with the columns title and summary or text. Headlines that stand in the labelled pairs and days
// are left out, so that what these measure was not seen. Run it through internal/aggregate/desk/judge/fit.
//
// A text is the sum of the vectors of its words and pairs of words, brought to length 1. Of each batch of
// headlines and summaries the cross-entropy of finding one by the other is minimised, both ways (InfoNCE,
// van den Oord et al., 2018), by AdaGrad with one step width a word. All that is random comes from a fixed
// start, and nothing is computed side by side, so that the same texts give the same bytes.
func (l *Labelled) FitHeadlineVectors(out io.Writer, provenance string, tables ...io.Reader) error {
	known := l.titles()
	var texts []headline
	for _, in := range tables {
		err := readTable(in, []string{"title"}, func(row tableRow) error {
			const short = 40 // bytes: such a summary tells nothing
			title, summary := row.get("title"), feed.PlainText(cmp.Or(row.get("summary"), row.get("text")))
			if len(summary) < short || known[title] {
				return nil
			}
			known[title] = true
			texts = append(texts, headline{l.rd.Read(title, "").Terms(), l.rd.Read("", summary).Terms()})
			return nil
		})
		if err != nil {
			return err
		}
	}
	f := newHeadlineFit(texts, vectorBatch)
	f.train()
	fmt.Fprintf(out, "of %d headlines; %s\n", len(f.texts), provenance)
	return f.write(out)
}

// titles are the headlines of all that is labelled by somebody.
func (l *Labelled) titles() map[string]bool {
	titles := map[string]bool{}
	for i := range l.pairs {
		if p := &l.pairs[i]; p.set != minedSet {
			titles[p.titles[0]], titles[p.titles[1]] = true, true
		}
	}
	for i := range l.days {
		for _, r := range l.days[i].rows {
			titles[r.item.Title] = true
		}
	}
	return titles
}

// write writes the number of terms and, in little endian, the terms and then a row of signed bytes for each, in
// units of the 127th part of the largest coordinate but for a few that are far out.
func (f *headlineFit) write(out io.Writer) error {
	const farOut = 0.0005 // of all coordinates
	sizes := make([]float32, len(f.vectors))
	for i, x := range f.vectors {
		sizes[i] = max(x, -x)
	}
	slices.Sort(sizes)
	unit := float64(sizes[int(float64(len(sizes)-1)*(1-farOut))]) / 127
	raw := binary.LittleEndian.AppendUint32(nil, uint32(len(f.terms)))
	for _, t := range f.terms {
		raw = binary.LittleEndian.AppendUint32(raw, t)
	}
	for _, x := range f.vectors {
		raw = append(raw, byte(int8(max(-127, min(127, math.Round(float64(x)/unit))))))
	}
	_, err := out.Write(raw)
	return err
}

// headline is the terms of a headline and of its summary.
type headline [2][]uint32

const (
	vectorLength = words.Dimensions
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
