package storetest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Wire is a way to a PostgreSQL server that breaks when it is told to: right after a statement, which the
// server does and of which nobody hears. What a process had not committed by then is undone by the server,
// as when the process was killed there.
type Wire struct {
	server   string // its socket
	listener net.Listener

	mu    sync.Mutex
	asked int // statements so far
	cut   Cut
	from  int           // the last statement that passes
	life  int           // of the wire: each call of Cut and Mend begins one
	open  map[*call]int // in which life it was made
	calls sync.WaitGroup
}

// Cut is how a wire breaks.
type Cut int

// The cuts.
const (
	Whole Cut = iota
	Once      // the connection that asks breaks, the others stand
	Death     // all connections break, and there are no new ones until Mend
)

// call is one connection.
type call struct {
	client, server net.Conn

	mu   sync.Mutex
	deaf bool // no answer reaches the client any more
}

// NewWire lays a wire to a server's database.
func NewWire(t testing.TB, address string) *Wire {
	t.Helper()
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "wire-") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	const socket = ".s.PGSQL.5432"
	w := &Wire{server: filepath.Join(config.Host, socket), open: map[*call]int{}}
	if w.listener, err = net.Listen("unix", filepath.Join(dir, socket)); err != nil {
		t.Fatal(err)
	}
	w.calls.Go(w.accept)
	t.Cleanup(func() {
		_ = w.listener.Close()
		w.hangUp(math.MaxInt)
		w.calls.Wait()
		_ = os.RemoveAll(dir)
	})
	return w
}

// Address is that of a server's database by way of the wire.
func (w *Wire) Address(t testing.TB, of string) string {
	t.Helper()
	u, err := url.Parse(of)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("host", filepath.Dir(w.listener.Addr().String()))
	u.RawQuery = q.Encode()
	return u.String()
}

// Cut breaks the wire once so many more statements were done.
func (w *Wire) Cut(how Cut, after int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut, w.from = how, w.asked+after
	w.life++
}

// Broken tells whether it came to that.
func (w *Wire) Broken() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cut != Whole && w.asked > w.from
}

// Mend makes the wire whole.
func (w *Wire) Mend() { w.Cut(Whole, 0) }

// passes counts a statement, and tells whether the client hears of it, and in which life that was.
func (w *Wire) passes() (Cut, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if w.cut == Once && w.asked == w.from+1 || w.cut == Death && w.asked > w.from {
		return w.cut, w.life
	}
	return Whole, w.life
}

// dead tells whether there are no connections.
func (w *Wire) dead() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cut == Death && w.asked > w.from
}

func (w *Wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return // closed
		}
		if w.dead() {
			_ = client.Close()
			continue
		}
		server, err := net.Dial("unix", w.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		c := &call{client: client, server: server}
		w.mu.Lock()
		w.open[c] = w.life
		w.mu.Unlock()
		w.calls.Go(func() { w.talk(c) })
	}
}

// hangUp ends the connections that were made up to a life.
func (w *Wire) hangUp(life int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c, made := range w.open {
		if made > life {
			continue
		}
		_ = c.client.Close()
		_ = c.server.Close()
	}
}

// talk hands on what is said, until one of the two ends it or the wire breaks.
func (w *Wire) talk(c *call) {
	answered := make(chan struct{})
	go func() {
		_, _ = io.Copy(c, c.server) // after a cut: until the server has done what it was asked, and has gone
		_ = c.client.Close()
		close(answered)
	}()
	how, life := w.hear(c)
	if how == Whole {
		_ = c.server.Close()
	}
	<-answered
	_ = c.server.Close()
	w.mu.Lock()
	delete(w.open, c)
	w.mu.Unlock()
	if how == Death {
		w.hangUp(life)
	}
}

// Write hands an answer to the client, unless that is not to hear it.
func (c *call) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deaf {
		return len(b), nil
	}
	return c.client.Write(b)
}

// hear hands on what the client says, message by message (PostgreSQL's manual, 55.7).
func (w *Wire) hear(c *call) (Cut, int) {
	in := bufio.NewReader(c.client)
	kind := 0 // the first message has none
	for {
		message, err := next(in, kind)
		if err != nil {
			return Whole, 0
		}
		const execute, simple, copied = 'E', 'Q', 'c'
		if kind > 0 && (message[0] == execute || message[0] == simple || message[0] == copied) {
			if how, life := w.passes(); how != Whole {
				c.mu.Lock()
				c.deaf = true
				c.mu.Unlock()
				if message[0] == execute {
					message = append(message, 'S', 0, 0, 0, 4) // Sync: the server does it at once
				}
				_, err := c.server.Write(message)
				_ = errors.Join(err, c.server.(*net.UnixConn).CloseWrite())
				return how, life
			}
		}
		if _, err := c.server.Write(message); err != nil {
			return Whole, 0
		}
		kind = 1
	}
}

// next reads a message: its kind, of so many bytes, its length and what follows.
func next(in *bufio.Reader, kind int) ([]byte, error) {
	head, err := in.Peek(kind + 4)
	if err != nil {
		return nil, err
	}
	message := make([]byte, kind+int(binary.BigEndian.Uint32(head[kind:])))
	_, err = io.ReadFull(in, message)
	return message, err
}
