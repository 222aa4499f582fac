package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"feedd/internal/feed"
)

func TestBackOff(t *testing.T) {
	const callback = "https://reader.example/cb"
	last := time.Duration(0)
	for failed := 1; failed < 40; failed++ {
		d := backOff(failed, callback)
		if d < last || d < firstPause || d > mostPause*5/4 {
			t.Errorf("after %d failures it waits %v, before that %v", failed, d, last)
		}
		last = d
	}
	if last < mostPause {
		t.Errorf("it never waits longer than %v", last)
	}
	moved := map[time.Duration]bool{}
	for _, c := range []string{"a", "b", "c", "d", "e"} {
		moved[backOff(3, c)] = true
	}
	if len(moved) < 3 {
		t.Error("subscribers that failed together come back together")
	}
}

// Who takes long over a delivery waits among the slow from then on, so that any number of them cannot
// hold the slots of the prompt.
func TestTheSlowWaitAmongThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, err := New(Options{Site: local{}, Subscriptions: forgetful{}, Registry: prometheus.NewRegistry(), Now: time.Now, Key: fixedKey, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		takes := map[string]time.Duration{"slow.example": 9 * time.Second, "prompt.example": time.Millisecond}
		forever := time.Now().Add(leaseMost)
		h.open = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			time.Sleep(takes[r.URL.Host])
			return &http.Response{StatusCode: http.StatusAccepted, Body: http.NoBody, Request: r}, nil
		})}
		change := func(body string, whose func(callback string) bool) {
			f := Feed{Path: "/sections/all.rss", Hash: "hash of " + body, Body: []byte(body)}
			h.mu.Lock()
			defer h.mu.Unlock()
			for k, sub := range h.subs {
				if whose(k.callback) {
					sub.push(f)
				}
			}
		}
		slow := func(callback string) bool { return strings.Contains(callback, "slow") }
		h.mu.Lock()
		for i := range cap(h.sending) + 10 {
			h.add(feed.Subscription{Topic: "/sections/all.rss", Callback: fmt.Sprintf("http://slow.example/%d", i), Until: forever}, who{})
		}
		h.mu.Unlock()
		change("one", slow)
		time.Sleep(5 * time.Minute) // the hub learns who is slow
		h.mu.Lock()
		prompt := h.add(feed.Subscription{Topic: "/sections/all.rss", Callback: "http://prompt.example/", Until: forever}, who{})
		h.mu.Unlock()
		change("two", slow)
		time.Sleep(time.Millisecond) // they hold what slots they get
		change("two", func(callback string) bool { return !slow(callback) })
		time.Sleep(100 * time.Millisecond)
		h.mu.Lock()
		if want := "hash of two"; prompt.Delivered != want {
			t.Error("the prompt one waits for the slow")
		}
		h.mu.Unlock()
		h.Close()
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// local is a site on this machine, as its subscribers are.
type local struct{}

func (local) Settings() Settings            { return Settings{Base: "http://localhost", Private: true} }
func (local) Refresh(context.Context) error { return nil }
func (local) Feed(string) (Feed, bool)      { return Feed{}, false }

// forgetful keeps no subscription: the test is about the present.
type forgetful struct{}

func (forgetful) Subscriptions(context.Context) ([]feed.Subscription, error)          { return nil, nil }
func (forgetful) SaveSubscription(context.Context, feed.Subscription) error           { return nil }
func (forgetful) NoteDelivery(context.Context, string, string, string, string) error  { return nil }
func (forgetful) DeleteSubscription(context.Context, string, string, time.Time) error { return nil }

// ledger is a store with one subscription of a reader.
type ledger struct {
	forgetful
	mu    sync.Mutex
	sub   feed.Subscription
	away  time.Time // until when it cannot be written
	notes int
}

func newLedger() *ledger {
	return &ledger{sub: feed.Subscription{Topic: "/sections/all.rss", Callback: "http://reader.example/", Until: time.Now().Add(leaseMost), Delivered: "zero"}}
}

func (l *ledger) Subscriptions(context.Context) ([]feed.Subscription, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return []feed.Subscription{l.sub}, nil
}

func (l *ledger) NoteDelivery(_ context.Context, _, _, before, hash string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Now().Before(l.away) {
		return context.DeadlineExceeded
	}
	l.notes++
	if l.sub.Delivered == before {
		l.sub.Delivered = hash
	}
	return nil
}

// shows is a site that shows one feed.
type shows struct {
	local
	hash string
}

func (s *shows) Feed(path string) (Feed, bool) { return Feed{Path: path, Hash: s.hash}, true }

