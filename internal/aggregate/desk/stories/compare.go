package stories

import (
	"math"
	"slices"

	"feedd/internal/aggregate/desk/words"
)

// overlap is what two headlines have in common, by weight.
type overlap struct {
	mass, ordered float32 // in common; of it, in the same order
	a, b          float32 // of each headline
	names         float32 // telling names in common
	rarest        float32 // the most telling word in common
	tail, inTails float32 // of a behind its rubrics; of it, in common with b's
}

// exchange is what differs between two headlines, walked along what stands in the same order in both.
type exchange struct {
	names, words float32 // exchanged for names, or for other words, in the same place
	one          float32 // what one has and the other lacks
	a, b         float32 // what each has instead of the other's
	untoldA      float32 // of a, what stands nowhere in b's text
	untoldB      float32
	rareA, rareB float32 // the most telling word of each that was exchanged

	named bool // names stand in each, in one place

	slot uint16 // where the last stands in b: from, to

	spans, nameSpans, numberSpans, added int
	widest                               int    // words of the longest
	swap                                 uint64 // names the last
}

// compare fills j with the features of a beside the report named last, all but fTextPairs and fStream, which cost
// most. j must be zero.
func (sc *Scorer) compare(text *words.Text, hours float64, outlet bool, j *Comparison) {
	sc.probe.prepare()
	a, b := &sc.other, &sc.probe.open
	a.Lay(text)
	sc.align.align(&sc.probe, a.Title, a.Marked && b.Marked)
	j.Told = a.Told && b.Told
	if j.Told {
		sc.texts(a, j)
	}
	o := sc.overlap(a)
	sc.shares(a, &o, j)
	sc.exchanges(a, &o, j)
	contradictions(a, b, j)
	sc.circumstances(a, j)

	x := &j.X
	x[fHours] = farApart
	if hours := math.Abs(hours); hours < cappedHours {
		x[fHours] = math.Log1p(hours) / 4
	}
	x[fSource] = bit(outlet)
	if cosine, known := a.Cosine(b.Text); known {
		x[fVectors] = cosine - usualCosine
	}
}

// usualCosine is about the cosine of the directions of two reports that may be of one event or not: where it is
// not known, it says as much as one that is usual.
const usualCosine = 0.5

// cappedHours is the gap beyond which nothing is concluded from it. Labelled pairs of two events are
// farther apart than those of one because of the way they were sought, not because news are.
const cappedHours = 8

var farApart = math.Log1p(cappedHours) / 4

// overlap weighs what the headlines have in common.
func (sc *Scorer) overlap(a *words.Open) (o overlap) {
	pr, al := &sc.probe, &sc.align
	ta, tb := a.Title, pr.open.Title
	o.b = pr.mass
	for i := range ta {
		t := &ta[i]
		o.a += t.Weight()
		if i >= int(a.Tail) {
			o.tail += t.Weight()
		}
		k := al.hitA[i]
		if k < 0 {
			continue
		}
		w := min(t.Weight(), tb[k].Weight())
		o.mass += w
		o.rarest = max(o.rarest, w)
		if t.Flags&tb[k].Flags&words.IsName != 0 && w > 5 {
			o.names += w
		}
		if i >= int(a.Tail) && int(k) >= int(pr.open.Tail) {
			o.inTails += w
		}
		if al.ord[i] {
			o.ordered += w
		}
	}
	if (a.Short || pr.open.Short) && 4*o.mass > min(o.a, o.b) { // else it changes nothing
		m, ordered := al.acronyms(ta, tb, sc.meant)
		o.mass, o.ordered = o.mass+m, o.ordered+ordered
	}
	if o.a == 0 || o.b == 0 {
		o.a, o.b = max(o.a, 1), max(o.b, 1)
	}
	return o
}

// shares sets the features of what the headlines have in common.
func (sc *Scorer) shares(a *words.Open, o *overlap, j *Comparison) {
	x, b := &j.X, &sc.probe.open
	x[fCosine] = float64(2 * o.mass / (o.a + o.b))
	x[fContain] = min(1, float64(o.mass/min(o.a, o.b)))
	if o.mass > 0 {
		x[fOrder] = float64(o.ordered / o.mass)
	}
	x[fPairs] = sc.neighbours(a.Title)
	x[fTitleNames] = min(1, float64(o.names)/16)
	x[fRare] = min(1, float64(o.rarest)/8)
	if a.HeadHash != 0 && a.HeadHash == b.HeadHash && o.tail > 0 {
		x[fRubric] = max(0, 1-2.5*float64(o.inTails/o.tail))
	}
}

