package say

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"feedd/internal/feed"
)

// sayers are the functions whose argument of that number is a sentence.
var sayers = map[string]int{"say": 0, "Say": 0, "Errorf": 0, "Unknownf": 0, "asked": 0, "at": 2, "warn": 2, "atMark": 3, "atCure": 4, "atScalar": 3, "scalarError": 3}

// sentences are all that the packages say whose sentences come here, and where.
func sentences(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, dir := range []string{"config", "aggregate", "daemon", "store", "feed", "publish"} {
		err := filepath.WalkDir(filepath.Join("..", "..", dir), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "feedtest") {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				name, of := "", ""
				switch f := call.Fun.(type) {
				case *ast.Ident:
					name = f.Name
				case *ast.SelectorExpr:
					name = f.Sel.Name
					if x, ok := f.X.(*ast.Ident); ok {
						of = x.Name
					}
				}
				i, ok := sayers[name]
				// What goes wrong with a source and its document is noted in English, and read back where it is shown.
				noted := strings.Contains(path, "aggregate/collect/") || strings.Contains(path, "aggregate/read/")
				switch {
				case noted && of == "errors" && name == "New", noted && of == "fmt" && name == "Errorf":
					i, ok = 0, true
				case (name == "Errorf" || name == "Unknownf" || name == "Say") && of != "feed", i > 0 && dir != "config":
					return true
				}
				if !ok || i >= len(call.Args) {
					return true
				}
				if lit, ok := call.Args[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if key, err := strconv.Unquote(lit.Value); err == nil && worded(key) {
						all[key] = set.Position(lit.Pos()).String()
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 200 {
		t.Fatalf("only %d sentences were found", len(all))
	}
	return all
}

var verb = regexp.MustCompile(`%[-+# 0]*[0-9.]*(\[\d+\])?[.0-9]*[a-zA-Z]`)

// TestEverySentence: each sentence of the machine is there in Vietnamese, and speaks of the same.
func TestEverySentence(t *testing.T) {
	for key, where := range sentences(t) {
		text, ok := sentence(strings.ReplaceAll(key, "%w", "%s"))
		if !ok {
			t.Errorf("%s: not in Vietnamese: %q", where, key)
			continue
		}
		of := func(s string) []string {
			list := verb.FindAllString(strings.ReplaceAll(s, "%w", "%s"), -1)
			slices.Sort(list)
			return slices.Compact(list)
		}
		if want, got := of(key), of(text); !slices.Equal(want, got) {
			t.Errorf("%q speaks of %v, %q of %v", key, want, text, got)
		}
	}
}

// TestPlaces: what a sentence speaks of finds its place in it, in each language.
func TestPlaces(t *testing.T) {
	for _, table := range []map[string]string{vietnamese, theirs} {
		for key, text := range table {
			if n := len(verb.FindAllString(key, -1)); n == 0 {
				continue // it is taken as it stands
			}
			s, ok := newShape(key)
			if !ok {
				continue
			}
			args := make([]any, len(s.args))
			for i, v := range s.verbs {
				args[s.args[i]] = map[byte]any{'s': "x", 'w': "x", 'v': "x", 'q': "x", 'd': 7, 'f': .5, 'g': .5}[v]
			}
			for _, words := range []string{strings.ReplaceAll(key, "%w", "%s"), text} {
				if said := fmt.Sprintf(words, args...); strings.Contains(said, "%!") {
					t.Errorf("%q becomes %q", words, said)
				}
			}
		}
	}
}

func TestIn(t *testing.T) {
	text := feed.Say("%s wants %s, found %s", feed.Say("a source"), feed.Say("a list"), `"x"`)
	for lang, want := range map[string]string{"vi": "một nguồn cần một danh sách, mà ở đây là \"x\"", "vi-VN": "một nguồn cần một danh sách, mà ở đây là \"x\"", "en": `a source wants a list, found "x"`, "fr": `a source wants a list, found "x"`} {
		if got, whole := In(lang, text); got != want || !whole {
			t.Errorf("%s: %q, %v", lang, got, whole)
		}
	}
	weighed := feed.Placement{Evidence: []feed.Evidence{{Kind: feed.EvidenceForm, Adds: 1.25}}}
	for lang, want := range map[string]string{"vi": "(hình thức tiêu đề) +1,2", "en": "(form of the headline) +1.2"} {
		if got, _ := In(lang, weighed.Reasons()[0]); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
	if got, whole := In("vi", feed.Say("nobody says so")); got != "nobody says so" || whole {
		t.Errorf("a sentence that is not there: %q, %v", got, whole)
	}
	if got, whole := In("vi", feed.Say("%s: %s", "kinh-te", feed.Say("a list"))); got != "kinh-te: một danh sách" || !whole {
		t.Errorf("a sentence without words of its own: %q, %v", got, whole)
	}
}
