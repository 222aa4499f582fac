package cluster_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"
)

// hookEnv is the environment variable with the address of the channel that people read.
const hookEnv = "FEEDD_CHAOS_HOOK"

// readers are who is told of what the nodes publish: a subscriber of their hub, and a channel's receiver.
// Each fails the test when it is given something twice. What a node gives whose end, or that of the database, keeps it from
// noting that it did comes again, with the same id: nobody can tell whether it was taken.
type readers struct {
	t  *testing.T
	at string // address of both

	mu       sync.Mutex
	feeds    map[string]time.Time // by hash, when it was taken first
	messages map[string]time.Time // by id
	last     string               // the feed that was taken last
	excused  map[string]bool
	again    int       // came a second time
	grace    time.Time // what is given until then may come again
}

func newReaders(t *testing.T) *readers {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &readers{t: t, at: "http://" + l.Addr().String(), feeds: map[string]time.Time{}, messages: map[string]time.Time{}, excused: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /feed", func(w http.ResponseWriter, q *http.Request) {
		_, _ = io.WriteString(w, q.URL.Query().Get("hub.challenge"))
	})
	mux.HandleFunc("POST /feed", func(_ http.ResponseWriter, q *http.Request) {
		b, err := io.ReadAll(q.Body)
		if err == nil {
			r.takeFeed(fmt.Sprintf("%x", sha256.Sum256(b)))
		}
	})
	mux.HandleFunc("POST /message", func(_ http.ResponseWriter, q *http.Request) { r.take(r.messages, q.Header.Get("X-Feedd-Id")) })
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return r
}

func (r *readers) takeFeed(hash string) {
	r.take(r.feeds, hash)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = hash
}

func (r *readers) take(of map[string]time.Time, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if first, had := of[id]; had {
		if r.again++; !r.excused[id] {
			r.t.Errorf("%s was given at %s, and again at %s", id, first.Format("15:04:05.000"), time.Now().Format("15:04:05.000"))
		}
		delete(r.excused, id) // once
		return
	}
	of[id] = time.Now()
	if time.Now().Before(r.grace) {
		r.excused[id] = true
	}
}

// forgive excuses that comes again what was given and is not noted yet, as messages that are unsent and a feed that is
// not among those delivered, or will be given within a moment.
func (r *readers) forgive(unsent, delivered []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range unsent {
		if _, given := r.messages[id]; given {
			r.excused[id] = true
		}
	}
	if !slices.Contains(delivered, r.last) {
		r.excused[r.last] = true
	}
	r.grace = time.Now().Add(graceMost)
}

func (r *readers) told() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.messages)
}

// subscribe asks a node's hub for the feeds of a topic.
func (r *readers) subscribe(t *testing.T, node, topic string) {
	t.Helper()
	resp, err := http.PostForm("http://"+node+"/hub", url.Values{"hub.mode": {"subscribe"}, "hub.topic": {topic}, "hub.callback": {r.at + "/feed"}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("the hub answers %s", resp.Status)
	}
}
