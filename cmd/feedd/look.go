package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/daemon"
	"feedd/internal/feed"
)

type exportCmd struct {
	configFlag
	storeFlag
	Dir string `arg:"" predictor:"file" help:"A folder, or s3://bucket/prefix."`
}

// Run writes the same bytes that serve would answer with. A site that is there already is not replaced by the empty one of a
// store that is not.
func (c *exportCmd) Run(a *app) error {
	open := a.look
	if _, err := os.Stat(filepath.Join(c.Dir, "index.html")); errors.Is(err, fs.ErrNotExist) && !strings.Contains(c.Dir, "://") {
		open = a.with
	}
	return open(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		done, err := d.Export(a.ctx, c.Dir)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "feedd: %s: %d files written, %d unchanged, %d removed\n", c.Dir, len(done.Written), done.Unchanged, done.Removed)
		return nil
	})
}

type sourcesCmd struct {
	configFlag
	storeFlag
	JSON bool `help:"Print JSON instead of a table."`
}

// sourceStatus is one line of feedd sources --json.
type sourceStatus struct {
	ID    string           `json:"id"`
	Title string           `json:"title"`
	URL   string           `json:"url"`
	State feed.SourceState `json:"state"`
}

// Run shows the state of every source.
func (c *sourcesCmd) Run(a *app) error {
	return a.look(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		all, err := d.Status(a.ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			list := make([]sourceStatus, len(all))
			for i, s := range all {
				list[i] = sourceStatus{s.Source.ID, s.Source.Title, s.Source.URL, s.State}
			}
			return printJSON(a.stdout, map[string]any{"sources": list})
		}
		clock := clockIn(d.Zone())
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "SOURCE\tSTATE\tITEMS\tLAST RUN\tNEXT RUN\tWHY THEN")
		for _, s := range all {
			next := clock(s.State.NextRun)
			if s.State.Gone {
				next = "never"
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", s.Source.ID, health(s.State), s.State.Items,
				clock(s.State.LastRun), next, s.State.NextReason)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		for _, s := range all {
			sourceNotes(a, s)
		}
		return nil
	})
}

// sourceNotes says below the table what does not fit into it.
func sourceNotes(a *app, s daemon.SourceStatus) {
	p := func(format string, args ...any) {
		fmt.Fprintf(a.stdout, "%s: "+format+"\n", append([]any{s.Source.ID}, args...)...)
	}
	if s.State.Error != "" {
		p("error: %s", s.State.Error)
	}
	for _, note := range s.State.Warnings {
		p("warning: %s", note)
	}
	if rhythm := collect.DescribeRhythm(s.State.Rhythm); rhythm != "" && s.Source.Schedule == collect.Auto {
		p("rhythm: %s", rhythm)
	}
	if to := collect.Moved(s.State); to != "" {
		p("moved for good to %s", to)
	}
}

func health(st feed.SourceState) string {
	switch {
	case st.LastRun.IsZero():
		return "never run"
	case st.Gone:
		return "gone"
	case st.Error != "":
		return fmt.Sprintf("failed %d×", st.Failures)
	}
	return "ok"
}

// clockIn prints times in a zone, and names it.
func clockIn(zone *time.Location) func(time.Time) string {
	return func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.In(zone).Format("2006-01-02 15:04:05 -07")
	}
}

type explainCmd struct {
	configFlag
	storeFlag
	JSON bool   `help:"Print JSON."`
	What string `arg:"" name:"url-or-id-or-headline" help:"An item's address or number, an entry's or a story's id, or words of a headline, quoted."`
}

// Run says where an item is, and why.
func (c *explainCmd) Run(a *app) error {
	return a.look(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		found, err := d.Explain(a.ctx, c.What)
		if err != nil {
			return err
		}
		if c.JSON {
			items := make([]explanationJSON, len(found))
			for i := range found {
				items[i] = newExplanationJSON(&found[i])
			}
			return printJSON(a.stdout, map[string]any{"items": items})
		}
		told := map[string]bool{} // keys of entries
		for i := range found {
			if i > 0 {
				fmt.Fprintln(a.stdout)
			}
			explain(a, c.Config, clockIn(d.Zone()), &found[i], told)
		}
		return nil
	})
}

