package render

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// Problem is one rule a document breaks.
type Problem struct {
	Where   string // a line of XML, a path in JSON
	Message string
}

func (p Problem) String() string { return p.Where + ": " + p.Message }

// maxProblems is how many Check lists: more of them tell a newsroom nothing.
const maxProblems = 20

// Check is the publication gate: it reads a document as served and returns the rules of its
// format that it breaks, none when it may be published. The rules are those of RFC 4287, RFC 5005,
// RFC 6721, the RSS Advisory Board's profile, JSON Feed 1.1, OPML 2.0 and sitemaps on which readers and the
// W3C validator insist, and that no text is unsafe to show.
//
// A document passes or fails by its bytes alone. Whether a feed may fall to nothing is for the
// caller to decide, who knows what it held before.
func Check(f Format, doc []byte) []Problem {
	c := newChecker()
	switch {
	case !utf8.Valid(doc):
		c.add("document", "is not UTF-8")
	case f == FormatRSS:
		c.xml(doc, (*checker).rss)
	case f == FormatAtom:
		c.xml(doc, (*checker).atom)
	case f == FormatOPML:
		c.xml(doc, (*checker).opml)
	case f == FormatSitemap:
		c.xml(doc, (*checker).sitemap)
	case f == FormatJSON:
		c.json(doc)
	case f == FormatHTML:
		c.page(doc)
	default:
		c.add("document", "is of no known format %q", f)
	}
	return c.problems
}

type checker struct {
	problems    []Problem
	good        map[string]bool // addresses found to be right: a feed repeats its outlets' again and again
	ids, stamps map[string]bool // of the entries so far
	met         func(passed)    // when given, called for each entry of a feed in XML
	known       *Checker        // whose entries need not be looked at again, in JSON; nil for none
}

func newChecker() *checker {
	return &checker{good: make(map[string]bool), ids: make(map[string]bool), stamps: make(map[string]bool)}
}

func (c *checker) add(where, format string, args ...any) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, Problem{Where: where, Message: fmt.Sprintf(format, args...)})
	}
}

// node is an element of a parsed document.
type node struct {
	name     string // with the usual prefix of its namespace: "atom:link", "title"
	attrs    map[string]string
	text     string
	children []*node
	line     int
}

func (n *node) where() string { return at(n.line) }

func at(line int) string { return "line " + strconv.Itoa(line) }

// all returns the children of that name, and one the first of them or nil.
func (n *node) all(name string) []*node {
	var out []*node
	for _, k := range n.children {
		if k.name == name {
			out = append(out, k)
		}
	}
	return out
}

func (n *node) one(name string) *node {
	for _, k := range n.children {
		if k.name == name {
			return k
		}
	}
	return nil
}

// prefixes of the namespaces a feed of ours may use. An undeclared prefix arrives as a namespace of
// its own and is found out here.
var prefixes = map[string]string{
	"": "", nsAtom: "atom:", nsDC: "dc:", nsMedia: "media:", nsHistory: "fh:", nsThread: "thr:", nsTomb: "at:", nsGeoRSS: "georss:",
	nsSitemap: "", nsNews: "news:",
	"http://purl.org/rss/1.0/modules/content/": "content:", "xml": "xml:", "xmlns": "xmlns:",
	"http://www.w3.org/XML/1998/namespace": "xml:",
}

