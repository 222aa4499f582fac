package aggregate

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/aggregate/read"
	"feedd/internal/feed"
)

// Looks go on together when none is under way any more, a second after the first of them at the latest, and at once when the process
// stops, when too much would wait, or with one that may not.
func TestTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q together
		var mu sync.Mutex // a timer's goroutine saves without having heard of this one
		var saved []int
		save := func(looks []look) {
			mu.Lock()
			defer mu.Unlock()
			saved = append(saved, len(looks))
		}
		over := func(ctx context.Context, bytes int, may bool) {
			items := []feed.Item{{Content: strings.Repeat("x", bytes)}}
			q.after(ctx, look{&collect.Job{}, &collect.Result{Items: items}}, may, save)
		}
		wait := func() { over(t.Context(), 0, true) }
		after := func(d time.Duration, want ...int) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(saved, want) {
				t.Errorf("saved together are %v, want %v", saved, want)
			}
			saved = nil
		}
		const others = 20 // under way, to the end
		q.begin(others)
		look := func() { q.begin(1); wait() }
		look()
		after(waitTogether / 2)
		look()
		after(waitTogether/2, 2)
		look()
		after(waitTogether - 1)
		after(1, 1)
		ctx, stop := context.WithCancel(t.Context())
		q.begin(1)
		over(ctx, 0, true)
		stop()
		after(0, 1)
		look()
		q.begin(1)
		over(t.Context(), 0, false)
		after(0, 2)
		q.begin(4)
		over(t.Context(), mostTogether, true)
		after(0)
		over(t.Context(), 1, true)
		after(0, 2)
		over(t.Context(), mostTogether, true)
		after(waitTogether / 2)
		wait()
		after(waitTogether/2, 2)

		// The timers of those that were saved meanwhile do not save the next ones early.
		q.begin(3 - others)
		wait()
		wait()
		after(0)
		wait()
		after(0, 3)
		after(waitTogether / 2)
		q.begin(2)
		wait()
		after(waitTogether - 1)
		after(1, 1)
		q.begin(-1) // it did not begin
		look()
		after(0, 1)
		pushed := q.underWay
		q.after(t.Context(), lookPushed, false, save)
		after(0, 1)
		if q.underWay != pushed {
			t.Error("a push counts as under way")
		}
		q.wg.Wait()
	})
}

var lookPushed = look{&collect.Job{Pushed: &read.Body{}}, &collect.Result{}}

func TestMayWaitTogether(t *testing.T) {
	now := time.Date(2026, 11, 5, 8, 0, 0, 0, time.UTC)
	quiet := collect.Result{Outcome: collect.Unchanged, State: feed.SourceState{NextRun: now.Add(time.Minute)}}
	for what, c := range map[string]struct {
		change func(*collect.Job, *collect.Result)
		may    bool
	}{
		"nothing new":      {func(*collect.Job, *collect.Result) {}, true},
		"items":            {func(_ *collect.Job, r *collect.Result) { r.Outcome = collect.OK }, true},
		"a failure":        {func(_ *collect.Job, r *collect.Result) { r.Outcome, r.Err = collect.Failed, errors.New("timeout") }, false},
		"a host that asks": {func(_ *collect.Job, r *collect.Result) { r.Holds = []feed.HostHold{{Host: "a.example"}} }, false},
		"a hub's delivery": {func(j *collect.Job, _ *collect.Result) { j.Pushed = &read.Body{} }, false},
		"due again soon":   {func(_ *collect.Job, r *collect.Result) { r.State.NextRun = now.Add(waitsAtLeast - 1) }, false},
	} {
		var q together
		job, res := collect.Job{}, quiet
		c.change(&job, &res)
		if may := q.may(&job, &res, now); may != c.may {
			t.Errorf("%s: may wait: %v", what, may)
		}
	}
}
