package render

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"feedd/internal/feed"
)

// PagePolicy is the Content-Security-Policy the pages are made for, and EmbedPolicy that of the
// page that stands in other sites' frames. Nothing on either comes from a third party: readers are
// not made known to the outlets by looking at headlines.
const (
	PagePolicy  = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	EmbedPolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
)

//go:embed templates/pages.html
var templateFiles embed.FS

//go:embed assets
var assetFiles embed.FS

var templates = template.Must(template.ParseFS(templateFiles, "templates/pages.html"))

// Asset is a fixed file the pages need.
type Asset struct {
	Path string // of the URL
	Type string // media type
	Body []byte
}

// Assets returns the style sheets, the icon and the scripts, among them /embed.js.
func Assets() []Asset {
	list := []Asset{
		{Path: "/assets/style.css", Type: "text/css; charset=utf-8"},
		{Path: "/assets/embed.css", Type: "text/css; charset=utf-8"},
		{Path: "/assets/icon.svg", Type: "image/svg+xml"},
		{Path: "/assets/copy.js", Type: "text/javascript; charset=utf-8"},
		{Path: "/embed.js", Type: "text/javascript; charset=utf-8"},
	}
	for i := range list {
		name := "assets/" + list[i].Path[strings.LastIndexByte(list[i].Path, '/')+1:]
		body, err := assetFiles.ReadFile(name)
		if err != nil {
			panic(err) // embedded above: cannot be missing
		}
		list[i].Body = body
	}
	return list
}

// page is what every template gets; each fills in what it shows.
type page struct {
	Words                       *words
	Title, Site, Tagline        string
	Description, Heading        string
	Canonical, Home             string // absolute
	Root                        string // path before every path, "" or "/below"
	Nav                         []link
	Feeds                       []feedLink
	Contact                     *link
	Lead                        *headline
	Second, Items, Developments []headline
	Blocks                      []block
	Kickers                     []link
	Snippets                    []string
	Counts                      string
	Notes                       []string
	Rows                        []statusRow
	Partners                    []PartnerStatus
}

type link struct {
	Title   string
	URL     template.URL
	Current bool
}

type feedLink struct {
	Name, Title, Type, URL string
}

type block struct {
	ID, Title, URL string
	Items          []headline
}

// headline is one entry, or one report, on a page.
type headline struct {
	Key, Title, Link, Lang, Summary string
	Outlet, Home                    string
	Time                            moment
	More, Story                     string // other outlets, and the page that lists them
	Reports                         []headline
	Filed                           []filed
}

// filed is a section that an entry was filed under by what was learned, and what spoke for it.
type filed struct {
	Section  link
	Percent  int // how sure it was
	Evidence []evidence
}

// evidence is one thing that spoke for a section. Words are the report's own; else What names it.
type evidence struct {
	Words, What, Weight string
}

// moment is a time for people and for machines; Human is empty when there is none.
type moment struct {
	Human, Machine string
}

func newMoment(t time.Time, zone *time.Location, w *words) moment {
	if t.IsZero() {
		return moment{}
	}
	if zone == nil {
		zone = time.UTC
	}
	t = t.In(zone).Truncate(time.Second)
	layout := "2 Jan 2006, 15:04"
	if w.Lang == "vi" {
		layout = "15:04, 2/1/2006"
	}
	return moment{Human: t.Format(layout), Machine: t.Format(time.RFC3339)}
}

// newPage fills in what all pages share.
func (v *View) newPage(path string) *page {
	p := &page{
		Words:     wordsFor(v.Site.Language),
		Site:      line(v.Site.Title, maxTitle),
		Tagline:   line(v.Site.Description, maxTitle),
		Canonical: v.url(path, ""),
		Home:      v.url("/", ""),
		Root:      rootPath(v.Base),
	}
	if p.Site == "" {
		p.Site = "feedd"
	}
	p.Title = p.Site
	for _, s := range v.Sections {
		if s.ID != "all" {
			p.Nav = append(p.Nav, link{
				Title:   sectionTitle(s),
				URL:     template.URL(p.Root + "/sections/" + url.PathEscape(s.ID)),
				Current: path == "/sections/"+s.ID,
			})
		}
	}
	switch contact := strings.TrimSpace(v.Site.Contact); {
	case address(contact) != "":
		p.Contact = &link{Title: address(contact), URL: template.URL("mailto:" + address(contact))}
	case webURL(contact, "") != "":
		p.Contact = &link{Title: webURL(contact, ""), URL: template.URL(webURL(contact, ""))}
	}
	return p
}

