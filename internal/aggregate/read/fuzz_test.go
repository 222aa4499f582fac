package read

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"feedd/internal/feed"
)

// FuzzPreview drives the whole path of preview. Whatever comes in: no panic, no item in the future,
// no control characters in titles, no more than two seconds for a megabyte.
func FuzzPreview(f *testing.F) {
	seeds := []string{
		channelOfCDF,
		threeItems, threeItems[:300], listPage, string(healthyAtom()[:1500]),
		`{"version":"https://jsonfeed.org/version/1.1","title":"x","items":[{"id":1,"title":"a"},null]}`,
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel><title>x</title></channel><item><title>a</title><link>https://e.org/</link></item></rdf:RDF>`,
		`<rss><channel><item><title>a<br>b</titel><description><![CDATA[x`, `<feed><entry><content type="xhtml"><div>x</div></content>`,
		`<html><script type="application/ld+json">{"@type":"NewsArticle","headline":"a","url":"/b"}</script>`,
		"\xff\xfe<\x00r\x00s\x00s\x00", `<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel><title>&a;</title>`, "<rss <a b='", "<rss><!--", "<rss><a:b><c:d>",
	}
	for _, s := range seeds {
		f.Add([]byte(s), "text/xml")
	}
	if dir := os.Getenv("FEEDD_SHARED"); dir != "" {
		files, _ := filepath.Glob(filepath.Join(dir, "corpus/quirks/*"))
		for _, name := range files {
			if b, err := os.ReadFile(name); err == nil && len(b) < 16<<10 {
				f.Add(b, "application/rss+xml; charset=utf-8")
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, contentType string) {
		if len(b) > 1<<20 {
			return
		}
		start := time.Now()
		for _, src := range []feed.Source{{ID: "s"}, {ID: "p", Page: &feed.Page{Item: "li, article, item", Title: "a, title", Date: "time"}}} {
			p, err := Preview(Body{Bytes: b, ContentType: contentType, URL: "https://e.org/rss"}, src, testNow)
			if err != nil {
				if s := err.Error(); strings.TrimSpace(s) == "" || strings.Contains(s, "runtime error") {
					t.Errorf("error %q", s)
				}
				continue
			}
			for _, it := range p.Items {
				if strings.ContainsFunc(it.Title, func(r rune) bool { return r == '\uFFFD' || r < ' ' || r == 0x7f }) {
					t.Errorf("title %q", it.Title)
				}
				if it.Published > testNow.Format(time.RFC3339) {
					t.Errorf("published %s", it.Published)
				}
			}
			if _, err := json.Marshal(p); err != nil {
				t.Error(err)
			}
		}
		if d := time.Since(start); d > hang {
			t.Errorf("%d bytes took %s", len(b), d)
		}
	})
}

// hang is longer than any document of a megabyte takes, even under the race detector on a busy
// machine: what takes longer grows faster than its input. BenchmarkMegabyteOf has the real times.
const hang = 30 * time.Second

// megabytes are documents of a megabyte that are one thing over and over.
func megabytes() map[string][]byte {
	fill := func(head, unit, tail string) []byte {
		return []byte(head + strings.Repeat(unit, (1<<20-len(head)-len(tail))/len(unit)) + tail)
	}
	const open, end = `<rss version="2.0"><channel><title>x</title>`, `</channel></rss>`
	return map[string][]byte{
		"items":              fill(open, "<item/>", end),
		"titles":             fill(open+"<item>", "<title>", "</item>"+end),
		"descriptions":       fill(open+"<item>", "<description>", "</item>"+end),
		"comments":           fill(open, "<!-- ", end),
		"short comments":     fill(open+"<item><dc:x>", "a<!---->", "</dc:x></item>"+end),
		"sections":           fill(open+"<item><dc:x>", "<![CDATA[a]]>", "</dc:x></item>"+end),
		"ends":               fill(open, "</", end),
		"ends of something":  fill(open, "</x>", end),
		"quotes":             fill(open, `<a b="`, end),
		"attributes":         fill(open+"<a", ` b=c`, end),
		"ampersands":         fill(open+"<item><title>", "&", "</title></item>"+end),
		"references":         fill(open+"<item><title>", "&amp;", "</title></item>"+end),
		"wrong references":   fill(open+"<item><title>", "&#x1F;", "</title></item>"+end),
		"less-thans":         fill(open+"<item><title>", "<", "</title></item>"+end),
		"brackets":           fill(open+"<item><title>", "]]>", "</title></item>"+end),
		"roots":              fill("x", "<rss ", ""),
		"entries":            fill(`<feed xmlns="http://www.w3.org/2005/Atom">`, `<entry><title type="html">&lt;b&gt;</title></entry>`, `</feed>`),
		"nested html":        fill(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="html">`, `&lt;div&gt;`, `</content></entry></feed>`),
		"nested formatting":  fill(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="html">`, `&lt;b&gt;&lt;p&gt;`, `</content></entry></feed>`),
		"nested page":        fill("<html><body>", "<div>", ""),
		"formatting on page": fill("<html><body>", "<b><p>", ""),
		"json arrays":        fill(`{"version":"https://jsonfeed.org/version/1.1","items":`, "[", ""),
		"json items":         fill(`{"version":"https://jsonfeed.org/version/1.1","items":[`, `{"id":"1"},`, `null]}`),
		"invalid bytes":      fill(open+"<item><title>", "\xff\xe1", "</title></item>"+end),
		"numbers as dates":   fill(open, "<item><guid>1</guid><pubDate>1/1/1/1/1/1/1/1/1/1/1/1</pubDate></item>", end),
		"combining marks":    fill(open+"<item><title>a", "\u0323\u0301", "</title></item>"+end),
		"doctype":            fill(`<!DOCTYPE rss [`, `<!ENTITY a "b">`, "]>"+open+end),
		"ld":                 fill(`<script type="application/ld+json">`, `{"@graph":[`, ""),
	}
}

// TestMegabyteOf holds what comes of a megabyte of one thing, and the memory it takes.
func TestMegabyteOf(t *testing.T) {
	for name, doc := range megabytes() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		p, err := Preview(Body{Bytes: doc, URL: "https://e.org/rss"}, feed.Source{}, testNow)
		if took := time.Since(start); took > hang {
			t.Errorf("%s: %s", name, took)
		}
		runtime.ReadMemStats(&after)
		if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 512 { // in all, several times the peak
			t.Errorf("%s: %d MB allocated", name, mb)
		}
		if err == nil && len(p.Items) > defaultMaxItems {
			t.Errorf("%s: %d items", name, len(p.Items))
		}
	}
}

