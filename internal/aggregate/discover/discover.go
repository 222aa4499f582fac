// Package discover finds the feeds of a site. In comes an address as a person knows it; out come the feeds
// that are there, each read once as a run would read it. Where there is none, selectors come out by which
// the page itself can be read.
//
// It asks a site a few dozen times at most, through the collector's gate, and never stores anything.
package discover

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"feedd/internal/aggregate/read"
	"feedd/internal/feed"
)

// Fetcher asks for a source's address, as the collector does.
type Fetcher interface {
	Fetch(ctx context.Context, src feed.Source) (read.Body, error)
}

// Found is what a site has.
type Found struct {
	URL   string     `json:"url"` // as it was asked for
	Feeds []Feed     `json:"feeds"`
	Page  *Page      `json:"page,omitempty"` // where there is no feed
	Notes []string   `json:"notes"`          // what was looked at in vain, for people
	seen  []string   // canonical addresses that were asked
	body  *read.Body // of the page, nil when it did not answer
}

// Feed is one feed that was read.
type Feed struct {
	URL    string     `json:"url"`
	Title  string     `json:"title"`
	Type   string     `json:"type"`             // rss, atom, json …
	How    string     `json:"how"`              // where its address was found
	Source string     `json:"source,omitempty"` // id of the source that reads it already
	Items  int        `json:"items"`
	Newest []Headline `json:"newest"`
}

// Headline is one of the newest items.
type Headline struct {
	Title     string `json:"title"`
	URL       string `json:"url"`
	Published string `json:"published,omitempty"` // RFC 3339 in UTC, "" when unknown
}

// Page are selectors for a page without a feed, what they give, and what they do not.
type Page struct {
	Item    string     `json:"item"`
	Title   string     `json:"title,omitempty"`
	Link    string     `json:"link,omitempty"`
	Summary string     `json:"summary,omitempty"`
	Date    string     `json:"date,omitempty"`
	Image   string     `json:"image,omitempty"`
	Items   []Headline `json:"items"`
	Missing []string   `json:"missing"`
}

// Options say how to look. Fetcher and Now are required.
type Options struct {
	Fetcher Fetcher
	Now     func() time.Time
	// Source returns the id of the source that reads an address already, "" for none.
	Source func(address string) string
	// Private lets the site itself be on a private address.
	Private bool
}

// Bounds of looking at one site.
const (
	mostFeeds = 30 // that are read
	newest    = 3  // headlines of each
)

type finder struct {
	Options
	found Found
	host  string
}

// Find looks for the feeds of a site, where they are likeliest first, and stops where some were found.
// The error says why nothing could be asked.
func Find(ctx context.Context, o Options, address string) (Found, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return Found{}, fmt.Errorf("%s is no address on the web", address)
	}
	f := finder{Options: o, host: u.Host, found: Found{URL: address, Feeds: []Feed{}, Notes: []string{}}}
	failed := f.itself(ctx, address)
	if len(f.found.Feeds) > 0 { // the address is a feed
		return f.found, ctx.Err()
	}
	f.try(ctx, knownSites(u), "the service's own way")
	if f.found.body != nil {
		f.fromPage(ctx, u)
	}
	if len(f.found.Feeds) == 0 {
		f.paths(ctx, u, commonPaths, "a common path")
	}
	switch {
	case ctx.Err() != nil:
		return f.found, ctx.Err()
	case len(f.found.Feeds) > 0:
		return f.found, nil
	case f.found.body == nil:
		return f.found, failed
	}
	f.propose()
	return f.found, nil
}

// itself asks for the address; it may be a feed, or the page that names some.
func (f *finder) itself(ctx context.Context, address string) error {
	body, err := f.Fetcher.Fetch(ctx, f.source(address))
	if err != nil {
		return err
	}
	f.seen(address)
	if doc, err := read.Preview(body, feed.Source{ID: "discover"}, f.Now()); err == nil && doc.Type != "page" {
		f.add(address, "the address itself", doc)
		return nil
	}
	f.found.body = &body
	return nil
}

// fromPage follows what the page says: advertised feeds, then links and data that look like feeds, then
// pages that list feeds, then what its program is known for.
func (f *finder) fromPage(ctx context.Context, u *url.URL) {
	body := *f.found.body
	var links []string
	for _, l := range read.Discover(body) {
		links = append(links, l.URL)
	}
	f.try(ctx, links, "a link element")
	if strings.HasSuffix(u.Hostname(), "youtube.com") && len(f.found.Feeds) == 0 {
		if m := youtubeChannel.FindSubmatch(body.Bytes); m != nil {
			f.try(ctx, []string{youtubeFeed + "channel_id=" + string(m[1])}, "the channel that the page names")
		}
	}
	f.named(ctx, body, 1)
	if len(f.found.Feeds) == 0 {
		f.paths(ctx, u, byGenerator(read.Generator(body)), "what the site's program makes")
	}
}

