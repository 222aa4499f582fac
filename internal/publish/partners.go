package publish

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"slices"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

// partner is a site that syndicates sections, with its secret's digest ready to be compared.
type partner struct {
	feed.Partner
	digest []byte // SHA-256 of the token; nil lets nobody in
	route  *route
}

func newPartner(q feed.Partner, m *metrics) (*partner, error) {
	pt := &partner{Partner: q, route: m.partner(q.ID)}
	switch {
	case q.TokenSHA256 != "":
		digest, err := hex.DecodeString(q.TokenSHA256)
		if err != nil || len(digest) != sha256.Size {
			return nil, fmt.Errorf("partner %s: token_sha256 is not 64 hexadecimal digits", q.ID)
		}
		pt.digest = digest
	case q.Token != "":
		d := sha256.Sum256([]byte(q.Token))
		pt.digest = d[:]
	}
	pt.Token, pt.TokenSHA256 = "", "" // nothing of it travels on with the profile
	return pt, nil
}

// tokenOf is the token that a request carries: the password of HTTP Basic, or ?token=.
func tokenOf(r *http.Request) string {
	if _, token, ok := r.BasicAuth(); ok {
		return token
	}
	return r.URL.Query().Get("token")
}

// admits tells whether this is the partner's token. It takes the same time whatever is wrong.
func (pt *partner) admits(token string) bool {
	given := sha256.Sum256([]byte(token))
	want := make([]byte, sha256.Size)
	if pt != nil && pt.digest != nil {
		want = pt.digest
	}
	same := subtle.ConstantTimeCompare(given[:], want) == 1
	return same && pt != nil && pt.digest != nil && token != ""
}

// servePartner answers for /partners/{partner}/{file}: 401 without the token, whether or not there
// is such a partner, 404 for what is not theirs, and 429 for who guesses.
func (p *Publisher) servePartner(w http.ResponseWriter, r *http.Request) {
	s, pt := p.site.Load(), p.plan.Load().partners[r.PathValue("partner")]
	token := tokenOf(r)
	if token != "" && !p.mayGuess(w, r) {
		return
	}
	if !pt.admits(token) {
		if token != "" {
			p.guessed(r)
		}
		h := w.Header()
		h.Set("WWW-Authenticate", `Basic realm="partner feeds", charset="UTF-8"`)
		h.Set("Cache-Control", "no-store")
		p.refuse(w, r, http.StatusUnauthorized, feed.Say("This feed is for a partner. Give its token as the password of HTTP Basic authentication, or as ?token=."))
		return
	}
	var d *document
	if s != nil {
		d = s.partners[pt.ID][r.PathValue("file")]
	}
	if d == nil || !slices.Contains(pt.Sections, d.section) {
		w.Header().Set("Cache-Control", "no-store")
		p.refuse(w, r, http.StatusNotFound, feed.Say("This partner has no such feed."))
		return
	}
	d.serve(w, r)
}

// PartnerFeed returns the feed in RSS that a partner was last given of a section, "" when none was yet.
func (p *Publisher) PartnerFeed(ctx context.Context, partner, section string) ([]byte, error) {
	rs, err := p.renditions.Renditions(ctx)
	if err != nil {
		return nil, err
	}
	path := "/partners/" + partner + "/" + section + "." + string(render.FormatRSS)
	for _, r := range rs {
		if r.Path == path {
			return expand(r.Body)
		}
	}
	return nil, nil
}

// buildPartners renders a section for each partner that has it, from what the public feed shows.
func (p *Publisher) buildPartners(ctx context.Context, s *site, sec *feed.Section, public choice, b *built, now time.Time) error {
	for _, pt := range s.plan.partners {
		if !slices.Contains(pt.Sections, sec.ID) {
			continue
		}
		theirs := *sec
		if pt.Limit > 0 {
			theirs.Limit = pt.Limit
		}
		chosen, err := p.choosePartners(ctx, s.frame, pt, &theirs, sec.Limit, public, b.edition, now)
		if err != nil {
			return err
		}
		if due := expiry(&theirs, chosen, now); due.Before(b.edition.due) {
			b.edition.due = due
		}
		b.edition.tell(chosen)
		v := s.view(&theirs, chosen)
		v.Partner, v.Content, v.Tombstones = &pt.Partner, pt.Content, b.edition.view.Tombstones
		shared, err := p.batch(ctx, "partner "+pt.ID+" "+sec.ID, b.edition.sharedView(v))
		if err != nil {
			return err
		}
		var docs []*slot
		for _, f := range render.FeedFormats {
			name := sec.ID + "." + string(f)
			e := envelope{contentType: f.ContentType(), cache: caching("private", s.plan.every(sec.ID)), vary: "Authorization", feed: true, route: pt.route}
			path := "/partners/" + pt.ID + "/" + name
			d, err := p.gated(&b.edition.notes, f, path, func() ([]byte, error) { return p.rendered(s.plan, v, f, path) }, e, shared, now)
			if err != nil {
				return err
			}
			if d != nil {
				d.section = sec.ID
				docs = append(docs, filled(d))
			}
		}
		stored, err := p.share(ctx, shared, docs)
		if err != nil {
			return err
		}
		b.stored = append(b.stored, stored...)
		b.edition.overtaken = b.edition.overtaken || shared.isOvertaken()
		b.partners[pt.ID] = map[string]*document{}
		for _, d := range docs {
			b.partners[pt.ID][path.Base(d.path)] = d.document()
		}
	}
	return nil
}

// choosePartners returns what a partner's feed shows, in order. One that waits, or takes more than the
// public feed shows, has a choice of its own, for which more is read until its feed is full: among
// what came in during its delay may be more than the public feed holds.
func (p *Publisher) choosePartners(ctx context.Context, f *frame, pt *partner, theirs *feed.Section, limit int, public choice, ed *edition, now time.Time) ([]feed.Entry, error) {
	visible := func(entries []feed.Entry) []feed.Entry {
		if pt.Delay <= 0 {
			return entries
		}
		var out []feed.Entry
		for i := range entries {
			if at := firstSeen(&entries[i]).Add(pt.Delay); !at.After(now) {
				out = append(out, entries[i])
			} else if at.Before(ed.due) {
				ed.due = at
			}
		}
		return out
	}
	own := pt.Delay > 0 || limit > 0 && (theirs.Limit > limit || theirs.Limit <= 0)
	if theirs.ByCoverage && own && !public.held {
		entries, _, err := p.candidates(ctx, f, theirs, now)
		return feed.Select(*theirs, visible(entries), now), err
	}
	if public.held || !own {
		return feed.Select(*theirs, visible(public.from), now), nil
	}
	q := feed.EntryQuery{Section: theirs.ID, Limit: 2 * (theirs.Limit + 10)}
	if theirs.MaxAge > 0 {
		q.Since = now.Add(-theirs.MaxAge)
	}
	if theirs.Limit <= 0 {
		q.Limit = mostCandidates
	}
	var chosen []feed.Entry
	_, err := p.enough(ctx, q, func(entries []feed.Entry, _ int) bool {
		chosen = feed.Select(*theirs, visible(entries), now)
		return len(chosen) >= theirs.Limit
	})
	return chosen, err
}

// firstSeen is when the entry's first report arrived.
func firstSeen(e *feed.Entry) time.Time {
	var first time.Time
	for i := range e.Reports {
		if t := e.Reports[i].FirstSeen; first.IsZero() || t.Before(first) {
			first = t
		}
	}
	return first
}
