package desk

import (
	"slices"
	"testing"

	"feedd/internal/feed"
)

// A desk that ran for days has the index of one that was started again: what came and went leaves
// nothing behind, so that both find the same candidates.
func TestIndexHoldsTheWindowAlone(t *testing.T) {
	list := stream(t)[:4000]
	s := newStories(feed.StorySettings{}, streamSources(list))
	for i := range list {
		it := &list[i]
		if i%100 == 0 {
			s.prune(it.FirstSeen)
		}
		s.place(it, it.FirstSeen)
		if i%50 == 49 { // some are edited, some withdrawn
			list[i-30].Title = list[i-3].Title
			s.revise(&list[i-30])
			s.forget(list[i-20].ID)
		}
	}
	again := newStories(feed.StorySettings{}, streamSources(list))
	for _, r := range s.index.reports {
		if r != nil {
			it := list[slices.IndexFunc(list, func(it feed.Item) bool { return it.ID == r.id })]
			again.restore(&it)
		}
	}
	again.settle()
	if s.index.live != again.index.live || len(s.reports) != s.index.live {
		t.Fatalf("%d reports in the index of %d, %d after a restart", s.index.live, len(s.reports), again.index.live)
	}
	ids := func(ix *index, l postings) (ids []int64) {
		for _, n := range l.newest[max(0, len(l.newest)-newestReports):] {
			ids = append(ids, ix.reports[n].id)
		}
		return ids
	}
	words := 0
	for _, slot := range s.index.terms.slots {
		if slot.list == 0 || s.index.lists[slot.list-1].count == 0 {
			continue
		}
		words++
		n := again.index.terms.find(slot.word)
		if n < 0 {
			t.Fatal("a word has reports and none after a restart")
		}
		l, o := s.index.lists[slot.list-1], again.index.lists[n]
		if l.count != o.count || !slices.Equal(ids(s.index, l), ids(again.index, o)) {
			t.Fatalf("a word has %d reports, after a restart %d: %v, %v", l.count, o.count, ids(s.index, l), ids(again.index, o))
		}
	}
	if words < 1000 {
		t.Errorf("%d words, want more", words)
	}
	for kind := range s.index.chains {
		if a, b := len(s.index.chains[kind].ends), len(again.index.chains[kind].ends); a != b {
			t.Errorf("%d chains, after a restart %d", a, b)
		}
	}
}
