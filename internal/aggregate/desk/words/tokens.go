package desk

import (
	"html"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"feedd/internal/feed"
)

// token is one word of a headline as headlines are compared: by norm where both were written with
// diacritics, else by fold.
type token struct {
	norm, fold uint32
	says       uint8 // how much: its inverse document frequency, bounded, in weight units
	flags      uint8
	initial    uint8 // first letter without diacritics, a capital if the word has one; 0 of numbers
}

func (t *token) weight() float32 { return float32(t.says) / weightUnit }

const (
	isName   = 1 << iota // capitalised where capitals mean something
	isNumber             // its hashes are of the value
	isPlace
	isDate
	isCapital // at the head of a sentence, where a capital alone says little
	isAcronym // it may be made of the first letters of words: BoE, BHXH
	isKnown   // of a name of the lexicon
	isJoining // of, the, and: need not have a letter in it
)

// doc is what is remembered of a report's text.
type doc struct {
	words  []uint32 // packed: those of title and summary, then pairs of neighbours, then names; each once
	parts  [2]int32 // where in words the pairs begin, and the names
	norms  [2]float32
	marked bool // written with diacritics
	digest bool
	advice bool      // how to cook, what to eat
	angle  bool      // looks at an event from aside
	genres uint16    // kinds of piece that are written about an event, by bit
	short  bool      // has a token that is an acronym
	told   bool      // has a summary
	length uint8     // of the headline, words
	head   uint8     // tokens before the first colon or bar, 0 when there is none
	tail   uint8     // tokens before the last one
	days   [2]uint16 // named in title and summary: month*100+day

	title    []token
	slots    []slot
	exact    uint64 // of the headline's normal form; equal means equal
	steps    uint64 // which words of a next step it has
	headHash uint32 // of the tokens before the first colon or bar
}

func (d *doc) all() []uint32   { return d.words[:d.parts[0]] }
func (d *doc) pairs() []uint32 { return d.words[d.parts[0]:d.parts[1]] }
func (d *doc) names() []uint32 { return d.words[d.parts[1]:] }

// pack holds a word of a set in 32 bits: 24 of its hash, 8 of its weight. Two words of two
// reports are taken for one by mistake once in some thousands of comparisons, which moves a
// cosine a little; it halves the memory.
func pack(h uint32, weight float32) uint32 {
	return h&^0xFF | uint32(min(255, max(1, weight*weightUnit)))
}

const weightUnit = 20

// reader turns texts into docs. Its buffers are used again for each text.
type reader struct {
	lx      *lexicon
	weights *weights
	outlets lexemes // the sources' own titles

	plain []feed.Word
	words []wordform
	title []spelled
	rest  []spelled
	index keySet // of the last text, in the inverted index
	// sets are the words, pairs and names of a text while they are collected.
	sets   [3]wordSet
	slots  []slot
	table  wordTable
	common []*spelled
	// seen takes each word of a text when frequencies are counted.
	seen func(text string)
}

// spelled is a token with its spelling, while a text is read.
type spelled struct {
	token
	weight float32
	text   string // canonical
	shown  string // as it was written
	start  bool   // of a sentence or a quotation
	day    uint16 // month*100+day of a date
	// rubric: a colon or bar stands before it.
	rubric bool
}

// NewCounter returns a reader that tells seen each word and each pair of neighbours of a text, in the
// form in which the table of frequencies has it. What it reads does not depend on that table.
func NewCounter(seen func(text string)) (*reader, error) {
	lx, err := readLexicon(func(_, _ uint32) bool { return false })
	if err != nil {
		return nil, err
	}
	return &reader{lx: lx, weights: weightsOnce(), outlets: newLexemes(), seen: seen}, nil
}

// Keys returns the words of the text read last that reports are found by, each once. They are
// overwritten by the next text.
func (rd *reader) Keys() []indexed { return rd.index.list }

func newReader(outlets []string) *reader {
	rd := &reader{lx: lexiconOnce(), weights: weightsOnce(), outlets: newLexemes()}
	for _, name := range outlets {
		rd.outlets.add(lexeme{words: wordsOf(name)})
	}
	return rd
}

