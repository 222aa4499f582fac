package main

import (
	"math/rand/v2"
	"testing"
	"time"
)

// A figure that leaks is told from one that swings, and from one whose swings grow with the machine's load.
func TestSlope(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	series := func(leak, swing, growing float64) []sample {
		var all []sample
		for n := range 160 { // 13 minutes of samples every five seconds
			at := time.Duration(n) * 5 * time.Second
			garbage := r.Float64() * (swing + growing*at.Hours())
			all = append(all, sample{at, []float64{30 + leak*at.Hours() + garbage}})
		}
		return all
	}
	for _, c := range []struct {
		name                 string
		leak, swing, growing float64
		rises                bool
	}{
		{"nothing", 0, 15, 0, false},
		{"a leak of 12 an hour", 12, 5, 0, true},
		{"more garbage from minute to minute", 0, 10, 20, false},
	} {
		hourly, surely := slope(least(series(c.leak, c.swing, c.growing), windows), 0)
		if rises := surely > 0 && hourly*13/60 > 1.3; rises != c.rises {
			t.Errorf("%s: %+.2f an hour, at least %+.2f", c.name, hourly, surely)
		}
	}
}
