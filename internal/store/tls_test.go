package store

import (
	"io"
	"net"
	"strings"
	"testing"

	"feedd/internal/store/storetest"
)

// TestPostgresOverTLS goes to a server whose certificate is of an authority that is known, of another, and for
// another name.
func TestPostgresOverTLS(t *testing.T) {
	known := storetest.NewAuthority(t)
	_, address := storetest.NewTLS(t, known)
	s, err := Open(t.Context(), address+"?sslmode=verify-full&sslrootcert="+known.File)
	if err != nil {
		t.Fatal(err)
	}
	var spoken bool
	if err := s.one(t.Context(), `SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`, nil, &spoken); err != nil || !spoken {
		t.Errorf("TLS is spoken: %v, %v", spoken, err)
	}
	fill(t, s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	for query, want := range map[string]string{
		"?sslmode=verify-full&sslrootcert=" + storetest.NewAuthority(t).File: "sslrootcert=FILE",
		"?sslmode=verify-ca&sslrootcert=" + storetest.NewAuthority(t).File:   "sslrootcert=FILE",
		"?sslmode=verify-full": "sslrootcert=FILE",
		"?sslmode=disable":     "",
	} {
		if _, err := Open(t.Context(), address+query); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want a hint of %q", query, err, want)
		}
	}
	other := strings.Replace(address, "localhost", "127.0.0.1", 1)
	if _, err := Open(t.Context(), other+"?sslmode=verify-full&sslrootcert="+known.File); err == nil || !strings.Contains(err.Error(), "for another host") {
		t.Errorf("a certificate for another name: %v", err)
	}
	plain := withoutTLS(t)
	if _, err := Open(t.Context(), "postgres://feedd@"+plain+"/postgres?sslmode=require"); err == nil || !strings.Contains(err.Error(), "does not speak TLS") {
		t.Errorf("a server without TLS: %v", err)
	}
}

// withoutTLS refuses whoever asks for TLS, as a server does that has none (PostgreSQL's manual, 55.2.10).
func withoutTLS(t *testing.T) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := io.ReadFull(c, make([]byte, 8)); err == nil {
				_, _ = c.Write([]byte{'N'})
			}
			c.Close()
		}
	}()
	return l.Addr().String()
}
