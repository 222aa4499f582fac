// Command fit makes the figures the desk decides stories by: the table of word frequencies and the
// models, from labelled headlines. The headlines stay where they are; only figures come into feedd.
//
//	go run ./internal/aggregate/desk/judge/fit -data ../shared/quality            # stories/data/model.json
//	go run ./internal/aggregate/desk/judge/fit -data ../shared/quality -count     # words/data/frequencies.tsv
//	go run ./internal/aggregate/desk/judge/fit -data ../shared/quality -check 10  # cross-validation
//	go run ./internal/aggregate/desk/judge/fit -data ../shared/quality -ablate    # what each list of words is worth
//	go run ./internal/aggregate/desk/judge/fit -mine STREAM.tsv                   # labels that cost nothing, and how many are right
//	go run ./internal/aggregate/desk/judge/fit -mine sqlite:data/feedd.db         # the same of a store; postgres://… too
//	go run ./internal/aggregate/desk/judge/fit -also sqlite:data/feedd.db         # fit with them, and with what its editors said
//	git -C vietnews archive a20d9b7 | go run ./internal/aggregate/desk/judge/fit -data ../shared/quality -vectors -articles -   # words/data/vectors-vi.bin, in some minutes
//
// Fitting the same data again gives the same files, byte for byte.
//
// Beside it stand labels for items of the unlabelled stream, as ids and figures; the headlines stay
// with the data. They were labelled by hand by the maintainers of feedd, by headline and summary,
// as the hand-labelled pairs of the data are: one event, told again or told on, is one story; the
// same subject or the same occasion alone is not.
//
//   - labels.tsv: 305 pairs up to 72 hours apart, drawn at random by what the models of November
//     2026 made of them, most of them between 0.15 and 0.7; of 360 drawn those where the label was a
//     matter of taste were left out. dup 1 means interchangeable.
//   - days.tsv: the stories of 20 and 28 August 2025, from midnight to midnight in Hà Nội; found by
//     reading what those models or common words made likely.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"feedd/internal/aggregate/desk/judge"
	"feedd/internal/store"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "fit:", err)
		os.Exit(1)
	}
}

func run() error {
	from := flag.String("data", "../shared/quality", "folder of labelled headlines")
	own := flag.String("own", "internal/aggregate/desk/judge/testdata", "folder of the project's own invented pairs")
	marks := flag.String("labels", "internal/aggregate/desk/judge/fit", "folder of labels for items of the stream")
	into := flag.String("out", "internal/aggregate/desk", "the desk's folder, whose data are written")
	count := flag.Bool("count", false, "write the table of word frequencies instead of the models; fit once more afterwards")
	check := flag.Int("check", 0, "write nothing; cross-validate: judge each of this many parts of the pairs by models fitted to the others")
	sets := flag.Bool("sets", false, "write nothing; cross-validate by data sets: judge each by models fitted without it, its outlets and its years")
	ablate := flag.Bool("ablate", false, "write nothing; cross-validate by data sets with each list of the lexicon left empty")
	mine := flag.String("mine", "", "write nothing; mine labels from this store (sqlite:FILE, postgres://…) or stream (TSV: id, ts, source, url, title, summary) and say how many of a sample are right by -clusters")
	also := flag.String("also", "", "stores whose mined labels, and whose editors' words, the models are fitted on, too, separated by commas")
	clusters := flag.String("clusters", "", "with -mine: a table of ids and clusters, where the stream has none itself; of a store, of guids or addresses")
	vectors := flag.Bool("vectors", false, "write the word vectors instead of the models; fit once more afterwards")
	articles := flag.String("articles", "", "with -vectors: a tar of articles, as git archive makes it of github.com/ThanhChinhBK/vietnews; - for the standard input")
	misses := flag.Bool("misses", false, "with -check or -sets: print the false positives and false negatives")
	flag.Parse()

	if *mine != "" {
		return mineLabels(*mine, *clusters)
	}
	if err := present(*from, *own, *marks); err != nil {
		return err
	}
	if *count {
		return countWords(filepath.Join(*into, "words/data/frequencies.tsv"), *from)
	}
	if *ablate {
		return judge.Ablate(os.Stdout, *from, *own, *marks)
	}
	l, err := judge.ReadLabelled(*from, *own, *marks)
	if err != nil {
		return err
	}
	for _, address := range strings.FieldsFunc(*also, func(r rune) bool { return r == ',' }) {
		st, err := mineStore(address)
		if err != nil {
			return err
		}
		l.Also(st, "a store")
	}
	if *vectors {
		return fitVectors(l, filepath.Join(*into, "words/data/vectors-vi.bin"), *from, *articles)
	}
	if *check > 0 || *sets {
		var wrong io.Writer
		if *misses {
			wrong = os.Stdout
		}
		how := judge.ByParts
		if *sets {
			how = judge.BySets
		}
		fmt.Print(l.CrossValidate(how, *check, wrong))
		return nil
	}
	return write(filepath.Join(*into, "stories/data/model.json"), l.FitStories)
}

