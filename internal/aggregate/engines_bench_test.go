package aggregate

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// BenchmarkDesk files the same items on both engines, by turns, five thousand at a time: its figures are items a
// second, and what PostgreSQL's are of SQLite's. What else the machine does at the time slows both; what processors
// spent on an item, those of the server with them, it changes less.
func BenchmarkDesk(b *testing.B) {
	const rounds, each, sources = 6, 5000, 100
	for b.Loop() {
		now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
		engines := []string{"sqlite", "postgres"}
		desks := map[string]*Aggregate{}
		stores := map[string]*store.Store{}
		addresses := map[string]string{"sqlite": storetest.SQLite(b), "postgres": storetest.Postgres(b)}
		for name, address := range addresses {
			s, err := store.Open(b.Context(), address)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			stores[name], desks[name] = s, newswireWing(b, s, sources, now)
		}
		postgres := serverOf(b, addresses["postgres"])
		cpu := map[string]time.Duration{}
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
				began, spent := time.Now(), postgres.spent()
				n, err := desks[name].File(b.Context())
				if err != nil || n != each {
					b.Fatalf("%s filed %d items of %d: %v", name, n, each, err)
				}
				if round > 0 { // the first opens the desk
					took[name] += time.Since(began)
					cpu[name] += postgres.spent() - spent
				}
			}
		}
		for _, name := range engines {
			b.ReportMetric((rounds-1)*each/took[name].Seconds(), name+"-items/s")
			b.ReportMetric(float64(cpu[name].Microseconds())/((rounds-1)*each), name+"-cpu-µs/item")
		}
		b.ReportMetric(took["sqlite"].Seconds()/took["postgres"].Seconds(), "postgres/sqlite")
		b.ReportMetric(0, "ns/op")
	}
}

// server is the PostgreSQL server of a test, by the number of its process; 0 where this machine does not tell.
type server int

func serverOf(b *testing.B, address string) server {
	b.Helper()
	c, err := pgx.Connect(b.Context(), address)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close(b.Context())
	var pid int
	if err := c.QueryRow(b.Context(), `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::int`).Scan(&pid); err != nil {
		b.Fatal(err)
	}
	return server(pid)
}

// spent is what processors spent so far on this process and on those of the server.
func (s server) spent() (total time.Duration) {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", s)) // there are none where there is no /proc
	for _, pid := range append(strings.Fields(string(children)), strconv.Itoa(os.Getpid())) {
		tasks, _ := filepath.Glob("/proc/" + pid + "/task/*/schedstat")
		for _, task := range tasks {
			text, err := os.ReadFile(task)
			if err != nil {
				continue // it has ended
			}
			ran, _, _ := strings.Cut(string(text), " ")
			ns, _ := strconv.ParseInt(ran, 10, 64)
			total += time.Duration(ns)
		}
	}
	return total
}
