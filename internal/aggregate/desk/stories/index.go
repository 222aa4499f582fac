package stories

import (
	"slices"

	"feedd/internal/aggregate/desk/words"
)

// index finds the reports that share rare words with a new one. Each word has the list of the
// reports that use it, in order of arrival; the lists of the rarest words of the new report are
// walked from their newest end. The lists hold what is in the window and nothing else, so that
// candidates are the same after a restart.
type index struct {
	terms   words.Table // by word, bare letters
	written words.Table // by word as reports hold it: lets a report be taken out again
	lists   []postings
	free    []int32   // lists that no word has
	reports []*report // by number; nil when forgotten
	times   []int64   // when they were told, Unix seconds
	live    int
	chains  [kindsOfTwins]chains // of reports that may be one article, see addTwin

	sums    []float32 // by number, while candidates are sought
	enough  float32   // the share of what the walked lists weigh that most reports do not reach, see candidates
	walked  []walked
	touched []int32
	rare    []uint64
	found   []int32
	in      []int32
}

// postings are the reports that use a word.
type postings struct {
	count  int32   // all of them
	newest []int32 // the numbers of the newest, ascending; see keptReports
}

const (
	rarestWords   = 20  // of the new report, whose lists are walked
	newestReports = 120 // of each list
	// Of a common word's list twice as many are kept, so that some may be forgotten again. With
	// 100,000 reports most of what the lists held was never walked.
	keptReports   = 2 * newestReports
	maxCandidates = 20
)

func newIndex() *index {
	ix := &index{}
	for kind := range ix.chains {
		ix.chains[kind].kind = twinKind(kind)
	}
	return ix
}

// add takes in a report under its keys. r.at must not change while it is in.
func (ix *index) add(r *report, keys []words.Key) {
	r.number = int32(len(ix.reports))
	ix.reports = append(ix.reports, r)
	ix.times = append(ix.times, r.at)
	ix.sums = append(ix.sums, 0)
	ix.live++
	ix.list(r, keys)
}

// list enters a report that has its number into the lists of its words.
func (ix *index) list(r *report, keys []words.Key) {
	for _, k := range keys {
		n := ix.terms.Find(k.Word())
		if n < 0 {
			n = ix.newList(k.Word())
		}
		ix.lists[n].add(r.number)
		ix.written.Put(k.Packed>>8, n)
	}
}

// documents is how many reports have a word, -1 when they are not found by it.
func (ix *index) documents(word uint32) int32 {
	n := ix.written.Find(word)
	if n < 0 {
		return -1
	}
	return ix.lists[n].count
}

func (l *postings) add(number int32) {
	if last := len(l.newest) - 1; last >= 0 && number < l.newest[last] {
		l.insert(number)
		return
	}
	l.count++
	if len(l.newest) == keptReports {
		l.newest = l.newest[:copy(l.newest, l.newest[keptReports-newestReports:])]
	}
	l.newest = append(l.newest, number)
}

// insert is add for a report that came before others of the list.
func (l *postings) insert(number int32) {
	i, twice := slices.BinarySearch(l.newest, number)
	switch {
	case twice: // two words alike without their diacritics, or what two share in their hashes hid one of them from remove
	case i == 0 && int(l.count) > len(l.newest): // older than what is kept
		l.count++
	default:
		l.count, l.newest = l.count+1, slices.Insert(l.newest, i, number)
		if len(l.newest) > keptReports {
			l.newest = l.newest[:copy(l.newest, l.newest[keptReports-newestReports:])]
		}
	}
}

func (l *postings) remove(number int32) {
	i, ok := slices.BinarySearch(l.newest, number)
	switch {
	case !ok && i == 0 && int(l.count) > len(l.newest): // too old to be kept
		l.count--
	case !ok:
	case len(l.newest) == 1:
		*l = postings{count: l.count - 1}
	case i == 0: // the oldest, mostly
		l.count, l.newest = l.count-1, l.newest[1:]
	default:
		l.count, l.newest = l.count-1, slices.Delete(l.newest, i, i+1)
	}
}

// newList gives a word a list.
func (ix *index) newList(word uint32) int32 {
	if ix.terms.Full() {
		// Words that nobody uses any more make room.
		empty := func(n int32) bool { return ix.lists[n].count == 0 }
		ix.written.Rebuild(empty, nil)
		ix.terms.Rebuild(empty, func(n int32) { ix.free = append(ix.free, n) })
	}
	var n int32
	if last := len(ix.free) - 1; last >= 0 {
		n, ix.free = ix.free[last], ix.free[:last]
	} else {
		n = int32(len(ix.lists))
		ix.lists = append(ix.lists, postings{})
	}
	ix.terms.Put(word, n)
	return n
}

// remove takes a report out of the lists of its words.
func (ix *index) remove(r *report) {
	at := r.number
	if int(at) >= len(ix.reports) || ix.reports[at] != r {
		return
	}
	ix.unlist(r)
	ix.reports[at] = nil
	if ix.live--; len(ix.reports) > 2*ix.live+1024 {
		ix.renumber()
	}
}

// unlist takes a report out of the lists of its words.
func (ix *index) unlist(r *report) {
	// Each list once: two words may be alike without their diacritics.
	ix.in = ix.in[:0]
	for _, p := range r.doc.All() {
		if !words.Telling(p) {
			continue
		}
		if n := ix.written.Find(p >> 8); n >= 0 {
			ix.in = append(ix.in, n)
		}
	}
	slices.Sort(ix.in)
	for _, n := range slices.Compact(ix.in) {
		ix.lists[n].remove(r.number)
	}
}

