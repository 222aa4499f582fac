package aggregate

import (
	"fmt"
	"slices"
	"time"

	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/feed"
)

// channel is a channel of messages, with its query ready.
type channel struct {
	feed.Channel
	matches func(*feed.Item, feed.Source) bool // nil matches any
}

// channelsOf compiles the queries of channels.
func channelsOf(configured []feed.Channel) ([]channel, error) {
	channels := make([]channel, len(configured))
	for i, c := range configured {
		channels[i].Channel = c
		if c.Query == nil {
			continue
		}
		var err error
		if channels[i].matches, err = sections.NewRuleMatcher(*c.Query); err != nil {
			return nil, fmt.Errorf("the query of the channel %s: %w", c.ID, err)
		}
	}
	return channels, nil
}

// told names the stories among a batch's entries that channels are to tell. Whether one told the story
// before is the store's to know.
func told(channels []channel, sections []feed.Section, sources map[string]feed.Source, entries []feed.Entry, now time.Time) []feed.Notice {
	var all []feed.Notice
	for i := range channels {
		for j := range entries {
			if e := &entries[j]; e.Withdrawn.IsZero() && !e.Backlog && young(e, sections, now) && channels[i].wants(e, sources) {
				t := feed.Notice{Channel: channels[i].ID, Story: e.Story, Entry: e.Key, At: now}
				if lead := e.LeadItem(); lead != nil {
					t.Title = lead.Title
				}
				all = append(all, t)
			}
		}
	}
	return all
}

// young tells whether a section that an entry is in shows what is as old, any section where it is in none: what
// a source lists of last year goes into the archives and is no news.
func young(e *feed.Entry, sections []feed.Section, now time.Time) bool {
	for i := range sections {
		s := &sections[i]
		if (len(e.Sections) == 0 || slices.Contains(e.Sections, s.ID)) && s.Reaches(e, now) {
			return true
		}
	}
	return len(sections) == 0
}

// wants tells whether an entry is in a section of the channel and a report of it matches the query.
func (c *channel) wants(e *feed.Entry, sources map[string]feed.Source) bool {
	all := slices.Contains(c.Sections, "all") && len(e.Sections) > 0
	if len(c.Sections) > 0 && !all && !slices.ContainsFunc(e.Sections, func(s string) bool { return slices.Contains(c.Sections, s) }) {
		return false
	}
	return c.matches == nil || slices.ContainsFunc(e.Reports, func(it feed.Item) bool { return c.matches(&it, sources[it.Source]) })
}
