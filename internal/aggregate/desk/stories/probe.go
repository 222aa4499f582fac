package stories

import (
	"math/bits"

	"feedd/internal/aggregate/desk/words"
)

// A report is compared with some twenty others at a time. The probe is that one report laid out so
// that each of the others is compared by looking its words up: it is built once and asked twenty
// times, and no set has to be in order. Walking two sorted sets side by side took five times as
// long, most of it for branches nobody can foresee.
type probe struct {
	doc   *words.Text
	all   words.Set
	ready bool // what follows is built: only a report that passes the gate needs it

	beside *words.Text // the one whose words all met last
	alike  uint32      // what that gave

	open      words.Open
	pairsOf   []uint32
	pairsNorm float32

	pairs, names words.Set
	namesWeight  uint32
	// where has for each token of the headline its place in all, -1 where it has none.
	where []int32
	// places of tokens in the headline, by norm and by fold
	norms, folds   tokenTable
	numerals       []numeral
	rareNorm       float32     // squared, as the stream weighs it; 0 while not computed
	own            []ownWeight // by slot of all
	weighed        weighing
	shares         shares
	mass, pairMass float32 // what the headline's tokens weigh, and its neighbours
}

// numeral is a number of the headline that may be written as a word.
type numeral struct {
	fold  uint32
	place uint64
}

// begin takes the report to compare with.
func (b *probe) begin(d *words.Text) {
	b.doc, b.ready, b.rareNorm, b.beside = d, false, 0, nil
	b.all.Fill(d.All())
	b.shares.begin()
}

// meet has all meet the words of a text, once for all that is asked about it, and returns the product of the two.
func (b *probe) meet(d *words.Text) uint32 {
	if b.beside != d {
		b.beside, b.alike = d, b.all.Meet(d.All())
	}
	return b.alike
}

// prepare builds what a comparison in full needs.
func (b *probe) prepare() {
	if b.ready {
		return
	}
	b.ready = true
	d := b.doc
	b.open.Lay(d)
	b.pairsOf = d.Pairs(b.pairsOf[:0])
	b.pairsNorm = words.Length(b.pairsOf)
	b.pairs.Fill(b.pairsOf)
	b.names.Fill(d.Names())
	b.namesWeight = words.TotalWeight(d.Names())
	title := b.open.Title
	b.norms.clear()
	b.folds.clear()
	b.where, b.numerals = b.where[:0], b.numerals[:0]
	b.mass, b.pairMass = 0, 0
	for i := range title {
		t := &title[i]
		place := uint64(1) << i
		b.norms.add(t.Norm, place)
		b.folds.add(t.Fold, place)
		if t.Flags&words.IsNumber != 0 {
			if fold := words.NumeralFold(t.Norm); fold != 0 {
				b.numerals = append(b.numerals, numeral{fold, place})
			}
		}
		b.where = append(b.where, int32(b.all.Find(words.Pack(t.Norm, 1))))
		b.mass += t.Weight()
		if i > 0 {
			b.pairMass += title[i-1].Weight() + t.Weight()
		}
	}
}

// places returns the tokens of the headline, as a bit set, that are equal to t: by their spelling
// when both headlines are marked, else by their bare letters. "ba" written without diacritics is
// not known for a numeral.
func (b *probe) places(t *words.Token, marked bool) uint64 {
	if marked {
		return b.norms.get(t.Norm)
	}
	set := b.folds.get(t.Fold)
	if t.Flags&words.IsNumber == 0 {
		for _, n := range b.numerals {
			if n.fold == t.Fold {
				set |= n.place
			}
		}
		return set
	}
	if fold := words.NumeralFold(t.Norm); fold != 0 {
		for at, u := range b.open.Title {
			if u.Flags&words.IsNumber == 0 && u.Fold == fold {
				set |= 1 << at
			}
		}
	}
	return set
}

// within weighs the tokens of a headline that are in the report's text, as the bits say.
func within(list []words.Token, in uint64) (sum float32) {
	for ; in != 0; in &= in - 1 {
		sum += list[bits.TrailingZeros64(in)].Weight()
	}
	return sum
}

