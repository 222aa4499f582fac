package main

import (
	"fmt"
	"strings"

	"feedd/internal/daemon"
	"feedd/internal/feed"
	"feedd/internal/publish/editor"
)

type decisionsCmd struct {
	configFlag
	storeFlag
	Undo int64 `placeholder:"N" help:"Take this decision back."`
	JSON bool  `help:"Print JSON."`
}

// Run lists what the editor decided, the newest first, or takes one decision back.
func (c *decisionsCmd) Run(a *app) error {
	return a.look(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		if c.Undo != 0 {
			told, err := d.As(editorName()).TakeBack(a.ctx, c.Undo)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "taken back: %s\n", decision(&told))
			return nil
		}
		all, err := d.Decisions(a.ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			if all == nil {
				all = []editor.Decision{}
			}
			return printJSON(a.stdout, map[string]any{"decisions": all})
		}
		clock := clockIn(d.Zone())
		for i := range all {
			by := ""
			if all[i].By != "" {
				by = " by " + all[i].By
			}
			fmt.Fprintf(a.stdout, "%d  %s%s  %s\n", all[i].N, clock(all[i].At), by, decision(&all[i]))
		}
		if len(all) == 0 {
			fmt.Fprintln(a.stderr, "feedd: no decision is in force")
		}
		return nil
	})
}

// decision says in one line what was decided.
func decision(d *editor.Decision) string {
	about := strings.Join(d.On, ", ")
	if len(d.Headlines) > 0 {
		about += ": " + strings.Join(d.Headlines, " | ")
	}
	switch d.Kind {
	case feed.WordFile:
		return "file under " + d.Section + " " + about
	case feed.WordUnfile:
		return "take out of " + d.Section + " " + about
	}
	return string(d.Kind) + " " + about
}
