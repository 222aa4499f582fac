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
	wg       sync.WaitGroup
	mu       sync.Mutex
	underWay int // looks that began and are not over; pushes are not counted
	waiting  []look
	size     int           // of these, see look.size
	taken    chan struct{} // closed when they are saved; nil while none waits
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

// waitTogether is how long a look waits for others that are under way. One that is followed by the next within waitsAtLeast does not,
// nor does any when more than mostTogether bytes of texts would: they stand in memory.
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

// begin notes that so many looks begin, or, below 0, that they did not.
func (t *together) begin(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.underWay += n
}

// after has a look that is over wait, if it may. What waits is saved by the caller when no look is under way any more or it is too
// much; else beside it, a while after the first of it came or when ctx ends.
func (t *together) after(ctx context.Context, l look, may bool, save func([]look)) {
	t.mu.Lock()
	if l.job.Pushed == nil {
		t.underWay--
	}
	t.waiting = append(t.waiting, l)
	t.size += l.size()
	now := !may || t.underWay == 0 || t.size > mostTogether
	if !now && t.taken == nil {
		taken := make(chan struct{})
		t.taken = taken
		t.wg.Go(func() { t.saveLater(ctx, taken, save) })
	}
	t.mu.Unlock()
	if now {
		t.save(save)
	}
}

// saveLater saves what waits when nobody took it in time.
func (t *together) saveLater(ctx context.Context, taken <-chan struct{}, save func([]look)) {
	wait := time.NewTimer(waitTogether)
	defer wait.Stop()
	select {
	case <-taken:
		return
	case <-wait.C:
	case <-ctx.Done():
	}
	t.save(save)
}

// save saves what waits, if anything does.
func (t *together) save(save func([]look)) {
	t.mu.Lock()
	looks := t.waiting
	t.waiting, t.size = nil, 0
	if t.taken != nil {
		close(t.taken)
		t.taken = nil
	}
	t.mu.Unlock()
	if len(looks) > 0 {
		save(looks)
	}
}
