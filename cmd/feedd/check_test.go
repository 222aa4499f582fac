package main

import (
	"testing"
	"time"

	"feedd/internal/daemon"
	"feedd/internal/feed"
)

// A source is silent when it was asked for a week and brought nothing new, not when nobody asked it.
func TestSilent(t *testing.T) {
	now := time.Date(2026, 9, 14, 12, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	for _, tt := range []struct {
		name             string
		lastNew, lastRun time.Duration // ago
		want             bool
	}{
		{"busy", time.Hour, 0, false},
		{"silent", 8 * day, time.Hour, true},
		{"not asked", 30 * day, 29 * day, false},
		{"asked until lately", 30 * day, 2 * day, true},
		{"nearly", 7*day - time.Minute, 0, false},
	} {
		s := daemon.SourceStatus{State: feed.SourceState{LastNew: now.Add(-tt.lastNew), LastRun: now.Add(-tt.lastRun)}}
		if got := fellSilent(&s, now); got.IsZero() == tt.want {
			t.Errorf("%s: silent since %v", tt.name, got)
		}
	}
	if got := fellSilent(&daemon.SourceStatus{State: feed.SourceState{LastRun: now}}, now); !got.IsZero() {
		t.Errorf("one that never brought anything: %v", got)
	}
}
