package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rss holds an RSS document to the RSS Advisory Board's profile.
func (c *checker) rss(root *node) {
	if root.name != "rss" || root.attrs["version"] != "2.0" || len(root.all("channel")) != 1 {
		c.add("document", "is no RSS 2.0 with one channel")
		return
	}
	c.only(root, "channel")
	channel := root.one("channel")
	c.only(channel, "title", "link", "description", "language", "copyright", "managingEditor", "pubDate",
		"lastBuildDate", "generator", "docs", "image", "atom:link", "fh:archive", "item")
	c.once(channel, "title", "link", "description")
	c.atMostOnce(channel, "language", "copyright", "managingEditor", "pubDate", "lastBuildDate", "generator", "docs", "image", "fh:archive")
	c.plain(channel.one("title"))
	c.plain(channel.one("description"))
	c.date(channel.one("pubDate"), time.RFC1123Z)
	c.date(channel.one("lastBuildDate"), time.RFC1123Z)
	if n := channel.one("link"); n != nil {
		c.address(n.where(), "link", n.text)
	}
	if n := channel.one("language"); n != nil {
		c.language(n.where(), n.text)
	}
	if n := channel.one("managingEditor"); n != nil {
		mail, name, ok := strings.Cut(n.text, " (")
		if !ok || address(mail) != mail || !strings.HasSuffix(name, ")") {
			c.add(n.where(), "managingEditor %q is not mail@example.org (Name)", cut(n.text, 80))
		}
	}
	if n := channel.one("image"); n != nil {
		c.rssImage(n)
	}
	c.links(channel, "atom:link", channel.one("fh:archive") != nil)
	for _, item := range channel.all("item") {
		c.rssItem(item)
		if id := item.one("guid"); id != nil && c.met != nil {
			c.met(passed{id: id.text})
		}
	}
}

func (c *checker) rssImage(image *node) {
	c.only(image, "url", "title", "link", "width", "height")
	c.once(image, "url", "title", "link")
	for _, name := range []string{"url", "link"} {
		if n := image.one(name); n != nil {
			c.address(n.where(), name, n.text)
		}
	}
	for name, most := range map[string]int{"width": rssImageWidth, "height": rssImageHeight} {
		if n := image.one(name); n != nil {
			if size, err := strconv.Atoi(n.text); err != nil || size <= 0 || size > most {
				c.add(n.where(), "the image has the %s %q", name, n.text)
			}
		}
	}
}

func (c *checker) rssItem(item *node) {
	c.only(item, "title", "link", "description", "content:encoded", "enclosure", "guid", "pubDate", "category",
		"source", "dc:creator", "dc:language", "dc:rights", "atom:updated", "atom:link", "media:content", "georss:point", "thr:in-reply-to")
	c.once(item, "title", "link", "description", "guid", "pubDate")
	c.atMostOnce(item, "content:encoded", "enclosure", "source", "dc:language", "dc:rights", "atom:updated", "georss:point", "thr:in-reply-to")
	c.plain(item.one("title"))
	c.plain(item.one("dc:rights"))
	c.date(item.one("pubDate"), time.RFC1123Z)
	c.date(item.one("atom:updated"), time.RFC3339Nano)
	if n := item.one("link"); n != nil {
		c.address(n.where(), "link", n.text)
	}
	if n := item.one("guid"); n != nil {
		c.unique(n)
		if n.attrs["isPermaLink"] != "false" {
			c.add(n.where(), "guid is taken for an address")
		}
	}
	for _, name := range []string{"description", "content:encoded"} {
		if n := item.one(name); n != nil {
			c.markup(n.where(), name, n.text)
		}
	}
	if n := item.one("source"); n != nil {
		c.plain(n)
		c.address(n.where(), "source", n.attrs["url"])
	}
	if n := item.one("enclosure"); n != nil {
		c.address(n.where(), "enclosure", n.attrs["url"])
		if size, err := strconv.ParseInt(n.attrs["length"], 10, 64); err != nil || size < 0 {
			c.add(n.where(), "enclosure has the length %q", n.attrs["length"])
		}
		if !wellFormedType.MatchString(n.attrs["type"]) {
			c.add(n.where(), "enclosure has the type %q", n.attrs["type"])
		}
	}
	if n := item.one("dc:language"); n != nil {
		c.language(n.where(), n.text)
	}
	for _, k := range item.children {
		switch k.name {
		case "category", "dc:creator":
			c.plain(k)
			if strings.TrimSpace(k.text) == "" {
				c.add(k.where(), "%s is empty", k.name)
			}
		case "atom:link":
			c.link(k)
		case "media:content":
			c.address(k.where(), "media:content", k.attrs["url"])
		}
	}
}

