// Package bench holds benchmarks of the whole program, as a process, beside the least that any
// program on the same libraries must do. It has no code of its own; see the README for the commands.
package bench
