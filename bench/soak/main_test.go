package main

import (
	"math/rand/v2"
	"testing"
	"time"
)

// A figure that leaks is told from one that swings, from one whose swings grow with the machine's load, and
// from one that takes a step.
func TestRise(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	series := func(leak, swing, growing, step float64) []sample {
		var all []sample
		for n := range 160 { // 13 minutes of samples every five seconds
			at := time.Duration(n) * 5 * time.Second
			value := 30 + leak*at.Hours() + r.Float64()*(swing+growing*at.Hours())
			if n > 50 {
				value += step
			}
			all = append(all, sample{at, []float64{value}})
		}
		return all
	}
	for _, c := range []struct {
		name                       string
		leak, swing, growing, step float64
		rises                      bool
	}{
		{"nothing", 0, 15, 0, 0, false},
		{"a leak of 12 an hour", 12, 2, 0, 0, true},
		{"more garbage from minute to minute", 0, 10, 20, 0, false},
		{"a step", 0, 5, 0, 3, false},
	} {
		wrong := 0
		for range 50 {
			hourly, first, second := rise(least(series(c.leak, c.swing, c.growing, c.step), windows), 0)
			if rises := min(first, second) > 0 && hourly*13/60 > 1.3; rises != c.rises {
				wrong++
			}
		}
		if wrong > 5 {
			t.Errorf("%s: wrong %d times of 50", c.name, wrong)
		}
	}
}
