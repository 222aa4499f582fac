package read

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"feedd/internal/feed"
	"github.com/PuerkitoBio/goquery"
	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// A page without a feed is read in one of two ways: by the selectors its source names, or, without
// any, by what it says of itself in JSON-LD or microdata.

// CheckSelector says what is wrong with a selector of a page: CSS, with "@attr" behind it to take
// an attribute instead of the text.
func CheckSelector(css string) error {
	_, _, err := selector(css)
	if why := errors.Unwrap(err); why != nil {
		return why // whoever asks knows the selector
	}
	return err
}

// maxSelector bounds a selector, in bytes: compiling one takes more than its length.
const maxSelector = 2000

// selector takes "sel@attr" apart. An empty sel, as in "@href", is the block itself.
func selector(css string) (m goquery.Matcher, attr string, err error) {
	if len(css) > maxSelector {
		return nil, "", fmt.Errorf("the selector is longer than %d bytes", maxSelector)
	}
	sel := strings.TrimSpace(css)
	if i := strings.LastIndexByte(sel, '@'); i >= 0 && isAttrName(sel[i+1:]) {
		sel, attr = strings.TrimSpace(sel[:i]), sel[i+1:]
	}
	if sel == "" {
		if attr == "" {
			return nil, "", errors.New("the selector is empty")
		}
		return nil, attr, nil
	}
	compiled, err := cascadia.Compile(sel)
	if err != nil {
		return nil, "", fmt.Errorf("selector %q: %w", clip(css, 100), err)
	}
	return compiled, attr, nil
}

func isAttrName(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isNameByte(s[i]) || s[i] >= 0x80 {
			return false
		}
	}
	return s != ""
}

// pick is one selector of a page at work, and whether it found anything.
type pick struct {
	name, css string
	matcher   goquery.Matcher
	attr      string
	found     bool
}

func newPick(name, css string) (*pick, error) {
	p := &pick{name: name, css: css}
	if css == "" {
		return p, nil
	}
	var err error
	if p.matcher, p.attr, err = selector(css); err != nil {
		return nil, fmt.Errorf("page.%s: %w", name, err)
	}
	return p, nil
}

// in returns the first element of block that the selector finds; nil when there is none.
func (p *pick) in(block *goquery.Selection) *goquery.Selection {
	if p.css == "" {
		return nil
	}
	if p.matcher == nil {
		return block
	}
	s := block.FindMatcher(p.matcher)
	if s.Length() == 0 && block.IsMatcher(p.matcher) {
		s = block
	}
	if s.Length() == 0 {
		return nil
	}
	p.found = true
	return s.First()
}

// parsePage parses a page, within the bounds of package feed.
func parsePage(data []byte) (*goquery.Document, error) {
	root, err := feed.ParseHTML(data)
	if err != nil {
		return nil, err
	}
	return goquery.NewDocumentFromNode(root), nil
}

// readPage takes the items off a page by its source's selectors.
func (r *reader) readPage(data []byte) (*Document, error) {
	page := r.src.Page
	if page.Item == "" {
		return r.readHTML(data)
	}
	picks, err := picksOf(page)
	if err != nil {
		return nil, err
	}
	tree, err := parsePage(data)
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	blocks := tree.FindMatcher(picks.item.matcher)
	if blocks.Length() == 0 {
		return nil, fmt.Errorf("the selector page.item %q finds nothing on the page", page.Item)
	}
	doc := r.pageDocument(tree)
	base := r.pageBase(tree)
	var raws []rawItem
	empty := 0
	left := reach(maxReach)
	blocks.EachWithBreak(func(_ int, block *goquery.Selection) bool {
		if !left.covers(block.Nodes[0]) {
			return false
		}
		raw := pageItem(block, picks.fields, base)
		if raw.link == "" {
			empty++
			return true
		}
		raws = append(raws, raw)
		return len(raws) < 4*r.maxItems()
	})
	if left < 0 {
		return nil, fmt.Errorf("page.item %q finds blocks within blocks, which hold more than %d MB together", page.Item, maxReach>>20)
	}
	if err := r.checkPicks(picks.fields, blocks.Length()); err != nil {
		return nil, err
	}
	raws = merge(raws) // a picture that links to the report is a block without a title
	titled := raws[:0]
	for _, raw := range raws {
		if raw.title != "" {
			titled = append(titled, raw)
		}
	}
	empty += len(raws) - len(titled)
	if len(titled) == 0 {
		return nil, fmt.Errorf("page.item %q finds %d blocks, but none has a title and a link", page.Item, blocks.Length())
	}
	if empty > 0 {
		r.warn("%d blocks without a title or a link were left out", empty)
	}
	r.takePage(doc, titled, base)
	return doc, nil
}

