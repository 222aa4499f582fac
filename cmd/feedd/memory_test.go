package main

import (
	"io"
	"runtime/debug"
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
