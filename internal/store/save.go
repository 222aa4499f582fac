package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"feedd/internal/feed"
)

// Collected is what one look at a source brought. It is saved as one: the source's validators
// never stand in the store without the items they came with.
type Collected struct {
	State feed.SourceState
	Items []feed.Item
	Holds []feed.HostHold
	// Full says that Items is everything the source lists at present. Complete says that what it does
	// not list then is withdrawn.
	Full, Complete bool
	// Withdrawn are items that the source says it withdrew.
	Withdrawn []feed.Deleted
	// Siblings are the other sources of the outlet: what they told is told.
	Siblings []string
	// Backlog bounds how many of the items enter the feeds, as of a source that had none before: the
	// newest so many; 0 means all, less than 0 none.
	Backlog int
	At      time.Time
	// Before, when given, is the state from which the look began: where several nodes collect, the save
	// fails with ErrSuperseded when another look at the source was saved since.
	Before *feed.SourceState
}

// Counts says how many of the items were new, revised and unchanged, and how many stored ones their
// source withdrew or listed again.
type Counts struct{ New, Updated, Unchanged, Withdrawn int }

type save struct {
	ctx    context.Context
	c      *Collected
	counts Counts
	err    error
}

// saves are those of one caller, who waits for them.
type saves struct {
	all  []save
	done chan struct{}
}

// Rows one transaction may gather from saves that wait for it.
const saveRows = 2000

// Save stores what a source brought, the items unfiled, in one transaction. Saves that arrive
// together share a transaction; each returns when its own rows are committed.
func (s *Store) Save(ctx context.Context, c *Collected) (Counts, error) {
	n, err := s.SaveAll(ctx, []*Collected{c})
	return n[0], err[0]
}

// SaveAll is Save for several, which share a transaction: of one that fails, the others know nothing.
func (s *Store) SaveAll(ctx context.Context, cs []*Collected) ([]Counts, []error) {
	w := saves{all: make([]save, len(cs)), done: make(chan struct{})}
	for i, c := range cs {
		w.all[i] = save{ctx: ctx, c: c}
	}
	var refused error
	select {
	case s.saves <- w:
		<-w.done // the loop always answers what it took
	case <-ctx.Done():
		refused = ctx.Err()
	case <-s.life.Done():
		refused = errors.New("the store is closed")
	}
	counts, errs := make([]Counts, len(cs)), make([]error, len(cs))
	for i := range w.all {
		counts[i], errs[i] = w.all[i].counts, cmp.Or(w.all[i].err, refused)
	}
	return counts, errs
}

func (s *Store) saveLoop() {
	defer close(s.stopped)
	for {
		var batch []*save
		var waiting []chan struct{}
		rows := 0
		take := func(w saves) {
			for i := range w.all {
				batch = append(batch, &w.all[i])
				rows += len(w.all[i].c.Items) + 1
			}
			waiting = append(waiting, w.done)
		}
		select {
		case w := <-s.saves:
			take(w)
		case <-s.life.Done():
			return
		}
		for more := true; more && rows < saveRows; {
			select {
			case w := <-s.saves:
				take(w)
			default:
				more = false
			}
		}
		s.saveEach(batch)
		for _, done := range waiting {
			close(done)
		}
	}
}

// saveEach saves a batch in one transaction, or each of it in its own, so that one bad save fails alone.
func (s *Store) saveEach(batch []*save) {
	began, err := s.saveBatch(batch)
	if err == nil {
		return
	}
	alone := began && len(batch) > 1
	for _, w := range batch {
		if !alone {
			w.err = err
			continue
		}
		w.counts, w.err = Counts{}, nil
		if _, err := s.saveBatch([]*save{w}); err != nil {
			w.err = err
		}
	}
}

