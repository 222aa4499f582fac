package sections

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"feedd/internal/feed"
)

// The language of terms, as an editor writes them in a rule:
//
//	lãi suất            a word or phrase, whole syllables only
//	xuất khẩu*          the last word, or any, may be only begun
//	"VN-Index"          exact spelling: capitals, diacritics, tone placement and punctuation count
//	C++, C#, .NET, 50%  signs directly at a word are part of it
//	東京                found anywhere in a script without spaces between words
//	삼성                a Korean word with whatever particles stand at its end
//	/GDP|PMI/           RE2 over the text in NFC; /…/i ignores case
//	lãi suất ~5 giảm    both, in either order, with at most 5 words between them
//
// A phrase with diacritics matches the same diacritics however they were typed, and text that was
// typed without any. A phrase without diacritics matches both.
//
// A diacritic decides only in a syllable that can be Vietnamese. "Mbappé" and "Mbappe" are one
// word everywhere, because newspapers write foreign names either way.

// term is one parsed term. One of phrases and re is set.
type term struct {
	text    string   // as the editor wrote it
	phrases []phrase // one, or the operands of ~N
	gaps    []int    // most words between phrases[i] and phrases[i+1]
	re      *regexp.Regexp
}

// phrase is a run of words.
type phrase struct {
	words []phraseWord
	// name says that it is two words or more and each has a capital: "Cần Thơ". Such a phrase is
	// recognised without diacritics in a foreign text too, where a single "bao" is not "bão".
	name bool
	// exact is the spelling the text must show, in NFC; its first word starts at offset lead.
	exact string
	lead  int
	signs []signs // by word; nil when no word has any and none must touch the next
}

// signs are what stands directly at a word of a phrase, and must at that of a text.
type signs struct {
	before, behind string
	joined         bool // the next word begins where this one ends
	alone          bool // no sign may make another word of it: C is not C++
}

// phraseWord is one word of a phrase.
type phraseWord struct {
	normal, fold string
	marked       bool // compared in normal form; otherwise folded
	begun        bool // prefix*
}

const (
	maxTermBytes = 1000 // no headline is longer, so no term need be
	maxGap       = 100  // words between the two sides of ~N
)

// CheckPattern tells whether a term of a rule can be understood, with a message for the editor who
// wrote it.
func CheckPattern(text string) error {
	_, err := parseTerm(text)
	return err
}

func parseTerm(text string) (term, error) {
	t := term{text: strings.TrimSpace(text)}
	s := norm.NFC.String(t.text)
	switch {
	case s == "":
		return t, feed.Errorf("the term is empty")
	case len(s) > maxTermBytes:
		return t, feed.Errorf("the term is longer than %d bytes", maxTermBytes)
	case s[0] == '/':
		re, err := parseRegexp(s)
		t.re = re
		return t, err
	}
	for {
		left, gap, right, found, err := cutNear(s)
		if err != nil {
			return t, err
		}
		p, err := parsePhrase(left)
		if err != nil {
			return t, err
		}
		t.phrases = append(t.phrases, p)
		if !found {
			return t, nil
		}
		t.gaps = append(t.gaps, gap)
		s = right
	}
}

// parseRegexp reads /RE2/ or /RE2/i.
func parseRegexp(s string) (*regexp.Regexp, error) {
	end := strings.LastIndexByte(s, '/')
	if end == 0 {
		return nil, feed.Errorf(`a regular expression needs a slash at its end: /…/ (for a text that begins with a slash, write it in quotes)`)
	}
	expr := s[1:end]
	switch flags := s[end+1:]; flags {
	case "":
	case "i":
		expr = "(?i)" + expr
	default:
		return nil, feed.Errorf("unknown flag %q after the regular expression; only i is known", flags)
	}
	if s[1:end] == "" {
		return nil, feed.Errorf("the regular expression is empty")
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, feed.Errorf("regular expression: %s", err)
	}
	if re.MatchString("") {
		return nil, feed.Errorf("the regular expression %s matches every text, even an empty one", s)
	}
	return re, nil
}

