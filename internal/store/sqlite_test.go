package store

import "testing"

func TestUnnumbered(t *testing.T) {
	for query, want := range map[string]string{
		`INSERT INTO a (b, c) VALUES ($1,$2),($3,$4)`: `INSERT INTO a (b, c) VALUES (?,?),(?,?)`,
		`UPDATE a SET b = $2 WHERE c = $1`:            `UPDATE a SET b = $2 WHERE c = $1`,
		`SELECT $1, $1`:                               `SELECT $1, $1`,
		`SELECT $12`:                                  `SELECT $12`,
		`SELECT 1`:                                    `SELECT 1`,
	} {
		if got := unnumbered(query); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
}
