package render

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"time"
)

// Limits of https://www.sitemaps.org/protocol.html and of Google's news sitemaps.
const (
	mostInSitemap     = 50_000
	mostInNewsSitemap = 1000
)

const (
	nsSitemap = "http://www.sitemaps.org/schemas/sitemap/0.9"
	nsNews    = "http://www.google.com/schemas/sitemap-news/0.9"
)

type sitemap struct {
	XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	News    string       `xml:"xmlns:news,attr,omitempty"`
	URLs    []sitemapURL `xml:"url"`
}

type sitemapURL struct {
	Loc      string       `xml:"loc"`
	Modified string       `xml:"lastmod,omitempty"`
	News     *sitemapNews `xml:"news:news,omitempty"`
}

type sitemapNews struct {
	Name     string `xml:"news:publication>news:name"`
	Language string `xml:"news:publication>news:language"`
	Date     string `xml:"news:publication_date"`
	Title    string `xml:"news:title"`
}

// Sitemap renders the pages for people as a sitemap: the front page, those of the sections, and the
// story of each entry of the view, which need no reports.
func Sitemap(v *View) ([]byte, error) {
	doc := sitemap{URLs: []sitemapURL{{Loc: v.url("/", "")}, {Loc: v.url("/sections/top", "")}, {Loc: v.url("/sections/all", "")}}}
	for _, s := range v.Sections {
		if s.ID != "all" && s.ID != "top" {
			doc.URLs = append(doc.URLs, sitemapURL{Loc: v.url("/sections/"+s.ID, "")})
		}
	}
	at := map[string]int{}
	for i := range v.Entries {
		e := &v.Entries[i]
		modified := later(second(e.Published), second(e.Updated))
		place, known := at[storyKey(e)]
		if !known {
			if len(doc.URLs) == mostInSitemap {
				break
			}
			place = len(doc.URLs)
			at[storyKey(e)] = place
			doc.URLs = append(doc.URLs, sitemapURL{Loc: v.url("/stories/"+storyKey(e), "")})
		}
		if stamp := modified.Format(time.RFC3339); stamp > doc.URLs[place].Modified { // all in UTC: they sort as texts
			doc.URLs[place].Modified = stamp
		}
	}
	return doc.render()
}

// NewsSitemap renders the stories of the view's entries as Google's news sitemap, each by its newest
// headline. The caller gives the entries of the last 48 hours, newest first.
func NewsSitemap(v *View) ([]byte, error) {
	doc := sitemap{News: nsNews}
	name := cmp.Or(line(v.Site.Title, maxTitle), "feedd")
	told := map[string]bool{}
	for _, e := range v.prepare().entries {
		if told[e.storyKey] || len(doc.URLs) == mostInNewsSitemap {
			continue
		}
		told[e.storyKey] = true
		language := e.language
		if language == "" {
			language = v.prepare().language
		}
		language = cmp.Or(language, "und")
		doc.URLs = append(doc.URLs, sitemapURL{Loc: e.story, News: &sitemapNews{
			Name: name, Language: baseLanguage(language), Date: e.published.Format(time.RFC3339), Title: e.headline,
		}})
	}
	return doc.render()
}

func (s *sitemap) render() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", " ")
	if err := enc.Encode(s); err != nil {
		return nil, fmt.Errorf("render a sitemap: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
