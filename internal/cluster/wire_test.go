package cluster_test

import (
	"net"
	"net/url"
	"sync"
	"testing"
)

// wire is what lies between a node and the database server: it passes on what both say until it is cut, and
// then nothing, as a network does that lost its way. Connections stay open.
type wire struct {
	at string // HOST:PORT
	to string // a socket

	mu    sync.Mutex
	whole chan struct{} // closed while it is not cut
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{at: l.Addr().String(), to: to, whole: make(chan struct{})}
	close(w.whole)
	t.Cleanup(func() { _ = l.Close() })
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

func (w *wire) carry(near net.Conn) {
	defer near.Close()
	w.pass()
	far, err := net.Dial("unix", w.to)
	if err != nil {
		return
	}
	defer far.Close()
	ended := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		go func() {
			defer func() { ended <- struct{}{} }()
			b := make([]byte, 16<<10)
			for {
				n, err := way[0].Read(b)
				w.pass()
				if n > 0 {
					if _, err := way[1].Write(b[:n]); err != nil {
						return
					}
				}
				if err != nil {
					return
				}
			}
		}()
	}
	<-ended
}
