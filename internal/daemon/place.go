package daemon

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"feedd/internal/config"
	"feedd/internal/store"
)

// InDatabase is the name of a configuration that is not in a file but in the database.
const InDatabase = "postgres:"

// Place says where a configuration is: in the file Config, or where that is InDatabase, in the database DB.
type Place struct {
	Config, DB string
	Direct     string // see store.Direct
}

// Load reads and checks the configuration.
func (p Place) Load(ctx context.Context) (*config.Config, error) {
	w, err := p.read(ctx)
	if err != nil {
		return nil, err
	}
	return w.parse()
}

func (p Place) inDatabase() bool { return p.Config == InDatabase }

// check fails with ErrFlag where a database is named that holds no configurations.
func (p Place) check() error {
	switch kind, rest, _ := strings.Cut(p.Config, ":"); {
	case !p.inDatabase() && (kind == "postgres" || kind == "postgresql") && (rest == "" || strings.HasPrefix(rest, "//")):
		return fmt.Errorf("%w: the configuration is in the database that --db names: write --config %s", ErrFlag, InDatabase)
	case p.inDatabase() && strings.HasPrefix(p.DB, "sqlite:"):
		return fmt.Errorf("%w: a configuration in the database is for nodes that share one on PostgreSQL (--db postgres://…); with SQLite name its file", ErrFlag)
	}
	return nil
}

// read reads the text as it is now.
func (p Place) read(ctx context.Context) (written, error) {
	if err := p.check(); err != nil {
		return written{}, err
	}
	if !p.inDatabase() {
		return readFile(p.Config)
	}
	if err := store.Find(ctx, p.DB); err != nil {
		return written{}, unpushed(err)
	}
	s, err := store.Open(ctx, p.DB, store.Direct(p.Direct))
	if err != nil {
		return written{}, err
	}
	w, err := readVersion(ctx, s)
	return w, errors.Join(err, s.Close())
}

// edition tells one text of a configuration from others.
type edition struct {
	name    string // for messages; what it names besides is relative to its folder
	version int64  // in the database; 0 for a file
	digest  [sha256.Size]byte
}

// written is the text of a configuration.
type written struct {
	edition
	text []byte
}

func newWritten(name string, version int64, text []byte) written {
	return written{edition{name, version, sha256.Sum256(text)}, text}
}

func (w *written) parse() (*config.Config, error) { return ParseConfig(w.name, w.text) }

func readFile(path string) (written, error) {
	text, err := config.Read(path)
	return newWritten(path, 0, text), err
}

// readVersion reads the newest version.
func readVersion(ctx context.Context, s *store.Store) (written, error) {
	c, err := s.Configuration(ctx, 0)
	if err != nil {
		return written{}, unpushed(err)
	}
	return newWritten(versionName(c.Version), c.Version, c.Text), nil
}

// versionName is what messages call a version of the configuration.
func versionName(version int64) string { return fmt.Sprint(InDatabase, version) }

// unpushed says what to do where there is no configuration yet.
func unpushed(err error) error {
	if errors.Is(err, store.ErrNoConfiguration) || errors.Is(err, store.ErrNone) {
		return fmt.Errorf("%w is in the database; push one: feedd config push FILE", store.ErrNoConfiguration)
	}
	return err
}
