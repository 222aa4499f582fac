package collect

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"feedd/internal/feed"
)

// authority is a certificate that signs others.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func (a *authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
}

// issue makes a certificate signed by a, or by itself when a is nil.
func (a *authority) issue(t *testing.T, edit func(*x509.Certificate)) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	c := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: serial.String()}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true,
	}
	edit(c)
	parent, signer := c, key
	if a != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}
}

func signs(c *x509.Certificate) { c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign }

// secureServer serves h over TLS with a certificate, without the authorities above it.
func secureServer(t *testing.T, cert *authority, setup func(*tls.Config), http2 bool, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.cert.Raw}, PrivateKey: cert.key}}}
	if setup != nil {
		setup(s.TLS)
	}
	s.EnableHTTP2 = http2
	s.Config.ErrorLog = nil
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// TestCertificates: what is signed by nobody we know is refused with the setting that helps; a file with
// the intermediate, or the authority, lets it pass; what is wrong otherwise stays an error.
func TestCertificates(t *testing.T) {
	root := (*authority)(nil).issue(t, signs)
	middle := root.issue(t, signs)
	good := middle.issue(t, func(*x509.Certificate) {})
	expired := middle.issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	other := middle.issue(t, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.example"} })
	for name, c := range map[string]struct {
		cert *authority
		tls  feed.TLS
		says string // empty when it is read
	}{
		"no setting":              {good, feed.TLS{}, "tls.ca_file"},
		"the intermediate":        {good, feed.TLS{CAs: middle.pem()}, ""},
		"the root, nothing below": {good, feed.TLS{CAs: root.pem()}, "tls.ca_file"},
		"both":                    {good, feed.TLS{CAs: root.pem() + middle.pem()}, ""},
		"another authority":       {good, feed.TLS{CAs: (*authority)(nil).issue(t, signs).pem()}, "tls.ca_file"},
		"expired":                 {expired, feed.TLS{CAs: middle.pem()}, "is not valid"},
		"another name":            {other, feed.TLS{CAs: middle.pem()}, "another host's"},
		"legacy verifies too":     {good, feed.TLS{Legacy: true, MinVersion: "1.0"}, "tls.ca_file"},
		"no certificate":          {good, feed.TLS{CAs: "xyz"}, "holds no certificate"},
	} {
		s := secureServer(t, c.cert, nil, true, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, rssOf("a")) })
		src := sourceAt("s", s.URL)
		src.TLS = c.tls
		res := testCollector(t).Collect(t.Context(), src, feed.SourceState{}, nil)
		switch {
		case c.says == "" && (res.Outcome != OK || len(res.Items) != 1):
			t.Errorf("%s: %s, %v", name, res.Outcome, res.Err)
		case c.says != "" && (res.Outcome != Failed || !strings.Contains(res.Err.Error(), c.says)):
			t.Errorf("%s: %s, %v, want %q", name, res.Outcome, res.Err, c.says)
		}
	}
}

// TestOldServers: an old server is refused with the setting that helps, and read with it.
func TestOldServers(t *testing.T) {
	cert := (*authority)(nil).issue(t, signs)
	for name, c := range map[string]struct {
		server func(*tls.Config)
		tls    feed.TLS
		says   string
	}{
		"TLS 1.0": {func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 }, feed.TLS{MinVersion: "1.0"}, "tls.min_version"},
		"TLS 1.1": {func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS11, tls.VersionTLS11 }, feed.TLS{MinVersion: "1.1"}, "tls.min_version"},
		"an old cipher": {func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA}
		}, feed.TLS{Legacy: true}, "tls.legacy"},
	} {
		s := secureServer(t, cert, c.server, false, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, rssOf("a")) })
		src := sourceAt("s", s.URL)
		src.TLS = feed.TLS{CAs: cert.pem()}
		if res := testCollector(t).Collect(t.Context(), src, feed.SourceState{}, nil); res.Outcome != Failed || !strings.Contains(res.Err.Error(), c.says) {
			t.Errorf("%s: %s, %v, want %q", name, res.Outcome, res.Err, c.says)
		}
		c.tls.CAs = cert.pem()
		src.TLS = c.tls
		if res := testCollector(t).Collect(t.Context(), src, feed.SourceState{}, nil); res.Outcome != OK {
			t.Errorf("%s with its setting: %v", name, res.Err)
		}
	}
}

