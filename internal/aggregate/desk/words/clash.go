package words

import "math"

// Clash is how the slots of two headlines disagree.
type Clash struct {
	Date, Period, Score, Quantity, Casualty, Place, Former, Direction, Choice, OneOf bool

	// former: two names of one province, of before and after it was merged.
	shared    int // numbers in both
	SharedBig int // of them, those that say something
	Places    int // places in both
}

// Any tells whether they contradict each other in anything.
func (c Clash) Any() bool {
	return c.Date || c.Period || c.Score || c.Quantity || c.Casualty || c.Place || c.Direction || c.Choice || c.OneOf
}

// Compare finds where two headlines contradict each other.
func Compare(a, b *Open) Clash { return lexiconOnce().compare(a.slots, b.slots) }

// compare finds where two headlines' slots disagree: both fill it, and none of the values of
// either is in the other.
func (lx *lexicon) compare(a, b []slot) (c Clash) {
	var hit [2][mostSlots]bool
	a, b = a[:min(len(a), mostSlots)], b[:min(len(b), mostSlots)]
	// What numbers the same goes together first: of "part 3 of 5" and "part 5 of 5", no 5 is left
	// over for the 3. What is alike and did not agree then need not be asked again.
	for _, strict := range [...]bool{true, false} {
		for i := range a {
			if hit[0][i] {
				continue
			}
			x := &a[i]
			for j := range b {
				y := &b[j]
				alike := x.kind == y.kind && x.key == y.key
				if hit[1][j] || strict != alike || strict && !lx.agree(x, y) || !strict && !sameFigure(x, y) {
					continue
				}
				if x.kind < where {
					c.shared++
					if x.kind != period && x.kind != date && x.value > 10 {
						c.SharedBig++
					}
				}
				if x.kind == where {
					c.Places++
					c.Former = c.Former || *x != *y && lx.gazette[int(x.value)].level == 1 && lx.gazette[int(y.value)].level == 1
				}
				hit[0][i], hit[1][j] = true, true
				break
			}
		}
	}
	for i := range a {
		if hit[0][i] {
			continue
		}
		x := &a[i]
		for j := range b {
			y := &b[j]
			if hit[1][j] || x.kind != y.kind {
				continue
			}
			switch x.kind {
			case date:
				c.Date = true
			case period:
				c.Period = c.Period || x.key == y.key
			case score:
				c.Score = true
			case casualty:
				c.Casualty = true
			case quantity:
				c.Quantity = c.Quantity || x.key == y.key
			case where:
				c.Place = c.Place || lx.rivals(int(x.value), int(y.value))
			case choice:
				c.Choice = c.Choice || int(x.value)/64 == int(y.value)/64
			case direction:
				c.Direction = c.Direction || int(x.value)^int(y.value) == 1
			}
		}
	}
	c.OneOf = lx.others(a, b)
	if c.Direction { // only where neither says both
		c.Direction = lx.turned(a, b)
	}
	return c
}

// others says whether a and b mean some of one kind, and none in common.
func (lx *lexicon) others(a, b []slot) bool {
	same := func(x *slot) (some, one bool) {
		for k := range b {
			if y := &b[k]; y.kind == oneOf && y.key == x.key {
				some = true
				if one = lx.agree(x, y); one {
					break
				}
			}
		}
		return some, one
	}
	is := false
	for i := range a {
		x := &a[i]
		if x.kind != oneOf {
			continue
		}
		some, one := same(x)
		if one {
			return false // what is one place in one of its parts has others beside it
		}
		is = is || some
	}
	return is
}

// turned says whether for some pair of opposites a has one side only and b the other only.
func (lx *lexicon) turned(a, b []slot) bool {
	for _, x := range a {
		if x.kind != direction {
			continue
		}
		has := func(list []slot, v int) bool {
			for _, y := range list {
				if y.kind == direction && int(y.value) == v {
					return true
				}
			}
			return false
		}
		v := int(x.value)
		if has(b, v^1) && !has(b, v) && !has(a, v^1) {
			return true
		}
	}
	return false
}

// agree says whether two slots of one kind and key say the same.
func (lx *lexicon) agree(x, y *slot) bool {
	switch {
	case x.value == y.value:
		return true
	case x.kind == where:
		return lx.within(int(x.value), int(y.value))
	case x.kind == oneOf:
		return x.value >= aPlace && y.value >= aPlace && lx.within(int(x.value-aPlace), int(y.value-aPlace))
	case x.kind == date:
		m, n := int(x.value), int(y.value)
		return (m/100 == 0 || n/100 == 0) && m%100 == n%100
	case x.kind == quantity || x.kind == casualty:
		// Rounded in one of them: 147,6 triệu, gần 148 triệu.
		return max(x.value, y.value) > 20 && math.Abs(x.value-y.value) < 0.012*max(x.value, y.value) && rounded(x.value) != rounded(y.value)
	}
	return false
}

// sameFigure says whether two slots of different kinds or keys are one figure all the same: "120
// schools" and "120 places" may be, grade 5 and round 5 are not.
func sameFigure(x, y *slot) bool {
	return x.value == y.value && x.kind < where && y.kind < where && (x.kind != period || y.kind != period)
}

// rounded says how many trailing zeros a figure has, as a measure of how exact it means to be.
func rounded(v float64) int {
	for n := 12; n > -4; n-- {
		if s := v / math.Pow(10, float64(n)); math.Abs(s-math.Round(s)) < 1e-9 {
			return n
		}
	}
	return -4
}

// rivals says whether two places exclude each other: of one rank, neither part of the other.
func (lx *lexicon) rivals(a, b int) bool {
	rank := [...]int{0, 1, 1, 2, 2}
	return rank[lx.gazette[a].level] == rank[lx.gazette[b].level] && !lx.within(a, b)
}
