package feed

import "time"

// Channel is where messages to people go, and what is told there.
type Channel struct {
	ID string
	// URL is where the messages go: https or http of a webhook of ours, smtp or smtps of a mail server, or
	// any address that shoutrrr knows. All of it is a secret.
	URL string
	// Secret signs what goes to a webhook; empty means that it is not signed.
	Secret string
	// Sections are the ids of those whose stories are told, "all" for every one. None means any story,
	// unsorted ones too.
	Sections []string
	// Query is what one report of a story must match; nil means any.
	Query *Rule
	// Schedule is a cron line for a digest; empty means that each story is told by itself.
	Schedule string
	// Limit is how many stories are told at once; of the others their number is.
	Limit int
	// Unsubscribe is the mailto: or https: address in the List-Unsubscribe of e-mails.
	Unsubscribe string
}

// AlarmsChannel is the channel of the alarms. The configuration gives its name to no other.
const AlarmsChannel = "alerts"

// Alerts say when the newsroom is told that something is wrong.
type Alerts struct {
	URL, Secret string  // as of a Channel; no URL means that alarms are only shown
	Failures    int     // of a source running
	Silent      float64 // times a source's usual gap
	// Empty is how long a section may go without a new story.
	Empty time.Duration
}

// Notice is a story that is to be told on a channel, once: it waits until a message takes it up.
type Notice struct {
	Channel string
	Story   string // key
	Entry   string // key of the entry that is told
	Title   string // its headline
	At      time.Time
}

// MessageKind is what a message says.
type MessageKind string

// The kinds of messages.
const (
	MessageStory      MessageKind = "story"      // one story
	MessageMore       MessageKind = "more"       // how many stories there are beside those told one by one
	MessageDigest     MessageKind = "digest"     // the stories since the digest before
	MessageCorrection MessageKind = "correction" // stories that were told are withdrawn
	MessageAlarms     MessageKind = "alarms"     // alarms that began or are over
)

// Message is one message to a channel. It is made once, and sent until the receiver takes it.
type Message struct {
	ID      string // the same at every attempt
	Channel string
	Kind    MessageKind
	Made    time.Time
	Tries   int      // begun so far
	Stories []Notice // that it tells, in the order of their keys
	Alarms  []Alarm  // of kind MessageAlarms
}

// Waiting is what a channel still has to tell.
type Waiting struct {
	Stories     []Notice  // that no message has taken up
	Corrections []Notice  // withdrawn after they were told
	Since       time.Time // when the channel was new
	Digest      time.Time // of its last digest; zero before the first
	More        time.Time // of its last message of kind MessageMore; zero before the first
	Fresh       int       // messages that were not sent and tried less than a few times
}

// AlarmKind is what is wrong.
type AlarmKind string

// The kinds of alarms, and what the subject of each is.
const (
	AlarmFailing  AlarmKind = "failing"  // a source that fails again and again
	AlarmSilent   AlarmKind = "silent"   // a source that brings nothing new
	AlarmUndated  AlarmKind = "undated"  // a source whose items have no dates
	AlarmUnlinked AlarmKind = "unlinked" // a source whose items have no links
	AlarmHub      AlarmKind = "hub"      // a source whose hub stopped delivering
	AlarmEmpty    AlarmKind = "empty"    // a section without new stories
	AlarmConfig   AlarmKind = "config"   // a saved configuration that is not in force
)

// Alarm is something that is wrong, or was. It is told when it opens, and when it is over.
type Alarm struct {
	Kind    AlarmKind `json:"kind"`
	Subject string    `json:"subject"` // id of a source or a section, name of a file
	Began   time.Time `json:"began"`   // with kind and subject it names the alarm
	// Opened is when it was told; zero while it is too early to.
	Opened time.Time `json:"opened,omitzero"`
	Over   time.Time `json:"over,omitzero"` // zero while it lasts
	Text   string    `json:"text"`          // one sentence for the newsroom, in the site's language
}
