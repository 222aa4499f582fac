package publish

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"feedd/internal/feed"
)

// What one client may ask for. Ready documents cost next to nothing and are counted nowhere.
const (
	// What has to be worked out first: a story or an archive page that is not ready, a request to the
	// hub, the metrics.
	computeBurst = 100
	computeEvery = 200 * time.Millisecond
	// Tokens that are wrong.
	guessBurst = 20
	guessEvery = 10 * time.Second
)

// from is the address of who asks, "" when it is not known.
func (p *Publisher) from(r *http.Request) string { return p.plan.Load().Proxies.Of(r) }

// affords tells whether who asks may have something worked out, and answers when not.
func (p *Publisher) affords(w http.ResponseWriter, r *http.Request) bool {
	from := p.from(r)
	if p.computing.Allow(from) {
		return true
	}
	p.tooMany(w, r, p.computing.Wait(from), feed.Say("You ask for more than can be computed for one client; try again soon."))
	return false
}

// costly passes on what has to be worked out each time.
func (p *Publisher) costly(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p.affords(w, r) {
			next(w, r)
		}
	}
}

func (p *Publisher) tooMany(w http.ResponseWriter, r *http.Request, wait time.Duration, text feed.Text) {
	h := w.Header()
	h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
	h.Set("Cache-Control", "no-store")
	p.refuse(w, r, http.StatusTooManyRequests, text)
}

// door names what somebody tries to get into: others behind the same address, who read for another
// partner, are no part of it.
func (p *Publisher) door(r *http.Request) string {
	from := p.from(r)
	if from == "" {
		return ""
	}
	return from + " " + r.PathValue("partner")
}

// mayGuess tells whether a token is looked at at all, and answers when it is not: then not even a right
// one is, or a right guess would show.
func (p *Publisher) mayGuess(w http.ResponseWriter, r *http.Request) bool {
	door := p.door(r)
	if p.guessing.Left(door) {
		return true
	}
	p.tooMany(w, r, p.guessing.Wait(door), feed.Say("Too many tokens from your address were wrong; try again later."))
	return false
}

// guessed notes a token that was wrong.
func (p *Publisher) guessed(r *http.Request) { p.guessing.Allow(p.door(r)) }
