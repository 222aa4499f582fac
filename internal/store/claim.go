package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// ErrLost says that another process took over the work for which this one had a claim.
var ErrLost = errors.New("another node has taken over")

// Claim is a process's right to do one kind of work on the store alone. It stands until another process
// claims the same. A process that sleeps through that wakes with a claim that is worth nothing: see With.
type Claim struct {
	name string
	n    int64
}

func claimKey(name string) string { return "claim " + name }

// Claim takes over one kind of work, named by a word, from whoever did it.
func (s *Store) Claim(ctx context.Context, name string) (c Claim, err error) {
	c.name = name
	err = s.tx(ctx, func(tx *tx) error {
		return tx.QueryRow(`INSERT INTO meta (name, value) VALUES ($1, '1')
			ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT)
			RETURNING CAST(value AS BIGINT)`, claimKey(name)).Scan(&c.n)
	})
	return c, err
}

type claimIn struct{}

// With returns a context in which every writing transaction of the store fails with ErrLost once the
// claim was taken over. It is asked inside the transaction, of which there is one at a time: nothing of
// an earlier holder is committed after the first commit of a later one.
func (c Claim) With(ctx context.Context) context.Context { return context.WithValue(ctx, claimIn{}, c) }

// Stands fails with ErrLost when the claim of the context was taken over. Without one it asks nobody.
func (s *Store) Stands(ctx context.Context) error {
	c, ok := ctx.Value(claimIn{}).(Claim)
	if !ok {
		return nil
	}
	value, err := s.Meta(ctx, claimKey(c.name))
	if err == nil && value != strconv.FormatInt(c.n, 10) {
		return fmt.Errorf("%s: %w", c.name, ErrLost)
	}
	return err
}

// claimed fails when the context has a claim that was taken over.
func claimed(ctx context.Context, t *tx) error {
	c, ok := ctx.Value(claimIn{}).(Claim)
	if !ok {
		return nil
	}
	var n int64
	if err := t.QueryRow(`SELECT CAST(value AS BIGINT) FROM meta WHERE name = $1`, claimKey(c.name)).Scan(&n); err != nil {
		return err
	}
	if n != c.n {
		return fmt.Errorf("%s: %w", c.name, ErrLost)
	}
	return nil
}

// Postgres says how others reach the store's server. transactions is the store's own way, which may lead through a pooler, as
// the queue takes it; session leads past a pooler, for what waits for notices and holds locks. Both are nil on SQLite.
func (s *Store) Postgres() (transactions, session *pgx.ConnConfig) {
	if d, ok := s.d.(*postgresDialect); ok {
		return d.config.Copy(), d.session()
	}
	return nil, nil
}

// SchemaLock is the number of PostgreSQL's advisory lock of sessions that a process holds while it makes or migrates tables
// in the store's schema, those of the queue included.
func (s *Store) SchemaLock() int64 {
	if d, ok := s.d.(*postgresDialect); ok {
		return d.schemaLock()
	}
	return 0
}

// Pooled tells whether a pooler is on the way that gives each transaction another connection.
func (s *Store) Pooled() bool {
	d, ok := s.d.(*postgresDialect)
	return ok && d.direct != nil
}

// What processes on one database tell each other at once (PostgreSQL's NOTIFY), on the channel
// NoticeChannel of their schema. It is a hint, which may get lost: what it is about is in the tables.
const (
	NoticeSaved = "saved" // there may be unfiled items
	NoticeFiled = "filed" // what sections show has changed
	// NoticeRendered: a node stored documents that others wait for.
	NoticeRendered = "rendered"
	// NoticeConfigured: there is another version of the configuration.
	NoticeConfigured = "configured"
)

// NoticeChannel is an SQL expression that names the channel.
const NoticeChannel = `'feedd_' || md5(current_schema())`
