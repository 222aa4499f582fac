package desk

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"math"
	"slices"
	"sync"

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
	features
)

var featureNames = [features]string{
	"cosine", "contain", "order", "pairs", "name-swap", "word-swap", "one-sided", "equal", "equal-but-names", "short",
	"figures", "place", "date-clash", "period-clash", "quantity-clash", "casualty-clash", "place-clash", "direction-clash",
	"choice-clash", "angle", "aside", "genre", "two-genres", "equal-and-short", "rubric", "title-names", "hours", "same-outlet", "text", "text-pairs", "names", "across", "across-min", "name-mass", "same-day", "other-day",
}

// signs keeps a weight from going against what its feature means, where few samples have it.
var signs = [features]int{
	fCosine: 1, fContain: 1, fOrder: 1, fPairs: 1, fNameSwap: -1, fWordSwap: -1, fOneSided: -1, fEqualNames: -1, fFigures: 1, fPlace: 1,
	fDate: -1, fPeriod: -1, fQuantity: -1, fCasualty: -1, fPlaceClash: -1, fDirection: -1, fChoice: -1, fAngle: -1, fAside: -1, fGenre: -1, fGenres: -1, fEqualShort: -1, fRubric: -1, fTitleNames: 1, fHours: -1, fNameMass: 1, fSameDay: 1, fOtherDay: -1,
	fText: 1, fTextPairs: 1, fNames: 1, fAcross: 1, fAcrossMin: 1,
}

// titleFeatures is how many of the features need no summary.
const titleFeatures = fText

// model is a logistic model for one kind of pair.
type model struct {
	Bias    float64            `json:"bias"`
	Weights map[string]float64 `json:"weights"`

	w [features]float64
}

// models are the fitted models and where they come from; see FitStories.
type models struct {
	Provenance string `json:"provenance"`
	Title      *model `json:"title"`     // headlines alone
	Text       *model `json:"text"`      // headlines and summaries
	Duplicate  *model `json:"duplicate"` // headlines: interchangeable
	Copy       *model `json:"copy"`      // headlines and summaries: interchangeable
}

//go:embed data/model.json
var modelFile []byte

var modelsOnce = sync.OnceValue(func() *models {
	m := &models{}
	if err := json.Unmarshal(modelFile, m); err != nil {
		panic(err)
	}
	return m.compile()
})

func (ms *models) compile() *models {
	for _, m := range []*model{ms.Title, ms.Text, ms.Duplicate, ms.Copy} {
		m.compile()
	}
	return ms
}

func (m *model) compile() {
	for i, name := range featureNames {
		m.w[i] = m.Weights[name]
	}
}

func (m *model) probability(x *[features]float64) float64 {
	z := m.Bias
	for i, v := range x {
		z += m.w[i] * v
	}
	return 1 / (1 + math.Exp(-z))
}

// judged is what comparing two reports gave.
type judged struct {
	p     float64 // that they tell one event
	dup   float64 // that they are interchangeable
	x     [features]float64
	told  bool // summaries were compared
	clash clash
	veto  string // why they are never one, whatever they share; "" when nothing speaks against it
	exact bool
	equal bool   // equal but for exchanges
	one   bool   // equal but for one exchange of up to three words, whatever they weigh
	other bool   // few words, and an exchange of one that says much
	doubt bool   // not quite so few, and of one that says something: no copy by the headlines alone
	swap  uint64 // the words exchanged, when the headlines are equal but for one exchange
}

// OneArticle is what two reports are to each other whose addresses are one article's.
func OneArticle() judged { return judged{p: 1, dup: 1, exact: true} }

// Alike is the larger of the shares of words in common, of headlines and of whole texts.
func (j *judged) Alike() float64 { return max(j.x[fText], j.x[fCosine]) }

// scorer compares reports. Its buffers are used again.
type scorer struct {
	m *models

	probe probe // of the report that others are compared with
	align alignment
}

// newScorer returns a scorer that goes by the models, nil for those feedd comes with.
func newScorer(m *models) *scorer {
	if m == nil {
		m = modelsOnce()
	}
	return &scorer{m: m}
}

// against names the report that compare and judge set others beside: what can be prepared once for
// all of them, is.
func (sc *scorer) against(b *doc) { sc.probe.begin(b) }

// score compares two texts told hours apart.
func (sc *scorer) score(a, b *doc, hours float64, outlet bool) (j judged) {
	sc.against(b)
	sc.judge(a, hours, outlet, &j)
	return j
}

