package read

import (
	"encoding/json"
	"net/url"
	"strings"

	"feedd/internal/feed"
	"github.com/PuerkitoBio/goquery"
)

// structured reads the articles that a page lists as schema.org data: JSON-LD of NewsArticle and
// its kin, alone, in a @graph or in an ItemList; else the same as microdata.
func structured(tree *goquery.Document, base *url.URL) []rawItem {
	ld := ldReader{base: base}
	tree.Find(`script[type="application/ld+json"]`).Each(func(_ int, s *goquery.Selection) {
		var v any
		if checkJSON([]byte(s.Text()), maxStructured) != nil {
			return // no page describes so much
		}
		if json.Unmarshal([]byte(strings.TrimSpace(s.Text())), &v) != nil {
			// Line breaks within strings are the usual slip.
			fixed := fixJSON([]byte(s.Text()))
			if fixed == nil || json.Unmarshal(fixed, &v) != nil {
				return
			}
		}
		ld.walk(v, 0)
	})
	if len(ld.raws) > 0 {
		return ld.raws
	}
	return microdata(tree, base)
}

// articleTypes are the types of schema.org that are reports.
var articleTypes = set("NewsArticle", "Article", "BlogPosting", "ReportageNewsArticle", "AnalysisNewsArticle",
	"OpinionNewsArticle", "BackgroundNewsArticle", "LiveBlogPosting", "AdvertiserContentArticle", "TechArticle")

const maxStructured = 1000

type ldReader struct {
	base *url.URL
	raws []rawItem
}

// walk looks for articles in a value, at most a few levels down: nobody nests them deeper.
func (l *ldReader) walk(v any, depth int) {
	if depth > 8 || len(l.raws) >= maxStructured {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			l.walk(e, depth+1)
		}
	case map[string]any:
		if isArticle(v) {
			if raw := l.article(v); raw.title != "" && raw.link != "" {
				l.raws = append(l.raws, raw)
			}
			return
		}
		if hasType(v, "ListItem") {
			if item, ok := v["item"].(map[string]any); ok {
				if isArticle(item) || len(ldText(item["name"])) > 0 && ldURL(item) != "" {
					raw := l.article(item)
					raw.link = first(raw.link, l.resolve(ldURL(v)))
					if raw.title != "" && raw.link != "" {
						l.raws = append(l.raws, raw)
					}
				} else {
					l.walk(item, depth+1)
				}
				return
			}
			raw := rawItem{title: ldText(v["name"]), link: l.resolve(first(ldURL(v), ldText(v["item"]))), image: l.resolve(ldImage(v["image"]))}
			if raw.title != "" && raw.link != "" {
				l.raws = append(l.raws, raw)
			}
			return
		}
		if hasType(v, "BreadcrumbList") {
			return
		}
		for _, k := range []string{"@graph", "itemListElement", "mainEntity", "hasPart", "blogPost", "blogPosts", "item", "dataFeedElement"} {
			if e, ok := v[k]; ok {
				l.walk(e, depth+1)
			}
		}
	}
}

func (l *ldReader) resolve(ref string) string { return feed.Resolve(l.base, ref) }

func (l *ldReader) article(v map[string]any) rawItem {
	raw := rawItem{
		title:     feed.PlainTitle(first(ldText(v["headline"]), ldText(v["name"]))),
		link:      l.resolve(ldURL(v)),
		summary:   first(ldText(v["description"]), ldText(v["abstract"])),
		published: first(ldText(v["datePublished"]), ldText(v["dateCreated"])),
		updated:   ldText(v["dateModified"]),
		image:     l.resolve(first(ldImage(v["image"]), ldImage(v["thumbnailUrl"]))),
		language:  ldText(v["inLanguage"]),
		shown:     ldNote(v["image"]),
	}
	people, ok := v["author"].([]any)
	if !ok {
		people = []any{v["author"]}
	}
	for _, p := range people {
		switch p := p.(type) {
		case string:
			raw.author(p)
		case map[string]any:
			raw.person(ldText(p["name"]), ldText(p["email"]), "")
		}
	}
	for _, k := range []string{"articleSection", "keywords"} {
		switch c := v[k].(type) {
		case string:
			raw.categories = append(raw.categories, keywords(c)...)
		case []any:
			for _, e := range c {
				raw.categories = append(raw.categories, ldText(e))
			}
		}
	}
	return raw
}

