//go:build !linux || race

package lineartest

import "testing"

func TestLinear(t *testing.T) {
	t.Skip("NOT MEASURED: the race detector changes what takes how long, and the time of a thread is known on Linux alone; go test ./internal/lineartest without -race tries it")
}
