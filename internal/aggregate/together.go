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
	wg   sync.WaitGroup
	mu   sync.Mutex
	beat chan struct{} // closed when those that wait may go on; nil while none waits
}

// waitTogether is how long a look waits for others. One that is followed by the next within waitsAtLeast does not.
const (
	waitTogether = time.Second
	waitsAtLeast = 20 * time.Second
)

// may tells whether a look can wait: it brought nothing, and what is known of the source is asked for again
// late enough.
func (t *together) may(job *collect.Job, res *collect.Result, now time.Time) bool {
	return res.Outcome == collect.Unchanged && job.Pushed == nil && len(res.Holds) == 0 && res.State.NextRun.Sub(now) >= waitsAtLeast
}

// after calls then beside the caller when others wait no more, or when ctx ends.
func (t *together) after(ctx context.Context, then func()) {
	t.mu.Lock()
	if t.beat == nil {
		beat := make(chan struct{})
		t.beat = beat
		time.AfterFunc(waitTogether, func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			close(beat)
			t.beat = nil
		})
	}
	beat := t.beat
	t.mu.Unlock()
	t.wg.Go(func() {
		select {
		case <-beat:
		case <-ctx.Done():
		}
		then()
	})
}
