package notify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"feedd/internal/feed"
)

// moreEvery is the shortest time between two messages that only say how many stories there are: a flood is
// told so often.
const moreEvery = 5 * time.Minute

// compose makes messages of what waits. While messages wait that were hardly tried, it makes none: a channel
// that was down for a day is not to tell the day's news one by one.
func (w *worker) compose(ctx context.Context) error {
	if w.c.ID == feed.AlarmsChannel {
		return nil // its messages are made as alarms change
	}
	waiting, err := w.n.o.Outbox.Waiting(ctx, w.c.ID)
	if err != nil || waiting.Fresh > 0 {
		return err
	}
	now := w.n.o.Now()
	var made, before time.Time // of a digest
	var messages []feed.Message
	switch {
	case w.c.Schedule != "":
		last := waiting.Digest
		if last.IsZero() {
			last = waiting.Since
		}
		if !last.IsZero() && !w.n.o.Next(w.c.Schedule, last, w.zone).After(now) {
			made, before = now, waiting.Digest
			if len(waiting.Stories) > 0 {
				messages = append(messages, w.message(feed.MessageDigest, fmt.Sprint(now.Unix()), now, waiting.Stories...))
			}
		}
	case len(waiting.Stories) > 0 && now.Sub(waiting.More) >= moreEvery:
		if messages, err = w.oneByOne(ctx, waiting.Stories, now); err != nil {
			return err
		}
	}
	for i, t := range waiting.Corrections {
		if i == w.c.Limit {
			messages = append(messages, w.message(feed.MessageCorrection, t.Story, now, waiting.Corrections[i:]...))
			break
		}
		messages = append(messages, w.message(feed.MessageCorrection, t.Story, now, t))
	}
	if len(messages) == 0 && made.IsZero() {
		return nil
	}
	for i := range messages { // in this order they are sent
		messages[i].Made = messages[i].Made.Add(time.Duration(i) * time.Millisecond)
	}
	return w.n.o.Outbox.Compose(ctx, w.c.ID, messages, made, before)
}

func (w *worker) message(kind feed.MessageKind, what string, now time.Time, stories ...feed.Notice) feed.Message {
	return feed.Message{ID: w.c.ID + "/" + string(kind) + "/" + what, Channel: w.c.ID, Kind: kind, Made: now, Stories: stories}
}

// oneByOne makes a message of each story, the oldest first; of a flood, of its limit that are told most
// widely, and one that says how many more there are.
func (w *worker) oneByOne(ctx context.Context, stories []feed.Notice, now time.Time) ([]feed.Message, error) {
	stories = slices.Clone(stories)
	var more []feed.Notice
	if len(stories) > w.c.Limit {
		if err := w.byCoverage(ctx, stories); err != nil {
			return nil, err
		}
		stories, more = stories[:w.c.Limit], stories[w.c.Limit:]
	}
	entries, err := w.entries(ctx, stories)
	if err != nil {
		return nil, err
	}
	published := func(t feed.Notice) time.Time {
		if e := entries[t.Entry]; e != nil {
			return e.Published
		}
		return t.At
	}
	slices.SortStableFunc(stories, func(a, b feed.Notice) int { return published(a).Compare(published(b)) })
	var messages []feed.Message
	for _, t := range stories {
		messages = append(messages, w.message(feed.MessageStory, t.Story, now, t))
	}
	if len(more) > 0 {
		messages = append(messages, w.message(feed.MessageMore, fmt.Sprint(now.UnixMilli()), now, more...))
	}
	return messages, nil
}

// byCoverage puts stories in order, those first that are told most widely.
func (w *worker) byCoverage(ctx context.Context, stories []feed.Notice) error {
	keys := make([]string, len(stories))
	for i, t := range stories {
		keys[i] = t.Story
	}
	told, err := w.n.o.Stories.Told(ctx, keys)
	if err == nil {
		err = w.learnNames(ctx)
	}
	if err != nil {
		return err
	}
	for i := range told {
		told[i].Outlet = w.outlet(told[i].Source)
	}
	covered := feed.CoverStories(told)
	none := feed.Cover(nil)
	of := func(t feed.Notice) feed.Coverage {
		if c, ok := covered[t.Story]; ok {
			return c
		}
		return none
	}
	slices.SortStableFunc(stories, func(a, b feed.Notice) int { return feed.CompareCoverage(of(a), of(b)) })
	return nil
}

// namesFor is how long the names that sources give themselves are taken for what they are.
const namesFor = time.Minute

// learnNames reads what sources call themselves, where one has no title in the configuration.
func (w *worker) learnNames(ctx context.Context) (err error) {
	named := true
	for _, src := range w.s.Sources {
		named = named && src.Title != ""
	}
	if now := w.n.o.Now(); !named && (w.states == nil || now.Sub(w.statesAt) >= namesFor) {
		w.states, err = w.n.o.Alarms.States(ctx)
		w.statesAt = now
	}
	return err
}

// outlet names a source's outlet as the pages do.
func (w *worker) outlet(source string) string {
	if src, ok := w.s.Sources[source]; ok {
		st := w.states[source]
		return src.Name(&st)
	}
	return source
}

// entries reads the entries of stories, by their keys.
func (w *worker) entries(ctx context.Context, stories []feed.Notice) (map[string]*feed.Entry, error) {
	byKey := make(map[string]*feed.Entry, len(stories))
	for part := range slices.Chunk(stories, 500) {
		keys := make([]string, len(part))
		for i, t := range part {
			keys[i] = t.Entry
		}
		found, err := w.n.o.Stories.Entries(ctx, feed.EntryQuery{Keys: keys, Any: true, Brief: true})
		if err != nil {
			return nil, err
		}
		for i := range found {
			byKey[found[i].Key] = &found[i]
		}
	}
	return byKey, nil
}
