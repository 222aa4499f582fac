package judge

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"

	"feedd/internal/aggregate/desk/stories"
	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// Some labels cost nothing. An article's headlines before and after an edit tell one event; so do two
// outlets' reports under one address or with one text. Two articles that one outlet publishes side by
// side on a day, with much in common, tell two: it would have edited the first.

// Mined is a pair of items of a stream with the label that its circumstances give it.
type Mined struct {
	Kind string // edit, copy, beside or editor
	A, B int    // into the items, A the earlier
	Same bool
}

// The kinds of mined pairs.
const (
	minedEdit   = "edit"
	minedCopy   = "copy"
	minedBeside = "beside"
	minedEditor = "editor" // said by an editor, of two headlines
)

// minedSet is the set of the pairs mined from the unlabelled stream.
const minedSet = "mined"

// Mine finds the pairs in items that are in order of time. Items that stand far apart are not compared.
func Mine(items []feed.Item) []Mined {
	m := miner{items: items, hosts: map[string]feed.Numbering{}, rd: words.NewReader(nil), sc: stories.NewScorer(nil)}
	m.read()
	m.identified()
	m.beside()
	slices.SortFunc(m.mined, func(a, b Mined) int {
		return cmp.Or(cmp.Compare(a.B, b.B), cmp.Compare(a.A, b.A), cmp.Compare(a.Kind, b.Kind))
	})
	return slices.CompactFunc(m.mined, func(a, b Mined) bool { return a.A == b.A && a.B == b.B })
}

// miner is one search.
type miner struct {
	items []feed.Item
	texts []*words.Text
	hosts map[string]feed.Numbering
	rd    *words.Reader
	sc    *stories.Scorer
	mined []Mined
}

// read reads the texts and learns which hosts number their articles.
func (m *miner) read() {
	known := map[string]bool{}
	for i := range m.items {
		it := &m.items[i]
		m.rd.From(it.Source)
		m.texts = append(m.texts, m.rd.Read(it.Title, feed.PlainText(it.Summary)))
		host, number := feed.ArticleNumber(it.Canonical)
		h := m.hosts[host]
		once := func(key string) int {
			if known[key] {
				return 0
			}
			known[key] = true
			return 1
		}
		if number == "" {
			h.Plain += once(it.Canonical)
		} else {
			h.Numbers += once(host + " " + number)
			h.Addresses += once(it.Canonical)
		}
		m.hosts[host] = h
	}
}

// article names the article that an item is, by the number in its address where its host numbers
// articles, else by the address; "" where neither says.
func (m *miner) article(it *feed.Item) string {
	if !feed.NamesArticle(it.Canonical) {
		return ""
	}
	if host, number := feed.ArticleNumber(it.Canonical); number != "" && m.hosts[host].Trusted() {
		return host + " " + number
	}
	return it.Canonical
}

// identified finds the items that are one article, and those of two outlets with one text.
func (m *miner) identified() {
	const most = 4 // under one address: more are a page that many items are sent to
	byArticle, byText := map[string][]int{}, map[string][]int{}
	for i := range m.items {
		it := &m.items[i]
		if a := m.article(it); a != "" {
			byArticle[a] = append(byArticle[a], i)
		}
		const long = 80 // bytes; a shorter one is a rubric
		if text := feed.PlainText(it.Summary); len(text) >= long {
			byText[text] = append(byText[text], i)
		}
	}
	m.chain(byArticle, most, func(a, b *feed.Item) string {
		if stories.Outlet(a.Source) == stories.Outlet(b.Source) {
			return minedEdit
		}
		return minedCopy
	})
	m.chain(byText, most, func(a, b *feed.Item) string {
		if stories.Outlet(a.Source) == stories.Outlet(b.Source) {
			return ""
		}
		return minedCopy
	})
}

// chain takes neighbours of each list under headlines that differ; lists longer than most say nothing.
func (m *miner) chain(lists map[string][]int, most int, kind func(a, b *feed.Item) string) {
	for _, list := range lists {
		if len(list) > most {
			continue
		}
		for k := 1; k < len(list); k++ {
			a, b := list[k-1], list[k]
			if as := kind(&m.items[a], &m.items[b]); as != "" && m.texts[a].Exact != m.texts[b].Exact && m.hours(a, b) <= window {
				m.mined = append(m.mined, Mined{as, a, b, true})
			}
		}
	}
}

