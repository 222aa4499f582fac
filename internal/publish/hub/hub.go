// Package hub is feedd's own WebSub hub (W3C Recommendation of 23 January 2018) for the feeds of sections.
// Where a public hub is configured instead, it pings that one.
//
// In come the requests of subscribers (Serve) and the feeds that changed (Changed). Out go verifications of
// intent, deliveries, and notices to the public hub. It never renders anything, and knows the site only
// through Site.
package hub

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"code.dny.dev/ssrf"
	"github.com/prometheus/client_golang/prometheus"

	"feedd/internal/feed"
	"feedd/internal/publish/client"
)

// Feed is a section's feed as it is published.
type Feed struct {
	Path        string // below the site's address, with a leading slash
	ContentType string
	Hash        string // names these bytes
	Body        []byte
}

// Settings are what the editor decides about the hub.
type Settings struct {
	Base    string // address of the site, without a trailing slash
	Public  string // a public hub to tell instead of serving subscribers here; "" for none
	Private bool   // subscribers may live on private and loopback addresses
}

// Site is what the hub asks of the site it serves, at any time but from within Changed.
type Site interface {
	Settings() Settings
	// Refresh publishes what was filed so far, and calls Changed for it.
	Refresh(ctx context.Context) error
	// Feed returns what is published at a path; false when that is no section's feed.
	Feed(path string) (Feed, bool)
}

// Subscriptions keeps the subscribers.
type Subscriptions interface {
	Subscriptions(ctx context.Context) ([]feed.Subscription, error)
	// SaveSubscription adds or replaces by Topic and Callback, but for Delivered, which stays what is noted.
	SaveSubscription(ctx context.Context, s feed.Subscription) error
	// NoteDelivery notes the hash of what a subscriber was given last, where before is noted still; an unknown one,
	// or one for whom something else is noted, is no error.
	NoteDelivery(ctx context.Context, topic, callback, before, hash string) error
	// DeleteSubscription forgets one, unless its lease goes beyond upTo; an unknown one is no error.
	DeleteSubscription(ctx context.Context, topic, callback string, upTo time.Time) error
}

// Options are what a Hub is made of. All fields but Mine are required.
type Options struct {
	Site          Site
	Subscriptions Subscriptions
	Registry      prometheus.Registerer // takes the hub's metrics
	Now           func() time.Time
	Log           *slog.Logger
	// Key returns the secret by which clients get their names. It is the same after a restart and at all nodes.
	Key func(context.Context) (string, error)
	// Mine, when given, says that other nodes have hubs of the same site: this one delivers only while
	// Deliver runs, and asks before each delivery, with the context of Deliver. An error means no.
	Mine func(context.Context) error
}

// Hub takes subscriptions and delivers. Its methods may be called from several goroutines.
type Hub struct {
	site   Site
	keep   Subscriptions
	now    func() time.Time
	log    *slog.Logger
	told   *prometheus.CounterVec // attempts to tell somebody, by result
	live   prometheus.Gauge       // subscriptions
	ctx    context.Context        // of calls; ends some time after close began
	cancel context.CancelFunc
	stop   context.Context // ends when close begins: no further call is made
	halt   context.CancelFunc
	work   sync.WaitGroup
	safe   *http.Client // refuses private addresses
	open   *http.Client // where Settings allow them

	sending  chan struct{} // deliveries to subscribers that answered promptly last time
	retrying chan struct{} // deliveries to those that did not: they wait among themselves
	rates    *client.Rates // of verifications

	key  func(context.Context) (string, error)
	mine func(context.Context) error // nil: there are no other nodes

	mu     sync.Mutex
	loaded bool
	read   time.Time       // when the subscriptions were last read, where other nodes take some, too
	while  context.Context // during which this hub delivers; nil while another node does
	giving int             // goroutines that deliver
	rests  *sync.Cond      // one of them ended
	subs   map[subKey]*subscriber
	topics map[string]map[subKey]*subscriber
	pings  map[string]bool // topics a public hub is still to be told about
	ping   bool            // a goroutine is telling it

	pending   map[subKey]*request // to be verified, or being verified
	waiting   []*request          // those of them whose turn has not come
	verifying int                 // those whose turn has
	has       tally               // live subscriptions
	asked     tally               // pending
	busy      tally               // being verified
	swept     time.Time
}

