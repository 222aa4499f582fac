package store

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/pressly/goose/v3/database"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is all that differs between the engines: how one is reached, and the few words of the
// schema that they spell differently. Every query is written once, for both.
type dialect struct {
	goose  database.Dialect
	driver string
	// write and read are the data source names of the two pools.
	write, read string
	writers     int // connections that may write at a time
	readers     int
	schema      *strings.Replacer // words of the migrations
}

//go:embed migrations/*.sql
var migrations embed.FS

// sqliteDialect puts the pragmas in the data source name, so that every connection of a pool has
// them. Writers take the lock when they begin (_txlock=immediate) and wait for it.
func sqliteDialect(path string) dialect {
	q := url.Values{"_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)",
		"cache_size(-16000)", "temp_store(MEMORY)", "wal_autocheckpoint(4000)",
	}}
	base := "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?"
	write := base + q.Encode() + "&_txlock=immediate"
	q["_pragma"] = []string{"busy_timeout(10000)", "query_only(1)", "cache_size(-4000)", "temp_store(MEMORY)"}
	return dialect{
		goose: database.DialectSQLite3, driver: "sqlite",
		write: write, read: base + q.Encode(),
		writers: 1, readers: max(4, runtime.NumCPU()),
		schema: strings.NewReplacer(
			// An item's number is never given again: labels and the editor's words outlive the item.
			"{{serial}}", "INTEGER PRIMARY KEY AUTOINCREMENT",
			"{{blob}}", "BLOB",
			"{{compact}}", " WITHOUT ROWID"),
	}
}

// explain adds what the person who must act needs to know to the errors that are theirs to mend.
func explain(err error, path string) error {
	var e *sqlite.Error
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("the disk that holds %s is full; free some space, nothing already stored is lost: %w", path, err)
	case !errors.As(err, &e):
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("the disk that holds %s is full; free some space, nothing already stored is lost: %w", path, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("another program holds %s locked; stop it (perhaps a second feedd, or an open sqlite3 shell) and try again: %w", path, err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("cannot write %s; check that the folder exists and belongs to the user feedd runs as: %w", path, err)
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%s is not a sound SQLite database; restore it from a backup or move it away to start afresh: %w", path, err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("reading or writing %s failed; check the disk: %w", path, err)
	}
	return err
}

// schemaFS gives goose the migrations in the words of one engine.
type schemaFS struct {
	fs.FS
	words *strings.Replacer
}

func (s schemaFS) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	text := s.words.Replace(string(data))
	return &schemaFile{Reader: strings.NewReader(text), name: name, size: int64(len(text))}, nil
}

func (s schemaFS) ReadFile(name string) ([]byte, error) {
	f, err := s.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(f)
	return b.Bytes(), err
}

// migrationsDir is the folder of the migrations.
func migrationsDir() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // unreachable: the folder is embedded
	}
	return sub
}

func (s schemaFS) Glob(pattern string) ([]string, error) { return fs.Glob(s.FS, pattern) }

type schemaFile struct {
	*strings.Reader
	name string
	size int64
}

func (f *schemaFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *schemaFile) Close() error               { return nil }
func (f *schemaFile) Name() string               { return f.name }
func (f *schemaFile) Size() int64                { return f.size }
func (f *schemaFile) Mode() fs.FileMode          { return 0o444 }
func (f *schemaFile) ModTime() time.Time         { return time.Time{} }
func (f *schemaFile) IsDir() bool                { return false }
func (f *schemaFile) Sys() any                   { return nil }
