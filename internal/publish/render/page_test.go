package render

import (
	"bytes"
	"testing"

	"golang.org/x/net/html"

	"feedd/internal/feed"
)

func pages(t *testing.T, change func(*View)) map[string][]byte {
	t.Helper()
	view := func() *View {
		v := fixture()
		change(v)
		return v
	}
	all := view()
	all.Section = feed.Section{ID: "all"}
	world := view()
	world.Section = feed.Section{ID: "the-gioi", Title: "Thế giới"}
	story := view()
	story.Entries = story.Entries[:1]
	out := map[string][]byte{}
	add := func(name string, b []byte, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		out[name] = b
	}
	b, err := Front(all, []*View{view(), world})
	add("front.html", b, err)
	b, err = SectionPage(view())
	add("section.html", b, err)
	b, err = StoryPage(story)
	add("story.html", b, err)
	b, err = Embed(view())
	add("embed.html", b, err)
	b, err = StatusPage(&Status{
		View: view(),
		Sources: []SourceStatus{
			{ID: "vidu", Title: "Báo Ví dụ", URL: "https://vidu.example.vn/rss", State: feed.SourceState{
				LastRun: fixture().Entries[0].Updated, LastSuccess: fixture().Entries[0].Updated,
				NextRun: fixture().Entries[0].Updated, NextReason: "*/15 * * * *", Items: 30,
			}},
			{ID: "kin", Title: "Thời báo Kín", URL: "https://kin.example.vn/tin-moi", State: feed.SourceState{
				LastRun: fixture().Entries[0].Updated, Error: "HTTP 500 <Internal>", Failures: 3,
			}},
			{ID: "moi", URL: "https://moi.example.vn/"},
		},
		Notes:    []string{"/sections/kinh-te.rss: giữ bản cũ"},
		Partners: []PartnerStatus{{Title: "Cổng đối ngoại", Requests: 12, Bytes: 48_000}},
	})
	add("status.html", b, err)
	return out
}

func TestPagesGolden(t *testing.T) {
	for name, b := range pages(t, func(*View) {}) {
		golden(t, name, b)
	}
}

// The pages promise to work under PagePolicy: nothing inline that it would stop, nothing from
// elsewhere that it would not load.
func TestPagesKeepTheirPolicy(t *testing.T) {
	for name, b := range pages(t, func(v *View) { v.Site.Language = "en" }) {
		doc, err := html.Parse(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		headings := 0
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			switch n.Data {
			case "style", "iframe", "img":
				t.Errorf("%s has a <%s>", name, n.Data)
			case "h1":
				headings++
			case "html":
				if len(n.Attr) == 0 || n.Attr[0].Val != "en" {
					t.Errorf("%s: lang is %v, want en", name, n.Attr)
				}
			}
			for _, a := range n.Attr {
				if a.Key == "style" || len(a.Key) > 2 && a.Key[:2] == "on" {
					t.Errorf("%s: <%s %s>", name, n.Data, a.Key)
				}
				if n.Data == "script" && a.Key == "src" && a.Val != "/assets/copy.js" {
					t.Errorf("%s loads %s", name, a.Val)
				}
			}
		}
		if headings != 1 {
			t.Errorf("%s has %d first headings, want 1", name, headings)
		}
	}
}
