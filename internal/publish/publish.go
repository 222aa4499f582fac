// Package publish takes filed entries to their readers: it decides what is fresh, renders each
// document once per change, keeps the bytes ready in every encoding, and serves, pushes and
// exports them.
//
// It is the last station of an item's way: the desk commits entries, Refresh turns what they
// changed into bytes, Handler serves these, the hub pushes them and Export writes them out.
package publish

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"feedd/internal/feed"
	"feedd/internal/publish/client"
	"feedd/internal/publish/hub"
	"feedd/internal/publish/render"
)

// Settings are what the editor decides about publishing.
type Settings struct {
	// Site.URL must be set: the public address, or that of the listener.
	Site     feed.Site
	Sections []feed.Section
	Sources  map[string]feed.Source
	Partners []feed.Partner
	// MaxBytes is how long a feed may be before full texts give way to summaries; 0 means any length.
	MaxBytes int
	// DeskToken opens /alerts.atom; empty means that there is none.
	DeskToken string
	// Images says that pages show the reports' pictures.
	Images bool
	// Attribution is how a feed names the outlet visibly: "title", "summary" or "none".
	Attribution string
	// Hub is a public WebSub hub to ping; empty means that our own at /hub is used.
	Hub string
	// HubPrivate lets subscribers of our own hub live on private and loopback addresses.
	HubPrivate bool
	// Proxies are the networks of proxies in front, which say whom a request comes from.
	Proxies client.Proxies
	// Every is the shortest time between two runs of a section's sources, by section: what
	// Cache-Control promises is made of it. A missing one counts as 15 minutes.
	Every map[string]time.Duration
	// Keep is how long retention leaves entries, see Archives.OpenEntries; 0 where none is at work.
	Keep time.Duration
}

// Options are what a Publisher is made of. All fields are required but Saving, Renderings, Version, Admin, Mine, Nodes, Desk, Alarms, PerPage and Log.
type Options struct {
	Settings      Settings
	Reader        Reader
	Stories       Stories
	Archives      Archives
	Renditions    Renditions
	Renderings    Renderings // where several nodes publish; nil: this one renders everything
	Version       string     // of the program; with Renderings
	Meta          Meta
	Subscriptions hub.Subscriptions
	Registry      *prometheus.Registry // takes our metrics; served at /metrics
	Now           func() time.Time
	// Saving says why nothing can be saved at present; nil while it can. /readyz asks it.
	Saving func() error
	// Admin says that there is another listener for AdminHandler: then Handler tells strangers nothing
	// about sources, metrics and why something is not ready.
	Admin bool
	// Mine, when given, says that other nodes publish the same: this one tells subscribers only while Deliver
	// runs, and asks before each delivery whether it is still the one, with the context of Deliver.
	Mine func(context.Context) error
	// Nodes lists the processes that share the database; nil: there is one.
	Nodes func(context.Context) ([]NodeStatus, error)
	// Desk is the editor's page, on the same listener as the state of the sources; nil for none.
	Desk Desk
	// Alarms are what /alerts.atom tells of.
	Alarms  Alarms
	PerPage int // entries on a closed page of an archive; 0 means 1000
	Log     *slog.Logger
}

// Desk is the editor's page.
type Desk interface {
	http.Handler
	// Open tells whether there is such a page at present.
	Open() bool
}

// Publisher publishes. Its methods may be called from several goroutines.
type Publisher struct {
	reader     Reader
	tellers    Stories
	archives   Archives
	renditions Renditions
	meta       Meta
	now        func() time.Time
	saving     func() error
	log        *slog.Logger
	metrics    *metrics
	cache      *cache
	found      *cache // answers to searches: whoever asks much takes no room from the rest
	cleaned    *render.Cache
	checker    *render.Checker
	shelf      *shelf
	tallies    *tallies // held by mu, as is what fills the shelf
	admin      bool
	nodes      func(context.Context) ([]NodeStatus, error)
	desk       Desk
	arrived    arrivals
	alarms     Alarms
	computing  *client.Rates // what is worked out for one who asks
	guessing   *client.Rates // tokens that are wrong
	hub        *hub.Hub
	clientKey  atomic.Pointer[string] // see hubKey
	registry   *prometheus.Registry
	sharing    *sharing // nil: this node renders everything
	perPage    int
	stamps     *stamps
	troubles   *troubles
	editions   atomic.Uint64 // made so far

	plan  atomic.Pointer[plan]
	site  atomic.Pointer[site] // nil before the first Refresh
	swaps atomic.Int64         // how often it was replaced
	owed  atomic.Bool          // a document was rendered when somebody asked, and is not saved yet

	mu        sync.Mutex // held while something is rendered; guards the fields below
	authority string
	kept      map[string]feed.Rendition // what is saved
	noted     map[string]noted          // what of each section this process saved
	owedSince time.Time                 // when something was published that is not saved yet; zero when all is
	squeezers *squeezers
	closer    *closer   // nil: Refresh closes the pages of archives itself
	topAt     time.Time // when /sections/top was rendered last
	topRests  bool      // it is too early for the next time, see Follow
	topWaits  bool      // it is too early for that alone
	topBehind bool      // it does not show what was committed since
	lazy      bool      // what nobody asks for is not rendered, see slot
}

