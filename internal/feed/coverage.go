package feed

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// CoverageHalfLife is the time in which what an outlet adds to a story's weight falls to half.
const CoverageHalfLife = 8 * time.Hour

// coverageSteps is how many steps of rank there are between a weight and twice that weight.
const coverageSteps = 2

// Told is one report of a story, as far as the story's coverage depends on it.
type Told struct {
	Story, Entry string // their keys
	Source       string // Source.ID
	Outlet       string // see Source.Outlet; sources of one outlet are one voice
	At           time.Time
	Backlog      bool // its entry is kept out of the feeds
}

// Told is when the report was told: its date, but never later than it was first seen, so that nobody
// gains by a date that lies ahead.
func (it *Item) Told() time.Time {
	if at := it.Date(); it.FirstSeen.IsZero() || at.Before(it.FirstSeen) {
		return at
	}
	return it.FirstSeen
}

// Coverage is how widely a story is told. Its weight at the time t is
//
//	W(t) = sum over the outlets that tell it of 2^(-(t - told) / 8h)
//
// where told is when the outlet told the latest of its reports. So an outlet counts once, however much
// it writes, and at most 1; outlets that tell a story within an hour weigh more than as many that
// tell it over days; and everything halves within CoverageHalfLife. As all stories fade alike, which of
// two weighs more changes with their reports alone, and not as time passes.
//
// A story's place, see CompareCoverage, goes by its rank: the weight's logarithm in whole steps of half
// a doubling. It is reckoned from the reports in the order of their times, and a story moves, to the
// head of its new rank, only when they have carried it a whole step up: one more report among many moves
// nothing, and of two stories of about one weight neither passes the other with each report.
// All of it follows from the reports, wherever and in whatever order they were collected.
type Coverage struct {
	Story   string // its key
	Outlets int    // that tell it
	First   time.Time
	Last    time.Time // its first and its latest report

	score   float64   // log2 of the weight at the Unix epoch
	rank    float64   // score in whole steps
	reached time.Time // when the report came with which it has its rank
}

// Cover returns the coverage of the story that these reports tell, given in any order. None is the zero
// value, which ranks behind every story.
func Cover(reports []Told) Coverage {
	if len(reports) == 0 {
		return Coverage{rank: math.Inf(-1), score: math.Inf(-1)}
	}
	reports = slices.Clone(reports)
	slices.SortFunc(reports, func(a, b Told) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Outlet, b.Outlet)) })
	first, last := reports[0].At, reports[len(reports)-1].At
	c := Coverage{Story: reports[0].Story, First: first, Last: last}

	// Weights are reckoned at the time of the latest report, where they are of a size to be added.
	weight := func(at time.Time) float64 { return math.Exp2(-halfLives(last) + halfLives(at)) }
	latest := make(map[string]float64, len(reports)) // what each outlet adds
	type step struct {
		rank float64
		at   time.Time
	}
	var steps []step
	sum := 0.0
	for _, r := range reports {
		w := weight(r.At)
		sum += w - latest[r.Outlet]
		latest[r.Outlet] = w
		c.score = halfLives(last) + math.Log2(sum)
		if rank := rankOf(c.score); len(steps) == 0 || rank > steps[len(steps)-1].rank {
			steps = append(steps, step{rank, r.At})
		}
	}
	top := steps[len(steps)-1]
	c.Outlets, c.rank, c.reached = len(latest), top.rank, top.at
	return c
}

// halfLives counts them since the Unix epoch.
func halfLives(t time.Time) float64 {
	return float64(t.Unix()) / CoverageHalfLife.Seconds()
}

// rankOf leaves out what processors may reckon differently: the last digits.
func rankOf(score float64) float64 {
	return math.Floor(math.Round(score*coverageSteps*1e6) / 1e6)
}

// Weight is W at a time: about the number of outlets just after they told the story, half of it eight
// hours later.
func (c Coverage) Weight(at time.Time) float64 { return math.Exp2(c.score - halfLives(at)) }

// CompareCoverage orders stories by how widely they are told, the widest first: by rank, then what
// reached it last, then by key.
func CompareCoverage(a, b Coverage) int {
	return cmp.Or(cmp.Compare(b.rank, a.rank), b.reached.Compare(a.reached), cmp.Compare(a.Story, b.Story))
}

// ToldBy lists what of an entry counts to coverage: its reports that may be published. outlet names
// the outlet of a source.
func (e *Entry) ToldBy(outlet func(source string) string) []Told {
	if !e.Withdrawn.IsZero() {
		return nil
	}
	var told []Told
	for i := range e.Reports {
		if it := &e.Reports[i]; it.Dropped == "" && it.Gone.IsZero() {
			told = append(told, Told{Story: e.Story, Entry: e.Key, Source: it.Source, Outlet: outlet(it.Source), At: it.Told(), Backlog: e.Backlog})
		}
	}
	return told
}

// CoverStories returns the coverage of each story that these reports tell, by its key. What tells an
// event in an entry of its own, as a later development or what is only related, counts to its story.
func CoverStories(reports []Told) map[string]Coverage {
	by := map[string][]Told{}
	for _, r := range reports {
		by[r.Story] = append(by[r.Story], r)
	}
	covered := make(map[string]Coverage, len(by))
	for story, told := range by {
		covered[story] = Cover(told)
	}
	return covered
}

// SpeakFor chooses, of the entries that tell one story, the one that stands for it where a story is
// shown once: the one that is told most widely itself, by the same measure. "" when the feeds have none.
func SpeakFor(reports []Told) (entry string) {
	by := map[string][]Told{}
	for _, r := range reports {
		if r.Backlog {
			continue
		}
		r.Story = r.Entry // the entry is what ties are broken by
		by[r.Entry] = append(by[r.Entry], r)
	}
	best := Cover(nil)
	for _, told := range by {
		if c := Cover(told); CompareCoverage(c, best) < 0 {
			best = c
		}
	}
	return best.Story
}

// Equal tells whether c and d are the same in every respect.
func (c Coverage) Equal(d Coverage) bool {
	return c.Story == d.Story && c.Outlets == d.Outlets && c.First.Equal(d.First) && c.Last.Equal(d.Last) &&
		c.score == d.score && c.rank == d.rank && c.reached.Equal(d.reached)
}
