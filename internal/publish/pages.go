package publish

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

// feedEnvelope says how a section's feeds travel.
func (p *Publisher) feedEnvelope(pl *plan, section string, f render.Format, hub string) envelope {
	e := envelope{contentType: f.ContentType(), cache: caching("public", pl.every(section)), cors: true, feed: true, route: p.metrics.feeds}
	if hub != "" { // WebSub, section 4: what a subscriber needs must be in the headers
		e.links = []string{
			"<" + hub + `>; rel="hub"`,
			"<" + pl.base + "/sections/" + section + "." + string(f) + `>; rel="self"`,
		}
	}
	return e
}

// caching makes Cache-Control of how often a document can change: a third of that is never much
// behind, and a reader that asks that often is no burden.
func caching(scope string, every time.Duration) string {
	age := min(max(every/3, time.Minute), time.Hour)
	return fmt.Sprintf("%s, max-age=%d, stale-if-error=86400", scope, int(age.Seconds()))
}

func (p *Publisher) pageEnvelope(pl *plan, every time.Duration) envelope {
	return envelope{contentType: render.FormatHTML.ContentType(), cache: caching("public", every), policy: pagePolicy(pl), route: p.metrics.pages}
}

func pagePolicy(pl *plan) string {
	if pl.Images {
		return render.PicturePolicy
	}
	return render.PagePolicy
}

// sectionPages renders a section's page for people and the one for other sites' frames.
func (p *Publisher) sectionPages(s *site, ed *edition, shared *batch, now time.Time) ([]*slot, error) {
	id, e := ed.view.Section.ID, p.pageEnvelope(s.plan, s.plan.every(ed.view.Section.ID))
	view := ed.view
	var docs []*slot
	put := func(path string, page func(*render.View) ([]byte, error), e envelope) error {
		d, err := p.slot(&ed.notes, render.FormatHTML, path, func() ([]byte, error) { return page(view) }, e, shared, now, nil)
		if d != nil {
			docs = append(docs, d)
		}
		return err
	}
	if err := put("/sections/"+id, render.SectionPage, e); err != nil {
		return nil, err
	}
	e.policy, e.embeddable = render.EmbedPolicy, true
	if err := put("/embed/"+id, render.Embed, e); err != nil {
		return nil, err
	}
	return docs, nil
}

// buildCommon renders what no single section decides: the front page, the lists of feeds and the
// fixed files.
func (p *Publisher) buildCommon(ctx context.Context, next, old *site, now time.Time) error {
	if old != nil && !old.overtaken && old.plan == next.plan && maps.EqualFunc(old.editions, next.editions, sameEdition) {
		for path, d := range old.docs {
			if next.docs[path] == nil {
				next.docs[path] = d
			}
		}
		next.said, next.fixed = old.said, old.fixed
		return nil
	}
	kept := old != nil && !old.overtaken && old.plan == next.plan && old.described == next.described && len(old.said.list) == 0
	if err := p.buildFront(ctx, next, now); err != nil {
		return err
	}
	if kept {
		maps.Copy(next.docs, old.fixed)
		next.fixed = old.fixed
		return nil
	}
	return p.buildFixed(ctx, next, now)
}

// buildFront renders the front page.
func (p *Publisher) buildFront(ctx context.Context, next *site, now time.Time) error {
	states := map[string]string{}
	for id, ed := range next.editions {
		states[id] = ed.state
	}
	shared, err := p.batch(ctx, "front", states, next.editions["all"].shape.frame)
	if err != nil {
		return err
	}
	shows := next.front()
	d, err := p.slot(&next.said, render.FormatHTML, "/", func() ([]byte, error) { return render.Front(shows) },
		p.pageEnvelope(next.plan, next.plan.every("all")), shared, now, nil)
	if err != nil || d == nil {
		return err
	}
	return p.shareCommon(ctx, next, shared, []*slot{d})
}

// buildFixed renders what the configuration and the sources alone decide.
func (p *Publisher) buildFixed(ctx context.Context, next *site, now time.Time) error {
	shared, err := p.batch(ctx, "site", next.editions["all"].shape.frame, next.configured())
	if err != nil {
		return err
	}
	var docs []*slot
	put := func(path string, f render.Format, e envelope, rendered func() ([]byte, error)) error {
		d, err := p.slot(&next.said, f, path, rendered, e, shared, now, nil)
		if d != nil {
			docs = append(docs, d)
			next.fixed[path] = d
		}
		return err
	}
	bare := next.view(&next.plan.all, nil)
	list := envelope{contentType: render.FormatOPML.ContentType(), cache: "public, max-age=3600", cors: true, route: p.metrics.feeds}
	err = cmp.Or(
		put(lostPage, render.FormatHTML, p.pageEnvelope(next.plan, next.plan.every("all")), func() ([]byte, error) { return render.LostPage(bare) }),
		put("/feeds.opml", render.FormatOPML, list, func() ([]byte, error) { return render.OPML(bare) }),
		p.putSources(next, shared, put, list),
		p.addAssets(next, bare, now))
	if err != nil {
		return err
	}
	return p.shareCommon(ctx, next, shared, docs)
}

