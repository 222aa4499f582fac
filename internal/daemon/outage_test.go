package daemon

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/store/storetest"
)

// TestDatabaseGoesAway kills the PostgreSQL server under a daemon at work. What was published is served
// meanwhile; when the server is back, the daemon goes on by itself and has lost and doubled nothing.
func TestDatabaseGoesAway(t *testing.T) {
	srv := storetest.New(t)
	c := newClock()
	yaml := newsYAML(t, c)
	h := build(t, yaml, c, srv.Schema(t))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	items := func() int {
		entries, err := h.store.Entries(t.Context(), feed.EntryQuery{Any: true})
		if err != nil {
			return 0
		}
		n := 0
		for _, e := range entries {
			n += len(e.Reports)
		}
		return n
	}
	served := func() string {
		b, err := io.ReadAll(h.get(t, "/sections/all.rss").Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	eventually(t, "entries published", func() bool { return strings.Contains(served(), "<item>") && items() > 0 })
	eventually(t, "all sources were seen", func() bool {
		states, err := h.store.States(t.Context())
		return err == nil && len(states) == h.Sources()
	})
	before := items()

	// Another process on the same database withdraws a story.
	var gone string
	other := build(t, yaml, c, h.db)
	for _, e := range other.entries(t) {
		if strings.Contains(served(), e.Key+"<") {
			gone = e.Key
		}
	}
	if _, err := other.As("").Retract(t.Context(), gone, false); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what another process withdrew is withdrawn", func() bool { return !strings.Contains(served(), gone+"<") })

	if err := srv.Kill(); err != nil {
		t.Fatal(err)
	}
	c.advance(20 * time.Minute) // every source is due, and has news
	if _, err := h.Collect(t.Context(), []string{h.config0().Sources[0].ID}, nil); err == nil || !strings.Contains(err.Error(), "cannot reach") && !strings.Contains(err.Error(), "connection") {
		t.Errorf("collecting without a database: %v", err)
	}
	if !strings.Contains(served(), "<item>") {
		t.Error("what was published is not served while the database is away")
	}
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "news after the outage", func() bool {
		c.advance(time.Minute)             // whose save failed waits a minute
		if err := h.Reload(); err != nil { // has the schedule look at the clock
			t.Error(err)
		}
		return items() > before
	})
	if b := served(); strings.Contains(b, gone+"<") || !strings.Contains(b, "<item>") {
		t.Error("after the outage what was withdrawn is back, or nothing is there")
	}
	entries := h.entries(t)
	seen := map[string]bool{}
	for _, e := range entries {
		for _, r := range e.Reports {
			key := r.Source + " " + r.GUID + " " + r.URL
			if seen[key] {
				t.Errorf("%s is there twice", key)
			}
			seen[key] = true
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error("Run:", err)
	}
}
