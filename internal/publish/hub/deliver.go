package hub

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"feedd/internal/feed"
)

// subscriber is one subscription and what it is still to be given. The hub's mu guards it.
type subscriber struct {
	feed.Subscription
	who
	hub     *Hub
	noted   string // what is stored as Delivered, as far as this hub knows
	queue   []Feed // in order; empty when it has everything
	running bool   // a goroutine empties the queue
	failed  int    // deliveries that failed in a row
	slow    bool   // the last one took longer than slowCall
}

const (
	// maxQueue is how many changes wait for one subscriber. When more come, the oldest goes: each
	// delivery is the whole feed, so that the later ones say what it said.
	maxQueue = 8
	// A delivery is tried until it was so often in vain; then it is given up, not the subscription.
	maxTries   = 14
	firstPause = 2 * time.Second
	mostPause  = time.Hour
	// A subscriber that takes longer over a delivery waits from then on among those that fail: enough
	// of them would hold every slot while the prompt ones wait.
	slowCall = time.Second
)

// Awaited tells whether there is anybody whom Changed tells: a public hub, or one who asked for it here.
func (h *Hub) Awaited() bool {
	if h.site.Settings().Public != "" {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs) > 0
}

// Tells tells whether there is anybody whom Changed tells of the feed at a path.
func (h *Hub) Tells(path string) bool {
	if h.site.Settings().Public != "" {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.topics[path]) > 0
}

// Changed tells the subscribers, or the public hub, which feeds changed; they are published by then.
func (h *Hub) Changed(feeds []Feed) {
	set := h.site.Settings()
	if h.term() == nil {
		return // who delivers tells them, or will
	}
	if set.Public != "" {
		h.announce(set, feeds)
		return
	}
	if err := h.load(h.ctx); err != nil {
		h.log.Error("the hub cannot read its subscriptions; it delivers to those that it knows", "error", err)
	}
	now := h.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range feeds {
		for k, sub := range h.topics[f.Path] {
			if now.After(sub.Until) {
				h.forget(k, sub.Until)
				continue
			}
			sub.push(f)
		}
	}
}

// forget drops a subscription for good, unless it was renewed beyond that lease at another node. The
// caller holds mu.
func (h *Hub) forget(k subKey, lease time.Time) {
	h.drop(k)
	if err := h.keep.DeleteSubscription(h.ctx, k.topic, k.callback, lease); err != nil {
		h.log.Warn("the hub cannot forget a subscription that ended", "error", err)
	}
}

// push queues a feed for delivery, while this hub delivers. The caller holds the hub's mu.
func (sub *subscriber) push(f Feed) {
	term := sub.hub.while
	if term == nil || term.Err() != nil || sub.hub.stop.Err() != nil || sub.Delivered == f.Hash && len(sub.queue) == 0 {
		return
	}
	if n := len(sub.queue); n > 0 && sub.queue[n-1].Hash == f.Hash {
		return
	}
	if len(sub.queue) == maxQueue {
		// Not the first: it may be under way.
		sub.queue = slices.Delete(sub.queue, 1, 2)
	}
	sub.queue = append(sub.queue, f)
	if !sub.running {
		sub.running = true
		sub.hub.giving++
		sub.hub.work.Go(func() { sub.deliver(term) })
	}
}

// deliver empties the queue, pausing longer and longer while the subscriber fails. When term ends, what is left is
// for whoever delivers next.
func (sub *subscriber) deliver(term context.Context) {
	for {
		next, ok := sub.next(term)
		if !ok {
			return
		}
		status, made, err := sub.attempt(term, &next)
		if !made {
			continue // next ends it
		}
		pause := sub.settle(&next, status, err)
		sub.note()
		if pause > 0 {
			sleep(term, pause)
		}
	}
}

// delivery is one attempt to give a subscriber a feed.
type delivery struct {
	feed.Subscription
	feed  Feed
	tries int  // that failed before this one, in a row
	slow  bool // the one before took long; afterwards, this one did
}

// next returns what the subscriber is to be given; false when it has everything or the term ended, and the
// goroutine ends.
func (sub *subscriber) next(term context.Context) (delivery, bool) {
	h := sub.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	k := subKey{sub.Topic, sub.Callback}
	if h.subs[k] == sub && h.now().After(sub.Until) {
		h.forget(k, sub.Until)
	}
	if h.subs[k] != sub || term.Err() != nil {
		sub.queue = nil // nothing more goes to somebody without a subscription
	}
	if len(sub.queue) == 0 {
		sub.running = false
		h.giving--
		h.rests.Broadcast()
		return delivery{}, false
	}
	return delivery{sub.Subscription, sub.queue[0], sub.failed, sub.slow}, true
}

// attempt makes one delivery when its turn comes. It tells whether it was made: not when the term ended before, nor
// when the hub ended meanwhile; then it is made again after the restart.
func (sub *subscriber) attempt(term context.Context, d *delivery) (status int, made bool, err error) {
	h := sub.hub
	slots := h.sending
	if d.tries > 0 || d.slow {
		slots = h.retrying
	}
	select {
	case slots <- struct{}{}:
	case <-term.Done():
		return 0, false, nil
	}
	if !h.delivers(term) {
		<-slots
		return 0, false, nil
	}
	began := time.Now()
	status, err = h.send(d.Subscription, d.feed)
	d.slow = time.Since(began) > slowCall
	<-slots
	return status, taken(status, err) || h.stop.Err() == nil, err
}