type learnedCmd struct {
	configFlag
	storeFlag
	JSON    bool     `help:"Print JSON."`
	Most    int      `default:"60" placeholder:"N" help:"Print at most this many words (${default})."`
	Strike  []string `sep:"none" placeholder:"WORDS" help:"Print the line that strikes these words out of the section, with those that are struck out already. May be given several times."`
	Section string   `arg:"" predictor:"section" help:"The section's id."`
}

// learnedWord is one word of feedd learned --json.
type learnedWord struct {
	Words    string  `json:"words"`
	Language string  `json:"language"`
	Adds     float64 `json:"adds"`
	Examples int     `json:"examples"`
	Outlets  int     `json:"outlets"`
	Struck   bool    `json:"struck"`
}

// Run shows what a section has learned.
func (c *learnedCmd) Run(a *app) error {
	return a.look(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		learned, err := d.Learned(a.ctx, c.Section, c.Most)
		if err != nil {
			return err
		}
		line := feed.StruckOut(append(slices.Clone(learned.Section.Never), c.Strike...))
		if c.JSON {
			words := make([]learnedWord, len(learned.Words))
			for i, w := range learned.Words {
				words[i] = learnedWord(w)
			}
			return printJSON(a.stdout, map[string]any{"section": c.Section, "words": words, "line": line})
		}
		if len(learned.Words) == 0 {
			fmt.Fprintf(a.stderr, "feedd: %s has learned no words yet: it needs examples of at least two sections, and three with the same word\n", c.Section)
		}
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		if len(learned.Words) > 0 {
			fmt.Fprintln(w, "WORDS\tADDS\tEXAMPLES\tOUTLETS\tSTRUCK OUT")
		}
		for _, l := range learned.Words {
			struck := ""
			if l.Struck {
				struck = "yes"
			}
			fmt.Fprintf(w, "%s\t%+.2f\t%d\t%d\t%s\n", l.Words, l.Adds, l.Examples, l.Outlets, struck)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if len(c.Strike) > 0 {
			fmt.Fprintf(a.stdout, "\nunder %s, in %s:\n    %s\n", c.Section, c.Config, line)
		} else if len(learned.Words) > 0 {
			fmt.Fprintf(a.stderr, "feedd: what misleads: feedd learned %s --strike WORDS prints the line that strikes it out\n", c.Section)
		}
		return nil
	})
}

