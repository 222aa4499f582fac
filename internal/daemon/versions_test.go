package daemon

import (
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"feedd/internal/config"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// pushVersion makes a text the newest version, as feedd config push does.
func pushVersion(t *testing.T, c *clock, db, text string, accept bool) (Pushed, error) {
	t.Helper()
	v, err := OpenVersions(t.Context(), db, storetest.Direct(db), true)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	return v.Push(t.Context(), Push{Pusher: Pusher{By: "chi@toa-soan", At: c.now()}, Name: "feeds.yaml", Text: []byte(text), Accept: accept})
}

// fromDatabase makes a node that reads its configuration from the database.
func fromDatabase(c *clock, t *testing.T, db string, roles ...string) (*house, error) {
	d, err := New(t.Context(), Options{Config: InDatabase, DB: db, Direct: storetest.Direct(db), Listen: "127.0.0.1:0", Now: c.now, Roles: roles, Log: slog.New(slog.DiscardHandler)})
	return &house{Daemon: d, clock: c, config: InDatabase, db: db}, err
}

// TestConfigurationInDatabase runs three nodes by what was pushed: versions with mistakes, that leave out
// most sources, that one node cannot take, and good ones.
func TestConfigurationInDatabase(t *testing.T) {
	db := storetest.Postgres(t)
	c := newClock()
	yaml := newsYAML(t, c)
	if _, err := fromDatabase(c, t, db); !errors.Is(err, store.ErrNoConfiguration) || !strings.Contains(err.Error(), "feedd config push FILE") {
		t.Fatalf("a node before the first push: %v", err)
	}
	if p, err := pushVersion(t, c, db, yaml, false); err != nil || p.Version != 1 {
		t.Fatal(p, err)
	}
	var nodes []*house
	for _, role := range []string{RoleCollect, RoleDesk, RolePublish} {
		h, err := fromDatabase(c, t, db, role)
		if err != nil {
			t.Fatal(err)
		}
		h.start(t)
		nodes = append(nodes, h)
	}
	publisher := nodes[2]
	eventually(t, "what was collected is published", func() bool {
		return strings.Contains(publisher.text(t, "/sections/all.rss"), "<item>")
	})
	all := func(title string) func() bool {
		return func() bool {
			for _, h := range nodes {
				if h.Site().Title != title {
					return false
				}
			}
			return true
		}
	}
	title := nodes[0].Site().Title
	named := func(to string) string { return strings.Replace(yaml, "title: "+title, "title: "+to, 1) }

	// Mistakes are refused as in a file, and nothing is stored.
	var mistakes config.Errors
	if _, err := pushVersion(t, c, db, strings.Replace(yaml, "sections:", "sectoins:", 1), false); !errors.As(err, &mistakes) || mistakes[0].Line < 2 || !strings.HasPrefix(mistakes[0].Error(), "feeds.yaml:") {
		t.Errorf("a push with a mistake: %v", err)
	}
	at := strings.Index(yaml, "sources:")
	second := at + strings.Index(yaml[at:], "\n  - ") + 1
	cut := yaml[:second+strings.Index(yaml[second:], "\n  - ")+1]
	if _, err := pushVersion(t, c, db, cut, false); !errors.Is(err, ErrTakesAway) || !strings.Contains(err.Error(), "--accept") {
		t.Errorf("a push that leaves out most sources: %v", err)
	}
	if p, err := pushVersion(t, c, db, yaml, false); err != nil || !p.Same || p.Version != 1 {
		t.Errorf("the same text pushed again: %+v, %v", p, err)
	}

	// A good one is in force on all nodes, all of one version.
	if _, err := pushVersion(t, c, db, named("Hai"), false); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all nodes have the second version", all("Hai"))
	eventually(t, "each says so", func() bool {
		nodes, err := publisher.Nodes(t.Context())
		for _, n := range nodes {
			if n.ConfigVersion != 2 || !n.Agrees {
				return false
			}
		}
		return err == nil && len(nodes) == 3
	})
	if s := (newsroom{publisher.Daemon}).State(); s.File != "postgres:2" || s.Refused != nil || s.Change.Empty() {
		t.Errorf("the desk's page says of it: %+v", s)
	}

	// What needs something that a node does not have stays out of force there, and the node is named.
	t.Setenv("FEEDD_TEST_TOKEN", strings.Repeat("x", 30))
	if _, err := pushVersion(t, c, db, named("Ba")+"\ndesk: {token_env: FEEDD_TEST_TOKEN}\n", false); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all nodes have the third version", all("Ba"))
	with := named("Bốn") + "\ndesk: {token_env: FEEDD_TEST_TOKEN}\n# xong\n"
	if err := os.Unsetenv("FEEDD_TEST_TOKEN"); err != nil {
		t.Fatal(err)
	}
	if _, err := pushVersion(t, c, db, with, false); !errors.As(err, &mistakes) {
		t.Errorf("a push where a variable is missing: %v", err)
	}
	s, err := store.Open(t.Context(), db, store.Direct(storetest.Direct(db))) // as from a machine that has it
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PushConfiguration(t.Context(), store.Configuration{Pushed: c.now(), By: "x", Text: []byte(with)}, 3); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the nodes say why they do not take it", func() bool {
		s := (newsroom{publisher.Daemon}).State()
		return s.Refused != nil && strings.Contains(s.Refused.Mistakes[0].Message.String(), "FEEDD_TEST_TOKEN")
	})
	if !all("Ba")() {
		t.Error("the version before is not in force any more")
	}

	// Most sources may go when it is meant, and nobody is asked twice.
	if _, err := pushVersion(t, c, db, cut, true); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all nodes have what was accepted", func() bool {
		for _, h := range nodes {
			if h.Sources() != 1 {
				return false
			}
		}
		return true
	})
	late, err := fromDatabase(c, t, db)
	if err != nil || late.Sources() != 1 {
		t.Fatalf("a node that starts now: %v", err)
	}
	if err := late.Close(); err != nil {
		t.Error(err)
	}
}

// TestConfigurationInWrongPlace names a database that holds none, in each wrong way.
func TestConfigurationInWrongPlace(t *testing.T) {
	for _, at := range []Place{
		{Config: InDatabase, DB: "sqlite:x.db"},
		{Config: "postgres://feedd@db.example.org/feedd", DB: "sqlite:x.db"},
	} {
		if _, err := at.Load(t.Context()); !errors.Is(err, ErrFlag) {
			t.Errorf("%+v: %v, want ErrFlag", at, err)
		}
		if _, err := New(t.Context(), Options{Config: at.Config, DB: at.DB}); !errors.Is(err, ErrFlag) {
			t.Errorf("a daemon with %+v: %v, want ErrFlag", at, err)
		}
	}
}
