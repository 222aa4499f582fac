package read

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"feedd/internal/feed"
	"github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"
)

// fromRSS takes over what gofeed read of an RSS or RDF feed, with the extensions that outlets put
// their fields in: Dublin Core, content, Media RSS, iTunes, FeedBurner, Atom.
func (r *reader) fromRSS(f *rss.Feed) *Document {
	doc := &Document{
		Type: "rss", Version: f.Version, Deleted: tombstones(f.Extensions),
		Link:         strings.TrimSpace(first(f.Link, firstOf(f.Links), atomLink(f.Extensions, "", "alternate"))),
		FeedLink:     strings.TrimSpace(atomLink(f.Extensions, "self")),
		Hub:          strings.TrimSpace(atomLink(f.Extensions, "hub")),
		Title:        r.title(first(f.Title, extValue(f.Extensions, "dc", "title")), false),
		Description:  r.html(first(f.Description, extValue(f.Extensions, "dc", "description"), extValue(f.Extensions, "itunes", "summary"), extValue(f.Extensions, "itunes", "subtitle"))),
		Language:     language(first(f.Language, extValue(f.Extensions, "dc", "language"))),
		Copyright:    first(f.Copyright, extValue(f.Extensions, "dc", "rights"), extValue(f.Extensions, "media", "copyright")),
		Generator:    f.Generator,
		PublishedRaw: first(f.PubDate, extValue(f.Extensions, "dcterms", "issued")),
		UpdatedRaw:   first(f.LastBuildDate, extValue(f.Extensions, "dcterms", "modified"), extValue(f.Extensions, "dc", "date"), extValue(f.Extensions, "atom", "updated")),
	}
	doc.Author, doc.AuthorEmail = nameAddress(first(f.ManagingEditor, f.WebMaster, extValue(f.Extensions, "dc", "author"),
		extValue(f.Extensions, "dc", "creator"), extValue(f.Extensions, "itunes", "author")))
	var cats []string
	for _, c := range f.Categories {
		cats = append(cats, c.Value)
	}
	if f.ITunesExt != nil {
		cats = append(cats, keywords(f.ITunesExt.Keywords)...)
		for _, c := range f.ITunesExt.Categories {
			cats = append(cats, c.Text)
			if c.Subcategory != nil {
				cats = append(cats, c.Subcategory.Text)
			}
		}
	}
	cats = appendValues(cats, f.Extensions, "dc", "subject")
	doc.Categories = r.categories(cats)
	if f.Image != nil {
		doc.Image = f.Image.URL
	}
	shown, _ := mediaImage(f.Extensions["media"])
	doc.Image = first(doc.Image, extAttr(f.Extensions, "itunes", "image", "href"), extAttr(f.Extensions, "itunes", "image", "url"), shown)
	r.pace(doc, f)

	raws := make([]rawItem, len(f.Items))
	for i, it := range f.Items {
		raws[i] = fromRSSItem(it)
	}
	r.take(doc, raws)
	doc.Image = r.address(r.base(doc), doc.Image)
	doc.Link = r.address(r.base(doc), doc.Link)
	return doc
}

