package judge

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/feed"
)

// EvalSectionsOptions say what an evaluation files by.
type EvalSectionsOptions struct {
	// Train, when set, is a table with the columns title and label, and perhaps text: the examples
	// to learn from. The labels are then the sections. Of Sections only soft rules take part, those
	// of sections whose id is a label or its spelling as an id ("the-thao" for "Thể thao"); hard
	// rules would hide what was learned.
	Train io.Reader

	// What the configuration and the store know.
	Sections []feed.Section
	Drop     []feed.Rule
	Sources  map[string]feed.Source
	Set      feed.SectionSettings
	Model    *sections.Model
}

// SectionsReport is what an evaluation of sections found. Figures of quality are there when the
// file has labels.
type SectionsReport struct {
	Items        int     `json:"items"`
	Examples     int     `json:"examples,omitempty"` // learned from
	LearnSeconds float64 `json:"learn_seconds,omitempty"`
	PerItem      float64 `json:"microseconds_per_item"`

	Labelled  int          `json:"labelled,omitempty"`
	Accuracy  float64      `json:"accuracy,omitempty"`
	MacroF1   float64      `json:"macro_f1,omitempty"`
	Surest80  float64      `json:"accuracy_of_surest_80_percent,omitempty"` // of the 80 % with the highest probability
	Expected  float64      `json:"calibration_error,omitempty"`             // expected calibration error, over ten bins of probability
	Confident float64      `json:"share_filed,omitempty"`                   // coverage: of probability at or above the threshold
	Precision float64      `json:"accuracy_of_filed,omitempty"`             // of those
	Sections  []SectionF1  `json:"sections,omitempty"`
	Bins      []Confidence `json:"bins,omitempty"`
}

