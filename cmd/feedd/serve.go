package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"feedd/internal/daemon"
)

type serveCmd struct {
	configFlag
	storeFlag
	Listen string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to serve (${default})."`
	Admin  string `placeholder:"HOST:PORT" help:"Where to show the sources' health and the metrics, and only there."`

	Roles []string `placeholder:"collect,desk,publish" help:"What this node does, when others on the same PostgreSQL database do the rest (all)."`
}

// Run serves until SIGINT or SIGTERM; SIGHUP and a changed file reload the configuration.
func (c *serveCmd) Run(a *app) error {
	if err := c.exists(); err != nil {
		return err
	}
	d, err := daemon.New(a.ctx, daemon.Options{
		Config: c.Config, DB: c.DB, Listen: c.Listen, Admin: c.Admin, Roles: c.Roles, Version: version(), Log: a.log, Now: time.Now,
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
