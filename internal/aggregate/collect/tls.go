package collect

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"feedd/internal/feed"
)

// tlsConfig is what a source's settings make of TLS; nil means Go's defaults. The certificate is always
// verified.
func tlsConfig(t feed.TLS) (*tls.Config, error) {
	if t == (feed.TLS{}) {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tlsVersions[t.MinVersion]}
	if t.Legacy {
		for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
			c.CipherSuites = append(c.CipherSuites, suite.ID)
		}
		c.Renegotiation = tls.RenegotiateFreelyAsClient
	}
	if t.CAs != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM([]byte(t.CAs)) {
			return nil, errors.New("the file that tls.ca_file names holds no certificate")
		}
		c.RootCAs = pool
	}
	return c, nil
}

// tlsVersions are the values of tls.min_version; without one, Go's default of 1.2 holds.
var tlsVersions = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// explainTLS words why no secure connection came about, and names the setting that helps where one
// does; nil for any other error.
func explainTLS(err error, u *url.URL) error {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	text := err.Error()
	switch {
	case errors.As(err, &unknown):
		return fmt.Errorf("the certificate of %s leads to no known authority; when the server leaves an intermediate certificate out, put that into a file and set the source's tls.ca_file: %w", u.Host, unknown)
	case errors.As(err, &name):
		return fmt.Errorf("the certificate of %s is another host's: %w", u.Host, name)
	case errors.As(err, &invalid):
		return fmt.Errorf("the certificate of %s is not valid: %w", u.Host, invalid)
	case strings.Contains(text, "protocol version"):
		return fmt.Errorf(`%s speaks no version of TLS that is safe; the source's tls.min_version "1.0" allows the old ones: %w`, u.Host, bareError(err))
	case strings.Contains(text, "handshake failure"), strings.Contains(text, "no renegotiation"), strings.Contains(text, "unsupported cipher"), strings.Contains(text, "insufficient security"):
		return fmt.Errorf("%s and feedd agree on no cipher; the source's tls.legacy allows the old ones: %w", u.Host, bareError(err))
	}
	return nil
}

// oldHosts remembers hosts whose HTTP/2 is broken: they are spoken to in HTTP/1.1 for a day. Its zero
// value is empty and ready.
type oldHosts struct {
	mu    sync.Mutex
	until map[string]time.Time
}

const oldFor = 24 * time.Hour

func (o *oldHosts) has(host string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return now.Before(o.until[host])
}

func (o *oldHosts) add(host string, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.until == nil || len(o.until) > 4096 {
		o.until = make(map[string]time.Time)
	}
	o.until[host] = now.Add(oldFor)
}