// saveBatch saves all of a batch or none of it, but for the looks that are superseded: these get ErrSuperseded. began tells
// whether writing began. When it did not, because the database is locked or cannot be reached, to try each save alone would
// fail as well, after the same wait.
func (s *Store) saveBatch(batch []*save) (began bool, err error) {
	// The context of one collector must not abort what the others saved.
	ctx := context.Background()
	err = s.tx(ctx, func(tx *tx) error {
		began = true
		batch, err := current(tx, batch)
		if err != nil || len(batch) == 0 {
			return err
		}
		var states, holds [][]any
		var uids []int64
		var sources []string
		for _, w := range batch {
			if w.ctx.Err() != nil && len(batch) == 1 {
				return w.ctx.Err()
			}
			for _, h := range w.c.Holds {
				holds = append(holds, []any{h.Host, millis(h.Until), clean(h.Reason)})
			}
			if len(w.c.Items)+len(w.c.Withdrawn) > 0 || w.c.Complete {
				sources = append(sources, w.c.State.Source)
			}
			for i := range w.c.Items {
				uids = append(uids, itemUID(&w.c.Items[i]))
			}
		}
		if err := tx.many(putHold, holds); err != nil {
			return err
		}
		known, err := knownItems(tx, uids)
		if err != nil {
			return err
		}
		before, err := pastOf(tx, sources)
		if err != nil {
			return err
		}
		var fresh []newItem
		ids := map[int64]int64{} // of the new items, by uid
		listings := make([]listing, len(batch))
		for i, w := range batch {
			// What another source of the outlet brought in the same moment is known by now.
			if slices.ContainsFunc(fresh, func(n newItem) bool { return slices.Contains(w.c.Siblings, n.Source) }) {
				if err := s.insert(tx, fresh, ids); err != nil {
					return err
				}
				fresh = fresh[:0]
			}
			n := len(w.c.Items)
			items, list, counts, err := s.saveOne(tx, w.c, uids[:n], known, before[w.c.State.Source])
			if err != nil {
				return fmt.Errorf("save %s: %w", w.c.State.Source, err)
			}
			uids, w.counts, listings[i] = uids[n:], counts, list
			fresh = append(fresh, items...)
		}
		if err := s.insert(tx, fresh, ids); err != nil {
			return err
		}
		news := false
		for i, w := range batch {
			news = news || w.counts.New+w.counts.Updated+w.counts.Withdrawn > 0
			state, err := w.c.stateRow(listings[i].text(ids))
			if err != nil {
				return fmt.Errorf("save %s: %w", w.c.State.Source, err)
			}
			states = append(states, state)
		}
		if err := tx.many(putState, states); err != nil || !news {
			return err
		}
		return s.d.notice(tx.Tx, NoticeSaved)
	})
	return began && !s.d.lost(err), err
}

// listing is what a document listed, for the next look: items by their ids, new ones by their uids.
type listing struct{ ids, uids []int64 }

func (l listing) text(ids map[int64]int64) string {
	all := l.ids
	for _, uid := range l.uids {
		all = append(all, ids[uid])
	}
	return joinIDs(all)
}

const putHold = `INSERT INTO holds (host, until, reason) VALUES ($1, $2, $3)
	ON CONFLICT (host) DO UPDATE SET until = excluded.until, reason = excluded.reason`

func (c *Collected) stateRow(listed string) ([]any, error) {
	var fullRead time.Time
	if c.Full {
		fullRead = c.At
	}
	return stateRow(c.State, fullRead, listed)
}

