package read

import (
	"testing"
	"time"

	"feedd/internal/feed"
)

func TestHoldFuture(t *testing.T) {
	now := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
	const doc = `<rss version="2.0"><channel><title>x</title><link>https://a.example/</link>
<item><title>Đã đăng</title><link>https://a.example/1</link><pubDate>Fri, 27 Nov 2026 07:00:00 GMT</pubDate></item>
<item><title>Hẹn giờ</title><link>https://a.example/2</link><pubDate>Fri, 27 Nov 2026 09:00:00 GMT</pubDate></item>
<item><title>Tuần sau</title><link>https://a.example/3</link><pubDate>Fri, 04 Dec 2026 09:00:00 GMT</pubDate></item>
<item><title>Không ngày</title><link>https://a.example/4</link></item>
</channel></rss>`
	titles := func(hold bool, at time.Time) (list []string, held int, until time.Time) {
		t.Helper()
		d, err := Read(Body{Bytes: []byte(doc), URL: "https://a.example/rss"}, feed.Source{ID: "a", URL: "https://a.example/rss", HoldFuture: hold, MaxItems: 100}, at)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range d.Items {
			list = append(list, it.Title)
		}
		return list, d.Held, d.HeldUntil
	}
	if list, held, until := titles(false, now); len(list) != 4 || held != 0 || !until.IsZero() {
		t.Errorf("without: %q, %d held", list, held)
	}
	if list, held, until := titles(true, now); len(list) != 2 || held != 2 || !until.Equal(now.Add(time.Hour)) {
		t.Errorf("now: %q, %d held until %v", list, held, until)
	}
	if list, held, until := titles(true, now.Add(time.Hour)); len(list) != 3 || held != 1 || !until.Equal(now.Add(7*24*time.Hour+time.Hour)) {
		t.Errorf("an hour later: %q, %d held until %v", list, held, until)
	}
}
