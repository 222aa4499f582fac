package render

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"math"
	"net/url"
	"strings"
	"time"

	"feedd/internal/feed"
)

// PagePolicy is the Content-Security-Policy the pages are made for, and EmbedPolicy that of the
// page that stands in other sites' frames. Nothing on either comes from a third party: readers are
// not made known to the outlets by looking at headlines.
const (
	PagePolicy  = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	EmbedPolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"

	// DrawingPolicy is that of a drawing.
	DrawingPolicy = "default-src 'none'; style-src 'unsafe-inline'"

	PicturePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' https: http:; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

//go:embed templates
var templateFiles embed.FS

//go:embed assets
var assetFiles embed.FS

var templates = template.Must(template.ParseFS(templateFiles, "templates/*.html"))

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
	Words                *words
	Title, Site, Tagline string
	SiteLang, SiteDir    string // of the site's own texts, where they are not the page's
	Description, Heading string
	Why                  string // there is no page
	Canonical, Home      string // absolute
	Root                 string // path before every path, "" or "/below"
	Kind                 string // Open Graph's type: website or article
	Picture              string // absolute, for those who share the page
	Icon                 icon
	Locale               string // Open Graph's, as vi_VN
	NoIndex              bool
	Counts               string
	Described            bool // the description is made of headlines
	Changes              bool // something is marked as new
	Nav                  []link
	Feeds                []feedLink
	Contact              *link
	Zone                 string // of the times
	Lead                 *headline
	Second, Developments []headline
	River, Days          []day
	Rest                 []headline // of the front page of a site with little in its sections
	Blocks               []block
	Earlier, Later       *link // days
	Kickers              []link
	Snippets             []string
	Items                []headline // of the frame
	today                time.Time  // see View.Today
}

type link struct {
	Title     string
	URL       template.URL
	Lang, Dir string
	Current   bool
}

type feedLink struct {
	Name, Title, Type, URL string
}

type block struct {
	ID, Title, URL string
	Items          []headline
}

// day is what was told on one day, or what stands under no day: then it has no ID.
type day struct {
	ID, Title, Hidden string // Hidden is a heading for those who do not see the page
	URL               string
	Items             []headline
}

// headline is one entry, or one report, on a page.
type headline struct {
	Words                                *words
	Key, Title, Link, Lang, Dir, Summary string
	Outlet, Home                         string
	Time, Edited                         moment
	Told                                 []headline // what other outlets say that this one does not
	Also                                 []link     // the other outlets
	More, Story                          string     // what the story's page has besides, and that page
	Picture, Caption, Credit             string
	Parts                                []part // of the title: what changed is marked
	SummaryParts                         []part
	Reports                              []headline
	Filed                                []filed
	Newest                               bool // it gave the story its title
	Numbered                             bool // the story has others
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

// newMoment is a time with its date.
func newMoment(t time.Time, zone *time.Location, w *words) moment {
	if t.IsZero() {
		return moment{}
	}
	t = t.In(zoneOr(zone)).Truncate(time.Second)
	layout := "2 Jan 2006, 15:04"
	if w.Lang == "vi" {
		layout = "15:04, 2/1/2006"
	}
	return moment{Human: t.Format(layout), Machine: t.UTC().Format(time.RFC3339)}
}

// newPage fills in what all pages share.
func (v *View) newPage(path string) *page {
	language := v.Site.Language
	if v.Section.Language != "" {
		language = v.Section.Language
	}
	p := &page{
		Words:     wordsFor(language),
		Site:      line(v.Site.Title, maxTitle),
		Tagline:   line(v.Site.Description, maxTitle),
		Canonical: v.url(path, ""),
		Home:      v.url("/", ""),
		Root:      rootPath(v.Base),
		Kind:      "website",
		Zone:      v.zone(),
		today:     v.Today,
	}
	p.Site = cmp.Or(p.Site, "feedd")
	p.Title = p.Site
	if tag := languageTag(v.Site.Language); tag != "" && !sameLanguage(tag, p.Words.Lang) {
		p.SiteLang = tag
	}
	p.SiteDir = direction(p.Site)
	p.Locale = locale(cmp.Or(languageTag(language), p.Words.Lang))
	p.Icon = iconOf(v.Site, p.Root)
	if pic := v.Site.Icon; pic.Type != "" && pic.Type != "image/svg+xml" {
		p.Picture = v.url(p.Icon.path, "")
	}
	p.addNav(v, path)
	switch contact := strings.TrimSpace(v.Site.Contact); {
	case address(contact) != "":
		p.Contact = &link{Title: address(contact), URL: template.URL("mailto:" + address(contact))}
	case webURL(contact, "") != "":
		p.Contact = &link{Title: webURL(contact, ""), URL: template.URL(webURL(contact, ""))}
	}
	return p
}

// addNav lists the sections, before them what most outlets tell, and behind them everything.
func (p *page) addNav(v *View, path string) {
	add := func(id, title, lang string) {
		p.Nav = append(p.Nav, link{
			Title: title, Lang: lang, Dir: direction(title),
			URL:     template.URL(p.Root + "/sections/" + url.PathEscape(id)),
			Current: path == "/sections/"+id,
		})
	}
	add("top", p.Words.Top, "")
	for _, s := range v.Sections {
		if s.ID != "all" && s.ID != "top" {
			add(s.ID, sectionTitle(s), p.SiteLang)
		}
	}
	add("all", p.Words.All, "")
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
	p.addFeeds("/sections/"+url.PathEscape(section), title)
}

// addFeeds lists the feeds at a path for autodiscovery.
func (p *page) addFeeds(path, title string) {
	for _, f := range FeedFormats {
		kind, _, _ := strings.Cut(f.ContentType(), ";")
		name := map[Format]string{FormatRSS: "RSS", FormatAtom: "Atom", FormatJSON: "JSON Feed"}[f]
		p.Feeds = append(p.Feeds, feedLink{
			Name: name, Title: title + " (" + name + ")", Type: kind,
			URL: p.Root + path + "." + string(f),
		})
	}
}

func execute(name string, p *page) ([]byte, error) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, p); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return b.Bytes(), nil
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
	e := evidence{Weight: decimal(p.Words.Lang, "%+.1f", ev.Adds)}
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
	p.Heading = v.sectionTitle()
	if v.Section.ID == "all" {
		p.Heading = p.Words.Latest
	}
	p.Title = p.Heading + " – " + p.Site
	for _, e := range v.prepare().entries[:min(20, len(v.prepare().entries))] {
		h := v.headline(p, e, shape{plain: true})
		h.Time = newMoment(e.published, v.Site.Timezone, p.Words) // as the script shows it
		p.Items = append(p.Items, h)
	}
	return execute("embed.html", p)
}
