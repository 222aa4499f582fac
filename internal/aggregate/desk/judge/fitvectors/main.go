// Command fitvectors makes the word vectors by which sections with few examples are recognised,
// from headlines without their labels. The headlines stay where they are; only figures come into
// feedd.
//
//	go run ./internal/aggregate/desk/judge/fitvectors -data ../shared/quality
//
// Fitting the same data again gives the same files, byte for byte.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"feedd/internal/aggregate/desk/judge"
)

func main() {
	from := flag.String("data", "../shared/quality", "folder of headlines")
	into := flag.String("out", "internal/aggregate/desk/sections/data", "folder to write to")
	without := flag.String("without", "", "a data set to hold out from the fit")
	flag.Parse()
	keep := func(set string) bool { return *without == "" || set != *without }
	for _, l := range []struct {
		language string
		least    int
		tables   []string
	}{
		{"en", 10, []string{"categories_en.tsv", "clusters_en.tsv"}},
		{"vi", 16, []string{"categories_vi.tsv", "independent/sections_vntc8_train.tsv", "stream_vi_10k.tsv"}},
	} {
		if err := fit(filepath.Join(*into, "vectors-"+l.language+".bin"), *from, l.language, l.least, keep, l.tables); err != nil {
			fmt.Fprintln(os.Stderr, "fitvectors:", err)
			os.Exit(1)
		}
	}
}

func fit(out, from, language string, least int, keep func(string) bool, names []string) error {
	var tables []io.Reader
	for _, name := range names {
		f, err := os.Open(filepath.Join(from, name))
		if err != nil {
			return fmt.Errorf("%w: the headlines belong to their publishers and do not come with feedd; name their folder with -data", err)
		}
		defer f.Close()
		tables = append(tables, f)
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := judge.FitVectors(f, language, least, keep, tables...); err != nil {
		return err
	}
	return f.Close()
}
