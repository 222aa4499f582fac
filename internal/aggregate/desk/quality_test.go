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
