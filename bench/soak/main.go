// Command soak lets feedd serve for a while, with sources that publish, fail and hang and with readers
// who come and go, and reports how its memory, descriptors, goroutines, write-ahead log and database
// grow, as slopes. Once it is warm none but the database's may rise; it exits with 1 when one does.
//
//	go run ./bench/soak            # 20 minutes
//	go run ./bench/soak -for 1h -feeds 100
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
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
	"text/tabwriter"
	"time"
)

func main() { os.Exit(run()) }

func run() int {
	long := flag.Duration("for", 20*time.Minute, "how long")
	warm := flag.Duration("warm", 0, "until when nothing is judged (0: a third of the time)")
	feeds := flag.Int("feeds", 60, "sources; besides them a tenth fails and a tenth hangs")
	every := flag.Duration("every", 5*time.Second, "between two samples")
	keep := flag.String("keep", "", "folder for the samples and feedd's log, store and configuration (default: one that goes away)")
	program := flag.String("feedd", "", "the program (default: built from this checkout)")
	flag.Parse()
	if *warm == 0 {
		*warm = *long / 3
	}
	ctx, cancel := context.WithTimeout(context.Background(), *long+time.Minute)
	defer cancel()
	s := &soak{long: *long, warm: *warm, every: *every, feeds: *feeds, dir: *keep, program: *program}
	rises, err := s.run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		return 1
	}
	if len(rises) > 0 {
		fmt.Println("rising:", strings.Join(rises, ", "))
		return 1
	}
	fmt.Println("nothing but the database rises")
	return 0
}

type soak struct {
	long, warm, every time.Duration
	feeds             int
	dir, program      string
	site, admin       string // http://127.0.0.1:PORT, for readers and for who runs it
}

// run returns the names of the figures that rise although they must not.
func (s *soak) run(ctx context.Context) (rises []string, err error) {
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "feedd-soak-"); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(s.dir)) }()
	} else if err := os.MkdirAll(s.dir, 0o750); err != nil {
		return nil, err
	}
	if s.program == "" {
		s.program = filepath.Join(s.dir, "feedd")
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", s.program, "feedd/cmd/feedd").CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build: %w\n%s", err, out)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	outlets := &http.Server{Handler: newPress(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = outlets.Serve(l) }() // ends with Close below
	defer outlets.Close()
	cmd, err := s.start(ctx, "http://"+l.Addr().String())
	if err != nil {
		return nil, err
	}
	readers, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() { s.read(readers, rand.New(rand.NewPCG(uint64(n), 1))) })
	}
	samples, err := s.sample(ctx, cmd.Process.Pid)
	stop()
	wg.Wait()
	err = errors.Join(err, s.write(samples))
	if err != nil {
		return nil, errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil {
		return nil, fmt.Errorf("feedd did not stop well: %w", err)
	}
	return s.report(samples), nil
}

// start starts feedd and waits until it is ready.
func (s *soak) start(ctx context.Context, base string) (*exec.Cmd, error) {
	var yaml strings.Builder
	// What is bounded, but by days of news, is to be full when feedd is warm, or not to be there: a story takes
	// in reports for few minutes only, and the sections learn nothing (they would learn from the latest 5,000
	// headlines each). The caches of the store are full because the first looks bring more than they hold.
	yaml.WriteString("site: {title: Soak, url: \"https://soak.example\"}\n" +
		"defaults: {allow_private: true, host_interval: 0s, timeout: 15s, schedule: \"* * * * *\", learn: false}\n" +
		"stories: {window: " + max(s.warm/2, time.Minute).String() + "}\n" +
		"sections:\n  - {id: a, title: A, rules: [{any: [sông, núi]}]}\n  - {id: b, title: B, limit: 30}\n  - {id: c, title: C, max_age: 1h}\nsources:\n")
	n := 0
	add := func(kind string, count int) {
		for range count {
			fmt.Fprintf(&yaml, "  - {id: %s%d, title: Báo %d, url: \"%s/%s/%d\", section: %s}\n", kind, n, n, base, kind, n, []string{"b", "c"}[n%2])
			n++
		}
	}
	add("good", s.feeds)
	add("failing", s.feeds/10)
	add("hanging", s.feeds/10)
	config := filepath.Join(s.dir, "feeds.yaml")
	if err := os.WriteFile(config, []byte(yaml.String()), 0o600); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	listen, err := free()
	if err != nil {
		return nil, err
	}
	admin, err := free()
	if err != nil {
		return nil, err
	}
	s.site, s.admin = "http://"+listen, "http://"+admin
	cmd := exec.CommandContext(ctx, s.program, "serve", "--config", config, "--db", "sqlite:"+filepath.Join(s.dir, "feedd.db"), "--listen", listen, "--admin", admin)
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 600 {
		<-tick.C
		if _, code := get(ctx, s.site+"/readyz", nil); code == http.StatusOK {
			return cmd, nil
		}
	}
	return nil, errors.Join(errors.New("feedd is not ready after a minute; its log is in "+s.dir), cmd.Process.Kill(), cmd.Wait())
}

