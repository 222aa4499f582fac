package client

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"
)

func TestWhoAsks(t *testing.T) {
	proxies := Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:f::/48")}
	for _, c := range []struct {
		from      string
		forwarded []string
		want      string
	}{
		{"203.0.113.7:5000", nil, "203.0.113.7"},
		{"203.0.113.7:5000", []string{"198.51.100.1"}, "203.0.113.7"}, // no proxy of ours: what it says is no matter
		{"[::ffff:203.0.113.7]:5000", nil, "203.0.113.7"},
		{"[2001:db8:1:2:3:4:5:6]:5000", nil, "2001:db8:1:2::/64"},
		{"10.1.2.3:80", []string{"198.51.100.1"}, "198.51.100.1"},
		{"10.1.2.3:80", []string{"1.1.1.1, 198.51.100.1, 10.9.9.9"}, "198.51.100.1"}, // the first is the client's invention
		{"10.1.2.3:80", []string{"1.1.1.1", "198.51.100.1"}, "198.51.100.1"},
		{"[2001:db8:f::1]:80", []string{"[2001:db8:7::1]:4711"}, "2001:db8:7::/64"},
		{"127.0.0.1:80", []string{"198.51.100.1:99"}, "198.51.100.1"},
		{"127.0.0.1:80", nil, ""},
		{"@", []string{"198.51.100.1"}, "198.51.100.1"}, // a unix socket
		{"@", nil, ""},
		{"10.1.2.3:80", []string{"198.51.100.1, unknown"}, ""},
		{"10.1.2.3:80", []string{"10.2.2.2, 127.0.0.1"}, ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.from
		r.Header["X-Forwarded-For"] = c.forwarded
		if got := proxies.Of(r); got != c.want {
			t.Errorf("from %s for %v: %q, want %q", c.from, c.forwarded, got, c.want)
		}
	}
}

func TestRates(t *testing.T) {
	now := time.Unix(0, 0)
	r := NewRates(10*time.Second, 3, func() time.Time { return now })
	for range 3 {
		if !r.Left("a") || !r.Allow("a") {
			t.Fatal("the burst is not allowed")
		}
	}
	if r.Left("a") || r.Allow("a") || !r.Allow("b") {
		t.Error("a may go on, or b may not")
	}
	if w := r.Wait("a"); w < 9*time.Second || w > 10*time.Second {
		t.Errorf("a waits %v", w)
	}
	now = now.Add(10 * time.Second)
	if !r.Allow("a") || r.Allow("a") {
		t.Error("not once more after a while")
	}
	for range 100 {
		if !r.Allow("") {
			t.Fatal("nobody has a rate")
		}
	}
}

// However many names ask, what is remembered is bounded, and who just asked much is not forgotten for
// those who did not.
func TestRatesForget(t *testing.T) {
	now := time.Unix(0, 0)
	r := NewRates(time.Second, 2, func() time.Time { return now })
	for i := range 3 * mostNames {
		if i%mostNames == 0 {
			now = now.Add(time.Minute)
			r.Allow("busy")
			r.Allow("busy")
		}
		r.Allow(fmt.Sprint(i))
		if i%mostNames == mostNames/2 && i < mostNames && r.Allow("busy") {
			t.Error("busy was forgotten")
		}
	}
	if len(r.by) > mostNames {
		t.Errorf("%d names are remembered", len(r.by))
	}
}