// TestBrokenHTTP2: a host that resets streams of HTTP/2, at once or in the middle, is asked again in
// HTTP/1.1, once, when its interval has passed, and in HTTP/1.1 from then on.
func TestBrokenHTTP2(t *testing.T) {
	cert := (*authority)(nil).issue(t, signs)
	whole := rssOf("a", "b", "c")
	for name, fail := range map[string]func(http.ResponseWriter){
		"at once": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"in the middle": func(w http.ResponseWriter) {
			io.WriteString(w, whole[:len(whole)/2])
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
	} {
		var second, first atomic.Int32
		var last, gap atomic.Int64
		s := secureServer(t, cert, nil, true, func(w http.ResponseWriter, r *http.Request) {
			now := time.Now().UnixNano()
			if before := last.Swap(now); before > 0 {
				gap.Store(now - before)
			}
			if r.ProtoMajor == 2 {
				second.Add(1)
				fail(w)
			}
			first.Add(1)
			io.WriteString(w, whole)
		})
		src := sourceAt("s", s.URL)
		src.HostInterval = 50 * time.Millisecond
		src.TLS = feed.TLS{CAs: cert.pem()}
		c := testCollector(t)
		res := c.Collect(t.Context(), src, feed.SourceState{}, nil)
		if res.Outcome != OK || len(res.Items) != 3 || len(res.Warnings) > 0 {
			t.Errorf("%s: %s, %d items, %q, %v", name, res.Outcome, len(res.Items), res.Warnings, res.Err)
		}
		if second.Load() != 1 || first.Load() != 1 {
			t.Errorf("%s: asked %d times in HTTP/2, %d in HTTP/1.1", name, second.Load(), first.Load())
		}
		if time.Duration(gap.Load()) < src.HostInterval {
			t.Errorf("%s: asked again after %s", name, time.Duration(gap.Load()))
		}
		if res = c.Collect(t.Context(), src, feed.SourceState{}, nil); res.Outcome != OK || second.Load() != 1 {
			t.Errorf("%s: the second run asked in HTTP/2 again (%v)", name, res.Err)
		}
	}
}

// TestHTTP2 is spoken where it is offered, unless the source says otherwise, and one host's answers
// come over one connection.
func TestHTTP2(t *testing.T) {
	cert := (*authority)(nil).issue(t, signs)
	var proto atomic.Value
	var mu sync.Mutex
	conns := map[string]bool{} // by the client's port
	s := secureServer(t, cert, nil, true, func(w http.ResponseWriter, r *http.Request) {
		proto.Store(r.Proto)
		mu.Lock()
		conns[r.RemoteAddr] = true
		mu.Unlock()
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/rss", http.StatusFound)
			return
		}
		io.WriteString(w, rssOf("a"))
	})
	src := sourceAt("s", s.URL+"/moved")
	for _, c := range []struct {
		tls  feed.TLS
		want string
	}{{feed.TLS{CAs: cert.pem()}, "HTTP/2.0"}, {feed.TLS{CAs: cert.pem(), HTTP1: true}, "HTTP/1.1"}} {
		clear(conns)
		src.TLS = c.tls
		if res := testCollector(t).Collect(t.Context(), src, feed.SourceState{}, nil); res.Outcome != OK || proto.Load() != c.want {
			t.Errorf("%s: %s over %s, %v", c.want, res.Outcome, proto.Load(), res.Err)
		}
		if len(conns) != 1 {
			t.Errorf("%s: %d connections for a redirect within a host", c.want, len(conns))
		}
	}
	// A body beyond its bound is the document's fault, not the protocol's.
	src.TLS, src.MaxBytes = feed.TLS{CAs: cert.pem()}, 64
	c := testCollector(t)
	if res := c.Collect(t.Context(), src, feed.SourceState{}, nil); res.Outcome != Failed || !strings.Contains(res.Err.Error(), "max_bytes") || len(c.old.until) > 0 {
		t.Errorf("%s, %v, %v", res.Outcome, res.Err, c.old.until)
	}
}

// TestOneServerForManyNames: two hosts that answer at one address are spoken to apart, each by its name
// and with its own certificate.
func TestOneServerForManyNames(t *testing.T) {
	one := (*authority)(nil).issue(t, func(c *x509.Certificate) { signs(c); c.DNSNames = []string{"one.example"} })
	two := (*authority)(nil).issue(t, func(c *x509.Certificate) { signs(c); c.DNSNames = []string{"two.example"} })
	s := secureServer(t, one, func(c *tls.Config) {
		c.GetCertificate = func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
			a := one
			if h.ServerName == "two.example" {
				a = two
			}
			return &tls.Certificate{Certificate: [][]byte{a.cert.Raw}, PrivateKey: a.key}, nil
		}
	}, true, func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(r.Host, ":")
		if r.TLS.ServerName != name {
			w.WriteHeader(http.StatusMisdirectedRequest)
			return
		}
		io.WriteString(w, rssOf(name))
	})
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	c := testCollector(t)
	c.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
	}
	for _, name := range []string{"one.example", "two.example"} {
		src := sourceAt(name, "https://"+name+":"+port+"/rss")
		src.TLS = feed.TLS{CAs: one.pem() + two.pem()}
		res := c.Collect(t.Context(), src, feed.SourceState{}, nil)
		if res.Outcome != OK || len(res.Items) != 1 || !strings.HasSuffix(res.Items[0].URL, name) {
			t.Errorf("%s: %s, %+v, %v", name, res.Outcome, res.Items, res.Err)
		}
	}
}
