package publish

import (
	"context"
	"fmt"
	"strings"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

// Archives (RFC 5005, section 4) hold what a section's feed no longer shows, one page a month of
// Published in UTC. A page leaves out the entries that the feed itself shows, so that whoever
// follows prev-archive from the feed meets every entry exactly once. While the feed still shows
// entries of a month, or the month is not over, its page can grow: it is served, but only marked
// as an archive, which is not to change any more, from then on.

const monthForm = "2006-01"

func archivePath(section string, month time.Time) string {
	return "/sections/" + section + "/archive/" + month.Format(monthForm)
}

func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// parseArchive reads "2026-11.atom".
func parseArchive(name string) (month time.Time, f render.Format, ok bool) {
	stem, ext, _ := strings.Cut(name, ".")
	month, err := time.Parse(monthForm, stem)
	return month, render.Format(ext), err == nil && isFeedFormat(ext) && month.Format(monthForm) == stem
}

func isFeedFormat(ext string) bool {
	for _, f := range render.FeedFormats {
		if string(f) == ext {
			return true
		}
	}
	return false
}

// archiveBefore returns the newest month before t (zero: of all) that has entries which the
// section's feed does not show; zero when there is none.
func (p *Publisher) archiveBefore(ctx context.Context, section string, ed *edition, t time.Time) (time.Time, error) {
	// At most the entries shown stand between t and the one looked for.
	for limit := 8; ; limit = min(4*limit, len(ed.shown)+1) {
		entries, err := p.reader.Entries(ctx, feed.EntryQuery{Section: section, Before: t, Limit: limit})
		if err != nil {
			return time.Time{}, err
		}
		for i := range entries {
			if _, live := ed.shown[entries[i].Key]; !live {
				return monthOf(entries[i].Published), nil
			}
		}
		if len(entries) < limit || limit > len(ed.shown) {
			return time.Time{}, nil
		}
	}
}

// newestArchive returns the path of the newest archive page, "" when there is none. newest are the
// section's newest entries, where it mostly shows already.
func (p *Publisher) newestArchive(ctx context.Context, section string, ed *edition, newest []feed.Entry) (string, error) {
	for i := range newest {
		if _, live := ed.shown[newest[i].Key]; !live {
			return archivePath(section, monthOf(newest[i].Published)), nil
		}
	}
	month, err := p.archiveBefore(ctx, section, ed, time.Time{})
	if err != nil || month.IsZero() {
		return "", err
	}
	return archivePath(section, month), nil
}

// archives lists the months of a section's archive pages, newest first.
func (p *Publisher) archives(ctx context.Context, section string, ed *edition) ([]time.Time, error) {
	var months []time.Time
	var before time.Time
	for {
		month, err := p.archiveBefore(ctx, section, ed, before)
		if err != nil || month.IsZero() {
			return months, err
		}
		months = append(months, month)
		before = month
	}
}

// archive renders one archive page; nil when the month has none. The caller lets no two do the same.
func (p *Publisher) archive(ctx context.Context, s *site, section string, month time.Time, f render.Format) (*document, error) {
	sec, ed := s.plan.byID[section], s.editions[section]
	if sec == nil || ed == nil {
		return nil, nil
	}
	end := month.AddDate(0, 1, 0)
	all, err := p.reader.Entries(ctx, feed.EntryQuery{Section: section, Since: month, Before: end})
	if err != nil {
		return nil, err
	}
	open := p.now().Before(end)
	entries := all[:0]
	for i := range all {
		if _, live := ed.shown[all[i].Key]; live {
			open = true
		} else {
			entries = append(entries, all[i])
		}
	}
	if len(entries) == 0 {
		return nil, nil
	}
	months, err := p.archives(ctx, section, ed)
	if err != nil {
		return nil, err
	}
	v := s.view(sec, entries)
	v.Path, v.Current, v.Archive = archivePath(section, month), "/sections/"+section, !open
	for i, m := range months {
		if !m.Equal(month) {
			continue
		}
		if i > 0 {
			v.Next = archivePath(section, months[i-1])
		}
		if i+1 < len(months) {
			v.Prev = archivePath(section, months[i+1])
		}
	}
	withdrawn, err := p.reader.Entries(ctx, feed.EntryQuery{Section: section, Withdrawn: true, Limit: tombstones})
	if err != nil {
		return nil, err
	}
	for i := range withdrawn {
		if monthOf(withdrawn[i].Published).Equal(month) {
			v.Tombstones = append(v.Tombstones, graves(withdrawn[i:i+1])...)
		}
	}

	body, err := render.Feed(v, f)
	if err != nil {
		return nil, err
	}
	path := v.Path + "." + string(f)
	if problems := render.Check(f, body); len(problems) > 0 {
		p.metrics.refused.WithLabelValues(section, string(f)).Inc()
		return nil, fmt.Errorf("%s breaks the rules of its format: %v", path, problems[0])
	}
	e := p.feedEnvelope(s.plan, section, f, "")
	e.route = p.metrics.archives
	if !open {
		// It changes only when something is withdrawn, which is to be seen within the day.
		e.cache = "public, max-age=86400"
	}
	sq := <-p.squeezers
	defer func() { p.squeezers <- sq }()
	return sq.document(path, body, lastChange(v), e)
}

// lastChange is the time of the newest change among what a view shows: the Last-Modified of
// documents that are rendered when asked for.
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