// saveOne writes what c changes in stored items. It returns the new items, the oldest first, and the list of the document
// as it is to be kept. uids are those of c's items.
func (s *Store) saveOne(tx *tx, c *Collected, uids []int64, known map[int64]knownItem, before past) (fresh []newItem, list listing, n Counts, err error) {
	if len(c.Items) == 0 && len(c.Withdrawn) == 0 && !(c.Full && c.Complete) {
		return nil, list, n, nil
	}
	r := recogniser{from: tx, s: s, c: c, now: c.At}
	rec, err := r.recognise(uids, known, before)
	if err != nil {
		return nil, list, n, err
	}
	there := make(map[int64]bool, len(c.Items)) // stored items that the document lists
	var back []int64                            // of these, those that were withdrawn
	for i := range c.Items {
		it, uid := &c.Items[i], uids[i]
		switch stored := rec.is[i]; {
		case rec.copy[i]:
			n.Unchanged++
		case rec.same[i] != 0:
			n.Unchanged++
			there[rec.same[i]] = true
			list.ids = append(list.ids, rec.same[i])
			if known[uid].gone != 0 {
				back = append(back, rec.same[i])
			}
		case rec.retired[i].uid != 0:
			n.Unchanged++
			if err := stillListed(tx, rec.retired[i], it, c.At); err != nil {
				return nil, list, n, err
			}
		case stored != nil:
			there[stored.ID] = true
			list.ids = append(list.ids, stored.ID)
			if !stored.Gone.IsZero() {
				back = append(back, stored.ID)
			}
			if int64(stored.Rev) == revision(it) && stored.GUID == clean(it.GUID) { // found by other means than its key, and just as it was
				n.Unchanged++
				continue
			}
			revised, err := s.revise(tx, it, stored, c.At)
			if err != nil {
				return nil, list, n, err
			}
			if revised {
				n.Updated++
			} else {
				n.Unchanged++
			}
		}
	}
	if fresh, err = r.fresh(rec, uids, known); err != nil {
		return nil, list, n, err
	}
	n.New = len(fresh)
	for i := range fresh {
		list.uids = append(list.uids, fresh[i].uid)
	}
	if n.Withdrawn, err = r.withdraw(tx, before, there, back); err != nil {
		return nil, list, n, err
	}
	if !c.Full { // what a part of the list does not show may still stand there
		const most = 1000
		for _, id := range before.listed {
			if !there[id] && len(list.ids) < most {
				list.ids = append(list.ids, id)
			}
		}
	}
	return fresh, list, n, nil
}

// stillListed notes that a source lists an item that retention took away, and what it calls it now.
func stillListed(tx *tx, k knownItem, it *feed.Item, at time.Time) error {
	headline, link := int64(feed.HeadlineMark(it.Title)), linkInt(it.Canonical)
	if at.Sub(fromMillis(k.seen)) <= 24*time.Hour && k.headline == headline && k.link == link && k.published/1000 == millis(it.Published)/1000 {
		return nil
	}
	return tx.exec(`UPDATE seen SET last_seen = $1, headline = $2, published = $3, link = $4 WHERE uid = $5`,
		millis(at), headline, millis(it.Published), link, k.uid)
}

// withdraw takes out what the source withdrew: by saying so or, where its list is complete, by no longer listing it. there
// are the stored items that the source lists, back those of them that were withdrawn before. It returns how many items it
// took out or brought back.
func (r *recogniser) withdraw(tx *tx, before past, there map[int64]bool, back []int64) (int, error) {
	if err := setGone(tx, back, 0); err != nil {
		return 0, err
	}
	var absent, gone []int64
	for _, id := range before.listed {
		if !there[id] {
			absent = append(absent, id)
		}
	}
	if r.c.Full && r.c.Complete {
		gone = absent
	}
	if len(r.c.Withdrawn) > 0 {
		uids := make([]int64, len(r.c.Withdrawn))
		for i, d := range r.c.Withdrawn {
			uids[i] = keyInt(feed.EntryKey(r.c.State.Source, "g:"+d.Ref))
		}
		said, err := knownItems(r.from, uids)
		if err != nil {
			return 0, err
		}
		for _, k := range said {
			if k.id != 0 && !there[k.id] {
				gone = append(gone, k.id)
			}
		}
		// An item may have got its guid after it was stored.
		stored, err := r.stored(`i.id`, absent, 0)
		if err != nil {
			return 0, err
		}
		for _, it := range stored {
			if slices.ContainsFunc(r.c.Withdrawn, func(d feed.Deleted) bool { return d.Ref == it.GUID }) {
				gone = append(gone, it.ID)
			}
		}
	}
	if err := noteChanged(tx, gone); err != nil {
		return 0, err
	}
	left, err := tx.affectedIn(`UPDATE items SET gone = $1, filed = 0 WHERE gone = 0 AND id `, gone, ``, millis(r.c.At))
	return len(back) + left, err
}

