package judge

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math"
	"slices"

	"feedd/internal/aggregate/desk/stories"
	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// CrossValidate says how well headlines are told apart that the models were not fitted on. Pairs
// that share a headline, themselves or through others, go into one part; each part is judged by
// models fitted to the others. A day is grouped by models fitted without it and without the pairs
// that have a headline of it. Pairs with summaries are judged twice, their set's name with "+"
// when summaries count. The parts are made rounds times, differently; the counts are of all
// rounds. What no fitting changes, the word lists and vetoes, is not tried by this.
//
// misses, when it is not nil, is told each pair that was judged wrongly.
func (l *Labelled) CrossValidate(parts, rounds int, misses io.Writer) StoriesReport {
	l.sample()
	report := StoriesReport{Kind: "cross-validation"}
	group := l.groups()
	sets := map[string]*tally{}
	var sc *stories.Scorer
	judge := func(set string, p *labelledPair, docs [2]*words.Text) {
		if sets[set] == nil {
			sets[set] = &tally{}
		}
		j := sc.Score(docs[0], docs[1], p.hours, p.outlet)
		verdict := j.Verdict()
		sets[set].add(verdict, p.kind, p.same, p.duplicate)
		sets[set].loss -= math.Log(max(leastChance, 1-math.Abs(j.P-number(p.same))))
		if misses != nil && (verdict != "different") != p.same {
			fmt.Fprintf(misses, "%s %s\t%.2f\t%s\t%.1f h\t%s\t%s\n", set, p.kind, j.P, cmp.Or(j.Veto, verdict), p.hours, p.titles[0], p.titles[1])
		}
	}
	for round := range rounds {
		part := func(i int) int { return int(spread(group[i], round) % uint64(parts)) }
		for k := range parts {
			sc = stories.NewScorer(l.fit("", func(i int) bool { return part(i) != k }, func(int) bool { return true }))
			for i := range l.pairs {
				if p := &l.pairs[i]; part(i) == k {
					judge(p.set, p, p.bare)
					if p.whole[0] != nil {
						judge(p.set+"+", p, p.whole)
					}
				}
			}
		}
	}
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		report.Pairs = append(report.Pairs, sets[set].score(set))
	}
	var days []told
	for k := range l.days {
		d := &l.days[k]
		in := map[string]bool{}
		for _, r := range d.rows {
			in[r.item.Title] = true
		}
		m := l.fit("", func(i int) bool { return !in[l.pairs[i].titles[0]] && !in[l.pairs[i].titles[1]] }, func(i int) bool { return i != k })
		score, rows := d.group(m)
		if misses != nil {
			d.misses(misses, rows)
		}
		score.Loss = lossOf(m.Text, d.text)
		report.Streams = append(report.Streams, score)
		if setWeight[d.set].text > 0 {
			days = append(days, rows...)
		}
	}
	report.Streams = append(report.Streams, scoreStream("all days", days))
	return report
}

// group places the day's items by the models.
func (d *labelledDay) group(m *stories.Models) (StreamScore, []told) {
	items, rows := make([]feed.Item, 0, len(d.rows)), make([]told, 0, len(d.rows))
	for _, r := range d.rows {
		items, rows = append(items, r.item), append(rows, told{set: d.set, cluster: r.cluster})
	}
	s := stories.New(stories.Options{Sources: streamSources(items), Models: m})
	var ignored StoriesReport
	scores, _ := groupStream(s, items, rows, &ignored, io.Discard)
	return scores[0], rows
}

// lossOf is the mean of the loss of the samples, by weight.
func lossOf(m *stories.Model, list []sample) float64 {
	var loss, all float64
	for i := range list {
		s := &list[i]
		loss -= s.weight * math.Log(max(leastChance, 1-math.Abs(m.Probability(&s.x)-number(s.y))))
		all += s.weight
	}
	if all == 0 {
		return 0
	}
	return loss / all
}

// leastChance bounds the loss of one pair: labels may be wrong.
const leastChance = 1e-3

// misses tells of the items that were put with strangers or left without an earlier companion.
func (d *labelledDay) misses(out io.Writer, rows []told) {
	for i, r := range rows {
		stranger, companion, found := -1, -1, false
		for k, o := range rows[:i] {
			switch {
			case o.cluster == r.cluster && o.story == r.story:
				found = true
			case o.story == r.story:
				stranger = k
			case o.cluster == r.cluster:
				companion = k
			}
		}
		tell := func(what string, k int) {
			a, b := d.rows[k].item, d.rows[i].item
			fmt.Fprintf(out, "%s %s\t%.2f\t%s\t%s\n\t%s\n\t%s\n", d.set, what, r.score, a.Title, b.Title, a.Summary, b.Summary)
		}
		if !found && stranger >= 0 {
			tell("stranger", stranger)
		}
		if !found && companion >= 0 {
			tell("missed", companion)
		}
	}
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
