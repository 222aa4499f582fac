// Command scale simulates a day of many sources on a cluster, second by second, and prints what it asks of
// each part: jobs, requests, rows, bytes, connections and the desk. The same seed gives the same figures.
//
//	go run ./bench/scale
//	go run ./bench/scale -sources 1000000 -hosts 200000
//
// The program's own scheduler decides when sources run; the cost of a look was measured, see costs.
package main

import (
	"container/heap"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/feed"
)

// world is what is simulated.
type world struct {
	sources, hosts int
	schedule       string
	interval       time.Duration // between requests to a host
	seed           uint64
	day            time.Duration
}

func main() {
	log.SetFlags(0)
	w := world{day: 24 * time.Hour}
	flag.IntVar(&w.sources, "sources", 100_000, "how many sources")
	flag.IntVar(&w.hosts, "hosts", 20_000, "on how many hosts they are")
	flag.StringVar(&w.schedule, "schedule", "*/15 * * * *", "when each runs")
	flag.DurationVar(&w.interval, "interval", 2*time.Second, "between requests to a host")
	flag.Uint64Var(&w.seed, "seed", 1, "of all that is drawn")
	flag.Parse()
	report(os.Stdout, w, simulate(w))
}

// costs are what the parts spend, in milliseconds of CPU, measured on one core of this project's machine
// with go test -run '^$' -bench 'Look|Desk' ./bench ./internal/aggregate.
type costs struct {
	collector, server      float64 // a look at a document that is the same
	changed, changedServer float64 // besides, when it has changed
	desk, deskServer       float64 // an item that is filed
	transactions, rows     float64 // of a look
	itemRows               float64 // of an item, saved and filed
	answerBytes            float64 // of a look at a document that is the same
	documentBytes          float64 // of a changed document, compressed
	itemBytes              float64 // of an item on the disk
}

var measured = costs{
	collector: 2.9, server: 2.2, changed: 2.5, changedServer: .2, desk: .1, deskServer: .1,
	transactions: 10, rows: 11.5, itemRows: 5,
	answerBytes: 350, documentBytes: 15_000, itemBytes: 2_700,
}

// What a node does at once.
const (
	hostsOfNode = 100              // hosts of the queue that a node works on
	jobTime     = 20 * time.Second // a node's turn at a host
	planned     = time.Second      // how often what is due is queued
	connections = 18               // of a node that collects, at most
)

// second is what happened in one second.
type second struct {
	jobs, looks, changed, items, failed int
	busy                                int // hosts at work at its end
}

// day is what happened, and how late looks were.
type day struct {
	seconds []second
	late    []float64 // seconds from due to asked, of a look in a hundred
	latest  float64
	most    int // sources of the largest host
}

// source is a simulated source.
type source struct {
	host   int
	rate   float64       // items a second, on average over the day
	offset time.Duration // of its runs within the schedule's gap
	told   float64       // when it was looked at last, in seconds
}

// host is a simulated host.
type host struct {
	due     []int32 // its sources that are due, in order
	since   []float64
	latency float64 // of its answers, in seconds
	queued  bool
	jobEnds float64
}

// event is a host's next look.
type event struct {
	at   float64
	host int32
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].host < e[j].host
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	x := old[len(old)-1]
	*e = old[:len(old)-1]
	return x
}

// draw makes the sources and hosts. Hosts are as unequal as those of the web: a portal has hundreds of
// feeds, most have one or two. So are sources: most tell a few items a day, some hundreds.
func draw(w world) (sources []source, hosts []host, gap time.Duration) {
	r := rand.New(rand.NewPCG(w.seed, 1))
	hosts = make([]host, w.hosts)
	for i := range hosts {
		hosts[i].latency = .2 * math.Exp(.8*r.NormFloat64())
	}
	zipf := rand.NewZipf(r, 1.2, float64(w.hosts)/200, uint64(w.hosts-1))
	sources = make([]source, w.sources)
	start := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	gap = collect.ShortestGap(w.schedule)
	scheduler := collect.New(collect.Options{})
	for i := range sources {
		s := &sources[i]
		if i < w.hosts { // each has one at least
			s.host = i
		} else {
			s.host = int(zipf.Uint64())
		}
		s.rate = min(500, 6*math.Exp(1.2*r.NormFloat64())) / (24 * 3600)
		src := feed.Source{ID: fmt.Sprintf("s%d", i), URL: "http://x", Schedule: w.schedule}
		next, _ := scheduler.NextRun(src, feed.SourceState{Source: src.ID, URL: src.URL, LastRun: start}, start)
		s.offset = next.Sub(start) % gap
	}
	return sources, hosts, gap
}

// busyHours is how many times the average of a day is told at an hour of it: nights are quiet.
func busyHours(at float64) float64 {
	return 1 + .8*math.Sin((at/3600-8)/24*2*math.Pi)
}

