package aggregate

import (
	"context"
	"sync"
	"time"

	"feedd/internal/aggregate/collect"
)

// together has looks that found nothing new wait for each other, so that their states are saved in one
// transaction: most looks are such, and a transaction for each costs more than what it writes. When a state was not
// saved before a crash, the source is asked once more, and nothing is lost.
type together struct {
	wg      sync.WaitGroup
	mu      sync.Mutex
	waiting []look
}

// look is a look at a source that is over, and not saved yet.
type look struct {
	job *collect.Job
	res *collect.Result
}

// waitTogether is how long a look waits for others. One that is followed by the next within waitsAtLeast does not.
const (
	waitTogether = time.Second
	waitsAtLeast = 5 * time.Second
)

// may tells whether a look can wait: it brought nothing, and what is known of the source is asked for again
// late enough.
func (t *together) may(job *collect.Job, res *collect.Result, now time.Time) bool {
	return res.Outcome == collect.Unchanged && job.Pushed == nil && len(res.Holds) == 0 && res.State.NextRun.Sub(now) >= waitsAtLeast
}

// after has a look wait. What waits is saved beside the caller a while after the first of it came, or when ctx ends, unless
// somebody takes it before.
func (t *together) after(ctx context.Context, l look, save func([]look)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting = append(t.waiting, l); len(t.waiting) > 1 {
		return
	}
	t.wg.Go(func() {
		wait := time.NewTimer(waitTogether)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
		}
		if looks := t.take(); len(looks) > 0 {
			save(looks)
		}
	})
}

// take returns what waits, for who saves something and takes it along.
func (t *together) take() []look {
	t.mu.Lock()
	defer t.mu.Unlock()
	looks := t.waiting
	t.waiting = nil
	return looks
}
