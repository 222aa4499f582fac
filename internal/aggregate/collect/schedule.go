package collect

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"feedd/internal/feed"
)

// Auto is the schedule line of a source that runs by its own learned rhythm, see rhythm.go.
const Auto = "auto"

// Bounds of what a schedule may ask for.
const (
	minEvery = time.Minute
	maxEvery = 366 * 24 * time.Hour
)

// CheckSchedule says what is wrong with a schedule line: five cron fields, a descriptor such as
// @hourly, "@every 10m", or "auto". It refuses what robfig/cron panics on, reads as something else
// than is written, or would never or hardly ever run.
func CheckSchedule(line string) error {
	if strings.TrimSpace(line) == Auto {
		return nil
	}
	_, err := parseLine(line, time.UTC)
	return err
}

// NextTick returns the first time after another at which a schedule line runs in a zone. A line that
// CheckSchedule refuses, and "auto", never runs: the time is a year ahead.
func NextTick(line string, after time.Time, zone *time.Location) time.Time {
	t, err := parseLine(line, zone)
	if err != nil {
		return after.Add(maxEvery)
	}
	return t.next(after)
}

// ticks is a parsed schedule line in a zone.
type ticks struct {
	every time.Duration      // of "@every"; 0 for fields
	spec  *cron.SpecSchedule // on a clock without a zone; nil for "@every"
	loc   *time.Location
}

// parser reads a schedule line of any kind but "auto".
type parser func(line string, loc *time.Location) (ticks, error)

// lines remembers what was parsed. Its zero value is empty and ready.
type lines struct {
	mu     sync.Mutex
	parsed map[lineKey]ticks
}

type lineKey struct {
	line string
	loc  *time.Location
}