func fromRSSItem(it *rss.Item) rawItem {
	x := it.Extensions
	raw := rawItem{
		title:    first(it.Title, extValue(x, "dc", "title"), extValue(x, "media", "title"), extValue(x, "itunes", "title")),
		summary:  first(it.Description, extValue(x, "dc", "description"), extValue(x, "itunes", "summary"), extValue(x, "atom", "summary")),
		content:  first(it.Content, extValue(x, "atom", "content"), it.Custom["body"], it.Custom["fullitem"], it.Custom["content"]),
		language: extValue(x, "dc", "language"),
		place:    placeOf(x),
	}
	raw.picturedBy(x["media"], extAttr(x, "itunes", "image", "href"))
	if summary := it.Custom["summary"]; strings.TrimSpace(summary) != "" && raw.content == "" {
		// The description beside a summary is the text itself.
		raw.summary, raw.content = summary, raw.summary
	}
	if raw.summary == "" {
		raw.describedBy(x["media"])
	}
	raw.datesOfRSS(it)
	raw.linksOfRSS(it)
	for _, e := range it.Enclosures {
		raw.enclose(e.URL, e.Type, e.Length)
	}
	for _, l := range x["atom"]["link"] {
		if l.Attrs["rel"] == "enclosure" {
			raw.enclose(l.Attrs["href"], l.Attrs["type"], l.Attrs["length"])
		}
	}
	for _, c := range mediaContents(x["media"]) {
		if !isPicture(&c) {
			raw.enclose(c.Attrs["url"], c.Attrs["type"], c.Attrs["fileSize"])
		}
	}
	for _, e := range raw.enclosures {
		if raw.image == "" && isImage(e.Type, "", e.URL) && !feed.Decorates(e.URL, "", 0, 0) {
			raw.image = e.URL
		}
	}
	if raw.image == "" {
		raw.image = namedPicture(it.Custom)
	}
	raw.authorsOfRSS(it)
	raw.categoriesOfRSS(it)
	return raw
}

// namedPicture is the address in an item's element that is called after what it holds, which no format knows
// and many a newspaper writes: <image>https://…</image>, <thumb>…</thumb>, <image><url>…</url></image>,
// <featured_image>…</featured_image>.
func namedPicture(custom map[string]string) string {
	best, found := len(pictureNames), ""
	for _, name := range slices.Sorted(maps.Keys(custom)) {
		called := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
		rank := slices.Index(pictureNames, strings.TrimSuffix(strings.TrimSuffix(called, "url"), "src"))
		if rank < 0 || rank >= best {
			continue
		}
		if address := strings.TrimSpace(feed.PlainText(custom[name])); isAddress(address) {
			best, found = rank, address
		}
	}
	return found
}

// pictureNames are what elements with the address of a picture are called, the likeliest first, be there "url" behind
// it or not.
var pictureNames = []string{"image", "thumbnail", "thumb", "picture", "img", "featuredimage", "mainimage", "coverimage", "photo", "cover"}

func (raw *rawItem) datesOfRSS(it *rss.Item) {
	x := it.Extensions
	raw.updated = first(extValue(x, "dcterms", "modified"), extValue(x, "atom", "updated"))
	raw.published = first(it.PubDate, extValue(x, "dc", "date"), extValue(x, "dcterms", "issued"), extValue(x, "dcterms", "created"), extValue(x, "atom", "published"),
		// Dates go by other names too.
		it.Custom["date"], it.Custom["pubdate"], it.Custom["published"], it.Custom["modified"], it.Custom["updated"],
		raw.updated)
}

func (raw *rawItem) linksOfRSS(it *rss.Item) {
	x := it.Extensions
	raw.links = append(it.Links, atomLinks(x)...)
	// FeedBurner's own address counts readers; the original is the report's.
	raw.link = first(extValue(x, "feedburner", "origLink"), firstOf(it.Links), it.Link, atomLink(x, "", "alternate"), it.Custom["url"])
	if opensNothing(raw.link) {
		raw.link = ""
	}
	if it.GUID == nil {
		return
	}
	raw.guid = it.GUID.Value
	if strings.TrimSpace(raw.link) == "" && !strings.EqualFold(it.GUID.IsPermalink, "false") && isAddress(raw.guid) {
		raw.link = raw.guid
	}
}

// opensNothing is true of an address at which there is no page: javascript:void(0), mailto:.
func opensNothing(address string) bool {
	scheme, _, ok := strings.Cut(strings.ToLower(strings.TrimSpace(address)), ":")
	return ok && slices.Contains([]string{"javascript", "data", "about", "mailto", "tel"}, scheme)
}

