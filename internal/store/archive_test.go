package store

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
)

// openKeys lists the entries that are on no page yet, by section.
func openKeys(t *testing.T, s *Store, section string) (keys []string) {
	t.Helper()
	list, err := s.OpenEntries(t.Context(), section, time.Time{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		keys = append(keys, l.Key)
	}
	entries, err := s.Entries(t.Context(), feed.EntryQuery{Section: section, Open: true})
	if err != nil {
		t.Fatal(err)
	}
	var same []string
	for _, e := range entries {
		same = append(same, e.Key)
	}
	if diff := cmp.Diff(keys, same); diff != "" {
		t.Errorf("%s: OpenEntries and Entries differ: %s", section, diff)
	}
	return keys
}

func TestClosedPages(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for _, guid := range []string{"a", "b", "c"} { // one document would order them
			put(t, s, t0, "src", item("src", guid, strings.ToUpper(guid)))
		}
		var keys []string
		for _, it := range file(t, s, "x") {
			keys = append(keys, it.Entry)
		}
		slices.Sort(keys)
		if diff := cmp.Diff(keys, openKeys(t, s, "x")); diff != "" {
			t.Error(diff)
		}
		page := feed.PageOf(t0)
		closing := feed.ArchivePage{Section: "x", Page: page, Closed: t0, Keys: keys[:2], Body: []byte("body")}
		if done, err := s.ClosePage(ctx, closing); err != nil || !done {
			t.Fatal(done, err)
		}
		for _, again := range []feed.ArchivePage{closing, {Section: "x", Page: page.Next(), Keys: keys[1:], Body: []byte("2")}} {
			if done, err := s.ClosePage(ctx, again); done || err != nil {
				t.Errorf("closed %v twice: %v, %v", again, done, err)
			}
		}
		if diff := cmp.Diff(keys[2:], openKeys(t, s, "x")); diff != "" {
			t.Error("open:", diff)
		}
		if diff := cmp.Diff(keys, openKeys(t, s, "all")); diff != "" {
			t.Error("open in all:", diff)
		}
		read := func() (feed.ArchivePage, []feed.Grave) {
			t.Helper()
			p, graves, err := s.ClosedPage(ctx, "x", page)
			if err != nil {
				t.Fatal(err)
			}
			return p, graves
		}
		if p, graves := read(); !cmp.Equal(p, closing) || graves != nil {
			t.Errorf("read %+v, graves %v", p, graves)
		}

		// What is withdrawn leaves its page, and comes back to it.
		if _, err := s.Withdraw(ctx, keys[:1], t0.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if p, graves := read(); !slices.Equal(p.Keys, keys[1:2]) || !cmp.Equal(graves, []feed.Grave{{Key: keys[0], When: t0.Add(time.Hour)}}) {
			t.Errorf("after a withdrawal %v, graves %v", p.Keys, graves)
		}
		if _, err := s.Withdraw(ctx, keys[:1], time.Time{}); err != nil {
			t.Fatal(err)
		}
		if p, graves := read(); !cmp.Equal(p, closing) || graves != nil {
			t.Errorf("after the undo %+v, graves %v", p, graves)
		}
		if diff := cmp.Diff(keys[2:], openKeys(t, s, "x")); diff != "" {
			t.Error("open after the undo:", diff)
		}

		// So does what leaves the section and enters it again.
		entries, err := s.Entries(ctx, feed.EntryQuery{Keys: keys[1:2]})
		if err != nil {
			t.Fatal(err)
		}
		for _, sections := range [][]string{nil, {"x"}} {
			entries[0].Sections = sections
			commit(t, s, Filed{Entries: entries})
			if p, _ := read(); slices.Contains(p.Keys, keys[1]) != (sections != nil) {
				t.Errorf("in %v, the page has %v", sections, p.Keys)
			}
		}
		if diff := cmp.Diff(keys[2:], openKeys(t, s, "x")); diff != "" {
			t.Error("open after it came back:", diff)
		}

		// A development that bumps it makes it news again.
		entries[0].Published = t0
		commit(t, s, Filed{Entries: entries})
		if p, _ := read(); !slices.Equal(p.Keys, keys[:1]) {
			t.Errorf("after a bump the page has %v", p.Keys)
		}
		if diff := cmp.Diff(keys[1:], openKeys(t, s, "x")); diff != "" {
			t.Error("open after a bump:", diff)
		}
	})
}

