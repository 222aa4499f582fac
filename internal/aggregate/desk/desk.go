// Package desk decides about a batch. In come unfiled items in order; out come the same items with their
// sections and their story, and the entries that the batch opened, changed or left. The editor's decisions
// overrule both.
//
// How stories are told apart is in stories, how items are filed in sections, and what a headline says in
// words. The desk never touches the store or the network: package aggregate hands it items and commits its
// decisions. What it remembers is rebuilt from the store at the start.
package desk

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/aggregate/desk/stories"
	"feedd/internal/feed"
)

// Options are what an editor decided.
type Options struct {
	Sources  map[string]feed.Source
	Sections []feed.Section
	Drop     []feed.Rule
	Stories  feed.StorySettings
	Learning feed.SectionSettings
	Model    *sections.Model    // what the sections learned; nil means nothing yet
	Words    []feed.EditorsWord // in the order they were given
}

// Desk files items. It is not safe for concurrent use: there is one desk.
type Desk struct {
	stories *stories.Memory
	filer   *sections.Filer
	updates string
	order   map[string]int // of the sections in the configuration
	// corrected are the editor's words on an item's sections, by item, in the order they were given.
	corrected map[int64][]correction
	returns   map[int64]feed.Place // where reports go back to, once
	returned  []int64              // those that the last batch put back
	leads     map[string]int64     // of them, those that spoke for their entries
	parted    map[string]bool      // stories that the last batch took a report out of, or put one back in
	// told and before are where the reports of this batch and the one before are told, by the keys of
	// their own entries: the store may not know yet.
	told, before map[string]place
	united       []stories.Union // by the last batch
}

// correction is one word of the editor on an item's sections; the highest turn is the last word.
type correction struct {
	section string
	remove  bool
	turn    int
}

// Check says what New would refuse. It is for who needs no desk yet: what a desk knows of words takes
// longer to read than a look around at sources that have nothing new.
func Check(o Options) error {
	_, _, err := filer(o)
	return err
}

// filer returns what files items by the options, and the editor's words on an item's sections.
func filer(o Options) (*sections.Filer, map[int64][]correction, error) {
	var corrections []sections.Correction
	corrected := map[int64][]correction{}
	for turn, w := range o.Words {
		if w.Kind == feed.WordFile || w.Kind == feed.WordUnfile {
			id, err := strconv.ParseInt(w.A, 10, 64)
			if err != nil {
				return nil, nil, fmt.Errorf("the editor's word on item %q: %w", w.A, err)
			}
			remove := w.Kind == feed.WordUnfile
			corrections = append(corrections, sections.Correction{Item: id, Section: w.B, Remove: remove})
			corrected[id] = append(corrected[id], correction{w.B, remove, turn})
		}
	}
	f, err := sections.New(sections.Options{
		Sections: o.Sections, Drop: o.Drop, Sources: o.Sources, Learning: o.Learning, Model: o.Model, Corrections: corrections,
	})
	return f, corrected, err
}

// New returns a desk that remembers no reports. It fails when a rule cannot be read.
func New(o Options) (*Desk, error) {
	f, corrected, err := filer(o)
	if err != nil {
		return nil, err
	}
	d := &Desk{stories: NewStories(o.Stories, o.Sources)}
	d.goBy(o, f, corrected)
	return d, nil
}

// Reform puts other options into force at a desk that goes by the same editor's words, as if it were built anew by them and
// its memory given back to it. Of the items it names those are to be read again, with Reread, of which reread says yes. It
// changes nothing and says so where the stories are to be told apart otherwise.
func (d *Desk) Reform(o Options) (items []int64, reread func(*feed.Item) bool, ok bool, err error) {
	f, corrected, err := filer(o)
	if err != nil {
		return nil, nil, false, err
	}
	if items, reread, ok = d.stories.Reform(storyOptions(o.Stories, o.Sources)); ok {
		d.goBy(o, f, corrected)
	}
	return items, reread, ok, nil
}

// Reread takes in a remembered item as it reads by the options in force.
func (d *Desk) Reread(it *feed.Item) { d.stories.Reread(it) }