// mineLabels reports what a stream gives.
func mineLabels(from, clusters string) error {
	known := map[string]string{}
	if clusters != "" {
		in, err := os.Open(clusters)
		if err != nil {
			return err
		}
		defer in.Close()
		if known, err = judge.Clusters(in); err != nil {
			return err
		}
	}
	if isStore(from) {
		st, err := mineStore(from)
		if err == nil {
			st.Report(os.Stdout, known)
		}
		return err
	}
	raw, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return judge.MineReport(os.Stdout, raw, known)
}

// isStore tells the address of a store from the name of a file.
func isStore(s string) bool {
	return strings.HasPrefix(s, "sqlite:") || strings.HasPrefix(s, "postgres:") || strings.HasPrefix(s, "postgresql:")
}

// mineStore mines a store, also while a daemon works on it.
func mineStore(address string) (*judge.Stored, error) {
	ctx := context.Background()
	s, err := store.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return judge.MineStore(ctx, s)
}

// fitVectors writes the word vectors of the Vietnamese tables in a folder, and of a tar of articles.
func fitVectors(l *judge.Labelled, into, from, articles string) error {
	if articles == "" {
		return fmt.Errorf("the articles are not part of feedd: clone github.com/ThanhChinhBK/vietnews, and hand over with -articles what git archive makes of it")
	}
	var tables []io.Reader
	provenance := "trained by internal/aggregate/desk/judge/fit on"
	for _, name := range []string{"stream_vi_10k.tsv", "categories_vi.tsv", "independent/sections_vntc8_train.tsv"} {
		raw, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		h := sha256.Sum256(raw)
		provenance += fmt.Sprintf(" %s (SHA-256 %x…)", name, h[:6])
		tables = append(tables, bytes.NewReader(raw))
	}
	in := os.Stdin
	if articles != "-" {
		f, err := os.Open(articles)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	table, commit, err := judge.ArticleTable(in)
	if err != nil {
		return err
	}
	provenance += fmt.Sprintf(" and %s (commit %.12s)", "github.com/ThanhChinhBK/vietnews", commit)
	tables = append(tables, bytes.NewReader(table))
	return write(into, func(w io.Writer) error { return l.FitHeadlineVectors(w, provenance, tables...) })
}

// countWords writes the table of word frequencies of the streams in a folder. Each group is of one
// time and language.
func countWords(into, from string) error {
	var groups [][]io.Reader
	provenance := "of 10,000 documents, word or pair; counted by internal/aggregate/desk/judge/fit in"
	for _, names := range [][]string{{"stream_vi_10k.tsv"}, {"categories_vi.tsv"}, {"clusters_en.tsv", "categories_en.tsv"}} {
		var streams []io.Reader
		for _, name := range names {
			raw, err := os.ReadFile(filepath.Join(from, name))
			if err != nil {
				return err
			}
			h := sha256.Sum256(raw)
			provenance += fmt.Sprintf(" %s (SHA-256 %x…)", name, h[:6])
			streams = append(streams, bytes.NewReader(raw))
		}
		groups = append(groups, streams)
	}
	return write(into, func(w io.Writer) error { return judge.CountWords(w, provenance, 3, 20, groups...) })
}

// write leaves a file as it is when f fails.
func write(name string, f func(io.Writer) error) error {
	var buf bytes.Buffer
	if err := f(&buf); err != nil {
		return err
	}
	return os.WriteFile(name, buf.Bytes(), 0o644)
}

// present says where to get what is missing.
func present(shared, own, labels string) error {
	for dir, what := range map[string]string{
		shared: "the labelled headlines (pairs.tsv, clusters_vi.tsv, clusters_en.tsv, categories_vi.tsv, categories_en.tsv, stream_vi_10k.tsv) lie beside a checkout, in ../shared/quality; they belong to their publishers and do not come with feedd: name their folder with -data",
		own:    "feedd's own invented pairs come with it: run this at the head of the checkout, or name their folder with -own",
		labels: "feedd's own labels come with it: run this at the head of the checkout, or name their folder with -labels",
	} {
		if _, err := os.Stat(dir); err != nil {
			return fmt.Errorf("%w: %s", err, what)
		}
	}
	return nil
}
