package aggregate

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/aggregate/read"
	"feedd/internal/feed"
)

// Looks go on together a second after the first of them, and at once when the process stops or too much would wait.
func TestTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q together
		var saved atomic.Int32
		brings := func(ctx context.Context, bytes int) {
			items := []feed.Item{{Content: strings.Repeat("x", bytes)}}
			q.after(ctx, look{&collect.Job{}, &collect.Result{Items: items}}, func(looks []look) { saved.Add(int32(len(looks))) })
		}
		wait := func(ctx context.Context) { brings(ctx, 0) }
		after := func(d time.Duration, want int32) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if n := saved.Load(); n != want {
				t.Errorf("%d looks are saved, want %d", n, want)
			}
		}
		wait(t.Context())
		after(waitTogether/2, 0)
		wait(t.Context())
		after(waitTogether/2, 2)
		wait(t.Context())
		after(waitTogether-1, 2)
		after(1, 3)
		ctx, stop := context.WithCancel(t.Context())
		wait(ctx)
		stop()
		after(0, 4)
		wait(t.Context())
		wait(t.Context())
		if n := len(q.take()); n != 2 {
			t.Errorf("%d looks are taken along, want 2", n)
		}
		after(waitTogether, 4)
		brings(t.Context(), mostTogether)
		after(0, 4)
		wait(t.Context())
		brings(t.Context(), 1)
		after(0, 7)
		brings(t.Context(), mostTogether)
		after(0, 7)
		after(waitTogether, 8)
		q.wg.Wait()
	})
}

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
