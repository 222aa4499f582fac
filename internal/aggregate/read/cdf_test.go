package read

import (
	"slices"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
)

const channelOfCDF = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE Channel SYSTEM "http://www.w3c.org/Channel.dtd">
<CHANNEL HREF="https://e.org/" SELF="https://e.org/news.cdf" LASTMOD="2024-08-14T10:44+07:00">
  <TITLE>Salt &amp; Sea</TITLE>
  <ABSTRACT>What the harbour says</ABSTRACT>
  <LOGO HREF="/icon.gif" STYLE="ICON"/>
  <LOGO HREF="/logo.png" STYLE="IMAGE"/>
  <SCHEDULE><INTERVALTIME DAY="1"/></SCHEDULE>
  <ITEM HREF="/1" LASTMOD="2024-08-14T09:00:00Z" LEVEL="1">
    <TITLE>The ferry & the fog</TITLE>
    <ABSTRACT><![CDATA[No <b>boat</b> today]]></ABSTRACT>
  </ITEM>
  <CHANNEL HREF="https://e.org/port"><TITLE>Port</TITLE>
    <ITEM><A HREF="https://e.org/2">more</A><TITLE>Two cranes</TITLE></ITEM>
  </CHANNEL>
</CHANNEL>`

// TestCDFIsRead: in capitals and in small letters, whole and broken off.
func TestCDFIsRead(t *testing.T) {
	names := strings.NewReplacer("CHANNEL", "channel", "ITEM", "item", "TITLE", "title", "ABSTRACT", "abstract", "HREF", "href", "LASTMOD", "lastmod", "LOGO", "logo", "SELF", "self")
	for name, in := range map[string]string{
		"capitals": channelOfCDF, "small letters": names.Replace(channelOfCDF),
		"a control character": strings.Replace(channelOfCDF, "Port", "Po\x01rt", 1),
		"broken off":          channelOfCDF[:strings.LastIndex(channelOfCDF, "</ITEM>")],
	} {
		doc, err := Read(Body{Bytes: []byte(in), URL: "https://e.org/news.cdf"}, feed.Source{}, testNow)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if doc.Type != "cdf" || doc.Title != "Salt & Sea" || doc.Link != "https://e.org/" || doc.FeedLink != "https://e.org/news.cdf" ||
			doc.Description != "What the harbour says" || doc.Image != "https://e.org/logo.png" || !doc.Updated.Equal(time.Date(2024, 8, 14, 3, 44, 0, 0, time.UTC)) {
			t.Errorf("%s: document %+v", name, doc)
		}
		if len(doc.Items) != 2 {
			t.Errorf("%s: %d items, warnings %q", name, len(doc.Items), doc.Warnings)
			continue
		}
		a, b := doc.Items[0], doc.Items[1]
		if a.Title != "The ferry & the fog" || a.URL != "https://e.org/1" || a.Summary != "No <b>boat</b> today" || !a.Published.Equal(time.Date(2024, 8, 14, 9, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: first item %+v", name, a)
		}
		if b.Title != "Two cranes" || b.URL != "https://e.org/2" || !b.Published.IsZero() {
			t.Errorf("%s: second item %+v", name, b)
		}
		if damaged := name == "a control character" || name == "broken off"; damaged != (len(doc.Warnings) > 0) {
			t.Errorf("%s: warnings %q", name, doc.Warnings)
		}
	}
}

// TestCDFIsBounded: items beyond the limit are left out with a warning, elements beyond measure refused.
func TestCDFIsBounded(t *testing.T) {
	item := `<ITEM HREF="/1"><TITLE>T</TITLE></ITEM>`
	doc, err := Read(Body{Bytes: []byte("<CHANNEL>" + strings.Repeat(item, defaultMaxItems+1) + "</CHANNEL>")}, feed.Source{}, testNow)
	if err != nil || !slices.ContainsFunc(doc.Warnings, func(w string) bool { return strings.HasPrefix(w, "only the first") }) {
		t.Errorf("too many items: %v", err)
	}
	many := `<CHANNEL HREF="/">` + strings.Repeat("<SCHEDULE/>", elementsPerItem*defaultMaxItems+1) + "</CHANNEL>"
	if _, err := Read(Body{Bytes: []byte(many)}, feed.Source{}, testNow); err == nil {
		t.Error("too many elements were read")
	}
}

// TestAChannelOfRSSIsNoCDF: a channel that lost its root keeps being read as RSS.
func TestAChannelOfRSSIsNoCDF(t *testing.T) {
	in := "<channel><title>C</title><item><title>T</title><link>https://e.org/1</link><description>d</description></item></channel>"
	doc, err := Read(Body{Bytes: []byte(in)}, feed.Source{}, testNow)
	if err != nil || doc.Type != "rss" || len(doc.Items) != 1 || doc.Items[0].URL != "https://e.org/1" {
		t.Errorf("%+v, %v", doc, err)
	}
}
