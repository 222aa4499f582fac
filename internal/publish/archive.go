package publish

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

// Archives (RFC 5005, section 4) hold what a section's feed no longer shows. Whoever follows
// prev-archive from the feed meets every entry exactly once, for an entry is in one of three places:
//
//   - in the feed;
//   - on the open page, which is that of this month: what left the feed since the month began, or
//     arrived too late for it. It grows, and is not marked as an archive;
//   - on a closed page, for good.
//
// When a month is over, or the open page grew long, what is on it is closed: the store notes of each
// entry the page it stands on, and the page keeps its entries as they were at that moment. From then
// on nothing that arrives, is edited or configured adds to the page or changes it, and its entries
// never return to the feed. An entry goes to the page of the month it was published in while that
// month is open; what comes later, by its own date or by leaving the feed, goes to the month that is.
//
// What retention takes away at its next turn is in no archive any more: it neither waits to be closed nor
// stands on the open page.
//
// A closed page changes in these cases only: an entry of it is withdrawn, or that is undone; it leaves
// the section; a source's rights become stricter, or its address private; retention takes its entries; `updates: bump` makes
// one news again; the site moves to another address.

// perPage is how many entries a closed page has at most: what is held in memory at a time, and what a
// reader is asked to take. The open page grows to half as many again before the oldest are closed.
const perPage = 1000

func archivePath(section string, n feed.PageNumber) string {
	return "/sections/" + section + "/archive/" + n.String()
}

// parseArchive reads "2026-11.atom".
func parseArchive(name string) (n feed.PageNumber, f render.Format, ok bool) {
	stem, ext, _ := strings.Cut(name, ".")
	n, ok = feed.ParsePage(stem)
	return n, render.Format(ext), ok && slices.Contains(render.FeedFormats, render.Format(ext))
}

// archive is the archive of a section at the moment of an edition.
type archive struct {
	closed []feed.ArchivePage // oldest first, without their entries
	page   feed.PageNumber    // the open one
	open   []string           // the entries on it, newest first
	// closing: pages of it are being closed, see closer; until then this is what it was before.
	closing bool
}

// newest returns the path of the newest page of the archive, "" when there is none.
func (a *archive) newest(section string) string {
	if len(a.closed)+len(a.open) == 0 {
		return ""
	}
	return archivePath(section, a.page)
}

// find tells where a page stands: among the closed ones, or behind them (open).
func (a *archive) find(n feed.PageNumber) (at int, ok bool) {
	if n == a.page {
		return len(a.closed), len(a.closed)+len(a.open) > 0
	}
	return slices.BinarySearchFunc(a.closed, n, func(p feed.ArchivePage, n feed.PageNumber) int { return int(p.Page - n) })
}

// pages lists all pages, oldest first.
func (a *archive) pages() []feed.PageNumber {
	var all []feed.PageNumber
	for _, p := range a.closed {
		all = append(all, p.Page)
	}
	if len(a.closed)+len(a.open) > 0 {
		all = append(all, a.page)
	}
	return all
}

// closing is a page that is to be closed.
type closing struct {
	page feed.PageNumber
	keys []string // newest first
}

// arrange puts what is in no feed and on no closed page, newest first, on pages: those to be closed
// now, oldest first, and the open one. closed are those there are, oldest first.
func arrange(rest []feed.Listed, closed []feed.ArchivePage, now time.Time, perPage int) (pages []closing, a archive) {
	take := func(n int) []string { // the oldest
		keys := make([]string, n)
		from := len(rest) - n
		for i := range keys {
			keys[i] = rest[from+i].Key
		}
		rest = rest[:from]
		return keys
	}
	oldest := func() time.Time { return rest[len(rest)-1].Published }

	var page feed.PageNumber
	switch {
	case len(closed) > 0: // the last one names it as the next, whether it gets an entry or not
		page = pageAfter(closed[len(closed)-1])
	case len(rest) > 0:
		page = feed.PageOf(oldest())
	}
	a = archive{closed: closed, page: max(feed.PageOf(now), page)}
	if len(closed) == 0 { // an entry's date may be later than now
		a.page = feed.PageOf(now)
	}
	for page != 0 && page.Month().Before(a.page.Month()) {
		end := page.Month().AddDate(0, 1, 0)
		n := 0
		for n < len(rest) && rest[len(rest)-1-n].Published.Before(end) {
			n++
		}
		for first := true; first || n > 0; first = false {
			part := min(n, perPage)
			pages = append(pages, closing{page, take(part)})
			n, page = n-part, page.Next()
		}
		page = 0
		if len(rest) > 0 {
			page = feed.PageOf(oldest())
		}
	}
	for len(rest) > perPage*3/2 {
		pages = append(pages, closing{a.page, take(perPage)})
		a.page = a.page.Next()
	}
	a.open = take(len(rest))
	return pages, a
}

