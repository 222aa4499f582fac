package feed

import (
	"strings"
	"testing"
)

func TestHowMuchOfAnAddressIsShown(t *testing.T) {
	for _, c := range []struct{ raw, hinted, attributed string }{
		{"https://vnexpress.net/rss/tin-moi-nhat.rss", "https://vnexpress.net/rss/tin-moi-nhat.rss", "https://vnexpress.net/rss/tin-moi-nhat.rss"},
		{"https://e.org/tin-tuc/kinh-doanh-chung-khoan-2026.rss", "https://e.org/tin-tuc/kinh-doanh-chung-khoan-2026.rss", "https://e.org/tin-tuc/kinh-doanh-chung-khoan-2026.rss"},
		{"https://e.org/nld/thoisuchinhtrixahoi.rss", "https://e.org/nld/thoisuchinhtrixahoi.rss", "https://e.org/nld/thoisuchinhtrixahoi.rss"},
		{"https://e.org/2026/11/27/20261127.rss", "https://e.org/2026/11/27/20261127.rss", "https://e.org/2026/11/27/20261127.rss"},
		{"https://e.org/feed?channel=7&key=geheim", "https://e.org/", "https://e.org/feed?channel=7"},
		{"https://u:geheim@e.org/feed", "https://e.org/", "https://e.org/feed"},
		{"https://e.org/feed/8f3a9c0d77e1b2a4c5d6/rss", "https://e.org/", ""},
		{"https://e.org/u/3e0d2a54-9f6b-4a3c-8d11-7c1f0a9b2e77.xml", "https://e.org/", ""},
		{"https://e.org/token/geheim/rss", "https://e.org/", ""},
		{"https://e.org/rss;jsessionid=geheim", "https://e.org/", ""},
		{"https://e.org/private/geheim", "https://e.org/", ""},
		{"https://e.org/aB3dE5gH7jK9mN1p", "https://e.org/", ""},
		{"https://www.google.com/alerts/feeds/01234567890123456789/123", "https://www.google.com/", ""},
		{"http://%zz/", "", ""},
	} {
		if got := Hinted(c.raw); got != c.hinted {
			t.Errorf("%s is shown to strangers as %q, want %q", c.raw, got, c.hinted)
		}
		if got := Attributed(c.raw); got != c.attributed {
			t.Errorf("%s is attributed as %q, want %q", c.raw, got, c.attributed)
		}
	}
}

func TestDiscreet(t *testing.T) {
	s := Source{URL: "https://bi-mat.example.org:8443/rss", Private: true}
	for _, text := range []string{
		"there is no host bi-mat.example.org: lookup bi-mat.example.org: no such host", "bi-mat.example.org:8443 refuses connections",
		`Get "https://bi-mat.example.org:8443/rss": EOF`, "dial tcp 10.1.2.3:443: connection refused", "dial tcp [fd00::7]:443: i/o timeout",
		"::1 is a private or special address", "waits until 08:15 because moi.example.net asked for it", "(BI-MAT.example.org)",
	} {
		got := s.Discreet(text, "https://moi.example.net/")
		for _, secret := range []string{"bi-mat", "10.1.2.3", "fd00", "::1", "moi.example"} {
			if strings.Contains(strings.ToLower(got), secret) {
				t.Errorf("%q tells %s: %q", text, secret, got)
			}
		}
	}
	const plain = "failed 3 times, runs next at 08:15:00, status 503: max_bytes 8.5 MB"
	if got := s.Discreet(plain); got != plain {
		t.Errorf("%q became %q", plain, got)
	}
	s.Private = false
	if got := s.Discreet("there is no host bi-mat.example.org"); !strings.Contains(got, "bi-mat") {
		t.Error("what is no secret is hidden")
	}
}