// goBy sets what of the options and the editor's words is not known yet.
func (d *Desk) goBy(o Options, f *sections.Filer, corrected map[int64][]correction) {
	d.filer, d.updates, d.corrected = f, o.Stories.Updates, corrected
	d.order, d.returns = map[string]int{}, map[int64]feed.Place{}
	for i, s := range o.Sections {
		d.order[s.ID] = i
	}
	for item, entry := range feed.OpenedBySplits(o.Words) {
		d.stories.Opens(item, entry)
	}
	for _, w := range o.Words {
		switch w.Kind {
		case feed.WordSplit:
			d.stories.Split(w.A, w.B)
			d.stories.Learn(w.Titles, false)
		case feed.WordJoin:
			d.stories.Join(w.A, w.B)
			d.stories.Learn(w.Titles, true)
		case feed.WordReturn:
			for _, p := range w.Places {
				d.returns[p.Item] = p
			}
		}
	}
}

// NewStories returns a memory of stories without reports, to which the patterns of `stories.never`
// are known.
func NewStories(set feed.StorySettings, sources map[string]feed.Source) *stories.Memory {
	return stories.New(storyOptions(set, sources))
}

func storyOptions(set feed.StorySettings, sources map[string]feed.Source) stories.Options {
	const most = 32 // pairs, of two bits each
	o := stories.Options{Settings: set, Sources: sources}
	var terms []string
	for _, pair := range set.Never[:min(len(set.Never), most)] {
		terms = append(terms, pair[0], pair[1])
	}
	if len(terms) > 0 {
		patterns := sections.NewPatterns(terms)
		o.Marks = func(it *feed.Item) uint64 { return patterns.In(it, sources[it.Source]) }
	}
	return o
}

// Labels returns what a filed item teaches the sections. They are to be compared with the labels
// stored of the item, and the difference taught to the model in the transaction that stores it.
func (d *Desk) Labels(it *feed.Item) []sections.Label { return d.filer.Labels(it) }

// Restore makes the desk remember an item that was filed before. Items come in order of arrival.
func (d *Desk) Restore(it *feed.Item) { d.stories.Restore(it) }

// Prune forgets the reports that no new one can join any more.
func (d *Desk) Prune(now time.Time) { d.stories.Prune(now) }

// ReadsContent tells whether File looks at the content of its items. When it does not, they may come without, and
// without what else of them is only shown.
func (d *Desk) ReadsContent() bool { return d.filer.ReadsContent() }

// ReadAhead begins to read the texts of items that File is about to decide about for the first time, beside it. The function that it
// returns is to be called when File has. It is for who has many items and a processor to spare, and does not show which words
// decided.
func (d *Desk) ReadAhead(items []feed.Item) (done func()) {
	ahead := make([]*feed.Item, 0, len(items))
	for i := range items {
		if it := &items[i]; it.Entry == "" && it.Repeats == "" && it.Gone.IsZero() {
			ahead = append(ahead, it)
		}
	}
	return d.stories.ReadAhead(ahead)
}

// File decides about items in order: it sets Story, Entry, Verdict, Sections, Dropped and Why of
// each. An item that comes with an Entry was filed before and keeps it; only its sections are
// decided anew, unless a rule drops it now.
//
// It returns the keys of the entries that the batch opened, changed or left, for Compose.
func (d *Desk) File(items []feed.Item, now time.Time) []string {
	d.returned, d.leads, d.parted = d.returned[:0], map[string]int64{}, map[string]bool{}
	var touched []string
	touch := func(key string) {
		if key != "" {
			touched = append(touched, key)
		}
	}
	d.before, d.told = d.told, make(map[string]place, len(items))
	for i := range items {
		it := &items[i]
		touch(it.Entry)
		d.putBack(it)
		if it.Entry != "" { // its story may have become part of another since it was read
			it.Story = cmp.Or(d.stories.StoryOf(it.Entry), it.Story)
		}
		it.Sections, it.Dropped = nil, ""
		d.filer.File(it)
		switch {
		case !it.Gone.IsZero():
			it.Sections, it.Dropped = nil, "withdrawn by its source"
			d.stories.Forget(it.ID) // its entry stays known, for when it comes back
		case it.Dropped != "":
			d.stories.Forget(it.ID)
			it.Story, it.Entry, it.Verdict = "", "", "" // and why is said by the rule
		case it.Entry == "" && d.repeat(it):
		case it.Entry == "":
			d.stories.Place(it, now)
			if into := d.stories.Joined(it.Entry); into != it.Entry {
				d.join(it, into)
			}
		case d.stories.Joined(it.Story) != it.Story:
			// The reports of the younger story are told under the first entry of the older one.
			d.join(it, d.stories.Joined(it.Story))
		case d.stories.Parted(it):
			d.parted[it.Story] = true
			d.stories.Forget(it.ID)
			d.stories.Place(it, now)
		case d.stories.Remembers(it.ID):
			d.stories.Revise(it)
		default:
			d.stories.Restore(it)
		}
		d.told[it.OwnEntry()] = place{it.Entry, it.Story}
		touch(it.Entry)
	}
	d.united = d.stories.United()
	d.moveTold()
	for _, key := range d.Unite(items) {
		touch(key)
	}
	slices.Sort(touched)
	return slices.Compact(touched)
}

