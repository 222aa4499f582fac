package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"feedd/internal/feed"
)

// ErrOvertaken says that what a desk read is out of date: another desk committed since, or an editor
// decided something, withdrew a story or changed the rules. It must read the reports of the last days
// again.
var ErrOvertaken = errors.New("another desk was faster")

// Filed is what the desk decided about one batch. It is committed as one.
type Filed struct {
	Turn    int64        // of the desk's last commit, see DeskTurn
	Items   []feed.Item  // with Story, Entry, Verdict, Sections, Dropped and Why set
	Entries []feed.Entry // those that the batch opened or changed, whole; Reports are not read
	// Relabel are the items whose labels are replaced by those among Labels.
	Relabel []int64
	Labels  []feed.Label
	// Returned are the items that went where a word of the kind WordReturn put them.
	Returned []int64
	// Told are the stories among Entries that channels may tell; those that did are left out.
	Told []feed.Notice
}

// narrow lists the columns that narrowRow reads: all of an item but its packed body.
const narrow = `i.id, i.uid, i.source, i.hash, i.published, i.updated, i.first_seen, i.revised, i.story, i.entry,
	i.verdict, i.dropped, i.sections, i.why, i.repeats, i.gone, i.backlog, t.guid, t.url, t.title, t.summary`

// narrowRow reads rows of narrow. One serves for all rows of a query, so that scanning allocates nothing a row.
type narrowRow struct {
	it                     feed.Item
	sections, why, verdict string
	dest                   []any
}

// newNarrowRow returns a row whose query has further columns behind narrow, which are scanned into more.
func newNarrowRow(more ...any) *narrowRow {
	n := &narrowRow{}
	it := &n.it
	n.dest = append([]any{&it.ID, asKey{&it.Opens}, &it.Source, asBits{&it.Rev}, asTime{&it.Published}, asTime{&it.Updated},
		asTime{&it.FirstSeen}, asTime{&it.Revised}, asKey{&it.Story}, asKey{&it.Entry}, &n.verdict, &it.Dropped, &n.sections, &n.why,
		asKey{&it.Repeats}, asTime{&it.Gone}, &it.Backlog, &it.GUID, &it.URL, &it.Title, &it.Summary}, more...)
	return n
}

// scan returns the item of a row, which the next scan overwrites.
func (n *narrowRow) scan(r *sql.Rows) (*feed.Item, error) {
	n.it = feed.Item{}
	it := &n.it
	if err := r.Scan(n.dest...); err != nil {
		return nil, err
	}
	it.Verdict = feed.Verdict(n.verdict)
	it.Canonical = feed.Canonical(it.URL)
	it.Key = feed.Identify(it)
	if err := readSections(it, n.sections); err != nil {
		return nil, err
	}
	if n.why != "" {
		if err := json.Unmarshal([]byte(n.why), &it.Why); err != nil {
			return nil, fmt.Errorf("the reasons of item %d: %w", it.ID, err)
		}
	}
	return it, nil
}

// whole calls each for every item that where, the end of a query, chooses. told does so without what is only shown of an item
// (content, base, picture, place and enclosures), brief without anything that is packed in the body. The item that each gets
// is overwritten by the next one.
func (s *Store) whole(ctx context.Context, where string, each func(*feed.Item) error, args ...any) error {
	return s.unpacked(ctx, s.unpack, where, each, args...)
}

func (s *Store) told(ctx context.Context, where string, each func(*feed.Item) error, args ...any) error {
	return s.unpacked(ctx, s.unpackHead, where, each, args...)
}

func (s *Store) unpacked(ctx context.Context, unpack func([]byte, *feed.Item) error, where string, each func(*feed.Item) error, args ...any) error {
	var blob sql.RawBytes
	row := newNarrowRow(&blob)
	return s.query(ctx, `SELECT `+narrow+`, t.body FROM items i JOIN texts t ON t.item = i.id `+where,
		func(r *sql.Rows) error {
			it, err := row.scan(r)
			if err != nil {
				return err
			}
			if err := unpack(blob, it); err != nil {
				return err
			}
			return each(it)
		}, args...)
}

