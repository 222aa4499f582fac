// Package collect goes to the sources. In comes a source that is due, with its stored state; out
// comes a Result: what its document holds, the source's new state, and when it runs next and why.
//
// One file holds one step. When: schedule.go (cron lines), rhythm.go (schedule: auto), next.go (the
// next run and why). Asking: queue.go (many sources side by side), hosts.go (one request at a time
// to a host, spaced, held), robots.go, fetch.go (one conditional request and its redirects), dial.go
// (addresses that are never called), encoding.go (compression), manners.go (what an answer's
// headers ask for). A run: collect.go (the document), articles.go (the pages of its new items),
// websub.go (what a hub pushes instead). It alone imports robfig/cron.
//
// Package read turns the bytes of a document into items; collect only hands them on. It stores nothing and
// knows no stories: items and state go back to the caller, who saves them in one transaction.
package collect

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"feedd/internal/aggregate/read"
	"feedd/internal/feed"
)

// Options make a Collector. The zero value of each field but Now has a sensible meaning.
type Options struct {
	Site    feed.Site        // its contact is in the User-Agent, its public URL makes push possible
	Version string           // in the User-Agent
	Log     *slog.Logger     // nil discards
	Now     func() time.Time // nil means time.Now
	// MaxHosts bounds the requests under way at once, each to another host; 0 means 256. Eight times as
	// many more may hang without an answer, up to a quarter of the files that the process may open.
	MaxHosts int
	Gate     Gate  // nil means one of this process alone
	Rules    Rules // keeps what robots.txt files said; nil means while this Collector lives
	// Dial, when given, connects in place of the network, as net.Dialer.DialContext does: for tests
	// whose network is in memory. It then decides itself which addresses may be called.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Collector asks sources and reads their answers. It is safe for use by many goroutines; one of
// them per source and time, which a Queue sees to.
type Collector struct {
	site  feed.Site
	agent string
	log   *slog.Logger
	now   func() time.Time
	gate  Gate
	dial  func(ctx context.Context, network, address string) (net.Conn, error) // nil: the network

	slots   chan struct{} // requests under way, up to what becomes of their answers
	hanging chan struct{} // requests that wait for long and have lent their place
	large   chan struct{} // large bodies in memory, until they are read
	reading chan struct{} // documents being parsed: as many as there are processors
	// documents beyond largeText being parsed: one
	readingLarge chan struct{}
	// what came of documents until it is saved: bytes of their texts, and how many of those beyond largeText
	unsaved, unsavedLarge *semaphore.Weighted

	robots robots
	old    oldHosts
	lines  lines // schedules, parsed

	mu         sync.Mutex
	transports map[route]*http.Transport
}

// New makes a Collector.
func New(o Options) *Collector {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxHosts <= 0 {
		o.MaxHosts = 256
	}
	if o.Gate == nil {
		o.Gate = newHosts(o.Now)
	}
	hanging := hangingMost * o.MaxHosts
	if files := openFiles(); files > 0 {
		hanging = min(hanging, files/4) // the rest is for readers, the store, and answers
	}
	return &Collector{
		site: o.Site, agent: userAgent(o.Site, o.Version), log: o.Log, now: o.Now, gate: o.Gate, dial: o.Dial,
		slots:   make(chan struct{}, o.MaxHosts),
		hanging: make(chan struct{}, hanging),
		large:   make(chan struct{}, largeBodies),
		reading: make(chan struct{}, min(runtime.NumCPU(), runtime.GOMAXPROCS(0))),

		readingLarge: make(chan struct{}, 1),
		unsaved:      semaphore.NewWeighted(mostUnsaved),
		unsavedLarge: semaphore.NewWeighted(largeUnsaved),
		robots:       robots{kept: o.Rules, log: o.Log, of: make(map[string]*robotsEntry)},
		transports:   make(map[route]*http.Transport),
	}
}

// Hosts is how many hosts it talks to at once, see Options.MaxHosts.
func (c *Collector) Hosts() int { return cap(c.slots) }

// hangingMost is how many times MaxHosts requests may hang.
const hangingMost = 8

// userAgent says who asks and where to complain: "feedd/1.2 (+mailto:desk@example.org)".
func userAgent(site feed.Site, version string) string {
	agent := "feedd"
	if version != "" {
		agent += "/" + version
	}
	contact := cmp.Or(site.Contact, site.URL)
	if contact != "" {
		agent += " (+" + contact + ")"
	}
	return agent
}

// Restore puts holds of an earlier life back in force.
func (c *Collector) Restore(holds []feed.HostHold) {
	most := c.now().Add(longestWait) // what ends later was noted by a clock that was ahead
	for _, h := range holds {
		if !h.Until.After(most) {
			c.gate.Hold(h.Host, h.Until, h.Reason)
		}
	}
}

// Close ends the connections that are kept open. Requests under way are not ended.
func (c *Collector) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.transports {
		t.CloseIdleConnections()
	}
}

