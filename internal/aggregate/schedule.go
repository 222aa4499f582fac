package aggregate

import (
	"container/heap"
	"context"
	"errors"
	"log/slog"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/feed"
	"feedd/internal/store"
)

// How often the schedule looks at the clock at least, and whether it was put back; and how long after some sources started the next
// ones do at the earliest, together: to wake for each of thirty in a second took a third of the CPU of a minute with some news.
const (
	clockEvery  = time.Minute
	dueTogether = time.Second
)

// restFor is how long the schedule rests when the next source is due so much later, and the last ones started so long ago. A timer stands
// still while the machine sleeps, and does not hear of a clock that is set.
func restFor(due, started time.Duration) time.Duration {
	return min(max(due, dueTogether-started), clockEvery)
}

// How long the schedule waits before it tries a source again whose items could not be saved.
const saveRetry = time.Minute

// Why a source runs when no look at it says so.
var (
	unsaved     = feed.Reason{Kind: feed.ReasonUnsaved, Text: "waits a minute because what it brought could not be saved"}
	uncollected = feed.Reason{Kind: feed.ReasonFirst, Text: "has not been collected yet"}
)

// slot is a source in the schedule.
type slot struct {
	src     feed.Source
	state   feed.SourceState
	running int  // looks queued or under way; one poll at most, and what a hub delivered
	polling bool // one of them is a poll
	wanted  bool // the configuration still names it
	// push is the subscription as a hub's question changed it while a look was under way, which
	// knows the one before.
	push *feed.Push
}

// done is what a look at a source left.
type done struct {
	id     string
	pushed bool
	rep    Report
	state  feed.SourceState
	err    error
}

// schedule knows when each source is due.
type schedule struct {
	a     *Aggregate
	slots map[string]*slot
	rest  map[string]feed.SourceState // of sources that are not in the configuration
	queue *collect.Queue
	of    *collect.Collector // whose queue it is
	old   []*collect.Queue   // of earlier configurations; their last looks are still under way
	done  chan done
	over  together // looks that are not saved yet

	replanned time.Time // when replan last looked, by the clock
	started   time.Time // when sources were submitted last because they were due, by time.Now, which nobody sets
	waiting   waiting   // at least once each that rests
}

// runSchedule submits each source when it is due, never one that is still under way, until ctx
// ends; then it waits for those under way. A daemon that slept through several runs of a source
// finds it due once.
func (a *Aggregate) runSchedule(ctx context.Context) error {
	states, err := a.store.States(ctx)
	if err != nil {
		return err
	}
	s := &schedule{a: a, slots: map[string]*slot{}, rest: states, done: make(chan done)}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		all, looked := false, "" // what may be due at another time than it was
		select {
		case <-ctx.Done():
			s.drain()
			return nil
		case <-a.reload:
			s.configure(ctx)
			all = true
		case d := <-s.done:
			s.settle(ctx, d)
			looked = d.id
		case call := <-a.calls:
			call(s)
			all = true
		case <-timer.C:
		}
		if s.replan(ctx) || all {
			s.waiting = s.waiting[:0]
			for id := range s.slots {
				s.submit(id)
			}
		} else if looked != "" {
			s.submit(looked)
		}
		s.submitDue()
		if len(s.waiting) > 0 {
			timer.Reset(restFor(s.waiting[0].due.Sub(a.now()), time.Since(s.started)))
		} else {
			timer.Stop()
		}
	}
}

// drain waits for the looks under way, which end soon: their context has.
func (s *schedule) drain() {
	idle := make(chan struct{})
	go func() {
		defer close(idle)
		for _, q := range append(s.old, s.queue) {
			if q != nil {
				q.Wait()
			}
		}
		s.over.wg.Wait()
	}()
	for {
		select {
		case <-s.done: // saved already; there is no next run to plan
		case call := <-s.a.calls:
			call(s)
		case <-idle:
			return
		}
	}
}

// configure takes over the settings in force.
func (s *schedule) configure(ctx context.Context) {
	settings, collector := s.a.current()
	if collector != s.of {
		if s.queue != nil {
			s.old = append(s.old, s.queue)
		}
		s.of = collector
		s.queue = collector.Queue(ctx, func(job *collect.Job, res *collect.Result) {
			may := s.over.may(job, res, s.a.now())
			s.over.after(ctx, look{job, res}, may, func(looks []look) { s.keep(ctx, looks) })
		})
	}
	s.admit(ctx, settings.Sources)
}

