package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
	"feedd/internal/store/storetest"
)

// fill puts something into every table.
func fill(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	for n := range 70 {
		source := fmt.Sprint("nguồn-", n)
		a, b := item(source, "a", "Một"), item(source, "b", "Hai")
		a.Summary, a.Content = "", strings.Repeat("Dài ", n*n)
		if _, err := s.Save(ctx, &Collected{
			State: feed.SourceState{Source: source, ETag: `W/"1"`, NextRun: t0.Add(time.Hour)}, Items: []feed.Item{a, b}, Full: true, At: t0,
			Holds: []feed.HostHold{{Host: source + ".example", Until: t0.Add(time.Hour), Reason: "429"}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		file(t, s, "kinh-te", "the-gioi")
	}
	if err := s.OpenChannels(ctx, []string{"kênh"}, t0.Add(-time.Hour), false); err != nil {
		t.Fatal(err)
	}
	told, err := s.Entries(ctx, feed.EntryQuery{Section: "kinh-te", Brief: true})
	if err != nil {
		t.Fatal(err)
	}
	notice := feed.Notice{Channel: "kênh", Story: told[0].Story, Entry: told[0].Key, Title: "Một", At: t0}
	commit(t, s, Filed{Told: []feed.Notice{notice}})
	if err := s.Compose(ctx, "kênh", []feed.Message{{ID: "kênh/story/1", Kind: feed.MessageStory, Made: t0, Stories: []feed.Notice{notice}}}, time.Time{}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveAlarms(ctx, []feed.Alarm{{Kind: feed.AlarmFailing, Subject: "nguồn-1", Began: t0, Opened: t0, Text: "hỏng"}}, "", t0); err != nil {
		t.Fatal(err)
	}
	revised := item("nguồn-1", "a", "Một, sửa")
	put(t, s, t0.Add(time.Minute), "nguồn-1", revised)
	commit(t, s, Filed{Labels: []feed.Label{{Item: 1, Section: "kinh-te", Language: "vi", Text: "lãi suất"}}})
	if err := s.SaveWords(ctx, []feed.EditorsWord{{Kind: feed.WordFile, A: "1", B: "x", At: t0, Titles: [2]string{"Ô", "Ơ"}}}, []int64{1}); err != nil {
		t.Fatal(err)
	}
	entries, err := s.Entries(ctx, feed.EntryQuery{Section: "kinh-te"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Withdraw(ctx, []string{entries[0].Key}, t0); err != nil {
		t.Fatal(err)
	}
	if done, err := s.ClosePage(ctx, feed.ArchivePage{Section: "kinh-te", Page: feed.PageOf(t0), Closed: t0, Body: []byte("trang"), Keys: []string{entries[1].Key}}); err != nil || !done {
		t.Fatal(done, err)
	}
	if err := s.SaveRenditions(ctx, []feed.Rendition{{Path: "/sections/all.rss", Hash: "ab", Modified: t0, Body: []byte{0, 255, 1}}, {Path: "/empty", Body: []byte{}}}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PushConfiguration(ctx, Configuration{Pushed: t0, By: "chi@toà-soạn", Text: []byte("site: {title: Một}")}, 0); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveSubscription(ctx, feed.Subscription{Topic: "/sections/all.rss", Callback: "https://e.org/cb", Secret: "bí mật", Until: t0}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Rendering(ctx, "section all", "ab", t0, t0); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveRobots(ctx, "https://e.org", feed.Robots{Since: t0, Until: t0, Body: []byte("User-agent: *")}); err != nil {
		t.Fatal(err)
	}
	// The youngest item goes: its number must not be given again after a move.
	last := item("nguồn-z", "z", "Cuối")
	put(t, s, t0.Add(-100*24*time.Hour), "nguồn-z", last)
	commit(t, s, Filed{Items: unfiled(t, s)[2:]})
	if n, err := s.Prune(ctx, t0.Add(-50*24*time.Hour), t0); err != nil || n != 1 {
		t.Fatalf("Prune = %d, %v", n, err)
	}
}

func unfiled(t *testing.T, s *Store) []feed.Item {
	t.Helper()
	items, err := s.Unfiled(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// all reads all tables as text, in the order of their keys.
func all(t *testing.T, s *Store) map[string][]string {
	t.Helper()
	tables, err := movedTables()
	if err != nil {
		t.Fatal(err)
	}
	dump := map[string][]string{}
	if err := s.tx(t.Context(), func(tx *tx) error {
		for _, table := range tables {
			columns, err := columnsOf(t.Context(), tx, table)
			if err != nil {
				return err
			}
			slices.Sort(columns)
			rows, err := tx.Query(`SELECT ` + strings.Join(columns, ", ") + ` FROM ` + table)
			if err != nil {
				return err
			}
			if err := scan(rows, func(r *sql.Rows) error {
				row, err := values(r, len(columns))
				dump[table] = append(dump[table], fmt.Sprintf("%q %v", columns, row))
				return err
			}); err != nil {
				return err
			}
			slices.Sort(dump[table])
			if len(dump[table]) == 0 {
				t.Errorf("nothing in %s: the test proves nothing of it", table)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return dump
}

// TestMove moves a store with something in every table from each engine to each, and back.
func TestMove(t *testing.T) {
	first := storetest.SQLite(t)
	s := open(t, first)
	fill(t, s)
	want := all(t, s)
	there := storetest.Postgres(t)
	stops := []string{first, there, storetest.Postgres(t), storetest.SQLite(t), storetest.SQLite(t)}
	var digest uint64
	for i := range len(stops) - 1 {
		var done, total int64
		m, err := Move(t.Context(), stops[i], stops[i+1], func(d, n int64) { done, total = d, n })
		if err != nil {
			t.Fatal(err)
		}
		if done != total || m.Rows != total || m.Rows < 300 || (i > 0 && m.Digest != digest) {
			t.Errorf("move %d: %+v, %d of %d", i, m, done, total)
		}
		digest = m.Digest
	}
	for _, address := range stops[1:] {
		s := open(t, address)
		if diff := cmp.Diff(want, all(t, s)); diff != "" {
			t.Errorf("%s (-first +moved):\n%s", address, diff)
		}
		was := unfiled(t, s)
		put(t, s, t0, "new", item("new", "n", "Mới"))
		now := unfiled(t, s)
		if id := now[len(now)-1].ID; len(now) != len(was)+1 || id != 142 {
			t.Errorf("%s: the next item has the number %d, want 142: 141 was given before", address, id)
		}
	}
}

func TestMoveRefuses(t *testing.T) {
	ctx := t.Context()
	from, full, address := storetest.SQLite(t), storetest.SQLite(t), storetest.Postgres(t)
	s := open(t, from)
	put(t, s, t0, "src", item("src", "a", "A"))
	put(t, open(t, full), t0, "src", item("src", "b", "B"))
	if _, err := Move(ctx, from, full, nil); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("into a store with something in it: %v", err)
	}
	if _, err := Move(ctx, "sqlite:"+filepath.Join(t.TempDir(), "none.db"), address, nil); !errors.Is(err, ErrNone) {
		t.Errorf("from nothing: %v", err)
	}
	if _, err := Move(ctx, from, "mysql:x", nil); !errors.Is(err, ErrAddress) {
		t.Errorf("to nowhere: %v", err)
	}
	// Another process collects while it is moved.
	if _, err := Move(ctx, from, address, func(int64, int64) {
		put(t, s, t0, "src", item("src", "c", "C"), item("src", "d", "D"))
	}); !errors.Is(err, ErrWritten) {
		t.Errorf("written to meanwhile: %v", err)
	}
	// It is stopped in the midst of it.
	stop, cancel := context.WithCancel(ctx)
	if _, err := Move(stop, from, address, func(int64, int64) { cancel() }); err == nil {
		t.Error("no error although it was stopped")
	}
	// What arrives is not what left.
	storetest.Exec(t, address,
		`CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.title = 'x'; RETURN NEW; END $$`,
		`CREATE TRIGGER spoil BEFORE INSERT ON texts FOR EACH ROW EXECUTE FUNCTION spoil()`)
	if _, err := Move(ctx, from, address, nil); err == nil || !strings.Contains(err.Error(), "nothing was moved") {
		t.Errorf("spoilt on the way: %v", err)
	}
	storetest.Exec(t, address, `DROP TRIGGER spoil ON texts`)
	if _, err := Move(ctx, from, address, nil); err != nil {
		t.Error("after all that:", err)
	}
}

// Text that an older feedd stored and PostgreSQL cannot hold arrives without what it cannot hold.
func TestMoveOfTextThatCannotBeStored(t *testing.T) {
	from, to := storetest.SQLite(t), storetest.Postgres(t)
	put(t, open(t, from), t0, "src", item("src", "a", "A"))
	storetest.Exec(t, from, `UPDATE texts SET title = 'a' || char(0) || 'b' || CAST(x'ff' AS TEXT)`)
	if _, err := Move(t.Context(), from, to, nil); err != nil {
		t.Fatal(err)
	}
	if items := unfiled(t, open(t, to)); len(items) != 1 || items[0].Title != "ab\uFFFD" {
		t.Errorf("arrived: %+v", items)
	}
}

// The tables that are moved are those that there are, but the index, what PostgreSQL keeps up from items, and what the serving
// processes keep of each other.
func TestSchemaTables(t *testing.T) {
	want, err := movedTables()
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, "beside", "gates", "nodes") // of the processes that serve
	slices.Sort(want)
	for engine, query := range map[string]string{
		storetest.SQLite(t):   `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version' AND name NOT LIKE 'found%' ORDER BY 1`,
		storetest.Postgres(t): `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_name <> 'goose_db_version' AND table_name NOT LIKE 'found%' AND table_name NOT IN ('inbox', 'reports') ORDER BY 1`,
	} {
		s := open(t, engine)
		var got []string
		if err := s.query(t.Context(), query, func(r *sql.Rows) error {
			var name string
			err := r.Scan(&name)
			got = append(got, name)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-known +there):\n%s", engine, diff)
		}
	}
}