// Known tells by their Key which of a source's items are stored already. Without it no article is fetched,
// and a hub that leaves items out goes unnoticed.
type Known func(ctx context.Context, source string, items []feed.Item) (map[string]bool, error)

// Outcome is what became of a run.
type Outcome string

// The outcomes.
const (
	OK        Outcome = "ok"        // a document was read; Items are what it holds
	Unchanged Outcome = "unchanged" // the document is the one read last: 304, or the same bytes
	Failed    Outcome = "failed"    // nothing could be read; Err says why
	Held      Outcome = "held"      // its host wants to be left alone, so it was not asked
)

// Result is what a run brought. Items and State belong into one transaction: the validators in
// State hide the items from every later run.
type Result struct {
	Outcome Outcome
	Status  int         // of the last answer; 0 when there was none
	Items   []feed.Item // FirstSeen is left to whoever stores them
	Deleted []feed.Deleted
	// Delta says that the document held news only (RFC 3229): what it does not hold is not gone.
	Delta    bool
	State    feed.SourceState // complete, with NextRun and NextReason
	Holds    []feed.HostHold  // to be kept for Restore
	Warnings []string
	Err      error
	Bytes    int64         // read from the network
	Took     time.Duration // waiting for hosts included
}

// Collect asks one source now, due or not, and reads the answer. When ctx ends first, the result
// has Failed and ctx's error, and the state as it was: nothing was learned.
func (c *Collector) Collect(ctx context.Context, src feed.Source, st feed.SourceState, known Known) Result {
	v := &visit{c: c}
	defer v.release()
	return *v.collect(ctx, &src, &st, known)
}

// Fetch asks for a source's address without conditions and returns the answer for Read or Preview.
// It passes the same gate, bounds and checks as a run.
func (c *Collector) Fetch(ctx context.Context, src feed.Source) (read.Body, error) {
	v := &visit{c: c}
	defer v.release()
	a, err := v.ask(ctx, &src, &feed.SourceState{})
	if err == nil {
		err = a.unpack()
	}
	if err != nil {
		return read.Body{}, err
	}
	return a.Body, nil
}

// collect makes a source's run, and adds to its result what the visit cost.
func (v *visit) collect(ctx context.Context, src *feed.Source, st *feed.SourceState, known Known) *Result {
	began := v.c.now()
	res := v.run(ctx, src, st, known)
	res.Holds, res.Bytes, res.Took = v.holds, v.bytes, v.c.now().Sub(began)
	v.c.log.DebugContext(ctx, "collected", "source", src.ID, "outcome", res.Outcome, "status", res.Status, "bytes", res.Bytes, "took", res.Took)
	return res
}

