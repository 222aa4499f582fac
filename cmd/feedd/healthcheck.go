package main

import (
	"context"
	"fmt"
	"time"

	"feedd/internal/daemon"
)

type healthcheckCmd struct {
	Address string `arg:"" optional:"" default:"${listen}" help:"Where it listens: HOST:PORT or unix:PATH (${default})."`
	Ready   bool   `help:"Also ask whether it has something to serve and can save what it collects."`
}

// patience is how long a daemon may take over an answer of one line.
const patience = 5 * time.Second

// Run asks /healthz, or /readyz, and fails when the answer is another than yes.
func (c *healthcheckCmd) Run(a *app) error {
	path := "/healthz"
	if c.Ready {
		path = "/readyz"
	}
	ctx, cancel := context.WithTimeout(a.ctx, patience)
	defer cancel()
	said, err := daemon.Ask(ctx, c.Address, path)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, said)
	return nil
}
