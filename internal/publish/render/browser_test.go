package render

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"feedd/internal/publish/browsertest"
)

// browser starts a headless Chromium of a reader far from the site, or skips the test where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	return browsertest.Open(t, time.Minute, chromedp.Env("TZ=America/New_York"))
}

// endless makes of a view what its pages must bear.
func endless(v *View) {
	v.Images = true
	v.Section.Title = strings.Repeat("Donaudampfschifffahrt", 6)
	for id, o := range v.Sources {
		o.Title += " " + strings.Repeat("VeryLongNameOfAnOutlet", 5) + strings.Repeat(" with much to say", 6)
		v.Sources[id] = o
	}
	for i := range v.Entries {
		for j := range v.Entries[i].Reports {
			it := &v.Entries[i].Reports[j]
			it.Title, it.Summary = strings.Repeat("x", 290)+" "+it.Title, "https://vidu.example.vn/"+strings.Repeat("y", 900)
			it.Image = "https://vidu.example.vn/missing.jpg"
		}
	}
	v.Entries[2].Reports[0].Title = "رئيس الوزراء يعلن عن خطة"
}

// The script shows the section inside a page whose policy forbids everything but this site, and the
// pages work under their own policy, without one complaint on the console.
func TestBrowserShowsPagesAndEmbedUnderPolicy(t *testing.T) {
	feed, err := JSON(fixture())
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"/sections/kinh-te.json": feed}
	types := map[string]string{"/sections/kinh-te.json": FormatJSON.ContentType()}
	own, err := SiteAssets(fixture())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range append(Assets(), own...) {
		files[a.Path], types[a.Path] = a.Body, a.Type
	}
	policies := map[string]string{}
	for name, body := range pages(t, func(*View) {}) {
		files["/"+name], types["/"+name], policies["/"+name] = body, FormatHTML.ContentType(), PagePolicy
	}
	policies["/embed.html"] = EmbedPolicy
	// The worst that sources send: words and names that no screen is wide enough for, and another direction.
	for name, body := range pages(t, endless) {
		files["/endless-"+name], types["/endless-"+name], policies["/endless-"+name] = body, FormatHTML.ContentType(), PicturePolicy
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Content-Type", types[r.URL.Path])
		if p := policies[r.URL.Path]; p != "" {
			w.Header().Set("Content-Security-Policy", p)
		}
		_, _ = w.Write(body)
	}))
	defer site.Close()
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src "+site.URL+"; connect-src "+site.URL+"; require-trusted-types-for 'script'")
		_, _ = w.Write([]byte(`<!DOCTYPE html><title>host</title><main><script src="` + site.URL + `/embed.js" data-section="kinh-te" data-limit="2" async></script></main>`))
	}))
	defer host.Close()

	ctx := browser(t)
	var complaints []string
	err = chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *log.EventEntryAdded:
			complaints = append(complaints, e.Entry.Text+" "+e.Entry.URL)
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, e.ExceptionDetails.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	const shown = `(() => { const h = document.querySelector(".feedd-embed"); return h && h.shadowRoot && h.shadowRoot.querySelectorAll("li").length ? h.shadowRoot.textContent : "" })()`
	if err := chromedp.Do(ctx, chromedp.Navigate(host.URL)); err != nil {
		t.Fatal(err)
	}
	text, err := chromedp.Run(ctx, chromedp.Poll[string](shown, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(20*time.Second)))
	if err != nil {
		t.Fatalf("%v; console: %q", err, complaints)
	}
	times := regexp.MustCompile(`<time[^>]*>([^<]+)</time>`).FindAllSubmatch(files["/embed.html"], 2)
	if len(times) < 2 {
		t.Fatal("the frame shows no times")
	}
	for _, time := range times { // in a browser of another zone, too
		if !strings.Contains(text, string(time[1])) {
			t.Errorf("the embedded section does not show the time %q of the frame: %s", time[1], text)
		}
	}
	for _, want := range []string{"Kinh tế – Điểm tin Ví dụ", "Lãi suất huy động", "Báo Ví dụ", `Ports & "fair" trade: why 3 < 5 matters`} {
		if !strings.Contains(text, want) {
			t.Errorf("the embedded section does not show %q: %s", want, text)
		}
	}
	if strings.Contains(text, "xe buýt") {
		t.Error("the embedded section shows more than data-limit")
	}
	for _, name := range []string{"front.html", "section.html", "story.html", "status.html", "embed.html"} {
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(360, 640), chromedp.Navigate(site.URL+"/"+name)); err != nil {
			t.Fatal(err)
		}
		styled, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`getComputedStyle(document.documentElement).getPropertyValue("--accent") !== ""`))
		if err != nil {
			t.Fatal(err)
		}
		wide, err := chromedp.Run(ctx, chromedp.Evaluate[float64](`document.documentElement.scrollWidth`))
		if err != nil {
			t.Fatal(err)
		}
		if !styled || wide > 360 {
			t.Errorf("%s: styled %v, %v pixels wide on a screen of 360", name, styled, wide)
		}
	}
	for _, width := range []int64{390, 800, 1280} {
		for _, name := range []string{"front.html", "section.html", "story.html", "status.html"} {
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(site.URL+"/endless-"+name)); err != nil {
				t.Fatal(err)
			}
			if wide := browsertest.Eval[float64](t, ctx, `document.documentElement.scrollWidth`); wide > float64(width) {
				t.Errorf("%s with endless words: %v pixels wide on a screen of %d", name, wide, width)
			}
		}
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+"/endless-section.html")); err != nil {
		t.Fatal(err)
	}
	const side = `(() => { const box = e => e.getBoundingClientRect(), h = document.querySelector("h3 > a[dir=rtl]");
		const text = document.createRange(); text.selectNodeContents(h); return box(h.closest("article")).right - box(text).right })()`
	if gap := browsertest.Eval[float64](t, ctx, side); gap > 200 { // beside its picture
		t.Errorf("a headline that is read from the right begins %v pixels from there", gap)
	}
	complaints = slices.DeleteFunc(complaints, func(c string) bool { return strings.Contains(c, ".jpg") }) // the endless pages' pictures are not there
	if len(complaints) > 0 {
		t.Errorf("the console complains: %q", complaints)
	}
}