// delivering makes a hub whose subscriber takes what it is given after a while, or never with a negative one; given are
// the times when it did.
func delivering(t *testing.T, site Site, keep Subscriptions, mine func(context.Context) error, takes time.Duration) (h *Hub, given *[]time.Time) {
	h, err := New(Options{Site: site, Subscriptions: keep, Registry: prometheus.NewRegistry(), Now: time.Now, Mine: mine, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	given = new([]time.Time)
	h.open = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if takes < 0 {
			return nil, errors.New("refused")
		}
		time.Sleep(takes)
		*given = append(*given, time.Now())
		return &http.Response{StatusCode: http.StatusAccepted, Body: http.NoBody, Request: r}, nil
	})}
	return h, given
}

func yes(context.Context) error { return nil }

// deliver lets a hub deliver until the function that it returns is called.
func deliver(t *testing.T, h *Hub) (end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- h.Deliver(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// A delivery that was taken while the store was away is noted when it is back, so that it does not come
// twice.
func TestNotedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keep := newLedger()
		keep.away = time.Now().Add(20 * time.Second)
		h, given := delivering(t, &shows{hash: "one"}, keep, nil, 0)
		h.Changed([]Feed{{Path: "/sections/all.rss", Hash: "one"}})
		time.Sleep(30 * time.Second)
		h.Close()
		if len(*given) != 1 || keep.notes != 1 || keep.sub.Delivered != "one" {
			t.Errorf("given %d times, noted %d times: %s", len(*given), keep.notes, keep.sub.Delivered)
		}
	})
}

// A node that could not note for a while what it gave does not put it in place of what another gave meanwhile: the
// next would give that once more.
func TestAnOldNoteIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keep := newLedger()
		keep.away = time.Now().Add(20 * time.Second)
		h, _ := delivering(t, &shows{hash: "one"}, keep, yes, 0)
		end := deliver(t, h)
		time.Sleep(10 * time.Second)
		keep.mu.Lock()
		keep.sub.Delivered = "two" // by the node that delivers meanwhile
		keep.mu.Unlock()
		end()
		time.Sleep(30 * time.Second)
		h.Close()
		if keep.sub.Delivered != "two" || keep.notes == 0 {
			t.Errorf("noted is %q after %d notes", keep.sub.Delivered, keep.notes)
		}
	})
}

// A node that regains the right to deliver while what it gave before is under way still does not give once more what
// another node gave in between.
func TestUnderWayWhileTheRightComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keep, site := newLedger(), &shows{hash: "one"}
		h, given := delivering(t, site, keep, yes, 8*time.Second)
		end := deliver(t, h)
		time.Sleep(time.Second)
		end()
		keep.mu.Lock()
		keep.sub.Delivered = "two"
		keep.mu.Unlock()
		site.hash = "two"
		end = deliver(t, h)
		time.Sleep(30 * time.Second)
		end()
		h.Close()
		if len(*given) != 1 || keep.sub.Delivered != "two" {
			t.Errorf("given %d times, noted %q", len(*given), keep.sub.Delivered)
		}
	})
}

// What is under way when a node loses the right to deliver is noted, and not given again when the right comes back.
func TestUnderWayWhenTheRightGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keep := newLedger()
		h, given := delivering(t, &shows{hash: "one"}, keep, yes, 8*time.Second)
		end := deliver(t, h)
		time.Sleep(time.Second)
		end()
		end = deliver(t, h)
		time.Sleep(30 * time.Second)
		end()
		h.Close()
		if len(*given) != 1 || keep.sub.Delivered != "one" {
			t.Errorf("given %d times, noted %q", len(*given), keep.sub.Delivered)
		}
	})
}

// A process that stands still while it asks whether it delivers asks again: another may deliver by then.
func TestAnOldAnswerIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		mine := func(context.Context) error {
			if asked++; asked == 1 {
				time.Sleep(40 * time.Second)
				return nil
			}
			return errors.New("another node has taken over")
		}
		h, given := delivering(t, &shows{hash: "one"}, newLedger(), mine, 0)
		end := deliver(t, h)
		time.Sleep(time.Minute)
		end()
		h.Close()
		if len(*given) != 0 || asked < 2 {
			t.Errorf("given %d times after it asked %d times", len(*given), asked)
		}
	})
}

// What cannot be known for a moment is asked again, and no subscriber misses a change for it.
func TestAskedAgainWhoDelivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		mine := func(context.Context) error {
			if asked++; asked < 4 {
				return errors.New("the connection broke")
			}
			return nil
		}
		keep := newLedger()
		h, given := delivering(t, &shows{hash: "one"}, keep, mine, 0)
		end := deliver(t, h)
		time.Sleep(time.Minute)
		end()
		h.Close()
		if len(*given) != 1 || keep.sub.Delivered != "one" {
			t.Errorf("given %d times, noted %q", len(*given), keep.sub.Delivered)
		}
	})
}

// Who ends while a subscriber fails does not wait for its next turn.
func TestCloseWhileASubscriberFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := delivering(t, &shows{hash: "one"}, newLedger(), yes, -1)
		end := deliver(t, h)
		time.Sleep(time.Minute)
		closing := time.Now()
		h.Close()
		if took := time.Since(closing); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		end()
	})
}
