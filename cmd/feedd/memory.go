package main

import (
	"errors"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
)

// memoryFlag is the flag of commands that may run long.
type memoryFlag struct {
	Memory memory `placeholder:"SIZE" help:"Soft limit on memory, such as 200MB: near it, garbage is collected and the database is read again more often."`
}

// memory is a soft limit in bytes; 0 for none but GOMEMLIMIT's.
type memory int64

// leastMemory is what no feedd gets by with; below it all time would go into collecting garbage.
const leastMemory = 32 << 20

var errMemory = errors.New("write 200MB or 1GB; 32MB is the least")

// UnmarshalText reads a number of bytes with its unit, MB or GB (powers of 1,024).
func (m *memory) UnmarshalText(text []byte) error {
	s := strings.ToUpper(strings.TrimSpace(string(text)))
	for _, unit := range []struct {
		name string
		size int64
	}{{"MIB", 1 << 20}, {"GIB", 1 << 30}, {"MB", 1 << 20}, {"GB", 1 << 30}} {
		digits, ok := strings.CutSuffix(s, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 32)
		if err != nil || n*unit.size < leastMemory {
			return errMemory
		}
		*m = memory(n * unit.size)
		return nil
	}
	return errMemory
}

// Of the limit an eighth is for SQLite's caches, and programMemory for the pages of the program's file and what SQLite needs
// besides. The rest is Go's, and half of all at least: with less it would do nothing but collect garbage.
const (
	cacheShare    = 8
	programMemory = 32 << 20
)

// caches is how many bytes the database's caches may take, 0 without a limit.
func (f memoryFlag) caches() int64 { return int64(f.Memory) / cacheShare }

// heap is how many bytes are left for Go's heap and stacks.
func (f memoryFlag) heap() int64 {
	return max(int64(f.Memory)/2, int64(f.Memory)-f.caches()-programMemory)
}

// AfterApply sets the limit before the command runs.
func (f memoryFlag) AfterApply() error {
	if f.Memory > 0 {
		debug.SetMemoryLimit(f.heap())
	}
	return nil
}

// To 100 bytes that live so many may lie as garbage before it is collected: a fifth less memory than with the 100 that Go allows, at the same
// CPU, measured collecting 1,000 feeds; with 35 it is 5 MB less and a tenth more CPU. Of a large heap the share is smaller: beyond
// rootFrom garbage grows with the root of what lives. So of two heaps that share the memory, neither could give the other a byte that
// would save more collecting there than it costs here (Kirisame et al., Optimal Heap Limits for Reducing Browser Memory Use, 2022).
// Of a small heap it is larger: garbageLeast may always lie, else what grows to a hundred megabytes is collected ten times
// before it has twenty, which takes a seventh of the CPU of a round that first reads what the desk remembers.
const (
	garbageShare = 60
	rootFrom     = 32 << 20 // bytes
	garbageLeast = 12 << 20 // bytes
)

// garbagePercent is what the collector is told, in Go's terms, while so many bytes live.
func garbagePercent(live uint64) int {
	share := garbageShare * math.Sqrt(rootFrom/float64(max(live, rootFrom)))
	least := 100 * garbageLeast / float64(max(live, garbageLeast/3)) // Go's first collection is at 4 MB times this, at 12 MB
	return int(math.Round(max(share, least)))
}

// boundGarbage tells the collector now, and after each collection from now on, how much garbage may lie.
func boundGarbage() { boundGarbageFrom(0) }

// boundGarbageFrom is boundGarbage where the collector was told a percentage before; 0 for none.
func boundGarbageFrom(told int) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if percent := garbagePercent(live[0].Value.Uint64()); percent != told { // telling it stops all goroutines
		debug.SetGCPercent(percent)
		told = percent
	}
	runtime.AddCleanup(new(garbage), boundGarbageFrom, told)
}

// garbage is what the next collection finds, and nothing else. It is too large to share its place with something that lives.
type garbage [32]byte
