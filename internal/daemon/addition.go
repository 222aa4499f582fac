package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"feedd/internal/config"
	"feedd/internal/feed"
)

// ErrWouldBreak says that an addition is wrong.
var ErrWouldBreak = errors.New("the file would be wrong, and stays as it was")

func parenthesis(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

// Draft is a configuration file to which something is added: as it was read, and what it says.
type Draft struct {
	Config *config.Config
	path   string
	data   []byte
	fresh  bool // there is no file yet
}

// OpenDraft reads the configuration at path, which must have no mistakes.
func OpenDraft(path string) (*Draft, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	cfg, err := ParseConfig(path, data)
	if err != nil {
		return nil, err
	}
	return &Draft{Config: cfg, path: path, data: data}, nil
}

// NewDraft is a configuration that holds nothing yet and is written where no file is.
func NewDraft(path string) (*Draft, error) {
	data := []byte("# yaml-language-server: $schema=" + config.SchemaFile + "\nsite:\n  title: Điểm tin\n")
	cfg, err := ParseConfig(path, data)
	return &Draft{Config: cfg, path: path, data: data, fresh: true}, err
}

// FixConfig writes into the configuration at path what certainly belongs where it has mistakes, and
// returns these. The others stay.
func FixConfig(path string) (config.Errors, error) {
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

// Add writes an addition into the file, see config.Add. Nothing is written when the result has a
// mistake, or when somebody else saved the file meanwhile.
func (d *Draft) Add(a config.Addition) error {
	next, err := config.Add(d.data, a)
	if err != nil {
		return err
	}
	cfg, err := ParseConfig(d.path, next)
	if err != nil {
		var mistakes config.Errors
		if errors.As(err, &mistakes) && len(mistakes) > 0 { // a line that nobody can look at says nothing
			err = errors.New(strings.TrimSpace(mistakes[0].Message + " " + parenthesis(mistakes[0].Hint)))
		}
		return fmt.Errorf("%w: %w", ErrWouldBreak, err)
	}
	if err := d.write(next); err != nil {
		return fmt.Errorf("cannot write the configuration: %w", err)
	}
	d.Config, d.data = cfg, next
	return nil
}

func (d *Draft) write(next []byte) error {
	if d.fresh {
		f, err := os.OpenFile(d.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		_, err = f.Write(next)
		d.fresh = false
		return errors.Join(err, f.Close())
	}
	if now, err := os.ReadFile(d.path); err != nil {
		return err
	} else if string(now) != string(d.data) {
		return errors.New("somebody else saved it meanwhile; try again")
	}
	return replaceFile(d.path, next)
}

// replaceFile puts new content where a file is, whole, with the file's mode. A link stays a link.
func replaceFile(path string, data []byte) (err error) {
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
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
	if err = errors.Join(err, part.Chmod(info.Mode().Perm()), part.Sync(), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), path)
}
