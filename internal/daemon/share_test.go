package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"feedd/internal/store/storetest"
)

// TestConnections counts, at the server, the connections of nodes that have much to do: never more than they were
// given, and as many as operating.md says when they were given no number.
func TestConnections(t *testing.T) {
	readers := min(max(4, runtime.NumCPU()), 8)
	for name, c := range map[string]struct {
		roles []string
		least int // that it can do with
		usual int
	}{
		"collect": {[]string{RoleCollect}, 10, 10 + readers},
		"desk":    {[]string{RoleDesk}, 11, 11 + readers},
		"publish": {[]string{RolePublish}, 10, 8 + readers},
		"all":     {nil, 13, 13 + readers},
	} {
		t.Run(name, func(t *testing.T) {
			for _, given := range []int{c.least, 0} {
				most := given
				if given == 0 {
					most = c.usual
				}
				if n := busiest(t, given, c.roles); n > most || n < c.least/2 {
					t.Errorf("given %d, it has %d connections; %d are the most", given, n, most)
				}
			}
			_, err := New(t.Context(), Options{Config: "x", DB: "postgres://x", Connections: c.least - 1, Roles: c.roles, Log: slog.New(slog.DiscardHandler), Now: time.Now})
			if !errors.Is(err, ErrFlag) {
				t.Errorf("one less: %v", err)
			}
		})
	}
}

// busiest is how many connections a node had at the same time at most, while it collected and was asked for pages
// from all sides, beside a node that does all. 0 connections are as many as it can use.
func busiest(t *testing.T, connections int, roles []string) (most int) {
	t.Helper()
	db, counted := storetest.Postgres(t), fmt.Sprintf("counted-%d-%s", connections, strings.Join(roles, "-"))
	c := newClock()
	yaml := newsYAML(t, c)
	other := node(t, yaml, c, db)
	defer other.run(t)()
	path := filepath.Join(t.TempDir(), "feeds.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := New(t.Context(), Options{Config: path, DB: db + "&application_name=" + counted, Listen: "127.0.0.1:0", Now: c.now, Roles: roles,
		Connections: connections, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{Daemon: d, clock: c, config: path, db: db}
	defer h.run(t)()
	conn, err := pgx.Connect(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	asked := make(chan struct{})
	var asking sync.WaitGroup
	for n := range 24 {
		asking.Go(func() {
			for i := range 15 {
				resp, err := http.Get(h.URL() + []string{fmt.Sprintf("/search?q=x%dy%d", n, i), "/sources.json", "/metrics"}[i%3])
				if err == nil {
					resp.Body.Close()
				}
			}
		})
	}
	go func() { asking.Wait(); close(asked) }()
	for {
		var n int
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE application_name = $1`, counted).Scan(&n); err != nil {
			t.Fatal(err)
		}
		most = max(most, n)
		select {
		case <-asked:
			t.Logf("%v given %d: %d connections", roles, connections, most)
			return most
		default:
		}
	}
}
