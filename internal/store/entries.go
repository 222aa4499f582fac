package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"feedd/internal/feed"
)

// Versions returns a counter for each section, and for "all". Every transaction that changes the
// section's entries raises it. A section that never had an entry is missing. That of "" counts the
// transactions in which retention deleted entries.
func (s *Store) Versions(ctx context.Context) (map[string]int64, error) {
	versions := map[string]int64{}
	err := s.query(ctx, `SELECT id, version FROM sections`, intoMap(versions))
	return versions, err
}

// byKey orders ids as their keys are ordered: a key whose first bit is set is stored as a negative
// number.
const byKey, listedByKey = `, CASE WHEN e.id < 0 THEN 1 ELSE 0 END, e.id`, `, CASE WHEN l.entry < 0 THEN 1 ELSE 0 END, l.entry`

// Entries returns the entries asked for with their reports in order of arrival: newest first by
// Published, ties by Key; the entries of a Story oldest first.
func (s *Store) Entries(ctx context.Context, q feed.EntryQuery) ([]feed.Entry, error) {
	query, args := s.entryQuery(q)
	var entries []feed.Entry
	err := s.query(ctx, query, into(&entries, entryColumns), args...)
	if err != nil || q.Bare {
		return entries, err
	}
	return entries, s.addReports(ctx, entries, q)
}

// entryQuery is the query's text, whose columns are entryColumns, and its arguments.
func (s *Store) entryQuery(q feed.EntryQuery) (string, []any) {
	var where []string
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	from, at := `entries e`, "e.published"
	switch {
	case q.Any:
		where = append(where, `1 = 1`)
	case q.Withdrawn:
		where, at = append(where, `e.withdrawn <> 0`), "e.withdrawn"
	default:
		where = append(where, `e.withdrawn = 0`)
	}
	if q.Section != "" && q.Section != "all" {
		if q.Withdrawn || q.Any { // listed nowhere, but it keeps the names
			where = append(where, `',' || e.sections || ',' LIKE `+arg("%,"+q.Section+",%"))
		} else {
			from, at = `entry_sections l JOIN entries e ON e.id = l.entry`, "l.published"
			where = append(where, `l.section = `+arg(q.Section))
		}
	}
	if q.Open {
		where = append(where, `e.backlog = 0`)
		if at == "l.published" {
			where = append(where, `l.page = 0`)
		} else {
			where = append(where, `e.page = 0`)
		}
	}
	if q.Story != "" {
		where = append(where, `e.story = `+arg(keyInt(q.Story)))
	}
	if len(q.Keys) > 0 {
		where = append(where, `e.id `+s.d.in(keyInts(q.Keys), &args))
	}
	if !q.Since.IsZero() {
		where = append(where, at+` >= `+arg(millis(q.Since)))
	}
	if !q.Before.IsZero() {
		where = append(where, at+` < `+arg(millis(q.Before)))
	}
	query := `SELECT e.id, e.story, e.follows, e.lead, e.published, e.updated, e.withdrawn, e.withdrawn_by, e.sections, e.backlog
		FROM ` + from + ` WHERE ` + strings.Join(where, " AND ")
	switch {
	case q.Story != "":
		query += ` ORDER BY e.published` + byKey
	case q.Oldest:
		query += ` ORDER BY ` + at + byKey
	default:
		query += ` ORDER BY ` + at + ` DESC` + byKey
	}
	if q.Limit > 0 {
		query += ` LIMIT ` + arg(q.Limit)
	}
	return query, args
}

// entryColumns are where the columns of entryQuery are read to.
func entryColumns(e *feed.Entry) []any {
	return []any{asKey{&e.Key}, asKey{&e.Story}, asKey{&e.Follows}, &e.Lead, asTime{&e.Published}, asTime{&e.Updated},
		asTime{&e.Withdrawn}, &e.WithdrawnBy, asList{&e.Sections}, &e.Backlog}
}

// addReports reads the entries' reports, in order of arrival.
func (s *Store) addReports(ctx context.Context, entries []feed.Entry, q feed.EntryQuery) error {
	index := make(map[int64]int, len(entries))
	ids := make([]int64, len(entries))
	for i := range entries {
		ids[i] = keyInt(entries[i].Key)
		index[ids[i]] = i
	}
	add := func(it *feed.Item) error {
		e := &entries[index[keyInt(it.Entry)]]
		e.Reports = append(e.Reports, *it)
		return nil
	}
	read := s.whole
	switch {
	case q.Outline:
		read = s.outline
	case q.Brief:
		read = s.brief
	}
	return inParts(outside{ctx, s}, `WHERE i.gone = 0 AND i.id IN (SELECT item FROM reports WHERE entry `, ids, `) ORDER BY i.id`, nil, func(where string, args []any) error {
		return read(ctx, where, add, args...)
	})
}

// Unsorted counts the entries that stand and are in no section.
func (s *Store) Unsorted(ctx context.Context) (int, error) {
	var n int
	err := s.one(ctx, `SELECT COUNT(*) FROM entries WHERE sections = '' AND withdrawn = 0`, nil, &n)
	return n, err
}

// Withdraw takes entries out of everything published by decision of the editor, or undoes that when at
// is zero; an entry without reports then stays out, as dropped. It returns how many entries changed.
// A desk that decides about them at the same time gets ErrOvertaken; when a desk commits first, this
// begins again. When it returns, no power cut undoes it.
func (s *Store) Withdraw(ctx context.Context, keys []string, at time.Time) (int, error) {
	n, _, err := s.WithdrawBy(ctx, keys, at, "")
	return n, err
}

