package cluster

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// node opens the cluster of a database once more, as another process would.
func node(t *testing.T, address string) (*Cluster, *store.Store) {
	t.Helper()
	s, err := store.Open(t.Context(), address, store.Direct(storetest.Direct(address)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := New(t.Context(), Options{Store: s, Queue: 4, Log: slog.New(slog.DiscardHandler)})
	if err != nil || c == nil {
		t.Fatal("no cluster on PostgreSQL:", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, s
}

// holder is a node that wants to do work, and what became of it.
type holder struct {
	began chan context.Context // work began, with its context
	stop  context.CancelFunc
	ended chan struct{}
}

func hold(t *testing.T, c *Cluster, name string) *holder {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	h := &holder{began: make(chan context.Context, 16), stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(h.ended)
		if err := c.Hold(ctx, name, func(ctx context.Context) error {
			h.began <- ctx
			<-ctx.Done()
			return nil
		}); err != nil {
			t.Error("Hold:", err)
		}
	}()
	t.Cleanup(func() { stop(); <-h.ended })
	return h
}

// within fails the test when nothing comes for as long as a takeover may take.
func within[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatalf("%s did not happen within 10 s", what)
		panic("unreachable")
	}
}

// TestOneHolds: of two nodes one does the work, and when it stops the other does.
func TestOneHolds(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	a, s := node(t, address)
	b, _ := node(t, address)
	if held, err := a.Held(t.Context(), "desk"); err != nil || held {
		t.Fatalf("held by nobody: %v, %v", held, err)
	}
	first := hold(t, a, "desk")
	within(t, "the first node's work", first.began)
	other := hold(t, b, "desk")
	hub := hold(t, b, "hub")
	within(t, "work of another name", hub.began)
	if held, err := b.Held(t.Context(), "desk"); err != nil || !held {
		t.Errorf("held by the first node: %v, %v", held, err)
	}
	elsewhere, _ := node(t, storetest.Postgres(t))
	within(t, "the same work in another schema", hold(t, elsewhere, "desk").began)
	select {
	case <-other.began:
		t.Fatal("two nodes hold the same")
	default:
	}
	first.stop()
	ctx := within(t, "the takeover", other.began)
	if err := s.SetMeta(ctx, "x", "1"); err != nil {
		t.Error("the new holder cannot write:", err)
	}
}

// TestLostConnection: a node whose connection the server ends stops its work, and what it still writes
// is refused once the other has taken over.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	a, s := node(t, address)
	b, _ := node(t, address)
	first := hold(t, a, "desk")
	old := within(t, "the first node's work", first.began)
	// As if this process was frozen: its context does not end, whatever happens.
	frozen := context.WithoutCancel(old)
	if err := s.SetMeta(frozen, "x", "before"); err != nil {
		t.Fatal(err)
	}
	first.stop() // so that the first does not take it back at once
	other := hold(t, b, "desk")
	storetest.Exec(t, address, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = `+lockClass+`
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND objid::bigint = hashtext(current_schema() || ' desk')::bigint & 4294967295`)
	within(t, "the takeover", other.began)
	within(t, "the end of the first node's work", old.Done())
	err := s.SetMeta(frozen, "x", "after")
	if !errors.Is(err, store.ErrLost) {
		t.Errorf("a thawed node's commit: %v, want ErrLost", err)
	}
	if x, err := s.Meta(t.Context(), "x"); err != nil || x != "before" {
		t.Errorf("x = %q, %v: a thawed node has written it", x, err)
	}
}

// TestSilentSession: the server itself frees what a process holds of which it hears nothing.
func TestSilentSession(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	a, _ := node(t, address)
	b, _ := node(t, address)
	conn, err := a.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tryLock(t.Context(), conn, "desk"); err != nil || !got {
		t.Fatal("the lock of an empty schema:", got, err)
	}
	within(t, "the takeover from a silent process", hold(t, b, "desk").began)
	_ = conn.Close(t.Context())
}

// TestNotices: a node hears of what another process committed, also after the server ended its
// connection, and looks at everything when it may have missed something.
func TestNotices(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	a, _ := node(t, address)
	heard := make(chan string, 64)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = a.Listen(ctx, func(notice string) { heard <- notice })
	}()
	defer func() { stop(); <-ended }()
	hears := func(notice string) {
		for within(t, "notice "+notice, heard) != notice {
		}
	}
	for range 2 {
		hears(store.NoticeSaved)
		hears(store.NoticeFiled)
		storetest.Exec(t, address, `SELECT pg_notify(`+store.NoticeChannel+`, 'told')`)
		hears("told")
		storetest.Exec(t, address, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN ' || `+store.NoticeChannel)
	}
}
