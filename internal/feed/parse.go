package feed

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"unsafe"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// An HTML5 parser makes more than it is given: formatting elements (<b>, <font> …) that were left
// open are opened anew in every paragraph that follows, with all their attributes, so that a
// kilobyte becomes gigabytes. Therefore what a parser would make is estimated before it makes it,
// and what would be out of proportion is not parsed. All HTML that feedd parses is parsed here.

// Bounds of what is parsed. The pages of news sites have up to 10,000 tags and make 10 MB.
const (
	maxPageTree     = 64 << 20 // bytes that the tree of a page may take
	maxFragmentTree = 16 << 20 // bytes that the tree of a fragment may take
	maxTags         = 250_000  // tags of a page; for each, up to 512 open elements are looked through
	maxCompared     = 64 << 20 // attributes compared with attributes
	maxAttributes   = 10_000   // of one tag
)

// ErrHTML is the kind of every refusal to parse HTML.
var ErrHTML = errors.New("its HTML is beyond what is parsed")

// ParseHTML parses a page. It fails with an [ErrHTML] that names the limit when the tree would be
// out of proportion, or nested more than 512 deep.
func ParseHTML(page []byte) (*html.Node, error) {
	if err := checkTree(unsafe.String(unsafe.SliceData(page), len(page)), maxPageTree); err != nil {
		return nil, err
	}
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHTML, err)
	}
	return root, nil
}

// ParseFragment parses HTML that stands within a body, as ParseHTML does a page.
func ParseFragment(markup string) ([]*html.Node, error) {
	if err := checkTree(markup, maxFragmentTree); err != nil {
		return nil, err
	}
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(markup), body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHTML, err)
	}
	return nodes, nil
}

// checkTree refuses markup whose tree would take more than most bytes, or out of all proportion of
// time to build.
func checkTree(markup string, most int) error {
	t := treeSize{in: markup}
	t.measure(most)
	switch {
	case t.size > most:
		return fmt.Errorf("%w: its tree would take more than %d MB", ErrHTML, most>>20)
	case t.tags > maxTags:
		return fmt.Errorf("%w: it has more than %d tags", ErrHTML, maxTags)
	case t.most > maxAttributes:
		return fmt.Errorf("%w: a tag has more than %d attributes", ErrHTML, maxAttributes)
	case t.compared > maxCompared:
		return fmt.Errorf("%w: its attributes are too many", ErrHTML)
	}
	return nil
}

// What the parts of a tree take, in bytes.
const (
	nodeSize = 128
	attrSize = 128 // a list of them grows by doubling
)

// treeSize estimates, from above, what parsing takes. It goes from "<" to "<" without asking what a
// tokenizer makes of them, which differs by where they stand: a "<b" in a comment or a script counts
// as a tag too. What is taken back again, because it was closed, is only what is closed whatever
// stands around it.
//
// An element leaves the standard's list of active formatting elements for good by its own end tag,
// when all that stands between the two is well nested and none of the elements that open a scope of
// their own: stretch tracks that. Any other is loose, and may be opened again behind any tag that
// can close what it stands in. Of those that are alike the list holds three (the "Noah's Ark
// clause", section 13.2.4.3 of the HTML standard), and of links one.
type treeSize struct {
	in string

	size, tags, compared int
	most                 int // attributes of one tag

	stretch [32]stretched
	depth   int
	svg     int // depth at which an <svg> stands in the stretch; 0 for none
	closes  int // tags that may have closed others

	loose    map[uint64]int // how often formatting elements were left open, by their tags
	count    int            // formatting elements that may be opened again
	again    int            // what they take
	largest  int            // the largest
	link     int            // what a link left open takes; 0 for none
	linkTags int            // start tags since
	lost     bool           // some of them may have been closed

	gathered int // attributes of <html> and <body> tags, which the parser gathers on one element
}

// stretched is an open element of a well nested stretch.
type stretched struct {
	at, end int // its name
	kind    tagKind
	tag     uint64 // of a formatting element
	size    int
	closes  int // treeSize.closes before it
}

var tagSeed = maphash.MakeSeed()

func (t *treeSize) measure(most int) {
	in := t.in
	i := strings.IndexByte(in, '<')
	for i >= 0 && t.size <= most && t.tags <= maxTags && t.compared <= maxCompared {
		next := len(in)
		if j := strings.IndexByte(in[i+1:], '<'); j >= 0 {
			next = i + 1 + j
		}
		t.piece(i, next)
		if next == len(in) {
			return
		}
		i = next
	}
}

