package daemon

import (
	"context"
	"slices"
	"time"

	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/feed"
)

// Story is one story that a search found.
type Story struct {
	ID       string    `json:"id"` // key of its first entry, as feedd join and split take it
	Title    string    `json:"title"`
	URL      string    `json:"url"`
	Source   string    `json:"source"`
	Time     time.Time `json:"time"`
	Reports  int       `json:"reports"`
	Sections []string  `json:"sections"`
}

// Search returns the stories of which a report holds every term, in its headline or summary, the
// newest first, at most limit of them. Terms are written as in a rule. It searches the index that /search
// does, and completes it before.
func (d *Daemon) Search(ctx context.Context, terms []string, limit int) ([]Story, error) {
	query := sections.Query{All: terms}
	matches, _, err := query.Matcher()
	if err != nil {
		return nil, err
	}
	phrases, err := query.Phrases()
	if err != nil {
		return nil, err
	}
	if _, err := d.store.Index(ctx); err != nil {
		return nil, err
	}
	var keys []string
	if _, err := d.store.Search(ctx, feed.TextQuery{Phrases: phrases, Match: matches}, func(f *feed.Found) bool {
		if !slices.Contains(keys, f.Item.Story) {
			keys = append(keys, f.Item.Story)
		}
		return len(keys) < limit
	}); err != nil {
		return nil, err
	}
	found := []Story{}
	for _, key := range keys {
		entries, err := d.store.Entries(ctx, feed.EntryQuery{Story: key})
		if err != nil {
			return nil, err
		}
		if len(entries) > 0 { // not withdrawn meanwhile
			found = append(found, newStory(key, entries))
		}
	}
	return found, nil
}

// newStory tells of a story by its entries, oldest first.
func newStory(key string, entries []feed.Entry) Story {
	s := Story{ID: key, Sections: []string{}}
	for i := range entries {
		e := &entries[i]
		s.Reports += len(e.Reports)
		for _, id := range e.Sections {
			if !slices.Contains(s.Sections, id) {
				s.Sections = append(s.Sections, id)
			}
		}
		if lead := e.LeadItem(); lead != nil { // of the newest entry, in the end
			s.Title, s.URL, s.Source, s.Time = lead.Title, lead.URL, lead.Source, e.Published
		}
	}
	return s
}

// How long indexing waits when it failed, as on a full disk.
const indexAgain = time.Minute

// index completes the index of words with what was stored before there was one. Until then a search
// finds what was filed since, and what is indexed already.
func (d *Daemon) index(ctx context.Context) error {
	for {
		n, err := d.store.Index(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			if n > 0 {
				d.log.Info("all stored items are indexed and can be searched", "items", n)
			}
			return nil
		}
		d.log.Error("the index of words could not be completed; search misses old stories until it is", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(indexAgain):
		}
	}
}
