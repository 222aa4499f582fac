package sections

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"feedd/internal/feed"
)

// An automaton finds all phrases of all rules in one pass over a text's words. It is a trie whose
// edges are word ids; the states that are open while it reads are the phrases begun. What it costs
// grows with the text, not with the number of phrases.
//
// One word of a phrase may be compared in one of three forms, each with ids of its own:
//
//	normal  the diacritics count
//	folded  they do not
//	bare    the phrase has diacritics and the text was typed without any
type automaton struct {
	words    map[string]forms   // by normal and by folded spelling
	prefixes map[string][]begun // words begun, by their folded letters
	lengths  []int              // the lengths of the keys of prefixes, ascending
	begins   [256]bool          // by the first byte of a folded word: whether a word of a phrase begins so
	symbols  int32
	edges    map[edge]int32
	leaves   [][]leaf // by node
	phrases  int      // number of distinct phrases; a phrase's id is below it
}

// forms are the ids of one spelling, 0 where no phrase has it.
type forms struct{ normal, folded, bare int32 }

// begun is a word of a phrase that ends in a star.
type begun struct {
	symbol int32
	form   form
	base   string // normal form without tone
	tone   byte   // 0: on none of these letters, but perhaps on a later one
}

type form uint8

const (
	normal form = iota
	folded
	bare
)

type edge struct{ node, symbol int32 }

// leaf is a phrase that ends at a node.
type leaf struct {
	phrase int32
	bare   bool // compared in bare form
	name   bool // see phrase.name
	exact  string
	signs  []signs
	lead   int
	length int // in words
}

// hit is a place where a phrase stands: words[start:end] of a passage.
type hit struct {
	phrase     int32
	start, end int32
}

func newAutomaton() *automaton {
	return &automaton{
		words:    map[string]forms{},
		prefixes: map[string][]begun{},
		edges:    map[edge]int32{},
		leaves:   make([][]leaf, 1),
	}
}

// add enters a phrase and returns its id. Every call gives a new id.
func (a *automaton) add(p phrase) int32 {
	id := int32(a.phrases)
	a.phrases++
	l := leaf{phrase: id, name: p.name, exact: p.exact, lead: p.lead, signs: p.signs, length: len(p.words)}
	if !p.marked() {
		a.enter(p, l, folded)
		return id
	}
	a.enter(p, l, normal)
	if p.exact == "" {
		l.bare = true
		a.enter(p, l, bare)
	}
	return id
}

func (a *automaton) enter(p phrase, l leaf, f form) {
	node := int32(0)
	for _, w := range p.words {
		wf := f
		if f != folded && !w.marked && w.normal != w.fold {
			wf = folded // a foreign word's marks do not count
		}
		e := edge{node, a.symbol(w, wf)}
		next, ok := a.edges[e]
		if !ok {
			next = int32(len(a.leaves))
			a.leaves = append(a.leaves, nil)
			a.edges[e] = next
		}
		node = next
	}
	a.leaves[node] = append(a.leaves[node], l)
}

func (a *automaton) symbol(w phraseWord, f form) int32 {
	if w.fold != "" {
		a.begins[w.fold[0]] = true
	}
	if w.begun {
		return a.prefix(w, f)
	}
	key := w.fold
	switch f {
	case normal:
		key = spelling(w.normal)
	case bare:
		key = spelling(w.fold)
	}
	ids := a.words[key]
	p := [...]*int32{normal: &ids.normal, folded: &ids.folded, bare: &ids.bare}[f]
	if *p == 0 {
		a.symbols++
		*p = a.symbols
		a.words[key] = ids
	}
	return *p
}

func (a *automaton) prefix(w phraseWord, f form) int32 {
	b := begun{form: f}
	if f == normal {
		b.base, b.tone = untoned(w.normal, w.marked)
	}
	for _, other := range a.prefixes[w.fold] {
		if other.form == b.form && other.base == b.base && other.tone == b.tone {
			return other.symbol
		}
	}
	a.symbols++
	b.symbol = a.symbols
	a.prefixes[w.fold] = append(a.prefixes[w.fold], b)
	if !slices.Contains(a.lengths, len(w.fold)) {
		a.lengths = append(a.lengths, len(w.fold))
		slices.Sort(a.lengths)
	}
	return b.symbol
}