// explain says where one item is. Of an entry in told, which the lines above tell of, it says nothing once more.
func explain(a *app, file string, clock func(time.Time) string, e *daemon.Explanation, told map[string]bool) {
	it := &e.Item
	p := func(format string, args ...any) { fmt.Fprintf(a.stdout, format+"\n", args...) }
	p("%s", it.Title)
	p("  item %d from %s, %s", it.ID, it.Source, it.URL)
	published := clock(it.Published)
	if it.Published.IsZero() {
		published = "unknown: the source gave no credible date, so the time when it was first seen counts"
	}
	p("  first seen %s, published %s", clock(it.FirstSeen), published)
	if !it.Revised.IsZero() {
		p("  revised by its source %s", clock(it.Revised))
	}
	if it.Dropped != "" {
		p("  not published: %s", it.Dropped)
		return
	}
	if it.Entry == "" {
		p("  saved, and not filed yet: run feedd collect, or wait for the daemon")
		return
	}
	if it.Entry == it.Story {
		p("  story %s: %s", it.Story, it.Verdict)
	} else {
		p("  story %s, entry %s: %s", it.Story, it.Entry, it.Verdict)
	}
	explainWhy(p, it.Why)
	if e.Entry == nil {
		return
	}
	if told[e.Entry.Key] {
		p("  reports and sections as above")
		return
	}
	told[e.Entry.Key] = true
	if !e.Entry.Withdrawn.IsZero() {
		p("  withdrawn %s: %s", clock(e.Entry.Withdrawn), withdrawnBy(e.Entry.WithdrawnBy))
	}
	for _, r := range e.Entry.Reports {
		mark := " "
		if r.ID == e.Entry.Lead {
			mark = "*"
		}
		p("   %s %d %s: %s (%s)", mark, r.ID, r.Source, r.Title, r.Verdict)
	}
	for _, w := range e.Words {
		switch w.Kind {
		case feed.WordFile:
			p("  the editor filed item %s under %s on %s", w.A, w.B, clock(w.At))
		case feed.WordUnfile:
			p("  the editor took item %s, and what tells the same, out of %s on %s", w.A, w.B, clock(w.At))
		}
	}
	if len(e.Entry.Sections) == 0 {
		p("  unsorted: in /sections/all only")
	}
	for _, id := range e.Entry.Sections {
		var order []placement
		reports := map[placement][]string{} // by what says the same of them
		for _, r := range e.Entry.Reports {
			for _, s := range r.Sections {
				if s.Section != id {
					continue
				}
				how := newPlacement(file, &s)
				if reports[how] == nil {
					order = append(order, how)
				}
				reports[how] = append(reports[how], strconv.FormatInt(r.ID, 10))
			}
		}
		for _, how := range order {
			word := "report"
			if len(reports[how]) > 1 {
				word = "reports"
			}
			p("%s, %s %s%s", how.by, word, strings.Join(reports[how], ", "), how.why)
		}
	}
}

// placement says by what a report is in a section, and why.
type placement struct{ by, why string }

func newPlacement(file string, s *feed.Placement) placement {
	line := fmt.Sprintf("  section %s by %s", s.Section, s.By)
	if s.Line > 0 {
		line += fmt.Sprintf(" (%s:%d)", file, s.Line)
	}
	if s.Probability > 0 {
		line += fmt.Sprintf(", probability %.2f", s.Probability)
	}
	why := ""
	if reason := s.Reason(); reason != "" {
		why = ": " + reason
	}
	return placement{line, why}
}

func explainWhy(p func(string, ...any), w feed.Why) {
	if w.Reason != "" {
		p("    because %s", w.Reason)
	}
	if w.Score > 0 && w.With > 0 {
		p("    score %.2f with item %d", w.Score, w.With)
	}
	for _, f := range w.Features {
		p("    %-24s %8.3f adds %+.2f", f.Name, f.Value, f.Adds)
	}
	if len(w.Words) > 0 {
		p("    shared rare words: %s", strings.Join(w.Words, ", "))
	}
	for _, v := range w.Vetoes {
		p("    kept apart: %s", v)
	}
}

type retractCmd struct {
	configFlag
	storeFlag
	Undo bool   `help:"Bring it back."`
	ID   string `arg:"" help:"A story's or an entry's id, an item's address or number."`
}

// Run withdraws a story, or brings it back.
func (c *retractCmd) Run(a *app) error {
	return a.look(c.configFlag, c.storeFlag, func(d *daemon.Daemon) error {
		entries, err := d.As(editorName()).Retract(a.ctx, c.ID, c.Undo)
		if err != nil {
			return err
		}
		word := "withdrawn"
		if c.Undo {
			word = "back"
		}
		for i := range entries {
			title := ""
			if lead := entries[i].LeadItem(); lead != nil {
				title = lead.Title
			}
			fmt.Fprintf(a.stdout, "%s: %s %s\n", word, entries[i].Key, title)
		}
		return nil
	})
}

// withdrawnBy says for people who took an entry out.
func withdrawnBy(w feed.Withdrawal) string {
	switch w {
	case feed.Retracted:
		return "the editor retracted it"
	case feed.Moved:
		return "the editor had its reports told elsewhere"
	case feed.Recalled:
		return "its source withdrew it"
	}
	return "a rule drops all of it"
}
