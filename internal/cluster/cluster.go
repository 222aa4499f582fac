// Package cluster lets several nodes, feedd processes on one PostgreSQL database, share the work.
//
// In come pieces of work that one node at a time may do, and what is to be woken by a notice; out goes
// a context for the one that holds the work, and the wakening. PostgreSQL decides: an advisory lock says
// who holds what (hold.go), and NOTIFY tells what was committed elsewhere (listen.go). It never elects,
// queues or locks by means of its own, and knows nothing of sources, stories or pages.
package cluster

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"feedd/internal/store"
)

// Options make a Cluster. All fields are required.
type Options struct {
	Store *store.Store // on PostgreSQL
	Log   *slog.Logger
}

// Cluster is this node's way to the others. Its methods may be called from several goroutines.
type Cluster struct {
	store *store.Store
	log   *slog.Logger
}

// New returns the cluster that lives on a store, nil when that is on SQLite and one process has all.
func New(o Options) *Cluster {
	if o.Store.Postgres() == nil {
		return nil
	}
	return &Cluster{store: o.Store, log: o.Log}
}

// How often what lasts is told again.
const sayEvery = time.Minute

// connect opens a connection of its own, that the server ends when nothing is heard of this process for
// silentMost: a process that is frozen, or whose machine is gone, holds nothing.
func (c *Cluster) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, c.store.Postgres())
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, `SELECT set_config('idle_session_timeout', $1, false)`, silentMost.String()); err != nil {
		return nil, join(err, closeConn(conn))
	}
	return conn, nil
}