type subKey struct{ topic, callback string }

// New returns a Hub that serves at once. It reads the subscriptions of an earlier process when it
// first needs them.
func New(o Options) (*Hub, error) {
	h := &Hub{
		site: o.Site, keep: o.Subscriptions, now: o.Now, log: o.Log, key: o.Key, mine: o.Mine,
		told: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "feedd_hub_deliveries_total",
			Help: "Attempts to tell a subscriber or a public hub, by result."}, []string{"result"}),
		live: prometheus.NewGauge(prometheus.GaugeOpts{Name: "feedd_hub_subscriptions",
			Help: "Live subscriptions at our own hub."}),
		safe: caller(safe), open: caller(notMetadata),
		sending: make(chan struct{}, 64), retrying: make(chan struct{}, 32),
		subs: map[subKey]*subscriber{}, topics: map[string]map[subKey]*subscriber{}, pings: map[string]bool{},
		rates: client.NewRates(verifyEvery, verifyBurst, o.Now), has: tally{}, asked: tally{}, busy: tally{}, pending: map[subKey]*request{},
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.stop, h.halt = context.WithCancel(context.Background())
	h.rests = sync.NewCond(&h.mu)
	if h.mine == nil {
		h.while = h.stop
	}
	return h, errors.Join(o.Registry.Register(h.told), o.Registry.Register(h.live))
}

