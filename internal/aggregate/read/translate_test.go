package read

import (
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