// maxReach bounds what the blocks of a page hold together, in bytes of its tree. Blocks may stand
// within each other, and each is looked through as a whole.
const maxReach = 64 << 20

// reach is what is left of maxReach.
type reach int

// covers takes what block holds from r. It is false when there is not so much left.
func (r *reach) covers(block *html.Node) bool {
	const node = 64
	for n := range block.Descendants() {
		if *r -= reach(node + len(n.Data)); *r < 0 {
			return false
		}
	}
	return true
}

// picks are the selectors of a page, parsed: the blocks that are items, and in each of them title,
// link, summary, date and image.
type picks struct {
	item   *pick
	fields [5]*pick
}

func picksOf(page *feed.Page) (p picks, err error) {
	if p.item, err = newPick("item", page.Item); err != nil {
		return p, err
	}
	if p.item.matcher == nil {
		return p, fmt.Errorf("page.item: %q selects no element", page.Item)
	}
	for i, f := range [...][2]string{{"title", page.Title}, {"link", page.Link}, {"summary", page.Summary}, {"date", page.Date}, {"image", page.Image}} {
		if p.fields[i], err = newPick(f[0], f[1]); err != nil {
			return p, err
		}
	}
	return p, nil
}

// checkPicks complains of selectors that found nothing in any block: of a title or link as an error,
// of what an item can do without as a warning.
func (r *reader) checkPicks(fields [5]*pick, blocks int) error {
	for i, p := range fields {
		if p.css == "" || p.found || p.matcher == nil {
			continue
		}
		if i < 2 {
			return fmt.Errorf("the selector page.%s %q finds nothing in %d blocks of page.item", p.name, p.css, blocks)
		}
		r.warn("the selector page.%s %q finds nothing in %d blocks", p.name, p.css, blocks)
	}
	return nil
}

// takePage adds the items of a page to its document.
func (r *reader) takePage(doc *Document, raws []rawItem, base *url.URL) {
	if len(raws) > r.maxItems() {
		raws = raws[:r.maxItems()]
		r.warn("only the first %d items were taken", r.maxItems())
	}
	if base != nil {
		r.body.URL = base.String() // a page's <base> is where its addresses resolve
	}
	r.take(doc, raws)
	r.finish(doc)
}

// pageItem reads one block.
func pageItem(block *goquery.Selection, picks [5]*pick, base *url.URL) rawItem {
	raw := rawItem{}
	title, link, summary, date, image := picks[0], picks[1], picks[2], picks[3], picks[4]

	var anchor *goquery.Selection
	if link.css == "" {
		anchor = firstAnchor(block)
	} else {
		anchor = link.in(block)
	}
	if anchor != nil {
		raw.link = linkOf(anchor, link.attr, base)
	}
	if title.css == "" {
		if anchor != nil {
			raw.title = first(feed.PlainLine(anchor.Text()), anchor.AttrOr("title", ""))
		}
		if raw.title == "" {
			raw.title = feed.PlainLine(block.Find("h1, h2, h3, h4").First().Text())
		}
	} else if s := title.in(block); s != nil {
		raw.title = valueOf(s, title.attr)
		if raw.title == "" {
			raw.title = s.AttrOr("title", "")
		}
	}
	raw.title = strings.Join(strings.Fields(raw.title), " ")
	raw.plain.title = true // as the page shows it
	if s := summary.in(block); s != nil {
		if summary.attr != "" {
			raw.summary = valueOf(s, summary.attr)
		} else if h, err := s.Html(); err == nil {
			raw.summary = feed.Absolute(strings.TrimSpace(h), baseString(base))
		}
	}
	if s := date.in(block); s != nil {
		raw.published = valueOf(s, date.attr)
		if date.attr == "" {
			if v, ok := s.Attr("datetime"); ok && v != "" {
				raw.published = v
			}
		}
	}
	if s := image.in(block); s != nil {
		raw.image = imageOf(s, image.attr)
	}
	return raw
}

func baseString(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.String()
}

