package feed

import (
	"time"

	"golang.org/x/text/unicode/norm"
)

// TextQuery asks for stored reports by their words. The store's index knows folded words and finds
// every report that may be meant; Match says which of them are.
type TextQuery struct {
	// Phrases must each stand somewhere in the headline or the summary; none means any text.
	Phrases [][]QueryWord
	// Match decides about what the index found, by source, headline and summary, which is all that is set
	// of the item then besides its ID; nil takes all.
	Match func(*Item) bool
	// Section and Source narrow it to entries of one section and to reports of one source.
	Section, Source string
	// Before leaves out what was published at that time or later; zero leaves out nothing.
	Before time.Time
	// Any also takes what readers do not see: reports that are dropped, that their source withdrew, or
	// whose entry is withdrawn.
	Any bool
	// Most is how many of the reports that the index gives are looked at; 0 means all.
	Most int
}

// QueryWord is one word of a phrase as the index knows it: any of Folds, or what begins with one.
type QueryWord struct {
	Folds []string
	Begun bool
}

// Found is a report that a TextQuery found. Of the item's fields those are set that say what it is,
// when and where it was told: no content, authors, pictures and reasons.
type Found struct {
	Item Item
	// At orders what is found: when the report's entry was published, in whole seconds, or, of a report
	// without one, its date.
	At time.Time
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

// SearchedWords appends the folded words of an item by which it is found to dst: those of its headline
// and of the first 2000 bytes of its summary, some 300 words.
func SearchedWords(dst []Word, title, summary string) []Word {
	dst = Cut(dst, Head(norm.NFC.String(title), searchedTitle))
	// Markup may be longer than what it marks.
	plain := PlainText(Head(summary, 8*searchedSummary))
	dst = Cut(dst, Head(norm.NFC.String(plain), searchedSummary))
	for i := range dst {
		dst[i].Fold = SearchedWord(dst[i].Fold)
	}
	return dst
}

// SearchedWord is a folded word as the index has it: no longer than any word is.
func SearchedWord(fold string) string { return Head(fold, searchedWord) }
