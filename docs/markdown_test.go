package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// block is one fenced block of a document.
type block struct {
	file string // relative to the checkout
	line int    // of its first line of text
	lang string
	text string
}

// root is the checkout.
const root = ".."

// documents lists the Markdown files of the checkout that are for its readers.
func documents(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			rel, err := filepath.Rel(root, f)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, rel)
		}
	}
	if len(files) < 8 {
		t.Fatalf("only %d documents: %q", len(files), files)
	}
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var fence = regexp.MustCompile("^( *)```(.*)$")

// split takes a document apart into its fenced blocks and the text around them, of which the lines of
// blocks are left empty, so that lines keep their numbers.
func split(t *testing.T, file string) (blocks []block, prose string) {
	t.Helper()
	var in *block
	indent := ""
	lines := strings.Split(read(t, file), "\n")
	for i, line := range lines {
		m := fence.FindStringSubmatch(line)
		switch {
		case m != nil && in == nil:
			in, indent = &block{file: file, line: i + 2, lang: m[2]}, m[1]
			lines[i] = ""
		case m != nil:
			blocks = append(blocks, *in)
			in = nil
			lines[i] = ""
		case in != nil:
			in.text += strings.TrimPrefix(line, indent) + "\n"
			lines[i] = ""
		}
	}
	if in != nil {
		t.Fatalf("%s:%d: the block has no end", file, in.line)
	}
	return blocks, strings.Join(lines, "\n")
}

// languages are what blocks may hold, and the test that holds them.
var languages = map[string]string{
	"sh":     "TestCommands",
	"yaml":   "TestConfigurations",
	"nginx":  "TestNginx",
	"caddy":  "TestCaddy",
	"html":   "TestEmbed",
	"promql": "TestMetrics",
	"text":   "", // pictures made of letters
}

// TestNothingEscapes: every example is in a fenced block of a kind that some test tries.
func TestNothingEscapes(t *testing.T) {
	for _, file := range documents(t) {
		blocks, prose := split(t, file)
		for _, b := range blocks {
			if _, ok := languages[b.lang]; !ok {
				t.Errorf("%s:%d: no test knows blocks of %q", file, b.line, b.lang)
			}
		}
		for i, line := range strings.Split(prose, "\n") {
			if strings.HasPrefix(line, "    ") && strings.TrimSpace(line) != "" {
				t.Errorf("%s:%d: write an example into a fenced block: %s", file, i+1, line)
			}
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notSlug = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// slug is the anchor that a heading gets.
func slug(heading string) string {
	return strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

// TestLinks: what a document links to within the checkout is there, the heading included.
func TestLinks(t *testing.T) {
	links := 0
	for _, file := range documents(t) {
		_, prose := split(t, file)
		for _, m := range link.FindAllStringSubmatch(prose, -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			path := file
			if target != "" {
				path = filepath.Join(filepath.Dir(file), target)
			}
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Errorf("%s: %s: %v", file, m[1], err)
				continue
			}
			if anchor == "" {
				continue
			}
			_, there := split(t, path)
			var slugs []string
			for _, h := range heading.FindAllStringSubmatch(there, -1) {
				slugs = append(slugs, slug(h[1]))
			}
			if !slices.Contains(slugs, anchor) {
				t.Errorf("%s: %s: no such heading among %q", file, m[1], slugs)
			}
		}
	}
	if links < 20 {
		t.Errorf("only %d links", links)
	}
}

var (
	code     = regexp.MustCompile("`([^`\n]+)`")
	pathlike = regexp.MustCompile(`^\.?(cmd|internal|config|docs|packaging|bench|tools|ci)/[\w./-]+$`)
)

// TestPaths: a file or folder of the checkout that a document names is there.
func TestPaths(t *testing.T) {
	paths := 0
	for _, file := range documents(t) {
		_, prose := split(t, file)
		for _, m := range code.FindAllStringSubmatch(prose, -1) {
			if !pathlike.MatchString(m[1]) {
				continue
			}
			paths++
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	if paths < 15 {
		t.Errorf("only %d paths", paths)
	}
}

// TestRooms: docs/how-it-works.md lists every package of the program, and no other.
func TestRooms(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "feedd/cmd/...", "feedd/internal/...").Output()
	if err != nil {
		t.Fatal("go list: ", err)
	}
	var there []string
	for _, path := range strings.Fields(string(out)) {
		path = strings.TrimPrefix(path, "feedd/")
		if path != "internal/floors" && !strings.HasSuffix(path, "test") { // for tests alone
			there = append(there, path)
		}
	}
	var listed []string
	for _, row := range regexp.MustCompile(`(?m)^\| [0-9] \| (.*?) \|`).FindAllStringSubmatch(read(t, "docs/how-it-works.md"), -1) {
		for _, m := range code.FindAllStringSubmatch(row[1], -1) {
			listed = append(listed, m[1])
		}
	}
	slices.Sort(there)
	slices.Sort(listed)
	if !slices.Equal(there, listed) {
		t.Errorf("docs/how-it-works.md lists\n%q\nand there are\n%q", listed, there)
	}
}