// lacks weighs those of the tokens from i to i1 of a headline without a match that are nowhere in the report's text, as
// the bits say.
func lacks(list []words.Token, i, i1 int, hit []int8, in uint64) (sum float32) {
	for ; i < i1; i++ {
		if hit[i] < 0 && in>>i&1 == 0 {
			sum += list[i].Weight()
		}
	}
	return sum
}

// unmet weighs those of the tokens from k to k1 of the report's headline without a match that are
// nowhere in the text compared last.
func (b *probe) unmet(k, k1 int, hit []int8) (sum float32) {
	title := b.open.Title
	for ; k < k1; k++ {
		if at := b.where[k]; hit[k] < 0 && (at < 0 || !b.all.Met(at)) {
			sum += title[k].Weight()
		}
	}
	return sum
}

// met weighs the tokens of the report's headline that the text compared last has.
func (b *probe) met() (sum float32) {
	title := b.open.Title
	for i, at := range b.where {
		if at >= 0 && b.all.Met(at) {
			sum += title[i].Weight()
		}
	}
	return sum
}

// namesWith compares the names: the shared weight over the smaller set's, with a little doubt for
// small sets; and the shared weight by itself, 1 from thirty on.
func (b *probe) namesWith(a *words.Open) (share, weight float64) {
	const doubt, much = 8 * words.WeightUnit, 30 * words.WeightUnit
	both := float64(b.names.Shared(a.Names()))
	return both / float64(min(words.TotalWeight(a.Names()), b.namesWeight)+doubt), min(1, both/much)
}

// alignment says which tokens of a headline a are equal to which of the probe's headline b.
type alignment struct {
	hitA, hitB []int8 // index of the match in the other, -1 none
	ord        []bool // of a: in the same order

	a, b    [words.MostTokens]int8
	inOrder [words.MostTokens]bool
	equal   [words.MostTokens]uint64     // by token of a, the tokens of b it is equal to
	grown   [words.MostTokens + 1]uint64 // see align
}

// align matches equal tokens: first the longest common subsequence, then what is left in any order.
//
// The table of its lengths is computed a row at a time, with one bit for each place where a row
// grows (Crochemore et al., A fast and practical bit-vector algorithm for the longest common
// subsequence problem, 2001): the length at (i, k) is the number of the first k bits of row i.
func (al *alignment) align(pr *probe, a []words.Token, marked bool) {
	n, m := len(a), len(pr.open.Title)
	al.hitA, al.hitB, al.ord = al.a[:n], al.b[:m], al.inOrder[:n]
	for k := range al.hitB {
		al.hitB[k] = -1
	}
	row := ^uint64(0)
	all := uint64(1)<<m - 1
	any := uint64(0)
	for i := range a {
		al.hitA[i], al.ord[i] = -1, false
		e := pr.places(&a[i], marked)
		al.equal[i] = e
		any |= e
		row = row + row&e | row&^e
		al.grown[i+1] = ^row & all
	}
	if any == 0 {
		return
	}
	al.grown[0] = 0
	for i, k := n, m; i > 0 && k > 0; {
		if al.equal[i-1]>>(k-1)&1 != 0 {
			al.hitA[i-1], al.hitB[k-1], al.ord[i-1] = int8(k-1), int8(i-1), true
			i, k = i-1, k-1
			continue
		}
		if up, left := al.grown[i-1]&(1<<k-1), al.grown[i]&(1<<(k-1)-1); bits.OnesCount64(up) >= bits.OnesCount64(left) {
			i--
		} else {
			k--
		}
	}
	for i := range a {
		if al.hitA[i] >= 0 {
			continue
		}
		for e := al.equal[i]; e != 0; e &= e - 1 {
			if k := bits.TrailingZeros64(e); al.hitB[k] < 0 {
				al.hitA[i], al.hitB[k] = int8(k), int8(i)
				break
			}
		}
	}
}

