// Package daemon wires the house together and gives it its life: it opens the store, builds the two
// wings from the configuration, binds the listener, and runs, reloads and stops them. The one-shot
// commands use the same wiring without a listener. It holds no rules of its own.
package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"feedd/internal/aggregate"
	"feedd/internal/aggregate/collect"
	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/aggregate/read"
	"feedd/internal/cluster"
	"feedd/internal/config"
	"feedd/internal/feed"
	"feedd/internal/publish"
	"feedd/internal/publish/editor"
	"feedd/internal/publish/notify"
	"feedd/internal/store"
)

// ErrFlag says that a flag cannot be understood.
var ErrFlag = errors.New("wrong use")

// Options make a Daemon. Config, DB, Log and Now are required.
type Options struct {
	Config  string // path of feeds.yaml, or InDatabase
	DB      string // see store.Open
	Direct  string // see store.Direct
	Listen  string // HOST:PORT, unix:PATH, systemd or systemd:NAME; empty binds nothing, for one-shot commands
	Admin   string // the same for those who run it; empty serves it on Listen
	Sockets Sockets
	Version string
	// Roles are what this process does, of RoleCollect, RoleDesk and RolePublish; none means all. Only on
	// PostgreSQL may it leave some to other processes.
	Roles []string
	Log   *slog.Logger
	Now   func() time.Time
	// Connections is how many this process has at most to PostgreSQL, 0 for as many as its roles can use, see share.
	Connections int
	// ServerClock has Now corrected, on PostgreSQL, by what the server's clock says: machines differ.
	ServerClock bool
	// Access takes a line for each answer, in the format that AccessFormat names; nil takes none.
	Access       io.Writer
	AccessFormat string
	// Pages are served to readers besides, by path; the demo's guide is one.
	Pages map[string]http.Handler
	// Caches is how many bytes the caches of a SQLite database may take; 0 for as many as they like.
	Caches int64
	// WithoutSecrets is for commands that only look, or say the editor's word, see config.Checks.
	WithoutSecrets bool
	// Dial replaces the network for tests, see collect.Options.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Daemon is the running house.
type Daemon struct {
	o         Options
	log       *slog.Logger
	listeners []net.Listener
	admins    []net.Listener // none without Options.Admin
	store     *store.Store
	roles     roles
	share     share
	started   time.Time
	schema    int64            // that the database had when the nodes were last looked at
	cluster   *cluster.Cluster // nil on SQLite, where one process has all
	agg       *aggregate.Aggregate
	pub       *publish.Publisher
	notify    *notify.Notifier
	registry  *prometheus.Registry
	reloads   *prometheus.GaugeVec
	held      prometheus.Gauge

	gate  collect.Gate // of all collectors, one after another: the hosts stay the same
	found edition      // the configuration that New read
	lost  *HeldError   // why New did not put that into force; nil when it did
	saves saves

	committed   chan struct{} // the desk committed: publish
	unpublished unpublished
	pushed      chan struct{} // somebody pushed another configuration
	onStop      []stopper

	reloading sync.Mutex // held over a whole reload

	mu        sync.Mutex // guards what follows
	config    *config.Config
	collector *collect.Collector
}

// stopper is one thing to close, registered as soon as it is open.
type stopper struct {
	what string
	stop func() error
}

// checks are the rules of other packages that the configuration is held against.
var checks = config.Checks{Schedule: collect.CheckSchedule, Selector: read.CheckSelector, Pattern: sections.CheckPattern, Private: collect.IsPrivate, Address: notify.CheckAddress}

// LoadConfig reads and checks a configuration file.
func LoadConfig(path string) (*config.Config, error) { return config.Load(path, checks) }

// ParseConfig is LoadConfig for a file already read.
func ParseConfig(name string, data []byte) (*config.Config, error) {
	return config.Parse(name, data, checks)
}

// New builds the house and binds the listener. What it opened before a failure is closed again.
//
// It is one long straight function: every step uses what the one before it made.
func New(ctx context.Context, o Options) (_ *Daemon, err error) {
	d := &Daemon{o: o, log: o.Log, started: time.Now(), committed: make(chan struct{}, 1), pushed: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if d.roles, err = rolesOf(o.Roles, o.DB); err != nil {
		return nil, err
	}
	if d.share, err = shareOf(o.Connections, d.roles); err != nil {
		return nil, err
	}
	if err = (Place{o.Config, o.DB, o.Direct}).check(); err != nil {
		return nil, err
	}
	if d.inDatabase() { // which has to be there first
		if err = d.openStore(ctx); err != nil {
			return nil, err
		}
	}
	var text written
	if d.config, text, err = d.load(ctx); err != nil {
		return nil, err
	}
	d.found = text.edition
	if !d.inDatabase() {
		if err = d.openStore(ctx); err != nil {
			return nil, err
		}
	}
	if d.cluster, err = cluster.New(ctx, cluster.Options{Store: d.store, Queue: d.share.queue, Log: o.Log}); err != nil {
		return nil, err
	}
	if d.cluster != nil {
		d.closing("cluster", d.cluster.Close)
		if o.ServerClock {
			if o.Now, err = d.cluster.Clock(ctx, o.Now); err != nil {
				return nil, err
			}
			d.o.Now = o.Now
		}
	}
	if o.Listen != "" {
		release, err := d.store.Serve()
		if err != nil {
			return nil, err
		}
		d.closing("lock", release)
		if d.listeners, err = d.listen(o.Listen, "--listen", o.Sockets.Public()); err != nil {
			return nil, err
		}
	}
	// After this the configuration stands; all that follows is made of it.
	if d.lost = d.whole(ctx, text.text); d.lost != nil {
		d.log.Warn("the configuration lost its end; the one before it is in force again", "error", d.lost)
	} else {
		d.remember(ctx, text)
	}
	if o.Admin != "" {
		if d.admins, err = d.listen(o.Admin, "--admin", o.Sockets.Admin()); err != nil {
			return nil, err
		}
	}

	d.registry = prometheus.NewRegistry()
	d.reloads = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "feedd_config_last_reload_seconds", Help: "Unix time of the last reload, by result.",
	}, []string{"result"})
	d.held = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "feedd_config_held", Help: "1 while a changed configuration is held back because it takes away too much.",
	})
	if d.roles.publish {
		d.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "feedd_publish_lag_seconds", Help: "How long there has been something filed that this node has not published yet.",
		}, d.unpublished.seconds))
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "feedd_build_info", Help: "1, with the version that runs.", ConstLabels: prometheus.Labels{"version": o.Version},
	})
	build.Set(1)
	d.registry.MustRegister(d.reloads, d.held, build, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	d.gate = collect.NewGate(o.Now)
	var queue aggregate.Queue
	if d.cluster != nil && o.Listen != "" { // commands that do one thing and end go their own way
		d.gate, queue = d.cluster.Gate(o.Now), d.cluster
	}
	d.collector = d.newCollector(d.config)
	holds, err := d.store.Holds(ctx, o.Now())
	if err != nil {
		return nil, err
	}
	d.collector.Restore(holds)
	d.closing("connections", func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.collector.Close()
		return nil
	})

	published := d.publication(d.config)
	d.agg, err = aggregate.New(aggregate.Options{
		Store: d.store, Collector: d.collector, Settings: aggregation(d.config, published.Sources),
		Log: o.Log, Now: o.Now, Metrics: d.registry,
		Filed: d.filed, Rest: d.pace, Queue: queue,
	})
	if err != nil {
		return nil, err
	}
	room := newsroom{d}
	d.pub, err = publish.New(publish.Options{
		Desk: editor.New(editor.Options{
			Settings: room.settings, Configuration: room, Alarms: room, Archive: room, Judge: room, Learning: room, Now: o.Now, Log: o.Log,
		}),
		Settings: published, Reader: reader{d.store, d.agg}, Stories: d.store, Archives: d.store, Renditions: d.store, Meta: d.store, Subscriptions: d.store,
		Renderings: d.renderings(), Version: o.Version, Registry: d.registry, Now: o.Now, Saving: d.agg.Saving, Admin: o.Admin != "", Mine: d.delivering(), Nodes: d.sharing(), Log: o.Log,
		Alarms: d.store,
	})
	if err != nil {
		return nil, err
	}
	d.closing("deliveries", d.pub.Close)
	if d.lost != nil {
		d.hold(d.lost)
	}
	if o.Listen != "" {
		if err := d.begin(ctx); err != nil { // what was published is served still
			o.Log.Warn("could not record since when the configuration is in force", "error", err)
		}
	}
	if err := d.store.OpenChannels(ctx, notify.ChannelIDs(d.config.Notify, d.config.Alerts), o.Now(), len(d.listeners) > 0); err != nil {
		return nil, err
	}
	d.notify, err = notify.New(notify.Options{
		Settings: notification(d.config, &published), Outbox: d.store, Stories: d.store, Post: d.store, Alarms: reader{d.store, d.agg},
		Next: collect.NextTick, Registry: d.registry, Now: o.Now, Log: o.Log,
	})
	if err != nil {
		return nil, err
	}
	d.closing("messages", d.notify.Close)
	return d, nil
}