// pageAfter returns the page that a closed page names as the next one.
func pageAfter(p feed.ArchivePage) feed.PageNumber {
	if then := feed.PageOf(p.Closed); p.Page < then {
		return then
	}
	return p.Page.Next()
}

// archive brings the archive of a section up to date: shown are the entries of its feed, w is its window, nil where
// it has none. Where much is to be closed and a closer is at work, it is left to that; and to another node that
// closes pages of it.
func (p *Publisher) archive(ctx context.Context, f *frame, sec *feed.Section, w *window, shown map[string]time.Time, before *edition, now time.Time) (archive, error) {
	if !p.closer.busy(sec.ID) {
		if w != nil {
			if a, ok := w.archive(shown, f.plan.before(now), now, p.perPage); ok {
				return a, nil
			}
		}
		a, much, err := p.closePages(ctx, f, sec, shown, now, p.closesAtOnce())
		if err != nil || !much {
			return a, err
		}
		p.closer.add(sec.ID)
	}
	closed, err := p.archives.ClosedPages(ctx, sec.ID)
	return behind(before, closed, now), err
}

// closesAtOnce is how many pages a rendering closes by itself: none, where each would wait for other nodes.
func (p *Publisher) closesAtOnce() int {
	switch {
	case p.closer == nil:
		return allPages
	case p.sharing != nil:
		return 0
	}
	return closeAtOnce
}

// closePages closes the pages that are to be closed, and returns the archive as it is then. When there
// are more than most of them it closes none and says that there is much. It says so, too, when another node is
// closing one.
func (p *Publisher) closePages(ctx context.Context, f *frame, sec *feed.Section, shown map[string]time.Time, now time.Time, most int) (a archive, much bool, err error) {
	limit, mine := 0, false
	if most != allPages { // one more than the feed, the open page and so many closed ones hold; beyond that none is even listed
		limit = len(shown) + p.perPage*3/2 + most*p.perPage + 1
	}
	before := f.plan.before(now)
	for range 10 { // publishers that close pages side by side each get on in turn
		closed, err := p.archives.ClosedPages(ctx, sec.ID)
		if err != nil {
			return archive{}, false, err
		}
		rest, err := p.archives.OpenEntries(ctx, sec.ID, before, limit)
		if err != nil {
			return archive{}, false, err
		}
		if most != allPages && len(rest) == limit {
			return archive{}, true, nil
		}
		rest = slices.DeleteFunc(rest, func(l feed.Listed) bool {
			_, live := shown[l.Key]
			return live
		})
		pages, a := arrange(rest, closed, now, p.perPage)
		if most != allPages && len(pages) > most {
			return archive{}, true, nil
		}
		if len(pages) > 0 && !mine {
			if mine, err = p.claimArchive(ctx, sec.ID, len(pages), now); err != nil || !mine {
				return archive{}, !mine, err
			}
			defer p.releaseArchive(ctx, sec.ID, now)
			continue // what another one closed just before is to be seen
		}
		overtaken := false
		for _, c := range pages {
			done, err := p.closePage(ctx, f, sec, c, now)
			if err != nil {
				return archive{}, false, err
			}
			if overtaken = !done; overtaken {
				break
			}
			a.closed = append(a.closed, feed.ArchivePage{Section: sec.ID, Page: c.page, Closed: now})
		}
		if !overtaken {
			return a, false, nil
		}
	}
	return archive{}, false, fmt.Errorf("the archive of %s: other publishers kept being faster", sec.ID)
}

// How long a node may take to close the pages of a section, and each of them, before another one does it.
const (
	closeFor  = 10 * time.Second
	closeEach = 2 * time.Second
)

// claimArchive tells whether this node is the one to close pages of a section: where two do so side by side,
// one of them reads a thousand entries in vain, and finds others on the page before when it begins again.
func (p *Publisher) claimArchive(ctx context.Context, section string, pages int, now time.Time) (mine bool, err error) {
	if p.sharing == nil {
		return true, nil
	}
	r, err := p.sharing.keep.Rendering(ctx, "archive "+section, "closing", now, now.Add(max(closeFor, time.Duration(pages)*closeEach)))
	return r.Mine, err
}

// releaseArchive lets other nodes close pages of the section. Where that fails, the claim lapses.
func (p *Publisher) releaseArchive(ctx context.Context, section string, now time.Time) {
	if p.sharing != nil {
		_, _ = p.sharing.keep.Rendering(context.WithoutCancel(ctx), "archive "+section, "closed", now, now)
	}
}

