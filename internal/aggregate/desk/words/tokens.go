// Package words reads a headline. In comes a headline with its summary, in plain text; out comes a
// Text: the words as headlines are compared, neighbours, names, figures, dates, places, the angle;
// and from Compare, how two of them contradict each other. What it knows of words stands in data:
// frequencies, which were counted, and lists of spellings, labels, opposites and places.
//
// It never sees a store, a story or a section, and nothing in it changes at run time: a text says the
// same wherever and whenever it is read.
package words

import (
	"html"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"feedd/internal/feed"
)

// Token is one word of a headline as headlines are compared: by norm where both were written with
// diacritics, else by fold.
type Token struct {
	Norm, Fold uint32
	says       uint8 // how much: its inverse document frequency, bounded, in weight units
	Flags      uint8
	Initial    uint8 // first letter without diacritics, a capital if the word has one; 0 of numbers
	number     uint8 // of its word among All of its text, nowhere where it is none of them
}

// Weight is its inverse document frequency, natural logarithm, bounded at 12.
func (t *Token) Weight() float32 { return float32(t.says) / WeightUnit }

const (
	IsName   = 1 << iota // capitalised where capitals mean something
	IsNumber             // its hashes are of the value
	IsDate
	IsCapital // at the head of a sentence, where a capital alone says little
	IsAcronym // it may be made of the first letters of words: BoE, BHXH
	IsJoining // of, the, and: need not have a letter in it
)

// Reader turns texts into docs. Its buffers are used again for each text.
type Reader struct {
	lx      *lexicon
	weights *weights
	outlets lexemes             // the sources' own titles
	own     []string            // names of the outlet that the text is from, see From
	hosts   map[string][]string // the names in a host

	plain []feed.Word
	words []wordform
	title []spelled
	rest  []spelled
	index keySet // of the last text, in the inverted index
	// sets are the words, pairs and names of a text while they are collected.
	sets    [3]wordSet
	open    Open // the text
	packed  packing
	table   Set
	common  []*spelled
	terms   []uint32
	letters [64]byte
	stems   stemmer
	// seen takes each word of a text when frequencies are counted.
	seen func(text string)
}

// spelled is a token with its spelling, while a text is read.
type spelled struct {
	Token
	weight float32
	text   string // canonical
	shown  string // as it was written
	start  bool   // of a sentence or a quotation
	day    uint16 // month*100+day of a date
	// rubric: a colon or bar stands before it.
	rubric bool
	paren  bool // it stands alone in parentheses
	varied bool // its fold is that of all its spellings
}

// NewCounter returns a reader that tells seen each word and each pair of neighbours of a text, in the
// form in which the table of frequencies has it. What it reads does not depend on that table.
func NewCounter(seen func(text string)) (*Reader, error) {
	lx, err := readLexicon(func(_, _ uint32) bool { return false }, "")
	if err != nil {
		return nil, err
	}
	return &Reader{lx: lx, weights: weightsOnce(), outlets: newLexemes(), seen: seen}, nil
}

// Keys returns the words of the text read last that reports are found by, each once. They are
// overwritten by the next text.
func (rd *Reader) Keys() []Key { return rd.index.list }

// NewReader returns a reader that takes the given outlets' names off both ends of headlines.
func NewReader(outlets []string) *Reader {
	rd := &Reader{lx: lexiconOnce(), weights: weightsOnce(), outlets: newLexemes()}
	for _, name := range outlets {
		rd.outlets.add(wordsOf(name), lexeme{})
	}
	return rd
}

// NewReaderWithout is NewReader with one of the Lists left empty: to measure what it is worth. It panics
// where there is no such list.
func NewReaderWithout(list string, outlets []string) *Reader {
	rd := NewReader(outlets)
	if list == "" {
		return rd
	}
	lx, err := readLexicon(weightsOnce().telling, list)
	if err != nil {
		panic(err)
	}
	rd.lx = lx
	return rd
}

