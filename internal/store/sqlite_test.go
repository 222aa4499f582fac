package store

import (
	"database/sql"
	"path/filepath"
	"runtime"
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
