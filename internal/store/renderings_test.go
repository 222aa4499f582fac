package store

import (
	"testing"
	"time"

	"feedd/internal/feed"
)

// TestRendering: of those that ask for the same, one is to render it; another state, or time, gives it to
// the next; and what was overtaken is not stored.
func TestRendering(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ask := func(state string, now time.Time) feed.Rendering {
			t.Helper()
			r, err := s.Rendering(ctx, "section x", state, now, now.Add(time.Second))
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		doc := func(body string) []feed.Rendition {
			return []feed.Rendition{{Path: "/x.rss", Hash: body, Modified: t0, Body: []byte(body)}}
		}
		save := func(state, body string) bool {
			t.Helper()
			saved, err := s.SaveRendering(ctx, "section x", state, doc(body))
			if err != nil {
				t.Fatal(err)
			}
			return saved
		}
		if !ask("a", t0).Mine {
			t.Error("who asks first is not to render it")
		}
		if r := ask("a", t0); r.Mine || r.Stored {
			t.Errorf("who asks second: %+v", r)
		}
		if !ask("a", t0.Add(2*time.Second)).Mine {
			t.Error("a claim has no end")
		}
		if !save("a", "A") {
			t.Error("it is not stored")
		}
		if r := ask("a", t0.Add(2*time.Second)); !r.Stored || len(r.Docs) != 1 || string(r.Docs[0].Body) != "A" || !r.Docs[0].Modified.Equal(t0) {
			t.Errorf("what is stored: %+v", r)
		}
		if !ask("b", t0).Mine {
			t.Error("another state is not claimed")
		}
		if save("a", "late") {
			t.Error("what was overtaken is stored")
		}
		if !save("b", "B") {
			t.Error("it is not stored")
		}
		// Bytes that somebody replaced are rendered anew.
		if err := s.SaveRenditions(ctx, doc("other"), nil); err != nil {
			t.Fatal(err)
		}
		if r := ask("b", t0); !r.Mine {
			t.Errorf("after the bytes were replaced: %+v", r)
		}
	})
}

func TestRobots(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		const origin = "https://example.org"
		if r, err := s.Robots(ctx, origin); err != nil || !r.Until.IsZero() {
			t.Errorf("never asked: %+v, %v", r, err)
		}
		for _, want := range []feed.Robots{
			{Since: t0, Until: t0.Add(time.Hour), Body: []byte("User-agent: *\nDisallow: /\n")},
			{Since: t0.Add(time.Hour), Until: t0.Add(2 * time.Hour), Failed: "500"},
		} {
			if err := s.SaveRobots(ctx, origin, want); err != nil {
				t.Fatal(err)
			}
			r, err := s.Robots(ctx, origin)
			if err != nil || !r.Since.Equal(want.Since) || !r.Until.Equal(want.Until) || string(r.Body) != string(want.Body) || r.Failed != want.Failed {
				t.Errorf("%+v, %v, want %+v", r, err, want)
			}
		}
	})
}