func sectionTitle(s SectionLink) string {
	if t := line(s.Title, maxTitle); t != "" {
		return t
	}
	return s.ID
}

// rootPath is the path of Base: the site may live below another.
func rootPath(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.EscapedPath(), "/")
}

// feedsOf lists a section's feeds for autodiscovery.
func (v *View) feedsOf(p *page, section, title string) {
	for _, f := range FeedFormats {
		kind, _, _ := strings.Cut(f.ContentType(), ";")
		name := map[Format]string{FormatRSS: "RSS", FormatAtom: "Atom", FormatJSON: "JSON Feed"}[f]
		p.Feeds = append(p.Feeds, feedLink{
			Name: name, Title: title + " (" + name + ")", Type: kind,
			URL: p.Root + "/sections/" + url.PathEscape(section) + "." + string(f),
		})
	}
}

// headlines turns the first max entries into what pages show of them. Summaries are cut to size.
func (v *View) headlines(p *page, max, summary int) []headline {
	d := v.prepare()
	var out []headline
	for i, e := range d.entries {
		if i == max {
			break
		}
		out = append(out, v.headline(p, e, summary))
	}
	return out
}

func (v *View) headline(p *page, e *entry, summary int) headline {
	h := headline{
		Key: e.key, Title: e.headline, Link: e.link, Outlet: e.origin.outlet, Home: e.origin.home,
		Time:  newMoment(e.published, v.Site.Timezone, p.Words),
		Story: p.Root + "/stories/" + url.PathEscape(e.storyKey),
	}
	if summary > 0 && e.summary.text != e.headline {
		h.Summary = cut(e.summary.text, summary)
	}
	h.Lang = e.language
	if h.Lang == "" && v.prepare().language != p.Words.Lang {
		h.Lang = v.prepare().language
	}
	switch n := len(e.others); {
	case n > 0:
		h.More = "+" + strconv.Itoa(n) + " " + p.Words.plural(n)
	case e.follows != "":
		h.More = p.Words.OpenStory
	}
	return h
}

func (w *words) plural(n int) string {
	if n == 1 {
		return w.OneMoreOutlet
	}
	return w.MoreOutlets
}

func execute(name string, p *page) ([]byte, error) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, p); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return b.Bytes(), nil
}

// Front renders the front page: all is the view of the union, and sections those of the sections
// in the order they stand on the page.
func Front(all *View, sections []*View) ([]byte, error) {
	p := all.newPage("/")
	p.Description = line(all.Site.Description, maxSummary)
	all.feedsOf(p, "all", p.Site)
	for _, s := range all.Sections {
		if s.ID != "all" {
			all.feedsOf(p, s.ID, sectionTitle(s)+" – "+p.Site)
		}
	}
	// A site with little in its sections shows what else there is, up to so many stories.
	const above, least = 4, 12
	latest := all.headlines(p, above+2*least, 280)
	shown := map[string]bool{}
	for i, h := range latest[:min(above, len(latest))] {
		shown[h.Key] = true
		if i == 0 {
			p.Lead = &latest[0]
			continue
		}
		h.Summary = ""
		p.Second = append(p.Second, h)
	}
	for _, v := range sections {
		b := block{
			ID: v.Section.ID, Title: sectionTitle(SectionLink{v.Section.ID, v.Section.Title}),
			URL: p.Root + "/sections/" + url.PathEscape(v.Section.ID),
		}
		for _, h := range v.headlines(p, 10, 140) {
			if shown[h.Key] || len(b.Items) == 6 {
				continue
			}
			if len(b.Items) > 0 {
				h.Summary = ""
			}
			b.Items = append(b.Items, h)
		}
		if len(b.Items) > 0 {
			p.Blocks = append(p.Blocks, b)
		}
	}
	for _, b := range p.Blocks {
		for _, h := range b.Items {
			shown[h.Key] = true
		}
	}
	rest := block{ID: "all", Title: p.Words.Latest, URL: p.Root + "/sections/all"}
	for _, h := range latest {
		if !shown[h.Key] && len(shown) < least {
			shown[h.Key], h.Summary = true, cut(h.Summary, 140)
			rest.Items = append(rest.Items, h)
		}
	}
	if len(rest.Items) > 0 {
		p.Blocks = append(p.Blocks, rest)
	}
	return execute("front.html", p)
}

