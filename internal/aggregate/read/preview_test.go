package read

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feedd/internal/feed/feedtest"
	"github.com/google/go-cmp/cmp"
)

func TestPreview(t *testing.T) {
	const doc = `<rss version="2.0"><channel><title>Báo</title><link>https://bao.example.vn/</link><item><title>A</title><link>https://bao.example.vn/1</link>
<description>&lt;img src="/a.jpg" onload="x()"&gt;&lt;script&gt;y()&lt;/script&gt;&lt;span style="color:red"&gt;b&lt;/span&gt;</description><pubDate>hôm nào đó</pubDate></item>
<item><category>x</category></item></channel></rss>`
	p, err := Preview(Body{Bytes: []byte(doc)}, inHanoi, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Items) != 2 || len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "not collected") {
		t.Fatalf("%d items, %q", len(p.Items), p.Warnings)
	}
	it := p.Items[0]
	if it.Description != `<img src="https://bao.example.vn/a.jpg" /><span style="color: red;">b</span>` {
		t.Errorf("description %s", it.Description)
	}
	if it.Published != "" || it.PublishedRaw != "hôm nào đó" {
		t.Errorf("published %q, written %q", it.Published, it.PublishedRaw)
	}
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"categories":[]`, `"enclosures":[]`, `"updated":""`, `"links":[`, `"authorEmail":""`, `"feedLink":""`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("%s is not in %s", want, raw)
		}
	}
}

// TestPositionsOfBackgrounds: the place of a background shows, and nothing but a place.
func TestPositionsOfBackgrounds(t *testing.T) {
	const in, want = `<p style="background-x: 50%; background-y:top; background-image: url(x)">a</p><p style="background-x: url(https://e.org/)">b</p>`, `<p style="background-x: 50%; background-y: top;">a</p><p>b</p>`
	if got := inert(in, ""); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestMarksChangeNothing reads real RSS feeds with and without the marks that keep long texts from
// the parser.
func TestMarksChangeNothing(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(feedtest.Shared(t, "corpus/real"), "*"))
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		with, err := Read(Body{Bytes: b}, inHanoi, testNow)
		if err != nil || with.Type != "rss" {
			continue
		}
		without, err := Read(Body{Bytes: append(b, "<!-- xml:base turns marks off -->"...)}, inHanoi, testNow)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
			continue
		}
		compared++
		if diff := cmp.Diff(without, with); diff != "" {
			t.Errorf("%s: %s", filepath.Base(f), clip(diff, 1500))
		}
	}
	if compared < 50 {
		t.Errorf("only %d feeds were compared", compared)
	}
}

func TestRestoreLeavesOtherTextAlone(t *testing.T) {
	doc := mustRead(t, []byte(strings.Replace(threeItems, "Ba bàn.", textMark+"0"+strings.Repeat(" lời", 100), 1)))
	if !strings.HasPrefix(doc.Items[2].Summary, textMark+"0") {
		t.Errorf("a text that looks like a mark became %q", clip(doc.Items[2].Summary, 60))
	}
	if doc.Items[0].Summary != "Gió mạnh & mưa lớn." {
		t.Errorf("%+v", doc.Items[0])
	}
}
