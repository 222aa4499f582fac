package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"feedd/internal/feed"
)

// readYAML parses data to the mapping at its root, or records why that is impossible and returns
// nil. What the YAML reader reports without a position (bad bytes, a second document) is looked
// for here first.
func readYAML(p *problems, data []byte) *yaml.Node {
	if len(data) > maxFile {
		p.atMark(1, 1, feed.Text{}, "the file is larger than %d MiB", maxFile>>20)
		return nil
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		p.atMark(1, 1, say("save it as UTF-8"), "the file is UTF-16")
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !plainText(p, data) {
		return nil
	}

	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		p.atMark(1, 1, feed.Text{}, "%s", err)
		return nil
	}
	var doc yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF):
		p.atMark(1, 1, say("the least is sources: with an id and a url"), "the file holds no configuration")
		return nil
	case err != nil:
		syntaxError(p, data, err)
		return nil
	}
	var second yaml.Node
	switch err := loader.Load(&second); {
	case err == nil:
		p.at(&second, say("remove the line ---"), "a second document begins here")
		return nil
	case !errors.Is(err, io.EOF):
		syntaxError(p, data, err)
		return nil
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		at := &doc
		if len(doc.Content) == 1 {
			at = doc.Content[0]
		}
		p.at(at, say("the least is sources: with an id and a url"), "wants keys such as sources:, found %s", kind(at))
		return nil
	}
	return doc.Content[0]
}

// plainText checks that data is UTF-8 without control characters and says where it is not.
func plainText(p *problems, data []byte) bool {
	line, column := 1, 1
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			p.atMark(line, column, say("save the file as UTF-8"), "byte 0x%02X is not UTF-8", data[i])
			return false
		case r == '\n':
			line, column = line+1, 0
		case r < ' ' && r != '\t' && r != '\r', r >= 0x7f && r < 0xa0 && r != 0x85:
			p.atMark(line, column, say("remove it"), "control character U+%04X", r)
			return false
		}
		i += size
		column++
	}
	return true
}

// syntaxError words what the YAML parser found for somebody who does not know its terms.
func syntaxError(p *problems, data []byte, err error) {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		p.atMark(1, 1, feed.Text{}, "not valid YAML: %s", err)
		return
	}
	if oddSpaces(p, data) || noSpace(p, data, le) || strayQuote(p, data, le) || notClosed(p, data, le) || aliasForText(p, data, le) {
		return
	}
	var hint feed.Text
	switch msg := le.Message; {
	case strings.Contains(msg, "unknown anchor"):
		hint = say("write it with & where it begins, above this line; or put quotes around a text that begins with *")
	case strings.Contains(msg, "tab character"), charAt(data, le.Mark) == '\t':
		p.atMark(le.Mark.Line, le.Mark.Column, say("use spaces"), "a tab stands where YAML wants spaces")
		return
	case strings.Contains(msg, "mapping values are not allowed"):
		hint = say(`check the indentation; put quotes around a text that holds ": "`)
	case strings.Contains(msg, "cannot start any token"):
		hint = say("put quotes around a text that begins with @, `, or %")
	case strings.Contains(msg, "expected whitespace or line break"): // of a tag
		hint = say("put quotes around a text that begins with !")
	case strings.Contains(msg, "expected comment or line break"): // of a text over several lines
		hint = say("put quotes around a text that begins with | or >")
	case strings.Contains(msg, "unknown escape character"):
		hint = say(`in "double quotes" a backslash must be doubled; 'single quotes' leave it alone`)
	case strings.Contains(msg, "expected ',' or ']'"):
		hint = say("a [ list is not closed, or a text in it needs quotes")
	case strings.Contains(msg, "expected ',' or '}'"):
		hint = say("a { mapping is not closed, or a text in it needs quotes")
	case strings.Contains(msg, "did not find expected key"), strings.Contains(msg, "did not find expected '-'"):
		hint = say("check the indentation of this line and the ones above")
	case strings.Contains(msg, "unexpected end of stream"):
		hint = say("a quote is not closed")
		if rows := bytes.Split(data, []byte("\n")); le.ContextMark.Line > 0 && bytes.ContainsAny(rows[min(le.ContextMark.Line, len(rows))-1], curly) {
			hint = say("a quote is not closed: those of YAML are straight")
		}
	}
	line, column := le.Mark.Line, le.Mark.Column
	// A quote without its end is reported where it opens, since that is where it is mended.
	if strings.Contains(le.Message, "unexpected end of stream") && le.ContextMark.Line > 0 {
		line, column = le.ContextMark.Line, le.ContextMark.Column
	}
	p.atMark(line, column, hint, "not valid YAML: %s", say(le.Message))
}

// oddSpace finds a space that is none to YAML where YAML wants one: before a key, or behind a hyphen
// or a key. Word processors, web pages and chats write them.
var oddSpace = regexp.MustCompile(`^[ \x{a0}\x{2000}-\x{200b}\x{202f}\x{3000}]*(?:- ?)?(?:[A-Za-z_]+:)?([\x{a0}\x{2000}-\x{200b}\x{202f}\x{3000}])`)

