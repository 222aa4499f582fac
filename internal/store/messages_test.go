package store

import (
	"slices"
	"testing"
	"time"

	"feedd/internal/feed"
)

// stories files items, the newest first, as stories of their own and returns notices of them on a channel, the
// oldest first.
func stories(t *testing.T, s *Store, at time.Time, channel string, items ...feed.Item) []feed.Notice {
	t.Helper()
	put(t, s, at, items[0].Source, items...)
	filed := unfiled(t, s)
	f := Filed{}
	for i := range filed {
		it := &filed[i]
		it.Entry = it.OwnEntry()
		it.Story, it.Verdict = it.Entry, feed.New
		f.Entries = append(f.Entries, feed.Entry{Key: it.Entry, Story: it.Story, Lead: it.ID, Published: it.Date(), Updated: it.Date()})
		f.Told = append(f.Told, feed.Notice{Channel: channel, Story: it.Story, Entry: it.Entry, Title: it.Title, At: at})
	}
	f.Items = filed
	commit(t, s, f)
	return f.Told
}

// waiting returns the titles of the stories that wait on a channel, and of those to be corrected.
func waiting(t *testing.T, s *Store, channel string) (w feed.Waiting, titles, corrections []string) {
	t.Helper()
	w, err := s.Waiting(t.Context(), channel)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range w.Stories {
		titles = append(titles, n.Title)
	}
	for _, n := range w.Corrections {
		corrections = append(corrections, n.Title)
	}
	slices.Sort(titles)
	return w, titles, corrections
}

func openChannels(t *testing.T, s *Store, at time.Time, ids ...string) {
	t.Helper()
	if err := s.OpenChannels(t.Context(), ids, at, true); err != nil {
		t.Fatal(err)
	}
}

func compose(t *testing.T, s *Store, m feed.Message) {
	t.Helper()
	if err := s.Compose(t.Context(), "c", []feed.Message{m}, time.Time{}, time.Time{}); err != nil {
		t.Fatal(err)
	}
}

func pickUp(t *testing.T, s *Store, at time.Time) feed.Message {
	t.Helper()
	m, _, err := s.PickUp(t.Context(), "c", at, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A story comes into a channel's outbox once, with what is filed after the channel was opened; a channel that
// comes back is a new one.
func TestOutbox(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		old := stories(t, s, t0, "c", item("a", "0", "Cũ"))
		openChannels(t, s, t0.Add(time.Minute), "c", "d")
		commit(t, s, Filed{Told: []feed.Notice{{Channel: "c", Story: old[0].Story, Entry: old[0].Entry, Title: "Cũ", At: t0.Add(2 * time.Minute)}}})
		told := stories(t, s, t0.Add(2*time.Minute), "c", item("a", "1", "Một"), item("a", "2", "Hai"))
		commit(t, s, Filed{Told: told}) // filed anew
		if _, titles, _ := waiting(t, s, "c"); !slices.Equal(titles, []string{"Hai", "Một"}) {
			t.Fatalf("in the outbox wait %q", titles)
		}
		if w, titles, _ := waiting(t, s, "d"); len(titles) > 0 || !w.Since.Equal(t0.Add(time.Minute)) {
			t.Errorf("on another channel wait %q, since %v", titles, w.Since)
		}

		// A story that takes in one that was told is told.
		third := stories(t, s, t0.Add(3*time.Minute), "d", item("b", "3", "Ba"))[0]
		entries, err := s.Entries(t.Context(), feed.EntryQuery{Keys: []string{told[0].Entry}, Brief: true})
		if err != nil {
			t.Fatal(err)
		}
		entries[0].Story = third.Story
		third.Channel = "c"
		commit(t, s, Filed{Entries: entries, Told: []feed.Notice{third}})
		if _, titles, _ := waiting(t, s, "c"); len(titles) != 2 {
			t.Errorf("after a join %q wait", titles)
		}

		// What an editor's rule finds days later is no news.
		late := third
		late.At = third.At.Add(48 * time.Hour)
		openChannels(t, s, t0.Add(time.Minute), "d")
		openChannels(t, s, t0.Add(2*time.Minute), "c", "d")
		late.Channel = "c"
		commit(t, s, Filed{Told: []feed.Notice{late}})
		if _, titles, _ := waiting(t, s, "c"); len(titles) > 0 {
			t.Errorf("a channel that came back tells %q", titles)
		}
	})
}

