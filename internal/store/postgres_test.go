package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/store/storetest"
)

// Whoever must act is told what to do, and no password is ever told.
func TestPostgresSaysWhatIsWrong(t *testing.T) {
	srv := storetest.New(t)
	const password = "S3cret-w0rd"
	guarded := url.UserPassword(storetest.Guarded, password)
	srv.Exec(t,
		`CREATE ROLE guarded LOGIN PASSWORD 'another'`,
		`CREATE ROLE plain LOGIN`,
		`CREATE ROLE crowd LOGIN CONNECTION LIMIT 0`,
		`CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
		`CREATE DATABASE standby`, `ALTER DATABASE standby SET default_transaction_read_only = on`,
	)
	newer := srv.Schema(t)
	open(t, newer)
	storetest.Exec(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	away := strings.ReplaceAll(srv.Address(guarded, "feedd"), url.QueryEscape(srv.Dir), url.QueryEscape(t.TempDir()))

	for address, want := range map[string]string{
		away:                                                           "cannot reach postgres://guarded@/feedd?host=",
		srv.Address(guarded, "postgres"):                               "refuses the password",
		srv.Address(url.User("nobody"), "x"):                           "does not let this user in",
		srv.Address(url.User("feedd"), "x"):                            "createdb -T template0 -E UTF8 x",
		srv.Address(url.User("plain"), "postgres"):                     "ALTER DATABASE postgres OWNER TO plain",
		srv.Address(url.User("crowd"), "postgres"):                     "no connection to spare",
		srv.Address(url.User("feedd"), "latin"):                        "encoded in LATIN1",
		srv.Address(url.User("feedd"), "standby"):                      "cannot be written to",
		srv.URL + "&search_path=nowhere":                               "has no schema for the tables",
		newer:                                                          "newer feedd (schema 99999",
		"postgres://feedd:" + password + "@127.0.0.1:1/feedd":          "cannot reach postgres://feedd@127.0.0.1:1/feedd",
		"postgres://feedd:" + password + "/x@db.example/feedd":         "%2F for /",
		"postgres://feedd:" + password + "%zz@db.example/feedd":        "%25 for %",
		"postgres://feedd:12/" + password + "@db.example/feedd":        "%2F for /",
		"postgres://feedd:" + password + "@h/d?target_session_attrs=x": "target_session_attrs",
		"postgres://feedd:" + password + "@h/d?sslmode=full":           "sslmode",
		"postgres://feedd:" + password + "@h:port/d":                   "no proper URL",
	} {
		s, err := Open(t.Context(), address)
		if err == nil {
			s.Close()
			t.Errorf("Open(%s): no error", address)
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%s) = %q, want something with %q", address, err, want)
		}
		if strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "\n") {
			t.Errorf("Open(%s) = %q, with a password or a line break in it", address, err)
		}
	}
}

func TestPostgresOfAnyVersion(t *testing.T) {
	d := &postgresDialect{name: "postgres://db/feedd"}
	if err := d.fit(140012, "UTF8", false, "public"); err != nil {
		t.Error(err)
	}
	if err := d.fit(130014, "UTF8", false, "public"); err == nil || !strings.Contains(err.Error(), "runs PostgreSQL 13; feedd needs 14") {
		t.Errorf("PostgreSQL 13: %v", err)
	}
}

// What goes wrong while it runs is explained, too.
func TestPostgresRefusals(t *testing.T) {
	address := storetest.Postgres(t)
	s := open(t, address)
	for refusal, want := range map[string]string{
		"53100 refused": "disk of the server",
		"25006 refused": "cannot be written to",
		"57P03 refused": "starting or stopping",
		"XX001 refused": "damaged",
		// PgBouncer says so of the server behind it.
		"08P01 server login has been failing, try again later (server_login_retry)": "cannot reach the server behind it",
		"08P01 query_wait_timeout": "no connection to spare",
	} {
		code, message, _ := strings.Cut(refusal, " ")
		storetest.Exec(t, address,
			`CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '`+message+`' USING ERRCODE = '`+code+`'; END $$`,
			`CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON meta FOR EACH ROW EXECUTE FUNCTION refuse()`)
		if err := s.SetMeta(t.Context(), "a", "b"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want something with %q", refusal, err, want)
		}
	}
	storetest.Exec(t, address, `DROP TRIGGER refuse ON meta`)
	if err := s.SetMeta(t.Context(), "a", "b"); err != nil {
		t.Error("afterwards:", err)
	}
}

func TestPostgresNodesStartAtOnce(t *testing.T) {
	address := storetest.Postgres(t)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			s, err := Open(t.Context(), address, Direct(storetest.Direct(address)))
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.SetMeta(t.Context(), "a", "b"); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// All text sorts by its bytes, as on SQLite, in every table of every migration.
func TestPostgresColumns(t *testing.T) {
	s := open(t, storetest.Postgres(t))
	rows, err := s.read.QueryContext(t.Context(), `SELECT table_name, column_name, data_type, COALESCE(collation_name, '') FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name <> 'goose_db_version'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var table, column, kind, collation string
		if err := rows.Scan(&table, &column, &kind, &collation); err != nil {
			t.Fatal(err)
		}
		n++
		switch {
		case kind == "text" && collation == "C":
		case kind == "bigint", kind == "smallint", kind == "bytea", kind == "tsvector":
		default:
			t.Errorf(`%s.%s is %s, sorted by %q; write TEXT NOT NULL, BIGINT, SMALLINT or {{blob}}`, table, column, kind, collation)
		}
	}
	if err := rows.Err(); err != nil || n < 50 {
		t.Errorf("%d columns, %v", n, err)
	}
}

