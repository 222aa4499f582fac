package words

import (
	"strings"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
)

// A word of a text without diacritics is read as its stem: "protests" and "protesters" are one word with "protest". The
// rules are those of English (Porter's second stemmer). They take hardly anything off the syllables of Vietnamese, none of
// which ends as English words do, and what they take off the words of other languages they take off in all reports.

// Lengths of words that may have an ending.
const (
	leastStemmed = 4
	mostStemmed  = 32
)

// stemmer gives words their stems. It remembers what it was asked: most words of a text were in those before.
type stemmer struct {
	env   snowballstem.Env
	known [1 << 12]stem // each in a place that its hash says
}

// stem is what is left of a word without its ending.
type stem struct {
	word, hash uint32 // hashes, of the word and of its stem
	text       string
}

// of returns the stem of a word in bare letters, of which this is the hash, and its own hash.
func (s *stemmer) of(word string, hash uint32) (string, uint32) {
	k := &s.known[(hash^hash>>12)%uint32(len(s.known))]
	if k.word != hash || k.text == "" {
		*k = stemmed(&s.env, word, hash)
	}
	return k.text, k.hash
}

// stemmed finds the stem of a word.
func stemmed(env *snowballstem.Env, word string, hash uint32) stem {
	if n := len(word); n < leastStemmed || n > mostStemmed || word[0] <= '9' || englishSmall[hash] || vietnameseSmall[hash] {
		return stem{hash, hash, strings.Clone(word)}
	}
	env.SetCurrent(word)
	english.Stem(env)
	text := strings.Clone(env.Current())
	return stem{hash, Hash(text), text}
}

// wordOf returns the hashes by which a word stands among those of a text, which is marked or not.
func (rd *Reader) wordOf(w *wordform, marked bool) (normal, fold uint32) {
	if marked || w.Marked {
		return w.normal, w.fold
	}
	_, h := rd.stems.of(w.Fold, w.fold)
	return h, h
}
