package daemon

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/config"
	"feedd/internal/feed"
	"feedd/internal/publish/editor"
)

// saves remembers what came of the saves of the configuration, for who asks.
type saves struct {
	mu      sync.Mutex
	since   time.Time
	edition edition // that is in force
	change  *editor.Change
	refused *editor.Refused
	checked *config.Config // whose expected headlines unmet is about
	unmet   []editor.Mistake
}

// inForceKey is the name under which the store keeps since when the configuration is in force.
const inForceKey = "configuration in force"

// inForce is what it keeps: a restart puts nothing new into force.
type inForce struct {
	Digest string         `json:"digest"` // of the file
	Since  time.Time      `json:"since"`
	Change *editor.Change `json:"change"`
}

// begin notes since when the configuration is in force that the daemon starts with.
func (d *Daemon) begin(ctx context.Context) error {
	d.saves.mu.Lock()
	defer d.saves.mu.Unlock()
	d.saves.since, d.saves.edition = d.o.Now(), d.found
	text, err := d.store.Meta(ctx, inForceKey)
	if err != nil {
		return err
	}
	var was inForce
	if text != "" && json.Unmarshal([]byte(text), &was) == nil && was.Digest == hex.EncodeToString(d.found.digest[:]) {
		d.saves.since, d.saves.change = was.Since, was.Change
		return nil
	}
	return d.keepSave(ctx)
}

// keepSave stores what the saves are. The caller holds their lock.
func (d *Daemon) keepSave(ctx context.Context) error {
	text, err := json.Marshal(inForce{hex.EncodeToString(d.saves.edition.digest[:]), d.saves.since, d.saves.change})
	if err != nil {
		return err
	}
	return d.store.SetMeta(ctx, inForceKey, string(text))
}

// inForce is what messages call the configuration in force.
func (d *Daemon) inForce() string {
	d.saves.mu.Lock()
	defer d.saves.mu.Unlock()
	return d.saves.edition.name
}

// noteSave notes what came of a reload from before to next, which e was; next does not matter when it failed.
func (d *Daemon) noteSave(before, next *config.Config, e edition, failed error) {
	d.saves.mu.Lock()
	defer d.saves.mu.Unlock()
	if failed != nil {
		d.saves.refused = refusal(failed, d.o.Now())
		return
	}
	d.saves.refused = nil
	change := changeOf(before, next)
	if change.Empty() && e.digest == d.saves.edition.digest {
		d.saves.edition = e
		return // asked for once more
	}
	d.saves.since, d.saves.change, d.saves.edition = d.o.Now(), change, e
	if err := d.keepSave(context.Background()); err != nil {
		d.log.Warn("could not record since when the configuration is in force", "error", err)
	}
}

// refusal is a reload's error as the page shows it.
func refusal(err error, at time.Time) *editor.Refused {
	r := &editor.Refused{At: at}
	var held *HeldError
	var mistakes config.Errors
	switch {
	case errors.As(err, &held):
		r.Held = true
		r.Mistakes = []editor.Mistake{{Message: held.Why}}
	case errors.As(err, &mistakes):
		r.Mistakes = mistakesOf(mistakes)
	default:
		r.Mistakes = []editor.Mistake{{Message: feed.TextOf(err)}}
	}
	return r
}

func mistakesOf(errs config.Errors) []editor.Mistake {
	list := make([]editor.Mistake, len(errs))
	for i, e := range errs {
		list[i] = editor.Mistake{Line: e.Line, Column: e.Column, Message: e.Message, Hint: e.Hint}
	}
	return list
}

// changeOf tells what one configuration changes of another.
func changeOf(before, next *config.Config) *editor.Change {
	c := &editor.Change{}
	was := feed.ByID(before.Sources)
	for _, s := range next.Sources {
		old, there := was[s.ID]
		switch {
		case !there:
			c.Added = append(c.Added, named(s))
		case !sameSource(old, s):
			c.Altered = append(c.Altered, named(s))
		}
		delete(was, s.ID)
	}
	for _, s := range before.Sources {
		if _, gone := was[s.ID]; gone {
			c.Removed = append(c.Removed, named(s))
		}
	}
	c.Sections = changedSections(before.Sections, next.Sections)
	c.Other = changedKeys(before, next)
	return c
}