// cutNear splits at the first " ~N " outside quotes.
func cutNear(s string) (left string, gap int, right string, found bool, err error) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '~' && !quoted:
			j := i + 1
			for j < len(s) && '0' <= s[j] && s[j] <= '9' {
				j++
			}
			n, convErr := strconv.Atoi(s[i+1 : j])
			if convErr != nil || n > maxGap {
				return "", 0, "", false, feed.Errorf("~ needs the number of words allowed between its sides, 0 to %d: a ~5 b", maxGap)
			}
			return s[:i], n, s[j:], true, nil
		}
	}
	return s, 0, "", false, nil
}

func parsePhrase(s string) (phrase, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return phrase{}, feed.Errorf("~ needs a word on both sides: a ~5 b")
	}
	if strings.Contains(s, `"`) {
		return parseExact(s)
	}
	var p phrase
	words := feed.Cut(nil, s)
	if len(words) == 0 {
		return p, feed.Errorf("%s has no word in it", s)
	}
	p.name = len(words) > 1
	stars := 0
	for _, w := range words {
		pw := newPhraseWord(w)
		if first, _ := utf8.DecodeRuneInString(w.Fold); strings.HasPrefix(s[w.End:], "*") && feed.Unspaced(first) {
			stars++ // whatever follows, it is found
		} else if strings.HasPrefix(s[w.End:], "*") {
			if len([]rune(w.Fold)) < 2 {
				return p, feed.Errorf("%s* would match nearly every text; write two letters or more before the star", w.Fold)
			}
			pw.begun = true
			stars++
		} else if unicode.Is(unicode.Hangul, first) && utf8.RuneCountInString(w.Normal) > 1 {
			pw.begun = true // particles stand at the word
		}
		p.name = p.name && w.Upper
		p.words = append(p.words, pw)
	}
	p.signs = signsOf(s, words)
	if stars != strings.Count(s, "*") {
		return p, feed.Errorf("in %s, a star may only stand directly behind a word: prefix*", s)
	}
	return p, nil
}

// Signs that make another word of the one that they stand directly at.
const (
	signsBefore = ".#@$"
	signsBehind = "+#%$"
)

// signsOf returns the signs at the words of a phrase.
func signsOf(s string, words []feed.Word) []signs {
	list, any := make([]signs, len(words)), false
	for i, w := range words {
		g := &list[i]
		g.before, g.behind = signBefore(s, w.Start), signBehind(s, w.End)
		g.joined = i+1 < len(words) && words[i+1].Start == w.End
		g.alone = len(words) == 1 && w.End-w.Start == 1 && g.behind == ""
		any = any || *g != signs{}
	}
	if !any {
		return nil
	}
	return list
}

// signBefore returns the sign that stands directly before a word and belongs to nothing before it.
func signBefore(s string, start int) string {
	if start == 0 || strings.IndexByte(signsBefore, s[start-1]) < 0 {
		return ""
	}
	if r, _ := utf8.DecodeLastRuneInString(s[:start-1]); start > 1 && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == rune(s[start-1])) {
		return ""
	}
	return s[start-1 : start]
}

// signBehind returns the signs that stand directly behind a word and are not in the midst of another.
func signBehind(s string, end int) string {
	n := 0
	for end+n < len(s) && strings.IndexByte(signsBehind, s[end+n]) >= 0 {
		n++
	}
	if r, _ := utf8.DecodeRuneInString(s[end+n:]); unicode.IsLetter(r) {
		return ""
	}
	return s[end : end+n]
}

