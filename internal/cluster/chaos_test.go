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
	"github.com/jackc/pgx/v5/pgconn"

	"feedd/internal/store/storetest"
)

// The long form of TestChaos: go run ./bench/chaos -for 1h
var chaosFor = flag.Duration("chaos", 2*time.Minute, "how long nodes are killed, frozen and cut off")

// press is the outlets that nodes collect from, spread evenly over some hosts, behind one proxy. Each tells
// something now and then, until it is told to end.
type press struct {
	proxy   string
	hosts   int
	outlets int
	every   time.Duration // how often an outlet tells something
	began   time.Time

	mu      sync.Mutex
	ended   time.Time            // nothing is told after it; zero while telling
	asked   map[string]time.Time // when each outlet was last asked, but for what was excused
	came    map[string]time.Time // each host's last request
	left    map[string]time.Time // each host's last answer
	inside  map[string]int       // requests at a host
	looks   int
	gaps    []string             // broken rules
	excuse  map[string]time.Time // outlets that were asked when a node ended or froze, and when that was
	excused int                  // of them, asked again within the same run
	grace   time.Time            // who is asked until then may be asked by a node that ends, or has just thawed
	thaw    time.Time            // nor is a host's interval kept until then, or after a request that came until then
}

// Rules that the nodes have to keep. An outlet's own schedule is @every 1m, which lies on a grid: a look
// counts for the point of the grid that is nearest, so that two of one run are less than half a minute apart.
const (
	hostInterval = 200 * time.Millisecond
	oneRun       = 29 * time.Second
	// graceMost is how long after a node was told to end or to go on it may still ask, and excuseMost how long what it
	// had under way may be asked again: until a node that was frozen meanwhile goes on, and has done what it may.
	graceMost  = 2 * time.Second
	excuseMost = apartFor + 30*time.Second
)

func newPress(t *testing.T, hosts, outlets int, every time.Duration) *press {
	return pressOf(t, &press{hosts: hosts, outlets: outlets, every: every, began: time.Now().Add(-2 * every)})
}

// again is outlets that have told the same as these, which have ended.
func (p *press) again(t *testing.T) *press {
	p.mu.Lock()
	defer p.mu.Unlock()
	return pressOf(t, &press{hosts: p.hosts, outlets: p.outlets, every: p.every, began: p.began, ended: p.ended})
}

