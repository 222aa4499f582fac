package publish_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"feedd/internal/feed"
	"feedd/internal/publish"
	"feedd/internal/store"
)

// counter reads one of the publisher's counters, its labels summed up.
func (n *newsroom) counter(name string) float64 {
	n.t.Helper()
	families, err := n.registry.Gather()
	if err != nil {
		n.t.Fatal(err)
	}
	var total float64
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				total += m.GetCounter().GetValue()
			}
		}
	}
	return total
}

// ids lists the entries of an Atom document, and where it points.
func (n *newsroom) atom(path string) (ids []string, links map[string]string, archive bool) {
	n.t.Helper()
	var doc struct {
		Links []struct {
			Rel  string `xml:"rel,attr"`
			Href string `xml:"href,attr"`
		} `xml:"http://www.w3.org/2005/Atom link"`
		Archive *struct{} `xml:"http://purl.org/syndication/history/1.0 archive"`
		Entries []struct {
			ID string `xml:"http://www.w3.org/2005/Atom id"`
		} `xml:"http://www.w3.org/2005/Atom entry"`
	}
	if err := xml.Unmarshal([]byte(n.page(path)), &doc); err != nil {
		n.t.Fatalf("%s: %v", path, err)
	}
	links = map[string]string{}
	for _, l := range doc.Links {
		links[l.Rel] = strings.TrimPrefix(l.Href, n.settings.Site.URL)
	}
	for _, e := range doc.Entries {
		ids = append(ids, e.ID[strings.LastIndexByte(e.ID, ':')+1:])
	}
	return ids, links, doc.Archive != nil
}

func TestNothingIsRenderedTwice(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 3)
	n.refresh()
	first, same := n.counter("feedd_documents_changed_total"), n.counter("feedd_documents_same_total")
	n.refresh()
	n.pass(time.Hour)
	n.refresh()
	if c, s := n.counter("feedd_documents_changed_total"), n.counter("feedd_documents_same_total"); c != first || s != same {
		t.Errorf("rendered without a change: %v changed, %v came out the same", c-first, s-same)
	}
	before := n.get("/sections/the-gioi.rss").Header
	n.file([]string{"kinh-te"}, report("bao-b", 1, n.clock()))
	n.refresh()
	if diff := cmp.Diff(before, n.get("/sections/the-gioi.rss").Header); diff != "" {
		t.Errorf("news of one section changed another: %s", diff)
	}
	if body := n.page("/sections/kinh-te.rss"); !strings.Contains(body, "của bao-b") {
		t.Error("the news is not published")
	}
	if body := n.page("/sections/all.rss"); !strings.Contains(body, "của bao-b") {
		t.Error("the news is not in all")
	}
}

func TestARestartChangesNoByte(t *testing.T) {
	n := newNewsroom(t, func(s *publish.Settings) {
		s.Partners = []feed.Partner{{ID: "cong", Title: "Cổng", Sections: []string{"kinh-te"}, Token: "t0k3n"}}
	})
	n.fill("kinh-te", 8)
	n.refresh()
	paths := []string{"/", "/feeds.opml", "/sections/all.atom", "/sections/kinh-te.rss", "/sections/kinh-te.atom", "/sections/kinh-te.json",
		"/sections/kinh-te", "/embed/kinh-te", "/sections/kinh-te/archive/2026-11.rss", "/partners/cong/kinh-te.rss?token=t0k3n"}
	type answer struct {
		Header http.Header
		Body   string
	}
	read := func() map[string]answer {
		m := map[string]answer{}
		for _, p := range paths {
			res := n.get(p)
			m[p] = answer{res.Header, n.body(res)}
		}
		return m
	}
	before := read()
	n.pass(2 * time.Hour)
	n.restart()
	n.refresh()
	if diff := cmp.Diff(before, read()); diff != "" {
		t.Error(diff)
	}
}

// An entry that grew too old leaves although nobody filed anything.
func TestAgeAlone(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 2) // an hour and two hours old
	n.refresh()
	n.pass(168*time.Hour - 90*time.Minute)
	n.refresh()
	if ids, links, _ := n.atom("/sections/kinh-te.atom"); len(ids) != 1 || links["prev-archive"] == "" {
		t.Errorf("%d entries with archive %q; the older one should have gone there", len(ids), links["prev-archive"])
	}
}

