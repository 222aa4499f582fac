package render

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"feedd/internal/feed"
)

// Profiles are what sites that take in feeds ask of them, as far as their public texts say it (read in
// 2026-11). What these call recommended is marked so.
//
//	flipboard    about.flipboard.com/rss-spec
//	msn          MSN feed item metadata requirements, and feed submission, support.microsoft.com
//	smartnews    SmartFormat 2.1, publishers.smartnews.com
//	google-news  Technical feed requirements, support.google.com/news/publisher-center; since March 2025 Google
//	             News takes no feeds (announced 2025-02-10), so that it is the news sitemap that counts
//	apple-news   Apple News Format, developer.apple.com; RSS guidelines, support.apple.com/guide/news-publisher
var profiles = map[string]func(*profileFeed, *wants){
	"flipboard": flipboard, "msn": msn, "smartnews": smartNews, "google-news": googleNews, "apple-news": appleNews,
}

// ProfileNames are the names that CheckProfile knows.
func ProfileNames() []string {
	var names []string
	for name := range profiles {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// CheckProfile names what a site would miss in a feed of ours, an RSS document, at the time now. Nil means
// that it asks for nothing more. It fails for a name that it does not know and for what is no feed.
func CheckProfile(name string, rss []byte, now time.Time) ([]string, error) {
	check := profiles[name]
	if check == nil {
		return nil, fmt.Errorf("there is no profile %q; known are %s", name, strings.Join(ProfileNames(), ", "))
	}
	var doc profileFeed
	if err := xml.Unmarshal(rss, &doc); err != nil {
		return nil, fmt.Errorf("it is no RSS: %w", err)
	}
	doc.size = len(rss)
	w := &wants{now: now, items: len(doc.Channel.Items)}
	check(&doc, w)
	return w.list, nil
}

type profileFeed struct {
	size    int
	Channel struct {
		Title       string `xml:"title"`
		Description string `xml:"description"`
		Language    string `xml:"language"`
		PubDate     string `xml:"pubDate"`
		Copyright   string `xml:"copyright"`
		Image       struct {
			URL string `xml:"url"`
		} `xml:"image"`
		Links []struct {
			Rel  string `xml:"rel,attr"`
			Href string `xml:"href,attr"`
		} `xml:"http://www.w3.org/2005/Atom link"`
		Items []profileItem `xml:"item"`
	} `xml:"channel"`
}

type profileItem struct {
	Title       string   `xml:"title"`
	GUID        string   `xml:"guid"`
	PubDate     string   `xml:"pubDate"`
	Description string   `xml:"description"`
	Full        string   `xml:"http://purl.org/rss/1.0/modules/content/ encoded"`
	Creators    []string `xml:"http://purl.org/dc/elements/1.1/ creator"`
	Language    string   `xml:"http://purl.org/dc/elements/1.1/ language"`
	Media       []struct {
		Medium string `xml:"medium,attr"`
		Width  int    `xml:"width,attr"`
		Height int    `xml:"height,attr"`
	} `xml:"http://search.yahoo.com/mrss/ content"`
}

func (it *profileItem) picture() bool {
	there, _ := it.pixels()
	return there
}

// pixels is whether there is a picture, and the lesser of its sides; 0 when that is not known.
func (it *profileItem) pixels() (there bool, least int) {
	for _, m := range it.Media {
		if m.Medium == "image" {
			return true, min(m.Width, m.Height)
		}
	}
	return false, 0
}

// secure tells whether the feed is served by https, by its own address.
func (f *profileFeed) secure() bool {
	for _, l := range f.Channel.Links {
		if l.Rel == "self" {
			return strings.HasPrefix(l.Href, "https://")
		}
	}
	return false
}

// foreign tells whether an item is in another language than the feed.
func (f *profileFeed) foreign(it *profileItem) bool {
	primary := func(tag string) string { tag, _, _ = strings.Cut(strings.ToLower(tag), "-"); return tag }
	return it.Language != "" && primary(it.Language) != primary(f.Channel.Language)
}

func (f *profileFeed) pushed() bool {
	for _, l := range f.Channel.Links {
		if l.Rel == "hub" {
			return true
		}
	}
	return false
}

// wants gathers what is missing.
type wants struct {
	now   time.Time
	items int
	list  []string
}

func (w *wants) missing(format string, args ...any) {
	w.list = append(w.list, fmt.Sprintf(format, args...))
}

// each says of how many items something is true.
func (w *wants) each(f *profileFeed, what string, lacks func(*profileItem) bool) {
	n := 0
	for i := range f.Channel.Items {
		if lacks(&f.Channel.Items[i]) {
			n++
		}
	}
	if n > 0 {
		w.missing("%d of %d items %s", n, w.items, what)
	}
}

// common is what all of them ask for.
func (w *wants) common(f *profileFeed) {
	if w.items == 0 {
		w.missing("the feed has no items yet")
	}
	w.each(f, "have no full text (content: full for the partner, rights: full for the sources)", func(it *profileItem) bool { return it.Full == "" })
}

func flipboard(f *profileFeed, w *wants) {
	w.common(f)
	if f.Channel.Language == "" {
		w.missing("the channel names no language (site.language)")
	}
	if w.items < 30 {
		w.missing("%d items, of 30 at least (limit of the partner and the section)", w.items)
	}
	w.each(f, "have no picture", func(it *profileItem) bool { return !it.picture() })
	w.each(f, "have a description of fewer than 300 characters (recommended)", func(it *profileItem) bool {
		return utf8.RuneCountInString(feed.PlainText(it.Description)) < 300
	})
	w.each(f, "name no author (recommended)", func(it *profileItem) bool { return len(it.Creators) == 0 })
	const side = 400
	w.each(f, "have a picture of fewer than 400 pixels in a dimension", func(it *profileItem) bool {
		there, least := it.pixels()
		return there && least > 0 && least < side
	})
	w.each(f, "have a picture whose size their source does not tell; 400 pixels in each dimension are asked for", func(it *profileItem) bool {
		there, least := it.pixels()
		return there && least == 0
	})
}

func msn(f *profileFeed, w *wants) {
	w.common(f)
	if !f.secure() {
		w.missing("the feed is not served by https (site.url)")
	}
	w.each(f, "are in another language than the feed: a section of one language has them apart (language of the section)", f.foreign)
	w.each(f, "have a headline of 20 characters or fewer", func(it *profileItem) bool { return utf8.RuneCountInString(it.Title) <= 20 })
	w.each(f, "have a headline of more than 150 characters", func(it *profileItem) bool { return utf8.RuneCountInString(it.Title) > 150 })
	w.each(f, "are older than 365 days or dated ahead", func(it *profileItem) bool {
		at, err := time.Parse(time.RFC1123Z, it.PubDate)
		return err != nil || at.After(w.now) || w.now.Sub(at) > 365*24*time.Hour
	})
	w.each(f, "have no picture (recommended)", func(it *profileItem) bool { return !it.picture() })
}

func smartNews(f *profileFeed, w *wants) {
	w.common(f)
	w.missing("SmartFormat's own elements snf:logo and, for the picture of an item, media:thumbnail; feedd does not write them")
	if f.Channel.Language == "" {
		w.missing("the channel names no language (site.language)")
	}
	if f.Channel.PubDate == "" {
		w.missing("the channel has no pubDate")
	}
	if n := utf8.RuneCountInString(f.Channel.Description); n > 30 {
		w.missing("the channel's description has %d characters, of 30 at most (description of the section)", n)
	}
	w.each(f, "have no picture (recommended)", func(it *profileItem) bool { return !it.picture() })
}

func googleNews(f *profileFeed, w *wants) {
	const feedBytes, itemBytes, fetched = 2_000_000, 1_000_000, 60
	w.common(f)
	w.missing("Google News takes no feeds since March 2025: it reads the site itself, and /news-sitemap.xml; what follows were the bounds of feeds")
	if f.size > feedBytes {
		w.missing("the feed has %d bytes, of %d at most (publish.max_bytes)", f.size, feedBytes)
	}
	w.each(f, "are longer than 1 MB", func(it *profileItem) bool { return len(it.Full)+len(it.Description) > itemBytes })
	if w.items > fetched {
		w.missing("%d items, of which %d are taken at a time (limit of the partner)", w.items, fetched)
	}
	w.each(f, "have no picture (recommended)", func(it *profileItem) bool { return !it.picture() })
	if !f.pushed() {
		w.missing("no WebSub hub is named: news is fetched every half an hour (partners' feeds have none; recommended)")
	}
}

func appleNews(f *profileFeed, w *wants) {
	w.missing("articles in Apple News Format, sent through its API, which feedd does not; what follows is asked of feeds where a channel publishes by RSS")
	w.common(f)
	if !strings.Contains(f.Channel.Language, "-") {
		w.missing("the channel's language %q is without a country (site.language: vi-VN)", f.Channel.Language)
	}
	w.each(f, "have no description", func(it *profileItem) bool { return strings.TrimSpace(it.Description) == "" })
	w.each(f, "have a headline of fewer than 15 or more than 60 characters (recommended)", func(it *profileItem) bool {
		n := utf8.RuneCountInString(it.Title)
		return n < 15 || n > 60
	})
}
