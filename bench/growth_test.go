package bench

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// BenchmarkGrowth measures the whole program, as a process, on stores of 10,000, 100,000 and 500,000 items, a
// hundred thousand a week: what grows with what is stored, and what does not. FEEDD_GROWTH=postgres
// measures on PostgreSQL, whose own CPU is not counted; another value is a folder in which the filled
// SQLite stores are kept for the next time, on the same day.
//
// It reports seconds of CPU, but where the unit says otherwise:
//
//	fill-s      the desk files all that is saved
//	first-s     from the start of the first serve until each section has answered, and first-wall-s
//	close-s     until it is at rest after that, its archives closed; first-peak-MB is the most memory meanwhile
//	again-s     the same of the next serve, again-wall-s and again-peak-MB
//	wake-ms     of one of ten new items while the desk, which remembers nothing yet, reads the days that it looks at
//	item-ms     of one of the next ten, each told by another source within a minute, from the answer that has it
//	            until its bytes are served; item-renders are the documents that were rendered for it
//	rest-MB     what the process holds then
//	look-ms     of a look that finds nothing, with all else that happens meanwhile, which is not in item-ms
//	removed-s   a source that told a two-hundredth of all is taken out, until its items are filed anew;
//	removed-renders, and added-s and added-renders as it comes back
//	replay-s    feedd replay, replay-wall-s and replay-peak-MB
func BenchmarkGrowth(b *testing.B) {
	feedd := build(b)
	for _, stored := range []int{10_000, 100_000, 500_000} {
		b.Run(fmt.Sprint(stored), func(b *testing.B) {
			for b.Loop() {
				growth(b, feedd, stored)
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

const (
	grownSources  = 200
	grownSections = 8
	grownStep     = 6 * time.Second // between two items
	grownChunk    = 10_000          // items that are told before the sources are looked at again
	grownItems    = 10              // new ones whose cost is measured

	rendered = "feedd_documents_rendered_total"
)

func growth(b *testing.B, feedd string, stored int) {
	w := &grown{asked: map[string]int{}, items: map[string][]string{}}
	proxy := w.serve(b)
	dir := b.TempDir()
	config := filepath.Join(dir, "feeds.yaml")
	write := func(without int) {
		if err := os.WriteFile(config, w.config(proxy, without), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	write(-1)
	db := grownStore(b, feedd, config, dir, stored)

	n := startGrown(b, feedd, config, db)
	b.ReportMetric(n.cpu().Seconds(), "first-s")
	b.ReportMetric(n.answered.Seconds(), "first-wall-s")
	n.rest(b)
	b.ReportMetric(n.cpu().Seconds(), "close-s")
	b.ReportMetric(n.memory("VmHWM"), "first-peak-MB")
	n.stop()

	n = startGrown(b, feedd, config, db)
	defer n.stop()
	b.ReportMetric(n.cpu().Seconds(), "again-s")
	b.ReportMetric(n.answered.Seconds(), "again-wall-s")
	n.rest(b)
	b.ReportMetric(n.memory("VmHWM"), "again-peak-MB")

	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / grownItems }
	wake := w.minute(b, n, true)
	look := w.minute(b, n, false)
	renders := n.metric(b, rendered)
	item := w.minute(b, n, true)
	b.ReportMetric(each(wake-look), "wake-ms")
	b.ReportMetric(each(look), "look-ms")
	b.ReportMetric(each(item-look), "item-ms")
	b.ReportMetric((n.metric(b, rendered)-renders)/grownItems, "item-renders")
	b.ReportMetric(n.memory("VmRSS"), "rest-MB")
	for _, change := range []struct {
		name    string
		without int
	}{{"removed", 7}, {"added", -1}} {
		n.rest(b)
		cpu, renders := n.cpu(), n.metric(b, rendered)
		write(change.without)
		n.reloaded(b)
		n.rest(b)
		b.ReportMetric((n.cpu() - cpu).Seconds(), change.name+"-s")
		b.ReportMetric(n.metric(b, rendered)-renders, change.name+"-renders")
	}
	n.stop()
	replay := measure(b, exec.Command(feedd, "replay", "--config", config, "--db", db, "--json"))
	b.ReportMetric(replay.cpu.Seconds(), "replay-s")
	b.ReportMetric(replay.wall.Seconds(), "replay-wall-s")
	b.ReportMetric(replay.peakMB, "replay-peak-MB")
}

// grownStore is the address of a store with so many items.
func grownStore(b *testing.B, feedd, config, dir string, stored int) string {
	kept := os.Getenv("FEEDD_GROWTH")
	if kept == "postgres" {
		db := storetest.New(b).Schema(b)
		b.ReportMetric(grow(b, feedd, config, db, stored).Seconds(), "fill-s")
		return db
	}
	own := filepath.Join(dir, "feedd.db")
	if kept == "" {
		b.ReportMetric(grow(b, feedd, config, "sqlite:"+own, stored).Seconds(), "fill-s")
		return "sqlite:" + own
	}
	filled := filepath.Join(kept, fmt.Sprint(stored)+time.Now().UTC().Format("-2006-01-02")+".db")
	if _, err := os.Stat(filled); err != nil {
		b.ReportMetric(grow(b, feedd, config, "sqlite:"+filled, stored).Seconds(), "fill-s")
	}
	if out, err := exec.Command("cp", filled, own).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return "sqlite:" + own
}

// grow saves the items and has them filed, and returns the CPU of the latter.
func grow(b *testing.B, feedd, config, db string, stored int) time.Duration {
	s, err := store.Open(b.Context(), db)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	r := rand.New(rand.NewPCG(1, 7))
	text := talking(r)
	began := time.Now().UTC().Truncate(time.Second).Add(-time.Duration(stored) * grownStep)
	titles := make([]string, stored)
	for from := 0; from < stored; from += grownChunk {
		at := began.Add(time.Duration(from+grownChunk) * grownStep)
		of := make([]store.Collected, grownSources)
		for i := from; i < min(stored, from+grownChunk); i++ {
			n := i % grownSources
			titles[i] = text(12)
			if i > 300 && r.IntN(5) == 0 { // another outlet told it before
				titles[i] = titles[i-1-r.IntN(300)]
			}
			link := fmt.Sprintf("https://bao%d.example/tin/%d.html", n, i)
			it := feed.Item{Source: grownID(n), GUID: link, URL: link, Canonical: feed.Canonical(link), Title: titles[i], Summary: text(30),
				Content: fmt.Sprintf("<p>%s</p><p>%s</p><p>%s</p>", text(90), text(60), text(60)), Authors: []feed.Person{{Name: text(2)}}, Categories: []string{text(2)},
				Published: began.Add(time.Duration(i) * grownStep)}
			it.Key = feed.Identify(&it)
			of[n].Items = append(of[n].Items, it)
		}
		for n := range of {
			c := &of[n]
			c.At = at
			c.State = feed.SourceState{Source: grownID(n), URL: grownURL(n), LastRun: at, LastSuccess: at, LastNew: at, Status: http.StatusOK, Items: len(c.Items),
				NextRun: time.Now().Add(12 * time.Hour), Schedule: "@every 24h"}
			if _, err := s.Save(b.Context(), c); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return measure(b, exec.Command(feedd, "collect", "--json", "--config", config, "--db", db, grownID(0))).cpu
}

func grownID(n int) string { return fmt.Sprintf("s%d", n) }

func grownURL(n int) string { return fmt.Sprintf("http://h%d.example.org/%d", n, n) }

// grown are the sources, on loopback. They list nothing, but those that are asked each minute what they were
// told to.
type grown struct {
	mu    sync.Mutex
	asked map[string]int
	items map[string][]string
}

func (g *grown) serve(b *testing.B) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.asked[r.URL.Path]++
		items := strings.Join(g.items[r.URL.Path], "")
		g.mu.Unlock()
		w.Header().Set("Content-Type", "application/rss+xml")
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>Báo</title><link>http://bao.example/</link><description>x</description>%s</channel></rss>`, items)
	})}
	go func() { _ = srv.Serve(ln) }()
	b.Cleanup(func() { srv.Close() })
	return "http://" + ln.Addr().String()
}

// config is feeds.yaml, without one of the sources when that is not negative.
func (g *grown) config(proxy string, without int) []byte {
	var y strings.Builder
	y.WriteString("site: {title: Điểm tin, url: \"https://news.example.org\", language: vi}\npublish: {retention: 2160h}\nsections:\n")
	for n := range grownSections {
		fmt.Fprintf(&y, "  - {id: muc-%d, title: Mục %d}\n", n, n)
	}
	y.WriteString("")
	fmt.Fprintf(&y, "defaults: {host_interval: 0s, schedule: \"@every 24h\", proxy: %q}\nsources:\n", proxy)
	for n := range grownSources {
		if n == without {
			continue
		}
		fmt.Fprintf(&y, "  - {id: %s, title: Báo %d, url: %q, section: muc-%d", grownID(n), n, grownURL(n), n%grownSections)
		if n >= grownSources-grownItems {
			y.WriteString(", schedule: \"@every 1m\"")
		}
		y.WriteString("}\n")
	}
	return []byte(y.String())
}

// minute waits until each of the sources that are asked each minute was asked once more, and publishes
// what came of it; with news each has a new item then. It returns the CPU of that.
func (g *grown) minute(b *testing.B, n *grownNode, news bool) time.Duration {
	n.rest(b)
	var last string
	g.mu.Lock()
	before := maps.Clone(g.asked)
	if news {
		for i := range grownItems {
			path := fmt.Sprintf("/%d", grownSources-1-i)
			last = fmt.Sprintf("https://bao.example/moi/%d-%d.html", i, len(g.items[path]))
			g.items[path] = append(g.items[path], fmt.Sprintf(`<item><title>%s %d</title><link>%s</link><pubDate>%s</pubDate><description>%s</description></item>`,
				strings.Join(vocabulary[i*20:i*20+9], " "), len(g.items[path]), last, time.Now().UTC().Format(time.RFC1123Z), strings.Join(vocabulary[i*40:i*40+30], " ")))
		}
	}
	g.mu.Unlock()
	began, cpu := time.Now(), n.cpu()
	for done := 0; done < grownItems; time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > 5*time.Minute {
			b.Fatal("the sources are not asked each minute")
		}
		g.mu.Lock()
		done = 0
		for i := range grownItems {
			if path := fmt.Sprintf("/%d", grownSources-1-i); g.asked[path] > before[path] {
				done++
			}
		}
		g.mu.Unlock()
	}
	n.rest(b)
	if news && !strings.Contains(n.get(b, "/sections/all.json"), last) {
		b.Fatalf("%s is not published", last)
	}
	return n.cpu() - cpu
}

// grownNode is feedd serve as a process.
type grownNode struct {
	*daemon
	answered time.Duration // until each section had answered
	reloads  chan struct{}
}

func startGrown(b *testing.B, feedd, config, db string) *grownNode {
	n := &grownNode{reloads: make(chan struct{}, 10)}
	began := time.Now()
	n.daemon = serve(b, feedd, config, db, "collect,desk,publish", func(line string) {
		if strings.Contains(line, "configuration reloaded") {
			n.reloads <- struct{}{}
		}
	})
	for s := range grownSections {
		n.get(b, fmt.Sprintf("/sections/muc-%d.atom", s))
	}
	n.get(b, "/sections/all.json")
	n.answered = time.Since(began)
	return n
}

// get waits for an answer with status 200.
func (n *grownNode) get(b *testing.B, path string) string {
	b.Helper()
	for range 60_000 {
		resp, err := http.Get("http://" + n.at + path)
		if err == nil {
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err == nil && resp.StatusCode == http.StatusOK {
				return string(body)
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatal(path, "is not answered")
	return ""
}

// rest waits until the process uses less than a fiftieth of a core for some seconds.
func (n *grownNode) rest(b *testing.B) {
	b.Helper()
	for quiet, last := 0, n.cpu(); quiet < 8; {
		time.Sleep(time.Second)
		now := n.cpu()
		if quiet++; now-last > 20*time.Millisecond {
			quiet = 0
		}
		last = now
	}
}

// memory is a line of proc(5)'s status, in MB.
func (n *grownNode) memory(name string) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), name+":")
	kb, _ := strconv.ParseFloat(strings.Fields(rest + " 0")[0], 64)
	return kb / 1024
}

// metric is a counter of the process.
func (n *grownNode) metric(b *testing.B, name string) float64 {
	sum, known := n.counted(b, name)
	if !known {
		b.Fatalf("there is no metric %s", name)
	}
	return sum
}

func (n *grownNode) reloaded(b *testing.B) {
	b.Helper()
	select {
	case <-n.reloads:
	case <-time.After(patience):
		b.Fatal("the changed configuration is not taken over")
	}
}
