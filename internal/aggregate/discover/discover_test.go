package discover

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/aggregate/collect"
)

func rss(title string) string {
	return fmt.Sprintf(`<?xml version="1.0"?><rss version="2.0"><channel><title>%s</title><link>http://x/</link><description/>
<item><title>Cũ</title><link>http://x/1</link><pubDate>Mon, 14 Sep 2026 08:00:00 +0700</pubDate></item>
<item><title>Mới nhất</title><link>http://x/2</link><pubDate>Mon, 14 Sep 2026 11:00:00 +0700</pubDate></item>
<item><title>Không ngày</title><link>http://x/3</link></item>
<item><title>Giữa</title><link>http://x/4</link><pubDate>Mon, 14 Sep 2026 10:00:00 +0700</pubDate></item></channel></rss>`, title)
}

// site serves documents by path; {{base}} in them is its address.
func site(t *testing.T, docs map[string]string) string {
	t.Helper()
	var base string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		doc, ok := docs[r.URL.RequestURI()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		kind := "text/html; charset=utf-8"
		if strings.HasPrefix(doc, "<?xml") {
			kind = "application/xml"
		}
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, strings.ReplaceAll(doc, "{{base}}", base))
	}))
	t.Cleanup(srv.Close)
	base = srv.URL
	return base
}

func find(t *testing.T, address string) (Found, error) {
	t.Helper()
	c := collect.New(collect.Options{Version: "test", Now: time.Now})
	t.Cleanup(c.Close)
	return Find(t.Context(), Options{Fetcher: c, Now: time.Now, Private: true, Source: func(address string) string {
		if strings.HasSuffix(address, "/a.rss") {
			return "known"
		}
		return ""
	}}, address)
}

// TestFind looks at sites of every kind.
func TestFind(t *testing.T) {
	list, err := os.ReadFile("../read/testdata/pages/cards.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, at string
		docs     map[string]string
		want     []string // path, how
		page     string   // selector of items
	}{
		{"a feed itself", "/a.rss", map[string]string{"/a.rss": rss("A")}, []string{"/a.rss the address itself"}, ""},
		{"link elements, a list of feeds, JSON", "/", map[string]string{
			"/": `<html><head><link rel="alternate" type="application/rss+xml" href="a.rss"><link rel="alternate" type="application/rss+xml" href="gone.rss"></head>
				<body><a href="/rss">RSS</a><script>window.x={"feed":"{{base}}\/data\/feed.xml","img":"{{base}}\/i.png"}</script></body></html>`,
			"/rss":           `<html><body><a href="/a.rss">A</a><a href="/kinh-te.rss">Kinh tế</a><a href="/lien-he">Liên hệ</a></body></html>`,
			"/a.rss":         rss("A"),
			"/kinh-te.rss":   rss("Kinh tế"),
			"/data/feed.xml": rss("Data"),
		}, []string{"/a.rss a link element", "/kinh-te.rss a link or data of the page", "/data/feed.xml a link or data of the page"}, ""},
		{"a common path", "/muc/tin", map[string]string{"/muc/tin": "<html><body>x</body></html>", "/atom.xml": rss("A")}, []string{"/atom.xml a common path"}, ""},
		{"below the address", "/blog/", map[string]string{"/blog/": "<html><body>x</body></html>", "/blog/feed": rss("B")}, []string{"/blog/feed a common path"}, ""},
		{"the page answers nothing", "/", map[string]string{"/feed.xml": rss("A")}, []string{"/feed.xml a common path"}, ""},
		{"WordPress", "/", map[string]string{"/": `<html><head><meta name="generator" content="WordPress 6.9"></head><body>x</body></html>`, "/feed/": rss("WP")}, []string{"/feed/ what the site's program makes"}, ""},
		{"Mastodon", "/@lan", map[string]string{"/@lan": "<html></html>", "/@lan.rss": rss("Lan")}, []string{"/@lan.rss the service's own way"}, ""},
		{"no feed", "/", map[string]string{"/": string(list)}, nil, "div.story-card"},
		{"nothing", "/", map[string]string{"/": "<html><body>x</body></html>"}, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			base := site(t, tt.docs)
			found, err := find(t, base+tt.at)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range found.Feeds {
				got = append(got, strings.TrimPrefix(f.URL, base)+" "+f.How)
				if f.Items != 4 || f.Type != "rss" || f.Title == "" || len(f.Newest) != 3 || f.Newest[0].Title != "Mới nhất" || f.Newest[1].Title != "Giữa" {
					t.Errorf("%+v", f)
				}
				if (f.Source != "") != strings.HasSuffix(f.URL, "/a.rss") {
					t.Errorf("%s is said to be source %q", f.URL, f.Source)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s\n%v", diff, found.Notes)
			}
			switch {
			case tt.page == "" && found.Page != nil:
				t.Errorf("proposed %+v", found.Page)
			case tt.page != "" && (found.Page == nil || found.Page.Item != tt.page || len(found.Page.Items) != 4):
				t.Errorf("proposed %+v, %v", found.Page, found.Notes)
			}
		})
	}
}

