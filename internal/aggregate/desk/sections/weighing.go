package sections

import (
	"math"
	"time"

	"feedd/internal/feed"
)

// Examples do not count alike. What a paper filed under culture twenty years ago says less of culture
// now: an example counts half as much for every half-life of its age. And an outlet that files by the
// thousand, in its own way, does not decide for the others: what its examples of a section count
// together grows with the root of their number. What the editor filed is nobody's way but the house's.

// Weighing says how much the examples count. It is taken once for a model, by whole weeks, so that
// what was learned depends on the stored examples and the week alone.
type Weighing struct {
	Now      time.Time
	HalfLife time.Duration // 0: examples do not age
	// Outlets are how many examples each outlet gave each section before this week.
	Outlets []feed.LabelCount
}

// unit is what an example of now counts, in the counts of its features.
const unit = 8

// mostShare bounds how much more the examples of an outlet count that has few of them.
const mostShare = 4

// DefaultHalfLife is the half-life of examples. On headlines of 2022, 600 of the same year among
// 25,000 of 2003 to 2006 are worth more than those the stronger they fade; on a year of one outlet's
// headlines no half-life above five months costs anything.
const DefaultHalfLife = 52 * week

const week = 7 * 24 * time.Hour

// Week is the week that a time is in; a model is built anew with the next.
func Week(t time.Time) int64 { return int64(math.Floor(float64(t.Unix()) / week.Seconds())) }

// Begin is when the week that a time is in began.
func Begin(t time.Time) time.Time { return time.Unix(Week(t)*int64(week/time.Second), 0) }

// weighing is a Weighing made ready.
type weighing struct {
	week   int64
	fade   float64                       // halvings a week
	shares map[string]map[string]float64 // by section and outlet
}

func newWeighing(w Weighing) weighing {
	ready := weighing{week: Week(w.Now), shares: map[string]map[string]float64{}}
	if w.HalfLife > 0 {
		ready.fade = week.Hours() / w.HalfLife.Hours()
	}
	all, roots := map[string]float64{}, map[string]float64{}
	for _, c := range w.Outlets {
		if c.Outlet != "" {
			all[c.Section] += float64(c.Labels)
			roots[c.Section] += math.Sqrt(float64(c.Labels))
		}
	}
	for _, c := range w.Outlets {
		if c.Outlet == "" {
			continue
		}
		if ready.shares[c.Section] == nil {
			ready.shares[c.Section] = map[string]float64{}
		}
		ready.shares[c.Section][c.Outlet] = min(mostShare, all[c.Section]/(roots[c.Section]*math.Sqrt(float64(c.Labels))))
	}
	return ready
}

// of is what an example counts, unit for one of now; 0 for one that is too old to count.
func (w *weighing) of(l *Label) int {
	counts := float64(unit)
	if l.At > 0 && w.fade > 0 {
		counts *= math.Exp2(-w.fade * float64(max(0, w.week-Week(time.Unix(l.At, 0)))))
	}
	if share, ok := w.shares[l.Section][l.Outlet]; ok {
		counts *= share
	}
	return int(math.Round(counts))
}
