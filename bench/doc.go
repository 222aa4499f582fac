// Package bench holds benchmarks of the whole program as a process, compared with the least that any
// program on the same libraries must do, and of several nodes. It has no code of its own;
// docs/measurements.md and docs/scale.md have the commands. Four programs belong to it: bench/soak watches
// what grows in a long run, bench/bombs sends hostile documents, bench/chaos kills and freezes the nodes of
// a cluster, and bench/scale simulates a day of many sources.
package bench