func (s *Store) brief(ctx context.Context, where string, each func(*feed.Item) error, args ...any) error {
	row := newNarrowRow()
	return s.query(ctx, `SELECT `+narrow+` FROM items i JOIN texts t ON t.item = i.id `+where,
		func(r *sql.Rows) error {
			it, err := row.scan(r)
			if err != nil {
				return err
			}
			return each(it)
		}, args...)
}

// outline calls each for every item that where chooses, with its times and what was decided about it: what the desk composes
// an entry of.
func (s *Store) outline(ctx context.Context, where string, each func(*feed.Item) error, args ...any) error {
	return s.query(ctx, `SELECT i.id, i.uid, i.source, i.hash, i.published, i.updated, i.first_seen, i.revised, i.story, i.entry,
		i.verdict, i.dropped, i.sections, i.backlog FROM items i `+where,
		func(r *sql.Rows) error {
			var it feed.Item
			var sections string
			if err := r.Scan(&it.ID, asKey{&it.Opens}, &it.Source, asBits{&it.Rev}, asTime{&it.Published}, asTime{&it.Updated},
				asTime{&it.FirstSeen}, asTime{&it.Revised}, asKey{&it.Story}, asKey{&it.Entry},
				&it.Verdict, &it.Dropped, &sections, &it.Backlog); err != nil {
				return err
			}
			if err := readSections(&it, sections); err != nil {
				return err
			}
			return each(&it)
		}, args...)
}

func readSections(it *feed.Item, sections string) error {
	if sections == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(sections), &it.Sections); err != nil {
		return fmt.Errorf("the sections of item %d: %w", it.ID, err)
	}
	return nil
}

// items collects whole items.
func (s *Store) items(ctx context.Context, where string, args ...any) ([]feed.Item, error) {
	return s.itemsOf(ctx, s.whole, 0, where, args...)
}

// reader is whole, told or brief.
type reader func(ctx context.Context, where string, each func(*feed.Item) error, args ...any) error

// itemsOf collects items as read reads them. most, when not 0, is the limit of the query: mostly there are few, and as many
// as that when there is much to do, so the list grows in two steps.
func (s *Store) itemsOf(ctx context.Context, read reader, most int, where string, args ...any) ([]feed.Item, error) {
	var items []feed.Item
	err := read(ctx, where, func(it *feed.Item) error {
		if len(items) == cap(items) && most > len(items) {
			few := 64
			if len(items) > 0 {
				few = most
			}
			items = slices.Grow(items, min(most-len(items), few))
		}
		items = append(items, *it)
		return nil
	}, args...)
	return items, err
}

// Unfiled returns items that wait for the desk, oldest first, at most limit of them. An item whose
// Entry is set was filed before, and is here because its source revised it or the rules changed.
func (s *Store) Unfiled(ctx context.Context, limit int) ([]feed.Item, error) {
	return s.UnfiledAfter(ctx, 0, limit, true)
}

// UnfiledAfter is Unfiled for the items behind the one with the id after. Unless they are wanted whole, content, base,
// picture, place and enclosures are left out, which are only shown.
func (s *Store) UnfiledAfter(ctx context.Context, after int64, limit int, whole bool) ([]feed.Item, error) {
	items, err := s.itemsOf(ctx, s.readerOf(whole), limit, `WHERE i.id IN (SELECT item FROM inbox WHERE item > $1 ORDER BY item LIMIT $2) ORDER BY i.id`, after, limit)
	return items, cmp.Or(err, s.toldBefore(ctx, items))
}

func (s *Store) readerOf(whole bool) reader {
	if whole {
		return s.whole
	}
	return s.told
}

// Inbox calls each for every item that waits for the desk behind the one with the id after, oldest first.
func (s *Store) Inbox(ctx context.Context, after int64, each func(id int64, source string)) error {
	return s.query(ctx, `SELECT item, source FROM inbox WHERE item > $1 ORDER BY item`, func(r *sql.Rows) error {
		var id int64
		var source string
		err := r.Scan(&id, &source)
		each(id, source)
		return err
	}, after)
}

