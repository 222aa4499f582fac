package store

import (
	"context"
	"errors"
	"fmt"
)

// Nodes are replaced by those of a newer version one after the other. The first new one migrates the tables
// under the feet of the others, and says in the store which of them may go on: those that know at least the
// schema besideFrom. A migration that only adds tables, indexes or columns with a default leaves it as it is; one
// that takes away or changes what older versions read or write raises it to its own number.
const besideFrom = 17

// ErrOutdated says that a newer feedd has migrated the store to tables that this one does not know.
var ErrOutdated = errors.New("this feedd is too old")

// sayBeside says in the store who may go on beside the schema of this feedd.
func (s *Store) sayBeside(ctx context.Context) error {
	if from, err := s.beside(ctx, s.knows); err != nil || from > 0 {
		return err
	}
	return s.tx(ctx, func(tx *tx) error {
		_, err := tx.Exec(`INSERT INTO beside (schema, oldest) VALUES ($1, $2) ON CONFLICT (schema) DO NOTHING`, s.knows, besideFrom)
		return err
	})
}

// beside returns what is said of a schema, 0 when nothing is: whoever migrated to it is not done yet.
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
