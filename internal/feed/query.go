package feed

import "time"

// EntryQuery says which entries are wanted. The zero value of a field asks for nothing.
type EntryQuery struct {
	// Section is a section's id; "all" and "" mean every entry, also the unsorted.
	Section string
	Story   string   // the story's key
	Keys    []string // these entries only
	// Since and Before bound Published: Since <= Published < Before. When Withdrawn is set they
	// bound the time of the withdrawal instead.
	Since, Before time.Time
	Limit         int // at most so many; 0 means all
	// Withdrawn asks for the withdrawn entries instead of those that stand, the last withdrawn first.
	Withdrawn bool
	// Open leaves out the entries that are on a closed page of the section's archive, and those that
	// are backlog.
	Open bool
	// Any asks for withdrawn entries and those that stand.
	Any bool
	// Brief leaves out what only readers need of the reports: content, authors, categories,
	// enclosures.
	Brief bool
	// Outline leaves of the reports only what was decided about them and when: no text, no address.
	Outline bool
	// Bare leaves out the reports.
	Bare bool
	// Oldest turns the order around: the oldest first.
	Oldest bool
}

// Changed is an entry that is not what it was, with what decides where it is listed now.
type Changed struct {
	Key, Story           string
	Published, Withdrawn time.Time // Withdrawn is zero while it stands
	Backlog              bool
	Sections             []string
	Closed               []string // sections, and "all", of whose archives it stands on a closed page
}

// Listed is an entry's place in a section.
type Listed struct {
	Key       string
	Published time.Time
	Backlog   bool
}

// ItemState is how far an item came on its way to the readers.
type ItemState string

// The states of an item.
const (
	StateWaiting   ItemState = "waiting"   // saved; the desk has not decided yet
	StateFiled     ItemState = "filed"     // told in a section
	StateUnsorted  ItemState = "unsorted"  // told, and in no section
	StateDropped   ItemState = "dropped"   // a rule keeps it out of everything
	StateWithdrawn ItemState = "withdrawn" // its entry is withdrawn, by whomever
)

// ItemStates are all of them.
func ItemStates() []ItemState {
	return []ItemState{StateWaiting, StateFiled, StateUnsorted, StateDropped, StateWithdrawn}
}

// ItemQuery says which stored items are wanted. The zero value of a field asks for nothing.
type ItemQuery struct {
	IDs     []int64 // these items only
	Source  string
	Section string // of the entry that tells it
	State   ItemState
	// Since and Until bound FirstSeen: Since <= FirstSeen < Until.
	Since, Until time.Time
	Below        int64 // only items with a smaller number: those that arrived before
	Leads        bool  // only the reports that speak for their entry
	Folded       bool  // only the reports told under the entry of another
	Learned      bool  // only items of which a section was decided by what was learned
}

// StoredItem is an item with what became of the entry that tells it.
type StoredItem struct {
	Item
	State ItemState
	In    []string // the sections of its entry
}

// Arrival is how many new items a source brought in the quarter of an hour that began at At.
type Arrival struct {
	Source string
	At     time.Time
	Items  int
}
