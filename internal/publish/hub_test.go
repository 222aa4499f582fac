package publish_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/publish"
)

// delivery is one request a hub made to a callback or a public hub.
type delivery struct {
	header http.Header
	body   string
}

// reader is a WebSub subscriber, written against the W3C Recommendation.
type reader struct {
	*httptest.Server
	asked    chan url.Values // verifications of intent
	got      chan delivery
	deny     atomic.Bool
	answer   atomic.Int64 // status of its answers to deliveries
	received atomic.Int64
}

func newReader(t *testing.T) *reader {
	s := &reader{asked: make(chan url.Values, 100), got: make(chan delivery, 100)}
	s.answer.Store(http.StatusOK)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			q := r.URL.Query()
			if s.deny.Load() {
				w.WriteHeader(http.StatusNotFound)
			} else {
				io.WriteString(w, q.Get("hub.challenge"))
			}
			s.asked <- q
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.received.Add(1)
		w.WriteHeader(int(s.answer.Load()))
		s.got <- delivery{r.Header, string(body)}
	}))
	t.Cleanup(s.Close)
	return s
}

// wait returns what a channel brings, soon.
func wait[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatalf("%s did not come", what)
	}
	panic("unreachable")
}

// private lets subscribers live where this test's do.
func private(s *publish.Settings) { s.HubPrivate = true }

func (n *newsroom) subscribe(form url.Values) *http.Response {
	n.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/hub", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	n.pub.Handler().ServeHTTP(w, r)
	return w.Result()
}

func (n *newsroom) form(s *reader, mode string, more ...string) url.Values {
	f := url.Values{"hub.mode": {mode}, "hub.topic": {n.settings.Site.URL + "/sections/kinh-te.atom"}, "hub.callback": {s.URL + "/callback?id=7"}}
	for i := 0; i < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

// stored waits until the store has that many subscriptions.
func (n *newsroom) stored(count int) {
	n.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		subs, err := n.store.Subscriptions(n.t.Context())
		if err != nil {
			n.t.Fatal(err)
		}
		if len(subs) == count {
			return
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("%d subscriptions, want %d", len(subs), count)
		}
	}
}

// Who subscribes at a node that is behind the one which delivers is told of what changes from then on, and counts as
// having what was filed by then: the other node may have told its subscribers of it already.
func TestSubscribingWhereTheNodeIsBehind(t *testing.T) {
	n := prepareNewsroom(t, private)
	n.mine = func(context.Context) error { return nil }
	n.open()
	n.fill("kinh-te", 2)
	n.refresh()
	n.pass(time.Minute)
	n.file([]string{"kinh-te"}, report("bao-b", 1, n.clock())) // this node has not looked since
	s := newReader(t)
	if res := n.subscribe(n.form(s, "subscribe")); res.StatusCode != http.StatusAccepted {
		t.Fatalf("%d %s", res.StatusCode, n.body(res))
	}
	wait(t, "the verification of intent", s.asked)
	n.stored(1)
	if !strings.Contains(n.page("/sections/kinh-te.atom"), "Tin số 1 của bao-b") {
		t.Error("the subscriber counts as having what this node published before it looked again")
	}
}

