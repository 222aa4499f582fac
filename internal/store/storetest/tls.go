package storetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority signs certificates for tests.
type Authority struct {
	File string // its own certificate, as sslrootcert takes it

	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes one.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	a := &Authority{File: filepath.Join(t.TempDir(), "ca.pem")}
	der, key, err := a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	if err == nil {
		a.key = key
		a.cert, err = x509.ParseCertificate(der)
	}
	if err = errors.Join(err, os.WriteFile(a.File, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)); err != nil {
		t.Fatal(err)
	}
	return a
}

// sign signs a certificate for a new key, as its own authority when there is none yet.
func (a *Authority) sign(c *x509.Certificate) (der []byte, key *ecdsa.PrivateKey, err error) {
	if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, nil, err
	}
	if c.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<60)); err != nil {
		return nil, nil, err
	}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err = x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	return der, key, err
}

// NewTLS starts a server of one test that listens on a port of this machine, too, there with TLS alone and a
// certificate of the authority for the name localhost. The address it returns leads there, without a word
// about TLS.
func NewTLS(t testing.TB, a *Authority) (s *Server, address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err = errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	s, err = startAs(func(s *Server) error {
		s.port = port
		s.set = []string{"-c", "listen_addresses=127.0.0.1", "-c", "port=" + port, "-c", "ssl=on",
			"-c", "ssl_cert_file=" + filepath.Join(s.Dir, "server.pem"), "-c", "ssl_key_file=" + filepath.Join(s.Dir, "server.key")}
		return s.certify(a)
	})
	skipWithout(t, err)
	t.Cleanup(s.Stop)
	return s, fmt.Sprintf("postgres://feedd@localhost:%s/postgres", port)
}

// certify gives the server its certificate, and lets in whoever comes with TLS.
func (s *Server) certify(a *Authority) error {
	der, key, err := a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	file := filepath.Join(s.Dir, "server.key")
	if err := errors.Join(os.WriteFile(filepath.Join(s.Dir, "server.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644),
		os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600)); err != nil {
		return err
	}
	if s.owner != nil {
		if err := os.Chown(file, int(s.owner.Uid), int(s.owner.Gid)); err != nil {
			return err
		}
	}
	hba, err := os.OpenFile(filepath.Join(s.Dir, "data", "pg_hba.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = hba.WriteString("hostssl all all 127.0.0.1/32 trust\n")
	return errors.Join(err, hba.Close())
}
