// Package feed holds the nouns of feedd and their pure rules: what a source, an item, an entry,
// a story, a section and a partner are; how an item is identified, dated and addressed; how text
// is folded so that two spellings of one word compare equal.
//
// It is the floor everything else stands on: it imports nothing of feedd's and does no I/O.
//
// The way of an item through these nouns: a Source is collected into Items, each saved unfiled;
// the desk files an Item under an Entry of a Story and under Sections; publishers turn the
// Entries of a Section into feeds.
package feed

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Site is the installation as its readers see it.
type Site struct {
	Title       string
	Description string
	// URL is the public address, without a trailing slash; self links start with it.
	// Empty means the address the server listens on.
	URL string
	// ID is the authority of the entries' ids, "AUTHORITY,DATE" (RFC 4151). Empty means: taken
	// from URL at the first publication and kept in the store from then on.
	ID       string
	Language string         // BCP 47
	Timezone *time.Location // dates shown on pages; dates without a zone of sources that name none
	Contact  string         // mailto: or https: address, in the User-Agent and in the feeds
	Icon     Picture        // zero means feedd's own
}

// Picture is a picture of our own.
type Picture struct {
	Type          string // media type; empty means that there is none
	Data          string // its bytes
	Width, Height int    // in pixels; 0 when it has none, as a drawing, or they are unknown
}

// Rights bounds what feedd may show of a source's items anywhere.
type Rights string

// What may be shown of a source, from least to most.
const (
	RightsHeadline Rights = "headline-only"
	RightsSummary  Rights = "summary"
	RightsFull     Rights = "full"
)

// Source is one address that is collected: a feed, or a page without one.
type Source struct {
	ID string
	// Title names the outlet. Sources with the same Title are one outlet: when two of them report an
	// event, one outlet reported it, not two.
	Title    string
	URL      string
	Home     string            // the outlet's own site, for attribution; empty means what the feed says
	Section  string            // every item from here enters this section; empty means none
	Category map[string]string // `categories:`: a feed's own category -> section id
	Priority int               // the report of the source with the highest one leads its entry
	Language string            // BCP 47; empty means what the feed says, else the site's
	Timezone *time.Location    // for dates without a zone
	Rights   Rights
	Learn    bool // the sections learn from this source (default true)

	Schedule     string        // cron line, "@every 10m", or "auto"
	Timeout      time.Duration // one request, from dial to the last byte
	HostInterval time.Duration // least time between two requests to one host
	MaxBytes     int64         // decompressed body
	MaxItems     int           // items taken from one document, the newest
	// Backlog is how many of the items that a new source lists at its first look enter the feeds, the
	// newest; 0 means all, less than 0 none. The others are stored, archived, and part of stories.
	Backlog  int
	Complete bool // what is gone from its document is withdrawn
	// HoldFuture leaves an item that is dated ahead until its time comes; the source is looked at then.
	HoldFuture bool

	AllowPrivate bool // whether its host may live on a private, loopback or link-local address
	Private      bool // its address is shown to nobody
	Headers      map[string]string
	UserAgent    string // replaces feedd's own
	Username     string // HTTP Basic; Password comes from a reference
	Password     string
	Bearer       string // Authorization: Bearer
	Cookie       string
	Proxy        string // http, https or socks5 URL
	TLS          TLS

	Page    *Page // selectors for a page without a feed; nil means a feed
	Article bool  // fetch each new item's page for summary, image, author and date

	// Line is where the source stands in the configuration, for messages; 0 when unknown.
	Line int
}

// TLS says what a source's server needs to be spoken to securely that others do not. Certificates are
// verified whatever it says.
type TLS struct {
	MinVersion string // the least version: 1.0, 1.1, 1.2 or 1.3; empty means 1.2
	Legacy     bool   // ciphers and renegotiation that only old servers need
	HTTP1      bool   // HTTP/1.1 only
	CAs        string // certificates in PEM that are trusted beside the system's
}

// Outlet is the name of the source's outlet: its Title, or its ID where it has none.
func (s Source) Outlet() string {
	if s.Title != "" {
		return s.Title
	}
	return s.ID
}

// ByID returns sources by their ids.
func ByID(sources []Source) map[string]Source {
	byID := make(map[string]Source, len(sources))
	for i := range sources {
		byID[sources[i].ID] = sources[i]
	}
	return byID
}

