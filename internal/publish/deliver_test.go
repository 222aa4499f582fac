package publish

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
		p := &Publisher{now: time.Now, log: slog.New(slog.DiscardHandler)}
		var err error
		if p.metrics, err = newMetrics(prometheus.NewRegistry()); err != nil {
			t.Fatal(err)
		}
		if err := p.Reload(Settings{Site: feed.Site{URL: "http://localhost"}}); err != nil {
			t.Fatal(err)
		}
		h := newHub(p, forgetful{})
		takes := map[string]time.Duration{"slow.example": 9 * time.Second, "prompt.example": time.Millisecond}
		h.open = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			time.Sleep(takes[r.URL.Host])
			return &http.Response{StatusCode: http.StatusAccepted, Body: http.NoBody, Request: r}, nil
		})}
		sq, err := newSqueezer()
		if err != nil {
			t.Fatal(err)
		}
		change := func(body string, whose func(callback string) bool) {
			d, err := sq.document("/sections/all.rss", []byte(body), time.Now(), envelope{})
			if err != nil {
				t.Fatal(err)
			}
			h.mu.Lock()
			defer h.mu.Unlock()
			for k, sub := range h.subs {
				if whose(k.callback) {
					sub.push(d)
				}
			}
		}
		slow := func(callback string) bool { return strings.Contains(callback, "slow") }
		h.mu.Lock()
		for i := range cap(h.sending) + 10 {
			h.add(feed.Subscription{Topic: "/sections/all.rss", Callback: fmt.Sprintf("http://slow.example/%d", i)})
		}
		h.mu.Unlock()
		change("one", slow)
		time.Sleep(5 * time.Minute) // the hub learns who is slow
		h.mu.Lock()
		prompt := h.add(feed.Subscription{Topic: "/sections/all.rss", Callback: "http://prompt.example/"})
		h.mu.Unlock()
		change("two", slow)
		time.Sleep(time.Millisecond) // they hold what slots they get
		change("two", func(callback string) bool { return !slow(callback) })
		time.Sleep(100 * time.Millisecond)
		h.mu.Lock()
		if want := sum([]byte("two")); prompt.Delivered != want {
			t.Error("the prompt one waits for the slow")
		}
		h.mu.Unlock()
		h.close()
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// forgetful keeps no subscription: the test is about the present.
type forgetful struct{}

func (forgetful) Subscriptions(context.Context) ([]feed.Subscription, error) { return nil, nil }
func (forgetful) SaveSubscription(context.Context, feed.Subscription) error  { return nil }
func (forgetful) DeleteSubscription(context.Context, string, string) error   { return nil }