// reader is what publishing reads: the store, and of the sources also what could not be stored.
type reader struct {
	*store.Store
	agg *aggregate.Aggregate
}

func (r reader) States(ctx context.Context) (map[string]feed.SourceState, error) {
	return r.agg.States(ctx)
}

func (d *Daemon) openStore(ctx context.Context) (err error) {
	if d.store, err = store.Open(ctx, d.o.DB, store.Direct(d.o.Direct), store.Readers(d.share.readers), store.Caches(d.o.Caches)); err != nil {
		return err
	}
	d.closing("store", d.store.Close)
	return nil
}

func (d *Daemon) inDatabase() bool { return d.o.Config == InDatabase }

// read reads the text of the configuration as it is now.
func (d *Daemon) read(ctx context.Context) (written, error) {
	if d.inDatabase() {
		return readVersion(ctx, d.store)
	}
	return readFile(d.o.Config)
}

// load reads the configuration as it is now, and checks it.
func (d *Daemon) load(ctx context.Context) (*config.Config, written, error) {
	w, err := d.read(ctx)
	if err != nil {
		return nil, w, err
	}
	asked := checks
	asked.WithoutSecrets = d.o.WithoutSecrets
	c, err := config.Parse(w.name, w.text, asked)
	return c, w, err
}

func (d *Daemon) closing(what string, stop func() error) {
	d.onStop = append(d.onStop, stopper{what, stop})
}

