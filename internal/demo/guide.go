package demo

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"strings"
)

//go:embed guide/*
var guides embed.FS

// GuidePath is where the guide is.
const GuidePath = "/demo"

// Guide is what the page knows that says what to look at and what to try.
type Guide struct {
	Language string // of the site
	Site     string // its title
	File, DB string // the configuration and the store, as flags name them
	Text     string // of the configuration

	// Find tells where an item is that has this address: its number, its entry and its story; and whether it
	// is published.
	Find func(url string) (Place, bool)
	base string
}

// Place is where an item is.
type Place struct {
	Item         int64
	Entry, Story string
	Outlets      int // that told the entry
	Title        string
	Gone         bool // withdrawn
}

// rule finds the line that the guide proposes to change.
var rule = regexp.MustCompile(`(?m)^.*(- any: \[.*xuất khẩu).*$`)

// Line is the number of the line to edit, 0 when the file has it no more.
func (g *Guide) Line() int {
	i := rule.FindStringIndex(g.Text)
	if i == nil {
		return 0
	}
	return 1 + strings.Count(g.Text[:i[0]], "\n")
}

// Rule is how that line begins.
func (g *Guide) Rule() string {
	if m := rule.FindStringSubmatch(g.Text); m != nil {
		return m[1]
	}
	return ""
}

// At finds the report of an event by an outlet; nil when it is not collected.
func (g *Guide) At(outlet, event string, part int) *Place {
	p, ok := g.Find(g.base + "/tin/" + number(outlet, fmt.Sprint(event, part)))
	if !ok {
		return nil
	}
	return &p
}

// Write writes the page in the site's language: Vietnamese, and English for all others.
func (g *Guide) Write(w io.Writer) error {
	if m := pressAddress(g.Text); m != "" {
		g.base = m
	}
	t, err := template.ParseFS(guides, "guide/*.html")
	if err != nil {
		return err
	}
	name := "en.html"
	if strings.HasPrefix(g.Language, "vi") {
		name = "vi.html"
	}
	return t.ExecuteTemplate(w, name, g)
}

// pressAddress is where a configuration of the demo finds the outlets.
func pressAddress(text string) string {
	const before, after = `url: "`, "/ben-sao.rss"
	end := strings.Index(text, after)
	if end < 0 {
		return ""
	}
	begin := strings.LastIndex(text[:end], before)
	if begin < 0 {
		return ""
	}
	return text[begin+len(before) : end]
}