// United returns the keys of the stories that became part of others, because a report of the last batch
// tells with certainty what entries of both tell. What was filed under them earlier is to be given to
// Unite.
func (d *Desk) United() []string {
	var keys []string
	for _, u := range d.united {
		keys = append(keys, u.Story)
	}
	return keys
}

// Unite gives the items of united stories the story that they belong to now. Their entries stay, and
// their keys are returned.
func (d *Desk) Unite(items []feed.Item) (touched []string) {
	if len(d.united) == 0 {
		return nil
	}
	of := make(map[string][]int, 2*len(d.united)) // the items of the stories that are concerned
	for _, u := range d.united {
		of[u.Story], of[u.Into] = nil, nil
	}
	for i := range items {
		if list, concerned := of[items[i].Story]; concerned {
			of[items[i].Story] = append(list, i)
		}
	}
	for _, u := range d.united { // in the order in which they were united: one may become part of the next
		moved := of[u.Story]
		for _, i := range moved {
			it := &items[i]
			it.Story = u.Into
			why := fmt.Sprintf("report %d tells both this and the story it was linked to", u.By)
			if it.Why.Reason != "" {
				why = it.Why.Reason + "; " + why
			}
			it.Why.Reason = why
			touched = append(touched, it.Entry)
		}
		of[u.Story], of[u.Into] = nil, append(of[u.Into], moved...)
	}
	return touched
}

// moveTold notes where the reports of united stories are told now.
func (d *Desk) moveTold() {
	if len(d.united) == 0 {
		return
	}
	became := make(map[string]string, len(d.united)) // what a story is after all of those that were looked at
	for _, u := range slices.Backward(d.united) {
		into, again := became[u.Into]
		if !again {
			into = u.Into
		}
		became[u.Story] = into
	}
	for own, at := range d.told {
		if into, moved := became[at.story]; moved {
			d.told[own] = place{at.entry, into}
		}
	}
}

// FilesOtherwise tells whether the rules and what was learned would file a filed item otherwise than
// it is filed. It decides nothing and remembers nothing.
func (d *Desk) FilesOtherwise(it *feed.Item) bool { return d.filer.FilesOtherwise(it) }

// Likeliest names the section that the rules or what was learned most likely put an item under, however
// unlikely it is; "" when nothing speaks for any. It decides nothing and remembers nothing.
func (d *Desk) Likeliest(it *feed.Item) (section string, probability float64) {
	copied := *it
	return d.filer.Likeliest(&copied)
}

// putBack puts a report where it was before a split or a join that the editor took back.
func (d *Desk) putBack(it *feed.Item) {
	p, ok := d.returns[it.ID]
	if !ok {
		return
	}
	delete(d.returns, it.ID)
	d.returned = append(d.returned, it.ID)
	d.stories.Forget(it.ID)
	it.Story, it.Entry, it.Verdict, it.Why = p.Story, p.Entry, p.Verdict, p.Why
	d.parted[p.Story] = true
	if p.Led {
		d.leads[p.Entry] = it.ID
	}
}

// Returned are the items that the last File put back where the editor's earlier word had taken them
// from. They are put back once.
func (d *Desk) Returned() []int64 { return slices.Clone(d.returned) }

// place is where a report is told.
type place struct{ entry, story string }