// renumber closes the gaps that the forgotten left; between two calls as many came and went as are
// there, so that it costs little an item.
func (ix *index) renumber() {
	moved := make([]int32, len(ix.reports))
	kept := make([]*report, 0, ix.live+ix.live/4)
	for at, r := range ix.reports {
		moved[at] = int32(len(kept))
		if r != nil {
			r.number = int32(len(kept))
			kept = append(kept, r)
		}
	}
	for n := range ix.lists {
		l := &ix.lists[n]
		// What two words share in their hashes may have hidden one of them from remove.
		all := len(l.newest)
		list := slices.DeleteFunc(l.newest, func(at int32) bool { return ix.reports[at] == nil })
		l.count -= int32(all - len(list))
		for i, at := range list {
			list[i] = moved[at]
		}
		l.newest = slices.Clone(list)
	}
	ix.reports = kept
	ix.renumberTwins(moved)
	ix.times = ix.times[:0]
	for _, r := range kept {
		ix.times = append(ix.times, r.at)
	}
	ix.sums = ix.sums[:len(kept)] // all zero between two searches
}

// candidates appends the reports that share most with the keys, the best first, of those told at
// most window seconds before or after at.
func (ix *index) candidates(dst []*report, keys []words.Key, at, window int64) []*report {
	ix.rank(keys)
	all := ix.walk(keys)
	ix.sumUp(ix.enough * all)
	found := ix.best(at, window)
	if found.n < maxCandidates {
		found = ix.bestOfAll(at, window)
	}
	for _, w := range ix.walked {
		for _, number := range w.newest {
			ix.sums[number] = 0
		}
	}
	const room = 0.7 // most find as many then, and few of the others reach it
	if last := found.top[maxCandidates-1].sum; all > 0 {
		ix.enough = room * last / all
	}
	for _, b := range found.top[:found.n] {
		dst = append(dst, ix.reports[b.at])
	}
	return dst
}

// rank orders the known words of a report: the rarest first, of those that are as rare the one with
// the least hash. They are packed into one number each, to be sorted quickly.
func (ix *index) rank(keys []words.Key) {
	ix.rare = ix.rare[:0]
	ix.found = ix.found[:0]
	for i, k := range keys[:min(len(keys), 0xFFFF)] {
		n := ix.terms.Find(k.Word())
		ix.found = append(ix.found, n)
		if n >= 0 && ix.lists[n].count > 0 {
			ix.rare = append(ix.rare, uint64(min(ix.lists[n].count, 0xFFFF))<<48|uint64(k.Word())<<16|uint64(i))
		}
	}
	slices.Sort(ix.rare)
}

// walked is a list, as far as it is walked, and the squared weight of its word.
type walked struct {
	newest []int32
	weight float32
}

// walk finds the lists of the rarest words, and returns what their squared weights are together.
func (ix *index) walk(keys []words.Key) (all float32) {
	ix.walked = ix.walked[:0]
	for _, x := range ix.rare[:min(len(ix.rare), rarestWords)] {
		list := ix.lists[ix.found[x&0xFFFF]].newest
		w := keys[x&0xFFFF].Weight()
		ix.walked = append(ix.walked, walked{list[max(0, len(list)-newestReports):], w * w})
		all += w * w
	}
	return all
}

// sumUp gives the reports in the walked lists the sum of the squared weights of the words they use, and notes those
// that reach enough: few do, so that whether one does can be foreseen.
func (ix *index) sumUp(enough float32) {
	touched, sums := ix.touched[:0], ix.sums
	for _, w := range ix.walked {
		for _, number := range w.newest {
			before := sums[number]
			sum := before + w.weight
			sums[number] = sum
			if sum >= enough && before < enough {
				touched = append(touched, number)
			}
		}
	}
	ix.touched = touched
}

// best are the candidates with the largest sums, of equals the newest. They are kept in a short sorted list: few of those
// that are looked at are among them.
type best struct {
	top [maxCandidates]candidate
	n   int
}

// candidate is a report by its number, with what it shares.
type candidate struct {
	at  int32
	sum float32
}

// beats says whether a report would be among the best.
func (b *best) beats(number int32, sum float32) bool {
	last := &b.top[maxCandidates-1]
	return b.n < maxCandidates || sum > last.sum || sum == last.sum && number > last.at
}

func (b *best) take(number int32, sum float32) {
	k := min(b.n, maxCandidates-1)
	for ; k > 0 && (b.top[k-1].sum < sum || b.top[k-1].sum == sum && b.top[k-1].at < number); k-- {
		b.top[k] = b.top[k-1]
	}
	b.top[k] = candidate{number, sum}
	b.n = min(b.n+1, maxCandidates)
}

// best returns the best of those that reached enough. They are the best of all when they are as many as are sought: the
// others have less.
func (ix *index) best(at, window int64) (b best) {
	for _, number := range ix.touched {
		if sum := ix.sums[number]; b.beats(number, sum) && ix.within(number, at, window) {
			b.take(number, sum)
		}
	}
	return b
}

// bestOfAll returns the best of all in the walked lists.
func (ix *index) bestOfAll(at, window int64) (b best) {
	for _, w := range ix.walked {
		for _, number := range w.newest {
			sum := ix.sums[number]
			ix.sums[number] = 0 // once each
			if sum > 0 && b.beats(number, sum) && ix.within(number, at, window) {
				b.take(number, sum)
			}
		}
	}
	return b
}

// within says whether a report is there and was told in the window around at.
func (ix *index) within(number int32, at, window int64) bool {
	apart := at - ix.times[number]
	return max(apart, -apart) <= window && ix.reports[number] != nil
}
