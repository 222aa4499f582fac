package store

import (
	"errors"
	"fmt"
	"slices"
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
		if has, knows, err := s.Schema(t.Context()); err != nil || has != knows {
			t.Fatalf("schema %d of %d, %v", has, knows, err)
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

// TestMigrationsSayWhoMayGoOn: each says whether nodes of an older version may go on beside it, and what the store says
// of all of them is the newest that says no.
func TestMigrationsSayWhoMayGoOn(t *testing.T) {
	last := int64(besideBegan)
	if err := eachMigration(func(number int64, lines []string) {
		yes, no := slices.Contains(lines, besideYes), slices.Contains(lines, besideNo)
		if number > besideBegan && yes == no {
			t.Errorf("migration %d does not say whether older versions may go on beside it: write %q or %q under its first line, see versions.go", number, besideYes, besideNo)
		}
		if no {
			last = number
		}
	}); err != nil {
		t.Fatal(err)
	}
	if oldest, err := oldestBeside(); err != nil || oldest != last || last < 20 { // 20 packs what is stored anew
		t.Errorf("older versions have to know %d, %v; the newest migration that they have to know is %d", oldest, err, last)
	}
}

// TestBesideIsSaidBefore: older nodes find out whether they may go on as soon as they see that the tables are others.
func TestBesideIsSaidBefore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		s := open(t, address)
		oldest, err := oldestBeside()
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.migrations(s.write)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.DownTo(t.Context(), s.knows-1); err != nil {
			t.Fatal(err)
		}
		storetest.Exec(t, address, fmt.Sprintf(`UPDATE beside SET oldest = %d WHERE schema >= %d`, besideBegan, s.knows-1))
		relent := storetest.Refuse(t, address, "goose_db_version", "")
		if _, err := Open(t.Context(), address); err == nil {
			t.Fatal("migrated although nothing could be written of it")
		}
		for schema, want := range map[int64]int64{s.knows - 1: besideBegan, s.knows: oldest} {
			if said, err := s.beside(t.Context(), schema); err != nil || said != want {
				t.Errorf("before the tables are others, it says of schema %d that one has to know %d, %v; want %d", schema, said, err, want)
			}
		}
		relent()
		open(t, address)
	})
}
