package config

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse: no file makes it panic or run away, every mistake has a place in the file, and the
// same file gets the same answer.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/wrong/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range append(files, "testdata/full.yaml") {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("sources: [{<<: [&a {<<: *a}, {id: x}], url: \"http://[::1%25lo]:80\"}]"))
	f.Add([]byte("a: &a [*a]\nsections: &s {list: *s}\n? \n: \n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, err := Parse("testdata/feeds.yaml", data, testChecks)
		if err == nil {
			for _, s := range cfg.Sources {
				if s.ID == "" || s.URL == "" || s.Line < 1 || s.Timezone == nil || s.Timeout <= 0 {
					t.Fatalf("accepted the source %+v", s)
				}
			}
			return
		}
		var errs Errors
		if cfg != nil || !errors.As(err, &errs) || len(errs) == 0 {
			t.Fatalf("got %+v and %v", cfg, err)
		}
		// YAML also ends lines with CR, NEL, LS and PS.
		lines := 1 + bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r")) +
			bytes.Count(data, []byte("\u0085")) + bytes.Count(data, []byte("\u2028")) + bytes.Count(data, []byte("\u2029"))
		for _, e := range errs {
			if e.Line < 1 || e.Column < 1 || e.Line > lines+1 || e.Message.Key == "" {
				t.Fatalf("%v is outside of %d lines", e, lines)
			}
		}
		if _, again := Parse("testdata/feeds.yaml", data, testChecks); again == nil || again.Error() != err.Error() {
			t.Fatalf("first %v, then %v", err, again)
		}
	})
}
