package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/daemon"
	"feedd/internal/feed"
)

type exportCmd struct {
	configFlag
	storeFlag
	Dir string `arg:"" help:"A folder, or s3://bucket/prefix."`
}

// Run writes the same bytes that serve would answer with.
func (c *exportCmd) Run(a *app) error {
	return a.with(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		done, err := d.Export(a.ctx, c.Dir)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "feedd: %s: %d files written, %d unchanged, %d removed\n", c.Dir, done.Written, done.Unchanged, done.Removed)
		return nil
	})
}

type sourcesCmd struct {
	configFlag
	storeFlag
	JSON bool `help:"Print JSON instead of a table."`
}

// sourceStatus is one line of feedd sources --json.
type sourceStatus struct {
	ID    string           `json:"id"`
	Title string           `json:"title"`
	URL   string           `json:"url"`
	State feed.SourceState `json:"state"`
}

// Run shows the state of every source.
func (c *sourcesCmd) Run(a *app) error {
	return a.with(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		all, err := d.Status(a.ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			list := make([]sourceStatus, len(all))
			for i, s := range all {
				list[i] = sourceStatus{s.Source.ID, s.Source.Title, s.Source.URL, s.State}
			}
			return printJSON(a.stdout, map[string]any{"sources": list})
		}
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "SOURCE\tSTATE\tITEMS\tLAST RUN\tNEXT RUN\tWHY THEN")
		for _, s := range all {
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", s.Source.ID, health(s.State), s.State.Items,
				clock(s.State.LastRun), clock(s.State.NextRun), s.State.NextReason)
			if rhythm := collect.DescribeRhythm(s.State.Rhythm); rhythm != "" {
				fmt.Fprintf(w, "\t  rhythm: %s\n", rhythm)
			}
			if to := collect.Moved(s.State); to != "" {
				fmt.Fprintf(w, "\t  moved for good to %s\n", to)
			}
			if s.State.Error != "" {
				fmt.Fprintf(w, "\t  error: %s\n", s.State.Error)
			}
			for _, note := range s.State.Warnings {
				fmt.Fprintf(w, "\t  warning: %s\n", note)
			}
		}
		return w.Flush()
	})
}

func health(st feed.SourceState) string {
	switch {
	case st.LastRun.IsZero():
		return "never run"
	case st.Gone:
		return "gone"
	case st.Error != "":
		return fmt.Sprintf("failed %d×", st.Failures)
	}
	return "ok"
}

// clock prints a time in the zone of whoever looks at it.
func clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

type explainCmd struct {
	configFlag
	storeFlag
	JSON bool   `help:"Print JSON."`
	What string `arg:"" name:"url-or-id" help:"An item's address or number, an entry's or a story's id."`
}

// Run says where an item is, and why.
func (c *explainCmd) Run(a *app) error {
	return a.with(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		found, err := d.Explain(a.ctx, c.What)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(a.stdout, map[string]any{"items": found})
		}
		for i := range found {
			if i > 0 {
				fmt.Fprintln(a.stdout)
			}
			explain(a, c.Config, &found[i])
		}
		return nil
	})
}

func explain(a *app, file string, e *daemon.Explanation) {
	it := &e.Item
	p := func(format string, args ...any) { fmt.Fprintf(a.stdout, format+"\n", args...) }
	p("%s", it.Title)
	p("  item %d from %s, %s", it.ID, it.Source, it.URL)
	p("  first seen %s, published %s", clock(it.FirstSeen), clock(it.Published))
	if !it.Revised.IsZero() {
		p("  revised by its source %s", clock(it.Revised))
	}
	if it.Dropped != "" {
		p("  not published: %s", it.Dropped)
		return
	}
	if it.Entry == "" {
		p("  waits for the desk")
		return
	}
	if it.Entry == it.Story {
		p("  story %s: %s", it.Story, it.Verdict)
	} else {
		p("  story %s, entry %s: %s", it.Story, it.Entry, it.Verdict)
	}
	explainWhy(p, it.Why)
	if e.Entry != nil {
		if !e.Entry.Withdrawn.IsZero() {
			p("  withdrawn %s", clock(e.Entry.Withdrawn))
		}
		for _, r := range e.Entry.Reports {
			mark := " "
			if r.ID == e.Entry.Lead {
				mark = "*"
			}
			p("   %s %d %s: %s (%s)", mark, r.ID, r.Source, r.Title, r.Verdict)
		}
	}
	if len(it.Sections) == 0 {
		p("  unsorted: in /sections/all only")
	}
	for _, s := range it.Sections {
		line := fmt.Sprintf("  section %s by %s", s.Section, s.By)
		if s.Line > 0 {
			line += fmt.Sprintf(" (%s:%d)", file, s.Line)
		}
		if s.Probability > 0 {
			line += fmt.Sprintf(", probability %.2f", s.Probability)
		}
		if s.Detail != "" {
			line += ": " + s.Detail
		}
		p("%s", line)
	}
}

func explainWhy(p func(string, ...any), w feed.Why) {
	if w.Reason != "" {
		p("    because %s", w.Reason)
	}
	if w.Score > 0 && w.With > 0 {
		p("    score %.2f with item %d", w.Score, w.With)
	}
	for _, f := range w.Features {
		p("    %-24s %8.3f adds %+.2f", f.Name, f.Value, f.Adds)
	}
	if len(w.Words) > 0 {
		p("    shared rare words: %s", strings.Join(w.Words, ", "))
	}
	for _, v := range w.Vetoes {
		p("    kept apart: %s", v)
	}
}

type retractCmd struct {
	configFlag
	storeFlag
	Undo bool   `help:"Bring it back."`
	ID   string `arg:"" help:"A story's or an entry's id, an item's address or number."`
}

// Run withdraws a story, or brings it back.
func (c *retractCmd) Run(a *app) error {
	return a.with(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		entries, err := d.Retract(a.ctx, c.ID, c.Undo)
		if err != nil {
			return err
		}
		word := "withdrawn"
		if c.Undo {
			word = "back"
		}
		for i := range entries {
			title := ""
			if lead := entries[i].LeadItem(); lead != nil {
				title = lead.Title
			}
			fmt.Fprintf(a.stdout, "%s: %s %s\n", word, entries[i].Key, title)
		}
		return nil
	})
}