// caller makes a client for addresses that strangers name: it asks the dialer about each address
// after its name was resolved, uses no proxy and follows no redirect, which would be another one.
func caller(control func(network, address string, c syscall.RawConn) error) *http.Client {
	d := &net.Dialer{Timeout: 5 * time.Second, Control: control}
	return &http.Client{
		Timeout: callTimeout,
		Transport: &http.Transport{
			DialContext: d.DialContext, TLSHandshakeTimeout: 5 * time.Second, MaxIdleConnsPerHost: 4, MaxIdleConns: 64,
			IdleConnTimeout: time.Minute, ResponseHeaderTimeout: callTimeout, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// client is the one for callbacks.
func (h *Hub) client(set Settings) *http.Client {
	if set.Private {
		return h.open
	}
	return h.safe
}

// public refuses every address that is not on the public internet.
var public = ssrf.New(ssrf.WithAnyPort())

// safe tells whether a stranger may have an address called.
func safe(network, address string, c syscall.RawConn) error {
	if err := public.Safe(network, address, c); err != nil {
		return err
	}
	return notMetadata(network, address, c)
}

// Close lets calls under way end, if they do so soon: a delivery that was taken and not noted would
// come twice.
func (h *Hub) Close() {
	h.mu.Lock()
	h.halt() // who holds mu starts nothing from here on
	h.mu.Unlock()
	soon := time.AfterFunc(time.Second, h.cancel)
	h.work.Wait()
	soon.Stop()
	h.cancel()
	h.safe.CloseIdleConnections()
	h.open.CloseIdleConnections()
}

// load reads the subscriptions of an earlier process. Something is published by then.
func (h *Hub) load(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.loaded {
		return nil
	}
	if err := h.take(ctx, h.mine == nil); err != nil {
		return err
	}
	h.loaded = h.mine == nil // else others take subscriptions and end them
	return nil
}

// take brings the subscriptions to what is stored, and with give queues what a subscriber missed while
// nobody delivered. The caller holds mu.
func (h *Hub) take(ctx context.Context, give bool) error {
	subs, err := h.keep.Subscriptions(ctx)
	if err != nil {
		return fmt.Errorf("read the hub's subscriptions: %w", err)
	}
	now := h.now()
	stored := make(map[subKey]bool, len(subs))
	for _, s := range subs {
		k := subKey{s.Topic, s.Callback}
		stored[k] = true
		if now.After(s.Until) {
			h.forget(k, s.Until)
			continue
		}
		if sub := h.subs[k]; sub != nil && give {
			sub.Delivered, sub.noted = s.Delivered, s.Delivered // by another node
		}
		sub := h.add(s, whoOf(k, s.Client))
		if f, ok := h.site.Feed(s.Topic); ok && give {
			sub.push(f) // unless it has these bytes: then it missed something while we were away
		}
	}
	for k := range h.subs {
		if !stored[k] && h.mine != nil {
			h.drop(k) // at another node
		}
	}
	h.read = time.Now()
	return nil
}

// Deliver delivers until ctx ends, where other nodes have hubs of the same site.
func (h *Hub) Deliver(ctx context.Context) error {
	if h.mine == nil {
		return errors.New("this hub delivers by itself")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.stop, cancel)()
	if err := h.start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.while = nil
	return nil
}

// start begins to deliver with what subscribers missed while nobody did.
func (h *Hub) start(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.giving > 0 {
		h.rests.Wait() // what this hub had under way when it delivered last; it is noted by then
	}
	h.while = ctx
	err := h.take(ctx, true)
	if err != nil {
		h.while = nil
	}
	return err
}

// term is the time for which this hub delivers, nil while another node does.
func (h *Hub) term() context.Context {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.while
}

// fresh is how old the answer may be on which a delivery is made: while it was on its way this process may have been
// still for so long that another node delivers. That takes longer than this.
const fresh = 3 * time.Second

// delivers waits until it is certain that this hub delivers still; false when it does not.
func (h *Hub) delivers(term context.Context) bool {
	for term.Err() == nil {
		if h.mine == nil {
			return true
		}
		asked := time.Now()
		err := h.mine(term)
		if err == nil && time.Since(asked) < fresh && term.Err() == nil {
			return true
		}
		if err != nil {
			sleep(term, noteAgain) // a term that was lost ends soon, and an answer may fail for other reasons
		}
	}
	return false
}

// readEvery is how often the subscriptions that other nodes took are read for those who ask for one.
const readEvery = time.Second

// known reads the subscriptions where they are not known well enough for a subscriber's request.
func (h *Hub) known(ctx context.Context) error {
	h.mu.Lock()
	fresh := h.mine != nil && time.Since(h.read) < readEvery
	h.mu.Unlock()
	if fresh {
		return nil
	}
	return h.load(ctx)
}

// identify names whom a request is of, once the subscriptions are known that count against it.
func (h *Hub) identify(ctx context.Context, k subKey, from string) (who, error) {
	if err := h.known(ctx); err != nil {
		return who{}, err
	}
	if from == "" {
		return whoOf(k, ""), nil
	}
	key, err := h.key(ctx)
	if err != nil {
		return who{}, fmt.Errorf("read the hub's key: %w", err)
	}
	return whoOf(k, clientName(key, from)), nil
}

// add puts a subscription in place of an earlier one of the same topic and callback. The caller
// holds mu.
func (h *Hub) add(s feed.Subscription, from who) *subscriber {
	k := subKey{s.Topic, s.Callback}
	sub := h.subs[k]
	if sub == nil {
		sub = &subscriber{hub: h, who: from, noted: s.Delivered}
		h.has.add(from, 1)
		h.subs[k] = sub
		if h.topics[s.Topic] == nil {
			h.topics[s.Topic] = map[subKey]*subscriber{}
		}
		h.topics[s.Topic][k] = sub
	} else {
		s.Client, s.Delivered = sub.Client, sub.Delivered // whoever renews it, it counts as before
	}
	sub.Subscription = s
	h.live.Set(float64(len(h.subs)))
	return sub
}

// drop forgets a subscription. The caller holds mu.
func (h *Hub) drop(k subKey) {
	if sub := h.subs[k]; sub != nil {
		h.has.add(sub.who, -1)
	}
	delete(h.subs, k)
	delete(h.topics[k.topic], k)
	h.live.Set(float64(len(h.subs)))
}

// Serve answers requests of subscribers (section 5.1). from is the client's address, "" when it is not
// known.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, from string) {
	set := h.site.Settings()
	if set.Public != "" {
		answer(w, http.StatusNotFound, "This site uses the hub "+set.Public+".")
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		answer(w, http.StatusMethodNotAllowed, "This is a WebSub hub (https://www.w3.org/TR/websub/): POST hub.mode, hub.topic and hub.callback.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := r.ParseForm(); err != nil {
		answer(w, http.StatusBadRequest, "The request is no form of at most 16 kB: "+err.Error())
		return
	}
	req, err := h.parse(set, r.PostForm)
	if err != nil {
		answer(w, http.StatusBadRequest, err.Error())
		return
	}
	if req.who, err = h.identify(r.Context(), req.key, from); err != nil {
		h.log.Error("the hub cannot accept a subscription", "error", err)
		answer(w, http.StatusInternalServerError, "The hub cannot take a subscription just now.")
		return
	}
	if no := h.admit(req); no != nil {
		if no.after > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(no.after.Seconds()))))
		}
		answer(w, no.status, no.text)
		return
	}
	answer(w, http.StatusAccepted, "The callback will be asked whether it meant this.")
}