// oddSpaces records the lines with such spaces, and tells whether there are any. It is for files that
// have mistakes: elsewhere such a space is part of a text.
func oddSpaces(p *problems, data []byte) bool {
	found := false
	line := 0
	for text := range bytes.Lines(data) {
		line++
		m := oddSpace.FindSubmatchIndex(text)
		if m == nil {
			m = leadingOdd.FindSubmatchIndex(text)
		}
		if m == nil {
			continue
		}
		found = true
		r, _ := utf8.DecodeRune(text[m[2]:])
		p.record(Error{
			Line: line, Column: 1 + utf8.RuneCount(text[:m[2]]), Message: say("the space here is no plain one but U+%04X, which YAML takes for a letter", r),
			Hint: say("write a plain space"), From: string(r), To: " ",
		})
	}
	return found
}

// leadingOdd is a line that begins with such a space.
var leadingOdd = regexp.MustCompile(`^ *([\x{a0}\x{2000}-\x{200b}\x{202f}\x{3000}])`)

// What wants a space behind it that is missing: a key's colon, or the hyphen before a key.
var (
	tightColon  = regexp.MustCompile(`^ *(?:- +)?(([a-z_]+):)[^\s/]`)
	tightHyphen = regexp.MustCompile(`^ *((-)[a-z_]+: )`)
	keyAhead    = regexp.MustCompile(`^-?([a-z_]+):`)
)

// noSpace records that a space is missing behind the colon of a key or behind a hyphen, in the line where YAML
// stumbled or in the one above it, which YAML then took for a text.
func noSpace(p *problems, data []byte, le *yaml.LoadError) bool {
	type row struct {
		number int
		text   string
	}
	var near []row // the last line with something in it, and the one above
	number := 0
	for raw := range bytes.Lines(data) {
		if number++; number > le.Mark.Line {
			break
		}
		text := strings.TrimRight(string(raw), "\r\n")
		if bare := strings.TrimSpace(text); bare != "" && bare[0] != '#' {
			near = append(near[max(0, len(near)-1):], row{number, text})
		}
	}
	for _, r := range near {
		m := tightColon.FindStringSubmatchIndex(r.text)
		if m == nil {
			m = tightHyphen.FindStringSubmatchIndex(r.text)
		}
		if m == nil || !isKey(keyAhead.FindStringSubmatch(r.text[m[2]:])[1]) {
			continue
		}
		from := r.text[m[2]:m[3]] // "key:"
		rest := strings.TrimSpace(r.text[m[3]:])
		if r.text[m[4]] == '-' {
			from, rest = "-", strings.TrimSpace(r.text[m[5]:])
		}
		p.record(Error{
			Line: r.number, Column: 1 + utf8.RuneCountInString(r.text[:m[2]]), Message: say("a space is missing behind %s", from),
			Hint: say("write %s", from+" "+rest), From: from, To: from + " ",
		})
		return true
	}
	return false
}

// isKey tells whether a name is that of a key anywhere in the file.
func isKey(name string) bool { return strings.Contains(schema, `"`+name+`":`) }

// strayQuote records a quote that closes before something else in the line where YAML stumbled: it was left open
// in a line above, or stands within its text.
func strayQuote(p *problems, data []byte, le *yaml.LoadError) bool {
	var quote rune
	var line, openLine, openColumn int
	for raw := range bytes.Lines(data) {
		if line++; line > le.Mark.Line {
			break
		}
		text := []rune(strings.TrimRight(string(raw), "\r\n"))
		before := '\n'
	row:
		for i := 0; i < len(text); i++ {
			r := text[i]
			switch {
			case quote == '"' && r == '\\', quote == '\'' && r == quote && i+1 < len(text) && text[i+1] == quote:
				i++ // what follows is of the text
			case quote != 0 && r == quote:
				rest := strings.TrimLeft(string(text[i+1:]), " ")
				stumbled := line == le.Mark.Line && rest != "" && !strings.ContainsRune(",]}:#\"'", rune(rest[0]))
				begins := openLine < line && i+1 < len(text) && strings.ContainsRune("\"'", text[i+1]) // it was to open here
				if stumbled || begins {
					if openLine < line {
						p.atMark(openLine, openColumn, say("write %c where its text ends", quote), "the quote that opens here is closed in line %d only", line)
					} else {
						p.atMark(openLine, openColumn, say("close the quote where the text ends, or put quotes of the other kind around all of it"), "the text goes on behind its closing quote")
					}
					return true
				}
				quote = 0
			case quote != 0:
			case (r == '"' || r == '\'') && strings.ContainsRune(":,[{-\n", before):
				quote, openLine, openColumn = r, line, i+1
			case r == '#' && (i == 0 || text[i-1] == ' '):
				break row
			}
			if r != ' ' {
				before = r
			}
		}
	}
	return false
}

