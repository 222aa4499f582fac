package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
)

// Every filter of Browse, alone and together, finds what it names, the newest first.
func TestBrowse(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		put(t, s, t0, "nha", item("nha", "b", "Hai"), item("nha", "a", "Một"))
		filed := file(t, s, "kinh-te", "the-thao")
		put(t, s, t0.Add(time.Hour), "xa", item("xa", "c", "Ba"))
		unsorted := file(t, s)
		put(t, s, t0.Add(2*time.Hour), "xa", item("xa", "d", "Bốn"))
		dropped, err := s.Unfiled(ctx, 10)
		if err != nil {
			t.Fatal(err)
		}
		dropped[0].Dropped = "a rule"
		commit(t, s, Filed{Items: dropped})
		put(t, s, t0.Add(3*time.Hour), "nha", item("nha", "e", "Năm"))
		if _, err := s.Withdraw(ctx, []string{filed[1].Entry}, t0.Add(4*time.Hour)); err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			q    feed.ItemQuery
			want []string
		}{
			"everything":     {feed.ItemQuery{}, []string{"Năm", "Bốn", "Ba", "Hai", "Một"}},
			"source":         {feed.ItemQuery{Source: "xa"}, []string{"Bốn", "Ba"}},
			"section":        {feed.ItemQuery{Section: "the-thao"}, []string{"Hai", "Một"}},
			"part of an id":  {feed.ItemQuery{Section: "the"}, nil},
			"filed":          {feed.ItemQuery{State: feed.StateFiled}, []string{"Một"}},
			"unsorted":       {feed.ItemQuery{State: feed.StateUnsorted}, []string{"Ba"}},
			"dropped":        {feed.ItemQuery{State: feed.StateDropped}, []string{"Bốn"}},
			"withdrawn":      {feed.ItemQuery{State: feed.StateWithdrawn}, []string{"Hai"}},
			"waiting":        {feed.ItemQuery{State: feed.StateWaiting}, []string{"Năm"}},
			"since":          {feed.ItemQuery{Since: t0.Add(2 * time.Hour)}, []string{"Năm", "Bốn"}},
			"until":          {feed.ItemQuery{Until: t0.Add(time.Hour)}, []string{"Hai", "Một"}},
			"below":          {feed.ItemQuery{Below: unsorted[0].ID, Source: "nha"}, []string{"Hai", "Một"}},
			"leads":          {feed.ItemQuery{Leads: true, State: feed.StateFiled}, []string{"Một"}},
			"folded":         {feed.ItemQuery{Folded: true}, nil},
			"learned":        {feed.ItemQuery{Learned: true}, nil},
			"source, filed":  {feed.ItemQuery{Source: "xa", State: feed.StateFiled}, nil},
			"section, state": {feed.ItemQuery{Section: "kinh-te", State: feed.StateWithdrawn}, []string{"Hai"}},
		} {
			var got []string
			if err := s.Browse(ctx, tt.q, func(it *feed.StoredItem) bool {
				got = append(got, it.Title)
				if tt.q.State != "" && it.State != tt.q.State {
					t.Errorf("%s: %q is %s", name, it.Title, it.State)
				}
				return true
			}); err != nil {
				t.Fatal(name, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		n := 0
		if err := s.Browse(ctx, feed.ItemQuery{}, func(*feed.StoredItem) bool { n++; return n < 2 }); err != nil || n != 2 {
			t.Errorf("%d items after enough (%v)", n, err)
		}
	})
}

func TestArrivals(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		at := t0.Truncate(15 * time.Minute)
		put(t, s, at.Add(-24*time.Hour), "nha", item("nha", "old", "Cũ"))
		put(t, s, at, "nha", item("nha", "a", "Một"), item("nha", "b", "Hai"))
		put(t, s, at.Add(14*time.Minute), "xa", item("xa", "c", "Ba"))
		put(t, s, at.Add(15*time.Minute), "nha", item("nha", "d", "Bốn"))
		got, err := s.Arrivals(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		want := []feed.Arrival{{Source: "nha", At: at, Items: 2}, {Source: "xa", At: at, Items: 1}, {Source: "nha", At: at.Add(15 * time.Minute), Items: 1}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
