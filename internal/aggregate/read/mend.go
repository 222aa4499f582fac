package read

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"unicode/utf8"
)

// mend rewrites a damaged XML feed as well-formed XML that gofeed reads to its end. It knows what
// feeds are made of: where a headline or a summary must end, which elements can stand within
// which, and that an item never stands within an item. What it had to change is in notes, a
// sentence for each kind of mend.
//
// The text of titles and summaries is passed on as CDATA, so that nothing in it can break the
// structure again; an item that the document broke off in is kept without the field it broke off
// in when its title and its address had come, else it is dropped. The end is where the root had
// ended in b, and 0 when nothing can follow.
func mend(b []byte, maxItems int, entities map[string]string) (out []byte, end int, notes []string, err error) {
	m := mender{in: b, maxItems: maxItems, entities: entities}
	m.out.Grow(len(b) + len(b)/8)
	if err := m.run(); err != nil {
		return nil, 0, nil, err
	}
	if m.done && m.items < maxItems {
		end = m.i
	}
	return m.out.Bytes(), end, m.noteTexts(), nil
}

type mender struct {
	in       []byte
	i        int
	out      bytes.Buffer
	stack    []element
	items    int
	maxItems int
	entities map[string]string
	done     bool // the root has ended, or the limit of items is reached
	structure

	// What is complete of the item that is open.
	haveTitle, haveID bool

	endless map[string]bool // marks that do not come again
	comment commentEnd

	notes  []note
	noteAt map[string]int
}

// element is an open element: its name in the output, the same without prefix in lower case, and
// where its start tag stands there.
type element struct {
	name  string
	local string
	at    int
	end   string // the name its end tag has in the input
}

// note counts one kind of mend; more says how often it came again.
type note struct {
	text string
	line int
	more int
}

func (m *mender) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if m.noteAt == nil {
		m.noteAt = make(map[string]int)
	}
	if i, ok := m.noteAt[text]; ok {
		m.notes[i].more++
		return
	}
	if len(m.notes) == maxWarnings {
		return
	}
	m.noteAt[text] = len(m.notes)
	m.notes = append(m.notes, note{text: text, line: 1 + bytes.Count(m.in[:min(m.i, len(m.in))], []byte("\n"))})
}

func (m *mender) noteTexts() []string {
	out := make([]string, 0, len(m.notes))
	for _, n := range m.notes {
		s := fmt.Sprintf("mended in line %d: %s", n.line, n.text)
		if n.more > 0 {
			s += fmt.Sprintf(" (and %d times more)", n.more)
		}
		out = append(out, s)
	}
	return out
}

func (m *mender) run() error {
	for m.i < len(m.in) && !m.done {
		j := bytes.IndexByte(m.in[m.i:], '<')
		if j < 0 {
			j = len(m.in) - m.i
		}
		if j > 0 {
			if len(m.stack) > 0 {
				m.text(m.in[m.i : m.i+j])
			}
			m.i += j
			continue
		}
		rest := m.in[m.i:]
		switch {
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			end := indexAfter(m.in, m.i+9, "]]>")
			if end < 0 {
				m.i = len(m.in)
				m.breakOff(len(m.stack))
				return nil
			}
			m.escape(m.in[m.i+9 : end-3])
			m.i = end
		case bytes.HasPrefix(rest, []byte("<!--")):
			m.skip("-->", "a comment that does not end")
		case bytes.HasPrefix(rest, []byte("<?")):
			m.skip("?>", "an instruction that does not end")
		case bytes.HasPrefix(rest, []byte("<!")) && len(rest) > 2 && isNameStart(rest[2]):
			m.skip(">", "a declaration that does not end")
		case len(rest) > 2 && rest[1] == '/' && isNameStart(rest[2]):
			m.endTag()
		case len(rest) > 1 && isNameStart(rest[1]):
			if err := m.startTag(); err != nil {
				return err
			}
		default:
			m.bareSign()
		}
	}
	if !m.done {
		m.breakOff(len(m.stack))
	}
	return nil
}

// skip passes what is no part of a feed's content. When its end is missing, it ends at the next ">".
func (m *mender) skip(mark, unended string) {
	end := -1
	if !m.endless[mark] {
		end = indexAfter(m.in, m.i, mark)
	}
	if end < 0 {
		m.note("%s", unended)
		if m.endless == nil {
			m.endless = make(map[string]bool)
		}
		m.endless[mark] = true
		if end = indexAfter(m.in, m.i, ">"); end < 0 {
			end = len(m.in)
		}
	}
	m.i = end
}