func TestASubscriberGetsEveryChangeOnce(t *testing.T) {
	n := newNewsroom(t, private)
	n.fill("kinh-te", 2)
	n.refresh()
	s := newReader(t)
	if res := n.subscribe(n.form(s, "subscribe", "hub.secret", "bí mật", "hub.lease_seconds", "86400")); res.StatusCode != http.StatusAccepted {
		t.Fatalf("%d %s", res.StatusCode, n.body(res))
	}
	q := wait(t, "the verification of intent", s.asked)
	if q.Get("hub.mode") != "subscribe" || q.Get("hub.topic") != n.settings.Site.URL+"/sections/kinh-te.atom" ||
		q.Get("hub.lease_seconds") != "86400" || len(q.Get("hub.challenge")) < 16 || q.Get("id") != "7" {
		t.Errorf("verified with %v", q)
	}
	n.stored(1)

	publish := func(i int) {
		t.Helper()
		n.pass(time.Minute)
		n.file([]string{"kinh-te"}, report("bao-b", i, n.clock()))
		committed := time.Now()
		n.refresh()
		d := wait(t, "the delivery", s.got)
		if took := time.Since(committed); took > 2*time.Second {
			t.Errorf("delivered %v after the commit", took)
		}
		if diff := cmp.Diff(n.page("/sections/kinh-te.atom"), d.body); diff != "" {
			t.Error("not the feed as served:", diff)
		}
		mac := hmac.New(sha256.New, []byte("bí mật"))
		mac.Write([]byte(d.body))
		if got, want := d.header.Get("X-Hub-Signature"), "sha256="+hex.EncodeToString(mac.Sum(nil)); got != want {
			t.Errorf("signature %q, want %q", got, want)
		}
		if diff := cmp.Diff([]string{`<https://news.example.org/hub>; rel="hub"`, `<https://news.example.org/sections/kinh-te.atom>; rel="self"`}, d.header["Link"]); diff != "" {
			t.Error(diff)
		}
		if got := d.header.Get("Content-Type"); got != "application/atom+xml; charset=utf-8" {
			t.Errorf("Content-Type %q", got)
		}
	}
	publish(1)
	publish(2)

	// What changed while we were away is delivered at the start, and nothing else is.
	n.restart()
	n.refresh()
	n.restart()
	n.pass(time.Minute)
	n.file([]string{"kinh-te"}, report("bao-b", 3, n.clock()))
	n.refresh()
	if d := wait(t, "the delivery after the restart", s.got); !strings.Contains(d.body, "Tin số 3 của bao-b") {
		t.Error("the delivery after the restart is an older one")
	}
	publish(4)

	if res := n.subscribe(n.form(s, "unsubscribe")); res.StatusCode != http.StatusAccepted {
		t.Fatal(res.StatusCode)
	}
	if q := wait(t, "the verification", s.asked); q.Get("hub.mode") != "unsubscribe" || q.Get("hub.lease_seconds") != "" {
		t.Errorf("verified with %v", q)
	}
	n.stored(0)
	n.file([]string{"kinh-te"}, report("bao-b", 5, n.clock()))
	n.refresh()
	n.pub.Close() // waits for what is under way
	if got := s.received.Load(); got != 4 {
		t.Errorf("%d deliveries of 4 changes", got)
	}
}

func TestTheHubRefuses(t *testing.T) {
	n := newNewsroom(t, private, partners)
	n.fill("kinh-te", 2)
	n.refresh()
	s := newReader(t)
	for name, change := range map[string][]string{
		"no mode":                    {"hub.mode", ""},
		"another mode":               {"hub.mode", "publish"},
		"another site":               {"hub.topic", "https://example.org/feed"},
		"a page":                     {"hub.topic", n.settings.Site.URL + "/"},
		"a partner's feed":           {"hub.topic", n.settings.Site.URL + "/partners/cong/kinh-te.rss?token=t0k3n"},
		"no callback":                {"hub.callback", ""},
		"another scheme":             {"hub.callback", "file:///etc/passwd"},
		"a password":                 {"hub.callback", "http://a:b@127.0.0.1/"},
		"a long secret":              {"hub.secret", strings.Repeat("x", 200)},
		"a secret that is no text":   {"hub.secret", "a\x00\xff"},
		"a callback that is no text": {"hub.callback", "http://127.0.0.1/?\xff"},
		"a lease of words":           {"hub.lease_seconds", "a week"},
		"a lease of less":            {"hub.lease_seconds", "-1"},
		"more than 16 kB":            {"hub.callback", "http://127.0.0.1/" + strings.Repeat("x", 20_000)},
		"a callback too long":        {"hub.callback", "http://127.0.0.1/" + strings.Repeat("x", 2_000)},
	} {
		if res := n.subscribe(n.form(s, "subscribe", change...)); res.StatusCode != http.StatusBadRequest || n.body(res) == "" {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	if res := n.get("/hub"); res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "POST" {
		t.Errorf("GET /hub: %d", res.StatusCode)
	}

	s.deny.Store(true)
	n.subscribe(n.form(s, "subscribe"))
	wait(t, "the verification", s.asked)
	n.pub.Close()
	n.stored(0)
}

// said is a log whose messages a test can wait for.
type said chan string

func (s said) Enabled(context.Context, slog.Level) bool { return true }
func (s said) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s said) WithGroup(string) slog.Handler            { return s }
func (s said) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
	s <- text
	return nil
}

