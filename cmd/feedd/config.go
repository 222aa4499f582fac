package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/rogpeppe/go-internal/diff"

	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/config"
	"feedd/internal/daemon"
	"feedd/internal/publish/editor"
	"feedd/internal/store"
)

type configCmd struct {
	Push configPushCmd `cmd:"" help:"Check a file and make it the newest version, which the nodes take over within seconds."`
	Pull configPullCmd `cmd:"" help:"Write a version into a file, or to standard output."`
	Diff configDiffCmd `cmd:"" help:"Show what differs between two versions, or a version and a file."`
	Log  configLogCmd  `cmd:"" help:"List the versions: when each was pushed, by whom and what for."`
}

// Help says what the commands are about.
func (configCmd) Help() string {
	return "Nodes that share a PostgreSQL database may read their configuration from it: feedd serve --config " + daemon.InDatabase + ". It keeps the last 500 versions."
}

// pusherFlag says who makes a version of the configuration in the database.
type pusherFlag struct {
	By string `placeholder:"NAME" help:"Who pushes it into the database (the system's user)."`
}

func (f pusherFlag) pusher(note string) daemon.Pusher {
	return daemon.Pusher{By: cmp.Or(f.By, whoami()), Note: note, At: time.Now()}
}

// whoami is the user of the system and its host.
func whoami() string {
	name := "user " + strconv.Itoa(os.Getuid())
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}

// versions does something with the history, with that of a database where nothing is yet if make is set.
func (a *app) versions(s storeFlag, make bool, do func(*daemon.Versions) error) error {
	v, err := daemon.OpenVersions(a.ctx, s.DB, s.DBDirect, make)
	if err != nil {
		return err
	}
	return errors.Join(do(v), v.Close())
}

type configPushCmd struct {
	storeFlag
	pusherFlag
	Note   string `short:"m" placeholder:"TEXT" help:"What the version is for."`
	After  int64  `placeholder:"VERSION" help:"Push only if this is still the newest version."`
	Accept bool   `help:"Push it although it takes away most sources or all sections."`
	JSON   bool   `help:"Print JSON instead of the number of the version."`
	File   string `arg:"" predictor:"file" help:"The file; - reads standard input."`
}

// Run pushes a version.
func (c *configPushCmd) Run(a *app) error {
	text, name, err := textOf(c.File)
	if err != nil {
		return useError{err}
	}
	return a.versions(c.storeFlag, true, func(v *daemon.Versions) error {
		done, err := v.Push(a.ctx, daemon.Push{Pusher: c.pusher(c.Note), Name: name, Text: text, After: c.After, Accept: c.Accept})
		if err != nil {
			return err
		}
		if err := c.warn(a, name, done.Config); err != nil {
			return err
		}
		said := fmt.Sprintf("version %d; the nodes take it over within seconds", done.Version)
		if done.Same {
			said = fmt.Sprintf("version %d has this text already", done.Version)
		} else if done.Change != nil {
			said += changeText(done.Change)
		}
		fmt.Fprintf(a.stderr, "feedd: %s\n", said)
		if c.JSON {
			return printJSON(a.stdout, map[string]any{"version": done.Version, "new": !done.Same})
		}
		fmt.Fprintln(a.stdout, done.Version)
		return nil
	})
}

// warn says what a save would warn of.
func (c *configPushCmd) warn(a *app, name string, cfg *config.Config) error {
	for _, w := range cfg.Warnings {
		fmt.Fprintln(a.stderr, w)
	}
	failures, err := sections.CheckExpectations(cfg.Sections, cfg.Drop, cfg.SectionSettings)
	if err != nil {
		return err
	}
	for _, f := range failures {
		fmt.Fprintf(a.stderr, "%s:%d:1: warning: section %s: %s\n", name, f.Line, f.Section, f.Message)
	}
	return nil
}

// changeText says in a few words what a version changes.
func changeText(c *editor.Change) string {
	var b strings.Builder
	for _, part := range []struct {
		what string
		of   []string
	}{{"new sources", c.Added}, {"sources set otherwise", c.Altered}, {"sources gone", c.Removed}, {"sections changed", c.Sections}, {"changed", c.Other}} {
		const most = 5
		switch {
		case len(part.of) > most:
			fmt.Fprintf(&b, "; %s: %d", part.what, len(part.of))
		case len(part.of) > 0:
			fmt.Fprintf(&b, "; %s: %s", part.what, strings.Join(part.of, ", "))
		}
	}
	return b.String()
}

