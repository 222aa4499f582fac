package cluster_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"feedd/internal/store/storetest"
)

// The long form of TestChaos: go run ./bench/chaos -for 1h
var chaosFor = flag.Duration("chaos", 0, "how long nodes are killed, frozen and cut off; 0 means each once")

// press is the outlets that nodes collect from: some on each of some hosts, behind one proxy. Each tells
// something now and then, until it is told to end.
type press struct {
	proxy string
	hosts int
	each  int // outlets of a host
	began time.Time

	mu     sync.Mutex
	ended  time.Time              // nothing is told after it; zero while telling
	asked  map[string][]time.Time // of each outlet, when
	gave   map[string]time.Time   // when it last gave its document
	left   map[string]time.Time   // each host's last answer
	inside map[string]int         // requests at a host
	gaps   []string               // broken rules
	excuse map[string]bool        // outlets that were asked when a node ended or froze
	until  time.Time              // what a thawed node had begun is excused
}

// Rules that the nodes have to keep. An outlet's own schedule is @every 1m, which lies on a grid: a look
// counts for the point of the grid that is nearest, so that two of one run are less than half a minute apart.
const (
	hostInterval = 200 * time.Millisecond
	oneRun       = 29 * time.Second
	tellEvery    = 7 * time.Second
	itemsLeast   = 3 // at the beginning
)

func newPress(t *testing.T, hosts, each int) *press {
	p := &press{hosts: hosts, each: each, began: time.Now().Add(-itemsLeast * tellEvery),
		asked: map[string][]time.Time{}, gave: map[string]time.Time{}, left: map[string]time.Time{}, inside: map[string]int{}, excuse: map[string]bool{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.proxy = "http://" + l.Addr().String()
	srv := &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return p
}

func (p *press) id(host, n int) string { return fmt.Sprintf("s%d-%d", host, n) }

func (p *press) config() string {
	var b strings.Builder
	fmt.Fprintf(&b, "site: {title: Hỗn loạn, url: \"https://news.example.org\", id: \"news.example.org,2026\"}\n"+
		"publish: {hub_private: true}\n"+
		"notify: [{id: kenh, url_env: "+hookEnv+", query: {any: [\"/s[01]-[0-9]/\"], in: [url]}, limit: 200}]\n"+
		"defaults: {schedule: \"@every 1m\", host_interval: 200ms, timeout: 10s, backlog: 1000, proxy: \"%s\"}\n"+
		"sections: [{id: tin, title: Tin, limit: 1000}]\nsources:\n", p.proxy)
	for host := range p.hosts {
		for n := range p.each {
			fmt.Fprintf(&b, "  - {id: %s, title: Báo %s, url: \"http://h%d.example.org/%s\", section: tin}\n", p.id(host, n), p.id(host, n), host, p.id(host, n))
		}
	}
	return b.String()
}

// end lets the outlets tell nothing more.
func (p *press) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended.IsZero() {
		p.ended = time.Now()
	}
}

// told is how many items an outlet has told. The caller holds mu.
func (p *press) told() int {
	until := time.Now()
	if !p.ended.IsZero() {
		until = p.ended
	}
	return int(until.Sub(p.began) / tellEvery)
}

func (p *press) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := r.Host
	id, elsewhere := strings.CutPrefix(r.URL.Path, "/moved/")
	id = strings.Trim(id, "/")
	var at, outlet int
	if _, err := fmt.Sscanf(id, "s%d-%d", &at, &outlet); err != nil {
		http.NotFound(w, r)
		return
	}
	items := p.enter(host, id, !elsewhere)
	defer p.leave(host)
	time.Sleep(5 * time.Millisecond)
	if to := p.movedTo(at, outlet); to != "" && !elsewhere {
		http.Redirect(w, r, to, http.StatusFound)
		return
	}
	defer p.given(id)
	etag := fmt.Sprintf(`"%s-%d"`, id, items)
	w.Header().Set("ETag", etag)
	w.Header().Set("Content-Type", "application/rss+xml")
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>%s</title><link>http://%s/</link><description>x</description>", id, host)
	for n := items - 1; n >= 0; n-- {
		fmt.Fprintf(&b, "<item><title>%s</title><guid isPermaLink=\"false\">%s/%d</guid><link>http://%s/%s/%d</link><pubDate>%s</pubDate></item>",
			headline(at, outlet, n), id, n, host, id, n, p.began.Add(time.Duration(n)*tellEvery).UTC().Format(time.RFC1123Z))
	}
	b.WriteString("</channel></rss>")
	_, _ = w.Write(b.Bytes())
}