// A subscriber's address is a stranger's word: it must not lead into the private network.
func TestTheHubCallsNoPrivateAddress(t *testing.T) {
	// Wherever the site itself lives: it may stand behind a proxy.
	n := newNewsroom(t, func(s *publish.Settings) { s.Site.URL = "http://127.0.0.1:8080" })
	log := make(said, 100)
	n.log = slog.New(log)
	n.restart()
	n.fill("kinh-te", 2)
	n.refresh()
	s := newReader(t)
	if res := n.subscribe(n.form(s, "subscribe")); res.StatusCode != http.StatusAccepted {
		t.Fatal(res.StatusCode)
	}
	if line := wait(t, "the refusal", log); !strings.Contains(line, "prohibited") {
		t.Errorf("the log says %q", line)
	}
	if len(s.asked) > 0 {
		t.Error("the hub called a loopback address")
	}
	n.stored(0)
}

func TestASlowSubscriberDelaysNobody(t *testing.T) {
	n := newNewsroom(t, private)
	n.fill("kinh-te", 2)
	n.refresh()
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, r.URL.Query().Get("hub.challenge"))
			return
		}
		<-release
	}))
	defer slow.Close()
	defer close(release)
	for i := range 20 {
		n.subscribe(url.Values{"hub.mode": {"subscribe"}, "hub.topic": {n.settings.Site.URL + "/sections/kinh-te.atom"},
			"hub.callback": {slow.URL + "/" + strconv.Itoa(i)}})
	}
	s := newReader(t)
	n.subscribe(n.form(s, "subscribe"))
	n.stored(21)
	for i := range 3 {
		n.file([]string{"kinh-te"}, report("bao-b", i, n.clock()))
		began := time.Now()
		n.refresh()
		wait(t, "the delivery", s.got)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the fast one waited %v for the slow", took)
		}
	}
}

// A subscriber that says it is gone is forgotten; one that fails is not.
func TestGoneIsGone(t *testing.T) {
	n := newNewsroom(t, private)
	n.fill("kinh-te", 2)
	n.refresh()
	s := newReader(t)
	n.subscribe(n.form(s, "subscribe"))
	n.stored(1)
	s.answer.Store(http.StatusInternalServerError)
	n.file([]string{"kinh-te"}, report("bao-b", 1, n.clock()))
	n.refresh()
	wait(t, "the first try", s.got)
	n.stored(1)

	s.answer.Store(http.StatusGone)
	n.restart() // tries at once what was not delivered
	n.refresh()
	wait(t, "the second try", s.got)
	n.stored(0)
}

func TestALeaseEnds(t *testing.T) {
	n := newNewsroom(t, private)
	n.fill("kinh-te", 2)
	n.refresh()
	s := newReader(t)
	n.subscribe(n.form(s, "subscribe", "hub.lease_seconds", "3600"))
	n.stored(1)
	n.pass(61 * time.Minute)
	n.file([]string{"kinh-te"}, report("bao-b", 1, n.clock()))
	n.refresh()
	n.stored(0)
	n.pub.Close()
	if s.received.Load() != 0 {
		t.Error("a delivery after the end of the lease")
	}
}

