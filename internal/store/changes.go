package store

import (
	"context"
	"database/sql"
	"slices"

	"feedd/internal/feed"
)

// removed is the section, of all that Versions lists, whose counter moves when retention deletes entries.
// No section of a configuration has this id.
const removed = ""

// nextVersion is the version of "all" that the first change from now on leads to. Only one transaction
// writes at a time: what one that moves the version notes with it, and one that does not, is above
// whatever was read before.
const nextVersion = `(SELECT COALESCE(MAX(version), 0) + 1 FROM sections WHERE id = 'all')`

// Changed returns the entries that changed, or of whose reports something changed that readers may see,
// with a version of "all" above the given one, see Versions; in no order. Entries that retention deleted
// are not among them: they move the version of "".
func (s *Store) Changed(ctx context.Context, after int64) ([]feed.Changed, error) {
	var changed []feed.Changed
	err := s.query(ctx, `SELECT id, story FROM entries WHERE version > $1`, func(r *sql.Rows) error {
		var id, story int64
		err := r.Scan(&id, &story)
		changed = append(changed, feed.Changed{Key: intKey(id), Story: intKey(story)})
		return err
	}, after)
	return changed, err
}

// noteChanged notes that the entries of items are not what they were, whatever the desk makes of it.
func noteChanged(tx *tx, items []int64) error {
	return eachPart(tx, `UPDATE entries SET version = `+nextVersion+` WHERE id IN (SELECT entry FROM items WHERE entry <> 0 AND id `, `)`, items)
}

// eachPart runs a statement that is about some rows for many: head and tail stand around the list of ids.
func eachPart(tx *tx, head, tail string, ids []int64) error {
	for part := range slices.Chunk(ids, listed) {
		var args []any
		if _, err := tx.Exec(head+tx.s.d.in(part, &args)+tail, args...); err != nil {
			return err
		}
	}
	return nil
}
