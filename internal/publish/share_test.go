package publish_test

import (
	"context"
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
