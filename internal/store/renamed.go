package store

import (
	"database/sql"
	"time"

	"github.com/cespare/xxhash/v2"

	"feedd/internal/feed"
)

// A source may call a stored item by another name: it gives a new guid at every look, or writes the
// headline, and with it the address, anew. What is then found by its address, or by the article's
// number in it, is a revision of the stored item and keeps that item's first identity.

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

// renamed finds the stored items of a source that unknown items of its document are. An address is
// trusted that no other item of the document has and none of those that the document lists under
// their known identity, whose rows are listed; a number, likewise, where the host's numbers are.
func renamed(tx *tx, c *Collected, unknown []*feed.Item, listed map[int64]bool) (map[*feed.Item]knownItem, error) {
	if len(unknown) == 0 {
		return nil, nil
	}
	places := make(map[*feed.Item]place, len(c.Items))
	links, articles := map[int64]int{}, map[int64]int{} // how many items of the document have them
	for i := range c.Items {
		it := &c.Items[i]
		p := place{linkInt(it.Canonical), articleInt(it.Canonical)}
		places[it] = p
		links[p.link]++
		articles[p.article]++
	}
	var askLinks, askArticles []int64
	for _, it := range unknown {
		p := places[it]
		// Of what several items have, and of a front page, nothing can be told.
		if links[p.link] != 1 || !feed.NamesArticle(it.Canonical) {
			p.link = 0
		}
		if articles[p.article] != 1 || !hasNumber(p.article) {
			p.article = 0
		}
		places[it] = p
		if p.link != 0 {
			askLinks = append(askLinks, p.link)
		}
		if p.article != 0 {
			askArticles = append(askArticles, p.article)
		}
	}
	stored, err := storedAt(tx, c.State.Source, askLinks, askArticles)
	if err != nil {
		return nil, err
	}

	found := map[*feed.Item]knownItem{}
	taken := map[int64]bool{}
	trusted := map[int64]bool{} // by host
	for _, it := range unknown {
		p := places[it]
		var match *storedItem
		for i := range stored {
			o := &stored[i]
			if listed[o.id] || taken[o.id] {
				continue
			}
			same := p.link != 0 && o.link == p.link && o.mayBe(it)
			if !same && p.article != 0 && o.article == p.article && sameNumber(it.Canonical, o.url) {
				host := p.article &^ 0xffffffff
				if _, ok := trusted[host]; !ok {
					if trusted[host], err = numbered(tx, host); err != nil {
						return nil, err
					}
				}
				same = trusted[host]
			}
			if same && (match == nil || o.id > match.id) {
				match = o
			}
		}
		if match != nil {
			taken[match.id] = true
			found[it] = knownItem{id: match.id, hash: match.hash}
		}
	}
	return found, nil
}

// place is where an item stands by its address, as the indexes hold it; 0 where that says nothing.
type place struct{ link, article int64 }

// storedItem is what tells whether a stored item is the one that a document lists.
type storedItem struct {
	id, hash, link, article, published int64
	title, url                         string
}

// mayBe says whether an item at the same address is this one. Where an address stays while what
// stands there is another thing every day, the date and the headline are others, too.
func (o *storedItem) mayBe(it *feed.Item) bool {
	if feed.Alike(o.title, it.Title) {
		return true
	}
	apart := it.Published.Sub(fromMillis(o.published))
	return !it.Published.IsZero() && o.published != 0 && apart.Abs() < time.Minute
}

func sameNumber(a, b string) bool {
	_, x := feed.ArticleNumber(a)
	_, y := feed.ArticleNumber(feed.Canonical(b))
	return x != "" && x == y
}

// storedAt reads the items of a source that stand at the addresses or have the numbers.
func storedAt(tx *tx, source string, links, articles []int64) (found []storedItem, err error) {
	for _, by := range []struct {
		column string
		values []int64
	}{{"link", links}, {"article", articles}} {
		for len(by.values) > 0 {
			part := by.values[:min(len(by.values), listed)]
			by.values = by.values[len(part):]
			args := []any{source}
			rows, err := tx.Query(`SELECT i.id, i.hash, i.link, i.article, i.published, t.title, t.url
				FROM items i JOIN texts t ON t.item = i.id WHERE i.source = $1 AND i.`+by.column+` `+tx.s.d.in(part, &args), args...)
			if err != nil {
				return nil, err
			}
			if err := scan(rows, func(r *sql.Rows) error {
				var o storedItem
				err := r.Scan(&o.id, &o.hash, &o.link, &o.article, &o.published, &o.title, &o.url)
				found = append(found, o)
				return err
			}); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// numbered says whether a host, the upper half of its articleInts, means its numbers as the identity
// of articles, by what is stored of it.
func numbered(tx *tx, host int64) (bool, error) {
	// So many rows tell, and a host with hundreds of thousands is not walked through.
	const withNumber, without = 3000, 1000
	var n feed.Numbering
	if err := tx.QueryRow(`SELECT COUNT(DISTINCT article), COUNT(DISTINCT link) FROM
		(SELECT article, link FROM items WHERE article > $1 AND article <= $2 ORDER BY article, id LIMIT $3) AS sample`, host, host|0xffffffff, withNumber).
		Scan(&n.Numbers, &n.Addresses); err != nil {
		return false, err
	}
	err := tx.QueryRow(`SELECT COUNT(DISTINCT link) FROM (SELECT link FROM items WHERE article = $1 ORDER BY id LIMIT $2) AS sample`, host, without).Scan(&n.Plain)
	return n.Trusted(), err
}