// SectionF1 is the precision and recall of one section.
type SectionF1 struct {
	Section   string  `json:"section"`
	Items     int     `json:"items"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

// Confidence is one bin of the calibration curve: the answers of one range of probability, their mean
// probability and their accuracy.
type Confidence struct {
	From        float64 `json:"from"`
	Items       int     `json:"items"`
	Probability float64 `json:"probability"`
	Accuracy    float64 `json:"accuracy"`
}

// answer is what was said of one row and what is true.
type answer struct {
	section, label string
	probability    float64
}

// EvalSections files the rows of a table (columns title, and perhaps text, source, category and
// label) through the desk's own code and writes "row section probability" a line to out, when that
// is not nil; rows count from 1 below the header. The likeliest section is named however unlikely
// it is; without any, section is empty.
func EvalSections(in io.Reader, o EvalSectionsOptions, out io.Writer) (SectionsReport, error) {
	var report SectionsReport
	f, rows, err := o.prepare(in, &report)
	if err != nil {
		return report, err
	}
	if out == nil {
		out = io.Discard
	}
	w := bufio.NewWriter(out)
	fmt.Fprintln(w, "row\tsection\tprobability")
	began := time.Now()
	answers := file(f, rows)
	report.Items = len(rows)
	if len(rows) > 0 {
		report.PerItem = math.Round(float64(time.Since(began).Nanoseconds())/float64(len(rows))/100) / 10
	}
	for i, a := range answers {
		fmt.Fprintf(w, "%d\t%s\t%.4f\n", i+1, a.section, a.probability)
	}
	report.judge(answers, o.Set.Confidence)
	return report, w.Flush()
}

// labelledRow is a row of a table as an item.
type labelledRow struct {
	item  feed.Item
	label string
}

func readLabelled(in io.Reader, needed ...string) ([]labelledRow, error) {
	var rows []labelledRow
	err := readTable(in, append([]string{"title"}, needed...), func(r tableRow) error {
		row := labelledRow{label: r.get("label"), item: feed.Item{
			Title: r.get("title"), Summary: r.get("text"), Source: r.get("source"), URL: r.get("url"), Language: r.get("language"),
		}}
		if ts, err := strconv.ParseInt(r.get("ts"), 10, 64); err == nil {
			row.item.FirstSeen = time.Unix(ts, 0)
		}
		if row.item.Summary == "" {
			row.item.Summary = r.get("summary")
		}
		if c := r.get("category"); c != "" {
			row.item.Categories = []string{c}
		}
		rows = append(rows, row)
		return nil
	})
	return rows, err
}

// prepare reads the rows and makes the filer they go through.
func (o EvalSectionsOptions) prepare(in io.Reader, report *SectionsReport) (*sections.Filer, []labelledRow, error) {
	if o.Train == nil {
		rows, err := readLabelled(in)
		if err != nil {
			return nil, nil, err
		}
		f, err := sections.New(sections.Options{Sections: o.Sections, Drop: o.Drop, Learning: o.Set, Sources: o.Sources, Model: o.Model})
		return f, rows, err
	}
	train, err := readLabelled(o.Train, "label")
	if err != nil {
		return nil, nil, fmt.Errorf("examples: %w", err)
	}
	rows, err := readLabelled(in)
	if err != nil {
		return nil, nil, err
	}
	language := languageOf(train)
	for _, part := range [][]labelledRow{train, rows} {
		for i := range part {
			part[i].item.Language = language
		}
	}
	f, err := o.learn(train, report)
	return f, rows, err
}

// languageOf is the language of the examples, one for all: the files say nothing of it.
func languageOf(train []labelledRow) string {
	vietnamese := 0
	for i := range train {
		if sections.Vietnamese(train[i].item.Title) || sections.Vietnamese(train[i].item.Summary) {
			vietnamese++
		}
	}
	if vietnamese*5 > len(train) {
		return "vi"
	}
	return "und"
}

// learn makes a filer that has learned the examples; their labels are its sections.
func (o EvalSectionsOptions) learn(train []labelledRow, report *SectionsReport) (*sections.Filer, error) {
	soft := o.softRules()
	began := time.Now()
	model := sections.NewWeighingModel(o.weighing(train))
	learnt, known := []feed.Section{}, map[string]bool{}
	if err := model.LearnAll(func(each func(sections.Label)) error {
		for i := range train {
			it, label := &train[i].item, train[i].label
			if label == "" {
				continue
			}
			report.Examples++
			each(sections.NewLabel(it, feed.Source{}, label, it.Source))
			if !known[label] {
				known[label] = true
				rules := soft[label]
				if rules == nil {
					rules = soft[strings.ReplaceAll(feed.Fold(label), " ", "-")]
				}
				learnt = append(learnt, feed.Section{ID: label, Learn: true, Rules: rules})
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	model.Settle()
	report.LearnSeconds = math.Round(time.Since(began).Seconds()*1000) / 1000
	if report.Examples == 0 {
		return nil, errors.New("examples: no row has a label")
	}
	return sections.New(sections.Options{Sections: learnt, Learning: feed.SectionSettings{Learn: true, Confidence: o.Set.Confidence}, Model: model})
}

// weighing makes the examples count by their outlets and, where the table has times, by their age a week
// after the youngest.
func (o EvalSectionsOptions) weighing(train []labelledRow) sections.Weighing {
	w := sections.Weighing{HalfLife: o.Set.HalfLife}
	counts := map[feed.LabelCount]int{}
	for i := range train {
		if at := train[i].item.FirstSeen; !at.IsZero() && at.AddDate(0, 0, 7).After(w.Now) {
			w.Now = at.AddDate(0, 0, 7)
		}
		counts[feed.LabelCount{Section: train[i].label, Outlet: train[i].item.Source}]++
	}
	for c, n := range counts {
		c.Labels = n
		w.Outlets = append(w.Outlets, c)
	}
	slices.SortFunc(w.Outlets, func(a, b feed.LabelCount) int {
		return cmp.Or(strings.Compare(a.Section, b.Section), strings.Compare(a.Outlet, b.Outlet))
	})
	return w
}

// softRules are the rules with a weight, by the id of their section.
func (o EvalSectionsOptions) softRules() map[string][]feed.Rule {
	soft := map[string][]feed.Rule{}
	for _, s := range o.Sections {
		for _, r := range s.Rules {
			if r.Weight != 0 {
				soft[s.ID] = append(soft[s.ID], r)
			}
		}
	}
	return soft
}

// file asks the filer for the section of each row.
func file(f *sections.Filer, rows []labelledRow) []answer {
	answers := make([]answer, len(rows))
	for i := range rows {
		a := &answers[i]
		a.label = rows[i].label
		a.section, a.probability = f.Likeliest(&rows[i].item)
	}
	return answers
}

// judge compares the answers with the labels.
func (r *SectionsReport) judge(answers []answer, confidence float64) {
	answers = slices.DeleteFunc(slices.Clone(answers), func(a answer) bool { return a.label == "" })
	if len(answers) == 0 {
		return
	}
	right := func(part []answer) (n int) {
		for _, a := range part {
			if a.section == a.label {
				n++
			}
		}
		return n
	}
	r.Labelled = len(answers)
	r.Accuracy = ratio(right(answers), len(answers))
	slices.SortStableFunc(answers, func(a, b answer) int {
		switch {
		case a.probability > b.probability:
			return -1
		case a.probability < b.probability:
			return 1
		}
		return 0
	})
	surest := answers[:len(answers)*8/10]
	r.Surest80 = ratio(right(surest), len(surest))
	filed, _ := slices.BinarySearchFunc(answers, confidence, func(a answer, p float64) int {
		if a.probability >= p {
			return -1
		}
		return 1
	})
	r.Confident, r.Precision = ratio(filed, len(answers)), ratio(right(answers[:filed]), filed)
	r.bins(answers)
	r.perSection(answers)
}

func (r *SectionsReport) bins(answers []answer) {
	const bins = 10
	var members [bins][]answer
	for _, a := range answers {
		i := min(int(a.probability*bins), bins-1)
		members[i] = append(members[i], a)
	}
	for i, part := range members {
		if len(part) == 0 {
			continue
		}
		claimed, right := 0.0, 0
		for _, a := range part {
			claimed += a.probability
			if a.section == a.label {
				right++
			}
		}
		b := Confidence{From: float64(i) / bins, Items: len(part), Probability: fourDigits(claimed / float64(len(part))), Accuracy: ratio(right, len(part))}
		r.Bins = append(r.Bins, b)
		r.Expected += math.Abs(claimed-float64(right)) / float64(len(answers))
	}
	r.Expected = fourDigits(r.Expected)
}

func (r *SectionsReport) perSection(answers []answer) {
	type count struct{ said, is, both int }
	counts := map[string]*count{}
	of := func(s string) *count {
		if counts[s] == nil {
			counts[s] = &count{}
		}
		return counts[s]
	}
	for _, a := range answers {
		of(a.section).said++
		of(a.label).is++
		if a.section == a.label {
			of(a.label).both++
		}
	}
	for s, c := range counts {
		if c.is == 0 {
			continue
		}
		r.Sections = append(r.Sections, SectionF1{s, c.is, ratio(c.both, c.said), ratio(c.both, c.is), ratio(2*c.both, c.said+c.is)})
	}
	slices.SortFunc(r.Sections, func(a, b SectionF1) int { return strings.Compare(a.Section, b.Section) })
	for _, s := range r.Sections {
		r.MacroF1 += s.F1 / float64(len(r.Sections))
	}
	r.MacroF1 = fourDigits(r.MacroF1)
}

func ratio(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return fourDigits(float64(part) / float64(whole))
}

func fourDigits(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// String is the report for people.
func (r SectionsReport) String() string {
	var b strings.Builder
	if r.Examples > 0 {
		fmt.Fprintf(&b, "learned %d examples in %.2f s\n", r.Examples, r.LearnSeconds)
	}
	fmt.Fprintf(&b, "%d items, %.1f µs an item\n", r.Items, r.PerItem)
	if r.Labelled > 0 {
		fmt.Fprintf(&b, "accuracy %.3f, macro-F1 %.3f; accuracy of the 80 %% with the highest probability %.3f\n", r.Accuracy, r.MacroF1, r.Surest80)
		fmt.Fprintf(&b, "expected calibration error %.3f; coverage at the threshold %.1f %%, accuracy there %.3f\n", r.Expected, 100*r.Confident, r.Precision)
		for _, s := range r.Sections {
			fmt.Fprintf(&b, "  %-24s %6d items  precision %.3f  recall %.3f  F1 %.3f\n", s.Section, s.Items, s.Precision, s.Recall, s.F1)
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
