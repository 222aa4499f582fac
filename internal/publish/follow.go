package publish

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

// Feeds of one source and of one story. There may be thousands of either, so they are rendered when they
// are asked for, and kept while all sections stay as they are.

// splitFormat splits "vnexpress.rss" at the ending of a feed; the format is "" for another or none.
func splitFormat(file string) (name string, f render.Format) {
	if i := strings.LastIndexByte(file, '.'); i >= 0 && slices.Contains(render.FeedFormats, render.Format(file[i+1:])) {
		return file[:i], render.Format(file[i+1:])
	}
	return file, ""
}

// serveSource answers for /sources/{id}.rss, .atom and .json.
func (p *Publisher) serveSource(w http.ResponseWriter, r *http.Request) {
	s := p.site.Load()
	id, f := splitFormat(r.PathValue("file"))
	if s == nil || f == "" || !s.knows(id) {
		p.unknown(w, r)
		return
	}
	path, state := "/sources/"+id+"."+string(f), s.editions["all"].number
	if !p.cache.has(path, state) && !p.affords(w, r) {
		return
	}
	d, err := p.cache.get(r.Context(), path, state, func(ctx context.Context, old *document) (*document, error) {
		return p.source(ctx, s, id, f, old)
	})
	p.serveMade(w, r, d, err)
}

// source renders what one source told, in its own words.
func (p *Publisher) source(ctx context.Context, s *site, id string, f render.Format, old *document) (*document, error) {
	found, err := p.hits(ctx, feed.TextQuery{Source: id}, wanted{most: searchDefault, open: true})
	if err != nil {
		return nil, err
	}
	found.cut(&searching{limit: searchDefault})
	entries, err := p.reporting(ctx, found.hits, id)
	if err != nil {
		return nil, err
	}
	v := s.view(&feed.Section{ID: "all"}, entries)
	v.Path, v.Feed = "/sources/"+id, "feeds/sources/"+id // for people there is the front page alone
	v.Title, v.Tombstones = s.origins[id].Title, found.graves
	path := v.Path + "." + string(f)
	body, err := p.rendered(s.plan, v, f, path)
	return p.made(s, v, path, f, body, err, p.feedEnvelope(s.plan, "all", f, ""), old)
}

// storyFeed renders the developments of a story, newest first, with those that were withdrawn. It returns
// nil when no such story is known; gone tells that all of it was withdrawn.
func (p *Publisher) storyFeed(ctx context.Context, s *site, key string, f render.Format, old *document) (d *document, gone bool, err error) {
	all, err := p.reader.Entries(ctx, feed.EntryQuery{Story: key, Any: true})
	if err != nil {
		return nil, false, err
	}
	var entries, withdrawn []feed.Entry
	for _, e := range all {
		if e.Withdrawn.IsZero() {
			entries = append(entries, e)
		} else {
			withdrawn = append(withdrawn, e)
		}
	}
	if len(entries) == 0 {
		return nil, len(withdrawn) > 0, nil
	}
	slices.SortFunc(entries, newestFirst)
	v := s.view(&s.plan.all, entries)
	v.Path, v.Home, v.Feed = "/stories/"+key, "/stories/"+key, "feeds/stories/"+key
	v.Tombstones = graves(withdrawn)
	if lead := entries[0].LeadItem(); lead != nil { // the latest names the story
		v.Title = lead.Title
	}
	path := v.Path + "." + string(f)
	body, err := p.rendered(s.plan, v, f, path)
	d, err = p.made(s, v, path, f, body, err, p.feedEnvelope(s.plan, "all", f, ""), old)
	return d, false, err
}
