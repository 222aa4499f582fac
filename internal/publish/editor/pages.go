package editor

import (
	"bytes"
	"cmp"
	"embed"
	"html/template"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/say"
)

//go:embed templates/desk.html
var templateFiles embed.FS

var templates = template.Must(template.ParseFS(templateFiles, "templates/desk.html"))

// How much the pages show at once.
const (
	overviewDoubts    = 5
	overviewDecisions = 6
	foundAtOnce       = 40
)

// visit is one request of one editor.
type visit struct {
	set     Settings
	words   *words
	session session
}

// page is what every template gets; each fills in what it shows.
type page struct {
	Words       *words
	Lang, Site  string
	Root        string
	Name        string // who is signed in, or tries to
	Guard       string
	Here, Back  string // this page; where to go on
	At          string // which of the pages this is
	Title       string
	Problem     string    // in words of ours
	Detail      feed.Text // as the machine says it
	Done        *Decision
	Undone      bool
	Sections    []feed.Section
	Sources     []feed.Source
	State       State
	Alarms      []Alarm
	Unsure      Unsure
	More        bool // than the page shows
	Decisions   []Decision
	Query       Query
	Since       string // of the query, as the form has it
	Until       string
	Searched    bool
	Found       []feed.StoredItem
	Older       string // address of the next part of what was found
	Explanation *Explanation
	Learned     *Learned
	Join        string // the story that something found is to be joined to

	zone     *time.Location
	now      time.Time
	sections map[string]string // titles
	sources  map[string]string
}

func (d *Desk) newPage(r *http.Request, v *visit) *page {
	p := &page{
		Words: v.words, Lang: v.words.Lang, Site: v.set.Site.Title, Root: v.set.Root, Name: v.session.Name, Here: backOf(r.URL),
		Sections: v.set.Sections, Sources: v.set.Sources, zone: v.set.Site.Timezone, now: d.o.Now(),
		sections: map[string]string{}, sources: map[string]string{},
	}
	if v.session.ID != "" {
		p.Guard = v.session.guard(v.set.Token)
	}
	if p.zone == nil {
		p.zone = time.UTC
	}
	for _, s := range v.set.Sections {
		p.sections[s.ID] = s.Title
	}
	for _, s := range v.set.Sources {
		p.sources[s.ID] = s.Outlet()
	}
	return p
}

