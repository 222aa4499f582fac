package aggregate

import (
	"context"
	"slices"

	"feedd/internal/feed"
)

// Change is how filing a stored item anew would differ from how it is filed.
type Change struct {
	Item   feed.Item        `json:"item"`   // as it is filed
	Enters []feed.Placement `json:"enters"` // sections
	Leaves []feed.Placement `json:"leaves"`
	Drop   string           `json:"drop,omitempty"`   // why it would be dropped
	Undrop bool             `json:"undrop,omitempty"` // it is dropped, and would not be
	Story  string           `json:"story,omitempty"`  // the entry it would be told under instead
}

// Replay files the stored items within the window anew, in memory, by the settings given, and
// calls each for every item that would be filed otherwise. It stores and publishes nothing. It
// returns how many items it filed.
func (a *Aggregate) Replay(ctx context.Context, each func(Change)) (int, error) {
	settings, _ := a.current()
	d, _, err := a.newDesk(ctx, settings)
	if err != nil {
		return 0, err
	}
	total := 0
	var last int64
	since := a.now().Add(-settings.window())
	for {
		was, err := a.store.FiledSince(ctx, since, last, batchSize)
		if err != nil || len(was) == 0 {
			return total, err
		}
		last = was[len(was)-1].ID
		total += len(was)
		now := make([]feed.Item, len(was))
		for i := range was {
			now[i] = was[i]
			now[i].Story, now[i].Entry, now[i].Verdict = "", "", ""
		}
		d.File(now, now[len(now)-1].FirstSeen)
		for i := range was {
			if c, differs := compare(&was[i], &now[i]); differs {
				each(c)
			}
		}
	}
}

func compare(was, now *feed.Item) (Change, bool) {
	c := Change{Item: *was, Enters: missing(now.Sections, was.Sections), Leaves: missing(was.Sections, now.Sections)}
	if was.Dropped == "" {
		c.Drop = now.Dropped
	} else {
		c.Undrop = now.Dropped == ""
	}
	if now.Entry != was.Entry && now.Dropped == "" && was.Dropped == "" {
		c.Story = now.Entry
	}
	return c, len(c.Enters)+len(c.Leaves) > 0 || c.Drop != "" || c.Undrop || c.Story != ""
}

// missing returns the placements of a whose sections b has not.
func missing(a, b []feed.Placement) []feed.Placement {
	var m []feed.Placement
	for _, p := range a {
		if !slices.ContainsFunc(b, func(q feed.Placement) bool { return q.Section == p.Section }) {
			m = append(m, p)
		}
	}
	return m
}
