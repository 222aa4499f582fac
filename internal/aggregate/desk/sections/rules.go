package sections

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"feedd/internal/feed"
)

// ruleSet is many rules compiled into one automaton. It is read-only once all rules are added and
// may then be used by several goroutines, each with a matching of its own.
type ruleSet struct {
	rules   []rule
	auto    *automaton
	terms   []compiledTerm
	known   map[string]int32 // terms by what the editor wrote
	owners  []int32          // the term a phrase belongs to, by the phrase's id
	regexps []int32          // the terms that are regular expressions
	idle    []int32          // rules that may hold though no term matched
	fields  fields           // all that any rule looks in
}

// rule is one compiled rule.
type rule struct {
	in       fields
	any, all int // number of distinct terms
	line     int
	weight   float64
}

type compiledTerm struct {
	term
	first int32 // id of its first phrase
	in    fields
	uses  []use
}

// use is a place of a term in a rule.
type use struct {
	rule int32
	role role
}

type role uint8

const (
	roleAny role = iota
	roleAll
	roleNone
)

func newRuleSet() *ruleSet {
	return &ruleSet{auto: newAutomaton(), known: map[string]int32{}}
}

// add compiles a rule and returns its number, by which match names it. The error joins all
// mistakes in the rule.
func (s *ruleSet) add(r feed.Rule) (int, error) {
	n := int32(len(s.rules))
	c := rule{line: r.Line, weight: r.Weight}
	var errs []error
	for _, name := range r.In {
		f, ok := fieldNames[name]
		if !ok {
			errs = append(errs, fmt.Errorf("unknown field %q in `in`; known are %s", name, strings.Join(FieldNames(), ", ")))
		}
		c.in |= f
	}
	if len(r.In) == 0 {
		c.in = inTitle | inSummary
	}
	if len(r.Any)+len(r.All)+len(r.None) == 0 {
		errs = append(errs, errors.New("the rule has no term in any, all or none"))
	}
	count := func(patterns []feed.Pattern, role role) (distinct int) {
		for _, p := range patterns {
			t, err := s.term(p.Text)
			if err != nil {
				errs = append(errs, fmt.Errorf("line %d: %s: %w", p.Line, p.Text, err))
				continue
			}
			u := use{n, role}
			if !slices.Contains(s.terms[t].uses, u) {
				s.terms[t].uses = append(s.terms[t].uses, u)
				distinct++
			}
			s.terms[t].in |= c.in
		}
		return distinct
	}
	c.any, c.all = count(r.Any, roleAny), count(r.All, roleAll)
	count(r.None, roleNone)
	if err := errors.Join(errs...); err != nil {
		return 0, err
	}
	s.rules = append(s.rules, c)
	s.fields |= c.in
	if c.any == 0 && c.all == 0 {
		s.idle = append(s.idle, n)
	}
	return int(n), nil
}

// term compiles a term, once for all rules that have it.
func (s *ruleSet) term(text string) (int32, error) {
	if t, ok := s.known[text]; ok {
		return t, nil
	}
	parsed, err := parseTerm(text)
	if err != nil {
		return 0, err
	}
	n := int32(len(s.terms))
	c := compiledTerm{term: parsed}
	for i, p := range parsed.phrases {
		id := s.auto.add(p)
		if i == 0 {
			c.first = id
		}
		s.owners = append(s.owners, n)
	}
	if parsed.re != nil {
		s.regexps = append(s.regexps, n)
	}
	s.terms = append(s.terms, c)
	s.known[text] = n
	return n, nil
}

// holding is a rule that holds for an item.
type holding struct {
	rule  int
	terms []int32 // of its any and all, in order of their first place in the item
}

// matching is the memory that matching needs, kept between items.
type matching struct {
	scan    scan
	hits    []hit
	found   []fields // where each term was found
	touched []int32  // the terms found, in order of their first place
	rules   []standing
	begun   []int32 // the rules that a term found belongs to
	pending []int32 // the terms with ~N seen in the passage under way
	near    [2][]hit
}

// standing is how far a rule is from holding.
type standing struct {
	any, all int
	none     bool
	begun    bool
}

// match appends to dst the rules that hold for what was read, in the order they were added.
func (s *ruleSet) match(dst []holding, m *matching, r *reading) []holding {
	s.reset(m)
	for i := range r.passages {
		if p := &r.passages[i]; p.field&s.fields != 0 {
			s.findTerms(m, p)
		}
	}
	s.count(m)
	slices.Sort(m.begun)
	for _, n := range m.begun {
		rule, st := &s.rules[n], &m.rules[n]
		if !st.none && st.all == rule.all && (st.any > 0 || rule.any == 0) {
			dst = append(dst, holding{int(n), s.matched(m, n)})
		}
	}
	return dst
}

