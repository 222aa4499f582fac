package config

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v4"

	"feedd/internal/feed"
)

const shippedReference = "../../docs/configuration.md"

// referenceKey is one key as docs/configuration.md lists it.
type referenceKey struct {
	name, path        string // path is its place: sections.list.rules.any
	kind, what        string
	standard, example string // standard is its default as the comment in shape.go says it
	required          bool
	inside            reflect.Type // the struct it holds, if it holds one
}

// TestReference holds docs/configuration.md to the structs: go test ./internal/config -run TestReference -update
func TestReference(t *testing.T) {
	got := makeReference(t)
	if *update {
		if err := os.WriteFile(shippedReference, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(shippedReference)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), string(got)); diff != "" {
		t.Error("docs/configuration.md does not fit shape.go; run this test with -update: ", diff)
	}
}

// TestReferenceDefaults: a default that the documents name is the one that is in force. The full file
// with the default written out means the same as without the key.
func TestReferenceDefaults(t *testing.T) {
	setEnv(t)
	full := fullFile(t)
	full.remove("defaults") // what it says would stand in for what is taken from a source
	parse := func(doc *yaml.Node) *Config {
		out, err := yaml.Dump(doc)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := Parse("testdata/full.yaml", out, testChecks)
		if err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
		return cfg
	}
	lines := gocmp.Options{
		cmpopts.IgnoreFields(feed.Source{}, "Line"), cmpopts.IgnoreFields(feed.Section{}, "Line"), cmpopts.IgnoreFields(feed.Rule{}, "Line"),
		cmpopts.IgnoreFields(feed.Pattern{}, "Line"), cmpopts.IgnoreFields(feed.Expect{}, "Line"), cmpopts.IgnoreFields(Config{}, "Warnings"), compareZones,
	}
	tried := 0
	for _, k := range allKeys(t) {
		if !k.literal() || strings.HasPrefix(k.path, "learning.") { // the other spelling of the keys under sections
			continue
		}
		tried++
		without, with := full.copy(t), full.copy(t)
		without.remove(strings.Split(k.path, ".")...)
		if !with.set(k.standard, strings.Split(k.path, ".")...) {
			t.Errorf("testdata/full.yaml has no %s", k.path)
			continue
		}
		if diff := gocmp.Diff(parse(without.doc), parse(with.doc), lines); diff != "" {
			t.Errorf("%s: the documents say that its default is %s: %s", k.path, k.standard, diff)
		}
	}
	if tried < 25 {
		t.Errorf("only %d defaults were tried", tried)
	}
}

// literal tells whether the default is a value that can be written into the file. Of a text a default
// in several words is a sentence about it, unless its case says that it is a name.
func (k *referenceKey) literal() bool {
	switch {
	case k.standard == "" || k.standard == "any" || k.standard == "none":
		return false
	case k.kind == "text":
		return !strings.Contains(k.standard, " ") || k.name == "title" && k.standard != strings.ToLower(k.standard)
	}
	return !strings.Contains(k.standard, " ")
}

// makeReference writes the page: what holds for all keys, then a table for each part of the file.
func makeReference(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	head, err := os.ReadFile("testdata/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	b.Write(head)
	all := parts(t)
	tables := map[reflect.Type]string{reflect.TypeFor[sourceKeys](): "sources"} // the heading of each struct's table
	for _, part := range all {
		tables[part.rt] = part.title
	}
	for _, part := range all {
		level := "##"
		if strings.Contains(part.title, ",") {
			level = "###"
		}
		fmt.Fprintf(&b, "\n%s %s\n\n", level, part.title)
		if part.what != "" {
			fmt.Fprintf(&b, "%s\n\n", part.what)
		}
		b.WriteString("| key | what it says | type | default | example |\n|---|---|---|---|---|\n")
		for _, k := range part.keys {
			standard := cell(cmp.Or(k.standard, "–"))
			switch {
			case k.required:
				standard = "required"
			case k.literal():
				standard = code(k.standard)
			}
			example := "–"
			switch {
			case k.example != "":
				example = code(k.example)
			case k.inside != nil:
				table := tables[k.inside]
				example = fmt.Sprintf("see [%s](#%s)", table, strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(table), ",", ""), " ", "-"))
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", k.name, cell(k.what), k.kind, standard, example)
		}
	}
	return b.Bytes()
}

