package feed

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var morning = time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)

// tell makes reports of a story by these outlets, at so many minutes after the morning began.
func tell(story string, at int, outlets ...string) []Told {
	var reports []Told
	for _, o := range outlets {
		reports = append(reports, Told{Story: story, Entry: story, Source: o, Outlet: o, At: morning.Add(time.Duration(at) * time.Minute)})
	}
	return reports
}

func TestWeight(t *testing.T) {
	at := morning.Add(8 * time.Hour)
	for _, tt := range []struct {
		name    string
		reports []Told
		want    float64
	}{
		{"one outlet just now", tell("s", 480, "a"), 1},
		{"one outlet eight hours ago", tell("s", 0, "a"), .5},
		{"an outlet that tells it again counts once, by the latest", slices.Concat(tell("s", 0, "a"), tell("s", 479, "a"), tell("s", 480, "a")), 1},
		{"three outlets at once", tell("s", 480, "a", "b", "c"), 3},
		{"three outlets over sixteen hours", slices.Concat(tell("s", 480, "a"), tell("s", 0, "b"), tell("s", -480, "c")), 1.75},
	} {
		if got := Cover(tt.reports).Weight(at); math.Abs(got-tt.want) > 1e-6 {
			t.Errorf("%s: weight %v, want %v", tt.name, got, tt.want)
		}
	}
	if got := Cover(nil).Weight(at); got != 0 {
		t.Errorf("nobody tells it: weight %v", got)
	}
}

func TestCompareCoverage(t *testing.T) {
	single := func(at int) []Told { return tell("single", at, "a") }
	for _, tt := range []struct {
		name         string
		ahead, after []Told
	}{
		{"five outlets of the morning lead one of now", tell("wide", 0, "a", "b", "c", "d", "e"), single(300)},
		{"one outlet of now leads five of yesterday", single(300), tell("wide", -1500, "a", "b", "c", "d", "e")},
		{"five outlets lead one that writes five times", tell("wide", 0, "a", "b", "c", "d", "e"), slices.Concat(single(0), single(1), single(2), single(3), single(4))},
		{"of two alike, the newer", single(60), tell("older", 0, "a")},
		{"of two at once, the smaller key", tell("a", 0, "a"), tell("b", 0, "a")},
		{"anything leads nothing", tell("old", -100000, "a"), nil},
	} {
		a, b := Cover(tt.ahead), Cover(tt.after)
		if CompareCoverage(a, b) >= 0 || CompareCoverage(b, a) <= 0 {
			t.Errorf("%s: it does not", tt.name)
		}
	}
}

// A date that lies ahead of the first sight gains nothing.
func TestToldIsNeverAheadOfItsSight(t *testing.T) {
	for _, tt := range []struct{ published, seen, want time.Time }{
		{morning, morning.Add(time.Hour), morning},
		{morning.Add(time.Hour), morning, morning},
		{time.Time{}, morning, morning},
		{morning, time.Time{}, morning},
	} {
		it := Item{Published: tt.published, FirstSeen: tt.seen}
		if got := it.Told(); !got.Equal(tt.want) {
			t.Errorf("published %v, seen %v: told %v, want %v", tt.published, tt.seen, got, tt.want)
		}
	}
}

// Two stories of about one weight that are told in turns do not change places with every report, and
// one moves past the other only when its own weight has grown by a whole step.
func TestAStoryDoesNotJumpWithEveryReport(t *testing.T) {
	outlets := "abcdefghijklmnopqrstuvwxyz"
	var a, b []Told
	a, b = append(a, tell("a", 0, "a", "b", "c", "d", "e", "f")...), append(b, tell("b", 0, "a", "b", "c", "d", "e", "f")...)
	order := CompareCoverage(Cover(a), Cover(b))
	changes, naive := 0, 0
	lead := 0
	for i := 6; i < 26; i++ { // each report makes the other story the heavier one
		for _, story := range []*[]Told{&a, &b} {
			name, minute := "a", 2*i
			if story == &b {
				name, minute = "b", 2*i+1
			}
			*story = append(*story, tell(name, minute, outlets[i:i+1])...)
			if now := CompareCoverage(Cover(a), Cover(b)); now != order {
				changes, order = changes+1, now
			}
			at := morning.Add(time.Hour)
			if now := map[bool]int{true: 1, false: -1}[Cover(a).Weight(at) > Cover(b).Weight(at)]; now != lead {
				naive, lead = naive+1, now
			}
		}
	}
	if naive < 30 {
		t.Fatalf("the weights changed places %d times: this tries nothing", naive)
	}
	if changes > 10 {
		t.Errorf("the stories changed places %d times in 40 reports", changes)
	}
}

// No report of a story, and no hour that passes, ever costs it a place it had before other stories.
func TestReportsOnlyRaiseAStory(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	for range 300 {
		var story, other []Told
		for range 2 + r.IntN(20) {
			other = append(other, tell("other", r.IntN(3000), string(rune('a'+r.IntN(9))))...)
		}
		ahead := false
		for minute := 0; minute < 3000; minute += 1 + r.IntN(300) {
			story = append(story, tell("story", minute, string(rune('a'+r.IntN(9))))...)
			now := CompareCoverage(Cover(story), Cover(other)) < 0
			if ahead && !now {
				t.Fatalf("a report at minute %d took the story behind the other", minute)
			}
			ahead = now
		}
	}
}

// Where a story stands does not depend on the order in which its reports were collected.
func TestCoverageIsOfASet(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	for range 200 {
		var reports []Told
		for range 1 + r.IntN(30) {
			reports = append(reports, tell("s", r.IntN(4000), string(rune('a'+r.IntN(12))))...)
		}
		want := Cover(reports)
		r.Shuffle(len(reports), func(i, j int) { reports[i], reports[j] = reports[j], reports[i] })
		if got := Cover(reports); got != want {
			t.Fatalf("in another order: %+v, want %+v", got, want)
		}
	}
}

// Related entries and later developments count to their story, and the entry that most outlets tell
// speaks for it.
func TestCoverStories(t *testing.T) {
	reports := slices.Concat(tell("s", 0, "a", "b", "c"), tell("s", 30, "d"), tell("t", 40, "a", "b"))
	reports[3].Entry = "related"
	covered := CoverStories(reports)
	if s := covered["s"]; s.Outlets != 4 || CompareCoverage(s, covered["t"]) >= 0 {
		t.Errorf("the story has %d outlets, want 4, and must lead", s.Outlets)
	}
	if got := SpeakFor(reports[:4]); got != "s" {
		t.Errorf("%q speaks for the story", got)
	}
}

func TestToldBy(t *testing.T) {
	e := Entry{Key: "e", Story: "s", Reports: []Item{
		{Source: "a-1", Published: morning}, {Source: "a-2", Published: morning},
		{Source: "b", Published: morning, Dropped: "a rule"}, {Source: "c", Published: morning, Gone: morning},
	}}
	outlet := func(source string) string { return source[:1] }
	told := e.ToldBy(outlet)
	if len(told) != 2 || Cover(told).Outlets != 1 || Cover(told).Story != "s" {
		t.Errorf("it counts %+v", told)
	}
	e.Withdrawn = morning
	if told := e.ToldBy(outlet); told != nil {
		t.Errorf("a withdrawn entry counts %+v", told)
	}
}
