package words

import "strings"

// A name that comes from another alphabet is spelled in several ways: Zelensky, Zelenskyy and Zelenskiy, Kharkiv and
// Kharkov. Two headlines that are compared by the bare letters of their words are compared by one spelling of such
// names.

// A name that may be spelled otherwise has so many letters at least, and is so rare.
const (
	leastVariant = 5
	rareVariant  = 5.5
)

// vary gives a rare word without diacritics the fold of all its spellings. It weighs what it weighs as it is spelled, and
// is found by that spelling. An acronym has no other.
func (rd *Reader) vary(t *spelled, w *wordform, marked bool) {
	if w.Marked || len(t.text) < leastVariant || w.Fold[0] <= '9' || isUpper(t.shown) {
		return
	}
	if one := oneSpelling(t.text, rd.letters[:0]); string(one) != t.text {
		if rd.weights.word(t.Norm, t.Fold, false) >= rareVariant {
			t.weight, t.Fold, t.varied = rd.weights.word(t.Norm, t.Fold, marked), hashBytes(one), true
		}
	}
}

// oneSpelling writes the spelling that stands for all of a word's into dst: double letters once, y and j as i, the
// two vowels of ae, oe and ue as the first, and no vowel before a v at the end.
func oneSpelling(word string, dst []byte) []byte {
	for i := range len(word) {
		c := word[i]
		if c == 'y' || c == 'j' {
			c = 'i'
		}
		last := byte(0)
		if len(dst) > 0 {
			last = dst[len(dst)-1]
		}
		if c == last || c == 'e' && i > 1 && i+1 < len(word) && strings.IndexByte("aou", last) >= 0 {
			continue
		}
		dst = append(dst, c)
	}
	const least = 3
	if n := len(dst); dst[n-1] == 'v' {
		at := n - 1
		for at > least && strings.IndexByte("aeiou", dst[at-1]) >= 0 {
			at--
		}
		dst = append(dst[:at], 'v')
	}
	return dst
}

// hashBytes is Hash.
func hashBytes(s []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range s {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}
