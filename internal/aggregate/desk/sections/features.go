package sections

import (
	"strings"

	"feedd/internal/feed"
)

// A feature is something a text has that tells about its section, as a number: a hash with the
// kind in its lowest bits. Numbers are all the model knows; the words are the item's own.
type Feature uint32

// kind is a family of features, counted apart.
type kind uint8

// The kinds. Words and pairs of words stand in normal form, which tells "bạn" from "bán", and in
// folded form, which still works when the diacritics are missing. The others are always folded.
// Parts of words are what English endings and the names of strangers are recognised by. The ends
// of a headline, names and the form of a headline tell what the words alone do not: that it
// begins with a number, asks, quotes, or that Bảo is a person.
const (
	oneNormal kind = iota
	twoNormal
	oneFolded
	twoFolded
	part    // four letters of a word of the title
	ending  // the first and the last word of the title
	capital // a word with a capital, where not most words have one
	shape   // numbers with their neighbours, punctuation and length of the title
	kinds
)

const kindBits = 3

func (f Feature) kind() kind { return kind(f & (1<<kindBits - 1)) }

func newFeature(k kind, hash uint64) Feature {
	return Feature(hash>>32)<<kindBits | Feature(k)
}

// Words of the title and of the summary that are looked at; more adds cost and no accuracy.
const (
	mostTitleWords   = 40
	mostSummaryWords = 60
	mostPartBytes    = 24 // of one word
)

// seen is a feature and where in the text it first stood: words[word:word+words] of the title or
// the summary. It lets a decision be explained.
type seen struct {
	feature Feature
	summary bool
	word    uint8
	counts  kept // where they are, as of the last score
}

// featureSet is the features of one item, each once.
type featureSet struct {
	list       []seen
	words      int  // of the text they are from
	accented   bool // the text has Vietnamese diacritics
	vietnamese bool
	restored   bool // it has none, and features of its likeliest diacritics were added
	table      []Feature
}

// extract fills the set from an item's title, given as text and as words, and the words of its
// summary, in the language it is in.
func (s *featureSet) extract(language, titleText string, title, summary []feed.Word) {
	title, summary = title[:min(len(title), mostTitleWords)], summary[:min(len(summary), mostSummaryWords)]
	s.list, s.words = s.list[:0], len(title)+len(summary)
	s.vietnamese, s.restored = language == "vi", false
	s.accented = s.vietnamese && (anyMarked(title) || anyMarked(summary))
	s.size(s.words * 10)
	s.add(title, false)
	s.add(summary, true)
	for i := range title {
		s.addParts(title[i].Fold, i)
	}
	s.addShape(title, titleText)
}

// anyMarked tells whether a word has Vietnamese diacritics. Those of Mbappé are none: a headline
// typed without any may have them.
func anyMarked(words []feed.Word) bool {
	for i := range words {
		if words[i].Marked && syllable(words[i].Fold) {
			return true
		}
	}
	return false
}

func (s *featureSet) add(words []feed.Word, summary bool) {
	var lastNormal, lastFold uint64
	capitals := !mostlyCapitals(words)
	for i := range words {
		w := &words[i]
		fold := hashWord(w.Fold)
		s.put(newFeature(oneFolded, mix(fold)), summary, i)
		if i > 0 {
			s.put(newFeature(twoFolded, mix(fold+lastFold*3)), summary, i-1)
		}
		if s.accented {
			normal := fold
			if w.Marked {
				normal = hashWord(w.Normal)
			}
			s.put(newFeature(oneNormal, mix(normal)), summary, i)
			if i > 0 {
				s.put(newFeature(twoNormal, mix(normal+lastNormal*3)), summary, i-1)
			}
			lastNormal = normal
		}
		if w.Upper && capitals {
			s.put(newFeature(capital, mix(fold)), summary, i)
		}
		if !summary && i == 0 {
			s.put(newFeature(ending, mix(fold)), false, i)
		}
		if !summary && i == len(words)-1 {
			s.put(newFeature(ending, mix(fold+1)), false, i)
		}
		lastFold = fold
	}
}

