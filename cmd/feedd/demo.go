package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"feedd/internal/aggregate"
	"feedd/internal/config"
	"feedd/internal/daemon"
	"feedd/internal/demo"
)

type demoCmd struct {
	Listen string `default:"${listen}" placeholder:"ADDRESS" help:"Where to listen: HOST:PORT or unix:PATH (${default})."`
	Keep   string `placeholder:"DIR" predictor:"file" help:"Keep the store (demo.db) and the configuration (feeds.yaml) in this folder instead of a temporary one."`
}

// Run shows everything that serve does, with nothing from outside.
func (c *demoCmd) Run(a *app) (err error) {
	dir := c.Keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "feedd-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	} else if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	file := filepath.Join(dir, "feeds.yaml")
	press, base, err := startPress(file)
	if err != nil {
		return err
	}
	began, err := started(file)
	if err != nil {
		return errors.Join(err, press.Close())
	}
	outlets := &http.Server{Handler: demo.Since(began, time.Now), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = outlets.Serve(press) }() // ends with Close below
	defer outlets.Close()

	db := "sqlite:" + filepath.Join(dir, "demo.db")
	fmt.Fprintf(a.stderr, "feedd: opening the store in %s\n", dir)
	var d *daemon.Daemon
	d, err = daemon.New(a.ctx, daemon.Options{
		Config: file, DB: db, Listen: c.Listen, Version: version(), Log: a.log, Now: time.Now,
		Pages: map[string]http.Handler{demo.GuidePath: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c.guide(a, w, r, d, file, db)
		})},
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "feedd: collecting the %d invented sources at %s\n", d.Sources(), base)
	bar := a.progress("collecting", d.Sources())
	reports, err := d.Collect(a.ctx, nil, bar.step)
	bar.done("collected")
	if err != nil {
		return errors.Join(err, d.Close())
	}
	c.tell(a, d, reports, base, file)
	return a.serve(d)
}

// pressAddress is where a kept configuration finds the invented sources.
var pressAddress = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/`)

// startPress listens for the invented sources where the configuration in file looks for them. Where that
// is no longer free it listens elsewhere and writes that into the file; where there is no file it writes
// the demo's, with its schema beside it. Nothing else in a file that is there changes.
func startPress(file string) (press net.Listener, base string, err error) {
	data, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	kept := err == nil
	was := ""
	if m := pressAddress.FindSubmatch(data); m != nil {
		was = string(m[1])
	}
	if was != "" {
		if press, err = net.Listen("tcp", was); err == nil {
			return press, "http://" + was, nil
		}
	}
	if press, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, "", fmt.Errorf("cannot serve the invented sources: %w", err)
	}
	base = "http://" + press.Addr().String()
	if kept {
		data = []byte(strings.ReplaceAll(string(data), "http://"+was+"/", base+"/"))
	} else {
		data = []byte(demo.Config(base))
		schema := filepath.Join(filepath.Dir(file), config.SchemaFile)
		if err := writeNew(schema, config.Schema()); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, "", errors.Join(err, press.Close())
		}
	}
	if !kept || was != "" {
		if err := os.WriteFile(file, data, 0o640); err != nil {
			return nil, "", errors.Join(err, press.Close())
		}
	}
	return press, base, nil
}

// started is when the demo with this configuration was begun: its outlets tell what they told then. The
// folder remembers it.
func started(file string) (time.Time, error) {
	path := filepath.Join(filepath.Dir(file), "started")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		now := time.Now()
		return now, os.WriteFile(path, []byte(now.Format(time.RFC3339)+"\n"), 0o640)
	}
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(text)))
	if err != nil {
		return at, fmt.Errorf("%s does not say when the demo was begun: %w; delete the folder to begin anew", path, err)
	}
	return at, nil
}

// guide writes the page that says what to look at and what to try.
func (c *demoCmd) guide(a *app, w http.ResponseWriter, r *http.Request, d *daemon.Daemon, file, db string) {
	text, err := os.ReadFile(file)
	if err == nil {
		site := d.Site()
		g := demo.Guide{Language: site.Language, Site: site.Title, File: file, DB: db, Text: string(text),
			Find: func(url string) (demo.Place, bool) { return place(r.Context(), d, url) }}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		w.Header().Set("Cache-Control", "no-cache")
		err = g.Write(w)
	}
	if err != nil {
		a.log.Error("the guide could not be written", "error", err)
	}
}

// place tells where the item with an address is; false when it is not known, or not filed yet.
func place(ctx context.Context, d *daemon.Daemon, url string) (demo.Place, bool) {
	found, err := d.Explain(ctx, url)
	if err != nil || len(found) == 0 || found[0].Entry == nil {
		return demo.Place{}, false
	}
	x := found[0]
	return demo.Place{Item: x.Item.ID, Entry: x.Entry.Key, Story: x.Entry.Story, Outlets: len(x.Entry.Reports),
		Title: x.Item.Title, Gone: !x.Entry.Withdrawn.IsZero()}, true
}

func (c *demoCmd) tell(a *app, d *daemon.Daemon, reports []aggregate.Report, base, file string) {
	items, failed := 0, 0
	for _, r := range reports {
		items += r.New
		if r.Error != "" {
			failed++
		}
	}
	site := d.URL()
	var b strings.Builder
	fmt.Fprintf(&b, "\nfeedd collected %d items from the %d invented sources at %s; %d failed (one is broken on purpose).\n", items, len(reports), base, failed)
	fmt.Fprintf(&b, "\n  front page    %s/\n  what to try   %s%s\n  all sections  %s/sections/all.rss  .atom  .json\n", site, site, demo.GuidePath, site)
	for _, id := range d.SectionIDs() {
		fmt.Fprintf(&b, "  %-13s %s/sections/%s.rss  .atom  .json\n", id, site, id)
	}
	fmt.Fprintf(&b, "  for readers   %s/feeds.opml\n  the sources   %s/sources\n", site, site)
	fmt.Fprintf(&b, "\nFor a quarter of an hour something new appears nearly every minute. Edit %s and save it: it is in force within a second.\n", file)
	fmt.Fprintf(&b, "Stop with Ctrl-C.\n\n")
	fmt.Fprint(a.stdout, b.String())
}
