package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sync/errgroup"

	"feedd/internal/feed"
	"feedd/internal/store/storetest"
)

var t0 = time.Date(2024, 8, 14, 3, 44, 0, 0, time.UTC)

func open(t testing.TB, address string) *Store {
	t.Helper()
	s, err := Open(t.Context(), address, Direct(storetest.Direct(address)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return s
}

// suite runs a test on every engine.
func suite(t *testing.T, run func(t *testing.T, s *Store)) {
	t.Helper()
	suiteAt(t, func(t *testing.T, s *Store, _ string) { run(t, s) })
}

// suiteAt tells the address, too.
func suiteAt(t *testing.T, run func(t *testing.T, s *Store, address string)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, address string) { run(t, open(t, address), address) })
}

func item(source, guid, title string) feed.Item {
	it := feed.Item{
		Source: source, GUID: guid, Title: title,
		URL: "https://" + source + ".example/" + guid, Canonical: feed.Canonical("https://" + source + ".example/" + guid),
		Summary: "Tóm tắt <b>" + title + "</b>", Content: "<p>Nội dung</p>", Base: "https://" + source + ".example/",
		Authors: []feed.Person{{Name: "Lan", Email: "lan@example.org"}}, Categories: []string{"Kinh tế", "Thế giới"},
		Language: "vi", Image: "https://img.example/1.jpg",
		Enclosures: []feed.Enclosure{{URL: "https://img.example/1.mp3", Type: "audio/mpeg", Length: 12}},
		Published:  t0.Add(-time.Hour),
	}
	it.Key = feed.Identify(&it)
	return it
}

