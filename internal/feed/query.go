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
}

// Listed is an entry's place in a section.
type Listed struct {
	Key       string
	Published time.Time
}
