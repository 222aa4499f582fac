package daemon

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"feedd/internal/aggregate"
	"feedd/internal/aggregate/collect"
	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/feed"
	"feedd/internal/publish/export"
	"feedd/internal/store"
)

// Collect looks at all sources now, or at those named, and has filed what they bring.
func (d *Daemon) Collect(ctx context.Context, ids []string, each func(aggregate.Report)) ([]aggregate.Report, error) {
	held, err := d.deskElsewhere(ctx)
	if err != nil {
		return nil, err
	}
	if !held {
		return d.agg.Collect(ctx, ids, each)
	}
	reports, err := d.agg.CollectUnfiled(ctx, ids, each)
	if err != nil {
		return reports, err
	}
	return reports, d.filedElsewhere(ctx)
}

// Sources returns how many sources the configuration has.
func (d *Daemon) Sources() int { return len(d.current().Sources) }

// Export files what waits and writes every feed and page to target, a folder or s3://bucket/prefix.
func (d *Daemon) Export(ctx context.Context, target string) (export.Result, error) {
	if err := d.file(ctx); err != nil {
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
		st.Plan(collect.NextRun(s, st, d.o.Now()))
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

// Explain finds the items that an address, an item's number, an entry's id, a story's id or the words
// of a headline name; of those with such a headline the newest.
func (d *Daemon) Explain(ctx context.Context, what string) ([]Explanation, error) {
	items, err := d.store.Find(ctx, what)
	if errors.Is(err, store.ErrName) {
		items, err = d.byHeadline(ctx, what)
	}
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, unknown(what)
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
		it.Why.Tell()
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
				e.Entry.Reports[j].Why.Tell()
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

// Most items that the words of a headline may mean.
const mostMeant = 10

// byHeadline returns the items whose headline holds all these words, the newest first, or those
// alone that have no other words; what is dropped, withdrawn or not filed yet, too.
func (d *Daemon) byHeadline(ctx context.Context, words string) ([]feed.Item, error) {
	var query sections.Query
	for _, w := range feed.Words(nil, words) {
		query.All = append(query.All, words[w.Start:w.End])
	}
	if len(query.All) == 0 {
		return nil, nil
	}
	_, matches, err := query.Matcher()
	if err != nil {
		return nil, nil // punctuation that means something in a rule
	}
	phrases, err := query.Phrases()
	if err != nil {
		return nil, err
	}
	if _, err := d.store.Index(ctx); err != nil {
		return nil, err
	}
	var same, like []int64
	whole := feed.Fold(words)
	if _, err := d.store.Search(ctx, feed.TextQuery{Phrases: phrases, Match: matches, Any: true}, func(f *feed.Found) bool {
		if feed.Fold(f.Item.Title) == whole {
			same = append(same, f.Item.ID)
		} else if len(like) < mostMeant {
			like = append(like, f.Item.ID)
		}
		return len(same) < mostMeant
	}); err != nil {
		return nil, err
	}
	if len(same) > 0 {
		like = same
	}
	items, err := d.store.Items(ctx, like)
	slices.Reverse(items)
	return items, err
}

// Zone is the site's, in which times are shown.
func (d *Daemon) Zone() *time.Location {
	if z := d.current().Site.Timezone; z != nil {
		return z
	}
	return time.Local
}

// Site is what the configuration in force says of the whole.
func (d *Daemon) Site() feed.Site { return d.current().Site }

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

// Learned is what a section has learned.
type Learned struct {
	Section feed.Section
	Words   []feed.LearnedWord // the loudest first
}

// Learned returns at most so many words that say most for a section.
func (d *Daemon) Learned(ctx context.Context, section string, most int) (*Learned, error) {
	for _, s := range d.current().Sections {
		if s.ID == section {
			words, err := d.agg.LearnedWords(ctx, section, most)
			return &Learned{s, words}, err
		}
	}
	return nil, feed.Unknownf("no section %q in the configuration", section)
}

// Model returns what the sections learned.
func (d *Daemon) Model(ctx context.Context) (*sections.Model, error) { return d.agg.Model(ctx) }

// WithoutURL says for people what a missing site.url means, "" when it is not missing.
func (d *Daemon) WithoutURL(ctx context.Context) (string, error) {
	fixed, err := d.pub.Authority(ctx)
	if err != nil {
		return "", err
	}
	return WithoutURL(d.current().Site, fixed), nil
}

// WithoutURL says for people what a missing site.url means; fixed is the authority of the ids that was
// fixed already, "" when none was. It is "" when site.url is not missing.
func WithoutURL(site feed.Site, fixed string) string {
	const links = "site.url is missing, so links in feeds and pages name the address that feedd listens on; "
	switch {
	case site.URL != "":
		return ""
	case site.ID != "":
		return links + "set it to the public address. The ids of entries begin with tag:" + site.ID + ", as site.id says"
	case fixed != "":
		return links + "set it to the public address. The ids of entries begin with tag:" + fixed + ", fixed for good at the first publication, whatever site.url becomes"
	}
	return links + "and the first publication fixes the ids of all entries with it, for good. Set site.url to the public address before that, " +
		"or choose with site.id how the ids begin, for example news.example.org,2026"
}

// PartnerFeed returns the feed in RSS that a partner was last given of a section; empty when none was yet.
func (d *Daemon) PartnerFeed(ctx context.Context, partner, section string) ([]byte, error) {
	return d.pub.PartnerFeed(ctx, partner, section)
}
