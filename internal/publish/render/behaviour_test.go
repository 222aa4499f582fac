package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"feedd/internal/feed"
)

func render(t *testing.T, v *View, f Format) string {
	t.Helper()
	b, err := Feed(v, f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Two views of the same content give the same bytes, whoever renders them and when.
func TestSameViewSameBytes(t *testing.T) {
	for _, f := range FeedFormats {
		want := render(t, hostileView(), f)
		v := hostileView()
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if got, err := Feed(v, f); err != nil || string(got) != want {
					t.Errorf("%s differs from one rendering to the next (%v)", f, err)
				}
			})
		}
		wg.Wait()
	}
}

// What is published can be collected again: title, link, id, date, authors, categories.
func TestPublishThenParseGivesTheItemsBack(t *testing.T) {
	v := fixture()
	for _, f := range FeedFormats {
		got, err := gofeed.NewParser().Parse(strings.NewReader(render(t, v, f)))
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		if len(got.Items) != len(v.Entries) || got.Title != "Kinh tế – Điểm tin Ví dụ" || got.Language != "vi" {
			t.Fatalf("%s: %d items, title %q, language %q", f, len(got.Items), got.Title, got.Language)
		}
		for i, it := range got.Items {
			e := v.Entries[i]
			lead := e.LeadItem()
			if it.Title != lead.Title || it.Link != lead.URL || it.GUID != v.EntryID(e.Key) {
				t.Errorf("%s: item %d is %q %s %s", f, i, it.Title, it.Link, it.GUID)
			}
			if it.PublishedParsed == nil || !it.PublishedParsed.Equal(e.Published) {
				t.Errorf("%s: item %d published %s, want %s", f, i, it.Published, e.Published)
			}
			if len(it.Authors) != 1 || it.Authors[0].Name == "" {
				t.Errorf("%s: item %d has the authors %v", f, i, it.Authors)
			}
			if len(it.Categories) < len(e.Sections) {
				t.Errorf("%s: item %d has the categories %v", f, i, it.Categories)
			}
		}
	}
}

// An edit moves atom:updated and JSON's date_modified, never the date of publication, never an id.
func TestAnEditMovesUpdatedOnly(t *testing.T) {
	before, after := fixture(), fixture()
	after.Entries[2].Updated = after.Entries[2].Updated.Add(time.Hour)
	after.Entries[2].Reports[0].Title += " (sửa)"
	for _, f := range FeedFormats {
		a, err := gofeed.NewParser().Parse(strings.NewReader(render(t, before, f)))
		if err != nil {
			t.Fatal(err)
		}
		b, err := gofeed.NewParser().Parse(strings.NewReader(render(t, after, f)))
		if err != nil {
			t.Fatal(err)
		}
		x, y := a.Items[2], b.Items[2]
		if x.GUID != y.GUID || !x.PublishedParsed.Equal(*y.PublishedParsed) {
			t.Errorf("%s: id or date moved: %s %s, %s %s", f, x.GUID, x.Published, y.GUID, y.Published)
		}
		if f != FormatRSS && !y.UpdatedParsed.After(*x.UpdatedParsed) {
			t.Errorf("%s: updated %s, then %s", f, x.Updated, y.Updated)
		}
		if f == FormatRSS && !strings.Contains(render(t, after, f), "<atom:updated>2026-03-04T16:00:00") {
			t.Error("RSS does not say that the item was edited")
		}
	}
}

// Entries of one second have different stamps, and a stamp does not depend on its neighbours.
func TestStampsAreDistinctAndTheirOwn(t *testing.T) {
	v := fixture()
	e := v.Entries[2]
	v.Entries = nil
	for i := range 500 {
		one := e
		one.Key = fmt.Sprintf("%016x", i)
		v.Entries = append(v.Entries, one)
	}
	seen := map[string]bool{}
	for _, e := range v.prepare().entries {
		if seen[e.stamp] {
			t.Errorf("two entries have the stamp %s", e.stamp)
		}
		seen[e.stamp] = true
	}
	alone := fixture()
	alone.Entries = v.Entries[250:251]
	if got := alone.prepare().entries[0].stamp; got != v.prepare().entries[250].stamp {
		t.Errorf("stamp alone %s, among others %s", got, v.prepare().entries[250].stamp)
	}
}

