package render

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// Each case breaks a document that passes in one place; the gate must say what is wrong.
func TestCheckFindsEachFault(t *testing.T) {
	for _, tt := range []struct {
		format    Format
		old, new  string
		complaint string
	}{
		{FormatRSS, "<channel>", "<channel", "not well-formed"},
		{FormatRSS, "Ngân hàng", "Ngân \xff hàng", "not UTF-8"},
		{FormatRSS, "Ngân hàng", "Ngân \ufffd hàng", "control or replacement"},
		{FormatRSS, "Ngân hàng", "Ngân \u0085 hàng", "control or replacement"},
		{FormatRSS, "Ngân hàng", "Ngân &#x1; hàng", "not well-formed"},
		{FormatRSS, `version="2.0"`, `version="0.91"`, "no RSS 2.0"},
		{FormatRSS, ` xmlns:dc="http://purl.org/dc/elements/1.1/"`, "", "not one of ours"},
		{FormatRSS, "?>", "?><!DOCTYPE rss>", "document type"},
		{FormatRSS, "<language>vi</language>", "<language>tiếng Việt</language>", "language"},
		{FormatRSS, "<language>vi</language>", "<blink>vi</blink>", "no place"},
		{FormatRSS, "desk@news.example.org (Điểm tin Ví dụ)", "Điểm tin Ví dụ", "managingEditor"},
		{FormatRSS, `rel="self"`, `rel="alternate"`, "link to itself"},
		{FormatRSS, `rel="related"`, `rel="friend"`, "relation"},
		{FormatRSS, "Thu, 05 Mar 2026 02:30:00", "Fri, 05 Mar 2026 02:30:00", "is not a Fri"},
		{FormatRSS, "Thu, 05 Mar 2026 02:30:00 +0000", "2026-03-05", "no such date"},
		{FormatRSS, "Wed, 04 Mar 2026", "Sat, 04 Mar 1989", "no plausible date"},
		{FormatRSS, "d00d000000000002", "c0ffee0000000001", "stands twice"},
		{FormatRSS, `<guid isPermaLink="false">`, "<guid>", "taken for an address"},
		{FormatRSS, `<link>https://sample.example.com/ports</link>`, `<link>/ports</link>`, "no absolute web address"},
		{FormatRSS, `<link>https://sample.example.com/ports</link>`, `<link>https://sample.example.com/cảng</link>`, "no absolute web address"},
		{FormatRSS, `<link>https://sample.example.com/ports</link>`, ``, "has no link"},
		{FormatRSS, "<title>Hà Nội mở", "<title>x</title><title>Hà Nội mở", "more than one title"},
		{FormatRSS, "why 3 &#x3C; 5 matters", "&lt;/b&gt;", "holds markup"},
		{FormatRSS, "<category>Ngân hàng", "<category> ", "empty"},
		{FormatRSS, `<source url="https://vidu.example.vn/rss/kinh-doanh.rss">`, "<source>", "source"},
		{FormatRSS, `length="48211"`, `length="-1"`, "length"},
		{FormatRSS, `length="48211" type="image/jpeg"`, `length="48211" type="jpeg"`, "type"},
		{FormatRSS, "&lt;b&gt;kỳ hạn", "&lt;script&gt;kỳ hạn", "<script>"},
		{FormatRSS, "&lt;b&gt;kỳ hạn", "&lt;b onclick=x&gt;kỳ hạn", "attribute onclick"},
		{FormatRSS, "&lt;b&gt;kỳ hạn", "&lt;i&gt;kỳ hạn", "out of turn"},
		{FormatRSS, `href=&#34;https://kin.example.vn/p/991&#34;`, `href=&#34;/p/991&#34;`, "no absolute web address"},
		{FormatRSS, `href=&#34;https://kin.example.vn/p/991&#34;`, `href=&#34;javascript:x&#34;`, "no absolute web address"},

		{FormatAtom, `xmlns="http://www.w3.org/2005/Atom"`, ``, "no Atom feed"},
		{FormatAtom, "<id>tag:news.example.org,2026:sections/kinh-te</id>", "", "has no atom:id"},
		{FormatAtom, "tag:news.example.org,2026:c0ffee0000000001", "https://News.example.org/1", "normal form"},
		{FormatAtom, "tag:news.example.org,2026:c0ffee0000000001", "tag:news.example.org,2026:d00d000000000002", "stands twice"},
		{FormatAtom, "2026-03-05T02:30:00.689635Z", "2026-03-05T03:05:41.987791Z", "two entries were updated"},
		{FormatAtom, "2026-03-05T02:30:00.689635Z", "2026-03-05 02:30", "no such date"},
		{FormatAtom, `xml:lang="en"`, `xml:lang="english"`, "language"},
		{FormatAtom, `<link rel="alternate" href="https://kin.example.vn/p/988"></link>`, ``, "0 alternate links"},
		{FormatAtom, `<category term="Ngân hàng">`, `<category>`, "no term"},
		{FormatAtom, "tag:sample.example.com,2020:world", "tag:Sample", "normal form"},
		{FormatAtom, "<generator>feedd</generator>", "<generator>feedd</generator><author><name>x</name></author>", "more than one atom:author"},
		{FormatAtom, "</feed>", "<link rel=\"hub\" href=\"https://e.org/\"/></feed>", "stands behind an entry"},
		{FormatAtom, "<link rel=\"hub\"", `<at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="tag:news.example.org,2026:d00d000000000002" when="2026-03-05T02:30:00Z"/><link rel="hub"`, "deleted and present"},
		{FormatAtom, "<link rel=\"hub\"", `<fh:archive xmlns:fh="http://purl.org/syndication/history/1.0"/><link rel="hub"`, "link to the current feed"},

		{FormatJSON, `"version":"https://jsonfeed.org/version/1.1"`, `"version":"1.1"`, "lacks version"},
		{FormatJSON, `{"version"`, `"version"`, "no JSON Feed"},
		{FormatJSON, `"home_page_url"`, `"homepage"`, "no JSON Feed"},
		{FormatJSON, `"tag:news.example.org,2026:d00d000000000002"`, `"tag:news.example.org,2026:c0ffee0000000001"`, "stands twice"},
		{FormatJSON, `"tags":["Thế giới"]`, `"tags":[" "]`, "empty tag"},
		{FormatJSON, `"date_published":"2026-03-04T15:00:00Z"`, `"date_published":"hôm qua"`, "no such date"},
		{FormatJSON, `<b>kỳ hạn`, `<b>kỳ <iframe>hạn`, "<iframe>"},
		{FormatJSON, `"mime_type":"audio/mpeg"`, `"mime_type":"tiếng"`, "type"},
		{FormatJSON, `"language":"en"`, `"language":"?"`, "language"},
		{FormatJSON, `"feed_url":"https://news.example.org/sections/kinh-te.json"`, `"feed_url":"/x","next_url":"/x"`, "leads back here"},

		{FormatOPML, `version="2.0"`, `version="3"`, "no OPML 2.0"},
		{FormatOPML, `type="rss"`, ``, "no subscription"},
		{FormatOPML, `xmlUrl="https://news.example.org/sections/kinh-te.rss"`, ``, "no absolute web address"},

		{FormatHTML, "</main>", `</main><img src="x" onerror="y">`, "attribute onerror"},
		{FormatHTML, "</main>", "</main><script>x()</script>", "holds <script>"},
		{FormatHTML, "</main>", `</main><a href=" JavaScript:x">y</a>`, "points to a script"},
		{FormatHTML, "</html>", "", "cut short"},
		{FormatHTML, ` lang="vi"`, ``, "lang"},
	} {
		name := "testdata/section." + string(tt.format)
		if tt.format == FormatOPML {
			name = "testdata/feeds.opml"
		}
		doc, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		broken := bytes.Replace(doc, []byte(tt.old), []byte(tt.new), 1)
		if bytes.Equal(broken, doc) {
			t.Errorf("%s does not hold %q", name, tt.old)
		}
		got := fmt.Sprint(Check(tt.format, broken))
		if !strings.Contains(got, tt.complaint) {
			t.Errorf("%s with %q for %q: got %s, want %q", name, tt.new, tt.old, got, tt.complaint)
		}
		// Nor does it slip past who found the rest of the document to be right before.
		k := NewChecker()
		for range 2 {
			if problems := k.Check(tt.format, doc); len(problems) > 0 {
				t.Fatalf("%s: %v", name, problems)
			}
		}
		if again := fmt.Sprint(k.Check(tt.format, broken)); again != got {
			t.Errorf("%s with %q for %q: whoever knows the entries says %s, want %s", name, tt.new, tt.old, again, got)
		}
	}
}

