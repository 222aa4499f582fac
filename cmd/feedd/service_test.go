//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// served is a feedd serve of its own process that a test talks to.
type served struct {
	*exec.Cmd
	out, log talk
}

// serveProcess starts name with args, which end in feedd serve on an empty configuration, and stops it at
// the end of the test.
func serveProcess(t *testing.T, extra []*os.File, env []string, name string, args ...string) *served {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "feeds.yaml")
	if err := os.WriteFile(config, []byte("site: {url: \"https://news.example.org\"}\nsections: [{id: a, rules: [x]}]\nsources: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &served{Cmd: exec.Command(name, append(args, "--config", config, "--db", "sqlite:"+filepath.Join(dir, "feedd.db"))...)}
	s.Env = append(append(os.Environ(), runAsFeedd+"=1"), env...)
	s.Stdout, s.Stderr, s.ExtraFiles = &s.out, &s.log, extra
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.ProcessState == nil {
			s.end(t)
		}
	})
	return s
}

func (s *served) end(t *testing.T) {
	t.Helper()
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := s.Wait(); err != nil {
		t.Errorf("feedd ended with %v:\n%s", err, s.log.String())
	}
}

// over asks for a path on a connection that dial makes.
func over(network, address, path string) (int, string, error) {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get("http://feedd.example" + path)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

// answers waits until a path is answered 200.
func answers(t *testing.T, network, address, path string) {
	t.Helper()
	until(t, path+" on "+address, func() bool {
		code, _, err := over(network, address, path)
		return err == nil && code == http.StatusOK
	})
}

// TestPassedSockets starts feedd as systemd does (sd_listen_fds(3)): the sockets are open before it is, a
// request that comes first waits for it, and they outlive it.
func TestPassedSockets(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "public")
	public, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer public.Close()
	admin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	var passed []*os.File
	for _, l := range []interface{ File() (*os.File, error) }{public.(*net.UnixListener), admin.(*net.TCPListener)} {
		f, err := l.File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		passed = append(passed, f)
	}
	for name, flags := range map[string][]string{"without flags": {}, "by name": {"--listen", "systemd:web", "--admin", "systemd"}} {
		t.Run(name, func(t *testing.T) {
			early := make(chan error, 1)
			go func() {
				_, _, err := over("unix", socket, "/healthz") // asked before feedd runs
				early <- err
			}()
			// The id of the process is known only inside of it.
			s := serveProcess(t, passed, []string{"LISTEN_FDS=2", "LISTEN_FDNAMES=web:admin"},
				"sh", append([]string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`, os.Args[0], "serve"}, flags...)...)
			answers(t, "unix", socket, "/sections/a.rss")
			answers(t, "tcp", admin.Addr().String(), "/metrics")
			if code, _, err := over("unix", socket, "/metrics"); err != nil || code != http.StatusNotFound {
				t.Errorf("/metrics in public: %d, %v", code, err)
			}
			if err := <-early; err != nil {
				t.Errorf("the early request: %v", err)
			}
			s.end(t)
			if _, err := os.Stat(socket); err != nil {
				t.Error("the socket went with the process:", err)
			}
		})
	}
}

// TestSocketActivate lets systemd's own program start feedd at the first connection.
func TestSocketActivate(t *testing.T) {
	activate, err := exec.LookPath("systemd-socket-activate")
	if err != nil {
		t.Skip("SKIPPED, NOT PASSED: no systemd-socket-activate")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	serveProcess(t, nil, nil, activate, "--listen="+address, "--setenv="+runAsFeedd+"=1", os.Args[0], "serve")
	answers(t, "tcp", address, "/sections/a.rss")
}

// A process that was killed leaves its socket; the next one takes its place, and one that runs keeps it.
func TestUnixSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "feedd.sock")
	serve := []string{"serve", "--listen", "unix:" + socket}
	s := serveProcess(t, nil, nil, os.Args[0], serve...)
	answers(t, "unix", socket, "/readyz")
	var out, errs bytes.Buffer
	for _, args := range [][]string{{"healthcheck", "unix:" + socket}, {"healthcheck", "--ready", "unix:" + socket}} {
		if code := command(t.Context(), args, &out, &errs); code != exitDone {
			t.Errorf("%v: %d, %s", args, code, errs.String())
		}
	}
	if got := out.String(); got != "ok\nready\n" {
		t.Errorf("healthcheck says %q", got)
	}
	if err := s.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = s.Wait() // killed
	if code := command(t.Context(), []string{"healthcheck", "unix:" + socket}, &out, &errs); code != exitFailed {
		t.Errorf("the health of a process that is gone: %d", code)
	}
	serveProcess(t, nil, nil, os.Args[0], serve...)
	answers(t, "unix", socket, "/readyz")

	second := exec.Command(os.Args[0], append(serve, "--config", filepath.Join(filepath.Dir(socket), "none.yaml"))...)
	if err := os.WriteFile(filepath.Join(filepath.Dir(socket), "none.yaml"), []byte("sources: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	second.Env = append(os.Environ(), runAsFeedd+"=1", "FEEDD_DB=sqlite:"+filepath.Join(t.TempDir(), "feedd.db"))
	said, err := second.CombinedOutput()
	if err == nil || !strings.Contains(string(said), "another process listens on") {
		t.Errorf("a second one on the socket: %v, %s", err, said)
	}
	answers(t, "unix", socket, "/readyz")
}

// TestLogs reads both logs as programs read them.
func TestLogs(t *testing.T) {
	address := filepath.Join(t.TempDir(), "s")
	ask := func(format string) *served {
		s := serveProcess(t, nil, nil, os.Args[0], "serve", "--listen", "unix:"+address, "--log-format", "json", "--log-level", "debug", "--access-log", format)
		answers(t, "unix", address, "/readyz")
		conn, err := net.Dial("unix", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "GET /partners/p/a.rss?token=geheim&x=1 HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.7\r\n"+
			"User-Agent: a \"b\"\r\nReferer: http://r.example/\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Fatal(err)
		}
		until(t, "the line of the request", func() bool { return strings.Contains(s.out.String(), "/partners/p/a.rss") })
		s.end(t)
		if strings.Contains(s.out.String()+s.log.String(), "geheim") {
			t.Error("a log tells a token")
		}
		return s
	}

	s := ask("json")
	levels := map[string]bool{}
	for lines := bufio.NewScanner(strings.NewReader(s.log.String())); lines.Scan(); {
		var line struct {
			Time       time.Time
			Level, Msg string
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil || line.Msg == "" || line.Time.IsZero() {
			t.Errorf("no line of a log in JSON: %v, %s", err, lines.Text())
		}
		levels[line.Level] = true
	}
	if !levels["INFO"] {
		t.Errorf("levels of the log: %v", levels)
	}
	found := false
	for lines := bufio.NewScanner(strings.NewReader(s.out.String())); lines.Scan(); {
		var line struct {
			Remote, Method, Path, Referer string
			Status                        int
			Seconds                       float64
			Agent                         string `json:"user_agent"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("%v, %s", err, lines.Text())
		}
		if line.Path == "/partners/p/a.rss?token=***&x=1" {
			found = line.Remote == "192.0.2.7" && line.Method == "GET" && line.Status == http.StatusUnauthorized && line.Seconds > 0 && line.Referer == "http://r.example/"
		}
	}
	if !found {
		t.Errorf("the access log: %s", s.out.String())
	}

	combined := regexp.MustCompile(`(?m)^192\.0\.2\.7 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET /partners/p/a\.rss\?token=\*\*\*&x=1 HTTP/1\.1" 401 \d+ "http://r\.example/" "a \\"b\\""$`)
	if s := ask("combined"); !combined.MatchString(s.out.String()) {
		t.Errorf("the access log: %s", s.out.String())
	}
}

// A failure is a line of the log where the log is for programs.
func TestFailureInJSON(t *testing.T) {
	var out, errs bytes.Buffer
	if code := command(t.Context(), []string{"serve", "--config", "no such file", "--log-format", "json"}, &out, &errs); code != exitUse {
		t.Errorf("code %d", code)
	}
	var line struct{ Level, Msg string }
	if err := json.Unmarshal(errs.Bytes(), &line); err != nil || line.Level != "ERROR" || !strings.Contains(line.Msg, "no such file") {
		t.Errorf("%v: %s", err, errs.String())
	}
}
