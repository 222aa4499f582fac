package judge

import (
	"io"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
)

// FuzzTables: a table of headlines is judged or refused with a reason, whatever its lines are.
func FuzzTables(f *testing.F) {
	f.Add("a_title\tb_title\thours\tlabel\nLãi suất giảm\tLãi suất tăng\t2\t0\n")
	f.Add("id\tts\tsource\turl\ttitle\tsummary\tcluster\n1\t1700000000\ta\thttps://e.org/1\tTin\tx\tk\n2\t-5\tb\t:\t\t\t\n")
	f.Add("title\ttext\tlabel\nTin\tx\ta\nTin\n\t\t\t\t\n")
	f.Add("id\tts\ttitle\n\x00\t99999999999999999999\t\xff\n")
	f.Add("a_title\tb_title\thours\ntitle\ttitle\tNaN\nx\ty\t1e308\n")
	f.Fuzz(func(t *testing.T, table string) {
		if len(table) > 16<<10 {
			return
		}
		set := feed.StorySettings{Window: 72 * time.Hour, Match: "normal", Updates: "entry"}
		if _, err := EvalStories(strings.NewReader(table), io.Discard, set); err != nil && len(err.Error()) < 5 {
			t.Errorf("refused with %q", err)
		}
		if _, err := EvalSections(strings.NewReader(table), EvalSectionsOptions{}, io.Discard); err != nil && len(err.Error()) < 5 {
			t.Errorf("refused with %q", err)
		}
	})
}
