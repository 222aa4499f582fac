package publish

import (
	"context"
	"net/http"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

// mostOfADay is how many entries the page of a day shows.
const mostOfADay = 500

// span returns the first instant of a day in the site's zone and that of the day after; ok is false for
// what is no day as it stands in addresses.
func (pl *plan) span(date string) (from, to time.Time, ok bool) {
	day, err := time.ParseInLocation(time.DateOnly, date, pl.zone())
	if err != nil || day.Format(time.DateOnly) != date {
		return from, to, false
	}
	return day, day.AddDate(0, 0, 1), true
}

func (pl *plan) zone() *time.Location {
	if pl.Site.Timezone == nil {
		return time.UTC
	}
	return pl.Site.Timezone
}

func dayPath(section, date string) string { return "/sections/" + section + "/" + date }

// serveDay serves what a section told on one day.
func (p *Publisher) serveDay(w http.ResponseWriter, r *http.Request) {
	s, section, date := p.site.Load(), r.PathValue("section"), r.PathValue("date")
	if s == nil || section == "top" || s.editions[section] == nil {
		p.unknown(w, r)
		return
	}
	if _, _, ok := s.plan.span(date); !ok {
		p.unknown(w, r)
		return
	}
	path, state := dayPath(section, date), s.editions[section].number
	if !p.cache.has(path, state) && !p.affords(w, r) {
		return
	}
	d, err := p.cache.get(r.Context(), path, state, func(ctx context.Context, old *document) (*document, error) {
		return p.day(ctx, s, section, date, old)
	})
	p.serveMade(w, r, d, err)
}

// day renders the page of a section's day; nil when the section told nothing on it.
func (p *Publisher) day(ctx context.Context, s *site, section, date string, old *document) (*document, error) {
	from, to, ok := s.plan.span(date)
	if !ok {
		return nil, nil
	}
	entries, err := p.reader.Entries(ctx, feed.EntryQuery{Section: section, Since: from, Before: to, Limit: mostOfADay})
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	var near render.Neighbours
	if near.Earlier, err = p.dayOf(ctx, s, feed.EntryQuery{Section: section, Before: from}); err != nil {
		return nil, err
	}
	if near.Later, err = p.dayOf(ctx, s, feed.EntryQuery{Section: section, Since: to, Oldest: true}); err != nil {
		return nil, err
	}
	path, v := dayPath(section, date), s.view(s.plan.byID[section], entries)
	body, err := render.DayPage(v, date, near)
	if good, err := p.good(path, section, render.FormatHTML, body, err); !good {
		return orLast(old, err)
	}
	return p.squeezers.document(path, body, lastChange(v), p.pageEnvelope(s.plan, s.plan.every(section))), nil
}

// dayOf is the day of the first entry that is asked for, "" when there is none.
func (p *Publisher) dayOf(ctx context.Context, s *site, q feed.EntryQuery) (string, error) {
	q.Limit, q.Bare = 1, true
	entries, err := p.reader.Entries(ctx, q)
	if err != nil || len(entries) == 0 {
		return "", err
	}
	return entries[0].Published.In(s.plan.zone()).Format(time.DateOnly), nil
}
