package daemon

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestHubPushes runs a source with a hub of its own: the daemon subscribes, answers the hub's
// question, takes what is signed, and ignores what is not.
func TestHubPushes(t *testing.T) {
	c := newClock()
	var mu sync.Mutex
	var asked url.Values
	var srv *httptest.Server
	item := func(n int) string {
		return fmt.Sprintf(`<item><title>Tin nhanh số %d</title><link>http://e.org/%d</link><guid>%d</guid></item>`, n, n, n)
	}
	doc := func(items string) string {
		return `<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>T</title><link>http://e.org/</link>
			<description/><atom:link rel="hub" href="` + srv.URL + `/hub"/><atom:link rel="self" href="` + srv.URL + `/feed"/>` + items + `</channel></rss>`
	}
	srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hub":
			if err := r.ParseForm(); err != nil {
				t.Error(err)
			}
			mu.Lock()
			asked = r.PostForm
			mu.Unlock()
			w.WriteHeader(http.StatusAccepted)
		default:
			_, _ = io.WriteString(w, doc(item(1)))
		}
	}))
	defer srv.Close()

	h := build(t, fmt.Sprintf(`
site: {url: "https://news.example.org"}
sources: [{id: a, url: "%s/feed", allow_private: true, host_interval: 0s}]
`, srv.URL), c, "")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()

	form := func() url.Values { mu.Lock(); defer mu.Unlock(); return asked }
	eventually(t, "a subscription asked for", func() bool { return form() != nil })
	callback, err := url.Parse(form().Get("hub.callback"))
	if err != nil || !strings.HasPrefix(callback.String(), "https://news.example.org/push/") || form().Get("hub.topic") != srv.URL+"/feed" {
		t.Fatalf("asked for %v", form())
	}
	site := "http://" + h.Addr().String()
	ask := func(path string, q url.Values) (int, string) {
		resp, err := http.Get(site + path + "?" + q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	verify := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {srv.URL + "/feed"}, "hub.challenge": {"abc"}, "hub.lease_seconds": {"86400"}}
	if code, body := ask(callback.Path, verify); code != http.StatusOK || body != "abc" {
		t.Errorf("verification: %d %q", code, body)
	}
	if code, _ := ask("/push/guessed", verify); code != http.StatusNotFound {
		t.Errorf("a guessed callback: %d", code)
	}

	deliver := func(body, secret string) int {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(body))
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site+callback.Path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/rss+xml")
		r.Header.Set("X-Hub-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	if code := deliver(doc(item(666)), "not the secret"); code != http.StatusAccepted {
		t.Errorf("a forged delivery: %d, want it acknowledged and ignored", code)
	}
	if code := deliver(doc(item(2)), form().Get("hub.secret")); code != http.StatusAccepted {
		t.Errorf("a delivery: %d", code)
	}
	eventually(t, "what the hub delivered", func() bool {
		_, body := ask("/sections/all.rss", nil)
		return strings.Contains(body, "Tin nhanh số 2")
	})
	if _, body := ask("/sections/all.rss", nil); strings.Contains(body, "số 666") {
		t.Error("a forged delivery was published")
	}
	status, err := h.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if p := status[0].State.Push; p == nil || p.State != "active" || p.Until.Sub(c.now()) != 24*time.Hour || p.LastPush.IsZero() {
		t.Errorf("the subscription is %+v", p)
	}
}
