// Package cluster lets several nodes, feedd processes on one PostgreSQL database, share the work.
//
// In come work that only one node at a time may do, hosts that have something due, and functions to call on
// a notice. Out go a context for the node that holds the work, hosts for whichever node has time, and these
// calls. It has no election, queue or lock service of its own, but uses what exists: an advisory lock of
// PostgreSQL says who holds what (hold.go), NOTIFY tells what was committed elsewhere (listen.go), River's
// jobs spread the hosts (river.go), and rows keep several nodes from asking one host at once (gate.go) and
// list the nodes (nodes.go). It knows nothing of sources, stories or pages.
package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"feedd/internal/store"
)

// Options make a Cluster. All fields are required.
type Options struct {
	Store *store.Store // on PostgreSQL
	Queue int          // connections at most to the queue, at least 2 where it works
	Log   *slog.Logger
}

// Cluster is this node's way to the others. Its methods may be called from several goroutines.
type Cluster struct {
	store *store.Store
	log   *slog.Logger
	quiet *slog.Logger  // for what the queue logs
	pool  *pgxpool.Pool // for the gate, and who else is there
	alive *pgxpool.Pool // one connection, to say that this node is there
	jobs  *pgxpool.Pool // for the queue
	name  string        // of this process, among all that ever were

	mu    sync.Mutex // guards what follows
	holds []string
	made  bool      // the queue's tables are there, or were
	freed time.Time // when hosts of nodes that are gone were last looked for
	clock *clock    // corrected with every word of this node; nil: it goes by its own
}

// GateMost is how many connections a node has at most for the gate. One more says that it is there: a node that has
// to wait for its turn to say so would be taken to be gone. Those of the queue are apart from both: while its tables are
// locked, as when somebody drops them, a node keeps its hosts. One more listens, and one each is for what a node may
// hold alone.
const GateMost = 2

// New returns the cluster that lives on a store, nil when that is on SQLite and one process has all. It
// connects when it is first used.
func New(ctx context.Context, o Options) (*Cluster, error) {
	to, _ := o.Store.Postgres()
	if to == nil {
		return nil, nil
	}
	pool, err := newPool(ctx, to, GateMost)
	if err != nil {
		return nil, err
	}
	alive, err := newPool(ctx, to, 1)
	if err != nil {
		pool.Close()
		return nil, err
	}
	asking := o.Queue
	if !o.Store.Pooled() {
		asking-- // the queue takes one of the pool's away for itself, to be told of jobs, and the pool opens another
	}
	jobs, err := newPool(ctx, to, int32(max(1, asking)))
	if err != nil {
		pool.Close()
		alive.Close()
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return &Cluster{
		store: o.Store, log: o.Log, quiet: slog.New(quieter{o.Log.Handler()}), pool: pool, alive: alive, jobs: jobs,
		name: fmt.Sprintf("%s/%d/%s", host, os.Getpid(), strings.ToLower(rand.Text()[:4])),
	}, nil
}

func newPool(ctx context.Context, to *pgx.ConnConfig, most int32) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig("")
	if err == nil {
		config.ConnConfig, config.MaxConns, config.MinConns = to, most, 0
		config.MaxConnIdleTime = time.Minute
		var pool *pgxpool.Pool
		if pool, err = pgxpool.NewWithConfig(context.WithoutCancel(ctx), config); err == nil {
			return pool, nil
		}
	}
	return nil, fmt.Errorf("connections of the cluster: %w", err)
}

// Close closes the connections.
func (c *Cluster) Close() error {
	c.jobs.Close()
	c.alive.Close()
	c.pool.Close()
	return nil
}

// Name is that of this node.
func (c *Cluster) Name() string { return c.name }

// Holding lists what this node alone does at present.
func (c *Cluster) Holding() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.holds)
}

func (c *Cluster) holdsNow(name string, holds bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holds = slices.DeleteFunc(c.holds, func(h string) bool { return h == name })
	if holds {
		c.holds = append(c.holds, name)
		slices.Sort(c.holds)
	}
}

// How often what lasts is told again.
const sayEvery = time.Minute

// keep does something again and again until ctx ends, with a rest between. Why it failed it logs under what.
func (c *Cluster) keep(ctx context.Context, what string, rest time.Duration, do func() error) error {
	var said time.Time
	for ctx.Err() == nil {
		err := do()
		if now := time.Now(); err != nil && ctx.Err() == nil && (errors.Is(err, store.ErrLost) || now.Sub(said) >= sayEvery) {
			c.log.Warn(what, "error", err)
			said = now
		}
		pause(ctx, rest)
	}
	return nil
}

// connect opens a connection of its own, that the server ends when nothing is heard of this process for
// silentMost: a process that is frozen, or whose machine is gone, holds nothing.
func (c *Cluster) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	_, to := c.store.Postgres()
	conn, err := pgx.ConnectConfig(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("cannot reach the database; check that the PostgreSQL server runs and lets this machine in: %w", err)
	}
	if _, err := conn.Exec(ctx, `SELECT set_config('idle_session_timeout', $1, false)`, silentMost.String()); err != nil {
		return nil, join(err, closeConn(conn))
	}
	return conn, nil
}
