package store

import (
	"context"
	"database/sql"
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
		var id, story, backlog int64
		err := r.Scan(&id, &story, &backlog)
		of[id] = entry{intKey(story), backlog != 0}
		return id, err
	})
	if err != nil {
		return nil, err
	}
	told := make([]feed.Told, 0, len(ids))
	for part := range slices.Chunk(ids, listed) {
		var args []any
		if err := s.query(ctx, `SELECT entry, source, published, first_seen FROM items
			WHERE gone = 0 AND dropped = '' AND entry `+s.d.in(part, &args), func(r *sql.Rows) error {
			var id, published, firstSeen int64
			var t feed.Told
			if err := r.Scan(&id, &t.Source, &published, &firstSeen); err != nil {
				return err
			}
			t.Entry, t.Story, t.Backlog = intKey(id), of[id].story, of[id].backlog
			it := feed.Item{Published: fromMillis(published), FirstSeen: fromMillis(firstSeen)}
			t.At = it.Told()
			told = append(told, t)
			return nil
		}, args...); err != nil {
			return nil, err
		}
	}
	return told, nil
}

// ofStories reads entries of stories and returns their ids. What is then read of these is read by them alone: joined to the
// entries, a server that knows little of its tables yet reads all reports and asks for the entry of each.
func (s *Store) ofStories(ctx context.Context, stories []string, head string, each func(*sql.Rows) (int64, error)) (entries []int64, err error) {
	ids := make([]int64, len(stories))
	for i, key := range stories {
		ids[i] = keyInt(key)
	}
	for part := range slices.Chunk(ids, listed) {
		var args []any
		if err := s.query(ctx, head+s.d.in(part, &args), func(r *sql.Rows) error {
			id, err := each(r)
			entries = append(entries, id)
			return err
		}, args...); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// Tellers returns the source of each report that stands of these entries, by the entries' keys.
func (s *Store) Tellers(ctx context.Context, entries []string) (map[string][]string, error) {
	ids := make([]int64, len(entries))
	for i, key := range entries {
		ids[i] = keyInt(key)
	}
	tellers := make(map[string][]string, len(entries))
	for part := range slices.Chunk(ids, listed) {
		var args []any
		err := s.query(ctx, `SELECT i.entry, i.source FROM items i WHERE i.gone = 0 AND i.dropped = '' AND i.id IN (SELECT item FROM reports WHERE entry `+s.d.in(part, &args)+`)`, func(r *sql.Rows) error {
			var entry int64
			var source string
			err := r.Scan(&entry, &source)
			tellers[intKey(entry)] = append(tellers[intKey(entry)], source)
			return err
		}, args...)
		if err != nil {
			return nil, err
		}
	}
	return tellers, nil
}

// Shared returns the stories that more than one source has told of since a time, in no order.
func (s *Store) Shared(ctx context.Context, since time.Time) ([]string, error) {
	var stories []string
	err := s.query(ctx, `SELECT story FROM items WHERE first_seen >= $1 AND story <> 0 AND gone = 0 AND dropped = ''
		GROUP BY story HAVING MIN(source) <> MAX(source)`, func(r *sql.Rows) error {
		var story int64
		err := r.Scan(&story)
		stories = append(stories, intKey(story))
		return err
	}, millis(since))
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
	by := map[int64]string{} // who told each story
	shared := map[int64]bool{}
	for part := range slices.Chunk(ids, listed) {
		args := []any{millis(since)}
		// Not by the index of times, in which there is everything of these days.
		if err := s.query(ctx, `SELECT DISTINCT story, source FROM items
			WHERE first_seen + 0 >= $1 AND gone = 0 AND dropped = '' AND entry `+s.d.in(part, &args), func(r *sql.Rows) error {
			var story int64
			var source string
			err := r.Scan(&story, &source)
			if one, known := by[story]; known && one != source {
				shared[story] = true
			}
			by[story] = source
			return err
		}, args...); err != nil {
			return nil, err
		}
	}
	keys := make([]string, 0, len(shared))
	for story := range shared {
		keys = append(keys, intKey(story))
	}
	return keys, nil
}
