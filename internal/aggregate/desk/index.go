package desk

import (
	"cmp"
	"math"
	"slices"
)

// index finds the reports that share rare words with a new one. Each word has the list of the
// reports that use it, in order of arrival; the lists of the rarest words of the new report are
// walked from their newest end.
type index struct {
	lists   map[uint32][]int32 // by word: numbers of reports, ascending
	reports []*report          // by number less base; nil when forgotten
	base    int32
	dead    int

	sums    []float32 // by position in reports, while candidates are sought
	touched []int32
	lens    []listed
}

// indexKey is a word of a report, in the upper half, and what it weighs: in order of the words,
// the heavier first.
type indexKey uint64

func newIndexKey(word uint32, weight float32) indexKey {
	return indexKey(word)<<32 | indexKey(math.MaxUint32-math.Float32bits(weight))
}

func (k indexKey) word() uint32    { return uint32(k >> 32) }
func (k indexKey) weight() float32 { return math.Float32frombits(math.MaxUint32 - uint32(k)) }

type listed struct {
	key  indexKey
	list []int32
}

const (
	rarestWords   = 20  // of the new report, whose lists are walked
	newestReports = 120 // of each list
	maxCandidates = 20
	tellingWord   = 2.2 // least weight of a word that is indexed
)

func newIndex() *index { return &index{lists: map[uint32][]int32{}} }

func (ix *index) add(r *report, keys []indexKey) {
	r.number = ix.base + int32(len(ix.reports))
	ix.reports = append(ix.reports, r)
	ix.sums = append(ix.sums, 0)
	for _, k := range keys {
		ix.lists[k.word()] = append(ix.lists[k.word()], r.number)
	}
}

func (ix *index) remove(r *report) {
	if at := r.number - ix.base; at >= 0 && int(at) < len(ix.reports) && ix.reports[at] == r {
		ix.reports[at] = nil
		ix.dead++
	}
	if ix.dead > 256 && ix.dead*4 > len(ix.reports) {
		ix.compact()
	}
}

// compact drops what was forgotten from the lists; between two calls at least a quarter of all
// reports came and went, so that it costs little an item.
func (ix *index) compact() {
	moved := make([]int32, len(ix.reports))
	kept := ix.reports[:0]
	for at, r := range ix.reports {
		moved[at] = -1
		if r != nil {
			moved[at] = int32(len(kept))
			kept = append(kept, r)
		}
	}
	for word, list := range ix.lists {
		out := list[:0]
		for _, n := range list {
			if to := moved[n-ix.base]; to >= 0 {
				out = append(out, to)
			}
		}
		if len(out) == 0 {
			delete(ix.lists, word)
			continue
		}
		if cap(out) > 2*len(out)+8 {
			out = slices.Clone(out)
		}
		ix.lists[word] = out
	}
	ix.reports = slices.Clone(kept)
	ix.sums = make([]float32, len(kept))
	ix.base, ix.dead = 0, 0
	for n, r := range ix.reports {
		r.number = int32(n)
	}
}

// candidates appends the reports that share most with the keys, the best first.
func (ix *index) candidates(dst []*report, keys []indexKey, may func(*report) bool) []*report {
	ix.lens = ix.lens[:0]
	for _, k := range keys {
		if list := ix.lists[k.word()]; len(list) > 0 {
			ix.lens = append(ix.lens, listed{k, list})
		}
	}
	slices.SortFunc(ix.lens, func(a, b listed) int {
		return cmp.Or(cmp.Compare(len(a.list), len(b.list)), cmp.Compare(a.key, b.key))
	})
	ix.touched = ix.touched[:0]
	for _, l := range ix.lens[:min(len(ix.lens), rarestWords)] {
		w := l.key.weight()
		for _, n := range l.list[max(0, len(l.list)-newestReports):] {
			at := n - ix.base
			if ix.sums[at] == 0 {
				ix.touched = append(ix.touched, at)
			}
			ix.sums[at] += w * w
		}
	}
	// The best are kept in a short sorted list: few of those touched are among them.
	type best struct {
		at  int32
		sum float32
	}
	var top [maxCandidates]best
	n := 0
	for _, at := range ix.touched {
		sum := ix.sums[at]
		ix.sums[at] = 0
		if n == maxCandidates && (sum < top[n-1].sum || sum == top[n-1].sum && at < top[n-1].at) {
			continue
		}
		if r := ix.reports[at]; r == nil || !may(r) {
			continue
		}
		k := min(n, maxCandidates-1)
		for ; k > 0 && (top[k-1].sum < sum || top[k-1].sum == sum && top[k-1].at < at); k-- {
			top[k] = top[k-1]
		}
		top[k] = best{at, sum}
		n = min(n+1, maxCandidates)
	}
	for _, b := range top[:n] {
		dst = append(dst, ix.reports[b.at])
	}
	return dst
}
