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

// toneOf returns the digit of a combining tone mark as the normal form writes it: 1 sắc, 2 huyền,
// 3 hỏi, 4 ngã, 5 nặng; 0 for other runes.
func toneOf(r rune) byte {
	switch r {
	case 0x0301:
		return '1'
	case 0x0300:
		return '2'
	case 0x0309:
		return '3'
	case 0x0303:
		return '4'
	case 0x0323:
		return '5'
	}
	return 0
}

// letter is what one rune becomes: base is the letter with its quality but without its tone
// (ê, ơ, đ), fold the bare letter, tone its digit or 0.
type letter struct {
	base, fold rune
	tone       byte
}

// The precomposed letters of Vietnamese and its neighbours stand in two blocks of Unicode.
const (
	latinFirst, latinLast = 0xC0, 0x24F
	extraFirst, extraLast = 0x1E00, 0x1EFF
)

// letters has every precomposed letter of the two blocks, lower-cased; the zero letter for what is
// none. A table, because every rune of every headline and summary goes through it.
var letters = makeLetters()

// letterOf returns what r becomes; false for runes outside the table.
func letterOf(r rune) (letter, bool) {
	var l letter
	switch {
	case r >= latinFirst && r <= latinLast:
		l = letters[r-latinFirst]
	case r >= extraFirst && r <= extraLast:
		l = letters[latinLast-latinFirst+1+r-extraFirst]
	}
	return l, l.fold != 0
}

func makeLetters() (m [latinLast - latinFirst + extraLast - extraFirst + 2]letter) {
	add := func(at int, r rune) {
		if !unicode.IsLetter(r) {
			return
		}
		l := unicode.ToLower(r)
		var fold rune
		var tone byte
		var marks []rune
		for _, d := range norm.NFD.String(string(l)) {
			switch {
			case fold == 0:
				fold = d
			case toneOf(d) != 0 && tone == 0:
				tone = toneOf(d)
			default:
				marks = append(marks, d)
			}
		}
		composed := []rune(norm.NFC.String(string(append([]rune{fold}, marks...))))
		base := composed[0]
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
		m[at] = letter{base, fold, tone}
	}
	at := 0
	for r := rune(latinFirst); r <= latinLast; r++ {
		add(at, r)
		at++
	}
	for r := rune(extraFirst); r <= extraLast; r++ {
		add(at, r)
		at++
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
	first := len(dst)
	// All words share two buffers, and the strings are cut from them at the end: two allocations a
	// text, not two a word. While a text is read, a Word's Start and End are offsets in the text,
	// and the spans hold its offsets in the buffers.
	nb, fb := make([]byte, 0, len(text)+len(text)/4), make([]byte, 0, len(text))
	var spanBuf [64]span
	spans := spanBuf[:0]
	var tone byte
	var marked, upper, open bool
	var start, end, n0, f0 int
	flush := func() {
		if !open {
			return
		}
		if marked {
			if tone != 0 {
				nb = append(nb, tone)
			}
		} else {
			nb = nb[:n0]
		}
		spans = append(spans, span{n0, len(nb), f0, len(fb)})
		dst = append(dst, Word{Marked: marked, Upper: upper, Start: start, End: end})
		n0, f0 = len(nb), len(fb)
		tone, marked, upper, open = 0, false, false, false
	}
	for i, r := range text {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			if !open {
				open, start = true, i
			}
			nb, fb = append(nb, byte(r)), append(fb, byte(r))
			end = i + 1
		case 'A' <= r && r <= 'Z':
			if !open {
				open, start, upper = true, i, true
			}
			nb, fb = append(nb, byte(r)+32), append(fb, byte(r)+32)
			end = i + 1
		case r < utf8.RuneSelf:
			flush()
		case r == 0x200B || r == 0x200C || r == 0x200D || r == 0x2060 || r == 0xFEFF || r == 0xAD:
			// not seen
		case r >= 0x0300 && r <= 0x036F:
			if !open {
				continue
			}
			marked, end = true, i+utf8.RuneLen(r)
			if t := toneOf(r); t != 0 {
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
			if l, ok := letterOf(r); ok {
				if !open {
					open, start, upper = true, i, unicode.IsUpper(r)
				}
				marked = true
				nb, fb = utf8.AppendRune(nb, l.base), utf8.AppendRune(fb, l.fold)
				if l.tone != 0 {
					tone = l.tone
				}
				end = i + utf8.RuneLen(r)
				continue
			}
			if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) && open {
				if !open {
					open, start, upper = true, i, unicode.IsUpper(r)
				}
				lr := unicode.ToLower(r)
				nb, fb = utf8.AppendRune(nb, lr), utf8.AppendRune(fb, lr)
				end = i + utf8.RuneLen(r)
				continue
			}
			flush()
		}
	}
	flush()
	normals, folds := string(nb), string(fb)
	for i, s := range spans {
		w := &dst[first+i]
		w.Fold = folds[s.f0:s.f1]
		if w.Normal = w.Fold; w.Marked {
			w.Normal = normals[s.n0:s.n1]
		}
	}
	return dst
}

// span is where a word's normal and folded forms lie in the buffers of Words.
type span struct{ n0, n1, f0, f1 int }

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

// Alike says whether two headlines share at least half of their words, diacritics aside.
func Alike(a, b string) bool {
	words := map[string]int{}
	for side, text := range [2]string{a, b} {
		for _, w := range Words(nil, text) {
			words[w.Fold] |= 1 << side
		}
	}
	both := 0
	for _, sides := range words {
		if sides == 3 {
			both++
		}
	}
	return both > 0 && 2*both >= len(words)
}
