package read

import (
	"bytes"
	"cmp"
	"iter"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"
)

// Nearly all feeds are RSS 2.0 or Atom, and use a small part of XML: no namespaces declared on the way,
// no markup within texts, no bases. gofeed reads all of XML by way of encoding/xml, which costs a tenth of
// what collecting a feed costs, and most of its memory. So such a feed is read here, into what gofeed
// would have made of it. Whatever is written in another way, however harmless, is left to gofeed, which
// stays the parser of record: a test compares the two.
//
// The dates that gofeed parses, and the structs that it makes of Dublin Core and of an item's iTunes fields,
// are left out: nobody asks for them. Of an extension, maps without entries are nil.

// plainRSS reads an RSS feed in which scan found nothing to mend; nil when it is not written plainly.
func plainRSS(b []byte, items int) *rss.Feed {
	p := newPlain(b)
	if !p.begin("rss") {
		return nil
	}
	f := &rss.Feed{Version: p.attr("version")}
	all := make([]rss.Item, 0, items) // their addresses must not change
	channel := p.child(true)
	if p.lost || channel.end || channel.empty || channel.name != "channel" {
		return nil
	}
	p.channel(f, channel, &all)
	end := p.child(true) // otherwise there is more than one channel, or there are items behind it
	if p.lost || !end.end || end.name != "rss" {
		return nil
	}
	if itunes, ok := f.Extensions["itunes"]; ok {
		f.ITunesExt = ext.NewITunesFeedExtension(itunes)
	}
	return f
}

// channel reads the children of <channel>, and its end tag.
func (p *plain) channel(f *rss.Feed, channel plainTag, all *[]rss.Item) {
	for t := range p.children(channel) {
		if t.prefix != "" {
			f.Extensions = p.extend(f.Extensions, t)
			continue
		}
		switch lower(t.local) {
		case "title":
			f.Title = p.text(t)
		case "description":
			f.Description = p.text(t)
		case "link":
			f.Link = p.linkOfRSS(t)
			f.Links = append(f.Links, f.Link)
		case "language":
			f.Language = p.text(t)
		case "copyright":
			f.Copyright = p.text(t)
		case "managingeditor":
			f.ManagingEditor = p.text(t)
		case "webmaster":
			f.WebMaster = p.text(t)
		case "pubdate":
			f.PubDate = p.text(t)
		case "lastbuilddate":
			f.LastBuildDate = p.text(t)
		case "generator":
			f.Generator = p.text(t)
		case "docs":
			f.Docs = p.text(t)
		case "ttl":
			f.TTL = p.text(t)
		case "rating":
			f.Rating = p.text(t)
		case "category":
			f.Categories = append(f.Categories, &rss.Category{Domain: p.attr("domain"), Value: p.text(t)})
		case "image":
			f.Image = p.image(t)
		case "item":
			if len(*all) == cap(*all) {
				p.lost = true
				return
			}
			*all = append(*all, rss.Item{})
			it := &(*all)[len(*all)-1]
			f.Items = append(f.Items, it)
			p.item(it, t)
		default:
			p.lost = true
		}
	}
}

// item reads what is in an <item>, and its end tag.
func (p *plain) item(it *rss.Item, item plainTag) {
	for t := range p.children(item) {
		switch name := lower(t.local); {
		case name == "encoded" && t.prefix == "content":
			it.Content = p.text(t)
		case t.prefix != "":
			it.Extensions = p.extend(it.Extensions, t)
		default:
			p.field(it, t, name)
		}
	}
}

