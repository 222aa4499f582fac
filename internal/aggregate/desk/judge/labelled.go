// Package judge measures and fits the desk. In come labelled headlines; out come figures of how well the
// desk tells stories apart and files, on data that it was fitted to and on data that it was not, and the
// weights and tables by which it decides. The commands fit and fitvectors write these.
//
// Nothing that serves imports it. It decides nothing itself, but runs the desk's own code.
package judge

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"feedd/internal/aggregate/desk/stories"
	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// Labelled is what the models are fitted on: labelled pairs of headlines, and days whose stories
// are known.
type Labelled struct {
	rd    *words.Reader
	files []string // which it was read from, with their check sums
	pairs []labelledPair
	days  []labelledDay

	// Of the words of each set's texts, each text once.
	counts  map[string]*stories.Counts
	counted map[string]bool

	stream map[string]*feed.Item // by id, while labels that name its items are read

	without string // a list of the lexicon that is left empty
}

type labelledPair struct {
	set, kind      string
	outlets        [2]string
	titles         [2]string
	bare, whole    [2]*words.Text // headlines alone; with summaries, nil where one lacks
	hours          float64
	outlet         bool // both of one
	same           bool
	rated          bool // whether the two are interchangeable is known
	duplicate      bool
	title, text    *sample // nil when a veto decides
	duplicateTitle *sample
	duplicateText  *sample
}

type labelledDay struct {
	set         string
	rows        []dayRow
	title, text []sample
}

type dayRow struct {
	item    feed.Item
	cluster string
	d       *words.Text
	at      float64 // hours
	outlet  string
}

// ReadLabelled reads all that the models are fitted on: from the folder shared the labelled pairs
// and days that come with the development data; from own the project's invented pairs; from labels
// the project's own labels for items of the development stream, which are ids and figures:
// labels.tsv pairs, days.tsv whole days.
func ReadLabelled(shared, own, labels string) (*Labelled, error) {
	return readLabelledWithout("", shared, own, labels)
}

// readLabelledWithout is ReadLabelled with one list of the lexicon left empty.
func readLabelledWithout(list, shared, own, labels string) (*Labelled, error) {
	l := &Labelled{rd: words.NewReaderWithout(list, nil), without: list, counts: map[string]*stories.Counts{}, counted: map[string]bool{}}
	open := func(dir, name string) (io.Reader, error) {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(raw)
		l.files = append(l.files, fmt.Sprintf("%s (SHA-256 %x…)", name, sum[:6]))
		return bytes.NewReader(raw), nil
	}
	for _, from := range []struct {
		dir, name string
		add       func(io.Reader) error
	}{
		{shared, "pairs.tsv", l.addPairs},
		{own, "pairs.tsv", l.addPairs},
		{shared, "clusters_vi.tsv", l.addDays},
		{filepath.Join(shared, "independent"), "vn18_pairs.tsv", l.addPairs},
		{filepath.Join(shared, "independent"), "gva_pairs.tsv", l.addPairs},
		{filepath.Join(shared, "independent"), "ecb_pairs.tsv", l.addPairs},
		{filepath.Join(shared, "independent"), "neus_pairs.tsv", l.addPairs},
		{filepath.Join(shared, "independent"), "vn18_stream.tsv", l.addDays},
		{filepath.Join(shared, "independent"), "gva_stream.tsv", l.addDays},
		{filepath.Join(shared, "independent"), "ecb_stream.tsv", l.addDays},
		{filepath.Join(shared, "independent"), "allsides_stream.tsv", l.addDays},
		{shared, "stream_vi_10k.tsv", func(in io.Reader) error { return l.addStream(in, minedSet) }},
		{labels, "labels.tsv", l.addLabels},
		{labels, "days.tsv", l.addLabelledDays},
	} {
		in, err := open(from.dir, from.name)
		if err != nil {
			return nil, err
		}
		if err := from.add(in); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(from.dir, from.name), err)
		}
	}
	l.stream = nil
	return l, nil
}

// addPairs takes labelled pairs: a file of pairs with set and dup.
func (l *Labelled) addPairs(in io.Reader) error {
	return readTable(in, []string{"a_title", "b_title", "label"}, func(row tableRow) error {
		hours, err := strconv.ParseFloat(row.get("hours"), 64)
		if err != nil {
			hours = someHours(row.get("a_title"), row.get("b_title"))
		}
		p := labelledPair{
			outlets: [2]string{row.get("src_a"), row.get("src_b")},
			set:     row.get("set"), kind: row.get("kind"), titles: [2]string{row.get("a_title"), row.get("b_title")}, hours: hours,
			outlet: row.get("src_a") != "" && row.get("src_a") == row.get("src_b"),
			same:   row.get("label") == "1", rated: row.get("dup") != "", duplicate: row.get("dup") == "1",
		}
		l.addPair(p, feed.PlainText(row.get("a_summary")), feed.PlainText(row.get("b_summary")))
		return nil
	})
}

