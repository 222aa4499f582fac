package publish

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
	"feedd/internal/publish/say"
)

// note is something the newsroom should know, such as a feed that was held back.
type note struct {
	Section string    `json:"section,omitempty"`
	At      time.Time `json:"at"`
	Text    string    `json:"text"`

	kind    render.NoteKind
	subject string // this and what follows as render.Note has it
	bytes   int
	entries int
}

// notes collects the notes on one section, or on what belongs to none ("").
type notes struct {
	section string
	list    []note
}

func (n *notes) add(at time.Time, kind render.NoteKind, subject, text string) {
	n.list = append(n.list, note{Section: n.section, At: at, Text: text, kind: kind, subject: subject})
}

// sourceStatus is one source in /sources.json.
type sourceStatus struct {
	ID          string    `json:"id"`
	Title       string    `json:"title"`
	URL         string    `json:"url"`
	Section     string    `json:"section,omitempty"`
	Status      string    `json:"status"` // fine, failing, gone, waiting
	Error       string    `json:"error,omitempty"`
	Warnings    []string  `json:"warnings,omitempty"`
	Failures    int       `json:"failures,omitempty"`
	HTTPStatus  int       `json:"http_status,omitempty"`
	Items       int       `json:"items"`
	LastRun     time.Time `json:"last_run,omitzero"`
	LastSuccess time.Time `json:"last_success,omitzero"`
	LastNew     time.Time `json:"last_new,omitzero"`
	NextRun     time.Time `json:"next_run,omitzero"`
	NextReason  string    `json:"next_reason,omitempty"`
	MovedTo     string    `json:"moved_to,omitempty"`
}

type partnerStatus struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Requests int64  `json:"requests"`
	Bytes    int64  `json:"bytes"`
}

// NodeStatus is a process that shares the database.
type NodeStatus struct {
	Name    string             `json:"name"`
	Roles   []string           `json:"roles"`
	Holds   []string           `json:"holds"` // what it alone does at present
	Address string             `json:"address"`
	Version string             `json:"version"`
	Started time.Time          `json:"started"`
	Lag     map[string]float64 `json:"lag_seconds,omitempty"` // of the parts of which it knows how far they are behind
	Silent  float64            `json:"silent_seconds"`        // since it was last heard of
	Alive   bool               `json:"alive"`
	Agrees  bool               `json:"agrees"` // its configuration is that of the node that holds the desk
	Config  string             `json:"config"` // a fingerprint of that configuration
	// ConfigVersion is its number in the database, 0 when it comes from a file.
	ConfigVersion int64 `json:"config_version,omitempty"`
}

// String is the node in a line for people.
func (n *NodeStatus) String() string {
	return n.Text().String()
}

// Text is String as data.
func (n *NodeStatus) Text() feed.Text {
	text := feed.Say("%s, %s: %s", n.Name, n.Address, strings.Join(n.Roles, ", "))
	if len(n.Holds) > 0 {
		text = feed.Say("%s; holds %s", text, strings.Join(n.Holds, ", "))
	}
	if n.ConfigVersion > 0 {
		text = feed.Say("%s; configuration %d", text, n.ConfigVersion)
	}
	if behind := n.Behind(); behind != "" {
		text = feed.Say("%s; behind: %s", text, behind)
	}
	if !n.Alive {
		text = feed.Say("%s; silent for %.0f s", text, n.Silent)
	} else if !n.Agrees {
		text = feed.Say("%s; its configuration is not the desk's", text)
	}
	return text
}

// Behind says for people how far the parts are behind of which the node knows that.
func (n *NodeStatus) Behind() string {
	var parts []string
	for _, part := range slices.Sorted(maps.Keys(n.Lag)) {
		parts = append(parts, fmt.Sprintf("%s %.1f s", part, n.Lag[part]))
	}
	return strings.Join(parts, ", ")
}

// statusEvery is how long a rendering of the sources' health is served.
const statusEvery = 2 * time.Second

// serveStatus serves /sources and /sources.json.
func (p *Publisher) serveStatus(w http.ResponseWriter, r *http.Request) {
	s := p.site.Load()
	if s == nil {
		p.unknown(w, r)
		return
	}
	path := "/sources"
	if strings.HasSuffix(r.URL.Path, ".json") {
		path = "/sources.json"
	}
	now := p.now()
	d, err := p.cache.get(r.Context(), path, now.Truncate(statusEvery), func(ctx context.Context, _ *document) (*document, error) {
		return p.status(ctx, s, path, now)
	})
	p.serveMade(w, r, d, err)
}

// health is all that the pages about the sources say.
type health struct {
	Sources  []sourceStatus  `json:"sources"`
	Unsorted int             `json:"unsorted"` // stories that no section took
	Notes    []note          `json:"notes"`
	Partners []partnerStatus `json:"partners"`
	Nodes    []NodeStatus    `json:"nodes,omitempty"` // for those who run it

	rows []render.SourceStatus // the sources as the page for people shows them
}

// status renders /sources or /sources.json.
func (p *Publisher) status(ctx context.Context, s *site, path string, now time.Time) (*document, error) {
	said, err := p.health(ctx, s)
	if err != nil {
		return nil, err
	}
	var body []byte
	e := envelope{cache: "no-cache", route: p.metrics.status}
	if path == "/sources.json" {
		body, err = json.MarshalIndent(said, "", "  ")
		body = append(body, '\n')
		e.contentType = "application/json"
	} else {
		body, err = render.StatusPage(said.page(s.view(&s.plan.all, nil), now))
		e.contentType, e.policy = render.FormatHTML.ContentType(), render.PagePolicy
	}
	if err != nil {
		return nil, err
	}
	return p.squeezers.document(path, body, now.UTC().Truncate(time.Second), e), nil
}

