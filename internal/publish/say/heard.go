package say

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"feedd/internal/feed"
)

// What other programs say, libraries and systems, comes as a sentence in English; so does what was stored before
// sentences were stored as data, and what is stored of a rule. Here such a sentence becomes data again, where its
// shape is one of those that are known.

// Bounds of what is taken apart: the length in bytes of a sentence, how deep sentences stand in each other, and its parts.
const (
	mostHeard = 2000
	mostDeep  = 6
	mostParts = 8 // a sentence's, between "; "
	fewWords  = 8 // letters that are hardly words of a sentence's own
)

// found is a sentence that was found in an English text.
type found struct {
	feed.Text
	whole bool // no part of it is left in English
	own   int  // letters in words of the sentence's own, where it speaks of something
}

// heard finds the sentence that an English text is, and what it speaks of, or the sentences with "; " between them.
func heard(text string) (found, bool) {
	if len(text) > mostHeard || !worded(text) {
		return found{}, false
	}
	return hearAll(text, map[int]bool{})
}

// hearAll is heard for what stands behind "; ", too. A "; " that is no end of a sentence belongs to one, and of the
// sentences with which the text may begin the one with the most words of its own comes first. Texts that are none are
// noted by their length.
func hearAll(text string, none map[int]bool) (found, bool) {
	if none[len(text)] {
		return found{}, false
	}
	type first struct {
		found
		end int
	}
	var firsts []first
	for from, parts := 0, 0; from < len(text) && parts < mostParts; parts++ {
		end := len(text)
		if i := strings.Index(text[from:], "; "); i >= 0 {
			end = from + i
		}
		if f, ok := hear(text[:end], 0); ok {
			firsts = append(firsts, first{f, end})
		}
		from = end + len("; ")
	}
	slices.SortStableFunc(firsts, func(a, b first) int { return b.own - a.own })
	for _, f := range firsts {
		if f.end == len(text) {
			return f.found, true
		}
		if rest, ok := hearAll(text[f.end+len("; "):], none); ok {
			return found{Text: feed.Say("%s; %s", f.Text, rest.Text), whole: f.whole && rest.whole}, true
		}
	}
	none[len(text)] = true
	return found{}, false
}

// hear finds one sentence. Of several shapes that fit the one with the most words of its own counts, and one with hardly any
// counts only where it leaves nothing in English.
func hear(text string, deep int) (found, bool) {
	if deep > mostDeep {
		return found{}, false
	}
	if _, known := sentence(text); known {
		return found{Text: feed.Say(text), whole: true}, worded(text)
	}
	i, all := 0, shapes()
	for ; i < len(all) && all[i].own >= fewWords; i++ {
		if f, ok := all[i].hear(text, deep); ok {
			return f, true
		}
	}
	if t, ok := terms(text); ok {
		return found{Text: t, whole: true}, true
	}
	for ; i < len(all); i++ {
		if f, ok := all[i].hear(text, deep); ok && f.whole {
			return f, true
		}
	}
	return found{}, false
}

// prose is what names and figures are not: words of a language, one behind the other.
var prose = regexp.MustCompile(`\b[a-z]+ [a-z]+\b`)

// hear makes data of a text that has the shape.
func (s *shape) hear(text string, deep int) (found, bool) {
	args, ok := s.fit(text)
	if !ok {
		return found{}, false
	}
	f := found{feed.Say(s.key, args...), true, s.own}
	for i := range args {
		if part, ok := args[i].(string); ok && s.open[i] {
			if inner, ok := hear(part, deep+1); ok {
				args[i], f.whole = inner.Text, f.whole && inner.whole
			} else {
				f.whole = f.whole && !prose.MatchString(part)
			}
		}
	}
	return f, true
}

// shape is a sentence with places for what it speaks of.
type shape struct {
	key   string
	words []string // between its places, before the first and behind the last
	verbs []byte   // of the places
	args  []int    // which argument each place is, from 0
	open  []bool   // by argument: whether another sentence may stand there
	own   int      // letters in words
}

// shapes are those of all sentences that have places, the ones with the most words of their own first.
var shapes = sync.OnceValue(func() []shape {
	var all []shape
	for _, table := range []map[string]string{vietnamese, theirs} {
		for key := range table {
			if s, ok := newShape(key); ok {
				all = append(all, s)
			}
		}
	}
	slices.SortFunc(all, func(a, b shape) int {
		return cmp.Or(b.own-a.own, len(b.key)-len(a.key), strings.Compare(a.key, b.key))
	})
	return all
})

var verbOf = regexp.MustCompile(`%[-+# 0]*[0-9.]*(?:\[(\d+)\])?[.0-9]*([a-zA-Z])`)

