package read

import (
	"bytes"
	"strings"
)

// The mender's way with the structure of a feed: whatever names and namespaces its root, items and
// fields have, and wherever they stand, they are written as gofeed reads them.

// structure is what the mender knows of the feed it writes.
type structure struct {
	atom     bool   // the root is <feed>
	prefix   string // of the root, with its colon; taken off wherever it stands
	itemsOwn string // the prefix of the open item, if it is another; taken off its fields
	foreign  bool   // the open item is of the other format than the root
	channels int

	passedOver map[string]bool // elements that were left out, so that their end tags end nothing
}

func (m *mender) passOver(name string) {
	if m.passedOver == nil {
		m.passedOver = make(map[string]bool)
	}
	m.passedOver[name] = true
}

// secondChannel is true of the start of a channel that is not the first: its items are taken into
// the first, and the rest of it is left out.
func (m *mender) secondChannel() bool {
	if m.atom || len(m.stack) == 0 {
		return false
	}
	if m.channels++; m.channels == 1 {
		return false
	}
	m.note("a second <channel>, whose items were taken into the first")
	m.passOver(string(tagName(m.in[m.i+1:])))
	return true
}

// translate gives an element the name and the namespace by which gofeed knows it.
func (m *mender) translate(t *tag) {
	depth := len(m.stack)
	switch {
	case depth == 0:
		m.translateRoot(t)
		return
	case isItem(t.local):
		m.translateItem(t)
	default:
		m.takeOffPrefix(t)
		if m.foreign {
			m.translateField(t)
		}
	}
	if m.isOwn(t) {
		m.dropNamespace(t)
	}
	if (t.local == "body" || t.local == "fullitem") && isItem(m.stack[depth-1].local) {
		t.name, t.attrs = t.local, nil // gofeed would take the markup of a body in a namespace apart
	}
	if t.name == "info" && depth == 1 {
		t.name, t.local = "tagline", "tagline" // Atom 0.3 had both, and gofeed knows one
	}
}

func (m *mender) translateRoot(t *tag) {
	m.atom = t.local == "feed"
	if prefix, _, ok := strings.Cut(t.name, ":"); ok && t.local != "rdf" {
		m.note("a prefix %s: of the feed's own elements", clip(prefix, 30))
		m.prefix = prefix + ":"
		t.name = t.local
	}
	for i, a := range t.attrs {
		if a.name != "xmlns" {
			continue
		}
		switch {
		case m.atom:
			if !atomSpace([]byte(`xmlns="` + a.value + `"`)) {
				m.note("the namespace %q, which is not Atom's", clip(a.value, 60))
				t.attrs[i].value = atomNamespace
			}
		case t.local == "rdf" && strings.Contains(a.value, "/rdf/simple/0.9"):
		default:
			if a.value != rss10Namespace {
				m.note("the namespace %q, which is not RSS's", clip(a.value, 60))
			}
			t.attrs[i].value = rss10Namespace
		}
	}
}

const rss10Namespace = "http://purl.org/rss/1.0/"

// translateItem names an item as the root's format does.
func (m *mender) translateItem(t *tag) {
	want := "item"
	if m.atom {
		want = "entry"
	}
	m.foreign = t.local != want
	if m.foreign {
		m.note("an <%s> in a feed of <%s>", clip(t.name, 30), want)
	}
	m.itemsOwn = ""
	if prefix, _, ok := strings.Cut(t.name, ":"); ok {
		m.itemsOwn = prefix + ":"
	}
	t.name, t.local = want, want
}

// takeOffPrefix takes the prefix of the feed's own elements off a field.
func (m *mender) takeOffPrefix(t *tag) {
	for _, prefix := range [...]string{m.prefix, m.itemsOwn} {
		if prefix != "" && strings.HasPrefix(t.name, prefix) {
			t.name = t.name[len(prefix):]
			return
		}
	}
}

// The fields of one format under the names of the other, as far as gofeed does not know them.
var (
	fieldsOfAtom = map[string]string{"pubDate": "published", "pubdate": "published", "description": "summary", "guid": "id", "content:encoded": "content"}
	fieldsOfRSS  = map[string]string{"summary": "description", "id": "guid"}
)

// translateField names a field of an item that is of the other format.
func (m *mender) translateField(t *tag) {
	names := fieldsOfRSS
	if m.atom {
		names = fieldsOfAtom
	}
	name, ok := names[t.name]
	if !ok {
		return
	}
	if m.atom && (name == "summary" || name == "content") {
		t.attrs = []attribute{{"type", "html"}}
	}
	t.name, t.local = name, name
}

// ownField are the fields that are the feed's own whatever namespace they claim; others, such as
// links, may well be of another vocabulary.
var ownField = set("title", "description", "pubDate", "guid", "summary", "published", "updated", "id")

// isOwn is true of an element that is the feed's own, not an extension's.
func (m *mender) isOwn(t *tag) bool {
	return t.local == "channel" || isItem(t.local) || ownField[t.name]
}

// dropNamespace takes a default namespace off an element; that of the root holds.
func (m *mender) dropNamespace(t *tag) {
	for i, a := range t.attrs {
		if a.name == "xmlns" {
			m.note("a namespace %q of <%s>", clip(a.value, 60), clip(t.name, 30))
			t.attrs = append(t.attrs[:i:i], t.attrs[i+1:]...)
			return
		}
	}
}

// linkText makes the text of an Atom link its address.
func (m *mender) linkText(t *tag) {
	end := bytes.IndexByte(m.in[t.end:], '<')
	if end < 0 || !bytes.HasPrefix(m.in[t.end+end:], []byte("</"+t.written)) {
		return
	}
	text := bytes.TrimSpace(m.in[t.end : t.end+end])
	after := indexAfter(m.in, t.end+end, ">")
	if after < 0 || len(text) == 0 || bytes.ContainsAny(text, " \t\n\"") {
		return
	}
	m.note("an address that is the text of its link")
	t.attrs = append(t.attrs, attribute{"href", string(text)})
	t.empty, t.end = true, after
}
