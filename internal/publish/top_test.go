package publish_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish"
	"feedd/internal/store"
)

// manyOutlets gives a newsroom the sources bao-a to bao-h, an outlet each.
func manyOutlets(s *publish.Settings) {
	for c := 'a'; c <= 'h'; c++ {
		id := "bao-" + string(c)
		s.Sources[id] = feed.Source{ID: id, Title: "Báo " + string(c-'a'+'A'), URL: "https://" + id + ".example/rss", Rights: feed.RightsSummary}
	}
}

// tell saves one report and files it under an entry of a story; an empty entry is one of its own, and
// an empty story that entry's. It returns the entry's key.
func (n *newsroom) tell(sections []string, story, entry string, it feed.Item) string {
	n.t.Helper()
	ctx := context.Background()
	items := n.collect(it)
	r := &items[0]
	r.Entry, r.Verdict = entry, feed.Same
	if entry == "" {
		r.Entry, r.Verdict = feed.EntryKey(it.Source, it.Key), feed.New
	}
	r.Story = story
	if story == "" {
		r.Story = r.Entry
	}
	for _, s := range sections {
		r.Sections = append(r.Sections, feed.Placement{Section: s, By: "rule"})
	}
	e := feed.Entry{Key: r.Entry, Story: r.Story, Lead: r.ID, Published: r.Date(), Updated: r.Date(), Sections: sections}
	if entry != "" {
		known, err := n.store.Entries(ctx, feed.EntryQuery{Keys: []string{entry}})
		if err != nil || len(known) != 1 {
			n.t.Fatal(len(known), err)
		}
		e = known[0]
	} else if r.Story != r.Entry {
		e.Follows = r.Story
	}
	turn, err := n.store.DeskTurn(ctx)
	if err != nil {
		n.t.Fatal(err)
	}
	if err := n.store.Commit(ctx, store.Filed{Turn: turn, Items: items, Entries: []feed.Entry{e}}); err != nil {
		n.t.Fatal(err)
	}
	return r.Entry
}

// The stories that most outlets tell lead /sections/top, each once, wherever the report that is only
// related stands; so it does after a restart, and the feeds, the page and the front page agree.
func TestTopLeadsWithWhatMostOutletsTell(t *testing.T) {
	n := newNewsroom(t, manyOutlets)
	ago := func(h float64) time.Time { return n.clock().Add(-time.Duration(h * float64(time.Hour))) }
	wide := n.tell([]string{"kinh-te"}, "", "", report("bao-a", 1, ago(5)))
	n.tell([]string{"kinh-te"}, wide, wide, report("bao-b", 1, ago(4.9)))
	n.tell([]string{"kinh-te"}, wide, wide, report("bao-c", 1, ago(4.5)))
	n.tell([]string{"the-gioi"}, wide, "", report("bao-d", 1, ago(4))) // related: an entry of its own
	pair := n.tell([]string{"the-gioi"}, "", "", report("bao-e", 2, ago(3)))
	n.tell([]string{"the-gioi"}, pair, pair, report("bao-f", 2, ago(2)))
	single := n.tell([]string{"the-gioi"}, "", "", report("bao-g", 3, ago(1)))
	n.refresh()
	want := []string{wide, pair, single} // four outlets some hours ago, two of late, one just now
	if got, _, _ := n.atom("/sections/top.atom"); !slices.Equal(got, want) {
		t.Fatalf("top is %v, want %v", got, want)
	}
	n.restart()
	n.refresh()
	if got, _, _ := n.atom("/sections/top.atom"); !slices.Equal(got, want) {
		t.Errorf("after a restart top is %v, want %v", got, want)
	}
	for _, path := range []string{"/sections/top.rss", "/sections/top.json", "/sections/top", "/embed/top"} {
		n.page(path)
	}

	// An outlet that writes more moves nothing, three more outlets do.
	for i := range 5 {
		n.tell([]string{"the-gioi"}, single, "", report("bao-g", 10+i, n.clock()))
	}
	n.refresh()
	if got, _, _ := n.atom("/sections/top.atom"); got[0] != wide || got[1] != pair {
		t.Errorf("one outlet that writes six times stands before two that write once: %v", got)
	}
	for i, source := range []string{"bao-a", "bao-b", "bao-c", "bao-d"} {
		n.tell([]string{"the-gioi"}, single, single, report(source, 20+i, n.clock()))
	}
	n.refresh()
	if got, _, _ := n.atom("/sections/top.atom"); got[0] != single {
		t.Errorf("a story that five outlets tell now does not lead: %v", got)
	}
}

