package sections

import (
	"cmp"
	"math"
	"slices"

	"feedd/internal/feed"
)

// A text typed without diacritics says less than it meant: "ban" may be bạn, bán, bàn or bản. But
// its neighbours tell, as they tell a reader: what was learned knows which normal forms a folded
// word has and how often two of them stood side by side, and the likeliest sequence of forms is
// found by Viterbi's algorithm. The features of the forms found are then weighed beside those of
// the text as it is.

// variants are the normal forms that a folded word has in the examples, as hashes of words.
type variants map[uint64][]uint64

const mostVariants = 6 // of one word, the most frequent

// note remembers the forms of an accented example's words. They are not forgotten with it: a form
// without a count is passed over.
func (v variants) note(words []feed.Word) {
	for i := range words {
		fold, normal := hashWord(words[i].Fold), hashWord(words[i].Normal)
		if !slices.Contains(v[fold], normal) {
			v[fold] = append(v[fold], normal)
		}
	}
}

// candidate is a form that a word may have had: the best sequence that ends with it.
type candidate struct {
	hash  uint64
	count int32
	score float64
	from  int // index into the candidates of the word before
}

// restoring is the memory of restore.
type restoring struct {
	lattice [][]candidate
	hashes  []uint64
}

// restores tells whether the examples know enough of diacritics: most of them have some.
func (c *learned) restores() bool {
	n := 0
	for _, d := range c.docs {
		n += d
	}
	return c.accented*2 > n
}

// restore adds to the features of a text without diacritics those of its likeliest normal forms.
func (c *learned) restore(w *restoring, set *featureSet, title, summary []feed.Word) {
	title, summary = title[:min(len(title), mostTitleWords)], summary[:min(len(summary), mostSummaryWords)]
	set.restored = true
	for _, words := range [][]feed.Word{title, summary} {
		for i, h := range c.likeliest(w, words) {
			inSummary := len(words) > 0 && len(summary) > 0 && &words[0] == &summary[0]
			set.put(newFeature(oneNormal, mix(h)), inSummary, i)
			if i > 0 {
				set.put(newFeature(twoNormal, mix(h+w.hashes[i-1]*3)), inSummary, i-1)
			}
		}
	}
}

// likeliest returns the hashes of the words' likeliest normal forms.
func (c *learned) likeliest(w *restoring, words []feed.Word) []uint64 {
	for len(w.lattice) < len(words) {
		w.lattice = append(w.lattice, nil)
	}
	total := float64(c.total[oneNormal]) + 1
	for i := range words {
		now := c.candidates(w.lattice[i][:0], hashWord(words[i].Fold))
		for j := range now {
			n := &now[j]
			alone := .1 * (float64(n.count) + .01) / total
			if i == 0 {
				n.score = math.Log(alone)
				continue
			}
			n.score = math.Inf(-1)
			for k, b := range w.lattice[i-1] {
				together := float64(c.sum(newFeature(twoNormal, mix(n.hash+b.hash*3))))
				if s := b.score + math.Log(alone+.9*together/(float64(b.count)+.5)); s > n.score {
					n.score, n.from = s, k
				}
			}
		}
		w.lattice[i] = now
	}
	w.hashes = slices.Grow(w.hashes[:0], len(words))[:len(words)]
	if len(words) == 0 {
		return nil
	}
	best := 0
	for k, b := range w.lattice[len(words)-1] {
		if b.score > w.lattice[len(words)-1][best].score {
			best = k
		}
	}
	for i := len(words) - 1; i >= 0; i-- {
		b := w.lattice[i][best]
		w.hashes[i], best = b.hash, b.from
	}
	return w.hashes
}

// candidates lists the forms of a folded word, most frequent first; a word that was never met
// keeps the form it has.
func (c *learned) candidates(dst []candidate, fold uint64) []candidate {
	for _, h := range c.variants[fold] {
		if n := c.sum(newFeature(oneNormal, mix(h))); n > 0 {
			dst = append(dst, candidate{hash: h, count: n})
		}
	}
	if len(dst) == 0 {
		return append(dst, candidate{hash: fold})
	}
	slices.SortFunc(dst, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.hash, b.hash))
	})
	return dst[:min(len(dst), mostVariants)]
}

// sum is how often a feature stood in the examples.
func (c *learned) sum(f Feature) int32 {
	_, sum := c.cells.at(c.cells.find(f))
	return sum
}
