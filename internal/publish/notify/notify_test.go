package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"feedd/internal/feed"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// desk is a store with a channel, and what was sent there. It lives in a bubble of testing/synctest.
type desk struct {
	t        *testing.T
	s        *store.Store
	settings Settings
	n        int       // items so far
	post     Post      // s, unless something is wrong with it
	notifier *Notifier // of serve

	mu   sync.Mutex
	sent []letter
	lost []letter // what attempts that failed said
	fail error    // of every attempt
}

func (d *desk) send(_ context.Context, l *letter) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		d.lost = append(d.lost, *l)
		return d.fail
	}
	d.sent = append(d.sent, *l)
	return nil
}

// took returns what was sent since it was called last.
func (d *desk) took() []letter {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	sent := d.sent
	d.sent = nil
	return sent
}

func newDesk(t *testing.T, c feed.Channel) *desk {
	s, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	d := &desk{t: t, s: s, settings: Settings{
		Site:     feed.Site{Title: "Điểm tin", URL: "https://news.example.org", Language: "vi", Timezone: time.FixedZone("+07", 7*3600)},
		Sections: []feed.Section{{ID: "kinh-te", Title: "Kinh tế"}, {ID: "the-thao", Title: "Thể thao"}},
		Sources:  map[string]feed.Source{"a": {ID: "a", Title: "Báo A"}, "b": {ID: "b", Title: "Báo B"}, "c": {ID: "c", Title: "Báo C"}},
		Channels: []feed.Channel{c},
	}}
	if err := s.OpenChannels(t.Context(), ChannelIDs(d.settings.Channels, d.settings.Alerts), time.Now(), true); err != nil {
		t.Fatal(err)
	}
	return d
}

