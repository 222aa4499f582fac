package aggregate

import (
	"context"
	"sync"
	"time"

	"feedd/internal/aggregate/collect"
)

// together has looks wait for each other, so that what they brought is saved in one transaction: most brought nothing, and a
// transaction for each costs more than what it writes. When a state was not saved before a crash, nor were the items that came
// with it: the source is asked once more, and nothing is lost.
type together struct {
	wg      sync.WaitGroup
	mu      sync.Mutex
	waiting []look
	size    int // of these, see look.size
}

// look is a look at a source that is over, and not saved yet.
type look struct {
	job *collect.Job
	res *collect.Result
}

// size is how many bytes of texts a look brought.
func (l look) size() (n int) {
	for i := range l.res.Items {
		n += len(l.res.Items[i].Summary) + len(l.res.Items[i].Content)
	}
	return n
}

// waitTogether is how long a look waits for others. One that is followed by the next within waitsAtLeast does not, nor does
// any when more than mostTogether bytes of texts would: they stand in memory.
const (
	waitTogether = time.Second
	waitsAtLeast = 5 * time.Second
	mostTogether = 1 << 20
)

// may tells whether a look can wait: it did not fail, and nothing was pushed, since who pushes wants it known at once; and what is
// known of the source is asked for again late enough.
func (t *together) may(job *collect.Job, res *collect.Result, now time.Time) bool {
	return (res.Outcome == collect.Unchanged || res.Outcome == collect.OK) && job.Pushed == nil && len(res.Holds) == 0 &&
		res.State.NextRun.Sub(now) >= waitsAtLeast
}

// after has a look wait. What waits is saved beside the caller a while after the first of it came, or when ctx ends, unless
// somebody takes it before; by the caller, when it is too much.
func (t *together) after(ctx context.Context, l look, save func([]look)) {
	t.mu.Lock()
	first := len(t.waiting) == 0
	t.waiting = append(t.waiting, l)
	t.size += l.size()
	full := t.size > mostTogether
	t.mu.Unlock()
	if full {
		t.save(save)
	} else if first {
		t.wg.Go(func() {
			wait := time.NewTimer(waitTogether)
			defer wait.Stop()
			select {
			case <-wait.C:
			case <-ctx.Done():
			}
			t.save(save)
		})
	}
}

// save saves what waits, if anything does.
func (t *together) save(save func([]look)) {
	if looks := t.take(); len(looks) > 0 {
		save(looks)
	}
}

// take returns what waits, for who saves something and takes it along.
func (t *together) take() []look {
	t.mu.Lock()
	defer t.mu.Unlock()
	looks := t.waiting
	t.waiting, t.size = nil, 0
	return looks
}
