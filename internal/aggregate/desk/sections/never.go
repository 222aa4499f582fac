package sections

import (
	"slices"

	"feedd/internal/feed"
)

// A word may say in the examples what it does not mean: that World Cup news is foreign news, because
// one outlet files it there. The editor strikes it out, of one section or of all (learn: never).

// phrases are words and phrases that were struck out.
type phrases [][]feed.Word

func newPhrases(terms []string) (ps phrases) {
	for _, t := range terms {
		if words := feed.Cut(nil, t); len(words) > 0 {
			ps = append(ps, words)
		}
	}
	return ps
}

// sameWord says whether a word of a text is one of a phrase: as it is written where both have
// diacritics, else by its letters.
func sameWord(of, in *feed.Word) bool {
	if of.Marked && in.Marked {
		return of.Normal == in.Normal
	}
	return of.Fold == in.Fold
}

// struckOut are the words of a text that stand in a phrase, by title and summary.
type struckOut [2][mostSummaryWords]bool

// in marks the words of the phrases and says whether there are any.
func (ps phrases) in(title, summary []feed.Word) (out struckOut, any bool) {
	if len(ps) == 0 {
		return out, false
	}
	for k, words := range [2][]feed.Word{title[:min(len(title), mostTitleWords)], summary[:min(len(summary), mostSummaryWords)]} {
		for i := range words {
			for _, phrase := range ps {
				if !beginsWith(words[i:], phrase) {
					continue
				}
				any = true
				for j := range phrase {
					out[k][i+j] = true
				}
			}
		}
	}
	return out, any
}

func beginsWith(words, phrase []feed.Word) bool {
	if len(words) < len(phrase) {
		return false
	}
	for j := range phrase {
		if !sameWord(&phrase[j], &words[j]) {
			return false
		}
	}
	return true
}

// strike takes out of the set what stands at the words that were struck out.
func (s *featureSet) strike(out *struckOut) {
	s.list = slices.DeleteFunc(s.list, func(f seen) bool {
		k := 0
		if f.summary {
			k = 1
		}
		at := int(f.word)
		if f.feature.kind() == shape && at == wholeTitle {
			return false
		}
		two := f.feature.kind() == twoNormal || f.feature.kind() == twoFolded
		return out[k][at] || two && at+1 < len(out[k]) && out[k][at+1]
	})
}

// silence gives a section, for the words that the editor struck out of it alone, what they say on
// average of the others.
func (c *learned) silence(f *Filer, w *filing) {
	title, summary := w.read.passages[0].words, w.read.passages[1].words
	for i, ps := range f.never {
		j, known := c.index[f.sections[i].ID]
		if len(ps) == 0 || !known {
			continue
		}
		out, any := ps.in(title, summary)
		if !any {
			continue
		}
		rest := w.learn.set
		rest.list = slices.Clone(rest.list)
		rest.strike(&out)
		at := c.vectors.place(&rest)
		instead(w.learn.scores, c.score(nil, &rest, -1, 0), j)
		instead(w.learn.near, c.nearby(nil, &at, -1, 0, f.topicsOf(c, w)), j)
		instead(w.learn.corrections, c.corrections(nil, &rest), j)
	}
}

// instead replaces what all words say of section j by what the rest of them says of it, and what the
// others say on average of the other sections.
func instead(all, rest []float64, j int) {
	others := 0.0
	for k := range all {
		if k != j {
			others += all[k] - rest[k]
		}
	}
	all[j] = rest[j] + others/float64(max(len(all)-1, 1))
}
