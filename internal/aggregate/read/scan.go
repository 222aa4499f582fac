package read

import (
	"bytes"
	"fmt"
	"strings"
)

// health is what a scan of an XML feed found: whether gofeed will read the whole of it.
type health struct {
	trouble string // the first thing that gofeed would stumble over or silently lose items at
	cutAt   int    // where the first item beyond the limit starts; 0 when there are not so many
	closing string // the end tags that are open there
	items   int    // how many items there are, wherever they stand
	end     int    // where the root has ended; 0 when it has not
	// References that no XML parser knows but HTML does, and bare ampersands: gofeed gets over
	// both, and the reader of the source should know.
	htmlEntity string
	bareAmp    bool

	controls bool // characters that XML forbids are in it

	texts []span // long texts, to be kept from gofeed; see lighten

	plain      map[int]plainFields // by entry of Atom, those with fields of type="text"
	overlooked map[int]overlooked  // by entry of Atom
}

// span is a part of the document.
type span struct{ start, end int }

// maxNamespaces bounds what gofeed copies for every element.
const maxNamespaces = 100

// maxPieces bounds the comments and CDATA sections between two tags: gofeed joins the text between
// them anew for each.
const maxPieces = 500

var (
	errTooDeep    = fmt.Errorf("elements are nested more than %d deep", maxDepth)
	errNamespaces = fmt.Errorf("more than %d namespaces are declared", maxNamespaces)
	errAttributes = fmt.Errorf("a tag has more than %d attributes", maxAttributes)
)

// scan looks through an XML feed from its root on, by hand and in one pass, for everything that
// would make gofeed fail, lose items without a word, or run out of stack. It is what a healthy
// document pays for being safe.
func scan(b []byte, maxItems int, entities map[string]string) (health, error) {
	s := scanner{b: b, maxItems: maxItems, entities: entities}
	for i := 0; i != scanned; {
		i = s.step(i)
	}
	return s.health, s.err
}

// scanner is a scan under way. Each of its steps takes the place it starts at and returns the place
// of the next one, or scanned.
type scanner struct {
	b        []byte
	maxItems int
	entities map[string]string

	depth  int
	stack  [maxDepth + 1][]byte // names of the open elements
	spaces [maxDepth + 1]int    // namespaces declared on the way down to each depth

	elements  int // start tags so far
	itemDepth int // depth within the open item; 0 outside of items
	pieces    int // comments and sections since the last tag

	health
	err error // a bound that the document exceeds: it is not read at all
}

// scanned ends a scan: the root is closed, the limit of items is reached, or there is trouble.
const scanned = -1

func (s *scanner) stop(trouble string) int {
	s.trouble = trouble
	return scanned
}

func (s *scanner) refuse(err error) int {
	s.err = err
	return scanned
}

// step looks at the text from i to the next "<", and at what starts there.
func (s *scanner) step(i int) int {
	j := bytes.IndexByte(s.b[i:], '<')
	if j < 0 {
		return s.stop("it breaks off")
	}
	if s.depth > 0 {
		if k := bytes.IndexByte(s.b[i:i+j], '&'); k >= 0 && checkReferences(s.b[i+k:i+j], &s.health, s.entities) {
			return scanned
		}
	}
	i += j
	if i+3 >= len(s.b) {
		return s.stop("it breaks off")
	}
	switch c := s.b[i+1]; {
	case c == '/':
		return s.endTag(i)
	case c == '!':
		return s.section(i)
	case c == '?':
		end := indexAfter(s.b, i, "?>")
		if end < 0 {
			return s.stop("an instruction does not end")
		}
		return end
	case isNameStart(c):
		return s.startTag(i)
	}
	return s.stop(`a "<" starts no tag`)
}

func (s *scanner) endTag(i int) int {
	name := tagName(s.b[i+2:])
	end := i + 2 + len(name)
	for end < len(s.b) && isSpace(s.b[end]) {
		end++
	}
	if s.depth == 0 || end >= len(s.b) || s.b[end] != '>' || !bytes.Equal(name, s.stack[s.depth-1]) {
		return s.stop("an end tag does not match")
	}
	if s.depth == s.itemDepth {
		s.itemDepth = 0
	}
	s.depth--
	s.pieces = 0
	if s.depth == 0 {
		s.end = end + 1
		return scanned
	}
	return end + 1
}

// section passes a comment or a CDATA section.
func (s *scanner) section(i int) int {
	var end int
	switch {
	case bytes.HasPrefix(s.b[i:], []byte("<![CDATA[")):
		end = indexAfter(s.b, i+9, "]]>")
	case bytes.HasPrefix(s.b[i:], []byte("<!--")):
		end = indexAfter(s.b, i+4, "-->")
	}
	if end <= 0 {
		return s.stop("a section does not end")
	}
	if s.b[i+2] == '[' && bytes.Contains(s.b[i+9:end], []byte("<![CDATA[")) {
		return s.stop("a section within a section")
	}
	if s.pieces++; s.pieces > maxPieces {
		return s.stop("a text is in too many pieces")
	}
	return end
}

