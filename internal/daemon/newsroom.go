package daemon

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/feed"
	"feedd/internal/publish/editor"
)

// newsroom is what the editor's page knows of the house.
type newsroom struct{ *Daemon }

// settings are the page's, as they are now.
func (n newsroom) settings() editor.Settings {
	c := n.current()
	s := editor.Settings{Token: c.Desk.Token, Site: c.Site, Sections: c.Sections, Sources: c.Sources, Proxies: c.Publish.Proxies}
	if u, err := url.Parse(c.Site.URL); err == nil && n.o.Admin == "" { // the other listener has the page at its root
		s.Root = strings.TrimSuffix(u.Path, "/")
	}
	return s
}

// How far back the page looks for what to judge, how much of each kind it lists, and how much it reads for
// that at most.
const (
	doubtsSince = 7 * 24 * time.Hour
	mostDoubts  = 30
	mostRead    = 20_000
)

// Alarms lists the alarms that are open, what began last first; the configuration has a place of its own on
// the page.
func (n newsroom) Alarms(ctx context.Context) ([]editor.Alarm, error) {
	open, err := n.notify.Open(ctx)
	var all []editor.Alarm
	for _, a := range open {
		if a.Kind != feed.AlarmConfig {
			all = append(all, editor.Alarm{Since: a.Began, Title: a.Text, Kind: editor.AlarmNote})
		}
	}
	return all, err
}

// mostLearned is how many words of a section the page lists.
const mostLearned = 100

// Learned returns the words that say most for a section.
func (n newsroom) Learned(ctx context.Context, section string) ([]feed.LearnedWord, error) {
	return n.agg.LearnedWords(ctx, section, mostLearned)
}

// Search finds stored items by words and filters. Words are those of a search of readers, regular expressions
// too; where no item has them behind one another, those are found that have them anywhere. The index gives
// them by the time of their entries; what it cannot know, for want of words or because the desk has not
// filed it yet, is looked through by arrival.
func (n newsroom) Search(ctx context.Context, q editor.Query, limit int) (found []feed.StoredItem, next int64, err error) {
	if strings.TrimSpace(q.Words) == "" {
		return n.browse(ctx, q.ItemQuery, func(*feed.Item) bool { return true }, limit)
	}
	words, err := sections.ParseQuery(q.Words, true)
	if err != nil {
		return nil, 0, err
	}
	found, next, err = n.searchFor(ctx, words, q.ItemQuery, limit)
	if scattered := words.Scattered(); err == nil && len(found) == 0 && !slices.Equal(scattered.All, words.All) {
		return n.searchFor(ctx, scattered, q.ItemQuery, limit)
	}
	return found, next, err
}

func (n newsroom) searchFor(ctx context.Context, words sections.Query, q feed.ItemQuery, limit int) (found []feed.StoredItem, next int64, err error) {
	matches, _, err := words.Matcher()
	if err != nil {
		return nil, 0, err
	}
	phrases, err := words.Phrases()
	if err != nil {
		return nil, 0, err
	}
	if len(phrases) == 0 || q.State == feed.StateWaiting {
		return n.browse(ctx, q, matches, limit)
	}
	text := feed.TextQuery{Phrases: phrases, Match: matches, Source: q.Source, Any: true, Below: q.Below}
	q.Below = 0
	if text.Below == 0 && q.State == "" { // the newest of all: nothing is known of them yet
		waiting := q
		waiting.State = feed.StateWaiting
		if found, _, err = n.browse(ctx, waiting, matches, limit); err != nil {
			return nil, 0, err
		}
	}
	return n.indexed(ctx, text, q, found, limit)
}

// atOnce is how many of what the index gives are read at once.
const atOnce = 100

