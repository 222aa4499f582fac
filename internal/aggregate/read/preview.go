package read

import (
	"bytes"
	"regexp"
	"strings"
	"time"

	"feedd/internal/feed"
	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

// PreviewDocument is what feedd reads in a document, for `feedd preview --json`. Times are RFC 3339
// in UTC, empty when none was understood.
type PreviewDocument struct {
	Type         string        `json:"type"`
	Version      string        `json:"version"`
	Title        string        `json:"title"`
	Link         string        `json:"link"`
	FeedLink     string        `json:"feedLink"`
	Description  string        `json:"description"`
	Language     string        `json:"language"`
	Copyright    string        `json:"copyright"`
	Generator    string        `json:"generator"`
	Author       string        `json:"author"`
	AuthorEmail  string        `json:"authorEmail"`
	Categories   []string      `json:"categories"`
	Image        string        `json:"image"`
	Published    string        `json:"published"`
	PublishedRaw string        `json:"publishedRaw"`
	Updated      string        `json:"updated"`
	UpdatedRaw   string        `json:"updatedRaw"`
	Warnings     []string      `json:"warnings"`
	Items        []PreviewItem `json:"items"`
}

// PreviewItem is one item of a PreviewDocument.
type PreviewItem struct {
	Title        string   `json:"title"`
	Link         string   `json:"link"`
	Links        []string `json:"links"`
	GUID         string   `json:"guid"`
	Published    string   `json:"published"`
	PublishedRaw string   `json:"publishedRaw"`
	Updated      string   `json:"updated"`
	UpdatedRaw   string   `json:"updatedRaw"`
	Description  string   `json:"description"`
	Content      string   `json:"content"`
	Author       string   `json:"author"`
	AuthorEmail  string   `json:"authorEmail"`
	Categories   []string `json:"categories"`
	Enclosures   []string `json:"enclosures"`
	Image        string   `json:"image"`
}

// Preview reads a body as Read does, and shows all that came of it, even items that
// nothing identifies and that are therefore not collected. A file has no headers and no
// address; its Body has only Bytes.
func Preview(body Body, src feed.Source, now time.Time) (*PreviewDocument, error) {
	doc, err := read(body, src, now, true)
	if err != nil {
		return nil, err
	}
	p := &PreviewDocument{
		Type: doc.Type, Version: doc.Version, Title: doc.Title, Link: doc.Link, FeedLink: doc.FeedLink,
		Description: inert(doc.Description, body.URL), Language: doc.Language, Copyright: inert(doc.Copyright, body.URL),
		Generator: doc.Generator, Author: doc.Author, AuthorEmail: doc.AuthorEmail, Categories: list(doc.Categories),
		Image: doc.Image, Published: stamp(doc.Published), PublishedRaw: doc.PublishedRaw,
		Updated: stamp(doc.Updated), UpdatedRaw: doc.UpdatedRaw, Warnings: list(doc.Warnings),
		Items: make([]PreviewItem, 0, len(doc.Items)),
	}
	for i := range doc.Items {
		it, w := &doc.Items[i], &doc.Written[i]
		base := it.Base
		if base == "" {
			base = it.URL
		}
		pi := PreviewItem{
			Title: it.Title, Link: it.URL, Links: list(w.Links), GUID: it.GUID,
			Published: stamp(it.Published), PublishedRaw: w.PublishedRaw, Updated: stamp(it.Updated), UpdatedRaw: w.UpdatedRaw,
			Description: inert(it.Summary, base), Content: inert(it.Content, base),
			Categories: list(it.Categories), Enclosures: []string{}, Image: it.Image,
		}
		if len(it.Authors) > 0 {
			pi.Author, pi.AuthorEmail = it.Authors[0].Name, it.Authors[0].Email
		}
		for _, e := range it.Enclosures {
			pi.Enclosures = append(pi.Enclosures, e.URL)
		}
		p.Items = append(p.Items, pi)
	}
	return p, nil
}

func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// inertPolicy shows more of a text than publishing does, so that an editor sees what the source
// sends: every element and attribute that does nothing by itself.
var inertPolicy = makeInertPolicy()

// oneValue is a keyword or a length of a style.
var oneValue = regexp.MustCompile(`^-?[0-9a-z.]+%?$`)

func makeInertPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	elements := strings.Fields("a abbr acronym address area article aside audio b big blockquote br button canvas caption " +
		"center cite code col colgroup command datagrid datalist dd del details dfn dialog dir div dl dt em " +
		"event-source fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 header hr i img input ins " +
		"kbd keygen label legend li m map menu meter multicol nav nextid noscript ol optgroup option output p pre " +
		"progress q s samp section select small sound source spacer span strike strong sub summary sup table " +
		"tbody td textarea tfoot th thead time tr tt u ul var video")
	p.AllowElements(elements...)
	p.AllowNoAttrs().OnElements(elements...)
	p.AllowElementsContent("object", "noscript", "frame", "frameset")
	p.AllowAttrs(strings.Fields("abbr accept accept-charset accesskey align alt autocomplete autofocus axis bgproperties border bordercolor " +
		"bordercolordark bordercolorlight bottompadding cellpadding cellspacing ch challenge char charoff charset checked " +
		"choff class clear color cols colspan compact contenteditable controls coords datafld datapagesize datasrc " +
		"datetime default delay dir disabled draggable dynsrc enctype end face for form frame galleryimg gutter " +
		"headers height hidden hidefocus high hreflang hspace icon id inputmode ismap keytype label lang leftspacing " +
		"bgcolor list longdesc loop loopcount loopend loopstart low lowsrc max maxlength media method min multiple name nohref " +
		"noshade nowrap open optimum pattern ping point-size pqg preload prompt radiogroup readonly rel repeat-max " +
		"repeat-min replace required rev rightspacing rows rowspan rules scope selected shape size span src start " +
		"step summary suppress tabindex target template title toppadding type unselectable urn usemap valign value " +
		"variable volume vrml vspace width wrap xml:lang")...).Globally()
	p.AllowAttrs("href", "src", "cite", "action", "background", "data", "poster", "longdesc", "lowsrc", "dynsrc").Globally()
	p.AllowURLSchemes("http", "https", "mailto", "ftp", "tel", "news", "nntp", "irc", "ircs", "sip", "sms", "ssh", "tag", "urn", "xmpp", "webcal", "feed", "gopher", "geo", "rtsp", "aim", "callto")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(false)
	p.AllowStyles("azimuth", "background-color", "border-bottom-color", "border-collapse", "border-color",
		"border-left-color", "border-right-color", "border-top-color", "clear", "color", "cursor", "direction", "display",
		"elevation", "float", "font", "font-family", "font-size", "font-style", "font-variant", "font-weight",
		"height", "background", "border", "border-left", "border-right", "border-top", "border-bottom", "border-width", "border-style",
		"margin", "margin-left", "margin-right", "margin-top", "margin-bottom", "padding", "padding-left", "padding-right",
		"padding-top", "padding-bottom", "list-style-type", "max-width", "max-height", "letter-spacing", "line-height", "overflow", "text-align", "text-decoration", "text-indent",
		"unicode-bidi", "vertical-align", "white-space", "width").Globally()
	p.AllowStyles("background-x", "background-y").Matching(oneValue).Globally() // of no standard, but written
	return p
}

