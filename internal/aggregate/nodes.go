package aggregate

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/feed"
	"feedd/internal/store"
)

// Several nodes collect from one table of sources. The node that holds the desk plans: it brings the
// table to its configuration and queues the hosts that have sources due. Whichever node gets a host looks
// at these sources, one after another, and saves what they bring if nobody else did. The queue is a means
// to share the work, no more: whatever becomes of it, what is due stands in the table.

// Queue gives each queued host to one of the nodes.
type Queue interface {
	// Put queues hosts, but for those that are queued or under way, whose sources were due at a time.
	Put(ctx context.Context, hosts []string, at time.Time) error
	// Take calls work for each host that this node gets, at most so many at once, until ctx ends.
	Take(ctx context.Context, atOnce int, work func(ctx context.Context, host string, at time.Time)) error
}

const (
	// hostsAtOnce is how many hosts a node takes at most: the others are left for other nodes.
	hostsAtOnce = 100
	// hostTime is how long a node goes on to begin looks at one host's sources; then the host is queued
	// anew, behind the others.
	hostTime = 20 * time.Second
	// looksMost is how many looks at one host are begun without a look at the clock.
	looksMost = 50

	planEvery = time.Second
	planAgain = 10 * time.Second // what is due still, though it was queued
	planMost  = 5000             // sources at once

	saveAgain = time.Second      // while the database is away
	saveFor   = 45 * time.Second // then what was brought is given up and fetched again
)

// hostsOf gathers the sources of each host.
func hostsOf(sources []feed.Source) map[string][]int {
	hosts := map[string][]int{}
	for i := range sources {
		host := collect.HostOf(sources[i])
		hosts[host] = append(hosts[host], i)
	}
	return hosts
}

// plan is what the planning node knows between two looks.
type plan struct {
	*Aggregate
	host   map[string]string    // of each source of the configuration
	queued map[string]queuedRun // by source
}

// queuedRun is a source's run that was queued.
type queuedRun struct{ run, at time.Time }

// runPlan plans until ctx ends; or with lost when another node has taken over.
func (a *Aggregate) runPlan(ctx context.Context, lost func(error)) {
	tick := time.NewTicker(planEvery)
	defer tick.Stop()
	p := plan{Aggregate: a}
	var said, clock time.Time
	for {
		err := p.look(ctx, &clock)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, store.ErrLost):
			lost(err)
			return
		case err != nil && time.Since(said) >= clockEvery:
			a.log.Error("planning the sources that are due failed; it is tried again", "error", err)
			said = time.Now()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-a.reload:
			p.host = nil
		}
	}
}

// look queues the hosts that have sources due.
func (p *plan) look(ctx context.Context, clock *time.Time) error {
	now := p.now()
	if now.Before(clock.Add(-clockBack)) {
		p.log.Warn("the clock was put back; sources that would have waited are scheduled again", "by", clock.Sub(now).Round(time.Second))
		p.host = nil
	}
	*clock = now
	if p.host == nil {
		if err := p.admit(ctx, now); err != nil {
			return err
		}
	}
	due, err := p.store.Due(ctx, now, planMost)
	if err != nil {
		return err
	}
	var hosts []string
	var gone []string
	still := make(map[string]queuedRun, len(due))
	for _, d := range due {
		host, ok := p.host[d.ID]
		if !ok {
			gone = append(gone, d.ID)
			continue
		}
		q, ok := p.queued[d.ID]
		if !ok || !q.run.Equal(d.At) || time.Since(q.at) >= planAgain {
			hosts = append(hosts, host)
			q = queuedRun{d.At, time.Now()}
		}
		still[d.ID] = q
	}
	if err := p.rest(ctx, gone); err != nil {
		return err
	}
	slices.Sort(hosts)
	if hosts = slices.Compact(hosts); len(hosts) > 0 {
		if err := p.queue.Put(ctx, hosts, now); err != nil {
			return err
		}
	}
	p.queued = still
	return nil
}

