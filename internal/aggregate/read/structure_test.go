package read

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"feedd/internal/feed"
)

// TestItemsInAnyPlaceAreRead writes one feed of two items in all the ways that publishers' software gets
// its structure wrong: each is read in full, with a warning.
func TestItemsInAnyPlaceAreRead(t *testing.T) {
	item := func(n int, p string) string {
		return strings.NewReplacer("P:", p, "N", fmt.Sprint(n)).Replace("<P:item><P:title>TN</P:title><P:link>https://e.org/N</P:link><P:guid>gN</P:guid>" +
			"<P:pubDate>Wed, 14 Aug 2024 10:44:00 GMT</P:pubDate><P:description>About N</P:description></P:item>")
	}
	entry := func(n int, p string) string {
		return strings.NewReplacer("P:", p, "N", fmt.Sprint(n)).Replace(`<P:entry><P:title>TN</P:title><P:link href="https://e.org/N"/><P:id>gN</P:id>` +
			"<P:updated>2024-08-14T10:44:00Z</P:updated><P:summary>About N</P:summary></P:entry>")
	}
	items, entries := item(1, "")+item(2, ""), entry(1, "")+entry(2, "")
	const head, atom = "<title>C</title><link>https://e.org/</link><description>d</description>", ` xmlns="http://www.w3.org/2005/Atom"`
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
	docs := map[string]string{
		"items in a wrapper":            "<rss><channel>" + head + "<items>" + items + "</items></channel></rss>",
		"two wrappers":                  "<rss><channel>" + head + "<data><list>" + items + "</list></data></channel></rss>",
		"a wrapper each":                "<rss><channel>" + head + "<w>" + item(1, "") + "</w><w>" + item(2, "") + "</w></channel></rss>",
		"the channel in a wrapper":      "<rss><response><channel>" + head + items + "</channel></response></rss>",
		"entries in a wrapper":          "<feed" + atom + "><title>C</title><entries>" + entries + "</entries></feed>",
		"items in Atom":                 "<feed" + atom + "><title>C</title>" + items + "</feed>",
		"entries in RSS":                "<rss><channel>" + head + entries + "</channel></rss>",
		"Atom's entries in RSS":         `<rss xmlns:a="http://www.w3.org/2005/Atom"><channel>` + head + entry(1, "a:") + entry(2, "a:") + "</channel></rss>",
		"two channels":                  "<rss><channel>" + head + item(1, "") + "</channel><channel>" + head + item(2, "") + "</channel></rss>",
		"the first channel empty":       "<rss><channel>" + head + "</channel><channel>" + head + items + "</channel></rss>",
		"a channel within a channel":    "<rss><channel>" + head + "<channel>" + head + items + "</channel></channel></rss>",
		"two documents":                 "<rss><channel>" + item(1, "") + "</channel></rss>\n<?xml version=\"1.0\"?><rss><channel>" + item(2, "") + "</channel></rss>",
		"RSS, then Atom":                "<rss><channel>" + item(1, "") + "</channel></rss><feed" + atom + ">" + entry(2, "") + "</feed>",
		"two feeds in one root":         "<feeds><feed" + atom + ">" + entry(1, "") + "</feed><feed" + atom + ">" + entry(2, "") + "</feed></feeds>",
		"within the answer of a system": "<response><status>ok</status><rss><channel>" + items + "</channel></rss></response>",
		"within HTML":                   "<!DOCTYPE html><html><body><rss><channel>" + items + "</channel></rss></body></html>",
		"as the text of a page":         "<!DOCTYPE html><html><body><pre>" + escape("<rss><channel>"+items+"</channel></rss>") + "</pre></body></html>",
		"under no feed's root":          "<news><title>C</title>" + items + "</news>",
		"without any root":              items,
		"capitals":                      strings.NewReplacer("item", "ITEM", "channel", "Channel").Replace("<rss><channel>" + items + "</channel></rss>"),
		"JSON, an object of items":      `{"version":"https://jsonfeed.org/version/1.1","items":{"0":{"id":"g1","url":"https://e.org/1","title":"T1"},"1":{"id":"g2","url":"https://e.org/2","title":"T2"}}}`,
		"JSON, entries":                 `{"version":"https://jsonfeed.org/version/1.1","entries":[{"id":"g1","url":"https://e.org/1","title":"T1"},{"id":"g2","url":"https://e.org/2","title":"T2"}]}`,
		"JSON, within an answer":        `{"ok":true,"data":{"feed":{"items":[{"id":"g1","url":"https://e.org/1","title":"T1"},{"id":"g2","url":"https://e.org/2","title":"T2"}]}}}`,
		"JSON, a bare list":             `[{"id":"g1","url":"https://e.org/1","title":"T1"},{"id":"g2","url":"https://e.org/2","title":"T2"}]`,
	}
	for _, space := range []string{"http://www.w3.org/2005/Atom", "http://search.yahoo.com/mrss/", "http://purl.org/dc/elements/1.1/", "http://www.w3.org/1999/xhtml", "urn:own"} {
		docs["root in "+space] = `<rss xmlns="` + space + `"><channel>` + head + items + "</channel></rss>"
		docs["channel in "+space] = `<rss><channel xmlns="` + space + `">` + head + items + "</channel></rss>"
		docs["items in "+space] = "<rss><channel>" + head + strings.ReplaceAll(items, "<item>", `<item xmlns="`+space+`">`) + "</channel></rss>"
		docs["titles in "+space] = "<rss><channel>" + head + strings.ReplaceAll(items, "<title>", `<title xmlns="`+space+`">`) + "</channel></rss>"
		docs["prefixed root in "+space] = `<r:rss xmlns:r="` + space + `"><r:channel><r:title>C</r:title>` + item(1, "r:") + item(2, "r:") + "</r:channel></r:rss>"
		docs["prefixed items in "+space] = `<rss xmlns:r="` + space + `"><channel>` + head + item(1, "r:") + item(2, "r:") + "</channel></rss>"
		docs["RDF in "+space] = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="` + space + `"><channel>` + head + "</channel>" + items + "</rdf:RDF>"
		docs["Atom in "+space] = `<feed xmlns="` + space + `"><title>C</title>` + entries + "</feed>"
		docs["prefixed Atom in "+space] = `<a:feed xmlns:a="` + space + `"><a:title>C</a:title>` + entry(1, "a:") + entry(2, "a:") + "</a:feed>"
		docs["entries in "+space] = "<feed" + atom + "><title>C</title>" + strings.ReplaceAll(entries, "<entry>", `<entry xmlns="`+space+`">`) + "</feed>"
	}
	for name, doc := range docs {
		got, err := Read(Body{Bytes: []byte(doc)}, feed.Source{}, testNow)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var titles []string
		for i := range got.Items {
			it := &got.Items[i]
			titles = append(titles, it.Title)
			want := fmt.Sprint(i + 1)
			if it.URL != "https://e.org/"+want || it.GUID != "g"+want || !strings.HasPrefix(name, "JSON") && (it.Published.IsZero() || it.Summary != "About "+want) {
				t.Errorf("%s: item %+v", name, it)
			}
		}
		if !slices.Equal(titles, []string{"T1", "T2"}) {
			t.Errorf("%s: %q, %q", name, titles, got.Warnings)
		}
	}
}

// TestNoSilentZero: what holds no item that can be read is an error which says what was found, unless
// it is a feed that really is empty.
func TestNoSilentZero(t *testing.T) {
	for _, empty := range []string{"<rss><channel><title>C</title></channel></rss>", `<feed xmlns="http://www.w3.org/2005/Atom"><title>C</title></feed>`,
		`{"version":"https://jsonfeed.org/version/1.1","title":"C","items":[]}`} {
		if doc, err := Read(Body{Bytes: []byte(empty)}, feed.Source{}, testNow); err != nil || len(doc.Items) != 0 {
			t.Errorf("%s: %v", empty, err)
		}
	}
	for doc, says := range map[string]string{
		`{"version":"https://jsonfeed.org/version/1.1","title":"C"}`:                            `"title"`,
		`{"version":"https://jsonfeed.org/version/1.1","posts":[{"name":"a","permalink":"b"}]}`: `"posts"`,
		`<?xml version="1.0"?><opml><body><outline/></body></opml>`:                             "<opml>",
		`<?xml version="1.0"?><urlset><url><loc>https://e.org/</loc></url></urlset>`:            "<urlset>",
	} {
		if _, err := Read(Body{Bytes: []byte(doc)}, feed.Source{}, testNow); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %s", doc, err, says)
		}
	}
}
