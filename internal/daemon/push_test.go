package daemon

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"feedd/internal/store/storetest"
)

// pushed is a running daemon whose one source has a hub of its own, which it asked for a subscription.
type pushed struct {
	*house
	hub      string     // address of the source and its hub
	asked    url.Values // what the hub was asked for
	callback string     // path
}

func pushItem(n int) string {
	return fmt.Sprintf(`<item><title>Tin nhanh số %d</title><link>http://e.org/%d</link><guid>%d</guid></item>`, n, n, n)
}

// doc is the source's document with these items.
func (p *pushed) doc(items string) string {
	return `<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>T</title><link>http://e.org/</link>
		<description/><atom:link rel="hub" href="` + p.hub + `/hub"/><atom:link rel="self" href="` + p.hub + `/feed"/>` + items + `</channel></rss>`
}

func runPushed(t *testing.T) *pushed {
	t.Helper()
	return runPushedOn(t, storetest.Address(t))
}

func runPushedOn(t *testing.T, db string) *pushed {
	t.Helper()
	c := newClock()
	var mu sync.Mutex
	var asked url.Values
	var srv *httptest.Server
	p := &pushed{}
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
			_, _ = io.WriteString(w, p.doc(pushItem(1)))
		}
	}))
	t.Cleanup(srv.Close)
	p.hub = srv.URL

	p.house = build(t, fmt.Sprintf(`
site: {url: "https://news.example.org"}
sources: [{id: a, url: "%s/feed", allow_private: true, host_interval: 0s}]
`, srv.URL), c, db)
	p.start(t)

	form := func() url.Values { mu.Lock(); defer mu.Unlock(); return asked }
	eventually(t, "a subscription asked for", func() bool { return form() != nil })
	callback, err := url.Parse(form().Get("hub.callback"))
	if err != nil || !strings.HasPrefix(callback.String(), "https://news.example.org/push/") || form().Get("hub.topic") != srv.URL+"/feed" {
		t.Fatalf("asked for %v", form())
	}
	p.asked, p.callback = form(), callback.Path
	return p
}

// deliver has the hub deliver a document at a node, and returns the status of the answer.
func (p *pushed) deliver(t *testing.T, at *house, doc, secret string) int {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(doc))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+at.Addr().String()+p.callback, strings.NewReader(doc))
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

// TestHubPushes runs a source with a hub of its own: the daemon subscribes, answers the hub's
// question, takes what is signed, and ignores what is not.
func TestHubPushes(t *testing.T) {
	p := runPushed(t)
	site := "http://" + p.Addr().String()
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
	verify := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {p.hub + "/feed"}, "hub.challenge": {"abc"}, "hub.lease_seconds": {"86400"}}
	if code, body := ask(p.callback, verify); code != http.StatusOK || body != "abc" {
		t.Errorf("verification: %d %q", code, body)
	}
	if code, _ := ask("/push/guessed", verify); code != http.StatusNotFound {
		t.Errorf("a guessed callback: %d", code)
	}

	deliver := func(body, secret string) int { return p.deliver(t, p.house, body, secret) }
	if code := deliver(p.doc(pushItem(666)), "not the secret"); code != http.StatusAccepted {
		t.Errorf("a forged delivery: %d, want it acknowledged and ignored", code)
	}
	if code := deliver(p.doc(pushItem(2)), p.asked.Get("hub.secret")); code != http.StatusAccepted {
		t.Errorf("a delivery: %d", code)
	}
	eventually(t, "what the hub delivered", func() bool {
		_, body := ask("/sections/all.rss", nil)
		return strings.Contains(body, "Tin nhanh số 2")
	})
	if _, body := ask("/sections/all.rss", nil); strings.Contains(body, "số 666") {
		t.Error("a forged delivery was published")
	}
	status, err := p.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if push := status[0].State.Push; push == nil || push.State != "active" || push.Until.Sub(p.clock.now()) != 24*time.Hour || push.LastPush.IsZero() {
		t.Errorf("the subscription is %+v", push)
	}
}

