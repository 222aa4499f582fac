package notify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/say"
)

// alarmKinds are all kinds of alarms.
var alarmKinds = []feed.AlarmKind{feed.AlarmFailing, feed.AlarmSilent, feed.AlarmUndated, feed.AlarmUnlinked, feed.AlarmHub, feed.AlarmEmpty, feed.AlarmConfig}

const (
	// watchEvery is how often the watcher looks at sources and sections, and watchShare the share of its time
	// that it may look at most: a look reads the state of every source.
	watchEvery = 10 * time.Second
	watchShare = 1000
	// silentLeast is the shortest silence that is told: a source may pause for its lunch.
	silentLeast = time.Hour
	// rhythmLeast is on how many items a source's usual gap rests before it is believed.
	rhythmLeast = 8
	// hoursKnown is on how many items its hours of the day must rest before they are.
	hoursKnown = 48
	// silentWindow bounds how far back a silence is measured.
	silentWindow = 30 * 24 * time.Hour
	// missedLeast is how many polls in a row must have found what a hub had not delivered.
	missedLeast = 2
)

// condition is something that is wrong just now.
type condition struct {
	kind    feed.AlarmKind
	subject string
	text    string
	// wait is how long it must last before the newsroom hears of it.
	wait time.Duration
}

// conditions says what is wrong by the state of the sources, the newest entries of the sections and the
// troubles that neither tells of. It is a pure function of what it is given.
func conditions(s *Settings, states map[string]feed.SourceState, newest map[string]time.Time, troubles map[string]feed.Text, now time.Time) []condition {
	w, zone := wordsFor(s.Site.Language), s.Site.Timezone
	if zone == nil {
		zone = time.UTC
	}
	var all []condition
	add := func(kind feed.AlarmKind, subject string, wait time.Duration, text string, args ...any) {
		all = append(all, condition{kind, subject, fmt.Sprintf(text, args...), wait})
	}
	for id, src := range s.Sources {
		st, seen := states[id]
		if !seen || st.URL != "" && st.URL != src.URL {
			continue
		}
		failing := s.Alerts.Failures > 0 && st.Failures >= s.Alerts.Failures
		if failing {
			why := redact(src.Discreet(st.Error, st.URL, st.FinalURL, st.MovedTo, st.Hub, st.Self), nil)
			add(feed.AlarmFailing, id, 0, w.Failing, src.Outlet(), st.Failures, say.Failure(w.Lang, &st, why))
		}
		if since, gap, silent := silence(&src, &st, s.Alerts.Silent, zone, now); silent && !failing {
			add(feed.AlarmSilent, id, 0, w.Silent, src.Outlet(), w.date(since, zone), feed.Span(gap.Round(time.Minute)))
		}
		if st.Items > 0 && 2*st.Undated >= st.Items && (src.Page == nil || src.Page.Date != "") {
			add(feed.AlarmUndated, id, 0, w.Undated, src.Outlet(), st.Undated, st.Items)
		}
		if st.Items > 0 && 2*st.Unlinked >= st.Items {
			add(feed.AlarmUnlinked, id, 0, w.Unlinked, src.Outlet(), st.Unlinked, st.Items)
		}
		if p := st.Push; p != nil && !p.LastPush.IsZero() && (p.Missed >= missedLeast || p.State == feed.PushDenied) {
			add(feed.AlarmHub, id, 0, w.Hub, src.Outlet())
		}
	}
	for _, sec := range s.Sections {
		last, any := newest[sec.ID]
		switch {
		case s.Alerts.Empty <= 0:
		case !any:
			add(feed.AlarmEmpty, sec.ID, s.Alerts.Empty, w.Empty, sec.Title, w.date(now, zone))
		case now.Sub(last) > s.Alerts.Empty:
			add(feed.AlarmEmpty, sec.ID, 0, w.Empty, sec.Title, w.date(last, zone))
		}
	}
	for subject, text := range troubles {
		told, _ := say.In(w.Lang, text)
		add(feed.AlarmConfig, subject, 0, w.Config, subject, told)
	}
	return all
}

// silence tells since when a source brought nothing new and whether that is more than so many times the
// usual gap between two of its items. Hours of the day in which it hardly ever brings anything do not count.
func silence(src *feed.Source, st *feed.SourceState, times float64, zone *time.Location, now time.Time) (since time.Time, gap time.Duration, silent bool) {
	r := st.Rhythm
	if times <= 0 || r == nil || r.Seen < rhythmLeast || r.Gap <= 0 || st.LastSuccess.IsZero() {
		return time.Time{}, 0, false
	}
	since = r.Newest
	if since.IsZero() {
		since = st.LastNew
	}
	if since.IsZero() || now.Sub(since) < silentLeast {
		return since, r.Gap, false
	}
	if src.Timezone != nil {
		zone = src.Timezone
	}
	var counted time.Duration
	enough := time.Duration(times * float64(r.Gap))
	for t := now.Add(-min(now.Sub(since), silentWindow)); t.Before(now) && counted <= enough; t = t.Add(time.Hour) {
		part := min(time.Hour, now.Sub(t))
		if r.Seen >= hoursKnown {
			part = time.Duration(float64(part) * min(1, 24*r.Hours[t.In(zone).Hour()]))
		}
		counted += part
	}
	return since, r.Gap, counted > enough
}

