package config

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"feedd/internal/feed"
)

// maxVisits and maxDepth bound the work that aliases can multiply: a few lines of them can stand
// for billions of values, or for themselves.
const (
	maxVisits = 1_000_000
	maxDepth  = 50
)

// decoder fills the structs of shape.go from YAML nodes and goes on after every mistake. The YAML
// package could do this as well, but it skips a whole mapping that has a duplicate key, says "cannot
// construct !!str into config.span" where an editor needs "write 168h", and does not keep the position
// of values that are checked later.
type decoder struct {
	*problems
	visits, depth int
	full          bool // a bound was hit and reported
	shapes        map[reflect.Type]shape
}

// shape is what a struct type says of its keys.
type shape struct {
	names []string
	field map[string]field
}

// shape looks a type up once a file.
func (d *decoder) shape(t reflect.Type) shape {
	s, ok := d.shapes[t]
	if !ok {
		s.names, s.field = fields(t)
		d.shapes[t] = s
	}
	return s
}

// decodable is a value that reads its node itself.
type decodable interface {
	decode(d *decoder, n *yaml.Node, lim limits)
}

// placed is embedded in structs that remember where they stand.
type placed struct{ at *yaml.Node }

func (p *placed) place(n *yaml.Node) { p.at = n }

func (p *placed) given() bool { return p.at != nil }

func (p *placed) line() int {
	if p.at == nil {
		return 0
	}
	return p.at.Line
}

// emptyList gives the node of a key that holds an empty list, or nil.
func (p *placed) emptyList(key string) *yaml.Node {
	if p.at == nil || p.at.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(p.at.Content); i += 2 {
		v := p.at.Content[i+1]
		if p.at.Content[i].Value == key && v.Kind == yaml.SequenceNode && len(v.Content) == 0 {
			return v
		}
	}
	return nil
}

// limits are what a field's tag asks of its value.
type limits struct {
	name     string // the key, for messages
	enum     []string
	min, max *float64
	required bool
}

// field is one key of a struct.
type field struct {
	index []int
	lim   limits
}

// fields lists the keys of a struct type, those of inlined structs among them.
func fields(t reflect.Type) (names []string, byName map[string]field) {
	byName = map[string]field{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "" {
			continue
		}
		lim := limits{name: name}
		for _, tag := range strings.Split(f.Tag.Get("jsonschema"), ",") {
			key, val, _ := strings.Cut(tag, "=")
			switch key {
			case "required":
				lim.required = true
			case "enum":
				lim.enum = append(lim.enum, val)
			case "minimum":
				lim.min = bound(val)
			case "maximum":
				lim.max = bound(val)
			}
		}
		names = append(names, name)
		byName[name] = field{index: f.Index, lim: lim}
	}
	return names, byName
}

func bound(s string) *float64 {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil
	}
	return &x
}

// into fills v from n.
func (d *decoder) into(n *yaml.Node, v reflect.Value, lim limits) {
	d.visits++
	d.depth++
	defer func() { d.depth-- }()
	if d.full {
		return
	}
	if d.visits > maxVisits || d.depth > maxDepth {
		d.full = true
		d.at(n, say("write it out"), "aliases or nesting make the file too large")
		return
	}
	if n.Kind == yaml.AliasNode {
		d.into(n.Alias, v, lim)
		return
	}
	if own, ok := v.Addr().Interface().(decodable); ok {
		own.decode(d, n, lim)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, lim)
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			hint := say("remove the key, or write one item a line after a hyphen")
			if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" {
				hint = say("write %s", "["+n.Value+"]")
			}
			d.at(n, hint, "%s wants a list, found %s", called(lim.name), kind(n))
			return
		}
		if one := elements[lim.name]; one != "" && (lim.name != "never" || v.Type().Elem().Kind() == reflect.Slice) {
			lim.name = one
		}
		for _, item := range n.Content {
			e := reflect.New(v.Type().Elem()).Elem()
			d.into(item, e, lim)
			v.Set(reflect.Append(v, e))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, pair := range d.pairs(n, lim.name) {
			e := reflect.New(v.Type().Elem()).Elem()
			d.into(pair.value, e, limits{name: pair.key.Value})
			v.SetMapIndex(reflect.ValueOf(pair.key.Value), e)
		}
	}
}

