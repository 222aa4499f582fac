package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
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

// Causes with which a request's context ends.
var (
	errTimeout  = errors.New("timeout")
	errTooLarge = errors.New("larger than its bound")
	errHungUp   = errors.New("the connection was closed")
)

// ask is one question to the web: an address, in the name of a source.
type ask struct {
	method string // default GET
	url    *url.URL
	src    *feed.Source
	own    *url.URL // src.URL, parsed; nil when it is not at hand
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
	slot     bool // counts as under way

	holds []feed.HostHold // that hosts asked for
	bytes int64           // read from the network
}

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
	return leave, nil
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

// hop makes one request, and reads the body of what answers it finally.
func (v *visit) hop(ctx context.Context, q *ask, u *url.URL, jar *http.CookieJar) (a *answer, location string, err error) {
	src := q.src
	host := hostOf(u)
	if src.Proxy != "" && !src.AllowPrivate {
		if err := checkProxied(ctx, u.Hostname()); err != nil {
			return nil, "", err
		}
	}
	t, err := v.c.transport(route{src.Proxy, src.AllowPrivate})
	if err != nil {
		return nil, "", err
	}
	leave, err := v.enter(ctx, host, max(src.HostInterval, q.interval))
	if err != nil {
		return nil, "", err
	}
	defer leave()

	// From here on the source's time runs.
	parent := ctx
	timeout := src.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limit := newStopwatch(timeout, func() { cancel(errTimeout) })
	defer limit.stop()

	// net/http asks again by itself when a kept connection ends without an answer. A host that hung
	// up on a request was asked, though, and is not asked twice in a row.
	var asked atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			if asked.Load() {
				cancel(errHungUp)
			}
		},
		// The end of ctx and a kept connection may both be there; nothing is written to a closed one.
		GotConn: func(info httptrace.GotConnInfo) {
			if asked.Load() {
				_ = info.Conn.Close() // the request fails anyway
			}
		},
		WroteHeaders: func() { asked.Store(true) },
	})

	req := v.request(ctx, q, u)
	if *jar != nil {
		for _, cookie := range (*jar).Cookies(u) {
			req.AddCookie(cookie)
		}
	}
	resp, err := t.RoundTrip(req)
	if err != nil {
		if parent.Err() != nil {
			return nil, "", context.Cause(parent)
		}
		if errors.Is(context.Cause(ctx), errTimeout) {
			return nil, "", fmt.Errorf("no answer within %s (%w)", briefly(timeout), errTimeout)
		}
		if errors.Is(context.Cause(ctx), errHungUp) {
			err = io.EOF
		}
		return nil, "", explain(err, u)
	}
	defer resp.Body.Close()

	// Links resolve against this address and it is shown to people, so it keeps no password.
	public := *u
	public.User = nil
	a = &answer{Body: bodyOf(public.String(), resp.Header), Header: resp.Header, Status: resp.StatusCode}
	switch status := resp.StatusCode; {
	case status == 301 || status == 302 || status == 303 || status == 307 || status == 308:
		v.drain(resp.Body)
		location = resp.Header.Get("Location")
		if location == "" {
			return nil, "", fmt.Errorf("%w, but not where to go", &StatusError{status})
		}
		if cookies := resp.Cookies(); len(cookies) > 0 {
			if *jar == nil {
				*jar, _ = cookiejar.New(nil) // fails with options only
			}
			(*jar).SetCookies(u, cookies)
		}
		return a, location, nil
	case status == http.StatusNotModified:
		return a, "", nil
	case status < 200 || status >= 300:
		v.drain(resp.Body)
		v.hold(host, status, resp.Header)
		return a, "", nil
	}

	a.most = src.MaxBytes
	if a.most <= 0 {
		a.most = defaultMaxBytes
	}
	if resp.ContentLength > a.most {
		return nil, "", tooLarge(a.most)
	}
	a.Bytes, err = v.read(ctx, resp, a.most, limit)
	switch {
	case err == nil:
	case parent.Err() != nil:
		return nil, "", context.Cause(parent)
	case errors.Is(context.Cause(ctx), errTimeout):
		return nil, "", fmt.Errorf("no whole answer within %s (%w)", briefly(timeout), errTimeout)
	case errors.Is(err, errTooLarge):
		return nil, "", tooLarge(a.most)
	case len(a.Bytes) > 0:
		a.cut = fmt.Errorf("the answer broke off after %s: %w", byteSize(int64(len(a.Bytes))), bareError(err))
	default:
		return nil, "", explain(err, u)
	}
	return a, "", nil
}

func tooLarge(most int64) error {
	return fmt.Errorf("body larger than %s (max_bytes)", byteSize(most))
}

