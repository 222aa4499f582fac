package publish

import (
	"net/http"

	"feedd/internal/publish/hub"
)

// served is what the hub may know of what is published.
type served struct{ p *Publisher }

// Settings are those of the present configuration.
func (s served) Settings() hub.Settings {
	pl := s.p.plan.Load()
	return hub.Settings{Base: pl.base, Public: pl.Hub, Private: pl.HubPrivate}
}

// Feed returns a section's feed.
func (s served) Feed(path string) (hub.Feed, bool) {
	now := s.p.site.Load()
	if now == nil || now.docs[path] == nil || now.docs[path].section == "" {
		return hub.Feed{}, false
	}
	return pushed(now.docs[path]), true
}

// pushed is a feed as the hub delivers it.
func pushed(d *document) hub.Feed {
	return hub.Feed{Path: d.path, ContentType: d.contentType, Hash: d.hash, Body: d.plain()}
}

// serveHub counts what the hub took among the requests to it, and the rest among the refused.
func (p *Publisher) serveHub(w http.ResponseWriter, r *http.Request) {
	heard := &statusWriter{ResponseWriter: w}
	p.hub.Serve(heard, r, p.plan.Load().Proxies.Of(r))
	if heard.status == http.StatusAccepted {
		p.metrics.hub.count(w, heard.status, 0)
	} else {
		p.metrics.other.count(w, heard.status, 0)
	}
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets net/http reach what it knows of the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