func setGone(tx *tx, ids []int64, at int64) error {
	if err := noteChanged(tx, ids); err != nil {
		return err
	}
	_, err := tx.affectedIn(`UPDATE items SET gone = $1, filed = 0 WHERE id `, ids, ``, at)
	return err
}

type newItem struct {
	*feed.Item
	uid, rev, at, published, headline, repeats int64
	backlog                                    int64 // 1: it enters no feed
}

// fresh returns the new items, the oldest first, with times that keep them in this order, with what each repeats, and with
// the mark of what is a new source's backlog.
func (r *recogniser) fresh(rec *recognition, uids []int64, known map[int64]knownItem) ([]newItem, error) {
	c := r.c
	isNew := func(i int) bool {
		return !rec.copy[i] && rec.same[i] == 0 && rec.retired[i].uid == 0 && rec.is[i] == nil
	}
	n := 0
	for i := range c.Items {
		if isNew(i) {
			n++
		}
	}
	if n == 0 {
		return nil, nil
	}
	order := feed.Sequence(c.Items, c.At)
	stored := make([]time.Time, len(c.Items))
	for i := range c.Items {
		switch {
		case rec.is[i] != nil:
			stored[i] = rec.is[i].Date()
		case rec.same[i] != 0:
			if stored[i] = fromMillis(known[uids[i]].published); stored[i].IsZero() {
				stored[i] = fromMillis(1) // first seen long ago
			}
		case !isNew(i):
			stored[i] = fromMillis(1)
		}
	}
	moments := feed.Moments(c.Items, order, stored, c.At)
	fresh := make([]newItem, 0, n)
	var used map[int64]bool
	for _, i := range order {
		if !isNew(i) {
			continue
		}
		it := &c.Items[i]
		f := newItem{Item: it, uid: uids[i], rev: revision(it), at: millis(c.At), headline: int64(feed.HeadlineMark(it.Title)), repeats: rec.repeats[i]}
		if it.Published.IsZero() {
			f.at = millis(moments[i])
		} else {
			f.published = millis(moments[i])
		}
		if _, taken := known[f.uid]; taken {
			if used == nil {
				used = make(map[int64]bool, len(uids))
				for _, uid := range uids {
					used[uid] = true
				}
			}
			uid, err := r.freeUID(it, used)
			if err != nil {
				return nil, err
			}
			f.uid, used[uid] = uid, true
		}
		fresh = append(fresh, f)
	}
	repeatEachOther(fresh)
	if c.Backlog != 0 {
		for i := range fresh[:max(0, len(fresh)-max(c.Backlog, 0))] {
			fresh[i].backlog = 1
		}
	}
	return fresh, nil
}

// freeUID returns the uid of the first of an item's keys that no other item has or had, in the store
// or among used, those of its document.
func (r *recogniser) freeUID(it *feed.Item, used map[int64]bool) (int64, error) {
	keys := it.OtherKeys()
	for n := 2; n < 10; n++ { // the very same came and went
		keys = append(keys, fmt.Sprintf("%s %d", keys[len(keys)-1], n))
	}
	uids := make([]int64, len(keys))
	for i, key := range keys {
		uids[i] = keyInt(feed.EntryKey(it.Source, key))
	}
	known, err := knownItems(r.from, uids)
	if err != nil {
		return 0, err
	}
	for _, uid := range uids {
		if _, taken := known[uid]; !taken && !used[uid] {
			return uid, nil
		}
	}
	return 0, fmt.Errorf("%q has no identity that is its own", it.Title)
}

