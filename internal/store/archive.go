package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"feedd/internal/feed"
)

// errPageClosed ends a transaction when another publisher has closed the page before.
var errPageClosed = errors.New("another publisher closed that page of the archive")

// OpenEntries returns the keys of a section's entries that are not withdrawn and are on no closed page
// of its archive, newest Published first, ties by Key: without those that Prune takes away before the
// time before, which may be zero.
func (s *Store) OpenEntries(ctx context.Context, section string, before time.Time, limit int) ([]feed.Listed, error) {
	q := `SELECT e.id, e.published, e.backlog FROM entries e WHERE e.page = 0 AND e.withdrawn = 0 AND NOT (` + isOld + `) ORDER BY e.published DESC` + byKey
	args := []any{millis(before)}
	if section != "all" {
		// What is withdrawn is listed nowhere. Of an entry that Prune has deleted the place stays until it is through.
		q = `SELECT l.entry, l.published, e.backlog FROM entry_sections l JOIN entries e ON e.id = l.entry
			WHERE l.section = $2 AND l.page = 0 AND (l.published >= $1 OR NOT (` + isOld + `))
			ORDER BY l.published DESC` + listedByKey
		args = append(args, section)
	}
	if limit > 0 {
		q += ` LIMIT ` + strconv.Itoa(limit)
	}
	var list []feed.Listed
	err := s.query(ctx, q, into(&list, func(l *feed.Listed) []any {
		return []any{asKey{&l.Key}, asTime{&l.Published}, &l.Backlog}
	}), args...)
	return list, err
}

// ClosePage closes a page of a section's archive, for good. It tells whether it did: not when
// another publisher closed that page meanwhile, or put one of the entries on another; then what is
// left to be archived has to be read anew. Entries that Prune deleted meanwhile are not on the page.
func (s *Store) ClosePage(ctx context.Context, p feed.ArchivePage) (bool, error) {
	err := s.tx(ctx, func(tx *tx) error {
		if err := closePage(tx, &p); err != nil {
			return fmt.Errorf("close page %s of the archive of %s: %w", p.Page, p.Section, err)
		}
		return nil
	})
	if errors.Is(err, errPageClosed) {
		return false, nil
	}
	return err == nil, err
}

