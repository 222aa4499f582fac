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
		for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r' || b[i] == '/' && i+1 < len(b) && b[i+1] != '>') {
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
		j := skipSpace(b, i)
		value := name
		if j < len(b) && b[j] == '=' {
			j = skipSpace(b, j+1)
			if j >= len(b) {
				return nil, j, false, false
			}
			if q := b[j]; q == '"' || q == '\'' {
				k := bytes.IndexByte(b[j+1:], q)
				gt := -1
				if k >= 0 {
					gt = bytes.IndexByte(b[j+1:j+1+k], '>')
				} else {
					gt = bytes.IndexByte(b[j+1:], '>')
				}
				if k < 0 || gt >= 0 && gt < k && bytes.IndexByte(b[j+1+gt:j+1+k], '<') >= 0 && bytes.IndexByte(b[j+1:j+1+gt], '<') < 0 {
					// The quote does not end within this tag.
					if gt < 0 {
						return nil, len(b), false, false
					}
					m.note("an attribute %s without its closing quote", clip(name, 30))
					value = string(bytes.TrimRight(b[j+1:j+1+gt], "/ "))
					i = j + 1 + gt
				} else {
					value = string(b[j+1 : j+1+k])
					i = j + 2 + k
				}
			} else {
				k := j
				for k < len(b) && b[k] != '>' && b[k] != ' ' && b[k] != '\n' && b[k] != '\t' && b[k] != '\r' && !(b[k] == '/' && k+1 < len(b) && b[k+1] == '>') {
					k++
				}
				value = string(b[j:k])
				i = k
			}
		}
		if goodName(name) && !hasAttr(attrs, name) && len(attrs) < 100 {
			attrs = append(attrs, attribute{name, value})
		}
	}
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
