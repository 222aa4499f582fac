package collect

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"feedd/internal/feed"
)

// rssOf writes a feed with an item for each name.
func rssOf(names ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Báo Thử</title><link>https://example.org/</link><description>Tin thử</description>`)
	for _, n := range names {
		fmt.Fprintf(&b, `<item><title>Tin %s</title><link>https://example.org/%s</link><guid>%s</guid><description>Về %s</description></item>`, n, n, n, n)
	}
	b.WriteString(`</channel></rss>`)
	return b.String()
}

// webServer serves h on a loopback address of its own, so that each server is a host of its own.
func webServer(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func sourceAt(id, url string) feed.Source {
	return feed.Source{ID: id, URL: url, Schedule: "*/15 * * * *", AllowPrivate: true, Timeout: 5 * time.Second}
}

func testCollector(t testing.TB) *Collector {
	t.Helper()
	c := New(Options{Site: feed.Site{Contact: "mailto:desk@example.org"}, Version: "1.2"})
	t.Cleanup(c.Close)
	return c
}

// unguarded lets a collector follow from one server of a test to another. Servers on the public
// internet need no such leave.
func unguarded(c *Collector) *Collector {
	c.transports[route{}] = &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 1}
	return c
}

func TestRequestSaysWhoAsksAndWhatIsKnown(t *testing.T) {
	var got http.Header
	etag, modified := `W/"a, b; \"c"`, "Wed, 14 Aug 2024 10:44:00 +0700"
	status, body := 200, rssOf("a")
	s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		if etag != "" {
			w.Header().Set("ETag", etag)
		}
		if modified != "" {
			w.Header().Set("Last-Modified", modified)
		}
		w.WriteHeader(status)
		if status != 304 {
			io.WriteString(w, body)
		}
	})
	c, src := testCollector(t), sourceAt("s", s.URL)
	src.Headers = map[string]string{"X-Key": "k", "Accept-Language": "vi"}
	src.Cookie, src.Username, src.Password = "a=b", "u", "p"
	res := c.Collect(t.Context(), src, feed.SourceState{}, nil)
	if res.Err != nil || res.Outcome != OK || len(res.Items) != 1 {
		t.Fatalf("%+v", res)
	}
	for name, want := range map[string]string{
		"User-Agent": "feedd/1.2 (+mailto:desk@example.org)", "A-Im": "feed", "Accept-Encoding": "gzip, deflate, br",
		"X-Key": "k", "Accept-Language": "vi", "Cookie": "a=b", "Authorization": "Basic dTpw",
		"If-None-Match": "", "If-Modified-Since": "",
	} {
		if got.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want)
		}
	}

	// The second request gives the validators back as they came.
	status = 304
	firstTag, firstModified := etag, modified
	etag, modified = `"new"`, ""
	res = c.Collect(t.Context(), src, res.State, nil)
	if res.Outcome != Unchanged || res.Status != 304 || got.Get("If-None-Match") != firstTag || got.Get("If-Modified-Since") != firstModified {
		t.Errorf("%s %d: If-None-Match %q, If-Modified-Since %q", res.Outcome, res.Status, got.Get("If-None-Match"), got.Get("If-Modified-Since"))
	}
	// A 304 may bring new ones.
	if res.State.ETag != `"new"` || res.State.LastModified != firstModified {
		t.Errorf("after 304: %q %q", res.State.ETag, res.State.LastModified)
	}
	// A server that ignores them and sends the same bytes brings nothing new.
	status, etag = 200, `"newer"`
	res = c.Collect(t.Context(), src, res.State, nil)
	if res.Outcome != Unchanged || res.Status != 200 || res.State.ETag != `"newer"` || res.State.LastModified != "" {
		t.Errorf("same bytes: %+v", res)
	}
	// Failures keep the validators of the last good answer, and count.
	good := res.State
	status, body = 500, "no"
	res = c.Collect(t.Context(), src, res.State, nil)
	if res.Outcome != Failed || res.State.Failures != 1 || res.State.ETag != `"newer"` || !strings.Contains(res.Err.Error(), "500 Internal Server Error") {
		t.Errorf("500: %+v", res)
	}
	status, etag, body = 200, `"html"`, "<!DOCTYPE html><html><head><title>Bảo trì</title></head><body><p>Xin lỗi</p></body></html>"
	res = c.Collect(t.Context(), src, res.State, nil)
	if res.Outcome != Failed || res.State.Failures != 2 || res.State.ETag != `"newer"` || res.State.BodyHash != good.BodyHash || len(res.Items) != 0 {
		t.Errorf("HTML: %+v", res)
	}
	// The first success ends all of that.
	body, etag = rssOf("a", "b"), `"b"`
	res = c.Collect(t.Context(), src, res.State, nil)
	if res.Outcome != OK || res.State.Failures != 0 || res.State.Error != "" || res.State.ETag != `"b"` || len(res.Items) != 2 {
		t.Errorf("recovery: %+v", res)
	}
	// Another address starts anew, and so does another way of reading.
	moved := src
	moved.URL += "/other"
	c.Collect(t.Context(), moved, res.State, nil)
	if got.Get("If-None-Match") != "" {
		t.Errorf("another address is asked with If-None-Match %q", got.Get("If-None-Match"))
	}
	reread := src
	reread.MaxItems = 7
	c.Collect(t.Context(), reread, res.State, nil)
	if got.Get("If-None-Match") != "" {
		t.Errorf("another reading asks with If-None-Match %q", got.Get("If-None-Match"))
	}
}

