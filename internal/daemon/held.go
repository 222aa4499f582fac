package daemon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"feedd/internal/config"
	"feedd/internal/publish/render"
)

// A configuration that lost its end is often still a proper one. So one that takes away most of what
// is in force, and was not asked for but found, waits until somebody says that it is meant.

// HeldError says that a changed configuration was not put into force because it takes away too much.
type HeldError struct {
	File string
	Why  string // what it takes away
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s %s; if that is meant, say so: feedd check --accept, or SIGHUP", e.File, e.Why)
}

// takesAway says what of the sources and sections in force another configuration leaves out, when that
// is more than half of the sources or every section; else "".
func takesAway(present, next *config.Config) string {
	sources, sections := map[string]bool{}, map[string]bool{}
	for i := range next.Sources {
		sources[next.Sources[i].ID] = true
	}
	for i := range next.Sections {
		sections[next.Sections[i].ID] = true
	}
	fewer, none := 0, len(present.Sections) > 0
	for i := range present.Sources {
		if !sources[present.Sources[i].ID] {
			fewer++
		}
	}
	for i := range present.Sections {
		none = none && !sections[present.Sections[i].ID]
	}
	switch {
	case 2*fewer > len(present.Sources):
		return fmt.Sprintf("leaves out %d of the %d sources in force", fewer, len(present.Sources))
	case none:
		return fmt.Sprintf("leaves out all %d sections in force", len(present.Sections))
	}
	return ""
}

// accepted is the name under which the store keeps the digest of the file that was accepted last.
const accepted = "accepted configuration"

// Accept says that the configuration file as it is now is meant: a daemon on the same store that holds
// it back puts it into force.
func (d *Daemon) Accept(ctx context.Context) error {
	if d.digest != digest(d.o.Config) {
		return errors.New("the configuration changed just now; check it again")
	}
	return d.store.SetMeta(ctx, accepted, hex.EncodeToString(d.digest[:]))
}

// isAccepted tells whether somebody said that the file with this digest is meant.
func (d *Daemon) isAccepted(ctx context.Context, file [sha256.Size]byte) bool {
	said, err := d.store.Meta(ctx, accepted)
	return err == nil && said == hex.EncodeToString(file[:]) // when it cannot be asked, it is asked again
}

// hold tells in a metric and on the status page that the configuration is held back, or with nil that
// it is not.
func (d *Daemon) hold(held *HeldError) {
	if held == nil {
		d.held.Set(0)
		d.pub.Tell("configuration", "", "")
		return
	}
	d.held.Set(1)
	d.pub.Tell("configuration", render.NoteHeld, fmt.Sprintf("the changed configuration is not in force: it %s; if that is meant, say so: feedd check --accept, or SIGHUP", held.Why))
}
