// Package store keeps what feedd knows: items and where they were filed, entries and their
// sections, the state of every source, and the last good bytes of everything published.
//
// It stands between the two wings. Collecting saves items here unfiled, the desk takes them from
// here and commits what it decided, and publishing reads the result. It decides nothing itself.
//
// One set of queries serves SQLite and PostgreSQL; what differs is in dialect.go. On SQLite one
// connection writes and others read beside it; many saves that arrive together share one
// transaction.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/pressly/goose/v3"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	name  string // for messages
	d     dialect
	write *sql.DB
	read  *sql.DB
	// Prepared on write, see prepare; closing the pool closes them.
	insertItems, insertTexts, putState *sql.Stmt

	saves    chan *save
	stop     chan struct{}
	stopOnce sync.Once
	stopped  chan struct{}
	enc      *zstd.Encoder
	dec      *zstd.Decoder
}

// Open opens the database that address names, "sqlite:PATH", creating and migrating it as needed.
// It refuses a database that a newer feedd has migrated.
func Open(ctx context.Context, address string) (*Store, error) {
	path, ok := strings.CutPrefix(address, "sqlite:")
	if !ok {
		return nil, fmt.Errorf("unknown store %q: write sqlite:PATH, for example sqlite:data/feedd.db", address)
	}
	path = strings.TrimPrefix(path, "//")
	if path == "" || path == ":memory:" {
		return nil, errors.New("the store needs a file: write sqlite:PATH, for example sqlite:data/feedd.db")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("cannot make the folder of the store: %w", err)
	}
	s := &Store{
		name: path, d: sqliteDialect(path),
		saves: make(chan *save), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	var err error
	if s.enc, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(64<<10)); err != nil {
		return nil, err
	}
	if s.dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(64<<20)); err != nil {
		return nil, err
	}
	if s.write, err = sql.Open(s.d.driver, s.d.write); err != nil {
		return nil, err
	}
	s.write.SetMaxOpenConns(s.d.writers)
	if err := s.migrate(ctx); err != nil {
		s.write.Close()
		return nil, explain(err, s.name)
	}
	if err := s.prepare(ctx); err != nil {
		s.write.Close()
		return nil, explain(err, s.name)
	}
	if s.read, err = sql.Open(s.d.driver, s.d.read); err != nil {
		s.write.Close()
		return nil, err
	}
	s.read.SetMaxOpenConns(s.d.readers)
	go s.saveLoop()
	return s, nil
}

// Close waits for the saves under way and closes the database.
func (s *Store) Close() error {
	s.stopOnce.Do(func() { close(s.stop) })
	<-s.stopped
	s.dec.Close()
	return errors.Join(s.enc.Close(), s.read.Close(), s.write.Close())
}

func (s *Store) migrations() (*goose.Provider, error) {
	p, err := goose.NewProvider(s.d.goose, s.write, schemaFS{migrationsDir(), s.d.schema}, goose.WithVerbose(false))
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	return p, nil
}

func (s *Store) migrate(ctx context.Context) error {
	p, err := s.migrations()
	if err != nil {
		return err
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("open %s: %w", s.name, err)
	}
	all := p.ListSources()
	if newest := all[len(all)-1].Version; have > newest {
		return fmt.Errorf("%s was written by a newer feedd (schema %d, this one knows %d); run that one", s.name, have, newest)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w", s.name, err)
	}
	return nil
}

// tx runs f in one writing transaction.
func (s *Store) tx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return explain(err, s.name)
	}
	if err := f(tx); err != nil {
		return errors.Join(explain(err, s.name), ignoreDone(tx.Rollback()))
	}
	return explain(tx.Commit(), s.name)
}

// ignoreDone drops the error of rolling back what a cancelled context already rolled back.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// millis and fromMillis turn times into what the tables hold: Unix milliseconds, 0 for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// query runs one reading query and calls each for every row.
func (s *Store) query(ctx context.Context, q string, each func(*sql.Rows) error, args ...any) error {
	rows, err := s.read.QueryContext(ctx, q, args...)
	if err != nil {
		return explain(err, s.name)
	}
	return explain(scan(rows, each), s.name)
}

func scan(rows *sql.Rows, each func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
