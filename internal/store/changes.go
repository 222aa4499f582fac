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
	var ids []int64
	place := map[int64]int{}
	err := s.query(ctx, `SELECT id, story, published, withdrawn, backlog, sections FROM entries WHERE version > $1`, func(r *sql.Rows) error {
		var id, story, published, withdrawn, backlog int64
		var sections string
		err := r.Scan(&id, &story, &published, &withdrawn, &backlog, &sections)
		place[id], ids = len(changed), append(ids, id)
		changed = append(changed, feed.Changed{Key: intKey(id), Story: intKey(story), Published: fromMillis(published),
			Withdrawn: fromMillis(withdrawn), Backlog: backlog != 0, Sections: splitList(sections)})
		return err
	}, after)
	if err != nil {
		return nil, err
	}
	for part := range slices.Chunk(ids, listed) {
		var args []any
		if err := s.query(ctx, `SELECT entry, section FROM archived WHERE entry `+s.d.in(part, &args), func(r *sql.Rows) error {
			var id int64
			var section string
			err := r.Scan(&id, &section)
			changed[place[id]].Closed = append(changed[place[id]].Closed, section)
			return err
		}, args...); err != nil {
			return nil, err
		}
	}
	return changed, nil
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
