package main

import (
	"errors"
	"fmt"

	"feedd/internal/store"
)

type moveCmd struct {
	unreadConfig
	storeFlag
	To string `required:"" placeholder:"URL" help:"The new store, which must be empty: sqlite:PATH or postgres://USER@HOST/DATABASE."`
}

// Run copies everything stored from one store to another, whatever their engines.
func (c *moveCmd) Run(a *app) error {
	bar := a.progress("moving", 0)
	m, err := store.Move(a.ctx, c.DB, c.To, bar.at)
	if err != nil {
		bar.done("not moved")
	} else {
		bar.done("moved")
	}
	switch {
	case errors.Is(err, store.ErrNone), errors.Is(err, store.ErrNotEmpty):
		return useError{err}
	case err != nil:
		return err
	}
	fmt.Fprintf(a.stdout, "moved %s of %s; both stores have the digest %016x\n", count(int(m.Rows), "row"), count(m.Tables, "table"), m.Digest)
	fmt.Fprintln(a.stderr, "The old store is as it was. From now on, name the new one: --db URL, or FEEDD_DB.")
	return nil
}
