package feed

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/atom"
)

// headlineTag is a tag in a headline.
type headlineTag struct {
	at, end int // its bytes
	name    string
	closing bool
	paired  bool
}

// markupIn finds the tags of a headline that are markup, by where they start. Headlines about the
// web speak of tags, and nothing but the form tells the two apart. Markup is a comment; a tag that
// HTML knows and that has attributes, or the other half of which stands where the words between
// need both; one that stands for a line break; and one without its other half that touches the
// word it is for, or that word's end: "<p>Title", "Title</b>". A tag that stands like a word is a word.
func markupIn(s string) map[int]bool {
	tags := headlineTags(s)
	pairTags(s, tags)
	markup := make(map[int]bool, len(tags))
	for _, t := range tags {
		if t.isMarkup(s) {
			markup[t.at] = true
		}
	}
	return markup
}

func headlineTags(s string) []headlineTag {
	var tags []headlineTag
	var ends marksAhead
	for i := 0; i < len(s); {
		j := strings.IndexByte(s[i:], '<')
		if j < 0 {
			break
		}
		i += j
		n, name := ends.tagAt(s[i:])
		if n == 0 || name != "!" && !isHTMLTag(name) {
			i++
			continue
		}
		tags = append(tags, headlineTag{at: i, end: i + n, name: name, closing: s[i+1] == '/'})
		i += n
	}
	return tags
}

// pairTags notes which tags have their other half. Two with spaces all around are spoken of: "between
// <b> and </b>".
func pairTags(s string, tags []headlineTag) {
	open := map[string][]int{}
	for i := range tags {
		t := &tags[i]
		if !t.closing {
			open[t.name] = append(open[t.name], i)
			continue
		}
		waiting := open[t.name]
		if len(waiting) == 0 {
			continue
		}
		start := &tags[waiting[len(waiting)-1]]
		open[t.name] = waiting[:len(waiting)-1]
		words := s[start.end:t.at]
		t.paired = !(strings.HasPrefix(words, " ") && strings.HasSuffix(words, " "))
		start.paired = t.paired
	}
}

func (t *headlineTag) isMarkup(s string) bool {
	inside := strings.TrimSuffix(s[t.at+1+len(t.name):t.end-1], "/")
	before, _ := utf8.DecodeLastRuneInString(s[:t.at])
	after, _ := utf8.DecodeRuneInString(s[t.end:])
	glued := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	switch {
	case t.name == "!":
		return strings.HasPrefix(s[t.at:], "<!--")
	case t.paired:
		return true
	case t.closing:
		return t.at > 0 && before != ' '
	case strings.TrimSpace(inside) != "":
		return strings.Contains(inside, "=") // in "x<i and j>k" nothing is an attribute
	}
	switch t.name {
	case "br", "wbr", "hr", "nobr":
		return true
	case "p", "div", "li", "td", "tr":
		return glued(after) || t.at > 0 && before != ' '
	}
	return glued(after) && !glued(before)
}

func isHTMLTag(name string) bool {
	a := atom.Lookup([]byte(name))
	return a != 0 && htmlElements[a]
}

// htmlElements are the elements that are found in feeds' headlines; atoms name attributes too.
var htmlElements = map[atom.Atom]bool{
	atom.A: true, atom.B: true, atom.I: true, atom.U: true, atom.S: true, atom.P: true, atom.Q: true, atom.Em: true,
	atom.Br: true, atom.Hr: true, atom.Li: true, atom.Ul: true, atom.Ol: true, atom.Td: true, atom.Tr: true, atom.Th: true,
	atom.Div: true, atom.Span: true, atom.Strong: true, atom.Font: true, atom.Img: true, atom.Sub: true, atom.Sup: true,
	atom.Small: true, atom.Big: true, atom.Mark: true, atom.Cite: true, atom.Code: true, atom.Abbr: true, atom.Del: true,
	atom.Ins: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true,
	atom.Script: true, atom.Style: true, atom.Blink: true, atom.Center: true, atom.Strike: true, atom.Wbr: true,
	atom.Table: true, atom.Tbody: true, atom.Pre: true, atom.Iframe: true, atom.Object: true, atom.Embed: true,
	atom.Applet: true, atom.Meta: true, atom.Link: true, atom.Time: true, atom.Tt: true, atom.Video: true, atom.Audio: true,
	atom.Kbd: true, atom.Blockquote: true, atom.Label: true, atom.Input: true, atom.Button: true, atom.Form: true,
	atom.Frame: true, atom.Frameset: true, atom.Noscript: true, atom.Svg: true, atom.Nobr: true,
}