// mostlyCapitals tells whether so many words begin with a capital that it names nothing, as in
// English titles.
func mostlyCapitals(words []feed.Word) bool {
	n := 0
	for i := range words {
		if words[i].Upper {
			n++
		}
	}
	return n*10 >= len(words)*7
}

// addParts adds the runs of partBytes bytes of a folded word between its borders.
func (s *featureSet) addParts(fold string, word int) {
	const border, partBytes = ' ', 4
	fold = fold[:min(len(fold), mostPartBytes)]
	var run uint32 // the last bytes
	for i := -1; i <= len(fold); i++ {
		c := byte(border)
		if i >= 0 && i < len(fold) {
			c = fold[i]
		}
		run = run<<8 | uint32(c)
		if i+2 >= partBytes {
			s.put(newFeature(part, mix(uint64(run))), false, word)
		}
	}
}

// The features of shape, in their highest byte.
const (
	shapeDigits = iota << 56
	shapeBeforeNumber
	shapeBehindNumber
	shapeMark
	shapeWords
	shapeCapitals
)

// addShape adds what the form of a title says.
func (s *featureSet) addShape(words []feed.Word, text string) {
	put := func(what, value uint64, word int) { s.put(newFeature(shape, mix(what^value)), false, word) }
	capitals := 0
	for i := range words {
		w := &words[i]
		if w.Upper {
			capitals++
		}
		digits := 0
		for j := range len(w.Fold) {
			if '0' <= w.Fold[j] && w.Fold[j] <= '9' {
				digits++
			}
		}
		if digits == 0 {
			continue
		}
		put(shapeDigits, uint64(digits*mostPartBytes+len(w.Fold)), i)
		if i > 0 {
			put(shapeBeforeNumber, hashWord(words[i-1].Fold)>>8, i-1)
		}
		if i+1 < len(words) {
			put(shapeBehindNumber, hashWord(words[i+1].Fold)>>8, i+1)
		}
	}
	for i, c := range text {
		switch c {
		case '‘', '’':
			c = '\''
		case '“', '”', '«', '»':
			c = '"'
		case '–', '—':
			c = '-'
		case '.':
			if strings.HasPrefix(text[i:], "...") {
				c = '…'
			}
		}
		if strings.ContainsRune(marksOfTitles, c) {
			put(shapeMark, uint64(c), wholeTitle)
		}
	}
	put(shapeWords, uint64(min(16, len(words))/2), wholeTitle)
	put(shapeCapitals, uint64(min(8, capitals)), wholeTitle)
}

// marksOfTitles is the punctuation that tells one kind of headline from another.
const marksOfTitles = `'":?!,-%/(;…`

// wholeTitle is the place of a feature that stands at no word.
const wholeTitle = mostTitleWords

// size makes the table large enough for n features and empty.
func (s *featureSet) size(n int) {
	want := 256
	for want < 2*n {
		want *= 2
	}
	if cap(s.table) < want {
		s.table = make([]Feature, want)
		return
	}
	s.table = s.table[:want]
	clear(s.table)
}

// put adds a feature unless it is there.
func (s *featureSet) put(f Feature, summary bool, word int) {
	if f == 0 {
		f = 1 << kindBits // 0 marks an empty place of the table
	}
	mask := uint32(len(s.table) - 1)
	for i := uint32(f) >> kindBits; ; i++ {
		switch s.table[i&mask] {
		case f:
			return
		case 0:
			if len(s.list)*2 < len(s.table) {
				s.table[i&mask] = f
			}
			s.list = append(s.list, seen{feature: f, summary: summary, word: uint8(word)})
			return
		}
	}
}

// hashWord is FNV-1a. The model is stored by nobody and exchanged with nobody, but two nodes must
// compute the same, so no seed.
func hashWord(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// mix spreads a hash over its high bits (the finalizer of MurmurHash3).
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
