package daemon

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"feedd/internal/config"
)

// How long the file must rest before it is read: editors write in several steps.
const settle = 200 * time.Millisecond

// watch reloads the configuration when its file changes. It watches the folder, because editors
// and deployments replace the file instead of writing into it.
func (d *Daemon) watch(ctx context.Context) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		d.log.Warn("the configuration is not watched; SIGHUP reloads it", "error", err)
		return nil
	}
	defer w.Close()
	path, err := filepath.Abs(d.o.Config)
	if err != nil {
		return err
	}
	if err := w.Add(filepath.Dir(path)); err != nil {
		d.log.Warn("the configuration is not watched; SIGHUP reloads it", "folder", filepath.Dir(path), "error", err)
		return nil
	}
	last := d.digest
	rest := time.NewTimer(settle) // it may have changed since it was loaded
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-w.Events:
			if !ok {
				return nil
			}
			rest.Reset(settle) // whatever file it was: the configuration may be a link to it
		case err, ok := <-w.Errors:
			if !ok {
				return nil
			}
			d.log.Warn("watching the configuration", "error", err)
		case <-rest.C:
			now := digest(path)
			if now == last {
				continue
			}
			last = now
			d.ReloadAndLog()
		}
	}
}

// ReloadAndLog reloads and says in the log what came of it.
func (d *Daemon) ReloadAndLog() {
	err := d.Reload()
	var mistakes config.Errors
	switch {
	case errors.As(err, &mistakes): // a line of the log for each
		for _, m := range mistakes {
			d.log.Error("a mistake in the configuration", "error", m)
		}
		d.log.Error("the configuration was not taken over; the one before it stays in force", "mistakes", len(mistakes))
		return
	case err != nil:
		d.log.Error("the configuration was not taken over; the one before it stays in force", "error", err)
		return
	}
	d.log.Info("configuration reloaded", "file", d.o.Config)
}

// digest is that of the file's content, zero while it cannot be read.
func digest(path string) (sum [sha256.Size]byte) {
	data, err := os.ReadFile(path)
	if err != nil {
		return sum
	}
	return sha256.Sum256(data)
}