// Where enough stories have several outlets, what one outlet tells changes nothing of top, and nothing
// of it is rendered.
func TestTopIsRenderedWhenItChanges(t *testing.T) {
	n := newNewsroom(t, manyOutlets)
	var stories []string
	for i := range 14 {
		at := n.clock().Add(-time.Duration(i+1) * time.Hour)
		key := n.tell([]string{"kinh-te"}, "", "", report("bao-a", i, at))
		n.tell([]string{"kinh-te"}, key, key, report("bao-b", i, at))
		stories = append(stories, key)
	}
	n.refresh()
	top := n.page("/sections/top.atom")
	before := n.rendered()
	n.tell([]string{"the-gioi"}, "", "", report("bao-c", 50, n.clock()))
	n.refresh()
	if got := n.rendered() - before; got != 2 {
		t.Errorf("%d sections were rendered for a report that one has, want that one and all", got)
	}
	if n.page("/sections/top.atom") != top {
		t.Error("top changed")
	}
	before = n.rendered()
	n.pass(2 * time.Hour) // it is reckoned by the hour
	n.refresh()
	if got := n.rendered() - before; got != 0 {
		t.Errorf("%d sections were rendered because an hour passed", got)
	}
	n.tell([]string{"the-gioi"}, stories[3], stories[3], report("bao-c", 51, n.clock()))
	n.refresh()
	if n.page("/sections/top.atom") == top {
		t.Error("another outlet in a story of it does not show")
	}
}

// A source that is of another outlet from now on is counted so in the stories that it told, those among them that had one
// outlet until then, and those that have one from then on; what else is told is not read again.
func TestTopFollowsOutlets(t *testing.T) {
	n := newNewsroom(t, manyOutlets, func(s *publish.Settings) {
		b := s.Sources["bao-b"]
		b.Title = "Báo A"
		s.Sources["bao-b"] = b
	})
	tell := func(i int, sources ...string) (key string) {
		for k, source := range sources {
			at := n.clock().Add(-time.Duration(i*10-k) * time.Minute)
			if told := n.tell([]string{"kinh-te"}, key, key, report(source, i, at)); k == 0 {
				key = told
			}
		}
		return key
	}
	one := tell(1, "bao-a", "bao-b")
	three := tell(2, "bao-c", "bao-d", "bao-e")
	two := tell(3, "bao-c", "bao-b")
	n.refresh()
	lead := func() []string { got, _, _ := n.atom("/sections/top.atom"); return got[:2] }
	if got, want := lead(), []string{three, two}; !slices.Equal(got, want) {
		t.Fatalf("top begins with %v, want %v", got, want)
	}
	retitle := func(source, title string) {
		t.Helper()
		next := n.settings
		next.Sources = maps.Clone(next.Sources)
		b := next.Sources[source]
		b.Title = title
		next.Sources[source] = b
		n.settings = next
		if err := n.pub.Reload(next); err != nil {
			t.Fatal(err)
		}
		n.refresh()
		was := lead()
		n.restart()
		n.refresh()
		if got := lead(); !slices.Equal(got, was) {
			t.Errorf("top begins with %v, and reckoned anew with %v", was, got)
		}
	}
	retitle("bao-b", "Báo B")
	if got, _, _ := n.atom("/sections/top.atom"); !slices.Contains(got, one) {
		t.Errorf("%s, of two outlets now, is not in %v", one, got)
	}
	for _, source := range []string{"bao-d", "bao-e"} {
		retitle(source, "Báo C")
	}
	if got := lead(); slices.Contains(got, three) {
		t.Errorf("a story of one outlet is among %v", got)
	}
}

// A section may be ordered by coverage: what is in it stays the same, the order is another, and a
// restart changes no byte.
func TestASectionByCoverage(t *testing.T) {
	n := newNewsroom(t, manyOutlets, func(s *publish.Settings) {
		s.Sections[0].ByCoverage = true
		s.Partners = []feed.Partner{{ID: "cong", Sections: []string{"kinh-te", "top"}, Token: "0123456789abcdef", Content: "summary", Limit: 2}}
	})
	var want []string
	for i := range 3 { // the older, the more outlets
		at := n.clock().Add(-time.Duration(i+1) * time.Hour)
		key := n.tell([]string{"kinh-te"}, "", "", report("bao-a", i, at))
		for j := range 3 * i {
			n.tell([]string{"kinh-te"}, key, key, report("bao-"+string(rune('b'+j)), i, at))
		}
		want = append([]string{key}, want...)
	}
	n.refresh()
	ids, _, _ := n.atom("/sections/kinh-te.atom")
	if !slices.Equal(ids, want) {
		t.Errorf("by coverage: %v, want %v", ids, want)
	}
	if ids, _, _ := n.atom("/sections/all.atom"); slices.Equal(ids, want) {
		t.Error("all is ordered by coverage, too")
	}
	for _, section := range []string{"kinh-te", "top"} {
		if ids, _, _ := n.atom("/partners/cong/" + section + ".atom?token=0123456789abcdef"); !slices.Equal(ids, want[:2]) {
			t.Errorf("the partner's %s is %v, want %v", section, ids, want[:2])
		}
	}
	was := map[string]string{}
	for _, path := range []string{"/sections/kinh-te.atom", "/sections/kinh-te", "/sections/top.rss", "/sections/top", "/"} {
		was[path] = n.page(path)
	}
	n.restart()
	n.pass(20 * time.Minute)
	n.refresh()
	for path, body := range was {
		if n.page(path) != body {
			t.Errorf("%s is another after a restart", path)
		}
	}
}
