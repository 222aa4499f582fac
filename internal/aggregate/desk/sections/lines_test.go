package sections

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
)

// When lines move and nothing else, what is stored of a decision is told with the new lines.
func TestLinesMove(t *testing.T) {
	options := func(down int) Options {
		rule := func(line int, weight float64, terms ...string) feed.Rule {
			return feed.Rule{Any: pats(terms...), Weight: weight, Line: line + down}
		}
		return Options{
			Learning: feed.SectionSettings{Confidence: .5, Learn: true},
			Drop:     []feed.Rule{rule(1, 0, "mời thầu")},
			Sections: []feed.Section{
				{ID: "kinh-te", Learn: true, Rules: []feed.Rule{rule(2, 0, "lãi suất"), rule(3, 2, "ngân hàng"), rule(4, 1, "tín dụng")}, Pin: []feed.Rule{rule(5, 0, "khẩn")}},
				{ID: "the-thao", Learn: true, Rules: []feed.Rule{rule(6, -1, "ngân hàng")}},
			},
			Sources: map[string]feed.Source{"s": {ID: "s", Section: "the-thao", Line: 7 + down}, "m": {ID: "m"}},
		}
	}
	const down = 30
	lines, err := NewLines(options(down))
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range []feed.Item{
		{Source: "m", Title: "Khẩn: lãi suất giảm"},
		{Source: "m", Title: "Ngân hàng nới tín dụng"},
		{Source: "s", Title: "Ngân hàng mở cửa"},
		{Source: "m", Title: "Thông báo mời thầu"},
		{Source: "m", Title: "Trời đẹp"},
	} {
		filed := func(o Options) feed.Item {
			f, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			copied := it
			f.File(&copied)
			return copied
		}
		got := filed(options(0))
		lines.Renew(&got)
		if diff := cmp.Diff(filed(options(down)), got); diff != "" {
			t.Errorf("%q (-as filed now +as told):\n%s", it.Title, diff)
		}
	}

	// What the rules would not decide any more is told as it was decided.
	was := feed.Item{Source: "m", Title: "Trời đẹp", Sections: []feed.Placement{
		{Section: "kinh-te", By: byRule, Line: 2, Detail: "mưa (title)"}, {Section: "gone", By: byRule, Line: 9},
		{Section: "the-thao", By: byLearned, Line: 3, Evidence: []feed.Evidence{{Kind: feed.EvidenceRule, Line: 3, Adds: 1}}},
	}}
	got := was
	got.Sections = append([]feed.Placement(nil), was.Sections...)
	lines.Renew(&got)
	if diff := cmp.Diff(was, got); diff != "" {
		t.Errorf("an old decision (-was +told):\n%s", diff)
	}
}
