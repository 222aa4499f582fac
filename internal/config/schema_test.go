package config

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	reflector "github.com/invopop/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

const (
	shippedConfig = "../../config/feeds.yaml"
	shippedSchema = "../../config/feeds.schema.json"
)

// makeSchema makes the JSON Schema of the structs in shape.go, their comments as descriptions.
func makeSchema(t *testing.T) []byte {
	t.Helper()
	comments := shapeComments(t)
	r := &reflector.Reflector{
		FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true, ExpandedStruct: true, Anonymous: true,
		Namer: func(rt reflect.Type) string {
			if rt == reflect.TypeFor[sourceKeys]() {
				return "Defaults"
			}
			return strings.TrimPrefix(rt.Name(), "file")
		},
		Mapper: func(rt reflect.Type) *reflector.Schema {
			switch rt {
			case reflect.TypeFor[text]():
				return &reflector.Schema{Type: "string"}
			case reflect.TypeFor[yesNo]():
				return &reflector.Schema{Type: "boolean"}
			case reflect.TypeFor[number]():
				return &reflector.Schema{Type: "integer"}
			case reflect.TypeFor[fraction]():
				return &reflector.Schema{Type: "number"}
			case reflect.TypeFor[span]():
				return &reflector.Schema{Type: "string", Pattern: `^([0-9.]+(ns|us|µs|ms|s|m|h))+$|^0$`}
			case reflect.TypeFor[size]():
				return &reflector.Schema{OneOf: []*reflector.Schema{
					{Type: "integer", Minimum: "0"}, {Type: "string", Pattern: `^[0-9]+ *([KMGkmg]i?[Bb])?$`},
				}}
			}
			return nil
		},
		LookupComment: func(rt reflect.Type, field string) string { return comments[rt.Name()+"."+field] },
	}
	s := r.Reflect(&file{})
	s.Title = "feeds.yaml of feedd"

	// Five things may also be written shorter.
	short := func(name string, as *reflector.Schema) {
		def := s.Definitions[name]
		if def == nil {
			t.Fatalf("no definition %s among %d", name, len(s.Definitions))
		}
		long := *def
		long.Description = ""
		s.Definitions[name] = &reflector.Schema{Description: def.Description, AnyOf: []*reflector.Schema{as, &long}}
	}
	short("Rule", &reflector.Schema{Type: "string"})
	short("Header", &reflector.Schema{Type: "string"})
	short("Learn", &reflector.Schema{Type: "boolean"})
	short("SectionLearn", &reflector.Schema{Type: "boolean"})
	short("Sections", &reflector.Schema{Type: "array", Items: &reflector.Schema{Ref: "#/$defs/Section"}})

	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

// shapeComments gives the comments of shape.go by "type.field".
func shapeComments(t *testing.T) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "shape.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			for _, name := range f.Names {
				comments[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
			}
		}
		return false
	})
	return comments
}

// TestSchema holds the committed schema to the structs: go test ./internal/config -run TestSchema -update
func TestSchema(t *testing.T) {
	got := makeSchema(t)
	// One beside the shipped configuration, for editors' programs, and one in the binary.
	for _, path := range []string{shippedSchema, "feeds.schema.json"} {
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s does not fit shape.go; run this test with -update: %s", path, diff)
		}
	}
	if !*update && !bytes.Equal(Schema(), got) {
		t.Error("feedd schema would print another schema than shape.go describes")
	}
}

// TestSchemaDescribesEverything: an editor's program has a sentence for every key.
func TestSchemaDescribesEverything(t *testing.T) {
	var doc any
	if err := json.Unmarshal(makeSchema(t), &doc); err != nil {
		t.Fatal(err)
	}
	keys := 0
	var walk func(v any, path string)
	walk = func(v any, path string) {
		switch v := v.(type) {
		case map[string]any:
			if props, ok := v["properties"].(map[string]any); ok {
				for name, p := range props {
					keys++
					if d, _ := p.(map[string]any)["description"].(string); d == "" {
						t.Errorf("%s/%s has no description", path, name)
					}
				}
			}
			for k, c := range v {
				walk(c, path+"/"+k)
			}
		case []any:
			for _, c := range v {
				walk(c, path)
			}
		}
	}
	walk(doc, "")
	if keys < 80 {
		t.Errorf("only %d keys", keys)
	}
}

// TestSchemaAgrees: the schema accepts the files that feedd accepts, and sees the mistakes that a
// schema can see. It is stricter in one point: a text that looks like a number wants quotes.
func TestSchemaAgrees(t *testing.T) {
	schema := compileSchema(t)
	for _, good := range []string{shippedConfig, "testdata/full.yaml"} {
		if err := schema.Validate(loadForSchema(t, good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"unknown-key-near", "unknown-key-top", "defaults-own-keys", "missing-source-keys", "wrong-kinds", "wrong-kinds-in-lists",
		"not-a-number", "number-with-fraction", "number-out-of-range", "not-a-bool", "not-a-duration", "not-a-size", "enum", "bad-id",
		"secret-in-the-file", "secret-in-partner", "secret-as-hash", "no-value", "missing-page-item", "missing-partner-keys",
	} {
		if err := schema.Validate(loadForSchema(t, "testdata/wrong/"+bad+".yaml")); err == nil {
			t.Errorf("the schema finds nothing wrong in %s", bad)
		}
	}
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(makeSchema(t)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("feeds.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("feeds.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// loadForSchema reads YAML as an editor's program does: through JSON's types.
func loadForSchema(t *testing.T, path string) any {
	t.Helper()
	data, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := yaml.Load(data, &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