// field reads a field of an item that is RSS's own.
func (p *plain) field(it *rss.Item, t plainTag, name string) {
	switch name {
	case "title":
		it.Title = p.text(t)
	case "description":
		it.Description = p.text(t)
	case "link":
		it.Link = p.linkOfRSS(t)
		it.Links = append(it.Links, it.Link)
	case "author":
		it.Author = p.text(t)
	case "comments":
		it.Comments = p.text(t)
	case "pubdate":
		it.PubDate = p.text(t)
	case "source":
		it.Source = &rss.Source{URL: p.attr("url"), Title: p.text(t)}
	case "enclosure":
		it.Enclosure = &rss.Enclosure{URL: p.attr("url"), Length: p.attr("length"), Type: p.attr("type")}
		it.Enclosures = append(it.Enclosures, it.Enclosure)
		p.text(t)
	case "guid":
		it.GUID = &rss.GUID{IsPermalink: cmp.Or(p.attr("isPermaLink"), p.attr("isPermalink"), "true")}
		it.GUID.Value = p.text(t)
	case "category":
		it.Categories = append(it.Categories, &rss.Category{Domain: p.attr("domain"), Value: p.text(t)})
	default:
		value := p.text(t)
		if it.Custom == nil {
			it.Custom = map[string]string{}
		}
		it.Custom[t.local] = value
	}
}

func (p *plain) linkOfRSS(t plainTag) string {
	href := p.attr("href")
	if text := p.text(t); text != "" {
		return text
	}
	return href
}

func (p *plain) image(image plainTag) *rss.Image {
	im := &rss.Image{}
	for t := range p.children(image) {
		switch lower(t.local) {
		case "url":
			im.URL = p.text(t)
		case "title":
			im.Title = p.text(t)
		case "link":
			im.Link = p.text(t)
		case "width":
			im.Width = p.text(t)
		case "height":
			im.Height = p.text(t)
		case "description":
			im.Description = p.text(t)
		default:
			p.lost = true
		}
	}
	return im
}

// plainAtom is plainRSS for a feed of Atom.
func plainAtom(b []byte, entries int) *atom.Feed {
	p := newPlain(b)
	if !p.begin("feed") {
		return nil
	}
	f := &atom.Feed{Version: p.attr("version"), Language: p.attr("lang")}
	if f.Version == "" && p.space == atomNamespace {
		f.Version = "1.0"
	}
	all := make([]atom.Entry, 0, entries) // their addresses must not change
	for t := range p.children(plainTag{name: "feed"}) {
		if t.prefix != "" {
			f.Extensions = p.extend(f.Extensions, t)
			continue
		}
		switch lower(t.local) {
		case "title":
			f.Title = p.construct(t)
		case "id":
			f.ID = p.uri(t)
		case "updated", "modified":
			f.Updated = p.construct(t)
		case "subtitle", "tagline":
			f.Subtitle = p.construct(t)
		case "link":
			f.Links = append(f.Links, p.linkOfAtom(t))
		case "generator":
			g := &atom.Generator{URI: cmp.Or(p.attr("uri"), p.attr("url")), Version: p.attr("version")}
			g.Value, f.Generator = p.construct(t), g
		case "icon":
			f.Icon = p.uri(t)
		case "logo":
			f.Logo = p.uri(t)
		case "rights", "copyright":
			f.Rights = p.construct(t)
		case "author":
			f.Authors = append(f.Authors, p.person(t))
		case "category":
			f.Categories = append(f.Categories, p.category(t))
		case "entry":
			if len(all) == cap(all) {
				return nil
			}
			all = append(all, atom.Entry{})
			e := &all[len(all)-1]
			f.Entries = append(f.Entries, e)
			p.entry(e, t)
		default:
			return nil
		}
	}
	if p.lost {
		return nil
	}
	return f
}

// entry reads what is in an <entry>, and its end tag.
func (p *plain) entry(e *atom.Entry, entry plainTag) {
	for t := range p.children(entry) {
		if t.prefix != "" {
			e.Extensions = p.extend(e.Extensions, t)
			continue
		}
		switch lower(t.local) {
		case "title":
			e.Title = p.construct(t)
		case "id":
			e.ID = p.uri(t)
		case "rights", "copyright":
			e.Rights = p.construct(t)
		case "summary":
			e.Summary = p.construct(t)
		case "updated", "modified":
			e.Updated = p.construct(t)
		case "published", "issued":
			e.Published = p.construct(t)
		case "author":
			e.Authors = append(e.Authors, p.person(t))
		case "category":
			e.Categories = append(e.Categories, p.category(t))
		case "link":
			e.Links = append(e.Links, p.linkOfAtom(t))
		case "content":
			c := &atom.Content{Type: p.attr("type"), Src: p.attr("src")}
			c.Value, e.Content = p.construct(t), c
		default:
			p.lost = true
		}
	}
}

