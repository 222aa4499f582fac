package config

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// readYAML parses data to the mapping at its root, or records why that is impossible and returns
// nil. What the YAML reader reports without a position (bad bytes, a second document) is looked
// for here first.
func readYAML(p *problems, data []byte) *yaml.Node {
	if len(data) > maxFile {
		p.atMark(1, 1, "", "the file is larger than %d MiB", maxFile>>20)
		return nil
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		p.atMark(1, 1, "save it as UTF-8", "the file is UTF-16")
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !plainText(p, data) {
		return nil
	}

	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		p.atMark(1, 1, "", "%s", err)
		return nil
	}
	var doc yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF):
		p.atMark(1, 1, "the least is sources: with an id and a url", "the file holds no configuration")
		return nil
	case err != nil:
		syntaxError(p, data, err)
		return nil
	}
	var second yaml.Node
	switch err := loader.Load(&second); {
	case err == nil:
		p.at(&second, "remove the line ---", "a second document begins here")
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
		p.at(at, "the least is sources: with an id and a url", "wants keys such as sources:, found %s", kind(at))
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
			p.atMark(line, column, "save the file as UTF-8", "byte 0x%02X is not UTF-8", data[i])
			return false
		case r == '\n':
			line, column = line+1, 0
		case r < ' ' && r != '\t' && r != '\r', r >= 0x7f && r < 0xa0 && r != 0x85:
			p.atMark(line, column, "remove it", "control character U+%04X", r)
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
		p.atMark(1, 1, "", "not valid YAML: %s", err)
		return
	}
	hint := ""
	switch msg := le.Message; {
	case strings.Contains(msg, "tab character"), charAt(data, le.Mark) == '\t':
		p.atMark(le.Mark.Line, le.Mark.Column, "use spaces", "a tab stands where YAML wants spaces")
		return
	case strings.Contains(msg, "mapping values are not allowed"):
		hint = `check the indentation; put quotes around a text that holds ": "`
	case strings.Contains(msg, "cannot start any token"):
		hint = "put quotes around a text that begins with @, `, or %"
	case strings.Contains(msg, "unknown escape character"):
		hint = `in "double quotes" a backslash must be doubled; 'single quotes' leave it alone`
	case strings.Contains(msg, "expected ',' or ']'"):
		hint = "a [ list is not closed, or a text in it needs quotes"
	case strings.Contains(msg, "expected ',' or '}'"):
		hint = "a { mapping is not closed, or a text in it needs quotes"
	case strings.Contains(msg, "did not find expected key"), strings.Contains(msg, "did not find expected '-'"):
		hint = "check the indentation of this line and the ones above"
	case strings.Contains(msg, "unexpected end of stream"):
		hint = "a quote is not closed"
	}
	line, column := le.Mark.Line, le.Mark.Column
	// A quote without its end is reported where it opens, since that is where it is mended.
	if strings.Contains(le.Message, "unexpected end of stream") && le.ContextMark.Line > 0 {
		line, column = le.ContextMark.Line, le.ContextMark.Column
	}
	p.atMark(line, column, hint, "not valid YAML: %s", le.Message)
}

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
func kind(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		return "nothing"
	case n.Kind == yaml.ScalarNode:
		return shown(n.Value)
	}
	return "nothing"
}

// shown quotes a value for a message, cut when it is long.
func shown(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return `"` + s + `"`
}
