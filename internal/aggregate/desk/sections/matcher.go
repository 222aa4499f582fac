package sections

import (
	"slices"

	"feedd/internal/feed"
)

// matcher returns a function that tells whether a query is met by these of an item's headline and summary. It fails
// when a term cannot be read. The function is for one goroutine.
//
// Most of what an index finds is decided by the headline, and the summary, which is five times as long, is not read then.
func (q *Query) matcher(in ...string) (func(*feed.Item) bool, error) {
	rules := newRuleSet()
	rule := q.Rule()
	rule.In = in
	if _, err := rules.add(rule); err != nil {
		return nil, err
	}
	var r reading
	var m matching
	return func(it *feed.Item) bool {
		r.begin(it, feed.Source{})
		rules.reset(&m)
		r.add(inTitle, it.Title)
		rules.findTerms(&m, &r.passages[0])
		holds, decided := rules.stands(&m, len(q.None) == 0)
		if decided || rules.fields&inSummary == 0 {
			return holds
		}
		r.add(inSummary, feed.PlainText(it.SummaryHead()))
		rules.findTerms(&m, &r.passages[1])
		holds, _ = rules.stands(&m, true)
		return holds
	}, nil
}

// stands tells whether the only rule of a set holds by the terms found so far, and whether what is not read yet
// can change that: it cannot once an excluded term is there, nor, where nothing is excluded, once all others are.
func (s *ruleSet) stands(m *matching, complete bool) (holds, decided bool) {
	all := 0
	for _, t := range m.touched {
		for _, u := range s.terms[t].uses {
			if u.role == roleNone {
				return false, true
			}
			all++
		}
	}
	holds = all == s.rules[0].all
	return holds, holds && complete
}

// ReadsContent tells whether a rule looks at the content of an item.
func ReadsContent(rule feed.Rule) bool {
	return slices.ContainsFunc(rule.In, func(name string) bool { return fieldNames[name] == inContent })
}

// NewRuleMatcher returns a function that tells whether a rule holds for an item of a source. It fails when
// a term cannot be read. The function is for one goroutine.
func NewRuleMatcher(rule feed.Rule) (func(*feed.Item, feed.Source) bool, error) {
	rules := newRuleSet()
	if _, err := rules.add(rule); err != nil {
		return nil, err
	}
	var r reading
	var m matching
	var held []holding
	return func(it *feed.Item, src feed.Source) bool {
		r.read(it, src, rules.fields)
		held = rules.match(held[:0], &m, &r)
		return len(held) > 0
	}, nil
}