// request builds one hop's request. What the source entrusts to its own host goes to no other, and
// not from https to http.
func (v *visit) request(ctx context.Context, q *ask, u *url.URL) *http.Request {
	src := q.src
	method := q.method
	if method == "" {
		method = http.MethodGet
	}
	// The address is parsed already, so the request is not made from its text.
	at := *u
	at.Fragment, at.RawFragment = "", ""
	h := make(http.Header, 8)
	req := (&http.Request{Method: method, URL: &at, Host: u.Host, Header: h}).WithContext(ctx)
	if q.form != "" {
		req.ContentLength = int64(len(q.form))
		req.Body = io.NopCloser(strings.NewReader(q.form))
	}
	agent := src.UserAgent
	if agent == "" {
		agent = v.c.agent
	}
	h["User-Agent"] = []string{agent}
	h["Accept"] = []string{q.accept}
	h["Accept-Encoding"] = []string{acceptEncoding}
	if q.form != "" {
		h["Content-Type"] = []string{"application/x-www-form-urlencoded"}
	}
	if q.trusts(u) {
		for name, value := range src.Headers {
			if strings.EqualFold(name, "Host") {
				req.Host = value
			} else {
				h.Set(name, value)
			}
		}
		if src.Cookie != "" {
			h.Set("Cookie", src.Cookie)
		}
		switch {
		case src.Bearer != "":
			h.Set("Authorization", "Bearer "+src.Bearer)
		case src.Username != "" || src.Password != "":
			req.SetBasicAuth(src.Username, src.Password)
		}
	}
	if u.User != nil && h.Get("Authorization") == "" {
		password, _ := u.User.Password()
		req.SetBasicAuth(u.User.Username(), password)
	}
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

// trusts says whether u is of the host the source names, and no less protected.
func (q *ask) trusts(u *url.URL) bool {
	own := q.own
	if own == nil {
		var err error
		if own, err = url.Parse(q.src.URL); err != nil {
			return false
		}
	}
	return hostOf(own) == hostOf(u) && (own.Scheme == u.Scheme || u.Scheme == "https")
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

// read takes the whole body in as the network gives it, at most most bytes. It returns what it has
// beside an error.
func (v *visit) read(ctx context.Context, resp *http.Response, most int64, limit *stopwatch) ([]byte, error) {
	first := int64(16 << 10)
	if n := resp.ContentLength; n > 0 {
		first = n + 1 // one byte more lets the end be seen without growing
	}
	buf := make([]byte, 0, min(first, smallBody, most+1))
	defer func() { v.bytes += int64(len(buf)) }()
	large := false
	for {
		if len(buf) == cap(buf) {
			if !large && cap(buf) >= smallBody {
				limit.pause() // waiting for others is not the server's fault
				select {
				case v.c.large <- struct{}{}:
					large = true
					defer func() { <-v.c.large }()
				case <-ctx.Done():
					return buf, context.Cause(ctx)
				}
				limit.resume()
			}
			next := make([]byte, len(buf), min(2*int64(cap(buf)), most+1))
			copy(next, buf)
			buf = next
		}
		n, err := resp.Body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > most:
			return nil, errTooLarge
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return buf, err
		}
	}
}

// unpack decompresses the body. Answers wait as they came, which is the least they take of the
// memory, until their turn to be read has come.
func (a *answer) unpack() error {
	encoding := strings.Join(a.Header["Content-Encoding"], ",")
	if encoding == "" {
		return nil
	}
	raw := a.Bytes
	a.Bytes = nil
	r, release, err := decompress(bytes.NewReader(raw), encoding)
	defer release()
	if err != nil {
		return err
	}
	out := bytes.NewBuffer(make([]byte, 0, min(5*int64(len(raw))+bytes.MinRead, a.most+bytes.MinRead)))
	_, err = out.ReadFrom(io.LimitReader(r, a.most+1))
	a.Bytes = out.Bytes()
	switch {
	case int64(out.Len()) > a.most:
		return tooLarge(a.most)
	case err == nil || a.cut != nil:
	case out.Len() == 0:
		return fmt.Errorf("the answer is damaged: %w", err)
	default:
		a.cut = fmt.Errorf("the answer is damaged after %s: %w", byteSize(int64(out.Len())), err)
	}
	return nil
}

func (v *visit) drain(body io.Reader) {
	n, _ := io.CopyN(io.Discard, body, drained) // whatever comes, the answer is known already
	v.bytes += n
}

// stopwatch ends a request after its time, not counting pauses.
type stopwatch struct {
	mu    sync.Mutex
	timer *time.Timer
	left  time.Duration
	since time.Time
}

func newStopwatch(d time.Duration, end func()) *stopwatch {
	return &stopwatch{timer: time.AfterFunc(d, end), left: d, since: time.Now()}
}

func (s *stopwatch) pause() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer.Stop() {
		s.left -= time.Since(s.since)
	}
}

func (s *stopwatch) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = time.Now()
	s.timer.Reset(max(s.left, time.Millisecond))
}

func (s *stopwatch) stop() { s.timer.Stop() }

// explain words a failed request for the person who must act. It never repeats the whole address,
// which may hold a secret.
func explain(err error, u *url.URL) error {
	var dns *net.DNSError
	switch {
	case errors.Is(err, errPrivate):
		var op *net.OpError
		if errors.As(err, &op) && op.Err != nil {
			return op.Err
		}
		return err
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Errorf("there is no host %s: %w", u.Hostname(), withoutServer(dns))
	case errors.As(err, &dns):
		return fmt.Errorf("the name %s could not be looked up: %w", u.Hostname(), withoutServer(dns))
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%s refuses connections: %w", u.Host, bareError(err))
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET):
		return fmt.Errorf("%s hung up without an answer: %w", u.Host, bareError(err))
	}
	return fmt.Errorf("%s gave no answer that could be read: %w", u.Host, bareError(err))
}

// withoutServer keeps the resolver's address to ourselves: errors are shown to readers.
func withoutServer(err *net.DNSError) error {
	bare := *err
	bare.Server = ""
	return &bare
}

// bareError takes the outer layers off an error that name the address again.
func bareError(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err
	}
	var ue *url.Error
	if errors.As(err, &ue) && ue.Err != nil {
		return ue.Err
	}
	return err
}

// byteSize writes a number of bytes as people set it.
func byteSize(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