// Close closes what New opened, the last first. It is for daemons that do not Run.
func (d *Daemon) Close() error {
	var errs []error
	for len(d.onStop) > 0 {
		last := d.onStop[len(d.onStop)-1]
		d.onStop = d.onStop[:len(d.onStop)-1]
		if err := last.stop(); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", last.what, err))
		}
	}
	return errors.Join(errs...)
}

// Addr is the address the daemon listens on, nil when it does not.
func (d *Daemon) Addr() net.Addr {
	if len(d.listeners) == 0 {
		return nil
	}
	return d.listeners[0].Addr()
}

// AdminAddr is the address of the listener for those who run it, nil without one.
func (d *Daemon) AdminAddr() net.Addr {
	if len(d.admins) == 0 {
		return nil
	}
	return d.admins[0].Addr()
}

// current is the configuration in force.
func (d *Daemon) current() *config.Config {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.config
}

func (d *Daemon) newCollector(c *config.Config) *collect.Collector {
	return collect.New(collect.Options{
		Site: c.Site, Version: d.o.Version, Log: d.log, Now: d.o.Now, MaxHosts: c.Collect.Hosts, Gate: d.gate, Rules: d.store, Dial: d.o.Dial,
	})
}

// aggregation is what the collecting wing needs of the configuration, whose sources by their ids both wings have in common.
func aggregation(c *config.Config, sources map[string]feed.Source) aggregate.Settings {
	return aggregate.Settings{
		Sources: c.Sources, ByID: sources, Sections: c.Sections, Drop: c.Drop, Stories: c.Stories,
		Learning: c.SectionSettings, Channels: c.Notify, Retention: c.Publish.Retention,
	}
}

