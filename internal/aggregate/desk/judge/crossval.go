package judge

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strings"

	"feedd/internal/aggregate/desk/stories"
	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// Validation says what is held out together when the models are cross-validated.
type Validation int

// ByParts holds out parts of the pairs that share no headline, BySets whole data sets with the outlets
// and years they are from.
const (
	ByParts Validation = iota
	BySets
	unseenSets // BySets, of those in unseen alone, without the average precision of all pairs of a day
)

// families are the data sets of the same outlets and years: they are held out together.
var families = map[string]string{
	"vi_real": "three outlets", "vi_series": "three outlets", "vi_stream": "three outlets", "vi_mds": "three outlets", "mds": "three outlets",
	"day": "three outlets", "vi_day1": "three outlets", "vi_day2": "three outlets",
	"mined": "three outlets", "vn18": "vn18", "gva": "gva", "ecb": "ecb", "neus": "allsides", "allsides": "allsides",
}

// CrossValidate measures the models on pairs and days held out from the fit. Pairs with summaries are
// judged twice; where summaries count, the set's name ends in "+".
//
// By parts, pairs that share a headline, themselves or through others, go into one part, and each part
// is judged by models fitted to the others; a day is grouped by models fitted without it and without
// the pairs that have a headline of it. By sets, pairs and days are judged by models that were fitted
// without anything from the same outlets and years. Word lists and vetoes are not fitted: they are the
// same in every part, so this does not measure how well they generalise.
//
// misses, when it is not nil, gets the false positives and false negatives.
func (l *Labelled) CrossValidate(how Validation, parts int, misses io.Writer) StoriesReport {
	l.sample()
	v := validation{Labelled: l, sets: map[string]*tally{}, misses: misses, rank: how != unseenSets}
	switch how {
	case BySets:
		v.bySets(slices.Compact(slices.Sorted(maps.Values(families))))
	case unseenSets:
		v.bySets(unseen.families)
	default:
		v.byParts(parts)
	}
	report := StoriesReport{Kind: "cross-validation", Streams: v.streams}
	for _, set := range slices.Sorted(maps.Keys(v.sets)) {
		report.Pairs = append(report.Pairs, v.sets[set].score(set))
	}
	return report
}

// validation is one cross-validation under way.
type validation struct {
	*Labelled
	sets    map[string]*tally
	streams []StreamScore
	misses  io.Writer
	rank    bool // the average precision of all pairs of a day is asked for
}

// bySets judges each family named by models fitted to the others.
func (v *validation) bySets(names []string) {
	for _, family := range names {
		m := v.fit("", func(i int) bool { return families[v.pairs[i].set] != family }, func(i int) bool { return families[v.days[i].set] != family })
		sc := stories.NewScorer(m)
		for i := range v.pairs {
			if p := &v.pairs[i]; families[p.set] == family {
				v.judge(sc, p)
			}
		}
		for i := range v.days {
			if families[v.days[i].set] == family {
				v.group(&v.days[i], m)
			}
		}
	}
}

// byParts judges each part of the pairs, and each day, by models fitted to the others.
func (v *validation) byParts(parts int) {
	group := v.groups()
	part := func(i int) int { return int(spread(group[i], 0) % uint64(parts)) }
	for k := range parts {
		sc := stories.NewScorer(v.fit("", func(i int) bool { return part(i) != k }, func(int) bool { return true }))
		for i := range v.pairs {
			if part(i) == k {
				v.judge(sc, &v.pairs[i])
			}
		}
	}
	for k := range v.days {
		d := &v.days[k]
		in := map[string]bool{}
		for _, r := range d.rows {
			in[r.item.Title] = true
		}
		v.group(d, v.fit("", func(i int) bool { return !in[v.pairs[i].titles[0]] && !in[v.pairs[i].titles[1]] }, func(i int) bool { return i != k }))
	}
}

// judge tells a pair apart, by the headlines and, where there are any, with the summaries.
func (v *validation) judge(sc *stories.Scorer, p *labelledPair) {
	for k, texts := range [2][2]*words.Text{p.bare, p.whole} {
		if texts[0] == nil {
			continue
		}
		set := p.set + strings.Repeat("+", k)
		sc.Amid(v.countsOf(set))
		if v.sets[set] == nil {
			v.sets[set] = &tally{}
		}
		j := sc.Score(texts[0], texts[1], p.hours, p.outlet)
		verdict := j.Verdict(stories.Certainties("normal"))
		t := v.sets[set]
		t.add(verdict, p.kind, p.same, p.duplicate)
		t.ranked = append(t.ranked, ranked{j.P, p.same})
		if v.misses != nil && (verdict != "different") != p.same {
			fmt.Fprintf(v.misses, "%s %s\t%.2f\t%s\t%.1f h\t%s\t%s\n", set, p.kind, j.P, cmp.Or(j.Veto, verdict), p.hours, p.titles[0], p.titles[1])
		}
	}
}