// Retention takes pages away from the old end only: those between stay, for others link to them.
func TestRetentionOfPages(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		old, young := item("src", "a", "A"), item("src", "b", "B")
		young.Published = t0.Add(40 * 24 * time.Hour)
		put(t, s, t0, "src", old)
		put(t, s, young.Published, "src", young)
		var keys []string
		for _, it := range file(t, s, "x") {
			keys = append(keys, it.Entry)
		}
		first := feed.PageOf(t0)
		second := feed.PageOf(t0.AddDate(0, 1, 0))
		last := feed.PageOf(young.Published.AddDate(0, 2, 0))
		for _, p := range []feed.ArchivePage{
			{Section: "x", Page: first, Keys: keys[:1], Body: []byte("1")},
			{Section: "x", Page: second, Keys: keys[1:], Body: []byte("2")},
			{Section: "x", Page: last, Body: []byte("3")},
		} {
			if done, err := s.ClosePage(ctx, p); err != nil || !done {
				t.Fatal(p.Page, done, err)
			}
		}
		pages := func() (n []feed.PageNumber) {
			list, err := s.ClosedPages(ctx, "x")
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range list {
				n = append(n, p.Page)
			}
			return n
		}
		if got := pages(); !slices.Equal(got, []feed.PageNumber{first, second, last}) {
			t.Fatalf("pages %v", got)
		}
		if _, err := s.Prune(ctx, t0.Add(24*time.Hour), young.Published); err != nil {
			t.Fatal(err)
		}
		if got := pages(); !slices.Equal(got, []feed.PageNumber{second, last}) {
			t.Errorf("pages after retention %v, want the first gone and the empty one kept", got)
		}
		if _, err := s.Prune(ctx, young.Published.Add(24*time.Hour), young.Published.Add(48*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got := pages(); len(got) != 0 {
			t.Errorf("pages when no entry is left: %v", got)
		}
	})
}

// What retention is about to take is not there to be archived, in any section; and a page that is being closed while
// it takes some of it is closed with the rest.
func TestWhatRetentionTakesIsNotOpen(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		late := t0.AddDate(0, 3, 0)
		before := late.AddDate(0, 0, -7)
		young := item("src", "c", "C")
		young.Published = late
		put(t, s, t0, "src", item("src", "a", "A"))
		put(t, s, late, "src", item("src", "b", "B")) // told long ago, and heard of now
		put(t, s, late, "src", young)
		keys := map[string]string{}
		var all []string
		for _, it := range file(t, s, "x") {
			keys[it.GUID] = it.Entry
			all = append(all, it.Entry)
		}
		open := func(section string, before time.Time, limit int) (open []string) {
			t.Helper()
			list, err := s.OpenEntries(ctx, section, before, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range list {
				open = append(open, l.Key)
			}
			return open
		}
		stay := []string{keys["c"], keys["b"]}
		check := func(when string) {
			t.Helper()
			for _, section := range []string{"x", "all"} {
				if got := open(section, before, 0); !slices.Equal(got, stay) {
					t.Errorf("%s: open in %s are %v, want %v", when, section, got, stay)
				}
				if got := open(section, before, 1); !slices.Equal(got, stay[:1]) {
					t.Errorf("%s: the newest open one in %s is %v, want %v", when, section, got, stay[:1])
				}
			}
		}
		if got := open("x", time.Time{}, 0); len(got) != 3 {
			t.Errorf("where nothing is taken %v are open, want all three", got)
		}
		check("before retention")
		if n, err := s.Prune(ctx, before, late); err != nil || n != 1 {
			t.Fatalf("%d items went (%v), want 1", n, err)
		}
		check("after it")
		for _, section := range []string{"x", "all"} {
			page := feed.ArchivePage{Section: section, Page: feed.PageOf(t0), Closed: late, Keys: all, Body: []byte("1")}
			if done, err := s.ClosePage(ctx, page); err != nil || !done {
				t.Fatalf("a page of %s of which an entry was taken is not closed: %v, %v", section, done, err)
			}
			got, _, err := s.ClosedPage(ctx, section, page.Page)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(stay)
			if !slices.Equal(got.Keys, stay) {
				t.Errorf("the closed page of %s has %v, want %v", section, got.Keys, stay)
			}
			if got := open(section, before, 0); len(got) != 0 {
				t.Errorf("then %v are open in %s", got, section)
			}
		}
	})
}

