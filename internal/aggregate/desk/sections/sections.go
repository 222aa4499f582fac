// Package sections files reports. In comes a report; out come the sections that it enters, who decided that
// (the editor, its source, a rule, or what was learned), and why.
//
// It holds the language of rules, and what the sections learned from sources and editors. It knows no
// stories, never touches the store or the network, and learns nothing from its own decisions.
//
//	sections.go  the order of authority
//	rules.go     rules; term.go, automaton.go, passage.go: their terms, found in a text
//	evidence.go  soft rules and the model; learn.go, features.go, vectors.go: what was learned; correct.go: how its evidence errs; weighing.go, never.go: how much it says
package sections

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"feedd/internal/feed"
)

// Who filed an item, from the highest authority to the lowest, as feed.Placement.By says it.
const (
	byEditor   = "editor"   // feedd file
	bySource   = "source"   // section: of the source
	byCategory = "category" // categories: of the source
	byRule     = "rule"
	byLearned  = "learned"
)

// Correction is the editor's word on one item, which outlives refiling.
type Correction struct {
	Item    int64 // feed.Item.ID
	Section string
	Remove  bool // feedd unfile; otherwise feedd file
}

// Filer files items under sections. It is read-only and safe for concurrent use, as long as
// nobody changes its model meanwhile.
//
// The order of authority: what `drop:` matches is never published. Else the editor's corrections,
// the source's section, its categories and the sections' hard rules each place the item, in this
// order. Only where none of them has a word do soft rules and the learned model weigh in, and
// below the set confidence the item stays unsorted: no section.
type Filer struct {
	sections   []feed.Section
	index      map[string]int // into sections, by id
	set        feed.SectionSettings
	sources    map[string]feed.Source
	categories map[string]map[string]string // section id by source id and key of category
	model      *Model
	fixes      map[int64][]Correction

	rules *ruleSet
	owner []ruleOwner // by rule number

	topics    []point   // by section, see topic
	never     []phrases // by section, and of all: what says nothing of them
	neverAny  phrases
	softRules bool

	memory sync.Pool // of *filing
}

// ruleOwner says what a rule of the set is for.
type ruleOwner struct {
	purpose purpose
	section int // into filer.sections; of no meaning for toDrop
	line    int
}

type purpose uint8

const (
	toDrop purpose = iota
	toEnter
	toPin
	toMute
)

// filing is the memory that filing one item needs.
type filing struct {
	read  reading
	match matching
	holds []holding
	soft  []float64 // by section: what soft rules add

	learn   learning
	restore restoring
	odds    []float64 // by section, in log-odds
	in      []int     // the sections that compete
	factor  float64   // from the model's score to log-odds
	near    float64   // the same for the word vectors
	topics  []point
	of      []int     // in, as the model numbers its sections
	adds    []float64 // by place in the text, see stand
}

// FilerOptions are what a filer goes by.
type Options struct {
	Sections    []feed.Section
	Drop        []feed.Rule
	Sources     map[string]feed.Source // by id
	Learning    feed.SectionSettings
	Model       *Model       // what the sections learned; nil means nothing yet
	Corrections []Correction // in the order they were given
}

// New compiles the rules. The error joins every mistake in them.
func New(o Options) (*Filer, error) {
	f := &Filer{
		sections: o.Sections, set: o.Learning, sources: o.Sources, model: o.Model,
		index: map[string]int{}, categories: map[string]map[string]string{}, fixes: map[int64][]Correction{},
		rules: newRuleSet(), neverAny: newPhrases(o.Learning.Never),
	}
	f.memory.New = func() any { return new(filing) }
	var errs []error
	add := func(rules []feed.Rule, o ruleOwner, where string) {
		for _, r := range rules {
			if _, err := f.rules.add(r); err != nil {
				errs = append(errs, fmt.Errorf("%s, line %d: %w", where, r.Line, err))
				continue
			}
			o.line = r.Line
			f.owner = append(f.owner, o)
		}
	}
	add(o.Drop, ruleOwner{purpose: toDrop}, "drop")
	for i, s := range o.Sections {
		f.index[s.ID] = i
		f.topics = append(f.topics, topic(s))
		f.never = append(f.never, newPhrases(s.Never))
		f.softRules = f.softRules || slices.ContainsFunc(s.Rules, func(r feed.Rule) bool { return r.Weight > 0 })
		add(s.Rules, ruleOwner{purpose: toEnter, section: i}, "section "+s.ID)
		add(s.Pin, ruleOwner{purpose: toPin, section: i}, "section "+s.ID+", pin")
		add(s.Mute, ruleOwner{purpose: toMute, section: i}, "section "+s.ID+", mute")
	}
	for id, src := range o.Sources {
		for name, section := range src.Category {
			if f.categories[id] == nil {
				f.categories[id] = map[string]string{}
			}
			f.categories[id][categoryKey(name)] = section
		}
	}
	for _, c := range o.Corrections { // the last word on a section counts
		said := slices.DeleteFunc(f.fixes[c.Item], func(d Correction) bool { return d.Section == c.Section })
		f.fixes[c.Item] = append(said, c)
	}
	return f, errors.Join(errs...)
}

