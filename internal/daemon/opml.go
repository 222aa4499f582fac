package daemon

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"feedd/internal/aggregate/collect"
	"feedd/internal/aggregate/read"
	"feedd/internal/config"
	"feedd/internal/feed"
)

// Imported is what a subscription list brings to a configuration, and what not.
type Imported struct {
	Feeds    int                 `json:"feeds"` // in the list
	Sources  []config.NewSource  `json:"-"`
	Sections []config.NewSection `json:"-"`
	There    []Skipped           `json:"there"` // already in the configuration
	Twice    []Skipped           `json:"twice"` // already in the list
	Not      []Skipped           `json:"not"`   // cannot be followed
	Private  []Skipped           `json:"private"`
}

// Skipped is one feed of a list of which there is something to say.
type Skipped struct {
	Line  int    `json:"line"`
	Title string `json:"title"`
	URL   string `json:"url"`
	Why   string `json:"why,omitempty"`
}

// noFolders are names that readers give to what is in no folder, folded.
var noFolders = []string{"all", "uncategorized", "uncategorised", "unsorted", "no folder", "default", "feeds", "chua phan loai", "khong phan loai"}

// Import turns a subscription list into sources and, of its folders, sections. Folders within each
// other are one section named after the way to it. Nothing is written.
func (d *Draft) Import(list []read.Subscription) Imported {
	done := Imported{Feeds: len(list), There: []Skipped{}, Twice: []Skipped{}, Not: []Skipped{}, Private: []Skipped{}}
	taken := map[string]bool{} // ids of sources
	has := map[string]string{} // canonical address -> id
	for _, s := range d.Config.Sources {
		taken[s.ID] = true
		has[feed.Canonical(s.URL)] = s.ID
	}
	sections := newFolders(d.Config.Sections)
	listed := map[string]bool{} // canonical addresses
	for _, s := range list {
		skipped := Skipped{s.Line, s.Title, s.URL, s.Fault}
		c := feed.Canonical(s.URL)
		switch {
		case s.Fault != "":
			done.Not = append(done.Not, skipped)
			continue
		case listed[c]:
			done.Twice = append(done.Twice, skipped)
			continue
		}
		listed[c] = true
		if has[c] != "" {
			skipped.Why = "source " + has[c]
			done.There = append(done.There, skipped)
			continue
		}
		source := config.NewSource{Title: s.Title, URL: s.URL, Page: s.Page}
		if tag, err := language.Parse(s.Lang); err == nil && tag != language.Und && (s.ID != "" || tag.String() != d.Config.Site.Language) {
			source.Language = tag.String()
		}
		name := s.ID
		if name == "" {
			name = cmp.Or(s.Title, addressName(s.URL))
		}
		if source.Title == s.ID { // a list of feedd's, of a source without a title
			source.Title = ""
		}
		source.ID = config.NewID(name, func(id string) bool { return taken[id] })
		if why := unfit(&source); why != "" { // one feed does not keep the others out
			skipped.URL, skipped.Why = "", why
			done.Not = append(done.Not, skipped)
			continue
		}
		source.Section = sections.of(s)
		taken[source.ID] = true
		if all := &d.Config.Defaults; !all.AllowPrivate && all.Proxy == "" && collect.IsPrivate(s.URL) {
			done.Private = append(done.Private, skipped)
		}
		done.Sources = append(done.Sources, source)
	}
	done.Sections = sections.added
	return done
}

// unfit says why a source cannot be in a configuration; "" when it can.
func unfit(s *config.NewSource) string {
	_, err := ParseConfig(s.ID, []byte(s.YAML()))
	var mistakes config.Errors
	if !errors.As(err, &mistakes) {
		return ""
	}
	return firstOf(mistakes)
}

// firstOf is the first mistake without its place, which nobody can look at.
func firstOf(mistakes config.Errors) string {
	return strings.TrimSpace(mistakes[0].Message.String() + " " + parenthesis(mistakes[0].Hint.String()))
}

// folders are the sections that folders become.
type folders struct {
	byTitle, byID map[string]string // folded title, and id -> id
	added         []config.NewSection
}

func newFolders(sections []feed.Section) *folders {
	f := &folders{byTitle: map[string]string{}, byID: map[string]string{"all": "all", "top": "top"}}
	for _, s := range sections {
		f.byTitle[feed.Fold(s.Title)], f.byID[s.ID] = s.ID, s.ID
	}
	return f
}

// of returns the section of a feed by its folders, "" for none.
func (f *folders) of(s read.Subscription) string {
	names := slices.DeleteFunc(slices.Clone(s.Folders), func(name string) bool { return slices.Contains(noFolders, feed.Fold(name)) })
	if len(names) == 0 {
		return ""
	}
	title := strings.Join(names, " / ")
	if id := f.byTitle[feed.Fold(title)]; id != "" {
		return id
	}
	id := config.NewID(cmp.Or(s.SectionID, title), func(id string) bool { return f.byID[id] != "" })
	f.byTitle[feed.Fold(title)], f.byID[id] = id, id
	f.added = append(f.added, config.NewSection{ID: id, Title: title})
	return id
}

// addressName names a feed by its host and path.
func addressName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return strings.TrimPrefix(u.Hostname(), "www.") + " " + u.Path
}
