package words

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
)

// weights say how much a word or a pair of neighbouring words tells: its inverse document
// frequency, from a table that ships with feedd. A fixed table makes every score a function of
// the two reports alone: nothing has to be learned again after a restart.
type weights struct {
	idf  hashTable
	fold hashTable // of all words that are written alike without diacritics, together
	top  float32   // of a word that is not in the table
	// pairs tells most pairs of words that are not in idf, as most are not, without asking it.
	pairs [1 << 10]uint64
}

var weightsOnce = sync.OnceValue(func() *weights {
	raw, err := data.ReadFile("data/frequencies.tsv")
	if err == nil {
		var w *weights
		if w, err = readWeights(raw); err == nil {
			return w
		}
	}
	panic(err)
})

// readWeights reads lines of "documents <tab> word" or "documents <tab> word word"; the first line
// is the number of all documents.
func readWeights(raw []byte) (*weights, error) {
	w := &weights{}
	total := 0.0
	docs := map[uint32]float64{}
	sc := bufio.NewScanner(bytes.NewReader(raw))
	for sc.Scan() {
		if strings.HasPrefix(sc.Text(), "#") {
			continue
		}
		count, text, _ := strings.Cut(sc.Text(), "\t")
		n, err := strconv.ParseFloat(count, 64)
		if err != nil {
			return nil, fmt.Errorf("frequencies: %w", err)
		}
		if total == 0 {
			total = n
			w.top = float32(math.Log(total / 2))
			continue
		}
		key := Hash(text)
		a, b, pair := strings.Cut(text, " ")
		if pair {
			key = pairHash(Hash(a), Hash(b))
			w.pairs[key>>6%uint32(len(w.pairs))] |= 1 << (key & 63)
		}
		w.idf.put(key, float32(math.Log(total/(n+1))))
		if !pair {
			docs[Hash(foldNormal(text))] += n
		}
	}
	for key, n := range docs {
		w.fold.put(key, float32(math.Log(total/(min(n, total)+1))))
	}
	return w, sc.Err()
}

// word weighs a word: as it is written in a text with diacritics, else by its bare letters.
func (w *weights) word(norm, fold uint32, marked bool) float32 {
	table, key := &w.fold, fold
	if marked {
		table, key = &w.idf, norm
	}
	if v, ok := table.get(key); ok {
		return max(v, 0.3)
	}
	return w.top
}

// telling says whether a word can be told from its bare letters: few others are written like it.
func (w *weights) telling(norm, fold uint32) bool {
	const most = 0.7
	word, known := w.idf.get(norm)
	all, shared := w.fold.get(fold)
	return !shared || known && math.Exp(float64(all-word)) > most
}

// pair weighs two neighbours: what the table says, else what their words weigh together, but no
// more than an unknown word.
func (w *weights) pair(h uint32, a, b float32) float32 {
	if w.pairs[h>>6%uint32(len(w.pairs))]&(1<<(h&63)) != 0 {
		if v, ok := w.idf.get(h); ok {
			return v
		}
	}
	return min(w.top, a+b)
}

// hashTable is a map from hashes to weights that is built once and asked a hundred times an item:
// open addressing without the costs of a map that may change.
type hashTable struct {
	slots []hashSlot
	n     int
}

type hashSlot struct {
	key   uint32
	value float32 // 0 in a slot that is free
}

func (t *hashTable) put(key uint32, value float32) {
	if t.n*2 >= len(t.slots) {
		old := t.slots
		t.slots, t.n = make([]hashSlot, max(1<<10, 2*len(old))), 0
		for _, s := range old {
			if s.value != 0 {
				t.put(s.key, s.value)
			}
		}
	}
	i := t.slot(key)
	if t.slots[i].value == 0 {
		t.n++
	}
	t.slots[i] = hashSlot{key, max(value, 1e-6)}
}

func (t *hashTable) slot(key uint32) int {
	mask := len(t.slots) - 1
	i := int(key*2654435769>>8) & mask
	for t.slots[i].value != 0 && t.slots[i].key != key {
		i = (i + 1) & mask
	}
	return i
}

func (t *hashTable) get(key uint32) (float32, bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	s := t.slots[t.slot(key)]
	return s.value, s.value != 0
}
