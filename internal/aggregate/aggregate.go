// Package aggregate is the wing that takes a headline from its source to a filed story, in one
// straight way: due source -> collect and read -> save unfiled -> desk -> commit -> notice.
//
// Collecting runs many sources side by side and saves what each brought in one transaction with
// the source's new state. One desk takes the unfiled items in order and commits its decisions a
// batch at a time. Between the two stands only the store: a crash at any moment loses nothing,
// and running any step again changes nothing. Publishing is told when something was committed.
package aggregate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"feedd/internal/aggregate/collect"
	"feedd/internal/aggregate/desk"
	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/feed"
	"feedd/internal/store"
)

// Settings are what the editor decided, as far as this wing needs it. They may change while it runs.
type Settings struct {
	Sources  []feed.Source
	ByID     map[string]feed.Source // Sources by their ids; nil has the wing hold a map of its own
	Sections []feed.Section
	Drop     []feed.Rule
	Stories  feed.StorySettings
	Learning feed.SectionSettings
	// Channels are where stories are told to people.
	Channels []feed.Channel
	// Retention is how long an entry stays after it left every section's reach.
	Retention time.Duration
}

// What is kept at least: the feed of all sections has no age of its own.
const windowLeast = 7 * 24 * time.Hour

// window is how far back items may still matter to a story or a section.
func (s *Settings) window() time.Duration {
	w := max(s.Stories.Window, windowLeast)
	for _, sec := range s.Sections {
		w = max(w, sec.MaxAge)
	}
	return w
}

// Keep is how long an entry is left by retention at least: what is older is out of every section's reach, older
// than the stories' window, and beyond the retention.
func (s *Settings) Keep() time.Duration { return s.window() + s.Retention }

// Options make an Aggregate. All fields but Metrics, Filed, Rest and Queue are required.
type Options struct {
	Store     *store.Store
	Collector *collect.Collector
	Settings  Settings
	Log       *slog.Logger
	Now       func() time.Time
	Metrics   prometheus.Registerer // nil means none
	Filed     func()                // called after every commit of the desk; must not block
	// Rest tells how long the desk gathers what comes in after it worked; nil means a second. What comes after quiet is
	// filed at once, and where nodes share the work, the others wait for what is committed: there it never rests.
	Rest  func() time.Duration
	Queue Queue // of the nodes that collect together; nil means this process alone
}

// Aggregate is the wing. Its methods are safe for concurrent use.
type Aggregate struct {
	store *store.Store
	log   *slog.Logger
	now   func() time.Time
	filed func()
	rest  func() time.Duration
	queue Queue // nil: this process alone collects
	count *counters

	saving saving

	reload chan struct{} // settings changed: look at the schedule anew
	wake   chan struct{} // there may be unfiled items
	calls  chan func(*schedule)
	pushes pushes

	mu        sync.Mutex // guards what follows
	settings  Settings
	collector *collect.Collector
	outlets   map[string][]string // their sources
	hosts     map[string][]int    // the sources of each host, by their place in settings
	refiled   Refiled

	atDesk   turnstile  // held while the desk works; guards what follows
	desk     *desk.Desk // nil means that it must be built from the store
	turn     int64      // of its last commit, as of which model is
	kept     *desk.Desk // of settings before these, as of the turn keptAt: its memory may serve once more; nil for none
	keptAt   int64
	filedAt  time.Time              // when it last looked into the inbox, by the clock
	adopted  bool                   // the stored items are filed by the settings in force, or wait to be
	channels []channel              // of the settings in force
	sources  map[string]feed.Source // likewise, by id
	rules    string                 // fingerprint of these settings, once adopted
	model    *sections.Model        // nil means that it must be read from the store
	halfLife time.Duration          // of its examples
	moving   map[string]bool        // stories that the settings in force moved, while they are filed anew by them; else nil
}