// hasSigns tells whether the words of a text, from the one at start on, have the signs of a phrase.
func hasSigns(list []signs, p *passage, start int32) bool {
	for i := range list {
		g, w := &list[i], &p.words[int(start)+i]
		switch {
		case g.before != "" && signBefore(p.text, w.Start) != g.before,
			g.behind != "" && signBehind(p.text, w.End) != g.behind,
			g.alone && signBehind(p.text, w.End) != "",
			g.joined && p.words[int(start)+i+1].Start != w.End:
			return false
		}
	}
	return true
}

// parseExact reads "…", the quotes around the whole phrase.
func parseExact(s string) (phrase, error) {
	inner, ok := strings.CutPrefix(s, `"`)
	if ok {
		inner, ok = strings.CutSuffix(inner, `"`)
	}
	if !ok || strings.Contains(inner, `"`) {
		return phrase{}, feed.Errorf(`quotes stand around a whole phrase, "like this", not in %s`, s)
	}
	words := feed.Cut(nil, inner)
	if len(words) == 0 {
		return phrase{}, feed.Errorf("%s has no word in it", s)
	}
	p := phrase{exact: inner, lead: words[0].Start}
	for _, w := range words {
		p.words = append(p.words, phraseWord{normal: w.Normal, fold: w.Fold, marked: true})
	}
	return p, nil
}

func newPhraseWord(w feed.Word) phraseWord {
	return phraseWord{normal: w.Normal, fold: w.Fold, marked: w.Marked && syllable(w.Fold)}
}

// A phrase in which any word is marked is compared by its marks throughout: in "xuất khẩu sang
// Lào", "sang" is not "sáng".
func (p *phrase) marked() bool {
	if p.exact != "" {
		return true
	}
	for _, w := range p.words {
		if w.marked {
			return true
		}
	}
	return false
}

// syllable tells whether a folded word has the shape of a Vietnamese syllable: an initial, a
// nucleus and a final that exist. It tells "lai suat" from "Arsenal" and lets "man" pass.
func syllable(fold string) bool {
	rest := fold
	for _, on := range onsets {
		if r, ok := strings.CutPrefix(rest, on); ok && r != "" {
			if (on == "gi" || on == "qu") && !vowel(r[0]) {
				continue
			}
			rest = r
			break
		}
	}
	n := 0
	for n < len(rest) && vowel(rest[n]) {
		n++
	}
	return nuclei[rest[:n]] && codas[rest[n:]]
}

func vowel(c byte) bool { return strings.IndexByte("aeiouy", c) >= 0 }

// Longest first, so that "ngh" is not taken for "n".
var onsets = []string{
	"ngh", "ng", "nh", "gh", "gi", "kh", "ch", "th", "tr", "ph", "qu",
	"b", "c", "d", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "x",
}

var nuclei = set("a ai ao au ay e eo eu i ia ie ieu iu o oa oai oao oay oe oeo oi oo u ua uay ue ui uo uoi uou uu uy uya uye uyu y ye yeu")

var codas = func() map[string]bool {
	m := set("c ch m n ng nh p t")
	m[""] = true
	return m
}()

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// spelling unifies the two spellings of a Vietnamese final i: kỹ and kĩ, quý and quí. It takes and
// gives the normal or folded form.
func spelling(w string) string {
	i := len(w) - 1
	if i > 0 && '1' <= w[i] && w[i] <= '5' {
		i--
	}
	if i < 1 || w[i] != 'y' {
		return w
	}
	switch w[:i] {
	case "h", "k", "l", "m", "qu", "s", "t", "v":
		return w[:i] + "i" + w[i+1:]
	}
	return w
}

// Vietnamese tells whether a text has a letter that only Vietnamese has: đ, ă, ơ, ư, or a tone
// on a letter with a mark of its own.
func Vietnamese(text string) bool {
	for _, r := range text {
		switch {
		case r < 0x100:
		case r >= 0x1EA0 && r <= 0x1EF9, strings.ContainsRune("ăĂđĐĩĨũŨơƠưƯ", r), r == 0x0309, r == 0x0323, r == 0x031B:
			return true
		}
	}
	return false
}
