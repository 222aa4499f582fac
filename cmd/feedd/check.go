package main

import (
	"fmt"

	"feedd/internal/daemon"
)

type checkCmd struct {
	configFlag
}

// Run checks the configuration and the headlines it expects.
func (c *checkCmd) Run(a *app) error {
	cfg, err := daemon.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s: %d sources, %d sections, no mistakes\n", c.Config, len(cfg.Sources), len(cfg.Sections))
	return nil
}
