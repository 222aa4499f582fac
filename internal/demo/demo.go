// Package demo holds the sources of feedd demo: seven invented outlets in as many formats and one that
// always fails, as an HTTP handler, and a configuration that collects them. In come requests and the
// time, out go feeds and a page with a new story every minute. The outlets, places and people are made
// up. It never collects anything itself: feedd fetches it over HTTP like any other source.
package demo

import (
	"embed"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"html"
	"net/http"
	"slices"
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

// listed is how many reports an outlet lists at most.
const listed = 40

// Press serves the outlets. The zero value is not usable; call New.
type Press struct {
	start time.Time
	now   func() time.Time
	mux   *http.ServeMux
	tmpl  *template.Template
}

// New returns the outlets as they are at the time that now returns; what they told before the present
// hour they had told before the start, and a quarter of an hour's news follows it.
func New(now func() time.Time) *Press { return Since(now(), now) }

// Since is New for a demo that started at a time before.
func Since(start time.Time, now func() time.Time) *Press {
	p := &Press{start: start.Truncate(time.Minute), now: now, mux: http.NewServeMux()}
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
	p.mux.HandleFunc("GET /tin/{id}", p.article)
	p.mux.HandleFunc("GET /{$}", p.home)
	p.mux.HandleFunc("GET /hong.rss", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "cơ sở dữ liệu không trả lời", http.StatusInternalServerError)
	})
	return p
}

var indochina = time.FixedZone("ICT", 7*3600)

// ServeHTTP answers with the feed or page of the outlet that the path names.
func (p *Press) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// outlet is one invented outlet. shape is the template of its feed or page.
type outlet struct {
	id, path, shape, contentType, title string
	language                            string
}

var outlets = []outlet{
	{"ben-sao", "/ben-sao.rss", "rss20.xml", "application/rss+xml; charset=utf-8", "Báo Bến Sao", "vi"},
	{"song-trang", "/song-trang.rdf", "rdf.xml", "application/rdf+xml; charset=utf-8", "Tạp chí Sóng Trắng", "vi"},
	{"harbour", "/harbour.atom", "atom.xml", "application/atom+xml; charset=utf-8", "The Harbour Gazette", "en"},
	{"doi-gio", "/doi-gio.json", "feed.json", "application/feed+json; charset=utf-8", "Đồi Gió Online", "vi"},
	{"dong-lua", "/dong-lua.rss", "gmt7.xml", "text/xml; charset=utf-8", "Tin Đồng Lúa", "vi"},
	{"cao-nguyen", "/cao-nguyen/tin-moi", "page.html", "text/html; charset=utf-8", "Trang tin Cao Nguyên Xanh", "vi"},
	{"cho-que", "/cho-que.xml", "rss091.xml", "text/xml", "Chợ Quê", "vi"},
}

// listing is the data of a template.
type listing struct {
	Base, Title, Language string
	Updated               time.Time
	Reports               []report
}

type report struct {
	ID, URL, Title, Summary, Category string
	At, Updated                       time.Time
}

func (p *Press) serve(w http.ResponseWriter, r *http.Request, o outlet) {
	l := listing{Base: "http://" + r.Host, Title: o.title, Language: o.language}
	l.Reports, l.Updated = p.told(o, l.Base)
	var body strings.Builder
	if err := p.tmpl.ExecuteTemplate(&body, o.shape, l); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", o.contentType)
	http.ServeContent(w, r, "", l.Updated, strings.NewReader(body.String()))
}

// home is where the outlets, which share an address, say who they are.
func (p *Press) home(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, "<!doctype html>\n<html lang=vi><meta charset=utf-8><title>Làng báo tưởng tượng</title>\n<h1>Làng báo tưởng tượng</h1>\n<ul>\n")
	for _, o := range outlets {
		fmt.Fprintf(w, "<li><a href=%q>%s</a>\n", o.path, o.title)
	}
	fmt.Fprint(w, "</ul>\n</html>\n")
}

// article is the page that a headline links to.
func (p *Press) article(w http.ResponseWriter, r *http.Request) {
	for _, o := range outlets {
		all, _ := p.told(o, "http://"+r.Host)
		i := slices.IndexFunc(all, func(rep report) bool { return rep.ID == r.PathValue("id") })
		if i < 0 {
			continue
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html>\n<html lang=%q><meta charset=utf-8><title>%s - %s</title>\n<p>%s\n<h1>%s</h1>\n<p>%s\n</html>\n",
			o.language, html.EscapeString(all[i].Title), o.title, o.title, html.EscapeString(all[i].Title), html.EscapeString(all[i].Summary))
		return
	}
	http.NotFound(w, r)
}

// quote writes a JSON string.
func quote(s string) (string, error) {
	b, err := json.Marshal(s)
	return string(b), err
}

// told is what an outlet tells at present, the newest first, and when that changed last.
func (p *Press) told(o outlet, base string) (all []report, changed time.Time) {
	now := p.now()
	minutes := int(now.Sub(p.start) / time.Minute)
	since := func(minute int) {
		if at := p.start.Add(time.Duration(minute) * time.Minute); at.After(changed) {
			changed = at
		}
	}
	add := func(name, category string, minute int, t telling) {
		// No two outlets publish in the same second.
		at := p.start.Add(time.Duration(minute)*time.Minute + time.Duration(len(o.title)%20)*time.Second)
		if at.After(now) {
			return
		}
		if t.withdrawnAfter > 0 && minutes >= t.withdrawnAfter {
			since(t.withdrawnAfter)
			return
		}
		r := report{ID: number(o.id, name), Title: t.title, Summary: t.text, Category: category, At: at, Updated: at}
		if t.changed > 0 && minutes >= t.changed {
			r.Title, r.Summary, r.Updated = t.title2, t.text2, p.start.Add(time.Duration(t.changed)*time.Minute)
			since(t.changed)
		}
		if at.After(changed) {
			changed = at
		}
		when := strings.NewReplacer("{ngày}", at.In(indochina).Format("2/1"), "{giờ}", at.In(indochina).Format("15:04"))
		r.Title, r.Summary = when.Replace(r.Title), when.Replace(r.Summary)
		r.URL = base + "/tin/" + r.ID
		all = append(all, r)
	}
	for _, e := range events {
		for _, t := range e.told {
			if t.by == o.id {
				add(fmt.Sprint(e.name, t.part), e.category, e.at+t.after, t)
			}
		}
	}
	if o.id == river {
		for m := riverEvery; m <= minutes; m += riverEvery {
			level := 231 + (m/riverEvery*7)%58
			add(fmt.Sprint("song", m), "Thời tiết", m, telling{
				title: fmt.Sprintf(riverTitle, level/100, level%100), text: fmt.Sprintf(riverText, level/100, level%100)})
		}
	}
	slices.SortStableFunc(all, func(a, b report) int { return b.At.Compare(a.At) })
	return all[:min(len(all), listed)], changed
}

// number is an outlet's own of an article: no two outlets number theirs alike.
func number(outlet, name string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(outlet + "/" + name)) // never fails
	return fmt.Sprintf("%s-%d", outlet, h.Sum32())
}