// New returns the wing. It touches nothing stored.
func New(o Options) (*Aggregate, error) {
	if o.Filed == nil {
		o.Filed = func() {}
	}
	if o.Rest == nil {
		o.Rest = func() time.Duration { return time.Second }
	}
	a := &Aggregate{
		store: o.Store, log: o.Log, now: o.Now, filed: o.Filed, rest: o.Rest, queue: o.Queue,
		reload: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		calls: make(chan func(*schedule)), pushes: pushes{source: map[string]int64{}},
		atDesk: make(turnstile, 1),
	}
	a.count = newCounters(o.Metrics, a.waiting)
	if a.queue != nil && o.Metrics != nil {
		o.Metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "feedd_collect_lag_seconds", Help: "How long the source has been due that waits longest for any node.",
		}, a.overdue))
	}
	return a, a.Reload(o.Settings, o.Collector)
}

// Reload puts other settings into force. On an error the old ones stay. What was filed by other
// rules is filed anew when the desk next works.
func (a *Aggregate) Reload(s Settings, c *collect.Collector) error {
	_ = a.atDesk.enter(context.Background()) // nothing ends it
	defer a.atDesk.leave()
	if s.ByID == nil {
		s.ByID = feed.ByID(s.Sources)
	}
	if err := desk.Check(deskOptions(s)); err != nil { // a look ahead: nothing has changed yet
		return err
	}
	channels, err := channelsOf(s.Channels)
	if err != nil {
		return err
	}
	if a.desk != nil {
		a.kept, a.keptAt = a.desk, a.turn
	}
	a.desk, a.adopted, a.channels, a.sources = nil, false, channels, s.ByID
	a.mu.Lock()
	if a.queue != nil { // else the schedule forgets what is gone
		for i := range a.settings.Sources {
			id := a.settings.Sources[i].ID
			if !slices.ContainsFunc(s.Sources, func(src feed.Source) bool { return src.ID == id }) {
				a.count.forget(id)
			}
		}
	}
	a.settings, a.collector, a.outlets, a.hosts, a.refiled = s, c, outletsOf(s.Sources), hostsOf(s.Sources), Refiled{}
	a.mu.Unlock()
	poke(a.reload)
	poke(a.wake)
	return nil
}

// turnstile lets one through at a time. Unlike at a mutex, who waits before it can give up.
type turnstile chan struct{}

func (t turnstile) enter(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t turnstile) leave() { <-t }

func (a *Aggregate) current() (Settings, *collect.Collector) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.settings, a.collector
}

// poke leaves a note in a channel of one place; a note that lies there already serves.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run collects sources as they fall due and files what they bring, until ctx ends. What is under
// way then is finished or given up within the limits of ctx's cause; nothing saved is lost.
func (a *Aggregate) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { _ = a.RunDesk(ctx) }) // fails only where another node may take over
	err := a.RunCollecting(ctx)
	cancel() // a schedule that cannot begin is not to look like one at work
	wg.Wait()
	return err
}

// RunCollecting is the part of Run that collects: with Options.Queue, the hosts that this node gets.
func (a *Aggregate) RunCollecting(ctx context.Context) error {
	if a.queue != nil {
		_, collector := a.current()
		return a.queue.Take(ctx, min(hostsAtOnce, collector.Hosts()), a.collectHost)
	}
	return a.runSchedule(ctx)
}

// RunDesk is the part of Run that files, takes away what is old and, with Options.Queue, gives the nodes that
// collect what is due: by the configuration of this node. Of several nodes one runs it, see
// cluster.Hold; it fails with store.ErrLost when another node has taken over. What others filed before
// is read anew at the start.
func (a *Aggregate) RunDesk(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a.takeOver(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { a.runRetention(ctx, cancel) })
	if a.queue != nil {
		wg.Go(func() { a.runPlan(ctx, cancel) })
	}
	a.runDesk(ctx, cancel)
	cancel(nil)
	wg.Wait()
	if err := context.Cause(ctx); errors.Is(err, store.ErrLost) {
		return err
	}
	return nil
}

// takeOver forgets what the desk remembers: others were at work. What was learned is read anew where
// they changed it.
func (a *Aggregate) takeOver(ctx context.Context) {
	if a.atDesk.enter(ctx) != nil {
		return // ctx has ended
	}
	defer a.atDesk.leave()
	a.desk, a.kept, a.adopted = nil, nil, false
}

