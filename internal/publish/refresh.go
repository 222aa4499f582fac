package publish

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"feedd/internal/feed"
	"feedd/internal/publish/hub"
	"feedd/internal/publish/render"
)

// renderers is how many sections are rendered side by side.
const renderers = 2

// frame is what all documents of a moment share, whatever they show.
type frame struct {
	plan      *plan
	authority string
	origins   map[string]render.Origin
	described int64 // what the origins were read at, see Reader.Origins
	cleaned   *render.Cache
}

// site is everything that is published at one moment. It is never changed, only replaced. Nothing it
// holds points back at it: documents outlive the site they were rendered for.
type site struct {
	*frame
	at time.Time // by the clock
	// overtaken: as edition.overtaken, of what no section decides.
	overtaken bool
	unsaved   bool // it could not be remembered, nor was what changed told
	untold    []hub.Feed
	versions  map[string]int64
	editions  map[string]*edition             // by section
	docs      map[string]*slot                // by path
	fixed     map[string]*slot                // those of them that the configuration and the sources alone decide
	partners  map[string]map[string]*document // by partner and name of the file, as "kinh-te.rss"
	said      notes                           // on what no single section decides
	notes     []note                          // all
}

// edition is one section as it is published.
type edition struct {
	number  uint64 // that no other edition of this process has; names it where it must not be kept
	version int64
	shape   shape                // of the section in the configuration
	sources []string             // whose reports it shows, partners' feeds included
	drawn   []string             // the entries it was chosen from, and those that its pages name besides
	shown   map[string]time.Time // the entries in its feed: key -> Updated
	view    *render.View         // these, in order, as its feeds are rendered from it
	archive archive              // what its feed does not show
	due     time.Time            // when its content changes although no entry does
	feeds   []*slot              // in the public formats
	older   []instance           // what its feeds showed before, newest first
	state   string               // what its documents were rendered from, where nodes share them
	taken   bool                 // another node rendered them
	// overtaken: another node claimed a later state of a document, so that this one's is not stored.
	overtaken bool
	notes     notes
}

// Refresh renders what changed since the last one and swaps it in at once. When nothing changed
// it costs one small query. An error leaves what is published as it was.
func (p *Publisher) Refresh(ctx context.Context) error { return p.refreshAfter(ctx, 0) }

// Follow is Refresh for who calls it after each commit: /sections/top, for which all stories of three
// days are looked at, is rendered again after topPace at the earliest, with what else changed by then, or alone
// after twice that. It is called once more for that.
// And what nobody has asked for since it changed last is rendered when somebody does.
func (p *Publisher) Follow(ctx context.Context) error { return p.refreshAfter(ctx, topPace) }

// topPace is the shortest time between two renderings of /sections/top while commits follow each other.
const topPace = 5 * time.Second

func (p *Publisher) refreshAfter(ctx context.Context, pace time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	since := p.now().Sub(p.topAt)
	p.topRests, p.topWaits, p.lazy = since < pace, since < 2*pace, pace > 0
	changed, err := p.refresh(ctx)
	if err != nil {
		return err
	}
	p.hub.Changed(changed)
	return p.counted(p.saveOwed(ctx, p.site.Load(), p.now(), false))
}

// counted counts a failure.
func (p *Publisher) counted(err error) error {
	if err == nil {
		return nil
	}
	p.metrics.failed.Inc()
	return fmt.Errorf("publish: %w", err)
}