// keep saves what looks brought, also when ctx has ended meanwhile.
func (s *schedule) keep(ctx context.Context, looks []look) {
	for i, d := range s.a.keepAll(context.WithoutCancel(ctx), looks) {
		if p := looks[i].job.Pushed; p != nil {
			d.pushed = true
			s.a.pushes.release(d.id, int64(len(p.Bytes)))
		}
		s.done <- d
	}
}

// settle notes what a look left.
func (s *schedule) settle(ctx context.Context, d done) {
	sl := s.slots[d.id]
	sl.state = d.state
	if sl.running--; !d.pushed {
		sl.polling = false
	}
	if sl.push != nil {
		sl.state.Push, sl.push = sl.push, nil
		s.save(ctx, sl)
	}
	if d.err != nil {
		sl.state.Plan(s.a.now().Add(saveRetry), unsaved)
	}
	s.a.report(ctx, &sl.src, d)
	switch {
	case sl.wanted:
		s.a.count.source(d.id, &sl.state)
		s.subscribe(ctx, sl)
	case sl.running == 0:
		s.rest[d.id] = sl.state
		delete(s.slots, d.id)
	}
}

// save stores a source's state between two looks.
func (s *schedule) save(ctx context.Context, sl *slot) {
	err := s.a.store.SaveState(ctx, sl.state)
	s.a.saved(err)
	if err != nil && ctx.Err() == nil {
		s.a.log.Error("saving failed", "source", sl.src.ID, "error", err)
	}
}

// replan looks, now and then, for sources whose next run lies further away than they would be planned
// now, as when it was planned by a clock that was ahead and has been put back. Without that they
// would be silent until then. It tells whether there are any.
func (s *schedule) replan(ctx context.Context) bool {
	now := s.a.now()
	if since := now.Sub(s.replanned); since >= 0 && since < clockEvery {
		return false
	}
	back := s.replanned.Sub(now)
	s.replanned = now
	n := 0
	for _, sl := range s.slots {
		if sl.running > 0 || !sl.wanted || sl.state.NextRun.Sub(now) <= clockEvery {
			continue
		}
		next, reason := s.of.NextRun(sl.src, sl.state, now)
		if !next.Before(sl.state.NextRun) {
			continue
		}
		sl.state = collect.Timely(sl.state, now)
		sl.state.Plan(next, reason)
		s.save(ctx, sl)
		n++
	}
	if n > 0 {
		s.a.log.Warn("the clock was put back; sources that would have waited are scheduled again", "sources", n, "by", max(back, 0).Round(time.Second))
	}
	return n > 0
}

// submitDue submits what is due, unless it did so a moment ago, and looks at nothing else: a thousand sources that are gone through
// for each look of a thousand add up.
func (s *schedule) submitDue() {
	if time.Since(s.started) < dueTogether {
		return
	}
	now := s.a.now()
	for len(s.waiting) > 0 && !s.waiting[0].due.After(now) {
		id := heap.Pop(&s.waiting).(waits).id
		if sl := s.slots[id]; sl != nil && !sl.state.NextRun.After(now) { // else it waits once more, for later
			s.submit(id)
			s.started = time.Now()
		}
	}
}

// refusedRest is how long a source rests that the queue did not take, for its last look was not quite over.
const refusedRest = time.Second

// submit submits a source that is due, and lets one wait that will be.
func (s *schedule) submit(id string) {
	sl, now := s.slots[id], s.a.now()
	if sl == nil || sl.polling || !sl.wanted || sl.state.NextRun.IsZero() {
		return
	}
	due := sl.state.NextRun
	if !due.After(now) {
		s.over.begin(1)
		if s.queue.Submit(collect.Job{Source: sl.src, State: sl.state, Known: s.a.store.Known}) {
			sl.polling = true
			sl.running++
			return
		}
		s.over.begin(-1)
		due = now.Add(refusedRest)
	}
	heap.Push(&s.waiting, waits{due, id})
}

// waits is a source that is due at a time, unless that was changed since.
type waits struct {
	due time.Time
	id  string
}

// waiting is a heap of these, the first due at its top.
type waiting []waits

func (w waiting) Len() int           { return len(w) }
func (w waiting) Less(i, j int) bool { return w[i].due.Before(w[j].due) }
func (w waiting) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *waiting) Push(x any)        { *w = append(*w, x.(waits)) }
func (w *waiting) Pop() any {
	last := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	return last
}

