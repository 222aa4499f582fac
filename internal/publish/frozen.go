package publish

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

// frozen is what a closed page of an archive is rendered from: all that its bytes depend on but the
// site's address, the authority of the ids, what was withdrawn and whose rights became stricter. The
// store keeps it as JSON; a field may be added, none may change its meaning.
type frozen struct {
	Title       string               `json:"title,omitempty"` // of the site
	Description string               `json:"description,omitempty"`
	Language    string               `json:"language,omitempty"`
	Contact     string               `json:"contact,omitempty"`
	Section     frozenSection        `json:"section"`
	Sections    []render.SectionLink `json:"sections,omitempty"`
	Attribution string               `json:"attribution,omitempty"`
	Sources     []render.Origin      `json:"sources,omitempty"`
	Entries     []frozenEntry        `json:"entries,omitempty"` // newest first
}

type frozenSection struct {
	ID          string `json:"id"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Language    string `json:"language,omitempty"`
}

type frozenEntry struct {
	Key       string         `json:"key"`
	Story     string         `json:"story,omitempty"`
	Follows   string         `json:"follows,omitempty"`
	Published time.Time      `json:"published"`
	Updated   time.Time      `json:"updated"`
	Sections  []string       `json:"sections,omitempty"`
	Reports   []frozenReport `json:"reports"` // that of the lead first
}

// frozenReport is a report as far as a feed shows it: of the lead its text within the source's
// rights, of the others their headline.
type frozenReport struct {
	Source     string           `json:"source"`
	URL        string           `json:"url,omitempty"`
	Title      string           `json:"title,omitempty"`
	Base       string           `json:"base,omitempty"`
	Summary    string           `json:"summary,omitempty"`
	Content    string           `json:"content,omitempty"`
	Authors    []feed.Person    `json:"authors,omitempty"`
	Categories []string         `json:"categories,omitempty"`
	Language   string           `json:"language,omitempty"`
	Image      string           `json:"image,omitempty"`
	Shown      feed.PictureNote `json:"shown,omitzero"`
	Place      *feed.Point      `json:"place,omitempty"`
	Enclosures []feed.Enclosure `json:"enclosures,omitempty"`
	Published  time.Time        `json:"published,omitzero"`
	Updated    time.Time        `json:"updated,omitzero"`
	FirstSeen  time.Time        `json:"first_seen,omitzero"`
}

// freeze writes down a page of a section's archive as it would be rendered now.
func freeze(f *frame, sec *feed.Section, entries []feed.Entry) ([]byte, error) {
	pl := f.plan
	page := frozen{
		Title: pl.Site.Title, Description: pl.Site.Description, Language: pl.Site.Language, Contact: pl.Site.Contact,
		Section:  frozenSection{sec.ID, sec.Title, sec.Description, sec.Language},
		Sections: pl.links(), Attribution: pl.Attribution,
	}
	named := map[string]bool{}
	for i := range entries {
		e := &entries[i]
		lead := e.LeadItem()
		if lead == nil || lead.Dropped != "" {
			continue // nothing that a feed could show
		}
		fe := frozenEntry{Key: e.Key, Story: e.Story, Follows: e.Follows, Published: e.Published, Updated: e.Updated, Sections: e.Sections}
		rights := feed.RightsHeadline // of a source that nobody vouches for any more
		if o, known := f.origins[lead.Source]; known {
			rights = o.Rights
		}
		fe.Reports = append(fe.Reports, freezeLead(lead, rights))
		for j := range e.Reports {
			if r := &e.Reports[j]; r.Dropped == "" && r.ID != lead.ID {
				fe.Reports = append(fe.Reports, frozenReport{Source: r.Source, URL: r.URL, Title: r.Title})
			}
		}
		for _, r := range fe.Reports {
			if o, ok := f.origins[r.Source]; ok && !named[r.Source] {
				named[r.Source] = true
				page.Sources = append(page.Sources, o)
			}
		}
		page.Entries = append(page.Entries, fe)
	}
	b, err := json.Marshal(page)
	if err != nil {
		return nil, fmt.Errorf("write it down: %w", err)
	}
	return b, nil
}

func freezeLead(it *feed.Item, rights feed.Rights) frozenReport {
	r := frozenReport{Source: it.Source, URL: it.URL, Title: it.Title, Base: it.Base, Authors: it.Authors, Categories: it.Categories,
		Language: it.Language, Published: it.Published, Updated: it.Updated, FirstSeen: it.FirstSeen}
	if rights == feed.RightsHeadline {
		return r
	}
	r.Summary, r.Image, r.Shown, r.Place, r.Enclosures = it.Summary, it.Image, it.Shown, it.Place, it.Enclosures
	if rights == feed.RightsFull || r.Summary == "" { // a summary may be taken from the content
		r.Content = it.Content
	}
	return r
}

// thaw returns the view of a page that was frozen, with those of its entries whose keys are given, in
// ascending order. It shows what it showed then, and of no source more than may be shown of it now.
func (s *frame) thaw(body []byte, keys []string) (*render.View, error) {
	var page frozen
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, fmt.Errorf("read it: %w", err)
	}
	v := s.view(&feed.Section{ID: page.Section.ID, Title: page.Section.Title, Description: page.Section.Description, Language: page.Section.Language}, nil)
	v.Site = feed.Site{Title: page.Title, Description: page.Description, Language: page.Language, Contact: page.Contact, URL: v.Site.URL}
	v.Sections, v.Attribution = page.Sections, page.Attribution
	v.Sources = map[string]render.Origin{}
	for _, o := range page.Sources {
		now, known := s.origins[o.ID]
		if !known {
			continue // nobody vouches for its terms any more
		}
		o.Rights = stricter(o.Rights, now.Rights)
		if now.Hidden {
			o.Home = now.Home
			o.Hide()
		}
		v.Sources[o.ID] = o
	}
	for _, fe := range page.Entries {
		if _, stands := slices.BinarySearch(keys, fe.Key); !stands {
			continue
		}
		e := feed.Entry{Key: fe.Key, Story: fe.Story, Follows: fe.Follows, Published: fe.Published.UTC(), Updated: fe.Updated.UTC(), Sections: fe.Sections, Lead: 1}
		for i, r := range fe.Reports {
			e.Reports = append(e.Reports, feed.Item{ID: int64(i + 1), Source: r.Source, URL: r.URL, Title: r.Title, Base: r.Base,
				Summary: r.Summary, Content: r.Content, Authors: r.Authors, Categories: r.Categories, Language: r.Language,
				Image: r.Image, Shown: r.Shown, Place: r.Place, Enclosures: r.Enclosures, Published: r.Published.UTC(), Updated: r.Updated.UTC(), FirstSeen: r.FirstSeen.UTC()})
		}
		v.Entries = append(v.Entries, e)
	}
	return v, nil
}

// stricter returns the narrower of two bounds.
func stricter(a, b feed.Rights) feed.Rights {
	order := []feed.Rights{feed.RightsHeadline, feed.RightsSummary, feed.RightsFull}
	rank := func(r feed.Rights) int {
		if i := slices.Index(order, r); i >= 0 {
			return i
		}
		return 1 // what a source allows that says nothing
	}
	return order[min(rank(a), rank(b))]
}