// The ids stay when the site moves.
func TestIDsOutliveAMove(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 2)
	n.refresh()
	want := `tag:news.example.org,2026-11-20:` + keyOf(report("bao-a", 1, start))
	if !strings.Contains(n.page("/sections/kinh-te.rss"), want) {
		t.Fatalf("no %s in %s", want, n.page("/sections/kinh-te.rss"))
	}
	n.settings.Site.URL = "https://tin.example.net"
	n.pass(24 * time.Hour)
	n.restart()
	n.refresh()
	if body := n.page("/sections/kinh-te.rss"); !strings.Contains(body, want) || !strings.Contains(body, "https://tin.example.net/sections/kinh-te.rss") {
		t.Errorf("after the move: %s", body)
	}
}

// A section that falls to nothing without the editor's doing keeps what it showed, over a restart
// too; withdrawals go at once all the same.
func TestASectionDoesNotFallToNothing(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 3)
	n.refresh()
	good := n.page("/sections/kinh-te.atom")
	n.pass(400 * time.Hour) // nothing came for so long that all is too old
	n.refresh()
	if diff := cmp.Diff(good, n.page("/sections/kinh-te.atom")); diff != "" {
		t.Error("the section did not keep its last good bytes:", diff)
	}
	if n.counter("feedd_gate_refused_total") == 0 || !strings.Contains(n.page("/sources.json"), "fell to nothing") {
		t.Error("nobody is told")
	}
	n.restart()
	n.refresh()
	if diff := cmp.Diff(good, n.page("/sections/kinh-te.atom")); diff != "" {
		t.Error("after a restart:", diff)
	}

	gone := keyOf(report("bao-a", 1, start))
	if _, err := n.store.Withdraw(t.Context(), []string{gone}, n.clock()); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	ids, _, _ := n.atom("/sections/kinh-te.atom")
	if len(ids) != 2 || slices.Contains(ids, gone) {
		t.Errorf("after a withdrawal it shows %v", ids)
	}

	n.settings.Sections[0].MaxAge = 100 * time.Hour // the editor wants it so
	if err := n.pub.Reload(n.settings); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	if ids, _, _ := n.atom("/sections/kinh-te.atom"); len(ids) != 0 {
		t.Errorf("after a change of the configuration it still shows %v", ids)
	}
}

// Whoever follows the archives from a section's feed meets every entry exactly once.
func TestArchivesHoldEverythingOnce(t *testing.T) {
	n := newNewsroom(t)
	var items []feed.Item
	want := map[string]bool{}
	for i := range 40 { // four months back, every three days
		it := report("bao-a", i, start.Add(-time.Duration(i)*72*time.Hour-time.Hour))
		items, want[keyOf(it)] = append(items, it), true
	}
	n.file([]string{"kinh-te"}, items...)
	n.refresh()
	follow := func() (pages []string) {
		t.Helper()
		seen := map[string]string{}
		for path := "/sections/kinh-te.atom"; path != ""; {
			ids, links, archive := n.atom(path)
			for _, id := range ids {
				if at, dup := seen[id]; dup {
					t.Errorf("%s stands in %s and in %s", id, at, path)
				}
				seen[id] = path
			}
			if len(pages) > 0 {
				if links["current"] != "/sections/kinh-te.atom" {
					t.Errorf("%s names %q as current", path, links["current"])
				}
				if next := links["next-archive"]; len(pages) > 1 && next != pages[len(pages)-1] {
					t.Errorf("%s names %q as next, want %s", path, next, pages[len(pages)-1])
				}
			}
			if open := path == "/sections/kinh-te.atom" || strings.Contains(path, "2026-11"); archive == open {
				t.Errorf("%s: marked as archive: %v", path, archive)
			}
			pages = append(pages, path)
			path = links["prev-archive"]
		}
		for id := range want {
			if seen[id] == "" {
				t.Errorf("%s is nowhere", id)
			}
		}
		if len(seen) != len(want) {
			t.Errorf("%d entries, want %d", len(seen), len(want))
		}
		return pages
	}
	pages := follow()
	if len(pages) != 6 {
		t.Errorf("pages: %v", pages)
	}

	old := map[string]string{}
	for _, p := range pages[2:] {
		old[p] = n.page(p)
	}
	n.pass(time.Hour)
	it := report("bao-b", 1, n.clock())
	want[keyOf(it)] = true
	n.file([]string{"kinh-te"}, it)
	n.refresh()
	follow()
	for _, p := range pages[2:] {
		if n.page(p) != old[p] {
			t.Errorf("%s changed although nothing in it was withdrawn", p)
		}
	}

	// JSON Feed names the next page, too.
	var doc struct {
		Next  string `json:"next_url"`
		Items []any  `json:"items"`
	}
	total := 0
	for path := "/sections/kinh-te.json"; path != ""; path = strings.TrimPrefix(doc.Next, n.settings.Site.URL) {
		doc.Next, doc.Items = "", nil
		if err := json.Unmarshal([]byte(n.page(path)), &doc); err != nil {
			t.Fatal(err)
		}
		total += len(doc.Items)
	}
	if total != len(want) {
		t.Errorf("next_url leads to %d entries, want %d", total, len(want))
	}

	gone := keyOf(items[35])
	if _, err := n.store.Withdraw(t.Context(), []string{gone}, n.clock()); err != nil {
		t.Fatal(err)
	}
	delete(want, gone)
	n.refresh()
	follow()
}

