package hub

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/publicsuffix"

	"feedd/internal/feed"
)

// The bounds of our hub: what strangers ask of it must not grow without end, nobody is to fill or hold
// it alone, and it must not be made to call somebody who asked for nothing more often than they bear.
const (
	leaseLeast   = 5 * time.Minute
	leaseDefault = 10 * 24 * time.Hour
	leaseMost    = 30 * 24 * time.Hour
	callTimeout  = 10 * time.Second

	// Subscriptions, live or to be verified, in all and of one of each.
	mostSubscriptions = 10_000
	mostOfHost        = 200 // host of callbacks
	mostOfDomain      = 400 // registrable domain of callbacks
	mostOfClient      = 200 // who asked for them
	mostOfTopic       = 50  // for one feed by one domain: each change sends it the whole feed so often
	// No newcomer gets more than this part of what is left, so that few cannot fill the hub.
	shareOfRest = 20

	// Verifications of intent that wait or are under way, in all and of one client or domain.
	mostPending   = 1024
	pendingOfOne  = 100
	mostVerifying = 64
	verifyingOne  = 4
	// How often one domain is called for strangers' requests, and one client has somebody called.
	verifyBurst = 100
	verifyEvery = 10 * time.Second
)

// who are the names by which a request's or a subscription's share is counted.
type who struct {
	host, domain, topic, client string
}

// clientName is what a client is called here and in the store, which is not to keep addresses of people.
func clientName(key, address string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(address))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// whoOf names the callback's host and registrable domain. client is the client's name, "" when it is not
// known.
func whoOf(k subKey, client string) who {
	host := hostOf(k.callback)
	domain := domainOf(host)
	w := who{host: "host " + host, domain: "domain " + domain, topic: "topic " + k.topic + " " + domain, client: client}
	return w
}

// domainOf is what somebody had to register, or be given, to name such hosts: example.co.uk of
// a.b.example.co.uk, the network of an IPv6 address.
func domainOf(host string) string {
	if ip, err := netip.ParseAddr(host); err == nil {
		if of64, err := ip.Prefix(64); err == nil && ip.Is6() && !ip.Is4In6() {
			return of64.String()
		}
		return host
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return domain
}

// tally counts what each name has. Its zero value is of no use.
type tally map[string]int

func (t tally) add(w who, n int) {
	for _, name := range []string{w.host, w.domain, w.topic, w.client} {
		if name == "" {
			continue
		}
		if t[name] += n; t[name] <= 0 {
			delete(t, name)
		}
	}
}

// refusal is why a request is not taken, for the subscriber.
type refusal struct {
	status int
	after  time.Duration
	text   string
}

// admit takes a request among those whose callback is to be asked, or says why not.
func (h *Hub) admit(req request) *refusal {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sweep()
	sub := h.subs[req.key]
	if sub == nil && !req.subscribe {
		return &refusal{http.StatusNotFound, 0, "There is no such subscription."}
	}
	if h.pending[req.key] != nil {
		return &refusal{http.StatusTooManyRequests, callTimeout, "The callback is being asked about this subscription already."}
	}
	if sub == nil {
		if why := h.room(req.who); why != "" {
			return &refusal{http.StatusServiceUnavailable, time.Hour, why}
		}
	}
	switch {
	case len(h.pending) >= mostPending, h.asked[req.client] >= pendingOfOne, h.asked[req.domain] >= pendingOfOne:
		return &refusal{http.StatusServiceUnavailable, 30 * time.Second, "The hub is verifying as many subscriptions as it can; try again soon."}
	case !h.rates.Left(req.domain) || !h.rates.Left(req.client):
		return &refusal{http.StatusTooManyRequests, max(h.rates.Wait(req.domain), h.rates.Wait(req.client)), "The hub verifies no more subscriptions for you just now; try again later."}
	}
	h.rates.Allow(req.domain)
	h.rates.Allow(req.client)
	h.pending[req.key] = &req
	h.asked.add(req.who, 1)
	h.waiting = append(h.waiting, &req)
	h.dispatch()
	return nil
}

// room says why one more subscription is not taken; "" when it is. The caller holds mu.
func (h *Hub) room(w who) string {
	free := mostSubscriptions - len(h.subs) - len(h.pending)
	if free <= 0 {
		return "The hub has as many subscriptions as it takes."
	}
	share := max(1, free/shareOfRest)
	for _, bound := range []struct {
		name string
		most int
		what string
	}{
		{w.host, mostOfHost, "the callback's host"}, {w.domain, mostOfDomain, "the callback's domain"},
		{w.topic, mostOfTopic, "the callback's domain to this feed"}, {w.client, mostOfClient, "your address"},
	} {
		if bound.name != "" && h.has[bound.name]+h.asked[bound.name] >= min(bound.most, share) {
			return fmt.Sprintf("The hub takes no more subscriptions of %s.", bound.what)
		}
	}
	return ""
}

// dispatch starts the verifications whose turn has come: in the order of asking, no client and no domain
// before others that wait for want of a place. The caller holds mu.
func (h *Hub) dispatch() {
	if h.stop.Err() != nil {
		return
	}
	still := h.waiting[:0]
	for _, req := range h.waiting {
		if h.verifying >= mostVerifying || h.busy[req.domain] >= verifyingOne || h.busy[req.client] >= verifyingOne {
			still = append(still, req)
			continue
		}
		h.verifying++
		h.busy.add(req.who, 1)
		h.work.Go(func() { h.verify(req) })
	}
	clear(h.waiting[len(still):])
	h.waiting = still
}

// verified gives a verification's place to the next.
func (h *Hub) verified(req *request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.verifying--
	h.busy.add(req.who, -1)
	h.asked.add(req.who, -1)
	delete(h.pending, req.key)
	h.dispatch()
}

// sweepEvery is how often ended subscriptions are looked for.
const sweepEvery = time.Minute

// sweep forgets subscriptions that ended. The caller holds mu.
func (h *Hub) sweep() {
	now := h.now()
	if now.Before(h.swept.Add(sweepEvery)) && !now.Before(h.swept) {
		return
	}
	h.swept = now
	for k, sub := range h.subs {
		if now.After(sub.Until) {
			h.forget(k, sub.Until)
		}
	}
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.TrimRight(strings.ToLower(u.Hostname()), ".")
}

// notMetadata refuses the clouds' metadata services, which no subscriber is.
func notMetadata(_, address string, _ syscall.RawConn) error {
	if at, err := netip.ParseAddrPort(address); err == nil && feed.IsMetadata(at.Addr()) {
		return &net.AddrError{Err: "a cloud's metadata service is no subscriber", Addr: address}
	}
	return nil
}