// notClosed records the bracket or brace that opens a list and is never closed, where YAML stumbled in
// a later line for that reason.
func notClosed(p *problems, data []byte, le *yaml.LoadError) bool {
	type opening struct{ line, column, char int }
	var open []opening
	line := 0
	for text := range bytes.Lines(data) {
		line++
		if line > le.Mark.Line {
			break
		}
		before := rune('\n')
		quote := rune(0)
		column := 0
		for _, r := range string(text) {
			column++
			if line == le.Mark.Line && column >= le.Mark.Column {
				break
			}
			switch {
			case quote != 0:
				if r == quote {
					quote = 0
				}
			case (r == '"' || r == '\'') && strings.ContainsRune(":,[{-\n", before):
				quote = r
			case r == '#' && (column == 1 || isSpaceBefore(string(text), column)):
				quote = '\n' // a comment, to the end of the line
			case (r == '[' || r == '{') && strings.ContainsRune(":,[{-\n", before):
				open = append(open, opening{line, column, int(r)})
			case (r == ']' || r == '}') && len(open) > 0:
				open = open[:len(open)-1]
			}
			if r != ' ' {
				before = r
			}
		}
	}
	if len(open) == 0 || open[0].line == le.Mark.Line || strings.Contains(le.Message, "unexpected end of stream") {
		return false
	}
	o := open[0]
	what, end := "the list that begins with [ here is not closed", "]"
	if o.char == '{' {
		what, end = "the mapping that begins with { here is not closed", "}"
	}
	p.atMark(o.line, o.column, say("write %s at its end, or quotes around a text in it that YAML misreads", end), what)
	return true
}

// isSpaceBefore tells whether the character before a column is a space.
func isSpaceBefore(line string, column int) bool {
	r := []rune(line)
	return column >= 2 && r[column-2] == ' '
}

// aliasForText records a text that begins with * or &, which YAML takes for the name of an anchor.
func aliasForText(p *problems, data []byte, le *yaml.LoadError) bool {
	if !strings.Contains(le.Message, "unknown anchor") && !strings.Contains(le.Message, "alphabetic or numeric character") {
		return false
	}
	line := 0
	for text := range bytes.Lines(data) {
		line++
		if line != le.Mark.Line {
			continue
		}
		r := []rune(strings.TrimRight(string(text), "\r\n"))
		for i := min(le.Mark.Column, len(r)) - 1; i >= 0; i-- {
			if r[i] != '*' && r[i] != '&' {
				continue
			}
			before, rest := strings.TrimRight(string(r[:i]), " "), string(r[i:])
			inList := strings.HasSuffix(before, "[") || strings.HasSuffix(before, ",") || strings.HasSuffix(before, "-")
			// Behind a key an anchor is likelier, but for what can be no name of one, as in a cron line.
			behindKey := strings.HasSuffix(before, ":") && noAnchor.MatchString(rest)
			if !inList && !behindKey {
				continue
			}
			end := textEnd.FindStringIndex(rest)
			if behindKey {
				end = valueEnd.FindStringIndex(rest)
			}
			word := strings.TrimRight(rest[:end[0]], " ")
			if strings.Contains(le.Message, "unknown anchor") && !strings.Contains(word, " ") && bytes.Contains(data, []byte("&")) && r[i] == '*' {
				return false // the file has anchors: this one is misspelled
			}
			e := Error{
				Line: line, Column: i + 1, Message: say("%c before a text means an anchor in YAML, and there is none", r[i]),
				Hint: say("put quotes around it: %s", `"`+word+`"`), From: word, To: `"` + word + `"`,
			}
			if r[i] == '*' && inList { // where it was meant to stand, only the editor knows
				e.Hint, e.From, e.To = say("write the star behind the word: %s", word[1:]+"*"), "", ""
			}
			p.record(e)
			return true
		}
	}
	return false
}

var (
	noAnchor = regexp.MustCompile(`^\*(?:$|[ /])`)
	textEnd  = regexp.MustCompile(`[,\]}]| #|$`) // of a text in a list
	valueEnd = regexp.MustCompile(`, |}| #|$`)   // of a value behind a key
)

// charAt gives the character at a position, or 0.
func charAt(data []byte, m yaml.Mark) rune {
	line := 1
	for text := range bytes.Lines(data) {
		if r := []rune(string(text)); line == m.Line && m.Column >= 1 && m.Column <= len(r) {
			return r[m.Column-1]
		}
		line++
	}
	return 0
}

// kind names what a node is, for messages.
func kind(n *yaml.Node) feed.Text {
	switch {
	case n.Kind == yaml.SequenceNode:
		return say("a list")
	case n.Kind == yaml.MappingNode:
		return say("a mapping")
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		return say("nothing")
	case n.Kind == yaml.ScalarNode:
		return say("%s", shown(n.Value))
	}
	return say("nothing")
}

// nothing tells whether a key has no value.
func nothing(n *yaml.Node) bool { return kind(n).Key == "nothing" }

// shown quotes a value for a message, cut when it is long.
func shown(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return `"` + s + `"`
}