func TestFindFails(t *testing.T) {
	if _, err := find(t, "ftp://x.example/"); err == nil {
		t.Error("an address that is not on the web was looked at")
	}
	base := site(t, nil)
	if found, err := find(t, base); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("%+v, %v", found, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := collect.New(collect.Options{Version: "test", Now: time.Now})
	defer c.Close()
	if _, err := Find(ctx, Options{Fetcher: c, Now: time.Now}, base); err == nil {
		t.Error("looked on after the end")
	}
}

// A page on the public side does not make feedd ask a private one.
func TestOthersStayPrivate(t *testing.T) {
	asked := false
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked = true
		_, _ = io.WriteString(w, rss("secret"))
	}))
	t.Cleanup(inside.Close)
	base := site(t, map[string]string{"/": `<html><head><link rel="alternate" type="application/rss+xml" href="` + inside.URL + `/a.rss"></head></html>`})
	found, err := find(t, base+"/")
	if err != nil || len(found.Feeds) != 0 || asked {
		t.Errorf("%+v, %v, asked: %v", found, err, asked)
	}
}

func TestKnownSites(t *testing.T) {
	for address, want := range map[string][]string{
		"https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv": {youtubeFeed + "channel_id=UCabcdefghijklmnopqrstuv"},
		"https://youtube.com/user/someone/videos":                  {youtubeFeed + "user=someone"},
		"https://www.youtube.com/playlist?list=PLx_1":              {youtubeFeed + "playlist_id=PLx_1"},
		"https://www.youtube.com/@handle":                          nil,
		"https://old.reddit.com/r/VietNam/":                        {"https://www.reddit.com/r/VietNam/.rss"},
		"https://www.reddit.com/user/abc":                          {"https://www.reddit.com/user/abc/.rss"},
		"https://github.com/golang/go/issues":                      {"https://github.com/golang/go/releases.atom", "https://github.com/golang/go/tags.atom", "https://github.com/golang/go/commits.atom"},
		"https://github.com/golang":                                {"https://github.com/golang.atom"},
		"https://mastodon.example/@lan":                            {"https://mastodon.example/@lan.rss"},
		"https://ten.substack.com/p/x":                             {"https://ten.substack.com/feed"},
		"https://medium.com/@lan":                                  {"https://medium.com/feed/@lan"},
		"https://lan.wordpress.com/2026/":                          {"https://lan.wordpress.com/feed/"},
		"https://lan.blogspot.com/":                                {"https://lan.blogspot.com/feeds/posts/default"},
		"https://lan.tumblr.com":                                   {"https://lan.tumblr.com/rss"},
		"https://bsky.app/profile/lan.example":                     {"https://bsky.app/profile/lan.example/rss"},
		"https://vnexpress.net/kinh-doanh":                         nil,
		"https://github.com/":                                      nil,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, knownSites(u)); diff != "" {
			t.Errorf("%s: %s", address, diff)
		}
	}
}
