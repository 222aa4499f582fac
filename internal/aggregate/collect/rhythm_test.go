package collect

import (
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
)

// live runs a source that publishes at the given times for days, by its own rhythm, and returns its
// runs of the last day and the longest time an item of that day waited for one. The document has
// the newest twenty items.
func live(t *testing.T, published func(time.Time) bool, days int) (runs []time.Time, slowest time.Duration) {
	t.Helper()
	hcm := mustZone(t, "Asia/Ho_Chi_Minh")
	src := feed.Source{ID: "s", URL: "u", Schedule: Auto, Timezone: hcm}
	now := time.Date(2026, 11, 2, 0, 0, 0, 0, hcm)
	end := now.AddDate(0, 0, days)
	lastDay := end.AddDate(0, 0, -1)
	var items, waiting []time.Time
	st := feed.SourceState{URL: "u", LastRun: now}
	next, _ := NextRun(src, st, now)
	for ; now.Before(end); now = now.Add(time.Minute) {
		if published(now) {
			items, waiting = append(items, now), append(waiting, now)
		}
		if now.Before(next) {
			continue
		}
		for _, it := range waiting {
			if it.After(lastDay) {
				slowest = max(slowest, now.Sub(it))
			}
		}
		waiting = waiting[:0]
		doc := make([]feed.Item, 0, 20)
		for _, at := range items[max(0, len(items)-20):] {
			doc = append(doc, feed.Item{Published: at})
		}
		st.LastRun = now
		st.Rhythm = learnRhythm(st.Rhythm, doc, now, hcm)
		if now.After(lastDay) {
			runs = append(runs, now)
		}
		var why feed.Reason
		next, why = NextRun(src, st, now)
		if d := next.Sub(now); d < rhythmLeast || d > rhythmMost || !strings.HasPrefix(why.Text, "runs ") {
			t.Fatalf("runs after %v: %s", d, why.Text)
		}
	}
	return runs, slowest
}

func TestRhythm(t *testing.T) {
	daily := func(from, to int, every time.Duration) func(time.Time) bool {
		return func(at time.Time) bool {
			return at.Hour() >= from && at.Hour() < to && at.Sub(at.Truncate(time.Hour))%every == 0
		}
	}
	for name, c := range map[string]struct {
		published   func(time.Time) bool
		days        int
		least, most int // runs in a day
		slowest     time.Duration
	}{
		"a wire":             {func(at time.Time) bool { return true }, 3, 280, 288, 6 * time.Minute},
		"every half hour":    {daily(0, 24, 30*time.Minute), 5, 60, 110, 25 * time.Minute},
		"by day":             {daily(7, 19, 20*time.Minute), 20, 60, 110, 45 * time.Minute},
		"one at nine":        {daily(9, 10, time.Hour), 40, 1, 12, 8 * time.Hour},
		"one in ten days":    {func(at time.Time) bool { return at.Hour() == 9 && at.Minute() == 0 && at.Day()%10 == 0 }, 90, 0, 2, 24 * time.Hour},
		"silent for a month": {func(at time.Time) bool { return at.Month() == time.November && at.Day() < 5 && at.Minute() == 0 }, 40, 0, 2, 0},
		"never anything":     {func(time.Time) bool { return false }, 3, 47, 48, 0},
	} {
		runs, slowest := live(t, c.published, c.days)
		if len(runs) < c.least || len(runs) > c.most {
			t.Errorf("%s: %d runs in a day, want %d to %d", name, len(runs), c.least, c.most)
		}
		if slowest > c.slowest {
			t.Errorf("%s: an item waited %v, want %v at most", name, slowest, c.slowest)
		}
		if name == "by day" {
			night := 0
			for _, at := range runs {
				if at.Hour() < 6 || at.Hour() >= 20 {
					night++
				}
			}
			if night > 15 {
				t.Errorf("%s: %d runs at night of %d", name, night, len(runs))
			}
		}
	}
}

func TestRhythmLearnsAnItemOnce(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	items := []feed.Item{{Published: now.Add(-3 * time.Hour)}, {Published: now.Add(-2 * time.Hour)}, {Published: now.Add(-time.Hour)}, {}, {Published: now.Add(time.Hour)}}
	r := learnRhythm(nil, items, now, time.UTC)
	if r.Seen != 3 || r.Gap != time.Hour || !r.Newest.Equal(now.Add(-time.Hour)) {
		t.Errorf("%+v", r)
	}
	if again := learnRhythm(r, items, now, time.UTC); again.Seen != 3 || again.Hours != r.Hours {
		t.Errorf("%+v", again)
	}
	if got := learnRhythm(r, items[:1], now, time.UTC); got != r {
		t.Errorf("one item changes it to %+v", got)
	}
}

func TestDescribeRhythm(t *testing.T) {
	r := &feed.Rhythm{Gap: 20 * time.Minute, Seen: 240}
	for _, h := range []int{22, 23, 0, 7, 8, 9, 10} {
		r.Hours[h] = 1.0 / 7
	}
	if got, want := DescribeRhythm(r), "a new item about every 20m, mostly from 7:00 to 11:00 and 22:00 to 1:00, learned from 240 items"; got != want {
		t.Errorf("%s", got)
	}
	r.Seen = 10
	if got, want := DescribeRhythm(r), "a new item about every 20m, learned from 10 items"; got != want {
		t.Errorf("%s", got)
	}
	if got := DescribeRhythm(nil); got != "" {
		t.Errorf("%s", got)
	}
}