// indexed appends what the index gives and the filters let pass to found. next is where to go on, 0 at the
// end.
func (n newsroom) indexed(ctx context.Context, text feed.TextQuery, q feed.ItemQuery, found []feed.StoredItem, limit int) ([]feed.StoredItem, int64, error) {
	var keys, given []int64 // of the last that was taken; of those to be read
	var next int64
	if len(found) == limit {
		next = math.MaxInt64 // all that the index has is still to come
	}
	var failed error
	read := func() bool {
		q.IDs = given
		stored := make(map[int64]feed.StoredItem, len(given))
		if failed = n.store.Browse(ctx, q, func(it *feed.StoredItem) bool { stored[it.ID] = *it; return true }); failed != nil {
			return false
		}
		for i, id := range given {
			it, ok := stored[id]
			if !ok {
				continue
			}
			if len(found) == limit { // there is more
				return false
			}
			if found = append(found, it); len(found) == limit {
				next = keys[i]
			}
		}
		keys, given = keys[:0], given[:0]
		return true
	}
	more := true
	_, err := n.store.Search(ctx, text, func(f *feed.Found) bool {
		keys, given = append(keys, f.Key), append(given, f.Item.ID)
		if len(given) == atOnce {
			more = read()
		}
		return more
	})
	if err == nil && more {
		more = read()
	}
	if more { // all was read
		next = 0
	}
	return found, next, cmp.Or(err, failed)
}

// browse looks through what the filters let pass, the last that came first.
func (n newsroom) browse(ctx context.Context, q feed.ItemQuery, matches func(*feed.Item) bool, limit int) (found []feed.StoredItem, next int64, err error) {
	err = n.store.Browse(ctx, q, func(it *feed.StoredItem) bool {
		if !matches(&it.Item) {
			return true
		}
		if len(found) == limit {
			next = found[limit-1].ID
			return false
		}
		found = append(found, *it)
		return true
	})
	return found, next, err
}

