package main

import (
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
	Listen string `default:"${listen}" placeholder:"ADDRESS" help:"Where to serve: HOST:PORT or unix:PATH (${default})."`
	Keep   string `placeholder:"DIR" predictor:"file" help:"Keep the store (demo.db) and the configuration (feeds.yaml) here instead of in a folder that goes away; what you edit there stays."`
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
	outlets := &http.Server{Handler: demo.New(time.Now), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = outlets.Serve(press) }() // ends with Close below
	defer outlets.Close()

	d, err := daemon.New(a.ctx, daemon.Options{
		Config: file, DB: "sqlite:" + filepath.Join(dir, "demo.db"), Listen: c.Listen, Version: version(), Log: a.log, Now: time.Now,
	})
	if err != nil {
		return err
	}
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
	fmt.Fprintf(&b, "\n  front page    %s/\n  all sections  %s/sections/all.rss  .atom  .json\n", site, site)
	for _, id := range d.SectionIDs() {
		fmt.Fprintf(&b, "  %-13s %s/sections/%s.rss  .atom  .json\n", id, site, id)
	}
	fmt.Fprintf(&b, "  for readers   %s/feeds.opml\n  the sources   %s/sources\n", site, site)
	fmt.Fprintf(&b, "\nA new story appears every minute. Edit %s and save it: it is in force within a second.\n", file)
	fmt.Fprintf(&b, "Stop with Ctrl-C.\n\n")
	fmt.Fprint(a.stdout, b.String())
}
