package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// talk is what a command says, readable while it runs.
type talk struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *talk) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *talk) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// until tries until it holds, for a minute at most.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s did not come within a minute", what)
		case <-tick.C:
		}
	}
}

// TestDemoKeeps edits the configuration that a demo keeps, while it runs: the edit is in force at once, and
// still there at the next start, with the sources where they were.
func TestDemoKeeps(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "feeds.yaml")
	front := regexp.MustCompile(`front page +(http://\S+)/\n`)
	start := func() (site string, stop func()) {
		t.Helper()
		var out, errs talk
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan int, 1)
		go func() { ended <- command(ctx, []string{"demo", "--keep", dir, "--listen", "127.0.0.1:0"}, &out, &errs) }()
		until(t, "the address of the front page", func() bool { return front.MatchString(out.String()) || len(ended) > 0 })
		m := front.FindStringSubmatch(out.String())
		if m == nil {
			t.Fatalf("the demo ended with %d: %s", <-ended, errs.String())
		}
		return m[1], func() {
			cancel()
			if code := <-ended; code != exitDone {
				t.Errorf("the demo ended with %d: %s", code, errs.String())
			}
		}
	}
	get := func(address string) (int, string) {
		t.Helper()
		resp, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}

	site, stop := start()
	if code, _ := get(site + "/sections/moi.rss"); code != http.StatusNotFound {
		t.Errorf("before the edit: %d", code)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(data), "sections:\n", "sections:\n  - {id: moi, title: Mới thêm, rules: [xuất khẩu, giá vàng, mưa lớn]} # mine\n", 1)
	if err := os.WriteFile(file, []byte(edited), 0o640); err != nil {
		t.Fatal(err)
	}
	until(t, "a new section with what was collected before", func() bool {
		code, body := get(site + "/sections/moi.rss")
		return code == http.StatusOK && strings.Contains(body, "<item>")
	})
	stop()

	site, stop = start()
	defer stop()
	if now, err := os.ReadFile(file); err != nil || string(now) != edited {
		t.Errorf("the next start changed the file (%v):\n%s", err, now)
	}
	if code, body := get(site + "/sections/moi.rss"); code != http.StatusOK || !strings.Contains(body, "<item>") {
		t.Errorf("after the next start the section answers %d", code)
	}
}

// Where the invented sources were is taken: the file learns where they are, and nothing else of it changes.
func TestDemoMoves(t *testing.T) {
	file := filepath.Join(t.TempDir(), "feeds.yaml")
	first, base, err := startPress(file)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	second, moved, err := startPress(file)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	after, err := os.ReadFile(file)
	if err != nil || moved == base || string(after) != strings.ReplaceAll(string(before), base+"/", moved+"/") {
		t.Errorf("from %s to %s, %v:\n%s", base, moved, err, after)
	}
}