// textOf reads a file, or standard input, and says what messages call it.
func textOf(file string) (text []byte, name string, err error) {
	if file == "-" {
		text, err = io.ReadAll(os.Stdin)
		return text, "standard input", err
	}
	text, err = config.Read(file)
	return text, file, err
}

type configPullCmd struct {
	storeFlag
	At    int64  `placeholder:"VERSION" help:"The version (the newest)."`
	Force bool   `help:"Overwrite the file although no version has what it holds."`
	File  string `arg:"" optional:"" predictor:"file" help:"The file to write (standard output)."`
}

// Run writes a version.
func (c *configPullCmd) Run(a *app) error {
	return a.versions(c.storeFlag, false, func(v *daemon.Versions) error {
		got, err := v.Version(a.ctx, c.At)
		if err != nil {
			return err
		}
		if c.File == "" || c.File == "-" {
			_, err := a.stdout.Write(got.Text)
			return err
		}
		if err := c.keep(a, v); err != nil {
			return err
		}
		if err := daemon.WriteFile(c.File, got.Text); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "feedd: %s is version %d, pushed by %s\n", c.File, got.Version, got.By)
		return nil
	})
}

// keep fails when the file has a text that would be lost.
func (c *configPullCmd) keep(a *app, v *daemon.Versions) error {
	text, err := config.Read(c.File)
	if errors.Is(err, fs.ErrNotExist) || c.Force {
		return nil
	}
	if err != nil {
		return err
	}
	known, err := v.Has(a.ctx, text)
	if err == nil && !known {
		err = useError{fmt.Errorf("no version has what %s holds, so it is not overwritten: push it, name another file, or add --force", c.File)}
	}
	return err
}

type configDiffCmd struct {
	storeFlag
	What []string `arg:"" optional:"" predictor:"file" name:"version-or-file" help:"What to compare: version numbers or files (./3 for a file called 3). Two are compared with each other; one file with the newest version; one version with the newest; without any, config/feeds.yaml with the newest."`
}

// Run shows the difference as diff -u does.
func (c *configDiffCmd) Run(a *app) error {
	what := c.What
	switch len(what) {
	case 0:
		what = []string{"0", "config/feeds.yaml"}
	case 1:
		if _, err := strconv.ParseInt(what[0], 10, 64); err == nil {
			what = []string{what[0], "0"}
		} else {
			what = []string{"0", what[0]}
		}
	case 2:
	default:
		return useError{errors.New("two versions or files can be compared, no more")}
	}
	return a.versions(c.storeFlag, false, func(v *daemon.Versions) error {
		var names [2]string
		var texts [2][]byte
		for i, w := range what {
			var err error
			if names[i], texts[i], err = c.text(a, v, w); err != nil {
				return err
			}
		}
		_, err := a.stdout.Write(diff.Diff(names[0], texts[0], names[1], texts[1]))
		return err
	})
}

func (c *configDiffCmd) text(a *app, v *daemon.Versions, what string) (name string, text []byte, err error) {
	n, err := strconv.ParseInt(what, 10, 64)
	if err != nil {
		text, name, err := textOf(what)
		if err != nil {
			err = useError{err}
		}
		return name, text, err
	}
	got, err := v.Version(a.ctx, n)
	return fmt.Sprintf("version %d, %s, %s", got.Version, got.By, got.Pushed.Format(time.RFC3339)), got.Text, err
}

type configLogCmd struct {
	storeFlag
	JSON bool `help:"Print JSON instead of a table."`
}

// Run lists the versions.
func (c *configLogCmd) Run(a *app) error {
	return a.versions(c.storeFlag, false, func(v *daemon.Versions) error {
		list, err := v.List(a.ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(a.stdout, map[string]any{"versions": versionsJSON(list)})
		}
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "VERSION\tPUSHED\tBY\tNOTE")
		for i := range list {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", list[i].Version, list[i].Pushed.Local().Format("2006-01-02 15:04:05"), list[i].By, list[i].Note)
		}
		return w.Flush()
	})
}

func versionsJSON(list []store.Configuration) []any {
	type version struct {
		Version int64     `json:"version"`
		Pushed  time.Time `json:"pushed"`
		By      string    `json:"by"`
		Note    string    `json:"note"`
	}
	all := []any{}
	for i := range list {
		all = append(all, version{list[i].Version, list[i].Pushed, list[i].By, list[i].Note})
	}
	return all
}
