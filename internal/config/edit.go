package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"feedd/internal/feed"
)

// Addition is what is written into a feeds.yaml that somebody keeps by hand.
type Addition struct {
	Sections []NewSection
	Sources  []NewSource
}

// NewSection is a section to add.
type NewSection struct{ ID, Title string }

// NewSource is a source to add. What is empty is not written.
type NewSource struct {
	ID, Title, URL, Section, Language string
	Page                              *feed.Page
	AllowPrivate                      bool
}

// Add writes the addition behind the sections and sources that are in data already, in their style,
// and returns the whole file. Every line of data stays as it is, comments, blank lines, anchors and
// line ends included; only a list written within brackets is continued on its own line.
//
// It fails where the file cannot be continued so, and says what to write by hand.
func Add(data []byte, a Addition) ([]byte, error) {
	p := &problems{file: "feeds.yaml", seen: map[string]bool{}}
	was := readYAML(p, data)
	if was == nil {
		return nil, p.sorted()
	}
	lists := []struct {
		key     string
		entries []entry
	}{{key: "sections"}, {key: "sources"}}
	for _, s := range a.Sections {
		lists[0].entries = append(lists[0].entries, entry{{"id", s.ID}, {"title", s.Title}})
	}
	for _, s := range a.Sources {
		lists[1].entries = append(lists[1].entries, s.entry())
	}
	next, byHand := data, ""
	for _, list := range lists {
		if len(list.entries) == 0 {
			continue
		}
		byHand += blockText(list.key, list.entries)
		var err error
		if next, err = addTo(next, list.key, list.entries); err != nil {
			return nil, fmt.Errorf("%w; add this by hand:\n%s", err, byHand)
		}
	}
	if err := onlyAdded(data, next, map[string][]entry{"sections": lists[0].entries, "sources": lists[1].entries}); err != nil {
		return nil, fmt.Errorf("%w; add this by hand:\n%s", err, byHand)
	}
	return next, nil
}

// entry is one element of a list: keys and values in order. A value is a text, a truth or an entry.
type entry []keyed

type keyed struct {
	key string
	val any // string, bool or entry
}

// YAML is the source as it stands in the list of sources, with the list's key before it.
func (s *NewSource) YAML() string { return blockText("sources", []entry{s.entry()}) }

func (s *NewSource) entry() entry {
	e := entry{{"id", s.ID}}
	for _, k := range []struct{ key, val string }{{"title", s.Title}, {"url", s.URL}, {"language", s.Language}, {"section", s.Section}} {
		if k.val != "" {
			e = append(e, keyed{k.key, k.val})
		}
	}
	if s.AllowPrivate {
		e = append(e, keyed{"allow_private", true})
	}
	if s.Page == nil {
		return e
	}
	var page entry
	for _, k := range []struct{ key, val string }{
		{"item", s.Page.Item}, {"title", s.Page.Title}, {"link", s.Page.Link}, {"summary", s.Page.Summary}, {"date", s.Page.Date}, {"image", s.Page.Image},
	} {
		if k.val != "" {
			page = append(page, keyed{k.key, k.val})
		}
	}
	return append(e, keyed{"page", page})
}

// addTo continues the list under a key of the root, or makes it.
func addTo(data []byte, key string, entries []entry) ([]byte, error) {
	root := readYAML(&problems{seen: map[string]bool{}}, data)
	if root == nil {
		return nil, errors.New("the file cannot be read")
	}
	at, list := lookup(root, key)
	if key == "sections" && list != nil && list.Kind == yaml.MappingNode { // sections: {confidence, list}
		at, list = lookup(list, "list")
	}
	end := lineEnd(data)
	switch {
	case at == nil && root.Style&yaml.FlowStyle == 0:
		text := blockText(key, entries)
		if n := len(bytes.TrimRight(data, "\r\n")); n == len(data) {
			text = "\n" + text // the last line has no end
		}
		return insert(data, len(data), "\n"+text, end), nil
	case at == nil, list.Kind == yaml.AliasNode, list.Kind == yaml.MappingNode:
		return nil, fmt.Errorf("%s is written in a way that cannot be continued", key)
	case list.Kind == yaml.ScalarNode: // nothing yet
		lines := splitLines(data)
		indent := strings.Repeat(" ", at.Column+1)
		return insert(data, offset(lines, at.Line+1), blockEntries(indent, entries, false), end), nil
	case list.Style&yaml.FlowStyle != 0:
		return addToFlow(data, list, entries)
	}
	return addToBlock(data, list, entries, end), nil
}

