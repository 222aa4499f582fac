package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
)

// A store from before decisions had numbers gets them in the order they were made, its retractions
// among them.
func TestOldWordsGetNumbers(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		put(t, s, t0, "src", item("src", "a", "A"), item("src", "b", "B"))
		items := file(t, s, "x")
		if _, err := s.Withdraw(ctx, []string{items[1].Entry}, t0.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		p, err := s.migrations(s.write)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.DownTo(ctx, 3); err != nil {
			t.Fatal(err)
		}
		for _, w := range []struct {
			kind, a string
			at      time.Time
		}{{"unfile", "2", t0.Add(3 * time.Hour)}, {"file", "1", t0.Add(time.Hour)}, {"file", "2", t0.Add(time.Hour)}} {
			if _, err := s.write.ExecContext(ctx, `INSERT INTO words (kind, a, b, at, titles) VALUES ($1, $2, 'x', $3, '["",""]')`, w.kind, w.a, millis(w.at)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := p.Up(ctx); err != nil {
			t.Fatal(err)
		}
		type numbered struct {
			N    int64
			Kind feed.EditorsKind
			A    string
		}
		want := []numbered{{1, feed.WordFile, "1"}, {2, feed.WordFile, "2"}, {3, feed.WordRetract, items[1].Story}, {4, feed.WordUnfile, "2"}}
		var got []numbered
		words, err := s.Words(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			got = append(got, numbered{w.N, w.Kind, w.A})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		next := []feed.EditorsWord{{Kind: feed.WordFile, A: "1", B: "y", At: t0}}
		if err := s.SaveWords(ctx, next, nil); err != nil || next[0].N != 5 {
			t.Errorf("the next decision has the number %d (%v), want 5", next[0].N, err)
		}
		// The number of a decision that was taken back is not given again.
		if _, err := s.TakeBack(ctx, 5); err != nil {
			t.Fatal(err)
		}
		if err := s.SaveWords(ctx, next, nil); err != nil || next[0].N != 6 {
			t.Errorf("the one after has the number %d (%v), want 6", next[0].N, err)
		}
	})
}
