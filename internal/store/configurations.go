package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Configuration is one version of the configuration that the database holds for all nodes.
type Configuration struct {
	Version int64 // from 1
	Pushed  time.Time
	By      string // who pushed it
	Note    string // what for; may be empty
	Text    []byte
}

// Errors of the configuration in the database.
var (
	ErrNoConfiguration = errors.New("no configuration")
	ErrPushed          = errors.New("another version was pushed meanwhile")
)

// keptConfigurations is how many versions are kept; older ones go.
const keptConfigurations = 500

// PushConfiguration stores a text as the newest version, with c's Pushed, By and Note, and tells the other
// nodes at once. It fails with ErrPushed when the newest version is not the one it is to come after, 0 for
// none. No power cut undoes it.
func (s *Store) PushConfiguration(ctx context.Context, c Configuration, after int64) (version int64, err error) {
	version = after + 1
	err = s.txForGood(ctx, func(tx *tx) error {
		var newest int64
		if err := tx.QueryRow(newestConfiguration).Scan(&newest); err != nil {
			return err
		}
		if newest != after {
			return fmt.Errorf("%w: %d, and this one was to follow %d", ErrPushed, newest, after)
		}
		if err := tx.exec(`INSERT INTO configurations (version, pushed, pusher, note, content) VALUES ($1, $2, $3, $4, $5)`,
			version, millis(c.Pushed), c.By, c.Note, s.enc.EncodeAll(c.Text, nil)); err != nil {
			return err
		}
		if err := tx.exec(`DELETE FROM configurations WHERE version <= $1`, version-keptConfigurations); err != nil {
			return err
		}
		return s.d.notice(tx.Tx, NoticeConfigured)
	})
	return version, err
}

const newestConfiguration = `SELECT COALESCE(MAX(version), 0) FROM configurations`

// NewestConfiguration returns the number of the newest version, 0 when there is none.
func (s *Store) NewestConfiguration(ctx context.Context) (version int64, err error) {
	err = s.one(ctx, newestConfiguration, nil, &version)
	return version, err
}

// Configuration returns a version, the newest for 0. It fails with ErrNoConfiguration when there is none.
func (s *Store) Configuration(ctx context.Context, version int64) (c Configuration, err error) {
	where, args := `version = $1`, []any{version}
	if version == 0 {
		where, args = `version = (SELECT MAX(version) FROM configurations)`, nil
	}
	var content []byte
	err = s.one(ctx, `SELECT version, pushed, pusher, note, content FROM configurations WHERE `+where, args, &c.Version, asTime{&c.Pushed}, &c.By, &c.Note, &content)
	switch {
	case errors.Is(err, sql.ErrNoRows) && version > 0:
		return c, fmt.Errorf("%w of version %d: it was never pushed, or is gone", ErrNoConfiguration, version)
	case errors.Is(err, sql.ErrNoRows):
		return c, ErrNoConfiguration
	case err != nil:
		return c, err
	}
	if c.Text, err = s.dec.DecodeAll(content, nil); err != nil {
		return c, fmt.Errorf("version %d of the configuration: %w", c.Version, err)
	}
	return c, nil
}

// Configurations lists the versions, the newest first, without their texts.
func (s *Store) Configurations(ctx context.Context) (list []Configuration, err error) {
	err = s.query(ctx, `SELECT version, pushed, pusher, note FROM configurations ORDER BY version DESC`, into(&list, func(c *Configuration) []any {
		return []any{&c.Version, asTime{&c.Pushed}, &c.By, &c.Note}
	}))
	return list, err
}
