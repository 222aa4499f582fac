package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// What may tell an item from the others of its document, the best first.
const (
	byGUID     = iota
	byLink     // its canonical address
	byFragment // that with what stands behind "#"
	byHeadline // with the day
	byMoment   // headline and publication time
	byText     // headline, text and link
	marks
)

// TellApart gives each item of a document its Key, and returns sentences for people on what did not
// tell them apart.
//
// A guid, a link or a headline is an item's identity only as far as it is not another's: where items
// that a reader could tell apart share one, the next best takes over for all of them. Items that get
// the same key no reader could tell apart. "" is the key of what has neither guid nor link, headline
// or text.
//
//	guid "N/A" of three items, links of their own    l:https://e.org/a ... the links
//	no guid, one link for all                        t:2026-08-14:bao so4 ... headline and day
//	no guid, links that differ behind "#"            f:https://e.org/live#401
//
// An item alone in its document has the key that Identify gives.
func TellApart(items []Item) (notes []string) {
	positions := guidsArePositions(items)
	if positions {
		notes = append(notes, "the guids number the places in the document: they are not used")
	}
	open := make([]int, len(items))
	failed := make([]int8, len(items)) // the first kind of mark that the item shares with another
	for i := range items {
		items[i].Key = ""
		open[i], failed[i] = i, marks
	}
	var told [marks]struct{ items, by int } // by the kind that failed
	has := make([]string, len(items))
	for by := range marks {
		if len(open) == 0 {
			break
		}
		count := make(map[string]int, len(open))
		for _, i := range open {
			has[i] = ""
			if by != byGUID || !positions {
				has[i] = markOf(&items[i], by)
			}
			count[has[i]]++
		}
		shared := sharedBy(items, open, has, count)
		rest := open[:0]
		for _, i := range open {
			switch {
			case has[i] == "":
				rest = append(rest, i)
			case count[has[i]] > 1 && shared[has[i]] && by != byText:
				rest = append(rest, i)
				failed[i] = min(failed[i], int8(by))
			default:
				items[i].Key = has[i]
				if f := failed[i]; f < marks {
					told[f].items++
					told[f].by = max(told[f].by, by)
				}
			}
		}
		open = rest
	}
	for by, t := range told {
		if t.items > 0 {
			notes = append(notes, fmt.Sprintf("%d of %d items share a %s: told apart by their %ss", t.items, len(items), markNames[by], markNames[t.by]))
		}
	}
	return notes
}

// sharedBy returns the marks that several items have which a reader could tell apart.
func sharedBy(items []Item, open []int, has []string, count map[string]int) map[string]bool {
	if len(count) == len(open) {
		return nil
	}
	faces, shared := map[string]string{}, map[string]bool{}
	for _, i := range open {
		m := has[i]
		if m == "" || count[m] == 1 || shared[m] {
			continue
		}
		face := faceOf(&items[i])
		if first, ok := faces[m]; !ok {
			faces[m] = face
		} else if first != face {
			shared[m] = true
		}
	}
	return shared
}

var markNames = [marks]string{"guid", "link", "link", "headline", "headline", "text"}

// markOf is what an item has of a kind of marks; the prefix keeps the kinds apart, so that a guid
// that happens to be a title is not taken for one.
func markOf(it *Item, by int) string {
	switch by {
	case byGUID:
		if g := strings.TrimSpace(it.GUID); g != "" {
			return "g:" + g
		}
	case byLink:
		if it.Canonical != "" {
			return "l:" + it.Canonical
		}
	case byFragment:
		if f := fragmentOf(it.URL); f != "" && it.Canonical != "" {
			return "f:" + it.Canonical + "#" + f
		}
	case byHeadline, byMoment:
		title := Normal(it.Title)
		if title == "" {
			return ""
		}
		when := ""
		if !it.Published.IsZero() {
			layout := time.DateOnly
			if by == byMoment {
				layout = time.RFC3339
			}
			when = it.Published.UTC().Format(layout)
		}
		return "t:" + when + ":" + title
	case byText:
		if it.Title != "" || it.Summary != "" || it.Content != "" {
			sum := sha256.Sum256([]byte(faceOf(it)))
			return "x:" + hex.EncodeToString(sum[:16])
		}
	}
	return ""
}

// fragmentOf is what stands behind "#" in an address.
func fragmentOf(raw string) string {
	if !strings.Contains(raw, "#") {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.EscapedFragment()
}

// faceOf is what a reader sees of an item, and can follow: headline, text, link and the file that
// comes with it.
func faceOf(it *Item) string {
	var b strings.Builder
	for _, s := range [...]string{it.Title, words(it.Summary), words(it.Content), it.Canonical, fragmentOf(it.URL)} {
		b.WriteString(s)
		b.WriteByte(0)
	}
	if it.Canonical == "" {
		b.WriteString(it.URL)
	}
	for _, e := range it.Enclosures {
		b.WriteByte(0)
		b.WriteString(e.URL)
	}
	return b.String()
}

// words is the text of some HTML, its words a space apart.
func words(html string) string {
	if html == "" {
		return ""
	}
	return strings.Join(strings.Fields(PlainText(html)), " ")
}

// guidsArePositions says whether the guids of a document count its items from the top, from 0 or 1,
// as "1", "2" or as "item-1", "item-2": they go on to other items with every new one. A list that
// begins with its oldest may count from there for good.
func guidsArePositions(items []Item) bool {
	const enough = 3 // of fewer it may be chance
	return len(items) >= enough && guidsCount(items)
}

// guidsCount is guidsArePositions for a document of any length.
func guidsCount(items []Item) bool {
	if len(items) == 0 {
		return false
	}
	guid := strings.TrimSpace(items[0].GUID)
	name := strings.TrimRight(guid, "0123456789")
	first, err := strconv.Atoi(guid[len(name):])
	if err != nil || first != 0 && first != 1 {
		return false
	}
	for i := range items {
		if strings.TrimSpace(items[i].GUID) != name+strconv.Itoa(first+i) {
			return false
		}
	}
	return !oldestFirst(items)
}

// OtherKeys are the keys an item may have, the best first, for when the one it has is taken: an
// earlier item of its source had it. The last one is that of its text.
func (it *Item) OtherKeys() []string {
	var keys []string
	for by := range marks {
		if by == byLink && !NamesArticle(it.Canonical) {
			continue // a front page is everybody's
		}
		if m := markOf(it, by); m != "" && m != it.Key {
			keys = append(keys, m)
		}
	}
	if len(keys) == 0 {
		keys = append(keys, it.Key)
	}
	return keys
}

// Deleted is a source's word that it withdrew an item (RFC 6721, at:deleted-entry).
type Deleted struct {
	Ref  string // the item's guid
	When time.Time
}

// Of says whether the word is about an item that is listed beside it, and is the last one on it: an
// entry that was updated after it was deleted is there again.
func (d Deleted) Of(it *Item) bool {
	last := it.Updated
	if it.Published.After(last) {
		last = it.Published
	}
	return d.Ref != "" && d.Ref == strings.TrimSpace(it.GUID) && !last.After(d.When)
}
