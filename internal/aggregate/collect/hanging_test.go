package collect

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"feedd/internal/feed"
	"feedd/internal/feed/feedtest"
)

// TestGoodBesideHangingAndFailing queues 30 good sources behind 1,000 that hang, in the several ways
// that there are, and 2,000 that fail: each good one has had its first look within 15 seconds.
func TestGoodBesideHangingAndFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		web := feedtest.NewWeb(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch kind, _, _ := strings.Cut(r.Host, "-"); kind {
			case "hanging":
				<-r.Context().Done()
			case "failing":
				time.Sleep(300 * time.Millisecond)
				http.Error(w, "down", http.StatusInternalServerError)
			case "closing":
				panic(http.ErrAbortHandler)
			default:
				time.Sleep(300 * time.Millisecond)
				io.WriteString(w, rssOf("a", "b"))
			}
		}))
		dial := func(ctx context.Context, network, address string) (net.Conn, error) {
			switch kind, _, _ := strings.Cut(address, "-"); kind {
			case "unreachable": // no connection comes about
				<-ctx.Done()
				return nil, ctx.Err()
			case "refusing":
				return nil, fmt.Errorf("connection refused")
			}
			return web.Dial(ctx, network, address)
		}
		c := New(Options{Now: time.Now, MaxHosts: 128, Dial: dial})
		took := map[string]time.Duration{}
		var mu sync.Mutex
		began := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		q := c.Queue(ctx, func(j *Job, res *Result) {
			mu.Lock()
			defer mu.Unlock()
			if res.Outcome == OK {
				took[j.Source.ID] = time.Since(began)
			}
		})
		add := func(kind string, n int) {
			for i := range n {
				host := fmt.Sprintf("%s-%d.example", kind, i)
				q.Submit(Job{Source: feed.Source{ID: host, URL: "http://" + host + "/", Schedule: "*/15 * * * *", Timeout: 20 * time.Second}})
			}
		}
		add("hanging", 700)
		add("unreachable", 300)
		add("failing", 1000)
		add("closing", 500)
		add("refusing", 500)
		synctest.Wait() // all of them stand in line
		add("good", 30)
		time.Sleep(15 * time.Second)
		mu.Lock()
		if len(took) != 30 {
			t.Errorf("within 15 s %d of 30 good sources have been read", len(took))
		}
		latest := time.Duration(0)
		for _, d := range took {
			latest = max(latest, d)
		}
		mu.Unlock()
		t.Logf("the last good source was read after %v", latest)
		q.Wait()
		if n := len(c.hanging) + len(c.slots); n > 0 {
			t.Errorf("%d places are not given back", n)
		}
		cancel()
		c.Close()
		web.Close()
		synctest.Wait()
	})
}