// parse is parseLine, once for each line and zone. Lines are few; when a configuration changes them
// without end, all are forgotten.
func (l *lines) parse(line string, loc *time.Location) (ticks, error) {
	key := lineKey{line, loc}
	l.mu.Lock()
	t, ok := l.parsed[key]
	l.mu.Unlock()
	if ok {
		return t, nil
	}
	t, err := parseLine(line, loc)
	if err != nil {
		return ticks{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.parsed == nil || len(l.parsed) >= 1024 {
		l.parsed = make(map[lineKey]ticks)
	}
	l.parsed[key] = t
	return t, nil
}

// The fields of a cron line, in order.
var cronFields = []struct {
	name     string
	min, max int
	names    string // three letters each
}{
	{"minute", 0, 59, ""},
	{"hour", 0, 23, ""},
	{"day of month", 1, 31, ""},
	{"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
	{"day of week", 0, 7, "sunmontuewedthufrisat"},
}

// parseLine reads a line of any kind but "auto".
func parseLine(line string, loc *time.Location) (ticks, error) {
	line = strings.TrimSpace(line)
	switch {
	case line == "":
		return ticks{}, feed.Errorf(`the schedule is empty: write five cron fields, "@every 10m" or "auto"`)
	case strings.HasPrefix(line, "TZ=") || strings.HasPrefix(line, "CRON_TZ="):
		return ticks{}, feed.Errorf("a schedule names no zone: use the timezone key instead of %s", strings.Fields(line)[0])
	case strings.HasPrefix(line, "@"):
		return parseDescriptor(line, loc)
	}
	parts := strings.Fields(line)
	if len(parts) != len(cronFields) {
		hint := ""
		if len(parts) == 6 {
			hint = "; there is no field for seconds"
		}
		return ticks{}, feed.Errorf("a schedule has 5 fields (minute, hour, day of month, month, day of week), this one %d%s", len(parts), hint)
	}
	for i, f := range cronFields {
		fixed, err := checkField(parts[i], f.min, f.max, f.names)
		if err != nil {
			return ticks{}, feed.Errorf("%s %q: %s", feed.Say(f.name), parts[i], err)
		}
		parts[i] = fixed
	}
	return parseSpec(strings.Join(parts, " "), loc)
}

func parseDescriptor(line string, loc *time.Location) (ticks, error) {
	rest, ok := strings.CutPrefix(line, "@every")
	if !ok {
		return parseSpec(line, loc)
	}
	d, err := time.ParseDuration(strings.TrimSpace(rest))
	switch {
	case err != nil:
		return ticks{}, feed.Errorf(`%q is no duration: write "@every 10m" or "@every 1h30m"`, strings.TrimSpace(rest))
	case d < minEvery:
		return ticks{}, feed.Errorf("@every %s is more often than once a minute", strings.TrimSpace(rest))
	case d > maxEvery:
		return ticks{}, feed.Errorf("@every %s is less often than once in 366 days", strings.TrimSpace(rest))
	case d%time.Second != 0:
		return ticks{}, feed.Errorf("@every %s has fractions of a second", strings.TrimSpace(rest))
	}
	return ticks{every: d, loc: loc}, nil
}

// parseSpec hands a checked line to robfig/cron, reading it on a clock without a zone: zones are
// the business of next.
func parseSpec(line string, loc *time.Location) (t ticks, err error) {
	defer func() {
		if r := recover(); r != nil { // v3.0.1 panics on some lines instead of refusing them
			t, err = ticks{}, feed.Errorf("the schedule %q cannot be read: %v", line, fmt.Sprint(r))
		}
	}()
	parsed, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor).Parse(line)
	if err != nil {
		return ticks{}, err
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return ticks{}, feed.Errorf("the schedule %q cannot be read", line)
	}
	spec.Location = time.UTC
	// A year after a leap day shows both what never comes and what comes once in four years.
	from := time.Date(2024, time.March, 1, 0, 0, 0, 0, time.UTC)
	next := spec.Next(from)
	if next.IsZero() {
		return ticks{}, feed.Errorf("the schedule %q never runs: there is no such day", line)
	}
	if next.Sub(from) > maxEvery {
		return ticks{}, feed.Errorf("the schedule %q runs less often than once in 366 days", line)
	}
	return ticks{spec: spec, loc: loc}, nil
}

// checkField refuses what robfig/cron silently reads as something else (a step beyond the range,
// an empty element, "*-5") and returns the field as robfig/cron understands it: in the last field
// Sunday may be 7, which it does not know.
func checkField(field string, low, high int, names string) (string, error) {
	var out []string
	for part := range strings.SplitSeq(field, ",") {
		if part == "" {
			return "", feed.Errorf("an element of the list is empty")
		}
		span, stepText, stepped := strings.Cut(part, "/")
		first, last := low, high
		if low == 0 && high == 7 {
			last = 6 // "*" names each day once
		}
		star := span == "*" || span == "?"
		if !star {
			a, b, ranged := strings.Cut(span, "-")
			var err error
			if first, err = fieldValue(a, low, high, names); err != nil {
				return "", err
			}
			switch {
			case ranged:
				if last, err = fieldValue(b, low, high, names); err != nil {
					return "", err
				}
				if last == 0 && first > 0 && high == 7 {
					last = 7 // fri-sun
				}
			case !stepped:
				last = first
			}
			if first > last {
				return "", feed.Errorf("the range begins after its end")
			}
		}
		step := 1
		if stepped {
			n, err := strconv.Atoi(stepText)
			if err != nil || n < 1 || stepText[0] == '+' {
				return "", feed.Errorf("the step %q is no number above 0", stepText)
			}
			if n > 1 && n > last-first {
				return "", feed.Errorf("the step %d is larger than the range %d-%d", n, first, last)
			}
			step = n
		}
		if last < 7 || high != 7 {
			out = append(out, part)
			continue
		}
		for day := first; day <= last; day += step {
			out = append(out, strconv.Itoa(day%7))
		}
	}
	return strings.Join(out, ","), nil
}

// fieldValue reads one number or name of a field.
func fieldValue(s string, low, high int, names string) (int, error) {
	if len(s) == 3 && names != "" {
		if i := strings.Index(names, strings.ToLower(s)); i >= 0 && i%3 == 0 {
			return low + i/3, nil
		}
	}
	n, err := strconv.Atoi(s)
	if err != nil || s[0] == '+' || s[0] == '-' {
		return 0, feed.Errorf("%q is no number", s)
	}
	if n < low || n > high {
		return 0, feed.Errorf("%d is not within %d-%d", n, low, high)
	}
	return n, nil
}

// next returns the first tick after t. It always advances.
//
// robfig/cron loses whole days where clocks change at midnight, skips what falls into the hour
// that spring takes away, and runs twice what falls into the hour that autumn gives. So the line is
// read on a clock without a zone and the answer brought back: a time that spring skipped runs an
// hour later, one that autumn repeats runs once. Only lines that run every hour follow the elapsed
// time instead, else they would pause for the repeated hour.
func (s ticks) next(t time.Time) time.Time {
	if s.spec == nil {
		return t.Add(s.every - time.Duration(t.Nanosecond()))
	}
	local := t.In(s.loc)
	wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), time.UTC)
	// Far from a change of clocks, which is nearly always, both pass alike.
	if start, end := local.ZoneBounds(); start.IsZero() || local.Sub(start) > 25*time.Hour {
		if next := s.spec.Next(wall); !next.IsZero() {
			if at := local.Add(next.Sub(wall)); end.IsZero() || at.Before(end) {
				return at
			}
		}
	}
	var found time.Time
	for range 300 { // a repeated hour holds 60 ticks at most, Samoa's lost day none
		if wall = s.spec.Next(wall); wall.IsZero() {
			break
		}
		if at := onClock(wall, s.loc); at.After(t) {
			found = at
			break
		}
	}
	const everyHour = 1<<24 - 1
	if s.spec.Hour&everyHour == everyHour {
		zoned := *s.spec
		zoned.Location = s.loc
		if at := zoned.Next(local); at.After(t) && (found.IsZero() || at.Before(found)) {
			found = at
		}
	}
	if found.IsZero() { // beyond robfig/cron's five years
		found = t.Add(maxEvery)
	}
	return found.In(s.loc)
}

// onClock returns when a clock in loc first shows wall, or, when clocks are put forward over it,
// the same time counted by the offset from before.
func onClock(wall time.Time, loc *time.Location) time.Time {
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, loc)
	_, before := at.Add(-25 * time.Hour).Zone()
	byBefore := wall.Add(-time.Duration(before) * time.Second).In(loc)
	if at.Hour() != wall.Hour() || at.Minute() != wall.Minute() || at.Day() != wall.Day() {
		return byBefore
	}
	// time.Date may give either of two equal readings; the first is the one by the older offset.
	if byBefore.Before(at) && byBefore.Hour() == wall.Hour() && byBefore.Minute() == wall.Minute() && byBefore.Day() == wall.Day() {
		return byBefore
	}
	return at
}
