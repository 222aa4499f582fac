package publish_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"feedd/internal/feed"
	"feedd/internal/publish"
	"feedd/internal/store"
)

// reporter is what a test and a property have in common.
type reporter interface {
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// walk follows prev-archive from a section's feed, and next_url, and returns the pages that are marked
// as archives with their bytes. It reports every entry that does not stand in exactly one place.
func (n *newsroom) walk(t reporter, section string) map[string]string {
	stand, err := n.store.Entries(context.Background(), feed.EntryQuery{Section: section})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, e := range stand {
		want[e.Key] = true
	}
	closed := map[string]string{}
	seen := map[string]string{}
	feedPath := "/sections/" + section + ".atom"
	var pages []string
	for path := feedPath; path != ""; {
		ids, links, archive := n.atom(path)
		for _, id := range ids {
			if at, dup := seen[id]; dup {
				t.Errorf("%s stands in %s and in %s", id, at, path)
			}
			if !want[id] {
				t.Errorf("%s is in %s and does not stand in %s", id, path, section)
			}
			seen[id] = path
		}
		switch {
		case len(pages) > 0 && links["current"] != feedPath:
			t.Errorf("%s names %q as current", path, links["current"])
		case len(pages) == 1 && links["next-archive"] != "":
			t.Errorf("the newest page %s names %q as the next", path, links["next-archive"])
		case len(pages) > 1 && links["next-archive"] != pages[len(pages)-1]:
			t.Errorf("%s names %q as the next, want %s", path, links["next-archive"], pages[len(pages)-1])
		}
		if archive != (len(pages) > 1) { // behind the feed and the open page
			t.Errorf("%s is number %d and marked as an archive: %v", path, len(pages), archive)
		}
		if archive {
			closed[path] = n.page(path)
		}
		if pages = append(pages, path); len(pages) > 1000 {
			t.Fatal("the pages go round in a circle")
		}
		path = links["prev-archive"]
	}
	if len(seen) != len(want) {
		t.Errorf("%d entries are met, %d stand", len(seen), len(want))
	}

	var doc struct {
		Next  string `json:"next_url"`
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	met := map[string]bool{}
	for path := strings.Replace(feedPath, ".atom", ".json", 1); path != ""; path = strings.TrimPrefix(doc.Next, n.settings.Site.URL) {
		doc.Next, doc.Items = "", nil
		if err := json.Unmarshal([]byte(n.page(path)), &doc); err != nil {
			t.Fatal(err)
		}
		for _, it := range doc.Items {
			key := it.ID[strings.LastIndexByte(it.ID, ':')+1:]
			if met[key] {
				t.Errorf("next_url leads to %s twice", key)
			}
			met[key] = true
		}
	}
	if len(met) != len(want) {
		t.Errorf("next_url leads to %d entries, want %d", len(met), len(want))
	}
	return closed
}

// Whatever comes, whoever follows the archives meets every entry once, and no closed page changes but
// for what may change it.
func TestArchivesProperty(t *testing.T) {
	// A check is a whole newsroom: unless more are asked for, a few each time.
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		f.Value.Set("5")
		defer f.Value.Set(f.DefValue)
	}
	rapid.Check(t, func(r *rapid.T) {
		n := prepareNewsroom(t, func(s *publish.Settings) {
			s.Sections[0].Limit, s.Sections[1].Limit = 4, 3
			s.Sections[1].MaxPerSource = 2
		})
		n.perPage = 5
		n.open()
		defer n.close()

		sections := []string{"kinh-te", "the-gioi", "all"}
		entries := func() []feed.Entry {
			all, err := n.store.Entries(t.Context(), feed.EntryQuery{Any: true})
			if err != nil {
				r.Fatal(err)
			}
			return all
		}
		pick := func() *feed.Entry {
			all := entries()
			if len(all) == 0 {
				return nil
			}
			return &all[rapid.IntRange(0, len(all)-1).Draw(r, "entry")]
		}
		commit := func(e feed.Entry) {
			turn, err := n.store.DeskTurn(t.Context())
			if err == nil {
				err = n.store.Commit(t.Context(), store.Filed{Turn: turn, Entries: []feed.Entry{e}})
			}
			if err != nil {
				r.Fatal(err)
			}
		}
		closed := map[string]map[string]string{}
		may := map[string]bool{} // entries whose pages may change
		anyPage := false
		serial := 0
		steps := rapid.IntRange(5, 25).Draw(r, "steps")
		for range steps {
			clear(may)
			anyPage = false
			switch what := rapid.IntRange(0, 11).Draw(r, "what"); what {
			default: // news, some of it late, some of it of one instant
				var items []feed.Item
				for range rapid.IntRange(1, 9).Draw(r, "items") {
					serial++
					ago := rapid.SampledFrom([]time.Duration{-time.Hour, 0, time.Minute, time.Hour, 25 * time.Hour, 300 * time.Hour, 1000 * time.Hour, 3000 * time.Hour}).Draw(r, "ago")
					items = append(items, report(rapid.SampledFrom([]string{"bao-a", "bao-b"}).Draw(r, "source"), serial, n.clock().Add(-ago)))
				}
				n.file(rapid.SampledFrom([][]string{nil, {"kinh-te"}, {"the-gioi"}, {"kinh-te", "the-gioi"}}).Draw(r, "sections"), items...)
			case 4: // an edit, by its source
				if e := pick(); e != nil && len(e.Reports) > 0 {
					it := e.Reports[0]
					serial++
					it.Title, it.Rev = fmt.Sprintf("Tin đã sửa %d", serial), 0
					was := e.Withdrawn
					n.revise(it)
					if !was.IsZero() {
						continue
					}
				}
			case 5: // withdrawn, or undone
				if e := pick(); e != nil {
					at := time.Time{}
					if e.Withdrawn.IsZero() {
						at = n.clock()
					}
					if _, err := n.store.Withdraw(t.Context(), []string{e.Key}, at); err != nil {
						r.Fatal(err)
					}
					may[e.Key] = true
				}
			case 6: // filed elsewhere
				if e := pick(); e != nil {
					e.Sections = rapid.SampledFrom([][]string{nil, {"kinh-te"}, {"the-gioi"}, {"kinh-te", "the-gioi"}}).Draw(r, "filed")
					commit(*e)
					may[e.Key] = true
				}
			case 7: // another development bumps it
				if e := pick(); e != nil && e.Published.Before(n.clock()) {
					e.Published = n.clock()
					commit(*e)
					may[e.Key] = true
				}
			case 8: // the editor changes the configuration
				n.settings.Sections = slices.Clone(n.settings.Sections)
				sec := &n.settings.Sections[rapid.IntRange(0, 1).Draw(r, "section")]
				sec.Limit = rapid.IntRange(1, 12).Draw(r, "limit")
				sec.Title = rapid.SampledFrom([]string{"Kinh tế", "Tin mới"}).Draw(r, "title")
				sec.MaxAge = rapid.SampledFrom([]time.Duration{0, 24 * time.Hour, 168 * time.Hour}).Draw(r, "age")
				n.settings.Attribution = rapid.SampledFrom([]string{"title", "summary", "none"}).Draw(r, "attribution")
				if err := n.pub.Reload(n.settings); err != nil {
					r.Fatal(err)
				}
			case 9:
				n.restart()
			case 10: // retention
				if _, err := n.store.Prune(t.Context(), n.clock().Add(-2500*time.Hour), n.clock()); err != nil {
					r.Fatal(err)
				}
				anyPage = true
			}
			n.pass(rapid.SampledFrom([]time.Duration{time.Second, time.Hour, 30 * time.Hour, 800 * time.Hour}).Draw(r, "passes"))
			n.refresh()
			for _, s := range sections {
				now := n.walk(r, s)
				for path, was := range closed[s] {
					is, there := now[path]
					switch {
					case there && is == was, anyPage:
					case slices.ContainsFunc(slices.Collect(maps.Keys(may)), func(key string) bool {
						return strings.Contains(was, key) || strings.Contains(is, key)
					}):
					default:
						r.Errorf("%s changed, or went, for no reason:\n%s\n%s", path, was, is)
					}
				}
				closed[s] = now
			}
			if r.Failed() {
				r.FailNow()
			}
		}
	})
}

// A closed page shows its entries as they were, whatever becomes of them, in every format; only what is
// withdrawn, and what a source no longer allows, leaves it.
func TestAClosedPageStays(t *testing.T) {
	n := newNewsroom(t)
	october := time.Date(2026, 10, 20, 8, 0, 0, 0, time.UTC)
	var items []feed.Item
	for i := range 3 {
		it := report("bao-a", i, october.Add(time.Duration(i)*time.Hour))
		it.Content = "<p>Toàn văn của tin, dài hơn phần tóm tắt nhiều.</p>"
		items = append(items, it)
	}
	n.file([]string{"kinh-te"}, items...)
	n.refresh()
	paths := []string{"/sections/kinh-te/archive/2026-10.atom", "/sections/kinh-te/archive/2026-10.rss", "/sections/kinh-te/archive/2026-10.json"}
	type page struct{ body, tag, modified string }
	read := func() (pages []page) {
		t.Helper()
		for _, p := range paths {
			res := n.get(p)
			if res.StatusCode != http.StatusOK {
				t.Fatalf("%s: %d", p, res.StatusCode)
			}
			pages = append(pages, page{n.body(res), res.Header.Get("ETag"), res.Header.Get("Last-Modified")})
		}
		return pages
	}
	first := read()
	same := func(when string) {
		t.Helper()
		for i, p := range read() {
			if p != first[i] {
				t.Errorf("%s: %s changed from %+v to %+v", when, paths[i], first[i], p)
			}
		}
	}

	n.pass(time.Hour)
	late := report("bao-b", 9, october)
	n.file([]string{"kinh-te"}, late)
	n.refresh()
	same("after a late report")
	if body := n.page("/sections/kinh-te/archive/2026-11.atom"); !strings.Contains(body, keyOf(late)) {
		t.Error("the late report is not on this month's page")
	}

	edited := items[1]
	edited.Title = "Tin đã sửa"
	n.revise(edited)
	n.refresh()
	same("after an edit")

	n.settings.Site.Title, n.settings.Attribution = "Tên khác", "title"
	n.settings.Sections = slices.Clone(n.settings.Sections)
	n.settings.Sections[0].Title, n.settings.Sections[0].Limit = "Mục khác", 100
	a := n.settings.Sources["bao-a"]
	a.Title = "Báo tên khác"
	n.settings.Sources = map[string]feed.Source{"bao-a": a, "bao-b": n.settings.Sources["bao-b"]}
	if err := n.pub.Reload(n.settings); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	same("after a change of the configuration")
	n.restart()
	n.refresh()
	same("after a restart")

	// Looser terms than at the time change nothing, stricter ones do.
	if !strings.Contains(first[0].body, "Toàn văn") {
		t.Fatal("no full text to begin with")
	}
	for _, c := range []struct {
		rights         feed.Rights
		full, abstract bool
	}{{feed.RightsSummary, false, true}, {feed.RightsHeadline, false, false}, {feed.RightsFull, true, true}} {
		a.Rights = c.rights
		n.settings.Sources = map[string]feed.Source{"bao-a": a, "bao-b": n.settings.Sources["bao-b"]}
		if err := n.pub.Reload(n.settings); err != nil {
			t.Fatal(err)
		}
		n.pass(time.Minute)
		n.refresh()
		for i, p := range read() {
			if strings.Contains(p.body, "Toàn văn") != c.full || strings.Contains(p.body, "Tóm tắt của tin") != c.abstract {
				t.Errorf("rights %s: %s is %s", c.rights, paths[i], p.body)
			}
			if p.modified == first[i].modified {
				t.Errorf("rights %s: %s did not move Last-Modified", c.rights, paths[i])
			}
		}
	}

	gone := keyOf(items[0])
	if _, err := n.store.Withdraw(t.Context(), []string{gone}, n.clock()); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	for i, p := range read() {
		if strings.Contains(p.body, "Tin số 0 của") {
			t.Errorf("%s still has what was withdrawn", paths[i])
		}
	}
	if body := n.page(paths[0]); !strings.Contains(body, "deleted-entry") || !strings.Contains(body, gone) {
		t.Error("no tombstone on the page that it left:", body)
	}
	if _, err := n.store.Withdraw(t.Context(), []string{gone}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	for i, p := range read() {
		if p.body != first[i].body || p.tag != first[i].tag {
			t.Errorf("%s is not what it was before the withdrawal", paths[i])
		}
	}

	// A site that moved names its new address.
	n.settings.Site.URL = "https://tin.example.net"
	if err := n.pub.Reload(n.settings); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	for i, p := range read() {
		if strings.Contains(p.body, "https://news.example.org") || !strings.Contains(p.body, "tag:news.example.org,") {
			t.Errorf("%s after a move: %s", paths[i], p.body)
		}
	}
}

// The open page does not grow without end: its oldest entries are closed before the month is over.
func TestABusyMonthHasSeveralPages(t *testing.T) {
	n := newNewsroom(t)
	n.perPage = 10
	n.restart()
	n.fill("kinh-te", 43) // 5 in the feed, 30 on three closed pages, 8 on the open one
	n.refresh()
	closed := n.walk(t, "kinh-te")
	want := []string{"/sections/kinh-te/archive/2026-11-p2.atom", "/sections/kinh-te/archive/2026-11-p3.atom", "/sections/kinh-te/archive/2026-11.atom"}
	if got := slices.Sorted(maps.Keys(closed)); !slices.Equal(got, want) {
		t.Errorf("closed pages %v, want %v", got, want)
	}
	if ids, _, _ := n.atom("/sections/kinh-te/archive/2026-11-p4.atom"); len(ids) != 8 {
		t.Errorf("%d entries on the open page", len(ids))
	}
	// An empty page stays in its place when a month brings nothing.
	n.pass(40 * 24 * time.Hour)
	n.refresh()
	n.walk(t, "kinh-te")
	n.pass(40 * 24 * time.Hour)
	n.refresh()
	for path, body := range n.walk(t, "kinh-te") {
		if was, ok := closed[path]; ok && was != body {
			t.Errorf("%s changed", path)
		}
	}
}

// The first start over a full store publishes at once and closes the archives' pages beside it. Who asks
// for a page meanwhile is told to come back, and afterwards every entry stands in its one place. So it is where
// nodes share the work, and what another one is at work on is left to it.
func TestAFullStoreIsPublishedBeforeItsArchives(t *testing.T) {
	t.Run("alone", func(t *testing.T) { fullStore(t, nil) })
	t.Run("beside another node", func(t *testing.T) {
		claimed := &claiming{sections: map[string]bool{}}
		fullStore(t, claimed)
		if len(claimed.sections) != 2 {
			t.Errorf("claimed were %v", claimed.sections)
		}
	})
}

// claiming is a store in which another node is at work on each section's archive when first asked, and gives it up.
type claiming struct {
	publish.Renderings
	mu       sync.Mutex
	sections map[string]bool
}

func (c *claiming) Rendering(ctx context.Context, name, state string, now, until time.Time) (feed.Rendering, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if strings.HasPrefix(name, "archive ") && !c.sections[name] {
		c.sections[name] = true
		return feed.Rendering{}, nil
	}
	return c.Renderings.Rendering(ctx, name, state, now, until)
}

func fullStore(t *testing.T, claimed *claiming) {
	n := prepareNewsroom(t)
	n.perPage = 4
	if claimed != nil {
		n.renderings = func() publish.Renderings { claimed.Renderings = n.store; return claimed }
	}
	n.open()
	for i := range 60 {
		n.file([]string{"kinh-te"}, report("bao-a", i, start.AddDate(0, 0, -3*i)))
	}
	work := n.pub.CloseBeside()
	n.refresh()
	if ids, links, _ := n.atom("/sections/kinh-te.atom"); len(ids) != 3 || links["prev-archive"] != "" {
		t.Errorf("at first the feed has %d entries and names %q as its archive", len(ids), links["prev-archive"])
	}
	old := "/sections/kinh-te/archive/" + feed.PageOf(start.AddDate(0, -3, 0)).String() + ".atom"
	if res := n.get(old); res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("%s answers %s, Retry-After %q, before it is closed", old, res.Status, res.Header.Get("Retry-After"))
	}

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	for archived := false; !archived; {
		if ctx.Err() != nil {
			t.Fatal("the archives are not made")
		}
		n.refresh()
		archived = true
		for _, section := range []string{"all", "kinh-te"} {
			_, links, _ := n.atom("/sections/" + section + ".atom")
			archived = archived && links["prev-archive"] != ""
		}
	}
	for _, section := range []string{"all", "kinh-te"} {
		if pages := n.walk(t, section); len(pages) < 13 {
			t.Errorf("%s has %d closed pages", section, len(pages))
		}
	}
	if res := n.get(old); res.StatusCode != http.StatusOK {
		t.Errorf("%s answers %s", old, res.Status)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
