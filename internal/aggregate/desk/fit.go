package desk

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

// Fitting makes the two files the scores stand on, data/frequencies.tsv and data/model.json, from
// labelled headlines. Run it through internal/aggregate/desk/fit.

// CountWords writes the table of word and pair frequencies of the texts in the streams (TSV with the
// columns title and summary). Words of fewer than least documents are left out; so are pairs of
// fewer than leastPair.
func CountWords(out io.Writer, provenance string, least, leastPair int, streams ...io.Reader) error {
	rd := newReader(nil)
	type count struct{ docs, last int }
	counts := map[string]*count{}
	docs := 0
	rd.seen = func(text string, _ bool) {
		c := counts[text]
		if c == nil {
			c = &count{}
			counts[text] = c
		}
		if c.last != docs {
			c.docs, c.last = c.docs+1, docs
		}
	}
	for _, in := range streams {
		err := readTable(in, []string{"title"}, func(row tableRow) error {
			docs++
			rd.read(row.get("title"), row.get("summary"))
			return nil
		})
		if err != nil {
			return err
		}
	}
	keys := make([]string, 0, len(counts))
	for text, c := range counts {
		if isPair := slices.Contains([]byte(text), ' '); !isPair && c.docs >= least || isPair && c.docs >= leastPair {
			keys = append(keys, text)
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b].docs, counts[a].docs), cmp.Compare(a, b))
	})
	fmt.Fprintf(out, "# %s\n%d\t\n", provenance, docs)
	for _, text := range keys {
		if _, err := fmt.Fprintf(out, "%d\t%s\n", counts[text].docs, text); err != nil {
			return err
		}
	}
	return nil
}

// sample is one labelled pair.
type sample struct {
	x      [features]float64
	y      bool
	weight float64
}

