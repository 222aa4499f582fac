package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
	// Full says that Items is everything the source lists at present.
	Full bool
	At   time.Time
}

// Counts says how many of the items were new, revised and unchanged.
type Counts struct{ New, Updated, Unchanged int }

type save struct {
	ctx    context.Context
	c      *Collected
	counts Counts
	err    error
	done   chan struct{}
}

// Rows one transaction may gather from saves that wait for it.
const saveRows = 2000

// Save stores what a source brought, the items unfiled, in one transaction. Saves that arrive
// together share a transaction; each returns when its own rows are committed.
func (s *Store) Save(ctx context.Context, c *Collected) (Counts, error) {
	w := &save{ctx: ctx, c: c, done: make(chan struct{})}
	select {
	case s.saves <- w:
	case <-ctx.Done():
		return Counts{}, ctx.Err()
	case <-s.stop:
		return Counts{}, errors.New("the store is closed")
	}
	<-w.done // the loop always answers what it took
	return w.counts, w.err
}

func (s *Store) saveLoop() {
	defer close(s.stopped)
	for {
		var batch []*save
		select {
		case w := <-s.saves:
			batch = append(batch, w)
		case <-s.stop:
			return
		}
		for rows := len(batch[0].c.Items); rows < saveRows; {
			select {
			case w := <-s.saves:
				batch = append(batch, w)
				rows += len(w.c.Items) + 1
				continue
			default:
			}
			break
		}
		began, err := s.saveBatch(batch)
		if err != nil && began && len(batch) > 1 {
			for _, w := range batch { // so that one bad save fails alone
				w.counts = Counts{}
				_, w.err = s.saveBatch([]*save{w})
			}
		} else {
			for _, w := range batch {
				w.err = err
			}
		}
		for _, w := range batch {
			close(w.done)
		}
	}
}

// saveBatch saves all or none. began tells whether writing began. When it did not, because the database
// is locked or cannot be reached, trying each save alone would fail as well, after the same wait.
func (s *Store) saveBatch(batch []*save) (began bool, err error) {
	// The context of one collector must not abort what the others saved.
	err = s.tx(context.Background(), func(tx *tx) error {
		began = true
		var states, holds [][]any
		var uids []int64
		for _, w := range batch {
			if w.ctx.Err() != nil && len(batch) == 1 {
				return w.ctx.Err()
			}
			state, err := w.c.stateRow()
			if err != nil {
				return fmt.Errorf("save %s: %w", w.c.State.Source, err)
			}
			states = append(states, state)
			for _, h := range w.c.Holds {
				holds = append(holds, []any{h.Host, millis(h.Until), clean(h.Reason)})
			}
			for i := range w.c.Items {
				uids = append(uids, itemUID(&w.c.Items[i]))
			}
		}
		if err := tx.many(putState, states); err != nil {
			return err
		}
		if err := tx.many(putHold, holds); err != nil {
			return err
		}
		known, err := knownItems(tx, uids)
		if err != nil {
			return err
		}
		var fresh []newItem
		for _, w := range batch {
			n := len(w.c.Items)
			items, counts, err := s.saveOne(tx, w.c, uids[:n], known)
			if err != nil {
				return fmt.Errorf("save %s: %w", w.c.State.Source, err)
			}
			uids, w.counts = uids[n:], counts
			fresh = append(fresh, items...)
		}
		return s.insert(tx, fresh)
	})
	return began && !s.d.lost(err), err
}

const putHold = `INSERT INTO holds (host, until, reason) VALUES ($1, $2, $3)
	ON CONFLICT (host) DO UPDATE SET until = excluded.until, reason = excluded.reason`

func (c *Collected) stateRow() ([]any, error) {
	var fullRead time.Time
	if c.Full {
		fullRead = c.At
	}
	return stateRow(c.State, fullRead)
}

