package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"feedd/internal/aggregate"
	"feedd/internal/config"
	"feedd/internal/daemon"
	"feedd/internal/demo"
)

type serveCmd struct {
	configFlag
	storeFlag
	Listen string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to serve (${default})."`
	Admin  string `placeholder:"HOST:PORT" help:"Where to show the sources' health and the metrics, and only there."`
}

// Run serves until SIGINT or SIGTERM; SIGHUP and a changed file reload the configuration.
func (c *serveCmd) Run(a *app) error {
	if err := c.exists(); err != nil {
		return err
	}
	d, err := daemon.New(a.ctx, daemon.Options{
		Config: c.Config, DB: c.DB, Listen: c.Listen, Admin: c.Admin, Version: version(), Log: a.log, Now: time.Now,
	})
	if err != nil {
		return err
	}
	if text, err := d.WithoutURL(a.ctx); err == nil && text != "" { // a store that cannot be read says so soon enough
		a.log.Warn(text)
	}
	a.log.Info("serving", "address", "http://"+d.Addr().String()+"/", "sources", d.Sources(), "version", version())
	return a.serve(d)
}

func (a *app) serve(d *daemon.Daemon) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	ctx, cancel := context.WithCancel(a.ctx)
	defer cancel()
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hup:
				d.ReloadAndLog()
			}
		}
	}()
	err := d.Run(ctx)
	if err == nil {
		a.log.Info("stopped; nothing was lost")
	}
	return err
}

type demoCmd struct {
	Listen string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to serve (${default})."`
	Keep   string `placeholder:"DIR" help:"Keep the store (demo.db) and the configuration here instead of in a folder that goes away."`
}

// Run shows everything that serve does, with nothing from outside.
func (c *demoCmd) Run(a *app) (err error) {
	dir := c.Keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "feedd-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	press, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("cannot serve the invented sources: %w", err)
	}
	outlets := &http.Server{Handler: demo.New(time.Now), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = outlets.Serve(press) }() // ends with Close below
	defer outlets.Close()
	base := "http://" + press.Addr().String()
	yaml := []byte(demo.Config(base))
	if c.Keep != "" { // so that the other commands can look at what is kept
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "feeds.yaml"), yaml, 0o640); err != nil {
			return err
		}
	}

	d, err := daemon.New(a.ctx, daemon.Options{
		DB: "sqlite:" + filepath.Join(dir, "demo.db"), Listen: c.Listen, Version: version(), Log: a.log, Now: time.Now,
		Load: func() (*config.Config, error) {
			return daemon.ParseConfig("demo.yaml", yaml)
		},
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
	c.tell(a, d, reports, base)
	return a.serve(d)
}

func (c *demoCmd) tell(a *app, d *daemon.Daemon, reports []aggregate.Report, base string) {
	items, failed := 0, 0
	for _, r := range reports {
		items += r.New
		if r.Error != "" {
			failed++
		}
	}
	site := "http://" + d.Addr().String()
	var b strings.Builder
	fmt.Fprintf(&b, "\nfeedd collected %d items from the %d invented sources at %s; %d failed (one is broken on purpose).\n", items, len(reports), base, failed)
	fmt.Fprintf(&b, "\n  front page    %s/\n  all sections  %s/sections/all.rss  .atom  .json\n", site, site)
	for _, id := range d.SectionIDs() {
		fmt.Fprintf(&b, "  %-13s %s/sections/%s.rss  .atom  .json\n", id, site, id)
	}
	fmt.Fprintf(&b, "  for readers   %s/feeds.opml\n  the sources   %s/sources\n", site, site)
	fmt.Fprintf(&b, "\nA new story appears every minute. Stop with Ctrl-C.\n\n")
	fmt.Fprint(a.stdout, b.String())
}