func put(t *testing.T, s *Store, at time.Time, source string, items ...feed.Item) Counts {
	t.Helper()
	n, err := s.Save(t.Context(), &Collected{
		State: feed.SourceState{Source: source, ETag: `W/"1"`}, Items: items, Full: true, At: at,
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// file commits the items the way the desk would, each as an entry of its own under sections.
func file(t *testing.T, s *Store, sections ...string) []feed.Item {
	t.Helper()
	items, err := s.Unfiled(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var entries []feed.Entry
	for i := range items {
		it := &items[i]
		it.Entry = feed.EntryKey(it.Source, it.Key)
		it.Story, it.Verdict = it.Entry, feed.New
		for _, sec := range sections {
			it.Sections = append(it.Sections, feed.Placement{Section: sec, By: "rule", Line: 3})
		}
		it.Why = feed.Why{Reason: "nothing like it was known"}
		entries = append(entries, feed.Entry{
			Key: it.Entry, Story: it.Story, Lead: it.ID, Published: it.Date(), Updated: it.Date(), Sections: sections,
		})
	}
	commit(t, s, Filed{Items: items, Entries: entries})
	return items
}

func commit(t *testing.T, s *Store, f Filed) {
	t.Helper()
	var err error
	if f.Turn, err = s.DeskTurn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func TestTwoDesksDoNotOvertakeUnseen(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		turn, err := s.DeskTurn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(t.Context(), Filed{Turn: turn}); err != nil {
			t.Fatal(err)
		}
		put(t, s, t0, "src", item("src", "a", "A"))
		items, err := s.Unfiled(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(t.Context(), Filed{Turn: turn, Items: items}); !errors.Is(err, ErrOvertaken) {
			t.Errorf("the second commit after turn %d = %v, want ErrOvertaken", turn, err)
		}
		if n, _, err := s.Lag(t.Context()); err != nil || n != 1 {
			t.Errorf("%d in the inbox (%v) after a commit that was refused, want 1", n, err)
		}
		if err := s.Commit(t.Context(), Filed{Turn: turn + 1, Items: items}); err != nil {
			t.Error(err)
		}
	})
}

func TestSaveTellsNewUpdatedUnchanged(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		a, b := item("src", "a", "Bão số 4"), item("src", "b", "Giá vàng")
		if got, want := put(t, s, t0, "src", a, b, a), (Counts{New: 2, Unchanged: 1}); got != want {
			t.Errorf("first: %+v, want %+v", got, want)
		}
		file(t, s, "thoi-su")
		a.Title = "Bão số 4 vào bờ"
		a.Content = "" // what the source no longer gives is kept
		if got, want := put(t, s, t0.Add(time.Minute), "src", a, b), (Counts{Updated: 1, Unchanged: 1}); got != want {
			t.Errorf("second: %+v, want %+v", got, want)
		}
		unfiled, err := s.Unfiled(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(unfiled) != 1 {
			t.Fatalf("%d unfiled after a revision, want the revised one", len(unfiled))
		}
		want := a
		want.ID, want.Content = unfiled[0].ID, "<p>Nội dung</p>"
		want.FirstSeen, want.Revised = t0, t0.Add(time.Minute)
		want.Opens = feed.EntryKey("src", a.Key)
		got := unfiled[0]
		if got.Entry == "" {
			t.Error("a revised item forgot its entry")
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateApproxTime(time.Second), cmpopts.IgnoreFields(feed.Item{}, "Rev", "Entry", "Story", "Verdict", "Sections", "Why")); diff != "" {
			t.Error("revised item (-want +got):\n", diff)
		}
		var revisions int
		if err := s.read.QueryRow(`SELECT COUNT(*) FROM revisions WHERE title = 'Bão số 4'`).Scan(&revisions); err != nil || revisions != 1 {
			t.Errorf("%d revisions kept of the old title (%v), want 1", revisions, err)
		}
	})
}

func TestStateAndItemsAreOne(t *testing.T) {
	suiteAt(t, func(t *testing.T, s *Store, address string) {
		storetest.Refuse(t, address, "texts", "")
		_, err := s.Save(t.Context(), &Collected{
			State: feed.SourceState{Source: "src", ETag: `"new"`}, Items: []feed.Item{item("src", "a", "A")}, At: t0,
		})
		if err == nil || !strings.Contains(err.Error(), "no room") {
			t.Fatalf("Save = %v, want the engine's refusal", err)
		}
		states, err := s.States(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(states) != 0 {
			t.Errorf("the state was stored without the items: %+v", states)
		}
	})
}

func TestSavesTogetherFailAlone(t *testing.T) {
	suiteAt(t, func(t *testing.T, s *Store, address string) {
		storetest.Refuse(t, address, "sources", "new.id = 'bad'")
		const n = 40
		errs := make([]error, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				name := fmt.Sprintf("s%d", i)
				if i == 7 {
					name = "bad"
				}
				_, errs[i] = s.Save(t.Context(), &Collected{State: feed.SourceState{Source: name}, Items: []feed.Item{item(name, "a", "A")}, At: t0})
			})
		}
		wg.Wait()
		for i, err := range errs {
			if (err != nil) != (i == 7) {
				t.Errorf("save %d: %v", i, err)
			}
		}
		items, err := s.Unfiled(t.Context(), 100)
		if err != nil || len(items) != n-1 {
			t.Errorf("%d items stored (%v), want %d", len(items), err, n-1)
		}
	})
}

func TestEntriesAndVersions(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		put(t, s, t0, "src", item("src", "a", "A"), item("src", "b", "B"))
		items := file(t, s, "kinh-te", "the-gioi")
		entries, err := s.Entries(ctx, feed.EntryQuery{Section: "kinh-te"})
		if err != nil || len(entries) != 2 {
			t.Fatalf("%d entries (%v), want 2", len(entries), err)
		}
		if got := entries[0].LeadItem(); got == nil || got.Content != "<p>Nội dung</p>" || got.Sections[0].Line != 3 {
			t.Errorf("lead = %+v", got)
		}
		v1, err := s.Versions(ctx)
		if err != nil {
			t.Fatal(err)
		}

		e := entries[0]
		e.Sections = []string{"the-gioi"}
		commit(t, s, Filed{Entries: []feed.Entry{e}})
		if n := count(t, s, feed.EntryQuery{Section: "kinh-te"}); n != 1 {
			t.Errorf("%d entries in the section it left, want 1", n)
		}
		v2, err := s.Versions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, sec := range []string{"kinh-te", "the-gioi", "all"} {
			if v2[sec] <= v1[sec] {
				t.Errorf("version of %s did not move: %d, %d", sec, v1[sec], v2[sec])
			}
		}

		if n, err := s.Withdraw(ctx, []string{e.Key}, t0); err != nil || n != 1 {
			t.Fatalf("Withdraw = %d, %v", n, err)
		}
		for q, want := range map[*feed.EntryQuery]int{
			{Section: "the-gioi"}:                  1,
			{Section: "all"}:                       1,
			{Section: "the-gioi", Withdrawn: true}: 1,
			{Section: "kinh-te", Withdrawn: true}:  0,
		} {
			if n := count(t, s, *q); n != want {
				t.Errorf("after withdrawing, %+v: %d entries, want %d", *q, n, want)
			}
		}
		if n, err := s.Withdraw(ctx, []string{e.Key}, time.Time{}); err != nil || n != 1 {
			t.Fatalf("undo = %d, %v", n, err)
		}
		if n := count(t, s, feed.EntryQuery{Section: "the-gioi"}); n != 2 {
			t.Errorf("after undoing: %d entries, want 2", n)
		}
		for _, what := range []string{items[0].URL + "?utm_source=x", items[0].Entry, "tag:e.org,2026:" + items[0].Entry, fmt.Sprint(items[0].ID)} {
			got, err := s.Find(ctx, what)
			if err != nil || len(got) != 1 || got[0].ID != items[0].ID {
				t.Errorf("Find(%q) = %d items, %v", what, len(got), err)
			}
		}
		if _, err := s.Find(ctx, "nonsense"); err == nil {
			t.Error("Find(nonsense): no error")
		}
	})
}

