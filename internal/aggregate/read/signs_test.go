package read

import (
	"strings"
	"testing"

	"feedd/internal/feed"
)

// readText reads a feed with one item whose description is this, as it stands in XML.
func readText(t *testing.T, description string) string {
	t.Helper()
	doc := "<rss><channel><title>x</title><link>https://e.org/</link><item><title>a</title><link>https://e.org/1</link><description>" + description + "</description></item></channel></rss>"
	got, err := Read(Body{Bytes: []byte(doc), URL: "https://e.org/rss"}, feed.Source{}, testNow)
	if err != nil {
		t.Fatalf("%s: %v", description, err)
	}
	return got.Items[0].Summary
}

// TestSignsInTexts: what stands between angle brackets and is no element stays in the text; elements stay markup.
func TestSignsInTexts(t *testing.T) {
	for in, want := range map[string]string{
		"Write to Lan &lt;lan@e.org&gt; soon.":              "Write to Lan &lt;lan@e.org> soon.",
		"See &lt;https://e.org/x&gt; for more.":             "See &lt;https://e.org/x> for more.",
		"A List&lt;String&gt; or Map&lt;K,V&gt; of 3 &lt;5": "A List&lt;String> or Map&lt;K,V> of 3 <5",
		"&lt;p&gt;An Option&lt;Thing&gt;&lt;/p&gt;":         "<p>An Option&lt;Thing></p>",
		// Elements: HTML's, those with an end, a hyphen, a prefix or attributes.
		"&lt;P&gt;x&lt;BR&gt;&lt;Center&gt;y":                                             "<P>x<BR><Center>y",
		"&lt;fancy&gt;x&lt;/fancy&gt; &lt;o:p&gt; &lt;g-emoji&gt; &lt;emoji name='x'&gt;": "<fancy>x</fancy> <o:p> <g-emoji> <emoji name='x'>",
		"&lt;math&gt;&lt;mi&gt;x&lt;/mi&gt;&lt;/math&gt;":                                 "<math><mi>x</mi></math>",
		"&lt;!-- a --&gt;&lt;!DOCTYPE html&gt;&lt;? b ?&gt;x":                             "<!-- a --><!DOCTYPE html><? b ?>x",
	} {
		if got := readText(t, in); got != want {
			t.Errorf("%s\n%s, want\n%s", in, got, want)
		}
	}
}

// TestTextsWithoutTags: paragraphs of a text without a tag are kept apart, and HTML that was escaped twice is HTML.
func TestTextsWithoutTags(t *testing.T) {
	for in, want := range map[string]string{
		"One\nline.\n\n Two":                               "One<br>\nline.<br>\n<br>\nTwo",
		"One\r\n\r\nTwo":                                   "One<br>\n<br>\nTwo",
		"One line\nthat was wrapped.\n":                    "One line\nthat was wrapped.",
		"&lt;p&gt;One&lt;/p&gt;\n\n&lt;p&gt;two&lt;/p&gt;": "<p>One</p>\n\n<p>two</p>",
		"&amp;lt;p&amp;gt;Bring &amp;lt;b&amp;gt;boots&amp;lt;/b&amp;gt; &amp;amp; rope.&amp;lt;/p&amp;gt;": "<p>Bring <b>boots</b> & rope.</p>",
		"&amp;lt;img src=&amp;quot;https://i.e/a.jpg&amp;quot;&amp;gt; One.":                                `<img src="https://i.e/a.jpg"> One.`,
		"&amp;lt;p&amp;gt; is an element":                                                                   "&lt;p&gt; is an element",
		"&amp;lt;b&amp;gt; and &amp;lt;/b&amp;gt;":                                                          "&lt;b&gt; and &lt;/b&gt;",
		"&lt;p&gt;Write &amp;lt;p&amp;gt;x&amp;lt;/p&amp;gt;&lt;/p&gt;":                                     "<p>Write &lt;p&gt;x&lt;/p&gt;</p>",
	} {
		if got := readText(t, in); got != want {
			t.Errorf("%q\n%q, want\n%q", in, got, want)
		}
	}
	// By its type this is text.
	doc := `<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><title>a</title><id>urn:1</id><content type="text">&lt;p&gt;x&lt;/p&gt;</content></entry></feed>`
	got, err := Read(Body{Bytes: []byte(doc)}, feed.Source{}, testNow)
	if err != nil || got.Items[0].Content != "&lt;p&gt;x&lt;/p&gt;" {
		t.Errorf("%v: %q", err, got.Items[0].Content)
	}
}

// TestLinksWrittenOddly: an address without its scheme, a link under another name, a relation as an address.
func TestLinksWrittenOddly(t *testing.T) {
	for in, want := range map[string]string{
		"<link>e.org/2026/a</link>":         "https://e.org/2026/a",
		"<link>www.e.org/2026/a</link>":     "https://www.e.org/2026/a",
		"<link>www.other.example/a</link>":  "https://www.other.example/a",
		"<link>2026/a.html</link>":          "https://e.org/2026/a.html",
		"<link>www.html</link>":             "https://e.org/www.html",
		"<url>https://e.org/4</url>":        "https://e.org/4",
		"<link>/2026/www.other.html</link>": "https://e.org/2026/www.other.html",
	} {
		doc := "<rss><channel><title>x</title><link>https://e.org/</link><item><title>a</title>" + in + "</item></channel></rss>"
		got, err := Read(Body{Bytes: []byte(doc), URL: "https://e.org/rss"}, feed.Source{}, testNow)
		if err != nil || got.Items[0].URL != want {
			t.Errorf("%s: %v, %q, want %q", in, err, got.Items[0].URL, want)
		}
	}
	for _, rel := range []string{"alternate", "Alternate", "http://www.iana.org/assignments/relation/alternate"} {
		doc := `<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><title>a</title><id>urn:1</id><link rel="` + rel + `" href="https://e.org/1"/></entry></feed>`
		got, err := Read(Body{Bytes: []byte(doc)}, feed.Source{}, testNow)
		if err != nil || got.Items[0].URL != "https://e.org/1" {
			t.Errorf("%s: %v, %q", rel, err, got.Items[0].URL)
		}
	}
}

// TestTextOfAnItemWithoutAddress: what is relative in it belongs to the site, wherever the feed lives.
func TestTextOfAnItemWithoutAddress(t *testing.T) {
	doc := `<rss><channel><title>x</title><link>https://e.org/</link><item><title>a</title><guid isPermaLink="false">1</guid><description>&lt;img src="/a.png"&gt;</description></item></channel></rss>`
	got, err := Read(Body{Bytes: []byte(doc), URL: "https://feeds.example/rss"}, feed.Source{}, testNow)
	if err != nil || got.Items[0].Image != "https://e.org/a.png" || !strings.HasPrefix(got.Items[0].Base, "https://e.org/") {
		t.Errorf("%v: %q, base %q", err, got.Items[0].Image, got.Items[0].Base)
	}
}
