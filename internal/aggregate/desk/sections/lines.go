package sections

import "feedd/internal/feed"

// Lines knows where rules and sources stand in the configuration as it is now. What is stored of a
// decision has the lines of the time it was made; since then lines may have moved, by a comment
// say, and rules that mean the same file nothing anew.
type Lines struct{ filer *Filer }

// NewLines reads the rules. Model and corrections of the options do not matter.
func NewLines(o Options) (*Lines, error) {
	o.Model, o.Corrections = nil, nil
	f, err := New(o)
	if err != nil {
		return nil, err
	}
	return &Lines{f}, nil
}

// Renew gives what was decided of an item the lines of the rules as they stand now. A decision
// that they would not make any more keeps the lines it has.
func (l *Lines) Renew(it *feed.Item) {
	f := l.filer
	w := f.memory.Get().(*filing)
	defer f.memory.Put(w)
	now := *it
	f.decide(&now, w)
	if it.Dropped != "" {
		if now.Dropped != "" {
			it.Dropped, it.Why.Said = now.Dropped, now.Why.Said
		}
		return
	}
	for i := range it.Sections {
		p := &it.Sections[i]
		for _, q := range now.Sections {
			if q.Section == p.Section && q.By == p.By && q.Detail == p.Detail {
				p.Line = q.Line
			}
		}
		section, known := f.index[p.Section]
		if !known {
			continue
		}
		var soft []ruleOwner // those that hold, as evidence lists them
		pin := 0
		for _, h := range w.holds {
			o := f.owner[h.rule]
			switch {
			case o.section != section:
			case o.purpose == toEnter && f.rules.rules[h.rule].weight != 0:
				soft = append(soft, o)
			case o.purpose == toPin && pin == 0:
				pin = o.line
			}
		}
		if p.Pinned && pin != 0 {
			p.PinLine = pin
		}
		var rules []*feed.Evidence
		for j := range p.Evidence {
			if p.Evidence[j].Kind == feed.EvidenceRule {
				rules = append(rules, &p.Evidence[j])
			}
		}
		if len(rules) == len(soft) {
			for j, o := range soft {
				rules[j].Line = o.line
			}
			if len(rules) > 0 {
				p.Line = rules[0].Line
			}
		}
	}
}
