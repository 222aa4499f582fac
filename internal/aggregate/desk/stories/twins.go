package stories

import "iter"

// Reports that may be the same article are chained in order of arrival: by their address or the
// article's number in it, and by their headline. A chain is two numbers in a map, the links between
// its reports a number each; a slice for each of the many chains of one took four times the memory.

// twinKind is what twins have in common.
type twinKind int

const (
	byAddress twinKind = iota // or by article number
	byHeadline
	kindsOfTwins
)

// chains are the chains of one kind.
type chains struct {
	ends map[uint64]chain
	next []int32 // by number of the report: that of its successor + 1; 0 at the end
}

// chain is its first and its last report.
type chain struct{ first, last int32 }

// addTwin enters a report, which is in the index, behind those that came before it.
func (ix *index) addTwin(r *report) {
	for kind, key := range r.twinKeys() {
		c := &ix.chains[kind]
		for len(c.next) <= int(r.number) {
			c.next = append(c.next, 0)
		}
		if key == 0 {
			continue
		}
		ch, ok := c.ends[key]
		if ok {
			c.next[ch.last] = r.number + 1
		} else {
			ch.first = r.number
		}
		ch.last = r.number
		c.ends[key] = ch
	}
}

// removeTwin takes a report out; it must still be in the index.
func (ix *index) removeTwin(r *report) {
	for kind, key := range r.twinKeys() {
		c := &ix.chains[kind]
		ch, ok := c.ends[key]
		if !ok {
			continue
		}
		before := int32(-1)
		at := ch.first
		for at != r.number && c.next[at] != 0 {
			before, at = at, c.next[at]-1
		}
		if at != r.number {
			continue
		}
		after := c.next[at] - 1
		c.next[at] = 0
		switch {
		case before < 0 && after < 0:
			delete(c.ends, key)
			continue
		case before < 0:
			ch.first = after
		default:
			c.next[before] = after + 1
		}
		if after < 0 {
			ch.last = before
		}
		c.ends[key] = ch
	}
}

// twins yields the reports with a key, the earliest first.
func (ix *index) twins(kind twinKind, key uint64) iter.Seq[*report] {
	return func(yield func(*report) bool) {
		c := &ix.chains[kind]
		ch, ok := c.ends[key]
		for at := ch.first + 1; ok && at != 0; at = c.next[at-1] {
			if !yield(ix.reports[at-1]) {
				return
			}
		}
	}
}

// renumberTwins follows renumber: moved has the new number of each report that is left.
func (ix *index) renumberTwins(moved []int32) {
	for kind := range ix.chains {
		c := &ix.chains[kind]
		for key, ch := range c.ends {
			c.ends[key] = chain{moved[ch.first], moved[ch.last]}
		}
		next := make([]int32, len(ix.reports))
		for at, after := range c.next {
			if after != 0 {
				next[moved[at]] = moved[after-1] + 1
			}
		}
		c.next = next
	}
}
