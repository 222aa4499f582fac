package daemon

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/aggregate"
	"feedd/internal/feed"
	"feedd/internal/store/storetest"
)

// told is one item of a feed, as a subscriber's reader keeps it.
type told struct{ ID, Title, URL string }

// subscribed reads the feed of everything.
func (h *house) subscribed(t *testing.T) (items []told) {
	t.Helper()
	if err := h.pub.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	h.handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/sections/all.json", nil))
	var doc struct{ Items []told }
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil || rec.Code != http.StatusOK {
		t.Fatalf("the feed: %d, %v", rec.Code, err)
	}
	return doc.Items
}

func ids(items []told) (all []string) {
	for _, it := range items {
		all = append(all, it.ID)
	}
	slices.Sort(all)
	return all
}

// replayed is what filing everything anew would change.
func (h *house) replayed(t *testing.T) (changes []aggregate.Change) {
	t.Helper()
	if _, err := h.Replay(t.Context(), func(c aggregate.Change) {
		if c.Story != "" {
			changes = append(changes, c)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return changes
}

// find returns the entry with a key as it stands.
func find(entries []feed.Entry, key string) *feed.Entry {
	if i := slices.IndexFunc(entries, func(e feed.Entry) bool { return e.Key == key }); i >= 0 {
		return &entries[i]
	}
	return nil
}

// TestSplitOfTheFirstReport takes the report out of an entry that had opened it: readers find the entry under the
// id that they know, told by a report that stays, and the one taken out under an id of its own, and nothing
// else is new. It holds when everything is filed anew and after a restart, and its undo gives everything back.
func TestSplitOfTheFirstReport(t *testing.T) {
	for _, db := range []func(testing.TB) string{storetest.SQLite, storetest.Postgres} {
		c := newClock()
		yaml := newsYAML(t, c)
		h := build(t, yaml, c, db(t))
		h.look(t)
		ctx := t.Context()
		before, fed := h.standing(t), h.subscribed(t)
		i := slices.IndexFunc(before, func(e feed.Entry) bool {
			return len(e.Reports) > 2 && e.Reports[0].OwnEntry() == e.Key && e.Lead == e.Reports[0].ID && e.Key == e.Story
		})
		if i < 0 {
			t.Fatal("the press tells no story of three")
		}
		entry := before[i]
		first := entry.Reports[0]
		replayed := h.replayed(t)

		c.advance(time.Second)
		if _, err := h.As("Lan").Split(ctx, entry.Story, fmt.Sprint(first.ID)); err != nil {
			t.Fatal(err)
		}
		check := func(when string) {
			t.Helper()
			after := h.standing(t)
			stays, own := find(after, entry.Key), find(after, first.SplitKey())
			if stays == nil || own == nil {
				t.Fatalf("%s: the entry stands %v, the one of the report %v", when, stays != nil, own != nil)
			}
			if diff := cmp.Diff(entry.Reports[1:], stays.Reports); diff != "" {
				t.Errorf("%s: the reports that stay (-before +after):\n%s", when, diff)
			}
			if stays.LeadItem() == nil || stays.Lead == first.ID || !stays.Published.Equal(entry.Published) {
				t.Errorf("%s: the entry is led by %d and published %s", when, stays.Lead, stays.Published)
			}
			if len(own.Reports) != 1 || own.Reports[0].ID != first.ID || own.Story == entry.Story {
				t.Errorf("%s: the entry of the report tells %d reports of story %s", when, len(own.Reports), own.Story)
			}
			others := func(entries []feed.Entry) []feed.Entry {
				return slices.DeleteFunc(slices.Clone(entries), func(e feed.Entry) bool { return e.Key == stays.Key || e.Key == own.Key })
			}
			if diff := cmp.Diff(others(before), others(after)); diff != "" {
				t.Errorf("%s: other entries (-before +after):\n%s", when, diff)
			}
			known := ids(fed)
			for _, it := range h.subscribed(t) {
				j, old := slices.BinarySearch(known, it.ID)
				switch {
				case old:
					known = slices.Delete(known, j, j+1)
				case it.URL != first.URL || it.Title != first.Title:
					t.Errorf("%s: subscribers see %q once more, as %s", when, it.Title, it.ID)
				}
			}
			if len(known) > 0 {
				t.Errorf("%s: gone from the feed: %v", when, known)
			}
			if diff := cmp.Diff(replayed, h.replayed(t)); diff != "" {
				t.Errorf("%s: a replay would tell otherwise (-before +after):\n%s", when, diff)
			}
		}
		check("split")
		if _, err := h.store.Refile(ctx, time.Time{}); err != nil {
			t.Fatal(err)
		}
		check("filed anew")
		h = h.restart(t, yaml)
		h.look(t)
		check("after a restart")

		// The old id names what it told all along, and both stories can be judged further.
		if key, err := h.story(ctx, entry.Key); err != nil || key != entry.Story {
			t.Errorf("the entry's id names story %q (%v)", key, err)
		}
		c.advance(time.Second)
		split := h.standing(t)
		older, younger, err := h.As("Lan").Join(ctx, first.SplitKey(), entry.Story)
		if err != nil || older != entry.Story || younger != first.SplitKey() {
			t.Fatalf("joined again %s takes in %s (%v)", older, younger, err)
		}
		if e := find(h.standing(t), entry.Key); e == nil || len(e.Reports) != len(entry.Reports) {
			t.Error("joined again, the entry does not tell all of its reports")
		}
		for n, want := range map[int64][]feed.Entry{2: split} {
			if _, err := h.As("Lan").TakeBack(ctx, n); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, h.standing(t)); diff != "" {
				t.Errorf("the join taken back (-before +after):\n%s", diff)
			}
		}

		// Taken out once more, of its own entry nobody is left.
		if _, err := h.As("Lan").Split(ctx, first.SplitKey(), fmt.Sprint(first.ID)); err == nil {
			t.Error("a report that is alone in its story was split off it")
		}
		if all, err := h.Decisions(ctx); err != nil || len(all) != 1 || len(all[0].On) != 2 || all[0].Headlines[0] != first.Title {
			t.Errorf("the decision is listed as %+v, %v", all, err)
		}
		if _, err := h.As("Lan").TakeBack(ctx, 1); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, h.standing(t)); diff != "" {
			t.Errorf("taken back (-before +after):\n%s", diff)
		}
		if diff := cmp.Diff(fed, h.subscribed(t)); diff != "" {
			t.Errorf("taken back, the feed (-before +after):\n%s", diff)
		}
		if words, err := h.store.Words(ctx); err != nil || len(words) != 0 {
			t.Errorf("words left: %+v, %v", words, err)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestSplitOfADevelopment takes a development that one report tells out of its story: it keeps its id, and the
// one that came after it follows the one before it.
func TestSplitOfADevelopment(t *testing.T) {
	for _, db := range []func(testing.TB) string{storetest.SQLite, storetest.Postgres} {
		c := newClock()
		h := build(t, newsYAML(t, c), c, db(t))
		h.look(t)
		ctx := t.Context()
		before, fed := h.standing(t), h.subscribed(t)
		tried := 0
		for _, e := range before {
			if e.Key == e.Story || len(e.Reports) != 1 {
				continue
			}
			tried++
			c.advance(time.Second)
			if _, err := h.As("").Split(ctx, e.Story, fmt.Sprint(e.Lead)); err != nil {
				t.Fatal(err)
			}
			after := h.standing(t)
			own := find(after, e.Key)
			switch {
			case own == nil:
				t.Errorf("%q is told elsewhere", e.LeadItem().Title)
				continue
			case own.Story == e.Story, own.Follows == e.Follows:
				t.Errorf("%q is of story %s, after %s", e.LeadItem().Title, own.Story, own.Follows)
			}
			for _, o := range after {
				if o.Follows == e.Key && o.Story != own.Story {
					t.Errorf("%q follows what is none of its story", o.LeadItem().Title)
				}
			}
			if diff := cmp.Diff(ids(fed), ids(h.subscribed(t))); diff != "" {
				t.Errorf("the feed (-before +after):\n%s", diff)
			}
			all, err := h.Decisions(ctx)
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			if _, err := h.As("").TakeBack(ctx, all[0].N); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, h.standing(t)); diff != "" {
				t.Errorf("taken back (-before +after):\n%s", diff)
			}
		}
		if tried == 0 {
			t.Fatal("the press tells no development")
		}
		alone := before[slices.IndexFunc(before, func(e feed.Entry) bool { return e.Key == e.Story && len(e.Reports) == 1 })]
		if _, err := h.As("").Split(ctx, alone.Story, fmt.Sprint(alone.Lead)); err == nil {
			t.Error("a report that began its story alone was split off it")
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
}
