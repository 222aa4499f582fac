package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"feedd/internal/feed"
	"feedd/internal/store/storetest"
)

// pairs are the rows of a query for two columns, sorted.
func pairs(s *Store, query string) (rows []string, err error) {
	err = s.query(context.Background(), query, func(r *sql.Rows) error {
		var a, b string
		err := r.Scan(&a, &b)
		rows = append(rows, a+" "+b)
		return err
	})
	slices.Sort(rows)
	return rows, err
}

// keepsUp fails where inbox or reports is not what items says. On SQLite, reports also have what waits and has no entry.
func keepsUp(s *Store) error {
	for is, want := range map[string]string{
		`SELECT CAST(item AS TEXT), source FROM inbox`: `SELECT CAST(id AS TEXT), source FROM items WHERE filed = 0`,
		`SELECT CAST(r.entry AS TEXT), CAST(r.item AS TEXT) FROM reports r JOIN items i ON i.id = r.item WHERE r.entry <> 0 OR i.filed <> 0`: `SELECT CAST(entry AS TEXT), CAST(id AS TEXT) FROM items WHERE entry <> 0 OR filed <> 0`,
		`SELECT CAST(COUNT(*) AS TEXT), '' FROM reports WHERE entry <> 0 OR item NOT IN (SELECT item FROM inbox)`:                            `SELECT CAST(COUNT(*) AS TEXT), '' FROM items WHERE entry <> 0 OR filed <> 0`,
	} {
		rows, err := pairs(s, is)
		if err != nil {
			return err
		}
		should, err := pairs(s, want)
		if err != nil {
			return err
		}
		if !slices.Equal(rows, should) {
			return fmt.Errorf("%s\nis   %.300q\nwant %.300q", is, rows, should)
		}
	}
	return nil
}

// Whoever writes to items, many rows at once or one, inbox and reports say what items does; so they do when the tables were
// migrated with items in them.
func TestItemsKeepUpTheInbox(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		uid := int64(0)
		rapid.Check(t, func(t *rapid.T) {
			for range rapid.IntRange(1, 6).Draw(t, "steps") {
				some := fmt.Sprintf(`id %% %d = %d`, rapid.IntRange(1, 5).Draw(t, "one in"), rapid.IntRange(0, 2).Draw(t, "from"))
				set := rapid.SampledFrom([]string{
					`filed = 1`, `filed = 0`, `filed = 1 - filed`, `entry = 7, filed = 1`, `entry = uid, filed = 1`, `entry = 0`, `entry = 0, filed = 1`,
					`entry = id % 3, filed = id % 2`, `found = 9`, `filed = 0, found = -found`,
				}).Draw(t, "set")
				query := `UPDATE items SET ` + set + ` WHERE ` + some
				switch rapid.IntRange(0, 5).Draw(t, "what") {
				case 0:
					query = `DELETE FROM items WHERE ` + some
				case 1, 2:
					var rows []string
					for range rapid.SampledFrom([]int{1, 3, 40}).Draw(t, "rows") {
						uid++
						rows = append(rows, fmt.Sprintf(`(%d, 's%d', 0, 0, 0, 0, 0, %d, %d)`, uid, uid%3,
							rapid.IntRange(0, 1).Draw(t, "filed"), rapid.SampledFrom([]int64{0, 0, 7, uid}).Draw(t, "entry")))
					}
					query = `INSERT INTO items (uid, source, link, hash, published, updated, first_seen, filed, entry) VALUES ` + strings.Join(rows, ", ")
				}
				if err := s.tx(context.Background(), func(tx *tx) error { _, err := tx.Exec(query); return err }); err != nil {
					t.Fatal(err)
				}
				if err := keepsUp(s); err != nil {
					t.Fatalf("after %.200s: %v", query, err)
				}
			}
		})
		p, err := s.migrations(s.write)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.tx(t.Context(), func(tx *tx) error {
			_, err := tx.Exec(`INSERT INTO items (uid, source, link, hash, published, updated, first_seen, filed, entry)
				VALUES (-1, 's', 0, 0, 0, 0, 0, 0, 0), (-2, 's', 0, 0, 0, 0, 0, 1, 0), (-3, 's', 0, 0, 0, 0, 0, 1, 7), (-4, 's', 0, 0, 0, 0, 0, 0, 7)`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.DownTo(t.Context(), 21); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := keepsUp(s); err != nil {
			t.Error(err)
		}
	})
}

// An item that is filed changes in its place: none of the indexes of its table is written to.
func TestFilingChangesInPlace(t *testing.T) {
	s := open(t, storetest.Postgres(t))
	for i := range 20 {
		source := fmt.Sprint("nguon-", i)
		var items []feed.Item
		for k := range 20 {
			items = append(items, item(source, fmt.Sprint(k), fmt.Sprintf("Tin %d của nguồn %d", k, i)))
		}
		put(t, s, t0, source, items...)
	}
	var rows [][]any
	for _, it := range unfiled(t, s) {
		it.Sections = []feed.Placement{{Section: "kinh-te", By: "rule"}}
		if it.ID%4 == 0 {
			it.Why = feed.Why{Score: .87654321, With: it.ID, Reason: "score", Words: []string{"ngân hàng nhà nước", "lãi suất điều hành", "tín dụng"}, Features: []feed.Feature{{Name: "title", Value: .87654321}, {Name: "names", Value: .5}, {Name: "hours", Value: 3.25}}}
		}
		sections, why, err := decisions(&it)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, []any{int64(0), it.ID, it.ID, "same", "", sections, why, it.ID, int64(it.Rev), it.ID})
	}
	var all, inPlace int
	if err := s.tx(t.Context(), func(tx *tx) error {
		if err := tx.atOnce(fileItem, rows); err != nil {
			return err
		}
		return tx.QueryRow(`SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relid = 'items'::regclass`).Scan(&all, &inPlace)
	}); err != nil {
		t.Fatal(err)
	}
	if all != 400 || inPlace < 360 {
		t.Errorf("%d of %d rows changed in their place", inPlace, all)
	}
	t.Logf("%d of %d rows changed in their place", inPlace, all)
}
