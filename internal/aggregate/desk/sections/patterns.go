package sections

import "feedd/internal/feed"

// Patterns tells which of some terms, written as in rules, an item has in title or summary. It is
// not safe for concurrent use.
type Patterns struct {
	rules *ruleSet
	bits  []uint64 // of each rule

	reading  reading
	matching matching
	holding  []holding
}

// NewPatterns takes at most 64 terms. One that cannot be read, which the configuration refuses,
// is in no item.
func NewPatterns(terms []string) *Patterns {
	p := &Patterns{rules: newRuleSet()}
	for i, term := range terms {
		if _, err := p.rules.add(feed.Rule{Any: []feed.Pattern{{Text: term}}}); err == nil {
			p.bits = append(p.bits, 1<<i)
		}
	}
	return p
}

// In returns a bit for each term that the item has, the first term's lowest.
func (p *Patterns) In(it *feed.Item, src feed.Source) (bits uint64) {
	p.reading.read(it, src, 0)
	p.holding = p.rules.match(p.holding[:0], &p.matching, &p.reading)
	for _, h := range p.holding {
		bits |= p.bits[h.rule]
	}
	return bits
}
