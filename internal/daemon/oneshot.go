package daemon

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"feedd/internal/aggregate"
	"feedd/internal/aggregate/collect"
	"feedd/internal/aggregate/desk"
	"feedd/internal/feed"
	"feedd/internal/publish/export"
)

// Collect looks at all sources now, or at those named, and files what they bring.
func (d *Daemon) Collect(ctx context.Context, ids []string, each func(aggregate.Report)) ([]aggregate.Report, error) {
	return d.agg.Collect(ctx, ids, each)
}

// Sources returns how many sources the configuration has.
func (d *Daemon) Sources() int { return len(d.current().Sources) }

// Export files what waits and writes every feed and page to target, a folder or s3://bucket/prefix.
func (d *Daemon) Export(ctx context.Context, target string) (export.Result, error) {
	if _, err := d.agg.File(ctx); err != nil {
		return export.Result{}, err
	}
	return d.pub.Export(ctx, target)
}

// SourceStatus is a source of the configuration and what is remembered of it.
type SourceStatus struct {
	Source feed.Source
	State  feed.SourceState
}

// Status returns every source of the configuration in its order, with its next run by the
// configuration as it is now: the daemon may not have seen it yet.
func (d *Daemon) Status(ctx context.Context) ([]SourceStatus, error) {
	states, err := d.store.States(ctx)
	if err != nil {
		return nil, err
	}
	sources := d.current().Sources
	all := make([]SourceStatus, 0, len(sources))
	for _, s := range sources {
		st := states[s.ID]
		st.NextRun, st.NextReason = collect.NextRun(s, st, d.o.Now())
		all = append(all, SourceStatus{s, st})
	}
	return all, nil
}

// Explanation is where one item is, and why.
type Explanation struct {
	Item  feed.Item
	Entry *feed.Entry // nil when it has none
	Story []feed.Entry
	Words []feed.EditorsWord // on the sections of the entry's reports
}

// Explain finds the items that an address, an item's number, an entry's id or a story's id names.
func (d *Daemon) Explain(ctx context.Context, what string) ([]Explanation, error) {
	items, err := d.store.Find(ctx, what)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("nothing is known of %s; it was never collected, or retention took it away", what)
	}
	words, err := d.store.Words(ctx)
	if err != nil {
		return nil, err
	}
	lines, err := d.agg.Lines()
	if err != nil {
		return nil, err
	}
	var found []Explanation
	for _, it := range items {
		lines.Renew(&it)
		e := Explanation{Item: it}
		if it.Story != "" {
			if e.Story, err = d.store.Entries(ctx, feed.EntryQuery{Story: it.Story, Any: true}); err != nil {
				return nil, err
			}
		}
		if i := slices.IndexFunc(e.Story, func(x feed.Entry) bool { return x.Key == it.Entry }); i >= 0 {
			e.Entry = &e.Story[i]
			for j := range e.Entry.Reports {
				lines.Renew(&e.Entry.Reports[j])
			}
			for _, w := range words {
				if slices.ContainsFunc(e.Entry.Reports, func(r feed.Item) bool { return strconv.FormatInt(r.ID, 10) == w.A }) {
					e.Words = append(e.Words, w)
				}
			}
		}
		found = append(found, e)
	}
	return found, nil
}

// Retract withdraws the whole story that id names from everything published, for good, or with
// undo brings it back. It returns the entries concerned.
func (d *Daemon) Retract(ctx context.Context, id string, undo bool) ([]feed.Entry, error) {
	found, err := d.Explain(ctx, id)
	if err != nil {
		return nil, err
	}
	entries := map[string]feed.Entry{}
	var dropped []string // entries of which a rule may have taken this report
	for _, f := range found {
		for _, e := range f.Story {
			entries[e.Key] = e
		}
		if f.Item.Dropped != "" {
			dropped = append(dropped, f.Item.OwnEntry())
		}
	}
	if len(dropped) > 0 {
		emptied, err := d.store.Entries(ctx, feed.EntryQuery{Keys: dropped, Any: true})
		if err != nil {
			return nil, err
		}
		for _, e := range emptied {
			entries[e.Key] = e
		}
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("%s is in no feed: %s", id, cmp.Or(found[0].Item.Dropped, "the desk has not filed it yet"))
	}
	keys := make([]string, 0, len(entries))
	for k := range entries {
		if e := entries[k]; (e.WithdrawnBy == feed.Retracted) == undo {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		if undo {
			return nil, fmt.Errorf("%s is not withdrawn", id)
		}
		return nil, fmt.Errorf("%s is withdrawn already", id)
	}
	slices.Sort(keys)
	at := d.o.Now()
	if undo {
		at = time.Time{}
	}
	if _, err := d.store.Withdraw(ctx, keys, at); err != nil {
		return nil, err
	}
	list := make([]feed.Entry, 0, len(keys))
	for _, k := range keys {
		list = append(list, entries[k])
	}
	return list, nil
}

// Zone is the site's, in which times are shown.
func (d *Daemon) Zone() *time.Location {
	if z := d.current().Site.Timezone; z != nil {
		return z
	}
	return time.Local
}

// SectionIDs returns the ids of the sections in the order of the configuration.
func (d *Daemon) SectionIDs() []string {
	var ids []string
	for _, s := range d.current().Sections {
		ids = append(ids, s.ID)
	}
	return ids
}

// Replay files the stored items anew in memory and calls each for what would change.
func (d *Daemon) Replay(ctx context.Context, each func(aggregate.Change)) (aggregate.Replayed, error) {
	return d.agg.Replay(ctx, each)
}

// Model returns what the sections learned.
func (d *Daemon) Model(ctx context.Context) (*desk.Model, error) { return d.agg.Model(ctx) }