// categoryKey is equal for two spellings of one category.
func categoryKey(name string) string {
	if key := feed.Normal(name); key != "" {
		return key
	}
	return name
}

// File decides the sections of an item: it sets it.Sections and it.Dropped and nothing else.
func (f *Filer) File(it *feed.Item) {
	w := f.memory.Get().(*filing)
	defer f.memory.Put(w)
	f.decide(it, w)
	if len(it.Sections) == 0 && it.Dropped == "" {
		f.fileByEvidence(it, w)
	}
	f.keepOut(it, w)
	f.pin(it, w)
}

// FilesOtherwise tells whether an item that is filed would be filed otherwise now: dropped or not, by
// another rule, under other sections or by another authority. The line where a rule stands and the
// words that the learned model weighs do not count: neither moves an item. What the editor spoke of
// is among it, for its lesson depends on which sections there are.
func (f *Filer) FilesOtherwise(it *feed.Item) bool {
	if len(f.fixes[it.ID]) > 0 {
		return true
	}
	now := *it
	f.File(&now)
	if now.Dropped != "" || it.Dropped != "" {
		_, why, _ := strings.Cut(now.Dropped, ": ")
		_, was, _ := strings.Cut(it.Dropped, ": ")
		return (now.Dropped == "") != (it.Dropped == "") || why != was
	}
	return !slices.EqualFunc(now.Sections, it.Sections, func(p, q feed.Placement) bool {
		return p.Section == q.Section && p.By == q.By && p.Pinned == q.Pinned && (p.By == byLearned || p.Detail == q.Detail)
	})
}

// Likeliest names the section of an item: the first that an authority names, else the likeliest,
// however unlikely it is; "" when nothing speaks for any.
func (f *Filer) Likeliest(it *feed.Item) (section string, probability float64) {
	w := f.memory.Get().(*filing)
	defer f.memory.Put(w)
	f.decide(it, w)
	if len(it.Sections) > 0 {
		return it.Sections[0].Section, 1
	}
	if it.Dropped == "" {
		if ev := f.weigh(it, w); ev.section >= 0 {
			return f.sections[ev.section].ID, ev.probability
		}
	}
	return "", 0
}

// ReadsContent tells whether a rule looks at the content of an item: then File needs it.
func (f *Filer) ReadsContent() bool { return f.rules.fields&inContent != 0 }

// decide is file without the evidence of soft rules and of the model and without what keeps items
// out; it leaves in w what weigh needs to go on from there.
func (f *Filer) decide(it *feed.Item, w *filing) {
	it.Sections, it.Dropped = nil, ""
	src := f.sources[it.Source]
	if w.holds = w.holds[:0]; len(f.rules.rules) == 0 {
		w.read.begin(it, src) // its words are read when the model asks for them
	} else {
		w.read.read(it, src, f.rules.fields)
		w.holds = f.rules.match(w.holds, &w.match, &w.read)
	}
	for _, h := range w.holds {
		if o := f.owner[h.rule]; o.purpose == toDrop {
			by := feed.Say("dropped by the rule in line %s: %s", strconv.Itoa(o.line), feed.Say(f.rules.describe(&w.match, h)))
			it.Dropped, it.Why = by.String(), feed.Why{Said: []feed.Text{by}}
			return
		}
	}
	f.fileByEditor(it)
	f.fileBySource(it, src, w.read.language)
	f.fileByRules(it, w)
}