// refresh does the work of Refresh and returns the feeds whose bytes changed. The caller holds mu.
func (p *Publisher) refresh(ctx context.Context) (feeds []hub.Feed, err error) {
	defer func() { err = p.counted(err) }()
	old, pl, now := p.site.Load(), p.plan.Load(), p.now()
	versions, err := p.reader.Versions(ctx)
	if err != nil {
		return nil, err
	}
	if old != nil && old.plan == pl && maps.Equal(old.versions, versions) && !old.due(now) && !p.closedBeside(old) && !old.unsaved &&
		(p.topWaits || !p.topBehind) {
		return nil, nil
	}
	if old == nil {
		if err := p.recall(ctx); err != nil {
			return nil, err
		}
	}
	next, err := p.begin(ctx, pl, old, versions, now)
	if err != nil {
		return nil, err
	}
	changed, all, err := p.shelf.follow(ctx, versions)
	if err != nil {
		return nil, err
	}
	p.tallies.note(changed, all)
	made, err := p.buildChanged(ctx, next, old, now)
	if err != nil {
		return nil, err
	}
	for i := range pl.sections {
		switch b := made[i]; {
		case b == nil:
		case b.same:
			next.keep(old, p.under(b.edition, next, old, b.edition.shape))
		default:
			feeds = append(feeds, p.changedFeeds(b, old)...)
			next.add(b)
		}
	}
	if err := p.buildCommon(ctx, next, old, now); err != nil {
		return nil, err
	}
	next.notes = append(next.notes, next.said.list...)
	if old != nil && old.unsaved {
		feeds = append(feeds, old.untold...)
	}
	if p.lazy && old != nil && old.plan == pl { // else what is gone is forgotten before it may come back
		p.owe(now)
	} else if err := p.remember(ctx, next, next.since); err != nil {
		// Better served than remembered: a daemon that starts on a full disk has nothing else to serve.
		if old == nil || old.unsaved {
			next.unsaved, next.untold = true, feeds
			p.site.Store(next)
		}
		return nil, err
	}
	p.site.Store(next)
	feeds = append(feeds, p.toldMeanwhile(old, next)...)
	p.shelf.sweep(next.editions)
	p.swaps.Add(1)
	p.metrics.published(next)
	return feeds, nil
}

// begin returns a site that shows nothing yet. What readers may know of the sources is read where it is
// not what it was.
func (p *Publisher) begin(ctx context.Context, pl *plan, old *site, versions map[string]int64, now time.Time) (*site, error) {
	authority, err := p.idAuthority(ctx, pl)
	if err != nil {
		return nil, err
	}
	f := &frame{plan: pl, authority: authority, cleaned: p.cleaned}
	if f.described, err = p.reader.Origins(ctx); err != nil { // before the states: a change in between is seen again
		return nil, err
	}
	if old != nil && old.plan == pl && old.described == f.described {
		f.origins = old.origins
	} else {
		states, err := p.reader.States(ctx)
		if err != nil {
			return nil, err
		}
		f.origins = origins(pl, states)
	}
	return &site{
		frame: f, at: now,
		versions: versions, editions: map[string]*edition{}, docs: map[string]*slot{}, fixed: map[string]*slot{}, partners: map[string]map[string]*document{},
	}, nil
}

