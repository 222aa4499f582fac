package render

import (
	"cmp"
	"hash/fnv"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"feedd/internal/feed"
)

// document is a View after everything the formats share was worked out.
type document struct {
	title, description string
	language           string
	updated, published time.Time
	words              *words
	entries            []*entry
}

// entry is one entry, ready to be written: cleaned, bounded by rights, complete.
type entry struct {
	key, id            string
	title              string // as shown, the outlet in it when attribution is "title"
	headline           string // without the outlet
	link               string // the lead report
	story              string // the story's page
	storyKey           string
	lead               *feed.Item
	reports            []feed.Item
	published, updated time.Time
	stamp              string // updated as Atom writes it
	language           string // "" when it is the feed's
	authors            []feed.Person
	sections           []SectionLink
	categories         []string // section titles, then what the outlet says
	summary            fragment // what the outlet says of it, as far as it may be shown
	content            fragment // the full text, where it may be shown
	footer             string   // HTML: where it comes from, who else reports it, what came before
	image              string
	shown              feed.PictureNote // of image
	place              *feed.Point
	enclosures         []feed.Enclosure
	origin             origin
	others             []other
	follows            string // id of the entry before this one in the story
	followsURL         string
}

// origin is an Origin made fit to be written.
type origin struct {
	id        string // of the source's feed
	outlet    string
	home      string
	feedURL   string
	self      bool // feedURL is a feed
	language  string
	copyright string
	updated   time.Time
}

// knownOrigin is an origin and how much of its reports may be shown.
type knownOrigin struct {
	origin
	level int
}

// other is another outlet's report of the same development.
type other struct {
	outlet, title, url, source string
	language                   string // of the title; "" when unknown
}

// prepare works the view out once.
func (v *View) prepare() *document {
	v.once.Do(func() {
		d := &document{
			title:       v.title(),
			description: v.description(),
			language:    languageTag(v.Site.Language),
			words:       wordsFor(v.Site.Language),
		}
		if l := languageTag(v.Section.Language); l != "" {
			d.language = l
		}
		v.origins = make(map[string]knownOrigin)
		for i := range v.Entries {
			for j := range v.Entries[i].Reports {
				id := v.Entries[i].Reports[j].Source
				if _, done := v.origins[id]; !done {
					o, level := v.source(id)
					v.origins[id] = knownOrigin{o, level}
				}
			}
		}
		stamps := make(map[string]bool, len(v.Entries))
		for i := range v.Entries {
			if e := v.entry(d, &v.Entries[i]); e != nil {
				for nano := stampOffset(e.key); ; nano = (nano + 1) % 1e6 {
					e.stamp = e.updated.Add(time.Duration(nano) * time.Microsecond).Format("2006-01-02T15:04:05.000000Z")
					if !stamps[e.stamp] {
						break
					}
				}
				stamps[e.stamp] = true
				d.entries = append(d.entries, e)
				d.updated = later(d.updated, e.updated)
				d.published = later(d.published, e.published)
			}
		}
		for _, t := range v.Tombstones {
			d.updated = later(d.updated, second(t.When))
		}
		if !v.Updated.IsZero() {
			d.updated = second(v.Updated)
		}
		if d.updated.IsZero() {
			d.updated = authorityDate(v.Authority)
		}
		if d.published.IsZero() {
			d.published = d.updated
		}
		v.doc = d
	})
	return v.doc
}

// stampOffset spreads the entries of one second over its microseconds. Many outlets date to the
// minute, and two entries of a feed with one atom:updated are taken for a fault by validators; the
// offset depends on the entry alone, so that its stamp does not move with its neighbours.
func stampOffset(key string) int {
	h := fnv.New32a()
	h.Write([]byte(key))
	return int(h.Sum32() % 1e6)
}

// oldest is the earliest date a feed shows: before it lie broken clocks.
var oldest = time.Date(1990, 1, 2, 0, 0, 0, 0, time.UTC)

// second returns the time as feeds write it: UTC, whole seconds, nothing before 1990.
func second(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	t = t.UTC().Truncate(time.Second)
	if t.Before(oldest) {
		return oldest
	}
	return t
}

