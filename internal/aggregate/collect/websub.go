package collect

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"feedd/internal/aggregate/read"
	"feedd/internal/feed"
)

// The subscriber's side of WebSub (W3C Recommendation of 23 January 2018). A subscription goes
// through four hands: Subscription says that one is wanted and gives the state to store; Subscribe
// asks the hub, only once that is stored, because hubs may verify before they answer; Verify
// answers the hub's question; Open checks what the hub delivers, which then passes the Queue as
// Job.Pushed.

// Times of a subscription.
const (
	leaseAsked    = 10 * 24 * time.Hour
	leaseLeast    = time.Hour // shorter leases are renewed as if they had this
	leaseMost     = 90 * 24 * time.Hour
	askAgain      = 6 * time.Hour      // after a hub that accepted has not verified
	deniedAgain   = 7 * 24 * time.Hour // after a hub refused
	pushTolerance = 15 * time.Minute   // an item this young may still be on its way through the hub
)

// Subscription says whether the source's hub is to be asked for a subscription, or its renewal, and
// returns the state to store before Subscribe does so. Push needs a public address of this site and
// a hub the source advertises.
func (c *Collector) Subscription(src feed.Source, st feed.SourceState, now time.Time) (feed.SourceState, bool) {
	if !c.public() || st.Hub == "" || st.URL != src.URL || st.Gone || src.Page != nil {
		return st, false
	}
	if hub, err := url.Parse(st.Hub); err != nil || hub.Host == "" || hub.Scheme != "http" && hub.Scheme != "https" {
		return st, false
	}
	topic := st.Self
	if topic == "" {
		if topic = st.FinalURL; topic == "" {
			topic = src.URL
		}
	}
	p := st.Push
	switch {
	case p == nil || p.Hub != st.Hub || p.Topic != topic:
		st.Push = &feed.Push{Hub: st.Hub, Topic: topic, Secret: rand.Text(), Callback: rand.Text(), State: feed.PushAsked, Asked: now}
		return st, true
	case p.State == feed.PushActive:
		if lease := p.Until.Sub(p.Asked); now.Before(p.Until.Add(-lease / 4)) {
			return st, false
		}
	case p.State == feed.PushAsked && now.Sub(p.Asked) < askAgain, p.State == feed.PushDenied && now.Sub(p.Asked) < deniedAgain:
		return st, false
	}
	renewed := *p // the state that was passed in stays as it is
	renewed.Asked = now
	if p.State != feed.PushActive || !now.Before(p.Until) {
		renewed.State = feed.PushAsked
	}
	st.Push = &renewed
	return st, true
}

