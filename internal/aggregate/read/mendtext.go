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
	s := leafSearch{m: m, e: e, likely: -1}
	for i := m.i; s.likely < 0 || i < s.likely+lookAhead; {
		j := bytes.IndexByte(m.in[i:], '<')
		if j < 0 {
			break
		}
		if i = s.look(i + j); s.decided {
			return s.end, s.resume, i >= 0
		}
	}
	if s.likely >= 0 {
		s.unended()
		return s.end, s.resume, true
	}
	return 0, 0, false
}

// leafSearch looks for the end of a text element.
type leafSearch struct {
	m *mender
	e element
	// Where a field of the item starts, which a text can hold only by chance: the end, unless the
	// element's own end tag follows soon. -1 until there is one.
	likely   int
	likelyTo int

	decided     bool
	end, resume int
}

// at decides for an end, and where the mender goes on.
func (s *leafSearch) at(end, resume int) int {
	s.end, s.resume, s.decided = end, resume, true
	return resume
}

// unended decides for the likely end.
func (s *leafSearch) unended() int {
	s.m.note("an element <%s> that does not end", clip(s.e.name, 30))
	return s.at(s.likely, s.likelyTo)
}

// suspect takes i for the likely end when there was none before.
func (s *leafSearch) suspect(i int) {
	if s.likely < 0 {
		s.likely, s.likelyTo = i, i
	}
}

// look examines the "<" at i, and returns where to look on; -1 when the document breaks off there.
func (s *leafSearch) look(i int) int {
	in := s.m.in
	rest := in[i:]
	switch {
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		return s.section(i)
	case bytes.HasPrefix(rest, []byte("<!--")):
		if next, last := s.m.comment.endBefore(in, i, "</"+s.e.end); next >= 0 && last < i {
			return next
		}
	case len(rest) > 2 && rest[1] == '/':
		return s.endTag(i, tagName(rest[2:]))
	case len(rest) > 1 && isNameStart(rest[1]):
		return s.startTag(i, tagName(rest[1:]))
	}
	return i + 1
}

func (s *leafSearch) section(i int) int {
	in := s.m.in
	next := indexAfter(in, i+9, "]]>")
	if next < 0 {
		s.decided = true
		return -1
	}
	if inner := bytes.Index(in[i+9:next], []byte("<![CDATA[")); inner >= 0 {
		// The end mark is missing, and this one belongs to a section further on.
		if k := bytes.Index(in[i+9:i+9+inner], []byte("</"+s.e.end+">")); k >= 0 {
			s.m.note("a CDATA section that does not end")
			return s.at(i+9+k, i+9+k+len(s.e.end)+3)
		}
	}
	return next
}

func (s *leafSearch) endTag(i int, name []byte) int {
	in := s.m.in
	after := i + 2 + len(name)
	if close := indexAfter(in[:min(len(in), after+lookAhead)], after, ">"); close >= 0 && len(bytes.TrimSpace(in[after:close-1])) == 0 {
		after = close
	}
	local := localName(name)
	switch {
	case strings.EqualFold(string(name), s.e.end):
		if s.likely >= 0 && sameStart(in[s.likely:i], s.e.end) {
			return s.unended()
		}
		return s.at(i, after)
	case isItem(local) || local == "channel" || isRoot(local):
		s.suspect(i)
		return s.unended()
	case s.likely < 0 && similar(string(name), s.e.end) && !isHTML(string(name)):
		s.m.note("an end tag </%s> was taken for </%s>", clip(string(name), 30), clip(s.e.name, 30))
		return s.at(i, after)
	}
	return i + 1
}

func (s *leafSearch) startTag(i int, name []byte) int {
	local := localName(name)
	switch {
	case isItem(local):
		s.suspect(i)
		return s.unended()
	case field[local] && !isHTML(string(name)), s.e.local == "title" && (local == "link" || local == "summary"):
		s.suspect(i)
	}
	return i + 1
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
			text.Write(withoutHalfMark(b))
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

// withoutHalfMark takes what was meant for the end mark of a section, "]]" or "]] >", off the end of a text.
func withoutHalfMark(b []byte) []byte {
	if rest, ok := bytes.CutSuffix(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(b), []byte(">"))), []byte("]]")); ok {
		return rest
	}
	return b
}
