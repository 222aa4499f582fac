package words

import "math"

// Clash is how the slots of two headlines disagree.
type Clash struct {
	Date, Period, Score, Quantity, Casualty, Place, Former, Direction, Choice bool

	// former: two names of one province, of before and after it was merged.
	shared    int // numbers in both
	SharedBig int // of them, those that say something
	Places    int // places in both
}

// Any tells whether they contradict each other in anything.
func (c Clash) Any() bool {
	return c.Date || c.Period || c.Score || c.Quantity || c.Casualty || c.Place || c.Direction || c.Choice
}

// Compare finds where two headlines contradict each other.
func Compare(a, b *Text) Clash { return lexiconOnce().compare(a.slots, b.slots) }

// compare finds where two headlines' slots disagree: both fill it, and none of the values of
// either is in the other.
func (lx *lexicon) compare(a, b []slot) (c Clash) {
	var hit [2][32]bool
	a, b = a[:min(len(a), 32)], b[:min(len(b), 32)]
	// What numbers the same goes together first: of "part 3 of 5" and "part 5 of 5", no 5 is left
	// over for the 3.
	for _, strict := range [...]bool{true, false} {
		for i, x := range a {
			if hit[0][i] {
				continue
			}
			for j, y := range b {
				if hit[1][j] || strict && (x.kind != y.kind || x.key != y.key) || !lx.agree(x, y) {
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
					c.Former = c.Former || x != y && lx.gazette[int(x.value)].level == 1 && lx.gazette[int(y.value)].level == 1
				}
				hit[0][i], hit[1][j] = true, true
				break
			}
		}
	}
	for i, x := range a {
		if hit[0][i] {
			continue
		}
		for j, y := range b {
			if hit[1][j] {
				continue
			}
			switch {
			case x.kind == date && y.kind == date:
				c.Date = true
			case x.kind == period && y.kind == period && x.key == y.key:
				c.Period = true
			case x.kind == score && y.kind == score:
				c.Score = true
			case x.kind == casualty && y.kind == casualty:
				c.Casualty = true
			case x.kind == quantity && y.kind == quantity && x.key == y.key:
				c.Quantity = true
			case x.kind == where && y.kind == where && lx.rivals(int(x.value), int(y.value)):
				c.Place = true
			case x.kind == choice && y.kind == choice && int(x.value)/64 == int(y.value)/64:
				c.Choice = true
			case x.kind == direction && y.kind == direction && int(x.value)^int(y.value) == 1:
				c.Direction = true
			}
		}
	}
	if c.Direction { // only where neither says both
		c.Direction = lx.turned(a, b)
	}
	return c
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

// agree says whether two slots say the same.
func (lx *lexicon) agree(x, y slot) bool {
	switch {
	case x.kind == where || y.kind == where:
		return x.kind == y.kind && lx.within(int(x.value), int(y.value))
	case x.kind >= direction || y.kind >= direction:
		return x == y
	case x.kind == date && y.kind == date:
		if int(x.value)/100 == 0 || int(y.value)/100 == 0 {
			return int(x.value)%100 == int(y.value)%100
		}
		return x.value == y.value
	case x.kind == period && y.kind == period && x.key != y.key:
		return false
	case x.value == y.value:
		return true
	case (x.kind == quantity || x.kind == casualty) && x.kind == y.kind && x.key == y.key:
		// Rounded in one of them: 147,6 triệu, gần 148 triệu.
		return max(x.value, y.value) > 20 && math.Abs(x.value-y.value) < 0.012*max(x.value, y.value) && rounded(x.value) != rounded(y.value)
	}
	return false
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