func (p *plain) person(person plainTag) *atom.Person {
	who := &atom.Person{}
	for t := range p.children(person) {
		switch lower(t.local) {
		case "name":
			who.Name = p.construct(t)
		case "email":
			who.Email = p.construct(t)
		case "uri", "url":
			who.URI = p.uri(t)
		case "homepage":
			who.URI = p.construct(t)
		default:
			p.lost = true
		}
	}
	return who
}

func (p *plain) linkOfAtom(t plainTag) *atom.Link {
	l := &atom.Link{
		Href: p.attr("href"), Hreflang: p.attr("hreflang"), Type: p.attr("type"),
		Length: p.attr("length"), Title: p.attr("title"), Rel: p.attr("rel"),
	}
	if l.Rel == "" {
		l.Rel = "alternate"
	}
	p.text(t)
	return l
}

func (p *plain) category(t plainTag) *atom.Category {
	c := &atom.Category{Term: p.attr("term"), Scheme: p.attr("scheme"), Label: p.attr("label")}
	p.text(t)
	return c
}

// construct reads a text of Atom (RFC 4287, section 3.1). Within HTML that has no markup of its own
// in XML, there is no <div> to take off.
func (p *plain) construct(t plainTag) string {
	switch typ := lower(p.attr("type")); {
	case p.attr("mode") != "":
		p.lost = true
	case typ == "", typ == "html", typ == "text", strings.HasPrefix(typ, "text/"):
	default:
		p.lost = true
	}
	return p.text(t)
}

// uri reads a text that is an address.
func (p *plain) uri(t plainTag) string { return asURL(p.construct(t)) }

// plain is a document on its way. What it gives out are parts of one copy of the document.
type plain struct {
	doc  string
	at   int
	lost bool // the document is not plain: nothing read of it counts

	attrs    []attr      // of the start tag read last
	root     string      // its name
	declared []namespace // by the root
	space    string      // the namespace of elements without a prefix
	buffer   bytes.Buffer
}

// plainTag is a start tag or an end tag. prefix is the key under which gofeed puts extensions.
type plainTag struct {
	name          string // as it is written, with its prefix
	prefix, local string
	end           bool
	empty         bool // a start tag that needs no end tag
}

type attr struct{ local, value string }

// namespace is what a prefix stands for.
type namespace struct{ prefix, uri string }