// UnfiledOf is UnfiledAfter for those of these items that wait for the desk.
func (s *Store) UnfiledOf(ctx context.Context, ids []int64, whole bool) ([]feed.Item, error) {
	var all []feed.Item
	if err := inParts(outside{ctx, s}, `WHERE i.filed = 0 AND i.id `, ids, ` ORDER BY i.id`, nil, func(where string, args []any) error {
		items, err := s.itemsOf(ctx, s.readerOf(whole), min(len(ids), listed), where, args...)
		all = append(all, items...)
		return err
	}); err != nil {
		return nil, err
	}
	return all, s.toldBefore(ctx, all)
}

// toldBefore sets ToldUnder and ToldOf of the items that repeat one which is filed.
func (s *Store) toldBefore(ctx context.Context, items []feed.Item) error {
	by := map[int64][]*feed.Item{}
	var uids []int64
	for i := range items {
		if uid := keyInt(items[i].Repeats); uid != 0 {
			by[uid] = append(by[uid], &items[i])
			uids = append(uids, uid)
		}
	}
	return eachIn(outside{ctx, s}, `SELECT uid, entry, story FROM items WHERE uid `, uids, ``, func(r *sql.Rows) error {
		var uid int64
		var entry, story string
		err := r.Scan(&uid, asKey{&entry}, asKey{&story})
		for _, it := range by[uid] {
			it.ToldUnder, it.ToldOf = entry, story
		}
		return err
	})
}

// Lag tells how many items wait for the desk, and since when the oldest has; zero time for none.
func (s *Store) Lag(ctx context.Context) (int, time.Time, error) {
	var n int
	var oldest time.Time
	err := s.one(ctx, `SELECT COUNT(*), COALESCE(MIN(CASE WHEN revised > 0 THEN revised ELSE first_seen END), 0)
		FROM items WHERE id IN (SELECT item FROM inbox)`, nil, &n, asTime{&oldest})
	return n, oldest, err
}

// Window calls each for every item with an entry that was seen or told since a time, in order of
// arrival, with what the desk remembers of it and no more: this is what a restart waits for.
func (s *Store) Window(ctx context.Context, since time.Time, each func(*feed.Item) error) error {
	// No date is credible that lies further ahead of its first sight than a day, see feed.Item.
	const ahead = 24 * time.Hour
	return s.remembered(ctx, `WHERE i.first_seen >= $1 AND (i.first_seen >= $2 OR i.published >= $2) AND i.entry <> 0 AND i.gone = 0 ORDER BY i.id`,
		nil, each, millis(since.Add(-ahead)), millis(since))
}

// Remembered is Window for these items, as far as pick, which may ask for source and headline, says yes.
func (s *Store) Remembered(ctx context.Context, ids []int64, pick func(*feed.Item) bool, each func(*feed.Item) error) error {
	return inParts(outside{ctx, s}, `WHERE i.id `, ids, ` AND i.entry <> 0 AND i.gone = 0 ORDER BY i.id`, nil, func(where string, args []any) error {
		return s.remembered(ctx, where, pick, each, args...)
	})
}

// remembered calls each with what the desk remembers of every item that where chooses, and pick unless that is nil.
func (s *Store) remembered(ctx context.Context, where string, pick func(*feed.Item) bool, each func(*feed.Item) error, args ...any) error {
	return s.query(ctx, `SELECT i.id, i.uid, i.source, i.published, i.first_seen, i.story, i.entry, t.url, t.title, t.summary
		FROM items i JOIN texts t ON t.item = i.id `+where,
		func(r *sql.Rows) error {
			var it feed.Item
			if err := r.Scan(&it.ID, asKey{&it.Opens}, &it.Source, asTime{&it.Published}, asTime{&it.FirstSeen}, asKey{&it.Story}, asKey{&it.Entry}, &it.URL, &it.Title, &it.Summary); err != nil {
				return err
			}
			if pick != nil && !pick(&it) {
				return nil
			}
			it.Canonical = feed.Canonical(it.URL)
			return each(&it)
		}, args...)
}

