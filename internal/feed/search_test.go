package feed

import (
	"testing"

	"golang.org/x/text/unicode/norm"
)

// FuzzSearchedWords compares the quick way to the searched words with the long one.
func FuzzSearchedWords(f *testing.F) {
	for _, s := range []string{
		"Hoà bình, hòa bình \u2013 HOA BINH", "Đ\u01b0\u01a1\u0300ng đi", "a\u0300\u0301 b\u200bc d\u00ade", "ﬁ, \u212A, \u212B, \u1FEF, \u037E", "東京の天気", "Straße", "5\u0302 \u0302a",
		"một từ dài hơn sáu mươi chữ: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "12,5 % của 3-1", "\xff\xc3", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		quick, ok := appendFolds([]byte("x "), s)
		if !ok {
			return
		}
		long := []byte("x ")
		for _, w := range Cut(nil, norm.NFC.String(s)) {
			long = append(append(long, SearchedWord(w.Fold)...), ' ')
		}
		if string(quick) != string(long) {
			t.Errorf("%q: %q, want %q", s, quick, long)
		}
	})
}