// newShape takes a key apart. One without places or without words of its own, and one of whose places it cannot
// be told what stood there, is none.
func newShape(key string) (s shape, ok bool) {
	places := verbOf.FindAllStringSubmatchIndex(key, -1)
	if len(places) == 0 || !worded(key) {
		return s, false
	}
	s.key = key
	at, next := 0, 0
	for _, p := range places {
		s.words = append(s.words, key[at:p[0]])
		at = p[1]
		arg := next
		if p[2] >= 0 {
			n, err := strconv.Atoi(key[p[2]:p[3]])
			if err != nil || n < 1 {
				return s, false
			}
			arg = n - 1
		}
		next = arg + 1
		v := key[p[4]]
		if !strings.ContainsRune("swdqfgv", rune(v)) || slices.Contains(s.args, arg) {
			return s, false
		}
		s.verbs, s.args = append(s.verbs, v), append(s.args, arg)
	}
	s.words = append(s.words, key[at:])
	for _, w := range s.words {
		for _, r := range w {
			if unicode.IsLetter(r) {
				s.own++
			}
		}
	}
	s.open = make([]bool, slices.Max(s.args)+1)
	for i, arg := range s.args {
		s.open[arg] = strings.IndexByte("swv", s.verbs[i]) >= 0
	}
	return s, len(s.open) == len(s.args)
}

// fit gives the arguments with which the sentence is the text.
func (s *shape) fit(text string) ([]any, bool) {
	rest, ok := strings.CutPrefix(text, s.words[0])
	if !ok || !strings.HasSuffix(rest, s.words[len(s.words)-1]) {
		return nil, false
	}
	args := make([]any, len(s.args))
	if !s.fill(args, 0, rest) {
		return nil, false
	}
	return args, true
}

// fill sets the arguments from a place on, out of what stands from there on.
func (s *shape) fill(args []any, place int, text string) bool {
	if place == len(s.args) {
		return text == ""
	}
	behind := s.words[place+1]
	last := place == len(s.args)-1
	try := func(end int) bool {
		arg, ok := argument(s.verbs[place], text[:end])
		if !ok || !strings.HasPrefix(text[end:], behind) {
			return false
		}
		args[s.args[place]] = arg
		return s.fill(args, place+1, text[end+len(behind):])
	}
	if s.verbs[place] == 'q' {
		quoted, err := strconv.QuotedPrefix(text)
		return err == nil && try(len(quoted))
	}
	if last { // all but the words behind it
		return len(text) > len(behind) && strings.HasSuffix(text, behind) && try(len(text)-len(behind))
	}
	if behind == "" {
		return false // it cannot be told where one ends and the next begins
	}
	for from := 1; from < len(text); {
		i := strings.Index(text[from:], behind)
		if i < 0 {
			return false
		}
		if try(from + i) {
			return true
		}
		from += i + 1
	}
	return false
}

// argument is what a verb of fmt made a text of.
func argument(verb byte, text string) (any, bool) {
	switch verb {
	case 'd':
		n, err := strconv.Atoi(text)
		return n, err == nil
	case 'f', 'g':
		x, err := strconv.ParseFloat(text, 64)
		return x, err == nil
	case 'q':
		s, err := strconv.Unquote(text)
		return s, err == nil
	}
	return text, text != ""
}

// fields are the parts of an item that a rule reads, as `in:` of a rule names them.
var fields = map[string]string{
	"title": "tiêu đề", "summary": "tóm tắt", "content": "nội dung", "author": "tác giả", "category": "thể loại", "url": "địa chỉ",
	"source": "nguồn", "language": "ngôn ngữ",
}

// inFields is where a term was found, behind it: " (title, summary)".
var inFields = regexp.MustCompile(` \(((?:title|summary|content|author|category|url|source|language)(?:, (?:title|summary|content|author|category|url|source|language))*)\)(?:, | and (\d+) more$|$)`)

// terms reads what is stored of a rule that held: the terms with where they were found, "lãi suất (title), giảm
// (title, summary) and 2 more".
func terms(text string) (feed.Text, bool) {
	found := inFields.FindAllStringSubmatchIndex(text, -1)
	if len(found) == 0 || found[len(found)-1][1] != len(text) {
		return feed.Text{}, false
	}
	var all feed.Text
	from := 0
	for i, m := range found {
		names := strings.Split(text[m[2]:m[3]], ", ")
		where := feed.Say(theField + names[0])
		for _, n := range names[1:] {
			where = feed.Say("%s, %s", where, feed.Say(theField+n))
		}
		one := feed.Say("%s (%s)", text[from:m[0]], where)
		if i == 0 {
			all = one
		} else {
			all = feed.Say("%s, %s", all, one)
		}
		if m[4] >= 0 {
			n, err := strconv.Atoi(text[m[4]:m[5]])
			if err != nil {
				return feed.Text{}, false
			}
			all = feed.Say("%s and %d more", all, n)
		}
		from = m[1]
	}
	return all, true
}

// theField marks the key of a part of an item: the names of some are keys of other sentences, too.
const theField = "the item's "
