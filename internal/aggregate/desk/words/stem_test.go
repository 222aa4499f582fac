package words

import "testing"

// Forms of one English word are one word, in headlines and in what a list puts in their place; syllables of Vietnamese
// stay as they are.
func TestStems(t *testing.T) {
	var s stemmer
	for word, want := range map[string]string{
		"protests": "protest", "protesters": "protest", "voting": "vote", "elections": "elect", "bodies": "bodi", "shooting": "shoot",
		"was": "was", "this": "this", "its": "its", "gas": "gas",
		"thuyen": "thuyen", "nghiep": "nghiep", "hue": "hue", "giay": "giay", "khuya": "khuya", "chuyen": "chuyen", "phuong": "phuong",
	} {
		for range 2 { // the second time it is remembered
			if got, hash := s.of(word, Hash(word)); got != want || hash != Hash(want) {
				t.Errorf("%s: stem %s, want %s", word, got, want)
			}
		}
	}
}

func TestFormsOfOneWordAreOne(t *testing.T) {
	rd := NewReader(nil)
	a := rd.Read("The voters protest at the rigged election", "")
	b := rd.Read("A voter saw how elections are rigged, and protested", "")
	if a, b := a.All(), b.All(); len(a) < 4 || commonWords(a, b) < 4 {
		t.Errorf("%d of the words of %v are in %v, want at least 4", commonWords(a, b), a, b)
	}
}

func commonWords(a, b []uint32) (n int) {
	var set Set
	set.Fill(b)
	for _, p := range a {
		if set.Find(p) >= 0 {
			n++
		}
	}
	return n
}
