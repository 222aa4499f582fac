package render

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"feedd/internal/feed"
)

// hostile are items that broke a renderer somewhere, or were written to.
func hostile() []feed.Item {
	long := strings.Repeat("dài lê thê ", 10_000)
	html := func(s string) feed.Item { return feed.Item{Title: "Tin", Summary: s, Content: s} }
	return []feed.Item{
		{}, // nothing at all
		{Title: " \t\n "},
		{Title: long, Summary: long, Content: long, Categories: []string{long}, Authors: []feed.Person{{Name: long}}},
		{Title: strings.Repeat("x", 100_000)},
		{Title: "điều khiển \x00\x01\x08\x0b\x0c\x1b[31m\x7f\u0080\u009f\ufffe\uffff\ufffd hết", Summary: "a\x00b\ufffec\x1f"},
		{Title: "bad \xff\xfe\xc3 utf-8 \xed\xa0\x80", Summary: "<p>\xff\xc3</p>", Categories: []string{"\xff", "\xc3x"}},
		{Title: "]]> <![CDATA[ x ]]>", Summary: "]]>", Content: "<p>]]&gt; ]]></p>"},
		{Title: "<script>alert(1)</script> & </title><b>đậm</b> &amp; &lt;i&gt; &#60; AT&T2 &copy", Summary: "&amp;lt;script&amp;gt;"},
		{Title: "1 < 2 > 0 & 3 <4 </x <!-- -->"},
		{Title: "quay \u202e ngược \u200b\ufeff", URL: "https://e.org/\u202e"},
		{Title: "Địa chỉ", URL: "https://tiếngviệt.example.vn/tin tức/bão số 4?q=bão số&x=[1]|{2}\"'<>\\^`#mục lục#hai"},
		{Title: "Địa chỉ 2", URL: "HTTP://User:Pass@EXAMPLE.org:80/%zz/%2F/../a%"},
		{Title: "Địa chỉ 3", URL: "javascript:alert(1)", Image: "data:image/png;base64,AAAA"},
		{Title: "Địa chỉ 4", URL: "/relative/only", Image: "../anh.jpg"},
		{Title: "Địa chỉ 5", URL: "https://", Image: "https:///x", Base: "::"},
		{Title: "Địa chỉ 6", URL: "https://[::1]:8080/a", Base: "https://e.org/dir/"},
		{Title: "Địa chỉ 7", URL: "https://e.org/" + strings.Repeat("a", 5000)},
		{Title: "Địa chỉ 8", URL: "https://-bad-.host_name.example/"},
		{Title: "Địa chỉ 9", URL: "//no.scheme.example/x", Image: "//cdn.example/x.jpg"},
		{Title: "Tác giả", Authors: []feed.Person{
			{Name: "<a@b.example>"}, {Name: "a@b.example (An)", URL: "javascript:x"}, {Name: "<b>Bình</b>"}, {Email: "x@y.example"}, {Name: "\x00"},
		}},
		{Title: "Nhãn", Categories: []string{"", " ", "</category>", "a & b", "A  &  B", "<x>", "R&D", "&amp;"}, Language: "xx-nope"},
		{Title: "Tiếng", Language: "EN_us"},
		{Title: "Tiếng 2", Language: "<script>"},
		{Title: "Tệp", Image: "https://e.org/a.jpg", Enclosures: []feed.Enclosure{
			{URL: "https://e.org/a.mp3", Length: -1}, {URL: "https://e.org/a", Type: "x", Length: 5}, {URL: "ftp://e.org/a", Type: "a/b", Length: 1},
			{URL: "https://e.org/b.mp3", Type: `audio/"mpeg`, Length: 1 << 60}, {URL: "https://localhost/b", Type: "audio/mpeg", Length: 3}, {},
			{URL: "https://e.org/a.jpg", Type: "image/jpeg", Length: 7}, {URL: "https://e.org/a.jpg", Type: "image/jpeg", Length: 7},
		}},
		html(`<script>alert(1)</script><style>*{}</style><iframe src="https://e.org"></iframe><object><embed></object><form><input></form>còn lại`),
		html(`<p onclick=x style="position:fixed">a<a href="javascript:x" target=_top>b</a><a href=" JaVaScRiPt&colon;x">c</a><img src=x onerror=alert(1)>`),
		html(`<a href="/rel">r</a> <a href="?q">q</a> <a href="#f">f</a> <a href="//h.example/x">h</a> <img src="i.png"> <img src="https://t.example/p.gif" width=1 height=1>`),
		html(`<b><i>lồng</b></i><p><div><p>x</div></p></span></a></td><table><td>ô<tr><p>trong bảng</table><li>mục<h2><h3>y</h2>`),
		html(`<p>a<ul><li>b</p></ul><table><a href=https://e.org>c<table><tr><td><a href=https://e.org>d</table>`),
		html(strings.Repeat("<div>", 3000) + "sâu" + strings.Repeat("<b>", 3000)),
		html("<!-- x --><!DOCTYPE html><html><head><title>t</title></head><body>thân<svg><script>x</script></svg><math><mi>m</math><custom-tag>c</custom-tag><marquee>m</marquee>"),
		html(`&#0;&#1;&#x80;&#xFFFE;&#xD800;&#x110000;&nosuch;&amp;&lt;script&gt;&copy &notit; &`),
		html(`<pre>  giữ
  hàng </pre><br><br><hr/><br/></br></p><p></p><p> </p><a></a><div><span></span></div>`),
		html(`<a href="https://e.org/x"><img src="https://e.org/i.jpg"></a></br>Văn bản sau ảnh, không có thẻ`),
		html("<p lang='vi' dir='LTR'>a<td>b</p><caption>c</caption><tbody><col>"),
		html("<<<>>><a<b><//><p/<p>"),
		html("<textarea><p>x</textarea><select><option>y</select><noscript><p>z</noscript><template><p>w</template><plaintext>hết"),
	}
}

