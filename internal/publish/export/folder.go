package export

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// folder is an export into the file system.
type folder struct {
	dir     string
	unsaved []string // names written and perhaps not on the disk yet
}

// tempPrefix marks files that are being written; one that an interrupted export left is cleared.
const tempPrefix = ".feedd-part-"

func (d *folder) at(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

func (d *folder) list(ctx context.Context) (map[string]bool, error) {
	there := map[string]bool{}
	err := filepath.WalkDir(d.dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || e.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		if strings.HasPrefix(e.Name(), tempPrefix) {
			return os.Remove(path)
		}
		name, err := filepath.Rel(d.dir, path)
		there[filepath.ToSlash(name)] = true
		return err
	})
	return there, err
}

func (d *folder) read(_ context.Context, name string) ([]byte, error) {
	b, err := os.ReadFile(d.at(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

func (d *folder) write(_ context.Context, name string, f piece) (err error) {
	d.unsaved = append(d.unsaved, name)
	path := d.at(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), tempPrefix)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(f.body)
	// A public file: CreateTemp makes one that only its owner reads.
	if err = errors.Join(err, tmp.Chmod(0o644), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

func (d *folder) remove(_ context.Context, names []string) error {
	for _, name := range names {
		if err := os.Remove(d.at(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		// A folder that became empty goes too; one that did not says so and stays.
		for dir := filepath.Dir(d.at(name)); dir != filepath.Clean(d.dir) && os.Remove(dir) == nil; {
			dir = filepath.Dir(dir)
		}
	}
	return nil
}

// settle has the disk take everything that was written. Doing it once at the end, before the manifest
// vouches for the files, costs a fraction of doing it for each.
func (d *folder) settle(ctx context.Context) error {
	for _, name := range d.unsaved {
		f, err := os.OpenFile(d.at(name), os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since
		}
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close(), ctx.Err()); err != nil {
			return err
		}
	}
	d.unsaved = nil
	return nil
}
