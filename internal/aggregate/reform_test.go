package aggregate

import (
	"testing"

	"feedd/internal/feed"
)

// Where other sources or rules come into force, the desk goes on with what it remembers, and reads again what the change
// reaches; where others filed meanwhile, or stories are to be told apart otherwise, it reads all.
func TestChangesKeepTheMemory(t *testing.T) {
	w := newWing(t, feed.Section{ID: "tin"}, feed.Section{ID: "khac"})
	fire := report{"chay", "Cháy kho hàng ở Long An, không ai bị thương", "Lửa bùng lên lúc rạng sáng."}
	w.tell("a", fire)
	w.tell("b", report{"gia", "Giá xăng giảm 500 đồng từ chiều nay - Báo C", "Bộ Công Thương điều chỉnh giá."})
	w.tell("c", report{"bao", "Bão số 5 đổ bộ miền Trung đêm nay", "Gió giật cấp 12."})
	w.collect(t)
	kept := w.desk
	same := func(what string, want bool) {
		t.Helper()
		if is := w.desk == kept; is != want {
			t.Errorf("%s: the desk's memory is kept: %v, want %v", what, is, want)
		}
		kept = w.desk
	}
	news := func(source, title string) {
		t.Helper()
		w.tell(source, report{title, title, ""})
		w.collect(t)
	}

	c := w.set.Sources[2]
	w.reload(t, func(s *Settings) { s.Sources = s.Sources[:2] })
	news("a", "Giá xăng giảm 500 đồng từ chiều nay - Báo C")
	same("a source is taken out", true)
	if got := w.Refiled(); got.Items != 1 || !got.Done {
		t.Errorf("refiled: %+v, want the item of the source", got)
	}

	w.reload(t, func(s *Settings) { s.Sources = append(s.Sources, c); s.Sources[0].Section = "tin" })
	w.reload(t, func(s *Settings) { s.Sources[1].Section = "khac" }) // before anything else was filed
	news("b", fire.title)
	same("sources are set otherwise", true)
	w.oneEntry(t, fire.title, 2)

	w.reload(t, func(s *Settings) { s.Sections[1].Rules = []feed.Rule{{Any: []feed.Pattern{{Text: "bão"}}}} })
	news("c", "Sau bão số 5, nhiều nơi ngập sâu")
	same("a rule is new", true)

	w.reload(t, func(s *Settings) { s.Sources[0].Title = "Nhật báo A" })
	other := w.another(t)
	w.tell("b", report{"x", "Hai tàu hàng va nhau ngoài khơi Vũng Áng", ""})
	if _, err := other.Collect(t.Context(), []string{"b"}, nil); err != nil {
		t.Fatal(err)
	}
	news("c", "Hai tàu hàng va nhau ngoài khơi Vũng Áng")
	same("another process filed", false)
	w.oneEntry(t, "Hai tàu hàng va nhau ngoài khơi Vũng Áng", 2)

	w.reload(t, func(s *Settings) { s.Stories.Match = "strict" })
	news("a", "Cầu Rạch Miễu 2 thông xe kỹ thuật")
	same("stories are told apart otherwise", false)

	if err := w.store.SaveWords(t.Context(), []feed.EditorsWord{{Kind: feed.WordFile, A: "1", B: "khac", At: w.clock()}}, []int64{1}); err != nil {
		t.Fatal(err)
	}
	w.reload(t, func(s *Settings) { s.Sources[0].Title = "Báo A" })
	news("b", "Cầu Rạch Miễu 2 thông xe")
	same("the editor said something", false)
}

// oneEntry fails unless so many reports are told under the entry of the one that has this headline.
func (w *wing) oneEntry(t *testing.T, title string, want int) {
	t.Helper()
	items, err := w.store.FiledSince(t.Context(), w.clock().Add(-windowLeast), 0, 1000, false)
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string]int{}
	entry := ""
	for i := range items {
		entries[items[i].Entry]++
		if items[i].Title == title {
			entry = items[i].Entry
		}
	}
	if entries[entry] != want {
		t.Errorf("%d reports of %q under one entry, want %d", entries[entry], title, want)
	}
}