// SectionPage renders the page of a section, with what another site needs to show it.
func SectionPage(v *View) ([]byte, error) {
	id := url.PathEscape(v.Section.ID)
	p := v.newPage("/sections/" + v.Section.ID)
	p.Heading = sectionTitle(SectionLink{v.Section.ID, v.Section.Title})
	if v.Section.ID == "all" {
		p.Heading = p.Words.All
	}
	p.Title = p.Heading + " – " + p.Site
	p.Description = line(v.Section.Description, maxSummary)
	v.feedsOf(p, v.Section.ID, p.Title)
	p.Items = v.headlines(p, len(v.Entries), 280)
	p.Snippets = []string{
		`<iframe src="` + v.url("/embed/"+id, "") + `" title="` + escapeHTML(p.Title) + `" width="100%" height="480" loading="lazy"></iframe>`,
		`<script src="` + v.url("/embed.js", "") + `" data-section="` + id + `" async></script>`,
	}
	return execute("section.html", p)
}

// StoryPage renders one story: the view's entries are its developments, in any order, and its
// Section does not matter.
func StoryPage(v *View) ([]byte, error) {
	d := v.prepare()
	if len(d.entries) == 0 {
		return nil, fmt.Errorf("render a story: it has no entry")
	}
	p := v.newPage("/stories/" + url.PathEscape(d.entries[0].storyKey))
	p.Canonical = d.entries[0].story
	sections := map[string]bool{}
	for _, e := range byTime(d.entries) {
		h := v.headline(p, e, maxSummary)
		h.More = ""
		h.Reports = v.reports(p, e)
		h.Filed = v.filed(p, e)
		p.Developments = append(p.Developments, h)
		p.Heading = e.headline // the latest names the story
		p.Description = cut(e.summary.text, 200)
		for _, s := range e.sections {
			if !sections[s.ID] {
				sections[s.ID] = true
				p.Kickers = append(p.Kickers, link{Title: s.Title, URL: template.URL(p.Root + "/sections/" + url.PathEscape(s.ID))})
			}
		}
	}
	p.Title = p.Heading + " – " + p.Site
	return execute("story.html", p)
}

// reports lists every report of the entry but the lead, in order of arrival.
func (v *View) reports(p *page, e *entry) []headline {
	var out []headline
	for i := range e.reports {
		it := &e.reports[i]
		if it.ID == e.lead.ID && it.Source == e.lead.Source || it.Dropped != "" {
			continue
		}
		o, _ := v.origin(it)
		if lead, _ := v.origin(e.lead); it.Canonical == e.lead.Canonical && o.outlet == lead.outlet {
			continue // the same article from another feed of the same outlet
		}
		h := headline{
			Title: line(it.Title, maxTitle), Link: newsURL(it.URL, o.feedURL), Outlet: o.outlet,
			Time: newMoment(second(it.Date()), v.Site.Timezone, p.Words),
		}
		if h.Title == "" {
			h.Title = p.Words.Untitled
		}
		if h.Lang = languageTag(it.Language); h.Lang == p.Words.Lang {
			h.Lang = ""
		}
		if h.Link != "" {
			out = append(out, h)
		}
	}
	return out
}

// filed lists the entry's sections that nobody decided on: of the reports that what was learned
// filed there, it shows the evidence of the surest.
func (v *View) filed(p *page, e *entry) []filed {
	var out []filed
	for _, s := range e.sections {
		var best *feed.Placement
		var of *feed.Item
		decided := false
		for i := range e.reports {
			for j := range e.reports[i].Sections {
				q := &e.reports[i].Sections[j]
				switch {
				case q.Section != s.ID:
				case len(q.Evidence) == 0:
					decided = true
				case best == nil || q.Probability > best.Probability:
					best, of = q, &e.reports[i]
				}
			}
		}
		if decided || best == nil {
			continue
		}
		f := filed{
			Section: link{Title: s.Title, URL: template.URL(p.Root + "/sections/" + url.PathEscape(s.ID))},
			Percent: int(math.Round(100 * best.Probability)),
		}
		for _, ev := range best.Evidence {
			if shown, ok := v.evidence(p, of, ev); ok {
				f.Evidence = append(f.Evidence, shown)
			}
		}
		out = append(out, f)
	}
	return out
}

