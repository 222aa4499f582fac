package store

import (
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"feedd/internal/feed"
)

// A source may call a stored item by another name: it gives a new guid at every look, moves to another
// domain, or writes the headline, and with it the address, anew; and it may give the name of one item
// to another. Which stored items those of a document are is decided by feed.Recognition for the document
// as a whole; here is found what they may be.

// articleInt is what the index of article numbers holds, see the migration that adds it.
func articleInt(canonical string) int64 {
	host, number := feed.ArticleNumber(canonical)
	if host == "" {
		return 0
	}
	n := int64(xxhash.Sum64String(host)&0x7fffffff) << 32
	if number != "" {
		n |= max(1, int64(xxhash.Sum64String(number)&0xffffffff))
	}
	return n
}

// hasNumber says whether an articleInt has a number.
func hasNumber(article int64) bool { return article&0xffffffff != 0 }

// knownItem is what is stored under a uid: an item, or (id 0) that retention took one away.
type knownItem struct {
	uid, id, hash, seen, headline, published, link, gone int64
}

// knownItems finds which of the uids are stored, or were.
func knownItems(from reads, uids []int64) (map[int64]knownItem, error) {
	known := map[int64]knownItem{} // of a new source none is
	for part := range slices.Chunk(uids, listed) {
		var args []any
		in := from.in(part, &args)
		if err := from.query(`SELECT uid, id, hash, 0, headline, published, link, gone FROM items WHERE uid `+in+`
			UNION ALL SELECT uid, 0, 0, last_seen, headline, published, link, 0 FROM seen WHERE uid `+in, func(r *sql.Rows) error {
			var uid int64
			var k knownItem
			if err := r.Scan(&uid, &k.id, &k.hash, &k.seen, &k.headline, &k.published, &k.link, &k.gone); err != nil {
				return err
			}
			if have, ok := known[uid]; !ok || have.id == 0 {
				known[uid] = k
			}
			return nil
		}, args...); err != nil {
			return nil, err
		}
	}
	return known, nil
}

// past is what a source is known to have told.
type past struct {
	fresh  bool    // nothing: this is the first that is stored of it
	listed []int64 // the items of its last document
}

// pastOf reads the past of sources.
func pastOf(from reads, sources []string) (map[string]past, error) {
	found := make(map[string]past, len(sources))
	for part := range slices.Chunk(sources, listed) {
		if err := from.query(`SELECT id, listed FROM sources WHERE id IN `+placeholders(1, len(part)), func(r *sql.Rows) error {
			var id, list string
			if err := r.Scan(&id, &list); err != nil {
				return err
			}
			found[id] = past{listed: splitIDs(list)}
			return nil
		}, anys(part)...); err != nil {
			return nil, err
		}
	}
	for _, id := range sources {
		if _, ok := found[id]; !ok {
			found[id] = past{fresh: true}
		}
	}
	return found, nil
}