// byTime returns the entries oldest first.
func byTime(entries []*entry) []*entry {
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b *entry) int {
		if c := a.published.Compare(b.published); c != 0 {
			return c
		}
		return strings.Compare(a.key, b.key)
	})
	return sorted
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// authorityDate is the day the authority was taken at, the least a feed's date can be.
func authorityDate(authority string) time.Time {
	_, date, _ := strings.Cut(authority, ",")
	for _, layout := range []string{"2006-01-02", "2006-01", "2006"} {
		if t, err := time.Parse(layout, date); err == nil {
			return second(t)
		}
	}
	return oldest
}

// entry makes one entry ready, or nil when there is no report to tell it.
func (v *View) entry(d *document, fe *feed.Entry) *entry {
	lead := fe.LeadItem()
	if lead == nil || lead.Dropped != "" || !fe.Withdrawn.IsZero() {
		return nil
	}
	o, level := v.origin(lead)
	e := &entry{
		key:      fe.Key,
		id:       v.EntryID(fe.Key),
		story:    v.url("/stories/"+url.PathEscape(storyKey(fe)), ""),
		storyKey: storyKey(fe),
		lead:     lead,
		reports:  fe.Reports,
		origin:   o,
	}
	if e.link = newsURL(lead.URL, o.feedURL); e.link == "" {
		e.link = e.story
	}
	e.published = second(firstTime(fe.Published, lead.Date(), fe.Updated, v.Updated))
	if e.published.IsZero() {
		e.published = authorityDate(v.Authority)
	}
	e.updated = later(e.published, second(fe.Updated))
	e.origin.updated = second(firstTime(lead.Updated, lead.Date(), e.published))

	e.language = cmp.Or(languageTag(lead.Language), o.language)
	if strings.EqualFold(e.language, d.language) {
		e.language = ""
	}
	v.texts(e, lead, level)
	e.headline = line(lead.Title, maxTitle)
	if e.headline == "" {
		e.headline = cut(e.summary.text, 100)
	}
	e.headline = cmp.Or(e.headline, d.words.Untitled)
	e.title = e.headline
	if v.Attribution == "title" {
		e.title += " – " + o.outlet
	}
	for _, a := range lead.Authors {
		p := feed.Person{Name: personName(a.Name), URL: newsURL(a.URL, o.home)}
		if p.Name != "" && !slices.ContainsFunc(e.authors, func(q feed.Person) bool { return q.Name == p.Name }) {
			e.authors = append(e.authors, p)
		}
	}
	if len(e.authors) == 0 { // better the outlet than, in Atom, whoever runs this site
		e.authors = []feed.Person{{Name: o.outlet, URL: o.home}}
	}
	v.categories(e, fe, lead)
	v.others(e, fe, lead)
	if fe.Follows != "" && fe.Follows != fe.Key {
		e.follows = v.EntryID(fe.Follows)
		e.followsURL = e.story + "#" + url.PathEscape(fe.Follows)
	}
	e.footer = v.footer(d, e)
	return e
}

func storyKey(fe *feed.Entry) string {
	if fe.Story != "" {
		return fe.Story
	}
	return fe.Key
}

func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// Levels of content, from least to most.
const (
	levelHeadline = iota
	levelSummary
	levelFull
)

// origin returns where the report comes from, and how much of it may be shown here: what the view
// wants, and no more than the source's rights allow.
func (v *View) origin(it *feed.Item) (origin, int) {
	known := v.origins[it.Source]
	o := known.origin
	if o.home == "" {
		// The outlet's own front page, as far as its articles tell.
		if u, err := url.Parse(newsURL(it.URL, "")); err == nil && u.Host != "" {
			o.home = u.Scheme + "://" + u.Host + "/"
		}
	}
	return o, known.level
}

