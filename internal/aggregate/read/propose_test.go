package read

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
)

var proposeNow = time.Date(2026, 9, 14, 12, 0, 0, 0, time.UTC)

// TestPropose proposes selectors for pages of several makes, and reads them by these.
func TestPropose(t *testing.T) {
	for _, tt := range []struct {
		file    string
		page    feed.Page
		missing []string
		items   int
		first   PreviewItem
	}{
		{"cards.html", feed.Page{Item: "div.story-card", Title: "h3 a", Link: "h3 a@href", Summary: "p.sapo", Date: ".story-card__time", Image: "img@src"}, nil, 4,
			PreviewItem{Title: "Bến Sao khởi công cầu bắc qua sông Trắng", Link: "https://x.example/a1.html", Published: "2026-09-14T11:20:00Z", Image: "https://x.example/i/1.jpg",
				Description: "Cây cầu dài 1,2 km nối hai bờ sông, dự kiến hoàn thành sau ba năm thi công."}},
		{"rows.html", feed.Page{Item: "tbody > tr", Title: "a", Link: "a@href", Date: "time@datetime"}, []string{"summary", "image"}, 4,
			PreviewItem{Title: "Water is cut in the old town on Thursday night", Link: "https://x.example/notice.php?id=31", Published: "2026-09-14T01:00:00Z"}},
		{"whole-links.html", feed.Page{Item: "a.post-link", Title: "h2", Link: "@href", Summary: "p", Date: "small"}, []string{"image"}, 3,
			PreviewItem{Title: "What the tide gauges of the delta tell", Link: "https://x.example/one", Published: "2026-09-14T00:00:00Z",
				Description: "Forty years of readings, and a curve that bends where nobody had expected it to bend."}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata/pages", tt.file))
			if err != nil {
				t.Fatal(err)
			}
			body := Body{Bytes: data, URL: "https://x.example/", ContentType: "text/html"}
			p, ok := Propose(body, proposeNow)
			if !ok {
				t.Fatal("nothing was proposed")
			}
			if diff := cmp.Diff(tt.page, p.Page); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.missing, p.Missing); diff != "" {
				t.Error(diff)
			}
			doc, err := Preview(body, feed.Source{ID: "x", Page: &p.Page, Timezone: time.UTC}, proposeNow)
			if err != nil {
				t.Fatal(err)
			}
			if len(doc.Items) != tt.items {
				t.Fatalf("%d items, want %d", len(doc.Items), tt.items)
			}
			it := doc.Items[0]
			got := PreviewItem{Title: it.Title, Link: it.Link, Published: it.Published, Image: it.Image, Description: it.Description}
			if diff := cmp.Diff(tt.first, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	data, err := os.ReadFile("testdata/pages/no-list.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, none := range [][]byte{data, nil, []byte("hello"), []byte("<rss><channel><title>x</title></channel></rss>")} {
		if p, ok := Propose(Body{Bytes: none, URL: "https://x.example/"}, proposeNow); ok {
			t.Errorf("of a page without a list was made %+v", p)
		}
	}
}

// TestProposeForRealPages holds that a proposal finds what a person's selectors find, on pages kept aside.
func TestProposeForRealPages(t *testing.T) {
	dir := "../../../../shared/corpus/pages"
	data, err := os.ReadFile(filepath.Join(dir, "LISTPAGES.json"))
	if err != nil {
		t.Skip("NOT TRIED on real list pages: ", err)
	}
	var pages []struct {
		File, Base string
		Items      []struct{ Link string }
	}
	if err := json.Unmarshal(data, &pages); err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if len(page.Items) < fewestBlocks {
			continue // too few to be seen as a list
		}
		data, err := os.ReadFile(filepath.Join(dir, page.File))
		if err != nil {
			t.Fatal(err)
		}
		body := Body{Bytes: data, URL: page.Base, ContentType: "text/html"}
		p, ok := Propose(body, time.Now())
		if !ok {
			t.Errorf("%s: nothing was proposed", page.File)
			continue
		}
		doc, err := Preview(body, feed.Source{ID: "x", Page: &p.Page}, time.Now())
		if err != nil {
			t.Errorf("%s: %v", page.File, err)
			continue
		}
		for _, want := range page.Items {
			if !slices.ContainsFunc(doc.Items, func(it PreviewItem) bool { return feed.Canonical(it.Link) == feed.Canonical(want.Link) }) {
				t.Errorf("%s: %+v does not find %s", page.File, p.Page, want.Link)
			}
		}
	}
}

func FuzzPropose(f *testing.F) {
	files, _ := filepath.Glob("testdata/pages/*.html")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		body := Body{Bytes: data, URL: "https://x.example/"}
		p, ok := Propose(body, proposeNow)
		if !ok {
			return
		}
		for _, css := range []string{p.Page.Item, p.Page.Title, p.Page.Link, p.Page.Summary, p.Page.Date, p.Page.Image} {
			if err := CheckSelector(css); css != "" && err != nil {
				t.Error(err)
			}
		}
	})
}
