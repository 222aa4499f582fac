package daemon

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// TestRollingUpgrade has a newer feedd migrate the database under the feet of a node that serves: to tables
// beside which it may go on, and to others.
func TestRollingUpgrade(t *testing.T) {
	db := storetest.Postgres(t)
	c := newClock()
	yaml := newsYAML(t, c)
	h := node(t, yaml, c, db)
	_, knows, err := h.store.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { ended <- h.Run(ctx) }()
	items := func() int { return strings.Count(h.text(t, "/sections/all.rss"), "<item>") }
	eventually(t, "it publishes", func() bool { return items() > 0 })

	migrate := func(version, from int64) {
		storetest.Exec(t, db, fmt.Sprintf(`INSERT INTO beside (schema, oldest) VALUES (%d, %d)`, version, from),
			fmt.Sprintf(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, true)`, version))
	}
	migrate(1001, knows)
	eventually(t, "it says that it goes on beside a newer one", func() bool {
		c.advance(3 * time.Second) // the page is made anew
		return strings.Contains(h.text(t, "/sources.json"), "schema 1001")
	})
	before := items()
	c.advance(15 * time.Minute) // the outlets have told more
	eventually(t, "it files and publishes on", func() bool { return items() > before })
	late := node(t, yaml, c, db) // as after a crash
	if err := late.Close(); err != nil {
		t.Error(err)
	}

	migrate(1002, 1002)
	if err := <-ended; !errors.Is(err, store.ErrOutdated) || !strings.Contains(err.Error(), "run that one") {
		t.Errorf("beside tables that it does not know it ends with %v, want ErrOutdated", err)
	}
	if _, err := New(t.Context(), Options{Config: h.config, DB: db, Listen: "127.0.0.1:0", Now: c.now, Log: h.Daemon.log}); !errors.Is(err, store.ErrOutdated) {
		t.Errorf("it starts again with %v, want ErrOutdated", err)
	}
}
