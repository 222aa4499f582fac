package sections

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"feedd/internal/feed"
)

// A query is what a reader types into a search, in the terms of a rule:
//
//	lãi suất                    the words behind one another, as a term of a rule
//	lãi suất, ngân hàng         both terms, wherever they stand
//	xuất khẩu*                  a word that is only begun
//	lãi suất ~5 giảm            near each other
//	"VN-Index"                  exact spelling
//	lãi suất -thể thao          without what stands behind a minus
//
// A comma ends a term, and so do a minus at the beginning of a word and quotes; a comma or a minus within
// a word or a number does not. An exact spelling without a capital or a sign in it is a phrase, for
// that is what most who put quotes around words mean.

// Query is a query that was understood.
type Query struct {
	All, None []string // terms of a rule: all of the former, none of the latter
}

// Bounds of a query: it is made by anybody.
const (
	maxQueryBytes = 1000
	maxQueryTerms = 20
)

// ErrNoWord says that a query asks for nothing.
var ErrNoWord = feed.Errorf("the search has no word that must occur")

// ParseQuery reads a query. Regular expressions are refused unless expressions allows them: no index
// helps with them. Errors are for whoever typed the query.
func ParseQuery(text string, expressions bool) (Query, error) {
	var q Query
	if len(text) > maxQueryBytes {
		return q, feed.Errorf("the search is longer than %d bytes", maxQueryBytes)
	}
	if !utf8.ValidString(text) {
		return q, feed.Errorf("the search is not UTF-8 text")
	}
	for _, p := range queryParts(norm.NFC.String(text)) {
		if err := q.add(p, expressions); err != nil {
			return q, err
		}
	}
	if len(q.All)+len(q.None) > maxQueryTerms {
		return q, feed.Errorf("the search has more than %d terms", maxQueryTerms)
	}
	if len(q.All) == 0 {
		return q, ErrNoWord
	}
	return q, nil
}

// piece is a part of a query as it was typed.
type piece struct {
	text string
	not  bool
}

func (q *Query) add(p piece, expressions bool) error {
	term, err := parseTerm(p.text)
	switch {
	case !expressions && (err == nil && term.re != nil || err != nil && strings.HasPrefix(p.text, "/")):
		return feed.Errorf("%s: a search takes words, no regular expressions", p.text)
	case err != nil:
		return feed.Errorf("%s: %s", p.text, err)
	}
	text := unquoted(term.text)
	list := &q.All
	if p.not {
		list = &q.None
	}
	if !slices.Contains(*list, text) {
		*list = append(*list, text)
	}
	return nil
}

// unquoted takes the quotes off words that have neither capital nor sign.
func unquoted(term string) string {
	inner, ok := strings.CutPrefix(term, `"`)
	if !ok {
		return term
	}
	if inner, ok = strings.CutSuffix(inner, `"`); !ok || strings.ContainsFunc(inner, func(r rune) bool {
		return r != ' ' && (unicode.IsUpper(r) || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r))
	}) {
		return term
	}
	return strings.TrimSpace(inner)
}

// queryParts splits a query into its terms. Parts without a letter or digit are none.
func queryParts(text string) (parts []piece) {
	var cur piece
	start := 0
	flush := func(end int) {
		t := strings.TrimSpace(text[start:end])
		if strings.ContainsFunc(t, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			cur.text = t
			parts = append(parts, cur)
		}
		cur = piece{}
	}
	quoted, expression := false, false
	for i, r := range text {
		next, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		begins := i == 0 || unicode.IsSpace(before) || before == ',' || i == start // a word begins here
		switch {
		case expression:
			if r == '/' && (next == ',' || unicode.IsSpace(next) || next == utf8.RuneError || next == 'i') && i > start {
				expression = false
			}
		case r == '"':
			if !quoted && !nearBehind(text[start:i]) {
				not := cur.not && strings.TrimSpace(text[start:i]) == ""
				flush(i)
				start, cur.not = i, not
			}
			if quoted && !strings.HasPrefix(strings.TrimLeft(text[i+1:], " \t"), "~") {
				flush(i + 1)
				start = i + 1
			}
			quoted = !quoted
		case quoted:
		case r == '/' && begins && strings.TrimSpace(text[start:i]) == "":
			expression = true
		case r == ',' && !(unicode.IsDigit(before) && unicode.IsDigit(next)):
			flush(i)
			start = i + 1
		case (r == '-' || r == '−') && begins && next != utf8.RuneError && !unicode.IsSpace(next):
			flush(i)
			start, cur.not = i+utf8.RuneLen(r), true
		}
	}
	flush(len(text))
	return parts
}

