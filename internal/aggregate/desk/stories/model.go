package stories

import (
	_ "embed"
	"encoding/json"
	"math"
	"sync"

	"feedd/internal/aggregate/desk/words"
)

// The features of a pair of reports. The order is that of the weights in model.json.
const (
	fCosine      = iota // words of the headlines in common, by weight
	fContain            // share of the shorter headline that is in the other
	fOrder              // of what is in common, how much stands in the same order
	fPairs              // neighbouring words in common
	fNameSwap           // names exchanged for names in the same place
	fWordSwap           // other words exchanged in the same place
	fOneSided           // what one headline has and the other lacks, nothing in its place
	fEqual              // equal but for one or two exchanges
	fEqualNames         // equal but for names
	fShort              // few words to go by
	fFigures            // figures in common that say something
	fPlace              // places in common
	fDate               // dates that disagree
	fPeriod             // editions, months, rounds that disagree
	fQuantity           // figures of one thing that disagree
	fCasualty           // numbers of victims that disagree
	fPlaceClash         // places that exclude each other
	fDirection          // headline turned round
	fChoice             // one word of a group that exclude each other, for another
	fAngle              // one looks at an event from aside
	fAside              // and holds most of what the other says
	fGenre              // they are of unlike kinds of piece: report, line-up, ratings, advice
	fGenres             // likewise, and neither is a report
	fEqualShort         // equal but for an exchange, and few words to go by
	fRubric             // equal heads before a colon or bar, and little else in common
	fTitleNames         // rare names in both headlines
	fHours              // apart, logarithm
	fSource             // same outlet
	fStream             // words in common, weighted by how rare they are in the stream
	fFrame              // share that was exchanged, where nothing else differs
	fRare               // the most telling word in common
	fThere              // the place that one names first stands in the other's text, and the other way round
	fElsewhere          // neither of the two does
	fPlacesApart        // nor does any other
	fAge                // somebody's age in common
	fAgeClash           // ages of people, none in common
	fVectors            // directions of the texts by word vectors, beyond what is usual
	fStrangers          // each names somebody or something rare, and nothing that the other does
	// With summaries only.
	fText      // words of headline and summary in common
	fTextPairs // neighbouring words likewise
	fNames     // names likewise
	fAcross    // share of one headline that is in the other's whole text
	fAcrossMin // likewise, of the headline that is less so
	fNameMass  // weight of the names in common
	fSameDay
	fOtherDay
	fSameWeekday
	fOtherWeekday
	fUntold    // what was exchanged and does not stand in the other's text, of the headline with less of it
	fNewNames  // names in the headline that do not stand in the other's text, of the headline with less of them
	fKnownName // the name of a headline in the other's text that is rarest in the stream
	Features
)

// FeatureNames are the names by which weights are stored and decisions explained.
var FeatureNames = [Features]string{
	"cosine", "contain", "order", "pairs", "name-swap", "word-swap", "one-sided", "equal", "equal-but-names", "short",
	"figures", "place", "date-clash", "period-clash", "quantity-clash", "casualty-clash", "place-clash", "direction-clash",
	"choice-clash", "angle", "aside", "genre", "two-genres", "equal-and-short", "rubric", "title-names", "hours", "same-outlet", "stream", "frame", "rare", "there", "elsewhere", "places-apart", "age", "age-clash", "vectors", "strangers", "text", "text-pairs", "names", "across", "across-min", "name-mass", "same-day", "other-day", "same-weekday", "other-weekday", "untold", "new-names", "known-name",
}

// Signs keeps a weight from going against what its feature means, where few samples have it.
var Signs = [Features]int{
	fCosine: 1, fContain: 1, fOrder: 1, fPairs: 1, fNameSwap: -1, fWordSwap: -1, fOneSided: -1, fEqualNames: -1, fFigures: 1, fPlace: 1,
	fDate: -1, fPeriod: -1, fQuantity: -1, fCasualty: -1, fPlaceClash: -1, fDirection: -1, fChoice: -1, fAngle: -1, fAside: -1, fGenre: -1, fGenres: -1, fEqualShort: -1, fRubric: -1, fTitleNames: 1, fHours: -1, fNameMass: 1, fSameDay: 1, fOtherDay: -1, fSameWeekday: 1, fOtherWeekday: -1, fStream: 1, fFrame: -1, fRare: 1, fUntold: -1, fNewNames: -1, fKnownName: 1,
	fThere: 1, fElsewhere: -1, fPlacesApart: -1, fAge: 1, fAgeClash: -1, fVectors: 1, fStrangers: -1,
	fText: 1, fTextPairs: 1, fNames: 1, fAcross: 1, fAcrossMin: 1,
}

// Vectors is the feature of the word vectors, whose weight is not fitted.
const Vectors = fVectors

// TitleFeatures is how many of the features need no summary.
const TitleFeatures = fText

// Model is a logistic model for one kind of pair.
type Model struct {
	Bias    float64            `json:"bias"`
	Weights map[string]float64 `json:"weights"`

	w [Features]float64
}

// Models are the fitted models of each language, and where they come from.
type Models struct {
	Provenance string  `json:"provenance"`
	Vietnamese *Family `json:"vi"`
	English    *Family `json:"en"`
	Other      *Family `json:"other"` // fitted to all languages together
}

// Family are the models of one language: whether two reports tell one event, and whether they are
// interchangeable; each by the headlines alone, and with summaries.
type Family struct {
	Title     *Model `json:"title"`
	Text      *Model `json:"text"`
	Duplicate *Model `json:"duplicate"`
	Copy      *Model `json:"copy"`
}

//go:embed data/model.json
var modelFile []byte

var modelsOnce = sync.OnceValue(func() *Models {
	m := &Models{}
	if err := json.Unmarshal(modelFile, m); err != nil {
		panic(err)
	}
	return m.Compile()
})

// Compile prepares models that were fitted or read for use.
func (ms *Models) Compile() *Models {
	for _, f := range []*Family{ms.Vietnamese, ms.English, ms.Other} {
		for _, m := range []*Model{f.Title, f.Text, f.Duplicate, f.Copy} {
			m.compile()
		}
	}
	return ms
}

// of returns the models for texts that are compared in a language.
func (ms *Models) of(l words.Language) *Family {
	switch l {
	case words.Vietnamese:
		return ms.Vietnamese
	case words.English:
		return ms.English
	}
	return ms.Other
}

func (m *Model) compile() {
	for i, name := range FeatureNames {
		m.w[i] = m.Weights[name]
	}
}

// Probability is that of a pair with these features, from 0 to 1.
func (m *Model) Probability(x *[Features]float64) float64 {
	z := m.Bias
	for i, v := range x {
		z += m.w[i] * v
	}
	return 1 / (1 + math.Exp(-z))
}

// mostProbable is what Probability gives at most when fStream and fTextPairs, which x does not have yet, are at most
// that much.
func (m *Model) mostProbable(x *[Features]float64, stream, textPairs float64) float64 {
	const rounding = 1e-9
	z := m.Bias + max(0, m.w[fStream]*stream) + max(0, m.w[fTextPairs]*textPairs) + rounding
	for i, v := range x {
		z += m.w[i] * v
	}
	return 1 / (1 + math.Exp(-z))
}