// notification is what messages need of the configuration, of which p is published.
func notification(c *config.Config, p *publish.Settings) notify.Settings {
	return notify.Settings{Site: p.Site, Sections: p.Sections, Sources: p.Sources, Channels: c.Notify, Alerts: c.Alerts}
}

// publication is what the publishing wing needs of the configuration.
func (d *Daemon) publication(c *config.Config) publish.Settings {
	sources := feed.ByID(c.Sources)
	site := c.Site
	if site.URL == "" {
		site.URL = cmp.Or(d.URL(), "http://127.0.0.1:8080")
	}
	settings := publish.Settings{
		Site: site, Sections: c.Sections, Sources: sources, Partners: c.Partners, DeskToken: c.Desk.Token,
		Attribution: c.Publish.Attribution, Hub: c.Publish.Hub, HubPrivate: c.Publish.HubPrivate,
		Images: c.Images, MaxBytes: c.Publish.MaxBytes, Proxies: c.Publish.Proxies,
		Every: rhythm(c),
	}
	if d.o.Listen != "" { // commands that do one thing and end take nothing away
		kept := aggregation(c, sources)
		settings.Keep = kept.Keep()
	}
	return settings
}

// rhythm is how often each section can change: as often as the most frequent source that may reach
// it. Where rules or what was learned file items, any source may.
func rhythm(c *config.Config) map[string]time.Duration {
	every := make(map[string]time.Duration, len(c.Sections))
	gaps := map[string]time.Duration{} // by line: it takes a while, and many sources share one
	for _, src := range c.Sources {
		gap, ok := gaps[src.Schedule]
		if !ok {
			gap = collect.ShortestGap(src.Schedule)
			gaps[src.Schedule] = gap
		}
		if gap == 0 {
			continue
		}
		for i := range c.Sections {
			sec := &c.Sections[i]
			named := src.Section == sec.ID || slices.Contains(slices.Collect(maps.Values(src.Category)), sec.ID)
			if (named || len(sec.Rules) > 0 || sec.Learn) && (every[sec.ID] == 0 || gap < every[sec.ID]) {
				every[sec.ID] = gap
			}
		}
	}
	return every
}

// How long stopping may take.
const (
	drainTime = 2 * time.Second // requests under way
	stopTime  = 4 * time.Second // everything
)

// Run collects, files and serves until ctx ends, then stops within 5 seconds and closes the
// daemon. What is fetched but not saved by then is fetched again at the next start.
func (d *Daemon) Run(ctx context.Context) error {
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	fail := make(chan error, 4+len(d.listeners)+len(d.admins))
	start := func(what string, f func(context.Context) error) {
		wg.Go(func() {
			if err := f(run); err != nil && run.Err() == nil {
				fail <- fmt.Errorf("%s: %w", what, err)
			}
		})
	}

	d.startRoles(ctx, start)
	if d.inDatabase() {
		start("watching the configuration", d.watchVersions)
	} else {
		start("watching the configuration", d.watch)
	}
	start("giving memory back", func(ctx context.Context) error { return giveBack(ctx, d.store.Rest) })
	servers := []*http.Server{}
	serve := func(on []net.Listener, h http.Handler) {
		if len(on) == 0 {
			return
		}
		server := d.server(h)
		servers = append(servers, server)
		for _, l := range on {
			start("serving", func(context.Context) error {
				if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
					return err
				}
				return nil
			})
		}
	}
	serve(d.listeners, d.handler())
	serve(d.admins, d.adminHandler())

	var err error
	select {
	case <-ctx.Done():
	case err = <-fail:
	}
	cancel()
	drain, stop := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer stop()
	for _, server := range servers {
		wg.Go(func() {
			if err := server.Shutdown(drain); err != nil {
				_ = server.Close() // who still reads after that is cut off
			}
		})
	}
	stopped := make(chan struct{})
	go func() { wg.Wait(); close(stopped) }()
	select {
	case <-stopped:
		return errors.Join(err, d.Close())
	case <-time.After(stopTime):
		// The store closes with the process: a transaction under way is rolled back whole.
		return errors.Join(err, errors.New("some work did not stop in time and was cut off; nothing stored is lost"))
	}
}

