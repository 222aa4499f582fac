package hub

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"feedd/internal/feed"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// fixedKey is the key of a site that never had another.
func fixedKey(context.Context) (string, error) { return "key", nil }

// site publishes any feed that is asked for.
type site struct{}

func (site) Settings() Settings            { return Settings{Base: "https://news.example.org"} }
func (site) Refresh(context.Context) error { return nil }
func (site) Feed(path string) (Feed, bool) { return Feed{Path: path, Hash: "h"}, true }

// world answers what a hub asks, and counts whom it asked. Hosts that begin with "hang" take a minute,
// those with "deny" confirm nothing, those with "busy" confirm and then take no delivery.
type world struct {
	mu    sync.Mutex
	asked map[string]int // by host
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.asked[r.URL.Hostname()]++
	w.mu.Unlock()
	host := r.URL.Hostname()
	if strings.HasPrefix(host, "hang") {
		select {
		case <-time.After(time.Minute):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	res := httptest.NewRecorder()
	switch {
	case strings.HasPrefix(host, "deny"):
		res.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodPost && strings.HasPrefix(host, "busy"):
		res.WriteHeader(http.StatusServiceUnavailable)
	default:
		fmt.Fprint(res, r.URL.Query().Get("hub.challenge"))
	}
	return res.Result(), nil
}

func (w *world) calls(host string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[host]
}

// within runs a hub in a bubble whose clock passes as soon as everybody waits.
func within(t *testing.T, test func(h *Hub, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{asked: map[string]int{}}
		h := w.hub(t, forgetful{})
		test(h, w)
		h.Close()
	})
}

// hub starts a hub in this world.
func (w *world) hub(t *testing.T, keep Subscriptions) *Hub {
	h, err := New(Options{Site: site{}, Subscriptions: keep, Registry: prometheus.NewRegistry(), Now: time.Now, Key: fixedKey, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	h.safe = &http.Client{Transport: w, Timeout: callTimeout}
	return h
}

func (h *Hub) ask(mode, topic, callback, from string) int {
	form := url.Values{"hub.mode": {mode}, "hub.topic": {"https://news.example.org" + topic}, "hub.callback": {callback}}
	r := httptest.NewRequest(http.MethodPost, "/hub", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.Serve(w, r, from)
	return w.Code
}

func (h *Hub) subscriptions() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs)
}

// An attacker with one address, any number of hosts and all the time of a day takes a share and no more,
// and everybody else is served as before.
func TestOneClientCannotFillTheHub(t *testing.T) {
	within(t, func(h *Hub, _ *world) {
		taken := 0
		for i := range 20_000 {
			if h.ask("subscribe", fmt.Sprintf("/sections/s%d.rss", i%40), fmt.Sprintf("https://h%d.example%d.com/%d", i%51, i%51, i), "198.51.100.1") == http.StatusAccepted {
				taken++
			}
			time.Sleep(5 * time.Second)
		}
		synctest.Wait()
		if n := h.subscriptions(); n > mostOfClient {
			t.Errorf("one client holds %d subscriptions of %d asked for", n, taken)
		}
		if code := h.ask("subscribe", "/sections/all.rss", "https://reader.example/cb", "203.0.113.9"); code != http.StatusAccepted {
			t.Errorf("somebody else: %d", code)
		}
	})
}

// Nor does it help to wait for restarts, or to have somebody else renew what one has.
func TestSharesOutliveARestart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		synctest.Test(t, func(t *testing.T) {
			s, err := store.Open(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			w := &world{asked: map[string]int{}}
			for life := range 3 {
				h := w.hub(t, s)
				for i := range mostOfClient {
					h.ask("subscribe", fmt.Sprintf("/sections/s%d.rss", i%40), fmt.Sprintf("https://h%d.example%d.com/%d", i, i, life), "198.51.100.1")
					time.Sleep(verifyEvery)
				}
				if n := h.subscriptions(); n != mostOfClient {
					t.Errorf("life %d: one client holds %d subscriptions", life, n)
				}
				if code := h.ask("subscribe", "/sections/s0.rss", "https://h0.example0.com/0", "203.0.113.9"); code != http.StatusAccepted {
					t.Errorf("life %d: a renewal by somebody else: %d", life, code)
				}
				synctest.Wait()
				h.Close()
			}
			subs, err := s.Subscriptions(t.Context())
			if err != nil || len(subs) != mostOfClient {
				t.Errorf("%d subscriptions are stored, %v", len(subs), err)
			}
			for _, sub := range subs {
				if sub.Client == "" || strings.Contains(sub.Client, "198.51") {
					t.Errorf("the store names a client %q", sub.Client)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	})
}

// Nor does it help to have many addresses and the hosts of one domain, or of few.
func TestOneDomainCannotFillTheHub(t *testing.T) {
	within(t, func(h *Hub, _ *world) {
		for i := range 20_000 {
			h.ask("subscribe", fmt.Sprintf("/sections/s%d.rss", i%40), fmt.Sprintf("https://h%d.example.co.uk/%d", i%100, i), fmt.Sprintf("198.51.%d.%d", i/200, i%200))
			time.Sleep(5 * time.Second)
		}
		synctest.Wait()
		if n := h.subscriptions(); n > mostOfDomain {
			t.Errorf("one domain holds %d subscriptions", n)
		}
		if code := h.ask("subscribe", "/sections/all.rss", "https://example2.co.uk/cb", "203.0.113.9"); code != http.StatusAccepted {
			t.Errorf("another domain: %d", code)
		}
	})
}

// The fuller the hub is, the less a newcomer gets: a hundred attackers do not shut it.
func TestTheRestIsShared(t *testing.T) {
	h := &Hub{subs: map[subKey]*subscriber{}, has: tally{}, asked: tally{}}
	for i := range 100_000 {
		a := i % 100
		k := subKey{fmt.Sprintf("/sections/s%d.rss", i%40), fmt.Sprintf("https://attacker%d.example/%d", a, i)}
		w := whoOf(k, fmt.Sprintf("198.51.100.%d", a))
		if h.room(w) == "" {
			h.subs[k] = &subscriber{who: w}
			h.has.add(w, 1)
		}
	}
	if why := h.room(whoOf(subKey{"/sections/all.rss", "https://reader.example/cb"}, "203.0.113.9")); why != "" {
		t.Errorf("after %d subscriptions of a hundred attackers: %s", len(h.subs), why)
	}
}

// Callbacks that hang hold up nobody but those of the client who named them, and those of their domain.
func TestHangingCallbacksHoldNobodyUp(t *testing.T) {
	within(t, func(h *Hub, w *world) {
		for i := range 200 {
			h.ask("subscribe", "/sections/all.rss", fmt.Sprintf("https://hang%d.example%d.com/", i, i), "198.51.100.1")
		}
		for i := range 200 {
			h.ask("subscribe", "/sections/all.rss", fmt.Sprintf("https://hang.example.org/%d", i), fmt.Sprintf("198.51.100.%d", i))
		}
		if code := h.ask("subscribe", "/sections/all.rss", "https://reader.example/cb", "203.0.113.9"); code != http.StatusAccepted {
			t.Fatalf("beside hanging callbacks: %d", code)
		}
		time.Sleep(time.Second)
		if h.subscriptions() != 1 || w.calls("reader.example") != 1 {
			t.Errorf("%d subscriptions a second later, the reader was asked %d times", h.subscriptions(), w.calls("reader.example"))
		}
	})
}

// A host that asked for nothing is called a bounded number of times, whoever has it called.
func TestTheHubIsNoReflector(t *testing.T) {
	within(t, func(h *Hub, w *world) {
		for i := range 5000 {
			h.ask("subscribe", "/sections/all.rss", fmt.Sprintf("https://deny.example/%d", i), fmt.Sprintf("198.51.%d.%d", i/200, i%200))
			h.ask("unsubscribe", "/sections/all.rss", fmt.Sprintf("https://deny.example/%d", i), fmt.Sprintf("198.51.%d.%d", i/200, i%200))
			h.ask("unsubscribe", "/sections/all.rss", fmt.Sprintf("https://stranger%d.example/", i), fmt.Sprintf("198.51.%d.%d", i/200, i%200))
		}
		time.Sleep(10 * time.Minute)
		if n := w.calls("deny.example"); n == 0 || n > verifyBurst {
			t.Errorf("a host was called %d times for what it never asked", n)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.asked) > 1 {
			t.Errorf("hosts without a subscription were called: %v", slices.Sorted(maps.Keys(w.asked))[:2])
		}
	})
}

// What is asked twice is verified once, and who has a subscription may always renew it.
func TestRenewal(t *testing.T) {
	within(t, func(h *Hub, w *world) {
		for i := range mostOfTopic {
			if code := h.ask("subscribe", "/sections/all.rss", fmt.Sprintf("https://reader.example/%d", i), "203.0.113.9"); code != http.StatusAccepted {
				t.Fatal(code)
			}
			synctest.Wait() // only so many are verified at once
		}
		for _, want := range []int{http.StatusAccepted, http.StatusTooManyRequests} {
			if code := h.ask("subscribe", "/sections/all.rss", "https://hang.example/", "203.0.113.9"); code != want {
				t.Errorf("while it is verified: %d, want %d", code, want)
			}
		}
		synctest.Wait()
		if code := h.ask("subscribe", "/sections/all.rss", "https://reader.example/one-more", "203.0.113.9"); code != http.StatusServiceUnavailable {
			t.Errorf("one more than is taken: %d", code)
		}
		if code := h.ask("subscribe", "/sections/all.rss", "https://reader.example/1", "203.0.113.9"); code != http.StatusAccepted {
			t.Errorf("a renewal: %d", code)
		}
		synctest.Wait()
		if n := w.calls("reader.example"); n != mostOfTopic+1 {
			t.Errorf("asked %d times", n)
		}
		if code := h.ask("unsubscribe", "/sections/all.rss", "https://reader.example/1", "203.0.113.9"); code != http.StatusAccepted {
			t.Errorf("an end: %d", code)
		}
		synctest.Wait()
		if h.subscriptions() != mostOfTopic-1 || h.has["host reader.example"] != mostOfTopic-1 {
			t.Errorf("%d subscriptions, counted %d", h.subscriptions(), h.has["host reader.example"])
		}
	})
}

// A lease that ends while deliveries fail ends the deliveries.
func TestNothingIsSentAfterTheLease(t *testing.T) {
	within(t, func(h *Hub, w *world) {
		h.mu.Lock()
		s := feed.Subscription{Topic: "/sections/all.rss", Callback: "https://busy.example/", Until: time.Now().Add(time.Minute)}
		h.add(s, whoOf(subKey{s.Topic, s.Callback}, "")).push(Feed{Path: s.Topic, Hash: "new"})
		h.mu.Unlock()
		time.Sleep(time.Minute)
		before := w.calls("busy.example")
		time.Sleep(24 * time.Hour)
		if n := w.calls("busy.example"); before == 0 || n != before {
			t.Errorf("%d calls within the lease, %d after", before, n-before)
		}
	})
}

func TestDomains(t *testing.T) {
	for host, want := range map[string]string{
		"a.b.example.co.uk": "example.co.uk", "example.com": "example.com", "localhost": "localhost", "192.0.2.7": "192.0.2.7",
		"2001:db8:1:2:3::4": "2001:db8:1:2::/64", "me.github.io": "me.github.io", "": "",
	} {
		if got := domainOf(host); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
	if hostOf("https://A.Example.:8443/x") != "a.example" {
		t.Error("a host has several names")
	}
}

// A metadata service is no subscriber, not even where private addresses are.
func TestMetadataIsNeverCalled(t *testing.T) {
	for _, at := range []string{"169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "::ffff:168.63.129.16"} {
		address := netip.AddrPortFrom(netip.MustParseAddr(at), 80).String()
		if notMetadata("tcp", address, nil) == nil || safe("tcp4", address, nil) == nil && safe("tcp6", address, nil) == nil {
			t.Errorf("%s may be called", at)
		}
	}
	if err := notMetadata("tcp", "127.0.0.1:80", nil); err != nil {
		t.Error(err)
	}
	h, err := New(Options{Site: local{}, Subscriptions: forgetful{}, Registry: prometheus.NewRegistry(), Now: time.Now, Key: fixedKey, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://168.63.129.16/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.client(local{}.Settings()).Do(r); err == nil || !strings.Contains(err.Error(), "metadata") {
		t.Errorf("%v", err)
	}
}