// admit brings the table of sources to the configuration, see schedule.admit. A source that is due, or
// under way, says itself when it runs next.
func (p *plan) admit(ctx context.Context, now time.Time) error {
	settings, collector := p.current()
	states, err := p.store.States(ctx)
	if err != nil {
		return err
	}
	host := make(map[string]string, len(settings.Sources))
	var plans []store.Planned
	for i := range settings.Sources {
		src := &settings.Sources[i]
		host[src.ID] = collect.HostOf(*src)
		stored, known := states[src.ID]
		st := collect.Timely(stored, now)
		st.Source = src.ID
		p.count.source(src.ID, &st)
		if due := st.NextRun; known && !due.IsZero() && !due.After(now) {
			continue
		}
		if st.LastRun.IsZero() || st.URL != src.URL {
			st.Plan(now, uncollected)
		} else {
			next, reason := collector.NextRun(*src, st, now)
			if st.Schedule == src.Schedule && stored.NextRun.Equal(next) && st.Private == src.Private {
				continue
			}
			st.Plan(next, reason)
			st.Schedule = src.Schedule
		}
		st.Private = src.Private // it stays so when the source is taken out before the next look
		plans = append(plans, store.Planned{State: st, Was: stored.NextRun})
	}
	for part := range slices.Chunk(plans, planMost) {
		if _, err := p.store.Plan(ctx, part); err != nil {
			return err
		}
	}
	p.host = host
	return nil
}

// rest lets sources that are not in the configuration wait until they are.
func (p *plan) rest(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	states, err := p.store.StatesOf(ctx, ids)
	if err != nil {
		return err
	}
	var plans []store.Planned
	for id, st := range states {
		p.count.forget(id)
		was := st.NextRun
		st.Plan(time.Time{}, feed.Reason{Text: "is not in the configuration"})
		plans = append(plans, store.Planned{State: st, Was: was})
	}
	_, err = p.store.Plan(ctx, plans)
	return err
}

// overdue is how many seconds the source has been due that waits longest, for /metrics; -1 when the store
// does not say.
// Lags tells how many seconds the source has been due that waits longest, and how many the item has waited for the
// desk that waits longest; -1 where that cannot be told.
func (a *Aggregate) Lags() (collect, desk float64) {
	_, desk = a.waiting()
	return a.overdue(), desk
}

func (a *Aggregate) overdue() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	now := a.now()
	due, err := a.store.Due(ctx, now, 1)
	switch {
	case err != nil:
		return -1
	case len(due) == 0:
		return 0
	}
	return now.Sub(due[0].At).Seconds()
}

// collectHost looks at the sources of a host that were due at a time, or are by now, one after another.
func (a *Aggregate) collectHost(ctx context.Context, host string, at time.Time) {
	began := time.Now()
	seen := map[string]bool{} // none twice, though it may be due again, or could not be saved
	for ctx.Err() == nil && time.Since(began) < hostTime {
		if now := a.now(); now.After(at) {
			at = now
		}
		jobs, collector, err := a.dueAt(ctx, host, at, seen)
		if err != nil && ctx.Err() == nil {
			a.log.Warn("the sources due at a host could not be read; the host is queued again", "host", host, "error", err)
		}
		if len(jobs) == 0 {
			return
		}
		err = collector.Run(ctx, slices.Values(jobs), func(job *collect.Job, res *collect.Result) {
			a.keepShared(ctx, job, res)
		})
		if err != nil {
			return // stopping
		}
	}
}

