package main

import (
	"io"
	"runtime/debug"
	"testing"
)

func TestMemoryIsASoftLimit(t *testing.T) {
	was := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(was)
	for flag, want := range map[string]int64{"200MB": 200 << 20, "1GB": 1 << 30, "64 mib": 64 << 20} {
		var c cli
		p, err := newParser(&c, io.Discard, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Parse([]string{"serve", "--memory", flag}); err != nil {
			t.Errorf("%s: %v", flag, err)
		}
		if got := debug.SetMemoryLimit(-1); got != want {
			t.Errorf("%s sets a limit of %d", flag, got)
		}
	}
	for _, flag := range []string{"200", "1MB", "-5GB", "much", "99999999999999GB"} {
		var m memory
		if m.UnmarshalText([]byte(flag)) == nil {
			t.Errorf("%s is taken for %d", flag, m)
		}
	}
}
