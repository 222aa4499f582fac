package render

import (
	"bytes"
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"feedd/internal/feed"
)

// A fragment is a piece of HTML that is safe, well formed (an HTML5 parser finds no error in it),
// bounded, and without relative addresses.
type fragment struct {
	html string
	text string // the same as one line of plain text
}

// maxDepth bounds how deep the HTML that is shown may nest. More than that is no news item.
const maxDepth = 40

// allowed elements, and whether they are blocks, which must not stand inside a paragraph.
var allowed = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Blockquote: true, atom.Pre: true, atom.Ul: true, atom.Ol: true,
	atom.Li: true, atom.Dl: true, atom.Dt: true, atom.Dd: true, atom.H1: true, atom.H2: true,
	atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Hr: true, atom.Figure: true,
	atom.Figcaption: true, atom.Table: true, atom.Caption: true, atom.Thead: true, atom.Tbody: true,
	atom.Tfoot: true, atom.Tr: true, atom.Th: true, atom.Td: true,

	atom.A: false, atom.Abbr: false, atom.B: false, atom.Br: false, atom.Cite: false, atom.Code: false,
	atom.Del: false, atom.Em: false, atom.I: false, atom.Img: false, atom.Ins: false, atom.Kbd: false,
	atom.Q: false, atom.S: false, atom.Samp: false, atom.Small: false, atom.Span: false,
	atom.Strong: false, atom.Sub: false, atom.Sup: false, atom.Time: false, atom.U: false, atom.Var: false,
}

// containers are blocks that group others: a reader of feeds is shown a <div> for them.
var containers = map[atom.Atom]bool{
	atom.Article: true, atom.Section: true, atom.Header: true, atom.Footer: true, atom.Main: true, atom.Aside: true, atom.Nav: true,
	atom.Address: true, atom.Details: true, atom.Summary: true, atom.Fieldset: true, atom.Legend: true, atom.Center: true,
}

// inTable elements only mean something to the table they stand in: they are kept even when empty.
var inTable = map[atom.Atom]bool{
	atom.Table: true, atom.Thead: true, atom.Tbody: true, atom.Tfoot: true, atom.Tr: true, atom.Th: true, atom.Td: true,
}

// safeFragment makes HTML as received into a fragment of at most max runes of text. Pictures are
// kept on request only.
func safeFragment(markup, base string, max int, pictures bool) fragment {
	markup = clean(markup)
	if strings.TrimSpace(markup) == "" {
		return fragment{}
	}
	if strings.IndexByte(markup, '<') < 0 && strings.IndexByte(markup, '&') < 0 {
		text := line(markup, max)
		return fragment{html: escapeHTML(text), text: text}
	}
	nodes, err := feed.ParseFragment(feed.Sanitize(markup, base))
	if err != nil { // out of proportion
		text := line(feed.PlainText(markup), max)
		return fragment{html: escapeHTML(text), text: text}
	}
	w := fragmentWriter{left: max, pictures: pictures, space: true}
	for _, n := range withoutTail(nodes) {
		w.node(n, 0, false, false)
	}
	return fragment{
		html: strings.TrimSpace(clean(w.html.String())),
		text: line(w.text.String(), max),
	}
}

// fragmentWriter writes a parsed tree back, leaving out what is not wanted.
type fragmentWriter struct {
	html     bytes.Buffer
	text     strings.Builder
	left     int // runes of text that may still be written
	pictures bool
	space    bool // what was written last ends in a space, or nothing was written
	shown    int  // things written that a reader sees
}

