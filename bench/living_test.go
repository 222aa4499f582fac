package bench

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	livingSections = 14
	livingChanged  = 84 // feeds, of 1,000
	livingItems    = 166
)

// BenchmarkLiving measures minutes in the life of feedd serve with a thousand feeds, of which 84 bring 166 items a
// minute: seconds of CPU, and how long a new entry takes until the feed of its section serves it, from when its item was
// saved and from the desk's commit. To see it, the feeds of sections where something committed is awaited are asked for
// twenty times a second, as a reader does who has them already, with conditional requests; that is among the CPU.
func BenchmarkLiving(b *testing.B) {
	feedd := build(b)
	for b.Loop() {
		n := living(b, feedd)
		n.settle(b, calm)
		n.minute(b)                          // in which archives of the first round are closed beside it
		var saved, committed []time.Duration // until it was served
		const minutes = 3
		asked := n.asked
		before, read, written := n.cpu(), n.metric(b, "feedd_filed_total"), n.metric(b, "feedd_documents_rendered_total")
		for range minutes {
			for _, l := range n.minute(b) {
				saved, committed = append(saved, l.saved), append(committed, l.committed)
			}
		}
		b.ReportMetric((n.cpu()-before).Seconds()/minutes, "cpu-s/minute")
		b.ReportMetric((n.metric(b, "feedd_filed_total")-read)/minutes, "filed/minute")
		b.ReportMetric((n.metric(b, "feedd_documents_rendered_total")-written)/minutes, "renders/minute")
		b.ReportMetric(float64(n.asked-asked)/minutes, "requests/minute")
		for what, lags := range map[string][]time.Duration{"saved": saved, "committed": committed} {
			slices.Sort(lags)
			b.ReportMetric(lags[len(lags)/2].Seconds(), what+"-visible-p50-s")
			b.ReportMetric(lags[len(lags)-1].Seconds(), what+"-visible-most-s")
		}
		b.ReportMetric(n.peak(b), "peak-MB")
		b.ReportMetric(0, "ns/op")
		n.stop()
	}
}

// BenchmarkPollers measures how long 200 readers wait, each of which asks for the feed of a section once a second:
// while feedd serve collects a thousand feeds for the first time, and in a minute that brings it 166 items. The readers are a
// process of their own, and ask a third process as often, of which the handler does nothing but answer with as many bytes: how
// long they wait for that is what the machine takes that has all this to do at once.
func BenchmarkPollers(b *testing.B) {
	feedd := build(b)
	for b.Loop() {
		n := living(b, feedd)
		bare := bareHandler(b)
		report := func(name string, while func()) int {
			w := poll(b, n.at, bare, while)
			b.ReportMetric(milliseconds(w.Feedd, 50), name+"-p50-ms")
			b.ReportMetric(milliseconds(w.Feedd, 99), name+"-p99-ms")
			b.ReportMetric(milliseconds(w.Bare, 50), name+"-bare-p50-ms")
			b.ReportMetric(milliseconds(w.Bare, 99), name+"-bare-p99-ms")
			return len(w.Feedd)
		}
		asked := report("cold", func() { n.settle(b, 1) })
		n.settle(b, calm)
		asked += report("living", func() { n.minute(b) })
		b.ReportMetric(float64(asked), "requests")
		b.ReportMetric(0, "ns/op")
		n.stop()
	}
}

// newsroom is a daemon on feeds that bring news.
type newsroom struct {
	*daemon
	web   *web
	db    *sql.DB // its store, to see what it commits
	feeds [livingSections]served
	asked int // requests for these
}

// lag is how long a new entry took to be served.
type lag struct{ saved, committed time.Duration }

// served is the feed of a section as it was served last.
type served struct {
	tag  string
	urls map[string]bool // of its entries
}

