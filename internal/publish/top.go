package publish

import (
	"context"
	"slices"
	"time"

	"feedd/internal/feed"
)

// Coverage orders /sections/top and the sections that ask for it. How it is reckoned says
// feed.Coverage; what is reckoned with is read from the store each time, and nothing of it is kept.

const (
	// topStories is how many stories /sections/top has.
	topStories = 30
	// topFew is how few stories of several outlets are too few for it: then those of one fill it up to
	// that number.
	topFew = 12
	// topWindow is how long a story stays there after its last report.
	topWindow = 72 * time.Hour
	// widestOf is how many of a section's newest entries are ordered by coverage.
	widestOf = 1000
)

// topStories returns, of the stories that two outlets or more told of lately, an entry each: the one
// that speaks for it. Since when counts goes by the full hour, so that all who reckon within it agree.
func (p *Publisher) topStories(ctx context.Context, f *frame, sec *feed.Section, now time.Time) ([]feed.Entry, error) {
	if err := p.tally(ctx, f, topSince(now)); err != nil {
		return nil, err
	}
	widest := make(widestFirst, 0, sec.Limit+10)
	known := 0
	for _, t := range p.tallies.by {
		if t.shared {
			known++
			widest.add(t)
		}
	}
	if known < topFew {
		newest, err := p.newestStories(ctx, f, sec, now)
		if err != nil {
			return nil, err
		}
		room := topFew - known
		for _, t := range newest {
			if room == 0 {
				break
			}
			if !p.tallies.by[t.Story].shared {
				room--
				if t.speaker != "" {
					widest.add(t)
				}
			}
		}
	}
	covered := make(map[string]feed.Coverage, len(widest))
	keys := make([]string, len(widest))
	for i, t := range widest {
		keys[i], covered[t.Story] = t.speaker, t.Coverage
	}
	return p.coveredEntries(ctx, keys, covered)
}

// widestFirst are the stories that are told most widely of those that were added, as many as there is room for.
type widestFirst []tally

func (w *widestFirst) add(t tally) {
	at, _ := slices.BinarySearchFunc(*w, t, func(a, b tally) int { return feed.CompareCoverage(a.Coverage, b.Coverage) })
	if at == cap(*w) {
		return
	}
	if len(*w) == cap(*w) {
		*w = (*w)[:len(*w)-1]
	}
	*w = slices.Insert(*w, at, t)
}

// topSince is since when a story must have been told of to be in /sections/top.
func topSince(now time.Time) time.Time { return now.Truncate(time.Hour).Add(-topWindow) }

// newestStories returns the newest stories, the widest told first.
func (p *Publisher) newestStories(ctx context.Context, f *frame, sec *feed.Section, now time.Time) ([]tally, error) {
	entries, err := p.shelf.list(ctx, feed.EntryQuery{Section: "all", Since: oldestShown(sec, now), Limit: 5 * topFew, Brief: true})
	if err != nil {
		return nil, err
	}
	told, err := p.told(ctx, f, storiesOf(entries))
	newest := talliesOf(told)
	slices.SortFunc(newest, func(a, b tally) int { return feed.CompareCoverage(a.Coverage, b.Coverage) })
	return newest, err
}

// widest returns the entries of a section that may be shown, with the coverage of their stories: of its
// newest ones those that are told most widely.
func (p *Publisher) widest(ctx context.Context, f *frame, sec *feed.Section, now time.Time) ([]feed.Entry, error) {
	entries, err := p.shelf.list(ctx, feed.EntryQuery{Section: sec.ID, Open: true, Since: oldestShown(sec, now), Limit: widestOf, Brief: true})
	if err != nil {
		return nil, err
	}
	told, err := p.told(ctx, f, storiesOf(entries))
	if err != nil {
		return nil, err
	}
	covered := feed.CoverStories(told)
	for i := range entries {
		entries[i].Coverage = covered[entries[i].Story]
	}
	// Bounds of sources and what partners wait for pass some over.
	most := *sec
	most.MaxPerSource, most.Fair, most.Limit = 0, false, 4*sec.Limit
	var keys []string
	for _, e := range feed.Select(most, entries, now) {
		keys = append(keys, e.Key)
	}
	return p.coveredEntries(ctx, keys, covered)
}

// coveredEntries reads entries and sets the coverage of their stories.
func (p *Publisher) coveredEntries(ctx context.Context, keys []string, covered map[string]feed.Coverage) ([]feed.Entry, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	entries, err := p.shelf.take(ctx, keys, false)
	for i := range entries {
		entries[i].Coverage = covered[entries[i].Story]
	}
	return entries, err
}

// related returns, by story, what else tells the stories of these entries: their other entries that
// stand, the newest first.
func (p *Publisher) related(ctx context.Context, entries []feed.Entry) (map[string][]feed.Entry, error) {
	seen := map[string]bool{}
	for i := range entries {
		seen[entries[i].Key] = true
	}
	var keys, others []string
	add := func(entry string) {
		if !seen[entry] {
			seen[entry] = true
			keys = append(keys, entry)
		}
	}
	for _, story := range storiesOf(entries) {
		t, known := p.tallies.by[story]
		if !known {
			others = append(others, story)
		}
		for _, entry := range t.entries {
			add(entry)
		}
	}
	if len(others) > 0 {
		told, err := p.tellers.Told(ctx, others)
		if err != nil {
			return nil, err
		}
		for i := range told {
			add(told[i].Entry)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	related := map[string][]feed.Entry{}
	rest, err := p.shelf.take(ctx, keys, true)
	for i := range rest {
		related[rest[i].Story] = append(related[rest[i].Story], rest[i])
	}
	return related, err
}

// told reads the reports of stories with the outlets they come from.
func (p *Publisher) told(ctx context.Context, f *frame, stories []string) ([]feed.Told, error) {
	if len(stories) == 0 {
		return nil, nil
	}
	told, err := p.tellers.Told(ctx, stories)
	for i := range told {
		told[i].Outlet = f.outlet(told[i].Source)
	}
	return told, err
}

// outlet names the outlet of a source.
func (f *frame) outlet(source string) string {
	if o, ok := f.origins[source]; ok {
		return o.Title
	}
	return source
}

// storiesOf lists the stories of entries, each once.
func storiesOf(entries []feed.Entry) []string {
	var stories []string
	seen := map[string]bool{}
	for i := range entries {
		if story := entries[i].Story; !seen[story] {
			seen[story] = true
			stories = append(stories, story)
		}
	}
	return stories
}

// oldestShown is since when a section shows entries; zero means always.
func oldestShown(sec *feed.Section, now time.Time) time.Time {
	if sec.MaxAge <= 0 {
		return time.Time{}
	}
	return now.Add(-sec.MaxAge)
}