func (v *visit) run(ctx context.Context, src *feed.Source, before *feed.SourceState, known Known) *Result {
	c := v.c
	res := begin(src, before, c.now())
	st := &res.State
	a, err := v.ask(ctx, src, st)
	now := c.now()
	var doc *read.Document
	if err == nil && a.Status != http.StatusNotModified {
		doc, err = v.open(ctx, src, a, st, now)
	}
	if ctx.Err() != nil {
		return failed(before, context.Cause(ctx))
	}
	var unknown *GateError
	if errors.As(err, &unknown) {
		return failed(before, err)
	}
	var held *HeldError
	if errors.As(err, &held) {
		st.WaitUntil, st.WaitReason = held.Until, held.Reason
		c.plan(src, st, now)
		res.Outcome, res.Err = Held, err
		return res
	}
	st.LastRun, st.Status = now, 0
	st.WaitUntil, st.WaitReason = v.holdOf("")
	if a != nil {
		st.Status = a.Status
	}
	res.Status = st.Status
	if err != nil {
		noteFailure(st, err)
		c.plan(src, st, now)
		res.Outcome, res.Err = Failed, err
		return res
	}
	noteSuccess(st, a, now)
	if doc == nil {
		c.plan(src, st, now)
		res.Outcome = Unchanged
		return res
	}
	if err := v.brought(ctx, src, res, a, doc, known, now); err != nil {
		return failed(before, err)
	}
	return res
}

// failed is the result of a run by which nothing was learned.
func failed(before *feed.SourceState, err error) *Result {
	return &Result{Outcome: Failed, State: *before, Err: err}
}

// brought completes the result of a document, once what is known of its items was looked up and the
// pages of the new ones were asked for.
func (v *visit) brought(ctx context.Context, src *feed.Source, res *Result, a *answer, doc *read.Document, known Known, now time.Time) error {
	st := &res.State
	res.Outcome, res.Items, res.Deleted, res.Delta, res.Warnings = OK, doc.Items, doc.Deleted, a.Status == http.StatusIMUsed, doc.Warnings
	if a.cut != nil {
		res.Warnings = append(res.Warnings, a.cut.Error())
	}
	noteDocument(st, doc, a, res)
	if known != nil && len(doc.Items) > 0 && (src.Article || st.Push != nil) {
		stored, err := known(ctx, src.ID, doc.Items)
		if err != nil {
			return fmt.Errorf("look up what is stored of %s: %w", src.ID, err)
		}
		notePoll(st, doc.Items, stored, now)
		if src.Article {
			v.saved() // who waits for pages keeps nobody from being read
			gone, warnings, err := v.articles(ctx, *src, doc.Items, stored)
			if err != nil {
				return err
			}
			res.Items = slices.DeleteFunc(slices.Clone(doc.Items), func(it feed.Item) bool { return gone[it.Key] })
			res.Warnings = append(res.Warnings, warnings...)
			st.Warnings = res.Warnings
			if until, reason := v.holdOf(HostOf(*src)); until.After(st.WaitUntil) {
				st.WaitUntil, st.WaitReason = until, reason
			}
		}
	}
	st.Rhythm = learnRhythm(st.Rhythm, doc.Items, now, zoneOf(*src))
	st.Undated, st.Unlinked = lacking(doc.Items)
	v.c.plan(src, st, now)
	return nil
}

// lacking counts the items that have no date, and those that have no address.
func lacking(items []feed.Item) (undated, unlinked int) {
	for i := range items {
		if items[i].Published.IsZero() {
			undated++
		}
		if items[i].URL == "" {
			unlinked++
		}
	}
	return undated, unlinked
}

// ask makes the run's request for the source's own address.
func (v *visit) ask(ctx context.Context, src *feed.Source, st *feed.SourceState) (*answer, error) {
	u, err := url.Parse(src.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("its url is no web address")
	}
	q := ask{url: u, src: src, own: u, accept: acceptFeed, delta: true, etag: st.ETag, lastModified: st.LastModified, answered: st.FinalURL}
	q.answered = cmp.Or(q.answered, src.URL)
	if src.Page != nil {
		q.accept, q.delta = acceptPage, false
		if q.interval, err = v.allowed(ctx, src, u); err != nil {
			return nil, err
		}
	}
	a, err := v.get(ctx, q)
	if err != nil {
		return a, err
	}
	switch a.Status {
	case http.StatusNotModified:
		if st.ETag == "" && st.LastModified == "" {
			return a, errors.New("the server answered 304 Not Modified to a request without conditions")
		}
	case http.StatusIMUsed:
		if !q.delta || !strings.Contains(strings.ToLower(a.Header.Get("IM")), "feed") {
			return a, errors.New("the server answered 226 IM Used with a manipulation that was not asked for")
		}
	case http.StatusNoContent, http.StatusResetContent:
		return a, &StatusError{a.Status}
	default: // any other success, as browsers bear it: what counts is the document that it brought
		if len(a.Bytes) == 0 && a.Status != http.StatusOK {
			return a, &StatusError{a.Status}
		}
		if a.cut == nil && a.Status == http.StatusPartialContent {
			a.cut = partial(a.Header)
		}
		a.Status = http.StatusOK
	}
	return a, nil
}

