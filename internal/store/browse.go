package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"feedd/internal/feed"
)

// errEnough stops a query whose answers are enough.
var errEnough = errors.New("enough")

// Browse calls each for the stored items asked for, the newest first by arrival, until it returns false.
// Of an item it gives what the desk decides by and what it decided, without content, authors and the like.
func (s *Store) Browse(ctx context.Context, q feed.ItemQuery, each func(*feed.StoredItem) bool) error {
	where, args := s.browseQuery(q)
	var withdrawn time.Time
	var sections []string
	row := newNarrowRow(asList{&sections}, asTime{&withdrawn})
	err := s.query(ctx, `SELECT `+narrow+`, COALESCE(e.sections, ''), COALESCE(e.withdrawn, 0)
		FROM items i JOIN texts t ON t.item = i.id LEFT JOIN entries e ON e.id = i.entry
		WHERE `+where+` ORDER BY i.id DESC`,
		func(r *sql.Rows) error {
			item, err := row.scan(r)
			if err != nil {
				return err
			}
			it := feed.StoredItem{Item: *item, In: sections}
			it.State = stateOf(&it, !withdrawn.IsZero())
			if !each(&it) {
				return errEnough
			}
			return nil
		}, args...)
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// states are the conditions on a row that put an item into a state, in the order in which stateOf asks.
var states = map[feed.ItemState]string{
	feed.StateWaiting:   `i.entry = 0 AND i.dropped = ''`,
	feed.StateDropped:   `i.dropped <> ''`,
	feed.StateWithdrawn: `i.dropped = '' AND i.entry <> 0 AND (i.gone <> 0 OR e.withdrawn <> 0)`,
	feed.StateUnsorted:  `i.dropped = '' AND i.entry <> 0 AND i.gone = 0 AND e.withdrawn = 0 AND e.sections = ''`,
	feed.StateFiled:     `i.dropped = '' AND i.entry <> 0 AND i.gone = 0 AND e.withdrawn = 0 AND e.sections <> ''`,
}

func stateOf(it *feed.StoredItem, withdrawn bool) feed.ItemState {
	switch {
	case it.Dropped != "":
		return feed.StateDropped
	case it.Entry == "":
		return feed.StateWaiting
	case withdrawn || !it.Gone.IsZero():
		return feed.StateWithdrawn
	case len(it.In) == 0:
		return feed.StateUnsorted
	}
	return feed.StateFiled
}

func (s *Store) browseQuery(q feed.ItemQuery) (string, []any) {
	where := []string{`1 = 1`}
	var args []any
	if q.IDs != nil {
		where = append(where, `i.id `+s.d.in(q.IDs, &args))
	}
	also := func(condition string, v any) {
		args = append(args, v)
		where = append(where, condition+fmt.Sprintf("$%d", len(args)))
	}
	if q.Source != "" {
		also(`i.source = `, q.Source)
	}
	if q.Section != "" {
		also(`',' || e.sections || ',' LIKE `, "%,"+q.Section+",%")
	}
	if c, ok := states[q.State]; ok {
		where = append(where, c)
	}
	if !q.Since.IsZero() {
		also(`i.first_seen >= `, millis(q.Since))
	}
	if !q.Until.IsZero() {
		also(`i.first_seen < `, millis(q.Until))
	}
	if q.Below > 0 {
		also(`i.id < `, q.Below)
	}
	if q.Leads {
		where = append(where, `i.id = e.lead`)
	}
	if q.Folded {
		where = append(where, `i.entry <> 0 AND i.entry <> i.uid`)
	}
	if q.Learned {
		where = append(where, `i.sections LIKE '%"by":"learned"%'`)
	}
	return strings.Join(where, " AND "), args
}

// Arrivals counts the new items of every source since a time, by the quarter of an hour in which they
// were first seen, the earliest first. What a source listed at its first look beyond what was to enter
// the feeds is not counted.
func (s *Store) Arrivals(ctx context.Context, since time.Time) ([]feed.Arrival, error) {
	var all []feed.Arrival
	err := s.query(ctx, `SELECT source, first_seen / 900000, COUNT(*) FROM items
		WHERE first_seen >= $1 AND backlog = 0 GROUP BY source, first_seen / 900000 ORDER BY 2, 1`,
		func(r *sql.Rows) error {
			var a feed.Arrival
			var quarter int64
			err := r.Scan(&a.Source, &quarter, &a.Items)
			a.At = fromMillis(quarter * 900000)
			all = append(all, a)
			return err
		}, millis(since))
	return all, err
}

// Revisions calls each for what revisions replaced: an item as it was until a time, by its number, and no
// more of it than headline and summary; in order of items and times.
func (s *Store) Revisions(ctx context.Context, each func(was feed.Item, until time.Time)) error {
	return s.query(ctx, `SELECT item, at, title, summary FROM revisions ORDER BY item, at`, func(r *sql.Rows) error {
		var was feed.Item
		var until time.Time
		err := r.Scan(&was.ID, asTime{&until}, &was.Title, &was.Summary)
		each(was, until)
		return err
	})
}
