package words

import "testing"

func TestSpellingsOfOneName(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"zelensky", "zelenskyy", true},
		{"zelensky", "zelenskiy", true},
		{"kharkiv", "kharkov", true},
		{"mueller", "muller", true},
		{"gerasymov", "gerasimov", true},
		{"georgia", "george", false},
		{"austria", "australia", false},
		{"niger", "nigeria", false},
		{"slovakia", "slovenia", false},
		{"queen", "quen", true}, // both are rare, or neither is asked
	} {
		if got := string(oneSpelling(tt.a, nil)) == string(oneSpelling(tt.b, nil)); got != tt.want {
			t.Errorf("%s and %s: %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
	rd := NewReader(nil)
	a, b := open(rd.Read("Fernway mayor meets Gerasymov over the bridge", "")), open(rd.Read("Gerasimov: we talked of a bridge", ""))
	if x, y := a.Title[3], b.Title[0]; x.Fold != y.Fold || x.Norm == y.Norm || x.Weight() != y.Weight() {
		t.Errorf("%+v and %+v are not one name in two spellings", x, y)
	}
	if x, y := open(rd.Read("Off to Lorne", "")).Title[0], open(rd.Read("Of the", "")).Title[0]; x.Fold == y.Fold {
		t.Error("common words are names in two spellings")
	}
}