// FiledSince returns filed items that were first seen since a time, in order of arrival: those behind the item with the id
// after, at most limit. whole means what it means for UnfiledAfter.
func (s *Store) FiledSince(ctx context.Context, since time.Time, after int64, limit int, whole bool) ([]feed.Item, error) {
	items, err := s.itemsOf(ctx, s.readerOf(whole), limit, `WHERE i.filed = 1 AND i.first_seen >= $1 AND i.id > $2 ORDER BY i.id LIMIT $3`,
		millis(since), after, limit)
	return items, cmp.Or(err, s.toldBefore(ctx, items))
}

// Items returns the items with these ids, in order of arrival.
func (s *Store) Items(ctx context.Context, ids []int64) ([]feed.Item, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var args []any
	return s.items(ctx, `WHERE i.id `+s.d.in(ids, &args)+` ORDER BY i.id`, args...)
}

// OfStories returns whole items filed under stories, without those that wait for the desk once more: in
// the order of the stories, and of arrival within each.
func (s *Store) OfStories(ctx context.Context, keys []string) ([]feed.Item, error) {
	stories := make([]int64, 0, len(keys))
	place := make(map[string]int, len(keys)) // of each story among them
	for _, key := range keys {
		if _, twice := place[key]; !twice {
			place[key] = len(place)
			stories = append(stories, keyInt(key))
		}
	}
	told := map[string]int{} // entries: the places of their stories
	var entries []int64
	if err := eachIn(outside{ctx, s}, `SELECT id, story FROM entries WHERE story `, stories, ``, func(r *sql.Rows) error {
		var id int64
		var story string
		err := r.Scan(&id, asKey{&story})
		told[intKey(id)], entries = place[story], append(entries, id)
		return err
	}); err != nil {
		return nil, err
	}
	var items []feed.Item
	if err := inParts(outside{ctx, s}, `WHERE i.id IN (SELECT item FROM reports WHERE entry `, entries, `) AND i.filed = 1`, nil, func(where string, args []any) error {
		return s.whole(ctx, where, func(it *feed.Item) error {
			items = append(items, *it)
			return nil
		}, args...)
	}); err != nil {
		return nil, err
	}
	slices.SortFunc(items, func(a, b feed.Item) int {
		return cmp.Or(cmp.Compare(told[a.Entry], told[b.Entry]), cmp.Compare(a.ID, b.ID))
	})
	return items, nil
}

// ErrName says that a text names no item.
var ErrName = feed.Unknownf("is not an address, an item's number or an entry's id")

// Find returns the items an editor may mean by a text: a row's id, an entry's or a story's key, a
// tag: id, or an address in any spelling. In order of arrival.
func (s *Store) Find(ctx context.Context, what string) ([]feed.Item, error) {
	what = strings.TrimSpace(what)
	if c := feed.Canonical(what); c != "" {
		items, err := s.items(ctx, `WHERE i.link = $1 ORDER BY i.id`, linkInt(c))
		if n := articleInt(c); len(items) == 0 && err == nil && hasNumber(n) { // an address from before an edit
			return s.items(ctx, `WHERE i.article = $1 ORDER BY i.id`, n)
		}
		return items, err
	}
	if strings.HasPrefix(what, "tag:") {
		what = what[strings.LastIndexByte(what, ':')+1:]
	}
	if len(what) == 16 {
		if k := keyInt(what); k != 0 {
			items, err := s.items(ctx, `WHERE i.entry = $1 OR i.story = $1 ORDER BY i.id`, k)
			if len(items) == 0 && err == nil { // the report that opened it, which is told elsewhere now
				return s.items(ctx, `WHERE i.uid = $1`, k)
			}
			return items, err
		}
	}
	var id int64
	if _, err := fmt.Sscanf(what, "%d", &id); err != nil || fmt.Sprint(id) != what {
		return nil, feed.Errorf("%q %s", what, ErrName)
	}
	return s.Items(ctx, []int64{id})
}

