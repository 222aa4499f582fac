package render

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
		View: view(), Now: fixture().Entries[0].Updated, Unsorted: 2,
		Sources: []SourceStatus{
			{ID: "vidu", Title: "Báo Ví dụ", URL: "https://vidu.example.vn/rss", Days: []int{0, 3, 12}, State: feed.SourceState{
				LastRun: fixture().Entries[0].Updated, LastSuccess: fixture().Entries[0].Updated,
				NextRun: fixture().Entries[0].Updated, NextReason: "*/15 * * * *", NextWhy: feed.Reason{Kind: feed.ReasonSchedule, Every: 15 * time.Minute}, Items: 30,
				Rhythm: &feed.Rhythm{Gap: 100 * time.Minute, Seen: 60, Hours: [24]float64{7: .5, 8: .25, 20: .25}},
			}},
			{ID: "kin", Title: "Thời báo Kín", URL: "https://kin.example.vn/tin-moi", State: feed.SourceState{
				LastRun: fixture().Entries[0].Updated, Error: "the server answered 500 <Internal>", Fault: feed.FaultStatus, Status: 500, Failures: 3,
				NextRun: fixture().Entries[0].Updated.AddDate(0, 0, 1), NextWhy: feed.Reason{Kind: feed.ReasonFailed, Times: 3},
			}},
			{ID: "kin-kt", Title: "Thời báo Kín", Section: "Kinh tế", State: feed.SourceState{LastRun: fixture().Entries[0].Updated, Gone: true}},
			{ID: "moi", URL: "https://moi.example.vn/"},
		},
		Notes:    []Note{{Kind: NoteKept, Subject: "/sections/kinh-te.rss", Text: "/sections/kinh-te.rss was not published"}, {Kind: NoteHeld}, {Kind: NoteEmptied, Subject: "Kinh tế"}},
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
		{"a section with more than the top shows", 12, 9, false, 12, 1},
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

// The page of the sources' health is in one language: whatever a source's next run or its fault goes by has words
// in each, and what the machine says in English stays out of a Vietnamese page.
func TestStatusPageIsInOneLanguage(t *testing.T) {
	reasons := []feed.ReasonKind{feed.ReasonFirst, feed.ReasonAddress, feed.ReasonSchedule, feed.ReasonRhythm, feed.ReasonLearning, feed.ReasonPushed,
		feed.ReasonFailed, feed.ReasonTTL, feed.ReasonAsked, feed.ReasonSkipped, feed.ReasonHeld, feed.ReasonGone, feed.ReasonLine, feed.ReasonUnsaved}
	faults := []feed.Fault{feed.FaultStatus, feed.FaultSlow, feed.FaultUnknown, feed.FaultAway, feed.FaultTLS, feed.FaultForbidden, feed.FaultUnreadable, feed.FaultUnsaved}
	for _, lang := range []string{"vi", "en"} {
		w := statusWordsFor(lang)
		var sources []SourceStatus
		for i, k := range reasons {
			if w.Reasons[k] == "" {
				t.Errorf("%s has no words for the reason %s", lang, k)
			}
			st := feed.SourceState{LastRun: time.Unix(1, 0), NextRun: time.Unix(2, 0), NextReason: "runs by its schedule, */15 * * * *", NextWhy: feed.Reason{Kind: k, Every: 26 * time.Hour, Times: 7}}
			if i < len(faults) {
				if w.Faults[faults[i]] == "" {
					t.Errorf("%s has no words for the fault %s", lang, faults[i])
				}
				st.Fault, st.Error, st.Status = faults[i], "the server hung up", 503
			}
			sources = append(sources, SourceStatus{ID: string(k), Title: "Báo " + string('A'+rune(i)), State: st})
		}
		v := fixture()
		v.Site.Language = lang
		b, err := StatusPage(&Status{View: v, Now: time.Unix(3, 0), Sources: sources})
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, not := range []string{"*/15", "the server hung up", "runs by", "%!", "%s", "%d"} {
			if lang == "vi" && strings.Contains(text, not) || strings.HasPrefix(not, "%") && strings.Contains(text, not) {
				t.Errorf("the page in %s says %q", lang, not)
			}
		}
		if fine, failing := strings.Index(text, `id="fine"`), strings.Index(text, `id="failing"`); failing < 0 || fine < failing {
			t.Errorf("the page in %s begins with what works: %d, %d", lang, failing, fine)
		}
	}
	for d, want := range map[time.Duration][2]string{
		time.Minute: {"1 phút", "1 minute"}, 15 * time.Minute: {"15 phút", "15 minutes"}, 90 * time.Minute: {"90 phút", "90 minutes"},
		150 * time.Minute: {"2,5 giờ", "2.5 hours"}, 12 * time.Hour: {"12 giờ", "12 hours"}, 72 * time.Hour: {"3 ngày", "3 days"},
	} {
		if got := [2]string{statusWordsFor("vi").span(d), statusWordsFor("en").span(d)}; got != want {
			t.Errorf("%v is %q", d, got)
		}
	}
	// One is said as one.
	for got, want := range map[string]string{
		statusWordsFor("en").reason(feed.Reason{Kind: feed.ReasonSchedule, Every: time.Minute}): "by its schedule, every minute",
		statusWordsFor("en").reason(feed.Reason{Kind: feed.ReasonTTL, Every: time.Minute}):      "it asks for 1 minute between two looks",
		statusWordsFor("en").reason(feed.Reason{Kind: feed.ReasonFailed, Times: 1}):             "put off after a failure",
		statusWordsFor("en").rhythm(&feed.Rhythm{Gap: 48 * time.Hour, Seen: 9}):                 "An item about every 2 days",
		statusWordsFor("en").counts(1, 0, 1):                                                    "1 source · 1 story in no section",
		statusWordsFor("vi").counts(1, 1, 1):                                                    "1 nguồn tin · 1 đang lỗi · 1 tin chưa thuộc chuyên mục nào",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A search that left older reports says so, on its page and in its feeds.
func TestSearchSaysThatItStopped(t *testing.T) {
	for lang, want := range map[string][2]string{
		"vi": {"Đã tìm ngược đến 19:00, Thứ Năm, 5/11/2026; tin cũ hơn chưa được xét.", "tin cũ hơn có thể bị sót"},
		"en": {"Looked back to 19:00, Thursday, 5 November 2026; what is older was not looked at yet.", "older ones may be missing"},
	} {
		for _, bounded := range []bool{false, true} {
			v := fixture()
			v.Site.Language, v.Site.Timezone, v.Bounded = lang, time.FixedZone("", 7*60*60), bounded
			s := Search{Text: "tin"}
			if bounded {
				s.LookedTo, s.Older = time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC), "?q=tin&older=77"
			}
			page, err := SearchPage(v, s)
			if err != nil {
				t.Fatal(err)
			}
			atom, err := Feed(v, FormatAtom)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(page), want[0]) != bounded || strings.Contains(string(page), `/search?q=tin&amp;older=77"`) != bounded {
				t.Errorf("%s, bounded %v: %s", lang, bounded, page)
			}
			if strings.Contains(string(atom), want[1]) != bounded {
				t.Errorf("%s, bounded %v: %.600s", lang, bounded, atom)
			}
		}
	}
}
