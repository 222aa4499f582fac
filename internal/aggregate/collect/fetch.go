package collect

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"feedd/internal/aggregate/read"
	"feedd/internal/feed"
)

// Bounds of one fetch that no source sets.
const (
	maxRedirects    = 10
	defaultTimeout  = 20 * time.Second
	defaultMaxBytes = 8 << 20
	// A body beyond smallBody, as it comes over the network, waits for one of largeBodies places, so
	// that many large ones at once do not fill the memory.
	smallBody   = 256 << 10
	largeBodies = 4
	// A document of more than largeText is read alone, and while largeUnsaved others are read and not saved, none is.
	largeText    = 1 << 20
	largeUnsaved = 2
	// Text of other documents that is read and not saved, bytes: twice what is saved at once, so that a save finds the next ones ready.
	// The rest wait packed. What came of a document takes two to three times its text.
	mostUnsaved = 8 << 20
	// What is read of an answer nobody needs, to keep its connection.
	drained = 16 << 10
)

// Accept headers, by what is asked for.
const (
	acceptFeed = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5"
	acceptPage = "text/html, application/xhtml+xml, application/xml;q=0.8, */*;q=0.5"
)

// bodyOf is what an answer's header says of its body, whose bytes are still to come.
func bodyOf(url string, header http.Header) read.Body {
	return read.Body{URL: url, ContentType: header.Get("Content-Type"), Language: header.Get("Content-Language")}
}

// StatusError is an answer that is no success.
type StatusError struct{ Status int }

func (e *StatusError) Error() string {
	if text := http.StatusText(e.Status); text != "" {
		return fmt.Sprintf("the server answered %d %s", e.Status, text)
	}
	return fmt.Sprintf("the server answered %d", e.Status)
}

// Why a request ends, or is not made.
var (
	errTimeout  = errors.New("timeout")
	errTooLarge = errors.New("larger than its bound")
	errHungUp   = errors.New("the connection was closed")

	errDisallowed = errors.New("does not allow") // of a robots.txt
)

// ask is one question to the web: an address, in the name of a source.
type ask struct {
	method string // default GET
	url    *url.URL
	src    *feed.Source
	own    *url.URL // address of the source in whose name it is asked; nil when src.URL is that
	accept string
	form   string // body of a POST

	// Conditions hold for the address answered only, and are sent to no other.
	etag, lastModified string
	answered           string
	delta              bool // A-IM: feed

	interval  time.Duration // least time since the host's last request, when above the source's
	redirects int           // followed at most; 0 means maxRedirects
}

// answer is what came of it. Its bytes are as they came until unpack.
type answer struct {
	read.Body
	Header    http.Header
	Status    int
	most      int64 // bytes it may have, before and after unpack
	cut       error // why the body ended early; nil when it is whole
	moved     bool  // every hop to URL was a permanent redirect, and there was one
	redirects int
}

// visit is one source's run: it carries its place among the requests under way from hop to hop.
type visit struct {
	c *Collector
	// The host that was entered already for the first request, with the interval kept to.
	host     string
	interval time.Duration
	leave    func()
	entered  time.Time
	slot     bool   // counts as under way
	large    bool   // has a large body in memory
	unsaved  func() // gives back the room of what came of a document; nil when it holds none

	holds []feed.HostHold // that hosts asked for
	bytes int64           // read from the network
}

// TurnFresh is how long after a host's turn came it is taken to be had still, without asking for it. A process that
// stood still for so long that others got it notices so before its request, and not by the answer.
const TurnFresh = time.Second

// enter waits for the host's turn, then for a place among the requests under way. Waiting for a
// host takes nobody's place.
func (v *visit) enter(ctx context.Context, host string, interval time.Duration) (leave func(), err error) {
	if v.leave != nil && v.host == host && v.interval >= interval {
		leave, v.leave = v.leave, nil
	} else {
		v.release()
		if leave, err = v.c.gate.Enter(ctx, host, interval); err != nil {
			return nil, err
		}
		v.entered = time.Now()
	}
	if !v.slot {
		select {
		case v.c.slots <- struct{}{}:
			v.slot = true
		case <-ctx.Done():
			leave()
			return nil, context.Cause(ctx)
		}
	}
	if time.Since(v.entered) > TurnFresh {
		if err := v.c.gate.Still(ctx, host); err != nil {
			leave()
			return nil, err
		}
	}
	return leave, nil
}