// named tries what a page names and looks like feeds. Where that is another page, such as a site's list
// of its feeds, what that names is tried, too.
func (f *finder) named(ctx context.Context, body read.Body, deeper int) {
	for _, l := range read.Named(body) {
		if f.full(ctx) || !f.seen(l.URL) {
			continue
		}
		next, err := f.Fetcher.Fetch(ctx, f.source(l.URL))
		if err != nil {
			f.note("%s is named, but %s", l.URL, err)
			continue
		}
		doc, err := read.Preview(next, feed.Source{ID: "discover"}, f.Now())
		switch {
		case err == nil && doc.Type != "page":
			f.add(l.URL, "a link or data of the page", doc)
		case deeper > 0:
			f.named(ctx, next, deeper-1)
		}
	}
}

// paths tries paths below the address and at the root of its host, until one is a feed.
func (f *finder) paths(ctx context.Context, u *url.URL, paths []string, how string) {
	var bases []string
	if path := strings.TrimSuffix(u.Path, "/"); path != "" {
		bases = append(bases, u.Scheme+"://"+u.Host+path)
	}
	bases = append(bases, u.Scheme+"://"+u.Host)
	for _, path := range paths {
		for _, base := range bases {
			f.try(ctx, []string{base + path}, how)
			if len(f.found.Feeds) > 0 {
				return
			}
		}
	}
}

// try asks for addresses and keeps those that are feeds.
func (f *finder) try(ctx context.Context, addresses []string, how string) {
	for _, address := range addresses {
		if f.full(ctx) || !f.seen(address) {
			continue
		}
		body, err := f.Fetcher.Fetch(ctx, f.source(address))
		if err == nil {
			var doc *read.PreviewDocument
			if doc, err = read.Preview(body, feed.Source{ID: "discover"}, f.Now()); err == nil && doc.Type == "page" {
				err = errors.New("it is a page")
			}
			if err == nil {
				f.add(address, how, doc)
				continue
			}
		}
		if how != "a common path" {
			f.note("%s (%s): %s", address, how, err)
		}
	}
}

func (f *finder) full(ctx context.Context) bool {
	return ctx.Err() != nil || len(f.found.seen) >= 2*mostFeeds || len(f.found.Feeds) >= mostFeeds
}

// seen notes that an address is asked, and tells whether it was not before.
func (f *finder) seen(address string) bool {
	if slices.Contains(f.found.seen, address) {
		return false
	}
	f.found.seen = append(f.found.seen, address)
	return true
}

func (f *finder) note(format string, args ...any) {
	f.found.Notes = append(f.found.Notes, fmt.Sprintf(format, args...))
}

// source is the address as a source of its own. A private address may be asked on the site's own host
// alone, and only when that is where the person pointed.
func (f *finder) source(address string) feed.Source {
	u, err := url.Parse(address)
	own := err == nil && u.Host == f.host
	return feed.Source{ID: "discover", URL: address, AllowPrivate: f.Private && own, HostInterval: 200 * time.Millisecond}
}

func (f *finder) add(address, how string, doc *read.PreviewDocument) {
	if slices.ContainsFunc(f.found.Feeds, func(x Feed) bool { return feed.Canonical(x.URL) == feed.Canonical(address) }) {
		return
	}
	x := Feed{URL: address, Title: doc.Title, Type: doc.Type, How: how, Items: len(doc.Items), Newest: headlines(doc.Items, newest)}
	if f.Source != nil {
		x.Source = f.Source(address)
	}
	f.found.Feeds = append(f.found.Feeds, x)
}

// headlines are the newest of some items, those without a time in their order behind the others.
func headlines(items []read.PreviewItem, most int) []Headline {
	all := slices.Clone(items)
	slices.SortStableFunc(all, func(a, b read.PreviewItem) int { return strings.Compare(b.Published, a.Published) })
	list := []Headline{}
	for _, it := range all[:min(len(all), most)] {
		list = append(list, Headline{it.Title, it.Link, it.Published})
	}
	return list
}

// propose looks for selectors, and reads the page by them.
func (f *finder) propose() {
	if doc, err := read.Preview(*f.found.body, feed.Source{ID: "discover"}, f.Now()); err == nil && len(doc.Items) > 1 {
		f.note("the page says itself, as JSON-LD or microdata, what its %d reports are: a source with its address needs no selectors", len(doc.Items))
	}
	p, ok := read.Propose(*f.found.body, f.Now())
	if !ok {
		f.note("the page has no three blocks that look alike and hold one headline each")
		return
	}
	doc, err := read.Preview(*f.found.body, feed.Source{ID: "discover", Page: &p.Page}, f.Now())
	if err != nil {
		f.note("%s", err)
		return
	}
	page := Page{Item: p.Page.Item, Title: p.Page.Title, Link: p.Page.Link, Summary: p.Page.Summary, Date: p.Page.Date, Image: p.Page.Image,
		Items: []Headline{}, Missing: append([]string{}, p.Missing...)}
	for _, it := range doc.Items {
		page.Items = append(page.Items, Headline{it.Title, it.Link, it.Published})
	}
	f.found.Page = &page
}