// untoned splits the tone off the normal form of a word with diacritics.
func untoned(normal string, marked bool) (base string, tone byte) {
	if i := len(normal) - 1; marked && i > 0 && '1' <= normal[i] && normal[i] <= '5' {
		return normal[:i], normal[i]
	}
	return normal, 0
}

// tonedWithin tells whether one of the first n letters of a word carries a tone.
func tonedWithin(word string, n int) bool {
	for _, r := range norm.NFD.String(word) {
		switch r {
		case 0x0300, 0x0301, 0x0303, 0x0309, 0x0323:
			return true
		}
		if !unicode.Is(unicode.M, r) {
			if n == 0 {
				return false
			}
			n--
		}
	}
	return false
}

// state is a phrase begun: the node reached and the word it began at.
type state struct{ node, start int32 }

// scan is the memory one pass needs, kept between passes.
type scan struct {
	open, next []state
	symbols    []int32
}

// find appends to hits every place of every phrase in the passage.
func (a *automaton) find(hits []hit, sc *scan, p *passage) []hit {
	sc.open = sc.open[:0]
	for i := range p.words {
		w := &p.words[i]
		sc.next = sc.next[:0]
		for _, sym := range a.read(sc, w, p) {
			if node, ok := a.edges[edge{0, sym}]; ok {
				sc.next = append(sc.next, state{node, int32(i)})
			}
			for _, s := range sc.open {
				if node, ok := a.edges[edge{s.node, sym}]; ok {
					sc.next = append(sc.next, state{node, s.start})
				}
			}
		}
		for _, s := range sc.next {
			for j := range a.leaves[s.node] {
				if l := &a.leaves[s.node][j]; l.accepts(p, s.start) {
					hits = append(hits, hit{l.phrase, s.start, int32(i) + 1})
				}
			}
		}
		sc.open, sc.next = sc.next, sc.open
	}
	return hits
}

// read returns the ids under which a word of a text may be met.
func (a *automaton) read(sc *scan, w *feed.Word, p *passage) []int32 {
	ids := sc.symbols[:0]
	if w.Fold != "" && !a.begins[w.Fold[0]] {
		return ids // a query has a few words, and a text hundreds
	}
	f := a.words[w.Fold]
	if f.folded != 0 {
		ids = append(ids, f.folded)
	}
	asBare := p.script == unaccented || p.script == foreign && w.Upper
	sp := spelling(w.Fold)
	if sp != w.Fold {
		f = a.words[sp]
	}
	if f.bare != 0 && asBare && !w.Marked {
		ids = append(ids, f.bare)
	}
	if w.Marked {
		f = a.words[spelling(w.Normal)]
	}
	if f.normal != 0 {
		ids = append(ids, f.normal)
	}
	for _, n := range a.lengths {
		if n > len(w.Fold) {
			break
		}
		for _, b := range a.prefixes[w.Fold[:n]] {
			switch b.form {
			case bare:
				if !asBare || w.Marked {
					continue
				}
			case normal:
				base, tone := untoned(w.Normal, w.Marked)
				if !strings.HasPrefix(base, b.base) || b.tone != 0 && b.tone != tone ||
					b.tone == 0 && tone != 0 && tonedWithin(p.text[w.Start:w.End], utf8.RuneCountInString(b.base)) {
					continue
				}
			}
			ids = append(ids, b.symbol)
		}
	}
	sc.symbols = ids
	return ids
}

// accepts tells whether a phrase whose words were found stands there as it must.
func (l *leaf) accepts(p *passage, start int32) bool {
	if l.signs != nil && !hasSigns(l.signs, p, start) {
		return false
	}
	if l.bare && p.script == foreign {
		return l.name
	}
	if l.exact != "" {
		from := p.words[start].Start - l.lead
		return from >= 0 && strings.HasPrefix(p.text[from:], l.exact)
	}
	return true
}
