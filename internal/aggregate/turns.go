package aggregate

import (
	"cmp"
	"context"
	"math"
	"slices"

	"feedd/internal/feed"
)

// share is how many items of one source a batch holds while that source floods the desk's inbox.
const share = batchSize / 4

// floods tells whether a source has more than its share of a batch.
func floods(batch []feed.Item) bool {
	of := map[string]int{}
	for i := range batch {
		if of[batch[i].Source]++; of[batch[i].Source] > share {
			return true
		}
	}
	return false
}

// turns are the sources whose items wait while one of them floods. In each turn every source has its share,
// in the order of arrival, so that what a source tells waits for a share of each of those that flood, and
// not for all that they brought. A source that comes later begins in the turn that the others are in.
type turns struct {
	lanes   map[string]*lane
	turn    int
	seen    int64      // the last item that was found waiting
	batches int        // since all that waits was looked at
	taken   [2][]int64 // the last batches, which may not be committed yet
}

// lane is what waits of a source.
type lane struct {
	ids  []int64 // ascending
	turn int     // the one that the first of them is in
	left int     // of the source's share of it
}

// newTurns returns turns that begin behind an item.
func newTurns(after int64) *turns {
	return &turns{lanes: map[string]*lane{}, seen: after}
}

// waitingList is the desk's inbox.
type waitingList interface {
	// Inbox calls each for every item that waits behind the one with the id after, oldest first.
	Inbox(ctx context.Context, after int64, each func(id int64, source string)) error
}

// look finds what came in. Now and then it looks at all that waits, since what a source revised may be an old
// item: the more often the less there is, so that a look costs little beside the batches that it is for.
func (t *turns) look(ctx context.Context, w waitingList) error {
	const cheap = 5000          // items, whose numbers are read in a small part of the time that a batch takes
	var underway map[int64]bool // taken, though they still wait
	if t.batches >= len(t.taken)+t.waiting()/cheap {
		for _, l := range t.lanes {
			l.ids = nil
		}
		t.seen, t.batches, underway = 0, 0, map[int64]bool{}
		for _, batch := range t.taken {
			for _, id := range batch {
				underway[id] = true
			}
		}
	}
	return w.Inbox(ctx, t.seen, func(id int64, source string) {
		t.seen = id
		if !underway[id] {
			t.add(id, source)
		}
	})
}

// add puts an item behind those of its source.
func (t *turns) add(id int64, source string) {
	l := t.lanes[source]
	if l == nil {
		l = &lane{}
		t.lanes[source] = l
	}
	if l.turn < t.turn || l.turn == 0 {
		l.turn, l.left = max(1, t.turn), share
	}
	l.ids = append(l.ids, id)
}

func (t *turns) waiting() (n int) {
	for _, l := range t.lanes {
		n += len(l.ids)
	}
	return n
}

// take returns the next items of the first turn that has any, ascending, at most so many; none when nothing
// waits.
func (t *turns) take(most int) []int64 {
	turn := math.MaxInt
	for _, l := range t.lanes {
		if len(l.ids) > 0 {
			turn = min(turn, l.turn)
		}
	}
	if turn == math.MaxInt {
		return nil
	}
	t.turn = turn
	type item struct {
		id int64
		of *lane
	}
	var due []item
	for _, l := range t.lanes {
		if l.turn == turn {
			for _, id := range l.ids[:min(len(l.ids), l.left)] {
				due = append(due, item{id, l})
			}
		}
	}
	slices.SortFunc(due, func(a, b item) int { return cmp.Compare(a.id, b.id) })
	due = due[:min(len(due), most)]
	ids := make([]int64, len(due))
	for i, x := range due {
		ids[i] = x.id
		x.of.ids = x.of.ids[1:]
		if x.of.left--; x.of.left == 0 {
			x.of.turn, x.of.left = turn+1, share
		}
	}
	t.batches++
	t.taken[0], t.taken[1] = t.taken[1], ids
	return ids
}
