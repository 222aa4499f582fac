package judge

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"feedd/internal/aggregate/desk/stories"
	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// A store gives labels for nothing, on either engine: what was edited, what was copied, what one outlet
// tells side by side, and what editors said.
func TestMineStore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s, err := store.Open(ctx, address)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		at := time.Date(2026, 3, 9, 6, 0, 0, 0, time.UTC)
		const text = "Trường công bố điểm chuẩn của 40 ngành vào chiều nay, cao nhất là ngành Khoa học máy tính với 28,5 điểm."
		look := func(source string, rows ...[4]string) {
			t.Helper()
			at = at.Add(10 * time.Minute)
			c := &store.Collected{State: feed.SourceState{Source: source}, At: at}
			for _, r := range rows {
				it := feed.Item{Source: source, GUID: r[0], URL: r[1], Canonical: feed.Canonical(r[1]), Title: r[2], Summary: r[3], Published: at, FirstSeen: at}
				it.Key = feed.Identify(&it)
				c.Items = append(c.Items, it)
			}
			if _, err := s.Save(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		storm := [4]string{"1", "https://mot.example.org/bao", "Bão số 4 đổ bộ, hai tỉnh mất điện", ""}
		look("mot-thoi-su", storm)
		storm[2] = "Bão số 4 đổ bộ, ba tỉnh mất điện và sạt lở"
		look("mot-thoi-su", storm) // edited
		storm[3] = "Nhiều nơi còn ngập sâu."
		look("mot-thoi-su", storm) // no other headline
		look("mot-giao-duc", [4]string{"2", "https://giaoduc.mot.example.net/b", "Điểm chuẩn Đại học Bách khoa năm 2026 cao nhất 28,5", text})
		look("hai", [4]string{"3", "https://hai.example.com/b", "Bách khoa lấy điểm chuẩn cao nhất 28,5 ở ngành máy tính", text}) // copied
		look("mot-giao-duc-2", [4]string{"4", "https://www.mot.example.net/c", "Điểm chuẩn Đại học Ngoại thương năm 2026 cao nhất 28,5", ""})
		if err := s.SaveWords(ctx, []feed.EditorsWord{
			{Kind: feed.WordSplit, A: "0123456789abcdef", B: "fedcba9876543210", Titles: [2]string{"Cháy chợ ở quận 7", "Cháy chợ ở quận 8"}, At: at},
		}, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.SaveWords(ctx, []feed.EditorsWord{
			{Kind: feed.WordJoin, A: "0123456789abcdef", B: "1123456789abcdef", Titles: [2]string{"Bách khoa lấy điểm chuẩn cao nhất 28,5 ở ngành máy tính", "Điểm chuẩn Đại học Bách khoa năm 2026 cao nhất 28,5"}, At: at},
		}, nil); err != nil {
			t.Fatal(err)
		}

		st, err := MineStore(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		var told [][3]string
		for _, p := range st.mined {
			is := "two"
			if p.Same {
				is = "one"
			}
			told = append(told, [3]string{p.Kind + " " + is, st.items[p.A].Title, st.items[p.B].Title})
		}
		for _, want := range [][3]string{
			{"edit one", "Bão số 4 đổ bộ, hai tỉnh mất điện", "Bão số 4 đổ bộ, ba tỉnh mất điện và sạt lở"},
			{"copy one", "Điểm chuẩn Đại học Bách khoa năm 2026 cao nhất 28,5", "Bách khoa lấy điểm chuẩn cao nhất 28,5 ở ngành máy tính"},
			{"beside two", "Điểm chuẩn Đại học Bách khoa năm 2026 cao nhất 28,5", "Điểm chuẩn Đại học Ngoại thương năm 2026 cao nhất 28,5"},
			{"editor two", "Cháy chợ ở quận 7", "Cháy chợ ở quận 8"},
			{"editor one", "Bách khoa lấy điểm chuẩn cao nhất 28,5 ở ngành máy tính", "Điểm chuẩn Đại học Bách khoa năm 2026 cao nhất 28,5"},
		} {
			if !slices.Contains(told, want) {
				t.Errorf("%q is missing", want)
			}
		}
		if len(told) != 5 {
			t.Errorf("mined %q", told)
		}
		var report bytes.Buffer
		st.Report(&report, map[string]string{"2": "bách khoa", "https://www.mot.example.net/c": "ngoại thương"})
		if got, want := report.String(), "edit: 1 pairs; of 0 with labels 0 right\ncopy: 1 pairs; of 1 with labels 1 right\nbeside: 1 pairs; of 1 with labels 1 right\neditor: 2 pairs, which are labels themselves\n"; got != want {
			t.Errorf("report:\n%s", got)
		}
		l := &Labelled{rd: words.NewReader(nil), counts: map[string]*stories.Counts{}, counted: map[string]bool{}}
		if l.Also(st, "a store"); len(l.pairs) != len(told) {
			t.Errorf("the models are fitted on %d of the pairs", len(l.pairs))
		}
	})
}