// Whoever has found all entries of a feed to be right looks at none of them again.
func TestCheckerKnowsEntries(t *testing.T) {
	for _, format := range []Format{FormatRSS, FormatAtom, FormatJSON} {
		doc, err := os.ReadFile("testdata/section." + string(format))
		if err != nil {
			t.Fatal(err)
		}
		k := NewChecker()
		if problems := k.Check(format, doc); len(problems) > 0 {
			t.Fatalf("%s: %v", format, problems)
		}
		if len(k.young) < 2 {
			t.Errorf("%s: %d entries are remembered", format, len(k.young))
		}
		known := len(k.young)
		for s := range k.young {
			k.young[s] = passed{id: "tag:news.example.org,2026:c0ffee0000000001"} // as no look at the document would say
		}
		if got := fmt.Sprint(k.Check(format, doc)); format == FormatJSON && !strings.Contains(got, "stands twice") {
			t.Errorf("%s: entries that are known were looked at again: %s", format, got)
		}
		if len(k.young) != known {
			t.Errorf("%s: %d entries are remembered of %d", format, len(k.young), known)
		}
	}
}

// A document passes whoever knows entries exactly when it passes by itself, whatever is done to it.
func FuzzChecker(f *testing.F) {
	k := NewChecker()
	for _, format := range []Format{FormatRSS, FormatAtom, FormatJSON} {
		doc, err := os.ReadFile("testdata/section." + string(format))
		if err != nil {
			f.Fatal(err)
		}
		if problems := k.Check(format, doc); len(problems) > 0 {
			f.Fatal(problems)
		}
		f.Add(string(format), doc)
		f.Add(string(format), bytes.ReplaceAll(doc, []byte("<item>"), []byte("<![CDATA[<item>]]>")))
		for _, cut := range []string{"</item>", "</entry>", "<item>", "<entry", "<![CDATA["} {
			before, after, _ := bytes.Cut(doc, []byte(cut))
			f.Add(string(format), append(bytes.Clone(before), after...))
			f.Add(string(format), slices.Concat(before, []byte(cut), []byte("<![CDATA["), []byte(cut), []byte("]]>"), after))
		}
	}
	f.Fuzz(func(t *testing.T, format string, doc []byte) {
		alone, known := Check(Format(format), doc), k.Check(Format(format), doc)
		if (len(alone) == 0) != (len(known) == 0) {
			t.Errorf("by itself: %v; by who knows entries: %v", alone, known)
		}
	})
}

func FuzzCheck(f *testing.F) {
	for _, name := range []string{"section.rss", "section.atom", "section.json", "feeds.opml", "story.html"} {
		doc, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name[strings.IndexByte(name, '.')+1:], doc)
	}
	f.Fuzz(func(t *testing.T, format string, doc []byte) {
		if n := len(Check(Format(format), doc)); n > maxProblems {
			t.Errorf("%d problems", n)
		}
	})
}
