package main

import (
	"errors"
	"fmt"

	"feedd/internal/store"
)

type backupCmd struct {
	unreadConfig
	storeFlag
	File string `arg:"" predictor:"file" help:"The new file; an existing one is not overwritten."`
}

// Run copies the store, whole and of one moment. Whoever holds the copy can name it with --db.
func (c *backupCmd) Run(a *app) error {
	size, err := store.Backup(a.ctx, c.DB, c.File)
	switch {
	case errors.Is(err, store.ErrNone):
		return useError{err}
	case err != nil:
		return err
	}
	fmt.Fprintf(a.stderr, "feedd: %s holds %.1f MB; to use it, name it: --db sqlite:%s\n", c.File, float64(size)/1e6, c.File)
	return nil
}
