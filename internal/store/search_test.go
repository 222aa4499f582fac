package store

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/store/storetest"
)

// words are one phrase of a query.
func words(folds ...string) [][]feed.QueryWord {
	var p []feed.QueryWord
	for _, f := range folds {
		p = append(p, feed.QueryWord{Folds: []string{f}})
	}
	return [][]feed.QueryWord{p}
}

// finds lists the headlines that a query finds, in order.
func finds(t testing.TB, s *Store, q feed.TextQuery) []string {
	t.Helper()
	var got []string
	if _, err := s.Search(t.Context(), q, func(f *feed.Found) bool {
		got = append(got, f.Item.Title)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSearch(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		titles := []string{"Hòa Bình mở hội", "Hoà bình lập lại", "hoa binh khong dau", "Kỹ thuật mới", "Kĩ thuật cũ", "Bình hoa đẹp", "東京で会議", "Xuất khẩu gạo"}
		var items []feed.Item
		for i, title := range titles {
			it := item("a", fmt.Sprint(i), title)
			it.Published = t0.Add(time.Duration(i) * time.Minute)
			items = append(items, it)
		}
		items[5].Summary = "<p>Lọ hoa, <b>bình</b> gốm</p>"
		put(t, s, t0, "a", items...)
		if got := finds(t, s, feed.TextQuery{}); len(got) != 0 {
			t.Errorf("found before it was filed: %q", got)
		}
		filed := file(t, s, "x")
		other := item("b", "1", "Hòa bình nhìn từ nơi khác")
		other.Published = t0.Add(-time.Hour)
		put(t, s, t0, "b", other)
		file(t, s, "y")

		two := [][]feed.QueryWord{{{Folds: []string{"ky", "ki"}}, {Folds: []string{"thuat"}}}}
		begun := [][]feed.QueryWord{{{Folds: []string{"xuat"}}, {Folds: []string{"kh"}, Begun: true}}}
		middle := [][]feed.QueryWord{{{Folds: []string{"xu"}, Begun: true}, {Folds: []string{"khau"}}}}
		for name, c := range map[string]struct {
			q    feed.TextQuery
			want []string
		}{
			"a phrase":           {feed.TextQuery{Phrases: words("hoa", "binh")}, []string{titles[5], titles[2], titles[1], titles[0], other.Title}},
			"of a source":        {feed.TextQuery{Phrases: words("hoa", "binh"), Source: "b"}, []string{other.Title}},
			"a source":           {feed.TextQuery{Source: "b"}, []string{other.Title}},
			"of a section":       {feed.TextQuery{Phrases: words("hoa", "binh"), Section: "y"}, []string{other.Title}},
			"before a time":      {feed.TextQuery{Phrases: words("hoa", "binh"), Before: t0.Add(time.Minute)}, []string{titles[0], other.Title}},
			"two spellings":      {feed.TextQuery{Phrases: two}, []string{titles[4], titles[3]}},
			"begun":              {feed.TextQuery{Phrases: begun}, []string{titles[7]}},
			"begun in the midst": {feed.TextQuery{Phrases: middle}, []string{titles[7]}},
			"letters":            {feed.TextQuery{Phrases: words("京", "で")}, []string{titles[6]}},
			"none":               {feed.TextQuery{Phrases: words("binh", "hoi")}, nil},
			"matched":            {feed.TextQuery{Phrases: words("thuat"), Match: func(it *feed.Item) bool { return it.Title == titles[3] }}, []string{titles[3]}},
		} {
			if got := finds(t, s, c.q); !slices.Equal(got, c.want) {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}

		// A revision is found by its new words once it is filed, and no longer by the old.
		again := items[7]
		again.Title, again.Summary = "Nhập khẩu gạo", "Tóm tắt khác"
		put(t, s, t0.Add(time.Hour), "a", again)
		file(t, s, "x")
		if got := finds(t, s, feed.TextQuery{Phrases: begun}); len(got) != 0 {
			t.Errorf("found by what it said before: %q", got)
		}
		if got := finds(t, s, feed.TextQuery{Phrases: words("nhap", "khau")}); len(got) != 1 {
			t.Errorf("not found by what it says now: %q", got)
		}

		// What is withdrawn is found by the desk alone.
		if _, err := s.Withdraw(t.Context(), []string{filed[0].Entry}, t0.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got := finds(t, s, feed.TextQuery{Phrases: words("hoa", "binh"), Source: "a"}); slices.Contains(got, titles[0]) || len(got) != 3 {
			t.Errorf("after it was withdrawn: %q", got)
		}
		if got := finds(t, s, feed.TextQuery{Phrases: words("hoa", "binh"), Source: "a", Any: true}); len(got) != 4 {
			t.Errorf("of all: %q", got)
		}

		// What retention takes away is in the index no more.
		if n, err := s.Prune(t.Context(), t0.Add(24*time.Hour), t0.Add(48*time.Hour)); err != nil || n == 0 {
			t.Fatal(n, err)
		}
		var rows int
		if err := s.one(t.Context(), `SELECT COUNT(*) FROM found`, nil, &rows); err != nil || rows != 0 {
			t.Errorf("%d rows left in the index (%v)", rows, err)
		}
	})
}

// What few reports of a section say is found among all that other sections say, and what is only begun among all
// that begins so; a search that may look at so many reports says when it left others.
func TestSearchGoesToTheEnd(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		const many = sampleRows + 300
		var rare, other []feed.Item
		var want []string
		for i := range many {
			it := item("a", fmt.Sprint(i), fmt.Sprintf("Tin chung%d số %d", i%50, i))
			it.Summary = strings.Repeat(fmt.Sprintf("chung%d chun%d ", i%70, i), 20) // more places than the index is asked for
			for w := range 40 {
				it.Summary += fmt.Sprintf("chung%d ", (i+w)%80)
			}
			it.Published = t0.Add(-time.Duration(i) * time.Second / 4) // four to a second
			if i%211 == 100 || i == many-1 {
				rare, want = append(rare, it), append(want, it.Title)
			} else {
				other = append(other, it)
			}
		}
		for section, items := range map[string][]feed.Item{"y": rare, "x": other} {
			put(t, s, t0, "a", items...)
			for len(file(t, s, section)) > 0 {
			}
		}
		all := func(*feed.Item) bool { return true }
		chung := [][]feed.QueryWord{{{Folds: []string{"chung"}, Begun: true}}}
		for name, q := range map[string]feed.TextQuery{
			"a word":           {Phrases: words("tin"), Section: "y"},
			"begun":            {Phrases: chung, Section: "y"},
			"begun, looked at": {Phrases: chung, Section: "y", Match: all},
			"looked at":        {Phrases: words("tin"), Match: func(it *feed.Item) bool { return slices.Contains(want, it.Title) }},
			"begun, and rare":  {Phrases: chung, Match: func(it *feed.Item) bool { return slices.Contains(want, it.Title) }},
		} {
			got := finds(t, s, q)
			slices.Sort(got) // within a second they are in the order of arrival
			sorted := slices.Sorted(slices.Values(want))
			if !slices.Equal(got, sorted) {
				t.Errorf("%s: %d found, want %d: %q", name, len(got), len(sorted), got)
			}
		}
		if got := finds(t, s, feed.TextQuery{Phrases: chung, Match: all}); len(got) != many {
			t.Errorf("%d begin so, want %d", len(got), many)
		}
		n := 0
		each := func(*feed.Found) bool { n++; return true }
		if stopped, err := s.Search(t.Context(), feed.TextQuery{Phrases: words("tin"), Most: 100}, each); err != nil || stopped == 0 || n != 100 {
			t.Errorf("%d of 100 found, stopped %v (%v)", n, stopped, err)
		}
		n = 0
		if stopped, err := s.Search(t.Context(), feed.TextQuery{Phrases: words("tin"), Most: many}, each); err != nil || stopped != 0 || n != many {
			t.Errorf("%d of all found, stopped %v (%v)", n, stopped, err)
		}
	})
}

// Words that are common and never stand as the query wants them are looked for so many rows at a time where a search
// is bounded: it says how far it came, and goes on from there. Without a bound it goes to the end.
func TestSearchOfCommonWordsIsBounded(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		old := item("a", "old", "Hôm nay có tin")
		old.Published, old.Summary = t0.Add(-time.Hour), ""
		put(t, s, t0, "a", old)
		file(t, s, "x")
		if err := s.tx(t.Context(), func(tx *tx) error { // rows of the index alone: no report is read before one is found
			rows := make([][]any, 2*lookRows+10)
			for i := range rows {
				rows[i] = []any{foundKey(t0, int64(1000+i)), s.d.indexed([]byte("nay va tin "), sourceWord("b"))}
			}
			return s.writeIndex(tx, nil, rows)
		}); err != nil {
			t.Fatal(err)
		}
		if got := finds(t, s, feed.TextQuery{Phrases: words("co", "tin"), Most: 100}); len(got) != 1 {
			t.Errorf("rare beside common: %q", got)
		}
		q := feed.TextQuery{Phrases: words("tin", "va"), Most: 100}
		looks, key := 0, int64(math.MaxInt64)
		for key != 0 {
			q.Below = key
			older, err := s.Search(t.Context(), q, func(f *feed.Found) bool { t.Errorf("found %s", f.Item.Title); return true })
			if err != nil || older >= key {
				t.Fatalf("from %d to %d: %v", key, older, err)
			}
			if looks++; older != 0 && !feed.PlaceTime(older).Equal(t0) {
				t.Errorf("looked back to %v", feed.PlaceTime(older))
			}
			key = older
		}
		if looks != 3 {
			t.Errorf("%d looks, want 3", looks)
		}
		if older, err := s.Search(t.Context(), feed.TextQuery{Phrases: q.Phrases}, func(*feed.Found) bool { return true }); older != 0 || err != nil {
			t.Errorf("without a bound it ends at %d: %v", older, err)
		}
	})
}

