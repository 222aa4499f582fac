package collect

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
)

func TestCheckSchedule(t *testing.T) {
	for _, line := range []string{
		"*/15 * * * *", "0 6 * * *", "5,35 8-20 * * mon-fri", "@hourly", "@daily", "@weekly", "@monthly",
		"@every 10m", "@every 1h30m", "@every 1m", "auto", " 0 6 * * 7 ", "0 6 * * 5-7", "0 0 1 jan *", "7-59/15 * * * *",
		"0 6 ? * sun", "0 6 * * fri-sun", "30/10 * * * *",
	} {
		if err := CheckSchedule(line); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
	for line, want := range map[string]string{
		"":                                   "empty",
		"TZ=UTC":                             "timezone key",
		"CRON_TZ=Europe/Berlin":              "timezone key",
		"CRON_TZ=Europe/Berlin 0 6 * * *":    "timezone key",
		"@every 0s":                          "more often than once a minute",
		"@every -5m":                         "more often than once a minute",
		"@every 59s":                         "more often than once a minute",
		"@every 61500ms":                     "fractions of a second",
		"@every 10000h":                      "366 days",
		"@every":                             "is no duration",
		"@every ten":                         "is no duration",
		"@reboot":                            "unrecognized descriptor",
		"0 0 31 2 *":                         "no such day",
		"0 0 29 2 *":                         "less often",
		"*/70 * * * *":                       "larger than the range",
		"*/0 * * * *":                        "above 0",
		"1,,2 * * * *":                       "empty",
		"* * * *":                            "5 fields",
		"0 * * * * *":                        "seconds",
		"60 * * * *":                         "not within 0-59",
		"0 24 * * *":                         "not within 0-23",
		"0 0 0 * *":                          "not within 1-31",
		"0 0 * 13 *":                         "not within 1-12",
		"0 0 * * 8":                          "not within 0-7",
		"*-5 * * * *":                        "is no number",
		"+5 * * * *":                         "is no number",
		"20-10 * * * *":                      "begins after its end",
		"a * * * *":                          "is no number",
		"0 0 * anf *":                        "is no number",
		"1/2/3 * * * *":                      "above 0",
		"@every 10m\n@every 20m":             "is no duration",
		"0 0 * * " + strings.Repeat("1", 30): "is no number",
	} {
		err := CheckSchedule(line)
		if err == nil {
			t.Errorf("%q is taken", line)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q in it", line, err, want)
		}
	}
}

func FuzzCheckSchedule(f *testing.F) {
	for _, s := range []string{"*/15 * * * *", "TZ=UTC", "@every 1m", "0 6 * * 5-7", "1,,2 * * * *", "0 0 29 2 *"} {
		f.Add(s)
	}
	from := time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, line string) {
		if CheckSchedule(line) != nil {
			return
		}
		src := feed.Source{ID: "a", URL: "u", Schedule: line, Timezone: mustZone(t, "Europe/Berlin")}
		at, why := NextRun(src, feed.SourceState{URL: "u", LastRun: from}, from)
		if !at.After(from) || why.Text == "" || why.Kind == "" {
			t.Fatalf("%q runs at %v after %v: %s", line, at, from, why.Text)
		}
	})
}

func mustZone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestSundayIsSevenToo(t *testing.T) {
	from := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) // a Monday
	for line, want := range map[string]string{
		"0 6 * * 7":       "Sun 29",
		"0 6 * * 0":       "Sun 29",
		"0 6 * * 6-7":     "Sat 28",
		"0 6 * * fri-sun": "Fri 27",
		"0 6 * * 1-7/2":   "Mon 23",
	} {
		s, err := parseLine(line, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.next(from).Format("Mon 02"); got != want {
			t.Errorf("%q runs on %s, want %s", line, got, want)
		}
	}
}