func TestMessagesAreSentOnce(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		openChannels(t, s, t0, "c")
		told := stories(t, s, t0.Add(time.Minute), "c", item("a", "1", "Một"), item("a", "2", "Hai"))
		now := t0.Add(2 * time.Minute)
		first := feed.Message{ID: "c/1", Kind: feed.MessageStory, Made: now, Stories: told[:1]}
		compose(t, s, first)
		compose(t, s, first) // another process, at the same time
		compose(t, s, feed.Message{ID: "c/2", Kind: feed.MessageMore, Made: now.Add(time.Millisecond), Stories: told})
		if w, titles, _ := waiting(t, s, "c"); len(titles) > 0 || w.Fresh != 2 || w.More.IsZero() {
			t.Errorf("%q wait, %d messages are fresh, the last note is of %v", titles, w.Fresh, w.More)
		}
		if n, err := s.Unsent(ctx); err != nil || n["c"] != 2 {
			t.Errorf("unsent: %v, %v", n, err)
		}
		m := pickUp(t, s, now)
		if m.ID != "c/1" || m.Tries != 1 || len(m.Stories) != 1 || m.Stories[0] != told[0] {
			t.Fatalf("picked up %+v", m)
		}
		if m := pickUp(t, s, now.Add(time.Second)); m.ID != "c/2" || len(m.Stories) != 1 || m.Stories[0] != told[1] {
			t.Fatalf("beside it: %+v", m)
		}
		if m := pickUp(t, s, now.Add(time.Second)); m.ID != "" {
			t.Fatalf("picked up twice: %+v", m)
		}
		if err := s.Sent(ctx, "c/2", now); err != nil {
			t.Fatal(err)
		}
		if m, due, err := s.PickUp(ctx, "c", now, time.Minute); err != nil || m.ID != "" || !due.Equal(now.Add(time.Minute)) {
			t.Fatalf("the next is due at %v: %+v, %v", due, m, err)
		}
		if m := pickUp(t, s, now.Add(2*time.Minute)); m.ID != "c/1" || m.Tries != 2 {
			t.Fatalf("after the lease: %+v", m)
		}
		if err := s.Postpone(ctx, "c/1", now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if err := s.PutBack(ctx); err != nil {
			t.Fatal(err)
		}
		if _, alone := s.d.(*sqliteDialect); alone {
			if m := pickUp(t, s, now); m.ID != "c/1" {
				t.Errorf("after a restart: %+v", m)
			}
		} else if m := pickUp(t, s, now); m.ID != "" {
			t.Errorf("taken from another node: %+v", m)
		}
		if err := s.Sent(ctx, "c/1", now); err != nil {
			t.Fatal(err)
		}
		if m, due, err := s.PickUp(ctx, "c", now.Add(24*time.Hour), time.Minute); err != nil || m.ID != "" || !due.IsZero() {
			t.Errorf("when all is sent: %+v, due at %v, %v", m, due, err)
		}
	})
}

func TestDigestIsMadeOnce(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		openChannels(t, s, t0, "c")
		told := stories(t, s, t0.Add(time.Minute), "c", item("a", "1", "Một"))
		now := t0.Add(time.Hour)
		for _, id := range []string{"c/d1", "c/d2"} { // two nodes that saw the same
			if err := s.Compose(t.Context(), "c", []feed.Message{{ID: id, Kind: feed.MessageDigest, Made: now, Stories: told}}, now, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		if w, titles, _ := waiting(t, s, "c"); len(titles) > 0 || w.Fresh != 1 || !w.Digest.Equal(now) {
			t.Errorf("%q wait, %d messages, the digest is of %v", titles, w.Fresh, w.Digest)
		}
	})
}

func TestWithdrawnStoriesAreCorrected(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		openChannels(t, s, t0, "c")
		told := stories(t, s, t0.Add(time.Minute), "c", item("a", "3", "Chờ"), item("a", "2", "Chưa gửi"), item("a", "1", "Gửi rồi"))
		now := t0.Add(2 * time.Minute)
		for i, id := range []string{"c/1", "c/2"} {
			compose(t, s, feed.Message{ID: id, Kind: feed.MessageStory, Made: now.Add(time.Duration(i) * time.Millisecond), Stories: told[i : i+1]})
		}
		pickUp(t, s, now)
		if err := s.Sent(ctx, "c/1", now); err != nil {
			t.Fatal(err)
		}
		keys := []string{told[0].Entry, told[1].Entry, told[2].Entry}
		if n, err := s.Withdraw(ctx, keys, now); err != nil || n != 3 {
			t.Fatal(n, err)
		}
		if _, titles, corrections := waiting(t, s, "c"); len(titles) > 0 || !slices.Equal(corrections, []string{"Gửi rồi"}) {
			t.Errorf("%q wait, to be corrected are %q", titles, corrections)
		}
		// Taken back before anybody heard of it.
		if _, err := s.Withdraw(ctx, keys, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if _, titles, corrections := waiting(t, s, "c"); !slices.Equal(titles, []string{"Chờ"}) || len(corrections) > 0 {
			t.Errorf("%q wait, to be corrected are %q", titles, corrections)
		}
		if _, err := s.Withdraw(ctx, keys[:2], now); err != nil {
			t.Fatal(err)
		}
		if m := pickUp(t, s, now); m.ID != "c/2" || len(m.Stories) > 0 {
			t.Errorf("a message of a withdrawn story tells %+v", m)
		}
		w, _, _ := waiting(t, s, "c")
		compose(t, s, feed.Message{ID: "c/x", Kind: feed.MessageCorrection, Made: now, Stories: w.Corrections})
		if _, _, corrections := waiting(t, s, "c"); len(corrections) > 0 {
			t.Errorf("%q would be corrected twice", corrections)
		}
		if m := pickUp(t, s, now); m.ID != "c/x" || len(m.Stories) != 1 || m.Stories[0].Title != "Gửi rồi" {
			t.Errorf("the correction is %+v", m)
		}
	})
}