// What is withdrawn is found in a section that has few reports with the words, far behind those of others.
func TestSearchFindsTheWithdrawnOfASection(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		const between = 3 * mostRead
		var few []feed.Item
		var others [][]any // rows of the index alone stand for what is in other sections
		for i := range 3 {
			it := item("a", fmt.Sprint(i), fmt.Sprint("Tin ", i))
			it.Published = t0.Add(-time.Duration(i+1) * time.Hour)
			few = append(few, it)
			for k := range between {
				others = append(others, []any{foundKey(it.Published.Add(time.Minute), int64(1000+i*between+k)), s.d.indexed([]byte("tin "), sourceWord("b"))})
			}
		}
		if err := s.tx(t.Context(), func(tx *tx) error { return s.writeIndex(tx, nil, others) }); err != nil {
			t.Fatal(err)
		}
		put(t, s, t0, "a", few...)
		filed := file(t, s, "y")
		second := filed[slices.IndexFunc(filed, func(it feed.Item) bool { return it.Title == few[1].Title })]
		if _, err := s.Withdraw(t.Context(), []string{second.Entry}, t0.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		want := []string{few[0].Title, few[1].Title, few[2].Title}
		if got := finds(t, s, feed.TextQuery{Phrases: words("tin"), Section: "y", Any: true}); !slices.Equal(got, want) {
			t.Errorf("of all: %q, want %q", got, want)
		}
		if got := finds(t, s, feed.TextQuery{Phrases: words("tin"), Section: "y"}); !slices.Equal(got, []string{want[0], want[2]}) {
			t.Errorf("of those that stand: %q", got)
		}
	})
}

