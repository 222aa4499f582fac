package feed

import (
	"testing"
	"time"
)

func TestPageNumber(t *testing.T) {
	first := PageOf(time.Date(2026, 12, 1, 1, 0, 0, 0, time.FixedZone("", 7*3600)))
	if s := first.String(); s != "2026-11" {
		t.Errorf("first page %q, want the month in UTC", s)
	}
	if s := first.Next().String(); s != "2026-11-p2" {
		t.Errorf("second page %q", s)
	}
	if !first.Next().Month().Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("its month %s", first.Next().Month())
	}
	if first.Next() >= PageOf(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("pages are not in the order of time")
	}
	for _, n := range []PageNumber{first, first.Next(), first + 9997} {
		if got, ok := ParsePage(n.String()); !ok || got != n {
			t.Errorf("%s read as %d, %v", n, got, ok)
		}
	}
	for _, s := range []string{"", "2026", "2026-13", "2026-1", "2026-11-", "2026-11-p", "2026-11-p0", "2026-11-p1", "2026-11-p02",
		"2026-11-p10000", "2026-11-p-2", "2026-11-p2-p2", "0000-01", "2026-11-02", "+2026-11"} {
		if n, ok := ParsePage(s); ok {
			t.Errorf("%q read as %s", s, n)
		}
	}
}
