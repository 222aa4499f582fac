package sections

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"

	"github.com/google/go-cmp/cmp"
)

// talkative returns examples in which six words that say one thing always stand together: seven in ten of kinh-te
// have them, and three of the-thao. The word "trận" is in six of ten of the-thao, and in three of twenty of kinh-te.
func talkative(n int, at time.Time) (labels []Label) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range n {
		section, together, alone := "kinh-te", 70, 15
		if i%2 == 1 {
			section, together, alone = "the-thao", 30, 60
		}
		words := []string{fmt.Sprintf("dòng%d", r.IntN(50)), fmt.Sprintf("mục%d", r.IntN(50))}
		if r.IntN(100) < together {
			words = append(words, "tổng công ty mẹ của hãng")
		}
		if r.IntN(100) < alone {
			words = append(words, "trận")
		}
		r.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		labels = append(labels, Label{Item: int64(i + 1), Section: section, Language: "vi", At: at.Unix(), Text: strings.Join(words, " ") + "\n"})
	}
	return labels
}

func each(labels []Label) func(func(Label)) error {
	return func(f func(Label)) error {
		for _, l := range labels {
			f(l)
		}
		return nil
	}
}

// correctedModel is one that learned the examples and how it errs.
func correctedModel(t *testing.T, now time.Time, labels []Label) *Model {
	t.Helper()
	m := NewWeighingModel(Weighing{Now: now})
	if err := m.LearnAll(each(labels)); err != nil {
		t.Fatal(err)
	}
	return m
}

// Words that always stand together count as one.
func TestCorrection(t *testing.T) {
	now := time.Date(2026, 11, 4, 0, 0, 0, 0, time.UTC)
	labels := talkative(3000, now.AddDate(0, 0, -30))
	const both = "Trận tổng công ty mẹ của hãng"
	sport := func(m *Model, text string, change ...func([]feed.Section, *feed.SectionSettings)) float64 {
		s, p := learnedFiler(t, m, change...).Likeliest(&feed.Item{Source: "vi", Title: text})
		if s != "the-thao" {
			return 1 - p
		}
		return p
	}
	plain := taught(labels)
	corrected := correctedModel(t, now, labels)
	if before, after := sport(plain, both), sport(corrected, both); before > .45 || after < .5 {
		t.Errorf("of the examples with both, three in five are of the-thao; it has the probability %.3f by the counts and %.3f corrected", before, after)
	}
	if before, after := sport(plain, bareTitle(both)), sport(corrected, bareTitle(both)); after < before+.08 {
		t.Errorf("without diacritics it has the probability %.3f by the counts and %.3f corrected", before, after)
	}

	// The reasons that are told are those that decide.
	p := filedUnder(learnedFiler(t, corrected), "vi", both)
	if !slices.ContainsFunc(p.Evidence, func(e feed.Evidence) bool { return strings.EqualFold(e.Words, "trận") && e.Adds >= .45 }) {
		t.Errorf("the reasons are %q", p.Reasons())
	}
	says := func(m *Model) float64 {
		words, err := LearnedWords(m, "the-thao", nil, 1000, each(labels))
		i := slices.IndexFunc(words, func(w feed.LearnedWord) bool { return w.Words == "trận" })
		if err != nil || i < 0 {
			t.Fatalf("trận is not among %d words, %v", len(words), err)
		}
		return words[i].Adds
	}
	if before, after := says(plain), says(corrected); after < before+.1 {
		t.Errorf("trận is told to add %.2f to the-thao, and %.2f before", after, before)
	}

	// What the editor strikes out corrects nothing.
	never := func(_ []feed.Section, set *feed.SectionSettings) { set.Never = []string{"trận"} }
	if with, without := sport(corrected, both, never), sport(corrected, "tổng công ty mẹ của hãng"); with > .5 || without > .5 {
		t.Errorf("with trận struck out the-thao has the probability %.3f, and %.3f where it is not there", with, without)
	}
	own := func(s []feed.Section, _ *feed.SectionSettings) { s[0].Never = []string{"trận"} }
	if with := sport(corrected, both, own); with > .5 {
		t.Errorf("with trận struck out of it the-thao has the probability %.3f", with)
	}

	// The editor's word counts at once.
	for i := range 40 {
		corrected.LearnLabel(Label{Item: int64(9000 + i), Section: "kinh-te", Language: "vi", Text: both + "\n"}, 1)
	}
	if p := sport(corrected, both); p > .4 {
		t.Errorf("after the editor filed forty such under kinh-te the-thao has the probability %.3f", p)
	}
}

