//go:build unix

package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"feedd/internal/demo"
)

// TestFirstRun goes from an empty folder to a section in a reader in three commands, the last of which is the
// daemon that goes on to serve it, and writes no YAML. The sources that init gives are out in the net: where they
// cannot be reached they fail, and keep nobody from what can be.
func TestFirstRun(t *testing.T) {
	newsboat, err := exec.LookPath("newsboat")
	if err != nil {
		t.Skip("SKIPPED, NOT PASSED: no newsboat")
	}
	press := httptest.NewServer(demo.New(time.Now))
	defer press.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	feedd := func(args ...string) *exec.Cmd {
		cmd := exec.Command(os.Args[0], args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), runAsFeedd+"=1")
		return cmd
	}
	for _, args := range [][]string{
		{"init", "--language", "vi", "--topics", "kinh-te", "--yes"},
		{"add", press.URL + "/ben-sao.rss", "--section", "kinh-te"},
	} {
		if out, err := feedd(args...).CombinedOutput(); err != nil {
			t.Fatalf("feedd %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	serve := feedd("serve", "--listen", listen)
	var log talk
	serve.Stderr = &log
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = serve.Process.Signal(syscall.SIGTERM)
		if err := serve.Wait(); err != nil {
			t.Errorf("feedd serve ended with %v:\n%s", err, log.String())
		}
	}()
	address := "http://" + listen + "/sections/kinh-te.rss"
	until(t, "the section with its stories", func() bool {
		resp, err := http.Get(address)
		if err != nil {
			return false
		}
		resp.Body.Close()
		_, body := get(t, address)
		return resp.StatusCode == http.StatusOK && strings.Contains(body, "<item>")
	})
	if err := os.WriteFile(filepath.Join(dir, "urls"), []byte(address+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	read := exec.Command(newsboat, "--url-file", "urls", "--cache-file", "reader.db", "--execute", "reload", "print-unread")
	read.Dir, read.Env = dir, append(os.Environ(), "HOME="+dir, "LANG=C.UTF-8")
	out, err := read.CombinedOutput()
	if err != nil || !strings.Contains(string(out), " unread") || strings.HasPrefix(strings.TrimSpace(string(out)), "0 ") {
		t.Errorf("the reader: %v\n%s", err, out)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	t.Logf("the folder now has %s; newsboat says: %s", strings.Join(names, ", "), strings.TrimSpace(string(out)))
}