// patience is how long a request may wait for its answer before its place is lent to another: a host
// that does not answer costs a connection, not a place among those whose answers are being read.
const patience = 500 * time.Millisecond

// lend gives the visit's place to whoever waits for one, should its request wait for long, unless too
// many do. settle, called when the request was answered or failed, waits for a place again and fails
// with ctx's error when that ends first.
func (v *visit) lend(ctx context.Context, limit *timeLimit) (settle func() error) {
	var mu sync.Mutex
	var lent, over bool
	timer := time.AfterFunc(patience, func() {
		mu.Lock()
		defer mu.Unlock()
		if over {
			return
		}
		select {
		case v.c.hanging <- struct{}{}:
			lent = true
			<-v.c.slots
		default:
		}
	})
	return func() error {
		timer.Stop()
		mu.Lock()
		over = true
		mu.Unlock()
		if !lent {
			return nil
		}
		<-v.c.hanging
		v.slot = false
		limit.watch.pause() // waiting for others is not the server's fault
		defer limit.watch.resume()
		select {
		case v.c.slots <- struct{}{}:
			v.slot = true
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// release gives back what the visit holds: its place, and a host it entered but did not ask.
func (v *visit) release() {
	if v.leave != nil {
		v.leave()
		v.leave = nil
	}
	if v.slot {
		<-v.c.slots
		v.slot = false
	}
	v.forget()
	v.saved()
}

// get asks and follows redirects. An answer that is neither a success nor 304 is a *StatusError,
// beside which the answer is given too.
func (v *visit) get(ctx context.Context, q ask) (*answer, error) {
	most := maxRedirects
	if q.redirects > 0 {
		most = q.redirects
	}
	u, permanent := q.url, true
	var jar http.CookieJar // for the chain of one ask: walls that set a cookie and send the reader back
	seen := map[string]bool{}
	for hop := 0; ; hop++ {
		a, location, err := v.hop(ctx, &q, u, &jar)
		if err != nil {
			return nil, err
		}
		a.redirects = hop
		a.moved = hop > 0 && permanent
		if location == "" {
			if a.Status == http.StatusNotModified || a.Status >= 200 && a.Status < 300 {
				return a, nil
			}
			return a, &StatusError{a.Status}
		}
		if hop == most {
			return nil, fmt.Errorf("more than %d redirects", most)
		}
		if a.Status != http.StatusMovedPermanently && a.Status != http.StatusPermanentRedirect {
			permanent = false
		}
		next, err := u.Parse(strings.ReplaceAll(strings.TrimSpace(location), " ", "%20"))
		if err != nil {
			return nil, errors.New("redirected to something that is no URL")
		}
		if next.Scheme != "http" && next.Scheme != "https" || next.Host == "" {
			return nil, fmt.Errorf("redirected to %s:, which is not the web", next.Scheme)
		}
		next.Fragment = ""
		seen[u.String()] = true
		if seen[next.String()] && jar == nil {
			return nil, errors.New("redirected in a circle")
		}
		u = next
	}
}

// hop makes one request, and reads the body of what answers it finally. The location is where a
// redirect leads; an answer without one is final. A host whose HTTP/2 breaks the answer off is asked
// again in HTTP/1.1, when its turn has come again.
func (v *visit) hop(ctx context.Context, q *ask, u *url.URL, jar *http.CookieJar) (a *answer, location string, err error) {
	var secure feed.TLS
	if q.owns(u) {
		secure = q.src.TLS
	}
	host := hostOf(u)
	secure.HTTP1 = secure.HTTP1 || v.c.old.has(host, v.c.now())
	a, location, broken, err := v.exchange(ctx, q, u, jar, secure)
	if !broken || q.method != "" && q.method != http.MethodGet {
		return a, location, err
	}
	v.c.old.add(host, v.c.now())
	secure.HTTP1 = true
	again, where, _, againErr := v.exchange(ctx, q, u, jar, secure)
	if againErr != nil && err == nil {
		return a, location, nil // cut, but better than nothing
	}
	return again, where, againErr
}

// exchange is one request and its answer. It is broken when HTTP/2 broke it off.
func (v *visit) exchange(ctx context.Context, q *ask, u *url.URL, jar *http.CookieJar, secure feed.TLS) (a *answer, location string, broken bool, err error) {
	t, err := v.c.transportTo(ctx, q.src, u, q.src.AllowPrivate && q.owns(u), secure)
	if err != nil {
		return nil, "", false, err
	}
	host := hostOf(u)
	leave, err := v.enter(ctx, host, max(q.src.HostInterval, q.interval))
	if err != nil {
		return nil, "", false, err
	}
	defer leave()
	limit := newTimeLimit(ctx, q.src.Timeout) // from here on the source's time runs
	defer limit.stop()

	req := v.request(limit.ctx, q, u)
	if *jar != nil {
		for _, cookie := range (*jar).Cookies(u) {
			req.AddCookie(cookie)
		}
	}
	settle := v.lend(ctx, limit)
	resp, err := t.RoundTrip(askOnce(req, limit))
	if settled := settle(); settled != nil {
		if err == nil {
			resp.Body.Close()
		}
		return nil, "", false, settled
	}
	if err != nil {
		return nil, "", limit.brokeHTTP2(), limit.explain(err, "no answer", u)
	}
	defer resp.Body.Close()

	// Links resolve against this address and it is shown to people, so it keeps no password.
	public := *u
	public.User = nil
	a = &answer{Body: bodyOf(public.String(), resp.Header), Header: resp.Header, Status: resp.StatusCode}
	switch status := resp.StatusCode; {
	case status == 301 || status == 302 || status == 303 || status == 307 || status == 308:
		v.drain(resp.Body)
		location, err = redirection(resp, u, jar)
		return a, location, false, err
	case status == http.StatusNotModified:
		return a, "", false, nil
	case status < 200 || status >= 300:
		v.drain(resp.Body)
		v.hold(host, status, resp.Header)
		return a, "", false, nil
	}
	a.most = q.src.MaxBytes
	if a.most <= 0 {
		a.most = defaultMaxBytes
	}
	err = v.take(a, resp, limit, u)
	return a, "", limit.http2.Load() && (a.cut != nil || err != nil && limit.onTheWire() && !errors.Is(err, errTooLarge)), err
}

// askOnce keeps net/http from sending a request a second time by itself, which it does when a kept
// connection ends without an answer: a host that hung up on a request was asked, and is not asked
// twice in a row.
func askOnce(req *http.Request, limit *timeLimit) *http.Request {
	var asked atomic.Bool
	return req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GetConn: func(string) {
			if asked.Load() {
				limit.end(errHungUp)
			}
		},
		// The end of the context and a kept connection may both be there; nothing is written to a closed one.
		GotConn: func(info httptrace.GotConnInfo) {
			if asked.Load() {
				_ = info.Conn.Close() // the request fails anyway
			}
			if secure, ok := info.Conn.(*tls.Conn); ok {
				limit.http2.Store(secure.ConnectionState().NegotiatedProtocol == "h2")
			}
		},
		WroteHeaders: func() { asked.Store(true) },
	}))
}