// Who withdrew an entry decides what brings it back.
func TestWithdrawnByWhom(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		put(t, s, t0, "src", item("src", "a", "A"))
		items := file(t, s, "x")
		entries, err := s.Entries(ctx, feed.EntryQuery{})
		if err != nil {
			t.Fatal(err)
		}
		e := entries[0]
		check := func(when string, at time.Time, by feed.Withdrawal) {
			t.Helper()
			got, err := s.Entries(ctx, feed.EntryQuery{Keys: []string{e.Key}, Any: true})
			if err != nil {
				t.Fatal(err)
			}
			if !got[0].Withdrawn.Equal(at) || got[0].WithdrawnBy != by {
				t.Errorf("%s: withdrawn %s by %q, want %s by %q", when, got[0].Withdrawn, got[0].WithdrawnBy, at, by)
			}
		}
		// A rule drops its only report; then the editor retracts it, too.
		items[0].Story, items[0].Entry, items[0].Dropped = "", "", "by a rule"
		e.Lead, e.Withdrawn, e.WithdrawnBy = 0, t0, feed.Dropped
		commit(t, s, Filed{Items: items, Entries: []feed.Entry{e}})
		check("dropped", t0, feed.Dropped)
		if n, err := s.Withdraw(ctx, []string{e.Key}, t0.Add(time.Hour)); err != nil || n != 1 {
			t.Errorf("retracted %d, %v", n, err)
		}
		check("retracted besides", t0, feed.Retracted)
		if n, err := s.Withdraw(ctx, []string{e.Key}, t0.Add(time.Hour)); err != nil || n != 0 {
			t.Errorf("retracted twice: %d, %v", n, err)
		}
		// Undone, it is still dropped.
		if n, err := s.Withdraw(ctx, []string{e.Key}, time.Time{}); err != nil || n != 1 {
			t.Errorf("undone %d, %v", n, err)
		}
		check("undone", t0, feed.Dropped)
	})
}

// A database of the first schema says afterwards who withdrew what.
func TestMigrationSaysWhoWithdrew(t *testing.T) {
	address := "sqlite:" + filepath.Join(t.TempDir(), "feedd.db")
	s, err := Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.migrations(s.write)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.DownTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.Exec(`INSERT INTO entries (id, story, lead, published, updated, withdrawn, sections) VALUES
		(1, 1, 7, 1000, 1000, 2000, 'x'), (2, 2, 0, 1000, 1000, 2000, 'x'), (3, 3, 8, 1000, 1000, 0, 'x')`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, address)
	got := map[string]feed.Withdrawal{}
	entries, err := s.Entries(t.Context(), feed.EntryQuery{Any: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		got[e.Key] = e.WithdrawnBy
	}
	want := map[string]feed.Withdrawal{"0000000000000001": feed.Retracted, "0000000000000002": feed.Dropped, "0000000000000003": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Retention takes pages that others link to: publishing must hear of it, though no entry went.
func TestEmptyPagesGoWithANotice(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		put(t, s, t0, "src", item("src", "a", "A"))
		e := file(t, s, "x")[0].Entry
		if done, err := s.ClosePage(ctx, feed.ArchivePage{Section: "x", Page: feed.PageOf(t0), Closed: t0, Keys: []string{e}, Body: []byte("1")}); err != nil || !done {
			t.Fatal(done, err)
		}
		entries, err := s.Entries(ctx, feed.EntryQuery{Keys: []string{e}})
		if err != nil {
			t.Fatal(err)
		}
		entries[0].Published = t0.Add(time.Hour) // bumped, it is news again and on no page
		commit(t, s, Filed{Entries: entries})
		before, err := s.Versions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Prune(ctx, t0.Add(-time.Hour), t0.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		pages, err := s.ClosedPages(ctx, "x")
		if err != nil || len(pages) != 0 {
			t.Errorf("%d pages left (%v), want none", len(pages), err)
		}
		after, err := s.Versions(ctx)
		if err != nil || after["x"] == before["x"] {
			t.Errorf("the section is as it was (%v): nobody hears that its archive is another", err)
		}
	})
}

// A tombstone is told of in the sections that its entry is filed under: filing it elsewhere changes them.
func TestFilingAWithdrawnEntryIsNoticed(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		put(t, s, t0, "src", item("src", "a", "A"))
		e := file(t, s, "x")[0].Entry
		if _, err := s.Withdraw(ctx, []string{e}, t0.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		entries, err := s.Entries(ctx, feed.EntryQuery{Keys: []string{e}, Any: true})
		if err != nil {
			t.Fatal(err)
		}
		before, err := s.Versions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		entries[0].Sections = []string{"y"}
		commit(t, s, Filed{Entries: entries})
		after, err := s.Versions(ctx)
		if err != nil || after["x"] == before["x"] || after["y"] == before["y"] {
			t.Errorf("versions %v, before %v (%v): want those of x and y moved", after, before, err)
		}
	})
}
