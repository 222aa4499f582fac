// Package floors holds no code, only the test of which package may import which: an item's way goes
// up the house, so a package imports only from the floors below it.
package floors

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// floor of each package. A package that is missing here fails the test: put it where it belongs.
var floor = map[string]int{
	"feedd/internal/feed":                            0,
	"feedd/internal/config":                          1,
	"feedd/internal/store":                           1,
	"feedd/internal/demo":                            1,
	"feedd/internal/aggregate/read":                  1,
	"feedd/internal/publish/render":                  1,
	"feedd/internal/publish/say":                     1,
	"feedd/internal/aggregate/desk/words":            1,
	"feedd/internal/aggregate/collect":               2,
	"feedd/internal/aggregate/desk/stories":          2,
	"feedd/internal/aggregate/desk/sections":         2,
	"feedd/internal/publish/client":                  1,
	"feedd/internal/publish/editor":                  2,
	"feedd/internal/publish/hub":                     2,
	"feedd/internal/publish/export":                  2,
	"feedd/internal/publish/notify":                  2,
	"feedd/internal/aggregate/desk":                  3,
	"feedd/internal/aggregate/discover":              3,
	"feedd/internal/publish":                         3,
	"feedd/internal/aggregate":                       4,
	"feedd/internal/cluster":                         4,
	"feedd/internal/aggregate/desk/judge":            4,
	"feedd/internal/daemon":                          5,
	"feedd/internal/aggregate/desk/judge/fit":        6, // a command
	"feedd/internal/aggregate/desk/judge/fitvectors": 6, // a command
	"feedd/cmd/feedd":                                6,
}

// only names the packages that may import a module or a package, tests aside.
var only = map[string][]string{
	"github.com/mmcdole/gofeed":           {"feedd/internal/aggregate/read"},
	"github.com/robfig/cron/v3":           {"feedd/internal/aggregate/collect"},
	"github.com/gorilla/feeds":            {"feedd/internal/publish/render"},
	"github.com/minio/minio-go":           {"feedd/internal/publish/export"},
	"github.com/nicholas-fedor/shoutrrr":  {"feedd/internal/publish/notify"},
	"github.com/wneessen/go-mail":         {"feedd/internal/publish/notify"},
	"modernc.org/sqlite":                  {"feedd/internal/store"},
	"github.com/jackc/pgx/v5":             {"feedd/internal/store", "feedd/internal/cluster"},
	"database/sql":                        {"feedd/internal/store"},
	"feedd/internal/config":               {"feedd/internal/daemon", "feedd/cmd/feedd"},
	"feedd/internal/demo":                 {"feedd/internal/daemon", "feedd/cmd/feedd"},
	"feedd/internal/aggregate/desk/judge": {"feedd/internal/aggregate/desk/judge/fit", "feedd/internal/aggregate/desk/judge/fitvectors", "feedd/cmd/feedd"},
	"github.com/alecthomas/kong":          {"feedd/cmd/feedd"},

	"github.com/PuerkitoBio/goquery":      {"feedd/internal/aggregate/read"},
	"codeberg.org/readeck/go-readability": {"feedd/internal/aggregate/read"},
}

type pkg struct {
	ImportPath, Doc string
	Imports         []string
}

func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Doc,Imports", "feedd/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal("go list:", err)
	}
	var pkgs []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

func TestFloors(t *testing.T) {
	pkgs := list(t)
	if len(pkgs) < 5 {
		t.Fatalf("go list found only %d packages", len(pkgs))
	}
	for _, p := range pkgs {
		switch p.ImportPath {
		case "feedd/internal/floors", "feedd/internal/feed/feedtest", "feedd/internal/publish/browsertest", "feedd/internal/store/storetest", "feedd/internal/lineartest":
			continue // for tests alone
		}
		mine, ok := floor[p.ImportPath]
		if !ok {
			if p.ImportPath != "feedd/docs" && !strings.HasPrefix(p.ImportPath, "feedd/bench") {
				t.Errorf("%s stands on no floor", p.ImportPath)
			}
			continue
		}
		if p.Doc == "" {
			t.Errorf("%s does not say what it holds: no package comment", p.ImportPath)
		}
		for _, imp := range p.Imports {
			if theirs, ok := floor[imp]; ok && theirs >= mine {
				t.Errorf("%s (floor %d) imports %s (floor %d)", p.ImportPath, mine, imp, theirs)
			}
			for name, who := range only {
				if (imp == name || strings.HasPrefix(imp, name+"/")) && !slices.Contains(who, p.ImportPath) {
					t.Errorf("%s imports %s, which only %v may", p.ImportPath, imp, who)
				}
			}
		}
	}
}

// TestMigrationsHaveNumbersOfTheirOwn: two that were made side by side have the same one, and no store opens.
func TestMigrationsHaveNumbersOfTheirOwn(t *testing.T) {
	files, err := filepath.Glob("../store/migrations/*.sql")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d migrations, %v", len(files), err)
	}
	by := map[string]string{}
	for _, path := range files {
		number, _, _ := strings.Cut(filepath.Base(path), "_")
		if by[number] != "" {
			t.Errorf("%s and %s: give the later one the next number", by[number], filepath.Base(path))
		}
		by[number] = filepath.Base(path)
	}
}