func hasType(v map[string]any, want string) bool {
	switch t := v["@type"].(type) {
	case string:
		return t == want
	case []any:
		for _, e := range t {
			if e == want {
				return true
			}
		}
	}
	return false
}

func isArticle(v map[string]any) bool {
	switch t := v["@type"].(type) {
	case string:
		return articleTypes[t]
	case []any:
		for _, e := range t {
			if s, ok := e.(string); ok && articleTypes[s] {
				return true
			}
		}
	}
	return false
}

// ldText is a value as text; of a list its first.
func ldText(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case []any:
		if len(v) > 0 {
			return ldText(v[0])
		}
	case map[string]any:
		return first(ldText(v["@value"]), ldText(v["name"]))
	}
	return ""
}

func ldURL(v map[string]any) string {
	if u := ldText(v["url"]); u != "" {
		return u
	}
	switch m := v["mainEntityOfPage"].(type) {
	case string:
		return m
	case map[string]any:
		if u, ok := m["@id"].(string); ok {
			return u
		}
	}
	if id, ok := v["@id"].(string); ok && strings.Contains(id, "/") && !strings.Contains(id, "#") {
		return id
	}
	return ""
}

func ldImage(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		if len(v) > 0 {
			return ldImage(v[0])
		}
	case map[string]any:
		return first(ldText(v["url"]), ldText(v["contentUrl"]))
	}
	return ""
}

// ldNote is what an ImageObject says of the picture that ldImage takes.
func ldNote(v any) feed.PictureNote {
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	o, ok := v.(map[string]any)
	if !ok {
		return feed.PictureNote{}
	}
	size := func(v any) int { // a number, text, or a QuantitativeValue
		if q, ok := v.(map[string]any); ok {
			v = q["value"]
		}
		if n, ok := v.(float64); ok {
			return max(0, int(n))
		}
		return feed.Pixels(ldText(v))
	}
	n := feed.PictureNote{Width: size(o["width"]), Height: size(o["height"]), Caption: ldText(o["caption"]), Credit: first(ldText(o["creditText"]), ldText(o["copyrightNotice"]))}
	if n.Width == 0 || n.Height == 0 {
		n.Width, n.Height = 0, 0
	}
	return n
}

// microdata reads the same from itemscope and itemprop.
func microdata(tree *goquery.Document, base *url.URL) []rawItem {
	var raws []rawItem
	left := reach(maxReach)
	tree.Find("[itemscope][itemtype]").EachWithBreak(func(_ int, block *goquery.Selection) bool {
		typ := block.AttrOr("itemtype", "")
		if !articleTypes[typ[strings.LastIndexByte(typ, '/')+1:]] {
			return true
		}
		if !left.covers(block.Nodes[0]) {
			return false
		}
		prop := func(names ...string) *goquery.Selection {
			for _, n := range names {
				if s := block.Find(`[itemprop~="` + n + `"]`).First(); s.Length() > 0 {
					return s
				}
			}
			return nil
		}
		raw := rawItem{}
		if s := prop("headline", "name"); s != nil {
			raw.title = first(valueOf(s, ""), s.AttrOr("content", ""))
			raw.link = linkOf(s, "", base)
		}
		if s := prop("url", "mainEntityOfPage"); s != nil {
			raw.link = first(linkOf(s, "", base), feed.Resolve(base, first(s.AttrOr("content", ""), s.AttrOr("itemid", ""))), raw.link)
		}
		if raw.link == "" {
			if a := firstAnchor(block); a != nil {
				raw.link = linkOf(a, "", base)
			}
		}
		if s := prop("description"); s != nil {
			raw.summary = first(s.AttrOr("content", ""), valueOf(s, ""))
		}
		if s := prop("datePublished", "dateCreated"); s != nil {
			raw.published = first(s.AttrOr("content", ""), s.AttrOr("datetime", ""), valueOf(s, ""))
		}
		if s := prop("dateModified"); s != nil {
			raw.updated = first(s.AttrOr("content", ""), s.AttrOr("datetime", ""))
		}
		if s := prop("image", "thumbnailUrl"); s != nil {
			raw.image = first(s.AttrOr("content", ""), s.AttrOr("href", ""), imageOf(s, ""))
		}
		if s := prop("author"); s != nil {
			raw.author(first(s.AttrOr("content", ""), valueOf(s, "")))
		}
		if raw.title != "" && raw.link != "" {
			raws = append(raws, raw)
		}
		return len(raws) < maxStructured
	})
	return raws
}