// page answers with a page.
func (d *Desk) page(w http.ResponseWriter, r *http.Request, status int, name string, v *visit, fill func(*page)) {
	p := d.newPage(r, v)
	fill(p)
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, p); err != nil {
		d.o.Log.Error("could not render a page of the desk", "page", name, "error", err)
		http.Error(w, "This page could not be made just now; the log of the server says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // who is gone misses nothing
}

// show answers with a page of what the newsroom knows. Every such page can tell of the decision before it.
func (d *Desk) show(w http.ResponseWriter, r *http.Request, name string, v *visit, fill func(*page) error) {
	p := d.newPage(r, v)
	err := fill(p)
	if err == nil {
		err = d.tellDone(r, p)
	}
	if err != nil {
		d.o.Log.Error("the desk could not read what it shows", "page", name, "error", err)
		d.page(w, r, http.StatusServiceUnavailable, "problem.html", v, func(p *page) { p.Problem, p.Detail, p.Back = p.Words.Unread, feed.TextOf(err), p.Here })
		return
	}
	d.page(w, r, http.StatusOK, name, v, func(q *page) { *q = *p })
}

// tellDone finds the decision that brought the editor back.
func (d *Desk) tellDone(r *http.Request, p *page) error {
	q := r.URL.Query()
	p.Undone = q.Get("undone") != ""
	n, err := strconv.ParseInt(q.Get("done"), 10, 64)
	if err != nil {
		return nil // there was none
	}
	all := p.Decisions
	if all == nil {
		if all, err = d.o.Archive.Decisions(r.Context()); err != nil {
			return err
		}
	}
	if i := slices.IndexFunc(all, func(x Decision) bool { return x.N == n }); i >= 0 {
		p.Done = &all[i]
	}
	return nil
}

func (d *Desk) unknown(w http.ResponseWriter, r *http.Request) {
	set := d.o.Settings()
	d.page(w, r, http.StatusNotFound, "problem.html", &visit{set: set, words: wordsFor(set.Site.Language)}, func(p *page) { p.Problem, p.Back = p.Words.NoPage, "/desk" })
}

func (d *Desk) overview(w http.ResponseWriter, r *http.Request, v *visit) {
	d.show(w, r, "overview.html", v, func(p *page) (err error) {
		p.At, p.Title = "overview", p.Words.Desk
		p.State = d.o.Configuration.State()
		if p.Alarms, err = d.o.Alarms.Alarms(r.Context()); err != nil {
			return err
		}
		if p.Unsure, err = d.o.Archive.Unsure(r.Context()); err != nil {
			return err
		}
		for _, list := range []*[]Doubt{&p.Unsure.Unsorted, &p.Unsure.Filed, &p.Unsure.Joined} {
			p.More = p.More || len(*list) > overviewDoubts
			*list = (*list)[:min(len(*list), overviewDoubts)]
		}
		if p.Decisions, err = d.o.Archive.Decisions(r.Context()); err != nil {
			return err
		}
		if err := d.tellDone(r, p); err != nil {
			return err
		}
		p.Decisions = p.Decisions[:min(len(p.Decisions), overviewDecisions)]
		return nil
	})
}

func (d *Desk) queue(w http.ResponseWriter, r *http.Request, v *visit) {
	d.show(w, r, "queue.html", v, func(p *page) (err error) {
		p.At, p.Title = "queue", p.Words.Queue
		p.Unsure, err = d.o.Archive.Unsure(r.Context())
		return err
	})
}

func (d *Desk) decisions(w http.ResponseWriter, r *http.Request, v *visit) {
	d.show(w, r, "decisions.html", v, func(p *page) (err error) {
		p.At, p.Title = "decisions", p.Words.Decisions
		p.Decisions, err = d.o.Archive.Decisions(r.Context())
		return err
	})
}

// Learned is what the page shows of the words that a section has learned.
type Learned struct {
	Section feed.Section
	Words   []feed.LearnedWord
	chosen  map[string]bool
	Line    string // that strikes out what was chosen; "" where nothing was
}

// Chosen says whether a word is struck out, or is to be.
func (l *Learned) Chosen(w feed.LearnedWord) bool { return w.Struck || l.chosen[w.Words] }

// learned shows the words that a section has learned, the first where none is named, and the line that
// strikes out those that were chosen. The editor puts it into the file: what is in force stands there.
func (d *Desk) learned(w http.ResponseWriter, r *http.Request, v *visit) {
	d.show(w, r, "learned.html", v, func(p *page) (err error) {
		p.At, p.Title = "learned", p.Words.Learned
		f := r.URL.Query()
		at := slices.IndexFunc(p.Sections, func(s feed.Section) bool { return s.ID == f.Get("section") })
		if at < 0 && len(p.Sections) == 0 {
			return nil
		}
		l := &Learned{Section: p.Sections[max(at, 0)], chosen: map[string]bool{}}
		if l.Words, err = d.o.Learning.Learned(r.Context(), l.Section.ID); err != nil {
			return err
		}
		struck := slices.Clone(l.Section.Never)
		for _, word := range f["strike"] {
			if word != "" && !slices.Contains(struck, word) && len(word) <= mostWordBytes {
				struck, l.chosen[word] = append(struck, word), true
			}
		}
		if len(l.chosen) > 0 {
			l.Line = feed.StruckOut(struck)
		}
		p.Learned, p.State = l, d.o.Configuration.State()
		return nil
	})
}

// mostWordBytes bounds a word that is to be struck out, as it comes with the address.
const mostWordBytes = 200

// search finds what is stored. A query that cannot be understood is the editor's to mend.
func (d *Desk) search(w http.ResponseWriter, r *http.Request, v *visit) {
	d.show(w, r, "search.html", v, func(p *page) error {
		p.At, p.Title = "search", p.Words.Search
		f := r.URL.Query()
		p.Query = Query{Words: strings.TrimSpace(f.Get("q"))}
		p.Query.Source, p.Query.Section, p.Query.State = f.Get("source"), f.Get("section"), feed.ItemState(f.Get("state"))
		p.Query.Below, _ = strconv.ParseInt(f.Get("below"), 10, 64) // from a link of ours, or it asks for nothing
		p.Join = f.Get("join")
		p.Since, p.Until = f.Get("since"), f.Get("until")
		for _, day := range []struct {
			text string
			add  int
			into *time.Time
		}{{p.Since, 0, &p.Query.Since}, {p.Until, 1, &p.Query.Until}} {
			if day.text == "" {
				continue
			}
			t, err := time.ParseInLocation(time.DateOnly, day.text, p.zone)
			if err != nil {
				p.Problem = p.Words.NoDay
				return nil
			}
			*day.into = t.AddDate(0, 0, day.add)
		}
		p.Searched = true
		found, next, err := d.o.Archive.Search(r.Context(), p.Query, foundAtOnce)
		if err != nil {
			p.Problem, p.Detail = p.Words.NoQuery, feed.TextOf(err)
			return nil
		}
		if next > 0 {
			f.Set("below", strconv.FormatInt(next, 10))
			p.Older = p.Root + "/desk/search?" + f.Encode()
		}
		p.Found = found
		return nil
	})
}

func (d *Desk) item(w http.ResponseWriter, r *http.Request, v *visit) {
	id, err := strconv.ParseInt(r.URL.Query().Get("id"), 10, 64)
	if err != nil {
		d.unknown(w, r)
		return
	}
	e, err := d.o.Archive.Explain(r.Context(), id)
	if err == nil && e == nil {
		d.unknown(w, r)
		return
	}
	d.show(w, r, "item.html", v, func(p *page) error {
		p.At = "item"
		if e != nil {
			p.Title, p.Explanation = e.Item.Title, e
		}
		return err
	})
}

// What follows is for the templates.

// Moment is a time for people and for machines.
type Moment struct{ Human, Machine string }

// When is a time as people near now say it; its Human is empty for none.
func (p *page) When(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	t, now := t.In(p.zone).Truncate(time.Second), p.now.In(p.zone)
	layout := "2 Jan 2006, 15:04"
	if p.Lang == "vi" {
		layout = "15:04, 2/1/2006"
	}
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		layout = "15:04"
	}
	return Moment{Human: t.Format(layout), Machine: t.Format(time.RFC3339)}
}

