package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
)

// at is an item of the source src.
func at(guid, link, title string, published time.Time) feed.Item {
	it := feed.Item{Source: "src", GUID: guid, Title: title, URL: link, Canonical: feed.Canonical(link), Published: published}
	it.Key = feed.Identify(&it)
	return it
}

func titles(t *testing.T, s *Store) (list []string) {
	t.Helper()
	items, err := s.Unfiled(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		list = append(list, it.Title)
	}
	return list
}

// What a source calls by a new name is the item it was.
func TestRenamedItemsAreRevisions(t *testing.T) {
	const link = "https://src.example/van-hoa/le-hoi-den-hung"
	day := t0.Add(-time.Hour)
	numbered := func(slug string, n int) string {
		return fmt.Sprintf("https://so.example/%s-%d.html", slug, 4_950_000+n)
	}
	var many []feed.Item // a host that shows how it numbers its articles
	for i := range 25 {
		l := numbered(fmt.Sprintf("bai-viet-thu-%c", 'a'+i), i)
		many = append(many, at(l, l, fmt.Sprintf("Bài viết thứ %c", 'a'+i), day))
	}
	plain := func(title string, n int) feed.Item { // as the numbered one, before the host showed anything
		l := numbered("x-"+feed.Fold(title)[:3], n)
		return at(l, l, title, day)
	}
	for _, tt := range []struct {
		name          string
		first, second []feed.Item
		want          Counts // of the second look
		titles        []string
	}{
		{"another guid, the same address", []feed.Item{at("1", link, "Lễ hội đền Hùng", day)},
			[]feed.Item{at("2", link+"?utm_source=rss", "Lễ hội đền Hùng", day)}, Counts{Unchanged: 1}, []string{"Lễ hội đền Hùng"}},
		{"another guid and headline, the same address and date", []feed.Item{at("1", link, "Lễ hội đền Hùng", day)},
			[]feed.Item{at("2", link, "Vạn người về đất Tổ", day)}, Counts{Updated: 1}, []string{"Vạn người về đất Tổ"}},
		{"something new every day at one address", []feed.Item{at("1", link, "Từ vựng: bồ hóng", day)},
			[]feed.Item{at("2", link, "Ngày mai học gì", day.Add(24*time.Hour))}, Counts{New: 1}, []string{"Từ vựng: bồ hóng", "Ngày mai học gì"}},
		{"an address for all", []feed.Item{at("1", link, "Lễ hội đền Hùng", day)},
			[]feed.Item{at("2", link, "Lễ hội đền Hùng đông khách", day), at("3", link, "Lễ hội đền Hùng vắng khách", day)}, Counts{New: 2},
			[]string{"Lễ hội đền Hùng", "Lễ hội đền Hùng vắng khách", "Lễ hội đền Hùng đông khách"}},
		{"an address of an item that is still listed", []feed.Item{at("1", link, "Lễ hội đền Hùng", day)},
			[]feed.Item{at("1", link, "Lễ hội đền Hùng", day), at("2", link, "Lễ hội đền Hùng, ngày hai", day)}, Counts{New: 1, Unchanged: 1},
			[]string{"Lễ hội đền Hùng", "Lễ hội đền Hùng, ngày hai"}},
		{"the front page", []feed.Item{at("1", "https://src.example/", "Thông báo nghỉ lễ", day)},
			[]feed.Item{at("2", "https://src.example/", "Thông báo nghỉ lễ", day)}, Counts{Unchanged: 1}, []string{"Thông báo nghỉ lễ"}},
		{"a headline edited with its slug", many,
			append([]feed.Item{plain("Tiêu đề mới hẳn", 3)}, many[:3]...), Counts{Updated: 1, Unchanged: 3}, nil},
		{"a number of a host not known to number", []feed.Item{plain("Bài cũ", 3)},
			[]feed.Item{plain("Tiêu đề mới hẳn", 3)}, Counts{New: 1}, []string{"Bài cũ", "Tiêu đề mới hẳn"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			suite(t, func(t *testing.T, s *Store) {
				put(t, s, t0, "src", tt.first...)
				before, err := s.Unfiled(t.Context(), 1000)
				if err != nil {
					t.Fatal(err)
				}
				if got := put(t, s, t0.Add(time.Minute), "src", tt.second...); got != tt.want {
					t.Errorf("%+v, want %+v", got, tt.want)
				}
				if got := put(t, s, t0.Add(2*time.Minute), "src", tt.second...); got.New+got.Updated > 0 {
					t.Errorf("the same document again: %+v", got)
				}
				if got := titles(t, s); tt.titles != nil && !cmp.Equal(got, tt.titles) {
					t.Errorf("stored %q, want %q", got, tt.titles)
				}
				after, err := s.Unfiled(t.Context(), 1000)
				if err != nil {
					t.Fatal(err)
				}
				for i := range before {
					if after[i].ID != before[i].ID || after[i].OwnEntry() != before[i].OwnEntry() {
						t.Errorf("%q opens entry %s, before %s", after[i].Title, after[i].OwnEntry(), before[i].OwnEntry())
					}
				}
				for _, it := range tt.first { // an editor may still hold the address from before
					if found, err := s.Find(t.Context(), it.URL); err != nil || len(found) == 0 {
						t.Errorf("%s is found no more (%v)", it.URL, err)
					}
				}
				known, err := s.Known(t.Context(), "src", tt.second)
				if err != nil || len(known) != len(tt.second) {
					t.Errorf("known: %v (%v), want all %d", known, err, len(tt.second))
				}
			})
		})
	}
}

