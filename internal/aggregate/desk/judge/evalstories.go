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

// PairScore is how well one set of labelled pairs was told apart. A pair is positive when it is of one
// event, and called so when the verdict is anything but "different".
type PairScore struct {
	Set       string  `json:"set"`
	Pairs     int     `json:"pairs"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	// DuplicateWrong is a false discovery rate: of the pairs called duplicates, the share that is not
	// even of one event. DuplicateRecall is the recall of the interchangeable pairs.
	DuplicateWrong   float64  `json:"duplicate_wrong"`
	DuplicateRecall  float64  `json:"duplicate_recall"`
	Kinds            []string `json:"kinds,omitempty"`   // accuracy of each kind: "kind right/all"
	AveragePrecision float64  `json:"average_precision"` // over all thresholds
}

// StreamScore is how well one labelled stream was grouped. An item joins when it is put into a story
// that has reports already; it is folded when it is told under the entry of another outlet. Either is
// a true positive when an earlier item of its own cluster is there.
type StreamScore struct {
	Set   string `json:"set"`
	Items int    `json:"items"`
	// Recall is over the items that have an earlier item of their cluster.
	JoinPrecision   float64 `json:"join_precision"`
	JoinRecall      float64 `json:"join_recall"`
	JoinF1          float64 `json:"join_f1"`
	Joins           int     `json:"joins"`
	FoldPrecision   float64 `json:"fold_precision"`
	RightFolds      int     `json:"right_folds"` // true positives
	Folds           int     `json:"folds"`
	StrongPrecision float64 `json:"strong_precision"` // of joins with a score of at least strongScore
	StrongJoins     int     `json:"strong_joins"`
	// AveragePrecision is that of all pairs of reports within a window, of which there are AllPairs; of what
	// was cross-validated.
	AveragePrecision float64 `json:"average_precision,omitempty"`
	AllPairs         int     `json:"all_pairs,omitempty"`
	BCubed           float64 `json:"b_cubed"`                 // F1
	BCubedMany       float64 `json:"b_cubed_without_singles"` // F1, without the items that are alone in their story and their cluster
}

// strongScore is the score from which a join counts as strong.
const strongScore = 0.90

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
	tp, fp, fn, tn int // true and false, positives and negatives

	duplicates, duplicatesFound  int                // pairs labelled interchangeable, and those of them called duplicates
	duplicatesCalled, otherEvent int                // pairs called duplicates, and those of them that are of two events
	kinds                        map[string]*[2]int // right, all
	ranked                       []ranked
}

func (t *tally) add(verdict, kind string, same, duplicate bool) {
	called := verdict != "different"
	switch {
	case called && same:
		t.tp++
	case called:
		t.fp++
	case same:
		t.fn++
	default:
		t.tn++
	}
	if verdict == "duplicate" {
		t.duplicatesCalled++
		if !same {
			t.otherEvent++
		}
	}
	if duplicate {
		t.duplicates++
		if verdict == "duplicate" {
			t.duplicatesFound++
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
	if called == same {
		k[0]++
	}
}

func (t *tally) score(set string) PairScore {
	s := PairScore{Set: set, Pairs: t.tp + t.fp + t.fn + t.tn}
	s.AveragePrecision = averagePrecision(t.ranked)
	s.Precision, s.Recall, s.F1 = precisionRecall(t.tp, t.tp+t.fp, t.tp, t.tp+t.fn)
	s.DuplicateWrong, s.DuplicateRecall = share(t.otherEvent, t.duplicatesCalled), share(t.duplicatesFound, t.duplicates)
	for _, kind := range slices.Sorted(maps.Keys(t.kinds)) {
		s.Kinds = append(s.Kinds, fmt.Sprintf("%s %d/%d", kind, t.kinds[kind][0], t.kinds[kind][1]))
	}
	return s
}

func evalPairs(raw []byte, out *bufio.Writer, set feed.StorySettings) (StoriesReport, error) {
	report := StoriesReport{Kind: "pairs"}
	teller, err := newPairTeller(raw)
	if err != nil {
		return report, err
	}
	var took timings
	certain := stories.Certainties(set.Match)
	sets := map[string]*tally{}
	fmt.Fprintln(out, "row\tscore\tverdict")
	err = readTable(bytes.NewReader(raw), []string{"a_title", "b_title"}, func(row tableRow) error {
		began := time.Now()
		j := teller.compare(row)
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

// pairTeller compares the headlines of each row of a file of pairs as the desk would.
type pairTeller struct {
	rd       *words.Reader
	sc       *stories.Scorer
	numbered map[string]feed.Numbering
}

// newPairTeller learns from the whole file how rare its words are and which hosts number their articles.
func newPairTeller(raw []byte) (*pairTeller, error) {
	t := &pairTeller{rd: words.NewReader(nil), sc: stories.NewScorer(nil)}
	counts, err := countPairs(t.rd, raw)
	if err != nil {
		return nil, err
	}
	t.sc.Amid(counts)
	t.numbered, err = numberedHosts(raw)
	return t, err
}

func (t *pairTeller) compare(row tableRow) stories.Comparison {
	hours, err := strconv.ParseFloat(row.get("hours"), 64)
	if err != nil {
		hours = unknownHours
	}
	outlet := row.get("src_a") != "" && row.get("src_a") == row.get("src_b")
	t.rd.From(row.get("src_a"))
	a := t.rd.Read(row.get("a_title"), feed.PlainText(row.get("a_summary")))
	t.rd.From(row.get("src_b"))
	b := t.rd.Read(row.get("b_title"), feed.PlainText(row.get("b_summary")))
	j := t.sc.Score(a, b, hours, outlet)
	if sameAddress(row.get("a_url"), row.get("b_url"), t.numbered) {
		return stories.OneArticle()
	}
	return j
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
				rd.From(row.get("src_" + side[:1]))
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

// precisionRecall returns the precision, right of called, the recall, found of positives, and their F1.
func precisionRecall(right, called, found, positives int) (p, r, f1 float64) {
	p, r = share(right, called), share(found, positives)
	if p+r > 0 {
		f1 = 2 * p * r / (p + r)
	}
	return p, r, f1
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
		fmt.Fprintf(&b, "%-10s %5d pairs  precision %.3f  recall %.3f  F1 %.3f  average precision %.3f  duplicates: recall %.3f, false discovery rate %.3f\n",
			s.Set, s.Pairs, s.Precision, s.Recall, s.F1, s.AveragePrecision, s.DuplicateRecall, s.DuplicateWrong)
		if len(s.Kinds) > 0 {
			fmt.Fprintf(&b, "           right, by kind: %s\n", strings.Join(s.Kinds, ", "))
		}
	}
	for _, s := range r.Streams {
		fmt.Fprintf(&b, "%-14s %5d items  folds: precision %.3f (%d of %d)  joins: precision %.3f  recall %.3f  F1 %.3f (%d joins)  joins with score >= %.2f: precision %.3f (%d joins)  B-cubed F1 %.3f, without singletons %.3f",
			s.Set, s.Items, s.FoldPrecision, s.RightFolds, s.Folds, s.JoinPrecision, s.JoinRecall, s.JoinF1, s.Joins, strongScore, s.StrongPrecision, s.StrongJoins, s.BCubed, s.BCubedMany)
		if s.AllPairs > 0 {
			fmt.Fprintf(&b, "  average precision of all %d pairs %.3f", s.AllPairs, s.AveragePrecision)
		}
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
		follow(s.United(), rows[:i+1])
	}
	took.report(report)
	for i := range items {
		it := &items[i]
		if _, err := fmt.Fprintf(out, "%s\t%s\t%s\t%.4f\t%s\n", it.GUID, rows[i].story, it.Entry, it.Why.Score, it.Verdict); err != nil {
			return nil, err
		}
	}
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

// follow moves rows of stories that became part of others, as the desk moves what is filed.
func follow(united []stories.Union, rows []told) {
	for _, u := range united {
		for i := range rows {
			if rows[i].story == u.Story {
				rows[i].story = u.Into
			}
		}
	}
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

// scoreStream compares the stories found with the clusters.
func scoreStream(set string, rows []told) StreamScore {
	sc := StreamScore{Set: set, Items: len(rows)}
	g := grouping{rows: rows, inStory: map[string][]int{}, inEntry: map[string][]int{}, inCluster: map[string][]int{}}
	var right, strongRight, found, positives int
	for i, r := range rows {
		withOwn := g.anyOfCluster(g.inStory[r.story], r.cluster)
		if r.joined && len(g.inStory[r.story]) > 0 {
			strong := r.score >= strongScore
			sc.Joins, right = sc.Joins+1, right+one(withOwn)
			sc.StrongJoins, strongRight = sc.StrongJoins+one(strong), strongRight+one(strong && withOwn)
		}
		if len(g.inCluster[r.cluster]) > 0 {
			positives, found = positives+1, found+one(withOwn)
		}
		if told := g.inEntry[r.entry]; g.anyOfOtherOutlet(told, r.source) {
			sc.Folds, sc.RightFolds = sc.Folds+1, sc.RightFolds+one(g.anyOfCluster(told, r.cluster))
		}
		g.add(i)
	}
	sc.JoinPrecision, sc.JoinRecall, sc.JoinF1 = precisionRecall(right, sc.Joins, found, positives)
	sc.FoldPrecision = share(sc.RightFolds, sc.Folds)
	sc.StrongPrecision = share(strongRight, sc.StrongJoins)
	sc.BCubed, sc.BCubedMany = g.bCubed(true), g.bCubed(false)
	return sc
}

// one is 1 for what is so, to be counted.
func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// grouping is where the rows of a stream stand: by index, in their stories, entries and clusters.
type grouping struct {
	rows                        []told
	inStory, inEntry, inCluster map[string][]int
}

func (g *grouping) add(i int) {
	r := &g.rows[i]
	g.inEntry[r.entry] = append(g.inEntry[r.entry], i)
	g.inStory[r.story] = append(g.inStory[r.story], i)
	g.inCluster[r.cluster] = append(g.inCluster[r.cluster], i)
}

// anyOfCluster says whether one of the rows is of the cluster.
func (g *grouping) anyOfCluster(list []int, cluster string) bool {
	return slices.ContainsFunc(list, func(i int) bool { return g.rows[i].cluster == cluster })
}

// anyOfOtherOutlet says whether one of the rows is of another outlet than the source.
func (g *grouping) anyOfOtherOutlet(list []int, source string) bool {
	return slices.ContainsFunc(list, func(i int) bool { return stories.Outlet(g.rows[i].source) != stories.Outlet(source) })
}

// bCubed is the F1 of B-cubed precision and recall (Bagga and Baldwin 1998), the means over the rows;
// over all of them, or without those that are alone in both their story and their cluster.
func (g *grouping) bCubed(all bool) float64 {
	var p, r float64
	n := 0
	for _, row := range g.rows {
		a, b := g.inStory[row.story], g.inCluster[row.cluster]
		if !all && len(a) == 1 && len(b) == 1 {
			continue
		}
		both := 0
		for _, o := range a {
			if g.rows[o].cluster == row.cluster {
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
