package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"feedd/internal/aggregate/desk/sections"
	"feedd/internal/feed"
	"feedd/internal/publish/render"
	"feedd/internal/publish/say"
)

// Search is a section that a reader makes up: the stories that meet a query, as a page and as feeds to
// follow. What it shows is what sections show: entries that stand, under the rights of their
// sources. A source whose headlines alone may be shown is found by its headlines alone, for an answer
// tells what the question was.
//
// The index knows folded words. Whether a report has them with these diacritics, in this spelling or near each
// other is looked at, the newest report first, until there are enough, or so many were looked at as one answer may
// cost. The page then says how far back it looked, and goes on from there when somebody asks. So every answer
// costs about the same, whatever the query, and none ends for good before all was looked at.
//
// An answer is made when it is asked for and kept while all sections stay as they are, so that those
// who follow a search cost no more than those who follow a section.

// Bounds of a search.
const (
	searchDefault  = 50
	searchMost     = 100
	searchRawQuery = 4 << 10 // bytes of the address behind its path
	searchRanked   = 200     // of the newest entries, those that order=rank ranks at a time
	searchLooked   = 750     // of the newest reports that the index gives, those that one answer looks at
)

// searchParameters are those that a search takes.
var searchParameters = []string{"q", "section", "source", "limit", "order", "older"}

// searching is what somebody searches for.
type searching struct {
	text            string // as it was typed
	query           sections.Query
	section, source string
	limit           int
	ranked          bool
	older           place // what comes behind it; zero: all
}

// place is where a page of a search ends. More entries may be of one second than a page takes, and the index has these in the
// order in which they arrived. A page that ends among them therefore says where the second begins and which entry was its last.
type place struct {
	below int64     // see feed.TextQuery.Below
	at    time.Time // the order of the last entry that was shown, see hit; zero: nothing of what is below was shown
	key   string    // of this entry
}

func (a place) zero() bool { return a.below == 0 }

// String is the place as it stands in an address, "" for none.
func (a place) String() string {
	switch {
	case a.zero():
		return ""
	case a.at.IsZero():
		return strconv.FormatInt(a.below, 10)
	}
	return fmt.Sprintf("%d-%d-%s", a.below, a.at.UnixMilli(), a.key)
}

// parsePlace reads what String wrote.
func parsePlace(text string) (a place, ok bool) {
	below, last, within := strings.Cut(text, "-")
	var err error
	if a.below, err = strconv.ParseInt(below, 10, 64); err != nil || a.below < 1 || !within {
		return a, err == nil && a.below > 0
	}
	at, key, _ := strings.Cut(last, "-")
	ms, err := strconv.ParseUint(at, 10, 52)
	a.at, a.key = time.UnixMilli(int64(ms)).UTC(), key
	return a, err == nil && isKey(key)
}

// shown tells whether an entry came on the pages before.
func (a place) shown(order time.Time, key string) bool {
	return !a.at.IsZero() && inTime(order, key, a.at, a.key) <= 0
}

// secondOf is the place below which all reports of a report's second stand.
func secondOf(at time.Time) int64 {
	return min(max(at.Unix(), 0)+1, math.MaxInt64>>feed.PlaceBits) << feed.PlaceBits
}

// errAsked is an error of whoever asks.
type errAsked struct {
	feed.Text
	again *searching // what was asked, where other words are all that it takes
}

func (e errAsked) Error() string { return e.String() }

func asked(format string, args ...any) error { return errAsked{Text: feed.Say(format, args...)} }