// Name is what readers know the source's outlet by: its Title, or what its feed calls itself, or its ID.
func (s Source) Name(st *SourceState) string { return cmp.Or(s.Title, st.Title, s.ID) }

// Page says with CSS selectors where the items of a page without a feed are. A selector may end in
// "@attr" to take an attribute instead of the text. Item is required; Link defaults to the first
// link in the item, Title to that link's text.
type Page struct {
	Item, Title, Link, Summary, Date, Image string
}

// Section is a subject under which entries are published.
type Section struct {
	ID          string
	Title       string
	Description string
	Language    string // only items in this language; empty means any
	Limit       int    // entries in a feed
	MaxAge      time.Duration
	// MaxPerSource bounds the entries one source leads in a feed; 0 means no bound.
	MaxPerSource int
	// Fair sets a soft bound where MaxPerSource is 0: entries that one source leads beyond a fifth of
	// Limit are shown only where the entries of other sources leave room.
	Fair bool
	// ByCoverage puts first what most outlets tell, see Coverage, instead of what is newest.
	ByCoverage bool
	Rules      []Rule
	Pin, Mute  []Rule   // entries that lead the section; entries kept out of it
	Expect     []Expect // headlines the editor expects here, or not
	Learn      bool     // the learned model may file here (default true)
	Never      []string // words and phrases that say nothing of this section
	Line       int
}

// Rule is one condition an editor wrote. It holds when any of Any (if there are any) and all of All
// match, and none of None does.
type Rule struct {
	Any, All, None []Pattern
	In             []string // title, summary, content, author, category, url, source, language; default title and summary
	// Weight makes the rule soft: it adds to the learned evidence (in nats, log-odds) instead of
	// deciding. 0 means hard.
	Weight float64
	Line   int // where it stands in the configuration
}

// WithoutLines returns a copy of rules without where they stand in the configuration: what is compared
// or named by them is the same wherever a comment moves them.
func WithoutLines(rules []Rule) []Rule {
	bare := slices.Clone(rules)
	for i := range bare {
		r := &bare[i]
		r.Line = 0
		for _, terms := range []*[]Pattern{&r.Any, &r.All, &r.None} {
			*terms = slices.Clone(*terms)
			for j := range *terms {
				(*terms)[j].Line = 0
			}
		}
	}
	return bare
}

// Pattern is one term of a rule as the editor wrote it: a word or phrase, prefix*, "exact
// spelling" in its quotes, /RE2/, or a ~5 b.
type Pattern struct {
	Text string
	Line int
}

// Expect is a headline and whether it should enter the section.
type Expect struct {
	Title   string
	Summary string
	Not     bool
	Line    int
}

// StorySettings say how reports become stories.
type StorySettings struct {
	Window  time.Duration // how long a story takes in new reports
	Match   string        // strict, normal, loose
	Updates string        // entry, bump, fold
	Related string        // entry, fold
	Never   [][2]string   // pairs of patterns whose reports are never one story
}

// SectionSettings hold for all sections.
type SectionSettings struct {
	Confidence float64 // below it an item stays unsorted; 0..1
	Learn      bool
	Never      []string      // words and phrases that say nothing of any section
	HalfLife   time.Duration // in which an example comes to count half; 0 means never
}

// Partner is a site that syndicates sections under terms of its own.
type Partner struct {
	ID       string
	Title    string
	Sections []string
	Token    string // the secret itself, resolved from token_env or token_file; or empty
	// TokenSHA256 is the hex SHA-256 of the secret (token_sha256), instead of Token.
	TokenSHA256 string
	Content     string // headline, summary, full
	Limit       int
	Delay       time.Duration
	OwnIDs      bool // entries carry ids of the partner's own profile
}

