package store

import (
	"errors"
	"fmt"
	"testing"

	"feedd/internal/store/storetest"
)

// migrated makes a store look as a newer feedd leaves it behind; from is what that says of older ones, 0 for nothing.
func migrated(t *testing.T, address string, version, from int64) {
	t.Helper()
	statements := []string{
		`DELETE FROM goose_db_version WHERE version_id > 1000`,
		fmt.Sprintf(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, true)`, version),
		`DELETE FROM beside WHERE schema > 1000`,
	}
	if from > 0 {
		statements = append(statements, fmt.Sprintf(`INSERT INTO beside (schema, oldest) VALUES (%d, %d)`, version, from))
	}
	storetest.Exec(t, address, statements...)
}

// TestNewerSchema opens stores that a newer feedd has migrated, and works on one while it does.
func TestNewerSchema(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		s := open(t, address)
		if has, knows, err := s.Schema(t.Context()); err != nil || has != knows || knows < besideFrom {
			t.Fatalf("schema %d of %d, %v; others may know %d", has, knows, err, besideFrom)
		}
		if err := s.Fits(t.Context()); err != nil {
			t.Error("its own schema:", err)
		}
		for _, tt := range []struct {
			from int64
			fits bool
		}{{0, false}, {s.knows + 1, false}, {s.knows, true}, {1, true}} {
			migrated(t, address, 1001, tt.from)
			if err := s.Fits(t.Context()); errors.Is(err, ErrOutdated) == tt.fits {
				t.Errorf("a newer schema for those who know %d, while this one works: %v", tt.from, err)
			}
			o, err := Open(t.Context(), address)
			if errors.Is(err, ErrOutdated) == tt.fits {
				t.Errorf("a newer schema for those who know %d, at the start: %v", tt.from, err)
			}
			if err != nil {
				continue
			}
			put(t, o, t0, "nguồn", item("nguồn", "a", "Một"))
			if len(unfiled(t, o)) == 0 {
				t.Error("nothing is stored beside a newer feedd")
			}
			if err := o.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}
