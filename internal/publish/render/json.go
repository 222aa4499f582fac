package render

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gorilla/feeds"

	"feedd/internal/feed"
)

// jsonDocument is the library's JSON Feed with what it lacks: items even when there are none,
// language and attachments as the specification spells them, and an extension that says what RSS
// and Atom say with elements of their own.
type jsonDocument struct {
	feeds.JSONFeed
	Feedd *jsonAbout `json:"_feedd,omitempty"`
	Items []jsonItem `json:"items"`
}

type jsonAbout struct {
	// Timezone is the site's, an IANA name: what shows the feed can write its times as the site does.
	Timezone string `json:"timezone,omitempty"`
	Archive  bool   `json:"archive,omitempty"`
	Current  string `json:"current_url,omitempty"`
	Newer    string `json:"newer_url,omitempty"`
}

type jsonItem struct {
	feeds.JSONItem
	Language    string           `json:"language,omitempty"`
	Attachments []jsonAttachment `json:"attachments,omitempty"`
	Feedd       jsonExtension    `json:"_feedd"`
}

type jsonAttachment struct {
	URL  string `json:"url"`
	Type string `json:"mime_type"`
	Size int64  `json:"size_in_bytes,omitempty"`
}

// jsonExtension says where the item comes from and who else reports it.
type jsonExtension struct {
	Source  jsonSource   `json:"source"`
	Story   string       `json:"story_url"`
	Follows string       `json:"follows,omitempty"` // id of the story's item before this one
	Also    []jsonReport `json:"also,omitempty"`
	// Image is what is said of the item's image.
	Image *feed.PictureNote `json:"image,omitempty"`
	Place *feed.Point       `json:"place,omitempty"`
}

type jsonSource struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	URL    string `json:"url,omitempty"`
	Feed   string `json:"feed_url,omitempty"`
	Rights string `json:"rights,omitempty"`
}

type jsonReport struct {
	Outlet string `json:"outlet"`
	Title  string `json:"title"`
	URL    string `json:"url"`
}

// JSON renders the view as JSON Feed 1.1.
func JSON(v *View) ([]byte, error) { return v.json(v.prepare()) }

func (v *View) json(d *document) ([]byte, error) {
	base := (&feeds.JSON{Feed: v.generic(d)}).JSONFeed()
	base.Author = nil // deprecated in 1.1
	for _, a := range base.Authors {
		a.Url = v.url("/", "")
	}
	base.Language = d.language
	base.Icon, _ = v.siteIcon()
	base.Favicon = base.Icon
	base.FeedUrl = v.self(FormatJSON)
	base.NextUrl = v.url(v.Prev, FormatJSON)
	if v.Hub != "" {
		base.Hubs = []*feeds.JSONHub{{Type: "WebSub", Url: v.Hub}}
	}
	doc := &jsonDocument{JSONFeed: *base, Items: make([]jsonItem, len(d.entries))}
	var about jsonAbout
	if v.Site.Timezone != nil {
		about.Timezone = v.Site.Timezone.String()
	}
	if v.Archive {
		about.Archive, about.Current, about.Newer = true, v.url(v.Current, FormatJSON), v.url(v.Next, FormatJSON)
	}
	if about != (jsonAbout{}) {
		doc.Feedd = &about
	}
	for i, e := range d.entries {
		doc.Items[i] = e.jsonItem(base.Items[i])
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return nil, fmt.Errorf("render %s as JSON Feed: %w", v.path(), err)
	}
	return b.Bytes(), nil
}

// jsonItem is an entry as JSON Feed says it; base is what gorilla/feeds made of it.
func (e *entry) jsonItem(base *feeds.JSONItem) jsonItem {
	it := jsonItem{JSONItem: *base, Language: e.language, Feedd: e.jsonExtension()}
	it.Author = nil
	it.Authors = nil
	for _, a := range e.authors {
		it.Authors = append(it.Authors, &feeds.JSONAuthor{Name: a.Name, Url: a.URL})
	}
	it.Summary = e.summary.text
	it.ContentHTML = e.body()
	it.Image = e.image
	it.Tags = e.categories
	for _, enc := range e.enclosures {
		kind := cmp.Or(enc.Type, "application/octet-stream")
		if enc.URL != e.image || !strings.HasPrefix(kind, "image/") {
			it.Attachments = append(it.Attachments, jsonAttachment{URL: enc.URL, Type: kind, Size: max(enc.Length, 0)})
		}
	}
	return it
}

// jsonExtension says where the entry comes from and who else reports it.
func (e *entry) jsonExtension() jsonExtension {
	x := jsonExtension{
		Source:  jsonSource{ID: e.origin.id, Title: e.origin.outlet, URL: e.origin.home, Rights: e.origin.copyright},
		Story:   e.story,
		Follows: e.follows,
		Place:   e.place,
	}
	if e.shown != (feed.PictureNote{}) {
		x.Image = &e.shown
	}
	if e.origin.self {
		x.Source.Feed = e.origin.feedURL
	}
	for _, o := range e.others {
		x.Also = append(x.Also, jsonReport{Outlet: o.outlet, Title: o.title, URL: o.url})
	}
	return x
}