// findTerms notes the terms that a passage has.
func (s *ruleSet) findTerms(m *matching, p *passage) {
	m.hits, m.pending = s.auto.find(m.hits[:0], &m.scan, p), m.pending[:0]
	for _, h := range m.hits {
		t := s.owners[h.phrase]
		c := &s.terms[t]
		switch {
		case m.found[t]&p.field != 0 || c.in&p.field == 0:
		case len(c.phrases) == 1:
			s.touch(m, t, p.field)
		case !slices.Contains(m.pending, t):
			m.pending = append(m.pending, t)
			if c.near(m) {
				s.touch(m, t, p.field)
			}
		}
	}
	for _, t := range s.regexps {
		c := &s.terms[t]
		if m.found[t]&p.field == 0 && c.in&p.field != 0 && c.re.MatchString(p.text) {
			s.touch(m, t, p.field)
		}
	}
}

// count gives each rule the terms that were found, and begins those that hold without any.
func (s *ruleSet) count(m *matching) {
	for _, t := range m.touched {
		for _, u := range s.terms[t].uses {
			if m.found[t]&s.rules[u.rule].in == 0 {
				continue
			}
			switch st := m.begin(u.rule); u.role {
			case roleAny:
				st.any++
			case roleAll:
				st.all++
			case roleNone:
				st.none = true
			}
		}
	}
	for _, n := range s.idle {
		m.begin(n)
	}
}

// begin returns how far a rule is, and notes that it has to be asked.
func (m *matching) begin(rule int32) *standing {
	st := &m.rules[rule]
	if !st.begun {
		st.begun = true
		m.begun = append(m.begun, rule)
	}
	return st
}

func (s *ruleSet) reset(m *matching) {
	if len(m.found) != len(s.terms) || len(m.rules) != len(s.rules) {
		m.found, m.rules = make([]fields, len(s.terms)), make([]standing, len(s.rules))
		m.touched, m.begun = m.touched[:0], m.begun[:0]
	}
	for _, t := range m.touched {
		m.found[t] = 0
	}
	for _, n := range m.begun {
		m.rules[n] = standing{}
	}
	m.touched, m.begun = m.touched[:0], m.begun[:0]
}

func (s *ruleSet) touch(m *matching, t int32, f fields) {
	if m.found[t] == 0 {
		m.touched = append(m.touched, t)
	}
	m.found[t] |= f
}

// matched lists the terms for which a rule holds.
func (s *ruleSet) matched(m *matching, n int32) []int32 {
	var terms []int32
	for _, t := range m.touched {
		if m.found[t]&s.rules[n].in == 0 {
			continue
		}
		for _, u := range s.terms[t].uses {
			if u.rule == n && u.role != roleNone {
				terms = append(terms, t)
				break
			}
		}
	}
	return terms
}

// near tells whether the operands of a ~N b stand near enough to each other among the hits of the
// passage under way. In a ~N b ~M c, b must be the same place for both.
func (c *compiledTerm) near(m *matching) bool {
	left := places(m.near[0][:0], m.hits, c.first)
	for i, gap := range c.gaps {
		right := places(m.near[1][:0], m.hits, c.first+int32(i)+1)
		kept := right[:0]
		for _, b := range right {
			if beside(left, b, int32(gap)) {
				kept = append(kept, b)
			}
		}
		m.near[0], m.near[1] = kept, left
		left = kept
	}
	return len(left) > 0
}

// beside tells whether one of the places, all of one length and in order, ends at most gap words
// before b or begins at most gap words behind it.
func beside(places []hit, b hit, gap int32) bool {
	before, _ := slices.BinarySearchFunc(places, b.start-gap, func(a hit, end int32) int { return int(a.end - end) })
	if before < len(places) && places[before].end <= b.start {
		return true
	}
	behind, _ := slices.BinarySearchFunc(places, b.end, func(a hit, start int32) int { return int(a.start - start) })
	return behind < len(places) && places[behind].start <= b.end+gap
}

// places picks the hits of one phrase; they come in order.
func places(dst, hits []hit, phrase int32) []hit {
	for _, h := range hits {
		if h.phrase == phrase {
			dst = append(dst, h)
		}
	}
	return dst
}

// describe says in words why a rule holds: "lãi suất (title), giảm (summary)". Package say reads that for those who
// read other languages.
func (s *ruleSet) describe(m *matching, h holding) string {
	const most = 5
	if len(h.terms) == 0 {
		return "none of the rule's excluded terms"
	}
	var b strings.Builder
	for i, t := range h.terms {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(h.terms)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s (%s)", s.terms[t].text, (m.found[t] & s.rules[h.rule].in).String())
	}
	return b.String()
}

// String names the fields, in the order in which they are read.
func (f fields) String() string {
	var names []string
	for bit := inTitle; bit <= inLanguage; bit <<= 1 {
		for name, g := range fieldNames {
			if f&bit == g {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, ", ")
}
