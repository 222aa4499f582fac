package store

import (
	"context"
	"database/sql"

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
	if err := s.query(ctx, `SELECT id, story, published, withdrawn, backlog, sections FROM entries WHERE version > $1`, into(&changed, func(c *feed.Changed) []any {
		return []any{asKey{&c.Key}, asKey{&c.Story}, asTime{&c.Published}, asTime{&c.Withdrawn}, &c.Backlog, asList{&c.Sections}}
	}), after); err != nil {
		return nil, err
	}
	place := make(map[int64]int, len(changed))
	ids := make([]int64, len(changed))
	for i := range changed {
		ids[i] = keyInt(changed[i].Key)
		place[ids[i]] = i
	}
	err := eachIn(outside{ctx, s}, `SELECT entry, section FROM archived WHERE entry `, ids, ``, func(r *sql.Rows) error {
		var id int64
		var section string
		err := r.Scan(&id, &section)
		changed[place[id]].Closed = append(changed[place[id]].Closed, section)
		return err
	})
	return changed, err
}

// noteChanged notes that the entries of items are not what they were, whatever the desk makes of it.
func noteChanged(tx *tx, items []int64) error {
	_, err := tx.affectedIn(`UPDATE entries SET version = `+nextVersion+` WHERE id IN (SELECT entry FROM items WHERE entry <> 0 AND id `, items, `)`)
	return err
}
