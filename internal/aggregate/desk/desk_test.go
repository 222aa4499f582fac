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