// redirection returns where an answer sends us, and keeps the cookies it sets for the way there.
func redirection(resp *http.Response, u *url.URL, jar *http.CookieJar) (location string, err error) {
	location = resp.Header.Get("Location")
	if location == "" {
		return "", fmt.Errorf("%w, but not where to go", &StatusError{resp.StatusCode})
	}
	if cookies := resp.Cookies(); len(cookies) > 0 {
		if *jar == nil {
			*jar, _ = cookiejar.New(nil) // fails with options only
		}
		(*jar).SetCookies(u, cookies)
	}
	return location, nil
}

// take reads the body of an answer. What arrived before it broke off is kept, and a.cut says so.
func (v *visit) take(a *answer, resp *http.Response, limit *timeLimit, u *url.URL) (err error) {
	if resp.ContentLength > a.most {
		return tooLarge(a.most)
	}
	a.Bytes, err = v.receive(resp, a.most, limit)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTooLarge):
		return tooLarge(a.most)
	case len(a.Bytes) > 0 && limit.ctx.Err() == nil:
		a.cut = fmt.Errorf("the answer broke off after %s: %w", byteSize(int64(len(a.Bytes))), bareError(err))
		return nil
	}
	return limit.explain(err, "no whole answer", u)
}

// request builds one hop's request. What the source entrusts to its own host goes to no other, and
// not from https to http.
func (v *visit) request(ctx context.Context, q *ask, u *url.URL) *http.Request {
	src := q.src
	method := cmp.Or(q.method, http.MethodGet)
	// The address is parsed already, so the request is not made from its text.
	at := *u
	at.Fragment, at.RawFragment = "", ""
	h := make(http.Header, 8)
	req := (&http.Request{Method: method, URL: &at, Host: u.Host, Header: h}).WithContext(ctx)
	if q.form != "" {
		req.ContentLength = int64(len(q.form))
		req.Body = io.NopCloser(strings.NewReader(q.form))
	}
	agent := cmp.Or(src.UserAgent, v.c.agent)
	h["User-Agent"] = []string{agent}
	h["Accept"] = []string{q.accept}
	h["Accept-Encoding"] = []string{acceptEncoding}
	if q.form != "" {
		h["Content-Type"] = []string{"application/x-www-form-urlencoded"}
	}
	q.entrust(req, u)
	if (q.etag != "" || q.lastModified != "") && samePlace(u, q.answered) {
		if q.etag != "" {
			h["If-None-Match"] = []string{q.etag}
		}
		if q.lastModified != "" {
			h["If-Modified-Since"] = []string{q.lastModified}
		}
	}
	if q.delta {
		h["A-IM"] = []string{"feed"}
	}
	return req
}

