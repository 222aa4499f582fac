// Package demo holds the sources of feedd demo: seven invented outlets in as many formats and one that
// always fails, as an HTTP handler, and a configuration that collects them. In come requests and the
// time, out go feeds and a page with a new story every minute. The outlets, places and people are made
// up. It never collects anything itself: feedd fetches it over HTTP like any other source.
package demo

import (
	"embed"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"
	"text/template"
	"time"
)

//go:embed feeds.yaml
var config string

//go:embed shapes/*
var shapes embed.FS

// Config returns the configuration that collects the demo's sources, which are served at base
// ("http://127.0.0.1:1234").
func Config(base string) string { return strings.ReplaceAll(config, "{{base}}", base) }

// How many earlier stories the outlets draw from when the demo starts, and how many reports one lists
// at most.
const backlog, listed = 24, 40

// Press serves the outlets. The zero value is not usable; call New.
type Press struct {
	start time.Time
	now   func() time.Time
	mux   *http.ServeMux
	tmpl  *template.Template
}

// New returns the outlets as they are at the time that now returns.
func New(now func() time.Time) *Press {
	p := &Press{start: now().Truncate(time.Minute), now: now, mux: http.NewServeMux()}
	p.tmpl = template.Must(template.New("").Funcs(template.FuncMap{
		"x":       html.EscapeString,
		"json":    quote,
		"rfc1123": func(t time.Time) string { return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") },
		"rfc3339": func(t time.Time) string { return t.In(indochina).Format(time.RFC3339) },
		"gmt7":    func(t time.Time) string { return t.In(indochina).Format("Mon, 02 Jan 2006 15:04:05") + " GMT+7" },
		"vn":      func(t time.Time) string { return t.In(indochina).Format("02/01/2006 15:04") },
	}).ParseFS(shapes, "shapes/*"))

	p.mux.HandleFunc("GET /robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "User-agent: *\nAllow: /")
	})
	for _, o := range outlets {
		p.mux.HandleFunc("GET "+o.path, func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, o) })
	}
	p.mux.HandleFunc("GET /hong.rss", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "cơ sở dữ liệu không trả lời", http.StatusInternalServerError)
	})
	return p
}

var indochina = time.FixedZone("ICT", 7*3600)

// ServeHTTP answers with the feed or page of the outlet that the path names.
func (p *Press) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// outlet is one invented outlet. shape is the template of its feed or page; share is how many of ten
// stories it reports.
type outlet struct {
	path, shape, contentType, title string
	language                        string
	share                           int
}

var outlets = []outlet{
	{"/ben-sao.rss", "rss20.xml", "application/rss+xml; charset=utf-8", "Báo Bến Sao", "vi", 7},
	{"/song-trang.rdf", "rdf.xml", "application/rdf+xml; charset=utf-8", "Tạp chí Sóng Trắng", "vi", 4},
	{"/harbour.atom", "atom.xml", "application/atom+xml; charset=utf-8", "The Harbour Gazette", "en", 8},
	{"/doi-gio.json", "feed.json", "application/feed+json; charset=utf-8", "Đồi Gió Online", "vi", 5},
	{"/dong-lua.rss", "gmt7.xml", "text/xml; charset=utf-8", "Tin Đồng Lúa", "vi", 5},
	{"/cao-nguyen/tin-moi", "page.html", "text/html; charset=utf-8", "Trang tin Cao Nguyên Xanh", "vi", 3},
	{"/cho-que.xml", "rss091.xml", "text/xml", "Chợ Quê", "vi", 3},
}

// listing is the data of a template.
type listing struct {
	Base, Title, Language string
	Updated               time.Time
	Reports               []report
}

type report struct {
	ID, URL, Title, Summary, Category string
	At                                time.Time
}

func (p *Press) serve(w http.ResponseWriter, r *http.Request, o outlet) {
	l := listing{Base: "http://" + r.Host, Title: o.title, Language: o.language}
	latest := int(p.now().Sub(p.start) / time.Minute)
	for n := latest; n > -backlog*8 && len(l.Reports) < listed; n-- {
		rep, ok := tell(o, n)
		if !ok {
			continue
		}
		rep.At = p.at(n, o)
		if rep.At.After(p.now()) {
			continue
		}
		// A number of the outlet's own: no two outlets number their articles alike.
		rep.ID = fmt.Sprintf("%s-%d", strings.Trim(strings.Map(letters, o.path), "-"), mix(uint64(p.start.Unix()/60+int64(n))^mix(uint64(len(o.title))))%1e9)
		rep.URL = l.Base + "/tin/" + rep.ID
		l.Reports = append(l.Reports, rep)
	}
	if len(l.Reports) > 0 {
		l.Updated = l.Reports[0].At
	}
	var body strings.Builder
	if err := p.tmpl.ExecuteTemplate(&body, o.shape, l); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", o.contentType)
	http.ServeContent(w, r, "", l.Updated, strings.NewReader(body.String()))
}

// quote writes a JSON string.
func quote(s string) (string, error) {
	b, err := json.Marshal(s)
	return string(b), err
}

// letters keeps the part of a path that can stand in an id.
func letters(r rune) rune {
	if r >= 'a' && r <= 'z' {
		return r
	}
	return '-'
}

// at is when an outlet reports story n: one story a minute from the start on, one every quarter of
// an hour before it, and every outlet some seconds after the first.
func (p *Press) at(n int, o outlet) time.Time {
	step := time.Minute
	if n < 0 {
		step = 15 * time.Minute
	}
	return p.start.Add(time.Duration(n)*step + time.Duration(len(o.title)%20)*time.Second)
}
