package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"feedd/internal/feed/feedtest"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// receipt is one time that a receiver was told something.
type receipt struct {
	id, title string
	run       int64 // of the process that told it
}

// receivers are a webhook, a mail server and what shoutrrr's generic service posts to. They take everything.
type receivers struct {
	run  atomic.Int64
	mu   sync.Mutex
	got  map[string][]receipt // by channel
	hook *httptest.Server
	mail *feedtest.Mailbox
}

const signedWith = "a-secret-for-the-webhook"

func newReceivers(t *testing.T) *receivers {
	r := &receivers{got: map[string][]receipt{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /signed/{run}", func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		mac := hmac.New(sha256.New, []byte(signedWith))
		mac.Write(body)
		var said struct {
			ID, Kind, Channel string
			Stories           []struct{ Title string }
		}
		if err != nil || json.Unmarshal(body, &said) != nil || q.Header.Get("X-Feedd-Signature") != "sha256="+hex.EncodeToString(mac.Sum(nil)) || q.Header.Get("X-Feedd-Id") != said.ID {
			t.Errorf("the webhook got %s, signed %q (%v)", body, q.Header.Get("X-Feedd-Signature"), err)
			return
		}
		for _, s := range said.Stories {
			r.take(runOf(q), said.Channel, said.ID, said.Kind+" "+s.Title)
		}
	})
	mux.HandleFunc("POST /generic/{run}", func(w http.ResponseWriter, q *http.Request) {
		var said struct{ Message string }
		if body, err := io.ReadAll(q.Body); err != nil || json.Unmarshal(body, &said) != nil {
			t.Errorf("the generic webhook got %s, %v", body, err)
			return
		}
		title, _, _ := strings.Cut(said.Message, "\n")
		r.take(runOf(q), "generic", title, "story "+title)
	})
	r.hook = httptest.NewServer(mux)
	t.Cleanup(r.hook.Close)
	r.mail = feedtest.NewMailbox(t)
	r.mail.Took = func(l feedtest.Letter) error {
		if l.Header.Get("List-Unsubscribe") == "" || !strings.Contains(l.Text, "text/html") || !strings.Contains(l.Text, "text/plain") {
			t.Errorf("a letter has the header %v and the body %s", l.Header, l.Text)
		}
		r.take(r.run.Load(), "mail", l.Header.Get("Message-Id"), "story "+l.Header.Get("X-Feedd-Id"))
		return nil
	}
	return r
}

// take notes that something was told. It takes its time, so that processes die meanwhile.
func (r *receivers) take(run int64, channel, id, title string) {
	r.mu.Lock()
	r.got[channel] = append(r.got[channel], receipt{id, title, run})
	r.mu.Unlock()
	time.Sleep(time.Millisecond)
}

// runOf is which process told something: it has an address of its own, for what it told may be taken when the next one
// runs already.
func runOf(q *http.Request) int64 {
	run, _ := strconv.ParseInt(q.PathValue("run"), 10, 64)
	return run
}

// told returns the headlines of the stories that were told on a channel.
func (r *receivers) told(channel string) (titles []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, g := range r.got[channel] {
		if title, ok := strings.CutPrefix(g.title, "story "); ok && !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
	}
	return titles
}

func (r *receivers) count(channel string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	different := map[string]bool{}
	for _, g := range r.got[channel] {
		different[g.title] = true
	}
	return len(different)
}

// env are the addresses of the receivers for the process of this run.
func (r *receivers) env() []string {
	host, run := strings.TrimPrefix(r.hook.URL, "http://"), fmt.Sprint(r.run.Load())
	return []string{
		"SIGNED=" + r.hook.URL + "/signed/" + run, "SECRET=" + signedWith,
		"GENERIC=generic://" + host + "/generic/" + run + "?disabletls=yes&template=json",
		"MAIL=smtp://" + r.mail.Addr + "/?from=desk@example.org&to=reader@example.org",
	}
}

const channelsYAML = `
site: {title: Điểm tin, url: "https://news.example.org", contact: "mailto:desk@example.org"}
defaults: {allow_private: true, host_interval: 0s}
sections: [{id: tin}, {id: sua}]
notify:
  - {id: signed, url_env: SIGNED, secret_env: SECRET, sections: [tin], limit: 200}
  - {id: generic, url_env: GENERIC, sections: [tin], limit: 200}
  - {id: mail, url_env: MAIL, query: "tin", limit: 200}
  - {id: telegram, url_env: TELEGRAM, sections: [tin], limit: 200}
  - {id: digest, url_env: SIGNED, secret_env: SECRET, sections: [tin], limit: 200, schedule: "@every 1m"}
  - {id: corrected, url_env: SIGNED, secret_env: SECRET, sections: [sua], limit: 200}
`

