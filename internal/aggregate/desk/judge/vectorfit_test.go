package judge

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"feedd/internal/aggregate/desk/sections"
)

// Words of three topics in texts of five: what never stood in one text but keeps the same company
// must come out near.
func TestFitVectors(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	word := func(topic, i int) string { return fmt.Sprintf("%c%d", 'a'+topic, i) }
	var table strings.Builder
	table.WriteString("title\tset\n")
	for i := range 900 {
		var words []string
		for _, w := range rng.Perm(40)[:5] {
			words = append(words, word(i%3, w))
		}
		fmt.Fprintf(&table, "%s\tours\n", strings.Join(words, " "))
	}
	for range 20 {
		table.WriteString("khác hẳn\ttheirs\n")
	}
	fit := func() []byte {
		var out bytes.Buffer
		if err := FitVectors(&out, "vi", 2, func(set string) bool { return set == "ours" }, strings.NewReader(table.String())); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	raw := fit()
	if !bytes.Equal(raw, fit()) {
		t.Error("fitting twice gives two files")
	}
	vectors := map[uint32][]int8{}
	n := binary.LittleEndian.Uint32(raw)
	for i := range n {
		row := raw[4+4*n+i*sections.Dimensions:][:sections.Dimensions]
		for _, x := range row {
			term := binary.LittleEndian.Uint32(raw[4+4*i:])
			vectors[term] = append(vectors[term], int8(x))
		}
	}
	place := func(text string) (sum [sections.Dimensions]float64) {
		var terms sections.Terms
		for _, term := range terms.Of("vi", text, "") {
			for k, x := range vectors[uint32(term)] {
				sum[k] += float64(x)
			}
		}
		return sum
	}
	topic := func(topic, from, to int) [sections.Dimensions]float64 {
		var text []string
		for i := from; i < to; i++ {
			text = append(text, word(topic, i), "/") // apart, so that no pair is a term
		}
		return place(strings.Join(text, " "))
	}
	cosine := func(a, b [sections.Dimensions]float64) float64 {
		var dot, aa, bb float64
		for k := range a {
			dot, aa, bb = dot+a[k]*b[k], aa+a[k]*a[k], bb+b[k]*b[k]
		}
		return dot / math.Sqrt(aa*bb)
	}
	query, near, far := topic(0, 0, 20), topic(0, 20, 40), topic(1, 20, 40)
	if a, b := cosine(query, near), cosine(query, far); a < b+.3 {
		t.Errorf("cosine %.2f to the same topic, %.2f to another", a, b)
	}
	if p := place("khác hẳn"); p != [sections.Dimensions]float64{} {
		t.Errorf("a set that was left out has vectors: %v", p)
	}
}