// living starts feedd serve, which looks at each of its thousand feeds once a minute.
func living(b *testing.B, feedd string) *newsroom {
	l := load{feeds: 1000, hosts: 100}
	n := &newsroom{web: l.serve(b)}
	var yaml strings.Builder
	yaml.WriteString("site: {title: x, url: \"https://news.example.org\", language: vi}\ndefaults: {allow_private: true, host_interval: 20ms, schedule: \"* * * * *\"}\nsections:\n")
	for s := range livingSections {
		fmt.Fprintf(&yaml, "  - {id: m%d, title: Mục %d}\n", s, s)
	}
	yaml.WriteString("sources:\n")
	for i := range l.feeds {
		host := fmt.Sprintf("127.0.%d.%d", 1+i%l.hosts/200, 1+i%l.hosts%200)
		fmt.Fprintf(&yaml, "  - {id: s%d, title: Báo %d, url: \"%s/%d\", section: m%d}\n", i, i, fmt.Sprintf(n.web.base, host), i, i%livingSections)
	}
	dir := b.TempDir()
	config, file := filepath.Join(dir, "feeds.yaml"), filepath.Join(dir, "store", "feedd.db")
	if err := os.WriteFile(config, []byte(yaml.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	n.daemon = serve(b, feedd, config, "sqlite:"+file, "collect,desk,publish")
	var err error
	if n.db, err = sql.Open("sqlite", "file:"+file+"?_pragma=query_only(1)&_pragma=busy_timeout(10000)"); err != nil {
		b.Fatal(err)
	}
	n.db.SetMaxOpenConns(1)
	return n
}

func (n *newsroom) stop() {
	n.db.Close()
	n.daemon.stop()
}

// peak is the most memory that the daemon held, in MB.
func (n *newsroom) peak(b *testing.B) float64 {
	ended := make(chan struct{})
	close(ended)
	return peakOf(n.cmd.Process.Pid, ended)
}

// calm is how many seconds without work say that the first round is over.
const calm = 5

// settle waits until all feeds were read, and what they brought is filed and published: for so many seconds there is no more to do
// than looking at them again. On a machine that has much else to do, that takes as long as it takes.
func (n *newsroom) settle(b *testing.B, seconds int) {
	for deadline, done := time.Now().Add(patience), 0; time.Now().Before(deadline); time.Sleep(time.Second) {
		lag, published := n.counted(b, "feedd_publish_lag_seconds")
		if done++; !published || lag > 0 || n.metric(b, "feedd_filed_total") < 1000*itemsPerFeed {
			done = 0
		}
		if done == seconds {
			return
		}
	}
	b.Fatal("the first round does not end")
}

// patience is how long what takes a minute may take where others use the processors.
const patience = 20 * time.Minute

// metric is the sum of a metric's values, 0 as long as there are none.
func (n *newsroom) metric(b *testing.B, name string) float64 {
	sum, _ := n.counted(b, name)
	return sum
}

// minute brings the feeds news, lets a minute pass, or as much more as it takes until most of it is filed, and returns how
// long each new entry took to be served.
func (n *newsroom) minute(b *testing.B) (lags []lag) {
	ended := time.Now().Add(time.Minute)
	var last int64
	if err := n.db.QueryRow(`SELECT MAX(id) FROM items`).Scan(&last); err != nil {
		b.Fatal(err)
	}
	n.web.advance(livingChanged, livingItems)
	committed := map[string]time.Time{} // entries that are not served yet, by their addresses
	saved := map[string]time.Time{}     // items, likewise
	known := map[string]bool{}
	version := int64(-1)
	for now := time.Now(); now.Before(ended) || len(committed) > 0 || len(lags) < livingItems*8/10; now = time.Now() {
		if now.After(ended.Add(patience)) {
			b.Fatalf("%d entries of some %d are served, and %d that are committed are not", len(lags), livingItems, len(committed))
		}
		v := int64(0)
		if err := n.db.QueryRow(`PRAGMA data_version`).Scan(&v); err != nil {
			b.Fatal(err)
		}
		if v != version {
			version = v
			n.since(b, last, func(url string, opened bool) {
				if _, seen := saved[url]; !seen {
					saved[url] = now
				}
				if opened && !known[url] {
					known[url], committed[url] = true, now
				}
			})
		}
		for _, url := range n.shown(b, committed) {
			lags = append(lags, lag{time.Since(saved[url]), time.Since(committed[url])})
			delete(committed, url)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return lags
}

// since calls each for the address of every item behind one, and says whether it opened an entry.
func (n *newsroom) since(b *testing.B, last int64, each func(url string, opened bool)) {
	rows, err := n.db.Query(`SELECT t.url, i.filed = 1 AND e.id IS NOT NULL FROM items i JOIN texts t ON t.item = i.id
		LEFT JOIN entries e ON e.id = i.entry AND e.lead = i.id WHERE i.id > $1`, last)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var url string
		var opened bool
		if err := rows.Scan(&url, &opened); err != nil {
			b.Fatal(err)
		}
		each(url, opened)
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
}

// shown are those of the entries that the feeds of their sections serve.
func (n *newsroom) shown(b *testing.B, wanted map[string]time.Time) (urls []string) {
	sections := map[int]bool{}
	for url := range wanted {
		var feed int
		if _, err := fmt.Sscanf(url, "https://bao%d.", &feed); err != nil {
			b.Fatal(err)
		}
		sections[feed%livingSections] = true
	}
	for section := range sections {
		feed := &n.feeds[section]
		n.asked++
		feed.ask(b, fmt.Sprintf("http://%s/sections/m%d.json", n.at, section))
		for url := range wanted {
			if feed.urls[url] {
				urls = append(urls, url)
			}
		}
	}
	return urls
}

// ask brings the feed up to date.
func (f *served) ask(b *testing.B, url string) {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("If-None-Match", f.tag)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified {
		return
	}
	var feed struct {
		Items []struct {
			URL string `json:"url"`
		} `json:"items"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&feed); err != nil {
		b.Fatal(err)
	}
	f.tag, f.urls = resp.Header.Get("ETag"), map[string]bool{}
	for _, it := range feed.Items {
		f.urls[it.URL] = true
	}
}
