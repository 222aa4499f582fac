package collect

import (
	"context"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"feedd/internal/feed"
)

// Gate lets one request at a time through to a host, spaced, and none while the host is held. All
// requests pass it: documents, each hop of a redirect, robots.txt, articles, hubs. The collector
// brings a gate of its own that knows one process; several machines share one behind the same
// methods.
type Gate interface {
	// Enter waits for the host's turn and takes it until leave is called, once. Interval is the
	// least time since the end of the host's last request; the larger of that request's interval
	// and this one's counts. It fails with a *HeldError at once when the host is held, with
	// ctx's error when that ends first, and with a *GateError when it cannot tell.
	Enter(ctx context.Context, host string, interval time.Duration) (leave func(), err error)
	// Still fails with a *GateError when this process may no longer have the host's turn, which it took a while ago: it
	// stood still meanwhile, and another was given it.
	Still(ctx context.Context, host string) error
	// Hold keeps everybody away from the host until then. A later end replaces an earlier one.
	Hold(host string, until time.Time, reason string)
}

// GateError says that the gate could not be asked. Nothing is learned of a source from it.
type GateError struct{ Err error }

func (e *GateError) Error() string { return "its host's turn could not be had: " + e.Err.Error() }
func (e *GateError) Unwrap() error { return e.Err }

// HeldError says that a host wants to be left alone.
type HeldError struct {
	feed.HostHold
}

func (e *HeldError) Error() string {
	return "host " + e.Host + " is left alone until " + e.Until.UTC().Format("2006-01-02 15:04 MST") + " because " + e.Reason
}

// hosts is the gate of one process.
type hosts struct {
	now func() time.Time

	mu    sync.Mutex
	of    map[string]*host
	sweep int // size of the map at which those that are idle and free leave it
}

type host struct {
	turn chan struct{} // holds one token; who receives it has the host, and those waiting are served in order
	refs int           // waiting or inside, guarded by hosts.mu

	// Guarded by whoever has the turn.
	last     time.Time     // end of the last request
	interval time.Duration // that request's

	// Guarded by hosts.mu. A hold is over by the clock or by the time that passed, whichever is first:
	// the host asked for a time, not for the date of a clock that may be put back.
	held    feed.HostHold
	heldAt  time.Time // of time.Now, which counts what passes
	heldFor time.Duration
}

// NewGate makes a gate for the collectors of one process. Collectors that follow one another, as
// when the configuration is read anew, share one: the hosts are the same, and requests of the
// earlier collector may still be under way.
func NewGate(now func() time.Time) Gate { return newHosts(now) }

func newHosts(now func() time.Time) *hosts {
	return &hosts{now: now, of: make(map[string]*host), sweep: 1024}
}

// ref returns the host's entry and keeps it in the map until unref.
func (g *hosts) ref(name string) *host {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.of[name]
	if h == nil {
		h = &host{turn: make(chan struct{}, 1)}
		h.turn <- struct{}{}
		g.of[name] = h
		if len(g.of) > g.sweep {
			now := g.now()
			for name, h := range g.of {
				if h.refs == 0 && now.Sub(h.last) > time.Hour && now.After(h.held.Until) {
					delete(g.of, name)
				}
			}
			g.sweep = max(1024, 2*len(g.of))
		}
	}
	h.refs++
	return h
}

func (g *hosts) unref(h *host) {
	g.mu.Lock()
	h.refs--
	g.mu.Unlock()
}

func (g *hosts) heldError(h *host) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	byClock, byTime := h.held.Until.Sub(now), h.heldFor-time.Since(h.heldAt)
	if byClock <= 0 || byTime <= 0 {
		return nil
	}
	held := h.held
	if byClock-byTime > time.Minute { // the clock was put back
		held.Until = now.Add(byTime)
	}
	return &HeldError{held}
}

func (g *hosts) Enter(ctx context.Context, name string, interval time.Duration) (func(), error) {
	h := g.ref(name)
	if err := g.heldError(h); err != nil {
		g.unref(h)
		return nil, err
	}
	select {
	case <-h.turn:
	case <-ctx.Done():
		g.unref(h)
		return nil, context.Cause(ctx)
	}
	err := g.pause(ctx, h, max(interval, h.interval))
	if err == nil {
		err = g.heldError(h) // a hold may have come while this one waited
	}
	if err != nil {
		h.turn <- struct{}{}
		g.unref(h)
		return nil, err
	}
	return func() {
		h.last, h.interval = g.now(), interval
		h.turn <- struct{}{}
		g.unref(h)
	}, nil
}

// Still implements Gate: nobody else gives the turns of one process away.
func (g *hosts) Still(context.Context, string) error { return nil }

// pause waits until interval has passed since the host's last request.
func (g *hosts) pause(ctx context.Context, h *host, interval time.Duration) error {
	if h.last.IsZero() || interval <= 0 {
		return nil
	}
	// A clock that was put back must not stretch the pause.
	wait := min(interval, interval-g.now().Sub(h.last))
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (g *hosts) Hold(name string, until time.Time, reason string) {
	h := g.ref(name)
	defer g.unref(h)
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if until.After(h.held.Until) || h.heldFor < time.Since(h.heldAt) {
		h.held = feed.HostHold{Host: name, Until: until, Reason: reason}
		h.heldAt, h.heldFor = time.Now(), until.Sub(now)
	}
}

// hostOf names what is spaced and held: the host name, whichever way it is written, with its port
// when that is not one of the web's two.
func hostOf(u *url.URL) string {
	name := strings.ToLower(strings.TrimRight(u.Hostname(), "."))
	if strings.IndexFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
		if ascii, err := idna.Lookup.ToASCII(name); err == nil {
			name = ascii
		}
	}
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		return net.JoinHostPort(name, port)
	}
	return name
}

// HostOf names the host a source's run begins at, as Gate knows it.
func HostOf(src feed.Source) string {
	u, err := url.Parse(src.URL)
	if err != nil {
		return ""
	}
	return hostOf(u)
}
