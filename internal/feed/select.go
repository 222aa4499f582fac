package feed

import (
	"cmp"
	"slices"
	"time"
)

// Select returns what a section's feed shows of its entries, in order: those that are pinned, then
// the others, each newest first; of entries published in the same instant the one with the smaller
// key comes first, so that every node and every run agree. In a section that is ordered by coverage
// the entries of the story with the widest Coverage come first.
//
// Entries that are older than max_age at the time now, or withdrawn, are left out. Of one source's
// entries only the newest max_per_source are shown, so that a source that floods pushes nobody
// else out. Where that is not set, a source that has more than its fair share gives way as long as
// other sources have entries to show, and gets what they leave free. Pinned entries are counted
// there and always shown. The result has at most limit entries. A bound of 0 is none. The given
// slice is not changed.
func Select(s Section, entries []Entry, now time.Time) []Entry {
	out, _ := Choose(s, entries, now)
	return out
}

// Reaches tells whether the section shows entries as old as this one.
func (s *Section) Reaches(e *Entry, now time.Time) bool {
	return s.MaxAge <= 0 || now.Sub(e.Published) <= s.MaxAge
}

// Choose is Select that also tells whether entries beyond a source's fair share fill the feed: then
// others' entries that were not given would take their place.
func Choose(s Section, entries []Entry, now time.Time) (chosen []Entry, filled bool) {
	order := make([]*Entry, 0, len(entries)) // entries are large, and mostly in order
	for i := range entries {
		e := &entries[i]
		if e.Withdrawn.IsZero() && s.Reaches(e, now) {
			order = append(order, e)
		}
	}
	slices.SortStableFunc(order, func(a, b *Entry) int {
		if p, q := a.Pinned(s.ID), b.Pinned(s.ID); p != q {
			if p {
				return -1
			}
			return 1
		}
		if s.ByCoverage && a.Story != b.Story {
			return CompareCoverage(a.Coverage, b.Coverage)
		}
		return cmp.Or(b.Published.Compare(a.Published), cmp.Compare(a.Key, b.Key))
	})
	out := make([]Entry, len(order))
	for i, e := range order {
		out[i] = *e
	}
	out, filled = bound(&s, out)
	if s.Limit > 0 && len(out) > s.Limit {
		out = slices.Delete(out, s.Limit, len(out))
	}
	return out, filled
}

// fairShares is the part of a feed, as a divisor, that one source may lead while others wait.
const fairShares = 5

// bound takes out of the entries, which are in order, what is more than their sources may lead.
// filled tells that entries beyond a fair share stay: places that nobody else claims go round the
// sources, each source's next entry before any source's one after that.
func bound(s *Section, entries []Entry) (out []Entry, filled bool) {
	most, spare := s.MaxPerSource, 0
	if most <= 0 && s.Fair {
		most = (s.Limit + fairShares - 1) / fairShares
		spare = s.Limit
	}
	if most <= 0 {
		return entries, false
	}
	type extra struct{ place, rank int }
	var beyond []extra
	led := map[string]int{}
	for i := range entries {
		lead := entries[i].LeadItem()
		if lead == nil {
			continue
		}
		led[lead.Source]++
		if rank := led[lead.Source]; rank > most && !entries[i].Pinned(s.ID) {
			beyond = append(beyond, extra{i, rank})
		}
	}
	if spare = min(max(0, spare-(len(entries)-len(beyond))), len(beyond)); spare > 0 {
		slices.SortStableFunc(beyond, func(a, b extra) int { return a.rank - b.rank })
		beyond = beyond[spare:]
		filled = true
	}
	gone := make([]bool, len(entries))
	for _, b := range beyond {
		gone[b.place] = true
	}
	out = entries[:0]
	for i := range entries {
		if !gone[i] {
			out = append(out, entries[i])
		}
	}
	clear(entries[len(out):])
	return out, filled
}

// Pinned tells whether the entry leads a section: one of its reports matched the section's pin.
func (e *Entry) Pinned(section string) bool {
	for i := range e.Reports {
		for _, p := range e.Reports[i].Sections {
			if p.Section == section && p.Pinned {
				return true
			}
		}
	}
	return false
}