func closePage(tx *tx, p *feed.ArchivePage) error {
	if n, err := tx.affected(`INSERT INTO archive_pages (section, page, closed, body) VALUES ($1, $2, $3, $4) ON CONFLICT (section, page) DO NOTHING`,
		p.Section, int64(p.Page), millis(p.Closed), p.Body); err != nil {
		return err
	} else if n == 0 {
		return errPageClosed
	}
	for part := range slices.Chunk(keyInts(p.Keys), listed) {
		args := []any{p.Section, int64(p.Page)}
		in := tx.s.d.in(part, &args)
		n, err := tx.affected(`INSERT INTO archived (section, entry, page) SELECT CAST($1 AS TEXT), e.id, CAST($2 AS BIGINT) FROM entries e WHERE e.id `+in+`
			ON CONFLICT (section, entry) DO NOTHING`, args...)
		if err != nil {
			return err
		}
		if n < len(part) {
			stand, err := standing(tx, part)
			if err != nil {
				return err
			}
			if n < stand {
				return errPageClosed // one of them is on another page
			}
		}
		if p.Section == "all" {
			args = []any{int64(p.Page)}
			err = tx.exec(`UPDATE entries SET page = $1 WHERE id `+tx.s.d.in(part, &args), args...)
		} else {
			err = pageListed(tx, p, part)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pageListed notes where a section lists entries that they are on a page of its archive. It goes by the key, which begins
// with the time: else all that the section ever listed is looked through.
func pageListed(tx *tx, p *feed.ArchivePage, entries []int64) error {
	var places [][]any
	if err := eachIn(tx, `SELECT id, published FROM entries WHERE id `, entries, ``, func(r *sql.Rows) error {
		var id, published int64
		err := r.Scan(&id, &published)
		places = append(places, []any{int64(p.Page), p.Section, published, id})
		return err
	}); err != nil {
		return err
	}
	return tx.atOnce(`UPDATE entry_sections SET page = $1 WHERE section = $2 AND published = $3 AND entry = $4`, places)
}

// standing counts those of the entries that are stored still.
func standing(tx *tx, entries []int64) (n int, err error) {
	var args []any
	err = tx.QueryRow(`SELECT COUNT(*) FROM entries WHERE id `+tx.s.d.in(entries, &args), args...).Scan(&n)
	return n, err
}

// ClosedPages lists the closed pages of a section's archive, oldest first, without entries and body.
func (s *Store) ClosedPages(ctx context.Context, section string) ([]feed.ArchivePage, error) {
	var pages []feed.ArchivePage
	err := s.query(ctx, `SELECT section, page, closed FROM archive_pages WHERE section = $1 ORDER BY page`, into(&pages, func(p *feed.ArchivePage) []any {
		return []any{&p.Section, &p.Page, asTime{&p.Closed}}
	}), section)
	return pages, err
}

// ClosedPage returns a closed page with the keys of those of its entries that still stand in the
// section, and those that were withdrawn from it since, both by Key; Page is 0 when there is no such page.
func (s *Store) ClosedPage(ctx context.Context, section string, page feed.PageNumber) (feed.ArchivePage, []feed.Grave, error) {
	p := feed.ArchivePage{Section: section}
	var graves []feed.Grave
	err := s.query(ctx, `SELECT page, closed, body FROM archive_pages WHERE section = $1 AND page = $2`, func(r *sql.Rows) error {
		return r.Scan(&p.Page, asTime{&p.Closed}, &p.Body)
	}, section, int64(page))
	if err != nil || p.Page == 0 {
		return p, nil, err
	}
	err = s.query(ctx, `SELECT e.id, e.withdrawn, e.sections FROM archived a JOIN entries e ON e.id = a.entry
		WHERE a.section = $1 AND a.page = $2 ORDER BY e.id`, func(r *sql.Rows) error {
		var key string
		var withdrawn time.Time
		var sections []string
		if err := r.Scan(asKey{&key}, asTime{&withdrawn}, asList{&sections}); err != nil {
			return err
		}
		switch {
		case section != "all" && !slices.Contains(sections, section): // it left the section
		case !withdrawn.IsZero():
			graves = append(graves, feed.Grave{Key: key, When: withdrawn})
		default:
			p.Keys = append(p.Keys, key)
		}
		return nil
	}, section, int64(page))
	slices.Sort(p.Keys)
	slices.SortFunc(graves, func(a, b feed.Grave) int { return strings.Compare(a.Key, b.Key) })
	return p, graves, err
}

// pagesOf returns the pages of the archives that entries stand on, by entry and section.
func pagesOf(tx *tx, ids []int64) (map[int64]map[string]int64, error) {
	pages := map[int64]map[string]int64{}
	err := eachIn(tx, `SELECT entry, section, page FROM archived WHERE entry `, ids, ``, func(r *sql.Rows) error {
		var entry, page int64
		var section string
		err := r.Scan(&entry, &section, &page)
		if pages[entry] == nil {
			pages[entry] = map[string]int64{}
		}
		pages[entry][section] = page
		return err
	})
	return pages, err
}

// forgetArchives takes entries off the pages they are on, because retention deletes them or because
// they are published anew. A page may still list the withdrawal of an entry that left its section.
func forgetArchives(tx *tx, entries []int64) error {
	if len(entries) == 0 {
		return nil
	}
	var args []any
	return dropFromArchives(tx, `DELETE FROM archived WHERE entry `+tx.s.d.in(entries, &args), args...)
}

// dropEmptyPages deletes the pages before the oldest one that has an entry. Empty pages between others
// stay, because the others link to them. The page that linked to a deleted one changes by that.
func dropEmptyPages(tx *tx) error {
	return dropFromArchives(tx, `DELETE FROM archive_pages WHERE NOT EXISTS
		(SELECT 1 FROM archived a WHERE a.section = archive_pages.section AND a.page <= archive_pages.page)`)
}

// dropFromArchives deletes rows of a table with a column section, and raises the versions of the
// sections whose archives changed by that.
func dropFromArchives(tx *tx, query string, args ...any) error {
	var sections []string
	if err := tx.query(query+` RETURNING section`, column(&sections), args...); err != nil {
		return err
	}
	touched := map[string]bool{}
	for _, section := range sections {
		touched[section] = true
	}
	return moveVersions(tx, touched)
}