// TestHubPushesAtAnotherNode has a hub's question and its deliveries arrive at nodes of each kind that did not
// subscribe. Each takes them for the one that did, and what is delivered at several is stored once.
func TestHubPushesAtAnotherNode(t *testing.T) {
	db := storetest.Postgres(t)
	p := runPushedOn(t, db)
	yaml, err := os.ReadFile(p.config)
	if err != nil {
		t.Fatal(err)
	}
	secret := p.asked.Get("hub.secret")
	nodes := []*house{p.house}
	for n, roles := range [][]string{nil, {RoleCollect}, {RolePublish}} { // the subscription exists: they ask for none
		other := node(t, string(yaml), p.clock, db, roles...)
		other.start(t)
		nodes = append(nodes, other)
		verify := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {p.hub + "/feed"}, "hub.challenge": {"abc"}, "hub.lease_seconds": {"86400"}}
		resp, err := http.Get("http://" + other.Addr().String() + p.callback + "?" + verify.Encode())
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || string(answer) != "abc" {
			t.Errorf("roles %v: the hub's question is answered %d %q, %v", roles, resp.StatusCode, answer, err)
		}
		if code := p.deliver(t, other, p.doc(pushItem(666)), "not the secret"); code != http.StatusAccepted {
			t.Errorf("roles %v: a forged delivery: %d, want it acknowledged and ignored", roles, code)
		}
		if code := p.deliver(t, other, p.doc(pushItem(2+n)), secret); code != http.StatusAccepted {
			t.Errorf("roles %v: a delivery: %d", roles, code)
		}
		eventually(t, fmt.Sprintf("what was delivered at a node of the roles %v", roles), func() bool {
			return strings.Contains(p.text(t, "/sections/all.rss"), fmt.Sprintf("Tin nhanh số %d<", 2+n))
		})
	}

	var hub sync.WaitGroup // which takes no answer in time for none, and delivers again
	for _, at := range nodes {
		hub.Go(func() {
			if code := p.deliver(t, at, p.doc(pushItem(7)), secret); code != http.StatusAccepted && code != http.StatusServiceUnavailable {
				t.Errorf("a delivery at several nodes: %d", code)
			}
		})
	}
	hub.Wait()
	eventually(t, "what was delivered at several", func() bool { return strings.Contains(p.text(t, "/sections/all.rss"), "Tin nhanh số 7<") })
	times := map[string]int{}
	for _, e := range p.entries(t) {
		for _, r := range e.Reports {
			times[r.Title]++
		}
	}
	want := map[string]int{}
	for _, n := range []int{1, 2, 3, 4, 7} {
		want[fmt.Sprintf("Tin nhanh số %d", n)] = 1
	}
	if !maps.Equal(times, want) {
		t.Errorf("stored so many times: %v, want %v", times, want)
	}
}

// begin sends the head of a delivery, and none of its body.
func (p *pushed) begin(t *testing.T, path, length string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", p.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil { // half of what a body may take
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: news.example.org\r\n%s\r\n\r\n", path, length)
	return conn
}

func status(t *testing.T, conn net.Conn) int {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal("no answer: ", err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// Whom nobody waits for is told so before they have sent a byte of their delivery.
func TestAnUnknownCallbackIsRefusedUnread(t *testing.T) {
	p := runPushed(t)
	for _, length := range []string{"Content-Length: 8000000", "Transfer-Encoding: chunked"} {
		if code := status(t, p.begin(t, "/push/guessed", length)); code != http.StatusGone {
			t.Errorf("%s: %d, want 410", length, code)
		}
	}
}

// Deliveries that are begun and not ended take no more memory than all deliveries may.
func TestDeliveriesUnderWayAreBounded(t *testing.T) {
	p := runPushed(t)
	if code := status(t, p.begin(t, p.callback, "Content-Length: 8388609")); code != http.StatusRequestEntityTooLarge {
		t.Errorf("more than a hub may deliver: %d, want 413", code)
	}
	begun := []net.Conn{
		p.begin(t, p.callback, "Content-Length: 8388608"), p.begin(t, p.callback, "Transfer-Encoding: chunked"), p.begin(t, p.callback, "Content-Length: 8388608"),
	}
	refused := make(chan int, len(begun))
	for _, conn := range begun {
		go func() {
			if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
				refused <- resp.StatusCode
			}
		}()
	}
	select {
	case code := <-refused:
		if code != http.StatusServiceUnavailable {
			t.Errorf("one too many: %d, want 503", code)
		}
	case <-time.After(10 * time.Second):
		t.Error("three deliveries of 8 MB are under way for one source")
	}
	for _, conn := range begun {
		conn.Close()
	}
	eventually(t, "room again", func() bool {
		conn := p.begin(t, p.callback, "Content-Length: 8000000")
		if _, err := conn.Write(bytes.Repeat([]byte(" "), 8000000)); err != nil {
			return false
		}
		return status(t, conn) == http.StatusAccepted // unsigned, and ignored
	})
}
