package feedtest

import (
	"context"
	"net"
	"net/http"
)

// Web is a network in memory with one server on it, which answers for every host. Since nothing of
// it leaves the process, the clock of a testing/synctest bubble runs while it is waited for.
type Web struct {
	server *http.Server
	conns  chan net.Conn
	closed chan struct{}
	served chan error
}

// NewWeb starts the server. Close ends it.
func NewWeb(handler http.Handler) *Web {
	w := &Web{
		server: &http.Server{Handler: handler}, conns: make(chan net.Conn), closed: make(chan struct{}), served: make(chan error, 1),
	}
	go func() { w.served <- w.server.Serve(listener{w}) }()
	return w
}

// Dial connects to the server, whatever the address is, as net.Dialer.DialContext does.
func (w *Web) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case w.conns <- there:
		return here, nil
	case <-w.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close ends the server with all its connections.
func (w *Web) Close() {
	_ = w.server.Close() // closes the listener, which cannot fail
	<-w.served
}

type listener struct{ w *Web }

func (l listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.w.conns:
		return c, nil
	case <-l.w.closed:
		return nil, net.ErrClosed
	}
}

func (l listener) Close() error   { close(l.w.closed); return nil }
func (l listener) Addr() net.Addr { return &net.TCPAddr{} }