// Item is one report: what one source said in one entry of its feed.
type Item struct {
	ID     int64  // row in the store; ascending in order of arrival; 0 before it is saved
	Source string // Source.ID
	Key    string // identity within the source, see Identify
	GUID   string // as the source wrote it
	// Opens is the EntryKey of the identity under which the item was first seen, whatever its
	// source calls it since; "" before it is saved. See OwnEntry.
	Opens string

	URL       string // absolute; as the source wrote it
	Canonical string // see Canonical; what makes two URLs one

	Title   string // plain text, NFC
	Summary string // HTML as received; make it safe with Sanitize before it is shown
	Content string // HTML as received, often empty
	Base    string // against which relative addresses in Summary and Content resolve; empty means URL

	Authors    []Person
	Categories []string
	Language   string
	Image      string
	Shown      PictureNote // what the source says of Image
	Place      *Point      // where it happened, as the source says; nil when it does not
	Enclosures []Enclosure

	Published time.Time // what the source claims, when that is credible; else zero
	Updated   time.Time // likewise
	FirstSeen time.Time // never changes
	Revised   time.Time // when feedd last saw the source change it; zero when never
	// Gone is when its source withdrew it; zero while it stands.
	Gone time.Time
	// Repeats is the EntryKey of the report of its outlet that this one tells once more, see Repeats;
	// "" for none. ToldUnder and ToldOf are the entry and the story that report is filed under, "" while
	// it waits for the desk, too.
	Repeats, ToldUnder, ToldOf string
	// Backlog says that its source listed it at the first look, beyond what was to enter the feeds.
	Backlog bool
	// Rev is the Revision of what the source's document said, before anything was added from
	// elsewhere; 0 means the item is as the document had it.
	Rev uint64

	// What the desk decided; empty while the item is unfiled.
	Story    string // key of the story: that of its first entry
	Entry    string // key of the entry it is told under
	Verdict  Verdict
	Sections []Placement
	Dropped  string // why it is never published; empty when it may be
	Why      Why
}

// How much of an item's texts is worked on, in bytes of HTML. More than that is never shown.
const (
	SummaryBytes = 64 << 10
	ContentBytes = 512 << 10
)

// SummaryHead is the summary as far as it is read for what it says, and shown as one: its first 64 kB.
func (it *Item) SummaryHead() string { return Head(it.Summary, SummaryBytes) }

// ContentHead is likewise the first 512 kB of the content.
func (it *Item) ContentHead() string { return Head(it.Content, ContentBytes) }

// Head is at most n bytes of s, never half a character.
func Head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Date is the time the item is ordered by: what the source claims, else when it was first seen.
func (it *Item) Date() time.Time {
	if !it.Published.IsZero() {
		return it.Published
	}
	return it.FirstSeen
}

// Person is an author.
type Person struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	URL   string `json:"url,omitempty"`
}

// Enclosure is a file that comes with an item. Length is in bytes, -1 when unknown.
type Enclosure struct {
	URL    string `json:"url"`
	Type   string `json:"type,omitempty"`
	Length int64  `json:"length,omitempty"`
}

// Verdict is what an item is to the stories already known.
type Verdict string

// The verdicts of the desk.
const (
	New       Verdict = "new"       // nothing of it was known
	Duplicate Verdict = "duplicate" // interchangeable with a report already there
	Same      Verdict = "same"      // the same event in other words, from another outlet
	Update    Verdict = "update"    // the same story, later, with something new
	Related   Verdict = "related"   // probably the same story: an entry of its own, linked
)

// Placement is one section an item was filed under, and by what authority.
type Placement struct {
	Section string `json:"section"`
	// By names the authority: "source", "category", "rule", "learned", "editor".
	By          string  `json:"by"`
	Line        int     `json:"line,omitempty"`        // of the rule, in the configuration
	Detail      string  `json:"detail,omitempty"`      // the words that matched, for people
	Probability float64 `json:"probability,omitempty"` // of a learned placement
	// Evidence are the reasons for a learned placement: soft rules, then those with the largest weight.
	Evidence []Evidence `json:"evidence,omitempty"`
	Pinned   bool       `json:"pinned,omitempty"`   // `pin:` of the section: the entry leads it
	PinLine  int        `json:"pin_line,omitempty"` // of that rule
}

// Reason says for people why the item was placed: Detail, or the evidence with its weights.
func (p *Placement) Reason() string {
	parts := make([]string, 0, 1+len(p.Evidence))
	for _, t := range p.Reasons() {
		parts = append(parts, t.String())
	}
	return strings.Join(parts, ", ")
}

// Reasons are what Reason says, one by one, as data.
func (p *Placement) Reasons() []Text {
	var all []Text
	if p.Detail != "" {
		if p.By == "category" { // in the source's words
			all = append(all, Say("%s", p.Detail))
		} else {
			all = append(all, Say(p.Detail))
		}
	}
	for _, e := range p.Evidence {
		all = append(all, e.Text())
	}
	return all
}

// Evidence is one reason for a learned placement.
type Evidence struct {
	Kind  EvidenceKind `json:"kind,omitempty"`
	Words string       `json:"words,omitempty"` // of the item, where they stand
	Line  int          `json:"line,omitempty"`  // of a soft rule
	// Adds is what it added to the log-odds of the section, in nats, against the mean of the
	// sections that were compared.
	Adds float64 `json:"adds"`
}