// movedTo is where an outlet redirects to, "" for most: the last outlet of each host lives on another host.
func (p *press) movedTo(host, outlet int) string {
	if outlet != p.each-1 {
		return ""
	}
	return fmt.Sprintf("http://h%d.example.org/moved/%s", (host+7)%p.hosts, p.id(host, outlet))
}

// enter notes a request at a host, and whether it breaks a rule; first, that it is a look at an outlet. It
// returns how many items the outlet has told.
func (p *press) enter(host, id string, first bool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if first {
		if last := p.asked[id]; len(last) > 0 && now.Sub(last[len(last)-1]) < oneRun {
			if !p.excuse[id] {
				p.gaps = append(p.gaps, fmt.Sprintf("%s was asked at %s, %v after it was asked", id, now.Format("15:04:05.000"), now.Sub(last[len(last)-1]).Round(time.Millisecond)))
			}
			delete(p.excuse, id)
		}
		p.asked[id] = append(p.asked[id], now)
	}
	if gap := now.Sub(p.left[host]); now.After(p.until) && (gap < hostInterval-20*time.Millisecond || p.inside[host] > 0) {
		p.gaps = append(p.gaps, fmt.Sprintf("%s for %s at %v after the request before, %d under way", host, id, gap.Round(time.Millisecond), p.inside[host]))
	}
	p.inside[host]++
	return p.told()
}

// looks is how many outlets were asked.
func (p *press) looks() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked)
}

func (p *press) given(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gave[id] = time.Now()
}

func (p *press) leave(host string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inside[host]--
	p.left[host] = time.Now()
}

// headline is of words that no other has: each is a story of its own, whatever came before it. Of headlines
// that share a word which is rare so far, the desk may find that they are of one story or not, by what else
// it knows at the time; and what it knows goes by the order in which things arrive.
func headline(host, outlet, n int) string {
	var words []string
	for k := range 6 {
		// Every number below 65^4 is one word of four syllables; an odd factor without 5 and 13 mixes them.
		number := (((host*8+outlet)*2048+n)*6 + k) * 7_654_321 % (65 * 65 * 65 * 65)
		var w []byte
		for range 4 {
			w = append(w, "bdghklmnprstv"[number%13], "aeiou"[number/13%5])
			number /= 65
		}
		words = append(words, string(w))
	}
	return strings.Join(words, " ")
}

// forgive excuses what is under way, or was a moment ago and may not be saved: a node ends now. For a while
// after a thaw, nor is a host's interval kept.
func (p *press) forgive(thawed time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, at := range p.asked {
		if last := at[len(at)-1]; p.gave[id].Before(last) || time.Since(p.gave[id]) < 2*time.Second {
			p.excuse[id] = true
		}
	}
	if thawed > 0 {
		p.until = time.Now().Add(thawed)
	}
}

// cluster is nodes as processes of their own.
type cluster struct {
	t       *testing.T
	bin     string
	config  string
	srv     *storetest.Server // behind wires; nil: nodes go straight to db
	db      string
	readers *readers
	nodes   []*process
	started int
}

type process struct {
	cmd   *exec.Cmd
	wire  *wire // to the database
	done  chan struct{}
	mu    sync.Mutex
	lines []string
	at    string // address
}

var serving = regexp.MustCompile(`address=http://(\S+)/`)

// newCluster makes a cluster without nodes on a database, that collects from the press.
func newCluster(t *testing.T, p *press, db string) *cluster {
	t.Helper()
	dir := t.TempDir()
	c := &cluster{t: t, bin: filepath.Join(dir, "feedd"), config: filepath.Join(dir, "feeds.yaml"), db: db, readers: newReaders(t)}
	if out, err := exec.Command("go", "build", "-tags", "skew", "-o", c.bin, "feedd/cmd/feedd").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(c.config, []byte(p.config()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, n := range c.nodes {
			_ = n.cmd.Process.Signal(syscall.SIGKILL)
			<-n.done
		}
	})
	return c
}