// Refile puts every filed item seen since a time back into the inbox; its entry stays known. A desk that
// is deciding at that moment gets ErrOvertaken. It returns how many items it put back.
func (s *Store) Refile(ctx context.Context, since time.Time) (int, error) {
	return s.refile(ctx, func(tx *tx) (int, error) {
		return tx.affected(`UPDATE items SET filed = 0 WHERE filed = 1 AND first_seen >= $1`, millis(since))
	})
}

// RefileSources is Refile for what these sources told.
func (s *Store) RefileSources(ctx context.Context, since time.Time, sources []string) (int, error) {
	return s.refile(ctx, func(tx *tx) (int, error) {
		total := 0
		for _, id := range sources {
			n, err := tx.affected(`UPDATE items SET filed = 0 WHERE filed = 1 AND first_seen >= $1 AND source = $2`, millis(since), id)
			if err != nil {
				return 0, err
			}
			total += n
		}
		return total, nil
	})
}

// RefileItems is Refile for the items with these ids.
func (s *Store) RefileItems(ctx context.Context, ids []int64) (int, error) {
	return s.refile(ctx, func(tx *tx) (int, error) {
		return tx.affectedIn(`UPDATE items SET filed = 0 WHERE filed = 1 AND id `, ids, ``)
	})
}

// refile puts items back into the inbox. If there are any, desks at work get ErrOvertaken.
func (s *Store) refile(ctx context.Context, mark func(*tx) (int, error)) (n int, err error) {
	err = s.tx(ctx, func(tx *tx) error {
		if n, err = mark(tx); err != nil || n == 0 {
			return err
		}
		return overtake(tx)
	})
	return n, err
}

// deskTurn is the name under which meta counts the commits of all desks.
const deskTurn = "desk turn"

// DeskTurn returns the number of the last commit of any desk. A desk reads it before anything that
// it decides by: what it is to remember, the editor's words, the inbox.
func (s *Store) DeskTurn(ctx context.Context) (int64, error) { return s.metaNumber(ctx, deskTurn) }

// overtake counts a change as a commit, so that a desk that has not seen it cannot write over it.
func overtake(tx *tx) error {
	if err := tx.exec(`INSERT INTO meta (name, value) VALUES ($1, '1')
		ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT)`, deskTurn); err != nil {
		return err
	}
	return tx.s.d.notice(tx.Tx, NoticeSaved)
}

// turnTo counts a commit after the one of that number. It fails with ErrOvertaken when there is one
// already.
func turnTo(tx *tx, after int64) error {
	n, err := tx.affected(`INSERT INTO meta (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE meta.value = $3`,
		deskTurn, strconv.FormatInt(after+1, 10), strconv.FormatInt(after, 10))
	if err == nil && n == 0 {
		err = ErrOvertaken
	}
	return err
}

const fileItem = `UPDATE items SET filed = CASE WHEN revised = $1 AND hash = $9 THEN 1 ELSE 0 END, story = $2, entry = $3,
	verdict = $4, dropped = $5, sections = $6, why = $7, found = CASE WHEN revised = $1 AND hash = $9 THEN CAST($10 AS BIGINT) ELSE -CAST($10 AS BIGINT) END WHERE id = $8`