// neighbours is the share of neighbouring words that stand side by side in both headlines.
func (sc *Scorer) neighbours(ta []words.Token) float64 {
	var both, all float32
	for i := 1; i < len(ta); i++ {
		w := ta[i-1].Weight() + ta[i].Weight()
		all += w
		if p, q := sc.align.hitA[i-1], sc.align.hitA[i]; p >= 0 && q == p+1 {
			both += w
		}
	}
	if all += sc.probe.pairMass; all == 0 {
		return 0
	}
	return min(1, float64(2*both/all))
}

// exchanges sets the features of what differs: what stands between two matches on both sides was
// exchanged; on one side, added.
func (sc *Scorer) exchanges(a *words.Open, o *overlap, j *Comparison) {
	e := sc.walk(a.Title, sc.probe.open.Title, j.Told)
	x, avg := &j.X, (o.a+o.b)/2
	shorter := min(len(a.Title), len(sc.probe.open.Title))
	x[fNameSwap] = float64(e.names / avg)
	x[fWordSwap] = float64(e.words / avg)
	x[fOneSided] = min(1, float64(e.one/avg))
	x[fShort] = max(0, 1-float64(shorter)/8)
	if e.spans > 0 && e.added == 0 && x[fOrder] > 0.85 {
		x[fFrame] = min(1, float64(min(e.a/o.a, e.b/o.b)))
	}
	j.filled = sc.filled(a, o, &e, x[fFrame])
	if e.numberSpans == 0 && sc.isFrame(&e, x[fFrame]) {
		j.frame = e.slot
	}
	if j.Told {
		x[fUntold] = min(1, float64(min(e.untoldA/o.a, e.untoldB/o.b)))
	}
	exact := a.Exact == sc.probe.open.Exact && a.Exact != 0
	j.exact = exact || o.mass > 0 && e.one == 0 && e.spans == 0 && e.numberSpans == 0 && x[fContain] > 0.995
	j.equal = o.mass > 0 && e.spans+e.numberSpans <= 2 && e.spans+e.numberSpans > 0 && x[fOneSided] < 0.12 && x[fOrder] > 0.85
	if j.equal && e.spans > 0 {
		x[fEqual] = 1
		if e.spans == 1 && e.numberSpans == 0 {
			j.swap = e.swap
		}
		x[fEqualNames] = bit(e.nameSpans > 0)
	}
	x[fEqualShort] = x[fEqual] * max(0, 1-float64(shorter)/10)

	const fewWords, much = 5, 0.22
	j.one = e.spans == 1 && e.added == 0 && e.numberSpans <= 1 && e.widest <= 3 && x[fOrder] > 0.85
	j.other = e.spans == 1 && e.numberSpans+e.added == 0 && shorter <= fewWords && x[fWordSwap] > much
	const shortHeadline, something = 8, 0.1
	j.doubt = j.one && shorter <= shortHeadline && x[fWordSwap] > something
}

// walk goes along two headlines from match to match. told says that whole texts can be asked, too.
func (sc *Scorer) walk(ta, tb []words.Token, told bool) (e exchange) {
	al := &sc.align
	for i, k := 0, 0; i <= len(ta) && k <= len(tb); {
		i1 := i
		for i1 < len(ta) && !al.ord[i1] {
			i1++
		}
		k1 := len(tb)
		if i1 < len(ta) {
			k1 = int(al.hitA[i1])
		}
		if i1 > i || k1 > k {
			sc.between(&e, ta, tb, [4]int{i, i1, k, k1}, told)
		}
		i, k = i1+1, k1+1
	}
	return e
}