// partial says what of a document an answer with status 206 lacks; nothing when it is whole, which it
// should be, since no part was asked for.
func partial(header http.Header) error {
	at := header.Get("Content-Range")
	if at == "" {
		return nil
	}
	var first, last, all int64
	if n, _ := fmt.Sscanf(at, "bytes %d-%d/%d", &first, &last, &all); n == 3 && first == 0 && last+1 >= all {
		return nil
	}
	return fmt.Errorf("the server answered with only a part of the document (%s)", at)
}

// open reads the document that an answer brought, and keeps its validators in the state. There is
// no document when the body has the fingerprint of the one read last.
func (v *visit) open(ctx context.Context, src *feed.Source, a *answer, st *feed.SourceState, now time.Time) (*read.Document, error) {
	doc, hash, err := v.read(ctx, src, a, st.BodyHash, now)
	if err == nil && a.Status == http.StatusOK {
		noteValidators(st, a, hash)
	}
	if doc != nil {
		st.HeldUntil = doc.HeldUntil
		if doc.Held > 0 { // later on the same document brings more
			st.ETag, st.LastModified, st.BodyHash = "", "", ""
		}
	}
	return doc, err
}

// read unpacks the answer and has it read.
func (v *visit) read(ctx context.Context, src *feed.Source, a *answer, last string, now time.Time) (doc *read.Document, hash string, err error) {
	err = v.opened(ctx, a, func() (err error) {
		hash = fingerprint(a.Bytes)
		if hash == last && a.cut == nil && a.Status == http.StatusOK {
			return nil
		}
		if err := v.keep(ctx, a); err != nil {
			return err
		}
		doc, err = read.Read(a.Body, *src, now)
		if err != nil && a.cut != nil {
			err = fmt.Errorf("%w; %w", a.cut, err)
		}
		return err
	})
	return doc, hash, err
}

// begin returns a result with the state that a run starts from: what was learned from another address is void, and
// validators are void when the document is to be read in another way than it was.
func begin(src *feed.Source, before *feed.SourceState, now time.Time) *Result {
	res := &Result{State: Timely(*before, now)}
	st := &res.State
	if st.URL != src.URL {
		*st = feed.SourceState{URL: src.URL}
	}
	st.Source = src.ID
	if r := readingOf(*src); r != st.Reading {
		st.Reading, st.ETag, st.LastModified, st.BodyHash = r, "", "", ""
	}
	return res
}

// readingOf fingerprints what of the configuration decides which items a document gives.
func readingOf(src feed.Source) string {
	h := fnv.New64a()
	add := func(parts ...string) {
		for _, p := range parts {
			h.Write([]byte(p))
			h.Write([]byte{0})
		}
	}
	add(zoneOf(src).String(), src.Language, strconv.Itoa(src.MaxItems))
	if src.HoldFuture {
		add("hold_future")
	}
	if p := src.Page; p != nil {
		add(p.Item, p.Title, p.Link, p.Summary, p.Date, p.Image)
	}
	for _, name := range slices.Sorted(maps.Keys(src.Headers)) { // Accept-Language and the like
		add(name, src.Headers[name])
	}
	return strconv.FormatUint(h.Sum64(), 16)
}

