package publish_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"feedd/internal/feed"
	"feedd/internal/publish"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// start is the time the tests' clock shows at first.
var start = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

// newsroom is a store with a publisher on it, and what a desk would do by hand.
type newsroom struct {
	t        testing.TB
	store    *store.Store
	db       string
	settings publish.Settings
	registry *prometheus.Registry
	pub      *publish.Publisher
	log      *slog.Logger
	perPage  int
	admin    bool
	// renderings, when given, are what nodes share.
	renderings func() publish.Renderings
	// mine, when given, says that other nodes publish the same.
	mine func(context.Context) error

	mu  sync.Mutex
	now time.Time
}

func newNewsroom(t testing.TB, change ...func(*publish.Settings)) *newsroom {
	t.Helper()
	n := prepareNewsroom(t, change...)
	n.open()
	return n
}

// prepareNewsroom is newNewsroom before anything is opened.
func prepareNewsroom(t testing.TB, change ...func(*publish.Settings)) *newsroom {
	t.Helper()
	n := &newsroom{t: t, now: start, db: storetest.Address(t), log: slog.New(slog.DiscardHandler)}
	n.settings = publish.Settings{
		Site: feed.Site{Title: "Điểm tin", Description: "Tin từ nhiều báo", URL: "https://news.example.org", Language: "vi", Contact: "mailto:desk@example.org"},
		Sections: []feed.Section{
			{ID: "kinh-te", Title: "Kinh tế", Limit: 5, MaxAge: 168 * time.Hour},
			{ID: "the-gioi", Title: "Thế giới", Limit: 5, MaxAge: 168 * time.Hour},
		},
		Sources: map[string]feed.Source{
			"bao-a": {ID: "bao-a", Title: "Báo A", URL: "https://a.example/rss", Home: "https://a.example/", Rights: feed.RightsFull},
			"bao-b": {ID: "bao-b", Title: "Báo B", URL: "https://b.example/rss", Home: "https://b.example/", Rights: feed.RightsSummary},
		},
		Attribution: "summary",
		Every:       map[string]time.Duration{"kinh-te": 15 * time.Minute},
	}
	for _, c := range change {
		c(&n.settings)
	}
	return n
}

// open starts the store and the publisher, as a new process would.
func (n *newsroom) open() {
	n.t.Helper()
	var err error
	if n.store, err = store.Open(context.Background(), n.db); err != nil {
		n.t.Fatal(err)
	}
	n.registry = prometheus.NewRegistry()
	var shared publish.Renderings
	if n.renderings != nil {
		shared = n.renderings()
	}
	n.pub, err = publish.New(publish.Options{
		Renderings: shared, Settings: n.settings, Reader: n.store, Stories: n.store, Archives: n.store, Renditions: n.store, Meta: n.store, Subscriptions: n.store,
		Registry: n.registry, Now: n.clock, Admin: n.admin, Mine: n.mine, PerPage: n.perPage, Log: n.log,
	})
	if err != nil {
		n.t.Fatal(err)
	}
	s, p := n.store, n.pub
	n.t.Cleanup(func() { // a second Close does no harm
		p.Close()
		s.Close()
	})
}

// restart ends the process and starts another on the same database.
func (n *newsroom) restart() {
	n.t.Helper()
	n.close()
	n.open()
}

func (n *newsroom) close() {
	n.t.Helper()
	if err := n.pub.Close(); err != nil {
		n.t.Fatal(err)
	}
	if err := n.store.Close(); err != nil {
		n.t.Fatal(err)
	}
}

func (n *newsroom) clock() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now
}

func (n *newsroom) pass(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now = n.now.Add(d)
}

func (n *newsroom) refresh() {
	n.t.Helper()
	if err := n.pub.Refresh(context.Background()); err != nil {
		n.t.Fatal(err)
	}
}

// report is an item of bao-a with this number, published at.
func report(source string, i int, at time.Time) feed.Item {
	link := fmt.Sprintf("https://%s.example/tin-%d.html", source, i)
	it := feed.Item{
		Source: source, GUID: fmt.Sprintf("%s-%d", source, i), URL: link, Canonical: feed.Canonical(link),
		Title: fmt.Sprintf("Tin số %d của %s", i, source), Summary: fmt.Sprintf("<p>Tóm tắt của tin số %d, đủ dài để đọc.</p>", i),
		Authors: []feed.Person{{Name: "Nguyễn Lan"}}, Language: "vi", Published: at,
	}
	it.Key = feed.Identify(&it)
	return it
}

func keyOf(it feed.Item) string { return feed.EntryKey(it.Source, it.Key) }

