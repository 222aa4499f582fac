package words

import "testing"

// A text says what an acronym stands for by both, one in parentheses behind the other.
func TestMeaning(t *testing.T) {
	rd := NewReader(nil)
	long := func(text string) (p Phrase) {
		for _, w := range rd.Read(text, "").open() {
			p = p.With(w.Fold)
		}
		return p
	}
	for _, tt := range []struct{ title, summary, acronym, long string }{
		{"Bộ Nội vụ (BNV) họp", "", "bnv", "Bộ Nội vụ"},
		{"Tuyển dụng ở Bến Lạc", "Sáng nay, Sở Nội vụ (SNV) cho biết.", "snv", "Sở Nội vụ"},
		{"Harbour closed", "The Northern Harbours and Lights Board (NHLB) said so.", "nhlb", "Northern Harbours and Lights Board"},
		{"Harbour closed", "The Board of Harbours (BoH) said so.", "boh", "Board of Harbours"},
		{"Harbour closed", "The Harbour Board (H.B.) said so.", "hb", "Harbour Board"},
		{"Hạn hán ở Quy Hòa (BNV)", "", "", ""},
		{"Mười (M) tàu", "", "", ""},
		{"Harbour (Board) closed", "", "", ""},
		{"(BNV) họp", "", "", ""},
	} {
		got := rd.Read(tt.title, tt.summary).Meaning()
		want := Meaning{}
		if tt.acronym != "" {
			want = Meaning{Hashed(Hash(tt.acronym)), long(tt.long)}
		}
		if got != want {
			t.Errorf("%q, %q: %+v, want %+v", tt.title, tt.summary, got, want)
		}
	}
}

// open are the tokens of a headline.
func (d *Text) open() []Token {
	var o Open
	o.Lay(d)
	return o.Title
}