// cell writes a text into a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func code(s string) string { return "`" + cell(s) + "`" }

// referencePart is a table: the keys of one struct.
type referencePart struct {
	title, what string
	path        string
	rt          reflect.Type
	keys        []referenceKey
}

func allKeys(t *testing.T) []referenceKey {
	t.Helper()
	var keys []referenceKey
	for _, p := range parts(t) {
		keys = append(keys, p.keys...)
	}
	return keys
}

// parts walks the structs in the order in which they stand in the file, each once.
func parts(t *testing.T) []referencePart {
	t.Helper()
	comments, full := shapeComments(t), fullFile(t)
	var all []referencePart
	seen := map[reflect.Type]bool{}
	var add func(p referencePart)
	add = func(p referencePart) {
		seen[p.rt] = true
		p.keys = keysOf(p.rt, p.path, comments, full)
		all = append(all, p)
		for i := range p.keys {
			k := &p.keys[i]
			if k.inside == nil || k.inside == reflect.TypeFor[sourceKeys]() {
				continue // the keys under defaults are those of a source
			}
			title := k.name
			switch {
			case p.path == "sections" && k.name == "list":
				title = "sections, list"
			case p.path != "":
				title = strings.TrimSuffix(p.title, ", list") + ", " + k.name
			}
			if !seen[k.inside] {
				add(referencePart{title: title, what: k.what, path: k.path, rt: k.inside})
			}
		}
	}
	add(referencePart{title: "The file", rt: reflect.TypeFor[file]()})
	return all
}

// keysOf lists the keys of a struct.
func keysOf(rt reflect.Type, path string, comments map[string]string, full fullDoc) []referenceKey {
	names, byName := fields(rt)
	var keys []referenceKey
	for _, name := range names {
		f := byName[name]
		owner, sf := rt, reflect.StructField{}
		for _, i := range f.index {
			sf = owner.Field(i)
			if len(f.index) > 1 && sf.Anonymous {
				owner = sf.Type
				continue
			}
		}
		k := referenceKey{name: name, path: strings.TrimPrefix(path+"."+name, "."), required: f.lim.required}
		k.what, k.standard = splitDefault(comments[ownerOf(rt, f.index).Name()+"."+sf.Name])
		k.kind, k.inside = kindOf(sf.Type, f.lim)
		k.example = full.example(strings.Split(k.path, ".")...)
		keys = append(keys, k)
	}
	return keys
}

// ownerOf is the struct that declares the field at an index path.
func ownerOf(rt reflect.Type, index []int) reflect.Type {
	for _, i := range index[:len(index)-1] {
		rt = rt.Field(i).Type
	}
	return rt
}

var defaultSentence = regexp.MustCompile(`^(.*?) ?Default: (.*)\.$`)

// splitDefault takes "What it is. Default: x." apart.
func splitDefault(comment string) (what, standard string) {
	if m := defaultSentence.FindStringSubmatch(comment); m != nil {
		return m[1], m[2]
	}
	return comment, ""
}

