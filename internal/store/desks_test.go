package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
)

// What an editor does beside a desk at work must not be written over by what it read before.
func TestDeskIsOvertakenByTheEditor(t *testing.T) {
	for name, speak := range map[string]func(ctx context.Context, s *Store, it feed.Item) error{
		"retract": func(ctx context.Context, s *Store, it feed.Item) error {
			n, err := s.Withdraw(ctx, []string{it.Entry}, t0)
			if err == nil && n != 1 {
				err = errors.New("nothing was withdrawn")
			}
			return err
		},
		"words": func(ctx context.Context, s *Store, it feed.Item) error {
			return s.SaveWords(ctx, []feed.EditorsWord{{Kind: feed.WordFile, A: "1", B: "x", At: t0}}, []int64{it.ID})
		},
		"rules": func(ctx context.Context, s *Store, _ feed.Item) error {
			_, err := s.Refile(ctx, t0)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			suite(t, func(t *testing.T, s *Store) {
				ctx := t.Context()
				put(t, s, t0, "src", item("src", "a", "A"))
				items := file(t, s, "x")
				turn, err := s.DeskTurn(ctx)
				if err != nil {
					t.Fatal(err)
				}
				entries, err := s.Entries(ctx, feed.EntryQuery{})
				if err != nil {
					t.Fatal(err)
				}
				if err := speak(ctx, s, items[0]); err != nil {
					t.Fatal(err)
				}
				if err := s.Commit(ctx, Filed{Turn: turn, Items: items, Entries: entries}); !errors.Is(err, ErrOvertaken) {
					t.Errorf("a commit of what was read before = %v, want ErrOvertaken", err)
				}
			})
		})
	}
}

// Bringing a story back brings no entry back that has nothing to show.
func TestUndoLeavesEmptyEntriesOut(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		empty := feed.Entry{Key: "00000000000000aa", Story: "00000000000000aa", Published: t0, Updated: t0, Withdrawn: t0, Sections: []string{"x"}}
		commit(t, s, Filed{Entries: []feed.Entry{empty}})
		if n, err := s.Withdraw(ctx, []string{empty.Key}, time.Time{}); err != nil || n != 0 {
			t.Errorf("Withdraw = %d, %v; want none to come back", n, err)
		}
		if n := count(t, s, feed.EntryQuery{}); n != 0 {
			t.Errorf("%d entries listed that no report is left of", n)
		}
		if n, err := s.Withdraw(ctx, nil, t0); err != nil || n != 0 {
			t.Errorf("withdrawing no entry = %d, %v", n, err)
		}
	})
}

func TestEntriesOfOneInstantAreInTheOrderOfTheirKeys(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		want := []string{"0000000000000001", "7fffffffffffffff", "8000000000000000", "ffffffffffffffff"}
		var entries []feed.Entry
		for _, k := range want {
			entries = append(entries, feed.Entry{Key: k, Story: "00000000000000aa", Published: t0, Updated: t0, Sections: []string{"x"}})
		}
		commit(t, s, Filed{Entries: entries})
		for _, q := range []feed.EntryQuery{{}, {Section: "x"}, {Story: "00000000000000aa"}} {
			got, err := s.Entries(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			var keys []string
			for _, e := range got {
				keys = append(keys, e.Key)
			}
			if diff := cmp.Diff(want, keys); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", q, diff)
			}
		}
	})
}

// Two revisions within one millisecond are two revisions.
func TestRevisionInTheSameInstant(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		a := item("src", "a", "A")
		put(t, s, t0, "src", a)
		a.Title = "A, corrected"
		put(t, s, t0, "src", a)
		items, err := s.Unfiled(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		a.Title = "A, corrected again"
		put(t, s, t0, "src", a)
		commit(t, s, Filed{Items: items})
		if n, _, err := s.Lag(t.Context()); err != nil || n != 1 {
			t.Errorf("%d in the inbox (%v), want the item revised meanwhile", n, err)
		}
	})
}
