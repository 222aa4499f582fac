package store

import (
	"slices"
	"testing"
	"time"

	"feedd/internal/feed"
)

// Whatever readers may see of an entry otherwise than before, it is among what changed: what the desk
// commits, what an editor withdraws, and what a source revises or takes back before any desk looks at it.
func TestChanged(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		put(t, s, t0, "a", item("a", "1", "Bão số 9 vào bờ"), item("a", "2", "Giá vàng giảm"))
		items, err := s.Unfiled(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		var f Filed
		for i := range items {
			it := &items[i]
			it.Entry = feed.EntryKey(it.Source, it.Key)
			it.Story, it.Verdict = it.Entry, feed.New
			f.Entries = append(f.Entries, feed.Entry{Key: it.Entry, Story: it.Story, Lead: it.ID, Published: it.Date(), Updated: it.Date(), Sections: []string{"x"}})
		}
		f.Items = items
		storm, gold := feed.EntryKey("a", "g:1"), feed.EntryKey("a", "g:2")

		at := int64(0)
		last := map[string]feed.Changed{}
		want := func(what string, keys ...string) {
			t.Helper()
			changed, err := s.Changed(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, c := range changed {
				seen[c.Key], last[c.Key] = true, c
				if c.Story != c.Key {
					t.Errorf("%s: entry %s is of the story %s", what, c.Key, c.Story)
				}
			}
			for _, key := range keys {
				if !seen[key] {
					t.Errorf("%s: %s is not among what changed", what, key)
				}
			}
			if len(seen) != len(keys) {
				t.Errorf("%s: %d entries changed, want %d", what, len(seen), len(keys))
			}
			versions, err := s.Versions(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			at = versions["all"]
		}
		want("before any")
		commit(t, s, f)
		want("filed", storm, gold)
		of := slices.IndexFunc(f.Entries, func(e feed.Entry) bool { return e.Key == storm })
		if c := last[storm]; !c.Withdrawn.IsZero() || !c.Published.Equal(f.Entries[of].Published) || !slices.Equal(c.Sections, []string{"x"}) || len(c.Closed) > 0 {
			t.Errorf("filed: %+v", c)
		}
		if _, err := s.ClosePage(t.Context(), feed.ArchivePage{Section: "x", Page: 1, Closed: t0, Keys: []string{gold}, Body: []byte{}}); err != nil {
			t.Fatal(err)
		}
		want("nothing")
		if _, err := s.Withdraw(t.Context(), []string{gold}, t0.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		want("withdrawn", gold)
		if c := last[gold]; !c.Withdrawn.Equal(t0.Add(time.Hour)) || !slices.Equal(c.Closed, []string{"x"}) {
			t.Errorf("withdrawn: %+v", c)
		}
		put(t, s, t0.Add(time.Minute), "a", item("a", "1", "Bão số 9 vào bờ sáng nay"), item("a", "2", "Giá vàng giảm"))
		want("revised", storm)
		want("revised and not yet filed again", storm) // no version says that it was seen
		again, err := s.Unfiled(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		f.Items, f.Entries = again, f.Entries[:0]
		commit(t, s, f)
		want("filed without a word about its entry", storm)

		before, err := s.Versions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Prune(t.Context(), t0.Add(1000*time.Hour), t0.Add(1000*time.Hour)); err != nil {
			t.Fatal(err)
		}
		after, err := s.Versions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if after[""] == before[""] {
			t.Error("that entries were deleted shows nowhere")
		}
	})
}
