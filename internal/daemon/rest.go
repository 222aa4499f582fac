package daemon

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Work leaves behind memory that only the next work uses again: dead objects, of which the collector lets some lie beside those that
// live, pages that it freed, caches of the database. A newsroom's daemon is at rest most of the time, beside others on its
// machine; then it gives them back.
const (
	restLook  = 5 * time.Second
	restAlloc = 4 << 20  // bytes: at rest is who allocated no more between two looks
	restWorth = 16 << 20 // bytes, below which it is not worth the while
	// restShare is how many times as long as giving back took it is not done again, so that it takes at most a thousandth
	// of the time.
	restShare = 1000
)

// giveBack gives memory back to the system when the process is at rest, until ctx ends. caches gives back what is
// not Go's.
func giveBack(ctx context.Context, caches func(context.Context) error) error {
	look := time.NewTicker(restLook)
	defer look.Stop()
	before, again := readHeap(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
		now := readHeap()
		quiet := now.allocated-before.allocated <= restAlloc
		before = now
		if began := time.Now(); quiet && now.idle >= restWorth && !began.Before(again) {
			_ = caches(ctx) // they stay, and whoever needs the database next says what is wrong with it
			debug.FreeOSMemory()
			again = time.Now().Add(restShare * time.Since(began))
		}
	}
}

// heap is what giveBack asks of Go's memory, in bytes.
type heap struct {
	allocated uint64 // since the start
	idle      uint64 // held, and of no object that was alive when garbage was last collected, nor of anything younger
}

func readHeap() heap {
	all := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(all)
	n := func(i int) uint64 { return all[i].Value.Uint64() }
	return heap{allocated: n(0), idle: n(3) + max(n(2), n(1)) - n(1)}
}
