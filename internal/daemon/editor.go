package daemon

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"feedd/internal/feed"
)

// The editor's words on single items and stories. Each is remembered in the store and put into
// force at once; a daemon that runs beside notices.

// File puts the items that what names under a section for good, or with remove takes them out.
func (d *Daemon) File(ctx context.Context, what, section string, remove bool) ([]feed.Item, error) {
	if !d.hasSection(section) {
		return nil, fmt.Errorf("no section %q in the configuration", section)
	}
	items, err := d.find(ctx, what)
	if err != nil {
		return nil, err
	}
	kind := feed.WordFile
	if remove {
		kind = feed.WordUnfile
	}
	var words []feed.EditorsWord
	var ids []int64
	for _, it := range items {
		words = append(words, feed.EditorsWord{Kind: kind, A: strconv.FormatInt(it.ID, 10), B: section, At: d.o.Now()})
		ids = append(ids, it.ID)
	}
	return items, d.speak(ctx, words, ids)
}

// Split takes one report out of a story for good.
func (d *Daemon) Split(ctx context.Context, story, what string) (feed.Item, error) {
	items, err := d.find(ctx, what)
	if err != nil {
		return feed.Item{}, err
	}
	if len(items) > 1 {
		var ids []string
		for _, it := range items {
			ids = append(ids, strconv.FormatInt(it.ID, 10))
		}
		return feed.Item{}, fmt.Errorf("%s names %d items; choose one by its number: %s", what, len(items), strings.Join(ids, ", "))
	}
	it := items[0]
	of, err := d.story(ctx, story)
	if err != nil {
		return it, err
	}
	own := it.OwnEntry()
	switch {
	case it.Story != of:
		return it, fmt.Errorf("item %d is not in story %s but in %s", it.ID, of, it.Story)
	case own == it.Entry:
		return it, fmt.Errorf("item %d opened the entry %s, whose id is made of it; split the other reports off instead", it.ID, it.Entry)
	}
	entries, err := d.store.Entries(ctx, feed.EntryQuery{Keys: []string{it.Entry}, Any: true, Brief: true})
	if err != nil {
		return it, err
	}
	word := feed.EditorsWord{Kind: feed.WordSplit, A: own, B: of, At: d.o.Now()}
	if len(entries) == 1 {
		word.Titles = [2]string{it.Title, headline(&entries[0])}
	}
	return it, d.speak(ctx, []feed.EditorsWord{word}, []int64{it.ID})
}

// headline is what an entry's lead says.
func headline(e *feed.Entry) string {
	if lead := e.LeadItem(); lead != nil {
		return lead.Title
	}
	return ""
}

// Join makes two stories one. The older id stays, the younger is withdrawn. It returns both, the
// older first.
func (d *Daemon) Join(ctx context.Context, a, b string) (older, younger string, err error) {
	if older, err = d.story(ctx, a); err != nil {
		return "", "", err
	}
	if younger, err = d.story(ctx, b); err != nil {
		return "", "", err
	}
	if older == younger {
		return "", "", fmt.Errorf("%s and %s are one story already", a, b)
	}
	first, err := d.store.Entries(ctx, feed.EntryQuery{Keys: []string{older, younger}, Any: true, Brief: true})
	if err != nil {
		return "", "", err
	}
	if len(first) == 2 && first[0].Key == older { // newest first
		older, younger = younger, older
	}
	if len(first) == 2 && (first[0].WithdrawnBy == feed.Retracted) != (first[1].WithdrawnBy == feed.Retracted) {
		gone := first[0].Key
		if first[1].WithdrawnBy == feed.Retracted {
			gone = first[1].Key
		}
		return "", "", fmt.Errorf("story %s is withdrawn and the other is not; to join them, first retract the other or bring it back with feedd retract --undo %s", gone, gone)
	}
	var ids []int64
	entries, err := d.store.Entries(ctx, feed.EntryQuery{Story: younger, Any: true, Brief: true})
	if err != nil {
		return "", "", err
	}
	for _, e := range entries {
		for _, r := range e.Reports {
			ids = append(ids, r.ID)
		}
	}
	word := feed.EditorsWord{Kind: feed.WordJoin, A: older, B: younger, At: d.o.Now()}
	if len(first) == 2 {
		word.Titles = [2]string{headline(&first[0]), headline(&first[1])}
	}
	return older, younger, d.speak(ctx, []feed.EditorsWord{word}, ids)
}

func (d *Daemon) speak(ctx context.Context, words []feed.EditorsWord, items []int64) error {
	if err := d.store.SaveWords(ctx, words, items); err != nil {
		return err
	}
	_, err := d.agg.File(ctx)
	return err
}

func (d *Daemon) find(ctx context.Context, what string) ([]feed.Item, error) {
	items, err := d.store.Find(ctx, what)
	if err == nil && len(items) == 0 {
		err = fmt.Errorf("nothing is known of %s; it was never collected, or retention took it away", what)
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
			return "", fmt.Errorf("%s is in several stories: %s and %s", what, key, it.Story)
		}
	}
	if key == "" {
		return "", fmt.Errorf("%s is in no story", what)
	}
	return key, nil
}

func (d *Daemon) hasSection(id string) bool {
	for _, s := range d.current().Sections {
		if s.ID == id {
			return true
		}
	}
	return false
}
