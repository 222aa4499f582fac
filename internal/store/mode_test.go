//go:build unix

package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"feedd/internal/feed"
	"feedd/internal/store"
)

// The store, what SQLite puts beside it and copies of it hold secrets: nobody but their owner reads them,
// also where an earlier version or somebody's umask let them.
func TestOnlyTheOwnerReadsTheStore(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "feedd.db")
	private := func(names ...string) {
		t.Helper()
		for _, name := range names {
			info, err := os.Stat(name)
			if err != nil {
				t.Error(err)
			} else if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has the mode %v", name, info.Mode().Perm())
			}
		}
	}
	use := func() *store.Store {
		t.Helper()
		s, err := store.Open(t.Context(), "sqlite:"+path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		if err := s.SaveSubscription(t.Context(), feed.Subscription{Topic: "/sections/all.rss", Callback: "https://reader.example/", Secret: "geheim"}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := use()
	private(path, path+"-wal", path+"-shm")
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Chmod(name, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	use()
	private(path, path+"-wal", path+"-shm")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	backup, moved := filepath.Join(dir, "backup.db"), filepath.Join(dir, "moved.db")
	if _, err := store.Backup(t.Context(), "sqlite:"+path, backup); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Move(t.Context(), "sqlite:"+path, "sqlite:"+moved, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	private(backup, moved)
}
