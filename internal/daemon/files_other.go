//go:build !unix

package daemon

// openFiles is how many files the process may have open.
func openFiles() int { return 1 << 14 }