// taken tells whether the subscriber took a delivery.
func taken(status int, err error) bool { return err == nil && status/100 == 2 }

// settle takes in what came of an attempt, and returns how long to wait before the next.
func (sub *subscriber) settle(d *delivery, status int, err error) (pause time.Duration) {
	h, done := sub.hub, taken(status, err)
	result := "ok"
	if !done {
		result = "failed"
	}
	h.told.WithLabelValues(result).Inc()
	h.mu.Lock()
	defer h.mu.Unlock()
	k := subKey{sub.Topic, sub.Callback}
	sub.slow = d.slow
	switch {
	case done || d.tries+1 >= maxTries:
		sub.failed = 0
		sub.queue = sub.queue[1:]
		sub.Delivered = d.feed.Hash
	case status == http.StatusGone: // the subscriber wants no more (section 7)
		h.forget(k, sub.Until)
	default:
		sub.failed++
		// What waits is the newest state: one delivery tells it all.
		sub.queue = sub.queue[len(sub.queue)-1:]
	}
	if !done && d.tries+1 >= maxTries {
		h.log.Warn("a subscriber does not accept its deliveries", "host", hostOf(d.Callback), "topic", d.Topic, "status", status, "error", err)
	}
	if sub.failed > 0 {
		pause = backOff(sub.failed, d.Callback)
	}
	return pause
}

// A delivery that could not be noted is tried to be so often again, and so long: whoever delivers next would
// give the subscriber the same once more.
const (
	noteAgain  = 250 * time.Millisecond
	noteTries  = 240
	noteWithin = 5 * time.Second // a store that is out of reach may not say so
)

// note stores what the subscriber was given last, unless another hub stored something meanwhile: this one may have
// been still, or cut off, for long, and what it gave is old then.
func (sub *subscriber) note() {
	h := sub.hub
	for try := range noteTries {
		h.mu.Lock()
		before, now, gone := sub.noted, sub.Delivered, h.subs[subKey{sub.Topic, sub.Callback}] != sub
		h.mu.Unlock()
		if before == now || gone {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(h.ctx), noteWithin)
		err := h.keep.NoteDelivery(ctx, sub.Topic, sub.Callback, before, now)
		cancel()
		if err == nil {
			h.mu.Lock()
			sub.noted = now
			h.mu.Unlock()
			return
		}
		if try == 0 {
			h.log.Warn("the hub cannot record a delivery; it tries again", "error", err)
		}
		if !sleep(h.stop, noteAgain) {
			return
		}
	}
}

// backOff doubles from firstPause to mostPause, moved by up to a quarter so that subscribers that
// failed together do not come back together.
func backOff(failed int, callback string) time.Duration {
	d := min(firstPause<<min(failed-1, 20), mostPause)
	name := fnv.New32a()
	name.Write([]byte(callback))
	return d + d/4*time.Duration(name.Sum32()%100)/100
}

// sleep waits, and tells whether ctx still lives.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// send distributes a feed to one subscriber (section 7).
func (h *Hub) send(s feed.Subscription, f Feed) (int, error) {
	set := h.site.Settings()
	header := http.Header{}
	header.Set("Content-Type", f.ContentType)
	header["Link"] = []string{"<" + set.Base + `/hub>; rel="hub"`, "<" + set.Base + f.Path + `>; rel="self"`}
	if s.Secret != "" {
		mac := hmac.New(sha256.New, []byte(s.Secret))
		mac.Write(f.Body)
		header.Set("X-Hub-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	status, _, err := h.call(set, http.MethodPost, s.Callback, header, bytes.NewReader(f.Body))
	return status, err
}

// announce tells a public hub which feeds changed.
func (h *Hub) announce(set Settings, feeds []Feed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range feeds {
		h.pings[set.Base+f.Path] = true
	}
	if len(h.pings) > 0 && !h.ping && h.stop.Err() == nil {
		h.ping = true
		h.work.Go(func() { h.pingAll(set) })
	}
}

// pingAll tells the public hub until it took everything, or did not for too long.
func (h *Hub) pingAll(set Settings) {
	for failed := 0; ; {
		h.mu.Lock()
		topics := slices.Sorted(maps.Keys(h.pings))
		if len(topics) == 0 || failed >= maxTries {
			clear(h.pings)
			h.ping = false
			h.mu.Unlock()
			return
		}
		h.mu.Unlock()

		err := h.Tell(h.ctx, topics)
		if err == nil {
			failed = 0
			h.told.WithLabelValues("ok").Inc()
			h.mu.Lock()
			for _, t := range topics {
				delete(h.pings, t)
			}
			h.mu.Unlock()
			continue
		}
		failed++
		h.told.WithLabelValues("failed").Inc()
		h.log.Warn("the public hub did not accept a notice", "hub", hostOf(set.Public), "error", err, "try", failed)
		if !sleep(h.stop, backOff(failed, set.Public)) {
			return
		}
	}
}

// Tell makes one attempt to tell the configured public hub that these feeds changed. That hub may be
// anywhere: the editor named it.
func (h *Hub) Tell(ctx context.Context, topics []string) error {
	set := h.site.Settings()
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	form := url.Values{"hub.mode": {"publish"}, "hub.url": topics}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, set.Public, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", "feedd (WebSub; +"+set.Base+")")
	res, err := h.open.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %s", res.Status)
	}
	return nil
}