// lookup finds a key of a mapping and its value.
func lookup(m *yaml.Node, key string) (at, val *yaml.Node) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return m.Content[i], m.Content[i+1]
		}
	}
	return nil, nil
}

// addToBlock continues a list of one element a hyphen.
func addToBlock(data []byte, list *yaml.Node, entries []entry, end string) []byte {
	last := list.Content[len(list.Content)-1]
	lines := splitLines(data)
	dash := list.Column // of the hyphens, counted from 1
	// What is indented deeper than the hyphens is the last element's, its comments too.
	behind := lastLine(last)
	for n := behind; n < len(lines); n++ {
		text := strings.TrimRight(string(lines[n]), "\r\n")
		if strings.TrimSpace(text) == "" {
			continue
		}
		if indentOf(text) < dash {
			break
		}
		behind = n + 1
	}
	indent := strings.Repeat(" ", dash-1)
	text := blockEntries(indent, entries, last.Style&yaml.FlowStyle != 0)
	if n := len(list.Content); n > 1 && blankBetween(lines, list.Content[n-2], last) {
		text = "\n" + strings.ReplaceAll(text, "\n"+indent+"- ", "\n\n"+indent+"- ")
	}
	at := offset(lines, behind+1)
	if at > 0 && data[at-1] != '\n' {
		text = "\n" + text
	}
	return insert(data, at, text, end)
}

// addToFlow continues a list in brackets before its closing one.
func addToFlow(data []byte, list *yaml.Node, entries []entry) ([]byte, error) {
	lines := splitLines(data)
	begin := offset(lines, list.Line)
	for range list.Column - 1 {
		begin += runeLen(data[begin:])
	}
	closing, ok := closingBracket(data, begin)
	if !ok {
		return nil, errors.New("the end of the list was not found")
	}
	at := len(bytes.TrimRight(data[:closing], " \t\r\n,"))
	var texts []string
	for _, e := range entries {
		texts = append(texts, flowText(e))
	}
	text := strings.Join(texts, ", ")
	if len(list.Content) > 0 {
		text = ", " + text
	}
	return slices.Concat(data[:at], []byte(text), data[closing:]), nil
}

// closingBracket finds the bracket that closes the one at begin, past texts in quotes and comments.
func closingBracket(data []byte, begin int) (int, bool) {
	depth := 0
	for i := begin; i < len(data); i++ {
		switch c := data[i]; {
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				return i, true
			}
		case c == '#' && i > 0 && (data[i-1] == ' ' || data[i-1] == '\n' || data[i-1] == '\t'):
			for i < len(data) && data[i] != '\n' {
				i++
			}
		case (c == '"' || c == '\'') && bytes.IndexByte([]byte(" ,[{:\n\t"), data[i-1]) >= 0:
			for i++; i < len(data) && data[i] != c; i++ {
				if c == '"' && data[i] == '\\' {
					i++
				}
			}
		}
	}
	return 0, false
}

// blockText writes a key with its list.
func blockText(key string, entries []entry) string {
	return key + ":\n" + blockEntries("  ", entries, false)
}

// blockEntries writes elements, each behind a hyphen.
func blockEntries(indent string, entries []entry, flow bool) string {
	var b strings.Builder
	for _, e := range entries {
		if flow {
			b.WriteString(indent + "- " + flowText(e) + "\n")
			continue
		}
		writeBlock(&b, indent+"- ", indent+"  ", e)
	}
	return b.String()
}

func writeBlock(b *strings.Builder, first, indent string, e entry) {
	for _, k := range e {
		b.WriteString(first + k.key + ":")
		first = indent
		switch v := k.val.(type) {
		case entry:
			b.WriteString("\n")
			writeBlock(b, indent+"  ", indent+"  ", v)
		case string:
			b.WriteString(" " + blockScalar(v) + "\n")
		case bool:
			fmt.Fprintf(b, " %t\n", v)
		}
	}
}

