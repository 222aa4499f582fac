package publish_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"feedd/internal/feed"
	"feedd/internal/publish"
	"feedd/internal/store"
)

// savedTag is the beginning of the ETag of what is saved of a path.
func (n *newsroom) savedTag(path string) string {
	n.t.Helper()
	rs, err := n.store.Renditions(context.Background())
	if err != nil {
		n.t.Fatal(err)
	}
	for _, r := range rs {
		if r.Path == path {
			return `"` + r.Hash[:32]
		}
	}
	return ""
}

// changing publishes a section of which somebody asks for the feed, and changes it.
func (n *newsroom) changing(path string) (was, is string) {
	n.t.Helper()
	n.fill("kinh-te", 2)
	n.follow()
	was = n.get(path).Header.Get("ETag")
	n.pass(time.Minute)
	n.file([]string{"kinh-te"}, report("bao-b", 1, n.clock()))
	n.follow()
	is = n.get(path).Header.Get("ETag")
	if was == is {
		n.t.Fatal("nothing changed")
	}
	return was, is
}

// What is published after each commit is saved when it has waited for a while, and once.
func TestWhatIsPublishedIsSavedLater(t *testing.T) {
	n := newNewsroom(t)
	const path = "/sections/kinh-te.atom"
	was, _ := n.changing(path)
	n.pass(10 * time.Second)
	n.file([]string{"kinh-te"}, report("bao-b", 2, n.clock()))
	n.follow()
	is := n.get(path).Header.Get("ETag")
	if saved := n.savedTag(path); !strings.HasPrefix(was, saved) {
		t.Errorf("%s is saved before its time, want %s", saved, was)
	}
	n.pass(20 * time.Second)
	n.follow() // as the daemon looks every second
	if saved := n.savedTag(path); !strings.HasPrefix(is, saved) {
		t.Errorf("%s is saved, want what is served, %s", saved, is)
	}
}

// What waits is saved when the publisher closes: a restart changes no byte and no header.
func TestWhatWaitsIsSavedAtTheEnd(t *testing.T) {
	n := newNewsroom(t)
	n.changing("/sections/kinh-te.atom")
	before := n.answers(ready)
	n.pass(time.Second)
	n.restart()
	n.follow()
	if diff := cmp.Diff(before, n.answers(ready)); diff != "" {
		t.Error(diff)
	}
}

// After a crash readers have what they had; who asks what is new since a state that was not saved gets all of it.
func TestACrashBeforeItIsSaved(t *testing.T) {
	n := newNewsroom(t)
	const path = "/sections/kinh-te.atom"
	was, is := n.changing(path)
	n.pass(time.Second)
	if err := n.store.Close(); err != nil { // and nobody closed the publisher
		t.Fatal(err)
	}
	n.open()
	n.follow()
	if res := n.get(path, "If-None-Match", is); res.StatusCode != http.StatusNotModified {
		t.Errorf("who has all of it is answered %d", res.StatusCode)
	}
	if res := n.get(path, "If-None-Match", was, "A-IM", "feed"); res.StatusCode != http.StatusIMUsed {
		t.Errorf("who has what was saved is answered %d", res.StatusCode)
	}
	n.pass(time.Minute)
	n.file([]string{"kinh-te"}, report("bao-b", 3, n.clock()))
	n.follow()
	if res := n.get(path, "If-None-Match", is, "A-IM", "feed"); res.StatusCode != http.StatusIMUsed {
		t.Errorf("who has what was served after the crash is answered %d", res.StatusCode)
	}
}

// forgetful is a store that saves no renditions while it fails.
type forgetful struct {
	*store.Store
	failing bool
}

func (f *forgetful) SaveRenditions(ctx context.Context, rs []feed.Rendition, facts map[string]string) error {
	if f.failing {
		return errors.New("the disk is full")
	}
	return f.Store.SaveRenditions(ctx, rs, facts)
}

// What cannot be saved is served, and saved once it can be.
func TestWhatCannotBeSavedIsServed(t *testing.T) {
	n := newNewsroom(t)
	keep := &forgetful{Store: n.store}
	pub, err := publish.New(publish.Options{
		Settings: n.settings, Reader: n.store, Stories: n.store, Archives: n.store, Renditions: keep, Meta: n.store, Subscriptions: n.store,
		Registry: prometheus.NewRegistry(), Now: n.clock, Log: n.log,
	})
	if err != nil {
		t.Fatal(err)
	}
	n.pub = pub
	const path = "/sections/kinh-te.atom"
	n.changing(path)
	keep.failing = true
	n.pass(time.Minute)
	it := report("bao-b", 2, n.clock())
	n.file([]string{"kinh-te"}, it)
	if err := pub.Follow(t.Context()); err == nil {
		t.Error("nobody is told that nothing can be saved")
	}
	if page := n.page(path); !strings.Contains(page, it.Title) {
		t.Error("what is new is not served")
	}
	keep.failing = false
	n.pass(time.Second)
	n.follow()
	if is := n.get(path).Header.Get("ETag"); !strings.HasPrefix(is, n.savedTag(path)) {
		t.Errorf("%s is saved, want %s", n.savedTag(path), is)
	}
}
