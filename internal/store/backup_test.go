package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/store/storetest"
)

// TestBackupWhileWriting copies the store while it is written to: every copy is of one moment, so it
// has whole transactions alone, here of two words each.
func TestBackupWhileWriting(t *testing.T) {
	address := storetest.SQLite(t)
	s, err := Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	stop, stopped := make(chan struct{}), make(chan error)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			at := time.Unix(int64(n), 0)
			if err := s.SaveWords(t.Context(), []feed.EditorsWord{
				{Kind: feed.WordFile, A: fmt.Sprint(2 * n), B: "x", At: at},
				{Kind: feed.WordFile, A: fmt.Sprint(2*n + 1), B: "x", At: at},
			}, nil); err != nil {
				stopped <- err
				return
			}
		}
	}()
	dir := t.TempDir()
	last := 0
	for n := range 20 {
		file := filepath.Join(dir, fmt.Sprintf("%d copy?.db", n))
		size, err := Backup(t.Context(), address, file)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 || info.Size() != size || size == 0 {
			t.Fatalf("%v, %v, want %d bytes for the owner alone", info, err, size)
		}
		c, err := Open(t.Context(), "sqlite:"+file)
		if err != nil {
			t.Fatal(err)
		}
		words, err := c.Words(t.Context())
		if err := errors.Join(err, c.Close()); err != nil {
			t.Fatal(err)
		}
		if len(words)%2 != 0 || len(words) < last {
			t.Fatalf("a copy has %d words after one of %d, want whole transactions", len(words), last)
		}
		last = len(words)
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if last == 0 {
		t.Error("nothing was written meanwhile: the test proves little")
	}
}

func TestBackupRefuses(t *testing.T) {
	address := storetest.SQLite(t)
	s, err := Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	dir := t.TempDir()
	there := filepath.Join(dir, "there.db")
	if err := os.WriteFile(there, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Backup(t.Context(), address, there); !errors.Is(err, ErrBackup) {
		t.Errorf("over a file that is there: %v", err)
	}
	if data, err := os.ReadFile(there); err != nil || string(data) != "precious" {
		t.Errorf("the file that was there holds %q now (%v)", data, err)
	}
	// What is no store is not copied, and leaves nothing behind.
	if _, err := Backup(t.Context(), "sqlite:"+there, filepath.Join(dir, "copy.db")); err == nil || !strings.Contains(err.Error(), "not a sound SQLite database") {
		t.Errorf("of a file that is no store: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestBackupOfPostgres(t *testing.T) {
	address := storetest.Postgres(t)
	s, err := Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	file := filepath.Join(t.TempDir(), "copy.db")
	if _, err := Backup(t.Context(), address, file); !errors.Is(err, ErrBackup) || !strings.Contains(err.Error(), "pg_dump") {
		t.Errorf("got %v, want the tool that does it", err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a file was left behind")
	}
}
