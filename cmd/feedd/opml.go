package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"feedd/internal/aggregate/read"
	"feedd/internal/config"
	"feedd/internal/daemon"
	"feedd/internal/store"
)

type opmlCmd struct {
	Import opmlImportCmd `cmd:"" help:"Add the feeds of a subscription list to the configuration; folders become sections."`
	Export opmlExportCmd `cmd:"" help:"Print all sources as a subscription list; sections become folders."`
}

type opmlImportCmd struct {
	configFlag
	storeFlag
	pusherFlag
	DryRun bool   `help:"Only say what would be written."`
	JSON   bool   `help:"Print the summary as JSON."`
	File   string `arg:"" predictor:"file" help:"The list, as a reader exported it; - reads standard input."`
}

// Run imports a list. Where there is no configuration yet it makes one, with the schema beside it.
func (c *opmlImportCmd) Run(a *app) error {
	data, err := c.read()
	if err != nil {
		return useError{err}
	}
	list, err := read.OPML(data)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	place := placeOf(c.configFlag, c.storeFlag)
	draft, err := daemon.OpenDraft(a.ctx, place)
	fresh := errors.Is(err, fs.ErrNotExist)
	if fresh || errors.Is(err, store.ErrNoConfiguration) {
		draft, err = daemon.NewDraft(place)
	}
	if err != nil {
		return err
	}
	done := draft.Import(list)
	if len(done.Sources) > 0 && !c.DryRun {
		if fresh {
			if err := c.makeFolder(); err != nil {
				return err
			}
		}
		draft.Pusher = c.pusher("feedd opml import " + c.File)
		if err := draft.Add(a.ctx, config.Addition{Sections: done.Sections, Sources: done.Sources}); err != nil {
			return err
		}
	}
	if c.JSON {
		return printJSON(a.stdout, importSummary(&done))
	}
	c.tell(a, &done)
	return nil
}

func (c *opmlImportCmd) read() ([]byte, error) {
	if c.File == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(c.File)
}

func (c *opmlImportCmd) makeFolder() error {
	folder := filepath.Dir(c.Config)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	if err := writeNew(filepath.Join(folder, config.SchemaFile), config.Schema()); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func (c *opmlImportCmd) tell(a *app, done *daemon.Imported) {
	p := func(format string, args ...any) { fmt.Fprintf(a.stdout, format+"\n", args...) }
	for _, s := range done.Sections {
		p("new section %s: %s", s.ID, s.Title)
	}
	for _, s := range done.Sources {
		where := ""
		if s.Section != "" {
			where = " in " + s.Section
		}
		p("new source %s%s: %s", s.ID, where, s.URL)
	}
	each := func(list []daemon.Skipped, what string) {
		for _, s := range list {
			line := fmt.Sprintf("%s:%d: %s: %s", c.File, s.Line, what, s.Title)
			if s.URL != "" {
				line += " " + s.URL
			}
			if s.Why != "" {
				line += " (" + s.Why + ")"
			}
			p("%s", line)
		}
	}
	each(done.There, "there already")
	each(done.Twice, "twice in the list")
	each(done.Not, "not taken")
	each(done.Private, "taken, and stays silent until the source says allow_private: true")
	verb := "taken"
	if c.DryRun {
		verb = "would be taken"
	}
	fmt.Fprintf(a.stderr, "feedd: %s in %s: %d %s, %s new; %d there already, %d twice in the list, %d not taken\n",
		count(done.Feeds, "feed"), c.File, len(done.Sources), verb, count(len(done.Sections), "section"), len(done.There), len(done.Twice), len(done.Not))
}

// importSummary is done with the names that JSON gives to everything else.
func importSummary(done *daemon.Imported) any {
	type source struct {
		ID      string `json:"id"`
		Title   string `json:"title"`
		URL     string `json:"url"`
		Section string `json:"section"`
	}
	type section struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	}
	all := struct {
		*daemon.Imported
		Sources  []source  `json:"sources"`
		Sections []section `json:"sections"`
	}{done, []source{}, []section{}}
	for _, s := range done.Sources {
		all.Sources = append(all.Sources, source{s.ID, s.Title, s.URL, s.Section})
	}
	for _, s := range done.Sections {
		all.Sections = append(all.Sections, section(s))
	}
	return all
}

type opmlExportCmd struct {
	configFlag
	storeFlag
}

// Run prints all sources, private ones too: the list is for whoever keeps the configuration.
func (c *opmlExportCmd) Run(a *app) error {
	if err := c.exists(); err != nil {
		return err
	}
	cfg, err := placeOf(c.configFlag, c.storeFlag).Load(a.ctx)
	if err != nil {
		return err
	}
	list, err := cfg.OPML(read.FeeddOPML)
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(list)
	return err
}
