package render

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"feedd/internal/aggregate/read"
	"feedd/internal/feed"
	"feedd/internal/feed/feedtest"
)

// asItem takes everything a parsed item says, as raw as it is: what the collectors would mend is
// left broken here on purpose.
func asItem(source, base string, n int, in *gofeed.Item) feed.Item {
	it := feed.Item{
		ID: int64(n), Source: source, GUID: in.GUID, URL: in.Link, Title: in.Title, Summary: in.Description, Content: in.Content,
		Base: base, Categories: in.Categories,
	}
	if in.PublishedParsed != nil && in.PublishedParsed.Before(firstSeen) {
		it.Published = *in.PublishedParsed
	}
	if in.UpdatedParsed != nil && in.UpdatedParsed.Before(firstSeen) {
		it.Updated = *in.UpdatedParsed
	}
	for _, a := range in.Authors {
		if a != nil {
			it.Authors = append(it.Authors, feed.Person{Name: a.Name, Email: a.Email})
		}
	}
	if in.Image != nil {
		it.Image = in.Image.URL
	}
	for _, e := range in.Enclosures {
		enc := feed.Enclosure{URL: e.URL, Type: e.Type, Length: -1}
		fmt.Sscan(e.Length, &enc.Length)
		it.Enclosures = append(it.Enclosures, enc)
	}
	return it
}

// parse reads a document with gofeed; a panic in it is this document's error.
func parse(doc []byte) (f *gofeed.Feed, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return gofeed.NewParser().Parse(bytes.NewReader(doc))
}

// reading is what one of the two ways of reading a document gives.
type reading struct {
	origin Origin
	items  []feed.Item
}

// raw is a document as gofeed alone reads it: what the collectors would mend is left broken.
func raw(_ string, doc []byte) (reading, bool) {
	f, err := parse(doc)
	if err != nil || f == nil {
		return reading{}, false
	}
	r := reading{origin: Origin{
		Title: f.Title, Home: f.Link, FeedURL: f.FeedLink, FeedID: f.FeedLink, Language: f.Language, Copyright: f.Copyright,
	}}
	for i, in := range f.Items {
		if in != nil {
			r.items = append(r.items, asItem("", f.Link, i, in))
		}
	}
	return r, true
}

// collected is a document as feedd collects it.
func collected(path string, doc []byte) (reading, bool) {
	address := "https://feeds.example.org/" + filepath.Base(path)
	d, err := read.Read(read.Body{Bytes: doc, URL: address}, feed.Source{URL: address}, firstSeen)
	if err != nil {
		return reading{}, false
	}
	return reading{
		origin: Origin{
			Title: d.Title, Home: d.Link, FeedURL: d.FeedLink, FeedID: d.FeedID, Language: d.Language, Copyright: d.Copyright,
		},
		items: d.Items,
	}, true
}