// elements names one element of a list, for messages.
var elements = map[string]string{
	"sources": "a source", "list": "a section", "partners": "a partner", "expect": "an expected headline",
	"any": "a term", "all": "a term", "none": "a term", "never": "a pair",
}

// mapping fills the struct that into points to from a mapping node.
func (d *decoder) mapping(n *yaml.Node, into any) {
	d.structure(n, reflect.ValueOf(into).Elem(), limits{name: "the file"})
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, lim limits) {
	if p, ok := v.Addr().Interface().(interface{ place(*yaml.Node) }); ok {
		p.place(n)
	}
	s := d.shape(v.Type())
	pairs := d.pairs(n, lim.name)
	for _, pair := range pairs {
		f, ok := s.field[pair.key.Value]
		if !ok {
			d.unknown(pair, pairs, s.names, v.Type())
			continue
		}
		d.into(pair.value, v.FieldByIndex(f.index), f.lim)
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	for _, name := range s.names {
		if s.field[name].lim.required && !slices.ContainsFunc(pairs, func(p pair) bool { return p.key.Value == name }) {
			d.at(n, feed.Text{}, "%s is missing", name)
		}
	}
}

// unknown reports a key that the struct does not have, with the likeliest reason.
func (d *decoder) unknown(of pair, beside []pair, names []string, t reflect.Type) {
	key, name := of.key, of.key.Value
	hint, to := didYouMean(name, names), theNearest(name, names)
	switch {
	case slices.Contains(names, name+"_env"):
		d.at(key, say("use %[1]s_env with the name of an environment variable, or %[1]s_file with a path", name),
			"%s would put a secret into this file", shown(name))
		return
	case t == reflect.TypeFor[sourceKeys]() && slices.Contains([]string{"id", "title", "url", "page"}, name):
		hint, to = say("every source has its own"), ""
	case slices.Contains(names, aliases[name]):
		hint, to = didYouMean(aliases[name], names), aliases[name]
		if slices.Contains(otherwise, name) {
			to = ""
		}
	case hint.Key == "":
		hint = say("known here: %s", strings.Join(names, ", "))
	}
	if slices.ContainsFunc(beside, func(p pair) bool { return p.key.Value == to }) {
		to = "" // what this one was meant for is there
	}
	e := scalarError(key, to, hint, "unknown key %s", shown(name))
	e.Through = max(key.Line, lastLine(of.value))
	d.record(e)
}

// otherwise are those aliases whose values mean something else.
var otherwise = []string{"weight", "max"}

// aliases are names that other programs give to our keys.
var aliases = map[string]string{
	"link": "url", "feed": "url", "feed_url": "url", "href": "url", "name": "title",
	"cron": "schedule", "interval": "schedule", "every": "schedule", "refresh": "schedule",
	"tz": "timezone", "zone": "timezone", "lang": "language", "locale": "language",
	"keywords": "any", "exclude": "none", "include": "any", "selectors": "page",
	"feeds": "sources", "tests": "expect", "weight": "priority", "max": "limit",
}

type pair struct{ key, value *yaml.Node }

// pairs lists a mapping's keys in order, merge keys (<<) resolved: a key that the mapping gives
// itself wins over a merged one, an earlier merged mapping over a later.
func (d *decoder) pairs(n *yaml.Node, name string) []pair {
	if n.Kind != yaml.MappingNode {
		var hint feed.Text
		switch {
		case nothing(n):
			hint = say("remove the key, or indent what belongs to it")
		case name == elements["expect"] && n.Kind == yaml.ScalarNode:
			key, text := "title", n.Value
			if rest, not := strings.CutPrefix(text, "not "); not {
				key, text = "not", rest
			}
			hint = say(writeThis, key+": "+text)
		}
		d.at(n, hint, "%s wants keys and values, found %s", called(name), kind(n))
		return nil
	}
	d.visits += len(n.Content) / 2
	var own []pair
	var merged []*yaml.Node
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		switch {
		case key.ShortTag() == "!!merge":
			merged = append(merged, val)
			continue
		case key.Kind != yaml.ScalarNode:
			d.at(key, feed.Text{}, "a key must be a text, found %s", kind(key))
			continue
		case first[key.Value] != nil:
			d.at(key, feed.Text{}, "the key %s is here twice, first on line %d", shown(key.Value), first[key.Value].Line)
			continue
		}
		first[key.Value] = key
		own = append(own, pair{key, val})
	}
	for _, m := range merged {
		for _, p := range d.mergedPairs(m, name) {
			if first[p.key.Value] == nil {
				first[p.key.Value] = p.key
				own = append(own, p)
			}
		}
	}
	return own
}

