package bench

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
	_ "modernc.org/sqlite"

	"feedd/internal/store/storetest"
)

// The test binary is, where one of these is set, another process of a benchmark: see baseline, readers and answerBare.
const (
	beBaseline = "FEEDD_BENCH_BASELINE"
	beReaders  = "FEEDD_BENCH_READERS"
	beBare     = "FEEDD_BENCH_BARE"
)

func TestMain(m *testing.M) {
	var err error
	switch base := os.Getenv(beBaseline); {
	case base != "":
		err = baseline(base, os.Args[1], os.Args[2], len(os.Args) > 3)
	case os.Getenv(beReaders) != "":
		err = readers(os.Args[1], os.Args[2])
	case os.Getenv(beBare) != "":
		err = answerBare()
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// BenchmarkCollect measures the whole program, as a process: a first round over all feeds, then a
// round in which nothing changed, and one in which a fifth of the feeds brought two items, each beside the
// baseline in the same run: the same feeds fetched with net/http, parsed with gofeed and inserted in batches
// into SQLite, and nothing else; from the second round on with conditional requests.
//
// It reports seconds of wall and CPU and their ratio to the baseline's, peak memory and the size of
// the database in MB. On PostgreSQL the CPU of the server counts, too.
func BenchmarkCollect(b *testing.B) {
	for _, load := range []load{
		{name: "1000feeds", feeds: 1000, hosts: 100},
		{name: "5000feeds", feeds: 5000, hosts: 500},
		{name: "200feeds-latency", feeds: 200, hosts: 200, latency: 100 * time.Millisecond, jitter: 200 * time.Millisecond},
		{name: "postgres", feeds: 1000, hosts: 100, postgres: true},
	} {
		b.Run(load.name, func(b *testing.B) {
			feedd := build(b)
			web := load.serve(b)
			for b.Loop() {
				load.collect(b, web, feedd)
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// collect is one run: three rounds, each beside the baseline's.
func (l *load) collect(b *testing.B, web *web, feedd string) {
	dir := b.TempDir()
	config := filepath.Join(dir, "feeds.yaml")
	if err := os.WriteFile(config, l.config(web.base), 0o600); err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(dir, "feedd.db")
	db, server := "sqlite:"+file, func() time.Duration { return 0 }
	if l.postgres {
		pg := storetest.New(b)
		db, server = pg.Schema(b), func() time.Duration { return serverCPU(b, pg) }
	}
	least := func(more ...string) figures {
		args := append([]string{strconv.Itoa(l.feeds), filepath.Join(dir, "baseline.db")}, more...)
		return measure(b, exec.Command(os.Args[0], args...), beBaseline+"="+web.base)
	}
	round := func(want int) figures {
		before := server()
		f := measure(b, exec.Command(feedd, "collect", "--json", "--config", config, "--db", db))
		f.cpu += server() - before
		if n := f.items(b); n != want {
			b.Fatalf("%d items new, want %d", n, want)
		}
		return f
	}
	report := func(name string, f, least figures) {
		b.ReportMetric(f.wall.Seconds(), name+"-s")
		b.ReportMetric(f.cpu.Seconds(), name+"-cpu-s")
		b.ReportMetric(f.wall.Seconds()/least.wall.Seconds(), name+"-wall/baseline")
		b.ReportMetric(f.cpu.Seconds()/least.cpu.Seconds(), name+"-cpu/baseline")
	}
	web.begin()
	base := least()
	cold := round(l.feeds * itemsPerFeed)
	report("cold", cold, base)
	b.ReportMetric(cold.peakMB, "peak-MB")
	b.ReportMetric(base.peakMB, "baseline-peak-MB")
	if !l.postgres {
		b.ReportMetric(megabytes(b, file), "db-MB")
	}
	base = least("again")
	report("unchanged", round(0), base)
	changed := l.feeds / 5
	web.advance(changed, 2*changed)
	base = least("again")
	report("living", round(2*changed), base)
}

const itemsPerFeed = 30

// load is a set of synthetic feeds on loopback.
type load struct {
	name            string
	feeds, hosts    int
	latency, jitter time.Duration
	postgres        bool
}

// web serves a load, which may bring news.
type web struct {
	base string // "http://%s:PORT", into which a host of 127.0.0.0/8 goes

	mu    sync.Mutex
	first []page
	now   []page
	round int // of advance
}

// page is a feed as it is served.
type page struct {
	plain, packed []byte
	tag           string
	news          int // rounds that brought something
}

func packedPage(n int, body []byte, news int) page {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write(body) // into memory
	_ = w.Close()
	return page{body, z.Bytes(), tagOf(n, news), news}
}

// tagOf is the ETag of feed n when so many rounds brought it something.
func tagOf(n, news int) string { return fmt.Sprintf(`"%d-%d"`, n, news) }

// serve starts the feeds.
func (l load) serve(b *testing.B) *web {
	s := &web{}
	for n := range l.feeds {
		s.first = append(s.first, packedPage(n, document(n), 0))
	}
	s.begin()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{feed}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("feed"))
		if err != nil || n < 0 || n >= l.feeds {
			http.NotFound(w, r)
			return
		}
		if l.latency > 0 {
			time.Sleep(l.latency + time.Duration(n*7919%1000)*l.jitter/1000)
		}
		s.mu.Lock()
		p := s.now[n]
		s.mu.Unlock()
		w.Header().Set("ETag", p.tag)
		w.Header().Set("Content-Type", "application/rss+xml; charset=utf-8")
		if r.Header.Get("If-None-Match") == p.tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		body := p.plain
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			w.Header().Set("Content-Encoding", "gzip")
			body = p.packed
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	})
	ln, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := &http.Server{Handler: loopbackOnly(mux), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(ln) }()
	b.Cleanup(func() { srv.Close() })
	s.base = "http://%s:" + strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
	return s
}

// begin has all feeds as they were at first.
func (s *web) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = slices.Clone(s.first)
}

// advance gives so many feeds, others than the time before, that many items together.
func (s *web) advance(feeds, items int) {
	s.round++
	changed := map[int]page{}
	for i := range feeds {
		n := (s.round*feeds + i) % len(s.first)
		s.mu.Lock()
		p := s.now[n]
		s.mu.Unlock()
		each := items / feeds
		if i < items%feeds {
			each++
		}
		changed[n] = packedPage(n, withNews(p.plain, n, s.round, each), p.news+1)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, p := range changed {
		s.now[n] = p
	}
}

// loopbackOnly refuses everybody who is not on this machine: the listener answers on all of
// 127.0.0.0/8, and so on every other address, too.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil || !net.ParseIP(host).IsLoopback() {
			http.Error(w, "loopback only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (l load) config(base string) []byte {
	var b bytes.Buffer
	b.WriteString("defaults: {allow_private: true, host_interval: 0s}\nsources:\n")
	for n := range l.feeds {
		host := fmt.Sprintf("127.0.%d.%d", 1+n%l.hosts/200, 1+n%l.hosts%200)
		fmt.Fprintf(&b, "  - {id: s%d, title: Báo %d, url: %q}\n", n, n, fmt.Sprintf(base, host)+"/"+strconv.Itoa(n))
	}
	return b.Bytes()
}

// vocabulary are some thousand made-up syllables. Texts draw from it as from a language: few of
// them often, most of them rarely.
var vocabulary = makeVocabulary()

func makeVocabulary() []string {
	var v []string
	for _, rhyme := range strings.Fields("anh ương iên oan ấp ảo ọc ình ưa ôi ết ụng ăn âu ích ồn ẫy uyên ơm ải ưởng ẹp ín oạch ừng em ôt iêu") {
		for _, onset := range strings.Fields("b c ch d đ g gi h kh l m n ng nh ph qu r s t th tr v x bl cr st pl fr br gl kl sm tw zh") {
			v = append(v, onset+rhyme)
		}
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(v), func(i, j int) { v[i], v[j] = v[j], v[i] })
	return v
}

// document is feed n: 30 items, about 62 kB, the same bytes at every call.
func document(n int) []byte {
	text := talker(uint64(n), 7)
	day := time.Now().UTC().Truncate(24 * time.Hour)
	var b bytes.Buffer
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Báo %d</title><link>https://bao%d.example/</link><description>Tin %d</description><language>vi</language>
`, n, n, n)
	for i := range itemsPerFeed {
		writeItem(&b, text, n, strconv.Itoa(itemsPerFeed-i), day.Add(-time.Duration(i)*time.Hour))
	}
	b.WriteString("</channel></rss>\n")
	return b.Bytes()
}

// withNews is a document with items of a round before its first one, and as many fewer at its end.
func withNews(body []byte, n, round, items int) []byte {
	text := talker(uint64(n), 7+uint64(round))
	var news bytes.Buffer
	for i := range items {
		writeItem(&news, text, n, fmt.Sprintf("n%d-%d", round, i), time.Now().Add(-time.Duration(i)*time.Second))
	}
	first := bytes.Index(body, []byte("<item>"))
	last := len(body)
	for range items {
		last = bytes.LastIndex(body[:last], []byte("<item>"))
	}
	return slices.Concat(body[:first], news.Bytes(), body[first:last], []byte("</channel></rss>\n"))
}

// talker returns what makes up texts of so many words.
func talker(seed, round uint64) func(int) string {
	return talking(rand.New(rand.NewPCG(seed, round)))
}

// talking is talker that draws from r.
func talking(r *rand.Rand) func(int) string {
	words := rand.NewZipf(r, 1.05, 20, uint64(len(vocabulary)-1))
	return func(n int) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(vocabulary[words.Uint64()])
		}
		return b.String()
	}
}

func writeItem(b *bytes.Buffer, text func(int) string, n int, id string, at time.Time) {
	title := text(12)
	fmt.Fprintf(b, `<item><title>%s</title><link>https://bao%d.example/tin/%d-%s.html</link><guid isPermaLink="false">%d-%s</guid>
<pubDate>%s</pubDate><dc:creator>%s</dc:creator><category>%s</category><description><![CDATA[%s]]></description>
<content:encoded><![CDATA[<p>%s</p><p>%s <a href="https://bao%d.example/">%s</a></p><p>%s</p>]]></content:encoded></item>
`, title, n, n, id, n, id, at.Format(time.RFC1123Z), text(2), text(2), text(30),
		text(90), text(60), n, text(3), text(60))
}

// figures are what a process cost.
type figures struct {
	wall, cpu time.Duration
	peakMB    float64
	out       []byte
}

func measure(b *testing.B, cmd *exec.Cmd, env ...string) figures {
	b.Helper()
	cmd.Env = append(os.Environ(), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended, peak := make(chan struct{}), make(chan float64)
	go func() { peak <- peakOf(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	f := figures{wall: time.Since(began), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), out: out.Bytes()}
	close(ended)
	f.peakMB = <-peak
	if err != nil {
		b.Fatalf("%s: %v\n%s", cmd.Path, err, errs.Bytes())
	}
	return f
}

// peakOf watches the most memory a process held, in MB; 0 where there is no /proc. What wait4 says
// of a child includes the memory of the process it was forked from, here that of all the feeds.
func peakOf(pid int, ended <-chan struct{}) float64 {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	kb := 0
	for {
		if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
			if _, rest, ok := strings.Cut(string(status), "VmHWM:"); ok {
				if n, err := strconv.Atoi(strings.Fields(rest)[0]); err == nil {
					kb = n
				}
			}
		}
		select {
		case <-ended:
			return float64(kb) / 1024
		case <-tick.C:
		}
	}
}

// items is how many items a run of feedd collect says are new.
func (f figures) items(b *testing.B) int {
	var answer struct {
		Sources []struct {
			New   int
			Error string
		}
	}
	if err := json.Unmarshal(f.out, &answer); err != nil {
		b.Fatal(err)
	}
	n := 0
	for _, s := range answer.Sources {
		if s.Error != "" {
			b.Fatal(s.Error)
		}
		n += s.New
	}
	return n
}

// megabytes is the size of a database with what SQLite keeps beside it.
func megabytes(b *testing.B, path string) float64 {
	files, err := filepath.Glob(path + "*")
	if err != nil {
		b.Fatal(err)
	}
	var n int64
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			b.Fatal(err)
		}
		n += info.Size()
	}
	return float64(n) / 1e6
}

func build(b *testing.B) string {
	path := filepath.Join(b.TempDir(), "feedd")
	if out, err := exec.Command("go", "build", "-o", path, "feedd/cmd/feedd").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// baseline is the least that any aggregator on these libraries does: it fetches the feeds 64 at a
// time, parses them with gofeed, and one writer inserts the items in transactions of 1,000 rows. When it runs again,
// its requests are conditional, and it gets only feeds that have changed since.
func baseline(base, feeds, path string, again bool) error {
	n, err := strconv.Atoi(feeds)
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, feed INT, guid TEXT, url TEXT, title TEXT, summary TEXT,
		content TEXT, author TEXT, published INT, UNIQUE (feed, guid))`); err != nil {
		return err
	}
	type parsed struct {
		n int
		f *gofeed.Feed
	}
	todo, done := make(chan int), make(chan parsed, 64)
	fail := make(chan error, 65)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}, Timeout: 20 * time.Second}
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			p := gofeed.NewParser()
			for n := range todo {
				tag := ""
				if again {
					tag = tagOf(n, 0)
				}
				f, err := fetch(client, p, fmt.Sprintf(base, "127.0.0.1")+"/"+strconv.Itoa(n), tag)
				if err != nil {
					fail <- err
					return
				}
				if f != nil {
					done <- parsed{n, f}
				}
			}
		})
	}
	go func() {
		for i := range n {
			todo <- i
		}
		close(todo)
		wg.Wait()
		close(done)
	}()

	var tx *sql.Tx
	rows := 0
	for p := range done {
		for _, it := range p.f.Items {
			if tx == nil {
				if tx, err = db.BeginTx(context.Background(), nil); err != nil {
					return err
				}
			}
			author := ""
			if len(it.Authors) > 0 {
				author = it.Authors[0].Name
			}
			if _, err := tx.Exec(`INSERT INTO items (feed, guid, url, title, summary, content, author, published)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`, p.n, it.GUID, it.Link, it.Title,
				it.Description, it.Content, author, it.PublishedParsed.Unix()); err != nil {
				return err
			}
			if rows++; rows%1000 == 0 {
				if err := tx.Commit(); err != nil {
					return err
				}
				tx = nil
			}
		}
	}
	if tx != nil {
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	select {
	case err := <-fail:
		return err
	default:
		return nil
	}
}

// fetch returns a feed, nil when it is still the one with this ETag.
func fetch(client *http.Client, p *gofeed.Parser, url, tag string) (*gofeed.Feed, error) {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified {
		return nil, nil
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	return p.Parse(bytes.NewReader(body))
}
