package stories

import (
	"slices"
	"sync"
	"sync/atomic"

	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// ahead is items of which the texts are read beside the decisions, before they are placed.
type ahead struct {
	place   map[int64]int // in the lists below, by item
	reports []*report
	keys    [][]words.Key
	parts   []part // of aheadAtOnce items each
}

// part is some of the items. Who comes to it first reads them: all of them ahead of their turn, or each when it is placed.
type part struct {
	taken atomic.Int32
	read  chan struct{} // closed when they are, where that was ahead
}

// By whom a part is taken; 0 is nobody.
const (
	takenAhead  = 1
	takenInTurn = 2
)

const (
	aheadAtOnce = 32
	aheadFrom   = 4 * aheadAtOnce // items; fewer are not worth another goroutine
)

// ReadAhead begins to read the texts of items that are to be placed, in this order, beside who places them. Their texts, dates and
// addresses, and what the editor said, stay as they are until the function that it returns was called. They are decided about as
// ever; but why says nothing of the words they share with others, which would take reading them once more.
func (s *Memory) ReadAhead(items []*feed.Item) (done func()) {
	if len(items) < aheadFrom {
		return func() {}
	}
	a := &ahead{place: make(map[int64]int, len(items)), reports: make([]*report, len(items)), keys: make([][]words.Key, len(items)),
		parts: make([]part, (len(items)+aheadAtOnce-1)/aheadAtOnce)}
	origins := make([]*origin, len(items))
	for i, it := range items {
		a.place[it.ID], origins[i] = i, s.originOf(it.Source)
	}
	for k := range a.parts {
		a.parts[k].read = make(chan struct{})
	}
	var reading sync.WaitGroup
	var enough atomic.Bool
	reading.Go(func() {
		rd := s.rd.Another()
		for k := range a.parts {
			if enough.Load() {
				return
			}
			if !a.parts[k].taken.CompareAndSwap(0, takenAhead) {
				continue
			}
			for i := k * aheadAtOnce; i < min(len(items), (k+1)*aheadAtOnce); i++ {
				a.reports[i] = s.read(rd, origins[i], items[i])
				a.keys[i] = slices.Clone(rd.Keys())
			}
			close(a.parts[k].read)
		}
	})
	s.ahead = a
	return func() {
		s.ahead = nil
		enough.Store(true)
		reading.Wait()
	}
}

// report is what was read of an item and the words it is indexed by; nil when its text was not read ahead.
func (a *ahead) report(it *feed.Item) (*report, []words.Key) {
	if a == nil {
		return nil, nil
	}
	i, ok := a.place[it.ID]
	if !ok {
		return nil, nil
	}
	p := &a.parts[i/aheadAtOnce]
	if p.taken.CompareAndSwap(0, takenInTurn) || p.taken.Load() == takenInTurn {
		return nil, nil
	}
	<-p.read
	r, keys := a.reports[i], a.keys[i]
	a.reports[i], a.keys[i] = nil, nil // it is placed once
	return r, keys
}

// readNow reads an item that is to be placed, unless that was done ahead.
func (s *Memory) readNow(it *feed.Item) *report {
	r, keys := s.ahead.report(it)
	if s.readBefore = r != nil; s.readBefore {
		s.keys = keys
		return r
	}
	r = s.read(s.rd, s.originOf(it.Source), it)
	s.keys = s.rd.Keys()
	return r
}
