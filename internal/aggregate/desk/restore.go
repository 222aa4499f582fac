package desk

import (
	"runtime"
	"slices"
	"sync"

	"feedd/internal/feed"
)

// restore takes an item that is already filed, in order of arrival, when memory is rebuilt. Items
// are taken in by the hundred, their texts read side by side: after a restart nothing is filed
// before all of the window is known again.
func (s *stories) restore(it *feed.Item) {
	if it.Entry == "" {
		return
	}
	s.filed = append(s.filed, *it)
	if len(s.filed) == restoredAtOnce {
		s.settle()
	}
}

const restoredAtOnce = 512

// settle takes in what was restored. Whatever looks at the memory calls it first.
func (s *stories) settle() {
	if len(s.filed) == 0 {
		return
	}
	list := s.filed
	s.filed = nil
	reports := make([]*report, len(list))
	words := make([][]indexed, len(list))
	workers := max(1, min(runtime.GOMAXPROCS(0), len(list)/32))
	var wg sync.WaitGroup
	for k := range workers {
		rd := s.rd
		if k > 0 {
			rd = rd.another()
		}
		wg.Go(func() {
			for i := k; i < len(list); i += workers {
				reports[i] = s.read(rd, &list[i])
				words[i] = slices.Clone(rd.index.list)
			}
		})
	}
	wg.Wait()
	for i, r := range reports {
		it := &list[i]
		s.forget(it.ID)
		r.never = s.never.of(it, s.sources[it.Source])
		s.add(r, words[i], it.Entry, it.Story)
	}
	clear(list) // the texts go
	s.filed = list[:0]
}
