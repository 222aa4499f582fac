package main

import (
	"fmt"
	"sync"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"feedd/internal/aggregate/collect"
	"feedd/internal/aggregate/read"
	"feedd/internal/config"
	"feedd/internal/feed"
)

// asked is what one source answered.
type asked struct {
	doc *read.PreviewDocument
	err error
}

// online asks every source once, as a run would, stores nothing, and shows what it would bring. It fails
// when every source does.
func (c *checkCmd) online(a *app, cfg *config.Config) error {
	collector := collect.New(collect.Options{Site: cfg.Site, Version: version(), Log: a.log, Now: time.Now, MaxHosts: cfg.Collect.Hosts})
	defer collector.Close()
	answers := make([]asked, len(cfg.Sources))
	bar := a.progress("asking", len(answers))
	var mu sync.Mutex // guards the bar
	var done int64
	var g errgroup.Group
	g.SetLimit(max(cfg.Collect.Hosts, 1))
	for i, src := range cfg.Sources {
		g.Go(func() error {
			answers[i] = ask(a, collector, src)
			mu.Lock()
			defer mu.Unlock()
			done++
			bar.at(done, int64(len(answers)))
			return nil
		})
	}
	_ = g.Wait() // what went wrong is in the answers
	bar.done("asked")
	if a.ctx.Err() != nil {
		return a.ctx.Err()
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SOURCE\tITEMS\tNEWEST\tHEADLINE OR REASON")
	failed := 0
	clock := clockIn(cfg.Site.Timezone)
	for i, src := range cfg.Sources {
		if err := answers[i].err; err != nil {
			failed++
			fmt.Fprintf(w, "%s\t-\t-\t%s:%d: %s\n", src.ID, c.Config, src.Line, err)
			continue
		}
		at, title := newestOf(answers[i].doc)
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\n", src.ID, len(answers[i].doc.Items), clock(at), title)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		fmt.Fprintf(a.stderr, "feedd: %d of %s failed\n", failed, count(len(cfg.Sources), "source"))
	}
	if failed > 0 && failed == len(cfg.Sources) {
		return errQuiet
	}
	return nil
}

func ask(a *app, collector *collect.Collector, src feed.Source) asked {
	body, err := collector.Fetch(a.ctx, src)
	if err != nil {
		return asked{err: err}
	}
	doc, err := read.Preview(body, src, time.Now())
	return asked{doc, err}
}

// newestOf is the newest item of a document; of one without times, the first.
func newestOf(doc *read.PreviewDocument) (at time.Time, title string) {
	for i, it := range doc.Items {
		published, err := time.Parse(time.RFC3339, it.Published)
		if i == 0 || err == nil && published.After(at) {
			at, title = published, it.Title
		}
	}
	return at, title
}
