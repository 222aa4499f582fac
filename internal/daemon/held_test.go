package daemon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/store"
)

// write replaces a file as an editor does.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// TestConfigurationLostItsEnd saves a file that is cut off behind its first sources, which leaves a
// proper one: it is held back, told where people and monitors look, and put into force once somebody
// says that it is meant, in either way.
func TestConfigurationLostItsEnd(t *testing.T) {
	c := newClock()
	yaml := newsYAML(t, c)
	h := build(t, yaml, c, "")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	whole := h.Sources()
	eventually(t, "something is published", func() bool { return h.get(t, "/sections/all.rss").StatusCode == http.StatusOK })
	held := func() bool { return strings.Contains(h.body(t, "/metrics"), "\nfeedd_config_held 1\n") }

	at := strings.Index(yaml, "sources:")
	second := at + strings.Index(yaml[at:], "\n  - ") + 1
	third := second + strings.Index(yaml[second:], "\n  - ") + 1 // the end of the first source
	cut := yaml[:third]
	write(t, h.Daemon.o.Config, cut)
	eventually(t, "the file that lost its end is held back", held)
	if n := h.Sources(); n != whole {
		t.Errorf("%d sources are in force, not the %d before", n, whole)
	}
	c.advance(5 * time.Second) // beyond what is served of it unasked
	if b := h.body(t, "/sources.json"); !strings.Contains(b, "check --accept") {
		t.Errorf("the status page does not say so:\n%s", b)
	}

	// Another process says that it is meant.
	other, err := New(t.Context(), Options{Config: h.Daemon.o.Config, DB: h.db, Now: c.now, Log: h.Daemon.log})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(other.Accept(t.Context()), other.Close()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the accepted file is in force", func() bool { return h.Sources() == 1 && !held() })

	write(t, h.Daemon.o.Config, yaml)
	eventually(t, "the whole file is in force without being asked", func() bool { return h.Sources() == whole })
	write(t, h.Daemon.o.Config, cut+"# another file\n")
	eventually(t, "another file that lost its end is held back", held)
	h.ReloadAndLog() // as SIGHUP does
	if h.Sources() != 1 || held() {
		t.Error("asked to, the daemon did not take the file over")
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if !strings.Contains(h.log.String(), fmt.Sprintf("leaves out %d of the %d sources in force", whole-1, whole)) {
		t.Errorf("the log does not say what was missing:\n%s", h.log)
	}
}

// TestStartWithALostEnd cuts the file while no daemon runs, as a crash that takes both with it does: the
// next start goes on with what was in force, until somebody says that it is meant. What an editor wrote
// meanwhile is in force at once, however little it is.
func TestStartWithALostEnd(t *testing.T) {
	c := newClock()
	yaml := newsYAML(t, c)
	h := build(t, yaml, c, "")
	whole, db := h.Sources(), h.db
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	at := strings.Index(yaml, "sources:")
	second := at + strings.Index(yaml[at:], "\n  - ") + 1
	cut := yaml[:second+strings.Index(yaml[second:], "\n  - ")+1]

	h = build(t, cut, c, db)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	held := func() bool { return strings.Contains(h.body(t, "/metrics"), "\nfeedd_config_held 1\n") }
	eventually(t, "it is told that the file is held back", func() bool { return h.get(t, "/metrics").StatusCode == http.StatusOK && held() })
	if n := h.Sources(); n != whole {
		t.Errorf("%d sources are in force, not the %d before", n, whole)
	}
	other, err := New(t.Context(), Options{Config: h.Daemon.o.Config, DB: h.db, Now: c.now, Log: h.Daemon.log})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(other.Accept(t.Context()), other.Close()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the accepted file is in force", func() bool { return h.Sources() == 1 && !held() })
	write(t, h.Daemon.o.Config, yaml)
	eventually(t, "the whole file", func() bool { return h.Sources() == whole })
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}

	h = build(t, strings.Replace(cut, "\nsources:", "\n# fewer now\nsources:", 1), c, db)
	if n := h.Sources(); n != 1 {
		t.Errorf("an edited file brings %d sources into force, not its own", n)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// TestTakesAway holds where too much begins.
func TestTakesAway(t *testing.T) {
	of := func(sources, sections string) string {
		return fmt.Sprintf("sections: [%s]\nsources: [%s]\n", sections, sources)
	}
	src := func(ids ...string) string {
		for i, id := range ids {
			ids[i] = fmt.Sprintf(`{id: %s, url: "https://%s.example/"}`, id, id)
		}
		return strings.Join(ids, ", ")
	}
	present, err := ParseConfig("a.yaml", []byte(of(src("a", "b", "c", "d"), "{id: x}, {id: y}")))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		next string
		held bool
	}{
		{of(src("a", "b", "c", "d"), "{id: x}, {id: y}"), false},
		{of(src("a", "b"), "{id: x}"), false},
		{of(src("a"), "{id: x}, {id: y}"), true},
		{of(src("a", "e", "f", "g"), "{id: x}, {id: y}"), true}, // others are no replacement
		{of(src("a", "b", "c", "d"), ""), true},
		{of(src("a", "b", "c", "d"), "{id: z}"), true},
	} {
		next, err := ParseConfig("a.yaml", []byte(tt.next))
		if err != nil {
			t.Fatal(err)
		}
		if why := takesAway(present, next); (why.Key != "") != tt.held {
			t.Errorf("%s: %q", tt.next, why)
		}
	}
}

// TestBusyFolder saves the configuration while other files beside it change without rest, among them
// the store's.
func TestBusyFolder(t *testing.T) {
	c := newClock()
	yaml := newsYAML(t, c)
	h := build(t, yaml, c, "")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	busy := make(chan struct{})
	go func() {
		defer close(busy)
		for i := 0; ctx.Err() == nil; i++ {
			if err := os.WriteFile(filepath.Join(filepath.Dir(h.Daemon.o.Config), "other"), fmt.Append(nil, i), 0o600); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	write(t, h.Daemon.o.Config, strings.Replace(yaml, "title: Thể thao", "title: Sân cỏ", 1))
	eventually(t, "the new title, in a busy folder", func() bool {
		return slices.ContainsFunc(h.current().Sections, func(s feed.Section) bool { return s.Title == "Sân cỏ" })
	})
	stop()
	<-busy
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestWayTo follows links as deployments make them: the file is a link into a folder that is a link.
func TestWayTo(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := func(parts ...string) string { return filepath.Join(append([]string{dir}, parts...)...) }
	if err := errors.Join(os.Mkdir(p("v1"), 0o700), os.WriteFile(p("v1", "feeds.yaml"), nil, 0o600),
		os.Symlink("v1", p("data")), os.Symlink(filepath.Join("data", "feeds.yaml"), p("feeds.yaml")), os.Symlink("loop", p("loop"))); err != nil {
		t.Fatal(err)
	}
	want := []string{p("feeds.yaml"), p("data"), p("v1", "feeds.yaml")}
	if got := wayTo(p("feeds.yaml")); !slices.Equal(got, want) {
		t.Errorf("the way is %v, want %v", got, want)
	}
	if got := wayTo(p("none.yaml")); !slices.Equal(got, []string{p("none.yaml")}) {
		t.Errorf("the way to a file that is not there is %v", got)
	}
	wayTo(p("loop")) // ends
}

// TestSecondDaemonOnAFile starts a second daemon on the store of one: it refuses and names the first.
func TestSecondDaemonOnAFile(t *testing.T) {
	c := newClock()
	yaml := newsYAML(t, c)
	h := build(t, yaml, c, "")
	again := func() (*Daemon, error) {
		return New(t.Context(), Options{Config: h.Daemon.o.Config, DB: h.db, Listen: "127.0.0.1:0", Now: c.now, Log: h.Daemon.log})
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again(); !errors.Is(err, store.ErrServed) || !strings.Contains(err.Error(), fmt.Sprintf("process %d on %s", os.Getpid(), host)) {
		t.Errorf("the second daemon: %v", err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := again()
	if err != nil {
		t.Fatal("after the first has stopped:", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
