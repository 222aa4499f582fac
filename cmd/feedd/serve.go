package main

import (
	"cmp"
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"feedd/internal/daemon"
)

type serveCmd struct {
	configFlag
	storeFlag
	memoryFlag
	Listen    string `placeholder:"ADDRESS" help:"Where to listen: HOST:PORT, unix:PATH, or systemd for the sockets of a .socket unit (systemd's when it passes any, else ${listen})."`
	Admin     string `placeholder:"ADDRESS" help:"Serve the metrics, the sources' health and the desk at this address only; systemd means its socket named admin."`
	AccessLog string `enum:"none,combined,json" default:"none" placeholder:"FORMAT" help:"Log each answer to standard output: combined or json."`

	Connections int `placeholder:"N" env:"FEEDD_DB_CONNECTIONS" help:"At most this many connections to PostgreSQL (as many as the roles can use, up to 21)."`

	Roles []string `placeholder:"collect,desk,publish" help:"What this node does, when other nodes on the same PostgreSQL database do the rest (all)."`
}

// listenHere is where feedd serves when nobody says otherwise.
const listenHere = "127.0.0.1:8080"

// Run serves until SIGINT or SIGTERM; SIGHUP and a changed file reload the configuration.
func (c *serveCmd) Run(a *app) error {
	if err := c.exists(); err != nil {
		return err
	}
	o, err := c.options(a)
	if err != nil {
		return err
	}
	d, err := daemon.New(a.ctx, o)
	if err != nil {
		return err
	}
	if text, err := d.WithoutURL(a.ctx); err == nil && text != "" { // a store that cannot be read says so soon enough
		a.log.Warn(text)
	}
	a.log.Info("serving", "address", c.address(d), "sources", d.Sources(), "version", version())
	return a.serve(d)
}

func (c *serveCmd) options(a *app) (daemon.Options, error) {
	o := daemon.Options{Config: c.Config, DB: c.DB, Direct: c.DBDirect, Listen: c.Listen, Admin: c.Admin, Roles: c.Roles, Connections: c.Connections, Caches: c.caches(), Version: version(), Log: a.log, Now: now, ServerClock: true}
	var err error
	if o.Sockets, err = daemon.Passed(); err != nil {
		return o, err
	}
	if o.Listen == "" && len(o.Sockets.Public()) > 0 {
		o.Listen = "systemd"
	}
	if o.Admin == "" && len(o.Sockets.Admin()) > 0 {
		o.Admin = "systemd"
	}
	o.Listen = cmp.Or(o.Listen, listenHere)
	if c.AccessLog != "none" {
		o.Access, o.AccessFormat = a.stdout, c.AccessLog
	}
	return o, nil
}

// address is where the daemon listens, for people.
func (c *serveCmd) address(d *daemon.Daemon) string {
	if at := d.Addr(); at.Network() != "tcp" {
		return at.Network() + ":" + at.String()
	}
	return d.URL() + "/"
}

// moreThreads is how many threads more than there are processors Go runs for a daemon. With as many as there are processors a
// request waits in their queues behind whatever computes, of which each gives way after 10 ms; with two more a thread is free to
// take it nearly always, and the system, which prefers who sleeps most of the time, gives it a processor. Six more gained little,
// and cost a quarter more of the CPU of a minute with some news.
const moreThreads = 2

// readersFirst has Go run them. Where a container or GOMAXPROCS bounds the processors it stays at that: a container of which the
// threads use up its share is stopped until the next.
func readersFirst() {
	if n := runtime.NumCPU(); os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) == n {
		runtime.GOMAXPROCS(n + moreThreads)
	}
}

func (a *app) serve(d *daemon.Daemon) error {
	readersFirst()
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
