package read

import (
	"strings"
	"time"

	"github.com/mmcdole/gofeed/extensions"

	"feedd/internal/feed"
)

// identify tells the items of a document apart and leaves out what is not collected: what nothing
// identifies, what says once more what stands before it, what the document itself says is withdrawn,
// and what is older than the newest max_items.
func (r *reader) identify(doc *Document) {
	for _, note := range feed.TellApart(doc.Items) {
		r.warn("%s", note)
	}
	keep := make([]bool, len(doc.Items))
	seen := make(map[string]bool, len(doc.Items))
	nameless := 0
	for i := range doc.Items {
		it := &doc.Items[i]
		switch {
		case it.Key == "":
			nameless++
			keep[i] = r.all
		case seen[it.Key] || deleted(doc.Deleted, it):
		default:
			seen[it.Key], keep[i] = true, true
		}
	}
	if nameless > 0 {
		r.warn("%d items without guid, link and text are not collected", nameless)
	}
	doc.only(keep)
	if most := r.src.MaxItems; most > 0 && len(doc.Items) > most {
		r.warn("only the newest %d items were taken", most)
		keep = make([]bool, len(doc.Items))
		order := feed.Sequence(doc.Items, r.now)
		for _, i := range order[len(order)-most:] {
			keep[i] = true
		}
		doc.only(keep)
	}
}

// only leaves the items that are to be kept.
func (doc *Document) only(keep []bool) {
	n := 0
	for i := range keep {
		if keep[i] {
			if n != i {
				doc.Items[n], doc.Written[n] = doc.Items[i], doc.Written[i]
			}
			n++
		}
	}
	clear(doc.Items[n:])
	doc.Items, doc.Written = doc.Items[:n], doc.Written[:n]
}

func deleted(words []feed.Deleted, it *feed.Item) bool {
	for _, d := range words {
		if d.Of(it) {
			return true
		}
	}
	return false
}

// tombstones reads what a feed says it withdrew: at:deleted-entry (RFC 6721, section 3).
func tombstones(exts ext.Extensions) (words []feed.Deleted) {
	for _, elements := range exts {
		for _, e := range elements["deleted-entry"] {
			if ref := strings.TrimSpace(e.Attrs["ref"]); ref != "" && len(words) < defaultMaxItems {
				when, _ := time.Parse(time.RFC3339, strings.TrimSpace(e.Attrs["when"])) // without one it speaks of what is not listed
				words = append(words, feed.Deleted{Ref: ref, When: when})
			}
		}
	}
	return words
}
