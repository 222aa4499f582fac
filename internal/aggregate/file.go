package aggregate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"feedd/internal/aggregate/desk"
	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/feed"
	"feedd/internal/store"
)

// Items the desk takes at once. Publishing hears of them together.
const batchSize = 1000

// How long the desk waits after it could not commit.
const deskRetry = 10 * time.Second

// A clock that went back by more than this was set, and not corrected.
const clockBack = time.Minute

// runDesk files whatever comes in until ctx ends, or with lost when another node has taken over.
func (a *Aggregate) runDesk(ctx context.Context, lost func(error)) {
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.wake:
		case <-retry.C:
		}
		began := time.Now()
		n, err := a.File(ctx)
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, store.ErrLost):
			lost(err)
		case err != nil:
			a.log.Error("filing failed; the items wait and are tried again", "error", err, "after", deskRetry)
			retry.Reset(deskRetry)
		}
		if n == 0 || a.queue != nil { // see Options.Rest
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(a.rest() - time.Since(began)):
		}
	}
}

// File takes every unfiled item through the desk and returns how many there were; not those that come in with the last of them.
func (a *Aggregate) File(ctx context.Context) (int, error) { return a.file(ctx, toTheEnd(), true) }

// toTheEnd lets the desk take batch after batch until nothing waits.
func toTheEnd() <-chan struct{} {
	full := make(chan struct{})
	close(full)
	return full
}

// file takes a batch through the desk for every note in full, and what is left once full is closed.
// When it is fair, the sources take turns while one of them floods. It returns how many items were committed.
func (a *Aggregate) file(ctx context.Context, full <-chan struct{}, fair bool) (int, error) {
	if err := a.atDesk.enter(ctx); err != nil {
		return 0, err
	}
	defer a.atDesk.leave()
	now := a.now()
	if now.Before(a.filedAt.Add(-clockBack)) {
		a.forget() // the clock was put back: the desk forgot what had grown too old by the one before
	}
	a.filedAt = now
	if !a.adopted {
		settings, _ := a.current()
		n, err := a.refileChanged(ctx, &settings)
		if err != nil {
			return 0, err
		}
		a.adopted, a.moving = true, map[string]bool{}
		a.mu.Lock()
		a.refiled = Refiled{Items: n}
		a.mu.Unlock()
	}
	total := 0
	for {
		l := line{Aggregate: a, full: full, fair: fair}
		err := l.run(ctx)
		total += l.committed
		if err == nil {
			a.settled()
			return total, nil
		}
		a.desk = nil                             // it remembers what was not committed
		if !errors.Is(err, store.ErrOvertaken) { // feedd collect beside a daemon, or the other way round
			return total, err
		}
	}
}

// settled notes, when nothing waits any more, what the settings in force moved.
func (a *Aggregate) settled() {
	if a.moving == nil {
		return
	}
	a.mu.Lock()
	a.refiled.Done, a.refiled.Stories = true, len(a.moving)
	a.mu.Unlock()
	a.moving = nil
}

// Likely is the section that an item most likely belongs to, and how likely; "" when nothing speaks for any.
type Likely struct {
	Section     string
	Probability float64
}

// Likeliest names the likeliest section of each item by the rules and by what was learned, however
// unlikely it is. It decides nothing.
func (a *Aggregate) Likeliest(ctx context.Context, items []feed.Item) ([]Likely, error) {
	if err := a.atDesk.enter(ctx); err != nil {
		return nil, err
	}
	defer a.atDesk.leave()
	if a.desk == nil {
		var err error
		if a.desk, err = a.openDesk(ctx, a.now()); err != nil {
			return nil, err
		}
	}
	a.model.When(func() (*sections.Model, error) { return a.Model(ctx) })
	likely := make([]Likely, len(items))
	for i := range items {
		likely[i].Section, likely[i].Probability = a.desk.Likeliest(&items[i])
	}
	if err := a.known(); err != nil {
		a.desk = nil // it goes by a model that knows nothing
		return nil, err
	}
	return likely, nil
}

