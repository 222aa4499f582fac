package read

import (
	"bytes"
	"html"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// What a document writes with "&": references to characters by number, to those that XML and HTML know by
// name, and to entities that the document declares for itself.

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

// surrogatePair is the character that two references at the start of s name by halves, and how many
// bytes they take; 0 when there are no such two.
func surrogatePair(s string) (r rune, n int) {
	var halves [2]rune
	for i := range halves {
		end := strings.IndexByte(s[n:min(len(s), n+12)], ';')
		if end < 3 || !strings.HasPrefix(s[n:], "&#") {
			return 0, 0
		}
		half, ok := charRef([]byte(s[n+1 : n+end]))
		if !ok {
			return 0, 0
		}
		halves[i] = half
		n += end + 1
	}
	if r = utf16.DecodeRune(halves[0], halves[1]); r == utf8.RuneError {
		return 0, 0
	}
	return r, n
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

// decodeReferences resolves the references in b, those to HTML's characters too, and leaves alone
// what only looks like one. bad is true when one named a character that XML forbids; it is dropped.
func decodeReferences(out *bytes.Buffer, b []byte, entities map[string]string) (bad bool) {
	for {
		i := bytes.IndexByte(b, '&')
		if i < 0 {
			out.Write(b)
			return bad
		}
		out.Write(b[:i])
		b = b[i:]
		switch {
		case bytes.HasPrefix(b, []byte("&lt;")):
			out.WriteByte('<')
			b = b[4:]
			continue
		case bytes.HasPrefix(b, []byte("&gt;")):
			out.WriteByte('>')
			b = b[4:]
			continue
		case bytes.HasPrefix(b, []byte("&amp;")):
			out.WriteByte('&')
			b = b[5:]
			continue
		case bytes.HasPrefix(b, []byte("&quot;")):
			out.WriteByte('"')
			b = b[6:]
			continue
		}
		end := bytes.IndexByte(b[:min(len(b), 42)], ';')
		if end > 1 {
			ref := b[1:end]
			if v, ok := entities[string(ref)]; ok {
				out.WriteString(v)
				b = b[end+1:]
				continue
			}
			if ref[0] == '#' {
				if r, n := surrogatePair(string(b[:min(len(b), 40)])); n > 0 {
					out.WriteRune(r)
					b = b[n:]
					continue
				}
				if r, ok := charRef(ref); ok && !xmlChar(r) {
					bad = true
					b = b[end+1:]
					continue
				}
			}
			if ref[0] == '#' || isWord(ref) {
				span := string(b[:end+1])
				if r := html.UnescapeString(span); r != span && r != html.UnescapeString(span[:end])+";" {
					out.WriteString(r)
					b = b[end+1:]
					continue
				}
			}
		}
		out.WriteByte('&')
		b = b[1:]
	}
}
