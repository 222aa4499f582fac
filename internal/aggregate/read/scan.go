package read

import (
	"bytes"
	"fmt"
	"strings"
)

type docKind int

const (
	kindUnknown docKind = iota
	kindEmpty
	kindXML
	kindJSON
	kindHTML
	kindOther // XML of another kind; junk is the name of its root
)

// sniff finds out what a document is and where it starts, past any prologue. junk names what stood
// before a feed and does not belong there.
func sniff(b []byte) (kind docKind, start int, junk string) {
	i := skipSpace(b, 0)
	if i == len(b) {
		return kindEmpty, 0, ""
	}
	if b[i] == '{' {
		return kindJSON, i, ""
	}
	at, name := firstElement(b, i)
	if isRoot(name) || name == "channel" {
		return kindXML, at, ""
	}
	// Something else comes first: a message of PHP, a comment without end, a page. The feed may
	// stand behind it.
	if j := findRoot(b, i); j >= 0 {
		junk = "text"
		if b[i] == '<' {
			junk = "markup"
		}
		return kindXML, j, junk
	}
	head := bytes.ToLower(b[i:min(len(b), i+4096)])
	if isHTML(name) || bytes.Contains(head, []byte("<html")) || bytes.HasPrefix(head, []byte("<!doctype html")) {
		return kindHTML, i, ""
	}
	if name != "" {
		return kindOther, at, name
	}
	if j := bytes.Index(b, []byte(`{"version"`)); j >= 0 {
		return kindJSON, j, "text"
	}
	return kindUnknown, i, ""
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t' || b[i] == 0) {
		i++
	}
	return i
}

// firstElement passes declarations, comments and white space, and gives the place and local name
// (lower case) of the first element; the name is empty when something else comes first.
func firstElement(b []byte, i int) (at int, name string) {
	for {
		i = skipSpace(b, i)
		if i+1 >= len(b) || b[i] != '<' {
			return i, ""
		}
		var end int
		switch {
		case bytes.HasPrefix(b[i:], []byte("<?")):
			end = indexAfter(b, i, "?>")
		case bytes.HasPrefix(b[i:], []byte("<!--")):
			end = indexAfter(b, i+4, "-->")
		case b[i+1] == '!':
			end = doctypeEnd(b, i)
		default:
			return i, localName(tagName(b[i+1:]))
		}
		if end < 0 {
			return i, ""
		}
		i = end
	}
}

// indexAfter returns the place behind mark, or -1.
func indexAfter(b []byte, i int, mark string) int {
	j := bytes.Index(b[i:], []byte(mark))
	if j < 0 {
		return -1
	}
	return i + j + len(mark)
}

// doctypeEnd passes a <!DOCTYPE …> with the declarations it may hold in brackets.
func doctypeEnd(b []byte, i int) int {
	brackets, quote := 0, byte(0)
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[':
			brackets++
		case c == ']':
			brackets--
		case c == '>' && brackets <= 0:
			return i + 1
		}
	}
	return -1
}

// tagName returns the name that a tag starts with, without "<" and "/".
func tagName(b []byte) []byte {
	i := 0
	for i < len(b) && isNameByte(b[i]) {
		i++
	}
	return b[:i]
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == ':' || c == '-' || c == '_' || c == '.' || c >= 0x80
}

func isNameStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}

func localName(name []byte) string {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	return strings.ToLower(string(name))
}

func isRoot(local string) bool { return local == "rss" || local == "rdf" || local == "feed" }

// findRoot looks for the start tag of a feed anywhere, outside comments, that has more of a feed
// behind it.
func findRoot(b []byte, i int) int {
	for candidates := 0; candidates < 20; {
		j := bytes.IndexByte(b[i:], '<')
		if j < 0 {
			return -1
		}
		i += j
		if bytes.HasPrefix(b[i:], []byte("<!--")) {
			// Pages keep RDF about themselves in comments.
			if end := indexAfter(b[:min(len(b), i+1<<16)], i+4, "-->"); end > 0 {
				i = end
				continue
			}
		}
		name := tagName(b[i+1:])
		if len(name) >= 3 && len(name) <= 40 && isRoot(localName(name)) {
			candidates++
			tail := bytes.ToLower(b[i:min(len(b), i+1<<14)])
			for _, mark := range []string{"channel", "<entry", "item", "<title", ":title"} {
				if bytes.Contains(tail, []byte(mark)) {
					return i
				}
			}
		}
		i++
	}
	return -1
}