// file saves the items and files each as an entry of its own under the sections.
func (n *newsroom) file(sections []string, items ...feed.Item) {
	n.t.Helper()
	ctx := context.Background()
	for _, it := range items {
		if _, err := n.store.Save(ctx, &store.Collected{State: feed.SourceState{Source: it.Source, LastRun: n.clock(), LastSuccess: n.clock()},
			Items: []feed.Item{it}, At: n.clock()}); err != nil {
			n.t.Fatal(err)
		}
	}
	unfiled, err := n.store.Unfiled(ctx, 10_000)
	if err != nil {
		n.t.Fatal(err)
	}
	var entries []feed.Entry
	for i := range unfiled {
		it := &unfiled[i]
		it.Entry = feed.EntryKey(it.Source, it.Key)
		it.Story, it.Verdict = it.Entry, feed.New
		updated := it.Date()
		if !it.Revised.IsZero() {
			updated = it.Revised
		}
		for _, s := range sections {
			it.Sections = append(it.Sections, feed.Placement{Section: s, By: "rule"})
		}
		entries = append(entries, feed.Entry{Key: it.Entry, Story: it.Story, Lead: it.ID, Published: it.Date(), Updated: updated, Sections: sections})
	}
	turn, err := n.store.DeskTurn(ctx)
	if err != nil {
		n.t.Fatal(err)
	}
	if err := n.store.Commit(ctx, store.Filed{Turn: turn, Items: unfiled, Entries: entries}); err != nil {
		n.t.Fatal(err)
	}
}

// commit saves entries as a desk that changed them would.
func (n *newsroom) commit(entries ...feed.Entry) {
	n.t.Helper()
	turn, err := n.store.DeskTurn(context.Background())
	if err != nil {
		n.t.Fatal(err)
	}
	if err := n.store.Commit(context.Background(), store.Filed{Turn: turn, Entries: entries}); err != nil {
		n.t.Fatal(err)
	}
}

// collect saves what a source told, and returns it as it waits for the desk.
func (n *newsroom) collect(it feed.Item) []feed.Item {
	n.t.Helper()
	ctx := context.Background()
	if _, err := n.store.Save(ctx, &store.Collected{State: feed.SourceState{Source: it.Source, LastRun: n.clock(), LastSuccess: n.clock()},
		Items: []feed.Item{it}, At: n.clock()}); err != nil {
		n.t.Fatal(err)
	}
	items, err := n.store.Unfiled(ctx, 10)
	if err != nil || len(items) != 1 {
		n.t.Fatal(len(items), err)
	}
	return items
}

// revise saves an item that its source changed, and updates its entry.
func (n *newsroom) revise(it feed.Item) {
	n.t.Helper()
	ctx := context.Background()
	items := n.collect(it)
	entries, err := n.store.Entries(ctx, feed.EntryQuery{Keys: []string{items[0].Entry}, Any: true})
	if err != nil || len(entries) != 1 {
		n.t.Fatal(len(entries), err)
	}
	entries[0].Updated = n.clock()
	turn, err := n.store.DeskTurn(ctx)
	if err != nil {
		n.t.Fatal(err)
	}
	if err := n.store.Commit(ctx, store.Filed{Turn: turn, Items: items, Entries: entries}); err != nil {
		n.t.Fatal(err)
	}
}

// fill files count items of bao-a under a section, an hour apart, the newest an hour old.
func (n *newsroom) fill(section string, count int) {
	n.t.Helper()
	var items []feed.Item
	for i := range count {
		items = append(items, report("bao-a", i, n.clock().Add(-time.Duration(count-i)*time.Hour)))
	}
	n.file([]string{section}, items...)
}

// get asks the handler for a path; headers come in pairs.
func (n *newsroom) get(path string, headers ...string) *http.Response {
	n.t.Helper()
	return n.do(http.MethodGet, path, headers...)
}

func (n *newsroom) do(method, path string, headers ...string) *http.Response {
	n.t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.RemoteAddr = "127.0.0.1:4711" // a proxy that does not say for whom: what one client may ask for is tried elsewhere
	for h := range slices.Chunk(headers, 2) {
		r.Header.Add(h[0], h[1])
	}
	w := httptest.NewRecorder()
	n.pub.Handler().ServeHTTP(w, r)
	return w.Result()
}

func (n *newsroom) body(res *http.Response) string {
	n.t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return string(b)
}

// page returns the content of a path that must be there.
func (n *newsroom) page(path string) string {
	n.t.Helper()
	res := n.get(path)
	b := n.body(res)
	if res.StatusCode != http.StatusOK {
		n.t.Fatalf("GET %s: %d %s", path, res.StatusCode, b)
	}
	return b
}
