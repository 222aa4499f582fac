package render

import (
	"html/template"
	"net/url"
	"slices"
)

// FrontPage is what the front page is made of.
type FrontPage struct {
	All      *View   // of every section merged
	Top      *View   // of what most outlets tell
	Sections []*View // in the order they stand on the page
}

// How much the front page shows.
const (
	frontLead   = 7  // stories that lead it
	frontRiver  = 9  // of the newest beside them
	frontBlock  = 4  // of a section
	frontLeast  = 24 // of all, also where sections have less
	frontPlenty = 40 // from so many on the newest come before the sections
)

// frontBytes is what the front page has at most, as far as leaving out details brings it there.
const frontBytes = 40_000

// detail is how much the front page says of each story. Where it would be large, as with many sections
// or long addresses, it says less.
type detail struct {
	second, first, item shape // of the stories beside the one that leads, the first of a section, its others
	block               int   // stories of a section
}

var details = []detail{
	{
		second: shape{told: 1, also: 4, related: true, picture: true},
		first:  shape{summary: 140, also: 3, names: true, picture: true}, item: shape{also: 2, names: true},
		block: frontBlock,
	},
	{
		second: shape{told: 1, also: 4, names: true, related: true, picture: true},
		first:  shape{summary: 140, also: 2, names: true, picture: true}, item: shape{also: 1, names: true},
		block: frontBlock - 1,
	},
	{
		second: shape{also: 3, names: true, related: true, picture: true},
		first:  shape{summary: 100, also: 1, names: true, picture: true}, item: shape{also: 1, names: true},
		block: frontBlock - 2,
	},
}

// Front renders the front page: what most outlets tell, what is newest, and some of each section, each
// story once.
func Front(f *FrontPage) (b []byte, err error) {
	for _, d := range details {
		if b, err = front(f, d); err != nil || len(b) < frontBytes {
			break
		}
	}
	return b, err
}

func front(f *FrontPage, d detail) ([]byte, error) {
	all := f.All
	p := all.newPage("/")
	p.Description = line(all.Site.Description, maxSummary)
	p.addFrontFeeds(all)
	shown := map[string]bool{} // stories
	first := func(e *entry) bool {
		fresh := !shown[e.storyKey]
		shown[e.storyKey] = true
		return fresh
	}
	p.addLead(f, d, first)
	newest := slices.Clone(all.prepare().entries)
	slices.SortStableFunc(newest, func(a, b *entry) int { return b.published.Compare(a.published) }) // pinned ones lead no river
	if len(newest) >= frontPlenty {
		p.addRiver(all, newest, first)
	}
	for _, v := range f.Sections {
		p.addBlock(v, d, first)
	}
	if len(newest) < frontPlenty {
		p.addRiver(all, newest, first)
	}
	for _, e := range newest {
		if len(shown) < frontLeast && first(e) {
			p.Rest = append(p.Rest, all.headline(p, e, shape{summary: 140, told: 1, also: 3, picture: true}))
		}
	}
	p.describe(p.Lead, p.Second)
	return execute("front.html", p)
}

// describe gives a page without a description one of its first headlines.
func (p *page) describe(first *headline, more []headline) {
	if p.Description != "" || first == nil {
		return
	}
	said := first.Title
	for _, h := range more[:min(2, len(more))] {
		said += " · " + h.Title
	}
	p.Description = cut(said, 200)
	p.Described = true
}

// addLead puts the stories that lead the page on it, with what other outlets say of them.
func (p *page) addLead(f *FrontPage, d detail, first func(*entry) bool) {
	v := f.Top
	if len(v.prepare().entries) == 0 {
		v = f.All
	}
	for _, e := range v.prepare().entries {
		switch {
		case len(p.Second) == frontLead-1:
			return
		case !first(e):
		case p.Lead == nil:
			h := v.headline(p, e, shape{summary: 280, told: 4, also: 8, related: true, picture: true})
			p.Lead = &h
		default:
			p.Second = append(p.Second, v.headline(p, e, d.second))
		}
	}
}

// addRiver puts the newest on the page, under their days.
func (p *page) addRiver(v *View, newest []*entry, first func(*entry) bool) {
	var taken []*entry
	for _, e := range newest {
		if len(taken) < frontRiver && first(e) {
			taken = append(taken, e)
		}
	}
	p.River = v.days(p, "", taken, shape{plain: true})
	if len(p.River) > 0 && p.River[0].ID == v.dayOf(v.Today) {
		p.River[0].Title = "" // everybody knows which day it is
	}
}

// addBlock puts some of a section on the page.
func (p *page) addBlock(v *View, d detail, first func(*entry) bool) {
	b := block{ID: v.Section.ID, Title: v.sectionTitle(), URL: p.Root + "/sections/" + url.PathEscape(v.Section.ID)}
	for _, e := range v.prepare().entries {
		if len(b.Items) == d.block {
			break
		}
		if !first(e) {
			continue
		}
		s := d.item
		if len(b.Items) == 0 {
			s = d.first
		}
		b.Items = append(b.Items, v.headline(p, e, s))
	}
	if len(b.Items) > 0 {
		p.Blocks = append(p.Blocks, b)
	}
}