// dueAt returns the next looks at a host.
func (a *Aggregate) dueAt(ctx context.Context, host string, at time.Time, seen map[string]bool) ([]collect.Job, *collect.Collector, error) {
	a.mu.Lock()
	collector := a.collector
	sources := make(map[string]feed.Source, len(a.hosts[host]))
	var ids []string
	for _, i := range a.hosts[host] {
		if src := a.settings.Sources[i]; !seen[src.ID] {
			sources[src.ID] = src
			ids = append(ids, src.ID)
		}
	}
	a.mu.Unlock()
	states, err := a.store.StatesOf(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	ids = slices.DeleteFunc(ids, func(id string) bool {
		next := states[id].NextRun
		return next.IsZero() || next.After(at)
	})
	// Who was asked longest ago is first: one that has its host left alone whenever it is asked, and is due again with all
	// others of that host, would keep them waiting for good.
	slices.SortStableFunc(ids, func(x, y string) int {
		return cmp.Or(states[x].LastRun.Compare(states[y].LastRun), states[x].NextRun.Compare(states[y].NextRun))
	})
	most := looksMost
	var jobs []collect.Job
	for _, id := range ids {
		src := sources[id]
		most = min(most, max(1, int(hostTime/max(src.HostInterval, time.Millisecond))))
		if len(jobs) == most {
			break
		}
		seen[id] = true
		jobs = append(jobs, collect.Job{Source: src, State: states[id], Known: a.store.Known})
	}
	return jobs, collector, nil
}

// keepShared saves what a look brought, if no other look was saved since. While the database is away it
// tries again: the source is not to be asked twice.
func (a *Aggregate) keepShared(ctx context.Context, job *collect.Job, res *collect.Result) {
	var unknown *collect.GateError
	if errors.As(res.Err, &unknown) {
		a.log.Debug("not collected", "source", job.Source.ID, "error", res.Err)
		return
	}
	began := time.Now()
	for {
		rep, st, err := a.keep(context.WithoutCancel(ctx), job, res, &job.State)
		switch {
		case errors.Is(err, store.ErrSuperseded):
			a.log.Debug("another node was faster", "source", job.Source.ID)
			return
		case err != nil && a.store.Lost(err) && ctx.Err() == nil && time.Since(began) < saveFor:
			wait(ctx, saveAgain)
			continue
		}
		a.report(ctx, &job.Source, done{id: job.Source.ID, rep: rep, state: st, err: err})
		if err == nil {
			a.count.source(job.Source.ID, &st)
			a.subscribeShared(ctx, job.Source, st)
		}
		return
	}
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// subscribeShared is schedule.subscribe where several nodes collect.
func (a *Aggregate) subscribeShared(ctx context.Context, src feed.Source, st feed.SourceState) {
	_, collector := a.current()
	next, wanted := collector.Subscription(src, st, a.now())
	if !wanted || ctx.Err() != nil {
		return
	}
	// Stored before the hub is asked: it may verify before it answers.
	if n, err := a.store.Plan(ctx, []store.Planned{{State: next, Was: st.NextRun}}); err != nil || n == 0 {
		a.saved(err)
		return
	}
	err := collector.Subscribe(ctx, src, next)
	if err == nil || ctx.Err() != nil {
		return
	}
	a.log.Warn("the hub of this source does not push; the source is polled", "source", src.ID, "error", src.Discreet(err.Error(), next.Hub))
	err = a.replaceShared(ctx, next.Push.Callback, func(st feed.SourceState) (feed.SourceState, error) { return collect.Refused(st), nil })
	a.saved(err)
}

// replaceTries is how often a change of a state that others change, too, is tried.
const replaceTries = 5

// replaceShared changes the stored state of the source whose hub delivers to a callback.
func (a *Aggregate) replaceShared(ctx context.Context, callback string, change func(feed.SourceState) (feed.SourceState, error)) error {
	for range replaceTries {
		st, found, err := a.store.Subscriber(ctx, callback)
		if err == nil && !found {
			err = ErrNoSubscription
		}
		if err != nil {
			return err
		}
		next, err := change(st)
		if err != nil {
			return err
		}
		if n, err := a.store.Plan(ctx, []store.Planned{{State: next, Was: st.NextRun}}); err != nil || n == 1 {
			return err
		}
	}
	return store.ErrSuperseded
}

// sourceByID finds a source of the configuration.
func (a *Aggregate) sourceByID(id string) (feed.Source, bool) {
	settings, _ := a.current()
	i := slices.IndexFunc(settings.Sources, func(s feed.Source) bool { return s.ID == id })
	if i < 0 {
		return feed.Source{}, false
	}
	return settings.Sources[i], true
}