// FitStories fits the models to labelled pairs and to days whose stories are known, and writes
// them as JSON. pairs has the columns of a file of pairs with set and dup, days those of a stream
// with cluster and set. Nothing in it is random: the same data give the same figures.
func FitStories(out io.Writer, provenance string, pairs, days []io.Reader) error {
	var title, text, dup []sample
	rd := newReader(nil)
	sc := newScorer()
	for _, in := range pairs {
		err := readTable(in, []string{"a_title", "b_title", "label"}, func(row tableRow) error {
			w := setWeight[row.get("set")]
			hours, _ := strconv.ParseFloat(row.get("hours"), 64)
			outlet := row.get("src_a") != "" && row.get("src_a") == row.get("src_b")
			y := row.get("label") == "1"
			use := func(list *[]sample, x [features]float64, y bool, w float64) {
				if w > 0 {
					*list = append(*list, sample{x, y, w})
				}
			}
			var j judged
			sc.features(rd.read(row.get("a_title"), ""), rd.read(row.get("b_title"), ""), hours, outlet, &j)
			if sc.vetoes(&doc{}, &doc{}, hours, outlet, &j) == "" {
				use(&title, j.x, y, w.title)
				if row.get("dup") != "" {
					use(&dup, j.x, row.get("dup") == "1", w.dup)
				}
			}
			if row.get("a_summary") != "" && row.get("b_summary") != "" {
				var j judged
				sc.features(rd.read(row.get("a_title"), row.get("a_summary")), rd.read(row.get("b_title"), row.get("b_summary")), hours, outlet, &j)
				if j.told && sc.vetoes(&doc{}, &doc{}, hours, outlet, &j) == "" {
					use(&text, j.x, y, w.text)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, in := range days {
		type told struct {
			d       *doc
			at      float64
			source  string
			cluster string
		}
		sets := map[string][]told{}
		err := readTable(in, []string{"title", "cluster"}, func(row tableRow) error {
			at, _ := strconv.ParseFloat(row.get("ts"), 64)
			set := row.get("set")
			sets[set] = append(sets[set], told{rd.read(row.get("title"), row.get("summary")), at / 3600, outletOf(row.get("source")), row.get("cluster")})
			return nil
		})
		if err != nil {
			return err
		}
		for _, set := range sortedKeys(sets) {
			w := setWeight[set]
			list := sets[set]
			firstTitle, firstText := len(title), len(text)
			for i, a := range list {
				for _, b := range list[:i] {
					var j judged
					hours := a.at - b.at
					if set != "day" {
						hours = 12
					}
					sc.features(a.d, b.d, hours, a.source == b.source, &j)
					y := a.cluster == b.cluster
					if max(j.x[fText], j.x[fCosine]) < 0.15 && !y || sc.vetoes(a.d, b.d, hours, a.source == b.source, &j) != "" {
						continue
					}
					if w.title > 0 {
						title = append(title, sample{j.x, y, w.title})
					}
					if w.text > 0 && j.told {
						text = append(text, sample{j.x, y, w.text})
					}
				}
			}
			balance(title[firstTitle:])
			balance(text[firstText:])
		}
	}
	m := models{
		Provenance: provenance,
		Title:      fit(title, titleFeatures, 0.5),
		Text:       fit(text, features, 0.5),
		Duplicate:  fit(dup, titleFeatures, 0.5),
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(m)
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

// outletOf takes the channel off an outlet's name: "Báo Ví dụ - Thể thao".
func outletOf(source string) string {
	for i := 0; i+3 <= len(source); i++ {
		if source[i:i+3] == " - " {
			return source[:i]
		}
	}
	return source
}

// setWeight is what a pair of a set counts in each fit. The sets are of unlike size and unlike
// strictness: what "one event" means in the days and the hand-labelled pairs is what feedd means.
var setWeight = map[string]struct{ title, text, dup float64 }{
	"vi_syn":    {1, 0, 1},
	"en_syn":    {2, 0, 2},
	"vi_real":   {1, 1.5, 1},
	"vi_series": {1, 0, 0.5},
	"own":       {0.5, 0, 0.5},
	"vi_mds":    {0.05, 0.15, 0},
	"uci":       {0.03, 0, 0},
	"day":       {0.3, 1, 0},
	"mds":       {0, 0, 0},
}

// signs keeps a weight from going against what its feature means, where few samples have it.
var signs = [features]int{
	fCosine: 1, fContain: 1, fOrder: 1, fPairs: 1, fNameSwap: -1, fWordSwap: -1, fOneSided: -1, fEqualNames: -1, fFigures: 1, fPlace: 1,
	fDate: -1, fPeriod: -1, fQuantity: -1, fCasualty: -1, fPlaceClash: -1, fDirection: -1, fChoice: -1, fAngle: -1, fEqualShort: -1, fRubric: -1, fTitleNames: 1, fHours: -1,
	fText: 1, fTextPairs: 1, fNames: 1, fAcross: 1, fAcrossMin: 1,
}

// fit finds the weights of the first n features by gradient descent on the logistic loss with a
// ridge penalty.
func fit(list []sample, n int, ridge float64) *model {
	var w, grad, m1, m2 [features + 1]float64 // the bias stands last
	const bias = features
	const rounds, rate = 1200, 0.05
	for t := 1; t <= rounds; t++ {
		for i := range grad {
			grad[i] = 0
		}
		for i := range list {
			s := &list[i]
			z := w[bias]
			for k := range n {
				z += w[k] * s.x[k]
			}
			e := 1 / (1 + math.Exp(-z))
			if s.y {
				e--
			}
			e *= s.weight
			for k := range n {
				grad[k] += e * s.x[k]
			}
			grad[bias] += e
		}
		for k := range w {
			if k >= n && k != bias {
				continue
			}
			if k != bias {
				grad[k] += ridge * w[k]
			}
			m1[k] = 0.9*m1[k] + 0.1*grad[k]
			m2[k] = 0.999*m2[k] + 0.001*grad[k]*grad[k]
			step := rate * (m1[k] / (1 - math.Pow(0.9, float64(t)))) / (math.Sqrt(m2[k]/(1-math.Pow(0.999, float64(t)))) + 1e-9)
			w[k] -= step * math.Min(1, 4*(1-float64(t)/rounds))
			if k != bias && float64(signs[k])*w[k] < 0 {
				w[k] = 0
			}
		}
	}
	m := &model{Bias: round(w[bias]), Weights: map[string]float64{}}
	for k := range n {
		if v := round(w[k]); v != 0 {
			m.Weights[featureNames[k]] = v
		}
	}
	return m
}

func round(v float64) float64 { return math.Round(v*1000) / 1000 }
