package publish_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish"
	"feedd/internal/store"
)

// secretive gives the newsroom a source whose address is private, and one whose address holds a key.
func secretive(s *publish.Settings) {
	s.Sources["bao-b"] = feed.Source{ID: "bao-b", Title: "Báo B", URL: "https://bi-mat.example:8443/rss", Rights: feed.RightsFull, Private: true}
	s.Sources["bao-c"] = feed.Source{ID: "bao-c", Title: "Báo C", URL: "https://c.example/feed?channel=7&key=geheim", Rights: feed.RightsFull}
	s.Sources["bao-d"] = feed.Source{ID: "bao-d", Title: "Báo D", URL: "https://d.example/feed/8f3a9c0d77e1b2a4c5d6/rss", Rights: feed.RightsFull}
}

// failing has every source fail in words that hold addresses.
func (n *newsroom) failing() {
	n.t.Helper()
	for id, src := range n.settings.Sources {
		st := feed.SourceState{Source: id, URL: src.URL, FeedID: src.URL, Link: "https://noi-bo.example/", MovedTo: src.URL + "&moved", LastRun: n.clock(), Failures: 3,
			Error: "there is no host bi-mat.example: lookup bi-mat.example on 10.9.8.7:53: no such host", Outlet: src.Outlet(), Private: src.Private,
			Warnings: []string{"robots.txt of bi-mat.example:8443 cannot be read"}, NextReason: "waits because bi-mat.example:8443 asked for it"}
		if id != "bao-b" {
			st.Error, st.Warnings, st.NextReason = "timeout", nil, ""
		}
		if _, err := n.store.Save(n.t.Context(), &store.Collected{State: st, At: n.clock()}); err != nil {
			n.t.Fatal(err)
		}
	}
}

func (n *newsroom) adminPage(path string) (int, string) {
	n.t.Helper()
	w := httptest.NewRecorder()
	n.pub.AdminHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// What strangers see of the sources is their hosts, unless an address is nobody's secret; of a private
// source they see nothing.
func TestStrangersSeeNoAddress(t *testing.T) {
	n := newNewsroom(t, secretive)
	n.fill("kinh-te", 2)
	n.failing()
	n.refresh()
	for _, path := range []string{"/sources", "/sources.json"} {
		body := n.page(path)
		for _, secret := range []string{"bi-mat", "10.9.8.7", "geheim", "channel", "8f3a9c0d77"} {
			if strings.Contains(body, secret) {
				t.Errorf("%s tells %q", path, secret)
			}
		}
		for _, open := range []string{"https://a.example/rss", "https://c.example/", "https://d.example/"} {
			if !strings.Contains(body, open) {
				t.Errorf("%s does not name %s", path, open)
			}
		}
	}
}

// With a listener for those who run it, there is nothing for strangers to see at all.
func TestTheAdminListenerAlone(t *testing.T) {
	n := prepareNewsroom(t, secretive)
	n.admin = true
	n.open()
	n.fill("kinh-te", 2)
	n.failing()
	n.refresh()
	for _, path := range []string{"/sources", "/sources.json", "/metrics"} {
		if res := n.get(path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s in public: %d", path, res.StatusCode)
		}
		code, body := n.adminPage(path)
		if code != http.StatusOK || body == "" {
			t.Errorf("%s for those who run it: %d", path, code)
		}
		if strings.Contains(body, "bi-mat") || strings.Contains(body, "geheim") {
			t.Errorf("%s tells a private address or a key", path)
		}
		if path != "/metrics" && (!strings.Contains(body, "https://d.example/feed/8f3a9c0d77e1b2a4c5d6/rss") || !strings.Contains(body, "channel=7")) {
			t.Errorf("%s does not tell where the sources are", path)
		}
	}
	if got := strings.TrimSpace(n.page("/readyz")); got != "ready" {
		t.Errorf("/readyz in public: %q", got)
	}
	if code, body := n.adminPage("/readyz"); code != http.StatusOK || !strings.Contains(body, "documents: ") {
		t.Errorf("/readyz for those who run it: %d %q", code, body)
	}
	for _, path := range []string{"/", "/sections/all.rss", "/hub"} {
		if code, _ := n.adminPage(path); code != http.StatusNotFound {
			t.Errorf("%s for those who run it: %d", path, code)
		}
	}
}

// An export is for strangers.
func TestExportsHoldNoStatusPage(t *testing.T) {
	n := newNewsroom(t, secretive)
	n.fill("kinh-te", 2)
	n.failing()
	dir := t.TempDir()
	n.export(dir)
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if name := filepath.ToSlash(path); strings.HasSuffix(name, "/sources.json") || strings.Contains(name, "/sources/index.html") {
			t.Errorf("%s was written", path)
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "bi-mat") || strings.Contains(string(b), "geheim") {
			t.Errorf("%s tells an address", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A private source is named and linked in feeds, pages and archives, and its address is nowhere: not
// where it was shown before it became private, and not once it is in no configuration.
func TestAPrivateSourceIsAttributedWithoutItsAddress(t *testing.T) {
	n := newNewsroom(t, func(s *publish.Settings) {
		secretive(s)
		b := s.Sources["bao-b"]
		b.Private = false
		s.Sources["bao-b"] = b
		s.Sections[0].Limit = 1
	})
	n.failing()
	n.file([]string{"kinh-te"}, report("bao-b", 1, n.clock().Add(-2*time.Hour)), report("bao-b", 2, n.clock().Add(-time.Hour)))
	n.refresh()
	n.pass(31 * 24 * time.Hour)
	n.file([]string{"kinh-te"}, report("bao-b", 3, n.clock()))
	n.refresh()
	places := []string{"/sections/kinh-te.rss", "/sections/kinh-te.atom", "/sections/kinh-te.json", "/", "/sections/kinh-te", "/stories/" + keyOf(report("bao-b", 3, start)),
		"/sections/kinh-te/archive/2026-11.atom", "/sections/kinh-te/archive/2026-11.rss", "/sections/kinh-te/archive/2026-11.json", "/feeds.opml"}
	count := func() (named int) {
		for _, path := range places {
			if body := n.page(path); strings.Contains(body, "bi-mat") || strings.Contains(body, "noi-bo") {
				named++
			}
		}
		return named
	}
	if count() < 4 {
		t.Fatal("the address is shown nowhere although it is no secret: the test tries nothing")
	}

	b := n.settings.Sources["bao-b"]
	b.Private = true
	n.settings.Sources["bao-b"] = b
	if err := n.pub.Reload(n.settings); err != nil {
		t.Fatal(err)
	}
	n.failing()
	n.refresh()
	for _, path := range places {
		if body := n.page(path); strings.Contains(body, "bi-mat") || strings.Contains(body, "noi-bo") {
			t.Errorf("%s tells the address of a private source", path)
		} else if path != "/feeds.opml" && !strings.Contains(body, "Báo B") {
			t.Errorf("%s does not name the outlet", path)
		}
	}

	delete(n.settings.Sources, "bao-b")
	if err := n.pub.Reload(n.settings); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	if count() > 0 {
		t.Error("once it is in no configuration, its address is told")
	}
}