// kindOf says in words what a value is, and gives the struct that it holds.
func kindOf(rt reflect.Type, lim limits) (kind string, inside reflect.Type) {
	switch rt {
	case reflect.TypeFor[text]():
		if lim.enum != nil {
			return "`" + strings.Join(lim.enum, "`, `") + "`", nil
		}
		return "text", nil
	case reflect.TypeFor[yesNo]():
		return "`true`, `false`", nil
	case reflect.TypeFor[number]():
		return "whole number" + bounds(lim), nil
	case reflect.TypeFor[fraction]():
		return "number" + bounds(lim), nil
	case reflect.TypeFor[span]():
		return "duration", nil
	case reflect.TypeFor[size]():
		return "size", nil
	}
	switch rt.Kind() {
	case reflect.Slice:
		of, inside := kindOf(rt.Elem(), lim)
		return "list of " + plural(of), inside
	case reflect.Map:
		of, inside := kindOf(rt.Elem(), lim)
		return "mapping to " + plural(of), inside
	}
	return "keys", rt
}

func plural(of string) string {
	switch of {
	case "text":
		return "texts"
	case "keys":
		return "keys"
	}
	return of
}

func bounds(lim limits) string {
	if lim.min == nil || lim.max == nil {
		return ""
	}
	return fmt.Sprintf(", %v to %v", *lim.min, *lim.max)
}

// fullDoc is testdata/full.yaml, which has every key.
type fullDoc struct{ doc *yaml.Node }

func fullFile(t *testing.T) fullDoc {
	t.Helper()
	data, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Load(data, &doc); err != nil {
		t.Fatal(err)
	}
	return fullDoc{&doc}
}

func (f fullDoc) copy(t *testing.T) fullDoc {
	t.Helper()
	out, err := yaml.Dump(f.doc)
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Load(out, &doc); err != nil {
		t.Fatal(err)
	}
	return fullDoc{&doc}
}

// find gives the mapping that holds the first key at a path, and where; lists are looked into, and the
// path of a source's key is found among the defaults, too.
func (f fullDoc) find(path ...string) (in *yaml.Node, at int) {
	var walk func(n *yaml.Node, path []string) (*yaml.Node, int)
	walk = func(n *yaml.Node, path []string) (*yaml.Node, int) {
		switch n.Kind {
		case yaml.DocumentNode, yaml.SequenceNode:
			for _, c := range n.Content {
				if in, at := walk(c, path); in != nil {
					return in, at
				}
			}
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				switch {
				case n.Content[i].Value != path[0]:
				case len(path) == 1:
					return n, i
				default:
					if in, at := walk(n.Content[i+1], path[1:]); in != nil {
						return in, at
					}
					for _, named := range n.Content[i+1].Content { // headers are known by names of the editor's
						if in, at := walk(named, path[1:]); in != nil {
							return in, at
						}
					}
				}
			}
		}
		return nil, 0
	}
	return walk(f.doc, path)
}

func (f fullDoc) remove(path ...string) {
	if in, at := f.find(path...); in != nil {
		in.Content = slices.Delete(in.Content, at, at+2)
	}
}

// set gives the first key at the path a value, as YAML.
func (f fullDoc) set(value string, path ...string) bool {
	in, at := f.find(path...)
	if in == nil {
		return false
	}
	var v yaml.Node
	if err := yaml.Load([]byte(value), &v); err != nil || v.Kind != yaml.DocumentNode {
		return false
	}
	in.Content[at+1] = v.Content[0]
	return true
}

// example writes the value of a key on one line; of keys and of lists of them nothing, since their own
// table has the examples.
func (f fullDoc) example(path ...string) string {
	in, at := f.find(path...)
	if in == nil {
		in, at = f.find(append([]string{"defaults"}, path[1:]...)...)
	}
	if in == nil {
		return ""
	}
	v := *in.Content[at+1]
	if v.Kind == yaml.SequenceNode && len(v.Content) > 0 && v.Content[0].Kind == yaml.MappingNode ||
		v.Kind == yaml.MappingNode && len(path) == 1 {
		return ""
	}
	flow(&v)
	out, err := yaml.Dump(&v)
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

// flow makes a node one that is written on one line.
func flow(n *yaml.Node) {
	if n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode {
		n.Style |= yaml.FlowStyle
	}
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	for _, c := range n.Content {
		flow(c)
	}
}
