package publish

import (
	"context"
	"slices"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

// window is what of a section its feed and the open page of its archive are chosen from: the entries that
// stand in it and are on no closed page, the newest first. It is read once and follows from then on what is
// said of each entry that changed; what is here is what would be read from the store. Nobody keeps its rows.
type window struct {
	version int64              // of the section, up to which it follows
	closed  []feed.ArchivePage // the closed pages as of which it was read; with another it is read anew
	rows    []feed.Listed
}

// mostListed is how many entries a window may have, as closed pages: where more wait to be closed, the store
// is asked each time.
const mostListed = 5

// follow brings the window of a section up to date with entries that changed.
func (w *window) follow(section string, changed []feed.Changed) {
	is := make(map[string]bool, len(changed))
	for i := range changed {
		is[changed[i].Key] = true
	}
	w.rows = slices.DeleteFunc(w.rows, func(l feed.Listed) bool { return is[l.Key] })
	for i := range changed {
		c := &changed[i]
		if !c.Withdrawn.IsZero() || section != "all" && !slices.Contains(c.Sections, section) || slices.Contains(c.Closed, section) {
			continue
		}
		l := feed.Listed{Key: c.Key, Published: c.Published, Backlog: c.Backlog}
		at, _ := slices.BinarySearchFunc(w.rows, l, func(a, b feed.Listed) int { return inTime(a.Published, a.Key, b.Published, b.Key) })
		w.rows = slices.Insert(w.rows, at, l)
	}
}

// newest lists the newest entries that the section's feed may show, as many as limit.
func (w *window) newest(since time.Time, limit int) []feed.Listed {
	rows := make([]feed.Listed, 0, min(limit, len(w.rows)))
	for _, l := range w.rows {
		if len(rows) == limit || l.Published.Before(since) {
			break
		}
		if !l.Backlog {
			rows = append(rows, l)
		}
	}
	return rows
}

// archive is the section's archive when shown are the entries of its feed; ok is false where a page of it is to be
// closed, or retention is about to take something, before the given time.
func (w *window) archive(shown map[string]time.Time, before, now time.Time, perPage int) (a archive, ok bool) {
	if n := len(w.rows); n > 0 && w.rows[n-1].Published.Before(before) {
		return archive{}, false
	}
	rest := make([]feed.Listed, 0, len(w.rows))
	for _, l := range w.rows {
		if _, live := shown[l.Key]; !live {
			rest = append(rest, l)
		}
	}
	pages, a := arrange(rest, w.closed, now, perPage)
	return a, len(pages) == 0
}

// window returns the window of a section that has these closed pages; nil where it would be too long. It may be
// called for several sections side by side.
func (s *shelf) window(ctx context.Context, archives Archives, section string, closed []feed.ArchivePage, most int) (*window, error) {
	s.mu.Lock()
	w, version := s.windows[section], s.versions[section]
	s.mu.Unlock()
	if w != nil && slices.EqualFunc(w.closed, closed, samePage) && len(w.rows) <= most {
		return w, nil
	}
	rows, err := archives.OpenEntries(ctx, section, time.Time{}, most+1)
	if err != nil {
		return nil, err
	}
	w = nil
	if len(rows) <= most {
		w = &window{version: version, closed: closed, rows: rows}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if w == nil {
		delete(s.windows, section)
	} else {
		s.windows[section] = w
	}
	return w, nil
}

func samePage(a, b feed.ArchivePage) bool { return a.Page == b.Page && a.Closed.Equal(b.Closed) }

// withdrawn returns what a section's feed tells about as withdrawn, for the section that it is drawn from.
func (s *shelf) withdrawn(ctx context.Context, section string) ([]render.Tombstone, error) {
	s.mu.Lock()
	ts, known := s.graves[section]
	s.mu.Unlock()
	if known {
		return ts, nil
	}
	entries, err := s.reader.Entries(ctx, feed.EntryQuery{Section: section, Withdrawn: true, Limit: tombstones, Bare: true})
	if err != nil {
		return nil, err
	}
	ts = graves(entries)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.graves[section] = ts
	return ts, nil
}

// followGraves forgets the tombstones of sections where something was withdrawn or came back.
func (s *shelf) followGraves(changed []feed.Changed) {
	for section, ts := range s.graves {
		for i := range changed {
			c := &changed[i]
			here := !c.Withdrawn.IsZero() && (section == "all" || slices.Contains(c.Sections, section))
			if here || slices.ContainsFunc(ts, func(t render.Tombstone) bool { return t.Key == c.Key }) {
				delete(s.graves, section)
				break
			}
		}
	}
}
