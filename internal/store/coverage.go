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
	ids := make([]int64, len(stories))
	for i, key := range stories {
		ids[i] = keyInt(key)
	}
	var told []feed.Told
	for part := range slices.Chunk(ids, listed) {
		var args []any
		err := s.query(ctx, `SELECT e.story, e.id, i.source, i.published, i.first_seen, e.backlog FROM entries e JOIN items i ON i.entry = e.id
			WHERE e.story `+s.d.in(part, &args)+` AND e.withdrawn = 0 AND i.gone = 0 AND i.dropped = ''`,
			func(r *sql.Rows) error {
				var story, entry, published, firstSeen, backlog int64
				var t feed.Told
				if err := r.Scan(&story, &entry, &t.Source, &published, &firstSeen, &backlog); err != nil {
					return err
				}
				t.Story, t.Entry, t.Backlog = intKey(story), intKey(entry), backlog != 0
				it := feed.Item{Published: fromMillis(published), FirstSeen: fromMillis(firstSeen)}
				t.At = it.Told()
				told = append(told, t)
				return nil
			}, args...)
		if err != nil {
			return nil, err
		}
	}
	return told, nil
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
		err := s.query(ctx, `SELECT i.entry, i.source FROM items i WHERE i.gone = 0 AND i.dropped = '' AND i.entry `+s.d.in(part, &args), func(r *sql.Rows) error {
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
		GROUP BY story HAVING MIN(source) <> MAX(source)`, addStory(&stories), millis(since))
	return stories, err
}

// SharedAmong is Shared for these stories alone, whatever else there is.
func (s *Store) SharedAmong(ctx context.Context, since time.Time, stories []string) ([]string, error) {
	ids := make([]int64, len(stories))
	for i, key := range stories {
		ids[i] = keyInt(key)
	}
	var shared []string
	for part := range slices.Chunk(ids, listed) {
		args := []any{millis(since)}
		if err := s.query(ctx, `SELECT i.story FROM entries e JOIN items i ON i.entry = e.id
			WHERE e.story `+s.d.in(part, &args)+` AND i.first_seen >= $1 AND i.gone = 0 AND i.dropped = ''
			GROUP BY i.story HAVING MIN(i.source) <> MAX(i.source)`, addStory(&shared), args...); err != nil {
			return nil, err
		}
	}
	return shared, nil
}

func addStory(stories *[]string) func(*sql.Rows) error {
	return func(r *sql.Rows) error {
		var story int64
		err := r.Scan(&story)
		*stories = append(*stories, intKey(story))
		return err
	}
}
