package render

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// illustrated is a view whose reports have pictures, served by a site of another outlet.
func illustrated(pictures string) *View {
	v := fixture()
	v.Images = true
	for i := range v.Entries {
		reports := v.Entries[i].Reports
		for j := range reports {
			reports[j].Image = fmt.Sprintf("%s/%d-%d.png", pictures, i, j)
		}
	}
	return v
}

// illustratedPages are the pages for people, with pictures from a site of another outlet.
func illustratedPages(pictures string) map[string]func() ([]byte, error) {
	view := func() *View { return illustrated(pictures) }
	story := view()
	story.Entries = story.Entries[:1]
	return map[string]func() ([]byte, error){
		"/front":   func() ([]byte, error) { return Front(&FrontPage{All: view(), Top: view(), Sections: []*View{view()}}) },
		"/section": func() ([]byte, error) { return SectionPage(view()) },
		"/day":     func() ([]byte, error) { return DayPage(view(), "2026-03-05", Neighbours{}) },
		"/story":   func() ([]byte, error) { return StoryPage(story) },
		"/search":  func() ([]byte, error) { return SearchPage(view(), Search{Text: "tin"}) },
	}
}

// watchShifts adds up in the page how far what it shows has moved so far, and will.
const watchShifts = `window.moved = 0;
	new PerformanceObserver(list => { for (const e of list.getEntries()) window.moved += e.value; }).observe({type: "layout-shift", buffered: true});`

// A page that arrives in pieces does not move what is painted of it already, wherever it is cut.
func TestBrowserShiftsNothingWhileAPageArrives(t *testing.T) {
	pages := illustratedPages("http://127.0.0.1:1") // nobody is there
	bodies := map[string][]byte{}
	var mu sync.Mutex
	var cut int
	var rest chan struct{}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, a := range Assets() {
			if a.Path == r.URL.Path {
				w.Header().Set("Content-Type", a.Type)
				_, _ = w.Write(a.Body)
				return
			}
		}
		if r.URL.Path == "/painted" {
			mu.Lock()
			if rest != nil {
				close(rest)
				rest = nil
			}
			mu.Unlock()
			return
		}
		body := bodies[r.URL.Path]
		if body == nil {
			http.NotFound(w, r)
			return
		}
		mu.Lock()
		cut, rest := cut, rest
		mu.Unlock()
		w.Header().Set("Content-Type", FormatHTML.ContentType())
		_, _ = w.Write(body[:cut])
		_ = http.NewResponseController(w).Flush()
		select {
		case <-rest:
		case <-r.Context().Done():
		}
		_, _ = w.Write(body[cut:])
	}))
	defer site.Close()
	ctx := browser(t)
	// The rest of a page comes once its first part is painted, which the page tells.
	const telling = watchShifts + `
		new PerformanceObserver(() => fetch("/painted")).observe({type: "paint", buffered: true});`
	if _, err := chromedp.Call(ctx, cdp.AddScriptToEvaluateOnNewDocument, cdp.AddScriptToEvaluateOnNewDocumentParams{Source: telling}); err != nil {
		t.Fatal(err)
	}
	for path, render := range pages {
		body, err := render()
		if err != nil {
			t.Fatal(err)
		}
		bodies[path] = body
		main := bytes.Index(body, []byte("<main"))
		for name, at := range map[string]int{
			"within its sections":  bytes.Index(body, []byte("</li>")) + len("</li>"),
			"before its articles":  main,
			"between its articles": bytes.LastIndex(body[:main+(len(body)-main)/2], []byte("\n")), // not within words that are balanced over two lines
		} {
			for _, size := range [][2]int64{{390, 800}, {1280, 900}} {
				mu.Lock()
				cut, rest = at, make(chan struct{})
				mu.Unlock()
				if err := chromedp.Do(ctx, chromedp.EmulateViewport(size[0], size[1]), chromedp.Navigate(site.URL+path)); err != nil {
					t.Fatal(path, name, err)
				}
				// Two frames later what arrived last is painted as well.
				const painted = `(window.frame ??= requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = true })), window.painted === true)`
				if _, err := chromedp.Run(ctx, chromedp.Poll[bool](painted, chromedp.WithPollingTimeout(time.Minute))); err != nil {
					t.Fatal(path, name, err)
				}
				moved, err := chromedp.Run(ctx, chromedp.Evaluate[float64](`window.moved`))
				if err != nil {
					t.Fatal(err)
				}
				if moved != 0 {
					t.Errorf("%s at %d pixels, cut %s, moved by %v", path, size[0], name, moved)
				}
			}
		}
	}
}

