package hub

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
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
func (forgetful) NoteDelivery(context.Context, string, string, string) error          { return nil }
func (forgetful) DeleteSubscription(context.Context, string, string, time.Time) error { return nil }

// away is a store that is away for a while.
type away struct {
	forgetful
	until time.Time
	noted []string
}

func (a *away) NoteDelivery(_ context.Context, _, _, hash string) error {
	if time.Now().Before(a.until) {
		return context.DeadlineExceeded
	}
	a.noted = append(a.noted, hash)
	return nil
}

// A delivery that was taken while the store was away is noted when it is back, so that it does not come
// twice.
func TestNotedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keep := &away{until: time.Now().Add(20 * time.Second)}
		h, err := New(Options{Site: local{}, Subscriptions: keep, Registry: prometheus.NewRegistry(), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		given := 0
		h.open = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			given++
			return &http.Response{StatusCode: http.StatusAccepted, Body: http.NoBody, Request: r}, nil
		})}
		h.mu.Lock()
		sub := h.add(feed.Subscription{Topic: "/sections/all.rss", Callback: "http://reader.example/", Until: time.Now().Add(leaseMost)}, who{})
		sub.push(Feed{Path: "/sections/all.rss", Hash: "one"})
		h.mu.Unlock()
		time.Sleep(30 * time.Second)
		h.Close()
		if given != 1 || len(keep.noted) != 1 || keep.noted[0] != "one" {
			t.Errorf("given %d times, noted %v", given, keep.noted)
		}
	})
}
