package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"feedd/internal/feed"
)

// States returns what is remembered of every source ever collected, by source id.
func (s *Store) States(ctx context.Context) (map[string]feed.SourceState, error) {
	states := map[string]feed.SourceState{}
	err := s.query(ctx, `SELECT id, state FROM sources`, intoStates(states))
	return states, err
}

// intoStates reads rows of id and state.
func intoStates(states map[string]feed.SourceState) func(*sql.Rows) error {
	return func(r *sql.Rows) error {
		var id, text string
		if err := r.Scan(&id, &text); err != nil {
			return err
		}
		var st feed.SourceState
		if err := json.Unmarshal([]byte(text), &st); err != nil {
			return fmt.Errorf("the stored state of %s: %w", id, err)
		}
		st.Source = id
		states[id] = st
		return nil
	}
}

// Origins returns a number that moves when any source says something else of itself than before, see
// feed.SourceState.Origin, or when there are more or fewer sources: States is to be read anew then.
func (s *Store) Origins(ctx context.Context) (int64, error) {
	var n, sum int64
	err := s.one(ctx, `SELECT COUNT(*), COALESCE(CAST(SUM(origin) AS BIGINT), 0) FROM sources`, nil, &n, &sum)
	return sum<<16 + n, err
}

const putState = `INSERT INTO sources (id, next_run, full_read, state, listed, origin, callback) VALUES ($1, $2, $3, $4, $5, $6, $7)
	ON CONFLICT (id) DO UPDATE SET next_run = excluded.next_run, state = excluded.state, origin = excluded.origin, callback = excluded.callback,
		listed = CASE WHEN excluded.listed <> '' THEN excluded.listed ELSE sources.listed END,
		full_read = CASE WHEN excluded.full_read > 0 THEN excluded.full_read ELSE sources.full_read END`

// stateRow is what putState takes; fullRead is zero unless the source's whole list was read just now,
// listed are the ids on it, "" where no list was read.
func stateRow(st feed.SourceState, fullRead time.Time, listed string) ([]any, error) {
	text, err := json.Marshal(st)
	callback := ""
	if st.Push != nil {
		callback = st.Push.Callback
	}
	return []any{st.Source, millis(st.NextRun), millis(fullRead), string(text), listed, int64(st.Origin()), callback}, err
}

// SaveState stores a source's state alone, for changes that no look at the source brought.
func (s *Store) SaveState(ctx context.Context, st feed.SourceState) error {
	row, err := stateRow(st, time.Time{}, "")
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *tx) error { return tx.many(putState, [][]any{row}) })
}

// Holds returns the hosts that asked for no requests until some time after now.
func (s *Store) Holds(ctx context.Context, now time.Time) ([]feed.HostHold, error) {
	var holds []feed.HostHold
	err := s.query(ctx, `SELECT host, until, reason FROM holds WHERE until > $1`, into(&holds, func(h *feed.HostHold) []any {
		return []any{&h.Host, asTime{&h.Until}, &h.Reason}
	}), millis(now))
	return holds, err
}

// Known tells which of a source's items are stored already, by the Key they have now, or were.
func (s *Store) Known(ctx context.Context, source string, items []feed.Item) (map[string]bool, error) {
	is := make(map[string]bool, len(items))
	if len(items) == 0 {
		return is, nil
	}
	uids := make([]int64, len(items))
	for i := range items {
		uids[i] = keyInt(feed.EntryKey(source, items[i].Key))
	}
	from := outside{ctx, s}
	known, err := knownItems(from, uids)
	if err != nil {
		return nil, err
	}
	before, err := pastOf(from, []string{source})
	if err != nil {
		return nil, err
	}
	r := recogniser{from: from, s: s, c: &Collected{State: feed.SourceState{Source: source}, Items: items}, now: time.Now()}
	rec, err := r.recognise(uids, known, before[source])
	if err != nil {
		return nil, err
	}
	for i := range items {
		if rec.same[i] != 0 || rec.retired[i].uid != 0 || rec.is[i] != nil {
			is[items[i].Key] = true
		}
	}
	return is, nil
}

// Meta returns a single value by its name, "" when it was never set.
func (s *Store) Meta(ctx context.Context, name string) (string, error) {
	var value string
	err := s.one(ctx, `SELECT value FROM meta WHERE name = $1`, []any{name}, &value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

// metaNumber is Meta of a whole number, 0 when there is none.
func (s *Store) metaNumber(ctx context.Context, name string) (int64, error) {
	text, err := s.Meta(ctx, name)
	if err != nil || text == "" {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

// SetMeta stores a single value under a name.
func (s *Store) SetMeta(ctx context.Context, name, value string) error {
	return s.txBeside(ctx, setMeta(name, value))
}

// Fix stores a value that must never be another, under a name that has none: no power cut undoes it. It
// returns the value in force, which another process may have fixed first.
func (s *Store) Fix(ctx context.Context, name, value string) (fixed string, err error) {
	err = s.txForGood(ctx, func(tx *tx) error {
		if err := tx.exec(`INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, value); err != nil {
			return err
		}
		return tx.QueryRow(`SELECT value FROM meta WHERE name = $1`, name).Scan(&fixed)
	})
	return fixed, err
}

func setMeta(name, value string) func(*tx) error {
	return func(tx *tx) error {
		return tx.exec(`INSERT INTO meta (name, value) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	}
}