// named is a source as the editor knows it.
func named(s feed.Source) string {
	if s.Title == "" || s.Title == s.ID {
		return s.ID
	}
	return s.Title + " (" + s.ID + ")"
}

func sameSource(a, b feed.Source) bool {
	same := a.Timezone.String() == b.Timezone.String()
	a.Timezone, b.Timezone, a.Line, b.Line = nil, nil, 0, 0
	return same && reflect.DeepEqual(a, b)
}

// changedSections names the sections that are new, gone or set otherwise.
func changedSections(before, next []feed.Section) (titles []string) {
	bare := func(s feed.Section) feed.Section {
		s.Line = 0
		s.Rules, s.Pin, s.Mute = feed.WithoutLines(s.Rules), feed.WithoutLines(s.Pin), feed.WithoutLines(s.Mute)
		s.Expect = slices.Clone(s.Expect)
		for i := range s.Expect {
			s.Expect[i].Line = 0
		}
		return s
	}
	was := map[string]feed.Section{}
	for _, s := range before {
		was[s.ID] = bare(s)
	}
	for _, s := range next {
		if old, there := was[s.ID]; !there || !reflect.DeepEqual(old, bare(s)) {
			titles = append(titles, cmp.Or(s.Title, s.ID))
		}
		delete(was, s.ID)
	}
	for _, s := range before {
		if _, gone := was[s.ID]; gone {
			titles = append(titles, cmp.Or(s.Title, s.ID))
		}
	}
	return titles
}

// changedKeys names the keys of the file, but for sources and sections, under which something changed.
func changedKeys(before, next *config.Config) (keys []string) {
	a, b := *before, *next
	for _, c := range []*config.Config{&a, &b} {
		c.Sources, c.Sections, c.Warnings, c.Drop = nil, nil, nil, feed.WithoutLines(c.Drop)
	}
	if sameSite(a.Site, b.Site) {
		b.Site = a.Site
	}
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			name := strings.ToLower(x.Type().Field(i).Name)
			if name == "sectionsettings" {
				name = "learning"
			}
			keys = append(keys, name)
		}
	}
	return keys
}

// State tells how the configuration stands.
func (n newsroom) State() editor.State {
	c := n.current()
	n.saves.mu.Lock()
	defer n.saves.mu.Unlock()
	s := editor.State{File: n.saves.edition.name, Since: n.saves.since, Change: n.saves.change, Refused: n.saves.refused, Warnings: mistakesOf(c.Warnings)}
	if n.saves.checked != c {
		n.saves.checked, n.saves.unmet = c, unmet(c)
	}
	s.Unmet = n.saves.unmet
	if r := n.agg.Refiled(); s.Change != nil && !s.Change.Empty() {
		s.Refiled = &editor.Refiled{Done: r.Done, Items: r.Items, Stories: r.Stories}
	}
	return s
}

// unmet lists the expected headlines that are not filed as they should be.
func unmet(c *config.Config) (list []editor.Mistake) {
	failures, err := sections.CheckExpectations(c.Sections, c.Drop, c.SectionSettings)
	if err != nil {
		return []editor.Mistake{{Message: feed.TextOf(err)}}
	}
	for _, f := range failures {
		list = append(list, editor.Mistake{Line: f.Line, Message: feed.Say("section %s: %s", f.Section, f.Message)})
	}
	return list
}

// Accept says that the file as it is now is meant; see Daemon.Accept.
func (n newsroom) Accept(ctx context.Context) error {
	now, err := n.read(ctx)
	if err != nil {
		return err
	}
	return n.store.SetMeta(ctx, accepted, hex.EncodeToString(now.digest[:]))
}
