package aggregate

import (
	"context"
	"slices"

	"feedd/internal/aggregate/desk/sections"
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
	// What its story would enter and leave: a story is in the sections of all its reports, so one
	// report's change need not be the story's.
	StoryEnters []string `json:"story_enters,omitempty"`
	StoryLeaves []string `json:"story_leaves,omitempty"`

	entry string // that it would be told under
}

// Replayed is what filing everything anew came to.
type Replayed struct {
	Items, Changed int
	// How many times a story would enter a section and leave one.
	Enter, Leave int
	// InForce: the stored items were filed by rules that mean the same as these, and saving these
	// would file nothing anew. What changed is what the sections learned since.
	InForce bool
}

// Replay files the stored items within the window anew, in memory, by the settings given, and
// calls each for every item that would be filed otherwise. It stores and publishes nothing.
func (a *Aggregate) Replay(ctx context.Context, each func(Change)) (Replayed, error) {
	var done Replayed
	settings, _ := a.current()
	print, err := fingerprint(&settings)
	if err != nil {
		return done, err
	}
	stored, err := a.store.Meta(ctx, rulesInForce)
	if err != nil {
		return done, err
	}
	done.InForce = stored == print
	model := sections.LateModel(a.now())
	model.When(func() (*sections.Model, error) { return a.Model(ctx) })
	d, err := a.newDesk(ctx, settings, model)
	if err != nil {
		return done, err
	}
	var changes []Change
	var before, after standings
	err = a.filedSince(ctx, a.now().Add(-settings.window()), d.ReadsContent(), func(was []feed.Item) error {
		done.Items += len(was)
		now := make([]feed.Item, len(was))
		for i := range was {
			now[i] = was[i]
			now[i].Story, now[i].Entry, now[i].Verdict = "", "", ""
		}
		at := now[len(now)-1].FirstSeen
		readAhead := d.ReadAhead(now)
		d.File(now, at)
		readAhead()
		if err := model.Err(); err != nil {
			return err
		}
		d.Prune(at) // as the desk did then
		for i := range was {
			before.add(was[i].Entry, was[i].Sections)
			after.add(now[i].Entry, now[i].Sections)
			if c, differs := compare(&was[i], &now[i]); differs {
				changes = append(changes, c)
			}
		}
		return nil
	})
	if err != nil {
		return done, err
	}
	done.Changed = len(changes)
	stood, stands := before.of(changes, func(c *Change) string { return c.Item.Entry }), after.of(changes, func(c *Change) string { return c.entry })
	counted := map[[3]string]bool{} // several reports of a story may enter together
	for part := range slices.Chunk(changes, batchSize) {
		if !d.ReadsContent() {
			if err := a.complete(ctx, part); err != nil {
				return done, err
			}
		}
		for _, c := range part {
			for _, p := range c.Enters {
				if !stood[standing{c.Item.Entry, p.Section}] {
					c.StoryEnters = append(c.StoryEnters, p.Section)
					if k := [3]string{"enter", c.entry, p.Section}; !counted[k] {
						counted[k] = true
						done.Enter++
					}
				}
			}
			for _, p := range c.Leaves {
				if !stands[standing{c.entry, p.Section}] {
					c.StoryLeaves = append(c.StoryLeaves, p.Section)
					if k := [3]string{"leave", c.Item.Entry, p.Section}; !counted[k] {
						counted[k] = true
						done.Leave++
					}
				}
			}
			each(c)
		}
		clear(part) // the texts go
	}
	return done, nil
}

// complete gives changed items, in order of arrival, what is only shown of them: nothing else is read of those that stay as they are.
func (a *Aggregate) complete(ctx context.Context, changes []Change) error {
	ids := make([]int64, len(changes))
	for i := range changes {
		ids[i] = changes[i].Item.ID
	}
	whole, err := a.store.Items(ctx, ids)
	if err != nil {
		return err
	}
	for i := range changes {
		it := &changes[i].Item
		for len(whole) > 0 && whole[0].ID < it.ID { // else it was taken away since
			whole = whole[1:]
		}
		if len(whole) > 0 && whole[0].ID == it.ID {
			w := &whole[0]
			it.Content, it.Base, it.Image, it.Shown, it.Place, it.Enclosures = w.Content, w.Base, w.Image, w.Shown, w.Place, w.Enclosures
		}
	}
	return nil
}

// standing is an entry in the section of one of its reports.
type standing struct{ entry, section string }

// standings are those of all reports.
type standings []standing

func (s *standings) add(entry string, sections []feed.Placement) {
	if entry == "" {
		return
	}
	for i := range sections {
		*s = append(*s, standing{entry, sections[i].Section})
	}
}

// of gathers those of the entries that changes name: of all others nobody asks.
func (s standings) of(changes []Change, entry func(*Change) string) map[standing]bool {
	asked := map[string]bool{}
	for i := range changes {
		if c := &changes[i]; len(c.Enters)+len(c.Leaves) > 0 {
			asked[entry(c)] = true
		}
	}
	of := map[standing]bool{}
	for _, x := range s {
		if asked[x.entry] {
			of[x] = true
		}
	}
	return of
}

func compare(was, now *feed.Item) (Change, bool) {
	c := Change{Item: *was, Enters: missing(now.Sections, was.Sections), Leaves: missing(was.Sections, now.Sections), entry: now.Entry}
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
