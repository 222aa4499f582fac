package stories

import (
	"maps"
	"math/rand/v2"
	"testing"
)

// A table holds what a map would, whatever comes and goes; where many keys have one home, too.
func TestTableHoldsWhatAMapDoes(t *testing.T) {
	type thing struct{ id, value int64 }
	for name, hash := range map[string]func(int64) uint64{
		"spread": func(id int64) uint64 { return uint64(id) }, "crowded": func(id int64) uint64 { return uint64(id % 5) },
	} {
		tab, want := newTable(func(x *thing) int64 { return x.id }, hash), map[int64]int64{}
		r := rand.New(rand.NewPCG(1, 1))
		for range 5000 {
			id := r.Int64N(300)
			if r.IntN(2) == 0 {
				x := &thing{id, r.Int64()}
				tab.put(x)
				want[id] = x.value
			} else {
				tab.delete(id)
				delete(want, id)
			}
		}
		got := map[int64]int64{}
		for id := range int64(300) {
			if x := tab.get(id); x != nil {
				got[x.id] = x.value
			}
		}
		if !maps.Equal(got, want) || tab.used != len(want) {
			t.Errorf("%s: %d things, %d found, want %d", name, tab.used, len(got), len(want))
		}
	}
}
