package collect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"feedd/internal/feed"
)

// Bounds and figures of schedule: auto.
const (
	rhythmLeast   = 5 * time.Minute
	rhythmMost    = 24 * time.Hour
	rhythmUnknown = 30 * time.Minute // until something is learned
	// A run is worth its request when this many new items are expected.
	rhythmExpects = 0.5
	// The hours remember about this many items: each newer one weighs against them.
	rhythmMemory = 500
	// A source is silent, and not only between two items, when this many were expected since its
	// newest; it slows down from there.
	rhythmSilent = 3
)

// learnRhythm returns what is known of a source's rhythm after a document of it: the median gap
// between its items, and when in the day they come. An item is learned once. It returns old when
// the document holds nothing to learn from.
func learnRhythm(old *feed.Rhythm, items []feed.Item, now time.Time, zone *time.Location) *feed.Rhythm {
	times := make([]time.Time, 0, len(items))
	for i := range items {
		if t := items[i].Published; !t.IsZero() && !t.After(now) {
			times = append(times, t)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	if len(times) < 2 {
		return old
	}
	gaps := make([]time.Duration, 0, len(times)-1)
	for i := 1; i < len(times); i++ {
		gaps = append(gaps, times[i].Sub(times[i-1]))
	}
	slices.Sort(gaps)
	r := &feed.Rhythm{Gap: gaps[len(gaps)/2]}
	if old != nil {
		r.Hours, r.Seen, r.Newest = old.Hours, old.Seen, old.Newest
	}
	// Shares become counts, the counts take the new items in, and become shares again.
	weight := float64(min(r.Seen, rhythmMemory))
	counts := r.Hours
	for h := range counts {
		counts[h] *= weight
	}
	newest := r.Newest
	for _, t := range times {
		if t.After(newest) {
			counts[t.In(zone).Hour()]++
			weight++
			r.Seen++
			r.Newest = t
		}
	}
	if weight == 0 {
		return old
	}
	for h := range counts {
		r.Hours[h] = counts[h] / weight
	}
	return r
}

// rhythmRun returns the run after last at which the learned rhythm expects something new, and says
// so. It walks through the hours of the day by their share of items: a source that publishes by
// day is asked often by day and hardly at night.
func rhythmRun(r *feed.Rhythm, last time.Time, zone *time.Location) (time.Time, feed.Reason) {
	if r == nil || r.Seen == 0 {
		return last.Add(rhythmUnknown), feed.Reason{Kind: feed.ReasonLearning, Every: rhythmUnknown,
			Text: "runs every " + briefly(rhythmUnknown) + " until its rhythm is learned"}
	}
	gap := max(r.Gap, time.Minute)
	rate := hourRates(r)
	// What was expected of the silence since the newest item stretches the gap.
	missed := 0.0
	for t := last.Add(-min(max(last.Sub(r.Newest), 0), 14*24*time.Hour)); t.Before(last); t = t.Add(time.Hour) {
		missed += rate[t.In(zone).Hour()] * float64(min(time.Hour, last.Sub(t))) / float64(gap)
	}
	if missed > rhythmSilent {
		gap = time.Duration(float64(gap) * missed / rhythmSilent)
	}
	expected, at := 0.0, last
	for at.Sub(last) < rhythmMost && expected < rhythmExpects {
		expected += rate[at.In(zone).Hour()] * float64(rhythmLeast) / float64(gap)
		at = at.Add(rhythmLeast)
	}
	every := max(r.Gap.Round(time.Minute), time.Minute)
	return at, feed.Reason{Kind: feed.ReasonRhythm, Every: every, Text: "runs by its rhythm, a new item about every " + briefly(every)}
}

// hourRates tells how much faster than its median gap a source publishes in each hour of the day:
// about 1 in the hours its items come in, near 0 when it sleeps.
func hourRates(r *feed.Rhythm) (rate [24]float64) {
	// Few items say little about hours: an even day counts as one item an hour.
	seen := float64(min(r.Seen, rhythmMemory))
	squares := 0.0
	for h := range rate {
		rate[h] = (r.Hours[h]*seen + 1) / (seen + 24)
		squares += rate[h] * rate[h]
	}
	for h := range rate {
		rate[h] /= squares
	}
	return rate
}

// DescribeRhythm says in a sentence what was learned of when a source publishes: "a new item about
// every 20m, mostly from 7:00 to 11:00 and 14:00 to 17:00, learned from 240 items". It is empty when
// nothing was.
func DescribeRhythm(r *feed.Rhythm) string {
	if r == nil || r.Seen == 0 {
		return ""
	}
	text := "a new item about every " + briefly(max(r.Gap.Round(time.Minute), time.Minute))
	var spans []string
	for _, span := range r.Busy() {
		spans = append(spans, fmt.Sprintf("%d:00 to %d:00", span[0], span[1]))
	}
	if len(spans) > 0 {
		text += ", mostly from " + strings.Join(spans, " and ")
	}
	return fmt.Sprintf("%s, learned from %d items", text, r.Seen)
}