// Look has the desk look into its inbox: another process saved something.
func (a *Aggregate) Look() { poke(a.wake) }

// Report says what one look at a source brought, for people and programs.
type Report struct {
	ID        string   `json:"id"`
	Status    string   `json:"status"`  // ok, unchanged, failed, held
	Fetched   int      `json:"fetched"` // items in the document
	New       int      `json:"new"`
	Updated   int      `json:"updated"`
	Unchanged int      `json:"unchanged"`
	Error     string   `json:"error"`
	Warnings  []string `json:"warnings"`
}

// keep saves what a look at a source brought; with the state from which it began, only when no other look
// was saved since. The state it returns is the source's new one, or the one before when nothing could be
// saved.
func (a *Aggregate) keep(ctx context.Context, job *collect.Job, res *collect.Result, before *feed.SourceState) (Report, feed.SourceState, error) {
	c := a.collected(job, res, before)
	n, err := a.store.Save(ctx, c)
	return a.brought(job, res, c, n, err)
}

// keepAll is keep for looks that are over at the same time; what they left is in their order.
func (a *Aggregate) keepAll(ctx context.Context, looks []look) []done {
	cs := make([]*store.Collected, len(looks))
	for i, l := range looks {
		cs[i] = a.collected(l.job, l.res, nil)
	}
	counts, errs := a.store.SaveAll(ctx, cs)
	left := make([]done, len(looks))
	for i, l := range looks {
		d := &left[i]
		d.id = l.job.Source.ID
		d.rep, d.state, d.err = a.brought(l.job, l.res, cs[i], counts[i], errs[i])
	}
	return left
}

// collected is what a look brought, as it is saved.
func (a *Aggregate) collected(job *collect.Job, res *collect.Result, before *feed.SourceState) *store.Collected {
	c := &store.Collected{
		State: res.State, Items: res.Items, Withdrawn: res.Deleted, Holds: res.Holds,
		Full: whole(job.Source, res), Complete: job.Source.Complete, Siblings: a.siblings(&job.Source),
		Backlog: backlog(job), At: a.now(), Before: before,
	}
	c.State.Outlet, c.State.Private = job.Source.Outlet(), job.Source.Private
	return c
}

// brought reports how a save ended, which added to the state what a hub changed meanwhile.
func (a *Aggregate) brought(job *collect.Job, res *collect.Result, c *store.Collected, n store.Counts, err error) (Report, feed.SourceState, error) {
	rep := Report{ID: job.Source.ID, Status: string(res.Outcome), Fetched: len(res.Items), Warnings: res.Warnings}
	if rep.Warnings == nil {
		rep.Warnings = []string{}
	}
	if res.Err != nil {
		rep.Error = res.Err.Error()
	}
	if errors.Is(err, store.ErrSuperseded) {
		return rep, job.State, err
	}
	a.saved(err)
	if err != nil {
		err = fmt.Errorf("%s: what it brought could not be saved and will be fetched again: %w", rep.ID, err)
		rep.Status, rep.Error = string(collect.Failed), err.Error()
		a.lookedInVain(rep.ID, job.State, err)
		return rep, job.State, err
	}
	a.lookedAt(rep.ID)
	rep.New, rep.Updated, rep.Unchanged = n.New, n.Updated, n.Unchanged
	if n.New > 0 {
		c.State.LastNew = a.now() // stored with the next look: it is for people
	}
	a.count.fetched(rep)
	if n.New+n.Updated+n.Withdrawn > 0 {
		poke(a.wake)
	}
	return rep, c.State, nil
}

// outletsOf gathers the sources of each outlet.
func outletsOf(sources []feed.Source) map[string][]string {
	outlets := make(map[string][]string, len(sources))
	for i := range sources {
		name := sources[i].Outlet()
		outlets[name] = append(outlets[name], sources[i].ID)
	}
	return outlets
}

// siblings are the other sources of a source's outlet.
func (a *Aggregate) siblings(of *feed.Source) []string {
	a.mu.Lock()
	all := a.outlets[of.Outlet()]
	a.mu.Unlock()
	if len(all) <= 1 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id == of.ID })
}