// Naming tells of a headline whether one of these outlets' names stands in it: what it says no of, or SetsOff does, is
// read alike by readers that know the names and that do not.
func Naming(outlets []string) func(title string) bool {
	names := NewReader(outlets).outlets
	var list []wordform
	var scratch []feed.Word
	return func(title string) bool {
		title = unescape(feed.Head(title, titleBytes))
		list, scratch = hashWords(list[:0], scratch, title, math.MaxInt)
		words := joinInitials(list, title)
		for i := range words {
			for _, form := range []bool{true, false} {
				if _, ok := names.find(words[i:], form); ok {
					return true
				}
			}
		}
		return false
	}
}

// SetsOff tells whether a headline has a sign that may set an outlet's name off, see label and signature: a bracket, a colon, a
// bar, a dash, a dot in the middle, or a hyphen, but not between a word and what goes on with it. An escaped sign is taken for one.
func SetsOff(title string) bool {
	goesOn := func(i int) bool { // a word
		return i < len(title) && (title[i]|0x20 >= 'a' && title[i]|0x20 <= 'z' || title[i] >= '0' && title[i] <= '9' || title[i] >= 0x80)
	}
	word := 0 // where the word began that goes on, or may begin
	for i := 0; i < len(title); i++ {
		switch c := title[i]; {
		case c == 0xE2: // with two more: – — •
			return true
		case c == 0xC2 && i+1 < len(title) && title[i+1] == 0xB7: // ·
			return true
		case goesOn(i):
			continue
		case c == ':', c == '|', c == '(', c == ')', c == '[', c == ']', c == '&':
			return true
		case c == '-' && (word == i || title[word] <= '9' || !goesOn(i+1)):
			return true
		}
		word = i + 1
	}
	return false
}

// Another returns a reader like rd that may be used beside it.
func (rd *Reader) Another() *Reader {
	return &Reader{lx: rd.lx, weights: rd.weights, outlets: rd.outlets}
}

// Read returns what is to be remembered of a title and a summary in plain text.
func (rd *Reader) Read(title, summary string) *Text {
	d := &Text{}
	rd.ReadInto(d, title, summary)
	return d
}

// ReadInto is Read into a text that is empty.
func (rd *Reader) ReadInto(t *Text, title, summary string) {
	rd.open = Open{Text: t, slots: rd.open.slots[:0]}
	d := &rd.open
	title = unescape(feed.Head(title, titleBytes))
	rd.words, rd.plain = hashWords(rd.words[:0], rd.plain, title, math.MaxInt)
	words := rd.trim(joinInitials(rd.words, title), title)
	d.Marked = marked(words)
	capsOfTitle := capitalsMeanNothing(words, title)
	rd.title = rd.spell(rd.title[:0], words, title, d.Marked, capsOfTitle, d)
	rd.circumstances(&d.Circumstances, words, title, d.Marked, capsOfTitle, false)
	rd.contradictions(d, words, title, capsOfTitle)
	d.slots = d.slots[:min(len(d.slots), mostSlots)]
	d.Length = uint8(min(255, len(words)))
	rd.rubrics(d)
	if len(rd.title) > 0 {
		d.Exact = 14695981039346656037
		for i := range rd.title {
			d.Exact = (d.Exact ^ uint64(rd.title[i].Norm)) * 1099511628211
		}
	}

	rd.rest = rd.rest[:0]
	if summary != "" {
		summary = unescape(feed.Head(summary, summaryBytes))
		rd.words, rd.plain = hashWords(rd.words[:0], rd.plain, summary, summaryWords)
		words := joinInitials(rd.words, summary)
		marked, caps := marked(words), capitalsMeanNothing(words, summary)
		rd.rest = rd.spell(rd.rest, words, summary, marked, caps, nil)
		rd.circumstances(&d.Circumstances, words, summary, marked, caps, true)
		if !caps {
			rd.namesOfSummary(capsOfTitle)
		}
		d.Told = len(rd.rest) >= 4
	}
	rd.days(d)
	d.Meaning = rd.meaning()
	d.Language = rd.languageOf(title, summary)
	rd.collect(d)
}

