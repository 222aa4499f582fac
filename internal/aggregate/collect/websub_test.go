package collect

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
)

// The whole life of a subscription against a hub over HTTP: discovery, request, verification,
// delivery, slowed polling, doubt, renewal.
func TestSubscription(t *testing.T) {
	now := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	var hub *httptest.Server
	var form url.Values
	hubStatus := http.StatusAccepted
	hub = webServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the hub got the source's secret")
		}
		if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
			t.Errorf("%s: %v", r.Method, err)
		}
		form = r.PostForm
		w.WriteHeader(hubStatus)
	})
	text := rssOf("a")
	s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Link", fmt.Sprintf(`<%s>; rel="hub", </feed?x=1>; title="a"; rel="self canonical"`, hub.URL))
		io.WriteString(w, text)
	})
	c := unguarded(New(Options{Now: func() time.Time { return now }, Site: feed.Site{URL: "https://news.example.org"}}))
	src := sourceAt("s", s.URL)
	src.Bearer = "t"
	known := func(keys ...string) Known { return knownKeys(keys...) }

	st := c.Collect(t.Context(), src, feed.SourceState{}, known()).State
	if st.Hub != hub.URL || st.Self != s.URL+"/feed?x=1" {
		t.Fatalf("hub %q, self %q", st.Hub, st.Self)
	}
	st, due := c.Subscription(src, st, now)
	if !due || st.Push.State != feed.PushAsked {
		t.Fatalf("%v %+v", due, st.Push)
	}
	if _, again := c.Subscription(src, st, now); again {
		t.Error("asked twice")
	}
	if err := c.Subscribe(t.Context(), src, st); err != nil {
		t.Fatal(err)
	}
	if form.Get("hub.mode") != "subscribe" || form.Get("hub.topic") != st.Self || form.Get("hub.secret") != st.Push.Secret ||
		form.Get("hub.callback") != "https://news.example.org/push/"+st.Push.Callback || len(st.Push.Callback) < 20 || form.Get("hub.lease_seconds") != "864000" {
		t.Errorf("%v", form)
	}

	query := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {st.Self}, "hub.challenge": {"c"}, "hub.lease_seconds": {"86400"}}
	if _, _, err := Verify(st, url.Values{"hub.mode": {"subscribe"}, "hub.topic": {"https://example.org/other"}, "hub.challenge": {"c"}}, now); err == nil {
		t.Error("another topic is verified")
	}
	if _, _, err := Verify(st, url.Values{"hub.mode": {"unsubscribe"}, "hub.topic": {st.Self}, "hub.challenge": {"c"}}, now); err == nil {
		t.Error("an end nobody asked for is verified")
	}
	challenge, st, err := Verify(st, query, now)
	if err != nil || challenge != "c" || st.Push.State != feed.PushActive || !st.Push.Until.Equal(now.Add(24*time.Hour)) {
		t.Fatalf("%q %v %+v", challenge, err, st.Push)
	}
	if at, why := NextRun(src, st, now); at.After(now.Add(30 * time.Minute)) {
		t.Errorf("a hub that never delivered is relied on: %v, %s", at, why.Text)
	}

	// A delivery: read like any document, but it touches no validator and slows the polls down.
	body := []byte(rssOf("b"))
	opened, err := Open(st.Push, http.Header{"X-Hub-Signature": {sign("sha256", sha256.New, st.Push.Secret, body)}}, body)
	if err != nil {
		t.Fatal(err)
	}
	before := st
	var res Result
	q := c.Queue(t.Context(), func(_ *Job, r *Result) { res = *r })
	q.Submit(Job{Source: src, State: st, Pushed: opened})
	q.Wait()
	if res.Outcome != OK || !res.Delta || len(res.Items) != 1 || res.State.BodyHash != before.BodyHash || !res.State.Push.LastPush.Equal(now) {
		t.Fatalf("%+v", res)
	}
	st = res.State
	if want := "waits until 13:00 because its hub pushes new items"; st.NextReason != want {
		t.Errorf("%s", st.NextReason)
	}

	// A poll that finds what the hub should have brought ends that, the next delivery renews it.
	now = now.Add(6 * time.Hour)
	text = rssOf("a", "b", "c")
	polled := c.Collect(t.Context(), src, st, known("g:a", "g:b", "g:c"))
	if polled.State.Push.Missed != 0 || !strings.Contains(polled.State.NextReason, "its hub pushes") {
		t.Errorf("nothing missed: %s", polled.State.NextReason)
	}
	polled = c.Collect(t.Context(), src, st, known("g:a", "g:b"))
	if polled.State.Push.Missed != 1 || !strings.HasPrefix(polled.State.NextReason, "runs by its schedule") {
		t.Errorf("missed: %s", polled.State.NextReason)
	}
	q.Submit(Job{Source: src, State: polled.State, Pushed: opened})
	q.Wait()
	if st = res.State; st.Push.Missed != 0 || !strings.Contains(st.NextReason, "its hub pushes") {
		t.Errorf("trusted again: %s", st.NextReason)
	}

	// Renewal in the lease's last quarter, with the same callback and secret.
	if _, due := c.Subscription(src, st, now.Add(time.Hour)); due {
		t.Error("renewed too early")
	}
	now = st.Push.Until.Add(-time.Hour)
	renewed, due := c.Subscription(src, st, now)
	if !due || renewed.Push.State != feed.PushActive || renewed.Push.Callback != st.Push.Callback || renewed.Push.Secret != st.Push.Secret {
		t.Errorf("%v %+v", due, renewed.Push)
	}
	if _, due := c.Subscription(src, renewed, now.Add(time.Minute)); due {
		t.Error("renewed twice")
	}
	// A lease that ended without a renewal is asked for anew.
	lapsed, due := c.Subscription(src, st, st.Push.Until.Add(time.Minute))
	if !due || lapsed.Push.State != feed.PushAsked {
		t.Errorf("%v %+v", due, lapsed.Push)
	}
	hubStatus = http.StatusForbidden
	if err := c.Subscribe(t.Context(), src, lapsed); err == nil || !strings.Contains(err.Error(), "403 Forbidden") {
		t.Errorf("%v", err)
	}
	refused := Refused(lapsed)
	if _, due := c.Subscription(src, refused, refused.Push.Asked.Add(24*time.Hour)); due || refused.Push.State != feed.PushDenied {
		t.Error("a hub that refused is asked again soon")
	}
	if _, due := c.Subscription(src, refused, refused.Push.Asked.Add(8*24*time.Hour)); !due {
		t.Error("a hub that refused is never asked again")
	}
	if _, st, err := Verify(st, url.Values{"hub.mode": {"denied"}, "hub.topic": {st.Self}}, now); err != nil || st.Push.State != feed.PushDenied {
		t.Errorf("%v %+v", err, st.Push)
	}
}

