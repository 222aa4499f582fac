package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"feedd/internal/feed/feedtest"
	"feedd/internal/publish/render"
	"feedd/internal/store/storetest"
)

// services stand on loopback for the web: whoever uses their proxy and trusts their authority finds
// api.telegram.org and hooks.slack.com here.
type services struct {
	env  []string                           // of processes that are to find them
	took func(r *http.Request, text string) // is called with each text, when there is one

	mu   sync.Mutex
	said map[string][]string // texts, by host
}

func newServices(t *testing.T, hosts ...string) *services {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: hosts, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	authority := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &services{said: map[string][]string{}}
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var said struct{ Text string }
		if body, err := io.ReadAll(r.Body); err != nil || json.Unmarshal(body, &said) != nil {
			t.Errorf("%s was told %s, %v", r.Host, body, err)
		}
		s.mu.Lock()
		s.said[r.Host] = append(s.said[r.Host], said.Text)
		s.mu.Unlock()
		if s.took != nil {
			s.took(r, said.Text)
		}
		if r.Host == "api.telegram.org" {
			_, _ = io.WriteString(w, `{"ok":true,"result":{"message_id":1}}`)
			return
		}
		_, _ = io.WriteString(w, "ok")
	}))
	web.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	web.StartTLS()
	t.Cleanup(web.Close)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
			return
		}
		there, err := net.Dial("tcp", web.Listener.Addr().String())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		here, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(there, here); there.Close() }()
		_, _ = io.Copy(here, there)
		here.Close()
	}))
	t.Cleanup(proxy.Close)
	s.env = []string{"HTTPS_PROXY=" + proxy.URL, "SSL_CERT_FILE=" + authority, "SSL_CERT_DIR=/nowhere"}
	return s
}

func (s *services) texts(host string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.said[host]...)
}

// TestAlarmsReachPeople has a source fail and recover. Those who are to be told are, once each time, wherever
// they are, also when the process was killed in between; and /alerts.atom says so to the newsroom alone.
func TestAlarmsReachPeople(t *testing.T) {
	web := newServices(t, "api.telegram.org", "hooks.slack.com")
	hooked := newReceivers(t)
	for name, c := range map[string]struct {
		address string
		texts   func() []string
	}{
		"telegram": {"telegram://123456789:AAtokenOFtheBOT_0123456789abcdef01@telegram?chats=@toa-soan", func() []string { return web.texts("api.telegram.org") }},
		"slack":    {"slack://hook:T0AAAAAAA-B0BBBBBBB-cccccccccccccccccccccccc@webhook", func() []string { return web.texts("hooks.slack.com") }},
		"generic": {hooked.env()[2][len("GENERIC="):], func() []string {
			return hooked.titles("generic")
		}},
		"mail": {hooked.env()[3][len("MAIL="):], func() (texts []string) {
			for _, l := range hooked.mail.Letters() {
				texts = append(texts, feedtest.Subject(t, l))
			}
			return texts
		}},
	} {
		t.Run(name, func(t *testing.T) { alarmsReach(t, web, c.address, c.texts) })
	}
}

func (r *receivers) titles(channel string) (titles []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, g := range r.got[channel] {
		titles = append(titles, g.title)
	}
	return titles
}

func alarmsReach(t *testing.T, web *services, address string, texts func() []string) {
	var broken atomic.Bool
	broken.Store(true)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if broken.Load() {
			http.Error(w, "later", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/rss+xml")
		_, _ = io.WriteString(w, `<rss version="2.0"><channel><title>B</title><link>http://x/</link><description/><item><title>Tin một</title><link>http://x/1</link><pubDate>`+
			time.Now().Format(time.RFC1123Z)+`</pubDate></item></channel></rss>`)
	}))
	defer srv.Close()
	config := filepath.Join(t.TempDir(), "feeds.yaml")
	if err := os.WriteFile(config, []byte("site: {title: Điểm tin}\ndefaults: {allow_private: true, host_interval: 0s}\nalerts: {url_env: ALERTS, failures: 2}\ndesk: {token_env: DESK}\n"+
		"sources:\n  - {id: bao, title: Báo Hỏng, url: "+srv.URL+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	db := storetest.SQLite(t)
	start := func(command ...string) *exec.Cmd {
		cmd := exec.Command(os.Args[0], append(command, "--config", config, "--db", db)...)
		cmd.Env = append(append(os.Environ(), runAsFeedd+"=1", "ALERTS="+address, "DESK=the-token-of-the-desk"), web.env...)
		return cmd
	}
	serve := func(look func(base string)) {
		t.Helper()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listen := l.Addr().String()
		l.Close()
		cmd := start("serve", "--listen", listen)
		var log strings.Builder
		cmd.Stderr = &log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		look("http://" + listen)
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		for _, secret := range []string{"AAtokenOF", "cccccccc", "the-token-of"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log shows %s:\n%s", secret, log.String())
			}
		}
		if t.Failed() {
			t.Log(log.String())
		}
	}
	wait := func(n int, last string) {
		t.Helper()
		look := time.NewTicker(50 * time.Millisecond)
		defer look.Stop()
		for deadline := time.After(30 * time.Second); len(texts()) < n; {
			select {
			case <-look.C:
			case <-deadline:
				t.Fatalf("nobody heard; so far %q", texts())
			}
		}
		if all := texts(); len(all) != n || !strings.Contains(all[n-1], last) {
			t.Errorf("they heard %q, want %d with %q last", all, n, last)
		}
	}
	before := len(texts())
	for range 2 {
		_ = start("collect").Run() // all sources fail
	}
	serve(func(base string) {
		wait(before+1, "Báo Hỏng thu không được")
		alertsAtom(t, base)
	})
	serve(func(string) {}) // hears nothing new, if it gets so far
	broken.Store(false)
	if out, err := start("collect").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	serve(func(base string) { wait(before+2, "Đã ổn") })
}

// alertsAtom asks for /alerts.atom with the right token, none, and wrong ones.
func alertsAtom(t *testing.T, base string) {
	t.Helper()
	get := func(query, password string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/alerts.atom"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Forwarded-For", "192.0.2.7") // a proxy on this machine says so
		if password != "" {
			r.SetBasicAuth("", password)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	status, body := get("?token=the-token-of-the-desk", "")
	if status != http.StatusOK || !strings.Contains(body, "Báo Hỏng thu không được 2 lần") || strings.Contains(body, "telegram") {
		t.Errorf("%d %s", status, body)
	}
	if problems := render.Check(render.FormatAtom, []byte(body)); len(problems) > 0 {
		t.Errorf("%v in %s", problems, body)
	}
	if again, same := get("", "the-token-of-the-desk"); again != http.StatusOK || same != body {
		t.Errorf("with Basic authentication %d %s", again, same)
	}
	if status, _ := get("", ""); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", status)
	}
	guesses := 0
	for status = http.StatusUnauthorized; status == http.StatusUnauthorized && guesses < 100; guesses++ {
		status, _ = get("?token=guess", "")
	}
	if status != http.StatusTooManyRequests || guesses > 40 {
		t.Errorf("%d guesses were answered, the last with %d", guesses, status)
	}
	if status, _ := get("?token=the-token-of-the-desk", ""); status != http.StatusTooManyRequests {
		t.Errorf("a right guess among wrong ones: %d", status)
	}
}