// unique wants an id that is in normal form and not among those seen.
func (c *checker) unique(n *node) {
	c.identifier(n.where(), n.name, n.text)
	if c.ids[n.text] {
		c.add(n.where(), "%s %s stands twice", n.name, n.text)
	}
	c.ids[n.text] = true
}

// relations that a link of ours may name.
var relations = []string{
	"alternate", "self", "hub", "related", "enclosure", "current", "prev-archive", "next-archive",
}

func (c *checker) link(n *node) {
	if !slices.Contains(relations, n.attrs["rel"]) {
		c.add(n.where(), "link has the relation %q", n.attrs["rel"])
	}
	c.address(n.where(), "link", n.attrs["href"])
	if t, ok := n.attrs["type"]; ok && !wellFormedType.MatchString(t) {
		c.add(n.where(), "link has the type %q", t)
	}
	if l, ok := n.attrs["length"]; ok {
		if size, err := strconv.ParseInt(l, 10, 64); err != nil || size < 0 {
			c.add(n.where(), "link has the length %q", l)
		}
	}
	if t, ok := n.attrs["title"]; ok && (strings.TrimSpace(t) == "" || endTag.MatchString(t)) {
		c.add(n.where(), "link has the title %q", cut(t, 80))
	}
}

// links wants a feed's own links: itself once, and for an archive page its neighbours (RFC 5005).
func (c *checker) links(feed *node, name string, archive bool) {
	count := map[string]int{}
	for _, l := range feed.all(name) {
		c.link(l)
		count[l.attrs["rel"]]++
	}
	for _, rel := range []string{"self", "current", "prev-archive", "next-archive", "alternate"} {
		if count[rel] > 1 {
			c.add(feed.where(), "%s has %d links %s", feed.name, count[rel], rel)
		}
	}
	if count["self"] == 0 {
		c.add(feed.where(), "%s does not link to itself", feed.name)
	}
	if archive && count["current"] == 0 {
		c.add(feed.where(), "an archive page does not link to the current feed")
	}
}

// atom holds an Atom document to RFC 4287.
func (c *checker) atom(root *node) {
	if root.name != "atom:feed" {
		c.add("document", "is no Atom feed")
		return
	}
	c.only(root, "atom:id", "atom:title", "atom:subtitle", "atom:updated", "atom:author", "atom:generator",
		"atom:icon", "atom:logo", "atom:link", "atom:entry", "fh:archive", "at:deleted-entry")
	c.once(root, "atom:id", "atom:title", "atom:updated", "atom:author")
	c.atMostOnce(root, "atom:subtitle", "atom:generator", "atom:icon", "atom:logo", "fh:archive")
	for _, name := range []string{"atom:icon", "atom:logo"} {
		if n := root.one(name); n != nil {
			c.address(n.where(), name, n.text)
		}
	}
	c.plain(root.one("atom:title"))
	c.plain(root.one("atom:subtitle"))
	c.date(root.one("atom:updated"), time.RFC3339Nano)
	c.links(root, "atom:link", root.one("fh:archive") != nil)
	if n := root.one("atom:id"); n != nil {
		c.identifier(n.where(), "id", n.text)
	}
	if l, ok := root.attrs["xml:lang"]; ok {
		c.language(root.where(), l)
	}
	gone := map[string]bool{}
	for _, n := range root.all("at:deleted-entry") {
		c.identifier(n.where(), "deleted entry", n.attrs["ref"])
		c.dateValue(n.where(), "when", n.attrs["when"], time.RFC3339Nano)
		gone[n.attrs["ref"]] = true
		if c.ids[n.attrs["ref"]] { // of one that was left out
			c.add(n.where(), "entry %s is deleted and present", n.attrs["ref"])
		}
	}
	entries := false
	for _, n := range root.children {
		if n.name != "atom:entry" {
			if entries {
				c.add(n.where(), "%s stands behind an entry", n.name)
			}
			continue
		}
		entries = true
		c.atomEntry(n)
		u, id := n.one("atom:updated"), n.one("atom:id")
		if u != nil {
			if c.stamps[u.text] {
				c.add(u.where(), "two entries were updated at %s", u.text)
			}
			c.stamps[u.text] = true
		}
		if id != nil && gone[id.text] {
			c.add(id.where(), "entry %s is deleted and present", id.text)
		}
		if u != nil && id != nil && c.met != nil {
			c.met(passed{id.text, u.text})
		}
	}
}

