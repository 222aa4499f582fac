package sections

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"feedd/internal/feed"
)

// The model knows no words, only the numbers of features. What a section has learned is told by going
// through its examples, which are stored, and asking for each of their words and pairs of words what
// it says now.

// fewestExamples is how many examples of a section have a word before it is told of.
const fewestExamples = 3

// usualWords is how long the text is in which a word is said to add so much: in a longer one each
// word adds less.
const usualWords = 12

// LearnedWords returns at most so many words and pairs of words that say most for a section, the
// loudest first. labels calls each for the examples that the model has learned. What is struck out of
// the section or of all stands in never.
func LearnedWords(m *Model, section string, never []string, most int, labels func(each func(Label)) error) ([]feed.LearnedWord, error) {
	met := map[string]map[string]*metWord{} // by language and normal form
	if err := labels(func(l Label) {
		if l.Section == section {
			if met[l.Language] == nil {
				met[l.Language] = map[string]*metWord{}
			}
			meet(met[l.Language], &l)
		}
	}); err != nil {
		return nil, err
	}
	struck := newPhrases(never)
	var all []feed.LearnedWord
	m.know()
	m.mu.Lock()
	defer m.mu.Unlock()
	for language, words := range met {
		if c := m.languages[language]; c != nil {
			all = append(all, c.loud(&m.memory, language, section, words)...)
		}
	}
	slices.SortFunc(all, func(a, b feed.LearnedWord) int {
		return cmp.Or(cmp.Compare(b.Adds, a.Adds), cmp.Compare(b.Examples, a.Examples), cmp.Compare(a.Words, b.Words), cmp.Compare(a.Language, b.Language))
	})
	all = all[:min(len(all), most)]
	for i := range all {
		_, all[i].Struck = struck.in(feed.Cut(nil, all[i].Words), nil)
	}
	return all, nil
}

// metWord is a word, or two, of some examples.
type metWord struct {
	words    []feed.Word // one or two, of the first example
	accented bool        // that example has diacritics
	spelled  map[string]int
	outlets  map[string]bool
	examples int
}

// meet notes the words and pairs of words of an example, each once.
func meet(met map[string]*metWord, l *Label) {
	title, summary, _ := strings.Cut(l.Text, "\n")
	texts := [2]string{title, summary}
	cut := [2][]feed.Word{feed.Cut(nil, title), feed.Cut(nil, summary)}
	cut[0], cut[1] = cut[0][:min(len(cut[0]), mostTitleWords)], cut[1][:min(len(cut[1]), mostSummaryWords)]
	accented := l.Language == "vi" && (anyMarked(cut[0]) || anyMarked(cut[1]))
	here := map[string]bool{}
	for k, words := range cut {
		for i := range words {
			for n := 1; n <= 2 && i+n <= len(words); n++ {
				form := words[i].Normal
				if n == 2 {
					form += " " + words[i+1].Normal
				}
				if here[form] {
					continue
				}
				here[form] = true
				w := met[form]
				if w == nil {
					w = &metWord{words: words[i : i+n], accented: accented, spelled: map[string]int{}, outlets: map[string]bool{}}
					met[form] = w
				}
				w.examples++
				w.spelled[texts[k][words[i].Start:words[i+n-1].End]]++
				if l.Outlet != "" {
					w.outlets[l.Outlet] = true
				}
			}
		}
	}
}

// loud are the words that speak for a section.
func (c *learned) loud(memory *learning, language, section string, met map[string]*metWord) (loud []feed.LearnedWord) {
	self, known := c.index[section]
	if !known {
		return nil
	}
	c.fit(memory)
	var among []int
	for j, n := range c.docs {
		if n > 0 && c.competes(j) {
			among = append(among, j)
		}
	}
	if len(among) < 2 {
		return nil
	}
	factor, _ := c.scale.factors(usualWords)
	for _, w := range met {
		if w.examples < fewestExamples {
			continue
		}
		told := feed.LearnedWord{Words: commonest(w.spelled), Language: language, Examples: w.examples, Outlets: len(w.outlets)}
		adds := c.says(w, language, factor, self, among)
		if told.Adds = math.Round(adds*100) / 100; told.Adds > 0 {
			loud = append(loud, told)
		}
	}
	return loud
}

// says is what the features of a word, or of a pair as such, say for a section.
func (c *learned) says(w *metWord, language string, factor float64, self int, among []int) (adds float64) {
	set := featureSet{accented: w.accented, vietnamese: language == "vi"}
	set.size(len(w.words) * 4)
	set.add(w.words, true) // as of a summary: at neither end of a headline
	if len(w.words) == 1 && w.words[0].Upper {
		set.put(newFeature(capital, mix(hashWord(w.words[0].Fold))), true, 0)
	}
	parts := partsOf(&set)
	for i := range set.list {
		at := &set.list[i]
		k := at.feature.kind()
		if pair := k == twoNormal || k == twoFolded; pair != (len(w.words) == 2) {
			continue
		}
		if p := &parts[k]; p.complement == 0 && p.multinomial == 0 {
			continue
		}
		at.counts = c.cells.find(at.feature)
		adds += factor*c.speaks(at, parts, self, among) + c.correctsBy(at, usualWords, self, among)
	}
	return adds
}

// commonest returns the spelling that occurs most, the first in order of several.
func commonest(spelled map[string]int) (best string) {
	for s, n := range spelled {
		if best == "" || n > spelled[best] || n == spelled[best] && s < best {
			best = s
		}
	}
	return best
}
