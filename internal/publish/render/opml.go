package render

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"feedd/internal/feed"
)

type opmlDocument struct {
	XMLName xml.Name      `xml:"opml"`
	Version string        `xml:"version,attr"`
	Head    opmlHead      `xml:"head"`
	Body    []opmlOutline `xml:"body>outline"`
}

type opmlHead struct {
	Title      string `xml:"title"`
	Modified   string `xml:"dateModified"`
	OwnerName  string `xml:"ownerName,omitempty"`
	OwnerEmail string `xml:"ownerEmail,omitempty"`
}

type opmlOutline struct {
	Text     string `xml:"text,attr"`
	Title    string `xml:"title,attr"`
	Type     string `xml:"type,attr"`
	XMLURL   string `xml:"xmlUrl,attr"`
	HTMLURL  string `xml:"htmlUrl,attr,omitempty"`
	Language string `xml:"language,attr,omitempty"`
}

// OPML renders the feeds of all sections as an OPML 2.0 subscription list; where there are none, the
// feed of everything. Only Site, Authority, Base, Sections and Updated of the view matter. Readers of
// OPML take its texts for HTML.
func OPML(v *View) ([]byte, error) {
	var list []opmlOutline
	outline := func(id, title, page, language string) {
		title = cmp.Or(title, id)
		list = append(list, opmlOutline{
			Text: outlineText(title), Title: outlineText(title), Type: "rss",
			XMLURL: v.url("/sections/"+id, FormatRSS), HTMLURL: v.url(page, ""), Language: languageTag(cmp.Or(language, v.Site.Language)),
		})
	}
	for _, s := range v.Sections {
		if s.ID != "all" && s.ID != "top" {
			outline(s.ID, line(s.Title, maxTitle), "/sections/"+s.ID, s.Language)
		}
	}
	if len(list) == 0 { // beside sections it would bring everything twice
		outline("all", cmp.Or(line(v.Site.Title, maxTitle), "feedd"), "/", "")
	}
	return v.opml(list)
}

// SourcesOPML renders the feeds of the sources as an OPML 2.0 subscription list, by their titles: those
// whose addresses anybody may know; nil when there are none. Only Site, Authority, Sources and Updated of the view matter.
func SourcesOPML(v *View) ([]byte, error) {
	var list []opmlOutline
	for _, id := range slices.Sorted(maps.Keys(v.Sources)) {
		src := v.Sources[id]
		address := newsURL(src.FeedURL, "")
		if src.Hidden || src.Page || address == "" {
			continue
		}
		title := cmp.Or(line(src.Title, maxName), id)
		list = append(list, opmlOutline{
			Text: outlineText(title), Title: outlineText(title), Type: "rss",
			XMLURL: address, HTMLURL: newsURL(src.Home, ""), Language: languageTag(cmp.Or(src.Language, v.Site.Language)),
		})
	}
	if len(list) == 0 {
		return nil, nil // OPML has no empty list
	}
	slices.SortStableFunc(list, func(a, b opmlOutline) int { return cmp.Compare(feed.Fold(a.Title), feed.Fold(b.Title)) })
	return v.opml(list)
}

func (v *View) opml(list []opmlOutline) ([]byte, error) {
	updated := second(v.Updated)
	if updated.IsZero() {
		updated = authorityDate(v.Authority)
	}
	site := cmp.Or(line(v.Site.Title, maxTitle), "feedd")
	doc := opmlDocument{
		Version: "2.0",
		Head: opmlHead{
			Title:      attribute(site),
			Modified:   updated.Format(time.RFC1123Z),
			OwnerName:  attribute(site),
			OwnerEmail: address(v.Site.Contact),
		},
		Body: list,
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return nil, fmt.Errorf("render the subscription list: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// outlineText makes text fit for where OPML lets markup stand.
func outlineText(s string) string {
	return strings.ReplaceAll(attribute(s), "<", "&lt;")
}

// looksLikeEntity matches an ampersand that an HTML parser takes for the start of a reference.
var looksLikeEntity = regexp.MustCompile(`&(#?[0-9a-zA-Z])`)
