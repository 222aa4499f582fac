package read

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/rss"
)

// maxRoots bounds how many feeds may stand one behind the other in a document.
const maxRoots = 20

// readXML reads an RSS, RDF or Atom feed whose root starts at start, and what other feeds stand
// behind it in the document.
func (r *reader) readXML(data []byte, start int) (*Document, error) {
	doc, end, err := r.readRoot(data, start)
	if err != nil {
		return nil, err
	}
	roots := 1
	for end > 0 && roots < maxRoots && len(doc.Items) < r.maxItems() {
		start = findRoot(data, skipSpace(data, end))
		if start < 0 {
			break
		}
		var more *Document
		if more, end, err = r.readRoot(data, start); err != nil {
			r.warn("what stands behind the feed cannot be read: %v", err)
			break
		}
		doc.Items, doc.Written = append(doc.Items, more.Items...), append(doc.Written, more.Written...)
		roots++
	}
	if roots > 1 {
		r.warn("mended: %d feeds one behind the other", roots)
	}
	return doc, nil
}

// readRoot reads one feed, whose root starts at start, and returns where it ends; 0 when nothing can
// follow. gofeed parses what is not written plainly; a scan before it tells whether it will get to the
// end, and what it would stumble over is mended first.
func (r *reader) readRoot(data []byte, start int) (doc *Document, end int, err error) {
	entities := doctypeEntities(data[:start])
	b, from := data[start:], start
	switch root := localName(tagName(b[1:])); {
	case root == "channel" && isCDF(b):
		doc, err = r.readCDF(b, entities)
		return doc, 0, err
	case root == "channel":
		b = append(append([]byte(`<rss version="2.0">`), b...), "</rss>"...)
		r.warn("mended: a <channel> without <rss> around it")
		from = -1
	case !isRoot(root):
		b = append(append([]byte(`<rss version="2.0"><channel>`), b...), "</channel></rss>"...)
		r.warn("mended: items under <%s>, which is no feed", clip(root, 30))
		from = -1
	}
	h, err := scan(b, r.maxItems(), entities)
	if err != nil {
		return nil, 0, err
	}
	h.controls = controls(b) > 0
	if h.trouble == "" {
		var p parsed
		if p, err = r.parse(b, h); err == nil && p.items() < h.items {
			err = fmt.Errorf("%d of %d items are not where a feed has them", h.items-p.items(), h.items)
		}
		if err == nil {
			doc = r.translate(p)
			r.warnReferences(h)
			if h.controls {
				r.warn("mended: %d control characters", controls(b))
			}
			return doc, behind(from, h.end), nil
		}
		h.trouble = err.Error()
	}
	mended, rest, notes, err := mend(b, r.maxItems(), entities)
	if err != nil {
		return nil, 0, err
	}
	if doc, err = r.readMended(mended, h.trouble); err != nil {
		return nil, 0, err
	}
	if len(notes) == 0 {
		notes = []string{"mended: " + h.trouble}
	}
	r.warnings = append(r.warnings, notes...)
	r.warnReferences(h)
	return doc, behind(from, rest), nil
}

// behind is the place so far behind from; 0 when nothing can follow there.
func behind(from, n int) int {
	if from < 0 || n == 0 {
		return 0
	}
	return from + n
}

// readMended reads a feed that was rewritten because of some trouble.
func (r *reader) readMended(b []byte, trouble string) (*Document, error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("the feed is damaged beyond mending: %s within its first tag", trouble)
	}
	h, err := scan(b, r.maxItems(), nil)
	if err != nil {
		return nil, err
	}
	p, err := r.parse(b, h)
	if err != nil {
		return nil, fmt.Errorf("the feed is damaged beyond mending: %s; then %w", trouble, err)
	}
	switch missing := h.items - p.items(); {
	case missing > 0 && p.items() == 0:
		return nil, fmt.Errorf("the feed holds %d items, but none where it can be read: %s", missing, trouble)
	case missing > 0:
		r.warn("%d items stand where they cannot be read: %s", missing, trouble)
	}
	return r.translate(p), nil
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
func controls(b []byte) (n int) {
	for len(b) >= 8 {
		// Eight bytes at once: none below a space, and there is nothing to count.
		if v := binary.LittleEndian.Uint64(b); (v-0x2020202020202020)&^v&0x8080808080808080 != 0 {
			n += countControls(b[:8])
		}
		b = b[8:]
	}
	return n + countControls(b)
}