func (raw *rawItem) authorsOfRSS(it *rss.Item) {
	x := it.Extensions
	if it.Author != "" {
		raw.author(it.Author)
	}
	for _, key := range [...][2]string{{"dc", "creator"}, {"dc", "author"}, {"itunes", "author"}} {
		if len(raw.authors) == 0 {
			for _, e := range x[key[0]][key[1]] {
				raw.author(e.Value)
			}
		}
	}
	if len(raw.authors) == 0 {
		for _, e := range x["atom"]["author"] {
			raw.person(childValue(e, "name"), childValue(e, "email"), childValue(e, "uri"))
		}
	}
}

func (raw *rawItem) categoriesOfRSS(it *rss.Item) {
	if n := len(it.Categories); n > 0 {
		raw.categories = make([]string, 0, n)
		for _, c := range it.Categories {
			raw.categories = append(raw.categories, c.Value)
		}
	}
	x := it.Extensions
	if len(x) == 0 {
		return
	}
	if k := extValue(x, "itunes", "keywords"); k != "" {
		raw.categories = append(raw.categories, keywords(k)...)
	}
	raw.categories = appendValues(raw.categories, x, "dc", "subject")
	raw.categories = appendValues(raw.categories, x, "media", "category")
	for _, e := range x["itunes"]["category"] {
		raw.categories = append(raw.categories, e.Attrs["text"])
	}
	for _, e := range x["atom"]["category"] {
		raw.categories = append(raw.categories, first(e.Attrs["label"], e.Attrs["term"]))
	}
}

// fromAtom takes over what gofeed read of an Atom feed.
func (r *reader) fromAtom(f *atom.Feed) *Document {
	doc := &Document{
		Type: "atom", Version: f.Version, FeedID: strings.TrimSpace(f.ID), Deleted: tombstones(f.Extensions),
		Title:       r.title(f.Title, false),
		Description: r.html(first(f.Subtitle, extValue(f.Extensions, "atom03", "info"))),
		Language:    language(f.Language),
		Copyright:   f.Rights,
		Image:       first(f.Logo, f.Icon),
		UpdatedRaw:  f.Updated,
		Link:        atomHref(f.Links, "alternate"),
		FeedLink:    atomHref(f.Links, "self"),
		Hub:         atomHref(f.Links, "hub"),
	}
	if g := f.Generator; g != nil {
		doc.Generator = strings.TrimSpace(g.Value + prefixed(" v", g.Version) + prefixed(" ", g.URI))
	}
	if len(f.Authors) > 0 {
		doc.Author, doc.AuthorEmail = f.Authors[0].Name, f.Authors[0].Email
	}
	doc.Categories = r.categories(terms(f.Categories))
	raws := make([]rawItem, len(f.Entries))
	for i, e := range f.Entries {
		raws[i] = fromEntry(e, f)
		raws[i].setPlain(r.plain[i])
		raws[i].setOverlooked(r.over[i], e)
	}
	r.take(doc, raws)
	doc.Image = r.address(r.base(doc), doc.Image)
	doc.Link = r.address(r.base(doc), doc.Link)
	return doc
}

func fromEntry(e *atom.Entry, f *atom.Feed) rawItem {
	x := e.Extensions
	raw := rawItem{
		guid: e.ID, title: first(e.Title, extValue(x, "media", "title")), summary: e.Summary,
		published: first(e.Published, extValue(x, "dc", "date"), extValue(x, "dcterms", "issued"), extValue(x, "dcterms", "created"), extValue(x, "atom03", "created"), e.Updated),
		updated:   first(e.Updated, extValue(x, "dcterms", "modified")),
		language:  extValue(x, "dc", "language"),
		place:     placeOf(x),
	}
	raw.picturedBy(x["media"], "")
	if e.Content != nil {
		raw.content = e.Content.Value
	}
	if raw.summary == "" && raw.content == "" {
		raw.describedBy(x["media"])
	}
	raw.linksOfEntry(e)
	raw.authorsOfEntry(e, f)
	raw.categories = append(terms(e.Categories), textOf(x["dc"]["subject"])...)
	return raw
}

