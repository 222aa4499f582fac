package stories

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"math"
	"slices"
	"sync"

	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// The features of a pair of reports. The order is that of the weights in model.json.
const (
	fCosine     = iota // words of the headlines in common, by weight
	fContain           // share of the shorter headline that is in the other
	fOrder             // of what is in common, how much stands in the same order
	fPairs             // neighbouring words in common
	fNameSwap          // names exchanged for names in the same place
	fWordSwap          // other words exchanged in the same place
	fOneSided          // what one headline has and the other lacks, nothing in its place
	fEqual             // equal but for one or two exchanges
	fEqualNames        // equal but for names
	fShort             // few words to go by
	fFigures           // figures in common that say something
	fPlace             // places in common
	fDate              // dates that disagree
	fPeriod            // editions, months, rounds that disagree
	fQuantity          // figures of one thing that disagree
	fCasualty          // numbers of victims that disagree
	fPlaceClash        // places that exclude each other
	fDirection         // headline turned round
	fChoice            // one word of a group that exclude each other, for another
	fAngle             // one looks at an event from aside
	fAside             // and holds most of what the other says
	fGenre             // they are of unlike kinds of piece: report, line-up, ratings, advice
	fGenres            // likewise, and neither is a report
	fEqualShort        // equal but for an exchange, and few words to go by
	fRubric            // equal heads before a colon or bar, and little else in common
	fTitleNames        // rare names in both headlines
	fHours             // apart, logarithm
	fSource            // same outlet
	// With summaries only.
	fText      // words of headline and summary in common
	fTextPairs // neighbouring words likewise
	fNames     // names likewise
	fAcross    // share of one headline that is in the other's whole text
	fAcrossMin // likewise, of the headline that is less so
	fNameMass  // weight of the names in common
	fSameDay
	fOtherDay
	Features
)

var FeatureNames = [Features]string{
	"cosine", "contain", "order", "pairs", "name-swap", "word-swap", "one-sided", "equal", "equal-but-names", "short",
	"figures", "place", "date-clash", "period-clash", "quantity-clash", "casualty-clash", "place-clash", "direction-clash",
	"choice-clash", "angle", "aside", "genre", "two-genres", "equal-and-short", "rubric", "title-names", "hours", "same-outlet", "text", "text-pairs", "names", "across", "across-min", "name-mass", "same-day", "other-day",
}

// signs keeps a weight from going against what its feature means, where few samples have it.
var Signs = [Features]int{
	fCosine: 1, fContain: 1, fOrder: 1, fPairs: 1, fNameSwap: -1, fWordSwap: -1, fOneSided: -1, fEqualNames: -1, fFigures: 1, fPlace: 1,
	fDate: -1, fPeriod: -1, fQuantity: -1, fCasualty: -1, fPlaceClash: -1, fDirection: -1, fChoice: -1, fAngle: -1, fAside: -1, fGenre: -1, fGenres: -1, fEqualShort: -1, fRubric: -1, fTitleNames: 1, fHours: -1, fNameMass: 1, fSameDay: 1, fOtherDay: -1,
	fText: 1, fTextPairs: 1, fNames: 1, fAcross: 1, fAcrossMin: 1,
}

// titleFeatures is how many of the features need no summary.
const TitleFeatures = fText

// model is a logistic model for one kind of pair.
type Model struct {
	Bias    float64            `json:"bias"`
	Weights map[string]float64 `json:"weights"`

	w [Features]float64
}

