// Package bench holds benchmarks of the whole program, as a process, beside the least that any
// program on the same libraries must do. It has no code of its own; docs/measurements.md has the
// commands. The soak, which watches what grows, is a command: go run ./bench/soak. So
// is what kills and freezes the nodes of a cluster: go run ./bench/chaos.
package bench
