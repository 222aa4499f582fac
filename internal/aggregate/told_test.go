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
	for title, c := range map[string]struct {
		entry feed.Entry
		want  string
	}{
		"Bão số 9 vào bờ":      {feed.Entry{Sections: []string{"thoi-su"}}, "thoi-su all bao bao-thoi-su "},
		"Bão số 9 đổi hướng":   {feed.Entry{}, "bao "},
		"Sau bão giá, chợ mở":  {feed.Entry{Sections: []string{"kinh-te", "thoi-su"}}, "thoi-su all "},
		"Bão tan, bị rút":      {feed.Entry{Sections: []string{"thoi-su"}, Withdrawn: time.Unix(1, 0)}, ""},
		"Bão cũ của nguồn mới": {feed.Entry{Sections: []string{"thoi-su"}, Backlog: true}, ""},
	} {
		c.entry.Key, c.entry.Story, c.entry.Lead = "k", "s", 1
		c.entry.Reports = []feed.Item{{ID: 1, Title: title}}
		got := ""
		for _, n := range told(channels, nil, []feed.Entry{c.entry}, time.Unix(2, 0)) {
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
