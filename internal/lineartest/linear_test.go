//go:build linux && !race

package lineartest

import (
	"encoding/json"
	"net/url"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/temoto/robotstxt"
	"golang.org/x/sys/unix"

	"feedd/internal/aggregate/desk"
	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/aggregate/desk/words"
	"feedd/internal/aggregate/read"
	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// reader is a door through which foreign bytes come in. open prepares a call for a text: what is
// timed is what it returns.
type reader struct {
	name string
	open func(text string) func()
}

// always is a reader that needs no preparation.
func always(name string, read func(text string)) reader {
	return reader{name, func(text string) func() { return func() { read(text) } }}
}

// in is a reader of a document in which the text stands where the mark "@" is.
func in(name, document string, read func(body []byte)) reader {
	return reader{name, func(text string) func() {
		body := []byte(strings.Replace(document, "@", text, 1))
		return func() { read(body) }
	}}
}

const (
	rssDocument  = `<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>t</title><link>http://e.org/</link><item>@</item></channel></rss>`
	atomDocument = `<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><id>x</id><entry><id>1</id>@</entry></feed>`
	jsonDocument = `{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"1",@}]}`
	pageDocument = `<!doctype html><html><head><title>t</title></head><body>@`
)

func readers() []reader {
	base, _ := url.Parse("http://e.org/a/")
	document := func(src feed.Source) func([]byte) {
		return func(body []byte) {
			_, _ = read.Preview(read.Body{Bytes: body, URL: "http://e.org/"}, src, now)
		}
	}
	feedOf := document(feed.Source{ID: "a"})
	page := document(feed.Source{ID: "a", Page: &feed.Page{Item: "p, div, li", Title: "a", Link: "a@href", Summary: "p", Image: "img"}})
	bare := document(feed.Source{ID: "a", Page: &feed.Page{}})
	all := []reader{
		always("plain text", func(s string) { feed.PlainText(s) }),
		always("plain title", func(s string) { feed.PlainTitle(s) }),
		always("sanitizer", func(s string) { feed.Sanitize(s, "http://e.org/") }),
		always("words", func(s string) { feed.Words(nil, s) }),
		always("normal form", func(s string) { feed.Normal(s) }),
		always("canonical address", func(s string) { feed.Canonical("http://e.org/" + s); feed.Canonical("http://e.org/?" + s) }),
		always("article number", func(s string) { feed.ArticleNumber("https://e.org/" + s) }),
		always("resolver", func(s string) { feed.Resolve(base, s) }),
		always("identity", func(s string) { feed.Identify(&feed.Item{Title: s}) }),
		always("date", func(s string) { feed.ParseDate(s, nil, now) }),
		always("date order", func(s string) { feed.OrderOf(s, s) }),
		always("robots.txt", func(s string) {
			if r, err := robotstxt.FromString(s); err == nil {
				r.FindGroup("feedd").Test("/" + s[:min(len(s), 1000)])
			}
		}),
		always("selector", func(s string) { _ = read.CheckSelector(s) }),

		in("whole document", "@", feedOf),
		in("RSS item", rssDocument, feedOf),
		in("Atom entry", atomDocument, feedOf),
		in("JSON item", jsonDocument, feedOf),
		in("page", pageDocument, page),
		in("page without selectors", pageDocument, bare),
		in("JSON-LD", strings.Replace(pageDocument, "@", `<script type="application/ld+json">{"@type":"NewsArticle",@}</script>`, 1), bare),
		in("article", pageDocument, func(body []byte) {
			_ = read.Article(read.Body{Bytes: body, URL: "http://e.org/a"}, &feed.Item{URL: "http://e.org/a"}, feed.Source{ID: "a"}, now)
		}),
		in("discovery", pageDocument, func(body []byte) { read.Discover(read.Body{Bytes: body, URL: "http://e.org/a"}) }),
		always("charset of a header", func(s string) {
			_, _ = read.Read(read.Body{Bytes: []byte("<rss>\xff</rss>"), ContentType: "text/xml; charset=" + s}, feed.Source{}, now)
		}),
	}
	for _, field := range []string{"title", "description", "category", "link", "guid", "author", "pubDate", "enclosure", "dc:creator", "x:y"} {
		all = append(all, in("RSS "+field, strings.Replace(rssDocument, "@", "<"+field+">@</"+field+">", 1), feedOf),
			in("RSS "+field+" as CDATA", strings.Replace(rssDocument, "@", "<"+field+"><![CDATA[@]]></"+field+">", 1), feedOf))
	}
	for _, field := range []string{"title", "content_html", "url", "date_published", "language"} {
		all = append(all, reader{"JSON " + field, func(text string) func() {
			quoted, _ := json.Marshal(text)
			body := []byte(strings.Replace(jsonDocument, "@", `"`+field+`":`+string(quoted), 1))
			return func() { feedOf(body) }
		}})
	}
	return append(all, inside()...)
}

// inside are the readers of what is stored: the desk, rules and renderings.
func inside() []reader {
	items := func(text string) []feed.Item {
		return []feed.Item{
			{ID: 1, Source: "a", Key: "g:1", URL: "http://e.org/1", Title: text, FirstSeen: now},
			{ID: 2, Source: "a", Key: "g:2", URL: "http://e.org/2", Title: "Bão số 4", Summary: text, FirstSeen: now},
			{ID: 3, Source: "b", Key: "g:3", URL: "http://e.org/3", Title: "Giá vàng", Content: text, FirstSeen: now},
			{ID: 4, Source: "b", Key: "g:4", URL: "http://e.org/4", Title: "Lãi suất", Categories: []string{text}, FirstSeen: now},
		}
	}
	section := feed.Section{ID: "s", Learn: true, Rules: []feed.Rule{
		{Any: []feed.Pattern{{Text: "ab*"}, {Text: "/x+y/"}, {Text: "giá ~5 vàng"}, {Text: `"Bão"`}}, In: []string{"title", "summary", "content", "category", "author", "url"}},
		{All: []feed.Pattern{{Text: "x"}, {Text: "y"}}, Weight: 1},
	}}
	view := func(text string) *render.View {
		v := &render.View{Site: feed.Site{Title: "t", Language: "vi"}, Authority: "e.org,2026", Base: "http://e.org", Section: section,
			Sources: map[string]render.Origin{"a": {Title: "A", Rights: feed.RightsFull}, "b": {Title: "B", Rights: feed.RightsFull}}}
		for _, it := range items(text) {
			v.Entries = append(v.Entries, feed.Entry{Key: it.Key, Story: it.Key, Lead: it.ID, Published: now, Updated: now, Reports: []feed.Item{it}})
		}
		return v
	}
	rendered := func(name string, format func(*render.View) ([]byte, error)) reader {
		return reader{name, func(text string) func() {
			return func() { _, _ = format(view(text)) }
		}}
	}
	wordsOf := words.NewReader(nil)
	return []reader{
		always("headline", func(s string) { wordsOf.Read(s, "") }),
		always("summary", func(s string) { wordsOf.Read("x", s) }),
		{"desk", func(text string) func() {
			return func() {
				d, err := desk.New(desk.Options{Sections: []feed.Section{section}, Sources: map[string]feed.Source{"a": {ID: "a"}, "b": {ID: "b"}},
					Stories: feed.StorySettings{Window: time.Hour}, Learning: feed.SectionSettings{Learn: true, Confidence: .5}, Model: sections.NewModel()})
				if err != nil {
					panic(err)
				}
				batch := items(text)
				d.File(batch, now)
				for i := range batch {
					d.Labels(&batch[i])
				}
			}
		}},
		always("pattern", func(s string) { _ = sections.CheckPattern(s) }),
		rendered("RSS", render.RSS), rendered("Atom", render.Atom), rendered("JSON Feed", render.JSON), rendered("page for people", render.SectionPage),
	}
}

// kinds are what comes again and again, and what stands before it.
var kinds = []struct{ name, before, again string }{
	{"letters", "", "a"}, {"words", "", "ab "}, {"long words", "", strings.Repeat("x", 300) + " "}, {"spaces", "a", " "}, {"lines", "", "\n"},
	{"digits", "", "1"}, {"figures", "", "12 "}, {"dates", "", "2026-03-02 "}, {"days", "", "Mon, "}, {"times", "", "12:"}, {"slashes", "", "1/"},
	{"amounts", "", "1.000 tỷ "}, {"names", "", "Nguyễn Văn A "}, {"quotes of words", "", `"`}, {"curly quotes", "", "“"}, {"brackets", "", "("}, {"both brackets", "", "[]"},
	{"square brackets", "", "["}, {"braces", "", "{"}, {"commas", "", ","}, {"dots", "", "."}, {"dashes", "", "–"}, {"hyphens", "", "a-"}, {"colons", "", ":"}, {"equals", "", "="},
	{"combining marks", "a", "\u0301"}, {"marks that compose", "", "a\u0302\u0301"}, {"reordered marks", "a", "\u0323\u0301"}, {"marks of another script", "क", "\u0941"}, {"zero width", "a", "\u200b"}, {"joined", "", "👩\u200d"}, {"hangul", "", "\u1100"}, {"han", "", "漢"},
	{"replacement", "", "\ufffd"}, {"controls", "", "\x01"}, {"zeros", "", "\x00"}, {"invalid", "", "\xff"}, {"mojibake", "", "Ã¡"}, {"capitals", "", "ABC "},
	{"declarations", "", "<!"}, {"instructions", "", "<?"}, {"comments", "", "<!-- -->"}, {"comments cut short", "", "<!-- >"}, {"comments without end", "", "<!--"},
	{"CDATA", "", "<![CDATA[a]]>"}, {"CDATA without end", "", "<![CDATA["}, {"CDATA ends", "", "]]>"}, {"script", "", "<script>"}, {"scripts", "", "<script></script>"},
	{"textarea", "", "<textarea>"}, {"object", "", "<object>"}, {"iframe", "", "<iframe>"}, {"style", "", "<style>"}, {"title", "", "<title>"}, {"xmp", "", "<xmp>"}, {"noscript", "", "<noscript>"}, {"plaintext", "", "<plaintext>"},
	{"paragraphs", "", "<p>"}, {"bold", "", "<b>"}, {"bold in paragraphs", "", "<p><b>x"}, {"bold ended", "", "<b>x</b>"}, {"ends", "", "</b>"}, {"unknown ends", "", "x</y>"}, {"divisions", "", "<div>"}, {"divisions ended", "", "<div></div>"},
	{"links", "", "<a>x"}, {"links with addresses", "", `<a href="/x">y</a>`}, {"links around blocks", "", "<a><div>"}, {"tables", "", "<table>"}, {"cells", "<table>", "<td>x"}, {"fostered", "<table>", "<b>x"}, {"select", "<select>", "<option>x"}, {"svg", "<svg>", "<g>"}, {"math", "", "<math><mi>"}, {"template", "", "<template>"},
	{"images", "", `<img src="a">`}, {"images late", "", `<img data-src="a">`}, {"srcset", `<img srcset="`, "a 1x, "}, {"attributes", "<p ", "a "}, {"different attributes", "<p ", "a\u0000"}, {"bodies", "", "<body a>"}, {"styles", "", `<p style="color:red">`}, {"hidden", "", "<p hidden>"},
	{"microdata", "", `<div itemscope itemtype="/Article">`}, {"properties", "", `<p itemscope itemtype="/Article"><b itemprop=name>x</b>`}, {"metas", "", "<meta name=a content=b>"}, {"alternates", "", `<link rel=alternate type="text/xml" href=a>`},
	{"less than", "", "<"}, {"less than a letter", "", "<a "}, {"unclosed quotes", "", `<a b="`}, {"unclosed quotes of two kinds", "", `<a b="<a b='`}, {"ampersands", "", "&"}, {"references", "", "&amp;"}, {"twice escaped", "", "&amp;lt;"}, {"numbers of characters", "", "&#65;"}, {"bad references", "", "&#1;"}, {"half references", "", "&a"}, {"long references", "", "&" + strings.Repeat("a", 38)},
	{"items", "", "<item>"}, {"items ended", "", "</item><item>"}, {"entries", "", "<entry>"}, {"titles", "", "<title>x</title>"}, {"descriptions", "", "<description>"}, {"links of feeds", "", "<link>a</link>"}, {"Atom links", "", `<link href="a"/>`}, {"categories", "", "<category>a</category>"}, {"enclosures", "", `<enclosure url="a"/>`}, {"extensions", "", "<x:y/>"}, {"people", "", "a@b "}, {"people in brackets", "", "a@b ("}, {"feeds", "", "<feed>"}, {"roots", "", "<rss "}, {"namespaces", "", `<a xmlns:b="c"/>`}, {"entities", "<!DOCTYPE x [", `<!ENTITY a "b">`}, {"doctypes", "", "<!DOCTYPE ["}, {"prologues", "", "<?a?>"},
	{"path up", "", "../"}, {"path down", "", "a/"}, {"amp", "", "/amp"}, {"parameters", "", "a=b&"}, {"percents", "", "%41"}, {"base64", "", "QUJD"}, {"escapes", "", `\u0041`}, {"backslashes", "", `\`}, {"lists", `"x":`, "["}, {"objects", "", `"x":{`}, {"empty objects", `"tags":[`, "{},"}, {"numbers", `"x":[`, "0,"}, {"strings", `"tags":[`, `"a",`}, {"numbers without end", `"x":`, "1"},
	{"agents", "", "User-agent: a\n"}, {"disallow", "User-agent: *\n", "Disallow: /a*\n"}, {"stars", "User-agent: *\nDisallow: /", "*a"}, {"children", "a", " > a"}, {"nots", "", ":not("}, {"alternatives", "/", "a|"}, {"groups", "/", "("},
}

// cpu is what the thread has spent, so that what else the machine does is not counted. The clock is the
// one that counts nanoseconds: what getrusage says moves by the kernel's ticks of some milliseconds, and
// the least of several such readings is far less than a short call takes.
func cpu() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}

// least is the least of several measurements. Before each but a first one it collects, so that what was
// made before does not have this one wait for memory.
func least(times int, call func()) time.Duration {
	best := time.Duration(1 << 62)
	for range times {
		if times > 1 {
			runtime.GC()
		}
		before := cpu()
		call()
		best = min(best, cpu()-before)
	}
	return best
}

// grain is a time below which the clock is too coarse, and what a run needs whatever it reads.
const grain = 5 * time.Millisecond

// growth measures a reader at a size and at twice that, and says whether the second takes three times as
// long as the first or more, however often it is measured. What takes more than a second is not tried again.
func growth(r reader, text func(size int) string, size int) (a, b time.Duration, grows bool) {
	one, two := r.open(text(size)), r.open(text(2*size))
	for times := 1; times <= 16; times *= 4 {
		a, b = least(times, one), least(times, two)
		if grows = b >= 3*max(a, grain); !grows || b > time.Second {
			break
		}
	}
	return a, b, grows
}

// TestLinear gives each reader each kind of text, at one size and at twice that.
func TestLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	for _, r := range readers() {
		t.Run(r.name, func(t *testing.T) { everyKind(t, r) })
	}
}

func everyKind(t *testing.T, r reader) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // collecting comes when it wants
	const size = 128 << 10
	n := 0
	began := cpu()
	var slowest time.Duration
	var which string
	for _, k := range kinds {
		text := func(size int) string { return k.before + strings.Repeat(k.again, size/len(k.again)) }
		if tooSlow(t, r, k.name, text, size) {
			continue
		}
		a, b, grows := growth(r, text, size)
		if grows {
			t.Errorf("%s, %s: %v for %d kB, %v for twice as much", r.name, k.name, a, size>>10, b)
		}
		if b > slowest {
			slowest, which = b, k.name
		}
		if n++; n%20 == 0 {
			runtime.GC()
		}
	}
	t.Logf("%.2fs; slowest: %v for %s", (cpu() - began).Seconds(), slowest, which)
}

// FuzzLinear looks for kinds of text that nobody thought of.
func FuzzLinear(f *testing.F) {
	for _, again := range []string{"<b>x", "&amp;", "<!--", "a\u0301", "1.000 tỷ "} {
		f.Add("<p>", again)
	}
	all := readers()
	f.Fuzz(func(t *testing.T, before, again string) {
		if len(again) == 0 || len(again) > 100 || len(before) > 100 {
			return
		}
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		const size = 32 << 10
		text := func(size int) string { return before + strings.Repeat(again, size/len(again)) }
		for _, r := range all {
			if a, b, grows := growth(r, text, size); grows {
				t.Errorf("%s: %v for %d kB, %v for twice as much", r.name, a, size>>10, b)
			}
		}
	})
}

// tooSlow finds what is beyond all measure while it is small. Trying which charset a text without a
// known one may be in takes a tenth of a second, however little of it there is.
func tooSlow(t *testing.T, r reader, kind string, text func(int) string, size int) bool {
	for _, part := range []int{256, 32, 8} {
		if took := least(1, r.open(text(size/part))); took > 400*time.Millisecond {
			t.Errorf("%s, %s: %d bytes take %v", r.name, kind, size/part, took)
			return true
		}
	}
	return false
}
