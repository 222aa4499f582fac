package read

import (
	"bytes"
	"strings"
)

// The parts of markup, for every reader of it by hand.

func skipSpace(b []byte, i int) int {
	for i < len(b) && (isSpace(b[i]) || b[i] == 0) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// indexAfter returns the place behind mark, or -1.
func indexAfter(b []byte, i int, mark string) int {
	j := bytes.Index(b[i:], []byte(mark))
	if j < 0 {
		return -1
	}
	return i + j + len(mark)
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