// health gathers it, the sources by their ids.
func (p *Publisher) health(ctx context.Context, s *site) (*health, error) {
	states, err := p.reader.States(ctx)
	if err != nil {
		return nil, err
	}
	pl := p.plan.Load()
	days, err := p.days(ctx, pl)
	if err != nil {
		return nil, err
	}
	said := &health{Sources: []sourceStatus{}, Notes: append(append([]note{}, s.notes...), p.troubles.list()...), Partners: []partnerStatus{}}
	if said.Unsorted, err = p.reader.Unsorted(ctx); err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(pl.Sources)) {
		src := pl.Sources[id]
		st := p.shownState(&src, states[id])
		row := render.SourceStatus{ID: id, Title: src.Name(&st), URL: st.URL, State: st, Days: days[id]}
		if sec := pl.byID[src.Section]; sec != nil {
			row.Section = cmp.Or(sec.Title, sec.ID)
		}
		row.Detail, _ = say.Detail(pl.Site.Language, st.Error)
		said.rows = append(said.rows, row)
		said.Sources = append(said.Sources, sourceStatus{
			ID: id, Title: row.Title, URL: st.URL, Section: src.Section, Status: row.Health(), Error: st.Error,
			Warnings: st.Warnings, Failures: st.Failures, HTTPStatus: st.Status, Items: st.Items,
			LastRun: st.LastRun, LastSuccess: st.LastSuccess, LastNew: st.LastNew,
			NextRun: st.NextRun, NextReason: st.NextReason, MovedTo: st.MovedTo,
		})
	}
	if p.nodes != nil && p.admin {
		if said.Nodes, err = p.nodes(ctx); err != nil {
			return nil, err
		}
	}
	for i := range pl.Settings.Partners {
		q := &pl.Settings.Partners[i]
		rt := pl.partners[q.ID].route
		said.Partners = append(said.Partners, partnerStatus{ID: q.ID, Title: partnerTitle(q), Requests: rt.asked.Load(), Bytes: rt.bytes.Load()})
	}
	return said, nil
}

// The chart of the sources' news is of so many days, and counted anew as often.
const (
	chartDays  = 14
	chartEvery = time.Minute
)

// arrivals are the new items of each source by day, today last, as they were at a time.
type arrivals struct {
	mu sync.Mutex
	at time.Time
	by map[string][]int
}

// days counts each source's new items in the last days of the site's zone.
func (p *Publisher) days(ctx context.Context, pl *plan) (map[string][]int, error) {
	a, now := &p.arrived, p.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if age := now.Sub(a.at); a.by != nil && age >= 0 && age < chartEvery {
		return a.by, nil
	}
	zone := pl.Site.Timezone
	if zone == nil {
		zone = time.UTC
	}
	year, month, day := now.In(zone).Date()
	first := time.Date(year, month, day-chartDays+1, 0, 0, 0, 0, zone)
	list, err := p.reader.Arrivals(ctx, first)
	if err != nil {
		return nil, err
	}
	by := make(map[string][]int, len(pl.Sources))
	for id := range pl.Sources {
		by[id] = make([]int, chartDays)
	}
	for _, x := range list {
		// Days are not all of 24 hours.
		y, m, d := x.At.In(zone).Date()
		n := int(time.Date(y, m, d, 12, 0, 0, 0, time.UTC).Sub(time.Date(year, month, day-chartDays+1, 0, 0, 0, 0, time.UTC)).Hours() / 24)
		if counts := by[x.Source]; counts != nil && n >= 0 && n < chartDays {
			counts[n] += x.Items
		}
	}
	a.at, a.by = now, by
	return by, nil
}

// page is what the page for people shows of it.
func (h *health) page(v *render.View, now time.Time) *render.Status {
	page := &render.Status{View: v, Now: now, Sources: h.rows, Unsorted: h.Unsorted}
	for _, n := range h.Notes {
		page.Notes = append(page.Notes, render.Note{Kind: n.kind, Subject: n.subject, Text: n.Text, Bytes: n.bytes, Entries: n.entries})
	}
	for i := range h.Nodes {
		told, _ := say.In(v.Site.Language, h.Nodes[i].Text())
		page.Nodes = append(page.Nodes, told)
	}
	for _, q := range h.Partners {
		page.Partners = append(page.Partners, render.PartnerStatus{Title: q.Title, Requests: q.Requests, Bytes: q.Bytes})
	}
	return page
}

// shownState is what of a source's state the page may tell: addresses as far as its readers may see them,
// and texts without those of a private source.
func (p *Publisher) shownState(src *feed.Source, st feed.SourceState) feed.SourceState {
	address := feed.Hinted
	switch {
	case src.Private:
		address = func(string) string { return "" }
	case p.admin:
		address = feed.Watched
	}
	others := []string{st.URL, st.FinalURL, st.MovedTo, st.Hub, st.Self}
	st.Error, st.NextReason = src.Discreet(st.Error, others...), src.Discreet(st.NextReason, others...)
	warnings := make([]string, len(st.Warnings))
	for i, w := range st.Warnings {
		warnings[i] = src.Discreet(w, others...)
	}
	st.URL, st.MovedTo, st.Warnings = address(src.URL), address(st.MovedTo), warnings
	return st
}

func partnerTitle(q *feed.Partner) string {
	if q.Title != "" {
		return q.Title
	}
	return q.ID
}
