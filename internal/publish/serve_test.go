package publish_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"feedd/internal/publish"
)

func TestEveryAddressIsServed(t *testing.T) {
	n := newNewsroom(t)
	if res := n.get("/readyz"); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("ready before anything was published: %d", res.StatusCode)
	}
	if res := n.get("/sections/all.rss"); res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("before the first Refresh: %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
	}
	n.fill("kinh-te", 8)
	n.refresh()
	story := "/stories/" + keyOf(report("bao-a", 1, start))
	for path, want := range map[string]string{
		"/sections/kinh-te.rss":                  "application/rss+xml; charset=utf-8",
		"/sections/kinh-te.atom":                 "application/atom+xml; charset=utf-8",
		"/sections/kinh-te.json":                 "application/feed+json; charset=utf-8",
		"/sections/all.atom":                     "application/atom+xml; charset=utf-8",
		"/sections/the-gioi.rss":                 "application/rss+xml; charset=utf-8",
		"/sections/kinh-te/archive/2026-11.atom": "application/atom+xml; charset=utf-8",
		"/sections/kinh-te/archive/2026-11.json": "application/feed+json; charset=utf-8",
		"/feeds.opml":                            "text/x-opml; charset=utf-8",
		"/":                                      "text/html; charset=utf-8",
		"/sections/kinh-te":                      "text/html; charset=utf-8",
		story:                                    "text/html; charset=utf-8",
		"/embed/kinh-te":                         "text/html; charset=utf-8",
		"/embed.js":                              "text/javascript; charset=utf-8",
		"/sources":                               "text/html; charset=utf-8",
		"/sources.json":                          "application/json",
		"/healthz":                               "text/plain; charset=utf-8",
		"/readyz":                                "text/plain; charset=utf-8",
	} {
		res := n.get(path)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != want {
			t.Errorf("GET %s: %d %q, want 200 %q", path, res.StatusCode, res.Header.Get("Content-Type"), want)
		}
		isFeed := strings.HasPrefix(path, "/sections/") && strings.Contains(path, ".")
		if !isFeed && res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("GET %s may be sniffed", path)
		}
		if isFeed && len(res.Header) > 8 {
			t.Errorf("GET %s: %d header lines; from nine on net/http takes twice as long for them", path, len(res.Header))
		}
		head := n.do(http.MethodHead, path)
		if head.StatusCode != http.StatusOK || head.Header.Get("Content-Length") != res.Header.Get("Content-Length") {
			t.Errorf("HEAD %s: %d, length %q; GET has %q", path, head.StatusCode, head.Header.Get("Content-Length"), res.Header.Get("Content-Length"))
		}
		if post := n.do(http.MethodPost, path); post.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(post.Header.Get("Allow"), "GET, HEAD") {
			t.Errorf("POST %s: %d, Allow %q", path, post.StatusCode, post.Header.Get("Allow"))
		}
	}
	if m := n.page("/metrics"); !strings.Contains(m, `feedd_http_requests_total{code="200",route="feed"}`) {
		t.Error("/metrics does not count requests")
	}
	m := n.page("/metrics") // every answer is timed, under the same names as it is counted
	for _, labels := range []string{`{code="200",route="feed"}`, `{code="405",route="other"}`} {
		figure := func(name string) string {
			return regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name+labels) + ` (.*)$`).FindString(m)
		}
		counted := strings.TrimPrefix(figure("feedd_http_requests_total"), "feedd_http_requests_total")
		if timed := figure("feedd_http_request_seconds_count"); counted == "" || timed != "feedd_http_request_seconds_count"+counted {
			t.Errorf("counted%s, timed %s", counted, timed)
		}
	}
	for _, path := range []string{"/sections/nothing.rss", "/sections/kinh-te/archive/2026-10.atom", "/sections/kinh-te/archive/2026-11.xml",
		"/sections/kinh-te/archive/2026-1.atom", "/stories/zzz", "/stories/0123456789abcdef", "/x"} {
		res := n.get(path)
		if body := n.body(res); res.StatusCode != http.StatusNotFound || !strings.Contains(body, "/sections/kinh-te.rss") {
			t.Errorf("GET %s: %d %q; want 404 and what there is", path, res.StatusCode, body)
		}
	}
	if res := n.get("/sections/kinh-te/"); res.StatusCode != http.StatusMovedPermanently || res.Header.Get("Location") != "/sections/kinh-te" {
		t.Errorf("a slash too many: %d %q", res.StatusCode, res.Header.Get("Location"))
	}
}

