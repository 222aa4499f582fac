package store

import (
	"context"
	"database/sql"
	"time"
)

// Rows one transaction of retention takes away, so that saves do not wait long for it.
const pruneRows = 500

// How long an item that retention took away is remembered after its source stopped listing it.
const seenGrace = 7 * 24 * time.Hour

// Prune takes away entries published before a time, with their items, and items without an entry
// seen before it. What its source may still list is remembered by its identity, so that it is not
// taken for new; that too goes once the source has been read whole without it for a week.
// It returns how many items went.
func (s *Store) Prune(ctx context.Context, before, now time.Time) (int, error) {
	total := 0
	for {
		var ids []int64
		if err := s.query(ctx, `SELECT i.id FROM items i LEFT JOIN entries e ON e.id = i.entry
			WHERE i.filed = 1 AND i.first_seen < $1 AND COALESCE(e.published, i.first_seen) < $1 AND COALESCE(e.withdrawn, 0) < $1
			LIMIT $2`, func(r *sql.Rows) error {
			var id int64
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		}, millis(before), pruneRows); err != nil {
			return total, err
		}
		if len(ids) == 0 {
			break
		}
		in := inList(ids)
		if err := s.tx(ctx, func(tx *sql.Tx) error {
			if _, err := tx.Exec(`INSERT INTO seen (uid, source, last_seen)
				SELECT uid, source, $1 FROM items WHERE id IN `+in+` ON CONFLICT (uid) DO NOTHING`, millis(now)); err != nil {
				return err
			}
			for _, q := range []string{
				`DELETE FROM texts WHERE item IN ` + in,
				`DELETE FROM revisions WHERE item IN ` + in,
				`DELETE FROM items WHERE id IN ` + in,
			} {
				if _, err := tx.Exec(q); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return total, err
		}
		total += len(ids)
	}
	return total, s.tx(ctx, func(tx *sql.Tx) error {
		// Entries that lost their last report go with it.
		for _, q := range []string{
			`DELETE FROM entry_sections WHERE published < $1 AND entry NOT IN (SELECT entry FROM items)`,
			`DELETE FROM entries WHERE published < $1 AND withdrawn < $1 AND id NOT IN (SELECT entry FROM items)`,
			`DELETE FROM holds WHERE until < $1`,
		} {
			if _, err := tx.Exec(q, millis(before)); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`DELETE FROM seen WHERE last_seen < $1 AND last_seen <
			COALESCE((SELECT s.full_read FROM sources s WHERE s.id = seen.source), 0) - $2`,
			millis(now.Add(-seenGrace)), seenGrace.Milliseconds())
		return err
	})
}