// New returns a Publisher that serves nothing until the first Refresh.
func New(o Options) (*Publisher, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Saving == nil {
		o.Saving = func() error { return nil }
	}
	p := &Publisher{
		reader:     o.Reader,
		tellers:    o.Stories,
		archives:   o.Archives,
		renditions: o.Renditions,
		meta:       o.Meta,
		now:        o.Now,
		saving:     o.Saving,
		log:        o.Log,
		registry:   o.Registry,
		cache:      newCache(16<<20, o.Now),
		found:      newCache(8<<20, o.Now),
		cleaned:    render.NewCache(4 << 20),
		checker:    render.NewChecker(),
		shelf:      newShelf(o.Reader),
		tallies:    &tallies{},
		admin:      o.Admin,
		nodes:      o.Nodes,
		desk:       o.Desk,
		alarms:     o.Alarms,
		computing:  client.NewRates(computeEvery, computeBurst, o.Now),
		guessing:   client.NewRates(guessEvery, guessBurst, o.Now),
		perPage:    cmp.Or(o.PerPage, perPage),
		stamps:     newStamps(o.Renditions, o.Now),
		troubles:   &troubles{by: map[string]note{}},
		noted:      map[string]noted{},
	}
	if o.Renderings != nil {
		p.sharing = newSharing(o.Renderings, o.Version)
	}
	var err error
	if p.squeezers, err = newSqueezers(); err != nil {
		return nil, err
	}
	if p.metrics, err = newMetrics(o.Registry); err != nil {
		return nil, err
	}
	if err := p.Reload(o.Settings); err != nil {
		return nil, err
	}
	p.hub, err = hub.New(hub.Options{Site: served{p}, Subscriptions: o.Subscriptions, Registry: o.Registry, Now: o.Now, Key: p.hubKey, Mine: o.Mine, Log: o.Log})
	return p, err
}

// Reload takes new settings. Partners' tokens and sections hold at once; what is rendered follows
// at the next Refresh. On an error the old settings stay.
func (p *Publisher) Reload(s Settings) error {
	next, err := newPlan(s, p.metrics)
	if err != nil {
		return err
	}
	p.plan.Store(next)
	return nil
}

// Swaps tells how often a Refresh found something new to publish.
func (p *Publisher) Swaps() int64 { return p.swaps.Load() }

// Awaited tells whether somebody is told of what changes as it does, a subscriber of the hub or a public hub.
func (p *Publisher) Awaited() bool { return p.hub.Awaited() }

// Tell shows a note on the status page until the same subject is told of with another, or with none: one
// of a kind that the page has words for, with a text in English for those who ask in other ways.
func (p *Publisher) Tell(subject string, kind render.NoteKind, text string) {
	if text == "" {
		p.troubles.over(subject)
		return
	}
	p.troubles.set(subject, note{At: p.now(), Text: text, kind: kind})
}

// Authority is the authority of the entries' ids that was fixed at the first publication, "" before.
func (p *Publisher) Authority(ctx context.Context) (string, error) {
	return p.meta.Meta(ctx, authorityKey)
}

// Deliver tells the hub's subscribers what changed until ctx ends, and at its start what they missed. Of
// several nodes one runs it; without Options.Mine nobody needs to.
func (p *Publisher) Deliver(ctx context.Context) error {
	// Nobody is given what is older than what the node before gave.
	if err := p.Refresh(ctx); err != nil {
		return err
	}
	return p.hub.Deliver(ctx)
}