// A story that is published anew is found at its new time, with the reports it had.
func TestSearchFollowsABump(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		put(t, s, t0, "a", item("a", "1", "Giá vàng"), item("a", "2", "Giá dầu"))
		filed := file(t, s, "x")
		gold := filed[slices.IndexFunc(filed, func(it feed.Item) bool { return it.Title == "Giá vàng" })]
		entries, err := s.Entries(t.Context(), feed.EntryQuery{Keys: []string{gold.Entry}})
		if err != nil {
			t.Fatal(err)
		}
		entries[0].Published = t0.Add(5 * time.Hour)
		commit(t, s, Filed{Entries: entries})
		if got := finds(t, s, feed.TextQuery{Phrases: words("gia"), Before: t0.Add(4 * time.Hour)}); len(got) != 1 || got[0] != "Giá dầu" {
			t.Errorf("before the bump: %q", got)
		}
		if got := finds(t, s, feed.TextQuery{Phrases: words("gia")}); len(got) != 2 || got[0] != "Giá vàng" {
			t.Errorf("all: %q", got)
		}
	})
}

// A store from before the index is indexed while others write, in parts, once.
func TestIndexOfAnOldStore(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		const many = indexRows + 100
		var items []feed.Item
		for i := range many {
			items = append(items, item("a", fmt.Sprint(i), fmt.Sprint("Tin ", i)))
		}
		put(t, s, t0, "a", items...)
		for len(file(t, s, "x")) > 0 {
		}
		want := finds(t, s, feed.TextQuery{Phrases: words("tin")})
		if len(want) != many {
			t.Fatalf("%d found", len(want))
		}
		if err := s.tx(t.Context(), func(tx *tx) error { // as the migration leaves it
			if _, err := tx.Exec(`DELETE FROM found`); err != nil {
				return err
			}
			_, err := tx.Exec(`UPDATE items SET found = 0`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Index(t.Context()); n != many || err != nil {
			t.Errorf("%d indexed, %v", n, err)
		}
		if n, err := s.Index(t.Context()); n != 0 || err != nil {
			t.Errorf("%d indexed again, %v", n, err)
		}
		if got := finds(t, s, feed.TextQuery{Phrases: words("tin")}); !slices.Equal(got, want) {
			t.Errorf("%d found, in another order or others", len(got))
		}
	})
}

// BenchmarkSearch looks for the first page of words of different frequency among 100,000 stories.
func BenchmarkSearch(b *testing.B) {
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		s := open(b, address(b))
		fillStories(b, s, 100_000)
		for words, phrases := range map[string][][]feed.QueryWord{
			"in half of all": words("tin"), "in one of 100": words("w7", "x"), "in one of 10000": words("rare77"), "in none": words("nowhere"),
			"in half, of a rare source": {{{Folds: []string{"tin"}}}},
		} {
			b.Run(name+"/"+words, func(b *testing.B) {
				q := feed.TextQuery{Phrases: phrases}
				if words == "in half, of a rare source" {
					q.Source = "s7"
				}
				for range b.N {
					n := 0
					if _, err := s.Search(b.Context(), q, func(*feed.Found) bool {
						n++
						return n < 50
					}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// fillStories stores and files stories of a report each, with headlines and summaries of 45 words.
func fillStories(b *testing.B, s *Store, count int) {
	b.Helper()
	const batch = 1000
	for from := 0; from < count; from += batch {
		source := fmt.Sprint("s", from/batch)
		items := make([]feed.Item, batch)
		for i := range items {
			n := from + i
			it := item(source, fmt.Sprint(n), fmt.Sprintf("Chuyện w%d x rare%d", n%100, n%10_000))
			if n%2 == 0 {
				it.Title += " tin"
			}
			for w := range 40 {
				it.Summary += fmt.Sprintf(" c%d", (n*31+w*17)%3000)
			}
			it.Published = t0.Add(time.Duration(n) * time.Second)
			items[i] = it
		}
		if _, err := s.Save(b.Context(), &Collected{State: feed.SourceState{Source: source}, Items: items, Full: true, At: t0}); err != nil {
			b.Fatal(err)
		}
		items, err := s.Unfiled(b.Context(), batch)
		if err != nil {
			b.Fatal(err)
		}
		entries := make([]feed.Entry, len(items))
		for i := range items {
			it := &items[i]
			it.Entry = feed.EntryKey(it.Source, it.Key)
			it.Story, it.Verdict = it.Entry, feed.New
			entries[i] = feed.Entry{Key: it.Entry, Story: it.Story, Lead: it.ID, Published: it.Date(), Updated: it.Date(), Sections: []string{"x"}}
		}
		turn, err := s.DeskTurn(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Commit(b.Context(), Filed{Turn: turn, Items: items, Entries: entries}); err != nil {
			b.Fatal(err)
		}
	}
}