// namespaces are the keys under which gofeed puts the extensions of namespaces that it knows, whatever their
// prefix in a document. Those of others go under their prefix.
var namespaces = func() map[string]string {
	m := map[string]string{}
	for key, uris := range map[string]string{
		"admin":           "http://webns.net/mvcb/",
		"ag":              "http://purl.org/rss/1.0/modules/aggregation/",
		"annotate":        "http://purl.org/rss/1.0/modules/annotate/",
		"atom":            "http://www.w3.org/2005/Atom",
		"atom03":          "http://purl.org/atom/ns#",
		"audio":           "http://media.tangent.org/rss/1.0/",
		"blogChannel":     "http://backend.userland.com/blogChannelModule",
		"cc":              "http://creativecommons.org/ns#license http://web.resource.org/cc/",
		"co":              "http://purl.org/rss/1.0/modules/company",
		"content":         "http://purl.org/rss/1.0/modules/content/",
		"cp":              "http://my.theinfo.org/changed/1.0/rss/",
		"creativeCommons": "http://backend.userland.com/creativeCommonsRssModule http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html",
		"dc":              "http://purl.org/dc/elements/1.1/",
		"dcterms":         "http://purl.org/dc/terms/",
		"email":           "http://purl.org/rss/1.0/modules/email/",
		"ev":              "http://purl.org/rss/1.0/modules/event/",
		"feedburner":      "http://rssnamespace.org/feedburner/ext/1.0",
		"fm":              "http://freshmeat.net/rss/fm/",
		"foaf":            "http://xmlns.com/foaf/0.1/",
		"geo":             "http://www.w3.org/2003/01/geo/wgs84_pos#",
		"georss":          "http://www.georss.org/georss",
		"gml":             "http://www.opengis.net/gml",
		"icbm":            "http://postneo.com/icbm/",
		"image":           "http://purl.org/rss/1.0/modules/image/",
		"itunes":          "http://example.com/DTDs/PodCast-1.0.dtd http://www.itunes.com/DTDs/PodCast-1.0.dtd",
		"l":               "http://purl.org/rss/1.0/modules/link/",
		"media":           "http://search.yahoo.com/mrss http://search.yahoo.com/mrss/",
		"pingback":        "http://madskills.com/public/xml/rss/module/pingback/",
		"prism":           "http://prismstandard.org/namespaces/1.2/basic/",
		"psc":             "http://podlove.org/simple-chapters",
		"rdf":             "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
		"rdfs":            "http://www.w3.org/2000/01/rdf-schema#",
		"ref":             "http://purl.org/rss/1.0/modules/reference/",
		"reqv":            "http://purl.org/rss/1.0/modules/richequiv/",
		"search":          "http://purl.org/rss/1.0/modules/search/",
		"slash":           "http://purl.org/rss/1.0/modules/slash/",
		"soap":            "http://schemas.xmlsoap.org/soap/envelope/",
		"ss":              "http://purl.org/rss/1.0/modules/servicestatus/",
		"str":             "http://hacks.benhammersley.com/rss/streaming/",
		"sub":             "http://purl.org/rss/1.0/modules/subscription/",
		"sy":              "http://purl.org/rss/1.0/modules/syndication/",
		"szf":             "http://schemas.pocketsoap.com/rss/myDescModule/",
		"taxo":            "http://purl.org/rss/1.0/modules/taxonomy/",
		"thr":             "http://purl.org/rss/1.0/modules/threading/",
		"ti":              "http://purl.org/rss/1.0/modules/textinput/",
		"trackback":       "http://madskills.com/public/xml/rss/module/trackback/",
		"wfw":             "http://wellformedweb.org/commentAPI/",
		"wiki":            "http://purl.org/rss/1.0/modules/wiki/",
		"xhtml":           "http://www.w3.org/1999/xhtml",
		"xlink":           "http://www.w3.org/1999/xlink",
		"xml":             "http://www.w3.org/XML/1998/namespace",
	} {
		for uri := range strings.FieldsSeq(uris) {
			m[uri] = key
		}
	}
	return m
}()

// noExtensions are namespaces of the formats' own elements.
var noExtensions = map[string]bool{
	atomNamespace: true, "http://purl.org/atom/ns#": true, "http://www.w3.org/1999/02/22-rdf-syntax-ns#": true,
	"http://purl.org/rss/1.0/": true, "http://channel.netscape.com/rdf/simple/0.9/": true, "http://my.netscape.com/rdf/simple/0.9/": true,
	"": true,
}

func newPlain(b []byte) *plain {
	p := &plain{doc: string(b)}
	// What encoding/xml refuses anywhere.
	p.lost = !utf8.ValidString(p.doc) || strings.Contains(p.doc, "\uFFFE") || strings.Contains(p.doc, "\uFFFF")
	return p
}

// begin reads the start tag of the root, which is to have this name.
func (p *plain) begin(root string) bool {
	p.root = root
	t := p.child(false)
	return !p.lost && !t.end && !t.empty && t.name == root && p.declare()
}

// declare notes the namespaces that the root declares. It is false where they say that the elements
// without a prefix are not the format's own.
func (p *plain) declare() bool {
	for _, a := range p.attrs {
		prefix, ok := strings.CutPrefix(a.local, "xmlns:")
		uri := strings.TrimSpace(a.value)
		switch {
		case a.local == "xmlns" && p.root == "feed" && (uri == atomNamespace || uri == ""):
			p.space = uri
		case a.local == "xmlns":
			return false
		case ok:
			p.declared = append(p.declared, namespace{prefix, uri})
		}
	}
	return true
}