// another returns a reader like rd that may be used beside it.
func (rd *reader) another() *reader {
	return &reader{lx: rd.lx, weights: rd.weights, outlets: rd.outlets}
}

// read returns what is to be remembered of a title and a summary in plain text.
func (rd *reader) read(title, summary string) *doc {
	d := &doc{}
	rd.readInto(d, title, summary)
	return d
}

func (rd *reader) readInto(d *doc, title, summary string) {
	title = unescape(title)
	rd.words, rd.plain = hashWords(rd.words[:0], rd.plain, title, math.MaxInt)
	words := rd.trim(rd.words, title)
	d.marked = marked(words)
	d.slots = rd.slots[:0]
	caps := capitalsMeanNothing(words, title)
	rd.title = rd.spell(rd.title[:0], words, title, d.marked, caps, d)
	rd.contradictions(d, words, title, caps)
	rd.slots, d.slots = d.slots, append(make([]slot, 0, len(d.slots)), d.slots...)

	for i := range rd.title {
		if i > 1 && rd.title[i].rubric && i < len(rd.title)-1 {
			if d.tail = uint8(min(i, 255)); d.head > 0 {
				continue
			}
			d.head = d.tail
			for _, u := range rd.title[:i] {
				d.headHash = pairHash(d.headHash, u.fold)
			}
		}
	}
	d.title = make([]token, len(rd.title))
	exact := uint64(14695981039346656037)
	for i, t := range rd.title {
		t.says = uint8(min(255, max(1, t.weight*weightUnit)))
		d.title[i] = t.token
		exact = (exact ^ uint64(t.norm)) * 1099511628211
	}
	if len(d.title) > 0 {
		d.exact = exact
	}
	d.length = uint8(min(255, len(words)))

	rd.rest = rd.rest[:0]
	if summary != "" {
		summary = unescape(summary)
		rd.words, rd.plain = hashWords(rd.words[:0], rd.plain, summary, summaryWords)
		words := rd.words
		rd.rest = rd.spell(rd.rest, words, summary, marked(words), capitalsMeanNothing(words, summary), nil)
		d.told = len(rd.rest) >= 4
	}
	rd.collect(d)
	rd.days(d)
}

// days notes the first two days that the text names.
func (rd *reader) days(d *doc) {
	n := 0
	for _, list := range [][]spelled{rd.title, rd.rest} {
		for i := range list {
			if day := list[i].day; day != 0 && day != d.days[0] && n < len(d.days) {
				d.days[n] = day
				n++
			}
		}
	}
}

// summaryWords bounds what of a summary is looked at: the news stands at its head.
const summaryWords = 64

func unescape(s string) string {
	for range 2 { // some feeds escape twice
		if strings.IndexByte(s, '&') < 0 {
			return s
		}
		s = html.UnescapeString(s)
	}
	return s
}

func marked(words []wordform) bool {
	for i := range words {
		if words[i].Marked {
			return true
		}
	}
	return false
}

// capitalsMeanNothing: everything is in capitals, or most words begin with one, as in English titles.
func capitalsMeanNothing(words []wordform, text string) bool {
	upper, letters := 0, 0
	for i := range words {
		w := &words[i]
		if w.Fold[0] >= '0' && w.Fold[0] <= '9' {
			continue
		}
		letters++
		if w.Upper {
			upper++
		}
	}
	if letters < 3 {
		return upper == letters && !strings.ContainsFunc(text, unicode.IsLower)
	}
	return upper*10 >= letters*7 && (letters >= 7 || !strings.ContainsFunc(text, unicode.IsLower))
}

// between returns the text between two neighbouring words.
func between(text string, a, b wordform) string { return text[a.End:b.Start] }

// trim takes labels and outlets off both ends of a headline, while three words are left.
func (rd *reader) trim(words []wordform, text string) []wordform {
	const least = 3
	for again := true; again && len(words) > least; {
		again = false
		if p, ok := rd.label(words, text); ok && len(words)-p >= least {
			words, again = words[p:], true
		}
		if n, ok := rd.signature(words, text); ok && len(words)-n >= least {
			words, again = words[:len(words)-n], true
		}
	}
	return words
}