func (raw *rawItem) linksOfEntry(e *atom.Entry) {
	for _, l := range e.Links {
		switch relation(l.Rel) {
		case "", "alternate", "self":
			raw.links = append(raw.links, l.Href)
		case "enclosure":
			raw.enclose(l.Href, l.Type, l.Length)
			if raw.image == "" && isImage(l.Type, "", l.Href) {
				raw.image = l.Href
			}
		}
	}
	raw.link = first(extValue(e.Extensions, "feedburner", "origLink"), atomHref(e.Links, "alternate"))
	switch {
	case raw.link != "":
	case e.Content != nil && e.Content.Src != "" && strings.Contains(e.Content.Type, "html"):
		raw.link = e.Content.Src
	case isAddress(e.ID):
		raw.link = e.ID
	default:
		raw.link = atomHref(e.Links, "related", "via", "self")
	}
}

func (raw *rawItem) authorsOfEntry(e *atom.Entry, f *atom.Feed) {
	people := e.Authors
	if len(people) == 0 && e.Source != nil {
		people = e.Source.Authors
	}
	for _, p := range people {
		raw.person(p.Name, p.Email, p.URI)
	}
	for _, c := range e.Extensions["dc"]["creator"] {
		if len(people) == 0 {
			raw.author(c.Value)
		}
	}
	if len(raw.authors) == 0 {
		for _, p := range f.Authors { // RFC 4287, section 4.2.1
			raw.person(p.Name, p.Email, p.URI)
		}
	}
}