func pressOf(t *testing.T, p *press) *press {
	p.asked, p.came, p.left = map[string]time.Time{}, map[string]time.Time{}, map[string]time.Time{}
	p.inside, p.excuse = map[string]int{}, map[string]time.Time{}
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

// of is how many outlets a host has.
func (p *press) of(host int) int {
	n := p.outlets / p.hosts
	if host < p.outlets%p.hosts {
		n++
	}
	return n
}

// topics is how many sections the outlets of the hosts share.
const topics = 4

func (p *press) config() string {
	var b strings.Builder
	fmt.Fprintf(&b, "site: {title: Hỗn loạn, url: \"https://news.example.org\", id: \"news.example.org,2026\"}\n"+
		"publish: {hub_private: true}\n"+
		"notify: [{id: kenh, url_env: "+hookEnv+", query: {any: [\"/s[01]-[0-9]/\"], in: [url]}, limit: 200}]\n"+
		"defaults: {schedule: \"@every 1m\", host_interval: 200ms, timeout: 10s, backlog: 1000, proxy: \"%s\"}\n"+
		"sections:\n", p.proxy)
	for n := range topics {
		fmt.Fprintf(&b, "  - {id: tin%d, title: Tin %d, limit: 200}\n", n, n)
	}
	b.WriteString("sources:\n")
	for host := range p.hosts {
		for n := range p.of(host) {
			fmt.Fprintf(&b, "  - {id: %s, title: Báo %s, url: \"http://h%d.example.org/%s\", section: tin%d}\n", p.id(host, n), p.id(host, n), host, p.id(host, n), host%topics)
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

// first is when an outlet told its first item: each at another moment.
func (p *press) first(host, outlet int) time.Time {
	return p.began.Add(time.Duration((host*37+outlet*11)%100) * p.every / 100)
}

// told is how many items an outlet has told. The caller holds mu.
func (p *press) told(host, outlet int) int {
	until := time.Now()
	if !p.ended.IsZero() {
		until = p.ended
	}
	return 1 + int(until.Sub(p.first(host, outlet))/p.every)
}

// all is how many items the outlets of some hosts have told together.
func (p *press) all(hosts int) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for host := range hosts {
		for outlet := range p.of(host) {
			n += p.told(host, outlet)
		}
	}
	return n
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
	items := p.enter(host, at, outlet, !elsewhere)
	defer p.leave(host)
	time.Sleep(5 * time.Millisecond)
	if to := p.movedTo(at, outlet); to != "" && !elsewhere {
		http.Redirect(w, r, to, http.StatusFound)
		return
	}
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
			headline(at, outlet, n), id, n, host, id, n, p.first(at, outlet).Add(time.Duration(n)*p.every).UTC().Format(time.RFC1123Z))
	}
	b.WriteString("</channel></rss>")
	_, _ = w.Write(b.Bytes())
}

// movedTo is where an outlet redirects to, "" for most: the last outlet of each host lives on another host.
func (p *press) movedTo(host, outlet int) string {
	if outlet != p.of(host)-1 {
		return ""
	}
	return fmt.Sprintf("http://h%d.example.org/moved/%s", (host+7)%p.hosts, p.id(host, outlet))
}

// enter notes a request at a host, and whether it breaks a rule; first, that it is a look at an outlet. It
// returns how many items the outlet has told.
func (p *press) enter(host string, at, outlet int, first bool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, id := time.Now(), p.id(at, outlet)
	if first {
		p.looks++
		last, had := p.asked[id]
		if gap := now.Sub(last); had && gap < oneRun {
			if now.Sub(p.excuse[id]) < excuseMost || now.Before(p.grace) {
				p.excused++
			} else {
				p.gaps = append(p.gaps, fmt.Sprintf("%s was asked at %s, %v after it was asked", id, now.Format("15:04:05.000"), gap.Round(time.Millisecond)))
			}
			delete(p.excuse, id) // once
		} else {
			p.asked[id] = now
		}
		if now.Before(p.grace) {
			p.excuse[id] = now
		}
	}
	if gap := now.Sub(p.left[host]); p.came[host].After(p.thaw) && (gap < hostInterval-20*time.Millisecond || p.inside[host] > 0) {
		p.gaps = append(p.gaps, fmt.Sprintf("%s for %s at %s, %v after the answer to the request of %s, %d under way", host, id,
			now.Format("15:04:05.000"), gap.Round(time.Millisecond), p.came[host].Format("15:04:05.000"), p.inside[host]))
	}
	p.came[host] = now
	p.inside[host]++
	return p.told(at, outlet)
}

// count is how many looks at outlets there were.
func (p *press) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.looks
}

// reached is how many outlets were asked.
func (p *press) reached() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked)
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
		number := (((host*8+outlet)*1024+n)*6 + k) * 7_654_321 % (65 * 65 * 65 * 65)
		var w []byte
		for range 4 {
			w = append(w, "bdghklmnprstv"[number%13], "aeiou"[number/13%5])
			number /= 65
		}
		words = append(words, string(w))
	}
	return strings.Join(words, " ")
}

// forgive excuses what is not saved yet, by when each outlet's last look that is was, or will be asked within a moment:
// a node ends now, or goes on. After a thaw, nor is a host's interval kept for a while.
func (p *press) forgive(saved map[string]time.Time, thawed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, last := range p.asked {
		if saved[id].Before(last.Add(-oneRun / 2)) { // by the clock of the node that asked
			p.excuse[id] = time.Now()
		}
	}
	p.grace = time.Now().Add(graceMost)
	if thawed {
		p.thaw = p.grace
	}
}

