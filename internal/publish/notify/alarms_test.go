package notify

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"feedd/internal/feed"
	"feedd/internal/store"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func TestConditions(t *testing.T) {
	day := [24]float64{}
	for h := 8; h < 18; h++ {
		day[h] = 0.1
	}
	even := [24]float64{}
	for h := range even {
		even[h] = 1.0 / 24
	}
	rhythm := func(newest time.Duration, gap time.Duration, hours [24]float64) feed.SourceState {
		return feed.SourceState{LastSuccess: noon, Rhythm: &feed.Rhythm{Gap: gap, Seen: 100, Newest: noon.Add(-newest), Hours: hours}}
	}
	for name, c := range map[string]struct {
		state feed.SourceState
		src   feed.Source
		want  string
	}{
		"fine":                          {state: feed.SourceState{LastSuccess: noon, Items: 10}},
		"failed a little":               {state: feed.SourceState{Failures: 4, Error: "timeout"}},
		"failed often":                  {state: feed.SourceState{Failures: 5, Error: "timeout"}, want: "failing: Báo has failed 5 times in a row: timeout"},
		"failed, with its address":      {state: feed.SourceState{Failures: 5, Error: `Get "https://x.example/rss?key=s3cret": EOF`}, want: `failing: Báo has failed 5 times in a row: Get "https://x.example/…": EOF`},
		"as often as usual":             {state: rhythm(3*time.Hour+59*time.Minute, time.Hour, even)},
		"silent":                        {state: rhythm(5*time.Hour, time.Hour, even), want: "silent: Báo has had nothing new since 07:00, 27 November 2026; usually there is an item about every 1h"},
		"silent at night":               {state: rhythm(18*time.Hour, 2*time.Hour, day)},
		"silent since yesterday's noon": {state: rhythm(24*time.Hour, 2*time.Hour, day), want: "silent: Báo has had nothing new since 12:00, 26 November 2026; usually there is an item about every 2h"},
		"a short pause":                 {state: rhythm(50*time.Minute, time.Minute, even)},
		"hardly known":                  {state: feed.SourceState{LastSuccess: noon, Rhythm: &feed.Rhythm{Gap: time.Minute, Seen: 3, Newest: noon.Add(-99 * time.Hour)}}},
		"fails and is silent":           {state: feed.SourceState{LastSuccess: noon, Failures: 9, Error: "x", Rhythm: rhythm(99*time.Hour, time.Hour, even).Rhythm}, want: "failing: Báo has failed 9 times in a row: x"},
		"some without a date":           {state: feed.SourceState{Items: 10, Undated: 4}},
		"most without a date":           {state: feed.SourceState{Items: 10, Undated: 5}, want: "undated: Báo: 5 of 10 items have no date"},
		"a page without dates":          {state: feed.SourceState{Items: 10, Undated: 10}, src: feed.Source{Page: &feed.Page{Item: "li"}}},
		"without links":                 {state: feed.SourceState{Items: 2, Unlinked: 2}, want: "unlinked: Báo: 2 of 2 items have no link"},
		"a hub missed one":              {state: feed.SourceState{Push: &feed.Push{State: feed.PushActive, LastPush: noon, Missed: 1}}},
		"a hub stopped":                 {state: feed.SourceState{Push: &feed.Push{State: feed.PushActive, LastPush: noon, Missed: 2}}, want: "hub: the hub of Báo no longer delivers; it is polled on schedule"},
		"a hub never pushed":            {state: feed.SourceState{Push: &feed.Push{State: feed.PushDenied, Missed: 2}}},
		"of an address before":          {state: feed.SourceState{URL: "https://old.example/", Failures: 9}},
	} {
		t.Run(name, func(t *testing.T) {
			src := c.src
			src.ID, src.Title, src.URL = "a", "Báo", "https://x.example/rss"
			s := Settings{Site: feed.Site{Language: "en"}, Sources: map[string]feed.Source{"a": src}, Alerts: feed.Alerts{Failures: 5, Silent: 4}}
			got := ""
			for _, w := range conditions(&s, map[string]feed.SourceState{"a": c.state}, nil, nil, noon) {
				got += string(w.kind) + ": " + w.text
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A section that was never filled is told of when it has stayed empty, one that ran dry at once; both, and
// what is wrong with the configuration, are told once and once more when it is over.
func TestAlarmsBeginOpenAndEnd(t *testing.T) {
	s := Settings{
		Site: feed.Site{Language: "en"}, Alerts: feed.Alerts{Empty: 24 * time.Hour},
		Sections: []feed.Section{{ID: "dry", Title: "Dry"}, {ID: "never", Title: "Never"}, {ID: "full", Title: "Full"}},
	}
	newest := map[string]time.Time{"dry": noon.Add(-25 * time.Hour), "full": noon}
	trouble := map[string]feed.Text{"feeds.yaml": feed.Say("line 3: unknown key")}
	var known []feed.Alarm
	look := func(at time.Duration) (told []string) {
		now := noon.Add(at)
		newest["full"] = now
		for _, a := range changes(conditions(&s, nil, newest, trouble, now), known, now) {
			known = slices.DeleteFunc(known, func(k feed.Alarm) bool { return k.Kind == a.Kind && k.Subject == a.Subject })
			switch {
			case !a.Over.IsZero():
				told = append(told, "over: "+a.Subject)
				continue
			case !a.Opened.IsZero():
				told = append(told, a.Text)
			}
			known = append(known, a)
		}
		return told
	}
	for _, step := range []struct {
		at   time.Duration
		do   func()
		want []string
	}{
		{0, nil, []string{"what was saved last in feeds.yaml is not in force: line 3: unknown key", "the section Dry has had no new story since 11:00, 26 November 2026"}},
		{time.Minute, nil, nil},
		{time.Hour, func() { clear(trouble) }, []string{"over: feeds.yaml"}},
		{24 * time.Hour, nil, []string{"the section Never has had no new story since 12:00, 27 November 2026"}},
		{25 * time.Hour, func() { newest["dry"], newest["never"] = noon.Add(25*time.Hour), noon.Add(25*time.Hour) }, []string{"over: dry", "over: never"}},
		{26 * time.Hour, nil, nil},
	} {
		if step.do != nil {
			step.do()
		}
		got := look(step.at)
		slices.SortFunc(got, func(a, b string) int { return strings.Compare(b, a) })
		want := slices.Clone(step.want)
		slices.SortFunc(want, func(a, b string) int { return strings.Compare(b, a) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after %v (-want +told):\n%s", step.at, diff)
		}
	}
}

// countedAlarms counts how often it is asked what is wrong.
type countedAlarms struct {
	*store.Store
	asked int
	err   error
}

func (c *countedAlarms) Alarms(context.Context, time.Time) ([]feed.Alarm, error) {
	c.asked++
	return nil, c.err
}

// The store is asked for alarms after the configuration was said to be wrong, or right again, and not after each commit.
func TestACommitAsksForNoAlarms(t *testing.T) {
	c := &countedAlarms{}
	n, err := New(Options{Alarms: c, Registry: prometheus.NewRegistry(), Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w := &watcher{n: n}
	for _, step := range []struct {
		what     string
		do       func()
		asked    int
		troubled bool
	}{
		{"nothing was wrong", func() {}, 0, false},
		{"a mistake", func() { n.Trouble("feeds.yaml", feed.Say("line 3: unknown key")) }, 1, true},
		{"a commit", func() {}, 1, false},
		{"no mistake any more", func() { n.Trouble("feeds.yaml", feed.Text{}) }, 2, false},
		{"a mistake while the store is away", func() { c.err = errors.New("away"); n.Trouble("feeds.yaml", feed.Say("line 3: unknown key")) }, 3, true},
	} {
		step.do()
		for range 3 { // commits
			is := w.troubled(t.Context())
			if is != step.troubled || c.asked != step.asked {
				t.Errorf("%s: asked %d times, want %d; troubled %v, want %v", step.what, c.asked, step.asked, is, step.troubled)
			}
			step.troubled = false
		}
	}
}
