package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"feedd/internal/feed"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// BenchmarkCollectors measures how many sources a second one, two and four processes collect from servers
// that answer after 200 ms and have no news, as most looks find, each process with one request under way: as far
// as collecting waits for others, nodes add up. Its figures are looks a second, and their ratio to those of one node.
func BenchmarkCollectors(b *testing.B) {
	feedd := build(b)
	for b.Loop() {
		one := 0.0
		for _, nodes := range []int{1, 2, 4} {
			rate := collecting(b, feedd, nodes)
			if nodes == 1 {
				one = rate
			}
			b.ReportMetric(rate, fmt.Sprintf("looks/s-%d", nodes))
			b.ReportMetric(rate/one, fmt.Sprintf("ratio-%d", nodes))
		}
		b.ReportMetric(0, "ns/op")
	}
}

const (
	farLatency = 200 * time.Millisecond
	farSources = 120
)

// collecting is the looks a second of so many nodes, between a tenth and nine tenths of all looks.
func collecting(b *testing.B, feedd string, nodes int) float64 {
	var mu sync.Mutex
	var at []time.Time
	all := make(chan struct{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(farLatency)
		w.Header().Set("Content-Type", "application/rss+xml")
		_, _ = io.WriteString(w, `<rss version="2.0"><channel><title>x</title><link>http://x/</link><description>x</description></channel></rss>`)
		mu.Lock()
		defer mu.Unlock()
		if at = append(at, time.Now()); len(at) == farSources {
			close(all)
		}
	})}
	go func() { _ = srv.Serve(ln) }()
	defer srv.Close()

	var yaml strings.Builder
	fmt.Fprintf(&yaml, "site: {title: x, url: \"https://news.example.org\"}\ncollect: {hosts: 1}\ndefaults: {schedule: \"@every 1h\", proxy: \"http://%s\"}\nsources:\n", ln.Addr())
	for n := range farSources {
		fmt.Fprintf(&yaml, "  - {id: s%d, title: s%d, url: \"http://h%d.example.org/rss\"}\n", n, n, n)
	}
	config := filepath.Join(b.TempDir(), "feeds.yaml")
	if err := os.WriteFile(config, []byte(yaml.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	db := storetest.New(b).Schema(b)
	for range nodes {
		defer serve(b, feedd, config, db, "collect").stop()
	}
	defer serve(b, feedd, config, db, "desk").stop() // it plans from now on
	select {
	case <-all:
	case <-time.After(5 * time.Minute):
		b.Fatal("not all sources were asked")
	}
	mu.Lock()
	defer mu.Unlock()
	first, last := len(at)/10, len(at)*9/10
	return float64(last-first) / at[last].Sub(at[first]).Seconds()
}

// daemon is feedd serve as a process.
type daemon struct {
	cmd *exec.Cmd
	at  string // HOST:PORT
}

var servingAt = regexp.MustCompile(`address=http://(\S+)/`)

// serve starts feedd serve and waits until it answers. What it says from then on each heard is told, line by line.
func serve(b *testing.B, feedd, config, db, roles string, heard ...func(line string)) *daemon {
	b.Helper()
	d := &daemon{cmd: exec.Command(feedd, "serve", "--config", config, "--db", db, "--listen", "127.0.0.1:0", "--roles", roles)}
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := d.cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	var said []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := servingAt.FindStringSubmatch(lines.Text()); m != nil {
			d.at = m[1]
			go func() {
				for len(heard) > 0 && lines.Scan() {
					for _, hear := range heard {
						hear(lines.Text())
					}
				}
				_, _ = io.Copy(io.Discard, out)
			}()
			return d
		}
		said = append(said, lines.Text())
	}
	b.Fatalf("%s does not serve:\n%s", roles, strings.Join(said, "\n"))
	return nil
}

// stop ends the process, and returns its CPU time.
func (d *daemon) stop() time.Duration {
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	_ = d.cmd.Wait()
	return d.cmd.ProcessState.UserTime() + d.cmd.ProcessState.SystemTime()
}

func (d *daemon) cpu() time.Duration { return cpuOf(d.cmd.Process.Pid, false) }

// counted is the sum of a metric's values; known is false when it has none.
func (d *daemon) counted(b *testing.B, name string) (sum float64, known bool) {
	resp, err := http.Get("http://" + d.at + "/metrics")
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(all)) {
		var v float64
		if key, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && (key == name || strings.HasPrefix(key, name+"{")) {
			if _, err := fmt.Sscan(value, &v); err != nil {
				b.Fatal(err)
			}
			sum, known = sum+v, true
		}
	}
	return sum, known
}

const (
	rushRate = 1000 // items a second
	rushFor  = 20 * time.Second
)