func splitIDs(text string) (ids []int64) {
	for f := range strings.FieldsSeq(text) {
		if id, err := strconv.ParseInt(f, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

func joinIDs(ids []int64) string {
	b := make([]byte, 0, 8*len(ids))
	for i, id := range ids {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(b)
}

// recognition is what the items of a document are, by their places in it.
type recognition struct {
	same    []int64 // the id of the stored item, when its source wrote nothing of it anew
	copy    []bool  // the same item stands before it
	is      map[int]*feed.Item
	retired map[int]knownItem // what is remembered of those that retention took away
	repeats map[int]int64     // the uid of the outlet's report that a new item tells once more
}

// recogniser asks the store what a document's items may be.
type recogniser struct {
	from reads
	s    *Store
	c    *Collected
	now  time.Time

	of      *feed.Recognition
	trusted map[string]bool // hosts and whether they number their articles
	failed  error           // of asking whether a host does
}

// recognise decides what the items of a document are. uids are those of their keys, known what is
// stored under them.
func (r *recogniser) recognise(uids []int64, known map[int64]knownItem, before past) (*recognition, error) {
	n := len(r.c.Items)
	rec := &recognition{same: make([]int64, n), copy: make([]bool, n), is: map[int]*feed.Item{}, retired: map[int]knownItem{}, repeats: map[int]int64{}}
	claimed := map[int64]bool{}
	inDoc := make(map[int64]bool, n)
	var open []int
	for i, uid := range uids {
		it := &r.c.Items[i]
		if inDoc[uid] { // a document that lists an item twice: the first stands
			rec.copy[i] = true
			continue
		}
		inDoc[uid] = true
		k, ok := known[uid]
		switch {
		case ok && k.id != 0 && k.hash == revision(it):
			rec.same[i] = k.id
			claimed[k.id] = true
		case ok && k.id == 0 && isRetired(k, it):
			k.uid = uid
			rec.retired[i] = k
		default:
			open = append(open, i)
		}
	}
	if len(open) == 0 || before.fresh && len(r.c.Siblings) == 0 {
		return rec, nil
	}
	var ids []int64
	for _, i := range open {
		if k := known[uids[i]]; k.id != 0 && !claimed[k.id] {
			ids = append(ids, k.id)
		}
	}
	for _, id := range before.listed {
		if !claimed[id] && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	stored, err := r.stored(`i.id`, ids, 0)
	if err != nil {
		return nil, err
	}
	r.of = feed.NewRecognition(r.c.Items, r.now, r.numbered)
	if open = r.match(rec, open, stored, claimed); r.failed != nil || len(open) == 0 {
		return rec, r.failed
	}
	if stored, err = r.elsewhere(open, stored, claimed); err != nil {
		return nil, err
	}
	if open = r.match(rec, open, stored, claimed); r.failed != nil || len(open) == 0 {
		return rec, r.failed
	}
	if err := r.retired(rec, open); err != nil {
		return nil, err
	}
	r.repeated(rec, open, stored)
	return rec, nil
}

// isRetired says whether what retention took away under an item's uid is the item.
func isRetired(k knownItem, it *feed.Item) bool {
	return k.headline == 0 || k.headline == int64(feed.HeadlineMark(it.Title)) ||
		it.Published.IsZero() || k.published == 0 || millis(it.Published) <= k.published+time.Minute.Milliseconds()
}

// match recognises what it can of the open items, and returns what is left of them.
func (r *recogniser) match(rec *recognition, open []int, stored []*feed.Item, claimed map[int64]bool) (left []int) {
	var own []*feed.Item
	for _, it := range stored {
		if it.Source == r.c.State.Source && !claimed[it.ID] {
			own = append(own, it)
		}
	}
	found := r.of.Among(open, own)
	for i, n := range open {
		if found[i] < 0 {
			left = append(left, n)
			continue
		}
		it := own[found[i]]
		rec.is[n] = it
		claimed[it.ID] = true
	}
	return left
}

// numbered tells whether a host means its numbers as the identity of articles.
func (r *recogniser) numbered(host string) bool {
	is, ok := r.trusted[host]
	if !ok && r.failed == nil {
		if is, r.failed = numbered(r.from, articleInt("https://"+host+"/")); r.trusted == nil {
			r.trusted = map[string]bool{}
		}
		r.trusted[host] = is
	}
	return is
}

// elsewhere adds the stored items that have an address, an article's number or a headline of the open
// ones: of the source, and those with a headline of its outlet's other sources.
func (r *recogniser) elsewhere(open []int, stored []*feed.Item, claimed map[int64]bool) ([]*feed.Item, error) {
	var links, articles, headlines []int64
	add := func(list *[]int64, v int64) {
		if v != 0 && !slices.Contains(*list, v) {
			*list = append(*list, v)
		}
	}
	for _, i := range open {
		it := &r.c.Items[i]
		if feed.NamesArticle(it.Canonical) {
			add(&links, linkInt(it.Canonical))
			if n := articleInt(it.Canonical); hasNumber(n) {
				add(&articles, n)
			}
		}
		add(&headlines, int64(feed.HeadlineMark(it.Title)))
	}
	have := make(map[int64]bool, len(stored))
	for _, o := range stored {
		have[o.ID] = true
	}
	for _, by := range []struct {
		column string
		values []int64
	}{{`i.link`, links}, {`i.article`, articles}, {`i.headline`, headlines}} {
		const most = 400 // the newest: an address or a headline may be that of thousands
		more, err := r.stored(by.column, by.values, most)
		if err != nil {
			return nil, err
		}
		for _, o := range more {
			if !have[o.ID] && (by.column == `i.headline` || o.Source == r.c.State.Source && !claimed[o.ID]) {
				have[o.ID] = true
				stored = append(stored, o)
			}
		}
	}
	return stored, nil
}

// stored reads items of the source and of its outlet's others by a column; most bounds them, 0 for not.
func (r *recogniser) stored(column string, values []int64, most int) (items []*feed.Item, err error) {
	for part := range slices.Chunk(values, listed) {
		args := []any{r.c.State.Source}
		for _, id := range r.c.Siblings {
			args = append(args, id)
		}
		where := ` WHERE i.source IN ` + placeholders(1, len(args))
		where += ` AND ` + column + ` ` + r.from.in(part, &args)
		if most > 0 {
			where += ` ORDER BY i.id + 0 DESC LIMIT ` + strconv.Itoa(most) // not by the order of the table
		}
		var blob sql.RawBytes
		row := newNarrowRow(&blob)
		if err := r.from.query(`SELECT `+narrow+`, t.body FROM items i JOIN texts t ON t.item = i.id`+where, func(found *sql.Rows) error {
			it, err := row.scan(found)
			if err != nil {
				return err
			}
			if err := r.s.unpack(blob, it); err != nil {
				return err
			}
			own := *it
			items = append(items, &own)
			return nil
		}, args...); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// retired finds the open items that retention took away and that their source now calls otherwise: by
// their headline, with the time or the address they had.
func (r *recogniser) retired(rec *recognition, open []int) error {
	by := map[int64][]int{}
	var headlines []int64
	for _, i := range open {
		if h := int64(feed.HeadlineMark(r.c.Items[i].Title)); h != 0 {
			by[h] = append(by[h], i)
			headlines = append(headlines, h)
		}
	}
	return eachIn(r.from, `SELECT uid, last_seen, headline, published, link FROM seen WHERE source = $1 AND headline `, headlines, ``, func(row *sql.Rows) error {
		var k knownItem
		if err := row.Scan(&k.uid, &k.seen, &k.headline, &k.published, &k.link); err != nil {
			return err
		}
		for _, i := range by[k.headline] {
			it := &r.c.Items[i]
			switch {
			case k.published != 0 && !it.Published.IsZero() && it.Published.Sub(fromMillis(k.published)).Abs() < time.Minute,
				k.link != 0 && k.link == linkInt(it.Canonical) && feed.NamesArticle(it.Canonical),
				(k.published == 0 || it.Published.IsZero()) && feed.Specific(it.Title):
				rec.retired[i] = k
			}
		}
		return nil
	}, r.c.State.Source)
}

// repeated finds what the new items tell once more: of what is stored, and of the document.
func (r *recogniser) repeated(rec *recognition, open []int, stored []*feed.Item) {
	for _, i := range open {
		if rec.retired[i].uid != 0 {
			continue
		}
		if o := r.of.Repeated(i, stored); o != nil {
			rec.repeats[i] = firstOf(o)
		}
	}
}

// firstOf is the uid of the report that a stored one repeats, else its own.
func firstOf(o *feed.Item) int64 {
	if o.Repeats != "" {
		return keyInt(o.Repeats)
	}
	return keyInt(o.Opens)
}

// numbered says whether a host, given as an articleInt without number, means its numbers as the
// identity of articles, by what is stored of it.
func numbered(from reads, host int64) (bool, error) {
	// So many rows tell, and a host with hundreds of thousands is not walked through.
	const withNumber, without = 3000, 1000
	var n feed.Numbering
	if err := from.query(`SELECT COUNT(DISTINCT article), COUNT(DISTINCT link) FROM
		(SELECT article, link FROM items WHERE article > $1 AND article <= $2 ORDER BY article, id LIMIT $3) AS sample`, func(r *sql.Rows) error {
		return r.Scan(&n.Numbers, &n.Addresses)
	}, host, host|0xffffffff, withNumber); err != nil {
		return false, err
	}
	err := from.query(`SELECT COUNT(DISTINCT link) FROM (SELECT link FROM items WHERE article = $1 ORDER BY id LIMIT $2) AS sample`, func(r *sql.Rows) error {
		return r.Scan(&n.Plain)
	}, host, without)
	return n.Trusted(), err
}