func count(t *testing.T, s *Store, q feed.EntryQuery) int {
	t.Helper()
	entries, err := s.Entries(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestRetention(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		a, b := item("src", "a", "A"), item("src", "b", "B")
		put(t, s, t0, "src", a)
		file(t, s, "x")
		later := t0.Add(30 * 24 * time.Hour)
		b.Published = later
		put(t, s, later, "src", a, b)
		file(t, s, "x")
		if n, err := s.Prune(ctx, later.Add(-time.Hour), later); err != nil || n != 1 {
			t.Fatalf("Prune = %d, %v; want 1", n, err)
		}
		if n := count(t, s, feed.EntryQuery{}); n != 1 {
			t.Errorf("%d entries left, want 1", n)
		}
		if got, want := put(t, s, later.Add(time.Hour), "src", a, b), (Counts{Unchanged: 2}); got != want {
			t.Errorf("still listed, after retention: %+v, want %+v", got, want)
		}
		// The source stops listing it: after a week of whole reads without it, it is forgotten.
		for day := range 20 {
			at := later.Add(time.Duration(day) * 24 * time.Hour)
			put(t, s, at, "src", b)
			if _, err := s.Prune(ctx, later.Add(-time.Hour), at); err != nil {
				t.Fatal(err)
			}
		}
		known, err := s.Known(ctx, "src", []feed.Item{a, b})
		if err != nil {
			t.Fatal(err)
		}
		if known[a.Key] || !known[b.Key] {
			t.Errorf("known = %v, want only b", known)
		}
	})
}

func TestWindowAndRefile(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		put(t, s, t0, "src", item("src", "a", "A"))
		file(t, s, "x")
		put(t, s, t0.Add(time.Hour), "src", item("src", "b", "B"))
		file(t, s, "x")
		var titles []string
		if err := s.Window(ctx, t0.Add(time.Minute), func(it *feed.Item) error {
			titles = append(titles, it.Title+it.Entry[:0])
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"B"}, titles); diff != "" {
			t.Error(diff)
		}
		if n, err := s.Refile(ctx, t0); err != nil || n != 2 {
			t.Errorf("Refile = %d, %v; want 2", n, err)
		}
		if n, since, err := s.Lag(ctx); err != nil || n != 2 || !since.Equal(t0) {
			t.Errorf("Lag = %d since %v, %v", n, since, err)
		}
	})
}

// A revision that arrives while the desk decides must not be taken for filed.
func TestRevisionDuringFiling(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		a := item("src", "a", "A")
		put(t, s, t0, "src", a)
		items, err := s.Unfiled(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		a.Title = "A, corrected"
		put(t, s, t0.Add(time.Second), "src", a)
		commit(t, s, Filed{Items: items})
		if n, _, err := s.Lag(t.Context()); err != nil || n != 1 {
			t.Errorf("%d in the inbox (%v), want the revised item", n, err)
		}
	})
}

