package daemon

import (
	"net/url"
	"testing"
)

// Whatever a client sends stays one field of one line.
func TestQuoted(t *testing.T) {
	for in, want := range map[string]string{
		"":                 `""`,
		`a "b" \`:          `"a \"b\" \\"`,
		"x\n1.2.3.4 - - [": `"x\x0a1.2.3.4 - - ["`,
		"tab\t\x7f":        `"tab\x09\x7f"`,
		"Bến Sao":          `"Bến Sao"`,
	} {
		if got := quoted(in); got != want {
			t.Errorf("quoted(%q) = %s, want %s", in, got, want)
		}
	}
}

// The access log is read by more people than may read a partner's feed.
func TestHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"/sections/a.rss":                     "/sections/a.rss",
		"/partners/p/a.rss?token=x":           "/partners/p/a.rss?token=***",
		"/partners/p/a.rss?a=1&%74oken=x":     "/partners/p/a.rss?a=1&%74oken=***",
		"/partners/p/a.rss?token=x&token=y&b": "/partners/p/a.rss?token=***&token=***&b",
		"/push/0123?hub.challenge=y":          "/push/***?hub.challenge=***",
		"/t%C3%ACm?q=a%20b":                   "/t%C3%ACm?q=a%20b",
		"/x?%zz=1":                            "/x?%zz=***",
	} {
		u, err := url.ParseRequestURI(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := harmless(u); got != want {
			t.Errorf("harmless(%s) = %s, want %s", in, got, want)
		}
	}
}
