package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"

	"feedd/internal/aggregate"
	"feedd/internal/daemon"
)

type collectCmd struct {
	configFlag
	storeFlag
	memoryFlag
	JSON    bool     `help:"Print one JSON object instead of a table."`
	Sources []string `arg:"" optional:"" name:"source" predictor:"source" help:"Ids of sources (all)."`
}

// Run looks at the sources once. It fails when every source failed.
func (c *collectCmd) Run(a *app) error {
	a.caches = c.caches()
	return a.with(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		n := len(c.Sources)
		if n == 0 {
			n = d.Sources()
		}
		bar := a.progress("collecting", n)
		reports, err := d.Collect(a.ctx, c.Sources, bar.step)
		bar.done("collected")
		if err != nil {
			return err
		}
		if c.JSON {
			if err := printJSON(a.stdout, map[string]any{"sources": reports}); err != nil {
				return err
			}
		} else {
			c.table(a, reports)
		}
		for _, r := range reports {
			if r.Error == "" {
				return nil
			}
		}
		if len(reports) == 0 {
			return nil
		}
		if !c.JSON {
			fmt.Fprintln(a.stderr, "feedd: every source failed")
		}
		return errQuiet
	})
}

func (c *collectCmd) table(a *app, reports []aggregate.Report) {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SOURCE\tSTATUS\tFETCHED\tNEW\tUPDATED\tUNCHANGED\tNOTE")
	for _, r := range reports {
		note := r.Error
		if note == "" && len(r.Warnings) > 0 {
			note = r.Warnings[0]
			if n := len(r.Warnings) - 1; n > 0 {
				note += fmt.Sprintf(" (and %d more warnings)", n)
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%s\n", r.ID, r.Status, r.Fetched, r.New, r.Updated, r.Unchanged, note)
	}
	_ = w.Flush()
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printLine prints one JSON value on a line of its own.
func printLine(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// bar is a progress bar, on a terminal; elsewhere it shows nothing.
type bar struct {
	w progress.Writer
	t *progress.Tracker
}

// progress starts a bar on stderr for n steps.
func (a *app) progress(what string, n int) *bar {
	f, ok := a.stderr.(*os.File)
	if !ok {
		return &bar{}
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return &bar{}
	}
	b := &bar{w: progress.NewWriter(), t: &progress.Tracker{Message: what, Total: int64(n)}}
	b.w.SetOutputWriter(f)
	b.w.SetUpdateFrequency(100 * time.Millisecond)
	b.w.SetStyle(progress.StyleBlocks)
	b.w.AppendTracker(b.t)
	go b.w.Render()
	return b
}

func (b *bar) step(r aggregate.Report) {
	if b.t != nil {
		b.t.UpdateMessage(r.ID)
		b.t.Increment(1)
	}
}

// at shows that so much of the whole is done.
func (b *bar) at(done, total int64) {
	if b.t != nil {
		b.t.UpdateTotal(total)
		b.t.SetValue(done)
	}
}

// done says what was done, leaves the bar as it stands and returns the terminal.
func (b *bar) done(what string) {
	if b.t == nil {
		return
	}
	b.t.UpdateMessage(what)
	b.t.MarkAsDone()
	b.w.Stop()
	for b.w.IsRenderInProgress() {
		time.Sleep(10 * time.Millisecond)
	}
}
