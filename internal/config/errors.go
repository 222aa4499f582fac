package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"feedd/internal/feed"
)

// Error is one mistake in the configuration and where it stands.
type Error struct {
	File         string
	Line, Column int // from 1, the column in characters
	Message      feed.Text
	Hint         feed.Text // what to write instead; without a key there is none
	Warning      bool      // it may stand, and had better not

	From, To string // a certain cure: what stands there, and what belongs there
	Through  int    // of a key: the last line of its value, by which it shows whether that cure is one
}

// Curable tells whether there is no doubt about what belongs there, see Fix.
func (e Error) Curable() bool { return e.From != e.To }

// Error gives "FILE:LINE:COLUMN: message (hint)", the form editors jump to.
func (e Error) Error() string {
	s := fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Column)
	if e.Warning {
		s += "warning: "
	}
	s += e.Message.String()
	if e.Hint.Key != "" {
		s += " (" + e.Hint.String() + ")"
	}
	return s
}

// Errors are all mistakes of one file, in the order in which they stand there.
type Errors []Error

// Error gives one line a mistake.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find a single Error.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i := range e {
		errs[i] = e[i]
	}
	return errs
}

// maxErrors bounds the list, so that a file of the wrong kind does not print thousands of lines.
const maxErrors = 200

// problems gathers mistakes. One mistake reached in several ways (a bad default that every source
// inherits, an anchor used twice) counts once.
type problems struct {
	file string
	list Errors
	seen map[string]bool // by Error.Error

	warnings Errors
}

// warn records what may stand, and had better not.
func (p *problems) warn(n *yaml.Node, hint feed.Text, message string, args ...any) {
	e := Error{File: p.file, Line: max(n.Line, 1), Column: max(n.Column, 1), Message: say(message, args...), Hint: hint, Warning: true}
	if text := e.Error(); !p.seen[text] {
		p.seen[text] = true
		p.warnings = append(p.warnings, e)
	}
}

// say is a sentence of this package: the packages that show it have it in other languages, too.
func say(key string, args ...any) feed.Text { return feed.Say(key, args...) }

// at records a mistake at a node. The hint may be empty.
func (p *problems) at(n *yaml.Node, hint feed.Text, message string, args ...any) {
	p.atMark(n.Line, n.Column, hint, message, args...)
}

// atCure is at for a mistake with a certain cure: to belongs where from stands.
func (p *problems) atCure(n *yaml.Node, from, to string, hint feed.Text, message string, args ...any) {
	p.record(Error{Line: n.Line, Column: n.Column, Message: say(message, args...), Hint: hint, From: from, To: to})
}

func (p *problems) atMark(line, column int, hint feed.Text, message string, args ...any) {
	p.record(Error{Line: line, Column: column, Message: say(message, args...), Hint: hint})
}

func (p *problems) record(e Error) {
	e.File, e.Line, e.Column = p.file, max(e.Line, 1), max(e.Column, 1)
	if text := e.Error(); !p.seen[text] {
		p.seen[text] = true
		p.list = append(p.list, e)
	}
}

func (p *problems) sorted() Errors {
	slices.SortStableFunc(p.list, inFile)
	if len(p.list) > maxErrors {
		more := len(p.list) - maxErrors
		p.list = p.list[:maxErrors:maxErrors]
		last := p.list[maxErrors-1]
		last.Message, last.Hint = say("%d more mistakes follow", more), feed.Text{}
		p.list = append(p.list, last)
	}
	return p.list
}

// inFile is the order in which mistakes stand in a file.
func inFile(a, b Error) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// atScalar is at for a scalar that another text belongs in the place of, for certain; "" means that this is not certain.
func (p *problems) atScalar(n *yaml.Node, to string, hint feed.Text, message string, args ...any) {
	p.record(scalarError(n, to, hint, message, args...))
}

func scalarError(n *yaml.Node, to string, hint feed.Text, message string, args ...any) Error {
	e := Error{Line: n.Line, Column: n.Column, Message: say(message, args...), Hint: hint}
	if to != "" {
		e.From, e.To = written(n), to
		if e.From != n.Value && !strings.ContainsAny(to, `"'\`) { // within its quotes
			e.To = e.From[:1] + to + e.From[:1]
		}
	}
	return e
}

// didYouMean gives a hint that names the candidate nearest to word, or nothing when none is near.
func didYouMean(word string, candidates []string) feed.Text {
	if near := nearest(word, candidates); near != "" {
		return say("did you mean %q?", near)
	}
	return feed.Text{}
}

func nearest(word string, candidates []string) string {
	best, bestDistance := "", 1+max(1, len(word)/3)
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), c); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// theNearest is the candidate that word is a slip of for certain: none other is as near, most of its letters are there, and
// its digits, which are no slips. It is "" when there is none such.
func theNearest(word string, candidates []string) string {
	word = strings.ToLower(word)
	near := nearest(word, candidates)
	d := distance(word, near)
	if 2*d >= len([]rune(word)) || digitsOf(word) != digitsOf(near) {
		return ""
	}
	for _, c := range candidates {
		if c != near && distance(word, c) <= d {
			return ""
		}
	}
	return near
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// distance is the number of letters to insert, delete, replace or swap with their neighbour
// (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return 64
	}
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}