// keyOf is the key of a prefix that the root declares. Elements with another, or with one for what
// is the format's own, are left to gofeed.
func (p *plain) keyOf(prefix string) string {
	i := slices.IndexFunc(p.declared, func(n namespace) bool { return n.prefix == prefix })
	if i < 0 {
		p.lost = true
		return ""
	}
	uri := p.declared[i].uri
	if noExtensions[uri] && (uri != atomNamespace || p.root == "feed") {
		p.lost = true
	}
	if key, ok := namespaces[uri]; ok {
		return key
	}
	for _, n := range p.declared[i+1:] { // of two prefixes, the one declared last
		if n.uri == uri {
			prefix = n.prefix
		}
	}
	return prefix
}

// child reads up to the next start tag or end tag, past the texts before it. Addresses among its
// attributes are written anew, as gofeed does with what it looks at itself.
func (p *plain) child(rewrite bool) plainTag {
	for !p.lost {
		i := strings.IndexByte(p.doc[p.at:], '<')
		if i < 0 || i > 0 && strings.Contains(p.doc[p.at:p.at+i], "]]>") {
			break
		}
		p.at += i
		rest := p.doc[p.at:]
		switch {
		case strings.HasPrefix(rest, "<!--"):
			p.skip("-->", 4)
		case strings.HasPrefix(rest, "<![CDATA["):
			p.skip("]]>", 9)
		case strings.HasPrefix(rest, "</"):
			return p.endTag()
		case len(rest) > 1 && isNameStart(rest[1]):
			return p.startTag(rewrite)
		default:
			p.lost = true
		}
	}
	p.lost = true
	return plainTag{end: true}
}

// children reads the start tags of an element's children, and its end tag. Whoever asks reads each child
// to its end before the next.
func (p *plain) children(of plainTag) iter.Seq[plainTag] {
	return func(yield func(plainTag) bool) {
		if of.empty {
			return
		}
		t := p.child(true)
		for ; !t.end && !p.lost; t = p.child(true) {
			if !yield(t) {
				return
			}
		}
		p.lost = p.lost || t.name != of.name
	}
}

// skip passes what ends so; its beginning takes n bytes.
func (p *plain) skip(end string, n int) {
	i := strings.Index(p.doc[p.at+n:], end)
	if i < 0 || end == "-->" && strings.Contains(p.doc[p.at+n:p.at+n+i], "--") {
		p.lost = true
		return
	}
	p.at += n + i + len(end)
}

// endTag reads the end tag that begins here.
func (p *plain) endTag() plainTag {
	end := strings.IndexByte(p.doc[p.at:], '>')
	if end < 0 {
		p.lost = true
		return plainTag{end: true}
	}
	t := plainTag{name: strings.TrimRight(p.doc[p.at+2:p.at+end], " \t\n\r"), end: true}
	p.at += end + 1
	return t
}

// startTag reads the start tag that begins here, with its attributes.
func (p *plain) startTag(rewrite bool) plainTag {
	root := p.at == 0
	i := p.at + 1
	name, i := p.word(i)
	t := plainTag{name: name, local: name}
	if prefix, local, ok := strings.Cut(name, ":"); ok {
		t.prefix, t.local = p.keyOf(prefix), local
		p.lost = p.lost || local == "" || strings.IndexByte(local, ':') >= 0
	}
	p.attrs = p.attrs[:0]
	for !p.lost {
		from := i
		i = p.spaces(i)
		if i >= len(p.doc) {
			break
		}
		switch c := p.doc[i]; {
		case c == '>':
			p.at = i + 1
			return t
		case c == '/' && i+1 < len(p.doc) && p.doc[i+1] == '>':
			t.empty = true
			p.at = i + 2
			return t
		case i == from || !isNameStart(c):
			p.lost = true
		default:
			i = p.attribute(i, root, rewrite)
		}
	}
	p.lost = true
	return plainTag{end: true}
}

