package judge

import (
	"fmt"
	"strings"
	"testing"

	"feedd/internal/feed"
)

// A pair of links decides where text cannot: an edited figure, or tomorrow's issue.
func TestPairsKnowAddresses(t *testing.T) {
	var b strings.Builder
	b.WriteString("a_title\tb_title\thours\tsrc_a\tsrc_b\ta_url\tb_url\n")
	for i := range 20 {
		fmt.Fprintf(&b, "Đề tài số %c\tViệc khác hẳn\t1\tA\tB\thttps://e.org/x-%d.html\thttps://e.org/y-%d.html\n", 'a'+i, 4000000+i, 5000000+i)
	}
	b.WriteString("Đóng cửa lò gốm lâu đời\tChuyện buồn của làng nghề\t1\tA\tA\thttps://e.org/dong-cua-4300000.html\thttps://e.org/chuyen-buon-4300000.html?utm_source=x\n")
	var out strings.Builder
	if _, err := EvalStories(strings.NewReader(b.String()), &out, feed.StorySettings{}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if got, want := lines[len(lines)-1], "21\t1.0000\tduplicate"; got != want {
		t.Errorf("the last answer is %q, want %q", got, want)
	}
	if got := lines[1]; !strings.HasSuffix(got, "\tdifferent") {
		t.Errorf("the first answer is %q, want different", got)
	}
}
