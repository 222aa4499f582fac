package feed

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Cut splits a text into the words that rules, search and what was learned go by, appending to dst: those of
// Words, but a script that puts no spaces between words is cut into its letters, so that a term
// is found anywhere in a run of them, and letters that are written in two ways are one.
func Cut(dst []Word, text string) []Word {
	first := len(dst)
	dst = Words(dst, text)
	for i := first; i < len(dst); i++ {
		if !oneWay(dst[i].Fold) {
			return recut(dst, first, text)
		}
	}
	return dst
}

// oneWay tells whether a folded word has but letters of which there is one way to write them.
func oneWay(fold string) bool {
	for i := range len(fold) {
		if fold[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// recut cuts and refolds the words of dst from first on.
func recut(dst []Word, first int, text string) []Word {
	var again []Word
	for _, w := range dst[first:] {
		again = refold(again, w, text)
	}
	return append(dst[:first], again...)
}

// refold appends the words that one word of Words is to rules.
func refold(dst []Word, w Word, text string) []Word {
	if oneWay(w.Fold) {
		return append(dst, w)
	}
	rest := w.Start // of what is not appended yet
	flush := func(end int) {
		if rest < end {
			dst = append(dst, between(text, rest, end))
		}
	}
	spelled := text[w.Start:w.End]
	for i := 0; i < len(spelled); {
		r, size := utf8.DecodeRuneInString(spelled[i:])
		if !Unspaced(r) {
			i += size
			continue
		}
		at := w.Start + i
		flush(at)
		for i += size; i < len(spelled); i += size {
			if r, size = utf8.DecodeRuneInString(spelled[i:]); !unicode.Is(unicode.M, r) && r != 'ﾞ' && r != 'ﾟ' {
				break
			}
		}
		letter := strings.ToLower(norm.NFKC.String(text[at : w.Start+i]))
		dst = append(dst, Word{Normal: letter, Fold: letter, Start: at, End: w.Start + i})
		rest = w.Start + i
	}
	if rest == w.Start { // no such script in it
		w.Fold = oneSpelling(w.Fold)
		if !w.Marked {
			w.Normal = w.Fold
		}
		return append(dst, w)
	}
	flush(w.End)
	return dst
}

// between is the part of a word that stands between letters of a script without spaces.
func between(text string, start, end int) Word {
	part := Words(nil, text[start:end])
	if len(part) != 1 {
		fold := strings.ToLower(text[start:end])
		return Word{Normal: fold, Fold: fold, Start: start, End: end}
	}
	p := part[0]
	p.Start, p.End, p.Fold = start, end, oneSpelling(p.Fold)
	if !p.Marked {
		p.Normal = p.Fold
	}
	return p
}

// Unspaced tells whether a letter is of a script that is written without spaces between words.
func Unspaced(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) ||
		r == 'ー' || r == '々' || r == '〆'
}

// oneSpelling replaces letters by what is written for them elsewhere: the capital of ß is SS, a sigma
// has another form at the end of a word, Greek capitals have no accents, Japanese has Latin letters as wide as its
// own, Arabic writes its short vowels for learners.
func oneSpelling(fold string) string {
	if oneWay(fold) {
		return fold
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(fold) {
		switch {
		case r == 'ß', r == 'ẞ':
			b.WriteString("ss")
		case r == 'æ':
			b.WriteString("ae")
		case r == 'œ':
			b.WriteString("oe")
		case r == 'þ':
			b.WriteString("th")
		case r == 'ς':
			b.WriteRune('σ')
		case r >= 0x300 && r <= 0x36F && r != 0x306: // the breve makes another letter: й is no и
		case r >= 0x64B && r <= 0x652, r == 0x670, r == 'ـ': // Arabic's vowels, and what lengthens a word
		default:
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}
