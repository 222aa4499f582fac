package daemon

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// bounded is a server that keeps so many connections; a request to /wait is at work until it is told.
func bounded(t *testing.T, most int) (s *httptest.Server, c *connections, at chan struct{}, release chan struct{}) {
	t.Helper()
	at, release = make(chan struct{}, 100), make(chan struct{})
	c = newConnections(most)
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			at <- struct{}{}
			<-release
		}
		fmt.Fprint(w, "ok")
	}))
	s.Config.ConnState = c.note
	s.Start()
	t.Cleanup(s.Close)
	return s, c, at, release
}

// speak sends a request on a connection of its own and returns it and the answer's reader.
func speak(t *testing.T, s *httptest.Server, path string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if path != "" {
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
	}
	return conn, bufio.NewReader(conn)
}

func answered(r *bufio.Reader) bool {
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil && resp.StatusCode == http.StatusOK
}

// Connections that say nothing, or nothing more, make room; those at work are left alone; and who comes
// when all are at work is turned away.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	s, c, at, release := bounded(t, 8)
	_, busy := speak(t, s, "/wait")
	<-at
	for range 100 {
		speak(t, s, "")
	}
	for range 20 {
		if _, r := speak(t, s, "/"); !answered(r) {
			t.Fatal("idle connections shut somebody out")
		}
	}
	c.mu.Lock()
	if len(c.open) > 8 {
		t.Errorf("%d connections are kept", len(c.open))
	}
	c.mu.Unlock()
	eventually(t, "those who were answered idle", func() bool { // the server notes it after its answer
		c.mu.Lock()
		defer c.mu.Unlock()
		working := 0
		for _, x := range c.open {
			if !x.idle {
				working++
			}
		}
		return working == 1
	})
	for range 7 {
		speak(t, s, "/wait")
		<-at
	}
	if _, r := speak(t, s, "/"); answered(r) {
		t.Error("one more than may be is at work")
	}
	close(release)
	if !answered(busy) {
		t.Error("a connection at work was closed")
	}
	eventually(t, "room again", func() bool { _, r := speak(t, s, "/"); return answered(r) })
}

// stranger is a connection from an address.
type stranger struct {
	net.Conn
	from   string
	closed bool
}

func (s *stranger) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(s.from), Port: 4711} }
func (s *stranger) Close() error         { s.closed = true; return nil }

// One address holds half of the connections at most, and who holds many goes before who holds one.
func TestOneClientHoldsHalf(t *testing.T) {
	c := newConnections(10)
	one := &stranger{from: "198.51.100.1"}
	c.note(one, http.StateNew)
	var many []*stranger
	for range 40 {
		s := &stranger{from: "203.0.113.9"}
		many = append(many, s)
		c.note(s, http.StateNew)
		c.note(s, http.StateActive)
	}
	if c.client["203.0.113.9"] != 5 || one.closed {
		t.Errorf("one client holds %d of 10", c.client["203.0.113.9"])
	}
	for _, s := range many[:5] {
		if s.closed {
			t.Error("one at work was closed")
		}
		c.note(s, http.StateIdle)
	}
	for i := range 20 {
		c.note(&stranger{from: fmt.Sprintf("198.51.100.%d", 10+i)}, http.StateNew)
	}
	if c.client["203.0.113.9"] > 1 {
		t.Errorf("who holds most holds %d", c.client["203.0.113.9"])
	}
	for _, s := range many { // the server tells of what it closed, too
		c.note(s, http.StateClosed)
	}
	if len(c.open) > 10 || c.client["203.0.113.9"] != 0 {
		t.Errorf("%d open, %d of the one", len(c.open), c.client["203.0.113.9"])
	}
}
