package judge

import (
	"fmt"
	"io"

	"feedd/internal/aggregate/desk/words"
)

// unseen are the sets whose outlets and years those who wrote the lists of the lexicon had not seen:
// the pairs and the streams by which a list is measured.
var unseen = struct{ families, pairs, streams []string }{
	families: []string{"allsides", "ecb", "gva", "vn18"},
	pairs:    []string{"vn18", "ecb+", "gva+", "neus+"},
	streams:  []string{"vn18", "ecb", "gva", "allsides"},
}

// Ablate cross-validates by data sets with all lists of the lexicon, and then with each of them left
// empty, the models fitted anew, and writes the figures of both as a table: F1 of the pairs and of the
// joins of the unseen sets, right folds and all. The arguments are those of ReadLabelled.
func Ablate(out io.Writer, shared, own, labels string) error {
	fmt.Fprint(out, "without")
	for _, set := range unseen.pairs {
		fmt.Fprintf(out, "\t%s pairs", set)
	}
	for _, set := range unseen.streams {
		fmt.Fprintf(out, "\t%s joins", set)
	}
	fmt.Fprintln(out, "\tmean change\tfolds right\tfolds")
	var whole []float64
	for _, list := range append([]string{""}, words.Lists()...) {
		l, err := readLabelledWithout(list, shared, own, labels)
		if err != nil {
			return err
		}
		figures, right, folds := l.CrossValidate(unseenSets, 0, nil).ofUnseen()
		if list == "" {
			list, whole = "(nothing)", figures
		}
		change := 0.0
		fmt.Fprint(out, list)
		for i, f := range figures {
			fmt.Fprintf(out, "\t%.3f", f)
			change += (f - whole[i]) / float64(len(figures))
		}
		fmt.Fprintf(out, "\t%+.4f\t%d\t%d\n", change, right, folds)
	}
	return nil
}

// ofUnseen are the figures of the unseen sets, in their order.
func (r StoriesReport) ofUnseen() (figures []float64, right, folds int) {
	for _, set := range unseen.pairs {
		for _, s := range r.Pairs {
			if s.Set == set {
				figures = append(figures, s.F1)
			}
		}
	}
	for _, set := range unseen.streams {
		for _, s := range r.Streams {
			if s.Set == set {
				figures = append(figures, s.JoinF1)
				right, folds = right+s.RightFolds, folds+s.Folds
			}
		}
	}
	return figures, right, folds
}