// hostileView files the items under a section whose own texts are no better.
func hostileView() *View {
	v := fixture()
	v.Site.Title = "Tin <b>đậm</b> & \x00 R&D"
	v.Site.Description = "</description>&lt;b&gt;"
	v.Site.Contact = "mailto:không phải@địa chỉ"
	v.Section.Description = "]]> & <script>"
	v.Sections = append(v.Sections, SectionLink{ID: "x-y", Title: "R&D </title> &copy;"}, SectionLink{ID: "trong"})
	v.Sources["ban"] = Origin{
		ID: "ban", Title: "Báo </source> & bạn", Home: "không:phải", FeedURL: "https://ban.example.vn/tin tức.rss?a=[1]",
		FeedID: "HTTP://Ban.Example.VN", Language: "tiếng Việt", Rights: feed.RightsFull, Copyright: "© </dc:rights> & <b>",
	}
	v.Sources["la"] = Origin{ID: "la", FeedURL: "/không/tuyệt/đối", FeedID: "urn:uuid:no", Rights: feed.RightsFull}
	v.Entries = nil
	sources := []string{"ban", "la", "vidu", "không-có", ""}
	for i, it := range hostile() {
		for j, source := range sources {
			it.ID, it.Source = int64(i*10+j+1), source
			other := it
			other.ID, other.Source = it.ID+100_000, sources[(j+1)%len(sources)]
			if i%2 == 0 {
				it.Published = time.Date(2026, 3, 5, 2, 30, 0, 0, time.UTC)
			}
			if i%7 == 0 {
				it.Published = time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)
			}
			v.Entries = append(v.Entries, feed.Entry{
				Key: fmt.Sprintf("%016x", i*10+j), Follows: "0000000000000000", Lead: it.ID, Published: it.Published,
				Sections: []string{"x-y", "trong", "nowhere"}, Reports: []feed.Item{it, other},
			})
		}
	}
	v.Entries = append(v.Entries, feed.Entry{Key: "ffffffffffffffff"}) // without any report
	return v
}

