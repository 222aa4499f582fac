package daemon

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// connections bounds the connections of a server, below what the system lets the process have open. A
// new one is always taken: when there are too many, the one that idles longest goes, of those whose
// client holds the most.
type connections struct {
	most int // in all; a client holds at most half of them

	mu     sync.Mutex
	open   map[net.Conn]*connection
	client map[string]int
}

// connection is one that is open.
type connection struct {
	client string
	idle   bool      // it waits for a request, the first or another
	since  time.Time // it does so, or not
}

func newConnections(most int) *connections {
	return &connections{most: most, open: map[net.Conn]*connection{}, client: map[string]int{}}
}

// note is a server's ConnState.
func (c *connections) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.add(conn)
	case http.StateActive, http.StateIdle:
		if x := c.open[conn]; x != nil {
			x.idle, x.since = state == http.StateIdle, time.Now()
		}
	case http.StateClosed, http.StateHijacked:
		c.forget(conn)
	}
}

// add takes a new connection, and closes another, or it itself, when it is one too many. The caller
// holds mu.
func (c *connections) add(conn net.Conn) {
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		host = "" // a unix socket's
	}
	x := &connection{client: host, idle: true, since: time.Now()}
	c.open[conn] = x
	c.client[host]++
	// A proxy holds the connections of all whom it serves; it is on this machine or a private network.
	ip := net.ParseIP(host)
	alone := ip != nil && !ip.IsLoopback() && !ip.IsPrivate()
	switch {
	case alone && c.client[host] > max(1, c.most/2):
		c.close(conn, func(o *connection) bool { return o.client == host })
	case len(c.open) > c.most:
		c.close(conn, func(*connection) bool { return true })
	}
}

// close closes the connection that idles longest among those that may go, of the client that has most of
// them open; the newest when all are at work. The caller holds mu.
func (c *connections) close(newest net.Conn, may func(*connection) bool) {
	victim := newest
	var best *connection
	for conn, x := range c.open {
		if conn == newest || !x.idle || !may(x) {
			continue
		}
		if best == nil || c.client[x.client] > c.client[best.client] ||
			c.client[x.client] == c.client[best.client] && x.since.Before(best.since) {
			victim, best = conn, x
		}
	}
	c.forget(victim)
	_ = victim.Close()
}

// forget is told of a connection twice when close closed it. The caller holds mu.
func (c *connections) forget(conn net.Conn) {
	x := c.open[conn]
	if x == nil {
		return
	}
	delete(c.open, conn)
	if c.client[x.client]--; c.client[x.client] == 0 {
		delete(c.client, x.client)
	}
}

// Bounds of mostConnections.
const (
	connectionsLeast = 16
	connectionsMost  = 4096
)

// mostConnections is how many connections are kept: a third of the files that the process may have open.
// The others are for collecting, the store and the hub's deliveries.
func mostConnections() int {
	return min(max(openFiles()/3, connectionsLeast), connectionsMost)
}
