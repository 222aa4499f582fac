package render

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// clientItem is what every client says of an item.
type clientItem struct {
	Title, Link, ID, Author string
	Date                    int64 // Unix seconds
}

// TestClients lets the readers people use read the feeds: newsboat, Python's feedparser, Perl's
// XML::Feed, and rss-parser and feedsmith from npm. Debian's newsboat, python3-feedparser and
// libxml-feed-perl are used where installed; FEEDD_NODE_MODULES names a node_modules folder with the
// other two.
func TestClients(t *testing.T) {
	v := fixture()
	dir := t.TempDir()
	site := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer site.Close()
	for _, f := range FeedFormats {
		doc, err := Feed(v, f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "feed."+string(f)), doc, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var want []clientItem
	for _, e := range v.prepare().entries {
		want = append(want, clientItem{e.title, e.link, e.id, e.authors[0].Name, e.published.Unix()})
	}
	byID := func(a, b clientItem) int { return strings.Compare(a.ID, b.ID) }
	slices.SortFunc(want, byID)

	modules := os.Getenv("FEEDD_NODE_MODULES")
	script := func(name string) string { return filepath.Join("testdata", "clients", name) }
	file := func(f Format) string { return filepath.Join(dir, "feed."+string(f)) }
	for _, client := range []struct {
		name    string
		needs   []string // a command that succeeds where the client is installed
		formats []Format
		command func(Format) []string
	}{
		{
			"feedparser", []string{"/usr/bin/python3", "-c", "import feedparser"}, []Format{FormatRSS, FormatAtom},
			func(f Format) []string { return []string{"/usr/bin/python3", script("read_feedparser.py"), file(f)} },
		},
		{
			"XML::Feed", []string{"perl", "-MXML::Feed", "-e", "1"}, []Format{FormatRSS, FormatAtom},
			func(f Format) []string { return []string{"perl", script("read_xmlfeed.pl"), file(f)} },
		},
		{
			"newsboat", []string{"newsboat", "--version"}, []Format{FormatRSS, FormatAtom},
			func(f Format) []string {
				return []string{"/usr/bin/python3", script("read_newsboat.py"), site.URL + "/feed." + string(f)}
			},
		},
		{
			"rss-parser", []string{"node", "-e", `require(process.argv[1] + "/rss-parser")`, modules}, []Format{FormatRSS, FormatAtom},
			func(f Format) []string {
				return []string{"node", script("read_npm.cjs"), modules, "rss-parser", file(f)}
			},
		},
		{
			"feedsmith", []string{"node", "-e", `require("fs").statSync(process.argv[1] + "/feedsmith")`, modules}, FeedFormats,
			func(f Format) []string {
				return []string{"node", script("read_npm.cjs"), modules, "feedsmith", file(f)}
			},
		},
	} {
		t.Run(client.name, func(t *testing.T) {
			if err := exec.CommandContext(t.Context(), client.needs[0], client.needs[1:]...).Run(); err != nil {
				t.Skipf("SKIPPED, NOT PASSED: no %s here", client.name)
			}
			for _, f := range client.formats {
				args := client.command(f)
				var out, talk bytes.Buffer
				cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
				cmd.Stdout, cmd.Stderr = &out, &talk
				if err := cmd.Run(); err != nil {
					t.Errorf("%s: %v: %s", f, err, &talk)
					continue
				}
				var got []clientItem
				for d := json.NewDecoder(&out); d.More(); {
					var it clientItem
					if err := d.Decode(&it); err != nil {
						t.Fatal(err)
					}
					got = append(got, it)
				}
				slices.SortFunc(got, byID)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", f, diff)
				}
			}
		})
	}
}
