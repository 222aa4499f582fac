package feed

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// PageNumber names a page of a section's archive: a month, and which of that month's pages. Later
// pages have higher numbers. 0 is no page.
type PageNumber int64

// partsPerMonth is one more than how many pages a month can have.
const partsPerMonth = 10_000

// PageOf returns the first page of a time's month, in UTC.
func PageOf(t time.Time) PageNumber {
	t = t.UTC()
	return PageNumber(t.Year()*100+int(t.Month()))*partsPerMonth + 1
}

// Month returns the first instant of the page's month.
func (n PageNumber) Month() time.Time {
	month := int(n / partsPerMonth)
	return time.Date(month/100, time.Month(month%100), 1, 0, 0, 0, 0, time.UTC)
}

// Next returns the page that comes after this one within its month.
func (n PageNumber) Next() PageNumber { return n + 1 }

// String writes the number as it stands in addresses: "2026-11", and "2026-11-p2" for the second
// page of a month.
func (n PageNumber) String() string {
	month, part := n/partsPerMonth, n%partsPerMonth
	s := fmt.Sprintf("%04d-%02d", month/100, month%100)
	if part > 1 {
		s += "-p" + strconv.FormatInt(int64(part), 10)
	}
	return s
}

// ParsePage reads what String writes, and nothing else.
func ParsePage(s string) (PageNumber, bool) {
	stem, rest, parted := strings.Cut(s, "-p")
	month, err := time.Parse("2006-01", stem)
	if err != nil || month.Year() < 1 {
		return 0, false
	}
	n := PageOf(month)
	if parted {
		part, err := strconv.Atoi(rest)
		if err != nil || part < 2 || part >= partsPerMonth {
			return 0, false
		}
		n += PageNumber(part - 1)
	}
	return n, n.String() == s
}

// ArchivePage is a closed page of a section's archive. It never gains an entry and shows those it has
// as they were when it was closed.
type ArchivePage struct {
	Section string
	Page    PageNumber
	Closed  time.Time
	Keys    []string // of its entries
	Body    []byte   // what it is rendered from; only its renderer reads it
}

// Grave is an entry that was withdrawn.
type Grave struct {
	Key  string
	When time.Time
}