// attribute reads the attribute that begins at i.
func (p *plain) attribute(i int, root, rewrite bool) int {
	name, i := p.word(i)
	i = p.spaces(i)
	if i >= len(p.doc) || p.doc[i] != '=' {
		p.lost = true
		return i
	}
	i = p.spaces(i + 1)
	if i >= len(p.doc) || p.doc[i] != '"' && p.doc[i] != '\'' {
		p.lost = true
		return i
	}
	n := strings.IndexByte(p.doc[i+1:], p.doc[i])
	if n < 0 {
		p.lost = true
		return i
	}
	value := p.characters(p.doc[i+1 : i+1+n])
	local := name
	switch prefix, rest, ok := strings.Cut(name, ":"); {
	case prefix == "xmlns":
		p.lost = p.lost || !root
	case ok:
		local = rest
		p.lost = p.lost || rest == "" || strings.IndexByte(rest, ':') >= 0 || rest == "base"
	}
	if rewrite && len(local) <= len("scheme") {
		switch lower(local) {
		case "href", "scheme", "src", "uri":
			value = asURL(value)
		}
	}
	for _, a := range p.attrs {
		p.lost = p.lost || a.local == local
	}
	p.attrs = append(p.attrs, attr{local, value})
	return i + n + 2
}

// word reads a name at i.
func (p *plain) word(i int) (string, int) {
	from := i
	for i < len(p.doc) && isNameByte(p.doc[i]) {
		if p.doc[i] >= utf8.RuneSelf {
			p.lost = true
		}
		i++
	}
	return p.doc[from:i], i
}

// spaces passes white space at i.
func (p *plain) spaces(i int) int {
	for i < len(p.doc) && isSpace(p.doc[i]) {
		i++
	}
	return i
}

// attr is an attribute of the start tag read last.
func (p *plain) attr(local string) string {
	for i := range p.attrs {
		if p.attrs[i].local == local {
			return p.attrs[i].value
		}
	}
	return ""
}

// text reads the text of an element up to its end tag, and that. References are those of XML, and of
// HTML as far as it has numbers of its own.
func (p *plain) text(t plainTag) string {
	raw, sections := p.raw(t)
	raw = strings.TrimSpace(raw)
	if sections == 0 {
		return p.references(raw)
	}
	if text, ok := strings.CutPrefix(raw, "<![CDATA["); ok && sections == 1 {
		if text, ok := strings.CutSuffix(text, "]]>"); ok {
			return text
		}
	}
	return p.pieces(raw, p.references)
}

// pieces joins texts, as read reads them, and CDATA sections.
func (p *plain) pieces(raw string, read func(string) string) string {
	var all strings.Builder
	for {
		text, rest, ok := strings.Cut(raw, "<![CDATA[")
		all.WriteString(read(text))
		if !ok {
			return all.String()
		}
		section, rest, _ := strings.Cut(rest, "]]>")
		all.WriteString(section)
		raw = rest
	}
}

// raw passes an element that holds nothing but text and CDATA sections, and its end tag. It returns
// what it holds, as it is written, and how many sections that has.
func (p *plain) raw(t plainTag) (text string, sections int) {
	if t.empty || p.lost {
		return "", 0
	}
	from := p.at
	for !p.lost {
		i := strings.IndexByte(p.doc[p.at:], '<')
		if i < 0 || i > 2 && strings.Contains(p.doc[p.at:p.at+i], "]]>") {
			break
		}
		p.at += i
		switch rest := p.doc[p.at:]; {
		case strings.HasPrefix(rest, "</"):
			to := p.at
			p.lost = p.lost || p.endTag().name != t.name
			return p.doc[from:to], sections
		case strings.HasPrefix(rest, "<![CDATA["):
			p.skip("]]>", 9)
			sections++
		default:
			p.lost = true
		}
	}
	p.lost = true
	return "", 0
}

// references resolves references as gofeed does. Of those by name the document has only XML's own, see
// health.
func (p *plain) references(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	p.buffer.Reset()
	decodeReferences(&p.buffer, []byte(s), nil)
	return p.buffer.String()
}

