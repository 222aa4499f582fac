package collect

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"feedd/internal/feed"
)

func TestGateSpacesRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newHosts(time.Now)
		began := time.Now()
		var at []time.Duration
		done := make(chan struct{})
		for range 3 {
			go func() {
				leave, err := g.Enter(t.Context(), "a", 2*time.Second)
				if err != nil {
					t.Error(err)
				}
				at = append(at, time.Since(began)) // one at a time, so without a lock
				time.Sleep(time.Second)
				leave()
				done <- struct{}{}
			}()
		}
		// Another host is nobody's business.
		leave, err := g.Enter(t.Context(), "b", time.Hour)
		if err != nil || time.Since(began) != 0 {
			t.Errorf("host b after %v: %v", time.Since(began), err)
		}
		leave()
		for range 3 {
			<-done
		}
		for i, want := range []time.Duration{0, 3 * time.Second, 6 * time.Second} {
			if at[i] != want {
				t.Errorf("request %d after %v, want %v", i, at[i], want)
			}
		}
		// The larger interval counts, of the last request or of this one.
		leave, _ = g.Enter(t.Context(), "a", 10*time.Second)
		leave()
		last := time.Now()
		leave, _ = g.Enter(t.Context(), "a", 0)
		if d := time.Since(last); d != 10*time.Second {
			t.Errorf("%v after a request with 10s", d)
		}
		leave()
	})
}

func TestGateHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newHosts(time.Now)
		var held *HeldError
		leave, _ := g.Enter(t.Context(), "a", time.Minute)
		failed := make(chan error)
		for range 2 {
			go func() {
				_, err := g.Enter(t.Context(), "a", time.Minute)
				failed <- err
			}()
		}
		synctest.Wait()
		until := time.Now().Add(time.Hour)
		g.Hold("a", until, "the host answered 429")
		g.Hold("a", until.Add(-time.Minute), "an earlier end does not count")
		leave()
		for range 2 { // those that waited learn of it
			if err := <-failed; !errors.As(err, &held) || !held.Until.Equal(until) || held.Reason != "the host answered 429" {
				t.Errorf("%v", err)
			}
		}
		if _, err := g.Enter(t.Context(), "a", 0); !errors.As(err, &held) || !strings.Contains(err.Error(), "until 2000-01-01 01:00 UTC because the host answered 429") {
			t.Errorf("%v", err)
		}
		time.Sleep(time.Until(until))
		leave, err := g.Enter(t.Context(), "a", 0)
		if err != nil {
			t.Errorf("after the hold: %v", err)
		}
		// Who gives up leaves the line whole.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := g.Enter(ctx, "a", 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		leave()
		if leave, err = g.Enter(t.Context(), "a", 0); err != nil {
			t.Error(err)
		}
		leave()
	})
}

func TestGateForgetsIdleHosts(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	g := newHosts(func() time.Time { return now })
	g.Hold("held", now.Add(24*time.Hour), "it asked for that")
	for i := range 5000 {
		leave, err := g.Enter(t.Context(), "h"+string(rune('a'+i%26))+time.Duration(i).String(), 0)
		if err != nil {
			t.Fatal(err)
		}
		leave()
		now = now.Add(10 * time.Second)
	}
	if n := len(g.of); n > 2000 {
		t.Errorf("%d hosts are remembered", n)
	}
	var held *HeldError
	if _, err := g.Enter(t.Context(), "held", 0); !errors.As(err, &held) {
		t.Errorf("the hold was forgotten: %v", err)
	}
}

