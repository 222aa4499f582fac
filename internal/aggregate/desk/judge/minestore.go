package judge

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"feedd/internal/feed"
	"feedd/internal/store"
)

// Stored is what a store gives for nothing: its items in order of arrival, what revisions replaced and what
// editors said, each as items behind them, and the pairs that were mined of all.
type Stored struct {
	items []feed.Item
	guids []string // of the items, for which others may have labels; "" of a headline that an editor judged
	mined []Mined
}

// MineStore mines the stored items. A source is taken for the outlet whose site its articles are on, for a
// store does not say what the configuration calls an outlet.
func MineStore(ctx context.Context, s *store.Store) (*Stored, error) {
	st := &Stored{}
	if err := s.Browse(ctx, feed.ItemQuery{}, func(it *feed.StoredItem) bool {
		if it.Dropped == "" && it.Title != "" {
			st.items = append(st.items, it.Item)
		}
		return true
	}); err != nil {
		return nil, fmt.Errorf("read the stored items: %w", err)
	}
	slices.Reverse(st.items) // Browse gives the newest first
	slices.SortStableFunc(st.items, func(a, b feed.Item) int { return a.FirstSeen.Compare(b.FirstSeen) })
	for i := range st.items {
		it := &st.items[i]
		it.Source = cmp.Or(site(it.Canonical), it.Source)
		st.guids = append(st.guids, it.GUID)
	}
	st.mined = Mine(st.items)
	if err := st.edits(ctx, s); err != nil {
		return nil, fmt.Errorf("read what revisions replaced: %w", err)
	}
	if err := st.said(ctx, s); err != nil {
		return nil, fmt.Errorf("read what editors said: %w", err)
	}
	return st, nil
}

// site is the registered domain of an address, "" where it has none.
func site(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(u.Hostname()))
	if err != nil {
		return strings.ToLower(u.Hostname())
	}
	return domain
}

// edits pairs each item with what it was before it was edited.
func (st *Stored) edits(ctx context.Context, s *store.Store) error {
	at := map[int64]int{}
	for i := range st.items {
		at[st.items[i].ID] = i
	}
	known := map[[2]string]bool{} // an edit that was taken back gives nothing new
	return s.Revisions(ctx, func(was feed.Item, until time.Time) {
		now, ok := at[was.ID]
		if !ok || was.Title == "" || feed.Fold(was.Title) == feed.Fold(st.items[now].Title) || until.Sub(st.items[now].FirstSeen).Hours() > window {
			return
		}
		titles := [2]string{was.Title, st.items[now].Title}
		if known[titles] {
			return
		}
		known[titles] = true
		before := st.items[now]
		before.Title, before.Summary = was.Title, was.Summary
		st.add(Mined{Kind: minedEdit, A: len(st.items), B: now, Same: true}, before)
	})
}

// said pairs the headlines of which an editor said that they tell one event, or two.
func (st *Stored) said(ctx context.Context, s *store.Store) error {
	words, err := s.Words(ctx)
	for _, w := range words {
		if w.Titles[0] == "" || w.Titles[1] == "" || w.Kind != feed.WordSplit && w.Kind != feed.WordJoin {
			continue
		}
		n := len(st.items)
		a, b := feed.Item{Title: w.Titles[0], Source: "a", FirstSeen: w.At}, feed.Item{Title: w.Titles[1], Source: "b", FirstSeen: w.At}
		st.add(Mined{Kind: minedEditor, A: n, B: n + 1, Same: w.Kind == feed.WordJoin}, a, b)
	}
	return err
}

func (st *Stored) add(p Mined, items ...feed.Item) {
	st.mined = append(st.mined, p)
	st.items = append(st.items, items...)
	for i := range items {
		st.guids = append(st.guids, items[i].GUID)
	}
}

// Report says for each kind how many pairs there are and, of a sample of at most 100 that somebody
// labelled, how many are right. An editor's word on two headlines is such a label, and so are clusters of
// the items, by guid or address.
func (st *Stored) Report(out io.Writer, clusters map[string]string) {
	cluster := func(i int) string {
		return cmp.Or(clusters[st.guids[i]], clusters[st.items[i].URL], clusters[st.items[i].Canonical])
	}
	titles := func(p Mined) [2]string {
		t := [2]string{feed.Fold(st.items[p.A].Title), feed.Fold(st.items[p.B].Title)}
		slices.Sort(t[:])
		return t
	}
	said := map[[2]string]bool{}
	for _, p := range st.mined {
		if p.Kind == minedEditor {
			said[titles(p)] = p.Same
		}
	}
	report(out, st.items, st.mined, func(p Mined) (same, known bool) {
		if same, known = said[titles(p)]; known {
			return same, true
		}
		if p.Kind == minedEdit && p.A > p.B { // one item, before and after: it has one cluster
			return false, false
		}
		a, b := cluster(p.A), cluster(p.B)
		return a == b, a != "" && b != ""
	})
}

// Also adds what was mined from a store to the labels that the models are fitted on.
func (l *Labelled) Also(st *Stored, set string) {
	l.files = append(l.files, fmt.Sprintf("%d pairs mined from %s", len(st.mined), set))
	l.addMinedPairs(st.items, st.mined, set)
}
