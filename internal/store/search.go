package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"feedd/internal/feed"
)

// The index of words is a table of one row an item, in the engine's own full-text form: FTS5 on SQLite,
// a tsvector on PostgreSQL. Neither engine folds anything, for the words that come in are folded already;
// so both find the same. What a row says follows from the item's text and its key from the time of
// its entry, and it is written in the transaction that files the item, so that no reader of the store
// ever sees one without the other. Who is withdrawn is not in it: that is asked of the entry.

// foundKey is an item's key in the index. Its upper 32 of 63 bits are the time in whole seconds, the lower 31 the item's
// number: keys are in the order of time and, within a second, of arrival. Times before 1970 count as 1970.
func foundKey(at time.Time, id int64) int64 {
	return min(max(at.Unix(), 0), math.MaxUint32)<<feed.PlaceBits | id&(1<<feed.PlaceBits-1)
}

// foundItem is the number of the item that has a key.
func foundItem(key int64) int64 { return key & (1<<feed.PlaceBits - 1) }

// sourceWord is a word of the index that stands for a source. It begins with a sign that is in no text.
func sourceWord(source string) string {
	return "\uE000" + strconv.FormatUint(xxhash.Sum64String(source), 16)
}

// foundRow is a row of the index. words is a buffer for it.
func (s *Store) foundRow(key int64, it *feed.Item, words []byte) ([]any, []byte) {
	words = feed.SearchedWords(words[:0], it.Title, it.Summary)
	return []any{key, s.d.indexed(words, sourceWord(it.Source))}, words
}

// indexed is an item as it stands in the index.
type indexed struct {
	key   int64 // 0: not at all
	stale bool  // by a text from before a revision
}

func newIndexed(found int64) indexed { return indexed{max(found, -found), found < 0} }

// index brings the index up to date with filed items, and with the reports of the entries again, which were published anew.
// published are the times of the items' entries, in milliseconds by the entries' ids.
func (s *Store) index(tx *tx, items []feed.Item, published map[int64]int64, again []int64) error {
	is, err := s.indexedItems(tx, items)
	if err != nil {
		return err
	}
	var gone, rows [][]any
	var words []byte
	filing := make(map[int64]bool, len(items))
	for i := range items {
		it := &items[i]
		filing[it.ID] = true
		was, key := is[it.ID], itemKey(it, published)
		if was.key == key && !was.stale {
			continue
		}
		if was.key != 0 {
			gone = append(gone, []any{was.key})
		}
		var row []any
		row, words = s.foundRow(key, it, words)
		rows = append(rows, row)
	}
	for _, id := range again {
		g, r, err := s.rekey(tx, id, published[id], filing)
		if err != nil {
			return err
		}
		gone, rows = append(gone, g...), append(rows, r...)
	}
	return s.writeIndex(tx, gone, rows)
}

func itemKey(it *feed.Item, published map[int64]int64) int64 {
	if at, ok := published[keyInt(it.Entry)]; ok && it.Entry != "" {
		return foundKey(fromMillis(at), it.ID)
	}
	return foundKey(it.Date(), it.ID)
}

// writeIndex takes rows out and puts rows in, in the order of their keys: FTS5 writes what it has gathered
// whenever a row comes before the last one, and has small pieces to merge then.
func (s *Store) writeIndex(tx *tx, gone, rows [][]any) error {
	byKey := func(a, b []any) int { return cmp.Compare(a[0].(int64), b[0].(int64)) }
	slices.SortStableFunc(gone, byKey)
	slices.SortStableFunc(rows, byKey)
	insert, remove := s.d.foundRows()
	if err := tx.atOnce(remove, gone); err != nil {
		return fmt.Errorf("index items: %w", err)
	}
	if err := tx.fresh(insert, rows); err != nil {
		return fmt.Errorf("index items: %w", err)
	}
	tx.indexed += len(rows)
	return nil
}

func (s *Store) indexedItems(tx *tx, items []feed.Item) (map[int64]indexed, error) {
	is := make(map[int64]indexed, len(items))
	ids := make([]int64, len(items))
	for i := range items {
		ids[i] = items[i].ID
	}
	err := eachIn(tx, `SELECT id, found FROM items WHERE found <> 0 AND id `, ids, ``, func(r *sql.Rows) error {
		var id, found int64
		err := r.Scan(&id, &found)
		is[id] = newIndexed(found)
		return err
	})
	return is, err
}