// repeatEachOther notes of new items, the oldest first, which repeat one before them.
func repeatEachOther(fresh []newItem) {
	if len(fresh) < 2 {
		return
	}
	by := make(map[int64]int, len(fresh))
	for i := range fresh {
		f := &fresh[i]
		if f.headline == 0 {
			continue
		}
		first, ok := by[f.headline]
		if !ok {
			by[f.headline] = i
			continue
		}
		if o := &fresh[first]; f.repeats == 0 && feed.Repeats(f.Item, o.Item) {
			if f.repeats = o.repeats; f.repeats == 0 {
				f.repeats = o.uid
			}
		}
	}
}

// revision is the item's Revision as the tables hold it.
func revision(it *feed.Item) int64 {
	if it.Rev != 0 {
		return int64(it.Rev)
	}
	return int64(feed.Revision(it))
}

// Keys travel as 16 hexadecimal digits and are stored as numbers, half the size; 0 is nobody's.
func keyInt(key string) int64 { return int64(feed.KeyNumber(key)) }

func keyInts(keys []string) []int64 {
	all := make([]int64, len(keys))
	for i, key := range keys {
		all[i] = keyInt(key)
	}
	return all
}

func intKey(n int64) string { return feed.NumberedKey(uint64(n)) }

func itemUID(it *feed.Item) int64 { return keyInt(it.OwnEntry()) }

// linkInt is what the index of canonical addresses holds.
func linkInt(canonical string) int64 {
	if canonical == "" {
		return 0
	}
	return int64(xxhash.Sum64String(canonical))
}

// How many rows one INSERT has: enough to make the cost of the call small. The rows that are left over go one by one, so that
// two statements serve for any number.
const insertRows = 20

// How many new items are packed and inserted at a time. Their packed texts are held in memory.
const insertChunk = 16 * insertRows

// mostBodies is how large a buffer for them is kept for the next save, bytes.
const mostBodies = 1 << 20

const (
	insertItems = `INSERT INTO items (uid, source, link, article, headline, hash, published, updated, first_seen, repeats, backlog) VALUES `
	insertTexts = `INSERT INTO texts (item, guid, url, title, summary, body) VALUES `
	returning   = ` RETURNING uid, id`

	itemColumns, textColumns = 11, 6
)

// insert adds new items, unfiled, in the order given. It adds their ids to all, by their uids.
func (s *Store) insert(tx *tx, fresh []newItem, all map[int64]int64) error {
	for part := range slices.Chunk(fresh, insertChunk) {
		rows := make([][]any, len(part))
		for i, n := range part {
			rows[i] = []any{n.uid, n.Source, linkInt(n.Canonical), articleInt(n.Canonical), n.headline, n.rev,
				n.published, millis(n.Updated), n.at, n.repeats, n.backlog}
		}
		var texts [][]any
		var packing sync.WaitGroup // beside the statements, for nobody else writes meanwhile
		packing.Go(func() { texts = s.textRows(part) })
		ids := make(map[int64]int64, len(part))
		err := tx.insertRows(insertItems, returning, rows, func(r scanner) error {
			var uid, id int64
			err := r.Scan(&uid, &id)
			ids[uid] = id
			return err
		})
		packing.Wait()
		if err != nil {
			return err
		}
		for i, n := range part {
			texts[i][0] = ids[n.uid]
		}
		if err := tx.insertRows(insertTexts, "", texts, nil); err != nil {
			return err
		}
		maps.Copy(all, ids)
	}
	return nil
}

// textRows returns the rows of texts for new items, with nil for the items' ids. They are valid until the next call.
func (s *Store) textRows(part []newItem) [][]any {
	bodies := s.bodies[:0] // one behind the other
	rows := make([][]any, len(part))
	for i, n := range part {
		at := len(bodies)
		bodies = s.appendPacked(bodies, n.Item)
		rows[i] = []any{nil, clean(n.GUID), clean(n.URL), clean(n.Title), clean(n.Summary), bodies[at:len(bodies):len(bodies)]}
	}
	if cap(bodies) <= mostBodies {
		s.bodies = bodies
	}
	return rows
}

