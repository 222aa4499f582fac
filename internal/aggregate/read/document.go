// Package read turns the bytes of a document into items. In comes a Body, with the settings of the
// source it belongs to and the time; out comes a Document: items that are normalized and
// identified, what the document says of itself, and warnings about what was mended or is doubtful.
//
// The way of a document: Read (document.go) decodes it (decode.go), then reads it as XML (parse.go,
// which scans it first with scan.go and mends with mend.go what the scan stumbles over), as a channel
// of CDF (cdf.go), as JSON (json.go) or as a page (page.go, jsonld.go). Each format is translated to raw items
// (translate.go), and those are normalized alike (normalize.go). Article completes one item
// from the page it leads to; Preview shows a document to people.
//
// Read asks no network, knows no schedule and stores nothing. Its only clock is the time passed in,
// so that the same arguments always give the same items. It alone imports gofeed, goquery and
// readability.
package read

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"feedd/internal/feed"
)

// What one document may hold. Whatever goes beyond is cut with a warning that names the limit.
const (
	maxDepth        = 100   // elements within elements; gofeed recurses, and no feed needs 20
	defaultMaxItems = 10000 // read at least; see maxItems
	maxTitle        = 1000  // bytes of a headline
	maxAddress      = 4096  // bytes of a URL or guid
	maxHTML         = 1 << 20
	maxList         = 100  // categories, authors or enclosures of one item
	maxName         = 1000 // bytes in which the name of an author is looked for
	maxWarnings     = 20

	// What a parser makes of a document is many times its size when it consists of nothing but
	// elements or values, so these are bounded too, by the items that a source may send.
	elementsPerItem = 20   // of XML; outlets have up to 15
	objectsPerItem  = 10   // of JSON
	valuesPerItem   = 100  // of JSON
	maxAttributes   = 1000 // of one tag
)

// Body is a document as it came, decompressed but not yet decoded into text.
type Body struct {
	Bytes       []byte
	URL         string // where it came from, after redirects and without a password; relative addresses resolve against it; empty for a file
	ContentType string // media type and charset as the server sent them; may be empty
	Language    string // the Content-Language header; may be empty
}

// Document is one feed or page, read. Its items are normalized and identified, in the order of the
// document; FirstSeen is left to whoever saves them.
type Document struct {
	Type    string // rss, atom, cdf, json, page
	Version string

	Title       string // plain text
	Link        string // the site
	FeedLink    string // rel=self: the WebSub topic
	FeedID      string // atom:id
	Hub         string // rel=hub: the WebSub hub
	Description string // HTML as received
	Language    string
	Copyright   string
	Generator   string
	Author      string
	AuthorEmail string
	Categories  []string
	Image       string

	Published, Updated       time.Time // zero when not told or not credible
	PublishedRaw, UpdatedRaw string

	// How the document asks to be polled.
	TTL       time.Duration
	SkipHours []int // hours of the day in UTC
	SkipDays  []time.Weekday

	Items []feed.Item
	// Written keeps what the items do not: one for each item, as the document wrote it.
	Written []Written

	Deleted []feed.Deleted // items that it says it withdrew

	// Held counts the items that are left out because they are dated ahead, see feed.Source.HoldFuture, and
	// HeldUntil is the time of the first of them.
	Held      int
	HeldUntil time.Time

	Warnings []string // what was mended, cut or doubtful, for people
}

// Written is what preview shows of an item beside the item.
type Written struct {
	PublishedRaw, UpdatedRaw string
	Links                    []string
}

// errNoFeed is the reason when a document is nothing that can be collected.
var errNoFeed = errors.New("neither a feed nor a page that feedd can read")

// Read makes a Document of an answer: the feed it is, or, when the source has page selectors, the
// items they find. A damaged document is mended as far as can be, with a warning for every mend.
// The error names what is wrong in one sentence; for HTML at a feed's address it lists the feeds
// that the page advertises.
func Read(body Body, src feed.Source, now time.Time) (*Document, error) {
	return read(body, src, now, false)
}