// Commit stores what the desk decided about a batch and moves the versions of the sections it
// touched. An item that its source revised since the desk read it stays in the inbox. The commit
// is number f.Turn + 1; it fails with ErrOvertaken when there is one of that number already.
func (s *Store) Commit(ctx context.Context, f Filed) error {
	return s.tx(ctx, func(tx *tx) error {
		if err := turnTo(tx, f.Turn); err != nil {
			return err
		}
		again, err := s.saveEntries(tx, f.Entries)
		if err != nil {
			return err
		}
		published, others, err := s.publishedOf(tx, &f)
		if err != nil {
			return err
		}
		if _, err := tx.affectedIn(`UPDATE entries SET version = `+nextVersion+` WHERE id `, others, ``); err != nil {
			return err
		}
		if err := s.index(tx, f.Items, published, again); err != nil {
			return err
		}
		rows := make([][]any, len(f.Items))
		for i := range f.Items {
			it := &f.Items[i]
			sections, why, err := decisions(it)
			if err != nil {
				return err
			}
			rows[i] = []any{millis(it.Revised), keyInt(it.Story), keyInt(it.Entry),
				string(it.Verdict), it.Dropped, sections, why, it.ID, int64(it.Rev), itemKey(it, published)}
		}
		if err := tx.atOnce(fileItem, rows); err != nil {
			return fmt.Errorf("file items: %w", err)
		}
		if err := saveLabels(tx, f.Turn+1, f.Relabel, f.Labels); err != nil {
			return err
		}
		return cmp.Or(forgetReturns(tx, f.Returned), saveTold(tx, f.Told))
	})
}

// publishedOf returns when the entries of a batch's items are published, in milliseconds by the entries' ids, and the ids of
// those that are not among the batch's entries.
func (s *Store) publishedOf(tx *tx, f *Filed) (map[int64]int64, []int64, error) {
	published := make(map[int64]int64, len(f.Entries))
	for i := range f.Entries {
		published[keyInt(f.Entries[i].Key)] = millis(f.Entries[i].Published)
	}
	var others []int64
	for i := range f.Items {
		if id := keyInt(f.Items[i].Entry); id != 0 {
			if _, known := published[id]; !known {
				others = append(others, id)
			}
		}
	}
	return published, others, eachIn(tx, `SELECT id, published FROM entries WHERE id `, others, ``, intoMap(published))
}

func decisions(it *feed.Item) (sections, why string, err error) {
	if len(it.Sections) > 0 {
		b, err := json.Marshal(it.Sections)
		if err != nil {
			return "", "", err
		}
		sections = string(b)
	}
	if w := it.Why; w.Score != 0 || w.With != 0 || w.Reason != "" || len(w.Features)+len(w.Words)+len(w.Vetoes)+len(w.Said)+len(w.Against) > 0 {
		b, err := json.Marshal(w)
		if err != nil {
			return "", "", err
		}
		why = string(b)
	}
	return sections, why, nil
}