func TestWithdrawAndUndo(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 7)
	n.refresh()
	shown, archived := keyOf(report("bao-a", 6, start)), keyOf(report("bao-a", 0, start))
	everywhere := []string{"/", "/sections/kinh-te", "/sections/kinh-te.rss", "/sections/kinh-te.atom", "/sections/kinh-te.json", "/sections/all.json",
		"/embed/kinh-te", "/sections/kinh-te/archive/2026-11.rss", "/sections/kinh-te/archive/2026-11.atom"}
	mentions := func(i int) (in []string) {
		for _, p := range everywhere {
			if res := n.get(p); strings.Contains(n.body(res), fmt.Sprintf("Tin số %d của", i)) {
				in = append(in, p)
			}
		}
		return in
	}
	if len(mentions(6)) != 7 || len(mentions(0)) < 2 {
		t.Fatalf("before: %v, %v", mentions(6), mentions(0))
	}
	n.pass(time.Minute)
	if _, err := n.store.Withdraw(t.Context(), []string{shown, archived}, n.clock()); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	if a, b := mentions(6), mentions(0); len(a)+len(b) > 0 {
		t.Errorf("withdrawn, yet in %v and %v", a, b)
	}
	if res := n.get("/stories/" + shown); res.StatusCode != http.StatusGone {
		t.Errorf("the story's page: %d, want 410", res.StatusCode)
	}
	if body := n.page("/sections/kinh-te.atom"); !strings.Contains(body, "deleted-entry") || !strings.Contains(body, shown) {
		t.Error("no tombstone in the feed")
	}
	if _, err := n.store.Withdraw(t.Context(), []string{shown, archived}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	if len(mentions(6)) != 7 || strings.Contains(n.page("/sections/kinh-te.atom"), "deleted-entry") {
		t.Errorf("after the undo: %v", mentions(6))
	}
	if res := n.get("/stories/" + shown); res.StatusCode != http.StatusOK {
		t.Errorf("the story's page after the undo: %d", res.StatusCode)
	}
}

// An edit shows, moves Last-Modified and atom:updated, and no date of publication.
func TestAnEdit(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 2)
	n.refresh()
	before := n.get("/sections/kinh-te.rss")
	n.pass(time.Hour)
	it := report("bao-a", 1, start.Add(-time.Hour))
	it.Title = "Tin đã sửa"
	n.file([]string{"kinh-te"}, it)
	n.refresh()
	after := n.get("/sections/kinh-te.rss")
	a, b := n.body(before), n.body(after)
	if !strings.Contains(b, "Tin đã sửa") || after.Header.Get("ETag") == before.Header.Get("ETag") || after.Header.Get("Last-Modified") == before.Header.Get("Last-Modified") {
		t.Errorf("the edit does not show: %v", after.Header)
	}
	date := func(s string) []string {
		var dates []string
		for part := range strings.SplitSeq(s, "<item>") {
			_, rest, _ := strings.Cut(part, "<pubDate>")
			d, _, _ := strings.Cut(rest, "</pubDate>")
			dates = append(dates, d)
		}
		return dates[1:]
	}
	if diff := cmp.Diff(date(a), date(b)); diff != "" {
		t.Error("the edit moved a date of publication:", diff)
	}
}

func TestReloadRefusesAnAddressThatIsNone(t *testing.T) {
	n := newNewsroom(t)
	bad := n.settings
	bad.Site.URL = "news.example.org"
	if err := n.pub.Reload(bad); err == nil || !strings.Contains(err.Error(), "site.url") {
		t.Errorf("error %v", err)
	}
}