// EvidenceKind is what a piece of evidence is.
type EvidenceKind string

// The kinds of evidence.
const (
	EvidenceWords   EvidenceKind = ""        // words of the item
	EvidenceRule    EvidenceKind = "rule"    // a soft rule
	EvidenceForm    EvidenceKind = "form"    // punctuation, numbers and length of the headline
	EvidenceRelated EvidenceKind = "related" // words that occur in the same contexts as those of the section
)

// String is the evidence with its weight: "lãi suất +1.2".
func (e Evidence) String() string { return e.Text().String() }

// Text is String as data.
func (e Evidence) Text() Text {
	switch e.Kind {
	case EvidenceRule:
		return Say("line %d %+.1f", e.Line, e.Adds)
	case EvidenceForm:
		return Say("(form of the headline) %+.1f", e.Adds)
	case EvidenceRelated:
		return Say("(related words) %+.1f", e.Adds)
	}
	return Say("%s %+.1f", e.Words, e.Adds)
}

// Why says why an item belongs to its story.
type Why struct {
	Score    float64   `json:"score,omitempty"`    // 0..1, of the join
	With     int64     `json:"with,omitempty"`     // Item.ID of the report it matched best
	Reason   string    `json:"reason,omitempty"`   // one sentence for people, once Tell has made it
	Features []Feature `json:"features,omitempty"` // what decided, strongest first
	Words    []string  `json:"words,omitempty"`    // the shared rare words
	Vetoes   []string  `json:"vetoes,omitempty"`   // what kept near stories apart, likewise
	// Said and Against are Reason and Vetoes as data, and what is stored of them. What was stored before there
	// were these has the sentences alone.
	Said    []Text `json:"said,omitempty"`
	Against []Text `json:"against,omitempty"`
}

// Tell sets Reason and Vetoes, for who reads English, from what says them as data.
func (w *Why) Tell() {
	if w.Reason == "" {
		w.Reason = joined(w.Said)
	}
	if len(w.Vetoes) == 0 {
		for _, t := range w.Against {
			w.Vetoes = append(w.Vetoes, t.String())
		}
	}
}

// joined are sentences one behind the other.
func joined(list []Text) string {
	parts := make([]string, len(list))
	for i, t := range list {
		parts[i] = t.String()
	}
	return strings.Join(parts, "; ")
}

// Feature is one named figure in a decision and what it added to it.
type Feature struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Adds  float64 `json:"adds"`
}

// Label is one example that a section learns from: a text and the section it belongs to. It comes from
// the editor, from a source's `section:` or from its `categories:`, never from the model or a rule. An
// item that the editor took out of a section, and that is filed nowhere else, is a negative example.
//
// What sections have learned is a pure function of the set of labels, in whatever order. So labels are
// all that the store keeps of it: one row for each, with the text as it was learned. It can be removed
// exactly when the item is revised, filed anew or corrected, and stays when retention deletes the item.
type Label struct {
	Item     int64  // Item.ID
	Section  string // section id, behind NotSection where the item is none of it
	Language string // primary language subtag, "" when unknown
	Text     string // title, newline, summary as plain text
	At       int64  // when the item came in, Unix seconds; 0 when unknown
	Outlet   string // whose way of filing it shows, "" for the editor's
}

// LabelCount is how many labels one outlet gave one section.
type LabelCount struct {
	Section, Outlet string
	Labels          int
}

// NotSection stands before the section of a Label that says where an item does not belong. No id
// of a section begins with it.
const NotSection = "!"

// EditorsWord is one decision of the editor, which overrides what the desk decides.
type EditorsWord struct {
	Kind EditorsKind
	// What it is about: an item's number and a section's id (file, unfile), the key of the entry that a
	// report opens and that of a story (split), the keys of the older and the younger story (join), a
	// story's key (retract), an item's number (return).
	A, B string
	// Titles are the two headlines of a split or a join, when they are kept: the desk learns
	// from what differs between them.
	Titles [2]string
	At     time.Time
	By     string // who said it, "" when nobody was named
	// N is the decision's number, counted from 1 and never given again; words said at once share it.
	N int64
	// Places are where reports were before a split or a join, and where one goes by a return.
	Places []Place
}

