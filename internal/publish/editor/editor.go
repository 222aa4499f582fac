// Package editor serves the editor's page, /desk: what is in force and what was refused, what is wrong with
// the sources, search over everything stored, why an item is where it is, and the editor's last word on it,
// each with an undo.
//
// In come requests; out go pages for an editor who has signed in, and orders to the newsroom. It never
// decides, stores or files anything itself, and knows the newsroom through four small interfaces. None of
// its pages needs a script.
//
//	door.go   signing in: the token, the session's cookie, what guards the forms, how guessing is slowed
//	pages.go  what each page shows; words.go in which words; templates/desk.html in which order
//	act.go    what the buttons do
//	live.go   the line that tells of a save while the page is open, with assets/desk.js
package editor

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"path"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/client"
)

// Settings are what the page depends on and the configuration decides.
type Settings struct {
	Token    string // the secret that opens the page; empty means that there is none
	Site     feed.Site
	Root     string // path before every path of ours, "" or "/below"
	Sections []feed.Section
	Sources  []feed.Source
	Proxies  client.Proxies
}

// Configuration tells how the configuration stands. Its methods are called often and answer at once.
type Configuration interface {
	State() State
	// Accept puts a file that is held back into force, soon.
	Accept(ctx context.Context) error
}

// Alarms tells what somebody should look at, what began last first.
type Alarms interface {
	Alarms(ctx context.Context) ([]Alarm, error)
}

// Archive is everything stored.
type Archive interface {
	// Search returns the items that match, the newest first, at most limit of them, and where to go on: the
	// Below of the next query, 0 where there is no more.
	Search(ctx context.Context, q Query, limit int) (found []feed.StoredItem, next int64, err error)
	// Explain tells where the item with this number is, and why; nil when there is no such item.
	Explain(ctx context.Context, item int64) (*Explanation, error)
	// Unsure returns what waits for a person's judgement.
	Unsure(ctx context.Context) (Unsure, error)
	// Decisions are those in force, the newest first.
	Decisions(ctx context.Context) ([]Decision, error)
}

// Judge takes what the editor decides. An error of it is for the editor to read.
type Judge interface {
	// Decide puts an order into force on the word of the named editor and returns the decision's number.
	Decide(ctx context.Context, by string, o Order) (int64, error)
	// TakeBack undoes the decision with this number.
	TakeBack(ctx context.Context, by string, n int64) error
}

// Learning tells what the sections have learned.
type Learning interface {
	// Learned returns the words that say most for a section, the loudest first.
	Learned(ctx context.Context, section string) ([]feed.LearnedWord, error)
}

// State is how the configuration stands.
type State struct {
	File    string
	Since   time.Time // when what is in force was put into force
	Change  *Change   // what it changed of the one before; nil where it was there from the start
	Refiled *Refiled  // nil where nothing was filed anew
	Refused *Refused  // nil while the file is in force
	// Unmet are the headlines under `expect:` that are not filed as they should be, Warnings what may
	// stand and had better not. Both are about what is in force.
	Unmet, Warnings []Mistake
}

// Change is what one configuration changed of the one before it.
type Change struct {
	Added, Removed, Altered []string // sources, by their titles
	Sections                []string // whose rules or settings are others, by their titles
	Other                   []string // the top keys of the file under which something else changed
}

// Empty tells whether nothing changed.
func (c *Change) Empty() bool {
	return len(c.Added)+len(c.Removed)+len(c.Altered)+len(c.Sections)+len(c.Other) == 0
}

// Refiled is what came of filing anew by the configuration in force.
type Refiled struct {
	Done           bool
	Items, Stories int // looked at again; moved
}

// Refused is a saved configuration that is not in force.
type Refused struct {
	At       time.Time
	Held     bool // it has no mistake, and takes away too much: see Configuration.Accept
	Mistakes []Mistake
}

// Mistake is a place in the file, counted from 1, and what is wrong there. Line is 0 where it concerns the file.
type Mistake struct {
	Line, Column  int
	Message, Hint feed.Text // Hint may be empty
}

// Alarm is something that somebody should look at.
type Alarm struct {
	Since  time.Time
	Title  string // of the source or section it concerns
	Kind   AlarmKind
	Detail string // as the machine says it
}

// AlarmKind is what is wrong.
type AlarmKind string

// The kinds of alarms that the page has words for; one of another kind is told by its detail alone.
const (
	AlarmFailing AlarmKind = "failing" // a source fails
	AlarmSilent  AlarmKind = "silent"  // it works, and brings nothing new
	AlarmNote    AlarmKind = "note"
)

