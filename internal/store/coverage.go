package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"feedd/internal/feed"
)

// Told returns the reports of these stories that count to their coverage, without their Outlet: those
// that stand, under entries that stand.
func (s *Store) Told(ctx context.Context, stories []string) ([]feed.Told, error) {
	type entry struct {
		story   string
		backlog bool
	}
	of := map[int64]entry{}
	ids, err := s.ofStories(ctx, stories, `SELECT id, story, backlog FROM entries WHERE withdrawn = 0 AND story `, func(r *sql.Rows) (int64, error) {
		var id int64
		var e entry
		err := r.Scan(&id, asKey{&e.story}, &e.backlog)
		of[id] = e
		return id, err
	})
	if err != nil {
		return nil, err
	}
	told := make([]feed.Told, 0, len(ids))
	err = eachIn(outside{ctx, s}, `SELECT entry, source, published, first_seen FROM items WHERE gone = 0 AND dropped = '' AND entry `, ids, ``, func(r *sql.Rows) error {
		var id int64
		var it feed.Item
		if err := r.Scan(&id, &it.Source, asTime{&it.Published}, asTime{&it.FirstSeen}); err != nil {
			return err
		}
		told = append(told, feed.Told{Entry: intKey(id), Story: of[id].story, Source: it.Source, At: it.Told(), Backlog: of[id].backlog})
		return nil
	})
	return told, err
}

// ofStories reads entries of stories and returns their ids. What is then read of these is read by them alone: joined to the
// entries, a server that knows little of its tables yet reads all reports and asks for the entry of each.
func (s *Store) ofStories(ctx context.Context, stories []string, head string, each func(*sql.Rows) (int64, error)) (entries []int64, err error) {
	err = eachIn(outside{ctx, s}, head, keyInts(stories), ``, func(r *sql.Rows) error {
		id, err := each(r)
		entries = append(entries, id)
		return err
	})
	return entries, err
}

// Tellers returns the source of each report that stands of these entries, by the entries' keys.
func (s *Store) Tellers(ctx context.Context, entries []string) (map[string][]string, error) {
	tellers := make(map[string][]string, len(entries))
	err := eachIn(outside{ctx, s}, `SELECT i.entry, i.source FROM items i WHERE i.gone = 0 AND i.dropped = '' AND i.id IN (SELECT item FROM reports WHERE entry `, keyInts(entries), `)`, func(r *sql.Rows) error {
		var entry, source string
		err := r.Scan(asKey{&entry}, &source)
		tellers[entry] = append(tellers[entry], source)
		return err
	})
	return tellers, err
}

// Shared returns the stories that more than one source has told of since a time, in no order.
func (s *Store) Shared(ctx context.Context, since time.Time) ([]string, error) {
	var stories []string
	err := s.query(ctx, `SELECT story FROM items WHERE first_seen >= $1 AND story <> 0 AND gone = 0 AND dropped = ''
		GROUP BY story HAVING MIN(source) <> MAX(source)`,
		into(&stories, func(story *string) []any { return []any{asKey{story}} }), millis(since))
	return stories, err
}

// SharedAmong is Shared for these stories alone, whatever else there is.
func (s *Store) SharedAmong(ctx context.Context, since time.Time, stories []string) ([]string, error) {
	ids, err := s.ofStories(ctx, stories, `SELECT id FROM entries WHERE story `, func(r *sql.Rows) (id int64, err error) {
		err = r.Scan(&id)
		return id, err
	})
	if err != nil {
		return nil, err
	}
	by := map[string]string{} // who told each story
	shared := map[string]bool{}
	// Not by the index of times, in which there is everything of these days.
	err = eachIn(outside{ctx, s}, `SELECT DISTINCT story, source FROM items
		WHERE first_seen + 0 >= $1 AND gone = 0 AND dropped = '' AND entry `, ids, ``, func(r *sql.Rows) error {
		var story, source string
		err := r.Scan(asKey{&story}, &source)
		if one, known := by[story]; known && one != source {
			shared[story] = true
		}
		by[story] = source
		return err
	}, millis(since))
	return slices.Collect(maps.Keys(shared)), err
}
