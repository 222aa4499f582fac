//go:build unix

package daemon

import "syscall"

// openFiles is how many files the process may have open. The runtime has raised it to what is allowed.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	return int(min(uint64(limit.Cur), 1<<30))
}
