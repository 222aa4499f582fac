package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"feedd/internal/aggregate/collect"
	"feedd/internal/feed"
)

// gate lets one request at a time of all nodes through to a host, spaced, and none while the host is held.
// It goes by the clock of the database server, so that the nodes' may differ.
type gate struct {
	c     *Cluster
	now   func() time.Time
	local collect.Gate // puts this node's own requests in order
}

// Gate returns the gate that all nodes share.
func (c *Cluster) Gate(now func() time.Time) collect.Gate {
	return &gate{c: c, now: now, local: collect.NewGate(now)}
}

const (
	// serverClock is the server's time in Unix milliseconds.
	serverClock = `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`

	// turnMost is how long a request may have a host, on a node that lives: longer than any takes.
	turnMost = 2 * time.Hour
	// gateLook is how often who waits looks whether another node's request has ended.
	gateLook = 200 * time.Millisecond
	// gateTries and gateAgain say how long a gate is asked that cannot answer: about as long as a server
	// takes to restart.
	gateTries = 4
	gateAgain = time.Second
)

const enterHost = `INSERT INTO gates AS g (host, node, taken, until, ended, spaced) VALUES ($1, $2, $3, ` + serverClock + ` + $4, 0, 0)
	ON CONFLICT (host) DO UPDATE SET node = excluded.node, taken = excluded.taken, until = excluded.until
	WHERE g.held <= ` + serverClock + ` AND CASE WHEN g.taken = '' THEN g.ended + greatest(g.spaced, $5) <= ` + serverClock + `
		ELSE g.until <= ` + serverClock + ` OR NOT EXISTS (SELECT 1 FROM nodes WHERE name = g.node AND ` + alive + `) END
	RETURNING true`

const askHost = `SELECT held - ` + serverClock + `, reason, CASE WHEN taken = '' THEN ended + greatest(spaced, $2) - ` + serverClock + ` ELSE $3 END
	FROM gates WHERE host = $1`

// Enter implements collect.Gate.
func (g *gate) Enter(ctx context.Context, host string, interval time.Duration) (leave func(), err error) {
	out, err := g.local.Enter(ctx, host, 0)
	if err != nil {
		return nil, err
	}
	turn := rand.Text()
	for failed := 0; ; {
		wait, err := g.try(ctx, host, turn, interval)
		var held *collect.HeldError
		switch {
		case err == nil && wait == 0:
			return func() { g.leave(host, turn, interval); out() }, nil
		case ctx.Err() != nil:
			out()
			return nil, context.Cause(ctx)
		case errors.As(err, &held):
			out()
			return nil, err
		case err != nil:
			if failed++; failed == gateTries {
				out()
				return nil, &collect.GateError{Err: err}
			}
			wait = gateAgain
		}
		pause(ctx, wait)
	}
}

// try takes the host's turn, or returns how long to wait before the next try.
func (g *gate) try(ctx context.Context, host, turn string, interval time.Duration) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var got bool
	err = g.c.pool.QueryRow(ctx, enterHost, host, g.c.name, turn, turnMost.Milliseconds(), interval.Milliseconds()).Scan(&got)
	if !errors.Is(err, pgx.ErrNoRows) {
		return 0, err
	}
	var held, free int64
	var reason string
	if err := g.c.pool.QueryRow(ctx, askHost, host, interval.Milliseconds(), gateLook.Milliseconds()).Scan(&held, &reason, &free); err != nil {
		return 0, fmt.Errorf("ask for the turn at %s: %w", host, err)
	}
	if held > 0 {
		return 0, &collect.HeldError{HostHold: feed.HostHold{Host: host, Until: g.now().Add(time.Duration(held) * time.Millisecond), Reason: reason}}
	}
	return min(max(time.Duration(free), 1)*time.Millisecond, time.Second), nil
}

// leave gives the turn back; while the server cannot be asked, in the background, until somebody else
// would get it.
func (g *gate) leave(host, turn string, interval time.Duration) {
	if g.left(host, turn, interval) == nil {
		return
	}
	go func() {
		for until := time.Now().Add(time.Minute); time.Now().Before(until); {
			pause(context.Background(), gateAgain)
			if g.left(host, turn, interval) == nil {
				return
			}
		}
	}()
}

func (g *gate) left(host, turn string, interval time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	_, err := g.c.pool.Exec(ctx, `UPDATE gates SET taken = '', ended = `+serverClock+`, spaced = $3 WHERE host = $1 AND taken = $2`, host, turn, interval.Milliseconds())
	return err
}

// Hold implements collect.Gate. That a host is held is stored with what the look at its source brought,
// too; here it reaches the other nodes at once.
func (g *gate) Hold(host string, until time.Time, reason string) {
	g.local.Hold(host, until, reason)
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	_, err := g.c.pool.Exec(ctx, `INSERT INTO gates AS g (host, node, taken, until, ended, spaced, held, reason) VALUES ($1, '', '', 0, 0, 0, `+serverClock+` + $2, $3)
		ON CONFLICT (host) DO UPDATE SET held = excluded.held, reason = excluded.reason WHERE g.held < excluded.held`,
		host, until.Sub(g.now()).Milliseconds(), reason)
	if err != nil {
		g.c.log.Warn("the other nodes do not hear yet that a host wants to be left alone", "host", host, "error", err)
	}
}
