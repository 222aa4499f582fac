package cluster

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// TestNoticesWithoutEnd: a node that hears notices all the time keeps its session, which the server ends
// when the node says nothing for some seconds, whatever it hears.
func TestNoticesWithoutEnd(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	a, _ := node(t, address)
	var said bytes.Buffer // written by Listen alone, and read when it has ended
	a.log = slog.New(slog.NewTextHandler(&said, nil))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	heard := make(chan struct{}, 1)
	go func() {
		defer close(ended)
		_ = a.Listen(ctx, func(notice string) {
			if notice == store.NoticeRendered {
				select {
				case heard <- struct{}{}:
				default:
				}
			}
		})
	}()
	conn, err := a.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeConn(conn) }()
	tell := time.NewTicker(silentMost / 20)
	defer tell.Stop()
	told := 0
	for began := time.Now(); time.Since(began) < silentMost+silentMost/4; <-tell.C {
		if _, err := conn.Exec(t.Context(), `SELECT pg_notify(`+store.NoticeChannel+`, $1)`, store.NoticeRendered); err != nil {
			t.Fatal(err)
		}
		told++
	}
	within(t, "the notices", heard)
	stop()
	<-ended
	if said.Len() > 0 {
		t.Errorf("after %d notices: %s", told, said.String())
	}
}
