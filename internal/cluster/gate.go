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

const enterHost = `INSERT INTO gates AS g (host, node, taken, until, ended, spaced) SELECT $1, $2, $3, ` + serverClock + ` + $4, 0, 0
	WHERE $6 = '' OR EXISTS (SELECT 1 FROM gates WHERE host = $6 AND taken = $7)
	ON CONFLICT (host) DO UPDATE SET node = excluded.node, taken = excluded.taken, until = excluded.until
	WHERE g.held <= ` + serverClock + ` AND CASE WHEN g.taken = '' THEN g.ended + greatest(g.spaced, $5) <= ` + serverClock + `
		ELSE g.taken = excluded.taken OR g.until <= ` + serverClock + ` OR NOT EXISTS (SELECT 1 FROM nodes WHERE name = g.node AND ` + alive + `) END
	RETURNING true`

const askHost = `SELECT held - ` + serverClock + `, reason, CASE WHEN taken = '' THEN ended + greatest(spaced, $2) - ` + serverClock + ` ELSE $3 END,
	$4 = '' OR EXISTS (SELECT 1 FROM gates WHERE host = $4 AND taken = $5)
	FROM gates WHERE host = $1`

// run is a turn that lasts for several requests: to look at the sources of a host.
type run struct{ name, turn string }

type runIn struct{}

// with returns a context in which the gate lets nothing through once another node has the run: this one stood still
// for so long that it was taken to be gone.
func (r run) with(ctx context.Context) context.Context { return context.WithValue(ctx, runIn{}, r) }

var errOvertaken = errors.New("another node has taken over what this one had under way")

// Enter implements collect.Gate.
func (g *gate) Enter(ctx context.Context, host string, interval time.Duration) (leave func(), err error) {
	out, err := g.local.Enter(ctx, host, 0)
	if err != nil {
		return nil, err
	}
	turn := rand.Text()
	if err := g.enter(ctx, host, turn, interval); err != nil {
		out()
		return nil, err
	}
	return func() { g.leave(host, turn, interval); out() }, nil
}

// enter takes the host's turn as soon as it can. When it fails, the turn is nobody's: one that the server gave without
// being heard is given back.
func (g *gate) enter(ctx context.Context, host, turn string, interval time.Duration) (err error) {
	failed, given := 0, false
	defer func() {
		if err != nil && (given || failed > 0) {
			g.leave(host, turn, interval)
		}
	}()
	for {
		asked := time.Now()
		wait, err := g.try(ctx, host, turn, interval)
		var held *collect.HeldError
		switch {
		case err == nil && wait == 0:
			if given = true; time.Since(asked) > collect.TurnFresh { // it may be gone: the answer was long on its way
				return g.Still(ctx, host)
			}
			return nil
		case errors.As(err, &held):
			return err
		case errors.Is(err, errOvertaken):
			return &collect.GateError{Err: err}
		case err != nil:
			if failed++; failed == gateTries && ctx.Err() == nil {
				return &collect.GateError{Err: err}
			}
			wait = gateAgain
		}
		if pause(ctx, wait); ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// stillHost asks for the turn that this node has, which is one at most, for it puts its own requests in order.
const stillHost = `SELECT EXISTS (SELECT 1 FROM gates WHERE host = $1 AND node = $2 AND taken <> '')
	AND ($3 = '' OR EXISTS (SELECT 1 FROM gates WHERE host = $3 AND taken = $4))`

// Still implements collect.Gate.
func (g *gate) Still(ctx context.Context, host string) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var ours bool
	of, _ := ctx.Value(runIn{}).(run)
	err := g.c.pool.QueryRow(ctx, stillHost, host, g.c.name, of.name, of.turn).Scan(&ours)
	if err == nil && !ours {
		err = errOvertaken
	}
	if err != nil {
		return &collect.GateError{Err: err}
	}
	return nil
}

// try takes the host's turn, also when it has that already, or returns how long to wait before the next try.
func (g *gate) try(ctx context.Context, host, turn string, interval time.Duration) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var got, ours bool
	of, _ := ctx.Value(runIn{}).(run)
	err = g.c.pool.QueryRow(ctx, enterHost, host, g.c.name, turn, turnMost.Milliseconds(), interval.Milliseconds(), of.name, of.turn).Scan(&got)
	if !errors.Is(err, pgx.ErrNoRows) {
		return 0, err
	}
	var held, free int64
	var reason string
	err = g.c.pool.QueryRow(ctx, askHost, host, interval.Milliseconds(), gateLook.Milliseconds(), of.name, of.turn).Scan(&held, &reason, &free, &ours)
	switch {
	case errors.Is(err, pgx.ErrNoRows): // nobody was there yet, and we may not be
		return 0, errOvertaken
	case err != nil:
		return 0, fmt.Errorf("ask for the turn at %s: %w", host, err)
	case !ours:
		return 0, errOvertaken
	}
	if held > 0 {
		return 0, &collect.HeldError{HostHold: feed.HostHold{Host: host, Until: g.now().Add(time.Duration(held) * time.Millisecond), Reason: reason}}
	}
	return min(max(time.Duration(free), 1)*time.Millisecond, time.Second), nil
}

// leave gives the turn back; while the server cannot be asked, in the background: as long as this node lives, nobody
// else would get it.
func (g *gate) leave(host, turn string, interval time.Duration) {
	if g.left(host, turn, interval) == nil {
		return
	}
	go func() {
		for until := time.Now().Add(turnMost); time.Now().Before(until); {
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
		g.c.log.Warn("the other nodes do not know yet that a host asks for a pause", "host", host, "error", err)
	}
}
