package config

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"feedd/internal/feed"
)

// What may stand in the file, and is hardly what was meant.

// suspicious looks at the whole file, once everything in it is known.
func (b *builder) suspicious(f *file, cfg *Config) {
	b.oneAddress(f, cfg)
	b.unreachable(f, cfg)
	for i := range f.Sections.List {
		s := &f.Sections.List[i]
		b.shadowed(s.Rules)
		for _, rules := range [][]fileRule{s.Rules, s.Pin, s.Mute} {
			b.terms(rules)
		}
	}
	b.terms(f.Drop)
	for i, s := range cfg.Sources {
		if at := f.Sources[i].URL.at; at != nil && !s.AllowPrivate && s.Proxy == "" && b.checks.Private != nil && b.checks.Private(s.URL) {
			b.warn(at, say("add allow_private: true when it is yours"), "source %s is on a private address, and is not asked", s.ID)
		}
	}
}

// oneAddress finds sources that read one address in one way. Lists on one page are read by selectors
// of their own.
func (b *builder) oneAddress(f *file, cfg *Config) {
	type way struct {
		address string
		page    feed.Page
	}
	first := map[way]int{}
	for i, s := range cfg.Sources {
		w := way{address: feed.Canonical(s.URL)}
		if s.Page != nil {
			w.page = *s.Page
		}
		at := f.Sources[i].URL.at
		if w.address == "" || at == nil {
			continue
		}
		if j, ok := first[w]; ok {
			b.warn(at, say("keep one"), "source %s reads the address of source %s on line %d once more", s.ID, cfg.Sources[j].ID, cfg.Sources[j].Line)
			continue
		}
		first[w] = i
	}
}

// unreachable finds sections into which nothing can come: no source names them, no rule leads there.
func (b *builder) unreachable(f *file, cfg *Config) {
	fed := map[string]bool{}
	for _, s := range cfg.Sources {
		fed[s.Section] = true
		for _, section := range s.Category {
			fed[section] = true
		}
	}
	for i, s := range cfg.Sections {
		if at := f.Sections.List[i].ID.at; at != nil && !fed[s.ID] && len(s.Rules) == 0 && len(cfg.Sources) > 0 {
			b.warn(at, say("give a source section: %s, or the section a rule", s.ID), "nothing reaches the section %s but what an editor files there", s.ID)
		}
	}
}

// shadowed finds rules that add nothing to one before them in their section.
func (b *builder) shadowed(rules []fileRule) {
	for i := range rules {
		r := &rules[i]
		if r.at == nil || r.Weight.given() {
			continue
		}
		for j := range i {
			if e := &rules[j]; e.at != nil && !e.Weight.given() && covers(e, r) {
				b.warn(r.at, say("remove it"), "this rule adds nothing: what it takes, the rule on line %d takes already", e.at.Line)
				break
			}
		}
	}
}

// covers tells whether a rule takes whatever another takes.
func covers(wide, narrow *fileRule) bool {
	in := func(r *fileRule) []string {
		if len(r.In) == 0 {
			return []string{"title", "summary"}
		}
		return texts(r.In)
	}
	return subset(texts(wide.All), texts(narrow.All)) && subset(texts(wide.None), texts(narrow.None)) && subset(in(narrow), in(wide)) &&
		(len(wide.Any) == 0 || len(narrow.Any) > 0 && subset(texts(narrow.Any), texts(wide.Any)))
}

func texts(list []text) (all []string) {
	for _, t := range list {
		all = append(all, strings.TrimSpace(t.is))
	}
	return all
}

func subset(part, whole []string) bool {
	return !slices.ContainsFunc(part, func(s string) bool { return !slices.Contains(whole, s) })
}

// acronym is a term whose capitals were meant: "AI" matches ai, which is Vietnamese for who.
var acronym = regexp.MustCompile(`^[A-Z]{2,5}$`)

// mostWeight is the evidence beyond which nothing that was learned can say no: e^5 is 148 to 1.
const mostWeight = 5

// terms finds quotes that YAML took away, and weights that decide alone.
func (b *builder) terms(rules []fileRule) {
	for i := range rules {
		r := &rules[i]
		for _, list := range [][]text{r.Any, r.All, r.None} {
			for _, t := range list {
				if t.given() && t.at.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 && acronym.MatchString(t.is) {
					b.warn(t.at, say(writeThis, `'"`+t.is+`"'`), "the quotes around %s are YAML's and gone: the term matches %s, too", t.is, strings.ToLower(t.is))
				}
			}
		}
		if w := r.Weight; w.given() && math.Abs(w.is) > mostWeight {
			b.warn(w.at, say("remove it to make the rule hard, or write one between 0.3 and 3"), "a weight of %v decides alone, whatever the section has learned", w.is)
		}
	}
}

// Texts without quotes, by what they are called, in which YAML may read something else than was meant: those that people
// read or that are looked for, and selectors, which may have a # of their own.
var (
	proseKeys    = []string{"title", "description", "summary", "not", "never", "a term"}
	selectorKeys = []string{"item", "title", "link", "summary", "date", "image"}
)

// curly are the quotes that keyboards of phones and word processors write, and YAML takes for letters.
const curly = "“”„‟‘’‚‛″«»"

// misread finds a text without quotes of which a comment took the end, and one with quotes that are none for YAML.
func (d *decoder) misread(n *yaml.Node, name string) {
	prose, term := slices.Contains(proseKeys, name), name == "a term"
	if comment := []rune(n.LineComment); len(comment) > 1 && (unicode.IsLetter(comment[1]) || unicode.IsDigit(comment[1])) && (prose || slices.Contains(selectorKeys, name)) {
		d.warn(n, say("write %s, or a space behind the # of a comment", inQuotes(n.Value+" "+n.LineComment)),
			"%s is %s alone: what begins at the # is a comment", called(name), shown(n.Value))
	}
	bare := strings.Trim(n.Value, curly)
	begins, ends := !strings.HasPrefix(n.Value, bare), !strings.HasSuffix(n.Value, bare)
	switch {
	case !prose || bare == "" || strings.ContainsAny(bare, curly):
	case begins && ends && term && acronym.MatchString(bare):
		d.warn(n, say(writeThis, `'"`+bare+`"'`), "the quotes around %s are letters to YAML, which knows \" and ' alone", bare)
	case begins && ends:
		d.warn(n, say("write %s, or %s where they are meant", inQuotes(bare), inQuotes(n.Value)), "the quotes around %s are letters to YAML, which knows \" and ' alone", bare)
	case (begins || ends) && term:
		d.warn(n, say(`put " before and behind the whole term`), "a quote of %s is a letter to YAML, which knows \" and ' alone", n.Value)
	}
}

// inQuotes is a text in quotes, as YAML takes it.
func inQuotes(s string) string {
	if strings.ContainsAny(s, `"\`) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return `"` + s + `"`
}