// TestToldThroughHundredKills kills feedd serve a hundred times at random moments, while feedd collect
// brings news and feedd retract takes stories back. Each story must be told once on each channel, by itself or in
// one digest, and each that was told and taken back be corrected once; a message that was under way at a kill may
// be told once more by a later process, with the same id.
//
// On PostgreSQL it is 25 kills, for each takes longer there. FEEDD_KILLS is another number for both.
func TestToldThroughHundredKills(t *testing.T) {
	t.Parallel()
	onSQLite, onPostgres := 100, 25
	if text := os.Getenv("FEEDD_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("FEEDD_KILLS is %q", text)
		}
		onSQLite, onPostgres = n, n
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		toldThroughKills(t, storetest.SQLite(t), "msg=serving", onSQLite)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		toldThroughKills(t, storetest.Postgres(t), "this node holds messages", onPostgres)
	})
}

// toldThroughKills kills each process some time after it logged what it logs when it may tell something: ready.
func toldThroughKills(t *testing.T, db, ready string, kills int) {
	r := newReceivers(t)
	web := newServices(t, "api.telegram.org")
	web.took = func(q *http.Request, text string) {
		var run int64
		if _, err := fmt.Sscanf(q.URL.Path, "/bot123456789:%d/sendMessage", &run); err != nil {
			t.Errorf("Telegram was asked for %s: %v", q.URL.Path, err)
		}
		title, _, _ := strings.Cut(text, "\n")
		r.take(run, "telegram", title, "story "+title)
	}
	began := time.Now().Add(-time.Hour)
	var told, wrong atomic.Int64 // stories in the feed, and in that of those that are taken back
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml")
		fmt.Fprint(w, `<rss version="2.0"><channel><title>Báo</title><link>http://x/</link><description/>`)
		from, to, opening := int64(0), told.Load(), "Tin"
		if q.URL.Path == "/sua" {
			from, to, opening = wrongFrom, wrongFrom+wrong.Load(), "Bài"
		}
		for i := to; i > from; i-- {
			fmt.Fprintf(w, `<item><title>%s</title><guid isPermaLink="false">%d</guid><link>http://bao.example/%d</link><pubDate>%s</pubDate></item>`,
				opening+headlineOf(i), i, i, began.Add(time.Duration(i)*time.Second).Format(time.RFC1123Z))
		}
		fmt.Fprint(w, `</channel></rss>`)
	}))
	defer srv.Close()
	config := filepath.Join(t.TempDir(), "feeds.yaml")
	if err := os.WriteFile(config, []byte(channelsYAML+"sources:\n  - {id: bao, title: Báo, section: tin, url: "+srv.URL+"/tin}\n"+
		"  - {id: sua, title: Báo Sửa, section: sua, url: "+srv.URL+"/sua}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func(command ...string) *exec.Cmd {
		cmd := exec.Command(os.Args[0], append(command, "--config", config, "--db", db)...)
		cmd.Env = slices.Concat(os.Environ(), []string{runAsFeedd + "=1", fmt.Sprintf("TELEGRAM=telegram://123456789:%035d@telegram?chats=@toa-soan", r.run.Load())}, web.env, r.env())
		return cmd
	}
	collect := func() {
		// The desk that was to file it may just have been killed.
		if out, err := start("collect").CombinedOutput(); err != nil && !strings.Contains(string(out), "all sources failed") && !strings.Contains(string(out), "has not filed it yet") {
			t.Errorf("collect: %v\n%s", err, out)
		}
	}
	random := rand.New(rand.NewPCG(3, 4))
	retracted := map[string]bool{}
	retract := func() { // one of what was told
		for _, title := range r.told("corrected") {
			if retracted[title] {
				continue
			}
			// A kill of the process beside it, or its lock, may not keep the editor from it.
			if out, err := start("retract", title).CombinedOutput(); err != nil {
				t.Errorf("retract %s: %v\n%s", title, err, out)
			}
			retracted[title] = true
			return
		}
	}
	digested := time.Now()
	for k := range kills {
		told.Add(1 + random.Int64N(3))
		wrong.Add(1)
		if time.Since(digested) > 2*time.Second { // a digest is due, and this process or a later one is killed at it
			digested = time.Now()
			digestDue(t, db)
		}
		r.run.Add(1)
		cmd := start("serve", "--listen", "127.0.0.1:0")
		up := waitFor(ready)
		cmd.Stderr = up
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var bringing sync.WaitGroup
		bringing.Go(collect)
		if k%3 == 2 {
			bringing.Go(retract)
		}
		giveUp := time.NewTimer(30 * time.Second)
		select {
		case <-up.seen:
		case <-giveUp.C:
			t.Errorf("serve never said %q", ready)
		}
		wait := time.NewTimer(time.Duration(random.Int64N(int64(500 * time.Millisecond))))
		<-wait.C
		_ = cmd.Process.Signal(syscall.SIGKILL)
		if cmd.Wait() == nil {
			t.Fatal("serve ended by itself")
		}
		bringing.Wait()
	}
	r.run.Add(1)
	collect()
	retract()
	<-time.NewTimer(time.Until(digested.Add(2 * time.Second))).C // digests go by whole seconds
	digestDue(t, db)
	cmd := start("serve", "--listen", "127.0.0.1:0")
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"signed": int(told.Load()), "generic": int(told.Load()), "mail": int(told.Load()), "telegram": int(told.Load()), "digest": int(told.Load()), "corrected": int(wrong.Load()) + len(retracted)}
	deadline := time.NewTimer(3 * time.Minute)
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for waiting := true; waiting; {
		waiting = false
		for channel, n := range want {
			waiting = waiting || r.count(channel) < n
		}
		select {
		case <-look.C:
		case <-deadline.C:
			waiting = false
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	if t.Failed() {
		t.Log(log.String())
	}
	for _, channel := range slices.Sorted(maps.Keys(want)) {
		r.check(t, channel, want[channel], kills)
	}
	for _, title := range slices.Sorted(maps.Keys(retracted)) {
		if !slices.ContainsFunc(r.got["corrected"], func(g receipt) bool { return g.title == "correction "+title }) {
			t.Errorf("%s was taken back, and nobody told", title)
		}
	}
	t.Logf("%d stories were taken back", len(retracted))
}

// awaited is a log in which some words are waited for.
type awaited struct {
	words string
	seen  chan struct{} // closed when they were written
	log   strings.Builder
	done  bool
}

func waitFor(words string) *awaited { return &awaited{words: words, seen: make(chan struct{})} }

func (s *awaited) Write(b []byte) (int, error) {
	s.log.Write(b)
	if !s.done && strings.Contains(s.log.String(), s.words) {
		s.done = true
		close(s.seen)
	}
	return len(b), nil
}

// digestDue makes it an hour ago that the last digest was made. No process uses the store meanwhile.
func digestDue(t *testing.T, db string) {
	t.Helper()
	s, err := store.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w, err := s.Waiting(t.Context(), "digest")
	if err != nil {
		t.Fatal(err)
	}
	if w.Since.IsZero() {
		return // not known yet
	}
	if err := s.Compose(t.Context(), "digest", nil, time.Now().Add(-time.Hour), w.Digest); err != nil {
		t.Fatal(err)
	}
}

// check holds the receipts of a channel to what is promised.
func (r *receivers) check(t *testing.T, channel string, want, kills int) {
	t.Helper()
	byTitle := map[string][]receipt{}
	for _, g := range r.got[channel] {
		byTitle[g.title] = append(byTitle[g.title], g)
	}
	if len(byTitle) != want {
		t.Errorf("%s: %d stories were told, want %d", channel, len(byTitle), want)
	}
	repeats, per := 0, map[int64]map[string]bool{} // the messages that a run repeated: a digest has several stories
	for title, all := range byTitle {
		for i, g := range all[1:] {
			repeats++
			if per[g.run] == nil {
				per[g.run] = map[string]bool{}
			}
			per[g.run][g.id] = true
			if g.id != all[0].id {
				t.Errorf("%s: %s was told with the id %s, and again with %s", channel, title, all[0].id, g.id)
			}
			if g.run == all[i].run {
				t.Errorf("%s: %s was told twice by one process", channel, title)
			}
		}
	}
	// One message of a channel is under way at a kill. Its lease may outlast the next kills, so that a run
	// repeats what several left behind.
	sofar := 0
	for _, run := range slices.Sorted(maps.Keys(per)) {
		if sofar += len(per[run]); sofar > int(run)-1 {
			t.Errorf("%s: %d messages were repeated up to run %d, after %d kills", channel, sofar, run, run-1)
		}
	}
	t.Logf("%s: %d stories, %d repeats after %d kills", channel, len(byTitle), repeats, kills)
}

// wrongFrom is behind which number the stories have theirs that are taken back.
const wrongFrom = 1_000_000

// headlineOf is a headline of words that no other has, but for its first.
func headlineOf(i int64) string {
	random := rand.New(rand.NewPCG(uint64(i), 1))
	heads, tails := []string{"b", "ch", "d", "g", "kh", "l", "m", "nh", "ph", "r", "t", "v", "x"}, []string{"a", "anh", "en", "inh", "o", "ong", "u", "uy"}
	words := make([]string, 6)
	for w := range words {
		for range 3 {
			words[w] += heads[random.IntN(len(heads))] + tails[random.IntN(len(tails))]
		}
	}
	return " " + strings.Join(words, " ")
}