// Explain tells where an item is, and why.
func (n newsroom) Explain(ctx context.Context, id int64) (*editor.Explanation, error) {
	if items, err := n.store.Items(ctx, []int64{id}); err != nil || len(items) == 0 {
		return nil, err
	}
	found, err := n.Daemon.Explain(ctx, strconv.FormatInt(id, 10))
	if err != nil {
		return nil, err
	}
	x := &editor.Explanation{Item: found[0].Item, Entry: found[0].Entry, Story: found[0].Story}
	if with := x.Item.Why.With; with != 0 {
		items, err := n.store.Items(ctx, []int64{with})
		if err != nil {
			return nil, err
		}
		if len(items) == 1 {
			x.With = &items[0]
		}
	}
	words, err := n.store.Words(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range words {
		if concerns(&w, x) {
			x.Words = append(x.Words, w)
		}
	}
	return x, nil
}

// concerns tells whether an editor's word is on an item, its entry or its story.
func concerns(w *feed.EditorsWord, x *editor.Explanation) bool {
	reports := []feed.Item{x.Item}
	if x.Entry != nil {
		reports = x.Entry.Reports
	}
	on := func(is func(*feed.Item) bool) bool {
		return slices.ContainsFunc(reports, func(r feed.Item) bool { return is(&r) })
	}
	switch w.Kind {
	case feed.WordFile, feed.WordUnfile:
		return on(func(r *feed.Item) bool { return strconv.FormatInt(r.ID, 10) == w.A })
	case feed.WordSplit:
		return w.Parts() && (w.B == x.Item.Story || on(func(r *feed.Item) bool { return r.ID == w.Places[0].Item }))
	case feed.WordJoin:
		return w.A == x.Item.Story || w.B == x.Item.Story
	case feed.WordRetract:
		return w.A == x.Item.Story
	}
	return false
}

// Unsure lists what a person's judgement would teach most. What an editor has decided about is not on it.
func (n newsroom) Unsure(ctx context.Context) (editor.Unsure, error) {
	var u editor.Unsure
	words, err := n.store.Words(ctx)
	if err != nil {
		return u, err
	}
	judged := map[string]bool{} // the numbers of items, the keys of reports
	for _, w := range words {
		switch w.Kind {
		case feed.WordJoin:
			judged[w.B] = true
		case feed.WordSplit:
			if w.Parts() {
				judged[strconv.FormatInt(w.Places[0].Item, 10)] = true
			}
		default:
			judged[w.A] = true
		}
	}
	since := n.o.Now().Add(-doubtsSince)
	browse := func(q feed.ItemQuery, limit int, doubt func(*feed.StoredItem) (editor.Doubt, bool)) (list []editor.Doubt, err error) {
		q.Since = since
		read := 0
		err = n.store.Browse(ctx, q, func(it *feed.StoredItem) bool {
			if x, ok := doubt(it); ok && !judged[strconv.FormatInt(it.ID, 10)] && !judged[it.OwnEntry()] {
				x.Item = *it
				list = append(list, x)
			}
			read++
			return read < mostRead && (limit == 0 || len(list) < limit)
		})
		slices.SortStableFunc(list, func(a, b editor.Doubt) int { return cmp.Compare(a.Probability, b.Probability) })
		return list[:min(len(list), mostDoubts)], err
	}
	if u.Unsorted, err = browse(feed.ItemQuery{State: feed.StateUnsorted, Leads: true}, mostDoubts, func(*feed.StoredItem) (editor.Doubt, bool) {
		return editor.Doubt{}, true
	}); err != nil {
		return u, err
	}
	if u.Filed, err = browse(feed.ItemQuery{State: feed.StateFiled, Leads: true, Learned: true}, 0, leastCertain); err != nil {
		return u, err
	}
	if u.Joined, err = browse(feed.ItemQuery{Folded: true}, 0, joinedUnsure); err != nil {
		return u, err
	}
	if err := n.guess(ctx, u.Unsorted); err != nil {
		return u, err
	}
	return u, n.nameOthers(ctx, u.Joined)
}

// leastCertain is the doubt about an item that was filed by what was learned.
func leastCertain(it *feed.StoredItem) (x editor.Doubt, ok bool) {
	for _, p := range it.Sections {
		if p.Probability > 0 && slices.Contains(it.In, p.Section) && (!ok || p.Probability < x.Probability) {
			x.Section, x.Probability, ok = p.Section, p.Probability, true
		}
	}
	return x, ok
}

// joinedUnsure is the doubt about an item that is told under the entry of another because it is like it.
func joinedUnsure(it *feed.StoredItem) (editor.Doubt, bool) {
	stands := it.State == feed.StateFiled || it.State == feed.StateUnsorted
	return editor.Doubt{Probability: it.Why.Score}, stands && it.Why.With != 0 && it.Why.Score > 0 && it.Why.Score < 1
}

// guess names the likeliest section of each.
func (n newsroom) guess(ctx context.Context, doubts []editor.Doubt) error {
	if len(doubts) == 0 {
		return nil
	}
	items := make([]feed.Item, len(doubts))
	for i := range doubts {
		items[i] = doubts[i].Item.Item
	}
	likely, err := n.agg.Likeliest(ctx, items)
	for i := range likely {
		doubts[i].Section, doubts[i].Probability = likely[i].Section, likely[i].Probability
	}
	return err
}

// nameOthers finds the headline that each was joined to.
func (n newsroom) nameOthers(ctx context.Context, doubts []editor.Doubt) error {
	ids := make([]int64, len(doubts))
	for i := range doubts {
		ids[i] = doubts[i].Item.Why.With
	}
	others, err := n.store.Items(ctx, ids)
	if err != nil {
		return err
	}
	for i := range doubts {
		if j := slices.IndexFunc(others, func(it feed.Item) bool { return it.ID == ids[i] }); j >= 0 {
			doubts[i].Other = others[j].Title
		}
	}
	return nil
}

// Decide puts an order into force.
func (n newsroom) Decide(ctx context.Context, by string, o editor.Order) (int64, error) {
	e, item := n.As(by), strconv.FormatInt(o.Item, 10)
	var err error
	switch o.Kind {
	case editor.OrderFile:
		_, err = e.File(ctx, item, o.Section, false)
	case editor.OrderUnfile:
		_, err = e.File(ctx, item, o.Section, true)
	case editor.OrderNone:
		_, err = e.KeepOut(ctx, item)
	case editor.OrderSplit:
		_, err = e.Split(ctx, o.Story, item)
	case editor.OrderConfirm:
		_, err = e.Confirm(ctx, o.Item)
	case editor.OrderJoin:
		_, _, err = e.Join(ctx, o.Story, o.Other)
	case editor.OrderRetract:
		_, err = e.Retract(ctx, o.Story, false)
	default:
		err = fmt.Errorf("no order %q", o.Kind)
	}
	return e.Said(), err
}

// TakeBack undoes a decision.
func (n newsroom) TakeBack(ctx context.Context, by string, number int64) error {
	_, err := n.As(by).TakeBack(ctx, number)
	return err
}
