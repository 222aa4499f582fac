package collect

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"feedd/internal/aggregate/read"
	"feedd/internal/feed"
)

// A host that does not answer keeps only its own sources waiting.
func TestSlowHostDelaysNobody(t *testing.T) {
	stop := make(chan struct{})
	slow := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	fast := webServer(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, rssOf("a")) })
	var jobs []Job
	for i := range 20 {
		jobs = append(jobs, Job{Source: sourceAt(fmt.Sprint("slow", i), slow.URL)})
	}
	for i := range 20 {
		jobs = append(jobs, Job{Source: sourceAt(fmt.Sprint("fast", i), fast.URL)})
	}
	c := New(Options{MaxHosts: 2})
	var done sync.WaitGroup
	done.Add(20)
	ctx, cancel := context.WithCancel(t.Context())
	finished := make(chan error)
	var slowDone atomic.Int32
	go func() {
		finished <- c.Run(ctx, slices.Values(jobs), func(j *Job, res *Result) {
			if strings.HasPrefix(j.Source.ID, "fast") {
				if res.Err != nil {
					t.Error(res.Err)
				}
				done.Done()
			} else {
				slowDone.Add(1)
			}
		})
	}()
	done.Wait() // all fast ones, while the first slow one is still under way
	if n := slowDone.Load(); n != 0 {
		t.Errorf("%d slow sources ended", n)
	}
	cancel()
	if err := <-finished; err != context.Canceled {
		t.Error(err)
	}
	if n := slowDone.Load(); n != 0 {
		t.Errorf("%d results of what was cut short", n)
	}
	close(stop)
}

func TestRunsOfOneSourceNeverOverlap(t *testing.T) {
	var inside, most atomic.Int32
	release := make(chan struct{})
	s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		n := inside.Add(1)
		defer inside.Add(-1)
		most.Store(max(most.Load(), n))
		<-release
		io.WriteString(w, rssOf("a"))
	})
	c := testCollector(t)
	var mu sync.Mutex
	var order []string
	st := feed.SourceState{URL: s.URL, Push: &feed.Push{Topic: s.URL}}
	q := c.Queue(t.Context(), func(j *Job, res *Result) {
		mu.Lock()
		defer mu.Unlock()
		kind := "poll"
		if j.Pushed != nil {
			kind = "push"
		}
		order = append(order, fmt.Sprintf("%s %d", kind, len(res.Items)))
		if res.Err != nil {
			t.Error(res.Err)
		}
		st = res.State
	})
	load := func(context.Context) (feed.SourceState, error) {
		mu.Lock()
		defer mu.Unlock()
		return st, nil
	}
	src := sourceAt("s", s.URL)
	if !q.Submit(Job{Source: src, Load: load}) {
		t.Fatal("not taken")
	}
	if q.Submit(Job{Source: src, Load: load}) {
		t.Error("taken twice")
	}
	if !q.Submit(Job{Source: src, Load: load, Pushed: &read.Body{Bytes: []byte(rssOf("b", "c")), URL: s.URL}}) {
		t.Error("what a hub delivered is not taken")
	}
	close(release)
	q.Wait()
	if got := strings.Join(order, ", "); got != "poll 1, push 2" || most.Load() != 1 || q.Busy() != 0 {
		t.Errorf("%s, %d at once, %d busy", got, most.Load(), q.Busy())
	}
	if st.Push.LastPush.IsZero() || st.LastRun.IsZero() {
		t.Errorf("the push did not build on the poll's state: %+v", st)
	}
	if !q.Submit(Job{Source: src, Load: load}) {
		t.Error("not taken again")
	}
	q.Wait()
}

// Redirects to a slow host do not hold up the line of the host they come from.
func TestRedirectsLeaveTheLine(t *testing.T) {
	stop := make(chan struct{})
	slow := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		<-stop
		io.WriteString(w, rssOf("slow"))
	})
	s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, slow.URL, http.StatusFound)
			return
		}
		io.WriteString(w, rssOf("a"))
	})
	c := unguarded(testCollector(t))
	var jobs []Job
	for i := range 5 {
		jobs = append(jobs, Job{Source: sourceAt(fmt.Sprint("away", i), s.URL+"/away")})
	}
	jobs = append(jobs, Job{Source: sourceAt("here", s.URL+"/here")})
	var count int
	var mu sync.Mutex
	err := c.Run(t.Context(), slices.Values(jobs), func(j *Job, res *Result) {
		mu.Lock()
		defer mu.Unlock()
		if j.Source.ID == "here" {
			if count != 0 {
				t.Errorf("%d results came before", count)
			}
			close(stop)
		}
		count++
		if res.Err != nil {
			t.Error(res.Err)
		}
	})
	if err != nil || count != len(jobs) {
		t.Errorf("%d results: %v", count, err)
	}
}

