package render

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
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
	if complaints != nil {
		t.Errorf("the console complains: %q", complaints)
	}
}
