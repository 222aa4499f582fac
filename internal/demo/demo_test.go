package demo

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"feedd/internal/daemon"
	"feedd/internal/feed"
	"feedd/internal/store"
)

// clock is passed on by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// room is a newsroom that collects the demo.
type room struct {
	c    *clock
	file string
	db   string
}

func newRoom(t *testing.T, base string, c *clock) *room {
	t.Helper()
	dir := t.TempDir()
	r := &room{c: c, file: filepath.Join(dir, "feeds.yaml"), db: "sqlite:" + filepath.Join(dir, "demo.db")}
	if err := os.WriteFile(r.file, []byte(strings.Replace(Config(base), "host_interval: 100ms", "host_interval: 0s", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

// look collects everything once and returns the entries that stand after it.
func (r *room) look(t *testing.T) []feed.Entry {
	t.Helper()
	ctx := context.Background()
	d, err := daemon.New(ctx, daemon.Options{Config: r.file, DB: r.db, Log: slog.New(slog.DiscardHandler), Now: r.c.now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Collect(ctx, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, r.db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	entries, err := s.Entries(ctx, feed.EntryQuery{})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// meant is the place that a report was written for.
type meant struct{ event, part string }

// meanings are the reports' by the id in their address.
func meanings() map[string]meant {
	all := map[string]meant{}
	for _, e := range events {
		for _, t := range e.told {
			all[number(t.by, fmt.Sprint(e.name, t.part))] = meant{e.name, fmt.Sprint(e.name, t.part)}
		}
	}
	for m := riverEvery; m <= 60; m += riverEvery {
		name := fmt.Sprint("song", m)
		all[number(river, name)] = meant{name, name}
	}
	return all
}

// TestIntended plays the first quarter of an hour, and more, of the demo: what its reports were written for is
// what the desk makes of them, from minute to minute.
func TestIntended(t *testing.T) {
	c := &clock{at: time.Date(2026, 3, 2, 8, 0, 30, 0, time.UTC)}
	press := httptest.NewServer(New(c.now))
	defer press.Close()
	r := newRoom(t, press.URL, c)
	of := meanings()
	eventOf := func(url string) string {
		_, id, _ := strings.Cut(url, "/tin/")
		id, _, _ = strings.Cut(id, "?")
		return of[id].event
	}
	var last []feed.Entry
	var corrected []string
	for minute := range 32 {
		last = r.look(t)
		storyOf, entryOf := map[string]string{}, map[string]string{} // of what was meant
		madeOf, partOf := map[string]string{}, map[string]string{}   // of what was made
		for _, e := range last {
			for _, rep := range e.Reports {
				_, id, _ := strings.Cut(rep.URL, "/tin/")
				id, _, _ = strings.Cut(id, "?")
				m, ok := of[id]
				if !ok {
					t.Fatalf("nobody wrote %q at %s", rep.Title, rep.URL)
				}
				if was := storyOf[m.event]; was != "" && was != e.Story {
					t.Errorf("minute %d: %q stands apart from its story (%s)", minute, rep.Title, m.event)
				}
				if was := entryOf[m.part]; was != "" && was != e.Key {
					t.Errorf("minute %d: %q has an entry of its own", minute, rep.Title)
				}
				if was := madeOf[e.Story]; was != "" && was != m.event {
					t.Errorf("minute %d: %q is in the story of %s", minute, rep.Title, was)
				}
				if was := partOf[e.Key]; was != "" && was != m.part {
					t.Errorf("minute %d: %q is folded into %s", minute, rep.Title, was)
				}
				storyOf[m.event], entryOf[m.part] = e.Story, e.Key
				madeOf[e.Story], partOf[e.Key] = m.event, m.part
			}
		}
		// The correction and the withdrawal come on time, and the corrected entry is the one it was.
		at := map[string]*feed.Item{}
		for i := range last {
			for j := range last[i].Reports {
				if _, id, ok := strings.Cut(last[i].Reports[j].URL, "/tin/"); ok {
					at[id] = &last[i].Reports[j]
				}
			}
		}
		crash, park := at[number("doi-gio", "xe-khach0")], at[number("cao-nguyen", "cong-vien0")]
		if crash == nil || strings.Contains(crash.Title, "7 người") != (minute < 2) || strings.Contains(crash.Title, "5 người") != (minute >= 2) {
			t.Errorf("minute %d: the report to be corrected is %+v", minute, crash)
		} else if corrected = append(corrected, crash.Entry); crash.Entry != corrected[0] {
			t.Errorf("minute %d: the corrected report moved to another entry", minute)
		}
		if (park != nil) != (minute < 3) {
			t.Errorf("minute %d: the report to be taken back is %+v", minute, park)
		}
		if t.Failed() {
			t.FailNow()
		}
		c.advance(time.Minute)
	}
	stories, told := map[string]bool{}, 0
	for _, e := range last {
		stories[e.Story] = true
		told += len(e.Reports)
		// Two are left for the editor to file.
		if name := eventOf(e.Reports[0].URL); (len(e.Sections) == 0) != (name == "che" || name == "dem-nhac") {
			t.Errorf("%q is in the sections %v", e.Reports[0].Title, e.Sections)
		}
	}
	if len(stories) < 40 || told < 75 {
		t.Errorf("%d stories, %d reports", len(stories), told)
	}
}