// repeat tells a report under the entry of the one of its outlet that it tells once more: of this
// batch or the one before, or filed earlier. It says false where there is none, or the editor parted
// the two.
func (d *Desk) repeat(it *feed.Item) bool {
	if it.Repeats == "" {
		return false
	}
	at, ok := d.told[it.Repeats]
	if !ok {
		at, ok = d.before[it.Repeats]
	}
	if !ok {
		at = place{it.ToldUnder, it.ToldOf}
	}
	if at.entry == "" {
		return false
	}
	at.story = cmp.Or(d.stories.StoryOf(at.entry), at.story)
	if it.Entry, it.Story = at.entry, at.story; d.stories.Parted(it) {
		it.Entry, it.Story = "", ""
		return false
	}
	it.Verdict, it.Why = feed.Duplicate, feed.Why{Score: 1, Said: []feed.Text{feed.Say("its outlet's own report, once more")}}

	d.stories.Restore(it)
	return true
}

// join tells a report under the first entry of the story that the editor joined its own to.
func (d *Desk) join(it *feed.Item, into string) {
	d.stories.Forget(it.ID)
	it.Story, it.Entry, it.Verdict = into, into, feed.Same
	it.Why = feed.Why{Said: []feed.Text{feed.Say("the editor joined the stories")}}

	d.stories.Restore(it)
}

// Compose returns the entries that File touched as they are now. stored holds those among them
// that exist, with their reports, and of every story that a new one continues the first entry and
// the one it follows; items is the batch.
func (d *Desk) Compose(touched []string, stored map[string]feed.Entry, items []feed.Item, now time.Time) []feed.Entry {
	inBatch := make(map[int64]*feed.Item, len(items))
	told := make([]int, 0, len(items)) // those that an entry tells, by the entries' keys, in order of arrival
	for i := range items {
		it := &items[i]
		inBatch[it.ID] = it
		if it.Entry != "" && it.Dropped == "" {
			told = append(told, i)
		}
	}
	slices.SortStableFunc(told, func(a, b int) int { return strings.Compare(items[a].Entry, items[b].Entry) })
	entries := make([]feed.Entry, 0, len(touched))
	for _, key := range touched {
		first, _ := slices.BinarySearchFunc(told, key, func(i int, key string) int { return strings.Compare(items[i].Entry, key) })
		joined := told[first:]
		if n := slices.IndexFunc(joined, func(i int) bool { return items[i].Entry != key }); n >= 0 {
			joined = joined[:n]
		}
		old, existed := stored[key]
		e := old
		e.Reports = reports(old.Reports, inBatch, items, joined)
		if len(e.Reports) == 0 {
			if existed && (e.Withdrawn.IsZero() || e.Lead != 0) { // a rule dropped all that it told, or the editor moved it
				e.Lead = 0
				if e.Withdrawn.IsZero() {
					e.Withdrawn, e.WithdrawnBy = now, takenOutBy(&old, inBatch)
				}
				e.Story = d.stories.Joined(e.Story) // its page leads to the story that took it in
				entries = append(entries, e)
			}
			continue
		}
		if e.WithdrawnBy != feed.Retracted {
			e.Withdrawn, e.WithdrawnBy = time.Time{}, "" // what emptied it is gone
		}
		d.compose(&e, key, existed)
		if !existed && (retracted(stored, e.Story) || retracted(stored, e.Follows)) {
			e.Withdrawn, e.WithdrawnBy = now, feed.Retracted // a story that was withdrawn does not come back by going on
		}
		entries = append(entries, e)
	}
	return entries
}

// reports are an entry's reports, in order of arrival: those that were stored and are not in the batch,
// and those of the batch that joined it. They are not to be written to.
func reports(stored []feed.Item, inBatch map[int64]*feed.Item, items []feed.Item, joined []int) []feed.Item {
	if len(stored) == 0 && len(joined) == 1 { // as most are
		return items[joined[0] : joined[0]+1 : joined[0]+1]
	}
	list := make([]feed.Item, 0, len(stored)+len(joined))
	for i := range stored {
		if inBatch[stored[i].ID] == nil {
			list = append(list, stored[i])
		}
	}
	for _, i := range joined {
		list = append(list, items[i])
	}
	byID := func(a, b feed.Item) int { return cmp.Compare(a.ID, b.ID) }
	if !slices.IsSortedFunc(list, byID) {
		slices.SortFunc(list, byID)
	}
	return list
}

