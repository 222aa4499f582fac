package read

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
)

func titlesOf(doc *Document) (list []string) {
	for i := range doc.Items {
		list = append(list, doc.Items[i].Title)
	}
	return list
}

// Where a list is longer than what is to be taken of it, the newest are taken by their dates; without
// dates those that stand first.
func TestNewestItemsAreTaken(t *testing.T) {
	var dated, bare strings.Builder
	for i := range 6 {
		fmt.Fprintf(&dated, `<item><title>Tập %d</title><guid>t%d</guid><pubDate>%s</pubDate></item>`, i, i, testNow.Add(time.Duration(i-10)*time.Hour).Format(time.RFC1123Z))
		fmt.Fprintf(&bare, `<item><title>Tập %d</title><guid>t%d</guid></item>`, i, i)
	}
	for items, want := range map[string][]string{dated.String(): {"Tập 4", "Tập 5"}, bare.String(): {"Tập 0", "Tập 1"}} {
		doc, err := Read(Body{Bytes: []byte(`<rss version="2.0"><channel><title>x</title>` + items + `</channel></rss>`)}, feed.Source{MaxItems: 2}, testNow)
		if err != nil {
			t.Fatal(err)
		}
		if got := titlesOf(doc); !slices.Equal(got, want) || !strings.Contains(strings.Join(doc.Warnings, "\n"), "only the newest 2 items were taken") {
			t.Errorf("%q with %q, want %q", got, doc.Warnings, want)
		}
	}
}

// What a feed says it withdrew (RFC 6721) is no item of it, unless it was updated since.
func TestTombstonesOfASource(t *testing.T) {
	entry := func(id, updated string) string {
		return `<entry><id>` + id + `</id><title>` + id + `</title><link href="https://e.example/` + id + `"/><updated>` + updated + `</updated></entry>`
	}
	doc := mustRead(t, []byte(`<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"><title>x</title><id>x</id>`+
		`<at:deleted-entry ref="gone" when="2024-03-02T00:00:00Z"/><at:deleted-entry ref="listed" when="2024-03-02T00:00:00Z"/>`+
		`<at:deleted-entry ref="again" when="2024-03-02T00:00:00Z"/><at:deleted-entry when="2024-03-02T00:00:00Z"/>`+
		entry("listed", "2024-03-01T00:00:00Z")+entry("again", "2024-03-03T00:00:00Z")+entry("other", "2024-03-01T00:00:00Z")+`</feed>`))
	if got := titlesOf(doc); !slices.Equal(got, []string{"again", "other"}) {
		t.Errorf("items %q", got)
	}
	var refs []string
	for _, d := range doc.Deleted {
		if d.When.IsZero() {
			t.Errorf("%s has no time", d.Ref)
		}
		refs = append(refs, d.Ref)
	}
	if slices.Sort(refs); !slices.Equal(refs, []string{"again", "gone", "listed"}) {
		t.Errorf("withdrawn are %q", refs)
	}
}

// A preview shows what collecting keeps: each item once.
func TestPreviewShowsWhatIsKept(t *testing.T) {
	const item = `<item><title>Cửa cống sơn xanh</title><link>https://e.example/cong</link><description>%s</description></item>`
	p, err := Preview(Body{Bytes: []byte(`<rss version="2.0"><channel><title>x</title>` + fmt.Sprintf(item, "Trước nó màu xám.") +
		fmt.Sprintf(item, "Trước  nó màu xám.") + fmt.Sprintf(item, "Một bài khác.") + `</channel></rss>`)}, feed.Source{}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Items) != 2 || !strings.Contains(strings.Join(p.Warnings, "\n"), "3 of 3 items share a link: told apart by their texts") {
		t.Errorf("%d items, %q", len(p.Items), p.Warnings)
	}
}
