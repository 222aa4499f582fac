package read

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
)

// What a parser would make many times its size of is refused, and the error names the limit.
func TestReadRefusesWhatMultiplies(t *testing.T) {
	rss := func(item string) string {
		return `<rss version="2.0"><channel><title>t</title><item><title>a</title><link>http://e.org/a</link>` + item + `</item></channel></rss>`
	}
	list := func(items string) string {
		return `{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[` + items + `{"id":"1"}]}`
	}
	many := func(s string) string { return strings.Repeat(s, (6<<20)/len(s)) }
	selectors := &feed.Page{Item: "p, div", Title: "a", Link: "a@href", Summary: "p"}
	for name, c := range map[string]struct {
		document string
		page     *feed.Page
		want     string
	}{
		"elements":              {document: rss(many("<x:a/>")), want: "more than 200000 elements"},
		"elements to be mended": {document: rss("<b><" + many("<x:a/>")), want: "more than 200000 elements"},
		"attributes":            {document: rss("<x:a " + many(`b="" `) + "></x:a>"), want: "more than 1000 attributes"},
		"JSON items":            {document: list(many("{},")), want: "more than 100000 objects"},
		"loose JSON items":      {document: `{"version":1,"items":[` + many("{},") + `{"id":1}]}`, want: "more than 100000 objects"},
		"JSON values":           {document: list(`{"_x":[` + many("0,") + "0]},"), want: "more than 1000000 values"},
		"tags of a page":        {document: many("<p>"), page: selectors, want: "more than 250000 tags"},
		"formatting of a page":  {document: "<p>" + many("<b a><i b><u c><s d></p><p>x"), page: selectors, want: "would take more than"},
		"depth of a page":       {document: strings.Repeat("<div>", 600), page: selectors, want: "512"},
		"blocks within blocks":  {document: strings.Repeat("<div>", 400) + many("text"), page: selectors, want: "blocks within blocks"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Read(Body{Bytes: []byte(c.document)}, feed.Source{ID: "a", Page: c.page}, time.Now())
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
			if made := (after.TotalAlloc - before.TotalAlloc) >> 20; made > 250 {
				t.Errorf("%d MB were allocated", made)
			}
		})
	}
}

// What a single field or the description of a document holds is bounded, whatever comes.
func TestReadBoundsFields(t *testing.T) {
	long := strings.Repeat("abc ", 1<<18)
	document := `<rss version="2.0"><channel><title>` + long + `</title><link>http://e.org/` + strings.TrimSpace(long) + `</link><copyright>` + long + `</copyright><generator>` + long +
		`</generator><item><title>` + long + `</title><link>http://e.org/a</link><guid>` + long + `</guid><author>` + strings.Repeat("a@b ", 1<<18) +
		`</author><category>` + long + `</category>` + strings.Repeat(`<category>x</category><enclosure url="http://e.org/x" type="a"/>`, 500) + `<description>` + strings.Repeat(long, 2) + `</description></item></channel></rss>`
	doc, err := Read(Body{Bytes: []byte(document)}, feed.Source{ID: "a"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	it := doc.Items[0]
	for what, n := range map[string]int{
		"title": len(doc.Title), "copyright": len(doc.Copyright), "generator": len(doc.Generator), "headline": len(it.Title), "author": len(it.Authors[0].Name),
		"address": len(it.Authors[0].Email),
	} {
		if n > maxTitle+len("…") {
			t.Errorf("the %s has %d bytes", what, n)
		}
	}
	if doc.Link != "" || it.GUID != "" || len(it.Summary) > maxHTML || len(it.Categories) > maxList || len(it.Enclosures) > maxList {
		t.Errorf("link of %d bytes, guid of %d, summary of %d, %d categories, %d enclosures", len(doc.Link), len(it.GUID), len(it.Summary), len(it.Categories), len(it.Enclosures))
	}
}
