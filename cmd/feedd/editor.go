package main

import (
	"fmt"
	"os/user"
	"slices"

	"feedd/internal/aggregate"
	"feedd/internal/daemon"
	"feedd/internal/feed"
)

// editorName is who sits at this terminal, for the list of decisions.
func editorName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

type fileCmd struct {
	configFlag
	storeFlag
	Item    string `arg:"" help:"An item's number or address, or an entry's id."`
	Section string `arg:"" predictor:"section" help:"A section's id."`
}

// Run files an item under a section for good.
func (c *fileCmd) Run(a *app) error {
	return c.run(a, false)
}

func (c *fileCmd) run(a *app, remove bool) error {
	return a.look(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		items, err := d.As(editorName()).File(a.ctx, c.Item, c.Section, remove)
		if err != nil {
			return err
		}
		word := "filed under"
		if remove {
			word = "taken out of"
		}
		for _, it := range items {
			fmt.Fprintf(a.stdout, "%s %s: %d %s\n", word, c.Section, it.ID, it.Title)
		}
		return nil
	})
}

type unfileCmd struct{ fileCmd }

// Run takes an item out of a section for good.
func (c *unfileCmd) Run(a *app) error { return c.run(a, true) }

type splitCmd struct {
	configFlag
	storeFlag
	Story string `arg:"" help:"A story's id."`
	Item  string `arg:"" help:"The report that does not belong to it: an item's number or address."`
}

// Run takes a report out of a story for good.
func (c *splitCmd) Run(a *app) error {
	return a.look(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		it, err := d.As(editorName()).Split(a.ctx, c.Story, c.Item)
		if err == nil {
			fmt.Fprintf(a.stdout, "split off: %d %s\n", it.ID, it.Title)
		}
		return err
	})
}

type joinCmd struct {
	configFlag
	storeFlag
	A string `arg:"" name:"story" help:"A story's id."`
	B string `arg:"" name:"other" help:"Another story's id."`
}

// Run makes two stories one.
func (c *joinCmd) Run(a *app) error {
	return a.look(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		older, younger, err := d.As(editorName()).Join(a.ctx, c.A, c.B)
		if err == nil {
			fmt.Fprintf(a.stdout, "joined: %s takes in %s, which is withdrawn\n", older, younger)
		}
		return err
	})
}

type replayCmd struct {
	configFlag
	storeFlag
	JSON bool `help:"Print JSON: one object for each change, one a line."`
}

// Run files the stored items anew by the present configuration and prints what would change.
func (c *replayCmd) Run(a *app) error {
	return a.look(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		var failed error
		done, err := d.Replay(a.ctx, func(ch aggregate.Change) {
			if c.JSON {
				line := struct {
					aggregate.Change
					Item itemJSON `json:"item"`
				}{ch, newItemJSON(&ch.Item)}
				if err := printLine(a.stdout, line); err != nil && failed == nil {
					failed = err
				}
				return
			}
			printChange(a, &ch)
		})
		if err != nil {
			return err
		}
		if !c.JSON {
			fmt.Fprintf(a.stdout, "%d of %d items would be filed otherwise; stories enter a section %d times and leave one %d times\n",
				done.Changed, done.Items, done.Enter, done.Leave)
		}
		if done.InForce {
			fmt.Fprintln(a.stderr, "feedd: these rules mean the same as those in force; saving them changes nothing")
		}
		return failed
	})
}

func printChange(a *app, ch *aggregate.Change) {
	p := func(format string, args ...any) { fmt.Fprintf(a.stdout, format+"\n", args...) }
	p("%d %s: %s", ch.Item.ID, ch.Item.Source, ch.Item.Title)
	for i := range ch.Enters {
		note := ""
		if !slices.Contains(ch.StoryEnters, ch.Enters[i].Section) {
			note = " (its story is there already)"
		}
		p("  + %s%s", placed(&ch.Enters[i]), note)
	}
	for i := range ch.Leaves {
		note := ""
		if !slices.Contains(ch.StoryLeaves, ch.Leaves[i].Section) {
			note = " (its story stays there by another report)"
		}
		p("  - %s%s", placed(&ch.Leaves[i]), note)
	}
	switch {
	case ch.Drop != "":
		p("  - everything: %s", ch.Drop)
	case ch.Undrop:
		p("  + is published again; was %s", ch.Item.Dropped)
	}
	if ch.Story != "" {
		p("  told under %s instead of %s", ch.Story, ch.Item.Entry)
	}
}

// placed is a section and by what authority and why an item is in it.
func placed(s *feed.Placement) string {
	text := s.Section + " by " + s.By
	if s.Line > 0 {
		text += fmt.Sprintf(", line %d", s.Line)
	}
	if s.Probability > 0 {
		text += fmt.Sprintf(", probability %.2f", s.Probability)
	}
	if reason := s.Reason(); reason != "" {
		text += ": " + reason
	}
	return text
}
