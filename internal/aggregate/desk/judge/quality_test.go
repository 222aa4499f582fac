package judge

import (
	"bytes"
	"os"
	"path/filepath"
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

// The bounds below are lower bounds: quality on the development data that no change may lose unseen.
func TestPairsStayToldApart(t *testing.T) {
	least := map[string]float64{"vi_syn": 0.99, "vi_real": 0.93, "vi_series": 0.99, "vi_mds": 0.64, "en_syn": 0.99}
	for _, s := range evaluate(t, feedtest.Shared(t, "quality/pairs.tsv")).Pairs {
		if s.F1 < least[s.Set] {
			t.Errorf("%s: F1 %.3f, want at least %.3f", s.Set, s.F1, least[s.Set])
		}
	}
}

func TestInventedPairs(t *testing.T) {
	for _, s := range evaluate(t, "testdata/pairs.tsv").Pairs {
		if s.F1 < 0.93 {
			t.Errorf("F1 %.3f, want at least 0.93", s.F1)
		}
	}
}

func TestDaysStayGrouped(t *testing.T) {
	for _, s := range evaluate(t, feedtest.Shared(t, "quality/clusters_vi.tsv")).Streams {
		if s.Set == "day" && (s.JoinF1 < 0.84 || s.JoinPrecision < 0.86 || s.FoldPrecision < 0.95) {
			t.Errorf("joins: precision %.3f, F1 %.3f, folds: precision %.3f; want at least 0.86, 0.84 and 0.95", s.JoinPrecision, s.JoinF1, s.FoldPrecision)
		}
	}
}

// What the models make of headlines they were not fitted on is what readers get; and the figures
// that are committed are those that fitting gives.
func TestFittedFigures(t *testing.T) {
	shared := filepath.Dir(feedtest.Shared(t, "quality/pairs.tsv"))
	read := func() *Labelled {
		l, err := ReadLabelled(shared, "testdata", "fit")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	t.Run("committed", func(t *testing.T) {
		want, err := os.ReadFile("../stories/data/model.json")
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := read().FitStories(&got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Error("data/model.json is not what internal/aggregate/desk/judge/fit makes of the data and the words as they are")
		}
	})
	t.Run("cross-validated by parts", func(t *testing.T) {
		report := read().CrossValidate(ByParts, 3, nil)
		t.Log("\n" + report.String())
		atLeast(t, report, map[string]float64{
			"vi_syn": 0.98, "vi_real": 0.92, "vi_real+": 0.92, "vi_series": 0.98, "en_syn": 0.90, "own": 0.915,
		}, map[string][2]float64{"day": {0.93, 0.83}, "vi_day1": {0.93, 0.82}, "vi_day2": {0.95, 0.71}})
		for _, s := range report.Pairs {
			if s.Set == "vi_real" && (s.DuplicateRecall < 0.75 || s.DuplicateWrong > 0.01) {
				t.Errorf("duplicates: recall %.3f, false discovery rate %.3f; want at least 0.75 and at most 0.01", s.DuplicateRecall, s.DuplicateWrong)
			}
		}
	})
	t.Run("cross-validated by sets", func(t *testing.T) {
		report := read().CrossValidate(BySets, 0, nil)
		t.Log("\n" + report.String())
		atLeast(t, report, map[string]float64{"vn18": 0.825, "ecb+": 0.81, "gva+": 0.875, "neus+": 0.77, "vi_real": 0.925, "vi_real+": 0.93},
			map[string][2]float64{"day": {0.85, 0.78}, "vi_day1": {0.93, 0.80}, "vi_day2": {0.95, 0.72}, "vn18": {0.975, 0.93}, "ecb": {0.97, 0.97}, "gva": {0.97, 0.785}, "allsides": {0.985, 0.925}})
	})
}

// atLeast compares a report with lower bounds: of the pairs of a set, F1; of a stream, the precision of
// its folds and the F1 of its joins.
func atLeast(t *testing.T, r StoriesReport, pairs map[string]float64, streams map[string][2]float64) {
	t.Helper()
	for _, s := range r.Pairs {
		if s.F1 < pairs[s.Set] {
			t.Errorf("%s: F1 %.3f, want at least %.3f", s.Set, s.F1, pairs[s.Set])
		}
	}
	for _, s := range r.Streams {
		if least := streams[s.Set]; s.FoldPrecision < least[0] || s.JoinF1 < least[1] {
			t.Errorf("%s: folds' precision %.3f, joins' F1 %.3f; want at least %.3f and %.3f", s.Set, s.FoldPrecision, s.JoinF1, least[0], least[1])
		}
	}
}
