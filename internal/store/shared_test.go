package store

import (
	"errors"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/store/storetest"
)

// TestLooksOfSeveralNodes: of two looks at a source that began from one state, one is saved, and a state
// that is planned meanwhile does not overwrite it.
func TestLooksOfSeveralNodes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := open(t, address)
		at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
		first := feed.SourceState{Source: "a", NextRun: at, Push: &feed.Push{Callback: "cb", State: feed.PushAsked}}
		for want := 1; want >= 0; want-- { // the second time it is there
			n, err := s.Plan(ctx, []Planned{{State: first, Was: time.Time{}}})
			if err != nil || n != want {
				t.Fatalf("planned %d, %v; want %d", n, err, want)
			}
		}
		due, err := s.Due(ctx, at, 10)
		if err != nil || len(due) != 1 || due[0] != (DueSource{"a", at}) {
			t.Fatalf("due: %v, %v", due, err)
		}
		if due, err = s.Due(ctx, at.Add(-time.Second), 10); err != nil || len(due) != 0 {
			t.Errorf("due a second before: %v, %v", due, err)
		}
		began, found, err := s.Subscriber(ctx, "cb")
		if err != nil || !found || began.Source != "a" {
			t.Fatalf("subscriber: %+v, %v, %v", began, found, err)
		}
		if _, found, err := s.Subscriber(ctx, ""); found || err != nil {
			t.Error("a subscriber without a callback:", found, err)
		}

		// The hub verifies while two nodes look.
		verified := began
		verified.Push = &feed.Push{Callback: "cb", State: feed.PushActive}
		if n, err := s.Plan(ctx, []Planned{{State: verified, Was: at}}); err != nil || n != 1 {
			t.Fatal("the subscription is not noted:", n, err)
		}
		look := func(title string) error {
			st := began
			st.NextRun = at.Add(time.Minute)
			items := []feed.Item{{Source: "a", Key: "g:" + title, GUID: title, Title: title, URL: "https://a.example/" + title}}
			_, err := s.Save(ctx, &Collected{State: st, Items: items, At: at, Before: &began})
			return err
		}
		if err := look("one"); err != nil {
			t.Error("the faster look:", err)
		}
		if err := look("two"); !errors.Is(err, ErrSuperseded) {
			t.Errorf("the slower look: %v, want ErrSuperseded", err)
		}
		if n, err := s.Plan(ctx, []Planned{{State: first, Was: at}}); err != nil || n != 0 {
			t.Error("a plan from before was stored:", n, err)
		}
		states, err := s.StatesOf(ctx, []string{"a", "none"})
		if err != nil || len(states) != 1 || !states["a"].NextRun.Equal(at.Add(time.Minute)) || states["a"].Push.State != feed.PushActive {
			t.Errorf("states: %+v, %v", states, err)
		}
		if items, err := s.Unfiled(ctx, 10); err != nil || len(items) != 1 || items[0].Title != "one" {
			t.Errorf("stored are %v, %v", items, err)
		}
	})
}

// TestClaims: who took work over before cannot write once another has.
func TestClaims(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		s := open(t, address)
		one, err := s.Claim(t.Context(), "desk")
		if err != nil {
			t.Fatal(err)
		}
		ctx := one.With(t.Context())
		if err := errors.Join(s.SetMeta(ctx, "x", "1"), s.Stands(ctx)); err != nil {
			t.Error(err)
		}
		if _, err := s.Claim(t.Context(), "hub"); err != nil {
			t.Fatal(err)
		}
		if err := s.SetMeta(ctx, "x", "2"); err != nil {
			t.Error("after other work was claimed:", err)
		}
		if _, err := s.Claim(t.Context(), "desk"); err != nil {
			t.Fatal(err)
		}
		if err := s.SetMeta(ctx, "x", "3"); !errors.Is(err, ErrLost) {
			t.Errorf("a write of who was overtaken: %v", err)
		}
		if err := s.Stands(ctx); !errors.Is(err, ErrLost) {
			t.Errorf("the claim of who was overtaken stands: %v", err)
		}
		if x, err := s.Meta(t.Context(), "x"); err != nil || x != "2" {
			t.Errorf("x = %q, %v", x, err)
		}
	})
}
