package stories

import (
	"cmp"
	_ "embed"
	"math"
	"slices"

	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// Comparison is what comparing two reports gave.
type Comparison struct {
	P     float64 // that they tell one event
	dup   float64 // that they are interchangeable
	X     [Features]float64
	Told  bool // summaries were compared
	clash words.Clash
	Veto  string  // why they are never one, whatever they share; "" when nothing speaks against it
	would float64 // what P would be without the veto
	by    *Model  // that gave P

	language words.Language // that they are compared in

	Apart  string // why they are related at most; "" when nothing speaks against one entry
	exact  bool
	equal  bool   // equal but for exchanges
	one    bool   // equal but for one exchange of up to three words, whatever they weigh
	other  bool   // few words, and an exchange of one that says much
	doubt  bool   // not quite so few, and of one that says something: no copy by the headlines alone
	filled bool   // one frame, and other contents
	frame  uint16 // where in the newer headline what is exchanged stands, where the two are one frame; 0 where they are not
	swap   uint64 // the words exchanged, when the headlines are equal but for one exchange
	rough  bool   // P is less than it was asked for, see Scorer.judge
}

// OneArticle is what two reports are to each other whose addresses are one article's.
func OneArticle() Comparison { return Comparison{P: 1, dup: 1, exact: true} }

// Alike is the larger of the shares of words in common, of headlines and of whole texts.
func (j *Comparison) Alike() float64 { return max(j.X[fText], j.X[fCosine]) }

// Framed says whether two headlines are one frame with other contents, or equal but for an exchange.
func (j *Comparison) Framed() bool { return j.filled || j.X[fEqual] == 1 && !j.exact }

// Scorer compares reports. Its buffers are used again.
type Scorer struct {
	m     *Models
	rare  rarity
	meant meanings

	probe probe      // of the report that others are compared with
	other words.Open // the one that is compared
	in    uint64     // which tokens of its headline stand in the probe's text, by bit, where both have summaries
	align alignment

	neighboursOf []uint32 // pairs of words of the other
}

// NewScorer returns a scorer that goes by the models, nil for those feedd comes with.
func NewScorer(m *Models) *Scorer {
	if m == nil {
		m = modelsOnce()
	}
	return &Scorer{m: m}
}

// Amid makes the scorer weigh words by how rare they are among some texts, and know the acronyms they explain, as a
// desk does by its window.
func (sc *Scorer) Amid(c *Counts) { sc.rare, sc.meant = c.of(), c.meant }

// against names the report that compare and judge set others beside: what can be prepared once for
// all of them, is.
func (sc *Scorer) against(b *words.Text) { sc.probe.begin(b) }

// Score compares two texts told hours apart.
func (sc *Scorer) Score(a, b *words.Text, hours float64, outlet bool) (j Comparison) {
	sc.against(b)
	sc.judge(a, hours, outlet, 0, &j)
	return j
}

// judge fills j with what comparing a with the report named last gives. What is certainly less probable than
// least is not weighed to the end: its P is rough, and less than the true one.
func (sc *Scorer) judge(text *words.Text, hours float64, outlet bool, least float64, j *Comparison) {
	sc.compare(text, hours, outlet, j)
	a, b := &sc.other, &sc.probe.open
	j.language = words.Common(a.Language, b.Language)
	m := sc.m.of(j.language)
	j.by = m.Title
	if j.Told {
		j.by = m.Text
	}
	// Whether one word in common is held against a pair, hangs on P.
	if least > 0 && !j.exact && (j.Told || !sc.oneWord(a)) {
		stream := sc.streamAtMost(a)
		j.rough = j.by.mostProbable(&j.X, stream, bit(j.Told)) < least
		if !j.rough && j.Told {
			j.X[fTextPairs] = sc.textPairs(a)
			j.rough = j.by.mostProbable(&j.X, stream, 0) < least
		}
	} else if j.Told {
		j.X[fTextPairs] = sc.textPairs(a)
	}
	if !j.rough {
		j.X[fStream] = sc.streamCosine(a)
	}
	if !j.rough || !j.Told {
		j.P = j.by.Probability(&j.X)
	}
	if j.Told && j.exact {
		j.P = max(j.P, m.Title.Probability(&j.X))
	}
	switch {
	case j.P < nobodyAsks:
	case j.Told && !j.exact:
		j.dup = m.Copy.Probability(&j.X)
	default:
		j.dup = m.Duplicate.Probability(&j.X)
	}
	j.Veto = sc.vetoes(a, b, hours, outlet, j)
	if c := j.clash; j.Veto == "" && (c.Quantity || c.Casualty) && sc.strangers(a, b) {
		// Not among the vetoes, which fitting leaves out: the models learn from such pairs, too.
		j.Veto = "figures of others"
	}
	if j.Veto == "" && !j.Told && !j.exact && j.P > vetoed && sc.oneWord(a) {
		j.Veto = "one word in common" // nor is this: of short headlines a word is much, and it may be a subject's
	}
	if j.Veto != "" {
		j.would, j.P, j.dup = j.P, min(j.P, vetoed), 0
	}
	j.Apart = sc.atMostRelated(a, j)
}

// probable is the probability that two reports tell one event.
func (j *Comparison) probable() float64 { return j.P }

// sure is what of it counts for one entry: without what word vectors say. They find the same subject in other words,
// which makes a link; for certainty it is too little.
func (j *Comparison) sure() float64 { return j.sureOf(j.P) }

// sureOf is sure of another probability than P.
func (j *Comparison) sureOf(p float64) float64 {
	if j.by == nil || j.X[fVectors] == 0 || j.exact || p <= 0 || p >= 1 {
		return p
	}
	return 1 / (1 + math.Exp(j.by.w[fVectors]*j.X[fVectors])*(1-p)/p)
}

// atMostRelated says why two reports are not told as one, however probable it is that they belong
// together; "" when nothing forbids it.
func (sc *Scorer) atMostRelated(a *words.Open, j *Comparison) string {
	switch {
	case j.filled && (!j.Told || j.X[fUntold] > littleUntold && j.X[fText] < littleText):
		return "one frame, other contents"
	case sc.turned(a) && sc.strangers(a, &sc.probe.open):
		return "figures turned round"
	case j.exact:
	case j.clash.OneOf:
		return "another of one kind of place"
	case j.X[fElsewhere] == 1:
		return "other places"
	case j.X[fAgeClash] == 1:
		return "other ages"
	case j.Told && j.language != words.Vietnamese && (a.Aged() || sc.probe.open.Aged()) && j.X[fTitleNames] == 0 && j.X[fNameMass] <= fewNames:
		return "people of some age whom nobody names"
	case j.Told && j.X[fAcross] < littleAcross:
		return untold
	}
	return ""
}

// untold is what sets apart two reports neither of whose texts tells what the other's headline says.
const untold = "texts that do not tell the headlines"

// Two headlines equal but for names tell two events, where so much of them was exchanged. With
// summaries, also where headline and summary share less than littleText: the equal headlines alone
// make about half of it.
const (
	nameExchanged = 0.08
	littleText    = 0.4
	littleUntold  = 0.15
	littleAcross  = 0.35
)

// fewNames is the weight of names in common, as a share of what counts as many, below which they name hardly
// anybody: of crimes that are told by the victim's age alone there are several a day.
const fewNames = 0.2

// nobodyAsks is a probability below which it does not matter whether reports are interchangeable.
const nobodyAsks = 0.25

// vetoed is the most that a vetoed pair scores.
const vetoed = 0.04

// Compare gives the features of two texts told hours apart, and what forbids that they are one
// event, but no probability: what the models are fitted on.
func (sc *Scorer) Compare(a, b *words.Text, hours float64, outlet bool) (j Comparison) {
	sc.against(b)
	sc.compare(a, hours, outlet, &j)
	j.X[fStream] = sc.streamCosine(&sc.other)
	if j.Told {
		j.X[fTextPairs] = sc.textPairs(&sc.other)
	}
	j.Veto = sc.vetoes(&sc.other, &sc.probe.open, hours, outlet, &j)
	return j
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
// what of the other: at the head of a headline a word that may be one, where a name stands in its place.
func nameBeside(t *words.Token, own, other float32) float32 {
	const telling = 3.4
	if own == 0 && other > 0 && t.Flags&words.IsCapital != 0 && t.Weight() >= telling {
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
func (sc *Scorer) vetoes(a, b *words.Open, hours float64, outlet bool, j *Comparison) string {
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
func (sc *Scorer) strangers(a, b *words.Open) bool {
	named := func(list []words.Token) bool {
		return slices.ContainsFunc(list, func(t words.Token) bool { return t.Flags&(words.IsName|words.IsNumber) == words.IsName })
	}
	ta, tb := a.Title, b.Title
	for i := range ta {
		if k := sc.align.hitA[i]; k >= 0 && ta[i].Flags&tb[k].Flags&words.IsName != 0 {
			return false
		}
	}
	return named(ta) && named(tb)
}

// oneWord says whether the headlines have no more than a word in common, and no name. It goes by the
// alignment of the two.
func (sc *Scorer) oneWord(a *words.Open) bool {
	ta, tb := a.Title, sc.probe.open.Title
	common := 0
	for i := range ta {
		k := sc.align.hitA[i]
		if k < 0 {
			continue
		}
		if common++; common > 1 || ta[i].Flags&tb[k].Flags&words.IsName != 0 {
			return false
		}
	}
	return true
}

// named says whether the head of a headline names somebody or something rare: then it is an
// event's, told on behind the colon, and no column's.
func named(d *words.Open) bool {
	const rare = 6
	for i := range d.Title[:min(int(d.Head), len(d.Title))] {
		if t := &d.Title[i]; t.Flags&words.IsName != 0 && t.Weight() >= rare {
			return true
		}
	}
	return false
}

// duplicateFrom is the least probability of being interchangeable at which a report is folded away.
const duplicateFrom = 0.60

// decided returns the features that moved the score most, strongest first.
func (sc *Scorer) decided(j *Comparison) []feed.Feature {
	var list []feed.Feature
	for i, v := range j.X {
		if adds := j.by.w[i] * v; math.Abs(adds) >= 0.05 {
			list = append(list, feed.Feature{Name: FeatureNames[i], Value: threeDigits(v), Adds: threeDigits(adds)})
		}
	}
	slices.SortStableFunc(list, func(a, b feed.Feature) int { return cmp.Compare(math.Abs(b.Adds), math.Abs(a.Adds)) })
	return list[:min(len(list), 6)]
}

// outcome is what becomes of two reports by themselves: by their probability, and what of it is sure.
func (j *Comparison) outcome(p, sure float64, c Certainty) string {
	switch {
	case sure >= c.fold(j):
		return "one entry"
	case p >= c.Relate:
		return "linked"
	}
	return apart
}

// apart is the outcome of two reports that are no story.
const apart = "apart"

// unvetoed is what would become of two reports by themselves without the veto.
func (j *Comparison) unvetoed(c Certainty) string {
	would := j.outcome(j.would, j.sureOf(j.would), c)
	if would == "one entry" && j.Apart != "" {
		return "linked"
	}
	return would
}

// turningPoint names the one thing without which two reports would have been decided about otherwise,
// and how; no sentence when nothing alone would have changed it.
func (j *Comparison) turningPoint(c Certainty) feed.Text {
	is := j.outcome(j.P, j.sure(), c)
	if j.Apart != "" && is == "one entry" {
		return feed.Say("without %s: %s", feed.Say(j.Apart), feed.Say("one entry"))
	}
	if j.Veto != "" || j.by == nil {
		return feed.Text{}
	}
	odds := math.Log(j.P / (1 - j.P))
	name, other, most := "", "", 0.0
	for i, v := range j.X {
		adds := j.by.w[i] * v
		p := 1 / (1 + math.Exp(adds-odds))
		sure := j.sureOf(p)
		if i == fVectors {
			sure = p
		}
		if would := j.outcome(p, sure, c); would != is && math.Abs(adds) > most {
			name, other, most = FeatureNames[i], would, math.Abs(adds)
		}
	}
	if name == "" {
		return feed.Text{}
	}
	return feed.Say("without %s: %s", feed.Say(name), feed.Say(other))
}

func threeDigits(v float64) float64 { return math.Round(v*1000) / 1000 }

// Verdict says in one word what two reports by themselves are to each other.
func (j *Comparison) Verdict(c Certainty) string {
	switch {
	case j.Veto != "" || j.P < c.Relate:
		return "different"
	case (j.sure() < c.fold(j) || j.Apart != "") && !j.exact:
		return "related"
	case j.interchangeable():
		return "duplicate"
	}
	return "same"
}

// interchangeable says whether two reports of one event say the same.
func (j *Comparison) interchangeable() bool {
	return j.Veto == "" && (j.exact || j.dup >= duplicateFrom && !j.clash.Any() && (j.Told || !j.doubt))
}
