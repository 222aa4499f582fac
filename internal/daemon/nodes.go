package daemon

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"feedd/internal/cluster"
	"feedd/internal/publish"
	"feedd/internal/store"
)

// ErrAlone says that a store is one process's alone.
var ErrAlone = errors.New("a store on SQLite has one process and no nodes")

// Nodes lists the processes that serve from the database, those that are gone since not long ago
// included. It fails with ErrAlone on SQLite.
func (d *Daemon) Nodes(ctx context.Context) ([]publish.NodeStatus, error) {
	if d.cluster == nil {
		return nil, ErrAlone
	}
	return nodesOf(ctx, d.cluster)
}

// ListNodes is Nodes without a configuration, for what is asked where none is; see store.Direct for direct. Where
// feedd has never stored anything it fails with store.ErrNone.
func ListNodes(ctx context.Context, db, direct string, log *slog.Logger) (list []publish.NodeStatus, err error) {
	if err := store.Find(ctx, db); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, db, store.Direct(direct))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	c, err := cluster.New(ctx, cluster.Options{Store: s, Log: log})
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, ErrAlone
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return nodesOf(ctx, c)
}

func nodesOf(ctx context.Context, c *cluster.Cluster) ([]publish.NodeStatus, error) {
	nodes, err := c.Nodes(ctx)
	if err != nil {
		return nil, fmt.Errorf("read who is there: %w", err)
	}
	heldByOne(nodes)
	list := make([]publish.NodeStatus, len(nodes))
	desk := ""
	for _, n := range nodes {
		if n.Alive && slices.Contains(n.Holds, RoleDesk) {
			desk = n.Config
		}
	}
	for i, n := range nodes {
		list[i] = publish.NodeStatus{Name: n.Name, Roles: n.Roles, Holds: append([]string{}, n.Holds...), Address: n.Address, Version: n.Version,
			Config: n.Config, ConfigVersion: n.ConfigVersion, Lag: n.Lag, Started: n.Started, Silent: n.Silent, Alive: n.Alive, Agrees: desk == "" || n.Config == desk}
	}
	return list, nil
}

// heldByOne has each thing that one node alone does held by the one that was heard of last: a node that died is
// taken for alive for some seconds after another took over from it.
func heldByOne(nodes []cluster.Node) {
	last := map[string]*cluster.Node{}
	for i := range nodes {
		for _, what := range nodes[i].Holds {
			if by := last[what]; by == nil || nodes[i].Silent < by.Silent {
				last[what] = &nodes[i]
			}
		}
	}
	for i := range nodes {
		nodes[i].Holds = slices.DeleteFunc(nodes[i].Holds, func(what string) bool { return last[what] != &nodes[i] })
	}
}

// node is what this process says of itself to the others.
func (d *Daemon) node() cluster.Node {
	d.saves.mu.Lock()
	e := d.saves.edition
	d.saves.mu.Unlock()
	n := cluster.Node{Roles: d.roles.names(), Version: d.o.Version, Started: d.started, Config: hex.EncodeToString(e.digest[:6]), ConfigVersion: e.version}
	if at := d.Addr(); at != nil {
		n.Address = at.String()
	}
	n.Lag = map[string]float64{}
	if d.roles.publish {
		n.Lag[RolePublish] = d.unpublished.seconds()
	}
	if slices.Contains(d.cluster.Holding(), RoleDesk) { // of all nodes together; one need ask
		n.Lag[RoleCollect], n.Lag[RoleDesk] = d.agg.Lags()
	}
	return n
}

// unpublished is since when there is something to publish.
type unpublished struct {
	mu       sync.Mutex
	waiting  time.Time // zero: nothing waits
	underWay time.Time
}

func (u *unpublished) wait() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.waiting.IsZero() {
		u.waiting = time.Now()
	}
}

// begin says that all that waits is being published, and end whether it was.
func (u *unpublished) begin() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.underWay.IsZero() {
		u.underWay = u.waiting
	}
	u.waiting = time.Time{}
}

