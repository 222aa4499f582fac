package publish

import (
	"context"
	"maps"
	"slices"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

// tallies are the stories that /sections/top is chosen from: of those that two outlets or more told of
// lately, how widely each is told. A story is reckoned again when an entry of it changed or a source that told it is of
// another outlet, and all of them with each hour, when the oldest are over. What is here is what would be reckoned
// from the store.
type tallies struct {
	known bool
	since time.Time // of the reports that make a story one that is shared
	frame *frame    // the outlets' titles are from here

	by    map[string]tally  // by story; those that several sources told of lately, be they of one outlet
	of    map[string]string // the story of each entry that tells one of them
	stale map[string]bool   // stories that may be told otherwise now, among them or not
}

// tally is how widely a story is told, and by which entries.
type tally struct {
	feed.Coverage
	speaker string   // the entry that speaks for it; "" when the feeds have none
	entries []string // that tell it and stand
	sources []string // that told it
	shared  bool     // it may be in /sections/top
}

// mostStale is how many stories are reckoned one by one; where more changed, all are.
const mostStale = 5000

// note has the stories of these entries reckoned again, those they are in and those they were in.
func (t *tallies) note(changed []feed.Changed, all bool) {
	if all {
		t.known = false
	}
	if !t.known {
		return
	}
	for _, c := range changed {
		t.stale[c.Story] = true
		if was := t.of[c.Key]; was != "" {
			t.stale[was] = true
		}
	}
	t.known = len(t.stale) <= mostStale
}

// tally brings the tallies up to date.
func (p *Publisher) tally(ctx context.Context, f *frame, since time.Time) (err error) {
	t := p.tallies
	var shared []string
	if t.known {
		t.noteOutlets(f)
	}
	fresh := t.known && t.since.Equal(since)
	switch {
	case !fresh:
		if shared, err = p.tellers.Shared(ctx, since); err != nil {
			return err
		}
	case len(t.stale) == 0:
		t.frame = f
		return nil
	default:
		if shared, err = p.tellers.SharedAmong(ctx, since, slices.Collect(maps.Keys(t.stale))); err != nil {
			return err
		}
	}
	told, err := p.told(ctx, f, shared)
	if err != nil {
		return err
	}
	if !fresh {
		*t = tallies{known: true, since: since, by: map[string]tally{}, of: map[string]string{}}
	}
	t.frame = f
	for story := range t.stale {
		for _, entry := range t.by[story].entries {
			delete(t.of, entry)
		}
		delete(t.by, story)
	}
	t.stale = map[string]bool{}
	for _, one := range talliesOf(told) {
		one.shared = one.Outlets > 1 && !one.Last.Before(since) && one.speaker != ""
		t.by[one.Story] = one
		for _, entry := range one.entries {
			t.of[entry] = one.Story
		}
	}
	return nil
}

// noteOutlets has the stories reckoned again that are told by sources which are of another outlet now.
func (t *tallies) noteOutlets(f *frame) {
	changed := f.otherOutlets(t.frame)
	if len(changed) == 0 {
		return
	}
	for story := range t.by {
		if slices.ContainsFunc(t.by[story].sources, func(id string) bool { return changed[id] }) {
			t.stale[story] = true
		}
	}
	t.known = len(t.stale) <= mostStale
}

// otherOutlets are the sources that are of another outlet than they were of.
func (f *frame) otherOutlets(was *frame) map[string]bool {
	if was.plan == f.plan && was.described == f.described {
		return nil
	}
	other := map[string]bool{}
	for _, origins := range []map[string]render.Origin{f.origins, was.origins} {
		for id := range origins {
			if f.outlet(id) != was.outlet(id) {
				other[id] = true
			}
		}
	}
	return other
}

// talliesOf reckons the stories that these reports tell, in no order.
func talliesOf(told []feed.Told) []tally {
	by := map[string][]feed.Told{}
	names := map[string]string{} // each source's once
	for _, t := range told {
		by[t.Story] = append(by[t.Story], t)
	}
	all := make([]tally, 0, len(by))
	for _, reports := range by {
		one := tally{Coverage: feed.Cover(reports), speaker: feed.SpeakFor(reports)}
		for i := range reports {
			one.entries = append(one.entries, reports[i].Entry)
			source := reports[i].Source
			if name, known := names[source]; known {
				source = name
			} else {
				names[source] = source
			}
			if !slices.Contains(one.sources, source) {
				one.sources = append(one.sources, source)
			}
		}
		one.sources = slices.Clip(one.sources)
		slices.Sort(one.entries)
		one.entries = slices.Clip(slices.Compact(one.entries))
		all = append(all, one)
	}
	return all
}