// pace reads how the feed asks to be polled: ttl, skipHours, skipDays and the syndication module.
func (r *reader) pace(doc *Document, f *rss.Feed) {
	if n, err := strconv.Atoi(strings.TrimSpace(f.TTL)); err == nil && n > 0 && n < 1<<20 {
		doc.TTL = time.Duration(n) * time.Minute
	}
	if doc.TTL == 0 {
		period := map[string]time.Duration{"hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 168 * time.Hour}[strings.ToLower(extValue(f.Extensions, "sy", "updatePeriod"))]
		times, err := strconv.Atoi(extValue(f.Extensions, "sy", "updateFrequency"))
		if err != nil || times < 1 {
			times = 1
		}
		doc.TTL = period / time.Duration(times)
	}
	for _, h := range f.SkipHours {
		if n, err := strconv.Atoi(strings.TrimSpace(h)); err == nil && n >= 0 && n <= 24 {
			doc.SkipHours = append(doc.SkipHours, n%24)
		}
	}
	for _, d := range f.SkipDays {
		for day := time.Sunday; day <= time.Saturday; day++ {
			if strings.EqualFold(strings.TrimSpace(d), day.String()) {
				doc.SkipDays = append(doc.SkipDays, day)
			}
		}
	}
}

func (raw *rawItem) enclose(url, typ, length string) {
	if url == "" || len(raw.enclosures) == maxList {
		return
	}
	for _, e := range raw.enclosures {
		if e.URL == url {
			return
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(length), 10, 64)
	if err != nil || n < 0 {
		n = -1
	}
	raw.enclosures = append(raw.enclosures, feed.Enclosure{URL: url, Type: typ, Length: n})
}

func (raw *rawItem) author(text string) {
	name, email := nameAddress(text)
	raw.person(name, email, "")
}

func (raw *rawItem) person(name, email, uri string) {
	name = feed.PlainText(withoutMarks(name))
	if len(name) > 200 {
		name = name[:cutAt(name, 200)]
	}
	email = strings.TrimPrefix(strings.TrimSpace(email), "mailto:")
	if len(email) > maxName {
		email = ""
	}
	if len(uri) > maxAddress {
		uri = ""
	}
	if name == "" && email == "" || len(raw.authors) == maxList {
		return
	}
	raw.authors = append(raw.authors, feed.Person{Name: name, Email: email, URL: uri})
}

// keywords parts a list at its commas. Of a list beyond measure, the rest stays in one piece, which
// is no category.
func keywords(list string) []string { return strings.SplitN(list, ",", 10*maxList) }

// nameAddress takes apart what RSS has for a person: "a@b.c (Name)", "Name (a@b.c)",
// "Name <a@b.c>", either alone.
func nameAddress(s string) (name, email string) {
	if s = strings.TrimSpace(s); len(s) > maxName {
		s = s[:cutAt(s, maxName)]
	}
	if strings.IndexByte(s, '@') < 0 {
		return s, ""
	}
	open := strings.IndexAny(s, "(<")
	if open < 0 {
		if !strings.ContainsAny(s, " \t\n") {
			return "", strings.TrimPrefix(s, "mailto:")
		}
		for w := range strings.FieldsSeq(s) {
			if strings.Contains(w, "@") && email == "" {
				email = strings.Trim(w, ",;:")
			} else if name == "" {
				name = w
			} else {
				name += " " + w
			}
		}
		return name, email
	}
	inner, outer := s[open+1:], strings.TrimSpace(s[:open])
	if end := strings.IndexAny(inner, ")>"); end >= 0 {
		outer = strings.TrimSpace(outer + " " + strings.TrimSpace(inner[end+1:]))
		inner = inner[:end]
	}
	inner = strings.TrimSpace(inner)
	if strings.Contains(inner, "@") {
		return outer, strings.TrimPrefix(inner, "mailto:")
	}
	if strings.Contains(outer, "@") {
		return inner, strings.TrimPrefix(outer, "mailto:")
	}
	return s, ""
}

// isAddress is true of an absolute http(s) URL.
func isAddress(s string) bool {
	s = strings.TrimSpace(s)
	return len(s) > 10 && (strings.EqualFold(s[:7], "http://") || strings.EqualFold(s[:8], "https://")) && !strings.ContainsAny(s, " <>")
}

// first returns the first of its arguments that is not blank.
func first(values ...string) string {
	for _, v := range values {
		if v != "" && strings.TrimSpace(v) != "" {
			return v
		}
	}
	return ""
}

func firstOf(values []string) string { return first(values...) }

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// extValue is the text of the first element of that name in an extension.
func extValue(x ext.Extensions, prefix, name string) string {
	if es := x[prefix][name]; len(es) > 0 {
		return es[0].Value
	}
	return ""
}

func extAttr(x ext.Extensions, prefix, name, attr string) string {
	if es := x[prefix][name]; len(es) > 0 {
		return es[0].Attrs[attr]
	}
	return ""
}

func childValue(e ext.Extension, name string) string {
	if es := e.Children[name]; len(es) > 0 {
		return es[0].Value
	}
	return ""
}

func appendValues(to []string, x ext.Extensions, prefix, name string) []string {
	return append(to, textOf(x[prefix][name])...)
}

func textOf(es []ext.Extension) []string {
	var out []string
	for _, e := range es {
		out = append(out, e.Value)
	}
	return out
}

func terms(cs []*atom.Category) []string {
	var out []string
	for _, c := range cs {
		out = append(out, first(c.Label, c.Term))
	}
	return out
}

// atomLink is the href of the first atom:link in an RSS feed with one of these rels.
func atomLink(x ext.Extensions, rels ...string) string {
	for _, prefix := range [...]string{"atom", "atom10", "atom03"} {
		for _, l := range x[prefix]["link"] {
			for _, rel := range rels {
				if l.Attrs["rel"] == rel && l.Attrs["href"] != "" {
					return l.Attrs["href"]
				}
			}
		}
	}
	return ""
}

func atomLinks(x ext.Extensions) []string {
	var out []string
	for _, l := range x["atom"]["link"] {
		out = append(out, l.Attrs["href"])
	}
	return out
}

// relation is the name of a link's relation, which may be written as an address, too (RFC 4287, section 4.2.7.2).
func relation(rel string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(rel)), "http://www.iana.org/assignments/relation/")
}