// parseSearch reads the parameters of a search. The words may be missing where a page offers to search.
func parseSearch(pl *plan, raw string) (searching, error) {
	s := searching{limit: searchDefault}
	if len(raw) > searchRawQuery {
		return s, asked("The search is too long.")
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return s, asked("The address of this search cannot be read: two digits from 0 to F must follow each %s, and & separates parameters.", "%")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(searchParameters, name) {
			return s, asked("A search has no parameter %q; it takes %s.", name, strings.Join(searchParameters, ", "))
		}
		if len(values[name]) > 1 {
			return s, asked("The parameter %s is given twice.", name)
		}
	}
	if s.section = values.Get("section"); s.section != "" && pl.byID[s.section] == nil {
		return s, asked("There is no section %q.", s.section)
	}
	s.source = values.Get("source")
	if text := values.Get("limit"); text != "" {
		if s.limit, err = strconv.Atoi(text); err != nil || s.limit < 1 || s.limit > searchMost {
			return s, asked("limit is a number from 1 to %d, not %q.", searchMost, text)
		}
	}
	switch order := values.Get("order"); order {
	case "", "time":
	case "rank":
		s.ranked = true
	default:
		return s, asked("order is time or rank, not %q.", order)
	}
	if text := values.Get("older"); text != "" {
		var ok bool
		if s.older, ok = parsePlace(text); !ok {
			return s, asked("older is what a page of this search gives, not %q.", text)
		}
	}
	s.text = strings.TrimSpace(values.Get("q"))
	if s.text == "" {
		return s, nil
	}
	if s.query, err = sections.ParseQuery(s.text, false); err != nil {
		return s, errAsked{feed.Say("There is no such search: %s.", feed.TextOf(err)), &s}
	}
	return s, nil
}

// address is the query of the address of a search, in the one form that all spellings of it lead to.
func (s *searching) address() string {
	if s.text == "" {
		return ""
	}
	a := "?q=" + url.QueryEscape(s.query.String())
	if s.section != "" {
		a += "&section=" + url.QueryEscape(s.section)
	}
	if s.source != "" {
		a += "&source=" + url.QueryEscape(s.source)
	}
	if s.limit != searchDefault {
		a += "&limit=" + strconv.Itoa(s.limit)
	}
	if s.ranked {
		a += "&order=rank"
	}
	if !s.older.zero() {
		a += "&older=" + s.older.String()
	}
	return a
}

// addSearch adds the addresses of search.
func (p *Publisher) addSearch(mux *http.ServeMux) {
	mux.HandleFunc("/search", p.get(func(w http.ResponseWriter, r *http.Request) { p.serveSearch(w, r, render.FormatHTML) }))
	for _, f := range render.FeedFormats {
		mux.HandleFunc("/search."+string(f), p.get(func(w http.ResponseWriter, r *http.Request) { p.serveSearch(w, r, f) }))
		mux.HandleFunc("OPTIONS /search."+string(f), func(w http.ResponseWriter, _ *http.Request) { preflight(w) })
	}
}

func (p *Publisher) serveSearch(w http.ResponseWriter, r *http.Request, f render.Format) {
	s := p.site.Load()
	if s == nil {
		p.unknown(w, r)
		return
	}
	// What was answered before is found by the address as it stands.
	key, state := r.URL.Path+"?"+r.URL.RawQuery, s.editions["all"].number
	if !p.found.has(key, state) && !p.affords(w, r) {
		return
	}
	d, err := p.found.get(r.Context(), key, state, func(ctx context.Context, old *document) (*document, error) {
		return p.search(ctx, s, r.URL.RawQuery, f, old)
	})
	var theirs errAsked
	if errors.As(err, &theirs) {
		w.Header().Set("Cache-Control", "no-store")
		if theirs.again != nil && f == render.FormatHTML && wantsPage(r) {
			p.askAgain(w, s, theirs)
		} else {
			p.refuse(w, r, http.StatusBadRequest, theirs.Text)
		}
		return
	}
	p.serveMade(w, r, d, err)
}

// askAgain refuses a search on its own page, where the words can be written otherwise.
func (p *Publisher) askAgain(w http.ResponseWriter, s *site, e errAsked) {
	text, _ := say.In(s.plan.Site.Language, e.Text)
	v := s.view(&feed.Section{ID: "search"}, nil)
	v.Path, v.Home = "/search", "/search"
	body, err := render.SearchPage(v, render.Search{Text: e.again.text, Section: e.again.section, Source: e.again.source, Refused: text})
	if err != nil {
		p.turnAway(w, http.StatusBadRequest, text)
		return
	}
	envelope := p.pageEnvelope(s.plan, 0)
	envelope.policy = render.WithForm(envelope.policy)
	w.Header().Add("Vary", "Accept")
	p.turnAwayWith(w, http.StatusBadRequest, body, envelope)
}