// characters resolves references as encoding/xml does.
func (p *plain) characters(s string) string {
	p.lost = p.lost || strings.ContainsAny(s, "<\r")
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	var out strings.Builder
	for {
		text, rest, ok := strings.Cut(s, "&")
		out.WriteString(text)
		if !ok {
			return out.String()
		}
		ref, _, ok := strings.Cut(rest[:min(len(rest), 12)], ";")
		if !ok {
			p.lost = true
			return ""
		}
		switch ref {
		case "amp":
			out.WriteByte('&')
		case "lt":
			out.WriteByte('<')
		case "gt":
			out.WriteByte('>')
		case "quot":
			out.WriteByte('"')
		case "apos":
			out.WriteByte('\'')
		default:
			r, ok := rune(0), false
			if strings.HasPrefix(ref, "#") && !strings.HasPrefix(ref, "#X") {
				r, ok = charRef([]byte(ref))
			}
			if !ok || !xmlChar(r) || r == '\r' {
				p.lost = true
				return ""
			}
			out.WriteRune(r)
		}
		s = s[len(text)+1+len(ref)+1:]
	}
}

// extend reads an element of another namespace and puts it among the others.
func (p *plain) extend(x ext.Extensions, t plainTag) ext.Extensions {
	e := p.extension(t, 0)
	if x == nil {
		x = ext.Extensions{}
	}
	if x[t.prefix] == nil {
		x[t.prefix] = map[string][]ext.Extension{}
	}
	x[t.prefix][t.local] = append(x[t.prefix][t.local], e)
	return x
}

// Elements of extensions are nested no deeper than this, see Media RSS.
const deepestExtension = 8

func (p *plain) extension(t plainTag, depth int) ext.Extension {
	e := ext.Extension{Name: t.local}
	for _, a := range p.attrs {
		if e.Attrs == nil {
			e.Attrs = make(map[string]string, len(p.attrs))
		}
		e.Attrs[a.local] = a.value
	}
	if t.empty || p.lost {
		return e
	}
	var value strings.Builder
	for !p.lost {
		from := p.at
		i := strings.IndexByte(p.doc[p.at:], '<')
		if i < 0 || depth > deepestExtension {
			break
		}
		p.at += i
		text := p.doc[from:p.at]
		p.lost = p.lost || strings.Contains(text, "]]>")
		value.WriteString(p.characters(strings.ReplaceAll(text, "\r\n", "\n")))
		switch rest := p.doc[p.at:]; {
		case strings.HasPrefix(rest, "</"):
			p.lost = p.lost || p.endTag().name != t.name
			e.Value = strings.TrimSpace(value.String())
			return e
		case strings.HasPrefix(rest, "<![CDATA["):
			from := p.at + 9
			p.skip("]]>", 9)
			if !p.lost {
				section := p.doc[from : p.at-3]
				p.lost = strings.IndexByte(section, '\r') >= 0
				value.WriteString(section)
			}
		case len(rest) > 1 && isNameStart(rest[1]):
			child := p.startTag(false)
			if p.lost {
				break
			}
			if e.Children == nil {
				e.Children = map[string][]ext.Extension{}
			}
			e.Children[child.local] = append(e.Children[child.local], p.extension(child, depth+1))
		default:
			p.lost = true
		}
	}
	p.lost = true
	return e
}

// lower is strings.ToLower, without a copy of the one name that most items have capitals in.
func lower(s string) string {
	if s == "pubDate" {
		return "pubdate"
	}
	return strings.ToLower(s)
}

// asURL writes an address as net/url does, as gofeed does with every address that may be relative. What is
// no address stays as it is.
func asURL(s string) string {
	if settled(s) {
		return s
	}
	u, err := url.Parse(strings.TrimLeft(s, " "))
	if err != nil {
		return s
	}
	return u.String()
}

// settled is true of addresses that net/url writes as they are; of most, that is.
func settled(s string) bool {
	host, ok := strings.CutPrefix(s, "https://")
	if !ok {
		if host, ok = strings.CutPrefix(s, "http://"); !ok {
			return false
		}
	}
	if host == "" || host[0] == '/' || host[0] == '?' {
		return false
	}
	for i := 0; i < len(host); i++ {
		switch c := host[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '/':
		case (c == '=' || c == '&' || c == '?') && strings.IndexByte(host[:i], '?') >= 0:
		case c == '?':
		default:
			return false
		}
	}
	return true
}
