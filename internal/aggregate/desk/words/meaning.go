package words

// Meaning is what a text says that an acronym stands for, as in "Bộ Y tế (BYT)".
type Meaning struct {
	Acronym uint32 // fold of its token, hashed; 0 where there is none
	Long    Phrase
}

// Phrase are words in a row, by the folds of their tokens.
type Phrase struct {
	hash  uint32
	Words uint8
}

// With returns the phrase with one more word, given by the fold of its token.
func (p Phrase) With(fold uint32) Phrase {
	if p.Words == 0 {
		p.hash = 2166136261
	}
	return Phrase{(p.hash ^ Hashed(fold)>>8) * 16777619, p.Words + 1}
}

// isAside says whether a word stands alone in parentheses.
func isAside(text string, w *wordform) bool {
	return w.Upper && w.Start > 0 && text[w.Start-1] == '(' && w.End < len(text) && text[w.End] == ')'
}

// meaning returns the first that the text just read gives.
func (rd *Reader) meaning() Meaning {
	for _, list := range [][]spelled{rd.title, rd.rest} {
		for i := range list {
			if t := &list[i]; t.paren && acronym(t.shown) {
				if long := meantBy(list[:i], foldNormal(t.text)); long.Words > 0 {
					return Meaning{Hashed(t.Fold), long}
				}
			}
		}
	}
	return Meaning{}
}

// meantBy returns the phrase at the end of the tokens whose first letters are those of the acronym, no words when there is
// none. Small words between them have a letter in it or none.
func meantBy(tokens []spelled, letters string) (long Phrase) {
	if len(letters) < leastAcronym || len(letters) > MostAcronym {
		return long
	}
	at, all := len(tokens), len(letters)
	for some := all; some > 0; at-- {
		if at == 0 || len(tokens)-at > 2*len(letters) {
			return Phrase{}
		}
		initial := tokens[at-1].Initial | 0x20
		small := joining(foldNormal(tokens[at-1].text))
		switch {
		case initial == letters[some-1] && !(small && some > 1 && at > 1 && tokens[at-2].Initial|0x20 == initial):
			some--
		case small && some < all:
		default:
			return Phrase{}
		}
	}
	if len(tokens)-at < 2 {
		return Phrase{}
	}
	for _, t := range tokens[at:] {
		long = long.With(t.Fold)
	}
	return long
}