// saveOne writes what c changes of the known items and returns its new ones; uids are its items'.
func (s *Store) saveOne(tx *tx, c *Collected, uids []int64, known map[int64]knownItem) (fresh []newItem, n Counts, err error) {
	var unknown []*feed.Item
	rows := map[int64]bool{}
	for i, uid := range uids {
		if k, ok := known[uid]; ok {
			rows[k.id] = true
		} else {
			unknown = append(unknown, &c.Items[i])
		}
	}
	otherwise, err := renamed(tx, c, unknown, rows)
	if err != nil {
		return nil, n, err
	}
	inDoc := make(map[int64]bool, len(c.Items))
	for i := range c.Items {
		it, uid := &c.Items[i], uids[i]
		if inDoc[uid] { // a document that lists an item twice: the first stands
			n.Unchanged++
			continue
		}
		inDoc[uid] = true
		rev := revision(it)
		k, ok := known[uid]
		if !ok {
			k, ok = otherwise[it]
		}
		switch {
		case !ok:
			fresh = append(fresh, newItem{it, uid, rev, millis(c.At)})
		case k.id == 0: // taken away by retention
			n.Unchanged++
			if c.At.Sub(fromMillis(k.seen)) > 24*time.Hour {
				if _, err := tx.Exec(`UPDATE seen SET last_seen = $1 WHERE uid = $2`, millis(c.At), uid); err != nil {
					return nil, n, err
				}
			}
		case k.hash == rev:
			n.Unchanged++
		default:
			n.Updated++
			if err := s.revise(tx, it, k.id, rev, c.At); err != nil {
				return nil, n, err
			}
		}
	}
	n.New = len(fresh)
	return fresh, n, nil
}

type newItem struct {
	*feed.Item
	uid, rev, at int64
}

// revision is the item's Revision as the tables hold it.
func revision(it *feed.Item) int64 {
	if it.Rev != 0 {
		return int64(it.Rev)
	}
	return int64(feed.Revision(it))
}

// Keys travel as 16 hexadecimal digits and are stored as numbers, half the size.
func keyInt(key string) int64 {
	n, err := strconv.ParseUint(key, 16, 64)
	if err != nil {
		return 0 // no key: 0 is nobody's
	}
	return int64(n)
}

func intKey(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%016x", uint64(n))
}

func itemUID(it *feed.Item) int64 { return keyInt(it.OwnEntry()) }

// linkInt is what the index of canonical addresses holds.
func linkInt(canonical string) int64 {
	if canonical == "" {
		return 0
	}
	return int64(xxhash.Sum64String(canonical))
}

type knownItem struct{ id, hash, seen int64 }