// free is a port of this machine that is free, most likely still in a moment.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// press is the outlets. Each good one lists 100 long items at the first look, later 30, and a new one at
// every third look; of some events two outlets report.
type press struct {
	mu    sync.Mutex
	looks map[string]int
}

func newPress() *press { return &press{looks: map[string]int{}} }

// text makes words that hardly ever meet again, now and then one that the rules know.
func text(r *rand.Rand, words int) string {
	const consonants, vowels = "bcdghklmnpstvx", "aeiou"
	var b strings.Builder
	for range words {
		if r.IntN(12) == 0 {
			b.WriteString([]string{"sông ", "núi ", "vàng "}[r.IntN(3)])
			continue
		}
		for range 2 + r.IntN(3) {
			b.WriteByte(consonants[r.IntN(len(consonants))])
			b.WriteByte(vowels[r.IntN(len(vowels))])
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func (p *press) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind, id, _ := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
	switch kind {
	case "failing":
		http.Error(w, "down", http.StatusInternalServerError)
		return
	case "hanging":
		<-r.Context().Done()
		return
	}
	p.mu.Lock()
	p.looks[id]++
	look := p.looks[id]
	p.mu.Unlock()
	newest, listed, long := look/3, 30, 20
	if look == 1 {
		listed, long = 100, 400
	}
	tag := fmt.Sprintf(`"%s-%d"`, id, newest)
	w.Header().Set("ETag", tag)
	w.Header().Set("Content-Type", "application/rss+xml; charset=utf-8")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	fmt.Fprintf(w, `<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Báo %s</title><link>https://bao%s.example/</link><description>x</description>`, id, id)
	number, _ := strconv.Atoi(id) // 0 for none
	for n := newest; n > newest-listed; n-- {
		event := uint64(number)
		if n%4 == 0 {
			event /= 2
		}
		r := rand.New(rand.NewPCG(uint64(n+1000), event))
		fmt.Fprintf(w, `<item><title>%s</title><link>https://bao%s.example/tin-%d.html</link><guid>%s-%d</guid><description>%s</description><content:encoded>%s</content:encoded></item>`,
			text(r, 9), id, n+1000, id, n+1000, text(r, 30), text(r, long))
	}
	fmt.Fprint(w, `</channel></rss>`)
}

func get(ctx context.Context, address string, header http.Header) (string, int) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", 0
	}
	for k, v := range header {
		req.Header[k] = v
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", 0
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", 0
	}
	return string(body), resp.StatusCode
}

var story = regexp.MustCompile(`/stories/[0-9a-f]{16}`)

// read is one reader, who comes about twice a second.
func (s *soak) read(ctx context.Context, r *rand.Rand) {
	paths := []string{"/", "/sections/a.rss", "/sections/b.atom", "/sections/c.json", "/sections/all.rss", "/sections/all", "/feeds.opml",
		"/nothing", "/stories/0123456789abcdef", "/embed/b", "/search?q=vàng", "/sections/all/archive/2020-01.atom"}
	tick := time.NewTicker(time.Duration(400+r.IntN(200)) * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		path := paths[r.IntN(len(paths))]
		if n%5 == 0 { // a story that is there
			body, _ := get(ctx, s.site+"/sections/all", nil)
			if found := story.FindAllString(body, -1); len(found) > 0 {
				path = found[r.IntN(len(found))]
			}
		}
		get(ctx, s.site+path, http.Header{"Accept-Encoding": {[]string{"gzip", "zstd", "identity"}[r.IntN(3)]}})
	}
}

