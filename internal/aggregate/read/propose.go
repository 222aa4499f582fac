package read

import (
	"bytes"
	"cmp"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"feedd/internal/feed"
)

// Proposal is a way to read a page that has no feed: selectors, and what of an item they do not give.
type Proposal struct {
	Page    feed.Page
	Missing []string // "date", "summary", "image", in this order
}

// Propose looks for the repeated structure in which a page lists its reports, and names selectors for
// it. It fails to, with false, where fewer than three blocks look alike and hold one headline each.
func Propose(body Body, now time.Time) (Proposal, bool) {
	data, _, err := text(body.Bytes, body.ContentType, body.Language)
	if err != nil {
		return Proposal{}, false
	}
	tree, err := goquery.NewDocumentFromReader(bytes.NewReader(data))
	if err != nil {
		return Proposal{}, false
	}
	r := reader{body: body}
	p := proposer{now: now}
	p.look(tree, r.pageBase(tree))
	if p.found == nil {
		return Proposal{}, false
	}
	return p.fields(p.found), true
}

// proposer knows the links of a page that read like headlines.
type proposer struct {
	now   time.Time
	links map[*html.Node]string // anchor -> where it leads
	found *block
}

// Bounds of looking: what is beyond them is no list of news.
const (
	fewestBlocks  = 3
	mostBlocks    = 500
	mostSelectors = 600
	mostAncestors = 7
)

// kinds of links that read like headlines, and how much a list of them is worth: those in headings or
// around them, those as long as a headline, those that might be one.
var kinds = []struct {
	weight float64
	like   func(a *goquery.Selection, size int) bool // size in characters, without spaces
}{
	{2, func(a *goquery.Selection, size int) bool {
		return size >= 8 && (a.Closest(headings).Length() > 0 || a.Find(headings).Length() > 0)
	}},
	{1, func(a *goquery.Selection, size int) bool { return len(strings.Fields(a.Text())) >= 5 || size >= 30 }},
	{0.5, func(a *goquery.Selection, size int) bool { return len(strings.Fields(a.Text())) >= 3 || size >= 12 }},
}

const headings = "h1, h2, h3, h4"

// look finds the best list of any kind of headline, outside menus.
func (p *proposer) look(tree *goquery.Document, base *url.URL) {
	var links map[*html.Node]string
	for _, kind := range kinds {
		p.links = map[*html.Node]string{}
		tree.Find("body a[href]").Each(func(_ int, a *goquery.Selection) {
			size := utf8.RuneCountInString(strings.Join(strings.Fields(a.Text()), ""))
			link := linkOf(a, "href", base)
			if !strings.HasPrefix(link, "http") || !kind.like(a, size) || a.Closest("nav, footer, [role=navigation], form").Length() > 0 {
				return
			}
			link, _, _ = strings.Cut(link, "#")
			p.links[a.Get(0)] = link
		})
		b := p.best(tree)
		if b == nil {
			continue
		}
		b.score *= kind.weight
		if p.found == nil || b.score > p.found.score {
			p.found, links = b, p.links
		}
	}
	p.links = links
}

// block is what a selector finds: those of its elements that hold one headline.
type block struct {
	css   string
	items []*goquery.Selection // each with one headline
	score float64
	size  int // of their text, bytes
}

// best tries the selectors of every element around a headline.
func (p *proposer) best(tree *goquery.Document) *block {
	tried := map[string]bool{}
	var best *block
	tree.Find("body a[href]").Each(func(_ int, a *goquery.Selection) {
		if p.links[a.Get(0)] == "" {
			return
		}
		n := a.Get(0)
		for range mostAncestors {
			if n == nil || n.Type != html.ElementNode || n.Data == "body" {
				break
			}
			for _, css := range selectorsOf(n) {
				if tried[css] || len(tried) >= mostSelectors {
					continue
				}
				tried[css] = true
				if b := p.try(tree, css); b != nil && (best == nil || b.score > best.score || b.score == best.score && b.size > best.size) {
					best = b
				}
			}
			n = n.Parent
		}
	})
	return best
}