// buildChanged renders the sections that are not as they were. In the order of the plan; nil for one
// that is, which next takes over.
func (p *Publisher) buildChanged(ctx context.Context, next, old *site, now time.Time) ([]*built, error) {
	sections := next.plan.sections
	made := make([]*built, len(sections))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(renderers)
	for i := range sections {
		sec := &sections[i]
		var before *edition
		if old != nil {
			before = old.editions[sec.ID]
		}
		shape, err := next.shapeOf(sec, before, old)
		if err != nil {
			return nil, err
		}
		// Sections that were chosen by a clock that was ahead are chosen anew.
		if before != nil && !before.overtaken && before.version == next.version(sec.ID) && now.Before(before.due) && !now.Before(old.at) &&
			!p.archiveChanged(before) && next.shows(before, shape, old) {
			next.keep(old, p.under(before, next, old, shape))
			continue
		}
		if sec.ID == "top" {
			if p.topRests && before != nil && now.Before(before.due) && !now.Before(old.at) && !p.archiveChanged(before) && next.shows(before, shape, old) {
				p.topBehind = true
				next.keep(old, p.under(before, next, old, shape))
				continue
			}
			p.topAt, p.topBehind = now, false
		}
		// Where nothing but entries can have changed, what shows the same entries stays as it is.
		stays := before != nil && !before.overtaken && next.shows(before, shape, old)
		g.Go(func() (err error) {
			made[i], err = p.build(ctx, next, sec, shape, before, stays, now)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, b := range made {
		if b != nil {
			p.keepShared(b.stored)
		}
	}
	return made, nil
}

// version is the counter that moves with a section's entries.
func (s *site) version(section string) int64 { return s.versions[drawnFrom(section)] }

// drawnFrom names the section whose entries one shows: its own, but /sections/top has none.
func drawnFrom(section string) string {
	if section == "top" {
		return "all"
	}
	return section
}

// shape is what of the configuration shapes a section.
type shape struct {
	settings string // says whether the section itself is configured otherwise, see settingsHash
	frame    string // names all else that its documents depend on but entries and sources
}

// shapeOf returns the shape of a section: that of its last edition when the configuration is the same.
func (s *site) shapeOf(sec *feed.Section, before *edition, old *site) (shape, error) {
	if before != nil && old.plan == s.plan {
		return before.shape, nil
	}
	settings, err := settingsHash(s.plan, sec)
	if err != nil {
		return shape{}, err
	}
	bare := *sec
	bare.Line, bare.Expect = 0, nil
	bare.Rules, bare.Pin, bare.Mute = nil, feed.WithoutLines(sec.Pin), nil // which entries are in it, the desk decides
	said := []any{bare, s.plan.Site, s.plan.Attribution, s.plan.Hub, s.plan.links(), s.plan.every(sec.ID), s.plan.Images, s.plan.MaxBytes, s.authority}
	for _, id := range slices.Sorted(maps.Keys(s.plan.partners)) {
		if q := s.plan.partners[id]; slices.Contains(q.Sections, sec.ID) {
			said = append(said, q.Partner)
		}
	}
	raw, err := json.Marshal(said)
	return shape{settings, sum(raw)}, err
}

// shows tells whether an edition would look the same in this site: nothing that shapes it and none of
// the sources whose reports it shows is described otherwise.
func (s *site) shows(ed *edition, now shape, old *site) bool {
	if ed.shape.frame != now.frame {
		return false
	}
	if s.described == old.described && s.plan == old.plan {
		return true
	}
	for _, id := range ed.sources {
		is, known := s.origins[id]
		was, knew := old.origins[id]
		if known != knew || is != was {
			return false
		}
	}
	return true
}

// tell notes whose reports these entries show.
func (ed *edition) tell(entries []feed.Entry) {
	for i := range entries {
		for j := range entries[i].Reports {
			ed.sources = append(ed.sources, entries[i].Reports[j].Source)
		}
	}
	slices.Sort(ed.sources)
	ed.sources = slices.Compact(ed.sources)
}

// under is the edition as one of the new site. What is rendered on demand, archives and stories, goes
// by the edition: under another configuration it is another.
func (p *Publisher) under(ed *edition, next, old *site, now shape) *edition {
	if next.plan == old.plan && next.described == old.described {
		return ed
	}
	again := *ed
	again.number, again.shape = p.editions.Add(1), now
	return &again
}

// changedFeeds lists the section's feeds whose bytes are not those published before, by this process
// or an earlier one.
func (p *Publisher) changedFeeds(b *built, old *site) (feeds []hub.Feed) {
	for _, s := range b.docs {
		d := s.ready.Load()
		if d == nil { // nobody is told of it
			continue
		}
		was := p.kept[d.path].Hash
		if old != nil && old.docs[d.path] != nil {
			was = old.docs[d.path].latest().hash
		}
		if d.section != "" && d.hash != was {
			feeds = append(feeds, pushed(d))
		}
	}
	return feeds
}

// add publishes a section as it was built.
func (s *site) add(b *built) {
	s.editions[b.edition.view.Section.ID] = b.edition
	s.notes = append(s.notes, b.edition.notes.list...)
	for _, d := range b.docs {
		s.docs[d.path] = d
	}
	for partner, docs := range b.partners {
		s.addPartner(partner, docs)
	}
}

// keep takes over what was published of a section that did not change.
func (s *site) keep(old *site, ed *edition) {
	section := ed.view.Section.ID
	s.editions[section] = ed
	s.notes = append(s.notes, ed.notes.list...)
	for _, path := range sectionPaths(section) {
		if d := old.docs[path]; d != nil {
			s.docs[path] = d
		}
	}
	for partner, docs := range old.partners {
		q := s.plan.partners[partner]
		if q == nil || !slices.Contains(q.Sections, section) {
			continue
		}
		for _, f := range render.FeedFormats {
			name := section + "." + string(f)
			if d := docs[name]; d != nil {
				s.addPartner(partner, map[string]*document{name: d})
			}
		}
	}
}

func (s *site) addPartner(partner string, docs map[string]*document) {
	if s.partners[partner] == nil {
		s.partners[partner] = map[string]*document{}
	}
	maps.Copy(s.partners[partner], docs)
}

// due tells whether the clock alone changes something: an entry that grew too old, or one that a
// partner was to wait for; anything, when the clock was put back.
func (s *site) due(now time.Time) bool {
	if now.Before(s.at) || s.overtaken {
		return true
	}
	for _, ed := range s.editions {
		if !now.Before(ed.due) || ed.overtaken {
			return true
		}
	}
	return false
}

// archiveChanged tells whether pages of a section were closed beside publishing since it was rendered.
func (p *Publisher) archiveChanged(ed *edition) bool {
	return ed.archive.closing && !p.closer.busy(ed.view.Section.ID)
}

func (p *Publisher) closedBeside(s *site) bool {
	for _, ed := range s.editions {
		if p.archiveChanged(ed) {
			return true
		}
	}
	return false
}

// sectionPaths are the documents that a section alone decides.
func sectionPaths(section string) []string {
	base := "/sections/" + section
	return []string{base + ".rss", base + ".atom", base + ".json", base, "/embed/" + section}
}

// built is a section rendered anew.
type built struct {
	edition  *edition
	same     bool // it shows what it showed: its documents stay
	docs     []*slot
	deltas   *deltas // that its feeds have
	partners map[string]map[string]*document
	stored   []feed.Rendition // what of them is stored already
}

// build renders one section: its feeds, its pages and its partners' feeds. stays says that nothing but
// its entries can make it look otherwise than before.
func (p *Publisher) build(ctx context.Context, next *site, sec *feed.Section, shape shape, before *edition, stays bool, now time.Time) (*built, error) {
	started := time.Now()

	last, err := p.lastShown(ctx, sec.ID, before)
	if err != nil {
		return nil, err
	}
	ed := &edition{number: p.editions.Add(1), version: next.version(sec.ID), shape: shape, notes: notes{section: sec.ID}}
	closed, err := p.archives.ClosedPages(ctx, sec.ID)
	if err != nil {
		return nil, err
	}
	open, err := p.shelf.window(ctx, p.archives, sec.ID, closed, mostListed*p.perPage)
	if err != nil {
		return nil, err
	}
	choice, err := p.choose(ctx, next.frame, sec, ed, before, last, now)
	if err != nil {
		return nil, err
	}
	ed.shown = make(map[string]time.Time, len(choice.entries))
	for i := range choice.entries {
		ed.shown[choice.entries[i].Key] = choice.entries[i].Updated
	}
	ed.tell(choice.entries)
	ed.due = p.expires(next.plan, sec, choice.entries, now)
	if ed.archive, err = p.archive(ctx, next.frame, sec, open, ed.shown, before, now); err != nil {
		return nil, err
	}
	if ed.view, err = p.sectionView(ctx, next.frame, sec, choice.entries, &ed.archive, now); err != nil {
		return nil, err
	}
	ed.drawn = keysOf(choice.from)
	for _, related := range ed.view.Related {
		ed.drawn = append(ed.drawn, keysOf(related)...)
	}
	if stays && !next.plan.partnered(sec.ID) && before.sameView(ed) {
		again := *before
		again.version, again.archive, again.due, again.drawn = ed.version, ed.archive, ed.due, ed.drawn
		if before.version != ed.version { // what goes by the number, as archives and stories, may be another
			again.number = ed.number
		}
		return &built{edition: &again, same: true}, nil
	}

	b := &built{edition: ed, partners: map[string]map[string]*document{}}
	b.deltas = &deltas{p: p, s: next.frame, view: ed.view, made: map[string]*document{}}
	var shared *batch
	if p.sharing != nil {
		if shared, err = p.batch(ctx, "section "+sec.ID, ed.sharedView(ed.view)); err != nil {
			return nil, err
		}
		ed.state, ed.taken = shared.state, shared.taken
	}
	if err := p.buildFeeds(next.frame, b, shared, now); err != nil {
		return nil, err
	}
	pages, err := p.sectionPages(next, ed, shared, now)
	if err != nil {
		return nil, err
	}
	b.docs = append(b.docs, pages...)
	if b.stored, err = p.share(ctx, shared, b.docs); err != nil {
		return nil, err
	}
	ed.overtaken = shared.isOvertaken()
	p.remind(b, before, last)
	if err := p.buildPartners(ctx, next, sec, choice, b, now); err != nil {
		return nil, err
	}
	p.metrics.renderTime.Observe(time.Since(started).Seconds())
	return b, nil
}

// sameView tells whether the feeds and pages of another edition show what this one shows.
func (ed *edition) sameView(other *edition) bool {
	v, w := ed.view, other.view
	return v.Prev == w.Prev && v.Today.Equal(w.Today) && len(other.notes.list) == 0 && len(ed.notes.list) == 0 &&
		slices.Equal(v.Tombstones, w.Tombstones) && reflect.DeepEqual(v.Entries, w.Entries) && reflect.DeepEqual(v.Related, w.Related)
}

// partnered tells whether a partner has the section.
func (pl *plan) partnered(section string) bool {
	for _, q := range pl.partners {
		if slices.Contains(q.Sections, section) {
			return true
		}
	}
	return false
}

// choice is what a section's feed shows.
type choice struct {
	entries []feed.Entry // in order
	from    []feed.Entry // what they were chosen from
	held    bool         // there was nothing to choose from: it shows what it showed before
}

// choose decides what a section's feed shows. A section that falls to nothing although its settings
// are the same is held: more likely something is broken than that all of it is over.
func (p *Publisher) choose(ctx context.Context, f *frame, sec *feed.Section, ed, before *edition, last shown, now time.Time) (choice, error) {
	from, chosen, err := p.candidates(ctx, f, sec, now)
	if err != nil {
		return choice{}, err
	}
	if len(chosen) > 0 {
		for i := range chosen {
			chosen[i].Coverage = feed.Coverage{} // it moves where nothing that is shown does
		}
		return choice{entries: chosen, from: from}, nil
	}
	if before != nil {
		last = shownOf(before)
	}
	stay, err := p.standing(ctx, sec.ID, ed.shape.settings, last)
	if err != nil || len(stay) == 0 {
		return choice{from: from}, err
	}
	p.metrics.refused.WithLabelValues(sec.ID, "empty").Inc()
	p.log.Warn("a section fell to nothing without a change of the configuration; its last entries stay", "section", sec.ID, "entries", len(stay))
	ed.notes.add(now, render.NoteEmptied, cmp.Or(sec.Title, sec.ID), fmt.Sprintf("section %s fell to nothing without a change of the configuration; its last %d entries stay", sec.ID, len(stay)))
	return choice{entries: stay, from: stay, held: true}, nil
}

// sectionView is what a section's feeds and pages are rendered from.
func (p *Publisher) sectionView(ctx context.Context, s *frame, sec *feed.Section, entries []feed.Entry, a *archive, now time.Time) (*render.View, error) {
	withdrawn, err := p.shelf.withdrawn(ctx, drawnFrom(sec.ID))
	if err != nil {
		return nil, err
	}
	v := s.view(sec, entries)
	if sec.ByCoverage || sec.ID == "all" {
		v.Today = s.plan.today(now)
	}
	if sec.ID == "top" {
		if v.Related, err = p.related(ctx, entries); err != nil {
			return nil, err
		}
	}
	v.Prev, v.Tombstones = a.newest(sec.ID), withdrawn
	v.Hub = cmp.Or(s.plan.Hub, s.plan.base+"/hub")
	return v, nil
}

// buildFeeds renders the section in each format of feeds.
func (p *Publisher) buildFeeds(s *frame, b *built, shared *batch, now time.Time) error {
	v := b.edition.view
	for _, f := range render.FeedFormats {
		path := "/sections/" + v.Section.ID + "." + string(f)
		stood, err := p.slot(&b.edition.notes, f, path, func() ([]byte, error) { return p.rendered(s.plan, v, f, path) },
			p.feedEnvelope(s.plan, v.Section.ID, f, v.Hub), shared, now, func(d *document) {
				d.section = v.Section.ID
				d.delta = func(tag string) *document { return b.deltas.since(d, f, bareTag(tag)) }
			})
		if err != nil {
			return err
		}
		if stood != nil {
			b.docs, b.edition.feeds = append(b.docs, stood), append(b.edition.feeds, stood)
		}
	}
	return nil
}

// tombstones is how many withdrawn entries a feed still tells about.
const tombstones = 50

func graves(withdrawn []feed.Entry) []render.Tombstone {
	var ts []render.Tombstone
	for i := range withdrawn {
		ts = append(ts, render.Tombstone{Key: withdrawn[i].Key, When: withdrawn[i].Withdrawn})
	}
	return ts
}

// mostCandidates bounds what a feed is chosen from, whatever the configuration asks for.
const mostCandidates = 20_000

// deepFlood is among how many entries others are looked for when one source fills a feed.
const deepFlood = 1000

// candidates reads as many entries as the section's feed may be chosen from, and returns those chosen, too. Most sections show
// simply the newest; where a bound or a rule passes some over, more are read until the feed is full.
func (p *Publisher) candidates(ctx context.Context, f *frame, sec *feed.Section, now time.Time) (from, chosen []feed.Entry, err error) {
	switch {
	case sec.ID == "top":
		from, err = p.topStories(ctx, f, sec, now)
		return from, feed.Select(*sec, from, now), err
	case sec.ByCoverage:
		from, err = p.widest(ctx, f, sec, now)
		return from, feed.Select(*sec, from, now), err
	}
	q := feed.EntryQuery{Section: sec.ID, Open: true, Limit: sec.Limit + 10}
	if sec.MaxPerSource > 0 || sec.Fair {
		q.Limit = 2 * q.Limit
	}
	if sec.MaxAge > 0 {
		q.Since = now.Add(-sec.MaxAge)
	}
	if sec.Limit <= 0 {
		q.Limit = mostCandidates
	}
	if len(sec.Pin) > 0 {
		q.Limit = max(q.Limit, 2000) // a pinned entry leads however many came after it
	}
	from, err = p.enough(ctx, q, func(entries []feed.Entry, limit int) bool {
		var filled bool
		chosen, filled = feed.Choose(*sec, entries, now)
		return len(chosen) >= sec.Limit && (!filled || limit >= deepFlood)
	})
	return from, chosen, err
}

// enough reads the newest entries that q asks for and, while they are too few for full and there are
// more, four times as many. full is told how many were asked for.
func (p *Publisher) enough(ctx context.Context, q feed.EntryQuery, full func(entries []feed.Entry, limit int) bool) ([]feed.Entry, error) {
	for {
		entries, err := p.shelf.list(ctx, q)
		if err != nil {
			return nil, err
		}
		if full(entries, q.Limit) || len(entries) < q.Limit || q.Limit >= mostCandidates {
			return entries, nil
		}
		q.Limit *= 4
	}
}

// standing returns what a section showed and still stands, for one that would now show nothing
// although its settings are the same. What was withdrawn or left the section is not among it.
func (p *Publisher) standing(ctx context.Context, section, settings string, last shown) ([]feed.Entry, error) {
	if last.Settings != settings || len(last.Keys) == 0 {
		return nil, nil
	}
	entries, err := p.entries(ctx, last.Keys)
	return slices.DeleteFunc(entries, func(e feed.Entry) bool {
		return drawnFrom(section) != "all" && !slices.Contains(e.Sections, section)
	}), err
}

// expires returns when the section changes although no entry does: what expiry says; where its page
// tells the hours of today from other days, with the day; and where it reckons by the hour, with the hour.
func (p *Publisher) expires(pl *plan, sec *feed.Section, entries []feed.Entry, now time.Time) time.Time {
	due := expiry(sec, entries, now)
	if sec.ByCoverage || sec.ID == "all" {
		due = earlier(due, pl.today(now).AddDate(0, 0, 1))
	}
	if sec.ID == "top" {
		due = earlier(due, now.Truncate(time.Hour).Add(time.Hour))
	}
	return due
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// today is the first instant of the day, in the site's zone.
func (pl *plan) today(now time.Time) time.Time {
	y, m, d := now.In(pl.zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, pl.zone())
}

// expiry returns when the section changes by the clock alone: with the month its archive does.
func expiry(sec *feed.Section, entries []feed.Entry, now time.Time) time.Time {
	due := feed.PageOf(now).Month().AddDate(0, 1, 0)
	if sec.MaxAge <= 0 {
		return due
	}
	for i := range entries {
		// An entry is still shown in the instant it reaches the age.
		if t := entries[i].Published.Add(sec.MaxAge + time.Millisecond); t.After(now) && t.Before(due) {
			due = t
		}
	}
	return due
}

// view returns the view of a section over these entries, with what all documents share.
func (s *frame) view(sec *feed.Section, entries []feed.Entry) *render.View {
	return &render.View{
		Site: s.plan.Site, Authority: s.authority, Base: s.plan.base,
		Section: *sec, Sections: s.plan.links(), Entries: entries, Sources: s.origins,
		Attribution: s.plan.Attribution, Content: "full", Cache: s.cleaned, Images: s.plan.Images,
	}
}

// slot is the place of a document with it, or with how it is rendered where nobody waits for it; nil where
// there is none. mark, when given, is called with the document once it is there.
func (p *Publisher) slot(notes *notes, f render.Format, path string, rendered func() ([]byte, error), e envelope, shared *batch, now time.Time, mark func(*document)) (*slot, error) {
	if last, at := p.awaits(path, shared); !at {
		return p.late(last, notes.section, f, rendered, e, now, mark), nil
	}
	d, err := p.gated(notes, f, path, rendered, e, shared, now)
	if d == nil || err != nil {
		return nil, err
	}
	if mark != nil {
		mark(d)
	}
	return filled(d), nil
}

// gated is the gate: it returns the document of what is rendered when that keeps the rules of its
// format, else the last good one with a note, a log line and a count. What another node rendered passed its
// gate.
func (p *Publisher) gated(notes *notes, f render.Format, path string, rendered func() ([]byte, error), e envelope, shared *batch, now time.Time) (*document, error) {
	if shared.isTaken() {
		return p.takenDocument(shared, path, e)
	}
	p.metrics.renders.Inc()
	body, failed := rendered()
	problems := p.judge(f, body, failed)
	if len(problems) == 0 {
		p.troubles.over(path) // of one that was rendered when it was asked for
		return p.document(path, body, e, now), nil
	}
	all := strings.Join(problems, "; ")
	p.metrics.refused.WithLabelValues(notes.section, string(f)).Inc()
	p.log.Error("a rendering was not published; the last good bytes stay", "path", path, "problems", all)
	notes.add(now, render.NoteKept, path, path+" was not published: "+all)
	return p.lastGood(path, e)
}

// document returns the document of a path for freshly rendered bytes, doing no work twice.
func (p *Publisher) document(path string, body []byte, e envelope, now time.Time) *document {
	if cur := p.current(path); cur != nil {
		d := p.successor(cur, path, body, e, now)
		d.packAs(cur)
		return d
	}
	modified := now.UTC().Truncate(time.Second)
	if kept, ok := p.kept[path]; ok && kept.Hash == sum(body) {
		modified = kept.Modified
	}
	p.metrics.rendered.Inc()
	return p.squeezers.document(path, body, modified, e)
}

// successor is document for a path at which another one stood last.
func (p *Publisher) successor(last *document, path string, body []byte, e envelope, now time.Time) *document {
	if last.hash == sum(body) {
		p.metrics.same.Inc()
		return last.redressed(last.modified, e)
	}
	modified := now.UTC().Truncate(time.Second)
	if !modified.After(last.modified) { // twice within a second: readers tell the two apart
		modified = last.modified.Add(time.Second)
	}
	p.metrics.rendered.Inc()
	return p.squeezers.document(path, body, modified, e)
}

// current returns the document that was rendered last for a path, for partners' documents too.
func (p *Publisher) current(path string) *document {
	s := p.site.Load()
	if s == nil {
		return nil
	}
	if d := s.docs[path]; d != nil {
		return d.latest()
	}
	if rest, ok := strings.CutPrefix(path, "/partners/"); ok {
		partner, name, _ := strings.Cut(rest, "/")
		return s.partners[partner][name]
	}
	return nil
}

// all returns of every document that is kept ready what was rendered last.
func (s *site) all() []*document {
	ds := make([]*document, 0, len(s.docs))
	for _, at := range s.docs {
		ds = append(ds, at.latest())
	}
	for _, docs := range s.partners {
		ds = slices.AppendSeq(ds, maps.Values(docs))
	}
	slices.SortFunc(ds, func(a, b *document) int { return strings.Compare(a.path, b.path) })
	return ds
}

// links names the sections in the configuration's order.
func (pl *plan) links() []render.SectionLink {
	links := make([]render.SectionLink, 0, len(pl.Sections))
	for i := range pl.Sections {
		links = append(links, render.SectionLink{ID: pl.Sections[i].ID, Title: pl.Sections[i].Title, Language: pl.Sections[i].Language})
	}
	return links
}

// settingsHash names what the configuration says of a section: when it is the same, a section that
// falls to nothing did not do so because the editor wanted it.
func settingsHash(pl *plan, sec *feed.Section) (string, error) {
	said := struct {
		Section feed.Section
		Sources []string
	}{Section: *sec}
	said.Section.Line, said.Section.Expect = 0, nil
	for _, rules := range []*[]feed.Rule{&said.Section.Rules, &said.Section.Pin, &said.Section.Mute} {
		*rules = feed.WithoutLines(*rules)
	}
	for id, src := range pl.Sources {
		said.Sources = append(said.Sources, id+" "+src.Section)
	}
	slices.Sort(said.Sources)
	raw, err := json.Marshal(said)
	if err != nil {
		return "", fmt.Errorf("section %s: %w", sec.ID, err)
	}
	return sum(raw), nil
}

// origins says of each source what its readers may know.
func origins(pl *plan, states map[string]feed.SourceState) map[string]render.Origin {
	m := make(map[string]render.Origin, len(pl.Sources))
	for id, src := range pl.Sources {
		st := states[id]
		o := render.Origin{ID: id, Title: src.Name(&st), Home: src.Home, FeedURL: feed.Attributed(src.URL), FeedID: st.FeedID,
			Page: src.Page != nil, Language: src.Language, Rights: src.Rights, Copyright: st.Rights}
		if src.Private {
			o.Hide()
		} else if o.Home == "" {
			o.Home = st.Link
		}
		o.Language = cmp.Or(o.Language, st.Language)
		m[id] = o
	}
	for id, st := range states { // what a source brought outlives its place in the configuration
		if _, ok := m[id]; !ok && st.Outlet != "" {
			o := render.Origin{ID: id, Title: st.Outlet, Home: st.Link, FeedURL: feed.Attributed(st.URL), FeedID: st.FeedID,
				Language: st.Language, Rights: feed.RightsHeadline, Copyright: st.Rights}
			if st.Private {
				o.Home = ""
				o.Hide()
			}
			m[id] = o
		}
	}
	return m
}
