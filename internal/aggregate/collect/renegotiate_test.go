package collect

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"feedd/internal/feed"
)

// TestRenegotiation: a server that negotiates anew once it has read the request, as old ones do to ask for
// a certificate, is refused with the setting that helps, and read with it. Go's own server cannot ask for
// it, so OpenSSL's does: what stands on its standard input goes to the client, and a line of "R" asks.
func TestRenegotiation(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed: nothing asks for a renegotiation")
	}
	cert := (*authority)(nil).issue(t, func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature
	})
	key, err := x509.MarshalECPrivateKey(cert.key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "server.pem")
	both := cert.pem() + string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key}))
	if err := os.WriteFile(file, []byte(both), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		tls  feed.TLS
		says string // empty when it is read
	}{
		"no setting": {feed.TLS{CAs: cert.pem()}, "tls.legacy"},
		"legacy":     {feed.TLS{CAs: cert.pem(), Legacy: true}, ""},
	} {
		src := sourceAt("s", renegotiates(t, openssl, file, rssOf("a")))
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

// renegotiates runs a server with the certificate in file that asks for a renegotiation behind every
// request and then answers with body. It says what state it is in, so that the answer does not run into
// the handshake. It returns its address.
func renegotiates(t *testing.T, openssl, file, body string) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	server := exec.CommandContext(t.Context(), openssl, "s_server", "-accept", address, "-cert", file, "-key", file, "-tls1_2", "-state")
	in, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	server.Stderr = server.Stdout
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "ACCEPT" {
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		request, again := false, false
		for lines.Scan() {
			switch line := lines.Text(); {
			case strings.HasPrefix(line, "GET "):
				request = true
			case request && line == "":
				request, again = false, true
				io.WriteString(in, "R\n")
			case again && strings.HasSuffix(line, "write finished"): // of the second handshake
				again = false
				fmt.Fprintf(in, "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
			}
		}
	}()
	t.Cleanup(func() {
		_ = server.Process.Kill()
		<-served
		_ = server.Wait()
	})
	return "https://" + address + "/rss"
}
