package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"feedd/internal/feed"
)

// What several nodes need that collect from one table of sources: which are due, and that of two looks
// at a source one is saved. The time at which a source runs next names the look that is due then.

// ErrSuperseded says that another look at the source was saved since this one began.
var ErrSuperseded = errors.New("another node has looked at this source meanwhile")

// DueSource is a source that is due, since At.
type DueSource struct {
	ID string
	At time.Time
}

// Due returns the sources that are due at a time, the longest waiting first, limit of them at most.
func (s *Store) Due(ctx context.Context, at time.Time, limit int) ([]DueSource, error) {
	var due []DueSource
	err := s.query(ctx, `SELECT id, next_run FROM sources WHERE next_run > 0 AND next_run <= $1 ORDER BY next_run LIMIT $2`,
		into(&due, func(d *DueSource) []any { return []any{&d.ID, asTime{&d.At}} }), millis(at), limit)
	return due, err
}

// StatesOf is States for some sources.
func (s *Store) StatesOf(ctx context.Context, ids []string) (map[string]feed.SourceState, error) {
	states := make(map[string]feed.SourceState, len(ids))
	for part := range slices.Chunk(ids, listed) {
		if err := s.query(ctx, `SELECT id, state FROM sources WHERE id IN `+placeholders(1, len(part)), intoStates(states), anys(part)...); err != nil {
			return nil, err
		}
	}
	return states, nil
}

// Subscriber returns the state of the source whose hub delivers to a callback; false when there is none.
func (s *Store) Subscriber(ctx context.Context, callback string) (feed.SourceState, bool, error) {
	states := map[string]feed.SourceState{}
	if callback == "" {
		return feed.SourceState{}, false, nil
	}
	err := s.query(ctx, `SELECT id, state FROM sources WHERE callback = $1`, intoStates(states), callback)
	for _, st := range states {
		return st, true, err
	}
	return feed.SourceState{}, false, err
}

// Planned is a source's state with another next run, and the one that it had.
type Planned struct {
	State feed.SourceState
	Was   time.Time
}

// Plan stores states that no look brought: of sources that have none, and of those whose next run is
// still the one that it was. It returns how many.
func (s *Store) Plan(ctx context.Context, plans []Planned) (n int, err error) {
	err = s.tx(ctx, func(tx *tx) error {
		n = 0
		for _, p := range plans {
			row, err := stateRow(p.State, time.Time{}, "")
			if err != nil {
				return err
			}
			got, err := tx.affected(`INSERT INTO sources (id, next_run, full_read, state, listed, origin, callback) VALUES ($1, $2, $3, $4, $5, $6, $7)
				ON CONFLICT (id) DO UPDATE SET next_run = excluded.next_run, state = excluded.state, origin = excluded.origin, callback = excluded.callback
				WHERE sources.next_run = $8`, append(row, millis(p.Was))...)
			if err != nil {
				return err
			}
			n += got
		}
		return nil
	})
	return n, err
}

// Lost tells whether an error is about the connection to the database, or about others who kept it locked, and not
// about what was asked of it: nothing of that was done, and it may be asked again.
func (s *Store) Lost(err error) bool { return s.d.lost(err) }

// current returns the saves that no other look has superseded. What a hub changed in a source's
// subscription since its look began is taken over.
func current(tx *tx, batch []*save) ([]*save, error) {
	var ids []string
	for _, w := range batch {
		if w.c.Before != nil {
			ids = append(ids, w.c.State.Source)
		}
	}
	if len(ids) == 0 {
		return batch, nil
	}
	stored := make(map[string]feed.SourceState, len(ids))
	for part := range slices.Chunk(ids, listed) {
		if err := tx.query(`SELECT id, state FROM sources WHERE id IN `+placeholders(1, len(part)), intoStates(stored), anys(part)...); err != nil {
			return nil, err
		}
	}
	seen := make(map[string]bool, len(ids))
	var kept []*save
	for _, w := range batch {
		if before := w.c.Before; before != nil {
			id := w.c.State.Source
			st := stored[id]
			if seen[id] || millis(st.NextRun) != millis(before.NextRun) {
				w.err = fmt.Errorf("%s: %w", id, ErrSuperseded)
				continue
			}
			seen[id] = true
			if !reflect.DeepEqual(st.Push, before.Push) {
				w.c.State.Push = st.Push
			}
		}
		kept = append(kept, w)
	}
	return kept, nil
}

func anys(texts []string) []any {
	args := make([]any, len(texts))
	for i, t := range texts {
		args[i] = t
	}
	return args
}
