package desk

import (
	"testing"
	"time"

	"feedd/internal/feed"
)

// The patterns of stories.never are terms of rules: without diacritics they match as well.
func TestNeverOneStory(t *testing.T) {
	titles := []string{
		"Thượng viện thông qua dự luật cầu đường sau ba ngày tranh luận",
		"Ha vien thong qua du luat cau duong sau ba ngay tranh luan",
	}
	for _, tt := range []struct {
		never [][2]string
		apart bool
	}{
		{nil, false},
		{[][2]string{{"mưa", "nắng"}, {"hạ viện", "thượng viện"}}, true},
	} {
		d, err := New(Options{Stories: feed.StorySettings{Never: tt.never}})
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
		var items []feed.Item
		for i, title := range titles {
			it := feed.Item{ID: int64(i + 1), Source: string('a' + rune(i)), Title: title, GUID: title, Published: at, FirstSeen: at}
			it.Key = feed.Identify(&it)
			items = append(items, it)
		}
		d.File(items, at)
		if apart := items[0].Story != items[1].Story; apart != tt.apart {
			t.Errorf("never %v: apart %v, want %v; %+v", tt.never, apart, tt.apart, items[1].Why)
		}
	}
}

// A report that its outlet told before is told under that one's entry, whenever that was; what a
// source withdraws leaves its entry, and comes back to it.
func TestReportsThatComeAgain(t *testing.T) {
	d, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	report := func(id int64, source, title string) feed.Item {
		return feed.Item{ID: id, Source: source, Key: "g:" + title, Opens: feed.EntryKey(source, title), Title: title, FirstSeen: now, Published: now}
	}
	first, again := report(1, "nha", "Cảng mua hai tàu kéo chạy điện"), report(2, "kinh-te", "Cảng mua tàu kéo chạy bằng điện")
	again.Repeats = first.Opens
	old := report(3, "nha", "Chợ nổi họp lại sau ba tuần nước lớn")
	old.Repeats, old.ToldUnder, old.ToldOf = "00000000000000aa", "00000000000000ab", "00000000000000ac"
	batch := []feed.Item{first, again, old}
	touched := d.File(batch, now)
	if batch[1].Entry != batch[0].Entry || batch[1].Verdict != feed.Duplicate {
		t.Errorf("the repetition is told under %s as %s, want under %s", batch[1].Entry, batch[1].Verdict, batch[0].Entry)
	}
	if batch[2].Entry != old.ToldUnder || batch[2].Story != old.ToldOf {
		t.Errorf("the repetition of an old report is told under %s of %s", batch[2].Entry, batch[2].Story)
	}
	entries := d.Compose(touched, nil, batch, now)
	stored := map[string]feed.Entry{}
	for _, e := range entries {
		stored[e.Key] = e
	}
	entry := batch[0].Entry
	for _, tt := range []struct {
		name      string
		gone      []bool
		withdrawn bool
		by        feed.Withdrawal
		reports   int
	}{
		{"one of two is withdrawn", []bool{true, false}, false, "", 1},
		{"both are", []bool{true, true}, true, feed.Recalled, 0},
		{"one is back", []bool{true, false}, false, "", 1},
		{"both are back", []bool{false, false}, false, "", 2},
	} {
		now = now.Add(time.Hour)
		again := []feed.Item{batch[0], batch[1]}
		for i := range again {
			again[i].Gone = time.Time{}
			if tt.gone[i] {
				again[i].Gone = now
			}
		}
		touched := d.File(again, now)
		was := stored[entry]
		was.Reports = nil // those that the store shows
		for i := range again {
			if was.Withdrawn.IsZero() {
				was.Reports = append(was.Reports, again[i])
			}
		}
		composed := d.Compose(touched, map[string]feed.Entry{entry: was}, again, now)
		if len(composed) != 1 {
			t.Fatalf("%s: %d entries", tt.name, len(composed))
		}
		e := composed[0]
		if e.Key != entry || e.Withdrawn.IsZero() == tt.withdrawn || e.WithdrawnBy != tt.by || len(e.Reports) != tt.reports {
			t.Errorf("%s: entry %s, withdrawn %v by %q, %d reports", tt.name, e.Key, e.Withdrawn, e.WithdrawnBy, len(e.Reports))
		}
		stored[entry] = e
		batch[0].Story, batch[1].Story = again[0].Story, again[1].Story
	}
}
