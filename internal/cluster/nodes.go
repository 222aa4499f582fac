package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Node is a process that serves from the database, and what it says of itself.
type Node struct {
	Name    string   `json:"name"`
	Roles   []string `json:"roles"`
	Holds   []string `json:"holds"` // what it alone does at present
	Address string   `json:"address"`
	Version string   `json:"version"`
	Config  string   `json:"config"` // a fingerprint of its configuration
	// ConfigVersion is the number of that in the database, 0 when it comes from a file.
	ConfigVersion int64     `json:"config_version"`
	Started       time.Time `json:"started"`
	// Lag is how many seconds the parts are behind of which it knows that.
	Lag    map[string]float64 `json:"lag_seconds"`
	Silent float64            `json:"silent_seconds"` // since it was last heard of
	Alive  bool               `json:"alive"`
}

const (
	tellEvery = 3 * time.Second
	// alive is the condition on a row of nodes that the node lives.
	alive = `seen > ` + serverClock + ` - 15000`
	// A node that is gone is shown for an hour.
	forgetNodes = `DELETE FROM nodes WHERE seen < ` + serverClock + ` - 3600000`
)

// Tell says every few seconds that this node is there, and what of itself says, until ctx ends; then that it
// is gone.
func (c *Cluster) Tell(ctx context.Context, of func() Node) error {
	for ctx.Err() == nil {
		if err := c.tell(ctx, of()); err != nil && ctx.Err() == nil {
			c.log.Debug("this node cannot say that it is there", "error", err)
		}
		pause(ctx, tellEvery)
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_, _ = c.alive.Exec(end, `DELETE FROM nodes WHERE name = $1`, c.name) // else it is silent from now on
	return nil
}

// Join says that this node is there, before it takes part in anything.
func (c *Cluster) Join(ctx context.Context, n Node) error { return c.tell(ctx, n) }

func (c *Cluster) tell(ctx context.Context, n Node) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	n.Name, n.Holds = c.name, c.Holding()
	c.mu.Lock()
	k := c.clock
	c.mu.Unlock()
	if k != nil {
		if err := c.measure(ctx, k); err != nil {
			return err
		}
	}
	told, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	var batch pgx.Batch
	batch.Queue(`INSERT INTO nodes (name, seen, told) VALUES ($1, `+serverClock+`, $2)
		ON CONFLICT (name) DO UPDATE SET seen = excluded.seen, told = excluded.told`, c.name, string(told))
	batch.Queue(forgetNodes)
	return c.alive.SendBatch(ctx, &batch).Close()
}

// Nodes lists the nodes, those that are gone since not long ago included, by their names.
func (c *Cluster) Nodes(ctx context.Context) ([]Node, error) {
	rows, err := c.pool.Query(ctx, `SELECT told, (`+serverClock+` - seen) / 1000.0::float8, `+alive+` FROM nodes ORDER BY name`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (n Node, err error) {
		var told string
		var silent float64
		var lives bool
		if err := r.Scan(&told, &silent, &lives); err != nil {
			return n, err
		}
		err = json.Unmarshal([]byte(told), &n)
		n.Silent, n.Alive = silent, lives
		if !lives {
			n.Holds = nil
		}
		return n, err
	})
}
