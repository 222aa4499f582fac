package words

import (
	"embed"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/blevesearch/snowballstem"
	"go.yaml.in/yaml/v4"

	"feedd/internal/feed"
)

//go:embed data
var data embed.FS

// lexicon is what the embedded files say of words: which spellings are one, what is no part of a
// headline, which words contradict each other, where places lie. It is read once and never changed.
type lexicon struct {
	lexemes lexemes // spellings and synonyms

	labels  lexemes
	digests lexemes

	hints      lexemes // of what a headline tells besides its news; see hint
	numeral    *filter
	casualties map[uint32]bool
	periods    [2]map[uint32]bool // as written, as folded

	places  lexemes
	gazette []spot
}

// hint is what a phrase of lexicon.hints tells. One table holds them all, since most words of a
// headline begin none: that is asked once, not once for each kind.
type hint uint8

const (
	isOpposite hint = iota // value: pair<<1 | side
	isChoice               // value: group*64 + member
	isAngle
	isNoAdvice
	isAdvice // value: 1 if only at the head
	isGenre  // value: index<<1 | 1 if only at the head
	isStep
	isKind // value: index
)

// spot is one entry of the gazetteer. Two names of one place share its index.
type spot struct {
	name  string
	level uint8 // 0 state or region, 1 province, 2 town, 3 country, 4 capital or foreign city
	in    int   // the place it is part of, -1 when none
}

// lexeme is a run of words under which something is filed.
type lexeme struct {
	second [2]uint32 // of hashes, 0 where there is one word: most others differ here, so it stands near the head
	value  int       // what it stands for: an index
	to     []string  // canonical words that replace it, in normal form
	// Filled by lexemes.add, so that reading a text computes nothing twice: the hashes of its words as
	// written and folded, which is all that is kept of them, and the tokens of to.
	hashes [2][]uint32
	tokens []spelled
	// marked: in a text without diacritics it is not looked for, since other words are written like it.
	marked bool
	hint   hint // of one in lexicon.hints
	// word: a word that means what another does; as part of a name it means nothing.
	word bool
}

// wordform is a word of a text with the hashes of its two forms, by which it is looked up.
type wordform struct {
	feed.Word
	normal, fold uint32
}

// hashWords appends the words of a text, at most so many.
func hashWords(dst []wordform, scratch []feed.Word, text string, most int) ([]wordform, []feed.Word) {
	scratch = feed.FirstWords(scratch[:0], text, most)
	for i := range scratch {
		w := &scratch[i]
		h := wordform{Word: *w, fold: Hash(w.Fold)}
		if h.normal = h.fold; w.Marked {
			h.normal = Hash(w.Normal)
		}
		dst = append(dst, h)
	}
	return dst, scratch
}

// joinInitials makes one word of capitals that stand with a full stop between each other: U.S. is read as US, and the
// stop behind it is its own. The words are changed in place.
func joinInitials(words []wordform, text string) []wordform {
	kept := words[:0]
	for i := 0; i < len(words); {
		n := 1
		for i+n < len(words) && words[i].isInitial() && words[i+n].isInitial() && text[words[i+n-1].End:words[i+n].Start] == "." {
			n++
		}
		w := words[i]
		if n > 1 {
			var letters []byte
			for _, letter := range words[i : i+n] {
				letters = append(letters, letter.Fold...)
			}
			w.Fold, w.End = string(letters), words[i+n-1].End
			w.Normal, w.fold = w.Fold, Hash(w.Fold)
			w.normal = w.fold
			if w.End < len(text) && text[w.End] == '.' {
				w.End++
			}
		}
		kept = append(kept, w)
		i += n
	}
	return kept
}

// isInitial says whether a word is one capital without diacritics.
func (w *wordform) isInitial() bool {
	return len(w.Fold) == 1 && w.Upper && !w.Marked && w.Fold[0] > '9'
}

func wordsOf(text string) []wordform {
	list, _ := hashWords(nil, nil, text, math.MaxInt)
	return list
}

// filter tells most words that are not in a map without asking it: one bit for each hash modulo
// its size.
type filter [1 << 8]uint64

func (f *filter) add(h uint32)      { f[h>>6&0xFF] |= 1 << (h & 63) }
func (f *filter) has(h uint32) bool { return f[h>>6&0xFF]&(1<<(h&63)) != 0 }

