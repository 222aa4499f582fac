package cluster_test

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// TestFailover: the database's server dies, and its standby is promoted by hand. Nodes whose address names
// both go on with that; and as the server waited for its standby with every commit, nothing is lost that was
// acknowledged.
func TestFailover(t *testing.T) {
	if testing.Short() {
		t.Skip("takes more than a minute")
	}
	t.Parallel()
	primary := storetest.New(t)
	standby := primary.Standby(t)
	u, err := url.Parse(primary.Schema(t))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("host", primary.Dir+","+standby.Dir)
	q.Set("target_session_attrs", "read-write")
	u.RawQuery = q.Encode()

	p := newPress(t, 12, 36, 7*time.Second)
	c := newCluster(t, p, u.String())
	for range 2 {
		c.start()
	}
	c.eventually(20*time.Second, "a node holds the desk", func() bool { return c.holder() != nil })
	acks := newAcks(t, c.db)
	c.eventually(60*time.Second, "most hosts were asked", func() bool { return p.reached() > p.outlets/2 })
	c.eventually(30*time.Second, "each node publishes", func() bool { return c.publishes("/sections/tin0.json") })
	served := c.served("/sections/tin0.json")

	saved := c.forgive(p, false)
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second) // a hand is not quick
	p.forgive(saved, false)
	standby.Promote(t)
	c.eventually(30*time.Second, "a node holds the desk at the standby", func() bool { return c.holder() != nil })
	p.end()
	acks.lost(t)
	want := p.all(p.hosts)
	c.eventually(150*time.Second, fmt.Sprintf("all %d items are stored and filed", want), func() bool {
		var stored, waiting int
		return c.ask([]any{&stored, &waiting}, `SELECT count(*), count(*) FILTER (WHERE filed = 0) FROM items`) == nil && stored == want && waiting == 0
	})
	var there int
	if err := c.ask([]any{&there}, `SELECT count(*) FROM entries WHERE lpad(to_hex(id), 16, '0') = ANY($1)`, served); err != nil {
		t.Fatal(err)
	}
	if len(served) == 0 || there != len(served) {
		t.Errorf("of %d entries that were published, %d are there", len(served), there)
	}
	for _, gap := range p.gaps {
		t.Error(gap)
	}
}

// acks writes to the database all the time, and remembers what was acknowledged.
type acks struct {
	s    *store.Store
	stop context.CancelFunc
	done sync.WaitGroup
	n    int            // tried
	of   map[string]int // what was acknowledged, with its number
}

func newAcks(t *testing.T, db string) *acks {
	s, err := store.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	a := &acks{s: s, stop: stop, of: map[string]int{}}
	a.done.Go(func() {
		for ctx.Err() == nil {
			name := fmt.Sprintf("acknowledged %d", a.n)
			if s.SetMeta(ctx, name, "x") == nil {
				a.of[name] = a.n
			}
			a.n++
			time.Sleep(2 * time.Millisecond)
		}
	})
	t.Cleanup(func() {
		stop()
		a.done.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// lost waits until something is acknowledged again, and judges.
func (a *acks) lost(t *testing.T) {
	t.Helper()
	time.Sleep(2 * time.Second)
	a.stop()
	a.done.Wait()
	last := 0
	for name, n := range a.of {
		last = max(last, n)
		if value, err := a.s.Meta(t.Context(), name); err != nil || value != "x" {
			t.Errorf("%s is lost (%v)", name, err)
		}
	}
	if len(a.of) == a.n || last < a.n-100 {
		t.Errorf("of %d writes %d were acknowledged, the last of them number %d: the server was never away, or did not come back", a.n, len(a.of), last)
	}
	t.Logf("%d of %d writes were acknowledged and are there", len(a.of), a.n)
}