// acronyms matches what is left of one headline as an acronym with what is left of the other as the
// words it is made of: "BoE" and "Bank of England"; or as those that it is known to stand for. It returns what these
// weigh, and what of it stands in the same order.
func (al *alignment) acronyms(a, b []words.Token, known meanings) (mass, inOrder float32) {
	match := func(acronym *words.Token, long []words.Token, i, i1, k, k1 int) {
		w := acronym.Weight() / 2
		for m := range long {
			w += long[m].Weight() / 2
		}
		ordered := al.orderly(i, i1, k, k1)
		for m := i; m < i1; m++ {
			al.hitA[m], al.ord[m] = int8(k), false
		}
		for m := k; m < k1; m++ {
			al.hitB[m] = int8(i)
		}
		mass += w
		if al.ord[i] = ordered; ordered {
			inOrder += w
		}
	}
	for i := range a {
		if t := &a[i]; t.Flags&words.IsAcronym != 0 && al.hitA[i] < 0 {
			if k, n := longForm(t, b, al.hitB, known); n > 0 {
				match(t, b[k:k+n], i, i+1, k, k+n)
			}
		}
	}
	for k := range b {
		if t := &b[k]; t.Flags&words.IsAcronym != 0 && al.hitB[k] < 0 {
			if i, n := longForm(t, a, al.hitA, known); n > 0 {
				match(t, a[i:i+n], i, i+n, k, k+1)
			}
		}
	}
	return mass, inOrder
}

// longForm returns where in a headline the words stand that an acronym is for, and how many they are, 0 when they do
// not.
func longForm(acronym *words.Token, list []words.Token, hit []int8, known meanings) (at, n int) {
	for at = range list {
		if list[at].Initial|0x20 != acronym.Initial|0x20 {
			continue
		}
		if n = spellsOut(list[at:], hit[at:], acronym.Fold); n == 0 && len(known) > 0 {
			n = known.spelled(list[at:], hit[at:], acronym.Fold)
		}
		if n > 0 {
			return at, n
		}
	}
	return 0, 0
}

// orderly says whether a[i:i1] and b[k:k1] stand between the same matches in order.
func (al *alignment) orderly(i, i1, k, k1 int) bool {
	for p := range al.ord {
		if al.ord[p] && (p < i && int(al.hitA[p]) >= k || p >= i1 && int(al.hitA[p]) < k1) {
			return false
		}
	}
	return true
}

// spellsOut returns how many words at the head of the list have the first letters that make the
// acronym whose fold this is, 0 when they do not. Small words between them have a letter in it or none.
// They must be some, and words without capitals more, since the letters of few are the same by chance.
func spellsOut(list []words.Token, hit []int8, acronym uint32) int {
	const few, byChance = 3, 4
	all, some, letters, capitals := words.Hash(""), words.Hash(""), 0, true
	for n := range list[:min(len(list), words.MostAcronym+2)] {
		t := &list[n]
		small := t.Flags&words.IsJoining != 0
		if t.Initial == 0 || hit[n] >= 0 && !small || small && n == 0 {
			return 0
		}
		letter := uint32(t.Initial | 0x20) // small
		all = (all ^ letter) * 16777619
		if !small {
			some = (some ^ letter) * 16777619
			letters++
			capitals = capitals && t.Initial < 'a'
		}
		is := words.Hashed(all) == acronym && n+1 >= few || words.Hashed(some) == acronym && letters >= few
		if is && !small && letters > 1 && (capitals || letters >= byChance) {
			return n + 1
		}
	}
	return 0
}

// tokenTable finds the places of a word in a headline of at most 64 tokens (words.MostTokens are fewer).
type tokenTable struct{ slots [128]tokenSlot }

type tokenSlot struct {
	word   uint32
	places uint64 // 0 in a slot that is free
}

func (t *tokenTable) clear() { clear(t.slots[:]) }

func (t *tokenTable) slot(word uint32) *tokenSlot {
	i := (word ^ word>>16) % uint32(len(t.slots))
	for t.slots[i].places != 0 && t.slots[i].word != word {
		i = (i + 1) % uint32(len(t.slots))
	}
	return &t.slots[i]
}

func (t *tokenTable) add(word uint32, place uint64) {
	s := t.slot(word)
	s.word = word
	s.places |= place
}

func (t *tokenTable) get(word uint32) uint64 { return t.slot(word).places }