// A story that no section takes is in the feed of all of them, and has its page.
func TestUnsortedIsInAll(t *testing.T) {
	n := newNewsroom(t)
	n.file(nil, report("bao-a", 1, n.clock()))
	n.file([]string{"kinh-te"}, report("bao-a", 2, n.clock()))
	n.refresh()
	if body := n.page("/sections/all.rss"); !strings.Contains(body, "Tin số 1") || !strings.Contains(body, "Tin số 2") {
		t.Error("all lacks what is in no section")
	}
	if body := n.page("/sections/kinh-te.rss"); strings.Contains(body, "Tin số 1") {
		t.Error("a section shows what it did not take")
	}
	if res := n.get("/stories/" + keyOf(report("bao-a", 1, start))); res.StatusCode != http.StatusOK {
		t.Errorf("its page: %d", res.StatusCode)
	}
}

// The id of a later development leads to the page of its story.
func TestADevelopmentLeadsToItsStory(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 2)
	first, later := keyOf(report("bao-a", 0, start)), keyOf(report("bao-a", 1, start))
	entries, err := n.store.Entries(t.Context(), feed.EntryQuery{Keys: []string{later}})
	if err != nil || len(entries) != 1 {
		t.Fatal(len(entries), err)
	}
	entries[0].Story, entries[0].Follows = first, first
	turn, err := n.store.DeskTurn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := n.store.Commit(t.Context(), store.Filed{Turn: turn, Entries: entries}); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	res := n.get("/stories/" + later)
	if want := "/stories/" + first + "#" + later; res.StatusCode != http.StatusMovedPermanently || res.Header.Get("Location") != want {
		t.Errorf("%d to %q, want %q", res.StatusCode, res.Header.Get("Location"), want)
	}
	if body := n.page("/stories/" + first); !strings.Contains(body, "Tin số 0 của") || !strings.Contains(body, "Tin số 1 của") {
		t.Error("the story's page does not tell both developments")
	}
}

// A source that floods does not push the others out, however far back theirs lie, and has what
// they leave free.
func TestAFloodLeavesRoomForOthers(t *testing.T) {
	n := newNewsroom(t, func(s *publish.Settings) { s.Sections[0].Fair = true })
	var flood []feed.Item
	for i := range 200 {
		flood = append(flood, report("bao-a", i, n.clock().Add(-time.Duration(i)*time.Minute)))
	}
	n.file([]string{"kinh-te"}, flood...)
	n.file([]string{"kinh-te"}, report("bao-b", 1, n.clock().Add(-20*time.Hour)), report("bao-b", 2, n.clock().Add(-21*time.Hour)))
	n.refresh()
	for _, path := range []string{"/sections/kinh-te.atom", "/sections/all.atom"} {
		ids, _, _ := n.atom(path)
		want := []string{keyOf(flood[0]), keyOf(flood[1]), keyOf(flood[2]), keyOf(report("bao-b", 1, start)), keyOf(report("bao-b", 2, start))}
		if !slices.Equal(ids, want) {
			t.Errorf("%s has %v, want %v", path, ids, want)
		}
	}
}

// rendered is how many sections were rendered so far.
func (n *newsroom) rendered() uint64 {
	n.t.Helper()
	families, err := n.registry.Gather()
	if err != nil {
		n.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "feedd_render_seconds" {
			return f.GetMetric()[0].GetHistogram().GetSampleCount()
		}
	}
	n.t.Fatal("renderings are not counted")
	return 0
}

