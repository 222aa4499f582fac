package desk

import (
	"testing"
	"time"

	"feedd/internal/feed"
)

var morning = time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)

func testSources() map[string]feed.Source {
	return map[string]feed.Source{
		"a":  {ID: "a", Title: "Báo Sớm"},
		"a2": {ID: "a2", Title: "Báo Sớm"},
		"b":  {ID: "b", Title: "Tin Chiều", Priority: 5},
		"c":  {ID: "c", Title: "Thời Báo"},
	}
}

func item(id int64, source, title string, at time.Duration) *feed.Item {
	it := &feed.Item{ID: id, Source: source, Title: title, Published: morning.Add(at), FirstSeen: morning.Add(at)}
	it.URL = "https://" + source + ".example/bai-" + string(rune('a'+id))
	it.Canonical = feed.Canonical(it.URL)
	it.Key = feed.Identify(it)
	return it
}

func TestSameHeadlineFromAnotherOutlet(t *testing.T) {
	s := newStories(feed.StorySettings{Window: 72 * time.Hour}, testSources())
	first := item(1, "a", "Cháy chợ Đồng Xuân lúc rạng sáng", 0)
	s.place(first, morning)
	again := item(2, "b", "CHÁY CHỢ ĐỒNG XUÂN LÚC RẠNG SÁNG!", time.Hour)
	s.place(again, morning)
	if again.Entry != first.Entry || again.Verdict != feed.Duplicate || again.Why.With != 1 {
		t.Errorf("entry %s verdict %s with %d, want a duplicate of %s", again.Entry, again.Verdict, again.Why.With, first.Entry)
	}
	if got := s.lead(first.Entry, 1); got != 2 {
		t.Errorf("lead %d, want 2: its source has the higher priority", got)
	}
	late := item(3, "c", "Cháy chợ Đồng Xuân lúc rạng sáng", 100*time.Hour)
	s.place(late, morning)
	if late.Verdict != feed.New {
		t.Errorf("verdict %s out of the window, want new", late.Verdict)
	}
	s.forget(2)
	if got := s.lead(first.Entry, 2); got != 1 {
		t.Errorf("lead %d after its lead was withdrawn, want 1", got)
	}
	s.prune(morning.Add(80 * time.Hour))
	if len(s.reports) != 1 || len(s.entries) != 1 || len(s.known) != 1 {
		t.Errorf("%d reports, %d entries, %d stories left, want 1 each", len(s.reports), len(s.entries), len(s.known))
	}
}
