package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"html"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"feedd/internal/feed"
	"feedd/internal/feed/feedtest"
	"feedd/internal/store/storetest"
)

// world is a daemon's real wings in a bubble of testing/synctest: on a network in memory, a disk that
// can fail, and a clock that can be set. It knows what its outlets told, and what a subscriber saw.
type world struct {
	t    *testing.T
	disk *storetest.Disk
	db   string // on the disk, unless a test puts it elsewhere
	web  *feedtest.Web
	path string // of the configuration
	dial func(context.Context, string, string) (net.Conn, error)

	ahead atomic.Int64 // of the clock
	log   *logbook

	mu      sync.Mutex // guards what follows
	outlets map[string]*outlet

	d       *Daemon
	stop    context.CancelFunc
	stopped chan error

	told      map[string]bool   // source and guid of every item
	ids       map[string]string // by source and guid: the entry's key, since it was first stored
	retracted map[string]bool   // acknowledged
}

// outlet is one source: what it lists, and how it answers.
type outlet struct {
	items []telling // newest first
	mode  string
}

type telling struct {
	guid, title string
	at          time.Time
}

// logbook keeps the last lines of the log, for a test that fails.
type logbook struct {
	mu    sync.Mutex
	lines []string
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(b))
	if len(l.lines) > 60 {
		l.lines = l.lines[1:]
	}
	return len(b), nil
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "")
}

// start is when the worlds begin: in the middle of a month, a whole day.
var start = time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)

// newWorld makes a world with outlets that have told nothing. The caller calls open, and end.
func newWorld(t *testing.T, outlets int) *world {
	w := &world{t: t, stop: func() {}, disk: storetest.NewDisk(t), path: filepath.Join(t.TempDir(), "feeds.yaml"), log: &logbook{},
		outlets: map[string]*outlet{}, told: map[string]bool{}, ids: map[string]string{}, retracted: map[string]bool{}}
	w.db = w.disk.Address()
	w.web = feedtest.NewWeb(w)
	w.dial = w.web.Dial
	w.ahead.Store(int64(time.Until(start)))
	for n := range outlets {
		w.outlets[fmt.Sprintf("s%d", n)] = &outlet{}
	}
	w.configure(w.yaml(nil, "Một"))
	return w
}

// yaml is the configuration without some of its sources.
func (w *world) yaml(without []string, title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "site: {title: Thế giới, url: \"https://sim.example\"}\ndefaults: {schedule: \"@every 1h\", host_interval: 1s, timeout: 10s}\n"+
		"sections:\n  - {id: a, title: %s, limit: 20}\n  - {id: b, title: Hai, rules: [{any: [bavo]}]}\nsources:\n", title)
	for n := range len(w.outlets) {
		if id := fmt.Sprintf("s%d", n); !slices.Contains(without, id) {
			fmt.Fprintf(&b, "  - {id: %s, title: Báo %s, url: \"http://%s.example/rss\", section: a}\n", id, id, id)
		}
	}
	return b.String()
}

func (w *world) configure(yaml string) {
	if err := os.WriteFile(w.path, []byte(yaml), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())).UTC() }