// That a section has more examples corrects by the root of their number: of words that stand in both alike a section
// with seven times as many has the odds of 2.6, not of 7.
func TestCorrectionBySharesIsTempered(t *testing.T) {
	now := time.Date(2026, 11, 4, 0, 0, 0, 0, time.UTC)
	r := rand.New(rand.NewPCG(7, 8))
	var labels []Label
	for i := range 1600 {
		section := "kinh-te"
		if i%8 == 0 {
			section = "the-thao"
		}
		text := fmt.Sprintf("dòng%d mục%d\n", r.IntN(20), r.IntN(20))
		labels = append(labels, Label{Item: int64(i + 1), Section: section, Language: "vi", At: now.AddDate(0, 0, -30).Unix(), Text: text})
	}
	f := learnedFiler(t, correctedModel(t, now, labels))
	sum := 0.0
	const asked = 50
	for i := range asked {
		s, p := f.Likeliest(&feed.Item{Source: "vi", Title: fmt.Sprintf("dòng%d mục%d", i%20, i*7%20)})
		if s != "the-thao" {
			p = 1 - p
		}
		sum += p / asked
	}
	if odds := (1 - sum) / sum; odds < 2 || odds > 3.5 {
		t.Errorf("of two sections of which one has seven times as many examples, of the same words, the smaller has the probability %.3f in the mean", sum)
	}
}

// Two desks that begin on different days of a week correct alike, in whatever order they read.
func TestCorrectionIsOfItsWeek(t *testing.T) {
	now := time.Date(2026, 11, 4, 0, 0, 0, 0, time.UTC)
	labels := talkative(400, now.AddDate(0, 0, -30))
	want := correctedModel(t, now, labels).languages["vi"].correction
	if len(want.weights) == 0 {
		t.Fatal("nothing is corrected")
	}
	weights := func(c correction) map[Feature][]int8 {
		all := map[Feature][]int8{}
		for _, s := range c.index.slots {
			if s.feature != 0 {
				all[s.feature] = c.of(s.feature)
			}
		}
		return all
	}
	shuffled := slices.Clone(labels)
	rand.New(rand.NewPCG(5, 6)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	if diff := cmp.Diff(weights(want), weights(correctedModel(t, now.Add(24*time.Hour), shuffled).languages["vi"].correction)); diff != "" {
		t.Errorf("the order shows (-want +got):\n%s", diff)
	}
	young := talkative(400, now)
	if c := correctedModel(t, now, young).languages["vi"].correction; len(c.weights) != 0 {
		t.Errorf("%d features correct by the examples of this week", len(c.weights))
	}
	if c := correctedModel(t, now, labels[:90]).languages["vi"].correction; len(c.weights) != 0 {
		t.Errorf("%d features correct by 90 examples of two sections", len(c.weights))
	}
}

func TestCorrectionOfWhatCannotBeRead(t *testing.T) {
	failure := errors.New("no database")
	if err := NewModel().LearnAll(func(func(Label)) error { return failure }); !errors.Is(err, failure) {
		t.Errorf("%v, want %v", err, failure)
	}
}

// BenchmarkLearnAll measures what a start takes, an example.
func BenchmarkLearnAll(b *testing.B) {
	labels := talkative(2000, time.Unix(0, 0))
	for b.Loop() {
		m := NewWeighingModel(Weighing{Now: time.Unix(0, 0).Add(5 * week)})
		if err := m.LearnAll(each(labels)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(labels)), "ns/example")
}
