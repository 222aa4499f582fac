package store

import (
	"cmp"
	"context"
	"database/sql"
	"time"
)

// Entries, or items without one, that one transaction of retention takes away, so that saves do
// not wait long for it.
const pruneRows = 500

// How long an item that retention took away is remembered after its source stopped listing it.
const seenGrace = 7 * 24 * time.Hour

// What retention takes away, before the time $1. An entry e goes with all of its reports or not at
// all: while one of them is young, or waits for the desk, the whole entry stays.
const (
	isOld = `e.published < $1 AND e.withdrawn < $1 AND NOT EXISTS
		(SELECT 1 FROM reports r JOIN items i ON i.id = r.item WHERE r.entry = e.id AND (i.filed = 0 OR i.first_seen >= $1))`
	oldEntries = `SELECT e.id FROM entries e WHERE ` + isOld
	oldItems   = `SELECT i.id FROM reports r JOIN items i ON i.id = r.item WHERE r.entry = 0 AND i.filed = 1 AND i.first_seen < $1`
)

// Prune deletes the entries that were published before a time and whose reports were all first seen
// before it, with these reports, and the items without an entry first seen before it. Identities of
// items that a source may still list are kept, so that they are not taken for new, until the source's
// whole list has been without them for a week. It returns how many items were deleted.
func (s *Store) Prune(ctx context.Context, before, now time.Time) (int, error) {
	total := 0
	for _, kind := range []struct {
		old, id string // what is old, and the column that tells one from another
		order   string // such that an index gives the oldest without a look at the rest
		items   string // those that go with it
		entries bool
	}{
		{oldEntries, `e.id`, `e.published, e.id`, `SELECT item FROM reports WHERE entry `, true},
		{oldItems, `i.id`, `r.item`, `SELECT id FROM items WHERE id `, false},
	} {
		for {
			found, err := s.ids(ctx, kind.old+` ORDER BY `+kind.order+` LIMIT $2`, millis(before), pruneRows)
			if err != nil {
				return total, err
			}
			if len(found) == 0 {
				break
			}
			if err := s.tx(ctx, func(tx *tx) error {
				// It may have got a report, or gone back to the desk, since it was found.
				args := []any{millis(before)}
				old, err := idsIn(tx, kind.old+` AND `+kind.id+` `+s.d.in(found, &args), args...)
				if err != nil || len(old) == 0 {
					return err
				}
				var gone []any
				in := s.d.in(old, &gone)
				items, err := idsIn(tx, kind.items+in, gone...)
				if err != nil {
					return err
				}
				total += len(items)
				if kind.entries {
					if err := changeSections(tx, old); err != nil {
						return err
					}
					if err := tx.exec(`DELETE FROM entries WHERE id `+in, gone...); err != nil {
						return err
					}
					if err := forgetArchives(tx, old); err != nil {
						return err
					}
				}
				return forgetItems(tx, items, now)
			}); err != nil {
				return total, err
			}
		}
	}
	return total, s.tx(ctx, func(tx *tx) error {
		for _, q := range []string{
			`DELETE FROM entry_sections WHERE published < $1 AND NOT EXISTS
				(SELECT 1 FROM entries e WHERE e.id = entry_sections.entry)`,
			`DELETE FROM holds WHERE until < $1`,
			`DELETE FROM robots WHERE until < $1`,
		} {
			if err := tx.exec(q, millis(before)); err != nil {
				return err
			}
		}
		if err := cmp.Or(dropEmptyPages(tx), pruneMessages(tx, before, now)); err != nil {
			return err
		}
		return tx.exec(`DELETE FROM seen WHERE last_seen < $1 AND last_seen <
			COALESCE((SELECT s.full_read FROM sources s WHERE s.id = seen.source), 0) - $2`,
			millis(now.Add(-seenGrace)), seenGrace.Milliseconds())
	})
}

// changeSections moves the versions of the sections that these entries stand in.
func changeSections(tx *tx, entries []int64) error {
	touched := map[string]bool{"all": true, removed: true}
	if err := eachIn(tx, `SELECT DISTINCT sections FROM entries WHERE id `, entries, ``, func(r *sql.Rows) error {
		var sections []string
		err := r.Scan(asList{&sections})
		for _, s := range sections {
			touched[s] = true
		}
		return err
	}); err != nil {
		return err
	}
	return moveVersions(tx, touched)
}

// forgetItems takes items away and remembers that they were there.
func forgetItems(tx *tx, ids []int64, now time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	args := []any{millis(now)}
	if err := tx.exec(`INSERT INTO seen (uid, source, last_seen, headline, published, link)
		SELECT uid, source, CAST($1 AS BIGINT), headline, published, link FROM items WHERE id `+tx.s.d.in(ids, &args)+` ON CONFLICT (uid) DO NOTHING`, args...); err != nil {
		return err
	}
	if err := tx.s.forgetFound(tx, ids); err != nil {
		return err
	}
	args = nil
	in := tx.s.d.in(ids, &args)
	for _, q := range []string{
		`DELETE FROM texts WHERE item `,
		`DELETE FROM revisions WHERE item `,
		`DELETE FROM items WHERE id `,
	} {
		if err := tx.exec(q+in, args...); err != nil {
			return err
		}
	}
	return nil
}

// ids reads a column of numbers.
func (s *Store) ids(ctx context.Context, q string, args ...any) (ids []int64, err error) {
	err = s.query(ctx, q, column(&ids), args...)
	return ids, err
}

func idsIn(tx *tx, q string, args ...any) (ids []int64, err error) {
	err = tx.query(q, column(&ids), args...)
	return ids, err
}
