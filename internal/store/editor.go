package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"feedd/internal/feed"
)

const putLabel = `INSERT INTO labels (item, section, language, text) VALUES ($1, $2, $3, $4)`

func saveLabels(tx *tx, relabel []int64, labels []feed.Label) error {
	if len(relabel) > 0 {
		var args []any
		if _, err := tx.Exec(`DELETE FROM labels WHERE item `+tx.s.d.in(relabel, &args), args...); err != nil {
			return err
		}
	}
	rows := make([][]any, len(labels))
	for i, l := range labels {
		rows[i] = []any{l.Item, l.Section, l.Language, clean(l.Text)}
	}
	return tx.many(putLabel, rows)
}

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
	return s.query(ctx, `SELECT item, section, language, text FROM labels `+where+` ORDER BY item, section`,
		func(r *sql.Rows) error {
			var l feed.Label
			err := r.Scan(&l.Item, &l.Section, &l.Language, &l.Text)
			each(l)
			return err
		}, args...)
}

// PruneLabels keeps the newest examples of each section and tells how many went. A section is cut
// back once it has a tenth more than that, so that not every run changes what was learned.
func (s *Store) PruneLabels(ctx context.Context, keep int) (int, error) {
	var full []string
	if err := s.query(ctx, `SELECT section FROM labels GROUP BY section HAVING COUNT(*) > $1`, func(r *sql.Rows) error {
		var section string
		err := r.Scan(&section)
		full = append(full, section)
		return err
	}, keep+keep/10); err != nil || len(full) == 0 {
		return 0, err
	}
	total := 0
	err := s.tx(ctx, func(tx *tx) error {
		for _, section := range full {
			r, err := tx.Exec(`DELETE FROM labels WHERE section = $1 AND item <=
				(SELECT l.item FROM labels l WHERE l.section = $1 ORDER BY l.item DESC LIMIT 1 OFFSET $2)`, section, keep)
			if err != nil {
				return err
			}
			n, err := r.RowsAffected()
			if err != nil {
				return err
			}
			total += int(n)
		}
		return nil
	})
	return total, err
}

// opposite is the word that a word takes back.
var opposite = map[feed.EditorsKind]feed.EditorsKind{feed.WordFile: feed.WordUnfile, feed.WordUnfile: feed.WordFile}

// SaveWords remembers the editor's words for good, and puts the items they are about back into the
// inbox. A word takes back its opposite. Every desk that works meanwhile is overtaken, for it has
// not heard them.
func (s *Store) SaveWords(ctx context.Context, words []feed.EditorsWord, items []int64) error {
	return s.tx(ctx, func(tx *tx) error {
		for _, w := range words {
			if other, ok := opposite[w.Kind]; ok {
				if _, err := tx.Exec(`DELETE FROM words WHERE kind = $1 AND a = $2 AND b = $3`, string(other), w.A, w.B); err != nil {
					return err
				}
			}
			if err := takeBack(tx, w, items); err != nil {
				return err
			}
			titles, err := json.Marshal(w.Titles)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT INTO words (kind, a, b, at, titles) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (kind, a, b) DO UPDATE SET at = excluded.at, titles = excluded.titles`,
				string(w.Kind), w.A, w.B, millis(w.At), string(titles)); err != nil {
				return err
			}
		}
		if len(items) > 0 {
			var args []any
			if _, err := tx.Exec(`UPDATE items SET filed = 0 WHERE id `+s.d.in(items, &args), args...); err != nil {
				return err
			}
		}
		return overtake(tx)
	})
}

// takeBack deletes what an earlier word said to the contrary: a join unites what was split off, a
// split parts what was joined. items are the reports that the word moves.
func takeBack(tx *tx, w feed.EditorsWord, items []int64) error {
	switch w.Kind {
	case feed.WordSplit:
		_, err := tx.Exec(`DELETE FROM words WHERE kind = $1 AND a = $2 AND b = $3`, string(feed.WordJoin), w.B, w.A)
		return err
	case feed.WordJoin:
		if len(items) == 0 {
			return nil
		}
		var args []any
		rows, err := tx.Query(`SELECT uid FROM items WHERE id `+tx.s.d.in(items, &args), args...)
		if err != nil {
			return err
		}
		var keys []string
		if err := scan(rows, func(r *sql.Rows) error {
			var uid int64
			err := r.Scan(&uid)
			keys = append(keys, intKey(uid))
			return err
		}); err != nil {
			return err
		}
		for _, k := range keys {
			if _, err := tx.Exec(`DELETE FROM words WHERE kind = $1 AND a = $2 AND b = $3`, string(feed.WordSplit), k, w.A); err != nil {
				return err
			}
		}
	}
	return nil
}

// Words returns the editor's words in the order they were given.
func (s *Store) Words(ctx context.Context) ([]feed.EditorsWord, error) {
	var words []feed.EditorsWord
	err := s.query(ctx, `SELECT kind, a, b, at, titles FROM words ORDER BY at, kind, a, b`, func(r *sql.Rows) error {
		var w feed.EditorsWord
		var at int64
		var titles string
		if err := r.Scan(&w.Kind, &w.A, &w.B, &at, &titles); err != nil {
			return err
		}
		w.At = fromMillis(at)
		words = append(words, w)
		return json.Unmarshal([]byte(titles), &words[len(words)-1].Titles)
	})
	return words, err
}
