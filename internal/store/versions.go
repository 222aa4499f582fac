package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
)

// Nodes are replaced by those of a newer version one after the other. The first new one migrates the tables
// under the feet of the others, and says in the store which of them may go on: those that know at least the
// schema that oldestBeside finds. Each migration says by a line of its own whether they may: one that only adds
// tables, indexes or columns with a default says besideYes; one that takes away or changes what older versions read
// or write, be it in a form that is in no table, says besideNo. One that says nothing is taken to say that.
const (
	besideYes = "-- beside: yes"
	besideNo  = "-- beside: no"
)

// besideBegan is the migration since which it is said in the store: older versions never look.
const besideBegan = 17

// oldestBeside returns the newest schema that a version has to know to go on beside all of the migrations.
func oldestBeside() (oldest int64, err error) {
	oldest = besideBegan
	return oldest, eachMigration(func(number int64, lines []string) {
		if number > oldest && !slices.Contains(lines, besideYes) {
			oldest = number
		}
	})
}

// eachMigration calls with the number and the lines of each.
func eachMigration(do func(number int64, lines []string)) error {
	dir := migrationsDir()
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return err
	}
	for _, name := range names {
		number, err := goose.NumericComponent(name)
		if err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return err
		}
		do(number, strings.Split(string(text), "\n"))
	}
	return nil
}

// ErrOutdated says that a newer feedd has migrated the store to tables that this one does not know.
var ErrOutdated = errors.New("this feedd is too old")

// sayBeside says in the store who may go on beside the schemas above one, up to that of this feedd.
func (s *Store) sayBeside(ctx context.Context, above int64) error {
	oldest, err := oldestBeside()
	if err != nil {
		return err
	}
	if from, err := s.beside(ctx, s.knows); err != nil || from >= oldest {
		return err
	}
	return s.tx(ctx, func(tx *tx) error {
		for schema := max(above, besideBegan-1) + 1; schema <= s.knows; schema++ {
			if err := tx.exec(`INSERT INTO beside (schema, oldest) VALUES ($1, $2) ON CONFLICT (schema) DO UPDATE
				SET oldest = excluded.oldest WHERE beside.oldest < excluded.oldest`, schema, oldest); err != nil {
				return err
			}
		}
		return nil
	})
}

// beside returns what is said of a schema, 0 when nothing is.
func (s *Store) beside(ctx context.Context, schema int64) (oldest int64, err error) {
	err = s.one(ctx, `SELECT COALESCE(MAX(oldest), 0) FROM beside WHERE schema = $1`, []any{schema}, &oldest)
	return oldest, err
}

// Schema returns the number of the newest migration in the store, and that of the newest one this feedd knows.
func (s *Store) Schema(ctx context.Context) (has, knows int64, err error) {
	err = s.one(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied`, nil, &has)
	return has, s.knows, err
}

// Fits fails with ErrOutdated when a newer feedd has migrated the store to tables beside which this one cannot work.
func (s *Store) Fits(ctx context.Context) error {
	has, knows, err := s.Schema(ctx)
	if err != nil || has <= knows {
		return err
	}
	switch from, err := s.beside(ctx, has); {
	case err != nil:
		return err
	case from == 0 || from > knows:
		return fmt.Errorf("%w: %s was written by a newer feedd (schema %d, this one knows %d); run that one", ErrOutdated, s.name, has, knows)
	}
	return nil
}