// group puts a day's reports into stories.
func (v *validation) group(d *labelledDay, m *stories.Models) {
	score, rows := d.group(m, v.without)
	if v.misses != nil {
		d.misses(v.misses, rows)
	}
	if v.rank {
		sc := stories.NewScorer(m)
		sc.Amid(v.countsOf(d.set))
		score.AllPairs, score.AveragePrecision = d.rank(sc)
	}
	v.streams = append(v.streams, score)
}

// rank counts the pairs of a day's reports that are no farther apart than a story takes in reports, and
// returns the average precision of their probabilities. Nobody chose these pairs.
func (d *labelledDay) rank(sc *stories.Scorer) (pairs int, precision float64) {
	const hardlyAny = 1e-4 // a probability below which it does not matter how pairs of two events are ranked
	var list []ranked
	for k, a := range d.rows {
		for _, b := range d.rows[:k] {
			if a.at-b.at > window {
				continue
			}
			pairs++
			j := sc.Score(b.d, a.d, a.at-b.at, a.outlet == b.outlet)
			if same := a.cluster == b.cluster; same || j.P > hardlyAny {
				list = append(list, ranked{j.P, same})
			}
		}
	}
	return pairs, averagePrecision(list)
}

// group places the day's items by the models.
func (d *labelledDay) group(m *stories.Models, without string) (StreamScore, []told) {
	items, rows := make([]feed.Item, 0, len(d.rows)), make([]told, 0, len(d.rows))
	for _, r := range d.rows {
		items, rows = append(items, r.item), append(rows, told{set: d.set, cluster: r.cluster})
	}
	s := stories.New(stories.Options{Sources: streamSources(items), Models: m, Without: without})
	var ignored StoriesReport
	scores, _ := groupStream(s, items, rows, &ignored, io.Discard)
	return scores[0], rows
}

// misses writes the items whose story holds only other clusters, as false positives, and those with an
// earlier item of their cluster elsewhere, as false negatives; each beside the last such item.
func (d *labelledDay) misses(out io.Writer, rows []told) {
	for i, r := range rows {
		wrong, lost, found := -1, -1, false
		for k, o := range rows[:i] {
			switch {
			case o.cluster == r.cluster && o.story == r.story:
				found = true
			case o.story == r.story:
				wrong = k
			case o.cluster == r.cluster:
				lost = k
			}
		}
		tell := func(what string, k int) {
			a, b := d.rows[k].item, d.rows[i].item
			fmt.Fprintf(out, "%s %s\t%.2f\t%s\t%s\n\t%s\n\t%s\n", d.set, what, r.score, a.Title, b.Title, a.Summary, b.Summary)
		}
		if k := d.foldedWrongly(rows, i); k >= 0 {
			tell("wrong fold", k)
		}
		if !found && wrong >= 0 {
			tell("false positive", wrong)
		}
		if !found && lost >= 0 {
			tell("false negative", lost)
		}
	}
}

// foldedWrongly returns a report of another outlet under whose entry report i was told, where none of
// the entry is of its cluster; -1 where it was not.
func (d *labelledDay) foldedWrongly(rows []told, i int) int {
	other := -1
	for k := range rows[:i] {
		if rows[k].entry != rows[i].entry {
			continue
		}
		if rows[k].cluster == rows[i].cluster {
			return -1
		}
		if stories.Outlet(rows[k].source) != stories.Outlet(rows[i].source) {
			other = k
		}
	}
	return other
}

// groups names for each pair the least headline among those it is connected to by headlines in
// common.
func (l *Labelled) groups() []string {
	root := map[string]string{}
	var find func(string) string
	find = func(t string) string {
		up, ok := root[t]
		if !ok || up == t {
			return t
		}
		up = find(up)
		root[t] = up
		return up
	}
	for i := range l.pairs {
		both := []string{find(l.pairs[i].titles[0]), find(l.pairs[i].titles[1])}
		slices.SortFunc(both, cmp.Compare[string])
		root[both[1]] = both[0]
	}
	names := make([]string, len(l.pairs))
	for i := range l.pairs {
		names[i] = find(l.pairs[i].titles[0])
	}
	return names
}

// spread is a number that only the text and the round decide.
func spread(text string, round int) uint64 {
	h := fnv.New64a()
	io.WriteString(h, text)
	return scrambled(h.Sum64() + uint64(round))
}

// scrambled is the finalizer of MurmurHash3.
func scrambled(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
