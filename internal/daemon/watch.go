package daemon

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"feedd/internal/config"
)

const (
	// How long the file must rest before it is read: editors write in several steps.
	settle = 200 * time.Millisecond
	// How long changes one after the other may put that off.
	settleMost = 2 * time.Second
	// How often the file is looked at without being told of a change: some network file systems tell
	// nothing.
	watchEvery = 15 * time.Second
	// How often the store is asked whether a configuration that is held back was accepted.
	acceptEvery = time.Second
)

// watch reloads the configuration when its file changes. It watches the folders of the file and of
// the links that lead to it, because editors and deployments replace them instead of writing into
// them; what else happens in these folders does not matter.
func (d *Daemon) watch(ctx context.Context) error {
	path, err := filepath.Abs(d.o.Config)
	if err != nil {
		return err
	}
	var events <-chan fsnotify.Event
	var troubles <-chan error
	w, err := fsnotify.NewWatcher()
	if err != nil {
		d.log.Warn("changes of the configuration are noticed late", "error", err)
		w = nil
	} else {
		defer w.Close()
		events, troubles = w.Events, w.Errors
	}
	way := d.follow(w, path)

	last := d.found.digest
	held := d.lost != nil
	var since time.Time      // the first change that the file has not rested from; zero when it has
	rest := time.NewTimer(0) // it may have changed since it was loaded
	look := time.NewTicker(watchEvery)
	asks := time.NewTicker(acceptEvery)
	defer rest.Stop()
	defer look.Stop()
	defer asks.Stop()
	read := func(asked bool) {
		way = d.follow(w, path) // a link may have taken the place of a file that says the same
		now := digest(path)
		if now == last && !asked {
			return
		}
		last = now
		var why *HeldError
		held = errors.As(d.reloadAndLog(asked || d.isAccepted(ctx, now)), &why)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case event, ok := <-events:
			if !ok {
				return nil
			}
			if !slices.Contains(way, event.Name) {
				continue
			}
			if since.IsZero() {
				since = time.Now()
			}
			rest.Reset(max(0, min(settle, settleMost-time.Since(since))))
		case err, ok := <-troubles:
			if !ok {
				return nil
			}
			d.log.Warn("watching the configuration", "error", err)
		case <-rest.C:
			since = time.Time{}
			read(false)
		case <-look.C:
			read(false)
		case <-asks.C:
			if held && d.isAccepted(ctx, last) {
				read(true)
			}
		}
	}
}

// follow watches the folders on the way to the file, and no others, and returns the way.
func (d *Daemon) follow(w *fsnotify.Watcher, path string) []string {
	way := wayTo(path)
	if w == nil {
		return way
	}
	var folders []string
	for _, p := range way {
		folders = append(folders, filepath.Dir(p))
	}
	for _, folder := range w.WatchList() {
		if !slices.Contains(folders, folder) {
			_ = w.Remove(folder) // it may be gone already
		}
	}
	for _, folder := range folders {
		if slices.Contains(w.WatchList(), folder) {
			continue
		}
		if err := w.Add(folder); err != nil {
			d.log.Warn("changes of the configuration are noticed late", "folder", folder, "error", err)
		}
	}
	return way
}

// wayTo returns the symbolic links that path leads through, in order, and last the file itself.
func wayTo(path string) []string {
	var way []string
	for range 40 { // as many as Linux follows
		link := ""
		for p := path; ; p = filepath.Dir(p) {
			if info, err := os.Lstat(p); err == nil && info.Mode()&os.ModeSymlink != 0 {
				link = p // the one nearest to the root counts
			}
			if p == filepath.Dir(p) {
				break
			}
		}
		if link == "" {
			break
		}
		way = append(way, link)
		to, err := os.Readlink(link)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(link), to)
		}
		path = filepath.Join(to, strings.TrimPrefix(path, link))
	}
	return append(way, path)
}

// ReloadAndLog reloads because somebody asks for it, and says in the log what came of it.
func (d *Daemon) ReloadAndLog() { _ = d.reloadAndLog(true) } // it is in the log

func (d *Daemon) reloadAndLog(asked bool) error {
	err := d.reload(asked)
	var held *HeldError
	var mistakes config.Errors
	switch {
	case errors.As(err, &held):
		d.log.Warn("the changed configuration takes away too much; the one before it stays in force", "error", err)
	case errors.As(err, &mistakes): // a line of the log for each
		for _, m := range mistakes {
			d.log.Error("a mistake in the configuration", "error", m)
		}
		d.log.Error("the configuration was not taken over; the one before it stays in force", "mistakes", len(mistakes))
	case err != nil:
		d.log.Error("the configuration was not taken over; the one before it stays in force", "error", err)
	default:
		d.log.Info("configuration reloaded", "file", d.inForce())
	}
	return err
}

// digest is that of the file's content, zero while it cannot be read.
func digest(path string) (sum [sha256.Size]byte) {
	data, err := os.ReadFile(path)
	if err != nil {
		return sum
	}
	return sha256.Sum256(data)
}