// between adds what stands between two matches: at[0]:at[1] of a and at[2]:at[3] of b.
func (sc *Scorer) between(e *exchange, ta, tb []words.Token, at [4]int, told bool) {
	i, i1, k, k1 := at[0], at[1], at[2], at[3]
	wa, na, ca := gap(ta[i:i1], sc.align.hitA[i:i1])
	wb, nb, cb := gap(tb[k:k1], sc.align.hitB[k:k1])
	if i1 == i+1 && k1 == k+1 {
		na, nb = nameBeside(&ta[i], na, nb), nameBeside(&tb[k], nb, na)
	}
	switch {
	case ca.numbers+cb.numbers > 0 && ca.words+cb.words == 0:
		e.numberSpans++
	case ca.words > 0 && cb.words > 0:
		e.spans++
		e.swap = swapHash(ta[i:i1], tb[k:k1])
		e.slot = uint16(k)<<8 | uint16(k1)
		e.widest = max(e.widest, ca.words, cb.words)
		e.a, e.b = e.a+wa, e.b+wb
		e.named = e.named || na > 0 && nb > 0
		e.rareA = max(e.rareA, mostTelling(ta[i:i1], sc.align.hitA[i:i1]))
		e.rareB = max(e.rareB, mostTelling(tb[k:k1], sc.align.hitB[k:k1]))
		if told {
			e.untoldA += lacks(ta, i, i1, sc.align.hitA, sc.in)
			e.untoldB += sc.probe.unmet(k, k1, sc.align.hitB)
		}
		aNames := 2*na > wa && 2*nb > wb || endsInName(ta[i:i1], ca) && endsInName(tb[k:k1], cb)
		if aNames && !(ca.words > 2 && cb.words > 2 && sc.fullName(ta, i1)) {
			e.nameSpans++
			e.names += min(na, nb)
			e.one += max(wa-na, wb-nb) - min(wa-na, wb-nb) // a longer name is no more news
		} else {
			e.words += min(wa, wb)
			e.one += max(wa, wb) - min(wa, wb)
		}
	case wa+wb > 0:
		e.one += wa + wb
		e.added++
	}
}

// filled says whether two headlines are one frame with other contents: "What to know about …". One
// stretch was exchanged, what is in its place is as telling as anything that both have, and what both
// have names nobody.
func (sc *Scorer) filled(a *words.Open, o *overlap, e *exchange, share float64) bool {
	const least, most, asTelling, telling, name, frame = 0.2, 0.75, 0.5, 5, 4.5, 4
	asRare := o.rarest <= telling && min(e.rareA, e.rareB) >= max(o.rarest-asTelling, words.TellingFrom)
	if e.spans != 1 || share < least || share > most || !asRare && !e.named {
		return false
	}
	tb, inBoth := sc.probe.open.Title, 0
	for i, t := range a.Title {
		k := sc.align.hitA[i]
		if k < 0 {
			continue
		}
		if inBoth++; t.Flags&tb[k].Flags&words.IsName != 0 && t.Flags&words.IsNumber == 0 && t.Weight() > name {
			return false
		}
	}
	return inBoth >= frame
}

// isFrame says whether two headlines are one frame, as far as they alone tell: one stretch of them was exchanged, what
// stands in its place tells something, and enough is left.
func (sc *Scorer) isFrame(e *exchange, share float64) bool {
	const least, most, frame = 0.04, 0.75, 4
	if e.spans != 1 || share < least || share > most || min(e.rareA, e.rareB) < words.TellingFrom {
		return false
	}
	inBoth := 0
	for _, k := range sc.align.hitA {
		if k >= 0 {
			inBoth++
		}
	}
	return inBoth >= frame
}

// turned says whether two figures that both headlines have stand the other way round in one of them.
func (sc *Scorer) turned(a *words.Open) bool {
	for i, t := range a.Title {
		if t.Flags&(words.IsNumber|words.IsDate) == words.IsNumber && sc.align.hitA[i] >= 0 && !sc.align.ord[i] {
			return true
		}
	}
	return false
}

// mostTelling is the weight of the rarest word without a match.
func mostTelling(list []words.Token, hit []int8) (most float32) {
	for i := range list {
		if hit[i] < 0 && list[i].Flags&words.IsNumber == 0 {
			most = max(most, list[i].Weight())
		}
	}
	return most
}