// backlog bounds what a look at a source brings into the feeds when it is the first that brings any.
func backlog(job *collect.Job) int {
	if st := &job.State; !st.LastSuccess.IsZero() && (st.Items > 0 || !st.LastNew.IsZero()) {
		return 0
	}
	return job.Source.Backlog
}

// whole tells whether a look showed everything that the source lists at present. A body that was cut
// short leaves no fingerprint.
func whole(src feed.Source, res *collect.Result) bool {
	return res.Outcome == collect.OK && !res.Delta && res.State.BodyHash != "" &&
		(src.MaxItems <= 0 || len(res.Items) < src.MaxItems)
}

// Collect looks at all sources now, due or not, or at those named, saves what they bring and files
// it. It calls each, when given, as each source is done, one at a time. A source that fails is in
// its report, not in the error. The reports are in the order of the sources.
func (a *Aggregate) Collect(ctx context.Context, ids []string, each func(Report)) ([]Report, error) {
	return a.collectNow(ctx, ids, each, func(ctx context.Context, full <-chan struct{}) (int, error) { return a.file(ctx, full, false) })
}

// CollectUnfiled is Collect where another process files what is saved.
func (a *Aggregate) CollectUnfiled(ctx context.Context, ids []string, each func(Report)) ([]Report, error) {
	return a.collectNow(ctx, ids, each, func(_ context.Context, full <-chan struct{}) (int, error) {
		for range full {
		}
		return 0, nil
	})
}

// collectNow is Collect with what files: a full batch for each value of its channel, and the rest when that
// is closed.
func (a *Aggregate) collectNow(ctx context.Context, ids []string, each func(Report), file func(context.Context, <-chan struct{}) (int, error)) ([]Report, error) {
	settings, collector := a.current()
	sources, err := choose(settings.Sources, ids)
	if err != nil {
		return nil, err
	}
	states, err := a.store.States(ctx)
	if err != nil {
		return nil, err
	}
	place := make(map[string]int, len(sources))
	for i := range sources {
		place[sources[i].ID] = i
	}
	jobs := func(yield func(collect.Job) bool) {
		for _, src := range sources {
			if !yield(collect.Job{Source: src, State: states[src.ID], Known: a.store.Known}) {
				return
			}
		}
		states = nil // what is known of a source goes when its job has
	}
	reports := make([]Report, len(sources))
	var mu sync.Mutex // guards reports, errs, waiting and each
	var errs []error
	waiting := 0 // for the desk

	// The desk files full batches while collecting goes on, and the rest when it has ended.
	full := make(chan struct{}, len(sources))
	var working sync.WaitGroup
	var deskErr error
	working.Go(func() { _, deskErr = file(ctx, full) })
	err = collector.Run(ctx, jobs, func(job *collect.Job, res *collect.Result) {
		rep, _, err := a.keep(ctx, job, res, nil)
		mu.Lock()
		defer mu.Unlock()
		reports[place[rep.ID]] = rep
		if err != nil {
			errs = append(errs, err)
		}
		if waiting += rep.New + rep.Updated; waiting >= batchSize {
			waiting -= batchSize
			poke(full)
		}
		if each != nil {
			each(rep)
		}
	})
	close(full)
	working.Wait()
	return reports, cmp.Or(err, first(errs), deskErr)
}

// first returns the first error, and says how many more there were: a full disk fails every
// source in the same words.
func first(errs []error) error {
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	return fmt.Errorf("%w (and %d more sources)", errs[0], len(errs)-1)
}

func choose(sources []feed.Source, ids []string) ([]feed.Source, error) {
	if len(ids) == 0 {
		return sources, nil
	}
	byID := feed.ByID(sources)
	var chosen []feed.Source
	var errs []error
	for _, id := range ids {
		s, ok := byID[id]
		if !ok {
			errs = append(errs, feed.Unknownf("no source %q in the configuration", id))
			continue
		}
		delete(byID, id) // named twice, asked once
		chosen = append(chosen, s)
	}
	return chosen, errors.Join(errs...)
}