// namesOfSummary takes for names what the headline's capitals do not tell from other words, where the summary does:
// every word, when they mean nothing, else the first of a sentence. A word is no name that stands in the summary without
// a capital, too.
func (rd *Reader) namesOfSummary(all bool) {
	for i := range rd.title {
		t := &rd.title[i]
		if t.Flags&(IsName|IsNumber) != 0 || !all && t.Flags&IsCapital == 0 {
			continue
		}
		name := uint8(0)
		for k := range rd.rest {
			u := &rd.rest[k]
			if u.Norm != t.Norm {
				continue
			}
			if name |= u.Flags & IsName; u.Flags&IsName == 0 && !u.start {
				name = 0
				break
			}
		}
		t.Flags |= name
	}
}

// rubrics notes where the first and the last rubric of the headline end.
func (rd *Reader) rubrics(d *Open) {
	for i := range rd.title {
		if i > 1 && rd.title[i].rubric && i < len(rd.title)-1 {
			if d.Tail = uint8(min(i, 255)); d.Head > 0 {
				continue
			}
			d.Head = d.Tail
			for _, u := range rd.title[:i] {
				d.HeadHash = pairHash(d.HeadHash, u.Fold)
			}
		}
	}
}

// days notes the first two days that the text names.
func (rd *Reader) days(d *Open) {
	n := 0
	for _, list := range [][]spelled{rd.title, rd.rest} {
		for i := range list {
			if day := list[i].day; day != 0 && day != d.Days[0] && n < len(d.Days) {
				d.Days[n] = day
				n++
			}
		}
	}
}

// summaryWords bounds what of a summary is looked at: the news stands at its head.
const summaryWords = 64

// Bounds in bytes: a headline is no longer when it is collected, and so many words of a summary hardly
// ever are.
const (
	titleBytes   = 1000
	summaryBytes = 8 << 10
)