// models are the fitted models and where they come from; see FitStories.
type Models struct {
	Provenance string `json:"provenance"`
	Title      *Model `json:"title"`     // headlines alone
	Text       *Model `json:"text"`      // headlines and summaries
	Duplicate  *Model `json:"duplicate"` // headlines: interchangeable
	Copy       *Model `json:"copy"`      // headlines and summaries: interchangeable
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

func (ms *Models) Compile() *Models {
	for _, m := range []*Model{ms.Title, ms.Text, ms.Duplicate, ms.Copy} {
		m.compile()
	}
	return ms
}

func (m *Model) compile() {
	for i, name := range FeatureNames {
		m.w[i] = m.Weights[name]
	}
}

func (m *Model) Probability(x *[Features]float64) float64 {
	z := m.Bias
	for i, v := range x {
		z += m.w[i] * v
	}
	return 1 / (1 + math.Exp(-z))
}

// judged is what comparing two reports gave.
type Comparison struct {
	P     float64 // that they tell one event
	dup   float64 // that they are interchangeable
	X     [Features]float64
	Told  bool // summaries were compared
	clash words.Clash
	Veto  string // why they are never one, whatever they share; "" when nothing speaks against it
	exact bool
	equal bool   // equal but for exchanges
	one   bool   // equal but for one exchange of up to three words, whatever they weigh
	other bool   // few words, and an exchange of one that says much
	doubt bool   // not quite so few, and of one that says something: no copy by the headlines alone
	swap  uint64 // the words exchanged, when the headlines are equal but for one exchange
}

// OneArticle is what two reports are to each other whose addresses are one article's.
func OneArticle() Comparison { return Comparison{P: 1, dup: 1, exact: true} }

// Alike is the larger of the shares of words in common, of headlines and of whole texts.
func (j *Comparison) Alike() float64 { return max(j.X[fText], j.X[fCosine]) }

// scorer compares reports. Its buffers are used again.
type Scorer struct {
	m *Models

	probe probe // of the report that others are compared with
	align alignment
}

// newScorer returns a scorer that goes by the models, nil for those feedd comes with.
func NewScorer(m *Models) *Scorer {
	if m == nil {
		m = modelsOnce()
	}
	return &Scorer{m: m}
}

// against names the report that compare and judge set others beside: what can be prepared once for
// all of them, is.
func (sc *Scorer) against(b *words.Text) { sc.probe.begin(b) }

// score compares two texts told hours apart.
func (sc *Scorer) Score(a, b *words.Text, hours float64, outlet bool) (j Comparison) {
	sc.against(b)
	sc.judge(a, hours, outlet, &j)
	return j
}

// judge fills j with what comparing a with the report named last gives.
func (sc *Scorer) judge(a *words.Text, hours float64, outlet bool, j *Comparison) {
	sc.compare(a, hours, outlet, j)
	if j.Told {
		j.P = sc.m.Text.Probability(&j.X)
		if j.exact {
			j.P = max(j.P, sc.m.Title.Probability(&j.X))
		}
	} else {
		j.P = sc.m.Title.Probability(&j.X)
	}
	switch {
	case j.P < joinLoose/2: // nobody will ask
	case j.Told && !j.exact:
		j.dup = sc.m.Copy.Probability(&j.X)
	default:
		j.dup = sc.m.Duplicate.Probability(&j.X)
	}
	j.Veto = sc.vetoes(a, sc.probe.doc, hours, outlet, j)
	if c := j.clash; j.Veto == "" && c.Quantity && !c.Casualty && sc.strangers(a, sc.probe.doc) {
		// Not among the vetoes, which fitting leaves out: the models learn from such pairs, too.
		j.Veto = "figures of others"
	}
	if j.Veto != "" {
		j.P, j.dup = min(j.P, vetoed), 0
	}
}

// Two headlines equal but for names tell two events, where so much of them was exchanged. With
// summaries, also where headline and summary share less than littleText: the equal headlines alone
// make about half of it.
const (
	nameExchanged = 0.08
	littleText    = 0.4
)

// vetoed is the most that a vetoed pair scores.
const vetoed = 0.04

const maxTokens = 40 // of a headline, for the alignment

// Compare gives the features of two texts told hours apart, and what forbids that they are one
// event, but no probability: what the models are fitted on.
func (sc *Scorer) Compare(a, b *words.Text, hours float64, outlet bool) (j Comparison) {
	sc.against(b)
	sc.compare(a, hours, outlet, &j)
	j.Veto = sc.vetoes(a, b, hours, outlet, &j)
	return j
}

// compare is features for the report named last. j must be zero.
func (sc *Scorer) compare(a *words.Text, hours float64, outlet bool, j *Comparison) {
	pr, al := &sc.probe, &sc.align
	pr.prepare()
	b := pr.doc
	ta, tb := headline(a), headline(b)
	al.align(pr, ta, a.Marked && b.Marked)
	x := &j.X

	var mass, orderMass, ma, names float32
	mb := pr.mass
	var tail, tailMass float32 // of a, behind its rubrics
	for i := range ta {
		t := &ta[i]
		ma += t.Weight()
		if i >= int(a.Tail) {
			tail += t.Weight()
		}
		if k := al.hitA[i]; k >= 0 {
			w := min(t.Weight(), tb[k].Weight())
			mass += w
			if t.Flags&tb[k].Flags&words.IsName != 0 && w > 5 {
				names += w
			}
			if i >= int(a.Tail) && int(k) >= int(b.Tail) {
				tailMass += w
			}
			if al.ord[i] {
				orderMass += w
			}
		}
	}
	if (a.Short || b.Short) && 4*mass > min(ma, mb) { // else it changes nothing
		m, ordered := al.acronyms(ta, tb)
		mass, orderMass = mass+m, orderMass+ordered
	}
	if ma == 0 || mb == 0 {
		ma, mb = max(ma, 1), max(mb, 1)
	}
	x[fCosine] = float64(2 * mass / (ma + mb))
	x[fContain] = min(1, float64(mass/min(ma, mb)))
	if mass > 0 {
		x[fOrder] = float64(orderMass / mass)
	}

	x[fTitleNames] = min(1, float64(names)/16)
	if a.HeadHash != 0 && a.HeadHash == b.HeadHash && tail > 0 {
		x[fRubric] = max(0, 1-2.5*float64(tailMass/tail))
	}

	// Neighbours in common.
	var pairMass, pairsA float32
	for i := 1; i < len(ta); i++ {
		w := ta[i-1].Weight() + ta[i].Weight()
		pairsA += w
		if p, q := al.hitA[i-1], al.hitA[i]; p >= 0 && q == p+1 {
			pairMass += w
		}
	}
	if pairsA+pr.pairMass > 0 {
		x[fPairs] = min(1, float64(2*pairMass/(pairsA+pr.pairMass)))
	}

	// What stands between two matches on both sides was exchanged; on one side, added.
	var nameSwap, wordSwap, one float32
	spans, nameSpans, numberSpans, added, widest := 0, 0, 0, 0, 0
	var swap uint64
	i, k := 0, 0
	for i <= len(ta) && k <= len(tb) {
		i1 := i
		for i1 < len(ta) && !al.ord[i1] {
			i1++
		}
		k1 := len(tb)
		if i1 < len(ta) {
			k1 = int(al.hitA[i1])
		}
		wa, na, ca := gap(ta[i:i1], al.hitA[i:i1])
		wb, nb, cb := gap(tb[k:k1], al.hitB[k:k1])
		if i1 == i+1 && k1 == k+1 {
			na = nameBeside(&ta[i], na, nb)
			nb = nameBeside(&tb[k], nb, na)
			na = nameBeside(&ta[i], na, nb)
		}
		switch {
		case ca.numbers+cb.numbers > 0 && ca.words+cb.words == 0:
			numberSpans++
		case ca.words > 0 && cb.words > 0:
			spans++
			swap = swapHash(ta[i:i1], tb[k:k1])
			widest = max(widest, ca.words, cb.words)
			if (2*na > wa && 2*nb > wb || endsInName(ta[i:i1], ca) && endsInName(tb[k:k1], cb)) && !(ca.words > 2 && cb.words > 2 && sc.fullName(ta, i1)) {
				nameSpans++
				nameSwap += min(na, nb)
				one += max(wa-na, wb-nb) - min(wa-na, wb-nb) // a longer name is no more news
			} else {
				wordSwap += min(wa, wb)
				one += max(wa, wb) - min(wa, wb)
			}
		case wa+wb > 0:
			one += wa + wb
			added++
		}
		i, k = i1+1, k1+1
	}
	avg := (ma + mb) / 2
	x[fNameSwap] = float64(nameSwap / avg)
	x[fWordSwap] = float64(wordSwap / avg)
	x[fOneSided] = min(1, float64(one/avg))
	shorter := min(len(ta), len(tb))
	j.exact = a.Exact == b.Exact && a.Exact != 0 || mass > 0 && one == 0 && spans == 0 && numberSpans == 0 && x[fContain] > 0.995
	j.equal = mass > 0 && spans+numberSpans <= 2 && spans+numberSpans > 0 && x[fOneSided] < 0.12 && x[fOrder] > 0.85
	if j.equal && spans > 0 {
		x[fEqual] = 1
		if spans == 1 && numberSpans == 0 {
			j.swap = swap
		}
		if nameSpans > 0 {
			x[fEqualNames] = 1
		}
	}
	const fewWords, much = 5, 0.22
	j.one = spans == 1 && added == 0 && numberSpans <= 1 && widest <= 3 && x[fOrder] > 0.85
	j.other = spans == 1 && numberSpans+added == 0 && shorter <= fewWords && x[fWordSwap] > much
	const shortHeadline, something = 8, 0.1
	j.doubt = j.one && shorter <= shortHeadline && x[fWordSwap] > something
	x[fShort] = max(0, 1-float64(shorter)/8)

	c := words.Compare(a, b)
	j.clash = c
	x[fFigures] = float64(min(2, c.SharedBig))
	x[fPlace] = float64(min(1, c.Places))
	x[fDate], x[fPeriod], x[fQuantity] = bit(c.Date), bit(c.Period || c.Score), bit(c.Quantity)
	x[fCasualty], x[fPlaceClash], x[fDirection] = bit(c.Casualty), bit(c.Place), bit(c.Direction)
	x[fChoice], x[fAngle] = bit(c.Choice), bit(a.Angle != b.Angle)
	x[fAside] = x[fAngle] * max(0, 2*x[fContain]-1)
	x[fGenre], x[fGenres] = bit(a.Genres != b.Genres), bit(a.Genres&b.Genres == 0 && a.Genres != 0 && b.Genres != 0)
	x[fEqualShort] = x[fEqual] * max(0, 1-float64(shorter)/10)
	x[fHours] = math.Log1p(math.Abs(hours)) / 4
	x[fSource] = bit(outlet)

	if j.Told = a.Told && b.Told; j.Told {
		x[fText] = cosine(pr.all.Meet(a.All()), a.Norms[0], b.Norms[0])
		x[fTextPairs] = cosine(pr.pairs.Dot(a.Pairs()), a.Norms[1], b.Norms[1])
		x[fNames], x[fNameMass] = pr.namesWith(a)
		p, q := float64(pr.within(ta)/ma), float64(pr.met()/mb)
		x[fAcross], x[fAcrossMin] = max(p, q), min(p, q)
		x[fSameDay], x[fOtherDay] = sameDay(a.Days, b.Days)
	}
}

// fullName says whether two words of a name that both headlines have stand at i: what is exchanged
// before it describes one and the same person.
func (sc *Scorer) fullName(a []words.Token, i int) bool {
	return i+1 < len(a) && sc.align.ord[i] && sc.align.ord[i+1] && a[i].Flags&a[i+1].Flags&words.IsName != 0
}

// swapHash names an exchange of words, the same in both directions.
func swapHash(a, b []words.Token) uint64 {
	var h [2]uint64
	for side, list := range [2][]words.Token{a, b} {
		h[side] = 14695981039346656037
		for _, t := range list {
			h[side] = (h[side] ^ uint64(t.Fold)) * 1099511628211
		}
	}
	return h[0] + h[1]
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// nameBeside returns what of a word exchanged for another is a name, given what was taken for one and
// what of the other: one that the lexicon knows is; and at the head of a headline a word that may be
// one, where a name stands in its place.
func nameBeside(t *words.Token, own, other float32) float32 {
	const telling = 3.4
	if own == 0 && (t.Flags&words.IsKnown != 0 || other > 0 && t.Flags&words.IsCapital != 0 && t.Weight() >= telling) {
		return t.Weight()
	}
	return own
}

// endsInName says whether a stretch is one word and the name behind it: "sông Hàn".
func endsInName(list []words.Token, n gapCount) bool {
	if n.words != len(list) || len(list) < 2 || list[0].Flags&words.IsName != 0 {
		return false
	}
	for i := range list[1:] {
		if list[i+1].Flags&words.IsName == 0 {
			return false
		}
	}
	return true
}

type gapCount struct{ words, numbers int }

// gap weighs the unmatched tokens of a stretch, all and names only.
func gap(list []words.Token, hit []int8) (all, names float32, n gapCount) {
	for i := range list {
		if hit[i] >= 0 {
			continue
		}
		t := &list[i]
		all += t.Weight()
		if t.Flags&words.IsNumber != 0 {
			n.numbers++
			continue
		}
		n.words++
		if t.Flags&words.IsName != 0 {
			names += t.Weight()
		}
	}
	return all, names, n
}

// cosine of two sets of packed words, from their product and their lengths.
func cosine(dot uint32, la, lb float32) float64 {
	if la == 0 || lb == 0 {
		return 0
	}
	return min(1, float64(dot)/(words.WeightUnit*words.WeightUnit)/float64(la*lb))
}

// sameDay compares the days that two texts name: some day is in both; or both name days, none of
// them in both.
func sameDay(a, b [2]uint16) (same, other float64) {
	if a[0] == 0 || b[0] == 0 {
		return 0, 0
	}
	for _, day := range a {
		if day != 0 && (day == b[0] || day == b[1]) {
			return 1, 0
		}
	}
	return 0, 1
}

// vetoes names what speaks against one event however much two reports share.
func (sc *Scorer) vetoes(a, b *words.Text, hours float64, outlet bool, j *Comparison) string {
	const nextDay = 28 // hours: an edited figure comes the same day, the next issue of a column later
	const anotherThing = 0.15
	c := j.clash
	alike := j.X[fCosine] > 0.6
	switch {
	case a.Digest != b.Digest:
		return "digest against report"
	case c.Date && (alike || a.Digest || j.X[fContain] > 0.55):
		return "dates"
	case c.Period && j.X[fCosine] > 0.5:
		return "editions or periods"
	case a.Digest && b.Digest && !j.exact:
		return "two digests"
	case c.Direction && (alike || j.X[fShort] > 0 && j.X[fCosine] > 0.4):
		return "opposite directions"
	case c.Place && (j.equal || j.X[fCosine] > 0.7 && j.X[fOrder] > 0.6 || j.X[fShort] > 0 && j.X[fCosine] > 0.5), c.Former && j.equal && !outlet:
		return "places"
	case c.Choice && (j.equal && j.X[fEqual] == 1 || j.one) && (!outlet || math.Abs(hours) > nextDay):
		return "another of one kind"
	case j.X[fRubric] > 0.6 && outlet && a.Head >= 5 && max(j.X[fText], j.X[fTitleNames]) < 0.35:
		return "two pieces of one column"
	case j.other && !j.Told:
		return "another of one kind"
	case j.X[fRubric] > 0.8 && outlet && a.Head >= 5 && !named(a):
		return "two pieces of one column"
	case a.Advice && b.Advice && !outlet && !j.Told && (j.swap != 0 || j.X[fWordSwap]+j.X[fNameSwap] > anotherThing):
		return "advice on another thing"
	case j.X[fGenres] == 1 && !j.exact && (!j.Told || j.X[fText] < 0.5):
		return "two kinds of piece"
	case c.Score && j.equal && math.Abs(hours) > nextDay/2:
		return "scores"
	case c.Quantity && j.equal && !c.Casualty && (!outlet || math.Abs(hours) > nextDay):
		return "figures"
	case c.Casualty && j.equal && math.Abs(hours) > nextDay:
		return "figures"
	case j.X[fEqualNames] == 1 && j.X[fNameSwap] > nameExchanged && !outlet && (!j.Told || j.X[fText] < littleText):
		return "names"
	}
	return ""
}

// strangers says whether both headlines name somebody or something, and none that the other does. It
// goes by the alignment of the two.
func (sc *Scorer) strangers(a, b *words.Text) bool {
	named := func(list []words.Token) bool {
		return slices.ContainsFunc(list, func(t words.Token) bool { return t.Flags&(words.IsName|words.IsNumber) == words.IsName })
	}
	ta, tb := headline(a), headline(b)
	for i := range ta {
		if k := sc.align.hitA[i]; k >= 0 && ta[i].Flags&tb[k].Flags&words.IsName != 0 {
			return false
		}
	}
	return named(ta) && named(tb)
}

// named says whether the head of a headline names somebody or something rare: then it is an
// event's, told on behind the colon, and no column's.
func named(d *words.Text) bool {
	const rare = 6
	for i := range d.Title[:min(int(d.Head), len(d.Title))] {
		if t := &d.Title[i]; t.Flags&words.IsName != 0 && t.Weight() >= rare {
			return true
		}
	}
	return false
}

// sameFrom is the least probability at which two reports by themselves are taken for one event.
const sameFrom = 0.50

// duplicateFrom is the least probability of being interchangeable at which a report is folded away.
const duplicateFrom = 0.60

// decided returns the features that moved the score most, strongest first.
func (sc *Scorer) decided(j Comparison) []feed.Feature {
	m := sc.m.Title
	if j.Told {
		m = sc.m.Text
	}
	var list []feed.Feature
	for i, v := range j.X {
		if adds := m.w[i] * v; math.Abs(adds) >= 0.05 {
			list = append(list, feed.Feature{Name: FeatureNames[i], Value: threeDigits(v), Adds: threeDigits(adds)})
		}
	}
	slices.SortStableFunc(list, func(a, b feed.Feature) int { return cmp.Compare(math.Abs(b.Adds), math.Abs(a.Adds)) })
	return list[:min(len(list), 6)]
}

func threeDigits(v float64) float64 { return math.Round(v*1000) / 1000 }

// pairVerdict says in one word what two reports are to each other.
func (j *Comparison) Verdict() string {
	switch {
	case j.Veto != "" || j.P < sameFrom:
		return "different"
	case j.exact || j.dup >= duplicateFrom && !j.clash.Any() && (j.Told || !j.doubt):
		return "duplicate"
	}
	return "same"
}