// shareCommon publishes and shares documents that no single section decides.
func (p *Publisher) shareCommon(ctx context.Context, next *site, shared *batch, docs []*slot) error {
	stored, err := p.share(ctx, shared, docs)
	p.keepShared(stored)
	next.overtaken = next.overtaken || shared.isOvertaken()
	for _, d := range docs {
		next.docs[d.path] = d
	}
	return err
}

// front is the front page.
func (s *site) front() *render.FrontPage {
	front := &render.FrontPage{All: s.editions["all"].view, Top: s.editions["top"].view}
	for i := range s.plan.Sections {
		front.Sections = append(front.Sections, s.editions[s.plan.Sections[i].ID].view)
	}
	return front
}

// putSources adds the list of the public sources, where there are any.
func (p *Publisher) putSources(next *site, shared *batch, put func(string, render.Format, envelope, func() ([]byte, error)) error, e envelope) error {
	const path = "/sources.opml"
	if shared.isTaken() {
		return put(path, render.FormatOPML, e, nil)
	}
	public := next.view(&next.plan.all, nil)
	public.Sources = next.configured()
	opml, err := render.SourcesOPML(public)
	if opml == nil && err == nil {
		return nil
	}
	return put(path, render.FormatOPML, e, func() ([]byte, error) { return opml, err })
}

// lostPage is where the page stands that is shown where there is none.
const lostPage = "/404.html"

// configured are the origins of the sources in the configuration: others are collected no more.
func (s *site) configured() map[string]render.Origin {
	m := make(map[string]render.Origin, len(s.plan.Sources))
	for id := range s.plan.Sources {
		m[id] = s.origins[id]
	}
	return m
}

// addAssets adds the fixed files and those that follow from the site's settings.
func (p *Publisher) addAssets(next *site, bare *render.View, now time.Time) error {
	own, err := render.SiteAssets(bare)
	if err != nil {
		return err
	}
	for _, a := range append(render.Assets(), own...) {
		e := envelope{contentType: a.Type, cache: "public, max-age=3600", cors: true, route: p.metrics.pages}
		if a.Type == "image/svg+xml" { // a drawing that is opened alone may run scripts
			e.policy = render.DrawingPolicy
		}
		d := filled(p.document(a.Path, a.Body, e, now))
		next.docs[a.Path], next.fixed[a.Path] = d, d
	}
	return nil
}

func sameEdition(a, b *edition) bool { return a.number == b.number }

// story renders the page of one story. It returns nil when no such story is known; gone tells that
// there was one and all of it was withdrawn. old is what was last rendered at its path, or nil.
func (p *Publisher) story(ctx context.Context, s *site, key string, old *document) (d *document, gone bool, err error) {
	entries, err := p.reader.Entries(ctx, feed.EntryQuery{Story: key})
	if err != nil {
		return nil, false, err
	}
	if len(entries) == 0 {
		withdrawn, err := p.reader.Entries(ctx, feed.EntryQuery{Story: key, Withdrawn: true, Limit: 1})
		return nil, len(withdrawn) > 0, err
	}
	v := s.view(&s.plan.all, entries)
	path := "/stories/" + key
	body, err := render.StoryPage(v)
	if good, err := p.good(path, "", render.FormatHTML, body, err); !good {
		d, err := orLast(old, err)
		return d, false, err
	}
	modified := lastChange(v)
	for i := range entries { // another outlet's report changes the page, and no date of the entry
		for j := range entries[i].Reports {
			if t := entries[i].Reports[j].FirstSeen.Truncate(time.Second); t.After(modified) {
				modified = t
			}
		}
	}
	return p.squeezers.document(path, body, modified, p.pageEnvelope(s.plan, s.plan.every("all"))), false, nil
}

// lastChange is the time of the newest change among what a view shows.
func lastChange(v *render.View) time.Time {
	var last time.Time
	for i := range v.Entries {
		for _, t := range []time.Time{v.Entries[i].Published, v.Entries[i].Updated} {
			if t.After(last) {
				last = t
			}
		}
	}
	for _, t := range v.Tombstones {
		if t.When.After(last) {
			last = t.When
		}
	}
	return last.UTC().Truncate(time.Second)
}

// isKey tells whether the text can be an entry's key: anything else needs no look-up.
func isKey(key string) bool {
	return len(key) == 16 && strings.Trim(key, "0123456789abcdef") == ""
}
