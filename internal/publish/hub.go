package publish

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"code.dny.dev/ssrf"

	"feedd/internal/feed"
)

// The bounds of our hub: what strangers ask of it must not grow without end.
const (
	leaseLeast     = 5 * time.Minute
	leaseDefault   = 10 * 24 * time.Hour
	leaseMost      = 30 * 24 * time.Hour
	maxSubscribers = 10_000
	maxPerHost     = 200 // subscriptions to callbacks on one host
	maxVerifying   = 64  // verifications of intent under way
	callTimeout    = 10 * time.Second
)

// hub is our own WebSub hub (W3C Recommendation 2018-01-23) for the feeds of sections, and the
// pinger of a public hub where one is configured instead.
type hub struct {
	p      *Publisher
	keep   Subscriptions
	ctx    context.Context // of calls; ends some time after close began
	cancel context.CancelFunc
	stop   context.Context // ends when close begins: no further call is made
	halt   context.CancelFunc
	work   sync.WaitGroup
	safe   *http.Client // refuses private addresses
	open   *http.Client // where Settings allow them

	verifying chan struct{}
	sending   chan struct{} // deliveries to subscribers that answered promptly last time
	retrying  chan struct{} // deliveries to those that did not: they wait among themselves

	mu     sync.Mutex
	loaded bool
	subs   map[subKey]*subscriber
	topics map[string]map[subKey]*subscriber
	pings  map[string]bool // topics a public hub is still to be told about
	ping   bool            // a goroutine is telling it
}

type subKey struct{ topic, callback string }

