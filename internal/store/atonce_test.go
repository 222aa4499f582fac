package store

import (
	"fmt"
	"strings"
	"testing"

	"feedd/internal/store/storetest"
)

// What is written for many rows at once is what would be written row by row, on both engines, for more rows
// than one statement takes and for none.
func TestAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		s := open(t, address)
		storetest.Exec(t, address, `CREATE TABLE trial (id BIGINT PRIMARY KEY, word TEXT NOT NULL, n BIGINT NOT NULL DEFAULT 7)`)
		const rows = 2*atOnceMost + 3
		var put, set, gone [][]any
		for i := range int64(rows) {
			put = append(put, []any{i, fmt.Sprintf("%d, {'\"\\ ế", i)})
			if i%2 == 0 {
				set = append(set, []any{fmt.Sprint("even ", i), i, i * i})
			}
			if i%3 == 0 {
				gone = append(gone, []any{fmt.Sprintf("%d, {'\"\\ ế", i), i})
			}
		}
		const insert = `INSERT INTO trial (id, word) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = trial.n + 1`
		if err := s.tx(t.Context(), func(tx *tx) error {
			for _, q := range []struct {
				text string
				rows [][]any
			}{
				{insert, put}, {insert, put[:1]}, {insert, nil},
				{`UPDATE trial SET word = $1, n = $3 WHERE id = $2 AND id <> 4`, set},
				{`DELETE FROM trial WHERE word = $1 AND id = $2`, gone},
			} {
				if err := tx.atOnce(q.text, q.rows); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		n := 0
		for i := range int64(rows) {
			word, number := fmt.Sprintf("%d, {'\"\\ ế", i), int64(7)
			if i%2 == 0 && i != 4 {
				word, number = fmt.Sprint("even ", i), i*i
			} else if i%3 == 0 {
				continue
			}
			n++
			var is string
			var has int64
			if err := s.one(t.Context(), `SELECT word, n FROM trial WHERE id = $1`, []any{i}, &is, &has); err != nil || is != word || has != number {
				t.Fatalf("row %d is %q, %d, %v; want %q, %d", i, is, has, err, word, number)
			}
		}
		var all int
		if err := s.one(t.Context(), `SELECT COUNT(*) FROM trial`, nil, &all); err != nil || all != n {
			t.Errorf("%d rows, %v; want %d", all, err, n)
		}
	})
}

// A query that cannot be written for many rows says so, and is not sent as another one.
func TestNotAtOnce(t *testing.T) {
	for query, row := range map[string][]any{
		`UPDATE trial SET n = $1`:                                                {int64(1)},
		`INSERT INTO trial (n) SELECT $1`:                                        {int64(1)},
		`INSERT INTO trial (n) VALUES (abs($1))`:                                 {int64(1)},
		`INSERT INTO trial (n) VALUES ($1)`:                                      {1},
		`UPDATE trial SET n = $1 WHERE id = (SELECT id FROM trial WHERE n = $1)`: {int64(1)},
	} {
		if text, err := joined(query, row); err == nil {
			t.Errorf("%s became %s", query, text)
		} else if !strings.Contains(err.Error(), "array") && !strings.Contains(err.Error(), "rows") {
			t.Error(err)
		}
	}
}
