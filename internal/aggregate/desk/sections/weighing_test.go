package sections

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"feedd/internal/feed"
)

// many returns n examples of a section with a word in common, each with a word of its own.
func many(n int, section, outlet string, at time.Time, words string) (list []Label) {
	for i := range n {
		list = append(list, Label{Item: int64(i + 1), Section: section, Language: "vi", Outlet: outlet, At: at.Unix(), Text: fmt.Sprintf("%s ngày%d\n", words, i)})
	}
	return list
}

func TestExamplesAge(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	old := slices.Concat(
		many(400, "kinh-te", "", now.AddDate(-8, 0, 0), "đội bóng ra sân"),
		many(400, "the-thao", "", now.AddDate(-8, 0, 0), "cổ phiếu lên giá"),
	)
	young := slices.Concat(
		many(80, "the-thao", "", now, "đội bóng ra sân"),
		many(80, "kinh-te", "", now, "cổ phiếu lên giá"),
	)
	for halfLife, want := range map[time.Duration]string{0: "kinh-te", DefaultHalfLife: "the-thao"} {
		m := NewWeighingModel(Weighing{Now: now, HalfLife: halfLife})
		for _, l := range slices.Concat(old, young) {
			m.LearnLabel(l, 1)
		}
		if got := filedUnder(learnedFiler(t, m), "vi", "Đội bóng ra sân"); got.Section != want {
			t.Errorf("half-life %v: filed under %q (%.2f), want %s", halfLife, got.Section, got.Probability, want)
		}
		for _, l := range slices.Concat(old, young) {
			m.LearnLabel(l, -1)
		}
		if n := m.Labels("kinh-te"); n != 0 {
			t.Errorf("half-life %v: %d examples are left after all were taken back", halfLife, n)
		}
	}
	if m := NewWeighingModel(Weighing{Now: now}); m.Aged(now.Add(time.Hour)) || !m.Aged(now.Add(week)) {
		t.Error("a model is of its week")
	}
}

// One outlet files the World Cup by the thousand under foreign news, three others a little under sports.
func TestNoOutletDecidesForTheOthers(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var labels []Label
	counts := map[feed.LabelCount]int{}
	add := func(list []Label) {
		labels = append(labels, list...)
		counts[feed.LabelCount{Section: list[0].Section, Outlet: list[0].Outlet}] += len(list)
	}
	add(many(300, "kinh-te", "a", now, "World Cup khai mạc"))
	add(many(1200, "kinh-te", "a", now, "xuất khẩu gạo"))
	for _, outlet := range []string{"b", "c", "d"} {
		add(many(60, "the-thao", outlet, now, "World Cup khai mạc"))
		add(many(300, "the-thao", outlet, now, "vòng loại quốc gia"))
		add(many(100, "kinh-te", outlet, now, "xuất khẩu gạo"))
	}
	var outlets []feed.LabelCount
	for c, n := range counts {
		c.Labels = n
		outlets = append(outlets, c)
	}
	for _, tt := range []struct {
		w    Weighing
		want string
	}{
		{Weighing{Now: now}, "kinh-te"},
		{Weighing{Now: now, Outlets: outlets}, "the-thao"},
	} {
		m := NewWeighingModel(tt.w)
		for _, l := range labels {
			m.LearnLabel(l, 1)
		}
		if got := filedUnder(learnedFiler(t, m), "vi", "World Cup khai mạc"); got.Section != tt.want {
			t.Errorf("%d outlets counted: filed under %q (%.2f), want %s", len(tt.w.Outlets), got.Section, got.Probability, tt.want)
		}
	}
}

func TestStruckOutWordsSayNothing(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	m := NewModel()
	for _, l := range slices.Concat(
		many(200, "kinh-te", "", now, "World Cup nhà nước"),
		many(200, "the-thao", "", now, "đội bóng ra sân"),
	) {
		m.LearnLabel(l, 1)
	}
	const title = "World Cup: đội bóng ra sân"
	probability := func(change ...func([]feed.Section, *feed.SectionSettings)) float64 {
		s, p := learnedFiler(t, m, change...).Likeliest(&feed.Item{Source: "vi", Title: title})
		if s != "the-thao" {
			return 1 - p
		}
		return p
	}
	plain := probability()
	never := func(section int) func([]feed.Section, *feed.SectionSettings) {
		return func(s []feed.Section, set *feed.SectionSettings) {
			if section < 0 {
				set.Never = []string{"world cup"}
			} else {
				s[section].Never = []string{"World Cup"}
			}
		}
	}
	all, own, other := probability(never(-1)), probability(never(1)), probability(never(0))
	if all <= plain || own <= plain || other < plain-.05 {
		t.Errorf("probability of the-thao %.3f; with World Cup struck out of all %.3f, of kinh-te %.3f, of the-thao %.3f", plain, all, own, other)
	}
	f := learnedFiler(t, m, never(-1))
	for _, e := range filedUnder(f, "vi", title).Evidence {
		if e.Words == "World Cup" || e.Words == "World" || e.Words == "Cup" {
			t.Errorf("%q decides, though it was struck out", e.Words)
		}
	}
}