// Close ends deliveries to the hub's subscribers; what was not delivered is at the next start. What is published and not
// saved yet is saved.
func (p *Publisher) Close() error {
	p.hub.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.site.Load()
	if s == nil {
		return nil
	}
	return p.saveOwed(context.Background(), s, p.now(), true)
}

// plan is the settings with what follows from them, made once per Reload and never changed.
type plan struct {
	Settings
	base     string // Site.URL without a trailing slash
	root     string // the path of it, "" or "/below"
	sections []feed.Section
	byID     map[string]*feed.Section
	partners map[string]*partner
	desk     []byte // SHA-256 of the token that opens /alerts.atom, nil for none
	all, top feed.Section
}

func newPlan(s Settings, m *metrics) (*plan, error) {
	u, err := url.Parse(s.Site.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("site.url %q is no address of a site: write for example https://news.example.org", s.Site.URL)
	}
	pl := &plan{Settings: s, desk: deskDigest(s.DeskToken), base: strings.TrimSuffix(s.Site.URL, "/"), root: strings.TrimSuffix(u.Path, "/"),
		byID: map[string]*feed.Section{}, partners: map[string]*partner{}}
	pl.all = feed.Section{ID: "all", Title: s.Site.Title, Description: s.Site.Description, Fair: true}
	for _, sec := range s.Sections {
		if sec.ID == "all" || sec.ID == "top" {
			return nil, fmt.Errorf("no section can have the id %q: that one is always there", sec.ID)
		}
		pl.all.Limit = max(pl.all.Limit, sec.Limit)
		pl.all.MaxAge = max(pl.all.MaxAge, sec.MaxAge)
	}
	if pl.all.Limit == 0 {
		pl.all.Limit = 50
	}
	pl.top = feed.Section{ID: "top", Title: render.TopTitle(s.Site.Language), Description: s.Site.Description,
		Limit: topStories, MaxAge: pl.all.MaxAge, ByCoverage: true}
	pl.sections = append([]feed.Section{pl.all, pl.top}, s.Sections...)
	for i := range pl.sections {
		pl.byID[pl.sections[i].ID] = &pl.sections[i]
	}
	for _, q := range s.Partners {
		if pl.partners[q.ID], err = newPartner(q, m); err != nil {
			return nil, err
		}
	}
	return pl, nil
}

// every returns how often a section can change.
func (pl *plan) every(section string) time.Duration {
	if section == "all" || section == "top" {
		least := time.Duration(0)
		for _, d := range pl.Every {
			if d > 0 && (least == 0 || d < least) {
				least = d
			}
		}
		if least > 0 {
			return least
		}
	}
	if d := pl.Every[section]; d > 0 {
		return d
	}
	return 15 * time.Minute
}

// before is the time before which retention takes away what is old; zero where it takes nothing.
func (pl *plan) before(now time.Time) time.Time {
	if pl.Keep == 0 {
		return time.Time{}
	}
	return now.Add(-pl.Keep)
}

// authorityKey is the name under which the authority of the ids is kept.
const authorityKey = "authority"

// idAuthority returns the authority of the entries' ids: what was fixed at the first publication, so
// that a moved site floods nobody.
func (p *Publisher) idAuthority(ctx context.Context, pl *plan) (string, error) {
	if pl.Site.ID != "" {
		return pl.Site.ID, nil
	}
	if p.authority != "" {
		return p.authority, nil
	}
	kept, err := p.meta.Meta(ctx, authorityKey)
	if err != nil {
		return "", fmt.Errorf("read the authority of the ids: %w", err)
	}
	if kept == "" {
		u, err := url.Parse(pl.base)
		if err != nil {
			return "", fmt.Errorf("site.url: %w", err)
		}
		kept = strings.ToLower(u.Hostname())
		if strings.Contains(kept, ":") { // RFC 4151 has no place for the colons of an IPv6 address
			kept = strings.ReplaceAll(kept, ":", "-") + ".ipv6.invalid"
		}
		kept += "," + p.now().UTC().Format("2006-01-02")
		if kept, err = p.meta.Fix(ctx, authorityKey, kept); err != nil {
			return "", fmt.Errorf("fix the authority of the ids: %w", err)
		}
	}
	p.authority = kept
	return kept, nil
}
