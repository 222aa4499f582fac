package daemon

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feedd/internal/feed"
	"feedd/internal/feed/feedtest"
)

// numberedFiles serves file n under /n.
func numberedFiles(t *testing.T, files []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); err != nil || n >= len(files) {
			http.NotFound(w, r)
			return
		}
		b, err := os.ReadFile(files[n])
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(b)
	})
}

// TestRealFeedsInOneRun collects every real feed of the development data in one run: none aborts
// it, and what they bring is published in feeds that the gate lets pass.
func TestRealFeedsInOneRun(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(feedtest.Shared(t, "corpus/real"), "*"))
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(numberedFiles(t, files))
	defer srv.Close()
	var yaml strings.Builder
	yaml.WriteString("site: {url: \"https://news.example.org\"}\ndefaults: {allow_private: true, host_interval: 0s}\nsources:\n")
	feeds := 0
	for n, f := range files {
		if filepath.Ext(f) != ".csv" {
			fmt.Fprintf(&yaml, "  - {id: f%d, title: Nguồn %d, url: \"%s/%d\"}\n", n, n, srv.URL, n)
			feeds++
		}
	}
	h := build(t, yaml.String(), newClock(), "")
	read := 0
	for id, msg := range h.collect(t) {
		if msg != "" {
			t.Logf("%s: %s", id, msg)
			continue
		}
		read++
	}
	if read < feeds*97/100 {
		t.Errorf("%d of %d real feeds read", read, feeds)
	}
	entries, err := h.store.Entries(t.Context(), feed.EntryQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) < 2000 {
		t.Errorf("%d entries of %d real feeds", len(entries), feeds)
	}
	for _, ext := range []string{"rss", "atom", "json"} {
		if h.get(t, "/sections/all."+ext).StatusCode != http.StatusOK {
			t.Errorf("all.%s is not published", ext)
		}
	}
	if strings.Contains(h.log.String(), "level=ERROR") {
		t.Error("errors in the log:\n", h.log)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}