// xml parses the document and hands its root to the rules of its format.
func (c *checker) xml(doc []byte, rules func(*checker, *node)) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	top := &node{}
	stack := []*node{top}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := d.InputPos()
		if err != nil {
			c.add(at(line), "is not well-formed XML: %v", err)
			return
		}
		here := stack[len(stack)-1]
		switch tok := tok.(type) {
		case xml.StartElement:
			n := &node{name: c.name(tok.Name, line), attrs: make(map[string]string, len(tok.Attr)), line: line}
			for _, a := range tok.Attr {
				key := c.name(a.Name, line)
				if _, twice := n.attrs[key]; twice {
					c.add(at(line), "attribute %s stands twice", key)
				}
				if unshowable(a.Value) {
					c.add(at(line), "%s holds control or replacement characters", key)
				}
				n.attrs[key] = a.Value
			}
			here.children = append(here.children, n)
			stack = append(stack, n)
		case xml.EndElement:
			if unshowable(here.text) {
				c.add(at(line), "%s holds control or replacement characters", here.name)
			}
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if text := string(tok); here.text == "" {
				here.text = text
			} else {
				here.text += text
			}
		case xml.Directive:
			c.add(at(line), "a document type has no place in a feed")
		}
	}
	if len(top.children) != 1 {
		c.add("document", "has %d root elements, want 1", len(top.children))
		return
	}
	rules(c, top.children[0])
}

func (c *checker) name(n xml.Name, line int) string {
	prefix, ok := prefixes[n.Space]
	if !ok {
		c.add(at(line), "namespace %q of %s is not one of ours", n.Space, n.Local)
	}
	if prefix == "" {
		return n.Local
	}
	return prefix + n.Local
}

// unshowable tells whether a text holds characters that no reader can show.
func unshowable(s string) bool { return clean(s) != s }

// once wants each of the names exactly once and not empty.
func (c *checker) once(n *node, names ...string) {
	for _, name := range names {
		switch all := n.all(name); {
		case len(all) == 0:
			c.add(n.where(), "%s has no %s", n.name, name)
		case len(all) > 1:
			c.add(all[1].where(), "%s has more than one %s", n.name, name)
		case strings.TrimSpace(all[0].text) == "" && len(all[0].children) == 0:
			c.add(all[0].where(), "%s is empty", name)
		}
	}
}

// atMostOnce wants each of the names at most once.
func (c *checker) atMostOnce(n *node, names ...string) {
	for _, name := range names {
		if all := n.all(name); len(all) > 1 {
			c.add(all[1].where(), "%s has more than one %s", n.name, name)
		}
	}
}

// only wants no other children than these.
func (c *checker) only(n *node, names ...string) {
	for _, k := range n.children {
		if !slices.Contains(names, k.name) {
			c.add(k.where(), "%s has no place in %s", k.name, n.name)
		}
	}
}

// escaped tags, and the entities of HTML, in a text that holds none.
var (
	endTag     = regexp.MustCompile(`</[a-zA-Z][a-zA-Z0-9]*>`)
	textMarkup = regexp.MustCompile(`<[a-zA-Z/!][^<>]*>`)
)

// plain wants text without markup.
func (c *checker) plain(n *node) {
	if n == nil {
		return
	}
	if len(n.children) > 0 {
		c.add(n.where(), "%s holds elements", n.name)
	}
	if endTag.MatchString(n.text) || textMarkup.MatchString(n.text) {
		c.add(n.where(), "%s holds markup", n.name)
	}
	if utf8.RuneCountInString(n.text) > 2*maxTitle+maxSummary {
		c.add(n.where(), "%s is too long", n.name)
	}
}

// address wants an absolute http(s) address in ASCII.
func (c *checker) address(where, name, value string) {
	if c.good[value] {
		return
	}
	if value == "" || webURL(value, "") == "" || escapeURL(value) != value {
		c.add(where, "%s %q is no absolute web address", name, cut(value, 80))
		return
	}
	c.good[value] = true
}

// identifier wants a URI that can be compared by its characters.
func (c *checker) identifier(where, name, value string) {
	if !canonicalID(value) {
		c.add(where, "%s %q is no URI in normal form", name, cut(value, 80))
	}
}

func (c *checker) language(where, value string) {
	if languageTag(value) != value {
		c.add(where, "language %q is unknown", value)
	}
}

// date wants a date of the layout, on its right day of the week, of this age.
func (c *checker) date(n *node, layout string) {
	if n == nil {
		return
	}
	c.dateValue(n.where(), n.name, n.text, layout)
}

