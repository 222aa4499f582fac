package read

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/rss"

	"feedd/internal/feed/feedtest"
)

// asGofeed compares what is read plainly with what gofeed reads. It tells whether the document is plain.
func asGofeed(t *testing.T, b []byte) bool {
	t.Helper()
	data, _, err := text(b, "", "")
	if err != nil {
		return false
	}
	_, start, _ := sniff(data)
	if start < 0 || start >= len(data) {
		return false
	}
	b = data[start:]
	if len(b) < 2 || b[0] != '<' {
		return false
	}
	h, err := scan(b, 1000, nil)
	h.controls = controls(b) > 0
	if err != nil || !h.written() {
		return false
	}
	b = b[:h.end]
	plain := plainly(b, h.items)
	same := cmp.Options{
		cmpopts.EquateEmpty(),
		cmpopts.IgnoreFields(rss.Feed{}, "PubDateParsed", "LastBuildDateParsed", "DublinCoreExt"),
		cmpopts.IgnoreFields(rss.Item{}, "PubDateParsed", "DublinCoreExt", "ITunesExt"),
		cmpopts.IgnoreFields(atom.Feed{}, "UpdatedParsed"),
		cmpopts.IgnoreFields(atom.Entry{}, "UpdatedParsed", "PublishedParsed"),
	}
	switch {
	case plain.rss != nil:
		f, err := new(rss.Parser).Parse(bytes.NewReader(b))
		if err != nil {
			t.Errorf("gofeed refuses it: %v", err)
			return true
		}
		linkFromAbout(f, b)
		authorOfChannel(f, b)
		if d := cmp.Diff(f, plain.rss, same...); d != "" {
			t.Errorf("gofeed reads otherwise (-gofeed +plain):\n%s", d)
		}
		return true
	case plain.atom != nil:
		f, err := new(atom.Parser).Parse(bytes.NewReader(b))
		if err != nil {
			t.Errorf("gofeed refuses it: %v", err)
			return true
		}
		if d := cmp.Diff(f, plain.atom, same...); d != "" {
			t.Errorf("gofeed reads otherwise (-gofeed +plain):\n%s", d)
		}
		return true
	}
	return false
}

