package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"feedd/internal/config"
	"feedd/internal/publish/editor"
	"feedd/internal/store"
)

// Versions is the history of the configuration that a database holds.
type Versions struct{ store *store.Store }

// OpenVersions opens the history in the database db; see store.Direct for direct. It fails with ErrFlag on SQLite and, where feedd has
// never stored anything, with store.ErrNone, unless it may make the tables.
func OpenVersions(ctx context.Context, db, direct string, make bool) (*Versions, error) {
	if err := (Place{Config: InDatabase, DB: db}).check(); err != nil {
		return nil, err
	}
	if !make {
		if err := store.Find(ctx, db); err != nil {
			return nil, unpushed(err)
		}
	}
	s, err := store.Open(ctx, db, store.Direct(direct))
	if err != nil {
		return nil, err
	}
	return &Versions{s}, nil
}

// Close closes the database.
func (v *Versions) Close() error { return v.store.Close() }

// Version returns a version, the newest for 0. It fails with store.ErrNoConfiguration when there is none.
func (v *Versions) Version(ctx context.Context, n int64) (store.Configuration, error) {
	c, err := v.store.Configuration(ctx, n)
	if n == 0 {
		err = unpushed(err)
	}
	return c, err
}

// List lists all versions without their texts, the newest first.
func (v *Versions) List(ctx context.Context) ([]store.Configuration, error) {
	return v.store.Configurations(ctx)
}

// Pusher is who makes a version, when, and what for.
type Pusher struct {
	By, Note string
	At       time.Time
}

// Push is a text that is to be the newest version.
type Push struct {
	Pusher
	Name   string // of its file, for messages; what it names besides is relative to its folder
	Text   []byte
	After  int64 // the version that it was made of; 0 means whatever is the newest
	Accept bool  // it is meant, although it takes away too much
}

// Pushed is what came of it.
type Pushed struct {
	Version int64
	Same    bool // the newest version had that text already, and is still the newest
	Config  *config.Config
	Change  *editor.Change // from the version before; nil where there was none, or none that this feedd can read
}

// ErrTakesAway says that a pushed configuration leaves out too much to be taken for meant.
var ErrTakesAway = errors.New("not pushed")

// Has tells whether some version has a text.
func (v *Versions) Has(ctx context.Context, text []byte) (bool, error) {
	list, err := v.store.Configurations(ctx)
	if err != nil {
		return false, err
	}
	for i := range list { // the newest first: mostly it is one of these
		if c, err := v.store.Configuration(ctx, list[i].Version); err != nil || bytes.Equal(c.Text, text) {
			return err == nil, err
		}
	}
	return false, nil
}

// Push checks a text as the save of a file is checked, and makes it the newest version. The error is a
// config.Errors where the text has mistakes.
func (v *Versions) Push(ctx context.Context, p Push) (done Pushed, err error) {
	if done.Config, err = ParseConfig(p.Name, p.Text); err != nil {
		return done, err
	}
	for try := 0; ; try++ {
		done.Same, done.Change = false, nil
		done.Version, err = v.push(ctx, &p, &done)
		if p.After > 0 || try == 3 || !errors.Is(err, store.ErrPushed) {
			return done, err
		}
	}
}

func (v *Versions) push(ctx context.Context, p *Push, done *Pushed) (int64, error) {
	before, err := v.store.Configuration(ctx, 0)
	switch {
	case errors.Is(err, store.ErrNoConfiguration): // this is the first
	case err != nil:
		return 0, err
	case p.After > 0 && p.After != before.Version:
		return 0, fmt.Errorf("%w: %d, by %s; look at it with feedd config diff %d, and push again after %d",
			store.ErrPushed, before.Version, before.By, p.After, before.Version)
	case before.Version > 0 && bytes.Equal(before.Text, p.Text):
		done.Same = true
		return before.Version, nil
	}
	if present, err := ParseConfig(versionName(before.Version), before.Text); err == nil && before.Version > 0 {
		if why := takesAway(present, done.Config); why.Key != "" && !p.Accept {
			return 0, fmt.Errorf("%w: %s: %s; if that is meant, say so: feedd config push --accept", ErrTakesAway, p.Name, why)
		}
		done.Change = changeOf(present, done.Config)
	}
	return v.store.PushConfiguration(ctx, store.Configuration{Pushed: p.At, By: p.By, Note: p.Note, Text: p.Text}, before.Version)
}

// pollVersions is how often a node asks for another version without being told of one.
const pollVersions = 5 * time.Second

// watchVersions takes over the versions that are pushed into the database.
func (d *Daemon) watchVersions(ctx context.Context) error {
	last := d.found.version
	look := time.NewTicker(pollVersions)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.pushed:
		case <-look.C:
		}
		newest, err := d.store.NewestConfiguration(ctx)
		if err != nil || newest == last {
			continue // a database that is away says so elsewhere
		}
		last = newest
		// Whoever pushed it meant it; see Versions.Push.
		var mistakes config.Errors
		if err := d.reloadAndLog(true); err != nil && !errors.As(err, &mistakes) {
			last = 0 // the database may answer the next time
		}
	}
}
