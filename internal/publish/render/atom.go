package render

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"github.com/gorilla/feeds"
)

// atomDocument is the library's Atom with what it lacks: language, several links and authors,
// categories by term, the source, Media RSS, feed history, tombstones.
type atomDocument struct {
	XMLName xml.Name `xml:"feed"`
	Lang    string   `xml:"xml:lang,attr,omitempty"`
	Media   string   `xml:"xmlns:media,attr,omitempty"`
	History string   `xml:"xmlns:fh,attr,omitempty"`
	Thread  string   `xml:"xmlns:thr,attr,omitempty"`
	Tomb    string   `xml:"xmlns:at,attr,omitempty"`
	GeoRSS  string   `xml:"xmlns:georss,attr,omitempty"`
	// A field of ours replaces the library's of the same element name.
	feeds.AtomFeed
	Title     plainText       `xml:"title"`
	Subtitle  *plainText      `xml:"subtitle"`
	Author    *atomPerson     `xml:"author"`
	Generator string          `xml:"generator"`
	Links     []atomLink      `xml:"link"`
	Archive   *struct{}       `xml:"fh:archive"`
	Deleted   []atomTombstone `xml:"at:deleted-entry"`
	Entries   []atomEntry     `xml:"entry"`
}

// FeedXml makes the document one that the library writes.
func (a *atomDocument) FeedXml() any { return a }

type atomEntry struct {
	XMLName xml.Name `xml:"entry"`
	Lang    string   `xml:"xml:lang,attr,omitempty"`
	feeds.AtomEntry
	Title      plainText      `xml:"title"`
	Authors    []atomPerson   `xml:"author"`
	Rights     *plainText     `xml:"rights"`
	Links      []atomLink     `xml:"link"`
	Categories []atomCategory `xml:"category"`
	Source     *atomSource    `xml:"source"`
	Media      []mediaContent `xml:"media:content"`
	Place      string         `xml:"georss:point,omitempty"`
	InReplyTo  *inReplyTo     `xml:"thr:in-reply-to"`
}

type atomLink struct {
	Rel    string `xml:"rel,attr"`
	Type   string `xml:"type,attr,omitempty"`
	Href   string `xml:"href,attr"`
	Length string `xml:"length,attr,omitempty"`
	Title  string `xml:"title,attr,omitempty"`
}

type atomPerson struct {
	Name  plainText `xml:"name"`
	Email string    `xml:"email,omitempty"`
	URI   string    `xml:"uri,omitempty"`
}

type atomCategory struct {
	Term   string `xml:"term,attr"`
	Scheme string `xml:"scheme,attr,omitempty"`
	Label  string `xml:"label,attr,omitempty"`
}

type atomSource struct {
	ID      string     `xml:"id"`
	Title   plainText  `xml:"title"`
	Updated string     `xml:"updated"`
	Rights  *plainText `xml:"rights"`
	Links   []atomLink `xml:"link"`
}

type atomTombstone struct {
	Ref  string `xml:"ref,attr"`
	When string `xml:"when,attr"`
}

// Atom renders the view as Atom 1.0 (RFC 4287).
func Atom(v *View) ([]byte, error) { return v.atom(v.prepare()) }

func (v *View) atom(d *document) ([]byte, error) {
	f := v.generic(d)
	base := (&feeds.Atom{Feed: f}).AtomFeed()
	base.Id = f.Id
	doc := &atomDocument{
		Lang:      d.language,
		AtomFeed:  *base,
		Title:     newText(d.title),
		Subtitle:  optionalText(d.description),
		Author:    &atomPerson{Name: newText(f.Author.Name), Email: f.Author.Email, URI: v.url("/", "")},
		Generator: "feedd",
		Links: append([]atomLink{
			{Rel: "alternate", Type: "text/html", Href: v.home()},
		}, v.links(FormatAtom)...),
		Entries: make([]atomEntry, len(d.entries)),
	}
	doc.AtomFeed.Icon, _ = v.siteIcon()
	doc.Logo = doc.AtomFeed.Icon
	// An archive page without neighbours is the whole archive: rel="current" says all there is to
	// say, and the marker would promise links that cannot be.
	if v.Archive && (v.Prev != "" || v.Next != "") {
		doc.History, doc.Archive = nsHistory, &struct{}{}
	}
	for _, t := range v.Tombstones {
		doc.Tomb = nsTomb
		doc.Deleted = append(doc.Deleted, atomTombstone{
			Ref: v.EntryID(t.Key), When: later(oldest, second(t.When)).Format(time.RFC3339),
		})
	}
	for i, e := range d.entries {
		x := v.atomEntry(base.Entries[i], e)
		if x.Media != nil {
			doc.Media = nsMedia
		}
		if x.Place != "" {
			doc.GeoRSS = nsGeoRSS
		}
		if x.InReplyTo != nil {
			doc.Thread = nsThread
		}
		doc.Entries[i] = x
	}
	b, err := toXML(doc)
	if err != nil {
		return nil, fmt.Errorf("render %s as Atom: %w", v.path(), err)
	}
	return b, nil
}

