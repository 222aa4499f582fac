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

// The figures below are floors: quality on the development data that no change may lose unseen.
func TestPairsStayToldApart(t *testing.T) {
	floors := map[string]float64{"vi_syn": 0.99, "vi_real": 0.935, "vi_series": 0.99, "vi_mds": 0.73, "en_syn": 0.99}
	for _, s := range evaluate(t, feedtest.Shared(t, "quality/pairs.tsv")).Pairs {
		if s.F1 < floors[s.Set] {
			t.Errorf("%s: F1 %.3f, the floor is %.3f", s.Set, s.F1, floors[s.Set])
		}
	}
}

func TestInventedPairs(t *testing.T) {
	for _, s := range evaluate(t, "testdata/pairs.tsv").Pairs {
		if s.F1 < 0.94 {
			t.Errorf("F1 %.3f, the floor is 0.94", s.F1)
		}
	}
}

func TestDaysStayGrouped(t *testing.T) {
	for _, s := range evaluate(t, feedtest.Shared(t, "quality/clusters_vi.tsv")).Streams {
		if s.Set == "day" && (s.JoinF1 < 0.82 || s.JoinPrecision < 0.86 || s.StrongPrecision < 0.97) {
			t.Errorf("joins: precision %.3f, F1 %.3f, strong precision %.3f; the floors are 0.86, 0.82 and 0.97", s.JoinPrecision, s.JoinF1, s.StrongPrecision)
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
	t.Run("cross-validated", func(t *testing.T) {
		report := read().CrossValidate(5, 1, nil)
		t.Log("\n" + report.String())
		// F1, least recall and most mistakes of the duplicates
		floors := map[string][3]float64{
			"vi_syn": {0.98, 0.99, 0.01}, "vi_real": {0.93, 0.80, 0.01}, "vi_real+": {0.93, 0.85, 0.01}, "vi_series": {0.98, 0, 0}, "en_syn": {0.90, 0.75, 0},
		}
		for _, s := range report.Pairs {
			if floor, ok := floors[s.Set]; ok && (s.F1 < floor[0] || s.DuplicateRecall < floor[1] || s.DuplicateWrong > floor[2]) {
				t.Errorf("%s: F1 %.3f, duplicates %.3f with %.3f wrong; the bounds are %v", s.Set, s.F1, s.DuplicateRecall, s.DuplicateWrong, floor)
			}
		}
		for _, s := range report.Streams {
			if s.Set == "all days" && (s.JoinPrecision < 0.86 || s.JoinRecall < 0.72 || s.JoinF1 < 0.78 || s.StrongPrecision < 0.97 || s.BCubedMany < 0.87) {
				t.Errorf("%s: joins %.3f %.3f %.3f, strong %.3f, B-cubed %.3f; the floors are 0.86, 0.72, 0.78, 0.97 and 0.87",
					s.Set, s.JoinPrecision, s.JoinRecall, s.JoinF1, s.StrongPrecision, s.BCubedMany)
			}
		}
	})
}
