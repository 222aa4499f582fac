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

	view := func() *View { return illustrated(outlet.URL) }
	story := view()
	story.Entries = story.Entries[:1]
	pages := map[string]func() ([]byte, error){
		"/front":   func() ([]byte, error) { return Front(&FrontPage{All: view(), Top: view(), Sections: []*View{view()}}) },
		"/section": func() ([]byte, error) { return SectionPage(view()) },
		"/day":     func() ([]byte, error) { return DayPage(view(), "2026-03-05", Neighbours{}) },
		"/story":   func() ([]byte, error) { return StoryPage(story) },
		"/search":  func() ([]byte, error) { return SearchPage(view(), Search{Text: "tin"}) },
	}
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
	const watch = `window.moved = 0;
		new PerformanceObserver(list => { for (const e of list.getEntries()) window.moved += e.value; }).observe({type: "layout-shift", buffered: true});`
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
			if _, err := chromedp.Run(ctx, chromedp.Evaluate[any](`void (() => {`+watch+`})()`)); err != nil {
				t.Fatal(err)
			}
			before, err := chromedp.Run(ctx, chromedp.Evaluate[string](boxes))
			if err != nil {
				t.Fatal(err)
			}
			close(release)
			if _, err := chromedp.Run(ctx, chromedp.Poll[bool](complete, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
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