// firstAnchor is the first link of a block that leads somewhere and has words, else the first that
// leads somewhere. A block may itself be the link.
func firstAnchor(block *goquery.Selection) *goquery.Selection {
	if goquery.NodeName(block) == "a" {
		return block
	}
	var found *goquery.Selection
	block.Find("a[href]").EachWithBreak(func(_ int, a *goquery.Selection) bool {
		if linkOf(a, "", nil) == "" {
			return true
		}
		if strings.TrimSpace(a.Text()) != "" {
			found = a
			return false
		}
		if found == nil {
			found = a
		}
		return true
	})
	return found
}

// linkOf is where an element leads: its own href, that of a link in it, or that of the link it is
// in. What only runs a script leads nowhere.
func linkOf(s *goquery.Selection, attr string, base *url.URL) string {
	href := ""
	if attr != "" {
		href = s.AttrOr(attr, "")
	} else if v, ok := s.Attr("href"); ok {
		href = v
	} else if in := s.Find("a[href]").First(); in.Length() > 0 {
		href = in.AttrOr("href", "")
	} else if up := s.Closest("a[href]"); up.Length() > 0 {
		href = up.AttrOr("href", "")
	}
	href = strings.TrimSpace(href)
	low := strings.ToLower(href)
	if href == "" || strings.HasPrefix(href, "#") || strings.HasPrefix(low, "javascript:") || strings.HasPrefix(low, "mailto:") || strings.HasPrefix(low, "tel:") {
		return ""
	}
	return feed.Resolve(base, href)
}

func valueOf(s *goquery.Selection, attr string) string {
	if attr != "" {
		return strings.TrimSpace(s.AttrOr(attr, ""))
	}
	return strings.Join(strings.Fields(s.Text()), " ")
}

// imageOf is a picture's address; those that load late keep it in other attributes.
func imageOf(s *goquery.Selection, attr string) string {
	if attr == "" || attr == "src" {
		if goquery.NodeName(s) != "img" {
			if in := s.Find("img").First(); in.Length() > 0 {
				s = in
			}
		}
		return feed.PictureSource(func(name string) string { return s.AttrOr(name, "") })
	}
	v := strings.TrimSpace(s.AttrOr(attr, ""))
	if strings.HasSuffix(attr, "srcset") {
		return feed.LargestOf(v)
	}
	return v
}

// merge makes one item of the blocks that lead to one address: what the richest has, and from the
// others what it lacks. It stands where the first of them stood.
func merge(raws []rawItem) []rawItem {
	at := make(map[string]int, len(raws))
	out := raws[:0]
	for _, raw := range raws {
		key := first(feed.Canonical(raw.link), raw.link, raw.title)
		i, again := at[key]
		if !again {
			at[key] = len(out)
			out = append(out, raw)
			continue
		}
		rich, poor := out[i], raw
		if richness(&poor) > richness(&rich) {
			rich, poor = poor, rich
		}
		rich.title = first(rich.title, poor.title)
		rich.summary = first(rich.summary, poor.summary)
		rich.published = first(rich.published, poor.published)
		rich.updated = first(rich.updated, poor.updated)
		rich.image = first(rich.image, poor.image)
		if len(rich.authors) == 0 {
			rich.authors = poor.authors
		}
		out[i] = rich
	}
	return out
}

func richness(raw *rawItem) int {
	n := min(len(raw.title), 200) + min(len(raw.summary), 1000)
	if raw.published != "" {
		n += 300
	}
	if raw.image != "" {
		n += 200
	}
	return n
}

// pageDocument is what the head of a page says of it.
func (r *reader) pageDocument(tree *goquery.Document) *Document {
	meta := func(names ...string) string {
		for _, n := range names {
			v := ""
			tree.Find("meta").EachWithBreak(func(_ int, s *goquery.Selection) bool {
				if strings.EqualFold(s.AttrOr("name", s.AttrOr("property", "")), n) {
					v = strings.TrimSpace(s.AttrOr("content", ""))
				}
				return v == ""
			})
			if v != "" {
				return v
			}
		}
		return ""
	}
	doc := &Document{
		Type:        "page",
		Title:       r.title(first(tree.Find("head title").First().Text(), meta("og:title"), meta("og:site_name")), true),
		Link:        r.body.URL,
		Description: meta("description", "og:description"),
		Language:    language(first(tree.Find("html").AttrOr("lang", ""), meta("og:locale"), tree.Find("html").AttrOr("xml:lang", ""))),
		Generator:   meta("generator"),
		Image:       meta("og:image"),
	}
	return doc
}