// label returns how many words a label before the headline has.
func (rd *reader) label(words []wordform, text string) (int, bool) {
	m := marked(words)
	n := 0
	for _, ps := range []lexemes{rd.lx.labels, rd.lx.outlets, rd.outlets} {
		for _, form := range []bool{m, false} {
			if p, ok := ps.find(words, form); ok {
				n = max(n, len(p.words))
			}
		}
	}
	if n == 0 || n >= len(words) {
		return 0, false
	}
	gap := between(text, words[n-1], words[n])
	before := text[max(0, words[0].Start-3):words[0].Start]
	switch {
	case strings.ContainsAny(gap, ":|]"), strings.ContainsAny(before, "[(") && strings.ContainsAny(gap, ")]"):
		return n, true
	case strings.ContainsAny(gap, "-–—") && strings.HasSuffix(gap, " "):
		return n, true
	case gap == "-" && words[n-1].Fold[0] <= '9': // UPDATE 1-
		return n, true
	}
	return 0, false
}

// signature returns how many words an outlet's name or a label behind the headline has.
func (rd *reader) signature(words []wordform, text string) (int, bool) {
	const longest = 7
	for n := 1; n <= min(longest, len(words)-1); n++ {
		at := len(words) - n
		gap := text[words[at-1].End:words[at].Start]
		if gap == " " || !strings.ContainsAny(gap, "|([-–—•·") || strings.ContainsAny(gap, "-–—") && (gap == "-" || gap == "–") {
			continue
		}
		if rd.outletName(words[at:], text) {
			return n, true
		}
		for _, form := range []bool{true, false} {
			if p, ok := rd.lx.labels.find(words[at:], form); ok && len(p.words) == n {
				return n, true // … [Video]
			}
		}
		if strings.ContainsAny(gap, "|") {
			return 0, false
		}
	}
	return 0, false
}

func (rd *reader) outletName(tail []wordform, text string) bool {
	if len(tail) > 1 && tail[0].Fold == "theo" { // … (Theo Reuters)
		tail = tail[1:]
	}
	for _, ps := range []lexemes{rd.outlets, rd.lx.outlets} {
		for _, m := range []bool{true, false} {
			if p, ok := ps.find(tail, m); ok && len(tail)-len(p.words) <= 2 {
				return true // a channel's name may stand behind the outlet's
			}
		}
	}
	first, last := tail[0], tail[len(tail)-1]
	if !first.Upper && !strings.Contains(text[first.Start:last.End], ".") {
		return false
	}
	if len(tail) >= 2 && len(tail) <= 5 && last.Upper && (rd.lx.papers[first.fold] || rd.lx.papers[last.fold]) {
		return true
	}
	if len(tail) >= 2 && len(tail) <= 4 { // example.com, example.com.vn
		switch last.Fold {
		case "vn", "com", "net", "org":
			return between(text, tail[len(tail)-2], last) == "."
		}
	}
	return false
}