// BenchmarkFreshness measures how far publishers are behind the desk while it files a thousand items a
// second: from the notice of a commit until each of two publishers serves the newest item of it; and how many
// processors each part had meanwhile. Where all that there are were busy, parts waited for them.
func BenchmarkFreshness(b *testing.B) {
	feedd := build(b)
	for b.Loop() {
		r := rush(b, feedd)
		slices.Sort(r.lags)
		b.ReportMetric(r.lags[len(r.lags)/2].Seconds()*1000, "p50-ms")
		b.ReportMetric(r.lags[len(r.lags)*99/100].Seconds()*1000, "p99-ms")
		b.ReportMetric(float64(len(r.lags)), "commits")
		b.ReportMetric(float64(r.items)/r.took.Seconds(), "items/s")
		all := time.Duration(0)
		for part, used := range r.used {
			b.ReportMetric(used.Seconds()/r.took.Seconds(), "cpus-"+part)
			all += used
		}
		b.ReportMetric(all.Seconds()/r.took.Seconds(), "cpus")
		b.ReportMetric(0, "ns/op")
	}
}

// rushed is what was measured while items came in: how far each publisher was behind each commit, and the CPU
// time of the parts.
type rushed struct {
	lags  []time.Duration
	items int
	took  time.Duration // until all were filed
	used  map[string]time.Duration
}

func rush(b *testing.B, feedd string) (r rushed) {
	var yaml strings.Builder
	yaml.WriteString("site: {title: x, url: \"https://news.example.org\"}\nsections: [{id: tin, title: Tin}]\nsources:\n")
	for n := range 100 {
		fmt.Fprintf(&yaml, "  - {id: s%d, title: Báo %d, url: \"http://h%d.example.org/rss\", section: tin}\n", n, n, n)
	}
	config := filepath.Join(b.TempDir(), "feeds.yaml")
	if err := os.WriteFile(config, []byte(yaml.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	pg := storetest.New(b)
	db := pg.Schema(b)
	desk := serve(b, feedd, config, db, "desk")
	defer desk.stop()
	publishers := []*daemon{serve(b, feedd, config, db, "publish"), serve(b, feedd, config, db, "publish")}
	for _, p := range publishers {
		defer p.stop()
	}
	s, err := store.Open(b.Context(), db)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()

	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var mu sync.Mutex
	var commits []shown
	seen := make([][]shown, len(publishers))
	news := make(chan struct{}, 1) // there is more in commits or seen
	note := func(to *[]shown) func(shown) {
		return func(c shown) {
			mu.Lock()
			*to = append(*to, c)
			mu.Unlock()
			select {
			case news <- struct{}{}:
			default:
			}
		}
	}
	var watching sync.WaitGroup
	watching.Go(func() { watchCommits(ctx, b, db, note(&commits)) })
	for i, p := range publishers {
		watching.Go(func() { watchPages(ctx, p.at, note(&seen[i])) })
	}
	until := func(what string, done func() bool) {
		late := time.NewTimer(2 * time.Minute)
		defer late.Stop()
		for !done() {
			select {
			case <-news:
			case <-late.C:
				b.Fatalf("%s: not within two minutes", what)
			}
		}
	}
	used := func() map[string]time.Duration {
		return map[string]time.Duration{"desk": desk.cpu(), "server": serverCPU(b, pg), "sources": cpuOf(os.Getpid(), false),
			"publishers": publishers[0].cpu() + publishers[1].cpu()}
	}
	before, began := used(), time.Now()
	r.items = tell(ctx, b, s)
	until("the desk has all of it", func() bool {
		waiting, _, err := s.Lag(ctx)
		if err != nil {
			b.Fatal(err)
		}
		mu.Lock()
		defer mu.Unlock()
		return waiting == 0 && len(commits) > 0 && commits[len(commits)-1].item == r.items-1
	})
	r.took, r.used = time.Since(began), used()
	for part := range r.used {
		r.used[part] -= before[part]
	}
	until("all of it is published", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return !slices.ContainsFunc(seen, func(of []shown) bool { return len(of) == 0 || of[len(of)-1].item < r.items-1 })
	})
	cancel()
	watching.Wait()
	for _, c := range commits {
		for i := range seen {
			at := slices.IndexFunc(seen[i], func(p shown) bool { return p.item >= c.item })
			r.lags = append(r.lags, max(0, seen[i][at].at.Sub(c.at)))
		}
	}
	return r
}

// shown is the newest item at a time.
type shown struct {
	item int
	at   time.Time
}

// perLook is how many new items a source has when it is looked at: 1,000 a second are 50 looks.
const perLook = 20

// tell saves items at the rate, what one source after the other tells, and returns how many.
func tell(ctx context.Context, b *testing.B, s *store.Store) (sent int) {
	text := talker(1, 7)
	tick := time.NewTicker(time.Second * perLook / rushRate)
	defer tick.Stop()
	began := time.Now()
	for now := began; now.Sub(began) < rushFor; now = <-tick.C {
		var looks sync.WaitGroup // those that are due share a transaction, as looks of collectors do
		for due := int(now.Sub(began).Seconds() * rushRate); sent+perLook <= due; {
			c := &store.Collected{State: feed.SourceState{Source: fmt.Sprintf("s%d", sent/perLook%100)}, Full: true, At: now}
			for i := range perLook { // a minute apart, the last one just now
				link := fmt.Sprintf("https://bao.example/tin/%d.html", sent)
				it := feed.Item{Source: c.State.Source, GUID: link, URL: link, Canonical: feed.Canonical(link), Title: text(12), Summary: text(30),
					Published: began.Add(time.Duration(sent)*time.Second/rushRate - time.Duration(perLook-1-i)*time.Minute)}
				it.Key = feed.Identify(&it)
				c.Items = append(c.Items, it)
				sent++
			}
			looks.Go(func() {
				if _, err := s.Save(ctx, c); err != nil {
					b.Error(err)
				}
			})
		}
		looks.Wait()
	}
	return sent
}

// watchCommits says what the desk's commits show, as soon as it is told of them.
func watchCommits(ctx context.Context, b *testing.B, db string, each func(shown)) {
	conn, err := pgx.Connect(ctx, db)
	if err != nil {
		b.Error(err)
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var channel string
	if err := conn.QueryRow(ctx, `SELECT `+store.NoticeChannel).Scan(&channel); err != nil {
		b.Error(err)
		return
	}
	if _, err := conn.Exec(ctx, `LISTEN `+channel); err != nil {
		b.Error(err)
		return
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return // the end
		}
		if n.Payload != store.NoticeFiled {
			continue
		}
		at := time.Now()
		var url string
		if err := conn.QueryRow(ctx, `SELECT t.url FROM entries e JOIN texts t ON t.item = e.lead ORDER BY e.published DESC LIMIT 1`).Scan(&url); err == nil {
			each(shown{itemOf(url), at})
		}
	}
}

// watchPages says when a publisher shows something newer. It asks again and again, as readers do.
func watchPages(ctx context.Context, at string, each func(shown)) {
	last, etag := -1, ""
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for ; ctx.Err() == nil; <-tick.C {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at+"/sections/tin.json", nil)
		if err != nil {
			return
		}
		r.Header.Set("If-None-Match", etag)
		if resp, err := http.DefaultClient.Do(r); err == nil {
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err == nil && resp.StatusCode == http.StatusOK {
				etag = resp.Header.Get("ETag")
				if n := itemOf(string(body)); n > last {
					last = n
					each(shown{n, time.Now()})
				}
			}
		}
	}
}

