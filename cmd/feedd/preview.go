package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/aggregate/read"
	"feedd/internal/feed"
)

type previewCmd struct {
	configFlag
	storeFlag
	Source string   `placeholder:"ID" predictor:"source" help:"Read it as this source of the configuration: with its selectors, time zone and headers."`
	JSON   bool     `help:"Print JSON: one object for each document, one a line."`
	What   []string `arg:"" name:"url-or-file" predictor:"file" help:"Addresses or files."`
}

// Run shows what feedd reads, and stores nothing.
func (c *previewCmd) Run(a *app) error {
	// Whoever runs the command may look at their own machine.
	src := feed.Source{ID: "preview", AllowPrivate: true}
	var site feed.Site
	if c.Source != "" {
		cfg, err := placeOf(c.configFlag, c.storeFlag).Load(a.ctx)
		if err != nil {
			return err
		}
		found := false
		for _, s := range cfg.Sources {
			if s.ID == c.Source {
				src, found = s, true
			}
		}
		if !found {
			return useError{fmt.Errorf("no source %q in %s", c.Source, c.Config)}
		}
		site = cfg.Site
	}
	collector := collect.New(collect.Options{Site: site, Version: version(), Log: a.log, Now: time.Now})
	defer collector.Close()
	failed := false
	for _, what := range c.What {
		doc, err := c.look(a, collector, src, what)
		if err == nil {
			err = c.show(a, doc)
		}
		if err != nil {
			failed = true
			fmt.Fprintf(a.stderr, "feedd: %s: %v\n", what, err)
		}
	}
	if failed {
		return errQuiet
	}
	return nil
}

func (c *previewCmd) look(a *app, collector *collect.Collector, src feed.Source, what string) (*read.PreviewDocument, error) {
	if !strings.HasPrefix(what, "http://") && !strings.HasPrefix(what, "https://") {
		data, err := os.ReadFile(what)
		var path *os.PathError
		if errors.As(err, &path) {
			return nil, path.Err // the name stands before it already
		} else if err != nil {
			return nil, err
		}
		return read.Preview(read.Body{Bytes: data}, src, time.Now())
	}
	src.URL = what
	body, err := collector.Fetch(a.ctx, src)
	if err != nil {
		return nil, err
	}
	return read.Preview(body, src, time.Now())
}

func (c *previewCmd) show(a *app, doc *read.PreviewDocument) error {
	if c.JSON {
		return printLine(a.stdout, doc)
	}
	p := func(format string, args ...any) { fmt.Fprintf(a.stdout, format+"\n", args...) }
	head := fmt.Sprintf("(%s, %s)", strings.TrimSpace(doc.Type+" "+doc.Version), count(len(doc.Items), "item"))
	p("%s", strings.TrimSpace(doc.Title+" "+head))
	for _, w := range doc.Warnings {
		p("  warning: %s", w)
	}
	for _, it := range doc.Items {
		when := it.Published
		if when == "" {
			when = "no date understood"
			if it.PublishedRaw != "" {
				when += ": " + it.PublishedRaw
			}
		}
		p("- %s\n    %s\n    %s", it.Title, it.Link, when)
	}
	return nil
}
