package publish_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzRequest: whatever is asked for, by paths, queries, headers and forms, is answered without a
// failure of the server's own, and nothing that the asker wrote comes back as markup.
func FuzzRequest(f *testing.F) {
	n := newNewsroom(f)
	n.fill("kinh-te", 3)
	n.refresh()
	handler := n.pub.Handler()
	f.Add("/sections/kinh-te.rss", "", "W/\"a\", *", "Mon, 02 Mar 2026 08:00:00 GMT", "")
	f.Add("/sections/kinh-te/archive/2026-13-p0.atom", "page=-1", "\"", "x", "")
	f.Add("/stories/ffffffffffffffff.rss", "x", "", "", "")
	f.Add("/partners/none/kinh-te.json", "token=a&token=b", "", "bytes=0-,5-1", "")
	f.Add("/search.rss", "q=%2F%28a%2B%29%2B%24%2F&limit=99999999999&section=<script>alert(1)</script>", "", "", "")
	f.Add("/search", "q=<script>alert(1)</script>~5%20\"", "", "", "")
	f.Add("/hub", "", "", "", "hub.mode=subscribe&hub.topic=x&hub.callback=http%3A%2F%2F%5B%3A%3A1%5D&hub.lease_seconds=-1")
	f.Add("/embed/kinh-te", "<script>alert(1)</script>", "", "", "")
	f.Add("/%00/..;/\\<script>alert(1)</script>", "%zz", "", "", "")
	f.Fuzz(func(t *testing.T, path, query, match, since, form string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if form != "" {
			r = httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		r.URL = &url.URL{Path: path, RawQuery: query}
		for name, value := range map[string]string{"If-None-Match": match, "If-Modified-Since": since, "Range": since, "A-IM": match, "Accept-Encoding": match, "Accept": since} {
			if value != "" {
				r.Header[name] = []string{value}
			}
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s %q?%q: %d %s", r.Method, path, query, w.Code, w.Body)
		}
		if strings.Contains(w.Header().Get("Content-Type"), "html") && strings.Contains(w.Body.String(), "<script>alert(1)") {
			t.Errorf("%q?%q: what was asked comes back as markup", path, query)
		}
	})
}