// Whatever clocks do, a line always advances, loses no day, and runs no daily line twice.
func TestNextSurvivesClockChanges(t *testing.T) {
	zones := []string{"Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "America/Santiago", "Africa/Cairo",
		"Asia/Beirut", "America/Havana", "Atlantic/Azores", "Australia/Lord_Howe", "Pacific/Chatham", "UTC"}
	lines := []struct {
		line string
		most time.Duration
		once bool // on each day of the zone's calendar
	}{
		{"@daily", 25 * time.Hour, true},
		{"30 0 * * *", 25 * time.Hour, true},
		{"30 1 * * *", 25 * time.Hour, true},
		{"30 2 * * *", 26 * time.Hour, true},
		{"0 */2 * * *", 4 * time.Hour, false},
		{"*/15 * * * *", 15 * time.Minute, false},
		{"45 * * * *", 90 * time.Minute, false},
	}
	for _, name := range zones {
		loc := mustZone(t, name)
		for _, l := range lines {
			s, err := parseLine(l.line, loc)
			if err != nil {
				t.Fatal(err)
			}
			at := time.Date(2024, 1, 1, 0, 0, 0, 0, loc).Add(-time.Second)
			end := at.AddDate(3, 0, 0)
			day := ""
			for at.Before(end) {
				next := s.next(at)
				if !next.After(at) {
					t.Fatalf("%s %q: %v does not advance to %v", name, l.line, at, next)
				}
				if gap := next.Sub(at); gap > l.most {
					t.Errorf("%s %q: %v from %v to %v", name, l.line, gap, at, next)
				}
				if d := next.Format("2006-01-02"); l.once && d == day {
					t.Errorf("%s %q runs twice on %s: %v, %v", name, l.line, d, at, next)
				} else {
					day = d
				}
				at = next
				if _, change := at.ZoneBounds(); !l.once && !change.IsZero() && change.Sub(at) > 72*time.Hour {
					at = change.Add(-48 * time.Hour).Round(time.Hour) // frequent lines are dull until clocks change
				} else if !l.once && change.IsZero() {
					break
				}
			}
		}
	}
}

// A source with an item that waits for its time is looked at then, though its answer is fresh for longer and its
// document asks for longer gaps; and without validators, for the document may be the same.
func TestHeldItemBringsARunForward(t *testing.T) {
	due := time.Now().Add(90 * time.Second).Truncate(time.Second)
	s := webServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		w.Header().Set("ETag", `"1"`)
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>B</title><ttl>60</ttl><item><title>Nay</title><link>http://b.example/1</link></item>
			<item><title>Hẹn</title><link>http://b.example/2</link><pubDate>%s</pubDate></item></channel></rss>`, due.UTC().Format(time.RFC1123Z))
	})
	for _, hold := range []bool{true, false} {
		src := sourceAt("s", s.URL+"/rss")
		src.HoldFuture, src.Schedule = hold, "@every 2h"
		res := testCollector(t).Collect(t.Context(), src, feed.SourceState{}, nil)
		if res.Outcome != OK {
			t.Fatal(res.Err)
		}
		st := res.State
		if hold && (len(res.Items) != 1 || !st.NextRun.Equal(due.Add(time.Second)) || st.NextWhy.Kind != feed.ReasonHeld || st.ETag != "") {
			t.Errorf("%d items, next run %v (%s), due %v, ETag %q", len(res.Items), st.NextRun, st.NextReason, due, st.ETag)
		}
		if !hold && (len(res.Items) != 2 || !st.HeldUntil.IsZero() || st.NextRun.Before(due.Add(time.Minute)) || st.ETag == "") {
			t.Errorf("without: %d items, next run %v (%s)", len(res.Items), st.NextRun, st.NextReason)
		}
	}
}

