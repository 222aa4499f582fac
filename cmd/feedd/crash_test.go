package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// TestKilledHundredTimes kills feedd collect at random moments, a hundred times, or feedd serve. Then
// every item must be stored exactly once and filed, although the server hides behind 304 what it thinks
// was read.
func TestKilledHundredTimes(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { killed(t, storetest.SQLite(t), 100, 250*time.Millisecond, "collect", "--json") })
	t.Run("postgres", func(t *testing.T) {
		killed(t, storetest.Postgres(t), 40, 250*time.Millisecond, "collect", "--json")
	})
	t.Run("serve", func(t *testing.T) {
		killed(t, storetest.SQLite(t), 30, 400*time.Millisecond, "serve", "--listen", "127.0.0.1:0")
	})
}

// killed does so to a command a number of times, each within a time.
func killed(t *testing.T, db string, kills int, within time.Duration, command ...string) {
	const feeds, items = 30, 20
	mux := http.NewServeMux()
	for n := range feeds {
		mux.HandleFunc(fmt.Sprintf("/%d.rss", n), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", fmt.Sprintf(`"%d"`, n))
			if r.Header.Get("If-None-Match") == fmt.Sprintf(`"%d"`, n) {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			var b strings.Builder
			fmt.Fprintf(&b, `<?xml version="1.0"?><rss version="2.0"><channel><title>Feed %d</title><link>http://x/</link><description/>`, n)
			for i := range items {
				fmt.Fprintf(&b, `<item><title>Tin số %d của nguồn %d</title><guid isPermaLink="false">%d-%d</guid><link>http://feed%d.example/%d</link><pubDate>Wed, 14 Aug 2024 %02d:44:00 +0700</pubDate></item>`, i, n, n, i, n, i, i)
			}
			b.WriteString(`</channel></rss>`)
			w.Header().Set("Content-Type", "application/rss+xml")
			_, _ = w.Write([]byte(b.String()))
		})
	}
	srv := httptest.NewServer(mux)
	defer srv.Close()

	dir := t.TempDir()
	var yaml strings.Builder
	yaml.WriteString("defaults: {allow_private: true, host_interval: 0s}\nsources:\n")
	for n := range feeds {
		fmt.Fprintf(&yaml, "  - {id: s%d, title: Nguồn %d, url: %q}\n", n, n, fmt.Sprintf("%s/%d.rss", srv.URL, n))
	}
	config := filepath.Join(dir, "feeds.yaml")
	if err := os.WriteFile(config, []byte(yaml.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func(command ...string) *exec.Cmd {
		cmd := exec.Command(os.Args[0], append(command, "--config", config, "--db", db)...)
		cmd.Env = append(os.Environ(), runAsFeedd+"=1")
		return cmd
	}

	random := rand.New(rand.NewPCG(1, 2))
	killed := 0
	for range kills {
		cmd := start(command...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.Int64N(int64(within))))
		exited := make(chan error, 1)
		go func() { exited <- cmd.Wait() }()
		select {
		case <-ctx.Done():
			_ = cmd.Process.Signal(syscall.SIGKILL) // it may just have ended
			if <-exited != nil {
				killed++
			}
		case err := <-exited:
			if err != nil {
				t.Errorf("a run that was not killed failed: %v", err)
			}
		}
		cancel()
	}
	if killed < kills/8 {
		t.Errorf("only %d of %d runs were killed: the test proves little", killed, kills)
	}
	if out, err := start("collect", "--json").CombinedOutput(); err != nil {
		t.Fatalf("the last run: %v\n%s", err, out)
	}

	s, err := store.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n, _, err := s.Lag(t.Context()); err != nil || n != 0 {
		t.Errorf("%d items wait for the desk (%v), want none", n, err)
	}
	entries, err := s.Entries(t.Context(), feed.EntryQuery{Any: true})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, e := range entries {
		for _, r := range e.Reports {
			seen[r.GUID]++
		}
	}
	for n := range feeds {
		for i := range items {
			if got := seen[fmt.Sprintf("%d-%d", n, i)]; got != 1 {
				t.Errorf("item %d of feed %d is stored %d times, want once", i, n, got)
			}
		}
	}
	if len(seen) != feeds*items {
		t.Errorf("%d different items, want %d", len(seen), feeds*items)
	}
}
