package daemon

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// standing are the entries that readers see.
func (h *house) standing(t *testing.T) []feed.Entry {
	t.Helper()
	if _, err := h.agg.File(t.Context()); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(h.entries(t), func(e feed.Entry) bool { return !e.Withdrawn.IsZero() })
}

// Every decision that is taken back leaves what readers see as it was before it, one after the other.
func TestDecisionsTakenBack(t *testing.T) {
	for _, db := range []func(testing.TB) string{storetest.SQLite, storetest.Postgres} {
		c := newClock()
		h := build(t, newsYAML(t, c), c, db(t))
		h.look(t)
		editor := h.As("Lan")
		ctx := t.Context()

		var many feed.Entry // of several reports
		var stories []feed.Entry
		for _, e := range h.standing(t) {
			last := &e.Reports[len(e.Reports)-1]
			switch {
			case many.Key == "" && len(e.Reports) > 2 && last.OwnEntry() != e.Key && e.Key == e.Story:
				many = e
			case e.Key == e.Story:
				stories = append(stories, e)
			}
		}
		if many.Key == "" || len(stories) < 4 {
			t.Fatal("the press tells too few stories")
		}
		last := many.Reports[len(many.Reports)-1]
		var seen [][]feed.Entry
		do := func(kind feed.EditorsKind, f func() error) {
			t.Helper()
			seen = append(seen, h.standing(t))
			c.advance(time.Second)
			if err := f(); err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			if cmp.Equal(seen[len(seen)-1], h.standing(t)) {
				t.Errorf("%s changed nothing", kind)
			}
			all, err := h.Decisions(ctx)
			if err != nil || len(all) != len(seen) {
				t.Fatalf("%d decisions after %d (%v)", len(all), len(seen), err)
			}
			if d := all[0]; d.Kind != kind || d.By != "Lan" || !d.At.Equal(c.now()) || len(d.Headlines) == 0 || d.N != int64(len(seen)) {
				t.Errorf("the decision is listed as %+v", d)
			}
		}
		section := "the-thao"
		do(feed.WordFile, func() error { _, err := editor.File(ctx, stories[0].Reports[0].URL, section, false); return err })
		do(feed.WordUnfile, func() error {
			_, err := editor.File(ctx, stories[1].Key, stories[1].Sections[0], true)
			return err
		})
		do(feed.WordSplit, func() error { _, err := editor.Split(ctx, many.Story, last.URL); return err })
		do(feed.WordJoin, func() error { _, _, err := editor.Join(ctx, many.Story, stories[2].Story); return err })
		do(feed.WordRetract, func() error { _, err := editor.Retract(ctx, stories[3].Story, false); return err })

		if err := func() error { _, err := editor.TakeBack(ctx, 99); return err }(); !errors.Is(err, store.ErrNoDecision) {
			t.Errorf("a decision that was never made: %v", err)
		}
		for n := len(seen); n > 0; n-- {
			if _, err := editor.TakeBack(ctx, int64(n)); err != nil {
				t.Fatalf("take back %d: %v", n, err)
			}
			if diff := cmp.Diff(seen[n-1], h.standing(t)); diff != "" {
				t.Errorf("taken back %d (-before +after):\n%s", n, diff)
			}
		}
		// What came back once stays when the rules change, or after a restart.
		want := h.standing(t)
		if _, err := h.store.Refile(ctx, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, h.standing(t)); diff != "" {
			t.Errorf("filed anew:\n%s", diff)
		}
		if words, err := h.store.Words(ctx); err != nil || len(words) != 0 {
			t.Errorf("words left: %+v, %v", words, err)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A word that replaced another gives it back; of two decisions on the same reports the later is taken
// back first.
func TestDecisionsOnEachOther(t *testing.T) {
	c := newClock()
	h := build(t, newsYAML(t, c), c, "")
	defer h.Close()
	h.look(t)
	ctx, editor := t.Context(), h.As("")
	var stories []feed.Entry
	for _, e := range h.standing(t) {
		if e.Key == e.Story && !slices.Contains(e.Sections, "the-thao") {
			stories = append(stories, e)
		}
	}
	in := func() bool {
		t.Helper()
		for _, e := range h.standing(t) {
			if e.Key == stories[0].Key {
				return slices.Contains(e.Sections, "the-thao")
			}
		}
		t.Fatal("the entry is gone")
		return false
	}
	id := stories[0].Key
	for _, remove := range []bool{false, true, false} {
		c.advance(time.Second)
		if _, err := editor.File(ctx, id, "the-thao", remove); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		n    int64
		want bool
	}{{3, false}, {2, true}, {1, false}} {
		if _, err := editor.TakeBack(ctx, step.n); err != nil {
			t.Fatal(err)
		}
		if got := in(); got != step.want {
			t.Errorf("after taking back %d it is in the section: %v, want %v", step.n, got, step.want)
		}
	}

	// A joins B; then both join C: the first cannot be taken back before the second.
	if _, _, err := editor.Join(ctx, stories[0].Story, stories[1].Story); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Second)
	if _, _, err := editor.Join(ctx, stories[0].Story, stories[2].Story); err != nil {
		t.Fatal(err)
	}
	all, err := h.Decisions(ctx)
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	_, errFirst := editor.TakeBack(ctx, all[1].N)
	if _, err := editor.TakeBack(ctx, all[0].N); err != nil {
		t.Fatal(err)
	}
	if errFirst != nil { // the second had moved what the first did
		if !errors.Is(errFirst, store.ErrLater) {
			t.Fatal(errFirst)
		}
		if _, err := editor.TakeBack(ctx, all[1].N); err != nil {
			t.Fatal(err)
		}
	}
	var after []string
	for _, e := range h.standing(t) {
		after = append(after, e.Story)
	}
	for _, s := range stories[:3] {
		if !slices.Contains(after, s.Story) {
			t.Errorf("story %s is not back", s.Story)
		}
	}
}

// The words of a headline name an item to explain, and stories to search, with or without diacritics.
func TestFoundByWords(t *testing.T) {
	c := newClock()
	h := build(t, newsYAML(t, c)+"\ndrop:\n  - any: [bóng đá]\n", c, "")
	defer h.Close()
	h.look(t)
	e := h.standing(t)[0]
	title := e.Reports[0].Title
	// What a rule drops is asked about most, and is found by its words, too.
	if found, err := h.Explain(t.Context(), "bóng đá"); err != nil || len(found) == 0 || found[0].Item.Dropped == "" {
		t.Errorf("what is dropped: %d found, %v", len(found), err)
	}
	for _, words := range []string{title, feed.Fold(title), "  " + title + "!"} {
		found, err := h.Explain(t.Context(), words)
		if err != nil || len(found) == 0 || found[0].Item.Title != title {
			t.Errorf("explain %q: %d found, %v", words, len(found), err)
		}
	}
	if _, err := h.Explain(t.Context(), "những chữ không tòa soạn nào viết"); err == nil {
		t.Error("words of no headline were found")
	}
	stories, err := h.Search(t.Context(), []string{title}, 5)
	if err != nil || len(stories) == 0 || stories[0].ID != e.Story || stories[0].Reports < len(e.Reports) {
		t.Errorf("search: %+v, %v", stories, err)
	}
	if stories, err := h.Search(t.Context(), []string{"không ai viết chữ này"}, 5); err != nil || len(stories) != 0 {
		t.Errorf("search for what nobody wrote: %+v, %v", stories, err)
	}
	if _, err := h.Search(t.Context(), []string{"/("}, 5); err == nil {
		t.Error("a pattern that is none was taken")
	}
}
