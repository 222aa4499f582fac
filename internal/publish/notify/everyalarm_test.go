package notify

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"feedd/internal/feed"
	"feedd/internal/store"
)

// TestEveryAlarmIsToldTwice: whatever there is an alarm of, people hear of it once when it begins, however long it
// lasts and although feedd is started anew meanwhile, and once when it is over; in the language of the site.
func TestEveryAlarmIsToldTwice(t *testing.T) {
	even := [24]float64{}
	for h := range even {
		even[h] = 1.0 / 24
	}
	state := func(d *desk, s feed.SourceState) {
		d.t.Helper()
		s.Source, s.LastRun = "a", time.Now()
		if s.Error == "" {
			s.LastSuccess = s.LastRun
		}
		if _, err := d.s.Save(d.t.Context(), &store.Collected{State: s, At: time.Now()}); err != nil {
			d.t.Fatal(err)
		}
	}
	rhythm := func() *feed.Rhythm {
		return &feed.Rhythm{Gap: time.Hour, Seen: 100, Newest: time.Now(), Hours: even}
	}
	const begins = time.Minute // the watcher looks more often
	for name, c := range map[string]struct {
		breaks, mends func(d *desk)
		after         time.Duration // until it counts
		says          string
	}{
		"failing": {
			breaks: func(d *desk) {
				state(d, feed.SourceState{Failures: 3, Error: "503", Fault: feed.FaultStatus, Status: 503})
			},
			mends: func(d *desk) { state(d, feed.SourceState{}) },
			says:  "Báo A thu không được 3 lần liên tiếp: máy chủ trả lời lỗi 503",
		},
		"silent": {
			breaks: func(d *desk) { state(d, feed.SourceState{Rhythm: rhythm()}) },
			mends:  func(d *desk) { state(d, feed.SourceState{Rhythm: rhythm()}) },
			after:  4 * time.Hour, says: "Báo A không có tin mới từ",
		},
		"undated": {
			breaks: func(d *desk) { state(d, feed.SourceState{Items: 10, Undated: 9}) },
			mends:  func(d *desk) { state(d, feed.SourceState{Items: 10}) },
			says:   "Báo A: 9 trong 10 tin không có ngày giờ",
		},
		"unlinked": {
			breaks: func(d *desk) { state(d, feed.SourceState{Items: 10, Unlinked: 10}) },
			mends:  func(d *desk) { state(d, feed.SourceState{Items: 10}) },
			says:   "Báo A: 10 trong 10 tin không có đường dẫn",
		},
		"hub": {
			breaks: func(d *desk) {
				state(d, feed.SourceState{Push: &feed.Push{State: feed.PushActive, LastPush: time.Now(), Missed: 2}})
			},
			mends: func(d *desk) {
				state(d, feed.SourceState{Push: &feed.Push{State: feed.PushActive, LastPush: time.Now()}})
			},
			says: "Hub của Báo A không còn báo tin mới",
		},
		"config": {
			breaks: func(d *desk) { d.notifier.Trouble("feeds.yaml", feed.Say("unknown key %s", `"sorces"`)) },
			mends:  func(d *desk) { d.notifier.Trouble("feeds.yaml", feed.Text{}) },
			says:   `Bản vừa lưu của feeds.yaml chưa có hiệu lực: không có khóa "sorces"`,
		},
		"empty": {
			breaks: func(d *desk) { d.story("Giá gạo tăng", "kinh-te", "b") },
			mends:  func(d *desk) { d.story("Lãi suất giảm", "kinh-te", "b") },
			after:  24 * time.Hour, says: "Chuyên mục Kinh tế chưa có tin mới từ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, feed.Channel{ID: "c", Sections: []string{"all"}, Limit: 3})
				d.settings.Sections = d.settings.Sections[:1]
				d.settings.Alerts = feed.Alerts{URL: "https://hook.example.org", Failures: 3, Silent: 4}
				if name == "empty" {
					d.settings.Alerts.Empty = 24 * time.Hour
				}
				if err := d.s.OpenChannels(t.Context(), ChannelIDs(d.settings.Channels, d.settings.Alerts), time.Now(), true); err != nil {
					t.Fatal(err)
				}
				told := func() (texts []string) {
					for _, l := range d.took() {
						if l.Kind == feed.MessageAlarms {
							texts = append(texts, l.Text)
						}
					}
					return texts
				}
				want := func(when, text string) {
					t.Helper()
					switch got := told(); {
					case text == "" && len(got) > 0, text != "" && (len(got) != 1 || !strings.Contains(got[0], text)):
						t.Errorf("%s: told %q, want %q", when, got, text)
					}
				}
				stop := d.serve()
				c.breaks(d)
				if c.after > 0 {
					time.Sleep(c.after - begins)
					want("too early", "")
					time.Sleep(begins)
				}
				time.Sleep(begins)
				want("begun", c.says)
				time.Sleep(2 * time.Hour)
				want("while it lasts", "")
				stop()
				stop = d.serve()
				if name == "config" { // what a process refused, the next one refuses at its start
					c.breaks(d)
				}
				time.Sleep(time.Hour)
				want("started anew", "")
				c.mends(d)
				time.Sleep(begins)
				want("over", "Đã ổn")
				time.Sleep(time.Hour)
				want("afterwards", "")
				stop()
			})
		})
	}
}