func (d *decoder) mergedPairs(n *yaml.Node, name string) []pair {
	d.depth++
	d.visits++
	defer func() { d.depth-- }()
	switch {
	case d.full:
		return nil
	case d.visits > maxVisits || d.depth > maxDepth:
		d.full = true
		d.at(n, say("write it out"), "aliases or nesting make the file too large")
		return nil
	case n.Kind == yaml.AliasNode:
		return d.mergedPairs(n.Alias, name)
	case n.Kind == yaml.SequenceNode:
		var all []pair
		for _, c := range n.Content {
			all = append(all, d.mergedPairs(c, name)...)
		}
		return all
	case n.Kind != yaml.MappingNode:
		d.at(n, say("write <<: *name"), "the merge key << wants the alias of a mapping, found %s", kind(n))
		return nil
	}
	return d.pairs(n, name)
}

// inEnum reports whether a text is one of those its tag allows, and records a mistake if not.
func (d *decoder) inEnum(n *yaml.Node, lim limits) bool {
	if lim.enum == nil || slices.Contains(lim.enum, n.Value) {
		return true
	}
	d.atScalar(n, theNearest(n.Value, lim.enum), didYouMean(n.Value, lim.enum), "%s must be %s, not %s", called(lim.name), orList(lim.enum), shown(n.Value))
	return false
}

func (d *decoder) inRange(n *yaml.Node, x float64, lim limits) bool {
	switch {
	case lim.min != nil && x < *lim.min, lim.max != nil && x > *lim.max:
		d.at(n, feed.Text{}, "%s must be between %v and %v, not %s", called(lim.name), *lim.min, *lim.max, n.Value)
		return false
	}
	return true
}

// orList says "a, b or c".
func orList(words []string) feed.Text {
	if len(words) < 2 {
		return say("%s", strings.Join(words, ""))
	}
	return say("%s or %s", strings.Join(words[:len(words)-1], ", "), words[len(words)-1])
}

// decode takes the list alone, or a mapping of it and the settings for all sections.
func (s *fileSections) decode(d *decoder, n *yaml.Node, lim limits) {
	if n.Kind == yaml.SequenceNode {
		d.into(n, reflect.ValueOf(&s.List).Elem(), limits{name: "a section"})
		return
	}
	if n.Kind != yaml.MappingNode {
		d.at(n, say("write one section a line after a hyphen"), "sections wants a list, found %s", kind(n))
		return
	}
	d.structure(n, reflect.ValueOf(s).Elem(), lim)
}

// decode takes true or false, or a mapping.
func (l *fileLearn) decode(d *decoder, n *yaml.Node, lim limits) {
	l.onOr(d, n, reflect.ValueOf(l).Elem(), lim)
}

// decode takes true or false, or a mapping.
func (l *fileSectionLearn) decode(d *decoder, n *yaml.Node, lim limits) {
	l.onOr(d, n, reflect.ValueOf(l).Elem(), lim)
}

// onOr decodes true or false, or the mapping of whole, which l is or is part of; that means true.
func (l *fileSectionLearn) onOr(d *decoder, n *yaml.Node, whole reflect.Value, lim limits) {
	if n.Kind != yaml.MappingNode {
		l.on.decode(d, n, lim)
		return
	}
	l.on.at = n
	l.on.is = true
	d.structure(n, whole, lim)
}

// decode takes a mapping, or one term for short.
func (r *fileRule) decode(d *decoder, n *yaml.Node, lim limits) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" {
		r.at = n
		var term text
		term.decode(d, n, lim)
		r.Any = []text{term}
		return
	}
	d.structure(n, reflect.ValueOf(r).Elem(), limits{name: "a rule"})
}

// decode takes the value itself, or where a secret one is.
func (h *fileHeader) decode(d *decoder, n *yaml.Node, lim limits) {
	if n.Kind == yaml.ScalarNode {
		h.at = n
		h.value.decode(d, n, lim)
		return
	}
	d.structure(n, reflect.ValueOf(h).Elem(), lim)
}
