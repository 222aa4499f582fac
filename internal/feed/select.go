package feed

import (
	"cmp"
	"slices"
	"time"
)

// Select returns what a section's feed shows of its entries, in order: those that are pinned, then
// the others, each newest first; of entries published in the same instant the one with the smaller
// key comes first, so that every node and every run agree.
//
// Entries that are older than max_age at the time now, or withdrawn, are left out. Of one source's
// entries only the newest max_per_source are shown, so that a source that floods pushes nobody
// else out; pinned entries are counted there and always shown. The result has at most limit
// entries. A bound of 0 is none. The given slice is not changed.
func Select(s Section, entries []Entry, now time.Time) []Entry {
	out := make([]Entry, 0, len(entries))
	for i := range entries {
		e := &entries[i]
		if e.Withdrawn.IsZero() && (s.MaxAge <= 0 || now.Sub(e.Published) <= s.MaxAge) {
			out = append(out, *e)
		}
	}
	slices.SortStableFunc(out, func(a, b Entry) int {
		if p, q := a.Pinned(s.ID), b.Pinned(s.ID); p != q {
			if p {
				return -1
			}
			return 1
		}
		return cmp.Or(b.Published.Compare(a.Published), cmp.Compare(a.Key, b.Key))
	})
	if s.MaxPerSource > 0 {
		led := map[string]int{}
		out = slices.DeleteFunc(out, func(e Entry) bool {
			lead := e.LeadItem()
			if lead == nil {
				return false
			}
			led[lead.Source]++
			return led[lead.Source] > s.MaxPerSource && !e.Pinned(s.ID)
		})
	}
	if s.Limit > 0 && len(out) > s.Limit {
		out = slices.Delete(out, s.Limit, len(out))
	}
	return out
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