// lexemes finds the longest listed phrase at a place of a text: by its words with diacritics where
// the text has them, else by the bare letters.
type lexemes struct{ normal, fold *phrases }

func newLexemes() lexemes { return lexemes{&phrases{}, &phrases{}} }

// phrases are lexemes by the hash of their first word.
type phrases struct {
	begin filter
	first Table
	lists [][]*lexeme
}

func (ps *phrases) add(first uint32, p *lexeme) {
	n := ps.first.Find(first)
	if n < 0 {
		n = int32(len(ps.lists))
		ps.lists = append(ps.lists, nil)
		ps.first.Put(first, n)
		ps.begin.add(first)
	}
	ps.lists[n] = append(ps.lists[n], p)
}

func (ps *phrases) beginning(first uint32) []*lexeme {
	if !ps.begin.has(first) {
		return nil
	}
	if n := ps.first.Find(first); n >= 0 {
		return ps.lists[n]
	}
	return nil
}

// add takes in a phrase of these words.
func (ps lexemes) add(words []wordform, p lexeme) {
	if len(words) == 0 {
		return
	}
	for form := range p.hashes {
		p.hashes[form] = make([]uint32, len(words))
	}
	for i := range words {
		p.hashes[0][i], p.hashes[1][i] = words[i].normal, words[i].fold
	}
	if len(words) > 1 {
		p.second = [2]uint32{p.hashes[0][1], p.hashes[1][1]}
	}
	var env snowballstem.Env
	for _, text := range p.to {
		t := spelled{text: text}
		if v, ok := plainNumber(text); ok {
			t = numberToken(v)
		} else {
			t.Norm, t.Fold = Hash(text), Hash(foldNormal(text))
			if t.Norm == t.Fold {
				s := stemmed(&env, text, t.Norm)
				t.text, t.Norm, t.Fold = s.text, s.hash, s.hash
			}
		}
		p.tokens = append(p.tokens, t)
	}
	ps.normal.add(words[0].normal, &p)
	if !p.marked {
		ps.fold.add(words[0].fold, &p)
	}
}

// beginning returns the phrases whose first word is w.
func (ps lexemes) beginning(w *wordform, marked bool) []*lexeme {
	if marked {
		return ps.normal.beginning(w.normal)
	}
	return ps.fold.beginning(w.fold)
}

// find returns the longest phrase that the words begin with. marked says that their text uses
// diacritics. The first phrase listed wins between equals.
func (ps lexemes) find(words []wordform, marked bool) (*lexeme, bool) {
	var best *lexeme
	for _, p := range ps.beginning(&words[0], marked) {
		if (best == nil || p.length() > best.length()) && p.match(words, marked) {
			best = p
		}
	}
	return best, best != nil
}

// each calls f for every phrase that the words begin with.
func (ps lexemes) each(words []wordform, marked bool, f func(*lexeme)) {
	for _, p := range ps.beginning(&words[0], marked) {
		if p.match(words, marked) {
			f(p)
		}
	}
}

// length is how many words it has.
func (p *lexeme) length() int { return len(p.hashes[0]) }

// match says whether the words begin with the phrase, given that the first is its first.
func (p *lexeme) match(words []wordform, marked bool) bool {
	switch {
	case p.length() == 1:
		return true
	case p.length() > len(words):
		return false
	case marked:
		if p.second[0] != words[1].normal {
			return false
		}
		for i, h := range p.hashes[0] {
			if h != words[i].normal {
				return false
			}
		}
	default:
		if p.second[1] != words[1].fold {
			return false
		}
		for i, h := range p.hashes[1] {
			if h != words[i].fold {
				return false
			}
		}
	}
	return true
}