// answer sends a line of plain text that nobody keeps.
func answer(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	body := []byte(text + "\n")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// request is what a subscriber asks for.
type request struct {
	who
	subscribe bool
	key       subKey
	topicURL  string // as the subscriber wrote it
	secret    string
	lease     time.Duration
}

// parse checks a subscriber's form. Its errors are for the subscriber.
func (h *Hub) parse(set Settings, form url.Values) (request, error) {
	var req request
	switch mode := form.Get("hub.mode"); mode {
	case "subscribe":
		req.subscribe = true
	case "unsubscribe":
	default:
		return req, fmt.Errorf("hub.mode %q is neither subscribe nor unsubscribe", mode)
	}
	req.topicURL = form.Get("hub.topic")
	path, ok := strings.CutPrefix(req.topicURL, set.Base)
	if ok {
		_, ok = h.site.Feed(path)
	}
	if !ok {
		return req, fmt.Errorf("hub.topic %q is no feed of this site; one is %s/sections/all.rss", req.topicURL, set.Base)
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

// verify asks the callback whether it meant the request (section 5.3), and does what was meant.
func (h *Hub) verify(req *request) {
	defer h.verified(req)
	set := h.site.Settings()
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
	status, body, err := h.call(set, http.MethodGet, u.String(), nil, nil)
	switch {
	case err != nil:
	case status/100 != 2:
		err = fmt.Errorf("it answered %d", status)
	case body != word:
		err = errors.New("it did not repeat the challenge")
	}
	if err != nil {
		h.log.Info("a subscription was not confirmed by its callback", "host", u.Hostname(), "mode", mode, "error", err)
		return
	}
	if err := h.confirmed(req); err != nil {
		h.log.Error("the hub cannot keep a subscription", "error", err)
	}
}

// confirmed does what a verified request asks.
func (h *Hub) confirmed(req *request) error {
	if req.subscribe && h.mine != nil {
		// Who delivers may be ahead of this node: what it told before it heard of this subscriber would else be missed.
		if err := h.site.Refresh(h.ctx); err != nil {
			h.log.Warn("a new subscriber may get one change late", "error", err)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !req.subscribe {
		h.drop(req.key)
		return h.keep.DeleteSubscription(h.ctx, req.key.topic, req.key.callback, h.now().Add(2*leaseMost))
	}
	s := feed.Subscription{Topic: req.key.topic, Callback: req.key.callback, Secret: req.secret, Until: h.now().Add(req.lease), Client: req.client}
	if f, ok := h.site.Feed(req.key.topic); ok {
		s.Delivered = f.Hash // it gets what changes from here on
	}
	sub := h.add(s, req.who)
	return h.keep.SaveSubscription(h.ctx, sub.Subscription)
}

// call makes one request to an address a stranger named, and reads at most what a challenge takes.
func (h *Hub) call(set Settings, method, address string, header http.Header, body io.Reader) (int, string, error) {
	ctx, cancel := context.WithTimeout(h.ctx, callTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return 0, "", err
	}
	if header != nil {
		r.Header = header
	}
	r.Header.Set("User-Agent", "feedd (WebSub; +"+set.Base+")")
	res, err := h.client(set).Do(r)
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