var itemURL = regexp.MustCompile(`bao\.example/tin/(\d+)\.html`)

// itemOf is the newest item that a text names.
func itemOf(text string) (most int) {
	most = -1
	for _, m := range itemURL.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.Atoi(m[1]); err == nil {
			most = max(most, n)
		}
	}
	return most
}

// BenchmarkLook measures what a look costs on one node with every role and its database: at a document that is
// new, with one item, and at one that is the same; beside what both do anyway. CPU is in milliseconds;
// transactions and rows written are those that the server counts. The simulation in bench/scale is made of
// these figures.
func BenchmarkLook(b *testing.B) {
	feedd := build(b)
	for b.Loop() {
		lookCosts(b, feedd)
		b.ReportMetric(0, "ns/op")
	}
}

func lookCosts(b *testing.B, feedd string) {
	const sources, hosts = 600, 150
	var mu sync.Mutex
	asked := map[string]int{}
	round := func(n int) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			done := 0
			for _, times := range asked {
				if times >= n {
					done++
				}
			}
			return done == sources
		}
	}
	srv := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		mu.Unlock()
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "application/rss+xml")
		n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		_, _ = w.Write(oneOf(document(n)))
	})}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = srv.Serve(ln) }()
	defer srv.Close()
	run := func(sources int, rounds int) (costs []spent) {
		var yaml strings.Builder
		fmt.Fprintf(&yaml, "site: {title: x, url: \"https://news.example.org\"}\nsections: [{id: tin, title: Tin}]\ndefaults: {schedule: \"@every 1m\", host_interval: 0s, proxy: \"http://%s\"}\nsources:\n", ln.Addr())
		for n := range sources {
			fmt.Fprintf(&yaml, "  - {id: s%d, title: s%d, url: \"http://h%d.example.org/%d\", section: tin}\n", n, n, n%hosts, n)
		}
		if sources == 0 {
			yaml.WriteString("  - {id: s, title: s, url: \"http://h.example.org/never\", schedule: \"0 0 1 1 *\"}\n")
		}
		config := filepath.Join(b.TempDir(), "feeds.yaml")
		if err := os.WriteFile(config, []byte(yaml.String()), 0o600); err != nil {
			b.Fatal(err)
		}
		pg := storetest.New(b)
		db := pg.Schema(b)
		node := serve(b, feedd, config, db, "collect,desk,publish")
		defer node.stop()
		if sources == 0 {
			time.Sleep(10 * time.Second) // its one look is over
			before := spending(b, node, pg)
			time.Sleep(30 * time.Second)
			return []spent{spending(b, node, pg).since(before)}
		}
		before := spending(b, node, pg)
		for n := 1; n <= rounds; n++ {
			for !round(n)() {
				time.Sleep(100 * time.Millisecond)
			}
			time.Sleep(2 * time.Second) // for the desk, and pages
			now := spending(b, node, pg)
			costs = append(costs, now.since(before))
			before = now
		}
		return costs
	}
	idle := run(0, 0)[0]
	clear(asked)
	for i, c := range run(sources, 2) {
		name := []string{"new", "same"}[i]
		c = c.without(idle.during(c.took))
		b.ReportMetric(c.feedd.Seconds()*1000/sources, "feedd-ms-"+name)
		b.ReportMetric(c.server.Seconds()*1000/sources, "server-ms-"+name)
		b.ReportMetric(float64(c.transactions)/sources, "tx-"+name)
		b.ReportMetric(float64(c.rows)/sources, "rows-"+name)
	}
	b.ReportMetric(idle.feedd.Seconds()*1000/idle.took.Seconds(), "feedd-ms/s-idle")
	b.ReportMetric(idle.server.Seconds()*1000/idle.took.Seconds(), "server-ms/s-idle")
	b.ReportMetric(float64(idle.transactions)/idle.took.Seconds(), "tx/s-idle")
}

