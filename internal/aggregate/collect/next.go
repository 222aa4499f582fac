package collect

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"feedd/internal/feed"
)

// How far a run is put off.
const (
	longestWait  = 24 * time.Hour  // whatever a server asks for
	absentWait   = time.Hour       // first wait of an address that answers 401, 403, 404 …, doubling
	jitterMost   = 5 * time.Minute // the runs of one tick are spread over half its gap, at most this
	pushedPolls  = 6 * time.Hour   // between two polls of a source whose hub pushes
	movedEnough  = 3               // times running, before a permanent redirect is proposed
	fallbackLine = "@every 15m"    // of a source without a line
)

// Timely returns a state without what a clock that was ahead, and has been put back since, left in
// it: a source that seems to have run later than now ran now, and what it asked to wait from then on
// it waits from now on.
func Timely(st feed.SourceState, now time.Time) feed.SourceState {
	if ahead := st.LastRun.Sub(now); ahead > 0 && !st.LastRun.IsZero() {
		st.LastRun = now
		if !st.WaitUntil.IsZero() {
			st.WaitUntil = st.WaitUntil.Add(-ahead)
		}
	}
	if st.WaitUntil.Sub(now) > longestWait { // longer than anybody may ask for
		st.WaitUntil, st.WaitReason = time.Time{}, ""
	}
	for _, t := range []*time.Time{&st.LastSuccess, &st.LastNew} {
		if t.After(now) {
			*t = now
		}
	}
	if st.Rhythm != nil && st.Rhythm.Newest.After(now) {
		r := *st.Rhythm
		r.Newest = now
		st.Rhythm = &r
	}
	if p := st.Push; p != nil && (p.Asked.After(now) || p.LastPush.After(now)) {
		// By the clock, nothing is known of its lease: it is asked for anew.
		next := *p
		next.Asked, next.LastPush, next.Until = now, time.Time{}, now
		st.Push = &next
	}
	return st
}

// NextRun says when a source runs next, and why then. It depends on
// nothing but its arguments, so that it may be evaluated again at any time, above all when the
// source's schedule line is no longer the one in st.Schedule.
//
// The tick after the last run counts, plus a part of the gap to the tick after it that is fixed by
// the source's id, so that the sources of one line do not all start in one second. A tick is put
// off by what the host, the document or the failures in a row ask for. It is brought forward for one
// thing alone: to the time of an item that waits for it, unless the source fails or asks to be left alone.
// The time may lie before now: the source slept through a run and is due, once. It is zero for a
// source that answered 410 Gone, which runs no more.
func NextRun(src feed.Source, st feed.SourceState, now time.Time) (time.Time, feed.Reason) {
	return nextRun(src, st, now, parseLine)
}

// NextRun is the function NextRun for whoever asks it often.
func (c *Collector) NextRun(src feed.Source, st feed.SourceState, now time.Time) (time.Time, feed.Reason) {
	return nextRun(src, st, now, c.lines.parse)
}

// nextRun is NextRun with a parser of schedule lines that may remember them: sources by the
// hundred share one.
func nextRun(src feed.Source, st feed.SourceState, now time.Time, parse parser) (time.Time, feed.Reason) {
	zone := zoneOf(src)
	if st.Gone && st.URL == src.URL {
		return time.Time{}, feed.Reason{Kind: feed.ReasonGone, Text: "stopped because the source answered 410 Gone; give it another url or remove it"}
	}
	st = Timely(st, now)
	last := st.LastRun
	var at time.Time
	var gap time.Duration
	var why feed.Reason
	switch {
	case last.IsZero():
		at, why = now, feed.Reason{Kind: feed.ReasonFirst, Text: "was never collected"}
	case st.URL != src.URL:
		return now, feed.Reason{Kind: feed.ReasonAddress, Text: "its url is new"}
	default:
		at, gap, why = nextTick(src, st, last, parse)
	}
	most := at.Add(longestWait)
	if at.Before(now) {
		most = now.Add(longestWait)
	}
	putOff := func(until time.Time, because string, r feed.Reason) {
		if until.After(most) {
			until = most
		}
		if until.After(at) {
			at = until
			why = r
			why.Text = "waits until " + clockTime(until, now, zone) + " because " + because
		}
	}
	if p := st.Push; p != nil && p.State == feed.PushActive && p.Missed == 0 && !p.LastPush.IsZero() && p.Until.After(now) {
		putOff(last.Add(pushedPolls), "its hub pushes new items", feed.Reason{Kind: feed.ReasonPushed})
	}
	if st.Failures > 0 {
		if wait := backoff(st, gap); wait > 0 {
			putOff(last.Add(wait), failureCause(st), feed.Reason{Kind: feed.ReasonFailed, Times: st.Failures})
		}
	}
	if st.TTL > 0 && st.Failures == 0 {
		putOff(last.Add(st.TTL), fmt.Sprintf("the document asks for a ttl of %s", briefly(st.TTL)), feed.Reason{Kind: feed.ReasonTTL, Every: st.TTL})
	}
	if !st.WaitUntil.IsZero() {
		putOff(st.WaitUntil, st.WaitReason, feed.Reason{Kind: feed.ReasonAsked})
	}
	if until, because := skipped(at, st.SkipHours, st.SkipDays); until.After(at) {
		putOff(until, because, feed.Reason{Kind: feed.ReasonSkipped})
	}
	// A second after it, for servers count in whole ones.
	if due := st.HeldUntil.Add(time.Second); !st.HeldUntil.IsZero() && st.URL == src.URL && due.After(last) && due.Before(at) && st.Failures == 0 && !st.WaitUntil.After(due) {
		return due, feed.Reason{Kind: feed.ReasonHeld, Text: "an item waits for " + clockTime(st.HeldUntil, now, zone)}
	}
	return at, why
}

