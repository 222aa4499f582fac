package render

import (
	"strings"
	"testing"

	"feedd/internal/feed"
)

// A feed that is too long keeps the full texts of its first entries, and the summaries of all.
func TestFeedWithin(t *testing.T) {
	v := fixture()
	for i := range v.Entries {
		for j := range v.Entries[i].Reports {
			v.Entries[i].Reports[j].Content = "<p>" + strings.Repeat("Một đoạn văn dài. ", 400) + "</p>"
		}
	}
	for id, o := range v.Sources {
		o.Rights = feed.RightsFull
		v.Sources[id] = o
	}
	for _, f := range FeedFormats {
		whole, full, err := FeedWithin(v, f, 0)
		if err != nil || full != len(v.Entries) {
			t.Fatalf("%s without a bound: %d of %d, %v", f, full, len(v.Entries), err)
		}
		most := len(whole) * 2 / 3
		short, full, err := FeedWithin(v, f, most)
		if err != nil || len(short) > most || full == 0 || full >= len(v.Entries) {
			t.Errorf("%s within %d: %d bytes with %d of %d full texts, %v", f, most, len(short), full, len(v.Entries), err)
		}
		if problems := Check(f, short); len(problems) > 0 {
			t.Errorf("%s within %d: %v", f, most, problems)
		}
		none, full, err := FeedWithin(v, f, 1)
		if err != nil || full != 0 || strings.Contains(string(none), strings.Repeat("Một đoạn văn dài. ", 300)) {
			t.Errorf("%s within a byte: %d full texts, %v", f, full, err)
		}
		if again, _, _ := FeedWithin(v, f, 0); string(again) != string(whole) {
			t.Errorf("%s: shortening changed the view", f)
		}
	}
}

// The site's icon is in each format as it has a place for it.
func TestFeedsShowTheSitesIcon(t *testing.T) {
	v := fixture()
	v.Site.Icon = feed.Picture{Type: "image/png", Data: "\x89PNG", Width: 120, Height: 60}
	for f, wants := range map[Format][]string{
		FormatRSS:  {"<url>https://news.example.org/assets/site.png</url>", "<width>120</width>", "<height>60</height>"},
		FormatAtom: {"<icon>https://news.example.org/assets/site.png</icon>", "<logo>https://news.example.org/assets/site.png</logo>"},
		FormatJSON: {`"icon":"https://news.example.org/assets/site.png"`, `"favicon":"https://news.example.org/assets/site.png"`},
	} {
		body, err := Feed(v, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(body), want) {
				t.Errorf("%s lacks %s", f, want)
			}
		}
		if problems := Check(f, body); len(problems) > 0 {
			t.Errorf("%s: %v", f, problems)
		}
	}
	v = fixture()
	v.Site.Icon = feed.Picture{Type: "image/svg+xml", Data: "<svg/>"}
	if body, err := Feed(v, FormatRSS); err != nil || strings.Contains(string(body), "<image>") {
		t.Errorf("RSS with a drawing as its image, which it cannot have (%v)", err)
	}
}
