package sections

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
)

// A small newsroom: what its sections are and how its sources are mapped.
func testFiler(t *testing.T, m *Model, corrections ...Correction) *Filer {
	t.Helper()
	sections := []feed.Section{
		{ID: "kinh-te", Learn: true, Line: 10, Rules: []feed.Rule{
			{Any: pats("lãi suất", "xuất khẩu*"), None: pats("thể thao"), Line: 12},
			{Any: pats("ngân hàng"), Weight: 2, Line: 15},
		}, Mute: []feed.Rule{{Any: pats("tử vi"), Line: 18}}, Pin: []feed.Rule{{Any: pats("khẩn"), In: []string{"title"}, Line: 19}}},
		{ID: "the-thao", Learn: true, Line: 20, Rules: []feed.Rule{
			{Any: pats("bóng đá"), Line: 22},
			{All: pats("huy chương", "SEA Games"), Line: 23},
			{Any: pats("ngân hàng"), Weight: -1, Line: 24},
		}},
		{ID: "the-gioi", Learn: false, Line: 30},
		{ID: "english", Language: "en", Learn: true, Line: 40, Rules: []feed.Rule{{Any: pats("bank", "football"), Line: 41}}},
	}
	sources := map[string]feed.Source{
		"kt":    {ID: "kt", Section: "kinh-te", Language: "vi", Learn: true, Line: 50},
		"mixed": {ID: "mixed", Language: "vi", Learn: true, Line: 60, Category: map[string]string{"Thể thao": "the-thao", "Quốc tế": "the-gioi"}},
		"quiet": {ID: "quiet", Section: "the-thao", Language: "vi", Line: 70},
	}
	f, err := New(Options{sections, []feed.Rule{{Any: pats("mời thầu"), Line: 5}}, sources, feed.SectionSettings{Confidence: .5, Learn: true}, m, corrections})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestOrderOfAuthority(t *testing.T) {
	corrections := []Correction{
		{Item: 7, Section: "the-gioi"},
		{Item: 8, Section: "kinh-te", Remove: true},
		{Item: 9, Section: "kinh-te"}, {Item: 9, Section: "kinh-te", Remove: true}, {Item: 9, Section: "kinh-te"},
		{Item: 10, Section: "gone"},
		{Item: 11, Section: "kinh-te"},
	}
	f := testFiler(t, nil, corrections...)
	for _, tt := range []struct {
		name string
		item feed.Item
		want []string // section by authority line
		drop string
	}{
		{"nothing known", feed.Item{Source: "mixed", Title: "Trời đẹp"}, nil, ""},
		{"unknown source", feed.Item{Source: "gone", Title: "Lãi suất giảm"}, []string{"kinh-te rule 12"}, ""},
		{"source", feed.Item{Source: "kt", Title: "Trời đẹp"}, []string{"kinh-te source 50"}, ""},
		{"category", feed.Item{Source: "mixed", Title: "Trời đẹp", Categories: []string{"Tin", "THỂ THAO"}}, []string{"the-thao category 60"}, ""},
		{"two categories and a rule", feed.Item{Source: "mixed", Title: "Lãi suất giảm", Categories: []string{"Quốc tế", "Thể thao"}},
			[]string{"the-gioi category 60", "the-thao category 60", "kinh-te rule 12"}, ""},
		{"source before rule", feed.Item{Source: "kt", Title: "Bóng đá và lãi suất"}, []string{"kinh-te source 50", "the-thao rule 22"}, ""},
		{"none of a rule", feed.Item{Source: "mixed", Title: "Lãi suất và thể thao"}, nil, ""},
		{"drop before all", feed.Item{ID: 7, Source: "kt", Title: "Thông báo mời thầu"}, nil, "dropped by the rule in line 5: mời thầu (title)"},
		{"editor first", feed.Item{ID: 7, Source: "kt", Title: "Trời đẹp"}, []string{"the-gioi editor 0", "kinh-te source 50"}, ""},
		{"editor takes out", feed.Item{ID: 8, Source: "kt", Title: "Bóng đá"}, []string{"the-thao rule 22"}, ""},
		{"the editor's last word", feed.Item{ID: 9, Source: "mixed", Title: "Trời đẹp"}, []string{"kinh-te editor 0"}, ""},
		{"a section that is gone", feed.Item{ID: 10, Source: "mixed", Title: "Trời đẹp"}, nil, ""},
		{"muted", feed.Item{Source: "kt", Title: "Tử vi hôm nay"}, nil, ""},
		{"muted but wanted", feed.Item{ID: 11, Source: "mixed", Title: "Tử vi hôm nay"}, []string{"kinh-te editor 0"}, ""},
		{"language", feed.Item{Source: "gone", Title: "The bank says no", Language: "en-GB"}, []string{"english rule 41"}, ""},
		{"other language", feed.Item{Source: "mixed", Title: "Bank mua lại công ty", Language: "en"}, nil, ""},
	} {
		f.File(&tt.item)
		var got []string
		for _, p := range tt.item.Sections {
			got = append(got, strings.TrimSpace(p.Section+" "+p.By+" "+strconv.Itoa(p.Line)))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if tt.item.Dropped != tt.drop {
			t.Errorf("%s: dropped %q, want %q", tt.name, tt.item.Dropped, tt.drop)
		}
	}
}

func TestPins(t *testing.T) {
	f := testFiler(t, nil)
	it := feed.Item{Source: "kt", Title: "Khẩn: bão vào bờ"}
	f.File(&it)
	want := []feed.Placement{{Section: "kinh-te", By: "source", Line: 50, Detail: "everything from kt", Pinned: true, PinLine: 19}}
	if diff := cmp.Diff(want, it.Sections); diff != "" {
		t.Errorf("pinned (-want +got):\n%s", diff)
	}
	it = feed.Item{Source: "mixed", Title: "Khẩn: bão vào bờ"}
	if f.File(&it); it.Sections != nil {
		t.Errorf("a pin alone places: %v", it.Sections)
	}
}

func TestSoftRulesAlone(t *testing.T) {
	f := testFiler(t, nil)
	it := feed.Item{Source: "mixed", Title: "Ngân hàng mở cửa"}
	f.File(&it)
	if len(it.Sections) != 1 || it.Sections[0].Section != "kinh-te" || it.Sections[0].Line != 15 || it.Sections[0].Reason() != "line 15 +2.0" {
		t.Errorf("filed %+v, want kinh-te by the soft rule in line 15", it.Sections)
	}
	if p := it.Sections[0].Probability; p < .75 || p > .9 { // e²/(e²+e⁻¹+1)
		t.Errorf("probability %.3f", p)
	}
}

func TestExpectations(t *testing.T) {
	sections := []feed.Section{
		{ID: "kinh-te", Rules: []feed.Rule{
			{Any: pats("lãi suất"), None: pats("thể thao"), Line: 3},
			{All: pats("giá", "vàng"), Line: 4},
			{Any: pats("quỹ"), Weight: -1, Line: 5},
			{Any: pats("thuế ~1 tăng"), Line: 7},
		}, Mute: []feed.Rule{{Any: pats("tử vi"), Line: 6}}, Expect: []feed.Expect{
			{Title: "Lãi suất giảm", Line: 20},
			{Title: "Bóng đá", Not: true, Line: 21},
			{Title: "Lãi suất giảm", Not: true, Line: 22},
			{Title: "Lãi suất giải thể thao", Line: 23},
			{Title: "Bóng đá hôm nay", Line: 24},
			{Title: "Giá dầu", Line: 25},
			{Title: "Mời thầu lãi suất", Line: 26},
			{Title: "Tử vi và lãi suất", Line: 27},
			{Title: "Quỹ mới", Line: 28},
			{Title: "Trời đẹp", Line: 29},
			{Title: "Thuế đất ở nhiều nơi tăng", Line: 31},
		}},
		{ID: "the-thao", Rules: []feed.Rule{{Any: pats("bóng đá"), Line: 30}}},
		{ID: "english", Language: "en", Expect: []feed.Expect{{Title: "Trời đẹp", Line: 40}}},
	}
	got, err := CheckExpectations(sections, []feed.Rule{{Any: pats("mời thầu"), Line: 1}}, feed.SectionSettings{Confidence: .5, Learn: true})
	if err != nil {
		t.Fatal(err)
	}
	type told struct {
		section string
		line    int
		title   string
		not     bool
		message string
	}
	want := []told{
		{"kinh-te", 22, "Lãi suất giảm", true, `"Lãi suất giảm" enters kinh-te by the rule in line 3: lãi suất (title)`},
		{"kinh-te", 23, "Lãi suất giải thể thao", false, `"Lãi suất giải thể thao" does not enter kinh-te: the rule in line 3 would hold, but its ` + "`none`" + ` has thể thao; it stays unsorted`},
		{"kinh-te", 24, "Bóng đá hôm nay", false, `"Bóng đá hôm nay" does not enter kinh-te: no rule of the section matches; it enters the-thao by the rule in line 30: bóng đá (title)`},
		{"kinh-te", 25, "Giá dầu", false, `"Giá dầu" does not enter kinh-te: the rule in line 4 needs all of its 2 terms and found 1; it stays unsorted`},
		{"kinh-te", 26, "Mời thầu lãi suất", false, `"Mời thầu lãi suất" does not enter kinh-te: it is dropped by the rule in line 1: mời thầu (title)`},
		{"kinh-te", 27, "Tử vi và lãi suất", false, `"Tử vi và lãi suất" does not enter kinh-te: the mute rule in line 6 keeps it out: tử vi (title); it stays unsorted`},
		{"kinh-te", 28, "Quỹ mới", false, `"Quỹ mới" does not enter kinh-te: the soft rule in line 5 holds, but its weight of -1 is not enough; it stays unsorted`},
		{"kinh-te", 29, "Trời đẹp", false, `"Trời đẹp" does not enter kinh-te: no rule of the section matches; it stays unsorted`},
		{"kinh-te", 31, "Thuế đất ở nhiều nơi tăng", false, `"Thuế đất ở nhiều nơi tăng" does not enter kinh-te: the rule in line 7 has thuế ~1 tăng, and the words stand farther apart; it stays unsorted`},
		{"english", 40, "Trời đẹp", false, `"Trời đẹp" does not enter english: the section takes only en and the headline is vi; it stays unsorted`},
	}
	var failures []told
	for _, f := range got {
		failures = append(failures, told{f.Section, f.Line, f.Title, f.Not, f.Message.String()})
	}
	if diff := cmp.Diff(want, failures, cmp.AllowUnexported(told{})); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	if _, err := CheckExpectations([]feed.Section{{ID: "s", Rules: []feed.Rule{{Any: pats("/(/"), Line: 3}}}}, nil, feed.SectionSettings{}); err == nil || !strings.Contains(err.Error(), "section s, line 3") {
		t.Errorf("a broken rule gives %v, want its section and line", err)
	}
}