// serve runs a Notifier until the function it returns is called.
func (d *desk) serve() (stop func()) {
	n, err := New(Options{
		Settings: d.settings, Outbox: d.s, Stories: d.s, Post: d.mail(), Alarms: d.s, Registry: prometheus.NewRegistry(),
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Next: func(line string, after time.Time, _ *time.Location) time.Time {
			if line != "@hourly" {
				d.t.Errorf("asked for the schedule %q", line)
			}
			return after.Truncate(time.Hour).Add(time.Hour)
		},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	n.sender, d.notifier = func(feed.Channel, feed.Site) sender { return d }, n
	ctx, cancel := context.WithCancel(d.t.Context())
	done := make(chan error)
	go func() { done <- n.Run(ctx) }()
	return func() {
		d.t.Helper()
		cancel()
		if err := errors.Join(<-done, n.Close()); err != nil {
			d.t.Error(err)
		}
	}
}

// story files a story that sources tell under a section.
func (d *desk) story(title, section string, sources ...string) feed.Entry {
	d.t.Helper()
	ctx, now := d.t.Context(), time.Now()
	for _, src := range sources {
		d.n++
		it := feed.Item{Source: src, GUID: fmt.Sprint(d.n), Title: title, URL: fmt.Sprintf("https://%s.example.org/%d", src, d.n), Published: now.Add(-time.Minute)}
		it.Canonical, it.Key = feed.Canonical(it.URL), "g:"+it.GUID
		if _, err := d.s.Save(ctx, &store.Collected{State: feed.SourceState{Source: src}, Items: []feed.Item{it}, At: now}); err != nil {
			d.t.Fatal(err)
		}
	}
	items, err := d.s.Unfiled(ctx, 100)
	if err != nil {
		d.t.Fatal(err)
	}
	e := feed.Entry{Key: items[0].OwnEntry(), Lead: items[0].ID, Published: items[0].Date(), Updated: items[0].Date(), Sections: []string{section}}
	e.Story = e.Key
	for i := range items {
		items[i].Story, items[i].Entry, items[i].Verdict = e.Story, e.Key, feed.New
	}
	turn, err := d.s.DeskTurn(ctx)
	if err == nil {
		err = d.s.Commit(ctx, store.Filed{Turn: turn, Items: items, Entries: []feed.Entry{e}, Told: []feed.Notice{
			{Channel: d.settings.Channels[0].ID, Story: e.Story, Entry: e.Key, Title: title, At: now}}})
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return e
}

func kinds(letters []letter) (all []string) {
	for _, l := range letters {
		text := string(l.Kind)
		for _, s := range l.Stories {
			text += " " + s.Title
		}
		if l.More > 0 {
			text += fmt.Sprintf(" +%d", l.More)
		}
		all = append(all, text)
	}
	return all
}

func wantSent(t *testing.T, d *desk, when string, want ...string) []letter {
	t.Helper()
	got := d.took()
	if diff := cmp.Diff(want, kinds(got)); diff != "" {
		t.Errorf("%s (-want +sent):\n%s", when, diff)
	}
	return got
}

// A digest is sent at its time and at no other, once, also when the process stood still over that time; it
// tells the stories since the one before, those first that most outlets tell, by section.
func TestDigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // begins at 07:00 on the channel's clock
		d := newDesk(t, feed.Channel{ID: "thu", Sections: []string{"all"}, Schedule: "@hourly", Limit: 3})
		time.Sleep(time.Second)
		stop := d.serve()
		d.story("Giá gạo tăng", "kinh-te", "a")
		d.story("Đội nhà thắng", "the-thao", "a", "b")
		d.story("Lãi suất giảm", "kinh-te", "a", "b", "c")
		d.story("Chợ mở lại", "kinh-te", "c")
		time.Sleep(59 * time.Minute)
		wantSent(t, d, "before its time")
		time.Sleep(time.Minute)
		sent := wantSent(t, d, "at its time", "digest Lãi suất giảm Đội nhà thắng Chợ mở lại +1")
		if len(sent) == 1 {
			want := "Điểm tin – Tin nổi bật, 08:00, 01/01/2000\n\nKINH TẾ\n• Lãi suất giảm\n  Báo A, Báo B, Báo C\n  https://a.example.org/4\n" +
				"• Chợ mở lại\n  Báo C\n  https://c.example.org/7\n\nTHỂ THAO\n• Đội nhà thắng\n  Báo A, Báo B\n  https://a.example.org/2\n\nVà 1 tin khác: https://news.example.org/\n"
			if diff := cmp.Diff(want, sent[0].Text); diff != "" {
				t.Error(diff)
			}
			for _, part := range []string{`<html lang="vi">`, `<h2 style="font-size:1.1em">Kinh tế</h2>`, `<a href="https://a.example.org/4">Lãi suất giảm</a>`, "3 báo đưa tin"} {
				if !strings.Contains(sent[0].html, part) {
					t.Errorf("no %s in\n%s", part, sent[0].html)
				}
			}
		}
		time.Sleep(time.Hour)
		wantSent(t, d, "in an hour without news")
		d.story("Bão vào bờ", "kinh-te", "a")
		stop()
		time.Sleep(150 * time.Minute) // over two digests
		stop = d.serve()
		time.Sleep(10 * time.Second)
		wantSent(t, d, "after the process stood still", "digest Bão vào bờ")
		time.Sleep(30 * time.Second)
		d.story("Tin mới", "kinh-te", "a")
		time.Sleep(20 * time.Minute)
		wantSent(t, d, "in the same hour")
		time.Sleep(10 * time.Minute)
		wantSent(t, d, "in the next", "digest Tin mới")
		stop()
	})
}

// A source without a title is called in letters what its feed calls itself, as on the pages; one that has neither by
// its id. English says one as one.
func TestNamesOfOutlets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, feed.Channel{ID: "thu", Sections: []string{"all"}, Schedule: "@hourly", Limit: 1})
		d.settings.Site.Language = "en"
		d.settings.Sources["a"], d.settings.Sources["b"] = feed.Source{ID: "a"}, feed.Source{ID: "b"}
		stop := d.serve()
		d.story("Rates fall", "kinh-te", "a", "b", "c")
		d.story("The market opens", "kinh-te", "c")
		if _, err := d.s.Save(t.Context(), &store.Collected{State: feed.SourceState{Source: "a", Title: "The Paper A"}, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		sent := wantSent(t, d, "at its time", "digest Rates fall +1")
		if len(sent) == 1 {
			for _, want := range []string{"The Paper A, b, Báo C\n", "And one more story: https://news.example.org/"} {
				if !strings.Contains(sent[0].Text, want) {
					t.Errorf("no %q in\n%s", want, sent[0].Text)
				}
			}
			if !strings.Contains(sent[0].html, ">3 outlets</a>") || !strings.Contains(sent[0].html, ">And one more story</a>") {
				t.Errorf("the HTML is\n%s", sent[0].html)
			}
		}
		stop()
	})
}

