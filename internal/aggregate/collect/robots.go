package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/temoto/robotstxt"

	"feedd/internal/feed"
)

// Robots exclusion (RFC 9309). Feeds are published for programs to poll; pages are not, so pages
// and articles are asked for only where robots.txt lets feedd.
const (
	robotsAgent     = "feedd"
	robotsFresh     = 24 * time.Hour
	robotsRetry     = 10 * time.Minute // after no answer or a 5xx, during which nothing is allowed
	robotsMaxBytes  = 500 << 10        // that count, section 2.5
	robotsRedirects = 5                // section 2.3.1.2
	robotsMaxDelay  = 30 * time.Second // Crawl-delay beyond it is not meant for a few requests an hour
)

// Rules keeps what robots.txt files said, so that a file is asked for once a day by all nodes, and by all
// lives of a process, together.
type Rules interface {
	// Robots returns what an origin's file said; its Until is zero when that is not known.
	Robots(ctx context.Context, origin string) (feed.Robots, error)
	SaveRobots(ctx context.Context, origin string, r feed.Robots) error
}

// robots remembers each authority's rules.
type robots struct {
	kept Rules // nil: only here
	log  *slog.Logger

	mu sync.Mutex
	of map[string]*robotsEntry
}

type robotsEntry struct {
	asking chan struct{} // holds one token: who has it may ask or read
	// From since to until the answer stands; now lies before since when the clock was put back.
	since, until time.Time
	rules        *robotstxt.Group // nil allows everything
	err          error            // nothing is allowed
}

// allowed returns nil when robots.txt lets feedd ask for u, and the pause it wants between requests.
func (v *visit) allowed(ctx context.Context, src *feed.Source, u *url.URL) (time.Duration, error) {
	origin := u.Scheme + "://" + strings.ToLower(u.Host)
	now := v.c.now()
	e := v.c.robots.entry(origin, now)
	select {
	case <-e.asking:
	default:
		v.release() // another run asks for the same file and may need the host this one took
		select {
		case <-e.asking:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
	defer func() { e.asking <- struct{}{} }()
	if e.stale(now) {
		v.c.robots.recall(ctx, origin, e)
	}
	if e.stale(now) {
		if err := v.askRobots(ctx, src, origin, e); err != nil {
			return 0, err
		}
	}
	return e.judge(u)
}

func (e *robotsEntry) stale(now time.Time) bool { return !now.Before(e.until) || now.Before(e.since) }

// set takes what the file said.
func (e *robotsEntry) set(r feed.Robots) {
	e.since, e.until, e.rules, e.err = r.Since, r.Until, nil, nil
	if r.Failed != "" {
		e.err = errors.New(r.Failed)
	} else if len(r.Body) > 0 {
		e.rules = rulesOf(r.Body)
	}
}

// recall takes what another node, or an earlier life, was told.
func (r *robots) recall(ctx context.Context, origin string, e *robotsEntry) {
	if r.kept == nil {
		return
	}
	was, err := r.kept.Robots(ctx, origin)
	if err != nil { // then it is asked for
		r.log.DebugContext(ctx, "what robots.txt said cannot be read", "origin", origin, "error", err)
	} else if !was.Until.IsZero() {
		e.set(was)
	}
}

// note takes what the file said just now, and keeps it.
func (r *robots) note(ctx context.Context, origin string, e *robotsEntry, said feed.Robots) {
	e.set(said)
	if r.kept == nil {
		return
	}
	if err := r.kept.SaveRobots(ctx, origin, said); err != nil {
		r.log.DebugContext(ctx, "what robots.txt said cannot be kept", "origin", origin, "error", err)
	}
}

// entry returns the rules of an origin, asked for or still to be asked for.
func (r *robots) entry(origin string, now time.Time) *robotsEntry {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.of[origin]; e != nil {
		return e
	}
	if len(r.of) > 4096 {
		for k, old := range r.of {
			if len(old.asking) == 1 && now.After(old.until) {
				delete(r.of, k)
			}
		}
	}
	e := &robotsEntry{asking: make(chan struct{}, 1)}
	e.asking <- struct{}{}
	r.of[origin] = e
	return e
}

// judge says whether the rules let feedd ask for u, and the pause they want between requests.
func (e *robotsEntry) judge(u *url.URL) (time.Duration, error) {
	if e.err != nil {
		return 0, fmt.Errorf("robots.txt of %s cannot be read, so nothing there may be asked for: %w", u.Host, e.err)
	}
	if e.rules == nil {
		return 0, nil
	}
	path := cmp.Or(u.EscapedPath(), "/")
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	if !e.rules.Test(path) {
		return 0, fmt.Errorf("robots.txt of %s %w %s", u.Host, errDisallowed, u.EscapedPath())
	}
	return min(e.rules.CrawlDelay, robotsMaxDelay), nil
}

// askRobots fills the entry. It fails only with what says nothing about the file: the run's end,
// or a host that is held.
func (v *visit) askRobots(ctx context.Context, src *feed.Source, origin string, e *robotsEntry) error {
	u, err := url.Parse(origin + "/robots.txt")
	if err != nil {
		return errors.New("the address is no URL")
	}
	// The file is public: it is asked for without what the source entrusts to its host, and under
	// feedd's own name.
	public := feed.Source{
		ID: src.ID, Timeout: src.Timeout, HostInterval: src.HostInterval,
		AllowPrivate: src.AllowPrivate, Proxy: src.Proxy, UserAgent: src.UserAgent,
	}
	said := feed.Robots{Since: v.c.now()}
	a, err := v.get(ctx, ask{url: u, src: &public, own: addressOf(src), accept: "text/plain, */*;q=0.5", redirects: robotsRedirects})
	if err == nil {
		err = a.unpack()
		v.forget()
	}
	said.Until = v.c.now().Add(robotsFresh)
	var held *HeldError
	var unknown *GateError
	var status *StatusError
	switch {
	case ctx.Err() != nil || errors.As(err, &held) || errors.As(err, &unknown):
		return err
	case errors.As(err, &status) && status.Status < 500 && status.Status != 429: // no file, no rules
	case err != nil:
		said.Failed, said.Until = err.Error(), v.c.now().Add(robotsRetry)
	default:
		said.Body = a.Bytes[:min(len(a.Bytes), robotsMaxBytes)]
	}
	v.c.robots.note(ctx, origin, e, said)
	if e.err != nil {
		e.err = err // of its own kind
	}
	return nil
}

// rulesOf reads what a robots.txt says to feedd; nil, which allows everything, when it is none.
func rulesOf(file []byte) *robotstxt.Group {
	data, err := robotstxt.FromBytes(file)
	if err != nil {
		return nil
	}
	return data.FindGroup(robotsAgent)
}
