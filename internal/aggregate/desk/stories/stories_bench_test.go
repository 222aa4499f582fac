package stories

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/feed/feedtest"
)

// stream returns the development stream: 10,000 items of three outlets in order of time.
func stream(tb testing.TB) (items []feed.Item) {
	tb.Helper()
	for i, row := range feedtest.Table(tb, feedtest.Shared(tb, "quality/stream_vi_10k.tsv")) {
		ts, err := strconv.ParseInt(row["ts"], 10, 64)
		if err != nil {
			tb.Fatal(err)
		}
		at := time.Unix(ts, 0)
		it := feed.Item{
			ID: int64(i + 1), Source: row["source"], GUID: row["id"], URL: row["url"], Canonical: feed.Canonical(row["url"]),
			Title: row["title"], Summary: row["summary"], Published: at, FirstSeen: at,
		}
		it.Key = feed.Identify(&it)
		items = append(items, it)
	}
	return items
}

// sourcesOf makes a source of each name in the stream.
func sourcesOf(items []feed.Item) map[string]feed.Source {
	sources := map[string]feed.Source{}
	for i := range items {
		sources[items[i].Source] = feed.Source{ID: items[i].Source, Title: Outlet(items[i].Source)}
	}
	return sources
}

// BenchmarkPlace is the cost of one item, title and summary, with 72 hours of three outlets in the
// window; p99-µs is its 99th percentile.
func BenchmarkPlace(b *testing.B) {
	items := stream(b)
	s := New(Options{Sources: sourcesOf(items)})
	var took []time.Duration
	i, shift := 0, time.Duration(0)
	for b.Loop() {
		it := items[i]
		it.Published, it.FirstSeen = it.Published.Add(shift), it.FirstSeen.Add(shift)
		it.ID += int64(shift)
		began := time.Now()
		if i%100 == 0 {
			s.Prune(it.FirstSeen)
		}
		s.Place(&it, it.FirstSeen)
		took = append(took, time.Since(began))
		if i++; i == len(items) {
			i, shift = 0, shift+items[i-1].Published.Sub(items[0].Published)+s.set.Window
		}
	}
	reportP99(b, took)
	b.ReportMetric(float64(s.reports.used), "reports")
}

func reportP99(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "p99-µs")
}

// BenchmarkRead is what of it goes into reading the text, before anything is compared.
func BenchmarkRead(b *testing.B) {
	items := stream(b)
	s := New(Options{Sources: sourcesOf(items)})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s.read(s.rd, s.originOf(items[i%len(items)].Source), &items[i])
		if i++; i == len(items) {
			i = 0
		}
	}
}

// many returns n items made by exchanging the stream's halves of sentences, so that words are as
// frequent as in news and few reports are alike.
func many(tb testing.TB, n int) []feed.Item {
	base := stream(tb)
	rnd := rand.New(rand.NewPCG(1, 2))
	half := func(s string) (string, string) {
		words := strings.Fields(s)
		return strings.Join(words[:len(words)/2], " "), strings.Join(words[len(words)/2:], " ")
	}
	items := make([]feed.Item, n)
	start := base[0].Published
	for i := range items {
		it := base[rnd.IntN(len(base))]
		other := base[rnd.IntN(len(base))]
		t1, _ := half(it.Title)
		_, t2 := half(other.Title)
		s1, _ := half(it.Summary)
		_, s2 := half(other.Summary)
		it.ID, it.Title, it.Summary = int64(i+1), t1+" "+t2, s1+" "+s2
		it.URL = fmt.Sprintf("https://example.org/bai-%d.html", 1000000+i)
		it.Canonical, it.GUID = it.URL, it.URL
		it.Key = feed.Identify(&it)
		it.Published = start.Add(time.Duration(i) * 72 * time.Hour / time.Duration(n))
		it.FirstSeen = it.Published
		items[i] = it
	}
	return items
}

// BenchmarkPlace100k is the cost of one item with 100,000 in the window, which is forgotten again.
func BenchmarkPlace100k(b *testing.B) {
	const n = 100_000
	items := many(b, n+10_000)
	s := New(Options{Settings: feed.StorySettings{Window: 1000 * time.Hour}, Sources: sourcesOf(items)})
	for i := range items[:n] {
		items[i].Entry = feed.EntryKey(items[i].Source, items[i].Key)
		items[i].Story = items[i].Entry
		s.Restore(&items[i])
	}
	s.settle()
	var took []time.Duration
	i := n
	for b.Loop() {
		it := items[i]
		began := time.Now()
		s.Place(&it, it.FirstSeen)
		s.Forget(it.ID)
		took = append(took, time.Since(began))
		if i++; i == len(items) {
			i = n
		}
	}
	reportP99(b, took)
}

// BenchmarkRestore100k is what rebuilding memory takes: 100,000 filed items, of which it must not
// hold more than 0.8 kB each.
func BenchmarkRestore100k(b *testing.B) {
	const n = 100_000
	items := many(b, n)
	for i := range items {
		items[i].Entry = feed.EntryKey(items[i].Source, items[i].Key)
		items[i].Story = items[i].Entry
	}
	sources := sourcesOf(items)
	for b.Loop() {
		b.StopTimer()
		before := heap()
		b.StartTimer()
		s := New(Options{Sources: sources})
		for i := range items {
			s.Restore(&items[i])
		}
		s.settle()
		b.StopTimer()
		b.ReportMetric(float64(heap()-before)/n, "B/item")
		if s.reports.used != n {
			b.Fatalf("%d reports", s.reports.used)
		}
		b.StartTimer()
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
