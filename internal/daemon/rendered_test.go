package daemon

import (
	"regexp"
	"strconv"
	"testing"

	"feedd/internal/store/storetest"
)

// counted is a counter of a node.
func (h *house) counted(t *testing.T, name string) int {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(h.text(t, "/metrics"))
	if m == nil {
		t.Fatalf("/metrics has no %s", name)
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// TestRenderedOnce: of three nodes that publish the same, one renders each document, whoever it is, and the
// others serve its bytes.
func TestRenderedOnce(t *testing.T) {
	db := storetest.Postgres(t)
	c := newClock()
	yaml := newsYAML(t, c)
	nodes := []*house{node(t, yaml, c, db), node(t, yaml, c, db, RolePublish), node(t, yaml, c, db, RolePublish)}
	for _, h := range nodes {
		h.start(t)
	}
	const path = "/sections/all.rss"
	const rendered, taken = "feedd_documents_rendered_total", "feedd_documents_taken_total"
	same := func() bool {
		first := nodes[0].get(t, path).Header
		for _, h := range nodes {
			if h := h.get(t, path).Header; h.Get("ETag") != first.Get("ETag") || h.Get("Last-Modified") != first.Get("Last-Modified") {
				return false
			}
		}
		return first.Get("ETag") != ""
	}
	sums := func() (r, k int) {
		for _, h := range nodes {
			r += h.counted(t, rendered)
			k += h.counted(t, taken)
		}
		return r, k
	}
	entries := func() int { return len(nodes[0].entries(t)) }
	eventually(t, "something is filed", func() bool { return entries() > 3 })
	quiet(t, nodes, path)

	for range 3 {
		r0, k0 := sums()
		before := nodes[0].get(t, path).Header.Get("ETag")
		for _, e := range nodes[0].entries(t) {
			if e.Withdrawn.IsZero() {
				if _, err := nodes[0].As("").Retract(t.Context(), e.Story, false); err != nil {
					t.Fatal(err)
				}
				break
			}
		}
		eventually(t, "all nodes publish the change", func() bool { return nodes[0].get(t, path).Header.Get("ETag") != before && same() })
		quiet(t, nodes, path)
		r1, k1 := sums()
		if r1 == r0 || k1-k0 != 2*(r1-r0) {
			t.Errorf("a change was rendered to %d documents, and %d were taken by the two other nodes; want twice as many", r1-r0, k1-k0)
		}
	}
	for _, p := range []string{path, "/", "/sections/all", "/sections/all.json"} {
		for _, h := range nodes[1:] {
			if h.text(t, p) != nodes[0].text(t, p) {
				t.Errorf("%s is not the same on all nodes", p)
			}
		}
	}
}

// quiet waits until nodes render and take nothing more.
func quiet(t *testing.T, nodes []*house, path string) {
	t.Helper()
	last, still := -1, 0
	eventually(t, "the nodes are quiet", func() bool {
		sum := 0
		for _, h := range nodes {
			sum += h.counted(t, "feedd_documents_rendered_total") + h.counted(t, "feedd_documents_taken_total")
		}
		if sum != last {
			last, still = sum, 0
		}
		still++
		return still > 40
	})
}
