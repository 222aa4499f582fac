package sections

import (
	"testing"

	"feedd/internal/feed"
)

// A word's place is that of its form with diacritics; where a text has none, what is written without
// any has one still.
func TestPlaces(t *testing.T) {
	v := vectorsOf("vi")
	place := func(text string) point {
		var set featureSet
		set.extract("vi", text, feed.Cut(nil, text), nil)
		return v.place(&set)
	}
	none := place("")
	if none.norm() != 0 {
		t.Errorf("a text without words has the place %v", none)
	}
	sold, friend := place("bán"), place("bạn")
	if sold.norm() == 0 || friend.norm() == 0 || sold == friend {
		t.Errorf("one place for bán and bạn, or none: %v, %v", sold, friend)
	}
	bare, among := place("tour"), place("tour ớ")
	if bare.norm() == 0 || bare != among {
		t.Errorf("tour alone is at %v, in a text with diacritics at %v", bare, among)
	}
}

// A place is the sum of the rows of what is known, of length unitLength.
func TestPlaceIsTheSum(t *testing.T) {
	words := feed.Cut(nil, "Ngân hàng giảm lãi suất cho vay mua nhà ở xã hội")
	var set featureSet
	set.extract("vi", "", words, nil)
	v := vectorsOf("vi")
	var want point
	known := 0
	for _, s := range set.list {
		if term, ok := set.term(s.feature); ok {
			if n := v.index.find(term); n >= 0 {
				known++
				for j, x := range v.rows[n*Dimensions:][:Dimensions] {
					want[j] += int64(int8(x))
				}
			}
		}
	}
	got := v.place(&set)
	var nothing point
	if cos := got.cosine(&want, &nothing); known < 10 || cos < .9999 {
		t.Errorf("%d words and pairs known, cosine %.5f to the sum of their rows", known, cos)
	}
}

// What a language's table may weigh in the program.
func TestVectorsAreSmall(t *testing.T) {
	for name, raw := range map[string][]byte{"vi": vectorsVi, "en": vectorsEn} {
		if len(raw) > 2_000_000 {
			t.Errorf("%s: %d bytes", name, len(raw))
		}
	}
}
