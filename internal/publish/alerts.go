package publish

import (
	"context"
	"crypto/sha256"
	"net/http"
	"strings"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

// Alarms tells what is wrong, and what was.
type Alarms interface {
	// Alarms returns what is wrong, and what was since a time: the last that began first.
	Alarms(ctx context.Context, since time.Time) ([]feed.Alarm, error)
}

// alarmsShown is how long an alarm stays in /alerts.atom after it is over.
const alarmsShown = 7 * 24 * time.Hour

// serveAlerts serves /alerts.atom to who has the token of the desk: as the password of HTTP Basic
// authentication, or as ?token=.
func (p *Publisher) serveAlerts(w http.ResponseWriter, r *http.Request) {
	pl := p.plan.Load()
	if len(pl.desk) == 0 {
		p.refuse(w, r, http.StatusNotFound, feed.Say("There are no alerts here: desk.token_env of the configuration names no token."))
		return
	}
	token := tokenOf(r)
	if token != "" && !p.mayGuess(w, r) {
		return
	}
	if door := (&partner{digest: pl.desk}); !door.admits(token) {
		if token != "" {
			p.guessed(r)
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="desk", charset="UTF-8"`)
		w.Header().Set("Cache-Control", "no-store")
		p.refuse(w, r, http.StatusUnauthorized, feed.Say("This feed is for the newsroom. Give the token of the desk as the password of HTTP Basic authentication, or as ?token=."))
		return
	}
	now := p.now().UTC()
	body, err := p.alerts(r.Context(), pl, p.baseOf(r, pl), now)
	if err != nil {
		p.serveMade(w, r, nil, err)
		return
	}
	// What changed last is not known of alarms that left the feed: the ETag alone says whether it is the same.
	p.squeezers.document("/alerts.atom", body, now.Truncate(time.Second), envelope{
		contentType: render.FormatAtom.ContentType(), cache: "private, no-cache", vary: "Authorization", route: p.metrics.status,
	}).serve(w, r)
}

func (p *Publisher) alerts(ctx context.Context, pl *plan, base string, now time.Time) ([]byte, error) {
	authority, err := p.Authority(ctx)
	if err != nil {
		return nil, err
	}
	if pl.Site.ID != "" {
		authority = pl.Site.ID
	}
	if authority == "" { // nothing is published yet
		authority = "feedd.invalid,2026"
	}
	alarms, err := p.alarms.Alarms(ctx, now.Add(-alarmsShown))
	if err != nil {
		return nil, err
	}
	return render.Alarms(pl.Site, authority, base, alarms)
}

// baseOf is the address below which the newsroom finds its pages: that of the site or, where there is a
// listener apart, the one that was asked.
func (p *Publisher) baseOf(r *http.Request, pl *plan) string {
	if !p.admin {
		return pl.base
	}
	scheme := "http"
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// deskDigest is what is kept of the desk's token.
func deskDigest(token string) []byte {
	if token == "" {
		return nil
	}
	digest := sha256.Sum256([]byte(token))
	return digest[:]
}
