package judge

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"feedd/internal/aggregate/desk"
	"feedd/internal/aggregate/desk/stories"
	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// StoriesReport is what an evaluation of stories found. Figures of quality are there when the file
// has labels.
type StoriesReport struct {
	Kind    string        `json:"kind"` // pairs or stream
	Items   int           `json:"items"`
	PerItem float64       `json:"microseconds_per_item"`
	P99     float64       `json:"microseconds_p99"`
	Pairs   []PairScore   `json:"pairs,omitempty"`
	Streams []StreamScore `json:"streams,omitempty"`
}

// PairScore is how one set of labelled pairs was told apart.
type PairScore struct {
	Set       string  `json:"set"`
	Pairs     int     `json:"pairs"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	// Of the pairs called duplicates: how many are another event, and the share of the
	// interchangeable pairs that were called.
	DuplicateWrong   float64  `json:"duplicate_wrong"`
	DuplicateRecall  float64  `json:"duplicate_recall"`
	Kinds            []string `json:"kinds,omitempty"`   // "kind right/all"
	AveragePrecision float64  `json:"average_precision"` // over all thresholds
}

// StreamScore is how one labelled stream was grouped.
type StreamScore struct {
	Set   string `json:"set"`
	Items int    `json:"items"`
	// Of the items put into a story that was there, the share with a true companion in it; of the
	// items with an earlier companion, the share put with one.
	JoinPrecision float64 `json:"join_precision"`
	JoinRecall    float64 `json:"join_recall"`
	JoinF1        float64 `json:"join_f1"`
	Joins         int     `json:"joins"`
	// Of the items told under another outlet's entry, the share with a true companion in it.
	FoldPrecision   float64 `json:"fold_precision"`
	RightFolds      int     `json:"right_folds"`
	Folds           int     `json:"folds"`
	StrongPrecision float64 `json:"strong_precision"` // of joins with a score of at least 0.90
	StrongJoins     int     `json:"strong_joins"`
	BCubed          float64 `json:"b_cubed"`
	BCubedMany      float64 `json:"b_cubed_without_singles"` // without items alone in both
}

// EvalStories runs labelled or unlabelled headlines through the desk: pairs, when the header has
// a_title and b_title, else a stream. It writes one answer a line to answers, when that is not
// nil: "row score verdict" (rows count from 1 below the header) or "id story entry score verdict".
func EvalStories(in io.Reader, answers io.Writer, set feed.StorySettings) (StoriesReport, error) {
	raw, err := io.ReadAll(in)
	if err != nil {
		return StoriesReport{}, err
	}
	header, _, _ := strings.Cut(string(raw[:min(len(raw), 64<<10)]), "\n")
	if answers == nil {
		answers = io.Discard
	}
	out := bufio.NewWriter(answers)
	var report StoriesReport
	if strings.Contains(header, "a_title") {
		report, err = evalPairs(raw, out, set)
	} else {
		report, err = evalStream(raw, out, set)
	}
	if err == nil {
		err = out.Flush()
	}
	return report, err
}

// timings collect what each item took.
type timings []time.Duration

func (t timings) report(r *StoriesReport) {
	if len(t) == 0 {
		return
	}
	slices.Sort(t)
	var sum time.Duration
	for _, d := range t {
		sum += d
	}
	r.Items = len(t)
	r.PerItem = math.Round(float64(sum.Nanoseconds())/float64(len(t))/100) / 10
	r.P99 = math.Round(float64(t[len(t)*99/100].Nanoseconds())/100) / 10
}

// ranked is a pair's probability beside what is true.
type ranked struct {
	p    float64
	same bool
}

// averagePrecision is the mean, over the pairs of one event, of the precision at their rank.
func averagePrecision(list []ranked) float64 {
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Compare(b.p, a.p) })
	right, sum := 0, 0.0
	for i, r := range list {
		if r.same {
			right++
			sum += float64(right) / float64(i+1)
		}
	}
	return sum / float64(max(right, 1))
}

// tally counts decisions against labels.
type tally struct {
	tp, fp, fn, tn, dup, dupWrong, dupRight, dups int
	kinds                                         map[string]*[2]int // right, all
	ranked                                        []ranked
}

func (t *tally) add(verdict, kind string, same, duplicate bool) {
	said := verdict != "different"
	switch {
	case said && same:
		t.tp++
	case said:
		t.fp++
	case same:
		t.fn++
	default:
		t.tn++
	}
	if verdict == "duplicate" {
		t.dup++
		if !same {
			t.dupWrong++
		}
	}
	if duplicate {
		t.dups++
		if verdict == "duplicate" {
			t.dupRight++
		}
	}
	if t.kinds == nil {
		t.kinds = map[string]*[2]int{}
	}
	k := t.kinds[kind]
	if k == nil {
		k = &[2]int{}
		t.kinds[kind] = k
	}
	k[1]++
	if said == same {
		k[0]++
	}
}

func (t *tally) score(set string) PairScore {
	s := PairScore{Set: set, Pairs: t.tp + t.fp + t.fn + t.tn}
	s.AveragePrecision = averagePrecision(t.ranked)
	s.Precision, s.Recall, s.F1 = prf(t.tp, t.tp+t.fp, t.tp, t.tp+t.fn)
	s.DuplicateWrong, s.DuplicateRecall = share(t.dupWrong, t.dup), share(t.dupRight, t.dups)
	for _, kind := range slices.Sorted(maps.Keys(t.kinds)) {
		s.Kinds = append(s.Kinds, fmt.Sprintf("%s %d/%d", kind, t.kinds[kind][0], t.kinds[kind][1]))
	}
	return s
}

func evalPairs(raw []byte, out *bufio.Writer, set feed.StorySettings) (StoriesReport, error) {
	report := StoriesReport{Kind: "pairs"}
	rd, sc := words.NewReader(nil), stories.NewScorer(nil)
	var took timings
	certain := stories.Certainties(set.Match)
	sets := map[string]*tally{}
	counts, err := countPairs(rd, raw)
	if err != nil {
		return report, err
	}
	sc.Amid(counts)
	numbered, err := numberedHosts(raw)
	if err != nil {
		return report, err
	}
	fmt.Fprintln(out, "row\tscore\tverdict")
	err = readTable(bytes.NewReader(raw), []string{"a_title", "b_title"}, func(row tableRow) error {
		began := time.Now()
		hours, err := strconv.ParseFloat(row.get("hours"), 64)
		if err != nil {
			hours = unknownHours
		}
		outlet := row.get("src_a") != "" && row.get("src_a") == row.get("src_b")
		a := rd.Read(row.get("a_title"), feed.PlainText(row.get("a_summary")))
		b := rd.Read(row.get("b_title"), feed.PlainText(row.get("b_summary")))
		j := sc.Score(a, b, hours, outlet)
		if sameAddress(row.get("a_url"), row.get("b_url"), numbered) {
			j = stories.OneArticle()
		}
		verdict := j.Verdict(certain)
		took = append(took, time.Since(began))
		fmt.Fprintf(out, "%d\t%.4f\t%s\n", row.number, j.P, verdict)

		label := row.get("label")
		if label != "0" && label != "1" {
			return nil
		}
		set := row.get("set")
		if sets[set] == nil {
			sets[set] = &tally{}
		}
		sets[set].add(verdict, row.get("kind"), label == "1", row.get("dup") == "1")
		sets[set].ranked = append(sets[set].ranked, ranked{j.P, label == "1"})
		return nil
	})
	if err != nil {
		return report, err
	}
	took.report(&report)
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		report.Pairs = append(report.Pairs, sets[set].score(set))
	}
	return report, nil
}

// unknownHours is taken for the gap of a pair that has none: the middle of what counts as one.
const unknownHours = 3

// countPairs counts the words of all texts of a file of pairs, each headline once.
func countPairs(rd *words.Reader, raw []byte) (*stories.Counts, error) {
	counts, known := &stories.Counts{}, map[string]bool{}
	err := readTable(bytes.NewReader(raw), []string{"a_title", "b_title"}, func(row tableRow) error {
		for _, side := range [2]string{"a_", "b_"} {
			if title := row.get(side + "title"); !known[title] {
				known[title] = true
				counts.Add(rd.Read(title, feed.PlainText(row.get(side+"summary"))))
			}
		}
		return nil
	})
	return counts, err
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

func prf(right, said, found, are int) (p, r, f float64) {
	p, r = share(right, said), share(found, are)
	if p+r > 0 {
		f = 2 * p * r / (p + r)
	}
	return p, r, f
}

// sameAddress says whether two links are of one article: one address, or one article number of a
// host that numbers its articles.
func sameAddress(a, b string, numbered map[string]feed.Numbering) bool {
	a, b = feed.Canonical(a), feed.Canonical(b)
	if a == "" || b == "" || a == b {
		return a != "" && a == b
	}
	hostA, numberA := feed.ArticleNumber(a)
	hostB, numberB := feed.ArticleNumber(b)
	return hostA == hostB && numberA != "" && numberA == numberB && numbered[hostA].Trusted()
}

// numberedHosts learns from all addresses in a file of pairs which hosts number their articles.
func numberedHosts(raw []byte) (map[string]feed.Numbering, error) {
	hosts := map[string]feed.Numbering{}
	known := map[string]bool{}
	once := func(key string) int {
		if known[key] {
			return 0
		}
		known[key] = true
		return 1
	}
	err := readTable(bytes.NewReader(raw), nil, func(row tableRow) error {
		for _, link := range []string{row.get("a_url"), row.get("b_url")} {
			link = feed.Canonical(link)
			name, number := feed.ArticleNumber(link)
			h := hosts[name]
			switch {
			case name == "":
				continue
			case number == "":
				h.Plain += once(link)
			default:
				h.Numbers += once(name + " " + number)
				h.Addresses += once(link)
			}
			hosts[name] = h
		}
		return nil
	})
	return hosts, err
}

// String is the report for people.
func (r StoriesReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d items, %.1f µs an item, p99 %.1f µs\n", r.Kind, r.Items, r.PerItem, r.P99)
	for _, s := range r.Pairs {
		fmt.Fprintf(&b, "%-10s %5d pairs  P %.3f  R %.3f  F1 %.3f  average precision %.3f  duplicates: recall %.3f, of another event %.3f\n",
			s.Set, s.Pairs, s.Precision, s.Recall, s.F1, s.AveragePrecision, s.DuplicateRecall, s.DuplicateWrong)
		if len(s.Kinds) > 0 {
			fmt.Fprintf(&b, "           %s\n", strings.Join(s.Kinds, ", "))
		}
	}
	for _, s := range r.Streams {
		fmt.Fprintf(&b, "%-14s %5d items  folds: P %.3f, %d of %d right  joins: P %.3f  R %.3f  F1 %.3f of %d  B-cubed %.3f, without singles %.3f",
			s.Set, s.Items, s.FoldPrecision, s.RightFolds, s.Folds, s.JoinPrecision, s.JoinRecall, s.JoinF1, s.Joins, s.BCubed, s.BCubedMany)
		b.WriteByte('\n')
	}
	return b.String()
}

// told is one row of a stream and what became of it.
type told struct {
	set, cluster string
	source       string
	story, entry string
	score        float64
	joined       bool
}

func evalStream(raw []byte, out *bufio.Writer, set feed.StorySettings) (StoriesReport, error) {
	report := StoriesReport{Kind: "stream"}
	items, rows, err := readStream(raw)
	if err != nil {
		return report, err
	}
	fmt.Fprintln(out, "id\tstory\tentry\tscore\tverdict")
	report.Streams, err = groupStream(desk.NewStories(set, streamSources(items)), items, rows, &report, out)
	return report, err
}

// groupStream places the items in order and compares the stories with the clusters of each set.
func groupStream(s *stories.Memory, items []feed.Item, rows []told, report *StoriesReport, out io.Writer) ([]StreamScore, error) {
	var took timings
	pruned := time.Time{}
	for i := range items {
		it := &items[i]
		began := time.Now()
		if now := it.FirstSeen; now.Sub(pruned) > time.Hour {
			s.Prune(now)
			pruned = now
		}
		s.Place(it, it.FirstSeen)
		took = append(took, time.Since(began))
		r := &rows[i]
		r.source, r.story, r.entry, r.score, r.joined = it.Source, it.Story, it.Entry, it.Why.Score, it.Verdict != feed.New
		if !r.joined {
			r.score = 0
		}
		if _, err := fmt.Fprintf(out, "%s\t%s\t%s\t%.4f\t%s\n", it.GUID, it.Story, it.Entry, it.Why.Score, it.Verdict); err != nil {
			return nil, err
		}
	}
	took.report(report)
	sets := map[string][]told{}
	for _, r := range rows {
		if r.cluster != "" {
			sets[r.set] = append(sets[r.set], r)
		}
	}
	var scores []StreamScore
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		scores = append(scores, scoreStream(name, sets[name]))
	}
	return scores, nil
}

// readStream reads the items of a stream. The rows' own ids stand in GUID.
func readStream(raw []byte) ([]feed.Item, []told, error) {
	var items []feed.Item
	var rows []told
	err := readTable(bytes.NewReader(raw), []string{"id", "ts", "title"}, func(row tableRow) error {
		ts, err := strconv.ParseInt(row.get("ts"), 10, 64)
		if err != nil {
			return fmt.Errorf("ts: %w", err)
		}
		at := time.Unix(ts, 0)
		it := feed.Item{
			ID: int64(row.number), Source: row.get("source"), GUID: row.get("id"), URL: row.get("url"), Canonical: feed.Canonical(row.get("url")),
			Title: row.get("title"), Summary: row.get("summary"), Published: at, FirstSeen: at,
		}
		it.Key = feed.Identify(&it)
		items = append(items, it)
		rows = append(rows, told{set: row.get("set"), cluster: row.get("cluster")})
		return nil
	})
	return items, rows, err
}

// streamSources makes a source of each name in the stream. A channel's name behind " - " is no
// outlet of its own.
func streamSources(items []feed.Item) map[string]feed.Source {
	sources := map[string]feed.Source{}
	for i := range items {
		name := items[i].Source
		if _, ok := sources[name]; !ok {
			sources[name] = feed.Source{ID: name, Title: stories.Outlet(name)}
		}
	}
	return sources
}

// outletsOther says whether one of the rows is of another source.
func outletsOther(rows []told, list []int, source string) bool {
	return slices.ContainsFunc(list, func(o int) bool { return stories.Outlet(rows[o].source) != stories.Outlet(source) })
}

// scoreStream compares the stories found with the clusters.
func scoreStream(set string, rows []told) StreamScore {
	sc := StreamScore{Set: set, Items: len(rows)}
	inStory, inEntry, inCluster := map[string][]int{}, map[string][]int{}, map[string][]int{}
	var right, found, companions, strongRight int
	for i, r := range rows {
		withTrue := slices.ContainsFunc(inStory[r.story], func(o int) bool { return rows[o].cluster == r.cluster })
		if r.joined && len(inStory[r.story]) > 0 {
			sc.Joins++
			strong := r.score >= 0.90
			if strong {
				sc.StrongJoins++
			}
			if withTrue {
				right++
				if strong {
					strongRight++
				}
			}
		}
		if len(inCluster[r.cluster]) > 0 {
			companions++
			if withTrue {
				found++
			}
		}
		if others := inEntry[r.entry]; len(others) > 0 && outletsOther(rows, others, r.source) {
			sc.Folds++
			if slices.ContainsFunc(others, func(o int) bool { return rows[o].cluster == r.cluster }) {
				sc.RightFolds++
			}
		}
		inEntry[r.entry] = append(inEntry[r.entry], i)
		inStory[r.story] = append(inStory[r.story], i)
		inCluster[r.cluster] = append(inCluster[r.cluster], i)
	}
	sc.JoinPrecision, sc.JoinRecall, sc.JoinF1 = prf(right, sc.Joins, found, companions)
	sc.FoldPrecision = share(sc.RightFolds, sc.Folds)
	sc.StrongPrecision = share(strongRight, sc.StrongJoins)

	bcubed := func(all bool) float64 {
		var p, r float64
		n := 0
		for _, row := range rows {
			a, b := inStory[row.story], inCluster[row.cluster]
			if !all && len(a) == 1 && len(b) == 1 {
				continue
			}
			both := 0
			for _, o := range a {
				if rows[o].cluster == row.cluster {
					both++
				}
			}
			p += float64(both) / float64(len(a))
			r += float64(both) / float64(len(b))
			n++
		}
		if n == 0 || p+r == 0 {
			return 0
		}
		return 2 * p * r / (p + r) / float64(n)
	}
	sc.BCubed, sc.BCubedMany = bcubed(true), bcubed(false)
	return sc
}
