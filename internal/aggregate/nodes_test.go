package aggregate

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/feed"
	"feedd/internal/store"
)

// TestDueInTurn: of the sources of a host that are due, the one that was asked longest ago is asked first. One that is
// answered 429 each time is due again as soon as all others of its host are, and does not get before them for good.
func TestDueInTurn(t *testing.T) {
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "feedd.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	set := Settings{Stories: feed.StorySettings{Window: time.Hour}}
	for _, id := range []string{"busy", "long-ago", "never", "later"} {
		set.Sources = append(set.Sources, feed.Source{ID: id, URL: "http://h.example/" + id, Schedule: "@every 10m"})
	}
	for id, st := range map[string]feed.SourceState{
		"busy":     {LastRun: now.Add(-2 * time.Minute), NextRun: now.Add(-time.Millisecond)}, // and held the others up
		"long-ago": {LastRun: now.Add(-time.Hour), NextRun: now},
		"never":    {NextRun: now},
		"later":    {LastRun: now.Add(-2 * time.Hour), NextRun: now.Add(time.Minute)},
	} {
		st.Source = id
		if err := s.SaveState(t.Context(), st); err != nil {
			t.Fatal(err)
		}
	}
	clock := func() time.Time { return now }
	collector := collect.New(collect.Options{Now: clock})
	defer collector.Close()
	a, err := New(Options{Store: s, Collector: collector, Settings: set, Now: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	jobs, _, err := a.dueAt(t.Context(), collect.HostOf(set.Sources[0]), now, map[string]bool{})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, job := range jobs {
		got += job.Source.ID + " "
	}
	if got != "never long-ago busy " {
		t.Errorf("asked in the order %q", got)
	}
}