// A public hub is told only of what changed.
func TestAPublicHubIsPingedWhenBytesChange(t *testing.T) {
	pings := make(chan url.Values, 10)
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusNoContent)
		pings <- r.PostForm
	}))
	defer public.Close()
	n := newNewsroom(t, func(s *publish.Settings) { s.Hub = public.URL + "/" })
	n.fill("kinh-te", 2)
	n.refresh()
	wait(t, "the first notice", pings)
	n.restart()
	n.refresh()
	n.refresh()
	n.file([]string{"the-gioi"}, report("bao-b", 1, n.clock()))
	n.refresh()
	got := wait(t, "the notice", pings)
	want := url.Values{"hub.mode": {"publish"}}
	for _, s := range []string{"all", "the-gioi", "top"} {
		for _, f := range []string{"atom", "json", "rss"} {
			want["hub.url"] = append(want["hub.url"], "https://news.example.org/sections/"+s+"."+f)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	n.pub.Close()
	if len(pings) > 0 {
		t.Error("notices of what did not change")
	}
	if link := n.get("/sections/all.rss").Header["Link"]; len(link) == 0 || !strings.Contains(link[0], public.URL) {
		t.Errorf("Link %v", link)
	}
	if res := n.subscribe(n.form(&reader{Server: public}, "subscribe")); res.StatusCode != http.StatusNotFound {
		t.Errorf("our own hub answers beside a public one: %d", res.StatusCode)
	}
}

// An export of nothing but files tells the public hub what it wrote.
func TestAnExportTellsThePublicHub(t *testing.T) {
	pings := make(chan url.Values, 10)
	public := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		pings <- r.PostForm
	}))
	defer public.Close()
	n := newNewsroom(t, func(s *publish.Settings) { s.Hub = public.URL })
	n.fill("kinh-te", 2)
	dir := t.TempDir()
	n.export(dir)
	if got := wait(t, "the notice", pings)["hub.url"]; len(got) != 12 {
		t.Errorf("told about %v", got)
	}
	n.export(dir)
	n.file([]string{"kinh-te"}, report("bao-b", 1, n.clock()))
	n.export(dir)
	if got := wait(t, "the notice", pings)["hub.url"]; len(got) != 9 || len(pings) > 0 {
		t.Errorf("told about %v, and %d times more", got, len(pings))
	}
}

// Changes that come while a subscriber is busy reach it in their order.
func TestChangesComeInOrder(t *testing.T) {
	n := newNewsroom(t, private)
	n.fill("kinh-te", 2)
	n.refresh()
	got, release := make(chan string, 10), make(chan struct{})
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, r.URL.Query().Get("hub.challenge"))
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- string(body)
		<-release
	}))
	defer busy.Close()
	n.subscribe(n.form(&reader{Server: busy}, "subscribe"))
	n.stored(1)
	for i := range 3 {
		n.pass(time.Minute)
		n.file([]string{"kinh-te"}, report("bao-b", i, n.clock()))
		n.refresh()
	}
	close(release)
	for i := range 3 {
		body := wait(t, "a delivery", got)
		if has, next := strings.Contains(body, fmt.Sprintf("Tin số %d của bao-b", i)), strings.Contains(body, fmt.Sprintf("Tin số %d của bao-b", i+1)); !has || next {
			t.Errorf("delivery %d is another state", i)
		}
	}
}

// What a subscriber did not take is tried again, and taken once.
func TestADeliveryIsTriedAgain(t *testing.T) {
	n := newNewsroom(t, private)
	n.fill("kinh-te", 2)
	n.refresh()
	s := newReader(t)
	n.subscribe(n.form(s, "subscribe"))
	n.stored(1)
	s.answer.Store(http.StatusServiceUnavailable)
	n.file([]string{"kinh-te"}, report("bao-b", 1, n.clock()))
	n.refresh()
	first := wait(t, "the first try", s.got)
	s.answer.Store(http.StatusOK)
	second := wait(t, "the second try", s.got)
	if first.body != second.body {
		t.Error("the second try brought something else")
	}
	n.restart()
	n.refresh()
	n.pub.Close()
	if got := s.received.Load(); got != 2 {
		t.Errorf("%d tries, the second of which was taken", got)
	}
}
