package desk

import "feedd/internal/feed"

// editorsWord is what editors decided against feedd.
type editorsWord struct {
	apart map[[2]uint64]bool // identity of a report, key of a story
	one   map[string]string  // story -> the story it belongs to
	swaps map[uint64]int     // exchanges of words: -1 sets apart, 1 does not
}

func newEditorsWord() *editorsWord {
	return &editorsWord{map[[2]uint64]bool{}, map[string]string{}, map[uint64]int{}}
}

// split keeps a report, known by the key of the entry it would open, out of a story for good.
func (s *stories) split(reportKey, storyKey string) {
	s.word.apart[[2]uint64{hash64(reportKey), hash64(storyKey)}] = true
}

// joinStories makes what would open the second story an entry of the first.
func (s *stories) joinStories(into, other string) { s.word.one[other] = into }

// learn takes from an editor's word on two headlines what holds for others too: where they are
// equal but for one exchange of words, that exchange tells events apart from now on, or no longer.
func (s *stories) learn(titles [2]string, one bool) {
	if titles[0] == "" || titles[1] == "" {
		return
	}
	var j judged
	s.sc.features(s.rd.read(titles[0], ""), s.rd.read(titles[1], ""), 0, false, &j)
	switch {
	case j.swap == 0:
	case one:
		s.word.swaps[j.swap] = 1
	default:
		s.word.swaps[j.swap] = -1
	}
}

// split says whether an editor took one of the reports out of the other's story.
func (w *editorsWord) split(r, o *report) bool {
	if len(w.apart) == 0 {
		return false
	}
	return w.apart[[2]uint64{r.key, hash64(o.entry.story.key)}] ||
		r.entry != nil && w.apart[[2]uint64{o.key, hash64(r.entry.story.key)}]
}

// neverPairs are pairs of patterns whose reports are never one story.
type neverPairs struct {
	rules *ruleSet
	bits  []uint64 // of each rule

	reading  reading
	matching matching
	holding  []holding
}

const mostNeverPairs = 32 // two bits each in report.never

func newNeverPairs(list [][2]string) *neverPairs {
	n := &neverPairs{rules: newRuleSet()}
	for i, pair := range list[:min(len(list), mostNeverPairs)] {
		for side, pattern := range pair {
			// The configuration refused what is no pattern; what is left out here never holds.
			if _, err := n.rules.add(feed.Rule{Any: []feed.Pattern{{Text: pattern}}}); err == nil {
				n.bits = append(n.bits, 1<<(2*i+side))
			}
		}
	}
	return n
}

// of returns two bits a pair: the item has its left pattern, its right one.
func (n *neverPairs) of(it *feed.Item, src feed.Source) (bits uint64) {
	if len(n.bits) == 0 {
		return 0
	}
	n.reading.read(it, src, 0)
	n.holding = n.rules.match(n.holding[:0], &n.matching, &n.reading)
	for _, h := range n.holding {
		bits |= n.bits[h.rule]
	}
	return bits
}

// may says whether two reports may be one story.
func (n *neverPairs) may(a, b *report) bool {
	const left = 0x5555555555555555
	return a.never&left&(b.never>>1) == 0 && b.never&left&(a.never>>1) == 0
}