// atomHref is the href of the first link with the first of these rels that there is, HTML before
// other types.
func atomHref(links []*atom.Link, rels ...string) string {
	for _, rel := range rels {
		found := ""
		for _, l := range links {
			if relation(l.Rel) != rel || l.Href == "" {
				continue
			}
			if l.Type == "" || strings.Contains(l.Type, "html") {
				return strings.TrimSpace(l.Href)
			}
			if found == "" {
				found = strings.TrimSpace(l.Href)
			}
		}
		if found != "" {
			return found
		}
	}
	return ""
}

// setOverlooked gives an entry what gofeed changed or passed over: its id letter by letter (RFC 4287,
// section 4.2.6.1), and the day it was created when it tells no other of its publication.
func (raw *rawItem) setOverlooked(o overlooked, e *atom.Entry) {
	if n := strings.IndexByte(o.id, ':'); n > 0 && len(raw.guid) > n && strings.EqualFold(o.id[:n+1], raw.guid[:n+1]) {
		raw.guid = o.id[:n] + raw.guid[n:]
	}
	if o.created != "" && (raw.published == "" || raw.published == e.Updated && e.Published == "") {
		raw.published = o.created
	}
}

// setPlain notes which of an entry's own fields are text by their type.
func (raw *rawItem) setPlain(f plainFields) {
	raw.plain.title = raw.plain.title || f.title
	raw.plain.summary = raw.plain.summary || f.summary
	raw.plain.content = raw.plain.content || f.content
}

// describedBy takes the description of Media RSS for a summary: the item's, else that of what it shows.
// Its type is plain unless it says otherwise; many say nothing and give markup.
func (raw *rawItem) describedBy(media map[string][]ext.Extension) {
	if len(media) == 0 {
		return
	}
	holders := append(append([]ext.Extension{{Children: media}}, media["group"]...), mediaContents(media)...)
	for _, h := range holders {
		for _, d := range h.Children["description"] {
			if strings.TrimSpace(d.Value) == "" {
				continue
			}
			raw.summary = d.Value
			switch strings.ToLower(d.Attrs["type"]) {
			case "plain", "text", "text/plain":
				raw.plain.summary = true
			case "":
				raw.plain.summary = !looksLikeHTML(d.Value)
			}
			return
		}
	}
}

// looksLikeHTML is true of text with tags that only markup has.
func looksLikeHTML(s string) bool {
	for _, mark := range [...]string{"</", "<br", "<p>", "<a ", "<img ", "/>"} {
		if strings.Contains(s, mark) {
			return true
		}
	}
	return false
}

// mediaContents are the media:content elements, also those within media:group.
func mediaContents(media map[string][]ext.Extension) []ext.Extension {
	if len(media) == 0 {
		return nil
	}
	out := media["content"]
	for _, g := range media["group"] {
		out = append(out[:len(out):len(out)], g.Children["content"]...)
	}
	return out
}

// picturedBy takes the picture of Media RSS, with what is said of it; itunes is another address that stands
// before it.
func (raw *rawItem) picturedBy(media map[string][]ext.Extension, itunes string) {
	raw.image = itunes
	src, shown := mediaImage(media)
	if itunes == "" || itunes == src {
		raw.image, raw.shown = src, shown
	}
}

// isPicture is isImage for a media:content, of which a picture is what says neither what it is nor how long it takes.
func isPicture(c *ext.Extension) bool {
	url, typ, medium := c.Attrs["url"], c.Attrs["type"], c.Attrs["medium"]
	return isImage(typ, medium, url) || typ == "" && medium == "" && c.Attrs["duration"] == "" && isAddress(url) && endingOf(url) == ""
}