// Model returns what the sections learned from the stored examples.
func (a *Aggregate) Model(ctx context.Context) (*sections.Model, error) {
	settings, _ := a.current()
	now := a.now()
	outlets, err := a.store.LabelCounts(ctx, sections.Begin(now))
	if err != nil {
		return nil, fmt.Errorf("count what the sections learned: %w", err)
	}
	m := sections.NewWeighingModel(sections.Weighing{Now: now, HalfLife: settings.Learning.HalfLife, Outlets: outlets})
	if err := m.LearnAll(func(each func(sections.Label)) error {
		return a.store.Labels(ctx, func(l feed.Label) { each(sections.Label(l)) })
	}); err != nil {
		return nil, fmt.Errorf("read what the sections learned: %w", err)
	}
	return m, nil
}

// LearnedWords returns at most so many words that say most for a section by what it has learned, the
// loudest first.
func (a *Aggregate) LearnedWords(ctx context.Context, section string, most int) ([]feed.LearnedWord, error) {
	m, err := a.Model(ctx)
	if err != nil {
		return nil, err
	}
	settings, _ := a.current()
	never := slices.Clone(settings.Learning.Never)
	for i := range settings.Sections {
		if s := &settings.Sections[i]; s.ID == section {
			never = append(never, s.Never...)
		}
	}
	return sections.LearnedWords(m, section, never, most, func(each func(sections.Label)) error {
		return a.store.Labels(ctx, func(l feed.Label) { each(sections.Label(l)) })
	})
}

// lesson is a label that the model is to learn, or to take back (sign -1).
type lesson struct {
	feed.Label
	sign int
}

// teach has the model learn the lessons (sign 1), or take them back (sign -1).
func (a *Aggregate) teach(lessons []lesson, sign int) {
	for _, l := range lessons {
		a.model.LearnLabel(sections.Label(l.Label), sign*l.sign)
	}
}

// labels adds to f what the batch changes among the examples that the sections learn from, and
// returns the changes. again are the items that may have been examples before.
func (a *Aggregate) labels(ctx context.Context, f *store.Filed, again []int64) ([]lesson, error) {
	old, err := a.store.LabelsOf(ctx, again)
	if err != nil {
		return nil, err
	}
	was := map[feed.Label]bool{}
	for _, l := range old {
		was[l] = true
	}
	var taught []lesson
	f.Relabel = again
	for i := range f.Items {
		for _, d := range a.desk.Labels(&f.Items[i]) {
			l := feed.Label(d)
			f.Labels = append(f.Labels, l)
			if was[l] {
				delete(was, l)
			} else {
				taught = append(taught, lesson{l, 1})
			}
		}
	}
	for _, l := range old {
		if was[l] {
			taught = append(taught, lesson{l, -1})
		}
	}
	return taught, nil
}

// storedEntries reads the entries among keys that exist already, and, without their reports, of the
// stories that new ones continue the first entries and those that the new ones follow.
func (a *Aggregate) storedEntries(ctx context.Context, keys []string, items []feed.Item, again []int64) (map[string]feed.Entry, error) {
	opened := map[string]bool{} // by items never filed before: these entries cannot exist yet
	var before []string
	for i := range items {
		it := &items[i]
		_, filedBefore := slices.BinarySearch(again, it.ID)
		if !filedBefore && it.Entry == it.OwnEntry() {
			opened[it.Entry] = true
		}
		if it.Story != it.Entry {
			before = append(before, it.Story)
			if follows := a.desk.Follows(it.Entry); follows != "" {
				before = append(before, follows)
			}
		}
	}
	var whole []string
	for _, key := range keys { // in order
		if !opened[key] {
			whole = append(whole, key)
		}
	}
	slices.Sort(before)
	before = slices.DeleteFunc(slices.Compact(before), func(key string) bool {
		_, have := slices.BinarySearch(whole, key)
		return have || opened[key]
	})
	stored := make(map[string]feed.Entry, len(before)+len(whole))
	for _, q := range []feed.EntryQuery{{Keys: before, Any: true, Bare: true}, {Keys: whole, Any: true, Outline: true}} {
		if len(q.Keys) == 0 {
			continue // it would ask for all
		}
		entries, err := a.store.Entries(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			stored[e.Key] = e
		}
	}
	return stored, nil
}

