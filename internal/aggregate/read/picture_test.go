package read

import (
	"testing"

	"feedd/internal/feed"
)

// TestPicturesOfItems: the picture of an item is the largest sensible one, wherever it stands.
func TestPicturesOfItems(t *testing.T) {
	const media = ` xmlns:media="http://search.yahoo.com/mrss/"`
	for name, c := range map[string][2]string{
		"three sizes":     {`<media:content url="https://i.e/140.jpg" medium="image" width="140"/><media:content url="https://i.e/1200.jpg" medium="image" width="1200"/><media:content url="https://i.e/460.jpg" medium="image" width="460"/>`, "https://i.e/1200.jpg"},
		"in a group":      {`<media:group><media:content url="https://i.e/a.jpg" type="image/jpeg" width="300"/><media:content url="https://i.e/b.jpg" type="image/jpeg" width="900"/></media:group>`, "https://i.e/b.jpg"},
		"too large":       {`<media:content url="https://i.e/a.jpg" medium="image" width="9000"/><media:content url="https://i.e/b.jpg" medium="image" width="900"/>`, "https://i.e/b.jpg"},
		"an avatar first": {`<media:content url="https://secure.gravatar.com/avatar/1" medium="image"/><media:content url="https://i.e/a.jpg" medium="image"/>`, "https://i.e/a.jpg"},
		"thumbnails":      {`<media:thumbnail url="https://i.e/s.jpg" width="75"/><media:thumbnail url="https://i.e/l.jpg" width="150"/>`, "https://i.e/l.jpg"},
		"enclosure":       {`<enclosure url="https://i.e/a.jpg" type="image/jpeg" length="1"/>`, "https://i.e/a.jpg"},
		"an emoji first":  {`<description>&lt;img src="https://s.w.org/images/core/emoji/1.png"&gt; &lt;img src="https://i.e/a.jpg"&gt;</description>`, "https://i.e/a.jpg"},
		"lazy":            {`<description>&lt;img src="/blank.gif" data-lazy-src="https://i.e/a.jpg"&gt;</description>`, "https://i.e/a.jpg"},
		"noscript":        {`<description>&lt;img src="data:image/gif;base64,R0"&gt;&lt;noscript&gt;&lt;img src="https://i.e/a.jpg"&gt;&lt;/noscript&gt;</description>`, "https://i.e/a.jpg"},
		"srcset":          {`<description>&lt;img srcset="https://i.e/a.jpg 320w, https://i.e/b.jpg 960w"&gt;</description>`, "https://i.e/b.jpg"},
		"an avatar alone": {`<description>&lt;img src="https://secure.gravatar.com/avatar/1"&gt; text</description>`, ""},
		"a pixel alone":   {`<description>&lt;img src="https://i.e/p" width="1" height="1"&gt; text</description>`, ""},
	} {
		doc := "<rss" + media + "><channel><title>x</title><link>https://e.org/</link><item><title>a</title><link>https://e.org/1</link>" + c[0] + "</item></channel></rss>"
		got, err := Read(Body{Bytes: []byte(doc), URL: "https://e.org/rss"}, feed.Source{}, testNow)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got.Items[0].Image != c[1] {
			t.Errorf("%s: %q, want %q", name, got.Items[0].Image, c[1])
		}
	}
}

// TestAddressesRelativeToThePage: what is relative belongs to the item's page where the feed lives elsewhere.
func TestAddressesRelativeToThePage(t *testing.T) {
	const text = `&lt;img src="a.png"&gt; &lt;a href="/tag"&gt;x&lt;/a&gt;`
	for name, c := range map[string]struct{ at, root, link, url, image, base string }{
		"another host":       {"https://feeds.example/x", "", "https://e.org/2026/a/", "https://e.org/2026/a/", "https://e.org/2026/a/a.png", ""},
		"the same host":      {"https://e.org/feed/rss", "", "https://e.org/2026/a/", "https://e.org/2026/a/", "https://e.org/feed/a.png", "https://e.org/feed/rss"},
		"the same, with www": {"https://www.e.org/feed/rss", "", "https://e.org/2026/a/", "https://e.org/2026/a/", "https://www.e.org/feed/a.png", "https://www.e.org/feed/rss"},
		"xml:base":           {"https://feeds.example/x", ` xml:base="https://other.example/b/"`, "https://e.org/2026/a/", "https://e.org/2026/a/", "https://other.example/b/a.png", "https://other.example/b/"},
		"a relative link":    {"https://feeds.example/x", "", "/2026/a/", "https://e.org/2026/a/", "https://e.org/2026/a/a.png", ""},
	} {
		doc := "<rss" + c.root + "><channel><title>x</title><link>https://e.org/</link><item><title>a</title><link>" + c.link + "</link><description>" + text + "</description></item></channel></rss>"
		got, err := Read(Body{Bytes: []byte(doc), URL: c.at}, feed.Source{}, testNow)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if it := got.Items[0]; it.URL != c.url || it.Image != c.image || it.Base != c.base {
			t.Errorf("%s: %q, picture %q, base %q", name, it.URL, it.Image, it.Base)
		}
	}
}