// Section is a section's title.
func (p *page) Section(id string) string {
	if t := p.sections[id]; t != "" {
		return t
	}
	return id
}

// SectionsOf are the titles of sections.
func (p *page) SectionsOf(ids []string) string {
	titles := make([]string, len(ids))
	for i, id := range ids {
		titles[i] = p.Section(id)
	}
	return strings.Join(titles, ", ")
}

// Source is a source's title.
func (p *page) Source(id string) string {
	if t := p.sources[id]; t != "" {
		return t
	}
	return id
}

// Percent is a share in whole percent; what is not certain is never 0 or 100.
func (p *page) Percent(x float64) int {
	n := int(math.Round(100 * x))
	if x > 0 && x < 1 {
		n = min(max(n, 1), 99)
	}
	return n
}

// Others are the sections but these.
func (p *page) Others(not ...string) []feed.Section {
	return slices.DeleteFunc(slices.Clone(p.Sections), func(s feed.Section) bool { return slices.Contains(not, s.ID) })
}

// Summary is the beginning of an item's summary, where that says more than its headline.
func (p *page) Summary(it feed.Item) string {
	const most = 220
	text := strings.Join(strings.Fields(feed.PlainText(it.SummaryHead())), " ")
	if text == it.Title {
		return ""
	}
	if r := []rune(text); len(r) > most {
		text = strings.TrimSpace(string(r[:most])) + "…"
	}
	return text
}

// Few tells whether there are so few sections that each can have its button.
func (p *page) Few() bool { return len(p.Sections) <= 9 }

// Elsewhere are the sections that an entry is not in.
func (p *page) Elsewhere(e *feed.Entry) []feed.Section { return p.Others(e.Sections...) }

// States are the states to choose from.
func (p *page) States() []feed.ItemState { return feed.ItemStates() }

// State names a state.
func (p *page) StateOf(s feed.ItemState) string { return p.Words.States[s] }

// Verdict names what an item is to the stories known before.
func (p *page) Verdict(v feed.Verdict) string { return p.Words.Verdicts[v] }

// By names an authority.
func (p *page) By(who string) string {
	if name := p.Words.Authorities[who]; name != "" {
		return name
	}
	return who
}

// WithdrawnBy says who took an entry out.
func (p *page) WithdrawnBy(by feed.Withdrawal) string { return p.Words.Withdrawals[by] }

// Says tells what a decision is.
func (p *page) Says(d Decision) string {
	text := p.Words.Kinds[d.Kind]
	if len(d.Sections) > 0 {
		text += " " + p.SectionsOf(d.Sections)
	}
	return text
}

// Said tells what an editor's word on an item is.
func (p *page) Said(w feed.EditorsWord) string { return p.Words.Kinds[w.Kind] + " " + p.Section(w.B) }

// ItemOf is the number of the item that a decision is about, "" when it is about stories.
func (p *page) ItemOf(d Decision) string {
	if len(d.Sections) > 0 && len(d.On) > 0 {
		return d.On[0]
	}
	return ""
}

// AlarmText says what is wrong.
func (p *page) AlarmText(a Alarm) string {
	return p.Words.AlarmKinds[a.Kind]
}

