package daemon

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"feedd/internal/store/storetest"
)

// subscriber confirms whatever a hub asks, and remembers the bytes it was given.
type subscriber struct {
	*httptest.Server
	confirmed chan struct{}

	mu    sync.Mutex
	given []string // hashes
}

func newSubscriber(t *testing.T) *subscriber {
	s := &subscriber{confirmed: make(chan struct{}, 1)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, r.URL.Query().Get("hub.challenge"))
			s.confirmed <- struct{}{}
			return
		}
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return // the test sees that nothing came
		}
		sum := sha256.Sum256(b)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.given = append(s.given, hex.EncodeToString(sum[:]))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *subscriber) has(hash string) (times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.given {
		if g == hash {
			times++
		}
	}
	return times
}

// TestTwoPublishers: two nodes serve the same bytes since the same time, and a subscriber who asked one of
// them gets each change once, also when the node that delivered is gone.
func TestTwoPublishers(t *testing.T) {
	db := storetest.Postgres(t)
	c := newClock()
	yaml := newsYAML(t, c) // whose subscribers may live on loopback
	first := node(t, yaml, c, db)
	stop := first.run(t)
	held := func() bool {
		held, err := first.cluster.Held(t.Context(), "hub")
		return err == nil && held
	}
	eventually(t, "the first node delivers", held)
	second := node(t, yaml, c, db, RolePublish)
	second.start(t)
	const path = "/sections/all.rss"
	same := func() bool {
		a, b := first.get(t, path), second.get(t, path)
		return strings.Contains(first.text(t, path), "<item>") && a.Header.Get("ETag") == b.Header.Get("ETag") && a.Header.Get("Last-Modified") == b.Header.Get("Last-Modified")
	}
	eventually(t, "both publish the same", same)

	reader := newSubscriber(t)
	form := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {"https://news.example.org" + path}, "hub.callback": {reader.URL}}
	resp, err := http.PostForm("http://"+second.Addr().String()+"/hub", form)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	<-reader.confirmed
	eventually(t, "the subscription is kept", func() bool {
		subs, err := second.store.Subscriptions(t.Context())
		return err == nil && len(subs) == 1
	})

	withdraw := func(h *house) {
		before := h.get(t, path).Header.Get("ETag")
		for _, e := range h.entries(t) {
			if e.Withdrawn.IsZero() && strings.Contains(h.text(t, path), e.Key+"<") {
				if _, err := h.As("").Retract(t.Context(), e.Story, false); err != nil {
					t.Fatal(err)
				}
				break
			}
		}
		eventually(t, "what was withdrawn is gone", func() bool { return h.get(t, path).Header.Get("ETag") != before })
	}
	delivered := func() bool { // what is served, for there may have been more changes than the one
		sum := sha256.Sum256([]byte(second.text(t, path)))
		return reader.has(hex.EncodeToString(sum[:])) > 0
	}
	withdraw(second)
	eventually(t, "the delivery", delivered)
	eventually(t, "both publish the same again", same)

	stop()
	c.advance(10 * time.Second) // what it was about to render when it ended, others render after a while
	withdraw(second)
	eventually(t, "the delivery by the other node", delivered)
	time.Sleep(100 * time.Millisecond) // for what must not come
	reader.mu.Lock()
	defer reader.mu.Unlock()
	seen := map[string]bool{}
	for _, g := range reader.given {
		if seen[g] {
			t.Error("the subscriber was given the same twice")
		}
		seen[g] = true
	}
}
