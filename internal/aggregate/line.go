package aggregate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/feed"
	"feedd/internal/store"
)

// line is batches on their way through the desk: while the desk decides about one, the one after it
// is being read and the one before it is being committed. The decisions are those of one batch after
// another. It lives from one look at the store to the first error; the caller is atDesk.
type line struct {
	*Aggregate
	full      <-chan struct{} // a note for each batch that waits; closed when the rest is to be taken
	fair      bool            // the sources take turns while one of them floods, and what comes in after a batch that is not full waits
	turns     *turns          // while they do; nil else
	ahead     <-chan inbox    // the batch that is being read, nil for none; turns are its reader's
	behind    <-chan error    // the batch that is being committed, nil for none
	taught    []lesson        // by that batch
	last      int64           // the item with the highest id of the batch before
	committed int             // items
}

// inbox is a batch as it was read.
type inbox struct {
	items []feed.Item
	err   error
}

// run takes batches through the desk until full is closed and nothing waits. When it is fair, a batch that is not full is the last:
// what came in meanwhile has the desk called again, in its own time. Committed just behind that batch it would wait for publishing,
// which has begun with that, as long as it rests after it.
func (l *line) run(ctx context.Context) (err error) {
	defer func() { // nothing goes on behind the caller's back
		err = errors.Join(err, l.settle())
		if l.ahead != nil {
			<-l.ahead
		}
	}()
	for {
		items, err := l.take(ctx)
		if err != nil || len(items) == 0 {
			return err
		}
		l.last = items[len(items)-1].ID
		rest := l.fair && len(items) < batchSize && l.turns == nil
		if !rest {
			l.readAhead(ctx)
		}
		now := l.now()
		again := filedBefore(items)
		l.model.When(func() (*sections.Model, error) {
			if err := l.settle(); err != nil { // what the batch before taught is read with the rest
				return nil, err
			}
			return l.Model(ctx)
		})
		touched := l.desk.File(items, now)
		if err := cmp.Or(l.known(), l.settle()); err != nil { // the entries of the batch before are read now
			return err
		}
		fresh := len(items)
		if items, again, touched, err = l.unite(ctx, items, again, touched); err != nil {
			return err
		}
		f, moved, err := l.decided(ctx, items, again, touched, now)
		if err != nil {
			return err
		}
		l.commit(ctx, f, fresh, moved, now)
		l.desk.Prune(now)
		if rest {
			return nil
		}
	}
}

// unite adds to a batch what was filed earlier under stories that it showed to be part of others.
func (l *line) unite(ctx context.Context, items []feed.Item, again []int64, touched []string) ([]feed.Item, []int64, []string, error) {
	keys := l.desk.United()
	if len(keys) == 0 {
		return items, again, touched, nil
	}
	filed, err := l.store.OfStories(ctx, keys)
	if err != nil {
		return nil, nil, nil, err
	}
	inBatch := make(map[int64]bool, len(items))
	for i := range items {
		inBatch[items[i].ID] = true
	}
	filed = slices.DeleteFunc(filed, func(it feed.Item) bool { return inBatch[it.ID] })
	touched = append(touched, l.desk.Unite(filed)...)
	again = append(again, filedBefore(filed)...)
	slices.Sort(again)
	slices.Sort(touched)
	return append(items, filed...), again, slices.Compact(touched), nil
}