func TestHostOf(t *testing.T) {
	for in, want := range map[string]string{
		"http://Example.org/a": "example.org", "https://example.org.:443/": "example.org", "http://example.org:80": "example.org",
		"http://BÁO.example/": "xn--bo-mia.example", "http://xn--bo-mia.example/": "xn--bo-mia.example",
		"http://example.org:8080/": "example.org:8080", "http://[::1]:8080/": "[::1]:8080", "http://u:p@example.org/": "example.org",
	} {
		u, err := url.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := hostOf(u); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, " 1.5 ": 1500 * time.Millisecond, "-5": 0, "soon": 0, "99999999999999999999": 24 * time.Hour,
		"Mon, 23 Nov 2026 07:05:00 GMT": 5 * time.Minute, "Monday, 23-Nov-26 07:05:00 GMT": 5 * time.Minute, "Mon, 23 Nov 2026 06:05:00 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {in}}, now); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
	// A date is on the server's clock.
	h := http.Header{"Retry-After": {"Mon, 23 Nov 2026 09:05:00 GMT"}, "Date": {"Mon, 23 Nov 2026 09:00:00 GMT"}}
	if got := retryAfter(h, now); got != 5*time.Minute {
		t.Errorf("by the server's clock: %v", got)
	}
}

func TestFreshFor(t *testing.T) {
	now := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		header http.Header
		want   time.Duration
	}{
		{http.Header{}, 0},
		{http.Header{"Cache-Control": {"public, Max-Age=600"}}, 10 * time.Minute},
		{http.Header{"Cache-Control": {`max-age="600"`}, "Age": {"100"}}, 500 * time.Second},
		{http.Header{"Cache-Control": {"max-age=600"}, "Age": {"1000"}}, 0},
		{http.Header{"Cache-Control": {"max-age=31536000"}}, 24 * time.Hour},
		{http.Header{"Cache-Control": {"max-age=600, no-cache"}}, 0},
		{http.Header{"Cache-Control": {"no-store"}, "Expires": {"Mon, 23 Nov 2026 08:00:00 GMT"}}, 0},
		{http.Header{"Cache-Control": {"max-age=0"}, "Expires": {"Mon, 23 Nov 2026 08:00:00 GMT"}}, 0},
		{http.Header{"Cache-Control": {"private"}, "Expires": {"Mon, 23 Nov 2026 08:00:00 GMT"}}, time.Hour},
		{http.Header{"Expires": {"Mon, 23 Nov 2026 10:00:00 GMT"}, "Date": {"Mon, 23 Nov 2026 09:00:00 GMT"}}, time.Hour},
		{http.Header{"Expires": {"0"}}, 0},
		{http.Header{"Cache-Control": {"max-age=soon"}}, 0},
	} {
		if got, why := freshFor(c.header, now); got != c.want || got > 0 && why == "" {
			t.Errorf("%v: %v (%s), want %v", c.header, got, why, c.want)
		}
	}
}

// A host that refuses is left alone by all its sources, across a restart.
func TestRefusingHostIsHeld(t *testing.T) {
	now := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	status, retry, asked := 429, "3600", 0
	s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Date", now.Format(http.TimeFormat)) // a Retry-After that is a date counts from here
		if retry != "" {
			w.Header().Set("Retry-After", retry)
		}
		w.WriteHeader(status)
		io.WriteString(w, rssOf("a"))
	})
	newCollector := func() *Collector { return New(Options{Now: func() time.Time { return now }}) }
	c := newCollector()
	one, two := sourceAt("one", s.URL+"/1"), sourceAt("two", s.URL+"/2")
	res := c.Collect(t.Context(), one, feed.SourceState{}, nil)
	if res.Outcome != Failed || res.Status != 429 || len(res.Holds) != 1 || !res.Holds[0].Until.Equal(now.Add(time.Hour)) {
		t.Fatalf("%+v", res)
	}
	if want := "waits until 08:00 because the host answered 429"; res.State.NextReason != want || !res.State.NextRun.Equal(now.Add(time.Hour)) {
		t.Errorf("%s: %v", res.State.NextReason, res.State.NextRun)
	}
	for name, c := range map[string]*Collector{"the same life": c, "the next life": newCollector()} {
		c.Restore(res.Holds)
		other := c.Collect(t.Context(), two, feed.SourceState{}, nil)
		if other.Outcome != Held || asked != 1 || other.State.Failures != 0 || !other.State.LastRun.IsZero() {
			t.Errorf("%s: %+v after %d requests", name, other, asked)
		}
		if want := "waits until 08:00 because the host answered 429"; other.State.NextReason != want || !other.State.NextRun.Equal(now.Add(time.Hour)) {
			t.Errorf("%s: %s: %v", name, other.State.NextReason, other.State.NextRun)
		}
	}
	now = now.Add(time.Hour)
	status, retry = 503, "Mon, 23 Nov 2026 23:00:00 GMT"
	if res = c.Collect(t.Context(), two, feed.SourceState{}, nil); asked != 2 || len(res.Holds) != 1 {
		t.Errorf("after the hold: %d requests, %+v", asked, res)
	}
	now = now.Add(24 * time.Hour)
	status, retry = 503, ""
	if res = c.Collect(t.Context(), two, res.State, nil); len(res.Holds) != 0 || res.State.Failures != 2 {
		t.Errorf("503 alone: %+v", res)
	}
	status = 429
	if res = c.Collect(t.Context(), two, res.State, nil); len(res.Holds) != 1 || !res.Holds[0].Until.Equal(now.Add(unsaidHold)) {
		t.Errorf("429 alone: %+v", res)
	}
	now = now.Add(24 * time.Hour)
	status = 200
	res = c.Collect(t.Context(), two, res.State, nil)
	if res.Outcome != OK || res.State.Failures != 0 || !strings.HasPrefix(res.State.NextReason, "runs by its schedule") {
		t.Errorf("recovery: %+v", res)
	}
	status = 410
	res = c.Collect(t.Context(), two, res.State, nil)
	if !res.State.Gone || !res.State.NextRun.IsZero() || !strings.Contains(res.State.NextReason, "410 Gone") {
		t.Errorf("410: %+v", res.State)
	}
	if moved := sourceAt("two", s.URL+"/3"); true {
		if at, why := NextRun(moved, res.State, now); !at.Equal(now) {
			t.Errorf("another url runs at %v: %s", at, why.Text)
		}
	}
}

