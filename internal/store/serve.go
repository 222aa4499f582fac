package store

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// ErrServed says that another process serves from the store already.
var ErrServed = errors.New("a second daemon on one store")

// Serve says that this process serves from the store, until release is called or the process ends, in
// whatever way. While another one does it fails with ErrServed, and names that process. Processes that
// do one thing and end may work beside it. On PostgreSQL, whose daemons may be on several machines, it
// does nothing.
func (s *Store) Serve() (release func() error, err error) { return s.d.serve() }

func (d *postgresDialect) serve() (func() error, error) {
	return func() error { return nil }, nil
}

// serve locks a file beside the database, in which it says who has it.
func (d *sqliteDialect) serve() (func() error, error) {
	path := d.path + ".lock"
	lock := flock.New(path, flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("cannot lock %s: %w", path, err)
	}
	if !got {
		who, err := os.ReadFile(path)
		if err != nil || len(who) == 0 {
			who = []byte("another process") // which has not said yet who it is
		}
		return nil, fmt.Errorf("%s is being served by %s: %w would fetch every source twice; stop that one, or name another store with --db",
			d.path, strings.TrimSpace(string(who)), ErrServed)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	// What cannot be written, as on a full disk, is missing from the other's message alone.
	_ = os.WriteFile(path, fmt.Appendf(nil, "process %d on %s since %s\n", os.Getpid(), host, time.Now().Format(time.RFC3339)), 0o600)
	return lock.Close, nil
}
