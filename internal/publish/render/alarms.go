package render

import (
	"encoding/xml"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/feeds"

	"feedd/internal/feed"
)

// notices is the Atom document of alarms.
type notices struct {
	XMLName xml.Name `xml:"feed"`
	Lang    string   `xml:"xml:lang,attr,omitempty"`
	feeds.AtomFeed
	Title     plainText     `xml:"title"`
	Author    *atomPerson   `xml:"author"`
	Generator string        `xml:"generator"`
	Links     []atomLink    `xml:"link"`
	Entries   []noticeEntry `xml:"entry"`
}

// FeedXml makes the document one that the library writes.
func (n *notices) FeedXml() any { return n }

type noticeEntry struct {
	XMLName xml.Name `xml:"entry"`
	feeds.AtomEntry
	Title      plainText      `xml:"title"`
	Links      []atomLink     `xml:"link"`
	Categories []atomCategory `xml:"category"`
}

// alarmWords are the texts of our own, by language.
var alarmWords = map[string]struct{ title, over string }{
	"vi": {"Cảnh báo", "Đã ổn:"},
	"en": {"Alarms", "Over:"},
}

// Alarms renders alarms as Atom 1.0: an entry when one opened and another when it was over, the newest
// first. Alarms that have not opened are left out. base is the address below which the feed and the pages
// about sources are.
func Alarms(site feed.Site, authority, base string, alarms []feed.Alarm) ([]byte, error) {
	w := wordsFor(site.Language)
	said := alarmWords[w.Lang]
	doc := &notices{
		Lang:      w.Lang,
		AtomFeed:  feeds.AtomFeed{Xmlns: "http://www.w3.org/2005/Atom", Id: feed.TagURI(authority, "alerts"), Updated: oldest.Format(time.RFC3339)},
		Title:     newText(line(site.Title, maxTitle) + " – " + said.title),
		Author:    &atomPerson{Name: newText(line(site.Title, maxName))},
		Generator: "feedd",
		Links: []atomLink{
			{Rel: "self", Type: "application/atom+xml", Href: base + "/alerts.atom"},
			{Rel: "alternate", Type: "text/html", Href: base + "/sources"},
		},
	}
	add := func(a *feed.Alarm, at time.Time, id, title string) {
		doc.Entries = append(doc.Entries, noticeEntry{
			AtomEntry: feeds.AtomEntry{
				Id: feed.TagURI(authority, id), Updated: second(at).Format(time.RFC3339), Published: second(at).Format(time.RFC3339),
				Summary: &feeds.AtomSummary{Type: "html", Content: "<p>" + html.EscapeString(clean(a.Text)) + "</p>"},
			},
			Title:      newText(line(title, maxTitle)),
			Links:      []atomLink{{Rel: "alternate", Type: "text/html", Href: base + "/sources"}},
			Categories: []atomCategory{{Term: string(a.Kind)}},
		})
	}
	for i := range alarms {
		a := &alarms[i]
		if a.Opened.IsZero() {
			continue
		}
		id := fmt.Sprintf("alerts/%s/%s/%d", a.Kind, strings.ReplaceAll(a.Subject, " ", "-"), a.Began.Unix())
		add(a, a.Opened, id, a.Text)
		if !a.Over.IsZero() {
			add(a, a.Over, id+"/over", said.over+" "+a.Text)
		}
	}
	slices.SortStableFunc(doc.Entries, func(a, b noticeEntry) int { return strings.Compare(b.Updated, a.Updated) }) // both in UTC
	if len(doc.Entries) > 0 {
		doc.Updated = doc.Entries[0].Updated
	}
	b, err := toXML(doc)
	if err != nil {
		return nil, fmt.Errorf("render the alarms as Atom: %w", err)
	}
	return b, nil
}