// someHours stands for a gap that is not known: drawn alike for both labels, so that the gap says
// nothing, and the same each time.
func someHours(a, b string) float64 { return float64(spread(a+b, 0)%1200) / 100 }

func (l *Labelled) addPair(p labelledPair, a, b string) {
	for i, summary := range [2]string{a, b} {
		l.rd.From(p.outlets[i])
		p.bare[i] = l.rd.Read(p.titles[i], "")
		l.count(p.set, p.titles[i], p.bare[i])
		l.count(p.set+"+", p.titles[i], l.rd.Read(p.titles[i], summary))
		if a != "" && b != "" {
			p.whole[i] = l.rd.Read(p.titles[i], summary)
		}
	}
	l.pairs = append(l.pairs, p)
}

// countsOf returns the counts of the words of a set.
func (l *Labelled) countsOf(set string) *stories.Counts {
	if l.counts[set] == nil {
		l.counts[set] = &stories.Counts{}
	}
	return l.counts[set]
}

// count counts the words of a text.
func (l *Labelled) count(set, title string, t *words.Text) {
	if key := set + "\t" + title; !l.counted[key] {
		l.counted[key] = true
		l.countsOf(set).Add(t)
	}
}

// addDays takes days whose stories are known: a stream with cluster and set.
func (l *Labelled) addDays(in io.Reader) error {
	raw, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	items, rows, err := readStream(raw)
	if err != nil {
		return err
	}
	for i := range items {
		l.addToDay(rows[i].set, rows[i].cluster, &items[i])
	}
	return nil
}

func (l *Labelled) addToDay(set, cluster string, it *feed.Item) {
	i := slices.IndexFunc(l.days, func(d labelledDay) bool { return d.set == set })
	if i < 0 {
		i, l.days = len(l.days), append(l.days, labelledDay{set: set})
	}
	l.rd.From(it.Source)
	d := l.rd.Read(it.Title, feed.PlainText(it.Summary))
	l.count(set, it.Title, d)
	l.days[i].rows = append(l.days[i].rows, dayRow{
		item: *it, cluster: cluster, d: d, at: float64(it.FirstSeen.Unix()) / 3600, outlet: stories.Outlet(it.Source),
	})
}

// addStream takes a stream for its items, and the pairs that can be mined from it.
func (l *Labelled) addStream(in io.Reader, set string) error {
	raw, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	items, _, err := readStream(raw)
	l.addMined(items, set)
	l.stream = map[string]*feed.Item{}
	for i := range items {
		l.stream[items[i].GUID] = &items[i]
	}
	return err
}

func (l *Labelled) item(id string) (*feed.Item, error) {
	if it := l.stream[id]; it != nil {
		return it, nil
	}
	return nil, fmt.Errorf("the stream has no item %q", id)
}

// addLabels takes labels of pairs of the stream's items: the columns id_a, id_b, label and dup.
func (l *Labelled) addLabels(in io.Reader) error {
	return readTable(in, []string{"id_a", "id_b", "label", "dup"}, func(row tableRow) error {
		a, err := l.item(row.get("id_a"))
		if err != nil {
			return err
		}
		b, err := l.item(row.get("id_b"))
		if err != nil {
			return err
		}
		l.addPair(labelledPair{
			set: "vi_stream", titles: [2]string{a.Title, b.Title}, hours: b.FirstSeen.Sub(a.FirstSeen).Hours(),
			outlet: stories.Outlet(a.Source) == stories.Outlet(b.Source), same: row.get("label") == "1", rated: true, duplicate: row.get("dup") == "1",
		}, feed.PlainText(a.Summary), feed.PlainText(b.Summary))
		return nil
	})
}

// addLabelledDays takes the clusters of the stream's items: the columns id, set and cluster, one
// day for each set.
func (l *Labelled) addLabelledDays(in io.Reader) error {
	return readTable(in, []string{"id", "set", "cluster"}, func(row tableRow) error {
		it, err := l.item(row.get("id"))
		if err == nil {
			l.addToDay(row.get("set"), row.get("cluster"), it)
		}
		return err
	})
}
