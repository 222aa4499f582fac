package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"feedd/internal/config"
	"feedd/internal/feed"
	"feedd/internal/store"
)

// ErrWouldBreak says that an addition is wrong.
var ErrWouldBreak = errors.New("the file would be wrong, and stays as it was")

func parenthesis(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

// Draft is a configuration to which something is added: as it was read, and what it says.
type Draft struct {
	Config *config.Config
	Pusher Pusher // of a configuration in the database
	place  Place
	was    written
	fresh  bool // there is none yet
}

// OpenDraft reads the configuration at a place, which must have no mistakes. Where there is none yet it
// fails with fs.ErrNotExist or store.ErrNoConfiguration.
func OpenDraft(ctx context.Context, at Place) (*Draft, error) {
	was, err := at.read(ctx)
	if err != nil {
		return nil, err
	}
	cfg, err := was.parse()
	if err != nil {
		return nil, err
	}
	return &Draft{Config: cfg, place: at, was: was}, nil
}

// NewDraft is a configuration that holds nothing yet and is written where none is.
func NewDraft(at Place) (*Draft, error) {
	was := newWritten(at.Config, 0, []byte("# yaml-language-server: $schema="+config.SchemaFile+"\nsite:\n  title: Điểm tin\n"))
	cfg, err := was.parse()
	return &Draft{Config: cfg, place: at, was: was, fresh: true}, err
}

// FixConfig writes into the configuration at path what certainly belongs where it has mistakes, and
// returns these. The others stay.
func FixConfig(path string) (config.Errors, error) {
	if path == InDatabase {
		return nil, fmt.Errorf("%w: what was pushed has no mistakes; mend a file, and push that: feedd config push FILE", ErrFlag)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	fixed, cured := config.Fix(path, data, checks)
	if len(cured) == 0 {
		return nil, nil
	}
	if now, err := os.ReadFile(path); err != nil {
		return nil, err
	} else if string(now) != string(data) {
		return nil, fmt.Errorf("%s was saved by somebody else meanwhile; try again", path)
	}
	return cured, replaceFile(path, fixed)
}

// Taken tells whether a source has this id.
func (d *Draft) Taken(id string) bool {
	return slices.ContainsFunc(d.Config.Sources, func(s feed.Source) bool { return s.ID == id })
}

// Section returns the section with this id, nil when there is none.
func (d *Draft) Section(id string) *feed.Section {
	for i := range d.Config.Sections {
		if d.Config.Sections[i].ID == id {
			return &d.Config.Sections[i]
		}
	}
	return nil
}

// Has returns the source that reads an address already, however it is spelled, nil when there is none.
func (d *Draft) Has(url string) *feed.Source {
	c := feed.Canonical(url)
	for i := range d.Config.Sources {
		if s := &d.Config.Sources[i]; c != "" && feed.Canonical(s.URL) == c {
			return s
		}
	}
	return nil
}

// Add writes an addition into the file, see config.Add, or pushes the result into the database. Nothing is
// written when the result has a mistake, or when somebody else saved the configuration meanwhile.
func (d *Draft) Add(ctx context.Context, a config.Addition) error {
	text, err := config.Add(d.was.text, a)
	if err != nil {
		return err
	}
	next := newWritten(d.was.name, d.was.version, text)
	cfg, err := next.parse()
	if err != nil {
		var mistakes config.Errors
		if errors.As(err, &mistakes) && len(mistakes) > 0 { // a line that nobody can look at says nothing
			err = errors.New(firstOf(mistakes))
		}
		return fmt.Errorf("%w: %w", ErrWouldBreak, err)
	}
	if d.place.inDatabase() {
		next.version, err = d.push(ctx, text)
	} else {
		err = d.write(text)
	}
	if err != nil {
		return fmt.Errorf("cannot write the configuration: %w", err)
	}
	d.Config, d.was, d.fresh = cfg, next, false
	return nil
}

// push makes a text the version after the one that was read.
func (d *Draft) push(ctx context.Context, text []byte) (version int64, err error) {
	s, err := store.Open(ctx, d.place.DB, store.Direct(d.place.Direct))
	if err != nil {
		return 0, err
	}
	version, err = s.PushConfiguration(ctx, store.Configuration{Pushed: d.Pusher.At, By: d.Pusher.By, Note: d.Pusher.Note, Text: text}, d.was.version)
	if errors.Is(err, store.ErrPushed) {
		err = fmt.Errorf("%w; try again", err)
	}
	return version, errors.Join(err, s.Close())
}

func (d *Draft) write(next []byte) error {
	path := d.place.Config
	if d.fresh {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		_, err = f.Write(next)
		return errors.Join(err, f.Close())
	}
	if now, err := os.ReadFile(path); err != nil {
		return err
	} else if string(now) != string(d.was.text) {
		return errors.New("somebody else saved it meanwhile; try again")
	}
	return replaceFile(path, next)
}

// WriteFile writes a file, whole or not at all, over one that is there, whose mode stays.
func WriteFile(path string, data []byte) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return writePart(path, data, 0o644)
	}
	return replaceFile(path, data)
}

// replaceFile puts new content where a file is, whole, with the file's mode. A link stays a link.
func replaceFile(path string, data []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return writePart(path, data, info.Mode().Perm())
}

// writePart writes beside a file and puts that in its place.
func writePart(path string, data []byte, mode fs.FileMode) (err error) {
	part, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
	}()
	_, err = part.Write(data)
	if err = errors.Join(err, part.Chmod(mode), part.Sync(), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), path)
}