// pageBase is what a page's addresses resolve against: its <base>, else where it came from.
func (r *reader) pageBase(tree *goquery.Document) *url.URL {
	var base *url.URL
	if u, err := url.Parse(r.body.URL); err == nil && u.IsAbs() {
		base = u
	}
	if href := strings.TrimSpace(tree.Find("base[href]").First().AttrOr("href", "")); href != "" {
		if u, err := url.Parse(href); err == nil {
			if base != nil {
				return base.ResolveReference(u)
			}
			if u.IsAbs() {
				return u
			}
		}
	}
	return base
}

// FeedLink is a feed that a page advertises.
type FeedLink struct {
	URL, Title, Type string
}

// Discover lists the feeds that a page advertises with <link rel="alternate">, each once. It is
// empty when the body is no HTML.
func Discover(body Body) []FeedLink {
	data, _, err := text(body.Bytes, body.ContentType, body.Language)
	if err != nil {
		return nil
	}
	tree, err := parsePage(data)
	if err != nil {
		return nil
	}
	r := reader{body: body}
	return advertised(tree, r.pageBase(tree))
}

func advertised(tree *goquery.Document, base *url.URL) []FeedLink {
	var out []FeedLink
	tree.Find("link[href][rel]").Each(func(_ int, s *goquery.Selection) {
		alternate := false
		for rel := range strings.FieldsSeq(strings.ToLower(s.AttrOr("rel", ""))) {
			alternate = alternate || rel == "alternate" || rel == "feed"
		}
		typ := strings.ToLower(strings.TrimSpace(s.AttrOr("type", "")))
		typ, _, _ = strings.Cut(typ, ";")
		switch typ {
		case "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/xml", "application/xml":
		case "application/json":
			if strings.Contains(s.AttrOr("href", ""), "wp-json") {
				return // WordPress's interface, not a feed
			}
		default:
			return
		}
		if !alternate || len(out) == maxList {
			return
		}
		l := FeedLink{URL: feed.Resolve(base, s.AttrOr("href", "")), Title: feed.PlainText(s.AttrOr("title", "")), Type: typ}
		for _, o := range out {
			if o.URL == l.URL {
				return
			}
		}
		out = append(out, l)
	})
	return out
}

// feedAsText is the feed that a page shows as its text, as viewers and misled servers do; nil when it
// shows none.
func feedAsText(tree *goquery.Document) []byte {
	var found []byte
	tree.Find("pre, textarea, code, body").EachWithBreak(func(_ int, s *goquery.Selection) bool {
		text := strings.TrimSpace(s.Text())
		if !strings.HasPrefix(text, "<") || len(text) > maxText {
			return true
		}
		if kind, _, _ := sniff([]byte(text)); kind == kindXML {
			found = []byte(text)
		}
		return found == nil
	})
	return found
}

// readHTML is for a page whose source names no selectors: feeds that it advertises are named in
// the error, for one of them is what the source should have; else what it says of itself is read.
func (r *reader) readHTML(data []byte) (*Document, error) {
	tree, err := parsePage(data)
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	if shown := feedAsText(tree); shown != nil && r.src.Page == nil {
		r.warn("mended: the feed stands as text in a web page")
		return r.read(shown)
	}
	base := r.pageBase(tree)
	if r.src.Page == nil {
		if feeds := advertised(tree, base); len(feeds) > 0 {
			list := make([]string, 0, len(feeds))
			for _, f := range feeds[:min(len(feeds), 10)] {
				list = append(list, f.URL)
			}
			return nil, fmt.Errorf("this is a web page, not a feed; it advertises %s", strings.Join(list, " , "))
		}
	}
	raws := structured(tree, base)
	if len(raws) == 0 {
		doc := r.pageDocument(tree)
		return nil, fmt.Errorf("%w: it is a web page (%q) that advertises no feed and lists no articles as JSON-LD or microdata; name page selectors", errNoFeed, clip(doc.Title, 60))
	}
	doc := r.pageDocument(tree)
	r.warn("a web page without a feed: read from its JSON-LD or microdata")
	r.takePage(doc, merge(raws), base)
	return doc, nil
}