// rekey moves the reports of an entry that was published anew to its new time, except those in filing, which are indexed
// anyway.
func (s *Store) rekey(tx *tx, entry, published int64, filing map[int64]bool) (gone, rows [][]any, err error) {
	var keys [][]any
	if err := tx.query(`SELECT i.id, i.found, i.source, t.title, t.summary FROM items i JOIN texts t ON t.item = i.id
		WHERE i.id IN (SELECT item FROM reports WHERE entry = $1) AND i.found <> 0`, func(r *sql.Rows) error {
		var it feed.Item
		var was int64
		if err := r.Scan(&it.ID, &was, &it.Source, &it.Title, &it.Summary); err != nil {
			return err
		}
		if filing[it.ID] {
			return nil
		}
		key := foundKey(fromMillis(published), it.ID)
		if old := newIndexed(was); old.key != key {
			gone = append(gone, []any{old.key})
			row, _ := s.foundRow(key, &it, nil)
			rows, keys = append(rows, row), append(keys, []any{key, it.ID})
		}
		return nil
	}, entry); err != nil {
		return nil, nil, err
	}
	return gone, rows, tx.atOnce(`UPDATE items SET found = $1 WHERE id = $2`, keys)
}

// forgetFound takes items out of the index.
func (s *Store) forgetFound(tx *tx, ids []int64) error {
	for part := range slices.Chunk(ids, listed) {
		var args []any
		keys, err := idsIn(tx, `SELECT ABS(found) FROM items WHERE found <> 0 AND id `+s.d.in(part, &args), args...)
		if err != nil {
			return err
		}
		gone := make([][]any, len(keys))
		for i, k := range keys {
			gone[i] = []any{k}
		}
		if err := s.writeIndex(tx, gone, nil); err != nil {
			return err
		}
	}
	return nil
}

// indexReached is the name under which meta keeps how far the items from before the index are in it:
// the number of the last one, or indexWhole.
const (
	indexReached = "index"
	indexWhole   = "whole"
)

// Items that one transaction of Index takes.
const indexRows = 500

// Index adds the items to the index that were stored before there was one, or moved here from another
// store. It lets others write in between, goes on where it was interrupted, and costs one look when
// there is nothing to do. It returns how many items it added.
func (s *Store) Index(ctx context.Context) (total int, err error) {
	for {
		text, err := s.Meta(ctx, indexReached)
		if err != nil || text == indexWhole {
			return total, err
		}
		after, _ := strconv.ParseInt(text, 10, 64) // none: from the beginning
		var n int
		if err := s.tx(ctx, func(tx *tx) error {
			n, err = s.indexAfter(tx, after)
			return err
		}); err != nil {
			return total, err
		}
		total += n
	}
}

// indexAfter indexes some of the items behind the one with this number, and notes how far it came.
func (s *Store) indexAfter(tx *tx, after int64) (int, error) {
	reached := indexWhole
	var rows, keys [][]any
	var words []byte
	n := 0
	if err := tx.query(`SELECT i.id, i.found, i.source, i.published, i.first_seen, COALESCE(e.published, 0), t.title, t.summary
		FROM items i JOIN texts t ON t.item = i.id LEFT JOIN entries e ON e.id = i.entry
		WHERE i.id > $1 ORDER BY i.id LIMIT $2`, func(r *sql.Rows) error {
		var it feed.Item
		var found int64
		var told time.Time
		if err := r.Scan(&it.ID, &found, &it.Source, asTime{&it.Published}, asTime{&it.FirstSeen}, asTime{&told}, &it.Title, &it.Summary); err != nil {
			return err
		}
		if n++; n == indexRows {
			reached = strconv.FormatInt(it.ID, 10)
		}
		if found != 0 {
			return nil
		}
		at := told // under its entry
		if at.IsZero() {
			at = it.Date()
		}
		key := foundKey(at, it.ID)
		var row []any
		row, words = s.foundRow(key, &it, words)
		rows, keys = append(rows, row), append(keys, []any{key, it.ID})
		return nil
	}, after, indexRows); err != nil {
		return 0, err
	}
	if err := s.writeIndex(tx, nil, rows); err != nil {
		return 0, err
	}
	if err := tx.atOnce(`UPDATE items SET found = $1 WHERE id = $2`, keys); err != nil {
		return 0, err
	}
	return len(rows), setMeta(indexReached, reached)(tx)
}