// evidence is a piece of evidence as the page shows it; false when its words must not be shown.
func (v *View) evidence(p *page, it *feed.Item, ev feed.Evidence) (evidence, bool) {
	e := evidence{Weight: ev.Weight()}
	if p.Words.Lang == "vi" {
		e.Weight = strings.Replace(e.Weight, ".", ",", 1)
	}
	switch ev.Kind {
	case feed.EvidenceRule:
		e.What = p.Words.Rule
	case feed.EvidenceForm:
		e.What = p.Words.Form
	case feed.EvidenceRelated:
		e.What = p.Words.Related
	default:
		e.Words = line(ev.Words, maxTitle)
		if _, level := v.origin(it); level < levelSummary && !strings.Contains(it.Title, ev.Words) {
			return e, false // from a summary that is not ours to show
		}
	}
	return e, true
}

// Embed renders the page that stands in another site's frame.
func Embed(v *View) ([]byte, error) {
	p := v.newPage("/sections/" + url.PathEscape(v.Section.ID))
	p.Canonical = v.home()
	p.Heading = sectionTitle(SectionLink{v.Section.ID, v.Section.Title})
	if v.Section.ID == "all" {
		p.Heading = p.Words.Latest
	}
	p.Title = p.Heading + " – " + p.Site
	p.Items = v.headlines(p, 20, 0)
	return execute("embed.html", p)
}

// Status is what the page of the sources' health depends on.
type Status struct {
	View     *View // Site, Base and Sections of it
	Sources  []SourceStatus
	Unsorted int      // stories that no section took
	Notes    []string // what the newsroom should know, such as a feed that was held back
	Partners []PartnerStatus
}

// SourceStatus is one source as readers may see it.
type SourceStatus struct {
	ID    string
	Title string
	URL   string
	State feed.SourceState
}

// PartnerStatus is how much a partner has taken.
type PartnerStatus struct {
	Title    string
	Requests int64
	Bytes    int64
}

type statusRow struct {
	ID, Title, URL, Class, State, Problem, Reason string
	Success, Next                                 moment
	Items                                         int
}

// Health names the state of a source in a word: "fine", "failing", "gone" or "waiting".
func (s SourceStatus) Health() string {
	switch {
	case s.State.Gone:
		return "gone"
	case s.State.LastRun.IsZero():
		return "waiting"
	case s.State.Error != "":
		return "failing"
	}
	return "fine"
}

// StatusPage renders the health of the sources.
func StatusPage(s *Status) ([]byte, error) {
	v := s.View
	p := v.newPage("/sources")
	p.Title = p.Words.Status + " – " + p.Site
	failing := 0
	for _, src := range s.Sources {
		row := statusRow{
			ID: src.ID, Title: line(src.Title, maxName), URL: webURL(src.URL, ""), Class: src.Health(),
			State:   map[string]string{"fine": p.Words.Fine, "failing": p.Words.Failing, "gone": p.Words.Gone, "waiting": p.Words.Waiting}[src.Health()],
			Problem: line(src.State.Error, maxTitle),
			Reason:  line(src.State.NextReason, maxTitle),
			Success: newMoment(src.State.LastSuccess, v.Site.Timezone, p.Words),
			Next:    newMoment(src.State.NextRun, v.Site.Timezone, p.Words),
			Items:   src.State.Items,
		}
		if row.Title == "" {
			row.Title = src.ID
		}
		if h := src.Health(); h == "failing" || h == "gone" {
			failing++
		}
		p.Rows = append(p.Rows, row)
	}
	p.Counts = fmt.Sprintf("%d %s, %d %s, %d %s", len(s.Sources), p.Words.SourceCount, failing, strings.ToLower(p.Words.Failing),
		s.Unsorted, p.Words.UnsortedCount)
	for _, n := range s.Notes {
		p.Notes = append(p.Notes, line(n, maxSummary))
	}
	for _, q := range s.Partners {
		q.Title = line(q.Title, maxName)
		p.Partners = append(p.Partners, q)
	}
	return execute("status.html", p)
}
