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
