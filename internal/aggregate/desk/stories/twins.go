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
			case !s.near(r, o) || s.split(r, o):
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
			if !s.near(r, o) || o.doc.Exact != r.doc.Exact || !s.mayBeOne(r, o) || s.split(r, o) {
				continue
			}
			switch {
			case o.from.outlet != r.from.outlet:
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
	for _, o := range e.reports.all() {
		if o.from.outlet == r.from.outlet {
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
// article's number in it, and by their headline. A chain is the number of its last report in a hash
// table, the links between its reports a number each; a slice for each of the many chains of one took
// eight times the memory.

// twinKind is what twins have in common.
type twinKind int

const (
	byAddress twinKind = iota // or by article number
	byHeadline
	kindsOfTwins
)

// chains are the chains of one kind.
type chains struct {
	kind twinKind
	ends []int32 // hash table with open addressing: the last report of a chain + 1, 0 where free
	used int
	next []int32 // by number of the report: its successor, of the last one the first
}

const fewestEnds = 1 << 10

// key is that of a report in these chains, 0 when it is in none.
func (c *chains) key(r *report) uint64 { return r.twinKeys()[c.kind] }

// end returns where in the table the chain with a key is, or would be.
func (c *chains) end(reports []*report, key uint64) int {
	mask := len(c.ends) - 1
	i := place(key) & mask
	for c.ends[i] != 0 && c.key(reports[c.ends[i]-1]) != key {
		i = (i + 1) & mask
	}
	return i
}

// place is where a key would stand in a table without an end.
func place(key uint64) int { return int((key ^ key>>29) * 0x9E3779B97F4A7C15 >> 33) }

// resize makes room for the chains there are and some more.
func (c *chains) resize(reports []*report) {
	size := fewestEnds
	for size < 2*(c.used+1) {
		size *= 2
	}
	old := c.ends
	c.ends = make([]int32, size)
	for _, last := range old {
		if last != 0 {
			c.ends[c.end(reports, c.key(reports[last-1]))] = last
		}
	}
}

// free takes the chain at i out of the table: those behind it that it was in the way of move up.
func (c *chains) free(reports []*report, i int) {
	mask := len(c.ends) - 1
	c.used--
	for k := i; ; {
		k = (k + 1) & mask
		if c.ends[k] == 0 {
			break
		}
		if home := place(c.key(reports[c.ends[k]-1])) & mask; (k-home)&mask >= (k-i)&mask {
			c.ends[i], i = c.ends[k], k
		}
	}
	c.ends[i] = 0
}

// addTwin enters a report, which is in the index, behind those that came before it and before those that came later.
func (ix *index) addTwin(r *report) {
	for kind := range ix.chains {
		c := &ix.chains[kind]
		for len(c.next) <= int(r.number) {
			c.next = append(c.next, 0)
		}
		key := c.key(r)
		if key == 0 {
			continue
		}
		if 4*(c.used+1) > 3*len(c.ends) {
			c.resize(ix.reports)
		}
		i := c.end(ix.reports, key)
		last := c.ends[i] - 1
		if last < 0 {
			c.next[r.number] = r.number
			c.used++
			c.ends[i] = r.number + 1
			continue
		}
		before := last
		if r.number < last {
			for c.next[before] < r.number {
				before = c.next[before]
			}
		} else {
			c.ends[i] = r.number + 1
		}
		c.next[r.number], c.next[before] = c.next[before], r.number
	}
}

// removeTwin takes a report out; it must still be in the index.
func (ix *index) removeTwin(r *report) {
	for kind := range ix.chains {
		c := &ix.chains[kind]
		key := c.key(r)
		if key == 0 || len(c.ends) == 0 {
			continue
		}
		i := c.end(ix.reports, key)
		last := c.ends[i] - 1
		if last < 0 {
			continue
		}
		before := last
		for c.next[before] != r.number && c.next[before] != last {
			before = c.next[before]
		}
		switch {
		case c.next[before] != r.number: // not in it
		case before == r.number:
			c.free(ix.reports, i)
		default:
			c.next[before] = c.next[r.number]
			if last == r.number {
				c.ends[i] = before + 1
			}
		}
	}
}

// twins yields the reports with a key, the earliest first.
func (ix *index) twins(kind twinKind, key uint64) iter.Seq[*report] {
	return func(yield func(*report) bool) {
		c := &ix.chains[kind]
		if key == 0 || len(c.ends) == 0 {
			return
		}
		last := c.ends[c.end(ix.reports, key)] - 1
		if last < 0 {
			return
		}
		for at := c.next[last]; yield(ix.reports[at]) && at != last; {
			at = c.next[at]
		}
	}
}

// renumberTwins follows renumber: moved has the new number of each report that is left.
func (ix *index) renumberTwins(moved []int32) {
	for kind := range ix.chains {
		c := &ix.chains[kind]
		old := c.ends
		c.ends = nil
		next := make([]int32, len(ix.reports))
		for i, last := range old {
			if last == 0 {
				continue
			}
			for at, first := last-1, true; first || at != last-1; first = false {
				next[moved[at]] = moved[c.next[at]]
				at = c.next[at]
			}
			old[i] = moved[last-1] + 1
		}
		c.next, c.ends = next, old
		c.resize(ix.reports)
	}
}
