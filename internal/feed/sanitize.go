package feed

import (
	"cmp"
	"html"
	"net/url"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// policy is the allow-list for HTML from sources: text, its structure, links and pictures; no scripts,
// forms, embedded documents or styles.
var policy = makePolicy()

func makePolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "div", "span", "blockquote", "q", "cite", "pre", "code", "samp", "kbd", "var",
		"h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "b", "strong", "i", "em", "u", "s",
		"strike", "del", "ins", "sub", "sup", "small", "big", "mark", "abbr", "time", "figure", "figcaption",
		"picture", "ruby", "rt", "rp", "center", "table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th",
		"article", "section", "header", "footer", "main", "aside", "nav", "address", "details", "summary", "fieldset", "legend")
	p.AllowElementsContent("object", "noscript", "frame", "frameset") // what is shown where the object cannot be
	p.SkipElementsContent("svg")                                      // a drawing without its lines is words without a place
	p.AllowStandardURLs()
	p.AllowURLSchemes("tel")
	p.RequireNoFollowOnLinks(false)
	p.AllowRelativeURLs(false)
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("title").OnElements("a", "abbr", "img")
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(bluemonday.NumberOrPercent).OnElements("img")
	p.AllowAttrs("cite").OnElements("blockquote", "q")
	p.AllowAttrs("datetime").Matching(bluemonday.ISO8601).OnElements("time")
	p.AllowAttrs("colspan", "rowspan").Matching(bluemonday.Integer).OnElements("td", "th")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*$`)).Globally()
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`^(?i:ltr|rtl|auto)$`)).Globally()
	return p
}

// Sanitize makes HTML from a source safe to show: addresses are absolute (resolved against base, and
// removed where that gives no http, https, mailto or tel address); scripts, styles, forms, frames, drawings,
// tracking pixels and what is hidden are gone. It costs tens of microseconds and more, so it is
// done when something is shown, not when it is collected.
func Sanitize(raw, base string) string {
	if !strings.ContainsAny(raw, "<&") {
		return html.EscapeString(raw)
	}
	return strings.TrimSpace(policy.Sanitize(Absolute(raw, base)))
}

// urlAttrs are the attributes that hold an address.
var urlAttrs = map[string]bool{"href": true, "src": true, "cite": true, "poster": true, "data": true, "action": true,
	"background": true, "longdesc": true, "formaction": true, "usemap": true}

// Absolute resolves the addresses in HTML against base and removes tracking pixels. HTML that needs
// no change is returned byte for byte. An empty base resolves nothing.
func Absolute(raw, base string) string {
	if !strings.Contains(raw, "<") {
		return raw
	}
	var b *url.URL
	if base != "" {
		if u, err := url.Parse(strings.TrimSpace(base)); err == nil && u.IsAbs() {
			b = u
		}
	}
	var out strings.Builder
	out.Grow(len(raw) + len(raw)/8)
	z := nethtml.NewTokenizer(strings.NewReader(raw))
	shown := ""                // the picture before
	sources := ""              // the sizes that the open <picture> offers
	fallback := false          // within <noscript>
	ended := map[string]bool{} // whether an element has an end tag anywhere: looked for once
	at, player := 0, 0         // what was read of raw, and where what is left out ends: a player, or what is hidden
	for {
		kind := z.Next()
		from := at
		if at += len(z.Raw()); from < player {
			continue
		}
		switch kind {
		case nethtml.ErrorToken:
			return out.String()
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			was := string(z.Raw())
			t := z.Token()
			if swallows[t.DataAtom] && (kind == nethtml.SelfClosingTagToken || t.DataAtom == atom.Iframe || !endsAnywhere(ended, raw, t.Data)) {
				// A tag in XML's short form (<iframe/>), or one without its end: an HTML parser would take
				// everything behind it for its content.
				z.NextIsNotRawText()
				if t.DataAtom == atom.Iframe {
					player = at + max(0, unplayed(raw[at:], t.Data))
					if watch, picture := videoOf(Resolve(b, PictureSource(attrIn(t.Attr)))); watch != "" {
						out.WriteString(playerLink("Video", watch, picture))
					}
				}
				continue
			}
			if t.DataAtom == atom.Audio || t.DataAtom == atom.Video {
				in := attrIn(t.Attr)
				player = at + max(0, unplayed(raw[at:], t.Data))
				src := Resolve(b, unbroken(cmp.Or(strings.TrimSpace(in("src")), sourceIn(raw[at:player]))))
				switch {
				case !strings.HasPrefix(src, "http://") && !strings.HasPrefix(src, "https://"):
				case t.DataAtom == atom.Audio:
					out.WriteString(playerLink("Audio", src, ""))
				default:
					out.WriteString(playerLink("Video", src, Resolve(b, unbroken(in("poster")))))
				}
			}
			if t.DataAtom == atom.Noscript {
				// The fallback for readers without scripts. Its picture is shown unless it is the one before.
				z.NextIsNotRawText()
				fallback = kind == nethtml.StartTagToken
				continue
			}
			if kind == nethtml.StartTagToken && isHidden(t.Attr) {
				if n := hiddenSpan(ended, raw[at:], t.Data); n > 0 {
					player = at + n
					continue
				}
			}
			changed := false
			switch {
			case t.Data == "amp-img":
				t.Data, t.DataAtom, changed = "img", atom.Img, true
			case t.DataAtom == atom.Source && sources == "":
				sources = cmp.Or(attrIn(t.Attr)("srcset"), attrIn(t.Attr)("data-srcset"))
			case t.DataAtom == atom.Picture:
				sources = ""
			}
			if t.DataAtom == atom.Img && isPixel(t.Attr) {
				continue
			}
			if t.DataAtom == atom.Img {
				src := Resolve(b, cmp.Or(PictureSource(attrIn(t.Attr)), LargestOf(sources)))
				sources = ""
				if fallback && (src == "" || src == shown) {
					continue
				}
				if shown = src; src != "" && lacksSource(t.Attr) {
					t.Attr = withSource(t.Attr, src)
					changed = true
				}
			}
			for i, a := range t.Attr {
				if urlAttrs[a.Key] {
					if v := Resolve(b, unbroken(a.Val)); v != a.Val {
						t.Attr[i].Val, changed = v, true
					}
				}
			}
			if changed {
				was = t.String()
			}
			out.WriteString(was)
		case nethtml.EndTagToken:
			was := z.Raw()
			if name, _ := z.TagName(); string(name) == "noscript" {
				fallback = false
				continue
			}
			out.Write(was)
		case nethtml.TextToken:
			if !fallback { // whose text asks for scripts
				out.Write(z.Raw())
			}
		default:
			out.Write(z.Raw())
		}
	}
}

func attrIn(attrs []nethtml.Attribute) func(string) string {
	return func(name string) string {
		for _, a := range attrs {
			if a.Key == name {
				return a.Val
			}
		}
		return ""
	}
}

// endsAnywhere tells whether raw holds an end tag of this name. Answers are kept in known.
func endsAnywhere(known map[string]bool, raw, name string) bool {
	ends, asked := known[name]
	if !asked {
		ends = strings.Contains(raw, "</"+name)
		known[name] = ends
	}
	return ends
}

// isHidden is true of an element that a browser does not show: the words before a newsletter that a mailbox lists, and
// those for screen readers alone.
func isHidden(attrs []nethtml.Attribute) bool {
	for _, a := range attrs {
		switch a.Key {
		case "hidden":
			if a.Val != "until-found" {
				return true
			}
		case "style":
			v := strings.ReplaceAll(strings.ToLower(a.Val), " ", "")
			if strings.Contains(v, "display:none") || strings.Contains(v, "visibility:hidden") {
				return true
			}
		case "class":
			for name := range strings.FieldsSeq(a.Val) {
				if name == "screen-reader-text" || name == "sr-only" || name == "visually-hidden" {
					return true
				}
			}
		}
	}
	return false
}

// hiddenSpan measures what is left of a hidden element behind its start tag, its end tag included. It is 0 where that
// is more than a few lines, or has a picture: what a script would show.
func hiddenSpan(ended map[string]bool, rest, name string) int {
	const few = 2 << 10
	if !endsAnywhere(ended, rest, name) {
		return 0
	}
	rest = rest[:min(len(rest), few)]
	for i, open := 0, 1; ; {
		next := strings.IndexByte(rest[i:], '<')
		if next < 0 {
			return 0
		}
		i += next + 1
		tag, end := strings.CutPrefix(rest[i:], "/")
		if len(tag) <= len(name) || !strings.EqualFold(tag[:len(name)], name) || tag[len(name)] > ' ' && tag[len(name)] != '>' && tag[len(name)] != '/' {
			continue
		}
		if open++; end {
			open -= 2
		}
		if open == 0 {
			close := strings.IndexByte(rest[i:], '>')
			if close < 0 || strings.Contains(rest[:i], "<img") {
				return 0
			}
			return i + close + 1
		}
	}
}

func withSource(attrs []nethtml.Attribute, src string) []nethtml.Attribute {
	kept := []nethtml.Attribute{{Key: "src", Val: src}}
	for _, a := range attrs {
		if a.Key != "src" {
			kept = append(kept, a)
		}
	}
	return kept
}

// swallows are the elements whose content an HTML parser does not read as markup, or which is left out with them.
var swallows = map[atom.Atom]bool{atom.Iframe: true, atom.Script: true, atom.Style: true, atom.Noembed: true,
	atom.Noframes: true, atom.Textarea: true, atom.Title: true, atom.Xmp: true, atom.Object: true, atom.Svg: true}

func lacksSource(attrs []nethtml.Attribute) bool {
	for _, a := range attrs {
		if a.Key == "src" && isPictureAddress(strings.TrimSpace(a.Val)) {
			return false
		}
	}
	return true
}

// Resolve returns ref as an absolute address when base is known, else as it is; surrounding space
// is never part of it. An address that cannot be parsed is returned trimmed.
func Resolve(base *url.URL, ref string) string {
	ref = strings.TrimSpace(ref)
	if base == nil || ref == "" || hasScheme(ref) {
		return ref
	}
	u, err := url.Parse(strings.ReplaceAll(ref, " ", "%20"))
	if err != nil {
		return ref
	}
	return base.ResolveReference(u).String()
}

// unbroken is an address in a text as browsers read it: space around it and line breaks are no part of it, and
// spaces within are.
func unbroken(address string) string {
	address = strings.TrimSpace(address)
	if !strings.ContainsAny(address, " \t\r\n") {
		return address
	}
	return strings.NewReplacer(" ", "%20", "\t", "", "\r", "", "\n", "").Replace(address)
}

// hasScheme is true of an address that starts with a scheme of its own.
func hasScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		case i > 0 && (isDigit(c) || c == '+' || c == '-' || c == '.'):
		case c == ':':
			return i > 0
		default:
			return false
		}
	}
	return false
}

// pixelHosts serve tracking pixels and nothing else.
var pixelHosts = []string{
	"feeds.feedburner.com/~r/", "feeds.feedburner.com/~ff/", "feedproxy.google.com/~r/", "feedsportal.com/",
	"stats.wordpress.com/", "pixel.wp.com/", "stats.wp.com/", "doubleclick.net/", "google-analytics.com/",
	"pixel.quantserve.com/", "scorecardresearch.com/", "facebook.com/tr", "rss.buysellads.com/", "ads.pheedo.com/",
	"bs.serving-sys.com/", "pixel.mathtag.com/", "hits.feedburner", "/piwik.php", "/matomo.php", "/b.gif?", "/__utm.gif",
}

func isPixel(attrs []nethtml.Attribute) bool {
	small := 0
	for _, a := range attrs {
		switch a.Key {
		case "width", "height":
			v := strings.TrimSuffix(strings.TrimSpace(a.Val), "px")
			if v == "0" || v == "1" {
				small++
			}
		case "src":
			if Counts(a.Val) {
				return true
			}
		case "style":
			v := strings.ReplaceAll(strings.ToLower(a.Val), " ", "")
			if strings.Contains(v, "display:none") || strings.Contains(v, "width:1px;height:1px") || strings.Contains(v, "height:1px;width:1px") {
				return true
			}
		}
	}
	return small == 2
}

// PlainText returns the text of an HTML fragment: tags gone, character references resolved, white
// space collapsed. Blocks are set apart by a space. A "<" that opens no tag stays. It is a scanner
// by hand, for it runs over everything that is collected.
func PlainText(s string) string {
	return plainText(s, nil)
}

// PlainTitle is PlainText for a headline, which may speak of tags: "Vec<T>", "a <b" and "why <table>
// came back" are words, "<b>Strike</b> ends" is markup. See markupIn.
func PlainTitle(s string) string {
	if strings.IndexByte(s, '<') < 0 {
		return PlainText(s)
	}
	markup := markupIn(s)
	return plainText(s, func(at int) bool { return markup[at] })
}

// PlainLine is PlainText for what is text and not HTML: a "<" stays whatever follows. References are
// resolved nevertheless, because publishers escape once too often.
func PlainLine(s string) string {
	return plainText(s, func(int) bool { return false })
}

// plainText takes those tags for markup that start where markup says so; nil is true of all.
func plainText(s string, markup func(at int) bool) string {
	if isPlain(s) {
		return s
	}
	out := make([]byte, 0, len(s))
	space := false
	var ends marksAhead
	put := func(p string) {
		if space && len(out) > 0 {
			out = append(out, ' ')
		}
		space = false
		out = append(out, p...)
	}
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f':
			space = true
			i++
		case c == '<':
			n, name := ends.tagAt(s[i:])
			if n == 0 || markup != nil && !markup(i) {
				put("<")
				i++
				continue
			}
			end := s[i+1] == '/'
			i += n
			switch {
			case !end && (name == "script" || name == "style"):
				i = skipRaw(s, i, name)
			case !end && name == "svg" && s[i-2] != '/':
				i += ends.drawing(s[i:])
			case !inline[name]:
				space = true
			}
		case c == '&':
			r, n := entityAt(s[i:])
			if n == 0 {
				put("&")
				i++
				continue
			}
			i += n
			switch r {
			case "\u00a0", " ", "\n", "\t", "\r":
				space = true
			default:
				put(r)
			}
		case c < 0x20 || c == 0x7f:
			i++
		case c == 0xC2 && i+1 < len(s) && s[i+1] == 0xA0:
			space = true
			i += 2
		default:
			j := i + 1
			for j < len(s) && s[j] > ' ' && s[j] != '<' && s[j] != '&' && s[j] != 0x7f && s[j] != 0xC2 {
				j++
			}
			put(s[i:j])
			i = j
		}
	}
	return string(out)
}

// isPlain tells whether a text can be returned as it is: no markup, no runs of spaces, no space at the
// ends.
func isPlain(s string) bool {
	last := byte(' ')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c == '<' || c == '&' || c == 0x7f || c == ' ' && last == ' ' || c == 0xA0 && last == 0xC2 {
			return false
		}
		last = c
	}
	return s == "" || last != ' '
}

// inline are the elements that may stand within a word: removing their tags leaves no space.
var inline = map[string]bool{"a": true, "b": true, "i": true, "em": true, "strong": true, "span": true, "font": true,
	"u": true, "s": true, "sub": true, "sup": true, "small": true, "mark": true, "abbr": true, "code": true, "big": true,
	"wbr": true, "!": true, "ins": true, "del": true, "q": true, "script": true, "style": true, "cite": true, "bdi": true, "bdo": true, "tt": true}

// marksAhead remembers which marks do not come again in a text that is read from its beginning to its
// end, so that none is looked for twice in vain: that would take the square of the time.
type marksAhead struct {
	noComment, noClose, noDrawing bool
}

// tagAt measures the tag, comment, declaration or CDATA mark that s, the rest of the text, starts
// with, and gives its name in lower case ("!" for what is no element). Zero means that s starts with
// no markup.
func (m *marksAhead) tagAt(s string) (n int, name string) {
	if len(s) < 2 {
		return 0, ""
	}
	switch c := s[1]; {
	case strings.HasPrefix(s, "<!--"):
		if !m.noComment {
			if end := strings.Index(s[4:], "-->"); end >= 0 {
				return end + 7, "!"
			}
			m.noComment = true
		}
		if end := m.close(s); end >= 0 {
			return end + 1, "!"
		}
		return len(s), "!"
	case c == '!' || c == '?':
		if end := m.close(s); end >= 0 {
			return end + 1, "!"
		}
		return 0, ""
	case c == '/' || isLetter(c):
	default:
		return 0, ""
	}
	i := 1
	if s[1] == '/' {
		i = 2
	}
	start := i
	for i < len(s) && (isLetter(s[i]) || isDigit(s[i]) || s[i] == '-' || s[i] == ':') {
		i++
	}
	if i == start || i < len(s) && s[i] != '>' && s[i] != '/' && s[i] > ' ' {
		return 0, ""
	}
	name = lower(s[start:i])
	quote := byte(0)
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && s[i-1] == '=':
			quote = c
		case c == '>':
			return i + 1, name
		case c == '<':
			return 0, ""
		}
	}
	return 0, ""
}

// close is the place of the next ">", -1 when there is none.
func (m *marksAhead) close(s string) int {
	if m.noClose {
		return -1
	}
	end := strings.IndexByte(s, '>')
	m.noClose = end < 0
	return end
}

// drawing measures what is within the drawing that begins before s, 0 when it does not end.
func (m *marksAhead) drawing(s string) int {
	if m.noDrawing {
		return 0
	}
	end := strings.Index(s, "</svg")
	m.noDrawing = end < 0
	return max(0, end)
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// lower is strings.ToLower without a copy for names in lower case, as nearly all are.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return strings.ToLower(s)
		}
	}
	return s
}

// skipRaw returns where the raw text of a script or style that starts at i has ended.
func skipRaw(s string, i int, name string) int {
	for j := i; j < len(s); {
		k := strings.Index(s[j:], "</")
		if k < 0 {
			return len(s)
		}
		j += k
		if len(s) >= j+2+len(name) && strings.EqualFold(s[j+2:j+2+len(name)], name) {
			return j
		}
		j += 2
	}
	return len(s)
}

// entityAt resolves the character reference that s starts with. n is 0 when there is none. A name
// must end in a semicolon: "&copy=2" in an address is not the copyright sign.
func entityAt(s string) (r string, n int) {
	end := 1
	for end < len(s) && end < 40 && (isLetter(s[end]) || isDigit(s[end]) || s[end] == '#') {
		end++
	}
	if end == 1 || end == len(s) || s[end] != ';' {
		return "", 0
	}
	end++
	switch s[:end] {
	case "&amp;":
		return "&", end
	case "&lt;":
		return "<", end
	case "&gt;":
		return ">", end
	case "&quot;":
		return `"`, end
	case "&nbsp;":
		return "\u00a0", end
	}
	r = html.UnescapeString(s[:end])
	if r == s[:end] {
		return "", 0
	}
	if r == "\uFFFD" || len(r) == 1 && (r[0] < ' ' && r != "\n" && r != "\t" && r != "\r" || r[0] == 0x7f) {
		return "", end
	}
	return r, end
}

// Counts tells whether a picture's address is that of a tracking pixel, which counts readers and shows
// nothing.
func Counts(src string) bool {
	for _, h := range pixelHosts {
		if strings.Contains(src, h) {
			return true
		}
	}
	return false
}