// BenchmarkMegabyteOf says how long each takes.
func BenchmarkMegabyteOf(b *testing.B) {
	for name, doc := range megabytes() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _ = Preview(Body{Bytes: doc, URL: "https://e.org/rss"}, feed.Source{}, testNow) // many are refused
			}
		})
	}
}

// FuzzArticle: no page of an article makes its reader panic or replace what the source said, and what
// it adds is text.
func FuzzArticle(f *testing.F) {
	for _, page := range []string{
		`<html><head><meta property="og:image" content="/a.jpg"><meta name="description" content="Tóm tắt"><script type="application/ld+json">{"@type":"NewsArticle","headline":"a","datePublished":"2026-03-02T08:00:00+07:00","author":[{"name":"X"},null,3]}</script></head><body><article><h1>a</h1><p>b</p></article></body></html>`,
		`<script type="application/ld+json">{"@graph":[{"@type":["NewsArticle",null],"image":[[],{"url":{}}],"author":{"name":[]}}]}</script>`,
		`<meta property=og:image content="javascript:alert(1)"><meta name=author content="` + "\x00\xff" + `">`,
		`<table><a><table><a><p><b></table>`, "\xff\xfe<\x00p\x00>\x00", "",
	} {
		f.Add([]byte(page), "text/html")
	}
	f.Fuzz(func(t *testing.T, page []byte, contentType string) {
		if len(page) > 256<<10 {
			return
		}
		it := feed.Item{URL: "https://e.org/a", Title: "Tin", Summary: "nguồn nói"}
		err := Article(Body{Bytes: page, ContentType: contentType, URL: "https://e.org/a"}, &it, feed.Source{ID: "s"}, testNow)
		if it.Title != "Tin" || it.Summary != "nguồn nói" || it.URL != "https://e.org/a" {
			t.Errorf("the page changed what the source said: %+v (%v)", it, err)
		}
		if it.Image != "" && !strings.HasPrefix(strings.ToLower(it.Image), "http") {
			t.Errorf("the picture is at %q", it.Image)
		}
		if it.Published.After(testNow) {
			t.Errorf("published %s", it.Published)
		}
	})
}

// FuzzText: any bytes become valid text, or are refused with a reason, whatever they are said to be.
func FuzzText(f *testing.F) {
	f.Add([]byte("<?xml version='1.0' encoding='windows-1258'?><rss>\xd0\xe3</rss>"), "text/xml; charset=utf-16", "vi")
	f.Add([]byte("\xff\xfe<\x00r\x00"), "", "")
	f.Add([]byte("\x00\x00\xfe\xff\x00"), "text/html;charset=\"utf-7\"", "ja")
	f.Add([]byte("\x1b$B$3\x1b(B\x8e\xa1"), "text/xml; charset=iso-2022-jp", "ja")
	f.Fuzz(func(t *testing.T, b []byte, contentType, lang string) {
		if len(b) > 256<<10 {
			return
		}
		out, _, err := text(b, contentType, lang)
		if err == nil && !utf8.Valid(out) {
			t.Errorf("%q as %q gives %q", b, contentType, out)
		}
	})
}
