// Command feedd collects headlines from feeds and pages, tells stories apart, files them under
// sections and republishes every section as RSS, Atom and JSON Feed.
//
// This package is the command line: flags, signals and output, one file a command. What the
// commands do is in internal/daemon and below.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"feedd/internal/config"
	"feedd/internal/daemon"
	"feedd/internal/feed"
	"feedd/internal/store"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUse    = 2 // wrong use, a name of what is not there among it, or an invalid configuration
)

// stopTime is how long a command that is told to stop may take over it, whatever it waits for: a server
// that does not answer, a file that does not come, or a computation that asks nobody. A transaction that
// is cut off is rolled back whole.
const stopTime = 4500 * time.Millisecond

func main() { os.Exit(run()) }

// run is main for tests, too.
func run() int {
	if os.Getenv("GOGC") == "" {
		boundGarbage()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the process at once
		select {
		case <-ended:
		case <-time.After(stopTime):
			fmt.Fprintln(os.Stderr, "feedd: stopped; some work did not end in time and was cut off, and nothing stored is lost")
			os.Exit(exitFailed)
		}
	}()
	return command(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// cli is the whole command line.
type cli struct {
	Init      initCmd      `cmd:"" help:"Write a first feeds.yaml with real sources; asks for a language and topics."`
	Serve     serveCmd     `cmd:"" help:"Run the daemon: collect on schedule, file, publish over HTTP."`
	Demo      demoCmd      `cmd:"" help:"Run a demonstration offline, on invented sources served from this machine."`
	Collect   collectCmd   `cmd:"" help:"Collect once from all or the named sources, due or not; file what they bring, and exit."`
	Export    exportCmd    `cmd:"" help:"Write every feed and page as static files."`
	Check     checkCmd     `cmd:"" help:"Check the configuration and the headlines it expects."`
	Sources   sourcesCmd   `cmd:"" help:"Show the state of every source, when it runs next, and why then."`
	Preview   previewCmd   `cmd:"" help:"Show what feedd reads at an address or in a file, storing nothing."`
	Explain   explainCmd   `cmd:"" help:"Show where an item is filed, and why."`
	Learned   learnedCmd   `cmd:"" help:"Show the words that a section has learned; print the line that strikes some out."`
	Retract   retractCmd   `cmd:"" help:"Withdraw a story from every feed and page, for good."`
	File      fileCmd      `cmd:"" help:"File an item under a section, for good."`
	Unfile    unfileCmd    `cmd:"" help:"Take an item out of a section, for good."`
	Split     splitCmd     `cmd:"" help:"Take a report out of a story, for good."`
	Join      joinCmd      `cmd:"" help:"Make two stories one."`
	Discover  discoverCmd  `cmd:"" help:"Find the feeds of a site; where there is none, propose selectors for its page."`
	OPML      opmlCmd      `cmd:"" name:"opml" help:"Read and write sources as a subscription list (OPML)."`
	Add       addCmd       `cmd:"" help:"Add a feed to the configuration, keeping everything that is there."`
	Decisions decisionsCmd `cmd:"" help:"List the editor's decisions in force, or take one back."`
	Search    searchCmd    `cmd:"" help:"Find stored stories by words."`
	Replay    replayCmd    `cmd:"" help:"Print what the present configuration would file otherwise, changing nothing."`
	Move      moveCmd      `cmd:"" help:"Copy everything stored to another store, between SQLite and PostgreSQL."`
	Config    configCmd    `cmd:"" help:"Keep the configuration in a PostgreSQL database, with its history."`
	Nodes     nodesCmd     `cmd:"" help:"List the processes that share a PostgreSQL database, and what each does."`
	Backup    backupCmd    `cmd:"" help:"Copy the SQLite store to a new file, even while the daemon runs."`
	Eval      evalCmd      `cmd:"" help:"Measure quality on labelled data."`

	Healthcheck healthcheckCmd `cmd:"" help:"Ask a running daemon whether it is well, for containers and supervisors."`

	Schema     schemaCmd     `cmd:"" help:"Print the JSON Schema of feeds.yaml, for editors that complete and check it."`
	Completion completionCmd `cmd:"" help:"Print a script by which a shell completes feedd's commands, flags and names."`
	Man        manCmd        `cmd:"" help:"Print the manual page."`
	Version    versionCmd    `cmd:"" help:"Print the version."`

	LogFormat string     `enum:"text,json" default:"text" placeholder:"FORMAT" help:"Format of the log on standard error: text or json."`
	LogLevel  slog.Level `default:"info" placeholder:"LEVEL" help:"Lowest level that is logged: debug, info, warn or error."`

	PrintVersion kong.VersionFlag `name:"version" help:"Print the version."`
}

// app is what every command gets.
type app struct {
	ctx            context.Context
	stdout, stderr io.Writer
	log            *slog.Logger
	jsonLog        bool  // what reads standard error reads lines of JSON
	caches         int64 // bytes that the database's caches may take; 0 for as many as they like
}

// useError is a mistake in how feedd was called.
type useError struct{ error }

func (e useError) Unwrap() error { return e.error }

// errQuiet fails a command that has said everything already.
var errQuiet = errors.New("failed")

// exited carries kong's wish to exit (after --help) out of its parser.
type exited int

func command(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exited:
			code = int(r)
		default:
			panic(r)
		}
	}()
	var flags cli
	parser, err := newParser(&flags, stdout, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "feedd:", err)
		return exitFailed
	}
	complete(parser)
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "feedd: %v\nfeedd: try feedd --help\n", err)
		return exitUse
	}
	a := &app{ctx: ctx, stdout: stdout, stderr: stderr, log: flags.logger(stderr), jsonLog: flags.LogFormat == "json"}
	return a.exit(k.Run(a))
}

