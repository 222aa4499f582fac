package daemon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"feedd/internal/config"
	"feedd/internal/publish/render"

	"feedd/internal/feed"
)

// A configuration that lost its end is often still a proper one. So one that takes away most of what
// is in force, and was not asked for but found, waits until somebody says that it is meant.

// HeldError says that a changed configuration was not put into force because it takes away too much.
type HeldError struct {
	File string
	Why  feed.Text // what it takes away
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s: %s; if that is meant, say so: feedd check --accept, or SIGHUP", e.File, e.Why)
}

// takesAway says what of the sources and sections in force another configuration leaves out, when that
// is more than half of the sources or every section; else "".
func takesAway(present, next *config.Config) feed.Text {
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
		return feed.Say("the file leaves out %d of the %d sources in force", fewer, len(present.Sources))
	case none:
		return feed.Say("the file leaves out all %d sections in force", len(present.Sections))
	}
	return feed.Text{}
}

// accepted is the name under which the store keeps the digest of the file that was accepted last.
const accepted = "accepted configuration"

// Accept says that the configuration file as it is now is meant: a daemon on the same store that holds
// it back puts it into force.
func (d *Daemon) Accept(ctx context.Context) error {
	if d.inDatabase() {
		return fmt.Errorf("%w: nothing is held back of what was pushed: feedd config push --accept FILE says at once that it is meant", ErrFlag)
	}
	if d.found.digest != digest(d.o.Config) {
		return errors.New("the configuration changed just now; check it again")
	}
	return d.store.SetMeta(ctx, accepted, hex.EncodeToString(d.found.digest[:]))
}

// isAccepted tells whether somebody said that the file with this digest is meant.
func (d *Daemon) isAccepted(ctx context.Context, file [sha256.Size]byte) bool {
	said, err := d.store.Meta(ctx, accepted)
	return err == nil && said == hex.EncodeToString(file[:]) // when it cannot be asked, it is asked again
}

// textInForce is the name under which the store keeps the text of the file that is in force.
const textInForce = "text of the configuration in force"

// remember keeps the text of the file in force, for a start that finds less of it. Without room for it
// the daemon serves all the same.
func (d *Daemon) remember(ctx context.Context, w written) {
	if d.inDatabase() || len(d.listeners) == 0 {
		return
	}
	if was, err := d.store.Meta(ctx, textInForce); err == nil && was == string(w.text) {
		return
	}
	if err := d.store.SetMeta(ctx, textInForce, string(w.text)); err != nil {
		d.log.Warn("the configuration in force could not be remembered", "error", err)
	}
}

// whole puts the configuration that was in force before the last stop into force again when the file is
// nothing but its beginning, and takes away too much: nobody wrote that, it lost its end. A file that was
// edited while no daemon ran is meant.
func (d *Daemon) whole(ctx context.Context, text []byte) *HeldError {
	if d.inDatabase() || len(d.listeners) == 0 {
		return nil
	}
	was, err := d.store.Meta(ctx, textInForce)
	cut := strings.TrimSpace(string(text))
	if err != nil || len(cut) >= len(strings.TrimSpace(was)) || !strings.HasPrefix(was, cut) || d.isAccepted(ctx, sha256.Sum256(text)) {
		return nil
	}
	before, err := ParseConfig(d.o.Config, []byte(was))
	if err != nil {
		return nil // an older feedd's, which says nothing to this one
	}
	why := takesAway(before, d.config)
	if why.Key == "" {
		return nil
	}
	d.config = before
	return &HeldError{File: d.o.Config, Why: why}
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
	d.pub.Tell("configuration", render.NoteHeld, fmt.Sprintf("the changed configuration is not in force: %s; if that is meant, say so: feedd check --accept, or SIGHUP", held.Why))
}
