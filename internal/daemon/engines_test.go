package daemon

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/demo"
	"feedd/internal/feed"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// These tests hold what a newsroom that changes its database trusts: SQLite and PostgreSQL lead to the
// same decisions, ids and bytes, and so does moving from one to the other.

// look collects the sources one by one, so that what arrives when does not depend on chance.
func (h *house) look(t *testing.T) {
	t.Helper()
	for _, src := range h.config0().Sources {
		if _, err := h.Collect(t.Context(), []string{src.ID}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

var archived = regexp.MustCompile(`https://news\.example\.org(/sections/[a-z-]+/archive/[0-9A-Za-z.-]+)`)

// published is what is served of sections, their archives, stories and pages, by its path.
func (h *house) published(t *testing.T) map[string]string {
	t.Helper()
	if _, err := h.agg.File(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.pub.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	paths := []string{"/", "/feeds.opml", "/sections/all.rss", "/sections/all.atom", "/sections/all.json"}
	for _, s := range h.config0().Sections {
		for _, ext := range []string{"", ".rss", ".atom", ".json"} {
			paths = append(paths, "/sections/"+s.ID+ext)
		}
	}
	for _, e := range h.entries(t) {
		if e.Story == e.Key && e.Withdrawn.IsZero() {
			paths = append(paths, "/stories/"+e.Story)
		}
	}
	bytes := map[string]string{}
	for len(paths) > 0 {
		path := paths[0]
		paths = paths[1:]
		if bytes[path] != "" {
			continue
		}
		bytes[path] = h.body(t, path)
		for _, m := range archived.FindAllStringSubmatch(bytes[path], -1) {
			paths = append(paths, m[1])
		}
	}
	if len(bytes) < 30 || !strings.Contains(bytes["/sections/all.atom"], "<id>tag:") {
		t.Fatalf("only %d documents", len(bytes))
	}
	return bytes
}

func (h *house) entries(t *testing.T) []feed.Entry {
	t.Helper()
	entries, err := h.store.Entries(t.Context(), feed.EntryQuery{Any: true})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// alike tells what of the others is not as in the first.
func alike(t *testing.T, when string, first *house, others ...*house) {
	t.Helper()
	bytes, entries := first.published(t), first.entries(t)
	for _, h := range others {
		if diff := cmp.Diff(bytes, h.published(t)); diff != "" {
			t.Errorf("%s: bytes (-%s +%s):\n%s", when, first.db, h.db, diff)
		}
		if diff := cmp.Diff(entries, h.entries(t)); diff != "" {
			t.Errorf("%s: entries (-%s +%s):\n%s", when, first.db, h.db, diff)
		}
	}
	for _, h := range append(others, first) {
		if n, _, err := h.store.Lag(t.Context()); err != nil || n != 0 {
			t.Errorf("%s: %d wait at %s, %v", when, n, h.db, err)
		}
	}
}

// edit has an editor say something of every kind.
func (h *house) edit(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	var stories []string
	for _, e := range h.entries(t) {
		if !e.Withdrawn.IsZero() {
			continue
		}
		if len(e.Reports) > 1 && len(stories) == 0 {
			last := e.Reports[len(e.Reports)-1]
			if feed.EntryKey(last.Source, last.Key) != e.Key {
				if _, err := h.As("").Split(ctx, e.Story, last.URL); err != nil {
					t.Fatal(err)
				}
			}
		}
		if e.Story == e.Key {
			stories = append(stories, e.Story)
		}
	}
	if len(stories) < 6 {
		t.Fatalf("only %d stories", len(stories))
	}
	if _, _, err := h.As("").Join(ctx, stories[2], stories[4]); err != nil {
		t.Fatal(err)
	}
	if _, err := h.As("").File(ctx, stories[1], "the-thao", false); err != nil {
		t.Fatal(err)
	}
	if _, err := h.As("").Retract(ctx, stories[5], false); err != nil {
		t.Fatal(err)
	}
}

func newsYAML(t *testing.T, c *clock) string {
	t.Helper()
	return strings.NewReplacer("title: Điểm tin (trình diễn)", "title: Điểm tin\n  url: https://news.example.org",
		"host_interval: 100ms", "host_interval: 0s").Replace(demo.Config(press(t, c)))
}

// restart ends the house and builds it anew on its store.
func (h *house) restart(t *testing.T, yaml string) *house {
	t.Helper()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	return build(t, yaml, h.clock, h.db)
}

func TestEnginesAgree(t *testing.T) {
	c := newClock()
	yaml := newsYAML(t, c)
	a := build(t, yaml, c, storetest.SQLite(t))
	b := build(t, yaml, c, storetest.Postgres(t))
	for round := range 4 {
		a.look(t)
		b.look(t)
		switch round {
		case 1:
			a.edit(t)
			b.edit(t)
		case 2:
			a, b = a.restart(t, yaml), b.restart(t, yaml)
		}
		if round > 0 {
			alike(t, []string{"at first", "after the editor spoke", "after a restart", "a day later"}[round], a, b)
		}
		c.advance([]time.Duration{7 * time.Minute, 3 * time.Minute, 24 * time.Hour, 0}[round])
	}
	for _, h := range []*house{a, b} {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestMoveThereAndBack moves a newsroom to PostgreSQL and back. Each of the three stores then goes on
// as if nothing had happened.
func TestMoveThereAndBack(t *testing.T) {
	c := newClock()
	yaml := newsYAML(t, c)
	home := build(t, yaml, c, storetest.SQLite(t))
	home.look(t)
	home.edit(t)
	c.advance(4 * time.Minute)
	home.look(t)
	before := home.published(t)
	sub := feed.Subscription{Topic: "/sections/all.rss", Callback: "https://e.org/cb", Secret: "s", Until: c.now().Add(time.Hour), Delivered: "ab"}
	if err := home.store.SaveSubscription(t.Context(), sub); err != nil {
		t.Fatal(err)
	}
	renditions, err := home.store.Renditions(t.Context())
	if err != nil || len(renditions) == 0 {
		t.Fatal(len(renditions), err)
	}
	if err := home.Close(); err != nil {
		t.Fatal(err)
	}
	away, back := storetest.Postgres(t), storetest.SQLite(t)
	for _, leg := range [][2]string{{home.db, away}, {away, back}} {
		if _, err := store.Move(context.Background(), leg[0], leg[1], nil); err != nil {
			t.Fatal(err)
		}
	}

	home = build(t, yaml, c, home.db)
	houses := []*house{home, build(t, yaml, c, away), build(t, yaml, c, back)}
	for _, h := range houses {
		if diff := cmp.Diff(before, h.published(t)); diff != "" {
			t.Errorf("%s: bytes changed by moving:\n%s", h.db, diff)
		}
		if subs, err := h.store.Subscriptions(t.Context()); err != nil || !cmp.Equal(subs, []feed.Subscription{sub}) {
			t.Errorf("%s: subscriptions %+v, %v", h.db, subs, err)
		}
		got, err := h.store.Renditions(t.Context())
		if err != nil || len(got) != len(renditions) {
			t.Errorf("%s: %d renditions (%v), want %d", h.db, len(got), err, len(renditions))
		}
	}
	for _, later := range []time.Duration{2 * time.Minute, 30 * time.Hour} {
		c.advance(later)
		for _, h := range houses {
			h.look(t)
		}
		alike(t, "later by "+later.String(), home, houses[1:]...)
	}
	for _, h := range houses {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
}
