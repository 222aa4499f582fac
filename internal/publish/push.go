package publish

import (
	"context"
	"crypto/rand"
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

// Refresh publishes what was filed so far.
func (s served) Refresh(ctx context.Context) error { return s.p.Refresh(ctx) }

// Feed returns a section's feed.
func (s served) Feed(path string) (hub.Feed, bool) {
	now := s.p.site.Load()
	if now == nil || now.docs[path] == nil || now.docs[path].latest().section == "" {
		return hub.Feed{}, false
	}
	return pushed(now.docs[path].document()), true
}

// pushed is a feed as the hub delivers it.
func pushed(d *document) hub.Feed {
	return hub.Feed{Path: d.path, ContentType: d.contentType, Hash: d.hash, Body: d.plain()}
}

// hubKeyName is the name under which the secret is kept by which the hub names its clients.
const hubKeyName = "hub key"

// hubKey returns that secret, which is made when it is first asked for.
func (p *Publisher) hubKey(ctx context.Context) (string, error) {
	if key := p.clientKey.Load(); key != nil {
		return *key, nil
	}
	key, err := p.meta.Meta(ctx, hubKeyName)
	if err == nil && key == "" {
		key, err = p.meta.Fix(ctx, hubKeyName, rand.Text())
	}
	if err != nil {
		return "", err
	}
	p.clientKey.Store(&key)
	return key, nil
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