// spell appends the tokens of words to dst. With d, what sets headlines apart is noted there.
func (rd *reader) spell(dst []spelled, words []wordform, text string, marked, caps bool, d *doc) []spelled {
	first := len(dst)
	for i := 0; i < len(words); {
		w := &words[i]
		start, rubric := i == 0, false
		if !start {
			if gap := text[words[i-1].End:w.Start]; gap != " " { // as it nearly always is
				rubric = strings.ContainsAny(gap, ":|")
				start = strings.ContainsAny(gap, ".:?!\"“‘'|") && !strings.HasSuffix(gap, "’")
			}
		}
		before := len(dst)
		if n := rd.number(&dst, first, words, i, text, marked, d); n > 0 {
			dst[before].rubric = rubric
			i += n
			continue
		}
		name := w.Upper && !caps && !start && !shouted(w, text)
		p, ok := rd.lx.lexemes.find(words[i:], marked)
		if ok && p.word && name && marked && !isUpper(text[w.Start:w.End]) {
			ok = false // part of a name: Mai Chi spends nothing
		}
		if !ok && w.Upper && !caps {
			p, ok = rd.lx.exact.find(words[i:], marked)
			ok = ok && isUpper(text[w.Start:words[i+len(p.words)-1].End])
		}
		if ok {
			dst = rd.replace(dst, p, text[w.Start:words[i+len(p.words)-1].End], d)
			dst[before].rubric = rubric
			if p.name && w.Upper && !caps {
				for k := before; k < len(dst); k++ {
					dst[k].flags |= isKnown
				}
			}
			for k := range p.words {
				if len(p.words) == len(dst)-before { // a word for a word
					dst[before+k].initial = initial(&words[i+k])
				}
			}
			i += len(p.words)
			continue
		}
		if start && w.Upper && !caps && !shouted(w, text) && i+1 < len(words) && words[i+1].Upper && text[w.End:words[i+1].Start] == " " {
			name = true // two capitals: a name at the head of a sentence
		}
		t := spelled{text: w.Normal, shown: text[w.Start:w.End], start: start, rubric: rubric}
		t.norm, t.fold = w.normal, w.fold
		if name {
			t.flags |= isName
		} else if start && w.Upper && !caps && !w.Marked {
			t.flags |= isCapital
		}
		if d != nil {
			t.initials(w, caps && !strings.ContainsFunc(text, unicode.IsLower))
			d.short = d.short || t.flags&isAcronym != 0
		}
		dst = append(dst, t)
		i++
	}
	for i := first; i < len(dst); i++ {
		t := &dst[i]
		if t.weight == 0 {
			t.weight = rd.weights.word(t.norm, t.fold, marked)
		}
		if t.flags&isCapital != 0 && t.weight >= rareName {
			t.flags |= isName // Samsung, Vingroup
		}
	}
	return dst
}

// initials notes what joins an acronym with the words it is made of; loud says that the whole
// headline is in capitals.
func (t *spelled) initials(w *wordform, loud bool) {
	if t.initial = initial(w); t.initial == 0 {
		return
	}
	switch w.Fold {
	case "of", "the", "and", "for", "va", "cua":
		t.flags |= isJoining
	}
	if !w.Upper {
		return
	}
	last := t.shown[len(t.shown)-1]
	if n := len(w.Fold); n < 2 || loud || 'a' <= last && last <= 'z' || !acronym(t.shown) {
		return
	} else if n >= leastAcronym && n <= mostAcronym {
		t.flags |= isAcronym
	}
	if t.flags&isCapital != 0 {
		t.flags |= isName // MU, BIDV: not all in capitals for standing first
	}
}

// initial returns the first letter of a word without diacritics, 0 when that is no letter.
func initial(w *wordform) uint8 {
	switch c := w.Fold[0]; {
	case c < 'a' || c > 'z':
		return 0
	case w.Upper:
		return c - 'a' + 'A'
	default:
		return c
	}
}

// Letters of an acronym that is taken for the words it is made of: of fewer, other words have the
// same too often.
const (
	leastAcronym = 3
	mostAcronym  = 7
)

// acronym says whether a word is all in capitals, or has one behind a small letter and another at
// its head: BIDV, BoE.
func acronym(s string) bool {
	upper, letters := 0, 0
	for _, r := range s {
		letters++
		if unicode.IsUpper(r) {
			upper++
		} else if letters == 1 || !unicode.IsLower(r) {
			return false
		}
	}
	return 2*upper > letters
}

// shouted says whether a word of several letters and diacritics is all in capitals: emphasis, as in
// "BÍ QUYẾT ÔN THI: …", where an abbreviation would have no diacritics.
func shouted(w *wordform, text string) bool {
	return w.Marked && utf8.RuneCountInString(text[w.Start:w.End]) > 1 && isUpper(text[w.Start:w.End])
}

// rareName is the weight from which a capitalised word without diacritics is a name wherever it stands.
const rareName = 4.2