// piece looks at a "<" and what follows it up to the next.
func (t *treeSize) piece(at, next int) {
	in := t.in
	i := at + 1
	isEnd := i < next && in[i] == '/'
	if isEnd {
		i++
	}
	if i >= next || !isLetter(in[i]) {
		t.noTag(at, next)
		return
	}
	name := i
	for i < next && !endsName(in[i]) {
		i++
	}
	kind := kindOf(in, name, i)
	tagEnd, attrs, whole := attributesEnd(in, i, next)
	t.tags++
	t.most = max(t.most, attrs)
	t.size += nodeSize + attrs*attrSize
	if tagEnd < next {
		t.size += nodeSize // a text
	}
	if isEnd {
		t.endTag(name, i, kind, whole)
	} else {
		t.startTag(stretched{at: name, end: i, kind: kind, size: nodeSize + attrs*attrSize}, tagEnd, attrs, whole)
	}
	if t.lost && (tagEnd < next || !isEnd && kind != tagBlock) {
		t.size += t.again + t.link
		t.lost = false
	}
}

// noTag is for a "<" that starts a comment, a declaration, or nothing.
func (t *treeSize) noTag(at, next int) {
	in := t.in[at:next]
	t.size += 2 * nodeSize
	if len(in) > 1 && (in[1] == '!' || in[1] == '?' || in[1] == '/') {
		t.tags++
		comment := len(in) > 4 && in[1] == '!' && in[2] == '-' && in[3] == '-'
		if !comment || !strings.Contains(in[4:], "-->") {
			t.breakOff()
		}
	} else if _, attrs, _ := attributesEnd(in, 1, len(in)); attrs > 0 {
		t.size += attrs * attrSize // within the quotes of a tag, more of it may follow
	}
	if t.lost {
		t.size += t.again + t.link
		t.lost = false
	}
}

func (t *treeSize) startTag(e stretched, tagEnd, attrs int, whole bool) {
	t.linkTags++
	e.closes = t.closes
	switch e.kind {
	case tagLink:
		if t.link > 0 {
			t.mayClose()
			t.adopt()
			if t.linkTags > 7 { // deeper than the parser looks for what it must close
				t.again += t.link
				t.count++
			}
		}
		t.link = max(t.link, e.size)
		t.largest = max(t.largest, e.size)
		t.linkTags = 0
	case tagFormat:
		t.compared += (t.count + 1) * (attrs + 1)
		t.count++
		t.again += e.size
		t.largest = max(t.largest, e.size)
		if t.is(e, "nobr") { // closes the one before
			t.mayClose()
			t.adopt()
		}
		e.tag = maphash.String(tagSeed, t.in[e.at:tagEnd])
	case tagRoot:
		t.gathered += attrs
		t.compared += t.gathered
	case tagTable:
		t.size += 2 * nodeSize // what it stands in may be left out
		t.scope()
	case tagScope:
		t.scope()
	}
	if t.svg > 0 && e.kind != tagSVG || t.svg == 0 && e.kind == tagSVG && !t.is(e, "svg") {
		e.kind, t.svg = tagBreak, 0 // an element of another kind
	}
	switch {
	case e.kind == tagVoid && whole:
		return
	case e.kind == tagBlock || e.kind == tagControl:
		t.mayClose()
	case e.kind == tagSVG && whole && t.in[tagEnd-2] == '/':
		return
	}
	if !whole || e.kind >= tagBreak || t.depth == len(t.stretch) {
		t.mayClose()
		t.breakOff()
		if e.kind == tagFormat {
			t.leave(&e, whole)
		}
		return
	}
	t.stretch[t.depth] = e
	t.depth++
	if e.kind == tagSVG && t.svg == 0 {
		t.svg = t.depth
	}
}

// scope is for an element that opens a scope: the one link that it holds is not the one that is open
// before it, which comes back behind it.
func (t *treeSize) scope() {
	if t.link > 0 {
		t.again += t.link
		t.count++
		t.link = 0
	}
}

func (t *treeSize) is(e stretched, name string) bool {
	return strings.EqualFold(t.in[e.at:e.end], name)
}

func (t *treeSize) endTag(at, end int, kind tagKind, whole bool) {
	if t.depth > 0 && whole {
		e := &t.stretch[t.depth-1]
		if strings.EqualFold(t.in[e.at:e.end], t.in[at:end]) {
			if t.closes != e.closes || e.kind == tagBlock || e.kind == tagControl {
				t.mayClose()
			}
			switch e.kind {
			case tagFormat:
				t.count--
				t.again -= e.size
			case tagLink:
				t.link = 0
			}
			t.depth--
			if t.depth < t.svg {
				t.svg = 0
			}
			return
		}
	}
	if kind == tagFormat || kind == tagLink {
		t.adopt()
	}
	if kind == tagVoid && t.svg == 0 || kind == tagBlock {
		t.size += nodeSize // </p> and </br> make one
	}
	t.mayClose()
	t.breakOff()
}

// adopt counts what the "adoption agency algorithm" (section 13.2.6.4.7) makes for one tag: eight times
// over, up to three of the open formatting elements and the one it is about.
func (t *treeSize) adopt() {
	t.size += 8 * min(4*t.largest, t.again+t.link)
}

