// Package render turns the entries of a section into what readers get: RSS 2.0, Atom 1.0, JSON
// Feed 1.1, OPML 2.0 and HTML pages; and it checks a rendering before anyone is given it.
//
// It stands at the end of an item's way, between the filed entries and the HTTP server. It is
// pure: no SQL, no HTTP, no clock. The same View gives the same bytes, on any machine.
//
// What comes in from sources is hostile until proven otherwise. Every text passes through this
// package's cleaning, every piece of HTML through feed.Sanitize and a second, stricter pass, and
// a source's rights bound what any format shows of it.
package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"feedd/internal/feed"
)

// View is everything a rendering depends on. It must not be changed after its first rendering:
// the formats share what was worked out for the first of them. It may be rendered from several
// goroutines.
type View struct {
	Site feed.Site
	// Authority of the ids, "AUTHORITY,DATE" (RFC 4151).
	Authority string
	// Base is the public address without a trailing slash.
	Base string

	Section  feed.Section  // ID "all" for the union of all sections
	Sections []SectionLink // every section, in the configuration's order: categories, navigation

	// Entries in the order they are shown, with their reports.
	Entries []feed.Entry
	// Related are, by story, the entries that tell the same story as one of Entries and are not among
	// them, for pages that show each story once.
	Related map[string][]feed.Entry
	// Sources says where reports come from, by source id. A source that is missing here is no
	// longer configured: its terms are unknown, so only its headlines are shown.
	Sources map[string]Origin

	// Attribution is the visible form: "title", "summary" (the default) or "none". What machines
	// read of the origin is always there.
	Attribution string
	// Content bounds what is shown: "headline", "summary" or "full" (the default). A source's rights
	// bound it further.
	Content string

	// Updated is when the content last changed. Zero means: the newest change among Entries and
	// Tombstones.
	Updated time.Time

	// Today is the first instant of the day, where a page tells today's times from those of other
	// days: then the former stand without their date. Zero means that every time has one.
	Today time.Time
	// Images says that pages show pictures.
	Images bool

	// Path of this document below Base, without extension: "/sections/kinh-te". Empty means that
	// of the section, or of the partner's section.
	Path string
	// Home is the path of the page for people that belongs to it. Empty means the section's page.
	Home string
	// Prev, Next and Current are paths without extension, for RFC 5005: the archive page with
	// older entries, the one with newer entries, and the section's own feed. Empty means none.
	Prev, Next, Current string
	Archive             bool // this document is an archive page

	// Of a feed that is no section's: Title is what it is called, Feed what its id is made of, and Query
	// what stands behind its path, from the question mark on.
	Title, Feed, Query string
	// Bounded is set where a search did not look at all reports.
	Bounded bool

	Hub        string // absolute URL of the WebSub hub; empty means none is advertised
	Tombstones []Tombstone
	Partner    *feed.Partner // whose profile this is; nil for the public

	// Cache, shared between views, saves cleaning what was cleaned before; nil works without.
	Cache *Cache

	once    sync.Once
	doc     *document
	origins map[string]knownOrigin // of every source among the reports
}

// SectionLink names a section.
type SectionLink struct {
	ID, Title string
	Language  string `json:",omitempty"` // BCP 47; empty means the site's
}

// Origin is what a reader may know of a source.
type Origin struct {
	ID        string
	Title     string // the outlet
	Home      string // the outlet's own site
	FeedURL   string // where it was collected
	FeedID    string // atom:id of that feed, when it has one
	Hidden    bool   `json:"-"` // FeedURL and FeedID are nobody's business
	Page      bool   // FeedURL is a page, not a feed
	Language  string
	Rights    feed.Rights
	Copyright string // the source's own notice
}

// Hide takes away what tells where the source lives.
func (o *Origin) Hide() { o.FeedURL, o.FeedID, o.Hidden = "", "", true }

// Tombstone tells that an entry was withdrawn (RFC 6721).
type Tombstone struct {
	Key  string
	When time.Time
}

// Format names a kind of document.
type Format string

// The formats.
const (
	FormatRSS  Format = "rss"
	FormatAtom Format = "atom"
	FormatJSON Format = "json"
	FormatOPML Format = "opml"
	FormatHTML Format = "html"

	FormatSitemap Format = "sitemap"
)

// FeedFormats are the formats every section has, in the order they are offered.
var FeedFormats = []Format{FormatRSS, FormatAtom, FormatJSON}