// text writes character data between tags.
func (m *mender) text(b []byte) {
	for len(b) > 0 {
		i := bytes.IndexAny(b, "&]\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\uFFFE\uFFFF")
		if i < 0 {
			m.out.Write(b)
			return
		}
		m.out.Write(b[:i])
		b = b[i:]
		switch {
		case b[0] == '&':
			n := m.reference(b)
			b = b[n:]
		case bytes.HasPrefix(b, []byte("]]>")):
			m.out.WriteString("]]&gt;")
			b = b[3:]
		case b[0] == ']':
			m.out.WriteByte(']')
			b = b[1:]
		case b[0] >= 0x80:
			m.note("a character that XML forbids")
			b = b[3:]
		default:
			m.note("a control character")
			b = b[1:]
		}
	}
}

// reference writes the reference that b starts with, and says how many bytes it took.
func (m *mender) reference(b []byte) int {
	end := bytes.IndexByte(b[:min(len(b), 42)], ';')
	if end > 1 {
		ref := b[1:end]
		if v, ok := m.entities[string(ref)]; ok {
			m.out.WriteString(html.EscapeString(v))
			return end + 1
		}
		if ref[0] == '#' {
			if pair, n := surrogatePair(string(b[:min(len(b), 40)])); n > 0 {
				m.note("a character in two references to its halves")
				m.out.WriteRune(pair)
				return n
			}
			r, ok := charRef(ref)
			switch {
			case ok && xmlChar(r):
				m.out.Write(b[:end+1])
				return end + 1
			case ok:
				m.note("a reference to a character that XML forbids")
				return end + 1
			}
		} else if isWord(ref) {
			m.out.Write(b[:end+1]) // gofeed resolves HTML's names and leaves the rest
			return end + 1
		}
	}
	m.out.WriteString("&amp;")
	return 1
}

// escape writes the content of a CDATA section as text, which joins with the text around it.
func (m *mender) escape(b []byte) {
	for len(b) > 0 {
		i := bytes.IndexAny(b, "<&")
		if i < 0 {
			m.text(b)
			return
		}
		m.text(b[:i])
		if b[i] == '<' {
			m.out.WriteString("&lt;")
		} else {
			m.out.WriteString("&amp;")
		}
		b = b[i+1:]
	}
}

// cdata writes text so that nothing in it is markup.
func (m *mender) cdata(b []byte) {
	if len(b) == 0 {
		return
	}
	if bytes.Count(b, []byte("]]>")) > maxPieces { // gofeed would join as many pieces
		b = bytes.ReplaceAll(b, []byte("]]>"), nil)
	}
	m.out.WriteString("<![CDATA[")
	for len(b) > 0 {
		i := bytes.Index(b, []byte("]]>"))
		part := b
		if i >= 0 {
			part = b[:i+2]
		}
		m.allowed(part)
		b = b[len(part):]
		if len(b) > 0 {
			m.out.WriteString("]]><![CDATA[")
		}
	}
	m.out.WriteString("]]>")
}

// allowed writes b without the characters that XML forbids.
func (m *mender) allowed(b []byte) {
	start := 0
	for i := 0; i < len(b); {
		n := 1
		bad := b[i] < 0x20 && b[i] != '\t' && b[i] != '\n' && b[i] != '\r'
		if bad {
			m.note("a control character")
		} else if b[i] == 0xEF && i+2 < len(b) && b[i+1] == 0xBF && b[i+2] >= 0xBE {
			m.note("a character that XML forbids")
			bad, n = true, 3
		}
		if bad {
			m.out.Write(b[start:i])
			start = i + n
		}
		i += n
	}
	m.out.Write(b[start:])
}

