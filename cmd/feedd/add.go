package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/aggregate/read"
	"feedd/internal/config"
	"feedd/internal/daemon"
	"feedd/internal/feed"
)

type addCmd struct {
	configFlag
	storeFlag
	pusherFlag
	Section string `placeholder:"SECTION" predictor:"section" help:"File everything from it under this section."`
	ID      string `name:"id" placeholder:"ID" help:"The source's id (made from its title)."`
	Title   string `placeholder:"TITLE" help:"The outlet's name (what the feed says)."`
	Blind   bool   `help:"Add it without fetching it first."`
	URL     string `arg:"" name:"url" help:"Address of a feed."`
}

// Run looks at a feed and writes it into the configuration. A daemon that runs takes it over.
func (c *addCmd) Run(a *app) error {
	if err := c.exists(); err != nil {
		return err
	}
	draft, err := daemon.OpenDraft(a.ctx, placeOf(c.configFlag, c.storeFlag))
	if err != nil {
		return err
	}
	address := webAddress(c.URL)
	if old := draft.Has(address); old != nil {
		return useError{fmt.Errorf("%s is there already: source %s on line %d", address, old.ID, old.Line)}
	}
	if c.Section != "" && draft.Section(c.Section) == nil {
		return useError{fmt.Errorf("there is no section %q in %s", c.Section, c.Config)}
	}
	if draft.Taken(c.ID) {
		return useError{fmt.Errorf("there is a source %q already", c.ID)}
	}
	source := config.NewSource{ID: c.ID, Title: c.Title, URL: address, Section: c.Section}
	newest := ""
	if !c.Blind {
		doc, private, err := c.look(a, draft.Config, address)
		if err != nil {
			return fmt.Errorf("%s: %w; nothing was added. feedd discover %s looks for feeds there", address, err, address)
		}
		source.AllowPrivate = private
		if source.Title == "" {
			source.Title = strings.Join(strings.Fields(doc.Title), " ")
		}
		newest = fmt.Sprintf("%s there", count(len(doc.Items), "item"))
		if len(doc.Items) > 0 {
			newest += ", the first: " + doc.Items[0].Title
		}
	}
	if source.ID == "" {
		source.ID = config.NewID(nameOf(source), draft.Taken)
	}
	draft.Pusher = c.pusher("feedd add " + address)
	if err := draft.Add(a.ctx, config.Addition{Sources: []config.NewSource{source}}); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, source.ID)
	if newest != "" {
		fmt.Fprintf(a.stderr, "feedd: added to %s; %s\n", c.Config, newest)
	}
	if source.Section == "" && len(draft.Config.Sections) > 0 {
		fmt.Fprintf(a.stderr, "feedd: it has no section, so the rules of all sections decide; --section SECTION would name one\n")
	}
	return nil
}

// look reads the feed as serve would, and tells whether it is on a private address: then the source
// must say that it may be.
func (c *addCmd) look(a *app, cfg *config.Config, address string) (doc *read.PreviewDocument, private bool, err error) {
	collector := collect.New(collect.Options{Site: cfg.Site, Version: version(), Log: a.log, Now: time.Now})
	defer collector.Close()
	src := cfg.Defaults
	src.ID, src.URL = "add", address
	body, err := collector.Fetch(a.ctx, src)
	if errors.Is(err, collect.ErrPrivate) {
		private, src.AllowPrivate = true, true
		body, err = collector.Fetch(a.ctx, src)
	}
	if err != nil {
		return nil, false, err
	}
	doc, err = read.Preview(body, src, time.Now())
	return doc, private, err
}

// nameOf is what a source's id is made of: its title, else its host and path.
func nameOf(s config.NewSource) string {
	u, err := url.Parse(s.URL)
	switch {
	case s.Title != "" && s.Section != "" && !strings.Contains(feed.Fold(s.Title), strings.ReplaceAll(s.Section, "-", " ")):
		return s.Title + " " + s.Section
	case s.Title != "":
		return s.Title
	case err != nil:
		return s.URL
	}
	return strings.TrimPrefix(u.Hostname(), "www.") + " " + u.Path
}

// webAddress is an address as people type it, whole.
func webAddress(s string) string {
	if s = strings.TrimSpace(s); !strings.Contains(s, "://") {
		return "https://" + s
	}
	return s
}
