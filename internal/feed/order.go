package feed

import (
	"slices"
	"time"
)

// Sequence returns the places of a document's items from the oldest to the newest, for a document
// read at a time. Dates decide; where there are none, or several items have one, the order of the
// document does: newest first, unless its dates say that it is the other way round. An item without
// a date that stands among dated ones is of their time, see placed; another is as new as the document.
func Sequence(items []Item, at time.Time) []int {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	if !oldestFirst(items) {
		slices.Reverse(order)
	}
	dates := placed(items)
	date := func(i int) time.Time {
		if dates[i].IsZero() {
			return at
		}
		return dates[i]
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

// placed are the dates of a document's items, and for items without one the date of the next older item that has one,
// or else of the next newer: where their place in the document tells as much, because most items have dates and
// these are in order. It is zero where nothing tells, and for what stands before all that is dated.
func placed(items []Item) []time.Time {
	dates := make([]time.Time, len(items))
	dated, up, down := 0, 0, 0
	var last time.Time
	for i := range items {
		dates[i] = items[i].Published
		if dates[i].IsZero() {
			continue
		}
		if dated++; dated > 1 {
			up, down = up+max(0, dates[i].Compare(last)), down+max(0, last.Compare(dates[i]))
		}
		last = dates[i]
	}
	if dated == len(items) || 2*dated <= len(items) || up > 0 && down > 0 {
		return dates
	}
	newest := make([]int, len(items)) // the places of the items from the newest on
	for i := range newest {
		newest[i] = i
	}
	if up > 0 {
		slices.Reverse(newest)
	}
	for n, i := range newest {
		if !items[i].Published.IsZero() || n == 0 || dates[newest[n-1]].IsZero() {
			continue
		}
		dates[i] = dates[newest[n-1]]
		for _, older := range newest[n+1:] {
			if t := items[older].Published; !t.IsZero() {
				dates[i] = t
				break
			}
		}
	}
	return dates
}

// Moments gives the new items of a document times by which they keep their order where their dates
// are missing or alike: milliseconds within the second, which nobody is shown. stored are the times
// of the items that are known, zero for the new ones; order is the document's Sequence. A new item
// without a date gets a time at most the moment at which it was first seen: in a document of which nothing is
// known yet that of its place, see placed, and later that moment, for what appears among older items may be new.
func Moments(items []Item, order []int, stored []time.Time, at time.Time) []time.Time {
	moments := make([]time.Time, len(items))
	dates := make([]time.Time, len(items))
	if slices.ContainsFunc(stored, func(t time.Time) bool { return !t.IsZero() }) {
		for i := range items {
			dates[i] = items[i].Published
		}
	} else {
		dates = placed(items)
		for i := range items {
			if items[i].Published.IsZero() && dates[i].After(at) {
				dates[i] = at
			}
		}
	}
	undated := 0
	for i := range items {
		if stored[i].IsZero() && dates[i].IsZero() {
			undated++
		}
	}
	var latest time.Time // of the items of one second, which stand together in the order
	for _, i := range order {
		t := dates[i]
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
