// Package store keeps what feedd knows: items and where they were filed, entries and their
// sections, the state of every source, and the last good bytes of everything published.
//
// It stands between the two wings. Collecting saves items here unfiled, the desk takes them from
// here and commits what it decided, and publishing reads the result. It decides nothing itself.
//
// One set of queries serves SQLite and PostgreSQL; what differs is in sqlite.go and postgres.go, the
// two dialects. On both, one transaction writes at a time and others read beside it, and many saves
// that arrive together share one transaction.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	name  string // for messages
	d     dialect
	knows int64 // the newest migration of this feedd
	write *sql.DB
	read  *sql.DB

	saves   chan saves
	life    context.Context // ends when the store closes
	close   context.CancelFunc
	stopped chan struct{}
	work    sync.WaitGroup // what goes on in the background
	enc     *zstd.Encoder
	dec     *zstd.Decoder
	bodies  []byte // buffer of textRows
}

// Open opens the database that address names, "sqlite:PATH" or "postgres://USER:PASSWORD@HOST/DATABASE",
// creating the file and migrating the tables as needed. The latter takes what libpq's URLs take
// (PostgreSQL's manual, 34.1.1), and PGPASSWORD, ~/.pgpass and the like; search_path names a schema.
// It refuses a database that a newer feedd has migrated. No error has a password in it.
//
// Where address leads through a pooler that gives each transaction another connection, Direct names the way
// past it; without it such a pooler is refused.
func Open(ctx context.Context, address string, options ...Option) (*Store, error) {
	d, name, err := dialectOf(address)
	if err != nil {
		return nil, err
	}
	for _, o := range options {
		if err := o(d); err != nil {
			return nil, err
		}
	}
	return openOn(ctx, d, name)
}

// openOn is Open once the address is read; name is what messages call the database.
func openOn(ctx context.Context, d dialect, name string) (*Store, error) {
	var err error
	s := &Store{
		name: name, d: d,
		saves: make(chan saves), stopped: make(chan struct{}),
	}
	s.life, s.close = context.WithCancel(context.WithoutCancel(ctx)) // what opened it may be over before it
	if s.enc, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(64<<10)); err != nil {
		return nil, err
	}
	if s.dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(64<<20)); err != nil {
		return nil, err
	}
	if s.write, s.read, err = d.open(); err != nil {
		return nil, err
	}
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(s.explain(err), s.write.Close(), s.read.Close())
	}
	go s.saveLoop()
	return s, nil
}

// Readers bounds how many connections a store on PostgreSQL reads with at once. With 0 there is one for each processor, but
// 4 at least and 8 at most. It does nothing on SQLite, which has no server to spare.
func Readers(most int) Option {
	return func(d dialect) error {
		if p, ok := d.(*postgresDialect); ok && most > 0 {
			p.readers = most
		}
		return nil
	}
}

// Caches bounds how many bytes of pages all connections to a store on SQLite keep in memory together. 0, or more than they
// take by default, leaves the default. It does nothing on PostgreSQL.
func Caches(most int64) Option {
	return func(d dialect) error {
		if q, ok := d.(*sqliteDialect); ok {
			q.caches = most
		}
		return nil
	}
}

// Option sets how Open opens a store.
type Option func(dialect) error

// Direct gives the server's own address of a database whose address leads through a pooler; "" says that it leads
// through none.
func Direct(address string) Option {
	return func(d dialect) error {
		if address == "" {
			return nil
		}
		p, ok := d.(*postgresDialect)
		if !ok {
			return fmt.Errorf("%w is a file: there is no pooler on the way to it", ErrAddress)
		}
		return p.pooled(address)
	}
}

// ErrNone says that nobody has made the store yet.
var ErrNone = errors.New("there is no store yet")

// Find fails with ErrNone when feedd has never stored anything at address. It makes nothing.
func Find(ctx context.Context, address string) error {
	d, name, err := dialectOf(address)
	if err != nil {
		return err
	}
	found, err := d.exists(ctx)
	switch {
	case err != nil:
		return d.explain(err)
	case !found:
		return fmt.Errorf("%w at %s", ErrNone, name)
	}
	return nil
}

// ready readies the database for its first transaction.
func (s *Store) ready(ctx context.Context) error {
	if err := s.d.check(ctx, s.write); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	insertFound, _ := s.d.foundRows()
	return s.d.prepare(ctx, s.write, insertFound, insertItems+placeholders(insertRows, itemColumns)+returning, insertItems+placeholders(1, itemColumns)+returning,
		insertTexts+placeholders(insertRows, textColumns), insertTexts+placeholders(1, textColumns), putState, fileItem, newEntry, putEntry, listEntry, putLabel)
}

// Close waits for the saves under way and closes the database.
func (s *Store) Close() error {
	s.close()
	<-s.stopped
	s.work.Wait()
	s.dec.Close()
	return errors.Join(s.enc.Close(), s.read.Close(), s.write.Close())
}

// Rest gives back the memory that the connections hold as caches. A caller that has nothing to do for a while calls it; what
// it asks for next takes longer once.
func (s *Store) Rest(ctx context.Context) error { return s.explain(s.d.rest(ctx, s.write, s.read)) }

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