// Rights bound every format, and the view's own level bounds them further.
func TestRightsBoundWhatIsShown(t *testing.T) {
	const secret, summary, full = "KÍNBƯNG", "TÓMTẮT", "TOÀNVĂN"
	for _, tt := range []struct {
		rights        feed.Rights
		known         bool
		content       string
		summary, full bool
		picture       bool
	}{
		{feed.RightsFull, true, "", true, true, true},
		{feed.RightsFull, true, "full", true, true, true},
		{feed.RightsFull, true, "summary", true, false, true},
		{feed.RightsFull, true, "headline", false, false, false},
		{feed.RightsSummary, true, "full", true, false, true},
		{"", true, "full", true, false, true},
		{feed.RightsHeadline, true, "full", false, false, false},
		{feed.RightsFull, false, "full", false, false, false},
	} {
		view := func() *View {
			v := fixture()
			v.Content = tt.content
			v.Section.ID = "all"
			v.Sources = map[string]Origin{}
			if tt.known {
				v.Sources["s"] = Origin{ID: "s", Title: "S", FeedURL: "https://s.example/f", Rights: tt.rights}
			}
			v.Entries = []feed.Entry{{Key: "1", Lead: 1, Published: v.Entries[0].Published, Reports: []feed.Item{
				{
					ID: 1, Source: "s", URL: "https://s.example/1", Title: "Tin", Summary: "<p>" + summary + "</p>", Content: "<p>" + summary + "</p><p>" + full + "</p>",
					Image: "https://s.example/anh.jpg", Enclosures: []feed.Enclosure{{URL: "https://s.example/anh.jpg", Type: "image/jpeg", Length: 9}},
				},
				{ID: 2, Source: "t", URL: "https://t.example/2", Title: "Tin khác", Summary: secret, Content: secret},
			}}}
			return v
		}
		docs := map[string]string{}
		for _, f := range FeedFormats {
			docs[string(f)] = render(t, view(), f)
		}
		front, err := Front(&FrontPage{All: view(), Top: view(), Sections: []*View{view()}})
		if err != nil {
			t.Fatal(err)
		}
		story, err := StoryPage(view())
		if err != nil {
			t.Fatal(err)
		}
		embed, err := Embed(view())
		if err != nil {
			t.Fatal(err)
		}
		docs["front"], docs["story"], docs["embed"] = string(front), string(story), string(embed)
		for name, doc := range docs {
			page := len(name) == 5
			if got := strings.Contains(doc, summary); got != tt.summary && name != "embed" || name == "embed" && got {
				t.Errorf("%+v: %s shows the summary: %v", tt, name, got)
			}
			if got := strings.Contains(doc, full); got != (tt.full && !page) {
				t.Errorf("%+v: %s shows the full text: %v", tt, name, got)
			}
			if got := strings.Contains(doc, "anh.jpg"); got != (tt.picture && !page) {
				t.Errorf("%+v: %s shows the picture: %v", tt, name, got)
			}
			if strings.Contains(doc, secret) {
				t.Errorf("%+v: %s shows another report's text", tt, name)
			}
		}
	}
}

// A site that moves keeps every id: its readers see nothing twice.
func TestAMovedSiteKeepsItsIDs(t *testing.T) {
	moved := fixture()
	moved.Base, moved.Site.URL = "https://tin.example.net/bao", "https://tin.example.net/bao"
	for _, f := range FeedFormats {
		a, err := gofeed.NewParser().Parse(strings.NewReader(render(t, fixture(), f)))
		if err != nil {
			t.Fatal(err)
		}
		doc := render(t, moved, f)
		b, err := gofeed.NewParser().Parse(strings.NewReader(doc))
		if err != nil {
			t.Fatal(err)
		}
		for i := range a.Items {
			if a.Items[i].GUID != b.Items[i].GUID {
				t.Errorf("%s: id %s became %s", f, a.Items[i].GUID, b.Items[i].GUID)
			}
		}
		if f == FormatAtom && !strings.Contains(doc, "<id>tag:news.example.org,2026:sections/kinh-te</id>") {
			t.Error("the feed's own id moved")
		}
		if problems := Check(f, []byte(doc)); problems != nil {
			t.Error(problems)
		}
	}
}

