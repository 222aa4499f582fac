package daemon

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"feedd/internal/config"
	"feedd/internal/demo"
	"feedd/internal/feed"
	"feedd/internal/store/storetest"
)

// clock is a clock that tests move by hand.
type clock struct{ at atomic.Int64 }

// newClock starts half a minute past eight: every outlet has told what happened at eight.
func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2026, 3, 2, 8, 0, 30, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d)) }

// house is a daemon over the invented press, all of it real but the clock.
type house struct {
	*Daemon
	clock  *clock
	config string
	db     string
	log    *bytes.Buffer
	asked  int // how often get asked
}

func build(t *testing.T, yaml string, c *clock, db string) *house {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "feeds.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	if db == "" {
		db = storetest.Address(t)
	}
	h := &house{clock: c, config: path, db: db, log: &bytes.Buffer{}}
	d, err := New(t.Context(), Options{
		Config: path, DB: db, Direct: storetest.Direct(db), Listen: "127.0.0.1:0", Now: c.now,
		Log: slog.New(slog.NewTextHandler(h.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Daemon = d
	return h
}

func (h *house) collect(t *testing.T) map[string]string {
	t.Helper()
	reports, err := h.Collect(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	errs := map[string]string{}
	for _, r := range reports {
		errs[r.ID] = r.Error
	}
	if err := h.pub.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	return errs
}

func (h *house) get(t *testing.T, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	h.asked++ // each time another reader: what one may ask for is limited
	r.RemoteAddr = fmt.Sprintf("10.0.%d.%d:1234", h.asked>>8, h.asked&0xff)
	w := httptest.NewRecorder()
	h.handler().ServeHTTP(w, r)
	return w.Result()
}

func (h *house) body(t *testing.T, path string) string {
	t.Helper()
	resp := h.get(t, path)
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v\n%s", path, resp.Status, err, b)
	}
	return string(b)
}

func press(t *testing.T, c *clock) string {
	t.Helper()
	srv := httptest.NewServer(demo.New(c.now))
	t.Cleanup(srv.Close)
	return srv.URL
}

// TestWholeWay follows headlines from eight sources of as many shapes to a subscriber.
func TestWholeWay(t *testing.T) {
	c := newClock()
	base := press(t, c)
	h := build(t, demo.Config(base), c, "")
	for id, msg := range h.collect(t) {
		if (msg != "") != (id == "hong") {
			t.Errorf("source %s: %q", id, msg)
		}
	}

	ids := map[string]map[string]bool{}
	for _, ext := range []string{"rss", "atom", "json"} {
		f, err := gofeed.NewParser().ParseString(h.body(t, "/sections/kinh-te."+ext))
		if err != nil {
			t.Fatal(ext, err)
		}
		if len(f.Items) == 0 {
			t.Fatalf("%s: no items", ext)
		}
		ids[ext] = map[string]bool{}
		for _, it := range f.Items {
			if !strings.HasPrefix(it.GUID, "tag:127.0.0.1,2026-03-02:") {
				t.Errorf("%s: id %q is no stable tag", ext, it.GUID)
			}
			if ids[ext][it.GUID] {
				t.Errorf("%s: id %s twice", ext, it.GUID)
			}
			ids[ext][it.GUID] = true
			if it.PublishedParsed == nil || it.PublishedParsed.After(c.now()) {
				t.Errorf("%s: %s is dated %s, in the future of %s", ext, it.Title, it.Published, c.now())
			}
		}
	}
	for id := range ids["rss"] {
		if !ids["atom"][id] || !ids["json"][id] {
			t.Errorf("%s is not in all three formats", id)
		}
	}
	for _, s := range h.config0().Sections {
		h.body(t, "/sections/"+s.ID+".rss")
	}
	if opml := h.body(t, "/feeds.opml"); !strings.Contains(opml, "/sections/the-thao.") {
		t.Error("feeds.opml does not list the sections")
	}
	if page := h.body(t, "/"); !strings.Contains(page, `rel="alternate"`) {
		t.Error("the front page advertises no feeds")
	}

	// One story that several outlets told in the same words is one entry that names them.
	entries, err := h.store.Entries(t.Context(), feed.EntryQuery{})
	if err != nil {
		t.Fatal(err)
	}
	shared := 0
	for _, e := range entries {
		if len(e.Reports) > 1 {
			shared++
		}
	}
	if shared == 0 {
		t.Error("no entry has the reports of several outlets")
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// config0 is the configuration in force.
func (h *house) config0() *config.Config { return h.Daemon.config }

// TestNothingNewChangesNoByte restarts the daemon and collects again: every byte and every ETag
// stays, and a subscriber gets 304.
func TestNothingNewChangesNoByte(t *testing.T) {
	c := newClock()
	base := press(t, c)
	yaml := strings.Replace(demo.Config(base), "title: Điểm tin (trình diễn)", "title: Điểm tin\n  url: https://news.example.org", 1)
	h := build(t, yaml, c, "")
	h.collect(t)
	paths := []string{"/sections/all.rss", "/sections/all.atom", "/sections/kinh-te.json", "/feeds.opml", "/"}
	before := map[string]string{}
	tags := map[string]string{}
	modified := map[string]string{}
	for _, p := range paths {
		before[p] = h.body(t, p)
		resp := h.get(t, p)
		tags[p], modified[p] = resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")
	}
	db := h.db
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}

	c.advance(20 * time.Second) // no new story yet
	h = build(t, yaml, c, db)
	h.collect(t)
	for _, p := range paths {
		if after := h.body(t, p); after != before[p] {
			t.Errorf("%s changed over a restart without news", p)
		}
		resp := h.get(t, p, "If-None-Match", tags[p])
		if resp.StatusCode != http.StatusNotModified || resp.Header.Get("ETag") != tags[p] || resp.Header.Get("Last-Modified") != modified[p] {
			t.Errorf("%s with its old ETag: %s, ETag %s, Last-Modified %s; was %s, %s", p, resp.Status,
				resp.Header.Get("ETag"), resp.Header.Get("Last-Modified"), tags[p], modified[p])
		}
	}

	c.advance(2 * time.Minute) // two new stories
	h.collect(t)
	if h.body(t, "/sections/all.rss") == before["/sections/all.rss"] {
		t.Error("new stories did not change the feed")
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// TestFailingSourceTouchesNothing lets a source that brought items fail in many ways: its items
// stay, nothing is added, and its reason is seen.
func TestFailingSourceTouchesNothing(t *testing.T) {
	c := newClock()
	var answer atomic.Pointer[http.HandlerFunc]
	set := func(f http.HandlerFunc) { answer.Store(&f) }
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*answer.Load())(w, r) }))
	defer srv.Close()
	good := `<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><link>http://e.org/</link><description/>
		<item><title>Một tin</title><link>http://e.org/1</link><guid>1</guid></item></channel></rss>`
	set(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, good) })
	h := build(t, fmt.Sprintf(`
defaults: {timeout: 1s, host_interval: 0s, max_bytes: 100000}
site: {url: "https://news.example.org"}
sources:
  - {id: a, url: "%s/a", allow_private: true}
  - {id: private, url: "%s/private"}
`, srv.URL, srv.URL), c, "")
	if errs := h.collect(t); errs["a"] != "" || !strings.Contains(errs["private"], "allow_private") {
		t.Fatalf("first look: %q", errs)
	}
	before := h.body(t, "/sections/all.rss")
	hang := make(chan struct{})
	defer close(hang)
	for name, f := range map[string]http.HandlerFunc{
		"500":   func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "broken", http.StatusInternalServerError) },
		"403":   func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) },
		"empty": func(http.ResponseWriter, *http.Request) {},
		"html": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "<html><body>We are down for maintenance</body></html>")
		},
		"junk":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("\x00\xff", 100)) },
		"json":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"error": "database"}`) },
		"huge":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<rss>", strings.Repeat("x", 200000)) },
		"deep":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<rss>", strings.Repeat("<a:b>", 15000)) },
		"reset": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"loop":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/a", http.StatusFound) },
		"hang":  func(http.ResponseWriter, *http.Request) { <-hang },
	} {
		set(f)
		c.advance(25 * time.Hour) // beyond any time the host asked for
		errs := h.collect(t)
		if errs["a"] == "" {
			t.Errorf("%s: no error", name)
		}
		if after := h.body(t, "/sections/all.rss"); after != before {
			t.Errorf("%s: the feed changed:\n%s", name, after)
		}
		status, err := h.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if status[0].State.Error == "" || status[0].State.NextReason == "" {
			t.Errorf("%s: feedd sources would not say why: %+v", name, status[0].State)
		}
	}
	set(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, good) })
	c.advance(25 * time.Hour)
	if errs := h.collect(t); errs["a"] != "" {
		t.Errorf("after recovery: %s", errs["a"])
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// patience is how long eventually waits at most: on a machine that is busy with much else, what takes a tenth of a second
// alone takes many.
const patience = time.Minute

// eventually asks until the answer is yes.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !ask() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("not within ", patience, ": ", what)
		}
	}
}

// TestRunReloadStop runs the daemon on a real port: it publishes by itself, takes over a changed
// file, keeps the old configuration when the new one is wrong, and stops at once.
func TestRunReloadStop(t *testing.T) {
	c := newClock()
	base := press(t, c)
	yaml := demo.Config(base)
	h := build(t, yaml, c, "")
	site := "http://" + h.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()

	read := func(path string) (string, int) {
		resp, err := http.Get(site + path)
		if err != nil {
			return "", 0
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			return "", 0
		}
		return string(b), resp.StatusCode
	}
	eventually(t, "entries published", func() bool {
		b, _ := read("/sections/all.rss")
		return strings.Contains(b, "<item>")
	})
	for _, p := range []string{"/healthz", "/readyz", "/metrics"} {
		if _, code := read(p); code != http.StatusOK {
			t.Errorf("%s: %d", p, code)
		}
	}

	eventually(t, "how the sources do in the metrics", func() bool {
		b, _ := read("/metrics")
		return regexp.MustCompile(`(?m)^feedd_source_last_success_seconds\{source="ben-sao"\} 1\.7\d+e\+09$`).MatchString(b) &&
			regexp.MustCompile(`(?m)^feedd_source_failures\{source="ben-sao"\} 0$`).MatchString(b) &&
			regexp.MustCompile(`(?m)^feedd_source_failures\{source="hong"\} [1-9]`).MatchString(b) &&
			!strings.Contains(b, `feedd_source_last_success_seconds{source="hong"}`) && strings.Contains(b, "\nfeedd_build_info{version=")
	})

	changed := strings.Replace(yaml, "title: Thể thao", "title: Sân cỏ", 1)
	changed = regexp.MustCompile(`(?m)^.*id: hong,.*\n`).ReplaceAllString(changed, "")
	if err := os.WriteFile(h.Daemon.o.Config, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new title", func() bool {
		b, _ := read("/sections/the-thao.rss")
		return strings.Contains(b, "Sân cỏ")
	})
	eventually(t, "a source that is gone leaving the metrics", func() bool {
		b, _ := read("/metrics")
		return !strings.Contains(b, `source="hong"`)
	})
	if err := os.WriteFile(h.Daemon.o.Config, []byte(changed+"\nnonsense: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the failed reload in the metrics", func() bool {
		b, _ := read("/metrics")
		return strings.Contains(b, `feedd_config_last_reload_seconds{result="failed"}`)
	})
	if b, _ := read("/sections/the-thao.rss"); !strings.Contains(b, "Sân cỏ") {
		t.Error("a wrong configuration replaced the right one")
	}

	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error("Run:", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("not stopped within 5 s")
	}
	if !strings.Contains(h.log.String(), "nonsense") {
		t.Error("the log does not name the mistake")
	}
}

// TestSlowClients has clients send half a request, or ask and never read: others are served meanwhile,
// and the daemon stops as soon as without them.
func TestSlowClients(t *testing.T) {
	c := newClock()
	h := build(t, newsYAML(t, c), c, "")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	site := "http://" + h.Addr().String()
	served := func() bool {
		resp, err := http.Get(site + "/sections/all.rss")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		return err == nil && strings.Contains(string(b), "<item>")
	}
	eventually(t, "entries are served", served)
	for i := range 100 {
		conn, err := net.Dial("tcp", h.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		request := "GET /sections/all HTTP/1.1\r\nHost: x\r\n"
		if i%2 == 0 {
			request = strings.Repeat(request+"\r\n", 50) // and nothing of the answers is read
		}
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
	}
	if !served() {
		t.Error("others are not served beside slow clients")
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error("Run:", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("slow clients hold up the stop")
	}
}