func (u *unpublished) end(done bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if done {
		u.underWay = time.Time{}
	}
}

// seconds is for how long the oldest has waited.
func (u *unpublished) seconds() float64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case !u.underWay.IsZero():
		return time.Since(u.underWay).Seconds()
	case !u.waiting.IsZero():
		return time.Since(u.waiting).Seconds()
	}
	return 0
}

func (r roles) names() (names []string) {
	for _, x := range []struct {
		has  bool
		name string
	}{{r.collect, RoleCollect}, {r.desk, RoleDesk}, {r.publish, RolePublish}} {
		if x.has {
			names = append(names, x.name)
		}
	}
	return names
}

// gathering is how the nodes are watched.
type gathering struct {
	alive, disagree prometheus.Gauge
	roles, holds    *prometheus.GaugeVec
}

func newGathering(r prometheus.Registerer) *gathering {
	g := &gathering{
		alive: prometheus.NewGauge(prometheus.GaugeOpts{Name: "feedd_nodes", Help: "Processes that serve from the database."}),
		disagree: prometheus.NewGauge(prometheus.GaugeOpts{Name: "feedd_nodes_disagree",
			Help: "Those of them whose configuration is not that of the node that holds the desk."}),
		holds: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "feedd_node_holds", Help: "1 for what this node alone does at present."}, []string{"what"}),
	}
	g.roles = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "feedd_role_nodes", Help: "Processes that serve from the database, by role."}, []string{"role"})
	r.MustRegister(g.alive, g.disagree, g.roles, g.holds)
	return g
}

const gatherEvery = 5 * time.Second

// beside fails when a newer feedd has migrated the database to tables that this one does not know, and tells when
// it did to some beside which this one may go on. A database that is away says so elsewhere.
func (d *Daemon) beside(ctx context.Context) error {
	if err := d.store.Fits(ctx); errors.Is(err, store.ErrOutdated) {
		return err
	} else if err != nil {
		return nil
	}
	has, knows, err := d.store.Schema(ctx)
	if err != nil || has == d.schema {
		return nil
	}
	d.schema = has
	text := ""
	if has > knows {
		text = fmt.Sprintf("a newer feedd has migrated the database (schema %d, this node knows %d); this node goes on beside it until it is replaced", has, knows)
		d.log.Warn(text)
	}
	d.pub.Tell("schema", "", text)
	return nil
}

// gather keeps the metrics of the nodes up to date, and has those named that disagree.
func (d *Daemon) gather(ctx context.Context) error {
	g := newGathering(d.registry)
	tick := time.NewTicker(gatherEvery)
	defer tick.Stop()
	for {
		if err := d.beside(ctx); err != nil {
			return err
		}
		nodes, err := d.Nodes(ctx)
		if err != nil && ctx.Err() == nil {
			d.log.Debug("the nodes cannot be listed", "error", err)
		}
		if err == nil {
			d.tellOfNodes(g, nodes)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (d *Daemon) tellOfNodes(g *gathering, nodes []publish.NodeStatus) {
	var alive int
	var others []string
	g.holds.Reset()
	for _, role := range (roles{true, true, true}).names() {
		g.roles.WithLabelValues(role).Set(0) // that there is none is worth knowing
	}
	for _, n := range nodes {
		if !n.Alive {
			continue
		}
		alive++
		for _, role := range n.Roles {
			g.roles.WithLabelValues(role).Inc()
		}
		if !n.Agrees {
			others = append(others, n.Name)
		}
		if n.Name == d.cluster.Name() {
			for _, what := range n.Holds {
				g.holds.WithLabelValues(what).Set(1)
			}
		}
	}
	g.alive.Set(float64(alive))
	g.disagree.Set(float64(len(others)))
	text := ""
	if len(others) > 0 {
		text = fmt.Sprintf("%d of %d nodes have another configuration than the one that files", len(others), alive)
		if d.o.Admin != "" { // else strangers read it
			text += ": " + strings.Join(others, ", ")
		}
	}
	d.pub.Tell("nodes", "", text)
}
