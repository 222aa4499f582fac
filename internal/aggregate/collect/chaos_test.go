package collect

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"feedd/internal/feed"
	"feedd/internal/feed/feedtest"
)

// web is many hosts that behave badly, and note how they are treated.
type web struct {
	t  *testing.T
	mu sync.Mutex
	// By host.
	inside    map[string]int
	last      map[string]time.Time // end of the last request
	heldUntil map[string]time.Time
	// Ticks in which a path was asked for, by host and path.
	ticks map[string]map[int64]int
	count map[string]int
}

const (
	chaosInterval = 2 * time.Second
	chaosTick     = 15 * time.Minute
)

func (w *web) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	now, id := time.Now(), r.Host+r.URL.Path
	w.mu.Lock()
	if w.inside[r.Host]++; w.inside[r.Host] > 1 {
		w.t.Errorf("%d requests at once at %s", w.inside[r.Host], r.Host)
	}
	if last := w.last[r.Host]; !last.IsZero() && now.Sub(last) < chaosInterval {
		w.t.Errorf("%s is asked again after %v", r.Host, now.Sub(last))
	}
	if until := w.heldUntil[r.Host]; now.Before(until) {
		w.t.Errorf("%s is asked %v before its hold ends", r.Host, until.Sub(now))
	}
	if w.ticks[id] == nil {
		w.ticks[id] = map[int64]int{}
	}
	w.ticks[id][now.UnixNano()/int64(chaosTick)]++
	w.count[id]++
	n := w.count[id]
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.inside[r.Host]--
		w.last[r.Host] = time.Now()
		w.mu.Unlock()
	}()

	text := rssOf("a", fmt.Sprint("n", n))
	refuse := func(status int, retry string, wait time.Duration) {
		w.mu.Lock()
		w.heldUntil[r.Host] = now.Add(wait)
		w.mu.Unlock()
		rw.Header().Set("Retry-After", retry)
		rw.WriteHeader(status)
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "-")
	switch kind {
	case "refuse":
		if n == 2 {
			refuse(http.StatusTooManyRequests, "600", 600*time.Second)
			return
		}
	case "busy":
		if n == 1 {
			at := now.Add(1200 * time.Second).Truncate(time.Second)
			refuse(http.StatusServiceUnavailable, at.UTC().Format(http.TimeFormat), at.Sub(now))
			return
		}
	case "chain":
		to := fmt.Sprintf("http://hop%d.example/hop3-%s", len(id)%7, strings.ReplaceAll(id, "/", "-"))
		http.Redirect(rw, r, to, http.StatusMovedPermanently)
		return
	case "hop3", "hop2":
		next := map[string]string{"hop3": "hop2", "hop2": "hop1"}[kind]
		http.Redirect(rw, r, strings.Replace(r.URL.Path, kind, next, 1), http.StatusMovedPermanently)
		return
	case "drip":
		if n%2 == 1 {
			for i := 0; ; i++ {
				io.WriteString(rw, text[i%len(text):i%len(text)+1])
				rw.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(time.Second):
				}
			}
		}
	case "reset":
		if n%2 == 1 {
			panic(http.ErrAbortHandler)
		}
	case "length":
		rw.Header().Set("Content-Length", fmt.Sprint(len(text)+500))
	}
	time.Sleep(200 * time.Millisecond)
	io.WriteString(rw, text)
}

// An hour of a daemon's life: 200 sources on one host and 2,000 on 500 hosts that refuse, drip,
// hang up, lie about lengths and send readers on. No interval is broken, no hold, no source is left
// out and none asked for twice in a tick.
func TestChaos(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{
			t: t, inside: map[string]int{}, last: map[string]time.Time{}, heldUntil: map[string]time.Time{},
			ticks: map[string]map[int64]int{}, count: map[string]int{},
		}
		network := feedtest.NewWeb(w)
		c := New(Options{Now: time.Now, Dial: network.Dial})
		kinds := []string{"refuse", "busy", "chain", "drip", "reset", "length", "good", "good", "good", "good"}
		var sources []feed.Source
		add := func(host, path string) {
			sources = append(sources, feed.Source{
				ID: host + path, URL: "http://" + host + ".example/" + path, Schedule: "*/15 * * * *",
				HostInterval: chaosInterval, Timeout: 20 * time.Second, AllowPrivate: true,
			})
		}
		for i := range 200 {
			add("big", fmt.Sprintf("good-%d", i))
		}
		for i := range 2000 {
			// Four sources share a host; one in ten hosts has one that refuses for all of them.
			add(fmt.Sprintf("h%d", i%500), fmt.Sprintf("%s-%d", kinds[(i%500+i/500)%len(kinds)], i))
		}
		states := make(map[string]feed.SourceState, len(sources))
		runs := map[string]map[Outcome]int{}
		var mu sync.Mutex
		ctx, cancel := context.WithCancel(t.Context())
		q := c.Queue(ctx, func(j *Job, res *Result) {
			mu.Lock()
			defer mu.Unlock()
			states[j.Source.ID] = res.State
			if runs[j.Source.ID] == nil {
				runs[j.Source.ID] = map[Outcome]int{}
			}
			runs[j.Source.ID][res.Outcome]++
			if res.State.NextRun.Before(time.Now()) {
				t.Errorf("%s runs next at %v: %s", j.Source.ID, res.State.NextRun, res.State.NextReason)
			}
		})
		load := func(id string) func(context.Context) (feed.SourceState, error) {
			return func(context.Context) (feed.SourceState, error) {
				mu.Lock()
				defer mu.Unlock()
				st := states[id]
				if st.NextRun.After(time.Now()) {
					return st, ErrNotDue
				}
				return st, nil
			}
		}
		time.Sleep(time.Minute)       // the first tick is a quarter past
		const life = 65 * time.Minute // four ticks and their jitter
		for end := time.Now().Add(life); time.Now().Before(end); time.Sleep(5 * time.Second) {
			mu.Lock()
			due := make([]Job, 0, 100)
			for _, src := range sources {
				st := states[src.ID]
				if st.NextRun.IsZero() {
					// A life before this one collected it, so that the first run is on its tick too.
					st = feed.SourceState{URL: src.URL, LastRun: time.Now()}
					st.Plan(NextRun(src, st, time.Now()))
					states[src.ID] = st
				}
				if !st.NextRun.After(time.Now()) {
					due = append(due, Job{Source: src, Load: load(src.ID)})
				}
			}
			mu.Unlock()
			for _, job := range due {
				q.Submit(job)
			}
		}
		q.Wait()
		cancel()
		c.Close()
		network.Close()
		synctest.Wait()

		total := 0
		for id, ticks := range w.ticks {
			for tick, n := range ticks {
				total += n
				if n > 1 {
					t.Errorf("%s was asked %d times in tick %d", id, n, tick)
				}
			}
		}
		outcomes := map[Outcome]int{}
		for _, src := range sources {
			n := runs[src.ID]
			for outcome, k := range n {
				outcomes[outcome] += k
			}
			host, kind := src.ID, strings.Split(src.URL, "/")[3]
			switch {
			case strings.HasPrefix(host, "big"):
				if n[OK] != 4 || len(n) > 1 {
					t.Errorf("%s: %v in 4 ticks: %s", src.ID, n, states[src.ID].NextReason)
				}
			case n[OK]+n[Unchanged] == 0:
				t.Errorf("%s (%s) starves: %v, %s", src.ID, kind, n, states[src.ID].NextReason)
			}
		}
		t.Logf("%d requests, %v", total, outcomes)
	})
}