func (t *treeSize) mayClose() {
	t.closes++
	t.lost = true
}

// breakOff ends the stretch: what is open in it is loose.
func (t *treeSize) breakOff() {
	for k := range t.stretch[:t.depth] {
		if e := &t.stretch[k]; e.kind == tagFormat {
			t.leave(e, true)
		}
	}
	t.depth, t.svg = 0, 0
}

// leave counts a formatting element as loose.
func (t *treeSize) leave(e *stretched, whole bool) {
	if !whole {
		return // how it goes on is unknown, so it is like no other
	}
	if t.loose == nil {
		t.loose = make(map[uint64]int)
	}
	if t.loose[e.tag]++; t.loose[e.tag] > 3 {
		t.count--
		t.again -= e.size
	}
}

type tagKind uint8

const (
	tagPlain  tagKind = iota // what is pushed and popped and nothing else
	tagFormat                // may be opened again
	tagLink                  // likewise, and closes the one before
	tagVoid
	tagBlock   // closes paragraphs and its like
	tagControl // closes its like, and then opens again what that closed
	tagSVG     // <svg> and what only it holds
	// The others end a well nested stretch: they have rules of their own, or their content has.
	tagBreak
	tagScope // opens a scope
	tagTable // likewise, or stands in one
	tagRoot
)

// kindOf classes a tag by its name, which stands at in[at:end].
func kindOf(in string, at, end int) tagKind {
	var buf [16]byte
	if end-at > len(buf) {
		return tagPlain
	}
	n := copy(buf[:], in[at:end])
	for i, c := range buf[:n] {
		if 'A' <= c && c <= 'Z' {
			buf[i] = c + 'a' - 'A'
		}
	}
	switch string(buf[:n]) {
	case "b", "big", "code", "em", "font", "i", "s", "nobr", "small", "strike", "strong", "tt", "u":
		return tagFormat
	case "a":
		return tagLink
	case "br", "hr", "img", "input", "wbr", "area", "embed", "source", "track", "param", "meta", "link", "base":
		return tagVoid
	case "div", "p", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article",
		"header", "footer", "nav", "aside", "main", "figure", "figcaption", "blockquote", "address", "center", "details",
		"summary", "dialog", "dir", "fieldset", "hgroup", "menu", "pre", "listing", "search", "form",
		"rb", "rt", "rp", "rtc":
		return tagBlock
	case "button", "option", "optgroup":
		return tagControl
	case "svg", "path", "g", "circle", "rect", "ellipse", "line", "polyline", "polygon", "use", "symbol", "defs",
		"lineargradient", "radialgradient", "stop", "clippath", "mask", "text", "tspan", "animate":
		return tagSVG
	case "table", "caption", "colgroup", "col", "tbody", "thead", "tfoot", "tr", "td", "th":
		return tagTable
	case "template", "applet", "marquee", "object":
		return tagScope
	case "html", "body":
		return tagRoot
	case "head", "frameset", "frame", "math", "annotation-xml", "foreignobject",
		"desc", "select", "image", "mi", "mo", "mn", "ms", "mtext", "keygen", "basefont", "bgsound", "isindex", "command",
		"script", "style", "title", "textarea", "iframe", "noscript", "noembed", "noframes", "plaintext", "xmp":
		return tagBreak
	}
	return tagPlain
}

func endsName(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '/' || c == '>'
}

// attributesEnd passes the attributes of a tag whose name ends at i, as the standard's tokenizer
// does. It returns the place behind the tag's ">" and how many attributes there are; when the tag
// does not end before next, whole is false and the number one from above.
func attributesEnd(in string, i, next int) (end, attrs int, whole bool) {
	for j := i; j < next; {
		for j < next && (endsName(in[j]) && in[j] != '>') {
			j++
		}
		if j == next {
			break
		}
		if in[j] == '>' {
			return j + 1, attrs, true
		}
		attrs++
		j++ // the first sign belongs to the name, an "=" too
		for j < next && !endsName(in[j]) && in[j] != '=' {
			j++
		}
		k := j
		for k < next && endsName(in[k]) && in[k] != '/' && in[k] != '>' {
			k++
		}
		if k == next || in[k] != '=' {
			continue
		}
		for k++; k < next && endsName(in[k]) && in[k] != '/' && in[k] != '>'; k++ {
		}
		if k == next {
			break
		}
		switch q := in[k]; q {
		case '>':
			return k + 1, attrs, true
		case '"', '\'':
			close := strings.IndexByte(in[k+1:next], q)
			if close < 0 {
				j = next
				continue
			}
			j = k + 1 + close + 1
		default:
			for k < next && (!endsName(in[k]) || in[k] == '/') && in[k] != '>' {
				k++
			}
			j = k
		}
	}
	attrs = 1
	for ; i < next; i++ {
		if c := in[i]; endsName(c) || c == '"' || c == '\'' {
			attrs++
		}
	}
	return next, attrs, false
}
