package words

import "unicode/utf8"

// Language is what a text is written in, as far as comparing texts depends on it.
type Language uint8

// The languages that there are weights for.
const (
	Other Language = iota // or too little to tell
	Vietnamese
	English
)

// Common is the language by which two texts are compared: Vietnamese if one of them is, else English
// if one is.
func Common(a, b Language) Language {
	switch {
	case a == Vietnamese || b == Vietnamese:
		return Vietnamese
	case a == English || b == English:
		return English
	}
	return Other
}

// languageOf tells the language by letters that only Vietnamese has, else by small words.
func (rd *Reader) languageOf(title, summary string) Language {
	if hasVietnamese(title) || hasVietnamese(summary) {
		return Vietnamese
	}
	english, vietnamese := 0, 0
	for _, list := range [][]spelled{rd.title, rd.rest} {
		for i := range list {
			switch {
			case !smallWords.has(list[i].Fold):
			case englishSmall[list[i].Fold]:
				english++
			case vietnameseSmall[list[i].Fold]:
				vietnamese++
			}
		}
	}
	switch {
	case english > vietnamese:
		return English
	case vietnamese > english:
		return Vietnamese
	}
	return Other
}

// hasVietnamese tells whether a text has a letter that hardly another language has.
func hasVietnamese(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		if s[i] < utf8.RuneSelf {
			continue
		}
		switch s[i] {
		case 0xE1: // U+1EA0 to U+1EF9
			if s[i+1] == 0xBA || s[i+1] == 0xBB {
				return true
			}
		case 0xC4: // ă, đ
			if c := s[i+1]; c == 0x82 || c == 0x83 || c == 0x90 || c == 0x91 {
				return true
			}
		case 0xC6: // ơ, ư
			if c := s[i+1]; c == 0xA0 || c == 0xA1 || c == 0xAF || c == 0xB0 {
				return true
			}
		case 0xCC: // hook above, dot below and horn, combining
			if c := s[i+1]; c == 0x89 || c == 0xA3 || c == 0x9B {
				return true
			}
		}
	}
	return false
}

var (
	smallWords      = &filter{}
	englishSmall    = small("the of in to and for on at with from by as is are was were be has have had will not no his her he she it its who that this after before over into out up off about against amid how why what when where says said say new more than two first man woman police")
	vietnameseSmall = small("cua va cho trong nguoi khong duoc tai voi nhung mot cac da dang se vi do den o bi ra vao tu khi nhu hon ve sau truoc tren duoi nay la co nam ngay viet")
)

func small(list string) map[uint32]bool {
	m := map[uint32]bool{}
	for w := range words(list) {
		m[Hash(w)] = true
		smallWords.add(Hash(w))
	}
	return m
}
