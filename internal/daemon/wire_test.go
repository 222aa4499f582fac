package daemon

import (
	"fmt"
	"net/url"
	"testing"
	"testing/synctest"

	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// TestPostgresBreaksAfterEveryStatement has the connection to the server break after each statement, one
// after the other, while sources are collected, filed and published and an editor speaks: that one alone,
// and all of them for good, as when the process dies there. The server has done the statement, and nobody
// heard of it. FEEDD_EVERY=1 leaves none out.
func TestPostgresBreaksAfterEveryStatement(t *testing.T) {
	every := everyOf(t, 29)
	srv := storetest.New(t)
	srv.Exec(t, `CREATE DATABASE empty`)
	s, err := store.Open(t.Context(), srv.Address(url.User("feedd"), "empty"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for how, name := range map[storetest.Cut]string{storetest.Once: "once", storetest.Death: "death"} {
		t.Run(name, func(t *testing.T) {
			reached := true
			n := 0
			for ; reached; n += every {
				t.Run(fmt.Sprint(n), func(t *testing.T) {
					address := srv.Copy(t, "empty")
					wire := storetest.NewWire(t, address) // outside of the bubble: in there, time would stand still
					synctest.Test(t, func(t *testing.T) { reached = breakAfter(t, wire, wire.Address(t, address), how, n) })
				})
			}
			if n < 100 {
				t.Errorf("only %d statements: the test proves little", n)
			}
		})
	}
}

// breakAfter has the wire break after n statements, and tells whether it came to that.
func breakAfter(t *testing.T, wire *storetest.Wire, db string, how storetest.Cut, n int) bool {
	w := newWorld(t, 3)
	w.db = db
	defer w.end()
	w.tellAll(2)
	w.open(false)
	wire.Cut(how, n)
	w.live()
	broken := wire.Broken()
	when := fmt.Sprintf("cut after %d statements", n)
	if how == storetest.Death {
		w.shut()
		wire.Mend()
		w.open(false)
	} else {
		wire.Mend()
	}
	w.holds(when)
	if err := w.collect(); err != nil {
		t.Fatalf("%s: once it works again: %v", when, err)
	}
	w.complete(when)
	return broken
}