func (w *fragmentWriter) node(n *html.Node, depth int, inP, pre bool) {
	if w.left <= 0 {
		return
	}
	switch n.Type {
	case html.TextNode:
		w.words(n.Data, pre)
		return
	case html.ElementNode:
	default:
		return
	}
	if containers[n.DataAtom] && n.Namespace == "" {
		n.Data, n.DataAtom = "div", atom.Div
	}
	block, known := allowed[n.DataAtom]
	if block {
		w.text.WriteByte(' ')
	}
	if !known || depth > maxDepth || n.Namespace != "" || block && inP && !inTable[n.DataAtom] {
		for c := range n.ChildNodes() {
			w.node(c, depth+1, inP, pre)
		}
		return
	}
	attrs, ok := w.attributes(n)
	switch {
	case n.DataAtom == atom.Img:
		if ok && w.pictures {
			w.html.WriteString("<img" + attrs + ">")
			w.space = false
			w.shown++
		}
		return
	case n.DataAtom == atom.Br || n.DataAtom == atom.Hr:
		w.text.WriteByte(' ')
		if w.shown > 0 { // a break before anything else is left over from a picture
			w.html.WriteString("<" + n.Data + ">")
			w.space = true
		}
		return
	case !ok: // a link to nowhere, a span that says nothing
		for c := range n.ChildNodes() {
			w.node(c, depth+1, inP, pre)
		}
		return
	}
	inP = inP || n.DataAtom == atom.P
	if n.DataAtom == atom.Td || n.DataAtom == atom.Th || n.DataAtom == atom.Caption {
		inP = false // a cell starts anew
	}
	pre = pre || n.DataAtom == atom.Pre

	before, shown, space := w.html.Len(), w.shown, w.space
	w.html.WriteString("<" + n.Data + attrs + ">")
	if block {
		w.space = true
	}
	for c := range n.ChildNodes() {
		w.node(c, depth+1, inP, pre)
	}
	if w.shown == shown && !inTable[n.DataAtom] { // nothing in it: leave no empty shell
		w.html.Truncate(before)
		w.space = space
		return
	}
	w.html.WriteString("</" + n.Data + ">")
	if block {
		w.text.WriteByte(' ')
		w.space = true
	}
}

// words writes text: runs of space become one, and it ends where the budget does.
func (w *fragmentWriter) words(s string, pre bool) {
	if !pre {
		var b strings.Builder
		b.Grow(len(s))
		for _, r := range s {
			if unicode.IsSpace(r) && r != 0xA0 {
				if !w.space {
					b.WriteByte(' ')
				}
				w.space = true
				continue
			}
			b.WriteRune(r)
			w.space = false
		}
		s = b.String()
	}
	if s == "" {
		return
	}
	n := utf8.RuneCountInString(s)
	if n > w.left {
		s = cut(s, max(w.left, 2))
		w.left = 0
	} else {
		w.left -= n
	}
	w.html.WriteString(escapeHTML(s))
	w.text.WriteString(s)
	if strings.TrimSpace(s) != "" {
		w.shown++
	}
}

// attributes returns those of the element that may stay, and whether the element itself may.
func (w *fragmentWriter) attributes(n *html.Node) (string, bool) {
	var b strings.Builder
	add := func(key, value string) {
		b.WriteString(" " + key + `="` + escapeHTML(value) + `"`)
	}
	get := func(key string) string {
		for _, a := range n.Attr {
			if a.Key == key && a.Namespace == "" {
				return clean(a.Val)
			}
		}
		return ""
	}
	switch n.DataAtom {
	case atom.A:
		href := get("href")
		if href = cmp.Or(newsURL(href, ""), contact(href)); href == "" {
			return "", false
		}
		add("href", href)
	case atom.Img:
		src := newsURL(get("src"), "")
		width, height := get("width"), get("height")
		if src == "" || width == "1" || height == "1" || width == "0" || height == "0" {
			return "", false // nothing to see, or a counter of readers
		}
		add("src", src)
		add("alt", line(get("alt"), maxTitle))
		for _, key := range []string{"width", "height"} {
			if v := get(key); isNumber(v) {
				add(key, v)
			}
		}
	case atom.Td, atom.Th:
		for _, key := range []string{"colspan", "rowspan"} {
			if v := get(key); isNumber(v) {
				add(key, v)
			}
		}
	case atom.Ol:
		if v := get("start"); isNumber(v) {
			add("start", v)
		}
	}
	if v := get("lang"); v != "" && languageTag(v) == v {
		add("lang", v)
	}
	if v := strings.ToLower(get("dir")); v == "rtl" || v == "ltr" {
		add("dir", v)
	}
	return b.String(), n.DataAtom != atom.Span || b.Len() > 0
}

func isNumber(s string) bool {
	if s == "" || len(s) > 4 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

var htmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;")

func escapeHTML(s string) string { return htmlEscaper.Replace(s) }
