package aggregate

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/feed"
	"feedd/internal/feed/feedtest"
	"feedd/internal/store"
)

// TestScheduleSleptThrough lets a machine sleep through several runs: the source is asked once, soon
// after it woke, although timers stood still.
func TestScheduleSleptThrough(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feedd.db")
	synctest.Test(t, func(t *testing.T) {
		var slept atomic.Int64 // what the clock gained while no timer ran
		clock := func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }
		s, err := store.Open(t.Context(), "sqlite:"+path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		// A private address that is not allowed: every look fails without leaving the bubble.
		src := feed.Source{ID: "a", URL: "http://127.0.0.1:9/", Schedule: "@every 24h", Timeout: time.Second, MaxBytes: 1 << 20, MaxItems: 10}
		set := Settings{Sources: []feed.Source{src}, Stories: feed.StorySettings{Window: time.Hour}}
		if err := s.SaveState(t.Context(), feed.SourceState{Source: "a", URL: src.URL, LastRun: clock(), Schedule: "@every 10m"}); err != nil {
			t.Fatal(err)
		}
		began := clock()
		collector := collect.New(collect.Options{Now: clock})
		defer collector.Close()
		a, err := New(Options{Store: s, Collector: collector, Settings: set, Now: clock, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- a.Run(ctx) }()
		state := func() feed.SourceState {
			states, err := s.States(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return states["a"]
		}

		time.Sleep(5 * time.Minute)
		// The schedule changed while nothing ran: those who ask why are told at once.
		st := state()
		if !st.LastRun.Equal(began) || !st.NextRun.After(clock()) || !strings.Contains(st.NextReason, "@every 24h") {
			t.Errorf("after the start it ran at %s and runs next at %s: %s", st.LastRun, st.NextRun, st.NextReason)
		}

		slept.Add(int64(100 * time.Hour))
		woke := clock()
		time.Sleep(2 * time.Minute)
		st = state()
		if st.LastRun.Before(woke) || st.Failures != 1 {
			t.Errorf("within two minutes after it woke: ran at %s (woke %s), %d times", st.LastRun, woke, st.Failures)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestClockSetForwardAndBack sets the clock forward by ten days, lets every source run by it, and puts
// it back: collecting goes on within one interval, whatever was noted meanwhile, and the log says so.
// Retention does not believe such a clock.
func TestClockSetForwardAndBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feedd.db")
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		s, err := store.Open(t.Context(), "sqlite:"+path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		// Every look succeeds; two hosts ask to be left alone a while, by whatever clock there is.
		var asked sync.Map // since the clock was put back: paths
		web := feedtest.NewWeb(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Store(r.URL.Path, true)
			switch r.URL.Path {
			case "/c":
				w.Header().Set("Cache-Control", "max-age=900")
			case "/d":
				if ahead.Load() > 0 {
					w.Header().Set("Retry-After", "3000")
					w.WriteHeader(http.StatusTooManyRequests)
					return
				}
			}
			fmt.Fprint(w, `<rss version="2.0"><channel><title>x</title><item><title>Tin</title><guid>1</guid></item></channel></rss>`)
		}))
		defer web.Close()
		var sources []feed.Source
		const interval = 20 * time.Minute
		for _, schedule := range []string{"@every 20m", "*/20 * * * *", "*/20 * * * *", "@every 20m"} {
			id := string(rune('a' + len(sources)))
			sources = append(sources, feed.Source{ID: id, URL: "http://" + id + ".example/" + id, Schedule: schedule, Timeout: time.Second, MaxBytes: 1 << 20, MaxItems: 10})
		}
		collector := collect.New(collect.Options{Now: clock, Dial: web.Dial})
		defer collector.Close()
		var log bytes.Buffer
		set := Settings{Sources: sources, Stories: feed.StorySettings{Window: time.Hour}}
		a, err := New(Options{Store: s, Collector: collector, Settings: set, Now: clock, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- a.Run(ctx) }()
		states := func() map[string]feed.SourceState {
			states, err := s.States(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return states
		}

		time.Sleep(2 * interval)
		const jump = 10 * 24 * time.Hour
		ahead.Store(int64(jump))
		time.Sleep(2 * interval)
		for id, st := range states() {
			if st.LastRun.Before(time.Now().Add(jump - 2*interval)) {
				t.Errorf("%s did not run by the clock that is ahead: %s", id, st.LastRun)
			}
		}
		ahead.Store(0)
		asked.Clear()
		time.Sleep(clockEvery + time.Second)
		for id, st := range states() {
			most := interval + 5*time.Minute
			if id == "d" {
				most = 50 * time.Minute // as its host asked
			}
			if wait := st.NextRun.Sub(clock()); wait > most {
				t.Errorf("a minute after the clock was put back %s waits %s: %s", id, wait, st.NextReason)
			}
		}
		time.Sleep(55 * time.Minute)
		for id, st := range states() {
			if _, ok := asked.Load("/" + id); !ok || st.LastRun.After(clock()) {
				t.Errorf("%s was not asked since the clock was put back, last at %s; next %s: %s", id, st.LastRun, st.NextRun, st.NextReason)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if !strings.Contains(log.String(), "the clock was put back") {
			t.Errorf("the log does not say so:\n%s", &log)
		}
	})
}

// TestStartTogether has a hundred sources due within half a minute: those of a second start together, each at its time or a second later
// at most.
func TestStartTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feedd.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), "sqlite:"+path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var mu sync.Mutex
		asked := map[string]time.Time{}
		web := feedtest.NewWeb(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			asked[r.URL.Path[1:]] = time.Now()
			fmt.Fprint(w, `<rss version="2.0"><channel><title>x</title><item><title>Tin</title><guid>1</guid></item></channel></rss>`)
		}))
		defer web.Close()
		var sources []feed.Source
		due := map[string]time.Time{}
		for i := range 100 {
			id := fmt.Sprint(i)
			src := feed.Source{ID: id, URL: "http://" + id + ".example/" + id, Schedule: "* * * * *", Timeout: time.Second, MaxBytes: 1 << 20, MaxItems: 10}
			st := feed.SourceState{Source: id, URL: src.URL, LastRun: time.Now(), Schedule: src.Schedule}
			sources = append(sources, src)
			due[id], _ = collect.NextRun(src, st, time.Now())
			if err := s.SaveState(t.Context(), st); err != nil {
				t.Fatal(err)
			}
		}
		collector := collect.New(collect.Options{Dial: web.Dial})
		defer collector.Close()
		set := Settings{Sources: sources, Stories: feed.StorySettings{Window: time.Hour}}
		a, err := New(Options{Store: s, Collector: collector, Settings: set, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- a.Run(ctx) }()
		time.Sleep(119 * time.Second)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		var starts []time.Time
		for id := range due {
			at := asked[id]
			if late := at.Sub(due[id]); late < 0 || late > dueTogether {
				t.Errorf("%s was due at %s and asked at %s", id, due[id], at)
			}
			starts = append(starts, at)
		}
		slices.SortFunc(starts, time.Time.Compare)
		starts = slices.CompactFunc(starts, time.Time.Equal)
		for i := range starts[1:] {
			if gap := starts[i+1].Sub(starts[i]); gap < dueTogether {
				t.Errorf("sources start at %s and %v later", starts[i], gap)
			}
		}
	})
}

// Sources that are due within a second of those that started last start together, and the clock is looked at now and then.
func TestRestFor(t *testing.T) {
	for _, c := range []struct{ due, started, want time.Duration }{
		{time.Millisecond, 0, dueTogether},
		{time.Millisecond, dueTogether / 4, dueTogether * 3 / 4},
		{time.Millisecond, time.Hour, time.Millisecond},
		{2 * dueTogether, dueTogether / 2, 2 * dueTogether},
		{time.Hour, time.Hour, clockEvery},
		{clockEvery + 1, 0, clockEvery},
		{-time.Second, 0, dueTogether},
	} {
		if got := restFor(c.due, c.started); got != c.want {
			t.Errorf("due in %v, %v after others: rests %v, want %v", c.due, c.started, got, c.want)
		}
	}
}
