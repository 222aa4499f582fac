// Package bench holds benchmarks of the whole program, as a process, beside the least that any
// program on the same libraries must do, and of several nodes. It has no code of its own; docs/measurements.md
// and docs/scale.md have the commands. The soak, which watches what grows, is a command: go run ./bench/soak.
// So is what kills and freezes the nodes of a cluster, go run ./bench/chaos, and a simulated day of many
// sources, go run ./bench/scale.
package bench