// How many keys one look into the index asks for, and how many reports are read at once: at first, by what factor that grows,
// and at most. Most searches have enough soon; what is rare takes many looks.
const (
	firstLook, lookGrows, mostLook = 64, 16, 64 * 16 * 16
	firstRead, readGrows, mostRead = 64, 2, 512
)

// What bounds a look into the index. Of the newest rows a few say how common the words of a query are. What is
// rare is looked for in the whole index, which costs what it finds. Words that are common cost most where
// they seldom meet as the query wants them, so these are looked for in the newest rows, so many at a time. And
// a word that is only begun costs all places of all words that begin so: when these are many, the index is not
// asked for it, and what has the other words is looked at instead.
const (
	sampleRows = 500  // of the newest rows, those that say how common words are
	lookRows   = 8000 // those that common words are looked for in at a time
)

// lookup is a query as one engine's index is asked for it.
type lookup interface {
	// find returns the keys of at most n rows that may match the query, the highest first, of those below
	// a key.
	find(ctx context.Context, below int64, n int) (foundKeys, error)
}

// foundKeys is what one look into the index gave.
type foundKeys struct {
	keys []int64
	next int64 // below which to go on; 0 when that was all
	deep bool  // the look ended for the rows it may go through, with fewer keys than were asked for
}

// foundOf is what a look for n rows gave that did not go below floor, where that is not 0.
func foundOf(keys []int64, n int, floor int64) foundKeys {
	if len(keys) == n {
		return foundKeys{keys: keys, next: keys[n-1]}
	}
	return foundKeys{keys: keys, next: floor, deep: floor > 0}
}

// floor is the key of the last of so many rows of the index, the highest first, of those below a key; 0 when there are not so
// many. column is what the engine calls the key.
func (s *Store) floor(ctx context.Context, column string, below int64, rows int) (floor int64, err error) {
	err = s.one(ctx, `SELECT COALESCE((SELECT `+column+` FROM found WHERE `+column+` < $1 ORDER BY `+column+` DESC LIMIT 1 OFFSET $2), 0)`,
		[]any{below, rows - 1}, &floor)
	return floor, err
}

// without are the phrases without some of their words; what stands on either side of these is a phrase each.
func without(phrases [][]feed.QueryWord, leave func(feed.QueryWord) (bool, error)) (rest [][]feed.QueryWord, err error) {
	for _, phrase := range phrases {
		var kept []feed.QueryWord
		for _, w := range phrase {
			left, err := leave(w)
			if err != nil {
				return nil, err
			}
			if !left {
				kept = append(kept, w)
				continue
			}
			if len(kept) > 0 {
				rest, kept = append(rest, kept), nil
			}
		}
		if len(kept) > 0 {
			rest = append(rest, kept)
		}
	}
	return rest, nil
}

// Search calls each for the reports that a query finds, the latest by their entry's publication first,
// until it returns false. Of one entry it may find several. Older is the place below which the query may find
// more that was not looked at, for q.Below, because q.Most bounds the search; 0 when there is none.
func (s *Store) Search(ctx context.Context, q feed.TextQuery, each func(*feed.Found) bool) (older int64, err error) {
	below := int64(math.MaxInt64)
	if !q.Before.IsZero() {
		below = foundKey(q.Before, 0)
	}
	if q.Below > 0 {
		below = min(below, q.Below)
	}
	index, err := s.d.lookup(ctx, s, q, below)
	if err != nil {
		return 0, err
	}
	section := sectionList{s: s, q: &q}
	looked, read := 0, firstRead
	for n := firstLook; below != 0; {
		got, err := index.find(ctx, below, n)
		if err != nil {
			return 0, err
		}
		below, n = got.next, min(lookGrows*n, mostLook)
		for keys := got.keys; len(keys) > 0; {
			if q.Most > 0 && looked >= q.Most {
				return keys[0] + 1, nil
			}
			part := keys[:min(len(keys), read)]
			if q.Most > 0 {
				part = part[:min(len(part), q.Most-looked)]
			}
			keys, read = keys[len(part):], min(readGrows*read, mostRead)
			found, err := s.wanted(ctx, &q, part)
			if err != nil {
				return 0, err
			}
			for _, key := range part {
				if f := found[key]; f != nil && !each(&f.Found) {
					return 0, nil
				}
			}
			looked += len(part)
			if len(found) > 0 || !section.narrows() || len(keys) == 0 && below == 0 {
				continue
			}
			// Most reports with these words may stand in other sections.
			upTo, err := section.below(ctx, part[len(part)-1])
			if err != nil {
				return 0, err
			}
			keys = keys[len(keysFrom(keys, upTo)):]
			if len(keys) == 0 && upTo < below {
				below, n, got.deep = upTo, firstLook, false
			}
		}
		if q.Most > 0 && got.deep {
			return below, nil
		}
	}
	return 0, nil
}

