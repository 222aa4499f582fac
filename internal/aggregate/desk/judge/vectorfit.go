package judge

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"
	"math/rand/v2"
	"slices"

	"feedd/internal/aggregate/desk/sections"
)

// FitVectors writes the word vectors of one language, data/vectors-LANGUAGE.bin, from texts without
// labels: tables with the columns title and summary or text. Words and pairs in fewer than least
// texts are left out. Run it through internal/aggregate/desk/judge/fitvectors.
//
// It is latent semantic analysis: the leading right singular vectors of the matrix of texts by
// words, weighted by inverse document frequency, found by subspace iteration from a fixed start,
// so that the same texts give the same bytes.
func FitVectors(out io.Writer, language string, least int, keep func(set string) bool, tables ...io.Reader) error {
	var texts [][]sections.Feature
	var reader sections.Terms
	for _, in := range tables {
		err := readTable(in, []string{"title"}, func(row tableRow) error {
			if keep != nil && !keep(row.get("set")) {
				return nil
			}
			summary := row.get("summary")
			if summary == "" {
				summary = row.get("text")
			}
			texts = append(texts, slices.Clone(reader.Of(language, row.get("title"), summary)))
			return nil
		})
		if err != nil {
			return err
		}
	}
	words, idf := vocabulary(texts, least)
	vectors := subspace(texts, words, idf)
	return writeVectors(out, words, idf, vectors)
}

// vocabulary returns the features in at least least and at most an eighth of the texts, ascending,
// and their inverse document frequencies.
func vocabulary(texts [][]sections.Feature, least int) (words []sections.Feature, idf []float64) {
	df := map[sections.Feature]int{}
	for _, text := range texts {
		for _, f := range text {
			df[f]++
		}
	}
	for f, n := range df {
		if n >= least && n <= len(texts)/8 {
			words = append(words, f)
		}
	}
	slices.Sort(words)
	for _, f := range words {
		idf = append(idf, math.Log(float64(len(texts))/float64(df[f])))
	}
	return words, idf
}

// cell is an element of a sparse row.
type cell struct {
	column int
	value  float64
}

// subspace returns, by word, its coordinates on the leading right singular vectors.
func subspace(texts [][]sections.Feature, words []sections.Feature, idf []float64) [][]float64 {
	const spare, rounds = 12, 6 // vectors beyond those wanted make it converge sooner
	const width = sections.Dimensions + spare
	rows := make([][]cell, len(texts))
	for i, text := range texts {
		norm := 0.0
		for _, f := range text {
			if c, ok := slices.BinarySearch(words, f); ok {
				rows[i] = append(rows[i], cell{c, idf[c]})
				norm += idf[c] * idf[c]
			}
		}
		for j := range rows[i] {
			rows[i][j].value /= math.Sqrt(norm)
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	q := matrix(len(words), width)
	for i := range q {
		for j := range q[i] {
			q[i][j] = rng.NormFloat64()
		}
	}
	orthonormalize(q)
	y := make([]float64, width)
	for range rounds {
		next := matrix(len(words), width)
		for _, row := range rows { // next = Aᵀ A q
			clear(y)
			for _, c := range row {
				for j, x := range q[c.column] {
					y[j] += c.value * x
				}
			}
			for _, c := range row {
				for j, x := range y {
					next[c.column][j] += c.value * x
				}
			}
		}
		q = next
		orthonormalize(q)
	}
	return q
}

func matrix(rows, columns int) [][]float64 {
	m := make([][]float64, rows)
	cells := make([]float64, rows*columns)
	for i := range m {
		m[i] = cells[i*columns : (i+1)*columns]
	}
	return m
}

// orthonormalize makes the columns of q orthonormal, by the Cholesky factor of qᵀq.
func orthonormalize(q [][]float64) {
	if len(q) == 0 {
		return
	}
	n := len(q[0])
	gram, r := matrix(n, n), matrix(n, n)
	for _, row := range q {
		for a, x := range row {
			for b := range a + 1 {
				gram[a][b] += x * row[b]
			}
		}
	}
	for i := range n {
		for j := range i + 1 {
			s := gram[i][j]
			for k := range j {
				s -= r[i][k] * r[j][k]
			}
			if i == j {
				r[i][i] = math.Sqrt(max(s, 1e-12))
			} else {
				r[i][j] = s / r[j][j]
			}
		}
	}
	for _, row := range q {
		for i := range row {
			s := row[i]
			for k := range i {
				s -= r[i][k] * row[k]
			}
			row[i] = s / r[i][i]
		}
	}
}

// writeVectors writes the number of words and, in little endian, the words and then a row of
// signed bytes for each: its vector times its weight, in units of the 127th part of the largest.
func writeVectors(out io.Writer, words []sections.Feature, idf []float64, vectors [][]float64) error {
	largest := 0.0
	for i, v := range vectors {
		for _, x := range v[:sections.Dimensions] {
			largest = max(largest, math.Abs(x*idf[i]))
		}
	}
	// A few words are far out; cutting them leaves more steps to the others.
	unit := largest / 4 / 127
	w := bufio.NewWriter(out)
	raw := binary.LittleEndian.AppendUint32(nil, uint32(len(words)))
	for _, f := range words {
		raw = binary.LittleEndian.AppendUint32(raw, uint32(f))
	}
	for i, v := range vectors {
		for _, x := range v[:sections.Dimensions] {
			raw = append(raw, byte(int8(max(-127, min(127, math.Round(x*idf[i]/unit))))))
		}
	}
	if _, err := w.Write(raw); err != nil {
		return err
	}
	return w.Flush()
}
