package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"feedd/internal/store"
)

// A node that dies or freezes gives way within silentMost + tryEvery: the server ends the session that
// holds the lock when it hears nothing of it, and the others try that often.
const (
	tryEvery     = 2 * time.Second
	beatEvery    = 1500 * time.Millisecond
	answerWithin = 3 * time.Second
	silentMost   = 6 * time.Second
)

// Hold does work while this node is the only one that does work of that name, as often as it becomes so,
// until ctx ends. Work's context ends when the node lost the lock, or cannot be sure to have it; and
// every writing transaction of the store in it fails with store.ErrLost once another node took over, so
// that a node that was frozen in the middle of work commits nothing of it.
func (c *Cluster) Hold(ctx context.Context, name string, work func(ctx context.Context) error) error {
	return c.keep(ctx, "this node does not hold "+name, tryEvery, func() error { return c.try(ctx, name, work) })
}

// try waits for the lock on one connection, and does the work once it has it.
func (c *Cluster) try(ctx context.Context, name string, work func(context.Context) error) (err error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = join(err, closeConn(conn)) }() // which frees the lock
	for {
		got, err := tryLock(ctx, conn, name)
		if err != nil {
			return err
		}
		if got {
			break
		}
		if pause(ctx, tryEvery); ctx.Err() != nil {
			return nil
		}
	}
	return c.held(ctx, conn, name, work)
}

// tryLock takes the lock of a name in the store's schema if nobody has it.
func tryLock(ctx context.Context, conn *pgx.Conn, name string) (got bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	err = conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(`+lockClass+`, hashtext(current_schema() || ' ' || $1))`, name).Scan(&got)
	return got, err
}

// lockClass is the first key of the locks; the number before it is that of the store's writers.
const lockClass = `1717922149`

// Held tells whether some node holds a name at present.
func (c *Cluster) Held(ctx context.Context, name string) (held bool, err error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = join(err, closeConn(conn)) }()
	// A lock with two keys has the second, as an unsigned number, in objid (PostgreSQL's manual, pg_locks).
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND classid = `+lockClass+` AND objid::bigint = hashtext(current_schema() || ' ' || $1)::bigint & 4294967295)`, name).Scan(&held)
	return held, err
}

// held does the work as long as the connection lives that has the lock.
func (c *Cluster) held(ctx context.Context, conn *pgx.Conn, name string, work func(context.Context) error) error {
	claim, err := c.store.Claim(ctx, name)
	if err != nil {
		return err
	}
	c.log.Info("this node holds "+name, "claim", claim)
	c.holdsNow(name, true)
	defer c.holdsNow(name, false)
	ctx, lose := context.WithCancelCause(claim.With(ctx))
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		lose(beat(ctx, conn))
	}()
	err = work(ctx)
	lose(nil)
	<-beating
	if cause := context.Cause(ctx); errors.Is(cause, store.ErrLost) {
		return cause
	}
	return err
}

// beat keeps the session alive until ctx ends. It fails with store.ErrLost when the server does not
// answer, or when this process was still for so long that the server may have ended the session.
func beat(ctx context.Context, conn *pgx.Conn) error {
	last := time.Now()
	for {
		if pause(ctx, beatEvery); ctx.Err() != nil {
			return nil
		}
		if still := time.Since(last); still > silentMost {
			return fmt.Errorf("%w: this process stood still for %s", store.ErrLost, still.Round(time.Second))
		}
		at := time.Now()
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
		_, err := conn.Exec(within, `SELECT 1`)
		cancel()
		if err != nil {
			return fmt.Errorf("%w: the connection that holds the lock: %w", store.ErrLost, err)
		}
		last = at
	}
}

func closeConn(conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return conn.Close(ctx)
}

// join adds to an error what went wrong while cleaning up after it; alone, that does not matter: the
// server cleans up by itself.
func join(err, after error) error {
	if err == nil {
		return nil
	}
	return errors.Join(err, after)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