func TestAttribution(t *testing.T) {
	for _, tt := range []struct {
		attribution   string
		title, footer bool
	}{{"", false, true}, {"summary", false, true}, {"title", true, false}, {"none", false, false}} {
		for _, f := range FeedFormats {
			v := fixture()
			v.Attribution = tt.attribution
			doc := render(t, v, f)
			if got := strings.Contains(doc, "xe buýt điện – Thời báo Kín"); got != tt.title {
				t.Errorf("%q, %s: outlet in the title: %v", tt.attribution, f, got)
			}
			if got := strings.Contains(doc, "Nguồn:"); got != tt.footer {
				t.Errorf("%q, %s: outlet below the text: %v", tt.attribution, f, got)
			}
			machine := map[Format]string{
				FormatRSS:  `<source url="https://kin.example.vn/tin-moi">Thời báo Kín</source>`,
				FormatAtom: "<title>Thời báo Kín</title>",
				FormatJSON: `"title":"Thời báo Kín","url":"https://kin.example.vn"`,
			}[f]
			if !strings.Contains(doc, machine) {
				t.Errorf("%q, %s: no origin for machines", tt.attribution, f)
			}
		}
	}
}

// A partner's feed has its own place and, where wanted, its own ids; it belongs to the same pages.
func TestPartner(t *testing.T) {
	v := fixture()
	v.Hub = ""
	v.Partner = &feed.Partner{ID: "cong", OwnIDs: true}
	atom := render(t, v, FormatAtom)
	for _, want := range []string{
		"<id>tag:news.example.org,2026:partners/cong/kinh-te</id>",
		`href="https://news.example.org/partners/cong/kinh-te.atom"`,
		"<id>tag:news.example.org,2026:cong/b3f1c2d4e5a69788</id>",
		`href="https://news.example.org/sections/kinh-te"`,
	} {
		if !strings.Contains(atom, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(atom, `rel="hub"`) {
		t.Error("a partner's feed advertises a hub")
	}
	if problems := Check(FormatAtom, []byte(atom)); problems != nil {
		t.Error(problems)
	}
}

// An empty JSON Feed still has its items, or it is none.
func TestEmptyJSONFeedHasItems(t *testing.T) {
	v := fixture()
	v.Entries = nil
	var got map[string]any
	if err := json.Unmarshal([]byte(render(t, v, FormatJSON)), &got); err != nil {
		t.Fatal(err)
	}
	if items, ok := got["items"].([]any); !ok || len(items) != 0 {
		t.Errorf("items are %v", got["items"])
	}
}

func TestWebURL(t *testing.T) {
	for _, tt := range []struct{ raw, base, want string }{
		{"https://e.org/a?b=1&c=2#d", "", "https://e.org/a?b=1&c=2#d"},
		{" https://e.org/ \n", "", "https://e.org/"},
		{"https://E.org:443/A", "", "https://e.org/A"},
		{"http://e.org:8080", "", "http://e.org:8080"},
		{"https://báo.example.vn/tin", "", "https://xn--bo-mia.example.vn/tin"},
		{"https://e.org/tin tức?q=bão [4]", "", "https://e.org/tin%20t%E1%BB%A9c?q=b%C3%A3o%20%5B4%5D"},
		{"https://e.org/100%", "", "https://e.org/100%25"},
		{"https://e.org/%c3%a9", "", "https://e.org/%c3%a9"},
		{"https://user:pass@e.org/", "", "https://e.org/"},
		{"https://bao_ngay.example.vn/1", "", "https://bao_ngay.example.vn/1"},
		{"https://exa mple.org/1", "", ""},
		{"../b", "https://e.org/a/c", "https://e.org/b"},
		{"//cdn.example/x", "https://e.org/", "https://cdn.example/x"},
		{"/b", "", ""},
		{"javascript:alert(1)", "https://e.org/", ""},
		{"https://[::1]:8080/", "", "https://[::1]:8080/"},
		{"https://", "https://e.org/", ""},
		{"", "https://e.org/", ""},
	} {
		got := webURL(tt.raw, tt.base)
		if got != tt.want {
			t.Errorf("webURL(%q, %q) = %q, want %q", tt.raw, tt.base, got, tt.want)
		}
		if again := webURL(got, ""); again != got {
			t.Errorf("webURL(%q) is not stable: %q", got, again)
		}
	}
}

func TestLine(t *testing.T) {
	for _, tt := range []struct {
		in   string
		max  int
		want string
	}{
		{"  một\n\thai\u00a0ba\u200b  ", 99, "một hai ba"},
		{"một hai ba bốn", 10, "một hai…"},
		{"mộthaibabốn", 6, "mộtha…"},
		{"3 < 5 và 7 > 2", 99, "3 < 5 và 7 > 2"},
		{"thẻ <b>đậm</b>", 99, "thẻ ‹b›đậm‹/b›"},
		{"a\x00b\xffc", 99, "abc"},
	} {
		if got := line(tt.in, tt.max); got != tt.want {
			t.Errorf("line(%q, %d) = %q, want %q", tt.in, tt.max, got, tt.want)
		}
	}
}

func TestSafeFragment(t *testing.T) {
	for _, tt := range []struct{ name, in, html, text string }{
		{"text", "một < hai & ba", "một &lt; hai &amp; ba", "một < hai & ba"},
		{"picture before the text", `<a href="/x"><img src="/i.jpg"></a></br>Sau ảnh`, "Sau ảnh", "Sau ảnh"},
		{"empty shells", "<p></p><div><span> </span></div>a<p>b<b></b></p>", "a<p>b</p>", "a b"},
		{"unclosed", "<p>a<p>b<ul><li>c", "<p>a</p><p>b</p><ul><li>c</li></ul>", "a b c"},
		{"relative", `<a href="../b">c</a>`, `<a href="https://e.org/b">c</a>`, "c"},
		{"script", "a<script>b</script><style>c</style>d", "ad", "ad"},
		{"unknown element", "a<blink>b</blink>c", "abc", "abc"},
		{"groups", "<section>một</section><article>hai</article><details><summary>ba</summary>bốn</details>",
			"<div>một</div><div>hai</div><div><div>ba</div>bốn</div>", "một hai ba bốn"},
		{"mail and telephone", `<a href="mailto:desk@bao.example?subject=Tin mới">thư</a> <a href="TEL:+84-24-1234">gọi</a> <a href="mailto:x">x</a> <a href="tel:javascript">y</a>`,
			`<a href="mailto:desk@bao.example?subject=Tin%20m%E1%BB%9Bi">thư</a> <a href="tel:+84-24-1234">gọi</a> x y`, "thư gọi x y"},
	} {
		got := safeFragment(tt.in, "https://e.org/a/x", 1000, false)
		if got.html != tt.html || got.text != tt.text {
			t.Errorf("%s: got %q, text %q", tt.name, got.html, got.text)
		}
	}
	got := safeFragment("<p>một <b>hai ba</b> bốn</p>", "", 8, false)
	if got.html != "<p>một <b>hai…</b></p>" {
		t.Errorf("cut: %q", got.html)
	}
}

// A fragment is a fixed point: cleaning it again finds nothing to do. Were it not well formed, the
// parser would put it right.
func TestFragmentIsAFixedPoint(t *testing.T) {
	for _, it := range hostile() {
		for _, pictures := range []bool{true, false} {
			once := safeFragment(it.Content, "https://e.org/dir/", maxContent, pictures)
			again := safeFragment(once.html, "", maxContent, pictures)
			if again.html != once.html {
				t.Errorf("%.60q becomes\n%.300q, then\n%.300q", it.Content, once.html, again.html)
			}
		}
	}
}

func TestContinuedStoryLinksBack(t *testing.T) {
	v := fixture()
	for f, want := range map[Format]string{
		FormatRSS:  `<thr:in-reply-to ref="tag:news.example.org,2026:a0a1a2a3a4a5a6a7"`,
		FormatAtom: `<thr:in-reply-to ref="tag:news.example.org,2026:a0a1a2a3a4a5a6a7"`,
		FormatJSON: `"follows":"tag:news.example.org,2026:a0a1a2a3a4a5a6a7"`,
	} {
		doc := render(t, v, f)
		if !strings.Contains(doc, want) || !strings.Contains(doc, "Diễn biến trước") {
			t.Errorf("%s does not link to the story's earlier entry", f)
		}
	}
}

// A cache saves work and changes nothing, even when it is too small for one section.
func TestCacheChangesNothing(t *testing.T) {
	for _, size := range []int{10_000, 100 << 20} {
		cache := NewCache(size)
		for range 2 {
			for _, f := range FeedFormats {
				v := hostileView()
				v.Cache = cache
				if render(t, v, f) != render(t, hostileView(), f) {
					t.Errorf("%s with a cache of %d bytes differs", f, size)
				}
			}
		}
		if cache.size > size {
			t.Errorf("the cache holds %d bytes, want %d", cache.size, size)
		}
	}
}

// What was withdrawn or dropped is in no rendering, even when it is handed in.
func TestWithdrawnIsNotShown(t *testing.T) {
	v := fixture()
	v.Entries[0].Withdrawn = v.Entries[0].Updated
	v.Entries[1].Reports[0].Dropped = "drop rule"
	for _, f := range FeedFormats {
		if doc := render(t, v, f); strings.Contains(doc, "Lãi suất") || strings.Contains(doc, "Ports") || !strings.Contains(doc, "Hà Nội") {
			t.Errorf("%s shows what was withdrawn or dropped", f)
		}
	}
}

func section(n int) *View {
	v := fixture()
	base := v.Entries
	v.Entries = nil
	for i := range n {
		e := base[i%len(base)]
		e.Key = fmt.Sprintf("%016x", i)
		v.Entries = append(v.Entries, e)
	}
	return v
}

func BenchmarkFeeds(b *testing.B) {
	for _, n := range []int{50, 100} {
		for _, f := range FeedFormats {
			b.Run(fmt.Sprintf("%s-%d", f, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Feed(section(n), f); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("all-%d", n), func(b *testing.B) { // what one change costs: worked out once, written thrice
			b.ReportAllocs()
			cache := NewCache(16 << 20)
			for b.Loop() {
				v := section(n)
				v.Cache = cache
				for _, f := range FeedFormats {
					if _, err := Feed(v, f); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	for _, f := range FeedFormats {
		doc, err := Feed(section(100), f)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(string(f), func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				if p := Check(f, bytes.Clone(doc)); p != nil {
					b.Fatal(p)
				}
			}
		})
	}
}

// Who follows podcasts looks for the enclosure; zero is RSS's length for what nobody knows.
func TestRecordingsOfUnknownLengthAreEnclosed(t *testing.T) {
	const mp3 = "https://s.example/a.mp3"
	for _, tt := range []struct {
		files []feed.Enclosure
		want  string
	}{
		{[]feed.Enclosure{{URL: mp3}}, `<enclosure url="` + mp3 + `" length="0" type="audio/mpeg">`},
		{[]feed.Enclosure{{URL: "https://s.example/a.jpg", Type: "image/jpeg", Length: 9}, {URL: mp3, Type: "audio/mpeg", Length: -1}}, `<enclosure url="` + mp3 + `" length="0" type="audio/mpeg">`},
		{[]feed.Enclosure{{URL: "https://s.example/b.mp3"}, {URL: mp3, Length: 7}}, `<enclosure url="` + mp3 + `" length="7" type="audio/mpeg">`},
		{[]feed.Enclosure{{URL: "https://s.example/a.jpg", Type: "image/jpeg"}}, ""},
	} {
		v := fixture()
		v.Entries = v.Entries[:1]
		v.Entries[0].Reports[0].Enclosures = tt.files
		rss := render(t, v, FormatRSS)
		if !strings.Contains(rss, tt.want) || tt.want == "" && strings.Contains(rss, "<enclosure") {
			t.Errorf("%v: want %q in %s", tt.files, tt.want, rss)
		}
	}
}
