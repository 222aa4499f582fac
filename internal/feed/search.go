package feed

import (
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// TextQuery asks for stored reports by their words. The store's index knows folded words and finds
// every report that may be meant; Match says which of them are.
type TextQuery struct {
	// Phrases must each stand somewhere in the headline or the summary; none means any text.
	Phrases [][]QueryWord
	// Near must each stand there besides. An index that cannot tell may take them for less.
	Near []NearWords
	// Match decides about what the index found, by source, headline and summary, which is all that is set
	// of the item then besides its ID; nil takes all.
	Match func(*Item) bool
	// Section and Source narrow it to entries of one section and to reports of one source.
	Section, Source string
	// Before leaves out what was published at that time or later; zero leaves out nothing.
	Before time.Time
	// Below leaves out what stands at this place of the answer and before, see Found.Key; 0 nothing.
	Below int64
	// Any also takes what readers do not see: reports that are dropped, that their source withdrew, or
	// whose entry is withdrawn.
	Any bool
	// Most bounds the search: so many of the reports that the index gives are looked at, and where words are
	// common, so many of its newest rows as the store looks through at a time. 0 means all.
	Most int
}

// QueryWord is one word of a phrase as the index knows it: any of Folds, or what begins with one.
type QueryWord struct {
	Folds []string
	Begun bool
}

// NearWords are two words with at most Gap others between them, in either order. Neither is only begun.
type NearWords struct {
	A, B QueryWord
	Gap  int
}

// PlaceTime is the time, in whole seconds, of what stands at a place of an answer, see Found.Key.
func PlaceTime(key int64) time.Time { return time.Unix(key>>PlaceBits, 0).UTC() }

// PlaceBits is how many bits of a place tell the reports of one second apart.
const PlaceBits = 31

// Found is a report that a TextQuery found. Of the item's fields those are set that say what it is,
// when and where it was told: no content, authors, pictures and reasons.
type Found struct {
	Item Item
	// At orders what is found: when the report's entry was published, in whole seconds, or, of a report
	// without one, its date.
	At time.Time
	// Key is its place in the answer: what follows has smaller ones.
	Key int64
	// What its entry says; zero where it has none.
	Sections  []string
	Published time.Time
	Withdrawn time.Time
	Backlog   bool
}

// How much of an item is searched, in bytes of plain text; and of a word.
const (
	searchedTitle   = 1000
	searchedSummary = 2000
	searchedWord    = 60
)

// SearchedWords appends the folded words of an item by which it is found to dst, each with a space behind
// it: those of its headline and of the first 2000 bytes of its summary, some 300 words.
func SearchedWords(dst []byte, title, summary string) []byte {
	dst = appendSearched(dst, title, searchedTitle)
	// Markup may be longer than what it marks.
	return appendSearched(dst, PlainText(Head(summary, 8*searchedSummary)), searchedSummary)
}

// appendSearched appends the searched words of the first bytes of a text.
func appendSearched(dst []byte, text string, most int) []byte {
	if len(text) <= most {
		if folded, ok := appendFolds(dst, text); ok {
			return folded
		}
	}
	for _, w := range Cut(nil, Head(norm.NFC.String(text), most)) {
		dst = append(append(dst, SearchedWord(w.Fold)...), ' ')
	}
	return dst
}

// appendFolds does it for a text whose folded words are ASCII, as those of Vietnamese and of English
// are. It is false of another. Composed or not, such letters are folded to the same.
func appendFolds(dst []byte, text string) ([]byte, bool) {
	const closed = -1
	word := closed // where it begins
	end := func() {
		if word != closed {
			dst = append(dst[:min(len(dst), word+searchedWord)], ' ')
			word = closed
		}
	}
	for i := 0; i < len(text); {
		fold := rune(0)
		if c := text[i]; c < utf8.RuneSelf {
			fold = rune(asciiWord[c])
			i++
		} else {
			r, size := decode(text[i:])
			i += size
			switch l, ok := letterOf(r); {
			case ok:
				fold = l.fold
			case ignored(r) || isMark(r):
				continue
			case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.M, r):
				return nil, false
			}
		}
		if fold >= utf8.RuneSelf {
			return nil, false
		}
		if fold == 0 {
			end()
			continue
		}
		if word == closed {
			word = len(dst)
		}
		dst = append(dst, byte(fold))
	}
	end()
	return dst, true
}

// SearchedWord is a folded word as the index has it: no longer than any word is.
func SearchedWord(fold string) string { return Head(fold, searchedWord) }
