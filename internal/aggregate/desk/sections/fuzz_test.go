package sections

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"feedd/internal/feed"
)

// FuzzTerm holds that any term is either refused with a reason or compiled, that a phrase matches
// itself however it is typed, and that a term's verdict depends neither on the composition nor on
// the capitals of the text, unless it asks for them.
func FuzzTerm(f *testing.F) {
	for _, seed := range [][2]string{
		{"lãi suất", "Lãi suất giảm"}, {"xuất khẩu*", "xuất khẩu"}, {`"VN-Index"`, "VN-Index"}, {"/GDP|PMI/i", "gdp"}, {"a ~5 b", "b a"},
		{"kỹ* thuật ~0 hoà", "kĩ thuật hòa"}, {`"a" ~1 b* ~2 "c d"`, "a b c d"}, {"Mbappé", "mbappe"}, {"đ\u0301ă*", "đ"}, {"a\u200bb", "ab"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, term, text string) {
		s := newRuleSet()
		_, err := s.add(feed.Rule{Any: pats(term)})
		if checked := CheckPattern(term); (checked == nil) != (err == nil) {
			t.Fatalf("CheckPattern(%q) = %v, but adding it gives %v", term, checked, err)
		}
		if err != nil {
			if len(err.Error()) < 5 {
				t.Fatalf("%q is refused with %q", term, err)
			}
			return
		}
		m := &matching{}
		matches := func(text string) bool {
			var r reading
			r.read(&feed.Item{Title: text}, feed.Source{Language: "vi"}, s.fields)
			return len(s.match(nil, m, &r)) == 1
		}
		got := matches(text)
		if again := matches(text); again != got {
			t.Fatalf("%q in %q: %v, then %v", term, text, got, again)
		}
		if composed := matches(norm.NFD.String(text)); composed != got && norm.NFC.String(norm.NFD.String(text)) == norm.NFC.String(text) {
			t.Fatalf("%q in %q: %v, decomposed %v", term, text, got, composed)
		}
		plain := !strings.ContainsAny(term, `"/~*`)
		if plain && !matches(term) {
			t.Fatalf("%q does not match itself", term)
		}
		if plain && !got && matches(text+" , "+term) == false {
			t.Fatalf("%q is not found behind %q", term, text)
		}
	})
}
