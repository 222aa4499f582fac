package daemon

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/editor"
	"feedd/internal/store"
)

// Editor says the last word on single items and stories. Each is remembered in the store as a
// decision, with a number by which it is taken back, and put into force at once; a daemon that runs
// beside notices.
type Editor struct {
	d    *Daemon
	name string
	said int64
}

// As returns an editor whose decisions carry a name; it may be empty.
func (d *Daemon) As(name string) *Editor { return &Editor{d: d, name: name} }

// Said is the number of the decision that the editor made last, 0 before the first.
func (e *Editor) Said() int64 { return e.said }

// File puts the items that what names under a section for good, or with remove takes them out.
func (e *Editor) File(ctx context.Context, what, section string, remove bool) ([]feed.Item, error) {
	if !e.d.hasSection(section) {
		return nil, feed.Unknownf("no section %q in the configuration", section)
	}
	kind := feed.WordFile
	if remove {
		kind = feed.WordUnfile
	}
	return e.file(ctx, kind, what, []string{section})
}

// KeepOut takes the items that what names out of every section of the configuration, as one decision.
func (e *Editor) KeepOut(ctx context.Context, what string) ([]feed.Item, error) {
	return e.file(ctx, feed.WordUnfile, what, e.d.SectionIDs())
}

func (e *Editor) file(ctx context.Context, kind feed.EditorsKind, what string, sections []string) ([]feed.Item, error) {
	items, err := e.d.find(ctx, what)
	if err != nil {
		return nil, err
	}
	var words []feed.EditorsWord
	var ids []int64
	for _, it := range items {
		for _, section := range sections {
			words = append(words, feed.EditorsWord{Kind: kind, A: strconv.FormatInt(it.ID, 10), B: section, At: e.d.o.Now(), By: e.name})
		}
		ids = append(ids, it.ID)
	}
	if len(words) == 0 {
		return nil, feed.Errorf("the configuration has no sections")
	}
	return items, e.speak(ctx, words, ids)
}

// Split takes one report out of a story for good.
func (e *Editor) Split(ctx context.Context, story, what string) (feed.Item, error) {
	d := e.d
	items, err := d.find(ctx, what)
	if err != nil {
		return feed.Item{}, err
	}
	if len(items) > 1 {
		var ids []string
		for _, it := range items {
			ids = append(ids, strconv.FormatInt(it.ID, 10))
		}
		return feed.Item{}, feed.Errorf("%s names %d items; choose one by its number: %s", what, len(items), strings.Join(ids, ", "))
	}
	it := items[0]
	of, err := d.story(ctx, story)
	if err != nil {
		return it, err
	}
	if it.Story != of {
		return it, feed.Errorf("item %d is not in story %s but in %s", it.ID, of, it.Story)
	}
	entries, err := d.store.Entries(ctx, feed.EntryQuery{Keys: []string{it.Entry}, Any: true, Brief: true})
	if err != nil {
		return it, err
	}
	if len(entries) != 1 {
		return it, feed.Errorf("the entry %s of item %d is not there", it.Entry, it.ID)
	}
	words, err := e.split(ctx, &it, &entries[0])
	if err != nil {
		return it, err
	}
	return it, e.speak(ctx, words, []int64{it.ID})
}

// split is what to say to take a report out of its story. Ids are for good: an entry that has other reports
// keeps its id and goes on with those, and the report opens one of its own, also where that very entry was
// its own; a development that is told by it alone leaves the story and keeps its id.
func (e *Editor) split(ctx context.Context, it *feed.Item, entry *feed.Entry) ([]feed.EditorsWord, error) {
	opens, err := e.d.opens(ctx)
	if err != nil {
		return nil, err
	}
	own, now := opens(it), e.d.o.Now()
	words := []feed.EditorsWord{{Kind: feed.WordSplit, A: own, B: it.Story, At: now, By: e.name}}
	switch {
	case own == it.Entry && len(entry.Reports) > 1:
		words[0].A = it.SplitKey()
		for i := range entry.Reports { // those that stay are none of the new story's, and the first of them opens the entry
			r := &entry.Reports[i]
			if r.ID == it.ID {
				continue
			}
			stays := feed.EditorsWord{Kind: feed.WordSplit, A: opens(r), B: words[0].A, At: now, By: e.name}
			if len(words) == 1 {
				stays.A, stays.Places = own, []feed.Place{{Item: r.ID}}
			}
			words = append(words, stays)
		}
	case own == it.Entry && own == it.Story:
		return nil, feed.Errorf("item %d began the story and is alone in its first entry; split the developments off that are none of it", it.ID)
	}
	words[0].Titles = [2]string{it.Title, otherHeadline(entry, it.ID)}
	return words, nil
}

