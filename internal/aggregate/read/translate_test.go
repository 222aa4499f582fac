package read

import (
	"strings"
	"testing"

	"feedd/internal/feed"
)

// TestAuthorOfAChannel: a channel's own author is the document's, however it is written.
func TestAuthorOfAChannel(t *testing.T) {
	for in, want := range map[string][2]string{
		"<author>An Pham (an@e.org)</author>":                              {"An Pham", "an@e.org"},
		"<author>an+news@e.org (An Pham)</author>":                         {"An Pham", "an+news@e.org"},
		"<author><![CDATA[An &amp Pham]]></author>":                        {"An &amp Pham", ""},
		"<author>An &lt;an@e.org&gt;</author>":                             {"An", "an@e.org"},
		"<author>An</author><managingEditor>Binh</managingEditor>":         {"Binh", ""},
		"<item><title>T</title><author>of the item</author></item>":        {"", ""},
		"<author><name>An</name></author><item><title>T</title></item>":    {"", ""},
		"<webMaster>w@e.org (W)</webMaster><author>An (an@e.org)</author>": {"An", "an@e.org"},
	} {
		doc, err := Read(Body{Bytes: []byte("<rss><channel><title>C</title>" + in + "</channel></rss>")}, feed.Source{}, testNow)
		if err != nil || doc.Author != want[0] || doc.AuthorEmail != want[1] {
			t.Errorf("%s: %q, %q, %v; want %q", in, doc.Author, doc.AuthorEmail, err, want)
		}
	}
}

// TestWhatGofeedOverlooksInAtom: an id keeps the capitals of its scheme, and the date of Atom 0.3's
// created is the publication where there is no other.
func TestWhatGofeedOverlooksInAtom(t *testing.T) {
	for in, want := range map[string][2]string{
		"<id>HTTPS://e.org/A</id>": {"HTTPS://e.org/A", ""},
		"<id> URN:UUID:1225C695 </id><updated>2024-08-14T10:00:00Z</updated>":                                        {"URN:UUID:1225C695", "2024-08-14T10:00:00Z"},
		"<id>https://e.org/A</id><created>2024-08-13T10:00:00Z</created>":                                            {"https://e.org/A", "2024-08-13T10:00:00Z"},
		"<id>tag:E,1</id><created>2024-08-13T10:00:00Z</created><modified>2024-08-14T10:00:00Z</modified>":           {"tag:E,1", "2024-08-13T10:00:00Z"},
		"<id>T:1</id><created>2024-08-13T10:00:00Z</created><issued>2024-08-12T10:00:00Z</issued>":                   {"T:1", "2024-08-12T10:00:00Z"},
		"<id>T:1</id><source><id>S:2</id><created>2024-08-13T10:00:00Z</created></source>":                           {"T:1", ""},
		"<id>t:1</id><author><name>A</name></author><published>2024-08-12T10:00:00Z</published><updated>x</updated>": {"t:1", "2024-08-12T10:00:00Z"},
	} {
		for _, space := range []string{"http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"} {
			doc, err := Read(Body{Bytes: []byte(`<feed xmlns="` + space + `"><entry><title>before</title><id>t:0</id></entry><entry><title>T</title>` + in + "</entry></feed>")}, feed.Source{}, testNow)
			if err != nil || len(doc.Items) != 2 {
				t.Errorf("%s: %v", in, err)
				continue
			}
			if got := [2]string{doc.Items[1].GUID, stamp(doc.Items[1].Published)}; got != want {
				t.Errorf("%s: %q, want %q", in, got, want)
			}
			if doc.Items[0].GUID != "t:0" || !doc.Items[0].Published.IsZero() {
				t.Errorf("%s: the entry before: %+v", in, doc.Items[0])
			}
		}
	}
}

// TestSummaryBesideDescription: of an item with both, the description is the text; what has a content of
// its own keeps all as it was.
func TestSummaryBesideDescription(t *testing.T) {
	long := strings.Repeat("A long text. ", 20)
	for in, want := range map[string][2]string{
		"<summary>short</summary><description>long</description>":                              {"short", "long"},
		"<description>" + long + "</description><summary>short</summary>":                      {"short", strings.TrimSpace(long)},
		"<summary>short</summary>":                                                             {"short", ""},
		"<summary> </summary><description>d</description>":                                     {"d", ""},
		"<summary>s</summary><description>d</description><content:encoded>c</content:encoded>": {"d", "c"},
	} {
		doc, err := Read(Body{Bytes: []byte(`<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><item><title>T</title><link>https://e.org/1</link>` + in + "</item></channel></rss>")}, feed.Source{}, testNow)
		if err != nil || len(doc.Items) != 1 {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := [2]string{doc.Items[0].Summary, doc.Items[0].Content}; got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

// TestSignsOfText: a "<!" that starts nothing takes nothing with it; what does start something stays.
func TestSignsOfText(t *testing.T) {
	for in, want := range map[string]string{
		"Look <! here": "Look &lt;! here", "<!": "&lt;!", "<!! <b>x</b> <!": "&lt;!! <b>x</b> &lt;!", "<!“a”": "&lt;!“a”",
		"<!-- c -->x": "<!-- c -->x", "<![endif]-->": "<![endif]-->", "<!DOCTYPE html><p>": "<!DOCTYPE html><p>", "<!>": "<!>", "a < b": "a < b",
	} {
		if got := signs(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	doc := mustRead(t, []byte(`<rss><channel><item><title>T</title><link>https://e.org/1</link><description>&lt;!" &lt;i&gt;x&lt;/i&gt;</description></item></channel></rss>`))
	if got := inert(doc.Items[0].Summary, ""); got != `&lt;!&#34; <i>x</i>` {
		t.Errorf("shown as %s", got)
	}
}

// TestLinkOfItem: the first of several is the report's, and what opens nothing is none.
func TestLinkOfItem(t *testing.T) {
	for item, want := range map[string]string{
		`<link>https://e.org/1</link><link>https://e.org/2</link>`:                                   "https://e.org/1",
		`<link>javascript:void(0)</link><guid>https://e.org/1</guid>`:                                "https://e.org/1",
		`<link>mailto:desk@e.org</link><guid isPermaLink="false">https://e.org/1</guid>`:             "",
		`<link/><guid isPermaLink="true">https://e.org/1</guid><comments>https://e.org/c</comments>`: "https://e.org/1",
	} {
		doc := `<rss version="2.0"><channel><title>x</title><link>https://e.org/</link><item><title>a</title>` + item + `</item></channel></rss>`
		got, err := Read(Body{Bytes: []byte(doc), URL: "https://e.org/rss"}, feed.Source{}, testNow)
		if err != nil || got.Items[0].URL != want {
			t.Errorf("%s: %+v, %v; want %q", item, got, err, want)
		}
	}
}