// flowText writes an element within braces.
func flowText(e entry) string {
	var parts []string
	for _, k := range e {
		switch v := k.val.(type) {
		case entry:
			parts = append(parts, k.key+": "+flowText(v))
		case string:
			parts = append(parts, k.key+": "+plain(v))
		case bool:
			parts = append(parts, fmt.Sprintf("%s: %t", k.key, v))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// safeBlock is what may stand behind a key on a line of its own without quotes: no sign at the
// beginning that YAML reads, and within neither ": " nor " #".
var safeBlock = regexp.MustCompile(`^[\p{L}.](?:[\p{L}\p{M}\p{N}.,;/?&=%+~@_()'!*$>[\]-]| [\p{L}\p{M}\p{N}(&>.,/?=+@_-]|:[\p{L}\p{N}/]|\p{L}#)*$`)

func blockScalar(s string) string {
	if safeBlock.MatchString(s) && !slices.Contains(notPlain, strings.ToLower(s)) {
		return s
	}
	return plain(s)
}

// onlyAdded checks that a file says what it said and what was added, and nothing else.
func onlyAdded(before, after []byte, added map[string][]entry) error {
	var was, is map[string]any
	if err := yaml.Unmarshal(before, &was); err != nil {
		return errors.New("the file cannot be read")
	}
	if err := yaml.Unmarshal(after, &is); err != nil {
		return errors.New("the file could not be continued")
	}
	for key, entries := range added {
		want, has := listUnder(was, key), listUnder(is, key)
		for _, e := range entries {
			want = append(want, e.value())
		}
		if !reflect.DeepEqual(want, has) {
			return fmt.Errorf("the list of %s could not be continued", key)
		}
	}
	if !reflect.DeepEqual(was, is) {
		return errors.New("the file could not be continued without changing it")
	}
	return nil
}

// listUnder takes the list under a key out of what was read; it is never nil.
func listUnder(file map[string]any, key string) []any {
	val := file[key]
	if m, ok := val.(map[string]any); ok && key == "sections" {
		val = m["list"]
		delete(m, "list")
	} else {
		delete(file, key)
	}
	list, _ := val.([]any)
	return append([]any{}, list...)
}

// value is the entry as YAML reads it.
func (e entry) value() map[string]any {
	m := map[string]any{}
	for _, k := range e {
		m[k.key] = k.val
		if nested, ok := k.val.(entry); ok {
			m[k.key] = nested.value()
		}
	}
	return m
}

// lastLine is the last line on which a node or one under it begins.
func lastLine(n *yaml.Node) int {
	last := n.Line
	if n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		last += strings.Count(strings.TrimRight(n.Value, "\n"), "\n") + 1
	}
	for _, c := range n.Content {
		last = max(last, lastLine(c))
	}
	return last
}

func blankBetween(lines [][]byte, a, b *yaml.Node) bool {
	for n := lastLine(a); n < b.Line-1; n++ {
		if len(bytes.TrimSpace(lines[n])) == 0 {
			return true
		}
	}
	return false
}

func splitLines(data []byte) [][]byte { return slices.Collect(bytes.Lines(data)) }

// offset is where a line begins, counted from 1; the end of the file for lines behind it.
func offset(lines [][]byte, line int) (at int) {
	for _, l := range lines[:min(line-1, len(lines))] {
		at += len(l)
	}
	return at
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// lineEnd is how the file ends its lines.
func lineEnd(data []byte) string {
	if i := bytes.IndexByte(data, '\n'); i > 0 && data[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

func insert(data []byte, at int, text, end string) []byte {
	return slices.Concat(data[:at], []byte(strings.ReplaceAll(text, "\n", end)), data[at:])
}

// runeLen is the length of the first character.
func runeLen(data []byte) int {
	n := 1
	for n < len(data) && data[n]&0xc0 == 0x80 {
		n++
	}
	return n
}

// NewID makes an id of a name that no other has: "Báo Mới" becomes bao-moi, then bao-moi-2.
func NewID(name string, taken func(string) bool) string {
	const most = 48
	id := asID(name)
	if len(id) > most {
		id = id[:most]
		if i := strings.LastIndexByte(id, '-'); i > most/2 {
			id = id[:i]
		}
		id = strings.Trim(id, "-")
	}
	id = cmp.Or(id, "source")
	base := id
	for n := 2; taken(id); n++ {
		id = fmt.Sprintf("%s-%d", base, n)
	}
	return id
}
