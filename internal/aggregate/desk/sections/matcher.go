package sections

import "feedd/internal/feed"

// matcher returns a function that tells whether a rule holds in these fields of an item, whatever fields it names
// itself. It fails when a term cannot be read.
func matcher(rule feed.Rule, in ...string) (func(*feed.Item) bool, error) {
	rule.In = in
	matches, err := NewRuleMatcher(rule)
	if err != nil {
		return nil, err
	}
	return func(it *feed.Item) bool { return matches(it, feed.Source{}) }, nil
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
