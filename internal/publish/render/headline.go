package render

import (
	"cmp"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"golang.org/x/text/unicode/bidi"

	"feedd/internal/feed"
)

// shape says how much of an entry a page shows.
type shape struct {
	summary int  // runes of its summary
	told    int  // other outlets' headlines
	also    int  // names of other outlets
	names   bool // outlets are named without links, to save bytes: the story's page has them
	related bool // with what tells the same story in entries of its own
	picture bool
	plain   bool // nothing of other outlets
}

func (v *View) headline(p *page, e *entry, s shape) headline {
	h := headline{
		Words: p.Words, Key: e.key, Title: e.headline, Link: e.link, Outlet: e.origin.outlet, Home: e.origin.home,
		Lang: v.foreign(p, e.language), Dir: direction(e.headline), Time: v.moment(p, e.published),
	}
	if s.summary > 0 && e.summary.text != e.headline {
		h.Summary = cut(e.summary.text, s.summary)
	}
	if s.picture && v.Images {
		h.Picture, h.Caption, h.Credit = e.image, e.shown.Caption, e.shown.Credit
	}
	if s.names {
		h.Home = ""
	}
	others := e.others
	if s.related {
		others = v.withRelated(e)
	}
	said := []string{e.headline, h.Summary}
	for i, o := range others {
		if s.plain {
			break
		}
		switch {
		case len(h.Told) < s.told && adds(o.title, said) && o.title != o.outlet:
			said = append(said, o.title)
			h.Told = append(h.Told, headline{Title: o.title, Link: o.url, Outlet: o.outlet, Lang: v.foreign(p, o.language), Dir: direction(o.title)})
		case len(h.Also) < s.also:
			also := link{Title: o.outlet, URL: template.URL(o.url)}
			if s.names {
				also.URL = ""
			}
			h.Also = append(h.Also, also)
		default:
			h.More = fmt.Sprintf(p.Words.plural(len(others)-i), len(others)-i)
		}
		if h.More != "" {
			break
		}
	}
	if s.plain {
		return h
	}
	if len(others) > 0 || e.follows != "" {
		h.Story = p.Root + "/stories/" + url.PathEscape(e.storyKey)
		h.More = cmp.Or(h.More, p.Words.OpenStory)
	}
	return h
}

func (w *words) plural(n int) string {
	if n == 1 {
		return w.OneMoreOutlet
	}
	return w.MoreOutlets
}

// withRelated lists the other outlets that tell the entry's story, each once: those of the entry, then
// those of the entries that only Related has.
func (v *View) withRelated(e *entry) []other {
	others := append([]other(nil), e.others...)
	seen := map[string]bool{e.origin.outlet: true}
	for _, o := range others {
		seen[o.outlet] = true
	}
	for _, r := range v.Related[e.storyKey] {
		for i := range r.Reports {
			it := &r.Reports[i]
			o, _ := v.source(it.Source)
			if it.Dropped != "" || !it.Gone.IsZero() || seen[o.outlet] {
				continue
			}
			link := newsURL(it.URL, o.feedURL)
			title := line(it.Title, maxTitle)
			if link == "" || title == "" {
				continue
			}
			seen[o.outlet] = true
			others = append(others, other{outlet: o.outlet, title: title, url: link, source: it.Source, language: cmp.Or(languageTag(it.Language), o.language)})
		}
	}
	return others
}

// adds tells whether a headline says something that those before it do not: half of its words, and
// three at least, are none of theirs.
func adds(title string, said []string) bool {
	known := map[string]bool{}
	for _, s := range said {
		for _, w := range feed.Words(nil, s) {
			known[w.Fold] = true
		}
	}
	words, fresh := feed.Words(nil, title), 0
	for _, w := range words {
		if !known[w.Fold] {
			known[w.Fold] = true
			fresh++
		}
	}
	return fresh >= 3 && 2*fresh >= len(words)
}

// foreign is the language of a text where it is not the page's. "" stands for the feed's.
func (v *View) foreign(p *page, language string) string {
	language = cmp.Or(language, v.prepare().language)
	if sameLanguage(language, p.Words.Lang) {
		return ""
	}
	return language
}

// sameLanguage compares the languages of two tags, without script and region.
func sameLanguage(a, b string) bool { return baseLanguage(a) == baseLanguage(b) }

func baseLanguage(tag string) string {
	base, _, _ := strings.Cut(tag, "-")
	return strings.ToLower(base)
}

// direction is "rtl" for a text that begins in a script written from right to left. All pages are
// written from left to right.
func direction(s string) string {
	for _, r := range s {
		p, _ := bidi.LookupRune(r)
		switch p.Class() {
		case bidi.R, bidi.AL:
			return "rtl"
		case bidi.L:
			return ""
		}
	}
	return ""
}

// locale is a language as Open Graph writes it: with a region.
func locale(tag string) string {
	base, region, _ := strings.Cut(tag, "-")
	if len(region) != 2 {
		region = map[string]string{"vi": "VN", "en": "US"}[base]
	}
	if region == "" {
		return ""
	}
	return base + "_" + strings.ToUpper(region)
}

func zoneOr(zone *time.Location) *time.Location {
	if zone == nil {
		return time.UTC
	}
	return zone
}

// moment is a time as pages show it: where it is known which day it is, today's without a date and
// this year's without the year.
func (v *View) moment(p *page, t time.Time) moment {
	if t.IsZero() || p.today.IsZero() {
		return newMoment(t, v.Site.Timezone, p.Words)
	}
	m := newMoment(t, v.Site.Timezone, p.Words)
	t, today := t.In(zoneOr(v.Site.Timezone)), p.today.In(zoneOr(v.Site.Timezone))
	switch {
	case t.YearDay() == today.YearDay() && t.Year() == today.Year():
		m.Human = t.Format("15:04")
	case t.Year() == today.Year() && p.Words.Lang == "vi":
		m.Human = t.Format("15:04, 2/1")
	case t.Year() == today.Year():
		m.Human = t.Format("2 Jan, 15:04")
	}
	return m
}

// hour is a time under the heading of its day.
func (v *View) hour(t time.Time) moment {
	t = t.In(zoneOr(v.Site.Timezone)).Truncate(time.Second)
	return moment{Human: t.Format("15:04"), Machine: t.UTC().Format(time.RFC3339)}
}

// zone names the zone of all times, with what it was when the newest was told.
func (v *View) zone() string {
	at := v.Today
	if len(v.Entries) > 0 {
		at = v.Entries[0].Published
	}
	if at.IsZero() { // nothing says when; before there were zones every town had its own time
		at = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	zone := zoneOr(v.Site.Timezone)
	_, seconds := at.In(zone).Zone()
	offset := fmt.Sprintf("%+d", seconds/3600)
	switch rest := max(seconds, -seconds) % 3600 / 60; {
	case seconds == 0:
		offset = ""
	case rest != 0:
		offset += fmt.Sprintf(":%02d", rest)
	}
	name := strings.ReplaceAll(zone.String(), "_", " ")
	if name == "UTC" || name == "Local" {
		return "UTC" + offset
	}
	return "GMT" + offset + " (" + name + ")"
}

// dayOf is the day of a time in the site's zone, as it stands in addresses.
func (v *View) dayOf(t time.Time) string {
	return t.In(zoneOr(v.Site.Timezone)).Format(time.DateOnly)
}

// dayTitle names a day with its weekday.
func (w *words) dayTitle(t time.Time) string {
	if w.Lang == "vi" {
		return w.Weekdays[t.Weekday()] + ", " + t.Format("2/1/2006")
	}
	return t.Format("Monday, 2 January 2006")
}