// take returns the next batch, none when nothing waits.
func (l *line) take(ctx context.Context) ([]feed.Item, error) {
	if l.ahead == nil && l.behind != nil {
		select {
		case <-l.full:
			l.read(ctx)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if l.ahead != nil {
		next := <-l.ahead
		l.ahead = nil
		if next.err != nil || len(next.items) > 0 {
			return next.items, next.err
		}
	}
	// What follows looks at the whole inbox: the batch that is being committed must have left it.
	if err := l.settle(); err != nil {
		return nil, err
	}
	select {
	case <-l.full:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if l.desk == nil {
		if waiting, err := l.store.Unfiled(ctx, 1); err != nil || len(waiting) == 0 {
			return nil, err // no need for a desk
		}
		var err error
		if l.desk, err = l.openDesk(ctx, l.now()); err != nil {
			return nil, err
		}
	}
	// Read after the turn, so that a commit of another desk in between shows: what it filed must
	// not be filed here once more.
	return l.next(ctx, 0)
}

// readAhead begins to read the batch behind the last one, if there is a note that one waits.
func (l *line) readAhead(ctx context.Context) {
	select {
	case <-l.full:
		l.read(ctx)
	default:
	}
}

// read begins to read the batch behind the last one.
func (l *line) read(ctx context.Context) {
	ahead := make(chan inbox, 1)
	l.ahead = ahead
	go func() {
		items, err := l.next(ctx, l.last)
		ahead <- inbox{items, err}
	}()
}

// next reads the batch behind an item: in the order of arrival, unless a source floods; then the sources
// take turns. Where all sources are looked at once, nobody waits for the desk, and what a batch holds must not
// depend on how fast that is.
func (l *line) next(ctx context.Context, after int64) ([]feed.Item, error) {
	if l.turns == nil {
		items, err := l.store.UnfiledAfter(ctx, after, batchSize, l.readsContent())
		if err != nil || !l.fair || !floods(items) {
			return items, err
		}
		l.turns = newTurns(after)
	}
	for {
		if err := l.turns.look(ctx, l.store); err != nil {
			return nil, err
		}
		ids := l.turns.take(batchSize)
		if len(ids) == 0 {
			l.turns = nil
			return nil, nil
		}
		if items, err := l.store.UnfiledOf(ctx, ids, l.readsContent()); err != nil || len(items) > 0 {
			return items, err
		}
	}
}

// readsContent tells whether a rule or a channel looks at more of an item than its headline, its summary and what
// stands beside them: most do not, and then the contents need not be unpacked.
func (l *line) readsContent() bool {
	return l.desk.ReadsContent() || slices.ContainsFunc(l.channels, func(c channel) bool { return c.Query != nil && sections.ReadsContent(*c.Query) })
}

// decided gathers what is to be committed of a batch, and teaches the sections what it is an example
// of: the next batch is decided by it. When the commit fails, the desk is built anew and the lessons are
// taken back. It returns the stories that it moves, too.
func (l *line) decided(ctx context.Context, items []feed.Item, again []int64, touched []string, now time.Time) (store.Filed, []string, error) {
	stored, err := l.storedEntries(ctx, touched, items, again)
	if err != nil {
		return store.Filed{}, nil, err
	}
	f := store.Filed{Turn: l.turn, Items: items, Entries: l.desk.Compose(touched, stored, items, now), Returned: l.desk.Returned()}
	set, _ := l.current()
	f.Told = told(l.channels, set.Sections, l.sources, f.Entries, now)
	taught, err := l.labels(ctx, &f, again)
	if err != nil {
		return store.Filed{}, nil, err
	}
	if err := l.noteRules(ctx); err != nil {
		return store.Filed{}, nil, err
	}
	l.taught = taught
	l.teach(taught, 1)
	return f, moved(stored, f.Entries), nil
}

// filedBefore returns the items that a desk decided about before, ascending.
func filedBefore(items []feed.Item) []int64 {
	var ids []int64
	for i := range items {
		if items[i].Verdict != "" || items[i].Dropped != "" {
			ids = append(ids, items[i].ID)
		}
	}
	return ids
}

// commit begins to commit a batch, in which so many items were waiting; settle waits for it.
func (l *line) commit(ctx context.Context, f store.Filed, fresh int, moved []string, decided time.Time) {
	behind := make(chan error, 1)
	l.behind = behind
	l.turn++
	go func() {
		err := l.store.Commit(ctx, f)
		l.saved(err)
		if err != nil {
			err = fmt.Errorf("commit what the desk decided: %w", err)
		} else {
			l.committed += fresh
			if l.moving != nil {
				for _, story := range moved {
					l.moving[story] = true
				}
			}
			l.count.decided(f.Items[:fresh], l.now().Sub(decided))
			l.filed()
		}
		behind <- err
	}()
}

// settle waits until the batch before is committed. Where it was not, the turn is the one before it again,
// and the sections have not learned of it.
func (l *line) settle() error {
	if l.behind == nil {
		return nil
	}
	err := <-l.behind
	l.behind = nil
	if err != nil {
		l.turn--
		l.teach(l.taught, -1)
	}
	l.taught = nil
	return err
}
