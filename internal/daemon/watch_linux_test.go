package daemon

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"feedd/internal/demo"
)

// TestFileBecomesALink puts a link in place of the file while the daemon runs, which changes nothing that it
// says; what is saved where the link leads is taken over then.
func TestFileBecomesALink(t *testing.T) {
	c := newClock()
	yaml := demo.Config(press(t, c))
	h := build(t, yaml, c, "")
	path, elsewhere := h.Daemon.o.Config, t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	eventually(t, "the folder of the file is watched", func() bool { return watched(t, filepath.Dir(path)) })

	target := filepath.Join(elsewhere, "feeds.yaml")
	if err := os.WriteFile(target, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path+".new"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the folder where the link leads is watched", func() bool { return watched(t, elsewhere) })
	if err := os.WriteFile(target, []byte(strings.Replace(yaml, "title: Thể thao", "title: Sân cỏ", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new title", func() bool {
		for _, s := range h.Daemon.current().Sections {
			if s.Title == "Sân cỏ" {
				return true
			}
		}
		return false
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// watched tells whether this process has the kernel watch a folder.
func watched(t *testing.T, folder string) bool {
	t.Helper()
	info, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	inode := fmt.Sprintf(" ino:%x ", info.Sys().(*syscall.Stat_t).Ino)
	all, err := filepath.Glob("/proc/self/fdinfo/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		data, err := os.ReadFile(name)
		if err != nil {
			continue // closed meanwhile
		}
		for line := range strings.Lines(string(data)) {
			if strings.HasPrefix(line, "inotify ") && strings.Contains(line, inode) {
				return true
			}
		}
	}
	return false
}