// oneOf is a document with its first item alone.
func oneOf(document []byte) []byte {
	text := string(document)
	end := strings.Index(text, "</item>") + len("</item>")
	return []byte(text[:end] + "</channel></rss>")
}

// spent is what a node and its database cost in some time.
type spent struct {
	at                 time.Time
	took               time.Duration
	feedd, server      time.Duration // CPU
	transactions, rows int64
}

// since is what was spent since an earlier time.
func (s spent) since(before spent) spent {
	s = s.without(before)
	s.took = s.at.Sub(before.at)
	return s
}

func (s spent) without(o spent) spent {
	return spent{s.at, s.took, s.feedd - o.feedd, s.server - o.server, s.transactions - o.transactions, s.rows - o.rows}
}

// during is what would have been spent in another time.
func (s spent) during(d time.Duration) spent {
	f := d.Seconds() / s.took.Seconds()
	return spent{s.at, d, time.Duration(float64(s.feedd) * f), time.Duration(float64(s.server) * f), int64(float64(s.transactions) * f), int64(float64(s.rows) * f)}
}

func spending(b *testing.B, node *daemon, pg *storetest.Server) spent {
	b.Helper()
	s := spent{at: time.Now(), feedd: node.cpu(), server: serverCPU(b, pg)}
	conn, err := pgx.Connect(b.Context(), pg.URL)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(b.Context())
	time.Sleep(1500 * time.Millisecond) // sessions tell the server what they counted once a second
	if err := conn.QueryRow(b.Context(), `SELECT xact_commit + xact_rollback, tup_inserted + tup_updated + tup_deleted FROM pg_stat_database
		WHERE datname = current_database()`).Scan(&s.transactions, &s.rows); err != nil {
		b.Fatal(err)
	}
	return s
}

// serverCPU is the CPU time of a database server, sessions that ended included.
func serverCPU(b *testing.B, pg *storetest.Server) time.Duration {
	b.Helper()
	pid, err := os.ReadFile(filepath.Join(pg.Dir, "data", "postmaster.pid"))
	if err != nil {
		b.Fatal(err)
	}
	postmaster, err := strconv.Atoi(strings.TrimSpace(strings.SplitN(string(pid), "\n", 2)[0]))
	if err != nil {
		b.Fatal(err)
	}
	all := cpuOf(postmaster, true)
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", postmaster, postmaster))
	if err != nil {
		b.Fatal(err)
	}
	for _, child := range strings.Fields(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			all += cpuOf(n, false)
		}
	}
	return all
}

// cpuOf is the CPU time of a process, with that of its children that ended if asked for; see proc(5).
func cpuOf(pid int, children bool) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	last := 13 // stime is field 14 of proc(5), the 12th behind the name
	if children {
		last = 15
	}
	var ticks int64
	for _, f := range fields[11:last] {
		if n, err := strconv.ParseInt(f, 10, 64); err == nil {
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
