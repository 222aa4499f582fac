// Command fit makes the figures the desk decides stories by: the table of word frequencies and the
// models, from labelled headlines. The headlines stay where they are; only figures come into feedd.
//
//	go run ./internal/aggregate/desk/fit -data ../shared/quality
//
// Fitting the same data again gives the same files, byte for byte.
package main

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"feedd/internal/aggregate/desk"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "fit:", err)
		os.Exit(1)
	}
}

func run() error {
	from := flag.String("data", "../shared/quality", "folder of labelled headlines")
	own := flag.String("own", "internal/aggregate/desk/testdata", "folder of the project's own invented pairs")
	into := flag.String("out", "internal/aggregate/desk/data", "folder to write to")
	count := flag.Bool("count", false, "count words anew, too; then fit once more with the new table")
	flag.Parse()

	read := func(dir string, names ...string) (list []io.Reader, sum string, err error) {
		for _, name := range names {
			raw, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return nil, "", err
			}
			h := sha256.Sum256(raw)
			sum += fmt.Sprintf(" %s (SHA-256 %x…)", name, h[:6])
			list = append(list, bytes.NewReader(raw))
		}
		return list, sum, nil
	}
	write := func(name string, f func(io.Writer) error) error {
		var buf bytes.Buffer
		if err := f(&buf); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(*into, name), buf.Bytes(), 0o644)
	}
	if *count {
		streams, sum, err := read(*from, "stream_vi_10k.tsv", "clusters_en.tsv")
		if err != nil {
			return err
		}
		return write("frequencies.tsv", func(w io.Writer) error {
			return desk.CountWords(w, "documents, word or pair; counted by internal/aggregate/desk/fit in"+sum, 3, 20, streams...)
		})
	}
	pairs, sum, err := read(*from, "pairs.tsv")
	if err != nil {
		return err
	}
	mine, sumMine, err := read(*own, "pairs.tsv")
	if err != nil {
		return err
	}
	days, sumDays, err := read(*from, "clusters_vi.tsv")
	if err != nil {
		return err
	}
	return write("model.json", func(w io.Writer) error {
		return desk.FitStories(w, "fitted by internal/aggregate/desk/fit on"+sum+sumMine+sumDays, append(pairs, mine...), days)
	})
}