func TestEncodings(t *testing.T) {
	plainText := rssOf("a", "b", "c")
	pack := func(make func(io.Writer) io.WriteCloser, s string) string {
		var b bytes.Buffer
		w := make(&b)
		io.WriteString(w, s)
		w.Close()
		return b.String()
	}
	gz := func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
	zl := func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }
	fl := func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 9); return f }
	br := func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) }
	zs := func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z }
	wide := func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w, zstd.WithWindowSize(32<<20)); return z }
	zeros := strings.Repeat("\x00", 3<<20)
	for name, c := range map[string]struct {
		encoding, body, want string
		cut                  bool
	}{
		"none":               {"", plainText, "", false},
		"identity":           {"identity", plainText, "", false},
		"gzip":               {"gzip", pack(gz, plainText), "", false},
		"x-gzip":             {"X-GZip", pack(gz, plainText), "", false},
		"zlib":               {"deflate", pack(zl, plainText), "", false},
		"raw deflate":        {"deflate", pack(fl, plainText), "", false},
		"br":                 {"br", pack(br, plainText), "", false},
		"gzip of br":         {"br, gzip", pack(gz, pack(br, plainText)), "", false},
		"said gzip":          {"gzip", plainText, "", false},
		"said deflate":       {"deflate", plainText, "", false},
		"padded gzip":        {"gzip", pack(gz, plainText) + strings.Repeat("\x00", 600), "", false},
		"cut gzip":           {"gzip", pack(gz, plainText)[:200], "", true},
		"zstd":               {"zstd", pack(zs, plainText), "", false},
		"zstd bomb":          {"zstd", pack(zs, zeros), "body larger than 1 MiB (max_bytes)", false},
		"zstd, 32 MB window": {"zstd", pack(wide, zeros), "window size exceeded", false},
		"unknown":            {"lzma", "\x5d\x00\x00\x80\x00\xff\xff\xff", `compressed as "lzma"`, false},
		"said br":            {"br", plainText, "", false},
		"said br, with mark": {"br", "\xef\xbb\xbf" + plainText, "", false},
		"said br, JSON":      {"br", "\n{\"version\": 1}", "", false},
		"said zstd":          {"zstd", plainText, "", false},
		"br that is gzip":    {"br", pack(gz, plainText), "", false},
		"zlib that is gzip":  {"deflate", pack(gz, plainText), "", false},
		"a charset":          {"UTF-8", plainText, "", false},
		"a media type":       {"text/xml", plainText, "", false},
		"a word":             {"none", plainText, "", false},
		"aws-chunked":        {"aws-chunked", plainText, "", false},
		"gzip, aws-chunked":  {"gzip,aws-chunked", pack(gz, plainText), "", false},
		"signed chunks":      {"aws-chunked", fmt.Sprintf("%x;chunk-signature=0a\r\n%s\r\n0;chunk-signature=0b\r\n\r\n", len(plainText), plainText), "", false},
		"too often":          {"gzip,gzip,gzip,gzip", plainText, "compressed 4 times over", false},
		"gzip bomb":          {"gzip", pack(gz, zeros), "body larger than 1 MiB (max_bytes)", false},
		"deflate bomb":       {"deflate", pack(zl, zeros), "body larger than 1 MiB (max_bytes)", false},
		"br bomb":            {"br", pack(br, zeros), "body larger than 1 MiB (max_bytes)", false},
		"bomb in a bomb":     {"gzip, gzip", pack(gz, pack(gz, zeros)), "body larger than 1 MiB (max_bytes)", false},
		"large":              {"", zeros, "body larger than 1 MiB (max_bytes)", false},
		"large but allowed":  {"", plainText + strings.Repeat(" ", 1<<20-len(plainText)), "", false},
		"a byte too much":    {"", plainText + strings.Repeat(" ", 1<<20-len(plainText)+1), "body larger than 1 MiB (max_bytes)", false},
		"damaged gzip start": {"gzip", "\x1f\x8b\xff\xff", "the gzip of the answer is damaged", false},
	} {
		s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
			if c.encoding != "" {
				w.Header().Set("Content-Encoding", c.encoding)
			}
			io.WriteString(w, c.body)
		})
		src := sourceAt("s", s.URL)
		src.MaxBytes = 1 << 20
		v := &visit{c: testCollector(t)}
		u, _ := url.Parse(src.URL)
		a, err := v.get(t.Context(), ask{url: u, src: &src})
		if err == nil {
			err = a.unpack()
		}
		v.release()
		switch {
		case c.want != "":
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case c.cut:
			if a.cut == nil || !strings.HasPrefix(plainText, string(a.Bytes)) || len(a.Bytes) == 0 {
				t.Errorf("%s: cut %v after %d bytes", name, a.cut, len(a.Bytes))
			}
		case strings.HasPrefix(name, "said"):
			if string(a.Bytes) != c.body {
				t.Errorf("%s: got %.40q", name, a.Bytes)
			}
		case strings.TrimSpace(string(a.Bytes)) != plainText:
			t.Errorf("%s: got %.40q", name, a.Bytes)
		}
	}
}

