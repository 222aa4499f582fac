package store

import (
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"feedd/internal/feed"
)

// What counts to a story's coverage are the reports that stand under entries that stand, on either
// engine with the same times, so that a story has one place wherever it is reckoned.
func TestTold(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		put(t, s, t0, "a", item("a", "1", "Bão số 9 vào bờ"), item("a", "2", "Giá vàng giảm"))
		put(t, s, t0.Add(time.Minute), "b", item("b", "1", "Bão số 9 đổ bộ"), item("b", "2", "Giá vàng lao dốc"), item("b", "3", "Bão số 9: thông báo"))
		put(t, s, t0.Add(2*time.Minute), "c", item("c", "1", "Bão số 9 đã vào bờ"))
		items, err := s.Unfiled(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		key := func(i int) string { return feed.EntryKey(items[i].Source, items[i].Key) }
		storm, gold := key(0), key(1)
		entries := map[string]feed.Entry{}
		for i, place := range []struct{ story, entry string }{{storm, storm}, {gold, gold}, {storm, storm}, {gold, key(3)}, {storm, storm}, {storm, key(5)}} {
			it := &items[i]
			it.Story, it.Entry, it.Verdict = place.story, place.entry, feed.Same
			if entries[it.Entry].Key == "" {
				entries[it.Entry] = feed.Entry{Key: it.Entry, Story: it.Story, Lead: it.ID, Published: it.Date(), Updated: it.Date()}
			}
		}
		items[4].Dropped = "a rule"
		backlog := entries[key(5)]
		backlog.Backlog = true
		entries[key(5)] = backlog
		f := Filed{Items: items}
		for _, e := range entries {
			f.Entries = append(f.Entries, e)
		}
		commit(t, s, f)
		if _, err := s.Withdraw(t.Context(), []string{key(3)}, t0.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}

		told, err := s.Told(t.Context(), []string{storm, gold})
		if err != nil {
			t.Fatal(err)
		}
		at := t0.Add(-time.Hour)
		want := []feed.Told{
			{Story: storm, Entry: storm, Source: "a", At: at}, {Story: storm, Entry: storm, Source: "b", At: at},
			{Story: storm, Entry: key(5), Source: "c", At: at, Backlog: true}, {Story: gold, Entry: gold, Source: "a", At: at},
		}
		for _, list := range [][]feed.Told{told, want} {
			slices.SortFunc(list, func(a, b feed.Told) int {
				return cmp.Or(cmp.Compare(a.Story, b.Story), cmp.Compare(a.Source, b.Source))
			})
		}
		if diff := gocmp.Diff(want, told, cmpopts.EquateApproxTime(time.Second)); diff != "" {
			t.Error(diff)
		}

		tellers, err := s.Tellers(t.Context(), []string{storm, gold})
		for _, sources := range tellers {
			slices.Sort(sources)
		}
		if diff := gocmp.Diff(map[string][]string{storm: {"a", "b"}, gold: {"a"}}, tellers); diff != "" || err != nil {
			t.Error(err, diff)
		}

		for _, tt := range []struct {
			since time.Time
			want  int
		}{{t0, 2}, {t0.Add(30 * time.Second), 1}, {t0.Add(time.Hour), 0}} {
			shared, err := s.Shared(t.Context(), tt.since)
			if err != nil || len(shared) != tt.want {
				t.Errorf("since %v: %v %v, want %d stories", tt.since, shared, err, tt.want)
			}
		}
	})
}
