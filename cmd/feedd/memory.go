package main

import (
	"errors"
	"runtime/debug"
	"strconv"
	"strings"
)

// memoryFlag is the flag of commands that may run long.
type memoryFlag struct {
	Memory memory `placeholder:"SIZE" help:"Rather collect garbage more often and read the database again than take more memory than this, such as 200MB; a soft limit."`
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
