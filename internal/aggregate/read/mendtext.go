package read

import (
	"bytes"
	"strings"
)

// The mender's way with elements that hold text or HTML: what they hold is passed on whole, as CDATA.

// holdsText is true of an element whose content is text or HTML, to be passed on whole.
func (m *mender) holdsText(name, local string) bool {
	if !rich[local] {
		return false
	}
	prefix, _, ok := strings.Cut(name, ":")
	return !ok || local != "content" || prefix != "media"
}

// leaf passes on the content of the text element just opened, up to its end tag or to where that
// must have been.
func (m *mender) leaf(attrs []attribute) {
	e := m.stack[len(m.stack)-1]
	end, resume, found := m.leafEnd(e)
	if !found {
		m.i = len(m.in)
		m.breakOff(len(m.stack))
		m.done = true
		return
	}
	m.leafText(m.in[m.i:end], attrs)
	m.i = resume
	m.pop()
}

// lookAhead bounds how far behind a likely end the mender looks for a better one, in bytes, so that
// no document makes it look through the same megabytes again and again.
const lookAhead = 4 << 10

// leafEnd finds where the content of the text element e ends and where to go on behind it. It is
// not found when the document breaks off before.
func (m *mender) leafEnd(e element) (end, resume int, found bool) {
	weak, weakResume := -1, -1
	for i := m.i; weak < 0 || i < weak+lookAhead; {
		j := bytes.IndexByte(m.in[i:], '<')
		if j < 0 {
			break
		}
		i += j
		rest := m.in[i:]
		switch {
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			next := indexAfter(m.in, i+9, "]]>")
			if next < 0 {
				return 0, 0, false
			}
			if inner := bytes.Index(m.in[i+9:next], []byte("<![CDATA[")); inner >= 0 {
				// The end mark is missing, and this one belongs to a section further on.
				if k := bytes.Index(m.in[i+9:i+9+inner], []byte("</"+e.end+">")); k >= 0 {
					m.note("a CDATA section that does not end")
					return i + 9 + k, i + 9 + k + len(e.end) + 3, true
				}
			}
			i = next
			continue
		case bytes.HasPrefix(rest, []byte("<!--")):
			if next := indexAfter(m.in[:min(len(m.in), i+1<<16)], i+4, "-->"); next >= 0 && !bytes.Contains(m.in[i:next], []byte("</"+e.end)) {
				i = next
				continue
			}
		case len(rest) > 2 && rest[1] == '/':
			name := tagName(rest[2:])
			after := i + 2 + len(name)
			if close := indexAfter(m.in[:min(len(m.in), after+lookAhead)], after, ">"); close >= 0 && len(bytes.TrimSpace(m.in[after:close-1])) == 0 {
				after = close
			}
			local := localName(name)
			switch {
			case strings.EqualFold(string(name), e.end):
				if weak >= 0 && sameStart(m.in[weak:i], e.end) {
					m.note("an element <%s> that does not end", clip(e.name, 30))
					return weak, weakResume, true
				}
				return i, after, true
			case isItem(local) || local == "channel" || local == "feed" || local == "rss" || local == "rdf":
				m.note("an element <%s> that does not end", clip(e.name, 30))
				if weak < 0 {
					weak, weakResume = i, i
				}
				return weak, weakResume, true
			case weak < 0 && similar(string(name), e.end) && !isHTML(string(name)):
				m.note("an end tag </%s> was taken for </%s>", clip(string(name), 30), clip(e.name, 30))
				return i, after, true
			}
		case len(rest) > 1 && isNameStart(rest[1]):
			name := tagName(rest[1:])
			local := localName(name)
			switch {
			case isItem(local):
				if weak < 0 {
					weak, weakResume = i, i
				}
				m.note("an element <%s> that does not end", clip(e.name, 30))
				return weak, weakResume, true
			case weak < 0 && field[local] && !isHTML(string(name)) || weak < 0 && e.local == "title" && (local == "link" || local == "summary"):
				weak, weakResume = i, i
			}
		}
		i++
	}
	if weak >= 0 {
		m.note("an element <%s> that does not end", clip(e.name, 30))
		return weak, weakResume, true
	}
	return 0, 0, false
}

// sameStart is true when an element of this name starts within b.
func sameStart(b []byte, name string) bool {
	i := bytes.Index(b, []byte("<"+name))
	return i >= 0 && i+1+len(name) < len(b) && !isNameByte(b[i+1+len(name)])
}

// leafText writes the content of a text element as CDATA: references resolved once, as an XML
// parser would, unless the content is markup by its type.
func (m *mender) leafText(b []byte, attrs []attribute) {
	b = bytes.TrimSpace(b)
	typ, mode := attrOf(attrs, "type"), attrOf(attrs, "mode")
	markup := strings.Contains(typ, "xhtml") || mode == "xml"
	if strings.EqualFold(mode, "base64") {
		m.text(b)
		return
	}
	if markup {
		b = unwrapDiv(b)
	}
	var text bytes.Buffer
	for len(b) > 0 {
		i := bytes.Index(b, []byte("<![CDATA["))
		part := b
		if i >= 0 {
			part = b[:i]
		}
		if markup {
			text.Write(part)
		} else {
			m.decode(&text, part)
		}
		if i < 0 {
			break
		}
		b = b[i+9:]
		end := bytes.Index(b, []byte("]]>"))
		if end < 0 {
			text.Write(b)
			break
		}
		text.Write(b[:end])
		b = b[end+3:]
	}
	m.cdata(text.Bytes())
}

// decode resolves the references in b.
func (m *mender) decode(out *bytes.Buffer, b []byte) {
	if bad := decodeReferences(out, b, m.entities); bad {
		m.note("a reference to a character that XML forbids")
	}
}

// unwrapDiv takes the div off that XHTML content is wrapped in (RFC 4287, section 3.1.1.3).
func unwrapDiv(b []byte) []byte {
	name := tagName(b[min(1, len(b)):])
	if len(b) == 0 || b[0] != '<' || localName(name) != "div" || !bytes.HasSuffix(b, []byte("</"+string(name)+">")) {
		return b
	}
	end, empty := tagEnd(b, 1+len(name))
	if end < 0 || empty {
		return b
	}
	inner := b[end : len(b)-len(name)-3]
	if bytes.Contains(inner, []byte("</"+string(name)+">")) && !bytes.Contains(inner, []byte("<"+string(name))) {
		return b
	}
	return bytes.TrimSpace(inner)
}
