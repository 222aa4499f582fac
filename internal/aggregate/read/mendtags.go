package read

import (
	"bytes"
	"strings"

	"golang.org/x/net/html/atom"
)

type attribute struct {
	name, value string
}

func attrOf(attrs []attribute, name string) string {
	for _, a := range attrs {
		if strings.EqualFold(a.name, name) {
			return strings.ToLower(a.value)
		}
	}
	return ""
}

// attributes reads the attributes of a start tag from i on, however they are quoted. It is not ok
// when the tag does not end; end is then where that became clear.
func (m *mender) attributes(i int) (attrs []attribute, end int, empty, ok bool) {
	b := m.in
	for {
		for i < len(b) && (isSpace(b[i]) || b[i] == '/' && i+1 < len(b) && b[i+1] != '>') {
			i++
		}
		switch {
		case i >= len(b):
			return nil, i, false, false
		case b[i] == '>':
			return attrs, i + 1, false, true
		case b[i] == '/':
			return attrs, i + 2, true, true
		case b[i] == '<':
			return nil, i, false, false
		}
		start := i
		for i < len(b) && isNameByte(b[i]) {
			i++
		}
		if i == start {
			i++ // a stray sign
			continue
		}
		name := string(b[start:i])
		value := name
		if j := skipSpace(b, i); j < len(b) && b[j] == '=' {
			if value, i, ok = m.attributeValue(name, skipSpace(b, j+1)); !ok {
				return nil, i, false, false
			}
		}
		if goodName(name) && !hasAttr(attrs, name) && len(attrs) < 100 {
			attrs = append(attrs, attribute{name, value})
		}
	}
}

// attributeValue reads the value at i, in quotes or not.
func (m *mender) attributeValue(name string, i int) (value string, end int, ok bool) {
	b := m.in
	if i >= len(b) {
		return "", i, false
	}
	if b[i] == '"' || b[i] == '\'' {
		return m.quotedValue(name, i)
	}
	end = i
	for end < len(b) && b[end] != '>' && !isSpace(b[end]) && !(b[end] == '/' && end+1 < len(b) && b[end+1] == '>') {
		end++
	}
	return string(b[i:end]), end, true
}

// quotedValue reads a value whose quote opens at i. When markup stands between the quotes, the first
// ">" ends the tag and the closing quote is missing.
func (m *mender) quotedValue(name string, i int) (value string, end int, ok bool) {
	rest := m.in[i+1:]
	quote := bytes.IndexByte(rest, m.in[i])
	inside := rest
	if quote >= 0 {
		inside = rest[:quote]
	}
	tagEnd := bytes.IndexByte(inside, '>')
	unclosed := quote < 0 ||
		tagEnd >= 0 && bytes.IndexByte(inside[tagEnd:], '<') >= 0 && bytes.IndexByte(inside[:tagEnd], '<') < 0
	switch {
	case !unclosed:
		return string(inside), i + 2 + quote, true
	case tagEnd < 0:
		return "", len(m.in), false
	}
	m.note("an attribute %s without its closing quote", clip(name, 30))
	return string(bytes.TrimRight(inside[:tagEnd], "/ ")), i + 1 + tagEnd, true
}

func hasAttr(attrs []attribute, name string) bool {
	for _, a := range attrs {
		if a.name == name {
			return true
		}
	}
	return false
}

// writeTag writes a start tag with its attributes quoted and escaped.
func (m *mender) writeTag(name string, attrs []attribute, empty bool) {
	m.out.WriteByte('<')
	m.out.WriteString(name)
	for _, a := range attrs {
		m.out.WriteByte(' ')
		m.out.WriteString(a.name)
		m.out.WriteString(`="`)
		v := strings.ReplaceAll(strings.ReplaceAll(a.value, "<", "&lt;"), `"`, "&quot;")
		m.text([]byte(v))
		m.out.WriteByte('"')
	}
	if empty {
		m.out.WriteByte('/')
	}
	m.out.WriteByte('>')
}

// isVoid is true of the HTML elements that have no end tag, but for link and source, which feeds
// use for their own.
func isVoid(name string) bool {
	switch strings.ToLower(name) {
	case "br", "hr", "img", "input", "meta", "wbr", "col", "embed", "area":
		return true
	}
	return false
}

// isHTML is true of names that HTML has too, which therefore may stand in a text.
func isHTML(name string) bool {
	switch a := atom.Lookup([]byte(strings.ToLower(name))); a {
	case 0:
		return false
	case atom.A, atom.B, atom.I, atom.U, atom.S, atom.P, atom.Q, atom.Em, atom.Br, atom.Hr, atom.Li, atom.Ul, atom.Ol,
		atom.Td, atom.Tr, atom.Th, atom.Div, atom.Span, atom.Strong, atom.Font, atom.Img, atom.Table, atom.Tbody,
		atom.Thead, atom.Tfoot, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Pre, atom.Code, atom.Blockquote,
		atom.Script, atom.Style, atom.Iframe, atom.Object, atom.Embed, atom.Param, atom.Video, atom.Audio, atom.Source,
		atom.Title, atom.Link, atom.Meta, atom.Body, atom.Html, atom.Head, atom.Form, atom.Input, atom.Summary,
		atom.Details, atom.Figure, atom.Figcaption, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Nav,
		atom.Small, atom.Sub, atom.Sup, atom.Center, atom.Strike, atom.Dl, atom.Dt, atom.Dd, atom.Abbr, atom.Cite,
		atom.Del, atom.Ins, atom.Time, atom.Picture, atom.Svg, atom.Button, atom.Label, atom.Select, atom.Option:
		return true
	}
	return false
}
