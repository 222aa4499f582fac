package aggregate

import (
	"fmt"
	"testing"
	"time"

	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// BenchmarkDesk files the same items on both engines, by turns, five thousand at a time: its figures are items a
// second, and what PostgreSQL's are of SQLite's. What else the machine does at the time slows both.
func BenchmarkDesk(b *testing.B) {
	const rounds, each, sources = 6, 5000, 100
	for b.Loop() {
		now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
		engines := []string{"sqlite", "postgres"}
		desks := map[string]*Aggregate{}
		stores := map[string]*store.Store{}
		for name, address := range map[string]string{"sqlite": storetest.SQLite(b), "postgres": storetest.Postgres(b)} {
			s, err := store.Open(b.Context(), address)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			stores[name], desks[name] = s, newswireWing(b, s, sources, now)
		}
		wire := newNewswire()
		took := map[string]time.Duration{}
		for round := range rounds {
			var batch []*store.Collected
			for i := range 10 {
				batch = append(batch, wire.collected(fmt.Sprintf("bao-%d", (round*10+i)%sources), each/10, now.Add(-time.Duration(rounds-round)*time.Hour)))
			}
			for i := range engines {
				name := engines[(round+i)%2]
				for _, c := range batch {
					again := *c
					if _, err := stores[name].Save(b.Context(), &again); err != nil {
						b.Fatal(err)
					}
				}
				began := time.Now()
				n, err := desks[name].File(b.Context())
				if err != nil || n != each {
					b.Fatalf("%s filed %d items of %d: %v", name, n, each, err)
				}
				if round > 0 { // the first opens the desk
					took[name] += time.Since(began)
				}
			}
		}
		for _, name := range engines {
			b.ReportMetric((rounds-1)*each/took[name].Seconds(), name+"-items/s")
		}
		b.ReportMetric(took["sqlite"].Seconds()/took["postgres"].Seconds(), "postgres/sqlite")
		b.ReportMetric(0, "ns/op")
	}
}