func isUpper(s string) bool {
	return !strings.ContainsFunc(s, unicode.IsLower)
}

// replace appends the canonical words of a lexeme.
func (rd *reader) replace(dst []spelled, p *lexeme, shown string, d *doc) []spelled {
	for k, t := range p.tokens {
		if t.flags&isNumber == 0 {
			t.shown = shown
		} else if v, _ := plainNumber(p.to[k]); d != nil && k+1 < len(p.to) {
			d.slots = append(d.slots, slot{quantity, hash(p.to[k+1]), v})
		}
		dst = append(dst, t)
	}
	return dst
}

// foldNormal folds a word that is in normal form.
func foldNormal(w string) string {
	if n := len(w); n > 1 && w[n-1] >= '1' && w[n-1] <= '5' && (w[n-2] < '0' || w[n-2] > '9') {
		w = w[:n-1]
	}
	return feed.Fold(w)
}

// collect fills the sets of words, pairs and names from the title and the summary just read, and
// the keys under which the report is indexed.
func (rd *reader) collect(d *doc) {
	all, pairs, names := &rd.sets[0], &rd.sets[1], &rd.sets[2]
	most := len(rd.title) + len(rd.rest)
	rd.index.begin(most)
	all.begin(most)
	pairs.begin(most)
	names.begin(2 * most)
	for _, list := range [][]spelled{rd.title, rd.rest} {
		for i := range list {
			t := &list[i]
			if t.flags&isDate == 0 {
				p := pack(t.norm, t.weight)
				all.add(p)
				if t.weight >= tellingWord {
					rd.index.add(indexed{newIndexKey(t.fold, t.weight), p})
				}
			}
			if rd.seen != nil && t.flags&isNumber == 0 {
				rd.seen(t.text)
			}
			if i > 0 && t.flags&isDate == 0 {
				u := &list[i-1]
				h := pairHash(u.norm, t.norm)
				w := rd.weights.pair(h, u.weight, t.weight)
				if w >= leastPair {
					pairs.add(pack(h, w))
				}
				if u.flags&isName != 0 && t.flags&isName != 0 && !t.start {
					names.add(pack(h, w))
				}
				if rd.seen != nil && t.flags&isNumber == 0 && u.flags&isNumber == 0 {
					rd.seen(u.text + " " + t.text)
				}
			}
			if t.flags&isName != 0 && t.weight > 4 {
				names.add(pack(t.norm, t.weight))
			}
		}
	}
	// One block of memory for the three.
	n, m := len(all.list), len(all.list)+len(pairs.list)
	d.words = make([]uint32, m+len(names.list))
	copy(d.words, all.list)
	copy(d.words[n:], pairs.list)
	copy(d.words[m:], names.list)
	d.parts = [2]int32{int32(n), int32(m)}
	d.norms = [2]float32{length(d.all()), length(d.pairs())}
}

// leastPair is the weight below which two neighbours tell nothing.
const leastPair = 3.5

func pairHash(a, b uint32) uint32 {
	h := (a*31 ^ b) * 16777619
	return h ^ h>>15
}

// wordSet collects packed words, each once: with the least of its weights, should it have several.
type wordSet struct {
	list  []uint32
	table wordTable
	at    []int32 // by slot of the table: the place in list
}

func (s *wordSet) begin(most int) {
	s.list = s.list[:0]
	s.table.clear(most)
	if len(s.at) < len(s.table.slots) {
		s.at = make([]int32, len(s.table.slots))
	}
}

func (s *wordSet) add(p uint32) {
	i := s.table.slot(p)
	switch q := &s.table.slots[i]; {
	case *q == 0:
		*q, s.at[i] = p, int32(len(s.list))
		s.list = append(s.list, p)
	case p < *q:
		*q, s.list[s.at[i]] = p, p
	}
}

func length(list []uint32) float32 {
	var sum uint32
	for _, p := range list {
		sum += (p & 0xFF) * (p & 0xFF)
	}
	return float32(math.Sqrt(float64(sum))) / weightUnit
}