// source works one source out.
func (v *View) source(id string) (origin, int) {
	src, known := v.Sources[id]
	want := levelFull
	switch v.Content {
	case "headline":
		want = levelHeadline
	case "summary":
		want = levelSummary
	}
	may := levelSummary
	switch {
	case !known || src.Rights == feed.RightsHeadline:
		may = levelHeadline
	case src.Rights == feed.RightsFull:
		may = levelFull
	}
	return v.Cache.origin(v.Authority, id, src), min(want, may)
}

// newOrigin makes an origin fit to be written.
func newOrigin(authority, id string, src Origin) origin {
	o := origin{
		outlet:    line(src.Title, maxName),
		feedURL:   newsURL(src.FeedURL, ""),
		self:      !src.Page,
		language:  languageTag(src.Language),
		copyright: line(src.Copyright, maxTitle),
	}
	if o.outlet == "" {
		o.outlet = line(id, maxName)
	}
	o.home = newsURL(src.Home, o.feedURL)
	switch {
	case canonicalID(src.FeedID):
		o.id = src.FeedID
	case canonicalID(o.feedURL):
		o.id = o.feedURL
	default:
		o.id = feed.TagURI(authority, "sources/"+tagSafe(id))
	}
	o.outlet = cmp.Or(o.outlet, "feedd")
	return o
}

// texts fills in what may be shown of the report itself. A headline-only source gives away
// nothing but its headline: no picture either.
func (v *View) texts(e *entry, it *feed.Item, level int) {
	if level == levelHeadline {
		return
	}
	base := cmp.Or(it.Base, it.URL)
	e.summary = v.Cache.fragment(feed.WithoutCaptions(it.SummaryHead()), base, maxSummary, false)
	if level == levelFull {
		full := it.ContentHead()
		if strings.TrimSpace(it.Content) == "" {
			full = feed.Head(it.Summary, feed.ContentBytes)
		}
		e.content = v.Cache.fragment(full, base, maxContent, true)
		if e.content.text == e.summary.text && !strings.Contains(e.content.html, "<img") {
			e.content = fragment{}
		}
	}
	if e.summary.text == "" {
		e.summary = v.Cache.fragment(feed.WithoutCaptions(feed.Head(it.Content, feed.SummaryBytes)), base, maxSummary/2, false)
	}

	e.place = it.Place
	if e.image = newsURL(it.Image, base); e.image != "" {
		e.shown = it.Shown
		e.shown.Caption, e.shown.Credit = line(it.Shown.Caption, maxTitle), line(feed.CreditName(it.Shown.Credit), maxName)
	}
	for _, enc := range it.Enclosures {
		u := newsURL(enc.URL, base)
		t := mediaType(enc.Type, u)
		if u == "" || slices.ContainsFunc(e.enclosures, func(x feed.Enclosure) bool { return x.URL == u }) {
			continue
		}
		if e.image == "" && strings.HasPrefix(t, "image/") {
			e.image = u
		}
		e.enclosures = append(e.enclosures, feed.Enclosure{URL: u, Type: t, Length: enc.Length})
		if len(e.enclosures) == 10 {
			break
		}
	}
}

// categories collects the entry's sections and what the outlet files it under, each once.
func (v *View) categories(e *entry, fe *feed.Entry, lead *feed.Item) {
	seen := map[string]bool{}
	add := func(name string) {
		name = line(name, maxCategory)
		fold := cmp.Or(feed.Normal(name), name)
		if name != "" && !seen[fold] && len(e.categories) < 30 {
			seen[fold] = true
			e.categories = append(e.categories, name)
		}
	}
	for _, id := range fe.Sections {
		for _, s := range v.Sections {
			if s.ID == id {
				title := cmp.Or(line(s.Title, maxCategory), s.ID)
				e.sections = append(e.sections, SectionLink{ID: id, Title: title})
				add(title)
			}
		}
	}
	for _, c := range lead.Categories {
		add(c)
	}
}

