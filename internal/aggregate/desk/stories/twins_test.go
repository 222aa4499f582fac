package stories

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever comes and goes, the chains of twins hold what is there, the earliest first.
func TestTwinsComeAndGo(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	ix := newIndex()
	var there []*report
	for step := range 30_000 {
		if n := len(there); n > 0 && rnd.IntN(n+300) < n {
			i := rnd.IntN(n)
			if rnd.IntN(2) == 0 {
				i = 0
			}
			ix.removeTwin(there[i])
			ix.remove(there[i])
			there = slices.Delete(there, i, i+1)
		} else {
			r := &report{id: int64(step), address: uint64(rnd.IntN(400)) << 40}
			r.doc.Exact = uint64(rnd.IntN(3)) // 0 is none, the others are long chains
			ix.add(r, nil)
			ix.addTwin(r)
			there = append(there, r)
		}
		if step%100 != 0 {
			continue
		}
		for kind := range kindsOfTwins {
			want := map[uint64][]*report{}
			for _, r := range there {
				if key := r.twinKeys()[kind]; key != 0 {
					want[key] = append(want[key], r)
				}
			}
			if used := ix.chains[kind].used; used != len(want) {
				t.Fatalf("after %d steps %d chains, want %d", step, used, len(want))
			}
			for key, list := range want {
				if got := slices.Collect(ix.twins(kind, key)); !slices.Equal(got, list) {
					t.Fatalf("after %d steps a chain of %d reports, want %d in order", step, len(got), len(list))
				}
			}
		}
	}
	if len(there) < 100 {
		t.Errorf("%d reports left", len(there))
	}
}
