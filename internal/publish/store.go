package publish

import (
	"context"
	"time"

	"feedd/internal/feed"
)

// Reader gives what is to be published.
type Reader interface {
	// Versions returns a counter for each section, and for "all", that the desk moves in the
	// transaction that changes the section's entries: added, edited, refiled or withdrawn.
	// A section that never had an entry may be missing. That of "" moves when entries are deleted.
	Versions(ctx context.Context) (map[string]int64, error)
	// Entries returns the entries asked for, newest Published first (equal times by Key), with
	// their Reports in order of arrival.
	Entries(ctx context.Context, q feed.EntryQuery) ([]feed.Entry, error)
	// Changed returns the entries that changed with a version of "all" above the given one, in no order;
	// or of whose reports something did that readers may see, whether the version has moved yet or not.
	Changed(ctx context.Context, after int64) ([]feed.Changed, error)
	// Search calls each for the reports that meet a query, those of the entries published last first, until
	// it returns false. Older is where to go on, with q.Below, when q.Most ended the search before all was looked at; else 0.
	Search(ctx context.Context, q feed.TextQuery, each func(*feed.Found) bool) (older int64, err error)
	// Tellers returns the source of each report that stands of these entries, by the entries' keys.
	Tellers(ctx context.Context, entries []string) (map[string][]string, error)
	// States returns what is remembered of each source, by its id.
	States(ctx context.Context) (map[string]feed.SourceState, error)
	// Origins returns a number that moves when what readers may know of a source does.
	Origins(ctx context.Context) (int64, error)
	// Arrivals counts the new items of every source since a time, the earliest first.
	Arrivals(ctx context.Context, since time.Time) ([]feed.Arrival, error)
	// Unsorted counts the entries that stand and are in no section.
	Unsorted(ctx context.Context) (int, error)
}

// Stories tells how widely stories are told.
type Stories interface {
	// Told returns the reports of these stories that count to their coverage, without their Outlet.
	Told(ctx context.Context, stories []string) ([]feed.Told, error)
	// Shared returns the stories that more than one source has told of since a time.
	Shared(ctx context.Context, since time.Time) ([]string, error)
	// SharedAmong is Shared for these stories alone.
	SharedAmong(ctx context.Context, since time.Time, stories []string) ([]string, error)
}

// Archives keeps the closed pages of the sections' archives, and which entries are on them.
type Archives interface {
	// OpenEntries lists a section's entries that stand and are on no closed page, newest Published
	// first (equal times by Key): the newest limit of them, all when limit is 0. What retention takes away
	// before a time is not among them; a zero one takes nothing.
	OpenEntries(ctx context.Context, section string, before time.Time, limit int) ([]feed.Listed, error)
	// ClosePage closes a page, for good. It tells whether it did: not when that page is closed, or one
	// of its entries on another, by a publisher that was faster. What retention took meanwhile is left out.
	ClosePage(ctx context.Context, p feed.ArchivePage) (bool, error)
	// ClosedPages lists a section's closed pages, oldest first, without Keys and Body.
	ClosedPages(ctx context.Context, section string) ([]feed.ArchivePage, error)
	// ClosedPage returns a closed page with the keys of those of its entries that stand in the section,
	// in ascending order, and the entries withdrawn since. Page is 0 when there is no such page.
	ClosedPage(ctx context.Context, section string, n feed.PageNumber) (feed.ArchivePage, []feed.Grave, error)
}

// Renditions keeps the last good bytes, so that Last-Modified and the gate survive a restart.
type Renditions interface {
	// Renditions returns all that were saved.
	Renditions(ctx context.Context) ([]feed.Rendition, error)
	// SaveRenditions adds or replaces by Path, and sets the values of facts that Meta returns, all or none. Bytes
	// that are saved already keep their Modified, and rs gets it: another node may have been faster.
	SaveRenditions(ctx context.Context, rs []feed.Rendition, facts map[string]string) error
	// DeleteRenditions forgets these paths; an unknown one is no error.
	DeleteRenditions(ctx context.Context, paths []string) error
}

// Meta keeps small facts for good, such as the authority of the ids.
type Meta interface {
	// Meta returns "" for a key that was never set.
	Meta(ctx context.Context, key string) (string, error)
	// Fix sets a value that must never be another, where there is none: no power cut undoes it. It returns
	// the value in force.
	Fix(ctx context.Context, key, value string) (string, error)
}
