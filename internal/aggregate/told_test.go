package aggregate

import (
	"testing"
	"time"

	"feedd/internal/feed"
)

// A channel tells of entries that stand in one of its sections and of which a report matches its query.
func TestToldOnChannels(t *testing.T) {
	storm := feed.Rule{Any: []feed.Pattern{{Text: "bão"}}, None: []feed.Pattern{{Text: "bão giá"}}}
	channels, err := channelsOf([]feed.Channel{
		{ID: "thoi-su", Sections: []string{"thoi-su"}}, {ID: "all", Sections: []string{"all"}}, {ID: "bao", Query: &storm},
		{ID: "bao-thoi-su", Sections: []string{"thoi-su"}, Query: &storm},
	})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1e9, 0)
	shown := []feed.Section{{ID: "thoi-su", MaxAge: time.Hour}, {ID: "kinh-te", MaxAge: 48 * time.Hour}, {ID: "luu-tru"}}
	for title, c := range map[string]struct {
		entry feed.Entry
		want  string
	}{
		"Bão số 9 vào bờ":      {feed.Entry{Sections: []string{"thoi-su"}}, "thoi-su all bao bao-thoi-su "},
		"Bão số 9 đổi hướng":   {feed.Entry{}, "bao "},
		"Sau bão giá, chợ mở":  {feed.Entry{Sections: []string{"kinh-te", "thoi-su"}}, "thoi-su all "},
		"Bão tan, bị rút":      {feed.Entry{Sections: []string{"thoi-su"}, Withdrawn: time.Unix(1, 0)}, ""},
		"Bão cũ của nguồn mới": {feed.Entry{Sections: []string{"thoi-su"}, Backlog: true}, ""},
		"Bão của hôm qua":      {feed.Entry{Sections: []string{"thoi-su"}, Published: now.Add(-24 * time.Hour)}, ""},
		"Bão, chợ rau hôm qua": {feed.Entry{Sections: []string{"thoi-su", "kinh-te"}, Published: now.Add(-24 * time.Hour)}, "thoi-su all bao bao-thoi-su "},
		"Bão năm ngoái":        {feed.Entry{Sections: []string{"luu-tru"}, Published: now.Add(-9000 * time.Hour)}, "all bao "},
		"Bão hôm qua, ở ngoài": {feed.Entry{Published: now.Add(-24 * time.Hour)}, "bao "},
	} {
		c.entry.Key, c.entry.Story, c.entry.Lead = "k", "s", 1
		if c.entry.Published.IsZero() {
			c.entry.Published = now
		}
		c.entry.Reports = []feed.Item{{ID: 1, Title: title}}
		got := ""
		for _, n := range told(channels, shown, nil, []feed.Entry{c.entry}, now) {
			got += n.Channel + " "
			if n.Story != "s" || n.Entry != "k" || n.Title != title {
				t.Errorf("%s: %+v", title, n)
			}
		}
		if got != c.want {
			t.Errorf("%s is told on %q, want %q", title, got, c.want)
		}
	}
	if _, err := channelsOf([]feed.Channel{{ID: "x", Query: &feed.Rule{Any: []feed.Pattern{{Text: "/(/"}}}}}); err == nil {
		t.Error("a query that cannot be read is taken")
	}
}
