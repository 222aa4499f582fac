package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrBackup says that a store cannot be backed up this way.
var ErrBackup = errors.New("no backup")

// Backup writes a copy of the store at address to a new file, while a daemon may go on writing to the
// store: the copy holds one state of everything. It is readable by its owner alone (mode 0600) and
// never takes the place of a file that is there. It returns the copy's size in bytes.
//
// Only SQLite is copied so; on PostgreSQL the error, an ErrBackup, names the tool that does it.
func Backup(ctx context.Context, address, file string) (int64, error) {
	if err := Find(ctx, address); err != nil {
		return 0, err
	}
	d, name, err := dialectOf(address)
	if err != nil {
		return 0, err
	}
	// The name is taken first, by an empty file, so that nothing can stand there meanwhile.
	taken, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return 0, fmt.Errorf("%w: %s exists and is not overwritten", ErrBackup, file)
	} else if err != nil {
		return 0, fmt.Errorf("cannot write the backup: %w", err)
	}
	size, err := backupTo(ctx, d, file)
	if err = errors.Join(err, taken.Close()); err != nil {
		return 0, errors.Join(fmt.Errorf("back up %s: %w", name, d.explain(err)), os.Remove(file))
	}
	return size, nil
}

// backupTo writes the copy beside file and moves it there once it is whole and on the disk.
func backupTo(ctx context.Context, d dialect, file string) (size int64, err error) {
	part, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*") // mode 0600
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
	}()
	if err = errors.Join(d.backup(ctx, part.Name()), part.Sync()); err != nil {
		return 0, errors.Join(err, part.Close())
	}
	info, err := part.Stat()
	if err = errors.Join(err, part.Close()); err != nil {
		return 0, err
	}
	return info.Size(), os.Rename(part.Name(), file)
}