// Pictures that come late, in whatever proportions, move nothing: their boxes are there before. The
// outlets that serve them are not told which page shows them. Every page is whole without scripts.
func TestBrowserShiftsNothingWhilePicturesLoad(t *testing.T) {
	var mu sync.Mutex
	var loaded, referrers []string
	release := make(chan struct{})
	outlet := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		loaded = append(loaded, r.URL.Path)
		if ref := r.Header.Get("Referer"); ref != "" {
			referrers = append(referrers, ref)
		}
		n, held := len(loaded), release
		mu.Unlock()
		select { // until the page was laid out without it
		case <-held:
		case <-r.Context().Done():
			return
		}
		img := image.NewRGBA(image.Rect(0, 0, 100+n%3*300, 400-n%3*100))
		img.Set(0, 0, color.RGBA{R: 200, A: 255})
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(b.Bytes())
	}))
	defer outlet.Close()

	pages := illustratedPages(outlet.URL)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, kind := []byte(nil), FormatHTML.ContentType()
		if render := pages[r.URL.Path]; render != nil {
			b, err := render()
			if err != nil {
				t.Error(err)
			}
			body = b
			w.Header().Set("Content-Security-Policy", PicturePolicy)
		}
		for _, a := range Assets() {
			if a.Path == r.URL.Path {
				body, kind = a.Body, a.Type
			}
		}
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(body)
	}))
	defer site.Close()

	ctx := browser(t)
	const boxes = `JSON.stringify([...document.querySelectorAll("main h2, main h3, main img, main li, footer")].map(e => { const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height] }))`
	const complete = `[...document.images].some(i => i.getBoundingClientRect().top < innerHeight) && [...document.images].filter(i => i.getBoundingClientRect().top < innerHeight).every(i => i.complete && i.naturalWidth > 0)`
	for _, size := range [][2]int64{{390, 800}, {1280, 900}} {
		for path := range pages {
			mu.Lock()
			release = make(chan struct{})
			loaded = nil
			mu.Unlock()
			// The load event does not wait for pictures that are loaded lazily.
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(size[0], size[1]), chromedp.Navigate(site.URL+path)); err != nil {
				t.Fatal(path, err)
			}
			if _, err := chromedp.Run(ctx, chromedp.Evaluate[any](`void (() => {`+watchShifts+`})()`)); err != nil {
				t.Fatal(err)
			}
			before, err := chromedp.Run(ctx, chromedp.Evaluate[string](boxes))
			if err != nil {
				t.Fatal(err)
			}
			close(release)
			if _, err := chromedp.Run(ctx, chromedp.Poll[bool](complete, chromedp.WithPollingTimeout(time.Minute))); err != nil {
				t.Fatal(path, err)
			}
			after, err := chromedp.Run(ctx, chromedp.Evaluate[string](boxes))
			if err != nil {
				t.Fatal(err)
			}
			moved, err := chromedp.Run(ctx, chromedp.Evaluate[float64](`window.moved`))
			if err != nil {
				t.Fatal(err)
			}
			if moved != 0 || before != after {
				t.Errorf("%s at %d pixels moved by %v while its pictures came", path, size[0], moved)
			}
			wide, err := chromedp.Run(ctx, chromedp.Evaluate[float64](`document.documentElement.scrollWidth`))
			if err != nil {
				t.Fatal(err)
			}
			if int64(wide) > size[0] {
				t.Errorf("%s is %v pixels wide on a screen of %d", path, wide, size[0])
			}
		}
	}
	if len(referrers) > 0 {
		t.Errorf("the outlet was told the page: %v", referrers)
	}

	text := func() string {
		t.Helper()
		s, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("main").innerText`))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for path := range pages {
		with, without := "", ""
		for _, off := range []bool{false, true} {
			if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off}); err != nil {
				t.Fatal(err)
			}
			if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+path)); err != nil {
				t.Fatal(err)
			}
			if off {
				without = text()
			} else {
				with = strings.ReplaceAll(text(), "\nChép mã", "") // a button that is of no use without
			}
		}
		if with != without || len(without) < 100 {
			t.Errorf("%s without scripts shows %q, with them %q", path, without, with)
		}
	}
}