// nearBehind tells whether a text ends in ~N, so that what follows belongs to it.
func nearBehind(text string) bool {
	text = strings.TrimRight(strings.TrimSpace(text), "0123456789")
	return strings.HasSuffix(text, "~")
}

// String is the query in the one form that all ways to type it lead to.
func (q *Query) String() string {
	parts := slices.Clone(q.All)
	for _, t := range q.None {
		parts = append(parts, "-"+t)
	}
	return strings.Join(parts, ", ")
}

// Scattered is the query with the words of its phrases wherever they stand: each a term of its own.
func (q *Query) Scattered() Query {
	s := Query{None: q.None}
	for _, text := range q.All {
		if strings.ContainsAny(text, `"~/`) {
			s.All = append(s.All, text)
			continue
		}
		for word := range strings.FieldsSeq(text) {
			if parseable(word) && !slices.Contains(s.All, word) {
				s.All = append(s.All, word)
			}
		}
	}
	return s
}

func parseable(term string) bool {
	_, err := parseTerm(term)
	return err == nil
}

// Rule is the query as a rule of a section.
func (q *Query) Rule() feed.Rule {
	var r feed.Rule
	for _, t := range q.All {
		r.All = append(r.All, feed.Pattern{Text: t})
	}
	for _, t := range q.None {
		r.None = append(r.None, feed.Pattern{Text: t})
	}
	return r
}

// Matcher returns what decides whether an item's headline and summary meet the query, as a rule would.
// It is for one goroutine at a time. InTitle decides by the headline alone.
func (q *Query) Matcher() (matches func(*feed.Item) bool, inTitle func(*feed.Item) bool, err error) {
	if matches, err = q.matcher("title", "summary"); err != nil {
		return nil, nil, err
	}
	inTitle, err = q.matcher("title")
	return matches, inTitle, err
}

// Phrases are what an index of folded words is asked for: it finds every item that the query is met by,
// and others beside.
func (q *Query) Phrases() ([][]feed.QueryWord, error) {
	var all [][]feed.QueryWord
	for _, text := range q.All {
		t, err := parseTerm(text)
		if err != nil {
			return nil, err
		}
		for _, p := range t.phrases {
			if words := p.indexed(); len(words) > 0 {
				all = append(all, words)
			}
		}
	}
	return all, nil
}

// Near are the single words that must stand near each other, which an index of folded words may be asked for besides. A phrase near
// another is left to Matcher.
func (q *Query) Near() ([]feed.NearWords, error) {
	var all []feed.NearWords
	for _, text := range q.All {
		t, err := parseTerm(text)
		if err != nil {
			return nil, err
		}
		for i, gap := range t.gaps {
			a, b := t.phrases[i].indexed(), t.phrases[i+1].indexed()
			if len(a) == 1 && len(b) == 1 && !a[0].Begun && !b[0].Begun {
				all = append(all, feed.NearWords{A: a[0], B: b[0], Gap: gap})
			}
		}
	}
	return all, nil
}

// indexed are the words of a phrase as an index of folded words has them.
func (p *phrase) indexed() (words []feed.QueryWord) {
	for _, w := range p.words {
		if w.fold == "" {
			continue
		}
		qw := feed.QueryWord{Folds: spelledAs(w.fold), Begun: w.begun}
		if w.begun {
			qw.Folds = qw.Folds[:1]
		}
		words = append(words, qw)
	}
	return words
}

// spelledAs are the folded words that spelling makes one with this one, itself first.
func spelledAs(fold string) []string {
	all := []string{feed.SearchedWord(fold)}
	if len(fold) < 2 {
		return all
	}
	stem := fold[:len(fold)-1]
	switch fold[len(fold)-1] {
	case 'y':
		if s := spelling(fold); s != fold {
			all = append(all, s)
		}
	case 'i':
		if spelling(stem+"y") == fold {
			all = append(all, stem+"y")
		}
	}
	return all
}
