package collect

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"feedd/internal/feed"
)

func articlePage(n string) string {
	return fmt.Sprintf(`<!DOCTYPE html><html lang="vi"><head><title>%s</title>
<meta property="og:description" content="Tóm tắt của %[1]s"><meta property="og:image" content="/anh/%[1]s.jpg">
<meta name="author" content="Nguyễn Văn A"><meta property="article:published_time" content="2026-11-20T08:00:00+07:00">
</head><body><article><p>Nội dung.</p></article></body></html>`, n)
}

// The page of each new item is asked for once, at the host's pace and by its robots.txt. An item whose page is gone
// was withdrawn.
func TestArticles(t *testing.T) {
	const interval = 30 * time.Millisecond
	var mu sync.Mutex
	asked := map[string]int{}
	var last time.Time
	var s *httptest.Server
	s = webServer(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		if gap := time.Since(last); gap < interval {
			t.Errorf("%s %v after the last request", r.URL.Path, gap)
		}
		last = time.Now()
		mu.Unlock()
		switch r.URL.Path {
		case "/rss":
			io.WriteString(w, `<rss version="2.0"><channel><title>B</title>`)
			for _, n := range []string{"a", "b", "closed", "gone", "known"} {
				fmt.Fprintf(w, `<item><title>Tin %s</title><link>%s/moved/%[1]s</link><guid>%[1]s</guid></item>`, n, s.URL)
			}
			io.WriteString(w, `</channel></rss>`)
		case "/robots.txt":
			io.WriteString(w, "User-agent: *\nDisallow: /moved/closed\n")
		case "/moved/gone":
			w.WriteHeader(http.StatusGone)
		default:
			if n, ok := strings.CutPrefix(r.URL.Path, "/moved/"); ok {
				http.Redirect(w, r, "/tin/"+n, http.StatusMovedPermanently)
				return
			}
			io.WriteString(w, articlePage(strings.TrimPrefix(r.URL.Path, "/tin/")))
		}
	})
	c, src := testCollector(t), sourceAt("s", s.URL+"/rss")
	src.Article, src.HostInterval = true, interval
	res := c.Collect(t.Context(), src, feed.SourceState{}, knownKeys("g:known"))
	if res.Outcome != OK || len(res.Items) != 4 || slices.ContainsFunc(res.Items, func(it feed.Item) bool { return it.GUID == "gone" }) {
		t.Fatalf("%+v", res)
	}
	for _, it := range res.Items {
		filled := it.Summary != "" && it.Image == s.URL+"/anh/"+it.GUID+".jpg" && len(it.Authors) == 1 && it.Published.Equal(time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC))
		if want := it.GUID == "a" || it.GUID == "b"; filled != want {
			t.Errorf("%s: %+v", it.GUID, it)
		}
	}
	for path, want := range map[string]int{"/rss": 1, "/robots.txt": 1, "/tin/a": 1, "/tin/b": 1, "/moved/closed": 0, "/moved/gone": 1, "/moved/known": 0} {
		if asked[path] != want {
			t.Errorf("%s was asked %d times, want %d", path, asked[path], want)
		}
	}
	if all := strings.Join(res.State.Warnings, "\n"); !strings.Contains(all, "does not allow /moved/closed") || !strings.Contains(all, "410 Gone") {
		t.Errorf("warnings: %s", all)
	}
}

// A host that refuses a page is left alone by the rest of the run, and by the source's next.
func TestArticlesStopAtAHold(t *testing.T) {
	asked := 0
	var s *httptest.Server
	s = webServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/rss":
			text := rssOf("a", "b", "c", "d", "e")
			io.WriteString(w, strings.ReplaceAll(text, "https://example.org", s.URL))
		case "/robots.txt":
			w.WriteHeader(http.StatusNotFound)
		default:
			asked++
			w.Header().Set("Retry-After", "7200")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	now := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	c := New(Options{Now: func() time.Time { return now }})
	src := sourceAt("s", s.URL+"/rss")
	src.Article = true
	res := c.Collect(t.Context(), src, feed.SourceState{}, knownKeys())
	if res.Outcome != OK || len(res.Items) != 5 || asked != 1 || len(res.Holds) != 1 {
		t.Errorf("%d pages asked: %+v", asked, res)
	}
	if want := "waits until 09:00 because the host answered 429"; res.State.NextReason != want {
		t.Errorf("%s", res.State.NextReason)
	}
}