func knownKeys(keys ...string) Known {
	return func(_ context.Context, _ string, _ []feed.Item) (map[string]bool, error) {
		m := map[string]bool{}
		for _, k := range keys {
			m[k] = true
		}
		return m, nil
	}
}

func sign(method string, algorithm func() hash.Hash, secret string, body []byte) string {
	mac := hmac.New(algorithm, []byte(secret))
	mac.Write(body)
	return method + "=" + hex.EncodeToString(mac.Sum(nil))
}

func TestOpenChecksSignatures(t *testing.T) {
	p, body := &feed.Push{Secret: "s", Topic: "https://example.org/rss"}, []byte("x")
	for name, c := range map[string]struct {
		signature string
		good      bool
	}{
		"sha1":         {sign("sha1", sha1.New, "s", body), true},
		"sha256":       {sign("sha256", sha256.New, "s", body), true},
		"sha384":       {sign("SHA384", sha512.New384, "s", body), true},
		"sha512":       {sign("sha512", sha512.New, "s", body), true},
		"none":         {"", false},
		"other secret": {sign("sha256", sha256.New, "t", body), false},
		"other body":   {sign("sha256", sha256.New, "s", []byte("y")), false},
		"other method": {sign("sha1", sha256.New, "s", body), false},
		"no hex":       {"sha256=zz", false},
		"empty":        {"sha256=", false},
		"md5":          {"md5=00", false},
	} {
		_, err := Open(p, http.Header{"X-Hub-Signature": {c.signature}}, body)
		if c.good != (err == nil) || !c.good && !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(nil, http.Header{}, body); err == nil {
		t.Error("a delivery without a subscription is taken")
	}
}

func TestSubscriptionNeedsAPublicSite(t *testing.T) {
	src := feed.Source{ID: "s", URL: "https://example.org/rss"}
	st := feed.SourceState{URL: src.URL, Hub: "https://hub.example.org/"}
	for at, want := range map[string]bool{
		"https://news.example.org": true, "http://203.0.114.7:8080": true, "": false, "http://localhost:8080": false,
		"http://127.0.0.1:8080": false, "http://192.168.1.2": false, "http://desk.local": false, "http://[::1]": false,
	} {
		c := New(Options{Site: feed.Site{URL: at}})
		if _, due := c.Subscription(src, st, time.Now()); due != want {
			t.Errorf("%q: %v", at, due)
		}
	}
	c := New(Options{Site: feed.Site{URL: "https://news.example.org"}})
	for name, change := range map[string]func(*feed.SourceState){
		"no hub":      func(s *feed.SourceState) { s.Hub = "" },
		"odd hub":     func(s *feed.SourceState) { s.Hub = "javascript:alert(1)" },
		"gone":        func(s *feed.SourceState) { s.Gone = true },
		"another url": func(s *feed.SourceState) { s.URL = "https://old.example.org" },
	} {
		changed := st
		change(&changed)
		if _, due := c.Subscription(src, changed, time.Now()); due {
			t.Errorf("%s: a subscription is wanted", name)
		}
	}
}

func TestHeaderLinks(t *testing.T) {
	base, _ := url.Parse("https://example.org/rss/a.xml")
	for in, want := range map[string]string{
		`<https://hub.example.org/>; rel=hub`:                                        "https://hub.example.org/",
		`<b.xml>; rel="self", <https://hub.example.org/?a=1,2>; REL="hub"`:           "https://hub.example.org/?a=1,2",
		`</hub>; title="a"; rel="next hub", <https://two.example.org/>; rel=hub`:     "https://example.org/hub https://two.example.org/",
		`<https://hub.example.org/>; rel=hubs`:                                       "",
		`<https://hub.example.org/; rel=hub`:                                         "",
		`https://hub.example.org/; rel=hub`:                                          "",
		`<http://%zz>; rel=hub, <https://hub.example.org/>;rel=hub;type="text/html"`: "https://hub.example.org/",
		"": "",
	} {
		if got := strings.Join(headerLinks(http.Header{"Link": {in}}, "hub", base), " "); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add(`<https://hub.example.org/>; rel="hub"`, "max-age=600, private", "120")
	f.Add(`<<>>; rel=,;<`, `max-age="-1"`, "Mon, 23 Nov 2026 23:00:00 GMT")
	base, _ := url.Parse("https://example.org/rss")
	now := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, link, cache, retry string) {
		h := http.Header{"Link": {link}, "Cache-Control": {cache}, "Retry-After": {retry}, "Expires": {retry}}
		for _, at := range headerLinks(h, "hub", base) {
			if u, err := url.Parse(at); err != nil || !u.IsAbs() {
				t.Errorf("%q gives %q", link, at)
			}
		}
		if d, _ := freshFor(h, now); d < 0 || d > longestWait {
			t.Errorf("%q: fresh for %v", cache, d)
		}
		if d := retryAfter(h, now); d < 0 {
			t.Errorf("%q: %v", retry, d)
		}
	})
}