// watcher looks for what is wrong, and notes when that begins and when it is over. It lives in one goroutine.
type watcher struct {
	n    *Notifier
	s    *Settings
	wake <-chan struct{}
	told int64 // Notifier.told when troubled looked last; -1 where that came to nothing
}

func (w *watcher) run(ctx context.Context) {
	look := time.NewTimer(0)
	defer look.Stop()
	said := "" // the last failure that was told
	for {
		began := time.Now()
		err := w.look(ctx)
		if err != nil {
			w.told = -1
		}
		look.Reset(max(watchEvery, watchShare*time.Since(began)))
		switch {
		case err == nil:
			said = ""
		case ctx.Err() == nil && err.Error() != said:
			w.n.log.Error("alarms cannot be checked", "error", err)
			said = err.Error()
		}
		for rests := true; rests; {
			select {
			case <-ctx.Done():
				return
			case <-look.C:
				rests = false
			case <-w.wake: // all but the configuration comes in its own time
				rests = !w.troubled(ctx)
			}
		}
	}
}

// troubled tells whether the alarms about the configuration are other than those that are noted. It is asked
// after each commit, and asks the store only after Trouble was called.
func (w *watcher) troubled(ctx context.Context) bool {
	w.n.mu.Lock()
	told := w.n.told
	w.n.mu.Unlock()
	if told == w.told {
		return false
	}
	w.told = told
	known, err := w.n.o.Alarms.Alarms(ctx, w.n.o.Now())
	if err != nil {
		return true
	}
	w.n.mu.Lock()
	defer w.n.mu.Unlock()
	n := 0
	for _, a := range known {
		if a.Kind == feed.AlarmConfig && a.Over.IsZero() {
			if _, still := w.n.troubles[a.Subject]; !still {
				return true
			}
			n++
		}
	}
	return n != len(w.n.troubles)
}

// look compares what is wrong with what is noted as wrong, and notes the difference.
func (w *watcher) look(ctx context.Context) error {
	now := w.n.o.Now()
	states, err := w.n.o.Alarms.States(ctx)
	if err != nil {
		return err
	}
	ids := make([]string, len(w.s.Sections))
	for i := range w.s.Sections {
		ids[i] = w.s.Sections[i].ID
	}
	newest, err := w.n.o.Alarms.Newest(ctx, ids)
	if err != nil {
		return err
	}
	known, err := w.n.o.Alarms.Alarms(ctx, now)
	if err != nil {
		return err
	}
	w.n.mu.Lock()
	wrong := conditions(w.s, states, newest, w.n.troubles, now)
	w.n.mu.Unlock()
	changed := changes(wrong, known, now)
	if len(changed) == 0 {
		return nil
	}
	channel := ""
	if w.s.Alerts.URL != "" {
		channel = feed.AlarmsChannel
	}
	if err := w.n.o.Alarms.SaveAlarms(ctx, changed, channel, now); err != nil {
		return err
	}
	w.n.Wake()
	return nil
}

// changes are the alarms that began, opened or are over, the kinds and subjects in order.
func changes(wrong []condition, known []feed.Alarm, now time.Time) []feed.Alarm {
	type name struct {
		kind    feed.AlarmKind
		subject string
	}
	last := map[name]feed.Alarm{}
	for _, a := range known {
		if a.Over.IsZero() {
			last[name{a.Kind, a.Subject}] = a
		}
	}
	var changed []feed.Alarm
	for _, c := range wrong {
		key := name{c.kind, c.subject}
		a, noted := last[key]
		delete(last, key)
		if !noted {
			a = feed.Alarm{Kind: c.kind, Subject: c.subject, Began: now, Text: c.text}
		}
		due := a.Opened.IsZero() && now.Sub(a.Began) >= c.wait
		if due {
			a.Opened = now
			if noted && c.wait > 0 {
				c.text = a.Text // which says since when
			}
			a.Text = c.text
		}
		if due || !noted {
			changed = append(changed, a)
		}
	}
	for _, a := range last {
		a.Over = now
		changed = append(changed, a)
	}
	slices.SortFunc(changed, func(a, b feed.Alarm) int {
		return slices.Compare([]string{string(a.Kind), a.Subject}, []string{string(b.Kind), b.Subject})
	})
	return changed
}