func TestNextRun(t *testing.T) {
	hcm := mustZone(t, "Asia/Ho_Chi_Minh")
	now := time.Date(2026, 11, 23, 14, 0, 30, 0, hcm)
	src := func(line string) feed.Source {
		return feed.Source{ID: "a", URL: "https://example.org/rss", Schedule: line, Timezone: hcm}
	}
	state := func(change func(*feed.SourceState)) feed.SourceState {
		st := feed.SourceState{URL: "https://example.org/rss", LastRun: now}
		if change != nil {
			change(&st)
		}
		return st
	}
	for name, c := range map[string]struct {
		line     string
		st       feed.SourceState
		min, max string // local times the run lies within
		why      string
	}{
		"never run":   {"0 6 * * *", feed.SourceState{}, "23 14:00", "23 14:01", "was never collected"},
		"another url": {"0 6 * * *", state(func(s *feed.SourceState) { s.URL = "https://old.example.org" }), "23 14:00", "23 14:01", "its url is new"},
		"by line":     {"*/15 * * * *", state(nil), "23 14:15", "23 14:20", "runs by its schedule, */15 * * * *"},
		"by zone":     {"0 6 * * *", state(nil), "24 06:00", "24 06:05", "runs by its schedule, 0 6 * * *"},
		"every":       {"@every 10m", state(nil), "23 14:05", "23 14:16", "runs by its schedule, @every 10m"},
		"overslept":   {"*/15 * * * *", state(func(s *feed.SourceState) { s.LastRun = now.Add(-72 * time.Hour) }), "20 14:15", "20 14:20", "runs by its schedule, */15 * * * *"},
		"held": {"*/15 * * * *", state(func(s *feed.SourceState) {
			s.WaitUntil, s.WaitReason = now.Add(64*time.Minute+30*time.Second), "the host answered 429"
		}), "23 15:05", "23 15:05", "waits until 15:05 because the host answered 429"},
		"held briefly": {"*/15 * * * *", state(func(s *feed.SourceState) { s.WaitUntil, s.WaitReason = now.Add(time.Minute), "the host answered 429" }), "23 14:15", "23 14:20", "runs by its schedule, */15 * * * *"},
		"ttl":          {"*/15 * * * *", state(func(s *feed.SourceState) { s.TTL = time.Hour }), "23 15:00", "23 15:01", "waits until 15:00 because the document asks for a ttl of 1h"},
		"long ttl":     {"*/15 * * * *", state(func(s *feed.SourceState) { s.TTL = 9000 * time.Hour }), "24 14:15", "24 14:20", "waits until 2026-11-24 14:"},
		"skips hours":  {"*/15 * * * *", state(func(s *feed.SourceState) { s.SkipHours = []int{7, 8, 9} }), "23 17:00", "23 17:00", "waits until 17:00 because the document skips the hour 9:00 GMT"},
		"skips days":   {"0 */6 * * *", state(func(s *feed.SourceState) { s.SkipDays = []time.Weekday{time.Monday} }), "24 07:00", "24 07:00", "waits until 2026-11-24 07:00 because the document skips Monday (GMT)"},
		"skips all": {"*/15 * * * *", state(func(s *feed.SourceState) {
			for h := range 24 {
				s.SkipHours = append(s.SkipHours, h)
			}
		}), "23 14:15", "23 14:20", "runs by its schedule"},
		"one failure":    {"*/15 * * * *", state(func(s *feed.SourceState) { s.Failures, s.Error = 1, "no answer" }), "23 14:15", "23 14:20", "runs by its schedule"},
		"three failures": {"*/15 * * * *", state(func(s *feed.SourceState) { s.Failures, s.Error = 3, "no answer" }), "23 15:00", "23 15:01", "waits until 15:00 because it failed 3 times running: no answer"},
		"many failures":  {"*/15 * * * *", state(func(s *feed.SourceState) { s.Failures, s.Error = 400, "no answer" }), "24 14:00", "24 14:01", "waits until 2026-11-24 14:00 because it failed 400 times running: no answer"},
		"not found":      {"*/15 * * * *", state(func(s *feed.SourceState) { s.Failures, s.Status, s.Error = 1, 404, "the server answered 404 Not Found" }), "23 15:00", "23 15:01", "waits until 15:00 because the server answered 404 Not Found"},
		"pushed": {"*/15 * * * *", state(func(s *feed.SourceState) {
			s.Push = &feed.Push{State: feed.PushActive, LastPush: now.Add(-time.Hour), Until: now.Add(time.Hour)}
		}), "23 20:00", "23 20:01", "waits until 20:00 because its hub pushes new items"},
		"push missed one": {"*/15 * * * *", state(func(s *feed.SourceState) {
			s.Push = &feed.Push{State: feed.PushActive, LastPush: now.Add(-time.Hour), Until: now.Add(time.Hour), Missed: 1}
		}), "23 14:15", "23 14:20", "runs by its schedule"},
		"an item waits":             {"0 6 * * *", state(func(s *feed.SourceState) { s.HeldUntil, s.TTL = now.Add(97*time.Minute+29*time.Second), 3*time.Hour }), "23 15:38", "23 15:38", "an item waits for 15:37"},
		"an item waits for long":    {"*/15 * * * *", state(func(s *feed.SourceState) { s.HeldUntil = now.Add(3 * time.Hour) }), "23 14:15", "23 14:20", "runs by its schedule"},
		"an item waits, and failed": {"0 6 * * *", state(func(s *feed.SourceState) { s.HeldUntil, s.Failures = now.Add(time.Hour), 1 }), "24 06:00", "24 06:05", "runs by its schedule"},
		"an item waits, host held": {"*/15 * * * *", state(func(s *feed.SourceState) {
			s.HeldUntil, s.WaitUntil, s.WaitReason = now.Add(time.Minute), now.Add(time.Hour), "the host answered 429"
		}), "23 15:00", "23 15:01", "waits until"},
		"an item waited": {"*/15 * * * *", state(func(s *feed.SourceState) { s.HeldUntil = now.Add(-time.Minute) }), "23 14:15", "23 14:20", "runs by its schedule"},
		"lease over": {"*/15 * * * *", state(func(s *feed.SourceState) {
			s.Push = &feed.Push{State: feed.PushActive, LastPush: now.Add(-time.Hour), Until: now.Add(-time.Minute)}
		}), "23 14:15", "23 14:20", "runs by its schedule"},
	} {
		at, why := NextRun(src(c.line), c.st, now)
		got := at.In(hcm).Format("02 15:04")
		if got < c.min || got > c.max {
			t.Errorf("%s: runs at %s, want %s to %s", name, got, c.min, c.max)
		}
		if !strings.HasPrefix(why.Text, c.why) || why.Kind == "" {
			t.Errorf("%s: %q, want %q", name, why.Text, c.why)
		}
	}
	at, why := NextRun(src("* * * * *"), state(func(s *feed.SourceState) { s.Gone = true }), now)
	if !at.IsZero() || !strings.Contains(why.Text, "410 Gone") {
		t.Errorf("a gone source runs at %v: %s", at, why.Text)
	}
}

// The runs of one source keep their distance, and those of many sources spread.
func TestJitterIsStable(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	for _, line := range []string{"*/15 * * * *", "@every 15m"} {
		minutes := map[int]int{}
		for i := range 300 {
			src := feed.Source{ID: fmt.Sprintf("s%d", i), URL: "u", Schedule: line}
			st := feed.SourceState{URL: "u", LastRun: now}
			first, _ := NextRun(src, st, now)
			minutes[first.Minute()]++
			at := first
			for range 20 {
				st.LastRun = at.Add(2 * time.Second) // runs start late
				next, _ := NextRun(src, st, at)
				if d := next.Sub(at); d != 15*time.Minute {
					t.Fatalf("%s %q: %v between two runs", src.ID, line, d)
				}
				at = next
			}
		}
		for m, n := range minutes {
			if n > 100 {
				t.Errorf("%q: %d of 300 sources run in minute %d", line, n, m)
			}
		}
	}
}