// className is a class that a person wrote, not one that a build made.
var className = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9]*(?:[-_]+[a-zA-Z0-9]+)*$`)

// madeClass is one with a number of digits behind letters that no person writes, such as css-1q2w3e.
var madeClass = regexp.MustCompile(`[0-9]{4,}|-[a-z0-9]*[0-9][a-z]+[0-9][a-z0-9]*$`)

// selectorsOf are the ways to name elements like this one.
func selectorsOf(n *html.Node) []string {
	var all []string
	for _, c := range classesOf(n) {
		all = append(all, n.Data+"."+c)
	}
	if n.Data == "article" {
		all = append(all, n.Data)
	}
	if n.Parent != nil && n.Parent.Type == html.ElementNode {
		names := classesOf(n.Parent)
		for _, c := range names {
			all = append(all, n.Parent.Data+"."+c+" > "+n.Data)
		}
		for _, a := range n.Parent.Attr {
			if a.Key == "id" && className.MatchString(a.Val) && !madeClass.MatchString(a.Val) {
				all = append(all, "#"+a.Val+" > "+n.Data)
			}
		}
		if len(names) == 0 && slices.Contains([]string{"ul", "ol", "tbody", "main", "section"}, n.Parent.Data) {
			all = append(all, n.Parent.Data+" > "+n.Data)
		}
	}
	return all
}

func classesOf(n *html.Node) (names []string) {
	for _, a := range n.Attr {
		if a.Key == "class" {
			for _, c := range strings.Fields(a.Val) {
				if len(c) <= 40 && className.MatchString(c) && !madeClass.MatchString(c) {
					names = append(names, c)
				}
			}
		}
	}
	return names
}

// try counts the elements that a selector finds and hold one headline; nil when they are no list.
func (p *proposer) try(tree *goquery.Document, css string) *block {
	m, err := cascadia.Compile(css)
	if err != nil {
		return nil
	}
	found := tree.FindMatcher(m)
	n := found.Length()
	if n < fewestBlocks || n > mostBlocks {
		return nil
	}
	b := block{css: css}
	seen := map[string]bool{}
	several, dated, pictured, richer := 0, 0, 0, 0
	found.Each(func(_ int, s *goquery.Selection) {
		switch links := p.within(s.Get(0)); {
		case len(links) > 1:
			several++
		case len(links) == 1 && !seen[links[0]]:
			seen[links[0]] = true
			b.items = append(b.items, s)
			size := len(s.Text())
			b.size += size
			if size > len(goquery.NewDocumentFromNode(p.headline(s)).Text())*3/2 {
				richer++
			}
			if s.Find("time, [datetime]").Length() > 0 {
				dated++
			}
			if s.Find("img").Length() > 0 {
				pictured++
			}
		}
	})
	if len(b.items) < fewestBlocks || several > len(b.items)/3 {
		return nil
	}
	one := float64(len(b.items))
	b.score = one * one / float64(n) * (1 + 0.5*float64(dated)/one + 0.2*float64(pictured)/one + 0.5*float64(richer)/one)
	return &b
}

// within are the headlines' links in an element, each once.
func (p *proposer) within(n *html.Node) (links []string) {
	if link := p.links[n]; link != "" {
		links = append(links, link)
	}
	for d := range n.Descendants() {
		if link := p.links[d]; link != "" && !slices.Contains(links, link) {
			links = append(links, link)
		}
	}
	return links
}

// headline is the anchor of a block's headline: of several that lead to one place, that with the
// longest text.
func (p *proposer) headline(s *goquery.Selection) *html.Node {
	var best *html.Node
	longest := -1
	consider := func(n *html.Node) {
		if p.links[n] == "" {
			return
		}
		if size := len(goquery.NewDocumentFromNode(n).Text()); size > longest {
			best, longest = n, size
		}
	}
	consider(s.Get(0))
	for d := range s.Get(0).Descendants() {
		consider(d)
	}
	return best
}

// fields names what is within a block.
func (p *proposer) fields(b *block) Proposal {
	out := Proposal{Page: feed.Page{Item: b.css}}
	title, link := p.titleOf(b)
	out.Page.Title, out.Page.Link = title, link
	out.Page.Date = p.most(b, p.dates)
	out.Page.Summary = p.most(b, p.summaries)
	out.Page.Image = p.most(b, images)
	for _, f := range []struct{ name, css string }{{"date", out.Page.Date}, {"summary", out.Page.Summary}, {"image", out.Page.Image}} {
		if f.css == "" {
			out.Missing = append(out.Missing, f.name)
		}
	}
	return out
}

// titleOf names the headline and its link, by the shortest selector that finds it in nearly every block.
func (p *proposer) titleOf(b *block) (title, link string) {
	heads := make([]*html.Node, len(b.items))
	ways := map[string]int{}
	whole, inside := 0, map[string]int{} // blocks that are the anchor; headings within the anchor
	for i, s := range b.items {
		heads[i] = p.headline(s)
		if heads[i] == s.Get(0) {
			whole++
		}
		for css := range strings.SplitSeq(headings, ", ") {
			if goquery.NewDocumentFromNode(heads[i]).Find(css).Length() == 1 {
				inside[css]++
			}
		}
		for _, css := range anchorWays(s.Get(0), heads[i]) {
			ways[css] = 0
		}
	}
	for css := range ways {
		m, err := cascadia.Compile(css)
		if err != nil {
			continue
		}
		for i, s := range b.items {
			if first := s.FindMatcher(m).First(); first.Length() == 1 && first.Get(0) == heads[i] {
				ways[css]++
			}
		}
	}
	enough := max(fewestBlocks, len(b.items)*9/10)
	names := slices.SortedFunc(maps.Keys(ways), func(x, y string) int {
		// Those that find nearly all are told apart by their length, the others by what they find.
		a, b := min(ways[x], enough), min(ways[y], enough)
		return cmp.Or(cmp.Compare(b, a), cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
	})
	best := "a"
	if len(names) > 0 {
		best = names[0]
	}
	if ways[best] < enough {
		best = together(b.items, heads, names, best, ways[best])
	}
	link = best + "@href"
	if strings.Contains(best, ",") {
		link = best // an anchor's text is its title, its address the link
	}
	if whole == len(b.items) {
		best, link = "", "@href"
	}
	for css := range strings.SplitSeq(headings, ", ") {
		if inside[css] >= enough {
			return css, link // the anchor holds more than the headline
		}
	}
	return best, link
}

// together joins selectors, for lists whose blocks are of several kinds, as long as each finds more.
func together(items []*goquery.Selection, heads []*html.Node, names []string, best string, found int) string {
	finds := func(css string) (n int) {
		m, err := cascadia.Compile(css)
		if err != nil {
			return 0
		}
		for i, s := range items {
			if first := s.FindMatcher(m).First(); first.Length() == 1 && first.Get(0) == heads[i] {
				n++
			}
		}
		return n
	}
	joined, most := "", 0
	for range 3 {
		next := joined
		for _, css := range names[:min(len(names), 50)] {
			if css == "a" {
				continue // it finds the first of all, whatever stands beside it
			}
			if n := finds(strings.TrimPrefix(joined+", "+css, ", ")); n > most {
				next, most = strings.TrimPrefix(joined+", "+css, ", "), n
			}
		}
		if next == joined {
			break
		}
		joined = next
	}
	if most > found {
		return joined
	}
	return best
}

// anchorWays are selectors that may find an anchor within its block.
func anchorWays(block, a *html.Node) []string {
	if block == a {
		return nil
	}
	ways := []string{"a"}
	for _, c := range classesOf(a) {
		ways = append(ways, "a."+c)
	}
	for n := a.Parent; n != nil && n != block; n = n.Parent {
		ways = append(ways, n.Data+" a")
		for _, c := range classesOf(n) {
			ways = append(ways, n.Data+"."+c+" a", "."+c+" a")
		}
	}
	return ways
}

// most returns the selector that finds something in most blocks, and in at least half of them.
func (p *proposer) most(b *block, in func(*goquery.Selection) []string) string {
	count := map[string]int{}
	order := map[string]int{}
	for _, s := range b.items {
		seen := map[string]bool{}
		for _, css := range in(s) {
			if !seen[css] {
				seen[css] = true
				count[css]++
				if _, ok := order[css]; !ok {
					order[css] = len(order)
				}
			}
		}
	}
	best := ""
	for css, n := range count {
		if n*2 < len(b.items) {
			continue
		}
		if best == "" || n > count[best] || n == count[best] && order[css] < order[best] {
			best = css
		}
	}
	return best
}

// dates are selectors of what reads as a time in a block, the surest first.
func (p *proposer) dates(s *goquery.Selection) (found []string) {
	understood := func(text string) bool {
		text = strings.Join(strings.Fields(text), " ")
		if len(text) < 6 || len(text) > 60 || !strings.ContainsAny(text, "0123456789") {
			return false
		}
		_, ok := feed.ParseDate(text, time.UTC, p.now)
		return ok
	}
	s.Find("[datetime]").Each(func(_ int, t *goquery.Selection) {
		if understood(t.AttrOr("datetime", "")) {
			found = append(found, goquery.NodeName(t)+"@datetime")
		}
	})
	s.Find("*").Each(func(_ int, t *goquery.Selection) {
		if t.Children().Length() > 2 || !understood(t.Text()) {
			return
		}
		if classes := classesOf(t.Get(0)); len(classes) > 0 {
			found = append(found, "."+classes[0])
		} else if name := goquery.NodeName(t); name == "time" || name == "small" || name == "em" {
			found = append(found, name)
		}
	})
	return found
}

// summaries are selectors of what reads as a sentence or two beside the headline.
func (p *proposer) summaries(s *goquery.Selection) (found []string) {
	const least = 40 // characters
	head := strings.Join(strings.Fields(goquery.NewDocumentFromNode(p.headline(s)).Text()), " ")
	s.Find("p, div").Each(func(_ int, t *goquery.Selection) {
		text := strings.Join(strings.Fields(t.Text()), " ")
		if utf8.RuneCountInString(text) < least || strings.Contains(text, head) || t.Find("p, div, ul").Length() > 0 {
			return
		}
		name := goquery.NodeName(t)
		for _, c := range classesOf(t.Get(0)) {
			found = append(found, name+"."+c)
		}
		if name == "p" {
			found = append(found, "p")
		}
	})
	return found
}

// images is the selector of a block's picture; where it loads late, reading knows.
func images(s *goquery.Selection) []string {
	if img := s.Find("img").First(); img.Length() > 0 && imageOf(img, "src") != "" {
		return []string{"img@src"}
	}
	return nil
}
