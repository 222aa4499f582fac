package render

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
	"time"
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

// OPML renders the feeds of all sections as an OPML 2.0 subscription list, that of the union first.
// Only Site, Authority, Base, Sections and Updated of the view matter. Readers of OPML take its
// texts for HTML.
func OPML(v *View) ([]byte, error) {
	updated := second(v.Updated)
	if updated.IsZero() {
		updated = authorityDate(v.Authority)
	}
	site := line(v.Site.Title, maxTitle)
	if site == "" {
		site = "feedd"
	}
	doc := opmlDocument{
		Version: "2.0",
		Head: opmlHead{
			Title:      attribute(site),
			Modified:   updated.Format(time.RFC1123Z),
			OwnerName:  attribute(site),
			OwnerEmail: address(v.Site.Contact),
		},
	}
	outline := func(id, title, page string) {
		if title == "" {
			title = id
		}
		doc.Body = append(doc.Body, opmlOutline{
			Text: outlineText(title), Title: outlineText(title), Type: "rss",
			XMLURL: v.url("/sections/"+id, FormatRSS), HTMLURL: v.url(page, ""), Language: languageTag(v.Site.Language),
		})
	}
	outline("all", site, "/")
	for _, s := range v.Sections {
		if s.ID != "all" {
			outline(s.ID, line(s.Title, maxTitle), "/sections/"+s.ID)
		}
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