// addFrontFeeds lists for autodiscovery every feed of all sections together, and one of each section:
// who subscribes to a section finds the others on its page.
func (p *page) addFrontFeeds(all *View) {
	all.feedsOf(p, "all", p.Site)
	for _, s := range all.Sections {
		if s.ID != "all" && s.ID != "top" {
			p.Feeds = append(p.Feeds, feedLink{Name: "RSS", Title: sectionTitle(s) + " – " + p.Site, Type: "application/rss+xml",
				URL: p.Root + "/sections/" + url.PathEscape(s.ID) + ".rss"})
		}
	}
}

// days puts entries, the newest first, under their days. section is whose days have pages, "" for none.
func (v *View) days(p *page, section string, entries []*entry, s shape) []day {
	var days []day
	for _, e := range entries {
		id := v.dayOf(e.published)
		if len(days) == 0 || days[len(days)-1].ID != id {
			d := day{ID: id, Title: p.Words.dayTitle(e.published.In(zoneOr(v.Site.Timezone)))}
			if section != "" {
				d.URL = p.Root + "/sections/" + url.PathEscape(section) + "/" + id
			}
			days = append(days, d)
		}
		h := v.headline(p, e, s)
		h.Time = v.hour(e.published)
		days[len(days)-1].Items = append(days[len(days)-1].Items, h)
	}
	return days
}

// SectionPage renders the page of a section, with what another site needs to show it.
func SectionPage(v *View) ([]byte, error) {
	id := url.PathEscape(v.Section.ID)
	p := v.newSectionPage("/sections/" + v.Section.ID)
	p.addDays(v)
	if n := len(v.prepare().entries); n > 0 && v.Section.ID != "top" {
		oldest := slices.MinFunc(v.prepare().entries, func(a, b *entry) int { return a.published.Compare(b.published) })
		p.Earlier = &link{Title: p.Words.EarlierDays, URL: template.URL(p.Root + "/sections/" + id + "/" + v.dayOf(oldest.published))}
	}
	p.Snippets = []string{
		`<iframe src="` + v.url("/embed/"+id, "") + `" title="` + escapeHTML(p.Title) + `" width="100%" height="480" loading="lazy"></iframe>`,
		`<script src="` + v.url("/embed.js", "") + `" data-section="` + id + `" async></script>`,
	}
	p.describeDays()
	return execute("section.html", p)
}

// newSectionPage fills in what the pages of a section share.
func (v *View) newSectionPage(path string) *page {
	p := v.newPage(path)
	p.Heading = v.sectionTitle()
	if v.Section.ID == "all" {
		p.Heading = p.Words.All
	}
	p.Title = p.Heading + " – " + p.Site
	p.Description = line(v.Section.Description, maxSummary)
	v.feedsOf(p, v.Section.ID, p.Title)
	return p
}

func (p *page) describeDays() {
	if len(p.Days) > 0 {
		p.describe(&p.Days[0].Items[0], p.Days[0].Items[1:])
	}
}

// addDays puts the entries of a section on its page: what the editor pinned first, then what is newest
// under its days. In the order of coverage there are no days.
func (p *page) addDays(v *View) {
	s := shape{summary: 280, told: 2, also: 6, picture: true}
	pinned := map[string]bool{}
	for i := range v.Entries {
		if v.Entries[i].Pinned(v.Section.ID) {
			pinned[v.Entries[i].Key] = true
		}
	}
	var ahead, rest []*entry
	for _, e := range v.prepare().entries {
		if v.Section.ByCoverage || pinned[e.key] {
			ahead = append(ahead, e)
		} else {
			rest = append(rest, e)
		}
	}
	if len(ahead) > 0 {
		d := day{Hidden: p.Words.Featured}
		if v.Section.ByCoverage {
			d.Hidden = p.Words.Top
			s.related = true
		}
		for _, e := range ahead {
			d.Items = append(d.Items, v.headline(p, e, s))
		}
		p.Days = append(p.Days, d)
	}
	p.Days = append(p.Days, v.days(p, v.Section.ID, rest, s)...)
}

// Neighbours are the days before and after one, on which a section has something, as "2026-11-27";
// empty when there is none.
type Neighbours struct{ Earlier, Later string }

// DayPage renders what a section told on one day, given as "2026-11-27" in the site's zone. The entries
// of the view are those of that day, newest first; there must be one.
func DayPage(v *View, date string, near Neighbours) ([]byte, error) {
	base := "/sections/" + v.Section.ID
	p := v.newSectionPage(base + "/" + date)
	p.Days = v.days(p, "", v.prepare().entries, shape{summary: 280, told: 2, also: 6, picture: true})
	if len(p.Days) > 0 {
		p.Counts, p.Days[0].Hidden, p.Days[0].Title = p.Days[0].Title, p.Days[0].Title, ""
	}
	p.Title = p.Heading + ", " + p.Counts + " – " + p.Site
	to := func(date, title string) *link {
		if date == "" {
			return nil
		}
		return &link{Title: title, URL: template.URL(p.Root + "/sections/" + url.PathEscape(v.Section.ID) + "/" + date)}
	}
	p.Earlier, p.Later = to(near.Earlier, p.Words.PreviousDay), to(near.Later, p.Words.NextDay)
	p.describeDays()
	return execute("day.html", p)
}

func (v *View) sectionTitle() string {
	return sectionTitle(SectionLink{ID: v.Section.ID, Title: v.Section.Title})
}