// Parts tells whether a word of a split took a report out of its story. The others that were said at once
// say which reports are none of the new one's.
func (w *EditorsWord) Parts() bool {
	return w.Kind == WordSplit && len(w.Places) > 0 && w.Places[0].Story == w.B
}

// Place is where a report is told.
type Place struct {
	Item    int64   `json:"item"`
	Story   string  `json:"story"`
	Entry   string  `json:"entry"`
	Verdict Verdict `json:"verdict"`
	Why     Why     `json:"why"`
	Led     bool    `json:"led,omitempty"` // the report spoke for the entry
}

// EditorsKind is what the editor wants.
type EditorsKind string

// The kinds of an editor's word.
const (
	WordFile   EditorsKind = "file"   // the item belongs under the section
	WordUnfile EditorsKind = "unfile" // it does not
	WordSplit  EditorsKind = "split"  // the report is none of the story
	WordJoin   EditorsKind = "join"   // the two stories are one

	WordRetract EditorsKind = "retract" // the story is withdrawn; its entries say so themselves
	// WordReturn takes back a split or a join for one report: the desk puts it where it was, once.
	WordReturn EditorsKind = "return"
)

// Entry is one development of a story, told once, with every outlet that reported it. It is what
// a feed lists.
type Entry struct {
	Key       string // of its first report, see EntryKey; the local part of its tag: id
	Story     string // Key of the story's first entry
	Follows   string // Key of the story's entry before this one, when this is an update
	Lead      int64  // Item.ID of the report that speaks for it; 0 while it has none, as when a rule dropped them all
	Published time.Time
	Updated   time.Time // last change a reader should see
	Sections  []string  // union of its reports' sections, the lead's first
	Withdrawn time.Time // zero while it stands
	// WithdrawnBy says who took it out; empty while it stands.
	WithdrawnBy Withdrawal
	// Backlog keeps it out of the feeds, though not of archives and pages: all of its reports are what
	// a new source listed beyond what was to enter them.
	Backlog bool
	Reports []Item // in order of arrival; the lead among them
	// Coverage is that of its story, for sections that are ordered by it. The store does not keep it.
	Coverage Coverage
}

// Withdrawal is who took an entry out of everything published.
type Withdrawal string

// The ways an entry is withdrawn. A retracted one stays out until the editor takes the word back,
// whatever rules and sources do; the others come back with the reports that they lost.
const (
	Retracted Withdrawal = "retracted" // by the editor
	Dropped   Withdrawal = "dropped"   // a rule drops every report of it
	Moved     Withdrawal = "moved"     // the editor had its reports told elsewhere: a join or a split
	Recalled  Withdrawal = "recalled"  // its sources withdrew every report of it
)

// LeadItem returns the report that speaks for the entry, or nil when it has none.
func (e *Entry) LeadItem() *Item {
	for i := range e.Reports {
		if e.Reports[i].ID == e.Lead {
			return &e.Reports[i]
		}
	}
	if len(e.Reports) > 0 {
		return &e.Reports[0]
	}
	return nil
}

