package stories

import (
	"math"

	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// report is what is remembered of one item.
type report struct {
	doc     words.Text // first, so that what the gate of compare looks at lies in one line of the cache
	at      int64      // when it was told, Unix seconds
	entry   *entry
	from    *origin
	id      int64
	address uint64
	article uint64 // host and number; 0 when the address has none
	number  int32  // in the index
	seen    uint32 // when it came in, Unix seconds
	key     uint32 // of the entry that it opens, for the editor's word
	skel    uint32
	host    uint32
	length  uint16 // of the summary, bytes, at most so many
	setsOff bool   // the headline, what may be an outlet's name
}

// entryKey is what is remembered of an entry's key.
func entryKey(key string) uint32 { return uint32(hash64(key) >> 32) }

// read takes what is to be remembered of an item. The words it is indexed by stand in rd.
func (s *Memory) read(rd *words.Reader, from *origin, it *feed.Item) *report {
	r := &report{
		id: it.ID, from: from, at: it.Date().Unix(), seen: uint32(max(0, it.FirstSeen.Unix())), length: uint16(min(len(it.Summary), math.MaxUint16)),
		key: entryKey(s.Own(it)), setsOff: words.SetsOff(it.Title),
	}
	rd.From(r.from.name)
	if feed.NamesArticle(it.Canonical) {
		r.address = hashMore(hash64("a:"), it.Canonical)
		name, number := feed.ArticleNumber(it.Canonical)
		r.host = words.Hash(name)
		rd.From(name)
		if number != "" {
			r.article = hashMore(hashMore(hashMore(hash64("n:"), name), " "), number)
		}
	}
	rd.ReadInto(&r.doc, it.Title, feed.PlainText(it.SummaryHead()))
	r.skel = rd.Skeleton(r.from.outlet)
	return r
}

func hash64(s string) uint64 { return hashMore(14695981039346656037, s) }

// hashMore is hash64 of what h is the hash of with s behind it.
func hashMore(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