// contradictions sets the features of figures, dates, places and kinds of piece.
func contradictions(a, b *words.Open, j *Comparison) {
	c, x := words.Compare(a, b), &j.X
	j.clash = c
	x[fFigures] = float64(min(2, c.SharedBig))
	x[fPlace] = float64(min(1, c.Places))
	x[fDate], x[fPeriod], x[fQuantity] = bit(c.Date), bit(c.Period || c.Score), bit(c.Quantity)
	x[fCasualty], x[fPlaceClash], x[fDirection] = bit(c.Casualty), bit(c.Place), bit(c.Direction)
	x[fChoice], x[fAngle] = bit(c.Choice), bit(a.Angle != b.Angle)
	x[fAside] = x[fAngle] * max(0, 2*x[fContain]-1)
	x[fGenre], x[fGenres] = bit(a.Genres != b.Genres), bit(a.Genres&b.Genres == 0 && a.Genres != 0 && b.Genres != 0)
}

// circumstances sets the features of where and to whom it happened.
func (sc *Scorer) circumstances(a *words.Open, j *Comparison) {
	pr, x := &sc.probe, &j.X
	b := &pr.open
	places := a.Places(&b.Circumstances,
		func(word uint32) bool {
			return slices.ContainsFunc(a.All(), func(p uint32) bool { return (p^word)>>8 == 0 })
		},
		func(word uint32) bool { return pr.all.Find(word) >= 0 })
	x[fThere], x[fElsewhere], x[fPlacesApart] = places.First, bit(places.Elsewhere), bit(places.Apart)
	age, clash := a.Ages(&b.Circumstances)
	x[fAge], x[fAgeClash] = bit(age), bit(clash)
	const telling = 5 * words.WeightUnit
	x[fStrangers] = bit(pr.namesWeight >= telling && words.TotalWeight(a.Names()) >= telling && pr.names.Shared(a.Names()) == 0)
}

// texts sets the features of whole texts, but for their neighbouring words.
func (sc *Scorer) texts(a *words.Open, j *Comparison) {
	pr, x := &sc.probe, &j.X
	ta, b := a.Title, &pr.open
	x[fText] = cosine(pr.meet(a.Text), a.Norm, b.Norm)
	sc.in = a.In(&pr.all)
	x[fNames], x[fNameMass] = pr.namesWith(a)
	ma := float32(0)
	for i := range ta {
		ma += ta[i].Weight()
	}
	p, q := float64(within(ta, sc.in)/max(ma, 1)), float64(pr.met()/max(pr.mass, 1))
	x[fAcross], x[fAcrossMin] = max(p, q), min(p, q)
	x[fSameDay], x[fOtherDay] = sameDay(a.Days, b.Days)
	same, other := a.Weekdays(&b.Circumstances)
	x[fSameWeekday], x[fOtherWeekday] = bit(same), bit(other)
	x[fNewNames], x[fKnownName] = sc.namesAcross(ta)
}

// namesAcross compares the names in each headline with the other's whole text: what those weigh that are not there, of the
// headline with less of them; and how rare the rarest is that is there, from 0 to 1. It goes by what the text of the other
// has just met.
func (sc *Scorer) namesAcross(ta []words.Token) (fresh, known float64) {
	const telling, much = 4, 10
	pr := &sc.probe
	var rarest float32
	weigh := func(t *words.Token, there bool) (fresh float32) {
		switch {
		case t.Flags&(words.IsName|words.IsNumber) != words.IsName:
		case there:
			rarest = max(rarest, pr.shares.of(&sc.rare, words.Pack(t.Norm, t.Weight())))
		case t.Weight() > telling:
			return t.Weight()
		}
		return 0
	}
	var freshA, freshB float32
	for i := range ta {
		freshA += weigh(&ta[i], sc.in>>i&1 != 0)
	}
	for i := range pr.open.Title {
		at := pr.where[i]
		freshB += weigh(&pr.open.Title[i], at >= 0 && pr.all.Met(at))
	}
	return min(1, float64(min(freshA, freshB))/much), float64(rarest)
}

// textPairs is how many neighbouring words whole texts have in common.
func (sc *Scorer) textPairs(a *words.Open) float64 {
	pr := &sc.probe
	sc.neighboursOf = a.Pairs(sc.neighboursOf[:0])
	return cosine(pr.pairs.Dot(sc.neighboursOf), words.Length(sc.neighboursOf), pr.pairsNorm)
}