const (
	newEntry = `INSERT INTO entries (id, story, follows, lead, published, updated, withdrawn, withdrawn_by, sections, backlog, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	putEntry = newEntry + ` ON CONFLICT (id) DO UPDATE SET story = excluded.story, follows = excluded.follows, lead = excluded.lead,
			published = excluded.published, updated = excluded.updated, withdrawn = excluded.withdrawn,
			withdrawn_by = excluded.withdrawn_by, sections = excluded.sections, backlog = excluded.backlog, version = excluded.version`
	listEntry = `INSERT INTO entry_sections (section, published, entry, page) VALUES ($1, $2, $3, $4)`
)

// moveVersions raises the versions of sections whose entries changed.
func moveVersions(tx *tx, sections map[string]bool) error {
	var rows [][]any
	for _, section := range slices.Sorted(maps.Keys(sections)) { // in one order: writers must not wait for each other
		rows = append(rows, []any{section})
	}
	if len(rows) == 0 {
		return nil
	}
	if err := tx.atOnce(`INSERT INTO sections (id, version) VALUES ($1, 1)
		ON CONFLICT (id) DO UPDATE SET version = sections.version + 1`, rows); err != nil {
		return err
	}
	return tx.s.d.notice(tx.Tx, NoticeFiled)
}

// saveEntries writes entries whole and moves the version of every section they are or were in. It returns the ids of those
// that are published anew.
func (s *Store) saveEntries(tx *tx, entries []feed.Entry) (again []int64, err error) {
	if len(entries) == 0 {
		return nil, nil
	}
	olds, err := s.savedEntries(tx, entries)
	if err != nil {
		return nil, err
	}
	pages, err := pagesOf(tx, slices.Collect(maps.Keys(olds)))
	if err != nil {
		return nil, err
	}
	w := entryWrites{touched: map[string]bool{"all": true}}
	if err := tx.QueryRow(`SELECT ` + nextVersion).Scan(&w.version); err != nil {
		return nil, err
	}
	for i := range entries {
		id := keyInt(entries[i].Key)
		old, existed := olds[id]
		w.add(id, &entries[i], old, existed, pages[id])
	}
	return w.again, cmp.Or(w.write(tx), withdrawTold(tx, entries, olds))
}

// savedEntry is what an entry was, as far as its lists go.
type savedEntry struct {
	published int64
	sections  []string
	withdrawn bool
}

// savedEntries reads which of the entries are saved.
func (s *Store) savedEntries(tx *tx, entries []feed.Entry) (map[int64]savedEntry, error) {
	olds := map[int64]savedEntry{}
	ids := make([]int64, len(entries))
	for i := range entries {
		ids[i] = keyInt(entries[i].Key)
	}
	err := eachIn(tx, `SELECT id, published, withdrawn, sections FROM entries WHERE id `, ids, ``, func(r *sql.Rows) error {
		var id, withdrawn int64
		var o savedEntry
		err := r.Scan(&id, &o.published, &withdrawn, asList{&o.sections})
		o.withdrawn = withdrawn != 0
		olds[id] = o
		return err
	})
	return olds, err
}

// entryWrites are the rows that bring the tables up to date with entries that changed.
type entryWrites struct {
	version int64           // of "all" that they lead to
	touched map[string]bool // sections that the entries are or were in
	again   []int64         // entries published anew (updates: bump), which go from the archives back to the feeds
	fresh   [][]any
	put     [][]any
	opened  [][]any
	unlist  [][]any
	list    [][]any
}

// add notes what one entry needs; pages are the closed pages it is on, by section.
func (w *entryWrites) add(id int64, e *feed.Entry, old savedEntry, existed bool, pages map[string]int64) {
	// A section that a withdrawn entry has left lists its tombstone.
	for _, sections := range [][]string{old.sections, e.Sections} {
		for _, section := range sections {
			w.touched[section] = true
		}
	}
	published := millis(e.Published)
	put := &w.fresh
	if existed {
		put = &w.put
	}
	*put = append(*put, []any{id, keyInt(e.Story), keyInt(e.Follows), e.Lead, published, millis(e.Updated),
		millis(e.Withdrawn), string(e.WithdrawnBy), strings.Join(e.Sections, ","), flag(e.Backlog), w.version})
	was, is := old.sections, e.Sections // a withdrawn entry is listed nowhere
	if old.withdrawn {
		was = nil
	}
	if !e.Withdrawn.IsZero() {
		is = nil
	}
	moved := existed && old.published != published
	if moved {
		w.again = append(w.again, id)
		w.opened = append(w.opened, []any{id})
		pages = nil
	}
	for _, section := range was {
		if moved || !slices.Contains(is, section) {
			w.unlist = append(w.unlist, []any{section, old.published, id})
		}
	}
	for _, section := range is {
		if moved || !slices.Contains(was, section) {
			w.list = append(w.list, []any{section, published, id, pages[section]})
		}
	}
}

func (w *entryWrites) write(tx *tx) error {
	if err := forgetArchives(tx, w.again); err != nil {
		return err
	}
	for _, q := range []struct {
		write func(query string, rows [][]any) error
		text  string
		rows  [][]any
	}{
		{tx.fresh, newEntry, w.fresh},
		{tx.atOnce, putEntry, w.put},
		{tx.atOnce, `UPDATE entries SET page = 0 WHERE id = $1 AND page <> 0`, w.opened},
		{tx.atOnce, `DELETE FROM entry_sections WHERE section = $1 AND published = $2 AND entry = $3`, w.unlist},
		{tx.fresh, listEntry, w.list},
	} {
		if err := q.write(q.text, q.rows); err != nil {
			return fmt.Errorf("save entries: %w", err)
		}
	}
	return moveVersions(tx, w.touched)
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// splitList reads what strings.Join(list, ",") wrote; ids of sections have no commas.
func splitList(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