// Query is what the editor searches for. An empty field asks for nothing.
type Query struct {
	feed.ItemQuery
	Words string // of a search, which the headline or the summary holds
}

// Explanation is where one item is, and why.
type Explanation struct {
	Item  feed.Item
	With  *feed.Item  // the report that it matched best; nil when it is not known
	Entry *feed.Entry // nil when it has none
	Story []feed.Entry
	Words []feed.EditorsWord // on the reports of the entry
}

// Unsure is what waits for a person's judgement, each list by how much the answer would teach.
type Unsure struct {
	Unsorted []Doubt // in no section, the newest first
	Filed    []Doubt // filed by what was learned, the least certain first
	Joined   []Doubt // told under the entry of another, the least certain first
}

// Doubt is one item to judge.
type Doubt struct {
	Item        feed.StoredItem
	Section     string  // the likeliest, or the one it is in; "" when nothing speaks for any
	Probability float64 // of that, or of the join
	Other       string  // the headline that it was joined to
}

// Decision is what an editor said at once, in force.
type Decision struct {
	N    int64            `json:"n"`
	Kind feed.EditorsKind `json:"kind"`
	At   time.Time        `json:"at"`
	By   string           `json:"by,omitempty"`
	// On is what it is about: the numbers of items, the keys of reports or stories.
	On        []string `json:"on"`
	Section   string   `json:"section,omitempty"` // of file and unfile; several with commas between them
	Sections  []string `json:"-"`
	Headlines []string `json:"headlines,omitempty"` // as they were then, or are now where that was not kept
}

// Order is what the editor wants.
type Order struct {
	Kind    OrderKind
	Item    int64  // of Split and Confirm; of the others what names the story
	Section string // of File and Unfile
	Story   string // the key of a story, of Split, Join and Retract
	Other   string // of Join: what names the other story
}

// OrderKind is what is to be done.
type OrderKind string

// The orders.
const (
	OrderFile    OrderKind = "file"
	OrderUnfile  OrderKind = "unfile"
	OrderNone    OrderKind = "none" // out of every section
	OrderSplit   OrderKind = "split"
	OrderConfirm OrderKind = "confirm" // the join is right
	OrderJoin    OrderKind = "join"
	OrderRetract OrderKind = "retract"
)

// Options make a Desk. All are required.
type Options struct {
	Settings      func() Settings // as they are now
	Configuration Configuration
	Alarms        Alarms
	Archive       Archive
	Judge         Judge
	Learning      Learning
	Now           func() time.Time
	Log           *slog.Logger
}

// Desk serves /desk and what is below it. Its methods may be called from several goroutines.
type Desk struct {
	o       Options
	mux     *http.ServeMux
	guesses *client.Rates
	left    left
}

//go:embed assets
var assets embed.FS

// New returns the page.
func New(o Options) *Desk {
	d := &Desk{o: o, mux: http.NewServeMux(), guesses: client.NewRates(guessEvery, guessBurst, o.Now),
		left: left{until: map[string]time.Time{}}}
	d.mux.HandleFunc("GET /desk", d.signedIn(d.overview))
	d.mux.HandleFunc("GET /desk/search", d.signedIn(d.search))
	d.mux.HandleFunc("GET /desk/item", d.signedIn(d.item))
	d.mux.HandleFunc("GET /desk/queue", d.signedIn(d.queue))
	d.mux.HandleFunc("GET /desk/decisions", d.signedIn(d.decisions))
	d.mux.HandleFunc("GET /desk/learned", d.signedIn(d.learned))
	d.mux.HandleFunc("GET /desk/live", d.live)
	d.mux.HandleFunc("POST /desk/do", d.signedIn(d.act))
	d.mux.HandleFunc("POST /desk/sign-out", d.signedIn(d.signOut))
	d.mux.HandleFunc("GET /desk/sign-in", d.askIn)
	d.mux.HandleFunc("POST /desk/sign-in", d.signIn)
	d.mux.HandleFunc("GET /desk/desk.css", fixed)
	d.mux.HandleFunc("GET /desk/desk.js", fixed)
	d.mux.HandleFunc("/desk/", d.unknown)
	return d
}

// Open tells whether there is such a page at present: without a token there is none.
func (d *Desk) Open() bool { return d.o.Settings().Token != "" }

// ServeHTTP answers for every path at and below /desk.
func (d *Desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex")
	d.mux.ServeHTTP(w, r)
}

// policy lets nothing in that is not ours, and shows the page in no frame but its own.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'"

// fixed serves the style sheet and the script.
func fixed(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=300")
	http.ServeFileFS(w, r, assets, "assets/"+path.Base(r.URL.Path))
}
