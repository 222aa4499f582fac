package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"feedd/internal/daemon"
	"feedd/internal/store"
)

type nodesCmd struct {
	unreadConfig
	storeFlag
	JSON bool `help:"Print JSON instead of a table."`
}

// Run lists the nodes.
func (c *nodesCmd) Run(a *app) error {
	nodes, err := daemon.ListNodes(a.ctx, c.DB, c.DBDirect, a.log)
	if errors.Is(err, store.ErrNone) {
		return useError{fmt.Errorf("%w; start feedd serve first, or name another with --db URL", err)}
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.stdout, map[string]any{"nodes": nodes})
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NODE\tADDRESS\tROLES\tHOLDS\tVERSION\tCONFIG\tBEHIND\tSTATE")
	for _, n := range nodes {
		state := "serves"
		switch {
		case !n.Alive:
			state = fmt.Sprintf("silent for %.0f s", n.Silent)
		case !n.Agrees:
			state = "its configuration is not the desk's"
		}
		config := n.Config // of a file, its fingerprint
		if n.ConfigVersion > 0 {
			config = strconv.FormatInt(n.ConfigVersion, 10)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", n.Name, n.Address, strings.Join(n.Roles, ","), strings.Join(n.Holds, ","), n.Version, config, n.Behind(), state)
	}
	return w.Flush()
}