// place adds a placement unless the item is there already by a higher authority.
func place(it *feed.Item, p feed.Placement) {
	if !slices.ContainsFunc(it.Sections, func(q feed.Placement) bool { return q.Section == p.Section }) {
		it.Sections = append(it.Sections, p)
	}
}

func (f *Filer) fileByEditor(it *feed.Item) {
	for _, c := range f.fixes[it.ID] {
		if _, ok := f.index[c.Section]; ok && !c.Remove {
			place(it, feed.Placement{Section: c.Section, By: byEditor})
		}
	}
}

// keepOut takes the item out of the sections the editor took it out of, and of those that mute it
// unless the editor put it there.
func (f *Filer) keepOut(it *feed.Item, w *filing) {
	out := func(section string, even bool) {
		it.Sections = slices.DeleteFunc(it.Sections, func(p feed.Placement) bool {
			return p.Section == section && (even || p.By != byEditor)
		})
	}
	for _, c := range f.fixes[it.ID] {
		if c.Remove {
			out(c.Section, true)
		}
	}
	for _, h := range w.holds {
		if o := f.owner[h.rule]; o.purpose == toMute {
			out(f.sections[o.section].ID, false)
		}
	}
	if len(it.Sections) == 0 {
		it.Sections = nil
	}
}

// pin marks the sections that the item leads.
func (f *Filer) pin(it *feed.Item, w *filing) {
	for _, h := range w.holds {
		o := f.owner[h.rule]
		if o.purpose != toPin {
			continue
		}
		for i := range it.Sections {
			if p := &it.Sections[i]; p.Section == f.sections[o.section].ID && !p.Pinned {
				p.Pinned, p.PinLine = true, o.line
			}
		}
	}
}

func (f *Filer) fileBySource(it *feed.Item, src feed.Source, language string) {
	if i, ok := f.index[src.Section]; ok && f.speaks(i, language) {
		place(it, feed.Placement{Section: src.Section, By: bySource, Line: src.Line, Detail: "everything from " + src.ID})
	}
	mapped := f.categories[it.Source]
	if mapped == nil {
		return
	}
	for _, c := range it.Categories {
		id := mapped[categoryKey(c)]
		if i, ok := f.index[id]; ok && f.speaks(i, language) {
			place(it, feed.Placement{Section: id, By: byCategory, Line: src.Line, Detail: c})
		}
	}
}

// speaks tells whether a section takes items in a language. What nothing is known about may be in
// any language.
func (f *Filer) speaks(section int, language string) bool {
	want := f.sections[section].Language
	return want == "" || language == "" || primary(want) == language
}

// fileByRules places the item where hard rules hold and sums up the soft ones.
func (f *Filer) fileByRules(it *feed.Item, w *filing) {
	w.soft = resize(w.soft, len(f.sections))
	for _, h := range w.holds {
		o, r := f.owner[h.rule], &f.rules.rules[h.rule]
		if o.purpose != toEnter || !f.speaks(o.section, w.read.language) {
			continue
		}
		if r.weight == 0 {
			place(it, feed.Placement{Section: f.sections[o.section].ID, By: byRule, Line: o.line, Detail: f.rules.describe(&w.match, h)})
			continue
		}
		w.soft[o.section] += r.weight
	}
}

// Labels returns what the filed item teaches: that it is an example of the sections its editor, its
// source or its source's categories put it under, or, where none of them did, of what the sections
// are not that its editor took it out of. What rules and the model decided teaches nothing.
func (f *Filer) Labels(it *feed.Item) []Label {
	if !f.set.Learn || len(f.sections) < 2 || it.Dropped != "" {
		return nil
	}
	src, known := f.sources[it.Source]
	var labels []Label
	for _, p := range it.Sections {
		switch {
		case p.By == byEditor:
			labels = append(labels, NewLabel(it, src, p.Section, ""))
		case (p.By == bySource || p.By == byCategory) && known && src.Learn:
			labels = append(labels, NewLabel(it, src, p.Section, src.Outlet()))
		}
	}
	if labels != nil {
		return labels
	}
	for _, c := range f.fixes[it.ID] {
		if _, ok := f.index[c.Section]; ok && c.Remove {
			labels = append(labels, NewLabel(it, src, feed.NotSection+c.Section, ""))
		}
	}
	return labels
}

// resize returns a slice of n zeros, in s's memory where that is large enough.
func resize(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n)
	}
	s = s[:n]
	clear(s)
	return s
}
