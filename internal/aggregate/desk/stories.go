package desk

import (
	"fmt"
	"strings"
	"time"

	"feedd/internal/feed"
)

// stories decides which reports tell the same story. It holds every report of the window in memory
// and is rebuilt from the filed items after a restart; what it decides depends on nothing else.
//
// A story is a chain of entries, an entry a set of reports. The key of an entry is that of the
// report that opened it, the key of a story that of its first entry.
type stories struct {
	set     feed.StorySettings
	sources map[string]feed.Source

	reports map[int64]*report
	entries map[string]*entry
	known   map[string]*story

	byURL  map[string][]*report // canonical URL
	byHead map[string][]*report // folded headline
}

// story is a chain of entries, oldest first.
type story struct {
	key     string
	entries []*entry
}

// entry is one development of a story.
type entry struct {
	key     string
	story   *story
	reports []*report // in order of arrival
}

// report is what is remembered of one item.
type report struct {
	id     int64
	source string
	entry  *entry
	at     time.Time // when it was told
	seen   time.Time // when it came in
	url    string
	head   string
	length int // of the summary, bytes
}

func newStories(set feed.StorySettings, sources map[string]feed.Source) *stories {
	if set.Window <= 0 {
		set.Window = 72 * time.Hour
	}
	return &stories{
		set: set, sources: sources,
		reports: map[int64]*report{}, entries: map[string]*entry{}, known: map[string]*story{},
		byURL: map[string][]*report{}, byHead: map[string][]*report{},
	}
}

// restore takes an item that is already filed, in order of arrival.
func (s *stories) restore(it *feed.Item) {
	s.add(s.read(it), it.Entry, it.Story)
}

// place decides the story of an unfiled item: it sets Story, Entry, Verdict and Why, and remembers
// the item. Placing an item again forgets what was decided before.
func (s *stories) place(it *feed.Item, now time.Time) {
	s.forget(it.ID)
	r := s.read(it)
	it.Verdict, it.Why = feed.New, feed.Why{}
	it.Entry = feed.EntryKey(it.Source, it.Key)
	it.Story = it.Entry
	if with, reason := s.twin(r); with != nil {
		it.Why = feed.Why{Score: 1, With: with.id, Reason: reason}
		it.Story, it.Entry, it.Verdict = with.entry.story.key, with.entry.key, feed.Duplicate
	}
	s.add(r, it.Entry, it.Story)
}

// twin returns the earliest report in the window that the new one is interchangeable with.
func (s *stories) twin(r *report) (*report, string) {
	for _, o := range s.byURL[r.url] {
		if s.near(r, o) {
			return o, "the same address: " + r.url
		}
	}
	for _, o := range s.byHead[r.head] {
		if s.near(r, o) && s.outlet(r) != s.outlet(o) {
			return o, fmt.Sprintf("the same headline as %s", s.outlet(o))
		}
	}
	return nil, ""
}

func (s *stories) near(a, b *report) bool {
	return a.at.Sub(b.at).Abs() <= s.set.Window
}

func (s *stories) outlet(r *report) string {
	if src, ok := s.sources[r.source]; ok {
		return src.Outlet()
	}
	return r.source
}

func (s *stories) read(it *feed.Item) *report {
	return &report{
		id: it.ID, source: it.Source, at: it.Date(), seen: it.FirstSeen,
		url: it.Canonical, head: feed.Fold(it.Title), length: len(it.Summary),
	}
}

// add remembers a report under its entry, which it opens when it is the first.
func (s *stories) add(r *report, entryKey, storyKey string) {
	e := s.entries[entryKey]
	if e == nil {
		st := s.known[storyKey]
		if st == nil {
			st = &story{key: storyKey}
			s.known[storyKey] = st
		}
		e = &entry{key: entryKey, story: st}
		st.entries = append(st.entries, e)
		s.entries[entryKey] = e
	}
	r.entry = e
	e.reports = append(e.reports, r)
	s.reports[r.id] = r
	s.index(r)
}

func (s *stories) index(r *report) {
	if r.url != "" {
		s.byURL[r.url] = append(s.byURL[r.url], r)
	}
	if strings.Contains(r.head, " ") { // one word is no headline
		s.byHead[r.head] = append(s.byHead[r.head], r)
	}
}

func (s *stories) unindex(r *report) {
	drop(s.byURL, r.url, r)
	drop(s.byHead, r.head, r)
}

func drop(m map[string][]*report, key string, r *report) {
	if rest := without(m[key], r); len(rest) > 0 {
		m[key] = rest
	} else {
		delete(m, key)
	}
}

func without[T comparable](list []T, x T) []T {
	for i, y := range list {
		if x == y {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}

// revise replaces what is remembered of an item that its source edited. Its entry stays.
func (s *stories) revise(it *feed.Item) {
	r := s.reports[it.ID]
	if r == nil {
		return
	}
	s.unindex(r)
	e := r.entry
	*r = *s.read(it)
	r.entry = e
	s.index(r)
}

// forget takes an item out: it was withdrawn, or is to be filed anew.
func (s *stories) forget(id int64) {
	r := s.reports[id]
	if r == nil {
		return
	}
	delete(s.reports, id)
	s.unindex(r)
	e := r.entry
	if e.reports = without(e.reports, r); len(e.reports) > 0 {
		return
	}
	delete(s.entries, e.key)
	if e.story.entries = without(e.story.entries, e); len(e.story.entries) == 0 {
		delete(s.known, e.story.key)
	}
}

// lead returns the id of the report that speaks for the entry, given its present lead (0 when it
// has none). The present lead stays unless it is gone or a source of higher priority reports.
func (s *stories) lead(key string, present int64) int64 {
	e := s.entries[key]
	if e == nil {
		return present
	}
	var best *report
	for _, r := range e.reports {
		if r.id == present {
			best = r
		}
	}
	for _, r := range e.reports {
		if best == nil || s.sources[r.source].Priority > s.sources[best.source].Priority {
			best = r
		}
	}
	return best.id
}

// follows returns the key of the story's entry before the one given, "" for its first.
func (s *stories) follows(key string) string {
	e := s.entries[key]
	if e == nil {
		return ""
	}
	before := ""
	for _, x := range e.story.entries {
		if x == e {
			break
		}
		before = x.key
	}
	return before
}

// prune forgets the reports that no new one can join any more.
func (s *stories) prune(now time.Time) {
	for id, r := range s.reports {
		if now.Sub(r.at) > s.set.Window && now.Sub(r.seen) > s.set.Window {
			s.forget(id)
		}
	}
}