func TestConditionalRequests(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 5)
	n.refresh()
	const path = "/sections/kinh-te.atom"
	full := n.get(path)
	tag, modified := full.Header.Get("ETag"), full.Header.Get("Last-Modified")
	zipped := n.get(path, "Accept-Encoding", "gzip").Header.Get("ETag")
	if tag == "" || strings.HasPrefix(tag, "W/") || modified == "" || zipped == tag {
		t.Fatalf("ETag %q, gzip %q, Last-Modified %q", tag, zipped, modified)
	}
	later := start.Add(time.Hour).Format(http.TimeFormat)
	for _, c := range []struct {
		name    string
		headers []string
		want    int
		tag     string
	}{
		{"same tag", []string{"If-None-Match", tag}, 304, tag},
		{"weakened by a proxy", []string{"If-None-Match", "W/" + tag}, 304, tag},
		{"in a list", []string{"If-None-Match", `"a", W/"b,c" ,` + tag}, 304, tag},
		{"on a line of its own", []string{"If-None-Match", `"a"`, "If-None-Match", tag}, 304, tag},
		{"any", []string{"If-None-Match", "*"}, 304, tag},
		{"another", []string{"If-None-Match", `"a"`}, 200, tag},
		{"unquoted", []string{"If-None-Match", strings.Trim(tag, `"`)}, 200, tag},
		{"cut off", []string{"If-None-Match", tag[:9]}, 200, tag},
		{"the tag of what the client has in another coding", []string{"If-None-Match", zipped}, 304, zipped},
		{"same time", []string{"If-Modified-Since", modified}, 304, tag},
		{"later", []string{"If-Modified-Since", later}, 304, tag},
		{"earlier", []string{"If-Modified-Since", start.Add(-time.Hour).Format(http.TimeFormat)}, 200, tag},
		{"no date", []string{"If-Modified-Since", "yesterday"}, 200, tag},
		{"the tag outranks the time", []string{"If-None-Match", `"a"`, "If-Modified-Since", later}, 200, tag},
	} {
		res := n.get(path, c.headers...)
		if res.StatusCode != c.want || res.Header.Get("ETag") != c.tag {
			t.Errorf("%s: %d with ETag %s, want %d with %s", c.name, res.StatusCode, res.Header.Get("ETag"), c.want, c.tag)
		}
		if res.StatusCode == 304 {
			if b := n.body(res); b != "" || res.Header.Get("Content-Type") != "" || res.Header.Get("Cache-Control") == "" || res.Header.Get("Vary") == "" {
				t.Errorf("%s: a 304 with body %q and header %v", c.name, b, res.Header)
			}
		}
	}
}

func TestCodings(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 5)
	n.refresh()
	const path = "/sections/kinh-te.rss"
	plain := n.page(path)
	for accept, want := range map[string]string{
		"":                                 "",
		"gzip":                             "gzip",
		"gzip, deflate, br":                "gzip",
		"gzip, deflate, br, zstd":          "zstd",
		"zstd;q=0.1, gzip":                 "gzip",
		"gzip;q=0.5, zstd;q=0.8":           "zstd",
		"GZIP":                             "gzip",
		"gzip;q=0":                         "",
		"gzip;q=0.000, identity":           "",
		"identity, gzip;q=0.5":             "",
		"*":                                "zstd",
		"*;q=0":                            "",
		"*, zstd;q=0":                      "gzip",
		"br":                               "",
		"identity;q=0, gzip;q=0":           "",
		"identity;q=0.5, gzip;Q=0.8;x=y,,": "gzip",
	} {
		res := n.get(path, "Accept-Encoding", accept)
		if got := res.Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: %q, want %q", accept, got, want)
		}
		if v := res.Header.Get("Vary"); v != "Accept-Encoding" {
			t.Errorf("Vary %q", v)
		}
		body := []byte(n.body(res))
		switch want {
		case "gzip":
			r, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		case "zstd":
			r, err := zstd.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
			r.Close()
		}
		if diff := cmp.Diff(plain, string(body)); diff != "" {
			t.Errorf("Accept-Encoding %q gives other content: %s", accept, diff)
		}
	}
}

func TestHeadersOfFeedsAndPages(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 3)
	n.refresh()
	res := n.get("/sections/kinh-te.json", "Origin", "https://reader.example")
	want := http.Header{
		"Access-Control-Allow-Origin": {"*"},
		"Cache-Control":               {"public, max-age=300, stale-if-error=86400"},
		"Link": {`<https://news.example.org/hub>; rel="hub", ` +
			`<https://news.example.org/sections/kinh-te.json>; rel="self"`},
	}
	for key, value := range want {
		if diff := cmp.Diff(value, res.Header[key]); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	pre := n.do(http.MethodOptions, "/sections/kinh-te.json", "Origin", "https://reader.example", "Access-Control-Request-Headers", "if-none-match")
	if pre.StatusCode != http.StatusNoContent || !strings.Contains(pre.Header.Get("Access-Control-Allow-Headers"), "If-None-Match") {
		t.Errorf("preflight: %d %v", pre.StatusCode, pre.Header)
	}
	page := n.get("/")
	if csp := page.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || page.Header.Get("X-Frame-Options") != "DENY" {
		t.Errorf("the front page's policy is %q", csp)
	}
	embed := n.get("/embed/kinh-te")
	if csp := embed.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors *") || embed.Header.Get("X-Frame-Options") != "" {
		t.Errorf("the page for frames cannot be framed: %v", embed.Header)
	}
}

