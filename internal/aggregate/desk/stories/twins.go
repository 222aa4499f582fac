package stories

import (
	"iter"

	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// twin returns the earliest report in the window that is the same article: one address, or one
// article number of one host; or another outlet's under the very same headline.
func (s *Memory) twin(r *report) (*report, feed.Text) {
	numbered := s.hosts[r.host].Trusted()
	for _, key := range [...]uint64{r.article, r.address} {
		if key == 0 {
			continue
		}
		for o := range s.index.twins(byAddress, key) {
			switch {
			case !s.near(r, o) || s.word.split(r, o):
			case o.address == r.address && r.address != 0:
				if s.oneArticle(r, o) {
					return o, feed.Say("the same address")
				}
			case numbered && o.article == r.article && r.article != 0:
				return o, feed.Say("the same article, by its number in the address")
			}
		}
	}
	if r.doc.Length >= 3 && !s.isSeries(r) {
		for o := range s.index.twins(byHeadline, r.doc.Exact) {
			if !s.near(r, o) || o.doc.Exact != r.doc.Exact || !mayBeOne(r, o) || s.word.split(r, o) {
				continue
			}
			switch {
			case o.outlet != r.outlet:
				return o, feed.Say("the same headline as %s", o.from.name)
			case toldAgain(r, o):
				return o, feed.Say("the same report of %s", o.from.name)
			}
		}
	}
	return nil, feed.Text{}
}

// toldAgain says whether two reports of one outlet under the very same headline are one report that
// stands at two addresses: with the same text or, where neither has any, at about the same time. A
// column has its headline every day, and a text of its own.
func toldAgain(r, o *report) bool {
	const sameText, atOnce = 0.95, 12 * 3600
	apart := max(r.at-o.at, o.at-r.at)
	switch {
	case r.doc.Told != o.doc.Told:
		return false
	case r.doc.Told:
		return likeness(&r.doc, &o.doc) > sameText
	}
	return apart < atOnce
}

// likeness is the cosine of the words of two texts.
func likeness(a, b *words.Text) float64 {
	var table words.Set
	table.Fill(a.All())
	return cosine(table.Dot(b.All()), a.Norm, b.Norm)
}

// oneArticle says whether two reports with one address are one article. Some feeds send all readers
// to one page: two items of one source are then as many stories as they have headlines, and an
// address under which a source tells several things says nothing about those of others either.
func (s *Memory) oneArticle(r, o *report) bool {
	if r.from.source == o.from.source {
		return r.doc.Exact == o.doc.Exact
	}
	told := map[string]uint64{r.from.source: r.doc.Exact}
	for x := range s.index.twins(byAddress, o.twinKeys()[byAddress]) {
		if x.address != o.address {
			continue
		}
		if exact, ok := told[x.from.source]; ok && exact != x.doc.Exact {
			return false
		}
		told[x.from.source] = x.doc.Exact
	}
	return true
}

// reported says whether the outlet of r is in the entry already, with another report.
func (s *Memory) reported(r *report, e *entry) bool {
	is := false
	for _, o := range e.reports {
		if o.outlet == r.outlet {
			if o.doc.Exact == r.doc.Exact && toldAgain(r, o) {
				return false
			}
			is = true
		}
	}
	return is
}

// sameArticle says whether two reports are one article by their addresses.
func sameArticle(a, b *report) bool {
	return a.address == b.address && a.address != 0 || a.article == b.article && a.article != 0
}

// twinKeys are the keys under which the same article is found again: its number or, without one,
// its address; and its headline.
func (r *report) twinKeys() [kindsOfTwins]uint64 {
	if r.article != 0 {
		return [...]uint64{byAddress: r.article, byHeadline: r.doc.Exact}
	}
	return [...]uint64{byAddress: r.address, byHeadline: r.doc.Exact}
}

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
