package read

import "bytes"

type docKind int

const (
	kindUnknown docKind = iota
	kindEmpty
	kindXML
	kindJSON
	kindHTML
	kindOther // XML of another kind; junk is the name of its root
)

// sniff finds out what a document is and where it starts, past any prologue. junk names what stood
// before a feed and does not belong there.
func sniff(b []byte) (kind docKind, start int, junk string) {
	i := skipSpace(b, 0)
	if i == len(b) {
		return kindEmpty, 0, ""
	}
	if b[i] == '{' || b[i] == '[' && skipSpace(b, i+1) < len(b) && b[skipSpace(b, i+1)] == '{' {
		return kindJSON, i, ""
	}
	at, name := firstElement(b, i)
	if isRoot(name) || name == "channel" {
		return kindXML, at, ""
	}
	// Something else comes first: a message of PHP, a comment without end, a page. The feed may
	// stand behind it.
	if j := findRoot(b, i); j >= 0 {
		junk = "text"
		if b[i] == '<' {
			junk = "markup"
		}
		return kindXML, j, junk
	}
	head := bytes.ToLower(b[i:min(len(b), i+4096)])
	if isHTML(name) || bytes.Contains(head, []byte("<html")) || bytes.HasPrefix(head, []byte("<!doctype html")) {
		return kindHTML, i, ""
	}
	if name != "" {
		if holdsItems(b[at:]) {
			return kindXML, at, ""
		}
		return kindOther, at, name
	}
	if j := bytes.Index(b, []byte(`{"version"`)); j >= 0 {
		return kindJSON, j, "text"
	}
	return kindUnknown, i, ""
}

// firstElement passes declarations, comments and white space, and gives the place and local name
// (lower case) of the first element; the name is empty when something else comes first.
func firstElement(b []byte, i int) (at int, name string) {
	for {
		i = skipSpace(b, i)
		if i+1 >= len(b) || b[i] != '<' {
			return i, ""
		}
		var end int
		switch {
		case bytes.HasPrefix(b[i:], []byte("<?")):
			end = indexAfter(b, i, "?>")
		case bytes.HasPrefix(b[i:], []byte("<!--")):
			end = indexAfter(b, i+4, "-->")
		case b[i+1] == '!':
			end = doctypeEnd(b, i)
		default:
			return i, localName(tagName(b[i+1:]))
		}
		if end < 0 {
			return i, ""
		}
		i = end
	}
}

// doctypeEnd passes a <!DOCTYPE …> with the declarations it may hold in brackets.
func doctypeEnd(b []byte, i int) int {
	brackets, quote := 0, byte(0)
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[':
			brackets++
		case c == ']':
			brackets--
		case c == '>' && brackets <= 0:
			return i + 1
		}
	}
	return -1
}

func isRoot(local string) bool { return local == "rss" || local == "rdf" || local == "feed" }

// holdsItems is true of XML under a root of its own that has items as a feed has them.
func holdsItems(b []byte) bool {
	head := b[:min(len(b), 1<<16)]
	for _, item := range [...]string{"<item>", "<item ", "<entry>", "<entry "} {
		if i := bytes.Index(head, []byte(item)); i >= 0 && bytes.Contains(head[i:], []byte("<title")) {
			return true
		}
	}
	return false
}

// findRoot looks for the start tag of a feed anywhere, outside comments, that has more of a feed
// behind it.
func findRoot(b []byte, i int) int {
	var comment commentEnd
	for candidates := 0; candidates < 20; {
		j := bytes.IndexByte(b[i:], '<')
		if j < 0 {
			return -1
		}
		i += j
		if bytes.HasPrefix(b[i:], []byte("<!--")) {
			// Pages keep RDF about themselves in comments.
			if end := comment.end(b, i); end > 0 {
				i = end
				continue
			}
		}
		name := tagName(b[i+1:])
		if len(name) >= 3 && len(name) <= 40 && isRoot(localName(name)) {
			candidates++
			tail := bytes.ToLower(b[i:min(len(b), i+1<<14)])
			for _, mark := range []string{"channel", "<entry", "item", "<title", ":title"} {
				if bytes.Contains(tail, []byte(mark)) {
					return i
				}
			}
		}
		i++
	}
	return -1
}

// commentEnd finds the ends of comments, each once, however many comments seem to start before it.
type commentEnd struct {
	next int    // the place behind the "-->" found last
	free int    // where there is none up to here, as far as was looked
	tag  string // looked for before it
	last int    // where that stands last
}

// end returns the place behind the comment that starts at i, -1 when it does not end soon. It is to be
// asked from the beginning of in to the end.
func (c *commentEnd) end(in []byte, i int) int {
	const soon = 1 << 16
	if c.next >= i+len("<!---->") {
		return c.next
	}
	limit := min(len(in), i+soon)
	from := max(i+len("<!--"), c.free-len("--"))
	if from > limit {
		return -1
	}
	if c.next = indexAfter(in[:limit], from, "-->"); c.next < 0 {
		c.free = limit
	}
	c.tag = ""
	return c.next
}

// endBefore is end, and the last place where tag stands before it; -1 when it stands nowhere.
func (c *commentEnd) endBefore(in []byte, i int, tag string) (end, last int) {
	end = c.end(in, i)
	if end < 0 {
		return -1, -1
	}
	if c.tag != tag {
		c.tag, c.last = tag, bytes.LastIndex(in[i:end], []byte(tag))
		if c.last >= 0 {
			c.last += i
		}
	}
	return end, c.last
}
