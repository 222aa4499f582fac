package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/store/storetest"
)

// taken notes which hosts were given to a node.
type taken struct {
	mu    sync.Mutex
	hosts map[string]int
	more  chan struct{}
}

func take(t *testing.T, c *Cluster, at *taken, hold <-chan struct{}) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := c.Take(ctx, 4, func(ctx context.Context, host string, _ time.Time) {
			at.mu.Lock()
			at.hosts[host]++
			at.mu.Unlock()
			at.more <- struct{}{}
			select {
			case <-hold:
			case <-ctx.Done():
			}
		}); err != nil {
			t.Error("Take:", err)
		}
	}()
	t.Cleanup(func() { stop(); <-ended })
}

func newTaken() *taken { return &taken{hosts: map[string]int{}, more: make(chan struct{}, 100)} }

func (at *taken) total() (n int) {
	at.mu.Lock()
	defer at.mu.Unlock()
	for _, k := range at.hosts {
		n += k
	}
	return n
}

// TestQueue: a host is given to one node, however often it is queued; two nodes share the hosts; and when
// the queue's tables are dropped under them they go on.
func TestQueue(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	a, _ := node(t, address)
	b, _ := node(t, address)
	for _, c := range []*Cluster{a, b} {
		if err := c.Join(t.Context(), Node{}); err != nil {
			t.Fatal(err)
		}
	}
	first, second, hold := newTaken(), newTaken(), make(chan struct{})
	take(t, a, first, hold)
	take(t, b, second, hold)
	var hosts []string
	for i := range 8 {
		hosts = append(hosts, fmt.Sprintf("h%d.example", i))
	}
	for range 3 {
		if err := a.Put(t.Context(), hosts, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 { // each has four places
		within(t, "a host for the first node", first.more)
		within(t, "a host for the second node", second.more)
	}
	if err := b.Put(t.Context(), hosts, time.Now()); err != nil {
		t.Fatal(err)
	}
	close(hold)
	both := map[string]int{}
	for _, at := range []*taken{first, second} {
		at.mu.Lock()
		for h, n := range at.hosts {
			both[h] += n
		}
		at.mu.Unlock()
	}
	for _, h := range hosts {
		if both[h] != 1 {
			t.Errorf("%s was given to a node %d times", h, both[h])
		}
	}
	before := first.total() + second.total()
	storetest.Exec(t, address, `DROP TABLE IF EXISTS river_job, river_leader, river_queue, river_client, river_client_queue CASCADE`)
	if err := a.Put(t.Context(), hosts, time.Now()); err != nil {
		t.Fatal("after the queue's tables were dropped:", err)
	}
	for range hosts {
		select {
		case <-first.more:
		case <-second.more:
		case <-time.After(20 * time.Second):
			t.Fatalf("after the queue's tables were dropped, nodes were given %d hosts of %d", first.total()+second.total()-before, len(hosts))
		}
	}
}

// TestQueueHalfMade: a node that ended while it made the queue's tables leaves them to the others.
func TestQueueHalfMade(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	a, _ := node(t, address)
	b, _ := node(t, address)
	for _, c := range []*Cluster{a, b} {
		if err := c.Put(t.Context(), []string{"h.example"}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for _, broken := range []string{`ALTER TABLE river_job DROP COLUMN unique_key`, `DROP TABLE river_migration`, `DROP TABLE river_job, river_leader`} {
		storetest.Exec(t, address, broken)
		for _, c := range []*Cluster{a, b} {
			if err := c.Put(t.Context(), []string{"h.example"}, time.Now()); err != nil {
				t.Errorf("after %s: %v", broken, err)
			}
		}
	}
}

// TestHostsOfTheDead: what a node had under way that is gone is given to another.
func TestHostsOfTheDead(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	a, _ := node(t, address)
	b, _ := node(t, address)
	if err := a.Join(t.Context(), Node{}); err != nil {
		t.Fatal(err)
	}
	first, second := newTaken(), newTaken()
	take(t, a, first, nil)
	if err := b.Put(t.Context(), []string{"h.example"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	within(t, "the first node's host", first.more)
	gateOfA, gateOfB := a.Gate(time.Now), b.Gate(time.Now)
	if _, err := gateOfA.Enter(t.Context(), "h.example", 0); err != nil {
		t.Fatal(err)
	}
	// It is silent for longer than a node that lives is.
	storetest.Exec(t, address, `UPDATE nodes SET seen = seen - 60000`)
	if err := b.Join(t.Context(), Node{}); err != nil {
		t.Fatal(err)
	}
	take(t, b, second, nil)
	b.mu.Lock()
	b.freed = time.Time{}
	b.mu.Unlock()
	if err := b.Put(t.Context(), []string{"h.example"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	// The first node's process lives here, so that either may get it.
	select {
	case <-second.more:
	case <-first.more:
	case <-time.After(10 * time.Second):
		t.Fatal("the host of a node that is gone is given to nobody")
	}
	leave, err := gateOfB.Enter(t.Context(), "h.example", 0)
	if err != nil {
		t.Fatal("the turn of a node that is gone:", err)
	}
	leave()
	nodes, err := b.Nodes(t.Context())
	if err != nil || len(nodes) != 2 {
		t.Fatalf("nodes: %v, %v", nodes, err)
	}
	for _, n := range nodes {
		if n.Alive != (n.Name == b.Name()) {
			t.Errorf("%s alive: %v", n.Name, n.Alive)
		}
	}
}

// TestGate: requests of two nodes to one host never overlap and keep its interval, and what holds one
// holds the other.
func TestGate(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	a, _ := node(t, address)
	b, _ := node(t, address)
	const interval = 50 * time.Millisecond
	var mu sync.Mutex
	var inside int
	var last time.Time
	var wg sync.WaitGroup
	for _, c := range []*Cluster{a, b} {
		if err := c.Join(t.Context(), Node{}); err != nil {
			t.Fatal(err)
		}
		// Clocks of nodes may differ.
		g := c.Gate(func() time.Time { return time.Now().Add(map[*Cluster]time.Duration{a: 30 * time.Second}[c]) })
		for range 4 {
			wg.Go(func() {
				for range 3 {
					leave, err := g.Enter(t.Context(), "h.example", interval)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					inside++
					if inside > 1 {
						t.Error("two requests at one host")
					}
					if gap := time.Since(last); gap < interval-2*time.Millisecond {
						t.Errorf("%v after the request before", gap)
					}
					inside--
					last = time.Now()
					mu.Unlock()
					leave()
				}
			})
		}
	}
	wg.Wait()
	ga, gb := a.Gate(time.Now), b.Gate(time.Now)
	until := time.Now().Add(time.Hour)
	ga.Hold("held.example", until, "it asked for that") // where no interval keeps anybody waiting
	_, err := gb.Enter(t.Context(), "held.example", 0)
	var held *collect.HeldError
	if !errors.As(err, &held) || held.Until.Sub(until).Abs() > time.Minute || held.Reason != "it asked for that" {
		t.Errorf("the other node's request: %v", err)
	}
	leave, err := gb.Enter(t.Context(), "other.example", time.Hour)
	if err != nil {
		t.Error("another host:", err)
	} else {
		leave()
	}
}

// TestQueueLocked: while the queue's tables are locked, a node still says that it is there and asks for turns.
func TestQueueLocked(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	a, _ := node(t, address)
	if err := a.Put(t.Context(), []string{"h.example"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	conn, err := a.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), `BEGIN; LOCK TABLE river_job IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() { _ = a.Put(ctx, []string{fmt.Sprint("h", i)}, time.Now()) })
	}
	defer wg.Wait()
	defer cancel()
	for a.jobs.Stat().AcquiredConns() < a.jobs.Stat().MaxConns() {
		time.Sleep(10 * time.Millisecond)
	}
	if err := a.Join(t.Context(), Node{}); err != nil {
		t.Error("this node cannot say that it is there:", err)
	}
	leave, err := a.Gate(time.Now).Enter(t.Context(), "h.example", 0)
	if err != nil {
		t.Fatal("it gets no turn:", err)
	}
	leave()
}

// TestOvertaken: a node that stood still for so long that others took it to be gone asks no host any more for what
// they have taken over.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	a, _ := node(t, address)
	b, _ := node(t, address)
	ga, gb := &gate{c: a, now: time.Now, local: collect.NewGate(time.Now)}, &gate{c: b, now: time.Now, local: collect.NewGate(time.Now)}
	ctx := t.Context()
	join := func(c *Cluster) {
		if err := c.Join(ctx, Node{}); err != nil {
			t.Fatal(err)
		}
	}
	takes := func(g *gate, r run) {
		t.Helper()
		if wait, err := g.try(ctx, r.name, r.turn, 0); err != nil || wait > 0 {
			t.Fatalf("a run that nobody has: %v, %v", wait, err)
		}
	}
	join(a)
	mine := run{"run h.example", "first"}
	takes(ga, mine)
	leave, err := ga.Enter(mine.with(ctx), "h.example", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := ga.Still(mine.with(ctx), "h.example"); err != nil {
		t.Error("a turn that it has:", err)
	}
	storetest.Exec(t, address, `UPDATE nodes SET seen = seen - 60000`) // it stands still
	join(b)
	takes(gb, run{"run h.example", "second"})
	join(a)
	refused := func(what string, err error) {
		t.Helper()
		var gone *collect.GateError
		if !errors.As(err, &gone) || !errors.Is(err, errOvertaken) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("its turn at the host, though nobody has taken that yet", ga.Still(mine.with(ctx), "h.example"))
	leave()
	for _, host := range []string{"h.example", "never.example"} {
		_, err = ga.Enter(mine.with(ctx), host, 0)
		refused("another turn at "+host, err)
	}
	if leave, err := ga.Enter(ctx, "h.example", 0); err != nil {
		t.Error("a turn for something else:", err)
	} else if err := ga.Still(ctx, "h.example"); err != nil {
		t.Error("that turn:", err)
	} else {
		leave()
	}
}

// TestUnheard: a turn that the server gave, of which the node heard nothing, keeps no host from being asked; nor does a
// job that ended unheard.
func TestUnheard(t *testing.T) {
	t.Parallel()
	a, _ := node(t, storetest.Postgres(t))
	ctx := t.Context()
	if err := a.Join(ctx, Node{}); err != nil {
		t.Fatal(err)
	}
	g := &gate{c: a, now: time.Now, local: collect.NewGate(time.Now)}
	for range 2 {
		if wait, err := g.try(ctx, "h.example", "mine", 0); err != nil || wait > 0 {
			t.Fatalf("the turn, asked for again: %v, %v", wait, err)
		}
	}
	if wait, err := g.try(ctx, "h.example", "another", 0); err != nil || wait == 0 {
		t.Fatalf("another turn at the same time: %v, %v", wait, err)
	}
	g.leave("h.example", "mine", 0)
	if wait, err := g.try(ctx, "h.example", "another", 0); err != nil || wait > 0 {
		t.Fatalf("after the first was given back: %v, %v", wait, err)
	}
	// It ended its work at one host, and is at the other.
	if err := a.Put(ctx, []string{"ended.example", "busy.example"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if wait, err := g.try(ctx, "run busy.example", "x", 0); err != nil || wait > 0 {
		t.Fatalf("a run: %v, %v", wait, err)
	}
	if _, err := a.jobs.Exec(ctx, `UPDATE river_job SET state = 'running', attempted_at = now() - interval '1 minute', attempted_by = ARRAY[$1]`, a.name); err != nil {
		t.Fatal(err)
	}
	a.mu.Lock()
	a.freed = time.Time{}
	a.mu.Unlock()
	if err := a.free(ctx); err != nil {
		t.Fatal(err)
	}
	var left string
	if err := a.jobs.QueryRow(ctx, `SELECT string_agg(args->>'host', ' ') FROM river_job`).Scan(&left); err != nil || left != "busy.example" {
		t.Errorf("jobs under way: %q, %v", left, err)
	}
}