// simulate lets a day pass.
func simulate(w world) day {
	sources, hosts, gap := draw(w)
	r := rand.New(rand.NewPCG(w.seed, 2))
	d := day{seconds: make([]second, int(w.day.Seconds()))}
	perHost := make([]int, w.hosts)
	runs := make([][]int32, int(gap.Seconds())+1) // by the second of the gap
	for i := range sources {
		at := int(sources[i].offset.Seconds())
		runs[at] = append(runs[at], int32(i))
		perHost[sources[i].host]++
	}
	d.most = slices.Max(perHost)
	var queue events
	busy := 0
	begin := func(h int32, at float64) {
		d.seconds[int(at)].jobs++
		hosts[h].jobEnds = at + jobTime.Seconds()
		heap.Push(&queue, event{at, h})
	}
	for t := range d.seconds {
		now := float64(t)
		for _, i := range runs[t%int(gap.Seconds())] {
			h := &hosts[sources[i].host]
			h.due, h.since = append(h.due, i), append(h.since, now)
			if !h.queued {
				h.queued = true
				busy++
				begin(int32(sources[i].host), now+r.Float64()*planned.Seconds()*.999)
			}
		}
		for len(queue) > 0 && queue[0].at < now+1 {
			e := heap.Pop(&queue).(event)
			h := &hosts[e.host]
			s := &d.seconds[t]
			if len(h.due) == 0 {
				h.queued = false
				busy--
				continue
			}
			if e.at > h.jobEnds { // behind the others, queued anew
				s.jobs++
				h.jobEnds = e.at + jobTime.Seconds()
			}
			src := &sources[h.due[0]]
			late := e.at - h.since[0]
			h.due, h.since = h.due[1:], h.since[1:]
			s.looks++
			d.latest = max(d.latest, late)
			if r.IntN(100) == 0 {
				d.late = append(d.late, late)
			}
			took := h.latency
			if r.IntN(50) == 0 { // one in fifty fails, a tenth of these by not answering
				s.failed++
				if r.IntN(10) == 0 {
					took = 20
				}
			} else {
				n := poisson(r, src.rate*(e.at-src.told)*busyHours(e.at))
				if src.told = e.at; n > 0 {
					s.changed++
					s.items += n
				}
			}
			heap.Push(&queue, event{e.at + max(took+w.interval.Seconds(), .001), e.host})
		}
		d.seconds[t].busy = busy
	}
	return d
}

// poisson draws how many of many rare things happened (Knuth's way).
func poisson(r *rand.Rand, mean float64) (n int) {
	for p := r.Float64(); p > math.Exp(-mean); p *= r.Float64() {
		n++
	}
	return n
}

// series is what of a second is reported.
type series struct {
	name string
	of   func(s *second) float64
}

func report(out io.Writer, w world, d day) {
	m := measured
	fmt.Fprintf(out, "%d sources on %d hosts (the largest has %d), schedule %s, %v between requests, seed %d\n\n", w.sources, w.hosts, d.most, w.schedule, w.interval, w.seed)
	fmt.Fprintf(out, "| a second | mean | 99 of 100 seconds | most | a day |\n|---|--:|--:|--:|--:|\n")
	for _, s := range []series{
		{"jobs of hosts", func(s *second) float64 { return float64(s.jobs) }},
		{"looks", func(s *second) float64 { return float64(s.looks) }},
		{"changed documents", func(s *second) float64 { return float64(s.changed) }},
		{"items for the desk", func(s *second) float64 { return float64(s.items) }},
		{"looks that fail", func(s *second) float64 { return float64(s.failed) }},
		{"hosts at work", func(s *second) float64 { return float64(s.busy) }},
		{"transactions", func(s *second) float64 { return float64(s.looks) * m.transactions }},
		{"rows written", func(s *second) float64 { return float64(s.looks)*m.rows + float64(s.items)*m.itemRows }},
		{"kB from the network", func(s *second) float64 {
			return (float64(s.looks)*m.answerBytes + float64(s.changed)*m.documentBytes) / 1000
		}},
		{"collectors, ms of CPU", func(s *second) float64 { return float64(s.looks)*m.collector + float64(s.changed)*m.changed }},
		{"desk, ms of CPU", func(s *second) float64 { return float64(s.items) * m.desk }},
		{"database, ms of CPU", func(s *second) float64 {
			return float64(s.looks)*m.server + float64(s.changed)*m.changedServer + float64(s.items)*m.deskServer
		}},
	} {
		values := make([]float64, len(d.seconds))
		sum := 0.0
		for i := range d.seconds {
			values[i] = s.of(&d.seconds[i])
			sum += values[i]
		}
		slices.Sort(values)
		total := fmt.Sprintf("%.0f", sum)
		if s.name == "hosts at work" {
			total = ""
		}
		fmt.Fprintf(out, "| %s | %.1f | %.0f | %.0f | %s |\n", s.name, sum/float64(len(values)), values[len(values)*99/100], values[len(values)-1], total)
	}
	slices.Sort(d.late)
	most, items := 0, 0
	for i := range d.seconds {
		most = max(most, d.seconds[i].busy)
		items += d.seconds[i].items
	}
	nodes := (most + hostsOfNode - 1) / hostsOfNode
	fmt.Fprintf(out, "\nA look comes late by %.1f s (median), %.0f s (99 of 100), %.0f s (the latest).\n", d.late[len(d.late)/2], d.late[len(d.late)*99/100], d.latest)
	fmt.Fprintf(out, "%d collecting nodes have turns for all hosts at once (%d each), with %d connections.\n", nodes, hostsOfNode, nodes*connections)
	fmt.Fprintf(out, "%.1f GB a day go onto the database's disk for %d items.\n", float64(items)*m.itemBytes/1e9, items)
}