// skews are how wrong the clocks of the nodes are, one after another.
var skews = []time.Duration{0, 30 * time.Second, -30 * time.Second}

func (c *cluster) start(args ...string) *process {
	c.t.Helper()
	p := &process{done: make(chan struct{})}
	db := c.db
	if c.srv != nil {
		p.wire = newWire(c.t, c.srv)
		db = p.wire.database(c.t, db)
	}
	cmd := exec.Command(c.bin, append([]string{"serve", "--config", c.config, "--db", db, "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(os.Environ(), hookEnv+"="+c.readers.at+"/message", "FEEDD_SKEW="+skews[c.started%len(skews)].String())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd = cmd
	c.started++
	out, err := cmd.StderrPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	ready := make(chan struct{})
	go func() {
		defer close(p.done)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.mu.Lock()
			p.lines = append(p.lines, s.Text())
			if m := serving.FindStringSubmatch(s.Text()); m != nil && p.at == "" {
				p.at = m[1]
				close(ready)
			}
			p.mu.Unlock()
		}
		_ = cmd.Wait()
	}()
	select {
	case <-ready:
	case <-p.done:
		c.t.Fatalf("a node ended at once:\n%s", p.log())
	case <-time.After(30 * time.Second):
		c.t.Fatalf("a node does not serve:\n%s", p.log())
	}
	c.nodes = append(c.nodes, p)
	return p
}

func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines[max(0, len(p.lines)-40):], "\n")
}

func (c *cluster) signal(p *process, s syscall.Signal) {
	c.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
	if s == syscall.SIGKILL {
		<-p.done
		c.nodes = slices.DeleteFunc(c.nodes, func(o *process) bool { return o == p })
	}
}

// ask asks the database beside the nodes.
func (c *cluster) ask(dest []any, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.db)
	if err != nil {
		return err
	}
	return errors.Join(conn.QueryRow(ctx, query, args...).Scan(dest...), conn.Close(ctx))
}

// holder is the node that holds the desk, nil when none does.
func (c *cluster) holder() *process {
	var pid int
	if c.ask([]any{&pid}, `SELECT split_part(name, '/', 2)::int FROM nodes WHERE told::jsonb->'holds' ? 'desk'
		AND seen > extract(epoch FROM clock_timestamp()) * 1000 - 5000 ORDER BY seen DESC LIMIT 1`) != nil {
		return nil
	}
	i := slices.IndexFunc(c.nodes, func(p *process) bool { return p.cmd.Process.Pid == pid })
	if i < 0 {
		return nil
	}
	return c.nodes[i]
}

func (c *cluster) eventually(most time.Duration, what string, ask func() bool) {
	c.t.Helper()
	began := time.Now()
	for !ask() {
		if time.Since(began) > most {
			for _, p := range c.nodes {
				c.t.Logf("node %d:\n%s", p.cmd.Process.Pid, p.log())
			}
			c.t.Fatalf("not within %v: %s", most, what)
		}
		time.Sleep(100 * time.Millisecond)
	}
	c.t.Logf("%v: %s", time.Since(began).Round(100*time.Millisecond), what)
}

// TestChaos runs three nodes, whose clocks are half a minute apart, on one database, and ends, freezes and
// cuts them off. Afterwards every item is stored once, filed, and published by all with the ids and bytes of
// one process that collected the same; no outlet was asked twice for a run and no host more often than it
// bears, but for what a node had under way that was killed, frozen or cut off; and subscribers and channels
// were told everything, once.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("takes more than a minute")
	}
	t.Parallel()
	srv := storetest.New(t)
	p := newPress(t, 24, 5)
	c := newCluster(t, p, srv.Schema(t))
	c.srv = srv
	for range 3 {
		c.start()
	}
	c.eventually(10*time.Second, "a node holds the desk", func() bool { return c.holder() != nil })
	c.readers.subscribe(t, c.nodes[1].at, "https://news.example.org/sections/tin.atom")
	c.eventually(60*time.Second, "the hosts are being asked", func() bool { return p.looks() > p.hosts })
	c.killed(p)
	c.withoutQueue()
	c.restarted(p)
	if *chaosFor == 0 { // what was told is collected within a minute, while the rest happens
		p.end()
		c.apart(p, true, true)
	}
	ways := []func(){
		func() { c.killed(p) }, c.withoutQueue, func() { c.restarted(p) },
		func() { c.apart(p, true, false) }, func() { c.apart(p, false, true) }, func() { c.apart(p, true, true) },
	}
	for r, began := rand.New(rand.NewPCG(1, 2)), time.Now(); time.Since(began) < *chaosFor; {
		ways[r.IntN(len(ways))]()
		time.Sleep(time.Duration(r.IntN(10)) * time.Second)
	}
	c.settle(p)
}