func countControls(b []byte) (n int) {
	for _, c := range b {
		if c < 0x20 && !isSpace(c) {
			n++
		}
	}
	return n
}

// parsed is what gofeed makes of a document: the one or the other.
type parsed struct {
	atom *atom.Feed
	rss  *rss.Feed
}

func (p parsed) items() int {
	if p.atom != nil {
		return len(p.atom.Entries)
	}
	return len(p.rss.Items)
}

func (r *reader) translate(p parsed) *Document {
	if p.atom != nil {
		return r.fromAtom(p.atom)
	}
	return r.fromRSS(p.rss)
}

// parse reads a document that is written plainly, and hands another to gofeed, whose panics become
// errors. gofeed's parsers for the formats are called directly: its universal parser looks for the
// format again, and builds an HTML tree of every item to find a picture.
func (r *reader) parse(b []byte, h health) (p parsed, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the parser failed: %v", v)
		}
	}()
	end := len(b)
	if h.end > 0 {
		end = h.end
	}
	if h.cutAt > 0 {
		end = h.cutAt
	}
	light := b[:end]
	r.whole, r.texts, r.plain, r.over = b, nil, h.plain, h.overlooked
	if h.trouble == "" && !h.controls {
		light, r.texts = lighten(b, end, h.texts)
	}
	if rootEnd, _ := tagEnd(b, 1); rootEnd > 0 {
		r.xmlBase = attrValue(b[:rootEnd], "xml:base")
	}
	if h.written() {
		if p = plainly(light, h.items); p.atom != nil || p.rss != nil {
			return p, nil
		}
	}
	var in io.Reader = bytes.NewReader(light)
	if h.cutAt > 0 {
		in = io.MultiReader(in, strings.NewReader(h.closing))
	}
	if root := localName(tagName(b[1:])); root == "feed" {
		p.atom, err = new(atom.Parser).Parse(in)
		return p, err
	}
	if p.rss, err = new(rss.Parser).Parse(in); err == nil {
		linkFromAbout(p.rss, light)
		authorOfChannel(p.rss, light)
	}
	return p, err
}

// written tells whether a document may be written so plainly that it needs no parser of XML: see plain.
func (h *health) written() bool {
	return h.trouble == "" && !h.controls && h.cutAt == 0 && h.end > 0 && h.htmlEntity == "" && !h.bareAmp
}

// plainly reads a document that is written plainly; nothing of another.
func plainly(light []byte, items int) (p parsed) {
	if localName(tagName(light[1:])) == "feed" {
		p.atom = plainAtom(light, items)
		return p
	}
	if p.rss = plainRSS(light, items); p.rss != nil {
		linkFromAbout(p.rss, light)
		authorOfChannel(p.rss, light)
	}
	return p
}

// authorOfChannel takes a channel's <author> for its editor where it names none. RSS has authors only of
// items, so gofeed passes over it. It is looked for before the first item.
func authorOfChannel(f *rss.Feed, b []byte) {
	if f.ManagingEditor != "" {
		return
	}
	if item := bytes.Index(b, []byte("<item")); item >= 0 {
		b = b[:item]
	}
	i := bytes.Index(b, []byte("<author>"))
	if i < 0 {
		return
	}
	b = b[i+len("<author>"):]
	end := bytes.Index(b, []byte("</author>"))
	if end < 0 {
		return
	}
	b = bytes.TrimSpace(b[:end])
	if section, ok := bytes.CutPrefix(b, []byte("<![CDATA[")); ok {
		if section, ok = bytes.CutSuffix(section, []byte("]]>")); ok && !bytes.Contains(section, []byte("]]>")) {
			f.ManagingEditor = string(section)
		}
		return
	}
	if bytes.IndexByte(b, '<') >= 0 {
		return
	}
	var out bytes.Buffer
	decodeReferences(&out, b, nil)
	f.ManagingEditor = out.String()
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