// atomEntry is an entry as Atom says it; base is what gorilla/feeds made of it.
func (v *View) atomEntry(base *feeds.AtomEntry, e *entry) atomEntry {
	x := atomEntry{
		Lang:      e.language,
		AtomEntry: *base,
		Title:     newText(e.title),
		Rights:    optionalText(e.origin.copyright),
		Links:     []atomLink{{Rel: "alternate", Href: e.link}},
		Source:    e.atomSource(),
		Media:     e.media(),
		Place:     e.point(),
		InReplyTo: e.inReplyTo(),
	}
	x.AtomEntry.Links = nil // written by ours
	x.Updated = e.stamp
	x.Published = e.published.Format(time.RFC3339)
	for _, a := range e.authors {
		x.Authors = append(x.Authors, atomPerson{Name: newText(a.Name), URI: a.URL})
	}
	x.Links = append(x.Links, e.related()...)
	for _, enc := range e.enclosures {
		x.Links = append(x.Links, atomLink{Rel: "enclosure", Href: enc.URL, Type: enc.Type, Length: length(enc.Length)})
	}
	for _, s := range e.sections {
		x.Categories = append(x.Categories, atomCategory{
			Term: s.ID, Scheme: v.url("/sections/", ""), Label: attribute(s.Title),
		})
	}
	for _, c := range e.categories {
		if !e.isSection(c) {
			x.Categories = append(x.Categories, atomCategory{Term: c})
		}
	}
	return x
}

// atomSource says where the entry comes from.
func (e *entry) atomSource() *atomSource {
	o := e.origin
	s := &atomSource{ID: o.id, Title: newText(o.outlet), Updated: o.updated.Format(time.RFC3339), Rights: optionalText(o.copyright)}
	if o.self && o.feedURL != "" {
		s.Links = append(s.Links, atomLink{Rel: "self", Href: o.feedURL})
	}
	if o.home != "" {
		s.Links = append(s.Links, atomLink{Rel: "alternate", Type: "text/html", Href: o.home})
	}
	return s
}

// isSection tells whether the category is the title of one of the entry's sections.
func (e *entry) isSection(category string) bool {
	for _, s := range e.sections {
		if s.Title == category {
			return true
		}
	}
	return false
}

// links are the document's own: itself, the hub, the pages before and after.
func (v *View) links(f Format) []atomLink {
	kind, _, _ := strings.Cut(f.ContentType(), ";")
	out := []atomLink{{Rel: "self", Type: kind, Href: v.self(f)}}
	if v.Hub != "" {
		out = append(out, atomLink{Rel: "hub", Href: v.Hub})
	}
	for _, l := range []struct{ rel, path string }{
		{"current", v.Current}, {"prev-archive", v.Prev}, {"next-archive", v.Next},
	} {
		if l.path != "" {
			out = append(out, atomLink{Rel: l.rel, Type: kind, Href: v.url(l.path, f)})
		}
	}
	return out
}

// related links the other outlets' reports, and the story's entry before this one.
func (e *entry) related() []atomLink {
	var out []atomLink
	for _, o := range e.others {
		out = append(out, atomLink{Rel: "related", Href: o.url, Title: attribute(o.outlet + ": " + o.title)})
	}
	if e.follows != "" {
		out = append(out, atomLink{Rel: "related", Type: "text/html", Href: e.followsURL})
	}
	return out
}

// attribute makes text fit for an attribute that readers may take for HTML: what looks like an
// entity there has a space behind its ampersand.
func attribute(s string) string {
	return looksLikeEntity.ReplaceAllString(s, "& $1")
}
