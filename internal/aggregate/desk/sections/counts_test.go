package sections

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// A table holds the counts that were added, however many sections a feature stands in, however large
// they grow and whatever was taken back meanwhile.
func TestTableHoldsCounts(t *testing.T) {
	for _, tt := range []struct{ sections, features int }{{1, 300}, {2, 300}, {8, 3000}, {9, 300}, {40, 3000}, {1100, 20}} {
		t.Run(fmt.Sprint(tt.sections), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(tt.sections)))
			var got table
			want := map[Feature][]int32{}
			known := 0
			for range 60 * tt.features {
				if known < tt.sections && (known == 0 || r.IntN(10) == 0) {
					known++
					got.widen(known)
				}
				// Few features are frequent, and they stand in all sections.
				n := r.IntN(1 + r.IntN(tt.features))
				f := Feature(mix(uint64(n+1))>>32)<<kindBits | Feature(n%int(kinds))
				section := (n + r.IntN(1+r.IntN(known))) % known
				if want[f] == nil {
					want[f] = make([]int32, tt.sections)
				}
				add := int32(1 + r.IntN(32))
				switch r.IntN(8) {
				case 0:
					add = int32(r.IntN(1 << 22))
				case 1, 2:
					add = -want[f][section]
				case 3:
					add = -add
				}
				sum := int32(0)
				for _, x := range want[f] {
					sum += x
				}
				slot := got.slotsOf(nil, []seen{{feature: f}})[0]
				counted := 0
				if sum == 0 {
					counted++
				}
				if sum+add == 0 {
					counted--
				}
				if is := got.add(slot, section, add); is != counted {
					t.Fatalf("as %d was added to a sum of %d, %d features more have counts, want %d", add, sum, is, counted)
				}
				want[f][section] += add
				same(t, &got, f, want[f][:known])
			}
			for f, counts := range want {
				same(t, &got, f, counts[:known])
			}
			if at := got.find(1<<kindBits | 7); at != 0 {
				t.Errorf("a feature that never stood anywhere has counts at %x", at)
			}
		})
	}
}

func same(t *testing.T, table *table, f Feature, want []int32) {
	t.Helper()
	sum := int32(0)
	for _, x := range want {
		sum += x
	}
	if got, n := table.at(table.find(f)); !slices.Equal(got, want) || n != sum {
		t.Fatalf("the counts are %v, together %d; want %v, %d", got, n, want, sum)
	}
}

// What was taken back makes room: a table through which examples pass does not grow with them.
func TestTableForgets(t *testing.T) {
	var got table
	got.widen(8)
	for n := range 200_000 {
		for _, change := range []struct{ at, n int }{{n, 8}, {n - 1000, -8}} {
			if change.at < 0 {
				continue
			}
			f := newFeature(part, mix(uint64(change.at)))
			for section := range 1 + change.at%8 {
				got.add(got.slotsOf(nil, []seen{{feature: f}})[0], section, int32(change.n))
			}
		}
	}
	most := len(got.slots)
	for w := range got.rows {
		most = max(most, got.rows[w].used)
	}
	if most > 8000 {
		t.Errorf("for 1,000 features with counts there is room for %d", most)
	}
}

// BenchmarkTable measures what the counts of a feature take, of a hundred thousand that stood in so many
// of eight sections.
func BenchmarkTable(b *testing.B) {
	const features = 100_000
	for sections := 1; sections <= 8; sections *= 2 {
		b.Run(fmt.Sprint(sections), func(b *testing.B) {
			for b.Loop() {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				var t table
				t.widen(8)
				for n := range features {
					slot := t.slotsOf(nil, []seen{{feature: newFeature(part, mix(uint64(n)))}})[0]
					for s := range sections {
						t.add(slot, (s+n)%8, 8)
					}
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/features, "B/feature")
				runtime.KeepAlive(&t)
			}
		})
	}
}