// nextTick returns the source's first run after last by its line alone, the gap between its runs
// there, and the reason.
func nextTick(src feed.Source, st feed.SourceState, last time.Time, parse parser) (at time.Time, gap time.Duration, why feed.Reason) {
	line := strings.TrimSpace(src.Schedule)
	if line == Auto {
		at, why = rhythmRun(st.Rhythm, last, zoneOf(src))
		return at, at.Sub(last), why
	}
	line = cmp.Or(line, fallbackLine)
	s, err := parse(line, zoneOf(src))
	if err != nil { // the configuration refuses such lines; a stored source may outlive that
		return last.Add(longestWait), longestWait, feed.Reason{Kind: feed.ReasonLine, Text: "its schedule cannot be read: " + err.Error()}
	}
	part := phaseOf(src.ID)
	if s.every > 0 {
		// Runs lie on a grid of their own, so that late starts do not add up. A run brought about
		// otherwise just before a point of the grid counts for that point.
		phase := time.Duration(part * float64(s.every))
		grid := last.Add(-phase).Truncate(s.every).Add(s.every + phase)
		if grid.Sub(last) < s.every/2 {
			grid = grid.Add(s.every)
		}
		return grid, s.every, feed.Reason{Kind: feed.ReasonSchedule, Every: s.every, Text: "runs by its schedule, " + line}
	}
	tick := s.next(last)
	gap = s.next(tick).Sub(tick)
	return tick.Add(time.Duration(part * float64(min(gap/2, jitterMost)))), gap, feed.Reason{Kind: feed.ReasonSchedule, Every: gap, Text: "runs by its schedule, " + line}
}

// phaseOf is a number in [0, 1) that depends on the id alone.
func phaseOf(id string) float64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	x := h.Sum64() // FNV leaves the last bytes of near ids near each other: mix
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}

// backoff is how long to leave a failing source alone: nothing more than its schedule after the
// first failure, then twice the gap and doubling, up to a day. An address that the server says is
// not there, or not for us, waits an hour at once.
func backoff(st feed.SourceState, gap time.Duration) time.Duration {
	n := st.Failures - 1
	wait := max(gap, minEvery)
	if absent(st.Status) {
		wait = max(wait, absentWait)
	} else if n == 0 {
		return 0
	}
	for ; n > 0 && wait < longestWait; n-- {
		wait *= 2
	}
	return min(wait, longestWait)
}

// absent tells the answers that will not change by asking again soon.
func absent(status int) bool {
	return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429
}

func failureCause(st feed.SourceState) string {
	cause := cmp.Or(st.Error, "the source failed")
	if st.Failures == 1 {
		return cause
	}
	return fmt.Sprintf("it failed %d times running: %s", st.Failures, cause)
}

// skipped returns the end of the hours and days, both in GMT, in which the document asks not to be
// polled, when at lies within them. A document that forbids every hour is not taken seriously.
func skipped(at time.Time, hours []int, days []time.Weekday) (time.Time, string) {
	if len(hours) == 0 && len(days) == 0 {
		return time.Time{}, ""
	}
	t, because := at.UTC(), ""
	for range 8 * 24 {
		switch {
		case slices.Contains(days, t.Weekday()):
			because = "the document skips " + t.Weekday().String() + " (GMT)"
		case slices.Contains(hours, t.Hour()):
			because = fmt.Sprintf("the document skips the hour %d:00 GMT", t.Hour())
		default:
			return t, because
		}
		t = t.Truncate(time.Hour).Add(time.Hour)
	}
	return time.Time{}, ""
}

func zoneOf(src feed.Source) *time.Location {
	if src.Timezone != nil {
		return src.Timezone
	}
	return time.UTC
}

// clockTime writes a time as people near now say it.
func clockTime(t, now time.Time, zone *time.Location) string {
	t, now = t.In(zone), now.In(zone)
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return t.Format("2006-01-02 15:04")
}

// briefly writes a duration to the second.
func briefly(d time.Duration) string {
	if d >= time.Second {
		d = d.Round(time.Second)
	}
	return feed.Span(d)
}