// inert is HTML with everything that acts taken out, addresses absolute, empty elements closed the
// way XML does.
func inert(s, base string) string {
	if !strings.ContainsAny(s, "<") {
		return s
	}
	clean := inertPolicy.Sanitize(feed.Absolute(s, base))
	var out strings.Builder
	out.Grow(len(clean) + 16)
	z := html.NewTokenizer(strings.NewReader(clean))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return out.String()
		case html.StartTagToken, html.SelfClosingTagToken:
			raw := closeStyle(z.Raw())
			if raw[len(raw)-2] == '/' {
				raw = raw[:len(raw)-2]
			} else if name, _ := z.TagName(); isVoidHTML(string(name)) {
				raw = raw[:len(raw)-1]
			} else {
				out.Write(raw)
				continue
			}
			out.WriteString(strings.TrimRight(string(raw), " "))
			out.WriteString(" />")
		case html.EndTagToken:
			raw := string(z.Raw())
			if name, _ := z.TagName(); !isVoidHTML(string(name)) {
				out.WriteString(raw)
			}
		default:
			out.Write(z.Raw())
		}
	}
}

// closeStyle ends the last declaration of a style attribute, as style sheets do.
func closeStyle(tag []byte) []byte {
	const mark = ` style="`
	i := bytes.Index(tag, []byte(mark))
	if i < 0 {
		return tag
	}
	end := bytes.IndexByte(tag[i+len(mark):], '"')
	if end < 0 {
		return tag
	}
	style := string(tag[i+len(mark) : i+len(mark)+end])
	return []byte(string(tag[:i]) + mark + strings.ReplaceAll(style, "&#39;", "'") + `;` + string(tag[i+len(mark)+end:]))
}

func isVoidHTML(name string) bool {
	switch name {
	case "area", "br", "col", "command", "hr", "img", "input", "keygen", "source", "wbr":
		return true
	}
	return false
}