func TestHeadersPutTheNextRunOff(t *testing.T) {
	now := time.Date(2026, 11, 23, 7, 0, 1, 0, time.UTC)
	status := 200
	s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=7200")
		w.Header().Set("ETag", `"a"`)
		w.WriteHeader(status)
		if status == 200 {
			io.WriteString(w, rssOf("a"))
		}
	})
	c := New(Options{Now: func() time.Time { return now }})
	src := sourceAt("s", s.URL)
	res := c.Collect(t.Context(), src, feed.SourceState{}, nil)
	if want := "waits until 09:00 because its Cache-Control says max-age=7200"; res.State.NextReason != want {
		t.Errorf("200: %s", res.State.NextReason)
	}
	status, now = 304, now.Add(2*time.Hour)
	res = c.Collect(t.Context(), src, res.State, nil)
	if want := "waits until 11:00 because its Cache-Control says max-age=7200"; res.Outcome != Unchanged || res.State.NextReason != want {
		t.Errorf("304: %s", res.State.NextReason)
	}
}

// keptRules is a store that two collectors share.
type keptRules map[string]feed.Robots

func (k keptRules) Robots(_ context.Context, origin string) (feed.Robots, error) {
	return k[origin], nil
}
func (k keptRules) SaveRobots(_ context.Context, origin string, r feed.Robots) error {
	k[origin] = r
	return nil
}

// TestRobotsAreShared: what one node was told, another does not ask for again before it is stale.
func TestRobotsAreShared(t *testing.T) {
	now := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	asked, status := 0, 200
	s := webServer(t, func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(status)
		io.WriteString(w, "User-agent: *\nDisallow: /closed\n")
	})
	kept := keptRules{}
	check := func(path string) error {
		src := sourceAt("s", s.URL+path)
		u, _ := url.Parse(src.URL)
		v := &visit{c: New(Options{Now: func() time.Time { return now }, Rules: kept})} // another node each time
		defer v.release()
		_, err := v.allowed(t.Context(), &src, u)
		return err
	}
	for _, c := range []struct {
		path    string
		allowed bool
		asked   int
	}{{"/open", true, 1}, {"/closed", false, 1}, {"/open", true, 1}} {
		if err := check(c.path); (err == nil) != c.allowed || asked != c.asked {
			t.Errorf("%s: %v, asked %d times", c.path, err, asked)
		}
	}
	now, status = now.Add(25*time.Hour), 503
	for range 2 {
		if err := check("/open"); err == nil || asked != 2 {
			t.Errorf("a file that cannot be read: %v, asked %d times", err, asked)
		}
	}
	now, status = now.Add(time.Hour), 404
	for range 2 {
		if err := check("/closed"); err != nil || asked != 3 {
			t.Errorf("no file: %v, asked %d times", err, asked)
		}
	}
}

func TestRobotsAreObeyedForPages(t *testing.T) {
	now := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	robots, status := "User-agent: *\nDisallow: /\n\nUser-agent: feedd\nCrawl-delay: 7\nDisallow: /closed\nAllow: /closed/open\n", 200
	asked := map[string]int{}
	s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path]++
		if r.URL.Path == "/robots.txt" {
			if r.Header.Get("Authorization") != "" {
				t.Error("robots.txt is asked for with a secret")
			}
			w.WriteHeader(status)
			io.WriteString(w, robots)
		}
	})
	c := New(Options{Now: func() time.Time { return now }})
	check := func(path string) (time.Duration, error) {
		src := sourceAt("s", s.URL+path)
		src.Bearer = "t"
		u, _ := url.Parse(src.URL)
		v := &visit{c: c}
		defer v.release()
		return v.allowed(t.Context(), &src, u)
	}
	for path, want := range map[string]bool{"/": true, "/tin": true, "/closed": false, "/closed/x": false, "/closed/open/x": true} {
		if _, err := check(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	if delay, _ := check("/"); delay != 7*time.Second {
		t.Errorf("delay %v", delay)
	}
	if asked["/robots.txt"] != 1 {
		t.Errorf("asked %d times in a day", asked["/robots.txt"])
	}
	src := sourceAt("s", s.URL+"/closed/trang")
	src.Page = &feed.Page{Item: "li"}
	res := c.Collect(t.Context(), src, feed.SourceState{}, nil)
	if res.Outcome != Failed || !strings.Contains(res.Err.Error(), "does not allow /closed/trang") || asked["/closed/trang"] != 0 {
		t.Errorf("%+v", res)
	}

	now, status = now.Add(25*time.Hour), 404
	if _, err := check("/closed"); err != nil {
		t.Errorf("no robots.txt: %v", err)
	}
	now, status = now.Add(25*time.Hour), 500
	if _, err := check("/"); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("a robots.txt that fails: %v", err)
	}
	now, status, robots = now.Add(time.Hour), 200, "<html>"
	if _, err := check("/"); err != nil {
		t.Errorf("no robots.txt at all: %v", err)
	}
}
