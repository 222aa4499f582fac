package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/aggregate/discover"
	"feedd/internal/config"
	"feedd/internal/daemon"
	"feedd/internal/feed"
	"feedd/internal/store"
)

type discoverCmd struct {
	configFlag
	storeFlag
	JSON bool   `help:"Print JSON."`
	URL  string `arg:"" name:"url" help:"Address of a site, or of a page of it."`
}

// Run looks for the feeds of a site. A configuration need not be there; where it is, what it has is named.
func (c *discoverCmd) Run(a *app) error {
	has := func(string) string { return "" }
	site := feed.Site{}
	draft, err := daemon.OpenDraft(a.ctx, placeOf(c.configFlag, c.storeFlag))
	switch {
	case err == nil:
		site = draft.Config.Site
		has = func(address string) string {
			if s := draft.Has(address); s != nil {
				return s.ID
			}
			return ""
		}
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, store.ErrNoConfiguration):
		return err
	}
	collector := collect.New(collect.Options{Site: site, Version: version(), Log: a.log, Now: time.Now})
	defer collector.Close()
	found, err := discover.Find(a.ctx, discover.Options{Fetcher: collector, Now: time.Now, Source: has, Private: true}, webAddress(c.URL))
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(a.stdout, found)
	} else {
		c.tell(a, &found)
	}
	if err == nil && len(found.Feeds) == 0 && found.Page == nil {
		if !c.JSON {
			fmt.Fprintln(a.stderr, "feedd: no feed was found there, and no list of reports")
		}
		return errQuiet
	}
	return err
}

func (c *discoverCmd) tell(a *app, found *discover.Found) {
	p := func(format string, args ...any) { fmt.Fprintf(a.stdout, format+"\n", args...) }
	for _, f := range found.Feeds {
		p("%s\n    %s (%s, %s; %s)", f.URL, f.Title, f.Type, count(f.Items, "item"), f.How)
		for _, h := range f.Newest {
			p("    - %s%s", h.Title, when(h.Published))
		}
		if f.Source != "" {
			p("    is source %s already", f.Source)
		} else {
			p("    feedd add %s", quoted(f.URL))
		}
	}
	if page := found.Page; page != nil {
		p("No feed was found, but the page lists reports. As a source:\n")
		source := config.NewSource{URL: found.URL, Page: &feed.Page{Item: page.Item, Title: page.Title, Link: page.Link, Summary: page.Summary, Date: page.Date, Image: page.Image}}
		source.ID = config.NewID(nameOf(source), func(string) bool { return false })
		p("%s", source.YAML())
		p("which gives %s:", count(len(page.Items), "item"))
		for _, h := range page.Items {
			p("    - %s%s\n      %s", h.Title, when(h.Published), h.URL)
		}
		if len(page.Missing) > 0 {
			p("not found in the blocks: %s", strings.Join(page.Missing, ", "))
		}
	}
	for _, n := range found.Notes {
		fmt.Fprintf(a.stderr, "feedd: %s\n", n)
	}
}

func when(published string) string {
	if published == "" {
		return ""
	}
	return " (" + published + ")"
}

// quoted is a text as a shell takes it.
func quoted(s string) string {
	if strings.ContainsAny(s, " &;'\"$`\\*?()<>|!#~[]{}") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}
