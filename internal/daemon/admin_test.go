package daemon

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"feedd/internal/store/storetest"
)

// TestAdminListener: with a listener of its own, what those who run feedd look at is there alone. The log
// at its usual level names a private source and not its address.
func TestAdminListener(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	path := filepath.Join(t.TempDir(), "feeds.yaml")
	yaml := "sources: [{id: noi-bo, url: \"http://" + closed.Addr().String() + "/rss\", private: true, allow_private: true, host_interval: 0s}]\n"
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	c := newClock()
	d, err := New(t.Context(), Options{
		Config: path, DB: storetest.Address(t), Listen: "127.0.0.1:0", Admin: "127.0.0.1:0", Now: c.now,
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	get := func(at net.Addr, path string) (int, string) {
		resp, err := http.Get("http://" + at.String() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	eventually(t, "the source failed", func() bool {
		c.advance(3 * time.Second) // the page is rendered anew every two
		_, body := get(d.AdminAddr(), "/sources.json")
		return strings.Contains(body, `"failures": 1`)
	})
	for _, path := range []string{"/sources", "/sources.json", "/metrics", "/debug/pprof/heap?debug=1&gc=1", "/debug/pprof/goroutine?debug=1"} {
		if code, _ := get(d.Addr(), path); code != http.StatusNotFound {
			t.Errorf("%s in public: %d", path, code)
		}
		code, body := get(d.AdminAddr(), path)
		if code != http.StatusOK || strings.Contains(body, closed.Addr().String()) {
			t.Errorf("%s for those who run it: %d, with the address: %v", path, code, strings.Contains(body, closed.Addr().String()))
		}
	}
	if code, body := get(d.AdminAddr(), "/assets/style.css"); code != http.StatusOK || !strings.Contains(body, ".sources") {
		t.Errorf("the style of the page for those who run it: %d", code)
	}
	if _, body := get(d.AdminAddr(), "/sources"); !strings.Contains(body, "Đang lỗi") || strings.Contains(body, "refused") {
		t.Errorf("the page of the sources says of one that fails: %s", body)
	}
	if _, body := get(d.AdminAddr(), "/sources.json"); !strings.Contains(body, `"notes": []`) {
		t.Errorf("without notes: %s", body)
	}
	if code, _ := get(d.Addr(), "/sections/all.rss"); code != http.StatusOK {
		t.Errorf("a feed: %d", code)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if text := log.String(); !strings.Contains(text, "noi-bo") || strings.Contains(text, "127.0.0.1") {
		t.Errorf("the log: %s", text)
	}
}

// A source that became private stays so in the store, though it is taken out before it is looked at again.
func TestPrivacyOutlivesTheConfiguration(t *testing.T) {
	c := newClock()
	yaml := newsYAML(t, c)
	h := build(t, yaml, c, "")
	h.collect(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	if err := os.WriteFile(h.config, []byte(strings.Replace(yaml, "defaults:\n", "defaults:\n  private: true\n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.Reload(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the store knows", func() bool {
		states, err := h.store.States(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range states {
			if !st.Private {
				return false
			}
		}
		return len(states) > 0
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
