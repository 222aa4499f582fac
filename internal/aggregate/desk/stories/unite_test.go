package stories

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
)

// A report that tells with certainty what two stories tell makes them one; what was told under two
// entries stays told under two.
func TestBridgedStoriesAreUnited(t *testing.T) {
	const (
		lands = "Bão số 4 đổ bộ Quảng Bình"
		roof  = "Trường Nguyễn Trãi ở Đồng Hới tốc mái vì gió giật cấp 12"
		both  = "Bão số 4 đổ bộ Quảng Bình, trường Nguyễn Trãi ở Đồng Hới tốc mái vì gió giật cấp 12"
	)
	memory := func() *Memory {
		return New(Options{Settings: feed.StorySettings{Window: 72 * time.Hour}, Sources: testSources()})
	}
	items := func() (a, b, c *feed.Item) {
		return item(1, "a", lands, 0), item(2, "b", roof, time.Hour), item(3, "c", both, 2*time.Hour)
	}
	t.Run("united", func(t *testing.T) {
		s := memory()
		a, b, c := items()
		placed(s, a, b)
		s.Place(c, c.FirstSeen)
		if a.Story == b.Story || c.Story != a.Story || c.Entry == c.OwnEntry() {
			t.Errorf("stories %s, %s and %s, entry %s; want two, the third report told under an entry of the first", a.Story, b.Story, c.Story, c.Entry)
		}
		if diff := cmp.Diff([]Union{{Story: b.Story, Into: a.Story, By: 3}}, s.United()); diff != "" {
			t.Error("united (-want +got):\n", diff)
		}
		if got := s.United(); got != nil {
			t.Errorf("united again: %v", got)
		}
		if s.StoryOf(b.Entry) != a.Story || s.Follows(b.Entry) != a.Entry {
			t.Errorf("the second entry is of story %s behind %s, want %s behind %s", s.StoryOf(b.Entry), s.Follows(b.Entry), a.Story, a.Entry)
		}
		// What is told on goes on with the one story, whichever entry it resembles.
		on := item(4, "c", "Trường Nguyễn Trãi ở Đồng Hới tốc mái vì gió giật cấp 12, học sinh nghỉ học", 3*time.Hour)
		if placed(s, on); on.Story != a.Story {
			t.Errorf("a later report is of story %s, want %s", on.Story, a.Story)
		}
	})
	t.Run("whichever came first", func(t *testing.T) {
		for _, order := range [][2]string{{lands, roof}, {roof, lands}} {
			s := memory()
			a, b, c := item(1, "a", order[0], 0), item(2, "b", order[1], time.Hour), item(3, "c", both, 2*time.Hour)
			placed(s, a, b)
			s.Place(c, c.FirstSeen)
			if got := len(s.United()); got != 1 {
				t.Errorf("%d stories became part of another, want 1", got)
			}
			// What was compared before they were united still names the two.
			r := s.entries.get(feed.KeyNumber(c.Entry)).reports.all()
			for _, l := range s.linked {
				s.bridge(r[len(r)-1], l)
			}
			if entries := s.entries.get(feed.KeyNumber(a.Entry)).story.entries.all(); len(entries) != 2 {
				t.Errorf("the story has %d entries, want the two", len(entries))
			}
		}
	})
	t.Run("never", func(t *testing.T) {
		s := memory()
		s.marks = marks([][2]string{{"bão số", "trường nguyễn"}})
		a, b, c := items()
		placed(s, a, b)
		s.Place(c, c.FirstSeen)
		if got := s.United(); got != nil {
			t.Errorf("united against stories.never: %v", got)
		}
	})
	t.Run("split by the editor", func(t *testing.T) {
		s := memory()
		a, b, c := items()
		placed(s, a, b)
		s.Split(b.OwnEntry(), a.Story)
		s.Place(c, c.FirstSeen)
		if got := s.United(); got != nil {
			t.Errorf("united against the editor: %v", got)
		}
	})
	t.Run("related", func(t *testing.T) {
		s := memory()
		a, b, c := items()
		s.certain.Fold, s.certain.FoldTexts = 1.1, 1.1 // nothing is certain
		placed(s, a, b)
		s.Place(c, c.FirstSeen)
		if got := s.United(); got != nil {
			t.Errorf("united by what is only related: %v", got)
		}
	})
}
