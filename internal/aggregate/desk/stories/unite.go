package stories

import (
	"cmp"
	"slices"

	"feedd/internal/feed"
)

// Two stories that were told apart may prove to be one: a report tells what an entry of each of them
// tells, with certainty. What is published does not melt together then, since readers and partners know
// it by its ids: the entries stay as they are, and become entries of one story.

// Union is a story that became part of an older one.
type Union struct {
	Story, Into string // keys
	By          int64  // the report that showed it
}

// mostUnited bounds the entries of a story that comes of two: each of the younger one's is written anew, and in
// a flood of headlines that are half alike there is ever another story to unite with. No event has so many.
const mostUnited = 64

// bridge unites the story that r was put into with the others of which it tells an entry with certainty,
// where nothing forbids that the two entries tell one event.
func (s *Memory) bridge(r *report, best link) {
	a := s.judged[best.best].r
	for _, l := range s.linked {
		b := &s.judged[l.best]
		if b.r.entry.story == a.entry.story || len(a.entry.story.entries.all())+len(b.r.entry.story.entries.all()) > mostUnited || !s.near(a, b.r) || b.j.P < s.certain.fold(&b.j) || b.j.Apart != "" {
			continue
		}
		reports := b.r.entry.reports.all()
		if s.certainty(r, b, reports[max(0, len(reports)-linkedReports):], (*Comparison).sure) >= s.certain.fold(&b.j) && s.mayUnite(a, b.r) {
			s.unite(a.entry.story, b.r.entry.story, r.id)
		}
		s.sc.against(&r.doc)
	}
}

// mayUnite says whether nothing forbids that two reports tell one event, however little they share. It
// leaves the scorer set against a.
func (s *Memory) mayUnite(a, b *report) bool {
	s.sc.against(&a.doc)
	var j Comparison
	s.judge(a, b, 0, &j)
	return j.Veto == "" && (j.Apart == "" || j.Apart == untold)
}

// unite makes the entries of the younger of two stories entries of the older.
func (s *Memory) unite(a, b *story, by int64) {
	if b.since() < a.since() {
		a, b = b, a
	}
	was := s.storyKey(b)
	for _, e := range b.entries.all() {
		e.story = a
		a.entries.add(e)
	}
	slices.SortStableFunc(a.entries.all(), func(x, y *entry) int { return cmp.Compare(x.since(), y.since()) })
	s.unname(b)
	s.united = append(s.united, Union{was, s.storyKey(a), by})
}

// since is the first of the story's reports that are known.
func (st *story) since() int64 { return st.entries.all()[0].since() }

func (e *entry) since() int64 { return e.reports.all()[0].id }

// United returns the stories that became part of others since it was last called.
func (s *Memory) United() []Union {
	united := s.united
	s.united = nil
	return united
}

// StoryOf returns the key of the story that an entry belongs to, "" when it is not in memory.
func (s *Memory) StoryOf(entryKey string) string {
	s.settle()
	if e := s.entries.get(feed.KeyNumber(entryKey)); e != nil {
		return s.storyKey(e.story)
	}
	return ""
}