// mediaImage picks the picture of Media RSS: the largest sensible of its contents, else of its
// thumbnails.
func mediaImage(media map[string][]ext.Extension) (src string, shown feed.PictureNote) {
	if len(media) == 0 {
		return "", shown
	}
	contents := mediaContents(media)
	pictures := make([]ext.Extension, 0, len(contents))
	for i := range contents {
		if isPicture(&contents[i]) {
			pictures = append(pictures, contents[i])
		}
	}
	if found := largest(pictures); found != nil {
		return found.Attrs["url"], mediaNote(found, media)
	}
	thumbnails := media["thumbnail"]
	for _, holder := range [...][]ext.Extension{contents, media["group"]} {
		for _, c := range holder {
			thumbnails = append(thumbnails[:len(thumbnails):len(thumbnails)], c.Children["thumbnail"]...)
		}
	}
	if found := largest(thumbnails); found != nil {
		return found.Attrs["url"], mediaNote(found, media)
	}
	return "", shown
}

// largest is the largest picture that is no decoration; of equals, and of those that say no size, the first.
func largest(pictures []ext.Extension) *ext.Extension {
	var best *ext.Extension
	most := -1
	for i := range pictures {
		p := &pictures[i]
		src, width, height := p.Attrs["url"], feed.Pixels(p.Attrs["width"]), feed.Pixels(p.Attrs["height"])
		if src == "" || feed.Decorates(src, "", width, height) {
			continue
		}
		size := width
		if width > feed.LargestWidth || width == 0 && p.Attrs["isDefault"] == "true" {
			size = 1 // better than one that says nothing
		}
		if size > most {
			best, most = p, size
		}
	}
	return best
}

// mediaNote is what Media RSS says of a picture: the element itself, else the group or the item that it stands in
// (Media RSS 1.5.1: what is said of these holds for what they contain).
func mediaNote(picture *ext.Extension, media map[string][]ext.Extension) feed.PictureNote {
	n := feed.PictureNote{Width: feed.Pixels(picture.Attrs["width"]), Height: feed.Pixels(picture.Attrs["height"])}
	if n.Width == 0 || n.Height == 0 {
		n.Width, n.Height = 0, 0
	}
	within := []ext.Extension{*picture}
	for _, g := range media["group"] {
		for _, c := range g.Children["content"] {
			if c.Attrs["url"] == picture.Attrs["url"] {
				within = append(within, g)
			}
		}
	}
	within = append(within, ext.Extension{Children: media})
	for _, holder := range within {
		n.Credit = first(n.Credit, childValue(holder, "credit"), childValue(holder, "copyright"))
		n.Caption = first(n.Caption, childValue(holder, "description"), childValue(holder, "text"))
	}
	return n
}

// placeOf is where an item happened: GeoRSS in its simple and its GML form, or W3C's vocabulary.
func placeOf(x ext.Extensions) *feed.Point {
	if p := feed.ParsePoint(extValue(x, "georss", "point")); p != nil {
		return p
	}
	for _, where := range x["georss"]["where"] {
		for _, point := range where.Children["Point"] {
			if p := feed.ParsePoint(childValue(point, "pos")); p != nil {
				return p
			}
		}
	}
	geo := x["geo"]
	if len(geo) == 0 {
		return nil
	}
	for _, holder := range append([]ext.Extension{{Children: geo}}, geo["Point"]...) {
		if p := feed.NewPoint(childValue(holder, "lat"), first(childValue(holder, "long"), childValue(holder, "lon"))); p != nil {
			return p
		}
	}
	return nil
}

// isImage judges by type and medium; where they say nothing of what it is, by the address's ending.
func isImage(typ, medium, url string) bool {
	switch typ = strings.ToLower(typ); {
	case url == "":
		return false
	case strings.HasPrefix(typ, "image") || medium == "image":
		return true
	case medium != "" || strings.Contains(typ, "/") && typ != "application/octet-stream":
		return false
	}
	switch endingOf(url) {
	case "jpg", "jpeg", "png", "gif", "webp", "avif":
		return true
	}
	return false
}

// endingOf is the ending of the file that an address names, in lower case; empty for none.
func endingOf(url string) string {
	path, _, _ := strings.Cut(url, "?")
	file := path[strings.LastIndexByte(path, '/')+1:]
	if dot := strings.LastIndexByte(file, '.'); dot >= 0 {
		return strings.ToLower(file[dot+1:])
	}
	return ""
}
