package notify

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"feedd/internal/feed"
)

// letter is a message as it is sent.
type letter struct {
	ID      string           `json:"id"` // the same at every attempt
	Kind    feed.MessageKind `json:"kind"`
	Channel string           `json:"channel"`
	Site    string           `json:"site"`
	URL     string           `json:"url"`  // of the site, or of the story
	Made    time.Time        `json:"made"` // likewise the same at every attempt
	Subject string           `json:"subject"`
	Text    string           `json:"text"`
	Stories []story          `json:"stories,omitempty"`
	More    int              `json:"more,omitempty"` // stories beside these
	Alarms  []feed.Alarm     `json:"alarms,omitempty"`

	html   string
	groups []group
	words  *words
}

// story is one story in a letter.
type story struct {
	ID        string    `json:"id"` // its key, as in /stories/ID
	Title     string    `json:"title"`
	URL       string    `json:"url,omitempty"`  // of the report that speaks for it
	Page      string    `json:"page,omitempty"` // of the story on the site
	Outlets   []string  `json:"outlets,omitempty"`
	Sections  []string  `json:"sections,omitempty"`
	Published time.Time `json:"published,omitzero"`
}

// group is the stories of one section.
type group struct {
	Title   string
	Stories []story
}

// letter renders a message; nil when nothing is left to tell.
func (w *worker) letter(ctx context.Context, m *feed.Message) (*letter, error) {
	l := &letter{
		ID: m.ID, Kind: m.Kind, Channel: m.Channel, Made: m.Made.UTC().Truncate(time.Second), Site: w.s.Site.Title,
		URL: strings.TrimSuffix(w.s.Site.URL, "/") + "/", words: wordsFor(w.s.Site.Language),
	}
	if m.Kind == feed.MessageAlarms {
		l.Alarms = m.Alarms
		l.tellAlarms(w.zone)
		return l, l.render()
	}
	if err := w.learnNames(ctx); err != nil {
		return nil, err
	}
	entries, err := w.entries(ctx, m.Stories)
	if err != nil {
		return nil, err
	}
	told := slices.Clone(m.Stories)
	if m.Kind != feed.MessageCorrection {
		told = slices.DeleteFunc(told, func(t feed.Notice) bool {
			e := entries[t.Entry]
			return e == nil || !e.Withdrawn.IsZero() || e.LeadItem() == nil
		})
	}
	if len(told) == 0 {
		return nil, nil
	}
	if len(told) > 1 && m.Kind != feed.MessageMore {
		if err := w.byCoverage(ctx, told); err != nil {
			return nil, err
		}
	}
	switch m.Kind {
	case feed.MessageMore:
		l.More, told = len(told), nil
	default:
		if len(told) > w.c.Limit {
			l.More, told = len(told)-w.c.Limit, told[:w.c.Limit]
		}
	}
	for _, t := range told {
		l.Stories = append(l.Stories, w.story(t, entries[t.Entry], m.Kind == feed.MessageCorrection))
	}
	l.tell(w)
	return l, l.render()
}

// story is what is said of one. Of one that was withdrawn there is only what was told.
func (w *worker) story(t feed.Notice, e *feed.Entry, withdrawn bool) story {
	s := story{ID: t.Story, Title: line(t.Title)}
	if withdrawn || e == nil {
		return s
	}
	lead := e.LeadItem()
	s.Title, s.URL, s.Published = line(lead.Title), lead.URL, e.Published.UTC()
	s.Page = strings.TrimSuffix(w.s.Site.URL, "/") + "/stories/" + e.Story
	if e.Key != e.Story {
		s.Page += "#" + e.Key
	}
	s.Sections = e.Sections
	outlet := func(it *feed.Item) {
		if name := line(w.outlet(it.Source)); !slices.Contains(s.Outlets, name) {
			s.Outlets = append(s.Outlets, name)
		}
	}
	outlet(lead)
	for i := range e.Reports {
		outlet(&e.Reports[i])
	}
	return s
}

// line is a text of somebody else's on one line, without what only machines read.
func line(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f && r <= 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff
	}), " ")
}

// tell sets subject and text.
func (l *letter) tell(w *worker) {
	switch l.Kind {
	case feed.MessageStory:
		s := &l.Stories[0]
		l.Subject, l.URL = s.Title, s.Page
		l.Text = s.text("")
	case feed.MessageMore:
		l.Subject = l.words.One.Count(l.words.MoreOf, l.More)
		if len(w.c.Sections) == 1 && w.c.Sections[0] != "all" {
			l.URL += "sections/" + w.c.Sections[0]
		}
		l.Text = l.Subject + ": " + l.URL
	case feed.MessageCorrection:
		l.Subject = l.words.Withdrawn
		if n := len(l.Stories) + l.More; n > 1 {
			l.Subject = fmt.Sprintf(l.words.WithdrawnMany, n)
		} else {
			l.Subject += ": " + l.Stories[0].Title
		}
		if len(l.Stories) > 1 {
			l.Text = l.Subject + "\n"
			for i := range l.Stories {
				l.Text += "• " + l.Stories[i].Title + "\n"
			}
			break
		}
		l.Text = l.Subject
	case feed.MessageDigest:
		l.Subject = fmt.Sprintf("%s – %s, %s", l.Site, l.words.Digest, l.words.date(l.Made, w.zone))
		l.groups = w.bySection(l.Stories)
		l.Text = l.digest(len(l.Stories))
	}
}