func TestAlarms(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		fails := feed.Alarm{Kind: feed.AlarmFailing, Subject: "a", Began: t0, Opened: t0, Text: "a hỏng"}
		empty := feed.Alarm{Kind: feed.AlarmEmpty, Subject: "kinh-te", Began: t0, Text: "trống"}
		save := func(at time.Time, alarms ...feed.Alarm) feed.Message {
			t.Helper()
			if err := s.SaveAlarms(ctx, alarms, "c", at); err != nil {
				t.Fatal(err)
			}
			m := pickUp(t, s, at)
			if m.ID != "" {
				if err := s.Sent(ctx, m.ID, at); err != nil {
					t.Fatal(err)
				}
			}
			return m
		}
		if m := save(t0, fails, empty); len(m.Alarms) != 1 || m.Alarms[0].Text != "a hỏng" || !m.Alarms[0].Began.Equal(t0) {
			t.Errorf("told: %+v", m)
		}
		again := fails // another node saw it a moment later
		again.Began = t0.Add(time.Second)
		if m := save(t0.Add(time.Second), again); m.ID != "" {
			t.Errorf("told twice: %+v", m)
		}
		empty.Opened = t0.Add(24 * time.Hour)
		if m := save(empty.Opened, empty); len(m.Alarms) != 1 || m.Alarms[0].Kind != feed.AlarmEmpty {
			t.Errorf("when it opened: %+v", m)
		}
		if m := save(empty.Opened.Add(time.Second), empty); m.ID != "" {
			t.Errorf("opened twice: %+v", m)
		}
		fails.Over = t0.Add(25 * time.Hour)
		if m := save(fails.Over, fails); len(m.Alarms) != 1 || m.Alarms[0].Over.IsZero() {
			t.Errorf("when it was over: %+v", m)
		}
		if m := save(fails.Over.Add(time.Second), fails); m.ID != "" {
			t.Errorf("over twice: %+v", m)
		}
		all, err := s.Alarms(ctx, t0)
		if err != nil || len(all) != 2 {
			t.Fatalf("%+v, %v", all, err)
		}
		if open, err := s.Alarms(ctx, t0.Add(48*time.Hour)); err != nil || len(open) != 1 || open[0].Kind != feed.AlarmEmpty {
			t.Errorf("later there are %+v, %v", open, err)
		}
		// It begins anew.
		fails.Began, fails.Opened, fails.Over = t0.Add(50*time.Hour), t0.Add(50*time.Hour), time.Time{}
		if m := save(fails.Began, fails); len(m.Alarms) != 1 {
			t.Errorf("the second time: %+v", m)
		}
		// Whoever is told of alarms from now on hears of those that are open, once.
		told := func(at time.Time) (alarms []feed.Alarm) {
			t.Helper()
			openChannels(t, s, at, feed.AlarmsChannel)
			m, _, err := s.PickUp(ctx, feed.AlarmsChannel, at, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return m.Alarms
		}
		if open := told(t0.Add(51 * time.Hour)); len(open) != 2 || open[0].Kind != feed.AlarmEmpty || !open[1].Began.Equal(fails.Began) {
			t.Errorf("a new channel is told %+v", open)
		}
		if open := told(t0.Add(51*time.Hour + time.Minute)); len(open) > 0 {
			t.Errorf("and again %+v", open)
		}
		pending := feed.Alarm{Kind: feed.AlarmEmpty, Subject: "the-thao", Began: t0, Text: "trống"}
		save(t0, pending)
		pending.Over = t0.Add(time.Hour)
		if m := save(pending.Over, pending); m.ID != "" {
			t.Errorf("what never opened is told to be over: %+v", m)
		}
	})
}
