package daemon

import (
	"context"
	"os"
	"strings"
	"testing"

	"feedd/internal/demo"
)

// TestSourcesFollowTheFile asks when sources run next after the file changed while no daemon ran.
func TestSourcesFollowTheFile(t *testing.T) {
	c := newClock()
	yaml := demo.Config(press(t, c))
	h := build(t, yaml, c, "")
	status, err := h.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := status[0].State.NextReason; got != "was never collected" {
		t.Errorf("before the first look: %q", got)
	}
	h.collect(t)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = build(t, strings.Replace(yaml, `"* * * * *"`, `"@every 5h"`, 1), c, h.db)
	if status, err = h.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range status {
		st := s.State
		if st.Error == "" && !strings.Contains(st.NextReason, "@every 5h") || !st.NextRun.After(c.now()) {
			t.Errorf("%s runs next at %s: %s", s.Source.ID, st.NextRun, st.NextReason)
		}
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// TestReloadKeepsTheCollector reads an unchanged file again: connections and manners stay.
func TestReloadKeepsTheCollector(t *testing.T) {
	c := newClock()
	h := build(t, demo.Config(press(t, c)), c, "")
	before := h.Daemon.collector
	if err := h.Reload(); err != nil {
		t.Fatal(err)
	}
	if h.Daemon.collector != before {
		t.Error("another collector although nothing changed")
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// TestChangedWhileStarting changes the file after it was read and before it is watched.
func TestChangedWhileStarting(t *testing.T) {
	c := newClock()
	yaml := demo.Config(press(t, c))
	h := build(t, yaml, c, "")
	changed := strings.Replace(yaml, "title: Thể thao", "title: Sân cỏ", 1)
	if err := os.WriteFile(h.Daemon.o.Config, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	eventually(t, "the new title", func() bool {
		for _, s := range h.Daemon.current().Sections {
			if s.Title == "Sân cỏ" {
				return true
			}
		}
		return false
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
