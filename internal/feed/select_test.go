package feed

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var selectNow = time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC)

// told makes an entry that a source led so many minutes before selectNow.
func told(key, source string, minutes int, pinned ...string) Entry {
	it := Item{ID: 1, Source: source}
	for _, s := range pinned {
		it.Sections = append(it.Sections, Placement{Section: s, Pinned: true})
	}
	return Entry{Key: key, Lead: 1, Published: selectNow.Add(-time.Duration(minutes) * time.Minute), Reports: []Item{it}}
}

func keysOf(entries []Entry) []string {
	keys := []string{}
	for _, e := range entries {
		keys = append(keys, e.Key)
	}
	return keys
}

func hasPinned(entries []Entry) bool {
	return slices.ContainsFunc(entries, func(e Entry) bool { return e.Pinned("s") })
}

func TestSelect(t *testing.T) {
	withdrawn := told("gone", "x", 1)
	withdrawn.Withdrawn = selectNow
	for _, tt := range []struct {
		name    string
		section Section
		entries []Entry
		want    []string
	}{
		{"nothing", Section{}, nil, []string{}},
		{"newest first", Section{}, []Entry{told("a", "x", 3), told("b", "x", 1), told("c", "x", 2)}, []string{"b", "c", "a"}},
		{"ties by key", Section{}, []Entry{told("c", "x", 1), told("a", "y", 1), told("b", "x", 1)}, []string{"a", "b", "c"}},
		{"limit", Section{Limit: 2}, []Entry{told("a", "x", 3), told("b", "x", 1), told("c", "x", 2)}, []string{"b", "c"}},
		{"max_age holds to the instant", Section{MaxAge: 2 * time.Minute}, []Entry{told("a", "x", 3), told("b", "x", 2), told("c", "x", 1)}, []string{"c", "b"}},
		{"withdrawn", Section{}, []Entry{withdrawn, told("a", "x", 3)}, []string{"a"}},
		{"max_per_source takes the newest", Section{MaxPerSource: 1}, []Entry{told("a", "x", 1), told("b", "x", 2), told("c", "y", 3)}, []string{"a", "c"}},
		{"a flood leaves room", Section{MaxPerSource: 2, Limit: 3}, []Entry{told("a", "x", 1), told("b", "x", 2), told("c", "x", 3), told("d", "x", 4), told("e", "y", 50)}, []string{"a", "b", "e"}},
		{"unbounded, a flood pushes others out", Section{Limit: 3}, []Entry{told("a", "x", 1), told("b", "x", 2), told("c", "x", 3), told("e", "y", 50)}, []string{"a", "b", "c"}},
		{"fair: others come first", Section{Limit: 3, Fair: true}, []Entry{told("a", "x", 1), told("b", "x", 2), told("c", "x", 3), told("d", "y", 50), told("e", "z", 60)}, []string{"a", "d", "e"}},
		{"fair: the flood has what is left", Section{Limit: 3, Fair: true}, []Entry{told("a", "x", 1), told("b", "x", 2), told("c", "x", 3), told("e", "y", 50)}, []string{"a", "b", "e"}},
		{"fair: one source alone has all", Section{Limit: 3, Fair: true}, []Entry{told("a", "x", 1), told("b", "x", 2), told("c", "x", 3), told("d", "x", 4)}, []string{"a", "b", "c"}},
		{"fair: max_per_source counts where it is set", Section{Limit: 3, Fair: true, MaxPerSource: 1}, []Entry{told("a", "x", 1), told("b", "x", 2)}, []string{"a"}},
		{"fair without a limit", Section{Fair: true}, []Entry{told("a", "x", 1), told("b", "x", 2)}, []string{"a", "b"}},
		{"fair: pinned stays", Section{ID: "s", Limit: 2, Fair: true}, []Entry{told("a", "x", 1, "s"), told("b", "x", 2, "s"), told("c", "y", 3)}, []string{"a", "b"}},
		{"pinned leads", Section{ID: "s"}, []Entry{told("a", "x", 1), told("b", "x", 2, "s"), told("c", "x", 3, "s")}, []string{"b", "c", "a"}},
		{"pinned elsewhere", Section{ID: "s"}, []Entry{told("a", "x", 1), told("b", "x", 2, "other")}, []string{"a", "b"}},
		{"pinned is in the limit", Section{ID: "s", Limit: 1}, []Entry{told("a", "x", 1), told("b", "x", 2, "s")}, []string{"b"}},
		{"pinned counts for its source", Section{ID: "s", MaxPerSource: 1}, []Entry{told("a", "x", 1), told("b", "x", 2, "s"), told("c", "x", 3, "s")}, []string{"b", "c"}},
		{"pinned grows old", Section{ID: "s", MaxAge: time.Minute}, []Entry{told("a", "x", 1), told("b", "x", 2, "s")}, []string{"a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := slices.Clone(tt.entries)
			if diff := cmp.Diff(tt.want, keysOf(Select(tt.section, tt.entries, selectNow))); diff != "" {
				t.Errorf("Select (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, tt.entries); diff != "" {
				t.Errorf("Select changed its argument (-before +after):\n%s", diff)
			}
		})
	}
}

// However the entries come and whoever floods, the bounds hold, the order is the same, and no
// entry is passed over for an older one without a reason.
func TestSelectProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		s := Section{ID: "s", Limit: rng.IntN(20), MaxPerSource: rng.IntN(4), MaxAge: time.Duration(rng.IntN(60)) * time.Minute, Fair: rng.IntN(2) == 0}
		var entries []Entry
		for i := range rng.IntN(60) {
			e := told(fmt.Sprintf("%02d", i), string(rune('a'+rng.IntN(4))), rng.IntN(80))
			if rng.IntN(10) == 0 {
				e.Reports[0].Sections = []Placement{{Section: "s", Pinned: true}}
			}
			entries = append(entries, e)
		}
		got := Select(s, entries, selectNow)
		rng.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
		if diff := cmp.Diff(keysOf(got), keysOf(Select(s, entries, selectNow))); diff != "" {
			t.Fatalf("the order of the input shows (-before +after):\n%s", diff)
		}
		shown, led := map[string]bool{}, map[string]int{}
		for _, e := range got {
			shown[e.Key] = true
			led[e.LeadItem().Source]++
			if s.MaxAge > 0 && selectNow.Sub(e.Published) > s.MaxAge {
				t.Fatalf("%s is too old", e.Key)
			}
		}
		if s.Limit > 0 && len(got) > s.Limit {
			t.Fatalf("%d entries, limit %d", len(got), s.Limit)
		}
		for _, e := range entries {
			old := s.MaxAge > 0 && selectNow.Sub(e.Published) > s.MaxAge
			full := s.Limit > 0 && len(got) == s.Limit
			source := s.MaxPerSource > 0 && led[e.LeadItem().Source] >= s.MaxPerSource && !e.Pinned("s")
			if !shown[e.Key] && !old && !full && !source {
				t.Fatalf("%s is missing for no reason", e.Key)
			}
		}
		if !s.Fair || s.MaxPerSource > 0 || s.Limit == 0 {
			continue
		}
		// Who has more than a fair share pushed nobody out who has less.
		greedy := 0
		for _, n := range led {
			greedy = max(greedy, n)
		}
		for _, e := range entries {
			old := s.MaxAge > 0 && selectNow.Sub(e.Published) > s.MaxAge
			if own := led[e.LeadItem().Source]; !shown[e.Key] && !old && own < greedy-1 && !hasPinned(got) && greedy > (s.Limit+4)/5 {
				t.Fatalf("%s of a source with %d entries was pushed out by one with %d", e.Key, own, greedy)
			}
		}
	}
}
