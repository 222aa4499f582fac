package config

import (
	"bytes"
	"encoding/xml"

	"feedd/internal/feed"
)

// outline is a folder or a feed of a subscription list. What is feedd's own stands in its namespace:
// other readers pass over it, and feedd opml import makes the same sources of it.
type outline struct {
	Text     string    `xml:"text,attr"`
	Title    string    `xml:"title,attr"`
	Type     string    `xml:"type,attr,omitempty"`
	XMLURL   string    `xml:"xmlUrl,attr,omitempty"`
	HTMLURL  string    `xml:"htmlUrl,attr,omitempty"`
	URL      string    `xml:"url,attr,omitempty"` // of a page, which no other reader can follow
	Language string    `xml:"language,attr,omitempty"`
	Section  string    `xml:"feedd:section,attr,omitempty"`
	ID       string    `xml:"feedd:id,attr,omitempty"`
	Item     string    `xml:"feedd:item,attr,omitempty"`
	ItemName string    `xml:"feedd:title,attr,omitempty"`
	Link     string    `xml:"feedd:link,attr,omitempty"`
	Summary  string    `xml:"feedd:summary,attr,omitempty"`
	Date     string    `xml:"feedd:date,attr,omitempty"`
	Image    string    `xml:"feedd:image,attr,omitempty"`
	Outlines []outline `xml:"outline"`
}

// OPML writes all sources as a subscription list (OPML 2.0), those of a section in a folder of its
// name, the others behind. namespace is that of feedd's own attributes.
func (c *Config) OPML(namespace string) ([]byte, error) {
	type document struct {
		XMLName   xml.Name  `xml:"opml"`
		Version   string    `xml:"version,attr"`
		Namespace string    `xml:"xmlns:feedd,attr"`
		Title     string    `xml:"head>title"`
		Body      []outline `xml:"body>outline"`
	}
	doc := document{Version: "2.0", Namespace: namespace, Title: c.Site.Title}
	bySection := map[string][]outline{}
	for i := range c.Sources {
		s := &c.Sources[i]
		bySection[s.Section] = append(bySection[s.Section], sourceOutline(s))
	}
	for _, s := range c.Sections {
		if list := bySection[s.ID]; len(list) > 0 {
			doc.Body = append(doc.Body, outline{Text: s.Title, Title: s.Title, Section: s.ID, Outlines: list})
		}
	}
	doc.Body = append(doc.Body, bySection[""]...)
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(doc); err != nil {
		return nil, err
	}
	b.WriteString("\n")
	return b.Bytes(), nil
}

func sourceOutline(s *feed.Source) outline {
	o := outline{Text: s.Outlet(), Title: s.Outlet(), Type: "rss", XMLURL: s.URL, HTMLURL: s.Home, Language: s.Language, ID: s.ID}
	if p := s.Page; p != nil {
		o.Type, o.XMLURL, o.URL = "page", "", s.URL
		o.Item, o.ItemName, o.Link, o.Summary, o.Date, o.Image = p.Item, p.Title, p.Link, p.Summary, p.Date, p.Image
	}
	return o
}