// Large bodies are in memory a few at a time, and what waits for its place loses no time by it.
func TestLargeBodiesTakeTurns(t *testing.T) {
	pad := strings.Repeat(" ", 600<<10)
	s := webServer(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, rssOf("a")+pad) })
	c := testCollector(t)
	for range largeBodies - 1 {
		c.large <- struct{}{}
	}
	src := sourceAt("s", s.URL)
	src.Timeout = 500 * time.Millisecond
	c.large <- struct{}{}
	time.AfterFunc(800*time.Millisecond, func() { <-c.large })
	if res := c.Collect(t.Context(), src, feed.SourceState{}, nil); res.Err != nil {
		t.Error(res.Err)
	}
}

// A large document is read alone and keeps its place among the bodies until it was read; small ones
// pass it meanwhile. What is large only once it is unpacked is large too.
func TestLargeDocumentsAreReadAlone(t *testing.T) {
	pad := strings.Repeat(" ", 2*largeText)
	for _, name := range []string{"as it is", "packed", "packed without a word"} {
		t.Run(name, func(t *testing.T) {
			s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Path == "/small":
					io.WriteString(w, rssOf("a"))
				case name != "as it is":
					if name == "packed" {
						w.Header().Set("Content-Encoding", "gzip")
					}
					z := gzip.NewWriter(w)
					io.WriteString(z, rssOf("a")+pad)
					z.Close()
				default:
					io.WriteString(w, rssOf("a")+pad)
				}
			})
			c := testCollector(t)
			c.readingLarge <- struct{}{} // another is being read
			read := make(chan Result)
			go func() { read <- c.Collect(t.Context(), sourceAt("large", s.URL+"/large"), feed.SourceState{}, nil) }()
			for range 20 {
				if res := c.Collect(t.Context(), sourceAt("small", s.URL+"/small"), feed.SourceState{}, nil); res.Err != nil {
					t.Fatal(res.Err)
				}
			}
			select {
			case <-read:
				t.Fatal("two large documents were read at once")
			default:
			}
			<-c.readingLarge
			if res := <-read; res.Err != nil || len(res.Items) != 1 {
				t.Errorf("%d items, error %v", len(res.Items), res.Err)
			}
			if len(c.large) != 0 || len(c.reading) != 0 || len(c.readingLarge) != 0 {
				t.Errorf("places were not given back: %d large bodies, %d and %d documents", len(c.large), len(c.reading), len(c.readingLarge))
			}
		})
	}
}

// What came of documents waits for a slow store a few at a time, and the rest of them unread; small ones pass
// large ones meanwhile.
func TestResultsDoNotPileUp(t *testing.T) {
	const some = 200 << 10
	for name, load := range map[string]struct{ size, most int }{
		"large": {2 * largeText, largeUnsaved},
		"other": {some, mostUnsaved / (some + len(rssOf("a")))},
	} {
		t.Run(name, func(t *testing.T) {
			pad := strings.Repeat(" ", load.size)
			s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/small" {
					io.WriteString(w, rssOf("a"))
					return
				}
				io.WriteString(w, rssOf("a")+pad)
			})
			c := testCollector(t)
			var jobs []Job
			for n := range 3 * load.most {
				jobs = append(jobs, Job{Source: sourceAt(fmt.Sprint("s", n), fmt.Sprintf("%s/%d", s.URL, n))})
			}
			came, save := make(chan struct{}, len(jobs)), make(chan struct{})
			ran := make(chan error)
			go func() {
				ran <- c.Run(t.Context(), slices.Values(jobs), func(_ *Job, res *Result) {
					if res.Err != nil || len(res.Items) != 1 {
						t.Errorf("%d items, error %v", len(res.Items), res.Err)
					}
					came <- struct{}{}
					<-save
				})
			}()
			for range load.most {
				<-came
			}
			if load.size > largeText {
				for range 20 {
					if res := c.Collect(t.Context(), sourceAt("small", s.URL+"/small"), feed.SourceState{}, nil); res.Err != nil {
						t.Fatal(res.Err)
					}
				}
			} else if c.unsaved.TryAcquire(some) {
				t.Error("there is room for another")
			}
			if len(came) > 0 {
				t.Errorf("%d results wait for the store", load.most+len(came))
			}
			close(save)
			if err := <-ran; err != nil || len(came) != len(jobs)-load.most {
				t.Errorf("%d of %d results came in the end, %v", load.most+len(came), len(jobs), err)
			}
			if !c.unsaved.TryAcquire(mostUnsaved) || !c.unsavedLarge.TryAcquire(largeUnsaved) {
				t.Error("a place was not given back")
			}
		})
	}
}

// Collectors that share a gate keep a host's pace together.
func TestCollectorsShareAGate(t *testing.T) {
	var inside atomic.Int32
	s := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		if inside.Add(1) > 1 {
			t.Error("two requests at once")
		}
		inside.Add(-1) // before the answer, after which the next may come
		io.WriteString(w, rssOf("a"))
	})
	gate := NewGate(time.Now)
	var wg sync.WaitGroup
	for i := range 2 {
		c := New(Options{Gate: gate})
		wg.Go(func() {
			var jobs []Job
			for k := range 20 {
				jobs = append(jobs, Job{Source: sourceAt(fmt.Sprint(i, k), s.URL)})
			}
			if err := c.Run(t.Context(), slices.Values(jobs), func(_ *Job, res *Result) {
				if res.Err != nil {
					t.Error(res.Err)
				}
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