func TestHostileItemsPassTheGate(t *testing.T) {
	for _, tt := range []struct{ attribution, content string }{{"", ""}, {"title", "summary"}, {"none", "headline"}} {
		v := hostileView()
		v.Attribution, v.Content = tt.attribution, tt.content
		for _, f := range FeedFormats {
			doc, err := Feed(v, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range Check(f, doc) {
				t.Errorf("%s, attribution %q, content %q: %s", f, tt.attribution, tt.content, p)
			}
			if n := bytes.Count(doc, []byte("tag:news.example.org,2026:00000000000000")); n < len(hostile())*5 {
				t.Errorf("%s shows %d entries, want %d", f, n, len(hostile())*5)
			}
		}
	}
	v := hostileView()
	opml, err := OPML(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Check(FormatOPML, opml) {
		t.Errorf("OPML: %s", p)
	}
	for name, doc := range pages(t, func(v *View) { *v = View{}; copyView(v, hostileView()) }) {
		for _, p := range Check(FormatHTML, doc) {
			t.Errorf("%s: %s", name, p)
		}
	}
}

// copyView copies what is set of a view that was never rendered.
func copyView(to, from *View) {
	to.Site, to.Authority, to.Base, to.Section, to.Sections = from.Site, from.Authority, from.Base, from.Section, from.Sections
	to.Entries, to.Sources, to.Attribution, to.Content = from.Entries, from.Sources, from.Attribution, from.Content
}

func TestBounds(t *testing.T) {
	v := hostileView()
	for _, e := range v.prepare().entries {
		if n := utf8.RuneCountInString(e.title); n > maxTitle || n == 0 {
			t.Errorf("a title has %d runes", n)
		}
		if n := utf8.RuneCountInString(e.summary.text); n > maxSummary {
			t.Errorf("a summary has %d runes", n)
		}
		if n := utf8.RuneCountInString(e.content.text); n > maxContent {
			t.Errorf("a content has %d runes", n)
		}
	}
}

func FuzzFeedsPassTheGate(f *testing.F) {
	for _, it := range hostile() {
		if len(it.Title)+len(it.Summary) < 2000 {
			f.Add(it.Title, it.Summary, it.URL, it.Language)
		}
	}
	f.Fuzz(func(t *testing.T, title, markup, url, language string) {
		if len(markup) > 20_000 {
			return
		}
		once := safeFragment(markup, "https://e.org/dir/", maxContent, true)
		if again := safeFragment(once.html, "", maxContent, true); again.html != once.html {
			t.Errorf("%q becomes %q, then %q", markup, once.html, again.html)
		}
		v := fixture()
		lead := v.Entries[1].LeadItem()
		lead.Title, lead.Summary, lead.Content, lead.URL, lead.Language = title, markup, markup, url, language
		lead.Categories, lead.Authors, lead.Image = []string{title}, []feed.Person{{Name: title, URL: url}}, url
		for _, format := range FeedFormats {
			doc, err := Feed(v, format)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range Check(format, doc) {
				t.Errorf("%s: %s", format, p)
			}
		}
	})
}

func TestOPMLOfHostileTitles(t *testing.T) {
	v := hostileView()
	v.Site.Title, v.Sections = "Điểm <tin> & R&D", nil
	for i, it := range hostile() {
		v.Sections = append(v.Sections, SectionLink{ID: fmt.Sprint("s", i), Title: it.Title})
	}
	v.Sections = append(v.Sections, SectionLink{ID: "ac", Title: "Ác & <ý>"})
	doc, err := OPML(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Check(FormatOPML, doc) {
		t.Error(p)
	}
	if !bytes.Contains(doc, []byte("Ác &amp; &amp;lt;ý&gt;")) {
		t.Errorf("what only looks like markup was lost: %s", doc)
	}
}