// server answers with h, and waits for nobody long.
func (d *Daemon) server(h http.Handler) *http.Server {
	if d.o.Access != nil {
		h = (&access{json: d.o.AccessFormat == AccessJSON, now: d.o.Now, from: d.clientOf, w: d.o.Access}).logging(h)
	}
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(d.log.Handler(), slog.LevelDebug),
		ConnState:         newConnections(mostConnections()).note,
	}
}

// How often publishing looks by itself: for entries that grow too old, and for what another process
// committed (feedd retract beside a running daemon). A look costs one small query.
const lookEvery = time.Second

// How often a failure that lasts is told again.
const sayEvery = time.Minute

// publishLoop renders what the desk committed, and what became too old.
func (d *Daemon) publishLoop(ctx context.Context) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var failing, said time.Time // since when, and when it was last told; zero while it works
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.committed:
		case <-look.C:
		}
		began, before := time.Now(), d.pub.Swaps()
		d.unpublished.begin()
		err := d.refresh(ctx)
		d.unpublished.end(err == nil)
		switch {
		case ctx.Err() != nil:
		case err == nil:
			if !failing.IsZero() {
				d.log.Info("publishing works again", "after", time.Since(failing).Round(time.Second))
				failing, said = time.Time{}, time.Time{}
			}
		case began.Sub(said) >= sayEvery: // a database that is away is not worth a line a second
			d.log.Error("publishing failed; what was published stays", "error", err)
			said = began
			fallthrough
		default:
			if failing.IsZero() {
				failing = began
			}
		}
		if d.pub.Swaps() == before {
			continue
		}
		rest := time.NewTimer(d.breath(time.Since(began)))
		select {
		case <-ctx.Done():
			rest.Stop()
			return nil
		case <-rest.C:
		}
	}
}

// refresh renders what was committed. Several nodes keep no pace of their own for any section, for a
// reader may meet one after the other.
func (d *Daemon) refresh(ctx context.Context) error {
	if d.cluster != nil {
		return d.pub.Refresh(ctx)
	}
	return d.pub.Follow(ctx)
}

// breath is how long publishing rests after a rendering that took so long. What comes after quiet is
// published at once; while commits follow each other, they are published together every pace, and
// publishing takes a quarter of one processor at most as long as that keeps nobody waiting. Of several nodes none
// may be far behind another, for a reader may meet one after the other: what was committed just after a rendering
// looked is shown by the next, nodeWait later, unless that and its rendering take longer; they rest a third of the
// time all the same, for what is slow now is so because others need the processors.
func (d *Daemon) breath(took time.Duration) time.Duration {
	if d.cluster != nil {
		return max(nodeWait-2*took, took/2)
	}
	p := d.pace()
	return max(p-took, min(3*took, p))
}

// pace is the shortest time between two renderings, and between two commits of the desk: each is published as it is
// made, and what came in between the two is filed and published together.
func (d *Daemon) pace() time.Duration {
	if d.pub.Awaited() {
		return hubPace
	}
	return pollPace
}

// WebSub subscribers hear within hubPace of what was saved. Where there are none and all poll, nobody gains by so many
// renderings: half of what is new shows within half of pollPace.
const (
	hubPace  = 2 * time.Second
	pollPace = 3 * time.Second
	nodeWait = 500 * time.Millisecond
)

