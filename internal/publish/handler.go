package publish

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
	"feedd/internal/publish/say"
)

// Handler serves everything that is published. What is ready is found by its path alone; the rest
// goes through a mux.
func (p *Publisher) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/sections/{section}/archive/{page}", p.get(p.serveArchive))
	mux.HandleFunc("OPTIONS /sections/{section}/archive/{page}", func(w http.ResponseWriter, _ *http.Request) { preflight(w) })
	mux.HandleFunc("/sections/{section}/{date}", p.get(p.serveDay))
	for _, path := range sitemaps {
		mux.HandleFunc(path, p.get(p.serveSitemap))
	}
	mux.HandleFunc("/stories/{key}", p.get(p.serveStory))
	mux.HandleFunc("/sources/{file}", p.get(p.serveSource))
	p.addSearch(mux)
	mux.HandleFunc("/partners/{partner}/{file}", p.get(p.servePartner))
	mux.HandleFunc("/hub", p.costly(p.serveHub))
	mux.HandleFunc("/healthz", p.get(p.serveHealth))
	mux.HandleFunc("/readyz", p.get(p.serveReady))
	if !p.admin {
		p.addAdmin(mux)
	}
	mux.HandleFunc("/", p.unknown)

	return p.timed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := p.site.Load()
		if s == nil {
			mux.ServeHTTP(w, r)
			return
		}
		d := s.docs[r.URL.Path]
		if d == nil {
			// A site below a path, as https://example.org/news, whose proxy leaves the path on.
			if root := s.plan.root; root != "" && strings.HasPrefix(r.URL.Path, root+"/") {
				http.StripPrefix(root, mux).ServeHTTP(w, r)
				return
			}
			mux.ServeHTTP(w, r)
			return
		}
		p.serveDocument(w, r, d.ask())
	}))
}

// AdminHandler serves what those who run feedd look at, and nothing that is published.
func (p *Publisher) AdminHandler() http.Handler {
	mux := http.NewServeMux()
	p.addAdmin(mux)
	mux.HandleFunc("/healthz", p.get(p.serveHealth))
	mux.HandleFunc("/readyz", p.get(p.serveReadyDetails))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		here, _ := say.In(p.plan.Load().Site.Language, feed.Say("Here are /desk, /alerts.atom, /sources, /sources.json, /metrics, /healthz and /readyz."))
		p.turnAway(w, http.StatusNotFound, here)
	})
	return p.timed(mux)
}

// addAdmin adds what is not for everybody where there is a listener apart.
func (p *Publisher) addAdmin(mux *http.ServeMux) {
	mux.HandleFunc("/sources", p.get(p.serveStatus))
	mux.HandleFunc("/sources.json", p.get(p.serveStatus))
	if p.alarms != nil {
		mux.HandleFunc("/alerts.atom", p.get(p.serveAlerts))
	}
	if p.desk != nil {
		mux.HandleFunc("/desk", p.serveDesk)
		mux.HandleFunc("/desk/", p.serveDesk)
	}
	for _, a := range render.Assets() {
		mux.HandleFunc(a.Path, p.get(func(w http.ResponseWriter, _ *http.Request) { p.serveAsset(w, a) }))
	}
	mux.Handle("/metrics", p.costly(p.get(promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{Registry: p.registry}).ServeHTTP)))
}

// serveDesk passes on to the editor's page, where there is one.
func (p *Publisher) serveDesk(w http.ResponseWriter, r *http.Request) {
	if !p.desk.Open() {
		p.refuse(w, r, http.StatusNotFound, feed.Say("There is no desk here: desk.token_env of the configuration names no token."))
		return
	}
	p.desk.ServeHTTP(w, r)
}

// serveAsset serves a fixed file to the pages of a listener that publishes nothing.
func (p *Publisher) serveAsset(w http.ResponseWriter, a render.Asset) {
	w.Header().Set("Content-Type", a.Type)
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Write(a.Body)
}

func (p *Publisher) serveDocument(w http.ResponseWriter, r *http.Request, d *document) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		d.serve(w, r)
	case http.MethodOptions:
		preflight(w)
	default:
		p.notAllowed(w, r, "GET, HEAD, OPTIONS")
	}
}

// preflight lets scripts of other sites send conditional requests.
func preflight(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Allow", "GET, HEAD, OPTIONS")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, HEAD")
	h.Set("Access-Control-Allow-Headers", "A-IM, If-Modified-Since, If-None-Match")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}