// judge fills j with what comparing a with the report named last gives.
func (sc *scorer) judge(a *doc, hours float64, outlet bool, j *judged) {
	sc.compare(a, hours, outlet, j)
	if j.told {
		j.p = sc.m.Text.probability(&j.x)
		if j.exact {
			j.p = max(j.p, sc.m.Title.probability(&j.x))
		}
	} else {
		j.p = sc.m.Title.probability(&j.x)
	}
	switch {
	case j.p < joinLoose/2: // nobody will ask
	case j.told && !j.exact:
		j.dup = sc.m.Copy.probability(&j.x)
	default:
		j.dup = sc.m.Duplicate.probability(&j.x)
	}
	j.veto = sc.vetoes(a, sc.probe.doc, hours, outlet, j)
	if c := j.clash; j.veto == "" && c.quantity && !c.casualty && sc.strangers(a, sc.probe.doc) {
		// Not among the vetoes, which fitting leaves out: the models learn from such pairs, too.
		j.veto = "figures of others"
	}
	if j.veto != "" {
		j.p, j.dup = min(j.p, vetoed), 0
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
func (sc *scorer) Compare(a, b *doc, hours float64, outlet bool) (j judged) {
	sc.against(b)
	sc.compare(a, hours, outlet, &j)
	j.veto = sc.vetoes(a, b, hours, outlet, &j)
	return j
}

// compare is features for the report named last. j must be zero.
func (sc *scorer) compare(a *doc, hours float64, outlet bool, j *judged) {
	pr, al := &sc.probe, &sc.align
	pr.prepare()
	b := pr.doc
	ta, tb := a.headline(), b.headline()
	al.align(pr, ta, a.marked && b.marked)
	x := &j.x

	var mass, orderMass, ma, names float32
	mb := pr.mass
	var tail, tailMass float32 // of a, behind its rubrics
	for i := range ta {
		t := &ta[i]
		ma += t.weight()
		if i >= int(a.tail) {
			tail += t.weight()
		}
		if k := al.hitA[i]; k >= 0 {
			w := min(t.weight(), tb[k].weight())
			mass += w
			if t.flags&tb[k].flags&isName != 0 && w > 5 {
				names += w
			}
			if i >= int(a.tail) && int(k) >= int(b.tail) {
				tailMass += w
			}
			if al.ord[i] {
				orderMass += w
			}
		}
	}
	if (a.short || b.short) && 4*mass > min(ma, mb) { // else it changes nothing
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
	if a.headHash != 0 && a.headHash == b.headHash && tail > 0 {
		x[fRubric] = max(0, 1-2.5*float64(tailMass/tail))
	}

	// Neighbours in common.
	var pairMass, pairsA float32
	for i := 1; i < len(ta); i++ {
		w := ta[i-1].weight() + ta[i].weight()
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
	j.exact = a.exact == b.exact && a.exact != 0 || mass > 0 && one == 0 && spans == 0 && numberSpans == 0 && x[fContain] > 0.995
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

	c := Compare(a, b)
	j.clash = c
	x[fFigures] = float64(min(2, c.sharedBig))
	x[fPlace] = float64(min(1, c.places))
	x[fDate], x[fPeriod], x[fQuantity] = bit(c.date), bit(c.period || c.score), bit(c.quantity)
	x[fCasualty], x[fPlaceClash], x[fDirection] = bit(c.casualty), bit(c.place), bit(c.direction)
	x[fChoice], x[fAngle] = bit(c.choice), bit(a.angle != b.angle)
	x[fAside] = x[fAngle] * max(0, 2*x[fContain]-1)
	x[fGenre], x[fGenres] = bit(a.genres != b.genres), bit(a.genres&b.genres == 0 && a.genres != 0 && b.genres != 0)
	x[fEqualShort] = x[fEqual] * max(0, 1-float64(shorter)/10)
	x[fHours] = math.Log1p(math.Abs(hours)) / 4
	x[fSource] = bit(outlet)

	if j.told = a.told && b.told; j.told {
		x[fText] = cosine(pr.all.meet(a.all()), a.norms[0], b.norms[0])
		x[fTextPairs] = cosine(pr.pairs.dot(a.pairs()), a.norms[1], b.norms[1])
		x[fNames], x[fNameMass] = pr.namesWith(a)
		p, q := float64(pr.within(ta)/ma), float64(pr.met()/mb)
		x[fAcross], x[fAcrossMin] = max(p, q), min(p, q)
		x[fSameDay], x[fOtherDay] = sameDay(a.days, b.days)
	}
}

// fullName says whether two words of a name that both headlines have stand at i: what is exchanged
// before it describes one and the same person.
func (sc *scorer) fullName(a []token, i int) bool {
	return i+1 < len(a) && sc.align.ord[i] && sc.align.ord[i+1] && a[i].flags&a[i+1].flags&isName != 0
}

// swapHash names an exchange of words, the same in both directions.
func swapHash(a, b []token) uint64 {
	var h [2]uint64
	for side, list := range [2][]token{a, b} {
		h[side] = 14695981039346656037
		for _, t := range list {
			h[side] = (h[side] ^ uint64(t.fold)) * 1099511628211
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
func nameBeside(t *token, own, other float32) float32 {
	const telling = 3.4
	if own == 0 && (t.flags&isKnown != 0 || other > 0 && t.flags&isCapital != 0 && t.weight() >= telling) {
		return t.weight()
	}
	return own
}

// endsInName says whether a stretch is one word and the name behind it: "sông Hàn".
func endsInName(list []token, n gapCount) bool {
	if n.words != len(list) || len(list) < 2 || list[0].flags&isName != 0 {
		return false
	}
	for i := range list[1:] {
		if list[i+1].flags&isName == 0 {
			return false
		}
	}
	return true
}

type gapCount struct{ words, numbers int }

// gap weighs the unmatched tokens of a stretch, all and names only.
func gap(list []token, hit []int8) (all, names float32, n gapCount) {
	for i := range list {
		if hit[i] >= 0 {
			continue
		}
		t := &list[i]
		all += t.weight()
		if t.flags&isNumber != 0 {
			n.numbers++
			continue
		}
		n.words++
		if t.flags&isName != 0 {
			names += t.weight()
		}
	}
	return all, names, n
}

// cosine of two sets of packed words, from their product and their lengths.
func cosine(dot uint32, la, lb float32) float64 {
	if la == 0 || lb == 0 {
		return 0
	}
	return min(1, float64(dot)/(weightUnit*weightUnit)/float64(la*lb))
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
func (sc *scorer) vetoes(a, b *doc, hours float64, outlet bool, j *judged) string {
	const nextDay = 28 // hours: an edited figure comes the same day, the next issue of a column later
	const anotherThing = 0.15
	c := j.clash
	alike := j.x[fCosine] > 0.6
	switch {
	case a.digest != b.digest:
		return "digest against report"
	case c.date && (alike || a.digest || j.x[fContain] > 0.55):
		return "dates"
	case c.period && j.x[fCosine] > 0.5:
		return "editions or periods"
	case a.digest && b.digest && !j.exact:
		return "two digests"
	case c.direction && (alike || j.x[fShort] > 0 && j.x[fCosine] > 0.4):
		return "opposite directions"
	case c.place && (j.equal || j.x[fCosine] > 0.7 && j.x[fOrder] > 0.6 || j.x[fShort] > 0 && j.x[fCosine] > 0.5), c.former && j.equal && !outlet:
		return "places"
	case c.choice && (j.equal && j.x[fEqual] == 1 || j.one) && (!outlet || math.Abs(hours) > nextDay):
		return "another of one kind"
	case j.x[fRubric] > 0.6 && outlet && a.head >= 5 && max(j.x[fText], j.x[fTitleNames]) < 0.35:
		return "two pieces of one column"
	case j.other && !j.told:
		return "another of one kind"
	case j.x[fRubric] > 0.8 && outlet && a.head >= 5 && !a.named():
		return "two pieces of one column"
	case a.advice && b.advice && !outlet && !j.told && (j.swap != 0 || j.x[fWordSwap]+j.x[fNameSwap] > anotherThing):
		return "advice on another thing"
	case j.x[fGenres] == 1 && !j.exact && (!j.told || j.x[fText] < 0.5):
		return "two kinds of piece"
	case c.score && j.equal && math.Abs(hours) > nextDay/2:
		return "scores"
	case c.quantity && j.equal && !c.casualty && (!outlet || math.Abs(hours) > nextDay):
		return "figures"
	case c.casualty && j.equal && math.Abs(hours) > nextDay:
		return "figures"
	case j.x[fEqualNames] == 1 && j.x[fNameSwap] > nameExchanged && !outlet && (!j.told || j.x[fText] < littleText):
		return "names"
	}
	return ""
}

// strangers says whether both headlines name somebody or something, and none that the other does. It
// goes by the alignment of the two.
func (sc *scorer) strangers(a, b *doc) bool {
	named := func(list []token) bool {
		return slices.ContainsFunc(list, func(t token) bool { return t.flags&(isName|isNumber) == isName })
	}
	ta, tb := a.headline(), b.headline()
	for i := range ta {
		if k := sc.align.hitA[i]; k >= 0 && ta[i].flags&tb[k].flags&isName != 0 {
			return false
		}
	}
	return named(ta) && named(tb)
}

// named says whether the head of a headline names somebody or something rare: then it is an
// event's, told on behind the colon, and no column's.
func (d *doc) named() bool {
	const rare = 6
	for i := range d.title[:min(int(d.head), len(d.title))] {
		if t := &d.title[i]; t.flags&isName != 0 && t.weight() >= rare {
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
func (sc *scorer) decided(j judged) []feed.Feature {
	m := sc.m.Title
	if j.told {
		m = sc.m.Text
	}
	var list []feed.Feature
	for i, v := range j.x {
		if adds := m.w[i] * v; math.Abs(adds) >= 0.05 {
			list = append(list, feed.Feature{Name: featureNames[i], Value: threeDigits(v), Adds: threeDigits(adds)})
		}
	}
	slices.SortStableFunc(list, func(a, b feed.Feature) int { return cmp.Compare(math.Abs(b.Adds), math.Abs(a.Adds)) })
	return list[:min(len(list), 6)]
}

func threeDigits(v float64) float64 { return math.Round(v*1000) / 1000 }

// pairVerdict says in one word what two reports are to each other.
func (j *judged) Verdict() string {
	switch {
	case j.veto != "" || j.p < sameFrom:
		return "different"
	case j.exact || j.dup >= duplicateFrom && !j.clash.any() && (j.told || !j.doubt):
		return "duplicate"
	}
	return "same"
}