// keysFrom are those of the keys, the highest first, that are not below one.
func keysFrom(keys []int64, key int64) []int64 {
	if i := slices.IndexFunc(keys, func(k int64) bool { return k < key }); i >= 0 {
		return keys[:i]
	}
	return keys
}

// everySection is every section together.
const everySection = "all"

// sectionList tells where a section has reports, for a query that is narrowed to it.
type sectionList struct {
	s         *Store
	q         *feed.TextQuery
	withdrawn []int64 // when the entries were published that are in no list any more, the latest first
	read      bool    // withdrawn was
}

func (l *sectionList) narrows() bool { return l.q.Section != "" && l.q.Section != everySection }

// below is below which key of the index the section has its next reports, when those from key on were seen;
// 0 when it has none.
func (l *sectionList) below(ctx context.Context, key int64) (int64, error) {
	seen := millis(feed.PlaceTime(key).Add(time.Second))
	var published int64
	err := l.s.one(ctx, `SELECT COALESCE(MAX(published), -1) FROM entry_sections WHERE section = $1 AND published < $2`,
		[]any{l.q.Section, seen}, &published)
	if err != nil {
		return 0, err
	}
	if l.q.Any { // also what is withdrawn, which is listed nowhere but keeps the names
		if !l.read {
			if l.withdrawn, err = l.s.ids(ctx, `SELECT published FROM entries WHERE withdrawn <> 0 AND ',' || sections || ',' LIKE $1`,
				"%,"+l.q.Section+",%"); err != nil {
				return 0, err
			}
			slices.SortFunc(l.withdrawn, func(a, b int64) int { return cmp.Compare(b, a) })
			l.read = true
		}
		if i := slices.IndexFunc(l.withdrawn, func(at int64) bool { return at < seen }); i >= 0 {
			published = max(published, l.withdrawn[i])
		}
	}
	if published < 0 {
		return 0, nil
	}
	return min(key, foundKey(fromMillis(published).Add(time.Second), 0)), nil
}

// foundReport is a report of which the index told, with what decides whether a query wants it.
type foundReport struct {
	feed.Found
	entry bool // it has one
}

func (f *foundReport) wanted(q *feed.TextQuery) bool {
	return q.Any || f.entry && f.Withdrawn.IsZero() && f.Item.Gone.IsZero() && f.Item.Dropped == ""
}

