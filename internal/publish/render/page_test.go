package render

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
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
	b, err := Front(&FrontPage{All: all, Top: all, Sections: []*View{view(), world}})
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

// What was learned says on the story's page what it went by; what somebody decided needs no such
// reasons, and the words of a summary that must not be shown do not come out this way.
func TestStoryPageSaysWhatWasLearned(t *testing.T) {
	page := func(change func(lead, other *feed.Item)) string {
		v := fixture()
		v.Entries = v.Entries[:1]
		change(&v.Entries[0].Reports[0], &v.Entries[0].Reports[1])
		b, err := StoryPage(v)
		if err != nil {
			t.Fatal(err)
		}
		return html.UnescapeString(string(b))
	}
	const why, words, weight = "Vì sao tin vào chuyên mục này", "<q>Nhiều ngân hàng</q>", "+0,8"
	has := func(doc string, want bool, parts ...string) {
		t.Helper()
		for _, p := range parts {
			if strings.Contains(doc, p) != want {
				t.Errorf("the page has %q: %v, want %v", p, !want, want)
			}
		}
	}
	has(page(func(_, _ *feed.Item) {}), true, why, "(93 %)", "<q>Lãi suất</q>", "+1,2", words, weight, "quy tắc của chuyên mục", "cách viết tiêu đề", "các từ thường đi cùng")
	has(page(func(_, other *feed.Item) {
		other.Sections = []feed.Placement{{Section: "kinh-te", By: "source"}}
	}), false, why, words)
	has(page(func(lead, _ *feed.Item) { lead.Sections[0].Section = "cong-nghe" }), false, why, words)
	doc := page(func(lead, _ *feed.Item) { lead.Source = "kin" }) // of which only the headline may be shown
	has(doc, true, why, "<q>Lãi suất</q>")
	has(doc, false, words)
	surer := page(func(_, other *feed.Item) {
		other.Sections = []feed.Placement{{Section: "kinh-te", By: "learned", Probability: .99, Evidence: []feed.Evidence{{Words: "Loạt ngân hàng", Adds: 2}}}}
	})
	has(surer, true, "(99 %)", "<q>Loạt ngân hàng</q>")
	has(surer, false, words)
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

// The front page of a small site shows what there is, whatever of it stands in sections, each story
// once, and says that there is nothing only when there is nothing.
func TestFrontOfASmallSite(t *testing.T) {
	all := func(n int) *View {
		v := fixture()
		v.Section = feed.Section{ID: "all"}
		one := v.Entries[0]
		v.Entries = nil
		for i := range n {
			e := one
			e.Key = fmt.Sprintf("%016x", i+1)
			e.Story, e.Follows = e.Key, ""
			e.Reports = slices.Clone(one.Reports)
			for j := range e.Reports {
				e.Reports[j].Title = fmt.Sprintf("Chuyện số %d.", i+1)
			}
			v.Entries = append(v.Entries, e)
		}
		return v
	}
	section := func(n int) *View {
		s := all(n)
		s.Section = feed.Section{ID: "kinh-te", Title: "Kinh tế"}
		return s
	}
	const empty = `class="empty"`
	for _, tt := range []struct {
		name            string
		stories, filed  int
		noSection       bool
		shown, sections int
	}{
		{"no section", 9, 0, true, 9, 0},
		{"a section into which nothing was filed", 9, 0, false, 9, 0},
		{"a section whose stories are all at the top", 3, 3, false, 3, 0},
		{"a section with more than the top shows", 9, 6, false, 9, 1},
		{"no end of stories", 40, 0, true, 24, 0},
		{"nothing", 0, 0, false, 0, 0},
	} {
		v := all(tt.stories)
		var sections []*View
		if !tt.noSection {
			sections = append(sections, section(tt.filed))
		}
		b, err := Front(&FrontPage{All: v, Top: &View{}, Sections: sections})
		if err != nil {
			t.Fatal(err)
		}
		page := string(b)
		shown := 0
		for i := range tt.stories {
			n := strings.Count(page, fmt.Sprintf("Chuyện số %d.<", i+1))
			if n > 1 {
				t.Errorf("%s: story %d stands %d times on the page", tt.name, i+1, n)
			}
			shown += n
		}
		if shown != tt.shown {
			t.Errorf("%s: %d stories, want %d", tt.name, shown, tt.shown)
		}
		if strings.Contains(page, empty) != (tt.stories == 0) {
			t.Errorf("%s: says that there is nothing: %v", tt.name, strings.Contains(page, empty))
		}
		if n := strings.Count(page, `aria-labelledby="s-kinh-te"`); n != tt.sections {
			t.Errorf("%s: %d sections, want %d", tt.name, n, tt.sections)
		}
	}
}