func (c *checker) dateValue(where, name, value, layout string) {
	t, err := time.Parse(layout, value)
	switch {
	case err != nil:
		c.add(where, "%s %q is no such date", name, cut(value, 80))
	case layout == time.RFC1123Z && !strings.HasPrefix(value, t.Weekday().String()[:3]):
		c.add(where, "%s %q is not a %s", name, value, value[:3])
	case t.Year() < 1990 || t.Year() > 2200:
		c.add(where, "%s %q is no plausible date", name, value)
	}
}

// markup wants HTML that is safe to show and well formed: what safeFragment writes.
func (c *checker) markup(where, name, s string) {
	z := html.NewTokenizer(strings.NewReader(s))
	var open []string
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				c.add(where, "%s leaves <%s> open", name, open[len(open)-1])
			}
			return
		case html.CommentToken, html.DoctypeToken:
			c.add(where, "%s holds a comment or a document type", name)
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if _, ok := allowed[t.DataAtom]; !ok {
				c.add(where, "%s holds <%s>", name, cut(t.Data, 40))
			}
			for _, a := range t.Attr {
				switch a.Key {
				case "href", "src":
					if a.Key == "src" || contact(a.Val) != a.Val {
						c.address(where, name+" "+a.Key, a.Val)
					}
				case "alt", "width", "height", "colspan", "rowspan", "start", "lang", "dir":
				default:
					c.add(where, "%s holds the attribute %s", name, cut(a.Key, 40))
				}
			}
			if t.Data != "img" && t.Data != "br" && t.Data != "hr" {
				open = append(open, t.Data)
			}
		case html.EndTagToken:
			t := z.Token()
			if len(open) == 0 || open[len(open)-1] != t.Data {
				c.add(where, "%s closes <%s> out of turn", name, cut(t.Data, 40))
				return
			}
			open = open[:len(open)-1]
		}
	}
}

// page checks a page for people: that it is whole, names its language, and runs or loads nothing
// that its policy would stop.
func (c *checker) page(doc []byte) {
	root, err := html.Parse(bytes.NewReader(doc))
	if err != nil {
		c.add("document", "is no HTML: %v", err)
		return
	}
	if !bytes.HasPrefix(doc, []byte("<!DOCTYPE html>")) || !bytes.HasSuffix(bytes.TrimSpace(doc), []byte("</html>")) {
		c.add("document", "is cut short")
	}
	seen := map[string]int{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if seen[n.Data]++; isSearchForm(n) {
			seen[n.Data]--
		}
		for _, a := range n.Attr {
			value := strings.TrimSpace(strings.ToLower(a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc":
				c.add("<"+n.Data+">", "holds the attribute %s", a.Key)
			case (a.Key == "href" || a.Key == "src") && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:")):
				c.add("<"+n.Data+">", "points to a script")
			case n.Data == "html" && a.Key == "lang":
				seen["lang"]++
			case n.Data == "script" && a.Key == "src":
				seen["script"]--
			}
		}
	}
	for _, name := range []string{"title", "h1", "main", "lang"} {
		if seen[name] != 1 {
			c.add("document", "has %d of %s, want 1", seen[name], name)
		}
	}
	for _, name := range []string{"script", "style", "iframe", "object", "embed", "form"} {
		if seen[name] > 0 {
			c.add("document", "holds <%s>", name)
		}
	}
}

// isSearchForm tells whether an element is the form of the site's own search, the only one that a page may
// have.
func isSearchForm(n *html.Node) bool {
	if n.Data != "form" {
		return false
	}
	own, get := false, false
	for _, a := range n.Attr {
		switch a.Key {
		case "action":
			own = strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "//") && strings.HasSuffix(a.Val, "/search")
		case "method":
			get = a.Val == "get"
		}
	}
	return own && get
}