// figures are what is watched, in the order of the report.
//
// A figure rises when all of this holds of the time that is judged: in each half of it the slope is above zero
// with 19 chances of 20, and over the whole of it the slope makes more than chance does, which is share of the
// mean or least, whichever is more. So a table that is made anew at twice its size once is no leak, and what
// goes on growing is found from 3 % in that time on; a longer soak finds less.
var figures = []struct {
	name, unit   string
	share, least float64
	mayRise      bool
}{
	{"memory of its own (RssAnon)", "MB", 0.03, 2, false},
	{"of it Go's", "MB", 0.03, 2, false},
	{"heap in use after a collection", "MB", 0.03, 0.5, false},
	{"descriptors", "", 0.05, 3, false},
	{"goroutines", "", 0.05, 5, false},
	{"write-ahead log", "MB", 0.05, 1, false},
	{"database", "MB", 0, 0, true},
}

// sample is the figures at a time.
type sample struct {
	at     time.Duration
	values []float64
}

// write keeps the samples as a table beside feedd's log.
func (s *soak) write(all []sample) error {
	var b strings.Builder
	b.WriteString("seconds")
	for _, f := range figures {
		b.WriteString("\t" + f.name)
	}
	for _, x := range all {
		fmt.Fprintf(&b, "\n%.0f", x.at.Seconds())
		for _, v := range x.values {
			fmt.Fprintf(&b, "\t%.2f", v)
		}
	}
	return os.WriteFile(filepath.Join(s.dir, "samples.tsv"), []byte(b.String()+"\n"), 0o600)
}

func (s *soak) sample(ctx context.Context, pid int) ([]sample, error) {
	var all []sample
	began := time.Now()
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for time.Since(began) < s.long {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
		values, err := s.look(ctx, pid)
		if err != nil {
			return nil, err
		}
		all = append(all, sample{time.Since(began), values})
		if len(all)%60 == 0 {
			fmt.Fprintf(os.Stderr, "soak: after %s: %.1f\n", time.Since(began).Round(time.Second), values)
		}
	}
	return all, nil
}

func (s *soak) look(ctx context.Context, pid int) ([]float64, error) {
	proc := "/proc/" + strconv.Itoa(pid)
	status, err := os.ReadFile(proc + "/status")
	if err != nil {
		return nil, fmt.Errorf("feedd is gone, or there is no /proc here: %w", err)
	}
	open, err := os.ReadDir(proc + "/fd")
	if err != nil {
		return nil, err
	}
	metrics, code := get(ctx, s.admin+"/metrics", nil)
	if code != http.StatusOK {
		return nil, fmt.Errorf("/metrics answers %d", code)
	}
	heap, err := s.inUse(ctx)
	if err != nil {
		return nil, err
	}
	size := func(name string) float64 {
		info, err := os.Stat(filepath.Join(s.dir, name))
		if err != nil {
			return 0
		}
		return float64(info.Size()) / 1e6
	}
	return []float64{
		figure(string(status), "RssAnon:") / 1e3, (figure(metrics, "\ngo_memstats_sys_bytes ") - figure(metrics, "\ngo_memstats_heap_released_bytes ")) / 1e6, heap,
		float64(len(open)), figure(metrics, "\ngo_goroutines "), size("feedd.db-wal"), size("feedd.db"),
	}, nil
}

// inUse is what of the heap is in use right after a collection, in MB. What the runtime says of a collection of
// its own will not do: what is allocated while that marks counts as in use, and how much that is, the load of
// the machine says. Of two collections the second takes what pools held back from the first. What is under
// way at that moment swings by some megabytes; the least of a dozen looks is what stays.
func (s *soak) inUse(ctx context.Context) (mb float64, err error) {
	for range 2 {
		profile, code := get(ctx, s.admin+"/debug/pprof/heap?gc=1&debug=1", nil)
		if mb = figure(profile, "\n# HeapAlloc = ") / 1e6; mb == 0 {
			return 0, fmt.Errorf("/debug/pprof/heap answers %d and no HeapAlloc", code)
		}
	}
	return mb, nil
}