// takenOutBy says who emptied an entry: the editor, when a report of it is told elsewhere now, its
// source, or a rule.
func takenOutBy(e *feed.Entry, inBatch map[int64]*feed.Item) feed.Withdrawal {
	by := feed.Dropped
	for i := range e.Reports {
		switch it := inBatch[e.Reports[i].ID]; {
		case it == nil:
		case it.Entry != "" && it.Dropped == "":
			return feed.Moved
		case !it.Gone.IsZero():
			by = feed.Recalled
		}
	}
	return by
}

// retracted tells whether the editor withdrew an entry.
func retracted(stored map[string]feed.Entry, key string) bool {
	return stored[key].WithdrawnBy == feed.Retracted
}

// Follows returns the key of the entry of its story that the one with this key comes after, "" for
// the first.
func (d *Desk) Follows(key string) string { return d.stories.Follows(key) }

// compose sets the fields of an entry from its reports.
func (d *Desk) compose(e *feed.Entry, key string, existed bool) {
	before := e.Lead
	moved := e.Story != e.Reports[0].Story
	e.Key, e.Story = key, e.Reports[0].Story
	d.lead(e)
	if moved || d.parted[e.Story] {
		e.Follows = d.stories.Follows(key)
	}
	if !existed {
		e.Published = e.Reports[0].Date()
		e.Updated = e.Published
	} else if e.Follows == "" && e.Story != key {
		e.Follows = d.stories.Follows(key) // it opened a story that became part of another
	}
	d.date(e, existed && before != 0 && before != e.Lead)
	e.Backlog = true
	for i := range e.Reports {
		e.Backlog = e.Backlog && e.Reports[i].Backlog
	}
	d.file(e)
	d.correct(e)
}

// lead chooses the report that tells the entry.
func (d *Desk) lead(e *feed.Entry) {
	reports := func(id int64) bool {
		for i := range e.Reports {
			if e.Reports[i].ID == id {
				return true
			}
		}
		return false
	}
	if id := d.leads[e.Key]; reports(id) {
		e.Lead = id
		return
	}
	if !reports(e.Lead) || d.stories.Remembers(e.Lead) { // else it is beyond the desk's memory, and stays
		e.Lead = d.stories.Lead(e.Key, e.Lead)
	}
	if !reports(e.Lead) {
		e.Lead = e.Reports[0].ID
	}
}

// date moves the entry's dates on: when its lead was revised, when another took the lead, as changed
// says, and when a development was folded into it.
func (d *Desk) date(e *feed.Entry, changed bool) {
	lead := e.LeadItem()
	at := lead.Revised
	if changed {
		// What stands is told by another now: what was told in between counts no more. The report that the
		// entry began with is as old as the entry.
		e.Updated = e.Published
		if d.stories.Own(lead) != e.Key && lead.FirstSeen.After(at) {
			at = lead.FirstSeen
		}
	}
	for i := range e.Reports {
		if r := &e.Reports[i]; r.Verdict == feed.Update && i > 0 && r.FirstSeen.After(at) {
			at = r.FirstSeen
			if d.updates == "bump" && r.Date().After(e.Published) {
				e.Published = r.Date()
			}
		}
	}
	if at.After(e.Updated) {
		e.Updated = at
	}
}

// file puts the entry under the sections of its reports, those of its lead first, each part in the
// order of the configuration.
func (d *Desk) file(e *feed.Entry) {
	e.Sections = nil
	add := func(it *feed.Item) {
		for _, p := range it.Sections {
			if !slices.Contains(e.Sections, p.Section) {
				e.Sections = append(e.Sections, p.Section)
			}
		}
	}
	add(e.LeadItem())
	n := len(e.Sections)
	for i := range e.Reports {
		add(&e.Reports[i])
	}
	for _, part := range [][]string{e.Sections[:n], e.Sections[n:]} {
		slices.SortStableFunc(part, func(a, b string) int { return d.order[a] - d.order[b] })
	}
}

// correct gives the editor the last word on an entry's sections: what was said of one of its
// reports holds for all that tells the same, whatever a rule makes of the others.
func (d *Desk) correct(e *feed.Entry) {
	last := map[string]correction{}
	for i := range e.Reports {
		for _, c := range d.corrected[e.Reports[i].ID] {
			if have, ok := last[c.section]; !ok || c.turn > have.turn {
				last[c.section] = c
			}
		}
	}
	if len(last) > 0 {
		e.Sections = slices.DeleteFunc(e.Sections, func(s string) bool { return last[s].remove })
	}
}
