package sections

import (
	"slices"
	"strings"

	"feedd/internal/feed"
)

// ExpectationFailure is a headline that did not go where its section's `expect:` says.
type ExpectationFailure struct {
	Section string
	Line    int       // of the expectation
	Title   string    // the headline
	Not     bool      // it was expected to stay out
	Message feed.Text // what won instead and why
}

// CheckExpectations files the headlines that the sections expect, or expect not, by the rules
// alone: an expectation tries what the editor wrote, and must not come true or fail by what the
// sections have learned meanwhile. Failures come in the order of the configuration. The error
// joins every rule that cannot be read.
func CheckExpectations(sections []feed.Section, drop []feed.Rule, set feed.SectionSettings) ([]ExpectationFailure, error) {
	set.Learn = false
	f, err := New(Options{Sections: sections, Drop: drop, Learning: set})
	if err != nil {
		return nil, err
	}
	var failures []ExpectationFailure
	for i, s := range sections {
		for _, e := range s.Expect {
			if message := f.expect(i, e); message.Key != "" {
				failures = append(failures, ExpectationFailure{s.ID, e.Line, e.Title, e.Not, message})
			}
		}
	}
	return failures, nil
}

// expect returns why an expectation fails, nothing when it holds.
func (f *Filer) expect(section int, e feed.Expect) feed.Text {
	s := &f.sections[section]
	it := feed.Item{Title: e.Title, Summary: e.Summary}
	if !Vietnamese(e.Title + e.Summary) {
		it.Language = s.Language
	}
	f.File(&it)
	i := slices.IndexFunc(it.Sections, func(p feed.Placement) bool { return p.Section == s.ID })
	switch {
	case e.Not && i >= 0:
		return feed.Say("%q enters %s %s", e.Title, s.ID, because(it.Sections[i]))
	case e.Not || i >= 0:
		return feed.Text{}
	case it.Dropped != "":
		return feed.Say("%q does not enter %s: it is %s", e.Title, s.ID, it.Why.Said[0])
	}
	why := f.hindered(&it, section)
	if len(it.Sections) == 0 {
		return feed.Say("%q does not enter %s: %s; it stays unsorted", e.Title, s.ID, why)
	}
	won := feed.Say("%s %s", it.Sections[0].Section, because(it.Sections[0]))
	for _, p := range it.Sections[1:] {
		won = feed.Say("%s and %s", won, feed.Say("%s %s", p.Section, because(p)))
	}
	return feed.Say("%q does not enter %s: %s; it enters %s", e.Title, s.ID, why, won)
}

// because says by what authority and why an item was placed.
func because(p feed.Placement) feed.Text {
	why := feed.Say("by " + p.By)
	switch {
	case p.By == byRule:
		why = feed.Say("by the rule in line %d", p.Line)
	case p.By == byLearned && p.Probability > 0:
		why = feed.Say("by the weights of soft rules, with probability %.2f", p.Probability)
	}
	for i, reason := range p.Reasons() {
		if i == 0 {
			why = feed.Say("%s: %s", why, reason)
		} else {
			why = feed.Say("%s, %s", why, reason)
		}
	}
	return why
}

// hindered names what kept an item out of a section although a part of a rule matched.
func (f *Filer) hindered(it *feed.Item, section int) feed.Text {
	w := f.memory.Get().(*filing)
	defer f.memory.Put(w)
	again := *it
	f.decide(&again, w)
	if !f.speaks(section, w.read.language) {
		return feed.Say("the section takes only %s and the headline is %s", f.sections[section].Language, w.read.language)
	}
	for _, h := range w.holds {
		if o := f.owner[h.rule]; o.section == section && o.purpose == toMute {
			return feed.Say("the mute rule in line %d keeps it out: %s", o.line, feed.Say(f.rules.describe(&w.match, h)))
		}
	}
	for _, h := range w.holds {
		if o := f.owner[h.rule]; o.section == section && o.purpose == toEnter {
			return feed.Say("the soft rule in line %d holds, but its weight of %g is not enough", o.line, f.rules.rules[h.rule].weight)
		}
	}
	for _, n := range w.match.begun {
		o, r, st := f.owner[n], &f.rules.rules[n], &w.match.rules[n]
		switch {
		case o.section != section || o.purpose != toEnter:
		case st.all == r.all && (r.any == 0 || st.any > 0) && st.none:
			return feed.Say("the rule in line %d would hold, but its `none` has %s", o.line, strings.Join(f.rules.excluding(&w.match, n), ", "))
		case st.all < r.all && st.all+st.any > 0:
			return feed.Say("the rule in line %d needs all of its %d terms and found %d", o.line, r.all, st.all)
		}
	}
	if line, term := f.tooFarApart(w, section); term != "" {
		return feed.Say("the rule in line %d has %s, and the words stand farther apart", line, term)
	}
	return feed.Say("no rule of the section matches")
}

// tooFarApart finds a term a ~N b of a section's rule of which both sides stand in the text that
// was read, and its rule's line.
func (f *Filer) tooFarApart(w *filing, section int) (line int, term string) {
	for t := range f.rules.terms {
		c := &f.rules.terms[t]
		at := slices.IndexFunc(c.uses, func(u use) bool {
			o := f.owner[u.rule]
			return u.role != roleNone && o.section == section && o.purpose == toEnter
		})
		if len(c.phrases) < 2 || at < 0 {
			continue
		}
		for i := range w.read.passages {
			p := &w.read.passages[i]
			if p.field&c.in == 0 {
				continue
			}
			hits := f.rules.auto.find(nil, &w.match.scan, p)
			missing := false
			for k := range c.phrases {
				id := c.first + int32(k)
				missing = missing || !slices.ContainsFunc(hits, func(h hit) bool { return h.phrase == id })
			}
			if !missing {
				return f.owner[c.uses[at].rule].line, c.text
			}
		}
	}
	return 0, ""
}

// excluding lists the terms that keep a rule from holding.
func (s *ruleSet) excluding(m *matching, n int32) []string {
	var terms []string
	for _, t := range m.touched {
		if m.found[t]&s.rules[n].in != 0 && slices.Contains(s.terms[t].uses, use{n, roleNone}) {
			terms = append(terms, s.terms[t].text)
		}
	}
	return terms
}