// forgive excuses what nodes have under way that are about to end, or did.
func (c *cluster) forgive(p *press, thawed time.Duration) {
	p.forgive(thawed)
	c.readers.forgive()
}

// killed kills the node that holds the desk and starts another.
func (c *cluster) killed(p *press) {
	old := c.someHolder()
	c.forgive(p, 0)
	c.signal(old, syscall.SIGKILL)
	c.eventually(15*time.Second, "another node holds the desk after the first was killed", func() bool { return c.holder() != nil })
	c.start()
}

func (c *cluster) someHolder() (h *process) {
	for h = c.holder(); h == nil; h = c.holder() {
		time.Sleep(100 * time.Millisecond)
	}
	return h
}

// apart freezes the node that holds the desk for a while, or cuts it off from the database; or freezes it
// and cuts off the one that holds the desk then.
func (c *cluster) apart(p *press, freeze, cut bool) {
	var frozen, lost *process
	stopped := time.Now()
	if freeze {
		frozen = c.someHolder()
		c.forgive(p, 0)
		c.signal(frozen, syscall.SIGSTOP)
		c.heldByAnother("frozen", frozen)
	}
	if cut {
		lost = c.someHolder()
		c.forgive(p, 0)
		lost.wire.cut()
		c.heldByAnother("cut off", frozen, lost)
	}
	least := 18 * time.Second // longer than a node is thought alive
	if *chaosFor > 0 {
		least = 40 * time.Second
	}
	time.Sleep(max(0, least-time.Since(stopped)))
	c.forgive(p, time.Second)
	if freeze {
		c.signal(frozen, syscall.SIGCONT)
	}
	if cut {
		lost.wire.mend()
	}
}

func (c *cluster) heldByAnother(what string, than ...*process) {
	c.t.Helper()
	c.eventually(15*time.Second, "another node holds the desk after one was "+what, func() bool {
		now := c.holder()
		return now != nil && !slices.Contains(than, now)
	})
}

// restarted kills the database server and starts it again.
func (c *cluster) restarted(p *press) {
	c.forgive(p, 0)
	if err := c.srv.Kill(); err != nil {
		c.t.Fatal(err)
	}
	if err := c.srv.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.eventually(20*time.Second, "a node holds the desk after the server restarted", func() bool { return c.holder() != nil })
}

// withoutQueue drops the queue's tables, as soon as nobody works with them.
func (c *cluster) withoutQueue() {
	began := time.Now()
	defer func() { c.t.Logf("%v: the queue's tables are dropped", time.Since(began).Round(100*time.Millisecond)) }()
	storetest.Exec(c.t, c.db, `DROP TABLE IF EXISTS river_job, river_leader, river_queue, river_migration, river_client, river_client_queue CASCADE`)
}