func (m *mender) endTag() {
	name := string(tagName(m.in[m.i+2:]))
	end := indexAfter(m.in, m.i, ">")
	if next := bytes.IndexByte(m.in[m.i+1:], '<'); end < 0 || next >= 0 && m.i+1+next < end {
		m.note("an end tag </%s without its >", clip(name, 30))
		end = m.i + 2 + len(name)
	}
	k := m.find(name)
	if k < 0 && len(m.stack) > 0 && similar(name, m.stack[len(m.stack)-1].end) {
		k = len(m.stack) - 1
		m.note("an end tag </%s> was taken for </%s>", clip(name, 30), clip(m.stack[k].name, 30))
	}
	if k < 0 {
		if len(m.stack) > 0 && !isHTML(name) && !m.passedOver[name] {
			m.note("an end tag </%s> that ends nothing", clip(name, 30))
		}
		m.i = end
		return
	}
	m.closeTo(k + 1)
	m.i = end
	m.pop()
	m.done = len(m.stack) == 0
}

// find returns the innermost open element that an end tag of this name can mean, or -1.
func (m *mender) find(name string) int {
	for k := len(m.stack) - 1; k >= 0; k-- {
		if strings.EqualFold(m.stack[k].end, name) {
			return k
		}
	}
	return -1
}

// closeTo ends open elements until n are left.
func (m *mender) closeTo(n int) {
	for len(m.stack) > n {
		m.note("an element <%s> that does not end", clip(m.stack[len(m.stack)-1].name, 30))
		m.pop()
	}
}

func (m *mender) pop() {
	e := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	m.out.WriteString("</" + e.name + ">")
	m.complete(e.name, e.local)
}

// complete remembers what has come of the open item.
func (m *mender) complete(name, local string) {
	switch local {
	case "title":
		m.haveTitle = m.haveTitle || !strings.Contains(name, ":") || strings.HasPrefix(name, "rss:")
	case "link", "guid", "id":
		m.haveID = true
	}
}

// breakOff ends the document where the input ended.
func (m *mender) breakOff(open int) {
	item := -1
	for k, e := range m.stack[:open] {
		if isItem(e.local) {
			item = k
		}
	}
	switch {
	case open == 0:
		return
	case item < 0:
		names := make([]string, 0, open)
		for k := open - 1; k >= 0; k-- {
			names = append(names, "</"+clip(m.stack[k].name, 30)+">")
		}
		m.note("the document ends without %s", strings.Join(names, ", "))
	case m.haveTitle && m.haveID:
		if item+1 < len(m.stack) {
			m.out.Truncate(m.stack[item+1].at)
			m.stack = m.stack[:item+1]
		}
		m.note("the document breaks off in item %d, which was kept without the rest", m.items)
	default:
		m.out.Truncate(m.stack[item].at)
		m.stack = m.stack[:item]
		m.note("the document breaks off in item %d, which was dropped", m.items)
	}
	for len(m.stack) > 0 {
		m.pop()
	}
}

// startTag copes with a start tag and, for elements that hold text, all that belongs to it.
func (m *mender) startTag() error {
	t, ok := m.readTag()
	if !ok {
		return nil
	}
	if len(m.stack) == 0 && m.out.Len() > 0 {
		m.done = true // a second root
		return nil
	}
	if t.local == "channel" && m.secondChannel() {
		m.i = t.end
		return nil
	}
	if t.local == "channel" {
		m.closeToContainer()
	}
	if isItem(t.local) && m.itemAllowed() {
		if !m.startItem() {
			return nil
		}
	} else if m.isFieldInField(t.local) {
		m.closeTo(len(m.stack) - 1) // the outer one was not ended
	}
	m.translate(&t)
	if len(m.stack) == maxDepth {
		return errTooDeep
	}
	if !t.empty && isVoid(t.name) && len(m.stack) > 0 && !field[t.local] {
		m.note("an element <%s> that does not end", t.name)
		t.empty = true
	}
	if !t.empty && m.atom && t.local == "link" && attrOf(t.attrs, "href") == "" {
		m.linkText(&t)
	}
	at := m.out.Len()
	m.writeTag(t.name, t.attrs, t.empty)
	m.i = t.end
	if t.empty {
		m.complete(t.name, t.local)
		return nil
	}
	m.stack = append(m.stack, element{name: t.name, local: t.local, at: at, end: t.written})
	if m.holdsText(t.name, t.local) {
		m.leaf(t.attrs)
	}
	return nil
}

// tag is a start tag of the input, and what becomes of it.
type tag struct {
	name, local string // in the output
	written     string // the name in the input
	attrs       []attribute
	end         int // of the tag in the input
	empty       bool
}

