//go:build unix

package publish_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/store"
)

// BenchmarkOneItemAmong measures what publishing one new item costs beside what is stored, all of it within
// the days that /sections/top looks at, a fifth of it stories of two outlets. Its figure is the CPU of the
// process, for a machine that has other things to do.
func BenchmarkOneItemAmong(b *testing.B) {
	for _, stored := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(stored), func(b *testing.B) {
			n := newNewsroom(b, manyOutlets)
			for from := 0; from < stored; from += 1000 {
				n.fillStories("kinh-te", from, 1000)
			}
			n.refresh() // closes the pages of the archive
			var spent time.Duration
			i := stored
			for b.Loop() {
				i++
				n.pass(time.Second)
				n.file([]string{"kinh-te"}, report("bao-h", i, n.clock()))
				before := processorTime(b)
				n.refresh()
				spent += processorTime(b) - before
			}
			b.ReportMetric(float64(spent.Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// fillStories files reports of the last three days; every fifth story is told by two outlets.
func (n *newsroom) fillStories(section string, from, count int) {
	n.t.Helper()
	var told, again []feed.Item
	for i := from; i < from+count*5/6; i++ {
		at := n.clock().Add(-time.Duration(i%4000) * time.Minute)
		told = append(told, report("bao-a", i, at))
		if i%5 == 0 {
			again = append(again, report("bao-b", i, at.Add(time.Minute)))
		}
	}
	for _, items := range [][]feed.Item{told, again} {
		if _, err := n.store.Save(n.t.Context(), &store.Collected{
			State: feed.SourceState{Source: items[0].Source, LastRun: n.clock(), LastSuccess: n.clock()}, Items: items, At: n.clock(),
		}); err != nil {
			n.t.Fatal(err)
		}
	}
	items, err := n.store.Unfiled(n.t.Context(), 10_000)
	if err != nil {
		n.t.Fatal(err)
	}
	entries := map[string]*feed.Entry{}
	stories := map[string]string{} // the first report of each, by its number
	for i := range items {
		it := &items[i]
		number := it.GUID[len("bao-a-"):]
		if stories[number] == "" {
			stories[number] = it.OwnEntry()
		}
		it.Story, it.Entry, it.Verdict = stories[number], stories[number], feed.New
		it.Sections = []feed.Placement{{Section: section, By: "rule"}}
		if entries[it.Entry] == nil {
			entries[it.Entry] = &feed.Entry{Key: it.Entry, Story: it.Story, Lead: it.ID, Published: it.Date(), Updated: it.Date(), Sections: []string{section}}
		}
	}
	turn, err := n.store.DeskTurn(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	f := store.Filed{Turn: turn, Items: items}
	for _, e := range entries {
		f.Entries = append(f.Entries, *e)
	}
	if err := n.store.Commit(n.t.Context(), f); err != nil {
		n.t.Fatal(err)
	}
}

// processorTime is what the process has used so far.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