// entrust adds what the source gives its own host to know it by, and what the address itself holds.
func (q *ask) entrust(req *http.Request, u *url.URL) {
	src := q.src
	if q.trusts(u) {
		for name, value := range src.Headers {
			if strings.EqualFold(name, "Host") {
				req.Host = value
			} else {
				req.Header.Set(name, value)
			}
		}
		if src.Cookie != "" {
			req.Header.Set("Cookie", src.Cookie)
		}
		switch {
		case src.Bearer != "":
			req.Header.Set("Authorization", "Bearer "+src.Bearer)
		case src.Username != "" || src.Password != "":
			req.SetBasicAuth(src.Username, src.Password)
		}
	}
	if u.User != nil && req.Header.Get("Authorization") == "" {
		password, _ := u.User.Password()
		req.SetBasicAuth(u.User.Username(), password)
	}
}

// owns says whether u is of the host the source names.
func (q *ask) owns(u *url.URL) bool {
	own := q.address()
	return own != nil && hostOf(own) == hostOf(u)
}

// trusts says whether u is of the host the source names, and no less protected.
func (q *ask) trusts(u *url.URL) bool {
	own := q.address()
	return q.owns(u) && (own.Scheme == u.Scheme || u.Scheme == "https")
}

// address is the source's own, nil when it is none.
func (q *ask) address() *url.URL {
	if q.own == nil {
		q.own = addressOf(q.src)
	}
	return q.own
}

// addressOf is a source's address, nil when it is none.
func addressOf(src *feed.Source) *url.URL {
	u, err := url.Parse(src.URL)
	if err != nil {
		return nil
	}
	return u
}

// samePlace compares without the query: load balancers put tokens there, and validators that a
// server did not give it will not match.
func samePlace(u *url.URL, answered string) bool {
	if answered == "" {
		return false
	}
	a, err := url.Parse(answered)
	return err == nil && a.Scheme == u.Scheme && a.Host == u.Host && a.Path == u.Path
}