// wanted reads the reports with these keys of the index that a query wants, no more of each than it takes to
// tell: first its text, and of those that have the words what was decided about them.
func (s *Store) wanted(ctx context.Context, q *feed.TextQuery, keys []int64) (map[int64]*foundReport, error) {
	ids := make([]int64, len(keys))
	for i, k := range keys {
		ids[i] = foundItem(k)
	}
	var err error
	if q.Section != "" && q.Section != everySection {
		if ids, err = s.inSection(ctx, q.Section, ids); err != nil {
			return nil, err
		}
	}
	byID, err := s.matching(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	if byID, err = s.decided(ctx, byID); err != nil {
		return nil, err
	}
	wanted := make(map[int64]*foundReport, len(byID))
	for _, key := range keys {
		if f := byID[foundItem(key)]; f != nil && f.wanted(q) {
			f.At, f.Key = feed.PlaceTime(key), key
			wanted[key] = f
		}
	}
	return wanted, nil
}

// inSection returns those of the items whose entry is in a section.
func (s *Store) inSection(ctx context.Context, section string, ids []int64) (in []int64, err error) {
	err = eachIn(outside{ctx, s}, `SELECT i.id, e.sections FROM items i JOIN entries e ON e.id = i.entry WHERE i.id `, ids, ``, func(r *sql.Rows) error {
		var id int64
		var sections []string
		err := r.Scan(&id, asList{&sections})
		if slices.Contains(sections, section) {
			in = append(in, id)
		}
		return err
	})
	return in, err
}

// matching returns those of the items that a query matches by their source and words, by their numbers.
func (s *Store) matching(ctx context.Context, q *feed.TextQuery, ids []int64) (matching map[int64]*foundReport, err error) {
	matching = map[int64]*foundReport{}
	var it feed.Item
	err = eachIn(outside{ctx, s}, `SELECT i.id, i.source, t.url, t.title, t.summary FROM items i JOIN texts t ON t.item = i.id WHERE i.id `, ids, ``, func(r *sql.Rows) error {
		if err := r.Scan(&it.ID, &it.Source, &it.URL, &it.Title, &it.Summary); err != nil {
			return err
		}
		if (q.Source == "" || it.Source == q.Source) && (q.Match == nil || q.Match(&it)) {
			matching[it.ID] = &foundReport{Found: feed.Found{Item: it}}
		}
		return nil
	})
	return matching, err
}

// decided adds to reports whose texts were read when they were told, and what was decided about them. What is deleted
// meanwhile is not among those that it returns.
func (s *Store) decided(ctx context.Context, texts map[int64]*foundReport) (found map[int64]*foundReport, err error) {
	found = make(map[int64]*foundReport, len(texts))
	err = eachIn(outside{ctx, s}, `SELECT i.id, i.published, i.first_seen, i.story, i.entry, i.dropped, i.gone,
		COALESCE(e.published, 0), COALESCE(e.withdrawn, 0), COALESCE(e.backlog, 0), COALESCE(e.sections, ''), CASE WHEN e.id IS NULL THEN 0 ELSE 1 END
		FROM items i LEFT JOIN entries e ON e.id = i.entry WHERE i.id `, slices.Sorted(maps.Keys(texts)), ``,
		func(r *sql.Rows) error {
			var f foundReport
			it := &f.Item
			if err := r.Scan(&it.ID, asTime{&it.Published}, asTime{&it.FirstSeen}, asKey{&it.Story}, asKey{&it.Entry}, &it.Dropped, asTime{&it.Gone},
				asTime{&f.Published}, asTime{&f.Withdrawn}, &f.Backlog, asList{&f.Sections}, &f.entry); err != nil {
				return err
			}
			text := &texts[it.ID].Item
			it.Source, it.URL, it.Title, it.Summary = text.Source, text.URL, text.Title, text.Summary
			found[it.ID] = &f
			return nil
		})
	return found, err
}

// Most spellings of one phrase, when its words have several each; beyond that only the words are asked for.
const mostSpellings = 8

// spellings are the ways to write a phrase, each a list of words.
func spellings(phrase []feed.QueryWord) (all [][]string, ok bool) {
	all = [][]string{nil}
	for _, w := range phrase {
		if len(all)*len(w.Folds) > mostSpellings {
			return nil, false
		}
		var next [][]string
		for _, begun := range all {
			for _, f := range w.Folds {
				next = append(next, append(slices.Clone(begun), f))
			}
		}
		all = next
	}
	return all, true
}

// Most words between two that an index is asked for as standing near each other, for one engine is asked for each distance.
const mostBetween = 8

// nearPairs are the ways to write two words that stand near each other; none when there are too many, and the words alone are
// asked for.
func nearPairs(n feed.NearWords) (pairs [][2]string) {
	if n.Gap > mostBetween || len(n.A.Folds)*len(n.B.Folds) > mostSpellings {
		return nil
	}
	for _, a := range n.A.Folds {
		for _, b := range n.B.Folds {
			pairs = append(pairs, [2]string{bare(a), bare(b)})
		}
	}
	return pairs
}

// bare is a word without what means something in a query of either engine.
func bare(word string) string {
	if !strings.ContainsAny(word, `"'\`) {
		return word
	}
	return strings.NewReplacer(`"`, "", `'`, "", `\`, "").Replace(word)
}