// logger writes the log as the flags say.
func (c *cli) logger(w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// newParser makes the parser of the whole command line; the help, the manual and what shells complete
// come from the same definitions.
func newParser(into *cli, stdout, stderr io.Writer) (*kong.Kong, error) {
	return kong.New(into, kong.Name("feedd"),
		kong.Description("A feed aggregator for newsrooms. Start with: feedd demo"),
		kong.Vars{"version": "feedd " + version(), "listen": listenHere}, kong.Writers(stdout, stderr), kong.Exit(func(code int) { panic(exited(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
}

// exit says what went wrong and turns it into an exit code.
func (a *app) exit(err error) int {
	var mistakes config.Errors
	var use useError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errQuiet):
		return exitFailed
	case errors.As(err, &mistakes): // FILE:LINE:COLUMN: message, as editors read it
		fmt.Fprintln(a.stderr, mistakes)
		return exitUse
	case errors.Is(err, context.Canceled) && a.ctx.Err() != nil:
		fmt.Fprintln(a.stderr, "feedd: stopped")
		return exitFailed
	}
	if a.jsonLog {
		a.log.Error(err.Error())
	} else {
		fmt.Fprintln(a.stderr, "feedd:", err)
	}
	for _, wrong := range []error{
		feed.ErrUnknown, store.ErrAddress, store.ErrPooler, store.ErrBackup, store.ErrNoConfiguration, store.ErrPushed,
		daemon.ErrAlone, daemon.ErrFlag, daemon.ErrTakesAway, daemon.ErrWouldBreak,
	} {
		if errors.Is(err, wrong) {
			return exitUse
		}
	}
	if errors.As(err, &use) {
		return exitUse
	}
	return exitFailed
}

// configFlag and storeFlag are shared by the commands that need them.
type configFlag struct {
	Config string `default:"config/feeds.yaml" placeholder:"FILE" predictor:"file" help:"The configuration (${default}); postgres: means the one in the database."`
}

// unreadConfig is taken by the commands that need the store alone, so that a script names the configuration
// and the store for all commands alike.
type unreadConfig struct {
	Config string `hidden:"" placeholder:"FILE"`
}

// exists tells whoever named no file, or a wrong one, how to name it.
func (c configFlag) exists() error {
	if c.Config == daemon.InDatabase {
		return nil // who asks the database will see
	}
	about, err := os.Stat(c.Config)
	if err == nil && about.IsDir() {
		err = errors.New(c.Config + " is a folder")
	}
	if err != nil {
		return useError{fmt.Errorf("cannot read the configuration: %w; name another with --config FILE, or write one with feedd init", err)}
	}
	return nil
}

type storeFlag struct {
	DB       string `name:"db" default:"sqlite:data/feedd.db" placeholder:"URL" env:"FEEDD_DB" help:"The store: sqlite:PATH or postgres://USER@HOST/DATABASE (${default})."`
	DBDirect string `name:"db-direct" placeholder:"URL" env:"FEEDD_DB_DIRECT" help:"Where --db leads through PgBouncer in transaction mode: the direct address of the same database, for locks and notices."`
}

// placeOf is where the configuration is.
func placeOf(c configFlag, s storeFlag) daemon.Place {
	return daemon.Place{Config: c.Config, DB: s.DB, Direct: s.DBDirect}
}

// open builds the house for a one-shot command. The caller closes it.
func (a *app) open(c configFlag, s storeFlag, looks bool) (*daemon.Daemon, error) {
	if err := c.exists(); err != nil {
		return nil, err
	}
	return daemon.New(a.ctx, daemon.Options{
		Config: c.Config, DB: s.DB, Direct: s.DBDirect, Caches: a.caches, Version: version(), Log: a.log, Now: now, ServerClock: true, WithoutSecrets: looks,
	})
}

// look is with for a command that needs something stored, and no secrets: a mistyped --db is no reason to make one.
func (a *app) look(c configFlag, s storeFlag, do func(*daemon.Daemon) error) error {
	if err := store.Find(a.ctx, s.DB); errors.Is(err, store.ErrNone) {
		return useError{fmt.Errorf("%w; run feedd collect or serve first, or name another with --db URL", err)}
	} else if err != nil {
		return err
	}
	return a.within(c, s, true, do)
}

// with opens the house, does one thing in it and closes it.
func (a *app) with(c configFlag, s storeFlag, do func(*daemon.Daemon) error) error {
	return a.within(c, s, false, do)
}

func (a *app) within(c configFlag, s storeFlag, looks bool, do func(*daemon.Daemon) error) error {
	d, err := a.open(c, s, looks)
	if err != nil {
		return err
	}
	return errors.Join(do(d), d.Close())
}

// release is set by the linker where a package is made (-X main.release=1.2.3).
var release string

// version is the release, or the commit it was built from.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "dev-" + s.Value[:12]
		}
	}
	return "dev"
}

type versionCmd struct{}

func (versionCmd) Run(a *app) error {
	fmt.Fprintln(a.stdout, "feedd", version())
	return nil
}