// health is what a scan of an XML feed found: whether gofeed will read the whole of it.
type health struct {
	trouble string // the first thing that gofeed would stumble over or silently lose items at
	cutAt   int    // where the first item beyond the limit starts; 0 when there are not so many
	closing string // the end tags that are open there
	// References that no XML parser knows but HTML does, and bare ampersands: gofeed gets over
	// both, and the reader of the source should know.
	htmlEntity string
	bareAmp    bool

	controls bool // characters that XML forbids are in it

	texts []span // long texts, to be kept from gofeed; see lighten
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
)

// scan looks through an XML feed from its root on, by hand and in one pass, for everything that
// would make gofeed fail, lose items without a word, or run out of stack. It is what a healthy
// document pays for being safe.
func scan(b []byte, maxItems int, entities map[string]string) (health, error) {
	var h health
	var stack [maxDepth + 1][]byte
	var spaces [maxDepth + 1]int // namespaces declared on the way down to each depth
	depth, items, itemDepth := 0, 0, 0
	pieces := 0 // comments and sections since the last tag
	for i := 0; ; {
		j := bytes.IndexByte(b[i:], '<')
		if j < 0 {
			h.trouble = "it breaks off"
			return h, nil
		}
		if depth > 0 {
			if k := bytes.IndexByte(b[i:i+j], '&'); k >= 0 && checkReferences(b[i+k:i+j], &h, entities) {
				return h, nil
			}
		}
		i += j
		if i+3 >= len(b) {
			h.trouble = "it breaks off"
			return h, nil
		}
		switch c := b[i+1]; {
		case c == '/':
			name := tagName(b[i+2:])
			end := i + 2 + len(name)
			for end < len(b) && (b[end] == ' ' || b[end] == '\n' || b[end] == '\r' || b[end] == '\t') {
				end++
			}
			if depth == 0 || end >= len(b) || b[end] != '>' || !bytes.Equal(name, stack[depth-1]) {
				h.trouble = "an end tag does not match"
				return h, nil
			}
			if depth == itemDepth {
				itemDepth = 0
			}
			depth--
			pieces = 0
			if depth == 0 {
				return h, nil
			}
			i = end + 1
		case c == '!':
			var end int
			switch {
			case bytes.HasPrefix(b[i:], []byte("<![CDATA[")):
				end = indexAfter(b, i+9, "]]>")
			case bytes.HasPrefix(b[i:], []byte("<!--")):
				end = indexAfter(b, i+4, "-->")
			}
			if end <= 0 {
				h.trouble = "a section does not end"
				return h, nil
			}
			if b[i+2] == '[' && bytes.Contains(b[i+9:end], []byte("<![CDATA[")) {
				h.trouble = "a section within a section"
				return h, nil
			}
			if pieces++; pieces > maxPieces {
				h.trouble = "a text is in too many pieces"
				return h, nil
			}
			i = end
		case c == '?':
			end := indexAfter(b, i, "?>")
			if end < 0 {
				h.trouble = "an instruction does not end"
				return h, nil
			}
			i = end
		case isNameStart(c):
			name := tagName(b[i+1:])
			end, empty := tagEnd(b, i+1+len(name))
			if end < 0 {
				h.trouble = "a tag does not end"
				return h, nil
			}
			if kind := itemKind(name); kind != 0 && depth <= 3 {
				if kind == 'b' {
					if itemDepth != 0 && depth == itemDepth {
						h.trouble = "an item's body has a namespace"
						return h, nil
					}
				} else {
					if itemDepth != 0 {
						h.trouble = "an item is within an item"
						return h, nil
					}
					if items == maxItems {
						h.cutAt = i
						for d := depth - 1; d >= 0; d-- {
							h.closing += "</" + string(stack[d]) + ">"
						}
						return h, nil
					}
					items++
					if !empty {
						itemDepth = depth + 1
					}
				}
			}
			if depth == 1 && string(name) == "info" {
				h.trouble = "an info element of Atom 0.3"
				return h, nil
			}
			if depth == 0 && string(name) == "feed" && !atomSpace(b[i:end]) {
				h.trouble = "a namespace that is not Atom's"
				return h, nil
			}
			declared := spaces[depth]
			if end-i > 12 {
				if tag := b[i:end]; bytes.Contains(tag, []byte("xmlns")) {
					if declared += bytes.Count(tag, []byte("xmlns")); declared > maxNamespaces {
						return h, errNamespaces
					}
				}
			}
			if !empty {
				if depth == maxDepth {
					return h, errTooDeep
				}
				stack[depth] = name
				depth++
				pieces = 0
				spaces[depth] = declared
				if longText(name) {
					if stop := textEnd(b, end, name); stop-end >= minText {
						h.texts = append(h.texts, span{end, stop})
					}
				}
			}
			i = end
		default:
			h.trouble = `a "<" starts no tag`
			return h, nil
		}
	}
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

// tagEnd returns the place behind the ">" of a start tag whose name ends at i, and whether the tag
// closes itself. It is -1 when the tag does not end well.
func tagEnd(b []byte, i int) (end int, empty bool) {
	for i < len(b) {
		switch b[i] {
		case '>':
			return i + 1, b[i-1] == '/'
		case '"', '\'':
			j := bytes.IndexByte(b[i+1:], b[i])
			if j < 0 || bytes.IndexByte(b[i+1:i+1+j], '<') >= 0 {
				return -1, false
			}
			i += j + 2
		case '<':
			return -1, false
		default:
			i++
		}
	}
	return -1, false
}

// checkReferences looks at the references in a run of text. It is true when the document must be
// mended for one.
func checkReferences(b []byte, h *health, entities map[string]string) bool {
	for {
		i := bytes.IndexByte(b, '&')
		if i < 0 {
			return false
		}
		b = b[i+1:]
		switch {
		case len(b) >= 3 && b[1] == 't' && b[2] == ';' && (b[0] == 'l' || b[0] == 'g'):
			continue
		case len(b) >= 4 && b[0] == 'a' && b[1] == 'm' && b[2] == 'p' && b[3] == ';':
			continue
		}
		end := bytes.IndexByte(b[:min(len(b), 40)], ';')
		if end < 1 {
			h.bareAmp = true
			continue
		}
		ref := b[:end]
		switch {
		case ref[0] == '#':
			if !goodCharRef(ref) {
				h.trouble = "a reference to a character that XML forbids"
				return true
			}
		case string(ref) == "quot" || string(ref) == "apos":
		case entities[string(ref)] != "":
			h.trouble = "an entity of its own"
			return true
		case isWord(ref):
			if h.htmlEntity == "" {
				h.htmlEntity = string(ref)
			}
		default:
			h.bareAmp = true
		}
	}
}

func isWord(b []byte) bool {
	for _, c := range b {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') {
			return false
		}
	}
	return true
}

