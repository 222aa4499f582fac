// Package client tells who sends a request, and limits how much each client may ask for.
//
// In come requests; out go the addresses of the clients, seen through the proxies in front, and whether a
// client may ask now. It never reads a body. Of each client it remembers only the address and how much it
// asked recently, and only in memory.
package client

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Proxies are the networks whose word on who asks is believed, besides this machine itself.
type Proxies []netip.Prefix

// Of returns whom a request comes from: an IPv4 address, or the /64 network of an IPv6 address, which
// is what one customer gets. It is that of the connection, unless a trusted proxy made it: then the last
// address in X-Forwarded-For that is no trusted proxy's. It is "" when such a proxy does not say.
func (p Proxies) Of(r *http.Request) string {
	at, ok := parse(r.RemoteAddr)
	if ok && !p.trusted(at) {
		return network(at)
	}
	lines := r.Header.Values("X-Forwarded-For")
	for i := len(lines) - 1; i >= 0; i-- {
		hops := strings.Split(lines[i], ",")
		for j := len(hops) - 1; j >= 0; j-- {
			at, ok := parse(strings.TrimSpace(hops[j]))
			if !ok {
				return "" // nothing that stands before it can be believed
			}
			if !p.trusted(at) {
				return network(at)
			}
		}
	}
	return ""
}

// trusted tells whether an address is a proxy's. One on this machine is, as the connections of unix
// sockets are: whoever else is here does no harm by lying.
func (p Proxies) trusted(at netip.Addr) bool {
	if at.IsLoopback() {
		return true
	}
	for _, theirs := range p {
		if theirs.Contains(at) {
			return true
		}
	}
	return false
}

// parse reads an address, with or without its port.
func parse(s string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	at, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return at.Unmap().WithZone(""), err == nil
}

func network(at netip.Addr) string {
	if at.Is4() {
		return at.String()
	}
	of64, err := at.Prefix(64)
	if err != nil {
		return at.String()
	}
	return of64.String()
}

// Rates let each of many names do something so often: burst times at once, and once more every while.
// Its methods may be called from several goroutines.
type Rates struct {
	every time.Duration
	burst int
	now   func() time.Time

	mu sync.Mutex
	by map[string]*rate.Limiter
}

// mostNames bounds what is remembered: names are chosen by whoever asks.
const mostNames = 20_000

// NewRates returns rates by which nobody has done anything yet.
func NewRates(every time.Duration, burst int, now func() time.Time) *Rates {
	return &Rates{every: every, burst: burst, now: now, by: map[string]*rate.Limiter{}}
}

// Allow tells whether a name may do it now, and counts that it does. Nobody ("") always may.
func (r *Rates) Allow(name string) bool {
	return name == "" || r.of(name).AllowN(r.now(), 1)
}

// Left tells whether Allow would, and counts nothing.
func (r *Rates) Left(name string) bool {
	return name == "" || r.of(name).TokensAt(r.now()) >= 1
}

// Wait is about how long until a name that may not do it may again.
func (r *Rates) Wait(name string) time.Duration {
	if name == "" {
		return 0
	}
	missing := 1 - r.of(name).TokensAt(r.now())
	return max(0, time.Duration(missing*float64(r.every)))
}

func (r *Rates) of(name string) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.by[name]
	if l == nil {
		if len(r.by) >= mostNames {
			r.forget()
		}
		l = rate.NewLimiter(rate.Every(r.every), r.burst)
		r.by[name] = l
	}
	return l
}

// forget makes room: those go who have their whole burst again, of whom nothing is lost; where there
// are none, every second. The caller holds mu.
func (r *Rates) forget() {
	now := r.now()
	for name, l := range r.by {
		if l.TokensAt(now) >= float64(r.burst) {
			delete(r.by, name)
		}
	}
	if len(r.by) < mostNames*3/4 {
		return
	}
	odd := false
	for name := range r.by {
		if odd = !odd; odd {
			delete(r.by, name)
		}
	}
}