// A site below a path is served with that path and, behind a proxy that takes it off, without.
func TestSiteBelowAPath(t *testing.T) {
	n := newNewsroom(t, func(s *publish.Settings) { s.Site.URL = "https://example.org/news/" })
	n.fill("kinh-te", 3)
	n.refresh()
	if a, b := n.page("/sections/kinh-te.rss"), n.page("/news/sections/kinh-te.rss"); a != b || !strings.Contains(a, "https://example.org/news/sections/kinh-te.rss") {
		t.Error("the two differ")
	}
	if res := n.get("/news/sections/kinh-te/archive/2026-11.rss"); res.StatusCode != http.StatusNotFound {
		t.Errorf("archive of a feed that shows all: %d", res.StatusCode)
	}
}

// What a reader asks for and what is ready is answered without allocations that grow with it.
func TestServingAllocatesNothingOfTheSectionsSize(t *testing.T) {
	measure := func(limit int) float64 {
		n := newNewsroom(t, func(s *publish.Settings) { s.Sections[0].Limit = limit; s.Sections[0].MaxAge = 0 })
		n.fill("kinh-te", limit)
		n.refresh()
		h := n.pub.Handler()
		r, err := http.NewRequest(http.MethodGet, "/sections/kinh-te.rss", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "gzip, zstd")
		r.Header.Set("If-None-Match", `"a", "b"`)
		w := &discard{header: http.Header{}}
		return testing.AllocsPerRun(100, func() { h.ServeHTTP(w, r) })
	}
	if small, large := measure(5), measure(100); small != large || large > 2 {
		t.Errorf("%.0f allocations for 5 entries, %.0f for 100", small, large)
	}
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

// Only the new entries for whoever says what it has (RFC 3229).
func TestOnlyWhatIsNew(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 4)
	n.refresh()
	for _, f := range []string{"rss", "atom", "json"} {
		path := "/sections/kinh-te." + f
		tag := n.get(path, "Accept-Encoding", "gzip").Header.Get("ETag")
		n.pass(time.Minute)
		next := report("bao-b", len(f)*10+int(f[0]), n.clock())
		n.file([]string{"kinh-te"}, next)
		n.refresh()

		res := n.get(path, "If-None-Match", tag, "A-IM", "feed")
		body := n.body(res)
		if res.StatusCode != http.StatusIMUsed || res.Header.Get("IM") != "feed" {
			t.Fatalf("%s: %d, IM %q", path, res.StatusCode, res.Header.Get("IM"))
		}
		if !strings.Contains(body, next.Title) || strings.Contains(body, "của bao-a") {
			t.Errorf("%s: not the new entry alone:\n%s", path, body)
		}
		if cc := res.Header.Get("Cache-Control"); !strings.Contains(cc, "no-store") {
			t.Errorf("%s: a partial answer may be stored: %q", path, cc)
		}
		if got, want := res.Header.Get("ETag"), n.get(path).Header.Get("ETag"); got != want {
			t.Errorf("%s: ETag %s, that of the whole feed is %s", path, got, want)
		}
		if res := n.get(path, "If-None-Match", res.Header.Get("ETag"), "A-IM", "feed"); res.StatusCode != http.StatusNotModified {
			t.Errorf("%s: nothing new, yet %d", path, res.StatusCode)
		}
		for name, headers := range map[string][]string{
			"no A-IM":      {"If-None-Match", tag},
			"another A-IM": {"If-None-Match", tag, "A-IM", "vcdiff, diffe"},
			"unknown tag":  {"If-None-Match", `"x"`, "A-IM", "feed"},
		} {
			if res := n.get(path, headers...); res.StatusCode != http.StatusOK || !strings.Contains(n.body(res), "của bao-a") {
				t.Errorf("%s with %s: %d, want the whole feed", path, name, res.StatusCode)
			}
		}
	}
}

// The reader that was away over a restart still gets only what is new.
func TestOnlyWhatIsNewAfterARestart(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 4)
	n.refresh()
	tag := n.get("/sections/kinh-te.atom").Header.Get("ETag")
	n.file([]string{"kinh-te"}, report("bao-b", 1, n.clock()))
	n.restart()
	n.refresh()
	res := n.get("/sections/kinh-te.atom", "If-None-Match", tag, "A-IM", "feed")
	if body := n.body(res); res.StatusCode != http.StatusIMUsed || strings.Contains(body, "của bao-a") || !strings.Contains(body, "của bao-b") {
		t.Errorf("%d: %s", res.StatusCode, body)
	}
}

func TestSourcesShowNoSecret(t *testing.T) {
	n := newNewsroom(t, func(s *publish.Settings) {
		src := s.Sources["bao-a"]
		src.URL = "https://lan:hunter2@a.example/rss?apikey=hunter2&page=1"
		s.Sources["bao-a"] = src
	})
	n.fill("kinh-te", 1)
	n.refresh()
	for _, path := range []string{"/sources", "/sources.json", "/sections/kinh-te.atom", "/sections/kinh-te.rss", "/sections/kinh-te.json"} {
		if body := n.page(path); strings.Contains(body, "hunter2") {
			t.Errorf("%s shows a secret:\n%s", path, body)
		}
	}
}
