package collect

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"feedd/internal/aggregate/read"
	"feedd/internal/feed"
)

// Job is one source to be collected.
type Job struct {
	Source feed.Source
	State  feed.SourceState
	// Load, when set, gives the state as the run starts, instead of State: a job may have queued
	// for long behind its host, or been found due just before the run that it repeats ended. Load
	// returns ErrNotDue then.
	Load  func(ctx context.Context) (feed.SourceState, error)
	Known Known // may be nil, see Known
	// Pushed is what the source's hub delivered. The run reads it and asks nobody.
	Pushed *read.Body
}

// ErrNotDue, returned by a job's Load, drops the job without a result.
var ErrNotDue = errors.New("the source is no longer due")

// maxPushed bounds what one source's hub may deliver while the source is busy.
const maxPushed = 8

// Queue collects sources as they come in. Each host has a line of its own, served in order, one
// request at a time and spaced; a host that is slow, held or long in line keeps no other waiting,
// and nothing but its own line waits for it. A request's time runs from its start, not while it
// queues. A source that is queued or under way is not taken again, so its runs never overlap.
//
// A host costs a goroutine while it has sources in line, a source one while it is under way, and
// nothing else does. What a run needs on its stack while it waits for an answer is kept small: hundreds do. The
// requests under way, with the documents and results that came of them, are bounded by Options.MaxHosts; the
// documents being parsed by the number of processors.
type Queue struct {
	c    *Collector
	ctx  context.Context
	each func(*Job, *Result)

	mu    sync.Mutex
	lines map[string]*line
	busy  map[string][]Job // by source id: queued or under way; what its hub delivered meanwhile
	wg    sync.WaitGroup
}

// line is the sources that wait for one host.
type line struct {
	host string
	jobs []*Job
}

// Queue starts a queue that lives until ctx ends. Each result is given to each, from many
// goroutines at once; the run's place among those under way is free only when each returns, so that
// results do not pile up before a slow store. What ctx cut short is not given: nothing was learned.
func (c *Collector) Queue(ctx context.Context, each func(*Job, *Result)) *Queue {
	return &Queue{c: c, ctx: ctx, each: each, lines: make(map[string]*line), busy: make(map[string][]Job)}
}

// Run collects all jobs, due or not, and returns when the last result was given to each, or with
// ctx's error.
func (c *Collector) Run(ctx context.Context, jobs iter.Seq[Job], each func(*Job, *Result)) error {
	q := c.Queue(ctx, each)
	for job := range jobs {
		q.Submit(job)
	}
	q.Wait()
	return ctx.Err()
}

// Submit puts a job into its host's line. It returns false when the source is queued or under way
// already, or the queue's context has ended. What a hub delivered is refused only when too much of
// it waits.
func (q *Queue) Submit(job Job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ctx.Err() != nil {
		return false
	}
	id := job.Source.ID
	if waiting, busy := q.busy[id]; busy {
		if job.Pushed == nil || len(waiting) == maxPushed {
			return false
		}
		q.busy[id] = append(waiting, job)
		q.wg.Add(1)
		return true
	}
	q.busy[id] = nil
	q.wg.Add(1)
	if job.Pushed != nil {
		go q.run(&visit{c: q.c}, &job)
		return true
	}
	host := HostOf(job.Source)
	l := q.lines[host]
	if l == nil {
		l = &line{host: host}
		q.lines[host] = l
		go q.serve(l)
	}
	l.jobs = append(l.jobs, &job)
	return true
}

// Busy returns how many sources are queued or under way.
func (q *Queue) Busy() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.busy)
}

// Wait returns once nothing is queued or under way. No job may be submitted meanwhile, unless the
// queue's context has ended.
func (q *Queue) Wait() { q.wg.Wait() }

// serve sends one source after the other to the host, each when the one before has left it. What a
// source does elsewhere or afterwards holds up nobody in its line.
func (q *Queue) serve(l *line) {
	for {
		q.mu.Lock()
		if len(l.jobs) == 0 {
			delete(q.lines, l.host)
			q.mu.Unlock()
			return
		}
		job := l.jobs[0]
		l.jobs[0] = nil
		l.jobs = l.jobs[1:]
		q.mu.Unlock()

		v := &visit{c: q.c, host: l.host, interval: job.Source.HostInterval}
		// An error here, a held host or the queue's end, meets the run again, which words it.
		v.leave, _ = q.c.gate.Enter(q.ctx, l.host, job.Source.HostInterval)
		v.entered = time.Now()
		go q.run(v, job)
	}
}

// run makes one job's run, and then those of what its hub delivered meanwhile.
func (q *Queue) run(v *visit, job *Job) {
	for {
		q.one(v, job)
		q.mu.Lock()
		waiting := q.busy[job.Source.ID]
		if len(waiting) == 0 {
			delete(q.busy, job.Source.ID)
			q.mu.Unlock()
			q.wg.Done()
			return
		}
		job = &waiting[0]
		q.busy[job.Source.ID] = waiting[1:]
		q.mu.Unlock()
		q.wg.Done()
		v = &visit{c: q.c}
	}
}

func (q *Queue) one(v *visit, job *Job) {
	defer v.release()
	if q.ctx.Err() != nil {
		return
	}
	if job.Load != nil {
		st, err := job.Load(q.ctx)
		if errors.Is(err, ErrNotDue) {
			return
		}
		if err != nil {
			q.each(job, failed(&job.State, err))
			return
		}
		job.State = st
	}
	var res *Result
	if job.Pushed != nil {
		res = v.pushed(q.ctx, &job.Source, &job.State, job.Pushed)
	} else {
		res = v.collect(q.ctx, &job.Source, &job.State, job.Known)
	}
	if res.Err != nil && q.ctx.Err() != nil {
		return
	}
	q.each(job, res)
}
