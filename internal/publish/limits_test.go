package publish_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"feedd/internal/publish"
)

// as asks for a path from an address.
func (n *newsroom) as(from, path string, headers ...string) *http.Response {
	n.t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr = from + ":4711"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	n.pub.Handler().ServeHTTP(w, r)
	return w.Result()
}

// Who tries tokens is slowed, however right the next one is, and nobody else is: no other address, no
// other partner behind the same, and nobody who sent no token at all.
func TestGuessingTokensIsSlowed(t *testing.T) {
	n := newNewsroom(t, partners)
	n.fill("kinh-te", 4)
	n.refresh()
	const path = "/partners/cong/kinh-te.rss?token="
	for range 50 {
		if res := n.as("203.0.113.1", "/partners/cong/kinh-te.rss"); res.StatusCode != http.StatusUnauthorized {
			t.Fatalf("without a token: %d", res.StatusCode)
		}
	}
	refused := 0
	for i := range 1000 {
		switch res := n.as("203.0.113.1", path+fmt.Sprint(i)); res.StatusCode {
		case http.StatusUnauthorized:
		case http.StatusTooManyRequests:
			refused++
			if after, err := strconv.Atoi(res.Header.Get("Retry-After")); err != nil || after < 1 || after > 3600 {
				t.Fatalf("Retry-After %q", res.Header.Get("Retry-After"))
			}
		default:
			t.Fatal(res.StatusCode)
		}
	}
	if refused < 970 {
		t.Errorf("%d of 1000 guesses were looked at", 1000-refused)
	}
	if res := n.as("203.0.113.1", path+"t0k3n"); res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a right guess shows: %d", res.StatusCode)
	}
	for _, c := range []struct{ from, path string }{
		{"203.0.113.2", path + "t0k3n"}, {"203.0.113.1", "/partners/dai/kinh-te.rss?token=kh0a-c"}, {"203.0.113.1", "/sections/kinh-te.rss"},
	} {
		if res := n.as(c.from, c.path); res.StatusCode != http.StatusOK {
			t.Errorf("%s from %s: %d", c.path, c.from, res.StatusCode)
		}
	}
	n.pass(time.Minute)
	if res := n.as("203.0.113.1", path+"t0k3n"); res.StatusCode != http.StatusOK {
		t.Errorf("a minute later: %d", res.StatusCode)
	}
	for range 1000 { // who is right is no guesser
		if res := n.as("203.0.113.3", path+"t0k3n"); res.StatusCode != http.StatusOK {
			t.Fatal(res.StatusCode)
		}
	}
}

// What has to be looked up or rendered for one who asks is bounded for that one; what is ready is not.
func TestWhatComputesHasARate(t *testing.T) {
	n := newNewsroom(t, func(s *publish.Settings) { s.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	n.fill("kinh-te", 8)
	n.refresh()
	busy := func(from, path string, headers ...string) (refused int) {
		for i := range 500 {
			if res := n.as(from, fmt.Sprintf(path, i), headers...); res.StatusCode == http.StatusTooManyRequests {
				refused++
			}
		}
		return refused
	}
	if got := busy("203.0.113.1", "/stories/%016x"); got < 350 {
		t.Errorf("%d of 500 unknown stories refused", got)
	}
	if got := busy("203.0.113.1", "/hub?%d"); got < 490 {
		t.Errorf("%d of 500 requests to the hub refused, after the stories", got)
	}
	if got := busy("203.0.113.1", "/sections/kinh-te.rss?%d") + busy("203.0.113.1", "/?%d"); got != 0 {
		t.Errorf("%d requests for what is ready refused", got)
	}
	if res := n.as("203.0.113.2", "/stories/"+keyOf(report("bao-a", 7, start))); res.StatusCode != http.StatusOK {
		t.Errorf("somebody else: %d", res.StatusCode)
	}
	if got := busy("203.0.113.2", "/stories/"+keyOf(report("bao-a", 7, start))+"?%d"); got != 0 {
		t.Errorf("%d requests for a story that is rendered refused", got)
	}
	// Behind a proxy each is counted for themselves; one that does not say who asks is let through.
	if got := busy("10.1.2.3", "/stories/%016x", "X-Forwarded-For", "198.51.100.1"); got < 350 {
		t.Errorf("%d of 500 refused behind a proxy", got)
	}
	if res := n.as("10.1.2.3", "/stories/0123456789abcdef", "X-Forwarded-For", "198.51.100.2"); res.StatusCode != http.StatusNotFound {
		t.Errorf("another behind the same proxy: %d", res.StatusCode)
	}
	if got := busy("127.0.0.1", "/stories/%016x"); got != 0 {
		t.Errorf("%d refused behind a proxy that does not say for whom it asks", got)
	}
	n.pass(time.Minute)
	if res := n.as("203.0.113.1", "/stories/0123456789abcdef"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a minute later: %d", res.StatusCode)
	}
}