// Placed is a section of an entry, with all that put a report of it there.
type Placed struct {
	Section string
	By      []PlacedBy
}

// PlacedBy is one reason, and the reports of which it holds.
type PlacedBy struct {
	feed.Placement
	Reports []int64
}

// Placements lists the sections of the entry with why it is there.
func (p *page) Placements(e *feed.Entry) []Placed {
	var all []Placed
	for _, id := range e.Sections {
		one := Placed{Section: id}
		for i := range e.Reports {
			for _, s := range e.Reports[i].Sections {
				if s.Section != id {
					continue
				}
				same := slices.IndexFunc(one.By, func(by PlacedBy) bool {
					return by.By == s.By && by.Line == s.Line && by.Probability == s.Probability && by.Reason() == s.Reason()
				})
				if same < 0 {
					same = len(one.By)
					one.By = append(one.By, PlacedBy{Placement: s})
				}
				one.By[same].Reports = append(one.By[same].Reports, e.Reports[i].ID)
			}
		}
		all = append(all, one)
	}
	return all
}

// Stands tells whether an entry is not withdrawn.
func (p *page) Stands(e *feed.Entry) bool { return e.Withdrawn.IsZero() }

// Retracted tells whether the editor withdrew it.
func (p *page) Retracted(e *feed.Entry) bool { return e.WithdrawnBy == feed.Retracted }

// CanSplit tells whether a report of the entry can be taken out of its story: not one that is alone in the
// story's first entry.
func (p *page) CanSplit(e *feed.Entry) bool { return len(e.Reports) > 1 || e.Key != e.Story }

// LeadOf is the report that speaks for an entry.
func (p *page) LeadOf(e feed.Entry) *feed.Item { return e.LeadItem() }

// list is mistakes with the words to show them in.
type list struct {
	*page
	Mistakes []Mistake
}

// List goes to the template "mistakes".
func (p *page) List(m []Mistake) list { return list{p, m} }

// doubtful is a doubt with the page to show it on.
type doubtful struct {
	Page *page
	Doubt
}

// Of goes to the template "doubt".
func (p *page) Of(d Doubt) doubtful { return doubtful{p, d} }

// Told is a sentence of the machine in words, and their language where it is not the page's.
type Told struct{ Text, Lang string }

// Tell says a sentence of the machine in the page's language, or as it is where that has none for it. No Text
// means no sentence.
func (p *page) Tell(t feed.Text) Told { return tell(p.Lang, t) }

// TellReason says what was stored of a reason before it was stored as data, or what is.
func (p *page) TellReason(said []feed.Text, stored string) Told {
	if len(said) == 0 && stored != "" { // by a version that stored sentences
		return tell(p.Lang, feed.Say(stored))
	}
	var parts []string
	told := Told{}
	for _, t := range said {
		one := tell(p.Lang, t)
		parts = append(parts, one.Text)
		told.Lang = cmp.Or(told.Lang, one.Lang)
	}
	told.Text = strings.Join(parts, "; ")
	return told
}

// Reasons says why an item was placed.
func (p *page) Reasons(by feed.Placement) string {
	var parts []string
	for _, t := range by.Reasons() {
		parts = append(parts, tell(p.Lang, t).Text)
	}
	return strings.Join(parts, ", ")
}

// Named is the name of a feature that was weighed.
func (p *page) Named(feature string) Told { return tell(p.Lang, feed.Say(feature)) }

func tell(lang string, t feed.Text) Told {
	if t.Key == "" {
		return Told{}
	}
	text, whole := say.In(lang, t)
	told := Told{Text: text}
	if !whole {
		told.Lang = "en"
	}
	return told
}

// Two writes a number with two digits behind the point, or the comma.
func (p *page) Two(x float64) string { return p.Tell(feed.Say("%.2f", x)).Text }

// Signed is Two with its sign.
func (p *page) Signed(x float64) string {
	if x >= 0 {
		return "+" + p.Two(x)
	}
	return p.Two(x)
}

// JoinSearch is where the editor finds a story to join to this one.
func (p *page) JoinSearch(story, title string) string {
	return p.Root + "/desk/search?" + url.Values{"join": {story}, "q": {firstWords(title, 2)}}.Encode()
}

// firstWords are the first words of a text that mean nothing else in a query.
func firstWords(s string, n int) string {
	var words []string
	for _, w := range strings.Fields(feed.Normal(s)) {
		if w = strings.Trim(w, `.,:;!?"'()[]/~*“”‘’-`); len([]rune(w)) > 2 && len(words) < n {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}