// figure reads the number behind a word.
func figure(text, word string) float64 {
	_, rest, _ := strings.Cut(text, word)
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	f, _ := strconv.ParseFloat(fields[0], 64) // 0 for what is no number
	return f
}

// report prints the slopes once warm and returns what rises although it must not.
func (s *soak) report(all []sample) (rises []string) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\tcold\twarm\tend\tmost\tan hour\tat least\tand then\t\n")
	first := slices.IndexFunc(all, func(x sample) bool { return x.at >= s.warm })
	if first < 0 || len(all)-first < 10 {
		fmt.Println("too few samples to judge")
		return []string{"nothing is known"}
	}
	judged := all[first:]
	// What is in use at a moment is partly what the next collection takes; how much of it, the load of the machine
	// says. What leaks raises the least that is ever in use.
	floors := least(judged, windows)
	hours := (judged[len(judged)-1].at - judged[0].at).Hours()
	for i, f := range figures {
		most, sum := 0.0, 0.0
		for _, x := range judged {
			most, sum = max(most, x.values[i]), sum+x.values[i]
		}
		hourly, first, second := rise(floors, i)
		fmt.Fprintf(w, "%s %s\t%.1f\t%.1f\t%.1f\t%.1f\t%+.2f\t%+.2f\t%+.2f\t\n", f.name, f.unit, all[0].values[i], mean(judged, i, true), mean(judged, i, false), most, hourly, first, second)
		if !f.mayRise && min(first, second) > 0 && hourly*hours > max(f.least, f.share*sum/float64(len(judged))) {
			rises = append(rises, f.name)
		}
	}
	_ = w.Flush()
	return rises
}

// mean is that of the first or the last tenth of the samples.
func mean(all []sample, i int, first bool) float64 {
	n := max(1, len(all)/10)
	part := all[len(all)-n:]
	if first {
		part = all[:n]
	}
	sum := 0.0
	for _, x := range part {
		sum += x.values[i]
	}
	return sum / float64(n)
}

// windows is how many parts of the time that is judged are compared.
const windows = 16

// least are the least values of so many parts of the time, each figure's own, at the middle of each part.
func least(all []sample, parts int) []sample {
	var floors []sample
	for n := range parts {
		part := all[n*len(all)/parts : (n+1)*len(all)/parts]
		if len(part) == 0 {
			continue
		}
		low := sample{at: part[len(part)/2].at, values: slices.Clone(part[0].values)}
		for _, x := range part {
			for i, v := range x.values {
				low.values[i] = min(low.values[i], v)
			}
		}
		floors = append(floors, low)
	}
	return floors
}

// rise is how much a figure rises in an hour over all samples, and what it rises at least in the first and in
// the second half of them.
func rise(all []sample, i int) (hourly, first, second float64) {
	hourly, _ = slope(all, i)
	_, first = slope(all[:len(all)/2], i)
	_, second = slope(all[len(all)/2:], i)
	return hourly, first, second
}

// slope is how much a figure rises in an hour: the median over all pairs of samples (Theil and Sen), which
// single peaks do not move, and what it rises at least, with 19 chances of 20 (Sen, 1968: the bound follows
// from how Kendall's statistic varies when nothing rises).
func slope(all []sample, i int) (median, surely float64) {
	var slopes []float64
	for a := range all {
		for b := a + 1; b < len(all); b++ {
			slopes = append(slopes, (all[b].values[i]-all[a].values[i])/(all[b].at-all[a].at).Hours())
		}
	}
	slices.Sort(slopes)
	n := float64(len(all))
	wide := 1.645 * math.Sqrt(n*(n-1)*(2*n+5)/18)
	low := int((float64(len(slopes)) - wide) / 2)
	return slopes[len(slopes)/2], slopes[max(0, low)]
}