func fingerprint(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

// plan writes into the state when the source runs next.
func (c *Collector) plan(src *feed.Source, st *feed.SourceState, now time.Time) {
	st.Plan(nextRun(*src, *st, now, c.lines.parse))
	st.Schedule = src.Schedule
}

// noteValidators keeps what the next run asks with. A body that broke off leaves none, so that it is
// asked for again.
func noteValidators(st *feed.SourceState, a *answer, hash string) {
	st.ETag, st.LastModified, st.BodyHash, st.FinalURL = "", "", "", ""
	if a.cut == nil {
		st.ETag, st.LastModified, st.BodyHash = a.Header.Get("ETag"), a.Header.Get("Last-Modified"), hash
	}
	if a.redirects > 0 {
		st.FinalURL = a.URL
	}
}

// faultOf tells of what kind an error is.
func faultOf(err error) feed.Fault {
	var status *StatusError
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var op *net.OpError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &status):
		return feed.FaultStatus
	case errors.Is(err, ErrPrivate) || errors.Is(err, errDisallowed):
		return feed.FaultForbidden
	case errors.Is(err, errTimeout) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout():
		return feed.FaultSlow
	case errors.As(err, &dns):
		return feed.FaultUnknown
	case errors.As(err, &certificate) || errors.As(err, &record) || errors.As(err, &alert):
		return feed.FaultTLS
	case errors.As(err, &op) || errors.Is(err, errHungUp) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return feed.FaultAway
	}
	return feed.FaultUnreadable
}

func noteFailure(st *feed.SourceState, err error) {
	st.Failures++
	st.Error, st.Fault = err.Error(), faultOf(err)
	st.Gone = st.Status == http.StatusGone
}

// noteSuccess keeps what an answer's header says, whether or not its document is new.
func noteSuccess(st *feed.SourceState, a *answer, now time.Time) {
	st.LastSuccess, st.Failures, st.Error, st.Fault, st.Gone = now, 0, "", "", false
	noteMove(st, a)
	wait, because := freshFor(a.Header, now)
	if due := st.HeldUntil.Add(time.Second); !st.HeldUntil.IsZero() { // an item waits for that time
		wait = min(wait, due.Sub(now))
	}
	if wait > 0 && !st.WaitUntil.After(now.Add(wait)) {
		st.WaitUntil, st.WaitReason = now.Add(wait), because
	}
	switch a.Status {
	case http.StatusNotModified:
		freshen(st, a.Header)
	case http.StatusIMUsed:
		st.ETag = a.Header.Get("ETag")
		if modified := a.Header.Get("Last-Modified"); modified != "" {
			st.LastModified = modified
		}
	}
}

// noteMove counts how often running the address was answered by a permanent redirect to one place.
// A chain with a temporary hop in it is none.
func noteMove(st *feed.SourceState, a *answer) {
	switch {
	case !a.moved:
		st.MovedTo, st.MovedSeen = "", 0
	case a.URL == st.MovedTo:
		st.MovedSeen++
	default:
		st.MovedTo, st.MovedSeen = a.URL, 1
	}
}

// Moved returns the address a source has moved to for good, once it said so often enough to be
// believed, else "".
func Moved(st feed.SourceState) string {
	if st.MovedSeen >= movedEnough {
		return st.MovedTo
	}
	return ""
}

// freshen takes over the validators of a 304 (RFC 9111, section 4.3.4).
func freshen(st *feed.SourceState, header http.Header) {
	if etag := header.Get("ETag"); etag != "" {
		st.ETag = etag
	}
	if modified := header.Get("Last-Modified"); modified != "" {
		st.LastModified = modified
	}
}

// noteDocument keeps what the document says of itself.
func noteDocument(st *feed.SourceState, doc *read.Document, a *answer, res *Result) {
	if !res.Delta {
		st.Items = len(doc.Items)
	}
	st.Warnings = res.Warnings
	st.Title, st.Link, st.FeedID = doc.Title, doc.Link, doc.FeedID
	st.Language, st.Rights = doc.Language, doc.Copyright
	st.TTL = min(doc.TTL, longestWait)
	st.SkipHours, st.SkipDays = doc.SkipHours, doc.SkipDays
	st.Hub, st.Self = doc.Hub, doc.FeedLink
	if len(a.Header["Link"]) == 0 {
		return
	}
	base, err := url.Parse(a.URL)
	if err != nil {
		return
	}
	if hubs := headerLinks(a.Header, "hub", base); len(hubs) > 0 { // before the document's, WebSub section 4
		st.Hub = hubs[0]
		if self := headerLinks(a.Header, "self", base); len(self) > 0 {
			st.Self = self[0]
		}
	}
}