// opens tells the key of the entry that an item opens when it tells something new.
func (d *Daemon) opens(ctx context.Context) (func(*feed.Item) string, error) {
	words, err := d.store.Words(ctx)
	split := feed.OpenedBySplits(words)
	return func(it *feed.Item) string { return cmp.Or(split[it.ID], it.OwnEntry()) }, err
}

// Confirm says that a report is rightly told under the entry of another: the two are one story, whatever
// is learned later.
func (e *Editor) Confirm(ctx context.Context, id int64) (feed.Item, error) {
	items, err := e.d.find(ctx, strconv.FormatInt(id, 10))
	if err != nil {
		return feed.Item{}, err
	}
	it := items[0]
	opens, err := e.d.opens(ctx)
	if err != nil {
		return it, err
	}
	own := opens(&it)
	if it.Entry == "" || own == it.Entry {
		return it, feed.Errorf("item %d is told under an entry of its own", it.ID)
	}
	entries, err := e.d.store.Entries(ctx, feed.EntryQuery{Keys: []string{it.Entry}, Any: true, Brief: true})
	if err != nil {
		return it, err
	}
	word := feed.EditorsWord{Kind: feed.WordJoin, A: it.Story, B: own, At: e.d.o.Now(), By: e.name}
	if len(entries) == 1 {
		word.Titles = [2]string{it.Title, headline(&entries[0])}
	}
	return it, e.speak(ctx, []feed.EditorsWord{word}, nil)
}

// headline is what an entry's lead says.
func headline(e *feed.Entry) string {
	if lead := e.LeadItem(); lead != nil {
		return lead.Title
	}
	return ""
}

// otherHeadline is what an entry says without one report: its lead, or the first of the others.
func otherHeadline(e *feed.Entry, without int64) string {
	if e.Lead != without {
		return headline(e)
	}
	for i := range e.Reports {
		if e.Reports[i].ID != without {
			return e.Reports[i].Title
		}
	}
	return ""
}

// Join makes two stories one. The older id stays, the younger is withdrawn. It returns both, the
// older first.
func (e *Editor) Join(ctx context.Context, a, b string) (older, younger string, err error) {
	d := e.d
	if older, err = d.story(ctx, a); err != nil {
		return "", "", err
	}
	if younger, err = d.story(ctx, b); err != nil {
		return "", "", err
	}
	if older == younger {
		return "", "", feed.Errorf("%s and %s are one story already", a, b)
	}
	first, err := d.store.Entries(ctx, feed.EntryQuery{Keys: []string{older, younger}, Any: true, Brief: true})
	if err != nil {
		return "", "", err
	}
	if len(first) == 2 && first[0].Key == older { // newest first
		older, younger = younger, older
	}
	if len(first) == 2 && first[0].Published.Equal(first[1].Published) {
		split, err := d.store.Words(ctx)
		if err != nil {
			return "", "", err
		}
		if slices.ContainsFunc(split, func(w feed.EditorsWord) bool { return w.Kind == feed.WordSplit && w.A == older && w.B == younger }) {
			older, younger = younger, older // it was split off the other
		}
	}
	if len(first) == 2 && (first[0].WithdrawnBy == feed.Retracted) != (first[1].WithdrawnBy == feed.Retracted) {
		gone := first[0].Key
		if first[1].WithdrawnBy == feed.Retracted {
			gone = first[1].Key
		}
		return "", "", feed.Errorf("story %s is withdrawn and the other is not; to join them, first retract the other or bring it back with feedd retract --undo %s", gone, gone)
	}
	var ids []int64
	entries, err := d.store.Entries(ctx, feed.EntryQuery{Story: younger, Any: true, Brief: true})
	if err != nil {
		return "", "", err
	}
	for _, told := range entries {
		for _, r := range told.Reports {
			ids = append(ids, r.ID)
		}
	}
	word := feed.EditorsWord{Kind: feed.WordJoin, A: older, B: younger, At: d.o.Now(), By: e.name}
	if len(first) == 2 {
		word.Titles = [2]string{headline(&first[0]), headline(&first[1])}
	}
	return older, younger, e.speak(ctx, []feed.EditorsWord{word}, ids)
}

