package feed

import (
	"strings"
	"testing"
)

func TestHead(t *testing.T) {
	for _, c := range []struct {
		s    string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abc", 2, "ab"}, {"aấb", 3, "a"}, {"aấb", 4, "aấ"}, {"ấ", 0, ""}, {"", 0, ""}} {
		if got := Head(c.s, c.n); got != c.want {
			t.Errorf("Head(%q, %d) is %q, want %q", c.s, c.n, got, c.want)
		}
	}
	it := Item{Summary: strings.Repeat("ấ", SummaryBytes), Content: strings.Repeat("ấ", ContentBytes)}
	if s, c := len(it.SummaryHead()), len(it.ContentHead()); s > SummaryBytes || c > ContentBytes || s < SummaryBytes-3 || c < ContentBytes-3 {
		t.Errorf("%d bytes of the summary, %d of the content", s, c)
	}
}
