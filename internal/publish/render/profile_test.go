package render

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
)

func TestProfiles(t *testing.T) {
	now := time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC)
	v := fixture()
	v.Partner = &feed.Partner{ID: "p", Title: "P"}
	v.Content = "summary"
	body, err := Feed(v, FormatRSS)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"flipboard": "of 30 at least", "msn": "no full text", "smartnews": "snf:logo", "google-news": "no full text", "apple-news": "Apple News Format"} {
		got, err := CheckProfile(name, body, now)
		if err != nil || !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("%s: %q (%v), want it to name %q", name, got, err, want)
		}
	}
	for name, want := range map[string]string{"flipboard": "fewer than 400", "msn": "another language", "smartnews": "media:thumbnail", "google-news": "March 2025", "apple-news": "without a country"} {
		small := bytes.Replace(body, []byte(`width="1200" height="800"`), []byte(`width="1200" height="300"`), 1)
		if got, err := CheckProfile(name, small, now); err != nil || !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("%s: %q (%v), want it to name %q", name, got, err, want)
		}
	}
	if _, err := CheckProfile("myspace", body, now); err == nil || !strings.Contains(err.Error(), "flipboard") {
		t.Errorf("an unknown profile: %v", err)
	}

	// A feed that has everything MSN asks for.
	full := fixture()
	full.Entries = full.Entries[:1]
	for i := range full.Entries[0].Reports {
		full.Entries[0].Reports[i].Content = "<p>" + strings.Repeat("Toàn văn của bài. ", 20) + "</p>"
	}
	for id, o := range full.Sources {
		o.Rights = feed.RightsFull
		full.Sources[id] = o
	}
	if body, err = Feed(full, FormatRSS); err != nil {
		t.Fatal(err)
	}
	if got, err := CheckProfile("msn", body, now); err != nil || len(got) != 0 {
		t.Errorf("msn asks for more: %q, %v", got, err)
	}
}