// search renders the answer to a search.
func (p *Publisher) search(ctx context.Context, s *site, raw string, f render.Format, old *document) (*document, error) {
	ask, err := parseSearch(s.plan, raw)
	if err == nil && ask.text == "" && f != render.FormatHTML {
		err = asked("Say what to search for: /search.%s?q=words. It takes %s.", f, strings.Join(searchParameters, ", "))
	}
	if err != nil {
		return nil, err
	}
	if ask.source != "" && !s.knows(ask.source) {
		return nil, asked("There is no source %q.", ask.source)
	}
	var found answer
	if ask.text != "" {
		if found, err = p.find(ctx, s, &ask, f != render.FormatHTML); err != nil {
			return nil, err
		}
	}
	v := s.view(&feed.Section{ID: "search"}, found.entries)
	v.Path, v.Home, v.Query, v.Tombstones = "/search", "/search"+ask.address(), ask.address(), found.graves
	v.Title, v.Feed = ask.query.String(), "search/"+sum([]byte(ask.address()))[:16]
	v.Bounded = found.bounded
	var body []byte
	e := p.feedEnvelope(s.plan, "all", f, "")
	if f == render.FormatHTML {
		body, err = render.SearchPage(v, ask.page(s.plan, &found))
		e = p.pageEnvelope(s.plan, s.plan.every("all"))
		e.policy = render.WithForm(e.policy)
	} else {
		body, err = p.rendered(s.plan, v, f, "/search."+string(f))
	}
	return p.made(s, v, "/search."+string(f), f, body, err, e, old)
}

// made is the document of a rendering that somebody asked for.
func (p *Publisher) made(s *site, v *render.View, path string, f render.Format, body []byte, failed error, e envelope, old *document) (*document, error) {
	if good, err := p.good(path, "", f, body, failed); !good {
		return orLast(old, err)
	}
	modified := toldLast(v)
	if old != nil {
		if old.hash == sum(body) {
			return old.redressed(old.modified, e), nil
		}
		if !modified.After(old.modified) { // readers that go by the time alone are to see that it changed
			modified = old.modified.Add(time.Second)
		}
	}
	if modified.IsZero() {
		modified = s.at.UTC().Truncate(time.Second)
	}
	return p.squeezers.document(path, body, modified, e), nil
}

// toldLast is lastChange, and not before the last report arrived: another outlet's report changes a
// document, and no date of the entry.
func toldLast(v *render.View) time.Time {
	last := lastChange(v)
	for i := range v.Entries {
		for j := range v.Entries[i].Reports {
			if t := v.Entries[i].Reports[j].FirstSeen.UTC().Truncate(time.Second); t.After(last) {
				last = t
			}
		}
	}
	return last
}

// knows tells whether there is, or was, a source with this id.
func (s *site) knows(source string) bool {
	_, ok := s.origins[source]
	return ok
}

// answer is what a search found: entries in order, and those of its entries that were withdrawn.
type answer struct {
	entries []feed.Entry
	graves  []render.Tombstone
	older   place // behind which there may be more; zero: that was all
	bounded bool  // for want of looking, and not because there is enough
}

// hit is an entry that a search found.
type hit struct {
	key      string
	at       time.Time // see feed.Found
	order    time.Time // when the entry was published, or would have been to be as young as it ranks
	report   int64     // the newest that was found
	headline bool      // one was found by its headline; told only where rank counts it
}

// find finds the entries that meet a search: those that were published last, or among the last ones
// those that rank highest. Feeds leave out what is backlog, as those of sections do.
func (p *Publisher) find(ctx context.Context, s *site, ask *searching, open bool) (answer, error) {
	matches, inTitle, err := ask.query.Matcher()
	if err != nil {
		return answer{}, err
	}
	phrases, err := ask.query.Phrases()
	if err != nil {
		return answer{}, err
	}
	near, err := ask.query.Near()
	if err != nil {
		return answer{}, err
	}
	q := feed.TextQuery{Phrases: phrases, Near: near, Section: ask.section, Source: ask.source, Below: ask.older.below, Match: func(it *feed.Item) bool {
		if origin, known := s.origins[it.Source]; !known || origin.Rights == feed.RightsHeadline {
			return inTitle(it)
		}
		return matches(it)
	}}
	w := wanted{most: ask.limit, open: open}
	if ask.ranked {
		w.most, w.headline = searchRanked, inTitle
	} else {
		w.after = ask.older
	}
	found, err := p.hits(ctx, q, w)
	if err != nil {
		return answer{}, err
	}
	if ask.ranked {
		if err := p.rank(ctx, s, found.hits); err != nil {
			return answer{}, err
		}
	}
	found.cut(ask)
	entries, err := p.reporting(ctx, found.hits, ask.source)
	return answer{entries, found.graves, found.older, found.bounded}, err
}

