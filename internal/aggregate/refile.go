package aggregate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/feed"
)

// After the editor changed the configuration, what the change can reach within the window is filed
// anew: the items of the sources that are set otherwise, and of all others those that the rules file
// under other sections than they stand in. Nothing else goes through the desk again, and no section
// is rendered for nothing.

// The store keeps by what its items were filed: under rulesInForce a fingerprint, or severalRules
// when processes with different configurations filed; under rulesBySource what the fingerprint was
// made of, so that the next change shows what it changed.
const (
	rulesInForce  = "rules"
	severalRules  = "several"
	rulesBySource = "rules by source"
)

// ruling is all that settles under which sections an item is filed, as far as two of them need to be
// told apart. Where in the configuration a rule stands does not matter.
type ruling struct {
	Print   string            `json:"print"`   // of all of it
	Sources map[string]string `json:"sources"` // a fingerprint of what is set for each
	Order   []string          `json:"order"`   // of the sections, in which an entry names them
	Teaches bool              `json:"teaches"` // items are examples that the sections learn from
	Rules   string            `json:"rules"`   // a fingerprint of sections, drop rules and learning
}

func rulingOf(s *Settings) (*ruling, error) {
	r := ruling{Sources: map[string]string{}, Teaches: s.Learning.Learn && len(s.Sections) > 1}
	var err error
	if r.Print, err = fingerprint(s); err != nil {
		return nil, err
	}
	for i := range s.Sources {
		one := Settings{Sources: s.Sources[i : i+1]}
		if r.Sources[s.Sources[i].ID], err = fingerprint(&one); err != nil {
			return nil, err
		}
	}
	for i := range s.Sections {
		r.Order = append(r.Order, s.Sections[i].ID)
	}
	rest := *s
	rest.Sources = nil
	r.Rules, err = fingerprint(&rest)
	return &r, err
}

