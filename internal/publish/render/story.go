package render

import (
	"cmp"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"feedd/internal/feed"
)

// part is a piece of a text; New says that nothing of it was told before.
type part struct {
	Text string
	New  bool
}

// StoryPage renders one story: the view's entries are its developments, in any order, and its
// Section does not matter. The latest names the story. What a later development says anew is marked.
func StoryPage(v *View) ([]byte, error) {
	d := v.prepare()
	if len(d.entries) == 0 {
		return nil, fmt.Errorf("render a story: it has no entry")
	}
	p := v.newPage("/stories/" + url.PathEscape(d.entries[0].storyKey))
	p.Canonical, p.Kind = d.entries[0].story, "article"
	sections := map[string]bool{}
	var said []string
	for _, e := range byTime(d.entries) {
		h := v.headline(p, e, shape{summary: maxSummary, picture: true, plain: true})
		h.Time = newMoment(e.published, v.Site.Timezone, p.Words)
		if e.updated.Sub(e.published) >= time.Minute {
			h.Edited = newMoment(e.updated, v.Site.Timezone, p.Words)
		}
		h.Reports = v.reports(p, e)
		h.Filed = v.filed(p, e)
		h.Parts, h.SummaryParts = marked(h.Title, said), marked(h.Summary, said)
		said = append(said, h.Title, h.Summary)
		p.Developments = append(p.Developments, h)
		p.Heading = e.headline
		p.Description = cut(e.summary.text, 200)
		if v.Images && e.image != "" {
			p.Picture = e.image
		}
		for _, s := range e.sections {
			if !sections[s.ID] {
				sections[s.ID] = true
				p.Kickers = append(p.Kickers, link{Title: s.Title, URL: template.URL(p.Root + "/sections/" + url.PathEscape(s.ID))})
			}
		}
	}
	last := &p.Developments[len(p.Developments)-1]
	last.Newest = true
	for i := range p.Developments {
		h := &p.Developments[i]
		h.Numbered = len(p.Developments) > 1
		p.Changes = p.Changes || hasNew(h.Parts) || hasNew(h.SummaryParts)
	}
	p.Lead = last
	p.Title = p.Heading + " – " + p.Site
	p.addFeeds("/stories/"+url.PathEscape(d.entries[0].storyKey), p.Heading)
	return execute("story.html", p)
}

// reports lists every report of the entry but the lead, in order of arrival.
func (v *View) reports(p *page, e *entry) []headline {
	var out []headline
	inTime := slices.Clone(e.reports)
	slices.SortStableFunc(inTime, func(a, b feed.Item) int { return a.Date().Compare(b.Date()) })
	for i := range inTime {
		it := &inTime[i]
		if it.ID == e.lead.ID && it.Source == e.lead.Source || it.Dropped != "" {
			continue
		}
		o, _ := v.origin(it)
		if lead, _ := v.origin(e.lead); it.Canonical == e.lead.Canonical && o.outlet == lead.outlet {
			continue // the same article from another feed of the same outlet
		}
		h := headline{
			Title: line(it.Title, maxTitle), Link: newsURL(it.URL, o.feedURL), Outlet: o.outlet,
			Time: newMoment(second(it.Date()), v.Site.Timezone, p.Words),
		}
		h.Title = cmp.Or(h.Title, p.Words.Untitled)
		h.Dir = direction(h.Title)
		language := cmp.Or(languageTag(it.Language), o.language)
		h.Lang = v.foreign(p, language)
		if h.Link != "" {
			out = append(out, h)
		}
	}
	return out
}

// mostMarked is the part of a text, as a divisor, up to which its new words are marked. Of one that is
// newer than that only the figures are: what is marked from end to end has nothing marked.
const mostMarked = 2

// marked cuts a text into parts, those marked that were not said before. What nothing was said before
// has no mark; nor do words of one letter or two, which say little.
func marked(text string, said []string) []part {
	known := map[string]bool{}
	for _, s := range said {
		for _, w := range feed.Words(nil, s) {
			known[w.Normal] = true
		}
	}
	words := feed.Words(nil, text)
	if len(known) == 0 {
		return []part{{Text: text}}
	}
	fresh := 0
	for _, w := range words {
		if !known[w.Normal] {
			fresh++
		}
	}
	figuresOnly := fresh*mostMarked > len(words)
	var parts []part
	at := 0
	add := func(end int, isNew bool) {
		switch {
		case end <= at:
			return
		case len(parts) > 0 && parts[len(parts)-1].New == isNew:
			parts[len(parts)-1].Text += text[at:end]
		default:
			parts = append(parts, part{text[at:end], isNew})
		}
		at = end
	}
	for i, w := range words {
		isNew := !known[w.Normal]
		if isNew && !figure(text[w.Start:w.End]) {
			isNew = !figuresOnly && len([]rune(w.Fold)) > 2
		}
		between := isNew && i > 0 && len(parts) > 0 && parts[len(parts)-1].New && strings.TrimSpace(text[at:w.Start]) == ""
		add(w.Start, between) // words that are new in a row are marked as one
		add(w.End, isNew)
	}
	add(len(text), false)
	return parts
}

func figure(word string) bool { return strings.ContainsFunc(word, unicode.IsDigit) }

func hasNew(parts []part) bool {
	return slices.ContainsFunc(parts, func(p part) bool { return p.New })
}