// WithdrawBy is Withdraw on the word of a named editor. It is a decision, whose number it returns, too; 0
// when one is taken back.
func (s *Store) WithdrawBy(ctx context.Context, keys []string, at time.Time, by string) (changed int, decision int64, err error) {
	if len(keys) == 0 {
		return 0, 0, nil
	}
	for {
		turn, err := s.DeskTurn(ctx)
		if err != nil {
			return 0, 0, err
		}
		all, err := s.Entries(ctx, feed.EntryQuery{Keys: keys, Any: true, Brief: true})
		if err != nil {
			return 0, 0, err
		}
		undo := at.IsZero()
		all = slices.DeleteFunc(all, func(e feed.Entry) bool { return (e.WithdrawnBy == feed.Retracted) != undo })
		for i := range all {
			e := &all[i]
			switch {
			case !undo:
				e.WithdrawnBy = feed.Retracted
				if e.Withdrawn.IsZero() {
					e.Withdrawn = at
				}
			case len(e.Reports) == 0:
				e.WithdrawnBy = feed.Dropped
			default:
				e.Withdrawn, e.WithdrawnBy = time.Time{}, ""
			}
		}
		err = s.txForGood(ctx, func(tx *tx) error {
			if err := turnTo(tx, turn); err != nil {
				return err
			}
			var err error
			if decision, err = saveRetractions(tx, all, at, by); err != nil {
				return err
			}
			_, err = s.saveEntries(tx, all)
			return err
		})
		if !errors.Is(err, ErrOvertaken) {
			return len(all), decision, err
		}
	}
}

// Renditions returns the last good bytes of every published path.
func (s *Store) Renditions(ctx context.Context) ([]feed.Rendition, error) {
	var rs []feed.Rendition
	err := s.query(ctx, `SELECT path, hash, modified, body FROM renditions`, into(&rs, func(d *feed.Rendition) []any {
		return []any{&d.Path, &d.Hash, asTime{&d.Modified}, &d.Body}
	}))
	return rs, err
}

// SaveRenditions adds or replaces renditions by their path and stores facts as SetMeta does, all or none. Bytes that
// another process has saved already keep its Modified, and rs gets it: nodes that render the same tell readers the same.
func (s *Store) SaveRenditions(ctx context.Context, rs []feed.Rendition, facts map[string]string) error {
	var modified []time.Time
	err := s.txBeside(ctx, func(tx *tx) (err error) {
		if modified, err = saveRenditions(tx, "", rs); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(facts)) {
			if err := setMeta(name, facts[name])(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		for i := range rs {
			rs[i].Modified = modified[i]
		}
	}
	return err
}

// saveRenditions stores what was rendered from a state, and returns since when the bytes are those.
func saveRenditions(tx *tx, state string, rs []feed.Rendition) ([]time.Time, error) {
	order := make([]int, len(rs)) // of the paths, as whoever writes beside this has it
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(rs[a].Path, rs[b].Path) })
	rows := make([][]any, len(rs))
	for i, at := range order {
		r := &rs[at]
		rows[i] = []any{r.Path, r.Hash, millis(r.Modified), r.Body, state}
	}
	modified := make([]time.Time, len(rs))
	n := 0
	err := tx.manyRows(`INSERT INTO renditions (path, hash, modified, body, state) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (path) DO UPDATE SET hash = excluded.hash, body = excluded.body, state = excluded.state,
			modified = CASE WHEN renditions.hash = excluded.hash THEN renditions.modified ELSE excluded.modified END
		RETURNING modified`, rows, func(r scanner) error {
		n++
		return r.Scan(asTime{&modified[order[n-1]]})
	})
	return modified, err
}

// DeleteRenditions forgets these paths; an unknown one is no error.
func (s *Store) DeleteRenditions(ctx context.Context, paths []string) error {
	rows := make([][]any, len(paths))
	for i, p := range slices.Sorted(slices.Values(paths)) {
		rows[i] = []any{p}
	}
	return s.txBeside(ctx, func(tx *tx) error { return tx.many(`DELETE FROM renditions WHERE path = $1`, rows) })
}

// Subscriptions returns the subscribers of the hub.
func (s *Store) Subscriptions(ctx context.Context) ([]feed.Subscription, error) {
	var subs []feed.Subscription
	err := s.query(ctx, `SELECT topic, callback, secret, until, client, delivered FROM subscriptions ORDER BY topic, callback`,
		into(&subs, func(sub *feed.Subscription) []any {
			return []any{&sub.Topic, &sub.Callback, &sub.Secret, asTime{&sub.Until}, &sub.Client, &sub.Delivered}
		}))
	return subs, err
}

// SaveSubscription adds or replaces a subscription by its topic and callback. What an earlier one was given stays noted:
// whoever renews it may not know.
func (s *Store) SaveSubscription(ctx context.Context, sub feed.Subscription) error {
	return s.exec(ctx, `INSERT INTO subscriptions (topic, callback, secret, until, client, delivered) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (topic, callback) DO UPDATE SET secret = excluded.secret, until = excluded.until, client = excluded.client`,
		sub.Topic, sub.Callback, sub.Secret, millis(sub.Until), sub.Client, sub.Delivered)
}

// NoteDelivery notes what a subscriber was given last, unless something else than before is noted. One that
// unsubscribed meanwhile is not back.
func (s *Store) NoteDelivery(ctx context.Context, topic, callback, before, hash string) error {
	return s.exec(ctx, `UPDATE subscriptions SET delivered = $1 WHERE topic = $2 AND callback = $3 AND delivered = $4`, hash, topic, callback, before)
}

// DeleteSubscription forgets a subscription, unless its lease goes beyond upTo; an unknown one is no error.
func (s *Store) DeleteSubscription(ctx context.Context, topic, callback string, upTo time.Time) error {
	return s.exec(ctx, `DELETE FROM subscriptions WHERE topic = $1 AND callback = $2 AND until <= $3`, topic, callback, millis(upTo))
}