// insertRows runs the INSERT that begins with head and ends with tail for all rows, insertRows at a time.
func (t *tx) insertRows(head, tail string, rows [][]any, each func(scanner) error) error {
	if len(rows) == 0 {
		return nil
	}
	columns := len(rows[0])
	whole := len(rows) - len(rows)%insertRows
	var full [][]any
	for part := range slices.Chunk(rows[:whole], insertRows) {
		full = append(full, slices.Concat(part...))
	}
	if err := t.manyRows(head+placeholders(insertRows, columns)+tail, full, each); err != nil {
		return err
	}
	return t.manyRows(head+placeholders(1, columns)+tail, rows[whole:], each)
}

// clean removes from a text what PostgreSQL cannot store: NUL, and bytes that are not UTF-8.
func clean(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}

// placeholders writes ($1,$2),($3,$4) for rows of columns.
func placeholders(rows, columns int) string {
	var b strings.Builder
	n := 0
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		for c := range columns {
			b.WriteByte("(,"[min(c, 1)])
			b.WriteByte('$')
			n++
			b.WriteString(strconv.Itoa(n))
		}
		b.WriteByte(')')
	}
	return b.String()
}

// How many revisions of one item are kept.
const maxRevisions = 10

// revise replaces what is stored of an item by what its source says now. What the source no longer gives stays where it may
// have come from elsewhere (the article's page). Where a reader would see the difference, the old text goes to the history and
// the item back to the inbox, and revise returns true. Where only rules may see it, the item goes back to the inbox.
func (s *Store) revise(tx *tx, it, old *feed.Item, at time.Time) (revised bool, err error) {
	next := *it
	if next.Summary == "" {
		next.Summary = old.Summary
	}
	if next.Content == "" {
		next.Content = old.Content
	}
	if next.Image == "" {
		next.Image, next.Shown = old.Image, old.Shown
	}
	if next.Title == "" {
		next.Title = old.Title
	}
	type query struct {
		text string
		args []any
	}
	var do []query
	switch {
	case feed.Revised(old, &next):
		revised = true
		do = append(do,
			query{`INSERT INTO revisions (item, at, title, summary, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (item, at) DO NOTHING`,
				[]any{old.ID, millis(at), old.Title, old.Summary, s.pack(old)}},
			query{`DELETE FROM revisions WHERE item = $1 AND at NOT IN
				(SELECT at FROM revisions WHERE item = $1 ORDER BY at DESC LIMIT $2)`, []any{old.ID, maxRevisions}},
			query{`UPDATE items SET revised = $1, filed = 0, found = -ABS(found) WHERE id = $2`, []any{millis(at), old.ID}})
	case feed.Regrouped(old, &next):
		do = append(do, query{`UPDATE items SET filed = 0, found = -ABS(found) WHERE id = $1`, []any{old.ID}})
	}
	do = append(do,
		query{`UPDATE items SET hash = $1, link = $2, article = $3, headline = $4, updated = $5 WHERE id = $6`,
			[]any{revision(it), linkInt(next.Canonical), articleInt(next.Canonical), int64(feed.HeadlineMark(next.Title)), millis(next.Updated), old.ID}},
		query{`UPDATE texts SET guid = $1, url = $2, title = $3, summary = $4, body = $5 WHERE item = $6`,
			[]any{clean(next.GUID), clean(next.URL), clean(next.Title), clean(next.Summary), s.pack(&next), old.ID}})
	for _, q := range do {
		if err := tx.exec(q.text, q.args...); err != nil {
			return false, err
		}
	}
	return revised, noteChanged(tx, []int64{old.ID})
}