func (c *checker) atomEntry(n *node) {
	c.only(n, "atom:id", "atom:title", "atom:updated", "atom:published", "atom:author", "atom:summary", "atom:content",
		"atom:link", "atom:category", "atom:rights", "atom:source", "media:content", "georss:point", "thr:in-reply-to")
	c.once(n, "atom:id", "atom:title", "atom:updated")
	c.atMostOnce(n, "atom:published", "atom:summary", "atom:content", "atom:rights", "atom:source", "georss:point", "thr:in-reply-to")
	c.plain(n.one("atom:title"))
	c.plain(n.one("atom:rights"))
	c.date(n.one("atom:updated"), time.RFC3339Nano)
	c.date(n.one("atom:published"), time.RFC3339Nano)
	if id := n.one("atom:id"); id != nil {
		c.unique(id)
	}
	if l, ok := n.attrs["xml:lang"]; ok {
		c.language(n.where(), l)
	}
	texts, alternates := 0, 0
	for _, k := range n.children {
		switch k.name {
		case "atom:summary", "atom:content":
			texts++
			if k.attrs["type"] != "html" || strings.TrimSpace(k.text) == "" {
				c.add(k.where(), "%s is empty or no HTML", k.name)
			}
			c.markup(k.where(), k.name, k.text)
		case "atom:link":
			c.link(k)
			if k.attrs["rel"] == "alternate" {
				alternates++
			}
		case "atom:category":
			if strings.TrimSpace(k.attrs["term"]) == "" || endTag.MatchString(k.attrs["label"]) {
				c.add(k.where(), "category has no term, or markup for a label")
			}
		case "atom:author":
			c.once(k, "atom:name")
			c.plain(k.one("atom:name"))
			if u := k.one("atom:uri"); u != nil {
				c.address(u.where(), "uri", u.text)
			}
		case "atom:source":
			c.once(k, "atom:id", "atom:title", "atom:updated")
			c.plain(k.one("atom:title"))
			c.date(k.one("atom:updated"), time.RFC3339Nano)
			if id := k.one("atom:id"); id != nil {
				c.identifier(id.where(), "source's id", id.text)
			}
			for _, l := range k.all("atom:link") {
				c.link(l)
			}
		case "media:content":
			c.address(k.where(), "media:content", k.attrs["url"])
		}
	}
	if texts == 0 {
		c.add(n.where(), "entry has neither summary nor content")
	}
	if alternates != 1 {
		c.add(n.where(), "entry has %d alternate links, want 1", alternates)
	}
}

// opml holds a subscription list to OPML 2.0.
func (c *checker) opml(root *node) {
	head, body := root.one("head"), root.one("body")
	if root.name != "opml" || root.attrs["version"] != "2.0" || head == nil || body == nil {
		c.add("document", "is no OPML 2.0 with head and body")
		return
	}
	c.only(root, "head", "body")
	c.only(head, "title", "dateModified", "ownerName", "ownerEmail")
	c.once(head, "title")
	c.plain(head.one("title"))
	c.date(head.one("dateModified"), time.RFC1123Z)
	if len(body.all("outline")) == 0 {
		c.add(body.where(), "body has no outline")
	}
	for _, n := range body.children {
		if n.name != "outline" || n.attrs["text"] == "" || n.attrs["title"] == "" || n.attrs["type"] != "rss" {
			c.add(n.where(), "%s is no subscription with text, title and type", n.name)
		}
		for _, name := range []string{"text", "title"} {
			if strings.Contains(n.attrs[name], "<") {
				c.add(n.where(), "%s holds markup", name)
			}
		}
		c.address(n.where(), "xmlUrl", n.attrs["xmlUrl"])
		if l, ok := n.attrs["language"]; ok {
			c.language(n.where(), l)
		}
	}
}

// sitemap wants what https://www.sitemaps.org/protocol.html does, and of news what Google does.
func (c *checker) sitemap(root *node) {
	if root.name != "urlset" {
		c.add("document", "is no sitemap")
		return
	}
	for _, n := range root.children {
		loc := n.one("loc")
		if n.name != "url" || loc == nil {
			c.add(n.where(), "%s is no page of a sitemap", n.name)
			continue
		}
		c.only(n, "loc", "lastmod", "news:news")
		c.address(n.where(), "loc", loc.text)
		if m := n.one("lastmod"); m != nil {
			c.date(m, time.RFC3339)
		}
		if news := n.one("news:news"); news != nil {
			c.only(news, "news:publication", "news:publication_date", "news:title")
			for _, name := range []string{"news:publication", "news:publication_date", "news:title"} {
				c.once(news, name)
			}
			c.date(news.one("news:publication_date"), time.RFC3339)
		}
	}
}

// jsonFeed is all that a feed may say.
type jsonFeed struct {
	Version  string             `json:"version"`
	Title    string             `json:"title"`
	Home     string             `json:"home_page_url"`
	Self     string             `json:"feed_url"`
	Next     *string            `json:"next_url"`
	About    string             `json:"description"`
	Icon     *string            `json:"icon"`
	Favicon  *string            `json:"favicon"`
	Language *string            `json:"language"`
	Authors  []jsonPerson       `json:"authors"`
	Hubs     []json.RawMessage  `json:"hubs"`
	Feedd    json.RawMessage    `json:"_feedd"`
	Items    *[]json.RawMessage `json:"items"` // of jsonFeedItem
}