func (m *miner) hours(a, b int) float64 {
	return math.Abs(m.items[b].FirstSeen.Sub(m.items[a].FirstSeen).Hours())
}

// window is how far apart two items of one story are, hours.
const window = 72

// beside finds the different articles of one outlet with much in common on one day.
func (m *miner) beside() {
	const day, much, same = 24, 0.35, 0.85
	byOutlet := map[string][]int{}
	for i := range m.items {
		outlet := stories.Outlet(m.items[i].Source)
		article := m.article(&m.items[i])
		if article == "" {
			continue
		}
		list := byOutlet[outlet]
		for k := len(list) - 1; k >= 0 && m.hours(list[k], i) <= day; k-- {
			o := list[k]
			if m.article(&m.items[o]) == article {
				continue
			}
			j := m.sc.Compare(m.texts[o], m.texts[i], m.hours(o, i), true)
			if alike := j.Alike(); alike >= much && alike < same && j.Framed() {
				m.mined = append(m.mined, Mined{minedBeside, o, i, false})
			}
		}
		byOutlet[outlet] = append(list, i)
	}
}

// MineReport mines a stream (columns id, ts, source, url, title and summary) and says for each kind how
// many pairs it gave and, of a sample of at most 100 whose clusters are known, how many are right. The
// clusters stand in the stream or, by id, in others.
func MineReport(out io.Writer, stream []byte, clusters map[string]string) error {
	items, rows, err := readStream(stream)
	if err != nil {
		return err
	}
	report(out, items, Mine(items), func(p Mined) (same, known bool) {
		a, b := cmp.Or(rows[p.A].cluster, clusters[items[p.A].GUID]), cmp.Or(rows[p.B].cluster, clusters[items[p.B].GUID])
		return a == b, a != "" && b != "" && rows[p.A].set == rows[p.B].set
	})
	return nil
}

// report counts the mined pairs by kind and, of a sample of at most 100 of which label says whether they
// are one event, those that are right.
func report(out io.Writer, items []feed.Item, mined []Mined, label func(Mined) (same, known bool)) {
	for _, kind := range []string{minedEdit, minedCopy, minedBeside, minedEditor} {
		var list []Mined
		n := 0
		for _, p := range mined {
			if p.Kind != kind {
				continue
			}
			n++
			if _, known := label(p); known {
				list = append(list, p)
			}
		}
		if kind == minedEditor { // labels themselves, which no stream has
			if n > 0 {
				fmt.Fprintf(out, "%s: %d pairs, which are labels themselves\n", kind, n)
			}
			continue
		}
		slices.SortFunc(list, func(a, b Mined) int {
			name := func(p Mined) uint64 { return spread(items[p.A].GUID+" "+items[p.B].GUID, 0) }
			return cmp.Compare(name(a), name(b))
		})
		const sample = 100
		list = list[:min(len(list), sample)]
		right := 0
		for _, p := range list {
			same, _ := label(p)
			right += one(same == p.Same)
		}
		fmt.Fprintf(out, "%s: %d pairs; of %d with labels %d right\n", kind, n, len(list), right)
	}
}

// Clusters reads the clusters of items by id: the columns id and cluster.
func Clusters(in io.Reader) (map[string]string, error) {
	clusters := map[string]string{}
	err := readTable(in, []string{"id", "cluster"}, func(row tableRow) error {
		clusters[row.get("id")] = row.get("cluster")
		return nil
	})
	return clusters, err
}

// addMined adds the pairs mined from a stream to those that are labelled.
func (l *Labelled) addMined(items []feed.Item, set string) { l.addMinedPairs(items, Mine(items), set) }

func (l *Labelled) addMinedPairs(items []feed.Item, mined []Mined, set string) {
	for _, p := range mined {
		a, b := &items[p.A], &items[p.B]
		l.addPair(labelledPair{
			set: set, kind: p.Kind, titles: [2]string{a.Title, b.Title}, outlets: [2]string{a.Source, b.Source},
			hours: b.FirstSeen.Sub(a.FirstSeen).Hours(), outlet: stories.Outlet(a.Source) == stories.Outlet(b.Source), same: p.Same,
		}, feed.PlainText(a.Summary), feed.PlainText(b.Summary))
	}
}
