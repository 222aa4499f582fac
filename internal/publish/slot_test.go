package publish_test

import (
	"context"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// follow publishes as the daemon does after a commit.
func (n *newsroom) follow() {
	n.t.Helper()
	if err := n.pub.Follow(context.Background()); err != nil {
		n.t.Fatal(err)
	}
}

// leave publishes a section that changes once more, after which nobody asks for it.
func (n *newsroom) leave() {
	n.t.Helper()
	n.fill("kinh-te", 2)
	n.follow()
	n.pass(time.Minute)
	n.file([]string{"kinh-te"}, report("bao-b", 1, n.clock()))
	n.follow()
}

// documents is how many were rendered.
func (n *newsroom) documents() float64 { return n.counter("feedd_documents_rendered_total") }

// ready are the paths of all that a section has, and the front page.
var ready = []string{"/", "/sections/all", "/sections/all.atom", "/sections/all.json", "/sections/all.rss", "/embed/all",
	"/sections/kinh-te", "/sections/kinh-te.atom", "/sections/kinh-te.json", "/sections/kinh-te.rss", "/embed/kinh-te"}

// answers are what readers get, with all headers.
func (n *newsroom) answers(paths []string) map[string]string {
	all := map[string]string{}
	for _, path := range paths {
		var b strings.Builder
		res := n.get(path)
		for _, key := range slices.Sorted(maps.Keys(res.Header)) {
			b.WriteString(key + ": " + strings.Join(res.Header[key], ", ") + "\n")
		}
		all[path] = b.String() + n.body(res)
	}
	return all
}

// What nobody asks for between two changes is not rendered. Who asks gets the bytes and headers that would
// have been rendered at the change.
func TestWhatNobodyAsksForIsNotRendered(t *testing.T) {
	lazy, eager := newNewsroom(t), newNewsroom(t)
	for _, n := range []*newsroom{lazy, eager} {
		n.fill("kinh-te", 4)
	}
	lazy.follow()
	eager.refresh()
	before := lazy.documents()
	for i := range 3 {
		for _, n := range []*newsroom{lazy, eager} {
			n.pass(10 * time.Second)
			n.file([]string{"kinh-te"}, report("bao-b", i, n.clock()))
		}
		lazy.follow()
		eager.refresh()
	}
	if more := lazy.documents() - before; more > 0 {
		t.Errorf("%v renderings of what nobody asked for", more)
	}
	for _, n := range []*newsroom{lazy, eager} {
		n.pass(7 * time.Second)
	}
	if diff := cmp.Diff(eager.answers(ready), lazy.answers(ready)); diff != "" {
		t.Error(diff)
	}
	if more := lazy.documents() - before; more != float64(len(ready)) {
		t.Errorf("%v renderings for %d documents that were asked for", more, len(ready))
	}
	lazy.answers(ready)
	if more := lazy.documents() - before; more != float64(len(ready)) {
		t.Errorf("asking again makes it %v renderings", more)
	}

	// What was asked for is rendered with the next change, before anybody asks.
	lazy.pass(10 * time.Second)
	lazy.file([]string{"kinh-te"}, report("bao-b", 9, lazy.clock()))
	before = lazy.documents()
	lazy.follow()
	if more := lazy.documents() - before; more != float64(len(ready)) {
		t.Errorf("%v renderings of %d documents that are asked for", more, len(ready))
	}
}

// Whoever subscribed is told of a feed that nobody asks for.
func TestASubscriberIsToldOfWhatNobodyAsksFor(t *testing.T) {
	n := newNewsroom(t, private)
	n.fill("kinh-te", 2)
	n.follow()
	s := newReader(t)
	if res := n.subscribe(n.form(s, "subscribe")); res.StatusCode != http.StatusAccepted {
		t.Fatalf("%d %s", res.StatusCode, n.body(res))
	}
	wait(t, "the verification of intent", s.asked)
	n.stored(1)
	for i := range 3 {
		n.pass(time.Minute)
		it := report("bao-b", i, n.clock())
		n.file([]string{"kinh-te"}, it)
		before := n.documents()
		n.follow()
		if d := wait(t, "the delivery", s.got); !strings.Contains(d.body, it.Title) {
			t.Errorf("delivered without the news:\n%s", d.body)
		}
		if more := n.documents() - before; more != 1 {
			t.Errorf("%v renderings for one subscriber", more)
		}
	}
}

// A reader who was away gets what is new since what it has, whatever of it was rendered in between.
func TestOnlyWhatIsNewSinceWhatWasAskedFor(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 2)
	n.follow()
	const path = "/sections/kinh-te.atom"
	tag := n.get(path).Header.Get("ETag")
	for i := range 3 {
		n.pass(time.Minute)
		n.file([]string{"kinh-te"}, report("bao-b", i, n.clock()))
		n.follow()
	}
	res := n.get(path, "If-None-Match", tag, "A-IM", "feed")
	body := n.body(res)
	if res.StatusCode != http.StatusIMUsed || strings.Contains(body, "của bao-a") || strings.Count(body, "<entry>") != 3 {
		t.Errorf("%d: %s", res.StatusCode, body)
	}
	if res := n.get(path, "If-None-Match", res.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("the reader who has it all is answered %d", res.StatusCode)
	}
}

// What was rendered when it was asked for has the same headers after a restart.
func TestARestartChangesNothingOfWhatWasAskedFor(t *testing.T) {
	n := newNewsroom(t)
	n.leave()
	n.pass(time.Minute)
	before := n.answers(ready)
	n.follow() // as the daemon looks every second
	n.pass(time.Minute)
	n.restart()
	n.follow()
	if diff := cmp.Diff(before, n.answers(ready)); diff != "" {
		t.Error(diff)
	}
}

// An export writes what nobody asked for, too.
func TestAnExportHasWhatNobodyAskedFor(t *testing.T) {
	n := newNewsroom(t)
	n.leave()
	dir := t.TempDir()
	if _, err := n.pub.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sections/kinh-te.rss", "sections/kinh-te/index.html", "index.html"} {
		body, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.Contains(string(body), "Tin số 1 của bao-b") {
			t.Errorf("%s is without the news (%v)", name, err)
		}
	}
}