// Retract withdraws the whole story that id names from everything published, for good, or with
// undo brings it back. It returns the entries concerned.
func (e *Editor) Retract(ctx context.Context, id string, undo bool) ([]feed.Entry, error) {
	d := e.d
	found, err := d.Explain(ctx, id)
	if err != nil {
		return nil, err
	}
	entries := map[string]feed.Entry{}
	var dropped []string // entries of which a rule may have taken this report
	for _, f := range found {
		for _, told := range f.Story {
			entries[told.Key] = told
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
		for _, told := range emptied {
			entries[told.Key] = told
		}
	}
	if len(entries) == 0 {
		return nil, feed.Errorf("%s is in no feed: %s", id, feed.Say(cmp.Or(found[0].Item.Dropped, "the desk has not filed it yet")))
	}
	keys := make([]string, 0, len(entries))
	for k := range entries {
		if (entries[k].WithdrawnBy == feed.Retracted) == undo {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		if undo {
			return nil, feed.Errorf("%s is not withdrawn", id)
		}
		return nil, feed.Errorf("%s is withdrawn already", id)
	}
	slices.Sort(keys)
	at := d.o.Now()
	if undo {
		at = time.Time{}
	}
	if _, e.said, err = d.store.WithdrawBy(ctx, keys, at, e.name); err != nil {
		return nil, err
	}
	list := make([]feed.Entry, 0, len(keys))
	for _, k := range keys {
		list = append(list, entries[k])
	}
	return list, nil
}

// Decisions returns what the editors decided and have not taken back, the newest first.
func (d *Daemon) Decisions(ctx context.Context) ([]editor.Decision, error) {
	words, err := d.store.Words(ctx)
	if err != nil {
		return nil, err
	}
	var all []editor.Decision
	index := map[int64]int{}
	var ids []int64 // of file and unfile
	for _, w := range words {
		if w.Kind == feed.WordReturn {
			continue
		}
		i, known := index[w.N]
		if !known {
			i = len(all)
			index[w.N] = i
			all = append(all, editor.Decision{N: w.N, Kind: w.Kind, At: w.At, By: w.By})
		}
		told := &all[i]
		switch w.Kind {
		case feed.WordFile, feed.WordUnfile:
			if !slices.Contains(told.On, w.A) {
				told.On = append(told.On, w.A)
			}
			if !slices.Contains(told.Sections, w.B) {
				told.Sections = append(told.Sections, w.B)
			}
			if id, err := strconv.ParseInt(w.A, 10, 64); err == nil {
				ids = append(ids, id)
			}
		case feed.WordRetract:
			told.On = append(told.On, w.A)
		case feed.WordSplit:
			if w.Parts() {
				told.On = append(told.On, w.A, w.B)
			}
		default:
			told.On = append(told.On, w.A, w.B)
		}
		for _, title := range w.Titles {
			if title != "" {
				told.Headlines = append(told.Headlines, title)
			}
		}
	}
	found, err := d.store.Items(ctx, ids)
	if err != nil {
		return nil, err
	}
	titles := map[string]string{}
	for _, it := range found {
		titles[strconv.FormatInt(it.ID, 10)] = it.Title
	}
	for i := range all {
		all[i].Section = strings.Join(all[i].Sections, ", ")
		if all[i].Section != "" {
			for _, id := range all[i].On {
				if title := titles[id]; title != "" {
					all[i].Headlines = append(all[i].Headlines, title)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b editor.Decision) int { return cmp.Compare(b.N, a.N) })
	return all, nil
}

// TakeBack takes the decision with this number back. What it moved goes back to where it was, and
// what it replaced holds again.
func (e *Editor) TakeBack(ctx context.Context, n int64) (editor.Decision, error) {
	all, err := e.d.Decisions(ctx)
	if err != nil {
		return editor.Decision{}, err
	}
	i := slices.IndexFunc(all, func(x editor.Decision) bool { return x.N == n })
	if i < 0 {
		return editor.Decision{}, feed.Errorf("%s: %d; feedd decisions lists them", store.ErrNoDecision, n)
	}
	if all[i].Kind == feed.WordRetract {
		for _, story := range all[i].On {
			if _, err := e.Retract(ctx, story, true); err != nil {
				return all[i], err
			}
		}
		return all[i], nil
	}
	if _, err := e.d.store.TakeBack(ctx, n); err != nil {
		return all[i], err
	}
	return all[i], e.d.file(ctx)
}

func (e *Editor) speak(ctx context.Context, words []feed.EditorsWord, items []int64) error {
	if err := e.d.store.SaveWords(ctx, words, items); err != nil {
		return err
	}
	if len(words) > 0 {
		e.said = words[0].N
	}
	return e.d.file(ctx)
}

func unknown(what string) error {
	return feed.Unknownf("nothing is known of %s; it was never collected, or retention took it away", what)
}

func (d *Daemon) find(ctx context.Context, what string) ([]feed.Item, error) {
	items, err := d.store.Find(ctx, what)
	if err == nil && len(items) == 0 {
		err = unknown(what)
	}
	return items, err
}

// story returns the key of the one story that what names.
func (d *Daemon) story(ctx context.Context, what string) (string, error) {
	items, err := d.find(ctx, what)
	if err != nil {
		return "", err
	}
	key := items[0].Story
	for _, it := range items {
		if it.Story != key {
			return "", feed.Errorf("%s is in several stories: %s and %s", what, key, it.Story)
		}
	}
	if key == "" {
		return "", feed.Errorf("%s is in no story", what)
	}
	return key, nil
}

func (d *Daemon) hasSection(id string) bool {
	return slices.Contains(d.SectionIDs(), id)
}