// ContentType returns the media type the format is served as.
func (f Format) ContentType() string {
	switch f {
	case FormatRSS:
		return "application/rss+xml; charset=utf-8"
	case FormatAtom:
		return "application/atom+xml; charset=utf-8"
	case FormatJSON:
		return "application/feed+json; charset=utf-8"
	case FormatOPML:
		return "text/x-opml; charset=utf-8"
	case FormatSitemap:
		return "application/xml; charset=utf-8"
	}
	return "text/html; charset=utf-8"
}

// Feed renders the view as one of FeedFormats.
func Feed(v *View, f Format) ([]byte, error) {
	return v.feed(v.prepare(), f)
}

// FeedWithin is Feed in at most so many bytes, as far as full texts give way to summaries: from the end
// on, by halves, so that what is newest keeps its text longest. 0 is no bound. full tells how many entries
// may show their full text; it is less than all when some gave way.
func FeedWithin(v *View, f Format, most int) (body []byte, full int, err error) {
	d := v.prepare()
	full = len(d.entries)
	for {
		body, err = v.feed(d.fullUntil(full), f)
		if err != nil || most <= 0 || len(body) <= most || full == 0 {
			return body, full, err
		}
		full /= 2
	}
}

// fullUntil is the document with full texts in the first n entries alone.
func (d *document) fullUntil(n int) *document {
	if n >= len(d.entries) {
		return d
	}
	short := *d
	short.entries = slices.Clone(d.entries)
	for i := range short.entries[n:] {
		e := *short.entries[n+i]
		e.content = fragment{}
		short.entries[n+i] = &e
	}
	return &short
}

func (v *View) feed(d *document, f Format) ([]byte, error) {
	switch f {
	case FormatRSS:
		return v.rss(d)
	case FormatAtom:
		return v.atom(d)
	case FormatJSON:
		return v.json(d)
	}
	return nil, fmt.Errorf("%q is no format of a feed", f)
}

// path returns the document's own path, without extension.
func (v *View) path() string {
	switch {
	case v.Path != "":
		return v.Path
	case v.Partner != nil:
		return "/partners/" + v.Partner.ID + "/" + v.Section.ID
	}
	return "/sections/" + v.Section.ID
}

// url returns the absolute address of a path below Base; extension may be "".
func (v *View) url(path string, f Format) string {
	if path == "" {
		return ""
	}
	if f != "" {
		path += "." + string(f)
	}
	return strings.TrimSuffix(v.Base, "/") + path
}

// self returns the document's own address.
func (v *View) self(f Format) string { return v.url(v.path(), f) + v.Query }

// home returns the address of the page for people.
func (v *View) home() string {
	switch {
	case v.Home != "":
		return v.url(v.Home, "")
	case v.Section.ID == "all":
		return v.url("/", "")
	}
	return v.url("/sections/"+v.Section.ID, "")
}

// feedID returns the permanent id of the feed itself. The archive pages of a feed share it: RFC
// 5005 takes them for one logical feed.
func (v *View) feedID() string {
	if v.Feed != "" {
		return feed.TagURI(v.Authority, v.Feed)
	}
	if v.Partner != nil {
		return feed.TagURI(v.Authority, "partners/"+v.Partner.ID+"/"+v.Section.ID)
	}
	return feed.TagURI(v.Authority, "sections/"+v.Section.ID)
}

// EntryID returns the id that the entry with this key carries in every format. A partner may want
// ids that no public feed has, so that the two can be read side by side.
func (v *View) EntryID(key string) string {
	if v.Partner != nil && v.Partner.OwnIDs {
		return feed.TagURI(v.Authority, v.Partner.ID+"/"+key)
	}
	return feed.TagURI(v.Authority, key)
}

// title returns what the feed is called.
func (v *View) title() string {
	site := cmp.Or(line(v.Site.Title, maxTitle), "feedd")
	section := line(v.Section.Title, maxTitle)
	if title := line(v.Title, maxTitle); title != "" {
		return title + " – " + site
	}
	if v.Section.ID == "all" || section == "" {
		return site
	}
	return section + " – " + site
}

// description says in a line what the feed holds; never empty, since RSS requires it.
func (v *View) description() string {
	if v.Bounded {
		return searchWordsFor(v.Site.Language).Bounded
	}
	for _, s := range []string{v.Section.Description, v.Site.Description} {
		if s = line(s, maxSummary); s != "" {
			return s
		}
	}
	return v.title()
}