// read is Read; with all set, items that nothing identifies are kept for people to see.
// A panic while reading is that document's error, and nobody else's.
func read(body Body, src feed.Source, now time.Time, all bool) (doc *Document, err error) {
	defer func() {
		if p := recover(); p != nil {
			doc, err = nil, fmt.Errorf("the document cannot be read: %v", p)
		}
	}()
	data, warnings, err := text(body.Bytes, body.ContentType, first(body.Language, src.Language))
	if err != nil {
		return nil, err
	}
	r := reader{body: body, src: src, now: now, all: all}
	r.warnings = warnings
	if src.Page != nil {
		return r.readPage(data)
	}
	return r.read(data)
}

// reader holds what the steps of reading one document share.
type reader struct {
	body     Body
	src      feed.Source
	now      time.Time
	all      bool // keep items that nothing identifies
	warnings []string
	dates    feed.Dates
	xmlBase  string   // of the root element
	site     *url.URL // that the document names; nil when it names none
	whole    []byte   // the XML document
	texts    []span   // of it, for which gofeed got marks; see lighten
	plain    map[int]plainFields
	over     map[int]overlooked
	zoneless int // dates read that named no zone

	buffer bytes.Buffer // for a text while its references are resolved
}

func (r *reader) warn(format string, args ...any) {
	r.warnings = append(r.warnings, fmt.Sprintf(format, args...))
}

// maxItems is how many items are read, from the top of the document: more than are taken, for which
// are the newest is known only then.
func (r *reader) maxItems() int { return max(r.src.MaxItems, defaultMaxItems) }

func (r *reader) read(data []byte) (*Document, error) {
	kind, start, junk := sniff(data)
	var doc *Document
	var err error
	switch kind {
	case kindEmpty:
		return nil, errors.New("the document is empty")
	case kindJSON:
		doc, err = r.readJSON(data[start:])
	case kindXML:
		if junk != "" {
			r.warn("%s before the feed was skipped", junk)
		}
		doc, err = r.readXML(data, start)
	case kindHTML:
		return r.readHTML(data)
	case kindOther:
		return nil, fmt.Errorf("%w: it is XML whose root is <%s>", errNoFeed, clip(junk, 40))
	default:
		return nil, fmt.Errorf("%w: it starts with %q", errNoFeed, clip(strings.TrimSpace(string(data[:min(len(data), 80)])), 40))
	}
	if err != nil {
		return nil, err
	}
	if doc.Language == "" {
		doc.Language = r.headerLanguage(doc)
	}
	r.finish(doc)
	return doc, nil
}

// headerLanguage is what the Content-Language header says, for a document that says nothing; its
// items get it too.
func (r *reader) headerLanguage(doc *Document) string {
	lang := language(r.body.Language)
	for i := range doc.Items {
		if doc.Items[i].Language == "" {
			doc.Items[i].Language = lang
		}
	}
	return lang
}

// finish gives the document its warnings, each once and not too many.
func (r *reader) finish(doc *Document) {
	if r.zoneless > 0 && r.src.Timezone == nil {
		r.warn("%d dates name no zone and were read as UTC: set the source's timezone", r.zoneless)
	}
	for _, address := range []*string{&doc.Link, &doc.FeedLink, &doc.FeedID, &doc.Hub, &doc.Image} {
		*address = r.bounded(*address, "link")
	}
	for _, text := range []*string{&doc.Copyright, &doc.Generator, &doc.Author, &doc.AuthorEmail, &doc.PublishedRaw, &doc.UpdatedRaw} {
		*text = clip(*text, maxTitle)
	}
	seen := make(map[string]bool, len(r.warnings))
	for _, w := range r.warnings {
		if !seen[w] && len(doc.Warnings) < maxWarnings {
			seen[w] = true
			doc.Warnings = append(doc.Warnings, w)
		}
	}
}