func (s *scanner) startTag(i int) int {
	name := tagName(s.b[i+1:])
	end, empty := tagEnd(s.b, i+1+len(name))
	if end < 0 {
		return s.stop("a tag does not end")
	}
	if kind := itemKind(name); kind != 0 && (s.depth <= 3 || s.itemDepth == 0) && !s.item(i, kind, empty) {
		return scanned
	}
	if trouble := s.unread(name, s.b[i:end]); trouble != "" {
		return s.stop(trouble)
	}
	if s.elements++; s.elements > elementsPerItem*s.maxItems {
		return s.refuse(fmt.Errorf("it has more than %d elements", elementsPerItem*s.maxItems))
	}
	declared := s.spaces[s.depth]
	if end-i > 12 { // the shortest with a namespace is <a xmlns="b">
		if declared += bytes.Count(s.b[i:end], []byte("xmlns")); declared > maxNamespaces {
			return s.refuse(errNamespaces)
		}
	}
	if end-i > 2*maxAttributes && bytes.Count(s.b[i:end], []byte("=")) > maxAttributes {
		return s.refuse(errAttributes)
	}
	if empty {
		return end
	}
	if s.depth == maxDepth {
		return s.refuse(errTooDeep)
	}
	s.stack[s.depth] = name
	s.depth++
	s.pieces = 0
	s.spaces[s.depth] = declared
	if s.depth == s.itemDepth+1 {
		s.notePlain(name, s.b[i:end])
		s.noteOverlooked(name, end)
	}
	if longText(name) {
		if stop := textEnd(s.b, end, name); stop-end >= minText {
			s.texts = append(s.texts, span{end, stop})
		}
	}
	return end
}

// plainFields are the fields of an item that are text and not HTML.
type plainFields struct{ title, summary, content bool }

// notePlain remembers a field of an entry that is text by its type (RFC 4287, section 3.1.1.1), which
// gofeed does not tell. What has no type is HTML in practice.
func (s *scanner) notePlain(name, tag []byte) {
	if string(s.stack[0]) != "feed" || s.itemDepth == 0 {
		return
	}
	switch string(name) {
	case "title", "summary", "content":
	default:
		return
	}
	if typ := strings.ToLower(attrValue(tag, "type")); typ != "text" && typ != "text/plain" {
		return
	}
	if s.plain == nil {
		s.plain = make(map[int]plainFields)
	}
	f := s.plain[s.items-1]
	f.title, f.summary, f.content = f.title || name[0] == 't', f.summary || name[0] == 's', f.content || name[0] == 'c'
	s.plain[s.items-1] = f
}

// overlooked is what gofeed changes or passes over in an entry of Atom.
type overlooked struct {
	id      string // that starts with a scheme in capitals, which gofeed writes small
	created string // the date of Atom 0.3
}

// noteOverlooked remembers a field of an entry that gofeed would change or pass over, whose text starts
// at i.
func (s *scanner) noteOverlooked(name []byte, i int) {
	isID := string(name) == "id"
	if !isID && string(name) != "created" || s.itemDepth == 0 || string(s.stack[0]) != "feed" {
		return
	}
	end := bytes.IndexByte(s.b[i:], '<')
	if end < 0 || !bytes.HasPrefix(s.b[i+end:], []byte("</")) {
		return
	}
	text := bytes.TrimSpace(s.b[i : i+end])
	if isID {
		scheme := text[:max(0, bytes.IndexByte(text, ':'))]
		if len(text) > maxAddress || bytes.IndexFunc(scheme, func(c rune) bool { return 'A' <= c && c <= 'Z' }) < 0 {
			return
		}
	}
	if s.overlooked == nil {
		s.overlooked = make(map[int]overlooked)
	}
	o := s.overlooked[s.items-1]
	if isID {
		o.id = string(text)
	} else {
		o.created = clip(string(text), maxTitle)
	}
	s.overlooked[s.items-1] = o
}

// item counts the item that starts at i, or looks at an item's body, by the kind of itemKind. It is
// false when the scan ends there.
func (s *scanner) item(i int, kind byte, empty bool) bool {
	switch {
	case kind == 'b' && s.itemDepth != 0 && s.depth == s.itemDepth:
		s.trouble = "an item's body has a namespace"
		return false
	case kind == 'b':
		return true
	case s.itemDepth != 0:
		s.trouble = "an item is within an item"
		return false
	case s.items == s.maxItems:
		s.cutAt = i
		for d := s.depth - 1; d >= 0; d-- {
			s.closing += "</" + string(s.stack[d]) + ">"
		}
		return false
	}
	s.items++
	if !empty {
		s.itemDepth = s.depth + 1
	}
	return true
}

// unread names what gofeed would pass over in silence, together with all that is in it.
func (s *scanner) unread(name, tag []byte) string {
	atom := s.depth > 0 && string(s.stack[0]) == "feed"
	switch {
	case s.depth == 1 && string(name) == "info":
		return "an info element of Atom 0.3"
	case s.depth == 0 && string(name) == "feed" && !atomSpace(tag):
		return "a namespace that is not Atom's"
	case atom && string(name) == "link" && tag[len(tag)-2] != '/' && !bytes.Contains(tag, []byte("href")):
		return "an address that is the text of its link"
	case s.depth > 1 && !atom && ownField[string(name)] && bytes.Contains(tag, []byte(" xmlns=")):
		return "a field with a namespace of its own"
	}
	return ""
}

// atomSpace is true of a root <feed> that gofeed will take for Atom.
func atomSpace(tag []byte) bool {
	switch attrValue(tag, "xmlns") {
	case "", atomNamespace, "http://purl.org/atom/ns#":
		return true
	}
	return false
}

const atomNamespace = "http://www.w3.org/2005/Atom"

// itemKind is 'i' for the name of an item or entry, 'b' for a body in a namespace (which gofeed
// takes apart), else 0.
func itemKind(name []byte) byte {
	n := len(name)
	if n < 4 {
		return 0
	}
	switch name[n-1] | 0x20 {
	case 'm':
		if strings.EqualFold(string(name[n-4:]), "item") && (n == 4 || name[n-5] == ':') {
			return 'i'
		}
	case 'y':
		if n >= 5 && strings.EqualFold(string(name[n-5:]), "entry") && (n == 5 || name[n-6] == ':') {
			return 'i'
		}
		if strings.EqualFold(string(name[n-4:]), "body") {
			return 'b'
		}
	}
	return 0
}
