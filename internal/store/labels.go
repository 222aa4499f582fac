package store

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"feedd/internal/feed"
)

const putLabel = `INSERT INTO labels (item, section, language, text, at, outlet) VALUES ($1, $2, $3, $4, $5, $6)`

// saveLabels replaces the labels of the items relabel by others, and notes the turn of the desk that did.
func saveLabels(tx *tx, turn int64, relabel []int64, labels []feed.Label) error {
	changed := len(labels)
	if len(relabel) > 0 {
		var args []any
		gone, err := tx.affected(`DELETE FROM labels WHERE item `+tx.s.d.in(relabel, &args), args...)
		if err != nil {
			return err
		}
		changed += gone
	}
	if changed == 0 {
		return nil
	}
	if err := setMeta(lastLesson, strconv.FormatInt(turn, 10))(tx); err != nil {
		return err
	}
	rows := make([][]any, len(labels))
	for i, l := range labels {
		rows[i] = []any{l.Item, l.Section, l.Language, clean(l.Text), l.At, l.Outlet}
	}
	return tx.fresh(putLabel, rows)
}

// lastLesson is the name under which meta keeps the last turn of any desk that changed labels.
const lastLesson = "last lesson"

// LastLesson returns the number of the last commit of any desk that changed what the sections learn from,
// see DeskTurn; 0 when none did. What PruneLabels takes is not counted.
func (s *Store) LastLesson(ctx context.Context) (int64, error) { return s.metaNumber(ctx, lastLesson) }

// Labels calls each for every example that the sections learn from.
func (s *Store) Labels(ctx context.Context, each func(feed.Label)) error {
	return s.labels(ctx, ``, each)
}

// LabelsOf returns the examples that these items are.
func (s *Store) LabelsOf(ctx context.Context, ids []int64) ([]feed.Label, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var labels []feed.Label
	var args []any
	err := s.labels(ctx, `WHERE item `+s.d.in(ids, &args), func(l feed.Label) { labels = append(labels, l) }, args...)
	return labels, err
}

func (s *Store) labels(ctx context.Context, where string, each func(feed.Label), args ...any) error {
	return s.query(ctx, `SELECT item, section, language, text, at, outlet FROM labels `+where+` ORDER BY item, section`,
		func(r *sql.Rows) error {
			var l feed.Label
			err := r.Scan(&l.Item, &l.Section, &l.Language, &l.Text, &l.At, &l.Outlet)
			each(l)
			return err
		}, args...)
}

// LabelCounts counts the examples of before a time, by section and outlet.
func (s *Store) LabelCounts(ctx context.Context, before time.Time) ([]feed.LabelCount, error) {
	var counts []feed.LabelCount
	err := s.query(ctx, `SELECT section, outlet, COUNT(*) FROM labels WHERE at < $1 GROUP BY section, outlet ORDER BY section, outlet`,
		into(&counts, func(c *feed.LabelCount) []any { return []any{&c.Section, &c.Outlet, &c.Labels} }), before.Unix())
	return counts, err
}

// PruneLabels keeps the newest examples of each section and tells how many went. A section is cut
// back once it has a tenth more than that, so that not every run changes what was learned.
func (s *Store) PruneLabels(ctx context.Context, keep int) (int, error) {
	var full []string
	if err := s.query(ctx, `SELECT section FROM labels GROUP BY section HAVING COUNT(*) > $1`, column(&full), keep+keep/10); err != nil || len(full) == 0 {
		return 0, err
	}
	total := 0
	err := s.tx(ctx, func(tx *tx) error {
		for _, section := range full {
			n, err := tx.affected(`DELETE FROM labels WHERE section = $1 AND item <=
				(SELECT l.item FROM labels l WHERE l.section = $1 ORDER BY l.item DESC LIMIT 1 OFFSET $2)`, section, keep)
			if err != nil {
				return err
			}
			total += n
		}
		return nil
	})
	return total, err
}
