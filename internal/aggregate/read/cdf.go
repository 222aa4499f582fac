package read

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"strings"
)

// The Channel Definition Format is what Internet Explorer subscribed to before there was RSS: a CHANNEL
// of ITEMs, their addresses and dates in attributes, names in any case. Old systems still write it.

// marksCDF is found in what only CDF has: an address or a date as an attribute of the channel or of an
// item, or an abstract.
var marksCDF = regexp.MustCompile(`(?i)^<channel\s(?:[^>]*\s)?(?:href|lastmod|self|base)\s*=|<item\s(?:[^>]*\s)?(?:href|lastmod)\s*=|<abstract\s*>`)

// isCDF is true of a document whose root is a channel of CDF and not one of RSS that lost its root.
func isCDF(b []byte) bool { return marksCDF.Match(b[:min(len(b), 1<<14)]) }

// readCDF reads a channel of CDF. The items of channels within it are taken into it. One that is damaged
// gives what stands before the damage.
func (r *reader) readCDF(b []byte, entities map[string]string) (*Document, error) {
	if n := controls(b); n > 0 {
		r.warn("mended: %d control characters", n)
		b = bytes.Map(func(c rune) rune {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
				return -1
			}
			return c
		}, b)
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict = false
	d.Entity = maps.Clone(xml.HTMLEntity)
	maps.Copy(d.Entity, entities)
	c := channelCDF{doc: &Document{Type: "cdf"}, maxItems: r.maxItems()}
	for elements := 0; !c.done; {
		t, err := d.RawToken()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("it breaks off")
			}
			r.warn("the channel was read up to some damage: %v", err)
			break
		}
		switch t := t.(type) {
		case xml.StartElement:
			if elements++; elements > elementsPerItem*r.maxItems() {
				return nil, fmt.Errorf("it has more than %d elements", elementsPerItem*r.maxItems())
			}
			c.start(strings.ToLower(t.Name.Local), t.Attr)
		case xml.EndElement:
			c.end(strings.ToLower(t.Name.Local))
		case xml.CharData:
			c.text.Write(t)
		}
	}
	if c.cut {
		r.warn("only the first %d items were taken", r.maxItems())
	}
	r.take(c.doc, c.items)
	c.doc.Title, c.doc.Description = r.title(c.doc.Title, false), r.html(c.doc.Description)
	c.doc.Image = r.address(r.base(c.doc), c.doc.Image)
	c.doc.Link = r.address(r.base(c.doc), c.doc.Link)
	return c.doc, nil
}

// channelCDF is a channel under way.
type channelCDF struct {
	doc      *Document
	items    []rawItem
	maxItems int
	depth    int  // of channels
	inItem   bool // the last item is open
	cut      bool // there are more items than are taken
	done     bool
	text     bytes.Buffer // since the last start tag
}

func (c *channelCDF) start(name string, attrs []xml.Attr) {
	c.text.Reset()
	href, lastmod := attrCDF(attrs, "href"), attrCDF(attrs, "lastmod")
	switch {
	case name == "channel":
		c.inItem = false
		if c.depth++; c.depth == 1 {
			c.doc.Link, c.doc.FeedLink, c.doc.UpdatedRaw = first(href, attrCDF(attrs, "base")), attrCDF(attrs, "self"), lastmod
		}
	case name == "item" && len(c.items) == c.maxItems:
		c.cut, c.done = true, true
	case name == "item":
		c.inItem = true
		c.items = append(c.items, rawItem{published: lastmod, updated: lastmod})
		c.link(href)
	case name == "a":
		c.link(href)
	case name == "logo" && !c.inItem && c.depth == 1 && !strings.EqualFold(attrCDF(attrs, "style"), "icon"):
		c.doc.Image = first(c.doc.Image, href)
	}
}

// link gives the open element an address, if it has none.
func (c *channelCDF) link(href string) {
	switch {
	case href == "":
	case c.inItem:
		if it := &c.items[len(c.items)-1]; it.link == "" {
			it.link, it.links = href, []string{href}
		}
	case c.depth == 1 && c.doc.Link == "":
		c.doc.Link = href
	}
}

func (c *channelCDF) end(name string) {
	text := strings.TrimSpace(c.text.String())
	c.text.Reset()
	title, abstract := &c.doc.Title, &c.doc.Description
	if c.inItem {
		title, abstract = &c.items[len(c.items)-1].title, &c.items[len(c.items)-1].summary
	}
	switch name {
	case "channel":
		c.depth--
		c.inItem, c.done = false, c.depth <= 0
	case "item":
		c.inItem = false
	case "title":
		if c.inItem || c.depth == 1 {
			*title = first(*title, text)
		}
	case "abstract":
		if c.inItem || c.depth == 1 {
			*abstract = first(*abstract, text)
		}
	}
}

func attrCDF(attrs []xml.Attr, name string) string {
	for _, a := range attrs {
		if a.Name.Space == "" && strings.EqualFold(a.Name.Local, name) {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}