// A change of the configuration renders the sections that it can be seen in, and no others.
func TestReloadRendersWhatItTouches(t *testing.T) {
	n := newNewsroom(t)
	n.file([]string{"kinh-te"}, report("bao-a", 1, start.Add(-time.Hour)))
	n.file([]string{"the-gioi"}, report("bao-b", 2, start.Add(-2*time.Hour)))
	n.refresh()
	for _, tt := range []struct {
		name   string
		change func(*publish.Settings)
		want   uint64 // sections rendered, of four
	}{
		{"nothing", func(*publish.Settings) {}, 0},
		{"a source comes", func(s *publish.Settings) { s.Sources["bao-c"] = feed.Source{ID: "bao-c", URL: "https://c.example/rss"} }, 0},
		{"a source goes", func(s *publish.Settings) { delete(s.Sources, "bao-c") }, 0},
		{"a source has another name", func(s *publish.Settings) {
			b := s.Sources["bao-b"]
			b.Title = "Báo B mới"
			s.Sources["bao-b"] = b
		}, 3}, // its section, all and top
		{"a rule", func(s *publish.Settings) {
			s.Sections[0].Rules = []feed.Rule{{Any: []feed.Pattern{{Text: "lãi suất"}}}}
		}, 0},
		{"a section shows less", func(s *publish.Settings) { s.Sections[0].Limit = 4 }, 1},
		{"a partner comes", func(s *publish.Settings) {
			s.Partners = []feed.Partner{{ID: "cong", Sections: []string{"the-gioi"}, Token: "0123456789abcdef", Content: "summary"}}
		}, 1},
		{"the site has another name", func(s *publish.Settings) { s.Site.Title = "Tin mới" }, 4},
	} {
		next := n.settings
		next.Sources, next.Sections = maps.Clone(next.Sources), slices.Clone(next.Sections)
		tt.change(&next)
		n.settings = next
		before := n.rendered()
		if err := n.pub.Reload(next); err != nil {
			t.Fatal(err)
		}
		n.refresh()
		if got := n.rendered() - before; got != tt.want {
			t.Errorf("%s: %d sections were rendered, want %d", tt.name, got, tt.want)
		}
	}
	if page := n.page("/sections/the-gioi.atom"); !strings.Contains(page, "Báo B mới") {
		t.Error("a source's new name is not shown")
	}
	if page := n.page("/sections/kinh-te"); !strings.Contains(page, "Tin mới") {
		t.Error("the site's new name is not shown")
	}
}

// TestNoEditionOutlivesItsTime lets pages made on request be cached: they keep no edition alive that
// was replaced since, with all the texts it shows, and go themselves once nobody asks for them.
func TestNoEditionOutlivesItsTime(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 3)
	n.refresh()
	var replaced []func() bool // tells whether it is still in memory
	for i := range 5 {
		n.page("/stories/" + n.pub.NewestStory())
		old := n.pub.AllEdition()
		replaced = append(replaced, func() bool { return old.Value() != nil })
		n.pass(time.Minute)
		n.file([]string{"kinh-te"}, report("bao-a", 100+i, n.clock()))
		n.refresh()
	}
	runtime.GC()
	runtime.GC()
	for i, alive := range replaced[:4] { // the last may still stand in a frame of the stack
		if alive() {
			t.Errorf("edition %d, replaced since, is still in memory", i)
		}
	}
	n.pass(publish.CachedFor)
	n.page("/stories/" + n.pub.NewestStory())
	if got := n.pub.Cached(); got != 1 {
		t.Errorf("%d documents are cached, of which one was asked for lately", got)
	}
}

// A source that says something else of itself is shown so with the next change, and its states are not
// read for changes that say nothing of any source.
func TestSourcesAreReadWhenTheySayOtherwise(t *testing.T) {
	n := newNewsroom(t, func(s *publish.Settings) {
		a := s.Sources["bao-a"]
		a.Title = ""
		s.Sources["bao-a"] = a
	})
	n.close()
	n.open()
	reads := &countingReader{Store: n.store}
	pub, err := publish.New(publish.Options{
		Settings: n.settings, Reader: reads, Stories: n.store, Archives: n.store, Renditions: n.store, Meta: n.store, Subscriptions: n.store,
		Registry: prometheus.NewRegistry(), Now: n.clock, Log: n.log,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pub.Close() })
	n.pub = pub
	n.file([]string{"kinh-te"}, report("bao-a", 1, n.clock()))
	n.refresh()
	first := reads.states
	n.pass(time.Minute)
	n.file([]string{"the-gioi"}, report("bao-a", 2, n.clock()))
	n.refresh()
	if reads.states != first {
		t.Errorf("the states were read %d times more although no source said anything new", reads.states-first)
	}
	st := feed.SourceState{Source: "bao-a", Title: "Báo tự xưng", LastRun: n.clock(), LastSuccess: n.clock()}
	if _, err := n.store.Save(t.Context(), &store.Collected{State: st, At: n.clock()}); err != nil {
		t.Fatal(err)
	}
	n.pass(time.Minute)
	n.file([]string{"the-gioi"}, report("bao-b", 3, n.clock())) // keeps what bao-a says
	n.refresh()
	if reads.states != first+1 {
		t.Errorf("the states were read %d times more, want once", reads.states-first)
	}
	if !strings.Contains(n.page("/sections/kinh-te.atom"), "Báo tự xưng") {
		t.Error("what the source says of itself now is not shown")
	}
}

// countingReader counts how often the sources' states are read.
type countingReader struct {
	*store.Store
	states int
}

func (r *countingReader) States(ctx context.Context) (map[string]feed.SourceState, error) {
	r.states++
	return r.Store.States(ctx)
}
