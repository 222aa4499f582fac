package render

import (
	"cmp"
	"encoding/xml"
	"fmt"

	"github.com/gorilla/feeds"
)

// rssDocument is the library's RSS with what it lacks: namespaces, self and hub links, several
// categories, dc:creator, a source with its address, Media RSS, feed history.
type rssDocument struct {
	XMLName xml.Name `xml:"rss"`
	Version string   `xml:"version,attr"`
	Atom    string   `xml:"xmlns:atom,attr"`
	Content string   `xml:"xmlns:content,attr"`
	DC      string   `xml:"xmlns:dc,attr"`
	Media   string   `xml:"xmlns:media,attr"`
	History string   `xml:"xmlns:fh,attr,omitempty"`
	Thread  string   `xml:"xmlns:thr,attr,omitempty"`
	GeoRSS  string   `xml:"xmlns:georss,attr,omitempty"`
	Channel rssChannel
}

// FeedXml makes the document one that the library writes.
func (r *rssDocument) FeedXml() any { return r }

// A field of ours replaces the library's of the same element name.
type rssChannel struct {
	XMLName     xml.Name  `xml:"channel"`
	Title       plainText `xml:"title"`
	Description plainText `xml:"description"`
	feeds.RssFeed
	Docs    string     `xml:"docs"`
	Links   []atomLink `xml:"atom:link"`
	Archive *struct{}  `xml:"fh:archive"`
	Items   []rssItem  `xml:"item"`
}

type rssItem struct {
	XMLName xml.Name  `xml:"item"`
	Title   plainText `xml:"title"`
	feeds.RssItem
	Categories []plainText    `xml:"category"`
	Source     *rssSource     `xml:"source"`
	Creators   []plainText    `xml:"dc:creator"`
	Language   string         `xml:"dc:language,omitempty"`
	Rights     *plainText     `xml:"dc:rights"`
	Updated    string         `xml:"atom:updated,omitempty"`
	Links      []atomLink     `xml:"atom:link"`
	Media      []mediaContent `xml:"media:content"`
	Place      string         `xml:"georss:point,omitempty"`
	InReplyTo  *inReplyTo     `xml:"thr:in-reply-to"`
}

type rssSource struct {
	URL   string `xml:"url,attr"`
	Title string `xml:",innerxml"`
}

// RSS renders the view as RSS 2.0 after the RSS Advisory Board's profile.
func RSS(v *View) ([]byte, error) { return v.rss(v.prepare()) }

func (v *View) rss(d *document) ([]byte, error) {
	f := v.generic(d)
	channel := (&feeds.Rss{Feed: f}).RssFeed()
	doc := &rssDocument{
		Version: "2.0", Atom: nsAtom, DC: nsDC, Media: nsMedia,
		Content: "http://purl.org/rss/1.0/modules/content/",
		Channel: rssChannel{
			Title:       newText(d.title),
			Description: newText(d.description),
			RssFeed:     *channel,
			Docs:        "https://www.rssboard.org/rss-specification",
			Links:       v.links(FormatRSS),
			Items:       make([]rssItem, len(d.entries)),
		},
	}
	doc.Channel.Language = d.language
	doc.Channel.Generator = "feedd"
	if f.Author.Email == "" {
		doc.Channel.ManagingEditor = ""
	}
	if address, raster := v.siteIcon(); raster {
		im := &feeds.RssImage{Url: address, Title: d.title, Link: v.home()}
		if w, h := v.Site.Icon.Width, v.Site.Icon.Height; w > 0 && w <= rssImageWidth && h > 0 && h <= rssImageHeight {
			im.Width, im.Height = w, h
		}
		doc.Channel.Image = im
	}
	if v.Archive {
		doc.History, doc.Channel.Archive = nsHistory, &struct{}{}
	}
	for i, e := range d.entries {
		it := rssItem{
			Title:     newText(e.title),
			RssItem:   *channel.Items[i],
			Language:  e.language,
			Rights:    optionalText(e.origin.copyright),
			Links:     e.related(),
			Media:     e.media(),
			Place:     e.point(),
			InReplyTo: e.inReplyTo(),
		}
		for _, c := range e.categories {
			it.Categories = append(it.Categories, newText(c))
		}
		for _, a := range e.authors {
			it.Creators = append(it.Creators, newText(a.Name))
		}
		if address := cmp.Or(e.origin.feedURL, e.origin.home); address != "" {
			it.Source = &rssSource{URL: address, Title: profileEscaper.Replace(e.origin.outlet)}
		}
		if !e.updated.Equal(e.published) {
			it.Updated = e.stamp
		}
		if it.Place != "" {
			doc.GeoRSS = nsGeoRSS
		}
		if it.InReplyTo != nil {
			doc.Thread = nsThread
		}
		doc.Channel.Items[i] = it
	}
	b, err := toXML(doc)
	if err != nil {
		return nil, fmt.Errorf("render %s as RSS: %w", v.path(), err)
	}
	return b, nil
}
