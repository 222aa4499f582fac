package desk

import (
	"os"
	"testing"

	"feedd/internal/feed"
	"feedd/internal/feed/feedtest"
)

// evaluate runs one labelled file through the desk.
func evaluate(t *testing.T, name string) StoriesReport {
	t.Helper()
	in, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	report, err := EvalStories(in, nil, feed.StorySettings{})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + report.String())
	return report
}

// The figures below are floors: quality on the development data that no change may lose unseen.
func TestPairsStayToldApart(t *testing.T) {
	floors := map[string]float64{"vi_syn": 0.98, "vi_real": 0.93, "vi_series": 0.98, "en_syn": 0.85}
	for _, s := range evaluate(t, feedtest.Shared(t, "quality/pairs.tsv")).Pairs {
		if s.F1 < floors[s.Set] {
			t.Errorf("%s: F1 %.3f, the floor is %.3f", s.Set, s.F1, floors[s.Set])
		}
	}
}

func TestInventedPairs(t *testing.T) {
	for _, s := range evaluate(t, "testdata/pairs.tsv").Pairs {
		if s.F1 < 0.90 {
			t.Errorf("F1 %.3f, the floor is 0.90", s.F1)
		}
	}
}

func TestDaysStayGrouped(t *testing.T) {
	for _, s := range evaluate(t, feedtest.Shared(t, "quality/clusters_vi.tsv")).Streams {
		if s.Set == "day" && (s.JoinF1 < 0.78 || s.JoinPrecision < 0.85) {
			t.Errorf("joins: precision %.3f, F1 %.3f, the floors are 0.85 and 0.78", s.JoinPrecision, s.JoinF1)
		}
	}
}

// The index is a short cut: comparing with every report of the window must hardly decide otherwise.
func TestIndexFindsWhatComparingAllFinds(t *testing.T) {
	const items, least = 1500, 0.99
	list := stream(t)[:items]
	run := func(exhaustive bool) []string {
		s := newStories(feed.StorySettings{}, streamSources(list))
		s.exhaustive = exhaustive
		var decided []string
		for _, it := range list {
			if it.ID%100 == 0 {
				s.prune(it.FirstSeen)
			}
			s.place(&it, it.FirstSeen)
			decided = append(decided, it.Entry+string(it.Verdict))
		}
		return decided
	}
	alike := 0
	all := run(true)
	for i, d := range run(false) {
		if d == all[i] {
			alike++
		}
	}
	if float64(alike) < least*items {
		t.Errorf("%d of %d items were placed as by comparing all, the floor is %.2f", alike, items, least)
	}
}