// TestPlainCorpus compares the two over real feeds and over feeds with every quirk that is known.
func TestPlainCorpus(t *testing.T) {
	all, plain := 0, 0
	err := filepath.WalkDir(feedtest.Shared(t, "corpus"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil || len(b) > 4<<20 {
			return err
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			all++
			if asGofeed(t, b) {
				plain++
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d documents are plain", plain, all)
	if plain < 100 {
		t.Errorf("only %d documents are plain", plain)
	}
}

// documents are feeds, and whether they are plain.
var documents = map[string]struct {
	doc   string
	plain bool
}{
	"RSS": {`<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:a="http://www.w3.org/2005/Atom">
<channel><title> Báo &amp; Đài </title><link>https://bao.example/</link><a:link rel="self" href="https://bao.example/rss?a=1&amp;b= 2"/><!-- a comment -->
<image><url>https://bao.example/l.png</url><title>x</title><width>88</width></image><ttl>10</ttl><category domain="d">c</category>
<item><title><![CDATA[A & B]]> &#8211; C</title><link>https://bao.example/1</link><link/><guid isPermaLink="false">1</guid><pubDate>Wed, 14 Aug 2024 10:00:00 +0700</pubDate>
<dc:creator> An<![CDATA[ & ]]>Bình&#x20; </dc:creator><dc:creator>Chi</dc:creator><content:encoded><![CDATA[<p>x</p>]]></content:encoded><own Attr='1'>y</own>
<enclosure url="https://bao.example/a b.mp3" length="1" type="audio/mpeg"></enclosure><source url="HTTP://x.example/#">X</source></item><item/></channel></rss>`, true},
	"Atom": {`<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="vi" xmlns:media="http://search.yahoo.com/mrss/"><title type="html">A &amp;lt;b&gt;</title><id>TAG:x,2024:1</id>
<link href="HTTP://Bao.example/a?b#"/><link rel="self" href="x y"></link><generator uri="https://g.example/?" version="1">G</generator>
<entry><title type="text">T</title><id>HTTPS://bao.example/1?</id><link href="../a%20b"/><author><name>An</name><uri>an.example</uri></author><category term="t" scheme="a b"/>
<content type="html"><![CDATA[<div>x</div>]]></content><media:group><media:content url="https://x.example/a b.jpg" medium="image"><media:title>&lt;</media:title></media:content></media:group></entry></feed>`, true},
	"lines of Windows":             {"<rss version='2.0'>\r\n<channel>\r\n<title>a\r\nb</title>\r\n<item>\r\n<title>c</title>\r\n</item>\r\n</channel>\r\n</rss>", true},
	"a prefix of one's own":        {`<rss xmlns:m="http://search.yahoo.com/mrss/" xmlns:n="https://n.example/"><channel><item><m:thumbnail url="a"/><n:x>1</n:x></item></channel></rss>`, true},
	"two prefixes of one":          {`<rss xmlns:m="https://n.example/" xmlns:n="https://n.example/"><channel><item><m:x>1</m:x></item></channel></rss>`, true},
	"a section that is empty":      {`<rss><channel><item><title><![CDATA[]]></title></item></channel></rss>`, true},
	"iTunes":                       {`<rss xmlns:itunes="http://www.itunes.com/DTDs/PodCast-1.0.dtd"><channel><itunes:keywords>a,b</itunes:keywords><itunes:category text="x"><itunes:category text="y"/></itunes:category><item><itunes:author>z</itunes:author></item></channel></rss>`, true},
	"markup in a text":             {`<rss><channel><item><title>a <b>c</b></title></item></channel></rss>`, false},
	"a comment in a text":          {`<rss><channel><item><title>a<!-- b --></title></item></channel></rss>`, false},
	"a prefix that is not known":   {`<rss><channel><item><dc:creator>a</dc:creator></item></channel></rss>`, false},
	"a namespace on the way":       {`<rss><channel><item><m:x xmlns:m="http://search.yahoo.com/mrss/">a</m:x></item></channel></rss>`, false},
	"a namespace of the root":      {`<rss xmlns="https://x.example/"><channel><item><title>a</title></item></channel></rss>`, false},
	"a base":                       {`<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://x.example/"><entry><link href="a"/></entry></feed>`, false},
	"XHTML":                        {`<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="xhtml"><div>a</div></title></entry></feed>`, false},
	"RDF":                          {`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel/><item><title>a</title></item></rdf:RDF>`, false},
	"items behind the channel":     {`<rss><channel><title>a</title></channel><item><title>b</title></item></rss>`, false},
	"one attribute twice":          {`<rss><channel><item><guid isPermaLink="a" isPermaLink="b">c</guid></item></channel></rss>`, false},
	"an attribute without a value": {`<rss><channel><item><guid isPermaLink>c</guid></item></channel></rss>`, false},
	"an attribute without quotes":  {`<rss version=2.0><channel><item><title>c</title></item></channel></rss>`, false},
	"a reference of HTML":          {`<rss><channel><item><title>a&nbsp;b</title></item></channel></rss>`, false},
	"a bare ampersand":             {`<rss><channel><item><link>https://x.example/?a=1&b=2</link></item></channel></rss>`, false},
	"an ampersand in an attribute": {`<rss><channel><item><enclosure url="https://x.example/?a=1&b=2"/></item></channel></rss>`, false},
	"the end of a section":         {`<rss><channel><item><title>a ]]> b</title></item></channel></rss>`, false},
	"what is no character":         {"<rss><channel><item><title>a\uFFFEb</title></item></channel></rss>", false},
	"capitals":                     {`<RSS><channel><item><title>a</title></item></channel></RSS>`, false},
}

// TestPlain compares the two over what is plain and what is nearly.
func TestPlain(t *testing.T) {
	for name, d := range documents {
		t.Run(name, func(t *testing.T) {
			if plain := asGofeed(t, []byte(d.doc)); plain != d.plain {
				t.Errorf("plain: %v, want %v", plain, d.plain)
			}
		})
	}
}

// FuzzPlain compares the two over whatever comes.
func FuzzPlain(f *testing.F) {
	for _, d := range documents {
		f.Add([]byte(d.doc))
	}
	f.Add(healthyFeed(false)[:3000])
	f.Add(healthyAtom()[:3000])
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 64<<10 {
			asGofeed(t, b)
		}
	})
}