// settle lets the outlets end, waits until the nodes have all of it, and judges.
func (c *cluster) settle(p *press) {
	t := c.t
	p.end()
	p.mu.Lock()
	want := p.told() * p.hosts * p.each
	p.mu.Unlock()
	c.eventually(150*time.Second, fmt.Sprintf("all %d items are stored and filed", want), func() bool {
		var stored, waiting int
		return c.ask([]any{&stored, &waiting}, `SELECT count(*), count(*) FILTER (WHERE filed = 0) FROM items`) == nil && stored == want && waiting == 0
	})
	var guids, entries int
	if err := c.ask([]any{&guids, &entries}, `SELECT (SELECT count(DISTINCT guid) FROM texts), (SELECT count(*) FROM entries)`); err != nil {
		t.Fatal(err)
	}
	if guids != want || entries != want {
		t.Errorf("%d items are %d guids and %d entries", want, guids, entries)
	}

	c.toldOnce(p)

	// One process over the same input.
	alone := filepath.Join(t.TempDir(), "alone")
	p.mu.Lock()
	clear(p.asked)
	broken := slices.Clone(p.gaps)
	p.mu.Unlock()
	for _, gap := range broken {
		t.Error(gap)
	}
	for _, args := range [][]string{{"collect"}, {"export", filepath.Join(alone, "site")}} {
		cmd := exec.Command(c.bin, append(args, "--config", c.config, "--db", "sqlite:"+filepath.Join(alone, "feedd.db"))...)
		cmd.Env = append(os.Environ(), hookEnv+"="+c.readers.at+"/nobody")
		if err := os.MkdirAll(alone, 0o700); err != nil {
			t.Fatal(err)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	for _, path := range []string{"/sections/tin.rss", "/sections/tin.atom", "/sections/tin.json"} {
		wantBytes, err := os.ReadFile(filepath.Join(alone, "site", path))
		if err != nil {
			t.Fatal(err)
		}
		var first []byte
		for _, n := range c.nodes {
			var body []byte
			c.eventually(15*time.Second, "a node publishes what one process does at "+path, func() bool {
				resp, err := http.Get("http://" + n.at + path)
				if err != nil {
					return false
				}
				defer resp.Body.Close()
				body, err = io.ReadAll(resp.Body)
				return err == nil && (first == nil || bytes.Equal(body, first))
			})
			first = body
		}
		if got, want := ids(t, first, path), ids(t, wantBytes, path); !slices.Equal(got, want) {
			t.Errorf("%s: %d ids, of one process %d; or in another order", path, len(got), len(want))
		} else if !bytes.Equal(first, wantBytes) {
			t.Errorf("%s: %s", path, difference(first, wantBytes))
		}
	}
}

// toldOnce judges what subscribers and channels were given.
func (c *cluster) toldOnce(p *press) {
	t := c.t
	p.mu.Lock()
	stories := 2 * p.each * p.told() // of the hosts that the channel asks for
	p.mu.Unlock()
	c.eventually(60*time.Second, fmt.Sprintf("the channel was told of %d stories", stories), func() bool { return c.readers.told() >= stories })
	r := c.readers
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.messages) != stories {
		t.Errorf("%d messages of %d stories", len(r.messages), stories)
	}
	for _, id := range r.twice {
		t.Errorf("%s was given twice", id)
	}
	if len(r.feeds) < 3 {
		t.Errorf("the hub's subscriber was given %d feeds", len(r.feeds))
	}
	t.Logf("%d messages, %d feeds pushed; %d more were excused and came once", len(r.messages), len(r.feeds), len(r.excused))
}

var idOf = regexp.MustCompile(`tag:news\.example\.org,2026:[0-9a-f]{16}`)

// ids are those of a feed's entries, in order.
func ids(t *testing.T, body []byte, path string) []string {
	t.Helper()
	var all []string
	for _, id := range idOf.FindAll(body, -1) {
		if s := string(id); !slices.Contains(all[max(0, len(all)-2):], s) {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		t.Errorf("%s has no ids", path)
	}
	return all
}

// served are the keys of the entries that the nodes publish at a path.
func (c *cluster) served(path string) (keys []string) {
	c.t.Helper()
	for _, n := range c.nodes {
		resp, err := http.Get("http://" + n.at + path)
		if err != nil {
			c.t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			c.t.Fatal(err)
		}
		for _, id := range ids(c.t, body, path) {
			keys = append(keys, id[strings.LastIndexByte(id, ':')+1:])
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func difference(a, b []byte) string {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	show := func(x []byte) string {
		text, _ := json.Marshal(string(x[max(0, n-80):min(len(x), n+80)]))
		return string(text)
	}
	return fmt.Sprintf("differs at byte %d:\n%s\n%s", n, show(a), show(b))
}
