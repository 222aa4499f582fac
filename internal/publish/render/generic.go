package render

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/gorilla/feeds"
)

// generic returns the document as gorilla/feeds knows feeds. What it has no field for, the structs
// of each format add to the library's own.
func (v *View) generic(d *document) *feeds.Feed {
	f := &feeds.Feed{
		Title:       d.title,
		Link:        &feeds.Link{Href: v.home(), Rel: "alternate", Type: "text/html"},
		Description: d.description,
		Author:      &feeds.Author{Name: line(v.Site.Title, maxName), Email: address(v.Site.Contact)},
		Updated:     d.updated,
		Created:     d.published,
		Id:          v.feedID(),
		Items:       make([]*feeds.Item, len(d.entries)),
	}
	f.Author.Name = cmp.Or(f.Author.Name, d.title)
	for i, e := range d.entries {
		f.Items[i] = &feeds.Item{
			Title:       e.title,
			Link:        &feeds.Link{Href: e.link, Rel: "alternate"},
			Description: e.description(),
			Content:     e.full(),
			Id:          e.id,
			IsPermaLink: "false",
			Created:     e.published,
			Updated:     e.updated,
		}
		if enc := e.enclosure(); enc != nil {
			// Zero is what RSS has for a length that nobody knows.
			f.Items[i].Enclosure = &feeds.Enclosure{Url: enc.URL, Type: enc.Type, Length: cmp.Or(length(enc.Length), "0")}
		}
	}
	return f
}

// Bounds of RSS's image, in pixels (RSS 2.0, <image>).
const rssImageWidth, rssImageHeight = 144, 400

// siteIcon is the address of the site's icon, "" when it has none of its own; raster that it is one of
// the formats that every reader shows.
func (v *View) siteIcon() (address string, raster bool) {
	if v.Site.Icon.Type == "" {
		return "", false
	}
	ic := iconOf(v.Site, "")
	switch ic.Type {
	case "image/png", "image/jpeg", "image/gif":
		raster = true
	}
	return v.url(ic.path, ""), raster
}

// description is what stands in RSS's description and Atom's summary: the summary, with the footer
// where no full text carries it.
func (e *entry) description() string {
	if e.content.html != "" {
		if e.summary.html == "" {
			return "<p>" + escapeHTML(e.headline) + "</p>"
		}
		return e.summary.html
	}
	return e.body()
}

// full is the full text with its footer, or "" where only a summary may be shown.
func (e *entry) full() string {
	if e.content.html == "" {
		return ""
	}
	return e.body()
}

// plainText is character data of an element that holds no HTML. RSS leaves open whether readers take a
// title for HTML; the RSS Advisory Board's profile asks for hexadecimal references, which fare best.
type plainText struct {
	Escaped string `xml:",innerxml"`
}

var profileEscaper = strings.NewReplacer("&", "&#x26;", "<", "&#x3C;", ">", "&#x3E;")

func newText(s string) plainText { return plainText{profileEscaper.Replace(s)} }

// optionalText returns nil, which writes no element, for an empty text.
func optionalText(s string) *plainText {
	if s == "" {
		return nil
	}
	return &plainText{profileEscaper.Replace(s)}
}

// mediaContent is a picture or recording, in Media RSS.
type mediaContent struct {
	URL     string     `xml:"url,attr"`
	Type    string     `xml:"type,attr,omitempty"`
	Medium  string     `xml:"medium,attr,omitempty"`
	Length  string     `xml:"fileSize,attr,omitempty"`
	Width   int        `xml:"width,attr,omitempty"`
	Height  int        `xml:"height,attr,omitempty"`
	Caption *mediaText `xml:"media:description"`
	Credit  *plainText `xml:"media:credit"`
}

// mediaText is text that says that it is no HTML.
type mediaText struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

// media lists the entry's picture and files.
func (e *entry) media() []mediaContent {
	var out []mediaContent
	if e.image != "" {
		m := mediaContent{URL: e.image, Type: mediaType("", e.image), Medium: "image", Width: e.shown.Width, Height: e.shown.Height, Credit: optionalText(e.shown.Credit)}
		if e.shown.Caption != "" {
			m.Caption = &mediaText{"plain", e.shown.Caption}
		}
		for _, enc := range e.enclosures {
			if enc.URL == e.image {
				m.Type, m.Length = enc.Type, length(enc.Length)
			}
		}
		if !strings.HasPrefix(m.Type, "image/") {
			m.Type = ""
		}
		out = append(out, m)
	}
	for _, enc := range e.enclosures {
		if enc.URL == e.image {
			continue
		}
		m := mediaContent{URL: enc.URL, Type: enc.Type, Length: length(enc.Length)}
		switch kind, _, _ := strings.Cut(enc.Type, "/"); kind {
		case "image", "audio", "video":
			m.Medium = kind
		}
		out = append(out, m)
	}
	return out
}

// point is the entry's place as GeoRSS writes it; "" when it has none.
func (e *entry) point() string {
	if e.place == nil {
		return ""
	}
	return e.place.String()
}

// inReplyTo ties an update to the entry before it (RFC 4685).
type inReplyTo struct {
	Ref  string `xml:"ref,attr"`
	Href string `xml:"href,attr"`
	Type string `xml:"type,attr"`
}

func (e *entry) inReplyTo() *inReplyTo {
	if e.follows == "" {
		return nil
	}
	return &inReplyTo{Ref: e.follows, Href: e.followsURL, Type: "text/html"}
}

// The namespaces of what RSS and Atom lack.
const (
	nsAtom    = "http://www.w3.org/2005/Atom"
	nsDC      = "http://purl.org/dc/elements/1.1/"
	nsMedia   = "http://search.yahoo.com/mrss/"
	nsGeoRSS  = "http://www.georss.org/georss"
	nsHistory = "http://purl.org/syndication/history/1.0"
	nsThread  = "http://purl.org/syndication/thread/1.0"
	nsTomb    = "http://purl.org/atompub/tombstones/1.0"
)

// toXML writes the feed through the library.
func toXML(f feeds.XmlFeed) ([]byte, error) {
	var b bytes.Buffer
	if err := feeds.WriteXML(f, &b); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
