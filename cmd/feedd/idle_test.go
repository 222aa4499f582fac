//go:build unix

package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A process that may have 256 files open serves on while six hundred connections idle.
func TestIdleConnectionsShutNobodyOut(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "feeds.yaml")
	if err := os.WriteFile(config, []byte("sections: [{id: kinh-te}]\nsources: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	cmd := exec.Command("sh", "-c", `ulimit -n 256 && exec "$0" "$@"`, os.Args[0], "serve", "--config", config, "--db", "sqlite:"+filepath.Join(dir, "feedd.db"), "--listen", address)
	cmd.Env = append(os.Environ(), runAsFeedd+"=1")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }()
	asks := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(path string) error {
		resp, err := asks.Get("http://" + address + path)
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", path, resp.Status)
		}
		return nil
	}
	for deadline := time.Now().Add(30 * time.Second); get("/sections/all.rss") != nil; {
		if time.Now().After(deadline) {
			t.Fatalf("it does not serve:\n%s", said.String())
		}
	}
	for i := range 600 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if i%2 == 0 { // half of them asked for something once
			fmt.Fprintf(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		}
	}
	for range 20 {
		if err := get("/sections/all.rss"); err != nil {
			t.Fatalf("beside 600 idle connections: %v", err)
		}
	}
}