func TestSmallThings(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		if v, err := s.Meta(ctx, "a"); v != "" || err != nil {
			t.Errorf("Meta = %q, %v", v, err)
		}
		for _, v := range []string{"1", "2"} {
			if err := s.SetMeta(ctx, "a", v); err != nil {
				t.Fatal(err)
			}
		}
		if v, err := s.Meta(ctx, "a"); v != "2" || err != nil {
			t.Errorf("Meta = %q, %v", v, err)
		}
		r := feed.Rendition{Path: "/sections/all.rss", Hash: "ab", Modified: t0, Body: []byte{0, 1, 2}}
		if err := s.SaveRenditions(ctx, []feed.Rendition{r}, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Renditions(ctx); err != nil || !cmp.Equal(got, []feed.Rendition{r}) {
			t.Errorf("Renditions = %v, %v", got, err)
		}
		if err := s.DeleteRenditions(ctx, []string{r.Path, "/none"}); err != nil {
			t.Fatal(err)
		}
		sub := feed.Subscription{Topic: r.Path, Callback: "https://e.org/cb", Secret: "s", Until: t0, Client: "c", Delivered: "ab"}
		if err := s.SaveSubscription(ctx, sub); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Subscriptions(ctx); err != nil || !cmp.Equal(got, []feed.Subscription{sub}) {
			t.Errorf("Subscriptions = %v, %v", got, err)
		}
		for _, note := range [][2]string{{"ab", "cd"}, {"ab", "late"}} {
			if err := s.NoteDelivery(ctx, sub.Topic, sub.Callback, note[0], note[1]); err != nil {
				t.Fatal(err)
			}
		}
		sub.Until, sub.Secret = t0.Add(time.Hour), "new"
		if err := s.SaveSubscription(ctx, sub); err != nil { // by a node that does not know of the delivery
			t.Fatal(err)
		}
		sub.Delivered = "cd"
		if got, err := s.Subscriptions(ctx); err != nil || !cmp.Equal(got, []feed.Subscription{sub}) {
			t.Errorf("after two notes and a renewal Subscriptions = %v, %v", got, err)
		}
		if err := s.DeleteSubscription(ctx, sub.Topic, sub.Callback, sub.Until); err != nil {
			t.Fatal(err)
		}
		hold := feed.HostHold{Host: "e.org", Until: t0.Add(time.Hour), Reason: "the host answered 429"}
		if _, err := s.Save(ctx, &Collected{State: feed.SourceState{Source: "s"}, Holds: []feed.HostHold{hold}, At: t0}); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Holds(ctx, t0); err != nil || !cmp.Equal(got, []feed.HostHold{hold}) {
			t.Errorf("Holds = %v, %v", got, err)
		}
		if got, err := s.Holds(ctx, t0.Add(2*time.Hour)); err != nil || len(got) != 0 {
			t.Errorf("Holds later = %v, %v", got, err)
		}
	})
}

// Who starts at once with others on a file that has no tables yet finds them all the same.
func TestOpenAtOnce(t *testing.T) {
	for range 5 {
		file := storetest.SQLite(t)
		var opening errgroup.Group
		for range 6 {
			opening.Go(func() error {
				s, err := Open(t.Context(), file)
				if err != nil {
					return err
				}
				return s.Close()
			})
		}
		if err := opening.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.db")
	if err := os.WriteFile(junk, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer.db")
	s, err := Open(t.Context(), "sqlite:"+newer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"mysql:x":                  "sqlite:PATH",
		"sqlite:":                  "needs a file",
		"sqlite:" + junk:           "not a sound SQLite database",
		"sqlite:" + newer:          "newer feedd",
		"sqlite:" + junk + "/x.db": "folder of the store",
	} {
		s, err := Open(t.Context(), address)
		if err == nil {
			s.Close()
			t.Errorf("Open(%q): no error", address)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%q) = %q, want something with %q", address, err, want)
		}
	}
}

func TestLockedDatabaseNamesTheWayOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feedd.db")
	s := open(t, "sqlite:"+path)
	other, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	conn, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := s.write.Exec(`PRAGMA busy_timeout = 1`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	err = s.SetMeta(t.Context(), "a", "b")
	if err == nil || !strings.Contains(err.Error(), "holds "+path+" locked") {
		t.Errorf("writing to a locked database = %v", err)
	}
	if _, err := conn.ExecContext(context.Background(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if err := s.SetMeta(t.Context(), "a", "b"); err != nil {
		t.Errorf("after the lock is gone: %v", err)
	}
}

// Saves that find the database locked wait for it once, not one after the other.
func TestSavesTogetherWaitOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feedd.db")
	s := open(t, "sqlite:"+path)
	if _, err := s.write.Exec(`PRAGMA busy_timeout = 100`); err != nil {
		t.Fatal(err)
	}
	other := open(t, "sqlite:"+path)
	tx, err := other.write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	began := time.Now()
	for i := range 40 {
		wg.Go(func() {
			name := fmt.Sprintf("s%d", i)
			if _, err := s.Save(t.Context(), &Collected{State: feed.SourceState{Source: name}, Items: []feed.Item{item(name, "a", "A")}, At: t0}); err == nil {
				t.Error("saved into a locked database")
			}
		})
	}
	wg.Wait()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("40 saves waited %s for a lock that each may wait 100 ms for", took)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	put(t, s, t0, "s0", item("s0", "a", "A"))
}

func TestSaveHonoursItsContext(t *testing.T) {
	suite(t, testSaveHonoursItsContext)
}

func testSaveHonoursItsContext(t *testing.T, s *Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Save(ctx, &Collected{State: feed.SourceState{Source: "s"}, At: t0}); !errors.Is(err, context.Canceled) {
		t.Errorf("Save = %v, want Canceled", err)
	}
}