// goodCharRef is true of "#65" and "#x41" when XML allows the character.
func goodCharRef(ref []byte) bool {
	r, ok := charRef(ref)
	return ok && xmlChar(r)
}

func charRef(ref []byte) (rune, bool) {
	base, digits := 10, ref[1:]
	if len(digits) > 0 && (digits[0] == 'x' || digits[0] == 'X') {
		base, digits = 16, digits[1:]
	}
	if len(digits) == 0 || len(digits) > 8 {
		return 0, false
	}
	v := 0
	for _, c := range digits {
		d := 0
		switch {
		case '0' <= c && c <= '9':
			d = int(c - '0')
		case base == 16 && 'a' <= c|0x20 && c|0x20 <= 'f':
			d = int(c|0x20-'a') + 10
		default:
			return 0, false
		}
		v = v*base + d
	}
	return rune(v), v <= 0x10FFFF
}

// xmlChar is the Char production of XML 1.0.
func xmlChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// doctypeEntities reads the entities that a document declares for itself: plain text only, for
// entities of entities are how bombs are made, and external ones are nobody's business.
func doctypeEntities(prologue []byte) map[string]string {
	i := bytes.Index(prologue, []byte("<!DOCTYPE"))
	if i < 0 {
		return nil
	}
	var m map[string]string
	rest := prologue[i:]
	for len(m) < 50 {
		i := bytes.Index(rest, []byte("<!ENTITY"))
		if i < 0 {
			break
		}
		rest = rest[i+len("<!ENTITY"):]
		end := bytes.IndexByte(rest, '>')
		if end < 0 {
			break
		}
		decl := bytes.TrimSpace(rest[:end])
		name := tagName(decl)
		value := bytes.TrimSpace(decl[len(name):])
		if len(name) > 0 && len(name) <= 40 && len(value) >= 2 && len(value) <= 258 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0] {
			value = value[1 : len(value)-1]
			if !bytes.ContainsAny(value, "<&%") {
				if m == nil {
					m = make(map[string]string)
				}
				m[string(name)] = string(value)
			}
		}
	}
	return m
}