// text is a story in plain words: what it is, who says so, and where.
func (s *story) text(indent string) string {
	text := s.Title
	if len(s.Outlets) > 0 {
		text += "\n" + indent + strings.Join(s.Outlets, ", ")
	}
	return text + "\n" + indent + cmp.Or(s.URL, s.Page)
}

// bySection groups stories by the first section that the channel tells, in the order of the configuration;
// what is in none comes last.
func (w *worker) bySection(stories []story) []group {
	groups := make([]group, len(w.s.Sections)+1)
	place := map[string]int{}
	for i, s := range w.s.Sections {
		groups[i].Title, place[s.ID] = s.Title, i
	}
	groups[len(groups)-1].Title = wordsFor(w.s.Site.Language).Other
	all := len(w.c.Sections) == 0 || slices.Contains(w.c.Sections, "all")
	for _, s := range stories {
		at := len(groups) - 1
		for _, id := range s.Sections {
			if i, ok := place[id]; ok && (all || slices.Contains(w.c.Sections, id)) {
				at = i
				break
			}
		}
		groups[at].Stories = append(groups[at].Stories, s)
	}
	return slices.DeleteFunc(groups, func(g group) bool { return len(g.Stories) == 0 })
}

// digest is the text of a digest with at most so many of its stories.
func (l *letter) digest(most int) string {
	var b strings.Builder
	b.WriteString(l.Subject + "\n")
	more := l.More
	for _, g := range l.groups {
		title := g.Title
		for i := range g.Stories {
			if most--; most < 0 {
				more++
				continue
			}
			if title != "" {
				b.WriteString("\n" + strings.ToUpper(title) + "\n")
				title = ""
			}
			b.WriteString("• " + g.Stories[i].text("  ") + "\n")
		}
	}
	if more > 0 {
		fmt.Fprintf(&b, "\n%s: %s\n", l.words.One.Count(l.words.More, more), l.URL)
	}
	return b.String()
}

// short is the text within a number of bytes: services refuse longer ones. Stories that find no room are
// counted.
func (l *letter) short(most int) string {
	text := strings.TrimSpace(l.Text)
	if l.Kind == feed.MessageDigest {
		for n := len(l.Stories); len(text) > most && n > 0; n-- {
			text = strings.TrimSpace(l.digest(n - 1))
		}
	}
	if len(text) > most {
		text = feed.Head(text, most-len("…")) + "…"
	}
	return text
}

// tellAlarms sets subject and text of a letter about alarms.
func (l *letter) tellAlarms(zone *time.Location) {
	var lines []string
	for i := range l.Alarms {
		a := &l.Alarms[i]
		what := l.words.Alarm
		if !a.Over.IsZero() {
			what = l.words.Over
		}
		lines = append(lines, what+": "+line(a.Text))
	}
	l.Subject = lines[0]
	if len(lines) > 1 {
		l.Subject = fmt.Sprintf(l.words.Alarms, len(lines))
		lines = append([]string{l.Subject}, lines...)
	}
	l.Subject = l.Site + " – " + l.Subject
	l.Text = l.Site + " – " + strings.Join(lines, "\n") + "\n" + l.words.date(l.Made, zone)
}

// mailPage is the part of an e-mail that is HTML. It names no style sheet and no picture: nothing is fetched, and
// nobody learns who read it.
var mailPage = template.Must(template.New("mail").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><title>{{.Subject}}</title></head>
<body style="font-family:sans-serif;line-height:1.4;max-width:40em;margin:auto;padding:1em">
<h1 style="font-size:1.3em">{{.Subject}}</h1>
{{range .Groups}}{{if .Title}}<h2 style="font-size:1.1em">{{.Title}}</h2>
{{end}}<ul>
{{range .Stories}}<li style="margin-bottom:.6em">{{if .URL}}<a href="{{.URL}}">{{.Title}}</a>{{else}}{{.Title}}{{end}}{{if .Outlets}}<br><small>{{range $i, $o := .Outlets}}{{if $i}}, {{end}}{{$o}}{{end}}{{if and .Page (gt (len .Outlets) 1)}} · <a href="{{.Page}}">{{$.Count .}}</a>{{end}}</small>{{end}}</li>
{{end}}</ul>
{{end}}{{range .Lines}}<p>{{.}}</p>
{{end}}{{if .MoreText}}<p><a href="{{.Home}}">{{.MoreText}}</a></p>
{{end}}</body></html>
`))

// Count says how many outlets tell a story.
func (l *letter) Count(s story) string { return fmt.Sprintf(l.words.Outlets, len(s.Outlets)) }

// render sets the HTML.
func (l *letter) render() error {
	page := struct {
		*letter
		Lang, Home, MoreText string
		Groups               []group
		Lines                []string
	}{letter: l, Lang: l.words.Lang, Home: l.URL, Groups: l.groups}
	switch {
	case l.Kind == feed.MessageAlarms:
		page.Lines = strings.Split(strings.TrimSpace(l.Text), "\n")
	case len(l.groups) == 0 && len(l.Stories) > 0:
		page.Groups = []group{{Stories: l.Stories}}
	}
	if l.More > 0 {
		page.MoreText = l.words.One.Count(l.words.More, l.More)
	}
	var b bytes.Buffer
	err := mailPage.Execute(&b, page)
	l.html = b.String()
	return err
}
