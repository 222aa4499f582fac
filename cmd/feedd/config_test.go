package main

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"feedd/internal/demo"
	"feedd/internal/store/storetest"
)

// TestConfigCommands keeps the configuration in the database, as an editor does from the first push on.
func TestConfigCommands(t *testing.T) {
	db := storetest.Postgres(t)
	at := time.Now().Truncate(time.Minute).Add(-30 * time.Second)
	press := httptest.NewServer(demo.New(func() time.Time { return at }))
	t.Cleanup(press.Close)
	t.Setenv("FEEDD_DB", db)
	dir := t.TempDir()
	file := filepath.Join(dir, "feeds.yaml")
	save := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	saved := func(path string) string {
		t.Helper()
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	run := func(want int, args ...string) (stdout, stderr string) {
		t.Helper()
		var out, errs bytes.Buffer
		if got := command(t.Context(), args, &out, &errs); got != want {
			t.Fatalf("feedd %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, want, &out, &errs)
		}
		return out.String(), errs.String()
	}
	says := func(text, want string) {
		t.Helper()
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	yaml := demo.Config(press.URL)
	save(yaml)

	for _, args := range [][]string{
		{"check", "--config", "postgres:"}, {"collect", "--config", "postgres:"}, {"serve", "--config", "postgres:"},
		{"config", "pull"}, {"config", "diff", file}, {"opml", "export", "--config", "postgres:"},
	} {
		_, talk := run(exitUse, args...)
		says(talk, "feedd config push FILE")
	}
	_, talk := run(exitUse, "init", "postgres:")
	says(talk, "feedd config push FILE")
	_, talk = run(exitUse, "nodes", "--config", file, "--db-direct", storetest.Postgres(t))
	says(talk, "both must name the same")
	_, talk = run(exitUse, "config", "push", file, "--db", "sqlite:"+filepath.Join(dir, "x.db"))
	says(talk, "PostgreSQL")

	out, _ := run(exitDone, "config", "push", file, "--by", "chi@toa-soan", "-m", "lần đầu")
	if out != "1\n" {
		t.Errorf("the first push says %q", out)
	}
	out, _ = run(exitDone, "check", "--config", "postgres:")
	says(out, "no mistakes")
	run(exitDone, "collect", "--config", "postgres:")
	out, _ = run(exitDone, "sources", "--config", "postgres:")
	says(out, "hong")

	// Mistakes, with line and column.
	save(strings.Replace(yaml, "sections:\n", "sections:\n  - {id: BAD ID, limt: 3}\n", 1))
	line := strings.Count(yaml[:strings.Index(yaml, "sections:\n")], "\n") + 2
	_, checked := run(exitUse, "check", "--config", file)
	_, talk = run(exitUse, "config", "push", file)
	says(talk, file+":"+strconv.Itoa(line)+":")
	if talk != checked {
		t.Errorf("a push finds\n%s\nand a check\n%s", talk, checked)
	}

	// A change is shown, pushed, listed and taken back.
	save(strings.Replace(yaml, "title: Thể thao", "title: Sân cỏ", 1))
	out, _ = run(exitDone, "config", "diff", file)
	says(out, "\n-")
	says(out, "Sân cỏ")
	_, talk = run(exitUse, "config", "push", file, "--after", "7")
	says(talk, "another version was pushed meanwhile")
	out, _ = run(exitDone, "config", "push", file, "--json")
	var push struct {
		Version int64
		New     bool
	}
	if err := json.Unmarshal([]byte(out), &push); err != nil || push.Version != 2 || !push.New {
		t.Errorf("the push says %s: %v", out, err)
	}
	if out, _ := run(exitDone, "config", "diff", file); out != "" {
		t.Errorf("after the push there differs\n%s", out)
	}
	out, _ = run(exitDone, "config", "diff", "1", "2")
	says(out, "+")
	says(out, "chi@toa-soan")
	out, _ = run(exitDone, "config", "log")
	says(out, "lần đầu")
	says(out, whoami())
	out, _ = run(exitDone, "config", "log", "--json")
	var log struct {
		Versions []struct {
			Version  int64
			By, Note string
			Pushed   time.Time
		}
	}
	if err := json.Unmarshal([]byte(out), &log); err != nil || len(log.Versions) != 2 || log.Versions[1].By != "chi@toa-soan" || log.Versions[0].Pushed.IsZero() {
		t.Errorf("the log says %s: %v", out, err)
	}
	other := filepath.Join(dir, "old.yaml")
	run(exitDone, "config", "pull", "--at", "1", other)
	if saved(other) != yaml {
		t.Error("the first version comes out otherwise than it went in")
	}
	save("site: {title: chưa đẩy}\nsources: []\n")
	_, talk = run(exitUse, "config", "pull", file)
	says(talk, "--force")
	run(exitDone, "config", "pull", "--force", file)
	says(saved(file), "Sân cỏ")
	out, _ = run(exitDone, "config", "pull")
	if out != saved(file) {
		t.Error("standard output and the file get different texts")
	}
	_, talk = run(exitUse, "config", "pull", "--at", "9")
	says(talk, "version 9")

	// Commands that write the configuration push it.
	out, _ = run(exitDone, "add", "--config", "postgres:", "--blind", "--by", "lan", "https://moi.example.org/rss")
	run(exitDone, "config", "pull", file)
	says(saved(file), "https://moi.example.org/rss")
	list, _ := run(exitDone, "opml", "export", "--config", "postgres:")
	says(list, strings.TrimSpace(out))
	subscriptions := filepath.Join(dir, "them.opml")
	if err := os.WriteFile(subscriptions, []byte(strings.ReplaceAll(list, "moi.example.org", "moi2.example.org")), 0o600); err != nil {
		t.Fatal(err)
	}
	run(exitDone, "opml", "import", "--config", "postgres:", subscriptions)
	out, _ = run(exitDone, "config", "log")
	says(out, "feedd opml import")
	says(out, "lan")

	// Most of it goes only when that is meant.
	save("sources: []\n")
	_, talk = run(exitUse, "config", "push", file)
	says(talk, "--accept")
	_, talk = run(exitUse, "check", "--config", "postgres:", "--accept")
	says(talk, "feedd config push --accept")
	_, talk = run(exitUse, "check", "--config", "postgres:", "--fix")
	says(talk, "feedd config push")
	run(exitDone, "config", "push", "--accept", file)
}
