package notify

import (
	"cmp"
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
	if w.c.ID == alertsChannel {
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

func (w *worker) message(kind feed.MessageKind, what string, now time.Time, stories ...feed.Told) feed.Message {
	return feed.Message{ID: w.c.ID + "/" + string(kind) + "/" + what, Channel: w.c.ID, Kind: kind, Made: now, Stories: stories}
}

// oneByOne makes a message of each story, the oldest first; of a flood, of its limit that weigh the most, and
// one that says how many more there are.
func (w *worker) oneByOne(ctx context.Context, stories []feed.Told, now time.Time) ([]feed.Message, error) {
	entries, err := w.entries(ctx, stories)
	if err != nil {
		return nil, err
	}
	stories = slices.Clone(stories)
	slices.SortStableFunc(stories, func(a, b feed.Told) int { return byWeight(entries[a.Entry], entries[b.Entry]) })
	var more []feed.Told
	if len(stories) > w.c.Limit {
		stories, more = stories[:w.c.Limit], stories[w.c.Limit:]
	}
	published := func(t feed.Told) time.Time {
		if e := entries[t.Entry]; e != nil {
			return e.Published
		}
		return t.At
	}
	slices.SortStableFunc(stories, func(a, b feed.Told) int { return published(a).Compare(published(b)) })
	var messages []feed.Message
	for _, t := range stories {
		messages = append(messages, w.message(feed.MessageStory, t.Story, now, t))
	}
	if len(more) > 0 {
		messages = append(messages, w.message(feed.MessageMore, fmt.Sprint(now.UnixMilli()), now, more...))
	}
	return messages, nil
}

// entries reads the entries of stories, by their keys.
func (w *worker) entries(ctx context.Context, stories []feed.Told) (map[string]*feed.Entry, error) {
	if len(stories) == 0 {
		return nil, nil
	}
	byKey := make(map[string]*feed.Entry, len(stories))
	for part := range slices.Chunk(stories, 500) {
		keys := make([]string, len(part))
		for i, t := range part {
			keys[i] = t.Entry
		}
		found, err := w.n.o.Outbox.Entries(ctx, feed.EntryQuery{Keys: keys, Any: true, Brief: true})
		if err != nil {
			return nil, err
		}
		for i := range found {
			byKey[found[i].Key] = &found[i]
		}
	}
	return byKey, nil
}

// byWeight orders entries by what more outlets tell, then the newest, first; those that are gone last.
func byWeight(a, b *feed.Entry) int {
	switch {
	case a == nil || b == nil:
		if a == b {
			return 0
		} else if a == nil {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(sources(b), sources(a)), b.Published.Compare(a.Published), cmp.Compare(a.Key, b.Key))
}

// sources counts those that report an entry.
func sources(e *feed.Entry) int {
	seen := map[string]bool{}
	for i := range e.Reports {
		seen[e.Reports[i].Source] = true
	}
	return len(seen)
}
