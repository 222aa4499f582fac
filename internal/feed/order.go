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
	var latest time.Time // of the items of one second, which stand together in the order
	for _, i := range order {
		t := items[i].Published
		switch {
		case t.IsZero():
			if stored[i].IsZero() {
				undated--
				moments[i] = at.Add(-time.Duration(undated) * time.Millisecond)
			}
			continue
		case !stored[i].IsZero():
			if t = stored[i]; t.Unix() != items[i].Published.Unix() {
				continue // dated anew since
			}
		case t.Unix() == latest.Unix() && !t.After(latest):
			if t = latest.Add(time.Millisecond); t.Unix() != latest.Unix() {
				t = latest // a thousand in one second: the newest are not told apart
			}
		}
		if stored[i].IsZero() {
			moments[i] = t
		}
		if t.Unix() != latest.Unix() || t.After(latest) {
			latest = t
		}
	}
	return moments
}