// knownItems finds which of the items are stored, or were (id 0).
func knownItems(tx *tx, uids []int64) (map[int64]knownItem, error) {
	known := make(map[int64]knownItem, len(uids))
	for part := range slices.Chunk(uids, listed) {
		var args []any
		in := tx.s.d.in(part, &args)
		rows, err := tx.Query(`SELECT uid, id, hash, 0 FROM items WHERE uid `+in+`
			UNION ALL SELECT uid, 0, 0, last_seen FROM seen WHERE uid `+in, args...)
		if err != nil {
			return nil, err
		}
		if err := scan(rows, func(r *sql.Rows) error {
			var uid int64
			var k knownItem
			if err := r.Scan(&uid, &k.id, &k.hash, &k.seen); err != nil {
				return err
			}
			if have, ok := known[uid]; !ok || have.id == 0 {
				known[uid] = k
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return known, nil
}

// listed is how many numbers one dialect.in gets at most.
const listed = 500

// Rows of one INSERT: enough to make a call's own cost small. What is left over goes row by row, so
// that there are two statements to know, whatever arrives.
const insertRows = 20

// New items whose texts are packed at a time: what they take stands in memory.
const insertChunk = 16 * insertRows

const (
	insertItems = `INSERT INTO items (uid, source, link, article, hash, published, updated, first_seen) VALUES `
	insertTexts = `INSERT INTO texts (item, guid, url, title, summary, body) VALUES `
	returning   = ` RETURNING uid, id`
)

// insert adds new items, unfiled, in the order given.
func (s *Store) insert(tx *tx, fresh []newItem) error {
	for part := range slices.Chunk(fresh, insertChunk) {
		rows := make([][]any, len(part))
		for i, n := range part {
			rows[i] = []any{n.uid, n.Source, linkInt(n.Canonical), articleInt(n.Canonical), n.rev,
				millis(n.Published), millis(n.Updated), n.at}
		}
		ids := make(map[int64]int64, len(part))
		if err := tx.insertRows(insertItems, returning, rows, func(r scanner) error {
			var uid, id int64
			err := r.Scan(&uid, &id)
			ids[uid] = id
			return err
		}); err != nil {
			return err
		}
		for i, n := range part {
			body, err := s.pack(n.Item)
			if err != nil {
				return err
			}
			rows[i] = []any{ids[n.uid], clean(n.GUID), clean(n.URL), clean(n.Title), clean(n.Summary), body}
		}
		if err := tx.insertRows(insertTexts, "", rows, nil); err != nil {
			return err
		}
	}
	return nil
}

// insertRows puts rows between the two ends of a statement, insertRows at a time.
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

// clean takes out of a text what PostgreSQL cannot hold.
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

// Revisions kept of one item.
const maxRevisions = 10

// revise replaces an item's text by what its source says now, keeps the old one in the history
// and puts the item back in the inbox. What the source no longer gives is not erased when it may
// have come from elsewhere (the article's page).
func (s *Store) revise(tx *tx, it *feed.Item, id, rev int64, at time.Time) error {
	var old feed.Item
	var blob []byte
	if err := tx.QueryRow(`SELECT title, summary, body FROM texts WHERE item = $1`, id).
		Scan(&old.Title, &old.Summary, &blob); err != nil {
		return err
	}
	if err := s.unpack(blob, &old); err != nil {
		return err
	}
	next := *it
	if next.Summary == "" {
		next.Summary = old.Summary
	}
	if next.Content == "" {
		next.Content = old.Content
	}
	if next.Image == "" {
		next.Image = old.Image
	}
	if next.Title == "" {
		next.Title = old.Title
	}
	body, err := s.pack(&next)
	if err != nil {
		return err
	}
	for _, q := range []struct {
		text string
		args []any
	}{
		{`INSERT INTO revisions (item, at, title, summary, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (item, at) DO NOTHING`,
			[]any{id, millis(at), old.Title, old.Summary, blob}},
		{`DELETE FROM revisions WHERE item = $1 AND at NOT IN
			(SELECT at FROM revisions WHERE item = $1 ORDER BY at DESC LIMIT $2)`, []any{id, maxRevisions}},
		{`UPDATE items SET hash = $1, link = $2, article = $3, updated = $4, revised = $5, filed = 0 WHERE id = $6`,
			[]any{rev, linkInt(next.Canonical), articleInt(next.Canonical), millis(next.Updated), millis(at), id}},
		{`UPDATE texts SET guid = $1, url = $2, title = $3, summary = $4, body = $5 WHERE item = $6`,
			[]any{clean(next.GUID), clean(next.URL), clean(next.Title), clean(next.Summary), body, id}},
	} {
		if _, err := tx.Exec(q.text, q.args...); err != nil {
			return err
		}
	}
	return nil
}

// body is the part of an item that nothing searches.
type body struct {
	Content    string           `json:"c,omitempty"`
	Base       string           `json:"b,omitempty"`
	Language   string           `json:"l,omitempty"`
	Image      string           `json:"i,omitempty"`
	Authors    []feed.Person    `json:"a,omitempty"`
	Categories []string         `json:"g,omitempty"`
	Enclosures []feed.Enclosure `json:"e,omitempty"`
}

func (s *Store) pack(it *feed.Item) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false) // it is compressed next, and \u003c for every < makes that slower
	if err := e.Encode(body{it.Content, it.Base, it.Language, it.Image, it.Authors, it.Categories, it.Enclosures}); err != nil {
		return nil, err
	}
	return s.enc.EncodeAll(buf.Bytes(), make([]byte, 0, buf.Len()/2+64)), nil
}

func (s *Store) unpack(blob []byte, it *feed.Item) error {
	raw, err := s.dec.DecodeAll(blob, nil)
	if err != nil {
		return fmt.Errorf("read the text of item %d: %w", it.ID, err)
	}
	var b body
	if err := json.Unmarshal(raw, &b); err != nil {
		return fmt.Errorf("read the text of item %d: %w", it.ID, err)
	}
	it.Content, it.Base, it.Language = b.Content, b.Base, b.Language
	it.Image, it.Authors, it.Categories, it.Enclosures = b.Image, b.Authors, b.Categories, b.Enclosures
	return nil
}