// What PostgreSQL cannot hold does not keep a source from being stored, and both engines store the
// same.
func TestTextThatCannotBeStored(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		it := item("src", "a\x00b\xff", "Tin \x00nóng\xc3")
		it.Summary, it.Content = "\x00", "\xff\x00"
		if _, err := s.Save(t.Context(), &Collected{
			State: feed.SourceState{Source: "src", Error: "\x00\xff"}, Items: []feed.Item{it}, At: t0,
			Holds: []feed.HostHold{{Host: "e.org", Until: t0.Add(time.Hour), Reason: "\x00\xff"}},
		}); err != nil {
			t.Fatal(err)
		}
		got, err := s.Unfiled(t.Context(), 10)
		if err != nil || len(got) != 1 {
			t.Fatalf("%d items, %v", len(got), err)
		}
		if got[0].Title != "Tin nóng\uFFFD" || got[0].GUID != "ab\uFFFD" || got[0].Summary != "" {
			t.Errorf("title %q, guid %q, summary %q", got[0].Title, got[0].GUID, got[0].Summary)
		}
	})
}

// Two processes write side by side on one database, as a daemon and the command line do, and two
// collectors that bring the same: nothing is doubled, nobody waits in a circle.
func TestTwoProcesses(t *testing.T) {
	suiteAt(t, func(t *testing.T, a *Store, address string) {
		b := open(t, address)
		var wg sync.WaitGroup
		for _, s := range []*Store{a, b} {
			for n := range 20 {
				wg.Go(func() {
					source := fmt.Sprint("s", n)
					put(t, s, t0, source, item(source, "1", "Một"), item(source, "2", "Hai"))
					put(t, s, t0.Add(time.Minute), source, item(source, "1", "Một, sửa"), item(source, "2", "Hai, sửa"))
				})
			}
			wg.Go(func() {
				for range 10 {
					if _, err := s.Refile(t.Context(), t0); err != nil {
						t.Error(err)
					}
					if err := s.SaveRenditions(t.Context(), []feed.Rendition{{Path: "/b", Body: []byte("b")}, {Path: "/a", Body: []byte("a")}}, nil); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		items, err := a.Unfiled(t.Context(), 100)
		if err != nil || len(items) != 40 {
			t.Errorf("%d items (%v), want 40", len(items), err)
		}
	})
}

// The server is killed again and again while sources are saved and filed. Nothing is lost or doubled,
// and at no moment does a source's ETag stand without its items.
func TestPostgresRestartsUnderLoad(t *testing.T) {
	srv := storetest.New(t)
	s := open(t, srv.Schema(t))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	const sources, looks, perLook, kills = 12, 25, 4, 4

	var saved, failed atomic.Int64
	var wg, killer sync.WaitGroup
	kill := make(chan struct{}, kills)
	killer.Go(func() {
		for range kill {
			if err := srv.Kill(); err != nil {
				t.Error(err)
			}
			if err := srv.Start(); err != nil {
				t.Error(err)
			}
		}
	})
	for n := range sources {
		wg.Go(func() {
			source := fmt.Sprint("s", n)
			for look := range looks {
				var items []feed.Item
				for i := range perLook {
					guid := fmt.Sprintf("%d-%d", look, i)
					items = append(items, item(source, guid, "Tin "+guid))
				}
				c := &Collected{State: feed.SourceState{Source: source, ETag: fmt.Sprint(look)}, Items: items, Full: true, At: t0}
				retry(ctx, t, func() error {
					_, err := s.Save(ctx, c)
					if err != nil {
						failed.Add(1)
					}
					return err
				})
				if n := saved.Add(1); n%(sources*looks/(kills+1)) == 0 && int(n)/(sources*looks/(kills+1)) <= kills {
					kill <- struct{}{}
				}
			}
		})
	}
	done := make(chan struct{})
	var desk sync.WaitGroup
	desk.Go(func() {
		for {
			var n int
			retry(ctx, t, func() error {
				turn, err := s.DeskTurn(ctx)
				if err != nil {
					return err
				}
				items, err := s.Unfiled(ctx, 50)
				if n = len(items); err != nil || n == 0 {
					return err
				}
				f := Filed{Turn: turn, Items: items}
				for i := range items {
					it := &items[i]
					it.Entry = feed.EntryKey(it.Source, it.Key)
					it.Story, it.Verdict = it.Entry, feed.New
					f.Entries = append(f.Entries, feed.Entry{Key: it.Entry, Story: it.Story, Lead: it.ID, Published: t0, Updated: t0, Sections: []string{"x"}})
				}
				return s.Commit(ctx, f)
			})
			select {
			case <-done:
				if n == 0 {
					return
				}
			case <-ctx.Done():
				return
			default:
			}
		}
	})
	wg.Wait()
	close(kill)
	killer.Wait()
	close(done)
	desk.Wait()
	if failed.Load() == 0 {
		t.Error("no save failed: the test proves nothing")
	}

	states, err := s.States(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for source, st := range states {
		if st.ETag != fmt.Sprint(looks-1) {
			t.Errorf("%s: ETag %s", source, st.ETag)
		}
	}
	entries, err := s.Entries(t.Context(), feed.EntryQuery{Section: "x"})
	if err != nil || len(entries) != sources*looks*perLook {
		t.Errorf("%d entries (%v), want %d", len(entries), err, sources*looks*perLook)
	}
	for _, e := range entries {
		if len(e.Reports) != 1 {
			t.Errorf("entry %s has %d reports", e.Key, len(e.Reports))
		}
	}
	if n, _, err := s.Lag(t.Context()); err != nil || n != 0 {
		t.Errorf("%d wait, %v", n, err)
	}
}

// retry does something until it works, or ctx ends. What another desk did first is no failure.
func retry(ctx context.Context, t *testing.T, do func() error) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := do()
		if err == nil || errors.Is(err, ErrOvertaken) {
			return
		}
		select {
		case <-ctx.Done():
			t.Error("never worked:", err)
			return
		case <-tick.C:
		}
	}
}
