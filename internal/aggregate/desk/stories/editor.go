package stories

import "feedd/internal/feed"

// editorsWord is what editors decided against feedd.
type editorsWord struct {
	apart map[[2]uint64]bool // half a key of the entry that a report opens, key of a story
	opens map[int64]string   // the entry that a report opens that was split off its own, by item
	one   map[string]string  // story -> the story it belongs to
	swaps map[uint64]int     // exchanges of words: -1 sets apart, 1 does not
}

func newEditorsWord() *editorsWord {
	return &editorsWord{map[[2]uint64]bool{}, map[int64]string{}, map[string]string{}, map[uint64]int{}}
}

// Opens says that an item opens another entry than the one of its identity.
func (s *Memory) Opens(item int64, entry string) { s.word.opens[item] = entry }

// Own is the key of the entry that an item opens when it tells something new.
func (s *Memory) Own(it *feed.Item) string {
	if key, ok := s.word.opens[it.ID]; ok {
		return key
	}
	return it.OwnEntry()
}

// Split keeps a report, known by the key of the entry it would open, out of a story for good.
func (s *Memory) Split(reportKey, storyKey string) {
	s.word.apart[[2]uint64{uint64(entryKey(reportKey)), feed.KeyNumber(storyKey)}] = true
}

// Join makes what would open the second story an entry of the first.
func (s *Memory) Join(into, other string) { s.word.one[other] = into }

// Learn takes from an editor's word on two headlines what holds for others too: where they are
// equal but for one exchange of words, that exchange tells events apart from now on, or no longer.
func (s *Memory) Learn(titles [2]string, one bool) {
	if titles[0] == "" || titles[1] == "" {
		return
	}
	j := s.sc.Compare(s.rd.Read(titles[0], ""), s.rd.Read(titles[1], ""), 0, false)
	switch {
	case j.swap == 0:
	case one:
		s.word.swaps[j.swap] = 1
	default:
		s.word.swaps[j.swap] = -1
	}
}

// split says whether an editor took one of the reports out of the other's story.
func (s *Memory) split(r, o *report) bool {
	apart := s.word.apart
	if len(apart) == 0 {
		return false
	}
	return apart[[2]uint64{uint64(r.key), s.keyOf(o.entry.story)}] ||
		r.entry != nil && apart[[2]uint64{uint64(o.key), s.keyOf(r.entry.story)}]
}

// mark notes which patterns of `stories.never` a report has.
func (s *Memory) mark(r *report, it *feed.Item) {
	if s.marks == nil {
		return
	}
	if marks := s.marks(it); marks != 0 {
		s.never[r] = marks
	}
}

// mayBeOne says whether `stories.never` lets two reports be one story.
func (s *Memory) mayBeOne(a, b *report) bool {
	if len(s.never) == 0 {
		return true
	}
	const left = 0x5555555555555555
	x, y := s.never[a], s.never[b]
	return x&left&(y>>1) == 0 && y&left&(x>>1) == 0
}

// Joined follows the editor's joins from a story to the one it belongs to.
func (s *Memory) Joined(story string) string {
	for range len(s.word.one) { // at most so many steps: joins may run in a circle
		into, ok := s.word.one[story]
		if !ok {
			break
		}
		story = into
	}
	return story
}

// Parted tells whether the editor took the item out of the story it is filed under.
func (s *Memory) Parted(it *feed.Item) bool {
	return len(s.word.apart) > 0 && s.word.apart[[2]uint64{uint64(entryKey(s.Own(it))), feed.KeyNumber(it.Story)}]
}

// Remembers tells whether the item is in memory.
func (s *Memory) Remembers(id int64) bool {
	s.settle()
	return s.reports.get(id) != nil
}
