package config

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what the tests expect anew")

const wantPrefix = "# want: "

// TestMistakes reads testdata/wrong: one mistake a file, or one way of making it, and at the end of
// the file what feedd says about it.
func TestMistakes(t *testing.T) {
	t.Setenv("FEEDD_TEST_EMPTY", " ")
	t.Setenv("FEEDD_TEST_TOKEN", "t0ken")
	t.Setenv("FEEDD_TEST_LINES", "a\nb")
	t.Setenv("FEEDD_TEST_FTP", "ftp://user:hunter2@proxy.example.org")
	files, err := filepath.Glob("testdata/wrong/*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			body, _, _ := bytes.Cut(data, []byte(wantPrefix))
			var want []string
			for line := range strings.Lines(string(data[len(body):])) {
				want = append(want, strings.TrimSuffix(strings.TrimPrefix(line, wantPrefix), "\n"))
			}
			cfg, err := Parse(name, data, testChecks)
			var errs Errors
			if !errors.As(err, &errs) {
				t.Fatalf("want Errors, got %v and %+v", err, cfg)
			}
			var got []string
			for line := range strings.Lines(err.Error()) {
				rest, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), name+":")
				if !ok {
					t.Errorf("the line does not begin with the file's name: %s", line)
				}
				got = append(got, rest)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the secret is shown: %v", err)
			}
			if *update {
				body = append(bytes.TrimRight(body, "\n"), '\n')
				for _, line := range got {
					body = append(body, (wantPrefix + line + "\n")...)
				}
				if err := os.WriteFile(name, body, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestBrokenBytes holds files that no editor would leave as they are here.
func TestBrokenBytes(t *testing.T) {
	// A thousand sections of a thousand rules of a thousand terms each.
	bomb := "drop: &r [" + "&t {any: [" + strings.Repeat("x,", 1000) + "]}," + strings.Repeat("*t,", 1000) +
		"]\nsections: [&s {id: a, rules: *r}, " + strings.Repeat("*s,", 1000) + "]\n"
	for _, tt := range []struct{ name, data, want string }{
		{"nothing", "", "1:1: the file holds no configuration (the least is sources: with an id and a url)"},
		{"a comment", "# nothing\n", "1:1: the file holds no configuration (the least is sources: with an id and a url)"},
		{"Windows-1252", "site:\n  title: Caf\xe9 News\n", "2:13: byte 0xE9 is not UTF-8 (save the file as UTF-8)"},
		{"after Vietnamese", "site:\n  title: Điểm\xff\n", "2:14: byte 0xFF is not UTF-8 (save the file as UTF-8)"},
		{"UTF-16", "\xff\xfes\x00i\x00", "1:1: the file is UTF-16 (save it as UTF-8)"},
		{"a control character", "site:\r\n  title: a\x01b\r\n", "2:11: control character U+0001 (remove it)"},
		{"an alias of itself", "sources: &a [*a]\n", "1:10: a source wants keys and values, found a list"},
		{"a merge of itself", "site: &a {<<: *a}\n", "aliases or nesting make the file too large (write it out)"},
		{"an alias bomb", bomb, "aliases or nesting make the file too large (write it out)"},
		{"deep nesting", "drop: " + strings.Repeat("[", 20000), "exceeded max depth"},
		{"too large", "#" + strings.Repeat("x", maxFile), "1:1: the file is larger than 16 MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("feeds.yaml", []byte(tt.data), testChecks)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %.300v, want %s", err, tt.want)
			}
		})
	}
}

func TestManyMistakes(t *testing.T) {
	_, err := Parse("feeds.yaml", []byte("sources:\n"+strings.Repeat("  - {}\n", 5000)), testChecks)
	var errs Errors
	if !errors.As(err, &errs) || len(errs) != maxErrors+1 {
		t.Fatalf("%d errors", len(errs))
	}
	if got := errs[maxErrors].Message.String(); got != "9800 more mistakes follow" {
		t.Errorf("the last says %q", got)
	}
	var one Error
	if !errors.As(err, &one) || one.Line != 2 || one.Column != 5 {
		t.Errorf("the first is %+v", one)
	}
}

// TestChecksMayBeAbsent: without checks the values pass through as they are.
func TestChecksMayBeAbsent(t *testing.T) {
	cfg, err := Parse("feeds.yaml", []byte(`
sources: [{id: a, url: "https://example.org", schedule: sometimes, page: {item: "[["}}]
drop: ["/("]
`), Checks{})
	if err != nil {
		t.Fatal(err)
	}
	if s := cfg.Sources[0]; s.Schedule != "sometimes" || s.Page.Item != "[[" || cfg.Drop[0].Any[0].Text != "/(" {
		t.Errorf("got %+v", cfg)
	}
}
