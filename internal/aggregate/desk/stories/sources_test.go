package stories

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"feedd/internal/feed"
)

// drawSources draws the sources of a configuration, of which any may be missing, and any may be called otherwise.
func drawSources(t *rapid.T) map[string]feed.Source {
	sources := map[string]feed.Source{}
	for _, id := range []string{"a", "a2", "b", "c"} {
		if title := rapid.SampledFrom([]string{"Báo Sớm", "Tin Chiều", "Thời Báo - Thể thao", "Mường Lát", "none"}).Draw(t, "title"); title != "none" {
			sources[id] = feed.Source{ID: id, Title: title, Priority: rapid.IntRange(0, 2).Draw(t, "priority")}
		}
	}
	return sources
}

// A memory that goes on under other sources decides as one that reads all again by them, though it reads little. (What is
// built anew may never have met a word that no report has any more, and weighs it by the table of frequencies alone.)
func TestReformedMemoryDecidesAlike(t *testing.T) {
	never := [][2]string{{"Long An", "Bến Tre"}}
	set := feed.StorySettings{Never: never}
	rapid.Check(t, func(t *rapid.T) {
		list := drawItems(t)
		for _, it := range list {
			switch name := rapid.SampledFrom([]string{"Báo Sớm", "tin chiều", "Thời Báo", "Mường Lát", "none"}).Draw(t, "named"); rapid.IntRange(0, 3).Draw(t, "where") {
			case 0:
				it.Title = name + ": " + it.Title
			case 1:
				it.Title += " - " + name
			case 2:
				it.Title += " | " + name + " &amp; Bạn đọc"
			}
		}
		cut := rapid.IntRange(0, len(list)).Draw(t, "cut")
		options := func(sources map[string]feed.Source) Options {
			mark := marks(never)
			return Options{Settings: set, Sources: sources, Marks: func(it *feed.Item) uint64 { // as rules may look at the source
				return mark(it) & ^(uint64(sources[it.Source].Priority) & 1)
			}}
		}
		before, now := options(drawSources(t)), options(drawSources(t))
		s, again := New(before), New(before)
		placed(s, list[:cut]...)
		for _, it := range list[:cut] {
			again.Restore(it)
		}
		ids, reread, ok := s.Reform(now)
		if _, _, alike := again.Reform(now); !ok || !alike {
			t.Fatal("other sources alone want another memory")
		}
		for _, it := range list[:cut] {
			if slices.Contains(ids, it.ID) && reread(it) {
				s.Reread(it)
			}
			again.Reread(it)
		}
		placedAlike(t, s, again, list[cut:])
	})
}

func TestOtherSettingsWantAnotherMemory(t *testing.T) {
	s := New(Options{Sources: testSources()})
	if _, _, ok := s.Reform(Options{Sources: testSources(), Settings: feed.StorySettings{Match: "strict"}}); ok {
		t.Error("what was told apart by other settings is kept")
	}
	placed(s, item(1, "a", "Báo Sớm: Cháy chợ Đồng Xuân lúc rạng sáng", 0))
	if ids, _, ok := s.Reform(Options{Sources: testSources()}); !ok || len(ids) > 0 {
		t.Error("the same sources want something read anew")
	}
}

// Many reports of few words, of which some are read again in the midst of the others: the lists of the common words, which
// hold the newest alone, are as if all had been read so from the beginning.
func TestRereadStandsWhereItStood(t *testing.T) {
	before := testSources()
	after := testSources()
	after["c"] = feed.Source{ID: "c", Title: "Tin Sáng"}
	s, again := New(Options{Sources: before}), New(Options{Sources: after})
	var items []feed.Item
	for i, it := range flood(700, 4, func(rnd *rand.Rand) string { return fmt.Sprint(100 + rnd.IntN(7)) }) {
		it.Entry, it.Story = it.OwnEntry(), it.OwnEntry()
		it.Source = []string{"a", "b", "c"}[i%3]
		if i%7 == 0 {
			it.Title += " - Tin Sáng"
		}
		s.Restore(&it)
		again.Restore(&it)
		items = append(items, it)
	}
	ids, reread, _ := s.Reform(Options{Sources: after})
	n := 0
	for _, id := range ids {
		if i := id - 1; reread(&items[i]) {
			n++
			s.Reread(&items[i])
		}
	}
	if n < 300 || n > 350 {
		t.Errorf("%d of 700 are read again", n)
	}
	again.settle()
	if len(s.index.lists) < len(again.index.lists) {
		t.Errorf("%d lists of words, want %d", len(s.index.lists), len(again.index.lists))
	}
	for _, r := range again.index.reports {
		if diff := cmp.Diff(s.reports.get(r.id).doc.All(), r.doc.All()); diff != "" {
			t.Fatal(diff)
		}
		for _, p := range r.doc.All() {
			if diff := cmp.Diff(listOf(s, p), listOf(again, p)); diff != "" {
				t.Fatal(diff)
			}
		}
		for kind := range again.index.chains {
			key := r.twinKeys()[kind]
			var chained [2][]int64
			for i, m := range []*Memory{s, again} {
				for o := range m.index.twins(twinKind(kind), key) {
					chained[i] = append(chained[i], o.id)
				}
			}
			if diff := cmp.Diff(chained[0], chained[1]); diff != "" {
				t.Fatal(diff)
			}
		}
	}
}

// listOf are the reports that a packed word finds.
func listOf(s *Memory, packed uint32) (ids []int64) {
	n := s.index.written.Find(packed >> 8)
	if n < 0 {
		return nil
	}
	newest := s.index.lists[n].newest
	for _, number := range newest[max(0, len(newest)-newestReports):] {
		ids = append(ids, s.index.reports[number].id)
	}
	return append(ids, -int64(s.index.lists[n].count))
}
