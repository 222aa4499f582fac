package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"feedd/internal/aggregate/desk/judge"
	"feedd/internal/config"
	"feedd/internal/daemon"
	"feedd/internal/feed"
)

type evalCmd struct {
	Stories  evalStoriesCmd  `cmd:"" help:"Measure how well stories are told apart, on a labelled TSV file."`
	Sections evalSectionsCmd `cmd:"" help:"Measure how well items are filed, on a labelled TSV file."`
}

type evalFlags struct {
	configFlag
	storeFlag
	JSON bool   `help:"Print the figures as JSON."`
	Out  string `placeholder:"FILE" help:"Write one answer for each row to this file."`
	File string `arg:"" help:"TSV with a header line; its columns are below."`
}

// eval opens the files, lets do judge, and prints its report.
func (c *evalFlags) eval(a *app, do func(in io.Reader, out io.Writer) (fmt.Stringer, error)) (err error) {
	in, err := os.Open(c.File)
	if err != nil {
		return useError{err}
	}
	defer in.Close()
	var out io.Writer
	if c.Out != "" {
		f, err2 := os.Create(c.Out)
		if err2 != nil {
			return err2
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	report, err := do(in, out)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.stdout, report)
	}
	fmt.Fprintln(a.stdout, report)
	return nil
}

// settings reads the configuration, or does with the defaults where there is none at the default
// place: an evaluation must not need an installation.
func (c *evalFlags) settings(a *app) (*config.Config, error) {
	if _, err := os.Stat(c.Config); errors.Is(err, os.ErrNotExist) && c.Config == "config/feeds.yaml" {
		return daemon.ParseConfig("defaults", []byte("sources: []\n"))
	}
	return placeOf(c.configFlag, c.storeFlag).Load(a.ctx)
}

type evalStoriesCmd struct{ evalFlags }

// Help says what the file must hold.
func (evalStoriesCmd) Help() string {
	return "A stream has the columns id, ts (Unix seconds, in order), source, url, title, summary, and for quality cluster. " +
		"Pairs have a_title and b_title, where known hours, src_a, src_b, a_summary, b_summary, a_url, b_url, and for quality " +
		"label (1 = same event). Other columns are ignored. --out gets id, story, score, verdict, or row, score, verdict."
}

// Run measures how well stories are told apart: a stream, or pairs.
func (c *evalStoriesCmd) Run(a *app) error {
	cfg, err := c.settings(a)
	if err != nil {
		return err
	}
	return c.eval(a, func(in io.Reader, out io.Writer) (fmt.Stringer, error) {
		report, err := judge.EvalStories(in, out, cfg.Stories)
		return report, err
	})
}

type evalSectionsCmd struct {
	evalFlags
	Train string `placeholder:"FILE" help:"Learn from this file instead of the configuration's store and rules."`
}

// Help says what the files must hold.
func (evalSectionsCmd) Help() string {
	return "The columns are title, and where known text, source, category, and for quality label: the section's id. " +
		"Other columns are ignored. --out gets row, section, probability."
}

// Run measures how well items are filed.
func (c *evalSectionsCmd) Run(a *app) error {
	cfg, err := c.settings(a)
	if err != nil {
		return err
	}
	return c.eval(a, func(in io.Reader, out io.Writer) (fmt.Stringer, error) {
		o := judge.EvalSectionsOptions{Sections: cfg.Sections, Drop: cfg.Drop, Set: cfg.SectionSettings, Sources: feed.ByID(cfg.Sources)}
		if c.Train != "" {
			f, err := os.Open(c.Train)
			if err != nil {
				return nil, useError{err}
			}
			defer f.Close()
			o.Train = f
		} else {
			err := a.with(c.configFlag, c.storeFlag, func(d *daemon.Daemon) (err error) {
				o.Model, err = d.Model(a.ctx)
				return err
			})
			if err != nil {
				return nil, err
			}
		}
		report, err := judge.EvalSections(in, o, out)
		return report, err
	})
}
