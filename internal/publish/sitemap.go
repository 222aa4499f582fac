package publish

import (
	"context"
	"net/http"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

const (
	// sitemapEntries is how many of the newest entries' stories /sitemap.xml lists.
	sitemapEntries = 45_000
	// newsSpan is how old a story in /news-sitemap.xml may be: what Google asks for.
	newsSpan = 48 * time.Hour
)

// sitemaps are made when they are asked for: few do, and much is in them.
var sitemaps = []string{"/sitemap.xml", "/news-sitemap.xml"}

// serveSitemap serves the pages for search engines.
func (p *Publisher) serveSitemap(w http.ResponseWriter, r *http.Request) {
	s, path := p.site.Load(), r.URL.Path
	if s == nil {
		p.unknown(w, r)
		return
	}
	state := sitemapState{s.editions["all"].number, newsSince(p.now())}
	if !p.cache.has(path, state) && !p.affords(w, r) {
		return
	}
	d, err := p.cache.get(r.Context(), path, state, func(ctx context.Context, old *document) (*document, error) {
		return p.sitemap(ctx, s, path, p.now(), old)
	})
	p.serveMade(w, r, d, err)
}

// sitemapState names what a sitemap was made from.
type sitemapState struct {
	edition uint64
	since   time.Time
}

// newsSince is the time from which on stories are in the news sitemap, by the full hour.
func newsSince(now time.Time) time.Time { return now.Truncate(time.Hour).Add(-newsSpan) }

func (p *Publisher) sitemap(ctx context.Context, s *site, path string, now time.Time, old *document) (*document, error) {
	q, make := feed.EntryQuery{Section: "all", Limit: sitemapEntries, Bare: true}, render.Sitemap
	if path == "/news-sitemap.xml" {
		q, make = feed.EntryQuery{Section: "all", Since: newsSince(now), Limit: 2000, Brief: true}, render.NewsSitemap
	}
	entries, err := p.reader.Entries(ctx, q)
	if err != nil {
		return nil, err
	}
	v := s.view(&s.plan.all, entries)
	body, err := make(v)
	if good, err := p.good(path, "", render.FormatSitemap, body, err); !good {
		return orLast(old, err)
	}
	e := envelope{contentType: render.FormatSitemap.ContentType(), cache: caching("public", s.plan.every("all")), route: p.metrics.pages}
	return p.squeezers.document(path, body, lastChange(v), e), nil
}
