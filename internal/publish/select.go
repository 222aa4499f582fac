package publish

import (
	"time"

	"feedd/internal/feed"
)

// choose picks what a section's feed shows from its entries, which come newest first.
func choose(s feed.Section, entries []feed.Entry, now time.Time) []feed.Entry {
	var out []feed.Entry
	led := map[string]int{}
	for i := range entries {
		if s.MaxAge > 0 && now.Sub(entries[i].Published) > s.MaxAge {
			continue
		}
		if lead := entries[i].LeadItem(); lead != nil && s.MaxPerSource > 0 {
			if led[lead.Source]++; led[lead.Source] > s.MaxPerSource {
				continue
			}
		}
		if out = append(out, entries[i]); len(out) == s.Limit {
			break
		}
	}
	return out
}
