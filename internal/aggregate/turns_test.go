package aggregate

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"feedd/internal/feed"
	"feedd/internal/store"
)

// bring stores items of a source as if they had just been read.
func (w *wing) bring(t *testing.T, source string, from, to int, title func(n int) string) {
	t.Helper()
	c := &store.Collected{State: feed.SourceState{Source: source, LastRun: w.clock()}, At: w.clock()}
	for n := from; n < to; n++ {
		it := feed.Item{Source: source, GUID: fmt.Sprint(n), URL: fmt.Sprintf("https://%s.example/%d", source, n), Title: title(n)}
		it.Canonical = feed.Canonical(it.URL)
		it.Key = feed.Identify(&it)
		c.Items = append(c.Items, it)
	}
	if _, err := w.store.Save(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func figures(n int) string {
	return fmt.Sprintf("Giá vàng %d triệu, bạc %d nghìn, dầu %d USD", n, 3*n, 7*n)
}

// waits tells whether the desk has decided about an item of a source.
func (w *wing) waits(t *testing.T, source, title string) bool {
	t.Helper()
	found := false
	items, err := w.store.Unfiled(t.Context(), 100_000)
	if err != nil {
		t.Fatal(err)
	}
	for i := range items {
		found = found || items[i].Source == source && items[i].Title == title
	}
	return found
}

// TestAFloodHasItsShare: what another source tells, before, behind or in the middle of a flood, is decided
// about within few batches, whether it is new or revised; and of everything that flooded nothing is lost or
// decided twice.
func TestAFloodHasItsShare(t *testing.T) {
	const flood = 12 * share
	w := newWing(t)
	w.bring(t, "c", 0, 1, func(int) string { return "Một bài báo cũ" })
	w.file(t)
	w.bring(t, "a", 0, flood, figures)
	w.bring(t, "b", 0, 3, func(n int) string { return fmt.Sprintf("Cầu mới thứ %d thông xe", n) })

	var commits atomic.Int64
	since := map[string]int64{"b Cầu mới thứ 2 thông xe": 0} // when it came, in commits
	waited := map[string]int64{}
	w.Aggregate.filed = func() {
		n := commits.Add(1)
		for of, came := range since {
			if waited[of] == 0 && !w.waits(t, of[:1], of[2:]) {
				waited[of] = n - came
			}
		}
		switch n {
		case 4:
			w.bring(t, "b", 3, 4, func(int) string { return "Trận mưa lớn đêm qua" })
			since["b Trận mưa lớn đêm qua"] = n
		case 5:
			w.pass(1e9)
			w.bring(t, "c", 0, 1, func(int) string { return "Một bài báo cũ đã sửa" })
			since["c Một bài báo cũ đã sửa"] = n
		}
	}
	total, err := w.File(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := flood + 3 + 1 + 1; total != want {
		t.Errorf("%d decisions, want %d", total, want)
	}
	// One batch is being decided about and one is read when it comes; a revised item is looked for in every third.
	for of, most := range map[string]int64{"b Cầu mới thứ 2 thông xe": 1, "b Trận mưa lớn đêm qua": 4, "c Một bài báo cũ đã sửa": 6} {
		if n := waited[of]; n == 0 || n > most {
			t.Errorf("%s waited for %d batches of %d, want at most %d", of, n, commits.Load(), most)
		}
	}
}

// waitingItems is a waiting list in memory, in order.
type waitingItems struct {
	sources   []string // by id - 1
	committed map[int64]bool
}

func (w *waitingItems) add(source string, n int) {
	for range n {
		w.sources = append(w.sources, source)
	}
}

func (w *waitingItems) Inbox(_ context.Context, after int64, each func(int64, string)) error {
	for i, source := range w.sources {
		if id := int64(i + 1); id > after && !w.committed[id] {
			each(id, source)
		}
	}
	return nil
}

// However many sources flood, each has its share in each turn, and who comes later waits for a turn.
func TestTurnsAreShared(t *testing.T) {
	const floods, each = 40, 4 * share
	w := &waitingItems{committed: map[int64]bool{}}
	for f := range floods {
		w.add(fmt.Sprint("flood ", f), each)
	}
	turns := newTurns(0)
	took := map[string]int{}
	decided := map[int64]bool{}
	var under [][]int64 // way: not committed yet
	came, waited := 0, 0
	for batch := 0; ; batch++ {
		if err := turns.look(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		ids := turns.take(batchSize)
		if len(ids) == 0 {
			break
		}
		if !slices.IsSorted(ids) || len(ids) > batchSize {
			t.Fatalf("a batch of %d, in order: %v", len(ids), slices.IsSorted(ids))
		}
		of := map[string]int{}
		for _, id := range ids {
			if decided[id] {
				t.Fatalf("item %d is taken twice", id)
			}
			decided[id] = true
			source := w.sources[id-1]
			if of[source]++; source == "late" {
				waited = batch - came
			}
			took[source]++
		}
		least, most := each, 0
		for f := range floods {
			n := took[fmt.Sprint("flood ", f)]
			least, most = min(least, n), max(most, n)
		}
		if most-least > share {
			t.Fatalf("batch %d: one source is %d items ahead of another", batch, most-least)
		}
		if batch == 3 {
			came = batch
			w.add("late", 5)
		}
		if under = append(under, ids); len(under) > 2 {
			for _, id := range under[len(under)-3] {
				w.committed[id] = true
			}
		}
	}
	if len(decided) != floods*each+5 {
		t.Errorf("%d of %d were taken", len(decided), floods*each+5)
	}
	if most := floods*share/batchSize + 1; waited == 0 || waited > most {
		t.Errorf("who came late waited for %d batches, want at most %d", waited, most)
	}
}