func (d *Daemon) handler() http.Handler {
	mux := http.NewServeMux()
	if d.roles.publish {
		mux.Handle("/", d.pub.Handler())
	} else {
		d.withoutPages(mux)
	}
	for path, page := range d.o.Pages {
		mux.Handle("GET "+path, page)
	}
	mux.HandleFunc("GET /push/{callback}", d.verifyPush)
	mux.HandleFunc("POST /push/{callback}", d.takePush)
	return mux
}

// Reload reads the configuration again and puts it into force, all of it or nothing: when it has
// mistakes, or anything else fails, the old one stays and the error says why.
func (d *Daemon) Reload() error { return d.reload(true) }

// reload is Reload; unless it was asked for, a configuration that takes away too much is held back, with
// a *HeldError.
func (d *Daemon) reload(asked bool) error {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	before := d.current()
	next, w, err := d.load(context.Background())
	var held *HeldError
	if err == nil {
		if why := takesAway(before, next); why.Key != "" && !asked {
			held = &HeldError{File: w.name, Why: why}
			err = held
		} else {
			err = d.apply(next)
		}
	}
	if err == nil {
		d.remember(context.Background(), w)
	}
	result := "ok"
	switch {
	case held != nil:
		result = "held"
	case err != nil:
		result = "failed"
	}
	d.hold(held)
	d.noteSave(before, next, w.edition, err)
	d.notify.Trouble(filepath.Base(d.o.Config), refused(err))
	d.reloads.WithLabelValues(result).Set(float64(d.o.Now().Unix()))
	return err
}

// apply puts a configuration into force. The steps that may fail come first.
func (d *Daemon) apply(next *config.Config) error {
	d.mu.Lock()
	present, collector := d.config, d.collector
	d.mu.Unlock()
	if !sameSite(next.Site, present.Site) || next.Collect != present.Collect {
		collector = d.newCollector(next)
	}
	before := d.publication(present)
	published := d.publication(next)
	if err := d.pub.Reload(published); err != nil {
		return err
	}
	if err := d.store.OpenChannels(context.Background(), notify.ChannelIDs(next.Notify, next.Alerts), d.o.Now(), len(d.listeners) > 0); err != nil {
		return errors.Join(err, d.pub.Reload(before))
	}
	if err := d.agg.Reload(aggregation(next, published.Sources), collector); err != nil {
		return errors.Join(err, d.pub.Reload(before))
	}
	d.mu.Lock()
	if collector != d.collector {
		d.collector.Close()
	}
	d.config, d.collector = next, collector
	d.mu.Unlock()
	d.notify.Reload(notification(next, &published))
	d.publishSoon()
	return nil
}

// refused says in a line why a configuration is not in force; "" for nil.
func refused(err error) feed.Text {
	var mistakes config.Errors
	switch {
	case err == nil:
		return feed.Text{}
	case errors.As(err, &mistakes) && len(mistakes) > 0:
		e := &mistakes[0]
		text := feed.Say("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
		if e.Hint.Key != "" {
			text = feed.Say("%s (%s)", text, e.Hint)
		}
		if len(mistakes) > 1 {
			text = feed.Say("%s (+%d)", text, len(mistakes)-1)
		}
		return text
	}
	var held *HeldError
	if errors.As(err, &held) {
		return held.Why
	}
	return feed.TextOf(err)
}

// filed wakes what waits for what the desk committed.
func (d *Daemon) filed() {
	d.publishSoon()
	d.notify.Wake()
}

// publishSoon wakes publishing; a call that it has not heard yet serves for this one, too.
func (d *Daemon) publishSoon() {
	d.unpublished.wait()
	select {
	case d.committed <- struct{}{}:
	default:
	}
}

// sameSite tells whether two readings of the file describe one site: each loads its zone anew.
func sameSite(a, b feed.Site) bool {
	if a.Timezone.String() != b.Timezone.String() { // nil is UTC
		return false
	}
	a.Timezone = b.Timezone
	return a == b
}
