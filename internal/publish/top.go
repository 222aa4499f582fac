package publish

import (
	"context"
	"maps"
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
	since := topSince(now)
	stories, err := p.tellers.Shared(ctx, since)
	if err != nil {
		return nil, err
	}
	told, err := p.told(ctx, f, stories)
	if err != nil {
		return nil, err
	}
	speaker, covered := map[string]string{}, map[string]feed.Coverage{}
	take := func(t *tale) {
		if entry := feed.SpeakFor(t.reports); entry != "" {
			speaker[t.Story], covered[t.Story] = entry, t.Coverage
		}
	}
	for _, t := range talesOf(told) {
		if t.Outlets > 1 && !t.Last.Before(since) {
			take(&t)
		}
	}
	if len(speaker) < topFew {
		newest, err := p.newestStories(ctx, f, sec, now)
		if err != nil {
			return nil, err
		}
		room := topFew - len(speaker)
		for _, t := range newest {
			if room > 0 && speaker[t.Story] == "" {
				take(&t)
				room--
			}
		}
	}
	chosen := slices.SortedFunc(maps.Values(covered), feed.CompareCoverage)
	keys := make([]string, 0, sec.Limit)
	for _, c := range chosen[:min(len(chosen), sec.Limit+10)] {
		keys = append(keys, speaker[c.Story])
	}
	return p.coveredEntries(ctx, keys, covered)
}

// topSince is since when a story must have been told of to be in /sections/top.
func topSince(now time.Time) time.Time { return now.Truncate(time.Hour).Add(-topWindow) }

// newestStories returns the newest stories, the widest told first.
func (p *Publisher) newestStories(ctx context.Context, f *frame, sec *feed.Section, now time.Time) ([]tale, error) {
	entries, err := p.reader.Entries(ctx, feed.EntryQuery{Section: "all", Since: oldestShown(sec, now), Limit: 5 * topFew, Brief: true})
	if err != nil {
		return nil, err
	}
	told, err := p.told(ctx, f, storiesOf(entries))
	return talesOf(told), err
}

// widest returns the entries of a section that may be shown, with the coverage of their stories: of its
// newest ones those that are told most widely.
func (p *Publisher) widest(ctx context.Context, f *frame, sec *feed.Section, now time.Time) ([]feed.Entry, error) {
	entries, err := p.reader.Entries(ctx, feed.EntryQuery{Section: sec.ID, Open: true, Since: oldestShown(sec, now), Limit: widestOf, Brief: true})
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
	entries, err := p.entries(ctx, keys)
	for i := range entries {
		entries[i].Coverage = covered[entries[i].Story]
	}
	return entries, err
}

// related returns, by story, what else tells the stories of these entries: their other entries that
// stand, the newest first.
func (p *Publisher) related(ctx context.Context, entries []feed.Entry) (map[string][]feed.Entry, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	told, err := p.tellers.Told(ctx, storiesOf(entries))
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i := range entries {
		seen[entries[i].Key] = true
	}
	var keys []string
	for _, t := range told {
		if !seen[t.Entry] {
			seen[t.Entry] = true
			keys = append(keys, t.Entry)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	related := map[string][]feed.Entry{}
	others, err := p.reader.Entries(ctx, feed.EntryQuery{Keys: keys, Brief: true})
	for _, e := range others {
		related[e.Story] = append(related[e.Story], e)
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

// tale is a story's coverage with the reports that it comes from.
type tale struct {
	feed.Coverage
	reports []feed.Told
}

// talesOf puts reports under the stories that they tell, the widest told first.
func talesOf(told []feed.Told) []tale {
	by := map[string][]feed.Told{}
	for _, t := range told {
		by[t.Story] = append(by[t.Story], t)
	}
	tales := make([]tale, 0, len(by))
	for _, reports := range by {
		tales = append(tales, tale{feed.Cover(reports), reports})
	}
	slices.SortFunc(tales, func(a, b tale) int { return feed.CompareCoverage(a.Coverage, b.Coverage) })
	return tales
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