// Each story is told once; of a flood so many as the limit says, and how many more there are.
func TestOneByOneAndFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, feed.Channel{ID: "c", Sections: []string{"all"}, Limit: 3})
		stop := d.serve()
		d.story("Một", "kinh-te", "a")
		time.Sleep(5 * time.Second)
		sent := wantSent(t, d, "one", "story Một")
		if len(sent) == 1 && (sent[0].Text != "Một\nBáo A\nhttps://a.example.org/1" || sent[0].URL != "https://news.example.org/stories/"+sent[0].Stories[0].ID) {
			t.Errorf("the letter is %+v", sent[0])
		}
		stop()
		for i := range 10 {
			d.story(fmt.Sprintf("Lũ %d", i), "kinh-te", []string{"a", "b", "c"}[:1+i%3]...)
			time.Sleep(time.Second)
		}
		stop = d.serve()
		time.Sleep(5 * time.Second)
		wantSent(t, d, "a flood", "story Lũ 2", "story Lũ 5", "story Lũ 8", "more +7")
		d.story("Sau lũ", "kinh-te", "a")
		time.Sleep(time.Minute)
		wantSent(t, d, "behind the flood")
		time.Sleep(moreEvery)
		wantSent(t, d, "when it has passed", "story Sau lũ")
		stop()
		stop = d.serve()
		time.Sleep(10 * time.Minute)
		wantSent(t, d, "after a restart")
		stop()
	})
}

// A channel that is down gets what it missed when it is back, with the ids of the attempts before, and not a
// day's stories one by one.
func TestChannelThatIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, feed.Channel{ID: "c", Sections: []string{"all"}, Limit: 3})
		d.fail = errors.New("connection refused")
		stop := d.serve()
		for i := range 20 {
			d.story(fmt.Sprintf("Tin %02d", i), "kinh-te", "a")
			time.Sleep(5 * time.Minute)
		}
		gone := d.story("Rút lại", "kinh-te", "a")
		if _, err := d.s.Withdraw(t.Context(), []string{gone.Key}, time.Now()); err != nil {
			t.Fatal(err)
		}
		d.mu.Lock()
		d.fail = nil
		d.mu.Unlock()
		time.Sleep(30 * time.Minute)
		sent := kinds(d.took())
		told, more := 0, 0
		for _, l := range sent {
			if strings.Contains(l, "Rút lại") {
				t.Errorf("a story that was withdrawn before anybody heard of it was told: %v", sent)
			}
			if n, err := fmt.Sscanf(l, "more +%d", &told); err == nil && n == 1 {
				more += told
			}
		}
		one := len(slices.DeleteFunc(slices.Clone(sent), func(l string) bool { return strings.HasPrefix(l, "more") }))
		if one+more != 20 || len(sent) != one+1 && more > 0 {
			t.Errorf("%d stories were told one by one and %d counted, want 20 in all: %v", one, more, sent)
		}
		stop()
	})
}