// others lists the other outlets that report the same, each once, by its first report.
func (v *View) others(e *entry, fe *feed.Entry, lead *feed.Item) {
	seen := map[string]bool{e.origin.outlet: true}
	for i := range fe.Reports {
		it := &fe.Reports[i]
		if it.ID == lead.ID && it.Source == lead.Source || it.Dropped != "" {
			continue
		}
		o, _ := v.origin(it)
		if seen[o.outlet] {
			continue
		}
		link := newsURL(it.URL, o.feedURL)
		if link == "" || link == e.link {
			continue
		}
		seen[o.outlet] = true
		title := cmp.Or(line(it.Title, maxTitle), o.outlet)
		e.others = append(e.others, other{outlet: o.outlet, title: title, url: link, source: it.Source, language: cmp.Or(languageTag(it.Language), o.language)})
		if len(e.others) == 50 {
			break
		}
	}
}

// footer is what every reader sees below the text, whatever it makes of extensions.
func (v *View) footer(d *document, e *entry) string {
	var b strings.Builder
	if v.Attribution != "none" && v.Attribution != "title" {
		b.WriteString("<p>" + escapeHTML(d.words.Source) + " ")
		if e.origin.home != "" {
			b.WriteString(`<a href="` + escapeHTML(e.origin.home) + `">` + escapeHTML(e.origin.outlet) + `</a>`)
		} else {
			b.WriteString(escapeHTML(e.origin.outlet))
		}
		b.WriteString("</p>")
	}
	for i, o := range e.others {
		if i == 0 {
			b.WriteString("<p>" + escapeHTML(d.words.Also) + " ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(`<a href="` + escapeHTML(o.url) + `">` + escapeHTML(o.outlet) + `</a>`)
		if i == len(e.others)-1 {
			b.WriteString("</p>")
		}
	}
	if e.follows != "" {
		b.WriteString(`<p><a href="` + escapeHTML(e.followsURL) + `">` + escapeHTML(d.words.Earlier) + `</a></p>`)
	}
	return b.String()
}

// blockTag matches what may not stand inside a paragraph.
var blockTag = regexp.MustCompile(`<(p|div|blockquote|pre|ul|ol|li|dl|dt|dd|h[1-6]|hr|figure|figcaption|table)\b`)

// body is what a feed shows at most: the text with the footer below it. It is never empty: a
// validator wants text, and a reader that shows nothing looks broken.
func (e *entry) body() string {
	text := cmp.Or(e.content.html, e.summary.html)
	return e.withFooter(text)
}

// withFooter puts the footer below a text, which becomes a paragraph where it is none.
func (e *entry) withFooter(text string) string {
	if text == "" && e.footer == "" {
		return "<p>" + escapeHTML(e.headline) + "</p>"
	}
	if text != "" && e.footer != "" && !blockTag.MatchString(text) {
		text = "<p>" + text + "</p>"
	}
	return text + e.footer
}

// enclosure returns the file to offer where only one can be: the first with a known type and
// length, a recording before a picture. A recording whose length its outlet does not tell, or tells wrongly, is
// better than a picture, too: who follows podcasts looks nowhere else.
func (e *entry) enclosure() *feed.Enclosure {
	var recording, picture *feed.Enclosure
	for i := range e.enclosures {
		enc := &e.enclosures[i]
		if enc.Type == "" || !domainURL(enc.URL) {
			continue
		}
		switch isPicture := strings.HasPrefix(enc.Type, "image/"); {
		case enc.Length > 0 && !isPicture:
			return enc
		case enc.Length > 0:
			picture = cmp.Or(picture, enc)
		case strings.HasPrefix(enc.Type, "audio/"), strings.HasPrefix(enc.Type, "video/"):
			recording = cmp.Or(recording, enc)
		}
	}
	return cmp.Or(recording, picture)
}

// domainURL tells whether the address names its host by domain or IPv4 address: readers and
// validators of enclosures take no other.
func domainURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || !strings.Contains(u.Hostname(), ".") {
		return false
	}
	_, err = idna.Lookup.ToASCII(u.Hostname())
	return err == nil
}

// newsURL is webURL for the addresses that sources give. No outlet lives on a bare IPv6 address, and
// readers that predate RFC 3986 stumble over its brackets.
func newsURL(raw, base string) string {
	s := webURL(raw, base)
	if strings.Contains(s, "://[") {
		return ""
	}
	return s
}

func length(n int64) string {
	if n <= 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
