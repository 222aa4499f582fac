package read

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/rss"
)

// readXML reads an RSS, RDF or Atom feed whose root starts at start. gofeed parses; a scan before
// it tells whether it will get to the end, and what it would stumble over is mended first. Its
// parsers for the formats are called directly: its universal parser looks for the format again,
// and builds an HTML tree of every item to find a picture.
func (r *reader) readXML(data []byte, start int) (*Document, error) {
	entities := doctypeEntities(data[:start])
	b := data[start:]
	if localName(tagName(b[1:])) == "channel" {
		b = append(append([]byte(`<rss version="2.0">`), b...), "</rss>"...)
		r.warn("mended: a <channel> without <rss> around it")
	}
	h, err := scan(b, r.maxItems(), entities)
	if err != nil {
		return nil, err
	}
	h.controls = controls(b) > 0
	if h.trouble == "" {
		doc, err := r.parse(b, h)
		if err == nil {
			r.warnReferences(h)
			if h.controls {
				r.warn("mended: %d control characters", controls(b))
			}
			return doc, nil
		}
		h.trouble = err.Error()
	}
	mended, notes, err := mend(b, r.maxItems(), entities)
	if err != nil {
		return nil, err
	}
	if len(mended) == 0 {
		return nil, fmt.Errorf("the feed is damaged beyond mending: %s within its first tag", h.trouble)
	}
	again, err := scan(mended, r.maxItems(), nil)
	if err != nil {
		return nil, err
	}
	doc, err := r.parse(mended, again)
	if err != nil {
		return nil, fmt.Errorf("the feed is damaged beyond mending: %s; then %w", h.trouble, err)
	}
	if len(notes) == 0 {
		notes = []string{"mended: " + h.trouble}
	}
	r.warnings = append(r.warnings, notes...)
	r.warnReferences(h)
	return doc, nil
}

func (r *reader) warnReferences(h health) {
	if h.htmlEntity != "" {
		r.warn("mended: references that only HTML knows, such as &%s;", clip(h.htmlEntity, 30))
	}
	if h.bareAmp {
		r.warn(`mended: a bare "&"`)
	}
	if h.cutAt > 0 {
		r.warn("only the first %d items were taken", r.maxItems())
	}
}

// controls counts the control characters that XML forbids.
func controls(b []byte) int {
	n := 0
	for _, c := range b {
		if c < 0x20 && c != '\n' && c != '\t' && c != '\r' {
			n++
		}
	}
	return n
}

// parse hands a document to gofeed. Its panics become errors.
func (r *reader) parse(b []byte, h health) (doc *Document, err error) {
	defer func() {
		if p := recover(); p != nil {
			doc, err = nil, fmt.Errorf("the parser failed: %v", p)
		}
	}()
	end := len(b)
	if h.cutAt > 0 {
		end = h.cutAt
	}
	light := b[:end]
	r.whole, r.texts = b, nil
	if h.trouble == "" && !h.controls {
		light, r.texts = lighten(b, end, h.texts)
	}
	if rootEnd, _ := tagEnd(b, 1); rootEnd > 0 {
		r.xmlBase = attrValue(b[:rootEnd], "xml:base")
	}
	var in io.Reader = bytes.NewReader(light)
	if h.cutAt > 0 {
		in = io.MultiReader(in, strings.NewReader(h.closing))
	}
	if root := localName(tagName(b[1:])); root == "feed" {
		f, err := new(atom.Parser).Parse(in)
		if err != nil {
			return nil, err
		}
		return r.fromAtom(f), nil
	}
	f, err := new(rss.Parser).Parse(in)
	if err != nil {
		return nil, err
	}
	linkFromAbout(f, light)
	return r.fromRSS(f), nil
}

// linkFromAbout gives the items of an RDF feed that have no link the address they are about, which
// gofeed passes over.
func linkFromAbout(f *rss.Feed, b []byte) {
	if len(f.Items) == 0 || f.Items[0].Link != "" || !bytes.Contains(b, []byte("about=")) {
		return
	}
	n := 0
	for i := 0; n < len(f.Items); {
		j := bytes.IndexByte(b[i:], '<')
		if j < 0 {
			return
		}
		i += j + 1
		name := tagName(b[i:])
		if localName(name) != "item" {
			continue
		}
		end, _ := tagEnd(b, i+len(name))
		if end < 0 {
			return
		}
		if it := f.Items[n]; it.Link == "" && it.GUID == nil {
			it.GUID = &rss.GUID{Value: attrValue(b[i:end], "about"), IsPermalink: "true"}
		}
		n++
	}
}
