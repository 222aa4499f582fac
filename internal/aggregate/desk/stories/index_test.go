package stories

import (
	"slices"
	"testing"

	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// A desk that ran for days has the index of one that was started again: what came and went leaves
// nothing behind, so that both find the same candidates.
func TestIndexHoldsTheWindowAlone(t *testing.T) {
	list := stream(t)[:4000]
	s := New(Options{Sources: sourcesOf(list)})
	for i := range list {
		it := &list[i]
		if i%100 == 0 {
			s.Prune(it.FirstSeen)
		}
		s.Place(it, it.FirstSeen)
		if i%50 == 49 { // some are edited, some withdrawn
			list[i-30].Title = list[i-3].Title
			s.Revise(&list[i-30])
			s.Forget(list[i-20].ID)
		}
	}
	again := New(Options{Sources: sourcesOf(list)})
	for _, r := range s.index.reports {
		if r != nil {
			it := list[slices.IndexFunc(list, func(it feed.Item) bool { return it.ID == r.id })]
			again.Restore(&it)
		}
	}
	again.settle()
	if s.index.live != again.index.live || s.reports.used != s.index.live {
		t.Fatalf("%d reports in the index of %d, %d after a restart", s.index.live, s.reports.used, again.index.live)
	}
	ids := func(ix *index, l postings) (ids []int64) {
		for _, n := range l.newest[max(0, len(l.newest)-newestReports):] {
			ids = append(ids, ix.reports[n].id)
		}
		return ids
	}
	known := map[uint32]bool{}
	for _, r := range s.index.reports {
		if r == nil {
			continue
		}
		for _, p := range r.doc.All() {
			if known[p>>8] || !words.Telling(p) {
				continue
			}
			known[p>>8] = true
			n, m := s.index.written.Find(p>>8), again.index.written.Find(p>>8)
			if n < 0 || m < 0 {
				continue // found by another word of the same letters
			}
			l, o := s.index.lists[n], again.index.lists[m]
			if l.count != o.count || !slices.Equal(ids(s.index, l), ids(again.index, o)) {
				t.Fatalf("a word has %d reports, after a restart %d: %v, %v", l.count, o.count, ids(s.index, l), ids(again.index, o))
			}
		}
	}
	if len(known) < 1000 {
		t.Errorf("%d words, want more", len(known))
	}
	used := func(ix *index) (n int) {
		for _, l := range ix.lists {
			if l.count > 0 {
				n++
			}
		}
		return n
	}
	if a, b := used(s.index), used(again.index); a != b {
		t.Errorf("%d words have reports, after a restart %d", a, b)
	}
	for kind := range s.index.chains {
		if a, b := s.index.chains[kind].used, again.index.chains[kind].used; a != b {
			t.Errorf("%d chains, after a restart %d", a, b)
		}
	}
}

// Candidates are sought among the reports that share about as much as those of the search before. However that is
// guessed, they are the best of all.
func TestCandidatesAreTheBestOfAll(t *testing.T) {
	list := stream(t)[:1500]
	s := New(Options{Sources: sourcesOf(list)})
	ix, least, full := s.index, make([]float32, 0, len(list)), 0
	const window = 72 * 3600
	for i := range list {
		r := s.read(s.rd, s.originOf(list[i].Source), &list[i])
		keys := s.rd.Keys()
		ix.enough *= float32(i%5) / 2 // too little, too much, nothing
		got := ix.candidates(nil, keys, r.at, window)
		least = append(least, ix.enough)
		ix.enough = 0
		if want := ix.candidates(nil, keys, r.at, window); !slices.Equal(got, want) {
			t.Fatalf("item %d: %d candidates, want %d, or others", i, len(got), len(want))
		}
		if len(got) == maxCandidates {
			full++
		}
		ix.add(r, keys)
	}
	if full < len(list)/2 || slices.Max(least) == 0 {
		t.Errorf("%d of %d items had all the candidates they may have; nothing is shown", full, len(list))
	}
}

// The index is a short cut: comparing with every report of the window must hardly decide otherwise.
func TestIndexFindsWhatComparingAllFinds(t *testing.T) {
	const items, least = 1500, 0.99
	list := stream(t)[:items]
	run := func(exhaustive bool) []string {
		s := New(Options{Sources: sourcesOf(list)})
		s.exhaustive = exhaustive
		var decided []string
		for _, it := range list {
			if it.ID%100 == 0 {
				s.Prune(it.FirstSeen)
			}
			s.Place(&it, it.FirstSeen)
			decided = append(decided, it.Entry+string(it.Verdict))
		}
		return decided
	}
	alike := 0
	all := run(true)
	for i, d := range run(false) {
		if d == all[i] {
			alike++
		}
	}
	if float64(alike) < least*items {
		t.Errorf("%d of %d items were placed as by comparing all, want at least %.2f", alike, items, least)
	}
}