// cluster is nodes as processes of their own.
type cluster struct {
	t       *testing.T
	bin     string
	config  string
	srv     *storetest.Server // behind wires; nil: nodes go straight to db
	pool    *storetest.Pooler // one node of three goes through it; nil: none does
	db      string
	pooled  string // the same database through the pooler
	readers *readers
	nodes   []*process
	evils   map[string]int // how often each was done
}

type process struct {
	cmd   *exec.Cmd
	place int     // among the nodes; who comes after one that ended takes its place
	wires []*wire // to the database, and to the pooler
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
	c := &cluster{t: t, bin: filepath.Join(dir, "feedd"), config: filepath.Join(dir, "feeds.yaml"), db: db, readers: newReaders(t), evils: map[string]int{}}
	if out, err := exec.Command("go", "build", "-tags", "skew", "-o", c.bin, "feedd/cmd/feedd").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(c.config, []byte(p.config()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.end)
	return c
}

// skews are how wrong the clocks of the nodes are, by their places.
var skews = []time.Duration{0, 30 * time.Second, -30 * time.Second}

// pooledPlace is that of the node which goes through the pooler.
const pooledPlace = 1

// name is what the database knows a node by.
func (p *process) name() string { return fmt.Sprintf("node%d", p.place) }

// ways are how a node in a place gets to the database: by itself, and past the pooler.
func (c *cluster) ways(p *process) (db, direct string) {
	switch {
	case strings.HasPrefix(c.db, "sqlite:"):
		return c.db, ""
	case c.srv == nil:
		return c.db + "&application_name=" + p.name(), ""
	}
	lay := func(socket, of string) string {
		w := newWire(c.t, socket)
		p.wires = append(p.wires, w)
		return w.database(c.t, of, p.name())
	}
	db = lay(filepath.Join(c.srv.Dir, ".s.PGSQL.5432"), c.db)
	if c.pool == nil || p.place != pooledPlace {
		return db, ""
	}
	return lay(filepath.Join(c.pool.Dir, ".s.PGSQL.6432"), c.pooled), db
}

// away is what a node says that ends because the server is not there at the moment.
var away = regexp.MustCompile(`cannot reach|try again in a moment`)

// start starts a node, as its unit does: again when the server was away, as for a moment after a restart.
func (c *cluster) start(args ...string) *process {
	c.t.Helper()
	for began := time.Now(); ; time.Sleep(time.Second) {
		p, ready := c.launch(args...)
		select {
		case <-ready:
			c.nodes = append(c.nodes, p)
			return p
		case <-p.done:
			if !away.MatchString(p.log()) || time.Since(began) > 20*time.Second {
				c.t.Fatalf("a node ended at once:\n%s", p.log())
			}
			c.t.Logf("a node is started again, for it ended: %s", p.log())
		case <-time.After(30 * time.Second):
			c.t.Fatalf("a node does not serve:\n%s", p.log())
		}
	}
}

// launch starts a process; ready is closed once it serves.
func (c *cluster) launch(args ...string) (p *process, ready chan struct{}) {
	c.t.Helper()
	p = &process{done: make(chan struct{})}
	for slices.ContainsFunc(c.nodes, func(o *process) bool { return o.place == p.place }) {
		p.place++
	}
	db, direct := c.ways(p)
	cmd := exec.Command(c.bin, append([]string{"serve", "--config", c.config, "--db", db, "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(os.Environ(), hookEnv+"="+c.readers.at+"/message", "FEEDD_SKEW="+skews[p.place].String(), "FEEDD_DB_DIRECT="+direct)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd = cmd
	out, err := cmd.StderrPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	ready = make(chan struct{})
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
	return p, ready
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

// holder is the node that holds the desk by what the database says of its lock, nil when none does.
func (c *cluster) holder() *process {
	var who string
	if c.ask([]any{&who}, `SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND objsubid = 2 AND granted
		AND objid::bigint = hashtext(current_schema() || ' desk')::bigint & 4294967295`) != nil {
		return nil
	}
	i := slices.IndexFunc(c.nodes, func(p *process) bool { return p.name() == who })
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
	c.t.Logf("%s %v: %s", time.Now().Format("15:04:05"), time.Since(began).Round(100*time.Millisecond), what)
}

// TestChaos runs three nodes, whose clocks are half a minute apart and one of which goes through PgBouncer, on one
// database. They collect from 2,000 outlets on 300 hosts, and are killed, frozen and cut off meanwhile. Afterwards
// every item is stored once, filed once by the node that held the desk, and published by all with the ids and bytes
// of one process that collected the same; no outlet was asked twice for a run and no host more often than it bears,
// but for what a node had under way that was killed, frozen or cut off; and subscribers and channels were told
// everything, once.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	t.Parallel()
	srv := storetest.New(t)
	pool := srv.Pool(t, "transaction")
	t.Cleanup(func() {
		if log, err := os.ReadFile(filepath.Join(pool.Dir, "log")); t.Failed() && err == nil {
			t.Logf("the pooler said:\n%s", log[max(0, len(log)-20_000):])
		}
	})
	p := newPress(t, 300, 2000, time.Minute)
	pooled := pool.Database(t)
	c := newCluster(t, p, storetest.Direct(pooled))
	c.srv, c.pool, c.pooled = srv, pool, pooled
	for range skews {
		c.start()
	}
	c.eventually(20*time.Second, "a node holds the desk", func() bool { return c.holder() != nil })
	c.witness()
	c.readers.subscribe(t, c.nodes[1].at, "https://news.example.org/sections/tin0.atom")
	c.eventually(60*time.Second, "most outlets were asked", func() bool { return p.reached() > p.outlets/2 })
	defer c.watchPooler(p)()
	c.storm(p, *chaosFor)
	c.settle(p)
}

// Nodes are apart for longer than they are thought alive.
const apartFor = 40 * time.Second

// storm lets every kind of evil happen once, and then by chance for as long as there is time.
func (c *cluster) storm(p *press, most time.Duration) {
	began := time.Now()
	left := func() time.Duration { return most - time.Since(began) }
	r := rand.New(rand.NewPCG(1, 2))
	some := func() *process { return c.nodes[r.IntN(len(c.nodes))] }
	short := []func(){
		func() { c.killed(p, c.someHolder()) }, func() { c.killed(p, some()) },
		c.withoutQueue, func() { c.restarted(p) }, func() { c.withoutPooler(p) },
	}
	long := []func(){
		func() { c.apart(p, true, false) }, func() { c.apart(p, false, true) }, func() { c.apart(p, true, true) },
	}
	for _, evil := range append(short, long[len(long)-1]) {
		evil()
	}
	for left() > 0 {
		ways := short
		if left() > apartFor {
			ways = slices.Concat(short, long)
		}
		ways[r.IntN(len(ways))]()
		time.Sleep(min(left(), time.Duration(r.IntN(10000))*time.Millisecond))
	}
	c.t.Logf("the storm took %v: %v; %d looks so far", time.Since(began).Round(time.Second), c.evils, p.count())
}

// forgive excuses what nodes have under way that are about to end, or go on: what they have done and not noted in the
// database, however long that takes them. It returns when each outlet's last look was that is noted.
func (c *cluster) forgive(p *press, thawed bool) (saved map[string]time.Time) {
	c.t.Helper()
	saved, err := c.excuse(p, thawed)
	if err != nil {
		c.t.Fatal(err)
	}
	return saved
}

func (c *cluster) excuse(p *press, thawed bool) (saved map[string]time.Time, err error) {
	var looks, unsent, delivered string
	if err := c.ask([]any{&looks, &unsent, &delivered}, `SELECT (SELECT coalesce(json_object_agg(id, state::json->>'last_run'), '{}') FROM sources)::text,
		(SELECT coalesce(string_agg(id, ' '), '') FROM messages WHERE sent = 0), (SELECT coalesce(string_agg(delivered, ' '), '') FROM subscriptions)`); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(looks), &saved); err != nil {
		return nil, err
	}
	p.forgive(saved, thawed)
	c.readers.forgive(strings.Fields(unsent), strings.Fields(delivered))
	return saved, nil
}

// watchPooler excuses what is under way at the node behind the pooler whenever that ends, until the function that it
// returns is called.
func (c *cluster) watchPooler(p *press) (end func()) {
	ctx, cancel := context.WithCancel(c.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for seen := 0; ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
			n := c.pool.Restarts()
			if n == seen {
				continue
			}
			if _, err := c.excuse(p, false); err == nil {
				c.t.Logf("%s: the pooler ended and is started again", time.Now().Format("15:04:05"))
				seen = n
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// killed kills a node and starts another.
func (c *cluster) killed(p *press, old *process) {
	c.evils["killed"]++
	c.forgive(p, false)
	c.signal(old, syscall.SIGKILL)
	c.eventually(20*time.Second, fmt.Sprintf("a node holds the desk after number %d was killed", old.place), func() bool { return c.holder() != nil })
	c.start()
}

func (c *cluster) someHolder() (h *process) {
	c.eventually(30*time.Second, "a node holds the desk", func() bool {
		h = c.holder()
		return h != nil
	})
	return h
}

// apart freezes the node that holds the desk for a while, or cuts it off from the database; or freezes it
// and cuts off the one that holds the desk then.
func (c *cluster) apart(p *press, freeze, cut bool) {
	var frozen, lost *process
	stopped := time.Now()
	if freeze {
		c.evils["frozen"]++
		frozen = c.someHolder()
		c.forgive(p, false)
		c.signal(frozen, syscall.SIGSTOP)
		c.heldByAnother(fmt.Sprintf("number %d was frozen", frozen.place), frozen)
	}
	if cut {
		c.evils["cut off"]++
		lost = c.someHolder()
		c.forgive(p, false)
		for _, w := range lost.wires {
			w.cut()
		}
		c.heldByAnother(fmt.Sprintf("number %d was cut off", lost.place), frozen, lost)
	}
	time.Sleep(max(0, apartFor-time.Since(stopped)))
	c.forgive(p, true)
	if freeze {
		c.signal(frozen, syscall.SIGCONT)
	}
	if cut {
		for _, w := range lost.wires {
			w.mend()
		}
	}
}

func (c *cluster) heldByAnother(after string, than ...*process) {
	c.t.Helper()
	c.eventually(20*time.Second, "another node holds the desk after "+after, func() bool {
		now := c.holder()
		return now != nil && !slices.Contains(than, now)
	})
}

// restarted kills the database server and starts it again.
func (c *cluster) restarted(p *press) {
	c.evils["server restarted"]++
	c.forgive(p, false)
	if err := c.srv.Kill(); err != nil {
		c.t.Fatal(err)
	}
	if err := c.srv.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.forgive(p, false) // what was asked while there was none to note it; and connections to the old one break as they are used
	c.eventually(30*time.Second, "a node holds the desk after the server restarted", func() bool { return c.holder() != nil })
}

// withoutPooler kills the pooler, which its unit starts again.
func (c *cluster) withoutPooler(p *press) {
	c.evils["pooler killed"]++
	c.forgive(p, false)
	before := c.pool.Restarts()
	if err := c.pool.Kill(); err != nil {
		c.t.Fatal(err)
	}
	c.eventually(10*time.Second, "the pooler is started again", func() bool { return c.pool.Restarts() > before })
}

// withoutQueue drops the queue's tables, as soon as nobody works with them.
func (c *cluster) withoutQueue() {
	c.evils["queue dropped"]++
	began := time.Now()
	defer func() { c.t.Logf("%v: the queue's tables are dropped", time.Since(began).Round(100*time.Millisecond)) }()
	for {
		err := c.drop("river_job", "river_leader", "river_queue", "river_migration", "river_client", "river_client_queue")
		var refused *pgconn.PgError
		switch {
		case err == nil:
			return
		case errors.As(err, &refused) && refused.Code == "40P01" && time.Since(began) < time.Minute:
			// deadlock_detected: the server chose this statement to give way to a node's, which has the tables in another order.
		default:
			c.t.Fatal(err)
		}
	}
}

func (c *cluster) drop(tables ...string) error {
	conn, err := pgx.Connect(c.t.Context(), c.db)
	if err != nil {
		return err
	}
	_, err = conn.Exec(c.t.Context(), `DROP TABLE IF EXISTS `+strings.Join(tables, ", ")+` CASCADE`)
	return errors.Join(err, conn.Close(c.t.Context()))
}

// witness has the database itself write down each filing of an item: under which claim of the desk, and by
// which node.
func (c *cluster) witness() {
	storetest.Exec(c.t, c.db, `CREATE TABLE filings (item BIGINT NOT NULL, claim BIGINT NOT NULL, node TEXT NOT NULL)`,
		`CREATE FUNCTION filing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			INSERT INTO filings SELECT NEW.id, value::bigint, current_setting('application_name') FROM meta WHERE name = 'claim desk';
			RETURN NULL;
		END $$`,
		`CREATE TRIGGER filing AFTER UPDATE ON items FOR EACH ROW WHEN (OLD.filed = 0 AND NEW.filed = 1) EXECUTE FUNCTION filing()`)
}

// filedOnce judges what the witness saw.
func (c *cluster) filedOnce() {
	t := c.t
	var filings, twice, claims, shared int
	if err := c.ask([]any{&filings, &twice, &claims, &shared}, `SELECT count(*), count(*) - count(DISTINCT item), count(DISTINCT claim),
		(SELECT count(*) FROM (SELECT 1 FROM filings GROUP BY claim HAVING count(DISTINCT node) > 1) s) FROM filings`); err != nil {
		t.Fatal(err)
	}
	if filings == 0 || twice > 0 || shared > 0 {
		t.Errorf("of %d filings %d are of items that were filed already, and under %d claims of the desk several nodes filed", filings, twice, shared)
	}
	t.Logf("%d filings under %d claims of the desk", filings, claims)
}

// settle lets the outlets end, waits until the nodes have all of it, and judges.
func (c *cluster) settle(p *press) {
	t := c.t
	p.end()
	one := c.alone(p.again(t))
	want := p.all(p.hosts)
	var stored, waiting int
	defer func() {
		if stored != want {
			t.Errorf("%d items are stored, %d wait", stored, waiting)
		}
	}()
	c.eventually(4*time.Minute, fmt.Sprintf("all %d items are stored and filed", want), func() bool {
		return c.ask([]any{&stored, &waiting}, `SELECT count(*), count(*) FILTER (WHERE filed = 0) FROM items`) == nil && stored == want && waiting == 0
	})
	var guids, entries int
	if err := c.ask([]any{&guids, &entries}, `SELECT (SELECT count(DISTINCT guid) FROM texts), (SELECT count(*) FROM entries)`); err != nil {
		t.Fatal(err)
	}
	if guids != want || entries != want {
		t.Errorf("%d items are %d guids and %d entries", want, guids, entries)
	}
	c.filedOnce()
	c.toldOnce(p)
	p.mu.Lock()
	broken, looks, excused := slices.Clone(p.gaps), p.looks, p.excused
	p.mu.Unlock()
	for _, gap := range broken[:min(len(broken), 50)] {
		t.Error(gap)
	}
	t.Logf("%d broken rules; %d looks; %d more within a run were excused", len(broken), looks-excused, excused)
	c.same(one())
}

// alone lets one process collect what outlets have told, beside everything else; when it is done, one serves that.
func (c *cluster) alone(p *press) (one func() *cluster) {
	t, dir := c.t, c.t.TempDir()
	alone := &cluster{t: t, bin: c.bin, config: filepath.Join(dir, "feeds.yaml"), db: "sqlite:" + filepath.Join(dir, "feedd.db"), readers: newReaders(t)}
	if err := os.WriteFile(alone.config, []byte(p.config()), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), c.bin, "collect", "--config", alone.config, "--db", alone.db)
	cmd.Env = append(os.Environ(), hookEnv+"="+alone.readers.at+"/message")
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() *cluster {
		if err := cmd.Wait(); err != nil {
			t.Fatalf("collect: %v\n%s", err, &said)
		}
		alone.start()
		t.Cleanup(alone.end)
		return alone
	}
}

// end kills what runs of it.
func (c *cluster) end() {
	for _, n := range c.nodes {
		_ = n.cmd.Process.Signal(syscall.SIGKILL)
		<-n.done
	}
}

// closing is how long one process may take that has just begun to serve what it collected at once, until the pages of
// its archives are closed: more than 100,000 entries after an hour.
const closing = 2 * time.Minute

// same judges whether the nodes publish what another does.
func (c *cluster) same(other *cluster) {
	t := c.t
	for topic := range topics {
		for _, kind := range []string{"rss", "atom", "json"} {
			path := fmt.Sprintf("/sections/tin%d.%s", topic, kind)
			there := other.published(path)
			here := c.published(path)
			for began := time.Now(); !bytes.Equal(here, there) && time.Since(began) < closing; here = c.published(path) {
				time.Sleep(time.Second) // all may be behind by the same
				there = other.published(path)
			}
			if got, want := ids(t, here, path), ids(t, there, path); !slices.Equal(got, want) {
				t.Errorf("%s: %d ids, of one process %d; or in another order", path, len(got), len(want))
			} else if !bytes.Equal(here, there) {
				t.Errorf("%s: %s", path, difference(here, there))
			}
		}
	}
}

// published is what all nodes publish at a path, once they agree: each may be behind for a moment.
func (c *cluster) published(path string) []byte {
	c.t.Helper()
	var bodies [][]byte
	c.eventually(time.Minute, "the nodes agree on "+path, func() bool {
		bodies = nil
		for _, n := range c.nodes {
			body, err := n.get(path)
			if err != nil || len(bodies) > 0 && !bytes.Equal(body, bodies[0]) {
				return false
			}
			bodies = append(bodies, body)
		}
		return true
	})
	return bodies[0]
}

// toldOnce judges what subscribers and channels were given.
func (c *cluster) toldOnce(p *press) {
	t := c.t
	stories := p.all(2) // of the hosts that the channel asks for
	c.eventually(60*time.Second, fmt.Sprintf("the channel was told of %d stories", stories), func() bool { return c.readers.told() >= stories })
	r := c.readers
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.messages) != stories {
		t.Errorf("%d messages of %d stories", len(r.messages), stories)
	}
	if len(r.feeds) < 3 {
		t.Errorf("the hub's subscriber was given %d feeds", len(r.feeds))
	}
	t.Logf("%d messages, %d feeds pushed; %d of them came a second time, %d others might have", len(r.messages), len(r.feeds), r.again, len(r.excused))
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

// publishes says whether each node publishes something at a path.
func (c *cluster) publishes(path string) bool {
	for _, n := range c.nodes {
		if body, err := n.get(path); err != nil || !idOf.Match(body) {
			return false
		}
	}
	return true
}

// get returns what the node answers at a path.
func (p *process) get(path string) ([]byte, error) {
	resp, err := http.Get("http://" + p.at + path)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// served are the keys of the entries that the nodes publish at a path.
func (c *cluster) served(path string) (keys []string) {
	c.t.Helper()
	for _, n := range c.nodes {
		body, err := n.get(path)
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