// get admits GET and HEAD only.
func (p *Publisher) get(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			p.notAllowed(w, r, "GET, HEAD")
			return
		}
		next(w, r)
	}
}

func (p *Publisher) notAllowed(w http.ResponseWriter, r *http.Request, methods string) {
	w.Header().Set("Allow", methods)
	p.refuse(w, r, http.StatusMethodNotAllowed, feed.Say("This address answers %s.", methods))
}

// answer sends a line of plain text that nobody keeps.
func (p *Publisher) answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	p.answerWith(w, status, []byte(text+"\n"))
}

// answerWith sends a body whose type is set, and which nobody keeps.
func (p *Publisher) answerWith(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) // net/http leaves it out of the answer to HEAD
}

// refuse says in the language of the site why there is no other answer: on a page with ways on where a browser
// asks, in a line of plain text where it is a program.
func (p *Publisher) refuse(w http.ResponseWriter, r *http.Request, status int, why feed.Text) {
	text, _ := say.In(p.plan.Load().Site.Language, why)
	w.Header().Add("Vary", "Accept")
	// Before anything is published the pages have no style sheet, and lead nowhere.
	if s := p.site.Load(); s != nil && wantsPage(r) {
		if body, err := render.RefusedPage(s.view(&s.plan.all, nil), text); err == nil {
			p.turnAwayWith(w, status, body, p.pageEnvelope(s.plan, 0))
			return
		}
	}
	p.turnAway(w, status, text)
}

// turnAwayWith is turnAway with a page.
func (p *Publisher) turnAwayWith(w http.ResponseWriter, status int, page []byte, e envelope) {
	h := w.Header()
	h.Set("Content-Type", e.contentType)
	h.Set("Content-Security-Policy", e.policy)
	h.Set("X-Frame-Options", "DENY")
	p.answerWith(w, status, page)
	p.metrics.other.count(w, status, 0)
}

func (p *Publisher) turnAway(w http.ResponseWriter, status int, text string) {
	p.answer(w, status, text)
	p.metrics.other.count(w, status, 0)
}

// unknown answers for every other path.
func (p *Publisher) unknown(w http.ResponseWriter, r *http.Request) {
	s := p.site.Load()
	if s == nil {
		w.Header().Set("Retry-After", "5")
		p.refuse(w, r, http.StatusServiceUnavailable, feed.Say("Nothing is published yet; try again in a few seconds."))
		return
	}
	// Reached with the root of the site taken off.
	if d := s.docs[r.URL.Path]; d != nil {
		p.serveDocument(w, r, d.ask())
		return
	}
	if path := strings.TrimRight(r.URL.Path, "/"); path != "" && path != r.URL.Path && s.docs[path] != nil {
		http.Redirect(w, r, s.plan.root+(&url.URL{Path: path}).EscapedPath(), http.StatusMovedPermanently)
		return
	}
	if wantsPage(r) && s.docs[lostPage] != nil {
		p.lost(w, r, s.docs[lostPage].ask())
		return
	}
	var b strings.Builder
	for i := range s.plan.sections {
		b.WriteString("\n  " + s.plan.base + "/sections/" + s.plan.sections[i].ID + ".rss")
	}
	b.WriteString("\n  " + s.plan.base + "/feeds.opml")
	p.refuse(w, r, http.StatusNotFound, feed.Say("There is nothing at this address. These are published, each also as .atom and .json:\n%s", b.String()))
}

// wantsPage tells whether it is a browser that asks.
func wantsPage(r *http.Request) bool {
	return strings.Contains(strings.Join(r.Header["Accept"], ","), "text/html")
}

// lost answers that there is no such page, with one that says so.
func (p *Publisher) lost(w http.ResponseWriter, r *http.Request, d *document) {
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Vary", "Accept, Accept-Encoding")
	d.send(w, r, d.choose(r.Header["Accept-Encoding"]), http.StatusNotFound)
}

