package collect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"feedd/internal/feed"
)

// ErrPrivate is in every refusal of an address that is not on the public internet.
var ErrPrivate = errors.New("allow_private is not set")

// errMetadata is in every refusal of a cloud's metadata service.
var errMetadata = errors.New("no source may live there")

// guardian knows the special-purpose address registries: private, loopback, link-local (and with it
// the clouds' metadata), carrier-grade NAT, documentation, multicast, mapped and NAT64 forms. Ports
// are not its business: feeds live on odd ones.
var guardian = ssrf.New(ssrf.WithAnyPort())

// guard refuses private addresses when a connection is about to be made: after every name was
// resolved, so that no name and no redirect gets around it.
func guard(network, address string, _ syscall.RawConn) error {
	if err := guardian.Safe(network, address, nil); err != nil {
		host, _, splitErr := net.SplitHostPort(address)
		if splitErr != nil {
			host = address
		}
		return fmt.Errorf("%s is a private or special address: %w", host, ErrPrivate)
	}
	return guardMetadata(network, address, nil)
}

// guardMetadata refuses only what nobody's feeds live on, whatever allow_private says.
func guardMetadata(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err == nil && feed.IsMetadata(at.Addr()) {
		return fmt.Errorf("%s is the metadata service of a cloud: %w", at.Addr().Unmap(), errMetadata)
	}
	return nil
}

// route is a way to the network. Connections are shared within one only: one opened for a source
// that may call private addresses must never serve another.
type route struct {
	proxy   string
	private bool
	tls     feed.TLS // with HTTP1 also where HTTP/2 turned out to be broken
}

// transportTo returns the way to an address for a source, and refuses private ones unless that address
// may be one.
func (c *Collector) transportTo(ctx context.Context, src *feed.Source, u *url.URL, private bool, secure feed.TLS) (*http.Transport, error) {
	if src.Proxy != "" {
		if err := checkProxied(ctx, u.Hostname(), private); err != nil {
			return nil, err
		}
	}
	return c.transport(route{src.Proxy, private, secure})
}

// transport returns the route's transport, made at its first use.
func (c *Collector) transport(r route) (*http.Transport, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.transports[r]; t != nil {
		return t, nil
	}
	secure, err := tlsConfig(r.tls)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	t := &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        secure,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // encoding.go bounds what comes out
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    1,                // a second would serve the retry that hop forbids
		IdleConnTimeout:        4 * time.Second,  // for the next in a host's line; servers drop idle ones after 5 s and more
		TLSHandshakeTimeout:    30 * time.Second, // the source's timeout is the bound that counts
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
	if r.tls.HTTP1 {
		t.ForceAttemptHTTP2 = false
		t.Protocols = new(http.Protocols)
		t.Protocols.SetHTTP1(true)
	}
	if r.proxy != "" {
		u, err := url.Parse(r.proxy)
		if err != nil || u.Host == "" {
			return nil, errors.New("the proxy is no URL") // its text may hold a password
		}
		t.Proxy = http.ProxyURL(u) // named by the editor, so it may live anywhere
	} else if r.private {
		dialer.Control = guardMetadata
	} else {
		dialer.Control = guard
	}
	if c.dial != nil {
		t.DialContext = c.dial
	}
	c.transports[r] = t
	return t, nil
}

// checkProxied does before a proxied request what guard, or guardMetadata where private addresses are
// allowed, does for a direct one, as far as that is possible: the proxy resolves the name, perhaps to
// something else than is seen from here.
func checkProxied(ctx context.Context, host string, private bool) error {
	host = strings.ToLower(strings.TrimRight(host, "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		return checkAddr(host, ip, private)
	}
	if !private {
		if err := privateName(host); err != nil {
			return err
		}
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil // names are often the proxy's business alone
	}
	for _, ip := range addrs {
		if err := checkAddr(host, ip.Unmap(), private); err != nil {
			return err
		}
	}
	return nil
}

// IsPrivate tells whether an address says by itself that it is on no public server: a private or
// special address, or a name that no public server has. It asks nobody.
func IsPrivate(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return false
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		return guardian.SafeAddr(ip.Unmap()) != nil
	}
	return privateName(u.Hostname()) != nil
}

// privateName refuses names that no public server has.
func privateName(host string) error {
	for _, local := range []string{"localhost", "local", "internal", "intranet", "lan", "home.arpa", "corp", "private"} {
		if strings.HasSuffix(host, "."+local) {
			return fmt.Errorf("%s is a private name: %w", host, ErrPrivate)
		}
	}
	if !strings.Contains(host, ".") {
		return fmt.Errorf("%s is a private name: %w", host, ErrPrivate)
	}
	return nil
}

func checkAddr(host string, ip netip.Addr, private bool) error {
	if !private && guardian.SafeAddr(ip) != nil {
		return fmt.Errorf("%s is a private or special address: %w", host, ErrPrivate)
	}
	if feed.IsMetadata(ip) {
		return fmt.Errorf("%s is the metadata service of a cloud: %w", host, errMetadata)
	}
	return nil
}