// mostSlots bounds the figures and names of a headline that are held against those of others: each is
// held against each. News has up to a dozen: of 10,000 headlines none had more than 13.
const mostSlots = 16

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
func (rd *Reader) trim(words []wordform, text string) []wordform {
	const least = 3
	if n, ok := rd.ownSignature(words, text); ok {
		words = words[:len(words)-n]
	}
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
func (rd *Reader) label(words []wordform, text string) (int, bool) {
	m := marked(words)
	n := 0
	for _, ps := range []lexemes{rd.lx.labels, rd.outlets} {
		for _, form := range []bool{m, false} {
			if p, ok := ps.find(words, form); ok {
				n = max(n, p.length())
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
func (rd *Reader) signature(words []wordform, text string) (int, bool) {
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
			if p, ok := rd.lx.labels.find(words[at:], form); ok && p.length() == n {
				return n, true // … [Video]
			}
		}
		if strings.ContainsAny(gap, "|") {
			return 0, false
		}
	}
	return 0, false
}

func (rd *Reader) outletName(tail []wordform, text string) bool {
	if len(tail) > 1 && tail[0].Fold == "theo" { // … (Theo Reuters)
		tail = tail[1:]
	}
	for _, m := range []bool{true, false} {
		if p, ok := rd.outlets.find(tail, m); ok && len(tail)-p.length() <= 2 {
			return true // a channel's name may stand behind the outlet's
		}
	}
	first, last := tail[0], tail[len(tail)-1]
	if !first.Upper && !strings.Contains(text[first.Start:last.End], ".") {
		return false
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
func (rd *Reader) spell(dst []spelled, words []wordform, text string, marked, caps bool, d *Open) []spelled {
	first := len(dst)
	loud := caps && !strings.ContainsFunc(text, unicode.IsLower)
	for i := 0; i < len(words); {
		w := &words[i]
		start, rubric := i == 0, false
		if !start {
			start, rubric = opens(text[words[i-1].End:w.Start])
		}
		before := len(dst)
		if tokens, n := rd.number(dst, words, i, text, marked, d); n > 0 {
			dst = tokens
			dst[before].rubric = rubric
			i += n
			continue
		}
		capital := w.Upper && !caps
		name := capital && !start && !shouted(w, text)
		if p := rd.lexeme(words[i:], text, marked, name); p != nil {
			dst = rd.replace(dst, p, text[w.Start:words[i+p.length()-1].End], d)
			dst[before].rubric = rubric
			p.pass(dst[before:], words[i:])
			i += p.length()
			continue
		}
		if start && capital && !shouted(w, text) && i+1 < len(words) && words[i+1].Upper && text[w.End:words[i+1].Start] == " " {
			name = true // two capitals: a name at the head of a sentence
		}
		t := spelled{text: w.Normal, shown: text[w.Start:w.End], start: start, rubric: rubric}
		t.Norm, t.Fold = w.normal, w.fold
		if !marked && !w.Marked {
			t.text, t.Norm = rd.stems.of(w.Fold, w.fold)
			t.Fold = t.Norm
		}
		rd.vary(&t, w, marked)
		if name {
			t.Flags |= IsName
		} else if start && capital && !w.Marked {
			t.Flags |= IsCapital
		}
		t.Initial = initial(w)
		t.paren = i > 0 && isAside(text, w)
		if d != nil {
			t.initials(w, loud)
			d.Short = d.Short || t.Flags&IsAcronym != 0
		}
		dst = append(dst, t)
		i++
	}
	rd.weigh(dst[first:], marked)
	return dst
}

// opens says whether a sentence, or a quotation, begins behind what stands between two words, and
// whether the words before are a rubric.
func opens(gap string) (start, rubric bool) {
	if gap == " " { // as it nearly always is
		return false, false
	}
	return strings.ContainsAny(gap, ".:?!\"“‘'|") && !strings.HasSuffix(gap, "’"), strings.ContainsAny(gap, ":|")
}

// lexeme returns the phrase of the lexicon that the words begin with, nil where there is none.
// name says that the first word is part of a name.
func (rd *Reader) lexeme(words []wordform, text string, marked, name bool) *lexeme {
	w := &words[0]
	p, ok := rd.lx.lexemes.find(words, marked)
	if ok && p.word && name && marked && !isUpper(text[w.Start:w.End]) { // Mai Chi spends nothing
		return nil
	}
	return p
}

// pass gives the tokens that stand for the phrase what is known of its words.
func (p *lexeme) pass(tokens []spelled, words []wordform) {
	if p.length() == len(tokens) { // a word for a word
		for k := range tokens {
			tokens[k].Initial = initial(&words[k])
		}
	}
}

// weigh gives the tokens that have none a weight, and takes rare capitalised words for names.
func (rd *Reader) weigh(tokens []spelled, marked bool) {
	for i := range tokens {
		t := &tokens[i]
		if t.weight == 0 {
			t.weight = rd.weights.word(t.Norm, t.Fold, marked)
		}
		if t.Flags&IsCapital != 0 && t.weight >= rareName {
			t.Flags |= IsName // Samsung, Vingroup
		}
	}
}

// initials notes what joins an acronym with the words it is made of; loud says that the whole
// headline is in capitals.
func (t *spelled) initials(w *wordform, loud bool) {
	if t.Initial == 0 {
		return
	}
	if joining(w.Fold) {
		t.Flags |= IsJoining
	}
	if !w.Upper {
		return
	}
	last := t.shown[len(t.shown)-1]
	if n := len(w.Fold); n < 2 || loud || 'a' <= last && last <= 'z' || !acronym(t.shown) {
		return
	} else if n >= leastAcronym && n <= MostAcronym {
		t.Flags |= IsAcronym
	}
	if t.Flags&IsCapital != 0 {
		t.Flags |= IsName // MU, BIDV: not all in capitals for standing first
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

// joining says whether a word, in bare letters, may stand between those an acronym is made of without a letter in it.
func joining(fold string) bool {
	switch fold {
	case "of", "the", "and", "for", "va", "cua":
		return true
	}
	return false
}

// Letters of an acronym.
const (
	leastAcronym = 2
	MostAcronym  = 7
)

// acronym says whether a word is all in capitals, or has one behind a small letter and another at
// its head: BIDV, BoE.
func acronym(s string) bool {
	upper, letters := 0, 0
	for _, r := range s {
		if r == '.' { // U.N.
			continue
		}
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
func (rd *Reader) replace(dst []spelled, p *lexeme, shown string, d *Open) []spelled {
	for k, t := range p.tokens {
		if t.Flags&IsNumber == 0 {
			t.shown = shown
		} else if v, _ := plainNumber(p.to[k]); d != nil && k+1 < len(p.to) {
			d.slots = append(d.slots, slot{quantity, Hash(p.to[k+1]), v})
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
func (rd *Reader) collect(d *Open) {
	all, pairs, names := &rd.sets[0], &rd.sets[1], &rd.sets[2]
	most := len(rd.title) + len(rd.rest)
	rd.index.begin(most)
	all.begin(most)
	pairs.begin(most)
	names.begin(2 * most)
	rd.packed.begin()
	for _, list := range [][]spelled{rd.title, rd.rest} {
		for i := range list {
			t := &list[i]
			if t.Flags&IsDate == 0 {
				p := Pack(t.Norm, t.weight)
				rd.packed.word(all.add(p))
				if t.weight >= TellingFrom {
					fold := t.Fold
					if t.varied { // a word that reports hold has one list
						fold = t.Norm
					}
					rd.index.add(Key{newIndexKey(fold, t.weight), p})
				}
			} else {
				rd.packed.date(t.Norm)
			}
			if rd.seen != nil && t.Flags&IsNumber == 0 {
				rd.seen(t.text)
			}
			if i > 0 && t.Flags&IsDate == 0 {
				u := &list[i-1]
				w := rd.weights.pair(pairHash(u.Norm, t.Norm), u.weight, t.weight)
				if h := pairHash(Hashed(u.Norm), Hashed(t.Norm)); w >= leastPair {
					rd.packed.pair(pairs.add(Pack(h, w)), says(w))
				}
				if u.Flags&IsName != 0 && t.Flags&IsName != 0 && !t.start {
					names.add(Pack(pairHash(u.Norm, t.Norm), w))
				}
				if rd.seen != nil && t.Flags&IsNumber == 0 && u.Flags&IsNumber == 0 {
					rd.seen(u.text + " " + t.text)
				}
			}
			if t.Flags&IsName != 0 && t.weight > 4 {
				names.add(Pack(t.Norm, t.weight))
			}
		}
	}
	d.Norm = Length(all.list)
	if d.Language == Vietnamese && !d.Told {
		rd.terms = terms(rd.terms[:0], all.list, pairs.list)
		d.bearing, d.directed = vietnameseVectors().direction(rd.terms)
	}
	rd.packed.pack(d, rd.title, all.list, names.list)
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
	table Set
	at    []int32 // by slot of the table: the place in list
}

func (s *wordSet) begin(most int) {
	s.list = s.list[:0]
	s.table.clear(most)
	if len(s.at) < len(s.table.slots) {
		s.at = make([]int32, len(s.table.slots))
	}
}

// add returns the number of the word, in the order in which words came in.
func (s *wordSet) add(p uint32) int {
	i := s.table.slot(p)
	switch q := &s.table.slots[i]; {
	case *q == 0:
		*q, s.at[i] = p, int32(len(s.list))
		s.list = append(s.list, p)
	case p < *q:
		*q, s.list[s.at[i]] = p, p
	}
	return int(s.at[i])
}

// Length is that of packed words as a vector.
func Length(list []uint32) float32 {
	var sum uint32
	for _, p := range list {
		sum += (p & 0xFF) * (p & 0xFF)
	}
	return float32(math.Sqrt(float64(sum))) / WeightUnit
}
