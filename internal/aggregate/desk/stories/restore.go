package stories

import (
	"runtime"
	"sync"

	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// Restore takes an item that is already filed, in order of arrival, when memory is rebuilt. Items
// are taken in by the hundred: while one batch is entered, the texts of the next are read side by
// side. After a restart nothing is filed before all of the window is known again.
func (s *Memory) Restore(it *feed.Item) {
	if it.Entry == "" {
		return
	}
	s.filed = append(s.filed, *it)
	if len(s.filed) == restoredAtOnce {
		s.readFiled()
	}
}

const restoredAtOnce = 512

// settle takes in what was restored. Whatever looks at the memory calls it first.
func (s *Memory) settle() {
	if len(s.filed) > 0 {
		s.readFiled()
	}
	s.enter()
	if s.spare != nil { // all is known again
		s.filed, s.spare, s.readers = nil, nil, nil
	}
}

// restored is a batch of items whose texts are being read.
type restored struct {
	items   []feed.Item
	origins []*origin // by item
	reports []*report
	keys    [][]words.Key // by item
	readers sync.WaitGroup
}

// readFiled begins to read the texts of the items that wait, and meanwhile enters those before.
func (s *Memory) readFiled() {
	b := s.spare
	if b == nil {
		b = &restored{reports: make([]*report, restoredAtOnce), keys: make([][]words.Key, restoredAtOnce)}
	}
	b.items, s.filed, s.spare = s.filed, b.items[:0], nil
	b.origins = b.origins[:0]
	for i := range b.items {
		b.origins = append(b.origins, s.originOf(b.items[i].Source))
	}
	workers := max(1, min(runtime.NumCPU(), runtime.GOMAXPROCS(0), len(b.items)/32))
	for len(s.readers) < workers {
		s.readers = append(s.readers, s.rd.Another())
	}
	before := s.reading
	if before != nil {
		before.readers.Wait() // it has the readers
	}
	for k, rd := range s.readers[:workers] {
		b.readers.Go(func() {
			for i := k; i < len(b.items); i += workers {
				b.reports[i] = s.read(rd, b.origins[i], &b.items[i])
				b.keys[i] = append(b.keys[i][:0], rd.Keys()...)
			}
		})
	}
	s.enter()
	s.reading = b
}

// enter takes in the batch that is being read.
func (s *Memory) enter() {
	b := s.reading
	if b == nil {
		return
	}
	s.reading = nil
	b.readers.Wait()
	for i := range b.items {
		it := &b.items[i]
		s.forgetOne(it.ID)
		r := b.reports[i]
		s.mark(r, it)
		s.add(r, b.keys[i], feed.KeyNumber(it.Entry), feed.KeyNumber(it.Story))
		b.reports[i] = nil
	}
	clear(b.items) // the texts go
	s.spare = b
}