// closePage closes one page.
func (p *Publisher) closePage(ctx context.Context, f *frame, sec *feed.Section, c closing, now time.Time) (bool, error) {
	entries, err := p.entries(ctx, c.keys)
	if err != nil {
		return false, err
	}
	body, err := freeze(f, sec, entries)
	if err != nil {
		return false, fmt.Errorf("page %s of the archive of %s: %w", c.page, sec.ID, err)
	}
	return p.archives.ClosePage(ctx, feed.ArchivePage{Section: sec.ID, Page: c.page, Closed: now, Keys: keysOf(entries), Body: p.squeezers.zstd(body)})
}

// entries reads the entries with these keys that stand, however many, newest first.
func (p *Publisher) entries(ctx context.Context, keys []string) ([]feed.Entry, error) {
	var all []feed.Entry
	for part := range slices.Chunk(keys, 500) {
		entries, err := p.reader.Entries(ctx, feed.EntryQuery{Keys: part})
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
	}
	slices.SortFunc(all, newestFirst)
	return all, nil
}

func newestFirst(a, b feed.Entry) int {
	return inTime(a.Published, a.Key, b.Published, b.Key)
}

// inTime orders entries by when they were published, the newest first, and those of one time by their keys.
func inTime(a time.Time, aKey string, b time.Time, bKey string) int {
	return cmp.Or(b.Compare(a), strings.Compare(aKey, bKey))
}

func keysOf(entries []feed.Entry) []string {
	keys := make([]string, len(entries))
	for i := range entries {
		keys[i] = entries[i].Key
	}
	return keys
}

// page renders one page of a section's archive; nil when there is no such page. old is what was last
// rendered at its path, or nil.
func (p *Publisher) page(ctx context.Context, s *site, section string, n feed.PageNumber, f render.Format, old *document) (*document, error) {
	sec, ed := s.plan.byID[section], s.editions[section]
	if sec == nil || ed == nil {
		return nil, nil
	}
	at, ok := ed.archive.find(n)
	if !ok {
		return nil, nil
	}
	closed := at < len(ed.archive.closed)
	var v *render.View
	var err error
	if closed {
		v, err = p.closedPage(ctx, s, section, n)
	} else {
		v, err = p.openPage(ctx, s, sec, ed.archive.open, n)
	}
	if v == nil || err != nil {
		return nil, err
	}
	ed.archive.link(v, section, n, at)

	path := v.Path + "." + string(f)
	body, err := p.rendered(s.plan, v, f, path)
	if good, err := p.good(path, section, f, body, err); !good {
		return orLast(old, err)
	}
	e := p.feedEnvelope(s.plan, section, f, "")
	e.route = p.metrics.archives
	if closed {
		// It changes only when something is withdrawn, which is to be seen within the day.
		e.cache = "public, max-age=86400"
	}
	modified, err := p.stamps.of(ctx, path, sum(body))
	if err != nil {
		return nil, err
	}
	if old != nil && old.hash == sum(body) {
		return old.redressed(modified, e), nil
	}
	return p.squeezers.document(path, body, modified, e), nil
}

// closedPage is the view of a closed page; nil when there is none.
func (p *Publisher) closedPage(ctx context.Context, s *site, section string, n feed.PageNumber) (*render.View, error) {
	page, graves, err := p.archives.ClosedPage(ctx, section, n)
	if err != nil || page.Page == 0 {
		return nil, err
	}
	body, err := expand(page.Body)
	if err != nil {
		return nil, fmt.Errorf("page %s of the archive of %s: %w", n, section, err)
	}
	v, err := s.thaw(body, page.Keys)
	if err != nil {
		return nil, fmt.Errorf("page %s of the archive of %s: %w", n, section, err)
	}
	v.Archive = true
	for _, g := range graves {
		v.Tombstones = append(v.Tombstones, render.Tombstone{Key: g.Key, When: g.When})
	}
	if len(v.Entries)+len(v.Tombstones) == 0 {
		v.Updated = page.Closed
	}
	return v, nil
}

// openPage is the view of the open page.
func (p *Publisher) openPage(ctx context.Context, s *site, sec *feed.Section, keys []string, n feed.PageNumber) (*render.View, error) {
	entries, err := p.entries(ctx, keys)
	if err != nil {
		return nil, err
	}
	v := s.view(sec, entries)
	if len(entries) == 0 {
		v.Updated = n.Month()
	}
	return v, nil
}

// link sets the page's own path and those of its neighbours; at is where find found it.
func (a *archive) link(v *render.View, section string, n feed.PageNumber, at int) {
	v.Path, v.Current = archivePath(section, n), "/sections/"+section
	if at > 0 {
		v.Prev = archivePath(section, a.closed[at-1].Page)
	}
	switch {
	case at+1 < len(a.closed):
		v.Next = archivePath(section, a.closed[at+1].Page)
	case at < len(a.closed):
		v.Next = archivePath(section, a.page)
	}
}