// Hash is 32-bit FNV-1a. Words are known by it everywhere: it needs no table that grows.
func Hash(s string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// lexiconFile is the shape of abbreviations.yaml and lexicon.yaml together.
type lexiconFile struct {
	Abbreviations, Synonyms [][]string

	Labels, Digests, Casualties, Steps, Periods, Angles, Advice []string
	Opposites                                                   [][2][]string
	Verbs                                                       [][2][]string
	Choices, Genres, Kinds                                      [][]string

	NoAdvice []string
}

// placesFile is the shape of places.yaml.
type placesFile struct {
	Provinces map[string][]string
	Towns     map[string]string
	Regions   []string
	Countries map[string][]string
}

// lexiconOnce reads the embedded files; they are part of the program, so a mistake in them is one
// in the program, and a test reads them all.
var lexiconOnce = sync.OnceValue(func() *lexicon {
	lx, err := readLexicon(weightsOnce().telling, "")
	if err != nil {
		panic(err)
	}
	return lx
})

// readLexicon reads the files. telling says whether a word can be told from its bare letters; see
// weights.telling. without names a list that is left empty, "" for none.
func readLexicon(telling func(norm, fold uint32) bool, without string) (*lexicon, error) {
	var f lexiconFile
	var g placesFile
	for name, into := range map[string]any{
		"data/abbreviations.yaml": &f, "data/lexicon.yaml": &f, "data/places.yaml": &g,
	} {
		raw, err := data.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if err := yaml.Unmarshal(raw, into); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := empty(without, &f, &g); err != nil {
		return nil, err
	}
	lx := &lexicon{
		lexemes: newLexemes(), labels: newLexemes(), digests: newLexemes(), hints: newLexemes(), places: newLexemes(),
		numeral:    &filter{},
		casualties: map[uint32]bool{}, periods: [2]map[uint32]bool{{}, {}},
	}
	lx.lexemes.addGroups(f.Abbreviations, telling, lexeme{})
	lx.lexemes.addGroups(f.Synonyms, telling, lexeme{word: true})
	lx.labels.addForms(0, f.Labels)
	lx.digests.addForms(0, f.Digests)
	lx.addHints(&f)
	lx.addWords(&f)
	lx.addPlaces(g)
	return lx, nil
}

// Lists are the names of the hand-made lists of the lexicon.
func Lists() (names []string) {
	for _, t := range []reflect.Type{reflect.TypeFor[lexiconFile](), reflect.TypeFor[placesFile]()} {
		for i := range t.NumField() {
			names = append(names, strings.ToLower(t.Field(i).Name))
		}
	}
	return names
}

// empty leaves a list empty.
func empty(list string, files ...any) error {
	if list == "" {
		return nil
	}
	for _, f := range files {
		v := reflect.ValueOf(f).Elem()
		if field := v.FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, list) }); field.IsValid() {
			field.SetZero()
			return nil
		}
	}
	return fmt.Errorf("the lexicon has no list %q", list)
}

// normals are the words of a form in normal form.
func normals(form string) (list []string) {
	for _, w := range wordsOf(form) {
		list = append(list, w.Normal)
	}
	return list
}

// addGroups adds forms that mean the same, each to be replaced by the first of its group. kind holds
// what else is to be known of them.
func (ps lexemes) addGroups(groups [][]string, telling func(norm, fold uint32) bool, kind lexeme) {
	for _, group := range groups {
		kind.to = normals(group[0])
		for i, form := range group {
			if words := wordsOf(form); i > 0 || len(words) > 1 {
				kind.marked = len(words) == 1 && !telling(words[0].normal, words[0].fold)
				ps.add(words, kind)
			}
		}
	}
}

// addForms adds forms that stand for nothing but themselves; the value of each is its place in the
// list.
func (ps lexemes) addForms(hint hint, forms []string) {
	for i, form := range forms {
		ps.add(wordsOf(form), lexeme{hint: hint, value: i})
	}
}

// addHints adds what sets one headline of a subject apart from the next: opposites and choices,
// angles, advice, genres and next steps.
func (lx *lexicon) addHints(f *lexiconFile) {
	add := func(hint hint, value int, form string) {
		lx.hints.add(wordsOf(form), lexeme{hint: hint, value: value})
	}
	for i, pair := range f.Opposites {
		for side, forms := range pair {
			for _, form := range forms {
				add(isOpposite, i<<1|side, form)
			}
		}
	}
	for i, pair := range f.Verbs {
		for side, verbs := range pair {
			for _, verb := range verbs {
				for _, form := range inflected(verb) {
					add(isOpposite, (len(f.Opposites)+i)<<1|side, form)
				}
			}
		}
	}
	for i, group := range f.Choices {
		for k, form := range group {
			add(isChoice, i*64+k, form)
		}
	}
	lx.hints.addForms(isAngle, f.Angles)
	// A form behind ^ counts only at the head of the headline or of a part of it.
	place := func(hint hint, value int, forms []string) {
		for _, form := range forms {
			form, atHead := strings.CutPrefix(form, "^")
			value := value << 1
			if atHead {
				value |= 1
			}
			add(hint, value, form)
		}
	}
	lx.hints.addForms(isNoAdvice, f.NoAdvice) // before advice, so that they are found first
	place(isAdvice, 0, f.Advice)
	for i, group := range f.Genres {
		place(isGenre, i, group)
	}
	lx.hints.addForms(isStep, f.Steps)
	for i, group := range f.Kinds {
		for _, form := range group {
			words := wordsOf(form)
			lx.hints.add(words, lexeme{hint: isKind, value: i, marked: words[0].Marked})
		}
	}
}