// SourceState is what feedd remembers of a source between two runs. The store keeps it whole, as
// one value; a source never collected has the zero state.
type SourceState struct {
	Source string `json:"-"`

	// When it runs next, and why then.
	NextRun    time.Time `json:"next_run,omitzero"`
	NextReason string    `json:"next_reason,omitempty"` // for people
	NextWhy    Reason    `json:"next_why,omitzero"`     // the same, for pages
	Schedule   string    `json:"schedule,omitempty"`    // the line NextRun was computed from

	// URL is the address from which everything below was learned; a source with another address starts
	// anew. Reading is a fingerprint of how its documents were read (selectors, zone, bounds): when that
	// changes, the validators are not sent, since the stored items were read in another way.
	URL     string `json:"url,omitempty"`
	Reading string `json:"reading,omitempty"`

	// FinalURL is where redirects led to at the last full answer; empty without any. The validators
	// are that address's.
	FinalURL string `json:"final_url,omitempty"`
	// Validators of the last full answer, verbatim (RFC 9110, section 8.8).
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
	BodyHash     string `json:"body_hash,omitempty"` // of the last full answer

	LastRun     time.Time `json:"last_run,omitzero"`
	LastSuccess time.Time `json:"last_success,omitzero"`
	LastNew     time.Time `json:"last_new,omitzero"` // when it last brought a new item
	Status      int       `json:"status,omitempty"`  // HTTP status of the last answer
	Error       string    `json:"error,omitempty"`   // of the last run; empty when it went well
	Fault       Fault     `json:"fault,omitempty"`   // what kind of error that is
	Warnings    []string  `json:"warnings,omitempty"`
	Failures    int       `json:"failures,omitempty"` // in a row
	Gone        bool      `json:"gone,omitempty"`     // it answered 410 Gone
	Items       int       `json:"items,omitempty"`    // in the last document
	Undated     int       `json:"undated,omitempty"`  // of these, the items without a date
	Unlinked    int       `json:"unlinked,omitempty"` // and those without an address

	// Outlet is the source's name in the configuration, for when it is no longer there, and Private
	// whether its address was hidden.
	Outlet  string `json:"outlet,omitempty"`
	Private bool   `json:"private,omitempty"`

	// What the document says of itself.
	Title    string `json:"title,omitempty"`
	Link     string `json:"link,omitempty"`
	FeedID   string `json:"feed_id,omitempty"` // atom:id
	Language string `json:"language,omitempty"`
	Updated  string `json:"updated,omitempty"` // RFC 3339
	Rights   string `json:"rights,omitempty"`
	Hub      string `json:"hub,omitempty"`  // WebSub
	Self     string `json:"self,omitempty"` // WebSub topic

	// The target of a permanent redirect, answered MovedSeen times in a row.
	MovedTo   string `json:"moved_to,omitempty"`
	MovedSeen int    `json:"moved_seen,omitempty"`

	// What the document asks of those who poll it: RSS ttl, skipHours (0 to 23) and skipDays, in GMT.
	TTL       time.Duration  `json:"ttl,omitempty"`
	SkipHours []int          `json:"skip_hours,omitempty"`
	SkipDays  []time.Weekday `json:"skip_days,omitempty"`

	// HeldUntil is the earliest time for which an item of the document waits, see Source.HoldFuture; zero
	// when none does.
	HeldUntil time.Time `json:"held_until,omitzero"`

	// Until when the document or its headers ask not to be fetched again (ttl, max-age), and why.
	WaitUntil  time.Time `json:"wait_until,omitzero"`
	WaitReason string    `json:"wait_reason,omitempty"`

	Rhythm *Rhythm `json:"rhythm,omitempty"` // learned, for schedule: auto
	Push   *Push   `json:"push,omitempty"`   // WebSub subscription
}

// Origin is a number made of what readers may know of the source: two states with the same number name
// its title, address, language and licence alike.
func (st *SourceState) Origin() uint32 {
	h := fnv.New32a()
	for _, said := range []string{st.URL, st.Outlet, st.Title, st.Link, st.FeedID, st.Language, st.Rights} {
		_, _ = h.Write([]byte(said)) // a hash takes everything
		_, _ = h.Write([]byte{0})
	}
	if st.Private {
		_, _ = h.Write([]byte{1})
	}
	return h.Sum32()
}

// Rhythm is what was learned of when a source publishes.
type Rhythm struct {
	Gap   time.Duration `json:"gap,omitempty"` // median, between two new items
	Hours [24]float64   `json:"hours"`         // share of items by hour of day, in the source's zone
	Seen  int           `json:"seen"`          // items learned from
	// Newest is the publication of the newest item learned from.
	Newest time.Time `json:"newest,omitzero"`
}

// Push is a WebSub subscription to a source's hub (W3C Recommendation 2018-01-23).
type Push struct {
	Hub      string    `json:"hub"`
	Topic    string    `json:"topic"`
	Secret   string    `json:"secret"`
	Callback string    `json:"callback"` // the unguessable part of the callback's path
	State    string    `json:"state"`    // PushAsked, PushActive or PushDenied
	Asked    time.Time `json:"asked,omitzero"`
	Until    time.Time `json:"until,omitzero"` // end of the lease
	LastPush time.Time `json:"last_push,omitzero"`
	// Missed counts the polls since the last push that found what no push had brought. While it is
	// not zero the hub is not relied on.
	Missed int `json:"missed,omitempty"`
}

// The states of a subscription.
const (
	PushAsked  = "asked"  // the hub has not verified yet
	PushActive = "active" // verified; its lease runs until Push.Until
	PushDenied = "denied" // the hub refuses, or did not answer
)

// HostHold keeps feedd away from a whole host until a time, for a reason the host gave.
type HostHold struct {
	Host   string
	Until  time.Time
	Reason string
}