// admit brings the schedule to the sources of the configuration. Where that moves a next run, as
// another schedule or zone does, it is stored, for those who ask why.
func (s *schedule) admit(ctx context.Context, sources []feed.Source) {
	now := s.a.now()
	for _, sl := range s.slots {
		sl.wanted = false
	}
	for _, src := range sources {
		sl := s.slots[src.ID]
		if sl == nil {
			sl = &slot{state: s.rest[src.ID]}
			s.slots[src.ID] = sl
		}
		sl.src, sl.wanted = src, true
		if sl.running == 0 {
			sl.state = collect.Timely(sl.state, now)
		}
		switch {
		case sl.polling: // it says itself when it runs next
		case sl.state.LastRun.IsZero() || sl.state.URL != src.URL:
			sl.state.Plan(now, uncollected)
		default:
			next, reason := collect.NextRun(src, sl.state, now)
			if sl.state.Schedule == src.Schedule && sl.state.NextRun.Equal(next) && sl.state.Private == src.Private {
				break
			}
			sl.state.Plan(next, reason)
			sl.state.Schedule = src.Schedule
			sl.state.Private = src.Private // it stays so when the source is taken out before the next look
			s.save(ctx, sl)
		}
	}
	for id, sl := range s.slots {
		if sl.wanted {
			s.a.count.source(id, &sl.state)
			continue
		}
		s.a.count.forget(id)
		if sl.running == 0 {
			s.rest[id] = sl.state
			delete(s.slots, id)
		}
	}
}

// report logs a look at a source, once: what went wrong as a warning, the rest for those who ask. Of a
// private source the address is left out.
func (a *Aggregate) report(ctx context.Context, src *feed.Source, d done) {
	failed := src.Discreet(d.rep.Error, d.state.FinalURL, d.state.MovedTo)
	switch {
	case ctx.Err() != nil: // stopping
	case d.err != nil:
		a.log.Error("saving failed", "source", d.id, "error", d.err)
	case d.rep.Status == string(collect.Held): // not asked; the host's one failure was logged
		a.log.Debug("source waits", "source", d.id, "reason", d.rep.Error)
	case d.state.Gone:
		a.log.Warn("source stopped", "source", d.id, "error", failed)
	case d.rep.Error != "":
		a.log.Warn("source failed", "source", d.id, "error", failed, "next", d.state.NextRun)
	default:
		level := slog.LevelDebug
		if d.rep.New+d.rep.Updated > 0 {
			level = slog.LevelInfo
		}
		a.log.Log(ctx, level, "collected", "source", d.id, "status", d.rep.Status, "new", d.rep.New,
			"updated", d.rep.Updated, "unchanged", d.rep.Unchanged, "warnings", len(d.rep.Warnings))
	}
}

// How often retention looks for what nobody can see any more.
const retentionEvery = time.Hour

// Examples of one section that are kept to learn from: beyond some thousands more of them teach
// nothing new, and what was news long ago misleads.
const labelsKept = 5000

// How long retention rests after the clock went by more than clockJump otherwise than time did. Set
// to a wrong date, it makes everything old; whoever notices can put it right.
const (
	retentionRest = 12 * time.Hour
	clockJump     = 6 * time.Hour
)

// runRetention takes away what is old, hour by hour, until ctx ends; or with lost when another node has
// taken over.
func (a *Aggregate) runRetention(ctx context.Context, lost func(error)) {
	ticker := time.NewTicker(retentionEvery)
	defer ticker.Stop()
	var rest time.Duration
	for {
		if rest > 0 {
			rest -= retentionEvery
		} else if err := a.Prune(ctx); errors.Is(err, store.ErrLost) {
			lost(err)
		} else if err != nil && ctx.Err() == nil {
			a.log.Error("removing old items failed", "error", err)
		}
		clock, passed := a.now(), time.Now()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if jumped := (a.now().Sub(clock) - time.Since(passed)).Abs(); jumped > clockJump {
			a.log.Warn("the clock jumped; old items are kept for now", "by", jumped.Round(time.Second), "for", retentionRest)
			rest = retentionRest
		}
	}
}

// Prune takes away what is older than Settings.Keep.
func (a *Aggregate) Prune(ctx context.Context) error {
	settings, _ := a.current()
	now := a.now()
	n, err := a.store.Prune(ctx, now.Add(-settings.Keep()), now)
	if n > 0 {
		a.log.Info("removed old items", "items", n)
	}
	if err != nil {
		return err
	}
	if err := a.atDesk.enter(ctx); err != nil {
		return err
	}
	defer a.atDesk.leave()
	if n, err = a.store.PruneLabels(ctx, labelsKept); n > 0 {
		a.forget() // the model counts them still
	}
	if a.desk != nil && a.model.Aged(now) {
		a.forget()
	}
	return err
}
