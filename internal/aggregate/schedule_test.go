package aggregate

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/feed"
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