type jsonFeedItem struct {
	ID          string           `json:"id"`
	URL         *string          `json:"url"`
	Title       string           `json:"title"`
	HTML        *string          `json:"content_html"`
	Summary     string           `json:"summary"`
	Image       *string          `json:"image"`
	Published   *string          `json:"date_published"`
	Modified    *string          `json:"date_modified"`
	Authors     []jsonPerson     `json:"authors"`
	Tags        []string         `json:"tags"`
	Language    *string          `json:"language"`
	Attachments []jsonAttachment `json:"attachments"`
	Feedd       json.RawMessage  `json:"_feedd"`
}

// json holds a document to JSON Feed 1.1.
func (c *checker) json(doc []byte) {
	var feed jsonFeed
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	if err := d.Decode(&feed); err != nil {
		c.add("document", "is no JSON Feed: %v", err)
		return
	}
	if d.More() {
		c.add("document", "goes on behind the feed")
	}
	if feed.Version != "https://jsonfeed.org/version/1.1" || strings.TrimSpace(feed.Title) == "" || feed.Items == nil {
		c.add("document", "lacks version, title or items")
		return
	}
	c.address("$", "feed_url", feed.Self)
	c.address("$", "home_page_url", feed.Home)
	for name, icon := range map[string]*string{"icon": feed.Icon, "favicon": feed.Favicon} {
		if icon != nil {
			c.address("$", name, *icon)
		}
	}
	if feed.Next != nil {
		c.address("$", "next_url", *feed.Next)
		if *feed.Next == feed.Self {
			c.add("$", "next_url leads back here")
		}
	}
	if feed.Language != nil {
		c.language("$", *feed.Language)
	}
	c.people("$", feed.Authors)
	for i, raw := range *feed.Items {
		c.jsonEntry(fmt.Sprintf("$.items[%d]", i), raw)
	}
}

// jsonEntry holds an item to the rules, as far as it is not known to keep them.
func (c *checker) jsonEntry(where string, raw json.RawMessage) {
	var s entrySum
	if c.known != nil {
		s = sumEntry(nil, raw)
		if p, ok := c.known.find(s); ok {
			c.jsonID(where, p.id)
			return
		}
	}
	var it jsonFeedItem
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&it); err != nil {
		c.add(where, "is no item of a JSON Feed: %v", err)
		return
	}
	before := len(c.problems)
	c.jsonItem(where, &it)
	if c.known != nil && len(c.problems) == before && before < maxProblems {
		c.known.note(s, passed{id: it.ID})
	}
	c.jsonID(where, it.ID)
}

// jsonID wants an id that no item before has.
func (c *checker) jsonID(where, id string) {
	if c.ids[id] {
		c.add(where, "id %s stands twice", id)
	}
	c.ids[id] = true
}

func (c *checker) jsonItem(where string, it *jsonFeedItem) {
	c.identifier(where, "id", it.ID)
	for _, link := range []*string{it.URL, it.Image} {
		if link != nil {
			c.address(where, "url or image", *link)
		}
	}
	for _, date := range []*string{it.Published, it.Modified} {
		if date != nil {
			c.dateValue(where, "date", *date, time.RFC3339Nano)
		}
	}
	if unshowable(it.Title) || unshowable(it.Summary) || it.HTML != nil && unshowable(*it.HTML) {
		c.add(where, "holds control or replacement characters")
	}
	if it.HTML == nil || *it.HTML == "" {
		c.add(where, "has no content")
	} else {
		c.markup(where, "content_html", *it.HTML)
	}
	if it.Language != nil {
		c.language(where, *it.Language)
	}
	c.people(where, it.Authors)
	if slices.ContainsFunc(it.Tags, func(t string) bool { return strings.TrimSpace(t) == "" }) {
		c.add(where, "has an empty tag")
	}
	for _, a := range it.Attachments {
		c.address(where, "attachment", a.URL)
		if !wellFormedType.MatchString(a.Type) || a.Size < 0 {
			c.add(where, "attachment has the type %q and size %d", a.Type, a.Size)
		}
	}
}

type jsonPerson struct {
	Name   string `json:"name"`
	URL    string `json:"url"`
	Avatar string `json:"avatar"`
}

func (c *checker) people(where string, list []jsonPerson) {
	for _, p := range list {
		if p.Name == "" && p.URL == "" {
			c.add(where, "has an author without name and address")
		}
		if p.URL != "" {
			c.address(where, "author", p.URL)
		}
	}
}