// A number that stands in many addresses of a host is that of a category: nothing is revised by it.
func TestNumbersOfCategoriesAreNotTrusted(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		in := func(category int, name string) feed.Item {
			l := fmt.Sprintf("https://muc.example/muc-%d/bai-%s", 100_200+category, name)
			return at(l, l, "Bài "+name, t0)
		}
		var first []feed.Item
		for c := range 25 {
			for n := range 3 {
				first = append(first, in(c, fmt.Sprintf("%d-%d", c, n)))
			}
		}
		put(t, s, t0, "src", first...)
		if got := put(t, s, t0.Add(time.Minute), "src", in(3, "moi")); got != (Counts{New: 1}) {
			t.Errorf("an article of a category: %+v, want it new", got)
		}
	})
}

// What a source withdrew is taken out until it lists it again: by its word, or where its list is
// complete by no longer listing it. Of a list that was not read whole nothing is gone.
func TestWithdrawnByItsSource(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		a, b, c := at("a", "https://src.example/a", "Bài thứ nhất", t0), at("b", "https://src.example/b", "Bài thứ hai", t0), at("c", "https://src.example/c", "Bài thứ ba", t0)
		look := func(n int, change func(*Collected), items ...feed.Item) Counts {
			t.Helper()
			col := &Collected{State: feed.SourceState{Source: "src"}, Items: items, Full: true, Complete: true, At: t0.Add(time.Duration(n) * time.Hour)}
			change(col)
			counts, err := s.Save(t.Context(), col)
			if err != nil {
				t.Fatal(err)
			}
			return counts
		}
		gone := func() (list []string) {
			t.Helper()
			items, err := s.items(t.Context(), `WHERE i.gone <> 0 ORDER BY i.id`)
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range items {
				list = append(list, it.GUID)
			}
			return list
		}
		as := func(*Collected) {}
		for n, tt := range []struct {
			name   string
			change func(*Collected)
			items  []feed.Item
			moved  int
			gone   []string
		}{
			{"all are there", as, []feed.Item{a, b, c}, 0, nil},
			{"one is missing", as, []feed.Item{a, c}, 1, []string{"b"}},
			{"still", as, []feed.Item{a, c}, 0, []string{"b"}},
			{"it is back", as, []feed.Item{a, b, c}, 1, nil},
			{"a part of the list", func(c *Collected) { c.Full = false }, []feed.Item{a}, 0, nil},
			{"not said to be complete", func(c *Collected) { c.Complete = false }, []feed.Item{a, b}, 0, nil},
			{"a tombstone", func(c *Collected) {
				c.Complete, c.Withdrawn = false, []feed.Deleted{{Ref: "a", When: t0}, {Ref: "unknown"}}
			}, []feed.Item{b}, 1, []string{"a"}},
			{"beside the item, updated since", func(c *Collected) { c.Complete, c.Withdrawn = false, []feed.Deleted{{Ref: "a", When: t0}} }, []feed.Item{a, b}, 1, nil},
		} {
			if got := look(n, tt.change, tt.items...); got.Withdrawn != tt.moved {
				t.Errorf("%s: %+v, want %d taken out or brought back", tt.name, got, tt.moved)
			}
			if got := gone(); !cmp.Equal(got, tt.gone) {
				t.Errorf("%s: gone are %q, want %q", tt.name, got, tt.gone)
			}
		}
	})
}