// TestOddSuccess: what counts is the document, whichever success the server calls it.
func TestOddSuccess(t *testing.T) {
	text := rssOf("a", "b")
	for name, c := range map[string]struct {
		status     int
		body, part string
		items      int
		cut        bool
		says       string
	}{
		"201":               {201, text, "", 2, false, ""},
		"202":               {202, text, "", 2, false, ""},
		"203":               {203, text, "", 2, false, ""},
		"206":               {206, text, "", 2, false, ""},
		"206, the whole":    {206, text, fmt.Sprintf("bytes 0-%d/%d", len(text)-1, len(text)), 2, false, ""},
		"206, a part":       {206, text, fmt.Sprintf("bytes 0-%d/%d", len(text)-1, 9*len(text)), 2, true, ""},
		"299":               {299, text, "", 2, false, ""},
		"202, nothing yet":  {202, "", "", 0, false, "202 Accepted"},
		"204":               {204, "", "", 0, false, "204 No Content"},
		"404 with the feed": {404, text, "", 0, false, "404 Not Found"},
		"500 with the feed": {500, text, "", 0, false, "500 Internal"},
	} {
		s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"a"`)
			if c.part != "" {
				w.Header().Set("Content-Range", c.part)
			}
			w.WriteHeader(c.status)
			io.WriteString(w, c.body)
		})
		res := testCollector(t).Collect(t.Context(), sourceAt("s", s.URL), feed.SourceState{}, nil)
		if c.says != "" {
			if res.Outcome != Failed || !strings.Contains(res.Err.Error(), c.says) {
				t.Errorf("%s: %s, %v", name, res.Outcome, res.Err)
			}
			continue
		}
		if res.Outcome != OK || len(res.Items) != c.items || (res.State.ETag == "") != c.cut || (len(res.Warnings) > 0) != c.cut {
			t.Errorf("%s: %s, %d items, ETag %q, %q, %v", name, res.Outcome, len(res.Items), res.State.ETag, res.Warnings, res.Err)
		}
	}
}

// A document that breaks off gives what there is, and no validator that would hide the rest.
func TestBrokenOffAnswer(t *testing.T) {
	text := rssOf("a", "b")
	s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"a"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(text)+100))
		io.WriteString(w, text)
	})
	res := testCollector(t).Collect(t.Context(), sourceAt("s", s.URL), feed.SourceState{}, nil)
	if res.Outcome != OK || len(res.Items) != 2 || res.State.ETag != "" || res.State.BodyHash != "" {
		t.Fatalf("%+v", res)
	}
	if len(res.Warnings) == 0 || !strings.Contains(res.Warnings[len(res.Warnings)-1], "broke off") {
		t.Errorf("warnings %q", res.Warnings)
	}
}

func TestFetch(t *testing.T) {
	s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/rss", http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "application/rss+xml; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, rssOf("a"))
		z.Close()
	})
	body, err := testCollector(t).Fetch(t.Context(), sourceAt("s", strings.Replace(s.URL, "http://", "http://u:geheim@", 1)+"/moved"))
	if err != nil || string(body.Bytes) != rssOf("a") || body.URL != s.URL+"/rss" || body.ContentType != "application/rss+xml; charset=utf-8" {
		t.Errorf("%v %+v", err, body)
	}
}

func TestTimeoutNamesItself(t *testing.T) {
	stop := make(chan struct{})
	s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/drip" {
			io.WriteString(w, rssOf("a")[:50])
			w.(http.Flusher).Flush()
		}
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	defer close(stop)
	for path, want := range map[string]string{
		"/silent": "no answer within 300ms (timeout)",
		"/drip":   "no whole answer within 300ms (timeout)",
	} {
		src := sourceAt("s", s.URL+path)
		src.Timeout = 300 * time.Millisecond
		res := testCollector(t).Collect(t.Context(), src, feed.SourceState{}, nil)
		if res.Outcome != Failed || res.Err.Error() != want || res.State.Error != want {
			t.Errorf("%s: %v, want %q", path, res.Err, want)
		}
	}
	// What the caller ends is no failure of the source.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	res := testCollector(t).Collect(ctx, sourceAt("s", s.URL), feed.SourceState{Failures: 3}, nil)
	if !errors.Is(res.Err, context.Canceled) || res.State.Failures != 3 {
		t.Errorf("%+v", res)
	}
}

func TestRedirects(t *testing.T) {
	var mu sync.Mutex
	secrets := map[string]string{}
	note := func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		secrets[r.URL.Path] = r.Header.Get("Authorization") + r.Header.Get("Cookie") + r.Header.Get("X-Key")
	}
	other := webServer(t, func(w http.ResponseWriter, r *http.Request) { note(r); io.WriteString(w, rssOf("other")) })
	s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		note(r)
		to := func(status int, location string) { w.Header().Set("Location", location); w.WriteHeader(status) }
		var n, status int
		switch {
		case r.URL.Path == "/feed":
			io.WriteString(w, rssOf("a"))
		case r.URL.Path == "/away":
			to(302, other.URL+"/there")
		case r.URL.Path == "/circle":
			to(302, "/circle")
		case r.URL.Path == "/wall":
			if _, err := r.Cookie("seen"); err != nil {
				http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
				to(302, "/wall")
				return
			}
			io.WriteString(w, rssOf("a"))
		case r.URL.Path == "/nowhere":
			w.WriteHeader(302)
		case r.URL.Path == "/mail":
			to(302, "mailto:a@example.org")
		case r.URL.Path == "/spaces":
			to(301, "/fe ed/../feed")
		case fscan(r.URL.Path, "/chain/%d/%d", &status, &n):
			if n == 0 {
				to(status, "/feed")
			} else {
				to(status, fmt.Sprintf("/chain/%d/%d", status, n-1))
			}
		case r.URL.Path == "/mixed":
			to(301, "/chain/302/0")
		}
	})
	for path, want := range map[string]string{
		"/chain/301/0": "", "/chain/302/3": "", "/chain/303/0": "", "/chain/307/0": "", "/chain/308/9": "",
		"/chain/301/10": "more than 10 redirects", "/circle": "in a circle", "/wall": "", "/nowhere": "not where to go",
		"/mail": "not the web", "/away": "", "/mixed": "",
	} {
		src := sourceAt("s", s.URL+path)
		src.Bearer, src.Cookie, src.Headers = "t", "c=d", map[string]string{"X-Key": "k"}
		res := unguarded(testCollector(t)).Collect(t.Context(), src, feed.SourceState{}, nil)
		if want == "" && res.Err != nil || want != "" && (res.Err == nil || !strings.Contains(res.Err.Error(), want)) {
			t.Errorf("%s: %v, want %q", path, res.Err, want)
		}
	}
	if got := secrets["/feed"]; got != "Bearer tc=dk" {
		t.Errorf("the source's own host got %q", got)
	}
	if got := secrets["/there"]; got != "" {
		t.Errorf("another host got %q", got)
	}

	// A permanent redirect is remembered when it is permanent all the way, and proposed at three.
	for path, permanent := range map[string]bool{"/chain/301/2": true, "/chain/308/0": true, "/mixed": false, "/chain/307/0": false, "/feed": false} {
		c, src := testCollector(t), sourceAt("s", s.URL+path)
		var st feed.SourceState
		for range 3 {
			if Moved(st) != "" {
				t.Errorf("%s: proposed too early", path)
			}
			st = c.Collect(t.Context(), src, st, nil).State
		}
		if got, want := Moved(st), s.URL+"/feed"; permanent != (got == want) {
			t.Errorf("%s: moved to %q after three times", path, got)
		}
	}
}

func fscan(s, format string, to ...any) bool {
	n, err := fmt.Sscanf(s, format, to...)
	return err == nil && n == len(to)
}

// Validators are sent to the address that gave them, not to what stands before it.
func TestValidatorsFollowTheRedirect(t *testing.T) {
	tags := map[string]string{}
	s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		tags[r.URL.Path] = r.Header.Get("If-None-Match")
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusMovedPermanently)
			return
		}
		w.Header().Set("ETag", `"n"`)
		io.WriteString(w, rssOf("a"))
	})
	c, src := testCollector(t), sourceAt("s", s.URL+"/old")
	st := c.Collect(t.Context(), src, feed.SourceState{}, nil).State
	c.Collect(t.Context(), src, st, nil)
	if diff := cmp.Diff(map[string]string{"/old": "", "/new": `"n"`}, tags); diff != "" {
		t.Error(diff)
	}
}

func TestPrivateAddressesAreRefused(t *testing.T) {
	for _, address := range []string{
		"127.0.0.1:80", "10.1.2.3:80", "172.16.0.1:443", "192.168.1.1:80", "169.254.169.254:80", "100.64.0.1:80", "0.0.0.0:80",
		"192.0.2.1:80", "198.18.0.1:80", "224.0.0.1:80", "255.255.255.255:80", "[::1]:80", "[::]:80", "[fe80::1]:80", "[fc00::1]:80",
		"[::ffff:127.0.0.1]:80", "[::ffff:8.8.8.8]:80", "[64:ff9b::7f00:1]:80", "[64:ff9b::a00:1]:80", "[2002:7f00:1::]:80", "[ff02::1]:80", "[fd00:ec2::254]:80", "nonsense",
	} {
		network := "tcp4"
		if strings.HasPrefix(address, "[") {
			network = "tcp6"
		}
		if err := guard(network, address, nil); !errors.Is(err, ErrPrivate) {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"8.8.8.8:8080", "1.1.1.1:443", "[2606:4700::1111]:443"} {
		network := "tcp4"
		if strings.HasPrefix(address, "[") {
			network = "tcp6"
		}
		if err := guard(network, address, nil); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}

	s := webServer(t, func(w http.ResponseWriter, r *http.Request) { t.Error("a private address was asked") })
	c := testCollector(t)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	for _, at := range []string{s.URL, "http://localhost:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://0x7f.1:" + port} {
		src := sourceAt("s", at)
		src.AllowPrivate = false
		if res := c.Collect(t.Context(), src, feed.SourceState{}, nil); res.Outcome != Failed {
			t.Errorf("%s: %+v", at, res)
		} else if at == s.URL && res.Err.Error() != "127.0.0.1 is a private or special address: allow_private is not set" {
			t.Errorf("%s: %v", at, res.Err)
		}
	}
}

// What a source may itself is not what its document may send us to: articles, redirects and hubs on
// other private addresses stay out of reach, and the clouds' metadata is out of everybody's.
func TestAllowPrivateIsForTheSourceAlone(t *testing.T) {
	var asked atomic.Int64
	other := webServer(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		io.WriteString(w, rssOf("stolen"))
	})
	own := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/robots.txt":
			http.NotFound(w, r)
		case "/moved":
			http.Redirect(w, r, other.URL+"/rss", http.StatusFound)
		case "/metadata":
			http.Redirect(w, r, "http://168.63.129.16/", http.StatusFound)
		case "/rss":
			fmt.Fprintf(w, `<rss version="2.0"><channel><title>T</title><link>http://e.org/</link><description/>
				<item><title>Tin một</title><link>%s/tin</link><guid>1</guid></item></channel></rss>`, other.URL)
		}
	})
	c := testCollector(t)
	src := sourceAt("s", own.URL+"/rss")
	src.Article = true
	res := c.Collect(t.Context(), src, feed.SourceState{}, knownKeys())
	if res.Outcome != OK || len(res.Items) != 1 || len(res.Warnings) == 0 || !strings.Contains(res.Warnings[0], "allow_private") {
		t.Errorf("%s %v, warnings %q", res.Outcome, res.Err, res.Warnings)
	}
	if res := c.Collect(t.Context(), sourceAt("s", own.URL+"/moved"), feed.SourceState{}, nil); !errors.Is(res.Err, ErrPrivate) {
		t.Errorf("a redirect: %v", res.Err)
	}
	if res := c.Collect(t.Context(), sourceAt("s", own.URL+"/metadata"), feed.SourceState{}, nil); !errors.Is(res.Err, errMetadata) {
		t.Errorf("a redirect to a metadata service: %v", res.Err)
	}
	hub := feed.SourceState{Push: &feed.Push{Hub: other.URL + "/hub", Topic: src.URL, Secret: "s", Callback: "c"}}
	if err := c.Subscribe(t.Context(), src, hub); !errors.Is(err, ErrPrivate) {
		t.Errorf("a hub: %v", err)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("another private host was asked %d times", n)
	}
	for _, at := range []string{"http://169.254.169.254/latest", "http://168.63.129.16/", "http://[fd00:ec2::254]/", "http://[::ffff:100.100.100.200]/", "http://192.0.0.192/"} {
		if res := c.Collect(t.Context(), sourceAt("s", at), feed.SourceState{}, nil); !errors.Is(res.Err, errMetadata) {
			t.Errorf("%s with allow_private: %v", at, res.Err)
		}
	}
}

// A proxy may live anywhere, but what is asked through it may not.
func TestProxy(t *testing.T) {
	var asked []string
	proxy := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String()+" "+r.Header.Get("Proxy-Authorization"))
		if r.URL.Path == "/redirect" {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
			return
		}
		io.WriteString(w, rssOf("a"))
	})
	c := testCollector(t)
	collect := func(at string) Result {
		src := sourceAt("s", at)
		src.AllowPrivate = false
		src.Proxy = strings.Replace(proxy.URL, "http://", "http://u:geheim@", 1)
		return c.Collect(t.Context(), src, feed.SourceState{}, nil)
	}
	if res := collect("http://1.1.1.1/rss"); res.Outcome != OK {
		t.Errorf("%+v", res.Err)
	}
	if diff := cmp.Diff([]string{"http://1.1.1.1/rss Basic dTpnZWhlaW0="}, asked); diff != "" {
		t.Error(diff)
	}
	for _, at := range []string{"http://127.0.0.1/", "http://[::ffff:10.0.0.1]/", "http://metadata.google.internal/", "http://localhost/", "http://intranet/", "http://1.1.1.1/redirect"} {
		if res := collect(at); !errors.Is(res.Err, ErrPrivate) {
			t.Errorf("%s: %v", at, res.Err)
		}
	}
	src := sourceAt("s", "http://1.1.1.1/")
	src.Proxy = "http://u:geheim@[::1/"
	if res := c.Collect(t.Context(), src, feed.SourceState{}, nil); res.Err == nil || strings.Contains(res.Err.Error(), "geheim") {
		t.Errorf("%v", res.Err)
	}
}

func TestDelta(t *testing.T) {
	status, im := 200, ""
	s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("A-IM") != "feed" {
			t.Errorf("A-IM: %q", r.Header.Get("A-IM"))
		}
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, status))
		if im != "" {
			w.Header().Set("IM", im)
		}
		w.WriteHeader(status)
		if status == 226 {
			io.WriteString(w, rssOf("d"))
		} else {
			io.WriteString(w, rssOf("a", "b", "c"))
		}
	})
	c, src := testCollector(t), sourceAt("s", s.URL)
	full := c.Collect(t.Context(), src, feed.SourceState{}, nil)
	status, im = 226, "feed"
	res := c.Collect(t.Context(), src, full.State, nil)
	if res.Outcome != OK || !res.Delta || len(res.Items) != 1 || res.State.ETag != `"226"` || res.State.Items != 3 || res.State.BodyHash != full.State.BodyHash {
		t.Errorf("%+v", res)
	}
	im = "vcdiff"
	if res := c.Collect(t.Context(), src, full.State, nil); res.Outcome != Failed || res.State.ETag != `"200"` {
		t.Errorf("%+v", res)
	}
}

// Errors name what the person who reads them must act on, and no secret of the address.
func TestErrorsKeepSecrets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	hangup := webServer(t, func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	for at, want := range map[string]string{
		"http://u:geheim@" + closed + "/?token=geheim":     "refuses connections",
		"http://u:geheim@no-such-host.invalid/?key=geheim": "no-such-host.invalid",
		hangup.URL + "/?token=geheim":                      "hung up without an answer",
		"ftp://u:geheim@example.org/":                      "no web address",
		"http://u:geheim@%zz/":                             "no web address",
	} {
		res := testCollector(t).Collect(t.Context(), sourceAt("s", at), feed.SourceState{}, nil)
		if res.Err == nil || !strings.Contains(res.Err.Error(), want) || strings.Contains(res.Err.Error(), "geheim") {
			t.Errorf("%s: %v", at, res.Err)
		}
	}
}