func newHub(p *Publisher, keep Subscriptions) *hub {
	h := &hub{
		p: p, keep: keep,
		safe: caller(ssrf.New(ssrf.WithAnyPort()).Safe), open: caller(nil),
		verifying: make(chan struct{}, maxVerifying), sending: make(chan struct{}, 256), retrying: make(chan struct{}, 32),
		subs: map[subKey]*subscriber{}, topics: map[string]map[subKey]*subscriber{}, pings: map[string]bool{},
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.stop, h.halt = context.WithCancel(context.Background())
	return h
}

// caller makes a client for addresses that strangers name: it asks the dialer about each address
// after its name was resolved, uses no proxy and follows no redirect, which would be another one.
func caller(control func(network, address string, c syscall.RawConn) error) *http.Client {
	d := &net.Dialer{Timeout: 5 * time.Second, Control: control}
	return &http.Client{
		Timeout: callTimeout,
		Transport: &http.Transport{
			DialContext: d.DialContext, TLSHandshakeTimeout: 5 * time.Second, MaxIdleConnsPerHost: 4, MaxIdleConns: 256,
			IdleConnTimeout: time.Minute, ResponseHeaderTimeout: callTimeout, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// client is the one for callbacks. A site that is itself on a private address has its subscribers
// there too.
func (h *hub) client(pl *plan) *http.Client {
	if pl.HubPrivate || isPrivate(pl.base) {
		return h.open
	}
	return h.safe
}

func isPrivate(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	host := u.Hostname()
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.IsUnspecified() || ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast())
}

// close lets calls under way end, if they do so soon: a delivery that was taken and not noted would
// come twice.
func (h *hub) close() {
	h.halt()
	soon := time.AfterFunc(time.Second, h.cancel)
	h.work.Wait()
	soon.Stop()
	h.cancel()
	h.safe.CloseIdleConnections()
	h.open.CloseIdleConnections()
}

// load reads the subscriptions of an earlier process. Something is published by then.
func (h *hub) load(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.loaded {
		return nil
	}
	subs, err := h.keep.Subscriptions(ctx)
	if err != nil {
		return fmt.Errorf("read the hub's subscriptions: %w", err)
	}
	now, site := h.p.now(), h.p.site.Load()
	for _, s := range subs {
		if now.After(s.Until) {
			continue
		}
		sub := h.add(s)
		if d := site.docs[s.Topic]; d != nil {
			sub.push(d) // unless it has these bytes: then it missed something while we were away
		}
	}
	h.loaded = true
	return nil
}

// add puts a subscription in place of an earlier one of the same topic and callback. The caller
// holds mu.
func (h *hub) add(s feed.Subscription) *subscriber {
	k := subKey{s.Topic, s.Callback}
	sub := h.subs[k]
	if sub == nil {
		sub = &subscriber{hub: h}
		h.subs[k] = sub
		if h.topics[s.Topic] == nil {
			h.topics[s.Topic] = map[subKey]*subscriber{}
		}
		h.topics[s.Topic][k] = sub
	} else {
		s.Delivered = sub.Delivered
	}
	sub.Subscription = s
	h.p.metrics.subs.Set(float64(len(h.subs)))
	return sub
}

// drop forgets a subscription. The caller holds mu.
func (h *hub) drop(k subKey) {
	delete(h.subs, k)
	delete(h.topics[k.topic], k)
	h.p.metrics.subs.Set(float64(len(h.subs)))
}

// serve answers requests of subscribers (section 5.1).
func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	p, pl := h.p, h.p.plan.Load()
	if pl.Hub != "" {
		p.refuse(w, http.StatusNotFound, "This site uses the hub "+pl.Hub+".")
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		p.refuse(w, http.StatusMethodNotAllowed, "This is a WebSub hub (https://www.w3.org/TR/websub/): POST hub.mode, hub.topic and hub.callback.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := r.ParseForm(); err != nil {
		p.refuse(w, http.StatusBadRequest, "The request is no form of at most 16 kB: "+err.Error())
		return
	}
	req, err := h.parse(pl, r.PostForm)
	if err != nil {
		p.refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := h.load(r.Context()); err != nil {
		p.log.Error("the hub cannot take a subscription", "error", err)
		p.refuse(w, http.StatusInternalServerError, "The hub cannot take a subscription just now.")
		return
	}
	if req.subscribe && !h.room(req.key) {
		w.Header().Set("Retry-After", "3600")
		p.refuse(w, http.StatusServiceUnavailable, "The hub has as many subscriptions as it takes.")
		return
	}
	select {
	case h.verifying <- struct{}{}:
	default:
		w.Header().Set("Retry-After", "30")
		p.refuse(w, http.StatusServiceUnavailable, "The hub is verifying as many subscriptions as it can; try again soon.")
		return
	}
	h.work.Go(func() {
		defer func() { <-h.verifying }()
		h.verify(pl, req)
	})
	p.answer(w, http.StatusAccepted, "The callback will be asked whether it meant this.")
	p.metrics.hub.count(http.StatusAccepted, 0)
}

// request is what a subscriber asks for.
type request struct {
	subscribe bool
	key       subKey
	topicURL  string // as the subscriber wrote it
	secret    string
	lease     time.Duration
}

// parse checks a subscriber's form. Its errors are for the subscriber.
func (h *hub) parse(pl *plan, form url.Values) (request, error) {
	var req request
	switch mode := form.Get("hub.mode"); mode {
	case "subscribe":
		req.subscribe = true
	case "unsubscribe":
	default:
		return req, fmt.Errorf("hub.mode %q is neither subscribe nor unsubscribe", mode)
	}
	req.topicURL = form.Get("hub.topic")
	path, ok := strings.CutPrefix(req.topicURL, pl.base)
	s := h.p.site.Load()
	if !ok || s == nil || s.docs[path] == nil || s.docs[path].section == "" {
		return req, fmt.Errorf("hub.topic %q is no feed of this site; one is %s/sections/all.rss", req.topicURL, pl.base)
	}
	callback := form.Get("hub.callback")
	u, err := url.Parse(callback)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || len(callback) > 2000 || !utf8.ValidString(callback) {
		return req, errors.New("hub.callback is no http or https address of at most 2000 bytes")
	}
	u.Fragment = ""
	req.key = subKey{path, u.String()}
	if req.secret = form.Get("hub.secret"); len(req.secret) >= 200 {
		return req, errors.New("hub.secret has to be shorter than 200 bytes")
	}
	if !utf8.ValidString(req.secret) || strings.ContainsRune(req.secret, 0) { // PostgreSQL holds no such text
		return req, errors.New("hub.secret has to be text in UTF-8")
	}
	req.lease = leaseDefault
	if raw := form.Get("hub.lease_seconds"); raw != "" {
		n, err := strconv.Atoi(raw)
		if err != nil || n <= 0 {
			return req, fmt.Errorf("hub.lease_seconds %q is no number of seconds", raw)
		}
		req.lease = min(max(time.Duration(min(n, 1<<31))*time.Second, leaseLeast), leaseMost)
	}
	return req, nil
}

// room tells whether one more subscription is taken, ended ones not counted.
func (h *hub) room(k subKey) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subs[k] != nil {
		return true
	}
	now, here, host := h.p.now(), 0, hostOf(k.callback)
	for other, sub := range h.subs {
		switch {
		case now.After(sub.Until):
			h.drop(other)
		case hostOf(other.callback) == host:
			here++
		}
	}
	return len(h.subs) < maxSubscribers && here < maxPerHost
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// verify asks the callback whether it meant the request (section 5.3), and does what was meant.
func (h *hub) verify(pl *plan, req request) {
	challenge := make([]byte, 24)
	rand.Read(challenge)
	word := base64.RawURLEncoding.EncodeToString(challenge)
	u, err := url.Parse(req.key.callback)
	if err != nil {
		return // it was parsed before
	}
	q := u.Query()
	mode := "unsubscribe"
	if req.subscribe {
		mode = "subscribe"
		q.Set("hub.lease_seconds", strconv.Itoa(int(req.lease.Seconds())))
	}
	q.Set("hub.mode", mode)
	q.Set("hub.topic", req.topicURL)
	q.Set("hub.challenge", word)
	u.RawQuery = q.Encode()
	status, body, err := h.call(pl, http.MethodGet, u.String(), nil, nil)
	if err != nil || status/100 != 2 || body != word {
		h.p.log.Info("a subscription was not confirmed by its callback", "host", u.Hostname(), "mode", mode, "status", status, "error", err)
		return
	}
	if err := h.confirmed(req); err != nil {
		h.p.log.Error("the hub cannot keep a subscription", "error", err)
	}
}

// confirmed does what a verified request asks.
func (h *hub) confirmed(req request) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !req.subscribe {
		h.drop(req.key)
		return h.keep.DeleteSubscription(h.ctx, req.key.topic, req.key.callback)
	}
	s := feed.Subscription{Topic: req.key.topic, Callback: req.key.callback, Secret: req.secret, Until: h.p.now().Add(req.lease)}
	if d := h.p.site.Load().docs[req.key.topic]; d != nil {
		s.Delivered = d.hash // it gets what changes from here on
	}
	sub := h.add(s)
	return h.keep.SaveSubscription(h.ctx, sub.Subscription)
}

// call makes one request to an address a stranger named, and reads at most what a challenge takes.
func (h *hub) call(pl *plan, method, address string, header http.Header, body io.Reader) (int, string, error) {
	ctx, cancel := context.WithTimeout(h.ctx, callTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return 0, "", err
	}
	if header != nil {
		r.Header = header
	}
	r.Header.Set("User-Agent", "feedd (WebSub; +"+pl.base+")")
	res, err := h.client(pl).Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if err != nil {
		return res.StatusCode, "", err
	}
	return res.StatusCode, strings.TrimSpace(string(answer)), nil
}
