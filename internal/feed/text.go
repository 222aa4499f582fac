package feed

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Two forms of text decide whether words are equal.
//
// The normal form keeps diacritics and loses how they were typed: case, Unicode composition and,
// in Vietnamese, where on the syllable the tone was put (hoà = hòa, thuỷ = thủy). Each syllable
// becomes its base letters with the tone as a digit behind them: "hoà" and "hòa" are "hoa2".
//
// The folded form loses the diacritics too: "hoa". It is what people type on a keyboard without
// Vietnamese, and what URLs are made of.

// Tone digits, as the normal form writes them: 1 sắc, 2 huyền, 3 hỏi, 4 ngã, 5 nặng.
var toneOf = map[rune]byte{0x0301: '1', 0x0300: '2', 0x0309: '3', 0x0303: '4', 0x0323: '5'}

// letter is what one rune becomes: base is the letter with its quality but without its tone
// (ê, ơ, đ), fold the bare letter, tone its digit or 0.
type letter struct {
	base, fold rune
	tone       byte
}

// letters has every precomposed letter of the Latin blocks, lower-cased.
var letters = makeLetters()

func makeLetters() map[rune]letter {
	m := make(map[rune]letter, 1024)
	add := func(r rune) {
		if !unicode.IsLetter(r) {
			return
		}
		l := unicode.ToLower(r)
		var base, fold rune
		var tone byte
		var marks []rune
		for _, d := range norm.NFD.String(string(l)) {
			switch {
			case fold == 0:
				fold = d
			case toneOf[d] != 0 && tone == 0:
				tone = toneOf[d]
			default:
				marks = append(marks, d)
			}
		}
		composed := []rune(norm.NFC.String(string(append([]rune{fold}, marks...))))
		base = composed[0]
		switch fold {
		case 'đ', 'ð':
			fold = 'd'
		case 'ø':
			fold = 'o'
		case 'ł':
			fold = 'l'
		case 'ı':
			fold = 'i'
		}
		m[r] = letter{base, fold, tone}
	}
	for r := rune(0xC0); r <= 0x24F; r++ {
		add(r)
	}
	for r := rune(0x1E00); r <= 0x1EFF; r++ {
		add(r)
	}
	return m
}

// quality composes a base letter with the marks of Vietnamese that are not tones.
var quality = map[[2]rune]rune{
	{'a', 0x0302}: 'â', {'e', 0x0302}: 'ê', {'o', 0x0302}: 'ô',
	{'a', 0x0306}: 'ă', {'o', 0x031B}: 'ơ', {'u', 0x031B}: 'ư',
}

// Word is one word of a text (in Vietnamese, one syllable): a run of letters and digits.
type Word struct {
	Normal string // base letters, tone digit behind them
	Fold   string // bare letters
	Marked bool   // the text wrote it with a diacritic
	Upper  bool   // it began with a capital
	// Start and End are its byte offsets in the text.
	Start, End int
}

// Words splits a text into its words in one pass, appending to dst. Zero-width characters and soft
// hyphens inside a word are not seen.
func Words(dst []Word, text string) []Word {
	var nb, fb []byte // of the word under way
	var tone byte
	var marked, upper, open bool
	start, end := 0, 0
	flush := func() {
		if !open {
			return
		}
		fold := string(fb)
		normal := fold
		if marked {
			if tone != 0 {
				nb = append(nb, tone)
			}
			normal = string(nb)
		}
		dst = append(dst, Word{Normal: normal, Fold: fold, Marked: marked, Upper: upper, Start: start, End: end})
		nb, fb, tone, marked, upper, open = nb[:0], fb[:0], 0, false, false, false
	}
	for i, r := range text {
		size := 1
		if r >= utf8.RuneSelf {
			size = utf8.RuneLen(r)
		}
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			if !open {
				open, start = true, i
			}
			nb, fb = append(nb, byte(r)), append(fb, byte(r))
			end = i + size
		case 'A' <= r && r <= 'Z':
			if !open {
				open, start, upper = true, i, true
			}
			nb, fb = append(nb, byte(r)+32), append(fb, byte(r)+32)
			end = i + size
		case r < utf8.RuneSelf:
			flush()
		case r == 0x200B || r == 0x200C || r == 0x200D || r == 0x2060 || r == 0xFEFF || r == 0xAD:
			// not seen
		case r >= 0x0300 && r <= 0x036F:
			if !open {
				continue
			}
			marked, end = true, i+size
			if t := toneOf[r]; t != 0 {
				tone = t
				continue
			}
			last, n := utf8.DecodeLastRune(nb)
			if q, ok := quality[[2]rune{last, r}]; ok {
				nb = utf8.AppendRune(nb[:len(nb)-n], q)
			} else {
				c := norm.NFC.String(string([]rune{last, r}))
				nb = append(nb[:len(nb)-n], c...)
			}
		default:
			if l, ok := letters[r]; ok {
				if !open {
					open, start, upper = true, i, unicode.IsUpper(r)
				}
				marked = true
				nb, fb = utf8.AppendRune(nb, l.base), utf8.AppendRune(fb, l.fold)
				if l.tone != 0 {
					tone = l.tone
				}
				end = i + size
				continue
			}
			if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) && open {
				if !open {
					open, start, upper = true, i, unicode.IsUpper(r)
				}
				lr := unicode.ToLower(r)
				nb, fb = utf8.AppendRune(nb, lr), utf8.AppendRune(fb, lr)
				end = i + size
				continue
			}
			flush()
		}
	}
	flush()
	return dst
}

// Normal returns the text's words in normal form, a space between them.
func Normal(text string) string {
	return join(text, func(w Word) string { return w.Normal })
}

// Fold returns the text's words in folded form, a space between them.
func Fold(text string) string {
	return join(text, func(w Word) string { return w.Fold })
}

func join(text string, form func(Word) string) string {
	var b strings.Builder
	b.Grow(len(text))
	for i, w := range Words(nil, text) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(form(w))
	}
	return b.String()
}