// wanted says which of what the index finds are hits.
type wanted struct {
	most     int                   // entries, and those of the last one's second
	after    place                 // what was shown until there is none
	open     bool                  // what is backlog is none
	headline func(*feed.Item) bool // tells whether a report's headline meets the query; nil where that does not count
}

// hits is what the index gave for a search.
type hits struct {
	hits    []hit
	graves  []render.Tombstone // of what was withdrawn
	older   place              // see answer
	bounded bool
}

// cut leaves the hits of the page that was asked for, in order, and notes where the next one begins. Pages in the
// order of rank are pages of the same hits until all of these were shown.
func (h *hits) cut(ask *searching) {
	if len(h.hits) == 0 {
		return
	}
	newest := h.hits[0].at
	h.hits = slices.DeleteFunc(h.hits, func(h hit) bool { return ask.older.shown(h.order, h.key) })
	slices.SortFunc(h.hits, func(a, b hit) int { return inTime(a.order, a.key, b.order, b.key) })
	if len(h.hits) <= ask.limit {
		return
	}
	h.hits = h.hits[:ask.limit]
	last := &h.hits[ask.limit-1]
	from := last.at
	if ask.ranked {
		from = newest
	}
	h.older, h.bounded = place{below: secondOf(from), at: last.order, key: last.key}, false
	if !ask.older.zero() {
		h.older.below = min(h.older.below, ask.older.below)
	}
}

// hits reads what the index finds behind a place until it has so many entries, and then those of the same second, so
// that the order within it is not that of arrival. It also tells of what was withdrawn.
func (p *Publisher) hits(ctx context.Context, q feed.TextQuery, w wanted) (found hits, err error) {
	by := map[string]int{}
	buried := map[string]bool{}
	q.Any, q.Most = true, searchLooked // any, to see what was withdrawn
	older, err := p.reader.Search(ctx, q, func(f *feed.Found) bool {
		it := &f.Item
		switch {
		case f.Published.IsZero(), it.Dropped != "", it.Entry == "":
		case !f.Withdrawn.IsZero():
			if !buried[it.Entry] && len(found.graves) < tombstones {
				buried[it.Entry] = true
				found.graves = append(found.graves, render.Tombstone{Key: it.Entry, When: f.Withdrawn})
			}
		case !it.Gone.IsZero(), w.open && f.Backlog, w.after.shown(f.Published, it.Entry):
		default:
			at, there := by[it.Entry]
			if !there {
				if len(found.hits) >= w.most && f.At.Before(found.hits[len(found.hits)-1].at) {
					found.older = place{below: f.Key + 1}
					return false
				}
				at, by[it.Entry] = len(found.hits), len(found.hits)
				found.hits = append(found.hits, hit{key: it.Entry, at: f.At, order: f.Published, report: it.ID})
			}
			h := &found.hits[at]
			h.headline = h.headline || w.headline != nil && w.headline(it)
		}
		return true
	})
	if err != nil {
		return found, err
	}
	if older > 0 {
		found.older, found.bounded = place{below: older}, true
	}
	slices.SortFunc(found.graves, func(a, b render.Tombstone) int { return cmp.Or(b.When.Compare(a.When), strings.Compare(a.Key, b.Key)) })
	found.hits, err = p.notTold(ctx, q, found.hits)
	return found, err
}