// public says whether hubs can reach this site.
func (c *Collector) public() bool {
	u, err := url.Parse(c.site.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if ip, err := netip.ParseAddr(host); err == nil {
		return guardian.SafeAddr(ip.Unmap()) == nil
	}
	return privateName(host) == nil
}

// Callback is the path, below the site's URL, at which a subscription's hub reaches it.
func Callback(p *feed.Push) string { return "/push/" + p.Callback }

// Subscribe asks the hub for the subscription that Subscription put into the state, through the
// same gate as all requests. Nil means that the hub accepted; it verifies in its own time. After an
// error the state to store is that of Refused.
func (c *Collector) Subscribe(ctx context.Context, src feed.Source, st feed.SourceState) error {
	hub, err := url.Parse(st.Push.Hub)
	if err != nil {
		return errors.New("its hub is no web address")
	}
	v := &visit{c: c}
	defer v.release()
	form := url.Values{
		"hub.mode":          {"subscribe"},
		"hub.topic":         {st.Push.Topic},
		"hub.callback":      {strings.TrimRight(c.site.URL, "/") + Callback(st.Push)},
		"hub.secret":        {st.Push.Secret},
		"hub.lease_seconds": {strconv.Itoa(int(leaseAsked.Seconds()))},
	}
	// The hub is a third party: it gets nothing that is meant for the source's host.
	public := feed.Source{
		ID: src.ID, Timeout: src.Timeout, HostInterval: src.HostInterval, AllowPrivate: src.AllowPrivate, Proxy: src.Proxy,
	}
	if _, err := v.get(ctx, ask{method: http.MethodPost, url: hub, src: &public, own: addressOf(&src), accept: "*/*", form: form.Encode()}); err != nil {
		return fmt.Errorf("the hub %s took no subscription: %w", hub.Host, err)
	}
	return nil
}

// Refused returns the state after a hub would not take the subscription.
func Refused(st feed.SourceState) feed.SourceState {
	if st.Push != nil {
		p := *st.Push
		p.State = feed.PushDenied
		st.Push = &p
	}
	return st
}

// Verify answers a hub's GET on a subscription's callback: the text to send back with status 200,
// and the state to store. An error means 404: nobody here asked for that.
func Verify(st feed.SourceState, query url.Values, now time.Time) (string, feed.SourceState, error) {
	p := st.Push
	if p == nil || query.Get("hub.topic") != p.Topic {
		return "", st, errors.New("no such subscription was asked for")
	}
	verified := *p
	switch query.Get("hub.mode") {
	case "denied":
		verified.State = feed.PushDenied
		st.Push = &verified
		return "", st, nil
	case "subscribe":
		challenge := query.Get("hub.challenge")
		if challenge == "" {
			return "", st, errors.New("the hub sent no challenge")
		}
		lease := leaseAsked
		if n, err := strconv.ParseInt(query.Get("hub.lease_seconds"), 10, 64); err == nil && n > 0 {
			lease = time.Duration(min(n, int64(leaseMost.Seconds()))) * time.Second
		}
		verified.State, verified.Until = feed.PushActive, now.Add(max(lease, leaseLeast))
		st.Push = &verified
		return challenge, st, nil
	}
	return "", st, errors.New("no such change of the subscription was asked for")
}

// ErrSignature says that a delivery is not signed with the subscription's secret. It is to be
// ignored, though acknowledged (section 8.1).
var ErrSignature = errors.New("the delivery is not signed by the subscription's hub")

// Open checks a delivery's signature and returns it for Job.Pushed. The caller bounds body.
func Open(p *feed.Push, header http.Header, body []byte) (*read.Body, error) {
	if p == nil {
		return nil, errors.New("there is no subscription")
	}
	method, signature, _ := strings.Cut(strings.TrimSpace(header.Get("X-Hub-Signature")), "=")
	var algorithm func() hash.Hash
	switch strings.ToLower(method) {
	case "sha1":
		algorithm = sha1.New
	case "sha256":
		algorithm = sha256.New
	case "sha384":
		algorithm = sha512.New384
	case "sha512":
		algorithm = sha512.New
	default:
		return nil, ErrSignature
	}
	given, err := hex.DecodeString(signature)
	if err != nil {
		return nil, ErrSignature
	}
	mac := hmac.New(algorithm, []byte(p.Secret))
	mac.Write(body)
	if !hmac.Equal(mac.Sum(nil), given) {
		return nil, ErrSignature
	}
	delivered := bodyOf(p.Topic, header)
	delivered.Bytes = body
	return &delivered, nil
}

// pushed reads what a hub delivered. The validators stay: they are of the document at the source's
// own address, which the next poll asks for.
func (v *visit) pushed(ctx context.Context, src *feed.Source, before *feed.SourceState, body *read.Body) *Result {
	c := v.c
	began := c.now()
	select {
	case c.slots <- struct{}{}:
		v.slot = true
	case <-ctx.Done():
		return failed(before, context.Cause(ctx))
	}
	if before.URL != src.URL || before.Push == nil {
		return failed(before, errors.New("a hub delivered something that the source no longer subscribes to"))
	}
	now := c.now()
	doc, _, err := v.read(ctx, src, &answer{Body: *body, Status: http.StatusOK}, "", now)
	if err != nil {
		res := failed(before, fmt.Errorf("what its hub delivered: %w", err))
		res.Took = c.now().Sub(began)
		return res
	}
	res := &Result{
		Outcome: OK, Status: http.StatusOK, Items: doc.Items, Deleted: doc.Deleted, Delta: true, State: *before, Warnings: doc.Warnings,
		Bytes: int64(len(body.Bytes)),
	}
	st := &res.State
	p := *st.Push
	p.LastPush, p.Missed = now, 0
	st.Push = &p
	if !doc.HeldUntil.IsZero() && (st.HeldUntil.IsZero() || doc.HeldUntil.Before(st.HeldUntil)) {
		st.HeldUntil = doc.HeldUntil
	}
	st.Rhythm = learnRhythm(st.Rhythm, doc.Items, now, zoneOf(*src))
	c.plan(src, st, now)
	res.Took = c.now().Sub(began)
	return res
}

// notePoll notices that a hub which is relied on left something out: a poll found an item that is
// not stored although the hub had time to deliver it. A poll that finds nothing clears no such
// doubt; the next delivery does.
func notePoll(st *feed.SourceState, items []feed.Item, stored map[string]bool, now time.Time) {
	p := st.Push
	if p == nil || p.State != feed.PushActive || p.LastPush.IsZero() {
		return
	}
	for i := range items {
		if it := &items[i]; !stored[it.Key] && (it.Published.IsZero() || now.Sub(it.Published) > pushTolerance) {
			missed := *p
			missed.Missed++
			st.Push = &missed
			return
		}
	}
}

// headerLinks returns the targets of an answer's Link headers (RFC 8288) with the relation rel. WebSub
// lets a feed name its hub and its own address there (section 4).
func headerLinks(header http.Header, rel string, base *url.URL) []string {
	var found []string
	for _, line := range header["Link"] {
		for line != "" {
			_, rest, ok := strings.Cut(line, "<")
			if !ok {
				break
			}
			target, rest, ok := strings.Cut(rest, ">")
			if !ok {
				break
			}
			params := rest
			if i := strings.IndexByte(rest, '<'); i >= 0 {
				params, line = rest[:i], rest[i:]
			} else {
				line = ""
			}
			if !hasRel(params, rel) {
				continue
			}
			if u, err := base.Parse(strings.TrimSpace(target)); err == nil {
				found = append(found, u.String())
			}
		}
	}
	return found
}

func hasRel(params, rel string) bool {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.Trim(param, " \t,"), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for _, r := range strings.Fields(strings.Trim(strings.TrimSpace(value), `"`)) {
			if strings.EqualFold(r, rel) {
				return true
			}
		}
	}
	return false
}
