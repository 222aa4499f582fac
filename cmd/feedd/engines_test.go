package main

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"feedd/internal/demo"
	"feedd/internal/store/storetest"
)

// TestCommandsOnPostgres runs the commands one after the other, as an editor does, then moves the store
// to SQLite: the same files are exported from there.
func TestCommandsOnPostgres(t *testing.T) {
	db := storetest.Postgres(t)
	at := time.Now().Truncate(time.Minute).Add(-30 * time.Second)
	press := httptest.NewServer(demo.New(func() time.Time { return at }))
	t.Cleanup(press.Close)
	dir := t.TempDir()
	config := filepath.Join(dir, "feeds.yaml")
	if err := os.WriteFile(config, []byte(demo.Config(press.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(want int, args ...string) (stdout, stderr string) {
		t.Helper()
		var out, errs bytes.Buffer
		if got := command(t.Context(), args, &out, &errs); got != want {
			t.Fatalf("feedd %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, want, &out, &errs)
		}
		return out.String(), errs.String()
	}
	on := func(db string, args ...string) string {
		t.Helper()
		out, _ := run(exitDone, append(args, "--config", config, "--db", db)...)
		return out
	}

	if _, talk := run(exitUse, "sources", "--config", config, "--db", db); !strings.Contains(talk, "there is no store yet at postgres://feedd@") {
		t.Errorf("before anything was collected: %s", talk)
	}
	if out := on(db, "check"); !strings.Contains(out, "no mistakes") {
		t.Error(out)
	}
	on(db, "collect")
	if out := on(db, "sources"); !strings.Contains(out, "hong") {
		t.Error(out)
	}
	story := regexp.MustCompile(`story ([0-9a-f]{16})`).FindStringSubmatch(on(db, "explain", "1"))
	if story == nil {
		t.Fatal("feedd explain names no story")
	}
	on(db, "file", "1", "the-thao")
	on(db, "retract", story[1])
	on(db, "retract", story[1], "--undo")
	on(db, "retract", story[1])
	if out := on(db, "replay"); !strings.HasPrefix(out, "0 of ") {
		t.Error(out)
	}
	on(db, "export", filepath.Join(dir, "before"))

	moved := storetest.SQLite(t)
	if out, _ := run(exitDone, "move", "--db", db, "--to", moved); !strings.Contains(out, "both stores have the digest") {
		t.Error(out)
	}
	if _, talk := run(exitUse, "move", "--db", db, "--to", moved); !strings.Contains(talk, "is not empty") {
		t.Error(talk)
	}
	if _, talk := run(exitUse, "move", "--db", "mysql:x", "--to", moved); !strings.Contains(talk, "postgres://USER@HOST/DATABASE") {
		t.Error(talk)
	}
	on(moved, "export", filepath.Join(dir, "after"))
	for _, path := range []string{"index.html", "feeds.opml", "sections/all.rss", "sections/all.atom", "sections/all.json", "sections/kinh-te.rss", "sections/the-thao.json"} {
		before, err := os.ReadFile(filepath.Join(dir, "before", path))
		if err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(filepath.Join(dir, "after", path))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before, after) {
			t.Errorf("%s is another after moving", path)
		}
	}
	var feed struct{ Items []struct{ ID string } }
	text, err := os.ReadFile(filepath.Join(dir, "after", "sections/all.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &feed); err != nil || len(feed.Items) == 0 {
		t.Fatalf("%d items, %v", len(feed.Items), err)
	}
	for _, it := range feed.Items {
		if strings.HasSuffix(it.ID, story[1]) {
			t.Error("the retracted story is back")
		}
	}
}
