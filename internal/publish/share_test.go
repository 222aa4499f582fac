package publish_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish"
)

// overtaking is a store in which another node claims a later state of the first things that are saved.
type overtaking struct {
	publish.Renderings
	times atomic.Int64 // still to come; sections are rendered side by side
}

func (o *overtaking) SaveRendering(ctx context.Context, name, state string, rs []feed.Rendition) (bool, error) {
	if o.times.Add(-1) >= 0 {
		if _, err := o.Rendering(ctx, name, "later", time.Time{}, time.Time{}); err != nil {
			return false, err
		}
	}
	return o.Renderings.SaveRendering(ctx, name, state, rs)
}

// What another node overtook is rendered anew at the next look, and stored then, though nothing changed.
func TestOvertakenIsRenderedAnew(t *testing.T) {
	n := prepareNewsroom(t)
	keep := &overtaking{}
	keep.times.Store(3)
	n.renderings = func() publish.Renderings { keep.Renderings = n.store; return keep }
	n.open()
	defer n.close()
	n.refresh()
	n.refresh()
	kept, err := n.store.Renditions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{}
	for _, r := range kept {
		paths[r.Path] = true
	}
	for _, path := range []string{"/", "/sections/all.rss", "/sections/kinh-te.atom"} {
		if !paths[path] {
			t.Errorf("%s is not stored", path)
		}
	}
	if keep.times.Load() > 0 {
		t.Error("nothing was overtaken")
	}
}

// claims notes what a node asks for before it renders.
type claims struct {
	publish.Renderings
	mu   sync.Mutex
	name map[string]bool
}

func (c *claims) Rendering(ctx context.Context, name, state string, now, until time.Time) (feed.Rendering, error) {
	c.mu.Lock()
	c.name[name] = true
	c.mu.Unlock()
	return c.Renderings.Rendering(ctx, name, state, now, until)
}

// What the configuration and the sources alone decide is neither asked for nor rendered when entries changed, also
// where nodes share what they render.
func TestFixedDocumentsStay(t *testing.T) {
	n := prepareNewsroom(t)
	keep := &claims{name: map[string]bool{}}
	n.renderings = func() publish.Renderings { keep.Renderings = n.store; return keep }
	n.open()
	defer n.close()
	n.fill("kinh-te", 3)
	n.refresh()
	asks := func(when, want string) {
		t.Helper()
		if got := fmt.Sprintf("%v %v", keep.name["front"], keep.name["site"]); got != want {
			t.Errorf("%s it asks for the front page and for what is fixed: %s, want %s", when, got, want)
		}
		clear(keep.name)
	}
	asks("at the start", "true true")
	nowhere := func() string { return n.body(n.get("/nowhere", "Accept", "text/html")) }
	lost, list := nowhere(), n.page("/feeds.opml")
	n.file([]string{"kinh-te"}, report("bao-a", 10, n.clock()))
	n.refresh()
	asks("after a commit", "true false")
	if nowhere() != lost || n.page("/feeds.opml") != list || !strings.Contains(n.page("/"), "Tin số 10") {
		t.Error("after a commit the front page is as it was, or what is fixed is not")
	}
	n.settings.Site.Title = "Tin khác"
	if err := n.pub.Reload(n.settings); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	asks("under another configuration", "true true")
	if !strings.Contains(n.page("/feeds.opml"), "Tin khác") {
		t.Error("the list of feeds has the old title")
	}
}
