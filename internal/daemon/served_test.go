package daemon

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"feedd/internal/feed/feedtest"
)

// hostileFeed is a source that means no good, or does not know better.
func hostileFeed(t *testing.T) []byte {
	type item map[string]any
	attack := `<script>alert(1)</script><a href="javascript:alert(1)" onclick="x()">nhấn</a><img src="/a b.png" onerror="x()"><iframe src="//evil.example"></iframe>]]>&amp;&#0;`
	items := []item{
		{},
		{"id": "control", "title": "a\u0000b\u0008c\u001fd\u0085e\ufffef\uffffg", "url": "https://h.example/control", "content_html": "x\u0003y"},
		{"id": "only-control", "title": "\u0001\u0002\u0003", "url": "https://h.example/only-control"},
		{"id": "cdata", "title": "a ]]> b <![CDATA[ c", "url": "https://h.example/cdata", "content_html": "<p>]]></p><!-- -- --><![CDATA[x]]>"},
		{"id": "long", "title": strings.Repeat("dài ", 25_000), "url": "https://h.example/long"},
		{"id": "relative", "title": "relative", "url": "../tin/../a.html?x=1&y=2#z", "content_html": `<a href="x/y">x</a><img src="//cdn.example/i.png" srcset="a.png 1x">`},
		{"id": "script", "title": attack, "url": "https://h.example/script", "content_html": attack, "summary": attack},
		{"id": "scheme", "title": "scheme", "url": "javascript:alert(1)", "external_url": "data:text/html,x"},
		{"id": "spaces in an id \u202e", "title": "\u202ertl\u200b", "url": "https://h.example/a b?q=ă&r=<>\"'"},
		{"id": "port", "title": "port", "url": "http://h.example:99999/x"},
		{"id": "ipv6", "title": "ipv6", "url": "http://[::1]:80/x"},
		{"id": "future", "title": "from the future", "url": "https://h.example/future", "date_published": "2099-01-01T00:00:00Z"},
		{"id": "past", "title": "from the past", "url": "https://h.example/past", "date_published": "0001-01-01T00:00:00Z"},
		{"id": "people", "title": "people", "url": "https://h.example/people", "authors": []item{{"name": " \u0001 "}, {"name": "<b>A</b> & B", "url": "javascript:x"}, {}}},
		{"id": "tags", "title": "tags", "url": "https://h.example/tags", "tags": []string{"", "a,b", "<i>", strings.Repeat("x", 5000), "a,b"}},
		{"id": "files", "title": "files", "url": "https://h.example/files", "image": "ftp://h.example/i.png", "attachments": []item{
			{"url": "https://h.example/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 12}, {"url": "", "mime_type": "x"},
			{"url": "https://h.example/b", "mime_type": "nonsense", "size_in_bytes": -1}, {"url": "b.jpg", "mime_type": "image/jpeg"}}},
		{"id": "entities", "title": "AT&T &lt; &amp;lt; &nbsp; &bogus; 5 < 6", "url": "https://h.example/entities?a=1&copy=2"},
	}
	for i := range 3 { // of one instant, under one title
		items = append(items, item{"id": fmt.Sprint("tie", i), "title": "tie", "url": fmt.Sprint("https://h.example/tie", i), "date_published": "2026-03-01T07:00:00Z"})
	}
	b, err := json.Marshal(item{"version": "https://jsonfeed.org/version/1.1", "title": "\u0002]]><b>Ác</b>", "home_page_url": "javascript:1", "items": items})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestW3CValidatorOnServedFeeds collects the development data and a hostile source, and holds every
// feed that a daemon serves of it against the W3C feed validator, warnings included: sections, all
// archive pages (one format of each by turns, for there are hundreds), searches, sources, stories,
// partners' feeds, the answers to A-IM, the list of feeds. FEEDD_FEEDVALIDATOR names a checkout of it.
func TestW3CValidatorOnServedFeeds(t *testing.T) {
	checkout := os.Getenv("FEEDD_FEEDVALIDATOR")
	if checkout == "" {
		t.Skip("SKIPPED, NOT PASSED: FEEDD_FEEDVALIDATOR names no checkout of the W3C feed validator")
	}
	tool := feedtest.Shared(t, "tools/validate-feed")
	schema := feedtest.Shared(t, "tools/schema/rfc4287.rng")
	var files []string
	for _, dir := range []string{"corpus/real", "corpus/quirks", "corpus/feedparser"} {
		err := filepath.WalkDir(feedtest.Shared(t, dir), func(path string, e os.DirEntry, err error) error {
			if err == nil && !e.IsDir() && filepath.Ext(path) != ".csv" && filepath.Ext(path) != ".md" {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	hostile := hostileFeed(t)
	more := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/hostile":
			w.Header().Set("Content-Type", "application/feed+json")
			_, _ = w.Write(hostile)
		case r.URL.Path == "/more":
			fmt.Fprintf(w, `<rss version="2.0"><channel><title>Báo B</title><link>https://b.example/</link>%s</channel></rss>`, more)
		default:
			numberedFiles(t, files).ServeHTTP(w, r)
		}
	}))
	defer srv.Close()
	tell := func(from, to int, at time.Time) {
		more = ""
		for i := from; i < to; i++ {
			more += fmt.Sprintf(`<item><title>Tin thêm số %d về chuyện %d</title><link>https://b.example/%d</link><pubDate>%s</pubDate><description>Tóm tắt %d.</description></item>`,
				i, i*7919, i, at.Add(-time.Duration(i-from)*time.Minute).Format(time.RFC1123Z), i)
		}
	}
	c := newClock()
	tell(0, 5, c.now())
	var yaml strings.Builder
	yaml.WriteString("site: {title: 'Điểm <tin> & \"báo\"', url: \"https://news.example.org\", contact: 'mailto:desk@example.org'}\n" +
		"defaults: {allow_private: true, host_interval: 0s, rights: full}\n" +
		"sections:\n  - {id: ac, title: Ác & <ý>, limit: 100}\n  - {id: them, title: Thêm, limit: 10}\n  - {id: khong, title: Không}\n" +
		"partners:\n  - {id: cong, title: Cổng, sections: [ac, them], token_env: FEEDD_TEST_TOKEN, content: summary, limit: 5, own_ids: true}\n" +
		"  - {id: ac, sections: [ac], token_env: FEEDD_TEST_TOKEN, content: full}\nsources:\n")
	t.Setenv("FEEDD_TEST_TOKEN", "bi-mat-cua-cong-1234567890")
	fmt.Fprintf(&yaml, "  - {id: ac, title: Ác, section: ac, url: \"%s/hostile\"}\n  - {id: them, title: Báo B, section: them, url: \"%[1]s/more\"}\n", srv.URL)
	for n := range files {
		fmt.Fprintf(&yaml, "  - {id: f%d, title: Nguồn %d, url: \"%s/%d\"}\n", n, n, srv.URL, n)
	}
	h := build(t, yaml.String(), c, "")
	h.collect(t)

	web := httptest.NewServer(h.handler())
	defer web.Close()
	fetch := func(path string, header ...string) (*http.Response, []byte) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, web.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, b
	}
	var checks errgroup.Group
	checks.SetLimit(2)
	var mu sync.Mutex
	judged := 0
	validate := func(path string, res *http.Response, doc []byte) {
		base, _, _ := strings.Cut("https://news.example.org"+path, "?token=") // which no self link tells
		base, _, _ = strings.Cut(base, "?delta")
		ignore := ""
		if bytes.Contains(doc, []byte("<at:deleted-entry")) {
			ignore = "UnknownNamespace" // RFC 6721 is newer than the validator
		}
		kind := res.Header.Get("Content-Type")
		judged++
		checks.Go(func() error {
			cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", tool, checkout, "-", "--werror", "--rng", schema, "--base", base, "--type", kind, "--ignore", ignore)
			cmd.Stdin = bytes.NewReader(doc)
			if out, err := cmd.CombinedOutput(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				if dir := os.Getenv("FEEDD_KEEP"); dir != "" {
					_ = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(path, "/", "_")), doc, 0o644)
				}
				t.Errorf("%s: %v\n%s", path, err, out)
			}
			return nil
		})
	}
	get := func(path string) []byte {
		t.Helper()
		res, doc := fetch(path)
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", path, res.Status)
		}
		validate(path, res, doc)
		return doc
	}
	// What a reader follows besides sections: searches, sources, and some of the stories that they tell. A
	// star stands where the format goes; searches are asked for by the address that they give themselves.
	followed := func() []string {
		t.Helper()
		paths := []string{"/search*?q=tin", "/search*?q=th%C3%AAm+s%E1%BB%91%2C+-7919&limit=5&order=rank", "/search*?q=the", "/search*?q=tin&section=them&source=them",
			"/search*?q=kh%C3%B4ng+ai+vi%E1%BA%BFt+th%E1%BA%BF", "/search*?q=%3Cscript%3E", "/sources/ac*", "/sources/them*"}
		for n := range files {
			if n%41 == 0 {
				paths = append(paths, fmt.Sprintf("/sources/f%d*", n))
			}
		}
		const stories = 4 // of each section
		for _, section := range []string{"top", "ac", "them"} {
			res, doc := fetch("/sections/" + section + ".json")
			var listed struct {
				Items []struct {
					Feedd struct {
						Story string `json:"story_url"`
					} `json:"_feedd"`
				}
			}
			if err := json.Unmarshal(doc, &listed); err != nil || len(listed.Items) == 0 {
				t.Fatal(section, res.Status, err, len(listed.Items))
			}
			for _, it := range listed.Items[:min(stories, len(listed.Items))] {
				paths = append(paths, strings.TrimPrefix(it.Feedd.Story, "https://news.example.org")+"*")
			}
		}
		return paths
	}
	everything := func() {
		get("/feeds.opml")
		get("/sources.opml")
		for _, section := range []string{"all", "top", "ac", "them", "khong"} {
			for i, path := 0, "/sections/"+section; path != ""; i++ {
				if i == 0 || i%3 == 1 {
					get(path + ".rss")
				}
				if i == 0 || i%3 == 2 {
					get(path + ".json")
				}
				var doc struct {
					Links []struct {
						Rel  string `xml:"rel,attr"`
						Href string `xml:"href,attr"`
					} `xml:"http://www.w3.org/2005/Atom link"`
				}
				res, atom := fetch(path + ".atom")
				if i%3 == 0 {
					validate(path+".atom", res, atom)
				}
				if err := xml.Unmarshal(atom, &doc); err != nil {
					t.Fatal(path, res.Status, err)
				}
				path = ""
				for _, l := range doc.Links {
					if l.Rel == "prev-archive" {
						path = strings.TrimSuffix(strings.TrimPrefix(l.Href, "https://news.example.org"), ".atom")
					}
				}
			}
		}
		for _, path := range followed() {
			for _, ext := range []string{".rss", ".atom", ".json"} {
				get(strings.Replace(path, "*", ext, 1))
			}
		}
		for _, path := range []string{"/partners/cong/ac", "/partners/cong/them", "/partners/ac/ac"} {
			for _, ext := range []string{".rss", ".atom", ".json"} {
				get(path + ext + "?token=bi-mat-cua-cong-1234567890")
			}
		}
	}
	everything()

	tags := map[string]string{}
	paths := []string{"/sections/them.rss", "/sections/them.atom", "/sections/them.json", "/sections/all.atom"}
	for _, path := range paths {
		res, _ := fetch(path)
		tags[path] = res.Header.Get("ETag")
	}
	c.advance(time.Hour)
	tell(100, 103, c.now())
	h.collect(t)
	if entries, err := h.As("").Retract(t.Context(), "https://b.example/1", false); err != nil || len(entries) == 0 {
		t.Fatal(entries, err)
	}
	if err := h.pub.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		res, doc := fetch(path, "A-IM", "feed", "If-None-Match", tags[path])
		if res.StatusCode != http.StatusIMUsed || !bytes.Contains(doc, []byte("Tin thêm số 101")) || bytes.Contains(doc, []byte("Tin thêm số 3 ")) {
			t.Errorf("%s: what is new: %s %s", path, res.Status, doc)
			continue
		}
		validate(path+"?delta", res, doc)
	}
	c.advance(40 * 24 * time.Hour) // months end
	if err := h.pub.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/sections/them", "/sections/ac", "/partners/cong/them"} {
		for _, ext := range []string{".rss", ".atom", ".json"} {
			get(path + ext + "?token=bi-mat-cua-cong-1234567890")
		}
	}
	if err := checks.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("%d documents judged", judged)
	if strings.Contains(h.log.String(), "level=ERROR") {
		t.Error("errors in the log:\n", h.log)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}