func (p *Publisher) serveArchive(w http.ResponseWriter, r *http.Request) {
	s, section := p.site.Load(), r.PathValue("section")
	n, f, ok := parseArchive(r.PathValue("page"))
	if s == nil || !ok || s.editions[section] == nil {
		p.unknown(w, r)
		return
	}
	if a := &s.editions[section].archive; a.closing {
		if _, there := a.find(n); !there {
			p.closer.hurry(section)
			w.Header().Set("Retry-After", "10")
			p.refuse(w, r, http.StatusServiceUnavailable, feed.Say("The archive of this section is being made; try again in a few seconds."))
			return
		}
	}
	path := archivePath(section, n) + "." + string(f)
	if !p.cache.has(path, s.editions[section].number) && !p.affords(w, r) {
		return
	}
	d, err := p.cache.get(r.Context(), path, s.editions[section].number, func(ctx context.Context, old *document) (*document, error) {
		return p.page(ctx, s, section, n, f, old)
	})
	p.serveMade(w, r, d, err)
}

// serveStory answers for /stories/{key}, the page, and for its feeds.
func (p *Publisher) serveStory(w http.ResponseWriter, r *http.Request) {
	s := p.site.Load()
	key, f := splitFormat(r.PathValue("key"))
	if s == nil || !isKey(key) {
		p.unknown(w, r)
		return
	}
	path := "/stories/" + r.PathValue("key")
	if !p.cache.has(path, s.editions["all"].number) && !p.affords(w, r) {
		return
	}
	withdrawn := false
	d, err := p.cache.get(r.Context(), path, s.editions["all"].number, func(ctx context.Context, old *document) (d *document, err error) {
		if f != "" {
			d, withdrawn, err = p.storyFeed(ctx, s, key, f, old)
		} else {
			d, withdrawn, err = p.story(ctx, s, key, old)
		}
		return d, err
	})
	if withdrawn && d == nil && err == nil {
		p.refuse(w, r, http.StatusGone, feed.Say("This story was withdrawn."))
		return
	}
	if d == nil && err == nil {
		// The id of a later development leads to its story, that of a story joined to another to that.
		if entries, err := p.reader.Entries(r.Context(), feed.EntryQuery{Keys: []string{key}, Any: true, Brief: true}); err == nil && len(entries) == 1 && entries[0].Story != key {
			to := s.plan.root + "/stories/" + entries[0].Story
			if f != "" {
				to += "." + string(f)
			} else {
				to += "#" + key
			}
			http.Redirect(w, r, to, http.StatusMovedPermanently)
			return
		}
	}
	p.serveMade(w, r, d, err)
}

// serveMade serves what was rendered because it was asked for.
func (p *Publisher) serveMade(w http.ResponseWriter, r *http.Request, d *document, err error) {
	switch {
	case err != nil:
		if r.Context().Err() == nil {
			p.log.Error("could not render a page", "path", r.URL.Path, "error", err)
		}
		w.Header().Set("Cache-Control", "no-store")
		p.refuse(w, r, http.StatusInternalServerError, feed.Say("This page could not be made just now; the log of the server says why."))
	case d == nil:
		p.unknown(w, r)
	default:
		d.serve(w, r)
	}
}

func (p *Publisher) serveReady(w http.ResponseWriter, _ *http.Request) {
	if p.site.Load() == nil {
		p.turnAway(w, http.StatusServiceUnavailable, "nothing is published yet")
		return
	}
	if p.saving() != nil { // why is for the log
		p.turnAway(w, http.StatusServiceUnavailable, "nothing can be saved at present; what is published is served")
		return
	}
	p.answer(w, http.StatusOK, "ready")
}

func (p *Publisher) serveHealth(w http.ResponseWriter, _ *http.Request) {
	p.answer(w, http.StatusOK, "ok")
}

// serveReadyDetails answers as serveReady does, and says why, and what the newsroom should know.
func (p *Publisher) serveReadyDetails(w http.ResponseWriter, r *http.Request) {
	s := p.site.Load()
	if s == nil {
		p.serveReady(w, r)
		return
	}
	status, text := http.StatusOK, "ready"
	if err := p.saving(); err != nil {
		status, text = http.StatusServiceUnavailable, "nothing can be saved at present: "+err.Error()
	}
	notes := slices.Concat(s.notes, p.troubles.list())
	text += fmt.Sprintf("\nsections: %d\ndocuments: %d\nnotes: %d", len(s.editions), len(s.docs), len(notes))
	for _, n := range notes {
		text += "\n  " + n.At.UTC().Format(time.RFC3339) + " " + n.Text
	}
	p.answer(w, status, text)
}
