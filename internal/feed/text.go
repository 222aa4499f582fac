package feed

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"

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

// letters has every precomposed letter of the two blocks in lower case, and the zero letter for other
// characters. It is a table because every rune of every headline and summary is looked up in it.
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
// hyphens inside a word are ignored.
func Words(dst []Word, text string) []Word { return FirstWords(dst, text, math.MaxInt) }

// FirstWords is Words for at most so many words.
func FirstWords(dst []Word, text string, most int) []Word {
	most += min(len(dst), math.MaxInt-most)
	// All words are cut from one block of memory: one allocation a text, not two a word. What stands
	// in it is never written again, as strings demand; should it not suffice, append takes another.
	block := make([]byte, 2*len(text)+len(text)/4)
	c := cutter{words: dst, folds: block[:0:len(text)], normals: block[len(text):len(text)]}
	for i := 0; i < len(text) && len(c.words) < most; {
		if b := text[i]; b < utf8.RuneSelf {
			if l := asciiWord[b]; l != 0 {
				c.ascii(l, i, l != b)
			} else {
				c.flush()
			}
			i++
			continue
		}
		r, size := decode(text[i:])
		c.rune(r, i, i+size)
		i += size
	}
	c.flush()
	return c.words
}

// cutter splits a text into words. The fields from open on describe the word it is reading.
type cutter struct {
	words []Word
	// The folded and the normal forms of all words so far, each in one buffer. A word without
	// diacritics has no normal form of its own: both forms are the same.
	folds, normals []byte

	open           bool // it is within a word
	fold0, normal0 int  // where its forms begin
	start, end     int  // its offsets in the text
	tone           byte
	marked, upper  bool
}

// flush ends the word, if one is open.
func (c *cutter) flush() {
	if !c.open {
		return
	}
	if c.tone != 0 {
		c.normals = append(c.normals, c.tone)
	}
	fold := unsafe.String(&c.folds[c.fold0], len(c.folds)-c.fold0)
	normal := fold
	if c.marked {
		normal = unsafe.String(&c.normals[c.normal0], len(c.normals)-c.normal0)
	}
	c.words = append(c.words, Word{Normal: normal, Fold: fold, Marked: c.marked, Upper: c.upper, Start: c.start, End: c.end})
	c.normal0, c.fold0 = len(c.normals), len(c.folds)
	c.tone, c.marked, c.upper, c.open = 0, false, false, false
}

// ascii takes a letter or digit at an offset; l is in lower case.
func (c *cutter) ascii(l byte, at int, upper bool) {
	if !c.open {
		c.open, c.start, c.upper = true, at, upper
	}
	c.folds = append(c.folds, l)
	if c.marked {
		c.normals = append(c.normals, l)
	}
	c.end = at + 1
}

// rune takes a character beyond ASCII that stands from at to end.
func (c *cutter) rune(r rune, at, end int) {
	l, ok := letterOf(r)
	switch {
	case ok:
	case ignored(r):
		return
	case isMark(r):
		if c.open {
			c.combine(r)
			c.end = end
		}
		return
	case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) && c.open:
		l.base = unicode.ToLower(r)
		l.fold = l.base
	default:
		c.flush()
		return
	}
	if !c.open {
		c.open, c.start, c.upper = true, at, unicode.IsUpper(r)
	}
	if ok {
		c.mark()
	}
	if c.marked {
		c.normals = appendLetter(c.normals, l.base)
	}
	c.folds = appendLetter(c.folds, l.fold)
	if l.tone != 0 {
		c.tone = l.tone
	}
	c.end = end
}

// ignored is true of what words may have in them without being others: soft hyphens, zero-width characters.
func ignored(r rune) bool {
	return r == 0x200B || r == 0x200C || r == 0x200D || r == 0x2060 || r == 0xFEFF || r == 0xAD
}

// isMark is true of the marks that are put on letters of Latin, Greek and Cyrillic.
func isMark(r rune) bool { return r >= 0x0300 && r <= 0x036F }

// mark begins the normal form of a word that has a diacritic.
func (c *cutter) mark() {
	if !c.marked {
		c.marked = true
		c.normals = append(c.normals, c.folds[c.fold0:]...)
	}
}

// combine takes a combining mark: a tone, or what makes another letter of the one before.
func (c *cutter) combine(r rune) {
	c.mark()
	if t := toneOf(r); t != 0 {
		c.tone = t
		return
	}
	last, n := utf8.DecodeLastRune(c.normals)
	c.normals = c.normals[:len(c.normals)-n]
	if q, ok := quality[[2]rune{last, r}]; ok {
		c.normals = utf8.AppendRune(c.normals, q)
	} else {
		c.normals = append(c.normals, norm.NFC.String(string([]rune{last, r}))...)
	}
}

// decode is utf8.DecodeRuneInString without a call for the two blocks in which the letters of
// Vietnamese stand: U+0080 to U+07FF, and U+1000 to U+1FFF.
func decode(s string) (r rune, size int) {
	switch c := s[0]; {
	case c >= 0xC2 && c < 0xE0 && len(s) > 1 && s[1]&0xC0 == 0x80:
		return rune(c&0x1F)<<6 | rune(s[1]&0x3F), 2
	case c == 0xE1 && len(s) > 2 && s[1]&0xC0 == 0x80 && s[2]&0xC0 == 0x80:
		return 0x1000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return utf8.DecodeRuneInString(s)
}

// appendLetter is utf8.AppendRune without a call for letters below U+0800.
func appendLetter(b []byte, r rune) []byte {
	switch {
	case r < utf8.RuneSelf:
		return append(b, byte(r))
	case r < 0x800:
		return append(b, 0xC0|byte(r>>6), 0x80|byte(r&0x3F))
	}
	return utf8.AppendRune(b, r)
}

// asciiWord has, for each ASCII character of words, its lower case, and 0 for characters between words.
var asciiWord = func() (t [utf8.RuneSelf]byte) {
	for c := range byte(utf8.RuneSelf) {
		switch {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			t[c] = c
		case 'A' <= c && c <= 'Z':
			t[c] = c + 'a' - 'A'
		}
	}
	return t
}()

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