// readTag reads the start tag at hand. What only looks like one is passed on as text, and one that
// the input breaks off in ends it.
func (m *mender) readTag() (t tag, ok bool) {
	t.name = string(tagName(m.in[m.i+1:]))
	t.local, t.written = localName([]byte(t.name)), t.name
	if goodName(t.name) {
		if t.attrs, t.end, t.empty, ok = m.attributes(m.i + 1 + len(t.name)); ok {
			return t, true
		}
		if t.end >= len(m.in) && m.cutTail() {
			m.i = len(m.in)
			return t, false
		}
	}
	m.bareSign()
	return t, false
}

// bareSign passes a "<" that starts nothing.
func (m *mender) bareSign() {
	if len(m.stack) > 0 {
		m.note(`a bare "<"`)
		m.out.WriteString("&lt;")
	}
	m.i++
}

// startItem ends what the item before left open. It is false when the limit of items is reached,
// and with it the end of the output.
func (m *mender) startItem() bool {
	m.closeToContainer()
	if m.items == m.maxItems {
		m.note("only the first %d items were taken", m.maxItems)
		for len(m.stack) > 0 {
			m.pop()
		}
		m.done = true
		return false
	}
	m.items++
	m.haveTitle, m.haveID = false, false
	return true
}

// isFieldInField is true of a field of an item or channel that starts within another.
func (m *mender) isFieldInField(local string) bool {
	if len(m.stack) == 0 || !field[local] {
		return false
	}
	outer := m.stack[len(m.stack)-1].local
	return field[outer] && !holds[outer] && inItemOrChannel(m.stack)
}

// cutTail is true when no ">" follows at all.
func (m *mender) cutTail() bool { return bytes.IndexByte(m.in[m.i:], '>') < 0 }

func isItem(local string) bool { return local == "item" || local == "entry" }

// itemAllowed is false within elements that have items of their own, such as the rdf:Seq of RSS 1.0.
func (m *mender) itemAllowed() bool {
	for _, e := range m.stack {
		if e.local == "seq" {
			return false
		}
	}
	return len(m.stack) > 0
}

// closeToContainer ends what is open until a new item can start.
func (m *mender) closeToContainer() {
	for len(m.stack) > 1 {
		top := m.stack[len(m.stack)-1]
		switch {
		case top.local == "channel" || isRoot(top.local):
			return
		case field[top.local] || isItem(top.local):
			m.closeTo(len(m.stack) - 1)
		default:
			m.note("items within an element <%s>", clip(top.name, 30))
			m.passOver(top.end)
			m.pop()
		}
	}
}

func inItemOrChannel(stack []element) bool {
	if len(stack) < 2 {
		return false
	}
	l := stack[len(stack)-2].local
	return isItem(l) || l == "channel" || l == "feed"
}

// field are the elements of items and channels that hold text and nothing of the feed's own.
var field = set("title", "link", "description", "guid", "pubdate", "author", "category", "comments", "summary", "content",
	"encoded", "id", "updated", "published", "issued", "modified", "created", "rights", "copyright", "language",
	"generator", "lastbuilddate", "docs", "ttl", "managingeditor", "webmaster", "subtitle", "tagline", "date", "creator",
	"subject", "publisher", "enclosure")

// holds are the fields that hold elements in one format or another.
var holds = set("author", "content", "category")

// rich are the fields in which HTML is found, escaped or not.
var rich = set("title", "description", "summary", "content", "encoded", "subtitle", "tagline", "info", "body", "fullitem",
	"rights", "copyright")

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// similar is true of an end tag that must be a slip of the pen: one letter more, less or other, or
// the prefix forgotten.
func similar(got, want string) bool {
	got, want = strings.ToLower(got), strings.ToLower(want)
	if got == want {
		return true
	}
	if _, l, ok := strings.Cut(want, ":"); ok && l == got {
		return true
	}
	if len(want) < 4 || len(got)-len(want) > 2 || len(want)-len(got) > 2 {
		return false
	}
	return editDistance(got, want) <= 1+b2i(len(want) > 6)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost = 1 + min(diag, row[j], row[j+1])
			}
			diag, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// goodName is true of a name that encoding/xml accepts.
func goodName(name string) bool {
	if name == "" || len(name) > 100 || strings.Count(name, ":") > 1 || name[0] == ':' || name[len(name)-1] == ':' {
		return false
	}
	for i := 0; i < len(name); i++ {
		if name[i] >= utf8.RuneSelf {
			return false
		}
	}
	return isNameStart(name[0])
}
