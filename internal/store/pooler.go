package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// ErrPooler says that the way to the database cannot be gone as it was named.
var ErrPooler = errors.New("the way to the database")

// pooling says what to do about a pooler that nobody named.
func (d *postgresDialect) pooling() error {
	return fmt.Errorf("%w: %s is a pooler that gives each transaction another connection (PgBouncer in transaction mode); "+
		"name the server itself, too, for locks and notices: --db-direct or FEEDD_DB_DIRECT", ErrPooler, d.name)
}

// checkPooler fails when a pooler is on the way and nobody said so, and when the ways through and past it
// do not lead to the same tables.
func (d *postgresDialect) checkPooler(ctx context.Context) error {
	if d.direct != nil {
		return d.checkDirect(ctx)
	}
	shares, err := d.shares(ctx)
	if err == nil && shares {
		err = d.pooling()
	}
	return err
}

// Tries to catch a pooler at giving away a connection: others on it may be faster.
const poolerTries = 5

// shares tells whether two of our connections get one of the server's by turns: while one has a transaction
// on it that the other's last statement ran on. A pooler that leaves each its own, as PgBouncer does in
// session mode, is none that matters.
func (d *postgresDialect) shares(ctx context.Context) (bool, error) {
	one, err := d.probe(ctx)
	if err != nil {
		return false, err
	}
	defer one.Close(ctx)
	first, err := backend(ctx, one)
	if err != nil || first == one.PgConn().PID() { // the process that said hello is the one that answers
		return false, err
	}
	two, err := d.probe(ctx)
	if err != nil {
		return false, err
	}
	defer two.Close(ctx)
	for range poolerTries {
		now, err := backend(ctx, one)
		if err != nil || now != first {
			return err == nil, err
		}
		tx, err := two.Begin(ctx)
		if err != nil {
			return false, err
		}
		other, err := backend(ctx, tx)
		if err = errors.Join(err, tx.Rollback(ctx)); err != nil || other == first {
			return err == nil, err
		}
	}
	return false, nil
}

// probe connects without leaving anything behind on whichever connection of the server it gets.
func (d *postgresDialect) probe(ctx context.Context) (*pgx.Conn, error) {
	config := d.config.Copy()
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	return pgx.ConnectConfig(ctx, config)
}

// backend returns the process of the server that answers.
func backend(ctx context.Context, q interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}) (pid uint32, err error) {
	err = q.QueryRow(ctx, `SELECT pg_backend_pid()`).Scan(&pid)
	return pid, err
}

// checkDirect compares where the two ways lead: a server says when it was started, to the microsecond.
func (d *postgresDialect) checkDirect(ctx context.Context) error {
	const where = `SELECT current_database() || ', schema ' || COALESCE(current_schema(), 'none') || ', of the server that was started at ' || pg_postmaster_start_time()`
	var through, past string
	one, err := d.probe(ctx)
	if err != nil {
		return err
	}
	err = errors.Join(one.QueryRow(ctx, where).Scan(&through), one.Close(ctx))
	if err != nil {
		return err
	}
	two, err := pgx.ConnectConfig(ctx, d.session())
	if err != nil {
		return fmt.Errorf("past the pooler: %w", err)
	}
	if err := errors.Join(two.QueryRow(ctx, where).Scan(&past), two.Close(ctx)); err != nil {
		return err
	}
	if through != past {
		return fmt.Errorf("%w: --db leads to %s, and --db-direct to %s; both must name the same", ErrPooler, through, past)
	}
	return nil
}

func (d *postgresDialect) migrating() *sql.DB {
	if d.direct == nil {
		return nil
	}
	return stdlib.OpenDB(*d.direct)
}

func (d *sqliteDialect) migrating() *sql.DB { return nil }
