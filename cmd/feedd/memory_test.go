package main

import (
	"io"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

// The limit is shared out: an eighth for SQLite's caches, 32 MB for what the program needs besides, and to Go what is
// left, half of all at least.
func TestMemoryIsASoftLimit(t *testing.T) {
	was := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(was)
	for flag, want := range map[string]struct{ heap, caches int64 }{
		"200MB": {143 << 20, 25 << 20}, "1GB": {(1024 - 128 - 32) << 20, 128 << 20}, "64 mib": {32 << 20, 8 << 20},
	} {
		var c cli
		p, err := newParser(&c, io.Discard, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Parse([]string{"serve", "--memory", flag}); err != nil {
			t.Errorf("%s: %v", flag, err)
		}
		if heap, caches := debug.SetMemoryLimit(-1), c.Serve.caches(); heap != want.heap || caches != want.caches {
			t.Errorf("%s sets limits of %d and %d, want %d and %d", flag, heap, caches, want.heap, want.caches)
		}
	}
	for _, flag := range []string{"200", "1MB", "-5GB", "much", "99999999999999GB"} {
		var m memory
		if m.UnmarshalText([]byte(flag)) == nil {
			t.Errorf("%s is taken for %d", flag, m)
		}
	}
}

func TestGarbageGrowsWithTheRootOfWhatLives(t *testing.T) {
	for live, want := range map[uint64]int{0: 300, 4 << 20: 300, 12 << 20: 100, 20 << 20: 60, 32 << 20: 60, 128 << 20: 30, 512 << 20: 15} {
		if got := garbagePercent(live); got != want {
			t.Errorf("%d bytes live: %d %%, want %d", live, got, want)
		}
	}
}

// What the collector is told follows what lives, up and down.
func TestGarbageIsBoundAfterEachCollection(t *testing.T) {
	was := debug.SetGCPercent(100)
	defer debug.SetGCPercent(was)
	boundGarbage()
	told := func() uint64 {
		s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	reaches := func(what string, is func(uint64) bool) {
		t.Helper()
		for range 1000 { // who tells it does so beside
			if is(told()) {
				return
			}
			runtime.GC()
		}
		t.Errorf("%s: %d %%", what, told())
	}
	reaches("little lives", func(p uint64) bool { return p > garbageShare })
	much := make([]byte, 4*rootFrom)
	reaches("much lives", func(p uint64) bool { return p > 0 && p <= garbageShare/2 })
	runtime.KeepAlive(much)
	reaches("little lives again", func(p uint64) bool { return p > garbageShare })
}
