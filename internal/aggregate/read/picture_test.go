package read

import (
	"testing"

	"feedd/internal/feed"
)

// TestPicturesOfItems: the picture of an item is the largest sensible one, wherever it stands.
func TestPicturesOfItems(t *testing.T) {
	const media = ` xmlns:media="http://search.yahoo.com/mrss/"`
	for name, c := range map[string][2]string{
		"three sizes":             {`<media:content url="https://i.e/140.jpg" medium="image" width="140"/><media:content url="https://i.e/1200.jpg" medium="image" width="1200"/><media:content url="https://i.e/460.jpg" medium="image" width="460"/>`, "https://i.e/1200.jpg"},
		"in a group":              {`<media:group><media:content url="https://i.e/a.jpg" type="image/jpeg" width="300"/><media:content url="https://i.e/b.jpg" type="image/jpeg" width="900"/></media:group>`, "https://i.e/b.jpg"},
		"too large":               {`<media:content url="https://i.e/a.jpg" medium="image" width="9000"/><media:content url="https://i.e/b.jpg" medium="image" width="900"/>`, "https://i.e/b.jpg"},
		"an avatar first":         {`<media:content url="https://secure.gravatar.com/avatar/1" medium="image"/><media:content url="https://i.e/a.jpg" medium="image"/>`, "https://i.e/a.jpg"},
		"thumbnails":              {`<media:thumbnail url="https://i.e/s.jpg" width="75"/><media:thumbnail url="https://i.e/l.jpg" width="150"/>`, "https://i.e/l.jpg"},
		"enclosure":               {`<enclosure url="https://i.e/a.jpg" type="image/jpeg" length="1"/>`, "https://i.e/a.jpg"},
		"an emoji first":          {`<description>&lt;img src="https://s.w.org/images/core/emoji/1.png"&gt; &lt;img src="https://i.e/a.jpg"&gt;</description>`, "https://i.e/a.jpg"},
		"lazy":                    {`<description>&lt;img src="/blank.gif" data-lazy-src="https://i.e/a.jpg"&gt;</description>`, "https://i.e/a.jpg"},
		"noscript":                {`<description>&lt;img src="data:image/gif;base64,R0"&gt;&lt;noscript&gt;&lt;img src="https://i.e/a.jpg"&gt;&lt;/noscript&gt;</description>`, "https://i.e/a.jpg"},
		"srcset":                  {`<description>&lt;img srcset="https://i.e/a.jpg 320w, https://i.e/b.jpg 960w"&gt;</description>`, "https://i.e/b.jpg"},
		"larger beside":           {`<description>&lt;img src="https://i.e/a.jpg" width="320" height="180" srcset="https://i.e/a.jpg 320w, https://i.e/b.jpg 1280w, https://i.e/c.jpg 5000w"&gt;</description>`, "https://i.e/b.jpg"},
		"smaller beside":          {`<description>&lt;img src="https://i.e/a.jpg" width="960" srcset="https://i.e/s.jpg 320w"&gt;</description>`, "https://i.e/a.jpg"},
		"twice as sharp":          {`<description>&lt;img src="https://i.e/a.jpg" srcset="https://i.e/b.jpg 2x"&gt;</description>`, "https://i.e/b.jpg"},
		"by its name":             {`<image><![CDATA[ https://i.e/a.jpg ]]></image>`, "https://i.e/a.jpg"},
		"address within":          {`<image><url>https://i.e/a.jpg</url><title>a</title></image>`, ""},
		"only address":            {`<image><url>https://i.e/a.jpg</url></image>`, "https://i.e/a.jpg"},
		"a word":                  {`<thumb>none</thumb>`, ""},
		"an avatar alone":         {`<description>&lt;img src="https://secure.gravatar.com/avatar/1"&gt; text</description>`, ""},
		"a video":                 {`<description>&lt;p&gt;Xem&lt;/p&gt;&lt;iframe src="//www.youtube.com/embed/aB3_-xyZ09k?rel=0"&gt;&lt;/iframe&gt;</description>`, "https://i.ytimg.com/vi/aB3_-xyZ09k/hqdefault.jpg"},
		"a video that loads late": {`<description>&lt;iframe data-src="https://www.dailymotion.com/embed/video/x8abcd"&gt;&lt;/iframe&gt;</description>`, "https://www.dailymotion.com/thumbnail/video/x8abcd"},
		"a poster":                {`<description>&lt;video poster="/p.jpg" src="v.mp4"&gt;&lt;/video&gt;</description>`, "https://e.org/p.jpg"},
		"a video and a picture":   {`<description>&lt;iframe src="https://www.youtube.com/embed/aB3_-xyZ09k"&gt;&lt;/iframe&gt;&lt;img src="https://i.e/a.jpg"&gt;</description>`, "https://i.e/a.jpg"},
		"another frame, a video":  {`<description>&lt;iframe src="https://maps.e.org/"&gt;&lt;/iframe&gt;&lt;iframe src="https://www.youtube.com/embed/aB3_-xyZ09k"&gt;&lt;/iframe&gt;</description>`, "https://i.ytimg.com/vi/aB3_-xyZ09k/hqdefault.jpg"},
		"a poster of no address":  {`<description>&lt;video poster="data:image/gif;base64,R0" src="v.mp4"&gt;&lt;/video&gt;</description>`, ""},
		"named in two words":      {`<featured_image>https://i.e/a.jpg</featured_image>`, "https://i.e/a.jpg"},
		"named as an address":     {`<thumbURL>https://i.e/s.jpg</thumbURL><imageUrl>https://i.e/a.jpg</imageUrl>`, "https://i.e/a.jpg"},
		"a link to it":            {`<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="enclosure" type="image/jpeg" href="https://i.e/a.jpg"/>`, "https://i.e/a.jpg"},
		"bytes, by the ending":    {`<enclosure url="https://i.e/a.jpg" type="application/octet-stream" length="1"/>`, "https://i.e/a.jpg"},
		"bytes of something else": {`<enclosure url="https://i.e/a.mp3" type="application/octet-stream" length="1"/>`, ""},
		"sound, by the type":      {`<enclosure url="https://i.e/a.jpg" type="audio/mpeg" length="1"/>`, ""},
		"of no type or ending":    {`<media:content url="https://i.e/show?id=7.5"/>`, "https://i.e/show?id=7.5"},
		"of no type, lasting":     {`<media:content url="https://i.e/show?id=7" duration="30"/>`, ""},
		"of no type, a film":      {`<media:content url="https://i.e/a.mp4"/>`, ""},
		"the default":             {`<media:group><media:content url="https://i.e/a.jpg" medium="image"/><media:content url="https://i.e/b.jpg" medium="image" isDefault="true"/></media:group>`, "https://i.e/b.jpg"},
		"a thumbnail, and large":  {`<media:thumbnail url="https://i.e/s.jpg" width="75" height="75"/><description>&lt;img src="https://i.e/a.jpg" width="900" height="600"&gt;</description>`, "https://i.e/a.jpg"},
		"a thumbnail, and small":  {`<media:thumbnail url="https://i.e/s.jpg" width="150" height="90"/><description>&lt;img src="https://i.e/a.jpg" width="200" height="100"&gt;</description>`, "https://i.e/s.jpg"},
		"a picture's sizes":       {`<description>&lt;picture&gt;&lt;source srcset="https://i.e/a.webp 300w, https://i.e/b.webp 900w"&gt;&lt;img src="data:image/gif;base64,R0"&gt;&lt;/picture&gt;</description>`, "https://i.e/b.webp"},
		"a picture, and sizes":    {`<description>&lt;picture&gt;&lt;source srcset="https://i.e/b.webp"&gt;&lt;img src="https://i.e/a.jpg"&gt;&lt;/picture&gt;</description>`, "https://i.e/a.jpg"},
		"of another's sizes":      {`<description>&lt;picture&gt;&lt;source srcset="https://i.e/b.webp"&gt;&lt;img src="https://i.e/p" width="1" height="1"&gt;&lt;/picture&gt;&lt;img src="data:x"&gt;</description>`, ""},
		"AMP":                     {`<description>&lt;amp-img src="https://i.e/a.jpg" width="600" height="400"&gt;&lt;/amp-img&gt;</description>`, "https://i.e/a.jpg"},
		"in capitals":             {`<description>&lt;IMG WIDTH="10" HEIGHT="10" SRC="https://i.e/s.jpg"&gt;&lt;IMG SRC="https://i.e/a.jpg"&gt;</description>`, "https://i.e/a.jpg"},
		"without quotes":          {`<description>&lt;img src=https://i.e/a.jpg width=600&gt;</description>`, "https://i.e/a.jpg"},
		"without quotes, closed":  {`<description>&lt;img src=https://i.e/a.jpg/&gt;</description>`, "https://i.e/a.jpg"},
		"a sign in its words":     {`<description>&lt;img alt='x &gt; y' src='https://i.e/a.jpg'&gt;</description>`, "https://i.e/a.jpg"},
		"a quote left open":       {`<description>&lt;img src="https://i.e/a.jpg" alt="x&gt; &lt;p&gt;text</description>`, "https://i.e/a.jpg"},
		"an ampersand by number":  {`<description>&lt;img src="https://i.e/a.jpg?fit=1&amp;#038;ssl=1"&gt;</description>`, "https://i.e/a.jpg?fit=1&ssl=1"},
		"a banner":                {`<description>&lt;img src="https://i.e/b.gif" width="468" height="60"&gt;&lt;img src="https://i.e/a.jpg" width="640" height="110"&gt;</description>`, "https://i.e/a.jpg"},
		"a pixel alone":           {`<description>&lt;img src="https://i.e/p" width="1" height="1"&gt; text</description>`, ""},
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

// TestWhatIsSaidOfPictures: size, caption and credit, as Media RSS has them and as they stand below a picture of
// the text.
func TestWhatIsSaidOfPictures(t *testing.T) {
	const media = ` xmlns:media="http://search.yahoo.com/mrss/"`
	for name, c := range map[string]struct {
		in   string
		want feed.PictureNote
	}{
		"within": {`<media:content url="https://i.e/a.jpg" medium="image" width="1200" height="800"><media:credit>AP</media:credit><media:description>Một cây cầu &amp;amp; sông</media:description></media:content>`,
			feed.PictureNote{Width: 1200, Height: 800, Caption: "Một cây cầu & sông", Credit: "AP"}},
		"beside": {`<description>tóm tắt</description><media:content url="https://i.e/a.jpg" medium="image" width="1200"/><media:credit role="photographer">A. B.</media:credit><media:text type="html">&lt;i&gt;Cầu&lt;/i&gt;</media:text>`,
			feed.PictureNote{Caption: "Cầu", Credit: "A. B."}},
		"of a group": {`<media:group><media:credit>TTXVN</media:credit><media:content url="https://i.e/a.jpg" medium="image" width="10" height="10"/><media:content url="https://i.e/b.jpg" medium="image" width="900" height="600"/></media:group>`,
			feed.PictureNote{Width: 900, Height: 600, Credit: "TTXVN"}},
		"thumbnail":   {`<media:thumbnail url="https://i.e/a.jpg" width="240" height="135"/>`, feed.PictureNote{Width: 240, Height: 135}},
		"the summary": {`<media:description>Tóm tắt của tin</media:description><media:thumbnail url="https://i.e/a.jpg"/>`, feed.PictureNote{}},
		"figcaption": {`<description>&lt;figure&gt;&lt;img src="https://i.e/a.jpg" width="800" height="450"&gt;&lt;figcaption&gt;Cầu &lt;b&gt;mới&lt;/b&gt; thông xe. Ảnh: TTXVN&lt;/figcaption&gt;&lt;/figure&gt;&lt;p&gt;chữ&lt;/p&gt;</description>`,
			feed.PictureNote{Width: 800, Height: 450, Caption: "Cầu mới thông xe.", Credit: "TTXVN"}},
		"a span for the credit": {`<description>&lt;figure&gt;&lt;img src="https://i.e/a.jpg"&gt;&lt;figcaption&gt;A bridge &lt;span class="credit"&gt;Photo: Jane Doe&lt;/span&gt;&lt;/figcaption&gt;&lt;/figure&gt;</description>`,
			feed.PictureNote{Caption: "A bridge", Credit: "Jane Doe"}},
		"by": {`<description>&lt;div class="wp-caption"&gt;&lt;img src="https://i.e/a.jpg"&gt;&lt;p class="wp-caption-text"&gt;A bridge (Photo by Jane Doe/Reuters)&lt;/p&gt;&lt;/div&gt;</description>`,
			feed.PictureNote{Caption: "A bridge", Credit: "Jane Doe/Reuters"}},
		"none of its own":     {`<description>&lt;img src="https://i.e/a.jpg"&gt;&lt;p&gt;chữ&lt;/p&gt;&lt;figure&gt;&lt;img src="https://i.e/b.jpg"&gt;&lt;figcaption&gt;khác&lt;/figcaption&gt;&lt;/figure&gt;</description>`, feed.PictureNote{}},
		"no credit in it":     {`<description>&lt;figure&gt;&lt;img src="https://i.e/a.jpg"&gt;&lt;figcaption&gt;A picture of the house&lt;/figcaption&gt;&lt;/figure&gt;</description>`, feed.PictureNote{Caption: "A picture of the house"}},
		"of one that is told": {`<enclosure url="https://i.e/a.jpg?x=1&amp;y=2" type="image/jpeg" length="1"/><description>&lt;figure&gt;&lt;img src="https://i.e/a.jpg?x=1&amp;amp;y=2"&gt;&lt;figcaption&gt;© AFP&lt;/figcaption&gt;&lt;/figure&gt;</description>`, feed.PictureNote{Credit: "AFP"}},
	} {
		doc := "<rss" + media + ` version="2.0"><channel><title>x</title><link>https://e.org/</link><item><title>a</title><link>https://e.org/1</link>` + c.in + "</item></channel></rss>"
		got, err := Read(Body{Bytes: []byte(doc), URL: "https://e.org/rss"}, feed.Source{}, testNow)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got.Items[0].Shown != c.want {
			t.Errorf("%s: %+v, want %+v", name, got.Items[0].Shown, c.want)
		}
	}
}

// TestPlacesOfItems: where an item happened, in each way that feeds say it, and nowhere by mistake.
func TestPlacesOfItems(t *testing.T) {
	const spaces = ` xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml" xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#"`
	hanoi := &feed.Point{Lat: 21.0285, Long: 105.8048}
	for in, want := range map[string]*feed.Point{
		`<georss:point>21.0285 105.8048</georss:point>`:                                           hanoi,
		`<georss:point> 21.0285,105.8048 </georss:point>`:                                         hanoi,
		`<georss:where><gml:Point><gml:pos>21.0285 105.8048</gml:pos></gml:Point></georss:where>`: hanoi,
		`<geo:lat>21.0285</geo:lat><geo:long>105.8048</geo:long>`:                                 hanoi,
		`<geo:Point><geo:lat>21.0285</geo:lat><geo:long>105.8048</geo:long></geo:Point>`:          hanoi,
		`<georss:point>0 0</georss:point>`:                                                        nil,
		`<georss:point>105.8048 21.0285</georss:point>`:                                           nil,
		`<georss:point>NaN 21</georss:point>`:                                                     nil,
		`<geo:lat>21.0285</geo:lat>`:                                                              nil,
		`<georss:line>21 105 22 106</georss:line>`:                                                nil,
	} {
		for _, doc := range []string{
			"<rss version='2.0'" + spaces + "><channel><title>x</title><item><title>a</title><link>https://e.org/1</link>" + in + "</item></channel></rss>",
			"<feed xmlns='http://www.w3.org/2005/Atom'" + spaces + "><id>x:y</id><title>x</title><entry><id>x:1</id><title>a</title><link href='https://e.org/1'/>" + in + "</entry></feed>",
		} {
			got, err := Read(Body{Bytes: []byte(doc), URL: "https://e.org/rss"}, feed.Source{}, testNow)
			if err != nil || len(got.Items) != 1 {
				t.Errorf("%s: %v", doc, err)
				continue
			}
			if p := got.Items[0].Place; (p == nil) != (want == nil) || p != nil && *p != *want {
				t.Errorf("%s: %v, want %v", in, p, want)
			}
		}
	}
}

// TestModifiedInDublinCore: dcterms:modified is when an item was updated, in RSS and in Atom.
func TestModifiedInDublinCore(t *testing.T) {
	const in = ` xmlns:dcterms="http://purl.org/dc/terms/"`
	const dates = `<dcterms:issued>2026-01-05T10:00:00Z</dcterms:issued><dcterms:modified>2026-01-05T12:00:00Z</dcterms:modified>`
	for _, doc := range []string{
		"<rss version='2.0'" + in + "><channel><title>x</title><item><title>a</title><link>https://e.org/1</link>" + dates + "</item></channel></rss>",
		"<feed xmlns='http://www.w3.org/2005/Atom'" + in + "><id>x:y</id><title>x</title><entry><id>x:1</id><title>a</title><link href='https://e.org/1'/>" + dates + "</entry></feed>",
	} {
		got, err := Read(Body{Bytes: []byte(doc), URL: "https://e.org/rss"}, feed.Source{}, testNow)
		if err != nil {
			t.Fatal(err)
		}
		it := got.Items[0]
		if it.Published.Format("15:04") != "10:00" || it.Updated.Format("15:04") != "12:00" {
			t.Errorf("published %v, updated %v: %s", it.Published, it.Updated, doc)
		}
	}
}