// openDesk builds the desk and gives it back its memory; that of a desk of other settings where it still holds.
func (a *Aggregate) openDesk(ctx context.Context, now time.Time) (*desk.Desk, error) {
	settings, _ := a.current()
	model, err := a.learned(ctx, now)
	if err != nil {
		return nil, err
	}
	kept := a.kept
	if a.kept = nil; kept != nil && a.keptAt == a.turn {
		if ok, err := a.reform(ctx, kept, settings, model, now); ok || err != nil {
			return kept, err
		}
	}
	d, err := a.newDesk(ctx, settings, model)
	if err != nil {
		return nil, err
	}
	err = a.store.Window(ctx, now.Add(-settings.Stories.Window), func(it *feed.Item) error {
		d.Restore(it) // which reads the texts beside this
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the reports of the last days: %w", err)
	}
	return d, nil
}

// reform has a desk go by other settings, as if it were built anew by them, and says whether it can: of what it remembers,
// nothing is read anew but what the change reaches.
func (a *Aggregate) reform(ctx context.Context, d *desk.Desk, s Settings, model *sections.Model, now time.Time) (ok bool, err error) {
	o := deskOptions(s)
	o.Model = model
	if o.Words, err = a.store.Words(ctx); err != nil {
		return false, err
	}
	d.Prune(now)
	items, reread, ok, err := d.Reform(o)
	if err != nil || !ok {
		return false, err
	}
	if err := a.store.Remembered(ctx, items, reread, func(it *feed.Item) error {
		d.Reread(it)
		return nil
	}); err != nil {
		return false, fmt.Errorf("read anew what other sources told: %w", err)
	}
	return true, nil
}

// learned is the model as of the last commit of any desk, whose turn is the present one from now on. It is
// read when it is first asked; and anew only where another desk changed the examples, or they count otherwise
// by now: that takes longer than all else that a desk begins with, and neither a change of the configuration
// nor the editor's word teaches anything until a desk has filed by it.
func (a *Aggregate) learned(ctx context.Context, now time.Time) (*sections.Model, error) {
	settings, _ := a.current()
	turn, err := a.store.DeskTurn(ctx)
	if err != nil {
		return nil, err
	}
	taught, err := a.store.LastLesson(ctx) // after the turn: a commit in between is one that this desk has not seen
	if err != nil {
		return nil, err
	}
	if a.model == nil || taught > a.turn || a.model.Aged(now) || a.halfLife != settings.Learning.HalfLife {
		a.model, a.halfLife = sections.LateModel(now), settings.Learning.HalfLife
	}
	a.turn = turn
	return a.model, nil
}

// known says why the model could not be read when it was asked; it is forgotten then. What the desk decided
// by it counts for nothing.
func (a *Aggregate) known() error {
	err := a.model.Err()
	if err != nil {
		a.model = nil
	}
	return err
}

// forget forgets what the desk remembers and what was learned: either may be more than is stored, or less.
func (a *Aggregate) forget() { a.desk, a.kept, a.model = nil, nil, nil }

// newDesk returns a desk that knows the editor's words and what the sections learned, and
// remembers no reports.
func (a *Aggregate) newDesk(ctx context.Context, s Settings, model *sections.Model) (*desk.Desk, error) {
	o := deskOptions(s)
	o.Model = model
	var err error
	if o.Words, err = a.store.Words(ctx); err != nil {
		return nil, err
	}
	return desk.New(o)
}

func deskOptions(s Settings) desk.Options {
	return desk.Options{Sources: s.ByID, Sections: s.Sections, Drop: s.Drop, Stories: s.Stories, Learning: s.Learning}
}

// waiting tells how many items wait for the desk and how many seconds the oldest has, for
// /metrics; -1 when the store does not say.
func (a *Aggregate) waiting() (items, seconds float64) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	n, since, err := a.store.Lag(ctx)
	switch {
	case err != nil:
		return -1, -1
	case n == 0:
		return 0, 0
	}
	return float64(n), a.now().Sub(since).Seconds()
}

// Lines returns where the rules stand in the configuration as it is now.
func (a *Aggregate) Lines() (*sections.Lines, error) {
	settings, _ := a.current()
	o := deskOptions(settings)
	return sections.NewLines(sections.Options{Sections: o.Sections, Drop: o.Drop, Sources: o.Sources, Learning: o.Learning})
}
