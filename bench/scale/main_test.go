package main

import (
	"strings"
	"testing"
	"time"
)

// TestSimulation: the same seed gives the same day, in which every source is looked at as often as its
// schedule says, one host's one after another.
func TestSimulation(t *testing.T) {
	w := world{sources: 2000, hosts: 400, schedule: "*/15 * * * *", interval: 2 * time.Second, seed: 1, day: 4 * time.Hour}
	told := func(w world) string {
		var b strings.Builder
		report(&b, w, simulate(w))
		return b.String()
	}
	first := told(w)
	if told(w) != first {
		t.Error("the same seed gives another day")
	}
	other := w
	other.seed = 2
	if told(other) == first {
		t.Error("another seed gives the same day")
	}
	looks, busy := 0, 0
	d := simulate(w)
	for i := range d.seconds {
		looks += d.seconds[i].looks
		busy = max(busy, d.seconds[i].busy)
	}
	if want := 16 * w.sources; looks < want*98/100 || looks > want {
		t.Errorf("%d looks, want %d but for those that are still to come", looks, want)
	}
	if busy == 0 || busy > w.hosts {
		t.Errorf("%d hosts at work of %d", busy, w.hosts)
	}
}
