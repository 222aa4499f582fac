package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"feedd/internal/feed"
)

// Messages to people. What a channel is to tell stands in told, in the transaction that saves the entry;
// messages take it up from there, and are sent until the receiver took them.

// freshStory is how old the first report of a story may be that comes into a channel: what an editor's new
// rule finds among the stories of last week is not told as news.
const freshStory = 24 * time.Hour

// OpenChannels makes channels known: what is first seen from now on is told there, and the alarms that are open
// on a new channel of theirs. With only, the others are forgotten with all that waits for them, so that a channel that
// comes back is a new one.
func (s *Store) OpenChannels(ctx context.Context, ids []string, now time.Time, only bool) error {
	known := map[string]bool{}
	if err := s.query(ctx, `SELECT id, 1 FROM channels`, intoMap(known)); err != nil {
		return err
	}
	var fresh []string
	for _, id := range ids {
		if !known[id] {
			fresh = append(fresh, id)
		}
		delete(known, id)
	}
	if !only {
		clear(known)
	}
	if len(fresh)+len(known) == 0 {
		return nil
	}
	return s.tx(ctx, func(tx *tx) error {
		for id := range known {
			for _, q := range []string{`DELETE FROM channels WHERE id = $1`, `DELETE FROM told WHERE channel = $1`, `DELETE FROM messages WHERE channel = $1`} {
				if err := tx.exec(q, id); err != nil {
					return err
				}
			}
		}
		for _, id := range fresh {
			n, err := tx.affected(`INSERT INTO channels (id, since) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, id, millis(now))
			if err != nil {
				return err
			}
			if n == 0 || id != feed.AlarmsChannel { // another process was faster
				continue
			}
			rows, err := tx.Query(alarmColumns + ` WHERE over = 0 AND opened <> 0 ORDER BY began, kind, subject`)
			if err != nil {
				return err
			}
			var open []feed.Alarm
			if err := scan(rows, into(&open, ofAlarm)); err != nil {
				return err
			}
			if err := tellAlarms(tx, id, string(feed.MessageAlarms)+"/open", open, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// saveTold adds stories to the outbox, but for those that their channel told or that are older than it.
// The entries are saved by then.
func saveTold(tx *tx, told []feed.Notice) error {
	rows := make([][]any, len(told))
	for i, t := range told {
		rows[i] = []any{t.Channel, keyInt(t.Story), keyInt(t.Entry), millis(t.At), millis(t.At.Add(-freshStory)), clean(t.Title)}
	}
	if err := tx.many(`INSERT INTO told (channel, story, entry, at, title)
		SELECT c.id, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($6 AS TEXT) FROM channels c WHERE c.id = $1
		AND (SELECT MIN(i.first_seen) FROM reports r JOIN items i ON i.id = r.item WHERE r.entry = $3 AND i.gone = 0) >= CASE WHEN c.since > $5 THEN c.since ELSE $5 END
		AND NOT EXISTS (SELECT 1 FROM told t JOIN entries e ON e.id = t.entry WHERE t.channel = $1 AND e.story = $2)
		ON CONFLICT (channel, story) DO NOTHING`, rows); err != nil {
		return fmt.Errorf("write the outbox: %w", err)
	}
	return nil
}

// withdrawTold notes in the outbox that entries were withdrawn by the editor or their sources, and that
// others stand again.
func withdrawTold(tx *tx, entries []feed.Entry, olds map[int64]savedEntry) error {
	var gone, back [][]any
	for i := range entries {
		e := &entries[i]
		id := keyInt(e.Key)
		switch {
		case e.WithdrawnBy == feed.Retracted || e.WithdrawnBy == feed.Recalled:
			gone = append(gone, []any{millis(e.Withdrawn), id})
		case e.Withdrawn.IsZero() && olds[id].withdrawn:
			back = append(back, []any{id})
		}
	}
	return cmp.Or(
		tx.many(`UPDATE told SET withdrawn = $1 WHERE entry = $2 AND withdrawn = 0`, gone),
		tx.many(`UPDATE told SET withdrawn = 0 WHERE entry = $1 AND withdrawn <> 0 AND correction = ''`, back))
}

// oftenTried is after how many attempts a message no longer keeps others from being made.
const oftenTried = 5

// Waiting returns what a channel still has to tell, zero for an unknown one.
func (s *Store) Waiting(ctx context.Context, channel string) (feed.Waiting, error) {
	var w feed.Waiting
	err := s.one(ctx, `SELECT c.since, c.digest, COALESCE((SELECT MAX(m.made) FROM messages m WHERE m.channel = c.id AND m.kind = 'more'), 0),
		(SELECT COUNT(*) FROM messages m WHERE m.channel = c.id AND m.sent = 0 AND m.tries < $2) FROM channels c WHERE c.id = $1`,
		[]any{channel, oftenTried}, asTime{&w.Since}, asTime{&w.Digest}, asTime{&w.More}, &w.Fresh)
	if errors.Is(err, sql.ErrNoRows) {
		return w, nil
	}
	if err != nil {
		return w, err
	}
	if w.Stories, err = s.notices(ctx, `t WHERE t.channel = $1 AND t.message = '' AND t.withdrawn = 0`, channel); err != nil {
		return w, err
	}
	w.Corrections, err = s.notices(ctx, `t JOIN messages m ON m.id = t.message
		WHERE t.channel = $1 AND t.withdrawn <> 0 AND t.correction = '' AND m.sent <> 0`, channel)
	return w, err
}

// notices reads rows of the outbox, in the order of the keys of their stories.
func (s *Store) notices(ctx context.Context, where string, args ...any) ([]feed.Notice, error) {
	var all []feed.Notice
	err := s.query(ctx, `SELECT t.channel, t.story, t.entry, t.at, t.title FROM told `+where, into(&all, noticeColumns), args...)
	slices.SortFunc(all, byStory)
	return all, err
}

func noticeColumns(t *feed.Notice) []any {
	return []any{&t.Channel, asKey{&t.Story}, asKey{&t.Entry}, asTime{&t.At}, &t.Title}
}

func byStory(a, b feed.Notice) int { return strings.Compare(a.Story, b.Story) }

const putMessage = `INSERT INTO messages (id, channel, kind, made, alarms) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING`

// Compose makes messages of what waits on a channel, in order. A message of whose stories another process
// took up all is not made. With a digest, the time at which it was due, it makes nothing when the last one
// was not at before: another process was faster.
func (s *Store) Compose(ctx context.Context, channel string, messages []feed.Message, digest, before time.Time) error {
	return s.tx(ctx, func(tx *tx) error {
		if !digest.IsZero() {
			n, err := tx.affected(`UPDATE channels SET digest = $1 WHERE id = $2 AND digest = $3`, millis(digest), channel, millis(before))
			if err != nil || n == 0 {
				return err
			}
		}
		for i := range messages {
			m := &messages[i]
			take := `UPDATE told SET message = $1 WHERE channel = $2 AND story = $3 AND message = '' AND withdrawn = 0`
			if m.Kind == feed.MessageCorrection {
				take = `UPDATE told SET correction = $1 WHERE channel = $2 AND story = $3 AND withdrawn <> 0 AND correction = ''`
			}
			taken := 0
			for _, t := range m.Stories {
				n, err := tx.affected(take, m.ID, channel, keyInt(t.Story))
				if err != nil {
					return err
				}
				taken += n
			}
			if taken == 0 {
				continue
			}
			if err := tx.exec(putMessage, m.ID, channel, string(m.Kind), millis(m.Made), ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// PickUp takes the next message that is due on a channel, for one attempt to send it: nobody else is given
// it until lease has passed. When there is none, ID is "" and due says when there will be; zero for never,
// as things are. A story that was withdrawn before the first attempt is in no message.
func (s *Store) PickUp(ctx context.Context, channel string, now time.Time, lease time.Duration) (m feed.Message, due time.Time, err error) {
	var next int64
	if err := s.one(ctx, `SELECT COALESCE(MIN(next), -1) FROM messages WHERE channel = $1 AND sent = 0`, []any{channel}, &next); err != nil || next < 0 {
		return m, due, err
	}
	if next > millis(now) {
		return m, fromMillis(next), nil
	}
	err = s.tx(ctx, func(tx *tx) error {
		m = feed.Message{}
		var alarms string
		if err := tx.query(`SELECT id, channel, kind, made, tries, alarms FROM messages WHERE channel = $1 AND sent = 0 AND next <= $2
			ORDER BY made, id LIMIT 1`, func(r *sql.Rows) error {
			return r.Scan(&m.ID, &m.Channel, &m.Kind, asTime{&m.Made}, &m.Tries, &alarms)
		}, channel, millis(now)); err != nil || m.ID == "" {
			return err
		}
		if alarms != "" {
			if err := json.Unmarshal([]byte(alarms), &m.Alarms); err != nil {
				return fmt.Errorf("the alarms of message %s: %w", m.ID, err)
			}
		}
		if m.Tries == 0 {
			if err := tx.exec(`UPDATE told SET message = '' WHERE message = $1 AND withdrawn <> 0`, m.ID); err != nil {
				return err
			}
		}
		if err := tx.query(`SELECT t.channel, t.story, t.entry, t.at, t.title FROM told t WHERE t.message = $1 OR t.correction = $1`,
			into(&m.Stories, noticeColumns), m.ID); err != nil {
			return err
		}
		slices.SortFunc(m.Stories, byStory)
		m.Tries++
		return tx.exec(`UPDATE messages SET tries = $1, next = $2 WHERE id = $3`, m.Tries, millis(now.Add(lease)), m.ID)
	})
	return m, time.Time{}, err
}

// PutBack makes what a process picked up that is no more due at once. Only the one process that serves from
// the store may say so; where several may, as on PostgreSQL, the leases say it.
func (s *Store) PutBack(ctx context.Context) error {
	if _, alone := s.d.(*sqliteDialect); !alone {
		return nil
	}
	return s.exec(ctx, `UPDATE messages SET next = 0 WHERE sent = 0 AND next > 0`)
}

// Sent notes that the receiver took a message, or that it is given up. No power cut undoes it.
func (s *Store) Sent(ctx context.Context, id string, at time.Time) error {
	return s.txForGood(ctx, func(tx *tx) error { return tx.exec(`UPDATE messages SET sent = $1 WHERE id = $2`, millis(at), id) })
}

// Postpone notes that an attempt to send a message failed, and when it is tried again.
func (s *Store) Postpone(ctx context.Context, id string, next time.Time) error {
	return s.exec(ctx, `UPDATE messages SET next = $1 WHERE id = $2 AND sent = 0`, millis(next), id)
}

// Unsent counts the messages that were made and not sent, by channel.
func (s *Store) Unsent(ctx context.Context) (map[string]int, error) {
	waiting := map[string]int{}
	err := s.query(ctx, `SELECT c.id, (SELECT COUNT(*) FROM messages m WHERE m.channel = c.id AND m.sent = 0) FROM channels c`, intoMap(waiting))
	return waiting, err
}

// Newest returns when the newest entry of each section was published, by section; those without one are
// missing.
func (s *Store) Newest(ctx context.Context, sections []string) (map[string]time.Time, error) {
	newest := map[string]time.Time{}
	for _, id := range sections {
		var at int64
		if err := s.one(ctx, `SELECT COALESCE(MAX(published), 0) FROM entry_sections WHERE section = $1`, []any{id}, &at); err != nil {
			return nil, err
		}
		if at != 0 {
			newest[id] = fromMillis(at)
		}
	}
	return newest, nil
}

// alarmsKept is how long an alarm is remembered after it is over, and a message after it was sent.
const alarmsKept = 30 * 24 * time.Hour

// Alarms returns what is wrong, and what was since a time: the last that began first.
func (s *Store) Alarms(ctx context.Context, since time.Time) ([]feed.Alarm, error) {
	var all []feed.Alarm
	err := s.query(ctx, alarmColumns+` WHERE over = 0 OR over >= $1 ORDER BY began DESC, kind, subject`, into(&all, ofAlarm), millis(since))
	return all, err
}

const alarmColumns = `SELECT kind, subject, began, opened, over, text FROM alarms`

func ofAlarm(a *feed.Alarm) []any {
	return []any{&a.Kind, &a.Subject, asTime{&a.Began}, asTime{&a.Opened}, asTime{&a.Over}, &a.Text}
}

// SaveAlarms notes alarms that began, opened or are over, and makes a message of those that opened or are
// over for the channel, when it is not "". It leaves out what another process noted before. An alarm that
// is over before it opened is forgotten.
func (s *Store) SaveAlarms(ctx context.Context, changed []feed.Alarm, channel string, now time.Time) error {
	return s.tx(ctx, func(tx *tx) error {
		var tell []feed.Alarm
		for i := range changed {
			told, err := saveAlarm(tx, &changed[i])
			if err != nil {
				return fmt.Errorf("note an alarm: %w", err)
			}
			if told {
				tell = append(tell, changed[i])
			}
		}
		return tellAlarms(tx, channel, string(feed.MessageAlarms), tell, now)
	})
}

// tellAlarms makes a message of alarms, when there are some and a channel for them; name tells it from others of the time.
func tellAlarms(tx *tx, channel, name string, alarms []feed.Alarm, now time.Time) error {
	if channel == "" || len(alarms) == 0 {
		return nil
	}
	text, err := json.Marshal(alarms)
	if err != nil {
		return err
	}
	id := fmt.Sprintf("%s/%s/%d", channel, name, millis(now))
	_, err = tx.Exec(putMessage, id, channel, string(feed.MessageAlarms), millis(now), string(text))
	return err
}

// saveAlarm tells whether the newsroom is to hear of the change.
func saveAlarm(tx *tx, a *feed.Alarm) (bool, error) {
	began := millis(a.Began)
	switch {
	case !a.Over.IsZero() && a.Opened.IsZero():
		_, err := tx.Exec(`DELETE FROM alarms WHERE kind = $1 AND subject = $2 AND began = $3 AND opened = 0`, string(a.Kind), a.Subject, began)
		return false, err
	case !a.Over.IsZero():
		n, err := tx.affected(`UPDATE alarms SET over = $1 WHERE kind = $2 AND subject = $3 AND began = $4 AND over = 0`,
			millis(a.Over), string(a.Kind), a.Subject, began)
		return n > 0, err
	}
	n, err := tx.affected(`UPDATE alarms SET opened = $1, text = $2 WHERE kind = $3 AND subject = $4 AND began = $5 AND opened = 0 AND over = 0`,
		millis(a.Opened), clean(a.Text), string(a.Kind), a.Subject, began)
	if err != nil || n > 0 {
		return n > 0 && !a.Opened.IsZero(), err
	}
	n, err = tx.affected(`INSERT INTO alarms (kind, subject, began, opened, text)
		SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS TEXT)
		WHERE NOT EXISTS (SELECT 1 FROM alarms WHERE kind = $1 AND subject = $2 AND over = 0)
		ON CONFLICT (kind, subject, began) DO NOTHING`, string(a.Kind), a.Subject, began, millis(a.Opened), clean(a.Text))
	return n > 0 && !a.Opened.IsZero(), err
}

// pruneMessages forgets stories told whose entries retention took away, and messages and alarms of long ago.
func pruneMessages(tx *tx, before, now time.Time) error {
	for _, q := range []struct {
		text string
		at   time.Time
	}{
		{`DELETE FROM told WHERE at < $1 AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.story = told.story OR e.id = told.entry)`, before},
		{`DELETE FROM messages WHERE made < $1`, now.Add(-alarmsKept)},
		{`DELETE FROM alarms WHERE over <> 0 AND over < $1`, now.Add(-alarmsKept)},
	} {
		if err := tx.exec(q.text, millis(q.at)); err != nil {
			return err
		}
	}
	return nil
}
