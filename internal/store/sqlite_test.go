package store

import (
	"database/sql"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

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

// The log of a file may grow with it, within bounds.
func TestLogFitsTheFile(t *testing.T) {
	s, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "feedd.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	logOf := func() (pages int) {
		for range logEvery {
			if err := s.tx(t.Context(), func(tx *tx) error {
				return tx.QueryRow(`PRAGMA wal_autocheckpoint`).Scan(&pages)
			}); err != nil {
				t.Fatal(err)
			}
		}
		return pages
	}
	if n := logOf(); n != leastLog {
		t.Errorf("an empty file's log may have %d pages", n)
	}
	if err := s.tx(t.Context(), func(tx *tx) error {
		if _, err := tx.Exec(`CREATE TABLE large (body BLOB)`); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO large VALUES (zeroblob($1))`, 5*leastLog*4096)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if n := logOf(); n < 5*leastLog/4 || n > mostLog {
		t.Errorf("the log of a file with %d pages may have %d", 5*leastLog, n)
	}
}

// What the connections keep in memory is bounded by Caches, all together, and shared out as they like it.
func TestCachesAreBounded(t *testing.T) {
	readers := int64(max(4, runtime.NumCPU()))
	for _, c := range []struct{ most, all int64 }{
		{0, writeCache + readers*readCache}, {1 << 40, writeCache + readers*readCache}, {8 << 20, 8 << 10}, {1, 0},
	} {
		s, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "feedd.db"), Caches(c.most))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		of := func(db *sql.DB) (kb int64) {
			if err := db.QueryRow(`PRAGMA cache_size`).Scan(&kb); err != nil {
				t.Fatal(err)
			}
			return -kb
		}
		write, read := of(s.write), of(s.read)
		if all := write + readers*read; all < c.all-readers-1 || all > c.all+readers+1 {
			t.Errorf("of %d bytes the one that writes gets %d kB, and %d that read %d each", c.most, write, readers, read)
		}
		if c.all > 0 && write < 3*read {
			t.Errorf("of %d bytes the one that writes gets %d kB and those that read %d each", c.most, write, read)
		}
	}
}

// Lists of numbers find what is on them, however long they are, and few different queries come of them.
func TestLists(t *testing.T) {
	s, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "feedd.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.write.Exec(`CREATE TABLE numbers (n INTEGER PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	for n := range int64(2*mostBound + 1) {
		var ids []int64
		for id := range n {
			ids = append(ids, 3*id-100)
		}
		if err := s.tx(t.Context(), func(tx *tx) error {
			if n > 0 {
				if _, err := tx.Exec(`INSERT INTO numbers VALUES ($1)`, ids[n-1]); err != nil {
					return err
				}
			}
			var args []any
			query := `SELECT n FROM numbers WHERE n ` + s.d.in(ids, &args) + ` ORDER BY n`
			if len(args) > 0 {
				texts[query] = true
			}
			var found []int64
			rows, err := tx.QueryContext(t.Context(), query, args...)
			if err != nil {
				return err
			}
			if err := scan(rows, func(r *sql.Rows) error {
				var id int64
				err := r.Scan(&id)
				found = append(found, id)
				return err
			}); err != nil {
				return err
			}
			if !slices.Equal(found, ids) {
				t.Errorf("of %v are found %v", ids, found)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	kept := s.d.(*sqliteDialect).within.prepared
	if len(texts) != 4 {
		t.Errorf("%d queries for lists of up to %d numbers", len(texts), mostBound)
	}
	if kept[`SELECT n FROM numbers WHERE n IN ($1) ORDER BY n`] != nil {
		t.Error("what was asked once is kept prepared")
	}
	if kept[`SELECT n FROM numbers WHERE n IN ($1,$2,$3,$4) ORDER BY n`] == nil {
		t.Errorf("what was asked three times is not kept prepared, but %v", slices.Collect(maps.Keys(kept)))
	}
}
