package daemon

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"feedd/internal/cluster"
	"feedd/internal/publish"
	"feedd/internal/store/storetest"
)

// node makes a daemon of some roles on a database.
func node(t *testing.T, yaml string, c *clock, db string, roles ...string) *house {
	t.Helper()
	path := filepath.Join(t.TempDir(), "feeds.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := New(t.Context(), Options{Config: path, DB: db, Direct: storetest.Direct(db), Listen: "127.0.0.1:0", Now: c.now, Roles: roles, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return &house{Daemon: d, clock: c, config: path, db: db}
}

// start runs a daemon until the test ends.
func (h *house) start(t *testing.T) {
	t.Helper()
	t.Cleanup(h.run(t))
}

// run runs a daemon until stop is called.
func (h *house) run(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error("Run:", err)
		}
	}
}

// text is what a daemon answers, whatever its status.
func (h *house) text(t *testing.T, path string) string {
	t.Helper()
	b, err := io.ReadAll(h.get(t, path).Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestRoles splits the work among three daemons on one database: what one collects, the second files and
// the third publishes.
func TestRoles(t *testing.T) {
	db := storetest.Postgres(t)
	c := newClock()
	yaml := newsYAML(t, c)
	collector := node(t, yaml, c, db, RoleCollect)
	desk := node(t, yaml, c, db, RoleDesk)
	publisher := node(t, yaml, c, db, RolePublish)
	for _, h := range []*house{collector, desk, publisher} {
		h.start(t)
	}
	eventually(t, "what was collected is published", func() bool {
		return strings.Contains(publisher.text(t, "/sections/all.rss"), "<item>")
	})
	for _, h := range []*house{collector, desk} {
		for path, want := range map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusOK, "/metrics": http.StatusOK, "/sections/all.rss": http.StatusNotFound} {
			if got := h.get(t, path).StatusCode; got != want {
				t.Errorf("%s of a node that publishes nothing answers %d, want %d", path, got, want)
			}
		}
	}

	eventually(t, "each node says what it does", func() bool {
		nodes, err := publisher.Nodes(t.Context())
		return err == nil && len(nodes) == 3 && slices.ContainsFunc(nodes, func(n publish.NodeStatus) bool {
			return slices.Contains(n.Holds, RoleDesk) && slices.Equal(n.Roles, []string{RoleDesk})
		})
	})
	nodes, err := publisher.Nodes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes { // each has a file of its own, with the same text
		if !n.Alive || !n.Agrees || n.Address == "" {
			t.Errorf("node %+v", n)
		}
	}
	eventually(t, "what each knows to be behind is told, and the nodes are counted by role", func() bool {
		behind := map[string]bool{}
		nodes, err := publisher.Nodes(t.Context())
		for _, n := range nodes {
			for part := range n.Lag {
				behind[n.Roles[0]+" of "+part] = true
			}
		}
		metrics := publisher.text(t, "/metrics")
		return err == nil && len(behind) == 3 && behind["publish of publish"] && behind["desk of desk"] && behind["desk of collect"] &&
			strings.Contains(metrics, `feedd_role_nodes{role="collect"} 1`) && strings.Contains(metrics, "feedd_publish_lag_seconds ")
	})
	if err := os.WriteFile(collector.config, []byte(yaml+"# otherwise\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := collector.Reload(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(publisher.text(t, "/metrics"), "feedd_collect_lag_seconds 0") {
		t.Error("/metrics does not say that nothing is overdue")
	}
	eventually(t, "a node that disagrees is counted", func() bool {
		return strings.Contains(publisher.text(t, "/metrics"), "feedd_nodes_disagree 1") && strings.Contains(publisher.text(t, "/sources.json"), "another configuration")
	})

	// What an editor says at a fourth process is filed by the node that holds the desk.
	entry := publisher.entries(t)[0]
	fourth := node(t, yaml, c, db)
	if err := fourth.As("").speak(t.Context(), nil, []int64{entry.Reports[0].ID}); err != nil {
		t.Error("a word while another node holds the desk:", err)
	}
	if n, _, err := fourth.store.Lag(t.Context()); err != nil || n != 0 {
		t.Errorf("%d items wait after the word was filed: %v", n, err)
	}
	if err := fourth.Close(); err != nil {
		t.Error(err)
	}
}

// TestDisagreeingNodes has a collector and a command whose files drop everything, beside a desk whose file drops
// nothing: what is filed goes by the desk's, and the node is named where people and monitors look.
func TestDisagreeingNodes(t *testing.T) {
	db := storetest.Postgres(t)
	c := newClock()
	yaml := newsYAML(t, c)
	other := yaml + "\ndrop: [{any: [/./]}]\n"
	desk := node(t, yaml, c, db, RoleDesk, RolePublish)
	desk.Daemon.o.Admin = "127.0.0.1:0" // as far as texts are concerned
	desk.start(t)
	eventually(t, "the desk is held", func() bool {
		held, err := desk.cluster.Held(t.Context(), RoleDesk)
		return err == nil && held
	})
	command := node(t, other, c, db)
	reports, err := command.Collect(t.Context(), nil, nil)
	if err != nil || len(reports) == 0 {
		t.Fatal(len(reports), err)
	}
	if err := command.Close(); err != nil {
		t.Error(err)
	}
	standing := func() (n int) {
		for _, e := range desk.entries(t) {
			if e.Withdrawn.IsZero() && len(e.Sections) > 0 {
				n++
			}
		}
		return n
	}
	first := standing()
	if first == 0 {
		t.Fatal("what a command collected whose file drops everything was not filed by the desk's file")
	}

	collector := node(t, other, c, db, RoleCollect)
	collector.start(t)
	c.advance(10 * time.Minute) // the outlets have told more
	eventually(t, "what the collector brought is filed by the desk's file", func() bool { return standing() > first })
	name := collector.cluster.Name()
	eventually(t, "the node is named", func() bool {
		return strings.Contains(desk.text(t, "/metrics"), "feedd_nodes_disagree 1") && strings.Contains(desk.text(t, "/sources.json"), name)
	})
	if page := desk.text(t, "/sources"); !strings.Contains(page, name) {
		t.Error("/sources does not name it")
	}
	if rules, err := desk.store.Meta(t.Context(), "rules"); err != nil || rules == "" || rules == "several" {
		t.Errorf("items were filed by the rules %q, %v", rules, err)
	}
}

// TestRolesNeedPostgres: with SQLite there is nobody to leave work to.
func TestRolesNeedPostgres(t *testing.T) {
	for _, roles := range [][]string{{"collect"}, {"gossip"}} {
		if _, err := rolesOf(roles, "sqlite:x.db"); !errors.Is(err, ErrFlag) {
			t.Errorf("roles %v on SQLite: %v, want ErrFlag", roles, err)
		}
	}
}

// TestUnpublished: what waits is behind from its commit until a rendering that succeeds has ended.
func TestUnpublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var u unpublished
		is := func(want float64, when string) {
			t.Helper()
			if got := u.seconds(); got != want {
				t.Errorf("%s: %v s behind, want %v", when, got, want)
			}
		}
		is(0, "at the beginning")
		u.wait()
		time.Sleep(2 * time.Second)
		u.wait()
		is(2, "while it waits")
		u.begin()
		time.Sleep(time.Second)
		u.end(false)
		is(3, "after a rendering that failed")
		u.wait() // meanwhile there is more
		u.begin()
		u.wait()
		time.Sleep(time.Second)
		is(4, "during the next")
		u.end(true)
		is(1, "after it, with what came meanwhile")
		u.begin()
		u.end(true)
		is(0, "at the end")
	})
}

// TestHeldByOne: a node that died holding something is still taken for alive when another has it.
func TestHeldByOne(t *testing.T) {
	nodes := []cluster.Node{{Name: "a", Silent: 1, Holds: []string{"desk"}}, {Name: "b", Silent: 9, Holds: []string{"desk", "hub"}}, {Name: "c", Silent: 2}}
	heldByOne(nodes)
	for i, want := range [][]string{{"desk"}, {"hub"}, {}} {
		if !slices.Equal(nodes[i].Holds, want) {
			t.Errorf("%s holds %v, want %v", nodes[i].Name, nodes[i].Holds, want)
		}
	}
}
