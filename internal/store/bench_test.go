package store

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/store/storetest"
)

// BenchmarkSave saves new items, 30 a source, as collectors do side by side; its figure is items a
// second. BenchmarkCommit files them.
func BenchmarkSave(b *testing.B) {
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s := open(b, address(b))
			b.ReportAllocs()
			saveMany(b, s, b.N)
			b.ReportMetric(float64(b.N)*perSource/b.Elapsed().Seconds(), "items/s")
		})
	}
}

func BenchmarkCommit(b *testing.B) {
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s := open(b, address(b))
			saveMany(b, s, b.N)
			b.ResetTimer()
			for n := 0; ; {
				items, err := s.Unfiled(b.Context(), 1000)
				if err != nil {
					b.Fatal(err)
				}
				if len(items) == 0 {
					break
				}
				n += len(items)
				var entries []feed.Entry
				for i := range items {
					it := &items[i]
					it.Entry = feed.EntryKey(it.Source, it.Key)
					it.Story, it.Verdict = it.Entry, feed.New
					it.Sections = []feed.Placement{{Section: "x", By: "rule"}, {Section: "y", By: "rule"}}
					entries = append(entries, feed.Entry{Key: it.Entry, Story: it.Story, Lead: it.ID, Published: it.Date(), Updated: it.Date(), Sections: []string{"x", "y"}})
				}
				turn, err := s.DeskTurn(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Commit(b.Context(), Filed{Turn: turn, Items: items, Entries: entries}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*perSource/b.Elapsed().Seconds(), "items/s")
		})
	}
}

const perSource = 30

func saveMany(b *testing.B, s *Store, sources int) {
	b.Helper()
	text := strings.Repeat("Lãi suất huy động tiếp tục giảm ở nhiều ngân hàng thương mại. ", 8)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(sources); n = next.Add(1) {
				source := fmt.Sprint("s", n)
				items := make([]feed.Item, perSource)
				for i := range items {
					link := fmt.Sprintf("https://%s.example/tin-%d.html", source, i)
					items[i] = feed.Item{Source: source, GUID: link, URL: link, Canonical: link, Title: fmt.Sprintf("Tin số %d của nguồn %d", i, n),
						Summary: text[:200], Content: text, Published: t0.Add(time.Duration(i) * time.Second)}
					items[i].Key = feed.Identify(&items[i])
				}
				if _, err := s.Save(b.Context(), &Collected{State: feed.SourceState{Source: source}, Items: items, Full: true, At: t0}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
