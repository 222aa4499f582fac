package render

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
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
		t.Errorf("%s (-want +got); run with -update if this is meant:\n%s", name, diff)
	}
}

func TestGolden(t *testing.T) {
	variants := []struct {
		name   string
		change func(*View)
	}{
		{"section", func(*View) {}},
		{"archive", func(v *View) {
			v.Archive = true
			v.Path, v.Current = "/sections/kinh-te/archive/2026-03", "/sections/kinh-te"
			v.Prev, v.Next = "/sections/kinh-te/archive/2026-02", "/sections/kinh-te/archive/2026-04"
			v.Tombstones = []Tombstone{{Key: "dead000000000000", When: v.Entries[0].Updated}}
			v.Entries = v.Entries[2:]
		}},
		{"empty", func(v *View) { v.Entries = nil }},
	}
	for _, tt := range variants {
		for _, f := range FeedFormats {
			v := fixture()
			tt.change(v)
			got, err := Feed(v, f)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, tt.name+"."+string(f), got)
		}
	}
	got, err := OPML(fixture())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "feeds.opml", got)
}

func TestGoldenFilesPassTheGate(t *testing.T) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files")
	}
	for _, name := range files {
		doc, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range Check(Format(filepath.Ext(name)[1:]), doc) {
			t.Errorf("%s: %s", name, p)
		}
	}
}