// open starts the daemon, with its schedule, desk and retention at work when running.
func (w *world) open(running bool) {
	d, err := New(context.Background(), Options{Config: w.path, DB: w.db, Now: w.now, Dial: w.dial,
		Log: slog.New(slog.NewTextHandler(w.log, nil))})
	if err != nil {
		w.t.Fatal("open:", err)
	}
	w.d, w.stop, w.stopped = d, func() {}, nil
	if !running {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.stop, w.stopped = cancel, make(chan error, 1)
	go func() { w.stopped <- d.agg.Run(ctx) }()
}

// shut ends the daemon. How does not matter where the disk is off.
func (w *world) shut() {
	w.stop()
	if w.stopped != nil {
		<-w.stopped
		w.stopped = nil
	}
	if w.d != nil {
		_ = w.d.Close()
	}
}

// cut takes the power away, in the middle of whatever there is, and brings it back.
func (w *world) cut(r *rand.Rand, running bool) {
	w.disk.Fail(storetest.Off, 0)
	w.shut()
	if err := w.disk.On(r); err != nil {
		w.t.Fatal(err)
	}
	w.open(running)
}

func (w *world) end() {
	w.shut()
	w.web.Close()
}

// tell has an outlet list a new item, whose headline has nothing in common with any other.
func (w *world) tell(source string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := w.outlets[source]
	guid := fmt.Sprint(n)
	o.items = append([]telling{{guid, headline4(source, n), w.now()}}, o.items...)
	w.told[source+" "+guid] = true
}

// headline4 makes four words that no other item has.
func headline4(source string, n int) string {
	h := fnv.New64a()
	fmt.Fprint(h, source, " ", n)
	r := rand.New(rand.NewPCG(h.Sum64(), 4))
	const consonants, vowels = "bcdghklmnpstvx", "aeiou"
	var words []string
	for range 4 {
		var word []byte
		for range 4 {
			word = append(word, consonants[r.IntN(len(consonants))], vowels[r.IntN(len(vowels))])
		}
		words = append(words, string(word))
	}
	return strings.Join(words, " ")
}

// ServeHTTP answers as the outlets do, each in its mode.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	source, _, _ := strings.Cut(r.Host, ".")
	w.mu.Lock()
	o := w.outlets[source]
	mode, body := o.mode, o.document(source)
	w.mu.Unlock()
	h := fnv.New64a()
	io.WriteString(h, body)
	tag := fmt.Sprintf(`"%x"`, h.Sum64())
	rw.Header().Set("ETag", tag)
	rw.Header().Set("Content-Type", "application/rss+xml; charset=utf-8")
	switch mode {
	case "error":
		http.Error(rw, "down", http.StatusInternalServerError)
	case "gone for now":
		http.Error(rw, "none", http.StatusNotFound)
	case "busy":
		rw.Header().Set("Retry-After", "5400")
		rw.WriteHeader(http.StatusTooManyRequests)
	case "hang":
		<-r.Context().Done()
	case "cut": // says how long it is, and breaks off
		rw.Header().Set("Content-Length", fmt.Sprint(len(body)))
		io.WriteString(rw, body[:2*len(body)/3])
		panic(http.ErrAbortHandler)
	case "junk":
		io.WriteString(rw, "<html><body>We are down for maintenance</body></html>")
	case "empty":
	default:
		if r.Header.Get("If-None-Match") == tag {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		io.WriteString(rw, body)
	}
}

// modes are the ways in which an outlet does not answer as it should.
var modes = []string{"error", "gone for now", "busy", "hang", "cut", "junk", "empty"}

func (o *outlet) document(source string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<rss version="2.0"><channel><title>Báo %s</title><link>http://%s.example/</link><description/>`, source, source)
	for _, it := range o.items {
		fmt.Fprintf(&b, `<item><title>%s</title><guid isPermaLink="false">%s</guid><link>http://%s.example/%s</link><pubDate>%s</pubDate></item>`,
			html.EscapeString(it.title), it.guid, source, it.guid, it.at.Format(time.RFC1123Z))
	}
	b.WriteString(`</channel></rss>`)
	return b.String()
}

// holds checks what must hold at any moment, whatever failed before: every item is stored once, under
// the id that it had since it was first stored; what is published is stored, stands, and is in a feed
// once; what an editor withdrew is not published. It is the one judge of all tests that make a world fail.
func (w *world) holds(when string) {
	w.t.Helper()
	ctx := context.Background()
	fresh := w.d.pub.Refresh(ctx) == nil // on a failing disk it may fail; then what was published stays
	entries, err := w.d.store.Entries(ctx, feed.EntryQuery{Any: true, Brief: true})
	if err != nil {
		w.t.Fatalf("%s: read the entries: %v", when, err)
	}
	stands, seen := map[string]bool{}, map[string]bool{}
	for _, e := range entries {
		stands[e.Key] = e.Withdrawn.IsZero()
		for _, r := range e.Reports {
			item := r.Source + " " + r.GUID
			switch was, known := w.ids[item]; {
			case seen[item]:
				w.t.Errorf("%s: item %s is stored twice", when, item)
			case !w.told[item]:
				w.t.Errorf("%s: item %s is stored, but nobody told it", when, item)
			case known && was != e.Key:
				w.t.Errorf("%s: the id of item %s is %s, and was %s", when, item, e.Key, was)
			}
			seen[item] = true
			w.ids[item] = e.Key
		}
	}
	for key := range w.retracted {
		if stands[key] {
			w.t.Errorf("%s: %s was withdrawn by the editor and stands", when, key)
		}
	}
	for _, section := range []string{"all", "a", "b"} {
		listed := map[string]bool{}
		for _, key := range w.served(section) {
			stand, stored := stands[key]
			switch {
			case listed[key]:
				w.t.Errorf("%s: %s is twice in the feed of %s", when, key, section)
			case !stored:
				w.t.Errorf("%s: %s is in the feed of %s, and not stored", when, key, section)
			case !stand && fresh:
				w.t.Errorf("%s: %s is in the feed of %s, and withdrawn", when, key, section)
			}
			listed[key] = true
		}
	}
	if w.t.Failed() {
		w.t.Fatalf("%s: the log ends with\n%s", when, w.log)
	}
}

// served returns the keys of a feed's entries as a subscriber reads them; none before anything is
// published.
func (w *world) served(section string) []string {
	rec := httptest.NewRecorder()
	w.d.pub.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/sections/"+section+".json", nil))
	if rec.Code == http.StatusServiceUnavailable || rec.Code == http.StatusNotFound {
		return nil
	}
	var doc struct{ Items []struct{ ID string } }
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil || rec.Code != http.StatusOK {
		w.t.Fatalf("the feed of %s: %d, %v", section, rec.Code, err)
	}
	var keys []string
	for _, it := range doc.Items {
		authority, key, _ := strings.Cut(strings.TrimPrefix(it.ID, "tag:"), ":")
		if !strings.HasPrefix(authority, "sim.example,2026-03-1") {
			w.t.Errorf("the id %s is of another authority", it.ID)
		}
		keys = append(keys, key)
	}
	return keys
}

// complete checks, once all is well again, that nothing is missing: each item that was told is stored
// and filed, under the id that it has where nothing ever failed.
func (w *world) complete(when string) {
	w.t.Helper()
	w.holds(when)
	if n, _, err := w.d.store.Lag(context.Background()); err != nil || n != 0 {
		w.t.Errorf("%s: %d items wait for the desk, %v", when, n, err)
	}
	healthy := newWorld(w.t, len(w.outlets))
	w.mu.Lock()
	for id, o := range w.outlets {
		healthy.outlets[id] = &outlet{items: o.items}
	}
	healthy.told = w.told
	w.mu.Unlock()
	healthy.ahead.Store(w.ahead.Load())
	healthy.open(false)
	defer healthy.end()
	if _, err := healthy.d.Collect(context.Background(), nil, nil); err != nil {
		w.t.Fatal(err)
	}
	healthy.holds("where nothing failed")
	for item := range w.told {
		switch {
		case w.ids[item] == "":
			w.t.Errorf("%s: item %s is missing", when, item)
		case w.ids[item] != healthy.ids[item]:
			w.t.Errorf("%s: the id of item %s is %s, and %s where nothing failed", when, item, w.ids[item], healthy.ids[item])
		}
	}
	if w.t.Failed() {
		w.t.Fatalf("%s: the log ends with\n%s", when, w.log)
	}
}

// collect looks at every source now.
func (w *world) collect() error {
	_, err := w.d.Collect(context.Background(), nil, nil)
	return err
}

// TestResetAtEveryByte has the connection reset behind each byte of an answer, one after the other.
func TestResetAtEveryByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		after := atomic.Int64{}
		after.Store(-1)
		w.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := w.web.Dial(ctx, network, address)
			if n := after.Load(); err == nil && n >= 0 {
				c = &resetting{Conn: c, left: n}
			}
			return c, err
		}
		w.tell("s0", 1)
		w.tell("s0", 2)
		w.open(false)
		defer w.end()
		var n int64
		for whole := false; !whole; n++ {
			after.Store(n)
			if err := w.collect(); err != nil {
				t.Fatal(err)
			}
			states, err := w.d.store.States(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			w.holds(fmt.Sprint("reset behind byte ", n))
			whole = states["s0"].Error == "" && len(states["s0"].Warnings) == 0
			w.d.collector.Close() // the next one connects anew
			time.Sleep(25 * time.Hour)
			if n == 40 {
				w.tell("s0", 3) // behind what was read
			}
		}
		if n < 300 {
			t.Errorf("the answer was whole after %d bytes: the test proves little", n)
		}
		after.Store(-1)
		if err := w.collect(); err != nil {
			t.Fatal(err)
		}
		w.complete("in the end")
	})
}

// resetting is a connection that is reset after so many bytes.
type resetting struct {
	net.Conn
	left int64
}

func (c *resetting) Read(b []byte) (int, error) {
	if c.left == 0 {
		_ = c.Conn.Close()
		return 0, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	n, err := c.Conn.Read(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	return n, err
}
