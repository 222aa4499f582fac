package feed

import (
	"slices"
	"time"
)

// Sequence returns the places of a document's items from the oldest to the newest, for a document
// read at a time. Dates decide; where there are none, or several items have one, the order of the
// document does: newest first, unless its dates say that it is the other way round. An item without
// a date is as new as the document.
func Sequence(items []Item, at time.Time) []int {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	if !oldestFirst(items) {
		slices.Reverse(order)
	}
	date := func(i int) time.Time {
		if t := items[i].Published; !t.IsZero() {
			return t
		}
		return at
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return date(a).Truncate(time.Second).Compare(date(b).Truncate(time.Second))
	})
	return order
}

// oldestFirst says whether most of a document's dates ascend.
func oldestFirst(items []Item) bool {
	up, down := 0, 0
	var last time.Time
	for i := range items {
		t := items[i].Published
		if t.IsZero() {
			continue
		}
		if !last.IsZero() {
			switch t.Compare(last) {
			case 1:
				up++
			case -1:
				down++
			}
		}
		last = t
	}
	return up > down
}

// Moments gives the new items of a document times by which they keep their order where their dates
// are missing or alike: milliseconds within the second, which nobody is shown. stored are the times
// of the items that are known, zero for the new ones; order is the document's Sequence. A new item
// without a date gets a time at most the moment at which it was first seen.
func Moments(items []Item, order []int, stored []time.Time, at time.Time) []time.Time {
	moments := make([]time.Time, len(items))
	undated := 0
	for i := range items {
		if stored[i].IsZero() && items[i].Published.IsZero() {
			undated++
		}
	}
	latest := map[int64]time.Time{} // by second
	for _, i := range order {
		switch t := items[i].Published; {
		case !stored[i].IsZero():
			if s := stored[i].Unix(); stored[i].After(latest[s]) {
				latest[s] = stored[i]
			}
		case t.IsZero():
			undated--
			moments[i] = at.Add(-time.Duration(undated) * time.Millisecond)
		default:
			s := t.Unix()
			if last, ok := latest[s]; ok && !t.After(last) {
				t = last.Add(time.Millisecond)
				if t.Unix() != s {
					t = last // a thousand in one second: the newest are not told apart
				}
			}
			latest[s], moments[i] = t, t
		}
	}
	return moments
}
