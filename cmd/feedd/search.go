package main

import (
	"cmp"
	"fmt"
	"strings"

	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/daemon"
)

type searchCmd struct {
	configFlag
	storeFlag
	JSON  bool     `help:"Print JSON."`
	Limit int      `default:"20" placeholder:"N" help:"Print at most this many stories (${default})."`
	Words []string `arg:"" help:"Words that must all be in a headline or summary, written as the terms of a rule: \"a phrase\", begun*, /RE2/."`
}

// Run finds stored stories by words.
func (c *searchCmd) Run(a *app) error {
	for _, w := range c.Words {
		if err := sections.CheckPattern(w); err != nil {
			return useError{fmt.Errorf("%s: %w", cmp.Or(strings.TrimSpace(w), `""`), err)}
		}
	}
	return a.look(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		found, err := d.Search(a.ctx, c.Words, max(c.Limit, 1))
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(a.stdout, map[string]any{"stories": found})
		}
		clock := clockIn(d.Zone())
		for _, s := range found {
			where := "unsorted"
			if len(s.Sections) > 0 {
				where = strings.Join(s.Sections, ", ")
			}
			fmt.Fprintf(a.stdout, "%s  %s\n    %s, %s, %s, story %s\n    %s\n", clock(s.Time), s.Title, s.Source, count(s.Reports, "report"), where, s.ID, s.URL)
		}
		if len(found) == 0 {
			fmt.Fprintln(a.stderr, "feedd: no story holds all these words")
		}
		return nil
	})
}
