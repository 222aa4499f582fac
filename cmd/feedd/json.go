package main

import (
	"time"

	"feedd/internal/daemon"
	"feedd/internal/feed"
)

// itemJSON is an item in what explain and replay print for programs.
type itemJSON struct {
	ID         int64            `json:"id"`
	Source     string           `json:"source"`
	GUID       string           `json:"guid"`
	URL        string           `json:"url"`
	Title      string           `json:"title"`
	Summary    string           `json:"summary"` // HTML as received, as content
	Content    string           `json:"content,omitempty"`
	Authors    []feed.Person    `json:"authors,omitempty"`
	Categories []string         `json:"categories,omitempty"`
	Language   string           `json:"language,omitempty"`
	Image      string           `json:"image,omitempty"`
	Published  time.Time        `json:"published,omitzero"` // missing where the source gave no credible date
	Updated    time.Time        `json:"updated,omitzero"`
	FirstSeen  time.Time        `json:"first_seen"`
	Revised    time.Time        `json:"revised,omitzero"`
	Gone       time.Time        `json:"gone,omitzero"` // when its source withdrew it
	Story      string           `json:"story,omitempty"`
	Entry      string           `json:"entry,omitempty"`
	Verdict    feed.Verdict     `json:"verdict,omitempty"`
	Sections   []feed.Placement `json:"sections"`
	Dropped    string           `json:"dropped,omitempty"` // why it is not published
	Why        feed.Why         `json:"why"`
}

func newItemJSON(it *feed.Item) itemJSON {
	return itemJSON{
		ID: it.ID, Source: it.Source, GUID: it.GUID, URL: it.URL, Title: it.Title, Summary: it.Summary, Content: it.Content,
		Authors: it.Authors, Categories: it.Categories, Language: it.Language, Image: it.Image,
		Published: it.Published, Updated: it.Updated, FirstSeen: it.FirstSeen, Revised: it.Revised, Gone: it.Gone,
		Story: it.Story, Entry: it.Entry, Verdict: it.Verdict, Sections: notNil(it.Sections), Dropped: it.Dropped, Why: it.Why,
	}
}

// entryJSON is an entry, with its reports.
type entryJSON struct {
	ID          string          `json:"id"`
	Story       string          `json:"story"`
	Follows     string          `json:"follows,omitempty"`
	Lead        int64           `json:"lead"` // the report that speaks for it
	Published   time.Time       `json:"published"`
	Updated     time.Time       `json:"updated"`
	Sections    []string        `json:"sections"`
	Withdrawn   time.Time       `json:"withdrawn,omitzero"`
	WithdrawnBy feed.Withdrawal `json:"withdrawn_by,omitempty"`
	Reports     []itemJSON      `json:"reports"`
}

func newEntryJSON(e *feed.Entry) *entryJSON {
	j := &entryJSON{
		ID: e.Key, Story: e.Story, Follows: e.Follows, Lead: e.Lead, Published: e.Published, Updated: e.Updated,
		Sections: notNil(e.Sections), Withdrawn: e.Withdrawn, WithdrawnBy: e.WithdrawnBy, Reports: make([]itemJSON, len(e.Reports)),
	}
	for i := range e.Reports {
		j.Reports[i] = newItemJSON(&e.Reports[i])
	}
	return j
}

// wordJSON is what an editor said of an item's section.
type wordJSON struct {
	N       int64            `json:"n"` // of the decision
	Kind    feed.EditorsKind `json:"kind"`
	At      time.Time        `json:"at"`
	By      string           `json:"by"`
	Item    string           `json:"item"`
	Section string           `json:"section"`
}

// explanationJSON is one item of feedd explain --json.
type explanationJSON struct {
	Item  itemJSON     `json:"item"`
	Entry *entryJSON   `json:"entry"` // null when it has none
	Story []*entryJSON `json:"story"`
	Words []wordJSON   `json:"words"`
}

func newExplanationJSON(e *daemon.Explanation) explanationJSON {
	j := explanationJSON{Item: newItemJSON(&e.Item), Story: []*entryJSON{}, Words: []wordJSON{}}
	for i := range e.Story {
		entry := newEntryJSON(&e.Story[i])
		if j.Story = append(j.Story, entry); entry.ID == e.Item.Entry {
			j.Entry = entry
		}
	}
	for _, w := range e.Words {
		if w.Kind == feed.WordFile || w.Kind == feed.WordUnfile {
			j.Words = append(j.Words, wordJSON{w.N, w.Kind, w.At, w.By, w.A, w.B})
		}
	}
	return j
}

// notNil is a list that JSON shows as [] when it is empty.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
