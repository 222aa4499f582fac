package read

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// What publishers' software does to the letters of a text, and how it is undone.

// letters puts the characters of a text right: UTF-8 that was taken for another charset and encoded
// again (mojibake), control characters that stand for the marks of windows-1252, a character in two
// references to surrogates; the result is composed (NFC). Nearly all text is right, and then it
// costs one look and no copy.
func (r *reader) letters(s string) string {
	if sound(s) {
		return s
	}
	if mended, ok := unscramble(s); ok {
		r.warn("mended: text in UTF-8 that was taken for another charset")
		s = mended
	}
	if strings.Contains(s, "\xc2") {
		s = westernMarks(s)
	}
	if strings.Contains(s, "&#") {
		s = joinSurrogates(s)
	}
	if norm.NFC.IsNormalString(s) {
		return s
	}
	return norm.NFC.String(s)
}

// sound is true of text that needs nothing, as far as one look tells: letters and punctuation of the
// Latin blocks that NFC never changes, none of them followed by what only mojibake has behind it, no
// control characters, no reference to a surrogate.
func sound(s string) bool {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c < 0x80:
			if c == '&' && i+4 < len(s) && s[i+1] == '#' && (s[i+2] == '5' || s[i+2]|0x20 == 'x') {
				return false
			}
			i++
			for i+8 <= len(s) && allLetters(s[i:i+8]) {
				i += 8
			}
		case c == 0xC2:
			if i+1 < len(s) && s[i+1] < 0xA0 {
				return false
			}
			i += 2
		case c == 0xC3:
			if i+2 < len(s) && s[i+2] >= 0xC2 && s[i+1] >= 0x82 && s[i+1] <= 0xB4 {
				switch s[i+2] {
				case 0xC2, 0xC5, 0xC6, 0xCB, 0xE2: // what windows-1252 has for 80 to BF
					return false
				}
			}
			i += 2
		case c > 0xC3 && c <= 0xCB: // U+0100 to U+02FF
			i += 2
		case c == 0xE1 && i+2 < len(s) && s[i+1] >= 0xB8 && s[i+1] <= 0xBB: // U+1E00 to U+1EFF
			i += 3
		case c == 0xE2 && i+2 < len(s) && (s[i+1] == 0x80 && s[i+2] >= 0x82 || s[i+1] == 0x82): // U+2002 to U+20BF
			i += 3
		default:
			return false
		}
	}
	return true
}

// allLetters is true of eight bytes of ASCII without a reference among them.
func allLetters(s string) bool {
	v := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	const each, high = 0x0101010101010101, 0x8080808080808080
	x := v ^ '&'*each
	return (v|(x-each)&^x)&high == 0
}

// unscramble undoes UTF-8 that was decoded as windows-1252 or windows-1251, however many times: "GiÃ¡"
// is "Giá". It is sure when every run of characters beyond ASCII turns into UTF-8 without a
// remainder.
func unscramble(s string) (string, bool) {
	if western := strings.ContainsAny(s, "ÂÃÄÅÆÇÐÑÎÏ×ØÙàáâãäåæçèéêëìíïð"); western {
		if out, ok := unscrambleFrom(s, charmap.Windows1252); ok {
			again, ok := unscramble(out)
			return again, ok || !hasControls(out) // which only a text has that was scrambled twice
		}
	}
	if russian := strings.Count(s, "Р") + strings.Count(s, "С"); russian > 1 && 8*russian >= len(s) {
		return unscrambleFrom(s, charmap.Windows1251)
	}
	return s, false
}

// hasControls is true of text with characters from U+0080 to U+009F.
func hasControls(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 && r <= 0x9F })
}

// scramble is what unscrambleFrom finds in a text.
type scramble struct {
	out        strings.Builder
	sure, weak int // runs that are UTF-8: that can be nothing else, and that could be two signs by chance
}

func unscrambleFrom(s string, page *charmap.Charmap) (string, bool) {
	var found scramble
	found.out.Grow(len(s))
	var run []byte
	for i := 0; i < len(s); {
		run = run[:0]
		start := i
		for i < len(s) && s[i] >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			c, ok := page.EncodeRune(r)
			if !ok && r < 0x100 { // without a place in the page, and so kept as it was
				c, ok = byte(r), true
			}
			if !ok {
				return s, false
			}
			run = append(run, c)
			i += n
		}
		if len(run) > 0 && !found.add(run, s[start:i], s[i:]) {
			return s, false
		}
		for i < len(s) && s[i] < utf8.RuneSelf {
			found.out.WriteByte(s[i])
			i++
		}
	}
	if found.sure == 0 && found.weak < 3 {
		return s, false
	}
	return found.out.String(), true
}

// add takes one run in: bytes, as it was written, and what follows it. It is false when the run is no
// UTF-8, and so none of the text is.
func (f *scramble) add(run []byte, written, rest string) bool {
	for len(run) > 0 {
		r, n := utf8.DecodeRune(run)
		switch {
		case r == utf8.RuneError && n == 1:
			switch {
			case f.sure > 0 && begun(run) == len(run) && endsText([]byte(rest)):
				return true // cut within a character
			case len(run) == 1 && run[0] == 0xC3 && strings.HasPrefix(rest, " "):
				f.out.WriteString("à") // C3 A0, whose second half is a space that was taken for any other
				return true
			case isPunctuation(written):
				f.out.WriteString(written)
				return true
			}
			return false
		case !plausible(r):
			return false
		case n > 2 || run[1] >= 0xA0 || run[1] == 0x83 || run[1] == 0x90:
			f.sure++
		default:
			f.weak++
		}
		f.out.WriteRune(r)
		run = run[n:]
	}
	return true
}

// isPunctuation is true of typographic marks alone.
func isPunctuation(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) {
			return false
		}
	}
	return true
}

// plausible is true of the characters of living languages, their punctuation, and emoji: what text that
// was scrambled said before. Phonetic and ancient signs come of two letters that follow each other by chance.
func plausible(r rune) bool {
	switch {
	case r < 0x80:
		return false
	case r <= 0x24F, r == 'ˆ' || r == '˜', r >= 0x300 && r <= 0x36F, r >= 0x370 && r <= 0x3FF, r >= 0x400 && r <= 0x45F, r == 0x490 || r == 0x491,
		r >= 0x5D0 && r <= 0x6FF, r >= 0x900 && r <= 0xE7F, r >= 0x1E00 && r <= 0x1EFF, r >= 0x2000 && r <= 0x27BF,
		r >= 0x3000 && r <= 0x9FFF, r >= 0xAC00 && r <= 0xD7A3, r >= 0xFE00 && r <= 0xFFEF, r >= 0x1F000 && r <= 0x1FAFF:
		return true
	}
	return false
}

// westernMarks replaces U+0080 to U+009F, control characters that no text has, by what windows-1252
// has in their places.
func westernMarks(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 || r > 0x9F {
			return r
		}
		if mark := charmap.Windows1252.DecodeByte(byte(r)); mark != r {
			return mark
		}
		return -1
	}, s)
}

// joinSurrogates makes one character of two references that name the halves of a surrogate pair, as
// software does that thinks in UTF-16: "&#55357;&#56832;" is 😀.
func joinSurrogates(s string) string {
	var out strings.Builder
	for {
		i := strings.Index(s, "&#")
		if i < 0 {
			break
		}
		out.WriteString(s[:i])
		s = s[i:]
		if r, n := surrogatePair(s); n > 0 {
			out.WriteRune(r)
			s = s[n:]
			continue
		}
		out.WriteString("&#")
		s = s[2:]
	}
	out.WriteString(s)
	return out.String()
}