// otherSources returns the sources that are set otherwise in the two, when nothing else differs.
func (r *ruling) otherSources(was *ruling) (ids []string, alone bool) {
	if r.Rules != was.Rules || !slices.Equal(r.Order, was.Order) {
		return nil, false
	}
	for id, print := range r.Sources {
		if was.Sources[id] != print {
			ids = append(ids, id)
		}
	}
	for id := range was.Sources {
		if _, ok := r.Sources[id]; !ok {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, true
}

// reordered tells whether two sections that both know stand in another order.
func (r *ruling) reordered(was *ruling) bool {
	common := func(a, b []string) []string {
		return slices.DeleteFunc(slices.Clone(a), func(id string) bool { return !slices.Contains(b, id) })
	}
	return !slices.Equal(common(r.Order, was.Order), common(was.Order, r.Order))
}

// refileChanged puts what the present rules may file otherwise than the stored ones did back into
// the inbox, and returns how many items.
func (a *Aggregate) refileChanged(ctx context.Context, s *Settings) (n int, err error) {
	is, err := rulingOf(s)
	if err != nil {
		return 0, err
	}
	print, err := a.store.Meta(ctx, rulesInForce)
	if err != nil {
		return 0, err
	}
	a.rules = is.Print
	if print == is.Print {
		return 0, nil
	}
	if print != "" {
		was, err := a.rulingBefore(ctx, print)
		if err != nil {
			return 0, err
		}
		if n, err = a.refile(ctx, s, is, was); err != nil {
			return 0, err
		}
		a.log.Info("the configuration changed; filing again the items that it concerns", "items", n)
	}
	text, err := json.Marshal(is)
	if err != nil {
		return 0, err
	}
	if err := a.store.SetMeta(ctx, rulesBySource, string(text)); err != nil {
		return 0, err
	}
	return n, a.store.SetMeta(ctx, rulesInForce, is.Print)
}

// Refiled is what came of filing anew by the settings that were put into force last.
type Refiled struct {
	Done    bool // the desk has filed all of it
	Items   int  // looked at again
	Stories int  // that entered or left a section, or everything published
}

// Refiled tells what putting the present settings into force moved.
func (a *Aggregate) Refiled() Refiled {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.refiled
}

// moved returns the stories of which an entry that existed is in other sections than before, or came
// or went as a whole.
func moved(stored map[string]feed.Entry, entries []feed.Entry) (stories []string) {
	for i := range entries {
		was, existed := stored[entries[i].Key]
		if existed && (!slices.Equal(was.Sections, entries[i].Sections) || was.Withdrawn.IsZero() != entries[i].Withdrawn.IsZero()) {
			stories = append(stories, entries[i].Story)
		}
	}
	return stories
}

// rulingBefore returns what the stored items were filed by, nil when that is not known: several
// configurations were at work, or a version of feedd that did not write it down.
func (a *Aggregate) rulingBefore(ctx context.Context, print string) (*ruling, error) {
	text, err := a.store.Meta(ctx, rulesBySource)
	if err != nil || text == "" {
		return nil, err
	}
	var r ruling
	if err := json.Unmarshal([]byte(text), &r); err != nil || r.Print != print {
		return nil, nil
	}
	return &r, nil
}

// refile puts what the change from was to is can reach back into the inbox, and returns how many items.
func (a *Aggregate) refile(ctx context.Context, s *Settings, is, was *ruling) (int, error) {
	since := a.now().Add(-s.window())
	if was != nil {
		if ids, alone := is.otherSources(was); alone {
			return a.putBack(a.store.RefileSources(ctx, since, ids))
		}
		if is.Teaches != was.Teaches || is.reordered(was) {
			return a.putBack(a.store.Refile(ctx, since))
		}
	}
	model, err := a.learned(ctx, a.now())
	if err != nil {
		return 0, err
	}
	model.When(func() (*sections.Model, error) { return a.Model(ctx) })
	d, err := a.newDesk(ctx, *s, model)
	if err != nil {
		return 0, err
	}
	total := 0
	err = a.filedSince(ctx, since, d.ReadsContent(), func(items []feed.Item) error {
		var otherwise []int64
		for i := range items {
			if d.FilesOtherwise(&items[i]) {
				otherwise = append(otherwise, items[i].ID)
			}
		}
		if err := a.known(); err != nil {
			return err
		}
		n, err := a.putBack(a.store.RefileItems(ctx, otherwise))
		total += n
		return err
	})
	return total, err
}

// putBack passes on how many items were put back into the inbox. That counts as a commit, of which the desk that is kept knows.
func (a *Aggregate) putBack(n int, err error) (int, error) {
	if n > 0 && err == nil {
		a.keptAt++
	}
	return n, err
}

// filedSince calls each for the filed items since a time, in order of arrival, a batch at a time, with their
// contents where they are to be whole; the next batch is read meanwhile.
func (a *Aggregate) filedSince(ctx context.Context, since time.Time, whole bool, each func([]feed.Item) error) error {
	ctx, cancel := context.WithCancel(ctx)
	batches := make(chan inbox)
	done := make(chan struct{})
	defer func() { cancel(); <-done }()
	go func() {
		defer close(done)
		defer close(batches)
		var last int64
		for {
			items, err := a.store.FiledSince(ctx, since, last, batchSize, whole)
			if err == nil && len(items) == 0 {
				return
			}
			select {
			case batches <- inbox{items, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
			last = items[len(items)-1].ID
		}
	}()
	for b := range batches {
		if b.err != nil {
			return b.err
		}
		if err := each(b.items); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// noteRules says in the store, before a commit, when another process filed by other rules than this
// one does. Whoever next reads its rules then files all anew.
func (a *Aggregate) noteRules(ctx context.Context) error {
	stored, err := a.store.Meta(ctx, rulesInForce)
	if err != nil || stored == a.rules || stored == severalRules {
		return err
	}
	return a.store.SetMeta(ctx, rulesInForce, severalRules)
}

// fingerprint is equal for settings that file every item alike. Where in the configuration a rule
// stands does not matter: a comment files nothing anew.
func fingerprint(s *Settings) (string, error) {
	type filing struct {
		Section, Title, Language string
		Categories               map[string]string
		Learn                    bool
	}
	of := map[string]filing{}
	for _, src := range s.Sources {
		of[src.ID] = filing{src.Section, src.Title, src.Language, src.Category, src.Learn}
	}
	type rules struct {
		ID, Language string
		Rules        []feed.Rule
		Pin, Mute    []feed.Rule
		Learn        bool
	}
	var sections []rules
	for _, sec := range s.Sections {
		sections = append(sections, rules{sec.ID, sec.Language, feed.WithoutLines(sec.Rules), feed.WithoutLines(sec.Pin), feed.WithoutLines(sec.Mute), sec.Learn})
	}
	text, err := json.Marshal([]any{of, sections, feed.WithoutLines(s.Drop), s.Learning})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}