// addWords adds what is looked up a word at a time.
func (lx *lexicon) addWords(f *lexiconFile) {
	for _, form := range f.Casualties { // in canonical form, as titles are
		lx.casualties[Hash(feed.Fold(lx.canonical(form)))] = true
		lx.casualties[Hash(feed.Fold(form))] = true
	}
	for _, form := range f.Periods {
		lx.periods[0][Hash(feed.Normal(form))] = true
		lx.periods[1][Hash(feed.Fold(form))] = true
	}
	for form := range numerals {
		lx.numeral.add(Hash(form))
	}
	for form := range ordinals {
		lx.numeral.add(Hash(form))
	}
}

// inflected returns the forms of an English verb as headlines have them: "deny, denies, denied,
// denying". A verb of several words is inflected in its first. The past of one that is irregular
// stands behind a slash: "win/won".
func inflected(verb string) []string {
	verb, rest, _ := strings.Cut(verb, " ")
	verb, past, irregular := strings.Cut(verb, "/")
	if rest != "" {
		rest = " " + rest
	}
	stem, third, n := verb, verb+"s", len(verb)
	const vowels = "aeiou"
	vowel := func(i int) bool { return i >= 0 && strings.IndexByte(vowels, verb[i]) >= 0 }
	switch last := verb[n-1]; {
	case last == 'e':
		stem = verb[:n-1]
	case last == 'y' && !vowel(n-2):
		third = verb[:n-1] + "ies"
		if !irregular {
			past = verb[:n-1] + "ied"
		}
	case last == 's', last == 'x', last == 'z', last == 'o', strings.HasSuffix(verb, "ch"), strings.HasSuffix(verb, "sh"):
		third = verb + "es"
	case n <= 4 && !vowel(n-1) && vowel(n-2) && !vowel(n-3) && last != 'w' && last != 'y': // ban, banned
		stem = verb + string(last)
	}
	if past == "" {
		past = stem + "ed"
	}
	return []string{verb + rest, third + rest, past + rest, stem + "ing" + rest}
}

// canonical replaces the form by the first of its group.
func (lx *lexicon) canonical(form string) string {
	words := wordsOf(form)
	if p, ok := lx.lexemes.find(words, true); ok && p.length() == len(words) {
		return strings.Join(p.to, " ")
	}
	return form
}

func (lx *lexicon) addPlaces(g placesFile) {
	add := func(level uint8, in int, names ...string) int {
		id := len(lx.gazette)
		lx.gazette = append(lx.gazette, spot{names[0], level, in})
		for _, name := range names {
			words := wordsOf(name)
			lx.places.add(words, lexeme{value: id})
		}
		return id
	}
	provinces := map[string]int{}
	vietnam := -1
	for _, key := range slices.Sorted(maps.Keys(g.Countries)) {
		names := strings.Split(key, ",")
		country := add(3, -1, names...)
		if names[0] == "Việt Nam" {
			vietnam = country
		}
		for _, city := range g.Countries[key] {
			add(4, country, city)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.Provinces)) {
		names := strings.Split(name, ",")
		id := add(1, vietnam, names...)
		provinces[names[0]] = id
		for _, former := range g.Provinces[name] {
			add(1, id, strings.Split(former, ",")...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.Towns)) {
		add(2, provinces[g.Towns[name]], name)
	}
	for _, name := range g.Regions {
		add(0, vietnam, name)
	}
}

// numbers says whether the word names what a number behind it numbers: tháng, vòng, round.
func (lx *lexicon) numbers(w *wordform, marked bool) bool {
	if marked {
		return lx.periods[0][w.normal]
	}
	return lx.periods[1][w.fold]
}

// within says whether one of two places contains the other, or they are one.
func (lx *lexicon) within(a, b int) bool {
	for x := a; x >= 0; x = lx.gazette[x].in {
		if x == b {
			return true
		}
	}
	for x := b; x >= 0; x = lx.gazette[x].in {
		if x == a {
			return true
		}
	}
	return false
}