// Of what a new source lists only the newest enter the feeds; what comes later all does.
func TestBacklog(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		var items []feed.Item
		for i := range 6 {
			items = append(items, at(fmt.Sprint("g", i), fmt.Sprint("https://src.example/", i), fmt.Sprintf("Bài thứ %c", 'a'+i), t0.Add(-time.Duration(i)*time.Hour)))
		}
		for n, bound := range []int{2, 0} { // a later look has none
			col := &Collected{State: feed.SourceState{Source: "src"}, Items: items[1-n:], Full: true, Backlog: bound, At: t0.Add(time.Duration(n) * time.Hour)}
			if _, err := s.Save(t.Context(), col); err != nil {
				t.Fatal(err)
			}
		}
		stored, err := s.Unfiled(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		var fresh []string
		for _, it := range stored {
			if !it.Backlog {
				fresh = append(fresh, it.GUID)
			}
		}
		if want := []string{"g2", "g1", "g0"}; len(stored) != 6 || !cmp.Equal(fresh, want) {
			t.Errorf("of %d items %q enter the feeds, want %q", len(stored), fresh, want)
		}
	})
}

// A second feed of an outlet repeats what the first one told, also when both are saved together; that
// of another outlet does not.
func TestRepeatsOfAnOutlet(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		from := func(source, link string) *Collected {
			it := at(link, link, "Cảng mua hai tàu kéo chạy điện", t0)
			it.Source, it.Summary = source, "Chúng thay tàu chạy dầu từ năm 1987."
			var siblings []string
			if source != "khac" {
				siblings = []string{"nha", "kinh-te"}
			}
			return &Collected{State: feed.SourceState{Source: source}, Items: []feed.Item{it}, Full: true, Siblings: siblings, At: t0}
		}
		batch := []*save{}
		for _, c := range []*Collected{from("nha", "https://vinh.example/t?from=nha"), from("kinh-te", "https://vinh.example/t?from=kt"), from("khac", "https://khac.example/t")} {
			batch = append(batch, &save{ctx: t.Context(), c: c})
		}
		if _, err := s.saveBatch(batch); err != nil {
			t.Fatal(err)
		}
		stored, err := s.Unfiled(t.Context(), 10)
		if err != nil || len(stored) != 3 {
			t.Fatalf("%d stored, %v", len(stored), err)
		}
		if stored[0].Repeats != "" || stored[1].Repeats != stored[0].Opens || stored[2].Repeats != "" {
			t.Errorf("repeat %q, %q, %q; want that the second repeats %s", stored[0].Repeats, stored[1].Repeats, stored[2].Repeats, stored[0].Opens)
		}
	})
}

// What was stored before identity was decided for documents keeps its number and its entry, under the
// names it had and under others, and what is in its list only now is new.
func TestItemsFromBefore(t *testing.T) {
	suiteAt(t, func(t *testing.T, s *Store, address string) {
		ctx := t.Context()
		a, b := at("https://cu.example/1", "https://cu.example/1", "Cầu phao đứt neo trong đêm mưa", t0), at("N/A", "https://cu.example/2", "Chợ nổi họp lại sau nước lớn", t0)
		put(t, s, t0, "src", a, b)
		p, err := s.migrations(s.write)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.DownTo(ctx, 4); err != nil {
			t.Fatal(err)
		}
		if err := s.migrate(ctx); err != nil {
			t.Fatal(err)
		}
		before := titles(t, s)
		shared := at("N/A", "https://cu.example/3", "Trường làng nhận thư viện gỗ", t0)
		doc := []feed.Item{a, b, shared}
		feed.TellApart(doc)
		if got := put(t, s, t0.Add(time.Hour), "src", doc...); got != (Counts{New: 1, Unchanged: 2}) {
			t.Errorf("the same list with one more: %+v, want one new", got)
		}
		for i := range doc { // then the outlet moves
			doc[i].GUID = fmt.Sprint("node-", i)
			doc[i].URL = fmt.Sprint("https://moi.example/bai/", i)
			doc[i].Canonical, doc[i].Rev = feed.Canonical(doc[i].URL), 0
		}
		feed.TellApart(doc)
		if got := put(t, s, t0.Add(2*time.Hour), "src", doc...); got != (Counts{Updated: 3}) {
			t.Errorf("after a move: %+v, want three revisions", got)
		}
		if got := titles(t, s); len(got) != 3 || !cmp.Equal(got[:2], before) {
			t.Errorf("stored are %q, before %q", got, before)
		}
	})
}
