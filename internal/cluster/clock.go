package cluster

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// Nodes whose clocks differ would not agree on what is due, what is news and when something was published.
// So all go by one clock, the database server's: each measures how far its own is from that, and corrects
// itself by it.
type clock struct {
	own func() time.Time
	off atomic.Int64 // nanoseconds that the server's clock is ahead
}

const (
	// clockSlack is how far a node's clock may be from the server's: below it a correction would be about as
	// wrong as the clock, and time would jump for nothing.
	clockSlack = 50 * time.Millisecond
	// clockTrip is how long the question may take for its answer to count: it is taken to be of the middle
	// of the time between.
	clockTrip = 500 * time.Millisecond
)

func (k *clock) now() time.Time { return k.own().Add(time.Duration(k.off.Load())) }

// Clock returns the clock that all nodes go by. own is that of this process.
func (c *Cluster) Clock(ctx context.Context, own func() time.Time) (now func() time.Time, err error) {
	k := &clock{own: own}
	for range 3 { // the first question makes the connection
		if err = c.measure(ctx, k); err != nil {
			return nil, fmt.Errorf("ask the server what time it is: %w", err)
		}
	}
	c.mu.Lock()
	c.clock = k
	c.mu.Unlock()
	return k.now, nil
}

// measure asks the server what time it is.
func (c *Cluster) measure(ctx context.Context, k *clock) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	asked, began := k.now(), time.Now()
	var server int64
	if err := c.alive.QueryRow(ctx, `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`).Scan(&server); err != nil {
		return err
	}
	trip := time.Since(began)
	off := time.UnixMicro(server).Sub(asked.Round(0).Add(trip / 2))
	if trip > clockTrip || off.Abs() < clockSlack {
		return nil
	}
	if k.off.Add(int64(off)); off.Abs() > time.Second {
		c.log.Warn("this machine's clock differs from the database server's, which counts", "by", off.Round(time.Millisecond))
	}
	return nil
}