// notTold leaves out the hits that pages before showed by other reports. One answer looks at so many reports, and where more
// are of one second, it ends among these; reports of one entry, which are of the same second, then stand on either side.
func (p *Publisher) notTold(ctx context.Context, q feed.TextQuery, found []hit) ([]hit, error) {
	if q.Below == 0 {
		return found, nil
	}
	const arrival = 1<<feed.PlaceBits - 1 // the bits of a place that tell reports of a second apart
	within, last := feed.PlaceTime(q.Below-1), (q.Below-1)&arrival
	var keys []string
	for _, h := range found {
		if h.at.Equal(within) {
			keys = append(keys, h.key)
		}
	}
	told := map[string]bool{}
	for part := range slices.Chunk(keys, 500) {
		entries, err := p.reader.Entries(ctx, feed.EntryQuery{Keys: part, Brief: true})
		if err != nil {
			return nil, err
		}
		for i := range entries {
			told[entries[i].Key] = slices.ContainsFunc(entries[i].Reports, func(it feed.Item) bool {
				return it.ID&arrival > last && it.Dropped == "" && (q.Source == "" || it.Source == q.Source) && q.Match(&it)
			})
		}
	}
	return slices.DeleteFunc(found, func(h hit) bool { return told[h.key] }), nil
}

// reporting reads the entries that were found, in the order of the hits. Where one source was asked for, its report speaks
// for the entry.
func (p *Publisher) reporting(ctx context.Context, hits []hit, source string) ([]feed.Entry, error) {
	keys := make([]string, len(hits))
	at := make(map[string]int, len(hits))
	for i, h := range hits {
		keys[i], at[h.key] = h.key, i
	}
	entries, err := p.entries(ctx, keys)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b feed.Entry) int { return cmp.Compare(at[a.Key], at[b.Key]) })
	if source != "" {
		for i := range entries {
			entries[i].Lead = hits[at[entries[i].Key]].report
		}
	}
	return entries, nil
}

// What order=rank counts, in age: an entry found by its headline ranks as one that is so much younger that is found by
// its summary alone, and so for each doubling of the outlets that tell it.
const (
	headlineAge = 3 * 24 * time.Hour
	outletAge   = 24 * time.Hour
)

// rank sets the order of hits to
//
//	published  +  3 days when the headline meets the query  +  log2 of the outlets that tell it, in days
//
// All age alike, so the order changes with what is told and not as time passes.
func (p *Publisher) rank(ctx context.Context, s *site, hits []hit) error {
	keys := make([]string, len(hits))
	for i := range hits {
		keys[i] = hits[i].key
	}
	tellers, err := p.reader.Tellers(ctx, keys)
	if err != nil {
		return err
	}
	for i := range hits {
		h := &hits[i]
		outlets := map[string]bool{}
		for _, source := range tellers[h.key] {
			outlets[s.origins[source].Title] = true
		}
		if h.headline {
			h.order = h.order.Add(headlineAge)
		}
		younger := math.Log2(float64(max(1, len(outlets)))) * float64(outletAge.Milliseconds())
		h.order = h.order.Add(time.Duration(younger) * time.Millisecond) // whole ones, as places in addresses have
	}
	return nil
}

// page is what the page of a search shows besides its results.
func (s *searching) page(pl *plan, found *answer) render.Search {
	page := render.Search{Text: s.text, Section: s.section, Source: s.source, Ranked: s.ranked}
	first := *s
	first.older = place{}
	page.Address = first.address()
	if !found.older.zero() {
		next := *s
		next.older = found.older
		page.Older = next.address()
	}
	if found.bounded {
		page.LookedTo = feed.PlaceTime(found.older.below)
	}
	if s.text == "" {
		return page
	}
	page.Rule = s.query.Rule()
	page.ID = sectionID(s.query.All, pl.byID)
	scattered := s.query.Scattered()
	if loose := scattered.String(); loose != s.query.String() {
		other := first
		other.query = scattered
		page.Scattered = other.address()
	}
	return page
}

// sectionID proposes the id of a section for these terms, one that no section has.
func sectionID(terms []string, taken map[string]*feed.Section) string {
	const longest = 40
	id := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r < 0x80:
			return r
		}
		return -1
	}, feed.Fold(strings.Join(terms, " "))), "-")
	id = cmp.Or(strings.Trim(id[:min(len(id), longest)], "-"), "search")
	for n, free := 2, id; ; n++ {
		if taken[free] == nil {
			return free
		}
		free = id + "-" + strconv.Itoa(n)
	}
}
