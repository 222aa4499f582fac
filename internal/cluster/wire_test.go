package cluster_test

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// wire is what lies between a node and the database server: it passes on what both say until it is cut, and
// then nothing, as a network does that lost its way. Connections stay open.
type wire struct {
	at string // HOST:PORT
	to string // a socket

	mu    sync.Mutex
	whole chan struct{} // closed while it is not cut
	lost  []string      // connections that got no word from the far side, and why
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{at: l.Addr().String(), to: to, whole: make(chan struct{})}
	close(w.whole)
	t.Cleanup(func() {
		_ = l.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		if t.Failed() && len(w.lost) > 0 {
			t.Logf("the wire %s to %s lost %d connections:\n%s", w.at, to, len(w.lost), strings.Join(w.lost[max(0, len(w.lost)-50):], "\n"))
		}
	})
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(conn)
		}
	}()
	return w
}

// database is the address of a database on the far side of the wire, which is told who asks.
func (w *wire) database(t *testing.T, of, who string) string {
	t.Helper()
	u, err := url.Parse(of)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Del("host")
	q.Del("port")
	q.Set("application_name", who)
	q.Set("sslmode", "disable")
	u.Host, u.RawQuery = w.at, q.Encode()
	return u.String()
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.whole = make(chan struct{})
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.whole)
}

// pass returns while the wire is whole.
func (w *wire) pass() {
	w.mu.Lock()
	whole := w.whole
	w.mu.Unlock()
	<-whole
}

// lose notes a connection that came to nothing.
func (w *wire) lose(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost = append(w.lost, fmt.Sprintf("%s %v", time.Now().Format("15:04:05.000"), why))
}

// carry passes on what both sides of a connection say, until one of them ends it.
func (w *wire) carry(near net.Conn) {
	defer near.Close()
	w.pass()
	far, err := net.Dial("unix", w.to)
	if err != nil {
		w.lose(err)
		return
	}
	go func() {
		if _, _, deaf := w.hand(near, far); deaf == nil {
			_ = far.Close()
		}
	}()
	// What the far side said before it hung up is handed on, even where it did not listen to the end.
	if n, end, deaf := w.hand(far, near); n == 0 && deaf == nil {
		w.lose(fmt.Errorf("it was answered nothing: %w", end))
	}
	_ = far.Close()
}

// hand passes on n bytes that one side says, until it ends, or the other hears nothing any more.
func (w *wire) hand(from, to net.Conn) (n int, end, deaf error) {
	b := make([]byte, 16<<10)
	for {
		read, end := from.Read(b)
		w.pass()
		if read > 0 {
			if _, deaf := to.Write(b[:read]); deaf != nil {
				return n, nil, deaf
			}
			n += read
		}
		if end != nil {
			return n, end, nil
		}
	}
}
