package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
)

// An entry's reports go together or stay together.
func TestRetentionKeepsEntriesWhole(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		put(t, s, t0, "src", item("src", "a", "A"))
		file(t, s, "x")
		entries, err := s.Entries(ctx, feed.EntryQuery{})
		if err != nil {
			t.Fatal(err)
		}
		e := entries[0]
		late := t0.Add(10 * 24 * time.Hour)
		put(t, s, late, "other", item("other", "b", "A, by another outlet"))
		items, err := s.Unfiled(ctx, 10)
		if err != nil {
			t.Fatal(err)
		}
		items[0].Entry, items[0].Story, items[0].Verdict = e.Key, e.Story, feed.Same
		commit(t, s, Filed{Items: items, Entries: []feed.Entry{e}})

		reports := func() int {
			all, err := s.Entries(ctx, feed.EntryQuery{Any: true})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, e := range all {
				n += len(e.Reports)
			}
			return n
		}
		if n, err := s.Prune(ctx, late, late); err != nil || n != 0 || reports() != 2 {
			t.Errorf("while one report is young: %d went (%v), %d stay; want none and 2", n, err, reports())
		}
		// A report that waits for the desk keeps the entry, too.
		if err := s.SaveWords(ctx, nil, []int64{items[0].ID}); err != nil {
			t.Fatal(err)
		}
		later := late.Add(24 * time.Hour)
		if n, err := s.Prune(ctx, later, later); err != nil || n != 0 {
			t.Errorf("while one report waits for the desk: %d went (%v), want none", n, err)
		}
		if items, err = s.Unfiled(ctx, 10); err != nil {
			t.Fatal(err)
		}
		commit(t, s, Filed{Items: items})
		if n, err := s.Prune(ctx, later, later); err != nil || n != 2 || reports() != 0 {
			t.Errorf("when all are old: %d went (%v), %d stay; want 2 and none", n, err, reports())
		}
		for _, table := range []string{"items", "texts", "entries", "entry_sections"} {
			var n int
			if err := s.read.QueryRow(`SELECT COUNT(*) FROM ` + table).Scan(&n); err != nil || n != 0 {
				t.Errorf("%d rows left in %s (%v)", n, table, err)
			}
		}
	})
}

// What the editor said of an item must not befall another one after it.
func TestItemNumbersAreNeverGivenAgain(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		put(t, s, t0, "src", item("src", "a", "A"))
		first := file(t, s, "x")[0].ID
		later := t0.Add(30 * 24 * time.Hour)
		if n, err := s.Prune(t.Context(), later, later); err != nil || n != 1 {
			t.Fatalf("Prune = %d, %v", n, err)
		}
		put(t, s, later, "src", item("src", "b", "B"))
		if second := file(t, s, "x")[0].ID; second <= first {
			t.Errorf("item %d was followed by item %d", first, second)
		}
	})
}

func TestLabelCounts(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		labels := []feed.Label{
			{Item: 1, Section: "a", Text: "x", At: 100, Outlet: "one"},
			{Item: 2, Section: "a", Text: "x", At: 100, Outlet: "two"},
			{Item: 3, Section: "a", Text: "x", At: 200, Outlet: "two"},
			{Item: 4, Section: "a", Text: "x", At: 300, Outlet: "two"},
			{Item: 4, Section: "b", Text: "x", At: 200},
		}
		commit(t, s, Filed{Labels: labels})
		got, err := s.LabelCounts(t.Context(), time.Unix(300, 0))
		if err != nil {
			t.Fatal(err)
		}
		want := []feed.LabelCount{{Section: "a", Outlet: "one", Labels: 1}, {Section: "a", Outlet: "two", Labels: 2}, {Section: "b", Labels: 1}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error("counts (-want +got):\n", diff)
		}
		stored, err := s.LabelsOf(t.Context(), []int64{1, 2, 3, 4})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(labels, stored); diff != "" {
			t.Error("labels (-want +got):\n", diff)
		}
	})
}

func TestPruneLabelsKeepsTheNewest(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		var labels []feed.Label
		for i := range int64(6) {
			labels = append(labels, feed.Label{Item: i + 1, Section: "full", Text: "x"})
		}
		labels = append(labels, feed.Label{Item: 1, Section: "small", Text: "x"})
		commit(t, s, Filed{Labels: labels})
		if n, err := s.PruneLabels(ctx, 4); err != nil || n != 2 {
			t.Errorf("PruneLabels = %d, %v; want 2", n, err)
		}
		got := map[string][]int64{}
		if err := s.Labels(ctx, func(l feed.Label) { got[l.Section] = append(got[l.Section], l.Item) }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string][]int64{"full": {3, 4, 5, 6}, "small": {1}}, got); diff != "" {
			t.Error("labels left (-want +got):\n", diff)
		}
	})
}

// It holds the one writing connection, so it must not compare every label with every other.
func TestPruneLabelsIsQuick(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		const sections, each = 10, 600
		var labels []feed.Label
		for i := range sections * each {
			labels = append(labels, feed.Label{Item: int64(i + 1), Section: fmt.Sprint(i % sections), Text: "x"})
		}
		commit(t, s, Filed{Labels: labels})
		began := time.Now()
		if n, err := s.PruneLabels(t.Context(), 500); err != nil || n != sections*100 {
			t.Errorf("PruneLabels = %d, %v; want %d", n, err, sections*100)
		}
		if took := time.Since(began); took > 5*time.Second { // it takes some milliseconds; comparing each with every other, ten seconds
			t.Errorf("%s for %d labels", took, len(labels))
		}
	})
}
