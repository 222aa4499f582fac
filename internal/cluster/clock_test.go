package cluster

import (
	"testing"
	"time"

	"feedd/internal/store/storetest"
)

// TestClock: a node whose clock is wrong, or is put right or wrong while it lives, goes by the server's.
func TestClock(t *testing.T) {
	t.Parallel()
	c, _ := node(t, storetest.Postgres(t))
	wrong := 30 * time.Second
	now, err := c.Clock(t.Context(), func() time.Time { return time.Now().Add(wrong) })
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong = range []time.Duration{wrong, -time.Hour, 0} {
		for range 2 { // the first may have taken too long to count
			if err := c.Join(t.Context(), Node{}); err != nil {
				t.Fatal(err)
			}
		}
		// The server has this machine's clock.
		if off := time.Until(now()); off.Abs() > clockTrip {
			t.Errorf("with a clock that is wrong by %v, the cluster's is wrong by %v", wrong, off)
		}
	}
}