var firstSeen = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// corpusViews republishes every feed below dir, some hundred entries a view.
func corpusViews(t *testing.T, dir string, reader func(path string, doc []byte) (reading, bool)) []*View {
	t.Helper()
	var views []*View
	var v *View
	n := 0
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		doc, err := os.ReadFile(path)
		if err != nil || len(doc) > 4<<20 {
			return err
		}
		r, ok := reader(path, doc)
		if !ok {
			return nil // not for this package to mend
		}
		if v == nil || len(v.Entries) > 500 {
			v = fixture()
			v.Entries, v.Sources = nil, map[string]Origin{}
			views = append(views, v)
		}
		r.origin.ID, r.origin.Rights = fmt.Sprintf("s%d", len(v.Sources)), feed.RightsFull
		v.Sources[r.origin.ID] = r.origin
		for _, it := range r.items {
			n++
			it.ID, it.Source, it.FirstSeen = int64(n), r.origin.ID, firstSeen.Add(time.Duration(n)*time.Second)
			v.Entries = append(v.Entries, feed.Entry{
				Key: fmt.Sprintf("%016x", n), Lead: it.ID, Published: it.Date(), Updated: it.Updated,
				Sections: []string{"kinh-te"}, Reports: []feed.Item{it},
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n < 40 {
		t.Fatalf("only %d items below %s", n, dir)
	}
	t.Logf("%d items in %d views from %s", n, len(views), dir)
	return views
}

func TestRealFeedsPassTheGate(t *testing.T) {
	for _, tt := range []struct {
		dir    string
		reader func(path string, doc []byte) (reading, bool)
	}{{"corpus/real", collected}, {"corpus/quirks", raw}, {"corpus/quirks", collected}, {"corpus/feedparser", raw}} {
		for i, v := range corpusViews(t, feedtest.Shared(t, tt.dir), tt.reader) {
			for _, f := range FeedFormats {
				doc, err := Feed(v, f)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range Check(f, doc) {
					t.Errorf("%s, view %d, %s: %s", tt.dir, i, f, p)
				}
			}
		}
	}
}

// TestW3CValidator holds everything this package writes against the W3C feed validator, warnings
// included. FEEDD_FEEDVALIDATOR names a checkout of it; its needs are Debian's python3-lxml,
// python3-html5lib, python3-rdflib and libxml2-utils.
func TestW3CValidator(t *testing.T) {
	checkout := os.Getenv("FEEDD_FEEDVALIDATOR")
	if checkout == "" {
		t.Skip("SKIPPED, NOT PASSED: FEEDD_FEEDVALIDATOR names no checkout of the W3C feed validator")
	}
	tool := feedtest.Shared(t, "tools/validate-feed")
	schema := feedtest.Shared(t, "tools/schema/rfc4287.rng")
	validate := func(name, base string, doc []byte, ignore string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", tool, checkout, "-", "--werror", "--rng", schema, "--base", base, "--ignore", ignore)
		cmd.Stdin = bytes.NewReader(doc)
		if out, err := cmd.CombinedOutput(); err != nil {
			if path := os.Getenv("FEEDD_KEEP"); path != "" {
				_ = os.WriteFile(filepath.Join(path, strings.ReplaceAll(name, "/", "_")), doc, 0o644)
			}
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	all := func(name string, v *View) {
		t.Helper()
		ignore := ""
		if len(v.Tombstones) > 0 {
			ignore = "UnknownNamespace" // RFC 6721 is newer than the validator
		}
		for _, f := range FeedFormats {
			doc, err := Feed(v, f)
			if err != nil {
				t.Fatal(err)
			}
			validate(name+"."+string(f), v.url(v.path(), f), doc, ignore)
		}
	}
	all("fixture", fixture())
	for _, f := range FeedFormats { // all texts gave way to summaries
		doc, full, err := FeedWithin(fixture(), f, 1)
		if err != nil || full > 0 {
			t.Fatal(full, err)
		}
		validate("short."+string(f), fixture().self(f), doc, "")
	}
	empty := fixture()
	empty.Entries = nil
	all("empty", empty)
	archive := fixture()
	archive.Archive, archive.Path, archive.Current = true, "/sections/kinh-te/archive/2026-03", "/sections/kinh-te"
	all("only-archive", archive)
	archive = fixture()
	archive.Archive, archive.Path, archive.Current, archive.Prev = true, "/sections/kinh-te/archive/2026-03", "/sections/kinh-te", "/sections/kinh-te/archive/2026-02"
	archive.Tombstones = []Tombstone{{Key: "dead000000000000", When: archive.Entries[0].Updated}}
	all("archive", archive)
	for _, tt := range []struct{ attribution, content string }{{"", ""}, {"title", "summary"}, {"none", "headline"}} {
		v := hostileView()
		v.Attribution, v.Content = tt.attribution, tt.content
		all("hostile-"+tt.attribution+"-"+tt.content, v)
	}
	opml, err := OPML(hostileView())
	if err != nil {
		t.Fatal(err)
	}
	validate("feeds.opml", "", opml, "")
	for _, dir := range []string{"corpus/real", "corpus/quirks", "corpus/feedparser"} {
		for i, v := range corpusViews(t, feedtest.Shared(t, dir), collected) {
			all(fmt.Sprintf("%s-%d", dir, i), v)
		}
	}
}