// A receiver may have taken what it could not say that it took: under one id it finds one text, whatever was
// corrected meanwhile.
func TestEveryAttemptSaysTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, feed.Channel{ID: "c", Sections: []string{"all"}, Limit: 3})
		d.fail = errors.New("no answer")
		stop := d.serve()
		d.story("Nước rút", "kinh-te", "a")
		time.Sleep(6 * time.Second)
		it := feed.Item{Source: "a", GUID: "1", Title: "Nước đã rút hết", URL: "https://a.example.org/1", Published: time.Now().Add(-time.Minute)}
		it.Canonical, it.Key = feed.Canonical(it.URL), "g:1"
		if _, err := d.s.Save(t.Context(), &store.Collected{State: feed.SourceState{Source: "a"}, Items: []feed.Item{it}, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		d.mu.Lock()
		d.fail = nil
		d.mu.Unlock()
		time.Sleep(time.Minute)
		sent := d.took()
		if len(sent) != 1 || len(d.lost) == 0 || sent[0].ID != d.lost[0].ID || sent[0].Text != d.lost[0].Text || sent[0].Subject != "Nước rút" {
			t.Errorf("%+v, after %+v", sent, d.lost)
		}
		stop()
	})
}

// What was told and then withdrawn is corrected, once.
func TestCorrection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, feed.Channel{ID: "c", Sections: []string{"all"}, Limit: 3})
		stop := d.serve()
		e := d.story("Chuyện sai", "kinh-te", "a")
		time.Sleep(5 * time.Second)
		wantSent(t, d, "told", "story Chuyện sai")
		if _, err := d.s.Withdraw(t.Context(), []string{e.Key}, time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		sent := wantSent(t, d, "withdrawn", "correction Chuyện sai")
		if len(sent) == 1 && sent[0].Text != "Đính chính: tin sau đã được rút lại: Chuyện sai" {
			t.Errorf("it says %q", sent[0].Text)
		}
		stop()
		stop = d.serve()
		time.Sleep(10 * time.Minute)
		wantSent(t, d, "later")
		stop()
	})
}

// A message that is refused for good is given up after some attempts, and holds up no other.
func TestRefusedForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, feed.Channel{ID: "c", Sections: []string{"all"}, Limit: 3})
		d.fail = &refusal{text: "413 too long", forGood: true}
		stop := d.serve()
		d.story("Dài quá", "kinh-te", "a")
		time.Sleep(time.Hour)
		d.mu.Lock()
		d.fail = nil
		d.mu.Unlock()
		d.story("Ngắn", "kinh-te", "a")
		time.Sleep(time.Minute)
		wantSent(t, d, "after one was given up", "story Ngắn")
		stop()
	})
}

func TestShort(t *testing.T) {
	l := &letter{Kind: feed.MessageDigest, Subject: "Tin nổi bật", URL: "https://news.example.org/", words: &vietnamese}
	var g group
	for i := range 100 {
		s := story{Title: strings.Repeat("dài ", 30), URL: fmt.Sprintf("https://a.example.org/%d", i)}
		l.Stories, g.Stories = append(l.Stories, s), append(g.Stories, s)
	}
	l.groups = []group{g}
	l.Text = l.digest(100)
	text := l.short(shortText)
	told := strings.Count(text, "•")
	if len(text) > shortText || told < 10 || !strings.Contains(text, fmt.Sprintf("Và %d tin khác", 100-told)) {
		t.Errorf("%d bytes with %d stories: %s", len(text), told, text[max(0, len(text)-200):])
	}
}

// awayPost is a store that cannot note for a while what was sent.
type awayPost struct {
	Post
	until time.Time
}

func (a awayPost) Sent(ctx context.Context, id string, at time.Time) error {
	if time.Now().Before(a.until) {
		return errors.New("away")
	}
	return a.Post.Sent(ctx, id, at)
}

// A message that was taken while the store was away is noted when it is back, and not sent again.
func TestNotedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, feed.Channel{ID: "kenh", Sections: []string{"kinh-te"}, Limit: 3})
		d.post = awayPost{d.s, time.Now().Add(20 * time.Second)}
		stop := d.serve()
		time.Sleep(time.Second)
		d.story("Một", "kinh-te", "a")
		time.Sleep(time.Minute)
		wantSent(t, d, "while the store was away", "story Một")
		stop()
		stop = d.serve()
		time.Sleep(5 * time.Minute)
		wantSent(t, d, "after a restart")
		stop()
	})
}

func (d *desk) mail() Post {
	if d.post != nil {
		return d.post
	}
	return d.s
}
